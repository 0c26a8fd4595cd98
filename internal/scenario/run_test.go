package scenario_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/uptrace/bun"

	"greenroom/internal/db"
	"greenroom/internal/db/dbtest"
	"greenroom/internal/draft"
	"greenroom/internal/fault"
	"greenroom/internal/id"
	"greenroom/internal/record"
	"greenroom/internal/scenario"
)

// A run from start to debrief: it stands where it was left, repeats change nothing, the step is complete with the debrief.
func TestRun(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *bun.DB) {
		w := setup(t, d)
		ctx := t.Context()
		at := w.at(w.person("person"), "r1")
		if s := w.look(at, ""); s != nil {
			t.Fatal("there is a run before any was begun")
		}
		client := id.New()
		a, err := w.runs.Start(ctx, at, client, "nonsense")
		if err != nil {
			t.Fatal(err)
		}
		if b, err := w.runs.Start(ctx, at, client, scenario.TimingOff); err != nil || b.ID != a.ID || b.Timing != scenario.TimingOn {
			t.Errorf("pressed again: %+v, %v", b, err)
		}
		if b := w.start(at); b.ID != a.ID {
			t.Error("a second open run")
		}
		own := scenario.Move{Kind: scenario.Chose, Choice: "own"}
		for range 2 {
			s, err := w.runs.Move(ctx, at, a.ID, 0, own)
			if err != nil || len(s.Events) != 1 || s.Story.Now().Passage.Key != "facts" {
				t.Fatalf("%+v, %v", s, err)
			}
		}
		if s, err := w.runs.Move(ctx, at, a.ID, 0, scenario.Move{Kind: scenario.Chose, Choice: "check"}); !fault.Is(err, fault.Conflict) || s.Story.Now().Passage.Key != "facts" {
			t.Errorf("another answer from a page that was overtaken: %v", err)
		}
		if _, err := w.runs.Move(ctx, at, a.ID, 1, scenario.Move{Kind: scenario.Chose, Choice: "nothing"}); !fault.Is(err, fault.Conflict) {
			t.Errorf("a choice that is not there: %v", err)
		}
		if _, err := w.runs.Move(ctx, at, a.ID, 1, scenario.Move{Kind: scenario.Replied, At: "facts"}); err == nil {
			t.Error("a reply by the door of moves")
		}
		if s, err := w.runs.Move(ctx, at, a.ID, 1, scenario.Move{Kind: scenario.Back}); err != nil || s.Story.Now().Passage.Key != "lunch" || s.Story.CanGoBack() {
			t.Errorf("taken back: %+v, %v", s, err)
		}
		w.choose(at, a.ID, "own")
		w.choose(at, a.ID, "service")
		w.answer(at, a.ID, 2, true)
		if s := w.look(at, ""); s.Sent == nil || s.Sent.Body != goodText || s.Sent.Total != 8 {
			t.Errorf("the reply that was sent: %+v", s.Sent)
		}
		if _, err := w.runs.Finish(ctx, at, a.ID); !fault.Is(err, fault.Conflict) {
			t.Errorf("finished before the end: %v", err)
		}
		s := w.choose(at, a.ID, "known")
		if s.Run.State != scenario.Finished || s.Run.Ending != "steady" || s.Run.FinishedAt == nil {
			t.Errorf("the end: %+v", s.Run)
		}
		v, err := w.runs.Finish(ctx, at, a.ID)
		if err != nil || !v.IsDone("m/out") {
			t.Errorf("the step: %+v, %v", v, err)
		}
		if n := w.count("learning_event", "data LIKE '%own%' OR data LIKE '%steady%'"); n != 0 {
			t.Error("the record tells what was chosen")
		}
		again := w.look(at, a.ID)
		if again.Story.Now().Passage.Key != "steady" || again.Events[0].Meters != "[58,20,55]" || again.Events[len(again.Events)-1].Meters != "[80,"+strings.SplitN(again.Events[len(again.Events)-1].Meters, ",", 2)[1] {
			t.Errorf("replayed: %+v", again.Events)
		}
	})
}

// Meters written with each event are those that replaying its run gives.
func TestEventsGiveTheSameMeters(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *bun.DB) {
		w := setup(t, d)
		at := w.at(w.person("person"), "r1")
		r := w.through(at, "delete", false)
		s := w.look(at, r.ID)
		story := s.Story.Scenario.Begin(r.Seed)
		for _, e := range s.Events {
			if err := story.Do(scenario.Move{Kind: e.Kind, At: e.Passage, Choice: e.Choice, Points: e.Points}); err != nil {
				t.Fatal(err)
			}
			var kept []int32
			if err := json.Unmarshal([]byte(e.Meters), &kept); err != nil {
				t.Fatal(err)
			}
			for i, v := range story.Now().Meters {
				if kept[i] != v {
					t.Errorf("event %d: kept %v, replayed %v", e.Number, kept, story.Now().Meters)
				}
			}
		}
	})
}

