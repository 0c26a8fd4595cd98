// Package sheet reads tables that people export from spreadsheets and other systems, and writes tables that
// spreadsheets open without running anything.
//
//	sheet.go   bytes of any common encoding become rows, each with its line; what is wrong is told per row
//	write.go   rows become a file: RFC 4180, UTF-8 with a mark, no cell is a formula
package sheet

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
)

// The encodings that Decode finds.
const (
	UTF8    = "UTF-8"
	UTF16   = "UTF-16"
	Windows = "Windows-1252" // what spreadsheets on Windows write as plain CSV
)

// What Decode refuses.
var (
	ErrWorkbook = errors.New("a workbook, not a text file") // .xlsx, .ods: they are zip files; .xls
	ErrBinary   = errors.New("not a text file")
)

// Decode makes text of a file. A byte order mark is taken away, line ends become LF. What is not UTF-8 and has no mark is read as
// Windows-1252; the caller tells people so, since a name may have come out wrong.
func Decode(data []byte) (text, encoding string, err error) {
	switch {
	case bytes.HasPrefix(data, []byte("PK\x03\x04")), bytes.HasPrefix(data, []byte("\xd0\xcf\x11\xe0")):
		return "", "", ErrWorkbook
	case bytes.HasPrefix(data, []byte("\xff\xfe")), bytes.HasPrefix(data, []byte("\xfe\xff")):
		text, encoding = wide(data), UTF16
	default:
		data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
		text, encoding = string(data), UTF8
		if !utf8.Valid(data) {
			raw, err := charmap.Windows1252.NewDecoder().Bytes(data)
			if err != nil {
				return "", "", ErrBinary
			}
			text, encoding = string(raw), Windows
		}
	}
	if strings.ContainsRune(text, 0) {
		return "", "", ErrBinary
	}
	text = strings.ReplaceAll(text, "\r\n", "\n")
	return strings.ReplaceAll(text, "\r", "\n"), encoding, nil
}

// wide reads UTF-16 with its mark.
func wide(data []byte) string {
	big := data[0] == 0xfe
	units := make([]uint16, 0, len(data)/2)
	for i := 2; i+1 < len(data); i += 2 {
		a, b := uint16(data[i]), uint16(data[i+1])
		if big {
			a, b = b, a
		}
		units = append(units, a|b<<8)
	}
	return string(utf16.Decode(units))
}

// Separator finds what stands between the cells of a table: a comma, semicolon or tab, whichever the first line has most of
// outside quotes.
func Separator(text string) rune {
	first, quoted := map[rune]int{}, false
	for _, r := range strings.TrimLeft(text, "\n") {
		switch {
		case r == '"':
			quoted = !quoted
		case r == '\n' && !quoted:
			return most(first)
		case !quoted:
			first[r]++
		}
	}
	return most(first)
}

func most(n map[rune]int) rune {
	best := ','
	for _, r := range ",;\t" {
		if n[r] > n[best] {
			best = r
		}
	}
	return best
}

// Row is one row of a table.
type Row struct {
	Line  int // where it begins in the file, from 1
	Cells []string
	Err   error // the row cannot be read: a quotation mark in a wrong place, or one that is never closed
}

// Rows reads a decoded table until fn says stop. Rows without content are left out. Cells are trimmed.
func Rows(text string, fn func(Row) (more bool)) error {
	r := csv.NewReader(strings.NewReader(text))
	r.Comma, r.FieldsPerRecord, r.TrimLeadingSpace = Separator(text), -1, false
	for {
		cells, err := r.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		row := Row{}
		if p := (*csv.ParseError)(nil); errors.As(err, &p) {
			row.Line, row.Err = p.StartLine, p.Err
		} else if err != nil {
			return fmt.Errorf("read a table: %w", err)
		} else {
			row.Line, _ = r.FieldPos(0)
			empty := true
			for i := range cells {
				cells[i] = strings.TrimSpace(cells[i])
				empty = empty && cells[i] == ""
			}
			if empty {
				continue
			}
			row.Cells = cells
		}
		if !fn(row) {
			return nil
		}
	}
}
