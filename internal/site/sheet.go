package site

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"greenroom/web"
)

// Themes are the two that pages have.
var Themes = []string{"light", "dark"}

// Pair is one colour on another, as pages have them, with the contrast that it needs: 4.5 for text, 3 for marks.
type Pair struct {
	Theme, Name  string // light or dark; "brand on paper"
	Ink, On      string // as #rrggbb
	Least, Ratio float64
	Field        string // of the look, which would have to change
}

// Bad says whether the pair cannot be read well enough.
func (p Pair) Bad() bool { return p.Ratio < p.Least }

// Figure is the contrast with two digits, cut and never rounded up.
func (p Pair) Figure() string { return strconv.FormatFloat(float64(int(p.Ratio*100))/100, 'f', 2, 64) }

// LeastFigure is what is needed.
func (p Pair) LeastFigure() string { return strconv.FormatFloat(p.Least, 'f', -1, 64) }

// rules are the pairs that a look changes; web/contrast_test.go has all that the style sheet makes.
var rules = []struct {
	least float64
	ink   string
	on    []string
}{
	{4.5, "brand", []string{"paper", "surface", "sunken", "brand-tint", "accent-tint", "ok-tint", "live-tint"}},
	{4.5, "brand-hover", []string{"paper", "surface", "sunken", "brand-tint"}},
	{4.5, "on-brand", []string{"brand", "brand-hover"}},
	{4.5, "ink", []string{"brand-tint", "accent-tint"}},
	{4.5, "ink-2", []string{"brand-tint", "accent-tint"}},
	{4.5, "ink-3", []string{"brand-tint", "accent-tint"}},
	{4.5, "on-accent", []string{"accent"}},
	{4.5, "accent-ink", []string{"accent-tint", "paper", "surface"}},
	{3, "brand", []string{"line"}},
}

// Pairs are the combinations that the look makes, on both themes.
func (l Look) Pairs() []Pair {
	var out []Pair
	for _, theme := range Themes {
		base := web.Palette(theme)
		own := l.colours(theme)
		all := maps.Clone(base)
		maps.Copy(all, own)
		for _, r := range rules {
			for _, on := range r.on {
				a, _ := parseColour(all[r.ink])
				b, _ := parseColour(all[on])
				p := Pair{Theme: theme, Name: r.ink + " on " + on, Ink: all[r.ink], On: all[on], Least: r.least, Ratio: contrast(a, b), Field: "accent"}
				if strings.Contains(p.Name, "brand") {
					p.Field = "brand_" + theme
				}
				out = append(out, p)
			}
		}
	}
	return out
}

// brand is the look's colour for a theme, "" for the product's.
func (l Look) brand(theme string) string {
	if theme == "dark" {
		return l.BrandDark
	}
	return l.BrandLight
}

// colours are what the look changes in a theme, by the names of tokens.css. What is not chosen is worked out from what
// is: the colour under the pointer, tints and what is written on it.
func (l Look) colours(theme string) map[string]string {
	out := map[string]string{}
	base := web.Palette(theme)
	surface, _ := parseColour(base["surface"])
	away, tint := colour{0, 0, 0}, 0.10 // away from the paper is where contrast is
	if theme == "dark" {
		away, tint = colour{1, 1, 1}, 0.18
	}
	if c, is := parseColour(l.brand(theme)); is {
		out["brand"] = c.String()
		out["brand-hover"] = c.mix(away, 0.25).String()
		out["on-brand"] = c.readable(colour{1, 1, 1}, c.mix(colour{0, 0, 0}, 0.85)).String()
		out["brand-tint"] = tinted(base, c, tint).String()
		out["brand-line"] = surface.mix(c, 0.38).String()
	}
	if c, is := parseColour(l.Accent); is {
		out["accent"] = c.String()
		out["on-accent"] = c.readable(colour{1, 1, 1}, c.mix(colour{0, 0, 0}, 0.85)).String()
		t := tinted(base, c, tint+0.04)
		out["accent-tint"] = t.String()
		paper, _ := parseColour(base["paper"])
		ink := c
		for share := 0.0; share < 1 && min(contrast(ink, t), contrast(ink, paper), contrast(ink, surface)) < 4.6; share += 0.02 {
			ink = c.mix(away, share)
		}
		out["accent-ink"] = ink.String()
	}
	return out
}

// tinted is the surface with as much of a colour in it as leaves the palest text readable.
func tinted(base map[string]string, c colour, share float64) colour {
	surface, _ := parseColour(base["surface"])
	ink, _ := parseColour(base["ink-3"])
	t := surface.mix(c, share)
	for share > 0 && contrast(ink, t) < 4.6 {
		share -= 0.01
		t = surface.mix(c, share)
	}
	return t
}

// instead is the nearest colour to the one of the field that all pairs bear: darker on light paper, lighter on dark.
func (l Look) instead(field string) string {
	theme, away := "light", colour{0, 0, 0}
	if field == "brand_dark" {
		theme, away = "dark", colour{1, 1, 1}
	}
	c, is := parseColour(l.brand(theme))
	if !is || field == "accent" {
		return "#0b5c69"
	}
	for share := 0.0; share <= 1; share += 0.02 {
		try := c.mix(away, share).String()
		next := Look{BrandLight: l.BrandLight, BrandDark: l.BrandDark, Accent: l.Accent}
		if theme == "light" {
			next.BrandLight = try
		} else {
			next.BrandDark = try
		}
		if !slices.ContainsFunc(next.Pairs(), func(p Pair) bool { return p.Field == field && p.Bad() }) {
			return try
		}
	}
	return away.String()
}

// sheet is the style sheet that every page loads after the product's: no layer, so that it wins.
func (l Look) sheet() string {
	var b strings.Builder
	block := func(selector, theme string) {
		fmt.Fprintf(&b, "%s{%s}\n", selector, declarations(l.colours(theme)))
	}
	block(":root", "light")
	block(`:root[data-theme="dark"]`, "dark")
	b.WriteString("@media (prefers-color-scheme:dark){")
	block(`:root:not([data-theme="light"])`, "dark")
	b.WriteString("}\n")
	return b.String()
}

// PreviewSheet shows the look inside of elements with the classes look-light and look-dark, and nowhere else.
func (l Look) PreviewSheet() string {
	var b strings.Builder
	for _, theme := range Themes {
		all := web.Palette(theme)
		maps.Copy(all, l.colours(theme))
		fmt.Fprintf(&b, ".look-%s{color-scheme:%s;%s}\n", theme, theme, declarations(all))
	}
	return b.String()
}

func declarations(m map[string]string) string {
	var b strings.Builder
	for _, k := range slices.Sorted(maps.Keys(m)) {
		fmt.Fprintf(&b, "--%s:%s;", k, m[k])
	}
	return b.String()
}
