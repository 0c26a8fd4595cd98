package delivery

import (
	"context"
	"fmt"
	"time"

	"github.com/uptrace/bun"
)

// Claim gives the enrolments of a guest to a person. Where both are in the same delivery, the person's own stays,
// on its revision; it becomes active when the guest's was, and takes the later of the two last positions.
// A second call finds nothing to move.
func (s *Service) Claim(ctx context.Context, tx bun.IDB, from, to string) error {
	if from == to {
		return nil
	}
	theirs, err := list(ctx, tx, from)
	if err != nil {
		return err
	}
	now := s.clock()
	for i := range theirs {
		g := &theirs[i]
		own, err := lockEnrolment(ctx, tx, to, g.DeliveryID)
		if err != nil {
			return err
		}
		if own == nil {
			g.PersonID, g.UpdatedAt = to, now
			if err := update(ctx, tx, g, "person_id", "updated_at"); err != nil {
				return err
			}
			continue
		}
		if g.Status == Active {
			own.Status = Active
		}
		if g.LastActivity != "" && g.LastSeenAt.After(own.LastSeenAt) {
			own.LastActivity, own.LastSeenAt = g.LastActivity, g.LastSeenAt
		}
		own.UpdatedAt = now
		if err := update(ctx, tx, own, "status", "last_activity", "last_seen_at", "updated_at"); err != nil {
			return err
		}
		if _, err := tx.NewDelete().Model(g).WherePK().Exec(ctx); err != nil {
			return fmt.Errorf("drop the guest's second enrolment: %w", err)
		}
	}
	return nil
}

// Export gives a person's enrolments for the file of everything that is kept about them.
func (s *Service) Export(ctx context.Context, personID string) (string, any, error) {
	all, err := list(ctx, s.db, personID)
	if err != nil {
		return "", nil, err
	}
	type row struct {
		Course   string `json:"course"`
		Revision string `json:"revision"`
		Status   string `json:"status"`
		LastStep string `json:"last_step,omitempty"`
		LastSeen string `json:"last_seen"`
		Enrolled string `json:"enrolled_at"`
	}
	out := make([]row, len(all))
	for i, e := range all {
		out[i] = row{e.CourseKey, e.RevisionHash, e.Status, e.LastActivity, e.LastSeenAt.UTC().Format(time.RFC3339), e.CreatedAt.UTC().Format(time.RFC3339)}
	}
	return "enrolments", out, nil
}
