package delivery

import (
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"greenroom/internal/course"
	"greenroom/internal/fault"
)

// Limits of a cohort's form.
const (
	MaxTitle    = 120    // characters
	MaxAbout    = 10_000 // characters
	MaxCapacity = 10_000
	MaxDueDays  = 60
)

// LatePolicies and JoinPolicies are the choices, in the order of the form.
var (
	LatePolicies = []string{LateOpen, LateShifted, LateClosed}
	JoinPolicies = []string{JoinOpen, JoinInvitation, JoinClosed}
)

// tidy takes off what does not count: white space, modules that the course does not have, breaks named twice.
func (t Terms) tidy(rev *course.Revision) Terms {
	t.Title, t.About = strings.TrimSpace(t.Title), strings.TrimSpace(t.About)
	t.Schedule.Modules = slices.DeleteFunc(slices.Clone(t.Schedule.Modules), func(s Slot) bool {
		return !slices.ContainsFunc(rev.Modules, func(m *course.Module) bool { return m.Key == s.Module }) || s == Slot{Module: s.Module}
	})
	t.Schedule.Breaks = slices.Clone(t.Schedule.Breaks)
	slices.Sort(t.Schedule.Breaks)
	t.Schedule.Breaks = slices.Compact(t.Schedule.Breaks)
	return t
}

// check says what is wrong, by the fields title, about, starts_on, zone, release_at, late_policy, join_policy,
// capacity, due_days, breaks, and week-, on- and due- with the module's key.
func (t Terms) check() error {
	var f fault.Fields
	switch n := utf8.RuneCountInString(t.Title); {
	case n == 0:
		f.Add("title", "delivery.title_missing")
	case n > MaxTitle:
		f.Add("title", "delivery.title_long", "N", MaxTitle)
	}
	if utf8.RuneCountInString(t.About) > MaxAbout {
		f.Add("about", "delivery.about_long", "N", MaxAbout)
	}
	if !t.StartsOn.Valid() {
		f.Add("starts_on", "delivery.date_wrong")
	}
	if _, err := Zone(t.Zone); err != nil {
		f.Add("zone", "delivery.zone_wrong")
	}
	if _, ok := t.ReleaseAt.Minutes(); !ok {
		f.Add("release_at", "delivery.clock_wrong")
	}
	if !slices.Contains(LatePolicies, t.LatePolicy) {
		f.Add("late_policy", "delivery.choose")
	}
	if !slices.Contains(JoinPolicies, t.JoinPolicy) {
		f.Add("join_policy", "delivery.choose")
	}
	if t.Capacity < 0 || t.Capacity > MaxCapacity {
		f.Add("capacity", "delivery.capacity_wrong", "N", MaxCapacity)
	}
	t.Schedule.check(&f, t.StartsOn)
	return f.Err()
}

func (s Schedule) check(f *fault.Fields, start Date) {
	if s.DueDays < 0 || s.DueDays > MaxDueDays {
		f.Add("due_days", "delivery.due_days_wrong", "N", MaxDueDays)
	}
	for _, b := range s.Breaks {
		if !b.Valid() {
			f.Add("breaks", "delivery.breaks_wrong", "Date", string(b))
		}
	}
	if len(s.Breaks) > MaxWeeks {
		f.Add("breaks", "delivery.breaks_many", "N", MaxWeeks)
	}
	for _, m := range s.Modules {
		switch {
		case m.On != "" && !m.On.Valid():
			f.Add("on-"+m.Module, "delivery.date_wrong")
			continue
		case m.On != "" && start.Valid() && m.On < start:
			f.Add("on-"+m.Module, "delivery.date_before_start")
		case m.On == "" && (m.Week < 0 || m.Week > MaxWeeks):
			f.Add("week-"+m.Module, "delivery.week_wrong", "N", MaxWeeks)
		}
		switch {
		case m.Due != "" && !m.Due.Valid():
			f.Add("due-"+m.Module, "delivery.date_wrong")
		case m.Due != "" && m.On != "" && m.Due < m.On, m.Due != "" && start.Valid() && m.Due < start:
			f.Add("due-"+m.Module, "delivery.due_before_open")
		}
	}
}

// keepsOpen refuses terms that would close what has opened to the cohort. Who works on a week keeps it.
func keepsOpen(was, next *Delivery, rev *course.Revision, now time.Time) error {
	a, b := was.Dates(rev, nil), next.Dates(rev, nil)
	var f fault.Fields
	for i, m := range a.Modules {
		if now.Before(m.Opens) || !now.Before(b.Modules[i].Opens) {
			continue
		}
		f.Add("starts_on", "delivery.open_already", "Module", rev.Modules[i].Title)
		break
	}
	return f.Err()
}

// shifted are the terms of a copy that begins on another day: everything that has a date keeps its distance.
func (t Terms) shifted(start Date) Terms {
	days := start.Since(t.StartsOn)
	move := func(d Date) Date {
		if d == "" {
			return ""
		}
		return d.Add(days)
	}
	t.StartsOn = start
	t.Schedule.Modules = slices.Clone(t.Schedule.Modules)
	for i := range t.Schedule.Modules {
		m := &t.Schedule.Modules[i]
		m.On, m.Due = move(m.On), move(m.Due)
	}
	t.Schedule.Breaks = slices.Clone(t.Schedule.Breaks)
	for i, b := range t.Schedule.Breaks {
		t.Schedule.Breaks[i] = move(b)
	}
	return t
}

// sameDates says whether two cohorts open and end at the same instants.
func sameDates(a, b *Delivery, rev *course.Revision) bool {
	x, y := a.Dates(rev, nil), b.Dates(rev, nil)
	return a.Zone == b.Zone && slices.Equal(x.Modules, y.Modules)
}
