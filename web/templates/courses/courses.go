// Package courses is the catalogue and the pages of a course: what it is, its closing page, and what a newer
// revision changed.
package courses

import (
	"greenroom/internal/check"
	"net/url"
	"strconv"
	"time"

	"github.com/a-h/templ"

	"greenroom/internal/course"
	"greenroom/internal/delivery"
	"greenroom/internal/play"
	"greenroom/internal/record"
	"greenroom/web/templates/layout"
	"greenroom/web/templates/ui"
)

// Catalogue is the list of courses with its search.
type Catalogue struct {
	layout.Page
	Query   Query
	Levels  []ui.Option
	Topics  []ui.Option
	Lengths []ui.Option
	Cards   []Card
	Found   int
	Nav     ui.PageNav
}

// Query is what the visitor asked the catalogue for.
type Query struct{ Text, Level, Topic, Length string }

// Any says whether anything was asked.
func (q Query) Any() bool { return q != Query{} }

// Path is the catalogue's address with the query, on a page counted from 1.
func (q Query) Path(page int) string {
	v := url.Values{}
	for k, x := range map[string]string{"q": q.Text, "level": q.Level, "topic": q.Topic, "length": q.Length} {
		if x != "" {
			v.Set(k, x)
		}
	}
	if page > 1 {
		v.Set("page", strconv.Itoa(page))
	}
	if len(v) == 0 {
		return "/courses"
	}
	return "/courses?" + v.Encode()
}

// Card is one course in the catalogue. Percent is the visitor's own progress, or -1 when not enrolled.
type Card struct {
	Course  *course.Revision
	Percent int
}

// Course is the page of one course as one person has it.
type Course struct {
	layout.Page
	Place   play.Place
	Cohorts templ.Component // of the course, nil when there are none
	Zone    *time.Location  // the reader's, nil when it is not known
}

// Finish is the page after the last step.
type Finish struct {
	layout.Page
	Place       play.Place
	Certificate string // address of the learner's certificate, "" when there is none
}

// Changes tells a learner on an older revision what a newer one has.
type Changes struct {
	layout.Page
	Place   play.Place
	Newer   *course.Revision
	Changes course.Changes
}

// week says which week of the reader's cohort a module is, and when it opens where it has not; "" without dates.
func (p Course) week(m *course.Module) string {
	x, ok := p.Place.Plan.Module(m.Key)
	switch {
	case !ok:
		return ""
	case p.Place.Now.Before(x.Opens):
		return p.L.T("courses.week_opens", "Week", x.Week, "When", p.when(x.Opens))
	}
	if c, _ := p.Place.Plan.Current(p.Place.Now); c.Opens.Equal(x.Opens) {
		return p.L.T("courses.week_now", "Week", x.Week, "Day", p.L.Day(x.Due.In(p.Place.Plan.Zone)))
	}
	return p.L.T("player.week", "Week", x.Week)
}

func (p Course) now(m *course.Module) bool {
	x, ok := p.Place.Plan.Current(p.Place.Now)
	return ok && x.Key == m.Key
}

func (p Course) when(t time.Time) string { return ui.When(p.L, t, p.Place.Plan.Zone, p.Zone) }

// upcoming says what opens next in the reader's cohort: "" when nothing does.
func (p Course) upcoming() string {
	x, ok := p.Place.Plan.Next(p.Place.Now)
	if !ok {
		return ""
	}
	return p.L.T("courses.upcoming", "Week", x.Week, "When", p.when(x.Opens))
}

// cohort is the reader's, nil when they take the course alone.
func (p Course) cohort() *delivery.Delivery {
	if p.Place.Active() && p.Place.Delivery.Cohort() {
		return p.Place.Delivery
	}
	return nil
}

// state is how a step stands: done, todo or locked.
func (p Course) state(a *course.Activity) string {
	if s := done(p.Place.Progress, a); s == "done" || p.Place.Open(a) {
		return s
	}
	return "locked"
}

func (p Course) path() string { return "/courses/" + p.Place.Course.Key }

// sample is the step that shows what the course is like: the first one, where the course is open to look at.
func (p Course) sample() *course.Activity {
	if !p.Place.Course.Open {
		return nil
	}
	return p.Place.Course.First()
}

func written(r *course.Revision) (modules int) {
	for _, m := range r.Modules {
		if len(m.Activities) > 0 {
			modules++
		}
	}
	return modules
}

func crumbs(p layout.Page, r *course.Revision, last string) []ui.Link {
	out := []ui.Link{{Text: p.L.T("courses.title"), Href: "/courses"}}
	if last == "" {
		return append(out, ui.Link{Text: r.Title})
	}
	return append(out, ui.Link{Text: r.Title, Href: "/courses/" + r.Key}, ui.Link{Text: last})
}

func sourceText(s course.Source) string {
	t := s.Publisher
	if s.Year > 0 {
		if t != "" {
			t += ", "
		}
		t += strconv.Itoa(s.Year)
	}
	return t
}

func done(v record.View, a *course.Activity) string {
	if v.IsDone(a.Key) {
		return "done"
	}
	return "todo"
}

// asksBefore says whether to offer the check before the course: to people with an account, until the first step is done.
func (p Course) asksBefore() bool {
	c, _ := check.Of(p.Place.Course)
	return c != nil && p.Person != nil && p.Place.Progress.Done == 0
}

// asksAfter says whether to offer the check after the course.
func (p Finish) asksAfter() bool {
	c, _ := check.Of(p.Place.Course)
	return c != nil && p.Person != nil
}
