package delivery

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"greenroom/internal/db"
)

func insertDelivery(ctx context.Context, tx bun.IDB, d *Delivery) (bool, error) {
	res, err := tx.NewInsert().Model(d).On("CONFLICT (id) DO NOTHING").Exec(ctx)
	if err != nil {
		return false, fmt.Errorf("insert cohort: %w", err)
	}
	n, err := res.RowsAffected()
	return n == 1, err
}

func updateDelivery(ctx context.Context, tx bun.IDB, d *Delivery) error {
	if _, err := tx.NewUpdate().Model(d).ExcludeColumn("id", "course_key", "kind", "created_at", "created_by").WherePK().Exec(ctx); err != nil {
		return fmt.Errorf("update cohort: %w", err)
	}
	return nil
}

func byID(ctx context.Context, tx bun.IDB, deliveryID string) (*Delivery, error) {
	d := new(Delivery)
	err := tx.NewSelect().Model(d).Where("d.id = ?", deliveryID).Where("d.kind = ?", Cohort).Scan(ctx)
	if err != nil {
		return nil, db.Err(err)
	}
	return d, nil
}

// lockCohort reads a cohort and holds its row: who changes seats, dates or state of one takes turns.
func lockCohort(ctx context.Context, tx bun.IDB, deliveryID string) (*Delivery, error) {
	d := new(Delivery)
	err := db.ForUpdate(tx.NewSelect().Model(d).Where("d.id = ?", deliveryID).Where("d.kind = ?", Cohort)).Scan(ctx)
	if err != nil {
		return nil, db.Err(err)
	}
	return d, nil
}

// upsert writes the enrolment whether or not it is there.
func upsert(ctx context.Context, tx bun.IDB, e *Enrolment) error {
	return upsertAll(ctx, tx, []Enrolment{*e})
}

func upsertAll(ctx context.Context, tx bun.IDB, all []Enrolment) error {
	q := tx.NewInsert().Model(&all).On("CONFLICT (person_id, delivery_id) DO UPDATE")
	for _, c := range [...]string{
		"revision_hash", "status", "updated_at", "source", "shift_weeks", "extended_days", "pauses", "version", "joined_at", "queued_at",
	} {
		q = q.Set(c + " = EXCLUDED." + c)
	}
	if _, err := q.Exec(ctx); err != nil {
		return fmt.Errorf("write enrolment: %w", err)
	}
	return nil
}

// seats counts who has a seat in a cohort and who waits for one.
func seats(ctx context.Context, tx bun.IDB, deliveryID string) (taken, waiting int, err error) {
	var rows []struct {
		Status string
		N      int
	}
	err = tx.NewSelect().Model((*Enrolment)(nil)).Column("status").ColumnExpr("count(*) AS n").
		Where("e.delivery_id = ?", deliveryID).Where("e.status <> ?", Withdrawn).Group("status").Scan(ctx, &rows)
	if err != nil {
		return 0, 0, fmt.Errorf("count seats: %w", err)
	}
	for _, r := range rows {
		if r.Status == Waiting {
			waiting += r.N
		} else {
			taken += r.N
		}
	}
	return taken, waiting, nil
}

// lockQueue reads the first n of those who wait.
func lockQueue(ctx context.Context, tx bun.IDB, deliveryID string, n int) ([]Enrolment, error) {
	var all []Enrolment
	err := db.ForUpdate(tx.NewSelect().Model(&all).Where("e.delivery_id = ?", deliveryID).Where("e.status = ?", Waiting).
		OrderExpr("e.queued_at, e.id").Limit(int64(n))).Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the queue: %w", err)
	}
	return all, nil
}

// dropQueue lets go of everybody who waits.
func dropQueue(ctx context.Context, tx bun.IDB, deliveryID string, now time.Time) error {
	_, err := tx.NewUpdate().Model((*Enrolment)(nil)).Set("status = ?", Withdrawn).Set("queued_at = NULL").
		Set("updated_at = ?", now).Set("version = version + 1").
		Where("e.delivery_id = ?", deliveryID).Where("e.status = ?", Waiting).Exec(ctx)
	if err != nil {
		return fmt.Errorf("let go of the queue: %w", err)
	}
	return nil
}

// queued are the cohorts for which somebody waits.
func queued(ctx context.Context, tx bun.IDB) ([]string, error) {
	var ids []string
	err := tx.NewSelect().Model((*Enrolment)(nil)).ColumnExpr("DISTINCT e.delivery_id").Where("e.status = ?", Waiting).Scan(ctx, &ids)
	if err != nil {
		return nil, fmt.Errorf("find queues: %w", err)
	}
	return ids, nil
}

// otherCohort is the title of another cohort of the course in which the person has a seat and that goes on; "" when none.
func otherCohort(ctx context.Context, tx bun.IDB, personID string, d *Delivery) (string, error) {
	var title string
	err := tx.NewSelect().Model((*Enrolment)(nil)).ColumnExpr("o.title").Join("JOIN delivery AS o ON o.id = e.delivery_id").
		Where("e.person_id = ?", personID).Where("e.course_key = ?", d.CourseKey).Where("e.delivery_id <> ?", d.ID).
		Where("e.status IN (?, ?)", Active, Paused).Where("o.kind = ?", Cohort).Where("o.status IN (?, ?)", Draft, Open).
		Limit(1).Scan(ctx, &title)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("look for another cohort: %w", err)
	}
	return title, nil
}

