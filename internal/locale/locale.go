// Package locale holds the words of the product and how dates and numbers are written.
//
// Messages are YAML files under messages/<language>/, one per feature, with flat keys: `course.title: "Courses"`
// or, where a number decides the form, `course.minutes: {one: "{{.Count}} minute", other: "{{.Count}} minutes"}`
// (plural categories by CLDR, through go-i18n). A missing message shows its key, and a test fails.
package locale

import (
	"embed"
	"fmt"
	"io/fs"
	"path"
	"strings"
	"sync"
	"time"

	"github.com/nicksnyder/go-i18n/v2/i18n"
	"go.yaml.in/yaml/v3"
	"golang.org/x/text/language"
)

//go:embed messages
var files embed.FS

// Default is the language of the product's own words.
const Default = "en-AU"

// Mirror is English shown from right to left: for looking at the layout, not for learners.
const Mirror = "x-mirror"

// Bundle holds the messages of every language. It is safe for use by many goroutines.
type Bundle struct {
	printers map[string]*Printer
}

// Printer says messages in one language. It is safe for use by many goroutines.
type Printer struct {
	lang, dir string
	fixed     map[string]string     // messages without variables: most of a page
	cut       map[string]cutMessage // messages whose variables only stand in for a value: the rest of it
	loc       *i18n.Localizer       // all messages
}

// Load returns the embedded messages, read once for the whole program; an error names the file. Nobody changes them.
func Load() (*Bundle, error) { return loaded() }

var loaded = sync.OnceValues(load)

func load() (*Bundle, error) {
	b := i18n.NewBundle(language.MustParse(Default))
	b.RegisterUnmarshalFunc("yaml", yaml.Unmarshal)
	fixed, cuts := map[string]string{}, map[string]cutMessage{}
	dir := path.Join("messages", Default)
	names, err := fs.Glob(files, dir+"/*.yaml")
	if err != nil {
		return nil, err
	}
	for _, n := range names {
		raw, err := files.ReadFile(n)
		if err != nil {
			return nil, err
		}
		msgs := map[string]any{}
		if err := yaml.Unmarshal(raw, &msgs); err != nil {
			return nil, fmt.Errorf("%s: %w", n, err)
		}
		for k, v := range msgs {
			m, err := add(b, fixed, k, v)
			if err != nil {
				return nil, fmt.Errorf("%s: %s: %w", n, k, err)
			}
			if c, ok := cutUp(m); ok {
				cuts[k] = c
			}
		}
	}
	loc := i18n.NewLocalizer(b, Default)
	return &Bundle{printers: map[string]*Printer{
		Default: {lang: Default, dir: "ltr", fixed: fixed, cut: cuts, loc: loc},
		Mirror:  {lang: Default, dir: "rtl", fixed: fixed, cut: cuts, loc: loc},
	}}, nil
}

func add(b *i18n.Bundle, fixed map[string]string, key string, v any) (*i18n.Message, error) {
	m := &i18n.Message{ID: key}
	switch v := v.(type) {
	case string:
		m.Other = v
		if _, twice := fixed[key]; twice {
			return nil, fmt.Errorf("defined twice")
		}
		if !strings.Contains(v, "{{") {
			fixed[key] = v
		}
	case map[string]any:
		for form, text := range v {
			s, ok := text.(string)
			if !ok {
				return nil, fmt.Errorf("form %q is not text", form)
			}
			switch form {
			case "one":
				m.One = s
			case "few":
				m.Few = s
			case "many":
				m.Many = s
			case "other":
				m.Other = s
			default:
				return nil, fmt.Errorf("unknown plural form %q", form)
			}
		}
	default:
		return nil, fmt.Errorf("want text or plural forms, got %T", v)
	}
	return m, b.AddMessages(language.MustParse(Default), m)
}

// Printer returns the printer of a language, or of the default one when the language is not there.
func (b *Bundle) Printer(lang string) *Printer {
	if p, ok := b.printers[lang]; ok {
		return p
	}
	return b.printers[Default]
}

// T says the message named key. Args are pairs of a variable's name and its value; a pair "Count", n (an int)
// also picks the plural form. A key without message comes back as itself.
func (p *Printer) T(key string, args ...any) string {
	if s, ok := p.fixed[key]; ok {
		return s
	}
	if c, ok := p.cut[key]; ok {
		if s, ok := c.say(args); ok {
			return s
		}
	}
	data := make(map[string]any, len(args)/2)
	var count any
	for i := 0; i+1 < len(args); i += 2 {
		name, _ := args[i].(string)
		data[name] = args[i+1]
		if name == "Count" {
			count = args[i+1]
		}
	}
	s, err := p.loc.Localize(&i18n.LocalizeConfig{MessageID: key, TemplateData: data, PluralCount: count})
	if err != nil || s == "" {
		return key
	}
	return s
}

// Has says whether the key has a message.
func (p *Printer) Has(key string) bool { return p.T(key) != key }

// Lang is the BCP 47 tag for the page's lang attribute.
func (p *Printer) Lang() string { return p.lang }

// Dir is "ltr" or "rtl".
func (p *Printer) Dir() string { return p.dir }

// Date writes a day as "4 December 2026".
func (p *Printer) Date(t time.Time) string { return t.Format("2 January 2006") }

// DateTime writes an instant as "Thu 4 Dec 2026, 14:00" in t's own zone.
func (p *Printer) DateTime(t time.Time) string { return t.Format("Mon 2 Jan 2006, 15:04") }

// Day writes a day of this or the next year as "Thu 4 Dec".
func (p *Printer) Day(t time.Time) string { return t.Format("Mon 2 Jan") }

// Minutes writes a length of time: "8 minutes", "1 h 50 min".
func (p *Printer) Minutes(n int) string {
	switch {
	case n < 60:
		return p.T("common.minutes", "Count", n)
	case n%60 == 0:
		return p.T("common.hours", "Count", n/60)
	}
	return p.T("common.hours_minutes", "Hours", n/60, "Minutes", n%60)
}
