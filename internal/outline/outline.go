// Package outline brings stories from elsewhere into the format of scenarios, as drafts: Twee 3 (what Twine exports) and H5P
// Branching Scenario packages; and writes a scenario as Twee.
//
//	outline.go  a story as places and ways between them, and as a scenario/1 draft
//	twee.go     Twee 3, in and out
//	h5p.go      H5P packages
//	pack.go     what is allowed to be in a package
//
// Nothing is dropped in silence: whatever cannot be brought over, or has to be written before the draft can be published, is
// a Gap. The result is always a file that can be read; greenroom scenario lint says what is missing to publish it.
package outline

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"

	"greenroom/internal/scenario"
	"greenroom/internal/words"
)

// Gap is something that did not come over, or that is still to write. What and Where are plain English for authors.
type Gap struct {
	Where string `json:"where"` // a passage, in the words of the story it came from; "" for the whole
	What  string `json:"what"`
}

// String writes a gap on one line.
func (g Gap) String() string {
	if g.Where == "" {
		return g.What
	}
	return g.Where + ": " + g.What
}

// Draft is what came of a story.
type Draft struct {
	YAML []byte // scenario/1
	Gaps []Gap
}

// Read reads either: what begins as a zip file is an H5P package, all else is Twee.
func Read(raw []byte) (*Draft, error) {
	if bytes.HasPrefix(raw, []byte("PK")) {
		return FromH5P(raw)
	}
	return FromTwee(raw)
}

// Limits of what is brought in.
const (
	maxPassages = 400
	maxChoices  = 12
	maxLine     = 380   // characters of a title or an answer
	maxText     = 7_800 // of a passage
	maxGaps     = 500
)

// ErrEmpty is the answer to a file with no passage in it.
var ErrEmpty = errors.New("there is no passage in this file")

// place is one passage of a story.
type place struct {
	name string // in the story's own words
	text string
	ask  string
	ways []way
	// An ending may bring a title of its own.
	title   string
	ending  bool
	sample  string // of a reply: an answer worth reading; then ways has at most one
	isReply bool
	key     string
}

type way struct {
	text, to string // the name of a place
	feedback string
	macro    bool
}

// story is what the readers of both formats make.
type story struct {
	title, start string
	places       []*place
	gaps         []Gap
}

func (s *story) gap(where, what string, args ...any) {
	if len(s.gaps) >= maxGaps {
		return
	}
	if len(s.gaps) == maxGaps-1 {
		s.gaps = append(s.gaps, Gap{What: "there is more that did not come over than can be listed here"})
		return
	}
	s.gaps = append(s.gaps, Gap{Where: cut(where, 80), What: fmt.Sprintf(what, args...)})
}

func cut(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n-1]) + "…"
	}
	return s
}

var notID = regexp.MustCompile(`[^a-z0-9]+`)

// slug makes an identifier of a name.
func slug(name, otherwise string) string {
	s := strings.Trim(notID.ReplaceAllString(strings.ToLower(name), "_"), "_")
	if len(s) > 40 {
		s = strings.Trim(s[:40], "_")
	}
	if s == "" {
		return otherwise
	}
	if s[0] < 'a' || s[0] > 'z' {
		s = otherwise + "_" + s
	}
	return s
}

var tag = regexp.MustCompile(`<[A-Za-z/!?][^<>]*>?`)

// prose makes a text one that the format takes: without markup of the web and signs that nobody sees. Line is whether it has
// to be one line.
func (s *story) prose(where, text string, line bool, most int) string {
	text = words.Clean(text, line)
	if found := tag.FindAllString(text, 3); len(found) > 0 {
		s.gap(where, "HTML was taken out of the text, as in %q", cut(found[0], 40))
		text = tag.ReplaceAllString(text, "")
	}
	if line {
		text = strings.Join(strings.Fields(text), " ")
	}
	text = strings.TrimSpace(blank.ReplaceAllString(text, "\n\n"))
	if n := utf8.RuneCountInString(text); n > most {
		s.gap(where, "the text has %d characters; the last %d did not come over: %q", n, n-most, cut(string([]rune(text)[most:]), 200))
		text = string([]rune(text)[:most])
	}
	if faults, _ := scenario.Look(text); len(faults) > 0 {
		s.gap(where, "%s: %s", faults[0].Message, faults[0].Remedy)
		text = plain.Replace(text)
		if faults, _ = scenario.Look(text); len(faults) > 0 {
			s.gap(where, "the text did not come over: %q", cut(text, 200))
			text = ""
		}
	}
	return text
}

var (
	blank = regexp.MustCompile(`\n\s*\n\s*`)
	plain = strings.NewReplacer("<", "‹", "#", "", "![", "[", "](", "] (")
)

const open = "(to be written)"

// draft writes the story as a scenario. Lines that the story has no words for say that they are to be written.
func (s *story) draft() (*Draft, error) {
	if len(s.places) == 0 {
		return nil, ErrEmpty
	}
	if len(s.places) > maxPassages {
		for _, p := range s.places[maxPassages:] {
			s.gap(p.name, "it did not come over: a scenario has at most %d passages", maxPassages)
		}
		s.places = s.places[:maxPassages]
	}
	at := s.names()
	var b bytes.Buffer
	w := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	title := s.prose("", s.title, true, maxLine)
	if title == "" {
		title = open
		s.gap("", "the story has no title")
	}
	start := at[s.start]
	if start == nil {
		if s.start != "" {
			s.gap("", "the story starts at %q, which is not there; the first passage is the start", cut(s.start, 80))
		}
		start = s.places[0]
	}
	w("schema: %s\nid: %s\ntitle: %s\nversion: 1\nlanguage: en\nlicence: CC-BY-4.0\nrole: %s\nstart: %s", scenario.Schema, slug(title, "draft"), quoted(title), quoted(open), start.key)
	s.gap("", "who the player is (role) is to be written, and the language and the licence are to be looked at")
	w("meters:\n  trust: {label: \"Public trust\", start: 50, min: 0, max: 100, better: high, show: live}")
	s.gap("", "no answer changes a meter yet: there is one, trust, as an example")
	w("passages:")
	for _, p := range s.places {
		s.passage(w, p, at)
	}
	out := b.Bytes()
	if len(out) > scenario.MaxBytes {
		return nil, fmt.Errorf("the story has %d KB; a scenario has at most %d", len(out)>>10, scenario.MaxBytes>>10)
	}
	if nice, err := scenario.Format(out); err == nil {
		out = nice
	}
	return &Draft{YAML: out, Gaps: s.gaps}, nil
}

