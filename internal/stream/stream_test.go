package stream_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect"

	"greenroom/internal/db"
	"greenroom/internal/db/dbtest"
	"greenroom/internal/stream"
)

func now() time.Time { return time.Date(2026, 11, 25, 9, 0, 0, 0, time.UTC) }

// add appends one event in a transaction of its own; end decides whether it is committed.
func add(s *stream.Service, d *bun.DB, id, payload string, end error) error {
	return db.InTx(context.Background(), d, func(ctx context.Context, tx bun.Tx) error {
		if _, err := s.Append(ctx, tx, id, "post", payload); err != nil {
			return err
		}
		return end
	})
}

func TestNumbersHaveNoGapsForAReaderWhoListensWhileManyWrite(t *testing.T) {
	t.Parallel()
	const writers, each = 8, 40
	dbtest.Each(t, func(t *testing.T, d *bun.DB) {
		s := stream.New(d, now, stream.NewLocal())
		boom := errors.New("boom")
		rings, cancel := s.Subscribe("room")
		defer cancel()

		var wg sync.WaitGroup
		for w := range writers {
			wg.Go(func() {
				for i := range each {
					if i%5 == 0 { // a rolled back event leaves no gap
						if err := add(s, d, "room", "lost", boom); !errors.Is(err, boom) {
							t.Error(err)
						}
					}
					if err := add(s, d, "room", fmt.Sprint(w, ".", i), nil); err != nil {
						t.Error(err)
					}
				}
			})
		}
		seen := map[string]bool{}
		var last int64
		for last < writers*each {
			<-rings
			for more := true; more; {
				var list []stream.Event
				var err error
				if list, more, err = s.Since(context.Background(), "room", last, 7); err != nil {
					t.Fatal(err)
				}
				for _, e := range list {
					if e.N != last+1 {
						t.Fatalf("number %d after %d", e.N, last)
					}
					last = e.N
					if seen[e.Payload] || e.Payload == "lost" {
						t.Fatalf("event %q came twice or was rolled back", e.Payload)
					}
					seen[e.Payload] = true
				}
			}
		}
		wg.Wait()
		head, epoch, err := s.Head(context.Background(), "room")
		if err != nil || head != writers*each || epoch != 1 || len(seen) != writers*each {
			t.Errorf("head %d, epoch %d, %d seen, %v", head, epoch, len(seen), err)
		}
	})
}

func TestCatchUpAfterAMissedRing(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *bun.DB) {
		s := stream.New(d, now, deaf{})
		for i := range 3 {
			if err := add(s, d, "inbox", fmt.Sprint(i), nil); err != nil {
				t.Fatal(err)
			}
		}
		list, more, err := s.Since(context.Background(), "inbox", 1, 10)
		if err != nil || more || len(list) != 2 || list[0].N != 2 {
			t.Fatalf("got %v, more %v, %v", list, more, err)
		}
		other, _, err := s.Head(context.Background(), "nothing yet")
		if err != nil || other != 0 {
			t.Fatalf("a stream without events: head %d, %v", other, err)
		}
	})
}

// deaf is a doorbell that loses every ring.
type deaf struct{}

func (deaf) Ring(stream.Hint)         {}
func (deaf) Listen(func(stream.Hint)) {}
func (deaf) Subscribe(string) (<-chan struct{}, func()) {
	return make(chan struct{}), func() {}
}

func TestRingsAreJoinedAndEndWithTheSubscription(t *testing.T) {
	t.Parallel()
	l := stream.NewLocal()
	rings, cancel := l.Subscribe("a")
	l.Ring(stream.Hint{Stream: "a", Head: 1})
	l.Ring(stream.Hint{Stream: "a"})
	l.Ring(stream.Hint{Stream: "b"})
	<-rings
	select {
	case <-rings:
		t.Error("two rings were not joined")
	default:
	}
	l.Ring(stream.Hint{}) // hints were lost: whoever listens looks
	<-rings
	cancel()
	l.Ring(stream.Hint{Stream: "a"})
	select {
	case <-rings:
		t.Error("a ring came after the end")
	default:
	}
}