// A run stays on the revision that it began with; the next one is on the learner's present one.
func TestRunStaysOnItsRevision(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *bun.DB) {
		w := setup(t, d)
		person := w.person("person")
		r := w.start(w.at(person, "r1"))
		moved := w.at(person, "r2")
		s := w.choose(moved, r.ID, "own")
		if got := s.Story.Now().Meters[0]; got != 58 {
			t.Errorf("trust is %d: the new revision's effect came into an old run", got)
		}
		fresh, err := w.runs.Again(t.Context(), moved, id.New(), "", 0)
		if err != nil {
			t.Fatal(err)
		}
		if s := w.choose(moved, fresh.ID, "own"); s.Story.Now().Meters[0] != 70 {
			t.Errorf("trust is %d on the new revision", s.Story.Now().Meters[0])
		}
	})
}

// Fifty presses at the same time are one move, and of two different ones one wins.
func TestParallelMoves(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *bun.DB) {
		w := setup(t, d)
		at := w.at(w.person("person"), "r1")
		r := w.start(at)
		var wg sync.WaitGroup
		var mu sync.Mutex
		won, told := map[string]int{}, 0
		for i := range 20 {
			wg.Go(func() {
				m := scenario.Move{Kind: scenario.Chose, Choice: []string{"own", "check"}[i%2]}
				s, err := w.runs.Move(context.Background(), at, r.ID, 0, m)
				mu.Lock()
				defer mu.Unlock()
				switch {
				case fault.Is(err, fault.Conflict):
					told++
				case err != nil:
					t.Error(err)
				default:
					won[s.Events[0].Choice]++
				}
			})
		}
		wg.Wait()
		if len(won) != 1 || told != 10 || w.count("scenario_event", "run_id = ?", r.ID) != 1 {
			t.Errorf("won %v, told %d", won, told)
		}
	})
}

// What belongs to somebody else is not there.
func TestOthersRuns(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *bun.DB) {
		w := setup(t, d)
		mine, theirs := w.at(w.person("person"), "r1"), w.at(w.person("person"), "r1")
		r := w.start(theirs)
		ctx := t.Context()
		for what, err := range map[string]error{
			"look":   second(w.runs.Look(ctx, mine, r.ID)),
			"move":   second(w.runs.Move(ctx, mine, r.ID, 0, scenario.Move{Kind: scenario.Chose, Choice: "own"})),
			"save":   second(w.runs.SaveReply(ctx, mine, r.ID, "x", draft.Form{})),
			"timing": w.runs.SetTiming(ctx, mine, r.ID, scenario.TimingOff),
			"again":  second(w.runs.Again(ctx, mine, id.New(), r.ID, 1)),
			"finish": second(w.runs.Finish(ctx, mine, r.ID)),
			"nobody": second(w.runs.Look(ctx, record.Completion{Course: mine.Course, Activity: mine.Activity}, r.ID)),
		} {
			if !fault.Is(err, fault.NotFound) {
				t.Errorf("%s: %v", what, err)
			}
		}
	})
}

func second[T any](_ T, err error) error { return err }

