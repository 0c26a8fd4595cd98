package app

import (
	"context"
	"net/http"
	"runtime"
	"runtime/debug"
	"sync/atomic"
	"time"
)

// restAfter is how long nobody has to ask for anything before the process gives back what it does not need.
const restAfter = time.Minute

// settleAfter is how long after the start it gives back what reading the courses took: those who waited for the start
// come first.
const settleAfter = time.Second

// rest makes a process small while nobody is there: small sites share their machine.
type rest struct {
	asked        atomic.Int64 // requests so far
	seen, rested int64        // how many there were at the last tick, and when memory was given back last
	give         func()
}

// shrink collects what is unused and gives it, and the program's own pages, back to the system. It takes some
// milliseconds.
func shrink() {
	runtime.GC() // twice in all: what pools hold outlives one collection
	debug.FreeOSMemory()
	giveBack()
}

// watch counts the requests of a handler.
func (r *rest) watch(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		r.asked.Add(1)
		h.ServeHTTP(w, req)
	})
}

// run gives back what the start took, and then ticks until ctx ends.
func (r *rest) run(ctx context.Context) {
	settled := time.NewTimer(settleAfter)
	defer settled.Stop()
	t := time.NewTicker(restAfter)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-settled.C:
			r.give()
		case <-t.C:
			r.tick()
		}
	}
}

// tick gives back when no request came since the tick before, once after each time of use.
func (r *rest) tick() {
	n := r.asked.Load()
	if n == r.seen && n != r.rested {
		r.give()
		r.rested = n
	}
	r.seen = n
}
