package credential_test

import (
	"bytes"
	"encoding/hex"
	"io"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/ledongthuc/pdf"

	"greenroom/internal/credential"
	"greenroom/internal/locale"
)

const code = "ABCDEFGHJKMNPQRSTUVWXYZ234"

func paper(t testing.TB) credential.Paper {
	t.Helper()
	b, err := locale.Load()
	ok(t, err)
	return credential.Paper{L: b.Printer("en-AU"), Site: "Greenroom", Check: "https://learn.agency.example/certificates/" + credential.Group(code)}
}

func printed(name, title string, outcomes ...string) *credential.Certificate {
	return &credential.Certificate{
		Code: code, CourseKey: "posts", CourseTitle: title, Name: name, Minutes: 110, IssuedAt: at, IssuedOn: "2026-12-04",
		OutcomesJSON: quote(outcomes), FactsAsAt: time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC),
	}
}

func quote(all []string) string {
	if len(all) == 0 {
		return "[]"
	}
	return `["` + strings.Join(all, `","`) + `"]`
}

// file is a PDF that was read back: its words in the order of its content, and its parts.
type file struct {
	raw   []byte
	words string
	*pdf.Reader
}

func read(t testing.TB, raw []byte) *file {
	t.Helper()
	r, err := pdf.NewReader(bytes.NewReader(raw), int64(len(raw)))
	ok(t, err)
	f := &file{raw: raw, Reader: r}
	for i := 1; i <= r.NumPage(); i++ {
		fonts := r.Page(i).Resources().Key("Font")
		for _, name := range fonts.Keys() { // characters are their own numbers, and the file says so
			cmap := string(stream(t, fonts.Key(name).Key("ToUnicode")))
			if !strings.Contains(cmap, "<0000> <FFFF> <0000>") || fonts.Key(name).Key("Encoding").Name() != "Identity-H" {
				t.Fatalf("the font %s does not say what its characters are", name)
			}
		}
		for _, m := range shown.FindAllSubmatch(stream(t, r.Page(i).V.Key("Contents")), -1) {
			b := escapes.Replace(string(m[1]))
			var u []uint16
			for j := 0; j+1 < len(b); j += 2 {
				u = append(u, uint16(b[j])<<8|uint16(b[j+1]))
			}
			f.words += string(utf16.Decode(u)) + "\n"
		}
	}
	return f
}

