package credential

import (
	"context"
	"fmt"
	"time"

	"github.com/uptrace/bun"
)

// Withdraw revokes the valid certificates that a person has of a course, because their completion no longer holds: it
// rested on a decision that was taken back. It joins that transaction; who has none is no error.
func (s *Service) Withdraw(ctx context.Context, tx bun.IDB, personID, courseKey string, at time.Time) error {
	_, err := tx.NewUpdate().Model((*Certificate)(nil)).Set("revoked_at = ?", at).
		Where("ct.person_id = ?", personID).Where("ct.course_key = ?", courseKey).Where("ct.revoked_at IS NULL").Exec(ctx)
	if err != nil {
		return fmt.Errorf("withdraw certificate: %w", err)
	}
	return nil
}

// come sets the cycle to the one that the record has come to: a course that was reopened is completed anew.
func (c *Certificate) come(ctx context.Context, tx bun.IDB) error {
	n := 0
	err := tx.NewSelect().TableExpr("learning_event").ColumnExpr("COALESCE(MAX(cycle), 1)").Where("person_id = ?", c.PersonID).
		Where("course_key = ?", c.CourseKey).Where("activity_key = ''").Where("kind = 'completed'").Scan(ctx, &n)
	if err != nil {
		return fmt.Errorf("cycle of a certificate: %w", err)
	}
	c.Cycle = n
	return nil
}
