package forum

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/uptrace/bun"

	"greenroom/internal/db"
	"greenroom/internal/delivery"
	"greenroom/internal/fault"
	"greenroom/internal/id"
)

// The kinds of group.
const (
	discussion = "discussion" // made by itself: about GroupSize people who discuss the prompts together
	private    = "private"    // made by a trainer, with a board of its own: a breakout
)

// Group is a part of a cohort; table forum_group.
type Group struct {
	bun.BaseModel `bun:"table:forum_group,alias:g"`

	ID         string `bun:",pk"`
	DeliveryID string
	Kind       string
	Number     int
	Name       string // of a private one
	CreatedAt  time.Time
	ClosedAt   *time.Time
}

type member struct {
	bun.BaseModel `bun:"table:forum_member,alias:m"`

	GroupID    string `bun:",pk"`
	PersonID   string `bun:",pk"`
	DeliveryID string
	Kind       string
	JoinedAt   time.Time
}

type sized struct {
	ID   string
	Size int
}

// mayJoin gives a member of a cohort who is in no discussion group yet the one that they would come into now, for
// reading; "" when that one has still to be made. It writes nothing.
func (s *Service) mayJoin(ctx context.Context, v *Visit) error {
	if v.own != "" || !v.Delivery.Cohort() || !v.Member() {
		return nil
	}
	all, want, err := groupSizes(ctx, s.db, v.Delivery.ID)
	if err == nil && len(all) >= want {
		v.own = smallest(all)
	}
	return err
}

// assign puts the person into a discussion group, balanced: as many groups as the cohort needs, the smallest first.
func (s *Service) assign(ctx context.Context, tx bun.IDB, deliveryID, personID string) (string, error) {
	if g, err := memberOf(ctx, tx, deliveryID, personID); err != nil || g != "" {
		return g, err
	}
	if err := db.Lock(ctx, tx, "forum-group:"+deliveryID); err != nil {
		return "", err
	}
	all, want, err := groupSizes(ctx, tx, deliveryID)
	if err != nil {
		return "", err
	}
	now, g := s.clock(), ""
	if len(all) < want {
		fresh := &Group{ID: id.New(), DeliveryID: deliveryID, Kind: discussion, Number: len(all) + 1, CreatedAt: now}
		if _, err := tx.NewInsert().Model(fresh).Exec(ctx); err != nil {
			return "", fmt.Errorf("make a group: %w", db.Err(err))
		}
		g = fresh.ID
	} else {
		g = smallest(all)
	}
	m := &member{GroupID: g, PersonID: personID, DeliveryID: deliveryID, Kind: discussion, JoinedAt: now}
	if _, err := tx.NewInsert().Model(m).On("CONFLICT DO NOTHING").Exec(ctx); err != nil {
		return "", fmt.Errorf("join a group: %w", db.Err(err))
	}
	return memberOf(ctx, tx, deliveryID, personID)
}

// join puts somebody who is in no discussion group yet into the one whose thread they write in.
func (s *Service) join(ctx context.Context, tx bun.IDB, deliveryID, personID, groupID string) error {
	m := &member{GroupID: groupID, PersonID: personID, DeliveryID: deliveryID, Kind: discussion, JoinedAt: s.clock()}
	if _, err := tx.NewInsert().Model(m).On("CONFLICT DO NOTHING").Exec(ctx); err != nil {
		return fmt.Errorf("join a group: %w", db.Err(err))
	}
	return nil
}

func smallest(all []sized) string {
	return slices.MinFunc(all, func(a, b sized) int {
		if a.Size != b.Size {
			return a.Size - b.Size
		}
		return strings.Compare(a.ID, b.ID)
	}).ID
}

func memberOf(ctx context.Context, tx bun.IDB, deliveryID, personID string) (string, error) {
	var ids []string
	err := tx.NewSelect().Model((*member)(nil)).Column("group_id").Where("m.delivery_id = ?", deliveryID).Where("m.person_id = ?", personID).
		Where("m.kind = ?", discussion).Scan(ctx, &ids)
	if err != nil || len(ids) == 0 {
		return "", db.Err(err)
	}
	return ids[0], nil
}

