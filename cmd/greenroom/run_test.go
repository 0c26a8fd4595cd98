package main

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"greenroom/internal/config"
	"greenroom/internal/course"
	"greenroom/internal/course/coursetest"
)

// shell is somebody at a terminal with settings of their own.
type shell struct {
	t   *testing.T
	env map[string]string
}

func newShell(t *testing.T) *shell {
	dir := t.TempDir()
	return &shell{t, map[string]string{
		"GREENROOM_DATABASE_URL": "sqlite:" + filepath.Join(dir, "test.db"), "GREENROOM_DATA": dir,
		"GREENROOM_BASE_URL": "http://learn.agency.example",
	}}
}

// run types a command and returns what it printed; the exit status has to be want.
func (s *shell) run(want int, args ...string) (stdout, stderr string) {
	s.t.Helper()
	var out, err bytes.Buffer
	got := run(s.t.Context(), args, func(k string) string { return s.env[k] }, &out, &err)
	if got != want {
		s.t.Fatalf("greenroom %s: exit status %d, want %d\n%s\n%s", strings.Join(args, " "), got, want, out.String(), err.String())
	}
	return out.String(), err.String()
}

func holds(t *testing.T, text string, parts ...string) {
	t.Helper()
	for _, p := range parts {
		if !strings.Contains(text, p) {
			t.Errorf("no %q in:\n%s", p, text)
		}
	}
}

func write(t *testing.T, tree fs.FS) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "courses")
	ok(t, os.CopyFS(dir, tree))
	return dir
}

