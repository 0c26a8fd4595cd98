package quiz

import (
	"context"
	"time"
)

// Top is the best that a person handed in of a quiz, as it counts now: after decisions about its questions.
type Top struct {
	Score, Total int
	Passed       bool
	Attempts     int       // handed in
	At           time.Time // when the best was handed in; UTC
}

// TopScores returns a person's best results by course and activity, of quizzes of which they handed something in. One
// query.
func (s *Service) TopScores(ctx context.Context, personID string) (map[[2]string]Top, error) {
	all, err := ofPerson(ctx, s.db, personID, false)
	if err != nil {
		return nil, err
	}
	by := map[[2]string][]Attempt{}
	for i := len(all) - 1; i >= 0; i-- { // newest first, as Best wants them
		if a := all[i]; a.State == Submitted && a.SubmittedAt != nil {
			key := [2]string{a.CourseKey, a.ActivityKey}
			by[key] = append(by[key], a)
		}
	}
	out := make(map[[2]string]Top, len(by))
	for key, attempts := range by {
		b := Best(attempts)
		out[key] = Top{Score: b.Score, Total: b.Total, Passed: b.Passed, Attempts: len(attempts), At: b.SubmittedAt.UTC()}
	}
	return out, nil
}
