package backup

import (
	"bytes"
	"context"
	"encoding/json"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"greenroom/internal/db"
	"greenroom/internal/db/dbtest"
	"greenroom/migrations"
)

// A file of an older schema is restored into that schema, which is then brought up to date as an old database is: what
// later steps make of old rows, they make of these.
func TestOlderSchema(t *testing.T) {
	t.Parallel()
	ok := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	steps, err := db.Steps()
	ok(err)
	h := Header{Format: Format, Program: "v0.1", At: time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC), Tables: []Table{
		{Name: "schema_info", Key: []string{"id"}, Columns: []Column{{Name: "id", Type: "int"}, {Name: "min_binary", Type: "int"}}},
		{Name: "person", Key: []string{"id"}, Columns: []Column{
			{Name: "id", Type: "text"}, {Name: "kind", Type: "text"}, {Name: "name", Type: "text"}, {Name: "password_hash", Type: "text"}, {Name: "role", Type: "text"},
			{Name: "lang", Type: "text"}, {Name: "theme", Type: "text"}, {Name: "text_size", Type: "text"}, {Name: "time_zone", Type: "text"},
			{Name: "failed_count", Type: "int"}, {Name: "created_at", Type: "time"}, {Name: "updated_at", Type: "time"},
		}},
	}}
	h.Steps = steps[:slices.Index(steps, "20261125001000")] // before roles had a table
	old := func(ctx context.Context, tx bun.Tx) []byte {
		own, err := schema(migrations.Schema)
		ok(err)
		ok(db.Rebuild(ctx, tx, names(own), h.Steps))
		_, err = tx.ExecContext(ctx, `INSERT INTO person (id, kind, name, password_hash, role, lang, theme, text_size, time_zone, failed_count, created_at, updated_at)
			VALUES ('p', 'person', 'Olga Old', '', 'trainer', '', '', '', '', 0, ?, ?)`, h.At, h.At)
		ok(err)
		var b bytes.Buffer
		out := newArchive(&b)
		head, err := json.Marshal(h)
		ok(err)
		ok(out.add(headerName, h.At, head))
		m := Manifest{Header: hash(head)}
		for _, x := range h.Tables {
			parts, sum, err := out.table(ctx, tx, x, h.At, nil)
			ok(err)
			m.Parts, m.Tables = m.Parts+parts, append(m.Tables, sum)
		}
		end, err := json.Marshal(m)
		ok(err)
		ok(out.add(manifestName, h.At, end))
		ok(out.close())
		return b.Bytes()
	}
	dbtest.Each(t, func(t *testing.T, d *bun.DB) {
		var file []byte
		ok(db.InTx(t.Context(), d, func(ctx context.Context, tx bun.Tx) error { file = old(ctx, tx); return nil }))
		to := dbtest.New(t, filepath.Base(t.Name()))
		_, err := Restore(t.Context(), to, bytes.NewReader(file), RestoreOptions{})
		ok(err)
		ok(db.Migrated(t.Context(), to))
		n := 0
		ok(to.NewRaw("SELECT count(*) FROM role_grant WHERE person_id = 'p' AND role = 'trainer'").Scan(t.Context(), &n))
		if n != 1 {
			t.Error("the steps that came later did not run on what was restored")
		}
		// A database that has only the old steps is told what to do, and not read as if it had all.
		if _, err := Write(t.Context(), d, new(bytes.Buffer), WriteOptions{Now: time.Now}); err == nil {
			t.Error("a backup of a schema that is not this program's")
		}
	})
}
