package db_test

import (
	"context"
	"database/sql"
	"errors"
	"path/filepath"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"greenroom/internal/db"
	"greenroom/internal/db/dbtest"
	"greenroom/internal/fault"
)

type seat struct {
	bun.BaseModel `bun:"table:seat"`
	ID            int64 `bun:",pk"`
	Left          int64
}

func seats(t *testing.T, d *bun.DB, left int64) {
	t.Helper()
	if _, err := d.NewCreateTable().Model((*seat)(nil)).Exec(context.Background()); err != nil {
		t.Fatal(err)
	}
	if _, err := d.NewInsert().Model(&seat{ID: 1, Left: left}).Exec(context.Background()); err != nil {
		t.Fatal(err)
	}
}

// take reads and then writes under a named lock; without the lock PostgreSQL oversells.
func take(ctx context.Context, d *bun.DB, lock bool) error {
	return db.InTx(ctx, d, func(ctx context.Context, tx bun.Tx) error {
		if lock {
			if err := db.Lock(ctx, tx, "seats:1"); err != nil {
				return err
			}
		}
		var s seat
		if err := tx.NewSelect().Model(&s).Where("id = 1").Scan(ctx); err != nil {
			return err
		}
		if s.Left == 0 {
			return fault.New(fault.Conflict, "error.conflict")
		}
		s.Left--
		_, err := tx.NewUpdate().Model(&s).WherePK().Exec(ctx)
		return err
	})
}

func TestLastSeatIsTakenOnce(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *bun.DB) {
		seats(t, d, 3)
		var mu sync.Mutex
		got := 0
		var wg sync.WaitGroup
		for range 40 {
			wg.Go(func() {
				if take(context.Background(), d, true) == nil {
					mu.Lock()
					got++
					mu.Unlock()
				}
			})
		}
		wg.Wait()
		if got != 3 {
			t.Fatalf("%d people got one of 3 seats", got)
		}
	})
}

func TestInTxRollsBack(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *bun.DB) {
		seats(t, d, 3)
		ctx := context.Background()
		boom := errors.New("boom")
		write := func(end func() error) error {
			return db.InTx(ctx, d, func(ctx context.Context, tx bun.Tx) error {
				if _, err := tx.NewUpdate().Model((*seat)(nil)).Set(`"left" = 99`).Where("id = 1").Exec(ctx); err != nil {
					return err
				}
				return end()
			})
		}
		if err := write(func() error { return boom }); !errors.Is(err, boom) {
			t.Fatalf("got %v, want the error of the function", err)
		}
		func() {
			defer func() {
				if recover() == nil {
					t.Error("the panic did not go on")
				}
			}()
			_ = write(func() error { panic("boom") })
		}()
		var s seat
		if err := d.NewSelect().Model(&s).Where("id = 1").Scan(ctx); err != nil || s.Left != 3 {
			t.Fatalf("left %d, %v: the transaction was not rolled back", s.Left, err)
		}
	})
}

func TestErrorsAreFaults(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *bun.DB) {
		seats(t, d, 3)
		ctx := context.Background()
		_, err := d.NewInsert().Model(&seat{ID: 1}).Exec(ctx)
		if err = db.Err(err); !fault.Is(err, fault.Conflict) {
			t.Errorf("a second row with the same key: %v, want Conflict", err)
		}
		var s seat
		if err := db.Err(d.NewSelect().Model(&s).Where("id = 2").Scan(ctx)); !fault.Is(err, fault.NotFound) {
			t.Errorf("a missing row: %v, want NotFound", err)
		}
	})
}

func TestQueriesAreCounted(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *bun.DB) {
		seats(t, d, 3)
		ctx, n := db.CountQueries(context.Background())
		var s seat
		for range 3 {
			_ = d.NewSelect().Model(&s).Where("id = 1").Scan(ctx)
		}
		if n.Load() != 3 {
			t.Errorf("counted %d queries of 3", n.Load())
		}
	})
}

