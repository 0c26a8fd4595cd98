package worksheet

import (
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"greenroom/internal/fault"
	"greenroom/internal/words"
)

// Answer is what stands in one field: Text, or Rows in a table.
type Answer struct {
	Text string     `json:"text,omitempty"`
	Rows [][]string `json:"rows,omitempty"`
}

// Empty says whether nothing was written.
func (a Answer) Empty() bool { return a.Text == "" && len(a.Rows) == 0 }

// Equal says whether two answers hold the same.
func (a Answer) Equal(b Answer) bool {
	return a.Text == b.Text && slices.EqualFunc(a.Rows, b.Rows, slices.Equal)
}

// Answers holds answers by field key. A key that is absent was never shown to the learner; an empty answer was
// left or made empty.
type Answers map[string]Answer

// Equal says whether two sets hold the same. An absent key equals an empty answer.
func (a Answers) Equal(b Answers) bool {
	for k, v := range a {
		if !v.Equal(b[k]) {
			return false
		}
	}
	for k, v := range b {
		if !v.Equal(a[k]) {
			return false
		}
	}
	return true
}

// Empty says whether nothing was written in any field.
func (a Answers) Empty() bool {
	for _, v := range a {
		if !v.Empty() {
			return false
		}
	}
	return true
}

// size is the number of bytes of all texts.
func (a Answers) size() int {
	n := 0
	for _, v := range a {
		n += len(v.Text)
		for _, r := range v.Rows {
			for _, cell := range r {
				n += len(cell)
			}
		}
	}
	return n
}

