package faulttest

import (
	"context"
	"database/sql/driver"
	"errors"
	"path/filepath"
	"sync"
	"testing"

	"github.com/uptrace/bun"

	"greenroom/internal/db"
)

// ErrInjected is what a point that was armed answers.
var ErrInjected = errors.New("faulttest: injected")

// Faults makes the n-th Begin, Exec, Query or Commit fail, before or after it took effect.
type Faults struct {
	mu    sync.Mutex
	at    int // counts down to the fault; 0 is not armed
	after bool
	hit   bool
}

// Arm lets the at-th point from now fail (from 1): after it took effect when after is true, else instead of it.
func (f *Faults) Arm(at int, after bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.at, f.after, f.hit = at, after, false
}

// Disarm ends it and says whether the fault happened.
func (f *Faults) Disarm() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.at = 0
	return f.hit
}

// point runs do as one point.
func (f *Faults) point(do func() error) error {
	f.mu.Lock()
	now := f.at == 1
	if f.at > 0 {
		f.at--
	}
	if now {
		f.hit = true
	}
	after := f.after
	f.mu.Unlock()
	if !now {
		return do()
	}
	if after {
		if err := do(); err != nil {
			return err
		}
	}
	return ErrInjected
}

// SQLite opens a fresh migrated SQLite database with faults between the pool and the driver.
func SQLite(t testing.TB) (*bun.DB, *Faults) {
	t.Helper()
	d, f := Empty(t, filepath.Join(t.TempDir(), "fault.db"))
	if err := db.Migrate(context.Background(), d); err != nil {
		t.Fatal(err)
	}
	return d, f
}

// Empty is SQLite without any table, in the file at path.
func Empty(t testing.TB, path string) (*bun.DB, *Faults) {
	t.Helper()
	f := &Faults{}
	d, err := db.OpenSQLiteThrough(context.Background(), path, 1, f.wrap)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	return d, f
}

// Every runs use with a fault at its first point, its second and so on, before and after each takes effect, until a
// run is not hit any more. After each, check looks at the state and a second run without fault must succeed.
func (f *Faults) Every(t *testing.T, use func(round int) error, check func(round int)) {
	t.Helper()
	round := 0
	for _, after := range []bool{false, true} {
		for at := 1; ; at++ {
			round++
			f.Arm(at, after)
			err := use(round)
			hit := f.Disarm()
			if err == nil && hit && !after {
				t.Errorf("point %d failed and nobody noticed", at)
			}
			check(round)
			if err := use(round); err != nil {
				t.Errorf("point %d (after: %v): the repeat failed: %v", at, after, err)
			}
			check(round)
			if !hit {
				break
			}
			if at > 500 {
				t.Fatal("more than 500 points: this is no use case")
			}
		}
	}
	t.Logf("%d rounds", round)
}

func (f *Faults) wrap(c driver.Connector) driver.Connector { return connector{c, f} }

type connector struct {
	driver.Connector
	f *Faults
}

func (c connector) Connect(ctx context.Context) (driver.Conn, error) {
	k, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	return &conn{k, c.f}, nil
}

type conn struct {
	driver.Conn
	f *Faults
}

func (c *conn) BeginTx(ctx context.Context, o driver.TxOptions) (driver.Tx, error) {
	var t driver.Tx
	err := c.f.point(func() (err error) { t, err = c.Conn.(driver.ConnBeginTx).BeginTx(ctx, o); return })
	if err != nil {
		if t != nil {
			_ = t.Rollback()
		}
		return nil, err
	}
	return tx{t, c.f}, nil
}

func (c *conn) ExecContext(ctx context.Context, q string, args []driver.NamedValue) (driver.Result, error) {
	var r driver.Result
	err := c.f.point(func() (err error) { r, err = c.Conn.(driver.ExecerContext).ExecContext(ctx, q, args); return })
	return r, err
}

func (c *conn) QueryContext(ctx context.Context, q string, args []driver.NamedValue) (driver.Rows, error) {
	var r driver.Rows
	err := c.f.point(func() (err error) { r, err = c.Conn.(driver.QueryerContext).QueryContext(ctx, q, args); return })
	if err != nil && r != nil {
		_ = r.Close()
		r = nil
	}
	return r, err
}

func (c *conn) PrepareContext(ctx context.Context, q string) (driver.Stmt, error) {
	return c.Conn.(driver.ConnPrepareContext).PrepareContext(ctx, q)
}

func (c *conn) ResetSession(ctx context.Context) error {
	if r, ok := c.Conn.(driver.SessionResetter); ok {
		return r.ResetSession(ctx)
	}
	return nil
}

func (c *conn) IsValid() bool {
	v, ok := c.Conn.(driver.Validator)
	return !ok || v.IsValid()
}

type tx struct {
	driver.Tx
	f *Faults
}

func (t tx) Commit() error {
	err := t.f.point(t.Tx.Commit)
	if errors.Is(err, ErrInjected) {
		_ = t.Tx.Rollback() // nothing when it was committed; else what a lost connection does
	}
	return err
}
