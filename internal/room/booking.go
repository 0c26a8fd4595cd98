package room

import (
	"context"
	"crypto/subtle"
	"fmt"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"greenroom/internal/account"
	"greenroom/internal/db"
	"greenroom/internal/delivery"
	"greenroom/internal/fault"
)

// Who may book a seat.
const (
	Shut   = "closed" // nobody: there is no booking
	ByLink = "link"   // who has the invitation link
	Public = "open"   // everybody with an account; the workshop is listed
)

// The states of a booking.
const (
	Booked    = "booked"
	Queued    = "waiting"
	Cancelled = "cancelled"
)

// MaxQueue is how many may wait for a seat.
const MaxQueue = 500

// Booking is somebody's seat, or place in the queue. Its id is made anew whenever they queue anew: ids rise, so they are
// the order of the queue.
type Booking struct {
	bun.BaseModel `bun:"table:room_booking,alias:room_booking"`

	ID        string `bun:",pk"`
	RoomID    string
	PersonID  string
	State     string
	ChangedAt time.Time
	Version   int
	ToldDay   bool // the reminder of the day before was sent, or is not needed
	ToldHour  bool

	freed bool // it was a seat until now

	Name  string `bun:",scanonly"`
	Email string `bun:",scanonly"`
}

// Off says whether the workshop was called off.
func (r *Room) Off() bool { return !r.OffAt.IsZero() }

// Starts is the instant at which the workshop is to begin.
func (r *Room) Starts() time.Time {
	loc, err := delivery.Zone(r.Zone)
	if err != nil {
		loc = time.UTC
	}
	return delivery.At(delivery.Date(r.Day), delivery.Clock(r.Clock), loc).In(loc)
}

// BookUntil is the instant at which booking closes; zero is when it begins. It is told by days and the clock of the place, so
// it keeps its time of day when the workshop moves over a change of clocks.
func (r *Room) BookUntil() time.Time {
	if r.CloseClock == "" {
		return time.Time{}
	}
	return delivery.At(delivery.Date(r.Day).Add(-r.CloseDays), delivery.Clock(r.CloseClock), r.Location()).In(r.Location())
}

// late says whether booking is closed by its time.
func (r *Room) late(now time.Time) bool {
	until := r.BookUntil()
	return !until.IsZero() && !now.Before(until)
}

// closes is Invalid where booking would close after the workshop begins, as when that is earlier in the day than it was.
func (r *Room) closes() error {
	if !r.BookUntil().After(r.Starts()) {
		return nil
	}
	return fault.Fields{{Name: "clock", Key: "room.err.copy_close", Args: []any{"Time", r.CloseClock}}}.Err()
}

// Location is the zone of its place.
func (r *Room) Location() *time.Location { return r.Starts().Location() }

// Call says whether its place is the address of a call, which only those with a seat see.
func (r *Room) Call() bool {
	return strings.Contains(r.Place, "://")
}

// Where is its place for somebody with that booking, nil for none: "" where it is the address of a call and they have no seat.
func (r *Room) Where(b *Booking) string {
	if r.Call() && (b == nil || b.State != Booked) {
		return ""
	}
	return r.Place
}

// moved says whether it is at another time or place than it was.
func (r *Room) moved(was *Room) bool {
	return r.Day != was.Day || r.Clock != was.Clock || r.Zone != was.Zone || r.Place != was.Place
}

// Offer is a workshop as somebody who may book it sees it.
type Offer struct {
	*Room
	Mine    *Booking // nil: none, or cancelled
	Taken   int
	Waiting int
	Place   int  // in the queue, from 1
	Minutes int  // planned
	Late    bool // booking is closed, though the workshop lies ahead
}

// Free is how many seats are free; -1 is without limit.
func (o *Offer) Free() int {
	if o.Seats == 0 {
		return -1
	}
	return max(0, o.Seats-o.Taken)
}

// Over says that nobody books any more.
func (o *Offer) Over() bool { return o.Off() || o.State != Planned }

func bookLock(roomID string) string { return "room-booking:" + roomID }