// groupSizes are the discussion groups, and how many there should be.
func groupSizes(ctx context.Context, tx bun.IDB, deliveryID string) (all []sized, want int, err error) {
	err = tx.NewSelect().TableExpr("forum_group AS g").ColumnExpr("g.id").
		ColumnExpr("(SELECT count(*) FROM forum_member AS m WHERE m.group_id = g.id) AS size").
		Where("g.delivery_id = ?", deliveryID).Where("g.kind = ?", discussion).OrderExpr("g.number").Scan(ctx, &all)
	if err != nil {
		return nil, 0, fmt.Errorf("read groups: %w", db.Err(err))
	}
	n := 0
	err = tx.NewSelect().TableExpr("enrolment AS e").ColumnExpr("count(*)").Where("e.delivery_id = ?", deliveryID).
		Where("e.status IN (?, ?)", delivery.Active, delivery.Paused).Scan(ctx, &n)
	if err != nil {
		return nil, 0, fmt.Errorf("count a cohort: %w", db.Err(err))
	}
	return all, max(1, (n+GroupSize-1)/GroupSize), nil
}

// isIn says whether the visitor may know of the private group that they visit, and notes whether it was closed.
func (s *Service) isIn(ctx context.Context, tx bun.IDB, v *Visit) (bool, error) {
	if v.all != nil && v.all.in != nil {
		return *v.all.in, nil
	}
	var found []struct{ ClosedAt *time.Time }
	err := inGroup(tx, v.Delivery.ID, v.Group, v.Who.ID, v.Staff).ColumnExpr("g.closed_at").Scan(ctx, &found)
	v.Shut = len(found) > 0 && found[0].ClosedAt != nil
	return len(found) > 0, db.Err(err)
}

// inGroup finds a private group, for who is in it or looks after the delivery.
func inGroup(tx bun.IDB, deliveryID, groupID, personID string, staff bool) *bun.SelectQuery {
	q := tx.NewSelect().TableExpr("forum_group AS g").Where("g.id = ?", groupID).Where("g.delivery_id = ?", deliveryID).Where("g.kind = ?", private)
	if !staff {
		q = q.Join("JOIN forum_member AS m ON m.group_id = g.id AND m.person_id = ?", personID)
	}
	return q
}

func privateGroups(ctx context.Context, tx bun.IDB, deliveryID, personID string, staff bool) ([]Group, error) {
	var all []Group
	q := tx.NewSelect().Model(&all).Where("g.delivery_id = ?", deliveryID).Where("g.kind = ?", private)
	if !staff {
		q = q.Join("JOIN forum_member AS m ON m.group_id = g.id AND m.person_id = ?", personID)
	}
	if err := q.OrderExpr("g.number").Limit(100).Scan(ctx); err != nil {
		return nil, fmt.Errorf("read groups: %w", db.Err(err))
	}
	return all, nil
}

// GroupName is what a private group is called, and Number which discussion group one is; both empty when it is not there.
func (s *Service) GroupName(ctx context.Context, groupID string) (name string, number int, err error) {
	var all []Group
	if err := s.db.NewSelect().Model(&all).Where("g.id = ?", groupID).Scan(ctx); err != nil {
		return "", 0, db.Err(err)
	}
	if len(all) == 0 {
		return "", 0, nil
	}
	return all[0].Name, all[0].Number, nil
}

// GroupView is a group with its people, for who leads the cohort.
type GroupView struct {
	Group
	People []Named
}

// Named is a person by name.
type Named struct{ ID, Name string }

// Groups lists the groups of a delivery with their people. Staff only.
func (s *Service) Groups(ctx context.Context, v *Visit) ([]GroupView, error) {
	if !v.Staff {
		return nil, errNotFound
	}
	var all []Group
	if err := s.db.NewSelect().Model(&all).Where("g.delivery_id = ?", v.Delivery.ID).OrderExpr("g.kind, g.number").Limit(100).Scan(ctx); err != nil {
		return nil, fmt.Errorf("read groups: %w", db.Err(err))
	}
	var rows []struct{ GroupID, ID, Name string }
	err := s.db.NewSelect().TableExpr("forum_member AS m").Join("JOIN person AS p ON p.id = m.person_id").
		ColumnExpr("m.group_id, p.id, p.name").Where("m.delivery_id = ?", v.Delivery.ID).OrderExpr("lower(p.name), p.id").Limit(2000).Scan(ctx, &rows)
	if err != nil {
		return nil, fmt.Errorf("read people of groups: %w", db.Err(err))
	}
	out := make([]GroupView, len(all))
	for i, g := range all {
		out[i].Group = g
		for _, r := range rows {
			if r.GroupID == g.ID {
				out[i].People = append(out[i].People, Named{r.ID, r.Name})
			}
		}
	}
	return out, nil
}

