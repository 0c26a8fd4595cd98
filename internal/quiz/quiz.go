// Package quiz is the activity kind "quiz": questions that are dealt, answered and graded.
//
//	quiz.go     the content: what a .quiz.yaml file says
//	parse.go    course.Kind: reads a file strictly and reports every fault
//	deal.go     Deal: which questions an attempt gets, in which order, by its seed
//	answer.go   what a learner answers, and how it travels in a form
//	grade.go    Grade: the answers against the content
//	typed.go    how typed words and numbers are compared
//	attempt.go  the attempt: one row from start to result, kept for ever
//	service.go  Service, and what is shown of a person's attempts
//	start.go    the use case of beginning an attempt
//	answers.go  the use cases of answering: save, submit
//	limit.go    time limits and numbers of attempts; the clock submits what is over
//	version.go  the versions of a question through the revisions of its course
//	ruling.go   decisions about questions, and judging by them
//	upkeep.go   the use cases of deciding: preview, decide, reverse
//	regrade.go  attempts are judged again, in batches
//	items.go    how hard each question is, and whom it tells apart
//	letter.go   people are told of changed results
//	run.go      what works beside requests, and how far it has come
//	place.go    where people stand in a course
//	store.go, rulingstore.go  SQL
//	claim.go    a guest's attempts become a person's; a person's attempts for their export
//
// Dealing and grading are pure: the same content and seed give the same paper for ever, and the same answers the
// same result. So an attempt row holds a seed and answers, no copy of the questions: the revision it was started
// on has them.
//
// What is right never leaves this package before its moment. Forms name questions and options by their place on
// the paper (q1, a, b, …), which says nothing that the page does not show anyway.
package quiz

import (
	"slices"

	"greenroom/internal/markdown"
)

// The types of question.
const (
	Single    = "single"     // one option of several
	Multiple  = "multiple"   // every right option, and no other
	TrueFalse = "true-false" // options 0 (true) and 1 (false)
	Matching  = "matching"   // a right-hand side for each left-hand side
	Ordering  = "ordering"   // items brought into order
	ShortText = "short-text" // a few typed words
	Numeric   = "numeric"    // a typed number
)

// When feedback with reasons is shown.
const (
	AtEnd           = "at-end"            // with each result
	NoneUntilPassed = "none-until-passed" // only the score, until an attempt has passed
)

// Limits of what a learner may type, in characters.
const (
	MaxText   = 200 // short-text
	MaxNumber = 40  // numeric
)

// Bounds of the limits that a file may set.
const (
	MaxAttempts = 20
	MaxMinutes  = 240
)

// Content is a quiz as its file has it. It belongs to a revision: nobody changes it after Parse.
type Content struct {
	Intro     markdown.HTML
	Draw      int // questions an attempt gets, 1 to len(Questions)
	Pass      int // right answers needed among those, 1 to Draw
	Feedback  string
	Attempts  int         // how many a person has; 0 is any number
	Minutes   int         // time limit of an attempt; 0 is none
	Questions []*Question // the pool, in the file's order
}

// Question is one question of the pool. Which fields are set depends on its type.
type Question struct {
	Key       string // stable, unique in the quiz; never shown
	Version   string // hash of what the file says about the question: another text, another version
	Type      string
	Situation markdown.HTML // optional, shown before the prompt
	Prompt    markdown.HTML
	Shuffle   bool // whether options and left-hand sides are dealt in a random order

	Options   []Option // single, multiple, true-false (true, then false; without texts)
	Pairs     []Pair   // matching
	Rights    []string // matching: every right-hand side and distractor once
	Items     []string // ordering, in the right order
	Accept    []string // short-text
	Answer    float64  // numeric
	Tolerance float64  // numeric: how far from Answer is still right, inclusive
	Unit      string   // numeric, optional

	Right, Wrong markdown.HTML // feedback on the whole: matching, ordering, short-text, numeric
}

// Option is one answer to choose.
type Option struct {
	Text     string
	Correct  bool
	Feedback markdown.HTML // to those who chose it
}

// Pair is one left-hand side with the place of its right-hand side in Rights.
type Pair struct {
	Left     string
	Right    int
	Feedback markdown.HTML // optional
}

// Typed says whether the answer is typed.
func (q *Question) Typed() bool { return q.Type == ShortText || q.Type == Numeric }

// Chosen says whether the answer is chosen among options.
func (q *Question) Chosen() bool {
	return q.Type == Single || q.Type == Multiple || q.Type == TrueFalse
}

// rightOptions counts the options that are right.
func (q *Question) rightOptions() int {
	n := 0
	for _, o := range q.Options {
		if o.Correct {
			n++
		}
	}
	return n
}

// HasQuestion says whether a question is in the pool.
func (c *Content) HasQuestion(key string) bool {
	return slices.ContainsFunc(c.Questions, func(q *Question) bool { return q.Key == key })
}
