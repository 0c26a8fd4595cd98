package room

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"

	"github.com/uptrace/bun"

	"greenroom/internal/account"
	"greenroom/internal/course"
	"greenroom/internal/db"
	"greenroom/internal/fault"
	"greenroom/internal/quiz"
	"greenroom/internal/reading"
	"greenroom/internal/words"
	"greenroom/internal/workshop"
)

// Plan is the form in which a room is set up.
type Plan struct {
	FormID                         string // becomes the room's id: sending twice makes one room
	CourseKey, SheetKey            string
	Title, Day, Clock, Zone, Place string
	Nameless                       bool
	Items                          []PlanItem
}

// PlanItem is one item of the run sheet in the form. Place is where it comes.
type PlanItem struct {
	Key            string
	In             bool
	Place, Minutes string
	By             string // scenario: ByVote or ByTables; "" what the run sheet says
}

// Sheet finds the run sheet that a room is made from. NotFound when there is none.
func (s *Service) Sheet(ctx context.Context, courseKey, sheetKey string) (*course.Revision, *course.Activity, *workshop.RunSheet, error) {
	rev, err := s.courses.Current(ctx, courseKey)
	if err != nil {
		return nil, nil, nil, err
	}
	a := rev.Aside(sheetKey)
	sheet := workshop.Of(a)
	if sheet == nil {
		return nil, nil, nil, absent()
	}
	return rev, a, sheet, nil
}

// Create sets up a room; actor is its first host and drives. Invalid names the fields to mend.
func (s *Service) Create(ctx context.Context, actor *account.Person, p Plan) (*Room, error) {
	if actor == nil || !actor.CanSome(account.RoleTrainer) {
		return nil, fault.New(fault.Forbidden, "error.forbidden")
	}
	rev, a, sheet, err := s.Sheet(ctx, p.CourseKey, p.SheetKey)
	if err != nil {
		return nil, err
	}
	items, err := p.check(rev, a, sheet)
	if err != nil {
		return nil, err
	}
	r := &Room{
		ID: p.FormID, CourseKey: p.CourseKey, SheetKey: p.SheetKey, Title: line(p.Title), Day: p.Day, Clock: p.Clock, Zone: p.Zone, Place: line(p.Place),
		Nameless: p.Nameless, Need: DefaultNeed, Booking: Shut,
	}
	return s.insert(ctx, actor, r, items, []Host{{PersonID: actor.ID, Drives: true}})
}

// insert makes a room, with items in their order. Sent again, it is the room that was made, for who runs it.
func (s *Service) insert(ctx context.Context, actor *account.Person, r *Room, items []Item, hosts []Host) (*Room, error) {
	err := db.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) (err error) {
		r, err = s.insertTx(ctx, tx, actor, r, items, hosts)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("set up a room: %w", err)
	}
	return r, nil
}

func (s *Service) insertTx(ctx context.Context, tx bun.Tx, actor *account.Person, r *Room, items []Item, hosts []Host) (*Room, error) {
	r.State, r.CreatedAt, r.Version, r.Purpose = Planned, s.Now(), 1, cmp.Or(r.Purpose, Workshop)
	if err := db.Lock(ctx, tx, lockName(r.ID)); err != nil {
		return nil, err
	}
	old, err := byID(ctx, tx, r.ID)
	if err == nil { // the form was sent again
		return old, mayHost(ctx, tx, actor, r.ID)
	}
	if !fault.Is(err, fault.NotFound) {
		return nil, err
	}
	if r.Code, err = freeCode(ctx, tx); err != nil {
		return nil, err
	}
	if _, err := tx.NewInsert().Model(r).Exec(ctx); err != nil {
		return nil, db.Err(err)
	}
	for n := range items {
		items[n].ID, items[n].RoomID, items[n].N, items[n].Phase = newID(), r.ID, n+1, Waiting
	}
	if _, err := tx.NewInsert().Model(&items).Exec(ctx); err != nil {
		return nil, db.Err(err)
	}
	for n := range hosts {
		hosts[n].RoomID = r.ID
	}
	_, err = tx.NewInsert().Model(&hosts).Exec(ctx)
	return r, db.Err(err)
}

// freeCode is a join code that no room has.
func freeCode(ctx context.Context, tx bun.IDB) (string, error) {
	for range 20 {
		c := newCode()
		taken, err := tx.NewSelect().Model((*Room)(nil)).Where("code = ?", c).Exists(ctx)
		if err != nil || !taken {
			return c, db.Err(err)
		}
	}
	return "", fault.New(fault.Unavailable, "error.unavailable")
}

