package room

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/uptrace/bun"

	"greenroom/internal/account"
	"greenroom/internal/db"
	"greenroom/internal/fault"
	"greenroom/internal/id"
	"greenroom/internal/workshop"
)

func itemLock(itemID string) string { return "room-item:" + itemID }

// opensItself says whether an item that asks takes answers as soon as it is reached.
func (i *Item) opensItself() bool { return i.Kind == workshop.CheckIn || i.Kind == workshop.QandA }

// CheckName says what has to be mended about the name that somebody comes in with; field "name".
func (r *Room) CheckName(name string) error {
	var f fault.Fields
	switch n := utf8.RuneCountInString(line(name)); {
	case n == 0 && !r.Nameless:
		f.Add("name", "room.err.name")
	case n > MaxName:
		f.Add("name", "room.err.long", "Max", MaxName)
	}
	return f.Err()
}

// Join lets somebody into the room, or gives them another name there.
func (s *Service) Join(ctx context.Context, who *account.Person, code, name string) error {
	err := db.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		r, err := byCode(ctx, tx, code)
		if err != nil {
			return err
		}
		if err := r.CheckName(name); err != nil {
			return err
		}
		if r.State == Ended {
			return fault.New(fault.Conflict, "room.err.ended")
		}
		if r.Off() {
			return fault.New(fault.Conflict, "room.err.off")
		}
		if err := db.Lock(ctx, tx, lockName(r.ID)); err != nil {
			return err
		}
		n, err := tx.NewSelect().Model((*Participant)(nil)).Where("room_id = ? AND person_id <> ?", r.ID, who.ID).Count(ctx)
		if err != nil {
			return db.Err(err)
		}
		if n >= MaxPeople {
			return fault.New(fault.Conflict, "room.err.full", "Max", MaxPeople)
		}
		p := &Participant{ID: newID(), RoomID: r.ID, PersonID: who.ID, Name: line(name), JoinedAt: s.Now(), SeenAt: s.Now(), How: ByPage}
		_, err = tx.NewInsert().Model(p).On("CONFLICT (room_id, person_id) DO UPDATE").Set("name = EXCLUDED.name").Exec(ctx)
		if err != nil {
			return db.Err(err)
		}
		if _, p, err = inRoom(ctx, tx, who.ID, r.Code); err != nil { // they may have been here before
			return err
		}
		if err := s.placeLate(ctx, tx, p); err != nil {
			return err
		}
		if err := s.heard(ctx, tx, []Participant{*p}, ByPage); err != nil {
			return err
		}
		return s.tell(ctx, tx, DeskOf(r.ID), "people")
	})
	if err != nil {
		return fmt.Errorf("join the room: %w", err)
	}
	return nil
}

// take runs fn for a participant on an item that takes answers. What arrives twice under one client id counts once.
func (s *Service) take(ctx context.Context, personID, code, itemID, clientID, kind string, fn func(ctx context.Context, tx bun.Tx, p *Participant, i *Item) error) error {
	err := db.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		if err := db.Lock(ctx, tx, itemLock(itemID)); err != nil {
			return err
		}
		r, p, err := inRoom(ctx, tx, personID, code)
		if err != nil {
			return err
		}
		if !id.Valid(clientID) || !id.Valid(itemID) {
			return fault.New(fault.Invalid, "error.invalid")
		}
		i, err := itemOf(ctx, tx, r.ID, itemID)
		if err != nil {
			return err
		}
		if !i.Content.Anonymous { // of an anonymous item nothing is kept that came with the answer
			again, err := arrived(ctx, tx, p.ID, clientID)
			if err != nil || again {
				return err
			}
		}
		if r.State != Running || r.ItemID != i.ID || i.Phase != Open {
			return fault.New(fault.Conflict, "room.err.closed")
		}
		if err := fn(ctx, tx, p, i); err != nil {
			return err
		}
		return s.tell(ctx, tx, DeskOf(r.ID), kind)
	})
	if err != nil {
		return fmt.Errorf("answer in the room: %w", err)
	}
	return nil
}

// check returns a choice sorted, or what has to be mended; field "choice".
func (i *Item) check(choice []int) ([]int, error) {
	chosen := slices.Compact(slices.Sorted(slices.Values(choice)))
	switch {
	case !i.Chosen() || len(chosen) == 0:
		return nil, fault.Fields{{Name: "choice", Key: "room.err.choose"}}.Err()
	case chosen[0] < 0 || chosen[len(chosen)-1] >= i.options() || len(chosen) > 1 && !i.Content.Several:
		return nil, fault.Fields{{Name: "choice", Key: "room.err.choose"}}.Err()
	}
	return chosen, nil
}

func join(chosen []int) string {
	out := make([]string, len(chosen))
	for n, c := range chosen {
		out[n] = strconv.Itoa(c)
	}
	return strings.Join(out, ",")
}

func split(choice string) []int {
	var out []int
	for part := range strings.SplitSeq(choice, ",") {
		if n, err := strconv.Atoi(part); err == nil {
			out = append(out, n)
		}
	}
	return out
}

