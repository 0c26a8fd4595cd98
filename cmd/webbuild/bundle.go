package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/evanw/esbuild/pkg/api"

	"greenroom/web"
)

// engines are the oldest browsers that get styles and scripts; older ones read and submit plain HTML.
var engines = []api.Engine{
	{Name: api.EngineChrome, Version: "105"}, {Name: api.EngineEdge, Version: "105"},
	{Name: api.EngineFirefox, Version: "115"}, {Name: api.EngineSafari, Version: "15.4"},
}

// entries are the files that pages name; app.ts is on every page.
var entries = []api.EntryPoint{
	{InputPath: "web/src/css/app.css", OutputPath: "app"},
	{InputPath: "web/src/ts/app.ts", OutputPath: "app"},
	{InputPath: "web/src/img/favicon.svg", OutputPath: "favicon"},
}

// preloaded are the fonts that every page loads before it knows that it needs them.
var preloaded = []string{"atkinson-hyperlegible-next-latin-wght-normal", "bricolage-grotesque-latin-wght-normal"}

func bundle(files output, dev bool) (web.Manifest, error) {
	names := web.Manifest{JS: map[string]string{}}
	root, err := os.Getwd()
	if err != nil {
		return names, err
	}
	o := api.BuildOptions{
		EntryPointsAdvanced: entries,
		AbsWorkingDir:       root,
		Bundle:              true,
		Outdir:              out,
		Metafile:            true,
		MinifyWhitespace:    !dev, MinifySyntax: !dev, MinifyIdentifiers: !dev,
		Format: api.FormatESModule, Splitting: true, Charset: api.CharsetUTF8,
		EntryNames: "[name]-[hash]", AssetNames: "f/[name]-[hash]", ChunkNames: "chunk-[hash]",
		Loader:        map[string]api.Loader{".woff2": api.LoaderFile, ".svg": api.LoaderCopy},
		Engines:       engines,
		LegalComments: api.LegalCommentsNone, // all licences are on the page /licences
		LogLevel:      api.LogLevelWarning,
	}
	if dev {
		o.Sourcemap = api.SourceMapLinked
	}
	r := api.Build(o)
	if len(r.Errors) > 0 {
		return names, errors.New("the bundle could not be made")
	}
	dir := filepath.Join(root, filepath.FromSlash(out))
	for _, f := range r.OutputFiles {
		name, err := filepath.Rel(dir, f.Path)
		if err != nil {
			return names, err
		}
		files[filepath.ToSlash(name)] = f.Contents
	}
	return names, name(&names, files, r.Metafile)
}

// name finds out which output came from which entry.
func name(names *web.Manifest, files output, metafile string) error {
	var meta struct {
		Outputs map[string]struct {
			EntryPoint string `json:"entryPoint"`
		} `json:"outputs"`
	}
	if err := json.Unmarshal([]byte(metafile), &meta); err != nil {
		return err
	}
	for file, o := range meta.Outputs {
		name := strings.TrimPrefix(file, out+"/")
		switch entry := strings.TrimSuffix(path.Base(o.EntryPoint), path.Ext(o.EntryPoint)); path.Ext(o.EntryPoint) {
		case ".css":
			names.CSS = name
		case ".ts":
			names.JS[entry] = name
		case ".svg":
			names.Icon = name
		}
	}
	for _, want := range preloaded {
		i := len(names.Fonts)
		for name := range files {
			if strings.HasPrefix(path.Base(name), want) {
				names.Fonts = append(names.Fonts, name)
			}
		}
		if len(names.Fonts) != i+1 {
			return fmt.Errorf("no font %s in the style sheet", want)
		}
	}
	if names.Icon == "" {
		for name := range files {
			if strings.HasPrefix(name, "favicon-") {
				names.Icon = name
			}
		}
	}
	if names.CSS == "" || names.Icon == "" || names.JS["app"] == "" {
		return fmt.Errorf("the bundle lacks a part: %+v", names)
	}
	slices.Sort(names.Fonts)
	return nil
}
