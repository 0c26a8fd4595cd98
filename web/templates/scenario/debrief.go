package scenario

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"greenroom/internal/locale"
	"greenroom/internal/play"
	rules "greenroom/internal/scenario"
	"greenroom/web/templates/ui"
)

// DebriefPage is a run that has reached its ending.
type DebriefPage struct {
	Rehearsal
	L       *locale.Printer
	Step    play.Step
	Sitting *rules.Sitting
	Runs    []RunLine
	Others  rules.Others
	Replies []rules.Feedback
	Tasks   []rules.Review
	Read    []ReadLink
	Client  string
	When    string // the day it was finished
	Due     string // until when others may review; "" nobody does
	Person  bool   // signed in: may review and be reviewed
	Moved   bool
	Latest  bool         // the newest finished run
	Panel   *rules.Panel // with what invited practitioners said
}

// RunLine is one of the learner's runs.
type RunLine struct {
	Href, When, Ending string
	Shown, Replay      bool
}

// ReadLink is a place of a course worth reading again.
type ReadLink struct{ Title, Href string }

func (p DebriefPage) story() *rules.Story       { return p.Sitting.Story }
func (p DebriefPage) scenario() *rules.Scenario { return p.Sitting.Story.Scenario }
func (p DebriefPage) ending() *rules.Passage    { return p.Sitting.Story.Now().Passage }
func (p DebriefPage) panel() *rules.Panel       { return p.Panel }

func outcomeTag(outcome string) string {
	switch outcome {
	case rules.Good:
		return "ok"
	case rules.Poor:
		return "caution"
	}
	return "quiet"
}

// decided is one decision of the run, looked back on.
type decided struct {
	*rules.Moment
	Options []looked
	Met     bool // enough others met it to say what they chose
}

// looked is one option of a decision, looked back on.
type looked struct {
	*rules.Choice
	Letter string
	Mine   bool
	Panel  *rules.Rating // nil: not rated
	Reason rules.Text
	Said   []string // by invited practitioners
	Others string   // in words; "" when nothing may be said
	Hidden bool     // it was not on offer
}

func (p DebriefPage) decisions() []decided {
	var out []decided
	for _, m := range p.story().Moments {
		if m.Passage.Kind != rules.Decision || m.Move == nil {
			continue
		}
		d := decided{Moment: m}
		_, d.Met = p.Others.At[m.Passage.Key]
		for i, c := range m.Passage.Choices {
			x := looked{Choice: c, Letter: ui.Letter(i), Mine: m.Choice == c, Hidden: true}
			for _, o := range m.Offered {
				x.Hidden = x.Hidden && o != c
			}
			if r, ok := p.panel().Of(m.Passage, c); ok {
				x.Panel = &r
				x.Reason = p.panel().Reasons[m.Passage.Key][c.ID]
				x.Said = p.panel().Invited[m.Passage.Key].Reasons[c.ID]
			}
			if d.Met {
				x.Others = p.others(m.Passage.Key, c.ID)
			}
			d.Options = append(d.Options, x)
		}
		out = append(out, d)
	}
	return out
}

// others says how many chose an option.
func (p DebriefPage) others(at, choice string) string {
	s, ok := p.Others.At[at][choice]
	switch {
	case !ok:
		return p.L.T("scenario.others.none")
	case s.Few:
		return p.L.T("scenario.others.few")
	case s.Nearly:
		return p.L.T("scenario.others.nearly")
	}
	return p.L.T("scenario.others.share", "Percent", s.Percent)
}

// agreement is how far the run's choices agree with the panel, from 0 to 100, over those that are scored; n is how many
// those are, split how many choices the panel could not agree on.
func (p DebriefPage) agreement() (percent, n, split int) {
	sum := 0.0
	for _, d := range p.decisions() {
		for _, o := range d.Options {
			if !o.Mine || o.Panel == nil {
				continue
			}
			if !o.Panel.Agreed {
				split++
				continue
			}
			sum += o.Panel.Score
			n++
		}
	}
	if n == 0 {
		return 0, 0, split
	}
	return int(math.Round(100 * sum / float64(n))), n, split
}