// Counts beside a row: seats taken and people waiting in d, and people waiting before e.
const (
	takenExpr = "(SELECT count(*) FROM enrolment AS n WHERE n.delivery_id = d.id AND n.status IN (?, ?))"
	queueExpr = "(SELECT count(*) FROM enrolment AS n WHERE n.delivery_id = d.id AND n.status = ?)"
	aheadExpr = "CASE WHEN e.status = ? THEN (SELECT count(*) FROM enrolment AS n WHERE n.delivery_id = e.delivery_id AND n.status = ? " +
		"AND (n.queued_at < e.queued_at OR (n.queued_at = e.queued_at AND n.id < e.id))) ELSE 0 END AS ahead"
)

// counted selects cohorts with how many people they have.
func counted(tx bun.IDB, rows *[]Row) *bun.SelectQuery {
	return tx.NewSelect().Model(rows).ColumnExpr("d.*").
		ColumnExpr(takenExpr+" AS people", Active, Paused).ColumnExpr(queueExpr+" AS queue", Waiting).
		Where("d.kind = ?", Cohort)
}

func listCohorts(ctx context.Context, tx bun.IDB, f Filter) ([]Row, int, error) {
	if f.IDs != nil && len(f.IDs) == 0 {
		return nil, 0, nil
	}
	var rows []Row
	q := counted(tx, &rows)
	if f.IDs != nil {
		q = q.Where("d.id IN (?)", bun.List(f.IDs))
	}
	if f.CourseKey != "" {
		q = q.Where("d.course_key = ?", f.CourseKey)
	}
	if len(f.Status) > 0 {
		q = q.Where("d.status IN (?)", bun.List(f.Status))
	}
	total, err := q.OrderExpr("d.starts_on DESC, d.id DESC").Limit(PerPage).Offset(skipped(f.Page)).ScanAndCount(ctx)
	return rows, int(total), err
}

// maxAround bounds how many cohorts of a course its page looks at.
const maxAround = 100

// around is one cohort beside the enrolment in it of who looks; the enrolment is empty when they never were in it.
type around struct {
	Mine   `bun:",extend"`
	People int
	Queue  int
}

// aroundQuery reads the cohorts of a course that anybody may join and those that a person is in or waits for. It names
// its columns: a prepared statement over d.* would fail once a newer program has added one.
var aroundQuery = "SELECT " + columns("d", "d_", deliveryColumns[:]) + ", " + Columns("e", "e_") + ", " + aheadExpr + ", " +
	takenExpr + " AS people, " + queueExpr + " AS queue " +
	"FROM delivery AS d LEFT JOIN enrolment AS e ON e.delivery_id = d.id AND e.person_id = ? AND e.status <> ? " +
	"WHERE d.kind = ? AND d.course_key = ? AND (d.status = ? AND d.join_policy = ? OR e.id IS NOT NULL) " +
	"ORDER BY d.starts_on DESC, d.id LIMIT ?"

func roster(ctx context.Context, tx bun.IDB, deliveryID string, f RosterFilter) ([]Member, int, error) {
	var all []Member
	q := tx.NewSelect().Model(&all).ColumnExpr(columns("e", "", enrolmentColumns[:])).ColumnExpr("p.name AS name, COALESCE(p.email, '') AS email").
		Join("JOIN person AS p ON p.id = e.person_id").
		Where("e.delivery_id = ?", deliveryID).Where("e.status IN (?)", bun.List(f.Status))
	if f.Text != "" {
		like := "%" + escapeLike(strings.ToLower(f.Text)) + "%"
		q = q.Where(`(lower(p.name) LIKE ? ESCAPE '!' OR lower(COALESCE(p.email, '')) LIKE ? ESCAPE '!')`, like, like)
	}
	order := "e.sort_name, e.id" // the order of an index
	if slices.Contains(f.Status, Waiting) {
		order = "CASE WHEN e.status = '" + Waiting + "' THEN 1 ELSE 0 END, e.queued_at, " + order
	}
	total, err := q.OrderExpr(order).
		Limit(PerPage).Offset(skipped(f.Page)).ScanAndCount(ctx)
	return all, int(total), err
}

// skipped is how many rows are on the pages before this one.
func skipped(page int) int64 { return int64(max(0, page-1)) * PerPage }

func escapeLike(s string) string {
	return strings.NewReplacer("!", "!!", "%", "!%", "_", "!_").Replace(s)
}

// mine reads the cohorts of a person with their enrolment and how many wait before them.
func mine(ctx context.Context, tx bun.IDB, personID string, narrow func(*bun.SelectQuery) *bun.SelectQuery) ([]Mine, error) {
	var all []Mine
	q := tx.NewSelect().TableExpr("enrolment AS e").Join("JOIN delivery AS d ON d.id = e.delivery_id").
		ColumnExpr(columns("d", "d_", deliveryColumns[:])).ColumnExpr(Columns("e", "e_")).
		ColumnExpr(aheadExpr, Waiting, Waiting).
		Where("e.person_id = ?", personID).Where("d.kind = ?", Cohort)
	if err := narrow(q).OrderExpr("d.starts_on DESC, e.id").Limit(maxMine).Scan(ctx, &all); err != nil {
		return nil, fmt.Errorf("read a person's cohorts: %w", err)
	}
	return all, nil
}

// maxMine bounds how many cohorts of one person are read at once.
const maxMine = 100
