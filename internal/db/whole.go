package db

import (
	"bufio"
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"slices"
	"strings"
	"text/template"
	"time"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"
	"github.com/uptrace/bun/dialect/sqlitedialect"
	"github.com/uptrace/bun/driver/pgdriver"
	"github.com/uptrace/bun/driver/sqliteshim"
	"github.com/uptrace/bun/migrate"

	"greenroom/internal/fault"
	"greenroom/migrations"
)

// What serves a whole database at once: backups, and restoring them.

// ErrInUse says that a database that was to be had alone has other users.
var ErrInUse = errors.New("the database is in use: stop every greenroom server that uses it")

// leaving is how long those who are closing the database may take: PostgreSQL shows a connection for a while after
// its client has left, so that a restore right after a stop would be refused.
const leaving = 2 * time.Second

// OpenAlone opens the database as Open does, for work that wants nobody beside it and may take hours. It answers
// ErrInUse where another Greenroom has it open and does not leave it within leaving.
func OpenAlone(ctx context.Context, rawURL string) (*bun.DB, error) {
	path, lite := strings.CutPrefix(rawURL, "sqlite:")
	if !lite {
		return postgresAlone(ctx, rawURL)
	}
	if err := makeFile(path); err != nil {
		return nil, err
	}
	// The log is not switched on here: a file that has one keeps it, and the lock must come before the first look at it.
	q := url.Values{"_txlock": {"immediate"}, "_time_format": {"sqlite"}, "_pragma": {
		fmt.Sprintf("busy_timeout(%d)", leaving.Milliseconds()), "foreign_keys(1)", "locking_mode(EXCLUSIVE)", "secure_delete(1)", "synchronous(FULL)",
	}}
	s := sql.OpenDB(connector{sqliteshim.Driver(), "file:" + url.PathEscape(path) + "?" + q.Encode()})
	s.SetMaxOpenConns(1)
	d := bun.NewDB(s, sqlitedialect.New(), bun.WithDiscardUnknownColumns())
	// A transaction that writes takes the lock, and this mode keeps it until the file is closed.
	err := InTx(ctx, d, func(ctx context.Context, tx bun.Tx) error {
		_, err := tx.ExecContext(ctx, "PRAGMA user_version = 0")
		return err
	})
	if fault.Is(err, fault.Unavailable) {
		err = fmt.Errorf("%w (%v)", ErrInUse, fault.From(err).Cause)
	}
	if err != nil {
		return nil, errors.Join(err, d.Close())
	}
	return d, nil
}

func postgresAlone(ctx context.Context, rawURL string) (*bun.DB, error) {
	c, err := postgresConnector(rawURL, pgdriver.WithReadTimeout(24*time.Hour), pgdriver.WithWriteTimeout(time.Hour))
	if err != nil {
		return nil, err
	}
	s := sql.OpenDB(c)
	s.SetMaxOpenConns(1)
	d, err := ready(ctx, bun.NewDB(s, pgdialect.New(), bun.WithDiscardUnknownColumns()))
	if err != nil {
		return nil, err
	}
	if err := alone(ctx, d); err != nil {
		return nil, errors.Join(Err(err), d.Close())
	}
	return d, nil
}

