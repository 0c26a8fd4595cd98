package room

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"greenroom/internal/account"
	"greenroom/internal/db"
	"greenroom/internal/fault"
	"greenroom/internal/id"
	"greenroom/internal/words"
	"greenroom/internal/workshop"
)

// Bounds of groups.
const (
	MinGroup   = 2 // people that a group is planned for
	MaxGroup   = 8
	MaxNote    = 4000
	MaxMessage = 280
	MaxCall    = 10 // minutes
)

// How people come into groups.
const (
	Random = "random"
	Hand   = "hand" // a host places them
	Self   = "self" // they choose
)

// Breakout says that the groups of an item were made, and how they stand.
type Breakout struct {
	bun.BaseModel `bun:"table:room_breakout,alias:room_breakout"`

	ItemID  string `bun:",pk"`
	Way     string
	Message string
	Called  bool // they are to come back by the end of the room's timer

	Groups   []*Group      `bun:"-"`
	Everyone []Participant `bun:"-"` // in the room, by name
	Loose    []Participant `bun:"-"` // who is in none, by name
}

// Group is one of them.
type Group struct {
	bun.BaseModel `bun:"table:room_group,alias:room_group"`

	ID      string `bun:",pk"`
	ItemID  string
	N       int
	Note    string
	Version int

	People []Participant `bun:"-"` // by name
}

type member struct {
	bun.BaseModel `bun:"table:room_member,alias:room_member"`

	ItemID        string `bun:",pk"`
	ParticipantID string `bun:",pk"`
	GroupID       string
}

// Grouped says whether people may work on the item in groups.
func (i *Item) Grouped() bool { return i.Kind == workshop.Breakout || i.Tabled() }

// Of is the group that a participant is in, nil for none.
func (b *Breakout) Of(p *Participant) *Group {
	if b == nil || p == nil {
		return nil
	}
	for _, g := range b.Groups {
		if slices.ContainsFunc(g.People, func(x Participant) bool { return x.ID == p.ID }) {
			return g
		}
	}
	return nil
}

// breakout reads the groups of an item with who is in them; nil before they are made.
func breakout(ctx context.Context, tx bun.IDB, roomID, itemID string) (*Breakout, error) {
	b := new(Breakout)
	err := db.Err(tx.NewSelect().Model(b).Where("item_id = ?", itemID).Scan(ctx))
	if fault.Is(err, fault.NotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if err := tx.NewSelect().Model(&b.Groups).Where("item_id = ?", itemID).OrderExpr("n").Scan(ctx); err != nil {
		return nil, db.Err(err)
	}
	var in []member
	if err := tx.NewSelect().Model(&in).Where("item_id = ?", itemID).Scan(ctx); err != nil {
		return nil, db.Err(err)
	}
	if err := tx.NewSelect().Model(&b.Everyone).Where("room_id = ?", roomID).Scan(ctx); err != nil {
		return nil, db.Err(err)
	}
	slices.SortFunc(b.Everyone, func(a, b Participant) int {
		return cmp.Or(cmp.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name)), cmp.Compare(a.ID, b.ID))
	})
	at, group := map[string]string{}, map[string]*Group{}
	for _, m := range in {
		at[m.ParticipantID] = m.GroupID
	}
	for _, g := range b.Groups {
		group[g.ID] = g
	}
	for _, p := range b.Everyone {
		if g := group[at[p.ID]]; g != nil {
			g.People = append(g.People, p)
		} else {
			b.Loose = append(b.Loose, p)
		}
	}
	return b, nil
}

// smallest is the group with the fewest people, the first of several.
func (b *Breakout) smallest() *Group {
	return slices.MinFunc(b.Groups, func(x, y *Group) int { return cmp.Or(len(x.People)-len(y.People), x.N-y.N) })
}

