// Package worksheet has the body of a worksheet's step and the page of its document. The page around the step is
// web/templates/player.
package worksheet

import (
	"strconv"

	"greenroom/internal/draft"
	"greenroom/internal/locale"
	"greenroom/internal/play"
	"greenroom/internal/worksheet"
	"greenroom/web/templates/layout"
	"greenroom/web/templates/ui"
)

// Page is what a worksheet shows.
type Page struct {
	L        *locale.Printer
	Step     play.Step
	Content  *worksheet.Content
	Stored   *worksheet.Worksheet // nil: nothing yet
	Offers   map[string]worksheet.Offer
	Origins  map[string]string // titles of the steps that answers were carried over from
	Rows     map[string]int    // rows that each table shows
	Checked  map[int]bool      // of the self-check
	Named    bool
	HasName  bool       // the learner has a name that the document may show
	Form     draft.Form // what the form sends back
	Saved    string     // when it was saved; "" when it never was
	Finished string     // the day it was last finished; "" before
	Clash    bool       // another device has written meanwhile: Stored has its answers
	Other    []Entry    // then: what differs there
	By       map[string]string
	Errors   []ui.FieldError
}

// Entry is one answer, to be read.
type Entry struct {
	Label string
	Lines []string
}

// VersionsPage is what the list of earlier states shows.
type VersionsPage struct {
	L        *locale.Printer
	Step     play.Step
	Versions []Version
}

// Version is one earlier state.
type Version struct {
	ID, When, Why string
	Entries       []Entry
}

// DocumentPage is the document on its own page, to be read and printed.
type DocumentPage struct {
	layout.Page
	Step     play.Step
	Document worksheet.Document
}

// Entries are the answers that hold something, in the order of the worksheet.
func Entries(c *worksheet.Content, a worksheet.Answers) []Entry {
	var out []Entry
	for _, f := range c.Fields() {
		if v := a[f.Key]; !v.Empty() {
			out = append(out, Entry{Label: f.Label, Lines: v.Lines()})
		}
	}
	return out
}

func (p Page) example() []Entry { return Entries(p.Content, p.Content.Example.Answers) }

func (p Page) field(f *worksheet.Field) ui.FieldData {
	v := p.Offers[f.Key]
	d := ui.FieldData{
		ID: "f-" + f.Key, Name: "a." + f.Key, Label: f.Label, Hint: p.hint(f), Error: p.By[f.Key], Value: v.Text,
		Required: f.Required, Optional: !f.Required, WordMax: f.MaxWords,
	}
	switch f.Type {
	case worksheet.Long:
		d.Rows, d.MaxLength = 5, worksheet.MaxLong
	case worksheet.Text:
		d.Type, d.MaxLength = "text", worksheet.MaxText
	case worksheet.Date:
		d.Type = "date"
	case worksheet.Choice:
		d.Options = p.options(f, v.Text)
	}
	return d
}

// options are the choices, and before them what was chosen in an older edition of the course and is not offered now.
func (p Page) options(f *worksheet.Field, chosen string) []ui.Option {
	out := []ui.Option{{Text: p.L.T("worksheet.choose"), Selected: chosen == ""}}
	found := chosen == ""
	for _, c := range f.Choices {
		out = append(out, ui.Option{Value: c, Text: c, Selected: c == chosen})
		found = found || c == chosen
	}
	if !found {
		out = append(out, ui.Option{Value: chosen, Text: chosen, Selected: true})
	}
	return out
}

// hint joins the author's help with where the answer came from and how long it may be.
func (p Page) hint(f *worksheet.Field) string {
	h := f.Help
	add := func(s string) {
		if h != "" {
			h += " "
		}
		h += s
	}
	if from := p.Offers[f.Key].From; from != "" {
		add(p.L.T("worksheet.carried", "From", p.Origins[from]))
	}
	if f.MaxWords > 0 && f.Type == worksheet.Text { // a long field counts them itself
		add(p.L.T("worksheet.max_words", "Count", f.MaxWords))
	}
	return h
}

func (p Page) cell(f *worksheet.Field, row, col int) string {
	if rows := p.Offers[f.Key].Rows; row < len(rows) && col < len(rows[row]) {
		return rows[row][col]
	}
	return ""
}

// wide says whether the table has more columns than stand side by side: then each row is a group of fields.
func wide(f *worksheet.Field) bool { return len(f.Columns) > 4 }

// cellField is one cell of a wide table.
func (p Page) cellField(f *worksheet.Field, row, col int) ui.FieldData {
	name := cellName(f, row, col)
	return ui.FieldData{
		ID: "f-" + f.Key + "-" + strconv.Itoa(row) + "-" + strconv.Itoa(col), Name: name, Label: f.Columns[col].Label,
		Value: p.cell(f, row, col), Rows: 2, MaxLength: worksheet.MaxText,
	}
}

func cellName(f *worksheet.Field, row, col int) string {
	return "a." + f.Key + "." + strconv.Itoa(row) + "." + strconv.Itoa(col)
}

func (p Page) check(i int) ui.CheckData {
	return ui.CheckData{
		ID: "check-" + strconv.Itoa(i), Name: "check." + strconv.Itoa(i), Value: "1", Type: "checkbox",
		Label: p.Content.SelfCheck[i], Checked: p.Checked[i],
	}
}

func (p Page) named() ui.CheckData {
	return ui.CheckData{
		ID: "named", Name: "named", Value: "1", Type: "checkbox",
		Label: p.L.T("worksheet.named"), Hint: p.L.T("worksheet.named_hint"), Checked: p.Named,
	}
}

// thousands writes a number with a comma: "5,000".
func thousands(n int) string {
	s := strconv.Itoa(n)
	if len(s) > 3 {
		s = s[:len(s)-3] + "," + s[len(s)-3:]
	}
	return s
}

func describedBy(p Page, f *worksheet.Field) string {
	s := ""
	if p.hint(f) != "" {
		s = "f-" + f.Key + "-hint"
	}
	if p.By[f.Key] != "" {
		s += " f-" + f.Key + "-error"
	}
	return s
}