// names gives every place a key, and places to ways that lead nowhere.
func (s *story) names() map[string]*place {
	at, keys := map[string]*place{}, map[string]bool{}
	key := func(p *place, otherwise string) {
		k := slug(p.name, otherwise)
		for n := 2; keys[k]; n++ {
			k = fmt.Sprintf("%s_%d", slug(p.name, otherwise), n)
		}
		p.key, keys[k] = k, true
	}
	kept := s.places[:0]
	for i, p := range s.places {
		if at[p.name] != nil {
			s.gap(p.name, "there are two passages of this name; the second did not come over")
			continue
		}
		key(p, fmt.Sprintf("p%d", i+1))
		at[p.name] = p
		kept = append(kept, p)
	}
	s.places = kept
	for _, p := range s.places[:len(s.places):len(s.places)] {
		for _, x := range p.ways {
			if at[x.to] == nil && len(s.places) < maxPassages+100 {
				s.gap(p.name, "%q leads to %q, which is not there; an empty ending stands in its place", cut(x.text, 60), cut(x.to, 60))
				q := &place{name: x.to, ending: true}
				key(q, "missing")
				at[x.to] = q
				s.places = append(s.places, q)
			}
		}
	}
	return at
}

func (s *story) passage(w func(string, ...any), p *place, at map[string]*place) {
	title, text := s.prose(p.name, p.title, true, maxLine), s.prose(p.name, p.text, false, maxText)
	if title == "" {
		title = s.prose(p.name, p.name, true, maxLine)
	}
	if title == "" {
		title = open
	}
	if text == "" {
		text = open
		s.gap(p.name, "there is no text")
	}
	var ways []way
	for _, x := range p.ways {
		if at[x.to] == nil || at[x.to].key == "" {
			s.gap(p.name, "the way to %q did not come over", cut(x.to, 60))
			continue
		}
		if x.macro {
			s.gap(p.name, "a macro that goes to %q came over as a way that is always there", cut(x.to, 60))
		}
		ways = append(ways, x)
	}
	if len(ways) > maxChoices {
		for _, x := range ways[maxChoices:] {
			s.gap(p.name, "the answer %q did not come over: a decision has at most %d", cut(x.text, 60), maxChoices)
		}
		ways = ways[:maxChoices]
	}
	w("  %s:\n    title: %s\n    text: %s", p.key, quoted(title), quoted(text))
	switch {
	case p.isReply && len(ways) > 0:
		s.reply(w, p, at[ways[0].to].key)
	case len(ways) == 0:
		w("    kind: ending\n    outcome: mixed")
		s.gap(p.name, "it is an ending: say whether it is a good, a mixed or a poor one")
	case len(ways) == 1 && p.ask == "":
		w("    kind: scene\n    to: %s", at[ways[0].to].key)
		if f := s.prose(p.name, ways[0].feedback, false, maxText); f != "" {
			s.gap(p.name, "the way on had feedback, which a scene has no place for: %q", cut(f, 200))
		}
	default:
		s.decision(w, p, ways, at)
	}
}

func (s *story) decision(w func(string, ...any), p *place, ways []way, at map[string]*place) {
	ask := s.prose(p.name, p.ask, true, maxLine)
	if ask == "" {
		ask = "What do you do?"
		s.gap(p.name, "the question is to be written")
	}
	w("    kind: decision\n    ask: %s\n    choices:", quoted(ask))
	for i, x := range ways {
		text := s.prose(p.name, x.text, true, maxLine)
		if text == "" {
			text = open
		}
		w("      - id: %c\n        text: %s\n        to: %s", 'a'+i, quoted(text), at[x.to].key)
		if f := s.prose(p.name, x.feedback, false, maxText); f != "" {
			w("        feedback: %s", quoted(f))
		} else {
			s.gap(p.name, "the answer %q has no feedback", cut(text, 60))
		}
	}
}

func (s *story) reply(w func(string, ...any), p *place, to string) {
	sample := s.prose(p.name, p.sample, false, maxText)
	if sample == "" {
		sample = open
	}
	s.gap(p.name, "it asks for a text: its rubric, its length and what the marks do are to be written")
	w("    kind: reply\n    ask: %s\n    words: {min: 10, max: 120}", quoted("Write your answer."))
	w("    rubric:\n      - {id: answers, label: \"Answers what was asked\", levels: [\"Not yet\", \"Partly\", \"Yes\"]}")
	w("    models:\n      - {text: %s, why: %s}", quoted(sample), quoted(open))
	w("    assess: {self: required, peer: 0, trainer: optional}\n    bands:\n      - {from: 0, effects: {trust: 0}}\n    to: %s", to)
}

// quoted is a text in quotation marks; JSON's are YAML's.
func quoted(s string) string {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if enc.Encode(s) != nil {
		return `""`
	}
	return strings.TrimSpace(b.String())
}
