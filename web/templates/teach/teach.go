// Package teach is the pages of those who lead cohorts: the list, the form, one cohort, its people.
package teach

import (
	"strconv"
	"time"

	"greenroom/internal/course"
	"greenroom/internal/delivery"
	"greenroom/internal/locale"
	"greenroom/internal/markdown"
	"greenroom/web/templates/layout"
	"greenroom/web/templates/ui"
)

// List is /teach.
type List struct {
	layout.Page
	Rows  []delivery.Row
	Title func(courseKey string) string
	Now   time.Time
	Show  string // mine, all or over: which list this is
	All   bool   // the reader may see every cohort
	Make  bool   // and make new ones
	Nav   ui.PageNav
}

// Form is what somebody typed into a form, with what is wrong with it.
type Form struct {
	ID     string // made with the page: sending it twice does it once
	By     map[string]string
	Errors []ui.FieldError
	Value  map[string]string
}

// V is the value of a field; E is its error.
func (f Form) V(name string) string { return f.Value[name] }

// E is the error of a field, "" when there is none.
func (f Form) E(name string) string { return f.By[name] }

// Edit is the form of a new cohort or of one that is there.
type Edit struct {
	layout.Page
	Form
	Cohort  *delivery.Delivery // nil: a new one
	Courses []ui.Option        // to choose from, for a new one
	Course  *course.Revision   // whose weeks the form shows; nil until one is chosen
	Zones   []ui.Option
	Plan    delivery.Plan // the dates as they stand, none for a new one
}

func (p Edit) action() string {
	if p.Cohort == nil {
		return "/teach/cohorts"
	}
	return Path(p.Cohort) + "/edit"
}

// Path is the address of a cohort's pages.
func Path(d *delivery.Delivery) string { return "/teach/cohorts/" + d.ID }

func (p Edit) field(name, kind string) ui.FieldData {
	return ui.FieldData{ID: "f-" + name, Name: name, Type: kind, Value: p.V(name), Error: p.E(name), Label: p.L.T("teach.f." + name)}
}

func (p Edit) hinted(name, kind string) ui.FieldData {
	f := p.field(name, kind)
	f.Hint = p.L.T("teach.f." + name + "_hint")
	return f
}

// choices are the radio buttons of a policy.
func (p Edit) choices(name string, values []string) []ui.CheckData {
	out := make([]ui.CheckData, len(values))
	for i, v := range values {
		out[i] = ui.CheckData{
			ID: "f-" + name + "-" + v, Name: name, Value: v, Type: "radio", Checked: p.V(name) == v,
			Label: p.L.T("teach." + name + "." + v), Hint: p.L.T("teach." + name + "." + v + "_hint"),
		}
	}
	if len(out) > 0 {
		out[0].ID = "f-" + name // where the error summary leads
	}
	return out
}

// opens says when a module opens as the dates stand.
func (p Edit) opens(key string) string {
	m, ok := p.Plan.Module(key)
	if !ok {
		return ""
	}
	return p.L.DateTime(m.Opens.In(p.Plan.Zone))
}

// Overview is one cohort.
type Overview struct {
	layout.Page
	Form   // of an announcement, or of calling it off
	Seen   *delivery.Seen
	Course *course.Revision
	Led    []string
	News   []delivery.Announcement
	Now    time.Time
	Zone   *time.Location // the reader's
	Local  func(time.Time) time.Time
}

func (p Overview) d() *delivery.Delivery { return &p.Seen.Delivery }

func (p Overview) path() string { return Path(p.d()) }

func (p Overview) live() bool { return p.d().Status == delivery.Draft || p.d().Status == delivery.Open }

// week is one line of the dates.
type week struct {
	delivery.PlanModule
	Module *course.Module
	State  string
}

func (p Overview) weeks() []week {
	plan := p.d().Dates(p.Course, nil)
	current, _ := plan.Current(p.Now)
	out := make([]week, len(plan.Modules))
	for i, m := range plan.Modules {
		out[i] = week{PlanModule: m, Module: p.Course.Modules[i], State: "open"}
		switch {
		case p.Now.Before(m.Opens):
			out[i].State = "next"
		case m.Opens.Equal(current.Opens) && p.d().Status == delivery.Open:
			out[i].State = "now"
		}
	}
	return out
}

func (p Overview) when(t time.Time) string { return ui.When(p.L, t, p.d().Location(), p.Zone) }

