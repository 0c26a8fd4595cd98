package scenario

import (
	"net/url"
	"strconv"
	"time"

	"greenroom/internal/course"
	"greenroom/internal/insight"
	rules "greenroom/internal/scenario"
	"greenroom/web/templates/layout"
)

// FiguresPage is which ways people took through a scenario.
type FiguresPage struct {
	layout.Page
	insight.View
	rules.Flow
	Course   *course.Revision
	Activity *course.Activity
	Scenario *rules.Scenario
}

// DecisionFigures is one decision on the page.
type DecisionFigures struct {
	rules.Met
	Passage *rules.Passage
	Options []OptionFigures
	Weak    []string // in words
}

// OptionFigures is one answer, or an ending, with its share in words.
type OptionFigures struct{ Text, Share, Leads string }

func (p FiguresPage) path() string {
	return "/teach/courses/" + p.Course.Key + "/scenarios/" + p.Activity.Key
}

func (p FiguresPage) csv() string {
	if p.Scope.ID == "" {
		return p.path() + "/figures.csv"
	}
	return p.path() + "/figures.csv?" + url.Values{"delivery": {p.Scope.ID}}.Encode()
}

// Decisions are the decisions in file order, with what is told of them.
func (p FiguresPage) Decisions() []DecisionFigures {
	var out []DecisionFigures
	for _, x := range p.Scenario.Decisions() {
		m, told := p.At[x.Key]
		d := DecisionFigures{Met: m, Passage: x}
		share := func(choice string) string {
			if !told {
				return "–"
			}
			return m.Chose[choice].Text(p.L)
		}
		for _, c := range x.Choices {
			d.Options = append(d.Options, OptionFigures{c.Text.Value, share(c.ID), p.leads(c.To)})
		}
		if x.Timer != nil {
			d.Options = append(d.Options, OptionFigures{p.L.T("scenario.figures.silence"), share(""), p.leads(x.Timer.To)})
		}
		if told {
			for _, w := range m.Weak(x, p.Scenario.Panel) {
				d.Weak = append(d.Weak, p.L.T("scenario.figures."+w))
			}
		}
		out = append(out, d)
	}
	return out
}

func (p FiguresPage) leads(to *rules.Passage) string {
	switch {
	case to == nil:
		return ""
	case to.Kind == rules.Route:
		return p.L.T("scenario.map.route")
	}
	return to.Title.Value
}

// Endings are the endings in file order.
func (p FiguresPage) Endings() []OptionFigures {
	var out []OptionFigures
	for _, x := range p.Scenario.Endings() {
		out = append(out, OptionFigures{Text: x.Title.Value, Share: p.Flow.Endings[x.Key].Text(p.L)})
	}
	return out
}

func (p FiguresPage) median(d DecisionFigures) string {
	if d.Median == 0 {
		return p.L.T("scenario.figures.no_time")
	}
	return p.L.T("scenario.figures.time", "Seconds", int(d.Median/time.Second))
}

// drawn is the map: cards that people came past are full, and say how many.
func (p FiguresPage) drawn() drawn {
	m := p.Scenario.Map()
	out := drawn{Map: m}
	for _, w := range m.Lines {
		out.Ways = append(out.Ways, way{w.Path(), p.often(w)})
	}
	for _, n := range m.Nodes {
		c := card{Node: n}
		if s, ok := p.Passed[n.Key]; ok && !s.Few {
			c.Number = strconv.Itoa(s.Percent)
			if s.Nearly {
				c.Number = "90+"
			}
		}
		c.Lines = wrapped(n.Title.Value, 20, 2)
		out.Cards = append(out.Cards, c)
	}
	return out
}

// often says whether a fifth or more of those at its start took a way.
func (p FiguresPage) often(l *rules.Line) bool {
	sum := 0
	for _, label := range l.Labels {
		if s := p.At[l.From.Key].Chose[label]; s.Nearly {
			sum += 100
		} else {
			sum += s.Percent
		}
	}
	return sum >= 20
}
