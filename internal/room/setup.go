package room

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/uptrace/bun"

	"greenroom/internal/account"
	"greenroom/internal/db"
	"greenroom/internal/delivery"
	"greenroom/internal/fault"
	"greenroom/internal/markdown"
	"greenroom/internal/words"
	"greenroom/internal/workshop"
)

// Bounds of a room's own run sheet.
const (
	MaxItems    = 40
	MaxNotes    = 2000 // of the host's own notes to an item
	MaxOwnText  = 1200
	MaxOptions  = 8
	MaxOption   = 120
	defaultAsks = 5 // points of a scale
)

// Basics is the form with what a room is called, and when and where it is.
type Basics struct {
	Title, Day, Clock, Zone, Place string
	Nameless                       bool
	Shared                         bool // of a template
}

// Basics are the room's as they stand.
func (r *Room) Basics() Basics {
	return Basics{Title: r.Title, Day: r.Day, Clock: r.Clock, Zone: r.Zone, Place: r.Place, Nameless: r.Nameless, Shared: r.Shared}
}

// check says what has to be mended.
func (b *Basics) check(f *fault.Fields) {
	checkText(f, "title", line(b.Title), MaxTitle, true)
	if !delivery.Date(b.Day).Valid() {
		f.Add("day", "room.err.day")
	}
	if _, ok := delivery.Clock(b.Clock).Minutes(); !ok || b.Clock == "" {
		f.Add("clock", "room.err.clock")
	}
	if _, err := delivery.Zone(b.Zone); err != nil {
		f.Add("zone", "room.err.zone")
	}
	checkText(f, "place", line(b.Place), MaxPlace, false)
}

// checkText says whether a text is there, where it must be, and no longer than limit.
func checkText(f *fault.Fields, name, text string, limit int, must bool) {
	switch n := utf8.RuneCountInString(text); {
	case must && n == 0:
		f.Add(name, "room.err.needed")
	case n > limit:
		f.Add(name, "room.err.long", "Max", limit)
	}
}

// SetBasics changes what a room is called, and when and where it is. Once it has begun its day and time stay: only title,
// place and whether names are needed change. So it is with a template, which has no day of its own. Conflict when it is over.
func (s *Service) SetBasics(ctx context.Context, actor *account.Person, roomID string, b Basics) error {
	return s.change(ctx, actor, roomID, "state", false, func(ctx context.Context, tx bun.Tx, r *Room) error {
		if r.State == Running || r.Template() {
			b.Day, b.Clock, b.Zone = r.Day, r.Clock, r.Zone
		}
		var f fault.Fields
		if b.check(&f); len(f) > 0 {
			return f.Err()
		}
		if r.State == Ended {
			return fault.New(fault.Conflict, "room.err.ended")
		}
		was := *r
		r.Title, r.Day, r.Clock, r.Zone, r.Place, r.Nameless = line(b.Title), b.Day, b.Clock, b.Zone, line(b.Place), b.Nameless
		r.Shared = r.Template() && b.Shared
		if r.moved(&was) {
			if err := r.closes(); err != nil {
				return err
			}
			r.Version++
		}
		_, err := tx.NewUpdate().Model(r).Column("title", "day", "clock", "zone", "place", "nameless", "shared", "version").WherePK().Exec(ctx)
		if err != nil || !r.moved(&was) {
			return db.Err(err)
		}
		return s.tellMoved(ctx, tx, r)
	})
}

// Row is one item of the run sheet in the form: its planned minutes and the host's own notes.
// By is how a scenario is played; "" as before.
type Row struct{ ID, Minutes, Notes, By string }

// The moves of an item.
const (
	Up     = "up"
	Down   = "down"
	Remove = "remove"
)

// SetRows saves minutes and notes of the items, and then makes one move with an item, if any: Up, Down or Remove. Rows of
// items that are gone are passed over; a move is a Conflict once the room has begun, and everything is once it is over.
func (s *Service) SetRows(ctx context.Context, actor *account.Person, roomID string, rows []Row, move, itemID string) error {
	return s.change(ctx, actor, roomID, "state", false, func(ctx context.Context, tx bun.Tx, r *Room) error {
		if r.State == Ended {
			return fault.New(fault.Conflict, "room.err.ended")
		}
		items, err := itemsOf(ctx, tx, r.ID)
		if err != nil {
			return err
		}
		changed, err := checkRows(items, rows)
		if err != nil {
			return err
		}
		for _, i := range changed {
			if err := saveItem(ctx, tx, i); err != nil {
				return err
			}
		}
		if move == "" {
			return nil
		}
		if r.State != Planned {
			return fault.New(fault.Conflict, "room.err.begun")
		}
		return moveItem(ctx, tx, items, move, itemID)
	})
}

