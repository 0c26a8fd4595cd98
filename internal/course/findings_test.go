package course_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"greenroom/internal/course"
	"greenroom/internal/course/coursetest"
)

const (
	courseYAML = "tiny/course.yaml"
	moduleYAML = "tiny/01-first/module.yaml"
	body       = "## A start"
	picture    = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 4 2">`
)

func put(path, text string) func(fstest.MapFS) {
	return func(m fstest.MapFS) { m[path] = &fstest.MapFile{Data: []byte(text)} }
}

func swap(path, old, new string) func(fstest.MapFS) {
	return func(m fstest.MapFS) {
		if !strings.Contains(string(m[path].Data), old) {
			panic(path + " has no " + old)
		}
		edit(m, path, old, new)
	}
}

func drop(path string) func(fstest.MapFS) { return func(m fstest.MapFS) { delete(m, path) } }

func svg(inside string) func(fstest.MapFS) {
	return put("tiny/media/boxes.svg", picture+inside+"</svg>")
}

// Line 2 of the reading is its title, line 5 its first heading.
var findings = []struct {
	name   string
	change func(fstest.MapFS)
	want   string // one finding, from its start
}{
	// the tree
	{"no courses", func(m fstest.MapFS) { clear(m) }, `.: error: no courses here; name the folder`},
	{"course folder name", put("My Course/course.yaml", ""), `My Course: error: the folder's name is not a key;`},
	{"stray file", put("notes.txt", "x"), `notes.txt: warning: this file belongs to no course;`},
	{"hidden file", put("tiny/.DS_Store", "x"), `tiny/.DS_Store: warning: a hidden file, left out;`},
	{"module folder name", put("tiny/second/module.yaml", ""), `tiny/second: error: the folder's name is not a number and a key;`},
	{"file without place", put("tiny/01-first/deep/x.md", "x"), `tiny/01-first/deep/x.md: error: this file has no place in the format;`},
	{"spaces in a name", put("tiny/media/my picture.svg", picture+"</svg>"), `tiny/media/my picture.svg: error: a file name with spaces or signs;`},
	{"names differ in case", put("tiny/media/Boxes.svg", picture+"</svg>"), `tiny/media/boxes.svg: error: differs from "media/Boxes.svg" only in capital letters;`},
	{"too deep", put("tiny/media/1/2/3/4/5/6/7/8/x.svg", picture+"</svg>"), `tiny/media/1/2/3/4/5/6/7/8: error: more than 8 folders deep;`},
	{"long path", put("tiny/media/"+strings.Repeat("a", 200)+".svg", picture+"</svg>"), `tiny/media/` + strings.Repeat("a", 200) + `.svg: error: the path is longer than 200 characters;`},
	{"big text", put(read, strings.Repeat("a", 300<<10)), read + `: error: larger than 256 KB;`},
	{"big medium", put("tiny/media/x.png", strings.Repeat("a", 11<<20)), `tiny/media/x.png: error: larger than 10 MB;`},
	{"byte order mark", swap(courseYAML, "format:", "\ufeffformat:"), courseYAML + `:1: error: the file begins with a byte order mark; save it as`},
	{"CRLF", swap(courseYAML, "key: tiny\n", "key: tiny\r\n"), courseYAML + `:2: error: lines end as on Windows (CRLF); set your editor to LF`},
	{"not UTF-8", swap(read, "guide", "gu\xefde"), read + `:7: error: the file is not UTF-8;`},
	{"control character", swap(read, "guide", "gu\x00de"), read + `:7: error: a control character (U+0000);`},
	{"turned direction", swap(read, "guide", "gu\u202ede"), read + `:7: error: a hidden sign that turns the writing direction (U+202E);`},
	{"numbers clash", put("tiny/01-other/module.yaml", ""), `tiny/01-other: error: the number 01 is taken by 01-first;`},
	{"module keys clash", put("tiny/03-first/module.yaml", ""), `tiny/03-first: error: the module key "first" is taken by 01-first;`},
	{"step numbers clash", put("tiny/01-first/01-else.reading.md", ""), read + `: error: the number 01 is taken by 01-else.reading.md;`},
	{"step keys clash", put("tiny/01-first/07-read.quiz.yaml", ""), `tiny/01-first/07-read.quiz.yaml: error: the key "read" is taken by 01-read.reading.md;`},
	{"unknown kind", put("tiny/01-first/08-x.poll.yaml", ""), `tiny/01-first/08-x.poll.yaml: error: unknown kind "poll"; known are quiz, reading, reflection, resources, worksheet`},
	{"wrong ending", put("tiny/01-first/08-x.quiz.md", ""), `tiny/01-first/08-x.quiz.md: error: a quiz is written in a .yaml file;`},
	{"step file name", put("tiny/01-first/x.reading.md", ""), `tiny/01-first/x.reading.md: error: the file's name is not number, key, kind and ending;`},
	{"no course.yaml", drop(courseYAML), courseYAML + `: error: the course has no course.yaml;`},
	{"no module.yaml", drop(moduleYAML), moduleYAML + `: error: the module has no module.yaml;`},
	{"empty module.yaml", put(moduleYAML, ""), moduleYAML + `:1: error: the file is empty;`},
	{"no modules", func(m fstest.MapFS) {
		for p := range m {
			if strings.Contains(p, "/0") {
				delete(m, p)
			}
		}
	}, courseYAML + `: error: the course has no modules;`},

	// YAML
	{"not YAML", swap(courseYAML, "key: tiny", "key: [tiny"), courseYAML + `:2: error: this is not YAML:`},
	{"unknown field", swap(courseYAML, "title:", "titel:"), courseYAML + `:3: error: unknown field "titel"; did you mean "title"?`},
	{"unknown field, no guess", swap(moduleYAML, "title:", "zzzzzzzz:"), moduleYAML + `:1: error: unknown field "zzzzzzzz"; known here are title, summary,`},
	{"missing field", swap(courseYAML, "licence: CC-BY-4.0\n", ""), courseYAML + `:1: error: the field "licence" is missing; add it`},
	{"empty field", swap(courseYAML, "licence: CC-BY-4.0", "licence:"), courseYAML + `:13: error: "licence" is empty;`},
	{"empty text", swap(courseYAML, `title: "A tiny course"`, `title: " "`), courseYAML + `:3: error: "title" is empty;`},
	{"field twice", swap(courseYAML, "key: tiny\n", "key: tiny\nkey: tiny\n"), courseYAML + `:3: error: the field "key" is there twice; keep one; the first is in line 2`},
	{"anchor", swap(courseYAML, "key: tiny", "key: &k tiny"), courseYAML + `:2: error: an anchor (&k);`},
	{"alias", swap(courseYAML, "level: introductory", "level: *k"), courseYAML + `:14: error: this is not YAML: unknown anchor 'k' referenced;`},
	{"alias of an anchor", swap(courseYAML, "order: 1", "order: &k 1\nx: *k"), courseYAML + `:19: error: an alias (*k);`},
	{"tag", swap(courseYAML, "key: tiny", "key: !!str tiny"), courseYAML + `:2: error: a tag (!!str);`},
	{"nested too deep", swap(courseYAML, "key: tiny", "key: "+strings.Repeat("[", 30)+strings.Repeat("]", 30)), courseYAML + `:2: error: nested more than 20 deep;`},
	{"second document", swap(courseYAML, "sources:", "---\nsources:"), courseYAML + `:22: error: a second document begins here;`},
	{"unquoted text", swap(courseYAML, `"A tiny course"`, `A tiny course # 1`), courseYAML + `:3: error: "title" is a text without quotes; put the text in quotes`},
	{"unquoted entry", swap(courseYAML, `- "You can do another thing"`, `- You can do another thing`), courseYAML + `:10: error: entry 2 of "outcomes" is a text without quotes;`},
	{"text too long", swap(courseYAML, "A course for tests.", strings.Repeat("x", 241)), courseYAML + `:4: error: "summary" has 241 characters, at most 240 are allowed; shorten it`},
	{"too few entries", swap(moduleYAML, `, "You can end"`, ""), moduleYAML + `:3: error: "outcomes" has 1 entries, at least 2 are needed;`},
	{"line breaks", swap(courseYAML, `"A tiny course"`, `"A tiny\n\ncourse"`), courseYAML + `:3: error: "title" has line breaks;`},
	{"not a list", swap(courseYAML, `topics: ["Tests"]`, `topics: "Tests"`), courseYAML + `:15: error: "topics" must be a list;`},
	{"not fields", swap(courseYAML, `  - name: "Test author"`, `  - "Test author"`), courseYAML + `:17: error: entry 1 of "authors" must have fields;`},
	{"not a value", swap(courseYAML, `licence: CC-BY-4.0`, `licence: [CC-BY-4.0]`), courseYAML + `:13: error: "licence" must be a single value;`},
	{"not a text", swap(courseYAML, `"A tiny course"`, `["A tiny course"]`), courseYAML + `:3: error: "title" must be a text;`},
	{"not a number", swap(courseYAML, "order: 1", "order: first"), courseYAML + `:18: error: "order" must be a whole number;`},
	{"number out of range", swap(read, "minutes: 3", "minutes: 61"), read + `:3: error: "minutes" is 61; use a number from 1 to 60`},
	{"not true or false", swap(courseYAML, "open: true", "open: yes"), courseYAML + `:19: error: "open" must be true or false;`},
	{"not a date", swap(courseYAML, "2026-11-22", "22/11/2026"), courseYAML + `:20: error: "facts_as_at" is not a date;`},
	{"not a key", swap(courseYAML, "key: tiny", "key: Tiny"), courseYAML + `:2: error: "key" is not a key: "Tiny";`},
	{"not one of", swap(courseYAML, "introductory", "easy"), courseYAML + `:14: error: "level" cannot be "easy"; use introductory, intermediate, advanced`},
	{"wrong format", swap(courseYAML, "course/1", "course/2"), courseYAML + `:1: error: "format" cannot be "course/2"; use course/1`},

	// the manifest
	{"key is not the folder", swap(courseYAML, "key: tiny", "key: small"), courseYAML + `:1: error: the key "small" is not the folder's name "tiny";`},
	{"language", swap(courseYAML, "en-AU", "english!"), courseYAML + `:1: error: the language "english!" is not a language tag;`},
	{"future facts", swap(courseYAML, "2026-11-22", "2027-11-22"), courseYAML + `:1: error: facts_as_at is in the future (2027-11-22);`},
	{"stale facts", swap(courseYAML, "2026-11-22", "2026-01-22"), courseYAML + `:1: warning: the facts were checked on 2026-01-22, more than six months ago;`},
	{"source twice", swap(courseYAML, "sources:", "sources:\n  - id: S1\n    title: \"x\""), courseYAML + `:25: error: the source S1 is there twice;`},
	{"source id", swap(courseYAML, "id: S1", "id: S/1"), courseYAML + `:23: error: the source id "S/1" cannot be cited;`},
	{"source address", swap(courseYAML, "https://example.org/guide", "http://example.org/guide"), courseYAML + `:23: error: the address "http://example.org/guide" of source S1 is not an https address;`},
	{"uncited source", swap(courseYAML, "sources:", "sources:\n  - id: S2\n    title: \"x\""), courseYAML + `:23: warning: nothing cites the source S2;`},
	{"module's unknown source", put(moduleYAML, "title: \"x\"\nsummary: \"x\"\noutcomes: [\"a\", \"b\"]\nsources: [S9]\n"), moduleYAML + `:1: error: there is no source "S9";`},
	{"retired and there", swap(courseYAML, "sources:", "retired: [first/read]\nsources:"), courseYAML + `:1: error: the step "first/read" is retired and there;`},
	{"retired, no key", swap(courseYAML, "sources:", "retired: [01-first]\nsources:"), courseYAML + `:1: error: "01-first" in retired is not a step;`},
	{"retired twice", swap(courseYAML, "sources:", "retired: [a/b, a/b]\nsources:"), courseYAML + `:1: error: "a/b" is twice in retired;`},
	{"requires, no key", swap(courseYAML, "sources:", "requires: [Other Course]\nsources:"), courseYAML + `:1: error: "Other Course" in requires is not a course;`},
	{"requires itself", swap(courseYAML, "sources:", "requires: [tiny]\nsources:"), courseYAML + `:1: error: the course requires itself;`},
	{"requires twice", swap(courseYAML, "sources:", "requires: [a, a]\nsources:"), courseYAML + `:1: error: "a" is twice in requires;`},
	{"description has the lines of the file", swap(courseYAML, "  What it is about.", "  What it is about.\n\n  Bad <b>HTML</b>."), courseYAML + `:8: error: HTML is not allowed;`},

	// readings
	{"no front matter", put(read, "## Hello\n"), read + `:1: error: no front matter;`},
	{"front matter fault", swap(read, `"Read this"`, `Read this`), read + `:2: error: "title" is a text without quotes;`},
	{"long step", swap(read, "minutes: 3", "minutes: 20"), read + `:1: warning: the step takes 20 minutes; split it`},
	{"many words", swap(read, body, body+"\n\n"+strings.Repeat("We go on. ", 200)), read + `:5: warning: the text has 6`},
	{"hard words", swap(read, body, body+"\n\n"+strings.Repeat("Organisational accountability necessitates interdepartmental collaboration notwithstanding jurisdictional considerations, ", 20)), read + `:5: warning: the text reads at school year`},
	{"HTML block", swap(read, body, body+"\n\n<div>x</div>\n"), read + `:7: error: HTML is not allowed;`},
	{"level 1", swap(read, body, "# A start"), read + `:5: error: a heading of level 1 (#);`},
	{"first heading", swap(read, body, "### A start"), read + `:5: error: the first heading has level 3; begin with ##`},
	{"heading jump", swap(read, body, body+"\n\n#### Deep"), read + `:7: error: the heading jumps from level 2 to 4; use ###`},
	{"no alt text", swap(read, "![Two boxes]", "![]"), read + `:9: error: the picture has no alt text;`},
	{"missing picture", swap(read, "boxes.svg", "none.svg"), read + `:9: error: there is no file "../media/none.svg";`},
	{"picture is no picture", swap(read, "../media/boxes.svg", "02-check.quiz.yaml"), read + `:9: error: there is no file "02-check.quiz.yaml";`},
	{"dead link", swap(read, "02-check", "03-check"), read + `:7: error: the link "03-check.quiz.yaml" leads to no file;`},
	{"link out of the course", swap(read, "02-check.quiz.yaml", "../../other/x.md"), read + `:7: error: the link "../../other/x.md" leads to no file;`},
	{"insecure link", swap(read, "02-check.quiz.yaml", "http://example.org"), read + `:7: error: the link "http://example.org" is not secure; use https://`},
	{"script link", swap(read, "02-check.quiz.yaml", "javascript:alert(1)"), read + `:7: error: links of the kind "javascript:" are not allowed;`},
	{"rooted link", swap(read, "02-check.quiz.yaml", "/me"), read + `:7: error: the link "/me" leads nowhere;`},
	{"unknown heading", swap(read, "02-check.quiz.yaml", "#nowhere"), read + `:7: error: no heading of this text has the address "#nowhere";`},
	{"vague link", swap(read, "[check]", "[here]"), read + `:7: warning: the link text "here" does not say where it leads;`},
	{"link without text", swap(read, "[check]", "[]"), read + `:7: error: a link without text;`},
	{"unknown source", swap(read, "@S1", "@S9"), read + `:7: error: there is no source "S9"; add it to sources`},
	{"not a citation", swap(read, "[@S1]", "[@S1, p. 4]"), read + `:7: error: "[@S1, p. 4]" is not a citation;`},
	{"footnote without text", swap(read, "[@S1]", "[@S1][^1]"), read + `:7: error: the footnote [^1] has no text;`},
	{"not a link", swap(read, "(02-check.quiz.yaml)", "[x]"), read + `:7: error: "[check][x]" is not a link;`},
	{"unknown callout", swap(read, body, "> [!WARN] x\n> y\n"), read + `:5: error: unknown callout [!WARN];`},
	{"callout without text", swap(read, body, "> [!TIP] x\n"), read + `:5: error: a callout without text;`},
	{"mark outside a quotation", swap(read, body, "[!TIP] x\n"), read + `:5: error: [!TIP] is not at the start of a quotation;`},
	{"try without question", swap(read, body, "> [!TRY]\n> x\n> ---\n> y\n"), read + `:5: error: a [!TRY] without question;`},
	{"try without answer", swap(read, body, "> [!TRY] What?\n> x\n"), read + `:5: error: a [!TRY] without answer;`},
	{"table without names", swap(read, body, "| | |\n|---|---|\n| a | b |\n"), read + `:5: error: a table without column names;`},
	{"picture in a link", swap(read, body, "[![Two boxes](../media/boxes.svg)](https://example.org)\n"), read + `:5: error: a picture inside a link;`},
	{"caption in a line", swap(read, body, "See ![Two boxes](../media/boxes.svg \"Boxes\") here.\n"), read + `:5: error: a picture with a caption inside a line of text;`},
	{"film without anything", swap(read, body, "```video\ntitle: \"x\"\n```\n"), read + `:5: error: the video block has no src;`},
	{"film with a wrong field", swap(read, body, "```video\nautoplay: true\n```\n"), read + `:5: error: the video block cannot be read:`},
	{"film without file", swap(read, body, "```video\nsrc: media/x.mp4\n```\n"), read + `:5: error: there is no file "media/x.mp4";`},
	{"fault in a transcript", func(m fstest.MapFS) {
		swap(read, body, "```video\ntitle: \"x\"\nsrc: media/x.mp4\ncaptions: media/x.vtt\ntranscript: media/x.md\n```\n")(m)
		put("tiny/01-first/media/x.mp4", "\x00\x00\x00\x18ftypmp42")(m)
		put("tiny/01-first/media/x.vtt", "WEBVTT\n")(m)
		put("tiny/01-first/media/x.md", "Hello.\n\n<b>x</b>\n")(m)
	}, `tiny/01-first/media/x.md:3: error: HTML is not allowed;`},

	// media
	{"unused medium", put("tiny/media/more.svg", picture+"</svg>"), `tiny/media/more.svg: warning: nothing shows this file;`},
	{"medium outside", put("tiny/01-first/x.svg", picture+"</svg>"), `tiny/01-first/x.svg: error: media outside a media folder;`},
	{"yaml in media", put("tiny/media/x.yaml", "a: 1"), `tiny/media/x.yaml: error: this file is neither a picture,`},
	{"kind of file", put("tiny/media/x.exe", "MZ"), `tiny/media/x.exe: error: files of the kind ".exe" are not allowed;`},
	{"png that is none", put("tiny/media/x.png", "GIF89a"), `tiny/media/x.png: error: not a PNG picture;`},
	{"film that is none", put("tiny/media/x.mp4", "hello hello hello"), `tiny/media/x.mp4: error: not an MP4 film;`},
	{"captions that are none", put("tiny/media/x.vtt", "1\n00:00"), `tiny/media/x.vtt: error: not a WebVTT caption file;`},
	{"PDF that is none", put("tiny/media/x.pdf", "hello"), `tiny/media/x.pdf: error: not a PDF;`},
	{"svg script", svg(`<script>x()</script>`), `tiny/media/boxes.svg: error: the drawing has the element <script>;`},
	{"svg foreignObject", svg(`<foreignObject/>`), `tiny/media/boxes.svg: error: the drawing has the element <foreignObject>;`},
	{"svg animation", svg(`<animate attributeName="href"/>`), `tiny/media/boxes.svg: error: the drawing has the element <animate>;`},
	{"svg picture", svg(`<image href="https://x.org/a.png"/>`), `tiny/media/boxes.svg: error: the drawing has the element <image>;`},
	{"svg event", svg(`<rect onclick="x()"/>`), `tiny/media/boxes.svg: error: the drawing has the event attribute onclick;`},
	{"svg reference", svg(`<use href="https://x.org/a.svg#b"/>`), `tiny/media/boxes.svg: error: the drawing refers to "https://x.org/a.svg#b";`},
	{"svg script reference", svg(`<use xlink:href=" javascript:x()" xmlns:xlink="http://www.w3.org/1999/xlink"/>`), `tiny/media/boxes.svg: error: the drawing refers to "javascript:x()";`},
	{"svg fill", svg(`<rect fill="url(https://x.org/a)"/>`), `tiny/media/boxes.svg: error: the attribute fill loads something;`},
	{"svg style", svg(`<style>@import "https://x.org/a.css";</style>`), `tiny/media/boxes.svg: error: the drawing's style loads something;`},
	{"svg doctype", put("tiny/media/boxes.svg", "<!DOCTYPE svg [<!ENTITY a \"b\">]>"+picture+"</svg>"), `tiny/media/boxes.svg: error: the drawing has a DOCTYPE;`},
	{"svg stylesheet", put("tiny/media/boxes.svg", `<?xml-stylesheet href="x"?>`+picture+"</svg>"), `tiny/media/boxes.svg: error: the drawing has a processing instruction (xml-stylesheet);`},
	{"svg broken", put("tiny/media/boxes.svg", picture), `tiny/media/boxes.svg: error: the drawing is not well-formed XML;`},
	{"svg is html", put("tiny/media/boxes.svg", "<html></html>"), `tiny/media/boxes.svg: error: not an SVG drawing;`},
	{"svg foreign", svg(`<h:p xmlns:h="http://www.w3.org/1999/xhtml">x</h:p>`), `tiny/media/boxes.svg: error: the drawing has a foreign element <p>;`},
}

