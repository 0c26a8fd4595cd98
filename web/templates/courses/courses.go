// Package courses is the catalogue and the pages of a course: what it is, its closing page, and what a newer
// revision changed.
package courses

import (
	"net/url"
	"strconv"

	"greenroom/internal/course"
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
	Place play.Place
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
