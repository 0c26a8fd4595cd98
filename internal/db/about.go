package db

import (
	"context"
	"fmt"
	"strings"

	"github.com/uptrace/bun"
)

// About is what operators want to know of a database.
type About struct {
	Engine  string // SQLite or PostgreSQL
	Version string
	Bytes   int64 // of the whole database
	Steps   int   // of the schema that were run
	Known   int   // steps that this program knows
	Slots   int   // connections at most
	Used    int   // connections that are doing something
	Waits   int64 // how often somebody had to wait for one since the start
}

// Describe asks the database. It costs a few short queries.
func Describe(ctx context.Context, d *bun.DB) (About, error) {
	pool := d.DB.Stats()
	a := About{Engine: "PostgreSQL", Slots: pool.MaxOpenConnections, Used: pool.InUse, Waits: pool.WaitCount}
	q := "SELECT current_setting('server_version') AS version, pg_database_size(current_database()) AS bytes"
	if isSQLite(d) {
		a.Engine = "SQLite"
		q = "SELECT sqlite_version() AS version, (SELECT page_count FROM pragma_page_count()) * (SELECT page_size FROM pragma_page_size()) AS bytes"
	}
	if err := d.NewRaw(q).Scan(ctx, &a.Version, &a.Bytes); err != nil {
		return a, fmt.Errorf("describe the database: %w", Err(err))
	}
	a.Version, _, _ = strings.Cut(a.Version, " ") // PostgreSQL adds who packed it
	done, err := Applied(ctx, d)
	if err != nil {
		return a, err
	}
	known, err := Steps()
	a.Steps, a.Known = len(done), len(known)
	return a, err
}
