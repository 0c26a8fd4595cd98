package db_test

import (
	"context"
	"flag"
	"fmt"
	"os"
	"slices"
	"sort"
	"strings"
	"testing"

	"github.com/uptrace/bun"

	"greenroom/internal/db/dbtest"
)

var update = flag.Bool("update", false, "write migrations/schema.txt anew")

const schemaFile = "../../migrations/schema.txt"

// TestSchema holds both databases to migrations/schema.txt, which is the place to read what tables there are.
func TestSchema(t *testing.T) {
	pg := describe(t, dbtest.New(t, "postgres"), postgresTables)
	lite := describe(t, dbtest.New(t, "sqlite"), sqliteTables)
	if *update {
		if err := os.WriteFile(schemaFile, []byte(pg), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	raw, err := os.ReadFile(schemaFile)
	if err != nil {
		t.Fatal(err)
	}
	if d := firstDifference(string(raw), pg); d != "" {
		t.Errorf("PostgreSQL differs from schema.txt (run make schema): %s", d)
	}
	if d := firstDifference(asSQLite(string(raw)), lite); d != "" {
		t.Errorf("SQLite differs from schema.txt: %s", d)
	}
}

// asSQLite is the text with the types that SQLite keeps the logical ones in.
func asSQLite(s string) string {
	lines := strings.Split(s, "\n")
	for i, l := range lines {
		if f := strings.Fields(l); len(f) >= 2 && strings.HasPrefix(l, "  ") {
			switch f[1] {
			case "time":
				l = strings.Replace(l, " time", " text", 1)
			case "bool":
				l = strings.Replace(l, " bool", " int", 1)
			}
		}
		lines[i] = l
	}
	return strings.Join(lines, "\n")
}

func firstDifference(want, got string) string {
	w, g := strings.Split(want, "\n"), strings.Split(got, "\n")
	for i := range max(len(w), len(g)) {
		a, b := "(nothing)", "(nothing)"
		if i < len(w) {
			a = w[i]
		}
		if i < len(g) {
			b = g[i]
		}
		if a != b {
			return fmt.Sprintf("line %d: schema.txt has %q, the database has %q", i+1, a, b)
		}
	}
	return ""
}

// table is what schema.txt says of one table.
type table struct {
	name    string
	columns []string
	keys    []string // primary key, unique, foreign keys, indexes
}

func describe(t *testing.T, d *bun.DB, read func(*testing.T, *bun.DB) []table) string {
	t.Helper()
	var b strings.Builder
	b.WriteString("The schema after all migrations. Written by `make schema`; a test compares it with both databases.\n" +
		"Types: text, int (64 bits), bool, time (UTC, microseconds), blob.\n")
	tables := read(t, d)
	slices.SortFunc(tables, func(a, b table) int { return strings.Compare(a.name, b.name) })
	for _, x := range tables {
		if strings.HasPrefix(x.name, "bun_migration") {
			continue
		}
		fmt.Fprintf(&b, "\ntable %s\n", x.name)
		for _, c := range x.columns {
			fmt.Fprintf(&b, "  %s\n", c)
		}
		sort.Strings(x.keys)
		for _, k := range x.keys {
			fmt.Fprintf(&b, "  - %s\n", k)
		}
	}
	return b.String()
}

func rows[T any](t *testing.T, d *bun.DB, q string, args ...any) []T {
	t.Helper()
	var out []T
	if err := d.NewRaw(q, args...).Scan(context.Background(), &out); err != nil {
		t.Fatalf("%s: %v", q, err)
	}
	return out
}

func column(name, kind string, null bool) string {
	if null {
		return name + " " + kind + " null"
	}
	return name + " " + kind
}

func postgresTables(t *testing.T, d *bun.DB) []table {
	kinds := map[string]string{"text": "text", "bigint": "int", "integer": "int", "boolean": "bool", "timestamp with time zone": "time", "bytea": "blob"}
	type col struct {
		TableName, ColumnName, DataType, IsNullable string
	}
	by := map[string]*table{}
	for _, c := range rows[col](t, d, `SELECT table_name, column_name, data_type, is_nullable FROM information_schema.columns
		WHERE table_schema = 'public' ORDER BY table_name, ordinal_position`) {
		x := by[c.TableName]
		if x == nil {
			x = &table{name: c.TableName}
			by[c.TableName] = x
		}
		kind, ok := kinds[c.DataType]
		if !ok {
			kind = c.DataType // a type that the other database has not: the comparison says so
		}
		x.columns = append(x.columns, column(c.ColumnName, kind, c.IsNullable == "YES"))
	}
	type idx struct {
		TableName, Columns string
		IsUnique, IsPk     bool
	}
	for _, i := range rows[idx](t, d, `SELECT t.relname AS table_name, i.indisunique AS is_unique, i.indisprimary AS is_pk,
			array_to_string(ARRAY(SELECT a.attname FROM unnest(i.indkey) WITH ORDINALITY k(n, o) JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = k.n ORDER BY k.o), ', ') AS columns
		FROM pg_index i JOIN pg_class t ON t.oid = i.indrelid JOIN pg_namespace n ON n.oid = t.relnamespace WHERE n.nspname = 'public'
		AND i.indexprs IS NULL`) { // an index over an expression is this database's own: for searching
		by[i.TableName].keys = append(by[i.TableName].keys, key(i.IsPk, i.IsUnique, i.Columns))
	}
	type fk struct{ TableName, ColumnName, Other, Rule string }
	for _, f := range rows[fk](t, d, `SELECT c.conrelid::regclass::text AS table_name, a.attname AS column_name, c.confrelid::regclass::text AS other,
			CASE c.confdeltype WHEN 'c' THEN 'cascade' WHEN 'n' THEN 'set null' ELSE 'no action' END AS rule
		FROM pg_constraint c JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1] WHERE c.contype = 'f'`) {
		by[f.TableName].keys = append(by[f.TableName].keys, fmt.Sprintf("%s references %s, on delete %s", f.ColumnName, f.Other, f.Rule))
	}
	var out []table
	for _, x := range by {
		out = append(out, *x)
	}
	return out
}

func key(pk, unique bool, columns string) string {
	switch {
	case pk:
		return "primary key (" + columns + ")"
	case unique:
		return "unique (" + columns + ")"
	}
	return "index (" + columns + ")"
}

func sqliteTables(t *testing.T, d *bun.DB) []table {
	kinds := map[string]string{"TEXT": "text", "INTEGER": "int", "BLOB": "blob"}
	var out []table
	for _, name := range rows[string](t, d, `SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND name NOT LIKE 'sqlite_%'`) {
		x := table{name: name}
		type col struct {
			Name, Type  string
			Notnull, Pk int64
		}
		var pk []string
		cols := rows[col](t, d, `SELECT name, type, "notnull", pk FROM pragma_table_info(?)`, name)
		for _, c := range cols {
			kind, ok := kinds[c.Type]
			if !ok {
				kind = c.Type
			}
			x.columns = append(x.columns, column(c.Name, kind, c.Notnull == 0 && c.Pk == 0))
		}
		slices.SortStableFunc(cols, func(a, b col) int { return int(a.Pk - b.Pk) })
		for _, c := range cols {
			if c.Pk > 0 {
				pk = append(pk, c.Name)
			}
		}
		if len(pk) > 0 {
			x.keys = append(x.keys, key(true, true, strings.Join(pk, ", ")))
		}
		type idx struct {
			Name, Origin string
			Unique       int64
		}
		for _, i := range rows[idx](t, d, `SELECT name, origin, "unique" FROM pragma_index_list(?)`, name) {
			if i.Origin == "pk" {
				continue
			}
			cols := rows[string](t, d, `SELECT name FROM pragma_index_info(?) ORDER BY seqno`, i.Name)
			x.keys = append(x.keys, key(false, i.Unique == 1, strings.Join(cols, ", ")))
		}
		type fk struct{ From, Table, OnDelete string }
		for _, f := range rows[fk](t, d, `SELECT "from", "table", on_delete FROM pragma_foreign_key_list(?) WHERE seq = 0`, name) {
			x.keys = append(x.keys, fmt.Sprintf("%s references %s, on delete %s", f.From, f.Table, strings.ToLower(f.OnDelete)))
		}
		out = append(out, x)
	}
	return out
}
