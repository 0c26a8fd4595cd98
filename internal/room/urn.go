package room

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"greenroom/internal/db"
	"greenroom/internal/fault"
	"greenroom/internal/id"
)

// ballot is one answer that has arrived. Answers to an item that arrive while others are being written are counted together
// (see package gather).
type ballot struct {
	who      *Participant
	clientID string
	round    int // of a scenario: the vote that the page showed
	choice   []int
}

const (
	urnAtOnce = 200             // ballots in one transaction
	urnTime   = 8 * time.Second // that a transaction may take, so that pages hear before they give up
)

// Answer takes a participant's choice. A second one replaces the first; of an anonymous item the first counts. What arrives
// twice under one client id counts once. round is Content.Round as the page showed it: an answer to a vote that is over does not
// count in the next.
func (s *Service) Answer(ctx context.Context, personID, code, itemID, clientID string, round int, choice []int) error {
	_, p, err := inRoom(ctx, s.db, personID, code)
	if err != nil {
		return fmt.Errorf("answer in the room: %w", err)
	}
	if !id.Valid(clientID) || !id.Valid(itemID) {
		return fault.New(fault.Invalid, "error.invalid")
	}
	if err := s.urns.Do(ctx, itemID, &ballot{who: p, clientID: clientID, round: round, choice: choice}); err != nil {
		return fmt.Errorf("answer in the room: %w", err)
	}
	return nil
}

// tallyUp counts ballots in one transaction and returns for each what became of it.
func (s *Service) tallyUp(ctx context.Context, itemID string, all []*ballot) (became []error, err error) {
	err = db.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		became = make([]error, len(all))
		if err := db.Lock(ctx, tx, itemLock(itemID)); err != nil {
			return err
		}
		i := new(Item)
		if err := db.Err(tx.NewSelect().Model(i).Where("id = ?", itemID).Scan(ctx)); err != nil {
			return err
		}
		r, err := byID(ctx, tx, i.RoomID)
		if err != nil {
			return err
		}
		counts, err := s.sift(ctx, tx, r, i, all, became)
		if err != nil || len(counts) == 0 {
			return err
		}
		if err := add(ctx, tx, i, counts); err != nil {
			return err
		}
		return s.tell(ctx, tx, DeskOf(r.ID), "answer")
	})
	return became, err
}

// sift says in became what is wrong with ballots, notes the others as arrived, and returns those that arrived for the first
// time. Of an anonymous item nothing is kept that came with the answer.
func (s *Service) sift(ctx context.Context, tx bun.IDB, r *Room, i *Item, all []*ballot, became []error) ([]*ballot, error) {
	there, err := arrivedBefore(ctx, tx, i, all)
	if err != nil {
		return nil, err
	}
	var fresh []*ballot
	var notes []sent
	for n, b := range all {
		key := sent{ParticipantID: b.who.ID, ClientID: b.clientID}
		if b.who.RoomID != r.ID {
			became[n] = absent()
			continue
		}
		if there[key] {
			continue
		}
		if r.State != Running || r.ItemID != i.ID || i.Phase != Open || b.round != i.Content.Round {
			became[n] = fault.New(fault.Conflict, "room.err.closed")
			continue
		}
		if b.choice, became[n] = i.check(b.choice); became[n] != nil {
			continue
		}
		fresh = append(fresh, b)
		if !i.Content.Anonymous {
			there[key] = true
			notes = append(notes, key)
		}
	}
	if len(notes) > 0 {
		_, err = tx.NewInsert().Model(&notes).Exec(ctx)
	}
	return fresh, db.Err(err)
}

// arrivedBefore are the forms that had arrived.
func arrivedBefore(ctx context.Context, tx bun.IDB, i *Item, all []*ballot) (map[sent]bool, error) {
	out := map[sent]bool{}
	if i.Content.Anonymous {
		return out, nil
	}
	forms := make([]string, len(all))
	for n, b := range all {
		forms[n] = b.clientID
	}
	var before []sent
	err := tx.NewSelect().Model(&before).Where("participant_id IN (?)", bun.List(voters(all))).Where("client_id IN (?)", bun.List(forms)).Scan(ctx)
	for _, x := range before {
		out[x] = true
	}
	return out, db.Err(err)
}

func voters(all []*ballot) []string {
	out := make([]string, len(all))
	for n, b := range all {
		out[n] = b.who.ID
	}
	return out
}

// add counts ballots, in their order.
func add(ctx context.Context, tx bun.IDB, i *Item, all []*ballot) error {
	var old []answer
	if err := tx.NewSelect().Model(&old).Where("item_id = ?", i.ID).Where("participant_id IN (?)", bun.List(voters(all))).Scan(ctx); err != nil {
		return db.Err(err)
	}
	is := map[string]answer{} // as it stands, by participant
	for _, a := range old {
		is[a.ParticipantID] = a
	}
	by, n, changed := map[int]int{}, 0, map[string]bool{}
	for _, b := range all {
		a, before := is[b.who.ID]
		if before && i.Content.Anonymous {
			continue // it is counted
		}
		if !before {
			n++
		}
		for _, c := range split(a.Choice) {
			by[c]--
		}
		for _, c := range b.choice {
			by[c]++
		}
		a = answer{ItemID: i.ID, ParticipantID: b.who.ID}
		if !i.Content.Anonymous {
			a.Choice = join(b.choice)
		}
		is[b.who.ID], changed[b.who.ID] = a, true
	}
	var rows []answer
	for who := range changed {
		rows = append(rows, is[who])
	}
	if len(rows) == 0 {
		return nil
	}
	_, err := tx.NewInsert().Model(&rows).On("CONFLICT (item_id, participant_id) DO UPDATE").Set("choice = EXCLUDED.choice").Exec(ctx)
	if err != nil {
		return db.Err(err)
	}
	if n > 0 {
		if _, err := tx.NewUpdate().Model(i).Set("answers = answers + ?", n).WherePK().Exec(ctx); err != nil {
			return db.Err(err)
		}
	}
	return tallied(ctx, tx, i.ID, by)
}

// tallied adds to the numbers of the options.
func tallied(ctx context.Context, tx bun.IDB, itemID string, by map[int]int) error {
	var rows []tally
	for c, n := range by {
		if n != 0 {
			rows = append(rows, tally{ItemID: itemID, Choice: c, N: n})
		}
	}
	if len(rows) == 0 {
		return nil
	}
	slices.SortFunc(rows, func(a, b tally) int { return a.Choice - b.Choice })
	_, err := tx.NewInsert().Model(&rows).On("CONFLICT (item_id, choice) DO UPDATE").Set("n = room_tally.n + EXCLUDED.n").Exec(ctx)
	return db.Err(err)
}
