package room

import (
	"context"
	"fmt"
	"hash/fnv"
	"time"

	"github.com/uptrace/bun"

	"greenroom/internal/account"
	"greenroom/internal/audit"
	"greenroom/internal/db"
	"greenroom/internal/fault"
)

// Bounds of rehearsals.
const (
	Extras       = 20                 // simulated people
	RehearsalFor = 12 * time.Hour     // they do something for that long
	RehearsalOld = 7 * 24 * time.Hour // then it is thrown away
	arriveWithin = 60 * time.Second   // they come in
	perBeat      = 3                  // votes and choices of a group at a time
	lostFrom     = 2 * time.Minute    // one of them loses the connection
	lostUntil    = 4 * time.Minute
	lost         = 7 // who that is
)

// rehearsal is how far the simulated people of a rehearsal are.
type rehearsal struct {
	bun.BaseModel `bun:"table:room_rehearsal,alias:room_rehearsal"`

	RoomID string `bun:",pk"`
	OfID   string
	Seed   int64
	ItemID string // and the round of its vote
	Since  time.Time
	Done   int
}

// extra is a simulated person: a guest without a device, so that nobody can be them, who goes with the rehearsal.
type extra struct {
	bun.BaseModel `bun:"table:room_extra,alias:room_extra"`

	PersonID string `bun:",pk"`
	RoomID   string
	N        int
}

// Rehearsal says whether the room is one to try a workshop out in. It enters nothing into records, writes nothing into the log
// and is in no list of anybody who was there.
func (r *Room) Rehearsal() bool { return r.Purpose == Rehearsal }

// note writes into the audit log what was done in a room; of a rehearsal nothing.
func note(ctx context.Context, tx bun.IDB, r *Room, e audit.Entry) error {
	if r.Rehearsal() {
		return nil
	}
	return audit.Record(ctx, tx, e)
}

func rehearsalLock(roomID string) string { return "room-rehearsal:" + roomID }

// Rehearse makes a rehearsal of a workshop, with its run sheet and trainers, or returns the one that there is. Extras simulated
// people will come and take part through the same methods as everybody; what they do, and when, follows from the workshop, so
// it is the same each time.
func (s *Service) Rehearse(ctx context.Context, actor *account.Person, roomID string) (*Room, error) {
	o, err := s.Original(ctx, actor, roomID)
	if err != nil {
		return nil, err
	}
	if o.Purpose != Workshop {
		return nil, fault.New(fault.Conflict, "room.err.no_rehearsal")
	}
	h := fnv.New32a()
	_, _ = h.Write([]byte(roomID))
	return s.rehearse(ctx, actor, o, int64(h.Sum32()))
}

func (s *Service) rehearse(ctx context.Context, actor *account.Person, o *Original, seed int64) (*Room, error) {
	r := o.like(newID(), Rehearsal)
	r.Booking, r.Invite = Shut, ""
	err := db.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		if err := db.Lock(ctx, tx, rehearsalLock(o.ID)); err != nil {
			return err
		}
		old := new(rehearsal)
		err := db.Err(tx.NewSelect().Model(old).Where("of_id = ?", o.ID).Scan(ctx))
		if err == nil {
			r, err = byID(ctx, tx, old.RoomID)
			return err
		}
		if !fault.Is(err, fault.NotFound) {
			return err
		}
		items := o.anew()
		for n := range items {
			items[n].Content.Seed = seed // so that a scenario has the same chances each time
		}
		if r, err = s.insertTx(ctx, tx, actor, r, items, o.with(actor)); err != nil {
			return err
		}
		if _, err := tx.NewInsert().Model(&rehearsal{RoomID: r.ID, OfID: o.ID, Seed: seed, Since: s.Now()}).Exec(ctx); err != nil {
			return db.Err(err)
		}
		people := make([]extra, Extras)
		for n := range people {
			p, err := s.accounts.Simulated(ctx, tx)
			if err != nil {
				return err
			}
			people[n] = extra{PersonID: p.ID, RoomID: r.ID, N: n}
		}
		_, err = tx.NewInsert().Model(&people).Exec(ctx)
		return db.Err(err)
	})
	if err != nil {
		return nil, fmt.Errorf("rehearse: %w", err)
	}
	return r, nil
}

// RehearseAgain throws a rehearsal away and makes it anew; with others the simulated people do other things than before.
func (s *Service) RehearseAgain(ctx context.Context, actor *account.Person, roomID string, others bool) (*Room, error) {
	x, err := s.rehearsalOf(ctx, actor, roomID)
	if err != nil {
		return nil, err
	}
	o, err := s.Original(ctx, actor, x.OfID)
	if err != nil {
		return nil, err
	}
	if _, err := s.Discard(ctx, actor, roomID); err != nil {
		return nil, err
	}
	if others {
		x.Seed++
	}
	return s.rehearse(ctx, actor, o, x.Seed)
}

// rehearsalOf is the rehearsal that a room is, for who runs it. A Conflict for other rooms.
func (s *Service) rehearsalOf(ctx context.Context, actor *account.Person, roomID string) (*rehearsal, error) {
	if err := mayHost(ctx, s.db, actor, roomID); err != nil {
		return nil, err
	}
	x := new(rehearsal)
	err := db.Err(s.db.NewSelect().Model(x).Where("room_id = ?", roomID).Scan(ctx))
	if fault.Is(err, fault.NotFound) {
		return nil, fault.New(fault.Conflict, "room.err.no_rehearsal")
	}
	return x, err
}

// Discard throws a rehearsal away, with everybody who was simulated, and says which workshop it was of.
func (s *Service) Discard(ctx context.Context, actor *account.Person, roomID string) (string, error) {
	x, err := s.rehearsalOf(ctx, actor, roomID)
	if err != nil {
		return "", err
	}
	return x.OfID, db.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		if err := db.Lock(ctx, tx, lockName(roomID)); err != nil {
			return err
		}
		return drop(ctx, tx, []string{roomID})
	})
}

// Tidy throws rehearsals away that are older than RehearsalOld, and says how many.
func (s *Service) Tidy(ctx context.Context) (n int, err error) {
	var ids []string
	err = db.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		err := tx.NewSelect().Model((*Room)(nil)).Column("id").Where("purpose = ? AND created_at < ?", Rehearsal, s.Now().Add(-RehearsalOld)).Scan(ctx, &ids)
		if err != nil {
			return db.Err(err)
		}
		return drop(ctx, tx, ids)
	})
	return len(ids), err
}
