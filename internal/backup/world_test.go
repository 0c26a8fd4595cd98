package backup_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"math"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"greenroom/internal/backup"
	"greenroom/internal/db"
	"greenroom/internal/faulttest"
)

// TestMain lets this binary be the child that is killed while it restores.
func TestMain(m *testing.M) {
	os.Exit(faulttest.Main(m, map[string]faulttest.Job{"restore": restoring}))
}

var at = time.Date(2026, 12, 3, 1, 2, 3, 456789000, time.UTC)

func now() time.Time { return at.Add(time.Hour) }

func ok(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// awkward are texts that formats like to spoil.
var awkward = []string{
	"", " ", "plain", `quote " and \ and \n`, "tab\t, newline\n, return\r, bell\a, delete\x7f", "?0 ? :name $1 'O''Brien' \"x\" -- ; /* */",
	"ünïcödé, 漢字, עברית, \U0001F469\u200d\U0001F680", "line\u2028and paragraph\u2029, zero\u200bwidth, bom\ufeff", "e\u0301 is not \u00e9", "<script>&amp;", strings.Repeat("long ", 40000),
}

func exec(t testing.TB, d *bun.DB, q string, args ...any) {
	t.Helper()
	if _, err := d.ExecContext(context.Background(), q, args...); err != nil {
		t.Fatalf("%s: %v", q[:min(len(q), 80)], err)
	}
}

// fill puts something awkward of every type into the tables.
func fill(t testing.TB, d *bun.DB) {
	t.Helper()
	for i, s := range awkward {
		person := string(rune('a'+i)) + "-person"
		exec(t, d, `INSERT INTO person (id, kind, email, email_folded, name, password_hash, role, lang, theme, text_size, time_zone, verified_at, failed_count, created_at, updated_at)
			VALUES (?, 'person', ?, ?, ?, '', '', '', 'system', '100', '', ?, ?, ?, ?)`, person, s, person, s, nullTime(i), int64(i), at, at.Add(time.Duration(i)*time.Microsecond))
		exec(t, d, `INSERT INTO session (token_hash, data, person_id, user_agent, created_at, seen_at, expires_at) VALUES (?, ?, ?, ?, ?, ?, ?)`,
			person, []byte(s), person, s, at, at, at.Truncate(time.Second))
		exec(t, d, `INSERT INTO learning_event (id, person_id, course_key, activity_key, kind, cycle, delivery_id, revision_hash, data, at) VALUES (?, ?, 'c', 'a', 'done', 1, '', '', ?, ?)`, person, person, s, at)
	}
	exec(t, d, `INSERT INTO course_media (sum, size, data) VALUES ('empty', ?, ?), ('all bytes', ?, ?), ('big', 0, ?)`,
		int64(math.MinInt64), []byte{}, int64(math.MaxInt64), allBytes(), bytes.Repeat(allBytes(), 4500)) // more than a part
	for i := range 3 {
		exec(t, d, `INSERT INTO quiz_attempt (id, person_id, course_key, activity_key, revision_hash, activity_hash, client, state, seed, answers, saves, started_at, score, total, passed)
			VALUES (?, 'a-person', 'c', ?, '', '', ?, 'aside', ?, '{}', 0, ?, 0, 0, ?)`, i, string(rune('a'+i)), i, int64(-i), at, i%2 == 0)
	}
	exec(t, d, `INSERT INTO stream (id, head, epoch) VALUES ('s', 1, 1)`)
	exec(t, d, `INSERT INTO stream_event (stream_id, n, kind, payload, at) VALUES ('s', 1, 'k', '{}', ?)`, at)
}

func nullTime(i int) any {
	if i%2 == 0 {
		return nil
	}
	return at
}

func allBytes() []byte {
	b := make([]byte, 256)
	for i := range b {
		b[i] = byte(i)
	}
	return b
}

func write(t testing.TB, d *bun.DB) ([]byte, backup.Info) {
	t.Helper()
	var b bytes.Buffer
	info, err := backup.Write(context.Background(), d, &b, backup.WriteOptions{Program: "v1.2.3", Now: now})
	ok(t, err)
	return b.Bytes(), info
}

func sums(t testing.TB, d *bun.DB) []backup.Sum {
	t.Helper()
	s, err := backup.Sums(context.Background(), d)
	ok(t, err)
	return s
}

func same(t testing.TB, got, want []backup.Sum) {
	t.Helper()
	if !slices.Equal(got, want) {
		for i := range want {
			if i < len(got) && got[i] != want[i] {
				t.Errorf("table %s: %v, want %v", want[i].Name, got[i], want[i])
			}
		}
		t.Fatal("the databases differ")
	}
}

func restore(d *bun.DB, file []byte, replace bool) (backup.Info, error) {
	return backup.Restore(context.Background(), d, bytes.NewReader(file), backup.RestoreOptions{Replace: replace})
}

// part is one part of a file.
type part struct {
	name string
	data string
}

// unpack takes a file apart.
func unpack(t testing.TB, file []byte) (all []part) {
	t.Helper()
	z, err := gzip.NewReader(bytes.NewReader(file))
	ok(t, err)
	for r := tar.NewReader(z); ; {
		e, err := r.Next()
		if errors.Is(err, io.EOF) {
			return all
		}
		ok(t, err)
		raw, err := io.ReadAll(r)
		ok(t, err)
		all = append(all, part{e.Name, string(raw)})
	}
}

// pack puts a file together again, with sums of gzip and tar that are right.
func pack(t testing.TB, all []part) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	w := tar.NewWriter(z)
	for _, p := range all {
		ok(t, w.WriteHeader(&tar.Header{Name: p.name, Size: int64(len(p.data)), Mode: 0o600}))
		_, err := w.Write([]byte(p.data))
		ok(t, err)
	}
	ok(t, w.Close())
	ok(t, z.Close())
	return b.Bytes()
}

func open(t testing.TB, u string) *bun.DB {
	t.Helper()
	d, err := db.Open(context.Background(), u)
	ok(t, err)
	t.Cleanup(func() { _ = d.Close() })
	return d
}
