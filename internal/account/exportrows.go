package account

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/uptrace/bun"

	"greenroom/internal/db"
)

// LeftOut are the tables that hold rows about people which an export has not, each with the reason.
var LeftOut = map[string]string{
	"certificate_kept": "of accounts that are gone: nobody is left whose they are",
	"legal_hold":       "why something is held is the agency's matter until whom it covers leaves; then they are told",
	"legal_kept":       "of accounts that are gone: nobody is left whose they are",
	"legal_kept_line":  "of accounts that are gone: nobody is left whose they are",
}

// secret says whether a column is no information about a person but a key that opens something of theirs.
func secret(table, column string) bool {
	switch column {
	case "token_hash", "password_hash", "secret", "token":
		return true
	}
	return strings.HasSuffix(column, "_token") || strings.HasSuffix(column, "_secret") || table == "session" && column == "data"
}

// ExportBatch is how many rows are in memory at a time.
const ExportBatch = 200

// tables writes every row that names the person: of tables with a column for it, and of those that hang on such a row.
func (x *archive) tables(ctx context.Context) error {
	shape, err := db.Shape(ctx, x.svc.db)
	if err != nil {
		return err
	}
	for _, t := range shape {
		if LeftOut[t.Name] != "" {
			continue
		}
		where := Rows(shape, t.Name)
		if where == "" {
			continue
		}
		if err := x.table(ctx, t, where); err != nil {
			return fmt.Errorf("export the table %s: %w", t.Name, err)
		}
	}
	return nil
}

// Rows is the condition, with one place for the person's id, that chooses a person's rows of a table; "" where it has
// none. A row is a person's when it names them, or belongs to a row that is theirs.
func Rows(shape []db.Relation, table string) string { return rows(shape, table, nil) }

func rows(shape []db.Relation, table string, been []string) string {
	if slices.Contains(been, table) || len(been) > 3 {
		return ""
	}
	i := slices.IndexFunc(shape, func(r db.Relation) bool { return r.Name == table })
	if i < 0 {
		return ""
	}
	if table == "person" {
		return "id = ?"
	}
	t := shape[i]
	for _, c := range t.Columns {
		if c.References == "person" || c.Name == "person_id" {
			return c.Name + " = ?"
		}
	}
	for _, c := range t.Columns {
		if c.References == "" || c.References == "person" {
			continue
		}
		parent := slices.IndexFunc(shape, func(r db.Relation) bool { return r.Name == c.References })
		if parent < 0 || !shape[parent].Has("id") {
			continue
		}
		if inner := rows(shape, c.References, append(been, table)); inner != "" {
			return c.Name + " IN (SELECT id FROM " + c.References + " WHERE " + inner + ")"
		}
	}
	return ""
}

func (x *archive) table(ctx context.Context, t db.Relation, where string) error {
	var w io.Writer
	total := 0
	for {
		n, err := ExportRows(ctx, x.svc.db, []db.Relation{t}, t.Name, where, []any{x.personID}, total, func(line []byte) (err error) {
			if w == nil {
				if w, err = x.create("tables/" + t.Name + ".jsonl"); err != nil {
					return err
				}
			}
			_, err = w.Write(line)
			return err
		})
		if err != nil {
			return err
		}
		total += n
		if n < ExportBatch {
			break
		}
	}
	if total > 0 {
		x.parts = append(x.parts, packed{Name: t.Name, File: "tables/" + t.Name + ".jsonl", Rows: total})
	}
	return nil
}

// ExportRows gives up to ExportBatch rows of a table to fn, each as a line of JSON without what opens something, leaving out the first
// from of those that meet the condition, and says how many it gave. The batch is closed before anything is done with it: a slow disk
// holds no connection.
func ExportRows(ctx context.Context, d bun.IDB, shape []db.Relation, table, where string, args []any, from int, fn func(line []byte) error) (int, error) {
	i := slices.IndexFunc(shape, func(r db.Relation) bool { return r.Name == table })
	if i < 0 {
		return 0, fmt.Errorf("no table %q", table)
	}
	q := d.NewSelect().TableExpr("?", bun.Ident(table)).Where(where, args...).Limit(ExportBatch).Offset(int64(from))
	var columns []string
	for _, c := range shape[i].Columns {
		if !secret(table, c.Name) {
			columns = append(columns, c.Name)
			q = q.ColumnExpr("?", bun.Ident(c.Name)).OrderExpr("?", bun.Ident(c.Name))
		}
	}
	lines, err := readLines(ctx, q, columns)
	if err != nil {
		return 0, err
	}
	for _, line := range lines {
		if err := fn(line); err != nil {
			return 0, err
		}
	}
	return len(lines), nil
}

func readLines(ctx context.Context, q *bun.SelectQuery, columns []string) (lines [][]byte, err error) {
	res, err := q.Rows(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { _ = res.Close() }()
	for res.Next() {
		values := make([]any, len(columns))
		into := make([]any, len(columns))
		for i := range values {
			into[i] = &values[i]
		}
		if err := res.Scan(into...); err != nil {
			return nil, err
		}
		line, err := object(columns, values)
		if err != nil {
			return nil, err
		}
		lines = append(lines, line)
	}
	return lines, res.Err()
}

// object is a row as one line of JSON, its columns in their order.
func object(columns []string, values []any) ([]byte, error) {
	line := []byte{'{'}
	for i, v := range values {
		switch b := v.(type) {
		case []byte:
			v = string(b)
			if !utf8.Valid(b) {
				v = fmt.Sprintf("%d bytes", len(b))
			}
		case time.Time:
			v = b.UTC().Format(time.RFC3339Nano)
		}
		key, err := json.Marshal(columns[i])
		if err != nil {
			return nil, err
		}
		value, err := json.Marshal(v)
		if err != nil {
			return nil, err
		}
		if i > 0 {
			line = append(line, ',')
		}
		line = append(append(append(line, key...), ':'), value...)
	}
	return append(line, '}', '\n'), nil
}
