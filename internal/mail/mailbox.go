package mail

import (
	"context"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"greenroom/internal/db"
)

// keep is how many letters the development mailbox holds.
const keep = 200

// Kept is a letter in the development mailbox.
type Kept struct {
	ID, To, Subject, Text string
	Calendar              string
	At                    time.Time
}

// Mailbox lists the letters of the development mailbox, the newest first; to, when given, is whose.
func (s *Service) Mailbox(ctx context.Context, to string) ([]Kept, error) {
	var rows []letter
	q := s.db.NewSelect().Model(&rows).Where("state = ?", kept).Order("id DESC").Limit(keep)
	if to != "" {
		q = q.Where("lower(to_address) = lower(?)", to)
	}
	if err := q.Scan(ctx); err != nil {
		return nil, fmt.Errorf("mailbox: %w", err)
	}
	out := make([]Kept, len(rows))
	for i := range rows {
		out[i] = rows[i].kept()
	}
	return out, nil
}

// Letter returns one letter of the development mailbox. NotFound when there is none.
func (s *Service) Letter(ctx context.Context, id string) (Kept, error) {
	l := new(letter)
	if err := s.db.NewSelect().Model(l).Where("id = ?", id).Where("state = ?", kept).Scan(ctx); err != nil {
		return Kept{}, fmt.Errorf("letter %q: %w", id, db.Err(err))
	}
	return l.kept(), nil
}

func (l *letter) kept() Kept {
	return Kept{ID: l.ID, To: l.ToAddress, Subject: l.Subject, Text: l.BodyText, Calendar: l.Calendar, At: l.CreatedAt}
}

// prune throws away all but the newest letters of the mailbox.
func prune(ctx context.Context, tx bun.IDB) error {
	newest := tx.NewSelect().Model((*letter)(nil)).Column("id").Where("state = ?", kept).Order("id DESC").Limit(keep)
	_, err := tx.NewDelete().Model((*letter)(nil)).Where("state = ?", kept).Where("id NOT IN (?)", newest).Exec(ctx)
	if err != nil {
		return fmt.Errorf("prune the mailbox: %w", err)
	}
	return nil
}
