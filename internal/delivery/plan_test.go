package delivery_test

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"greenroom/internal/course"
	"greenroom/internal/delivery"
)

// modules is a course of n modules named m1, m2 …
func modules(n int) *course.Revision {
	r := &course.Revision{Key: "posts", Hash: "r1"}
	for i := range n {
		r.Modules = append(r.Modules, &course.Module{Key: "m" + strconv.Itoa(i+1), Number: i + 1, Title: "Module " + strconv.Itoa(i+1)})
	}
	return r
}

func sydney(t testing.TB, text string) time.Time {
	t.Helper()
	loc, err := delivery.Zone("Australia/Sydney")
	ok(t, err)
	at, err := time.ParseInLocation("2006-01-02 15:04", text, loc)
	ok(t, err)
	return at.UTC()
}

// opens and dues are the plan's dates in Sydney, as text.
func opens(p delivery.Plan) string {
	return each(p, func(m delivery.PlanModule) time.Time { return m.Opens })
}
func dues(p delivery.Plan) string {
	return each(p, func(m delivery.PlanModule) time.Time { return m.Due })
}

func each(p delivery.Plan, of func(delivery.PlanModule) time.Time) string {
	var out []string
	for _, m := range p.Modules {
		out = append(out, of(m).In(p.Zone).Format("01-02 15:04"))
	}
	return strings.Join(out, " | ")
}

// A cohort over both of Sydney's changes: each week opens at 9:00 on the clock, an hour of the world apart.
func TestWeeksKeepTheClock(t *testing.T) {
	t.Parallel()
	for start, want := range map[delivery.Date][2]string{
		"2026-09-28": {"09-28 09:00 | 10-05 09:00 | 10-12 09:00", "168h → 167h"},
		"2027-03-29": {"03-29 09:00 | 04-05 09:00 | 04-12 09:00", "168h → 169h"},
	} {
		d := &delivery.Delivery{Kind: delivery.Cohort, Status: delivery.Open, Terms: terms()}
		d.StartsOn = start
		p := d.Plan(modules(3), nil)
		if got := opens(p); got != want[0] {
			t.Errorf("from %s: %s", start, got)
		}
		first, second := p.Modules[1].Opens.Sub(p.Modules[0].Opens), p.Modules[2].Opens.Sub(p.Modules[1].Opens)
		if first == second || first+second != map[delivery.Date]time.Duration{"2026-09-28": 335 * time.Hour, "2027-03-29": 337 * time.Hour}[start] {
			t.Errorf("from %s: weeks of %s and %s", start, first, second)
		}
		if got := p.Modules[0].Due.In(p.Zone).Format("Mon 15:04"); got != "Sun 23:59" {
			t.Errorf("due %s", got)
		}
	}
}

func TestScheduleOfBreaksAndOwnDays(t *testing.T) {
	t.Parallel()
	d := &delivery.Delivery{Kind: delivery.Cohort, Status: delivery.Open, Terms: terms()}
	d.Schedule = delivery.Schedule{
		Breaks: []delivery.Date{"2026-12-25", "2026-12-30"}, // the weeks of 21 and 28 December
		Modules: []delivery.Slot{
			{Module: "m2", Week: 1},                             // together with the first
			{Module: "m4", On: "2027-01-13", Due: "2027-02-28"}, // a day of its own
			{Module: "m5", Week: 4}, {Module: "gone", Week: 2},  // a module that the course does not have any more
		},
	}
	p := d.Plan(modules(6), nil)
	// m1 and m2: 7 Dec; m3: the week after (14 Dec); m4: 13 Jan; m5: week 4, after two weeks' break; m6: week 5.
	if got, want := opens(p), "12-07 09:00 | 12-07 09:00 | 12-14 09:00 | 01-13 09:00 | 01-11 09:00 | 01-18 09:00"; got != want {
		t.Errorf("opens\n%s, want\n%s", got, want)
	}
	if got, want := dues(p), "12-13 23:59 | 12-13 23:59 | 12-20 23:59 | 02-28 23:59 | 01-17 23:59 | 01-24 23:59"; got != want {
		t.Errorf("due\n%s, want\n%s", got, want)
	}
	now := sydney(t, "2026-12-29 12:00") // in the break
	if m, is := p.Current(now); !is || m.Key != "m3" {
		t.Errorf("in the break it is %q", m.Key)
	}
	if m, is := p.Next(now); !is || m.Key != "m5" {
		t.Errorf("next is %q", m.Key)
	}
	if p.Open("m5", now) || !p.Open("m2", now) || !p.Open("not in the plan", now) {
		t.Error("what is open")
	}
	for _, status := range []string{delivery.Closed, delivery.Cancelled} {
		d.Status = status
		if d.Plan(modules(3), nil).Dated() {
			t.Errorf("%s: still dates", status)
		}
	}
}