// place puts somebody into a group, or with nil into none.
func place(ctx context.Context, tx bun.IDB, itemID, participantID string, g *Group) error {
	if g == nil {
		_, err := tx.NewDelete().Model((*member)(nil)).Where("item_id = ? AND participant_id = ?", itemID, participantID).Exec(ctx)
		return db.Err(err)
	}
	_, err := tx.NewInsert().Model(&member{ItemID: itemID, ParticipantID: participantID, GroupID: g.ID}).
		On("CONFLICT (item_id, participant_id) DO UPDATE").Set("group_id = EXCLUDED.group_id").Exec(ctx)
	return db.Err(err)
}

// placeRest deals those who are in no group to the smallest ones, in no order.
func (b *Breakout) placeRest(ctx context.Context, tx bun.IDB) error {
	if len(b.Loose) == 0 {
		return nil
	}
	rest := slices.Clone(b.Loose)
	rand.Shuffle(len(rest), func(x, y int) { rest[x], rest[y] = rest[y], rest[x] })
	in := make([]member, len(rest))
	for n, p := range rest {
		g := b.smallest()
		in[n] = member{ItemID: b.ItemID, ParticipantID: p.ID, GroupID: g.ID}
		g.People = append(g.People, p)
	}
	b.Loose = nil
	_, err := tx.NewInsert().Model(&in).Exec(ctx)
	return db.Err(err)
}

// placeLate gives who has just come in a place in the smallest of the groups that were dealt, one query for each dealing,
// however many people there are. Where hosts place people, or people choose, they wait.
func (s *Service) placeLate(ctx context.Context, tx bun.IDB, p *Participant) error {
	var dealt []string
	err := tx.NewSelect().Model((*Breakout)(nil)).Column("item_id").Where("way = ?", Random).
		Where("item_id IN (SELECT id FROM room_item WHERE room_id = ?)", p.RoomID).
		Where("item_id NOT IN (SELECT item_id FROM room_member WHERE participant_id = ?)", p.ID).Scan(ctx, &dealt)
	if err != nil || len(dealt) == 0 {
		return db.Err(err)
	}
	for _, itemID := range dealt {
		g := new(Group)
		err := tx.NewSelect().Model(g).Column("room_group.id").Join("LEFT JOIN room_member AS m ON m.group_id = room_group.id").
			Where("room_group.item_id = ?", itemID).GroupExpr("room_group.id, room_group.n").OrderExpr("COUNT(m.participant_id), room_group.n").Limit(1).Scan(ctx)
		if err != nil {
			return db.Err(err)
		}
		if err := place(ctx, tx, itemID, p.ID, g); err != nil {
			return err
		}
	}
	return s.say(ctx, tx, p.RoomID) // the others see who has come
}

// MakeGroups makes the groups of an item for size people each, counted by who is in the room; two at least. Random ones are
// filled, and who comes later is placed in the smallest. Making them again throws away those made before; once somebody has
// written a note that is a Conflict.
func (s *Service) MakeGroups(ctx context.Context, actor *account.Person, roomID, itemID, way string, size int) error {
	var f fault.Fields
	if !slices.Contains([]string{Random, Hand, Self}, way) {
		f.Add("way", "room.err.way")
	}
	if size < MinGroup || size > MaxGroup {
		f.Add("size", "room.err.size", "Min", MinGroup, "Max", MaxGroup)
	}
	if err := f.Err(); err != nil {
		return err
	}
	return s.change(ctx, actor, roomID, "groups", true, func(ctx context.Context, tx bun.Tx, r *Room) error {
		i, err := itemOf(ctx, tx, r.ID, itemID)
		if err != nil {
			return err
		}
		if !i.Grouped() {
			return fault.New(fault.Invalid, "error.invalid")
		}
		old, err := breakout(ctx, tx, r.ID, i.ID)
		if err != nil {
			return err
		}
		if old != nil && slices.ContainsFunc(old.Groups, func(g *Group) bool { return g.Version > 0 }) {
			return fault.New(fault.Conflict, "room.err.noted")
		}
		moved, err := tx.NewSelect().Model((*move)(nil)).Where("item_id = ?", i.ID).Exists(ctx)
		if err != nil {
			return db.Err(err)
		}
		if moved {
			return fault.New(fault.Conflict, "room.err.moved")
		}
		if _, err := tx.NewDelete().Model((*Breakout)(nil)).Where("item_id = ?", i.ID).Exec(ctx); err != nil {
			return db.Err(err)
		}
		return makeGroups(ctx, tx, r.ID, &Breakout{ItemID: i.ID, Way: way}, size)
	})
}

