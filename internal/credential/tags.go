package credential

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf16"
)

// The roles of PDF's structure that a certificate needs (ISO 32000-1, 14.8.4).
const (
	tagP      = "P"
	tagH1     = "H1"
	tagH2     = "H2"
	tagL      = "L"
	tagLI     = "LI"
	tagLBody  = "LBody"
	tagLink   = "Link"
	tagFigure = "Figure"
)

// tags is the structure of a document: what is a heading, a list, a figure, and in which order all is read. The library
// that draws knows nothing of it. So the pieces are marked in the drawn pages while they are written, and the structure
// is added to the finished file as an incremental update (ISO 32000-1, 7.5.6), which is how the format means files to be
// added to.
type tags struct {
	all   []*element
	stack []*element
	pages []*taggedPage
	links []*annotation
}

type element struct {
	role, alt string
	parent    *element
	kids      []any // *element, marked, *annotation
	bbox      []float64
	number    int // of the object
}

// marked is one piece of a page's content.
type marked struct{ page, id int }

type taggedPage struct {
	owners []*element // by the piece's id
	links  []*annotation
}

type annotation struct {
	uri, text string
	rect      [4]float64
	page      int
	owner     *element
	number    int
}

func (s *sheet) newPage() { s.pages = append(s.pages, &taggedPage{}) }

// open begins an element within the one that is open. Alt is the text in place of what it shows.
func (s *sheet) open(role, alt string) {
	e := &element{role: role, alt: alt}
	if n := len(s.stack); n > 0 {
		e.parent = s.stack[n-1]
		e.parent.kids = append(e.parent.kids, e)
	}
	s.all = append(s.all, e)
	s.stack = append(s.stack, e)
}

func (s *sheet) close() { s.stack = s.stack[:len(s.stack)-1] }

func (s *sheet) current() *element { return s.stack[len(s.stack)-1] }

// mark draws one piece of the element that is open. It must stay on its page.
func (s *sheet) mark(draw func()) {
	p, e := len(s.pages)-1, s.current()
	id := len(s.pages[p].owners)
	s.pages[p].owners = append(s.pages[p].owners, e)
	e.kids = append(e.kids, marked{p, id})
	s.f.RawWriteStr(fmt.Sprintf("/%s <</MCID %d>> BDC", e.role, id))
	draw()
	s.f.RawWriteStr("EMC")
}

// artifact draws what is only decoration.
func (s *sheet) artifact(draw func()) {
	s.f.RawWriteStr("/Artifact BMC")
	draw()
	s.f.RawWriteStr("EMC")
}

const points = 72 / 25.4 // a millimetre

// rect is a box from the top left in millimetres as PDF has it: from the bottom left, in points.
func rect(x, y, w, h float64) [4]float64 {
	return [4]float64{x * points, (297 - y - h) * points, (x + w) * points, (297 - y) * points}
}

// box says where the figure that is open stands.
func (s *sheet) box(x, y, w, h float64) {
	r := rect(x, y, w, h)
	s.current().bbox = r[:]
}

// link makes a box on the present page lead to an address, as part of the element that is open.
func (s *sheet) link(uri string, x, y, w, h float64) {
	p, e := len(s.pages)-1, s.current()
	a := &annotation{uri: uri, text: e.alt, rect: rect(x, y, w, h), page: p, owner: e}
	e.alt = "" // the link's words are there to be read
	e.kids = append(e.kids, a)
	s.pages[p].links = append(s.pages[p].links, a)
	s.links = append(s.links, a)
}

// update is the part that is added to a finished file.
type update struct {
	old     []byte
	out     bytes.Buffer
	next    int
	offsets []int
	numbers []int
}

var (
	trailerEntry = regexp.MustCompile(`/(Root|Info|Size) (\d+)`)
	kidsEntry    = regexp.MustCompile(`/Kids \[([^\]]*)\]`)
	startXref    = regexp.MustCompile(`startxref\s+(\d+)\s+%%EOF\s*$`)
)

var errShape = errors.New("the PDF is not of the shape that its library writes")

