package scenario

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

func (p *parser) panel(o *object) {
	n := o.vals["panel"]
	if n == nil {
		return
	}
	f, ok := p.object(n, "", "the panel", "by raters scale source ratings reasons")
	if !ok {
		return
	}
	x := &Panel{Ratings: map[string]map[string][]int{}, Reasons: map[string]map[string]Text{}, Line: o.lineOf("panel"), lines: map[string]int{}}
	x.ByAuthors = f.oneOf("by", "authors", "authors", "practitioners") == "authors"
	x.Raters = f.number("raters", 1, 500, 1, true)
	x.Scale = f.number("scale", 2, 20, 2, true)
	x.Source = f.text("source", blockText, false)
	f.need("ratings")
	f.each("ratings", "E31", maxPassages, func(decision string, k, v *yaml.Node) {
		x.lines[decision] = k.Line
		x.Ratings[decision] = map[string][]int{}
		p.ratings(x, decision, v)
	})
	f.each("reasons", "E31", maxPassages, func(decision string, k, v *yaml.Node) {
		x.lines["why."+decision] = k.Line
		x.Reasons[decision] = map[string]Text{}
		in := &object{p: p, line: k.Line, at: decision, what: "the reasons", vals: map[string]*yaml.Node{decision: v}, keys: map[string]*yaml.Node{decision: k}}
		in.each(decision, "E31", maxChoices, func(choice string, _, t *yaml.Node) {
			x.Reasons[decision][choice] = p.text(t, decision+"."+choice, "the panel's reason for "+choice, blockText)
		})
	})
	p.s.Panel = x
}

func (p *parser) ratings(x *Panel, decision string, v *yaml.Node) {
	in := &object{p: p, line: v.Line, at: decision, what: "the ratings", vals: map[string]*yaml.Node{decision: v}, keys: map[string]*yaml.Node{}}
	in.each(decision, "E31", maxChoices, func(choice string, k, l *yaml.Node) {
		at := decision + "." + choice
		x.lines[at] = k.Line
		out := []int{}
		for _, e := range p.entries(l, at, "the ratings of "+at, 0, 500) {
			i, ok := p.whole(e, at, "a rating of "+at)
			if !ok {
				continue
			}
			if i < 1 || i > x.Scale {
				p.rep.addf("E12", e.Line, at, fmt.Sprintf("ratings run from 1 to %d", x.Scale), "the rating %d of %q is off the scale", i, at)
				continue
			}
			out = append(out, i)
		}
		if l.Kind == yaml.SequenceNode && len(l.Content) != x.Raters {
			p.rep.addf("E12", k.Line, at, fmt.Sprintf("give one rating for each of the %d raters", x.Raters), "%q has %d ratings", at, len(l.Content))
		}
		x.Ratings[decision][choice] = out
	})
}

func (p *parser) debrief(o *object) {
	d := Debrief{Compare: Compare{Show: "after_finish", MinRuns: 8}, Comments: map[string]Text{}, lines: map[string]int{}}
	defer func() { p.s.Debrief = d }()
	n := o.vals["debrief"]
	if n == nil {
		return
	}
	d.Line = o.lineOf("debrief")
	f, ok := p.object(n, "", "the debrief", "compare comments questions read")
	if !ok {
		return
	}
	if f.has("compare") {
		if c, ok := p.object(f.vals["compare"], "", "compare", "show min_runs"); ok {
			d.Compare.Show = c.oneOf("show", "after_finish", "after_finish", "never")
			d.Compare.MinRuns = c.number("min_runs", 8, 10_000, 8, false)
		}
	}
	f.each("comments", "E31", maxPassages, func(key string, k, v *yaml.Node) {
		d.lines[key] = k.Line
		d.Comments[key] = p.text(v, key, "the comment on "+key, blockText)
	})
	for i, n := range f.list("questions", 0, 20) {
		d.Questions = append(d.Questions, p.text(n, "", fmt.Sprintf("question %d", i+1), blockText))
	}
	d.Read = p.places(f, "read")
}

var codeForm = regexp.MustCompile(`^W3[0-9]$`)

func (p *parser) accept(o *object) {
	for i, n := range o.list("accept", 0, maxList) {
		f, ok := p.object(n, "", fmt.Sprintf("entry %d of accept", i+1), "code at why")
		if !ok {
			continue
		}
		a := Accept{Code: f.word("code", true), At: f.word("at", false), Why: f.text("why", lineText, true), Line: n.Line}
		if a.Code != "" && !codeForm.MatchString(a.Code) {
			f.bad("code", "only warnings, W30 to W39, can be accepted", "%q cannot be accepted", clip(a.Code, 20))
			continue
		}
		p.s.Accept = append(p.s.Accept, a)
	}
}

// missing reports a name that leads nowhere.
func (p *parser) missing(line int, at, what, name string, known []string) {
	p.rep.addf("E01", line, at, nearest(name, known, knownNames(what, known)), "there is no %s %q", what, clip(name, 60))
}

func knownNames(what string, known []string) string {
	switch {
	case len(known) == 0:
		return "the file has no " + what + " at all; add it"
	case len(known) > 12:
		return "add it, or mend the name"
	}
	return "known are " + strings.Join(known, ", ")
}

