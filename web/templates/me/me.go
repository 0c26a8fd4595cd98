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
	Continue *Item           // the course they were in last, nil when nothing is under way
	Active   []Item          // under way, the one to continue too
	Paused   []Item
	Done     []Item
	Left     []Item
}

// Empty says that there is nothing to show.
func (p Dashboard) Empty() bool {
	return len(p.Active)+len(p.Paused)+len(p.Done)+len(p.Left) == 0
}

// Progress is /me/courses/:course.
type Progress struct {
	layout.Page
	Item Item
}

// Transcript is /me/transcript.
type Transcript struct {
	layout.Page
	Name  string
	Day   time.Time // of printing
	Items []Item
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
