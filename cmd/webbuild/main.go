// Command webbuild makes web/dist out of web/src and the packages under node_modules: style sheet and scripts
// with hashes in their names and copies packed with gzip, the fonts they use, the shapes of the icons, and the
// licences of everything that others made. Run it at the root of the repository, after npm ci.
//
//	go run ./cmd/webbuild          what is shipped
//	go run ./cmd/webbuild --dev    not minified, for reading in the browser
//
//	bundle.go    style sheet, scripts, fonts, pictures
//	icons.go     SVG files as data of one path each
//	notices.go   licences
//
// It writes nothing unless everything could be made, and it fails when the style sheet, the script or the fonts
// are heavier than their budgets.
package main

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"greenroom/web"
)

// Budgets in bytes, packed where browsers get it packed.
const (
	budgetCSS   = 20 << 10
	budgetJS    = 20 << 10
	budgetFonts = 80 << 10
)

const out = "web/dist"

// output is what will be written: names inside web/dist.
type output map[string][]byte

func main() {
	dev := flag.Bool("dev", false, "do not minify")
	flag.Parse()
	if err := run(*dev); err != nil {
		fmt.Fprintln(os.Stderr, "webbuild:", err)
		os.Exit(1)
	}
}

func run(dev bool) error {
	if _, err := os.Stat("node_modules"); errors.Is(err, fs.ErrNotExist) {
		return errors.New("there is no node_modules here: run npm ci --ignore-scripts at the root of the repository")
	}
	files := output{}
	names, err := bundle(files, dev)
	if err != nil {
		return err
	}
	if err := addJSON(files, "manifest.json", names); err != nil {
		return err
	}
	shapes, err := shapes(web.Icons)
	if err != nil {
		return err
	}
	if err := addJSON(files, "icons.json", shapes); err != nil {
		return err
	}
	notices, err := notices()
	if err != nil {
		return err
	}
	if err := addJSON(files, "licences.json", notices); err != nil {
		return err
	}
	if err := pack(files); err != nil {
		return err
	}
	if err := report(files, names, dev); err != nil {
		return err
	}
	return write(files)
}

func addJSON(files output, name string, v any) error {
	raw, err := json.MarshalIndent(v, "", "\t")
	files[name] = raw
	return err
}

// pack adds a gzip copy of each text file that browsers ask for.
func pack(files output) error {
	for name, raw := range files {
		switch filepath.Ext(name) {
		case ".css", ".js", ".svg":
		default:
			continue
		}
		var b bytes.Buffer
		z, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
		if err != nil {
			return err
		}
		if _, err := z.Write(raw); err != nil {
			return err
		}
		if err := z.Close(); err != nil {
			return err
		}
		if b.Len() < len(raw) {
			files[name+".gz"] = b.Bytes()
		}
	}
	return nil
}

// report prints what the parts weigh and refuses those over budget.
func report(files output, names web.Manifest, dev bool) error {
	fonts := 0
	for _, f := range names.Fonts {
		fonts += len(files[f])
	}
	var over []string
	for _, part := range []struct {
		what        string
		size, limit int
	}{
		{"style sheet, packed", len(files[names.CSS+".gz"]), budgetCSS},
		{"script of every page, packed", len(files[names.JS["app"]+".gz"]), budgetJS},
		{"fonts loaded at once", fonts, budgetFonts},
	} {
		fmt.Printf("%-30s %6.1f KB of %3d KB\n", part.what, float64(part.size)/1024, part.limit>>10)
		if part.size > part.limit && !dev {
			over = append(over, part.what)
		}
	}
	if len(over) > 0 {
		return fmt.Errorf("over budget: %s", strings.Join(over, "; "))
	}
	return nil
}

// write replaces what is in web/dist.
func write(files output) error {
	old, err := os.ReadDir(out)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	for _, e := range old {
		if e.Name() == ".keep" {
			continue
		}
		if err := os.RemoveAll(filepath.Join(out, e.Name())); err != nil {
			return err
		}
	}
	for name, raw := range files {
		to := filepath.Join(out, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(to, raw, 0o644); err != nil {
			return err
		}
	}
	return nil
}
