package disposal

import (
	"context"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"greenroom/internal/db"
	"greenroom/internal/delivery"
	"greenroom/internal/fault"
)

// Item is one record of a series: a thread, a case, an entry of the audit log.
type Item struct {
	ID         string
	DeliveryID string
	Part       string    // of which list it is a part: a delivery's id, or an action of the audit log
	At         time.Time // what the years are counted from, or, where that is the end of a cohort, the last post
}

// held are the conditions under which a hold in force (h) covers a row, by series.
var held = map[string]string{
	Discussion: `h.delivery_id = t.delivery_id OR h.person_id = t.author_id
		OR h.person_id IN (SELECT q.author_id FROM forum_post AS q WHERE q.thread_id = t.id)
		OR h.case_id IN (SELECT k.id FROM moderation_case AS k WHERE k.thread_id = t.id)
		OR h.id IN (SELECT i.hold_id FROM legal_hold_item AS i WHERE i.item_id = t.id)`,
	Moderation: `h.case_id = c.id OR h.delivery_id = c.delivery_id OR h.person_id IN (c.author_id, c.claimed_by, c.decided_by, c.outcome_by)
		OR h.person_id IN (SELECT r.reporter_id FROM moderation_report AS r WHERE r.case_id = c.id)
		OR h.id IN (SELECT i.hold_id FROM legal_hold_item AS i WHERE i.item_id = c.id)`,
	Audit: `h.person_id IN (a.person_id, a.actor_id) OR h.delivery_id = a.delivery_id
		OR a.subject <> '' AND (a.subject = h.case_id OR a.subject IN (SELECT k.post_id FROM moderation_case AS k WHERE k.id = h.case_id))`,
}

// scope is what the conditions of a class need to know beside the database.
type scope struct {
	class   Class
	before  time.Time
	running []string             // cohorts that had not ended before that
	ends    map[string]time.Time // of cohorts
}

// scope asks when cohorts ended, where a class counts from that. It reads courses: call it outside a transaction.
func (s *Service) scope(ctx context.Context, k Class, before time.Time) (*scope, error) {
	x := &scope{class: k, before: before, ends: map[string]time.Time{}}
	if k.FromEvent != "cohort_end" {
		return x, nil
	}
	var all []delivery.Delivery
	if err := s.db.NewSelect().Model(&all).Where("d.kind = ?", delivery.Cohort).Scan(ctx); err != nil {
		return nil, fmt.Errorf("cohorts: %w", db.Err(err))
	}
	for i := range all {
		rev, err := s.courses.Current(ctx, all[i].CourseKey)
		if fault.Is(err, fault.NotFound) {
			continue // the course is retired: the last post counts
		}
		if err != nil {
			return nil, err
		}
		end := all[i].Ends(rev)
		if x.ends[all[i].ID] = end; !end.Before(before) {
			x.running = append(x.running, all[i].ID)
		}
	}
	return x, nil
}

// at is what the years are counted from for an item that was read.
func (x *scope) at(i Item) time.Time {
	if end := x.ends[i.DeliveryID]; end.After(i.At) {
		return end.UTC()
	}
	return i.At.UTC()
}

// due chooses what is due of a series. With withheld it chooses what would be, were it not for a hold.
func (x *scope) due(d bun.IDB, withheld bool) *bun.SelectQuery {
	q := d.NewSelect()
	switch x.class.Series {
	case Discussion:
		q = q.TableExpr("forum_thread AS t").ColumnExpr("t.id AS id, t.delivery_id AS delivery_id, t.delivery_id AS part, t.last_at AS at").
			Where("t.last_at < ?", x.before).
			Where("NOT EXISTS (SELECT 1 FROM moderation_case AS c WHERE c.thread_id = t.id AND c.state IN ('open', 'claimed', 'appealed'))")
		if len(x.running) > 0 {
			q = q.Where("t.delivery_id NOT IN (?)", bun.List(x.running))
		}
	case Moderation:
		at := "COALESCE(c.outcome_at, c.decided_at)"
		if x.class.FromEvent == "opened" {
			at = "c.opened_at"
		}
		q = q.TableExpr("moderation_case AS c").ColumnExpr("c.id AS id, COALESCE(c.delivery_id, '') AS delivery_id, COALESCE(c.delivery_id, '') AS part, "+at+" AS at").
			Where("c.state IN ('decided', 'closed')").Where(at+" < ?", x.before)
	default:
		q = q.TableExpr("audit AS a").ColumnExpr("a.id AS id, a.delivery_id AS delivery_id, a.action AS part, a.at AS at").Where("a.at < ?", x.before)
	}
	not := "NOT "
	if withheld {
		not = ""
	}
	return q.Where(not + "EXISTS (SELECT 1 FROM legal_hold AS h WHERE h.lifted_at IS NULL AND (" + held[x.class.Series] + "))")
}

