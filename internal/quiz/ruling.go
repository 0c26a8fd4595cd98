package quiz

import (
	"slices"
	"time"

	"github.com/uptrace/bun"
)

// The kinds of decision about a question.
const (
	Accept   = "accept"    // one more answer is right
	Key      = "key"       // what a later version says is right holds for earlier ones too
	Credit   = "credit"    // everybody who was asked gets the point
	LeaveOut = "leave-out" // the question counts neither for nor against
)

// Ruling is one decision about a question that was asked already, for all attempts, those to come included. It never
// changes an answer or a revision: attempts are judged by their own content and then by the decisions in force, in
// the order in which they were made. Taking one back is leaving it out of that row.
//
// Unless Downwards is set, a decision changes nothing in an attempt that would be worse for it.
type Ruling struct {
	bun.BaseModel `bun:"table:quiz_ruling,alias:qr"`

	ID            string `bun:",pk"`
	CourseKey     string
	ActivityKey   string
	QuestionKey   string
	Version       string // the version that it is about; "" all
	Kind          string
	Answer        string // Accept: the option's text, "true", "false" or what is typed; Key: the revision that has the right key
	Downwards     bool   // scores may fall
	Reason        string // learners whose results change are told
	DecidedBy     string // person id
	DecidedAt     time.Time
	Generation    int
	ReversedAt    *time.Time
	ReversedBy    string
	ReverseReason string

	right *Question // Key: the question of that revision
}

// InForce says whether the decision has not been taken back.
func (r Ruling) InForce() bool { return r.ReversedAt == nil }

// Judge is Grade and then the decisions, in their order. Where a decision touched a question, its Mark names the kind
// and the Result is Ruled.
func Judge(c *Content, p Paper, answers Answers, rulings []Ruling) Result {
	r := Grade(c, p, answers)
	for i := range rulings {
		next, touched := rulings[i].apply(c, r)
		if touched && (rulings[i].Downwards || !worse(next, r)) {
			r = next
		}
	}
	return r
}

// worse says whether a is a worse result than b: failed instead of passed, else a smaller share.
func worse(a, b Result) bool {
	return worseThan(a.Score, a.Total, a.Passed, b.Score, b.Total, b.Passed)
}

func worseThan(score, total int, passed bool, oldScore, oldTotal int, oldPassed bool) bool {
	if passed != oldPassed {
		return oldPassed
	}
	return score*oldTotal < oldScore*total
}

// apply gives the result as this decision would have it; touched is false where it has no bearing.
func (r *Ruling) apply(c *Content, was Result) (Result, bool) {
	i := slices.IndexFunc(was.Marks, func(m Mark) bool { return m.Key == r.QuestionKey })
	if i < 0 || r.Version != "" && was.Marks[i].Question.Version != r.Version {
		return was, false
	}
	m := was.Marks[i]
	touched := false
	switch r.Kind {
	case Accept:
		touched = m.rule(m.Verdict != Right && m.accepts(r.Answer), Right)
	case Key:
		touched = r.applyKey(&m)
	case Credit:
		touched = m.rule(m.Verdict != Right || m.Out, Right)
		m.Out = m.Out && !touched
	case LeaveOut:
		switch {
		case m.Out:
		case was.Total > 1:
			m.Out, touched = true, true
		default: // nothing would be left to pass: the point instead
			touched = m.rule(m.Verdict != Right, Right)
		}
	}
	if !touched {
		return was, false
	}
	m.Ruled = r.Kind
	next := was
	next.Ruled = true
	next.Marks = slices.Clone(was.Marks)
	next.Marks[i] = m
	next.count(c)
	return next, true
}

// rule sets the verdict when a condition holds, and says whether it does.
func (m *Mark) rule(when bool, v Verdict) bool {
	if when {
		m.Verdict = v
	}
	return when
}

// applyKey judges the answer by another version of the question. Where that asks something else, the answer cannot be
// compared and nothing changes.
func (r *Ruling) applyKey(m *Mark) bool {
	if r.right == nil || r.right.Version == m.Question.Version || m.Out {
		return false
	}
	a, ok := translate(m.Question, r.right, m.Answer)
	if !ok {
		return false
	}
	v := m.as(r.right).grade(a).Verdict
	if m.Verdict == v || v != Right && !r.Downwards {
		return false
	}
	m.Verdict = v
	return true
}

// as is another version dealt in any order but for the items of an ordering, which lie as they were shown: an order
// that nobody touched is no answer.
func (m *Mark) as(q *Question) Dealt {
	d := Dealt{Question: q, Options: straight(len(q.Options)), Lefts: straight(len(q.Pairs)), Rights: straight(len(q.Rights))}
	if shown, ok := translate(m.Question, q, Answer{Order: m.Items}); ok {
		d.Items = shown.Order
	}
	return d
}

