package backup

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/uptrace/bun"

	"greenroom/internal/db"
	"greenroom/migrations"
)

// RestoreOptions are what Restore needs besides the database and the file.
type RestoreOptions struct {
	Replace  bool     // throw away what the database holds
	Progress Progress // nil: nobody wants to know

	// Before runs before anything is thrown away, where the database has this program's schema: what must not be forgotten
	// with it is read here.
	Before func(ctx context.Context, tx bun.IDB, h Header) error

	// After runs at the end of the transaction, when the rows are there and the schema is this program's.
	After func(ctx context.Context, tx bun.IDB) error
}

// batch is how many rows, or bytes of rows, go to the database at once.
const (
	batchRows  = 200
	batchBytes = 1 << 20
)

// Restore makes the database what it was when the backup was taken, then brings it up to this program's schema. The
// database must hold nothing, unless Replace is set; it need not have tables. All of it is one transaction: where
// anything is wrong with the file, or the process is killed, the database is as before. What was written is read
// again and compared with the file's sums before the commit.
//
// No other program should have the database open: see db.OpenAlone.
func Restore(ctx context.Context, d *bun.DB, r io.Reader, o RestoreOptions) (Info, error) {
	var info Info
	err := db.InTx(ctx, d, func(ctx context.Context, tx bun.Tx) (err error) {
		l := &loader{ctx: ctx, tx: tx, o: o}
		info, err = readAll(ctx, r, sink{begin: l.begin, row: l.row})
		if err == nil {
			err = l.flush()
		}
		if err == nil {
			err = l.compare(info)
		}
		if err == nil {
			err = db.Upgrade(ctx, tx)
		}
		if err == nil && o.After != nil {
			err = o.After(ctx, tx)
		}
		return err
	})
	return info, err
}

// loader writes rows into the tables.
type loader struct {
	ctx context.Context
	tx  bun.Tx
	o   RestoreOptions

	table Table
	rows  [][]any
	size  int
	done  int64 // rows of the table
}

// begin makes the tables that the file is of.
func (l *loader) begin(h Header) error {
	own, err := schema(migrations.Schema)
	if err != nil {
		return err
	}
	if err := l.free(own); err != nil {
		return err
	}
	if l.o.Before != nil {
		if _, err := current(l.ctx, l.tx); err == nil {
			if err := l.o.Before(l.ctx, l.tx, h); err != nil {
				return err
			}
		}
	}
	old := names(own)
	for _, t := range h.Tables {
		if !slices.Contains(old, t.Name) {
			old = append(old, t.Name) // a table of an older schema: nothing of ours refers to it
		}
	}
	if err := db.Rebuild(l.ctx, l.tx, old, h.Steps); err != nil {
		return err
	}
	for _, t := range slices.Backward(h.Tables) { // what the steps put in is in the file, too
		if _, err := l.tx.ExecContext(l.ctx, "DELETE FROM ?", bun.Ident(t.Name)); err != nil {
			return fmt.Errorf("empty the table %s: %w", t.Name, db.Err(err))
		}
	}
	return nil
}

func names(all []Table) (out []string) {
	for _, t := range all {
		out = append(out, t.Name)
	}
	return out
}

// seeded are the tables that hold something in a database that nobody has used.
var seeded = []string{"schema_info"}

// free makes sure that nothing is lost that was not to be.
func (l *loader) free(own []Table) error {
	known, err := db.Steps()
	if err != nil {
		return err
	}
	done, err := db.Applied(l.ctx, l.tx)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(done, func(s string) bool { return !slices.Contains(known, s) }) {
		return errors.New("the database was made by a newer program: restore into another one")
	}
	there, err := db.Tables(l.ctx, l.tx)
	if err != nil || l.o.Replace {
		return err
	}
	for _, t := range own {
		if !slices.Contains(there, t.Name) || slices.Contains(seeded, t.Name) {
			continue
		}
		some := 0
		if err := l.tx.NewRaw("SELECT count(*) FROM (SELECT 1 FROM ? LIMIT 1) AS x", bun.Ident(t.Name)).Scan(l.ctx, &some); err != nil {
			return db.Err(err)
		}
		if some > 0 {
			return fmt.Errorf("the database is not empty: the table %s has rows. Restore into a new database, or add --replace to throw away what it holds", t.Name)
		}
	}
	return nil
}

func (l *loader) row(t Table, line []byte) error {
	if t.Name != l.table.Name {
		if err := l.flush(); err != nil {
			return err
		}
		l.table, l.done = t, 0
	}
	row, err := parse(t, line)
	if err != nil {
		return err
	}
	l.rows = append(l.rows, row)
	l.size += len(line)
	if len(l.rows) >= batchRows || l.size >= batchBytes {
		return l.flush()
	}
	return nil
}

// flush writes what has gathered.
func (l *loader) flush() error {
	if len(l.rows) == 0 {
		return nil
	}
	cols := make([]bun.Ident, len(l.table.Columns))
	for i, c := range l.table.Columns {
		cols[i] = bun.Ident(c.Name)
	}
	one := "(" + strings.TrimSuffix(strings.Repeat("?, ", len(cols)), ", ") + ")"
	q := "INSERT INTO ? (?) VALUES " + strings.TrimSuffix(strings.Repeat(one+", ", len(l.rows)), ", ")
	args := []any{bun.Ident(l.table.Name), bun.List(cols)}
	for _, r := range l.rows {
		args = append(args, r...)
	}
	if _, err := l.tx.ExecContext(l.ctx, q, args...); err != nil {
		return fmt.Errorf("write into the table %s: %w", l.table.Name, db.Err(err))
	}
	l.done += int64(len(l.rows))
	if l.o.Progress != nil {
		l.o.Progress(l.table.Name, l.done)
	}
	l.rows, l.size = l.rows[:0], 0
	return nil
}

// compare reads the tables again.
func (l *loader) compare(info Info) error {
	for i, t := range info.Tables {
		s, err := sumOf(l.ctx, l.tx, t)
		if err != nil {
			return err
		}
		if want := info.Manifest.Tables[i]; s != want {
			return fmt.Errorf("the table %s came back with %d rows that are not those of the backup (%d rows): this database cannot hold them", t.Name, s.Rows, want.Rows)
		}
	}
	return nil
}
