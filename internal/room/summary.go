package room

import (
	"context"

	"github.com/uptrace/bun"

	"greenroom/internal/account"
	"greenroom/internal/db"
)

// Outcome is what came of one item.
type Outcome struct {
	*Item
	Hand    []int    // by option, as counted by hand; nil for none
	Counts  []int    // by option; nil while an anonymous item is open
	Entries []Entry  // what was shown or answered, questions by votes
	Debrief *Debrief // of a scenario that was played; else nil
}

// Summary is what was said and voted in a room, item by item, for its hosts.
type Summary struct {
	*View
	Outcomes []Outcome // of items that ask and were reached, or counted by hand
	Counted  []Outcome // that can be counted by hand
}

// Summary reads it: a handful of queries, however many items there are.
func (s *Service) Summary(ctx context.Context, actor *account.Person, roomID string) (*Summary, error) {
	v, err := s.Console(ctx, actor, roomID)
	if err != nil {
		return nil, err
	}
	const within = "item_id IN (SELECT id FROM room_item WHERE room_id = ?)"
	var counts []tally
	if err := s.db.NewSelect().Model(&counts).Where(within, roomID).Scan(ctx); err != nil {
		return nil, db.Err(err)
	}
	var entries []Entry
	err = s.db.NewSelect().Model(&entries).Where(within, roomID).Where("state IN (?)", bun.List([]string{Shown, Answered})).OrderExpr("votes DESC, id").Scan(ctx)
	if err != nil {
		return nil, db.Err(err)
	}
	byHand, err := s.hands(ctx, roomID)
	if err != nil {
		return nil, err
	}
	played, err := s.debriefs(ctx, v.Items)
	if err != nil {
		return nil, err
	}
	out := &Summary{View: v}
	for n := range v.Items {
		i := &v.Items[n]
		o := Outcome{Item: i, Hand: handOf(i, byHand), Debrief: played[i.ID]}
		if i.Counted() {
			out.Counted = append(out.Counted, o)
		}
		if o.Debrief == nil && (!i.Asks() || i.Phase == Waiting && o.Hand == nil) {
			continue
		}
		if i.Chosen() && (!i.Secret() || i.Phase != Open) {
			o.Counts = countsOf(i, counts)
		}
		o.Entries = entriesOf(i, entries)
		out.Outcomes = append(out.Outcomes, o)
	}
	return out, nil
}
