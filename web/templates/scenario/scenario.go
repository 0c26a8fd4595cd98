// Package scenario is what learners and trainers see of scenarios. Its parts are bodies of a step's page, but for the
// summary and the trainers' desk, which are pages.
//
//	scenario.go     data of the pages in which the story is played, and their words
//	play.templ      the invitation, the scene, its feed and messages, the outcome, the reply
//	debrief.go, debrief.templ   the debrief: path, map, meters, panel, others, questions
//	map.go          the drawings
//	review.templ    reviewing somebody else's reply; the trainers' marking
//	summary.templ   one page to keep
//
// The order in the markup is the order of reading: what happened, what is new, the question, the answers.
package scenario

import (
	"fmt"
	"net/url"
	"strconv"

	"github.com/a-h/templ"

	"greenroom/internal/draft"
	"greenroom/internal/locale"
	"greenroom/internal/play"
	rules "greenroom/internal/scenario"
	"greenroom/web/templates/story"
	"greenroom/web/templates/ui"
)

// Rehearsal is what pages have of runs of which nothing is kept; the zero value is for those that count.
type Rehearsal struct {
	Path           string // where its forms go, without the verb
	Back, BackText string // where one came from
	Note           string // what is kept and what is not
}

// Of is the address of a rehearsal, at a part of its page.
func (r Rehearsal) Of(x *rules.Rehearsal, focus string) string {
	moved := ""
	if focus == "outcome" {
		moved = "&moved=1"
	}
	return r.Path + "?run=" + url.QueryEscape(x.Token()) + moved + "#" + focus
}

func (r Rehearsal) on() bool { return r.Path != "" }

// StartPage invites to the first run.
type StartPage struct {
	Rehearsal
	L        *locale.Printer
	Step     play.Step
	Scenario *rules.Scenario
	Client   string
}

// ScenePage is an open run.
type ScenePage struct {
	Rehearsal
	L       *locale.Printer
	Step    play.Step
	Sitting *rules.Sitting
	Moved   bool // the page follows a move: the outcome takes the focus
	Picked  string
	Error   string // at the choices
	Reply   ReplyForm
	Errors  []ui.FieldError
	Older   bool // the run began on an earlier revision than the learner's present one
}

// ReplyForm is what the reply's form shows.
type ReplyForm struct {
	Form   draft.Form
	Text   string
	Error  string
	Saved  string // when it was saved; "" before
	Clash  *rules.Written
	Marks  rules.Marks
	Errors map[string]string // of criteria
}

func (p ScenePage) now() *rules.Moment        { return p.Sitting.Story.Now() }
func (p ScenePage) story() *rules.Story       { return p.Sitting.Story }
func (p ScenePage) scene() *rules.Passage     { return p.Sitting.Story.Now().Passage }
func (p ScenePage) scenario() *rules.Scenario { return p.Sitting.Story.Scenario }
func (p ScenePage) seen() string              { return strconv.Itoa(len(p.Sitting.Events)) }

// trail is the titles of the moments so far.
func (p ScenePage) trail() []*rules.Moment { return visible(p.story()) }

func visible(s *rules.Story) []*rules.Moment {
	var out []*rules.Moment
	for _, m := range s.Moments {
		if m.Passage.Kind != rules.Route {
			out = append(out, m)
		}
	}
	return out
}

// outcome is the moment that the last move left, when there is something to say about it.
func (p ScenePage) outcome() *rules.Moment { return p.story().Before() }

// since are the changes that entering the present moment brought, routes on the way included.
func since(s *rules.Story) []rules.Change {
	var out []rules.Change
	for i := len(s.Moments) - 1; i >= 0; i-- {
		out = append(s.Moments[i].Came, out...)
		if i > 0 && s.Moments[i-1].Passage.Kind != rules.Route {
			break
		}
	}
	return out
}

// changes are the meters that a learner may see moving: the live ones, each once.
func changes(all bool, lists ...[]rules.Change) []rules.Change {
	var out []rules.Change
	for _, list := range lists {
		for _, c := range list {
			if !all && !c.Meter.Live {
				continue
			}
			known := false
			for i := range out {
				if out[i].Meter == c.Meter {
					out[i].To, known = c.To, true
				}
			}
			if !known {
				out = append(out, c)
			}
		}
	}
	kept := out[:0]
	for _, c := range out {
		if c.By() != 0 {
			kept = append(kept, c)
		}
	}
	return kept
}

// gauge is a meter as the page shows it: its words and five pips, of which so many are full.
type gauge struct {
	Label, Value, Words string
	Full                int
}

const pips = 5

func gauges(l *locale.Printer, s *rules.Story, values []int32, all bool) []gauge {
	var out []gauge
	for i, m := range s.Scenario.Meters {
		if !m.Live && !all {
			continue
		}
		v := int(values[i])
		full := 0
		if m.Max > m.Min {
			full = ((v-m.Min)*pips + (m.Max-m.Min)/2) / (m.Max - m.Min)
		}
		out = append(out, gauge{
			Label: m.Label.Value, Value: strconv.Itoa(v), Full: full,
			Words: l.T("scenario.meter.words", "Value", v, "Max", m.Max),
		})
	}
	return out
}