// count adds a result up. What is left out counts neither as asked nor as right; the share needed to pass is at least
// what it was.
func (r *Result) count(c *Content) {
	r.Score, r.Total, r.Left = 0, 0, 0
	for _, m := range r.Marks {
		switch {
		case m.Out:
			r.Left++
			continue
		case m.Verdict == Right:
			r.Score++
		}
		r.Total++
	}
	r.Pass = c.Pass
	if r.Left > 0 {
		r.Pass = (c.Pass*r.Total + len(r.Marks) - 1) / len(r.Marks)
	}
	r.Passed = r.Score >= r.Pass
}

// accepts says whether the answer is right when one more answer is. For a multiple the named option counts as right
// whether it was chosen or not; all else must be as the key has it.
func (m *Mark) accepts(also string) bool {
	q := m.Question
	switch q.Type {
	case Single, TrueFalse:
		return len(m.Answer.Chosen) == 1 && q.optionText(m.Answer.Chosen[0]) == also
	case Multiple:
		if !m.Answered {
			return false
		}
		for i, o := range q.Options {
			if o.Text != also && slices.Contains(m.Answer.Chosen, i) != o.Correct {
				return false
			}
		}
		return true
	case ShortText:
		return m.Answered && sameWords(also, m.Answer.Text)
	case Numeric:
		n, typed := ParseNumber(m.Answer.Text, q.Unit)
		want, ok := ParseNumber(also, q.Unit)
		return typed && ok && near(n, want, q.Tolerance)
	}
	return false
}

// optionText names an option through the versions of a question: by its text; of true-false "true" and "false".
func (q *Question) optionText(at int) string {
	switch {
	case at < 0 || at >= len(q.Options):
		return ""
	case q.Type == TrueFalse:
		return map[int]string{0: "true", 1: "false"}[at]
	}
	return q.Options[at].Text
}

// Takes says whether questions of this type can be ruled on with Accept.
func (q *Question) Takes() bool { return q.Chosen() || q.Typed() }

// translate writes an answer to one version as an answer to another; ok is false where what could be answered differs.
func translate(from, to *Question, a Answer) (Answer, bool) {
	if from.Type != to.Type {
		return a, false
	}
	places := func(old, now []string) ([]int, bool) {
		if len(old) != len(now) {
			return nil, false
		}
		at := make([]int, len(old))
		for i, text := range old {
			if at[i] = slices.Index(now, text); at[i] < 0 {
				return nil, false
			}
		}
		return at, true
	}
	switch from.Type {
	case Single, Multiple:
		at, ok := places(from.optionTexts(), to.optionTexts())
		if !ok {
			return a, false
		}
		return Answer{Chosen: moved(a.Chosen, at, true)}, true
	case Matching:
		lefts, ok := places(from.leftTexts(), to.leftTexts())
		rights, also := places(from.Rights, to.Rights)
		if !ok || !also {
			return a, false
		}
		out := Answer{Matches: make([]int, len(to.Pairs))}
		for i := range out.Matches {
			out.Matches[i] = -1
		}
		for i, l := range lefts {
			if i < len(a.Matches) && a.Matches[i] >= 0 && a.Matches[i] < len(rights) {
				out.Matches[l] = rights[a.Matches[i]]
			}
		}
		return out, true
	case Ordering:
		at, ok := places(from.Items, to.Items)
		if !ok {
			return a, false
		}
		return Answer{Order: moved(a.Order, at, false)}, true
	}
	return a, true
}

func moved(places, at []int, sorted bool) []int {
	var out []int
	for _, p := range places {
		if p >= 0 && p < len(at) {
			out = append(out, at[p])
		}
	}
	if sorted {
		slices.Sort(out)
	}
	return out
}

func (q *Question) optionTexts() []string {
	var out []string
	for i := range q.Options {
		out = append(out, q.optionText(i))
	}
	return out
}

func (q *Question) leftTexts() []string {
	var out []string
	for _, p := range q.Pairs {
		out = append(out, p.Left)
	}
	return out
}

// SameKey says whether two versions call the same answers right; comparable is false where that cannot be told, since
// they do not offer the same answers.
func SameKey(a, b *Question) (same, comparable bool) {
	if a.Type != b.Type {
		return false, false
	}
	switch a.Type {
	case TrueFalse:
		return a.Options[0].Correct == b.Options[0].Correct, true
	case Single, Multiple:
		right := Answer{}
		for i, o := range a.Options {
			if o.Correct {
				right.Chosen = append(right.Chosen, i)
			}
		}
		got, ok := translate(a, b, right)
		return ok && Dealt{Question: b, Options: straight(len(b.Options))}.grade(got).Verdict == Right, ok
	case Matching:
		right := Answer{}
		for _, p := range a.Pairs {
			right.Matches = append(right.Matches, p.Right)
		}
		got, ok := translate(a, b, right)
		return ok && Dealt{Question: b, Lefts: straight(len(b.Pairs)), Rights: straight(len(b.Rights))}.grade(got).Verdict == Right, ok
	case Ordering:
		_, ok := translate(a, b, Answer{})
		return ok && slices.Equal(a.Items, b.Items), ok
	case ShortText:
		return slices.Equal(a.Accept, b.Accept), true
	}
	return a.Answer == b.Answer && a.Tolerance == b.Tolerance, a.Unit == b.Unit
}
