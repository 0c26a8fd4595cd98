package mail

import (
	"context"
	"fmt"

	"github.com/uptrace/bun"

	"greenroom/internal/db"
	"greenroom/internal/id"
)

// QueueAll is Queue for many letters: one statement for every two hundred.
func (s *Service) QueueAll(ctx context.Context, tx bun.IDB, all []Message) error {
	const most = 200
	now := s.now()
	for len(all) > 0 {
		n := min(most, len(all))
		rows := make([]letter, n)
		for i, m := range all[:n] {
			if err := m.check(); err != nil {
				return err
			}
			if m.HTML == "" {
				m.HTML = simpleHTML(m.Subject, m.Text)
			}
			rows[i] = letter{
				ID: id.New(), ToAddress: m.To, Subject: m.Subject, BodyText: m.Text, BodyHTML: m.HTML,
				State: queued, DueAt: now, CreatedAt: now, Unsubscribe: m.Unsubscribe, Calendar: m.Calendar,
			}
			if s.Development() {
				rows[i].State, rows[i].DoneAt = kept, now
			}
		}
		if _, err := tx.NewInsert().Model(&rows).Exec(ctx); err != nil {
			return fmt.Errorf("queue %d letters: %w", n, err)
		}
		all = all[n:]
	}
	if s.Development() {
		return prune(ctx, tx)
	}
	db.AfterCommit(ctx, s.Wake)
	return nil
}
