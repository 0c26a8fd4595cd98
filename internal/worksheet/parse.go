package worksheet

import (
	"fmt"
	"slices"
	"strings"

	"greenroom/internal/course"
)

// Kind reads worksheet files. It is a course.Kind.
type Kind struct{}

// Name is the kind's name.
func (Kind) Name() string { return "worksheet" }

// Ext is the ending of its files.
func (Kind) Ext() string { return ".yaml" }

type file struct {
	course.Head
	Intro     course.Text   `yaml:"intro" rule:"max=4000"`
	Document  course.Text   `yaml:"document" rule:"required,max=120,line"`
	Sections  []fileSection `yaml:"sections" rule:"required,min=1,max=12"`
	Example   *fileExample  `yaml:"example"`
	SelfCheck []course.Text `yaml:"self_check" rule:"max=10"`
}

type fileSection struct {
	Title  course.Text `yaml:"title" rule:"required,max=120,line"`
	Help   course.Text `yaml:"help" rule:"max=600"`
	Fields []fileField `yaml:"fields" rule:"required,min=1,max=20"`
}

type fileField struct {
	Line     course.Line
	Key      string          `yaml:"key" rule:"required,key"`
	Label    course.Text     `yaml:"label" rule:"required,max=160,line"`
	Type     string          `yaml:"type" rule:"required,oneof=text|long|date|choice|table"`
	Help     course.Text     `yaml:"help" rule:"max=600"`
	Required bool            `yaml:"required"`
	MaxWords int             `yaml:"max_words" rule:"min=1,max=600"`
	Choices  []course.Text   `yaml:"choices" rule:"min=2,max=20"`
	Columns  []fileColumn    `yaml:"columns" rule:"min=2,max=7"`
	Rows     int             `yaml:"rows" rule:"min=1,max=12"`
	Given    [][]course.Text `yaml:"given" rule:"max=12"`
	Carry    string          `yaml:"carry"`
}

type fileColumn struct {
	Key   string      `yaml:"key" rule:"required,key"`
	Label course.Text `yaml:"label" rule:"required,max=80,line"`
}

type fileExample struct {
	Line   course.Line
	Agency course.Text             `yaml:"agency" rule:"required,max=120,line"`
	Values map[string]course.Value `yaml:"values" rule:"required"`
}

// Parse reads one file.
func (Kind) Parse(f course.File, rep *course.Reporter) (course.Meta, course.Content) {
	var in file
	if !course.Decode(f, rep, &in) {
		return course.Meta{}, nil
	}
	c := &Content{Intro: rep.Markdown(in.Intro), Document: in.Document.Value, SelfCheck: course.Strings(in.SelfCheck)}
	seen := map[string]bool{}
	for _, s := range in.Sections {
		sec := Section{Title: s.Title.Value, Help: s.Help.Value}
		for _, ff := range s.Fields {
			if seen[ff.Key] {
				rep.Error(int(ff.Line), fmt.Sprintf("the key %q is used twice", ff.Key), "give each field of the worksheet its own key")
			}
			seen[ff.Key] = true
			sec.Fields = append(sec.Fields, ff.field(rep))
		}
		c.Sections = append(c.Sections, sec)
	}
	if in.Example != nil {
		c.Example = in.Example.read(c, rep)
	}
	rep.After(func(rev *course.Revision) { c.checkCarry(in, rev, rep) })
	return in.Meta(), c
}

// field checks what belongs to the type and what does not.
func (ff fileField) field(rep *course.Reporter) *Field {
	line := int(ff.Line)
	wrong := func(there bool, name string) {
		if there {
			rep.Error(line, fmt.Sprintf("a field of type %s has no %s", ff.Type, name), "take it out, or change the type")
		}
	}
	wrong(ff.Type != Choice && len(ff.Choices) > 0, "choices")
	wrong(ff.Type != Table && len(ff.Columns) > 0, "columns")
	wrong(ff.Type != Table && ff.Rows > 0, "rows")
	wrong(ff.Type != Table && len(ff.Given) > 0, "given rows")
	wrong(ff.Type != Text && ff.Type != Long && ff.MaxWords > 0, "max_words")
	if ff.Type == Choice && len(ff.Choices) == 0 {
		rep.Error(line, "a field of type choice needs choices", "list at least two")
	}
	if ff.Type == Table && len(ff.Columns) == 0 {
		rep.Error(line, "a field of type table needs columns", "list 2 to 7, each with key and label")
	}
	f := &Field{
		Key: ff.Key, Label: ff.Label.Value, Type: ff.Type, Help: ff.Help.Value, Required: ff.Required,
		MaxWords: ff.MaxWords, Choices: course.Strings(ff.Choices), Rows: ff.Rows,
	}
	if f.Type == Table && f.Rows == 0 {
		f.Rows = 4
	}
	for _, col := range ff.Columns {
		if slices.ContainsFunc(f.Columns, func(c Column) bool { return c.Key == col.Key }) {
			rep.Error(line, fmt.Sprintf("the column key %q is used twice", col.Key), "give each column its own key")
		}
		f.Columns = append(f.Columns, Column{Key: col.Key, Label: col.Label.Value})
	}
	for i, row := range ff.Given {
		if len(row) != len(f.Columns) {
			rep.Error(line, fmt.Sprintf("given row %d has %d cells, the table has %d columns", i+1, len(row), len(f.Columns)), `write one text per column, "" for an empty cell`)
		}
		f.Given = append(f.Given, course.Strings(row))
	}
	if ff.Carry != "" {
		if f.Carry = origin(ff.Carry); f.Carry == nil {
			rep.Error(line, fmt.Sprintf("carry %q names no field", ff.Carry), "write it as module/activity#field")
		}
	}
	return f
}

