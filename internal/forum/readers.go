package forum

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/uptrace/bun"

	"greenroom/internal/account"
	"greenroom/internal/db"
	"greenroom/internal/delivery"
	"greenroom/internal/fault"
)

// readers are those of the people who may read a thread's posts now: the rules are Visit's, what they ask for is read for
// all at once, however many they are.
func (s *Service) readers(ctx context.Context, ids []string, t *Thread) (out []string, err error) {
	for part := range slices.Chunk(ids, 500) {
		c := &crowd{s: s, t: t}
		if err := c.read(ctx, part); err != nil {
			return nil, err
		}
		for _, who := range c.people {
			ok, err := c.reads(ctx, who)
			if err != nil {
				return nil, err
			}
			if ok {
				out = append(out, who.ID)
			}
		}
	}
	return out, nil
}

// crowd is what is known of people who may visit a thread.
type crowd struct {
	s        *Service
	t        *Thread
	delivery *delivery.Delivery
	settings Settings
	people   []*account.Person
	seats    map[string]*delivery.Enrolment
	own      map[string]string // discussion groups
	spare    string            // the group that those would get who have none yet
	answered map[string]bool   // the prompt
	private  map[string]bool   // who is in the private group
	exists   bool              // whether that group is there
}

func (c *crowd) read(ctx context.Context, ids []string) (err error) {
	s, t := c.s, c.t
	if c.people, err = s.accounts.ByIDs(ctx, ids); err != nil {
		return err
	}
	now := s.clock()
	for _, p := range c.people {
		p.Powers = p.Powers.At(now)
	}
	if c.delivery, _, _, err = s.seat(ctx, "", t.DeliveryID); err != nil {
		return err
	}
	if c.settings, err = settings(ctx, s.db, t.DeliveryID, t.Board); err != nil {
		return err
	}
	if err := c.readSeats(ctx, ids); err != nil {
		return err
	}
	switch {
	case t.ActivityKey != "":
		return c.readPrompt(ctx, ids)
	case strings.HasPrefix(t.Board, groupBoard):
		return c.readGroup(ctx, strings.TrimPrefix(t.Board, groupBoard), ids)
	}
	return nil
}

func (c *crowd) readSeats(ctx context.Context, ids []string) error {
	var rows []struct {
		E   delivery.Enrolment `bun:"embed:e_"`
		Own string
	}
	err := c.s.db.NewSelect().TableExpr("enrolment AS e").ColumnExpr(delivery.Columns("e", "e_")).ColumnExpr("COALESCE(m.group_id, '') AS own").
		Join("LEFT JOIN forum_member AS m ON m.delivery_id = e.delivery_id AND m.person_id = e.person_id AND m.kind = ?", discussion).
		Where("e.delivery_id = ?", c.t.DeliveryID).Where("e.person_id IN (?)", bun.List(ids)).
		Where("e.status IN (?, ?)", delivery.Active, delivery.Paused).Scan(ctx, &rows)
	if err != nil {
		return fmt.Errorf("who has a seat: %w", db.Err(err))
	}
	c.seats, c.own = map[string]*delivery.Enrolment{}, map[string]string{}
	var all []*delivery.Enrolment
	for i := range rows {
		e := &rows[i].E
		c.seats[e.PersonID], c.own[e.PersonID] = e, rows[i].Own
		all = append(all, e)
	}
	if !c.delivery.Cohort() {
		return nil
	}
	return c.s.deliveries.Allow(ctx, all...)
}

func (c *crowd) readPrompt(ctx context.Context, ids []string) error {
	var done []string
	err := c.s.db.NewSelect().Model((*Post)(nil)).ColumnExpr("DISTINCT q.author_id").Join("JOIN forum_thread AS t ON t.id = q.thread_id").
		Where("t.delivery_id = ?", c.t.DeliveryID).Where("t.activity_key = ?", c.t.ActivityKey).Where("q.author_id IN (?)", bun.List(ids)).
		Where("q.unlocks").Where("q.state = ?", Visible).Scan(ctx, &done)
	if err != nil {
		return fmt.Errorf("who has answered: %w", db.Err(err))
	}
	c.answered = map[string]bool{}
	for _, id := range done {
		c.answered[id] = true
	}
	all, want, err := groupSizes(ctx, c.s.db, c.t.DeliveryID)
	if err == nil && len(all) >= want && c.delivery.Cohort() {
		c.spare = smallest(all)
	}
	return err
}

func (c *crowd) readGroup(ctx context.Context, group string, ids []string) (err error) {
	if c.exists, err = inGroup(c.s.db, c.t.DeliveryID, group, "", true).Exists(ctx); err != nil {
		return err
	}
	var in []string
	err = c.s.db.NewSelect().TableExpr("forum_member AS m").ColumnExpr("m.person_id").Where("m.group_id = ?", group).
		Where("m.person_id IN (?)", bun.List(ids)).Scan(ctx, &in)
	c.private = map[string]bool{}
	for _, id := range in {
		c.private[id] = true
	}
	return db.Err(err)
}

// reads says whether one of the people may read the thread's posts: as Visit, without a query of its own.
func (c *crowd) reads(ctx context.Context, who *account.Person) (bool, error) {
	if who.Guest() {
		return false, nil
	}
	own := c.own[who.ID]
	if own == "" && c.seats[who.ID] != nil {
		own = c.spare
	}
	v, err := c.s.sit(ctx, who, c.delivery, c.seats[who.ID], own)
	if err == nil {
		in := c.exists && (v.Staff || c.private[who.ID])
		v.all = &asked{settings: map[string]Settings{c.t.Board: c.settings}, in: &in}
		if c.answered[who.ID] {
			v.all.answered = []string{c.t.ActivityKey}
		}
		err = c.s.onBoard(ctx, c.s.db, v, c.t.Board)
	}
	if fault.Is(err, fault.NotFound) {
		return false, nil
	}
	return err == nil && v.Unlocked && v.sees(c.t), err
}
