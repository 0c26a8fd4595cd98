package desk

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"greenroom/internal/db"
	"greenroom/internal/delivery"
	"greenroom/internal/record"
)

// wide is a learner with all that a row shows.
type wide struct {
	E     delivery.Enrolment `bun:"embed:e_"`
	P     record.Progress    `bun:"embed:p_"`
	Name  string
	Email string
}

// narrow is what decides whether a learner is behind.
type narrow struct {
	E              delivery.Enrolment `bun:"embed:e_"`
	Events, Beside int
}

func escapeLike(s string) string {
	return strings.NewReplacer("!", "!!", "%", "!%", "_", "!_").Replace(s)
}

// among narrows a query over enrolment e, joined with person p where there is a text, to the learners that have a seat
// and match the text.
func among(q *bun.SelectQuery, deliveryID, text string) *bun.SelectQuery {
	q = q.Where("e.delivery_id = ?", deliveryID).Where("e.status IN (?, ?)", delivery.Active, delivery.Paused)
	if text != "" {
		like := "%" + escapeLike(strings.ToLower(text)) + "%"
		q = q.Join("JOIN person AS p ON p.id = e.person_id").
			Where("(lower(p.name) LIKE ? ESCAPE '!' OR lower(COALESCE(p.email, '')) LIKE ? ESCAPE '!')", like, like)
	}
	return q
}

// byName is the order of an index.
const byName = "e.sort_name, e.id"

// pageOf finds the enrolments of one page by name, and counts them all. It reads no more of each than it sorts by.
func pageOf(ctx context.Context, d *bun.DB, deliveryID string, f Filter, away time.Time, skip, most int) ([]string, int, error) {
	q := among(d.NewSelect().TableExpr("enrolment AS e").ColumnExpr("e.id"), deliveryID, f.Text)
	const finished = "EXISTS (SELECT 1 FROM progress AS g WHERE g.person_id = e.person_id AND g.course_key = e.course_key AND g.completed_at IS NOT NULL)"
	switch f.Show {
	case Away:
		q = q.Where("e.last_seen_at < ?", away).Where("NOT " + finished)
	case Finished:
		q = q.Where(finished)
	}
	var ids []string
	n, err := q.OrderExpr(byName).Limit(int64(most)).Offset(int64(skip)).ScanAndCount(ctx, &ids)
	return ids, int(n), db.Err(err)
}

// unfinished reads what decides whether people are behind, by name.
func unfinished(ctx context.Context, d *bun.DB, deliveryID string, f Filter) ([]narrow, error) {
	var all []narrow
	q := d.NewSelect().TableExpr("enrolment AS e").ColumnExpr(delivery.Columns("e", "e_")).
		ColumnExpr("COALESCE(g.events, 0) AS events, COALESCE(g.beside, 0) AS beside").
		Join("LEFT JOIN progress AS g ON g.person_id = e.person_id AND g.course_key = e.course_key").
		Where("g.completed_at IS NULL")
	err := among(q, deliveryID, f.Text).OrderExpr(byName).Scan(ctx, &all)
	return all, db.Err(err)
}

const progressColumns = "g.states AS p_states, g.decided AS p_decided, g.events AS p_events, g.beside AS p_beside, " +
	"g.completed_at AS p_completed_at, g.updated_at AS p_updated_at"

// learners reads people by their enrolments' ids.
func learners(ctx context.Context, tx bun.IDB, ids []string) (map[string]wide, error) {
	var all []wide
	err := tx.NewSelect().TableExpr("enrolment AS e").ColumnExpr(delivery.Columns("e", "e_")).ColumnExpr(progressColumns).
		ColumnExpr("p.name AS name, COALESCE(p.email, '') AS email").
		Join("JOIN person AS p ON p.id = e.person_id").
		Join("LEFT JOIN progress AS g ON g.person_id = e.person_id AND g.course_key = e.course_key").
		Where("e.id IN (?)", bun.List(ids)).Scan(ctx, &all)
	if err != nil {
		return nil, fmt.Errorf("read learners: %w", err)
	}
	by := make(map[string]wide, len(all))
	for _, x := range all {
		by[x.E.ID] = x
	}
	return by, nil
}

// learner reads one person of a cohort; whoever left it is not there.
func learner(ctx context.Context, tx bun.IDB, deliveryID, personID string) (*wide, error) {
	x := new(wide)
	err := tx.NewSelect().TableExpr("enrolment AS e").ColumnExpr(delivery.Columns("e", "e_")).ColumnExpr(progressColumns).
		ColumnExpr("p.name AS name, COALESCE(p.email, '') AS email").
		Join("JOIN person AS p ON p.id = e.person_id").
		Join("LEFT JOIN progress AS g ON g.person_id = e.person_id AND g.course_key = e.course_key").
		Where("e.delivery_id = ?", deliveryID).Where("e.person_id = ?", personID).Where("e.status <> ?", delivery.Withdrawn).Scan(ctx, x)
	if err != nil {
		return nil, db.Err(err)
	}
	return x, nil
}

// addressees are people of a cohort by id, with their proven address; who has none, or left, is not among them.
func addressees(ctx context.Context, tx bun.IDB, deliveryID string, people []string) ([]Addressee, error) {
	var all []Addressee
	if len(people) == 0 {
		return nil, nil
	}
	err := tx.NewSelect().TableExpr("enrolment AS e").ColumnExpr("p.id, p.name, p.email").Join("JOIN person AS p ON p.id = e.person_id").
		Where("e.delivery_id = ?", deliveryID).Where("e.status <> ?", delivery.Withdrawn).Where("e.person_id IN (?)", bun.List(people)).
		Where("p.verified_at IS NOT NULL").Where("p.disabled_at IS NULL").Where("p.email IS NOT NULL").OrderExpr(byName).Scan(ctx, &all)
	if err != nil {
		return nil, fmt.Errorf("find addressees: %w", err)
	}
	return all, nil
}
