package room

import (
	"strconv"

	"greenroom/internal/locale"
	rules "greenroom/internal/room"
	"greenroom/web/templates/layout"
	"greenroom/web/templates/ui"
)

// Results is /room/:code/results.
type Results struct {
	layout.Page
	*rules.Results
	L *locale.Printer
}

// Feedback is /room/:code/feedback.
type Feedback struct {
	layout.Page
	Wrong
	*rules.Results
	L     *locale.Printer
	Typed rules.Feedback
}

// shownTo is one item as the drawing of results wants it.
func shownTo(r *rules.Room, x *rules.Result) *rules.View {
	return &rules.View{Room: r, Item: x.Item, Counts: x.Counts, Hand: x.Hand, Entries: x.Entries, Chosen: x.Mine}
}

// joinable says whether a host may join entries: there are two.
func joinable(v *rules.View) bool {
	n := 0
	for _, e := range v.Entries {
		if e.IntoID == "" {
			n++
		}
	}
	return v.Item.Joins() && n > 1
}

// handID is the id of an option's field: what the list of errors leads to while there is one, and else of this item alone.
func (p Summary) handID(o rules.Outcome, n int) string {
	if p.HandItem == o.Item.ID {
		return "f-hand-" + strconv.Itoa(n)
	}
	return "f-hand-" + strconv.Itoa(o.N) + "-" + strconv.Itoa(n)
}

// ratings are what can be chosen for a question of the feedback.
func (p Feedback) ratings(question string) []ui.CheckData {
	out := make([]ui.CheckData, rules.MaxRating)
	for n := range out {
		v := strconv.Itoa(n + 1)
		out[n] = ui.CheckData{ID: "c-" + question + "-" + v, Name: question, Value: v, Label: v, Type: "radio", Checked: p.Typed.Ratings[question] == v}
		switch n {
		case 0:
			out[n].Hint = p.L.T("room.rate_low")
		case rules.MaxRating - 1:
			out[n].Hint = p.L.T("room.rate_high")
		}
	}
	return out
}
