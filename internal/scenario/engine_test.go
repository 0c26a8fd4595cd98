package scenario_test

import (
	"math"
	"os"
	"strings"
	"testing"
	"time"

	"greenroom/internal/scenario"
)

func example(t testing.TB) []byte {
	t.Helper()
	src, err := os.ReadFile("testdata/cheerful-outage.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return src
}

// The example of the design: what it counts, what it ends in, and the two warnings that are right for it.
func TestExample(t *testing.T) {
	start := time.Now() // alone: other tests would be in the time
	r := scenario.Lint(example(t))
	if took := time.Since(start); took > 500*time.Millisecond {
		t.Errorf("checked in %s, want half a second at most", took)
	}
	for _, f := range r.Findings {
		t.Log(f)
	}
	if r.Findings.Broken() || r.Explored == nil {
		t.Fatal("the example has errors")
	}
	x := r.Explored
	if x.Paths != 333 || x.States != 748 {
		t.Errorf("%d paths and %d states, want 333 and 748", x.Paths, x.States)
	}
	for ending, want := range map[string]float64{"mixed": .60, "headline": .27, "steady": .13} {
		if got := x.Shares[ending]; math.Abs(got-want) > .005 {
			t.Errorf("%s: %.4f, want %.2f", ending, got, want)
		}
	}
	trust := r.Scenario.MeterIndex("trust")
	if x.Low[trust] != 16 || x.High[trust] != 80 {
		t.Errorf("trust runs from %d to %d, want 16 to 80", x.Low[trust], x.High[trust])
	}
	var warned []string
	for _, f := range r.Findings {
		if f.Warning() {
			warned = append(warned, f.Code+" "+f.At)
		}
	}
	if got := strings.Join(warned, ", "); got != "W37 lunch.delete, W36 facts.codevelop" {
		t.Errorf("warnings: %s", got)
	}
}

// Scores and agreement as the design computes them.
func TestPanel(t *testing.T) {
	t.Parallel()
	s, _ := scenario.Parse(example(t))
	for at, want := range map[string]struct{ mean, score float64 }{
		"lunch.own": {6.43, 1}, "lunch.check": {5.43, .80}, "lunch.argue": {1.57, .03}, "lunch.delete": {1.43, 0}, "rumour.deny": {3.14, .32},
	} {
		d, c, _ := strings.Cut(at, ".")
		p := s.Passage(d)
		r, ok := s.Panel.Of(p, p.Choice(c))
		if !ok || !r.Agreed || math.Abs(r.Mean-want.mean) > .005 || math.Abs(r.Score-want.score) > .005 {
			t.Errorf("%s: %+v, want mean %.2f and score %.2f", at, r, want.mean, want.score)
		}
	}
	p := s.Passage("facts")
	if r, _ := s.Panel.Of(p, p.Choice("codevelop")); r.Agreed || math.Abs(r.Agreement-.107) > .001 {
		t.Errorf("codevelop: %+v, want no agreement, 0.11", r)
	}
}
