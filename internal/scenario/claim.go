package scenario

import (
	"context"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"greenroom/internal/db"
)

// Claim gives a guest's runs to a person, texts and reviews with them. All are kept; where both have one open, the one
// begun later goes on and the other is set aside; where both have finished one, the person's own stays their first. A
// second call finds nothing to move.
func (s *Service) Claim(ctx context.Context, tx bun.IDB, from, to string) error {
	if from == to {
		return nil
	}
	theirs, err := ofPerson(ctx, tx, from)
	if err != nil || len(theirs) == 0 {
		return err
	}
	own, err := ofPerson(ctx, tx, to)
	if err != nil {
		return err
	}
	for i := range theirs {
		g := &theirs[i]
		for j := range own {
			o := &own[j]
			if o.CourseKey != g.CourseKey || o.ActivityKey != g.ActivityKey {
				continue
			}
			g.First = g.First && !o.First
			if g.State == Open && o.State == Open {
				if g.StartedAt.After(o.StartedAt) {
					o.State = Aside
					if err := putRun(ctx, tx, o); err != nil {
						return err
					}
				} else {
					g.State = Aside
				}
			}
		}
		g.PersonID = to
		if err := putRun(ctx, tx, g); err != nil {
			return err
		}
	}
	for table, column := range map[string]string{"scenario_reply": "person_id", "scenario_review": "reviewer_id"} {
		if _, err := tx.NewUpdate().Table(table).Set("? = ?", bun.Ident(column), to).Where("? = ?", bun.Ident(column), from).Exec(ctx); err != nil {
			return fmt.Errorf("claim %s: %w", table, db.Err(err))
		}
	}
	return nil
}

func ofPerson(ctx context.Context, tx bun.IDB, personID string) ([]Run, error) {
	var all []Run
	if err := db.ForUpdate(tx.NewSelect().Model(&all).Where("person_id = ?", personID).Order("started_at", "id")).Scan(ctx); err != nil {
		return nil, fmt.Errorf("scenario runs of a person: %w", db.Err(err))
	}
	return all, nil
}

func putRun(ctx context.Context, tx bun.IDB, r *Run) error {
	if _, err := tx.NewUpdate().Model(r).Column("person_id", "state", "first").WherePK().Exec(ctx); err != nil {
		return fmt.Errorf("claim scenario run %s: %w", r.ID, db.Err(err))
	}
	return nil
}

type exportedRun struct {
	Course   string          `json:"course"`
	Step     string          `json:"step"`
	Revision string          `json:"revision"`
	State    string          `json:"state"`
	Started  string          `json:"started_at"`
	Finished string          `json:"finished_at,omitempty"`
	Ending   string          `json:"ending,omitempty"`
	Moves    []exportedMove  `json:"moves"`
	Replies  []exportedReply `json:"replies,omitempty"`
}

type exportedMove struct {
	At      string `json:"at"`
	Kind    string `json:"kind"`
	Passage string `json:"passage,omitempty"`
	Choice  string `json:"choice,omitempty"`
	Points  int    `json:"points,omitempty"`
}

type exportedReply struct {
	Passage string           `json:"passage"`
	Text    string           `json:"text"`
	Marks   Marks            `json:"own_marks"`
	Reviews []exportedReview `json:"reviews,omitempty"`
}

type exportedReview struct {
	Kind    string `json:"kind"`
	Marks   Marks  `json:"marks"`
	Comment string `json:"comment,omitempty"`
}

type exported struct {
	Runs    []exportedRun    `json:"runs"`
	Reviews []exportedReview `json:"reviews_of_others"`
}

// Export gives a person's runs for the file of everything that is kept about them, with what they wrote, what others
// said of it, and what they said of others.
func (s *Service) Export(ctx context.Context, personID string) (string, any, error) {
	out := exported{Runs: []exportedRun{}, Reviews: []exportedReview{}}
	var runs []Run
	if err := s.db.NewSelect().Model(&runs).Where("person_id = ?", personID).Order("started_at", "id").Scan(ctx); err != nil {
		return "", nil, fmt.Errorf("export scenario runs: %w", db.Err(err))
	}
	var given []Review
	if err := s.db.NewSelect().Model(&given).Where("reviewer_id = ?", personID).Where("done_at IS NOT NULL").Order("done_at", "id").Scan(ctx); err != nil {
		return "", nil, fmt.Errorf("export scenario reviews: %w", db.Err(err))
	}
	for _, r := range given {
		out.Reviews = append(out.Reviews, exportedReview{r.Kind, r.Marks, r.Comment})
	}
	for i := range runs {
		r, err := s.exportRun(ctx, &runs[i])
		if err != nil {
			return "", nil, err
		}
		out.Runs = append(out.Runs, r)
	}
	return "scenarios", out, nil
}

func (s *Service) exportRun(ctx context.Context, r *Run) (exportedRun, error) {
	e := exportedRun{
		Course: r.CourseKey, Step: r.ActivityKey, Revision: r.RevisionHash, State: r.State, Ending: r.Ending,
		Started: r.StartedAt.UTC().Format(time.RFC3339), Moves: []exportedMove{},
	}
	if r.FinishedAt != nil {
		e.Finished = r.FinishedAt.UTC().Format(time.RFC3339)
	}
	var moves []Event
	if err := s.db.NewSelect().Model(&moves).Where("run_id = ?", r.ID).Order("number").Scan(ctx); err != nil {
		return e, fmt.Errorf("export scenario moves: %w", db.Err(err))
	}
	for _, m := range moves {
		e.Moves = append(e.Moves, exportedMove{m.At.UTC().Format(time.RFC3339), m.Kind, m.Passage, m.Choice, m.Points})
	}
	texts, err := repliesOf(ctx, s.db, r.ID)
	if err != nil {
		return e, err
	}
	for _, t := range texts {
		x := exportedReply{Passage: t.Passage, Text: t.Body, Marks: t.Marks}
		var got []Review
		if err := s.db.NewSelect().Model(&got).Where("reply_id = ?", t.ID).Where("done_at IS NOT NULL").Order("done_at", "id").Scan(ctx); err != nil {
			return e, fmt.Errorf("export reviews of a reply: %w", db.Err(err))
		}
		for _, v := range got {
			x.Reviews = append(x.Reviews, exportedReview{v.Kind, v.Marks, v.Comment})
		}
		e.Replies = append(e.Replies, x)
	}
	return e, nil
}
