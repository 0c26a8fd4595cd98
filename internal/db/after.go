package db

import (
	"context"
	"sync"
)

type afterKey struct{}

// bells are the calls that wait for a commit.
type bells struct {
	mu    sync.Mutex
	calls []func()
}

// AfterCommit calls fn once the transaction of ctx (InTx gave it) has been committed, and never when it is rolled back.
// Outside of one it calls fn at once. It is for bells only: fn must be quick and may be lost with the process, so what
// has to happen is written down in the transaction.
func AfterCommit(ctx context.Context, fn func()) {
	a, in := ctx.Value(afterKey{}).(*bells)
	if !in {
		fn()
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.calls = append(a.calls, fn)
}

func (a *bells) ring() {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, fn := range a.calls {
		fn()
	}
}
