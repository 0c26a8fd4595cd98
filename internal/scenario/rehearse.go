package scenario

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"greenroom/internal/fault"
	"greenroom/internal/words"
)

// Rehearsal is a run of which nothing is kept: of a draft that its author tries, of a situation that a learner wrote. All of
// it is in its token, which the address carries, so that going back in the browser undoes, and two tabs are two runs.
type Rehearsal struct {
	Story  *Story
	Timing string

	from From
	log  []Move // as they were made, those taken back too
}

// maxToken bounds the address.
const maxToken = 4_000

// Rehearse begins a rehearsal. The scenario must be sound.
func (s *Scenario) Rehearse(from From, timing string) *Rehearsal {
	return s.rehearsal(randomSeed()>>16, from, timing) // a shorter address
}

func (s *Scenario) rehearsal(seed int64, from From, timing string) *Rehearsal {
	if timing != TimingLong && timing != TimingOff {
		timing = TimingOn
	}
	return &Rehearsal{Story: s.BeginFrom(seed, from), Timing: timing, from: from}
}

// Do makes a move where the story stands.
func (r *Rehearsal) Do(m Move) error {
	if m.Kind != Back {
		m.At = r.Story.Now().Passage.Key
	}
	if err := r.Story.Do(m); err != nil {
		return err
	}
	r.log = append(r.log, m)
	return nil
}

// Token is the rehearsal as text: seed, passage, flags, meters, timing and moves, with ~ between. A move is the letter of
// the choice, "." for on, "!" for silence, "-" for back, and the points of a reply with ";" after them.
func (r *Rehearsal) Token() string {
	at, meters, moves := "", make([]string, 0, len(r.from.Meters)), ""
	if r.from.At != nil {
		at = r.from.At.Key
	}
	for _, m := range r.Story.Scenario.Meters {
		if v, ok := r.from.Meters[m.Key]; ok {
			meters = append(meters, m.Key+":"+strconv.Itoa(v))
		}
	}
	for _, m := range r.log {
		moves += r.letter(m)
	}
	return strings.Join([]string{strconv.FormatInt(r.Story.Seed, 36), at, strings.Join(r.from.Flags, "+"), strings.Join(meters, "+"), r.Timing, moves}, "~")
}

func (r *Rehearsal) letter(m Move) string {
	switch m.Kind {
	case Continued:
		return "."
	case Silent:
		return "!"
	case Back:
		return "-"
	case Replied:
		return strconv.Itoa(m.Points) + ";"
	}
	i := slices.IndexFunc(r.Story.Scenario.passage[m.At].Choices, func(c *Choice) bool { return c.ID == m.Choice })
	return string(rune('a' + i))
}

// Resume makes a rehearsal of its token; false when it is none. Where the scenario has changed since, it goes as far as the
// moves still fit.
func (s *Scenario) Resume(token string) (*Rehearsal, bool) {
	part := strings.Split(token, "~")
	if len(token) > maxToken || len(part) != 6 {
		return nil, false
	}
	seed, err := strconv.ParseInt(part[0], 36, 64)
	if err != nil || seed < 0 {
		return nil, false
	}
	from := From{Meters: map[string]int{}}
	if part[1] != "" {
		if from.At = s.passage[part[1]]; from.At == nil {
			return nil, false
		}
	}
	for _, f := range strings.FieldsFunc(part[2], func(c rune) bool { return c == '+' }) {
		if _, ok := s.flag[f]; ok {
			from.Flags = append(from.Flags, f)
		}
	}
	for _, m := range strings.FieldsFunc(part[3], func(c rune) bool { return c == '+' }) {
		key, v, _ := strings.Cut(m, ":")
		if n, err := strconv.Atoi(v); err == nil {
			from.Meters[key] = n
		}
	}
	r := s.rehearsal(seed, from, part[4])
	r.replay(part[5])
	return r, true
}

func (r *Rehearsal) replay(moves string) {
	for len(moves) > 0 {
		m, n := Move{}, 1
		switch c := moves[0]; {
		case c == '.':
			m.Kind = Continued
		case c == '!':
			m.Kind = Silent
		case c == '-':
			m.Kind = Back
		case c >= '0' && c <= '9':
			points, _, ok := strings.Cut(moves, ";")
			v, err := strconv.Atoi(points)
			if !ok || err != nil {
				return
			}
			m.Kind, m.Points, n = Replied, v, len(points)+1
		default:
			all, i := r.Story.Now().Passage.Choices, int(c)-'a'
			if i < 0 || i >= len(all) {
				return
			}
			m.Kind, m.Choice = Chose, all[i].ID
		}
		if r.Do(m) != nil {
			return
		}
		moves = moves[n:]
	}
}

