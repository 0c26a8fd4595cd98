package record_test

import (
	"testing"
	"time"

	"github.com/uptrace/bun"

	"greenroom/internal/account"
	"greenroom/internal/db"
	"greenroom/internal/db/dbtest"
	"greenroom/internal/delivery"
)

// cohort makes and opens one of the course "posts".
func (w *world) cohort(title string) *delivery.Delivery {
	w.t.Helper()
	d, err := w.enrol.Create(w.ctx, nil, "", "posts", delivery.Terms{
		Title: title, StartsOn: "2026-12-07", Zone: "Australia/Sydney", ReleaseAt: "09:00", LatePolicy: delivery.LateOpen, JoinPolicy: delivery.JoinOpen, Capacity: 1,
	})
	ok(w.t, err)
	d, err = w.enrol.Open(w.ctx, nil, d.ID)
	ok(w.t, err)
	return d
}

// Of several enrolments in a course one counts: an active cohort that has begun, then self-paced, then a cohort that has
// not begun, then one that is over.
func TestOneEnrolmentCounts(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *bun.DB) {
		w := open(t, d)
		r := w.courses.publish(revision("r1", "ab", "c"))
		ada, bo := w.person(account.KindPerson, "Ada"), w.person(account.KindPerson, "Bo")
		at := func(what, person, title, status string, queries int64) {
			t.Helper()
			ctx, n := db.CountQueries(w.ctx)
			got, e, p, err := w.rec.Place(ctx, person, "posts")
			ok(t, err)
			if got.Title != title || status == "" && e != nil || status != "" && (e == nil || e.Status != status || e.DeliveryID != got.ID) || n.Load() > queries {
				t.Errorf("%s: in %q with %+v, %d queries", what, got.Title, e, n.Load())
			}
			if p.PersonID != person || p.CourseKey != "posts" {
				t.Errorf("%s: progress of %q in %q", what, p.PersonID, p.CourseKey)
			}
			shelf, err := w.rec.Shelf(w.ctx, person)
			ok(t, err)
			if status == "" && len(shelf) != 0 || status != "" && (len(shelf) != 1 || shelf[0].Enrolment.ID != e.ID) {
				t.Errorf("%s: the shelf has %+v", what, shelf)
			}
		}
		_, err := w.enrol.Enrol(w.ctx, ada, "posts")
		ok(t, err)
		w.do(ada, r, "m1/a")
		at("alone", ada, "", delivery.Active, 2)
		k := w.cohort("First")
		join := func(person, deliveryID string) {
			t.Helper()
			_, err := w.enrol.EnrolIn(w.ctx, person, deliveryID, delivery.SourceSelf)
			ok(t, err)
		}
		join(bo, k.ID)
		at("only in a cohort, and it has not begun", bo, "First", delivery.Active, 2)
		join(ada, k.ID)
		at("waiting and alone", ada, "", delivery.Active, 1)
		ok(t, w.enrol.Leave(w.ctx, bo, k.ID))
		at("has a seat, and it has not begun", ada, "", delivery.Active, 1)
		w.at = time.Date(2026, 12, 6, 21, 59, 0, 0, time.UTC) // a minute before nine in Sydney
		at("the minute before", ada, "", delivery.Active, 1)
		w.at = time.Date(2026, 12, 6, 22, 0, 0, 0, time.UTC)
		at("has a seat", ada, "First", delivery.Active, 2)
		if _, _, p, err := w.rec.Place(w.ctx, ada, "posts"); err != nil || len(p.States) != 1 {
			t.Errorf("what was earned alone: %+v, %v", p, err)
		}
		at("left the only one", bo, "", "", 2)
		join(bo, k.ID)
		at("waits only", bo, "", "", 2)
		ok(t, w.enrol.Pause(w.ctx, ada, "posts"))
		at("paused alone, in a cohort", ada, "First", delivery.Active, 2)
		ok(t, w.enrol.Leave(w.ctx, ada, k.ID))
		at("left the cohort, paused alone", ada, "", delivery.Paused, 1)
		ok(t, w.enrol.Withdraw(w.ctx, ada, "posts"))
		at("left both", ada, "", delivery.Withdrawn, 1)
		_, err = w.enrol.Close(w.ctx, nil, k.ID)
		ok(t, err)
		at("in a cohort that is over", bo, "First", delivery.Active, 2)
		_, err = w.enrol.Enrol(w.ctx, bo, "posts")
		ok(t, err)
		at("over, and alone again", bo, "", delivery.Active, 1)
		second := w.cohort("Second")
		join(bo, second.ID)
		at("a second cohort", bo, "Second", delivery.Active, 2)
		_, err = w.enrol.Cancel(w.ctx, nil, second.ID, "too few people")
		ok(t, err)
		at("called off", bo, "", delivery.Active, 1)
		w.courses.publish(revision("r2", "ab", "cd"))
		ok(t, w.enrol.Move(w.ctx, bo, "posts", "r2"))
		if all, err := w.enrol.List(w.ctx, bo); err != nil || len(all) != 3 || all[0].RevisionHash != "r2" || all[1].RevisionHash != "r2" || all[2].RevisionHash != "r2" {
			t.Errorf("moved to the newer revision: %+v, %v", all, err)
		}
		w.sound()
	})
}
