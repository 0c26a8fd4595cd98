package worksheet

import "time"

// Document is the one page that the answers make, before it is written as HTML, Markdown or Word. Words that are
// not the learner's or the course's (labels, the footer) come from the caller in the reader's language.
type Document struct {
	Title    string
	Language string   // BCP 47, of the course
	Lines    []string // below the title: whose it is, the course, the date
	Author   string   // the learner's name when they chose to show it, else ""
	At       time.Time
	Sections []DocSection
	Footer   string
}

// DocSection is one part of the document.
type DocSection struct {
	Title  string
	Fields []DocField
}

// DocField is one answered question: paragraphs, or a table with a head.
type DocField struct {
	Label      string
	Paragraphs []string
	Head       []string
	Rows       [][]string
}

// Wide says whether some table needs the page on its side.
func (d Document) Wide() bool {
	for _, s := range d.Sections {
		for _, f := range s.Fields {
			if len(f.Head) > 4 {
				return true
			}
		}
	}
	return false
}

// Words are the words of a document that neither course nor learner wrote.
type Words struct {
	Lines  []string
	Footer string
	Empty  string                 // stands where nothing was written
	Date   func(time.Time) string // how a day is written
}

// Compose makes the document of the answers. Fields that nothing was written in are shown as empty, so that a
// reader sees what is still open; author is "" unless the learner chose to show their name.
func (c *Content) Compose(a Answers, author, language string, at time.Time, w Words) Document {
	d := Document{Title: c.Document, Language: language, Lines: w.Lines, Author: author, At: at, Footer: w.Footer}
	for _, s := range c.Sections {
		sec := DocSection{Title: s.Title}
		for _, f := range s.Fields {
			sec.Fields = append(sec.Fields, f.document(a[f.Key], w))
		}
		d.Sections = append(d.Sections, sec)
	}
	return d
}

func (f *Field) document(a Answer, w Words) DocField {
	out := DocField{Label: f.Label}
	switch {
	case a.Empty():
		out.Paragraphs = []string{w.Empty}
	case f.Type == Table:
		for _, c := range f.Columns {
			out.Head = append(out.Head, c.Label)
		}
		out.Rows = a.Rows
	case f.Type == Date && isDate(a.Text):
		t, _ := time.Parse(time.DateOnly, a.Text)
		out.Paragraphs = []string{w.Date(t)}
	default:
		out.Paragraphs = paragraphs(a.Text)
	}
	return out
}
