// Package coursetest has courses for tests: a small one with a step of each kind, a big one for measuring, kinds that
// accept every file, and a way to parse the text of one step.
package coursetest

import (
	"fmt"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"

	"go.yaml.in/yaml/v3"

	"greenroom/internal/course"
	"greenroom/internal/markdown"
)

// SmallKey is the key of the course in Small. Its steps are first/read, first/check, first/think, first/sheet and first/more; a second
// module, later, is in preparation.
const SmallKey = "tiny"

// Now is a day on which the facts of the courses here are fresh: noon on 25 November 2026, UTC.
const Now = "2026-11-25T12:00:00Z"

const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 20"><title>Two boxes</title><rect width="10" height="10"/></svg>`

const manifest = `format: course/1
key: %s
title: "%s"
summary: "A course for tests."
description: |
  What it is about.
audience: "People who test."
outcomes:
  - "You can do one thing"
  - "You can do another thing"
  - "You can do a third thing"
language: en-AU
licence: CC-BY-4.0
level: introductory
topics: ["Tests"]
authors:
  - name: "Test author"
order: 1
open: true
facts_as_at: 2026-11-22
art: dots
sources:
  - id: S1
    title: "A guide"
    publisher: "An office"
    year: 2021
    url: "https://example.org/guide"
`

const module = `title: "%s"
summary: "A module for tests."
outcomes: ["You can begin", "You can end"]
`

// Small is a courses folder with one course that has one step of each of the five kinds. Every call gives its own copy, which may
// be changed.
func Small() fstest.MapFS {
	return files(map[string]string{
		"tiny/course.yaml":                 fmt.Sprintf(manifest, SmallKey, "A tiny course"),
		"tiny/media/boxes.svg":             svg,
		"tiny/01-first/module.yaml":        fmt.Sprintf(module, "The first part"),
		"tiny/01-first/01-read.reading.md": "---\ntitle: \"Read this\"\nminutes: 3\n---\n## A start\n\nRead the guide [@S1], then [check](02-check.quiz.yaml).\n\n![Two boxes](../media/boxes.svg \"Boxes.\")\n",
		"tiny/01-first/02-check.quiz.yaml": `title: "Check yourself"
minutes: 4
pass: 1
questions:
  - key: one
    type: single
    prompt: "Which is right?"
    options:
      - { text: "This", correct: true, feedback: "Yes." }
      - { text: "That", feedback: "No: look again." }
  - key: two
    type: true-false
    prompt: "The sky is blue."
    answer: true
    feedback: { when_true: "Yes.", when_false: "Look up." }
`,
		"tiny/01-first/03-think.reflection.yaml": `title: "Think"
minutes: 5
prompt: "What did you learn?"
words: { min: 5, max: 50 }
starters: ["I learnt …"]
model_answer: "I learnt to write small courses for tests."
`,
		"tiny/01-first/04-sheet.worksheet.yaml": `title: "Your sheet"
minutes: 10
intro: "Fill it in."
document: "Sheet"
sections:
  - title: "About you"
    fields:
      - { key: name, label: "Name", type: text, required: true }
      - { key: why, label: "Why", type: long, max_words: 60 }
example:
  agency: "Kestrel Bay Council"
  values:
    name: "Priya"
    why: "To learn."
self_check: ["It is short", "It is true"]
`,
		"tiny/01-first/05-more.resources.yaml": `title: "Go further"
minutes: 2
items:
  - { source: S1, why: "It says more." }
terms:
  - { term: "Tiny", meaning: "Very small." }
misconceptions:
  - { claim: "Small is easy.", correction: "Small is short." }
`,
		"tiny/02-later/module.yaml": fmt.Sprintf(module, "A later part"),
	})
}

// Big is a courses folder with one course, "big", of n readings of about 400 words, in modules of at most 50.
func Big(n int) fstest.MapFS {
	m := map[string]string{"big/course.yaml": fmt.Sprintf(manifest, "big", "A big course"), "big/media/boxes.svg": svg}
	for i := range n {
		dir := fmt.Sprintf("big/%02d-part-%d", i/50+1, i/50+1)
		if i%50 == 0 {
			m[dir+"/module.yaml"] = fmt.Sprintf(module, fmt.Sprintf("Part %d", i/50+1))
		}
		m[fmt.Sprintf("%s/%02d-page-%d.reading.md", dir, i%50+1, i+1)] = page(i)
	}
	return files(m)
}

