// Package author is how the scenario editor looks: one form a page, which carries the whole file along.
package author

import (
	"strconv"
	"strings"

	rules "greenroom/internal/author"
	"greenroom/internal/draft"
	"greenroom/internal/locale"
	"greenroom/internal/scenario"
	"greenroom/web/templates/layout"
	"greenroom/web/templates/ui"
)

// Start is /teach/write.
type Start struct {
	layout.Page
	Drafts  []Line
	NewID   string // of the draft that a form would make
	Courses []Course
	Pasted  string // what was pasted and is too large
	Error   string

	ImportError string
	ImportMax   int // MB
}

// Line is a draft in the list.
type Line struct {
	rules.Draft
	Saved string
}

// Path is the address of a draft.
func Path(draftID string) string { return "/teach/write/" + draftID }

// Course is a course with scenarios.
type Course struct {
	Title string
	Steps []ui.Option // value course/module/step
}

// Edit is the editor at one place of a draft.
type Edit struct {
	layout.Page
	Draft   *rules.Draft
	Form    draft.Form
	Saved   string
	At      string
	Source  string
	Checked rules.Checked
	Fields  []*rules.Field
	Gaps    []string // what an import could not bring over
	Figures *Figures // what learners did here; nil: there is nothing to tell, or nobody to tell it to
	Error   string   // what is wrong with what was sent

	Errors              []ui.FieldError // of the note and the key
	Note, NoteError     string
	Rename, RenameError string // the key that was typed for the scene, where it was not taken
}

// name is what a draft is called.
func name(l *locale.Printer, title string) string {
	if title == "" {
		return l.T("author.untitled")
	}
	return title
}

// History is a draft's revisions, and who writes along.
type History struct {
	layout.Page
	Draft         *rules.Draft
	Revisions     []Past // the newest first
	Along, Others []rules.Teacher
	Me            string // the reader's id
}

// Past is a revision with when it was saved.
type Past struct {
	rules.Revision
	When string
}

// Compare is two revisions of a draft, side by side.
type Compare struct {
	layout.Page
	Draft        *rules.Draft
	Older, Newer Past
	Differences  []rules.Difference
	Clash        bool   // Newer is what the reader has just written, while somebody else wrote Older
	Back         string // where they wrote
}

func (h History) people() []ui.Option {
	var out []ui.Option
	for _, t := range h.Others {
		out = append(out, ui.Option{Value: t.ID, Text: t.Name})
	}
	return out
}

// called is a passage's name for people.
func called(d rules.Difference) string {
	if d.Title == "" {
		return d.Passage
	}
	return d.Title + " (" + d.Passage + ")"
}

func owner(l *locale.Printer, name string) string {
	if name == "" {
		return l.T("author.somebody_gone")
	}
	return name
}

// by says whose a revision is.
func by(l *locale.Printer, p Past) string {
	if p.Name == "" {
		return l.T("author.somebody_gone")
	}
	return p.Name
}

func revisionPath(draftID string, number int64) string {
	return Path(draftID) + "/revisions/" + strconv.FormatInt(number, 10)
}

func (p Edit) tabs() []string {
	return append(append([]string{rules.Scenes}, rules.Parts...), rules.Text)
}

// passage is the key of the passage that is shown, "" at other places.
func (p Edit) passage() string {
	if k, ok := strings.CutPrefix(p.At, "p:"); ok {
		return k
	}
	return ""
}

// key is what stands in the field for the scene's key.
func (p Edit) key() string {
	if p.RenameError != "" {
		return p.Rename
	}
	return p.passage()
}

func (p Edit) isPassage() bool { return strings.HasPrefix(p.At, "p:") }

func (p Edit) heading() string {
	if !p.isPassage() {
		return p.L.T("author.part." + p.At)
	}
	for _, n := range p.Checked.Scene(p.passage()) {
		return n
	}
	return p.passage()
}

func (p Edit) counts() (errors, warnings int) {
	for _, f := range p.Checked.Findings {
		switch {
		case f.Error():
			errors++
		case f.Warning():
			warnings++
		}
	}
	return errors, warnings
}

func (p Edit) shown() scenario.Findings {
	var out scenario.Findings
	for _, f := range p.Checked.Findings {
		if f.Error() || f.Warning() {
			out = append(out, f)
		}
	}
	return out
}

func (p Edit) ways(key string) []*rules.Field { return p.Checked.Doc.Ways(key) }

func said(f scenario.Finding) string {
	s := f.Code + ": " + f.Message
	if f.Remedy != "" {
		s += "; " + f.Remedy
	}
	return s
}

// label is a field's label: a meter's own name below effects.
func (p Edit) label(f *rules.Field, own bool) string {
	if own {
		return f.Name
	}
	return p.L.T("author.field." + f.Name)
}

// fieldID makes an id of a path: what authors type as a key of the file may have anything in it, an id no spaces.
func fieldID(path string) string { return strings.Join(strings.Fields(path), "%20") }

func (p Edit) data(f *rules.Field, own bool) ui.FieldData {
	x := ui.FieldData{ID: fieldID(f.Path), Name: f.Path, Label: p.label(f, own), Value: f.Value, Optional: !f.Needed && !own}
	var errs, hints []string
	for _, n := range f.Findings {
		if n.Error() {
			errs = append(errs, said(n))
		} else if n.Warning() {
			hints = append(hints, said(n))
		}
	}
	switch f.Kind {
	case rules.Block:
		x.Rows = 3
	case rules.When:
		x.Rows = 2
		hints = append(hints, p.L.T("author.hint.when"))
	case rules.Words, rules.Lines:
		x.Rows = 3
		hints = append(hints, p.L.T("author.hint.lines"))
	case rules.Number:
		x.InputMode = "numeric"
	}
	for _, o := range f.Choices {
		text := o.Text
		if text == "" {
			text = o.Value
		}
		if text == "" {
			text = p.L.T("author.nothing")
		}
		x.Options = append(x.Options, ui.Option{Value: o.Value, Text: text, Selected: o.Chosen})
	}
	if (f.Kind == rules.Passage || f.Kind == rules.Persona) && !f.Needed && f.Value != "" {
		x.Options = append(x.Options, ui.Option{Text: p.L.T("author.nothing")})
	}
	x.Error, x.Hint = strings.Join(errs, " "), strings.Join(hints, " ")
	return x
}

func (p Edit) way(key string, f *rules.Field) ui.FieldData {
	x := p.data(f, true)
	kind, id, _ := strings.Cut(f.Name, ":")
	if kind == "" {
		kind = "next"
	}
	x.Label = p.L.T("author.way."+kind, "ID", id)
	return x
}

func viewBox(w, h int) string { return "0 0 " + strconv.Itoa(w) + " " + strconv.Itoa(h) }

func clip(s string) string {
	if r := []rune(s); len(r) > 20 {
		return string(r[:19]) + "…"
	}
	return s
}

func (p Edit) kinds() []ui.Option {
	var out []ui.Option
	for _, k := range scenario.Kinds() {
		out = append(out, ui.Option{Value: k, Text: p.L.T("author.kind." + k), Selected: k == scenario.Decision})
	}
	return out
}
