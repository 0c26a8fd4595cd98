package room

import (
	"net/url"
	"time"

	ics "github.com/arran4/golang-ical"

	"greenroom/internal/account"
	"greenroom/internal/locale"
)

// Event writes a booking into a calendar. Its name (UID) is made of the workshop and the person, so it stays what it is however
// often they book anew; the sequence rises with every change. Instants are in UTC: each stands for itself.
func (s *Service) Event(cal *ics.Calendar, l *locale.Printer, m *MyBooking) *ics.VEvent {
	host, link := "greenroom", s.post.BaseURL+"/workshops/"+m.Room.ID
	if u, err := url.Parse(s.post.BaseURL); err == nil && u.Hostname() != "" {
		host = u.Hostname()
	}
	ev := cal.AddEvent(m.Room.ID + "." + m.Booking.PersonID + "@" + host)
	ev.SetDtStampTime(s.Now())
	ev.SetLastModifiedAt(m.Booking.ChangedAt.UTC())
	ev.SetSequence(m.Sequence())
	start := m.Room.Starts()
	ev.SetStartAt(start.UTC())
	ev.SetEndAt(start.Add(time.Duration(m.Minutes) * time.Minute).UTC())
	ev.SetSummary(m.Room.Title)
	ev.SetDescription(l.T("room.calendar_text", "Link", link))
	if place := m.Room.Where(&m.Booking); place != "" {
		ev.SetLocation(place)
	}
	ev.SetURL(link)
	if m.Gone() {
		ev.SetStatus(ics.ObjectStatusCancelled)
	} else {
		ev.SetStatus(ics.ObjectStatusConfirmed)
	}
	return ev
}

// invitation is the calendar that goes with a letter (RFC 6047): it puts a seat into the reader's calendar, changes it there, or
// takes it away. The site is its organiser and the seat is taken already, so no answer is asked for.
func (s *Service) invitation(l *locale.Printer, p *account.Person, m *MyBooking) string {
	cal := ics.NewCalendarFor("Greenroom")
	cal.SetMethod(ics.MethodRequest)
	if m.Gone() {
		cal.SetMethod(ics.MethodCancel)
	}
	ev := s.Event(cal, l, m)
	from := s.post.Mail.From()
	ev.SetOrganizer("mailto:"+from.Address, ics.WithCN(from.Name))
	ev.AddAttendee("mailto:"+p.Email, ics.CalendarUserTypeIndividual, ics.ParticipationStatusAccepted, ics.ParticipationRoleReqParticipant)
	return cal.Serialize(ics.WithNewLineWindows)
}