// What a person's own dates are made of: late joining, extensions, pauses.
func TestOneOnesDates(t *testing.T) {
	t.Parallel()
	d := &delivery.Delivery{Kind: delivery.Cohort, Status: delivery.Open, Terms: terms()}
	at := func(s string) *time.Time { x := sydney(t, s); return &x }
	for what, c := range map[string]struct {
		e           delivery.Enrolment
		opens, dues string
	}{
		"in time": {
			delivery.Enrolment{JoinedAt: at("2026-12-01 10:00")},
			"12-07 09:00 | 12-14 09:00 | 12-21 09:00", "12-13 23:59 | 12-20 23:59 | 12-27 23:59",
		},
		"late, all open: nothing is due before they had a week": {
			delivery.Enrolment{JoinedAt: at("2026-12-16 10:00")},
			"12-07 09:00 | 12-14 09:00 | 12-21 09:00", "12-22 23:59 | 12-22 23:59 | 12-27 23:59",
		},
		"late, shifted by a week": {
			delivery.Enrolment{JoinedAt: at("2026-12-16 10:00"), ShiftWeeks: 1},
			"12-14 09:00 | 12-21 09:00 | 12-28 09:00", "12-22 23:59 | 12-27 23:59 | 01-03 23:59",
		},
		"extended": {
			delivery.Enrolment{JoinedAt: at("2026-12-01 10:00"), ExtendedDays: 3},
			"12-07 09:00 | 12-14 09:00 | 12-21 09:00", "12-16 23:59 | 12-23 23:59 | 12-30 23:59",
		},
		"paused in week 2: what is open stays open and is due later": {
			delivery.Enrolment{JoinedAt: at("2026-12-01 10:00"), Pauses: delivery.Pauses{{From: *at("2026-12-15 10:00"), Days: 10}}},
			"12-07 09:00 | 12-14 09:00 | 12-31 09:00", "12-13 23:59 | 12-30 23:59 | 01-06 23:59",
		},
		"paused twice, the second time while the first moved a date": {
			delivery.Enrolment{JoinedAt: at("2026-12-01 10:00"), Pauses: delivery.Pauses{{From: *at("2026-12-15 10:00"), Days: 10}, {From: *at("2026-12-24 10:00"), Days: 1}}},
			"12-07 09:00 | 12-14 09:00 | 01-01 09:00", "12-13 23:59 | 12-31 23:59 | 01-07 23:59",
		},
		"paused an hour before a release": {
			delivery.Enrolment{JoinedAt: at("2026-12-01 10:00"), Pauses: delivery.Pauses{{From: *at("2026-12-14 08:00"), Days: 7}}},
			"12-07 09:00 | 12-21 09:00 | 12-28 09:00", "12-13 23:59 | 12-27 23:59 | 01-03 23:59",
		},
		"paused at the very moment of a release: it has opened": {
			delivery.Enrolment{JoinedAt: at("2026-12-01 10:00"), Pauses: delivery.Pauses{{From: *at("2026-12-14 09:00"), Days: 7}}},
			"12-07 09:00 | 12-14 09:00 | 12-28 09:00", "12-13 23:59 | 12-27 23:59 | 01-03 23:59",
		},
	} {
		p := d.Plan(modules(3), &c.e)
		if opens(p) != c.opens || dues(p) != c.dues {
			t.Errorf("%s:\nopens %s, want %s\ndue   %s, want %s", what, opens(p), c.opens, dues(p), c.dues)
		}
	}
}
