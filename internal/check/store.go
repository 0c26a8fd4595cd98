package check

import (
	"context"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"greenroom/internal/db"
)

// runsOf are a person's runs in a course with their answers.
func runsOf(ctx context.Context, d bun.IDB, personID, courseKey string) ([]Run, error) {
	var runs []Run
	q := d.NewSelect().Model(&runs).Where("r.person_id = ?", personID).OrderExpr("r.started_at, r.id")
	if courseKey != "" {
		q = q.Where("r.course_key = ?", courseKey)
	}
	if err := q.Scan(ctx); err != nil {
		return nil, fmt.Errorf("read checks: %w", db.Err(err))
	}
	return runs, fill(ctx, d, runs)
}

func runByID(ctx context.Context, d bun.IDB, runID string) (*Run, error) {
	var runs []Run
	if err := d.NewSelect().Model(&runs).Where("r.id = ?", runID).Scan(ctx); err != nil {
		return nil, fmt.Errorf("read a check: %w", db.Err(err))
	}
	if len(runs) == 0 {
		return nil, errNone
	}
	return &runs[0], fill(ctx, d, runs)
}

func fill(ctx context.Context, d bun.IDB, runs []Run) error {
	if len(runs) == 0 {
		return nil
	}
	ids, by := make([]string, len(runs)), map[string]*Run{}
	for i := range runs {
		runs[i].Answers = map[string]int{}
		ids[i], by[runs[i].ID] = runs[i].ID, &runs[i]
	}
	var all []answer
	if err := d.NewSelect().Model(&all).Where("a.run_id IN (?)", bun.List(ids)).Scan(ctx); err != nil {
		return fmt.Errorf("read answers of checks: %w", db.Err(err))
	}
	for _, a := range all {
		by[a.RunID].Answers[a.Family] = a.Choice
	}
	return nil
}

func write(ctx context.Context, tx bun.IDB, r *Run, c *Content, choices map[string]int) error {
	var rows []answer
	for _, f := range c.Families {
		n, ok := choices[f.Key]
		if options := f.In(r.Form()).Options; ok && n >= 0 && n < len(options) {
			rows = append(rows, answer{RunID: r.ID, Family: f.Key, Choice: n, Points: int(2 * options[n].Score)})
		}
	}
	if len(rows) == 0 {
		return nil
	}
	_, err := tx.NewInsert().Model(&rows).On("CONFLICT (run_id, family) DO UPDATE").Set("choice = EXCLUDED.choice").Set("points = EXCLUDED.points").Exec(ctx)
	if err != nil {
		return fmt.Errorf("write answers of a check: %w", db.Err(err))
	}
	return nil
}

type exported struct {
	Course    string         `json:"course"`
	Occasion  string         `json:"occasion"`
	Form      string         `json:"form"`
	Revision  string         `json:"revision"`
	Started   string         `json:"started_at"`
	Submitted string         `json:"submitted_at,omitempty"`
	Answers   map[string]int `json:"answers"` // index of the chosen option, from 0, by skill
}

// Export gives a person's checks for the file of everything that is kept about them.
func (s *Service) Export(ctx context.Context, personID string) (string, any, error) {
	runs, err := runsOf(ctx, s.db, personID, "")
	if err != nil {
		return "", nil, err
	}
	out := make([]exported, 0, len(runs))
	for i := range runs {
		r := &runs[i]
		e := exported{Course: r.CourseKey, Occasion: r.Occasion, Form: r.Form(), Revision: r.RevisionHash, Started: r.StartedAt.UTC().Format(time.RFC3339), Answers: r.Answers}
		if r.Done() {
			e.Submitted = r.SubmittedAt.UTC().Format(time.RFC3339)
		}
		out = append(out, e)
	}
	return "checks", out, nil
}
