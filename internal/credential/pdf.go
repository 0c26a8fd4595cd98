package credential

import (
	"bytes"
	"fmt"
	"strings"
	"time"

	"codeberg.org/go-pdf/fpdf"
	"github.com/go-fonts/dejavu/dejavusans"
	"github.com/go-fonts/dejavu/dejavusansbold"
	"rsc.io/qr"

	"greenroom/internal/locale"
)

// Paper is what the file says beside what the certificate holds.
type Paper struct {
	L     *locale.Printer // the reader's
	Site  string
	Check string // the address at which anybody can check it, complete
}

// Measures of the sheet, in millimetres and points. A4, upright.
const (
	edge      = 22.0
	width     = 210 - 2*edge
	bottom    = 297 - edge
	qrSize    = 34.0
	nameSize  = 24.0
	smallName = 13.0
)

// Colours: the site's ink, its brand colour, and a grey that has 7:1 on white.
var (
	ink   = [3]int{23, 33, 43}
	brand = [3]int{11, 92, 105}
	grey  = [3]int{67, 80, 92}
)

// PDF writes the certificate as a file: A4, real text in embedded fonts, tagged for screen readers, with the address for
// checking as a link and as a QR code. The same certificate gives the same bytes each time. What the fonts cannot show
// (see Showable) is named as such, and the reader is sent to the address, where it stands.
func (c *Certificate) PDF(p Paper) ([]byte, error) {
	l := p.L
	s := newSheet(c.IssuedAt)
	s.artifact(func() {
		s.fill(brand)
		s.f.Rect(0, 0, 210, 6, "F")
	})
	s.gap(20)
	s.line(tagP, "", 10, grey, l.T("credential.pdf_kicker", "Site", s.shown(p.Site, "Greenroom")))
	s.gap(2)
	s.line(tagH1, "B", 24, brand, s.shown(c.CourseTitle, l.T("credential.pdf_no_title")))
	s.gap(8)
	s.line(tagP, "", 12, ink, l.T("credential.this_says"))
	s.gap(1)
	s.name(c.Name, l.T("credential.pdf_no_name"))
	s.gap(1)
	s.line(tagP, "", 12, ink, l.T("credential.finished", "Date", l.Date(c.Day()), "Time", l.Minutes(c.Minutes)))
	if all := c.Outcomes(); len(all) > 0 {
		s.gap(8)
		s.line(tagH2, "B", 12, ink, l.T("credential.outcomes"))
		s.gap(1)
		for i := range all {
			all[i] = s.shown(all[i], l.T("credential.pdf_no_text"))
		}
		s.list(all)
	}
	s.gap(8)
	hint := l.T("credential.not_skill")
	if !c.FactsAsAt.IsZero() {
		hint += " " + l.T("credential.facts", "Date", l.Date(c.FactsAsAt))
	}
	s.line(tagP, "", 10, grey, hint)
	s.gap(8)
	if err := s.check(c, p); err != nil {
		return nil, err
	}
	return s.finish(l.Lang(), l.T("credential.pdf_title", "Title", c.CourseTitle, "Name", c.Name), p.Site)
}

// sheet is a document being written from top to bottom.
type sheet struct {
	f *fpdf.Fpdf
	y float64 // where the next line begins
	tags
}

func newSheet(at time.Time) *sheet {
	f := fpdf.NewCustom(&fpdf.InitType{OrientationStr: "P", UnitStr: "mm", SizeStr: "A4"})
	f.SetCatalogSort(true)
	f.SetCreationDate(at.UTC())
	f.SetModificationDate(at.UTC())
	f.SetMargins(0, 0, 0)
	f.SetCellMargin(0)
	f.SetAutoPageBreak(false, 0)
	f.AddUTF8FontFromBytes("text", "", dejavusans.TTF)
	f.AddUTF8FontFromBytes("text", "B", dejavusansbold.TTF)
	s := &sheet{f: f}
	s.page()
	return s
}

func (s *sheet) page() {
	s.f.AddPage()
	s.y = edge
	s.newPage()
}

// room turns the page when there is less than h left.
func (s *sheet) room(h float64) {
	if s.y+h > bottom {
		s.page()
	}
}

func (s *sheet) gap(h float64) { s.y += h }

func (s *sheet) fill(c [3]int) { s.f.SetFillColor(c[0], c[1], c[2]) }

