package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/uptrace/bun"

	"greenroom/internal/account"
	"greenroom/internal/app"
	"greenroom/internal/course/coursetest"
	"greenroom/internal/db"
	"greenroom/internal/db/dbtest"
)

// on puts the shell's site on another database.
func (s *shell) on(url string) *shell {
	s.env["GREENROOM_DATABASE_URL"] = url
	return s
}

// A site moves from SQLite to PostgreSQL and back by backup and restore, and lists the same people and courses.
func TestBackupAndRestore(t *testing.T) {
	t.Parallel()
	a := newShell(t)
	a.run(0, "course", "publish", write(t, coursetest.Small()))
	a.run(0, "demo")
	a.app(func(x *app.App) {
		ok(t, db.InTx(t.Context(), x.DB, func(ctx context.Context, tx bun.Tx) error {
			_, err := x.Streams.Append(ctx, tx, "thread:x", "post", "{}")
			return err
		}))
	})
	people, _ := a.run(0, "user", "list")
	courses, _ := a.run(0, "course", "list")
	dir := t.TempDir()
	file := filepath.Join(dir, "one.tar.gz")
	_, said := a.run(0, "backup", file)
	holds(t, said, "rows of", "person:")
	st, err := os.Stat(file)
	ok(t, err)
	if st.Mode().Perm() != 0o600 {
		t.Errorf("others can read the backup: %v", st.Mode())
	}
	if note, err := os.ReadFile(filepath.Join(a.env["GREENROOM_DATA"], "last-backup.json")); err != nil || !strings.Contains(string(note), `"rows":`) {
		t.Errorf("the note: %s %v", note, err)
	}
	_, said = a.run(1, "backup", file)
	holds(t, said, "exists")
	if left, _ := filepath.Glob(filepath.Join(dir, ".greenroom-*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
	out, _ := a.run(0, "backup", "-") // to standard output: nothing but the backup
	if !strings.HasPrefix(out, "\x1f\x8b") {
		t.Errorf("standard output begins with %q", out[:min(20, len(out))])
	}

	b := newShell(t).on(dbtest.Empty(t, "postgres"))
	out, _ = b.run(0, "restore", "--check", file)
	holds(t, out, "whole and can be restored")
	b.run(1, "backup", filepath.Join(dir, "nothing.tar.gz")) // checking has left the database without tables
	_, said = b.run(0, "restore", file)
	holds(t, said, "sign in anew")
	_, said = b.run(1, "restore", file)
	holds(t, said, "not empty", "--replace")
	b.run(0, "backup", filepath.Join(dir, "two.tar.gz"))

	c := newShell(t)
	c.run(0, "restore", "--keep-sessions", filepath.Join(dir, "two.tar.gz"))
	for name, s := range map[string]*shell{"PostgreSQL": b, "SQLite again": c} {
		got, _ := s.run(0, "user", "list")
		list, _ := s.run(0, "course", "list")
		if got != people || list != courses {
			t.Errorf("on %s:\n%s%s\nwant\n%s%s", name, got, list, people, courses)
		}
	}
	a.run(0, "restore", "--replace", filepath.Join(dir, "two.tar.gz"))
	for name, s := range map[string]*shell{"PostgreSQL": b, "SQLite again": c, "the first": a} {
		s.app(func(x *app.App) {
			head, epoch, err := x.Streams.Head(t.Context(), "thread:x")
			if err != nil || head != 1 || epoch < 2 {
				t.Errorf("%s: head %d, epoch %d, %v: pages that were open would not load again", name, head, epoch, err)
			}
		})
	}
}

// app opens the shell's site.
func (s *shell) app(do func(a *app.App)) {
	s.t.Helper()
	a, err := (&world{s.t.Context(), func(k string) string { return s.env[k] }, os.Stdout, os.Stderr}).open()
	ok(s.t, err)
	do(a)
	ok(s.t, a.Close())
}

// A spoilt file, a missing one, and a database in use: told why, status 1, nothing changed.
func TestRestoreRefuses(t *testing.T) {
	t.Parallel()
	s := newShell(t)
	s.run(0, "user", "add", "ada@agency.example", "--name", "Ada Added")
	file := filepath.Join(t.TempDir(), "b.tar.gz")
	s.run(0, "backup", file)
	raw, err := os.ReadFile(file)
	ok(t, err)
	cut := filepath.Join(t.TempDir(), "cut.tar.gz")
	ok(t, os.WriteFile(cut, raw[:len(raw)-10], 0o600))
	for _, check := range []string{"--check", "--replace"} {
		_, said := s.run(1, "restore", check, cut)
		holds(t, said, "refused", "cut short")
		s.run(1, "restore", check, filepath.Join(t.TempDir(), "none.tar.gz"))
	}
	_, said := s.run(1, "backup", filepath.Join(t.TempDir(), "no", "folder", "b.tar.gz"))
	holds(t, said, "no such file")
	srv, ready := s.serve()
	if !ready {
		srv.stop(0)
		t.Fatal(srv.log.String())
	}
	s.run(0, "backup", filepath.Join(t.TempDir(), "b.tar.gz")) // while it serves
	_, said = s.run(1, "restore", "--replace", file)
	holds(t, said, "in use", "stop")
	srv.get("/courses")
	srv.stop(0)
	out, _ := s.run(0, "user", "list")
	holds(t, out, "ada@agency.example")
}

// Who has deleted their account since the backup is deleted again: by the list that an operator gives, and without one
// where the database that is replaced knows of it.
func TestRestoreErasesAgain(t *testing.T) {
	t.Parallel()
	s := newShell(t)
	s.run(0, "migrate")
	ids := map[string]string{}
	s.app(func(a *app.App) {
		for _, name := range []string{"ada", "gil", "lou"} {
			p, err := a.Accounts.AddDemo(t.Context(), account.DemoPerson{Name: name, Email: name + "@agency.example", Password: "a long walk by the river"})
			ok(t, err)
			ids[name] = p.ID
		}
	})
	file, list := filepath.Join(t.TempDir(), "b.tar.gz"), filepath.Join(t.TempDir(), "gone")
	s.run(0, "backup", file)
	s.app(func(a *app.App) {
		ok(t, a.Accounts.Delete(t.Context(), ids["lou"], account.Goodbye{Password: "a long walk by the river"}))
	})
	ok(t, os.WriteFile(list, []byte(ids["gil"]+"\n\nno-such-person\n"), 0o600))
	_, said := s.run(0, "restore", "--replace", "--erase", list, file)
	holds(t, said, "2 people were deleted again")
	out, _ := s.run(0, "user", "list")
	if holds(t, out, "ada@"); strings.Contains(out, "gil@") || strings.Contains(out, "lou@") {
		t.Errorf("still there:\n%s", out)
	}
	other := newShell(t) // elsewhere nobody knows of lou
	other.run(0, "restore", file)
	out, _ = other.run(0, "user", "list")
	holds(t, out, "lou@", "gil@")
}
