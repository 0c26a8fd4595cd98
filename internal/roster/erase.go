package roster

import (
	"context"
	"fmt"

	"github.com/uptrace/bun"

	"greenroom/internal/account"
)

// Erase forgets the address and the name of a deleted person where a file or a promise had them: promised places go, rows
// of files that are done with lose both, rows of files still in work go.
func (s *Service) Erase(ctx context.Context, tx bun.IDB, p *account.Person, _ account.Wish) error {
	if p.EmailFolded == "" {
		return nil
	}
	if _, err := tx.NewRaw("DELETE FROM pending_enrolment WHERE email_folded = ?", p.EmailFolded).Exec(ctx); err != nil {
		return fmt.Errorf("forget promised places: %w", err)
	}
	const open = "(SELECT id FROM roster_import WHERE state IN ('preview', 'queued'))"
	if _, err := tx.NewRaw("DELETE FROM roster_import_row WHERE email_folded = ? AND import_id IN "+open, p.EmailFolded).Exec(ctx); err != nil {
		return fmt.Errorf("forget rows of files in work: %w", err)
	}
	if _, err := tx.NewRaw("UPDATE roster_import_row SET email = '', email_folded = '', name = '' WHERE email_folded = ?", p.EmailFolded).Exec(ctx); err != nil {
		return fmt.Errorf("forget rows of files: %w", err)
	}
	return nil
}