// apply adds structure, language and title to what the library wrote.
func (t *tags) apply(pdf []byte, lang, title, site string) ([]byte, error) {
	m := startXref.FindSubmatch(pdf)
	if m == nil {
		return nil, errShape
	}
	xref, _ := strconv.Atoi(string(m[1]))
	if xref >= len(pdf) {
		return nil, errShape
	}
	entries := map[string]int{}
	for _, e := range trailerEntry.FindAllSubmatch(pdf[xref:], -1) {
		entries[string(e[1])], _ = strconv.Atoi(string(e[2]))
	}
	u := &update{old: pdf, next: entries["Size"]}
	catalog, err := u.dictionary(xref, entries["Root"])
	if err != nil {
		return nil, err
	}
	pages, err := u.dictionary(xref, 1)
	if err != nil {
		return nil, err
	}
	kids := kidsEntry.FindStringSubmatch(pages)
	if kids == nil {
		return nil, errShape
	}
	numbers := strings.Fields(strings.ReplaceAll(kids[1], "0 R", ""))
	if len(numbers) != len(t.pages) {
		return nil, errShape
	}
	var pageObjects []int
	for _, n := range numbers {
		i, err := strconv.Atoi(n)
		if err != nil {
			return nil, errShape
		}
		pageObjects = append(pageObjects, i)
	}
	u.out.Write(pdf)
	root := t.structure(u, pageObjects)
	for i, n := range pageObjects {
		page, err := u.dictionary(xref, n)
		if err != nil {
			return nil, err
		}
		annots := ""
		if links := t.pages[i].links; len(links) > 0 {
			annots = " /Annots ["
			for _, a := range links {
				annots += fmt.Sprintf("%d 0 R ", a.number)
			}
			annots += "]"
		}
		u.put(n, fmt.Sprintf("<<%s /StructParents %d /Tabs /S%s>>", page, i, annots))
	}
	u.put(entries["Root"], fmt.Sprintf("<<%s /Version /1.7 /Lang %s /MarkInfo <</Marked true>> /StructTreeRoot %d 0 R /ViewerPreferences <</DisplayDocTitle true>>>>",
		catalog, text(lang), root))
	info, err := u.dictionary(xref, entries["Info"])
	if err != nil {
		return nil, err
	}
	dates := regexp.MustCompile(`/(CreationDate|ModDate) \([^)]*\)`).FindAllString(info, -1)
	u.put(entries["Info"], fmt.Sprintf("<</Title %s /Author %s /Creator (Greenroom) %s>>", text(title), text(site), strings.Join(dates, " ")))
	return u.close(xref, entries), nil
}

// dictionary reads an object of the old file: what stands between << and >>.
func (u *update) dictionary(xref, number int) (string, error) {
	lines := bytes.SplitN(u.old[xref:], []byte("\n"), number+4) // xref, 0 n, then one line an object from 0
	if number <= 0 || len(lines) < number+3 {
		return "", errShape
	}
	at, err := strconv.Atoi(string(lines[number+2][:min(10, len(lines[number+2]))]))
	if err != nil || at >= len(u.old) {
		return "", errShape
	}
	body, _, found := bytes.Cut(u.old[at:], []byte("endobj"))
	_, body, begins := bytes.Cut(body, []byte("<<"))
	end := bytes.LastIndex(body, []byte(">>"))
	if !found || !begins || end < 0 {
		return "", errShape
	}
	return strings.TrimSpace(string(body[:end])), nil
}

func (u *update) number() int { u.next++; return u.next - 1 }

func (u *update) put(number int, body string) {
	u.numbers = append(u.numbers, number)
	u.offsets = append(u.offsets, u.out.Len())
	fmt.Fprintf(&u.out, "%d 0 obj\n%s\nendobj\n", number, body)
}

