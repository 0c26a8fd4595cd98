package room

import (
	"context"
	"crypto/rand"
	"slices"

	"github.com/uptrace/bun"

	"greenroom/internal/account"
	"greenroom/internal/db"
	"greenroom/internal/delivery"
	"greenroom/internal/fault"
)

// Template says whether the room is a run sheet that is kept.
func (r *Room) Template() bool { return r.Purpose == Template }

// mayCopy is who may copy: who runs the room, and of a shared template everybody who runs workshops.
func mayCopy(ctx context.Context, tx bun.IDB, actor *account.Person, r *Room) error {
	if r.Template() && r.Shared && actor != nil && actor.CanSome(account.RoleTrainer) {
		return nil
	}
	return mayHost(ctx, tx, actor, r.ID)
}

// Original is what a copy is made from.
type Original struct {
	*Room
	Items []Item
	Hosts []Host // who will run the copy too: none of a template
}

// Minutes is how long it is planned to take.
func (o *Original) Minutes() int {
	n := 0
	for i := range o.Items {
		n += o.Items[i].Minutes
	}
	return n
}

// Next is the day that a copy is likely for: the same day of the week, after today.
func (o *Original) Next(today string) string {
	day, from := delivery.Date(o.Day), delivery.Date(today)
	if n := from.Since(day); n >= 0 {
		day = day.Add(n - n%7 + 7)
	} else {
		day = day.Add(7)
	}
	return string(day)
}

// Original reads what a copy is made from. NotFound for who may not copy it.
func (s *Service) Original(ctx context.Context, actor *account.Person, roomID string) (*Original, error) {
	r, err := byID(ctx, s.db, roomID)
	if err != nil {
		return nil, err
	}
	if err := mayCopy(ctx, s.db, actor, r); err != nil {
		return nil, err
	}
	o := &Original{Room: r}
	if o.Items, err = itemsOf(ctx, s.db, r.ID); err != nil {
		return nil, err
	}
	if !r.Template() {
		o.Hosts, err = hosts(ctx, s.db, r.ID)
	}
	return o, err
}

// Copy sets up a workshop like another one, or from a template, on a day of its own: run sheet, notes, rules of booking and of
// attendance, and, of a workshop, its trainers; never people, bookings, answers or a cohort. What is told by days before and a
// time of day stays that: see BookUntil. Actor drives it. formID becomes its id, so that sending twice makes one. Invalid names
// the fields of Basics.
func (s *Service) Copy(ctx context.Context, actor *account.Person, roomID, formID string, b Basics) (*Room, error) {
	o, err := s.Original(ctx, actor, roomID)
	if err != nil {
		return nil, err
	}
	var f fault.Fields
	if b.check(&f); len(f) > 0 {
		return nil, f.Err()
	}
	r := o.like(formID, Workshop)
	r.Title, r.Day, r.Clock, r.Zone, r.Place, r.Nameless = line(b.Title), b.Day, b.Clock, b.Zone, line(b.Place), b.Nameless
	if err := r.closes(); err != nil {
		return nil, err
	}
	return s.insert(ctx, actor, r, o.anew(), o.with(actor))
}

// SaveTemplate keeps a room's run sheet, with notes and rules, under a name, for actor or, shared, for everybody who runs
// workshops. Invalid names the field name.
func (s *Service) SaveTemplate(ctx context.Context, actor *account.Person, roomID, formID, name string, shared bool) (*Room, error) {
	o, err := s.Original(ctx, actor, roomID)
	if err != nil {
		return nil, err
	}
	var f fault.Fields
	if checkText(&f, "name", line(name), MaxTitle, true); len(f) > 0 {
		return nil, f.Err()
	}
	r := o.like(formID, Template)
	r.Title, r.Shared, r.Place = line(name), shared, ""
	return s.insert(ctx, actor, r, o.anew(), []Host{{PersonID: actor.ID, Drives: true}})
}

// like is a room with the settings of the original.
func (o *Original) like(formID, purpose string) *Room {
	r := &Room{
		ID: formID, CourseKey: o.CourseKey, SheetKey: o.SheetKey, Title: o.Title, Day: o.Day, Clock: o.Clock, Zone: o.Zone, Place: o.Place,
		Nameless: o.Nameless, Need: o.Need, Booking: o.Booking, Seats: o.Seats, CloseDays: o.CloseDays, CloseClock: o.CloseClock, Purpose: purpose,
	}
	if r.Booking != Shut {
		r.Invite = rand.Text()
	}
	return r
}