func (p *parser) meterNames() []string {
	var out []string
	for _, m := range p.s.Meters {
		out = append(out, m.Key)
	}
	return out
}

func (p *parser) passageNames() []string {
	var out []string
	for _, x := range p.s.Passages {
		out = append(out, x.Key)
	}
	return out
}

func (p *parser) to(r ref, at, what string) *Passage {
	if r.name == "" {
		return nil
	}
	x := p.s.passage[r.name]
	if x == nil {
		p.rep.addf("E01", r.line, at, nearest(r.name, p.passageNames(), "add the passage, or mend the name"), "%s names the passage %q, which is not there", what, clip(r.name, 60))
	}
	return x
}

func (p *parser) by(r ref, at string) *Persona {
	if r.name == "" {
		return nil
	}
	x := p.s.persona[r.name]
	if x == nil {
		p.missing(r.line, at, "persona", r.name, slices.Sorted(maps.Keys(p.s.persona)))
	}
	return x
}

func (p *parser) people(feed []Post, at string) {
	for i := range feed {
		feed[i].By = p.by(feed[i].by, at)
	}
}

// resolve looks up every name, now that all of the file is known.
func (p *parser) resolve(*object) {
	s := p.s
	s.injectAt, s.drawnAt, s.dueAt = map[*Passage][]*Inject{}, map[*Passage][]*Surprise{}, map[*Passage][]*Later{}
	for _, x := range s.Passages {
		p.people(x.Feed, x.Key)
		x.To = p.to(x.to, x.Key, "to")
		for _, c := range x.Choices {
			at := x.Key + "." + c.ID
			c.To = p.to(c.to, at, "to")
			p.whenNames(&c.When, at)
			for _, l := range c.Later {
				p.people(l.Feed, at)
				if l.At = p.to(l.at, at, "later"); l.At != nil {
					s.dueAt[l.At] = append(s.dueAt[l.At], l)
				}
			}
		}
		if x.Timer != nil {
			x.Timer.To = p.to(x.Timer.to, x.Key, "on_timeout")
		}
		for i := range x.Routes {
			x.Routes[i].To = p.to(x.Routes[i].to, x.Key, "to")
			p.whenNames(&x.Routes[i].When, x.Key)
		}
	}
	for _, x := range s.Injects {
		x.From = p.by(x.from, x.at.name)
		if x.At = p.to(x.at, "", "the trigger"); x.At != nil {
			s.injectAt[x.At] = append(s.injectAt[x.At], x)
		}
	}
	for _, x := range s.Surprises {
		for i := range x.Pick {
			p.people(x.Pick[i].Feed, x.at.name)
		}
		if x.At = p.to(x.at, "", "the surprise"); x.At != nil {
			s.drawnAt[x.At] = append(s.drawnAt[x.At], x)
		}
	}
	p.panelNames()
	p.commentNames()
}

// panelNames holds the panel to the decisions: no option missing, none too many (E12).
func (p *parser) panelNames() {
	x := p.s.Panel
	if x == nil {
		return
	}
	for _, d := range slices.Sorted(maps.Keys(x.Ratings)) {
		at := p.s.passage[d]
		if at == nil || at.Kind != Decision {
			p.rep.addf("E12", x.lines[d], d, nearest(d, p.passageNames(), "take it out"), "the panel rates %q, which is no decision", d)
			continue
		}
		for _, c := range slices.Sorted(maps.Keys(x.Ratings[d])) {
			if at.Choice(c) == nil {
				p.rep.addf("E12", x.lines[d+"."+c], d+"."+c, "take it out, or mend the name", "the panel rates %q, which is no choice of %q", c, d)
			}
		}
		for _, c := range at.Choices {
			if _, ok := x.Ratings[d][c.ID]; !ok && c.ID != "" {
				p.rep.addf("E12", x.lines[d], d+"."+c.ID, "add the ratings of this choice", "the panel does not rate the choice %q of %q", c.ID, d)
			}
		}
	}
	for _, at := range p.s.Decisions() {
		if x.Ratings[at.Key] == nil {
			p.rep.addf("E12", x.Line, at.Key, "add its ratings", "the panel does not rate the decision %q", at.Key)
		}
	}
	for _, d := range slices.Sorted(maps.Keys(x.Reasons)) {
		at := p.s.passage[d]
		for _, c := range slices.Sorted(maps.Keys(x.Reasons[d])) {
			if at == nil || at.Choice(c) == nil {
				p.rep.addf("E12", x.Reasons[d][c].Line, d+"."+c, "take it out, or mend the name", "the panel has a reason for %q, which is no choice", d+"."+c)
			}
		}
	}
}

func (p *parser) commentNames() {
	d := p.s.Debrief
	for _, key := range slices.Sorted(maps.Keys(d.Comments)) {
		if p.s.passage[key] == nil {
			p.rep.addf("E01", d.lines[key], key, nearest(key, p.passageNames(), "take it out, or mend the name"), "the debrief comments on the passage %q, which is not there", key)
		}
	}
}
