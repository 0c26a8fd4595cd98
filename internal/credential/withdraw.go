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
		Set("revoke_reason = ?", "a decision that the completion rested on was taken back").
		Where("ct.person_id = ?", personID).Where("ct.course_key = ?", courseKey).Where("ct.revoked_at IS NULL").Exec(ctx)
	if err != nil {
		return fmt.Errorf("withdraw certificate: %w", err)
	}
	return nil
}