func (p Overview) seats() string {
	if p.d().Capacity == 0 {
		return strconv.Itoa(p.Seen.Taken)
	}
	return p.L.T("teach.of", "N", p.Seen.Taken, "All", p.d().Capacity)
}

func body(a delivery.Announcement) markdown.HTML { return markdown.User(a.Body) }

// Copy is the form of a copy.
type Copy struct {
	layout.Page
	Form
	Cohort *delivery.Delivery
}

// People is the people of a cohort.
type People struct {
	layout.Page
	Form
	Cohort  *delivery.Delivery
	Members []delivery.Member
	Total   int
	Text    string // searched for
	Status  string // "" or one of the states
	Chosen  map[string]bool
	Nav     ui.PageNav
	Local   func(time.Time) time.Time
	Begun   bool
}

func (p People) statuses() []ui.Option {
	out := []ui.Option{{Value: "", Text: p.L.T("teach.status.here"), Selected: p.Status == ""}}
	for _, s := range []string{delivery.Active, delivery.Waiting, delivery.Withdrawn} {
		out = append(out, ui.Option{Value: s, Text: p.L.T("teach.status." + s), Selected: p.Status == s})
	}
	return out
}

func statusKind(s string) string {
	switch s {
	case delivery.Active:
		return "ok"
	case delivery.Waiting:
		return ""
	}
	return "quiet"
}

// own says in words how a person's dates differ from the cohort's, "" when they do not.
func own(l *locale.Printer, m delivery.Member) string {
	s := ""
	add := func(t string) {
		if s != "" {
			s += ", "
		}
		s += t
	}
	if m.ShiftWeeks > 0 {
		add(l.T("teach.own_shift", "Count", m.ShiftWeeks))
	}
	if n := m.ExtendedDays + m.AllowedDays; n > 0 {
		add(l.T("teach.own_extended", "Count", n))
	}
	days := 0
	for _, p := range m.Pauses {
		days += p.Days
	}
	if days > 0 {
		add(l.T("teach.own_paused", "Count", days))
	}
	return s
}

func listCrumbs(p layout.Page, last string) []ui.Link {
	return []ui.Link{{Text: p.L.T("teach.title"), Href: "/teach"}, {Text: last}}
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

// weekNow is the week that the cohort is in, "–" before it begins.
func (p Overview) weekNow() string {
	all := 0
	for _, w := range p.weeks() {
		all = max(all, w.Week)
	}
	m, ok := p.d().Dates(p.Course, nil).Current(p.Now)
	if !ok {
		return "–"
	}
	return p.L.T("teach.of", "N", m.Week, "All", all)
}

// act is one of the things to do with chosen people.
func (p People) act(what string) ui.CheckData {
	c := ui.CheckData{
		ID: "f-act-" + what, Name: "act", Value: what, Type: "radio", Checked: p.V("act") == what,
		Label: p.L.T("teach.act." + what), Hint: p.L.T("teach.act." + what + "_hint"),
	}
	if what == "extend" {
		c.ID = "f-act" // where the error summary leads
	}
	return c
}

func required(f ui.FieldData, most int) ui.FieldData {
	f.Required, f.MaxLength = true, most
	return f
}

func long(f ui.FieldData) ui.FieldData {
	f.Rows, f.Optional = 5, true
	return f
}

func number(f ui.FieldData) ui.FieldData {
	f.InputMode, f.Optional, f.MaxLength = "numeric", true, 5
	return f
}

func breaks(p Edit) ui.FieldData {
	f := p.hinted("breaks", "")
	f.Rows, f.Optional = 3, true
	return f
}

func zoneField(p Edit) ui.FieldData {
	f := p.hinted("zone", "")
	f.Options = p.Zones
	return f
}

// ownDates says whether a module has a week or a day of its own, so that the table is shown.
func (p Edit) ownDates() bool {
	if p.Course == nil {
		return false
	}
	for _, m := range p.Course.Modules {
		for _, what := range []string{"week-", "on-", "due-"} {
			if p.V(what+m.Key) != "" || p.E(what+m.Key) != "" {
				return true
			}
		}
	}
	return false
}

func (p List) tabs() []ui.Tab {
	tab := func(key, href string) ui.Tab {
		return ui.Tab{Text: p.L.T("teach.show_" + key), Href: href, Current: p.Show == key}
	}
	out := []ui.Tab{tab("mine", "/teach")}
	if p.All {
		out = append(out, tab("all", "/teach?show=all"))
	}
	return append(out, tab("over", "/teach?show=over"))
}