func TestEveryFinding(t *testing.T) {
	t.Parallel()
	if revs, found := loader().Load(coursetest.Small()); len(found) != 0 || len(revs) != 1 {
		t.Fatalf("the small course is not clean:\n%s", found)
	}
	for _, tc := range findings {
		t.Run(tc.name, func(t *testing.T) {
			m := coursetest.Small()
			tc.change(m)
			revs, found := loader().Load(m)
			if !strings.Contains("\n"+found.String(), "\n"+tc.want) {
				t.Errorf("want a line that begins\n%s\ngot\n%s", tc.want, found)
			}
			if strings.Contains(tc.want, ": error: ") == (len(revs) == 1) && tc.name != "course folder name" {
				t.Errorf("%d revisions with findings\n%s", len(revs), found)
			}
			for _, f := range found {
				if f.What == "" || f.Remedy == "" || f.File == "" || strings.HasSuffix(f.What, ".") {
					t.Errorf("half a finding: %q", f)
				}
			}
		})
	}
}

func TestAllFaultsAtOnce(t *testing.T) {
	t.Parallel()
	m := coursetest.Small()
	for _, c := range []func(fstest.MapFS){
		swap(courseYAML, "title:", "titel:"), swap(courseYAML, "introductory", "easy"),
		swap(moduleYAML, "summary:", "sumary:"), swap(read, "![Two boxes]", "![]"), swap(read, "@S1", "@S9"), svg("<script/>"),
	} {
		c(m)
	}
	found, _ := loader().Lint(m)
	if found.Errors() != 8 { // the misspelt fields are missing, too
		t.Errorf("%d errors, want 8:\n%s", found.Errors(), found)
	}
	for i := 1; i < len(found); i++ {
		if a, b := found[i-1], found[i]; a.File > b.File || a.File == b.File && a.Line > b.Line {
			t.Errorf("not in order: %s before %s", a, b)
		}
	}
	raw, err := json.Marshal(found[:1])
	if want := `[{"file":"tiny/01-first/01-read.reading.md","line":7,"severity":"error","what":"there is no source`; err != nil || !strings.HasPrefix(string(raw), want) {
		t.Errorf("as JSON: %s, %v", raw, err)
	}
}

