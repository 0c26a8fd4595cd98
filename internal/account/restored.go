package account

import (
	"context"
	"fmt"

	"github.com/uptrace/bun"

	"greenroom/internal/db"
	"greenroom/internal/fault"
)

// Restored is what has to follow when the database was made what it was some time ago, in the same transaction: what
// signs somebody in ends, since it may have been ended meanwhile, and the people with the ids of erased, who have
// deleted their accounts since, are deleted again, with all that belongs to it but the letter. It returns how many of
// those there were.
func (s *Service) Restored(ctx context.Context, tx bun.IDB, erased []string) (int, error) {
	if _, err := tx.NewDelete().Model((*session)(nil)).Where("TRUE").Exec(ctx); err != nil {
		return 0, fmt.Errorf("end the sessions: %w", db.Err(err))
	}
	if _, err := tx.NewDelete().Model((*link)(nil)).Where("TRUE").Exec(ctx); err != nil {
		return 0, fmt.Errorf("end the links: %w", db.Err(err))
	}
	n := 0
	for _, id := range erased {
		p, err := byID(ctx, tx, id)
		if fault.Is(err, fault.NotFound) {
			continue
		}
		if err == nil {
			err = s.erase(ctx, tx, p, Wish{}, false)
		}
		if err != nil {
			return n, fmt.Errorf("erase %s again: %w", id, err)
		}
		n++
	}
	return n, nil
}
