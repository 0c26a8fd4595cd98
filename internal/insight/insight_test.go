package insight_test

import (
	"context"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"greenroom/internal/account"
	"greenroom/internal/course"
	"greenroom/internal/course/coursetest"
	"greenroom/internal/db"
	"greenroom/internal/db/dbtest"
	"greenroom/internal/delivery"
	"greenroom/internal/fault"
	"greenroom/internal/insight"
	"greenroom/internal/locale"
	"greenroom/internal/mail"
	"greenroom/internal/record"
)

type world struct {
	*insight.Service
	t       *testing.T
	d       *bun.DB
	at      time.Time
	people  *account.Service
	courses *course.Service
	enrol   *delivery.Service
	records *record.Service
	rev     *course.Revision

	accounts int // how many join has made
}

func each(t *testing.T, fn func(t *testing.T, w *world)) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *bun.DB) {
		w := &world{t: t, d: d, at: time.Date(2026, 12, 1, 1, 0, 0, 0, time.UTC)}
		now := func() time.Time { return w.at }
		words, err := locale.Load()
		w.ok(err)
		post, err := mail.New(d, mail.Options{From: "a@b.example", Now: now})
		w.ok(err)
		w.people, err = account.New(d, post, account.Options{BaseURL: "http://x.example", SiteName: "Greenroom", Now: now, Words: words, Log: slog.New(slog.DiscardHandler)})
		w.ok(err)
		w.courses = course.New(d, course.NewLoader(coursetest.Kinds()...), now)
		w.enrol = delivery.New(d, w.courses, now)
		w.courses.OnPublish(func(ctx context.Context, tx bun.IDB, rev *course.Revision) error {
			return w.enrol.EnsureSelfPaced(ctx, tx, rev.Key)
		})
		w.records = record.New(d, w.courses, nil, now)
		w.Service = insight.New(d, now)
		_, err = w.courses.Publish(t.Context(), coursetest.Small())
		w.ok(err)
		w.rev, err = w.courses.Current(t.Context(), coursetest.SmallKey)
		w.ok(err)
		fn(t, w)
	})
}

func (w *world) ok(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// learner enrols somebody who does the first n steps, each in so long, and looks at the next one.
func (w *world) learner(n int, each time.Duration) string {
	w.t.Helper()
	ctx := w.t.Context()
	p, _, err := w.people.NewGuest(ctx)
	w.ok(err)
	e, err := w.enrol.Enrol(ctx, p.ID, w.rev.Key)
	w.ok(err)
	a := w.rev.First()
	for range n {
		w.at = w.at.Add(each)
		_, err := w.records.MarkComplete(ctx, record.Completion{PersonID: p.ID, Course: w.rev, Activity: a, DeliveryID: e.DeliveryID})
		w.ok(err)
		a = a.Next
	}
	if a != nil {
		w.ok(w.enrol.Seen(ctx, p.ID, w.rev.Key, a.Key))
	}
	return p.ID
}

func (w *world) report(deliveryID string) insight.Report {
	w.t.Helper()
	r, err := w.Report(w.t.Context(), w.rev, deliveryID)
	w.ok(err)
	return r
}

func TestWherePeopleStop(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		for range 4 {
			w.learner(2, 10*time.Minute)
		}
		for range 5 {
			w.learner(1, 20*time.Minute)
		}
		w.at = w.at.Add(15 * 24 * time.Hour)
		for range 3 {
			w.learner(2, 30*time.Minute)
		}
		for range 2 {
			w.learner(5, 2*time.Hour) // away in between: no time of a step
		}
		gone := w.learner(1, time.Minute)
		w.ok(w.enrol.Withdraw(t.Context(), gone, w.rev.Key))
		r := w.report("")
		if r.People != 14 || r.Finished != 2 || r.Stopped != 9 || r.Left != 1 || len(r.Steps) != 5 {
			t.Fatalf("%+v", r)
		}
		for i, want := range []string{
			"14 14 0 0 0s", // the first step has none before it: no time
			"14 9 5 5 0s",  // seven did both in one sitting
			"9 2 7 4 0s", "2 2 0 0 0s", "2 2 0 0 0s",
		} {
			s := r.Steps[i]
			if got := fmt.Sprint(s.Reached, s.Done, s.Here, s.Stopped, s.Median); got != want {
				t.Errorf("%s: %s, want %s", s.Key, got, want)
			}
		}
		w.learner(2, 40*time.Minute)
		if m := w.report("").Steps[1].Median; m != 30*time.Minute {
			t.Errorf("the median of eight is %v", m)
		}
	})
}