// structure writes the elements and returns the number of their root.
func (t *tags) structure(u *update, pages []int) int {
	root, document, parents := u.number(), u.number(), u.number()
	for _, e := range t.all {
		e.number = u.number()
	}
	for i, a := range t.links {
		a.number = u.number()
		u.put(a.number, fmt.Sprintf("<</Type /Annot /Subtype /Link /F 4 /Rect [%.2f %.2f %.2f %.2f] /Border [0 0 0] /A <</S /URI /URI %s>> /Contents %s /StructParent %d /P %d 0 R>>",
			a.rect[0], a.rect[1], a.rect[2], a.rect[3], literal(a.uri), text(a.text), len(pages)+i, pages[a.page]))
	}
	var top []string
	for _, e := range t.all {
		parent := document
		if e.parent != nil {
			parent = e.parent.number
		} else {
			top = append(top, fmt.Sprintf("%d 0 R", e.number))
		}
		u.put(e.number, e.dictionary(parent, pages))
	}
	u.put(document, fmt.Sprintf("<</Type /StructElem /S /Document /P %d 0 R /K [%s]>>", root, strings.Join(top, " ")))
	var nums strings.Builder
	for i, p := range t.pages {
		fmt.Fprintf(&nums, "%d [", i)
		for _, e := range p.owners {
			fmt.Fprintf(&nums, "%d 0 R ", e.number)
		}
		nums.WriteString("] ")
	}
	for i, a := range t.links {
		fmt.Fprintf(&nums, "%d %d 0 R ", len(pages)+i, a.owner.number)
	}
	u.put(parents, fmt.Sprintf("<</Nums [%s]>>", nums.String()))
	u.put(root, fmt.Sprintf("<</Type /StructTreeRoot /K %d 0 R /ParentTree %d 0 R /ParentTreeNextKey %d>>", document, parents, len(pages)+len(t.links)))
	return root
}

func (e *element) dictionary(parent int, pages []int) string {
	var kids []string
	for _, k := range e.kids {
		switch k := k.(type) {
		case *element:
			kids = append(kids, fmt.Sprintf("%d 0 R", k.number))
		case marked:
			kids = append(kids, fmt.Sprintf("<</Type /MCR /Pg %d 0 R /MCID %d>>", pages[k.page], k.id))
		case *annotation:
			kids = append(kids, fmt.Sprintf("<</Type /OBJR /Pg %d 0 R /Obj %d 0 R>>", pages[k.page], k.number))
		}
	}
	more := ""
	if e.alt != "" {
		more += " /Alt " + text(e.alt)
	}
	if len(e.bbox) == 4 {
		more += fmt.Sprintf(" /A <</O /Layout /Placement /Block /BBox [%.2f %.2f %.2f %.2f]>>", e.bbox[0], e.bbox[1], e.bbox[2], e.bbox[3])
	}
	return fmt.Sprintf("<</Type /StructElem /S /%s /P %d 0 R /K [%s]%s>>", e.role, parent, strings.Join(kids, " "), more)
}

// close writes the table of what was added, and an identity made of the content.
func (u *update) close(xref int, entries map[string]int) []byte {
	at := u.out.Len()
	u.out.WriteString("xref\n")
	for i, n := range u.numbers {
		fmt.Fprintf(&u.out, "%d 1\n%010d 00000 n \n", n, u.offsets[i])
	}
	id := sha256.Sum256(u.out.Bytes())
	fmt.Fprintf(&u.out, "trailer\n<</Size %d /Root %d 0 R /Info %d 0 R /Prev %d /ID [<%x> <%x>]>>\nstartxref\n%d\n%%%%EOF\n",
		u.next, entries["Root"], entries["Info"], xref, id[:16], id[:16], at)
	return u.out.Bytes()
}

// text writes a string of any characters: UTF-16 in hexadecimal, which needs no escaping.
func text(s string) string {
	var b strings.Builder
	b.WriteString("<FEFF")
	for _, u := range utf16.Encode([]rune(s)) {
		fmt.Fprintf(&b, "%04X", u)
	}
	b.WriteString(">")
	return b.String()
}

// literal writes a string of ASCII, such as an address.
func literal(s string) string {
	return "(" + strings.NewReplacer(`\`, `\\`, "(", `\(`, ")", `\)`, "\n", "", "\r", "").Replace(s) + ")"
}
