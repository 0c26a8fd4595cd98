package room

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"

	"github.com/uptrace/bun"

	"greenroom/internal/account"
	"greenroom/internal/course"
	"greenroom/internal/db"
	"greenroom/internal/fault"
	"greenroom/internal/scenario"
	"greenroom/internal/workshop"
)

// How a room plays a scenario.
const (
	ByVote   = workshop.ByVote   // all vote, the trainer plays what was chosen
	ByTables = workshop.ByTables // each group plays its own way, from one seed
)

// move is a line of a story's log: all that is kept of it. The seed is the item's.
type move struct {
	bun.BaseModel `bun:"table:room_move,alias:room_move"`

	ItemID  string `bun:",pk"`
	GroupID string `bun:",pk"` // "" the whole room
	N       int    `bun:",pk"` // from 1
	Kind    string
	Passage string
	Choice  string
	Points  int
	Counts  string // as join writes them
}

// Played says whether the item is a scenario that the room plays. Rooms that were set up before rooms could only have its
// title.
func (i *Item) Played() bool { return i.Kind == workshop.Scenario && i.Content.Revision != "" }

// Voted says whether the room plays a scenario by vote.
func (i *Item) Voted() bool { return i.Played() && i.Content.By != ByTables }

// Tabled says whether the tables play a scenario.
func (i *Item) Tabled() bool { return i.Played() && i.Content.By == ByTables }

// rewind brings a copied scenario to its beginning, with chances of its own.
func (i *Item) rewind() {
	if i.Played() {
		i.Content.Options, i.Content.Round, i.Content.Look, i.Content.Seed = nil, 0, 0, rand.Int64()
	}
}

// Secret says whether nobody is to learn who gave which answer. The numbers of such an item are read by nobody while it is
// open, and once it is closed no row has anybody's choice.
func (i *Item) Secret() bool { return i.Content.Anonymous || i.Played() }

// Told is a story as far as a room, or one of its tables, has played it.
type Told struct {
	*scenario.Story
	Group *Group        // nil: the whole room
	Votes map[int][]int // by the number of a moment: how many voted for each choice on offer
	Log   int           // how many moves were made, messages included: a form says what its page had seen
}

// scenario is what an item plays. Within a transaction that is tx, else the database.
func (s *Service) scenario(ctx context.Context, tx bun.IDB, i *Item) (*scenario.Scenario, error) {
	read := s.courses.Revision
	if tx != bun.IDB(s.db) {
		read = func(ctx context.Context, hash string) (*course.Revision, error) {
			return s.courses.RevisionTx(ctx, tx, hash)
		}
	}
	rev, err := read(ctx, i.Content.Revision)
	if err != nil {
		return nil, fmt.Errorf("scenario of item %s: %w", i.ID, err)
	}
	if a := rev.Activity(i.Content.Activity); a != nil {
		if c, is := a.Content().(*scenario.Scenario); is {
			return c, nil
		}
	}
	return nil, fmt.Errorf("item %s: its revision has no scenario %q", i.ID, i.Content.Activity)
}

// told reads what a group has played of an item; nil is the whole room.
func (s *Service) told(ctx context.Context, tx bun.IDB, i *Item, g *Group) (*Told, error) {
	t := &Told{Group: g}
	all, err := s.retell(ctx, tx, i, []*Told{t}, func(q *bun.SelectQuery) *bun.SelectQuery { return q.Where("group_id = ?", t.groupID()) })
	if err != nil {
		return nil, err
	}
	return all[0], nil
}

// tables reads what all tables have played, by their numbers; none before the groups are made.
func (s *Service) tables(ctx context.Context, tx bun.IDB, i *Item, b *Breakout) ([]*Told, error) {
	if b == nil {
		return nil, nil
	}
	out := make([]*Told, len(b.Groups))
	for n, g := range b.Groups {
		out[n] = &Told{Group: g}
	}
	return s.retell(ctx, tx, i, out, func(q *bun.SelectQuery) *bun.SelectQuery { return q })
}

// played reads all that is played of an item: the room's story, or those of its tables.
func (s *Service) played(ctx context.Context, tx bun.IDB, i *Item) ([]*Told, error) {
	if i.Voted() {
		t, err := s.told(ctx, tx, i, nil)
		return []*Told{t}, err
	}
	b, err := breakout(ctx, tx, i.RoomID, i.ID)
	if err != nil {
		return nil, err
	}
	return s.tables(ctx, tx, i, b)
}

