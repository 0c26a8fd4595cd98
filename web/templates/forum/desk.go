package forum

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"greenroom/internal/delivery"
	"greenroom/internal/forum"
	"greenroom/internal/locale"
	"greenroom/web/templates/layout"
	"greenroom/web/templates/ui"
)

// DeskPath is the address of a cohort's discussion for who leads it.
func DeskPath(deliveryID string) string { return "/teach/cohorts/" + deliveryID + "/discussion" }

// Desk is the page with posts of all discussions that a person looks after.
type Desk struct {
	layout.Page
	Rows  []forum.DeskRow
	List  string
	Total int
	Nav   ui.PageNav
	Zone  *time.Location
}

func (p Desk) at(t time.Time) string {
	if p.Zone == nil {
		return p.L.DateTime(t.UTC())
	}
	return p.L.DateTime(t.In(p.Zone))
}

// Lead is what the pages of a cohort's discussion share.
type Lead struct {
	layout.Page
	Cohort *delivery.Delivery
	Zone   *time.Location
	Errors []ui.FieldError
	By     map[string]string
}

func (p Lead) at(t time.Time) string {
	if p.Zone == nil {
		return p.L.DateTime(t.UTC())
	}
	return p.L.DateTime(t.In(p.Zone))
}

// LeadHome is the overview: each prompt and what there is to do.
type LeadHome struct {
	Lead
	Prompts []LeadRow
	Groups  []forum.GroupView
	People  []forum.Named // of the cohort, to make groups of
	Form    string
	Typed   GroupForm
}

// GroupForm is the form of a small group as it was sent; ID is "" of a new one.
type GroupForm struct {
	ID, Name string
	People   []string
}

// Suffix tells the ids of a group's fields from those of the others.
func (f GroupForm) Suffix() string {
	if f.ID == "" {
		return ""
	}
	return "-" + f.ID
}

// form is what a group's form shows: what was sent and refused, or the group as it is. g is nil for a new one.
func (p LeadHome) form(g *forum.GroupView) GroupForm {
	switch {
	case g == nil && p.Typed.ID == "" || g != nil && p.Typed.ID == g.ID:
		return p.Typed
	case g == nil:
		return GroupForm{}
	}
	f := GroupForm{ID: g.ID, Name: g.Name}
	for _, x := range g.People {
		f.People = append(f.People, x.ID)
	}
	return f
}

// by are the messages at a group's form.
func (p LeadHome) by(f GroupForm) map[string]string {
	if p.Typed.ID != f.ID {
		return nil
	}
	return p.By
}

// people are those who can be in a group: the cohort's, and who is in it already.
func (p LeadHome) people(g *forum.GroupView) []forum.Named {
	all := slices.Clone(p.People)
	if g == nil {
		return all
	}
	for _, x := range g.People {
		if !slices.ContainsFunc(all, func(y forum.Named) bool { return y.ID == x.ID }) {
			all = append(all, x)
		}
	}
	return all
}

// LeadRow is a prompt on the overview.
type LeadRow struct {
	Visit *forum.Visit
	forum.Tally
	Open int // to be marked
}

// Queue is who is to be marked in a prompt.
type Queue struct {
	Lead
	Visit *forum.Visit
	Rows  []forum.QueueRow
	Total int
	Open  int
	Nav   ui.PageNav
}

func (p Queue) href(personID string) string {
	return DeskPath(p.Cohort.ID) + "/" + p.Visit.Board + "/" + personID
}

// Marking is one learner's part in a prompt, with the form for marks.
type Marking struct {
	Lead
	Visit    *forum.Visit
	PersonID string
	Name     string
	Posts    []forum.WroteRow
	Grade    *forum.Grade
	Form     forum.Grade
	Chosen   map[string]string // marks as typed
	Phrases  []forum.Phrase
	Since    *forum.Grade // what somebody said while the reader wrote; nil otherwise
}

func (p Marking) action() string {
	return DeskPath(p.Cohort.ID) + "/" + p.Visit.Board + "/" + p.PersonID
}

