package room

import (
	"context"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"greenroom/internal/account"
	"greenroom/internal/db"
	"greenroom/internal/fault"
	"greenroom/internal/locale"
	"greenroom/internal/mail"
)

// When people who booked are reminded, and how often the service looks (in beats).
const (
	dayBefore   = 24 * time.Hour
	hourBefore  = time.Hour
	remindEvery = 6
)

// Post is what letters need.
type Post struct {
	Mail    *mail.Service
	Words   *locale.Bundle
	BaseURL string
}

// SetPost says with what letters are written. Call it before the first request.
func (s *Service) SetPost(p Post) { s.post = p }

// letters queues one about each booking in the transaction of what it tells, so that it is sent exactly when that came true.
// What happens to people's own seats is always written, to addresses that are proven. The address of a call is for those
// with a seat.
func (s *Service) letters(ctx context.Context, tx bun.IDB, r *Room, what string, bookings ...Booking) error {
	if s.post.Mail == nil || len(bookings) == 0 {
		return nil
	}
	ids := make([]string, len(bookings))
	for n := range bookings {
		ids[n] = bookings[n].PersonID
	}
	var people []account.Person
	if err := tx.NewSelect().Model(&people).Where("id IN (?)", bun.List(ids)).Scan(ctx); err != nil {
		return db.Err(err)
	}
	by := make(map[string]*account.Person, len(people))
	for n := range people {
		by[people[n].ID] = &people[n]
	}
	minutes, err := planned(ctx, tx, []string{r.ID})
	if err != nil {
		return err
	}
	var all []mail.Message
	for n := range bookings {
		p := by[bookings[n].PersonID]
		if p == nil || p.Guest() || p.Disabled() || !p.Verified() || p.Email == "" {
			continue
		}
		all = append(all, s.letter(&MyBooking{Room: *r, Booking: bookings[n], Minutes: minutes[r.ID]}, p, what))
	}
	return s.post.Mail.QueueAll(ctx, tx, all)
}

// letter is one of them. What changes a seat brings the event for calendars along; a reminder changes nothing, and who waits
// has no event.
func (s *Service) letter(m *MyBooking, p *account.Person, what string) mail.Message {
	l, r := s.post.Words.Printer(p.Lang), &m.Room
	link := s.post.BaseURL + "/workshops/" + r.ID
	place := r.Where(&m.Booking)
	args := []any{
		"Name", p.Name, "Title", r.Title, "When", s.whenFor(l, r, p), "Link", link, "Place", place, "Why", r.OffWhy,
		"Calendar", link + "/calendar.ics",
	}
	out := mail.Message{To: p.Email, Subject: l.T("room.subject."+what, args...), Text: l.T("room.letter."+what, args...)}
	if (m.Booking.State == Booked || m.Booking.freed) && what != "day" && what != "hour" {
		out.Calendar = s.invitation(l, p, m)
	}
	if place != "" && (!m.Gone() || what == "moved") {
		out.Text += "\n\n" + l.T("room.letter_place", args...)
	}
	return out
}

// writeAll writes to all with a seat or a place in the queue.
func (s *Service) writeAll(ctx context.Context, tx bun.IDB, r *Room, what string) error {
	var all []Booking
	err := tx.NewSelect().Model(&all).Where("room_id = ? AND state <> ?", r.ID, Cancelled).OrderExpr("id").Scan(ctx)
	if err != nil {
		return db.Err(err)
	}
	return s.letters(ctx, tx, r, what, all...)
}

// tellMoved tells who booked or waits that day, time or place are others, and lets them be reminded of the new time.
func (s *Service) tellMoved(ctx context.Context, tx bun.IDB, r *Room) error {
	if r.Off() {
		return nil
	}
	if err := db.Lock(ctx, tx, bookLock(r.ID)); err != nil {
		return err
	}
	left := r.Starts().Sub(s.Now())
	_, err := tx.NewUpdate().Model((*Booking)(nil)).Set("told_day = ?, told_hour = ?", left < dayBefore, left < hourBefore).Where("room_id = ?", r.ID).Exec(ctx)
	if err != nil {
		return db.Err(err)
	}
	return s.writeAll(ctx, tx, r, "moved")
}

// whenFor is when it begins where the reader is, and at its place where that is another time of day.
func (s *Service) whenFor(l *locale.Printer, r *Room, p *account.Person) string {
	return Both(l, r.Starts(), s.accounts.Location(p))
}

// Both says an instant where the reader is, and where it takes place if the time of day is another there.
func Both(l *locale.Printer, starts time.Time, reader *time.Location) string {
	there := l.DateTime(starts) + " " + starts.Format("MST")
	if reader == nil {
		return there
	}
	here := starts.In(reader)
	_, a := here.Zone()
	if _, b := starts.Zone(); a == b {
		return there
	}
	return l.T("room.both", "Here", l.DateTime(here)+" "+here.Format("MST"), "There", there)
}

// Remind writes to who has a seat a day and an hour before it begins, and says how many letters. It may run on every node
// at once and again after it failed: that somebody was reminded is written with the letter.
func (s *Service) Remind(ctx context.Context) (int, error) {
	now := s.Now()
	var rooms []Room
	// Days are those of the places: a day more on both sides holds every zone.
	err := s.db.NewSelect().Model(&rooms).Where("state = ? AND off_at IS NULL", Planned).
		Where("day BETWEEN ? AND ?", now.Add(-24*time.Hour).Format(time.DateOnly), now.Add(72*time.Hour).Format(time.DateOnly)).
		Where("id IN (SELECT room_id FROM room_booking WHERE state = ? AND NOT (told_day AND told_hour))", Booked).Scan(ctx)
	if err != nil {
		return 0, db.Err(err)
	}
	n := 0
	for i := range rooms {
		what, column := due(rooms[i].Starts().Sub(now))
		if what == "" {
			continue
		}
		k, err := s.remind(ctx, &rooms[i], what, column)
		if n += k; err != nil {
			return n, fmt.Errorf("remind: %w", err)
		}
	}
	return n, nil
}

// due is which reminder is due while it begins in that time.
func due(left time.Duration) (what, column string) {
	switch {
	case left <= 0 || left > dayBefore:
		return "", ""
	case left <= hourBefore:
		return "hour", "told_hour"
	}
	return "day", "told_day"
}

func (s *Service) remind(ctx context.Context, r *Room, what, column string) (int, error) {
	var ids []string
	err := s.db.NewSelect().Model((*Booking)(nil)).Column("id").Where("room_id = ? AND state = ? AND NOT ?", r.ID, Booked, bun.Ident(column)).Scan(ctx, &ids)
	if err != nil {
		return 0, db.Err(err)
	}
	n := 0
	for _, id := range ids {
		err := db.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
			b := new(Booking)
			err := tx.NewUpdate().Model(b).Set("? = ?", bun.Ident(column), true).Where("id = ? AND state = ? AND NOT ?", id, Booked, bun.Ident(column)).
				Returning("*").Scan(ctx)
			if err = db.Err(err); fault.Is(err, fault.NotFound) { // another node did, or they cancelled
				return nil
			}
			if err != nil {
				return err
			}
			n++
			return s.letters(ctx, tx, r, what, *b)
		})
		if err != nil {
			return n, err
		}
	}
	return n, nil
}