// Until is the rehearsal as it was before a moment was left, told by its number; false when there is no such moment.
func (r *Rehearsal) Until(number int) (*Rehearsal, bool) {
	moves, err := r.Story.until(number)
	if err != nil {
		return nil, false
	}
	out := r.Story.Scenario.rehearsal(r.Story.Seed, r.from, r.Timing)
	for _, m := range moves {
		if out.Do(m) != nil {
			return nil, false
		}
	}
	return out, true
}

// Again is the same beginning with other draws.
func (r *Rehearsal) Again() *Rehearsal { return r.Story.Scenario.Rehearse(r.from, r.Timing) }

// From is where it began.
func (r *Rehearsal) From() From { return r.from }

// Sitting is the rehearsal for the pages that show runs. Its run's id is the token.
func (r *Rehearsal) Sitting() *Sitting {
	run := &Run{ID: r.Token(), State: Open, Timing: r.Timing, Seed: r.Story.Seed}
	if r.Story.Over() {
		run.State, run.Ending = Finished, r.Story.Now().Passage.Key
	}
	return &Sitting{Run: run, Events: make([]Event, len(r.log)), Story: r.Story}
}

// Acted is what came of a form in a rehearsal: it goes on at Next, or the page is shown again with what was typed.
type Acted struct {
	Next   *Rehearsal
	Focus  string // the part of the page to look at
	Text   string // of a reply that is to be mended, or with Marking to be marked
	Marks  Marks
	Asking bool // the text is sent and waits for its marks
}

// Act does what a form of a page asks for: the verbs are those of runs. An error that is Invalid belongs beside fields, with
// Acted's text and marks; a Conflict means that the move does not fit where the story stands.
func (r *Rehearsal) Act(verb string, form url.Values) (Acted, error) {
	p := r.Story.Now().Passage
	move := func(m Move, focus string) (Acted, error) {
		if m.Kind == Chose && m.Choice == "" {
			var bad fault.Fields
			bad.Add("choice", "scenario.error.choose")
			return Acted{}, bad.Err()
		}
		if err := r.Do(m); err != nil {
			return Acted{}, fault.New(fault.Conflict, "scenario.error.not_here").Because(err)
		}
		return Acted{Next: r, Focus: focus}, nil
	}
	switch verb {
	case "choose":
		return move(Move{Kind: Chose, Choice: form.Get("choice")}, "outcome")
	case "continue":
		return move(Move{Kind: Continued}, "outcome")
	case "silent":
		return move(Move{Kind: Silent}, "outcome")
	case "back":
		return move(Move{Kind: Back}, "scene")
	case "send", "unsend", "mark":
		if p.Kind != Reply {
			return Acted{}, errGoneOn
		}
		return r.reply(p, verb, form)
	case "timing":
		if t := form.Get("timing"); t == TimingOn || t == TimingLong || t == TimingOff {
			r.Timing = t
		}
		return Acted{Next: r, Focus: "scenario"}, nil
	case "again":
		if n, err := strconv.Atoi(form.Get("from")); err == nil && n > 0 {
			back, ok := r.Until(n)
			if !ok {
				return Acted{}, errNoRun
			}
			return Acted{Next: back, Focus: "scenario"}, nil
		}
		return Acted{Next: r.Again(), Focus: "scenario"}, nil
	}
	return Acted{}, errNoRun
}

// reply sends, takes back and marks a text. It is never kept: the page carries it until it is marked.
func (r *Rehearsal) reply(p *Passage, verb string, form url.Values) (Acted, error) {
	a := Acted{Text: Tidy(form.Get("text")), Marks: Marks{}}
	if utf8.RuneCountInString(a.Text) > MaxReply {
		var bad fault.Fields
		bad.Add("text", "scenario.error.too_many_signs", "Max", MaxReply, "Over", utf8.RuneCountInString(a.Text)-MaxReply)
		return a, bad.Err()
	}
	if verb == "unsend" {
		return a, nil
	}
	if err := p.judge(words.Count(a.Text)); err != nil {
		return a, err
	}
	if a.Asking = true; verb == "send" {
		return a, nil
	}
	if p.Assess.Self != "none" && (form.Get("skip") == "" || p.Assess.Self != "optional") {
		for _, c := range p.Rubric {
			if n, err := strconv.Atoi(form.Get("mark-" + c.ID)); err == nil {
				a.Marks[c.ID] = n
			}
		}
		if err := p.complete(a.Marks); err != nil {
			return a, err
		}
	}
	if err := r.Do(Move{Kind: Replied, Points: a.Marks.total()}); err != nil {
		return a, fault.New(fault.Conflict, "scenario.error.not_here").Because(err)
	}
	return Acted{Next: r, Focus: "outcome"}, nil
}
