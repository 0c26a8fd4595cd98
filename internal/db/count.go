package db

import (
	"context"
	"sync/atomic"

	"github.com/uptrace/bun"
)

type countKey struct{}

// CountQueries returns a context whose queries are counted, and the counter. A page's budget of queries is
// tested with it. Those of Shared are not counted.
func CountQueries(ctx context.Context) (context.Context, *atomic.Int64) {
	n := new(atomic.Int64)
	return context.WithValue(ctx, countKey{}, n), n
}

// Shared returns a context for what is asked once in a while for everybody, such as which courses there are: which page
// pays for it is chance, so that it belongs to no page's budget.
func Shared(ctx context.Context) context.Context {
	return context.WithValue(ctx, countKey{}, nil)
}

type counting struct{}

func (counting) BeforeQuery(ctx context.Context, _ *bun.QueryEvent) context.Context {
	if n, ok := ctx.Value(countKey{}).(*atomic.Int64); ok {
		n.Add(1)
	}
	return ctx
}

func (counting) AfterQuery(context.Context, *bun.QueryEvent) {}