func origin(s string) *Origin {
	activity, field, ok := strings.Cut(s, "#")
	if !ok || strings.Count(activity, "/") != 1 || field == "" {
		return nil
	}
	return &Origin{Activity: activity, Field: field}
}

// read turns the example's values into answers, by the fields' types.
func (in *fileExample) read(c *Content, rep *course.Reporter) *Example {
	ex := &Example{Agency: in.Agency.Value, Answers: Answers{}}
	keys := make([]string, 0, len(in.Values))
	for k := range in.Values {
		keys = append(keys, k)
	}
	slices.Sort(keys) // so that findings come in the same order each time
	for _, k := range keys {
		v := in.Values[k]
		f := c.Field(k)
		if f == nil {
			rep.Error(v.Line, fmt.Sprintf("the example answers %q, which is no field", k), "use the key of a field")
			continue
		}
		a, problem := f.example(v)
		if problem != "" {
			rep.Error(v.Line, fmt.Sprintf("the example of %q: %s", k, problem), "write it as a learner would fill the field")
			continue
		}
		ex.Answers[k] = a
	}
	ex.Answers = c.Tidy(ex.Answers)
	for _, bad := range c.tooLong(ex.Answers) {
		rep.Error(int(in.Line), fmt.Sprintf("the example of %q is longer than the field takes", bad.Name), "shorten it")
	}
	for _, bad := range c.unfinished(ex.Answers) {
		rep.Error(int(in.Line), fmt.Sprintf("the example would not pass as finished: field %q (%s)", bad.Name, bad.Key), "fill what is required, within the word limits")
	}
	return ex
}

func (f *Field) example(v course.Value) (a Answer, problem string) {
	if f.Type != Table {
		switch {
		case v.Kind == course.Quoted:
			a.Text = v.Text.Value
		case v.Kind == course.Plain && f.Type == Date:
			a.Text = v.Scalar
		default:
			return a, "it must be a text in quotes"
		}
		if f.Type == Choice && !slices.Contains(f.Choices, a.Text) {
			return a, fmt.Sprintf("%q is not among the choices", a.Text)
		}
		return a, ""
	}
	if v.Kind != course.List {
		return a, "a table is a list of rows"
	}
	for i, row := range v.List {
		if row.Kind != course.List || len(row.List) != len(f.Columns) {
			return a, fmt.Sprintf("row %d must be a list of %d texts", i+1, len(f.Columns))
		}
		cells := make([]string, len(row.List))
		for j, cell := range row.List {
			cells[j] = cell.Text.Value
		}
		a.Rows = append(a.Rows, cells)
	}
	return a, ""
}

// checkCarry sees to it that what is carried over comes from an earlier worksheet and fits.
func (c *Content) checkCarry(in file, rev *course.Revision, rep *course.Reporter) {
	for _, s := range in.Sections {
		for _, ff := range s.Fields {
			f := c.Field(ff.Key)
			if f == nil || f.Carry == nil {
				continue
			}
			a := rev.Activity(f.Carry.Activity)
			if a == nil {
				rep.Error(int(ff.Line), fmt.Sprintf("carry: there is no activity %q", f.Carry.Activity), "name a worksheet of this course as module/activity")
				continue
			}
			if a.Content() == nil {
				continue
			}
			w, ok := a.Content().(*Content)
			if !ok {
				rep.Error(int(ff.Line), fmt.Sprintf("carry: %q is no worksheet", f.Carry.Activity), "name a worksheet of this course")
				continue
			}
			if w.Field(f.Carry.Field) == nil {
				rep.Error(int(ff.Line), fmt.Sprintf("carry: %q has no field %q", f.Carry.Activity, f.Carry.Field), "use the key of a field there")
			}
			if !c.after(rev, a) {
				rep.Error(int(ff.Line), fmt.Sprintf("carry: %q does not come before this worksheet", f.Carry.Activity), "carry over from an earlier step")
			}
		}
	}
}

// after says whether this worksheet's activity comes after a in the course.
func (c *Content) after(rev *course.Revision, a *course.Activity) bool {
	for x := a.Next; x != nil; x = x.Next {
		if x.Content() == course.Content(c) {
			return true
		}
	}
	return false
}
