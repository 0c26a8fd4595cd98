package forum

import (
	"bytes"
	"compress/zlib"
	"errors"
	"hash/adler32"
	"io"
	"regexp"
	"slices"
	"strconv"
)

// Why a PDF is refused.
var (
	errPDFBroken = errors.New("not a PDF that can be read")
	errPDFLocked = errors.New("a PDF with a password")
)

// maxInflated bounds what is unpacked of one part of a PDF, in bytes.
const maxInflated = 32 << 20

// pdfObject is an object of a PDF by where it stands in the file.
type pdfObject struct {
	number     int
	from, to   int // its value
	begin, end int // the bytes of its stream; both 0 without one
}

var (
	pdfBegin    = regexp.MustCompile(`(\d{1,10})[\s\x00]+\d{1,5}[\s\x00]+obj`)
	pdfInfo     = regexp.MustCompile(`/Info[\s\x00]+(\d{1,10})[\s\x00]+\d{1,5}[\s\x00]+R`)
	pdfLocked   = regexp.MustCompile(`/Encrypt[\s\x00<\d]`)
	pdfRef      = regexp.MustCompile(`(\d{1,10})[\s\x00]+\d{1,5}[\s\x00]+R`)
	pdfType     = regexp.MustCompile(`/Type[\s\x00]*/(\w+)`)
	pdfLength   = regexp.MustCompile(`/Length[\s\x00]+(\d{1,10})[\s\x00]*(/|>>|$)`)
	pdfFilters  = regexp.MustCompile(`/Filter[\s\x00]*(\[[^\]]*\]|/\w+)`)
	pdfName     = regexp.MustCompile(`/\w+`)
	pdfPredict  = regexp.MustCompile(`/Predictor[\s\x00]+([2-9]|1\d)`)
	pdfXML      = regexp.MustCompile(`/Subtype[\s\x00]*/XML\b`)
	pdfFirst    = regexp.MustCompile(`/First[\s\x00]+(\d{1,10})`)
	pdfCount    = regexp.MustCompile(`/N[\s\x00]+(\d{1,10})`)
	pdfDigits   = regexp.MustCompile(`\d+`)
	endOfStream = []byte("endstream")
)

// cleanPDF takes out of a PDF what is not its pages: who made it, with what and when (the document information and XMP
// metadata, of all its revisions), and place, camera and remarks of the photographs in it. Nothing moves in the file, so
// that all else stays as it was.
func cleanPDF(data []byte) ([]byte, error) {
	b := bytes.Clone(data)
	objects, between := pdfObjects(b)
	if len(objects) == 0 {
		return nil, errPDFBroken
	}
	about := map[int]bool{} // objects that say something about the document
	look := func(text []byte) error {
		if pdfLocked.Match(text) {
			return errPDFLocked
		}
		for _, m := range pdfInfo.FindAllSubmatch(text, -1) {
			about[number(m[1])] = true
		}
		return nil
	}
	if err := look(between); err != nil {
		return nil, err
	}
	for _, o := range objects {
		if o.kind(b) == "XRef" {
			if err := look(b[o.from:o.to]); err != nil {
				return nil, err
			}
		}
	}
	for known := -1; known < len(about); { // what is emptied may name more that says something
		known = len(about)
		for _, o := range objects {
			if err := o.clean(b, about); err != nil {
				return nil, err
			}
		}
	}
	return b, nil
}

// forget empties a value that says something about the document, and notes what it has elsewhere.
func forget(value []byte, about map[int]bool) {
	for _, m := range pdfRef.FindAllSubmatch(value, -1) {
		about[number(m[1])] = true
	}
	empty(value)
}

func number(digits []byte) int { n, _ := strconv.Atoi(string(digits)); return n }

// kind is the object's Type, "" without one.
func (o pdfObject) kind(b []byte) string {
	if m := pdfType.FindSubmatch(b[o.from:o.to]); m != nil {
		return string(m[1])
	}
	return ""
}

