package db

import (
	"context"
	"fmt"

	"github.com/uptrace/bun"
)

// Relation is a table as it stands in the database.
type Relation struct {
	Name    string
	Columns []Column
}

// Column is a column of a Relation. References is the table that its foreign key leads to, "" without one.
type Column struct {
	Name, References string
	Text             bool // holds text
}

// Has says whether the table has a column of the name.
func (t Relation) Has(name string) bool {
	for _, c := range t.Columns {
		if c.Name == name {
			return true
		}
	}
	return false
}

// ordinary keeps SQLite's own tables out of what sqlite_master says, and those that make an index over words.
const ordinary = "name IN (SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND name NOT LIKE 'sqlite!_%' ESCAPE '!')"

// Shape reads what tables there are, by name, without those of the migrations and of indexes. It asks the database each time: another
// node may be newer and have added some.
func Shape(ctx context.Context, d bun.IDB) ([]Relation, error) {
	query := `SELECT c.table_name AS name, c.column_name AS column_name, c.data_type = 'text' AS is_text, COALESCE((
			SELECT MIN(f.relname) FROM pg_constraint AS k
			JOIN pg_class AS r ON r.oid = k.conrelid AND r.relname = c.table_name
			JOIN pg_class AS f ON f.oid = k.confrelid
			JOIN pg_attribute AS a ON a.attrelid = k.conrelid AND a.attnum = k.conkey[1]
			WHERE k.contype = 'f' AND a.attname = c.column_name), '') AS refers
		FROM information_schema.columns AS c
		JOIN information_schema.tables AS t ON t.table_name = c.table_name AND t.table_schema = c.table_schema AND t.table_type = 'BASE TABLE'
		WHERE c.table_schema = current_schema() AND c.table_name NOT LIKE 'bun!_%' ESCAPE '!' ORDER BY c.table_name, c.ordinal_position`
	if isSQLite(d) {
		query = `SELECT m.name AS name, i.name AS column_name, i.type = 'TEXT' AS is_text, COALESCE((
				SELECT MIN(f."table") FROM pragma_foreign_key_list(m.name) AS f WHERE f."from" = i.name), '') AS refers
			FROM sqlite_master AS m JOIN pragma_table_info(m.name) AS i
			WHERE m.type = 'table' AND m.` + ordinary + ` AND m.name NOT LIKE 'bun!_%' ESCAPE '!' ORDER BY m.name, i.cid`
	}
	var rows []struct {
		Name, ColumnName, Refers string
		IsText                   bool
	}
	if err := d.NewRaw(query).Scan(ctx, &rows); err != nil {
		return nil, fmt.Errorf("read what tables there are: %w", err)
	}
	var out []Relation
	for _, r := range rows {
		if n := len(out); n == 0 || out[n-1].Name != r.Name {
			out = append(out, Relation{Name: r.Name})
		}
		t := &out[len(out)-1]
		t.Columns = append(t.Columns, Column{Name: r.ColumnName, References: r.Refers, Text: r.IsText})
	}
	return out, nil
}
