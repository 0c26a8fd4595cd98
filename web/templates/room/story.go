package room

import (
	"slices"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"greenroom/internal/locale"
	rules "greenroom/internal/room"
	"greenroom/internal/scenario"
	"greenroom/web/templates/ui"
)

func storyPath(v *rules.View) templ.SafeURL { return templ.SafeURL(console(v) + "/story") }

// fresh are the posts that came with the present moment.
func fresh(t *rules.Told) []scenario.Post {
	var out []scenario.Post
	for n := len(t.Moments) - 1; n >= 0; n-- {
		out = append(append([]scenario.Post{}, t.Moments[n].Posts...), out...)
		if n > 0 && t.Moments[n-1].Passage.Kind != scenario.Route {
			break
		}
	}
	return out
}

// letters are the messages that the story stands with: those that came with the moment, and those that were sent since.
func letters(t *rules.Told) []*scenario.Inject {
	return append(append([]*scenario.Inject{}, t.Now().Letters...), t.Now().Sent...)
}

// did says how a moment was left, or that the story ended there.
func did(l *locale.Printer, t *rules.Told, m *scenario.Moment) string {
	switch {
	case m.Move == nil && t.Over():
		return l.T("room.did.ended")
	case m.Move == nil:
		return l.T("room.did.stands")
	case m.Choice != nil && len(t.Votes[m.Number]) > 0:
		n := 0
		for k, o := range m.Offered {
			if o == m.Choice {
				n = t.Votes[m.Number][k]
			}
		}
		return l.T("room.did.voted", "Choice", m.Choice.Text.Value, "N", n, "Count", sum(t.Votes[m.Number]))
	case m.Choice != nil:
		return l.T("room.did.chose", "Choice", m.Choice.Text.Value)
	case m.Move.Kind == scenario.Replied:
		return l.T("room.did.replied", "Points", m.Move.Points, "Max", m.Passage.MaxPoints())
	}
	return l.T("room.did." + m.Move.Kind)
}

// seen are the moments that people met: routes are none.
func seen(t *rules.Told) []*scenario.Moment {
	var out []*scenario.Moment
	for _, m := range t.Moments {
		if m.Passage.Kind != scenario.Route {
			out = append(out, m)
		}
	}
	return out
}

// Way is the way that a story took, a line for each moment, and how the meters ended.
func Way(l *locale.Printer, t *rules.Told) []string {
	var out []string
	for _, m := range seen(t) {
		out = append(out, m.Passage.Title.Value+": "+did(l, t, m))
	}
	for _, m := range t.Scenario.Meters {
		out = append(out, m.Label.Value+": "+l.T("scenario.meter.words", "Value", t.Meter(m), "Max", m.Max))
	}
	return out
}

// moved is how the meters changed from entering one moment to entering the next that people met; before the end only those
// that show during play.
func moved(t *rules.Told, from *scenario.Moment) []scenario.Change {
	var to *scenario.Moment
	for _, m := range seen(t) {
		if m.Number > from.Number {
			to = m
			break
		}
	}
	if to == nil {
		return nil
	}
	var out []scenario.Change
	for n, m := range t.Scenario.Meters {
		if c := (scenario.Change{Meter: m, From: int(from.Meters[n]), To: int(to.Meters[n])}); c.By() != 0 && (m.Live || t.Over()) {
			out = append(out, c)
		}
	}
	return out
}

// meters are those that show: during play the live ones, at the end all.
func meters(t *rules.Told) []*scenario.Meter {
	var out []*scenario.Meter
	for _, m := range t.Scenario.Meters {
		if m.Live || t.Over() {
			out = append(out, m)
		}
	}
	return out
}

func outcomeTag(outcome string) string {
	switch outcome {
	case scenario.Good:
		return "ok"
	case scenario.Poor:
		return "caution"
	}
	return "quiet"
}

// where is where a table's story stands, in words.
func where(l *locale.Printer, t *rules.Told) string {
	if t.Over() {
		return l.T("room.table_ended", "Title", t.Now().Passage.Title.Value)
	}
	return t.Now().Passage.Title.Value
}

// leads is the option with the most votes, -1 where two have as many or nobody voted.
func leads(counts []int) int {
	best, tie := -1, false
	for n, c := range counts {
		switch {
		case c == 0:
		case best < 0 || c > counts[best]:
			best, tie = n, false
		case c == counts[best]:
			tie = true
		}
	}
	if tie {
		return -1
	}
	return best
}

// nextClass is how the way to the next item looks: while a story goes on it is not the thing to do.
func nextClass(v *rules.View) string {
	if v.Item.Played() && v.Debrief == nil {
		return "btn-quiet"
	}
	return "btn-primary"
}

// held are the messages that can still be sent: to the room, or to a table at least.
func held(v *rules.View) []*scenario.Inject {
	told := v.Tables
	if v.Item.Voted() {
		told = []*rules.Told{v.Told}
	}
	if len(told) == 0 {
		return nil
	}
	var out []*scenario.Inject
	for _, in := range told[0].Scenario.Injects {
		for _, t := range told {
			if !t.Over() && slices.Contains(t.Held(), in) {
				out = append(out, in)
				break
			}
		}
	}
	return out
}

// levels are the levels of a criterion to choose from.
func levels(l *locale.Printer, c scenario.Criterion, typed string) []ui.Option {
	out := []ui.Option{{Text: l.T("room.mark_choose")}}
	for n, lv := range c.Levels {
		v := strconv.Itoa(n)
		out = append(out, ui.Option{Value: v, Text: v + ": " + lv.Value, Selected: v == typed})
	}
	return out
}

// tableNumbers are the tables that took a choice, in words; "" for none.
func tableNumbers(l *locale.Printer, o rules.Option) string {
	if len(o.Tables) == 0 {
		return ""
	}
	out := make([]string, len(o.Tables))
	for n, t := range o.Tables {
		out[n] = strconv.Itoa(t)
	}
	return l.T("room.by_groups", "Count", len(out), "Groups", strings.Join(out, ", "))
}

func optionVotes(d rules.Decided) []int {
	out := make([]int, len(d.Options))
	for n, o := range d.Options {
		out[n] = o.Votes
	}
	return out
}

func mean(r *scenario.Rating) string { return strconv.FormatFloat(r.Mean, 'f', 1, 64) }

// look is the page of the debrief on the stage, within what there is.
func look(v *rules.View) int { return min(v.Item.Content.Look, v.Debrief.Pages()-1) }

// lookTitle names a page of the debrief.
func lookTitle(l *locale.Printer, d *rules.Debrief, page int) string {
	switch {
	case page == 0:
		return l.T("room.look_end")
	case page <= len(d.Decisions):
		return d.Decisions[page-1].Title.Value
	}
	return l.T("scenario.questions.title")
}

// storyKey changes with what a story asks, so that what was ticked for one decision is not for the next.
func storyKey(v *rules.View) string {
	if v.Told == nil || !v.Item.Played() {
		return ""
	}
	return "." + strconv.Itoa(v.Item.Content.Round) + "." + v.Told.Now().Passage.Key + "." + strconv.Itoa(len(v.Told.Moments))
}
