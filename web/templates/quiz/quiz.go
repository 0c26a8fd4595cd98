// Package quiz is what learners see of a quiz: the invitation to start, the open attempt and the result. Each is the
// body of a step's page.
//
// The open attempt shows only what a Paper deals. Nothing here may look at what is right before the result does:
// StartPage and OpenPage get no result, and a test searches their markup.
package quiz

import (
	"slices"
	"strconv"
	"time"

	rules "greenroom/internal/quiz"

	"greenroom/internal/locale"
	"greenroom/internal/markdown"
	"greenroom/web/templates/ui"
)

// StartPage invites to the first attempt.
type StartPage struct {
	L       *locale.Printer
	Content *rules.Content
	Action  string // where the button posts to
	Client  string // id of this form
	Minutes int    // time limit of this person; 0 is none
	Tries   int    // tries of this person; 0 is any number
}

// TimeUpPage is an attempt whose time is up and that nobody has submitted yet.
type TimeUpPage struct {
	L       *locale.Printer
	Attempt string
	Submit  string // address
}

// OpenPage is an attempt that is being answered.
type OpenPage struct {
	L            *locale.Printer
	Sitting      *rules.Sitting
	Page         string    // id of this page load
	Save, Submit string    // addresses
	SavedAt      time.Time // in the learner's zone; zero when nothing was saved
	Older        bool      // started on an earlier revision than the learner's present one
	Due          time.Time // when the time is up, in the learner's zone; zero without limit
	Seconds      int       // until then, from now
}

// ResultPage is a graded attempt.
type ResultPage struct {
	L        *locale.Printer
	Sitting  *rules.Sitting
	Result   rules.Result
	Reasons  bool // whether verdicts, feedback and best answers may be shown
	Done     bool // whether the step is complete
	Best     Try
	Tries    []Try  // all, newest first
	Again    string // where Try again posts to
	Client   string // id of that form
	Next     string // address of the next step
	NextText string
	Left     int // tries left; -1 is any number
	Late     int // answers that came after the time was up
}

// Try is one attempt in the list of all.
type Try struct {
	Href   string
	At     time.Time // in the learner's zone
	Score  int
	Total  int
	Passed bool
	State  string
	Shown  bool // this page shows it
}

// summary lists what Submit pointed out, with links to the first control of each question.
func (p OpenPage) summary() []ui.FieldError {
	var out []ui.FieldError
	for _, m := range p.Sitting.Missing {
		out = append(out, ui.FieldError{ID: control(m.Dealt), Text: p.missText(m, "quiz.summary.")})
	}
	return out
}

func (p OpenPage) missText(m rules.Miss, prefix string) string {
	return p.L.T(prefix+m.Why, "Number", m.Number, "Limit", m.Limit())
}

// miss says what is missing at a question, or "".
func (p OpenPage) miss(d rules.Dealt) string {
	for _, m := range p.Sitting.Missing {
		if m.Number == d.Number {
			return p.missText(m, "quiz.missing.")
		}
	}
	return ""
}

// anyway says whether the page may offer to submit in spite of gaps.
func (p OpenPage) anyway() bool {
	return len(p.Sitting.Missing) > 0 &&
		!slices.ContainsFunc(p.Sitting.Missing, func(m rules.Miss) bool { return m.Why == rules.TooLong })
}

// control is the id of a question's first control, where error summaries lead.
func control(d rules.Dealt) string { return "f-" + d.Name() }

func errorID(d rules.Dealt) string     { return d.Name() + "-error" }
func situationID(d rules.Dealt) string { return d.Name() + "-situation" }
func hintID(d rules.Dealt) string      { return d.Name() + "-hint" }

// described lists the ids that describe a question's controls.
func (p OpenPage) described(d rules.Dealt) string {
	ids := hintID(d)
	if d.Situation != "" {
		ids = situationID(d) + " " + ids
	}
	if p.miss(d) != "" {
		ids = errorID(d) + " " + ids
	}
	return ids
}