func makeGroups(ctx context.Context, tx bun.IDB, roomID string, b *Breakout, size int) error {
	if _, err := tx.NewInsert().Model(b).Exec(ctx); err != nil {
		return db.Err(err)
	}
	people, err := tx.NewSelect().Model((*Participant)(nil)).Where("room_id = ?", roomID).Count(ctx)
	if err != nil {
		return db.Err(err)
	}
	groups := make([]Group, max(2, (int(people)+size-1)/size))
	for n := range groups {
		groups[n] = Group{ID: newID(), ItemID: b.ItemID, N: n + 1}
	}
	if _, err := tx.NewInsert().Model(&groups).Exec(ctx); err != nil {
		return db.Err(err)
	}
	if b.Way != Random {
		return nil
	}
	made, err := breakout(ctx, tx, roomID, b.ItemID)
	if err != nil {
		return err
	}
	return made.placeRest(ctx, tx)
}

// inBreakout runs fn for one of the room's hosts on the groups of an item, which were made.
func (s *Service) inBreakout(ctx context.Context, actor *account.Person, roomID, itemID string, steer bool, fn func(ctx context.Context, tx bun.Tx, r *Room, b *Breakout) error) error {
	return s.change(ctx, actor, roomID, "groups", steer, func(ctx context.Context, tx bun.Tx, r *Room) error {
		if _, err := itemOf(ctx, tx, r.ID, itemID); err != nil {
			return err
		}
		b, err := breakout(ctx, tx, r.ID, itemID)
		if err != nil {
			return err
		}
		if b == nil {
			return absent()
		}
		return fn(ctx, tx, r, b)
	})
}

// Place puts a participant into a group by its number; 0 is none. With participantID "" it deals all who are in none. Every
// host may.
func (s *Service) Place(ctx context.Context, actor *account.Person, roomID, itemID, participantID string, n int) error {
	return s.inBreakout(ctx, actor, roomID, itemID, false, func(ctx context.Context, tx bun.Tx, _ *Room, b *Breakout) error {
		if participantID == "" {
			return b.placeRest(ctx, tx)
		}
		if !slices.ContainsFunc(b.Everyone, func(p Participant) bool { return p.ID == participantID }) {
			return absent()
		}
		if n == 0 {
			return place(ctx, tx, b.ItemID, participantID, nil)
		}
		g, err := b.numbered(n)
		if err != nil {
			return err
		}
		return place(ctx, tx, b.ItemID, participantID, g)
	})
}

func (b *Breakout) numbered(n int) (*Group, error) {
	if n < 1 || n > len(b.Groups) {
		return nil, fault.Fields{{Name: "group", Key: "room.err.group"}}.Err()
	}
	return b.Groups[n-1], nil
}

// Message says something to all groups of an item; "" takes it back. Every host may.
func (s *Service) Message(ctx context.Context, actor *account.Person, roomID, itemID, text string) error {
	text = line(text)
	var f fault.Fields
	if checkText(&f, "message", text, MaxMessage, false); len(f) > 0 {
		return f.Err()
	}
	return s.inBreakout(ctx, actor, roomID, itemID, false, func(ctx context.Context, tx bun.Tx, _ *Room, b *Breakout) error {
		b.Message = text
		_, err := tx.NewUpdate().Model(b).Column("message").WherePK().Exec(ctx)
		return db.Err(err)
	})
}

