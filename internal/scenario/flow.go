package scenario

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"greenroom/internal/db"
)

// LongestThought is the longest time at a moment that counts; after a longer one somebody was away.
const LongestThought = time.Hour

// Flow is which ways people took through a scenario, in their first run that they finished.
//
// What protects people: they are counted in whole eights of one delivery, in the order in which they finished, and so at
// each decision anew. Every figure is thus of eights of people that overlap with no other eight, in one delivery and in
// all of them, today and later: no difference of two figures is about fewer. Who is left over is in no figure. Of an eight
// there are only shares, rounded to tens, and none for what fewer than few did.
type Flow struct {
	People  int // whose endings are told
	Apart   int // who have finished, too, and are left over
	Endings map[string]Share
	Passed  map[string]Share // how many came past a passage
	At      map[string]Met   // by decision, scene and reply
}

// Met is what people did at one passage. Choices that nobody made are not in it; "" is silence.
type Met struct {
	People int
	Chose  map[string]Share
	Median time.Duration // until they chose, to five seconds; 0 when not told
}

// Told says whether there is anything to tell.
func (f *Flow) Told() bool { return f.People >= MinOthers }

// eights counts answers of people and lets them out only in whole eights.
type eights struct {
	waiting [][]string
	people  int
	count   map[string]int
}

// add counts a person's answers.
func (e *eights) add(answers ...string) {
	e.waiting = append(e.waiting, answers)
	if len(e.waiting) < MinOthers {
		return
	}
	if e.count == nil {
		e.count = map[string]int{}
	}
	for _, w := range e.waiting {
		for _, a := range w {
			e.count[a]++
		}
	}
	e.people += len(e.waiting)
	e.waiting = nil
}

// drop forgets who is left over, and says how many they are.
func (e *eights) drop() int {
	n := len(e.waiting)
	e.waiting = nil
	return n
}

func (e *eights) shares() map[string]Share {
	out := map[string]Share{}
	for a, n := range e.count {
		out[a] = share(n, e.people)
	}
	return out
}

// times are how long people took, let out in eights as well.
type times struct{ waiting, told []time.Duration }

func (t *times) add(d time.Duration) {
	if t.waiting = append(t.waiting, d); len(t.waiting) == MinOthers {
		t.told, t.waiting = append(t.told, t.waiting...), nil
	}
}

func (t *times) median() time.Duration {
	if len(t.told) < MinOthers {
		return 0
	}
	all := slices.Clone(t.told)
	slices.Sort(all)
	return all[len(all)/2].Round(5 * time.Second)
}

// flowCount gathers a Flow, delivery by delivery.
type flowCount struct {
	endings, passed eights
	chose           map[string]*eights
	times           map[string]*times
	apart           int
}

func newFlowCount() *flowCount {
	return &flowCount{chose: map[string]*eights{}, times: map[string]*times{}}
}

// next begins another delivery.
func (c *flowCount) next() {
	c.apart += c.endings.drop()
	c.passed.drop()
	for _, e := range c.chose {
		e.drop()
	}
	for _, t := range c.times {
		t.waiting = nil
	}
}

// run counts one run.
func (c *flowCount) run(r flowRun) {
	var kept []Event
	var took []time.Duration
	last := r.StartedAt
	for _, e := range r.events {
		d := e.At.Sub(last)
		last = e.At
		if e.Kind == Back {
			if len(kept) > 0 {
				kept, took = kept[:len(kept)-1], took[:len(took)-1]
			}
			continue
		}
		kept, took = append(kept, e), append(took, d)
	}
	c.endings.add(r.Ending)
	passed := []string{r.Ending}
	seen := map[string]bool{}
	for i, e := range kept {
		if seen[e.Passage] {
			continue
		}
		seen[e.Passage] = true
		passed = append(passed, e.Passage)
		c.met(e, took[i])
	}
	c.passed.add(passed...)
}

func (c *flowCount) met(e Event, took time.Duration) {
	if c.chose[e.Passage] == nil {
		c.chose[e.Passage], c.times[e.Passage] = &eights{}, &times{}
	}
	c.chose[e.Passage].add(e.Choice)
	if took > 0 && took <= LongestThought {
		c.times[e.Passage].add(took)
	}
}

