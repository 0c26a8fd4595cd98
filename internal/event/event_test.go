package event_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"greenroom/internal/db"
	"greenroom/internal/db/dbtest"
	"greenroom/internal/event"
)

type finished struct{ Who string }

func (finished) FactName() string { return "test.finished" }

type clock struct {
	mu sync.Mutex
	t  time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = c.t.Add(d)
}

var silent = slog.New(slog.NewTextHandler(io.Discard, nil))

func record(t *testing.T, d *bun.DB, c *clock, who ...string) {
	t.Helper()
	err := db.InTx(context.Background(), d, func(ctx context.Context, tx bun.Tx) error {
		for _, w := range who {
			if err := event.Record(ctx, tx, c.now(), finished{w}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func newClock() *clock { return &clock{t: time.Date(2026, 11, 25, 9, 0, 0, 0, time.UTC)} }

func TestEveryReactorHearsOnce(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *bun.DB) {
		c := newClock()
		var mu sync.Mutex
		heard := map[string]int{}
		node := func() *event.Dispatcher {
			x := event.New(d, c.now, silent)
			for _, r := range []string{"a", "b"} {
				event.On(x, r, func(_ context.Context, f finished) error {
					mu.Lock()
					defer mu.Unlock()
					heard[r+f.Who]++
					return nil
				})
			}
			return x
		}
		one, two := node(), node()
		names := []string{"1", "2", "3", "4", "5", "6", "7", "8"}
		record(t, d, c, names...)
		var wg sync.WaitGroup
		for _, x := range []*event.Dispatcher{one, two} {
			wg.Go(func() {
				if err := x.Drain(context.Background()); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		c.pass(2 * time.Minute) // whatever one node had leased but not opened when the other was done
		if err := one.Drain(context.Background()); err != nil {
			t.Fatal(err)
		}
		for _, r := range []string{"a", "b"} {
			for _, n := range names {
				if heard[r+n] != 1 {
					t.Errorf("reactor %s heard %d times of %s", r, heard[r+n], n)
				}
			}
		}
	})
}

func TestRolledBackFactIsNobodysBusiness(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *bun.DB) {
		c, boom := newClock(), errors.New("boom")
		x := event.New(d, c.now, silent)
		event.On(x, "a", func(context.Context, finished) error { t.Error("heard of what never happened"); return nil })
		err := db.InTx(context.Background(), d, func(ctx context.Context, tx bun.Tx) error {
			if err := event.Record(ctx, tx, c.now(), finished{"x"}); err != nil {
				return err
			}
			return boom
		})
		if !errors.Is(err, boom) {
			t.Fatal(err)
		}
		if err := x.Drain(context.Background()); err != nil {
			t.Fatal(err)
		}
	})
}

func TestPoisonIsGivenUpAndOthersPass(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *bun.DB) {
		c := newClock()
		x := event.New(d, c.now, silent)
		tries, good := 0, 0
		event.On(x, "poison", func(_ context.Context, f finished) error {
			if f.Who != "bad" {
				good++
				return nil
			}
			tries++
			panic("poison")
		})
		record(t, d, c, "bad", "good")
		for range 20 {
			if err := x.Drain(context.Background()); err != nil {
				t.Fatal(err)
			}
			c.pass(2 * time.Hour)
		}
		dead, err := x.Dead(context.Background())
		if err != nil || dead != 1 || tries != 8 || good != 1 {
			t.Errorf("dead %d, tries %d, good %d, %v; want 1, 8, 1", dead, tries, good, err)
		}
		c.pass(40 * 24 * time.Hour)
		if err := x.Purge(context.Background()); err != nil {
			t.Fatal(err)
		}
		n, err := d.NewSelect().Table("fact").Count(context.Background())
		if err != nil || n != 1 {
			t.Errorf("%d facts are left, want the one whose delivery is dead (%v)", n, err)
		}
	})
}

func TestLeaseOfADeadNodeRunsOut(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *bun.DB) {
		c := newClock()
		killed, cancel := context.WithCancel(context.Background())
		first := event.New(d, c.now, silent)
		event.On(first, "a", func(context.Context, finished) error { cancel(); return errors.New("killed in the middle") })
		record(t, d, c, "x")
		_ = first.Drain(killed)

		heard := 0
		second := event.New(d, c.now, silent)
		event.On(second, "a", func(context.Context, finished) error { heard++; return nil })
		if err := second.Drain(context.Background()); err != nil {
			t.Fatal(err)
		}
		if heard != 0 {
			t.Fatal("the lease of the first node was not respected")
		}
		c.pass(61 * time.Second)
		if err := second.Drain(context.Background()); err != nil || heard != 1 {
			t.Fatalf("heard %d, %v; want 1 after the lease", heard, err)
		}
	})
}

func TestRunHearsOfACommitWhenWoken(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *bun.DB) {
		c := newClock()
		x := event.New(d, c.now, silent)
		heard := make(chan string, 1)
		event.On(x, "a", func(_ context.Context, f finished) error { heard <- f.Who; return nil })
		ctx, stop := context.WithCancel(context.Background())
		ended := make(chan struct{})
		go func() { x.Run(ctx); close(ended) }()
		for _, who := range []string{"one", "two"} {
			record(t, d, c, who)
			x.Wake()
			if got := <-heard; got != who {
				t.Errorf("heard of %q, want %q", got, who)
			}
		}
		stop()
		<-ended
	})
}

// While two versions run side by side, one may know a reactor that the other does not: the delivery waits for it
// and keeps all its tries.
func TestReactorOfAnotherVersionIsLeftForIt(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *bun.DB) {
		c := newClock()
		ctx := context.Background()
		newer := event.New(d, c.now, silent)
		tries := 0
		event.On(newer, "new", func(context.Context, finished) error { tries++; return errors.New(strings.Repeat("\x00no ", 1000)) })
		older := event.New(d, c.now, silent)
		record(t, d, c, "x")
		drain := func(x *event.Dispatcher) {
			t.Helper()
			if err := x.Drain(ctx); err != nil {
				t.Fatal(err)
			}
			c.pass(2 * time.Hour)
		}
		drain(newer) // opens it, first try
		for range 20 {
			drain(older)
		}
		if n, err := older.Dead(ctx); err != nil || n != 0 {
			t.Fatalf("%d given up by a program that does not know the reactor (%v)", n, err)
		}
		for range 20 {
			drain(newer)
		}
		if n, err := newer.Dead(ctx); err != nil || n != 1 || tries != 8 {
			t.Errorf("%d dead after %d tries (%v), want 1 after 8", n, tries, err)
		}
	})
}

// A node whose reactors are slow keeps to its lease: what it took but did not begin is another node's.
func TestSlowNodeLeavesWhatItsLeaseNoLongerCovers(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *bun.DB) {
		c := newClock()
		ctx := context.Background()
		var slowHeard, otherHeard int
		slow, other := event.New(d, c.now, silent), event.New(d, c.now, silent)
		event.On(other, "a", func(context.Context, finished) error { otherHeard++; return nil })
		event.On(slow, "a", func(context.Context, finished) error {
			slowHeard++
			if slowHeard == 1 { // takes longer than its lease; meanwhile the other node takes over
				c.pass(2 * time.Minute)
				return other.Drain(ctx)
			}
			return nil
		})
		record(t, d, c, "1", "2", "3")
		if err := slow.Drain(ctx); err != nil {
			t.Fatal(err)
		}
		if slowHeard != 1 || otherHeard != 3 {
			t.Errorf("the slow node told %d, the other %d; want 1 and 3", slowHeard, otherHeard)
		}
	})
}
