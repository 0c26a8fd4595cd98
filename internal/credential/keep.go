package credential

import (
	"context"
	"fmt"
	"time"

	"github.com/uptrace/bun"
)

// Keep copies what lets a person's valid certificates be checked after the account is gone: name, course and day under
// the code, and for earlier codes only what replaced them. It joins the transaction that deletes the account.
func (s *Service) Keep(ctx context.Context, tx bun.IDB, personID string) error {
	all, err := list(ctx, tx, personID)
	if err != nil {
		return err
	}
	before, err := pastOf(ctx, tx, personID)
	if err != nil {
		return err
	}
	now := s.clock()
	var rows []kept
	for _, c := range all {
		if !c.Valid() {
			continue // its code is found no more, as if it never was
		}
		rows = append(rows, kept{Code: c.Code, CourseTitle: c.CourseTitle, Name: c.Name, IssuedOn: c.IssuedOn, KeptAt: now})
		for _, p := range before[c.ID] {
			rows = append(rows, kept{Code: p.Code, ReplacedBy: c.Code, ReplacedOn: p.ReplacedAt.UTC().Format(time.DateOnly), KeptAt: now})
		}
	}
	if len(rows) == 0 {
		return nil
	}
	if _, err := tx.NewInsert().Model(&rows).Exec(ctx); err != nil {
		return fmt.Errorf("keep certificates: %w", err)
	}
	return nil
}
