package room

import (
	"github.com/a-h/templ"

	"greenroom/internal/locale"
	rules "greenroom/internal/room"
	"greenroom/internal/workshop"
	"greenroom/web/templates/layout"
	"greenroom/web/templates/ui"
)

// Setup is the page on which what is set up is changed. Basics, Rows, New and Email are as they stand, or as they were typed.
type Setup struct {
	layout.Page
	Wrong
	View   *rules.View
	L      *locale.Printer
	Basics rules.Basics
	Rows   []rules.Row
	New    rules.NewItem
	Email  string
	Sheet  *workshop.RunSheet // of the module as it is now; nil when there is none any more
	Zones  []ui.Option

	Keep       string // name of the template that it is kept as
	KeepShared bool
	FormID     string
}

func setupPath(v *rules.View) templ.SafeURL { return templ.SafeURL(console(v) + "/setup") }

// Itoa is how numbers stand in fields.
func Itoa(n int) string { return itoa(n) }

// row is what the form has for an item.
func (p Setup) row(itemID string) rules.Row {
	for _, r := range p.Rows {
		if r.ID == itemID {
			return r
		}
	}
	for n := range p.View.Items {
		if i := &p.View.Items[n]; i.ID == itemID {
			return rules.Row{ID: itemID, Minutes: itoa(i.Minutes), Notes: i.Content.Own, By: i.Content.By}
		}
	}
	return rules.Row{ID: itemID}
}

// typedNew says whether the form for an own item was sent and has to be mended.
func (p Setup) typedNew() bool { return p.HasError && p.New.Kind != "" }

func (p Setup) kinds() []ui.Option {
	var out []ui.Option
	for _, k := range rules.OwnKinds {
		out = append(out, ui.Option{Value: k, Text: p.L.T("workshop.kind." + k), Selected: k == p.New.Kind})
	}
	return out
}

// playedBy are the ways in which a room plays a scenario.
func playedBy(l *locale.Printer, by string) []ui.Option {
	var out []ui.Option
	for _, w := range []string{rules.ByVote, rules.ByTables} {
		out = append(out, ui.Option{Value: w, Text: l.T("room.by." + w), Selected: w == by})
	}
	return out
}

// planned is how many minutes all items take together.
func planned(v *rules.View) int {
	n := 0
	for i := range v.Items {
		n += v.Items[i].Minutes
	}
	return n
}
