package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"greenroom/web"
)

// notices gathers the licences of what is in the pages (npm packages) and in the binary (Go modules).
func notices() ([]web.Notice, error) {
	raw, err := os.ReadFile("package.json")
	if err != nil {
		return nil, err
	}
	var own struct {
		Dependencies map[string]string `json:"dependencies"`
	}
	if err := json.Unmarshal(raw, &own); err != nil {
		return nil, fmt.Errorf("package.json: %w", err)
	}
	var all []web.Notice
	for name := range own.Dependencies {
		n, err := npmNotice(name)
		if err != nil {
			return nil, err
		}
		all = append(all, n)
	}
	all = append(all, goNotices()...)
	slices.SortFunc(all, func(a, b web.Notice) int { return strings.Compare(a.Name, b.Name) })
	return all, nil
}

func npmNotice(name string) (web.Notice, error) {
	dir := filepath.Join("node_modules", filepath.FromSlash(name))
	raw, err := os.ReadFile(filepath.Join(dir, "package.json"))
	if err != nil {
		return web.Notice{}, err
	}
	var p struct{ Version, License string }
	if err := json.Unmarshal(raw, &p); err != nil {
		return web.Notice{}, fmt.Errorf("%s: %w", dir, err)
	}
	text := licenceText(dir)
	if text == "" {
		return web.Notice{}, fmt.Errorf("%s has no licence file", name)
	}
	return web.Notice{Name: name, Version: p.Version, Licence: p.License, Address: "https://www.npmjs.com/package/" + name, Text: text}, nil
}

// goNotices asks the go command which modules the product is linked from. Where there is no go command or no
// module cache, what it cannot find is left out: the page then says less, the build goes on.
func goNotices() (all []web.Notice) {
	target := "./cmd/greenroom"
	if _, err := os.Stat(target); err != nil {
		target = "./internal/..."
	}
	const format = `{{with .Module}}{{if not .Main}}{{.Path}} {{.Version}} {{.Dir}}{{end}}{{end}}`
	cmd := exec.Command("go", "list", "-e", "-deps", "-f", format, target)
	cmd.Stderr = os.Stderr
	list, err := cmd.Output()
	if err != nil {
		fmt.Fprintln(os.Stderr, "webbuild: licences of Go modules are left out:", err)
		return nil
	}
	seen := map[string]bool{}
	for line := range strings.Lines(string(list)) {
		parts := strings.SplitN(strings.TrimSpace(line), " ", 3)
		if len(parts) != 3 || seen[parts[0]] {
			continue
		}
		seen[parts[0]] = true
		text := licenceText(parts[2])
		if text == "" {
			fmt.Fprintln(os.Stderr, "webbuild: no licence found of", parts[0])
			continue
		}
		all = append(all, web.Notice{Name: parts[0], Version: parts[1], Licence: kind(licenceFile(parts[2])), Address: "https://pkg.go.dev/" + parts[0], Text: text})
	}
	if root, err := exec.Command("go", "env", "GOROOT", "GOVERSION").Output(); err == nil {
		dir, version, _ := strings.Cut(strings.TrimSpace(string(root)), "\n")
		if text := licenceText(dir); text != "" {
			all = append(all, web.Notice{Name: "Go", Version: strings.TrimPrefix(version, "go"), Licence: kind(text), Address: "https://go.dev", Text: text})
		}
	}
	return all
}

// licenceFile is the main licence alone, to recognise which one it is.
func licenceFile(dir string) string {
	for _, n := range []string{"LICENSE", "LICENSE.md", "LICENSE.txt", "LICENCE", "COPYING"} {
		if raw, err := os.ReadFile(filepath.Join(dir, n)); err == nil {
			return string(raw)
		}
	}
	return ""
}

// licenceText is all that a directory says about its licence.
func licenceText(dir string) string {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return ""
	}
	var texts []string
	for _, e := range entries {
		name := strings.ToUpper(e.Name())
		if e.IsDir() || !hasAnyPrefix(name, "LICENSE", "LICENCE", "COPYING", "NOTICE", "UNLICENSE") || strings.HasSuffix(name, ".GO") {
			continue
		}
		if raw, err := os.ReadFile(filepath.Join(dir, e.Name())); err == nil {
			texts = append(texts, strings.TrimSpace(strings.ReplaceAll(string(raw), "\r\n", "\n")))
		}
	}
	return strings.Join(texts, "\n\n")
}

func hasAnyPrefix(s string, prefixes ...string) bool {
	return slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix(s, p) })
}

// kind recognises the licences that are common among Go modules; "" when in doubt.
func kind(text string) string {
	t := strings.Join(strings.Fields(text), " ")
	for _, k := range []struct{ id, words string }{
		{"Apache-2.0", "Apache License Version 2.0"},
		{"MPL-2.0", "Mozilla Public License Version 2.0"},
		{"MPL-2.0", "Mozilla Public License, version 2.0"},
		{"ISC", "Permission to use, copy, modify, and/or distribute this software"},
		{"ISC", "Permission to use, copy, modify, and distribute this software for any purpose"},
		{"MIT", "Permission is hereby granted, free of charge, to any person obtaining a copy"},
		{"BSD-3-Clause", "Neither the name of"},
		{"BSD-3-Clause", "nor the names of its contributors"},
		{"BSD-2-Clause", "Redistribution and use in source and binary forms"},
		{"Unlicense", "This is free and unencumbered software"},
	} {
		if strings.Contains(t, k.words) {
			return k.id
		}
	}
	return ""
}
