// Package agenda writes what the product tells people's calendars (RFC 5545): one form for the dates of cohorts and for
// workshops.
package agenda

import (
	"net/url"
	"time"

	ics "github.com/arran4/golang-ical"
)

// Type is the media type of a calendar.
const Type = "text/calendar; charset=utf-8"

// Event is one entry. Instants are written in UTC: each stands for itself, so no calendar needs our zones to place it right.
type Event struct {
	Name        string // the same for ever, unique on the site: with the site's host it is the UID
	Sequence    int    // rises with every change
	Written     time.Time
	Changed     time.Time
	Start, End  time.Time
	Title, Text string
	Place       string // "" says none
	Base, Path  string // the site's address, and that of the entry's page on it
	Free        bool   // it takes no time: whoever has it can be invited to something else
	Gone        bool   // calendars are to take it away
}

// New is an empty calendar of a method: what it asks of those who read it.
func New(method ics.Method) *ics.Calendar {
	cal := ics.NewCalendarFor("Greenroom")
	cal.SetMethod(method)
	return cal
}

// Add writes an entry into a calendar.
func Add(cal *ics.Calendar, e Event) *ics.VEvent {
	host := "greenroom"
	if u, err := url.Parse(e.Base); err == nil && u.Hostname() != "" {
		host = u.Hostname()
	}
	ev := cal.AddEvent(e.Name + "@" + host)
	ev.SetDtStampTime(e.Written.UTC())
	ev.SetLastModifiedAt(e.Changed.UTC())
	ev.SetSequence(e.Sequence)
	ev.SetStartAt(e.Start.UTC())
	ev.SetEndAt(e.End.UTC())
	ev.SetSummary(e.Title)
	ev.SetDescription(e.Text)
	if e.Place != "" {
		ev.SetLocation(e.Place)
	}
	ev.SetURL(e.Base + e.Path)
	if e.Free {
		ev.SetTimeTransparency(ics.TransparencyTransparent)
	}
	if e.Gone {
		ev.SetStatus(ics.ObjectStatusCancelled)
	} else {
		ev.SetStatus(ics.ObjectStatusConfirmed)
	}
	return ev
}

// Text is a calendar as it is sent.
func Text(cal *ics.Calendar) string { return cal.Serialize(ics.WithNewLineWindows) }
