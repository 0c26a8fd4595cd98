package scenario_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"greenroom/internal/scenario"
)

func parsed(t testing.TB, src []byte) *scenario.Scenario {
	t.Helper()
	r := scenario.Lint(src)
	if r.Findings.Broken() {
		t.Fatalf("errors:\n%s", list(r.Findings))
	}
	return r.Scenario
}

// anyMove draws something a learner may do now; also taking back, and now and then nonsense.
func anyMove(rt *rapid.T, s *scenario.Story) scenario.Move {
	now := s.Now()
	m := scenario.Move{At: now.Passage.Key}
	if rapid.IntRange(0, 9).Draw(rt, "back") == 0 {
		return scenario.Move{Kind: scenario.Back}
	}
	switch now.Passage.Kind {
	case scenario.Scene:
		m.Kind = scenario.Continued
	case scenario.Reply:
		m.Kind, m.Points = scenario.Replied, rapid.IntRange(-2, 12).Draw(rt, "points")
	case scenario.Decision:
		n := rapid.IntRange(0, len(now.Offered)).Draw(rt, "choice")
		if n == len(now.Offered) {
			m.Kind = scenario.Silent
		} else {
			m.Kind, m.Choice = scenario.Chose, now.Offered[n].ID
		}
	}
	return m
}

func state(s *scenario.Story) string {
	var b strings.Builder
	fmt.Fprint(&b, s.Path(), s.Now().Meters, s.Over(), s.CanGoBack())
	for _, m := range s.Moments {
		fmt.Fprint(&b, m.Drawn, m.Meters, m.After, len(m.Posts), len(m.Letters), len(m.Late))
	}
	return b.String()
}

// worlds are the scenarios that the properties are held against.
func worlds(t *testing.T) map[string]*scenario.Scenario {
	return map[string]*scenario.Scenario{"example": parsed(t, example(t)), "loop": parsed(t, []byte(loop)), "generated": parsed(t, generated(12))}
}

// The same seed and choices give the same path; replaying a run's log, whole or after any stop, gives the same run;
// meters stay in range; what is refused changes nothing.
func TestStoryProperties(t *testing.T) {
	t.Parallel()
	for name, s := range worlds(t) {
		t.Run(name, func(t *testing.T) {
			rapid.Check(t, func(rt *rapid.T) {
				seed := rapid.Int64().Draw(rt, "seed")
				a, b := s.Begin(seed), s.Begin(seed)
				var log []scenario.Move
				for range rapid.IntRange(0, 30).Draw(rt, "moves") {
					before := state(a)
					m := anyMove(rt, a)
					if err := a.Do(m); err != nil {
						if state(a) != before {
							rt.Fatalf("%+v was refused (%v) and changed the run", m, err)
						}
						continue
					}
					if err := b.Do(m); err != nil {
						rt.Fatalf("the twin refuses %+v: %v", m, err)
					}
					log = append(log, m)
					again, err := s.Replay(seed, log)
					if err != nil || state(again) != state(a) || state(b) != state(a) {
						rt.Fatalf("after %+v: %v\n%s\n%s\n%s", log, err, state(a), state(b), state(again))
					}
					if kept, err := s.Replay(seed, a.Moves()); err != nil || fmt.Sprint(kept.Path(), kept.Now().Meters) != fmt.Sprint(a.Path(), a.Now().Meters) {
						rt.Fatalf("without what was taken back it is another run: %v", err)
					}
					for i, x := range a.Now().Meters {
						if m := s.Meters[i]; int(x) < m.Min || int(x) > m.Max {
							rt.Fatalf("%s is %d", m.Key, x)
						}
					}
				}
			})
		})
	}
}

