// Package me is a person's own learning: the dashboard, the progress page of a course, the transcript.
package me

import (
	"time"

	"github.com/a-h/templ"

	"greenroom/internal/course"
	"greenroom/internal/delivery"
	"greenroom/internal/locale"
	"greenroom/internal/play"
	"greenroom/internal/record"
	"greenroom/web/templates/layout"
	"greenroom/web/templates/ui"
)

// Item is one course a person has enrolled in. All numbers come from View.
type Item struct {
	Course      *course.Revision
	Enrolment   *delivery.Enrolment
	View        record.View
	Next        *course.Activity // the step to go on with; nil when there is none
	Certificate string           // address of the certificate, "" when there is none
	Enrolled    time.Time        // this and the others in the reader's zone
	Seen        time.Time
	Completed   time.Time // zero while not completed
	Steps       []Step
	Cohort      *delivery.Delivery // in which it is taken, nil for none
	Plan        delivery.Plan      // the person's dates in it
	Now         time.Time
	Zone        *time.Location // the reader's, nil when it is not known
}

// Step is one step of the course with the day it was done.
type Step struct {
	Activity *course.Activity
	DoneAt   time.Time // zero when it is not done
}

// Dashboard is /me.
type Dashboard struct {
	layout.Page
	Name     string          // what to call the person, "" for guests
	Nobody   bool            // nobody is known yet
	First    templ.Component // something to do first, nil for nothing
	Cohorts  templ.Component // what is new in the person's cohorts, nil for nothing
	Continue *Item           // the course they were in last, nil when nothing is under way
	Active   []Item          // under way, the one to continue too
	Paused   []Item
	Done     []Item
	Left     []Item
}

// Empty says that there is nothing to show.
func (p Dashboard) Empty() bool {
	return p.Cohorts == nil && len(p.Active)+len(p.Paused)+len(p.Done)+len(p.Left) == 0
}

// Progress is /me/courses/:course.
type Progress struct {
	layout.Page
	Item Item
}

// Transcript is /me/transcript.
type Transcript struct {
	layout.Page
	Name         string
	Day          time.Time // of printing
	Courses      []PaperCourse
	Certificates []PaperCertificate
}

// PaperCourse is a course in a transcript. Times are in the reader's zone.
type PaperCourse struct {
	Title                string
	Enrolled, Completed  time.Time // Completed is zero while it is not
	Percent, Done, Steps int
	Rows                 []PaperStep
}

// PaperStep is one step of it.
type PaperStep struct {
	Title, Kind string
	Minutes     int
	DoneAt      time.Time // zero when it is not done
	Decided     string    // the kind of decision by which it counts; "" by doing
	Reason      string    // of that decision
	Score, Of   int       // the best result, or marks; Of is 0 where there is none
	Feedback    string    // that came with marks
}

// PaperCertificate is a certificate in a transcript.
type PaperCertificate struct {
	Title, Code, On string
	Valid           bool
}

// Day is On as a time.
func (k PaperCertificate) Day() time.Time {
	t, _ := time.Parse(time.DateOnly, k.On) // we wrote it
	return t
}

func (it Item) path() string { return "/courses/" + it.Course.Key }

func (it Item) nextPath() string {
	if it.Next == nil {
		return it.path()
	}
	return play.Path(it.Course, it.Next)
}

func (it Item) module(i int) record.ModuleView { return it.View.Modules[i] }

// missing are the steps that stand between the learner and the certificate.
func (it Item) missing() []*course.Activity {
	var out []*course.Activity
	for _, s := range it.Steps {
		if s.DoneAt.IsZero() {
			out = append(out, s.Activity)
		}
	}
	return out
}

// steps are those of one module.
func (it Item) steps(m *course.Module) []Step {
	var out []Step
	for _, s := range it.Steps {
		if s.Activity.Module == m {
			out = append(out, s)
		}
	}
	return out
}

func (it Item) active() bool { return it.Enrolment.Status == delivery.Active }

// week says where the cohort is: "Week 3", with what opens next once everything open is done; "" outside cohorts.
func (it Item) week(l *locale.Printer) string {
	if m, ok := it.Plan.Current(it.Now); ok {
		return l.T("me.week", "Week", m.Week, "Title", it.Cohort.Title)
	}
	if it.Cohort != nil {
		return it.Cohort.Title
	}
	return ""
}

// upcoming says what opens next in the cohort, "" when nothing does.
func (it Item) upcoming(l *locale.Printer) string {
	m, ok := it.Plan.Next(it.Now)
	if !ok {
		return ""
	}
	return l.T("courses.upcoming", "Week", m.Week, "When", ui.When(l, m.Opens, it.Plan.Zone, it.Zone))
}

// moduleWeek says which week a module is, and when it opens or is best done by.
func (it Item) moduleWeek(l *locale.Printer, key string) string {
	m, ok := it.Plan.Module(key)
	if !ok {
		return ""
	}
	if it.Now.Before(m.Opens) {
		return l.T("player.week_opens", "Week", m.Week, "Day", l.Day(m.Opens.In(it.Plan.Zone)))
	}
	return l.T("me.week_due", "Week", m.Week, "Day", l.Day(m.Due.In(it.Plan.Zone)))
}

func (it Item) cohortPath() string { return it.path() + "/cohorts/" + it.Cohort.ID }

func state(s Step) string {
	if s.DoneAt.IsZero() {
		return "todo"
	}
	return "done"
}

// left says how much time the rest takes, or that nothing is left.
func left(l *locale.Printer, minutes int) string {
	if minutes == 0 {
		return l.T("me.nothing_left")
	}
	return l.Minutes(minutes)
}

func moduleState(l *locale.Printer, m record.ModuleView) (kind, text string) {
	switch {
	case m.Total == 0:
		return "quiet", l.T("player.in_preparation")
	case m.Done == m.Total:
		return "ok", l.T("me.module_done")
	case m.Done > 0:
		return "", l.T("me.module_begun")
	}
	return "quiet", l.T("me.module_todo")
}

func tagKind(l *locale.Printer, m record.ModuleView) string { k, _ := moduleState(l, m); return k }

func tagText(l *locale.Printer, m record.ModuleView) string { _, t := moduleState(l, m); return t }

func crumbs(p layout.Page, last string) []ui.Link {
	return []ui.Link{{Text: p.L.T("me.title"), Href: "/me"}, {Text: last}}
}