// anew are the original's items as nobody has seen them.
func (o *Original) anew() []Item {
	out := make([]Item, len(o.Items))
	for n, i := range o.Items {
		out[n] = Item{Kind: i.Kind, Title: i.Title, Minutes: i.Minutes, Content: i.Content}
		out[n].rewind()
	}
	return out
}

// with are the trainers of a copy; actor drives.
func (o *Original) with(actor *account.Person) []Host {
	out := []Host{{PersonID: actor.ID, Drives: true}}
	for _, h := range o.Hosts {
		if h.PersonID != actor.ID {
			out = append(out, Host{PersonID: h.PersonID})
		}
	}
	return out
}

// Kept is a template in the list of those that somebody may use.
type Kept struct {
	Room
	Items, Minutes int
	Owner          string // who made it; "" when they are gone
	Mine           bool   // who looks may change it
}

// Templates are those that actor may use, by name; 200 at most.
func (s *Service) Templates(ctx context.Context, actor *account.Person) ([]Kept, error) {
	var all []Kept
	err := s.db.NewSelect().Model(&all).ModelTableExpr("room").ColumnExpr("room.*").
		ColumnExpr("(SELECT count(*) FROM room_item AS i WHERE i.room_id = room.id) AS items").
		ColumnExpr("(SELECT COALESCE(SUM(i.minutes), 0) FROM room_item AS i WHERE i.room_id = room.id) AS minutes").
		ColumnExpr("COALESCE((SELECT MIN(p.name) FROM room_host AS h JOIN person AS p ON p.id = h.person_id WHERE h.room_id = room.id), '') AS owner").
		ColumnExpr("EXISTS (SELECT 1 FROM room_host AS h WHERE h.room_id = room.id AND h.person_id = ?) AS mine", actor.ID).
		Where("purpose = ?", Template).
		WhereGroup(" AND ", func(q *bun.SelectQuery) *bun.SelectQuery {
			return q.Where("shared").WhereOr("id IN (SELECT room_id FROM room_host WHERE person_id = ?)", actor.ID)
		}).OrderExpr("lower(title), id").Limit(200).Scan(ctx)
	if actor.CanSome(account.RoleAdmin) { // they see to what others left
		for n := range all {
			all[n].Mine = true
		}
	}
	return all, db.Err(err)
}

// DeleteTemplate deletes a template. Workshops that were set up from it stay. A Conflict for a workshop.
func (s *Service) DeleteTemplate(ctx context.Context, actor *account.Person, roomID string) error {
	return s.change(ctx, actor, roomID, "desk", false, func(ctx context.Context, tx bun.Tx, r *Room) error {
		if !r.Template() {
			return fault.New(fault.Conflict, "room.err.template")
		}
		return drop(ctx, tx, []string{r.ID})
	})
}

// drop deletes rooms with all that is in them, and who was simulated there.
func drop(ctx context.Context, tx bun.IDB, ids []string) error {
	for part := range slices.Chunk(ids, atOnce) {
		_, err := tx.NewDelete().Model((*account.Person)(nil)).Where("id IN (SELECT person_id FROM room_extra WHERE room_id IN (?))", bun.List(part)).Exec(ctx)
		if err != nil {
			return db.Err(err)
		}
		if _, err := tx.NewDelete().Model((*Room)(nil)).Where("id IN (?)", bun.List(part)).Exec(ctx); err != nil {
			return db.Err(err)
		}
	}
	return nil
}

// dropOwn deletes the rehearsals and templates that nobody but somebody can use, before their account goes.
func dropOwn(ctx context.Context, tx bun.IDB, personID string) error {
	var ids []string
	err := tx.NewSelect().Model((*Room)(nil)).Column("id").Where("purpose = ? AND NOT shared OR purpose = ?", Template, Rehearsal).
		Where("id IN (SELECT room_id FROM room_host WHERE person_id = ?)", personID).
		Where("id NOT IN (SELECT room_id FROM room_host WHERE person_id <> ?)", personID).Scan(ctx, &ids)
	if err != nil {
		return db.Err(err)
	}
	return drop(ctx, tx, ids)
}
