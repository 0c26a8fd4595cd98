// Package player is the page that all steps of a course share: the outline with what is done and how long the
// rest takes, the step's head, what completes it, the step itself, and the way back and on.
package player

import (
	"strconv"
	"time"

	"greenroom/internal/course"
	"greenroom/internal/delivery"
	"greenroom/internal/locale"
	"greenroom/internal/play"
	"greenroom/internal/record"
	"greenroom/web/templates/layout"
	"greenroom/web/templates/ui"
)

// Page is one step of a course as one person has it.
type Page struct {
	layout.Page
	Step  play.Step
	Zone  *time.Location // the reader's, nil when it is not known
	Opens time.Time      // of a step that has not opened: see ShowNotYet
}

// Dates are what the outline says of weeks; the zero Dates says nothing.
type Dates struct {
	Plan delivery.Plan
	Now  time.Time
}

func (p Page) dates() Dates { return Dates{Plan: p.Step.Plan, Now: p.Step.Now} }

// when writes an instant in the cohort's zone and the reader's.
func (p Page) when(t time.Time) string { return ui.When(p.L, t, p.Step.Plan.Zone, p.Zone) }

// week are the dates of the step's module.
func (p Page) week() delivery.PlanModule {
	m, _ := p.Step.Plan.Module(p.Step.Activity.Module.Key)
	return m
}

// locked says whether the module has not opened.
func (d Dates) locked(m *course.Module) bool { return d.Plan.Dated() && !d.Plan.Open(m.Key, d.Now) }

// label says which week a module is, and when it opens where it has not: "" without dates.
func (d Dates) label(l *locale.Printer, m *course.Module) string {
	x, ok := d.Plan.Module(m.Key)
	if !ok {
		return ""
	}
	if d.Now.Before(x.Opens) {
		return l.T("player.week_opens", "Week", x.Week, "Day", l.Day(x.Opens.In(d.Plan.Zone)))
	}
	if c, _ := d.Plan.Current(d.Now); c.Opens.Equal(x.Opens) {
		return l.T("player.week_now", "Week", x.Week)
	}
	return l.T("player.week", "Week", x.Week)
}

var kindIcons = map[string]string{
	"reading": "book-open", "quiz": "list-checks", "reflection": "pen-line", "worksheet": "clipboard-list", "resources": "library", "scenario": "route", "forum": "messages-square",
}

func (p Page) kindIcon() string { return kindIcons[p.Step.Activity.Kind] }

func (p Page) art() string {
	if a := p.Step.Activity.Module.Art; a != "" {
		return a
	}
	return p.Step.Course.Art
}

// reader says where the step lies for the frame around it.
func (p Page) reader() layout.Reader {
	a, total, place := p.Step.Activity, 0, 0
	for _, m := range p.Step.Course.Modules {
		for _, x := range m.Activities {
			total++
			if x == a {
				place = total
			}
		}
	}
	r := layout.Reader{
		CourseTitle: p.Step.Course.Title, CourseHref: p.Step.CoursePath(),
		Outline:      Outline(p.L, p.Step.Course, p.Step.Progress, a, p.dates()),
		Position:     strconv.Itoa(place) + "/" + strconv.Itoa(total),
		PositionText: p.L.T("player.position", "Place", place, "Total", total),
		Next:         p.Step.NextPath(),
	}
	if a.Prev != nil {
		r.Prev = play.Path(p.Step.Course, a.Prev)
	}
	return r
}

func state(v record.View, a, current *course.Activity, locked bool) string {
	switch {
	case a == current:
		return "now"
	case v.IsDone(a.Key):
		return "done"
	case locked:
		return "locked"
	}
	return "todo"
}

// dot is the mark in the outline: a step that is done keeps its tick while it is open.
func dot(v record.View, a, current *course.Activity, locked bool) string {
	if v.IsDone(a.Key) {
		return "done"
	}
	return state(v, a, current, locked)
}

// seen is the address that a page in view reports to, so that the learner comes back to where they left; empty
// while nobody is enrolled.
func (p Page) seen() string {
	if p.Step.Enrolment == nil {
		return ""
	}
	return p.Step.Action("seen")
}

// outlineWords are what an outline says at every step, looked up once a page.
type outlineWords struct {
	l                       *locale.Printer
	done, now, todo, locked string
	min                     map[int]string
}

func words(l *locale.Printer) *outlineWords {
	return &outlineWords{
		l: l, done: l.T("player.state.done"), now: l.T("player.state.now"), todo: l.T("player.state.todo"),
		locked: l.T("player.state.locked"), min: map[int]string{},
	}
}

func (w *outlineWords) state(s string) string {
	switch s {
	case "done":
		return w.done
	case "now":
		return w.now
	case "locked":
		return w.locked
	}
	return w.todo
}

func (w *outlineWords) minutes(n int) string {
	text, ok := w.min[n]
	if !ok {
		text = w.l.T("player.min", "Count", n)
		w.min[n] = text
	}
	return text
}
