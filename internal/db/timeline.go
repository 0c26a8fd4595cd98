package db

import (
	"context"
	"fmt"
	"strconv"

	"github.com/uptrace/bun"
)

// Timeline is the number of the history that the database writes on. PostgreSQL begins another one when a standby takes over,
// or when it was restored to a moment of the past. 0 on SQLite, which has one only, and where the server does not say.
func Timeline(ctx context.Context, d *bun.DB) (int64, error) {
	if isSQLite(d) {
		return 0, nil
	}
	var hex string
	err := d.NewRaw("SELECT CASE WHEN pg_is_in_recovery() THEN '' ELSE substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8) END").Scan(ctx, &hex)
	if err != nil || hex == "" {
		return 0, Err(err)
	}
	n, err := strconv.ParseInt(hex, 16, 64)
	if err != nil {
		return 0, fmt.Errorf("timeline of the database: %w", err)
	}
	return n, nil
}