// Bookable is a workshop for somebody ("" for nobody) who may see that it exists: it is public, they have its invitation, or
// a booking. Everything else is NotFound.
func (s *Service) Bookable(ctx context.Context, personID, roomID, invite string) (*Offer, error) {
	r, err := byID(ctx, s.db, roomID)
	if err != nil {
		return nil, err
	}
	o := &Offer{Room: r, Late: r.late(s.Now())}
	if o.Mine, err = bookingOf(ctx, s.db, roomID, personID); err != nil {
		return nil, err
	}
	if o.Mine == nil && !r.opens(invite) {
		return nil, absent()
	}
	if o.Mine != nil && o.Mine.State == Cancelled {
		o.Mine = nil
	}
	if o.Taken, o.Waiting, err = taken(ctx, s.db, roomID); err != nil {
		return nil, err
	}
	err = s.db.NewSelect().Model((*Item)(nil)).ColumnExpr("COALESCE(SUM(minutes), 0)").Where("room_id = ?", roomID).Scan(ctx, &o.Minutes)
	if err != nil || o.Mine == nil || o.Mine.State != Queued {
		return o, db.Err(err)
	}
	n, err := s.db.NewSelect().Model((*Booking)(nil)).Where("room_id = ? AND state = ? AND id <= ?", roomID, Queued, o.Mine.ID).Count(ctx)
	o.Place = int(n)
	return o, db.Err(err)
}

// opens says whether an invitation, or none, lets somebody book.
func (r *Room) opens(invite string) bool {
	if r.Purpose != Workshop {
		return false
	}
	switch r.Booking {
	case Public:
		return true
	case ByLink:
		return r.Invite != "" && subtle.ConstantTimeCompare([]byte(r.Invite), []byte(invite)) == 1
	}
	return false
}

func bookingOf(ctx context.Context, tx bun.IDB, roomID, personID string) (*Booking, error) {
	if personID == "" {
		return nil, nil
	}
	b := new(Booking)
	err := db.Err(tx.NewSelect().Model(b).Where("room_id = ? AND person_id = ?", roomID, personID).Scan(ctx))
	if fault.Is(err, fault.NotFound) {
		return nil, nil
	}
	return b, err
}

// taken counts those with a seat, and those who wait.
func taken(ctx context.Context, tx bun.IDB, roomID string) (seats, queue int, err error) {
	var rows []struct {
		State string
		N     int
	}
	err = tx.NewSelect().Model((*Booking)(nil)).Column("state").ColumnExpr("count(*) AS n").Where("room_id = ?", roomID).Group("state").Scan(ctx, &rows)
	for _, x := range rows {
		switch x.State {
		case Booked:
			seats = x.N
		case Queued:
			queue = x.N
		}
	}
	return seats, queue, db.Err(err)
}

// Book gives somebody with an account a seat, or, where none is free, a place in the queue, and says which. Who has one keeps it.
func (s *Service) Book(ctx context.Context, who *account.Person, roomID, invite string) (*Booking, error) {
	if who == nil || who.Guest() {
		return nil, fault.New(fault.Unauthenticated, "error.unauthenticated")
	}
	var b *Booking
	err := s.booking(ctx, roomID, func(ctx context.Context, tx bun.Tx, r *Room) (err error) {
		if b, err = bookingOf(ctx, tx, roomID, who.ID); err != nil {
			return err
		}
		if b == nil && !r.opens(invite) {
			return absent()
		}
		if b != nil && b.State != Cancelled {
			return nil
		}
		switch {
		case r.Off():
			return fault.New(fault.Conflict, "room.err.off")
		case r.State != Planned:
			return fault.New(fault.Conflict, "room.err.late")
		case !r.opens(invite): // who cancelled needs the door to be open again
			return fault.New(fault.Conflict, "room.err.shut")
		case r.late(s.Now()):
			return fault.New(fault.Conflict, "room.err.book_late")
		}
		seats, queue, err := taken(ctx, tx, roomID)
		if err != nil {
			return err
		}
		state := Booked
		if r.Seats > 0 && (seats >= r.Seats || queue > 0) {
			state = Queued
		}
		if state == Queued && queue >= MaxQueue {
			return fault.New(fault.Conflict, "room.err.queue", "Max", MaxQueue)
		}
		if b, err = s.seat(ctx, tx, r, b, who.ID, state); err != nil {
			return err
		}
		return s.letters(ctx, tx, r, state, *b)
	})
	return b, err
}

