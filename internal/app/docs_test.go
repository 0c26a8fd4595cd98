package app_test

import (
	"encoding/json"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"greenroom/internal/db"
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