func TestFewPeopleAreNotCounted(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		for range insight.Few - 1 {
			w.learner(1, time.Minute)
		}
		if r := w.report(""); r.Told() || len(r.Steps) != 0 || r.Finished+r.Stopped+r.Left != 0 {
			t.Errorf("%+v", r)
		}
		w.learner(1, time.Minute)
		author := &account.Person{Powers: account.PowersOf([]account.Power{{Role: account.RoleAuthor}})}
		v, err := w.View(t.Context(), author, w.rev.Key, "")
		w.ok(err)
		if len(v.Scopes) != 2 || v.Scope.ID != "" || v.Scopes[1].Kind != delivery.SelfPaced {
			t.Fatalf("%+v", v)
		}
		if _, err := w.View(t.Context(), &account.Person{}, w.rev.Key, v.Scopes[1].ID); !fault.Is(err, fault.NotFound) {
			t.Errorf("somebody without a role: %v", err)
		}
		if r := w.report(v.Scopes[1].ID); !r.Told() || r.Steps[0].Done != insight.Few {
			t.Errorf("%+v", r)
		}
		if r := w.report("another"); r.People != 0 {
			t.Errorf("%+v", r)
		}
		ctx, n := db.CountQueries(t.Context())
		_, err = w.Report(ctx, w.rev, "")
		w.ok(err)
		if n.Load() != 1 {
			t.Errorf("%d queries", n.Load())
		}
	})
}

// cohort makes an open cohort.
func (w *world) cohort() string {
	w.t.Helper()
	c, err := w.enrol.Create(w.t.Context(), nil, "", w.rev.Key, delivery.Terms{
		Title: "A cohort", StartsOn: "2026-12-07", Zone: "Australia/Sydney", ReleaseAt: "09:00", LatePolicy: delivery.LateOpen, JoinPolicy: delivery.JoinOpen,
	})
	w.ok(err)
	_, err = w.enrol.Open(w.t.Context(), nil, c.ID)
	w.ok(err)
	return c.ID
}

// join gives so many new people a seat.
func (w *world) join(cohortID string, n int) {
	w.t.Helper()
	for range n {
		w.accounts++
		p, _, err := w.people.Add(w.t.Context(), account.NewAccount{Name: "Somebody", Email: fmt.Sprintf("p%d@agency.example", w.accounts)})
		w.ok(err)
		_, err = w.enrol.EnrolIn(w.t.Context(), p.ID, cohortID, delivery.SourceSelf)
		w.ok(err)
	}
}

// What is told of everybody, less what is told of the deliveries that may be looked at, never leaves a small group.
func TestSmallDeliveriesCannotBeWorkedOut(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.join(w.cohort(), 9)
		small := w.cohort()
		w.join(small, 3)
		if r := w.report(""); r.People != 9 || r.Apart != 3 {
			t.Errorf("everybody: %d, apart %d", r.People, r.Apart)
		}
		if r := w.report(small); r.Told() || r.People != 3 {
			t.Errorf("%+v", r)
		}
		w.join(w.cohort(), 4)
		if r := w.report(""); r.People != 9 || r.Apart != 7 {
			t.Errorf("everybody: %d, apart %d", r.People, r.Apart)
		}
		w.join(small, 1)
		if r := w.report(""); r.People != 17 || r.Apart != 0 {
			t.Errorf("two small ones of eight together: %d, apart %d", r.People, r.Apart)
		}
	})
}

// Who is in two deliveries of a course is one person, where they were last seen; who left one of them is there still.
func TestAPersonIsCountedOnce(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ctx, c := t.Context(), w.cohort()
		for i := range 10 {
			p, _, err := w.people.Add(ctx, account.NewAccount{Name: "Somebody", Email: fmt.Sprintf("p%d@agency.example", i)})
			w.ok(err)
			_, err = w.enrol.Enrol(ctx, p.ID, w.rev.Key)
			w.ok(err)
			if i < 8 {
				_, err = w.enrol.EnrolIn(ctx, p.ID, c, delivery.SourceSelf)
				w.ok(err)
			}
			if i == 0 {
				w.ok(w.enrol.Leave(ctx, p.ID, c))
			}
		}
		if r := w.report(""); r.People != 10 || r.Left != 0 {
			t.Errorf("%+v", r)
		}
		if r := w.report(c); r.People != 7 || r.Told() {
			t.Errorf("%+v", r)
		}
	})
}