// tidy makes line ends one kind and takes white space off both ends: what a browser sends and what was typed
// then count the same number of characters.
func tidy(s string) string {
	return strings.TrimSpace(strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\r", "\n"))
}

// Tidy returns what may be kept of the typed answers: only fields of the worksheet, one line where the field has
// one, tables with the right number of columns and without empty rows.
func (c *Content) Tidy(typed Answers) Answers {
	out := Answers{}
	for _, f := range c.Fields() {
		a, ok := typed[f.Key]
		if !ok {
			continue
		}
		if f.Type != Table {
			t := tidy(a.Text)
			if f.Type != Long {
				t = strings.Join(strings.Fields(t), " ")
			}
			out[f.Key] = Answer{Text: t}
			continue
		}
		out[f.Key] = Answer{Rows: f.cleanRows(a.Rows)}
	}
	return out
}

// cleanRows gives every row as many cells as there are columns and drops empty rows: emptying a row removes it.
func (f *Field) cleanRows(rows [][]string) [][]string {
	var out [][]string
	for _, row := range rows {
		cells, filled := make([]string, len(f.Columns)), false
		for i := range cells {
			if i < len(row) {
				cells[i] = tidy(row[i])
			}
			filled = filled || cells[i] != ""
		}
		if filled {
			out = append(out, cells)
		}
	}
	return out
}

// tooLong returns a message for each answer that is longer than the field takes. Such answers are not kept.
func (c *Content) tooLong(a Answers) fault.Fields {
	var bad fault.Fields
	for _, f := range c.Fields() {
		v := a[f.Key]
		if n := utf8.RuneCountInString(v.Text); n > f.Limit() {
			bad.Add(f.Key, "worksheet.error.too_long", "Label", f.Label, "Max", f.Limit(), "Over", n-f.Limit())
		}
		if len(v.Rows) > MaxRows {
			bad.Add(f.Key, "worksheet.error.too_many_rows", "Label", f.Label, "Max", MaxRows)
		}
		for i, row := range v.Rows {
			for _, cell := range row {
				if utf8.RuneCountInString(cell) > MaxText {
					bad.Add(f.Key, "worksheet.error.cell_too_long", "Label", f.Label, "Row", i+1, "Max", MaxText)
				}
			}
		}
	}
	if len(bad) == 0 && a.size() > MaxTotal {
		bad.Add(c.Fields()[0].Key, "worksheet.error.too_large")
	}
	return bad
}

// unfinished returns a message for each field that keeps the worksheet from being finished.
func (c *Content) unfinished(a Answers) fault.Fields {
	var bad fault.Fields
	for _, f := range c.Fields() {
		v := a[f.Key]
		switch {
		case v.Empty() && f.Required:
			bad.Add(f.Key, "worksheet.error.required."+f.Type, "Label", f.Label)
		case v.Empty():
		case f.Type == Date && !isDate(v.Text):
			bad.Add(f.Key, "worksheet.error.date", "Label", f.Label)
		case f.MaxWords > 0 && words.Count(v.Text) > f.MaxWords:
			n := words.Count(v.Text)
			bad.Add(f.Key, "worksheet.error.words", "Label", f.Label, "Words", n, "Max", f.MaxWords, "Count", n-f.MaxWords)
		case f.Type == Table && f.Required && len(f.withoutGiven(v.Rows)) == 0 && len(f.Given) > 0:
			bad.Add(f.Key, "worksheet.error.only_given", "Label", f.Label)
		}
	}
	return bad
}

// withoutGiven returns the rows that are not among the worked rows of the course.
func (f *Field) withoutGiven(rows [][]string) [][]string {
	given := f.cleanRows(f.Given)
	return slices.DeleteFunc(slices.Clone(rows), func(r []string) bool {
		return slices.ContainsFunc(given, func(g []string) bool { return slices.Equal(g, r) })
	})
}

func isDate(s string) bool { _, err := time.Parse(time.DateOnly, s); return err == nil }

// withExample returns the answers with the example in those fields where the learner wrote nothing. What was
// typed stays, to the letter.
func (c *Content) withExample(a Answers) Answers {
	if c.Example == nil {
		return a
	}
	out := Answers{}
	for k, v := range a {
		out[k] = v
	}
	for _, f := range c.Fields() {
		e, ok := c.Example.Answers[f.Key]
		if !ok {
			continue
		}
		v := out[f.Key]
		if f.Type == Table {
			if len(f.withoutGiven(v.Rows)) == 0 { // the course's own rows are nobody's typing
				out[f.Key] = e
			}
			continue
		}
		if v.Empty() {
			out[f.Key] = e
		}
	}
	return out
}

// Offer is what a field holds on the page.
type Offer struct {
	Answer
	From string // the activity that the answer was carried over from; "" when it is the learner's own here
}

// Offers returns what each field shows: the learner's answer, else what an earlier worksheet holds, else the
// worked rows of a table. earlier holds the answers of other worksheets by activity key.
func (c *Content) Offers(own Answers, earlier map[string]Answers) map[string]Offer {
	out := map[string]Offer{}
	for _, f := range c.Fields() {
		if v, ok := own[f.Key]; ok {
			out[f.Key] = Offer{Answer: v}
			continue
		}
		if f.Carry != nil {
			if v := f.fit(earlier[f.Carry.Activity][f.Carry.Field]); !v.Empty() {
				out[f.Key] = Offer{Answer: v, From: f.Carry.Activity}
				continue
			}
		}
		if f.Type == Table {
			out[f.Key] = Offer{Answer: Answer{Rows: f.cleanRows(f.Given)}}
		}
	}
	return out
}

// fit makes an answer of another worksheet's field one of this field: rows become lines and lines become rows.
func (f *Field) fit(a Answer) Answer {
	if f.Type == Table {
		if a.Text != "" {
			return Answer{Rows: f.cleanRows([][]string{{a.Text}})}
		}
		return Answer{Rows: f.cleanRows(a.Rows)}
	}
	t := strings.Join(a.Lines(), "\n")
	if f.Type != Long {
		t = strings.Join(strings.Fields(t), " ")
	}
	if f.Type == Choice && !slices.Contains(f.Choices, t) || utf8.RuneCountInString(t) > f.Limit() {
		return Answer{}
	}
	return Answer{Text: t}
}

// Lines are the lines of an answer; a row of a table is one line.
func (a Answer) Lines() []string {
	if len(a.Rows) == 0 {
		return paragraphs(a.Text)
	}
	var lines []string
	for _, r := range a.Rows {
		cells := slices.DeleteFunc(slices.Clone(r), func(s string) bool { return s == "" })
		lines = append(lines, strings.Join(cells, ", "))
	}
	return lines
}