// booking runs fn on a room whose bookings nobody else changes meanwhile.
func (s *Service) booking(ctx context.Context, roomID string, fn func(ctx context.Context, tx bun.Tx, r *Room) error) error {
	err := db.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		if err := db.Lock(ctx, tx, bookLock(roomID)); err != nil {
			return err
		}
		r, err := byID(ctx, tx, roomID)
		if err != nil {
			return err
		}
		return fn(ctx, tx, r)
	})
	if err != nil {
		return fmt.Errorf("booking: %w", err)
	}
	return nil
}

// seat writes a booking's new state: a new one, or a new place for who had cancelled.
func (s *Service) seat(ctx context.Context, tx bun.IDB, r *Room, was *Booking, personID, state string) (*Booking, error) {
	now := s.Now()
	left := r.Starts().Sub(now)
	b := &Booking{ID: newID(), RoomID: r.ID, PersonID: personID, State: state, ChangedAt: now, Version: 1, ToldDay: left < dayBefore, ToldHour: left < hourBefore}
	if was != nil {
		b.Version = was.Version + 1
		if _, err := tx.NewDelete().Model(was).WherePK().Exec(ctx); err != nil {
			return nil, db.Err(err)
		}
	}
	_, err := tx.NewInsert().Model(b).Exec(ctx)
	return b, db.Err(err)
}

// Unbook gives a seat, or a place in the queue, back. Who has none is left as they are.
func (s *Service) Unbook(ctx context.Context, personID, roomID string) error {
	return s.booking(ctx, roomID, func(ctx context.Context, tx bun.Tx, r *Room) error {
		b, err := bookingOf(ctx, tx, roomID, personID)
		if err != nil {
			return err
		}
		if b == nil {
			return absent()
		}
		if b.State == Cancelled {
			return nil
		}
		if r.State == Ended {
			return fault.New(fault.Conflict, "room.err.ended")
		}
		if err := s.free(ctx, tx, r, b); err != nil || !b.freed {
			return err
		}
		return s.letters(ctx, tx, r, "unbooked", *b)
	})
}

// free cancels a booking and gives the seat to who waits.
func (s *Service) free(ctx context.Context, tx bun.IDB, r *Room, b *Booking) error {
	b.freed = b.State == Booked
	b.State, b.ChangedAt, b.Version = Cancelled, s.Now(), b.Version+1
	if _, err := tx.NewUpdate().Model(b).Column("state", "changed_at", "version").WherePK().Exec(ctx); err != nil {
		return db.Err(err)
	}
	return s.promote(ctx, tx, r)
}

// promote gives free seats to those who have waited longest, with a letter, while the workshop lies ahead.
func (s *Service) promote(ctx context.Context, tx bun.IDB, r *Room) error {
	if r.Off() || r.State != Planned {
		return nil
	}
	seats, queue, err := taken(ctx, tx, r.ID)
	if err != nil || queue == 0 {
		return err
	}
	n := queue
	if r.Seats > 0 {
		n = min(queue, r.Seats-seats)
	}
	if n <= 0 {
		return nil
	}
	var next []Booking
	if err := tx.NewSelect().Model(&next).Where("room_id = ? AND state = ?", r.ID, Queued).OrderExpr("id").Limit(int64(n)).Scan(ctx); err != nil {
		return db.Err(err)
	}
	now := s.Now()
	left := r.Starts().Sub(now)
	ids := make([]string, len(next))
	for i := range next {
		b := &next[i]
		ids[i] = b.ID
		b.State, b.ChangedAt, b.Version, b.ToldDay, b.ToldHour = Booked, now, b.Version+1, left < dayBefore, left < hourBefore
	}
	_, err = tx.NewUpdate().Model((*Booking)(nil)).Set("state = ?", Booked).Set("changed_at = ?", now).Set("version = version + 1").
		Set("told_day = ?, told_hour = ?", left < dayBefore, left < hourBefore).Where("id IN (?)", bun.List(ids)).Exec(ctx)
	if err != nil {
		return db.Err(err)
	}
	return s.letters(ctx, tx, r, "promoted", next...)
}