// MaxGroupName is in characters.
const MaxGroupName = 60

// MakeGroup makes a private group with some of the people of the delivery: a breakout. Who leads the cohort only.
// Invalid names the fields name and person.
func (s *Service) MakeGroup(ctx context.Context, v *Visit, formID, name string, people []string) (*Group, error) {
	if !v.Teaches {
		return nil, errNotFound
	}
	name, err := checkGroup(name, len(people))
	if err != nil {
		return nil, err
	}
	if !id.Valid(formID) {
		formID = id.New()
	}
	g := &Group{ID: formID, DeliveryID: v.Delivery.ID, Kind: private, Name: name, CreatedAt: s.clock()}
	err = db.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		if err := db.Lock(ctx, tx, "forum-group:"+v.Delivery.ID); err != nil {
			return err
		}
		n := 0
		if err := tx.NewSelect().Model((*Group)(nil)).ColumnExpr("COALESCE(max(g.number), 0)").Where("g.delivery_id = ?", v.Delivery.ID).Where("g.kind = ?", private).Scan(ctx, &n); err != nil {
			return db.Err(err)
		}
		g.Number = n + 1
		res, err := tx.NewInsert().Model(g).On("CONFLICT (id) DO NOTHING").Exec(ctx)
		if err != nil {
			return fmt.Errorf("make a group: %w", db.Err(err))
		}
		if n, err := res.RowsAffected(); err != nil || n == 0 {
			return err
		}
		if err := s.fill(ctx, tx, v, g, people); err != nil {
			return err
		}
		return s.note(ctx, tx, v, "forum.group_made", "", name, "")
	})
	return g, err
}

// maxGroup is how many people a private group has.
const maxGroup = 100

// checkGroup says what is wrong with a private group of so many people; it returns the name tidied.
func checkGroup(name string, people int) (string, error) {
	name = strings.Join(strings.Fields(name), " ")
	var f fault.Fields
	if n := utf8.RuneCountInString(name); n == 0 || n > MaxGroupName {
		f.Add("name", "forum.group_name_wrong", "Max", MaxGroupName)
	}
	if people == 0 || people > maxGroup {
		f.Add("person", "forum.group_people_wrong", "Max", maxGroup)
	}
	return name, f.Err()
}

// GroupChange is what somebody makes of a private group. Was are the people whom its form showed in it: whoever else came or
// went meanwhile stays as they are.
type GroupChange struct {
	Name        string
	People, Was []string
}

// ChangeGroup gives a private group another name and other people. Who goes cannot read its board any more; what they wrote
// stays. Who leads the cohort only. Invalid names the fields name and person.
func (s *Service) ChangeGroup(ctx context.Context, v *Visit, groupID string, c GroupChange) error {
	if !v.Teaches {
		return errNotFound
	}
	name, err := checkGroup(c.Name, len(c.People))
	if err != nil {
		return err
	}
	return db.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		g, err := s.privateOf(ctx, tx, v, groupID)
		if err != nil {
			return err
		}
		var gone, came []string
		for _, p := range c.Was {
			if !slices.Contains(c.People, p) {
				gone = append(gone, p)
			}
		}
		for _, p := range c.People {
			if !slices.Contains(c.Was, p) {
				came = append(came, p)
			}
		}
		if name == g.Name && len(gone)+len(came) == 0 {
			return nil
		}
		g.Name = name
		if _, err := tx.NewUpdate().Model(g).Column("name").WherePK().Exec(ctx); err != nil {
			return fmt.Errorf("name a group: %w", db.Err(err))
		}
		if len(gone) > 0 {
			_, err := tx.NewDelete().Model((*member)(nil)).Where("group_id = ?", g.ID).Where("person_id IN (?)", bun.List(gone)).Exec(ctx)
			if err != nil {
				return fmt.Errorf("leave a group: %w", db.Err(err))
			}
		}
		if len(came) > 0 {
			if err := s.fill(ctx, tx, v, g, came); err != nil {
				return err
			}
		}
		if err := s.note(ctx, tx, v, "forum.group_changed", "", g.Name, fmt.Sprintf("+%d −%d", len(came), len(gone))); err != nil {
			return err
		}
		return s.reset(ctx, tx, append(gone, came...)...)
	})
}

