// Package db is the one place that knows which database this is.
//
//	db.go        Open, InTx, Lock, the words that differ between SQLite and PostgreSQL
//	errors.go    the drivers' errors, translated once
//	migrate.go   the schema, brought up to date once however many nodes start
//	whole.go     a whole database at once: for backups
//	shape.go     which tables and columns there are
//	after.go     bells that ring once a transaction is committed
//	count.go     how many queries a context caused
//
// Acknowledged means durable: SQLite runs with synchronous=FULL in WAL mode, PostgreSQL with its synchronous
// commit. Times are written by Go in UTC; ids are made by Go; JSON is text that SQL does not look into.
package db

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"time"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect"
	"github.com/uptrace/bun/dialect/pgdialect"
	"github.com/uptrace/bun/dialect/sqlitedialect"
	"github.com/uptrace/bun/driver/pgdriver"
	"github.com/uptrace/bun/driver/sqliteshim"
)

// Times that bound a statement. A statement may not outlive its page; migrations and reports run under
// longer contexts of their own.
const (
	statementTimeout = "30s"
	readTimeout      = 60 * time.Second // longer than statementTimeout, so that the server answers first
	poolSize         = 16
	planLife         = 5 * time.Minute // of a connection: a plan made for a small table is not kept for a large one
)

// Open connects to the database that rawURL names: "sqlite:path/to/file.db" (its folder is made when missing) or
// "postgres://user:password@host/name?sslmode=verify-full". The error says which part is wrong, never the password.
func Open(ctx context.Context, rawURL string) (*bun.DB, error) {
	switch {
	case strings.HasPrefix(rawURL, "sqlite:"):
		return openSQLite(ctx, strings.TrimPrefix(rawURL, "sqlite:"), max(4, runtime.NumCPU()), asIs)
	case strings.HasPrefix(rawURL, "postgres://"), strings.HasPrefix(rawURL, "postgresql://"), strings.HasPrefix(rawURL, "unix://"):
		return openPostgres(ctx, rawURL)
	}
	return nil, errors.New("database URL: want sqlite:<file> or postgres://<user>@<host>/<name>")
}

// OpenSQLite opens a SQLite file with a pool of exactly conns connections. Tests use one connection, so that a
// query that forgets its transaction waits for ever instead of passing by luck.
func OpenSQLite(ctx context.Context, path string, conns int) (*bun.DB, error) {
	return openSQLite(ctx, path, conns, asIs)
}

// OpenSQLiteThrough is OpenSQLite with something between the pool and the driver: tests put faults there.
func OpenSQLiteThrough(ctx context.Context, path string, conns int, wrap func(driver.Connector) driver.Connector) (*bun.DB, error) {
	return openSQLite(ctx, path, conns, wrap)
}

func asIs(c driver.Connector) driver.Connector { return c }

// connector opens SQLite connections with one DSN.
type connector struct {
	driver driver.Driver
	dsn    string
}

func (c connector) Connect(context.Context) (driver.Conn, error) { return c.driver.Open(c.dsn) }
func (c connector) Driver() driver.Driver                        { return c.driver }

func openSQLite(ctx context.Context, path string, conns int, wrap func(driver.Connector) driver.Connector) (*bun.DB, error) {
	if err := makeFile(path); err != nil {
		return nil, err
	}
	q := url.Values{"_txlock": {"immediate"}, "_time_format": {"sqlite"}, "_pragma": {
		"busy_timeout(5000)", "journal_mode(WAL)", "synchronous(FULL)", "foreign_keys(1)", "secure_delete(1)", "cache_size(-4000)",
	}}
	s := sql.OpenDB(wrap(connector{sqliteshim.Driver(), "file:" + url.PathEscape(path) + "?" + q.Encode()}))
	s.SetMaxOpenConns(conns)
	s.SetMaxIdleConns(conns)
	return ready(ctx, bun.NewDB(s, lite{sqlitedialect.New(), make(chan struct{}, 1)}, bun.WithDiscardUnknownColumns()))
}

// lite is SQLite's dialect, and whose turn it is to write in this process. SQLite itself lets who finds the file locked sleep and ask
// again, up to a tenth of a second each time: with many writers the file is idle for most of it, and every one of them holds a
// connection that readers could have.
type lite struct {
	*sqlitedialect.Dialect
	turn chan struct{}
}

