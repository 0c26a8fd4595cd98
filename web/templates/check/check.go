// Package check is the pages of the check before and after a course.
package check

import (
	"math"
	"net/url"
	"strconv"

	"greenroom/internal/check"
	"greenroom/internal/course"
	"greenroom/internal/insight"
	"greenroom/web/templates/layout"
	"greenroom/web/templates/ui"
)

// Path is where the check of a course is.
func Path(rev *course.Revision) string { return "/courses/" + rev.Key + "/check" }

// Head is what a learner's pages have.
type Head struct {
	layout.Page
	Course *course.Revision
}

func (h Head) crumbs(here string) []ui.Link {
	all := []ui.Link{{Text: h.L.T("courses.title"), Href: "/courses"}, {Text: h.Course.Title, Href: "/courses/" + h.Course.Key}}
	return append(all, ui.Link{Text: here})
}

// StatePage says what can be done now.
type StatePage struct {
	Head
	*check.State
	Enrolled bool
}

// RunPage is the ten situations.
type RunPage struct {
	Head
	Check  *check.Content
	Run    *check.Run
	Chosen map[string]int
	Errors []ui.FieldError
	lacks  map[string]bool
}

// Missing marks situations that need an answer.
func (p *RunPage) Missing(all []*check.Family) {
	p.lacks = map[string]bool{}
	for _, f := range all {
		p.lacks[f.Key] = true
	}
	for i, f := range p.Check.Families {
		if p.lacks[f.Key] {
			p.Errors = append(p.Errors, ui.FieldError{ID: "q-" + f.Key, Text: p.L.T("check.error.choose", "N", i+1)})
		}
	}
}

func (p RunPage) option(f *check.Family, i int, o check.Option) ui.CheckData {
	id := "f-" + f.Key + "-" + strconv.Itoa(i)
	n, ok := p.Chosen[f.Key]
	return ui.CheckData{ID: id, Name: "s." + f.Key, Value: strconv.Itoa(i), Label: o.Text, Type: "radio", Checked: ok && n == i}
}

// AnswersPage is both forms with reasons.
type AnswersPage struct {
	Head
	families []answered
}

// answered is one skill with what was chosen.
type answered struct {
	*check.Family
	met []met
}

// met is one situation; chosen is -1 where the person has not met it.
type met struct {
	*check.Situation
	occasion string // or never
	chosen   int
}

// Add takes in the situations, in the order in which the person met them; before may be nil.
func (p *AnswersPage) Add(c *check.Content, before, after *check.Run) {
	for _, f := range c.Families {
		a := answered{Family: f}
		for _, occasion := range []string{check.Before, check.After} {
			r, form := after, after.Form()
			if occasion == check.Before {
				r, form = before, other(form)
			}
			m := met{Situation: f.In(form), occasion: occasion, chosen: -1}
			if n, ok := chosen(r, f.Key); !ok {
				m.occasion = "never"
			} else if n < len(m.Options) {
				m.chosen = n
			}
			a.met = append(a.met, m)
		}
		p.families = append(p.families, a)
	}
}

func chosen(r *check.Run, family string) (int, bool) {
	if !r.Done() {
		return 0, false
	}
	n, ok := r.Answers[family]
	return n, ok
}

func other(form string) string {
	if form == check.FormA {
		return check.FormB
	}
	return check.FormA
}

// FiguresPage is what a group gained.
type FiguresPage struct {
	layout.Page
	insight.View
	*check.Figures
	Course *course.Revision
}

func (p FiguresPage) path() string { return "/teach/courses/" + p.Course.Key + "/check" }

func (p FiguresPage) query() string {
	if p.Scope.ID == "" {
		return ""
	}
	return "?" + url.Values{"delivery": {p.Scope.ID}}.Encode()
}

// Row is one line of the table.
type Row struct {
	Name string
	*check.Estimate
}

// Rows are what is told: all taught skills, all others, and single ones where there are enough people.
func (p FiguresPage) Rows() []Row {
	rows := []Row{{p.L.T("check.row.taught"), p.Taught}}
	for _, r := range []Row{{p.L.T("check.row.untaught"), p.Untaught}, {p.L.T("check.row.unhurried"), p.Unhurried}} {
		if r.Estimate != nil {
			rows = append(rows, r)
		}
	}
	for _, s := range p.Skills {
		if s.Estimate != nil {
			rows = append(rows, Row{s.Name, s.Estimate})
		}
	}
	return rows
}

// verdict says in words what may be said.
func (p FiguresPage) verdict() string {
	e := p.Taught
	switch {
	case !e.Clear():
		return p.L.T("check.verdict.open")
	case e.Early():
		return p.L.T("check.verdict.early", "N", e.People)
	}
	return p.L.T("check.verdict.clear")
}

// Points is a number of points of 100, rounded.
func Points(x float64) string { return strconv.Itoa(int(math.Round(x))) }

// signed is Points with its sign, as a minus that is read as one.
func signed(x float64) string {
	n := int(math.Round(x))
	if n < 0 {
		return "−" + strconv.Itoa(-n)
	}
	return strconv.Itoa(n)
}
