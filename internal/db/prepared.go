package db

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/uptrace/bun"
)

// Prepared is a statement that runs with every page: PostgreSQL reads and plans it once for each connection, not each
// time. That is worth its words only where the planning costs as much as the work. SQLite runs it as any other.
//
// It cannot run within a transaction of Go's. It is safe for use by many goroutines.
type Prepared struct {
	d     *bun.DB
	query string
	mu    sync.Mutex
	stmt  *sql.Stmt
}

// Prepare takes a statement with ? for its arguments, as for bun's NewRaw; nothing is sent before its first use.
func Prepare(d *bun.DB, query string) *Prepared { return &Prepared{d: d, query: query} }

func (p *Prepared) ready(ctx context.Context) (*sql.Stmt, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.stmt == nil {
		s, err := p.d.DB.PrepareContext(ctx, numbered(p.query))
		if err != nil {
			return nil, Err(err)
		}
		p.stmt = s
	}
	return p.stmt, nil
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
	defer rows.Close()
	if err := p.d.ScanRows(ctx, rows, dest); err != nil {
		return err
	}
	return rows.Close()
}

// Exec runs a statement that writes, in a transaction of its own, and says how many rows it changed.
func (p *Prepared) Exec(ctx context.Context, args ...any) (int64, error) {
	if isSQLite(p.d) {
		return changed(p.d.ExecContext(ctx, p.query, args...))
	}
	s, err := p.ready(ctx)
	if err != nil {
		return 0, err
	}
	counting{}.BeforeQuery(ctx, nil)
	return changed(s.ExecContext(ctx, args...))
}

func (p *Prepared) rows(ctx context.Context, args []any) (*sql.Rows, error) {
	if isSQLite(p.d) {
		return p.d.QueryContext(ctx, p.query, args...)
	}
	s, err := p.ready(ctx)
	if err != nil {
		return nil, err
	}
	counting{}.BeforeQuery(ctx, nil)
	return s.QueryContext(ctx, args...)
}

// Guarded is two statements that run in one transaction of their own, the second only where the first changed a row.
// PostgreSQL runs them as one prepared statement: one message instead of the beginning, both and the commit.
type Guarded struct {
	d           *bun.DB
	first, then string
	one         *Prepared
}

// PrepareGuarded takes an UPDATE of at most one row, and an INSERT … SELECT ?, … without FROM, WHERE and what follows.
// The second must not depend on what the first wrote.
func PrepareGuarded(d *bun.DB, first, then string) *Guarded {
	return &Guarded{d: d, first: first, then: then, one: Prepare(d, "WITH guard AS ("+first+" RETURNING 1) "+then+" FROM guard")}
}

// Run says whether both ran. When it is false nothing has changed. A row that is there already is the fault Conflict.
func (g *Guarded) Run(ctx context.Context, first, then []any) (bool, error) {
	if !isSQLite(g.d) {
		s, err := g.one.ready(ctx)
		if err != nil {
			return false, err
		}
		counting{}.BeforeQuery(ctx, nil)
		n, err := changed(s.ExecContext(ctx, slices.Concat(first, then)...))
		return n == 1, err
	}
	ran := false
	err := InTx(ctx, g.d, func(ctx context.Context, tx bun.Tx) error {
		n, err := changed(tx.ExecContext(ctx, g.first, first...))
		if err != nil || n == 0 {
			return err
		}
		n, err = changed(tx.ExecContext(ctx, g.then, then...))
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
