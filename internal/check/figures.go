package check

import (
	"context"
	"fmt"
	"math"
	"time"

	"greenroom/internal/course"
	"greenroom/internal/db"
)

// How many people a figure needs.
const (
	Least     = 10  // below: nothing is told
	Early     = 30  // below: an early sign
	BySkill   = 100 // from: each skill by itself
	leastEach = 3   // of each sequence
)

// Hasty is the time below which a run was clicked through: eight seconds a situation.
const Hasty = 80 * time.Second

// Estimate is what a group gained, in points of 100.
type Estimate struct {
	People          int
	Before, After   float64 // mean of the two sequences' means
	Gain, Low, High float64 // After - Before, and its range at 95 in 100
	FormA, FormB    float64 // mean of those who met the form first: how hard the forms are
	Hurried         int     // of People, those with a run below Hasty
}

// Clear says whether the range leaves out no gain at all.
func (e *Estimate) Clear() bool { return e.Low > 0 || e.High < 0 }

// Early says whether there are so few people that it is a first sign.
func (e *Estimate) Early() bool { return e.People < Early }

// pair is one person's shares of the points, of 100, before and after.
type pair struct {
	sequence      string
	before, after float64
	hurried       bool
}

// estimate is the plain mean of the two sequences' mean gains, so that how hard a form is cancels out; nil when there are
// too few people for it. The range is Welch's for two groups of unequal spread.
func estimate(all []pair) *Estimate {
	var by [2]group
	out := &Estimate{}
	for _, p := range all {
		g := &by[0]
		if p.sequence == BA {
			g = &by[1]
		}
		g.add(p)
		if p.hurried {
			out.Hurried++
		}
	}
	a, b := &by[0], &by[1]
	if out.People = len(all); out.People < Least || a.n < leastEach || b.n < leastEach {
		return nil
	}
	out.FormA, out.FormB = a.before(), b.before()
	out.Before, out.Gain = (a.before()+b.before())/2, (a.gain()+b.gain())/2
	out.After = out.Before + out.Gain
	va, vb := a.variance()/float64(a.n), b.variance()/float64(b.n)
	if va+vb == 0 {
		out.Low, out.High = out.Gain, out.Gain
		return out
	}
	freedom := (va + vb) * (va + vb) / (va*va/float64(a.n-1) + vb*vb/float64(b.n-1))
	half := quantile(freedom) * math.Sqrt(va+vb) / 2
	out.Low, out.High = out.Gain-half, out.Gain+half
	return out
}

// group sums up one sequence.
type group struct {
	n                  int
	sumBefore, sumGain float64
	squares            float64 // of gains
}

func (g *group) add(p pair) {
	d := p.after - p.before
	g.n++
	g.sumBefore += p.before
	g.sumGain += d
	g.squares += d * d
}

func (g *group) before() float64 { return g.sumBefore / float64(g.n) }
func (g *group) gain() float64   { return g.sumGain / float64(g.n) }
func (g *group) variance() float64 {
	return max(0, (g.squares-g.sumGain*g.gain())/float64(g.n-1))
}

// quantile is the point that Student's t stays below with 97.5 in 100, for degrees of freedom of 2 and more: the series of
// Abramowitz and Stegun 26.7.5. At 4 it is 0.3 in 100 too small, at 10 it is exact to four digits.
func quantile(freedom float64) float64 {
	const z = 1.959964
	z3, z5, z7 := z*z*z, math.Pow(z, 5), math.Pow(z, 7)
	return z + (z3+z)/(4*freedom) + (5*z5+16*z3+3*z)/(96*freedom*freedom) + (3*z7+19*z5+17*z3-15*z)/(384*freedom*freedom*freedom)
}

// Figures are what is told of a group that took both checks.
type Figures struct {
	Taught, Untaught *Estimate // nil when there are too few people
	Unhurried        *Estimate // Taught without those who clicked through; nil when nobody did or too few are left
	Skills           []Skill   // from BySkill people on
}

// Told says whether there are enough people for numbers.
func (f *Figures) Told() bool { return f.Taught != nil }

// Skill is the gain in one skill.
type Skill struct {
	Name   string
	Taught bool
	*Estimate
}

