// Package event holds facts: what happened, recorded in the transaction that made it so, and told to reactors
// after it.
//
// What must be true when the page returns is called directly, with the transaction. What may follow a second
// later (mail, other systems) is a reactor to a fact. Every reactor hears of a fact at least once, so it bears a
// second time. A reactor that fails is tried again with growing pauses; after its last try the delivery is dead
// and keeps the reason, and other facts go on.
package event

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"strings"
	"sync"
	"time"

	"github.com/uptrace/bun"

	"greenroom/internal/db"
)

// Fact is something that happened, as a struct that JSON can hold. FactName never changes once it is in use.
type Fact interface{ FactName() string }

// Limits of delivery.
const (
	tries = 8                   // then the delivery is dead
	lease = time.Minute         // a reactor that takes longer is given to another node
	keep  = 30 * 24 * time.Hour // what everybody has heard of is then thrown away
	batch = 32                  // deliveries taken at once
	poll  = time.Second
)

type row struct {
	bun.BaseModel `bun:"table:fact"`

	ID        string `bun:",pk"`
	Name      string
	Data      string
	CreatedAt time.Time
}

type due struct {
	bun.BaseModel `bun:"table:fact_delivery,alias:fact_delivery"`

	FactID  string `bun:",pk"`
	Reactor string `bun:",pk"`
	State   string
	Attempt int64
	DueAt   time.Time
	Reason  string
}

// Dispatcher records facts and tells the reactors. One for each node; any number of nodes share a database.
type Dispatcher struct {
	db   *bun.DB
	now  func() time.Time
	log  *slog.Logger
	wake chan struct{}

	mu       sync.RWMutex
	reactors map[string]map[string]func(ctx context.Context, data []byte) error // by fact, by reactor
}

// New makes a dispatcher.
func New(d *bun.DB, now func() time.Time, log *slog.Logger) *Dispatcher {
	return &Dispatcher{db: d, now: now, log: log, wake: make(chan struct{}, 1), reactors: map[string]map[string]func(context.Context, []byte) error{}}
}

// On lets fn hear of facts of type F. The reactor's name is kept in the database: it never changes once in use.
// All calls come before the first fact is recorded.
func On[F Fact](d *Dispatcher, reactor string, fn func(ctx context.Context, f F) error) {
	var zero F
	d.mu.Lock()
	defer d.mu.Unlock()
	by := d.reactors[zero.FactName()]
	if by == nil {
		by = map[string]func(context.Context, []byte) error{}
		d.reactors[zero.FactName()] = by
	}
	by[reactor] = func(ctx context.Context, data []byte) error {
		var f F
		if err := json.Unmarshal(data, &f); err != nil {
			return fmt.Errorf("read fact %q: %w", zero.FactName(), err)
		}
		return fn(ctx, f)
	}
}

// names are the reactors by fact that this process knows. Record is a function, so that features need no
// dispatcher to state a fact; the reactors are found when deliveries are made out (see open).
func (d *Dispatcher) names(fact string) []string {
	d.mu.RLock()
	defer d.mu.RUnlock()
	var out []string
	for r := range d.reactors[fact] {
		out = append(out, r)
	}
	return out
}

type hearing struct{}

// Attend returns a context in which Record wakes the dispatcher after the commit, so that reactors of this node hear
// at once. Without it they hear at the next tick, within a second.
func (d *Dispatcher) Attend(ctx context.Context) context.Context {
	return context.WithValue(ctx, hearing{}, d)
}

// Record states a fact in the transaction: it exists if and only if the change does. now is the service's clock.
func Record(ctx context.Context, tx bun.IDB, now time.Time, f Fact) error {
	return RecordAll(ctx, tx, now, []Fact{f})
}

// Wake asks for a look now instead of at the next tick.
func (d *Dispatcher) Wake() {
	select {
	case d.wake <- struct{}{}:
	default:
	}
}

// Run delivers until ctx ends. Reactors that state facts wake it themselves.
func (d *Dispatcher) Run(ctx context.Context) {
	ctx = d.Attend(ctx)
	t := time.NewTicker(poll)
	defer t.Stop()
	purge := time.NewTicker(time.Hour)
	defer purge.Stop()
	for {
		if err := d.Drain(ctx); err != nil && ctx.Err() == nil {
			d.log.ErrorContext(ctx, "facts are not delivered", "error", err.Error())
		}
		select {
		case <-ctx.Done():
			return
		case <-d.wake:
		case <-t.C:
		case <-purge.C:
			if err := d.Purge(ctx); err != nil && ctx.Err() == nil {
				d.log.ErrorContext(ctx, "old facts are not purged", "error", err.Error())
			}
		}
	}
}

// Drain delivers what is due now and returns when nothing is.
func (d *Dispatcher) Drain(ctx context.Context) error {
	for ctx.Err() == nil {
		taken, err := d.take(ctx)
		if err != nil || len(taken) == 0 {
			return err
		}
		for _, t := range taken {
			if !d.clock().Before(t.DueAt) {
				break // the ones before took long: the lease has run out and the rest is anybody's
			}
			if err := d.deliver(ctx, t); err != nil {
				return err
			}
		}
	}
	return ctx.Err()
}

