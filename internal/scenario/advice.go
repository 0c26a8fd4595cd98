package scenario

import (
	"fmt"
	"slices"
	"unicode/utf8"

	"greenroom/internal/markdown"
)

// advice reports what is worth a look: W31 to W33, W35, W36, W38, W39.
func (s *Scenario) advice(rep *report, _ *Explored) {
	s.unused(rep)
	for _, p := range s.Decisions() {
		for _, c := range p.Choices {
			if c.Feedback.Empty() {
				rep.addf("W32", c.Line, p.Key+"."+c.ID, "say what follows and how to tell next time", "the choice %q of %q has no feedback", c.ID, p.Key)
			}
		}
		if s.Debrief.Comments[p.Key].Empty() {
			rep.addf("W32", p.Line, p.Key, "add debrief: comments: with what this decision is about", "the debrief has no comment on the decision %q", p.Key)
		}
		if len(p.Choices) > 5 {
			rep.addf("W39", p.Line, p.Key, "keep the best five", "the decision %q has %d choices", p.Key, len(p.Choices))
		}
		s.nothingToDecide(rep, p)
	}
	s.favourites(rep)
	s.split(rep)
	for _, p := range s.Passages {
		s.reading(rep, p)
	}
	s.real(rep)
}

// unused reports flags and meters that do nothing (W31).
func (s *Scenario) unused(rep *report) {
	set, read := make([]bool, len(s.Flags)), make([]bool, len(s.Flags))
	changed, asked := make([]bool, len(s.Meters)), make([]bool, len(s.Meters))
	s.changes(func(effects []Effect, flags []int) {
		for _, e := range effects {
			changed[e.Meter] = true
		}
		for _, f := range flags {
			set[f] = true
		}
	})
	s.conditions(func(c *Cond) {
		switch c.kind {
		case asksFlag:
			read[c.index] = true
		case asksMeter:
			asked[c.index] = true
		}
	})
	for i, f := range s.Flags {
		what := ""
		switch {
		case !set[i] && !read[i]:
			what = "is never used"
		case !set[i]:
			what = "is asked for and never set"
		case !read[i]:
			what = "is set and never asked for"
		default:
			continue
		}
		rep.addf("W31", s.lines["flags"], f, "use it or take it out", "the flag %q %s", f, what)
	}
	for i, m := range s.Meters {
		switch {
		case !changed[i]:
			rep.addf("W31", m.Line, m.Key, "let choices change it, or take it out", "nothing changes the meter %q", m.Key)
		case !asked[i] && !m.Live && s.lines["debrief"] == 0:
			rep.addf("W31", m.Line, m.Key, "show it, ask for it, or take it out", "the meter %q is neither asked for nor shown", m.Key)
		}
	}
}

// changes goes through everything that changes meters and sets flags.
func (s *Scenario) changes(do func(effects []Effect, flags []int)) {
	for _, p := range s.Passages {
		do(p.Effects, nil)
		for _, c := range p.Choices {
			do(c.Effects, c.Set)
		}
		for _, b := range p.Bands {
			do(b.Effects, nil)
		}
		if p.Timer != nil {
			do(p.Timer.Effects, nil)
		}
	}
	for _, l := range s.laters {
		do(l.Effects, nil)
	}
	for _, in := range s.Injects {
		do(in.Effects, nil)
	}
	for _, sp := range s.Surprises {
		for _, p := range sp.Pick {
			do(p.Effects, p.Set)
		}
	}
}

// conditions goes through every condition.
func (s *Scenario) conditions(do func(c *Cond)) {
	in := func(w *When) {
		for i := range w.Items {
			if w.Items[i].Any == nil {
				do(&w.Items[i].Cond)
			}
			for _, way := range w.Items[i].Any {
				for j := range way {
					do(&way[j])
				}
			}
		}
	}
	for _, p := range s.Passages {
		for _, c := range p.Choices {
			in(&c.When)
		}
		for i := range p.Routes {
			in(&p.Routes[i].When)
		}
	}
}

