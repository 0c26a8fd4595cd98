// Package web holds what browsers load: the built style sheet, scripts, fonts and pictures, and the shapes of
// the icons.
//
//	src/        sources: css/ (in layers), ts/ (app.ts is on every page), img/
//	dist/       what cmd/webbuild makes of them; not committed, embedded into the binary
//	templates/  pages and their parts (templ); ui/ and layout/ are the kit
//	assets.go   names with hashes, icons and notices out of dist
//	handler.go  how they are served
//	icons.go    the icons there are
//
// A fresh clone without a build compiles and its pages work as plain HTML: there is no style sheet then and
// icons are empty.
package web

import (
	"embed"
	"encoding/json"
	"io/fs"
	"sync"
)

//go:embed all:dist
var dist embed.FS

// Prefix is where the assets are served; every path that AssetSet returns begins with it.
const Prefix = "/assets/"

// Manifest is what cmd/webbuild writes next to its output: names of files inside dist.
type Manifest struct {
	CSS   string            `json:"css"`
	JS    map[string]string `json:"js"`
	Fonts []string          `json:"fonts"` // to preload
	Icon  string            `json:"icon"`  // for the browser's tab
}

// Notice is the licence of a part made by others.
type Notice struct {
	Name    string `json:"name"`
	Version string `json:"version"`
	Licence string `json:"licence"` // SPDX identifier, "" when not known
	Address string `json:"address"`
	Text    string `json:"text"` // the licence as its authors wrote it
}

// AssetSet knows the names of the built assets. It does not change after it was read.
type AssetSet struct {
	names   Manifest
	icons   map[string]string
	notices func() []Notice
}

// Assets reads the embedded manifest once. Without a build the set is empty.
func Assets() *AssetSet { return set() }

var set = sync.OnceValue(func() *AssetSet {
	built, err := fs.Sub(dist, "dist")
	if err != nil {
		panic(err) // the directory is embedded above
	}
	return read(built)
})

func read(built fs.FS) *AssetSet {
	a := &AssetSet{icons: map[string]string{}}
	load(built, "manifest.json", &a.names)
	load(built, "icons.json", &a.icons)
	a.notices = sync.OnceValue(func() (all []Notice) {
		load(built, "licences.json", &all)
		return all
	})
	return a
}

// load leaves into as it is when the file is not there: that is a tree without a build.
func load(built fs.FS, name string, into any) {
	raw, err := fs.ReadFile(built, name)
	if err != nil {
		return
	}
	if err := json.Unmarshal(raw, into); err != nil {
		panic("web/dist/" + name + ": " + err.Error()) // our own build wrote it
	}
}

// CSS is the path of the style sheet, "" without a build.
func (a *AssetSet) CSS() string { return address(a.names.CSS) }

// JS is the path of the script called name ("app"), "" when there is none.
func (a *AssetSet) JS(name string) string { return address(a.names.JS[name]) }

// Favicon is the path of the picture for the browser's tab, "" without a build.
func (a *AssetSet) Favicon() string { return address(a.names.Icon) }

// Fonts are the paths of the two fonts that every page loads at once.
func (a *AssetSet) Fonts() []string {
	out := make([]string, len(a.names.Fonts))
	for i, f := range a.names.Fonts {
		out[i] = address(f)
	}
	return out
}

// Shape is the icon as data of one SVG path on a grid of 24 by 24, "" when it is not known or not built.
func (a *AssetSet) Shape(icon string) string { return a.icons[icon] }

// Notices are the licences of all parts made by others, by name; none without a build.
func (a *AssetSet) Notices() []Notice { return a.notices() }

func address(name string) string {
	if name == "" {
		return ""
	}
	return Prefix + name
}