// Part is the page about who takes part.
type Part struct {
	Lead
	Picture *forum.Picture
	Groups  []forum.GroupView
	Group   string
}

func (p Part) drawn() []forum.Person {
	return p.Picture.People[:min(len(p.Picture.People), forum.MaxPicture)]
}

func (p Part) edges() []forum.Edge {
	var out []forum.Edge
	for _, e := range p.Picture.Edges {
		if e.From < forum.MaxPicture && e.To < forum.MaxPicture {
			out = append(out, e)
		}
	}
	return out
}

// answers says whom somebody answered how often, in words.
func (p Part) answers(i int) string {
	var out []string
	for _, e := range p.Picture.Edges {
		if e.From == i {
			out = append(out, times(p.Picture.People[e.To].Name, e.N))
		}
	}
	for _, x := range p.Picture.People[i].Beside {
		name := x.Name
		if name == "" {
			name = p.L.T("forum.former")
		}
		out = append(out, times(name, x.N))
	}
	return strings.Join(out, ", ")
}

func times(name string, n int) string {
	if n > 1 {
		return name + " (" + strconv.Itoa(n) + ")"
	}
	return name
}

// options are the discussion groups to choose from.
func (p Part) options() []ui.Option {
	out := []ui.Option{{Value: "", Text: p.L.T("forum.part_all"), Selected: p.Group == ""}}
	for _, g := range p.Groups {
		if g.Number > 0 && g.Name == "" {
			out = append(out, ui.Option{Value: g.ID, Text: p.L.T("forum.group_n", "N", g.Number), Selected: p.Group == g.ID})
		}
	}
	return out
}

// Summary is the form of a week's summary.
type Summary struct {
	Lead
	Visit       *forum.Visit
	Form        string
	Title, Body string
}

// SummaryText is what a summary begins with.
func SummaryText(l *locale.Printer, base string, posts, people int, points []forum.SummaryPoint) string {
	var b strings.Builder
	b.WriteString(l.T("forum.summary_begin", "Posts", posts, "People", people) + "\n\n")
	for _, p := range points {
		name := p.Name
		if name == "" {
			name = l.T("forum.former")
		}
		b.WriteString("- **" + name + "**: " + p.Excerpt + " [" + l.T("forum.summary_read") + "](" + base + forum.PostPath(p.ID) + ")\n")
	}
	b.WriteString("\n" + l.T("forum.summary_end"))
	return b.String()
}

func initialsOf(p forum.Person) string { return initials(p.Name) }

func width(n int) string { return strconv.Itoa(min(2+2*n, 12)) }

// several says whether there is another discussion group to move people to.
func (p LeadHome) several() bool {
	n := 0
	for _, g := range p.Groups {
		if g.Name == "" {
			n++
		}
	}
	return n > 1
}

// line is where an arrow between two people begins and ends: beside their circles, not in them.
func line(g *forum.Picture, e forum.Edge) (x1, y1, x2, y2 string) {
	a, b := g.People[e.From], g.People[e.To]
	dx, dy := float64(b.X-a.X), float64(b.Y-a.Y)
	long := math.Hypot(dx, dy)
	if long < 1 {
		long = 1
	}
	ux, uy := dx/long, dy/long
	// Two who answer each other have two arrows, a little apart.
	sx, sy := -uy*8, ux*8
	at := func(v float64) string { return strconv.Itoa(int(v)) }
	return at(float64(a.X) + ux*38 + sx), at(float64(a.Y) + uy*38 + sy), at(float64(b.X) - ux*40 + sx), at(float64(b.Y) - uy*40 + sy)
}

func (p Desk) tabs() []ui.Tab {
	var out []ui.Tab
	for _, x := range forum.DeskLists {
		out = append(out, ui.Tab{Text: p.L.T("forum.desk_" + x), Href: "/teach/discussion" + query("list", x), Current: p.List == x})
	}
	return out
}
