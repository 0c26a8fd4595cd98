package web

import (
	"fmt"
	"math"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// palette reads the colours of one block of tokens.css: the one whose selector follows after the marker.
func palette(t *testing.T, css, marker string) map[string]string {
	t.Helper()
	_, rest, ok := strings.Cut(css, marker)
	if !ok {
		t.Fatalf("tokens.css has no %q", marker)
	}
	block, _, _ := strings.Cut(rest, "}")
	out := map[string]string{}
	for _, m := range regexp.MustCompile(`--([a-z0-9-]+):\s*(#[0-9a-f]{6});`).FindAllStringSubmatch(block, -1) {
		out[m[1]] = m[2]
	}
	return out
}

func luminance(t *testing.T, hex string) float64 {
	t.Helper()
	n, err := strconv.ParseUint(strings.TrimPrefix(hex, "#"), 16, 32)
	if err != nil {
		t.Fatal(err)
	}
	part := func(v uint64) float64 {
		c := float64(v&0xff) / 255
		if c <= 0.04045 {
			return c / 12.92
		}
		return math.Pow((c+0.055)/1.055, 2.4)
	}
	return 0.2126*part(n>>16) + 0.7152*part(n>>8) + 0.0722*part(n)
}

func contrast(t *testing.T, a, b string) float64 {
	la, lb := luminance(t, a), luminance(t, b)
	return (max(la, lb) + 0.05) / (min(la, lb) + 0.05)
}

// Pairs that the style sheet makes: text at 4.5, borders of controls and parts of drawings that mean something at 3.
var pairs = []struct {
	least    float64
	ink      string
	surfaces []string
}{
	{4.5, "ink", []string{"paper", "surface", "sunken", "brand-tint", "accent-tint", "live-tint", "ok-tint", "danger-tint"}},
	{4.5, "ink-2", []string{"paper", "surface", "sunken", "brand-tint", "accent-tint", "ok-tint", "live-tint"}},
	{4.5, "ink-3", []string{"paper", "surface", "sunken", "brand-tint", "accent-tint"}},
	{4.5, "brand", []string{"paper", "surface", "sunken", "brand-tint", "accent-tint", "ok-tint", "live-tint"}},
	{4.5, "brand-hover", []string{"paper", "surface", "sunken", "brand-tint"}},
	{4.5, "on-brand", []string{"brand", "brand-hover"}},
	{4.5, "on-accent", []string{"accent"}},
	{4.5, "accent-ink", []string{"accent-tint", "paper", "surface"}},
	{4.5, "live", []string{"live-tint", "surface", "paper"}},
	{4.5, "ok", []string{"ok-tint", "surface", "paper"}},
	{4.5, "danger", []string{"danger-tint", "surface", "paper", "sunken"}},
	{4.5, "on-danger", []string{"danger"}},
	{4.5, "paper", []string{"ink"}},
	{3, "on-ok", []string{"ok"}},
	{3, "line-strong", []string{"paper", "surface", "sunken"}},
	{3, "focus", []string{"paper", "surface", "sunken", "focus-halo"}},
	{3, "brand", []string{"line"}}, // a progress bar on its track
}

func TestContrast(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile("src/css/tokens.css")
	if err != nil {
		t.Fatal(err)
	}
	themes := map[string]map[string]string{
		"light":  palette(t, string(raw), ":root {"),
		"dark":   palette(t, string(raw), `:root[data-theme="dark"] {`),
		"system": palette(t, string(raw), `:root:not([data-theme="light"]) {`),
	}
	for name, p := range themes {
		if len(p) < 25 {
			t.Errorf("%s has %d colours only", name, len(p))
		}
		for _, c := range pairs {
			for _, s := range c.surfaces {
				if p[c.ink] == "" || p[s] == "" {
					t.Errorf("%s lacks %s or %s", name, c.ink, s)
					continue
				}
				if got := contrast(t, p[c.ink], p[s]); got < c.least {
					t.Errorf("%s: %s on %s has %.2f, wants %g", name, c.ink, s, got, c.least)
				}
			}
		}
	}
	if a, b := fmt.Sprint(themes["dark"]), fmt.Sprint(themes["system"]); a != b {
		t.Errorf("the two dark blocks differ:\n%s\n%s", a, b)
	}
	if len(themes["light"]) != len(themes["dark"]) {
		t.Errorf("light has %d colours, dark %d", len(themes["light"]), len(themes["dark"]))
	}
}
