package db

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/uptrace/bun"
)

// Prepared is a statement that runs with every page: the database reads and plans it once for each connection, not each
// time. That is worth its words only where the planning costs as much as the work.
//
// It is safe for use by many goroutines.
type Prepared struct {
	d     *bun.DB
	query string
	mu    sync.Mutex
	stmt  *sql.Stmt
}

// Prepare takes a statement with ? for its arguments, as for bun's NewRaw; nothing is sent before its first use.
func Prepare(d *bun.DB, query string) *Prepared { return &Prepared{d: d, query: query} }

func (p *Prepared) ready(ctx context.Context) (*sql.Stmt, error) {
	if s := p.made(); s != nil {
		return s, nil
	}
	// Without the lock: it waits for a connection, and those who have one may be waiting for the lock.
	s, err := p.d.DB.PrepareContext(ctx, p.text())
	if err != nil {
		return nil, Err(err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.stmt != nil { // somebody was faster
		_ = s.Close()
		return p.stmt, nil
	}
	p.stmt = s
	return s, nil
}

// made is the statement, nil while nobody has made it.
func (p *Prepared) made() *sql.Stmt {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.stmt
}

// text is the statement as the database's driver has it.
func (p *Prepared) text() string {
	if isSQLite(p.d) {
		return p.query
	}
	return numbered(p.query)
}

// One scans the statement's first row into dest as bun does, or answers sql.ErrNoRows.
func (p *Prepared) One(ctx context.Context, dest any, args ...any) error {
	rows, err := p.rows(ctx, args)
	if err != nil {
		return err
	}
	defer rows.Close()
	if !rows.Next() {
		return errors.Join(rows.Err(), sql.ErrNoRows)
	}
	if err := p.d.ScanRow(ctx, rows, dest); err != nil {
		return err
	}
	return rows.Close()
}

// All scans every row into dest, a pointer to a slice, as bun does.
func (p *Prepared) All(ctx context.Context, dest any, args ...any) error {
	rows, err := p.rows(ctx, args)
	if err != nil {
		return err
	}
	return p.scan(ctx, rows, dest)
}

// AllIn is All within a transaction of InTx.
func (p *Prepared) AllIn(ctx context.Context, tx bun.Tx, dest any, args ...any) error {
	s, err := p.within(ctx, tx)
	if err != nil {
		return err
	}
	counting{}.BeforeQuery(ctx, nil)
	rows, err := s.QueryContext(ctx, p.plain(args)...)
	if err != nil {
		return Err(err)
	}
	return p.scan(ctx, rows, dest)
}

// within is the statement for a transaction. Where it is not ready yet the transaction makes one for itself: it must not wait for
// another connection.
func (p *Prepared) within(ctx context.Context, tx bun.Tx) (*sql.Stmt, error) {
	if s := p.made(); s != nil {
		return tx.Tx.StmtContext(ctx, s), nil
	}
	AfterCommit(ctx, func() { _, _ = p.ready(context.WithoutCancel(ctx)) }) // if it fails, the next one tries
	s, err := tx.Tx.PrepareContext(ctx, p.text())
	return s, Err(err)
}

func (p *Prepared) scan(ctx context.Context, rows *sql.Rows, dest any) error {
	defer rows.Close()
	if err := p.d.ScanRows(ctx, rows, dest); err != nil {
		return err
	}
	return rows.Close()
}

// Exec runs a statement that writes, in a transaction of its own, and says how many rows it changed.
func (p *Prepared) Exec(ctx context.Context, args ...any) (int64, error) {
	s, err := p.ready(ctx)
	if err != nil {
		return 0, err
	}
	return changed(p.exec(ctx, s, args))
}

func (p *Prepared) rows(ctx context.Context, args []any) (*sql.Rows, error) {
	s, err := p.ready(ctx)
	if err != nil {
		return nil, err
	}
	counting{}.BeforeQuery(ctx, nil)
	return s.QueryContext(ctx, p.plain(args)...)
}

func (p *Prepared) exec(ctx context.Context, s *sql.Stmt, args []any) (sql.Result, error) {
	counting{}.BeforeQuery(ctx, nil)
	return s.ExecContext(ctx, p.plain(args)...)
}

// plain writes times for SQLite, which has no type for them, as bun writes them everywhere else: they are compared as texts.
func (p *Prepared) plain(args []any) []any {
	if !isSQLite(p.d) {
		return args
	}
	out := slices.Clone(args)
	for i, a := range out {
		if t, ok := a.(time.Time); ok {
			out[i] = t.UTC().Format("2006-01-02 15:04:05.999999-07:00")
		}
	}
	return out
}

// Moment is the place for a time among the columns that an INSERT … SELECT takes.
func Moment(d bun.IDB) string {
	if isSQLite(d) {
		return "?"
	}
	return "CAST(? AS timestamptz)"
}

// Several is statements that answer nothing and run together. PostgreSQL runs them as one prepared statement: it reads and plans
// them once for each connection, and they take one message.
type Several struct{ all []*Prepared }

// PrepareSeveral takes them, as Prepare does. None may depend on what another one writes: all may see what was there before the first.
func PrepareSeveral(d *bun.DB, texts ...string) *Several {
	if !isSQLite(d) {
		last := len(texts) - 1
		with := make([]string, last)
		for i, t := range texts[:last] {
			with[i] = "s" + strconv.Itoa(i) + " AS (" + t + ")"
		}
		texts = []string{"WITH " + strings.Join(with, ", ") + " " + texts[last]}
	}
	s := &Several{all: make([]*Prepared, len(texts))}
	for i, t := range texts {
		s.all[i] = Prepare(d, t)
	}
	return s
}

// ExecIn runs them, with the arguments of each, in a transaction of InTx, which is to be given up where one fails.
func (s *Several) ExecIn(ctx context.Context, tx bun.Tx, args ...[]any) error {
	if len(s.all) == 1 {
		args = [][]any{slices.Concat(args...)}
	}
	for i, p := range s.all {
		stmt, err := p.within(ctx, tx)
		if err != nil {
			return err
		}
		if _, err := p.exec(ctx, stmt, args[i]); err != nil {
			return Err(err)
		}
	}
	return nil
}

// Guarded is two statements that run in one transaction of their own, the second only where the first changed a row.
// PostgreSQL runs them as one prepared statement: one message instead of the beginning, both and the commit.
type Guarded struct {
	d                *bun.DB
	first, then, one *Prepared
}

// PrepareGuarded takes an UPDATE of at most one row, and an INSERT … SELECT ?, … without FROM, WHERE and what follows.
// The second must not depend on what the first wrote.
func PrepareGuarded(d *bun.DB, first, then string) *Guarded {
	return &Guarded{d: d, first: Prepare(d, first), then: Prepare(d, then), one: Prepare(d, "WITH guard AS ("+first+" RETURNING 1) "+then+" FROM guard")}
}

// Run says whether both ran. When it is false nothing has changed. A row that is there already is the fault Conflict.
func (g *Guarded) Run(ctx context.Context, first, then []any) (bool, error) {
	if !isSQLite(g.d) {
		n, err := g.one.Exec(ctx, slices.Concat(first, then)...)
		return n == 1, err
	}
	// Made ready before the transaction begins: only one may write, and it would wait for itself.
	a, err := g.first.ready(ctx)
	if err != nil {
		return false, err
	}
	b, err := g.then.ready(ctx)
	if err != nil {
		return false, err
	}
	ran := false
	err = InTx(ctx, g.d, func(ctx context.Context, tx bun.Tx) error {
		n, err := changed(g.first.exec(ctx, tx.Tx.StmtContext(ctx, a), first))
		if err != nil || n == 0 {
			return err
		}
		n, err = changed(g.then.exec(ctx, tx.Tx.StmtContext(ctx, b), then))
		ran = n == 1
		return err
	})
	return ran && err == nil, err
}

// numbered writes $1, $2, … for the question marks.
func numbered(query string) string {
	var b strings.Builder
	n := 0
	for _, r := range query {
		if r != '?' {
			b.WriteRune(r)
			continue
		}
		n++
		b.WriteString("$" + strconv.Itoa(n))
	}
	return b.String()
}
