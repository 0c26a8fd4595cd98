package check

import (
	"math"
	"math/rand/v2"
	"testing"
)

// The simulation of the design: people differ in skill, the forms in how hard they are, every answer has its luck. Whatever
// the number of people, the range has to hold the true gain in 93 to 97 of 100 groups: it would be too bold or too shy
// otherwise.
func TestTheRangeHoldsTheGain(t *testing.T) {
	t.Parallel()
	const groups, gain = 4000, 10.0
	for _, n := range []int{12, 30, 60, 240} {
		r := rand.New(rand.NewPCG(uint64(n), 7))
		held, sum := 0, 0.0
		for range groups {
			e := estimate(simulated(r, n, gain, 6))
			sum += e.Gain
			if e.Low <= gain && gain <= e.High {
				held++
			}
		}
		if share := 100 * float64(held) / groups; share < 93 || share > 97 {
			t.Errorf("%d people: the range holds the gain in %.1f of 100 groups", n, share)
		}
		if mean := sum / groups; math.Abs(mean-gain) > 0.6 { // however much harder form B is
			t.Errorf("%d people: the gain is told as %.2f, it is %.0f", n, mean, gain)
		}
	}
}

// simulated deals n people the two sequences by turns. Form B is harder by so many points.
func simulated(r *rand.Rand, n int, gain, harder float64) []pair {
	out := make([]pair, n)
	for i := range out {
		skill := 55 + 12*r.NormFloat64()
		first, second := skill+15*r.NormFloat64(), skill+gain+15*r.NormFloat64()
		out[i] = pair{AB, first, second - harder, false}
		if i%2 == 1 {
			out[i] = pair{BA, first - harder, second, false}
		}
	}
	return out
}

// If everybody answered form A first, a form that is easier would pass for learning.
func TestAnUncrossedOrderWouldBeTakenIn(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	all := simulated(r, 400, 0, -10) // nothing is learnt; form B is easier
	crossed := estimate(all)
	if crossed.Clear() {
		t.Errorf("a gain of %.1f (%.1f to %.1f) is told where there is none", crossed.Gain, crossed.Low, crossed.High)
	}
	var one float64
	for _, p := range all {
		if p.sequence == AB {
			one += (p.after - p.before) / 200
		}
	}
	if one < 5 {
		t.Errorf("the half that met the easier form second gained %.1f: the test shows nothing", one)
	}
}

func TestTooFewPeopleAreNotTold(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(3, 4))
	all := simulated(r, 40, 10, 0)
	if estimate(all[:Least-1]) != nil {
		t.Error("nine people are told")
	}
	if e := estimate(all[:Least]); e == nil || !e.Early() {
		t.Errorf("ten people are %+v, want an early sign", e)
	}
	if e := estimate(all); e == nil || e.Early() {
		t.Errorf("forty people are %+v", e)
	}
	var one []pair
	for _, p := range all {
		if p.sequence == AB || len(one) == 1 {
			one = append(one, p)
		}
	}
	if estimate(one[:12]) != nil {
		t.Error("a sequence of two people is told")
	}
}

// Values of the t distribution from tables.
func TestQuantile(t *testing.T) {
	t.Parallel()
	for freedom, want := range map[float64]float64{4: 2.776, 10: 2.228, 30: 2.042, 120: 1.980} {
		if got := quantile(freedom); math.Abs(got-want)/want > 0.004 {
			t.Errorf("quantile(%.0f) = %.4f, want %.3f", freedom, got, want)
		}
	}
}