// retell plays the moves of groups again, which without moves stand at the beginning.
func (s *Service) retell(ctx context.Context, tx bun.IDB, i *Item, groups []*Told, which func(*bun.SelectQuery) *bun.SelectQuery) ([]*Told, error) {
	c, err := s.scenario(ctx, tx, i)
	if err != nil {
		return nil, err
	}
	var all []move
	if err := which(tx.NewSelect().Model(&all).Where("item_id = ?", i.ID)).OrderExpr("n").Scan(ctx); err != nil {
		return nil, db.Err(err)
	}
	of := map[string][]move{}
	for _, m := range all {
		of[m.GroupID] = append(of[m.GroupID], m)
	}
	for _, t := range groups {
		if err := t.replay(c, i.Content.Seed, of[t.groupID()]); err != nil {
			return nil, fmt.Errorf("story of item %s: %w", i.ID, err)
		}
	}
	return groups, nil
}

// replay plays moves again.
func (t *Told) replay(c *scenario.Scenario, seed int64, log []move) error {
	moves := make([]scenario.Move, len(log))
	for n, m := range log {
		moves[n] = m.made()
	}
	story, err := c.ReplayLed(seed, moves)
	if err != nil {
		return err
	}
	t.Story, t.Votes, t.Log = story, map[int][]int{}, len(log)
	left := 0 // moments that were left by a move, in the order of those moves
	for _, m := range log {
		if m.Kind == scenario.Delivered {
			continue
		}
		for story.Moments[left].Move == nil {
			left++
		}
		if m.Counts != "" {
			t.Votes[story.Moments[left].Number] = split(m.Counts)
		}
		left++
	}
	return nil
}

func (m *move) made() scenario.Move {
	return scenario.Move{Kind: m.Kind, At: m.Passage, Choice: m.Choice, Points: m.Points}
}

// Step is a move as a form has it: made at the passage at which the page's story stood.
type Step struct {
	Seen   int            // moves that the page knew of
	Kind   string         // of scenario's moves
	Choice string         // of Chose
	Marks  map[string]int // of Replied: levels by criterion
}

// step makes a move in a story and keeps it. What the page had not seen is a Conflict; the same press again changes nothing.
func (s *Service) step(ctx context.Context, tx bun.IDB, i *Item, t *Told, x Step, counts []int) (moved bool, err error) {
	goneOn := fault.New(fault.Conflict, "room.err.gone_on")
	if x.Seen < 0 || x.Seen > t.Log {
		return false, fault.New(fault.Invalid, "error.invalid")
	}
	if x.Seen < t.Log {
		done := new(move)
		err := tx.NewSelect().Model(done).Where("item_id = ? AND group_id = ? AND n = ?", i.ID, t.groupID(), x.Seen+1).Scan(ctx)
		if err != nil {
			return false, db.Err(err)
		}
		if done.Kind == x.Kind && done.Choice == x.Choice {
			return false, nil
		}
		return false, goneOn
	}
	p := t.Now().Passage
	m := move{ItemID: i.ID, GroupID: t.groupID(), N: t.Log + 1, Kind: x.Kind, Passage: p.Key, Choice: x.Choice}
	if x.Kind == scenario.Replied {
		var f fault.Fields
		for _, c := range p.Rubric {
			level, given := x.Marks[c.ID]
			if !given || level < 0 || level >= len(c.Levels) {
				f.Add("mark-"+c.ID, "room.err.mark", "Criterion", c.Label.Value)
			}
			m.Points += level
		}
		if err := f.Err(); err != nil {
			return false, err
		}
	}
	if len(counts) > 0 && x.Kind == scenario.Chose {
		m.Counts = join(counts)
	}
	switch err := t.Do(m.made()); {
	case errors.Is(err, scenario.ErrNoChoice):
		return false, fault.Fields{{Name: "choice", Key: "room.err.choose"}}.Err()
	case err != nil:
		return false, goneOn
	}
	_, err = tx.NewInsert().Model(&m).Exec(ctx)
	t.Log++
	return err == nil, db.Err(err)
}

func (t *Told) groupID() string {
	if t.Group == nil {
		return ""
	}
	return t.Group.ID
}

// stand brings an item to where its story stands: at a decision a new vote is open.
func stand(ctx context.Context, tx bun.IDB, i *Item, t *Told) error {
	i.Content.Round++
	i.Content.Options, i.Phase, i.Answers = nil, Waiting, 0
	for _, c := range t.Now().Offered {
		i.Content.Options = append(i.Content.Options, c.Text.Value)
		i.Phase = Open
	}
	for _, m := range []any{(*answer)(nil), (*tally)(nil)} {
		if _, err := tx.NewDelete().Model(m).Where("item_id = ?", i.ID).Exec(ctx); err != nil {
			return db.Err(err)
		}
	}
	_, err := tx.NewUpdate().Model(i).Column("content", "phase", "answers").WherePK().Exec(ctx)
	return db.Err(err)
}

