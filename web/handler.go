package web

import (
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strconv"
	"strings"
)

// types are set here because the table of the operating system differs between machines.
var types = map[string]string{
	".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml",
	".woff2": "font/woff2", ".map": "application/json", ".txt": "text/plain; charset=utf-8",
}

type file struct {
	kind        string
	plain, gzip []byte // gzip is nil where it would not be smaller
}

// Handler serves the built assets under Prefix. Names carry a hash of what is inside, so browsers may keep them
// for good; anything else is 404.
func Handler() http.Handler {
	built, err := fs.Sub(dist, "dist")
	if err != nil {
		panic(err) // the directory is embedded
	}
	return handler(built)
}

func handler(built fs.FS) http.Handler {
	files := map[string]file{}
	err := fs.WalkDir(built, ".", func(name string, d fs.DirEntry, err error) error {
		ext := path.Ext(name)
		if err != nil || d.IsDir() || ext == ".gz" || ext == ".json" || strings.HasPrefix(path.Base(name), ".") {
			return err
		}
		f := file{kind: types[ext]}
		if f.kind == "" {
			f.kind = mime.TypeByExtension(ext)
		}
		if f.plain, err = fs.ReadFile(built, name); err != nil {
			return err
		}
		if packed, err := fs.ReadFile(built, name+".gz"); err == nil {
			f.gzip = packed
		}
		files[Prefix+name] = f
		return nil
	})
	if err != nil {
		panic(err) // embedded files can be read
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f, ok := files[r.URL.Path]
		if !ok {
			w.Header().Set("Cache-Control", "no-store")
			http.Error(w, "404 not found", http.StatusNotFound)
			return
		}
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			w.Header().Set("Allow", "GET, HEAD")
			http.Error(w, "405 method not allowed", http.StatusMethodNotAllowed)
			return
		}
		h, body := w.Header(), f.plain
		h.Set("Content-Type", f.kind)
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
		h.Set("X-Content-Type-Options", "nosniff")
		if f.gzip != nil {
			h.Set("Vary", "Accept-Encoding")
			if takesGzip(r.Header.Get("Accept-Encoding")) {
				h.Set("Content-Encoding", "gzip")
				body = f.gzip
			}
		}
		h.Set("Content-Length", strconv.Itoa(len(body)))
		if r.Method == http.MethodGet {
			_, _ = w.Write(body) // the client went away
		}
	})
}

// takesGzip reads an Accept-Encoding header: gzip or * without a weight of nought.
func takesGzip(header string) bool {
	for part := range strings.SplitSeq(header, ",") {
		name, weight, _ := strings.Cut(strings.TrimSpace(part), ";")
		name = strings.TrimSpace(name)
		if name != "gzip" && name != "*" {
			continue
		}
		_, q, weighed := strings.Cut(strings.ReplaceAll(weight, " ", ""), "q=")
		if n, err := strconv.ParseFloat(q, 64); !weighed || err == nil && n > 0 {
			return true
		}
	}
	return false
}
