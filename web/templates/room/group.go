package room

import (
	"slices"
	"strings"

	"github.com/a-h/templ"

	"greenroom/internal/locale"
	rules "greenroom/internal/room"
	"greenroom/web/templates/ui"
)

func groupsPath(v *rules.View) templ.SafeURL { return templ.SafeURL(console(v) + "/groups") }

// settled says whether the groups stay as they are: one has written a note, or has begun to play.
func settled(v *rules.View) bool {
	return slices.ContainsFunc(v.Breakout.Groups, func(g *rules.Group) bool { return g.Version > 0 }) ||
		slices.ContainsFunc(v.Tables, func(t *rules.Told) bool { return t.Log > 0 })
}

// writes says whether the summary has the notes of an item's groups: those who play a scenario need not write any.
func (p Summary) writes(i *rules.Item) bool {
	all := p.Notes[i.ID]
	return len(all) > 0 && (!i.Played() || slices.ContainsFunc(all, func(g rules.Group) bool { return g.Note != "" }))
}

func nameOf(l *locale.Printer, p *rules.Participant) string {
	if p.Name == "" {
		return l.T("room.somebody")
	}
	return p.Name
}

func names(l *locale.Printer, g *rules.Group) string {
	var out []string
	for n := range g.People {
		out = append(out, nameOf(l, &g.People[n]))
	}
	return strings.Join(out, ", ")
}

// ways are how groups can be made, the run sheet's first.
func (p Console) ways() []ui.Option {
	var out []ui.Option
	for _, w := range []string{rules.Random, rules.Hand, rules.Self} {
		out = append(out, ui.Option{Value: w, Text: p.L.T("room.way." + w), Selected: w == p.View.Item.Content.By})
	}
	return out
}

func (p Console) size() string {
	switch {
	case p.Size != "":
		return p.Size
	case p.View.Item.Content.Size > 0:
		return itoa(p.View.Item.Content.Size)
	}
	return "4"
}

// groups are where somebody can be placed.
func (p Console) groups(in int) []ui.Option {
	out := []ui.Option{{Value: "0", Text: p.L.T("room.in_none"), Selected: in == 0}}
	for _, g := range p.View.Breakout.Groups {
		out = append(out, ui.Option{Value: itoa(g.N), Text: p.L.T("room.group_n", "N", g.N), Selected: g.N == in})
	}
	return out
}

// note is what the field has: what was typed and is not saved, or what the group has.
func (p Room) note(g *rules.Group) string {
	if p.By["note"] != "" {
		return p.Note
	}
	return g.Note
}
