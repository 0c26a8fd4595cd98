// Package gather lets writes that arrive at the same time share a transaction.
//
// Whoever comes while nothing is being written waits for nobody. What comes meanwhile is written together, next: a crowd costs as
// many transactions as fit one after another, not one for each, and holds one connection.
package gather

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"
	"sync"
	"time"
)

// Write does all of part or none of it: it returns for each what became of it, or an error when nothing was written. Of several
// that could not be written together each is then written alone, so that one takes no others with it; unless there was no time for it.
type Write[T any] func(ctx context.Context, key string, part []T) (became []error, err error)

// Gather hands out what arrives to Write, one part at a time for each key. It is safe for use by many goroutines.
type Gather[T any] struct {
	most  int
	limit time.Duration
	write Write[T]

	mu      sync.Mutex
	waiting map[string][]call[T] // a key is in it while somebody writes under it
}

type call[T any] struct {
	what T
	done chan error
}

// New makes one that writes at most so many at once, in at most the time that is given, so that callers hear before they give up.
func New[T any](most int, limit time.Duration, write Write[T]) *Gather[T] {
	return &Gather[T]{most: most, limit: limit, write: write, waiting: map[string][]call[T]{}}
}

// Do has what written under the key, and returns what became of it. When ctx ends before that, it may yet be written: who wants to
// know sends it again, and Write has to know it. Write's context has the values of one of the callers, and ends with none of them.
func (g *Gather[T]) Do(ctx context.Context, key string, what T) error {
	c := call[T]{what, make(chan error, 1)}
	g.mu.Lock()
	all, busy := g.waiting[key]
	g.waiting[key] = append(all, c)
	g.mu.Unlock()
	if !busy {
		go g.empty(context.WithoutCancel(ctx), key)
	}
	select {
	case err := <-c.done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// empty writes what waits under a key until nothing does.
func (g *Gather[T]) empty(ctx context.Context, key string) {
	for {
		runtime.Gosched() // who is about to come is let in first: else, after each crowd, the first of the next would be written alone
		g.mu.Lock()
		all := g.waiting[key]
		n := min(len(all), g.most)
		if n == 0 {
			delete(g.waiting, key)
			g.mu.Unlock()
			return
		}
		g.waiting[key] = all[n:]
		g.mu.Unlock()
		g.part(ctx, key, all[:n:n])
	}
}

// part writes some and tells each what became of it.
func (g *Gather[T]) part(ctx context.Context, key string, all []call[T]) {
	what := make([]T, len(all))
	for i, c := range all {
		what[i] = c.what
	}
	became, err := g.guarded(ctx, key, what)
	if err != nil && len(all) > 1 && !errors.Is(err, context.DeadlineExceeded) { // what took so long would take it again
		for i := range all {
			g.part(ctx, key, all[i:i+1])
		}
		return
	}
	for i, c := range all {
		if err == nil {
			c.done <- became[i]
		} else {
			c.done <- err
		}
	}
}

// guarded makes an error of a panic: nobody else would catch it, and it would end the process.
func (g *Gather[T]) guarded(ctx context.Context, key string, what []T) (became []error, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic while writing %q: %v\n%s", key, p, debug.Stack())
		}
	}()
	ctx, stop := context.WithTimeout(ctx, g.limit)
	defer stop()
	return g.write(ctx, key, what)
}