// each gives at most limit items that are due to fn, the oldest first.
func (x *scope) each(ctx context.Context, d bun.IDB, limit int, fn func(Item) error) error {
	var all []Item
	err := d.NewSelect().TableExpr("(?) AS z", x.due(d, false)).ColumnExpr("z.*").OrderExpr("z.at, z.id").Limit(int64(limit)).Scan(ctx, &all)
	if err != nil {
		return fmt.Errorf("what is due: %w", db.Err(err))
	}
	for _, i := range all {
		i.At = x.at(i)
		if err := fn(i); err != nil {
			return err
		}
	}
	return nil
}

// Part is what is due of one delivery, or of one action of the audit log.
type Part struct {
	ID     string // of the delivery or the action
	Title  string // of the delivery; "" of a self-paced one and of an action
	N      int
	Oldest time.Time
}

// Due is what is due of a series.
type Due struct {
	Class    Class
	Forever  bool // the class keeps everything
	Before   time.Time
	N        int
	Oldest   time.Time // zero when nothing is due
	Parts    []Part    // the oldest first
	Withheld int       // what would be due, were it not for a hold
}

// Due says what is due of a series now.
func (s *Service) Due(ctx context.Context, series string) (*Due, error) {
	k, err := s.Class(ctx, series)
	if err != nil {
		return nil, err
	}
	out := &Due{Class: k}
	before, ok := k.Before(s.now())
	if out.Forever = !ok; !ok {
		return out, nil
	}
	out.Before = before
	x, err := s.scope(ctx, k, before)
	if err != nil {
		return nil, err
	}
	err = s.db.NewSelect().TableExpr("(?) AS z", x.due(s.db, false)).ColumnExpr("z.part AS id, COUNT(*) AS n, MIN(z.at) AS oldest, COALESCE(MAX(d.title), '') AS title").
		Join("LEFT JOIN delivery AS d ON d.id = z.part").GroupExpr("z.part").OrderExpr("MIN(z.at), z.part").Scan(ctx, &out.Parts)
	if err != nil {
		return nil, fmt.Errorf("what is due of %s: %w", series, db.Err(err))
	}
	for i := range out.Parts {
		p := &out.Parts[i]
		p.Oldest = x.at(Item{DeliveryID: p.ID, At: p.Oldest})
		out.N += p.N
		if out.Oldest.IsZero() || p.Oldest.Before(out.Oldest) {
			out.Oldest = p.Oldest
		}
	}
	n, err := s.db.NewSelect().TableExpr("(?) AS z", x.due(s.db, true)).Count(ctx)
	out.Withheld = int(n)
	if err != nil {
		return nil, fmt.Errorf("what is held of %s: %w", series, db.Err(err))
	}
	return out, nil
}

// EachDue gives what is due of a series now to fn, the oldest first, MaxItems at most.
func (s *Service) EachDue(ctx context.Context, series string, fn func(Item) error) error {
	k, err := s.Class(ctx, series)
	if err != nil {
		return err
	}
	before, ok := k.Before(s.now())
	if !ok {
		return nil
	}
	x, err := s.scope(ctx, k, before)
	if err != nil {
		return err
	}
	return x.each(ctx, s.db, MaxItems, fn)
}
