package quiz

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/uptrace/bun"

	"greenroom/internal/db"
	"greenroom/internal/id"
	"greenroom/internal/record"
)

// attempts returns a person's attempts at a quiz, newest first.
func attempts(ctx context.Context, tx bun.IDB, at record.Completion) ([]Attempt, error) {
	var all []Attempt
	err := tx.NewSelect().Model(&all).
		Where("person_id = ?", at.PersonID).Where("course_key = ?", at.Course.Key).Where("activity_key = ?", at.Activity.Key).
		Order("started_at DESC", "id DESC").Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("quiz attempts: %w", err)
	}
	return all, nil
}

// find returns an attempt of the person at the quiz; NotFound when it is absent or another's.
func find(ctx context.Context, tx bun.IDB, at record.Completion, attemptID string, lock bool) (*Attempt, error) {
	if !id.Valid(attemptID) {
		return nil, errNoAttempt
	}
	a := new(Attempt)
	q := tx.NewSelect().Model(a).Where("id = ?", attemptID).
		Where("person_id = ?", at.PersonID).Where("course_key = ?", at.Course.Key).Where("activity_key = ?", at.Activity.Key)
	if lock {
		q = db.ForUpdate(q)
	}
	if err := q.Scan(ctx); err != nil {
		return nil, absent(err)
	}
	return a, nil
}

// started returns the attempt that a form started, else the one that is open.
func started(ctx context.Context, tx bun.IDB, at record.Completion, client string) (*Attempt, error) {
	a := new(Attempt)
	err := tx.NewSelect().Model(a).
		Where("person_id = ?", at.PersonID).Where("course_key = ?", at.Course.Key).Where("activity_key = ?", at.Activity.Key).
		Where("(client = ? OR state = ?)", client, Open).
		OrderExpr("CASE WHEN client = ? THEN 0 ELSE 1 END", client).Limit(1).Scan(ctx)
	if err != nil {
		return nil, absent(err)
	}
	return a, nil
}

func absent(err error) error {
	if errors.Is(err, sql.ErrNoRows) {
		return errNoAttempt
	}
	return fmt.Errorf("quiz attempt: %w", db.Err(err))
}

// insert adds an attempt unless its client id is known or another one is open: the database decides. It says whether
// it did.
func insert(ctx context.Context, tx bun.IDB, a *Attempt) (bool, error) {
	res, err := tx.NewInsert().Model(a).On("CONFLICT DO NOTHING").Exec(ctx)
	if err != nil {
		return false, fmt.Errorf("start quiz attempt: %w", db.Err(err))
	}
	n, err := res.RowsAffected()
	return n == 1, err
}

// owner gives an attempt to another person, as it is or set aside.
func owner(ctx context.Context, tx bun.IDB, a *Attempt) error {
	if _, err := tx.NewUpdate().Model(a).Column("person_id", "state").WherePK().Exec(ctx); err != nil {
		return fmt.Errorf("claim quiz attempt %s: %w", a.ID, db.Err(err))
	}
	return nil
}

// update stores what changes in an open attempt. Whoever calls it holds the row's lock.
func update(ctx context.Context, tx bun.IDB, a *Attempt) error {
	_, err := tx.NewUpdate().Model(a).Column("state", "answers", "saves", "saved_at", "submitted_at", "score", "total", "passed",
		"ended_by", "rulings", "first_score", "first_total", "first_passed").WherePK().Exec(ctx)
	if err != nil {
		return fmt.Errorf("store quiz attempt %s: %w", a.ID, db.Err(err))
	}
	return nil
}

// ofPerson returns all attempts of a person with their answers, oldest first.
func ofPerson(ctx context.Context, tx bun.IDB, personID string, lock bool) ([]Attempt, error) {
	var all []Attempt
	q := tx.NewSelect().Model(&all).Where("person_id = ?", personID).Order("started_at", "id")
	if lock {
		q = db.ForUpdate(q)
	}
	if err := q.Scan(ctx); err != nil {
		return nil, fmt.Errorf("quiz attempts of a person: %w", err)
	}
	return all, nil
}