// shown is the text, or what stands in its place where the fonts cannot show it.
func (s *sheet) shown(text, instead string) string {
	if Showable(text) {
		return composed(text)
	}
	return instead
}

// line writes a paragraph or a heading of its own.
func (s *sheet) line(role, style string, size float64, colour [3]int, text string) {
	s.open(role, "")
	s.write(edge, width, style, size, colour, text)
	s.close()
}

// write sets a text within the element that is open, broken into lines; each line is one piece of marked content, since
// none may go over a page's end.
func (s *sheet) write(x, w float64, style string, size float64, colour [3]int, text string) {
	f := s.f
	f.SetFont("text", style, size)
	height := size * 0.3528 * 1.4 // millimetres a point, and the space between lines
	rest := text
	for _, l := range f.SplitText(text, w) {
		_, rest, _ = strings.Cut(rest, l)
		if trimmed := strings.TrimLeft(rest, " "); trimmed != rest {
			l, rest = l+" ", trimmed // who hears the file hears words, not lines
		}
		s.room(height)
		f.SetFont("text", style, size)
		f.SetTextColor(colour[0], colour[1], colour[2])
		s.mark(func() {
			f.SetXY(x, s.y)
			f.CellFormat(w, height, l, "", 0, "L", false, 0, "")
		})
		s.y += height
	}
}

// name sets the holder's name as large as it fits on one line, or small on several.
func (s *sheet) name(name, instead string) {
	if !Showable(name) {
		s.line(tagP, "B", smallName, ink, instead)
		return
	}
	name = composed(name)
	size := nameSize
	for ; size > smallName; size-- {
		s.f.SetFont("text", "B", size)
		if s.f.GetStringWidth(name) <= width {
			break
		}
	}
	s.line(tagP, "B", size, ink, name)
}

func (s *sheet) list(items []string) {
	s.open(tagL, "")
	for _, it := range items {
		s.room(6)
		s.open(tagLI, "")
		s.artifact(func() {
			s.fill(brand)
			s.f.Circle(edge+1.2, s.y+3, 0.8, "F")
		})
		s.open(tagLBody, "")
		s.write(edge+6, width-6, "", 11, ink, it)
		s.close()
		s.close()
		s.gap(1)
	}
	s.close()
}

// check is the foot: where anybody can check the certificate, in letters and as a QR code.
func (s *sheet) check(c *Certificate, p Paper) error {
	code, err := qr.Encode(p.Check, qr.M)
	if err != nil {
		return fmt.Errorf("QR code: %w", err)
	}
	s.room(qrSize + 8)
	top, page := s.y, s.f.PageNo()
	x, w := edge+qrSize+8, width-qrSize-8
	s.line2(x, w, "", 11, ink, p.L.T("credential.check_at"))
	s.open(tagP, "")
	s.open(tagLink, p.L.T("credential.pdf_link"))
	from := s.y
	cut := strings.LastIndex(p.Check, "/") + 1 // the address breaks before the code, if it has to
	s.write(x, w, "", 11, brand, p.Check[:cut])
	s.write(x, w, "", 11, brand, p.Check[cut:])
	s.link(p.Check, x, from, w, s.y-from)
	s.close()
	s.close()
	s.gap(2)
	s.line2(x, w, "", 11, ink, p.L.T("credential.code"))
	s.line2(x, w, "B", 11, ink, c.Grouped())
	if s.f.PageNo() != page { // an address of a hundred lines: the code goes where there is room
		s.room(qrSize)
		top = s.y
	}
	s.open(tagFigure, p.L.T("credential.pdf_qr", "Address", p.Check))
	s.box(edge, top, qrSize, qrSize)
	s.mark(func() {
		s.fill([3]int{0, 0, 0})
		d := qrSize / float64(code.Size)
		bars(code, func(col, row, n int) {
			s.f.Rect(edge+float64(col)*d, top+float64(row)*d, float64(n)*d, d, "F")
		})
	})
	s.close()
	return nil
}

func (s *sheet) line2(x, w float64, style string, size float64, colour [3]int, text string) {
	s.open(tagP, "")
	s.write(x, w, style, size, colour, text)
	s.close()
}

// finish closes the document and adds its tags.
func (s *sheet) finish(lang, title, site string) ([]byte, error) {
	var b bytes.Buffer
	if err := s.f.Output(&b); err != nil {
		return nil, fmt.Errorf("write PDF: %w", err)
	}
	return s.apply(b.Bytes(), lang, title, site)
}
