package quiz

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"greenroom/internal/db"
	"greenroom/internal/event"
	"greenroom/internal/record"
)

// Change is what judging again did to one attempt.
type Change struct {
	bun.BaseModel `bun:"table:quiz_change,alias:qc"`

	AttemptID                 string `bun:",pk"`
	Generation                int    `bun:",pk"`
	ScoreBefore, TotalBefore  int
	PassedBefore, PassedAfter bool
	ScoreAfter, TotalAfter    int
	At                        time.Time
	ToldAt                    *time.Time // nil while the person has not been told
}

// Better says whether the attempt's result rose.
func (c Change) Better() bool {
	return worseThan(c.ScoreBefore, c.TotalBefore, c.PassedBefore, c.ScoreAfter, c.TotalAfter, c.PassedAfter)
}

// Regraded is the fact that decisions about a quiz changed results of a person. There is one for a person and a
// generation of decisions, unless that person's attempts were judged again in between.
type Regraded struct {
	PersonID, CourseKey, ActivityKey string
	Generation                       int
	Completed                        bool // the step is complete by it, and was not before
}

// FactName names the fact.
func (Regraded) FactName() string { return "quiz.regraded" }

// outcome is the result of an attempt by the decisions, and whether it differs from what is stored.
type outcome struct {
	score, total int
	passed       bool
	ruled        bool
}

// outcomeOf judges an attempt that was submitted. Where no decision touches it, it is what it was before any.
func outcomeOf(c *Content, a *Attempt, rulings []Ruling) (outcome, Result) {
	r := Judge(c, Deal(c, a.Seed), a.Sheet.Plain(), rulings)
	score, total, passed := a.first()
	if !r.Ruled {
		return outcome{score, total, passed, false}, r
	}
	down := false
	for _, x := range rulings {
		down = down || x.Downwards
	}
	if !down && worseThan(r.Score, r.Total, r.Passed, score, total, passed) {
		return outcome{score, total, passed, true}, r // graded more kindly by an earlier release: that stays
	}
	return outcome{r.Score, r.Total, r.Passed, true}, r
}

func (o outcome) differs(a *Attempt) bool {
	return o.score != a.Score || o.total != a.Total || o.passed != a.Passed
}

// previewBatch is how many attempts are read at once.
const previewBatch = 1000

// effect judges all submitted attempts of a quiz with one decision more.
func (s *Service) effect(ctx context.Context, q Ref, now []Ruling, more *Ruling) (Effect, error) {
	with := append(now[:len(now):len(now)], *more)
	harsh := append(now[:len(now):len(now)], *more)
	harsh[len(harsh)-1].Downwards = true
	var e Effect
	before, after := map[string]bool{}, map[string]bool{} // people who have passed
	contents := map[string]*Content{}
	for last := ""; ; {
		var all []Attempt
		err := s.db.NewSelect().Model(&all).Where("course_key = ?", q.CourseKey).Where("activity_key = ?", q.ActivityKey).
			Where("state = ?", Submitted).Where("id > ?", last).Order("id").Limit(previewBatch).Scan(ctx)
		if err != nil {
			return e, fmt.Errorf("attempts to preview: %w", err)
		}
		for i := range all {
			a := &all[i]
			last = a.ID
			c, err := s.content(ctx, contents, a)
			if err != nil {
				return e, err
			}
			o, r := outcomeOf(c, a, with)
			e.see(a, o, r, more)
			if !more.Downwards {
				if h, _ := outcomeOf(c, a, harsh); worseThan(h.score, h.total, h.passed, o.score, o.total, o.passed) {
					e.Held++
				}
			}
			before[a.PersonID] = before[a.PersonID] || a.Passed
			after[a.PersonID] = after[a.PersonID] || o.passed
		}
		if len(all) < previewBatch {
			break
		}
	}
	for p := range after {
		switch {
		case after[p] && !before[p]:
			e.Passes = append(e.Passes, p)
		case before[p] && !after[p]:
			e.Fails++
		}
	}
	return e, ctx.Err()
}