// ratedBy says who rated a decision; "" where nobody did.
func (p DebriefPage) ratedBy(at *rules.Passage) string {
	x := p.panel()
	if x == nil || len(x.Ratings[at.Key]) == 0 || len(x.Invited) == 0 {
		return ""
	}
	if _, invited := x.Invited[at.Key]; !invited {
		return p.L.T("scenario.panel.by_file")
	}
	n := 0
	for _, r := range x.Invited[at.Key].Ratings {
		n = max(n, len(r))
	}
	return p.L.T("scenario.panel.by_invited", "Count", n)
}

// authorsLeft says whether some decisions still have the authors' own ratings.
func (p DebriefPage) authorsLeft() bool {
	x := p.panel()
	return x.ByAuthors && len(x.Invited) < len(x.Ratings)
}

func decimal(x float64) string { return strconv.FormatFloat(x, 'f', 1, 64) }

// panelBar is the width of a bar for a mean, of 100.
func (p DebriefPage) panelBar(r *rules.Rating) string {
	x := p.panel()
	if x == nil || x.Scale < 2 {
		return "0"
	}
	return decimal(math.Max(2, 100*(r.Mean-1)/float64(x.Scale-1)))
}

// pathLine is one moment of the path in words.
type pathLine struct {
	Title, Did string
	Changes    []rules.Change
}

func (p DebriefPage) path() []pathLine {
	var out []pathLine
	ms := visible(p.story())
	for i, m := range ms {
		l := pathLine{Title: m.Passage.Title.Value, Did: p.did(m)}
		if m.Move != nil {
			var came []rules.Change
			if i+1 < len(ms) {
				came = ms[i+1].Came
			}
			l.Changes = changes(true, m.Moved, came)
		}
		out = append(out, l)
	}
	return out
}

// rehearsed are the replies that were written in a run of which nothing is kept, not even their texts.
func (p DebriefPage) rehearsed() []*rules.Passage {
	if !p.on() {
		return nil
	}
	var out []*rules.Passage
	for _, m := range visible(p.story()) {
		if m.Passage.Kind == rules.Reply && m.Move != nil && !slices.Contains(out, m.Passage) {
			out = append(out, m.Passage)
		}
	}
	return out
}

// did says what the learner did at a moment.
func (p DebriefPage) did(m *rules.Moment) string {
	switch {
	case m.Choice != nil:
		return p.L.T("scenario.did.chose", "Choice", m.Choice.Text.Value)
	case m.Move == nil:
		return p.L.T("scenario.did.ended")
	}
	return p.L.T("scenario.did." + m.Move.Kind)
}

func (p DebriefPage) comment(m *rules.Passage) rules.Text {
	return p.scenario().Debrief.Comments[m.Key]
}

// chart is one meter over the run.
type chart struct {
	Label, Words string
	Line         string
	Dots         []dot
	Width        int
}

type dot struct {
	X, Y  int
	Value string
	Title string
	Last  bool
}

// Sizes of a chart.
const (
	chartHeight = 96
	chartStep   = 64
	chartPad    = 22
)

// values are what the meters show at each moment.
func (p DebriefPage) values() (titles []string, rows [][]int32) {
	for _, m := range visible(p.story()) {
		titles = append(titles, m.Passage.Title.Value)
		rows = append(rows, m.Meters)
	}
	return titles, rows
}

func (p DebriefPage) charts() []chart {
	titles, rows := p.values()
	var out []chart
	for i, m := range p.scenario().Meters {
		c := chart{Label: m.Label.Value, Width: 2*chartPad + chartStep*max(len(rows)-1, 1)}
		for n, r := range rows {
			v := int(r[i])
			y := chartHeight - chartPad - (v-m.Min)*(chartHeight-2*chartPad)/max(m.Max-m.Min, 1)
			d := dot{X: chartPad + n*chartStep, Y: y, Value: strconv.Itoa(v), Title: titles[n], Last: n == len(rows)-1}
			if n == 0 {
				c.Line = fmt.Sprintf("M%d %d", d.X, d.Y)
			} else {
				c.Line += fmt.Sprintf("L%d %d", d.X, d.Y)
			}
			c.Dots = append(c.Dots, d)
		}
		first, last := rows[0][i], rows[len(rows)-1][i]
		c.Words = p.L.T("scenario.chart.words", "Meter", m.Label.Value, "From", int(first), "To", int(last))
		out = append(out, c)
	}
	return out
}