// take leases due deliveries to this node: their attempt goes up and they come due again when the lease ends.
func (d *Dispatcher) take(ctx context.Context) ([]due, error) {
	now := d.clock()
	n, err := d.db.NewSelect().Model((*due)(nil)).Where("state = 'due' AND due_at <= ?", now).Limit(1).Count(ctx)
	if err != nil || n == 0 {
		return nil, db.Err(err) // nothing due: no write transaction, so that an idle node leaves the disk alone
	}
	var list []due
	err = db.InTx(ctx, d.db, func(ctx context.Context, tx bun.Tx) error {
		q := tx.NewSelect().Model(&list).Where("state = 'due' AND due_at <= ?", now).OrderExpr("due_at, fact_id, reactor").Limit(batch)
		if err := db.ForUpdateSkipLocked(q).Scan(ctx); err != nil {
			return err
		}
		for i := range list {
			list[i].Attempt++
			list[i].DueAt = now.Add(lease)
			if _, err := tx.NewUpdate().Model(&list[i]).Column("attempt", "due_at").WherePK().Exec(ctx); err != nil {
				return err
			}
		}
		return nil
	})
	return list, err
}

func (d *Dispatcher) deliver(ctx context.Context, t due) error {
	var fact row
	if err := d.db.NewSelect().Model(&fact).Where("id = ?", t.FactID).Scan(ctx); err != nil {
		return db.Err(err)
	}
	if t.Reactor == "" {
		return d.open(ctx, t, fact)
	}
	d.mu.RLock()
	fn := d.reactors[fact.Name][t.Reactor]
	d.mu.RUnlock()
	if fn == nil {
		return d.leave(ctx, t) // a reactor that only another version of the program has
	}
	if err := guarded(ctx, fn, fact.Data); err != nil {
		return d.failed(ctx, t, fact, err)
	}
	return d.finish(ctx, t, "done", "", t.DueAt)
}

// leave gives back a delivery that this program cannot make: it is not a try.
func (d *Dispatcher) leave(ctx context.Context, t due) error {
	_, err := d.db.NewUpdate().Model((*due)(nil)).Set("attempt = attempt - 1").
		Where("fact_id = ? AND reactor = ? AND attempt = ?", t.FactID, t.Reactor, t.Attempt).Exec(ctx)
	return db.Err(err)
}

// open makes out one delivery for each reactor of a new fact.
func (d *Dispatcher) open(ctx context.Context, t due, fact row) error {
	return db.InTx(ctx, d.db, func(ctx context.Context, tx bun.Tx) error {
		for _, r := range d.names(fact.Name) {
			one := due{FactID: fact.ID, Reactor: r, State: "due", DueAt: fact.CreatedAt}
			if _, err := tx.NewInsert().Model(&one).On("CONFLICT DO NOTHING").Exec(ctx); err != nil {
				return err
			}
		}
		_, err := tx.NewUpdate().Model(&t).Set("state = 'done'").WherePK().Exec(ctx)
		return err
	})
}

func guarded(ctx context.Context, fn func(context.Context, []byte) error, data string) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	ctx, cancel := context.WithTimeout(ctx, lease/2)
	defer cancel()
	return fn(ctx, []byte(data))
}

func (d *Dispatcher) failed(ctx context.Context, t due, fact row, cause error) error {
	if ctx.Err() != nil {
		return ctx.Err() // we are stopping: the lease runs out and another try follows
	}
	d.log.WarnContext(ctx, "a reactor failed", "fact", fact.Name, "reactor", t.Reactor, "attempt", t.Attempt, "error", cause.Error())
	if t.Attempt >= tries {
		return d.finish(ctx, t, "dead", reason(cause), t.DueAt)
	}
	pause := time.Second << min(t.Attempt, 12) // full jitter over 1 s, 2 s, 4 s … about an hour
	return d.finish(ctx, t, "due", reason(cause), d.clock().Add(time.Second+rand.N(pause)))
}

// reason is what the database keeps of an error: some quote whole answers of other systems, or bytes that are no text.
func reason(err error) string {
	s := strings.ToValidUTF8(strings.ReplaceAll(err.Error(), "\x00", ""), "")
	if len(s) > 1000 {
		s = strings.ToValidUTF8(s[:1000], "") + "…"
	}
	return s
}

// finish is guarded by the attempt: a node whose lease ran out changes nothing.
func (d *Dispatcher) finish(ctx context.Context, t due, state, reason string, at time.Time) error {
	_, err := d.db.NewUpdate().Model((*due)(nil)).
		Set("state = ?", state).Set("reason = ?", reason).Set("due_at = ?", at).
		Where("fact_id = ? AND reactor = ? AND attempt = ?", t.FactID, t.Reactor, t.Attempt).Exec(ctx)
	return db.Err(err)
}

// Purge throws away facts older than 30 days that every reactor has heard of. Dead deliveries are kept.
func (d *Dispatcher) Purge(ctx context.Context) error {
	open := d.db.NewSelect().Model((*due)(nil)).Column("fact_id").Where("state <> 'done'")
	_, err := d.db.NewDelete().Model((*row)(nil)).
		Where("created_at < ?", d.clock().Add(-keep)).Where("id NOT IN (?)", open).Exec(ctx)
	return db.Err(err)
}

// Dead returns how many deliveries have been given up.
func (d *Dispatcher) Dead(ctx context.Context) (int, error) {
	n, err := d.db.NewSelect().Model((*due)(nil)).Where("state = 'dead'").Count(ctx)
	return int(n), db.Err(err)
}

func (d *Dispatcher) clock() time.Time { return d.now().UTC().Truncate(time.Microsecond) }
