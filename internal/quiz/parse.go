package quiz

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"

	"greenroom/internal/course"
)

// Kind reads quiz files. It is the course.Kind of quizzes.
type Kind struct{}

// Name is "quiz".
func (Kind) Name() string { return "quiz" }

// Ext is ".yaml".
func (Kind) Ext() string { return ".yaml" }

// The file as it is written; docs/course-format.md explains it to authors.
type quizFile struct {
	course.Head
	Intro     course.Text    `yaml:"intro"`
	Draw      *int           `yaml:"draw"`
	Pass      *int           `yaml:"pass" rule:"required"`
	Feedback  string         `yaml:"feedback" rule:"oneof=at-end|none-until-passed"`
	Attempts  *int           `yaml:"attempts"`
	Limit     *int           `yaml:"minutes_limit"`
	Questions []questionFile `yaml:"questions" rule:"required,max=200"`
}

type questionFile struct {
	Line        course.Line
	Key         string        `yaml:"key" rule:"required,key"`
	Type        string        `yaml:"type" rule:"required,oneof=single|multiple|true-false|matching|ordering|short-text|numeric"`
	Situation   course.Text   `yaml:"situation"`
	Prompt      course.Text   `yaml:"prompt" rule:"required"`
	Shuffle     *bool         `yaml:"shuffle"`
	Options     []optionFile  `yaml:"options"`
	Answer      course.Value  `yaml:"answer"`
	Feedback    *feedbackFile `yaml:"feedback"`
	Pairs       []pairFile    `yaml:"pairs"`
	Distractors []course.Text `yaml:"distractors"`
	Items       []course.Text `yaml:"items"`
	Accept      []course.Text `yaml:"accept"`
	Tolerance   *float64      `yaml:"tolerance"`
	Unit        course.Text   `yaml:"unit" rule:"max=30"`
}

type optionFile struct {
	Line     course.Line
	Text     course.Text `yaml:"text" rule:"required,line,max=300"`
	Correct  bool        `yaml:"correct"`
	Feedback course.Text `yaml:"feedback" rule:"required"`
}

type pairFile struct {
	Line     course.Line
	Left     course.Text `yaml:"left" rule:"required,line,max=200"`
	Right    course.Text `yaml:"right" rule:"required,line,max=200"`
	Feedback course.Text `yaml:"feedback"`
}

type feedbackFile struct {
	Line      course.Line
	WhenTrue  course.Text `yaml:"when_true"`
	WhenFalse course.Text `yaml:"when_false"`
	Right     course.Text `yaml:"right"`
	Wrong     course.Text `yaml:"wrong"`
}

// Parse reads one quiz file; the content is a *Content.
func (Kind) Parse(f course.File, rep *course.Reporter) (course.Meta, course.Content) {
	var in quizFile
	if !course.Decode(f, rep, &in) {
		return course.Meta{}, nil
	}
	c := &Content{Intro: rep.Markdown(in.Intro), Draw: len(in.Questions), Feedback: in.Feedback}
	if c.Feedback == "" {
		c.Feedback = AtEnd
	}
	in.counts(c, rep)
	in.limits(c, rep)
	keys := map[string]int{}
	for i := range in.Questions {
		q := &in.Questions[i]
		if first, twice := keys[q.Key]; twice && q.Key != "" {
			rep.Error(int(q.Line), fmt.Sprintf("the key %q is already used on line %d", q.Key, first), "give each question its own key")
		}
		keys[q.Key] = int(q.Line)
		c.Questions = append(c.Questions, q.question(rep))
	}
	return in.Meta(), c
}

// counts checks draw and pass against the pool.
func (in *quizFile) counts(c *Content, rep *course.Reporter) {
	pool := len(in.Questions)
	if in.Draw != nil && pool > 0 {
		c.Draw = *in.Draw
		if c.Draw < 1 || c.Draw > pool {
			rep.Error(0, fmt.Sprintf("draw is %d, but the quiz has %d questions", c.Draw, pool), fmt.Sprintf("write a number from 1 to %d, or leave draw out to ask them all", pool))
			c.Draw = pool
		}
	}
	if in.Pass != nil && pool > 0 {
		c.Pass = *in.Pass
		if c.Pass < 1 || c.Pass > c.Draw {
			rep.Error(0, fmt.Sprintf("pass is %d, but an attempt has %d questions", c.Pass, c.Draw), fmt.Sprintf("write a number from 1 to %d", c.Draw))
		}
	}
}

