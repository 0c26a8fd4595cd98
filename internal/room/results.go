package room

import (
	"context"

	"github.com/uptrace/bun"

	"greenroom/internal/course"
	"greenroom/internal/db"
	"greenroom/internal/fault"
	"greenroom/internal/record"
	"greenroom/internal/workshop"
)

// Result is what one item brought, for somebody who was in the room.
type Result struct {
	Outcome         // with neither counts nor entries where they were never shown to all
	Mine    []int   // what they chose; of an anonymous item nothing
	Own     []Entry // what they wrote, whatever became of it
	Note    string  // of their group
}

// Results is what a participant takes away when a workshop is over: what was shown to all, and what they gave themselves.
type Results struct {
	*Room
	Me    *Participant
	All   []Result
	After *After
}

// After is where somebody goes on when a workshop is over.
type After struct {
	Next *course.Activity // the step to do next by themselves; nil when they have done all, or the course is gone
	Asks bool             // feedback is open to them
}

// Path is the address of the step.
func (a *After) Path(r *Room) string { return "/courses/" + r.CourseKey + "/" + a.Next.Key }

// Results reads them. NotFound for who was not in the room, a Conflict before it is over.
func (s *Service) Results(ctx context.Context, personID, code string) (*Results, error) {
	if code = Code(code); code == "" || personID == "" {
		return nil, absent()
	}
	r, me, err := inRoom(ctx, s.db, personID, code)
	if err != nil {
		return nil, err
	}
	if r.State != Ended {
		return nil, fault.New(fault.Conflict, "room.err.not_over")
	}
	out := &Results{Room: r, Me: me}
	items, err := itemsOf(ctx, s.db, r.ID)
	if err != nil {
		return nil, err
	}
	g, err := s.gather(ctx, r.ID, me.ID)
	if err != nil {
		return nil, err
	}
	if g.played, err = s.debriefs(ctx, items); err != nil {
		return nil, err
	}
	for n := range items {
		if x := g.result(&items[n]); x != nil {
			out.All = append(out.All, *x)
		}
	}
	out.After, err = s.after(ctx, r, me)
	return out, err
}

// gathered is all that was answered in a room, and what one participant gave.
type gathered struct {
	counts  []tally
	hands   []hand
	entries []Entry // that were shown or answered, questions by votes
	mine    []answer
	own     []Entry
	groups  []Group // theirs
	played  map[string]*Debrief
}

func (s *Service) gather(ctx context.Context, roomID, participantID string) (*gathered, error) {
	const within = "item_id IN (SELECT id FROM room_item WHERE room_id = ?)"
	g := new(gathered)
	for _, q := range []*bun.SelectQuery{
		s.db.NewSelect().Model(&g.counts).Where(within, roomID),
		s.db.NewSelect().Model(&g.entries).Where(within, roomID).Where("state IN (?)", bun.List([]string{Shown, Answered})).OrderExpr("votes DESC, id"),
		s.db.NewSelect().Model(&g.mine).Where(within, roomID).Where("participant_id = ?", participantID),
		s.db.NewSelect().Model(&g.own).Where(within, roomID).Where("participant_id = ?", participantID).OrderExpr("id"),
		s.db.NewSelect().Model(&g.groups).Where("id IN (SELECT group_id FROM room_member WHERE participant_id = ?)", participantID),
	} {
		if err := q.Scan(ctx); err != nil {
			return nil, db.Err(err)
		}
	}
	var err error
	g.hands, err = s.hands(ctx, roomID)
	return g, err
}

// result is what the item brought; nil when there is nothing to show.
func (g *gathered) result(i *Item) *Result {
	x := &Result{Outcome: Outcome{Item: i, Debrief: g.played[i.ID]}}
	if i.Phase == Revealed && i.Chosen() {
		x.Counts, x.Hand = countsOf(i, g.counts), handOf(i, g.hands)
	}
	if i.Phase == Revealed && i.Written() || i.Kind == workshop.QandA && i.Phase != Waiting {
		x.Entries = entriesOf(i, g.entries)
	}
	for _, a := range g.mine {
		if a.ItemID == i.ID {
			x.Mine = split(a.Choice)
		}
	}
	x.Own = entriesOf(i, g.own)
	for _, t := range g.groups {
		if t.ItemID == i.ID {
			x.Note = t.Note
			if x.Debrief != nil {
				x.Debrief.Mine = t.N
			}
		}
	}
	if x.Counts == nil && len(x.Entries)+len(x.Own) == 0 && (len(x.Mine) == 0 || i.Kind == workshop.CheckIn) && x.Note == "" && x.Debrief == nil {
		return nil
	}
	return x
}

// countsOf are an item's numbers by option.
func countsOf(i *Item, all []tally) []int {
	out := make([]int, i.options())
	for _, t := range all {
		if t.ItemID == i.ID && t.Choice >= 0 && t.Choice < len(out) {
			out[t.Choice] = t.N
		}
	}
	return out
}

func entriesOf(i *Item, all []Entry) (out []Entry) {
	for _, e := range all {
		if e.ItemID == i.ID {
			out = append(out, e)
		}
	}
	return out
}

// after is where a participant goes on: at the first step of the run sheet's module that they have not done, else of their
// course.
func (s *Service) after(ctx context.Context, r *Room, me *Participant) (*After, error) {
	out := new(After)
	var err error
	if out.Asks, err = s.asks(ctx, s.db, r, me); err != nil {
		return nil, err
	}
	_, e, p, err := s.records.Place(ctx, me.PersonID, r.CourseKey)
	if err != nil {
		return nil, err
	}
	var rev *course.Revision
	if e != nil {
		rev, err = s.courses.Revision(ctx, e.RevisionHash)
	} else {
		rev, err = s.courses.Current(ctx, r.CourseKey)
	}
	if fault.Is(err, fault.NotFound) { // the course is gone
		return out, nil
	}
	if err != nil {
		return nil, err
	}
	view := record.Look(rev, p)
	if m := moduleOf(rev, r.SheetKey); m != nil {
		for _, a := range m.Activities {
			if !view.IsDone(a.Key) {
				out.Next = a
				return out, nil
			}
		}
	}
	out.Next = view.Next(rev)
	return out, nil
}

// Mine are the rooms that somebody was in, the newest day first; the last hundred.
func (s *Service) Mine(ctx context.Context, personID string) ([]Room, error) {
	var all []Room
	err := s.db.NewSelect().Model(&all).Where("purpose = ?", Workshop).Where("id IN (SELECT room_id FROM room_participant WHERE person_id = ?)", personID).
		OrderExpr("day DESC, clock DESC, id DESC").Limit(100).Scan(ctx)
	return all, db.Err(err)
}
