package room

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"greenroom/internal/account"
	"greenroom/internal/db"
	"greenroom/internal/fault"
)

// mayHost is the one rule about who runs a room: its hosts, and administrators. For others it does not exist.
func mayHost(ctx context.Context, tx bun.IDB, actor *account.Person, roomID string) error {
	if actor == nil || !actor.CanSome(account.RoleTrainer) {
		return absent()
	}
	if actor.CanSome(account.RoleAdmin) {
		return nil
	}
	is, err := tx.NewSelect().Model((*Host)(nil)).Where("room_id = ? AND person_id = ?", roomID, actor.ID).Exists(ctx)
	if err != nil {
		return db.Err(err)
	}
	if !is {
		return absent()
	}
	return nil
}

// change runs fn on a locked room for one of its hosts and tells the room: of "desk" only the screens of those who run it.
// Only who drives may steer.
func (s *Service) change(ctx context.Context, actor *account.Person, roomID, kind string, steer bool, fn func(ctx context.Context, tx bun.Tx, r *Room) error) error {
	err := db.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		if err := db.Lock(ctx, tx, lockName(roomID)); err != nil {
			return err
		}
		r, err := byID(ctx, tx, roomID)
		if err != nil {
			return err
		}
		if err := mayHost(ctx, tx, actor, roomID); err != nil {
			return err
		}
		if steer {
			d, err := driver(ctx, tx, roomID)
			if err != nil {
				return err
			}
			if d == nil || d.PersonID != actor.ID {
				return fault.New(fault.Conflict, "room.err.not_driving")
			}
		}
		if err := fn(ctx, tx, r); err != nil {
			return err
		}
		if kind == "desk" {
			return s.tell(ctx, tx, DeskOf(roomID), kind)
		}
		return s.tell(ctx, tx, StreamOf(roomID), kind)
	})
	if err != nil {
		return fmt.Errorf("room %s: %w", roomID, err)
	}
	return nil
}

// Go makes an item the current one and the room a running one. What asks nothing is open at once; so are the arrival and
// the questions from the room. The timer stops.
func (s *Service) Go(ctx context.Context, actor *account.Person, roomID, itemID string) error {
	return s.change(ctx, actor, roomID, "state", true, func(ctx context.Context, tx bun.Tx, r *Room) error {
		i, err := itemOf(ctx, tx, r.ID, itemID)
		if err != nil {
			return err
		}
		if r.State == Ended {
			return fault.New(fault.Conflict, "room.err.ended")
		}
		if r.Off() {
			return fault.New(fault.Conflict, "room.err.off")
		}
		if r.Template() {
			return fault.New(fault.Conflict, "room.err.template")
		}
		if i.Phase == Waiting && (!i.Asks() || i.opensItself()) {
			if err := setPhase(ctx, tx, i, Open); err != nil {
				return err
			}
		}
		if i.Voted() && i.Content.Round == 0 {
			t, err := s.told(ctx, tx, i, nil)
			if err != nil {
				return err
			}
			if err := stand(ctx, tx, i, t); err != nil {
				return err
			}
		}
		if r.ItemID != i.ID {
			r.EndsAt = time.Time{}
		}
		r.ItemID, r.State = i.ID, Running
		if r.BeganAt.IsZero() {
			r.BeganAt = s.Now()
		}
		if _, err := tx.NewUpdate().Model(i).Set("shown = ?", true).WherePK().Exec(ctx); err != nil {
			return db.Err(err)
		}
		return saveRoom(ctx, tx, r)
	})
}