func TestGuardedIsOneTransaction(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *bun.DB) {
		seats(t, d, 3)
		ctx := context.Background()
		left := func() int64 {
			var s seat
			if err := d.NewSelect().Model(&s).Where("id = 1").Scan(ctx); err != nil {
				t.Fatal(err)
			}
			return s.Left
		}
		g := db.PrepareGuarded(d, `UPDATE seat SET "left" = ? WHERE id = ? AND "left" = ?`, `INSERT INTO seat (id, "left") SELECT ?, ?`)
		if ran, err := g.Run(ctx, []any{7, 1, 3}, []any{2, 5}); err != nil || !ran || left() != 7 {
			t.Fatalf("ran %v, %d left, %v", ran, left(), err)
		}
		if ran, err := g.Run(ctx, []any{8, 1, 3}, []any{3, 5}); err != nil || ran || left() != 7 {
			t.Errorf("the guard did not hold: ran %v, %d left, %v", ran, left(), err)
		}
		if ran, err := g.Run(ctx, []any{9, 1, 7}, []any{2, 5}); ran || !fault.Is(err, fault.Conflict) {
			t.Errorf("a second row with the same key: %v, want Conflict", err)
		}
		if left() != 7 {
			t.Errorf("left %d: the statement before the one that failed was kept", left())
		}
		if n, err := d.NewSelect().Model((*seat)(nil)).Count(ctx); err != nil || n != 2 {
			t.Errorf("%d rows, %v", n, err)
		}
	})
}

// A prepared statement counts as a query, reads as bun does, and outlives the connection that it was first used on.
func TestPreparedReadsAsBunDoes(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *bun.DB) {
		seats(t, d, 3)
		p := db.Prepare(d, `SELECT id, "left" FROM seat WHERE id = ?`)
		for range 3 {
			ctx, n := db.CountQueries(context.Background())
			var s seat
			if err := p.One(ctx, &s, 1); err != nil || s.ID != 1 || s.Left != 3 || n.Load() != 1 {
				t.Fatalf("%+v after %d queries, %v", s, n.Load(), err)
			}
			if err := p.One(ctx, &s, 99); !errors.Is(err, sql.ErrNoRows) {
				t.Errorf("no row: %v", err)
			}
			d.SetMaxIdleConns(0) // the next one is another
			d.SetMaxIdleConns(1)
		}
	})
}

// A statement that is made for the first time waits for a connection without being in the way of a transaction that has one.
func TestAPreparedStatementIsMadeWhileTheLastConnectionIsTaken(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *bun.DB) {
		seats(t, d, 3)
		d.SetMaxOpenConns(1)
		p := db.Prepare(d, `SELECT id, "left" FROM seat WHERE id = ?`)
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		read := make(chan error, 1)
		err := db.InTx(ctx, d, func(ctx context.Context, tx bun.Tx) error {
			waits := d.Stats().WaitCount
			go func() { read <- p.One(ctx, new(seat), 1) }()
			for d.Stats().WaitCount == waits && ctx.Err() == nil {
				runtime.Gosched()
			}
			within := make(chan error, 1)
			go func() { within <- p.AllIn(ctx, tx, &[]seat{}, 1) }()
			select {
			case err := <-within:
				return err
			case <-ctx.Done():
				return ctx.Err()
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := <-read; err != nil {
			t.Error(err)
		}
	})
}

// Writers of one process take turns on SQLite without sleeping: who waits holds no connection, and gives up with its context.
func TestWritersTakeTurns(t *testing.T) {
	d, err := db.OpenSQLite(t.Context(), filepath.Join(t.TempDir(), "turns.db"), 2)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if _, err := d.Exec("CREATE TABLE n (n INTEGER)"); err != nil {
		t.Fatal(err)
	}
	nothing := func(context.Context, bun.Tx) error { return nil }
	err = db.InTx(t.Context(), d, func(ctx context.Context, tx bun.Tx) error {
		waits, stop := context.WithCancel(ctx)
		var all sync.WaitGroup
		for range 5 {
			all.Go(func() {
				if err := db.InTx(waits, d, nothing); err == nil {
					t.Error("two wrote at once")
				}
			})
		}
		soon, cancel := context.WithTimeout(ctx, 2*time.Second)
		defer cancel()
		var n int
		err := d.NewRaw("SELECT COUNT(*) FROM n").Scan(soon, &n) // the second connection is free for who reads
		stop()
		all.Wait()
		return err
	})
	if err != nil {
		t.Error(err)
	}
	func() {
		defer func() { _ = recover() }()
		_ = db.InTx(t.Context(), d, func(context.Context, bun.Tx) error { panic("at the disco") })
	}()
	if err := db.InTx(t.Context(), d, nothing); err != nil {
		t.Errorf("after a panic: %v", err)
	}
}
