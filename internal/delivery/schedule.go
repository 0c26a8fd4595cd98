package delivery

import (
	"database/sql/driver"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"greenroom/internal/course"
)

// MaxWeeks is how far a schedule reaches.
const MaxWeeks = 60

// DefaultDueDays is how long a module is meant to take: seven days from Monday are due by the end of Sunday.
const DefaultDueDays = 7

// Schedule says when the modules of a course open in a cohort. The zero Schedule gives each module one week, in
// the order of the course, without breaks.
type Schedule struct {
	Modules []Slot `json:"modules,omitempty"`  // by module; one that is not named follows the module before it by a week
	Breaks  []Date `json:"breaks,omitempty"`   // any day of a week in which nothing opens; later weeks move on
	DueDays int    `json:"due_days,omitempty"` // days from opening to due; 0 is DefaultDueDays
}

// Slot is when one module opens: in a week, or on a day of its own.
type Slot struct {
	Module string `json:"module"`         // key
	Week   int    `json:"week,omitempty"` // from 1; 0 when On is given
	On     Date   `json:"on,omitempty"`
	Due    Date   `json:"due,omitempty"` // the last day for it; "" is as Schedule.DueDays says
}

// Value implements driver.Valuer.
func (s Schedule) Value() (driver.Value, error) {
	raw, err := json.Marshal(s)
	return string(raw), err
}

// Scan implements sql.Scanner.
func (s *Schedule) Scan(src any) error { return scanJSON(src, s) }

// Pause moves the dates of one person that come after From by Days days.
type Pause struct {
	From time.Time `json:"from"`
	Days int       `json:"days"`
}

// Pauses are a person's pauses in the order they were made. In the database they are a JSON array.
type Pauses []Pause

// Value implements driver.Valuer.
func (p Pauses) Value() (driver.Value, error) {
	if len(p) == 0 {
		return "[]", nil
	}
	raw, err := json.Marshal([]Pause(p))
	return string(raw), err
}

// Scan implements sql.Scanner.
func (p *Pauses) Scan(src any) error { return scanJSON(src, (*[]Pause)(p)) }

func scanJSON(src, into any) error {
	switch src := src.(type) {
	case nil:
		return nil
	case string:
		return decode([]byte(src), into)
	case []byte:
		return decode(src, into)
	}
	return fmt.Errorf("cannot read %T as JSON", src)
}

func decode(raw []byte, into any) error {
	if len(raw) == 2 { // {} or []: what most rows have
		return nil
	}
	return json.Unmarshal(raw, into)
}

func (s Schedule) slot(module string) (Slot, bool) {
	i := slices.IndexFunc(s.Modules, func(x Slot) bool { return x.Module == module })
	if i < 0 {
		return Slot{}, false
	}
	return s.Modules[i], true
}

func (s Schedule) dueDays() int {
	if s.DueDays > 0 {
		return s.DueDays
	}
	return DefaultDueDays
}

// breaks are the weeks from start, counted from 0, in which nothing opens.
func (s Schedule) breaks(start Date) map[int]bool {
	if len(s.Breaks) == 0 {
		return nil
	}
	out := make(map[int]bool, len(s.Breaks))
	for _, b := range s.Breaks {
		if n := b.Since(start); n >= 0 {
			out[n/7] = true
		}
	}
	return out
}

// week is the first day of week n (from 1) for somebody who begins shift weeks late.
func (s Schedule) week(start Date, n, shift int) Date {
	pause := s.breaks(start)
	at := shift
	for pause[at] {
		at++
	}
	for ; n > 1; n-- {
		at++
		for pause[at] {
			at++
		}
	}
	return start.Add(7 * at)
}

// slots gives every module of the course its week or day.
func (d *Delivery) slots(rev *course.Revision) []Slot {
	out := make([]Slot, len(rev.Modules))
	last := 0
	for i, m := range rev.Modules {
		s, ok := d.Schedule.slot(m.Key)
		if !ok {
			s = Slot{Module: m.Key}
		}
		if s.Week == 0 && s.On == "" {
			s.Week = last + 1
		}
		if s.Week > 0 {
			last = s.Week
		}
		out[i] = s
	}
	return out
}

// location is the cohort's zone; UTC when the name is not known any more, which no form lets through.
func (d *Delivery) location() *time.Location {
	loc, err := Zone(d.Zone)
	if err != nil {
		return time.UTC
	}
	return loc
}

// Location is the cohort's zone.
func (d *Delivery) Location() *time.Location { return d.location() }

// opens is the instant at which what opens on that day opens.
func (d *Delivery) opens(on Date) time.Time { return At(on, d.ReleaseAt, d.location()) }

// ends is the last minute of the day: what is due on it is due then.
func (d *Delivery) ends(on Date) time.Time { return At(on, "23:59", d.location()) }
