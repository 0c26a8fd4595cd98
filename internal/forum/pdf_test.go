package forum_test

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"fmt"
	"image"
	"image/jpeg"
	"strings"
	"testing"

	"codeberg.org/go-pdf/fpdf"
	"github.com/ledongthuc/pdf"

	"greenroom/internal/db/dbtest"
	"greenroom/internal/fault"
	"greenroom/internal/forum"
)

// secret stands in every place of the files below where a PDF can say who made it, or where.
const secret = "Lopes-of-4-Hill-Street"

// written makes a PDF with a library: information, metadata and a photograph that says where it was taken.
func written(t *testing.T, packed bool) []byte {
	t.Helper()
	var j bytes.Buffer
	ok(t, jpeg.Encode(&j, image.NewGray(image.Rect(0, 0, 8, 8)), nil))
	exif := "Exif\x00\x00MM\x00*" + secret
	app1 := append([]byte{0xff, 0xe1, 0, byte(len(exif) + 2)}, exif...)
	photo := append(append(append([]byte{}, j.Bytes()[:2]...), app1...), j.Bytes()[2:]...)
	f := fpdf.New("P", "mm", "A4", "")
	f.SetCompression(packed)
	f.SetAuthor(secret, false)
	f.SetTitle(secret, true)
	f.SetKeywords("(("+secret+`\)`, false)
	f.SetXmpMetadata([]byte("<x:xmpmeta>" + secret + "</x:xmpmeta>"))
	f.AddPage()
	f.SetFont("Helvetica", "", 12)
	f.Cell(40, 10, "What the page says")
	f.RegisterImageOptionsReader("photo", fpdf.ImageOptions{ImageType: "JPG"}, bytes.NewReader(photo))
	f.ImageOptions("photo", 10, 30, 20, 20, false, fpdf.ImageOptions{ImageType: "JPG"}, 0, "")
	var b bytes.Buffer
	ok(t, f.Output(&b))
	return b.Bytes()
}

// modern makes a PDF as office programs do: objects, the information among them, are packed together, and so are the
// metadata and the table of where things are.
func modern(t *testing.T, more string) []byte {
	t.Helper()
	pack := func(s string) string {
		var b bytes.Buffer
		w := zlib.NewWriter(&b)
		_, err := w.Write([]byte(s))
		ok(t, err)
		ok(t, w.Close())
		return b.String()
	}
	objects := []string{
		"<</Type/Catalog/Pages 2 0 R/Metadata 8 0 R>>", "<</Type/Pages/Kids[3 0 R]/Count 1>>",
		"<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]/Contents 4 0 R/Resources<</Font<</F1<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>>>>>",
		"<</Author(" + secret + ")/Producer<" + fmt.Sprintf("%x", secret) + ">/CreationDate 9 0 R>>", "(D:20261127 " + secret + ")",
	}
	numbers, heads, body := []int{1, 2, 3, 6, 9}, "", ""
	for i, o := range objects {
		heads += fmt.Sprintf("%d %d ", numbers[i], len(body))
		body += o + " "
	}
	var b bytes.Buffer
	b.WriteString("%PDF-1.5\n%\xe2\xe3\xcf\xd3\n")
	at := map[int]int{}
	stream := func(n int, dict, data string) {
		at[n] = b.Len()
		fmt.Fprintf(&b, "%d 0 obj\n<<%s/Length %d>>\nstream\n%s\nendstream\nendobj\n", n, dict, len(data), data)
	}
	stream(4, "", "BT /F1 12 Tf 20 100 Td (What the page says) Tj ET")
	stream(5, fmt.Sprintf("/Type/ObjStm/N %d/First %d/Filter/FlateDecode", len(objects), len(heads)), pack(heads+body))
	stream(8, "/Type/Metadata/Subtype/XML/Filter/FlateDecode", pack(strings.Repeat("<x:xmpmeta>"+secret+"</x:xmpmeta>", 40)))
	at[7] = b.Len()
	var table bytes.Buffer
	for n := range 10 {
		row := []byte{0, 0, 0, 0}
		switch i := strings.Index("1 2 3 6 9", fmt.Sprint(n)) / 2; {
		case at[n] > 0:
			row[0] = 1
			binary.BigEndian.PutUint16(row[1:], uint16(at[n]))
		case n > 0:
			row = []byte{2, 0, 5, byte(i)}
		}
		table.Write(row)
	}
	x := pack(table.String())
	fmt.Fprintf(&b, "7 0 obj\n<</Type/XRef/Size 10/W[1 2 1]/Root 1 0 R/Info 6 0 R%s/Filter/FlateDecode/Length %d>>\nstream\n%s\nendstream\nendobj\nstartxref\n%d\n%%%%EOF\n", more, len(x), x, at[7])
	return b.Bytes()
}