// CallBack calls the groups back: a countdown of so many minutes begins on the server's clock. With 0 they work on, and the
// timer stops.
func (s *Service) CallBack(ctx context.Context, actor *account.Person, roomID, itemID string, minutes int) error {
	if minutes < 0 || minutes > MaxCall {
		return fault.Fields{{Name: "call", Key: "room.err.timer", Args: []any{"Max", MaxCall}}}.Err()
	}
	return s.inBreakout(ctx, actor, roomID, itemID, true, func(ctx context.Context, tx bun.Tx, r *Room, b *Breakout) error {
		b.Called, r.EndsAt = minutes > 0, time.Time{}
		if b.Called {
			r.EndsAt = s.Now().Add(time.Duration(minutes) * time.Minute)
		}
		if _, err := tx.NewUpdate().Model(b).Column("called").WherePK().Exec(ctx); err != nil {
			return db.Err(err)
		}
		return saveRoom(ctx, tx, r)
	})
}

// inGroup runs fn for a participant on the groups of the current item.
func (s *Service) inGroup(ctx context.Context, personID, code, itemID string, fn func(ctx context.Context, tx bun.Tx, p *Participant, b *Breakout) error) error {
	err := db.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		r, p, err := inRoom(ctx, tx, personID, code)
		if err != nil {
			return err
		}
		if err := db.Lock(ctx, tx, lockName(r.ID)); err != nil {
			return err
		}
		if r, err = byID(ctx, tx, r.ID); err != nil { // as it stands now that it is ours
			return err
		}
		if !id.Valid(itemID) {
			return fault.New(fault.Invalid, "error.invalid")
		}
		b, err := breakout(ctx, tx, r.ID, itemID)
		if err != nil {
			return err
		}
		if b == nil || r.State != Running || r.ItemID != itemID {
			return fault.New(fault.Conflict, "room.err.closed")
		}
		if err := fn(ctx, tx, p, b); err != nil {
			return err
		}
		return s.say(ctx, tx, r.ID)
	})
	if err != nil {
		return fmt.Errorf("group in the room: %w", err)
	}
	return nil
}

// say tells a room that its groups have changed.
func (s *Service) say(ctx context.Context, tx bun.IDB, roomID string) error {
	return s.tell(ctx, tx, StreamOf(roomID), "groups")
}

// ChooseGroup puts a participant into a group by their own choice, where people choose.
func (s *Service) ChooseGroup(ctx context.Context, personID, code, itemID string, n int) error {
	return s.inGroup(ctx, personID, code, itemID, func(ctx context.Context, tx bun.Tx, p *Participant, b *Breakout) error {
		if b.Way != Self {
			return fault.New(fault.Conflict, "room.err.placed")
		}
		g, err := b.numbered(n)
		if err != nil {
			return err
		}
		return place(ctx, tx, b.ItemID, p.ID, g)
	})
}

// SaveNote keeps what a group writes down together. version is the one that the writer has read: when somebody has saved
// since, nothing is overwritten, and it is Invalid at "note", so that the writer sees both texts and joins them.
func (s *Service) SaveNote(ctx context.Context, personID, code, itemID string, version int, note string) error {
	note = words.Clean(note, false)
	return s.inGroup(ctx, personID, code, itemID, func(ctx context.Context, tx bun.Tx, p *Participant, b *Breakout) error {
		g := b.Of(p)
		if g == nil {
			return fault.New(fault.Conflict, "room.err.no_group")
		}
		var f fault.Fields
		if checkText(&f, "note", note, MaxNote, false); len(f) > 0 {
			return f.Err()
		}
		if note == g.Note { // sent twice
			return nil
		}
		if version != g.Version {
			return fault.Fields{{Name: "note", Key: "room.err.note_changed"}}.Err()
		}
		g.Note, g.Version = note, version+1
		_, err := tx.NewUpdate().Model(g).Column("note", "version").WherePK().Exec(ctx)
		return db.Err(err)
	})
}

// Notes are the groups of all breakouts of a room, by item.
func (s *Service) Notes(ctx context.Context, roomID string) (map[string][]Group, error) {
	var all []Group
	err := s.db.NewSelect().Model(&all).Where("item_id IN (SELECT id FROM room_item WHERE room_id = ?)", roomID).OrderExpr("n").Scan(ctx)
	out := map[string][]Group{}
	for _, g := range all {
		out[g.ItemID] = append(out[g.ItemID], g)
	}
	return out, db.Err(err)
}
