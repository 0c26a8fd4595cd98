package mail

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Delivery's times.
const (
	tick      = 2 * time.Second // how often Run looks
	batch     = 20              // letters a look
	firstWait = time.Minute     // after the first failure; doubles
	longest   = 6 * time.Hour   // between two tries
	giveUp    = 3 * 24 * time.Hour
	keepSent  = 90 * 24 * time.Hour
)

// Run sends what is due until ctx ends. It may run on every node.
func (s *Service) Run(ctx context.Context) error {
	if s.Development() {
		<-ctx.Done()
		return nil
	}
	t := time.NewTicker(tick)
	defer t.Stop()
	cleaned := time.Time{}
	for {
		if _, err := s.Deliver(ctx); err != nil && ctx.Err() == nil {
			s.log.ErrorContext(ctx, "mail: queue", "error", err.Error())
		}
		if now := s.now(); now.Sub(cleaned) > time.Hour {
			cleaned = now
			if err := s.Clean(ctx); err != nil && ctx.Err() == nil {
				s.log.ErrorContext(ctx, "mail: clean", "error", err.Error())
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-t.C:
		case <-s.wake:
		}
	}
}

// Deliver tries each letter that is due now once and returns how many left. An error is the database's; a letter
// that the server did not take is tried later or given up, and logged.
func (s *Service) Deliver(ctx context.Context) (int, error) {
	if s.Development() {
		return 0, nil
	}
	var due []letter
	err := s.db.NewSelect().Model(&due).Where("state = ?", queued).Where("due_at <= ?", s.now()).
		Order("due_at", "id").Limit(batch).Scan(ctx)
	if err != nil {
		return 0, fmt.Errorf("due letters: %w", err)
	}
	n := 0
	for i := range due {
		l := &due[i]
		mine, err := s.take(ctx, l)
		if err != nil {
			return n, err
		}
		if !mine {
			continue
		}
		out := s.hand(ctx, l)
		if ctx.Err() != nil {
			return n, ctx.Err() // stopping: the letter stays taken and is due again shortly
		}
		if out == nil {
			n++
		}
		if err := s.finish(ctx, l, out); err != nil {
			return n, err
		}
	}
	return n, nil
}

// take makes the letter this node's for as long as sending may last: who changes the row first has it.
func (s *Service) take(ctx context.Context, l *letter) (bool, error) {
	until := s.now().Add(3 * s.timeout)
	r, err := s.db.NewUpdate().Model((*letter)(nil)).
		Set("attempts = ?", l.Attempts+1).Set("due_at = ?", until).
		Where("id = ?", l.ID).Where("state = ?", queued).Where("attempts = ?", l.Attempts).Where("due_at = ?", l.DueAt).
		Exec(ctx)
	if err != nil {
		return false, fmt.Errorf("take letter %s: %w", l.ID, err)
	}
	n, err := r.RowsAffected()
	l.Attempts++
	return n == 1, err
}

// finish writes down what became of a try. The text of a letter that is over is thrown away.
func (s *Service) finish(ctx context.Context, l *letter, out error) error {
	now := s.now()
	q := s.db.NewUpdate().Model((*letter)(nil)).
		Where("id = ?", l.ID).Where("state = ?", queued).Where("attempts = ?", l.Attempts)
	var f *failure
	switch {
	case out == nil:
		q = q.Set("state = ?", sent).Set("last_error = ''")
	case errors.As(out, &f) && f.final, now.Add(wait(l.Attempts)).Sub(l.CreatedAt) > giveUp:
		q = q.Set("state = ?", dead).Set("last_error = ?", out.Error())
		s.log.ErrorContext(ctx, "mail: given up", "letter", l.ID, "attempts", l.Attempts, "error", out.Error())
	default:
		q = q.Set("due_at = ?", now.Add(wait(l.Attempts))).Set("last_error = ?", out.Error())
		s.log.WarnContext(ctx, "mail: will try again", "letter", l.ID, "attempts", l.Attempts, "error", out.Error())
		if _, err := q.Exec(ctx); err != nil {
			return fmt.Errorf("letter %s waits: %w", l.ID, err)
		}
		return nil
	}
	q = q.Set("done_at = ?", now).Set("body_text = ''").Set("body_html = ''").Set("calendar = ''")
	if _, err := q.Exec(ctx); err != nil {
		return fmt.Errorf("letter %s is over: %w", l.ID, err)
	}
	return nil
}

// wait is how long after its nth failure a letter rests.
func wait(n int) time.Duration {
	d := firstWait
	for i := 1; i < n && d < longest; i++ {
		d *= 2
	}
	return min(d, longest)
}

// Clean forgets letters that were over 90 days ago.
func (s *Service) Clean(ctx context.Context) error {
	_, err := s.db.NewDelete().Model((*letter)(nil)).
		Where("state IN (?, ?)", sent, dead).Where("done_at < ?", s.now().Add(-keepSent)).Exec(ctx)
	if err != nil {
		return fmt.Errorf("forget old letters: %w", err)
	}
	return nil
}

// Status counts letters that wait and that were given up: for health pages.
func (s *Service) Status(ctx context.Context) (waiting, givenUp int, err error) {
	var rows []struct {
		State string
		N     int
	}
	err = s.db.NewSelect().Model((*letter)(nil)).Column("state").ColumnExpr("count(*) AS n").
		Where("state IN (?, ?)", queued, dead).Group("state").Scan(ctx, &rows)
	if err != nil {
		return 0, 0, fmt.Errorf("count letters: %w", err)
	}
	for _, r := range rows {
		if r.State == queued {
			waiting = r.N
		} else {
			givenUp = r.N
		}
	}
	return waiting, givenUp, nil
}

// Oldest is when the oldest letter was written that still waits; zero when none does.
func (s *Service) Oldest(ctx context.Context) (time.Time, error) {
	var all []letter
	err := s.db.NewSelect().Model(&all).Column("created_at").Where("state = ?", queued).Order("created_at").Limit(1).Scan(ctx)
	if err != nil {
		return time.Time{}, fmt.Errorf("oldest letter: %w", err)
	}
	if len(all) == 0 {
		return time.Time{}, nil
	}
	return all[0].CreatedAt, nil
}
