package web

import (
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

var built = fstest.MapFS{
	"manifest.json":  {Data: []byte(`{"css":"app-A.css","js":{"app":"app-B.js"},"fonts":["f/x-C.woff2"],"icon":"favicon-D.svg"}`)},
	"icons.json":     {Data: []byte(`{"check":"M1 2"}`)},
	"licences.json":  {Data: []byte(`[{"name":"lucide-static","version":"1.62.0","licence":"ISC","text":"Permission"}]`)},
	"app-A.css":      {Data: []byte("body{color:red}")},
	"app-A.css.gz":   {Data: []byte("packed")},
	"f/x-C.woff2":    {Data: []byte("font")},
	"app-B.js":       {Data: []byte("1")},
	".keep":          {},
	"favicon-D.svg":  {Data: []byte("<svg/>")},
	"sub/unseen.txt": {Data: []byte("x")},
}

func TestNamesComeFromTheManifest(t *testing.T) {
	t.Parallel()
	a := read(built)
	if a.CSS() != "/assets/app-A.css" || a.JS("app") != "/assets/app-B.js" || a.JS("none") != "" || a.Favicon() != "/assets/favicon-D.svg" {
		t.Error(a.CSS(), a.JS("app"), a.JS("none"), a.Favicon())
	}
	if f := a.Fonts(); !slices.Equal(f, []string{"/assets/f/x-C.woff2"}) {
		t.Error(f)
	}
	if a.Shape("check") != "M1 2" || a.Shape("none") != "" || len(a.Notices()) != 1 || a.Notices()[0].Licence != "ISC" {
		t.Error(a.Shape("check"), a.Notices())
	}
}

func TestWithoutABuildTheSetIsEmpty(t *testing.T) {
	t.Parallel()
	a := read(fstest.MapFS{".keep": {}})
	if a.CSS() != "" || a.JS("app") != "" || len(a.Fonts()) != 0 || a.Favicon() != "" || a.Shape("check") != "" || len(a.Notices()) != 0 {
		t.Error("something came out of nothing")
	}
}

func TestHandler(t *testing.T) {
	t.Parallel()
	h := handler(built)
	for _, c := range []struct {
		method, path, accept string
		status               int
		kind, encoding, body string
	}{
		{"GET", "/assets/app-A.css", "", 200, "text/css; charset=utf-8", "", "body{color:red}"},
		{"GET", "/assets/app-A.css", "br, gzip", 200, "text/css; charset=utf-8", "gzip", "packed"},
		{"GET", "/assets/app-A.css", "gzip;q=0, br", 200, "text/css; charset=utf-8", "", "body{color:red}"},
		{"GET", "/assets/app-A.css", "gzip; q=0.5", 200, "text/css; charset=utf-8", "gzip", "packed"},
		{"HEAD", "/assets/app-A.css", "gzip", 200, "text/css; charset=utf-8", "gzip", ""},
		{"GET", "/assets/f/x-C.woff2", "gzip", 200, "font/woff2", "", "font"},
		{"POST", "/assets/app-A.css", "", 405, "text/plain; charset=utf-8", "", "405 method not allowed\n"},
		{"GET", "/assets/app-A.css.gz", "", 404, "text/plain; charset=utf-8", "", "404 not found\n"},
		{"GET", "/assets/manifest.json", "", 404, "text/plain; charset=utf-8", "", "404 not found\n"},
		{"GET", "/assets/.keep", "", 404, "text/plain; charset=utf-8", "", "404 not found\n"},
		{"GET", "/assets/", "", 404, "text/plain; charset=utf-8", "", "404 not found\n"},
		{"GET", "/assets/../handler.go", "", 404, "text/plain; charset=utf-8", "", "404 not found\n"},
	} {
		r := httptest.NewRequest(c.method, "http://x"+c.path, nil)
		r.Header.Set("Accept-Encoding", c.accept)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		body, _ := io.ReadAll(w.Body)
		got := w.Result()
		if got.StatusCode != c.status || got.Header.Get("Content-Type") != c.kind || got.Header.Get("Content-Encoding") != c.encoding || string(body) != c.body {
			t.Errorf("%s %s (%s): %d %v %q", c.method, c.path, c.accept, got.StatusCode, got.Header, body)
		}
		if immutable := strings.Contains(got.Header.Get("Cache-Control"), "immutable"); immutable != (c.status == http.StatusOK) {
			t.Errorf("%s %s: Cache-Control %q", c.method, c.path, got.Header.Get("Cache-Control"))
		}
	}
}

// Every icon that a template names is in the list, or it would be an empty picture.
func TestIconsAreListed(t *testing.T) {
	t.Parallel()
	if !slices.IsSorted(Icons) {
		t.Error("the list is not in order")
	}
	use := regexp.MustCompile(`Icon\("([^"]*)"\)|Icon:\s*"([^"]+)"`)
	err := filepath.WalkDir("templates", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasSuffix(name, "_templ.go") || strings.HasSuffix(name, "_test.go") {
			return err
		}
		raw, err := os.ReadFile(name)
		for _, m := range use.FindAllStringSubmatch(string(raw), -1) {
			if icon := m[1] + m[2]; icon != "" && !slices.Contains(Icons, icon) {
				t.Errorf("%s uses the icon %q, which is not in web.Icons", name, icon)
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// Markup reaches a page unescaped in one place only.
func TestRawMarkupHasOneDoor(t *testing.T) {
	t.Parallel()
	err := filepath.WalkDir("templates", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || name == filepath.Join("templates", "ui", "icon.templ") || !strings.HasSuffix(name, ".templ") {
			return err
		}
		raw, err := os.ReadFile(name)
		if strings.Contains(string(raw), "templ.Raw") || regexp.MustCompile(`\sstyle=|\son[a-z]+=\s*["{]`).Match(raw) {
			t.Errorf("%s writes raw markup, or a style or script inline", name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
