package delivery_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"greenroom/internal/account"
	"greenroom/internal/course"
	"greenroom/internal/db"
	"greenroom/internal/db/dbtest"
	"greenroom/internal/delivery"
	"greenroom/internal/fault"
	"greenroom/internal/id"
)

func ok(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// shelf is a stand-in for published courses: revisions r1, r2 … of the course "posts".
type shelf struct {
	current string
	three   bool // the course has three modules
}

func (s *shelf) Current(ctx context.Context, key string) (*course.Revision, error) {
	if key != "posts" {
		return nil, fault.New(fault.NotFound, "error.not_found")
	}
	return s.Revision(ctx, s.current)
}

func (s *shelf) Revision(_ context.Context, hash string) (*course.Revision, error) {
	if hash == "other" {
		return &course.Revision{Hash: hash, Key: "other"}, nil
	}
	if s.three {
		r := modules(3)
		r.Hash = hash
		return r, nil
	}
	return &course.Revision{Hash: hash, Key: "posts"}, nil
}

type world struct {
	t   testing.TB
	ctx context.Context
	db  *bun.DB
	mu  sync.Mutex
	at  time.Time
	*shelf
	*delivery.Service
}

func (w *world) now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.at
}

func (w *world) pass(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.at = w.at.Add(d)
}

func open(t testing.TB, d *bun.DB) *world {
	w := &world{t: t, ctx: context.Background(), db: d, at: time.Date(2026, 12, 1, 8, 0, 0, 0, time.UTC), shelf: &shelf{current: "r1"}}
	w.Service = delivery.New(d, w.shelf, w.now)
	return w
}

func (w *world) person() string {
	w.t.Helper()
	p := &account.Person{ID: id.New(), Kind: account.KindPerson, Name: "Ada", CreatedAt: w.at, UpdatedAt: w.at}
	_, err := w.db.NewInsert().Model(p).Exec(w.ctx)
	ok(w.t, err)
	return p.ID
}

func (w *world) facts(name string) int {
	w.t.Helper()
	n, err := w.db.NewSelect().TableExpr("fact").Where("name = ?", name).Count(w.ctx)
	ok(w.t, err)
	return int(n)
}

func (w *world) of(personID string) *delivery.Enrolment {
	w.t.Helper()
	_, e, err := w.Of(w.ctx, personID, "posts")
	ok(w.t, err)
	return e
}

func TestThirtyEnrolAtOnce(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *bun.DB) {
		w := open(t, d)
		ada := w.person()
		ids := make([]string, 30)
		var wg sync.WaitGroup
		for i := range ids {
			wg.Go(func() {
				e, err := w.Enrol(w.ctx, ada, "posts")
				if err != nil {
					t.Error(err)
					return
				}
				ids[i] = e.ID
			})
		}
		wg.Wait()
		for _, x := range ids {
			if x != ids[0] {
				t.Fatalf("enrolments %q and %q", x, ids[0])
			}
		}
		all, err := w.List(w.ctx, ada)
		ok(t, err)
		deliveries, err := d.NewSelect().TableExpr("delivery").Count(w.ctx)
		ok(t, err)
		if len(all) != 1 || deliveries != 1 || w.facts("delivery.enrolled") != 1 {
			t.Errorf("%d enrolments, %d deliveries, %d facts", len(all), deliveries, w.facts("delivery.enrolled"))
		}
	})
}

func TestEnrolmentIsPinnedUntilMoved(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *bun.DB) {
		w := open(t, d)
		ada := w.person()
		_, err := w.Enrol(w.ctx, ada, "posts")
		ok(t, err)
		w.current = "r2"
		e, err := w.Enrol(w.ctx, ada, "posts")
		ok(t, err)
		if e.RevisionHash != "r1" {
			t.Errorf("enrolling again moved to %s", e.RevisionHash)
		}
		for range 2 {
			ok(t, w.Move(w.ctx, ada, "posts", "r2"))
		}
		if e = w.of(ada); e.RevisionHash != "r2" || w.facts("delivery.moved") != 1 {
			t.Errorf("%+v, %d facts", e, w.facts("delivery.moved"))
		}
		if err := w.Move(w.ctx, ada, "posts", "other"); !fault.Is(err, fault.NotFound) {
			t.Errorf("moved to a revision of another course: %v", err)
		}
		if _, err := w.Enrol(w.ctx, ada, "nothing"); !fault.Is(err, fault.NotFound) {
			t.Errorf("enrolled in nothing: %v", err)
		}
	})
}

