// Package situation is the pages of learners' own situations: the list, the form, one situation.
package situation

import (
	"strconv"
	"strings"
	"time"

	"greenroom/internal/draft"
	"greenroom/internal/situation"
	"greenroom/web/templates/layout"
	"greenroom/web/templates/ui"
)

// Path is the address of a delivery's situations.
func Path(deliveryID string) string { return "/situations/" + deliveryID }

// OnePath is the address of one.
func OnePath(deliveryID, situationID string) string { return Path(deliveryID) + "/" + situationID }

// Head is what all pages have.
type Head struct {
	layout.Page
	Place *situation.Place
	Name  string         // of the cohort, or the course
	Zone  *time.Location // the reader's
}

func (p Head) path() string { return Path(p.Place.Delivery.ID) }

func (p Head) home() string {
	d := &p.Place.Delivery
	if d.Cohort() {
		return "/courses/" + d.CourseKey + "/cohorts/" + d.ID
	}
	return "/courses/" + d.CourseKey
}

func (p Head) at(t time.Time) string {
	if p.Zone == nil {
		return p.L.Date(t.UTC())
	}
	return p.L.Date(t.In(p.Zone))
}

// ListPage is the list.
type ListPage struct {
	Head
	List  *situation.List
	NewID string // of a situation that the form would begin
	Nav   ui.PageNav
}

func (p Head) title(u *situation.Situation, own bool) string {
	if t := u.Title(own); t != "" {
		return t
	}
	return p.L.T("situation.untitled")
}

// credit says whose it is to a reader.
func (p Head) credit(u *situation.Situation) string {
	switch {
	case u.Named:
		return p.L.T("situation.by", "Name", u.Name)
	case p.Place.Leads && u.DeliveryID == p.Place.Delivery.ID:
		return p.L.T("situation.by_hidden", "Name", u.Name)
	}
	return p.L.T("situation.by_somebody")
}

func stateTag(state string) string {
	switch state {
	case situation.Adopted:
		return "ok"
	case situation.Private:
		return "quiet"
	}
	return ""
}

// OnePage is one situation.
type OnePage struct {
	Head
	Situation  *situation.Situation
	Form       situation.Form // what the reader sees: the draft for its writer
	Own        bool
	Reviews    []situation.Review
	ToDo       []ui.FieldError // before it can be shared; IDs are those of the form's page
	Likenesses []situation.Likeness
	Refused    bool // sharing was asked for and something is to do
	Consent    *situation.Consent
	Marks      map[string]int
	Comment    string
	Reason     string
	By         map[string]string
	Errors     []ui.FieldError
}

func (p OnePage) here() string { return OnePath(p.Place.Delivery.ID, p.Situation.ID) }

// Crumbs lead to the situation.
func (p OnePage) Crumbs() []ui.Link {
	return []ui.Link{{Text: p.Name, Href: p.home()}, {Text: p.L.T("situation.title"), Href: p.path()}, {Text: p.title(p.Situation, p.Own), Href: p.here()}}
}

func (p OnePage) leads() bool {
	return p.Place.Leads && p.Situation.DeliveryID == p.Place.Delivery.ID && !p.Own
}

func (p OnePage) named() bool {
	if p.Consent != nil {
		return p.Consent.Named
	}
	return p.Situation.Named
}

func (p OnePage) mayAdopt() bool {
	if p.Consent != nil {
		return p.Consent.MayAdopt
	}
	return p.Situation.MayAdopt
}

func (p OnePage) level(row string, n int) ui.CheckData {
	v, ok := p.Marks[row]
	id := "f-mark." + row
	if n > 0 {
		id += "-" + strconv.Itoa(n)
	}
	return ui.CheckData{
		ID: id, Name: "mark." + row, Type: "radio", Value: strconv.Itoa(n), Label: p.L.T("situation.level." + strconv.Itoa(n)), Checked: ok && v == n,
	}
}

// people are those who say something.
func (p OnePage) people() []situation.Person {
	var out []situation.Person
	for _, x := range p.Form.People {
		if x.Name != "" || x.Says != "" {
			out = append(out, x)
		}
	}
	return out
}

