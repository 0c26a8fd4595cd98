package room

import (
	"context"
	"strconv"
	"strings"

	"github.com/uptrace/bun"

	"greenroom/internal/account"
	"greenroom/internal/audit"
	"greenroom/internal/db"
	"greenroom/internal/fault"
	"greenroom/internal/workshop"
)

// MaxHand is the most that may be counted by hand for one option.
const MaxHand = 5000

// hand is how many chose an option as a trainer counted them: hands that were raised, or ticks on the printed sheet. It stands
// beside what the phones said and is never mixed with it.
type hand struct {
	bun.BaseModel `bun:"table:room_hand,alias:room_hand"`

	ItemID string `bun:",pk"`
	Choice int    `bun:",pk"`
	N      int
}

// Counted says whether an item can be counted by hand: polls, scales and questions that are answered by choosing.
func (i *Item) Counted() bool { return i.Chosen() && i.Kind != workshop.CheckIn && !i.Played() }

// SetHand notes what was counted by hand, a number for each option in their order, "" for none; all empty takes the counts
// back. Every host may, also when the room is over; a Conflict while the item takes answers. Fields are "hand-0" and so on.
func (s *Service) SetHand(ctx context.Context, actor *account.Person, roomID, itemID string, typed []string) error {
	return s.change(ctx, actor, roomID, "desk", false, func(ctx context.Context, tx bun.Tx, r *Room) error {
		i, err := itemOf(ctx, tx, r.ID, itemID)
		if err != nil {
			return err
		}
		if !i.Counted() {
			return absent()
		}
		if i.Phase == Open && r.State == Running {
			return fault.New(fault.Conflict, "room.err.hand_open")
		}
		rows, err := handRows(i, typed)
		if err != nil {
			return err
		}
		if _, err := tx.NewDelete().Model((*hand)(nil)).Where("item_id = ?", i.ID).Exec(ctx); err != nil {
			return db.Err(err)
		}
		if len(rows) > 0 {
			if _, err := tx.NewInsert().Model(&rows).Exec(ctx); err != nil {
				return db.Err(err)
			}
		}
		return note(ctx, tx, r, audit.Entry{At: s.Now(), ActorID: actor.ID, ActorName: actor.Name, Action: "room.counted", DeliveryID: r.CohortID, Subject: r.Title + ": " + i.Title})
	})
}

func handRows(i *Item, typed []string) ([]hand, error) {
	var f fault.Fields
	var rows []hand
	for n := range i.options() {
		text := ""
		if n < len(typed) {
			text = strings.TrimSpace(typed[n])
		}
		if text == "" {
			continue
		}
		k, err := strconv.Atoi(text)
		if err != nil || k < 0 || k > MaxHand {
			f.Add("hand-"+strconv.Itoa(n), "room.err.hand", "Max", MaxHand)
			continue
		}
		if k > 0 {
			rows = append(rows, hand{ItemID: i.ID, Choice: n, N: k})
		}
	}
	return rows, f.Err()
}

// hands reads what was counted by hand in a room.
func (s *Service) hands(ctx context.Context, roomID string) (all []hand, err error) {
	err = s.db.NewSelect().Model(&all).Where("item_id IN (SELECT id FROM room_item WHERE room_id = ?)", roomID).Scan(ctx)
	return all, db.Err(err)
}

// handOf are an item's counts by hand, by option; nil for none.
func handOf(i *Item, all []hand) (out []int) {
	for _, h := range all {
		if h.ItemID == i.ID && i.Counted() && h.Choice < i.options() {
			if out == nil {
				out = make([]int, i.options())
			}
			out[h.Choice] = h.N
		}
	}
	return out
}
