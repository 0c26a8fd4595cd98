package record_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"github.com/uptrace/bun"

	"greenroom/internal/account"
	"greenroom/internal/db"
	"greenroom/internal/db/dbtest"
	"greenroom/internal/delivery"
)

// claim does what the account does on signing in: one transaction, enrolments first.
func (w *world) claim(from, to string) {
	w.t.Helper()
	ok(w.t, db.InTx(w.ctx, w.db, func(ctx context.Context, tx bun.Tx) error {
		if err := w.enrol.Claim(ctx, tx, from, to); err != nil {
			return err
		}
		return w.rec.Claim(ctx, tx, from, to)
	}))
}

func TestClaimLosesNothing(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		guest, own string // steps done
		complete   bool
	}{
		"a guest's steps":                  {"ab", "", false},
		"both have some":                   {"ab", "bc", true},
		"the guest had finished":           {"abc", "", true},
		"the guest had finished, I begun":  {"abc", "a", true},
		"I had finished, the guest too":    {"abc", "abc", true},
		"I had finished, the guest a step": {"a", "abc", true},
		"the guest did nothing":            {"", "a", false},
	}
	dbtest.Each(t, func(t *testing.T, d *bun.DB) {
		w := open(t, d)
		r := w.courses.publish(revision("r1", "abc"))
		for name, c := range cases {
			guest, ada := w.person(account.KindGuest, ""), w.person(account.KindPerson, "Ada")
			steps := map[string]bool{}
			for who, letters := range map[string]string{guest: c.guest, ada: c.own} {
				for _, x := range letters {
					_, err := w.enrol.Enrol(w.ctx, who, "posts")
					ok(t, err)
					w.do(who, r, "m1/"+string(x))
					steps[string(x)] = true
				}
			}
			before := w.look(ada, r).CompletedAt
			for range 2 { // twice is the same as once
				w.claim(guest, ada)
				v := w.look(ada, r)
				if v.Done != len(steps) || v.Complete != c.complete {
					t.Errorf("%s: %d of %d steps, complete %v", name, v.Done, len(steps), v.Complete)
				}
				if before != nil && !v.CompletedAt.Equal(*before) {
					t.Errorf("%s: completed at %v, was %v", name, v.CompletedAt, before)
				}
				certs := 0
				if c.complete {
					certs = 1
				}
				if n := w.count("certificate", "person_id = ?", ada); n != certs {
					t.Errorf("%s: %d certificates, want %d", name, n, certs)
				}
				if n := w.count("fact", "name = 'record.course_completed' AND data LIKE ?", "%"+ada+"%"); n != certs {
					t.Errorf("%s: %d facts, want %d", name, n, certs)
				}
				if n := w.count("enrolment", "person_id = ?", ada); n != 1 {
					t.Errorf("%s: %d enrolments", name, n)
				}
			}
		}
		w.sound()
	})
}

func TestClaimMergesEnrolments(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *bun.DB) {
		w := open(t, d)
		w.courses.publish(revision("r1", "ab"))
		guest, ada := w.person(account.KindGuest, ""), w.person(account.KindPerson, "Ada")
		_, err := w.enrol.Enrol(w.ctx, ada, "posts")
		ok(t, err)
		ok(t, w.enrol.Withdraw(w.ctx, ada, "posts"))
		w.courses.publish(revision("r2", "abc"))
		_, err = w.enrol.Enrol(w.ctx, guest, "posts")
		ok(t, err)
		ok(t, w.enrol.Seen(w.ctx, guest, "posts", "m1/b"))
		w.claim(guest, ada)
		_, e, err := w.enrol.Of(w.ctx, ada, "posts")
		ok(t, err)
		if e.Status != delivery.Active || e.RevisionHash != "r1" || e.LastActivity != "m1/b" {
			t.Errorf("%+v", e)
		}
		if _, e, err = w.enrol.Of(w.ctx, guest, "posts"); err != nil || e != nil {
			t.Errorf("the guest still has %+v, %v", e, err)
		}
	})
}

func TestExportHoldsTheWholeRecord(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *bun.DB) {
		w := open(t, d)
		r := w.courses.publish(revision("r1", "ab"))
		ada := w.person(account.KindPerson, "Ada")
		_, err := w.enrol.Enrol(w.ctx, ada, "posts")
		ok(t, err)
		c := w.completion(ada, r, "m1/a")
		c.Data = map[string]int{"score": 8}
		_, err = w.rec.MarkComplete(w.ctx, c)
		ok(t, err)
		w.do(ada, r, "m1/b")
		for _, ex := range []account.Exporter{w.rec, w.enrol, w.certs} {
			name, v, err := ex.Export(w.ctx, ada)
			ok(t, err)
			raw, err := json.Marshal(map[string]any{name: v})
			ok(t, err)
			want := map[string][]string{
				"record":       {`"step":"m1/a"`, `"what":"completed"`, `score`, `"percent":100`},
				"enrolments":   {`"course":"posts"`, `"status":"active"`},
				"certificates": {`"name":"Ada"`, `"title":"Posts"`},
			}[name]
			for _, x := range want {
				if !strings.Contains(string(raw), x) {
					t.Errorf("%s has no %s: %s", name, x, raw)
				}
			}
		}
	})
}