// SetPhase opens, closes or reveals an item of the room. Doing it twice changes nothing.
func (s *Service) SetPhase(ctx context.Context, actor *account.Person, roomID, itemID, phase string) error {
	if !slices.Contains([]string{Waiting, Open, Closed, Revealed}, phase) {
		return fault.New(fault.Invalid, "error.invalid")
	}
	return s.change(ctx, actor, roomID, "state", true, func(ctx context.Context, tx bun.Tx, r *Room) error {
		if err := db.Lock(ctx, tx, itemLock(itemID)); err != nil {
			return err
		}
		i, err := itemOf(ctx, tx, r.ID, itemID)
		if err != nil {
			return err
		}
		if !i.Asks() && !i.Tabled() {
			return fault.New(fault.Invalid, "error.invalid")
		}
		if !i.Tabled() && i.Secret() && (phase == Open || phase == Waiting) && (i.Phase == Closed || i.Phase == Revealed) {
			return fault.New(fault.Conflict, "room.err.once") // what one more vote changes would be that voter's
		}
		if i.Phase == Open && phase != Open && i.Secret() {
			if err := shuffle(ctx, tx, i.ID); err != nil {
				return err
			}
		}
		return setPhase(ctx, tx, i, phase)
	})
}

// shuffle writes what is known of a secret item anew, in one transaction, in no order and without anybody's choice: see the
// package's comment.
func shuffle(ctx context.Context, tx bun.IDB, itemID string) error {
	var who []answer
	var counts []tally
	if err := tx.NewSelect().Model(&who).Where("item_id = ?", itemID).Scan(ctx); err != nil {
		return db.Err(err)
	}
	if err := tx.NewSelect().Model(&counts).Where("item_id = ?", itemID).Scan(ctx); err != nil {
		return db.Err(err)
	}
	if len(who) == 0 {
		return nil
	}
	rand.Shuffle(len(who), func(a, b int) { who[a], who[b] = who[b], who[a] })
	for n := range who {
		who[n].Choice = ""
	}
	for _, m := range []any{(*answer)(nil), (*tally)(nil)} {
		if _, err := tx.NewDelete().Model(m).Where("item_id = ?", itemID).Exec(ctx); err != nil {
			return db.Err(err)
		}
	}
	for part := range slices.Chunk(who, 500) {
		if _, err := tx.NewInsert().Model(&part).Exec(ctx); err != nil {
			return db.Err(err)
		}
	}
	_, err := tx.NewInsert().Model(&counts).Exec(ctx)
	return db.Err(err)
}

// SetTimer lets the room's timer end in so many minutes from now, on the server's clock; 0 stops it.
func (s *Service) SetTimer(ctx context.Context, actor *account.Person, roomID string, minutes int) error {
	if minutes < 0 || minutes > MaxTimer {
		return fault.Fields{{Name: "minutes", Key: "room.err.timer", Args: []any{"Max", MaxTimer}}}.Err()
	}
	return s.change(ctx, actor, roomID, "state", true, func(ctx context.Context, tx bun.Tx, r *Room) error {
		r.EndsAt = time.Time{}
		if minutes > 0 {
			r.EndsAt = s.Now().Add(time.Duration(minutes) * time.Minute)
		}
		return saveRoom(ctx, tx, r)
	})
}

// End ends the workshop; with again it goes on where it was.
func (s *Service) End(ctx context.Context, actor *account.Person, roomID string, again bool) error {
	return s.change(ctx, actor, roomID, "state", true, func(ctx context.Context, tx bun.Tx, r *Room) error {
		r.EndsAt = time.Time{}
		switch {
		case !again:
			r.State, r.EndedAt = Ended, s.Now()
		case r.ItemID == "":
			r.State = Planned
		default:
			r.State = Running
		}
		if again {
			return saveRoom(ctx, tx, r)
		}
		// What is open when the room ends is closed, so that nothing anonymous stays as it came in.
		var open []Item
		if err := tx.NewSelect().Model(&open).Where("room_id = ? AND phase = ?", r.ID, Open).OrderExpr("n").Scan(ctx); err != nil {
			return db.Err(err)
		}
		for n := range open {
			i := &open[n]
			if !i.Asks() {
				continue
			}
			if err := db.Lock(ctx, tx, itemLock(i.ID)); err != nil {
				return err
			}
			if i.Secret() {
				if err := shuffle(ctx, tx, i.ID); err != nil {
					return err
				}
			}
			if err := setPhase(ctx, tx, i, Closed); err != nil {
				return err
			}
		}
		return saveRoom(ctx, tx, r)
	})
}

