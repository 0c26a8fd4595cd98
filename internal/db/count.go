package db

import (
	"context"
	"sync/atomic"

	"github.com/uptrace/bun"
)

type countKey struct{}

// CountQueries returns a context whose queries are counted, and the counter. A page's budget of queries is
// tested with it.
func CountQueries(ctx context.Context) (context.Context, *atomic.Int64) {
	n := new(atomic.Int64)
	return context.WithValue(ctx, countKey{}, n), n
}

type counting struct{}

func (counting) BeforeQuery(ctx context.Context, _ *bun.QueryEvent) context.Context {
	if n, ok := ctx.Value(countKey{}).(*atomic.Int64); ok {
		n.Add(1)
	}
	return ctx
}

func (counting) AfterQuery(context.Context, *bun.QueryEvent) {}