// unpacked is a PDF with everything in it that was packed, to search it.
func unpacked(b []byte) string {
	out := string(b)
	for rest := b; ; {
		i := bytes.Index(rest, []byte("stream\n"))
		if i < 0 {
			return out
		}
		rest = rest[i+len("stream\n"):]
		if z, err := zlib.NewReader(bytes.NewReader(rest)); err == nil {
			var text bytes.Buffer
			_, _ = text.ReadFrom(z)
			out += text.String()
		}
	}
}

// A PDF keeps its pages and loses who made it, in whatever way it says so; one that cannot be cleaned is refused.
func TestPDFsLoseWhoMadeThem(t *testing.T) {
	t.Parallel()
	w := setup(t, dbtest.New(t, "sqlite"))
	ana := w.member("Ana")
	v := w.visit(ana, forum.General)
	revised := append(written(t, false), "\n1 0 obj\n<</Author ("+secret+")>>\nendobj\ntrailer\n<</Info 1 0 R>>\n"...)
	for name, raw := range map[string][]byte{"plain": written(t, false), "packed": written(t, true), "modern": modern(t, "")} {
		said := unpacked(raw)
		if !strings.Contains(said, secret) {
			t.Fatalf("%s: the test's file says nothing", name)
		}
		w.pass(60e9)
		p, err := w.Write(w.ctx, v, forum.Text{Title: name, Body: "See there.", Files: []forum.Upload{{Name: "plan.pdf", Data: raw}}})
		ok(t, err)
		f := new(forum.File)
		ok(t, w.d.NewSelect().Model(f).Where("ff.post_id = ?", p.ID).Scan(w.ctx))
		if f.Type != "application/pdf" || len(f.Data) != len(raw) {
			t.Errorf("%s: %s of %d bytes, was %d", name, f.Type, len(f.Data), len(raw))
		}
		if got := unpacked(f.Data); strings.Contains(got, secret) || strings.Contains(got, fmt.Sprintf("%x", secret)) || strings.Contains(got, utf16(secret)) {
			t.Errorf("%s still says who made it", name)
		}
		r, err := pdf.NewReader(bytes.NewReader(f.Data), int64(len(f.Data)))
		ok(t, err)
		text, err := r.Page(1).GetPlainText(nil)
		if err != nil || !strings.Contains(text, "What the page says") {
			t.Errorf("%s: its page says %q, %v", name, text, err)
		}
	}
	if clean, err := forum.CleanPDF(revised); err != nil || strings.Contains(unpacked(clean), secret) {
		t.Errorf("an earlier or later revision says who made it: %v", err)
	}
	for name, raw := range map[string][]byte{
		"locked":     modern(t, "/Encrypt 4 0 R"),
		"broken":     []byte("%PDF-1.4\nnothing more"),
		"no end":     []byte("%PDF-1.4\n1 0 obj\n<</Length 5>>\nstream\nabc"),
		"bad object": []byte("%PDF-1.5\n1 0 obj\n<</Type/ObjStm/N 3/First 9/Length 4>>\nstream\nabcd\nendstream\nendobj\n"),
	} {
		_, err := w.Write(w.ctx, v, forum.Text{Title: name, Body: "See there.", Files: []forum.Upload{{Name: "plan.pdf", Data: raw}}})
		want := "forum.pdf_broken"
		if name == "locked" {
			want = "forum.pdf_locked"
		}
		if f := fault.From(err); f == nil || len(f.Fields) != 1 || f.Fields[0].Key != want {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func utf16(s string) string {
	out := ""
	for _, r := range s {
		out += "\x00" + string(r)
	}
	return out
}

// Whatever somebody sends, cleaning comes to an end and changes no length.
func FuzzCleanPDF(f *testing.F) {
	f.Add([]byte("%PDF-1.4\n1 0 obj\n<</A(b\\)c)/B[<</C<41>>>]>>\nstream\nx\nendstream\nendobj\ntrailer<</Info 1 0 R>>"))
	f.Add([]byte("1 0 obj<</Type/Metadata/Filter/FlateDecode/Length 30>>stream\n123456789012345678901234567890endstream"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if out, err := forum.CleanPDF(b); err == nil && len(out) != len(b) {
			t.Errorf("%d bytes became %d", len(b), len(out))
		}
	})
}
