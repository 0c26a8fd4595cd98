package quiz

import "slices"

// Verdict is how one answer was judged. Only Right counts towards the score.
type Verdict string

// The verdicts.
const (
	Right Verdict = "right"
	Part  Verdict = "part" // some of it: said to the learner, not counted
	Wrong Verdict = "wrong"
)

// Mark is the verdict on one question of a paper.
type Mark struct {
	Dealt
	Answer   Answer
	Verdict  Verdict
	Answered bool
	Got, Of  int    // parts right, of parts in all: right options, pairs, items in their place; 0 or 1 of 1 for the rest
	Extra    int    // multiple: options chosen that are not right
	Ruled    string // the kind of the decision that changed the verdict; see Judge
	Out      bool   // left out by a decision
}

// Result is the judgement of a whole attempt.
type Result struct {
	Marks  []Mark // in the paper's order
	Score  int    // right answers
	Total  int    // questions asked, without those left out
	Pass   int    // right answers needed
	Passed bool
	Left   int  // questions left out by decisions
	Ruled  bool // a decision changed something
}

// Grade judges answers. It has a verdict for any answers whatever: what does not fit the question is wrong.
func Grade(c *Content, p Paper, answers Answers) Result {
	r := Result{Total: len(p.Questions), Pass: c.Pass, Marks: make([]Mark, 0, len(p.Questions))}
	for _, d := range p.Questions {
		m := d.grade(answers[d.Key])
		if m.Verdict == Right {
			r.Score++
		}
		r.Marks = append(r.Marks, m)
	}
	r.Passed = r.Score >= r.Pass
	return r
}

func (d Dealt) grade(a Answer) Mark {
	m := Mark{Dealt: d, Answer: a, Answered: d.Answered(a), Of: 1}
	switch d.Type {
	case Single, TrueFalse:
		if len(a.Chosen) == 1 && a.Chosen[0] >= 0 && a.Chosen[0] < len(d.Question.Options) && d.Question.Options[a.Chosen[0]].Correct {
			m.Got = 1
		}
	case Multiple:
		m.Of = d.rightOptions()
		for i, o := range d.Question.Options {
			switch chosen := slices.Contains(a.Chosen, i); {
			case chosen && o.Correct:
				m.Got++
			case chosen:
				m.Extra++
			}
		}
	case Matching:
		m.Of = len(d.Pairs)
		for i, pair := range d.Pairs {
			if i < len(a.Matches) && a.Matches[i] == pair.Right {
				m.Got++
			}
		}
	case Ordering:
		m.Of = len(d.Question.Items)
		if m.Answered {
			for i, at := range a.Order {
				if i == at {
					m.Got++
				}
			}
		}
	case ShortText:
		if m.Answered && slices.ContainsFunc(d.Accept, func(ok string) bool { return sameWords(ok, a.Text) }) {
			m.Got = 1
		}
	case Numeric:
		if n, ok := ParseNumber(a.Text, d.Unit); ok && near(n, d.Question.Answer, d.Tolerance) {
			m.Got = 1
		}
	}
	switch {
	case m.Got == m.Of && m.Extra == 0:
		m.Verdict = Right
	case m.Got > 0:
		m.Verdict = Part
	default:
		m.Verdict = Wrong
	}
	return m
}
