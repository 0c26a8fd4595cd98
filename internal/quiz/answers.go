package quiz

import (
	"context"
	"slices"

	"github.com/uptrace/bun"

	"greenroom/internal/db"
	"greenroom/internal/fault"
	"greenroom/internal/record"
)

var (
	errNoAttempt = fault.New(fault.NotFound, "quiz.error.no_attempt")
	errClosed    = fault.New(fault.Conflict, "quiz.error.closed")
	errTimeUp    = fault.New(fault.Conflict, "quiz.error.time_up")
)

// Save keeps what a page sends of an open attempt: only the fields sent, as Sheet.merge has it. What is too long is
// not kept and named in Missing. Conflict when the attempt is not open any more; when that is because the time is up,
// what came late is kept beside the answers (Sheet.Late).
func (s *Service) Save(ctx context.Context, at record.Completion, f Form) (*Sitting, error) {
	sit, err := s.take(ctx, at, f, func(ctx context.Context, tx bun.Tx, sit *Sitting, changed bool) error {
		if sit.Attempt.State != Open {
			return errClosed
		}
		if !changed {
			return nil
		}
		return update(ctx, tx, sit.Attempt)
	})
	if err == nil && sit.Attempt.EndedBy == ByTime {
		return nil, errTimeUp
	}
	return sit, err
}

// Submit keeps what a page sends and grades the attempt, once: the answers of a later or parallel call are not
// looked at, and it gets the stored result. When it passes, the step is complete in the same transaction.
//
// Questions without a usable answer are named in Missing; then the answers are kept and the attempt stays open,
// unless f.Anyway.
func (s *Service) Submit(ctx context.Context, at record.Completion, f Form) (*Sitting, error) {
	return s.take(ctx, at, f, func(ctx context.Context, tx bun.Tx, sit *Sitting, changed bool) error {
		a := sit.Attempt
		switch {
		case a.State == Submitted:
			return nil
		case a.State != Open:
			return errClosed
		}
		tooLong := len(sit.Missing) > 0
		sit.Missing = append(sit.Missing, sit.gaps()...)
		if tooLong || len(sit.Missing) > 0 && !f.Anyway {
			if !changed {
				return nil
			}
			return update(ctx, tx, a)
		}
		sit.Missing = nil
		return s.finish(ctx, tx, at, sit)
	})
}

// finish grades an open attempt by the decisions in force. When it passes, the step is complete.
func (s *Service) finish(ctx context.Context, tx bun.IDB, at record.Completion, sit *Sitting) error {
	a := sit.Attempt
	rulings, generation, err := s.inForce(ctx, tx, Ref{a.CourseKey, a.ActivityKey})
	if err != nil {
		return err
	}
	sit.Rulings = rulings
	r := sit.Result()
	now := s.clock()
	a.State, a.SubmittedAt, a.Score, a.Total, a.Passed, a.Rulings = Submitted, &now, r.Score, r.Total, r.Passed, generation
	if r.Ruled {
		plain := Grade(sit.Content, sit.Paper, sit.Answers)
		a.keepFirst(plain.Score, plain.Total, plain.Passed)
	}
	if err := update(ctx, tx, a); err != nil {
		return err
	}
	if !a.Passed {
		return nil
	}
	at.Data = Passing{Attempt: a.ID, Score: a.Score, Total: a.Total}
	_, err = s.records.Complete(ctx, tx, at)
	return err
}

// Passing is what the learning record keeps of the attempt that completed the step.
type Passing struct {
	Attempt string `json:"attempt"`
	Score   int    `json:"score"`
	Total   int    `json:"total"`
}

// take reads the form against the attempt's paper and, with the row locked, lets do decide what becomes of it.
func (s *Service) take(ctx context.Context, at record.Completion, f Form, do func(ctx context.Context, tx bun.Tx, sit *Sitting, changed bool) error) (*Sitting, error) {
	seen, err := find(ctx, s.db, at, f.Attempt, false) // the paper first: a revision may have to be read, outside the transaction
	if err != nil {
		return nil, err
	}
	sit, err := s.sitting(ctx, at, seen)
	if err != nil {
		return nil, err
	}
	sent, err := sit.Paper.Read(f.Fields)
	if err != nil {
		return nil, err
	}
	err = db.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		a, err := find(ctx, tx, at, f.Attempt, true)
		if err != nil {
			return err
		}
		sit.Attempt, sit.Missing = a, nil
		if ended, err := s.late(ctx, tx, at, sit, f, sent); ended || err != nil {
			return err
		}
		changed := false
		if a.State == Open {
			if changed, err = sit.take(f, sent); err != nil {
				return err
			}
		}
		if changed {
			now := s.clock()
			a.SavedAt = &now
			a.Saves++
		}
		sit.Answers = a.Sheet.Plain()
		return do(ctx, tx, sit, changed)
	})
	if err != nil {
		return nil, err
	}
	if sit.Attempt.State == Open {
		sit.keepTyped(sent)
	}
	return sit, nil
}

// take merges the form into the attempt's sheet and notes what was too long.
func (s *Sitting) take(f Form, sent map[string]Sent) (changed bool, err error) {
	changed = s.Attempt.Sheet.merge(f, sent)
	if f.Move != "" {
		key, after, err := s.Paper.Move(f.Move, s.Attempt.Sheet.Plain())
		if err != nil {
			return false, err
		}
		moved := map[string]Sent{key: {Answer: after, Touched: true}}
		changed = s.Attempt.Sheet.merge(Form{Page: f.Page}, moved) || changed
	}
	for _, d := range s.Paper.Questions {
		if sent[d.Key].TooLong {
			s.Missing = append(s.Missing, Miss{d, TooLong})
		}
	}
	return changed, nil
}

// gaps lists the questions without a usable answer, in the paper's order, but not those already named.
func (s *Sitting) gaps() []Miss {
	var out []Miss
	for _, d := range s.Paper.Questions {
		a := s.Answers[d.Key]
		named := slices.ContainsFunc(s.Missing, func(m Miss) bool { return m.Key == d.Key })
		if named || d.Answered(a) {
			continue
		}
		why := Unanswered
		switch {
		case d.Type == Matching && len(a.Matches) > 0:
			why = HalfDone
		case d.Type == Ordering:
			why = Unordered
		case d.Type == Numeric && a.Text != "":
			why = NoNumber
		}
		out = append(out, Miss{d, why})
	}
	return out
}

// keepTyped lays what was typed too long over the stored answers, so that the page can show it again.
func (s *Sitting) keepTyped(sent map[string]Sent) {
	for key, in := range sent {
		if in.TooLong {
			s.Answers[key] = in.Answer
		}
	}
}
