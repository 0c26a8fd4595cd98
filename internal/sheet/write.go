package sheet

import (
	"encoding/csv"
	"io"
	"strings"
)

// formulas are what a cell must not begin with, in ASCII and in full width: a spreadsheet would compute it.
var formulas = []string{"=", "+", "-", "@", "\t", "\r", "\n", "\x00", "＝", "＋", "－", "＠"}

// Cell keeps a text from being read as a formula: what begins like one gets an apostrophe.
func Cell(s string) string {
	for _, p := range formulas {
		if strings.HasPrefix(s, p) {
			return "'" + s
		}
	}
	return s
}

// Writer writes a table. Every cell goes through Cell.
type Writer struct {
	csv   *csv.Writer
	out   io.Writer
	begun bool
}

// NewWriter makes a writer of RFC 4180 with CRLF, in UTF-8 with a mark so that spreadsheets read it as such.
func NewWriter(out io.Writer) *Writer {
	w := &Writer{csv: csv.NewWriter(out), out: out}
	w.csv.UseCRLF = true
	return w
}

// Row writes one row.
func (w *Writer) Row(cells ...string) error {
	if !w.begun {
		w.begun = true
		if _, err := io.WriteString(w.out, "\ufeff"); err != nil {
			return err
		}
	}
	safe := make([]string, len(cells))
	for i, c := range cells {
		safe[i] = Cell(c)
	}
	return w.csv.Write(safe)
}

// Rows writes a whole table, and what is buffered.
func (w *Writer) Rows(rows ...[]string) error {
	for _, r := range rows {
		if err := w.Row(r...); err != nil {
			return err
		}
	}
	return w.Flush()
}

// Flush writes what is buffered and says whether all went well.
func (w *Writer) Flush() error {
	w.csv.Flush()
	return w.csv.Error()
}
