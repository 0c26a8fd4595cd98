// Package cohort is what learners see of cohorts: the page with its dates, the offers on a course's page, what is new
// in theirs on the dashboard, and their calendar.
package cohort

import (
	"time"

	"greenroom/internal/course"
	"greenroom/internal/delivery"
	"greenroom/internal/locale"
	"greenroom/internal/markdown"
	"greenroom/internal/play"
	"greenroom/internal/record"
	"greenroom/web/templates/layout"
	"greenroom/web/templates/ui"
)

// Page is the page of one cohort as one person has it.
type Page struct {
	layout.Page
	Course   *course.Revision
	Seen     *delivery.Seen
	Progress record.View
	Led      []string // names
	Leads    bool     // the reader leads it
	News     []News
	Unread   int // posts in its discussion that the reader has not seen
	Now      time.Time
	Zone     *time.Location // the reader's, nil when it is not known
	NoJoin   string         // why nobody can join by themselves now, "" when they can
}

// News is one announcement, rendered.
type News struct {
	ID, Title, Author, Cohort string
	Href                      string // the cohort's page, where it is shown elsewhere
	At                        time.Time
	Body                      markdown.HTML
}

func (p Page) d() *delivery.Delivery { return &p.Seen.Delivery }

func (p Page) path() string { return Path(p.d()) }

// Path is the address of a cohort's page.
func Path(d *delivery.Delivery) string { return "/courses/" + d.CourseKey + "/cohorts/" + d.ID }

// seated says whether the reader has a seat.
func (p Page) seated() bool {
	s := p.Seen.Enrolment.Status
	return s == delivery.Active || s == delivery.Paused
}

func (p Page) waiting() bool { return p.Seen.Enrolment.Status == delivery.Waiting }

// full says whether somebody new would have to wait.
func (p Page) full() bool {
	return p.d().Capacity > 0 && (p.Seen.Taken >= p.d().Capacity || p.Seen.Queue > 0)
}

// week is one module with its dates and what the reader has done of it.
type week struct {
	delivery.PlanModule
	Module *course.Module
	View   record.ModuleView
	State  string // next, now, open or done
}

// weeks are the modules in the order in which they open for the reader, or for the cohort.
func (p Page) weeks() []week {
	plan := p.d().Dates(p.Course, p.enrolment())
	if p.d().Status == delivery.Closed {
		plan = p.d().Dates(p.Course, nil)
	}
	current, _ := plan.Current(p.Now)
	out := make([]week, len(plan.Modules))
	for i, m := range plan.Modules {
		w := week{PlanModule: m, Module: p.Course.Modules[i], View: p.Progress.Module(i)}
		switch {
		case p.d().State(p.Now) == delivery.Closed:
			w.State = "open"
		case p.Now.Before(m.Opens):
			w.State = "next"
		case w.View.Total > 0 && w.View.Done == w.View.Total:
			w.State = "done"
		case m.Opens.Equal(current.Opens):
			w.State = "now"
		default:
			w.State = "open"
		}
		out[i] = w
	}
	return out
}

// enrolment is the reader's, nil unless they have a seat.
func (p Page) enrolment() *delivery.Enrolment {
	if p.seated() {
		return &p.Seen.Enrolment
	}
	return nil
}

// moved says that the reader's dates are not the cohort's.
func (p Page) moved() bool {
	e := p.enrolment()
	return e != nil && (e.ShiftWeeks > 0 || e.ExtendedDays > 0 || e.AllowedDays > 0 || len(e.Pauses) > 0)
}

func (p Page) when(t time.Time) string { return ui.When(p.L, t, p.d().Location(), p.Zone) }

// due is the last day for a module: a day of the cohort.
func (p Page) due(t time.Time) string { return p.L.Day(t.In(p.d().Location())) }

// first is where a week begins: its first step that is not done.
func (w week) first(r *course.Revision, v record.View) string {
	for _, a := range w.Module.Activities {
		if !v.IsDone(a.Key) {
			return play.Path(r, a)
		}
	}
	if len(w.Module.Activities) > 0 {
		return play.Path(r, w.Module.Activities[0])
	}
	return ""
}

