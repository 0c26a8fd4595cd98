package mail

import (
	"context"
	"fmt"
	"strings"

	"github.com/uptrace/bun"
)

// Forget removes every letter to an address, sent or not, within the transaction: whose account is gone gets none and
// is not remembered by those they got. What is queued afterwards stays for as long as letters do.
func (s *Service) Forget(ctx context.Context, tx bun.IDB, address string) error {
	_, err := tx.NewDelete().Model((*letter)(nil)).Where("to_address = ? OR LOWER(to_address) = ?", address, strings.ToLower(address)).Exec(ctx)
	if err != nil {
		return fmt.Errorf("forget letters: %w", err)
	}
	return nil
}
