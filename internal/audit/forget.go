package audit

import (
	"context"
	"fmt"

	"github.com/uptrace/bun"
)

// Forget takes a person's name and addresses out of the log within the transaction that erases them. Their id stays as
// a tombstone: what was decided, and that one person decided it, remains true. Words that somebody wrote as a reason
// stay as they are.
func Forget(ctx context.Context, tx bun.IDB, personID string, addresses ...string) error {
	if _, err := tx.NewUpdate().Model((*Entry)(nil)).Set("actor_name = ''").Where("actor_id = ?", personID).Exec(ctx); err != nil {
		return fmt.Errorf("forget who decided: %w", err)
	}
	if _, err := tx.NewUpdate().Model((*Entry)(nil)).Set("person_name = ''").Where("person_id = ?", personID).Exec(ctx); err != nil {
		return fmt.Errorf("forget whom it concerned: %w", err)
	}
	for _, a := range addresses {
		if a == "" {
			continue
		}
		like := "%" + literal(a) + "%"
		_, err := tx.NewUpdate().Model((*Entry)(nil)).Set("subject = REPLACE(subject, ?, '')", a).Set("data = REPLACE(data, ?, '')", a).
			Where("subject LIKE ? ESCAPE '!' OR data LIKE ? ESCAPE '!'", like, like).Exec(ctx)
		if err != nil {
			return fmt.Errorf("forget an address: %w", err)
		}
	}
	return nil
}

// Dispose removes entries whose time is over, in the transaction. It is for internal/disposal alone, which asks two people first.
func Dispose(ctx context.Context, tx bun.IDB, ids []string) error {
	if _, err := tx.NewDelete().Model((*Entry)(nil)).Where("id IN (?)", bun.List(ids)).Exec(ctx); err != nil {
		return fmt.Errorf("dispose of entries of the log: %w", err)
	}
	return nil
}
