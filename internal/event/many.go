package event

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"greenroom/internal/db"
	"greenroom/internal/id"
)

// RecordAll is Record for many facts of one kind: two statements for every five hundred of them.
func RecordAll[F Fact](ctx context.Context, tx bun.IDB, now time.Time, facts []F) error {
	const most = 500
	at := now.UTC().Truncate(time.Microsecond)
	for len(facts) > 0 {
		n := min(most, len(facts))
		rows, first := make([]row, n), make([]due, n)
		for i, f := range facts[:n] {
			data, err := json.Marshal(f)
			if err != nil {
				return fmt.Errorf("write fact %q: %w", f.FactName(), err)
			}
			rows[i] = row{ID: id.New(), Name: f.FactName(), Data: string(data), CreatedAt: at}
			first[i] = due{FactID: rows[i].ID, State: "due", DueAt: at}
		}
		if _, err := tx.NewInsert().Model(&rows).Exec(ctx); err != nil {
			return fmt.Errorf("record %d facts: %w", n, db.Err(err))
		}
		if _, err := tx.NewInsert().Model(&first).Exec(ctx); err != nil {
			return fmt.Errorf("record %d facts: %w", n, db.Err(err))
		}
		facts = facts[n:]
	}
	if d, is := ctx.Value(hearing{}).(*Dispatcher); is {
		db.AfterCommit(ctx, d.Wake)
	}
	return nil
}