// Offer is one cohort on the page of its course.
type Offer struct {
	delivery.Row
	Begins time.Time
	Weeks  int
	Week   int // of a running one, 0 before
}

// Offers are the cohorts of a course.
type Offers struct {
	L      *locale.Printer
	Now    time.Time
	Zone   *time.Location
	Open   []Offer
	Mine   []delivery.Mine
	Course *course.Revision
}

// Any says whether there is anything to show.
func (o Offers) Any() bool { return len(o.Open)+len(o.Mine) > 0 }

// OfferOf computes what the page says of a cohort.
func OfferOf(r delivery.Row, rev *course.Revision, now time.Time) Offer {
	o := Offer{Row: r}
	plan := r.Dates(rev, nil)
	for _, m := range plan.Modules {
		o.Weeks = max(o.Weeks, m.Week)
		if o.Begins.IsZero() || m.Opens.Before(o.Begins) {
			o.Begins = m.Opens
		}
	}
	if m, ok := plan.Current(now); ok {
		o.Week = m.Week
	}
	return o
}

func (o Offer) seats(l *locale.Printer) string {
	switch free := o.Free(); {
	case free < 0:
		return l.T("cohort.seats_any")
	case free == 0 || o.Queue > 0:
		return l.T("cohort.seats_none", "Count", o.Queue)
	default:
		return l.T("cohort.seats", "Count", free, "All", o.Capacity)
	}
}

// standing says in a few words how the reader stands in a cohort of theirs.
func standing(l *locale.Printer, m delivery.Mine) string {
	switch {
	case m.Delivery.Status == delivery.Cancelled:
		return l.T("cohort.is_cancelled")
	case m.Enrolment.Status == delivery.Waiting:
		return l.T("cohort.is_waiting", "Place", m.Ahead+1)
	case m.Delivery.Status == delivery.Closed:
		return l.T("cohort.is_over")
	}
	return l.T("cohort.is_in")
}

func standingKind(m delivery.Mine) string {
	switch {
	case m.Delivery.Status == delivery.Cancelled:
		return "caution"
	case m.Enrolment.Status == delivery.Waiting:
		return ""
	case m.Delivery.Status == delivery.Closed:
		return "quiet"
	}
	return "ok"
}

// Mine is what is new in a person's cohorts, for the dashboard.
type Mine struct {
	Talk    []Talk // discussions of cohorts that go on
	Told    int    // of what they were told and have not read
	L       *locale.Printer
	News    []News
	Waiting []delivery.Mine
	Coming  []delivery.Mine // with a seat, and not begun
	Off     []delivery.Mine // called off in the last weeks
	Courses map[string]*course.Revision
	Zone    *time.Location
}

// Any says whether there is anything to show.
func (m Mine) Any() bool { return len(m.News)+len(m.Waiting)+len(m.Coming)+len(m.Off)+len(m.Talk) > 0 }

func (m Mine) course(key string) string {
	if r := m.Courses[key]; r != nil {
		return r.Title
	}
	return key
}

// Calendar is /me/calendar.
type Calendar struct {
	layout.Page
	Since time.Time // when the address was made, in the reader's zone; zero: there is none
}

func crumbs(p Page) []ui.Link {
	return []ui.Link{
		{Text: p.L.T("courses.title"), Href: "/courses"}, {Text: p.Course.Title, Href: "/courses/" + p.Course.Key}, {Text: p.d().Title},
	}
}

func state(d *delivery.Delivery, now time.Time) (kind, key string) {
	switch s := d.State(now); s {
	case delivery.Running:
		return "live", "cohort.state.running"
	case delivery.Open:
		return "ok", "cohort.state.open"
	case delivery.Cancelled:
		return "caution", "cohort.state.cancelled"
	case delivery.Closed:
		return "quiet", "cohort.state.closed"
	}
	return "quiet", "cohort.state.draft"
}

// StateTag is how a cohort stands: the kind of tag and the message.
func StateTag(d *delivery.Delivery, now time.Time) (kind, key string) { return state(d, now) }

// Talk is the discussion of a cohort.
type Talk struct {
	Title, Href string
	Unread      int
}