func (p OpenPage) hint(d rules.Dealt) string {
	if d.Type == rules.Numeric && d.Unit != "" {
		return p.L.T("quiz.hint.numeric_unit", "Unit", d.Unit)
	}
	return p.L.T("quiz.hint." + d.Type)
}

// choice is one card of a question with options.
type choice struct {
	ui.CheckData
	Letter string
}

func (p OpenPage) choices(d rules.Dealt) []choice {
	kind := "radio"
	if d.Type == rules.Multiple {
		kind = "checkbox"
	}
	a := p.Sitting.Answers[d.Key]
	out := make([]choice, len(d.Options))
	for i, at := range d.Options {
		tok := rules.Token(d.Options, at)
		out[i] = choice{ui.CheckData{
			ID: d.Name() + "-" + tok, Name: d.Name(), Type: kind, Value: tok,
			Label: optionText(p.L, d, at), Checked: slices.Contains(a.Chosen, at),
		}, ui.Letter(i)}
		if i == 0 {
			out[i].ID = control(d)
		}
	}
	return out
}

func optionText(l *locale.Printer, d rules.Dealt, at int) string {
	if d.Type == rules.TrueFalse {
		return l.T("quiz." + strconv.FormatBool(at == 0))
	}
	return d.Question.Options[at].Text
}

// match is one row of a matching: a left-hand side and the choices for it.
type match struct {
	ID, Name, Left string
	Options        []ui.Option
}

func (p OpenPage) matches(d rules.Dealt) []match {
	a := p.Sitting.Answers[d.Key]
	out := make([]match, len(d.Lefts))
	for i, l := range d.Lefts {
		name := d.Name() + "." + rules.Token(d.Lefts, l)
		out[i] = match{ID: "f-" + name, Name: name, Left: d.Pairs[l].Left}
		if i == 0 {
			out[i].ID = control(d)
		}
		given := d.WrittenMatch(a, l)
		out[i].Options = append(out[i].Options, ui.Option{Value: "-", Text: p.L.T("quiz.choose"), Selected: given == "-"})
		for _, r := range d.Rights {
			tok := rules.Token(d.Rights, r)
			out[i].Options = append(out[i].Options, ui.Option{Value: tok, Text: d.Question.Rights[r], Selected: given == tok})
		}
	}
	return out
}

// item is one row of an ordering.
type item struct {
	Token, Text, Up, Down string
	First, Last           bool
}

func (p OpenPage) items(d rules.Dealt) []item {
	order := d.Shown(p.Sitting.Answers[d.Key])
	out := make([]item, len(order))
	for i, at := range order {
		tok := rules.Token(d.Items, at)
		out[i] = item{
			Token: tok, Text: d.Question.Items[at], First: i == 0, Last: i == len(order)-1,
			Up: d.Name() + ":" + tok + ":up", Down: d.Name() + ":" + tok + ":down",
		}
	}
	return out
}

// line is one part of an answer in a result.
type line struct {
	Text    string
	Right   bool
	Judged  bool // whether Right means anything
	Reasons markdown.HTML
}

// yours is the learner's answer, part by part, each with the reason where it has one.
func (p ResultPage) yours(m rules.Mark) []line {
	var out []line
	switch m.Type {
	case rules.Single, rules.Multiple, rules.TrueFalse:
		for _, at := range m.Dealt.Options {
			if !slices.Contains(m.Answer.Chosen, at) {
				continue
			}
			o := m.Question.Options[at]
			out = append(out, line{Text: optionText(p.L, m.Dealt, at), Right: o.Correct, Judged: m.Type == rules.Multiple, Reasons: o.Feedback})
		}
	case rules.Matching:
		for _, l := range m.Lefts {
			pair := m.Pairs[l]
			text := p.L.T("quiz.pair_none", "Left", pair.Left)
			right := false
			if l < len(m.Answer.Matches) && m.Answer.Matches[l] >= 0 {
				text = p.L.T("quiz.pair", "Left", pair.Left, "Right", m.Question.Rights[m.Answer.Matches[l]])
				right = m.Answer.Matches[l] == pair.Right
			}
			out = append(out, line{Text: text, Right: right, Judged: true, Reasons: pair.Feedback})
		}
	case rules.Ordering:
		if m.Answered {
			for i, at := range m.Answer.Order {
				out = append(out, line{Text: m.Question.Items[at], Right: i == at, Judged: true})
			}
		}
	default:
		if m.Answer.Text != "" {
			out = append(out, line{Text: m.Answer.Text})
		}
	}
	return out
}