// score is one answer of somebody who handed in both.
type score struct {
	PersonID, DeliveryID, Sequence, Occasion, Family string
	Points                                           int
	StartedAt, SubmittedAt                           time.Time
}

// Figures sums up a delivery, or all of a course when deliveryID is "". In the latter deliveries in which fewer than Least
// people took both are left out: what is told of the others would tell of them. It is the only function that reads answers
// across people, and it gives no number of fewer than Least.
func (s *Service) Figures(ctx context.Context, rev *course.Revision, deliveryID string) (*Figures, error) {
	c, _ := Of(rev)
	if c == nil {
		return nil, errNone
	}
	var rows []score
	q := s.db.NewSelect().TableExpr("check_run AS r").
		ColumnExpr("r.person_id, l.delivery_id, r.sequence, r.occasion, a.family, a.points, r.started_at, r.submitted_at").
		Join("JOIN check_answer AS a ON a.run_id = r.id").
		// The delivery of the second is where the course was completed.
		Join("JOIN check_run AS l ON l.person_id = r.person_id AND l.course_key = r.course_key AND l.occasion = ? AND l.submitted_at IS NOT NULL", After).
		Join("JOIN check_run AS f ON f.person_id = r.person_id AND f.course_key = r.course_key AND f.occasion = ? AND f.submitted_at IS NOT NULL", Before).
		Where("r.course_key = ?", rev.Key).OrderExpr("r.person_id, r.occasion, a.family")
	if deliveryID != "" {
		q = q.Where("l.delivery_id = ?", deliveryID)
	}
	if err := q.Scan(ctx, &rows); err != nil {
		return nil, fmt.Errorf("sum up checks: %w", db.Err(err))
	}
	people := tally(c, rows)
	if deliveryID == "" {
		people = enough(people)
	}
	out := &Figures{Taught: estimate(pairs(people, func(f *Family) bool { return f.Taught }, c))}
	if !out.Told() {
		return out, nil
	}
	out.Untaught = estimate(pairs(people, func(f *Family) bool { return !f.Taught }, c))
	if out.Taught.Hurried > 0 {
		var calm []*person
		for _, p := range people {
			if !p.hurried {
				calm = append(calm, p)
			}
		}
		out.Unhurried = estimate(pairs(calm, func(f *Family) bool { return f.Taught }, c))
	}
	if len(people) >= BySkill {
		for _, f := range c.Families {
			out.Skills = append(out.Skills, Skill{f.Skill, f.Taught, estimate(pairs(people, func(x *Family) bool { return x == f }, c))})
		}
	}
	return out, nil
}

// person is what somebody who took both got, in halves of a point by family.
type person struct {
	sequence, delivery string
	hurried            bool
	before, after      map[string]int
}

func tally(c *Content, rows []score) []*person {
	var out []*person
	by := map[string]*person{}
	for _, r := range rows {
		p := by[r.PersonID]
		if p == nil {
			p = &person{sequence: r.Sequence, delivery: r.DeliveryID, before: map[string]int{}, after: map[string]int{}}
			by[r.PersonID], out = p, append(out, p)
		}
		p.hurried = p.hurried || r.SubmittedAt.Sub(r.StartedAt) < Hasty
		if r.Occasion == Before {
			p.before[r.Family] = r.Points
		} else {
			p.after[r.Family] = r.Points
		}
	}
	return out
}

// enough leaves out the people of deliveries with fewer than Least of them.
func enough(people []*person) []*person {
	n := map[string]int{}
	for _, p := range people {
		n[p.delivery]++
	}
	var out []*person
	for _, p := range people {
		if n[p.delivery] >= Least {
			out = append(out, p)
		}
	}
	return out
}

// pairs are the shares that people got of the families that count; who met none of them both times is left out.
func pairs(people []*person, counts func(*Family) bool, c *Content) []pair {
	var out []pair
	for _, p := range people {
		n, before, after := 0, 0, 0
		for _, f := range c.Families {
			b, had := p.before[f.Key]
			a, has := p.after[f.Key]
			if counts(f) && had && has {
				n, before, after = n+1, before+b, after+a
			}
		}
		if n > 0 {
			out = append(out, pair{p.sequence, 50 * float64(before) / float64(n), 50 * float64(after) / float64(n), p.hurried})
		}
	}
	return out
}
