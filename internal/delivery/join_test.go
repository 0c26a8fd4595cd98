package delivery_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"greenroom/internal/account"
	"greenroom/internal/db/dbtest"
	"greenroom/internal/delivery"
	"greenroom/internal/fault"
	"greenroom/internal/id"
)

// at sets the world's clock to a time in Sydney.
func (w *world) clockAt(text string) {
	t := sydney(w.t, text)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.at = t
}

func (w *world) in(personID, deliveryID string) *delivery.Seen {
	w.t.Helper()
	v, err := w.In(w.ctx, personID, deliveryID)
	ok(w.t, err)
	return v
}

func (w *world) status(personID, deliveryID string) string {
	w.t.Helper()
	return w.in(personID, deliveryID).Enrolment.Status
}

func reason(err error) string {
	if f := fault.From(err); f != nil {
		return f.Key
	}
	return fmt.Sprint(err)
}

func TestJoiningLateUnderEachPolicy(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *bun.DB) {
		w := open(t, d)
		for _, c := range []struct {
			policy, at, source string
			shift              int
			refused            string
		}{
			{delivery.LateOpen, "2026-12-07 08:59", delivery.SourceSelf, 0, ""},
			{delivery.LateOpen, "2026-12-23 12:00", delivery.SourceSelf, 0, ""},
			{delivery.LateShifted, "2026-12-01 12:00", delivery.SourceSelf, 0, ""},
			{delivery.LateShifted, "2026-12-07 09:00", delivery.SourceSelf, 0, ""},
			{delivery.LateShifted, "2026-12-14 08:59", delivery.SourceSelf, 0, ""}, // the day has come, the hour has not
			{delivery.LateShifted, "2026-12-14 09:00", delivery.SourceSelf, 1, ""},
			{delivery.LateShifted, "2026-12-23 12:00", delivery.SourceSelf, 2, ""},
			{delivery.LateClosed, "2026-12-07 08:59", delivery.SourceSelf, 0, ""},
			{delivery.LateClosed, "2026-12-07 09:00", delivery.SourceSelf, 0, "delivery.begun"},
			{delivery.LateClosed, "2026-12-07 09:00", delivery.SourceInvitation, 0, "delivery.begun"},
			{delivery.LateClosed, "2026-12-23 12:00", delivery.SourceTrainer, 0, ""},
		} {
			w.clockAt("2026-12-01 10:00")
			k := w.cohort(func(t *delivery.Terms) { t.LatePolicy = c.policy })
			w.clockAt(c.at)
			e, err := w.EnrolIn(w.ctx, w.person(), k.ID, c.source)
			switch {
			case c.refused != "":
				if reason(err) != c.refused {
					t.Errorf("%+v: %v", c, err)
				}
			case err != nil || e.Status != delivery.Active || e.ShiftWeeks != c.shift || !e.Joined().Equal(w.at):
				t.Errorf("%+v: %+v, %v", c, e, err)
			}
		}
	})
}

func TestWhoMayJoin(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *bun.DB) {
		w := open(t, d)
		for policy, want := range map[string][4]string{
			delivery.JoinOpen:       {"", "", "", ""},
			delivery.JoinInvitation: {"delivery.join_invitation", "", "", ""},
			delivery.JoinClosed:     {"delivery.join_closed", "delivery.join_closed", "", ""},
		} {
			k := w.cohort(func(t *delivery.Terms) { t.JoinPolicy = policy })
			for i, source := range []string{delivery.SourceSelf, delivery.SourceInvitation, delivery.SourceTrainer, delivery.SourceImport} {
				_, err := w.EnrolIn(w.ctx, w.person(), k.ID, source)
				if err == nil && want[i] != "" || err != nil && reason(err) != want[i] {
					t.Errorf("%s, %s: %v", policy, source, err)
				}
			}
		}
		first, second := w.cohort(nil), w.cohort(func(t *delivery.Terms) { t.Title = "Another" })
		ada := w.person()
		one := w.join(ada, first.ID)
		if again := w.join(ada, first.ID); again.ID != one.ID || again.Version != one.Version || w.facts("delivery.enrolled") != 10 {
			t.Errorf("joining again: %+v, %d facts", again, w.facts("delivery.enrolled"))
		}
		if _, err := w.EnrolIn(w.ctx, ada, second.ID, delivery.SourceTrainer); reason(err) != "delivery.other_cohort" {
			t.Errorf("two cohorts of a course: %v", err)
		}
		if _, err := w.EnrolIn(w.ctx, ada, second.ID, delivery.SourceMoved); err != nil {
			t.Errorf("moved: %v", err)
		}
		_, err := w.Close(w.ctx, nil, first.ID)
		ok(t, err)
		if _, err := w.EnrolIn(w.ctx, w.person(), first.ID, delivery.SourceTrainer); reason(err) != "delivery.over" {
			t.Errorf("joined what is over: %v", err)
		}
		if _, err := w.EnrolIn(w.ctx, ada, id.New(), delivery.SourceSelf); !fault.Is(err, fault.NotFound) {
			t.Errorf("joined nothing: %v", err)
		}
	})
}

