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

// openCase is the case of a post that is not decided, nil without one; "" is no post.
func openCase(ctx context.Context, tx bun.IDB, postID string) (*Case, error) {
	return postCase(ctx, tx, postID, []string{Open, Claimed})
}

// lastCase is the case of a post that was decided last, nil without one.
func lastCase(ctx context.Context, tx bun.IDB, postID string) (*Case, error) {
	return postCase(ctx, tx, postID, []string{Decided, Appealed, Closed})
}

func postCase(ctx context.Context, tx bun.IDB, postID string, states []string) (*Case, error) {
	var all []Case
	if postID == "" {
		return nil, nil
	}
	err := tx.NewSelect().Model(&all).Where("c.post_id = ?", postID).Where("c.state IN (?)", bun.List(states)).OrderExpr("c.opened_at DESC").Limit(1).Scan(ctx)
	if err != nil || len(all) == 0 {
		return nil, db.Err(err)
	}
	return &all[0], nil
}

func updateCase(ctx context.Context, tx bun.IDB, c *Case) error {
	c.Version++
	if _, err := tx.NewUpdate().Model(c).WherePK().Exec(ctx); err != nil {
		return fmt.Errorf("change a case: %w", db.Err(err))
	}
	return nil
}