// line is a text as a room shows it: one line.
func line(s string) string { return words.Clean(s, true) }

// check says what has to be mended, and returns the items in their order.
func (p *Plan) check(rev *course.Revision, a *course.Activity, sheet *workshop.RunSheet) ([]Item, error) {
	var f fault.Fields
	(&Basics{Title: p.Title, Day: p.Day, Clock: p.Clock, Zone: p.Zone, Place: p.Place}).check(&f)
	type placed struct {
		place int
		item  Item
	}
	var all []placed
	for n, x := range sheet.Items {
		i := slices.IndexFunc(p.Items, func(y PlanItem) bool { return y.Key == x.Key })
		if i < 0 || !p.Items[i].In {
			continue
		}
		name := strconv.Itoa(n)
		minutes, err := strconv.Atoi(strings.TrimSpace(p.Items[i].Minutes))
		if err != nil || minutes < 1 || minutes > MaxTimer {
			f.Add("minutes-"+name, "room.err.minutes", "Item", x.Title, "Max", MaxTimer)
		}
		place, err := strconv.Atoi(strings.TrimSpace(p.Items[i].Place))
		if err != nil || place < 1 || place > 99 {
			f.Add("place-"+name, "room.err.place", "Item", x.Title)
		}
		c := contentOf(rev, a, x)
		if by := p.Items[i].By; c.Revision != "" && by != "" {
			checkBy(&f, "by-"+name, by)
			c.By = by
		}
		all = append(all, placed{place, Item{Kind: x.Kind, Title: x.Title, Minutes: minutes, Content: c}})
	}
	if len(all) == 0 {
		f.Add("items", "room.err.items")
	}
	slices.SortStableFunc(all, func(a, b placed) int { return a.place - b.place })
	items := make([]Item, len(all))
	for n := range all {
		items[n] = all[n].item
	}
	return items, f.Err()
}

// checkBy says whether that is how a room plays a scenario.
func checkBy(f *fault.Fields, name, by string) {
	if by != ByVote && by != ByTables {
		f.Add(name, "room.err.by")
	}
}

// contentOf copies what an item shows, so that a later revision of the course changes no room that is set up.
func contentOf(rev *course.Revision, a *course.Activity, x *workshop.Item) Content {
	c := Content{Text: x.Text, Notes: x.Notes, Ask: x.Ask, Low: x.Low, High: x.High, Anonymous: x.Anonymous, Several: x.Several}
	step := func(key string) *course.Activity {
		if key == "" {
			return nil
		}
		b := rev.Activity(a.Module.Key + "/" + key)
		if b != nil {
			c.LinkTitle, c.Link = b.Title, "/courses/"+rev.Key+"/"+b.Key
		}
		return b
	}
	switch x.Kind {
	case workshop.Poll:
		c.Options = x.Options
	case workshop.Scale:
		for n := range x.Steps {
			c.Options = append(c.Options, strconv.Itoa(n+1))
		}
	case workshop.Breakout:
		c.Text, c.Size, c.By = x.Task, x.Size, x.By
	case workshop.Scenario:
		if b := step(x.Scenario); b != nil {
			c.By, c.Revision, c.Activity, c.Seed = x.By, rev.Hash, b.Key, rand.Int64()
		}
	case workshop.Slide:
		if b := step(x.Step); b != nil {
			if r, is := b.Content().(*reading.Content); is {
				c.Text = r.Body
			}
		}
	case workshop.Question:
		if b := step(x.Quiz); b != nil {
			if q, is := b.Content().(*quiz.Content); is {
				c.question(q, x.Question)
			}
		}
		c.LinkTitle, c.Link = "", ""
	}
	return c
}

// question copies a question of a quiz. One that is not answered by choosing is asked aloud.
func (c *Content) question(q *quiz.Content, key string) {
	for _, x := range q.Questions {
		if x.Key != key {
			continue
		}
		c.Text = x.Situation + x.Prompt
		if x.Type == quiz.TrueFalse {
			c.Options = []string{"true", "false"}
		}
		for n, o := range x.Options {
			if x.Type != quiz.TrueFalse {
				c.Options = append(c.Options, o.Text)
			}
			if o.Correct {
				c.Right = append(c.Right, n)
			}
		}
		c.Several = x.Type == quiz.Multiple
	}
}
