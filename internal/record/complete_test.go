package record_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"greenroom/internal/account"
	"greenroom/internal/db"
	"greenroom/internal/db/dbtest"
	"greenroom/internal/delivery"
	"greenroom/internal/record"
)

func TestStepsAddUpToACertificate(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *bun.DB) {
		w := open(t, d)
		r := w.courses.publish(revision("r1", "ab", "c"))
		ada := w.person(account.KindPerson, "Ada")

		v := w.do(ada, r, "m1/a")
		if v.Done != 1 || v.Total != 3 || v.Percent != 33 || v.MinutesLeft != 20 || v.Complete || !v.IsDone("m1/a") || v.IsDone("m1/b") {
			t.Errorf("after one of three: %+v", v)
		}
		if m := v.Modules[0]; m.Done != 1 || m.Total != 2 || m.MinutesLeft != 10 {
			t.Errorf("first module: %+v", m)
		}
		if n := v.Next(r); n == nil || n.Key != "m1/b" {
			t.Errorf("next is %v", n)
		}
		v = w.do(ada, r, "m2/c", "m1/b")
		if !v.Complete || v.Percent != 100 || v.CompletedAt == nil || v.Next(r) != nil || v.MinutesLeft != 0 {
			t.Errorf("after all: %+v", v)
		}
		certs, err := w.certs.List(w.ctx, ada)
		ok(t, err)
		if len(certs) != 1 || certs[0].Name != "Ada" || certs[0].CourseTitle != "Posts" || !certs[0].IssuedAt.Equal(*v.CompletedAt) {
			t.Errorf("certificates: %+v", certs)
		}
		if n := w.count("fact", "name = 'record.course_completed'"); n != 1 {
			t.Errorf("%d facts", n)
		}
		stored := w.look(ada, r)
		if stored.Percent != 100 || !stored.CompletedAt.Equal(*v.CompletedAt) || stored.DoneAt("m1/a").IsZero() {
			t.Errorf("stored: %+v", stored)
		}
		w.sound()
	})
}

func TestFiftyAtOnceCompleteOnce(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *bun.DB) {
		w := open(t, d)
		r := w.courses.publish(revision("r1", "abcde"))
		ada := w.person(account.KindPerson, "Ada")
		var wg sync.WaitGroup
		for i := range 50 {
			wg.Go(func() {
				if _, err := w.rec.MarkComplete(w.ctx, w.completion(ada, r, "m1/"+string("abcde"[i%5]))); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		for what, n := range map[string]int{
			"step events": w.count("learning_event", "kind = 'done'") - 4, "completions": w.count("learning_event", "kind = 'completed'"),
			"certificates": w.count("certificate", ""), "facts": w.count("fact", "name = 'record.course_completed'"), "projections": w.count("progress", ""),
		} {
			if n != 1 {
				t.Errorf("%s: %d too many", what, n-1)
			}
		}
		if v := w.look(ada, r); !v.Complete || v.Done != 5 {
			t.Errorf("%+v", v)
		}
		w.sound()
	})
}

func TestDifferentStepsAtOnceLoseNone(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *bun.DB) {
		w := open(t, d)
		const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMN"
		r := w.courses.publish(revision("r1", letters))
		ada := w.person(account.KindPerson, "Ada")
		start := make(chan struct{})
		var wg sync.WaitGroup
		for _, x := range letters {
			wg.Go(func() {
				<-start
				if _, err := w.rec.MarkComplete(w.ctx, w.completion(ada, r, "m1/"+string(x))); err != nil {
					t.Error(err)
				}
			})
		}
		close(start)
		wg.Wait()
		if v := w.look(ada, r); !v.Complete || v.Done != len(letters) {
			t.Errorf("%d of %d steps, complete %v", v.Done, v.Total, v.Complete)
		}
		w.sound()
	})
}

func TestCompletionNeverGoesDown(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *bun.DB) {
		w := open(t, d)
		old := w.courses.publish(revision("r1", "ab"))
		ada := w.person(account.KindPerson, "Ada")
		_, err := w.enrol.Enrol(w.ctx, ada, "posts")
		ok(t, err)
		first := w.do(ada, old, "m1/a", "m1/b").CompletedAt

		more := w.courses.publish(revision("r2", "abc"))
		ok(t, w.enrol.Move(w.ctx, ada, "posts", "r2"))
		v := w.look(ada, more)
		if !v.Complete || v.Percent != 100 || v.NewSteps != 1 || !v.CompletedAt.Equal(*first) || v.Next(more).Key != "m1/c" {
			t.Errorf("with a new step: %+v", v)
		}
		less := w.courses.publish(revision("r3", "b"))
		if v = w.look(ada, less); !v.Complete || v.Done != 1 || v.Total != 1 || v.NewSteps != 0 {
			t.Errorf("with a step retired: %+v", v)
		}
		v = w.do(ada, more, "m1/c") // the course is not completed a second time
		if !v.CompletedAt.Equal(*first) || w.count("learning_event", "kind = 'completed'") != 1 || w.count("certificate", "") != 1 {
			t.Errorf("after the new step: %+v", v)
		}
		ok(t, w.enrol.Withdraw(w.ctx, ada, "posts"))
		if v = w.look(ada, more); !v.Complete || v.Done != 3 {
			t.Errorf("after leaving: %+v", v)
		}
		w.sound()
	})
}