func (e *Effect) see(a *Attempt, o outcome, r Result, more *Ruling) {
	e.Attempts++
	for _, m := range r.Marks {
		if m.Key == more.QuestionKey && (more.Version == "" || m.Question.Version == more.Version) {
			e.Asked++
		}
	}
	switch {
	case !o.differs(a):
	case worseThan(o.score, o.total, o.passed, a.Score, a.Total, a.Passed):
		e.Down++
	default:
		e.Up++
	}
}

// content finds what an attempt was asked.
func (s *Service) content(ctx context.Context, have map[string]*Content, a *Attempt) (*Content, error) {
	if c := have[a.RevisionHash]; c != nil {
		return c, nil
	}
	rev, err := s.courses.Revision(ctx, a.RevisionHash)
	if err != nil {
		return nil, fmt.Errorf("revision of quiz attempt %s: %w", a.ID, err)
	}
	c, err := contentOf(rev.Activity(a.ActivityKey))
	if err != nil {
		return nil, fmt.Errorf("quiz attempt %s: %w", a.ID, err)
	}
	have[a.RevisionHash] = c
	return c, nil
}

// regradeBatch is how many people's attempts are judged again in one transaction.
const regradeBatch = 100

// Regrade judges again what waits for it, a hundred people at a time, each batch in a transaction of its own: scores,
// steps that are complete by them, and the facts by which people are told stand or fall together. It may be stopped or
// fail at any point and be run again, on any number of nodes; what is done is not done twice.
func (s *Service) Regrade(ctx context.Context) error {
	var waiting []upkeep
	err := s.db.NewSelect().Model(&waiting).Where("EXISTS (SELECT 1 FROM quiz_attempt AS a WHERE a.course_key = qu.course_key " +
		"AND a.activity_key = qu.activity_key AND a.state = 'submitted' AND a.rulings < qu.generation)").
		OrderExpr("qu.updated_at").Scan(ctx)
	if err != nil {
		return fmt.Errorf("quizzes to judge again: %w", err)
	}
	var failed error
	for _, u := range waiting {
		for more := true; more && ctx.Err() == nil; {
			if more, err = s.batch(ctx, Ref{u.CourseKey, u.ActivityKey}); err != nil {
				failed = errors.Join(failed, fmt.Errorf("judge %s/%s again: %w", u.CourseKey, u.ActivityKey, err))
				break
			}
		}
	}
	return errors.Join(failed, ctx.Err())
}

// batch judges the attempts of the next people again; more is false when nobody waits any more.
func (s *Service) batch(ctx context.Context, q Ref) (more bool, err error) {
	rulings, generation, err := s.inForce(ctx, s.db, q)
	if err != nil {
		return false, err
	}
	var people []string
	err = s.db.NewSelect().Model((*Attempt)(nil)).ColumnExpr("DISTINCT person_id").
		Where("course_key = ?", q.CourseKey).Where("activity_key = ?", q.ActivityKey).Where("state = ?", Submitted).
		Where("rulings < ?", generation).Order("person_id").Limit(regradeBatch).Scan(ctx, &people)
	if err != nil {
		return false, fmt.Errorf("people to judge again: %w", err)
	}
	if len(people) == 0 {
		return false, nil
	}
	// Revisions may have to be read: outside of the transaction.
	places, err := s.places(ctx, q, people)
	if err != nil {
		return false, err
	}
	var seen []Attempt
	err = s.db.NewSelect().Model(&seen).Column("id", "revision_hash", "activity_key").Where("person_id IN (?)", bun.List(people)).
		Where("course_key = ?", q.CourseKey).Where("activity_key = ?", q.ActivityKey).Where("state = ?", Submitted).Scan(ctx)
	if err != nil {
		return false, fmt.Errorf("attempts to judge again: %w", err)
	}
	contents := map[string]*Content{}
	for i := range seen {
		if _, err := s.content(ctx, contents, &seen[i]); err != nil {
			return false, err
		}
	}
	return true, db.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		return s.again(ctx, tx, batchOf{q, rulings, generation, people, contents, places})
	})
}

