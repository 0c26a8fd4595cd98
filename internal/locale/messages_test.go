package locale_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"greenroom/internal/locale"
)

// said finds a message that code asks for by its whole key.
var said = regexp.MustCompile(`\bT\("([a-z0-9_.-]+)"[,)]|fault\.New\([a-zA-Z.]+, "([a-z0-9_.-]+)"|\.Add\("[A-Za-z0-9_.\[\]-]*", "([a-z0-9_]+\.[a-z0-9_.-]+)"|Notice\(c, "[a-z]+", "([a-z0-9_.-]+)"`)

// mentioned finds whatever may be a key or the beginning of one.
var mentioned = regexp.MustCompile(`"([a-z0-9_]+\.[a-z0-9_.-]*)"`)

func sources(t *testing.T) map[string]string {
	t.Helper()
	out := map[string]string{}
	for _, dir := range []string{"../../internal", "../../web/templates", "../../cmd"} {
		err := filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || strings.HasSuffix(p, "_test.go") || strings.HasSuffix(p, "_templ.go") {
				return err
			}
			if e := filepath.Ext(p); e != ".go" && e != ".templ" {
				return nil
			}
			raw, err := os.ReadFile(p)
			out[p] = string(raw)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return out
}

func TestEveryMessageThatIsAskedForIsThere(t *testing.T) {
	b, err := locale.Load()
	if err != nil {
		t.Fatal(err)
	}
	l := b.Printer(locale.Default)
	for file, text := range sources(t) {
		for _, m := range said.FindAllStringSubmatch(text, -1) {
			key := m[1] + m[2] + m[3] + m[4]
			if strings.HasSuffix(key, ".") || strings.HasSuffix(key, "_") {
				continue // the rest of the key is put together at run time
			}
			if !l.Has(key) {
				t.Errorf("%s asks for %q, which has no message", file, key)
			}
		}
	}
}

func TestEveryMessageIsSaidSomewhere(t *testing.T) {
	keys := map[string]bool{}
	var begins []string
	for _, text := range sources(t) {
		for _, m := range mentioned.FindAllStringSubmatch(text, -1) {
			keys[m[1]] = true
			if strings.HasSuffix(m[1], ".") || strings.HasSuffix(m[1], "_") {
				begins = append(begins, m[1])
			}
		}
	}
	files, err := filepath.Glob("messages/" + locale.Default + "/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no message files (%v)", err)
	}
	for _, f := range files {
		raw, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		msgs := map[string]any{}
		if err := yaml.Unmarshal(raw, &msgs); err != nil {
			t.Fatalf("%s: %v", f, err)
		}
	next:
		for k := range msgs {
			if keys[k] {
				continue
			}
			for _, b := range begins {
				if strings.HasPrefix(k, b) {
					continue next
				}
			}
			t.Errorf("%s: nobody says %q", f, k)
		}
	}
}

func TestPrinterPicksTheForm(t *testing.T) {
	b, err := locale.Load()
	if err != nil {
		t.Fatal(err)
	}
	l := b.Printer("xx") // an unknown language falls back
	for n, want := range map[int]string{1: "1 minute", 2: "2 minutes", 59: "59 minutes", 60: "1 hour", 110: "1 h 50 min", 120: "2 hours"} {
		if got := l.Minutes(n); got != want {
			t.Errorf("%d minutes: %q, want %q", n, got, want)
		}
	}
	if got := l.T("no.such.key"); got != "no.such.key" {
		t.Errorf("a missing message shows %q", got)
	}
	if b.Printer(locale.Mirror).Dir() != "rtl" {
		t.Error("the mirrored language runs from left to right")
	}
}
