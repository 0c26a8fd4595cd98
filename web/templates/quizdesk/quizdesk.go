// Package quizdesk is where authors and trainers look after quizzes: how hard each question is, its versions, and
// decisions about what was asked already. These pages show what is right; learners never get them.
package quizdesk

import (
	"fmt"
	"net/url"
	"strconv"
	"time"

	"greenroom/internal/quiz"
	"greenroom/web/templates/layout"
	"greenroom/web/templates/ui"
)

// Path is the address of a quiz's page.
func Path(course, activity string) string {
	return "/teach/courses/" + course + "/quizzes/" + activity
}

// CoursesPage lists the courses of the site.
type CoursesPage struct {
	layout.Page
	Courses []Course
	Keeps   bool // whether quizzes may be looked after
}

// Course is one of them.
type Course struct {
	Title, Insight string
	Quizzes        []Quiz
}

// Quiz is one quiz of a course.
type Quiz struct{ Title, Module, Href string }

// QuizPage is one quiz.
type QuizPage struct {
	layout.Page
	quiz.History
	quiz.Standing
	Figures   *quiz.Figures // nil when nobody has submitted an attempt
	Rulings   []Ruling      // the newest first
	Reversing string        // the decision that an error is about
	Errors    []ui.FieldError
}

// Ruling is a decision in words. Times are in the reader's zone.
type Ruling struct {
	quiz.Ruling
	Prompt         string
	At, ReversedAt time.Time
	By, ReversedBy string
}

// QuestionPage is one question through its versions.
type QuestionPage struct {
	layout.Page
	quiz.History
	Line    quiz.Lineage
	Since   []time.Time // when each version was published, in the reader's zone
	Figures *quiz.Figures
	Draft   quiz.Draft // what was chosen, when it has errors
	By      map[string]string
	Errors  []ui.FieldError
}

// PreviewPage is what a decision would change.
type PreviewPage struct {
	layout.Page
	quiz.History
	Line   quiz.Lineage
	Draft  quiz.Draft
	Effect quiz.Effect // upwards only
	Harsh  quiz.Effect // both ways; only where something would fall
	Names  []string    // who passes newly, for those who may see it
	By     map[string]string
	Errors []ui.FieldError
}

func (p QuizPage) path() string     { return Path(p.CourseKey, p.ActivityKey) }
func (p QuestionPage) path() string { return questionPath(p.Ref, p.Line.Key) }
func (p PreviewPage) path() string  { return questionPath(p.Ref, p.Line.Key) }

func questionPath(q quiz.Ref, key string) string {
	return Path(q.CourseKey, q.ActivityKey) + "/questions/" + key
}

func (p QuizPage) reverseError(r Ruling) string {
	if p.Reversing != r.ID || len(p.Errors) == 0 {
		return ""
	}
	return p.Errors[0].Text
}

// share is the share of right answers, or a dash.
func share(i *quiz.Item) string {
	if !i.Told() {
		return "–"
	}
	return strconv.Itoa(i.Share()) + " %"
}

func seen(i *quiz.Item) string {
	switch {
	case i == nil:
		return "0"
	case !i.Told():
		return "< " + strconv.Itoa(quiz.Few)
	}
	return strconv.Itoa(i.Seen)
}

// apart says in figures how well a question tells people apart, or a dash.
func apart(i *quiz.Item) string {
	r, ok := i.Discrimination()
	if !ok {
		return "–"
	}
	return fmt.Sprintf("%.2f", r)
}

// warning is the message about a question that does badly, or "".
func warning(i *quiz.Item) string {
	if !i.Told() {
		return ""
	}
	r, ok := i.Discrimination()
	switch {
	case ok && r < 0:
		return "quizdesk.warn.negative"
	case i.Share() < 30:
		return "quizdesk.warn.hard"
	case ok && r < 0.1:
		return "quizdesk.warn.flat"
	case i.Share() > 95:
		return "quizdesk.warn.easy"
	}
	return ""
}

// option is one answer that can be chosen, with how many did.
type option struct {
	Text   string
	Right  bool
	Chosen string // "" where it is not told
}