// A reply: drafts, devices, the word range, marks.
func TestReply(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *bun.DB) {
		w := setup(t, d)
		ctx := t.Context()
		at := w.at(w.person("person"), "r1")
		r := w.start(at)
		if _, err := w.runs.SaveReply(ctx, at, r.ID, "too early", draft.Form{}); !fault.Is(err, fault.Conflict) {
			t.Errorf("a reply at a decision: %v", err)
		}
		w.choose(at, r.ID, "own")
		w.choose(at, r.ID, "broadcast")
		page, other := draft.Form{Page: id.New(), N: 1}, draft.Form{Page: id.New(), N: 1}
		if _, err := w.runs.SaveReply(ctx, at, r.ID, "first words", page); err != nil {
			t.Fatal(err)
		}
		var clash *scenario.Clash
		if _, err := w.runs.SaveReply(ctx, at, r.ID, "other words", other); !errors.As(err, &clash) || clash.Stored.Body != "first words" {
			t.Errorf("another device: %v", err)
		}
		// Taking the move back and coming again finds the text.
		if _, err := w.runs.Move(ctx, at, r.ID, 2, scenario.Move{Kind: scenario.Back}); err != nil {
			t.Fatal(err)
		}
		w.choose(at, r.ID, "service")
		if s := w.look(at, r.ID); s.Reply == nil || s.Reply.Body != "first words" {
			t.Fatalf("the text is gone: %+v", s.Reply)
		}
		page.N = 2
		if s, err := w.runs.SendReply(ctx, at, r.ID, "still too short", page); !fault.Is(err, fault.Invalid) || s.Reply.Body != "still too short" {
			t.Errorf("short: %v", err)
		}
		if _, err := w.runs.MarkReply(ctx, at, r.ID, 4, marks(2), false, true); !fault.Is(err, fault.Conflict) {
			t.Errorf("marked before it was sent: %v", err)
		}
		page.N = 3
		if _, err := w.runs.SendReply(ctx, at, r.ID, goodText, page); err != nil {
			t.Fatal(err)
		}
		if err := w.runs.Reopen(ctx, at, r.ID); err != nil {
			t.Fatal(err)
		}
		page.N = 4
		if _, err := w.runs.SendReply(ctx, at, r.ID, goodText+" See you there.", page); err != nil {
			t.Fatal(err)
		}
		_, err := w.runs.MarkReply(ctx, at, r.ID, 4, scenario.Marks{"answer": 2, "own": 9}, true, true)
		if f := fault.From(err); f == nil || f.Kind != fault.Invalid || len(f.Fields) != 3 {
			t.Errorf("marks that are missing or off the scale: %v", err)
		}
		for range 2 { // pressed twice
			s, err := w.runs.MarkReply(ctx, at, r.ID, 4, marks(1), false, true)
			if err != nil || s.Story.Now().Passage.Key != "rumour" || s.Events[4].Points != 4 {
				t.Fatalf("marked: %v", err)
			}
		}
		if _, err := w.runs.SaveReply(ctx, at, r.ID, "later", page); !fault.Is(err, fault.Conflict) {
			t.Errorf("written after it was out: %v", err)
		}
		if long := strings.Repeat("x", scenario.MaxReply+1); len(long) > 0 {
			b := w.at(w.person("person"), "r1")
			q := w.start(b)
			w.choose(b, q.ID, "own")
			w.choose(b, q.ID, "service")
			if _, err := w.runs.SaveReply(ctx, b, q.ID, long, page); !fault.Is(err, fault.Invalid) {
				t.Errorf("very long: %v", err)
			}
		}
	})
}

// Replaying from a decision takes over what came before, and leaves the finished run and its place as they are.
func TestReplayFromADecision(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *bun.DB) {
		w := setup(t, d)
		at := w.at(w.person("person"), "r1")
		r := w.through(at, "own", true)
		old := w.look(at, r.ID)
		number := 0
		for _, m := range old.Story.Moments {
			if m.Passage.Key == "rumour" {
				number = m.Number
			}
		}
		client := id.New()
		for range 2 {
			n, err := w.runs.Again(t.Context(), at, client, r.ID, number)
			if err != nil || n.ReplayOf != r.ID || n.First {
				t.Fatalf("%+v, %v", n, err)
			}
		}
		s := w.look(at, "")
		if s.Story.Now().Passage.Key != "rumour" || len(s.Events) != 3 || s.Sent == nil || s.Sent.Body != goodText || s.Sent.Peers != 0 {
			t.Fatalf("the replay stands at %s after %d moves with %+v", s.Story.Now().Passage.Key, len(s.Events), s.Sent)
		}
		end := w.choose(at, s.Run.ID, "wait")
		if end.Run.Ending == "steady" || end.Run.First {
			t.Errorf("the replay ended %+v", end.Run)
		}
		if again := w.look(at, r.ID); again.Run.Ending != "steady" {
			t.Error("the first run changed")
		}
		all, err := w.runs.Runs(t.Context(), at)
		if err != nil || len(all) != 2 || w.count("scenario_run", "first") != 1 {
			t.Errorf("%d runs, %v", len(all), err)
		}
		if _, err := w.runs.Again(t.Context(), at, id.New(), r.ID, 99); !fault.Is(err, fault.NotFound) {
			t.Errorf("from a moment that is not there: %v", err)
		}
	})
}

// A choice costs one look and one insert, durable when it returns; the last one a little more.
func TestMoveBudget(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *bun.DB) {
		w := setup(t, d)
		at := w.at(w.person("person"), "r1")
		r := w.start(at)
		for i, choice := range []string{"own", "service"} {
			ctx, n := db.CountQueries(t.Context())
			if _, err := w.runs.Move(ctx, at, r.ID, i, scenario.Move{Kind: scenario.Chose, Choice: choice}); err != nil {
				t.Fatal(err)
			}
			if n.Load() > 2 {
				t.Errorf("choice %d costs %d queries", i+1, n.Load())
			}
		}
	})
}
