package worksheet

import (
	"context"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"greenroom/internal/db"
	"greenroom/internal/draft"
)

// Claim gives a guest's worksheets to a person. Where both filled the same one, the answers saved later stand and
// the others are kept beside them. A second call finds nothing to move.
func (s *Service) Claim(ctx context.Context, tx bun.IDB, from, to string) error {
	if from == to {
		return nil
	}
	theirs, err := ofPerson(ctx, tx, from)
	if err != nil {
		return err
	}
	for i := range theirs {
		g := &theirs[i]
		if err := db.Lock(ctx, tx, lockName(to, g.CourseKey, g.ActivityKey)); err != nil {
			return err
		}
		own, err := find(ctx, tx, to, g.CourseKey, g.ActivityKey)
		if err != nil {
			return err
		}
		if own == nil {
			g.PersonID = to
			if err := update(ctx, tx, g); err != nil {
				return err
			}
			continue
		}
		if err := s.merge(ctx, tx, own, g); err != nil {
			return fmt.Errorf("claim worksheet %s: %w", g.ID, err)
		}
	}
	return nil
}

// merge puts a guest's answers into the person's own row and removes the guest's.
func (s *Service) merge(ctx context.Context, tx bun.IDB, own, g *Worksheet) error {
	now := s.clock()
	if err := moveKept(ctx, tx, g.ID, own.ID); err != nil {
		return err
	}
	newer, older := own, g
	if g.SavedAt.After(own.SavedAt) {
		newer, older = g, own
	}
	if !older.Answers.Empty() && !older.Answers.Equal(newer.Answers) {
		if err := keep(ctx, tx, own.ID, WhyClaimed, older.Answers, older.Page, older.SavedAt); err != nil {
			return err
		}
	}
	merged := *own
	merged.Answers, merged.RevisionHash, merged.SavedAt = newer.Answers, newer.RevisionHash, newer.SavedAt
	merged.Checks, merged.Named = newer.Checks, newer.Named
	merged.KeptAt = now
	// Pages that are open somewhere know neither for certain: they have to choose.
	merged.Stamp = draft.Stamp{Version: max(own.Version, g.Version) + 1}
	if merged.FinishedAt = newer.FinishedAt; !newer.Finished() {
		merged.FinishedAt = older.FinishedAt
	}
	if err := update(ctx, tx, &merged); err != nil {
		return err
	}
	return remove(ctx, tx, g)
}

type exported struct {
	Course   string         `json:"course"`
	Step     string         `json:"step"`
	Revision string         `json:"revision"`
	Answers  Answers        `json:"answers"`
	Checks   []string       `json:"self_check,omitempty"`
	Named    bool           `json:"name_on_document"`
	Saved    string         `json:"saved_at"`
	Finished string         `json:"finished_at,omitempty"`
	Older    []exportedKept `json:"older,omitempty"`
}

type exportedKept struct {
	Answers Answers `json:"answers"`
	Why     string  `json:"why"`
	At      string  `json:"at"`
}

// Export gives a person's worksheets for the file of everything that is kept about them.
func (s *Service) Export(ctx context.Context, personID string) (string, any, error) {
	all, err := ofPerson(ctx, s.db, personID)
	if err != nil {
		return "", nil, err
	}
	kept, err := keptOfPerson(ctx, s.db, personID)
	if err != nil {
		return "", nil, err
	}
	byID := map[string][]exportedKept{}
	for _, k := range kept {
		byID[k.WorksheetID] = append(byID[k.WorksheetID], exportedKept{Answers: k.Answers, Why: k.Why, At: stamp(k.At)})
	}
	out := make([]exported, 0, len(all))
	for _, w := range all {
		e := exported{
			Course: w.CourseKey, Step: w.ActivityKey, Revision: w.RevisionHash, Answers: w.Answers, Checks: w.Checks,
			Named: w.Named, Saved: stamp(w.SavedAt), Older: byID[w.ID],
		}
		if w.FinishedAt != nil {
			e.Finished = stamp(*w.FinishedAt)
		}
		out = append(out, e)
	}
	return "worksheets", out, nil
}

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }
