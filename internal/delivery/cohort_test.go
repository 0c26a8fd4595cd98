package delivery_test

import (
	"context"
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

// terms are those of a cohort that begins on Monday 7 December 2026 at 09:00 in Sydney.
func terms() delivery.Terms {
	return delivery.Terms{
		Title: "December", StartsOn: "2026-12-07", Zone: "Australia/Sydney", ReleaseAt: "09:00",
		LatePolicy: delivery.LateOpen, JoinPolicy: delivery.JoinOpen,
	}
}

// trainer is somebody who leads cohorts; the services only look at what they may do.
func (w *world) trainer() *account.Person {
	return &account.Person{ID: w.person(), Kind: account.KindPerson, Name: "Dana", Powers: account.PowersOf([]account.Power{{Role: account.RoleTrainer}})}
}

// cohort makes and opens one.
func (w *world) cohort(change func(*delivery.Terms)) *delivery.Delivery {
	w.t.Helper()
	t := terms()
	if change != nil {
		change(&t)
	}
	d, err := w.Create(w.ctx, nil, "", "posts", t)
	ok(w.t, err)
	d, err = w.Service.Open(w.ctx, nil, d.ID)
	ok(w.t, err)
	return d
}

func (w *world) join(personID, deliveryID string) *delivery.Enrolment {
	w.t.Helper()
	e, err := w.EnrolIn(w.ctx, personID, deliveryID, delivery.SourceSelf)
	ok(w.t, err)
	return e
}

// Many want few seats at once: exactly as many as there are seats get one, all others wait, in an order without gaps.
func TestThreeHundredJoinForThreeSeats(t *testing.T) {
	t.Parallel()
	const people, seats, rounds = 300, 3, 3
	dbtest.Each(t, func(t *testing.T, d *bun.DB) {
		w := open(t, d)
		ids := make([]string, people)
		for i := range ids {
			ids[i] = w.person()
		}
		for round := range rounds {
			c := w.cohort(func(t *delivery.Terms) { t.Capacity, t.Title = seats, fmt.Sprint("Round ", round) })
			w.race(ids, c.ID)
			rows, _, err := w.Cohorts(w.ctx, delivery.Filter{IDs: []string{c.ID}})
			ok(t, err)
			if rows[0].People != seats || rows[0].Queue != people-seats {
				t.Fatalf("round %d: %d have a seat and %d wait", round, rows[0].People, rows[0].Queue)
			}
			if n := w.facts("delivery.queued"); n != (round+1)*(people-seats) {
				t.Errorf("round %d: %d facts of waiting", round, n)
			}
			_, err = w.Cancel(w.ctx, nil, c.ID, "next round")
			ok(t, err)
		}
	})
}

func (w *world) race(ids []string, deliveryID string) {
	w.t.Helper()
	var wg sync.WaitGroup
	for _, who := range ids {
		wg.Go(func() {
			if _, err := w.EnrolIn(w.ctx, who, deliveryID, delivery.SourceSelf); err != nil {
				w.t.Error(err)
			}
		})
	}
	wg.Wait()
}

func TestCohortIsMadeOnceAndLedByWhoMadeIt(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *bun.DB) {
		w := open(t, d)
		dana := w.trainer()
		form := id.New()
		for range 2 {
			c, err := w.Create(w.ctx, dana, form, "posts", terms())
			ok(t, err)
			if c.ID != form || c.Status != delivery.Draft || c.Title != "December" || c.CreatedBy != dana.ID {
				t.Fatalf("%+v", c)
			}
		}
		got, err := w.ByID(w.ctx, form)
		ok(t, err)
		if got.StartsOn != "2026-12-07" || got.Zone != "Australia/Sydney" || got.ReleaseAt != "09:00" || !got.CreatedAt.Equal(w.at) {
			t.Errorf("%+v", got)
		}
		if _, err := w.Create(w.ctx, &account.Person{ID: w.person()}, "", "posts", terms()); !fault.Is(err, fault.Forbidden) {
			t.Errorf("a learner made a cohort: %v", err)
		}
		if _, err := w.Create(w.ctx, w.trainer(), form, "posts", terms()); !fault.Is(err, fault.Conflict) {
			t.Errorf("another's form id: %v", err)
		}
		other := &account.Person{ID: w.person(), Powers: account.PowersOf([]account.Power{{Role: account.RoleTrainer, DeliveryID: "elsewhere"}})}
		if _, err := w.Service.Open(w.ctx, other, form); !fault.Is(err, fault.NotFound) {
			t.Errorf("a trainer of another cohort opened it: %v", err)
		}
		if _, err := w.EnrolIn(w.ctx, w.person(), form, delivery.SourceSelf); !fault.Is(err, fault.NotFound) {
			t.Errorf("joined a draft: %v", err)
		}
		_, err = w.Create(w.ctx, dana, "", "posts", delivery.Terms{Zone: "Local", StartsOn: "7.12.2026", ReleaseAt: "25:00"})
		f := fault.From(err)
		if f == nil || f.Kind != fault.Invalid || len(f.Fields) != 6 {
			t.Errorf("an empty form: %+v", f)
		}
	})
}

func TestRosterIsPagedAndSearched(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *bun.DB) {
		w := open(t, d)
		c := w.cohort(func(t *delivery.Terms) { t.Capacity = 55 })
		for range 58 {
			w.join(w.person(), c.ID)
			w.pass(time.Minute)
		}
		_, err := d.ExecContext(context.Background(), "UPDATE person SET name = 'Zoë_1', email = 'zoe@x.example' WHERE id = (SELECT person_id FROM enrolment ORDER BY id LIMIT 1)")
		ok(t, err)
		first, total, err := w.Roster(w.ctx, c.ID, delivery.RosterFilter{})
		ok(t, err)
		second, _, err := w.Roster(w.ctx, c.ID, delivery.RosterFilter{Page: 2})
		ok(t, err)
		if total != 58 || len(first) != 50 || len(second) != 8 {
			t.Fatalf("%d people on pages of %d and %d", total, len(first), len(second))
		}
		for i, m := range second {
			if m.Status != map[bool]string{true: delivery.Active, false: delivery.Waiting}[i < 5] {
				t.Errorf("row %d: %s", i, m.Status)
			}
		}
		for text, want := range map[string]int{"zo": 1, "_": 1, "X.EXAMPLE": 1, "%": 0, "ada": 57} {
			if _, n, err := w.Roster(w.ctx, c.ID, delivery.RosterFilter{Text: text}); err != nil || n != want {
				t.Errorf("%q: %d people, want %d (%v)", text, n, want, err)
			}
		}
	})
}
