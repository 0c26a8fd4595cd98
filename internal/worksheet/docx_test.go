package worksheet_test

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"path"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"greenroom/internal/markdown"
	"greenroom/internal/worksheet"
)

// parts unzips a Word file and reads every part with a strict XML reader.
func parts(t *testing.T, raw []byte) map[string]string {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		out[f.Name] = string(body)
		dec := xml.NewDecoder(bytes.NewReader(body))
		dec.Strict = true
		for {
			_, err := dec.Token()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatalf("%s: %v", f.Name, err)
			}
		}
	}
	return out
}

// shown returns the text of a part as a reader sees it, a line for each paragraph.
func shown(t *testing.T, part string) string {
	t.Helper()
	var b strings.Builder
	dec, inText := xml.NewDecoder(strings.NewReader(part)), false
	for {
		tok, err := dec.Token()
		if errors.Is(err, io.EOF) {
			return b.String()
		}
		if err != nil {
			t.Fatal(err)
		}
		switch x := tok.(type) {
		case xml.StartElement:
			inText = x.Name.Local == "t"
			if x.Name.Local == "br" {
				b.WriteString("\n")
			}
		case xml.CharData:
			if inText {
				b.Write(x)
			}
		case xml.EndElement:
			inText = false
			if x.Name.Local == "p" {
				b.WriteString("\n")
			}
		}
	}
}

var at = time.Date(2026, 12, 3, 2, 30, 0, 0, time.UTC)

func doc(author string, values ...string) worksheet.Document {
	d := worksheet.Document{
		Title: "Channel map", Language: "en-AU", Author: author, At: at, Footer: "Made with Greenroom",
		Lines: []string{"From the course “Using social media”"},
	}
	d.Sections = []worksheet.DocSection{{Title: "Our channels", Fields: []worksheet.DocField{
		{Label: "Purpose", Paragraphs: values},
		{Label: "Channels", Head: []string{"Channel", "Owner"}, Rows: [][]string{values, {"short"}}},
	}}}
	return d
}

func TestDOCXIsWholeAndSelfContained(t *testing.T) {
	t.Parallel()
	raw, err := doc("", "We answer in a day.", "Second line").DOCX()
	if err != nil {
		t.Fatal(err)
	}
	ps := parts(t, raw)

	// Every part has a content type and every relationship leads to a part inside the file.
	for name := range ps {
		if name != "[Content_Types].xml" && !strings.HasSuffix(name, ".rels") && !strings.Contains(ps["[Content_Types].xml"], `PartName="/`+name+`"`) {
			t.Errorf("%s has no content type", name)
		}
	}
	for name, body := range ps {
		if strings.Contains(body, "TargetMode") {
			t.Errorf("%s: a relationship leaves the file", name)
		}
		if !strings.HasSuffix(name, ".rels") {
			continue
		}
		var rels struct {
			Relationship []struct {
				Target string `xml:",attr"`
			}
		}
		if err := xml.Unmarshal([]byte(body), &rels); err != nil {
			t.Fatal(err)
		}
		base := path.Dir(path.Dir(name))
		for _, r := range rels.Relationship {
			if _, ok := ps[path.Join(base, r.Target)]; !ok {
				t.Errorf("%s: %s is not in the file", name, r.Target)
			}
		}
	}
	for _, bad := range []string{"fldSimple", "instrText", "w:hyperlink", "vbaProject", "altChunk", "w:object", "DOCTYPE"} {
		for name, body := range ps {
			if strings.Contains(body, bad) {
				t.Errorf("%s holds %s", name, bad)
			}
		}
	}
	got := shown(t, ps["word/document.xml"])
	for _, want := range []string{"Channel map\n", "Our channels\n", "Purpose\n", "We answer in a day.\n", "Channel\nOwner\n"} {
		if !strings.Contains(got, want) {
			t.Errorf("document lacks %q:\n%s", want, got)
		}
	}
	if !strings.Contains(ps["word/styles.xml"], `w:lang w:val="en-AU"`) || !strings.Contains(ps["docProps/core.xml"], "<dc:title>Channel map</dc:title>") {
		t.Error("language or title is missing")
	}
	if shown(t, ps["word/footer1.xml"]) != "Made with Greenroom\n" {
		t.Error("footer is missing")
	}
	again, _ := doc("", "We answer in a day.", "Second line").DOCX()
	if !bytes.Equal(raw, again) {
		t.Error("the same document gave other bytes")
	}
}

func TestDOCXNamesThePersonOnlyWhenTheyChose(t *testing.T) {
	t.Parallel()
	raw, _ := doc("", "x").DOCX()
	if core := parts(t, raw)["docProps/core.xml"]; strings.Contains(core, "creator") || strings.Contains(core, "lastModifiedBy") {
		t.Errorf("properties name somebody: %s", core)
	}
	raw, _ = doc(`Asha <b> & "Co"`, "x").DOCX()
	if core := parts(t, raw)["docProps/core.xml"]; !strings.Contains(core, "<dc:creator>Asha &lt;b&gt; &amp; &#34;Co&#34;</dc:creator>") {
		t.Errorf("the chosen name is missing: %s", core)
	}
}

