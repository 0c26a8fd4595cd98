package backup_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/uptrace/bun"

	"greenroom/internal/backup"
	"greenroom/internal/db"
	"greenroom/internal/db/dbtest"
	"greenroom/internal/faulttest"
)

// What went in comes back, on the same database and on the other, into a database without tables and into a new one.
func TestThereAndBack(t *testing.T) {
	t.Parallel()
	for _, from := range dbtest.Engines {
		t.Run(from, func(t *testing.T) {
			t.Parallel()
			d := dbtest.New(t, from)
			fill(t, d)
			want := sums(t, d)
			file, info := write(t, d)
			same(t, info.Manifest.Tables, want)
			checked, err := backup.Check(t.Context(), bytes.NewReader(file))
			ok(t, err)
			same(t, checked.Manifest.Tables, want)
			if checked.Program != "v1.2.3" || !checked.At.Equal(now()) || info.Manifest.Rows() < 40 {
				t.Errorf("header %+v, %d rows", checked.Header, info.Manifest.Rows())
			}
			for _, to := range dbtest.Engines {
				for what, at := range map[string]*bun.DB{"without tables": open(t, dbtest.Empty(t, to)), "new": dbtest.New(t, to)} {
					if _, err := restore(at, file, false); err != nil {
						t.Fatalf("into %s, %s: %v", to, what, err)
					}
					same(t, sums(t, at), want)
					ok(t, db.Migrated(t.Context(), at))
					again, _ := write(t, at) // and back
					if _, err := restore(d, again, false); err == nil || !strings.Contains(err.Error(), "not empty") {
						t.Fatalf("a database with rows was overwritten: %v", err)
					}
					if _, err := restore(d, again, true); err != nil {
						t.Fatalf("back from %s: %v", to, err)
					}
					same(t, sums(t, d), want)
					guarded(t, at)
				}
			}
		})
	}
}

// guarded looks that the schema is all there: its triggers refuse what they always did.
func guarded(t *testing.T, d *bun.DB) {
	t.Helper()
	if _, err := d.ExecContext(t.Context(), "UPDATE learning_event SET data = 'x'"); err == nil || !strings.Contains(err.Error(), "append-only") {
		t.Errorf("the restored record can be changed: %v", err)
	}
}

// A backup has the state of one moment: what is written after its beginning is not in it, not even in tables that come
// late in the file, and nobody waits for it.
func TestOneMoment(t *testing.T) {
	t.Parallel()
	for _, engine := range dbtest.Engines {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			d, _ := dbtest.NewURL(t, engine, 4)
			fill(t, d)
			want := sums(t, d)
			var b bytes.Buffer
			var wrote sync.Once
			_, err := backup.Write(t.Context(), d, &b, backup.WriteOptions{Now: now, Progress: func(string, int64) {
				wrote.Do(func() { // somebody else commits while the file is being written
					exec(t, d, `INSERT INTO stream (id, head, epoch) VALUES ('late', 0, 1)`)
					exec(t, d, `DELETE FROM stream_event`)
					exec(t, d, `UPDATE person SET name = 'changed'`)
				})
			}})
			ok(t, err)
			if slices.Equal(sums(t, d), want) {
				t.Fatal("nothing was written meanwhile")
			}
			to := dbtest.New(t, engine)
			_, err = restore(to, b.Bytes(), false)
			ok(t, err)
			same(t, sums(t, to), want)
		})
	}
}

// refused is one way to spoil a file, and what is said of it.
type refused struct {
	what string
	file []byte
	says string
}

// spoilt are files that are wrong in one place each.
func spoilt(t *testing.T, file []byte) (all []refused) {
	parts := unpack(t, file)
	change := func(what, says string, fn func(p []part) []part) {
		all = append(all, refused{what, pack(t, fn(slices.Clone(parts))), says})
	}
	all = append(all, refused{"empty", nil, "no backup"}, refused{"something else", []byte("PGDMP and so on"), "no backup"},
		refused{"something follows", append(slices.Clone(file), "more"...), ""})
	change("another archive", "no backup", func([]part) []part { return []part{{"notes.txt", "hello"}} })
	for i, p := range parts {
		change("without "+p.name, "", func(p []part) []part { return slices.Delete(p, i, i+1) })
		if len(p.data) > 40 {
			change("one byte of "+p.name, "", func(all []part) []part {
				b := []byte(p.data)
				b[len(b)/2] ^= 1
				all[i].data = string(b)
				return all
			})
			change("half of "+p.name, "", func(all []part) []part { all[i].data = p.data[:len(p.data)/2]; return all })
		}
	}
	swap := func(old, to string) func([]part) []part {
		return func(p []part) []part {
			for i := range p {
				if strings.Contains(p[i].data, old) {
					p[i].data = strings.Replace(p[i].data, old, to, 1)
					return p
				}
			}
			t.Fatalf("no %q in the file", old)
			return p
		}
	}
	change("a newer format", "newer program (v1.2.3)", swap(`"format": 1`, `"format": 2`))
	change("a newer schema", "newer program", swap(`"20261125000001"`, `"20991231000000"`))
	change("another name", "not what was written", swap(`"name":"plain"`, `"name":"plane"`))
	change("a row less", "not what was written", func(p []part) []part {
		i := slices.IndexFunc(p, func(x part) bool { return strings.HasPrefix(x.name, "tables/person/") })
		_, p[i].data, _ = strings.Cut(p[i].data, "\n")
		return p
	})
	change("no number", "damaged", swap(`"head":1`, `"head":"1"`))
	change("two in the wrong order", "where it belongs", func(p []part) []part { p[1], p[2] = p[2], p[1]; return p })
	change("something after the end", "follows", func(p []part) []part { return append(p, part{"more", "x"}) })
	change("way out", "damaged", swap(`"name": "person"`, `"name": "../person"`))
	return all
}

