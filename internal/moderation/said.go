package moderation

import (
	"encoding/json"
	"strings"
	"time"

	"greenroom/internal/forum"
)

// Said is what a post said at a moment: the evidence that stays when the post is changed or hidden.
type Said struct {
	At    time.Time `json:"at"`
	Rev   int       `json:"rev"`             // the post's version, from 1
	State string    `json:"state"`           // the post's
	Title string    `json:"title,omitempty"` // of the thread that it began
	Text  string    `json:"text"`            // as it was typed
}

// titled is the title that a post gave its thread; "" of others.
func titled(p *forum.Post, t *forum.Thread) string {
	if t == nil || p.Level != forum.Opening {
		return ""
	}
	return t.Title
}

// snapshot is what a post says at a moment, with the title that it gave its thread, as it is kept with a case: one line of JSON, so that nothing in a post can
// pass for a second one.
func snapshot(p *forum.Post, title string, at time.Time) string {
	b, _ := json.Marshal(Said{at.UTC().Truncate(time.Second), p.Rev, p.State, title, p.Body}) // strings and numbers: cannot fail
	return string(b) + "\n"
}

// Said returns what the post said, the oldest first, without repeats.
func (c *Case) Said() []Said {
	var out []Said
	for line := range strings.Lines(c.Snapshot) {
		var x Said
		if json.Unmarshal([]byte(line), &x) != nil {
			return []Said{{At: c.OpenedAt, Text: c.Snapshot}} // kept by an older program, in words
		}
		if n := len(out); n == 0 || out[n-1].Text != x.Text || out[n-1].Title != x.Title {
			out = append(out, x)
		}
	}
	return out
}

// title is the last one that a post is known to have given its thread, but not the one that stands where it was hidden.
func (c *Case) title(hidden string) (title string) {
	for _, x := range c.Said() {
		if x.Title != "" && x.Title != hidden {
			title = x.Title
		}
	}
	return title
}

// hiddenTitle stands where a moderator has hidden what a thread began with.
func (s *Service) hiddenTitle() string { return s.opts.Words.Printer("").T("moderation.hidden_title") }