var (
	shown   = regexp.MustCompile(`(?s)\(((?:\\.|[^\\)])*)\) ?Tj`)
	escapes = strings.NewReplacer(`\\`, `\`, `\(`, "(", `\)`, ")", `\r`, "\r")
)

func stream(t testing.TB, v pdf.Value) []byte {
	t.Helper()
	raw, err := io.ReadAll(v.Reader())
	ok(t, err)
	return raw
}

func (f *file) root() pdf.Value { return f.Trailer().Key("Root") }

// tree lists the roles of the structure from the top, depth first.
func tree(v pdf.Value, out []string) []string {
	if s := v.Key("S").Name(); s != "" {
		out = append(out, s)
	}
	k := v.Key("K")
	if k.Kind() == pdf.Dict {
		return tree(k, out)
	}
	for i := range k.Len() {
		out = tree(k.Index(i), out)
	}
	return out
}

func TestTheFileIsReadBack(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"Ada Lovelace", "Nguyễn Thị Ánh", "Łukasz Święcicki-Žižek", "Αλέξης Ζορμπάς", "Ђорђе Шћепановић", "Şükrü Öğüt", "<b>Ada</b> & Co", "O'Brien (Jr) \\ Smith"} {
		raw, err := printed(name, "Posting well", "Listen first", "Answer in time").PDF(paper(t))
		ok(t, err)
		f := read(t, raw)
		said := strings.Join(strings.Fields(f.words), " ") // where a line breaks does not matter
		for _, want := range []string{name, "Posting well", "4 December 2026", "1 h 50 min", "Listen first", "Answer in time", credential.Group(code), "https://learn.agency.example/certificates/"} {
			if !strings.Contains(said, want) {
				t.Errorf("%s: the file does not say %q:\n%s", name, want, f.words)
			}
		}
		if got := f.Trailer().Key("Info").Key("Title").Text(); got != "Certificate: Posting well – "+name {
			t.Errorf("the title is %q", got)
		}
		if got := f.root().Key("Lang").Text(); got != "en-AU" {
			t.Errorf("the language is %q", got)
		}
		if !f.root().Key("MarkInfo").Key("Marked").Bool() || !f.root().Key("ViewerPreferences").Key("DisplayDocTitle").Bool() {
			t.Error("the file is not marked as tagged, or shows its name instead of its title")
		}
		got := strings.Join(tree(f.root().Key("StructTreeRoot"), nil), " ")
		if want := "Document P H1 P P P H2 L LI LBody LI LBody P P P Link P P Figure"; got != want {
			t.Errorf("the structure is %s", got)
		}
	}
}

// Every piece of content belongs to the structure or is decoration, and the two tables that say so agree.
func TestAllContentIsTagged(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("Say what you know, what you do not know, and when you will know more. ", 12)
	raw, err := printed("Ada Lovelace", "Posting well", long, long, long, long, long, long).PDF(paper(t))
	ok(t, err)
	f := read(t, raw)
	if f.NumPage() < 2 {
		t.Fatalf("%d pages: this test wants several", f.NumPage())
	}
	parents := f.root().Key("StructTreeRoot").Key("ParentTree").Key("Nums")
	owners := map[int64]pdf.Value{}
	for i := 0; i+1 < parents.Len(); i += 2 {
		owners[parents.Index(i).Int64()] = parents.Index(i + 1)
	}
	for i := 1; i <= f.NumPage(); i++ {
		page := f.Page(i).V
		if page.Key("Tabs").Name() != "S" {
			t.Errorf("page %d: tabs are not in the order of the structure", i)
		}
		content := string(stream(t, page.Key("Contents")))
		marks := len(regexp.MustCompile(`/MCID \d+>> BDC`).FindAllString(content, -1))
		artifacts := strings.Count(content, "/Artifact BMC")
		if ends := strings.Count(content, "EMC"); ends != marks+artifacts {
			t.Errorf("page %d: %d pieces, %d artifacts, %d ends", i, marks, artifacts, ends)
		}
		if n := owners[page.Key("StructParents").Int64()].Len(); n != marks {
			t.Errorf("page %d: %d pieces of content, %d have an owner", i, marks, n)
		}
		for _, part := range strings.Split(content, "EMC") {
			before, _, _ := strings.Cut(part, " BDC")
			before, _, _ = strings.Cut(before, "/Artifact BMC")
			if strings.Contains(before, "Tj") || strings.Contains(before, " re") {
				t.Errorf("page %d: drawn outside of all tags: %q", i, before)
			}
		}
	}
	if f.words = strings.Join(strings.Fields(f.words), " "); strings.Count(f.words, strings.TrimSpace(long)) != 6 {
		t.Error("words run together where lines end")
	}
	link := f.Page(f.NumPage()).V.Key("Annots").Index(0)
	if link.Key("A").Key("URI").RawString() != paper(t).Check || link.Key("Contents").Text() != "Check this certificate" {
		t.Errorf("the link is %v", link)
	}
	if owner := owners[link.Key("StructParent").Int64()]; owner.Key("S").Name() != "Link" {
		t.Errorf("the link belongs to %v", owner)
	}
	if !bytes.Contains(raw, []byte("/Alt "+hexed("QR code of the address "+paper(t).Check))) {
		t.Error("the QR code has no text of its own")
	}
}

func hexed(s string) string {
	var b []byte
	for _, u := range append([]uint16{0xfeff}, utf16.Encode([]rune(s))...) {
		b = append(b, byte(u>>8), byte(u))
	}
	return "<" + strings.ToUpper(hex.EncodeToString(b)) + ">"
}

func TestTheSameCertificateIsTheSameFile(t *testing.T) {
	t.Parallel()
	k := printed("Nguyễn Thị Ánh", "Posting well", "Listen first")
	one, err := k.PDF(paper(t))
	ok(t, err)
	for range 5 {
		two, err := k.PDF(paper(t))
		ok(t, err)
		if !bytes.Equal(one, two) {
			t.Fatal("another file each time")
		}
	}
	k.Name = "Nguyễn Thị Anh"
	if two, err := k.PDF(paper(t)); err != nil || bytes.Equal(one, two) {
		t.Errorf("another name, the same file: %v", err)
	}
}

// What the fonts cannot show as it is meant is said to be elsewhere, never shown as boxes or in the wrong order; the
// title in the file's properties has it in any script.
func TestScriptsWithoutLettersAreNamed(t *testing.T) {
	t.Parallel()
	hostile := map[string]string{
		"arabic": "محمد الأمين", "hebrew": "שרה כהן", "chinese": "王小明", "devanagari": "आरती शर्मा", "thai": "สมชาย", "emoji": "Ada 😀",
		"override": "Ada \u202egnp.exe", "piled marks": "A\u0301\u0302\u0303\u0304\u0305da", "control": "Ada\x07", "astral": "𝔄da",
	}
	for what, name := range hostile {
		if credential.Showable(name) {
			t.Errorf("%s: %q counts as showable", what, name)
		}
		raw, err := printed(name, "Posting well").PDF(paper(t))
		ok(t, err)
		f := read(t, raw)
		if !strings.Contains(f.words, "the person whose name stands at the address below") {
			t.Errorf("%s: the file does not say where the name stands:\n%s", what, f.words)
		}
		if got := f.Trailer().Key("Info").Key("Title").Text(); !strings.HasSuffix(got, name) {
			t.Errorf("%s: the title is %q", what, got)
		}
	}
	raw, err := printed("Ada", "课程", "学习").PDF(paper(t))
	ok(t, err)
	if f := read(t, raw); !strings.Contains(strings.ReplaceAll(f.words, "\n", ""), "The course named at the address below") || !strings.Contains(f.words, "no letters for the script of this line") {
		t.Errorf("a course in another script: %s", f.words)
	}
	for _, name := range []string{"", "Ada", "Zoë\u0301", "x\u0323\u0301", "Մարիամ", "ნინო", strings.Repeat("Wagner-", 28)} {
		if !credential.Showable(name) {
			t.Errorf("%q counts as not showable", name)
		}
	}
}

func TestLongNamesStayOnThePaper(t *testing.T) {
	t.Parallel()
	for _, name := range []string{strings.Repeat("Wagner-", 28) + "Roth", strings.Repeat("Maximiliana ", 17), strings.Repeat("W", 200)} {
		raw, err := printed(name, strings.Repeat("Working together ", 7)).PDF(paper(t))
		ok(t, err)
		f := read(t, raw)
		if got := strings.Join(strings.Fields(f.words), ""); !strings.Contains(got, strings.Join(strings.Fields(name), "")) {
			t.Errorf("%.20s…: a part of the name is missing", name)
		}
		for _, x := range f.Page(1).Content().Text {
			if x.X < 50 || x.X+x.W > 595-50 {
				t.Fatalf("%.20s…: %q stands at %.0f", name, x.S, x.X)
			}
		}
	}
}

func BenchmarkPDF(b *testing.B) {
	k, p := printed("Ada Lovelace", "Posting well", "Listen first"), paper(b)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := k.PDF(p); err != nil {
			b.Fatal(err)
		}
	}
}