// Erase gives somebody's seats to those who wait, and deletes the templates that only they can use, before their account goes.
func (s *Service) Erase(ctx context.Context, tx bun.IDB, p *account.Person, _ account.Wish) error {
	if err := dropOwn(ctx, tx, p.ID); err != nil {
		return err
	}
	var all []Booking
	err := tx.NewSelect().Model(&all).Where("person_id = ? AND state <> ?", p.ID, Cancelled).OrderExpr("room_id").Scan(ctx)
	if err != nil {
		return db.Err(err)
	}
	for n := range all {
		if err := db.Lock(ctx, tx, bookLock(all[n].RoomID)); err != nil {
			return err
		}
		r, err := byID(ctx, tx, all[n].RoomID)
		if err != nil {
			return err
		}
		if err := s.free(ctx, tx, r, &all[n]); err != nil {
			return err
		}
	}
	return nil
}

// MyBooking is a booking with its workshop.
type MyBooking struct {
	Room    Room
	Booking Booking
	Minutes int
}

// Gone says that calendars are to take it away.
func (m *MyBooking) Gone() bool { return m.Room.Off() || m.Booking.State != Booked }

// Sequence is the number that tells calendars which of two states is the newer.
func (m *MyBooking) Sequence() int { return m.Room.Version + m.Booking.Version }

// BookedBy are somebody's bookings, also those cancelled, of workshops since a day; the next first.
func (s *Service) BookedBy(ctx context.Context, personID, since string) ([]MyBooking, error) {
	var all []Booking
	err := s.db.NewSelect().Model(&all).Where("person_id = ? AND room_id IN (SELECT id FROM room WHERE day >= ?)", personID, since).OrderExpr("id").Limit(200).Scan(ctx)
	if err != nil || len(all) == 0 {
		return nil, db.Err(err)
	}
	ids := make([]string, len(all))
	of := make(map[string]*Booking, len(all))
	for n := range all {
		ids[n] = all[n].RoomID
		of[all[n].RoomID] = &all[n]
	}
	var rooms []Room
	if err := s.db.NewSelect().Model(&rooms).Where("id IN (?)", bun.List(ids)).OrderExpr("day, clock, id").Scan(ctx); err != nil {
		return nil, db.Err(err)
	}
	planned, err := planned(ctx, s.db, ids)
	out := make([]MyBooking, len(rooms))
	for n := range rooms {
		out[n] = MyBooking{Room: rooms[n], Booking: *of[rooms[n].ID], Minutes: planned[rooms[n].ID]}
	}
	return out, err
}

// planned is how many minutes each of the rooms is to take.
func planned(ctx context.Context, tx bun.IDB, ids []string) (map[string]int, error) {
	var rows []struct {
		RoomID string
		N      int
	}
	err := tx.NewSelect().Model((*Item)(nil)).Column("room_id").ColumnExpr("SUM(minutes) AS n").Where("room_id IN (?)", bun.List(ids)).Group("room_id").Scan(ctx, &rows)
	out := make(map[string]int, len(rows))
	for _, x := range rows {
		out[x.RoomID] = x.N
	}
	return out, db.Err(err)
}

// Ahead are the public workshops that are still to be held, the next first; 100 at most.
func (s *Service) Ahead(ctx context.Context) ([]Room, error) {
	var all []Room
	err := s.db.NewSelect().Model(&all).Where("purpose = ?", Workshop).Where("booking = ? AND state = ? AND off_at IS NULL AND day >= ?", Public, Planned, s.Now().Add(-24*time.Hour).Format(time.DateOnly)).
		OrderExpr("day, clock, id").Limit(100).Scan(ctx)
	return all, db.Err(err)
}
