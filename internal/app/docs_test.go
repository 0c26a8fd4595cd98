package app_test

import (
	"encoding/json"
	"fmt"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"greenroom/internal/config"
	"greenroom/internal/db"
	"greenroom/internal/live"
)

func read(t *testing.T, path string) string {
	t.Helper()
	raw, err := os.ReadFile(filepath.FromSlash("../../" + path))
	ok(t, err)
	return string(raw)
}

var sqlBlock = regexp.MustCompile("(?s)```sql\n(.*?)```")

// The statements of docs/operating.md that remove a person do so, and leave others as they are.
func TestRemovingAPersonAsDocumented(t *testing.T) {
	found := sqlBlock.FindStringSubmatch(read(t, "docs/operating.md"))
	if found == nil {
		t.Fatal("docs/operating.md has no statements")
	}
	each(t, setup{}, func(t *testing.T, s *site) {
		r := s.course("tiny")
		gone, stays := s.person("Gil Gone", "learner"), s.person("Sue Stays", "learner")
		gone.takeAll(r)
		stays.takeAll(r)
		ok(t, s.Events.Drain(t.Context()))
		code := gone.certificate("tiny")
		for statement := range strings.SplitSeq(strings.ReplaceAll(found[1], "somebody@agency.example", "gil.gone@agency.example"), ";") {
			pragma := strings.Contains(statement, "PRAGMA")
			if statement = strings.TrimSpace(statement); statement == "" || pragma && s.DB.Dialect().Name().String() == "pg" {
				continue
			}
			_, err := s.DB.ExecContext(t.Context(), statement)
			ok(t, err)
		}
		for table, rows := range s.digest() {
			if table != "fact" && (strings.Contains(rows, gone.id) || strings.Contains(rows, "gil.gone@")) {
				t.Errorf("the table %s still knows them:\n%s", table, clip(rows))
			}
		}
		s.nobody().get("/certificates/" + code).want(404)
		stays.get("/me/certificates/"+stays.certificate("tiny")).want(200, "Sue Stays")
		s.healthy()
	})
}

// The copy that docs/operating.md tells to take of a running SQLite database is whole.
func TestBackupAsDocumented(t *testing.T) {
	t.Parallel()
	if !strings.Contains(read(t, "docs/operating.md"), "VACUUM INTO") {
		t.Fatal("docs/operating.md says nothing of it")
	}
	s := newSite(t, "sqlite", setup{})
	s.person("Bea Backup", "learner").takeAll(s.course("tiny"))
	file := filepath.Join(t.TempDir(), "copy.db")
	_, err := s.DB.ExecContext(t.Context(), "VACUUM INTO ?", file)
	ok(t, err)
	d, err := db.OpenSQLite(t.Context(), file, 1)
	ok(t, err)
	defer d.Close()
	ok(t, db.Migrated(t.Context(), d))
	before := s.digest()
	again := newSiteOn(t, d, setup{})
	again.same(before, "the copy")
}

// The limits of sockets stand in docs/operating.md as the program has them.
func TestLimitsOfSocketsAsDocumented(t *testing.T) {
	t.Parallel()
	text, o := read(t, "docs/operating.md"), live.Defaults()
	seconds := func(d time.Duration) int { return int(d / time.Second) }
	for what, n := range map[string]int{
		"sockets of one person on a node (`GREENROOM_LIVE_PER_PERSON`)": o.PerPerson, "sockets on a node (`GREENROOM_LIVE_SOCKETS`)": o.Sockets,
		"new sockets in a second on a node (`GREENROOM_LIVE_ACCEPT`)": o.Accept, "topics that a socket listens to": live.MaxTopics,
		"bytes of a message from a page": live.MaxFrame, "messages from a page in a second, twice as many at once": live.MaxTalk,
		"frames that wait for a page": o.Frames, "KiB that wait for a page": o.Bytes >> 10, "missed numbers that are told one by one": live.MaxMissed,
		"seconds for one write": seconds(o.Write), "seconds between pings, give or take a fifth": seconds(o.Ping),
		"seconds without a word from the page": seconds(o.Silent), "seconds between looks at sessions that have ended": seconds(o.Check),
		"seconds between looks at what one person may read": seconds(o.Seats), "seconds between looks at heads, whatever the doorbell says": seconds(o.Poll),
		"seconds between counts of who reads": seconds(o.Here), "seconds for which somebody who types is said to write": seconds(o.Typing), "seconds over which pages come back when a node stops": seconds(o.Spread),
	} {
		number := strconv.Itoa(n)
		if n >= 1000 {
			number = strconv.Itoa(n/1000) + "," + fmt.Sprintf("%03d", n%1000)
		}
		if !strings.Contains(text, "| "+what+" | "+number+" |") {
			t.Errorf("docs/operating.md does not say: %s: %s", what, number)
		}
	}
	cfg, err := config.Read(func(string) string { return "" })
	ok(t, err)
	if cfg.LiveSockets != o.Sockets || cfg.LivePerPerson != o.PerPerson || cfg.LiveAccept != o.Accept {
		t.Error("the defaults of the settings are others than those of the hub")
	}
}

