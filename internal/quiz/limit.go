package quiz

import (
	"context"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"greenroom/internal/allow"
	"greenroom/internal/db"
	"greenroom/internal/record"
)

func (s *Service) allowed(ctx context.Context, tx bun.IDB, personID string) (allow.Allowance, error) {
	if s.allow == nil {
		return allow.Allowance{}, nil
	}
	return s.allow.Of(ctx, tx, personID)
}

// Allowed is the allow.Hook of quizzes: what a person has open at this moment gets the time that they are allowed
// from now on. An end never comes nearer.
func (s *Service) Allowed(ctx context.Context, tx bun.IDB, personID string) error {
	var all []Attempt
	q := tx.NewSelect().Model(&all).ExcludeColumn("answers").Where("person_id = ?", personID).Where("state = ?", Open).Where("due_at IS NOT NULL")
	if err := db.ForUpdate(q).Scan(ctx); err != nil {
		return fmt.Errorf("open attempts of a person: %w", err)
	}
	if len(all) == 0 {
		return nil
	}
	may, err := s.allowed(ctx, tx, personID)
	if err != nil {
		return err
	}
	for i := range all {
		a := &all[i]
		end := due(a.StartedAt, may.Time(a.MinutesLimit))
		if end != nil && !end.After(*a.DueAt) {
			continue
		}
		a.DueAt = end
		if _, err := tx.NewUpdate().Model(a).Column("due_at").WherePK().Exec(ctx); err != nil {
			return fmt.Errorf("give attempt %s more time: %w", a.ID, err)
		}
	}
	return nil
}

// lateFor is how long after the clock submitted an attempt its form may still arrive to be kept.
const lateFor = 10 * time.Minute

// late deals with a form that comes after the time was up. What it brings is kept beside the answers; an attempt that
// the clock has not submitted yet is submitted now, with the answers that came in time. It says whether the form has
// been dealt with.
func (s *Service) late(ctx context.Context, tx bun.IDB, at record.Completion, sit *Sitting, f Form, sent map[string]Sent) (bool, error) {
	a, now := sit.Attempt, s.clock()
	over := a.Over(now)
	after := a.State == Submitted && a.EndedBy == ByTime && now.Before(a.SubmittedAt.Add(lateFor))
	if !over && !after {
		return false, nil
	}
	kept := a.Sheet.keepLate(sent)
	sit.Answers = a.Sheet.Plain()
	if over {
		a.EndedBy = ByTime
		return true, s.finish(ctx, tx, at, sit)
	}
	if !kept {
		return true, nil
	}
	return true, update(ctx, tx, a)
}

// expireBatch is how many attempts Expire looks up at once.
const expireBatch = 100

// Expire submits the attempts whose time, grace included, is up, with the answers that came in time. It says how many
// it submitted. Any number of nodes may do it at once; an attempt that cannot be graded is logged and left.
func (s *Service) Expire(ctx context.Context) (int, error) {
	n, after := 0, ""
	for ctx.Err() == nil {
		var all []Attempt
		err := s.db.NewSelect().Model(&all).ExcludeColumn("answers").Where("state = ?", Open).Where("due_at <= ?", s.clock().Add(-Grace)).
			Where("id > ?", after).Order("id").Limit(expireBatch).Scan(ctx)
		if err != nil {
			return n, fmt.Errorf("attempts whose time is up: %w", err)
		}
		for i := range all {
			after = all[i].ID
			done, err := s.expire(ctx, &all[i])
			if err != nil {
				if ctx.Err() != nil {
					return n, err
				}
				s.log.ErrorContext(ctx, "an attempt whose time is up is not submitted", "attempt", all[i].ID, "error", err.Error())
			}
			if done {
				n++
			}
		}
		if len(all) < expireBatch {
			return n, nil
		}
	}
	return n, ctx.Err()
}

// expire submits one attempt unless somebody else has meanwhile.
func (s *Service) expire(ctx context.Context, seen *Attempt) (bool, error) {
	places, err := s.places(ctx, Ref{seen.CourseKey, seen.ActivityKey}, []string{seen.PersonID})
	if err != nil {
		return false, err
	}
	at, err := s.completion(ctx, places, seen)
	if err != nil {
		return false, err
	}
	sit, err := s.sitting(ctx, at, seen)
	if err != nil {
		return false, err
	}
	done := false
	err = db.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		a, err := find(ctx, tx, at, seen.ID, true)
		if err != nil {
			return err
		}
		if !a.Over(s.clock()) {
			return nil
		}
		sit.Attempt, sit.Answers = a, a.Sheet.Plain()
		a.EndedBy, done = ByTime, true
		return s.finish(ctx, tx, at, sit)
	})
	return done && err == nil, err
}
