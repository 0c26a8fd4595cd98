package telemetry

import (
	"context"
	"database/sql"
	"errors"
	"strings"

	"github.com/uptrace/bun"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"
)

// queries makes a span of each query within a request. A query's text may hold what people typed, so it is not in it,
// and neither is the database's message when it fails.
type queries struct{ tracer trace.Tracer }

// Queries is a hook for bun that makes spans.
func Queries(p trace.TracerProvider) bun.QueryHook {
	return queries{p.Tracer("greenroom/internal/telemetry")}
}

type queryKey struct{}

// BeforeQuery implements bun.QueryHook. A query outside of a request (jobs that look whether there is work) has no span.
func (q queries) BeforeQuery(ctx context.Context, e *bun.QueryEvent) context.Context {
	if !trace.SpanContextFromContext(ctx).IsSampled() {
		return ctx
	}
	// The event's operation is the first word of the statement; what follows may be anything.
	op, _, _ := strings.Cut(strings.TrimSpace(e.Operation()), " ")
	op = operation(op)
	ctx, span := q.tracer.Start(ctx, "db "+op, trace.WithSpanKind(trace.SpanKindClient), trace.WithAttributes(
		attribute.String("db.system.name", e.DB.Dialect().Name().String()), attribute.String("db.operation.name", op)))
	return context.WithValue(ctx, queryKey{}, span)
}

func operation(word string) string {
	switch w := strings.ToUpper(word); w {
	case "SELECT", "INSERT", "UPDATE", "DELETE", "BEGIN", "COMMIT", "ROLLBACK", "WITH":
		return w
	}
	return "other"
}

// AfterQuery implements bun.QueryHook.
func (q queries) AfterQuery(ctx context.Context, e *bun.QueryEvent) {
	span, is := ctx.Value(queryKey{}).(trace.Span)
	if !is {
		return
	}
	if e.Err != nil && !errors.Is(e.Err, sql.ErrNoRows) {
		span.SetStatus(codes.Error, "")
	}
	span.End()
}