func (p QuestionPage) options(v quiz.Version) []option {
	i := p.Figures.Version(v.Question.Version)
	var out []option
	for n, o := range v.Options {
		x := option{Text: o.Text, Right: o.Correct}
		if v.Type == quiz.TrueFalse {
			x.Text = p.L.T("quiz." + strconv.FormatBool(n == 0))
		}
		if i.Told() && n < len(i.Chosen) {
			x.Chosen = p.L.T("quizdesk.chosen", "Count", i.Chosen[n], "Percent", i.Chosen[n]*100/i.Seen)
		}
		out = append(out, x)
	}
	return out
}

// right says what counts as right in a version that has no options.
func (p QuestionPage) right(v quiz.Version) []string {
	switch v.Type {
	case quiz.Matching:
		var out []string
		for _, pair := range v.Pairs {
			out = append(out, p.L.T("quiz.pair", "Left", pair.Left, "Right", v.Rights[pair.Right]))
		}
		return out
	case quiz.Ordering:
		return v.Items
	case quiz.ShortText:
		return v.Accept
	case quiz.Numeric:
		n := strconv.FormatFloat(v.Answer, 'f', -1, 64)
		if v.Tolerance > 0 {
			n += " ± " + strconv.FormatFloat(v.Tolerance, 'f', -1, 64)
		}
		if v.Unit != "" {
			n = p.L.T("quiz.number_unit", "Number", n, "Unit", v.Unit)
		}
		return []string{n}
	}
	return nil
}

// versions are the choices of the field version.
func (p QuestionPage) versions() []ui.Option {
	out := []ui.Option{{Value: "", Text: p.L.T("quizdesk.version.all")}}
	for i, v := range p.Line.Versions {
		out = append(out, ui.Option{Value: v.Question.Version, Text: p.version(i), Selected: p.Draft.Version == v.Question.Version})
	}
	return out
}

// version names a version.
func (p QuestionPage) version(i int) string {
	return p.L.T("quizdesk.version", "N", len(p.Line.Versions)-i, "Since", p.L.DateTime(p.Since[i]))
}

// answers are what the newest version offers and its key has not.
func (p QuestionPage) answers() []ui.Option {
	var out []ui.Option
	seen := map[string]bool{}
	for _, v := range p.Line.Versions {
		for n, o := range p.options(v) {
			value := o.Text
			if v.Type == quiz.TrueFalse {
				value = strconv.FormatBool(n == 0)
			}
			if seen[value] || v.Type != quiz.Multiple && o.Right && v.Current {
				continue
			}
			seen[value] = true
			out = append(out, ui.Option{Value: value, Text: o.Text, Selected: p.Draft.Answer == value})
		}
	}
	return out
}

// keys are the versions whose key another version could be judged by: the newest of each key that differs.
func (p QuestionPage) keys() []ui.Option {
	var out []ui.Option
	for i, v := range p.Line.Versions {
		for _, w := range p.Line.Versions {
			if same, told := quiz.SameKey(w.Question, v.Question); told && !same {
				out = append(out, ui.Option{Value: v.Revision, Text: p.version(i), Selected: p.Draft.Answer == v.Revision})
				break
			}
		}
	}
	return out
}

// differs says how a version's key stands to that of the newest one: "", "other" or "unlike".
func (p QuestionPage) differs(i int) string {
	if i == 0 {
		return ""
	}
	same, told := quiz.SameKey(p.Line.Versions[i].Question, p.Line.Latest().Question)
	switch {
	case !told:
		return "unlike"
	case !same:
		return "other"
	}
	return ""
}

// by is the message of a field in the form of a kind.
func (p QuestionPage) by(kind, field string) string {
	if p.Draft.Kind != kind {
		return ""
	}
	return p.By[field]
}

// decision says a draft in words.
func (p PreviewPage) decision() string {
	answer := p.Draft.Answer
	if p.Draft.Kind == quiz.Accept && p.Line.Latest().Type == quiz.TrueFalse {
		answer = p.L.T("quiz." + answer)
	}
	return p.L.T("quizdesk.decision."+p.Draft.Kind, "Answer", answer)
}

func (p PreviewPage) back() string {
	v := url.Values{"kind": {p.Draft.Kind}}
	return p.path() + "?" + v.Encode() + "#decide"
}

// falls says whether the choice to lower results is offered.
func (p PreviewPage) falls() bool { return p.Effect.Held > 0 }

// who is somebody's name, or that there is none to tell.
func who(p layout.Page, name string) string {
	if name == "" {
		return p.L.T("quizdesk.somebody")
	}
	return name
}