// away says whether a driver's page was not heard of for so long that another may take over.
func (h *Host) away(now time.Time) bool { return h.SeenAt.IsZero() || now.Sub(h.SeenAt) > AwayAfter }

// Drive takes the wheel: where nobody has it, or where the driver's page is not heard of. Otherwise it is a Conflict.
func (s *Service) Drive(ctx context.Context, actor *account.Person, roomID string) error {
	return s.change(ctx, actor, roomID, "driver", false, func(ctx context.Context, tx bun.Tx, r *Room) error {
		d, err := driver(ctx, tx, roomID)
		if err != nil {
			return err
		}
		if d != nil && d.PersonID == actor.ID {
			return nil
		}
		if d != nil && !d.away(s.Now()) {
			return fault.New(fault.Conflict, "room.err.driven", "Name", d.Name)
		}
		return give(ctx, tx, roomID, actor.ID)
	})
}

// HandOver gives the wheel from the driver to another host.
func (s *Service) HandOver(ctx context.Context, actor *account.Person, roomID, to string) error {
	return s.change(ctx, actor, roomID, "driver", true, func(ctx context.Context, tx bun.Tx, _ *Room) error {
		is, err := tx.NewSelect().Model((*Host)(nil)).Where("room_id = ? AND person_id = ?", roomID, to).Exists(ctx)
		if err != nil {
			return db.Err(err)
		}
		if !is {
			return absent()
		}
		return give(ctx, tx, roomID, to)
	})
}

// AddHost lets another trainer of the site run the room too.
func (s *Service) AddHost(ctx context.Context, actor *account.Person, roomID, email string) error {
	wrong := fault.Fields{{Name: "email", Key: "room.err.trainer"}}.Err()
	who, err := s.accounts.ByEmail(ctx, email)
	if err != nil && !fault.Is(err, fault.NotFound) {
		return err
	}
	if err == nil && !who.Disabled() {
		who.Powers = who.Powers.At(s.Now())
	}
	return s.change(ctx, actor, roomID, "desk", false, func(ctx context.Context, tx bun.Tx, _ *Room) error {
		if who == nil || who.Disabled() || !who.CanSome(account.RoleTrainer) {
			return wrong
		}
		_, err := tx.NewInsert().Model(&Host{RoomID: roomID, PersonID: who.ID}).On("CONFLICT (room_id, person_id) DO NOTHING").Exec(ctx)
		return db.Err(err)
	})
}

// HostSeen notes that the driver's page is there. One that says that it is hidden is not expected to be heard of again:
// browsers hardly let it speak.
func (s *Service) HostSeen(ctx context.Context, actor *account.Person, roomID string, hidden bool) error {
	if err := mayHost(ctx, s.db, actor, roomID); err != nil {
		return err
	}
	at := bun.NullTime{Time: s.Now()}
	if hidden {
		at = bun.NullTime{}
	}
	_, err := s.db.NewUpdate().Model((*Host)(nil)).Set("seen_at = ?", at).
		Where("room_id = ? AND person_id = ? AND drives", roomID, actor.ID).Exec(ctx)
	return db.Err(err)
}

// SetEntry decides about what somebody wrote. Every host may.
func (s *Service) SetEntry(ctx context.Context, actor *account.Person, roomID, entryID, state string) error {
	if !slices.Contains([]string{Shown, Hidden, Answered}, state) {
		return fault.New(fault.Invalid, "error.invalid")
	}
	return s.change(ctx, actor, roomID, "entry", false, func(ctx context.Context, tx bun.Tx, _ *Room) error {
		r, err := tx.NewUpdate().Model((*Entry)(nil)).Set("state = ?", state).
			Where("id = ? AND item_id IN (SELECT id FROM room_item WHERE room_id = ?)", entryID, roomID).Exec(ctx)
		if err != nil {
			return db.Err(err)
		}
		if n, _ := r.RowsAffected(); n == 0 {
			return absent()
		}
		if state == Hidden {
			return nil
		}
		return takeOut(ctx, tx, entryID)
	})
}
