package scenario

import (
	"fmt"
	"strings"
)

// Report is everything a checker knows of one file.
type Report struct {
	Scenario *Scenario // nil when the file cannot be read
	Findings Findings
	Explored *Explored // nil when the file is broken
}

// Lint parses a file and checks it whole.
func Lint(src []byte) Report {
	rep := &report{lines: 1}
	s := parse(src, rep)
	r := Report{Scenario: s}
	if s != nil {
		s.markup(rep)
		s.structure(rep)
		if !rep.all.Broken() {
			r.Explored = s.Explore()
			s.played(rep, r.Explored)
			s.advice(rep, r.Explored)
		}
		s.accept(rep, r.Explored != nil)
	}
	rep.all.sort()
	r.Findings = rep.all
	return r
}

// exits are all passages that a passage may lead to.
func (p *Passage) exits() []*Passage {
	var out []*Passage
	add := func(x *Passage) {
		if x != nil {
			out = append(out, x)
		}
	}
	switch p.Kind {
	case Scene, Reply:
		add(p.To)
	case Decision:
		for _, c := range p.Choices {
			add(c.To)
		}
		if p.Timer != nil {
			add(p.Timer.To)
		}
	case Route:
		for _, r := range p.Routes {
			add(r.To)
		}
	}
	return out
}

// reach is every passage that can come after from (and from itself), conditions ignored.
func (s *Scenario) reach(from *Passage) []bool {
	seen := make([]bool, len(s.Passages))
	if from == nil {
		return seen
	}
	stack := []*Passage{from}
	seen[from.index] = true
	for len(stack) > 0 {
		p := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		for _, x := range p.exits() {
			if !seen[x.index] {
				seen[x.index] = true
				stack = append(stack, x)
			}
		}
	}
	return seen
}

// structure checks what needs no play: E02, E04, E08, and reply_to of E01.
func (s *Scenario) structure(rep *report) {
	reached := s.reach(s.Start)
	if s.Start != nil {
		for _, p := range s.Passages {
			if !reached[p.index] {
				rep.addf("E02", p.Line, p.Key, "let something lead to it, or take it out", "nothing leads to the passage %q", p.Key)
			}
		}
	}
	s.endless(rep, reached)
	s.circles(rep)
	s.repliesTo(rep)
	for _, p := range s.Passages {
		for _, c := range p.Choices {
			s.deadWhen(rep, c.When, p.Key+"."+c.ID, fmt.Sprintf("the choice %q", c.ID))
		}
		for i, r := range p.Routes {
			s.deadWhen(rep, r.When, p.Key, fmt.Sprintf("route %d", i+1))
		}
	}
}

// endless finds passages from which no ending can be reached (E04).
func (s *Scenario) endless(rep *report, reached []bool) {
	back := make([][]int, len(s.Passages))
	for _, p := range s.Passages {
		for _, x := range p.exits() {
			back[x.index] = append(back[x.index], p.index)
		}
	}
	ends := make([]bool, len(s.Passages))
	var stack []int
	for _, p := range s.Endings() {
		ends[p.index] = true
		stack = append(stack, p.index)
	}
	if len(stack) == 0 {
		rep.add("E04", s.lines["passages"], "", "the story has no ending", "add a passage of kind: ending")
		return
	}
	for len(stack) > 0 {
		i := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		for _, b := range back[i] {
			if !ends[b] {
				ends[b] = true
				stack = append(stack, b)
			}
		}
	}
	for _, p := range s.Passages {
		if !ends[p.index] && reached[p.index] && len(p.exits()) > 0 {
			rep.addf("E04", p.Line, p.Key, "let some way lead on to an ending", "no ending can be reached from %q", p.Key)
		}
	}
}

// circles finds routes that lead to each other in a circle: play would never show anything (E04).
func (s *Scenario) circles(rep *report) {
	mark := make([]byte, len(s.Passages))
	type frame struct {
		p    *Passage
		next int
	}
	for _, root := range s.Passages {
		if root.Kind != Route || mark[root.index] != 0 {
			continue
		}
		stack := []frame{{root, 0}}
		mark[root.index] = 1
		for len(stack) > 0 {
			f := &stack[len(stack)-1]
			if f.next == len(f.p.Routes) {
				mark[f.p.index] = 2
				stack = stack[:len(stack)-1]
				continue
			}
			to := f.p.Routes[f.next].To
			f.next++
			if to == nil || to.Kind != Route {
				continue
			}
			switch mark[to.index] {
			case 0:
				mark[to.index] = 1
				stack = append(stack, frame{to, 0})
			case 1:
				rep.addf("E04", f.p.Line, f.p.Key, "let one of them lead to something people see", "routes lead in a circle, from %q to %q", f.p.Key, to.Key)
			}
		}
	}
}

