// Package story shows what a scenario is told with, wherever it is played: what people post, messages, how meters moved. The
// page of a learner alone and the room of a workshop have it in common.
package story

import (
	"strings"
	"unicode"

	"greenroom/internal/locale"
	"greenroom/internal/scenario"
)

// change says how a meter moved, in words.
func change(l *locale.Printer, c scenario.Change) string {
	key := "scenario.meter.up"
	by := c.By()
	if by < 0 {
		key, by = "scenario.meter.down", -by
	}
	return l.T(key, "Meter", c.Meter.Label.Value, "By", by, "To", c.To)
}

func changeClass(c scenario.Change) string {
	if c.Better() {
		return "better"
	}
	return "worse"
}

func changeIcon(c scenario.Change) string {
	if c.By() > 0 {
		return "arrow-up"
	}
	return "arrow-down"
}

// Post is a post with how it is shown.
type Post struct {
	scenario.Post
	New     bool
	Under   bool   // it answers the post above it, or another answer to that
	Answers string // the name of whom it answers, when that post stands elsewhere
}

// Thread arranges posts: answers stand under the post that they answer, when it is in the same list.
func Thread(posts []scenario.Post, isNew bool, known map[string]scenario.Post) []Post {
	var out []Post
	at := map[string]int{} // id of a post at the head: where its last answer stands
	for _, x := range posts {
		f := Post{Post: x, New: isNew}
		if x.ReplyTo != "" {
			if i, ok := at[x.ReplyTo]; ok {
				f.Under = true
				out = append(out[:i+1], append([]Post{f}, out[i+1:]...)...)
				for k, j := range at {
					if j >= i {
						at[k] = j + 1
					}
				}
				continue
			}
			if to, ok := known[x.ReplyTo]; ok && to.By != nil {
				f.Answers = to.By.Name.Value
			}
		}
		out = append(out, f)
		if x.ID != "" {
			at[x.ID] = len(out) - 1
		}
	}
	return out
}

func initials(n *scenario.Persona) string {
	if n == nil {
		return "?"
	}
	out := ""
	for w := range strings.FieldsSeq(n.Name.Value) {
		r := []rune(w)
		if unicode.IsLetter(r[0]) || unicode.IsDigit(r[0]) {
			out += string(unicode.ToUpper(r[0]))
		}
	}
	if r := []rune(out); len(r) > 2 {
		out = string(r[:1]) + string(r[len(r)-1])
	}
	if out == "" {
		return "?"
	}
	return out
}

// Lines are the paragraphs of what somebody typed: text, never markup.
func Lines(s string) []string {
	var out []string
	for l := range strings.SplitSeq(s, "\n") {
		if l = strings.TrimSpace(l); l != "" {
			out = append(out, l)
		}
	}
	return out
}

func channelIcon(channel string) string {
	switch channel {
	case "inbox":
		return "mail"
	case "news":
		return "newspaper"
	case "phone":
		return "phone"
	}
	return "message-square"
}

// Persona is what kind of person somebody is, in words.
func Persona(l *locale.Printer, n *scenario.Persona) string { return l.T("scenario.persona." + n.Kind) }