// takeTurn waits until the caller may write, where that is decided in this process, and returns what ends its turn; that may be called
// more than once.
func takeTurn(ctx context.Context, d *bun.DB) (end func(), err error) {
	l, is := d.Dialect().(lite)
	if !is {
		return func() {}, nil
	}
	select {
	case l.turn <- struct{}{}:
		return sync.OnceFunc(func() { <-l.turn }), nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// makeFile makes the file of a database where there is none: here and not by SQLite, so that nobody else on the machine
// can read it; its log inherits the mode.
func makeFile(path string) error {
	if path == "" {
		return errors.New("database URL: sqlite: needs a file name")
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("folder of the database: %w", err)
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return fmt.Errorf("file of the database: %w", err)
	}
	if err := f.Close(); err != nil {
		return fmt.Errorf("file of the database: %w", err)
	}
	return nil
}

func openPostgres(ctx context.Context, rawURL string) (*bun.DB, error) {
	c, err := postgresConnector(rawURL)
	if err != nil {
		return nil, err
	}
	p := sql.OpenDB(c)
	p.SetMaxOpenConns(poolSize)
	p.SetMaxIdleConns(poolSize)
	p.SetConnMaxLifetime(planLife)
	return ready(ctx, bun.NewDB(p, pgdialect.New(), bun.WithDiscardUnknownColumns()))
}

// postgresConnector reads the URL. Parameters that the driver does not know are session settings (search_path=…);
// they win over ours. The driver panics over a URL that it cannot read, and may quote it, password and all.
func postgresConnector(rawURL string, more ...pgdriver.Option) (c *pgdriver.Connector, err error) {
	defer func() {
		if recover() != nil {
			c, err = nil, errors.New("database URL: a part after the ? is not understood; sslmode is disable, require, verify-ca or verify-full")
		}
	}()
	dsn := rawURL
	if rest, ok := strings.CutPrefix(rawURL, "postgresql://"); ok {
		dsn = "postgres://" + rest
	}
	if _, err := url.Parse(dsn); err != nil {
		return nil, errors.New("database URL: it cannot be read as a URL; special characters in the password need %-encoding")
	}
	ours := func(conf *pgdriver.Config) {
		params := map[string]any{
			"statement_timeout": statementTimeout, "idle_in_transaction_session_timeout": "60s", "timezone": "UTC",
			"plan_cache_mode": "force_generic_plan", // only what is Prepared has a plan to keep, and its joins take longer to plan than to run
		}
		maps.Copy(params, conf.ConnParams)
		conf.ConnParams = params
	}
	return pgdriver.NewConnector(append([]pgdriver.Option{
		pgdriver.WithApplicationName("greenroom"), pgdriver.WithReadTimeout(readTimeout), pgdriver.WithDSN(dsn), ours,
	}, more...)...), nil
}

func ready(ctx context.Context, d *bun.DB) (*bun.DB, error) {
	d = d.WithQueryHook(counting{})
	if err := d.PingContext(ctx); err != nil {
		_ = d.Close()
		return nil, fmt.Errorf("reach the database: %w", err)
	}
	return d, nil
}

// isSQLite says whether d is SQLite. Only this package and its tests ask.
func isSQLite(d bun.IDB) bool { return d.Dialect().Name() == dialect.SQLite }

// InTx runs fn in one transaction and commits when it returns nil. On PostgreSQL it is read committed; on SQLite
// writers take turns. Errors come back through Err; a commit whose answer was lost is Unavailable, since it may
// have happened. A panic in fn rolls back and goes on.
func InTx(ctx context.Context, d *bun.DB, fn func(ctx context.Context, tx bun.Tx) error) (err error) {
	end, err := takeTurn(ctx, d)
	if err != nil {
		return Err(err)
	}
	defer end()
	tx, err := d.BeginTx(ctx, nil)
	if err != nil {
		return Err(err)
	}
	done := false
	defer func() {
		if !done {
			_ = tx.Rollback()
		}
	}()
	var then bells
	if err := fn(context.WithValue(ctx, afterKey{}, &then), tx); err != nil {
		return Err(err)
	}
	done = true
	if err := tx.Commit(); err != nil {
		_ = tx.Rollback()
		return unknown(err)
	}
	end()
	then.ring()
	return nil
}

// Lock takes the named lock until the transaction ends. A rule that reads and then writes takes it first.
// On SQLite it does nothing: writing transactions take turns from their beginning.
func Lock(ctx context.Context, tx bun.IDB, name string) error {
	if isSQLite(tx) {
		return nil
	}
	_, err := tx.ExecContext(ctx, "SELECT pg_advisory_xact_lock(hashtextextended(?, 0))", name)
	return Err(err)
}

// WithLocks begins a prepared statement that takes named locks before it reads, as Lock does; its first arguments are their names,
// as TextRows. Its WHERE has to ask for (SELECT n FROM locks) >= 0. Names in one order, whoever takes them, and nobody waits for
// each other. What was committed while it waited is seen by the next statement, and in rows that it locks itself.
func WithLocks(d bun.IDB) string {
	if isSQLite(d) {
		return "WITH locks AS (SELECT count(*) AS n FROM " + RowsOf(d, 1) + ") "
	}
	return "WITH locks AS MATERIALIZED (SELECT count(*) AS n FROM (SELECT pg_advisory_xact_lock(hashtextextended(column1, 0)) FROM " + RowsOf(d, 1) + " AS w OFFSET 0) AS l) "
}

// NoKeyUpdate ends a statement that locks the rows it reads from a table, for who neither deletes them nor changes what others refer
// to: rows that refer to them may be written meanwhile.
func NoKeyUpdate(d bun.IDB, table string) string {
	if isSQLite(d) {
		return ""
	}
	return " FOR NO KEY UPDATE OF " + table
}

// ForUpdate locks the selected rows until the transaction ends, where the database has row locks.
func ForUpdate(q *bun.SelectQuery) *bun.SelectQuery {
	if isSQLite(q.DB()) {
		return q
	}
	return q.For("UPDATE")
}

// WritesWithin says whether a statement may begin with one that writes and answers: WITH x AS (INSERT … RETURNING …).
func WritesWithin(d bun.IDB) bool { return !isSQLite(d) }

// ForUpdateSkipLocked is ForUpdate that leaves out what another transaction holds: for queues.
func ForUpdateSkipLocked(q *bun.SelectQuery) *bun.SelectQuery {
	if isSQLite(q.DB()) {
		return q
	}
	return q.For("UPDATE SKIP LOCKED")
}

func changed(r sql.Result, err error) (int64, error) {
	if err != nil {
		return 0, Err(err)
	}
	n, err := r.RowsAffected()
	return n, Err(err)
}