func page(i int) string {
	var b strings.Builder
	fmt.Fprintf(&b, "---\ntitle: \"Page %d\"\nminutes: 3\nsummary: \"One of many pages.\"\n---\n", i+1)
	for s := range 4 {
		fmt.Fprintf(&b, "## Section %d of page %d\n\n", s+1, i+1)
		b.WriteString(strings.Repeat("People look in *more* than one place, and they come with **doubts** about what they read [@S1]. ", 4) + "\n\n")
		b.WriteString("- One thing to do today\n- Another thing, for [later](https://example.org/later)\n\n")
	}
	b.WriteString("> [!TIP] Keep it short\n> A short text is read.\n\n| When | What |\n|---|---|\n| Now | Begin |\n| Soon | Go on |\n\n![Two boxes](../media/boxes.svg \"Boxes.\")\n")
	return b.String()
}

func files(m map[string]string) fstest.MapFS {
	out := fstest.MapFS{}
	for p, s := range m {
		out[p] = &fstest.MapFile{Data: []byte(s), Mode: 0o644}
	}
	return out
}

// Kinds are the five kinds, each accepting every file that has a title and minutes. Their content is a Page.
func Kinds() []course.Kind {
	return []course.Kind{
		anyKind{"reading", ".md"}, anyKind{"quiz", ".yaml"}, anyKind{"reflection", ".yaml"},
		anyKind{"worksheet", ".yaml"}, anyKind{"resources", ".yaml"},
	}
}

// Page is the content that the kinds of this package make.
type Page struct{ HTML markdown.HTML }

type anyKind struct{ name, ext string }

func (k anyKind) Name() string { return k.name }
func (k anyKind) Ext() string  { return k.ext }

func (k anyKind) Parse(f course.File, rep *course.Reporter) (course.Meta, course.Content) {
	if k.ext == ".md" {
		var h course.Head
		body, ok := course.DecodeFront(f, rep, &h)
		if !ok {
			return course.Meta{}, nil
		}
		return h.Meta(), Page{rep.Markdown(body)}
	}
	var h struct {
		Title, Summary string
		Minutes        int
		Items          []struct{ Source string }
	}
	if err := yaml.Unmarshal(f.Data, &h); err != nil {
		rep.Error(1, "this is not YAML", "mend it")
		return course.Meta{}, nil
	}
	for _, i := range h.Items {
		rep.Source(i.Source)
	}
	return course.Meta{Title: h.Title, Summary: h.Summary, Minutes: h.Minutes}, Page{}
}

// Parse parses the text of one step as the file first/step of a course that has the source S1, the picture ../media/boxes.svg and
// nothing else. The findings are those of this file only.
func Parse(t testing.TB, k course.Kind, text string) (course.Meta, course.Content, course.Findings) {
	t.Helper()
	return ParseIn(t, k, nil, text)
}

// ParseIn is Parse with more files in the course; paths are from the course folder. The step is 01-first/50-step.
func ParseIn(t testing.TB, k course.Kind, more map[string]string, text string) (course.Meta, course.Content, course.Findings) {
	t.Helper()
	rel := "tiny/01-first/50-step." + k.Name() + k.Ext()
	tree := map[string]string{
		"tiny/course.yaml": fmt.Sprintf(manifest, SmallKey, "A tiny course"), "tiny/media/boxes.svg": svg,
		"tiny/01-first/module.yaml": fmt.Sprintf(module, "The first part"), rel: text,
	}
	for p, s := range more {
		tree["tiny/"+p] = s
	}
	var c catch
	c.Kind = k
	kinds := append(Kinds(), &c) // the later wins
	_, all := course.NewLoader(kinds...).Load(fs.FS(files(tree)))
	var mine course.Findings
	for _, f := range all {
		if f.File == rel {
			mine = append(mine, f)
		}
	}
	return c.meta, c.content, mine
}

// catch keeps what a kind returned for the step.
type catch struct {
	course.Kind
	meta    course.Meta
	content course.Content
}

func (c *catch) Parse(f course.File, rep *course.Reporter) (course.Meta, course.Content) {
	m, content := c.Kind.Parse(f, rep)
	if strings.Contains(f.Path, "/50-step.") {
		c.meta, c.content = m, content
	}
	return m, content
}