func ok(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestVersionAndHelp(t *testing.T) {
	t.Parallel()
	s := newShell(t)
	out, _ := s.run(0, "version")
	if out != "greenroom "+version+"\n" {
		t.Errorf("version prints %q", out)
	}
	out, _ = s.run(0, "--help")
	holds(t, out, "serve", "migrate", "course lint", "course publish", "user add", "demo")
	out, _ = s.run(0, "serve", "--help")
	for _, x := range config.Settings() {
		holds(t, out, x.Name)
	}
	if _, err := os.Stat(strings.TrimPrefix(s.env["GREENROOM_DATABASE_URL"], "sqlite:")); err == nil {
		t.Error("asking for help made a database")
	}
}

func TestWrongCommandLines(t *testing.T) {
	t.Parallel()
	s := newShell(t)
	for _, args := range [][]string{
		nil, {"no-such-command"}, {"course"}, {"course", "export"}, {"version", "--no-such-flag"}, {"user", "add", "a@b.example"},
		{"user", "add", "a@b.example", "--name", "A", "--role", "emperor"},
	} {
		out, err := s.run(2, args...)
		holds(t, err, "greenroom:", "--help")
		if strings.Contains(out+err, "panic") {
			t.Errorf("%v: %s", args, err)
		}
	}
}

// All wrong settings are told at once, and secrets are not.
func TestWrongSettings(t *testing.T) {
	t.Parallel()
	s := newShell(t)
	for k, v := range map[string]string{
		"GREENROOM_ADDR": "nowhere", "GREENROOM_BASE_URL": "ftp://x", "GREENROOM_DATABASE_URL": "mysql://root:hunter2hunter2@x/y", "GREENROOM_SECRET": "tooshort",
		"GREENROOM_MAIL_URL": "http://user:hunter2hunter2@x", "GREENROOM_LOG": "loud", "GREENROOM_TRUSTED_PROXIES": "everybody", "GREENROOM_DEMO": "maybe",
	} {
		s.env[k] = v
	}
	for _, args := range [][]string{{"serve"}, {"migrate"}, {"course", "list"}, {"demo"}, {"user", "list"}} {
		out, err := s.run(2, args...)
		for k := range s.env {
			if k != "GREENROOM_DATA" {
				holds(t, err, k+":")
			}
		}
		if out != "" || strings.Contains(err, "hunter2") || strings.Contains(err, "tooshort") {
			t.Errorf("%v prints %q and\n%s", args, out, err)
		}
	}
}

// A demo on an address that others reach is refused.
func TestDemoStaysOnThisMachine(t *testing.T) {
	t.Parallel()
	s := newShell(t)
	s.env["GREENROOM_DEMO"], s.env["GREENROOM_ADDR"] = "true", "0.0.0.0:8080"
	_, err := s.run(2, "serve")
	holds(t, err, "GREENROOM_DEMO", "loopback")
}

var finding = regexp.MustCompile(`(?m)^tiny/01-first/02-check\.quiz\.yaml:\d+: error: `)

func TestLint(t *testing.T) {
	t.Parallel()
	s := newShell(t)
	s.run(0, "course", "lint") // the shipped courses
	tree := coursetest.Small()
	dir := write(t, tree)
	s.run(0, "course", "lint", dir)

	f := tree["tiny/01-first/02-check.quiz.yaml"]
	f.Data = bytes.Replace(f.Data, []byte("type: single"), []byte("type: sinlge"), 1)
	dir = write(t, tree)
	out, err := s.run(1, "course", "lint", dir)
	if !finding.MatchString(out) {
		t.Errorf("no file and line:\n%s", out)
	}
	holds(t, err, "1 errors")

	out, _ = s.run(1, "course", "lint", "--json", dir)
	var all []map[string]any
	if jerr := json.Unmarshal([]byte(out), &all); jerr != nil || len(all) == 0 {
		t.Fatalf("%v in:\n%s", jerr, out)
	}
	out, _ = s.run(0, "course", "lint", "--json", "--quiet", write(t, coursetest.Small()))
	if strings.TrimSpace(out) != "[]" {
		t.Errorf("no findings are %q", out)
	}
	out, err = s.run(0, "course", "lint", "--levels") // of the shipped courses
	holds(t, out, "YEAR  WORDS", "using-social-media/01-an-introduction/01-opening.reading.md")
	holds(t, err, "the hardest reads at school year")
	out, _ = s.run(0, "course", "lint", "--json", "--levels", write(t, coursetest.Small()))
	var both struct {
		Findings []course.Finding
		Levels   []course.Level
	}
	if jerr := json.Unmarshal([]byte(out), &both); jerr != nil || len(both.Levels) == 0 {
		t.Errorf("%v in:\n%s", jerr, out)
	}
	_, err = s.run(1, "course", "lint", filepath.Join(dir, "no-such-folder"))
	holds(t, err, "no-such-folder")
}

// What is published comes back byte for byte, and a broken folder changes nothing.
func TestPublishListExport(t *testing.T) {
	t.Parallel()
	s := newShell(t)
	tree := coursetest.Small()
	dir := write(t, tree)
	out, _ := s.run(0, "course", "publish", dir)
	holds(t, out, "tiny", "new")
	out, _ = s.run(0, "course", "publish", dir)
	holds(t, out, "unchanged")
	words := []byte("format: glossary/1\ntitle: \"Words\"\nterms:\n  - { key: room, term: \"Room\", meaning: \"What is open.\", modules: [tiny/first] }\n")
	if err := os.WriteFile(filepath.Join(dir, "glossary.yaml"), words, 0o600); err != nil {
		t.Fatal(err)
	}
	out, _ = s.run(0, "course", "publish", dir)
	holds(t, out, "unchanged", "glossary.yaml", "new")
	shared := t.TempDir()
	s.run(0, "course", "export", "glossary.yaml", shared)
	if back, err := os.ReadFile(filepath.Join(shared, "glossary.yaml")); err != nil || !bytes.Equal(back, words) {
		t.Errorf("exported glossary: %v\n%s", err, back)
	}
	s.run(1, "course", "export", "glossary.yaml", shared)                  // it is there already
	s.run(1, "course", "export", "pathways.yaml", shared)                  // never published
	if err := os.Remove(filepath.Join(dir, "glossary.yaml")); err != nil { // it is no part of the course
		t.Fatal(err)
	}
	list, _ := s.run(0, "course", "list")
	holds(t, list, "tiny", "A tiny course")

	to := filepath.Join(t.TempDir(), "out")
	s.run(0, "course", "export", "tiny", to)
	if a, b := files(t, os.DirFS(to)), files(t, os.DirFS(dir)); !maps.Equal(a, b) {
		t.Errorf("exported:\n%v\npublished:\n%v", keys(a), keys(b))
	}
	_, err := s.run(1, "course", "export", "tiny", to) // never over what is there
	holds(t, err, "exist")
	s.run(1, "course", "export", "no-such-course", filepath.Join(t.TempDir(), "x"))

	f := tree["tiny/01-first/02-check.quiz.yaml"]
	f.Data = append(f.Data, []byte("nonsense: 1\n")...)
	s.run(1, "course", "publish", write(t, tree))
	if after, _ := s.run(0, "course", "list"); after != list {
		t.Errorf("a broken folder changed\n%s\nto\n%s", list, after)
	}
}

// The shipped courses, too, go in and come out unchanged.
func TestShippedCoursesRoundTrip(t *testing.T) {
	t.Parallel()
	s := newShell(t)
	s.run(0, "course", "publish")
	list, _ := s.run(0, "course", "list")
	to := t.TempDir()
	n := 0
	for line := range strings.Lines(list) {
		if key := strings.Fields(line)[0]; key != "KEY" {
			s.run(0, "course", "export", key, to)
			n++
		}
	}
	if n == 0 {
		t.Fatal("no course is shipped")
	}
	for _, name := range []string{course.GlossaryFile, course.PathwaysFile} {
		s.run(0, "course", "export", name, to)
	}
	shippedFiles, err := folder("")
	ok(t, err)
	if a, b := files(t, os.DirFS(to)), files(t, shippedFiles); !maps.Equal(a, b) {
		t.Errorf("exported:\n%v\nshipped:\n%v", keys(a), keys(b))
	}
}

func files(t *testing.T, fsys fs.FS) map[string]string {
	t.Helper()
	out := map[string]string{}
	ok(t, fs.WalkDir(fsys, ".", func(p string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		raw, err := fs.ReadFile(fsys, p)
		out[p] = string(raw)
		return err
	}))
	return out
}

func keys(m map[string]string) (out []string) {
	for k := range m {
		out = append(out, k)
	}
	return out
}

func TestPeople(t *testing.T) {
	t.Parallel()
	s := newShell(t)
	out, _ := s.run(0, "migrate")
	holds(t, out, "up to date")
	out, _ = s.run(0, "user", "add", "ada@agency.example", "--name", "Ada Added", "--role", "admin")
	holds(t, out, "ada@agency.example", "http://learn.agency.example/reset/")
	_, err := s.run(1, "user", "add", "ADA@agency.example", "--name", "Ada Again")
	if strings.Contains(err, "constraint") || !strings.Contains(err, "email") {
		t.Errorf("a second one is told so:\n%s", err)
	}
	s.run(1, "user", "add", "no address", "--name", "Nobody")
	out, _ = s.run(0, "user", "list")
	holds(t, out, "ada@agency.example", "Ada Added", "admin")
	if n := strings.Count(out, "\n"); n != 2 {
		t.Errorf("%d lines:\n%s", n, out)
	}
}

func TestDemoTwice(t *testing.T) {
	t.Parallel()
	s := newShell(t)
	s.run(0, "course", "publish")
	out, _ := s.run(0, "demo")
	holds(t, out, "greenroom-demo")
	first, _ := s.run(0, "user", "list")
	holds(t, first, "learner@demo.example", "admin@demo.example")
	s.run(0, "demo")
	if second, _ := s.run(0, "user", "list"); second != first {
		t.Errorf("a second demo changed\n%s\nto\n%s", first, second)
	}
}