// limits checks attempts and minutes_limit.
func (in *quizFile) limits(c *Content, rep *course.Reporter) {
	if in.Attempts != nil {
		if c.Attempts = *in.Attempts; c.Attempts < 1 || c.Attempts > MaxAttempts {
			rep.Error(0, fmt.Sprintf("attempts is %d", c.Attempts), fmt.Sprintf("write a number from 1 to %d, or leave attempts out to give any number", MaxAttempts))
		}
	}
	if in.Limit == nil {
		return
	}
	switch c.Minutes = *in.Limit; {
	case c.Minutes < 1 || c.Minutes > MaxMinutes:
		rep.Error(0, fmt.Sprintf("minutes_limit is %d", c.Minutes), fmt.Sprintf("write a number from 1 to %d, or leave minutes_limit out to give any time", MaxMinutes))
	case c.Minutes < in.Minutes:
		rep.Warn(0, fmt.Sprintf("the time limit of %d minutes is shorter than the %d minutes that the step takes", c.Minutes, in.Minutes), "give more time, or mend minutes")
	}
}

// parts lists which fields each type of question has, beyond key, type, situation and prompt.
var parts = map[string][]string{
	Single: {"options", "shuffle"}, Multiple: {"options", "shuffle"},
	TrueFalse: {"answer", "feedback"},
	Matching:  {"pairs", "distractors", "feedback", "shuffle"},
	Ordering:  {"items", "feedback"},
	ShortText: {"accept", "feedback"},
	Numeric:   {"answer", "tolerance", "unit", "feedback"},
}

func (q *questionFile) question(rep *course.Reporter) *Question {
	out := &Question{
		Key: q.Key, Version: q.version(), Type: q.Type, Shuffle: q.Shuffle == nil || *q.Shuffle,
		Situation: rep.Markdown(q.Situation), Prompt: rep.Inline(q.Prompt), Unit: q.Unit.Value,
	}
	if parts[q.Type] == nil {
		return out // Decode has said so
	}
	q.strangers(rep)
	switch q.Type {
	case Single, Multiple:
		q.options(out, rep)
	case TrueFalse:
		q.trueFalse(out, rep)
	case Matching:
		q.matching(out, rep)
	case Ordering:
		q.ordering(out, rep)
	case ShortText:
		q.shortText(out, rep)
	case Numeric:
		q.numeric(out, rep)
	}
	if q.Type != Single && q.Type != Multiple && q.Type != TrueFalse {
		q.feedback(out, rep)
	}
	return out
}

// strangers reports fields that questions of this type do not have: each would silently do nothing.
func (q *questionFile) strangers(rep *course.Reporter) {
	for _, f := range []struct {
		name string
		set  bool
	}{
		{"options", q.Options != nil}, {"shuffle", q.Shuffle != nil}, {"answer", q.Answer.Kind != course.Absent},
		{"feedback", q.Feedback != nil}, {"pairs", q.Pairs != nil}, {"distractors", q.Distractors != nil},
		{"items", q.Items != nil}, {"accept", q.Accept != nil}, {"tolerance", q.Tolerance != nil}, {"unit", !q.Unit.Empty()},
	} {
		known := false
		for _, p := range parts[q.Type] {
			known = known || p == f.name
		}
		if f.set && !known {
			remedy := "take it out, or change the type"
			if f.name == "feedback" {
				remedy = "write the feedback under each option"
			}
			rep.Error(int(q.Line), fmt.Sprintf("question %q: %s questions have no %s", q.Key, q.Type, f.name), remedy)
		}
	}
}

