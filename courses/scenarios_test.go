package courses_test

import (
	"fmt"
	"io/fs"
	"strings"
	"testing"
	"unicode/utf8"

	"greenroom/courses"
	"greenroom/internal/scenario"
)

// shipped are the scenarios of the shipped courses by path.
func shipped(t *testing.T) map[string]*scenario.Scenario {
	t.Helper()
	paths, err := fs.Glob(courses.Files, "*/*/*.scenario.yaml")
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]*scenario.Scenario{}
	for _, p := range paths {
		src, err := fs.ReadFile(courses.Files, p)
		if err != nil {
			t.Fatal(err)
		}
		s, found := scenario.Parse(src)
		if found.Broken() {
			t.Fatalf("%s: %v", p, found)
		}
		out[p] = s
	}
	if len(out) < 21 {
		t.Fatalf("%d scenarios, want one for each of 21 modules", len(out))
	}
	return out
}

// shape tells where each passage leads, without its words: two stories of one shape feel the same when they are played.
func shape(s *scenario.Scenario) string {
	number, queue := map[*scenario.Passage]int{s.Start: 0}, []*scenario.Passage{s.Start}
	to := func(p *scenario.Passage) int {
		n, known := number[p]
		if !known {
			n = len(queue)
			number[p], queue = n, append(queue, p)
		}
		return n
	}
	var b strings.Builder
	for i := 0; i < len(queue); i++ {
		p := queue[i]
		fmt.Fprintf(&b, "%s%s:", p.Kind, p.Outcome)
		for _, c := range p.Choices {
			fmt.Fprintf(&b, " %d", to(c.To))
			if !c.When.Empty() {
				b.WriteString("?")
			}
		}
		if p.Timer != nil {
			b.WriteString(" clock")
		}
		for _, r := range p.Routes {
			fmt.Fprintf(&b, " %d", to(r.To))
		}
		if p.To != nil {
			fmt.Fprintf(&b, " %d", to(p.To))
		}
		b.WriteString("\n")
	}
	return b.String()
}

func TestNoTwoScenariosShareAShape(t *testing.T) {
	t.Parallel()
	seen := map[string]string{}
	for path, s := range shipped(t) {
		k := shape(s)
		if other := seen[k]; other != "" {
			t.Errorf("%s and %s have the same shape:\n%s", path, other, k)
		}
		seen[k] = path
	}
}

// Who always takes the first answer, or the longest, must not find the strong one each time.
func TestStrongChoicesCannotBeGuessed(t *testing.T) {
	t.Parallel()
	decisions, first, longest := 0, 0, 0
	for path, s := range shipped(t) {
		if s.Panel == nil {
			t.Errorf("%s: no panel says which choices are strong", path)
			continue
		}
		here, hereFirst, hereLongest := 0, 0, 0
		for _, p := range s.Passages {
			if len(p.Choices) < 2 {
				continue
			}
			strong, long := 0, 0
			for i, c := range p.Choices {
				if sum(s.Panel.Ratings[p.Key][c.ID]) > sum(s.Panel.Ratings[p.Key][p.Choices[strong].ID]) {
					strong = i
				}
				if utf8.RuneCountInString(c.Text.Value) > utf8.RuneCountInString(p.Choices[long].Text.Value) {
					long = i
				}
			}
			here++
			if strong == 0 {
				hereFirst++
			}
			if strong == long {
				hereLongest++
			}
		}
		if here > 1 && (hereFirst == here || hereLongest == here) {
			t.Errorf("%s: of %d decisions the strong choice is first in %d and longest in %d", path, here, hereFirst, hereLongest)
		}
		decisions, first, longest = decisions+here, first+hereFirst, longest+hereLongest
	}
	t.Logf("%d decisions: strong is first in %d, longest in %d", decisions, first, longest)
	if first*2 > decisions || longest*2 > decisions {
		t.Errorf("of %d decisions the strong choice is first in %d and longest in %d", decisions, first, longest)
	}
}

func sum(ns []int) (total int) {
	for _, n := range ns {
		total += n
	}
	return total
}
