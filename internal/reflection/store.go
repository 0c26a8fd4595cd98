package reflection

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"greenroom/internal/db"
	"greenroom/internal/draft"
	"greenroom/internal/id"
	"greenroom/internal/record"
)

// find returns the person's text, or nil when there is none.
func find(ctx context.Context, tx bun.IDB, at record.Completion) (*Reflection, error) {
	return findAt(ctx, tx, at.PersonID, at.Course.Key, at.Activity.Key)
}

func findAt(ctx context.Context, tx bun.IDB, personID, courseKey, activityKey string) (*Reflection, error) {
	r := new(Reflection)
	err := tx.NewSelect().Model(r).Where("person_id = ?", personID).
		Where("course_key = ?", courseKey).Where("activity_key = ?", activityKey).Scan(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reflection: %w", db.Err(err))
	}
	return r, nil
}

func insert(ctx context.Context, tx bun.IDB, r *Reflection) error {
	if _, err := tx.NewInsert().Model(r).Exec(ctx); err != nil {
		return fmt.Errorf("insert reflection: %w", db.Err(err))
	}
	return nil
}

func update(ctx context.Context, tx bun.IDB, r *Reflection) error {
	if _, err := tx.NewUpdate().Model(r).WherePK().Exec(ctx); err != nil {
		return fmt.Errorf("update reflection %s: %w", r.ID, db.Err(err))
	}
	return nil
}

// keep puts a text beside the one that stands and lets the oldest go when there are too many; submitted ones stay.
func keep(ctx context.Context, tx bun.IDB, reflectionID, why, body, page string, at time.Time) error {
	k := &Kept{ID: id.New(), ReflectionID: reflectionID, Why: why, Body: body, Words: Count(body), Page: page, At: at}
	if _, err := tx.NewInsert().Model(k).Exec(ctx); err != nil {
		return fmt.Errorf("keep reflection text: %w", db.Err(err))
	}
	// LIMIT needs a number on SQLite where OFFSET stands; no person has a million texts.
	beyond := tx.NewSelect().Model((*Kept)(nil)).Column("id").Where("reflection_id = ?", reflectionID).
		Where("why <> ?", WhySubmitted).Order("at DESC", "id DESC").Limit(1_000_000).Offset(draft.KeepMost)
	if _, err := tx.NewDelete().Model((*Kept)(nil)).Where("id IN (?)", beyond).Exec(ctx); err != nil {
		return fmt.Errorf("let the oldest reflection texts go: %w", db.Err(err))
	}
	return nil
}

// putAside keeps what an overtaken page sent: one text for a page load, its last.
func putAside(ctx context.Context, tx bun.IDB, reflectionID, body, page string, at time.Time) error {
	if page == "" {
		page = id.New()
	}
	res, err := tx.NewUpdate().Model((*Kept)(nil)).Set("body = ?", body).Set("words = ?", Count(body)).Set("at = ?", at).
		Where("reflection_id = ?", reflectionID).Where("page = ?", page).Where("why = ?", WhyClash).Exec(ctx)
	if err != nil {
		return fmt.Errorf("put reflection text aside: %w", db.Err(err))
	}
	if n, err := res.RowsAffected(); err != nil || n > 0 {
		return err
	}
	return keep(ctx, tx, reflectionID, WhyClash, body, page, at)
}

// older returns the texts kept of the person's reflection, newest first.
func older(ctx context.Context, tx bun.IDB, at record.Completion) ([]Kept, error) {
	var all []Kept
	err := tx.NewSelect().Model(&all).Join("JOIN reflection AS r ON r.id = k.reflection_id").
		Where("r.person_id = ?", at.PersonID).Where("r.course_key = ?", at.Course.Key).Where("r.activity_key = ?", at.Activity.Key).
		OrderExpr("k.at DESC, k.id DESC").Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("older reflection texts: %w", db.Err(err))
	}
	return all, nil
}

// findKept returns one kept text of a reflection, or NotFound.
func findKept(ctx context.Context, tx bun.IDB, reflectionID, keptID string) (*Kept, error) {
	k := new(Kept)
	err := tx.NewSelect().Model(k).Where("id = ?", keptID).Where("reflection_id = ?", reflectionID).Scan(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, errNoText
	}
	if err != nil {
		return nil, fmt.Errorf("kept reflection text: %w", db.Err(err))
	}
	return k, nil
}

// moveKept gives the kept texts of one reflection to another.
func moveKept(ctx context.Context, tx bun.IDB, fromID, toID string) error {
	_, err := tx.NewUpdate().Model((*Kept)(nil)).Set("reflection_id = ?", toID).Where("reflection_id = ?", fromID).Exec(ctx)
	if err != nil {
		return fmt.Errorf("move kept reflection texts: %w", db.Err(err))
	}
	return nil
}

func remove(ctx context.Context, tx bun.IDB, r *Reflection) error {
	if _, err := tx.NewDelete().Model(r).WherePK().Exec(ctx); err != nil {
		return fmt.Errorf("remove reflection %s: %w", r.ID, db.Err(err))
	}
	return nil
}

// ofPerson returns all texts of a person, oldest first.
func ofPerson(ctx context.Context, tx bun.IDB, personID string) ([]Reflection, error) {
	var all []Reflection
	if err := tx.NewSelect().Model(&all).Where("person_id = ?", personID).Order("created_at", "id").Scan(ctx); err != nil {
		return nil, fmt.Errorf("reflections of a person: %w", db.Err(err))
	}
	return all, nil
}

// keptOfPerson returns all kept texts of a person, oldest first.
func keptOfPerson(ctx context.Context, tx bun.IDB, personID string) ([]Kept, error) {
	var all []Kept
	err := tx.NewSelect().Model(&all).Join("JOIN reflection AS r ON r.id = k.reflection_id").
		Where("r.person_id = ?", personID).OrderExpr("k.at, k.id").Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("kept reflections of a person: %w", db.Err(err))
	}
	return all, nil
}