// Every run that is played ends where exhaustive play says it may.
func TestStoriesStayWithinExploration(t *testing.T) {
	t.Parallel()
	s := parsed(t, example(t))
	x := s.Explore()
	rapid.Check(t, func(rt *rapid.T) {
		st := s.Begin(rapid.Int64().Draw(rt, "seed"))
		for !st.Over() {
			_ = st.Do(anyMove(rt, st))
			for i, v := range st.Now().Meters {
				if v < x.Low[i] || v > x.High[i] {
					rt.Fatalf("%s is %d, play found %d to %d", s.Meters[i].Key, v, x.Low[i], x.High[i])
				}
			}
			if st.Made() > 100 {
				return
			}
		}
		if x.Shares[st.Now().Passage.Key] == 0 {
			rt.Fatalf("%s was never found", st.Now().Passage.Key)
		}
	})
}

// Draws by weight come out by weight.
func TestDraws(t *testing.T) {
	t.Parallel()
	s := parsed(t, example(t))
	n := 0
	const runs = 3000
	for seed := range int64(runs) {
		st := s.Begin(seed)
		for _, m := range []scenario.Move{{Kind: scenario.Chose, At: "lunch", Choice: "own"}, {Kind: scenario.Chose, At: "facts", Choice: "service"}, {Kind: scenario.Replied, At: "reply", Points: 8}} {
			if err := st.Do(m); err != nil {
				t.Fatal(err)
			}
		}
		if st.Now().Drawn["colleague"] == 0 {
			n++
		}
	}
	if n < runs*28/100 || n > runs*38/100 {
		t.Errorf("the first pick came up %d times of %d, want a third", n, runs)
	}
}

