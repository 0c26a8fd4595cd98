package delivery

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"greenroom/internal/db"
	"greenroom/internal/id"
)

func selfPaced(ctx context.Context, tx bun.IDB, courseKey string) (*Delivery, error) {
	d := new(Delivery)
	err := tx.NewSelect().Model(d).Where("d.course_key = ?", courseKey).Where("d.kind = ?", SelfPaced).Scan(ctx)
	if err != nil {
		return nil, db.Err(err)
	}
	return d, nil
}

// ensure inserts the self-paced delivery unless it is there. Who comes second waits for the first and inserts nothing.
func ensure(ctx context.Context, tx bun.IDB, courseKey string, now time.Time) error {
	d := &Delivery{
		ID: id.New(), CourseKey: courseKey, Kind: SelfPaced, CreatedAt: now, Status: Open,
		Terms: Terms{LatePolicy: LateOpen, JoinPolicy: JoinOpen},
	}
	if _, err := tx.NewInsert().Model(d).On("CONFLICT DO NOTHING").Exec(ctx); err != nil {
		return fmt.Errorf("insert self-paced delivery of %q: %w", courseKey, err)
	}
	return nil
}

// insert adds the enrolment unless the person has one in the delivery, and says whether it did.
func insert(ctx context.Context, tx bun.IDB, e *Enrolment) (bool, error) {
	res, err := tx.NewInsert().Model(e).On("CONFLICT (person_id, delivery_id) DO NOTHING").Exec(ctx)
	if err != nil {
		return false, fmt.Errorf("insert enrolment: %w", err)
	}
	n, err := res.RowsAffected()
	return n == 1, err
}

// lockEnrolment reads the person's enrolment for changing it; nil when there is none.
func lockEnrolment(ctx context.Context, tx bun.IDB, personID, deliveryID string) (*Enrolment, error) {
	e := new(Enrolment)
	q := tx.NewSelect().Model(e).Where("e.person_id = ?", personID).Where("e.delivery_id = ?", deliveryID)
	err := db.ForUpdate(q).Scan(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("lock enrolment: %w", err)
	}
	return e, nil
}

// lockAll reads a person's enrolments in all deliveries of a course for changing them.
func lockAll(ctx context.Context, tx bun.IDB, personID, courseKey string) ([]Enrolment, error) {
	var all []Enrolment
	err := db.ForUpdate(tx.NewSelect().Model(&all).Where("e.person_id = ?", personID).Where("e.course_key = ?", courseKey)).Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("lock enrolments: %w", err)
	}
	return all, nil
}

func update(ctx context.Context, tx bun.IDB, e *Enrolment, columns ...string) error {
	if _, err := tx.NewUpdate().Model(e).Column(columns...).WherePK().Exec(ctx); err != nil {
		return fmt.Errorf("update enrolment: %w", err)
	}
	return nil
}

// of reads a course's self-paced delivery and the person's enrolment in it in one query.
func of(ctx context.Context, tx bun.IDB, personID, courseKey string) (*Delivery, *Enrolment, error) {
	var row struct {
		ID        string    `bun:"d_id"`
		CreatedAt time.Time `bun:"d_created_at"`
		E         Enrolment `bun:"embed:e_"`
	}
	err := tx.NewSelect().TableExpr("delivery AS d").
		ColumnExpr("d.id AS d_id, d.created_at AS d_created_at").
		ColumnExpr(Columns("e", "e_")).
		Join("LEFT JOIN enrolment AS e ON e.delivery_id = d.id AND e.person_id = ?", personID).
		Where("d.course_key = ?", courseKey).Where("d.kind = ?", SelfPaced).
		Scan(ctx, &row)
	if err != nil {
		return nil, nil, db.Err(err)
	}
	d := &Delivery{ID: row.ID, CourseKey: courseKey, Kind: SelfPaced, CreatedAt: row.CreatedAt}
	if row.E.ID == "" {
		return d, nil, nil
	}
	return d, &row.E, nil
}

// Columns lists the columns of enrolment for a joined read: "e.id AS e_id, …".
func Columns(alias, prefix string) string { return columns(alias, prefix, enrolmentColumns[:]) }

// CohortColumns lists the columns of delivery likewise; the prefix "" is for a read of its own. Statements that are prepared name
// their columns: with d.* they would fail once a newer program has added one.
func CohortColumns(alias, prefix string) string { return columns(alias, prefix, deliveryColumns[:]) }

func columns(alias, prefix string, names []string) string {
	s := ""
	for i, c := range names {
		if i > 0 {
			s += ", "
		}
		s += alias + "." + c + " AS " + prefix + c
	}
	return s
}

var enrolmentColumns = [...]string{
	"id", "delivery_id", "person_id", "course_key", "revision_hash", "status", "last_activity",
	"last_seen_at", "created_at", "updated_at", "source", "shift_weeks", "extended_days", "pauses", "version",
	"joined_at", "queued_at",
}

var deliveryColumns = [...]string{
	"id", "course_key", "kind", "created_at", "title", "about", "starts_on", "zone", "release_at", "late_policy",
	"join_policy", "capacity", "schedule", "status", "version", "created_by", "updated_at",
}

func list(ctx context.Context, tx bun.IDB, personID string) ([]Enrolment, error) {
	var all []Enrolment
	err := tx.NewSelect().Model(&all).Where("e.person_id = ?", personID).
		OrderExpr("e.last_seen_at DESC, e.id").Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("list enrolments: %w", err)
	}
	return all, nil
}

// Counted is a subquery for figures about the people of a course: a row for each who has a place in it or had one, with
// person_id, delivery_id, status, last_activity and last_seen_at of the one enrolment by which they are counted: where
// they were last seen, and one that they left only when they have no other. So no two deliveries share anybody, and what
// is told of all less what is told of one is what is told of the others.
func Counted(tx bun.IDB, courseKey string) *bun.SelectQuery {
	ranked := tx.NewSelect().TableExpr("enrolment AS e").
		ColumnExpr("e.person_id, e.delivery_id, e.status, e.last_activity, e.last_seen_at").
		ColumnExpr("ROW_NUMBER() OVER (PARTITION BY e.person_id ORDER BY CASE WHEN e.status = ? THEN 1 ELSE 0 END, e.last_seen_at DESC, e.id DESC) AS place", Withdrawn).
		Where("e.course_key = ?", courseKey).Where("e.status <> ?", Waiting)
	return tx.NewSelect().TableExpr("(?) AS ranked", ranked).
		ColumnExpr("person_id, delivery_id, status, last_activity, last_seen_at").Where("place = 1")
}
