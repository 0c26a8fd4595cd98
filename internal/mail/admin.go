package mail

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"greenroom/internal/db"
	"greenroom/internal/fault"
)

// Progress is how far a letter has come. Domain is what is behind the @ of its address: enough to see whose mail server
// refuses. Error is the last one.
type Progress struct {
	ID, Domain, Subject, Error string
	Attempts                   int
	Waiting, Sent, Dead, Kept  bool
	CreatedAt, DueAt           time.Time
	DoneAt                     time.Time // zero: not over
}

// PageSize is how many letters Troubled returns at most.
const PageSize = 50

// Troubled returns one page (from 1) of the letters that have failed and wait, or were given up, newest first; and how
// many there are.
func (s *Service) Troubled(ctx context.Context, page int) ([]Progress, int, error) {
	var all []letter
	n, err := s.db.NewSelect().Model(&all).ExcludeColumn("body_text", "body_html", "calendar").
		Where("(state = ? AND attempts > 0 AND last_error <> '' OR state = ?)", queued, dead).
		OrderExpr("created_at DESC, id").Limit(PageSize).Offset(int64(PageSize * max(0, page-1))).ScanAndCount(ctx)
	if err != nil {
		return nil, 0, fmt.Errorf("troubled letters: %w", db.Err(err))
	}
	return progress(all), int(n), nil
}

// Recent returns the newest letters to an address.
func (s *Service) Recent(ctx context.Context, to string, n int) ([]Progress, error) {
	var all []letter
	err := s.db.NewSelect().Model(&all).ExcludeColumn("body_text", "body_html", "calendar").Where("to_address = ?", to).
		OrderExpr("created_at DESC, id DESC").Limit(int64(n)).Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("recent letters: %w", db.Err(err))
	}
	return progress(all), nil
}

func progress(all []letter) []Progress {
	out := make([]Progress, len(all))
	for i, l := range all {
		_, domain, _ := strings.Cut(l.ToAddress, "@")
		out[i] = Progress{
			ID: l.ID, Domain: domain, Subject: l.Subject, Error: l.LastError, Attempts: l.Attempts, CreatedAt: l.CreatedAt, DueAt: l.DueAt, DoneAt: l.DoneAt,
			Waiting: l.State == queued, Sent: l.State == sent, Dead: l.State == dead, Kept: l.State == kept,
		}
	}
	return out
}

// Retry makes a letter that waits due now. It joins the transaction. NotFound when it does not wait; a letter that was
// given up has no text any more.
func (s *Service) Retry(ctx context.Context, tx bun.IDB, letterID string) error {
	r, err := tx.NewUpdate().Model((*letter)(nil)).Set("due_at = ?", s.now()).Where("id = ?", letterID).Where("state = ?", queued).Exec(ctx)
	if err != nil {
		return fmt.Errorf("letter %s: %w", letterID, db.Err(err))
	}
	if n, err := r.RowsAffected(); err != nil || n == 0 {
		return fault.New(fault.NotFound, "error.not_found").Because(err)
	}
	db.AfterCommit(ctx, s.Wake)
	return nil
}