// drawn is the map with the learner's path on it.
type drawn struct {
	*rules.Map
	Cards []card
	Ways  []way
}

type card struct {
	*rules.Node
	Lines   []string // of the title
	Number  string   // where it came in the path; "" when it did not
	Current bool
}

type way struct {
	D     string
	Taken bool
}

func (p DebriefPage) drawn() drawn {
	m := p.scenario().Map()
	out := drawn{Map: m}
	number, taken := map[string]int{}, map[[2]string]bool{}
	n := 0
	var last *rules.Passage
	for _, x := range p.story().Moments {
		if last != nil {
			taken[[2]string{last.Key, x.Passage.Key}] = true
		}
		last = x.Passage
		if x.Passage.Kind == rules.Route {
			number[x.Passage.Key] = -1
			continue
		}
		n++
		if number[x.Passage.Key] == 0 {
			number[x.Passage.Key] = n
		}
	}
	for _, w := range m.Lines {
		out.Ways = append(out.Ways, way{w.Path(), taken[[2]string{w.From.Key, w.To.Key}]})
	}
	for _, node := range m.Nodes {
		c := card{Node: node, Current: node.Passage == p.ending()}
		if k := number[node.Key]; k > 0 {
			c.Number = strconv.Itoa(k)
		} else if k < 0 {
			c.Number = "·"
		}
		title := node.Title.Value
		if node.Kind == rules.Route {
			title = p.L.T("scenario.map.route")
		}
		c.Lines = wrapped(title, 20, 2)
		out.Cards = append(out.Cards, c)
	}
	return out
}

// visited says whether the path came through a card.
func (c card) visited() bool { return c.Number != "" }

// wrapped breaks a title into lines of so many characters, the last with an ellipsis when there is more.
func wrapped(s string, width, most int) []string {
	var out []string
	line := ""
	for _, w := range strings.Fields(s) {
		switch {
		case line == "":
			line = w
		case len([]rune(line))+1+len([]rune(w)) <= width:
			line += " " + w
		default:
			out = append(out, line)
			line = w
		}
	}
	if line != "" {
		out = append(out, line)
	}
	for i, l := range out {
		if r := []rune(l); len(r) > width+2 {
			out[i] = string(r[:width+1]) + "…"
		}
	}
	if len(out) > most {
		out = out[:most]
		out[most-1] += " …"
	}
	return out
}

func viewBox(w, h int) string { return fmt.Sprintf("0 0 %d %d", w, h) }

func axis(width int) string {
	return fmt.Sprintf("M%d %dH%d", chartPad/2, chartHeight-chartPad/2, width-chartPad/2)
}

// mapWords is the map for those who cannot see it: the path stands above it in words.
func (p DebriefPage) mapWords() string {
	n := 0
	for _, x := range p.scenario().Passages {
		if x.Kind != rules.Route {
			n++
		}
	}
	return p.L.T("scenario.map.words", "Visited", len(visible(p.story())), "Count", n)
}

// replayID makes the form of each decision its own, out of the page's id: pressed twice, it begins one run.
func replayID(client string, number int) string {
	if len(client) < 4 {
		return client
	}
	return client[:len(client)-4] + fmt.Sprintf("%04x", number&0xffff)
}

func total(n int, p *rules.Passage) string { return fmt.Sprintf("%d/%d", n, p.MaxPoints()) }

// asked is how many replies of others a learner is asked to review.
func (p DebriefPage) asked() int {
	n := 0
	for _, r := range p.scenario().Replies() {
		n = max(n, r.Assess.Peer)
	}
	return n
}