// repliesTo checks that a post answers one that can have been seen by then (E01).
func (s *Scenario) repliesTo(rep *report) {
	type place struct {
		at   *Passage
		rank int // in a passage: later effects, draws, its own feed
		n    int
	}
	type post struct {
		Post
		place
		owner string
	}
	var all []post
	byID := map[string]place{}
	add := func(feed []Post, at *Passage, rank int, owner string) {
		for i, x := range feed {
			all = append(all, post{x, place{at, rank, i}, owner})
			if x.ID != "" {
				byID[x.ID] = place{at, rank, i}
			}
		}
	}
	for i, l := range s.laters {
		add(l.Feed, l.At, i-maxLaters, l.at.name)
	}
	for i, sp := range s.Surprises {
		for _, p := range sp.Pick {
			add(p.Feed, sp.At, i, sp.at.name)
		}
	}
	for _, p := range s.Passages {
		add(p.Feed, p, maxLaters, p.Key)
	}
	var ids []string
	for id := range byID {
		ids = append(ids, id)
	}
	reach := map[*Passage][]bool{}
	for _, x := range all {
		if x.ReplyTo == "" || x.at == nil {
			continue
		}
		to, ok := byID[x.ReplyTo]
		if !ok {
			rep.addf("E01", x.Line, x.owner, nearest(x.ReplyTo, ids, "give that post an id, or mend the name"), "a post answers the post %q, which is not there", clip(x.ReplyTo, 60))
			continue
		}
		if to.at == nil {
			continue
		}
		if to.at == x.at {
			if to.rank < x.rank || to.rank == x.rank && to.n < x.n || s.again(x.at) {
				continue
			}
		} else {
			if reach[to.at] == nil {
				reach[to.at] = s.reach(to.at)
			}
			if reach[to.at][x.at.index] {
				continue
			}
		}
		rep.addf("E01", x.Line, x.owner, "let it answer an earlier post", "a post answers the post %q, which nobody can have seen by then", x.ReplyTo)
	}
}

// again says whether a passage can come after itself.
func (s *Scenario) again(p *Passage) bool {
	for _, x := range p.exits() {
		if s.reach(x)[p.index] {
			return true
		}
	}
	return false
}

// deadWhen reports conditions that can never hold, or always do (E08).
func (s *Scenario) deadWhen(rep *report, w When, at, what string) {
	var all []*Cond
	for i := range w.Items {
		item := &w.Items[i]
		if item.Any == nil {
			s.deadCond(rep, &item.Cond, item.Line, at, what)
			all = append(all, &item.Cond)
		}
		for _, way := range item.Any {
			for j := range way {
				s.deadCond(rep, &way[j], item.Line, at, what)
			}
		}
	}
	if why, dead := s.contradicts(all); dead {
		rep.addf("E08", w.Line, at, "take one of them out", "the conditions of %s can never hold together: %s", what, why)
		return
	}
	for _, item := range w.Items {
		if item.Any == nil {
			continue
		}
		left := false
		for _, way := range item.Any {
			both := append([]*Cond{}, all...)
			for j := range way {
				both = append(both, &way[j])
			}
			_, dead := s.contradicts(both)
			left = left || !dead
		}
		if !left {
			rep.addf("E08", item.Line, at, "mend the alternatives", "no alternative of %s can hold with the rest", what)
		}
	}
}

func (s *Scenario) deadCond(rep *report, c *Cond, line int, at, what string) {
	if c.kind != asksMeter {
		return
	}
	m := s.Meters[c.index]
	remedy := fmt.Sprintf("%s runs from %d to %d", m.Key, m.Min, m.Max)
	switch never, always := c.deadOrSure(m); {
	case never:
		rep.addf("E08", line, at, remedy, "the condition %q of %s can never hold", c.src, what)
	case always:
		rep.addf("E08", line, at, remedy, "the condition %q of %s always holds", c.src, what)
	}
}

// accept marks the findings that the author means, and reports entries that mark nothing.
func (s *Scenario) accept(rep *report, played bool) {
	for _, a := range s.Accept {
		used := false
		for i := range rep.all {
			f := &rep.all[i]
			if f.Code == a.Code && (a.At == f.At || a.At == f.Passage && f.Passage != "" || a.At == "") {
				f.Accepted = a.Why.Value
				used = true
			}
		}
		if !used && played {
			where := ""
			if a.At != "" {
				where = " at " + a.At
			}
			rep.addf("I52", a.Line, strings.TrimSpace(a.At), "take the entry out", "there is nothing to accept any more: no %s%s", a.Code, where)
		}
	}
}