// A step that is no reading is judged by all that people read in it, each text once; short labels make it no easier.
func TestLevels(t *testing.T) {
	t.Parallel()
	hard := strings.Repeat("Interdepartmental accountability necessitates comprehensive organisational transparency throughout jurisdictions, notwithstanding considerations. ", 12)
	m := coursetest.Small()
	found, levels := loader().Lint(m)
	if found.Warnings() != 0 || len(levels) == 0 {
		t.Fatalf("%d levels; %v", len(levels), found)
	}
	m["tiny/01-first/09-hard.think.yaml"] = &fstest.MapFile{Data: []byte("title: \"Yes\"\nminutes: 3\nprompt: \"" + hard + "\"\n")}
	l := course.NewLoader(append(coursetest.Kinds(), prose{})...)
	found, levels = l.Lint(m)
	got := levels[len(levels)-1]
	for _, x := range levels {
		if strings.HasSuffix(x.File, ".think.yaml") {
			got = x
		}
	}
	if got.Words != 121 || got.Grade < 20 { // ten words a sentence, twelve times, and the title
		t.Errorf("level %+v", got)
	}
	if want := "tiny/01-first/09-hard.think.yaml: warning: the step as a whole reads at school year"; !strings.Contains(found.String(), want) {
		t.Errorf("no warning:\n%s", found)
	}
}

