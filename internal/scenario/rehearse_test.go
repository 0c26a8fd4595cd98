package scenario_test

import (
	"math/rand/v2"
	"os"
	"reflect"
	"strings"
	"testing"

	"greenroom/internal/scenario"
)

// Whatever is played, its token gives the same run again; what is no token gives none, and never fails otherwise.
func TestRehearsalsComeBackFromTheirTokens(t *testing.T) {
	t.Parallel()
	src, err := os.ReadFile("testdata/cheerful-outage.yaml")
	if err != nil {
		t.Fatal(err)
	}
	s, _ := scenario.Parse(src)
	r := rand.New(rand.NewPCG(1, 2))
	for n := range 300 {
		from := scenario.From{Meters: map[string]int{}}
		if n%2 == 1 {
			from = scenario.From{At: s.Passages[r.IntN(len(s.Passages))], Flags: []string{"owned_up"}, Meters: map[string]int{"trust": r.IntN(200) - 50}}
		}
		a := s.Rehearse(from, scenario.TimingLong)
		for range 40 {
			now := a.Story.Now()
			m := scenario.Move{Kind: scenario.Continued}
			switch {
			case r.IntN(6) == 0:
				m.Kind = scenario.Back
			case now.Passage.Kind == scenario.Reply:
				m = scenario.Move{Kind: scenario.Replied, Points: r.IntN(10)}
			case now.Passage.Kind == scenario.Decision && r.IntN(5) == 0:
				m.Kind = scenario.Silent
			case len(now.Offered) > 0:
				m = scenario.Move{Kind: scenario.Chose, Choice: now.Offered[r.IntN(len(now.Offered))].ID}
			}
			_ = a.Do(m) // what does not fit changes nothing
		}
		b, ok := s.Resume(a.Token())
		if !ok || b.Token() != a.Token() || !reflect.DeepEqual(a.Story.Path(), b.Story.Path()) || !reflect.DeepEqual(a.Story.Now().Meters, b.Story.Now().Meters) {
			t.Fatalf("%q comes back as %q: %v, %v", a.Token(), b.Token(), a.Story.Path(), b.Story.Path())
		}
		bad := []byte(a.Token())
		bad[r.IntN(len(bad))] = byte(32 + r.IntN(90))
		_, _ = s.Resume(string(bad))
	}
	for _, bad := range []string{"", "~~~~~", "-1~~~~on~", "zz~nowhere~~~on~", "1~~~~on", strings.Repeat("1", 5000) + "~~~~on~", "1~~~~on~99999999999999999999999;"} {
		if x, ok := s.Resume(bad); ok && len(x.Story.Moves()) > 0 {
			t.Errorf("%q is a rehearsal", bad)
		}
	}
}