// hostile holds what breaks files made by string building: markup, formulas, field codes, and every character
// that XML forbids.
func hostile() string {
	var b strings.Builder
	b.WriteString(`<script>alert(1)</script> ]]> & &amp; {{.X}} =cmd|' /C calc'!A0 { INCLUDEPICTURE "http://e.example/x" } </w:t>`)
	for r := rune(0); r < 0x20; r++ {
		b.WriteRune(r)
	}
	for r := rune(0x7F); r < 0xA0; r++ {
		b.WriteRune(r)
	}
	b.WriteString("\uFFFE\uFFFF\xff\xfe\xed\xa0\x80 end \u202E😀")
	return b.String()
}

func TestDOCXHostileTextStaysText(t *testing.T) {
	t.Parallel()
	d := doc(hostile(), hostile(), "=1+1")
	d.Title, d.Lines, d.Language = hostile(), []string{hostile()}, `en"/><x`
	raw, err := d.DOCX()
	if err != nil {
		t.Fatal(err)
	}
	ps := parts(t, raw)
	got := shown(t, ps["word/document.xml"])
	for _, want := range []string{"<script>alert(1)</script> ]]> & &amp; {{.X}} =cmd|' /C calc'!A0", `{ INCLUDEPICTURE "http://e.example/x" } </w:t>`, "=1+1", "😀"} {
		if !strings.Contains(got, want) {
			t.Errorf("document lacks %q", want)
		}
	}
	for name, body := range ps {
		for _, r := range body {
			if r < 0x20 && r != '\n' && r != '\t' && r != '\r' || r >= 0x7F && r < 0xA0 || r == 0xFFFE || r == 0xFFFF {
				t.Errorf("%s holds the forbidden character %U", name, r)
				break
			}
		}
		if strings.Contains(body, "<script") {
			t.Errorf("%s holds markup of the learner", name)
		}
	}
}

func TestDOCXTurnsWideTablesOnTheirSide(t *testing.T) {
	t.Parallel()
	d := doc("", "a")
	d.Sections[0].Fields[1].Head = []string{"1", "2", "3", "4", "5"}
	raw, _ := d.DOCX()
	if !strings.Contains(parts(t, raw)["word/document.xml"], `w:w="16838" w:h="11906" w:orient="landscape"`) {
		t.Error("five columns should stand on a landscape page")
	}
}

// What learners typed must not become markup when the Markdown file is rendered by anything.
func TestMarkdownHostileTextStaysText(t *testing.T) {
	t.Parallel()
	for _, s := range []string{
		"<script>alert(1)</script>", "**bold** _it_ `code`", "# heading", "- item", "1. item", "12) item", "> quote", "---", "===",
		"[x](javascript:alert(1))", "![x](http://e.example/p.png)", "a | b", "| a | b |", "\\<b>", "&lt;b&gt; &copy;", "~~gone~~",
		"    code", "+ plus", "```\nfence", "<!-- note -->", ": term", "a[^1] $x$",
	} {
		d := doc("", s)
		html := string(markdown.User(d.Markdown()))
		plain := strings.Join(strings.Fields(strip(html)), " ")
		want := strings.Join(strings.Fields(s), " ")
		if strings.Contains(s, "\n") {
			want = "```"
		}
		if strings.Count(plain, want) < 2 { // the paragraph and the cell
			t.Errorf("%q reads as %q\n%s", s, plain, d.Markdown())
		}
		for _, tag := range []string{"<script", "<img", "<em", "<code", "<del", "<blockquote", "<ul", "<ol", "href"} {
			if strings.Contains(html, tag) {
				t.Errorf("%q made %s: %s", s, tag, html)
			}
		}
		if strings.Count(html, "<h1")+strings.Count(html, "<h2") > 2 || strings.Count(html, "<hr") > 1 {
			t.Errorf("%q made a heading or a rule: %s", s, html)
		}
	}
	if md := doc("", "a\x00\x0b\x1bb\u0085c\xff").Markdown(); strings.ContainsAny(md, "\x00\x0b\x1b") || !utf8.ValidString(md) {
		t.Errorf("control characters stayed: %q", md)
	}
}

// strip takes tags off and entities apart, as a reader sees the text.
func strip(html string) string {
	var b strings.Builder
	in := false
	for _, r := range html {
		switch {
		case r == '<':
			in = true
			b.WriteByte(' ')
		case r == '>':
			in = false
		case !in:
			b.WriteRune(r)
		}
	}
	return strings.NewReplacer("&lt;", "<", "&gt;", ">", "&#34;", `"`, "&quot;", `"`, "&#39;", "'", "&amp;", "&").Replace(b.String())
}