// What is due later comes once, late messages count whatever the learner does, and silence has its outcome.
func TestRulesOfPlay(t *testing.T) {
	t.Parallel()
	s := parsed(t, example(t))
	st, err := s.Replay(4, []scenario.Move{
		{Kind: scenario.Silent, At: "lunch"}, {Kind: scenario.Back},
		{Kind: scenario.Chose, At: "lunch", Choice: "delete"}, {Kind: scenario.Chose, At: "facts", Choice: "broadcast"},
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := st.Do(scenario.Move{Kind: scenario.Chose, At: "lunch", Choice: "own"}); !errors.Is(err, scenario.ErrElse) {
		t.Errorf("a choice of another passage: %v", err)
	}
	if err := st.Do(scenario.Move{Kind: scenario.Replied, At: "reply", Points: 99}); err != nil {
		t.Fatal(err)
	}
	if err := st.Do(scenario.Move{Kind: scenario.Back}); !errors.Is(err, scenario.ErrNoBack) {
		t.Errorf("a reply was taken back: %v", err)
	}
	left := st.Before()
	if len(left.Late) != 1 || left.Late[0].ID != "office-email" {
		t.Errorf("the office's message did not arrive: %+v", left.Late)
	}
	posts := []string{}
	for _, p := range st.Now().Posts {
		posts = append(posts, p.By.Key)
	}
	if !slices.Contains(posts, "deano") || !slices.Contains(posts, "watch") {
		t.Errorf("posts: %v", posts)
	}
	// 50 start, -6 deleted, +5 broadcast, +6 eight points at most, -6 the screenshot later
	if got := st.Meter(s.Meters[0]); got != 49 {
		t.Errorf("trust is %d, want 49", got)
	}
	if err := st.Do(scenario.Move{Kind: scenario.Chose, At: "rumour", Choice: "nobody"}); !errors.Is(err, scenario.ErrNoChoice) {
		t.Errorf("a choice that is not there: %v", err)
	}
	if err := st.Do(scenario.Move{Kind: scenario.Chose, At: "rumour", Choice: "known"}); err != nil {
		t.Fatal(err)
	}
	if !st.Over() || st.CanGoBack() {
		t.Error("the story should be over, and stay so")
	}
	if err := st.Do(scenario.Move{Kind: scenario.Chose, At: "rumour", Choice: "known"}); !errors.Is(err, scenario.ErrOver) {
		t.Errorf("after the end: %v", err)
	}
}

// A story with a loop can be walked for long, and not for ever.
func TestLongRun(t *testing.T) {
	t.Parallel()
	s := parsed(t, []byte(loop))
	st := s.Begin(1)
	var err error
	for range scenario.MaxMoves + 1 {
		if err = st.Do(scenario.Move{Kind: scenario.Chose, At: "desk", Choice: "idle"}); err != nil {
			break
		}
	}
	if !errors.Is(err, scenario.ErrTooLong) {
		t.Errorf("%d moves, then %v", st.Made(), err)
	}
}

const loop = `schema: scenario/1
id: loop
title: "Round again"
version: 1
language: en
licence: CC-BY-4.0
role: "You sort what comes in."
start: desk
meters:
  calm: {label: "Calm", start: 5, min: 0, max: 9, better: high, show: live}
flags: [tea]
personas:
  ann: {name: "Ann", kind: customer}
passages:
  desk:
    kind: decision
    title: "The desk"
    text: "Another post."
    ask: "What now?"
    choices:
      - {id: again, text: "Answer it", effects: {calm: -1}, to: pause, feedback: "Next."}
      - {id: tea, text: "Have tea", when: [not tea, {any: [[calm < 4], [seen pause]]}], set: [tea], effects: {calm: 3}, to: desk, feedback: "Good."}
      - {id: idle, text: "Look at it", to: desk, feedback: "Hm."}
      - {id: stop, text: "Stop for today", effects: {calm: -2}, to: last, feedback: "Enough."}
  pause:
    kind: route
    routes:
      - {when: [calm < 1], to: last}
      - {to: desk}
  last: {kind: ending, title: "Home", outcome: mixed, text: "You go home."}
surprises:
  - id: drop
    at: desk
    pick:
      - {weight: 1, feed: [{by: ann, text: "Hello?"}]}
      - {weight: 1}
`

// generated is a sound scenario of n decisions, three choices each, with flags, later effects and draws.
func generated(n int) []byte {
	var b strings.Builder
	b.WriteString("schema: scenario/1\nid: big\ntitle: \"Big\"\nversion: 1\nlanguage: en\nlicence: CC-BY-4.0\nrole: \"You.\"\nstart: p0\n" +
		"meters:\n  a: {label: \"A\", start: 50, min: 0, max: 100, better: high, show: live}\n  b: {label: \"B\", start: 50, min: 0, max: 100, better: high, show: live}\nflags: [f, g]\n" +
		"personas:\n  ann: {name: \"Ann\", kind: customer}\npassages:\n")
	for i := range n {
		next := fmt.Sprintf("p%d", i+1)
		skip := fmt.Sprintf("p%d", min(i+3, n))
		if i+1 >= n {
			next = "route"
		}
		if i+3 >= n {
			skip = "route"
		}
		fmt.Fprintf(&b, "  p%d:\n    kind: decision\n    title: \"Moment %d\"\n    text: \"Something happens.\"\n    feed: [{by: ann, text: \"Well?\"}]\n    ask: \"And now?\"\n    choices:\n", i, i)
		fmt.Fprintf(&b, "      - {id: x, text: \"One\", effects: {a: 3, b: -2}, to: %s, feedback: \"So.\"}\n", next)
		fmt.Fprintf(&b, "      - {id: y, text: \"Two\", effects: {a: -2, b: 3}, set: [f], to: %s, feedback: \"So.\"}\n", next)
		fmt.Fprintf(&b, "      - {id: z, text: \"Three\", when: [not g, a > 20], effects: {b: 1}, to: %s, feedback: \"So.\", later: [{at: route, effects: {a: -1}}]}\n", skip)
	}
	b.WriteString("  route:\n    kind: route\n    routes:\n      - {when: [f, a >= 50], to: good}\n      - {to: bad}\n" +
		"  good: {kind: ending, title: \"Good\", outcome: good, text: \"Well done.\"}\n  bad: {kind: ending, title: \"Bad\", outcome: poor, text: \"Oh.\"}\n" +
		"surprises:\n  - {id: s, at: p1, pick: [{weight: 1, set: [g]}, {weight: 3}]}\n")
	return []byte(b.String())
}