type batchOf struct {
	Ref
	rulings    []Ruling
	generation int
	people     []string
	contents   map[string]*Content
	places     map[string]spot
}

// again judges one batch within the transaction.
func (s *Service) again(ctx context.Context, tx bun.IDB, b batchOf) error {
	var all []Attempt
	q := tx.NewSelect().Model(&all).Where("person_id IN (?)", bun.List(b.people)).
		Where("course_key = ?", b.CourseKey).Where("activity_key = ?", b.ActivityKey).Where("state = ?", Submitted).
		Where("rulings < ?", b.generation).Order("person_id", "id")
	if err := db.ForUpdate(q).Scan(ctx); err != nil {
		return fmt.Errorf("attempts to judge again: %w", err)
	}
	var same []string
	told := map[string]*Regraded{}
	for i := range all {
		a := &all[i]
		c := b.contents[a.RevisionHash]
		if c == nil {
			return fmt.Errorf("attempt %s came in between", a.ID) // the next try has its revision
		}
		o, _ := outcomeOf(c, a, b.rulings)
		if !o.differs(a) {
			same = append(same, a.ID)
			continue
		}
		fact := told[a.PersonID]
		if fact == nil {
			fact = &Regraded{PersonID: a.PersonID, CourseKey: b.CourseKey, ActivityKey: b.ActivityKey, Generation: b.generation}
			told[a.PersonID] = fact
		}
		if err := s.change(ctx, tx, b, a, o, fact); err != nil {
			return err
		}
	}
	if len(same) > 0 {
		_, err := tx.NewUpdate().Model((*Attempt)(nil)).Set("rulings = ?", b.generation).Where("id IN (?)", bun.List(same)).Exec(ctx)
		if err != nil {
			return fmt.Errorf("note what was judged again: %w", err)
		}
	}
	for _, p := range b.people {
		if f := told[p]; f != nil {
			if err := event.Record(ctx, tx, s.clock(), *f); err != nil {
				return err
			}
		}
	}
	return nil
}

// change writes the new result of one attempt; when it passes by it, the step is complete. What was completed by an
// attempt that does not pass any more stays so: the record takes nothing back.
func (s *Service) change(ctx context.Context, tx bun.IDB, b batchOf, a *Attempt, o outcome, fact *Regraded) error {
	now := s.clock()
	row := &Change{
		AttemptID: a.ID, Generation: b.generation, At: now, ScoreBefore: a.Score, TotalBefore: a.Total, PassedBefore: a.Passed,
		ScoreAfter: o.score, TotalAfter: o.total, PassedAfter: o.passed,
	}
	a.keepFirst(a.Score, a.Total, a.Passed)
	a.Score, a.Total, a.Passed, a.Rulings = o.score, o.total, o.passed, b.generation
	if err := update(ctx, tx, a); err != nil {
		return err
	}
	if _, err := tx.NewInsert().Model(row).Exec(ctx); err != nil {
		return fmt.Errorf("keep what changed: %w", db.Err(err))
	}
	if !row.PassedAfter || row.PassedBefore {
		return nil
	}
	at, err := s.completion(ctx, b.places, a)
	if err != nil {
		return err
	}
	before, err := tx.NewSelect().Table("learning_event").Where("person_id = ?", a.PersonID).Where("course_key = ?", a.CourseKey).
		Where("activity_key = ?", a.ActivityKey).Where("kind = ?", record.Done).Exists(ctx)
	if err != nil {
		return fmt.Errorf("look whether the step was complete: %w", err)
	}
	at.Data = Passing{Attempt: a.ID, Score: a.Score, Total: a.Total}
	if _, err := s.records.Complete(ctx, tx, at); err != nil {
		return err
	}
	fact.Completed = fact.Completed || !before
	return nil
}
