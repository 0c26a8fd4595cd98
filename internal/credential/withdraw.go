package credential

import (
	"context"
	"fmt"
	"time"

	"github.com/uptrace/bun"
)

// Reopened is the reason of certificates that ended because the completion they rest on no longer holds. Pages say it by
// the message of this name.
const Reopened = "credential.reason_reopened"

// Withdraw ends the certificate of a person's last completion of a course, because the decision that it rests on was
// taken back. It joins that transaction; who decided, and why, is in the log already. When the course is completed
// again, that is another cycle and another certificate.
func (s *Service) Withdraw(ctx context.Context, tx bun.IDB, personID, courseKey string, at time.Time) error {
	last := tx.NewSelect().Model((*Certificate)(nil)).ColumnExpr("MAX(ct.cycle)").Where("ct.person_id = ?", personID).Where("ct.course_key = ?", courseKey)
	_, err := tx.NewUpdate().Model((*Certificate)(nil)).Set("revoked_at = ?", at.UTC()).Set("revoke_reason = ?", Reopened).
		Where("ct.person_id = ?", personID).Where("ct.course_key = ?", courseKey).Where("ct.revoked_at IS NULL").Where("ct.cycle = (?)", last).Exec(ctx)
	if err != nil {
		return fmt.Errorf("withdraw certificate: %w", err)
	}
	return nil
}