// checkRows puts what the form has into the items, and says which it changed.
func checkRows(items []Item, rows []Row) (changed []*Item, err error) {
	var f fault.Fields
	for n := range items {
		i := &items[n]
		at := slices.IndexFunc(rows, func(r Row) bool { return r.ID == i.ID })
		if at < 0 {
			continue
		}
		minutes, err := strconv.Atoi(strings.TrimSpace(rows[at].Minutes))
		if err != nil || minutes < 1 || minutes > MaxTimer {
			f.Add("minutes-"+i.ID, "room.err.minutes", "Item", i.Title, "Max", MaxTimer)
		}
		notes := words.Clean(rows[at].Notes, false)
		checkText(&f, "notes-"+i.ID, notes, MaxNotes, false)
		by := i.Content.By
		if rows[at].By != "" && i.Played() && !i.Shown { // once it was reached it is played as it is
			checkBy(&f, "by-"+i.ID, rows[at].By)
			by = rows[at].By
		}
		if minutes != i.Minutes || notes != i.Content.Own || by != i.Content.By {
			i.Minutes, i.Content.Own, i.Content.By = minutes, notes, by
			changed = append(changed, i)
		}
	}
	return changed, f.Err()
}

// moveItem changes the order of the items, or takes one out, and numbers them anew.
func moveItem(ctx context.Context, tx bun.IDB, items []Item, move, itemID string) error {
	at := slices.IndexFunc(items, func(i Item) bool { return i.ID == itemID })
	if at < 0 {
		return nil // somebody else took it out
	}
	switch {
	case move == Up && at > 0:
		items[at-1], items[at] = items[at], items[at-1]
	case move == Down && at < len(items)-1:
		items[at], items[at+1] = items[at+1], items[at]
	case move == Remove:
		if len(items) == 1 {
			return fault.Fields{{Name: "items", Key: "room.err.items"}}.Err()
		}
		if _, err := tx.NewDelete().Model(&items[at]).WherePK().Exec(ctx); err != nil {
			return db.Err(err)
		}
		items = slices.Delete(items, at, at+1)
	case move != Up && move != Down:
		return fault.New(fault.Invalid, "error.invalid")
	}
	return number(ctx, tx, items)
}

// number gives the items their numbers by order. No two may have the same at any moment, so all move out of the way first.
func number(ctx context.Context, tx bun.IDB, items []Item) error {
	if len(items) == 0 {
		return nil
	}
	if _, err := tx.NewUpdate().Model((*Item)(nil)).Set("n = n + 1000").Where("room_id = ?", items[0].RoomID).Exec(ctx); err != nil {
		return db.Err(err)
	}
	for n := range items {
		items[n].N = n + 1
		if _, err := tx.NewUpdate().Model(&items[n]).Column("n").WherePK().Exec(ctx); err != nil {
			return db.Err(err)
		}
	}
	return nil
}

// NewItem is the form for one more item: one of the module's run sheet (Key), or one of the host's own.
type NewItem struct {
	Key                  string
	Kind, Title, Minutes string
	Text, Options        string // Options: one on each line
	Low, High            string // scale: what its ends mean
	Anonymous, Several   bool
}

// OwnKinds are the kinds that a host may add to a room with words of their own.
var OwnKinds = []string{workshop.Slide, workshop.Poll, workshop.Cloud, workshop.Wall, workshop.Scale, workshop.QandA, workshop.Breakout, workshop.Timer, workshop.Break, workshop.CheckIn, workshop.Exit}

// AddItem puts one more item into the room: at the end, or, while the room is running, after the current one. It may be
// done until the room is over.
func (s *Service) AddItem(ctx context.Context, actor *account.Person, roomID string, n NewItem) error {
	known, err := byID(ctx, s.db, roomID)
	if err != nil {
		return err
	}
	fresh, err := s.fresh(ctx, known, n)
	if err != nil {
		if fault.Is(err, fault.Invalid) { // what is wrong is told to who may know of the room only
			if no := mayHost(ctx, s.db, actor, roomID); no != nil {
				return no
			}
		}
		return err
	}
	return s.change(ctx, actor, roomID, "state", false, func(ctx context.Context, tx bun.Tx, r *Room) error {
		if r.State == Ended {
			return fault.New(fault.Conflict, "room.err.ended")
		}
		items, err := itemsOf(ctx, tx, r.ID)
		if err != nil {
			return err
		}
		if len(items) >= MaxItems {
			return fault.Fields{{Name: "items", Key: "room.err.too_many", Args: []any{"Max", MaxItems}}}.Err()
		}
		at := len(items)
		if cur := slices.IndexFunc(items, func(i Item) bool { return i.ID == r.ItemID }); cur >= 0 {
			at = cur + 1
		}
		fresh.ID, fresh.RoomID, fresh.N, fresh.Phase = newID(), r.ID, 2*MaxItems, Waiting
		if _, err := tx.NewInsert().Model(fresh).Exec(ctx); err != nil {
			return db.Err(err)
		}
		return number(ctx, tx, slices.Insert(items, at, *fresh))
	})
}

