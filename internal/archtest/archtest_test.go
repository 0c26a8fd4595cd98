// Package archtest holds the rules of docs/architecture.md that a compiler does not: which package may import
// which, where Echo and SQL dialects may be known, and that every package says what it is for.
package archtest

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"
)

// floors say how high a package lies. It imports lower floors only: not its own, not a higher one.
var floors = map[string]int{
	"internal/fault": 0, "internal/config": 0, "internal/locale": 0, "internal/id": 0, "internal/markdown": 0,
	"internal/words": 0, "internal/shelf": 0, "internal/gather": 0, "internal/agenda": 0, "internal/sheet": 0, "internal/draft": 0, "migrations": 0, "courses": 0, "web": 0,
	"internal/db":   1,
	"internal/mail": 2, "internal/event": 2, "internal/stream": 2, "internal/audit": 2, "internal/backup": 2, "internal/telemetry": 2,
	"internal/account":  3,
	"internal/bell":     3,
	"internal/access":   4,
	"internal/allow":    4,
	"internal/inbox":    4,
	"internal/live":     4,
	"internal/signon":   4,
	"internal/course":   4,
	"internal/delivery": 5,
	"internal/record":   6,
	"internal/site":     7,
	"internal/insight":  7,
	"internal/reading":  7, "internal/scenario": 7, "internal/quiz": 7, "internal/reflection": 7, "internal/worksheet": 7, "internal/resources": 7, "internal/credential": 7, "internal/retention": 7,
	"internal/check": 7, "internal/notify": 8, "internal/situation": 8, "internal/panel": 8, "internal/outline": 8, "internal/room": 8,
	"internal/roster": 7, "internal/desk": 7, "internal/forum": 7, "internal/workshop": 7, "internal/author": 8, "internal/moderation": 8,
	"internal/disposal":    9,
	"web/templates/ui":     8,
	"web/templates/layout": 9, "web/templates/story": 9,
	"internal/web":  10,
	"internal/play": 11,
	"internal/app":  14,
	"cmd/greenroom": 15,
}

// patterns are floors of whole families.
func floor(pkg string) (int, bool) {
	if f, ok := floors[pkg]; ok {
		return f, true
	}
	switch {
	case strings.HasPrefix(pkg, "web/templates/"):
		return 12, true
	case strings.HasPrefix(pkg, "internal/") && strings.HasSuffix(pkg, "web"):
		return 13, true
	case strings.HasPrefix(pkg, "cmd/"):
		return 15, true
	case testOnly(pkg):
		return 16, true // test kits may know what they test; only tests may import them
	}
	return 0, false
}

func testOnly(pkg string) bool {
	return pkg == "internal/archtest" || strings.HasSuffix(pkg, "test") && strings.HasPrefix(pkg, "internal/")
}

const echoFloor = 8

type file struct {
	pkg, name string
	test      bool
	imports   []string
	doc       bool
}

func TestFloors(t *testing.T) {
	for _, f := range files(t) {
		if f.test {
			continue
		}
		from, ok := floor(f.pkg)
		if !ok {
			t.Errorf("%s has no floor: give it one in internal/archtest and docs/architecture.md", f.pkg)
			continue
		}
		for _, imp := range f.imports {
			if imp == "github.com/labstack/echo/v4" && from < echoFloor {
				t.Errorf("%s (%s) must not know Echo: it lies on floor %d, below %d", f.pkg, f.name, from, echoFloor)
			}
			if f.pkg != "internal/db" && (strings.HasPrefix(imp, "github.com/uptrace/bun/d") || strings.HasPrefix(imp, "modernc.org/")) {
				t.Errorf("%s (%s) must not know dialects or drivers: only internal/db does", f.pkg, f.name)
			}
			own, ok := strings.CutPrefix(imp, "greenroom/")
			if !ok {
				continue
			}
			if to, ok := floor(own); ok && to >= from && !(testOnly(own) && strings.HasPrefix(f.pkg, "cmd/")) {
				t.Errorf("%s (floor %d) must not import %s (floor %d): %s", f.pkg, from, own, to, f.name)
			}
		}
	}
}

func TestEveryPackageSaysWhatItIsFor(t *testing.T) {
	said := map[string]bool{}
	for _, f := range files(t) {
		if f.test && !strings.HasSuffix(f.pkg, "archtest") {
			continue
		}
		said[f.pkg] = said[f.pkg] || f.doc
	}
	for pkg, ok := range said {
		if !ok {
			t.Errorf("%s has no package comment", pkg)
		}
	}
}

// files reads the module's Go files.
func files(t *testing.T) []file {
	t.Helper()
	root := "../.."
	var out []file
	for _, top := range []string{"cmd", "internal", "web", "migrations", "courses"} {
		err := filepath.WalkDir(filepath.Join(root, top), func(p string, d fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			if d.IsDir() {
				if n := d.Name(); n == "node_modules" || n == "testdata" || n == "dist" {
					return filepath.SkipDir
				}
				return nil
			}
			if !strings.HasSuffix(p, ".go") {
				return nil
			}
			src, err := os.ReadFile(p)
			if err != nil {
				return err
			}
			parsed, err := parser.ParseFile(token.NewFileSet(), p, src, parser.ImportsOnly|parser.ParseComments)
			if err != nil {
				return err
			}
			rel, err := filepath.Rel(root, p)
			if err != nil {
				return err
			}
			out = append(out, read(filepath.ToSlash(rel), parsed))
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return out
}

func read(name string, f *ast.File) file {
	x := file{pkg: path.Dir(name), name: name, test: strings.HasSuffix(name, "_test.go"), doc: f.Doc != nil}
	for _, i := range f.Imports {
		x.imports = append(x.imports, strings.Trim(i.Path.Value, `"`))
	}
	return x
}
