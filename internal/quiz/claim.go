package quiz

import (
	"context"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"greenroom/internal/course"
)

// Claim gives a guest's attempts to a person. All of them are kept. Where both have one open at the same quiz, the
// one saved last goes on and the other is set aside. A second call finds nothing to move.
func (s *Service) Claim(ctx context.Context, tx bun.IDB, from, to string) error {
	if from == to {
		return nil
	}
	theirs, err := ofPerson(ctx, tx, from, true)
	if err != nil {
		return err
	}
	own, err := ofPerson(ctx, tx, to, true)
	if err != nil {
		return err
	}
	for i := range theirs {
		g := &theirs[i]
		if rival := openAt(own, g); rival != nil {
			loser := g
			if lastTouched(g).After(lastTouched(rival)) {
				loser = rival
			}
			loser.State = Aside
			if err := owner(ctx, tx, loser); err != nil {
				return err
			}
		}
		g.PersonID = to
		if err := owner(ctx, tx, g); err != nil {
			return err
		}
	}
	return nil
}

// openAt finds the open attempt among all that would stand in the way of g.
func openAt(all []Attempt, g *Attempt) *Attempt {
	for i := range all {
		if a := &all[i]; g.State == Open && a.State == Open && a.CourseKey == g.CourseKey && a.ActivityKey == g.ActivityKey {
			return a
		}
	}
	return nil
}

func lastTouched(a *Attempt) time.Time {
	if a.SavedAt != nil {
		return *a.SavedAt
	}
	return a.StartedAt
}

type exported struct {
	Course    string           `json:"course"`
	Step      string           `json:"step"`
	Revision  string           `json:"revision"`
	State     string           `json:"state"`
	Started   string           `json:"started_at"`
	Submitted string           `json:"submitted_at,omitempty"`
	Score     int              `json:"score"`
	Total     int              `json:"total"`
	Passed    bool             `json:"passed"`
	First     *exportedResult  `json:"before_decisions,omitempty"`
	ByTime    bool             `json:"submitted_when_time_was_up,omitempty"`
	Answers   []exportedAnswer `json:"answers"`
}

type exportedAnswer struct {
	Question string   `json:"question"`
	Answer   []string `json:"answer"`
	Late     []string `json:"too_late,omitempty"`
}

type exportedResult struct {
	Score  int  `json:"score"`
	Total  int  `json:"total"`
	Passed bool `json:"passed"`
}

// Export gives a person's attempts for the file of everything that is kept about them, with the answers in words.
func (s *Service) Export(ctx context.Context, personID string) (string, any, error) {
	all, err := ofPerson(ctx, s.db, personID, false)
	if err != nil {
		return "", nil, err
	}
	out := make([]exported, 0, len(all))
	for i := range all {
		a := &all[i]
		e := exported{
			Course: a.CourseKey, Step: a.ActivityKey, Revision: a.RevisionHash, State: a.State,
			Started: a.StartedAt.UTC().Format(time.RFC3339), Score: a.Score, Total: a.Total, Passed: a.Passed,
			Answers: []exportedAnswer{}, ByTime: a.EndedBy == ByTime,
		}
		if a.FirstScore != nil {
			score, total, passed := a.first()
			e.First = &exportedResult{score, total, passed}
		}
		if a.SubmittedAt != nil {
			e.Submitted = a.SubmittedAt.UTC().Format(time.RFC3339)
		}
		rev, err := s.courses.Revision(ctx, a.RevisionHash)
		if err != nil {
			return "", nil, fmt.Errorf("export quiz attempt %s: %w", a.ID, err)
		}
		if e.Answers, err = inWords(rev.Activity(a.ActivityKey), a); err != nil {
			return "", nil, fmt.Errorf("export quiz attempt %s: %w", a.ID, err)
		}
		out = append(out, e)
	}
	return "quiz_attempts", out, nil
}

func inWords(activity *course.Activity, a *Attempt) ([]exportedAnswer, error) {
	c, err := contentOf(activity)
	if err != nil {
		return nil, err
	}
	out := []exportedAnswer{}
	for _, d := range Deal(c, a.Seed).Questions {
		x := exportedAnswer{Question: d.Key, Answer: d.Words(a.Sheet.Answers[d.Key].Answer)}
		if late, kept := a.Sheet.Late[d.Key]; kept {
			x.Late = d.Words(late)
		}
		out = append(out, x)
	}
	return out, nil
}
