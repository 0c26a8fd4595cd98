package scenario

import "math"

// Bounds of exhaustive play. What is beyond them is not looked at, and the report says so.
const (
	MaxStates = 200_000
	maxEdges  = 2_000_000
	maxDraws  = 4_096 // sides of all draws of one passage together
)

// Explored is what playing every way found out.
type Explored struct {
	States  int
	Stopped bool // at a bound: the numbers are of what was seen
	Loops   bool // some state can come again
	// Paths is how many ways there are from start to an ending, draws of surprises included; 0 when there are loops
	// or play stopped. It stays at math.MaxInt64 when there are more.
	Paths int64
	// Shares is the chance of each ending when every answer, time-out and band is equally likely and draws go by
	// weight; nil when play stopped.
	Shares map[string]float64
	Low    []int32 // of each meter, as seen
	High   []int32
	Limit  []float64 // the chance that an effect brings the meter to its limit on the way

	Shortest, Longest int     // decisions and replies on a path; Longest 0 with loops
	MinMinutes        float64 // reading, choosing and writing on the quickest path
	MaxMinutes        float64 // on the slowest; 0 with loops
	passages          []bool
	choices           map[*Choice]bool
	ways              map[*RouteTo]bool
	stuck             []*Passage
	first             *Passage
	dead              []string // first answers after which no good ending is left; "" is silence
	goodLeft          bool     // a good ending can be reached at all
}

type edge struct {
	to   int32
	hit  uint32
	ways int32
	prob float64
}

type explorer struct {
	s     *Scenario
	out   *Explored
	ids   map[string]int32
	queue []Position // not yet expanded; freed as we go
	at    []int32    // passage of each state
	head  []int32    // first edge of each expanded state
	edges []edge
	buf   []byte
	first map[string][]int32 // states after each first answer
}

// Explore plays every way through a sound scenario, up to MaxStates states. It holds a few hundred bytes a state and
// takes about a second for all of them.
func (s *Scenario) Explore() *Explored {
	x := &explorer{
		s: s, ids: map[string]int32{}, first: map[string][]int32{},
		out: &Explored{passages: make([]bool, len(s.Passages)), choices: map[*Choice]bool{}, ways: map[*RouteTo]bool{}, first: s.firstDecision()},
	}
	blank := s.blank()
	for _, m := range blank.Meters {
		x.out.Low, x.out.High = append(x.out.Low, m), append(x.out.High, m)
	}
	x.move(blank, s.Start, 1, 0)
	begin := len(x.edges) // edges into the first states
	for i := 0; i < len(x.at) && !x.out.Stopped; i++ {
		x.head = append(x.head, int32(len(x.edges)))
		pos := x.queue[i]
		x.queue[i] = Position{}
		x.expand(int32(i), pos)
	}
	x.out.States = len(x.at)
	for len(x.head) <= len(x.at) {
		x.head = append(x.head, int32(len(x.edges)))
	}
	x.sum(begin)
	return x.out
}

// firstDecision is the first moment at which a learner can choose.
func (s *Scenario) firstDecision() *Passage {
	p := s.Start
	for range s.Passages {
		if p == nil || p.Kind != Scene {
			break
		}
		p = p.To
	}
	if p != nil && p.Kind == Decision {
		return p
	}
	return nil
}

// expand finds all that may follow a state.
func (x *explorer) expand(i int32, pos Position) {
	p := pos.At
	switch p.Kind {
	case Scene:
		x.s.leaveTo(x, pos, p.To, 1)
	case Decision:
		offered := pos.Offered()
		if len(offered) == 0 {
			x.out.stuck = append(x.out.stuck, p)
		}
		n := float64(len(offered))
		if p.Timer != nil {
			n++
		}
		for _, c := range offered {
			x.out.choices[c] = true
			next := pos.clone()
			var hit uint32
			x.s.leave(&next, &hit)
			x.s.choose(&next, c, &hit)
			from := len(x.edges)
			x.move(next, c.To, 1/n, hit)
			x.noteFirst(p, c.ID, from)
		}
		if p.Timer != nil {
			next := pos.clone()
			var hit uint32
			x.s.leave(&next, &hit)
			x.s.silence(&next, &hit)
			from := len(x.edges)
			x.move(next, p.Timer.To, 1/n, hit)
			x.noteFirst(p, "", from)
		}
	case Reply:
		if len(p.Bands) == 0 {
			x.s.leaveTo(x, pos, p.To, 1)
			return
		}
		for b := range p.Bands {
			next := pos.clone()
			var hit uint32
			x.s.leave(&next, &hit)
			x.s.apply(&next, p.Bands[b].Effects, &hit)
			x.move(next, p.To, 1/float64(len(p.Bands)), hit)
		}
	case Route:
		if n, to := p.way(&pos); to != nil {
			x.out.ways[&p.Routes[n]] = true
			x.s.leaveTo(x, pos, to, 1)
		}
	}
}

func (s *Scenario) leaveTo(x *explorer, pos Position, to *Passage, prob float64) {
	var hit uint32
	s.leave(&pos, &hit)
	x.move(pos, to, prob, hit)
}

func (x *explorer) noteFirst(p *Passage, label string, from int) {
	if p != x.out.first {
		return
	}
	for _, e := range x.edges[from:] {
		x.first[label] = append(x.first[label], e.to)
	}
}

// move enters a passage once for every outcome of its draws and notes an edge for each.
func (x *explorer) move(pos Position, to *Passage, prob float64, hit uint32) {
	draws := x.s.drawnAt[to]
	total, combos := 1, 1
	for _, d := range draws {
		w := 0
		for _, p := range d.Pick {
			w += p.Weight
		}
		total *= w
		if combos *= len(d.Pick); combos > maxDraws || total > math.MaxInt32 {
			x.out.Stopped = true
			return
		}
	}
	picks := make([]int, len(draws))
	for range combos {
		next := pos
		if combos > 1 {
			next = pos.clone()
		}
		weight, at, h := 1, 0, hit
		x.s.enter(&next, to, func(sp *Surprise) int {
			i := picks[at]
			weight *= sp.Pick[i].Weight
			at++
			return i
		}, &h)
		x.edge(next, prob*float64(weight)/float64(total), h)
		for i := range picks { // the next combination
			if picks[i]++; picks[i] < len(draws[i].Pick) {
				break
			}
			picks[i] = 0
		}
	}
}

func (x *explorer) edge(pos Position, prob float64, hit uint32) {
	if len(x.edges) >= maxEdges {
		x.out.Stopped = true
		return
	}
	x.buf = pos.key(x.buf)
	id, known := x.ids[string(x.buf)]
	if !known {
		if len(x.at) >= MaxStates {
			x.out.Stopped = true
			return
		}
		id = int32(len(x.at))
		x.ids[string(x.buf)] = id
		x.at = append(x.at, int32(pos.At.index))
		x.queue = append(x.queue, pos)
		x.out.passages[pos.At.index] = true
		for i, m := range pos.Meters {
			x.out.Low[i], x.out.High[i] = min(x.out.Low[i], m), max(x.out.High[i], m)
		}
	}
	x.edges = append(x.edges, edge{id, hit, 1, prob})
}