func (o pdfObject) clean(b []byte, about map[int]bool) error {
	dict, kind := b[o.from:o.to], o.kind(b)
	if o.end == 0 {
		if about[o.number] && kind == "" {
			forget(dict, about)
		}
		return nil
	}
	var filters []string
	if m := pdfFilters.FindSubmatch(dict); m != nil {
		for _, f := range pdfName.FindAll(m[1], -1) {
			filters = append(filters, string(f))
		}
	}
	body := b[o.begin:o.end]
	switch {
	case kind == "Metadata" || pdfXML.Match(dict):
		if len(filters) == 0 {
			fill(body, ' ')
		} else {
			copy(body, blanks(len(body)))
		}
	case kind == "ObjStm":
		return within(body, filters, dict, func(text []byte) error { return cleanObjects(text, dict, about) })
	case slices.Contains(filters, "/DCTDecode"):
		return within(body, filters[:slices.Index(filters, "/DCTDecode")], dict, func(photo []byte) error { cleanJPEG(photo); return nil })
	}
	return nil
}

// within lets do change a stream as it is without its filters, in its place and length.
func within(body []byte, filters []string, dict []byte, do func([]byte) error) error {
	if len(filters) == 0 {
		return do(body)
	}
	if len(filters) > 1 || filters[0] != "/FlateDecode" || pdfPredict.Match(dict) {
		return errPDFBroken
	}
	z, err := zlib.NewReader(bytes.NewReader(body))
	if err != nil {
		return errPDFBroken
	}
	text, err := io.ReadAll(io.LimitReader(z, maxInflated+1))
	if err != nil || len(text) > maxInflated {
		return errPDFBroken
	}
	was := bytes.Clone(text)
	if err := do(text); err != nil || bytes.Equal(was, text) {
		return err
	}
	var packed bytes.Buffer
	w, err := zlib.NewWriterLevel(&packed, zlib.BestCompression)
	if err == nil {
		if _, err = w.Write(text); err == nil {
			err = w.Close()
		}
	}
	if err != nil || packed.Len() > len(body) {
		return errPDFBroken // what is emptied packs better than what was there, but for packers of a rare kind
	}
	fill(body[copy(body, packed.Bytes()):], 0) // readers stop where the packed text ends
	return nil
}

// cleanObjects empties those objects of an object stream that say something about the document.
func cleanObjects(text, dict []byte, about map[int]bool) error {
	first, count := pdfFirst.FindSubmatch(dict), pdfCount.FindSubmatch(dict)
	if first == nil || count == nil || number(first[1]) > len(text) {
		return errPDFBroken
	}
	begin := number(first[1])
	heads := pdfDigits.FindAll(text[:begin], -1)
	if len(heads) < 2*number(count[1]) {
		return errPDFBroken
	}
	for i := 0; i+1 < 2*number(count[1]); i += 2 {
		at := begin + number(heads[i+1])
		if !about[number(heads[i])] || at >= len(text) {
			continue
		}
		to := pdfValue(text, at, 0)
		if to < 0 {
			return errPDFBroken
		}
		if !pdfType.Match(text[at:to]) {
			forget(text[at:to], about)
		}
	}
	return nil
}

// empty makes a dictionary, or a string, one without anything in it, of the same length.
func empty(value []byte) {
	trimmed := bytes.TrimLeft(value, " \t\r\n\f\x00")
	at := len(value) - len(trimmed)
	var left, right string
	switch {
	case bytes.HasPrefix(trimmed, []byte("<<")):
		left, right = "<<", ">>"
	case bytes.HasPrefix(trimmed, []byte("(")):
		left, right = "(", ")"
	case bytes.HasPrefix(trimmed, []byte("<")):
		left, right = "<", ">"
	default:
		return
	}
	end := len(bytes.TrimRight(value, " \t\r\n\f\x00"))
	fill(value[at:end], ' ')
	copy(value[at:], left+right)
}

func fill(b []byte, with byte) {
	for i := range b {
		b[i] = with
	}
}

// blanks is a zlib stream of n bytes that holds nothing but spaces, not packed; where n is too small for one, zeros.
func blanks(n int) []byte {
	const head, foot, each, most = 2, 4, 5, 65535
	out, left := make([]byte, 0, n), n-head-foot
	if left < each {
		return make([]byte, n)
	}
	sum := adler32.New()
	out = append(out, 0x78, 0x01)
	for left >= each {
		size := min(left-each, most)
		last := byte(0)
		if rest := left - each - size; rest < each { // no room for another block: this one is the last
			last = 1
		}
		out = append(out, last, byte(size), byte(size>>8), byte(^size), byte(^size>>8))
		text := bytes.Repeat([]byte{' '}, size)
		out, left = append(out, text...), left-each-size
		_, _ = sum.Write(text)
		if last == 1 {
			break
		}
	}
	out = sum.Sum(out)
	return append(out, make([]byte, n-len(out))...)
}