func TestMovingPastTheLastMissingStepCompletes(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *bun.DB) {
		w := open(t, d)
		old := w.courses.publish(revision("r1", "ab"))
		ada := w.person(account.KindPerson, "Ada")
		_, err := w.enrol.Enrol(w.ctx, ada, "posts")
		ok(t, err)
		w.do(ada, old, "m1/a")
		bo := w.person(account.KindPerson, "Bo")
		w.do(bo, old, "m1/a")
		less := w.courses.publish(revision("r2", "a"))
		if v := w.do(bo, less, "m1/a"); !v.Complete || w.count("certificate", "person_id = ?", bo) != 1 { // said again: nothing is missing any more
			t.Errorf("said again: %+v", v)
		}
		ok(t, w.enrol.Move(w.ctx, ada, "posts", "r2"))
		for range 2 {
			ok(t, w.rec.OnMoved(w.ctx, delivery.Moved{PersonID: ada, CourseKey: "posts", RevisionHash: "r2"}))
		}
		if v := w.look(ada, less); !v.Complete || w.count("certificate", "person_id = ?", ada) != 1 {
			t.Errorf("%+v", v)
		}
		w.sound()
	})
}

func TestCourseWithoutStepsIsNeverComplete(t *testing.T) {
	t.Parallel()
	none := revision("r0", "", "")
	if v := record.Look(none, &record.Progress{States: record.States{"m1/old": 1}}); v.Complete || v.Percent != 0 || v.Total != 0 || v.Next(none) != nil {
		t.Errorf("%+v", v)
	}
	if v := record.Look(revision("r", strings.Repeat("a", 1)), nil); v.Percent != 0 || v.MinutesLeft != 10 {
		t.Errorf("nothing done: %+v", v)
	}
	dbtest.Each(t, func(t *testing.T, d *bun.DB) {
		w := open(t, d)
		w.courses.publish(none)
		ada := w.person(account.KindPerson, "Ada")
		w.do(ada, w.courses.publish(revision("r1", "ab")), "m1/a")
		ok(t, w.rec.OnMoved(w.ctx, delivery.Moved{PersonID: ada, CourseKey: "posts", RevisionHash: "r0"}))
		if v := w.look(ada, none); v.Complete {
			t.Errorf("%+v", v)
		}
	})
}

func TestGuestsGetNoCertificate(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *bun.DB) {
		w := open(t, d)
		r := w.courses.publish(revision("r1", "a"))
		if v := w.do(w.person(account.KindGuest, ""), r, "m1/a"); !v.Complete || w.count("certificate", "") != 0 {
			t.Errorf("%+v, %d certificates", v, w.count("certificate", ""))
		}
		w.sound()
	})
}

func TestEventsCannotBeChanged(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *bun.DB) {
		w := open(t, d)
		r := w.courses.publish(revision("r1", "ab"))
		ada := w.person(account.KindPerson, "Ada")
		w.do(ada, r, "m1/a", "m1/b")
		for _, q := range []string{"UPDATE learning_event SET at = at", "DELETE FROM learning_event"} {
			if _, err := d.Exec(q); err == nil || !strings.Contains(err.Error(), "append-only") {
				t.Errorf("%s: %v", q, err)
			}
		}
		if n := w.count("learning_event", ""); n != 3 {
			t.Fatalf("%d events", n)
		}
		_, err := d.Exec("DELETE FROM person WHERE id = ?", ada) // erasure takes everything along
		ok(t, err)
		if n := w.count("learning_event", "") + w.count("progress", "") + w.count("certificate", ""); n != 0 {
			t.Errorf("%d rows survived their person", n)
		}
	})
}

func TestPagesCostOneQuery(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *bun.DB) {
		w := open(t, d)
		r := w.courses.publish(revision("r1", "ab"))
		ada := w.person(account.KindPerson, "Ada")
		_, err := w.enrol.Enrol(w.ctx, ada, "posts")
		ok(t, err)
		w.do(ada, r, "m1/a")
		cost := func(what string, most int64, do func(ctx context.Context) error) {
			t.Helper()
			ctx, n := db.CountQueries(w.ctx)
			ok(t, do(ctx))
			if n.Load() > most {
				t.Errorf("%s: %d queries, at most %d", what, n.Load(), most)
			}
		}
		cost("the first place in a course", 2, func(ctx context.Context) error {
			_, _, _, err := w.rec.Place(ctx, ada, "posts")
			return err
		})
		cost("place", 1, func(ctx context.Context) error {
			dl, e, p, err := w.rec.Place(ctx, ada, "posts")
			if dl == nil || e == nil || e.PersonID != ada || e.RevisionHash != "r1" || e.DeliveryID != dl.ID || len(p.States) != 1 || p.Events != 1 {
				t.Errorf("place: %+v %+v %+v", dl, e, p)
			}
			return err
		})
		cost("place of nobody", 0, func(ctx context.Context) error {
			dl, e, p, err := w.rec.Place(ctx, "", "posts")
			if dl == nil || e != nil || len(p.States) != 0 || p.CompletedAt != nil {
				t.Errorf("place of nobody: %+v %+v %+v", dl, e, p)
			}
			return err
		})
		cost("place where there is no course", 1, func(ctx context.Context) error {
			dl, _, _, err := w.rec.Place(ctx, ada, "nothing")
			if dl != nil {
				t.Error("a delivery of nothing")
			}
			return err
		})
		cost("shelf", 1, func(ctx context.Context) error {
			s, err := w.rec.Shelf(ctx, ada)
			if len(s) != 1 || s[0].Enrolment.CourseKey != "posts" || len(s[0].Progress.States) != 1 {
				t.Errorf("shelf: %+v", s)
			}
			return err
		})
		cost("completing", 3+2, func(ctx context.Context) error { // BEGIN and COMMIT count too
			ada := w.person(account.KindPerson, "Bo")
			_, err := w.rec.MarkComplete(ctx, w.completion(ada, r, "m1/b"))
			return err
		})
		n, last, err := w.rec.Summary(w.ctx, ada)
		ok(t, err)
		if n != 1 || last.Before(time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC)) {
			t.Errorf("summary: %d, %v", n, last)
		}
	})
}