// feeds are the posts of this moment, and those of before.
func (p ScenePage) feeds() (now, before []story.Post) {
	known := map[string]rules.Post{}
	var old []rules.Post
	all := p.story().Moments
	for _, m := range all {
		for _, x := range m.Posts {
			if x.ID != "" {
				known[x.ID] = x
			}
		}
	}
	last := len(all) - 1
	for last > 0 && all[last-1].Passage.Kind == rules.Route {
		last--
	}
	for _, m := range all[:last] {
		old = append(old, m.Posts...)
	}
	var fresh []rules.Post
	for _, m := range all[last:] {
		fresh = append(fresh, m.Posts...)
	}
	return story.Thread(fresh, true, known), story.Thread(old, false, known)
}

// letters are the messages that arrived on entering, and those that will arrive while the learner is here.
func (p ScenePage) letters() []*rules.Inject { return p.now().Letters }

func (p ScenePage) coming() []*rules.Inject {
	if p.Sitting.Run.Timing == rules.TimingOff {
		return nil
	}
	return p.scenario().Coming(p.scene())
}

// after is when a message arrives, in seconds.
func (p ScenePage) after(in *rules.Inject) string {
	n := in.After
	if p.Sitting.Run.Timing == rules.TimingLong {
		n *= rules.LongFactor
	}
	return strconv.Itoa(n)
}

// options are the choices on offer as cards.
func (p ScenePage) options() []option {
	var out []option
	for i, c := range p.now().Offered {
		out = append(out, option{Letter: ui.Letter(i), CheckData: ui.CheckData{
			ID: "f-choice" + suffix(i), Name: "choice", Value: c.ID, Type: "radio", Label: c.Text.Value, Checked: p.Picked == c.ID,
		}})
	}
	return out
}

// suffix makes the first control's id that of the field, which the summary of errors leads to.
func suffix(i int) string {
	if i == 0 {
		return ""
	}
	return "-" + strconv.Itoa(i)
}

type option struct {
	ui.CheckData
	Letter string
}

func (p ScenePage) field() ui.FieldData {
	w := p.scene().Words
	return ui.FieldData{
		ID: "f-text", Name: "text", Label: p.L.T("scenario.reply.label"), Value: p.Reply.Text, Error: p.Reply.Error, Rows: 6,
		WordMin: w.Min, WordMax: w.Max, MaxLength: rules.MaxReply,
	}
}

// marking says whether the run stands at the marking of a reply.
func (p ScenePage) marking() bool {
	return p.scene().Kind == rules.Reply && p.Sitting.Reply != nil && p.Sitting.Reply.State == rules.Sent && p.Reply.Clash == nil && p.Reply.Error == ""
}

func (p ScenePage) action(verb string) templ.SafeURL { return action(p.Rehearsal, p.Step, verb) }

func (p StartPage) action(verb string) templ.SafeURL { return action(p.Rehearsal, p.Step, verb) }

func (p DebriefPage) action(verb string) templ.SafeURL { return action(p.Rehearsal, p.Step, verb) }

func action(r Rehearsal, s play.Step, verb string) templ.SafeURL {
	if r.on() {
		return templ.SafeURL(r.Path + "/" + verb)
	}
	return templ.SafeURL(s.Action(verb))
}

// clock says how long the clock runs, in words.
func (p ScenePage) clock() string { return duration(p.L, p.Sitting.Seconds()) }

func duration(l *locale.Printer, seconds int) string {
	if seconds%60 == 0 {
		return l.T("scenario.clock.minutes", "Count", seconds/60)
	}
	return l.T("scenario.clock.seconds", "Count", seconds)
}

// rubricRow is one criterion as radio buttons.
type rubricRow struct {
	rules.Criterion
	Name   string
	Error  string
	Levels []ui.CheckData
}

func rubricRows(p *rules.Passage, marks rules.Marks, errors map[string]string) []rubricRow {
	var out []rubricRow
	for _, c := range p.Rubric {
		r := rubricRow{Criterion: c, Name: "mark-" + c.ID, Error: errors["mark-"+c.ID]}
		had, marked := marks[c.ID]
		for i, lv := range c.Levels {
			r.Levels = append(r.Levels, ui.CheckData{
				ID: "f-" + r.Name + suffix(i), Name: r.Name, Value: strconv.Itoa(i), Type: "radio", Label: lv.Value, Checked: marked && had == i,
			})
		}
		out = append(out, r)
	}
	return out
}

// given is the level that marks give for a criterion, in words.
func given(c rules.Criterion, m rules.Marks) string {
	if i, ok := m[c.ID]; ok && i >= 0 && i < len(c.Levels) {
		return c.Levels[i].Value
	}
	return "–"
}

func points(c rules.Criterion, m rules.Marks) string {
	if i, ok := m[c.ID]; ok {
		return fmt.Sprintf("%d/%d", i, len(c.Levels)-1)
	}
	return "–"
}

// privacy says who will read a reply.
func (p ScenePage) privacy() string {
	if p.on() {
		return p.L.T("scenario.rehearsal.reply")
	}
	a := p.scene().Assess
	switch {
	case a.Peer > 0 && p.Step.Learner != nil && !p.Step.Learner.Guest():
		return p.L.T("scenario.reply.read_by_peers", "Count", a.Peer)
	case a.Trainer != "none" && p.Step.Learner != nil && !p.Step.Learner.Guest():
		return p.L.T("scenario.reply.read_by_trainer")
	}
	return p.L.T("scenario.reply.read_by_nobody")
}
