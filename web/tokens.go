package web

import (
	_ "embed"
	"regexp"
	"strings"
)

//go:embed src/css/tokens.css
var tokens string

var colour = regexp.MustCompile(`--([a-z0-9-]+):\s*(#[0-9a-f]{6});`)

// Palette returns the colours of src/css/tokens.css, by name without "--": of the theme "light", "dark", or "system" (the
// dark one that follows the device).
func Palette(theme string) map[string]string {
	marker := map[string]string{
		"light": ":root {", "dark": `:root[data-theme="dark"] {`, "system": `:root:not([data-theme="light"]) {`,
	}[theme]
	_, rest, _ := strings.Cut(tokens, marker)
	block, _, _ := strings.Cut(rest, "}")
	out := map[string]string{}
	for _, m := range colour.FindAllStringSubmatch(block, -1) {
		out[m[1]] = m[2]
	}
	return out
}
