package db

import (
	"context"
	"fmt"
	"time"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/migrate"

	"greenroom/migrations"
)

// Binary is this program's number for the schema. It rises when the program stops understanding what an older
// one wrote, or the other way round.
const Binary = 1

// words are what migration files say differently on the two databases.
type words struct {
	Time, Blob, Bool, Int, Strict string
	SQLite                        bool
}

func wordsOf(d *bun.DB) words {
	if isSQLite(d) {
		return words{Time: "TEXT", Blob: "BLOB", Bool: "INTEGER", Int: "INTEGER", Strict: " STRICT", SQLite: true}
	}
	return words{Time: "TIMESTAMPTZ", Blob: "BYTEA", Bool: "BOOLEAN", Int: "BIGINT"}
}

// Migrate brings the schema up to date. However many nodes start together, it runs once. It refuses a schema
// that needs a newer program than this one; a schema that is merely newer is fine, so that a rolling upgrade works.
func Migrate(ctx context.Context, d *bun.DB) error {
	steps := migrate.NewMigrations()
	if err := steps.Discover(migrations.Files); err != nil {
		return fmt.Errorf("read migrations: %w", err)
	}
	return once(ctx, d, func() error {
		m := migrate.NewMigrator(d, steps, migrate.WithTemplateData(wordsOf(d)), migrate.WithMarkAppliedOnSuccess(true))
		if err := m.Init(ctx); err != nil {
			return fmt.Errorf("prepare migrations: %w", err)
		}
		if err := refuseOld(ctx, d); err != nil {
			return err
		}
		if _, err := m.Migrate(ctx); err != nil {
			return fmt.Errorf("migrate: %w", err)
		}
		return nil
	})
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
