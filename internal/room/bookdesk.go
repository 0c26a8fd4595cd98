package room

import (
	"context"
	"crypto/rand"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/uptrace/bun"

	"greenroom/internal/account"
	"greenroom/internal/audit"
	"greenroom/internal/db"
	"greenroom/internal/delivery"
	"greenroom/internal/fault"
)

// Desk is the bookings of a room as its hosts see them: seats, then the queue, then who cancelled, each in their order.
type Desk struct {
	*Room
	All            []Booking
	Taken, Waiting int
}

// Bookings reads them.
func (s *Service) Bookings(ctx context.Context, actor *account.Person, roomID string) (*Desk, error) {
	if err := mayHost(ctx, s.db, actor, roomID); err != nil {
		return nil, err
	}
	r, err := byID(ctx, s.db, roomID)
	if err != nil {
		return nil, err
	}
	d := &Desk{Room: r}
	err = s.db.NewSelect().Model(&d.All).ColumnExpr("room_booking.*").ColumnExpr("p.name, p.email").Join("JOIN person AS p ON p.id = room_booking.person_id").
		Where("room_id = ?", roomID).OrderExpr("CASE state WHEN 'booked' THEN 0 WHEN 'waiting' THEN 1 ELSE 2 END, room_booking.id").Scan(ctx)
	for n := range d.All {
		switch d.All[n].State {
		case Booked:
			d.Taken++
		case Queued:
			d.Waiting++
		}
	}
	return d, db.Err(err)
}

// Rules is the form of who may book, how many seats there are ("" and 0 are without limit), and until when: so many days
// before at a time of day at the place, or, both empty, until it begins.
type Rules struct{ Who, Seats, Days, Clock string }

// Rules are the room's as they stand.
func (r *Room) Rules() Rules {
	out := Rules{Who: r.Booking, Clock: r.CloseClock}
	if r.Seats > 0 {
		out.Seats = strconv.Itoa(r.Seats)
	}
	if r.CloseClock != "" {
		out.Days = strconv.Itoa(r.CloseDays)
	}
	return out
}

// MaxClose is how many days before the workshop booking can close.
const MaxClose = 60

// until reads when booking closes.
func (b Rules) until(f *fault.Fields) (days int, clock string) {
	clock = strings.TrimSpace(b.Clock)
	if strings.TrimSpace(b.Days) == "" && clock == "" {
		return 0, ""
	}
	days, err := strconv.Atoi(strings.TrimSpace(b.Days))
	if err != nil || days < 0 || days > MaxClose {
		f.Add("days", "room.err.close_days", "Max", MaxClose)
	}
	if _, ok := delivery.Clock(clock).Minutes(); !ok || clock == "" {
		f.Add("close", "room.err.close_clock")
	}
	return days, clock
}

// SetBooking sets the rules of booking. More seats go to who waits at once; fewer take none away. Who waits moves up also when
// booking is closed by its time. Invalid names the fields booking, seats, days and close.
func (s *Service) SetBooking(ctx context.Context, actor *account.Person, roomID string, b Rules) error {
	var f fault.Fields
	who, seats := b.Who, b.Seats
	days, clock := b.until(&f)
	if who != Shut && who != ByLink && who != Public {
		f.Add("booking", "room.err.booking")
	}
	n, err := strconv.Atoi(strings.TrimSpace(seats))
	if strings.TrimSpace(seats) == "" {
		n, err = 0, nil
	}
	if err != nil || n < 0 || n > MaxPeople {
		f.Add("seats", "room.err.seats", "Max", MaxPeople)
	}
	if err := f.Err(); err != nil {
		return err
	}
	return s.hosted(ctx, actor, roomID, func(ctx context.Context, tx bun.Tx, r *Room) error {
		r.Booking, r.Seats, r.CloseDays, r.CloseClock = who, n, days, clock
		if r.closes() != nil {
			return fault.Fields{{Name: "close", Key: "room.err.close_after"}}.Err()
		}
		if r.Invite == "" {
			r.Invite = rand.Text()
		}
		if _, err := tx.NewUpdate().Model(r).Column("booking", "seats", "invite", "close_days", "close_clock").WherePK().Exec(ctx); err != nil {
			return db.Err(err)
		}
		return s.promote(ctx, tx, r)
	})
}

// hosted is booking for one of the room's hosts. The room is locked before its bookings, here as everywhere.
func (s *Service) hosted(ctx context.Context, actor *account.Person, roomID string, fn func(ctx context.Context, tx bun.Tx, r *Room) error) error {
	return s.change(ctx, actor, roomID, "desk", false, func(ctx context.Context, tx bun.Tx, _ *Room) error {
		if err := db.Lock(ctx, tx, bookLock(roomID)); err != nil {
			return err
		}
		r, err := byID(ctx, tx, roomID)
		if err != nil {
			return err
		}
		return fn(ctx, tx, r)
	})
}

// NewInvite makes a new invitation link; the one before opens nothing any more. Bookings stay.
func (s *Service) NewInvite(ctx context.Context, actor *account.Person, roomID string) error {
	return s.hosted(ctx, actor, roomID, func(ctx context.Context, tx bun.Tx, r *Room) error {
		r.Invite = rand.Text()
		_, err := tx.NewUpdate().Model(r).Column("invite").WherePK().Exec(ctx)
		return db.Err(err)
	})
}

// TakeSeat takes somebody's seat or place in the queue away, and tells them.
func (s *Service) TakeSeat(ctx context.Context, actor *account.Person, roomID, personID string) error {
	return s.hosted(ctx, actor, roomID, func(ctx context.Context, tx bun.Tx, r *Room) error {
		b, err := bookingOf(ctx, tx, roomID, personID)
		if err != nil || b == nil || b.State == Cancelled {
			return err
		}
		if err := s.free(ctx, tx, r, b); err != nil {
			return err
		}
		if err := s.letters(ctx, tx, r, "removed", *b); err != nil {
			return err
		}
		return note(ctx, tx, r, audit.Entry{At: s.Now(), ActorID: actor.ID, ActorName: actor.Name, Action: "room.unbooked", PersonID: personID, DeliveryID: r.CohortID, Subject: r.Title})
	})
}

// CallOff says that a planned workshop will not be held, and tells everybody who booked or waits why. It stays called off.
// Invalid names the field why.
func (s *Service) CallOff(ctx context.Context, actor *account.Person, roomID, why string) error {
	why = line(why)
	var f fault.Fields
	switch n := utf8.RuneCountInString(why); {
	case n < MinReason:
		f.Add("why", "room.err.why")
	case n > MaxReason:
		f.Add("why", "room.err.long", "Max", MaxReason)
	}
	if err := f.Err(); err != nil {
		return err
	}
	return s.hosted(ctx, actor, roomID, func(ctx context.Context, tx bun.Tx, r *Room) error {
		if r.Off() {
			return nil
		}
		if r.State != Planned {
			return fault.New(fault.Conflict, "room.err.late")
		}
		r.OffAt, r.OffWhy, r.Version = s.Now(), why, r.Version+1
		if _, err := tx.NewUpdate().Model(r).Column("off_at", "off_why", "version").WherePK().Exec(ctx); err != nil {
			return db.Err(err)
		}
		if err := s.writeAll(ctx, tx, r, "off"); err != nil {
			return err
		}
		return note(ctx, tx, r, audit.Entry{At: r.OffAt, ActorID: actor.ID, ActorName: actor.Name, Action: "room.off", DeliveryID: r.CohortID, Subject: r.Title, Reason: why})
	})
}