func TestComingAndGoing(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *bun.DB) {
		w := open(t, d)
		ada := w.person()
		for what, do := range map[string]func(ctx context.Context, personID, courseKey string) error{"pause": w.Pause, "resume": w.Resume, "withdraw": w.Withdraw} {
			if err := do(w.ctx, ada, "posts"); !fault.Is(err, fault.NotFound) {
				t.Errorf("%s without enrolment: %v", what, err)
			}
		}
		enrol := func(ctx context.Context, personID, courseKey string) error {
			_, err := w.Enrol(ctx, personID, courseKey)
			return err
		}
		for i, step := range []struct {
			do     func(ctx context.Context, personID, courseKey string) error
			fault  fault.Kind
			status string
			facts  [2]int // enrolled, withdrawn
		}{
			{enrol, 0, delivery.Active, [2]int{1, 0}},
			{w.Pause, 0, delivery.Paused, [2]int{1, 0}},
			{w.Pause, 0, delivery.Paused, [2]int{1, 0}},
			{w.Resume, 0, delivery.Active, [2]int{1, 0}},
			{w.Pause, 0, delivery.Paused, [2]int{1, 0}},
			{enrol, 0, delivery.Active, [2]int{1, 0}},
			{w.Withdraw, 0, delivery.Withdrawn, [2]int{1, 1}},
			{w.Withdraw, 0, delivery.Withdrawn, [2]int{1, 1}},
			{w.Pause, fault.Conflict, delivery.Withdrawn, [2]int{1, 1}},
			{enrol, 0, delivery.Active, [2]int{2, 1}},
			{w.Withdraw, 0, delivery.Withdrawn, [2]int{2, 2}},
			{w.Resume, 0, delivery.Active, [2]int{3, 2}},
		} {
			err := step.do(w.ctx, ada, "posts")
			if step.fault == 0 && err != nil || step.fault != 0 && !fault.Is(err, step.fault) {
				t.Errorf("step %d: %v", i, err)
			}
			got := [2]int{w.facts("delivery.enrolled"), w.facts("delivery.withdrawn")}
			if e := w.of(ada); e.Status != step.status || got != step.facts {
				t.Errorf("step %d: %s with facts %v, want %s with %v", i, e.Status, got, step.status, step.facts)
			}
		}
	})
}

func TestLastPositionIsKeptForWhoIsEnrolled(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *bun.DB) {
		w := open(t, d)
		ada, bo := w.person(), w.person()
		for _, p := range []string{ada, bo} {
			_, err := w.Enrol(w.ctx, p, "posts")
			ok(t, err)
		}
		seen := func(key string) *delivery.Enrolment {
			t.Helper()
			ctx, n := db.CountQueries(w.ctx)
			ok(t, w.Seen(ctx, ada, "posts", key))
			if n.Load() != 1 {
				t.Errorf("%d queries", n.Load())
			}
			return w.of(ada)
		}
		w.pass(time.Hour)
		first := seen("m1/a")
		if first.LastActivity != "m1/a" || !first.LastSeenAt.Equal(w.at) {
			t.Errorf("%+v", first)
		}
		w.pass(30 * time.Second)
		if e := seen("m1/a"); !e.LastSeenAt.Equal(first.LastSeenAt) {
			t.Error("the same step within a minute was written again")
		}
		if e := seen("m1/b"); e.LastActivity != "m1/b" {
			t.Errorf("%+v", e)
		}
		if e := w.of(bo); e.LastActivity != "" {
			t.Errorf("another's position moved: %+v", e)
		}
		ok(t, w.Pause(w.ctx, ada, "posts"))
		if e := seen("m1/c"); e.LastActivity != "m1/b" {
			t.Errorf("paused, and yet %+v", e)
		}
		ok(t, w.Seen(w.ctx, w.person(), "posts", "m1/a")) // nobody enrolled: nothing
	})
}

func TestOneQueryForDeliveryAndEnrolment(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *bun.DB) {
		w := open(t, d)
		ada := w.person()
		if _, _, err := w.Of(w.ctx, ada, "posts"); !fault.Is(err, fault.NotFound) {
			t.Errorf("of a course without delivery: %v", err)
		}
		for range 2 {
			ok(t, db.InTx(w.ctx, d, func(ctx context.Context, tx bun.Tx) error { return w.EnsureSelfPaced(ctx, tx, "posts") }))
		}
		dl, e, err := w.Of(w.ctx, ada, "posts")
		if err != nil || dl.CourseKey != "posts" || e != nil {
			t.Errorf("before enrolling: %+v %+v %v", dl, e, err)
		}
		want, err := w.Enrol(w.ctx, ada, "posts")
		ok(t, err)
		ctx, n := db.CountQueries(w.ctx)
		if _, e, err = w.Of(ctx, ada, "posts"); err != nil || n.Load() != 1 || e.ID != want.ID || e.DeliveryID != dl.ID || !e.CreatedAt.Equal(w.at) {
			t.Errorf("%+v, %v, %d queries", e, err, n.Load())
		}
		if only, err := w.SelfPaced(w.ctx, "posts"); err != nil || only.ID != dl.ID {
			t.Errorf("%+v, %v", only, err)
		}
	})
}
