package db_test

import (
	"context"
	"io/fs"
	"testing"
	"testing/fstest"

	"greenroom/internal/db"
	"greenroom/internal/db/dbtest"
	"greenroom/migrations"
)

// before returns the steps up to and without the one named.
func before(t *testing.T, name string) fs.FS {
	t.Helper()
	all, err := fs.ReadDir(migrations.Files, ".")
	if err != nil {
		t.Fatal(err)
	}
	out := fstest.MapFS{}
	for _, f := range all {
		if f.Name() >= name {
			continue
		}
		raw, err := fs.ReadFile(migrations.Files, f.Name())
		if err != nil {
			t.Fatal(err)
		}
		out[f.Name()] = &fstest.MapFile{Data: raw}
	}
	return out
}

// The step that brings cohorts copies delivery and enrolment on SQLite. On a database in use nothing is lost, foreign
// keys still hold, and a program that knows nothing of cohorts can still write.
func TestCohortsComeToADatabaseInUse(t *testing.T) {
	t.Parallel()
	for _, engine := range dbtest.Engines {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			ctx, d := context.Background(), open(t, dbtest.Empty(t, engine))
			run := func(q string) error { _, err := d.ExecContext(ctx, q); return err }
			must := func(q string) {
				t.Helper()
				if err := run(q); err != nil {
					t.Fatalf("%s: %v", q, err)
				}
			}
			count := func(q string) (n int) {
				t.Helper()
				if err := d.NewRaw(q).Scan(ctx, &n); err != nil {
					t.Fatalf("%s: %v", q, err)
				}
				return n
			}
			if err := db.MigrateWith(ctx, d, before(t, "20261125001200")); err != nil {
				t.Fatal(err)
			}
			const at = "'2026-11-25 08:00:00+00:00'"
			for _, who := range []string{"ada", "bo"} {
				must("INSERT INTO person (id, kind, name, password_hash, role, lang, theme, text_size, time_zone, failed_count, created_at, updated_at) VALUES ('" +
					who + "', 'person', 'A', '', '', '', '', '', '', 0, " + at + ", " + at + ")")
			}
			must("INSERT INTO delivery (id, course_key, kind, created_at) VALUES ('d1', 'posts', 'self-paced', " + at + "), ('d2', 'talks', 'self-paced', " + at + ")")
			enrol := func(id, person, delivery string) string {
				return "INSERT INTO enrolment (id, delivery_id, person_id, course_key, revision_hash, status, last_activity, last_seen_at, created_at, updated_at) VALUES ('" +
					id + "', '" + delivery + "', '" + person + "', 'posts', 'r1', 'paused', 'm/a', " + at + ", " + at + ", " + at + ")"
			}
			must(enrol("e1", "ada", "d1"))
			must(enrol("e2", "bo", "d1"))
			if err := db.Migrate(ctx, d); err != nil {
				t.Fatal(err)
			}
			if n := count("SELECT count(*) FROM enrolment WHERE status = 'paused' AND last_activity = 'm/a' AND source = 'self' AND queued_at IS NULL"); n != 2 {
				t.Errorf("%d of 2 enrolments are as they were", n)
			}
			if n := count("SELECT count(*) FROM delivery WHERE kind = 'self-paced' AND status = 'open' AND capacity = 0"); n != 2 {
				t.Errorf("%d of 2 deliveries are as they were", n)
			}
			must(enrol("e3", "ada", "d2")) // what a program before this step writes
			if err := run(enrol("e4", "ada", "d1")); err == nil {
				t.Error("one person twice in a delivery")
			}
			if err := run(enrol("e5", "bo", "nowhere")); err == nil {
				t.Error("an enrolment in a delivery that does not exist")
			}
			if err := run("INSERT INTO delivery (id, course_key, kind, created_at) VALUES ('d3', 'posts', 'self-paced', " + at + ")"); err == nil {
				t.Error("two self-paced deliveries of a course")
			}
			if err := run("DELETE FROM delivery WHERE id = 'd1'"); err == nil {
				t.Error("a delivery with people went")
			}
			must("UPDATE enrolment SET status = 'waiting' WHERE id = 'e1'")
			must("DELETE FROM person WHERE id = 'ada'")
			if n := count("SELECT count(*) FROM enrolment"); n != 1 {
				t.Errorf("%d enrolments after one of two people was erased", n)
			}
		})
	}
}
