package worksheet

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"greenroom/internal/db"
	"greenroom/internal/draft"
	"greenroom/internal/id"
	"greenroom/internal/record"
)

// find returns the person's worksheet, or nil when there is none.
func find(ctx context.Context, tx bun.IDB, personID, courseKey, activityKey string) (*Worksheet, error) {
	all, err := findAll(ctx, tx, personID, courseKey, []string{activityKey})
	if err != nil || len(all) == 0 {
		return nil, err
	}
	return &all[0], nil
}

// findAll returns the person's worksheets among the activities of a course.
func findAll(ctx context.Context, tx bun.IDB, personID, courseKey string, activityKeys []string) ([]Worksheet, error) {
	var all []Worksheet
	err := tx.NewSelect().Model(&all).Where("person_id = ?", personID).
		Where("course_key = ?", courseKey).Where("activity_key IN (?)", bun.List(activityKeys)).Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("worksheets: %w", db.Err(err))
	}
	return all, nil
}

func insert(ctx context.Context, tx bun.IDB, w *Worksheet) error {
	if _, err := tx.NewInsert().Model(w).Exec(ctx); err != nil {
		return fmt.Errorf("insert worksheet: %w", db.Err(err))
	}
	return nil
}

func update(ctx context.Context, tx bun.IDB, w *Worksheet) error {
	if _, err := tx.NewUpdate().Model(w).WherePK().Exec(ctx); err != nil {
		return fmt.Errorf("update worksheet %s: %w", w.ID, db.Err(err))
	}
	return nil
}

// keep puts a state beside the one that stands and lets the oldest go when there are too many.
func keep(ctx context.Context, tx bun.IDB, worksheetID, why string, answers Answers, page string, at time.Time) error {
	k := &Kept{ID: id.New(), WorksheetID: worksheetID, Why: why, Answers: answers, Page: page, At: at}
	if _, err := tx.NewInsert().Model(k).Exec(ctx); err != nil {
		return fmt.Errorf("keep worksheet state: %w", db.Err(err))
	}
	// LIMIT needs a number on SQLite where OFFSET stands; no person has a million states.
	beyond := tx.NewSelect().Model((*Kept)(nil)).Column("id").Where("worksheet_id = ?", worksheetID).
		Order("at DESC", "id DESC").Limit(1_000_000).Offset(draft.KeepMost)
	if _, err := tx.NewDelete().Model((*Kept)(nil)).Where("id IN (?)", beyond).Exec(ctx); err != nil {
		return fmt.Errorf("let the oldest worksheet states go: %w", db.Err(err))
	}
	return nil
}

// putAside keeps what an overtaken page sent: one state for a page load, its last.
func putAside(ctx context.Context, tx bun.IDB, worksheetID string, answers Answers, page string, at time.Time) error {
	if page == "" {
		page = id.New()
	}
	raw, err := json.Marshal(answers)
	if err != nil {
		return fmt.Errorf("put worksheet aside: %w", err)
	}
	res, err := tx.NewUpdate().Model((*Kept)(nil)).Set("answers = ?", string(raw)).Set("at = ?", at).
		Where("worksheet_id = ?", worksheetID).Where("page = ?", page).Where("why = ?", WhyClash).Exec(ctx)
	if err != nil {
		return fmt.Errorf("put worksheet state aside: %w", db.Err(err))
	}
	if n, err := res.RowsAffected(); err != nil || n > 0 {
		return err
	}
	return keep(ctx, tx, worksheetID, WhyClash, answers, page, at)
}

// older returns the states kept of the person's worksheet, newest first.
func older(ctx context.Context, tx bun.IDB, at record.Completion) ([]Kept, error) {
	var all []Kept
	err := tx.NewSelect().Model(&all).Join("JOIN worksheet AS w ON w.id = k.worksheet_id").
		Where("w.person_id = ?", at.PersonID).Where("w.course_key = ?", at.Course.Key).Where("w.activity_key = ?", at.Activity.Key).
		OrderExpr("k.at DESC, k.id DESC").Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("older worksheet states: %w", db.Err(err))
	}
	return all, nil
}

// findKept returns one kept state of a worksheet, or NotFound.
func findKept(ctx context.Context, tx bun.IDB, worksheetID, keptID string) (*Kept, error) {
	k := new(Kept)
	err := tx.NewSelect().Model(k).Where("id = ?", keptID).Where("worksheet_id = ?", worksheetID).Scan(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, errNone
	}
	if err != nil {
		return nil, fmt.Errorf("kept worksheet state: %w", db.Err(err))
	}
	return k, nil
}

// moveKept gives the kept states of one worksheet to another.
func moveKept(ctx context.Context, tx bun.IDB, fromID, toID string) error {
	_, err := tx.NewUpdate().Model((*Kept)(nil)).Set("worksheet_id = ?", toID).Where("worksheet_id = ?", fromID).Exec(ctx)
	if err != nil {
		return fmt.Errorf("move kept worksheet states: %w", db.Err(err))
	}
	return nil
}

func remove(ctx context.Context, tx bun.IDB, w *Worksheet) error {
	if _, err := tx.NewDelete().Model(w).WherePK().Exec(ctx); err != nil {
		return fmt.Errorf("remove worksheet %s: %w", w.ID, db.Err(err))
	}
	return nil
}

// ofPerson returns all worksheets of a person, oldest first.
func ofPerson(ctx context.Context, tx bun.IDB, personID string) ([]Worksheet, error) {
	var all []Worksheet
	if err := tx.NewSelect().Model(&all).Where("person_id = ?", personID).Order("created_at", "id").Scan(ctx); err != nil {
		return nil, fmt.Errorf("worksheets of a person: %w", db.Err(err))
	}
	return all, nil
}

// keptOfPerson returns all kept states of a person, oldest first.
func keptOfPerson(ctx context.Context, tx bun.IDB, personID string) ([]Kept, error) {
	var all []Kept
	err := tx.NewSelect().Model(&all).Join("JOIN worksheet AS w ON w.id = k.worksheet_id").
		Where("w.person_id = ?", personID).OrderExpr("k.at, k.id").Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("kept worksheets of a person: %w", db.Err(err))
	}
	return all, nil
}
