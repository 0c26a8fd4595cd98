package event

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"greenroom/internal/db"
	"greenroom/internal/id"
)

// most is how many facts are written in one statement.
const most = 500

// RecordAll is Record for many facts of one kind: two statements for every five hundred of them.
func RecordAll[F Fact](ctx context.Context, tx bun.IDB, now time.Time, facts []F) error {
	for part := range slices.Chunk(facts, most) {
		all, err := Statements(ctx, tx, now, part)
		if err != nil {
			return err
		}
		for _, q := range all {
			if _, err := q.Exec(ctx); err != nil {
				return fmt.Errorf("record %d facts: %w", len(part), db.Err(err))
			}
		}
	}
	return nil
}

// Statements are those by which a few facts are recorded, for who sends them together with others (db.Together) in the same transaction.
func Statements[F Fact](ctx context.Context, tx bun.IDB, now time.Time, facts []F) ([]*bun.InsertQuery, error) {
	if len(facts) == 0 {
		return nil, nil
	}
	at := now.UTC().Truncate(time.Microsecond)
	rows, first := make([]row, len(facts)), make([]due, len(facts))
	for i, f := range facts {
		data, err := json.Marshal(f)
		if err != nil {
			return nil, fmt.Errorf("write fact %q: %w", f.FactName(), err)
		}
		rows[i] = row{ID: id.New(), Name: f.FactName(), Data: string(data), CreatedAt: at}
		first[i] = due{FactID: rows[i].ID, State: "due", DueAt: at}
	}
	if d, is := ctx.Value(hearing{}).(*Dispatcher); is {
		db.AfterCommit(ctx, d.Wake)
	}
	return []*bun.InsertQuery{tx.NewInsert().Model(&rows), tx.NewInsert().Model(&first)}, nil
}
