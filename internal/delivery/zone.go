package delivery

import (
	"fmt"
	"strconv"
	"sync"
	"time"
	_ "time/tzdata" // zones are known wherever the program runs
)

// Date is a day of the calendar without a zone, "2026-12-07". "" is none.
type Date string

// Clock is a time of day without a zone, "09:00". "" is midnight.
type Clock string

const dateForm = "2006-01-02"

// DateOf is the day that t falls on in t's own location.
func DateOf(t time.Time) Date { return Date(t.Format(dateForm)) }

// Valid says whether d is a day between 2000 and 2199.
func (d Date) Valid() bool {
	t, err := time.Parse(dateForm, string(d))
	return err == nil && t.Year() >= 2000 && t.Year() < 2200
}

// Midnight is the day's beginning in UTC: for counting and for printing the day, not an instant of any zone. It is
// the zero time when d is not a day.
func (d Date) Midnight() time.Time {
	t, err := time.Parse(dateForm, string(d))
	if err != nil {
		return time.Time{}
	}
	return t
}

// Add is the day n days later.
func (d Date) Add(n int) Date { return DateOf(d.Midnight().AddDate(0, 0, n)) }

// Since is how many days d is after other; below zero when it is before.
func (d Date) Since(other Date) int {
	return int(d.Midnight().Sub(other.Midnight()) / (24 * time.Hour))
}

// Minutes are the minutes since midnight; ok is false when c is not a time of day.
func (c Clock) Minutes() (n int, ok bool) {
	if c == "" {
		return 0, true
	}
	if len(c) != 5 || c[2] != ':' {
		return 0, false
	}
	h, err1 := strconv.Atoi(string(c[:2]))
	m, err2 := strconv.Atoi(string(c[3:]))
	if err1 != nil || err2 != nil || h < 0 || h > 23 || m < 0 || m > 59 {
		return 0, false
	}
	return h*60 + m, true
}

var zones sync.Map // name to *time.Location: reading one costs a file

// Zone returns the location of an IANA name such as "Australia/Sydney". "" and "Local" are refused: they mean
// something else on every machine.
func Zone(name string) (*time.Location, error) {
	if loc, ok := zones.Load(name); ok {
		return loc.(*time.Location), nil
	}
	if name == "" || name == "Local" {
		return nil, fmt.Errorf("time zone %q: not the name of a zone", name)
	}
	loc, err := time.LoadLocation(name)
	if err != nil {
		return nil, err
	}
	zones.Store(name, loc)
	return loc, nil
}

// At is the instant, in UTC, at which a clock on the wall in the zone shows date and time of day.
//
// Where clocks are put back, the time comes twice: At is the first. Where they are put forward, it may not come at
// all: At is the instant at which it would have come without the change, so 02:30 is what the wall then calls 03:30,
// and 02:10 is 02:40 where clocks move by half an hour. Both are the one rule of RFC 5545: what the offset before the
// change says.
func At(date Date, clock Clock, loc *time.Location) time.Time {
	m, _ := clock.Minutes()
	wall := date.Midnight().Add(time.Duration(m) * time.Minute)
	before, after := offset(wall.Add(-24*time.Hour), loc), offset(wall.Add(24*time.Hour), loc)
	first := wall.Add(-before)
	if before == after || shows(first, wall, loc) {
		return first
	}
	if second := wall.Add(-after); shows(second, wall, loc) {
		return second
	}
	return first
}

func offset(t time.Time, loc *time.Location) time.Duration {
	_, s := t.In(loc).Zone()
	return time.Duration(s) * time.Second
}

// shows says whether a wall clock in the zone shows at t what wall shows in UTC.
func shows(t, wall time.Time, loc *time.Location) bool { return t.Add(offset(t, loc)).Equal(wall) }