// A file that is not what was written is refused with the reason, and the database stays as it was, with its rows and
// without.
func TestSpoiltFilesAreRefused(t *testing.T) {
	t.Parallel()
	from := dbtest.New(t, "sqlite")
	fill(t, from)
	file, _ := write(t, from)
	all := spoilt(t, file)
	rng := rand.New(rand.NewPCG(1, 2))
	for range 60 { // anywhere in the compressed file: bits that fall over, and ends that are missing
		b := slices.Clone(file)
		i := 20 + rng.IntN(len(b)-20)
		b[i] ^= byte(1 << rng.IntN(8))
		all = append(all, refused{fmt.Sprintf("a bit of byte %d", i), b, ""}, refused{fmt.Sprintf("the first %d bytes", i), file[:i], ""})
	}
	for _, x := range all {
		_, err := backup.Check(t.Context(), bytes.NewReader(x.file))
		if !errors.As(err, new(*backup.Refused)) || !strings.Contains(err.Error(), x.says) {
			t.Errorf("%s: %v, want it refused with %q", x.what, err, x.says)
		}
	}
	dbtest.Each(t, func(t *testing.T, d *bun.DB) {
		exec(t, d, `INSERT INTO stream (id, head, epoch) VALUES ('mine', 7, 1)`)
		before := sums(t, d)
		for i, x := range all {
			if i%12 != 0 && x.says == "" {
				continue // the rest is Check's: the reader is the same
			}
			if _, err := restore(d, x.file, true); err == nil {
				t.Fatalf("%s was restored", x.what)
			}
			same(t, sums(t, d), before)
		}
		ok(t, db.Migrated(t.Context(), d))
	})
}

// Restoring that fails in the middle, at whatever statement, changes nothing.
func TestFailingStatements(t *testing.T) {
	t.Parallel()
	from := dbtest.New(t, "sqlite")
	exec(t, from, `INSERT INTO stream (id, head, epoch) VALUES ('s', 1, 1)`)
	file, _ := write(t, from)
	d, f := faulttest.SQLite(t)
	exec(t, d, `INSERT INTO stream (id, head, epoch) VALUES ('mine', 7, 1)`)
	before := sums(t, d)
	n := 0
	for at := 1; ; at += 19 {
		f.Arm(at, false)
		_, err := restore(d, file, true)
		if !f.Disarm() {
			ok(t, err)
			break
		}
		if err == nil {
			t.Fatalf("statement %d failed and nobody noticed", at)
		}
		same(t, sums(t, d), before)
		n++
	}
	if n < 10 {
		t.Errorf("only %d statements failed", n)
	}
}

// restoring is the child's work: it restores a file again and again, and says so after each part.
func restoring(args []string, ack func(string)) error {
	file, err := os.ReadFile(args[1])
	if err != nil {
		return err
	}
	d, err := db.Open(context.Background(), args[0])
	if err != nil {
		return err
	}
	for {
		_, err := backup.Restore(context.Background(), d, bytes.NewReader(file), backup.RestoreOptions{Replace: true, Progress: func(table string, rows int64) { ack(table) }})
		if err != nil {
			return err
		}
		ack("all")
	}
}

// kill -9 in the middle of restoring leaves what was there before, or all of the backup.
func TestKilled(t *testing.T) {
	t.Parallel()
	for _, engine := range dbtest.Engines {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			from := dbtest.New(t, engine)
			fill(t, from)
			file, _ := write(t, from)
			path := filepath.Join(t.TempDir(), "backup")
			ok(t, os.WriteFile(path, file, 0o600))
			old, u := dbtest.NewURL(t, engine, 2)
			exec(t, old, `INSERT INTO stream (id, head, epoch) VALUES ('mine', 7, 1)`)
			before, after := sums(t, old), sums(t, from)
			faulttest.Rounds(t, "restore", 6, 9, []string{u, path}, func(_ int, acked []string) {
				got := sums(t, old)
				if slices.Equal(got, after) {
					before = after // from now on there is nothing else
					return
				}
				if slices.Contains(acked, "all") {
					t.Error("restored, acknowledged, and gone")
				}
				same(t, got, before)
			})
		})
	}
}