// alone waits until no other Greenroom is connected to the PostgreSQL database.
func alone(ctx context.Context, d *bun.DB) error {
	for until := time.Now().Add(leaving); ; {
		others := 0
		err := d.NewRaw("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'greenroom' AND pid <> pg_backend_pid()").Scan(ctx, &others)
		if err != nil || others == 0 {
			return err
		}
		if time.Now().After(until) {
			return ErrInUse
		}
		select {
		case <-time.After(leaving / 20):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// Snapshot runs fn on the state of the database at one moment, whatever is written meanwhile, and however long it
// takes. Nobody waits for it.
func Snapshot(ctx context.Context, d *bun.DB, fn func(ctx context.Context, tx bun.Tx) error) error {
	o := &sql.TxOptions{ReadOnly: true}
	if !isSQLite(d) {
		o.Isolation = sql.LevelRepeatableRead
	}
	tx, err := d.BeginTx(ctx, o)
	if err != nil {
		return Err(err)
	}
	defer func() { _ = tx.Rollback() }()
	if err := unhurried(ctx, tx); err != nil {
		return err
	}
	return Err(fn(ctx, tx))
}

// unhurried lifts the limits of time from a transaction on PostgreSQL. On SQLite it takes the first look, with which
// a reading transaction begins.
func unhurried(ctx context.Context, tx bun.Tx) error {
	if isSQLite(tx) {
		n := 0
		return Err(tx.NewRaw("SELECT count(*) FROM sqlite_master").Scan(ctx, &n))
	}
	_, err := tx.ExecContext(ctx, "SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0; SET LOCAL lock_timeout = '10s'")
	return Err(err)
}

// Steps are the names of the schema's steps that this program knows, in order.
func Steps() ([]string, error) {
	files, err := stepFiles()
	if err != nil {
		return nil, err
	}
	var out []string
	for _, f := range files {
		out = append(out, stepName(f))
	}
	return out, nil
}

func stepFiles() ([]string, error) {
	files, err := fs.Glob(migrations.Files, "*.up.sql")
	if err != nil {
		return nil, fmt.Errorf("read migrations: %w", err)
	}
	slices.Sort(files)
	return files, nil
}

// stepName is what the database calls the step of a file: its time.
func stepName(file string) string {
	name, _, _ := strings.Cut(file, "_")
	return name
}

// Applied are the names of the steps that were run on the database, in order; none where it has no tables.
func Applied(ctx context.Context, tx bun.IDB) ([]string, error) {
	there, err := Tables(ctx, tx)
	if err != nil || !slices.Contains(there, "bun_migrations") {
		return nil, err
	}
	var out []string
	err = tx.NewRaw("SELECT name FROM bun_migrations ORDER BY name").Scan(ctx, &out)
	return out, Err(err)
}

// Tables are the names of the tables that the database has, the program's and others, without those of indexes.
func Tables(ctx context.Context, tx bun.IDB) ([]string, error) {
	q := "SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema() AND table_type = 'BASE TABLE' ORDER BY table_name"
	if isSQLite(tx) {
		q = "SELECT name FROM sqlite_master WHERE " + ordinary + " ORDER BY name"
	}
	var out []string
	err := tx.NewRaw(q).Scan(ctx, &out)
	return out, Err(err)
}

// Rebuild throws the tables away, which are named with those that others refer to first, and runs the steps in order.
// All of it is part of the transaction.
func Rebuild(ctx context.Context, tx bun.Tx, tables, steps []string) error {
	if err := unhurried(ctx, tx); err != nil {
		return err
	}
	if !isSQLite(tx) {
		if err := Lock(ctx, tx, "rebuild"); err != nil {
			return err
		}
	}
	if err := throwAway(ctx, tx, tables); err != nil {
		return err
	}
	if _, err := tx.NewCreateTable().Model((*migrate.Migration)(nil)).ModelTableExpr("bun_migrations").Exec(ctx); err != nil {
		return fmt.Errorf("table of the steps: %w", Err(err))
	}
	return run(ctx, tx, func(step string) bool { return slices.Contains(steps, step) })
}

// Upgrade runs, in the transaction, every step that was not run yet.
func Upgrade(ctx context.Context, tx bun.Tx) error {
	done, err := Applied(ctx, tx)
	if err != nil {
		return err
	}
	return run(ctx, tx, func(step string) bool { return !slices.Contains(done, step) })
}

func throwAway(ctx context.Context, tx bun.Tx, tables []string) error {
	all := append(slices.Clone(tables), "bun_migrations", "bun_migration_locks")
	there, err := Tables(ctx, tx)
	if err != nil {
		return err
	}
	var guards, words []string
	if !isSQLite(tx) { // functions of triggers outlive their tables
		err := tx.NewRaw(`SELECT DISTINCT p.oid::regprocedure::text FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_proc p ON p.oid = t.tgfoid
			JOIN pg_namespace n ON n.oid = p.pronamespace WHERE NOT t.tgisinternal AND n.nspname = current_schema() AND c.relname IN (?)`, bun.List(all)).Scan(ctx, &guards)
		if err != nil {
			return fmt.Errorf("functions of the triggers: %w", Err(err))
		}
	}
	for _, name := range slices.Backward(all) {
		if slices.Contains(there, name) {
			if _, err := tx.ExecContext(ctx, "DROP TABLE ?", bun.Ident(name)); err != nil {
				return fmt.Errorf("throw away the table %s: %w", name, Err(err))
			}
		}
	}
	if isSQLite(tx) { // what holds the words of a table is a table, too; its triggers went with the other
		if err := tx.NewRaw("SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'virtual'").Scan(ctx, &words); err != nil {
			return fmt.Errorf("indexes over words: %w", Err(err))
		}
	}
	for _, name := range words {
		if _, err := tx.ExecContext(ctx, "DROP TABLE ?", bun.Ident(name)); err != nil {
			return fmt.Errorf("throw away the index %s: %w", name, Err(err))
		}
	}
	for _, g := range guards {
		if _, err := tx.ExecContext(ctx, "DROP FUNCTION "+g); err != nil {
			return fmt.Errorf("throw away the function %s: %w", g, Err(err))
		}
	}
	return nil
}

// run runs the steps that are wanted, as Migrate does, within the transaction.
func run(ctx context.Context, tx bun.Tx, wanted func(step string) bool) error {
	files, err := stepFiles()
	if err != nil {
		return err
	}
	for _, f := range files {
		name := stepName(f)
		if !wanted(name) {
			continue
		}
		all, err := statements(f, wordsOf(tx))
		if err != nil {
			return err
		}
		for _, q := range all {
			if _, err := tx.ExecContext(ctx, q); err != nil {
				return fmt.Errorf("step %s: %w", f, Err(err))
			}
		}
		if _, err := tx.ExecContext(ctx, "INSERT INTO bun_migrations (name, group_id) VALUES (?, 1)", name); err != nil {
			return fmt.Errorf("step %s: %w", f, Err(err))
		}
	}
	return nil
}

func statements(file string, w words) ([]string, error) {
	raw, err := migrations.Files.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("read migrations: %w", err)
	}
	t, err := template.New(file).Parse(string(raw))
	if err != nil {
		return nil, fmt.Errorf("read migrations: %w", err)
	}
	var b bytes.Buffer
	if err := t.Execute(&b, w); err != nil {
		return nil, fmt.Errorf("read migrations: %w", err)
	}
	var out []string
	var q strings.Builder
	for lines := bufio.NewScanner(&b); lines.Scan(); {
		if l := lines.Text(); l != "--bun:split" {
			q.WriteString(l + "\n")
			continue
		}
		out = append(out, q.String())
		q.Reset()
	}
	return slices.DeleteFunc(append(out, q.String()), func(s string) bool { return strings.TrimSpace(s) == "" }), nil
}
