package room

import (
	"context"
	"slices"

	"github.com/uptrace/bun"

	"greenroom/internal/account"
	"greenroom/internal/db"
	"greenroom/internal/fault"
	"greenroom/internal/workshop"
)

// Joins says whether entries of the item can be joined: those of a wall, and questions.
func (i *Item) Joins() bool { return i.Kind == workshop.Wall || i.Kind == workshop.QandA }

// fewestJoined is the fewest entries that can be joined.
const fewestJoined = 2

// JoinEntries makes one of entries that say the same: the first stays, shown where one of them was; the others are shown no
// more, and it says how many they are. Votes of a question are added, each person's once. Every host may. Showing one of the
// others again takes it out; the votes stay where they are.
func (s *Service) JoinEntries(ctx context.Context, actor *account.Person, roomID string, entryIDs []string) error {
	if len(entryIDs) < fewestJoined {
		return fault.Fields{{Name: "join", Key: "room.err.join"}}.Err()
	}
	return s.change(ctx, actor, roomID, "entry", false, func(ctx context.Context, tx bun.Tx, r *Room) error {
		for _, e := range slices.Sorted(slices.Values(entryIDs)) { // as Vote does
			if err := db.Lock(ctx, tx, "room-entry:"+e); err != nil {
				return err
			}
		}
		var all []Entry
		err := tx.NewSelect().Model(&all).Where("id IN (?)", bun.List(entryIDs)).Where("item_id IN (SELECT id FROM room_item WHERE room_id = ?)", r.ID).Scan(ctx)
		if err != nil {
			return db.Err(err)
		}
		slices.SortFunc(all, func(a, b Entry) int { return slices.Index(entryIDs, a.ID) - slices.Index(entryIDs, b.ID) })
		if len(all) < fewestJoined || slices.ContainsFunc(all, func(e Entry) bool { return e.ItemID != all[0].ItemID || e.IntoID != "" }) {
			return fault.Fields{{Name: "join", Key: "room.err.join"}}.Err()
		}
		i, err := itemOf(ctx, tx, r.ID, all[0].ItemID)
		if err != nil {
			return err
		}
		if !i.Joins() {
			return fault.New(fault.Invalid, "error.invalid")
		}
		return joinInto(ctx, tx, &all[0], all[1:])
	})
}

func joinInto(ctx context.Context, tx bun.IDB, to *Entry, others []Entry) error {
	var ids []string
	for _, e := range others {
		ids = append(ids, e.ID)
		if e.State == Shown && to.State != Answered {
			to.State = Shown
		}
	}
	var votes []vote
	err := tx.NewSelect().Model(&votes).Where("entry_id IN (?)", bun.List(append(ids, to.ID))).Scan(ctx)
	if err != nil {
		return db.Err(err)
	}
	whose := map[string]bool{}
	for _, v := range votes {
		whose[v.ParticipantID] = true
	}
	if _, err := tx.NewDelete().Model((*vote)(nil)).Where("entry_id IN (?)", bun.List(append(ids, to.ID))).Exec(ctx); err != nil {
		return db.Err(err)
	}
	var kept []vote
	for who := range whose {
		kept = append(kept, vote{EntryID: to.ID, ParticipantID: who})
	}
	if len(kept) > 0 {
		if _, err := tx.NewInsert().Model(&kept).Exec(ctx); err != nil {
			return db.Err(err)
		}
	}
	_, err = tx.NewUpdate().Model((*Entry)(nil)).Set("state = ?, votes = 0, joined = 0, into_id = ?", Hidden, to.ID).Where("id IN (?) OR into_id IN (?)", bun.List(ids), bun.List(ids)).Exec(ctx)
	if err != nil {
		return db.Err(err)
	}
	if _, err := tx.NewUpdate().Model(to).Set("state = ?, votes = ?", to.State, len(kept)).WherePK().Exec(ctx); err != nil {
		return db.Err(err)
	}
	return recount(ctx, tx, to.ID)
}

// recount notes how many entries are joined into one.
func recount(ctx context.Context, tx bun.IDB, entryID string) error {
	n, err := tx.NewSelect().Model((*Entry)(nil)).Where("into_id = ?", entryID).Count(ctx)
	if err != nil {
		return db.Err(err)
	}
	_, err = tx.NewUpdate().Model((*Entry)(nil)).Set("joined = ?", int(n)).Where("id = ?", entryID).Exec(ctx)
	return db.Err(err)
}

// takeOut takes an entry out of the one that it was joined into, when it is shown again.
func takeOut(ctx context.Context, tx bun.IDB, entryID string) error {
	e := new(Entry)
	if err := db.Err(tx.NewSelect().Model(e).Where("id = ?", entryID).Scan(ctx)); err != nil || e.IntoID == "" {
		return err
	}
	if _, err := tx.NewUpdate().Model(e).Set("into_id = ''").WherePK().Exec(ctx); err != nil {
		return db.Err(err)
	}
	return recount(ctx, tx, e.IntoID)
}
