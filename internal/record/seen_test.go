package record_test

import (
	"sync"
	"testing"

	"github.com/uptrace/bun"

	"greenroom/internal/account"
	"greenroom/internal/db"
	"greenroom/internal/db/dbtest"
	"greenroom/internal/record"
)

// What the caller has seen saves a statement and is believed only while it is true.
func TestWhatWasSeen(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *bun.DB) {
		w := open(t, d)
		r := w.courses.publish(revision("r1", "abcde"))
		ada := w.person(account.KindPerson, "Ada")
		seen := func(key string, v record.View) (record.View, int64) {
			t.Helper()
			c := w.completion(ada, r, key)
			c.Seen = v
			ctx, n := db.CountQueries(w.ctx)
			got, err := w.rec.MarkComplete(ctx, c)
			ok(t, err)
			return got, n.Load()
		}
		w.do(ada, r, "m1/a")
		early := w.look(ada, r)
		_, slow := seen("m1/b", record.View{})
		v, quick := seen("m1/c", w.look(ada, r))
		if v.Done != 3 || quick >= slow { // how many fewer depends on the database: see db.Guarded
			t.Errorf("%d done, %d statements, %d without having looked", v.Done, quick, slow)
		}
		if early.Done != 1 || early.IsDone("m1/c") {
			t.Errorf("what was seen has changed: %+v", early)
		}
		if v, _ = seen("m1/d", early); v.Done != 4 || w.look(ada, r).Done != 4 {
			t.Errorf("seen too early: %+v", v)
		}
		if v, _ = seen("m1/d", early); v.Done != 4 {
			t.Errorf("said again: %+v", v)
		}
		if v, _ = seen("m1/e", w.look(ada, r)); !v.Complete || !w.look(ada, r).Complete {
			t.Errorf("the last step: %+v", v)
		}
		w.sound()
	})
}

// Different steps at once, all having seen the same: none is lost, and the last of them completes the course.
func TestManyWhoSawTheSame(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *bun.DB) {
		w := open(t, d)
		r := w.courses.publish(revision("r1", "abcdefgh"))
		ada := w.person(account.KindPerson, "Ada")
		w.do(ada, r, "m1/a")
		at := w.look(ada, r)
		var all sync.WaitGroup
		for _, x := range "bcdefgh" {
			c := w.completion(ada, r, "m1/"+string(x))
			c.Seen = at
			all.Go(func() {
				if _, err := w.rec.MarkComplete(w.ctx, c); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		if v := w.look(ada, r); v.Done != 8 || !v.Complete {
			t.Errorf("%+v", v)
		}
		if n := w.count("certificate", ""); n != 1 {
			t.Errorf("%d certificates", n)
		}
		w.sound()
	})
}