// Several events at once, of several streams: each stream's numbers follow one another whoever else writes, and who wrote hears them in
// the order of the events.
func TestSeveralAtOnce(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *bun.DB) {
		const writers, each = 6, 15
		s := stream.New(d, now, stream.NewLocal())
		var wg sync.WaitGroup
		for w := range writers {
			wg.Go(func() {
				names := []string{"a", "b", "c"}
				if w%2 == 1 {
					names = []string{"c", "b", "a"} // in another order: nobody waits for somebody who waits for them
				}
				for i := range each {
					all := []stream.Entry{{Stream: names[0], Kind: "x", Payload: "1"}, {Stream: names[1], Kind: "x", Payload: "2"}, {Stream: names[0], Kind: "x", Payload: "3"}, {Stream: names[2], Kind: "x", Payload: "4"}}
					err := db.InTx(context.Background(), d, func(ctx context.Context, tx bun.Tx) error {
						n, err := s.AppendAll(ctx, tx, all)
						if err == nil && (len(n) != 4 || n[2] != n[0]+1) {
							t.Errorf("numbers %v", n)
						}
						return err
					})
					if err != nil {
						t.Errorf("writer %d, %d: %v", w, i, err)
					}
				}
			})
		}
		wg.Wait()
		for name, want := range map[string]int{"a": writers * each * 3 / 2, "b": writers * each, "c": writers * each * 3 / 2} {
			events, _, err := s.Since(context.Background(), name, 0, 1000)
			head, _, err2 := s.Head(context.Background(), name)
			if err != nil || err2 != nil || len(events) != want || head != int64(want) {
				t.Errorf("%s: %d events up to %d, want %d; %v %v", name, len(events), head, want, err, err2)
			}
			for i, e := range events {
				if e.N != int64(i+1) {
					t.Fatalf("%s: event %d has the number %d", name, i, e.N)
				}
			}
		}
	})
}

// Where a standby takes over the epochs rise once, whoever notices.
func TestAnotherTimelineIsAnotherHistory(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *bun.DB) {
		ctx := context.Background()
		n, err := db.Timeline(ctx, d)
		if err != nil || d.Dialect().Name() == dialect.PG != (n > 0) {
			t.Fatalf("timeline %d, %v", n, err)
		}
		n = max(n, 1)
		bell := stream.NewLocal()
		one, two := stream.New(d, now, bell), stream.New(d, now, bell)
		if err := add(one, d, "room", "x", nil); err != nil {
			t.Fatal(err)
		}
		rung := 0
		bell.Listen(func(h stream.Hint) {
			if h.Stream == "" {
				rung++
			}
		})
		look := func(s *stream.Service, n int64, want bool) {
			t.Helper()
			if another, err := s.OnTimeline(ctx, n); err != nil || another != want {
				t.Fatalf("timeline %d: %v %v, want %v", n, another, err, want)
			}
		}
		epoch := func() int64 {
			t.Helper()
			head, e, err := one.Head(ctx, "room")
			if err != nil || head != 1 {
				t.Fatalf("head %d, %v", head, err)
			}
			return e
		}
		look(one, n, false)
		look(two, n, false)
		if e := epoch(); e != 1 || rung != 0 {
			t.Errorf("epoch %d, rung %d times, and nothing happened", e, rung)
		}
		look(two, n+1, true)
		risen := epoch()
		look(one, n+1, false)
		if risen <= 1 || epoch() != risen || rung != 1 {
			t.Errorf("epochs %d and %d, rung %d times", risen, epoch(), rung)
		}
		var wg sync.WaitGroup
		var noticed atomic.Int64
		for range 6 {
			wg.Go(func() {
				if another, err := one.OnTimeline(ctx, n+2); err != nil {
					t.Error(err)
				} else if another {
					noticed.Add(1)
				}
			})
		}
		wg.Wait()
		if noticed.Load() != 1 || epoch() <= risen {
			t.Errorf("%d noticed it, epoch %d after %d", noticed.Load(), epoch(), risen)
		}
	})
}
