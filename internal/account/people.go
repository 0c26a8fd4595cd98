package account

import (
	"context"
	"fmt"

	"greenroom/internal/db"
)

// SignedIn counts the sessions that have not ended.
func (s *Service) SignedIn(ctx context.Context) (int, error) {
	n, err := s.db.NewSelect().Model((*session)(nil)).Where("expires_at > ?", s.now()).Where("seen_at > ?", s.now().Add(-sessionIdle)).Count(ctx)
	if err != nil {
		return 0, fmt.Errorf("count sessions: %w", db.Err(err))
	}
	return int(n), nil
}