// The waiting list moves by itself: when somebody leaves, is removed, or there are more seats.
func TestWaitingListPromotesByItself(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *bun.DB) {
		w := open(t, d)
		w.clockAt("2026-12-01 10:00")
		k := w.cohort(func(t *delivery.Terms) { t.Capacity, t.LatePolicy = 2, delivery.LateShifted })
		var who []string
		for range 7 {
			who = append(who, w.person())
			w.join(who[len(who)-1], k.ID)
			w.pass(time.Minute)
		}
		check := func(what string, want string) {
			t.Helper()
			got := ""
			for _, p := range who {
				got += w.status(p, k.ID)[:1]
			}
			if got != want { // a active, w waiting or withdrawn
				t.Errorf("%s: %s, want %s", what, got, want)
			}
		}
		check("two seats", "aawwwww")
		if v := w.in(who[4], k.ID); v.Ahead != 2 || v.Taken != 2 || v.Queue != 5 {
			t.Errorf("%d before the fifth, %d seats taken, %d wait", v.Ahead, v.Taken, v.Queue)
		}
		ok(t, w.Leave(w.ctx, who[3], k.ID)) // leaving the queue frees no seat
		check("one leaves the queue", "aawwwww")
		ok(t, w.Leave(w.ctx, who[0], k.ID))
		ok(t, w.Leave(w.ctx, who[0], k.ID)) // again changes nothing
		check("one leaves", "waawwww")
		if w.facts("delivery.promoted") != 1 || w.facts("delivery.withdrawn") != 2 || w.facts("delivery.enrolled") != 3 {
			t.Errorf("%d promoted, %d withdrawn, %d enrolled", w.facts("delivery.promoted"), w.facts("delivery.withdrawn"), w.facts("delivery.enrolled"))
		}
		w.clockAt("2026-12-16 10:00") // week 2: who comes now begins with week 1
		ok(t, w.Remove(w.ctx, nil, who[1], k.ID, "asked for it"))
		check("one is removed", "wwawaww")
		if v := w.in(who[4], k.ID); v.Enrolment.ShiftWeeks != 1 || !v.Enrolment.Joined().Equal(w.at) || v.Enrolment.QueuedAt != nil {
			t.Errorf("promoted late: %+v", v.Enrolment)
		}
		more := k.Terms
		more.Capacity = 3
		got, err := w.Update(w.ctx, nil, k.ID, k.Version, more)
		ok(t, err)
		check("one more seat", "wwawaaw")
		more.Capacity = 0
		_, err = w.Update(w.ctx, nil, k.ID, got.Version, more)
		ok(t, err)
		check("as many seats as they like", "wwawaaa")
		back := w.join(who[0], k.ID) // who left comes back
		if back.Status != delivery.Active || back.ShiftWeeks != 1 || w.facts("delivery.promoted") != 4 {
			t.Errorf("%+v, %d promoted", back, w.facts("delivery.promoted"))
		}
	})
}

