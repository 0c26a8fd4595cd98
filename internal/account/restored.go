package account

import (
	"context"
	"fmt"

	"github.com/uptrace/bun"

	"greenroom/internal/db"
)

// Restored is what has to follow when the database was made what it was some time ago, in the same transaction: what
// signs somebody in ends, since it may have been ended meanwhile, and the people with the ids of erased, who have
// deleted their accounts since, are deleted again. It returns how many of those there were.
func Restored(ctx context.Context, tx bun.IDB, erased []string) (int, error) {
	if _, err := tx.NewDelete().Model((*session)(nil)).Where("TRUE").Exec(ctx); err != nil {
		return 0, fmt.Errorf("end the sessions: %w", db.Err(err))
	}
	if _, err := tx.NewDelete().Model((*link)(nil)).Where("TRUE").Exec(ctx); err != nil {
		return 0, fmt.Errorf("end the links: %w", db.Err(err))
	}
	if len(erased) == 0 {
		return 0, nil
	}
	r, err := tx.NewDelete().Model((*Person)(nil)).Where("id IN (?)", bun.List(erased)).Exec(ctx)
	if err != nil {
		return 0, fmt.Errorf("erase again: %w", db.Err(err))
	}
	n, err := r.RowsAffected()
	return int(n), err
}
