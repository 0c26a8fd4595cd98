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
		rows, err := rowsOf(now, part)
		if err != nil {
			return err
		}
		// The row that every fact starts with: it is replaced by one for each reactor when a dispatcher opens it.
		first := make([]due, len(rows))
		for i, r := range rows {
			first[i] = due{FactID: r.ID, State: "due", DueAt: r.CreatedAt}
		}
		for _, q := range []*bun.InsertQuery{tx.NewInsert().Model(&rows), tx.NewInsert().Model(&first)} {
			if _, err := q.Exec(ctx); err != nil {
				return fmt.Errorf("record %d facts: %w", len(part), db.Err(err))
			}
		}
		wake(ctx)
	}
	return nil
}

func rowsOf[F Fact](now time.Time, facts []F) ([]row, error) {
	rows := make([]row, len(facts))
	for i, f := range facts {
		data, err := json.Marshal(f)
		if err != nil {
			return nil, fmt.Errorf("write fact %q: %w", f.FactName(), err)
		}
		rows[i] = row{ID: id.New(), Name: f.FactName(), Data: string(data), CreatedAt: now.UTC().Truncate(time.Microsecond)}
	}
	return rows, nil
}

// Texts are the statements by which facts are recorded together with others: db.PrepareSeveral. Args makes their arguments.
func Texts(d bun.IDB) []string {
	return []string{
		"INSERT INTO fact (id, name, data, created_at) SELECT column1, column2, column3, " + db.Moment(d) + " FROM " + db.RowsOf(d, 3) + " AS w",
		"INSERT INTO fact_delivery (fact_id, reactor, state, attempt, due_at, reason) SELECT column1, '', 'due', 0, " + db.Moment(d) + ", '' FROM " + db.RowsOf(d, 1) + " AS w",
	}
}

// Args are the arguments for Texts: any number of facts of one kind, few enough for one statement.
func Args[F Fact](ctx context.Context, tx bun.IDB, now time.Time, facts []F) ([][]any, error) {
	rows, err := rowsOf(now, facts)
	if err != nil {
		return nil, err
	}
	all, ids := make([][]string, len(rows)), make([][]string, len(rows))
	for i, r := range rows {
		all[i], ids[i] = []string{r.ID, r.Name, r.Data}, []string{r.ID}
	}
	if len(facts) > 0 {
		wake(ctx)
	}
	at := any(now.UTC().Truncate(time.Microsecond))
	return [][]any{append([]any{at}, db.TextRows(tx, 3, all)...), append([]any{at}, db.TextRows(tx, 1, ids)...)}, nil
}

// wake has the dispatcher that attends look once the facts are committed.
func wake(ctx context.Context) {
	if d, is := ctx.Value(hearing{}).(*Dispatcher); is {
		db.AfterCommit(ctx, d.Wake)
	}
}