// The twenty tests that docs/live-protocol.md names are there, in the packages and files that it says.
func TestTestsOfTheProtocolAsDocumented(t *testing.T) {
	t.Parallel()
	rows := regexp.MustCompile(`(?m)^\| (\d{1,2}) \|[^|]*\|(.*)\|$`).FindAllStringSubmatch(read(t, "docs/live-protocol.md"), -1)
	if len(rows) != 20 {
		t.Errorf("%d tests in the table, want 20", len(rows))
	}
	there := map[string]bool{}
	for _, pkg := range []string{"internal/app", "internal/live", "internal/bell", "internal/stream", "internal/forum", "cmd/greenroom"} {
		names, err := filepath.Glob(filepath.FromSlash("../../" + pkg + "/*_test.go"))
		ok(t, err)
		for _, name := range names {
			raw, err := os.ReadFile(name)
			ok(t, err)
			for _, f := range regexp.MustCompile(`(?m)^func (Test\w+)\(`).FindAllStringSubmatch(string(raw), -1) {
				there[f[1]] = true
			}
		}
	}
	for _, r := range rows {
		for _, name := range regexp.MustCompile(`Test[A-Z]\w+`).FindAllString(r[2], -1) {
			if !there[name] {
				t.Errorf("test %s: there is no %s", r[1], name)
			}
		}
	}
}

// Every module and package that is used directly has its line in docs/dependencies.md, and no other has one.
func TestDependenciesAsDocumented(t *testing.T) {
	t.Parallel()
	text := read(t, "docs/dependencies.md")
	lines := map[string]bool{}
	for line := range strings.Lines(text) {
		cells := strings.Split(line, "|")
		if len(cells) > 4 {
			for _, name := range regexp.MustCompile("`([a-z@][^` ]*)`").FindAllStringSubmatch(cells[1], -1) {
				lines[name[1]] = true
			}
		}
	}
	used := map[string]bool{}
	modules := regexp.MustCompile(`(?m)^\s+([a-z][^ ]+\.[^ ]+) v`).FindAllStringSubmatch(read(t, "go.mod"), -1)
	for path := range imports(t) {
		best := ""
		for _, m := range modules {
			if (path == m[1] || strings.HasPrefix(path, m[1]+"/")) && len(m[1]) > len(best) {
				best = m[1]
			}
		}
		if best != "" {
			used[best] = true
		}
	}
	var npm struct{ Dependencies, DevDependencies map[string]string }
	ok(t, json.Unmarshal([]byte(read(t, "package.json")), &npm))
	for _, m := range []map[string]string{npm.Dependencies, npm.DevDependencies} {
		for name := range m {
			used[name] = true
		}
	}
	for name := range used {
		if !lines[name] {
			t.Errorf("docs/dependencies.md has no line for %s", name)
		}
	}
	for name := range lines {
		if !used[name] && (strings.Contains(name, ".") && strings.Contains(name, "/") && !strings.HasPrefix(name, "internal/") && !strings.HasPrefix(name, "net/")) {
			t.Errorf("docs/dependencies.md has a line for %s, which nothing imports", name)
		}
	}
}

// imports are the paths that our Go files import.
func imports(t *testing.T) map[string]bool {
	t.Helper()
	out := map[string]bool{}
	ok(t, filepath.WalkDir("../..", func(p string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if e.IsDir() && (e.Name() == "node_modules" || e.Name() == ".git" || e.Name() == "data" || e.Name() == "bin") {
			return filepath.SkipDir
		}
		if !strings.HasSuffix(p, ".go") {
			return nil
		}
		f, err := parser.ParseFile(token.NewFileSet(), p, nil, parser.ImportsOnly)
		if err != nil {
			return nil // somebody is writing it
		}
		for _, i := range f.Imports {
			if path, err := strconv.Unquote(i.Path.Value); err == nil {
				out[path] = true
			}
		}
		return nil
	}))
	return out
}