// nothingToDecide reports an option that is best on every meter and costs nothing (W35).
func (s *Scenario) nothingToDecide(rep *report, p *Passage) {
	if len(p.Choices) < 2 {
		return
	}
	gain := func(c *Choice) []int { // in the good direction of each meter
		out := make([]int, len(s.Meters))
		add := func(effects []Effect) {
			for _, e := range effects {
				if s.Meters[e.Meter].HighIsGood {
					out[e.Meter] += e.By
				} else {
					out[e.Meter] -= e.By
				}
			}
		}
		add(c.Effects)
		for _, l := range c.Later {
			add(l.Effects)
		}
		return out
	}
	for _, c := range p.Choices {
		own := gain(c)
		best, better := true, true
		for _, o := range p.Choices {
			if o == c {
				continue
			}
			theirs, ahead := gain(o), false
			for m := range own {
				best = best && own[m] >= theirs[m]
				ahead = ahead || own[m] > theirs[m]
			}
			better = better && ahead
		}
		if best && better && slices.Min(append(own, 0)) >= 0 {
			rep.addf("W35", c.Line, p.Key+"."+c.ID, "let it cost something: time, risk or patience", "the choice %q of %q is best on every meter and costs nothing, so there is nothing to decide", c.ID, p.Key)
		}
	}
}

// favourites reports decisions that the length or the place of an option gives away (W33).
func (s *Scenario) favourites(rep *report) {
	if s.Panel == nil {
		return
	}
	place, same, n := -1, true, 0
	for _, p := range s.Decisions() {
		best := s.Panel.favourite(p)
		if best == nil || len(p.Choices) < 2 {
			continue
		}
		n++
		if place >= 0 && place != best.index {
			same = false
		}
		place = best.index
		second := 0
		for _, c := range p.Choices {
			if c != best {
				second = max(second, utf8.RuneCountInString(c.Text.Value))
			}
		}
		if own := utf8.RuneCountInString(best.Text.Value); own*10 >= second*14 {
			rep.addf("W33", best.Line, p.Key+"."+best.ID, "shorten it, or give the others as much to say", "the panel's favourite %q of %q is the longest by %d %%", best.ID, p.Key, percent(own-second, second))
		}
	}
	if n > 1 && same {
		rep.addf("W33", s.Panel.Line, "", "move some of them", "the panel's favourite is choice number %d in every decision", place+1)
	}
}

// split reports options that the panel cannot agree on, and panels that are too small (W36).
func (s *Scenario) split(rep *report) {
	if s.Panel == nil {
		return
	}
	if s.Panel.Raters < MinRaters {
		rep.addf("W36", s.Panel.Line, "", fmt.Sprintf("ask %d people at least", MinRaters), "the panel has %d raters, so nothing is scored", s.Panel.Raters)
		return
	}
	for _, p := range s.Decisions() {
		for _, c := range p.Choices {
			if r, ok := s.Panel.Of(p, c); ok && !r.Agreed {
				rep.addf("W36", c.Line, p.Key+"."+c.ID, "keep it as a question for discussion, or make the option clearer", "the panel is split on %q of %q (agreement %.2f), so it is not scored", c.ID, p.Key, r.Agreement)
			}
		}
	}
}

// reading reports what is too long or too hard to read on a screen (W39).
func (s *Scenario) reading(rep *report, p *Passage) {
	if p.Kind == Route {
		return
	}
	m := markdown.Read(p.Text.Value)
	if m.Words > 120 {
		rep.addf("W39", p.Text.Line, p.Key, "keep it under 120 words", "the text of %q has %d words", p.Key, m.Words)
	}
	if g := grade(p); g > 10 {
		rep.addf("W39", p.Text.Line, p.Key, "use shorter sentences and plainer words", "the passage %q reads at school year %.0f", p.Key, g)
	}
}

// minGrade is how many words a grade needs to mean anything.
const minGrade = 30

// grade is the school year by Flesch and Kincaid of what a passage asks people to read; 0 for too few words.
func grade(p *Passage) float64 {
	words, sentences, syllables := 0, 0, 0
	add := func(t Text) {
		plain := markdown.Plain(t.Value)
		ws := markdown.Words(plain)
		words += len(ws)
		for _, w := range ws {
			syllables += markdown.Syllables(w)
		}
		if len(ws) > 0 {
			sentences += max(1, markdown.Read(t.Value).Sentences)
		}
	}
	add(p.Text)
	for i := range p.Feed {
		add(p.Feed[i].Text)
	}
	for _, c := range p.Choices {
		add(c.Text)
		add(c.Feedback)
	}
	if words < minGrade || sentences == 0 {
		return 0
	}
	return 0.39*float64(words)/float64(sentences) + 11.8*float64(syllables)/float64(words) - 15.59
}
