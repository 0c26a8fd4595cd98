package quiz_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"greenroom/internal/allow"
	"greenroom/internal/course"
	"greenroom/internal/fault"
	"greenroom/internal/id"
	"greenroom/internal/quiz"
)

func (w *world) expire(want int) {
	w.t.Helper()
	n, err := w.quizzes.Expire(w.t.Context())
	ok(w.t, err)
	if n != want {
		w.t.Errorf("the clock submitted %d attempts, want %d", n, want)
	}
}

// answerOne is a form with the first question answered as given.
func answerOne(s *quiz.Sitting, right bool) quiz.Form {
	token := map[bool]string{true: "a", false: "b"}[right]
	return quiz.Form{Attempt: s.Attempt.ID, Fields: map[string][]string{"q1": {token}}}
}

func TestParseReadsLimits(t *testing.T) {
	t.Parallel()
	revs, found := load(t)
	if found.Broken() {
		t.Fatal(found)
	}
	c := revs[0].Activity("module/timed").Content().(*quiz.Content)
	if c.Attempts != 2 || c.Minutes != 20 {
		t.Errorf("%+v", c)
	}
	for in, want := range map[string]string{
		"attempts: 0": "attempts is 0", "attempts: 21": "attempts is 21", "minutes_limit: 0": "minutes_limit is 0", "minutes_limit: 241": "minutes_limit is 241",
		"minutes_limit: 4": "shorter than the 5 minutes", "minutes_limit: \"20\"": "minutes_limit", "minute_limit: 20": "minute_limit",
	} {
		if _, found := load(t, "pass: 6", "pass: 6\n"+in); !strings.Contains(found.String(), want) {
			t.Errorf("%s: no %q in\n%s", in, want, found)
		}
	}
}

func TestAttemptsAreCounted(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		p := w.member("Ada", "timed")
		for range 2 {
			s := p.start()
			_, err := p.submit(quiz.Form{Attempt: s.Attempt.ID, Anyway: true})
			ok(t, err)
		}
		if d := p.look(""); d.Left(d.Shown.Content) != 0 {
			t.Errorf("%d left", d.Left(d.Shown.Content))
		}
		if _, err := p.quizzes.Start(t.Context(), p.at, id.New()); !fault.Is(err, fault.Conflict) {
			t.Fatalf("a third attempt of two: %v", err)
		}
		ok(t, w.allow.Grant(t.Context(), nil, p.at.PersonID, "", allow.Terms{TimePercent: 100, ExtraAttempts: 1, Reason: "was ill"}))
		if d := p.look(""); d.Left(d.Shown.Content) != 1 {
			t.Errorf("%d left", d.Left(d.Shown.Content))
		}
		var all sync.WaitGroup
		for range 10 {
			all.Go(func() { _, _ = p.quizzes.Start(t.Context(), p.at, id.New()) })
		}
		all.Wait()
		if d := p.look(""); len(d.All) != 3 || d.Shown.Attempt.State != quiz.Open {
			t.Errorf("%d attempts, the shown one is %s", len(d.All), d.Shown.Attempt.State)
		}
	})
}

func TestTheClockSubmitsWhatCameInTime(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		p := w.member("Ada", "timed")
		s := p.start()
		if got := s.Attempt.DueAt.Sub(s.Attempt.StartedAt); got != 20*time.Minute {
			t.Fatalf("the time is %v", got)
		}
		_, err := p.save(answerOne(s, true))
		ok(t, err)
		w.pass(20*time.Minute + 10*time.Second)
		w.expire(0)
		// Within the grace a form still counts: both questions are right.
		both := answerOne(s, true)
		both.Fields.Set("q2", "a")
		_, err = p.save(both)
		ok(t, err)
		w.pass(time.Minute)
		if d := p.look(""); !d.Over || d.Shown.Attempt.State != quiz.Open {
			t.Fatalf("over %v, %s", d.Over, d.Shown.Attempt.State)
		}
		w.expire(1)
		w.expire(0)
		a := p.shown("").Attempt
		if a.State != quiz.Submitted || a.EndedBy != quiz.ByTime || a.Score != 2 || !a.Passed || !p.done() || p.events() != 1 {
			t.Errorf("%+v, done %v", a, p.done())
		}
	})
}