// best is the best answer, or nil where the learner's was it.
func (p ResultPage) best(m rules.Mark) []line {
	if m.Verdict == rules.Right {
		return nil
	}
	var out []line
	switch m.Type {
	case rules.Single, rules.Multiple, rules.TrueFalse:
		for _, at := range m.Dealt.Options {
			o := m.Question.Options[at]
			if !o.Correct {
				continue
			}
			n := line{Text: optionText(p.L, m.Dealt, at)}
			if !slices.Contains(m.Answer.Chosen, at) { // else the reason stands above
				n.Reasons = o.Feedback
			}
			out = append(out, n)
		}
	case rules.Matching:
		for _, l := range m.Lefts {
			out = append(out, line{Text: p.L.T("quiz.pair", "Left", m.Pairs[l].Left, "Right", m.Question.Rights[m.Pairs[l].Right])})
		}
	case rules.Ordering:
		for _, t := range m.Question.Items {
			out = append(out, line{Text: t})
		}
	case rules.ShortText:
		out = append(out, line{Text: m.Accept[0]})
	case rules.Numeric:
		n := strconv.FormatFloat(m.Question.Answer, 'f', -1, 64)
		if m.Unit != "" {
			n = p.L.T("quiz.number_unit", "Number", n, "Unit", m.Unit)
		}
		out = append(out, line{Text: n})
	}
	return out
}

// first is the result before decisions changed it.
func (p ResultPage) first() (score, total int, ok bool) {
	a := p.Sitting.Attempt
	if a.FirstScore == nil || a.FirstTotal == nil || *a.FirstScore == a.Score && *a.FirstTotal == a.Total {
		return 0, 0, false
	}
	return *a.FirstScore, *a.FirstTotal, true
}

// may says whether the person may try again.
func (p ResultPage) may() bool { return p.Left != 0 }

// whole is the feedback on the whole question, where the type has one.
func whole(m rules.Mark) markdown.HTML {
	if m.Verdict == rules.Right {
		return m.Right
	}
	return m.Wrong
}

// verdict says how the answer was judged, in words.
func (p ResultPage) verdict(m rules.Mark) string {
	switch {
	case m.Out:
		return p.L.T("quiz.verdict.out")
	case m.Ruled != "" && m.Verdict == rules.Right:
		return p.L.T("quiz.verdict.ruled")
	case !m.Answered && m.Got == 0:
		return p.L.T("quiz.verdict.none")
	case m.Verdict != rules.Part:
		return p.L.T("quiz.verdict." + string(m.Verdict))
	case m.Extra > 0:
		return p.L.T("quiz.verdict.part_extra", "Got", m.Got, "Of", m.Of, "Count", m.Extra)
	}
	return p.L.T("quiz.verdict.part."+m.Type, "Got", m.Got, "Of", m.Of)
}

var verdictIcons = map[rules.Verdict]string{rules.Right: "circle-check", rules.Part: "circle-dot", rules.Wrong: "circle-x"}

func verdictIcon(v rules.Verdict) string { return verdictIcons[v] }

func judgedIcon(right bool) string {
	if right {
		return "check"
	}
	return "x"
}

// earlier are the tries that the page does not show itself.
func (p ResultPage) earlier() []Try {
	return slices.DeleteFunc(slices.Clone(p.Tries), func(t Try) bool { return t.Shown })
}
