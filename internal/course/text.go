package course

import "strings"

// Text is a text for people, read from a file, that knows its place. Decode refuses it when it stands unquoted.
type Text struct {
	File  string // from the courses folder
	Line  int    // of the text's first line, from 1; 0 when the text was absent
	Value string // trimmed at both ends
}

// String is the text itself.
func (t Text) String() string { return t.Value }

// Empty says whether there is nothing to read.
func (t Text) Empty() bool { return t.Value == "" }

// Strings takes the plain strings out of texts.
func Strings(ts []Text) []string {
	out := make([]string, 0, len(ts))
	for _, t := range ts {
		out = append(out, t.Value)
	}
	return out
}

// Line is a field type for structs given to Decode: it receives the line on which the struct's mapping starts.
type Line int

// Value is a field type for places that take more than one shape: a text, number, boolean or list of such.
type Value struct {
	Line   int // from 1; 0 when the field was absent
	Kind   ValueKind
	Scalar string  // the scalar as written, unquoted
	Text   Text    // of a quoted scalar or block
	List   []Value // of a list
}

// ValueKind is the shape of a Value.
type ValueKind int

// The shapes.
const (
	Absent ValueKind = iota // no such field
	Plain                   // unquoted scalar: number, boolean, date, key
	Quoted                  // text in quotes or a block
	List                    // a list
)

// Bool reads an unquoted true or false.
func (v Value) Bool() (b, ok bool) {
	if v.Kind != Plain {
		return false, false
	}
	switch v.Scalar {
	case "true":
		return true, true
	case "false":
		return false, true
	}
	return false, false
}

// Head is what every YAML kind's file and every reading's front matter begin with; embed it in the struct given to Decode.
type Head struct {
	Title   Text `yaml:"title" rule:"required,max=120"`
	Summary Text `yaml:"summary" rule:"max=240"`
	Minutes int  `yaml:"minutes" rule:"required,min=1,max=60"`
}

// Meta is the head as Kind.Parse returns it.
func (h Head) Meta() Meta {
	return Meta{Title: h.Title.Value, Summary: h.Summary.Value, Minutes: h.Minutes}
}

// oneLine says whether the text has no line breaks.
func (t Text) oneLine() bool { return !strings.Contains(t.Value, "\n") }
