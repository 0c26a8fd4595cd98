package scenario_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"greenroom/internal/db/dbtest"
	"greenroom/internal/id"
	"greenroom/internal/scenario"
)

// played stores a finished first run in a delivery, quickly: one decision, then the ending.
func (w *world) played(delivery, choice, ending string, took time.Duration) string {
	w.t.Helper()
	at := w.at(w.person("person"), "r1")
	w.pass(time.Minute)
	start := w.clock
	end := start.Add(took)
	r := &scenario.Run{
		ID: id.New(), PersonID: at.PersonID, CourseKey: "c", ActivityKey: at.Activity.Key, RevisionHash: at.Course.Hash, DeliveryID: delivery,
		Client: id.New(), State: scenario.Finished, Timing: scenario.TimingOn, First: true, Ending: ending, StartedAt: start, FinishedAt: &end,
	}
	e := &scenario.Event{RunID: r.ID, Number: 1, Kind: scenario.Chose, Passage: "lunch", Choice: choice, Meters: "{}", At: end}
	for _, row := range []any{r, e} {
		if _, err := w.d.NewInsert().Model(row).Exec(w.t.Context()); err != nil {
			w.t.Fatal(err)
		}
	}
	return r.ID
}

func (w *world) flow(delivery string) scenario.Flow {
	w.t.Helper()
	f, err := w.runs.Flow(w.t.Context(), "c", w.revs["r1"].Modules[0].Activities[0].Key, delivery)
	if err != nil {
		w.t.Fatal(err)
	}
	return f
}

func TestFlowIsToldInEights(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *bun.DB) {
		w := setup(t, d)
		for range 7 {
			w.played("a", "own", "steady", 40*time.Second)
		}
		if f := w.flow("a"); f.Told() || len(f.At) != 0 || f.Endings != nil || f.Apart != 7 {
			t.Fatalf("seven people are told: %+v", f)
		}
		w.played("a", "check", "mixed", 2*time.Hour)
		f := w.flow("a")
		if f.People != 8 || f.Apart != 0 || f.Endings["steady"].Percent != 90 || !f.Endings["mixed"].Few {
			t.Fatalf("eight people: %+v", f)
		}
		if m := f.At["lunch"]; m.People != 8 || m.Chose["own"].Percent != 90 || !m.Chose["check"].Few || m.Median != 0 {
			t.Fatalf("their decision: %+v, and the time of seven is not told", m)
		}
		for i := range 15 {
			w.played("a", "own", "steady", 20*time.Second)
			if f := w.flow("a"); f.People != 8+(i+1)/8*8 || f.At["lunch"].People != f.People {
				t.Fatalf("%d more change the figures: %+v", i+1, f)
			}
		}
		if m := w.flow("a").At["lunch"]; m.Median != 20*time.Second || !m.Chose["own"].Nearly {
			t.Fatalf("sixteen: %+v", m)
		}
	})
}

// TestNoPagesTogetherTellOfFew takes every set of pages that a reader can open (each delivery, and all of them) at every
// moment, and holds every difference of two to eights: of people at each decision, and so of who they are.
func TestNoPagesTogetherTellOfFew(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *bun.DB) {
		w := setup(t, d)
		dice := rand.New(rand.NewPCG(1, 2))
		names := []string{"a", "b", "c", "d", ""}
		options := []string{"own", "check", "argue", "delete"}
		var before scenario.Flow
		for i := range 60 {
			w.played(names[dice.IntN(len(names))], options[dice.IntN(4)], "mixed", time.Minute)
			all, sum := w.flow(""), 0
			for _, n := range names[:4] {
				f := w.flow(n)
				if f.People%8 != 0 || f.At["lunch"].People%8 != 0 || !f.Told() && (f.At != nil || f.Passed != nil) {
					t.Fatalf("after %d, %q tells of %+v", i, n, f)
				}
				sum += f.People
			}
			for what, n := range map[string]int{"all": all.People, "rest": all.People - sum, "since": all.People - before.People, "met": all.At["lunch"].People} {
				if n%8 != 0 || n < 0 {
					t.Fatalf("after %d, %s tells of %d people", i, what, n)
				}
			}
			before = all
		}
		if before.People < 24 || before.People+before.Apart != 60 {
			t.Fatalf("the test saw too little: %+v", before)
		}
	})
}

// TestSmallDeliveriesAreNotInTheWhole: the whole minus a big delivery says nothing of a small one.
func TestSmallDeliveriesAreNotInTheWhole(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *bun.DB) {
		w := setup(t, d)
		for range 16 {
			w.played("big", "own", "steady", time.Minute)
		}
		for range 5 {
			w.played("small", "delete", "headline", time.Minute)
		}
		all, big := w.flow(""), w.flow("big")
		if fmt.Sprint(all.At, all.Endings, all.Passed, all.People) != fmt.Sprint(big.At, big.Endings, big.Passed, big.People) || all.Apart != 5 {
			t.Fatalf("all tell %+v, the big one %+v", all, big)
		}
	})
}

func TestFlowCountsWhatCounts(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *bun.DB) {
		w := setup(t, d)
		for range 8 {
			at := w.at(w.person("person"), "r1")
			w.through(at, "own", false)
			w.through(at, "delete", false) // a second run does not count
		}
		f := w.flow("d1")
		if f.People != 8 || !f.At["lunch"].Chose["own"].Nearly || len(f.At["lunch"].Chose) != 1 || !f.Passed["rumour"].Nearly || len(f.At) != 4 {
			t.Fatalf("flow: %+v", f)
		}
		sc := w.revs["r1"].Modules[0].Activities[0].Content().(*scenario.Scenario)
		got := f.At["lunch"].Weak(sc.Passage("lunch"), sc.Panel)
		if fmt.Sprint(got) != "[one_sided idle]" && fmt.Sprint(got) != "[idle one_sided]" {
			t.Fatalf("weak: %v", got)
		}
		trap := scenario.Met{Chose: map[string]scenario.Share{"delete": {Percent: 60}, "own": {Percent: 20}, "": {Percent: 20}}}
		if got := trap.Weak(sc.Passage("lunch"), sc.Panel); fmt.Sprint(got) != "[idle trap silent]" {
			t.Fatalf("weak: %v", got)
		}
	})
}
