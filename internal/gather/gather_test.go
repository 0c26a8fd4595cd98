package gather_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"greenroom/internal/gather"
)

// ledger is what a Write of the tests wrote, by transaction.
type ledger struct {
	mu    sync.Mutex
	parts [][]string
}

func (l *ledger) note(part []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.parts = append(l.parts, slices.Clone(part))
}

// Whoever comes first is written alone and at once; what comes while that lasts is written together, in the order of arrival.
func TestTogether(t *testing.T) { synctest.Test(t, together) }

func together(t *testing.T) {
	for round := range 5 {
		l, begun, goOn := &ledger{}, make(chan struct{}, 100), make(chan struct{})
		g := gather.New(4, time.Minute, func(_ context.Context, _ string, part []string) ([]error, error) {
			begun <- struct{}{}
			<-goOn
			l.note(part)
			return make([]error, len(part)), nil
		})
		var all sync.WaitGroup
		do := func(what string) {
			all.Go(func() {
				if err := g.Do(t.Context(), "a", what); err != nil {
					t.Error(err)
				}
			})
		}
		do("first")
		<-begun
		n := 5 + round
		for i := range n {
			do(fmt.Sprint(i))
		}
		other := make(chan error, 1)
		go func() { other <- g.Do(t.Context(), "b", "elsewhere") }() // another key waits for none of these
		<-begun
		synctest.Wait() // all have arrived
		close(goOn)
		all.Wait()
		if err := <-other; err != nil {
			t.Error(err)
		}
		var sizes []int
		total := 0
		for _, p := range l.parts {
			if p[0] != "elsewhere" {
				sizes = append(sizes, len(p))
				total += len(p)
			}
		}
		if total != n+1 || sizes[0] != 1 || sizes[1] != 4 {
			t.Errorf("round %d: parts of %v, want 1, then 4 and the rest, %d in all", round, sizes, n+1)
		}
	}
}

// One that cannot be written takes no others with it, a refusal is told to whom it concerns, and a panic is an error.
func TestEachAnswer(t *testing.T) { synctest.Test(t, eachAnswer) }

func eachAnswer(t *testing.T) {
	l, begun, goOn := &ledger{}, make(chan struct{}, 100), make(chan struct{})
	g := gather.New(100, time.Minute, func(_ context.Context, _ string, part []string) ([]error, error) {
		begun <- struct{}{}
		<-goOn
		became := make([]error, len(part))
		for i, what := range part {
			switch what {
			case "broken":
				return nil, errors.New("cannot")
			case "panics":
				panic("at the disco")
			case "refused":
				became[i] = errors.New("no")
			}
		}
		l.note(part)
		return became, nil
	})
	want := map[string]string{"first": "", "good": "", "broken": "cannot", "refused": "no", "panics": "panic", "fine": ""}
	var all sync.WaitGroup
	do := func(what string) {
		all.Go(func() {
			err := g.Do(t.Context(), "a", what)
			if got := fmt.Sprint(err); want[what] == "" && err != nil || !strings.Contains(got, want[what]) {
				t.Errorf("%s: %v, want %q", what, err, want[what])
			}
		})
	}
	do("first")
	<-begun
	for what := range want {
		if what != "first" {
			do(what)
		}
	}
	synctest.Wait() // all have arrived
	close(goOn)
	all.Wait()
	wrote := slices.Concat(l.parts...)
	slices.Sort(wrote)
	if !slices.Equal(wrote, []string{"fine", "first", "good", "refused"}) {
		t.Errorf("wrote %v", wrote)
	}
}

// Who gives up does not take back what they sent, and those who came after are not left.
func TestWhoGivesUp(t *testing.T) { synctest.Test(t, whoGivesUp) }

func whoGivesUp(t *testing.T) {
	l, begun, goOn := &ledger{}, make(chan struct{}, 100), make(chan struct{})
	g := gather.New(100, time.Minute, func(ctx context.Context, _ string, part []string) ([]error, error) {
		begun <- struct{}{}
		<-goOn
		l.note(part)
		return make([]error, len(part)), ctx.Err()
	})
	ctx, giveUp := context.WithCancel(t.Context())
	first := make(chan error, 1)
	go func() { first <- g.Do(ctx, "a", "first") }()
	<-begun
	second := make(chan error, 1)
	go func() { second <- g.Do(t.Context(), "a", "second") }()
	synctest.Wait()
	giveUp()
	if err := <-first; !errors.Is(err, context.Canceled) {
		t.Errorf("who gave up heard %v", err)
	}
	close(goOn)
	if err := <-second; err != nil {
		t.Errorf("who came after: %v", err)
	}
	if got := slices.Concat(l.parts...); !slices.Equal(got, []string{"first", "second"}) {
		t.Errorf("wrote %v", got)
	}
}