// fresh makes the item of the form.
func (s *Service) fresh(ctx context.Context, r *Room, n NewItem) (*Item, error) {
	if n.Key == "" {
		return n.own()
	}
	rev, a, sheet, err := s.Sheet(ctx, r.CourseKey, r.SheetKey)
	if err != nil && !fault.Is(err, fault.NotFound) {
		return nil, err
	}
	if err == nil {
		for _, x := range sheet.Items {
			if x.Key == n.Key {
				return &Item{Kind: x.Kind, Title: x.Title, Minutes: x.Minutes, Content: contentOf(rev, a, x)}, nil
			}
		}
	}
	return nil, fault.Fields{{Name: "key", Key: "room.err.key"}}.Err()
}

// own makes an item in the host's own words.
func (n *NewItem) own() (*Item, error) {
	var f fault.Fields
	if !slices.Contains(OwnKinds, n.Kind) {
		f.Add("kind", "room.err.kind")
	}
	i := &Item{Kind: n.Kind, Title: line(n.Title)}
	checkText(&f, "new_title", i.Title, MaxTitle, true)
	var err error
	if i.Minutes, err = strconv.Atoi(strings.TrimSpace(n.Minutes)); err != nil || i.Minutes < 1 || i.Minutes > MaxTimer {
		f.Add("new_minutes", "room.err.timer", "Max", MaxTimer)
	}
	text := words.Clean(n.Text, false)
	checkText(&f, "text", text, MaxOwnText, false)
	i.Content.Text = markdown.User(text)
	switch n.Kind {
	case workshop.Poll:
		i.Content.Options, i.Content.Anonymous, i.Content.Several = n.options(&f), n.Anonymous, n.Several
	case workshop.Scale:
		checkText(&f, "low", line(n.Low), 60, true)
		checkText(&f, "high", line(n.High), 60, true)
		i.Content.Low, i.Content.High = line(n.Low), line(n.High)
		for p := range defaultAsks {
			i.Content.Options = append(i.Content.Options, strconv.Itoa(p+1))
		}
	case workshop.Breakout:
		i.Content.Size, i.Content.By = 4, Random
		if text == "" {
			f.Add("text", "room.err.needed")
		}
	}
	return i, f.Err()
}

// options are the lines of the form's field.
func (n *NewItem) options(f *fault.Fields) []string {
	var out []string
	for o := range strings.SplitSeq(n.Options, "\n") {
		if o = line(o); o != "" {
			out = append(out, o)
			if utf8.RuneCountInString(o) > MaxOption {
				f.Add("options", "room.err.option_long", "Max", MaxOption)
				return out
			}
		}
	}
	if len(out) < 2 || len(out) > MaxOptions {
		f.Add("options", "room.err.options", "Max", MaxOptions)
	}
	return out
}

// RemoveHost takes somebody off those who run the room. Who drives hands over first, and one stays.
func (s *Service) RemoveHost(ctx context.Context, actor *account.Person, roomID, personID string) error {
	return s.change(ctx, actor, roomID, "desk", false, func(ctx context.Context, tx bun.Tx, _ *Room) error {
		d, err := driver(ctx, tx, roomID)
		if err != nil {
			return err
		}
		if d != nil && d.PersonID == personID {
			return fault.New(fault.Conflict, "room.err.drives")
		}
		n, err := tx.NewSelect().Model((*Host)(nil)).Where("room_id = ?", roomID).Count(ctx)
		if err != nil {
			return db.Err(err)
		}
		if n < 2 {
			return fault.New(fault.Conflict, "room.err.last_host")
		}
		_, err = tx.NewDelete().Model(&Host{RoomID: roomID, PersonID: personID}).WherePK().Exec(ctx)
		return db.Err(err)
	})
}

func itemsOf(ctx context.Context, tx bun.IDB, roomID string) ([]Item, error) {
	var all []Item
	err := tx.NewSelect().Model(&all).Where("room_id = ?", roomID).OrderExpr("n").Scan(ctx)
	return all, db.Err(err)
}

func saveItem(ctx context.Context, tx bun.IDB, i *Item) error {
	_, err := tx.NewUpdate().Model(i).Column("minutes", "content").WherePK().Exec(ctx)
	return db.Err(err)
}