// What comes late is kept beside the answers and does not count, whether the clock was first or the form.
func TestLateAnswersAreKeptAndDoNotCount(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		for _, clockFirst := range []bool{true, false} {
			for _, submit := range []bool{true, false} {
				p := w.learner("timed")
				s := p.start()
				_, err := p.save(answerOne(s, false))
				ok(t, err)
				w.pass(21 * time.Minute)
				if clockFirst {
					w.expire(1)
				}
				late := answerOne(s, true)
				late.Fields.Set("q2", "a")
				if submit {
					out, err := p.submit(late)
					ok(t, err)
					if out.Attempt.State != quiz.Submitted || out.Attempt.Score != 0 {
						t.Errorf("clock first %v: %+v", clockFirst, out.Attempt)
					}
				} else if _, err := p.save(late); !fault.Is(err, fault.Conflict) {
					t.Errorf("clock first %v: %v", clockFirst, err)
				}
				w.expire(0)
				_, v, err := w.quizzes.Export(t.Context(), p.at.PersonID)
				ok(t, err)
				if got := fmt.Sprintf("%+v", v); !strings.Contains(got, "Answer:[false] Late:[true]") || !strings.Contains(got, "ByTime:true") {
					t.Errorf("the export lacks what came late: %s", got)
				}
				a := p.shown("").Attempt
				if a.Score != 0 || a.EndedBy != quiz.ByTime || len(a.Sheet.Late) != 2 || len(a.Sheet.Answers) != 1 || p.done() {
					t.Errorf("clock first %v, submit %v: %+v", clockFirst, submit, a)
				}
			}
		}
	})
}

// More time reaches who is in the middle of it; taken back, nobody's end comes nearer.
func TestMoreTimeReachesAnOpenAttempt(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		p := w.member("Ada", "timed")
		other := w.member("Bob", "timed")
		s, o := p.start(), other.start()
		ok(t, w.allow.Grant(ctx, nil, p.at.PersonID, "", allow.Terms{TimePercent: 150, Reason: "reads slowly"}))
		if a := p.shown("").Attempt; a.DueAt.Sub(s.Attempt.StartedAt) != 30*time.Minute {
			t.Errorf("due after %v", a.DueAt.Sub(s.Attempt.StartedAt))
		}
		if a := other.shown("").Attempt; !a.DueAt.Equal(*o.Attempt.DueAt) {
			t.Error("another's time changed")
		}
		all, err := w.allow.History(ctx, p.at.PersonID)
		ok(t, err)
		ok(t, w.allow.End(ctx, nil, p.at.PersonID, all[0].ID, "a mistake"))
		if a := p.shown("").Attempt; a.DueAt.Sub(s.Attempt.StartedAt) != 30*time.Minute {
			t.Errorf("the end came nearer: %v", a.DueAt.Sub(s.Attempt.StartedAt))
		}
		ok(t, w.allow.Grant(ctx, nil, p.at.PersonID, "", allow.Terms{TimePercent: allow.NoLimit, Reason: "agreed"}))
		if a := p.shown("").Attempt; a.DueAt != nil {
			t.Errorf("due %v although there is no limit", a.DueAt)
		}
		w.pass(48 * time.Hour)
		w.expire(1) // Bob's
	})
}

// Two clocks and a form at the same time submit once.
func TestTheClockAndItsOwnerAtOnce(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		p := w.learner("timed")
		s := p.start()
		both := answerOne(s, true)
		both.Fields.Set("q2", "a")
		_, err := p.save(both)
		ok(t, err)
		w.pass(time.Hour)
		var all sync.WaitGroup
		for i := range 12 {
			all.Go(func() {
				if i%3 == 0 {
					_, _ = p.submit(quiz.Form{Attempt: s.Attempt.ID})
				} else if _, err := w.quizzes.Expire(t.Context()); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		if a := p.shown("").Attempt; a.Score != 2 || p.events() != 1 {
			t.Errorf("%+v, %d events", a, p.events())
		}
	})
}

// between does something when the clock looks up where the owner stands: after it has seen the attempt, before it
// holds it.
type between struct {
	*course.Service
	do func()
}

func (c *between) Revision(ctx context.Context, hash string) (*course.Revision, error) {
	if do := c.do; do != nil {
		c.do = nil
		do()
	}
	return c.Service.Revision(ctx, hash)
}

// What happened since the clock looked counts: more time, or a submission.
func TestTheClockLooksTwice(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		p := w.member("Ada", "timed")
		p.start()
		courses := &between{Service: w.courses, do: func() {
			ok(t, w.allow.Grant(t.Context(), nil, p.at.PersonID, "", allow.Terms{TimePercent: allow.NoLimit, Reason: "the power was off"}))
		}}
		clock := quiz.New(w.db, courses, w.records, w.now)
		w.pass(time.Hour)
		n, err := clock.Expire(t.Context())
		ok(t, err)
		if a := p.shown("").Attempt; n != 0 || a.State != quiz.Open || courses.do != nil {
			t.Errorf("%d submitted, the attempt is %s", n, a.State)
		}
	})
}
