package delivery_test

import (
	"testing"
	"time"

	"greenroom/internal/delivery"
)

// The rule of At: the wall clock's time; where it comes twice the first; where it never comes, when it would have come
// without the change.
func TestWallClockAcrossDaylightSaving(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		what, zone, date, clock, want string // want: UTC
	}{
		{"an ordinary summer day", "Australia/Sydney", "2026-12-07", "09:00", "2026-12-06T22:00"},
		{"an ordinary winter day", "Australia/Sydney", "2026-07-06", "09:00", "2026-07-05T23:00"},
		// Sydney: clocks go forward on 4 October 2026 from 02:00 to 03:00.
		{"before the gap", "Australia/Sydney", "2026-10-04", "01:59", "2026-10-03T15:59"},
		{"in the gap: 02:30 is 03:30", "Australia/Sydney", "2026-10-04", "02:30", "2026-10-03T16:30"},
		{"the gap's beginning: 02:00 is 03:00", "Australia/Sydney", "2026-10-04", "02:00", "2026-10-03T16:00"},
		{"after the gap", "Australia/Sydney", "2026-10-04", "03:00", "2026-10-03T16:00"},
		{"the morning after the gap", "Australia/Sydney", "2026-10-04", "09:00", "2026-10-03T22:00"},
		{"the Monday of that week", "Australia/Sydney", "2026-10-05", "09:00", "2026-10-04T22:00"},
		{"the Monday before", "Australia/Sydney", "2026-09-28", "09:00", "2026-09-27T23:00"},
		// Sydney: clocks go back on 4 April 2027 from 03:00 to 02:00.
		{"twice: the first 02:30", "Australia/Sydney", "2027-04-04", "02:30", "2027-04-03T15:30"},
		{"twice: the first 02:00", "Australia/Sydney", "2027-04-04", "02:00", "2027-04-03T15:00"},
		{"once again", "Australia/Sydney", "2027-04-04", "03:00", "2027-04-03T17:00"},
		{"the Monday after", "Australia/Sydney", "2027-04-05", "09:00", "2027-04-04T23:00"},
		{"the Monday before", "Australia/Sydney", "2027-03-29", "09:00", "2027-03-28T22:00"},
		// Lord Howe: half an hour, +10:30 and +11. Forward on 4 October 2026 at 02:00, back on 4 April 2027 at 02:00.
		{"half an hour's gap: 02:10 is 02:40", "Australia/Lord_Howe", "2026-10-04", "02:10", "2026-10-03T15:40"},
		{"after it", "Australia/Lord_Howe", "2026-10-04", "02:30", "2026-10-03T15:30"},
		{"the morning after", "Australia/Lord_Howe", "2026-10-05", "09:00", "2026-10-04T22:00"},
		{"the morning before", "Australia/Lord_Howe", "2026-09-28", "09:00", "2026-09-27T22:30"},
		{"half an hour twice: the first 01:40", "Australia/Lord_Howe", "2027-04-04", "01:40", "2027-04-03T14:40"},
		{"after that", "Australia/Lord_Howe", "2027-04-04", "02:00", "2027-04-03T15:30"},
		// No daylight saving, another half hour, the other half of the year, the other side of the world.
		{"Brisbane", "Australia/Brisbane", "2026-10-05", "09:00", "2026-10-04T23:00"},
		{"Adelaide", "Australia/Adelaide", "2026-10-05", "09:00", "2026-10-04T22:30"},
		{"London in the gap", "Europe/London", "2027-03-28", "01:30", "2027-03-28T01:30"},
		{"New York twice", "America/New_York", "2026-11-01", "01:30", "2026-11-01T05:30"},
		{"Apia left out 30 December 2011", "Pacific/Apia", "2011-12-30", "10:00", "2011-12-30T20:00"},
		{"midnight is the day's beginning", "Australia/Sydney", "2026-12-07", "", "2026-12-06T13:00"},
	} {
		loc, err := delivery.Zone(c.zone)
		ok(t, err)
		got := delivery.At(delivery.Date(c.date), delivery.Clock(c.clock), loc)
		if got.Format("2006-01-02T15:04") != c.want {
			t.Errorf("%s: %s %s in %s is %s, want %s", c.what, c.date, c.clock, c.zone, got.Format(time.RFC3339), c.want)
		}
	}
}

// Whatever the zone and the change, a time that the wall clock does show is what it shows at that instant, and no
// earlier instant shows it.
func TestEveryQuarterHourOfEveryChange(t *testing.T) {
	t.Parallel()
	for _, zone := range []string{"Australia/Sydney", "Australia/Adelaide", "Australia/Lord_Howe", "Europe/London", "America/New_York", "Pacific/Apia", "Pacific/Auckland", "Africa/Casablanca"} {
		loc, err := delivery.Zone(zone)
		ok(t, err)
		for _, day := range changes(loc) {
			for m := range 96 {
				clock := delivery.Clock(time.Unix(int64(m)*900, 0).UTC().Format("15:04"))
				at := delivery.At(day, clock, loc)
				there := at.In(loc)
				shown := delivery.DateOf(there) == day && there.Format("15:04") == string(clock)
				first := firstShown(day, clock, loc)
				if shown && !at.Equal(first) || !shown && !first.IsZero() {
					t.Errorf("%s %s %s: %s, first shown %s", zone, day, clock, at, first)
				}
			}
		}
	}
}

// changes are the days from 2026 to 2031 on which the zone's clocks change.
func changes(loc *time.Location) []delivery.Date {
	var out []delivery.Date
	at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for at.Year() < 2032 {
		_, end := at.In(loc).ZoneBounds()
		if end.IsZero() {
			break
		}
		out = append(out, delivery.DateOf(end.In(loc)))
		at = end.UTC()
	}
	return out
}

// firstShown looks for the time minute by minute.
func firstShown(day delivery.Date, clock delivery.Clock, loc *time.Location) time.Time {
	from := day.Midnight().Add(-15 * time.Hour)
	for i := range 54 * 60 / 5 {
		t := from.Add(time.Duration(i) * 5 * time.Minute).In(loc)
		if delivery.DateOf(t) == day && t.Format("15:04") == string(clock) {
			return t
		}
	}
	return time.Time{}
}

func TestZonesAreNamed(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"", "Local", "Mars/Olympus", "+11:00", "../../etc/passwd"} {
		if _, err := delivery.Zone(name); err == nil {
			t.Errorf("%q is a zone", name)
		}
	}
}
