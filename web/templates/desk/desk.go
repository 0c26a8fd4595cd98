// Package desk is what those who lead a cohort see of its people: the table of learners and modules, one learner, and
// letters to some of them.
package desk

import (
	"net/url"
	"strconv"
	"time"

	"greenroom/internal/course"
	"greenroom/internal/delivery"
	rules "greenroom/internal/desk"
	"greenroom/internal/forum"
	"greenroom/internal/locale"
	"greenroom/internal/record"
	"greenroom/internal/roster"
	"greenroom/web/templates/layout"
	"greenroom/web/templates/ui"
)

func path(d *delivery.Delivery) string { return "/teach/cohorts/" + d.ID }

// Table is /teach/cohorts/:cohort/progress.
type Table struct {
	layout.Page
	*rules.Table
	Filter rules.Filter
	Nav    ui.PageNav
	Local  func(time.Time) time.Time
}

// Query is the filter as part of an address.
func Query(f rules.Filter, page int) string {
	q := url.Values{}
	if f.Show != "" {
		q.Set("show", f.Show)
	}
	if f.Text != "" {
		q.Set("q", f.Text)
	}
	if page > 1 {
		q.Set("page", strconv.Itoa(page))
	}
	if len(q) == 0 {
		return ""
	}
	return "?" + q.Encode()
}

func (p Table) shows() []ui.Option {
	out := make([]ui.Option, len(rules.Filters))
	for i, f := range rules.Filters {
		out[i] = ui.Option{Value: f, Text: p.L.T("desk.show." + or(f, "all")), Selected: p.Filter.Show == f}
	}
	return out
}

func or(s, instead string) string {
	if s == "" {
		return instead
	}
	return s
}

// cell is what a row has in a module: the class that colours it, and the text.
func cell(r *rules.Row, m *course.Module) (class, text string) {
	v, has := r.Module(m.Key)
	switch {
	case !has || v.Total == 0:
		return "none", "–"
	case v.Done == v.Total:
		class = "full"
	case v.Done > 0:
		class = "part"
	default:
		class = "zero"
	}
	return class, strconv.Itoa(v.Done) + "/" + strconv.Itoa(v.Total)
}

// Compose is /teach/cohorts/:cohort/message.
type Compose struct {
	layout.Page
	Cohort  *delivery.Delivery
	FormID  string
	Chosen  []string // people
	To      []rules.Addressee
	Left    int // of those chosen, how many cannot be written to
	Subject string
	Body    string
	By      map[string]string
	Errors  []ui.FieldError
	Preview string // the letter as it goes out; "" while it is being written
}

// Mark is what a facilitator gave for the learner's part in a discussion.
type Mark struct {
	Title string
	Grade forum.Grade
	At    time.Time // in the reader's zone
	Href  string    // where it is marked; "" in another cohort
}

// Score is the best result of a quiz.
type Score struct {
	Title    string
	Text     string // "4 of 5, passed"
	Attempts int
	At       time.Time // in the reader's zone
}

// Entry is one line of what was decided about the learner.
type Entry struct {
	At   time.Time // in the reader's zone
	Who  string
	What string
	Why  string
}

// Person is /teach/cohorts/:cohort/people/:person.
type Person struct {
	layout.Page
	*rules.Learner
	Form    string // which form was sent: decide, reverse, move or keep; "" for none
	Value   map[string]string
	Chosen  map[string]bool // steps
	By      map[string]string
	Errors  []ui.FieldError
	Now     time.Time
	Today   string // 2026-12-04, the reader's
	Local   func(time.Time) time.Time
	Scores  []Score
	Marks   []Mark
	History []Entry
	Bypass  *roster.Bypass
	Barrier string // what keeps them out of the course, in words; only with Bypass
}

func (p Person) base() string { return path(p.Cohort) + "/people/" + p.Enrolment.PersonID }

func (p Person) value(form, name string) string {
	if p.Form != form {
		return ""
	}
	return p.Value[name]
}

func (p Person) wrong(form, name string) string {
	if p.Form != form {
		return ""
	}
	return p.By[name]
}

// undecided says whether a step can be decided about.
func (p Person) undecided(a *course.Activity) bool { return !p.View.IsDone(a.Key) }

// open says whether there is anything to decide about.
func (p Person) open() bool { return p.View.Done < p.View.Total }

// standing are the decisions that can be taken back.
func (p Person) standing() []record.Ruling {
	var out []record.Ruling
	for _, r := range p.Rulings {
		if r.ReversedAt == nil {
			out = append(out, r)
		}
	}
	return out
}

func (p Person) title(key string) string {
	if a := p.Course.Activity(key); a != nil {
		return a.Title
	}
	return key
}

// state is a step's in a word, and the tag for it.
func state(l *locale.Printer, v record.View, a *course.Activity) (kind, text string) {
	switch d := v.Decided(a.Key); {
	case d != "":
		return "caution", l.T("desk.kind." + d)
	case v.IsDone(a.Key):
		return "ok", l.T("desk.done")
	}
	return "quiet", l.T("desk.todo")
}

func (p Person) others() []ui.Option {
	out := []ui.Option{{Value: "", Text: p.L.T("desk.choose_cohort")}}
	for _, d := range p.Others {
		out = append(out, ui.Option{
			Value: d.ID, Text: p.L.T("desk.cohort_from", "Title", d.Title, "Date", p.L.Date(d.StartsOn.Midnight())), Selected: p.value("move", "to") == d.ID,
		})
	}
	return out
}
