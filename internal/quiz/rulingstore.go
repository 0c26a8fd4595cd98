package quiz

import (
	"context"
	"fmt"

	"github.com/uptrace/bun"

	"greenroom/internal/db"
)

// rulings returns the decisions in force, of one quiz or, for nil, of all, in the order in which they were made.
func rulings(ctx context.Context, tx bun.IDB, q *Ref) ([]Ruling, error) {
	var all []Ruling
	sel := tx.NewSelect().Model(&all).Where("qr.reversed_at IS NULL").OrderExpr("qr.decided_at, qr.id")
	if q != nil {
		sel = sel.Where("qr.course_key = ?", q.CourseKey).Where("qr.activity_key = ?", q.ActivityKey)
	}
	if err := sel.Scan(ctx); err != nil {
		return nil, fmt.Errorf("decisions in force: %w", err)
	}
	return all, nil
}

func ruling(ctx context.Context, tx bun.IDB, q Ref, rulingID string) (*Ruling, error) {
	r := new(Ruling)
	err := tx.NewSelect().Model(r).Where("qr.id = ?", rulingID).
		Where("qr.course_key = ?", q.CourseKey).Where("qr.activity_key = ?", q.ActivityKey).Scan(ctx)
	if err != nil {
		return nil, db.Err(err)
	}
	return r, nil
}

// insertRuling adds the decision unless its form was sent before, and says whether it did.
func insertRuling(ctx context.Context, tx bun.IDB, r *Ruling) (bool, error) {
	res, err := tx.NewInsert().Model(r).On("CONFLICT (id) DO NOTHING").Exec(ctx)
	if err != nil {
		return false, fmt.Errorf("decide about a question: %w", db.Err(err))
	}
	n, err := res.RowsAffected()
	return n == 1, err
}

func updateRuling(ctx context.Context, tx bun.IDB, r *Ruling) error {
	_, err := tx.NewUpdate().Model(r).Column("generation", "reversed_at", "reversed_by", "reverse_reason").WherePK().Exec(ctx)
	if err != nil {
		return fmt.Errorf("take a decision back: %w", err)
	}
	return nil
}
