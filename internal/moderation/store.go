package moderation

import (
	"context"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"greenroom/internal/db"
)

// Suspension is that somebody may not write in a delivery for a while; table moderation_suspension.
type Suspension struct {
	bun.BaseModel `bun:"table:moderation_suspension,alias:x"`

	ID                           string `bun:",pk"`
	CaseID, PersonID, DeliveryID string
	FromAt, Until                time.Time
	LiftedAt                     *time.Time
}

func minTime(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

// suspension is the one that holds at now, nil when none does.
func (s *Service) suspension(ctx context.Context, tx bun.IDB, personID, deliveryID string, now time.Time) (*Suspension, error) {
	var all []Suspension
	err := tx.NewSelect().Model(&all).Where("x.person_id = ?", personID).Where("x.delivery_id = ?", deliveryID).
		Where("x.until > ?", now).Where("x.lifted_at IS NULL").OrderExpr("x.until DESC").Limit(1).Scan(ctx)
	if err != nil || len(all) == 0 {
		return nil, db.Err(err)
	}
	return &all[0], nil
}

func caseByID(ctx context.Context, tx bun.IDB, id string, lock bool) (*Case, error) {
	c := new(Case)
	q := tx.NewSelect().Model(c).Where("c.id = ?", id)
	if lock {
		q = db.ForUpdate(q)
	}
	if err := q.Scan(ctx); err != nil {
		return nil, db.Err(err)
	}
	return c, nil
}

func updateCase(ctx context.Context, tx bun.IDB, c *Case) error {
	c.Version++
	if _, err := tx.NewUpdate().Model(c).WherePK().Exec(ctx); err != nil {
		return fmt.Errorf("change a case: %w", db.Err(err))
	}
	return nil
}
