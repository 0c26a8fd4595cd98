// Package worksheet is the kind of activity in which a learner fills a form that makes a one-page document for
// their own work.
//
//	worksheet.go  the package's map, what a worksheet asks, its limits
//	parse.go      course.Kind: reads and checks a file
//	answers.go    what was filled in: cleaning, checking, the example as a start, carrying over
//	service.go    Service: save, finish, use the example; no text is lost between two devices
//	store.go      SQL
//	claim.go      a guest's worksheets become a person's; export of a person's worksheets
//	document.go   the document that the answers make
//	text.go       … as Markdown
//	docx.go       … as a Word file
//
// A worksheet belongs to the one who filled it. Nobody else can read it: every function that reads asks for the
// person, and there is none that reads across people.
package worksheet

import "greenroom/internal/markdown"

// Limits of one form. Hints tell them to learners; docs/operating.md tells them to operators.
const (
	MaxText  = 500  // characters of a one-line field and of a table's cell
	MaxLong  = 5000 // characters of a long field
	MaxRows  = 12   // rows of a table
	MaxTotal = 256 << 10
)

// The types of field.
const (
	Text   = "text"
	Long   = "long"
	Date   = "date"
	Choice = "choice"
	Table  = "table"
)

// Content is what one worksheet asks for. It is read from a course's file and never changed.
type Content struct {
	Intro     markdown.HTML
	Document  string // title of the document
	Sections  []Section
	Example   *Example // nil when there is none
	SelfCheck []string
}

// Section is one heading of the form and of the document.
type Section struct {
	Title  string
	Help   string
	Fields []*Field
}

// Field is one question.
type Field struct {
	Key      string
	Label    string
	Type     string
	Help     string
	Required bool
	MaxWords int // 0: no limit
	Choices  []string
	Columns  []Column
	Rows     int        // empty rows offered in a table
	Given    [][]string // worked rows that the table begins with
	Carry    *Origin    // nil: nothing is carried over
}

// Column is one column of a table.
type Column struct{ Key, Label string }

// Origin names the field of an earlier worksheet of the same course that a field is carried over from.
type Origin struct {
	Activity string // "module/activity"
	Field    string
}

// Example is the worksheet as an invented agency filled it.
type Example struct {
	Agency  string
	Answers Answers
}

// Limit is the number of characters that the field takes, per cell in a table.
func (f *Field) Limit() int {
	if f.Type == Long {
		return MaxLong
	}
	return MaxText
}

// Fields returns the fields of all sections in order.
func (c *Content) Fields() []*Field {
	var all []*Field
	for _, s := range c.Sections {
		all = append(all, s.Fields...)
	}
	return all
}

// Field finds a field by its key, or returns nil.
func (c *Content) Field(key string) *Field {
	for _, s := range c.Sections {
		for _, f := range s.Fields {
			if f.Key == key {
				return f
			}
		}
	}
	return nil
}

// Origins returns the activities that fields are carried over from, each once.
func (c *Content) Origins() []string {
	var all []string
	seen := map[string]bool{}
	for _, f := range c.Fields() {
		if f.Carry != nil && !seen[f.Carry.Activity] {
			seen[f.Carry.Activity] = true
			all = append(all, f.Carry.Activity)
		}
	}
	return all
}