// prose is a kind of one text, which it decodes and renders.
type prose struct{}

func (prose) Name() string { return "think" }
func (prose) Ext() string  { return ".yaml" }
func (prose) Parse(f course.File, rep *course.Reporter) (course.Meta, course.Content) {
	var in struct {
		course.Head
		Prompt course.Text `yaml:"prompt"`
	}
	course.Decode(f, rep, &in)
	return in.Meta(), rep.Inline(in.Prompt)
}

func TestRevisionHoldsWhatTheFilesSay(t *testing.T) {
	t.Parallel()
	revs, _ := loader().Load(coursetest.Small())
	r := revs[0]
	var order []string
	for a := r.First(); a != nil; a = a.Next {
		order = append(order, fmt.Sprintf("%s %d.%d %s", a.Key, a.Module.Number, a.Number, a.Kind))
		if a.Next != nil && a.Next.Prev != a || r.Activity(a.Key) != a {
			t.Errorf("%s hangs wrong", a.Key)
		}
	}
	if got, want := strings.Join(order, ", "), "first/read 1.1 reading, first/check 1.2 quiz, first/think 1.3 reflection, first/sheet 1.4 worksheet, first/more 1.5 resources"; got != want {
		t.Errorf("steps: %s", got)
	}
	if r.Minutes != 24 || r.Modules[0].Minutes != 24 || len(r.Modules) != 2 || len(r.Modules[1].Activities) != 0 {
		t.Errorf("minutes %d, modules %d", r.Minutes, len(r.Modules))
	}
	if r.Description != "<p>What it is about.</p>\n" || !r.Open || r.Sources[0].Publisher != "An office" || !r.FactsAsAt.Equal(time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)) {
		t.Errorf("manifest: %+v", r)
	}
	html := string(r.First().Content().(coursetest.Page).HTML)
	for _, want := range []string{
		`<a href="https://example.org/guide" class="cite" rel="nofollow noopener">(An office, 2021)</a>`,
		`<a href="/courses/tiny/first/check">check</a>`, `alt="Two boxes" width="40" height="20"`, `<figcaption>Boxes.</figcaption>`,
	} {
		if !strings.Contains(html, want) {
			t.Errorf("reading lacks %s:\n%s", want, html)
		}
	}
}

// The hash names the files, not how or in what order they are stored.
func TestHashNamesTheFiles(t *testing.T) {
	t.Parallel()
	hash := func(change func(fstest.MapFS)) string {
		m := coursetest.Small()
		change(m)
		revs, found := loader().Load(m)
		if len(revs) != 1 {
			t.Fatal(found)
		}
		return revs[0].Hash
	}
	base := hash(func(fstest.MapFS) {})
	if again := hash(func(m fstest.MapFS) { m[read].ModTime = time.Now(); m[read].Mode = 0o600 }); again != base {
		t.Error("time or permissions change the hash")
	}
	if hash(svg("<rect/>")) == base || hash(swap(read, "guide", "Guide")) == base {
		t.Error("a changed file keeps the hash")
	}
	if course.Format != "course/1" {
		t.Error("a new format needs a new test")
	}
}
