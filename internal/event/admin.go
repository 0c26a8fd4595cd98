package event

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"greenroom/internal/db"
	"greenroom/internal/fault"
)

// Status is how far the reactors have come.
type Status struct {
	Due    int       // deliveries that are still to be made
	Dead   int       // deliveries that were given up or put aside
	Oldest time.Time // when the oldest fact was stated that somebody has still to hear of; zero: none
}

// Lag is how long the oldest undelivered fact has waited.
func (s Status) Lag(now time.Time) time.Duration {
	if s.Oldest.IsZero() {
		return 0
	}
	return max(0, now.Sub(s.Oldest))
}

// Status asks the database; it counts every node's deliveries.
func (d *Dispatcher) Status(ctx context.Context) (Status, error) {
	var rows []struct {
		State string
		N     int
	}
	var s Status
	err := d.db.NewSelect().Model((*due)(nil)).Column("state").ColumnExpr("count(*) AS n").
		Where("state IN ('due', 'dead')").Group("state").Scan(ctx, &rows)
	if err != nil {
		return s, fmt.Errorf("count deliveries: %w", db.Err(err))
	}
	for _, r := range rows {
		if r.State == "due" {
			s.Due = r.N
		} else {
			s.Dead = r.N
		}
	}
	if s.Due == 0 {
		return s, nil
	}
	var first []time.Time
	err = d.db.NewSelect().TableExpr("fact AS f").Join("JOIN fact_delivery AS x ON x.fact_id = f.id").ColumnExpr("f.created_at").
		Where("x.state = 'due'").OrderExpr("f.created_at").Limit(1).Scan(ctx, &first)
	if err != nil {
		return s, fmt.Errorf("oldest fact: %w", db.Err(err))
	}
	if len(first) > 0 {
		s.Oldest = first[0].UTC()
	}
	return s, nil
}

// Reactor is one who hears of facts, with what is open and what was given up. Here is false for one that only another
// version of the program has.
type Reactor struct {
	Name      string
	Facts     []string
	Due, Dead int
	Here      bool
}

// Reactors are those of this program, and those with open deliveries that it does not have, by name.
func (d *Dispatcher) Reactors(ctx context.Context) ([]Reactor, error) {
	by := map[string]*Reactor{}
	d.mu.RLock()
	for fact, all := range d.reactors {
		for name := range all {
			if by[name] == nil {
				by[name] = &Reactor{Name: name, Here: true}
			}
			by[name].Facts = append(by[name].Facts, fact)
		}
	}
	d.mu.RUnlock()
	var rows []struct {
		Reactor, State string
		N              int
	}
	err := d.db.NewSelect().Model((*due)(nil)).Column("reactor", "state").ColumnExpr("count(*) AS n").
		Where("state IN ('due', 'dead')").Where("reactor <> ''").Group("reactor", "state").Scan(ctx, &rows)
	if err != nil {
		return nil, fmt.Errorf("count deliveries: %w", db.Err(err))
	}
	for _, r := range rows {
		if by[r.Reactor] == nil {
			by[r.Reactor] = &Reactor{Name: r.Reactor}
		}
		if r.State == "due" {
			by[r.Reactor].Due = r.N
		} else {
			by[r.Reactor].Dead = r.N
		}
	}
	var out []Reactor
	for _, r := range by {
		slices.Sort(r.Facts)
		out = append(out, *r)
	}
	slices.SortFunc(out, func(a, b Reactor) int { return strings.Compare(a.Name, b.Name) })
	return out, nil
}

// Undelivered is a delivery that has failed, has been given up, or that no reactor here can take. Attempt counts the
// tries since it was last begun. Reason is the last error.
type Undelivered struct {
	FactID, Fact, Reactor, State, Reason string
	Attempt                              int
	DueAt, CreatedAt                     time.Time
}

// Dead says whether it was given up or put aside.
func (u Undelivered) Dead() bool { return u.State == "dead" }

// PageSize is how many deliveries Troubled returns at most.
const PageSize = 50

// Troubled returns one page (from 1) of the deliveries that went wrong, those given up first, then the oldest; and how
// many there are.
func (d *Dispatcher) Troubled(ctx context.Context, page int) ([]Undelivered, int, error) {
	wrong := "(x.state = 'dead' OR x.state = 'due' AND x.reason <> '')"
	n, err := d.db.NewSelect().TableExpr("fact_delivery AS x").Where(wrong).Count(ctx)
	if err != nil {
		return nil, 0, fmt.Errorf("count troubled deliveries: %w", db.Err(err))
	}
	var out []Undelivered
	err = d.db.NewSelect().TableExpr("fact_delivery AS x").Join("JOIN fact AS f ON f.id = x.fact_id").
		ColumnExpr("x.fact_id, f.name AS fact, x.reactor, x.state, x.reason, x.attempt, x.due_at, f.created_at").Where(wrong).
		OrderExpr("x.state, f.created_at, x.fact_id, x.reactor").Limit(PageSize).Offset(int64(PageSize*max(0, page-1))).Scan(ctx, &out)
	if err != nil {
		return nil, 0, fmt.Errorf("troubled deliveries: %w", db.Err(err))
	}
	return out, int(n), nil
}

// Retry begins a delivery anew, now. It joins the transaction. NotFound when nothing of it is open.
func (d *Dispatcher) Retry(ctx context.Context, tx bun.IDB, factID, reactor string) error {
	db.AfterCommit(ctx, d.Wake)
	return d.set(ctx, tx, factID, reactor, "state = 'due', attempt = 0, due_at = ?", d.clock())
}

// Park puts a delivery aside: it is not tried until somebody asks for it. It joins the transaction. NotFound when
// nothing of it is open.
func (d *Dispatcher) Park(ctx context.Context, tx bun.IDB, factID, reactor string) error {
	return d.set(ctx, tx, factID, reactor, "state = 'dead', attempt = attempt + 1, due_at = ?", d.clock())
}

// set changes a delivery that is not done. The attempt changes with it, so that whoever is just trying finishes nothing.
func (d *Dispatcher) set(ctx context.Context, tx bun.IDB, factID, reactor, what string, args ...any) error {
	r, err := tx.NewUpdate().Model((*due)(nil)).Set(what, args...).
		Where("fact_id = ? AND reactor = ? AND state <> 'done' AND reactor <> ''", factID, reactor).Exec(ctx)
	if err != nil {
		return fmt.Errorf("change a delivery: %w", db.Err(err))
	}
	if n, err := r.RowsAffected(); err != nil || n == 0 {
		return fault.New(fault.NotFound, "error.not_found").Because(err)
	}
	return nil
}