// Write takes what a participant wrote. Words of a cloud are there at once and can be hidden; all else waits for a host.
func (s *Service) Write(ctx context.Context, personID, code, itemID, clientID, body string) error {
	return s.take(ctx, personID, code, itemID, clientID, "entry", func(ctx context.Context, tx bun.Tx, p *Participant, i *Item) error {
		body = line(body)
		var f fault.Fields
		switch n := utf8.RuneCountInString(body); {
		case !i.Written():
			return fault.New(fault.Invalid, "error.invalid")
		case n == 0:
			f.Add("body", "room.err.write")
		case n > i.MaxChars():
			f.Add("body", "room.err.long", "Max", i.MaxChars())
		}
		if err := f.Err(); err != nil {
			return err
		}
		n, err := tx.NewSelect().Model((*Entry)(nil)).Where("item_id = ? AND participant_id = ?", i.ID, p.ID).Count(ctx)
		if err != nil {
			return db.Err(err)
		}
		if int(n) >= i.Entries() {
			return fault.Fields{{Name: "body", Key: "room.err.enough", Args: []any{"Max", i.Entries()}}}.Err()
		}
		e := &Entry{ID: newID(), ItemID: i.ID, ParticipantID: p.ID, Body: body, State: Pending}
		if i.Kind == workshop.Cloud {
			e.State = Shown
		}
		if _, err := tx.NewInsert().Model(e).Exec(ctx); err != nil {
			return db.Err(err)
		}
		if n == 0 {
			_, err = tx.NewUpdate().Model(i).Set("answers = answers + 1").WherePK().Exec(ctx)
		}
		return db.Err(err)
	})
}

// Vote adds a participant's vote to a question that is shown, or takes it back. Each has one for each question.
func (s *Service) Vote(ctx context.Context, personID, code, entryID string, on bool) error {
	err := db.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		r, p, err := inRoom(ctx, tx, personID, code)
		if err != nil {
			return err
		}
		if err := db.Lock(ctx, tx, "room-entry:"+entryID); err != nil {
			return err
		}
		e := new(Entry)
		if err := db.Err(tx.NewSelect().Model(e).Where("id = ?", entryID).Scan(ctx)); err != nil {
			return err
		}
		i, err := itemOf(ctx, tx, r.ID, e.ItemID)
		if err != nil {
			return err
		}
		if i.Kind != workshop.QandA || e.State != Shown {
			return absent()
		}
		if r.State != Running || r.ItemID != i.ID || i.Phase != Open {
			return fault.New(fault.Conflict, "room.err.closed")
		}
		v := &vote{EntryID: e.ID, ParticipantID: p.ID}
		there, err := tx.NewSelect().Model(v).WherePK().Exists(ctx)
		if err != nil || there == on {
			return db.Err(err)
		}
		if on {
			_, err = tx.NewInsert().Model(v).Exec(ctx)
			e.Votes++
		} else {
			_, err = tx.NewDelete().Model(v).WherePK().Exec(ctx)
			e.Votes--
		}
		if err != nil {
			return db.Err(err)
		}
		if _, err := tx.NewUpdate().Model(e).Column("votes").WherePK().Exec(ctx); err != nil {
			return db.Err(err)
		}
		db.AfterCommit(ctx, func() { s.voted(r.ID) })
		return s.tell(ctx, tx, DeskOf(r.ID), "vote")
	})
	if err != nil {
		return fmt.Errorf("vote in the room: %w", err)
	}
	return nil
}

// Claim makes a guest's rooms those of a person. Where both were in one room, the person's own stay, with the times of both.
// Attendance that was entered before counts for the person from then on. It is an account.Claimer.
func (s *Service) Claim(ctx context.Context, tx bun.IDB, from, to string) error {
	_, err := tx.NewUpdate().Model((*Participant)(nil)).Set("person_id = ?", to).
		Where("person_id = ? AND room_id NOT IN (SELECT room_id FROM room_participant WHERE person_id = ?)", from, to).Exec(ctx)
	if err != nil {
		return db.Err(err)
	}
	// What remains are rooms in which both were: the times of both are the person's.
	_, err = tx.NewUpdate().Model((*Span)(nil)).Set("participant_id = (SELECT m.id FROM room_participant AS m JOIN room_participant AS g ON g.room_id = m.room_id "+
		"WHERE m.person_id = ? AND g.id = room_span.participant_id)", to).
		Where("participant_id IN (SELECT id FROM room_participant WHERE person_id = ?)", from).Exec(ctx)
	if err != nil {
		return db.Err(err)
	}
	return s.claimed(ctx, tx, to)
}

// Been counts the workshops that somebody was in, for the question whether a device's work is theirs.
func (s *Service) Been(ctx context.Context, personID string) (n int, last time.Time, err error) {
	var latest []Participant
	all, err := s.db.NewSelect().Model(&latest).Where("person_id = ?", personID).Where("room_id IN (SELECT id FROM room WHERE purpose = ?)", Workshop).OrderExpr("seen_at DESC").Limit(1).ScanAndCount(ctx)
	if err == nil && len(latest) > 0 {
		last = latest[0].SeenAt
	}
	return int(all), last, db.Err(err)
}
