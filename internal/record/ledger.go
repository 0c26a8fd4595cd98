package record

import (
	"encoding/json"
	"slices"
	"time"
)

// The kinds of event that are decisions of a named person about a step. A step is decided at most once at a time, and
// never when the learner has done it; what the learner does later outranks the decision.
const (
	Manual     = "manual"     // somebody saw that it was done, outside the course or before a fault
	Waived     = "waived"     // this person does not have to
	Recognised = "recognised" // learnt before, elsewhere
	Reversed   = "reversed"   // the decision of the same cycle is taken back
	Reopened   = "reopened"   // the completion of the same cycle no longer holds; the activity key is ""
)

// DecisionKinds are the decisions that can be made, in the order in which they are offered.
var DecisionKinds = []string{Manual, Waived, Recognised}

// grounds is the Data of a decision, and of what takes it back.
type grounds struct {
	By       string `json:"by"`
	Reason   string `json:"reason"`
	Evidence string `json:"evidence,omitempty"`
	On       string `json:"on,omitempty"` // the day it holds from: 2026-12-04
}

func (g grounds) text() (string, error) {
	raw, err := json.Marshal(g)
	return string(raw), err
}

func readGrounds(data string) (g grounds) {
	_ = json.Unmarshal([]byte(data), &g) // we wrote it
	return g
}

// holds is the Data of a completion that holds from another day than it was entered on.
type holds struct {
	From time.Time `json:"from"`
}

// noon of the day a decision holds from, UTC: the same day in nearly every zone.
func (g grounds) at(entered time.Time) time.Time {
	day, err := time.Parse(time.DateOnly, g.On)
	if err != nil {
		return entered.UTC()
	}
	return day.Add(12 * time.Hour)
}

// entry is what a person's events say about one step.
type entry struct {
	doneAt  *time.Time // by doing
	ruling  *Event     // the decision that stands
	rulings int        // decisions ever made
}

// ledger is a person's events in one course, read once and understood. Every projection is made from it.
type ledger struct {
	steps     map[string]*entry
	completed map[int]Event // by cycle
	reopened  map[int]bool
	events    int
	last      time.Time
}

// read makes the ledger. The order of the events does not matter.
func read(events []Event) *ledger {
	l := &ledger{steps: map[string]*entry{}, completed: map[int]Event{}, reopened: map[int]bool{}, events: len(events)}
	type ruled struct {
		key   string
		cycle int
	}
	back := map[ruled]bool{}
	for _, e := range events {
		if e.Kind == Reversed {
			back[ruled{e.ActivityKey, e.Cycle}] = true
		}
		if e.At.After(l.last) {
			l.last = e.At.UTC()
		}
	}
	for i, e := range events {
		switch {
		case e.Kind == Done:
			s := l.step(e.ActivityKey)
			if at := e.At.UTC(); s.doneAt == nil || at.Before(*s.doneAt) {
				s.doneAt = &at
			}
		case e.Kind == Completed:
			l.completed[e.Cycle] = e
		case e.Kind == Reopened:
			l.reopened[e.Cycle] = true
		case slices.Contains(DecisionKinds, e.Kind):
			s := l.step(e.ActivityKey)
			s.rulings = max(s.rulings, e.Cycle)
			if !back[ruled{e.ActivityKey, e.Cycle}] {
				s.ruling = &events[i]
			}
		}
	}
	return l
}

func (l *ledger) step(key string) *entry {
	s := l.steps[key]
	if s == nil {
		s = new(entry)
		l.steps[key] = s
	}
	return s
}

// completion is the completion that holds, the earliest if there are several; nil when the course is not complete.
func (l *ledger) completion() *Event {
	var best *Event
	for cycle, e := range l.completed {
		if !l.reopened[cycle] && (best == nil || completedAt(e).Before(completedAt(*best))) {
			best = &e
		}
	}
	return best
}

// cycle is the last one that was ever completed; 0 for none.
func (l *ledger) cycle() int {
	n := 0
	for c := range l.completed {
		n = max(n, c)
	}
	return n
}

// completedAt is since when a completion holds.
func completedAt(e Event) time.Time {
	var h holds
	if e.Data != "" && json.Unmarshal([]byte(e.Data), &h) == nil && !h.From.IsZero() {
		return h.From.UTC()
	}
	return e.At.UTC()
}

// progress is the projection.
func (l *ledger) progress(personID, courseKey string) Progress {
	p := Progress{PersonID: personID, CourseKey: courseKey, States: States{}, Decided: Decided{}, Events: l.events, UpdatedAt: l.last}
	for key, s := range l.steps {
		switch {
		case s.doneAt != nil:
			p.States[key] = s.doneAt.Unix()
		case s.ruling != nil:
			p.States[key] = readGrounds(s.ruling.Data).at(s.ruling.At).Unix()
			p.Decided[key] = s.ruling.Kind
		}
	}
	if e := l.completion(); e != nil {
		at := completedAt(*e)
		p.CompletedAt = &at
	}
	p.Beside = p.Events - len(p.States)
	return p
}