func (q *questionFile) errorf(rep *course.Reporter, line int, remedy, what string, args ...any) {
	if line == 0 {
		line = int(q.Line)
	}
	rep.Error(line, fmt.Sprintf("question %q: ", q.Key)+fmt.Sprintf(what, args...), remedy)
}

func (q *questionFile) options(out *Question, rep *course.Reporter) {
	if n := len(q.Options); n < 2 || n > 8 {
		q.errorf(rep, 0, "give it 2 to 8 options", "it has %d options", n)
	}
	var texts []course.Text
	for _, o := range q.Options {
		texts = append(texts, o.Text)
		out.Options = append(out.Options, Option{Text: o.Text.Value, Correct: o.Correct, Feedback: rep.Markdown(o.Feedback)})
	}
	q.different(rep, "option", texts)
	switch right := out.rightOptions(); {
	case right == 0 && len(q.Options) > 0:
		q.errorf(rep, 0, "write correct: true under the right one", "no option is right")
	case right > 1 && q.Type == Single:
		q.errorf(rep, 0, "leave one, or make its type multiple", "%d options are right in a question of type single", right)
	}
}

// different reports texts that a learner could not tell apart, and marks that would be shown as they are.
func (q *questionFile) different(rep *course.Reporter, what string, texts []course.Text) {
	seen := map[string]int{}
	for _, t := range texts {
		if t.Empty() {
			continue // Decode has said so, or nobody needs it
		}
		k := strings.Join(strings.Fields(strings.ToLower(t.Value)), " ")
		if first, twice := seen[k]; twice {
			q.errorf(rep, t.Line, "make them different, or take one out", "the same %s stands on line %d", what, first)
		}
		seen[k] = t.Line
		if markup.MatchString(t.Value) {
			rep.Warn(t.Line, fmt.Sprintf("question %q: this %s has Markdown marks, which are shown as they are", q.Key, what), "write plain text")
		}
	}
}

var markup = regexp.MustCompile("\\*\\*|`|\\]\\(|\\[@")

// needed reports an empty text among those that must be there.
func (q *questionFile) needed(rep *course.Reporter, t course.Text, what, remedy string) {
	if t.Empty() {
		line := t.Line
		if line == 0 && q.Feedback != nil {
			line = int(q.Feedback.Line)
		}
		q.errorf(rep, line, remedy, "%s is missing", what)
	}
}

func (q *questionFile) trueFalse(out *Question, rep *course.Reporter) {
	answer, ok := q.Answer.Bool()
	if !ok {
		q.errorf(rep, q.Answer.Line, "write answer: true or answer: false, without quotes", "it has no answer true or false")
	}
	f := feedbackFile{}
	if q.Feedback != nil {
		f = *q.Feedback
	}
	q.needed(rep, f.WhenTrue, "feedback when_true", "say to who answered true why it is right or wrong")
	q.needed(rep, f.WhenFalse, "feedback when_false", "say to who answered false why it is right or wrong")
	q.notHere(rep, f.Right, "feedback right")
	q.notHere(rep, f.Wrong, "feedback wrong")
	out.Shuffle = false
	out.Options = []Option{
		{Correct: answer, Feedback: rep.Markdown(f.WhenTrue)},
		{Correct: !answer, Feedback: rep.Markdown(f.WhenFalse)},
	}
}

func (q *questionFile) notHere(rep *course.Reporter, t course.Text, what string) {
	if !t.Empty() {
		q.errorf(rep, t.Line, "true-false has when_true and when_false, the others right and wrong", "%s questions have no %s", q.Type, what)
	}
}

// feedback reads the feedback on the whole, which four types have.
func (q *questionFile) feedback(out *Question, rep *course.Reporter) {
	f := feedbackFile{}
	if q.Feedback != nil {
		f = *q.Feedback
	}
	q.needed(rep, f.Right, "feedback right", "say why the right answer is right")
	q.needed(rep, f.Wrong, "feedback wrong", "say how to find the right answer next time")
	q.notHere(rep, f.WhenTrue, "feedback when_true")
	q.notHere(rep, f.WhenFalse, "feedback when_false")
	out.Right, out.Wrong = rep.Markdown(f.Right), rep.Markdown(f.Wrong)
}

