package scenario

import (
	"fmt"
	"math"
)

// played reports what exhaustive play found: E06, W30, W34, W37, I50, I51.
func (s *Scenario) played(rep *report, x *Explored) {
	s.offers(rep, x)
	if x.Stopped {
		rep.addf("I51", s.lines["passages"], "", "the checks W30, W34 and W37 were left out; fewer meters, flags and surprises make fewer states",
			"play stopped after %d states", x.States)
		return
	}
	s.never(rep, x)
	for i, m := range s.Meters {
		if x.Limit[i] > 0.5+1e-9 {
			rep.addf("W34", m.Line, m.Key, "make the effects smaller or the range larger", "the meter %q comes to its limit on %.0f %% of the ways", m.Key, 100*x.Limit[i])
		}
	}
	for _, id := range x.dead {
		at, what, line := x.first.Key, "silence at the first decision", x.first.Timer
		if id != "" {
			c := x.first.Choice(id)
			rep.addf("W37", c.Line, at+"."+id, "let later choices make up for it, or accept this with a reason", "after the first choice %q no good ending can be reached any more", id)
			continue
		}
		rep.addf("W37", line.Line, at, "let later choices make up for it, or accept this with a reason", "after %s no good ending can be reached any more", what)
	}
	s.sizes(rep, x)
}

// offers reports decisions that may leave a learner with nothing (E06).
func (s *Scenario) offers(rep *report, x *Explored) {
	seen := map[*Passage]bool{}
	for _, p := range x.stuck {
		if !seen[p] {
			seen[p] = true
			rep.addf("E06", p.Line, p.Key, "add a choice without when", "at %q there are ways on which no choice is on offer", p.Key)
		}
	}
	if !x.Stopped {
		return
	}
	for _, p := range s.Decisions() {
		free := false
		for _, c := range p.Choices {
			free = free || c.When.Empty()
		}
		if !free && !seen[p] {
			rep.addf("E06", p.Line, p.Key, "add a choice without when", "every choice of %q has a condition, so a learner may be left with none", p.Key)
		}
	}
}

// never reports what no way of playing comes to (W30).
func (s *Scenario) never(rep *report, x *Explored) {
	reached := s.reach(s.Start)
	for _, p := range s.Passages {
		if !reached[p.index] {
			continue // E02
		}
		if !x.passages[p.index] {
			rep.addf("W30", p.Line, p.Key, "mend the conditions on the way, or take it out", "no way of playing comes to %q", p.Key)
			continue
		}
		for _, c := range p.Choices {
			if !x.choices[c] {
				rep.addf("W30", c.Line, p.Key+"."+c.ID, "mend its condition, or take it out", "the choice %q of %q is never on offer", c.ID, p.Key)
			}
		}
		for i := range p.Routes {
			if !x.ways[&p.Routes[i]] {
				rep.addf("W30", p.Routes[i].Line, p.Key, "mend its condition, or take it out", "route %d of %q is never taken", i+1, p.Key)
			}
		}
	}
}

// sizes reports what the story amounts to (I50), and W39 when it is too short.
func (s *Scenario) sizes(rep *report, x *Explored) {
	if x.Shortest < 3 {
		rep.addf("W39", s.lines["passages"], "", "add another moment: a scenario teaches from four to six decisions", "the shortest path has only %d decisions and replies", x.Shortest)
	}
	paths := fmt.Sprintf("%d paths", x.Paths)
	switch {
	case x.Loops:
		paths = "endlessly many paths, for there are loops"
	case x.Paths == math.MaxInt64:
		paths = "more paths than can be counted"
	}
	words, reply := 0, 0
	s.texts(func(t *Text, at string, _ bool) { words += len([]rune(t.Value)) })
	for _, p := range s.Replies() {
		s.passageTexts(p, func(t *Text, _ string, _ bool) { reply += len([]rune(t.Value)) })
	}
	longest := "without limit"
	if !x.Loops {
		longest = fmt.Sprintf("%.0f", math.Ceil(x.MaxMinutes))
	}
	rep.addf("I50", 1, "", "", "%s, %d states, %s to %s minutes, %d %% of the text belongs to replies", paths, x.States,
		fmt.Sprintf("%.0f", math.Ceil(x.MinMinutes)), longest, percent(reply, words))
}

func percent(a, b int) int {
	if b == 0 {
		return 0
	}
	return (100*a + b/2) / b
}
