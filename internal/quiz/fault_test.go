package quiz_test

import (
	"context"
	"net/url"
	"os"
	"strings"
	"testing"

	"greenroom/internal/db"
	"greenroom/internal/db/dbtest"
	"greenroom/internal/faulttest"
	"greenroom/internal/id"
	"greenroom/internal/quiz"
	"greenroom/internal/record"
)

func TestMain(m *testing.M) {
	os.Exit(faulttest.Main(m, map[string]faulttest.Job{"learn": learn, "regrade": regrade}))
}

// learn is a site on which one learner after the other starts the quiz, types, submits and passes. What was
// acknowledged is said as "<what> <attempt>".
func learn(args []string, ack func(string)) error {
	ctx := context.Background()
	d, err := db.Open(ctx, args[0])
	if err != nil {
		return err
	}
	w, err := build(d)
	if err != nil {
		return err
	}
	for {
		p, _, err := w.people.NewGuest(ctx)
		if err != nil {
			return err
		}
		at, err := w.enter(ctx, p.ID, "check")
		if err != nil {
			return err
		}
		a, err := w.quizzes.Start(ctx, at, id.New())
		if err != nil {
			return err
		}
		ack("started " + a.ID)
		if _, err := w.quizzes.Save(ctx, at, quiz.Form{Attempt: a.ID, Fields: url.Values{"q6": {"typed"}}}); err != nil {
			return err
		}
		ack("saved " + a.ID)
		desk, err := w.quizzes.Look(ctx, at, "")
		if err != nil {
			return err
		}
		if _, err := w.quizzes.Submit(ctx, at, quiz.Form{Attempt: a.ID, Fields: fields(desk.Shown, solution(desk.Shown.Paper))}); err != nil {
			return err
		}
		ack("submitted " + a.ID)
	}
}

func TestKilledSiteLosesNothingAcknowledged(t *testing.T) {
	t.Parallel()
	for _, engine := range dbtest.Engines {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			d, address := dbtest.NewURL(t, engine, 2)
			w := open(t, d)
			faulttest.Rounds(t, "learn", 12, 40, []string{address}, func(_ int, acked []string) {
				for _, line := range acked {
					what, attempt, _ := strings.Cut(line, " ")
					stored(t, w, what, attempt)
				}
				consistent(t, w)
			})
		})
	}
}

// stored fails unless the attempt is at least what was acknowledged.
func stored(t *testing.T, w *world, what, attempt string) {
	t.Helper()
	var a quiz.Attempt
	if err := w.db.NewSelect().Model(&a).Where("id = ?", attempt).Scan(t.Context()); err != nil {
		t.Errorf("%s was %s: %v", attempt, what, err)
		return
	}
	if what == "saved" && a.Sheet.Answers["word"].Text == "" || what == "submitted" && (a.State != quiz.Submitted || a.Score != 7) {
		t.Errorf("%s was %s and is %+v", attempt, what, a)
	}
}

// consistent fails unless every passed attempt has its completion, and the other way round.
func consistent(t *testing.T, w *world) {
	t.Helper()
	var all []quiz.Attempt
	ok(t, w.db.NewSelect().Model(&all).Scan(t.Context()))
	passed := map[string]bool{}
	for _, a := range all {
		if (a.State == quiz.Submitted) != (a.SubmittedAt != nil) || a.Passed && a.State != quiz.Submitted {
			t.Errorf("half written: %+v", a)
		}
		passed[a.PersonID] = passed[a.PersonID] || a.Passed
	}
	var events []record.Event
	ok(t, w.db.NewSelect().Model(&events).Where("kind = ?", record.Done).Scan(t.Context()))
	done := map[string]int{}
	for _, e := range events {
		done[e.PersonID]++
	}
	for who, yes := range passed {
		if yes != (done[who] == 1) {
			t.Errorf("%s passed: %v, completions: %d", who, yes, done[who])
		}
	}
}

// Every statement of every writing use case fails once, before and after it took effect.
func TestFailingStatementsLeaveNothingHalf(t *testing.T) {
	t.Parallel()
	const most = 60
	t.Run("start", func(t *testing.T) {
		t.Parallel()
		d, f := faulttest.SQLite(t)
		w := open(t, d)
		who, clients := make([]person, most), make([]string, most)
		for i := range who {
			who[i], clients[i] = w.learner("check"), id.New()
		}
		f.Every(t, func(round int) error {
			_, err := w.quizzes.Start(t.Context(), who[round].at, clients[round])
			return err
		}, func(round int) {
			if n := len(who[round].look("").All); n > 1 {
				t.Errorf("round %d: %d attempts", round, n)
			}
		})
	})
	for name, use := range map[string]func(p person, s *quiz.Sitting) error{
		"save": func(p person, s *quiz.Sitting) error {
			_, err := p.save(quiz.Form{Attempt: s.Attempt.ID, Fields: fields(s, solution(s.Paper))})
			return err
		},
		"submit": func(p person, s *quiz.Sitting) error {
			_, err := p.submit(quiz.Form{Attempt: s.Attempt.ID, Fields: fields(s, solution(s.Paper))})
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d, f := faulttest.SQLite(t)
			w := open(t, d)
			who, tries := make([]person, most), make([]*quiz.Sitting, most)
			for i := range who {
				who[i] = w.learner("check")
				tries[i] = who[i].start()
			}
			f.Every(t, func(round int) error { return use(who[round], tries[round]) }, func(round int) {
				consistent(t, w)
				if d := who[round].look(""); len(d.All) != 1 || d.All[0].Saves > 1 {
					t.Errorf("round %d: %d attempts, %d saves", round, len(d.All), d.All[0].Saves)
				}
			})
		})
	}
}
