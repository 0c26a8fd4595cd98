// Package backup writes the whole database into one file and reads it back, on either database.
//
//	backup.go   the format, and Write
//	archive.go  the file: a tar.gz whose parts come in a fixed order
//	row.go      rows as lines of JSON, with exact types
//	read.go     Check: a file is whole, or says what is wrong with it
//	restore.go  Restore: in one transaction, compared with what the file says of itself
//	schema.go   which tables there are
//
// The file begins with greenroom-backup.json (what it is), goes on with tables/<table>/<number>.jsonl (rows, a megabyte
// at a time) and ends with manifest.json (how many rows, and a sum of each table). A file without its end is refused,
// and so is one of which a single byte is not what was written. All media and every published course lie in the
// database, so the file has them too; the secret in the data folder it has not.
package backup

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"greenroom/internal/db"
	"greenroom/migrations"
)

// Format is the number of the file's format. A program reads its own and lower ones.
const Format = 1

// Header says what a file is; it is the first part.
type Header struct {
	Format  int       `json:"format"`
	Program string    `json:"program"` // version that wrote it
	At      time.Time `json:"at"`      // when the snapshot was taken, UTC
	Steps   []string  `json:"steps"`   // of the schema that the rows have
	Tables  []Table   `json:"tables"`  // in an order in which no row comes before one that it refers to
}

// Table is one table of the schema. Key are the columns of its primary key.
type Table struct {
	Name    string   `json:"name"`
	Columns []Column `json:"columns"`
	Key     []string `json:"key"`
}

// Column has a type of schema.txt: text, int, bool, time or blob.
type Column struct {
	Name string `json:"name"`
	Type string `json:"type"`
	Null bool   `json:"null,omitempty"`
}

// Sum is what a table holds: the number of rows, and the sum of the SHA-256 of each row's line modulo 2^256. It does
// not depend on the order, which differs between databases.
type Sum struct {
	Name   string `json:"name"`
	Rows   int64  `json:"rows"`
	Digest string `json:"digest"`
}

// Manifest is the last part.
type Manifest struct {
	Header string `json:"header"` // SHA-256 of the first part
	Parts  int    `json:"parts"`  // how many parts of rows there are
	Tables []Sum  `json:"tables"`
}

// Rows are all rows.
func (m Manifest) Rows() (n int64) {
	for _, t := range m.Tables {
		n += t.Rows
	}
	return n
}

// Info is a file that is whole.
type Info struct {
	Header
	Manifest Manifest
}

// Progress is told how many rows of a table have been written or read.
type Progress func(table string, rows int64)

// WriteOptions are what Write needs besides the database.
type WriteOptions struct {
	Program  string
	Now      func() time.Time
	Progress Progress // nil: nobody wants to know
}

// Write writes a backup of the database as it is at one moment, while others go on writing. It holds one part in
// memory, a megabyte or one row. Where it fails, what w has got is no backup, and Check says so.
func Write(ctx context.Context, d *bun.DB, w io.Writer, o WriteOptions) (Info, error) {
	tables, err := schema(migrations.Schema)
	if err != nil {
		return Info{}, err
	}
	h := Header{Format: Format, Program: o.Program, Tables: tables}
	out := newArchive(w)
	var m Manifest
	err = db.Snapshot(ctx, d, func(ctx context.Context, tx bun.Tx) error {
		h.At = o.Now().UTC().Truncate(time.Microsecond)
		if h.Steps, err = current(ctx, tx); err != nil {
			return err
		}
		head, err := json.MarshalIndent(h, "", " ")
		if err != nil {
			return err
		}
		m.Header = hash(head)
		if err := out.add(headerName, h.At, head); err != nil {
			return err
		}
		for _, t := range tables {
			parts, sum, err := out.table(ctx, tx, t, h.At, o.Progress)
			if err != nil {
				return fmt.Errorf("table %s: %w", t.Name, err)
			}
			m.Parts += parts
			m.Tables = append(m.Tables, sum)
		}
		return nil
	})
	if err != nil {
		return Info{}, err
	}
	end, err := json.MarshalIndent(m, "", " ")
	if err != nil {
		return Info{}, err
	}
	return Info{h, m}, errors.Join(out.add(manifestName, h.At, end), out.close())
}

// current are the steps of a database that has exactly those of this program.
func current(ctx context.Context, tx bun.IDB) ([]string, error) {
	known, err := db.Steps()
	if err != nil {
		return nil, err
	}
	done, err := db.Applied(ctx, tx)
	if err != nil {
		return nil, err
	}
	for _, s := range done {
		if !slices.Contains(known, s) {
			return nil, errors.New("the database was made by a newer program: use that one")
		}
	}
	if len(done) < len(known) {
		return nil, errors.New("the database has not been brought up to date: run 'greenroom migrate', or use the program that made it")
	}
	return done, nil
}

// Sums are the sums of all tables as they are now: two databases with the same content have the same.
func Sums(ctx context.Context, d *bun.DB) ([]Sum, error) {
	tables, err := schema(migrations.Schema)
	if err != nil {
		return nil, err
	}
	var all []Sum
	err = db.Snapshot(ctx, d, func(ctx context.Context, tx bun.Tx) error {
		for _, t := range tables {
			s, err := sumOf(ctx, tx, t)
			if err != nil {
				return err
			}
			all = append(all, s)
		}
		return nil
	})
	return all, err
}

func sumOf(ctx context.Context, tx bun.IDB, t Table) (Sum, error) {
	var a adder
	err := each(ctx, tx, t, func(line []byte) error { a.add(line); return nil })
	if err != nil {
		return Sum{}, fmt.Errorf("table %s: %w", t.Name, err)
	}
	return a.sum(t.Name), nil
}

// each calls fn with every row of a table, in the order of its key, as a line of JSON. The line is fn's until it
// returns.
func each(ctx context.Context, tx bun.IDB, t Table, fn func(line []byte) error) error {
	cols := make([]bun.Ident, len(t.Columns))
	for i, c := range t.Columns {
		cols[i] = bun.Ident(c.Name)
	}
	key := make([]bun.Ident, len(t.Key))
	for i, k := range t.Key {
		key[i] = bun.Ident(k)
	}
	rows, err := tx.QueryContext(ctx, "SELECT ? FROM ? ORDER BY ?", bun.List(cols), bun.Ident(t.Name), bun.List(key))
	if err != nil {
		return db.Err(err)
	}
	defer rows.Close()
	dest := make([]any, len(t.Columns))
	for i := range dest {
		dest[i] = new(cell)
	}
	var b bytes.Buffer
	for rows.Next() {
		if err := rows.Scan(dest...); err != nil {
			return err
		}
		b.Reset()
		if err := line(&b, t, dest); err != nil {
			return err
		}
		if err := fn(b.Bytes()); err != nil {
			return err
		}
	}
	return db.Err(errors.Join(rows.Err(), rows.Close()))
}

func hash(b []byte) string {
	h := sha256.Sum256(b)
	return hex.EncodeToString(h[:])
}

// clean is a name for a message: what stands in a file is not to be trusted.
func clean(s string) string {
	if len(s) > 80 {
		s = s[:80]
	}
	return strings.ToValidUTF8(strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return -1
		}
		return r
	}, s), "")
}
