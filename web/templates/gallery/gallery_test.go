package gallery_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/a-h/templ"

	"greenroom/internal/locale"
	"greenroom/web"
	"greenroom/web/templates/gallery"
	"greenroom/web/templates/layout"
	"greenroom/web/templates/pages"
	"greenroom/web/templates/ui"
)

func printer(t *testing.T, lang string) *locale.Printer {
	t.Helper()
	b, err := locale.Load()
	if err != nil {
		t.Fatal(err)
	}
	return b.Printer(lang)
}

// views are all pages of the kit, as somebody with and without an account sees them.
func views(l *locale.Printer) map[string]templ.Component {
	guest := layout.Page{Title: "Sample", L: l, Path: "/x", Demo: true, DevMail: true}
	person := guest
	person.Person = &layout.Who{Name: "Rina Paterson", Initials: "RP"}
	noticed := person
	noticed.Notices = []layout.Notice{{Kind: "ok", Text: "Saved."}, {Kind: "caution", Text: "One thing is left."}}
	noticed.Section = "courses"
	home := guest
	home.Title, home.Path = "", "/"
	facts := []pages.Fact{{Icon: "layers", Text: "5 modules"}, {Icon: "clock", Text: "3 h 20 min"}}
	data := pages.HomeData{Try: ui.Link{Href: "/courses/x/y/z"}, Courses: []pages.Course{
		{CardData: ui.CardData{Title: "Using social media in the public service", Href: "/courses/a", Kicker: "Foundation", Text: "What changes when a post speaks for an agency, and how to stay useful and safe.", Art: "bubbles"}, Facts: facts},
		{CardData: ui.CardData{Title: "Managing social media", Href: "/courses/b", Kicker: "Practitioner", Text: "Plan, moderate and measure, with a team that sleeps at night.", Art: "paths"}, Facts: facts},
		{CardData: ui.CardData{Title: "Working with the public", Href: "/courses/c", Kicker: "Foundation", Text: "Consult, co-design and report back, so that people come again.", Art: "waves"}, Facts: facts},
	}}
	return map[string]templ.Component{
		"home": pages.Home(home, data), "gallery": gallery.Page(person), "player": gallery.Player(person), "player-guest": gallery.Player(guest),
		"help": pages.Help(guest, "help@example.org"), "accessibility": pages.Accessibility(person, ""), "privacy": pages.Privacy(guest, pages.Keeping{}),
		"licences": pages.Licences(guest, pages.LicencesData{Notices: web.Assets().Notices()}),
		"notices":  templ.ComponentFunc(pages.Help(noticed, "").Render),
		"error":    layout.ErrorPage(guest, 404, "We could not find that page", "It may have moved, or the address has a slip.", ui.Link{Text: "See the courses", Href: "/courses"}, "0196b1c0-7d2e"),
	}
}

func render(t *testing.T, c templ.Component) string {
	t.Helper()
	var b bytes.Buffer
	if err := c.Render(context.Background(), &b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

var (
	keyLike = regexp.MustCompile(`>\s*(?:ui|layout|pages|common)\.[a-z_.0-9]+\s*<|="(?:ui|layout|pages)\.[a-z_.]+"`)
	inline  = regexp.MustCompile(`\sstyle=|\son[a-z]+=|<script(?:[^>]*)>[^<]`)
	idValue = regexp.MustCompile(`\sid="([^"]+)"`)
)

func TestPagesAreWhole(t *testing.T) {
	t.Parallel()
	for name, c := range views(printer(t, locale.Default)) {
		html := render(t, c)
		if k := keyLike.FindString(html); k != "" {
			t.Errorf("%s shows a message's key: %s", name, k)
		}
		if k := inline.FindString(html); k != "" {
			t.Errorf("%s has something inline, which the policy forbids: %s", name, k)
		}
		if n := strings.Count(html, "<h1"); n != 1 {
			t.Errorf("%s has %d h1", name, n)
		}
		seen := map[string]bool{}
		for _, m := range idValue.FindAllStringSubmatch(html, -1) {
			if seen[m[1]] {
				t.Errorf("%s has the id %s twice", name, m[1])
			}
			seen[m[1]] = true
		}
		for _, landmark := range []string{"<header", "<main", "<footer", `href="#main"`, `href="/help"`} {
			if !strings.Contains(html, landmark) {
				t.Errorf("%s lacks %s", name, landmark)
			}
		}
	}
}

func TestErrorsComeFirstInTheTitle(t *testing.T) {
	t.Parallel()
	html := render(t, layout.Shell(layout.Page{Title: "Register", L: printer(t, locale.Default), HasError: true}))
	if !strings.Contains(html, "<title>Error: Register – Greenroom</title>") {
		t.Error(html[:400])
	}
}

func TestWhatIsTypedStaysText(t *testing.T) {
	t.Parallel()
	const evil = `"><script>alert(1)</script>`
	p := layout.Page{Title: evil, L: printer(t, locale.Default), Path: evil, Person: &layout.Who{Name: evil, Initials: evil}, Notices: []layout.Notice{{Kind: evil, Text: evil}}}
	html := render(t, layout.ErrorPage(p, 404, evil, evil, ui.Link{Text: evil, Href: "javascript:alert(1)"}, evil)) +
		render(t, ui.Field(ui.FieldData{ID: "f-x", Name: evil, Label: evil, Hint: evil, Error: evil, Value: evil, Rows: 2, WordMin: 1})) +
		render(t, ui.Icon(evil)) + render(t, ui.Art(evil, evil)) + render(t, ui.Tag(evil, evil))
	if strings.Contains(html, "<script>alert") || strings.Contains(html, `"javascript:`) {
		t.Error("something came out as markup")
	}
}

// TestView writes all pages into the folder that GREENROOM_VIEW names, to be looked at.
func TestView(t *testing.T) {
	dir := os.Getenv("GREENROOM_VIEW")
	if dir == "" {
		t.Skip("GREENROOM_VIEW names no folder")
	}
	for suffix, lang := range map[string]string{"": locale.Default, "-mirror": locale.Mirror} {
		for name, c := range views(printer(t, lang)) {
			if err := os.WriteFile(filepath.Join(dir, name+suffix+".html"), []byte(render(t, c)), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
}
