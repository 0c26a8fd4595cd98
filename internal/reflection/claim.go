package reflection

import (
	"context"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"greenroom/internal/db"
	"greenroom/internal/draft"
)

// Claim gives a guest's texts to a person. Where both wrote for the same activity, the text saved later stands and
// the other is kept beside it. A second call finds nothing to move.
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
		own, err := findAt(ctx, tx, to, g.CourseKey, g.ActivityKey)
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
			return fmt.Errorf("claim reflection %s: %w", g.ID, err)
		}
	}
	return nil
}

// merge puts a guest's text into the person's own row and removes the guest's.
func (s *Service) merge(ctx context.Context, tx bun.IDB, own, g *Reflection) error {
	now := s.clock()
	if err := moveKept(ctx, tx, g.ID, own.ID); err != nil {
		return err
	}
	newer, older := own, g
	if g.SavedAt.After(own.SavedAt) {
		newer, older = g, own
	}
	if older.Body != "" && older.Body != newer.Body {
		if err := keep(ctx, tx, own.ID, WhyClaimed, older.Body, older.Page, older.SavedAt); err != nil {
			return err
		}
	}
	merged := *own
	merged.Body, merged.Words, merged.RevisionHash, merged.SavedAt = newer.Body, newer.Words, newer.RevisionHash, newer.SavedAt
	merged.KeptAt = now
	// Pages that are open somewhere know neither text for certain: they have to choose.
	merged.Stamp = draft.Stamp{Version: max(own.Version, g.Version) + 1}
	merged.Answer = newer.Answer
	if !newer.Submitted() {
		merged.Answer = older.Answer
	}
	merged.SubmittedAt = earlier(own.SubmittedAt, g.SubmittedAt)
	if err := update(ctx, tx, &merged); err != nil {
		return err
	}
	return remove(ctx, tx, g)
}

func earlier(a, b *time.Time) *time.Time {
	if a == nil || b != nil && b.Before(*a) {
		return b
	}
	return a
}

type exported struct {
	Course    string         `json:"course"`
	Step      string         `json:"step"`
	Revision  string         `json:"revision"`
	Text      string         `json:"text"`
	Words     int            `json:"words"`
	Saved     string         `json:"saved_at"`
	Answer    string         `json:"submitted_text,omitempty"`
	Submitted string         `json:"submitted_at,omitempty"`
	Older     []exportedKept `json:"older_texts,omitempty"`
}

type exportedKept struct {
	Text string `json:"text"`
	Why  string `json:"why"`
	At   string `json:"at"`
}

// Export gives a person's texts for the file of everything that is kept about them.
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
		byID[k.ReflectionID] = append(byID[k.ReflectionID], exportedKept{Text: k.Body, Why: k.Why, At: stamp(k.At)})
	}
	out := make([]exported, 0, len(all))
	for _, r := range all {
		e := exported{
			Course: r.CourseKey, Step: r.ActivityKey, Revision: r.RevisionHash, Text: r.Body, Words: r.Words,
			Saved: stamp(r.SavedAt), Answer: r.Answer, Older: byID[r.ID],
		}
		if r.SubmittedAt != nil {
			e.Submitted = stamp(*r.SubmittedAt)
		}
		out = append(out, e)
	}
	return "reflections", out, nil
}

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }
