package scenario

import "math"

// out returns the edges that leave a state.
func (x *explorer) from(i int32) []edge { return x.edges[x.head[i]:x.head[i+1]] }

// sum adds up what exploration found. The first edges lead from nowhere to the first states.
func (x *explorer) sum(begin int) {
	order := x.order()
	if x.out.Stopped {
		return
	}
	starts := x.edges[:begin]
	x.paths(order, starts)
	x.shares(order, starts)
	x.limits(order, starts)
	x.lengths(order, starts)
	x.firsts()
}

// order is every state after all that follow it (as far as there are no loops).
func (x *explorer) order() []int32 {
	type frame struct{ state, next int32 }
	mark := make([]byte, len(x.at)) // 1: being walked, 2: done
	order := make([]int32, 0, len(x.at))
	var stack []frame
	for root := range x.at {
		if mark[root] != 0 {
			continue
		}
		stack = append(stack[:0], frame{int32(root), 0})
		mark[root] = 1
		for len(stack) > 0 {
			f := &stack[len(stack)-1]
			edges := x.from(f.state)
			if int(f.next) == len(edges) {
				mark[f.state] = 2
				order = append(order, f.state)
				stack = stack[:len(stack)-1]
				continue
			}
			to := edges[f.next].to
			f.next++
			switch mark[to] {
			case 0:
				mark[to] = 1
				stack = append(stack, frame{to, 0})
			case 1:
				x.out.Loops = true
			}
		}
	}
	return order
}

func (x *explorer) ending(i int32) bool { return x.s.Passages[x.at[i]].Kind == Ending }

func (x *explorer) paths(order []int32, starts []edge) {
	if x.out.Loops {
		return
	}
	n := make([]int64, len(x.at))
	add := func(edges []edge) (sum int64) {
		for _, e := range edges {
			if sum > math.MaxInt64-n[e.to] {
				return math.MaxInt64
			}
			sum += n[e.to]
		}
		return sum
	}
	for _, i := range order {
		if n[i] = add(x.from(i)); x.ending(i) {
			n[i] = 1
		}
	}
	x.out.Paths = add(starts)
}

// rounds bounds the sweeps over a graph with loops by the work they may take.
func (x *explorer) rounds() int { return max(20, min(2000, 40_000_000/max(len(x.edges), 1))) }

func (x *explorer) shares(order []int32, starts []edge) {
	x.out.Shares = map[string]float64{}
	for _, p := range x.s.Endings() {
		x.out.Shares[p.Key] = 0
	}
	mass := make([]float64, len(x.at))
	for _, e := range starts {
		mass[e.to] += e.prob
	}
	rounds := 1
	if x.out.Loops {
		rounds = x.rounds()
	}
	for range rounds {
		left := 0.0
		for k := len(order) - 1; k >= 0; k-- {
			i := order[k]
			m := mass[i]
			if m == 0 {
				continue
			}
			mass[i] = 0
			if x.ending(i) {
				x.out.Shares[x.s.Passages[x.at[i]].Key] += m
				continue
			}
			for _, e := range x.from(i) {
				mass[e.to] += m * e.prob
			}
		}
		for _, m := range mass {
			left += m
		}
		if left < 1e-9 {
			break
		}
	}
}

// limits finds for each meter the chance that an effect brings it to its limit before the end.
func (x *explorer) limits(order []int32, starts []edge) {
	x.out.Limit = make([]float64, len(x.s.Meters))
	seen := uint32(0)
	for _, e := range x.edges {
		seen |= e.hit
	}
	h := make([]float64, len(x.at))
	for m := range x.s.Meters {
		if seen&(1<<m) == 0 {
			continue
		}
		clear(h)
		value := func(edges []edge) (sum float64) {
			for _, e := range edges {
				if e.hit&(1<<m) != 0 {
					sum += e.prob
				} else {
					sum += e.prob * h[e.to]
				}
			}
			return sum
		}
		rounds := 1
		if x.out.Loops {
			rounds = x.rounds()/len(x.s.Meters) + 1
		}
		for range rounds {
			moved := 0.0
			for _, i := range order {
				was := h[i]
				h[i] = value(x.from(i))
				moved = max(moved, math.Abs(h[i]-was))
			}
			if moved < 1e-7 {
				break
			}
		}
		x.out.Limit[m] = value(starts)
	}
}

const far = 1 << 30

// lengths measures the shortest and the longest path, in answers and in minutes.
func (x *explorer) lengths(order []int32, starts []edge) {
	cost := make([]float64, len(x.s.Passages))
	answers := make([]int, len(x.s.Passages))
	for i, p := range x.s.Passages {
		cost[i] = x.s.minutesAt(p)
		if p.Kind == Decision || p.Kind == Reply {
			answers[i] = 1
		}
	}
	n := len(x.at)
	short, quick := make([]int, n), make([]float64, n)
	long, slow := make([]int, n), make([]float64, n)
	for i := range short {
		short[i], quick[i] = far, far
	}
	low := func(edges []edge) (int, float64) {
		s, q := far, float64(far)
		for _, e := range edges {
			s, q = min(s, short[e.to]), min(q, quick[e.to])
		}
		return s, q
	}
	high := func(edges []edge) (l int, w float64) {
		for _, e := range edges {
			l, w = max(l, long[e.to]), max(w, slow[e.to])
		}
		return l, w
	}
	rounds := 1
	if x.out.Loops {
		rounds = x.rounds()
	}
	for range rounds {
		moved := false
		for _, i := range order {
			p := x.at[i]
			s, q := low(x.from(i))
			l, w := high(x.from(i))
			if x.ending(i) {
				s, q, l, w = 0, 0, 0, 0
			}
			s, q = min(s+answers[p], far), min(q+cost[p], far)
			moved = moved || s != short[i] || q != quick[i]
			short[i], quick[i] = s, q
			if !x.out.Loops {
				long[i], slow[i] = l+answers[p], w+cost[p]
			}
		}
		if !moved {
			break
		}
	}
	x.out.Shortest, x.out.MinMinutes = low(starts)
	x.out.Longest, x.out.MaxMinutes = high(starts)
}

// firsts finds which first answers leave no good ending.
func (x *explorer) firsts() {
	back := make([][]int32, len(x.at))
	for i := range x.at {
		for _, e := range x.from(int32(i)) {
			back[e.to] = append(back[e.to], int32(i))
		}
	}
	good := make([]bool, len(x.at))
	var queue []int32
	for i := range x.at {
		if p := x.s.Passages[x.at[i]]; p.Kind == Ending && p.Outcome == Good {
			good[i] = true
			queue = append(queue, int32(i))
		}
	}
	x.out.goodLeft = len(queue) > 0
	for len(queue) > 0 {
		i := queue[0]
		queue = queue[1:]
		for _, b := range back[i] {
			if !good[b] {
				good[b] = true
				queue = append(queue, b)
			}
		}
	}
	if !x.out.goodLeft || x.out.first == nil {
		return
	}
	labels := []string{}
	for _, c := range x.out.first.Choices {
		labels = append(labels, c.ID)
	}
	if x.out.first.Timer != nil {
		labels = append(labels, "")
	}
	for _, l := range labels {
		any := false
		for _, to := range x.first[l] {
			any = any || good[to]
		}
		if !any && len(x.first[l]) > 0 {
			x.out.dead = append(x.out.dead, l)
		}
	}
}
