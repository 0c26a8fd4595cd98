package allow

import (
	"context"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"greenroom/internal/db"
)

// insert adds the grant unless its form was sent before, and says whether it did.
func insert(ctx context.Context, tx bun.IDB, a *Accommodation) (bool, error) {
	res, err := tx.NewInsert().Model(a).On("CONFLICT (id) DO NOTHING").Exec(ctx)
	if err != nil {
		return false, fmt.Errorf("grant accommodation: %w", db.Err(err))
	}
	n, err := res.RowsAffected()
	return n == 1, err
}

func lock(ctx context.Context, tx bun.IDB, personID, grantID string) (*Accommodation, error) {
	a := new(Accommodation)
	q := tx.NewSelect().Model(a).Where("ac.id = ?", grantID).Where("ac.person_id = ?", personID)
	if err := db.ForUpdate(q).Scan(ctx); err != nil {
		return nil, db.Err(err)
	}
	return a, nil
}

func end(ctx context.Context, tx bun.IDB, a *Accommodation) error {
	if _, err := tx.NewUpdate().Model(a).Column("ended_at", "ended_by", "ended_reason").WherePK().Exec(ctx); err != nil {
		return fmt.Errorf("end accommodation: %w", err)
	}
	return nil
}

// holding returns the grants of people that hold at a time, the oldest first.
func holding(ctx context.Context, tx bun.IDB, people []string, now time.Time) ([]Accommodation, error) {
	var all []Accommodation
	err := tx.NewSelect().Model(&all).Where("ac.person_id IN (?)", bun.List(people)).Where("ac.ended_at IS NULL").
		Where("ac.from_at <= ?", now).Where("(ac.until_at IS NULL OR ac.until_at > ?)", now).
		OrderExpr("ac.granted_at, ac.id").Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("read accommodations: %w", err)
	}
	return all, nil
}

func history(ctx context.Context, tx bun.IDB, personID string) ([]Accommodation, error) {
	var all []Accommodation
	err := tx.NewSelect().Model(&all).Where("ac.person_id = ?", personID).OrderExpr("ac.granted_at DESC, ac.id DESC").Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("list accommodations: %w", err)
	}
	return all, nil
}