func (c *flowCount) flow() Flow {
	c.next()
	f := Flow{People: c.endings.people, Apart: c.apart}
	if !f.Told() {
		return f
	}
	f.Endings, f.Passed, f.At = c.endings.shares(), c.passed.shares(), map[string]Met{}
	for at, e := range c.chose {
		if e.people < MinOthers {
			continue
		}
		f.At[at] = Met{People: e.people, Chose: e.shares(), Median: c.times[at].median()}
	}
	return f
}

// flowRun is a run that is counted.
type flowRun struct {
	ID, DeliveryID, Ending string
	StartedAt              time.Time
	events                 []Event
}

type flowRow struct {
	RunID, DeliveryID, Ending, Kind, Passage, Choice string
	StartedAt, At                                    time.Time
}

// Flow counts a scenario of a course, in one delivery or with deliveryID "" in all of them. Deliveries are counted each by
// itself, so that those with fewer than eight people are in no figure. It holds one run at a time.
func (s *Service) Flow(ctx context.Context, courseKey, activityKey, deliveryID string) (out Flow, err error) {
	q := s.db.NewSelect().TableExpr("scenario_run AS r").Join("JOIN scenario_event AS e ON e.run_id = r.id").
		ColumnExpr("r.id AS run_id, r.delivery_id, r.ending, r.started_at, e.kind, e.passage, e.choice, e.at").
		Where("r.course_key = ?", courseKey).Where("r.activity_key = ?", activityKey).Where("r.first").
		OrderExpr("r.delivery_id, r.finished_at, r.id, e.number")
	if deliveryID != "" {
		q = q.Where("r.delivery_id = ?", deliveryID)
	}
	rows, err := q.Rows(ctx)
	if err != nil {
		return out, fmt.Errorf("flow of %s/%s: %w", courseKey, activityKey, db.Err(err))
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	c, r := newFlowCount(), flowRun{}
	for rows.Next() {
		var x flowRow
		if err := s.db.ScanRow(ctx, rows, &x); err != nil {
			return out, fmt.Errorf("flow of %s/%s: %w", courseKey, activityKey, err)
		}
		if x.RunID != r.ID {
			if r.ID != "" {
				c.run(r)
				if x.DeliveryID != r.DeliveryID {
					c.next()
				}
			}
			r = flowRun{ID: x.RunID, DeliveryID: x.DeliveryID, Ending: x.Ending, StartedAt: x.StartedAt}
		}
		r.events = append(r.events, Event{Kind: x.Kind, Passage: x.Passage, Choice: x.Choice, At: x.At})
	}
	if r.ID != "" {
		c.run(r)
	}
	return c.flow(), rows.Err()
}

// Reasons why a decision is weak: nothing is decided there, or nearly nobody sees why.
const (
	WeakOneSided = "one_sided" // nearly everybody chooses the same
	WeakIdle     = "idle"      // an option that hardly anybody chooses
	WeakTrap     = "trap"      // most choose what the panel agrees is poor
	WeakSilent   = "silent"    // many let the time run out
)

// Weak says what is weak about a decision, from its shares alone.
func (m Met) Weak(p *Passage, panel *Panel) []string {
	var out []string
	poor := 0
	for _, c := range p.Choices {
		x, any := m.Chose[c.ID]
		if x.Nearly {
			out = append(out, WeakOneSided)
		}
		if (!any || x.Few) && c.When.Empty() && !slices.Contains(out, WeakIdle) {
			out = append(out, WeakIdle)
		}
		if r, ok := panel.Of(p, c); ok && r.Agreed && r.Score < .4 {
			poor += x.least()
		}
	}
	if poor >= 50 {
		out = append(out, WeakTrap)
	}
	if m.Chose[""].least() >= 20 {
		out = append(out, WeakSilent)
	}
	return out
}

// least is the smallest percentage that a share can stand for, as it is told.
func (s Share) least() int {
	switch {
	case s.Nearly:
		return 90
	case s.Few:
		return 0
	}
	return s.Percent
}
