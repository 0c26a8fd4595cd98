package room

import (
	"time"

	ics "github.com/arran4/golang-ical"

	"greenroom/internal/account"
	"greenroom/internal/agenda"
	"greenroom/internal/locale"
)

// Event writes a booking into a calendar. Its name is made of the workshop and the person, so it stays what it is however often
// they book anew; the sequence rises with every change.
func (s *Service) Event(cal *ics.Calendar, l *locale.Printer, m *MyBooking) *ics.VEvent {
	start, path := m.Room.Starts(), "/workshops/"+m.Room.ID
	return agenda.Add(cal, agenda.Event{
		Name: m.Room.ID + "." + m.Booking.PersonID, Sequence: m.Sequence(), Written: s.Now(), Changed: m.Booking.ChangedAt,
		Start: start, End: start.Add(time.Duration(m.Minutes) * time.Minute), Title: m.Room.Title, Text: l.T("room.calendar_text", "Link", s.post.BaseURL+path),
		Place: m.Room.Where(&m.Booking), Base: s.post.BaseURL, Path: path, Gone: m.Gone(),
	})
}

// invitation is the calendar that goes with a letter (RFC 6047): it puts a seat into the reader's calendar, changes it there, or
// takes it away. The site is its organiser and the seat is taken already, so no answer is asked for.
func (s *Service) invitation(l *locale.Printer, p *account.Person, m *MyBooking) string {
	method := ics.MethodRequest
	if m.Gone() {
		method = ics.MethodCancel
	}
	cal := agenda.New(method)
	ev := s.Event(cal, l, m)
	from := s.post.Mail.From()
	ev.SetOrganizer("mailto:"+from.Address, ics.WithCN(from.Name))
	ev.AddAttendee("mailto:"+p.Email, ics.CalendarUserTypeIndividual, ics.ParticipationStatusAccepted, ics.ParticipationRoleReqParticipant)
	return agenda.Text(cal)
}