// inStory runs fn for the driver on the current item, a scenario.
func (s *Service) inStory(ctx context.Context, actor *account.Person, roomID, itemID string, fn func(ctx context.Context, tx bun.Tx, i *Item) error) error {
	return s.change(ctx, actor, roomID, "story", true, func(ctx context.Context, tx bun.Tx, r *Room) error {
		if err := db.Lock(ctx, tx, itemLock(itemID)); err != nil { // no vote is being counted
			return err
		}
		i, err := itemOf(ctx, tx, r.ID, itemID)
		if err != nil {
			return err
		}
		if !i.Played() {
			return absent()
		}
		if r.State != Running || r.ItemID != i.ID {
			return fault.New(fault.Conflict, "room.err.gone_on")
		}
		return fn(ctx, tx, i)
	})
}

// Play makes a move for the whole room. A choice is played once its vote is closed; which one is the driver's to say, so a
// tie is theirs to break. Fields are "choice", and "mark-" with a criterion's id.
func (s *Service) Play(ctx context.Context, actor *account.Person, roomID, itemID string, x Step) error {
	return s.inStory(ctx, actor, roomID, itemID, func(ctx context.Context, tx bun.Tx, i *Item) error {
		if !i.Voted() || x.Kind == scenario.Back || x.Kind == scenario.Delivered {
			return absent()
		}
		t, err := s.told(ctx, tx, i, nil)
		if err != nil {
			return err
		}
		var counts []int
		if x.Seen == t.Log && i.Asks() {
			if i.Phase == Open {
				return fault.New(fault.Conflict, "room.err.vote_open")
			}
			var all []tally
			if err := tx.NewSelect().Model(&all).Where("item_id = ?", i.ID).Scan(ctx); err != nil {
				return db.Err(err)
			}
			if i.Answers > 0 {
				counts = countsOf(i, all)
			}
		}
		moved, err := s.step(ctx, tx, i, t, x, counts)
		if err != nil || !moved {
			return err
		}
		return stand(ctx, tx, i, t)
	})
}

// PlayTable makes a move for the table of a participant: any of them may, and whoever presses second sees where the table is.
func (s *Service) PlayTable(ctx context.Context, personID, code, itemID string, x Step) error {
	return s.inGroup(ctx, personID, code, itemID, func(ctx context.Context, tx bun.Tx, p *Participant, b *Breakout) error {
		i, err := itemOf(ctx, tx, p.RoomID, itemID)
		if err != nil {
			return err
		}
		g := b.Of(p)
		switch {
		case !i.Tabled() || x.Kind == scenario.Back || x.Kind == scenario.Delivered:
			return absent()
		case g == nil:
			return fault.New(fault.Conflict, "room.err.no_group")
		case i.Phase != Open:
			return fault.New(fault.Conflict, "room.err.closed")
		}
		t, err := s.told(ctx, tx, i, g)
		if err != nil {
			return err
		}
		_, err = s.step(ctx, tx, i, t, x, nil)
		return err
	})
}

// VoteAgain throws the present vote away and opens another, for a room that has talked it over.
func (s *Service) VoteAgain(ctx context.Context, actor *account.Person, roomID, itemID string) error {
	return s.inStory(ctx, actor, roomID, itemID, func(ctx context.Context, tx bun.Tx, i *Item) error {
		if !i.Voted() || !i.Asks() || i.Phase == Open {
			return nil
		}
		t, err := s.told(ctx, tx, i, nil)
		if err != nil {
			return err
		}
		return stand(ctx, tx, i, t)
	})
}

// Send lets a message of the scenario arrive where the story stands; with tables at all that have not ended and have not had
// it. Sending it twice changes nothing.
func (s *Service) Send(ctx context.Context, actor *account.Person, roomID, itemID, inject string) error {
	return s.inStory(ctx, actor, roomID, itemID, func(ctx context.Context, tx bun.Tx, i *Item) error {
		all, err := s.played(ctx, tx, i)
		if err != nil {
			return err
		}
		for _, t := range all {
			m := move{ItemID: i.ID, GroupID: t.groupID(), N: t.Log + 1, Kind: scenario.Delivered, Passage: t.Now().Passage.Key, Choice: inject}
			if t.Do(m.made()) != nil {
				continue
			}
			if _, err := tx.NewInsert().Model(&m).Exec(ctx); err != nil {
				return db.Err(err)
			}
		}
		return nil
	})
}

// Look turns the debrief on the stage to a page: see Debrief.Pages.
func (s *Service) Look(ctx context.Context, actor *account.Person, roomID, itemID string, page int) error {
	return s.inStory(ctx, actor, roomID, itemID, func(ctx context.Context, tx bun.Tx, i *Item) error {
		if page < 0 || page > scenario.MaxMoves {
			return fault.New(fault.Invalid, "error.invalid")
		}
		i.Content.Look = page
		return saveItem(ctx, tx, i)
	})
}
