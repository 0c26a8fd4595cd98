package scenario

import (
	"errors"
	"fmt"
	"slices"
)

// Kinds of moves.
const (
	Chose     = "chose"     // a choice of a decision
	Silent    = "silent"    // the clock ran out
	Replied   = "replied"   // a reply was sent and marked
	Continued = "continued" // on from a scene
	Back      = "back"      // the move before is taken back
	Delivered = "delivered" // of a story that somebody leads: a message was sent; Choice is its id
)

// Move is what a learner does: one line of a run's log.
type Move struct {
	Kind   string
	At     string // the passage where it is made; "" for Back
	Choice string // of Chose
	Points int    // of Replied: the learner's own total
}

// MaxMoves bounds a run, for stories with loops.
const MaxMoves = 500

// Faults of moves. They mean that the move does not belong here; nothing has changed.
var (
	ErrOver     = errors.New("the story is over")
	ErrElse     = errors.New("the story stands at another passage")
	ErrNoChoice = errors.New("this choice is not on offer")
	ErrNoBack   = errors.New("there is nothing to take back")
	ErrNoInject = errors.New("this message is not there to be sent")
	ErrTooLong  = errors.New("the run is too long")
)

// Moment is one passage as a run met it: what arrived with it, and how it was left.
type Moment struct {
	Passage *Passage
	Number  int            // from 1
	Posts   []Post         // new in the feed, in order of appearance
	Letters []*Inject      // that arrived on entering
	Meters  []int32        // after entering
	Offered []*Choice      // of a decision
	Drawn   map[string]int // surprise: pick
	Came    []Change       // what entering did to the meters
	Sent    []*Inject      // of a story that somebody leads: what they sent while it stood here
	Did     []Change       // what that did to the meters

	Move   *Move     // nil: the run stands here
	Choice *Choice   // of Chose
	Late   []*Inject // that arrived before it was left
	Moved  []Change  // what the move did to the meters, late messages included
	After  []int32   // meters after the move, before the next moment
}

// Change is how a meter moved.
type Change struct {
	Meter    *Meter
	From, To int
}

// By is the change's size, with its sign.
func (c Change) By() int { return c.To - c.From }

// Better says whether the change is in the good direction.
func (c Change) Better() bool { return (c.To > c.From) == c.Meter.HighIsGood }

// Story is one run, as its seed and moves make it.
type Story struct {
	Scenario *Scenario
	Seed     int64
	Moments  []*Moment
	log      []Move // effective: without what was taken back
	all      int    // moves ever made
	undone   bool   // the last move was Back

	pos    Position
	visits []int
	from   From
	led    bool
}

// From is where a run begins that is only tried out: at any passage, with flags set and meters as wished. The zero From is
// the story's own beginning. Conditions on what was chosen or seen before find nothing.
type From struct {
	At     *Passage
	Flags  []string
	Meters map[string]int // within the meter's range; those not named begin as the story says
}

// Begin starts a run. The scenario must be sound.
func (s *Scenario) Begin(seed int64) *Story {
	t := &Story{Scenario: s, Seed: seed}
	t.reset()
	return t
}

// BeginFrom starts a run at another place.
func (s *Scenario) BeginFrom(seed int64, from From) *Story {
	t := &Story{Scenario: s, Seed: seed, from: from}
	t.reset()
	return t
}

// BeginLed starts a run that somebody leads, as in a workshop: messages marked for a facilitator arrive only when they are
// sent (Delivered), and any message may be sent before its time.
func (s *Scenario) BeginLed(seed int64) *Story {
	t := &Story{Scenario: s, Seed: seed, led: true}
	t.reset()
	return t
}

func (t *Story) reset() {
	s := t.Scenario
	t.pos, t.visits, t.Moments = s.blank(), make([]int, len(s.Passages)), nil
	if t.led {
		t.pos.sent = map[*Inject]bool{}
	}
	for _, f := range t.from.Flags {
		if i, ok := s.flag[f]; ok {
			t.pos.Flags.add(i)
		}
	}
	for key, v := range t.from.Meters {
		if i, ok := s.meter[key]; ok {
			t.pos.Meters[i] = int32(max(s.Meters[i].Min, min(s.Meters[i].Max, v)))
		}
	}
	at := t.from.At
	if at == nil {
		at = s.Start
	}
	t.enter(at)
}

// Replay makes a run from its log. It fails where a move does not fit: then the log is of another scenario.
func (s *Scenario) Replay(seed int64, log []Move) (*Story, error) {
	t := s.Begin(seed)
	return t, t.replay(log)
}

// ReplayLed is Replay for a run that somebody leads.
func (s *Scenario) ReplayLed(seed int64, log []Move) (*Story, error) {
	t := s.BeginLed(seed)
	return t, t.replay(log)
}

func (t *Story) replay(log []Move) error {
	for i, m := range log {
		if err := t.Do(m); err != nil {
			return fmt.Errorf("move %d (%s at %q): %w", i+1, m.Kind, m.At, err)
		}
	}
	return nil
}

// Now is the moment at which the run stands.
func (t *Story) Now() *Moment { return t.Moments[len(t.Moments)-1] }

// Before is the moment that was left last, or nil.
func (t *Story) Before() *Moment {
	for i := len(t.Moments) - 2; i >= 0; i-- {
		if t.Moments[i].Passage.Kind != Route {
			return t.Moments[i]
		}
	}
	return nil
}

// Over says whether an ending was reached.
func (t *Story) Over() bool { return t.Now().Passage.Kind == Ending }

// Moves are the moves that count, in order.
func (t *Story) Moves() []Move { return slices.Clone(t.log) }

// Made is how many moves were made, those taken back included.
func (t *Story) Made() int { return t.all }

