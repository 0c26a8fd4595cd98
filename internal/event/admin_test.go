package event_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"greenroom/internal/db"
	"greenroom/internal/db/dbtest"
	"greenroom/internal/event"
	"greenroom/internal/fault"
)

// What goes wrong can be seen, begun anew and put aside.
func TestTroubled(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *bun.DB) {
		ctx, c, broken := context.Background(), newClock(), true
		must := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		x := event.New(d, c.now, silent)
		heard := 0
		event.On(x, "weak", func(context.Context, finished) error {
			if broken {
				return errors.New("the other side is away")
			}
			heard++
			return nil
		})
		if s, err := x.Status(ctx); err != nil || s != (event.Status{}) {
			t.Fatalf("%+v %v", s, err)
		}
		record(t, d, c, "x")
		must(x.Drain(ctx))
		start := c.now()
		c.pass(time.Minute)
		s, err := x.Status(ctx)
		must(err)
		if s.Due != 1 || s.Dead != 0 || s.Lag(c.now()) != time.Minute || !s.Oldest.Equal(start) {
			t.Errorf("status %+v", s)
		}
		all, n, err := x.Troubled(ctx, 1)
		must(err)
		if n != 1 || len(all) != 1 || all[0].Reactor != "weak" || all[0].Fact != "test.finished" || all[0].Reason != "the other side is away" || all[0].Attempt != 1 || all[0].Dead() {
			t.Fatalf("troubled %+v", all)
		}
		change := func(fn func(context.Context, bun.IDB, string, string) error, fact, reactor string) error {
			return db.InTx(ctx, d, func(ctx context.Context, tx bun.Tx) error { return fn(ctx, tx, fact, reactor) })
		}
		must(change(x.Park, all[0].FactID, "weak"))
		c.pass(24 * time.Hour)
		must(x.Drain(ctx))
		rs, err := x.Reactors(ctx)
		must(err)
		if len(rs) != 1 || rs[0].Name != "weak" || rs[0].Dead != 1 || rs[0].Due != 0 || !rs[0].Here || rs[0].Facts[0] != "test.finished" {
			t.Errorf("reactors %+v", rs)
		}
		broken = false
		must(change(x.Retry, all[0].FactID, "weak"))
		must(x.Drain(ctx))
		if s, err := x.Status(ctx); err != nil || heard != 1 || s.Due+s.Dead != 0 {
			t.Errorf("heard %d, %+v %v", heard, s, err)
		}
		for _, fn := range []func(context.Context, bun.IDB, string, string) error{x.Retry, x.Park} { // what is done stays done
			if err := change(fn, all[0].FactID, "weak"); !fault.Is(err, fault.NotFound) {
				t.Errorf("%v, want NotFound", err)
			}
		}
		// A program that lost the reactor leaves its deliveries and shows them.
		record(t, d, c, "y")
		broken = true
		must(x.Drain(ctx))
		rs, err = event.New(d, c.now, silent).Reactors(ctx)
		must(err)
		if len(rs) != 1 || rs[0].Here || rs[0].Due != 1 {
			t.Errorf("reactors of another program %+v", rs)
		}
	})
}
