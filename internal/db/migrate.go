package db

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/migrate"

	"greenroom/internal/fault"
	"greenroom/migrations"
)

// Binary is this program's number for the schema. It rises when the program stops understanding what an older
// one wrote, or the other way round.
const Binary = 1

// How often and how far apart a step is tried whose table is in use.
const (
	lockTries = 30
	lockPause = time.Second
)

// words are what migration files say differently on the two databases.
type words struct {
	Time, Blob, Bool, Int, Strict string
	SQLite                        bool
}

func wordsOf(d bun.IDB) words {
	if isSQLite(d) {
		return words{Time: "TEXT", Blob: "BLOB", Bool: "INTEGER", Int: "INTEGER", Strict: " STRICT", SQLite: true}
	}
	return words{Time: "TIMESTAMPTZ", Blob: "BYTEA", Bool: "BOOLEAN", Int: "BIGINT"}
}

// Migrate brings the schema up to date. However many nodes start together, it runs once. It refuses a schema
// that needs a newer program than this one; a schema that is merely newer is fine, so that a rolling upgrade works.
func Migrate(ctx context.Context, d *bun.DB) error { return migrateWith(ctx, d, migrations.Files) }

func migrateWith(ctx context.Context, d *bun.DB, files fs.FS) error {
	steps := migrate.NewMigrations()
	if err := steps.Discover(files); err != nil {
		return fmt.Errorf("read migrations: %w", err)
	}
	return once(ctx, d, func() error {
		// A step and the note that it was run are one transaction (before, after): a program that is killed between
		// two statements leaves either both or neither. Upsert, since the migrator notes it once more by itself.
		m := migrate.NewMigrator(d, steps, migrate.WithTemplateData(wordsOf(d)), migrate.WithMarkAppliedOnSuccess(true),
			migrate.WithUpsert(true), migrate.BeforeMigration(before(isSQLite(d))), migrate.AfterMigration(after))
		if err := m.Init(ctx); err != nil {
			return fmt.Errorf("prepare migrations: %w", err)
		}
		if err := refuseOld(ctx, d); err != nil {
			return err
		}
		for try := 1; ; try++ {
			_, err := m.Migrate(ctx)
			switch {
			case err == nil:
				return nil
			case errors.Is(err, errRun): // by another process on the same SQLite file: look again what is left
			case fault.Is(Err(err), fault.Unavailable) && try < lockTries && ctx.Err() == nil: // readers hold a table
				time.Sleep(lockPause)
			default:
				return fmt.Errorf("migrate: %w", err)
			}
		}
	})
}

// errRun says that another process has run a step while this one waited for the database.
var errRun = errors.New("the step has been run")

// before returns what runs at the start of a step's transaction, when SQLite's write lock is held. On PostgreSQL a
// step waits two seconds at most for a table that is in use, since everybody else would queue up behind it.
func before(lite bool) migrate.MigrationHook {
	return func(ctx context.Context, tx bun.IConn, step *migrate.Migration) error {
		if !lite {
			if _, err := tx.ExecContext(ctx, "SET LOCAL lock_timeout = '2s'"); err != nil {
				return err
			}
		}
		n := 0
		// The name is digits from our own file name, so it may stand in the text.
		if err := tx.QueryRowContext(ctx, "SELECT count(*) FROM bun_migrations WHERE name = '"+step.Name+"'").Scan(&n); err != nil {
			return err
		}
		if n > 0 {
			return errRun
		}
		return nil
	}
}

// after runs at the end of a step's transaction.
func after(ctx context.Context, tx bun.IConn, step *migrate.Migration) error {
	_, err := tx.ExecContext(ctx, fmt.Sprintf("INSERT INTO bun_migrations (name, group_id) VALUES ('%s', %d)", step.Name, step.GroupID))
	return err
}

// Migrated says whether every step of this program has been run: what /readyz asks.
func Migrated(ctx context.Context, d *bun.DB) error {
	steps := migrate.NewMigrations()
	if err := steps.Discover(migrations.Files); err != nil {
		return err
	}
	ms, err := migrate.NewMigrator(d, steps).MigrationsWithStatus(ctx)
	if err != nil {
		return Err(err)
	}
	if n := len(ms.Unapplied()); n > 0 {
		return fmt.Errorf("%d migrations have not been run: run 'greenroom migrate'", n)
	}
	return refuseOld(ctx, d)
}

func refuseOld(ctx context.Context, d *bun.DB) error {
	there := 0
	q := "SELECT count(*) FROM information_schema.tables WHERE table_schema = current_schema() AND table_name = 'schema_info'"
	if isSQLite(d) {
		q = "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = 'schema_info'"
	}
	if err := d.NewRaw(q).Scan(ctx, &there); err != nil || there == 0 {
		return Err(err)
	}
	need := 0
	if err := d.NewRaw("SELECT min_binary FROM schema_info WHERE id = 1").Scan(ctx, &need); err != nil {
		return Err(err)
	}
	if need > Binary {
		return fmt.Errorf("the database was made for a newer program (it needs %d, this one is %d): install the newer version", need, Binary)
	}
	return nil
}

// once holds a lock that lives on one connection and dies with it, so that a node that is killed while migrating
// leaves nothing behind. It tries instead of waiting, since a blocked statement would meet statement_timeout.
func once(ctx context.Context, d *bun.DB, do func() error) error {
	if isSQLite(d) {
		return do()
	}
	c, err := d.Conn(ctx)
	if err != nil {
		return Err(err)
	}
	defer c.Close()
	for got := false; !got; {
		if err := c.QueryRowContext(ctx, "SELECT pg_try_advisory_lock(?)", 7203).Scan(&got); err != nil {
			return Err(err)
		}
		if !got {
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-time.After(100 * time.Millisecond):
			}
		}
	}
	defer func() { _, _ = c.ExecContext(context.WithoutCancel(ctx), "SELECT pg_advisory_unlock(?)", 7203) }()
	return do()
}