// CanGoBack says whether the last move may be taken back: the scenario allows it, it was no reply, it did not end the
// story, and it was no taking back.
func (t *Story) CanGoBack() bool {
	if !t.Scenario.Back || t.undone || len(t.log) == 0 || t.Over() {
		return false
	}
	return t.log[len(t.log)-1].Kind != Replied
}

// Meter is the value of a meter now.
func (t *Story) Meter(m *Meter) int { return int(t.pos.Meters[m.index]) }

// Do makes a move. When it does not fit, the error says why and nothing has changed.
func (t *Story) Do(m Move) error {
	if t.all >= MaxMoves {
		return ErrTooLong
	}
	switch m.Kind {
	case Back:
		return t.back()
	case Delivered:
		return t.deliver(m)
	}
	now := t.Now()
	p := now.Passage
	switch {
	case p.Kind == Ending:
		return ErrOver
	case m.At != p.Key:
		return ErrElse
	}
	var to *Passage
	var choice *Choice
	var do func()
	s, x := t.Scenario, &t.pos
	switch {
	case p.Kind == Scene && m.Kind == Continued:
		to, do = p.To, func() {}
	case p.Kind == Decision && m.Kind == Chose:
		i := slices.IndexFunc(now.Offered, func(c *Choice) bool { return c.ID == m.Choice })
		if i < 0 {
			return ErrNoChoice
		}
		choice = now.Offered[i]
		to, do = choice.To, func() { s.choose(x, choice, nil) }
	case p.Kind == Decision && m.Kind == Silent && p.Timer != nil:
		to, do = p.Timer.To, func() { s.silence(x, nil) }
	case p.Kind == Reply && m.Kind == Replied:
		points := max(0, min(m.Points, p.MaxPoints()))
		to, do = p.To, func() {
			if b := p.band(points); b != nil {
				s.apply(x, b.Effects, nil)
			}
		}
	default:
		return ErrElse
	}
	t.leave(do)
	now.Move, now.Choice = &m, choice
	t.log = append(t.log, m)
	t.all++
	t.undone = false
	t.enter(to)
	return nil
}

// deliver lets a message arrive where a led story stands, whatever passage it was written for; each does once.
func (t *Story) deliver(m Move) error {
	if t.Over() {
		return ErrOver
	}
	i := slices.IndexFunc(t.Scenario.Injects, func(in *Inject) bool { return in.ID == m.Choice })
	if !t.led || i < 0 || t.pos.sent[t.Scenario.Injects[i]] {
		return ErrNoInject
	}
	in, now, before := t.Scenario.Injects[i], t.Now(), slices.Clone(t.pos.Meters)
	t.Scenario.apply(&t.pos, in.Effects, nil)
	t.pos.sent[in] = true
	now.Sent, now.Did = append(now.Sent, in), append(now.Did, t.changes(before)...)
	t.log = append(t.log, m)
	t.all++
	return nil
}

// Held are the messages that a led story has not met yet, in file order.
func (t *Story) Held() []*Inject {
	var out []*Inject
	for _, in := range t.Scenario.Injects {
		if t.led && !t.pos.sent[in] {
			out = append(out, in)
		}
	}
	return out
}

func (t *Story) back() error {
	if !t.CanGoBack() {
		return ErrNoBack
	}
	log := t.log[:len(t.log)-1]
	t.log = nil
	all := t.all
	t.reset()
	for _, m := range log {
		if err := t.Do(m); err != nil {
			return err // cannot be: the same moves were made before
		}
	}
	t.all, t.undone = all+1, true
	return nil
}

// leave lets what is on its way arrive, then does what the move does.
func (t *Story) leave(do func()) {
	now := t.Now()
	before := slices.Clone(t.pos.Meters)
	now.Late = t.Scenario.leave(&t.pos, nil)
	do()
	now.After = slices.Clone(t.pos.Meters)
	now.Moved = t.changes(before)
}

func (t *Story) changes(before []int32) []Change {
	var out []Change
	for i, m := range t.Scenario.Meters {
		if before[i] != t.pos.Meters[i] {
			out = append(out, Change{m, int(before[i]), int(t.pos.Meters[i])})
		}
	}
	return out
}

// enter goes to a passage, and on through routes.
func (t *Story) enter(to *Passage) {
	for range maxPassages + 1 { // the checker refuses circles of routes
		before := slices.Clone(t.pos.Meters)
		visit := t.visits[to.index]
		t.visits[to.index]++
		a := t.Scenario.enter(&t.pos, to, func(sp *Surprise) int { return draw(t.Seed, sp, visit) }, nil)
		now := &Moment{
			Passage: to, Number: len(t.Moments) + 1, Letters: a.injects, Meters: slices.Clone(t.pos.Meters),
			Offered: t.pos.Offered(), Drawn: map[string]int{}, Came: t.changes(before),
		}
		for _, l := range a.later {
			now.Posts = append(now.Posts, l.Feed...)
		}
		for _, d := range a.drawn {
			now.Posts = append(now.Posts, d.surprise.Pick[d.pick].Feed...)
			now.Drawn[d.surprise.ID] = d.pick
		}
		now.Posts = append(now.Posts, to.Feed...)
		t.Moments = append(t.Moments, now)
		if to.Kind != Route {
			return
		}
		_, next := to.way(&t.pos)
		if next == nil {
			return
		}
		t.leave(func() {})
		to = next
	}
}

// Path is the keys of the passages that the run came through, routes left out.
func (t *Story) Path() []string {
	var out []string
	for _, m := range t.Moments {
		if m.Passage.Kind != Route {
			out = append(out, m.Passage.Key)
		}
	}
	return out
}