func (q *questionFile) matching(out *Question, rep *course.Reporter) {
	if n := len(q.Pairs); n < 2 || n > 8 {
		q.errorf(rep, 0, "give it 2 to 8 pairs", "it has %d pairs", n)
	}
	if n := len(q.Distractors); n > 8 {
		q.errorf(rep, 0, "leave 8 at most", "it has %d distractors", n)
	}
	at := map[string]int{}
	var lefts []course.Text
	for _, p := range q.Pairs {
		lefts = append(lefts, p.Left)
		i, there := at[p.Right.Value] // several left-hand sides may share one: sorting into groups
		if !there {
			i = len(out.Rights)
			at[p.Right.Value] = i
			out.Rights = append(out.Rights, p.Right.Value)
		}
		out.Pairs = append(out.Pairs, Pair{Left: p.Left.Value, Right: i, Feedback: rep.Markdown(p.Feedback)})
	}
	q.different(rep, "left", lefts)
	q.different(rep, "distractor", q.Distractors)
	for _, d := range q.Distractors {
		if _, there := at[d.Value]; there {
			q.errorf(rep, d.Line, "take it out, or change it", "this distractor is the right-hand side of a pair")
		}
		if !oneLine(d, 200) {
			q.errorf(rep, d.Line, "write one line of 200 characters at most", "this distractor is empty or too long")
		}
		out.Rights = append(out.Rights, d.Value)
	}
	if len(q.Pairs) > 1 && len(out.Rights) < 2 {
		q.errorf(rep, 0, "add distractors or different right-hand sides", "there is only one right-hand side to choose")
	}
}

func oneLine(t course.Text, limit int) bool {
	return !t.Empty() && !strings.Contains(t.Value, "\n") && len([]rune(t.Value)) <= limit
}

func (q *questionFile) ordering(out *Question, rep *course.Reporter) {
	if n := len(q.Items); n < 2 || n > 8 {
		q.errorf(rep, 0, "give it 2 to 8 items, in the right order", "it has %d items", n)
	}
	q.different(rep, "item", q.Items)
	for _, t := range q.Items {
		if !oneLine(t, 300) {
			q.errorf(rep, t.Line, "write one line of 300 characters at most", "this item is empty or too long")
		}
	}
	out.Items = course.Strings(q.Items)
}

func (q *questionFile) shortText(out *Question, rep *course.Reporter) {
	if n := len(q.Accept); n < 1 || n > 30 {
		q.errorf(rep, 0, "list 1 to 30 answers under accept", "it accepts %d answers", n)
	}
	for _, t := range q.Accept {
		switch {
		case plain(t.Value, false) == "":
			q.errorf(rep, t.Line, "write an answer with letters or numbers", "an accepted answer is empty")
		case !oneLine(t, MaxText):
			q.errorf(rep, t.Line, fmt.Sprintf("write one line of %d characters at most", MaxText), "an accepted answer is too long")
		}
	}
	out.Accept = course.Strings(q.Accept)
}

var fileNumber = regexp.MustCompile(`^-?\d{1,15}(\.\d{1,10})?$`)

func (q *questionFile) numeric(out *Question, rep *course.Reporter) {
	var err error
	if out.Answer, err = strconv.ParseFloat(q.Answer.Scalar, 64); err != nil || q.Answer.Kind != course.Plain || !fileNumber.MatchString(q.Answer.Scalar) {
		q.errorf(rep, q.Answer.Line, "write a plain number like 74 or 2.5, without quotes", "its answer is not a number")
	}
	if q.Tolerance != nil {
		out.Tolerance = *q.Tolerance
		if math.IsNaN(out.Tolerance) || math.IsInf(out.Tolerance, 0) || out.Tolerance < 0 {
			q.errorf(rep, 0, "write 0 or a number above it", "its tolerance is not a number that can be used")
		}
	}
}