// cleanJPEG empties those parts of a JPEG that are not the picture: all but its colours.
func cleanJPEG(b []byte) {
	for i := 2; i+4 <= len(b) && b[i] == 0xff; {
		kind, size := b[i+1], int(b[i+2])<<8|int(b[i+3])
		if kind == 0xda || size < 2 || i+2+size > len(b) {
			return
		}
		if kind >= 0xe1 && kind <= 0xef && kind != 0xe2 && kind != 0xee || kind == 0xfe {
			fill(b[i+4:i+2+size], 0)
		}
		i += 2 + size
	}
}

// pdfObjects finds the objects of a PDF, whatever its tables say, and what stands between them.
func pdfObjects(b []byte) (all []pdfObject, between []byte) {
	for pos := 0; pos < len(b); {
		m := pdfBegin.FindSubmatchIndex(b[pos:])
		if m == nil {
			return all, append(between, b[pos:]...)
		}
		between = append(append(between, b[pos:pos+m[0]]...), '\n')
		o := pdfObject{number: number(b[pos+m[2] : pos+m[3]]), from: pos + m[1]}
		if o.to = pdfValue(b, o.from, 0); o.to < 0 {
			pos = o.from
			continue
		}
		pos = o.to
		if at := space(b, o.to); bytes.HasPrefix(b[at:], []byte("stream")) {
			o.begin, o.end = pdfStream(b, at+len("stream"), b[o.from:o.to])
			if o.end < 0 {
				return nil, nil
			}
			pos = o.end
		}
		all = append(all, o)
	}
	return all, between
}

// pdfStream is where the bytes of a stream begin and end; -1 when it has no end.
func pdfStream(b []byte, at int, dict []byte) (begin, end int) {
	if bytes.HasPrefix(b[at:], []byte("\r")) {
		at++
	}
	if bytes.HasPrefix(b[at:], []byte("\n")) {
		at++
	}
	if m := pdfLength.FindSubmatch(dict); m != nil {
		if n := at + number(m[1]); n <= len(b) && bytes.HasPrefix(b[space(b, n):], endOfStream) {
			return at, n
		}
	}
	n := bytes.Index(b[at:], endOfStream)
	if n < 0 {
		return at, -1
	}
	end = at + n
	if end > at && b[end-1] == '\n' {
		end--
	}
	if end > at && b[end-1] == '\r' {
		end--
	}
	return at, end
}

const pdfSpace, pdfDelimiter = " \t\r\n\f\x00", "()<>[]{}/%"

// space is the place after white space and comments.
func space(b []byte, i int) int {
	for i < len(b) {
		switch {
		case bytes.IndexByte([]byte(pdfSpace), b[i]) >= 0:
			i++
		case b[i] == '%':
			for i < len(b) && b[i] != '\r' && b[i] != '\n' {
				i++
			}
		default:
			return i
		}
	}
	return i
}

// pdfValue is the place after the value that begins at i; -1 when it has no end.
func pdfValue(b []byte, i, depth int) int {
	if i = space(b, i); i >= len(b) || depth > 50 {
		return -1
	}
	group := func(i int, end string) int {
		for {
			if i = space(b, i); i >= len(b) {
				return -1
			}
			if bytes.HasPrefix(b[i:], []byte(end)) {
				return i + len(end)
			}
			if i = pdfValue(b, i, depth+1); i < 0 {
				return -1
			}
		}
	}
	switch {
	case bytes.HasPrefix(b[i:], []byte("<<")):
		return group(i+2, ">>")
	case b[i] == '[':
		return group(i+1, "]")
	case b[i] == '(':
		for open := 0; i < len(b); i++ {
			switch b[i] {
			case '\\':
				i++
			case '(':
				open++
			case ')':
				if open--; open == 0 {
					return i + 1
				}
			}
		}
		return -1
	case b[i] == '<':
		n := bytes.IndexByte(b[i:], '>')
		if n < 0 {
			return -1
		}
		return i + n + 1
	}
	from := i
	for i++; i < len(b) && bytes.IndexByte([]byte(pdfSpace+pdfDelimiter), b[i]) < 0; i++ {
	}
	if bytes.IndexByte([]byte(")>]}"), b[from]) >= 0 {
		return -1
	}
	return i
}