// A seat that goes with an erased account is filled when somebody looks after the queues.
func TestSeatOfAnErasedAccountIsFilled(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *bun.DB) {
		w := open(t, d)
		k := w.cohort(func(t *delivery.Terms) { t.Capacity = 1 })
		ada, bo := w.person(), w.person()
		w.join(ada, k.ID)
		w.join(bo, k.ID)
		_, err := d.NewDelete().Model((*account.Person)(nil)).Where("id = ?", ada).Exec(w.ctx)
		ok(t, err)
		for range 2 {
			ok(t, w.Refill(w.ctx))
		}
		if w.status(bo, k.ID) != delivery.Active || w.facts("delivery.promoted") != 1 {
			t.Errorf("%s, %d promoted", w.status(bo, k.ID), w.facts("delivery.promoted"))
		}
	})
}

// Seats are freed and taken by many at once: never more than there are, none stays empty while somebody waits.
func TestLeavingAndJoiningAtOnce(t *testing.T) {
	t.Parallel()
	const people, seats = 60, 5
	dbtest.Each(t, func(t *testing.T, d *bun.DB) {
		w := open(t, d)
		k := w.cohort(func(t *delivery.Terms) { t.Capacity = seats })
		ids := make([]string, people)
		for i := range ids {
			ids[i] = w.person()
		}
		w.race(ids, k.ID)
		var wg sync.WaitGroup
		for i, who := range ids {
			wg.Go(func() {
				if i%3 == 0 {
					if err := w.Leave(w.ctx, who, k.ID); err != nil {
						t.Error(err)
					}
				} else if _, err := w.EnrolIn(w.ctx, who, k.ID, delivery.SourceSelf); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if v := w.in("", k.ID); v.Taken != seats || v.Queue != people-people/3-seats {
			t.Errorf("%d seats taken, %d wait", v.Taken, v.Queue)
		}
	})
}

func TestCancelledCohort(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *bun.DB) {
		w := open(t, d)
		k := w.cohort(func(t *delivery.Terms) { t.Capacity = 1 })
		ada, bo := w.person(), w.person()
		w.join(ada, k.ID)
		w.join(bo, k.ID)
		if _, err := w.Cancel(w.ctx, nil, k.ID, " "); !fault.Is(err, fault.Invalid) {
			t.Errorf("without a reason: %v", err)
		}
		for range 2 {
			_, err := w.Cancel(w.ctx, nil, k.ID, "too few people")
			ok(t, err)
		}
		if w.facts("delivery.cancelled") != 1 {
			t.Errorf("%d facts", w.facts("delivery.cancelled"))
		}
		ok(t, w.Leave(w.ctx, ada, k.ID))
		if w.status(bo, k.ID) != delivery.Waiting {
			t.Error("promoted into a cohort that was called off")
		}
		if _, err := w.EnrolIn(w.ctx, w.person(), k.ID, delivery.SourceSelf); reason(err) != "delivery.cancelled" {
			t.Errorf("joined: %v", err)
		}
		for what, err := range map[string]error{
			"open":   func() error { _, err := w.Service.Open(w.ctx, nil, k.ID); return err }(),
			"close":  func() error { _, err := w.Close(w.ctx, nil, k.ID); return err }(),
			"update": func() error { t := terms(); t.Title = "Other"; _, err := w.Update(w.ctx, nil, k.ID, 3, t); return err }(),
		} {
			if !fault.Is(err, fault.Conflict) {
				t.Errorf("%s: %v", what, err)
			}
		}
		other := w.cohort(nil) // the other cohort does not stand in the way
		w.join(bo, other.ID)
	})
}

func TestClosingLetsTheQueueGo(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *bun.DB) {
		w := open(t, d)
		k := w.cohort(func(t *delivery.Terms) { t.Capacity = 1 })
		ada, bo := w.person(), w.person()
		w.join(ada, k.ID)
		w.join(bo, k.ID)
		for range 2 {
			_, err := w.Close(w.ctx, nil, k.ID)
			ok(t, err)
		}
		if w.status(ada, k.ID) != delivery.Active || w.status(bo, k.ID) != delivery.Withdrawn || w.facts("delivery.closed") != 1 {
			t.Errorf("%s and %s, %d facts", w.status(ada, k.ID), w.status(bo, k.ID), w.facts("delivery.closed"))
		}
		ok(t, w.Leave(w.ctx, ada, k.ID))
		if w.status(bo, k.ID) != delivery.Withdrawn {
			t.Error("promoted into a cohort that is over")
		}
	})
}