func answers(m situation.Moment) []situation.Answer {
	var out []situation.Answer
	for _, a := range m.Answers {
		if a.Text != "" {
			out = append(out, a)
		}
	}
	return out
}

func lines(s string) []string {
	var out []string
	for l := range strings.SplitSeq(s, "\n") {
		if l = strings.TrimSpace(l); l != "" {
			out = append(out, l)
		}
	}
	return out
}

// EditPage is the form.
type EditPage struct {
	Head
	Situation *situation.Situation
	Form      situation.Form
	Draft     draft.Form
	Saved     string            // when it was saved last; "" before the first time
	Clashed   bool              // another page has written meanwhile
	Clash     []situation.Named // what stands and differs
	By        map[string]string
	Errors    []ui.FieldError
}

func (p EditPage) here() string { return OnePath(p.Place.Delivery.ID, p.Situation.ID) }

// field is a text of the form; rows 0 is one line.
func (p EditPage) field(name, label, hint, value string, rows, most int) ui.FieldData {
	return ui.FieldData{ID: "f-" + name, Name: name, Label: p.L.T("situation.f." + label), Hint: hint, Value: value, Error: p.By[name], Rows: rows, MaxLength: most}
}

func (p EditPage) hint(key string) string { return p.L.T("situation.h." + key) }

func (p EditPage) kinds(i int) ui.FieldData {
	f := p.field("p."+strconv.Itoa(i)+".kind", "kind", "", "", 0, 0)
	for _, k := range situation.Kinds {
		f.Options = append(f.Options, ui.Option{Value: k, Text: p.L.T("situation.kind." + k), Selected: p.Form.People[i].Kind == k})
	}
	return f
}

func (p EditPage) takes(at string, a situation.Answer) ui.FieldData {
	f := p.field(at+"takes", "takes", "", "", 0, 0)
	for _, k := range situation.Takes {
		f.Options = append(f.Options, ui.Option{Value: k, Text: p.L.T("situation.takes." + k), Selected: a.Takes == k})
	}
	return f
}

func (p EditPage) meters() ui.FieldData {
	f := p.field("meters", "meters", p.hint("meters"), "", 0, 0)
	for _, k := range situation.Meters {
		f.Options = append(f.Options, ui.Option{Value: k, Text: p.L.T("situation.meters." + k), Selected: p.Form.Meters == k})
	}
	return f
}

func (p EditPage) rubrics() ui.FieldData {
	f := p.field("rubric", "rubric", p.hint("rubric"), "", 0, 0)
	for _, k := range situation.Rubrics {
		f.Options = append(f.Options, ui.Option{Value: k, Text: p.L.T("situation.rubric." + k), Selected: p.Form.Rubric == k})
	}
	return f
}

// label is what a field is called, for lists of fields.
func (p EditPage) label(name string) string {
	parts := strings.Split(name, ".")
	last := p.L.T("situation.f." + keyOf(parts))
	switch {
	case len(parts) == 3 && parts[0] == "p":
		return p.L.T("situation.person", "N", plus(parts[1])) + ": " + last
	case len(parts) == 5:
		return p.L.T("situation.answer", "N", plus(parts[3])) + ": " + last
	}
	return last
}

func keyOf(parts []string) string {
	last := parts[len(parts)-1]
	switch len(parts) {
	case 3:
		if parts[0] == "m" {
			return map[string]string{"text": "since", "ask": "ask"}[last]
		}
	case 5:
		return map[string]string{"text": "answer", "next": "next", "feedback": "feedback"}[last]
	}
	return last
}

func plus(s string) int {
	n, err := strconv.Atoi(s)
	if err != nil {
		return 0
	}
	return n + 1
}

// where names a field of the form's page by the id of its element.
func (p OnePage) where(elementID string) string {
	return EditPage{Head: p.Head}.label(strings.TrimPrefix(elementID, "f-"))
}

// older says whether a review is of an earlier text than the one that is shared.
func (p OnePage) older(r *situation.Review) bool {
	return p.Situation.SharedAt != nil && r.DoneAt.Before(*p.Situation.SharedAt)
}