// CloseGroup ends a private group, or opens it again: its people can read what there is, and nobody writes. Who leads the
// cohort only.
func (s *Service) CloseGroup(ctx context.Context, v *Visit, groupID string, on bool) error {
	if !v.Teaches {
		return errNotFound
	}
	return db.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		g, err := s.privateOf(ctx, tx, v, groupID)
		if err != nil || (g.ClosedAt != nil) == on {
			return err
		}
		g.ClosedAt = nil
		if now := s.clock(); on {
			g.ClosedAt = &now
		}
		if _, err := tx.NewUpdate().Model(g).Column("closed_at").WherePK().Exec(ctx); err != nil {
			return fmt.Errorf("close a group: %w", db.Err(err))
		}
		if err := s.note(ctx, tx, v, map[bool]string{true: "forum.group_closed", false: "forum.group_opened"}[on], "", g.Name, ""); err != nil {
			return err
		}
		var in []string
		if err := tx.NewSelect().Model((*member)(nil)).Column("person_id").Where("m.group_id = ?", g.ID).Scan(ctx, &in); err != nil {
			return fmt.Errorf("people of a group: %w", db.Err(err))
		}
		return s.reset(ctx, tx, in...)
	})
}

// privateOf finds a private group of the delivery, to change it.
func (s *Service) privateOf(ctx context.Context, tx bun.IDB, v *Visit, groupID string) (*Group, error) {
	if err := db.Lock(ctx, tx, "forum-group:"+v.Delivery.ID); err != nil {
		return nil, err
	}
	g := new(Group)
	err := tx.NewSelect().Model(g).Where("g.id = ?", groupID).Where("g.delivery_id = ?", v.Delivery.ID).Where("g.kind = ?", private).Scan(ctx)
	return g, db.Err(err)
}

// fill puts people who have a seat into a group.
func (s *Service) fill(ctx context.Context, tx bun.IDB, v *Visit, g *Group, people []string) error {
	var ids []string
	err := tx.NewSelect().TableExpr("enrolment AS e").ColumnExpr("e.person_id").Where("e.delivery_id = ?", v.Delivery.ID).
		Where("e.status IN (?, ?)", delivery.Active, delivery.Paused).Where("e.person_id IN (?)", bun.List(people)).OrderExpr("e.person_id").Scan(ctx, &ids)
	if err != nil {
		return fmt.Errorf("people of a group: %w", db.Err(err))
	}
	for _, p := range ids {
		m := &member{GroupID: g.ID, PersonID: p, DeliveryID: v.Delivery.ID, Kind: g.Kind, JoinedAt: s.clock()}
		if _, err := tx.NewInsert().Model(m).On("CONFLICT DO NOTHING").Exec(ctx); err != nil {
			return fmt.Errorf("join a group: %w", db.Err(err))
		}
	}
	return nil
}

// MoveMember puts somebody into another discussion group: from the next prompt they write in, that is theirs. What
// they wrote stays where it is. Who leads the cohort only.
func (s *Service) MoveMember(ctx context.Context, v *Visit, personID, groupID string) error {
	if !v.Teaches {
		return errNotFound
	}
	return db.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		if err := db.Lock(ctx, tx, "forum-group:"+v.Delivery.ID); err != nil {
			return err
		}
		ok, err := tx.NewSelect().Model((*Group)(nil)).Where("g.id = ?", groupID).Where("g.delivery_id = ?", v.Delivery.ID).Where("g.kind = ?", discussion).Exists(ctx)
		if err != nil || !ok {
			return orNotFound(err)
		}
		res, err := tx.NewUpdate().Model((*member)(nil)).Set("group_id = ?", groupID).Set("joined_at = ?", s.clock()).
			Where("delivery_id = ?", v.Delivery.ID).Where("person_id = ?", personID).Where("kind = ?", discussion).Exec(ctx)
		if err != nil {
			return db.Err(err)
		}
		if n, err := res.RowsAffected(); err != nil || n == 0 {
			return orNotFound(err)
		}
		if err := s.note(ctx, tx, v, "forum.group_moved", personID, groupID, ""); err != nil {
			return err
		}
		return s.reset(ctx, tx, personID)
	})
}

func orNotFound(err error) error {
	if err != nil {
		return db.Err(err)
	}
	return errNotFound
}
