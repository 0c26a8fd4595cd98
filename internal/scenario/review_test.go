package scenario_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"greenroom/internal/account"
	"greenroom/internal/db/dbtest"
	"greenroom/internal/fault"
	"greenroom/internal/id"
	"greenroom/internal/record"
	"greenroom/internal/scenario"
)

func (w *world) trainer(delivery string) scenario.Trainer {
	w.t.Helper()
	powers := account.PowersOf([]account.Power{{Role: account.RoleTrainer, DeliveryID: delivery}})
	return scenario.Trainer{Person: &account.Person{ID: w.person("person"), Kind: "person", Powers: powers}}
}

// Reviews by peers: two for each reply, by others of the same delivery, nobody twice, never one's own; who has no time
// makes room; the deadline ends the waiting.
func TestPeerReviews(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *bun.DB) {
		w := setup(t, d)
		ctx := t.Context()
		writer := w.at(w.person("person"), "r1")
		run := w.through(writer, "own", true)
		if _, err := w.runs.Assign(ctx, writer); !fault.Is(err, fault.Conflict) {
			t.Fatalf("the own reply was assigned: %v", err)
		}
		elsewhere := w.at(w.person("person"), "r1")
		elsewhere.DeliveryID = "d2"
		if _, err := w.runs.Assign(ctx, elsewhere); !fault.Is(err, fault.Conflict) {
			t.Errorf("a reply of another delivery was assigned: %v", err)
		}
		a, b, c := w.at(w.person("person"), "r1"), w.at(w.person("person"), "r1"), w.at(w.person("person"), "r1")
		ra, err := w.runs.Assign(ctx, a)
		if err != nil {
			t.Fatal(err)
		}
		if again, err := w.runs.Assign(ctx, a); err != nil || again.ID != ra.ID {
			t.Errorf("pressed again: %+v, %v", again, err)
		}
		if _, err := w.runs.Assign(ctx, b); err != nil {
			t.Fatal(err)
		}
		if _, err := w.runs.Assign(ctx, c); !fault.Is(err, fault.Conflict) {
			t.Errorf("a third reviewer: %v", err)
		}
		if _, err := w.runs.Task(ctx, b, ra.ID); !fault.Is(err, fault.NotFound) {
			t.Errorf("somebody else's review: %v", err)
		}
		if err := w.runs.Submit(ctx, a, ra.ID, scenario.Marks{"answer": 1}, ""); !fault.Is(err, fault.Invalid) {
			t.Errorf("missing marks: %v", err)
		}
		if err := w.runs.Submit(ctx, a, ra.ID, marks(1), strings.Repeat("x", scenario.MaxComment+1)); !fault.Is(err, fault.Invalid) {
			t.Errorf("a very long comment: %v", err)
		}
		if err := w.runs.Submit(ctx, a, ra.ID, marks(1), "Say when."); err != nil {
			t.Fatal(err)
		}
		w.pass(scenario.ReviewTime + time.Hour) // b has not come back
		if _, err := w.runs.Assign(ctx, c); err != nil {
			t.Errorf("the place of who did not come back is not free: %v", err)
		}
		f := w.feedback(writer, run.ID)
		if len(f.Peers) != 1 || f.Peers[0].Total != 4 || f.Peers[0].Comment != "Say when." || !f.Waiting {
			t.Errorf("the writer sees %+v", f)
		}
		w.pass(scenario.PeerTime)
		if f := w.feedback(writer, run.ID); f.Waiting {
			t.Error("after the deadline somebody still waits")
		}
		if _, err := w.runs.Assign(ctx, w.at(w.person("person"), "r1")); !fault.Is(err, fault.Conflict) {
			t.Errorf("assigned after the deadline: %v", err)
		}
	})
}

// feedback is what a writer sees of the one reply of a run.
func (w *world) feedback(at record.Completion, run string) scenario.Feedback {
	w.t.Helper()
	all, err := w.runs.Replies(w.t.Context(), w.look(at, run))
	if err != nil || len(all) != 1 {
		w.t.Fatalf("%d replies, %v", len(all), err)
	}
	return all[0]
}

// A trainer's marks stand, for the deliveries that are theirs; they close the waiting, and look at what was reported.
func TestTrainersMarks(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *bun.DB) {
		w := setup(t, d)
		ctx := t.Context()
		writer := w.at(w.person("person"), "r1")
		run := w.through(writer, "own", true)
		mine, other, site := w.trainer("d1"), w.trainer("d9"), w.trainer("")
		guest := w.at(w.person("guest"), "r1")
		w.through(guest, "own", false)
		for who, want := range map[*scenario.Trainer]int{&mine: 1, &other: 0, &site: 1} {
			all, n, err := w.runs.Submissions(ctx, *who, scenario.ListOpen, 1)
			if err != nil || n != want || len(all) != want {
				t.Fatalf("%d submissions, want %d: %v", n, want, err)
			}
		}
		all, _, _ := w.runs.Submissions(ctx, mine, scenario.ListOpen, 1)
		reply := all[0].ID
		if all[0].Name != "Pat" || all[0].Body != goodText {
			t.Errorf("on the list: %+v", all[0])
		}
		if _, _, err := w.runs.Marking(ctx, other, reply); !fault.Is(err, fault.NotFound) {
			t.Errorf("a reply of another delivery: %v", err)
		}
		if err := w.runs.Mark(ctx, other, reply, marks(0), ""); !fault.Is(err, fault.NotFound) {
			t.Errorf("marked in another delivery: %v", err)
		}
		if err := w.runs.Close(ctx, other, reply, false); !fault.Is(err, fault.NotFound) {
			t.Errorf("closed in another delivery: %v", err)
		}
		for _, n := range []int{0, 2} { // the last ones stand
			if err := w.runs.Mark(ctx, mine, reply, marks(n), "Well put."); err != nil {
				t.Fatal(err)
			}
		}
		f := w.feedback(writer, run.ID)
		if f.Trainer == nil || f.Trainer.Total != 8 || f.Trainer.Comment != "Well put." || f.Total != 8 {
			t.Errorf("the writer sees %+v", f.Trainer)
		}
		if s := w.look(writer, run.ID); s.Run.Ending != "steady" {
			t.Error("the trainer's marks changed the story")
		}
		if _, n, _ := w.runs.Submissions(ctx, mine, scenario.ListDone, 1); n != 1 {
			t.Errorf("%d on the list of what is done", n)
		}
		peer := w.at(w.person("person"), "r1")
		r, err := w.runs.Assign(ctx, peer)
		if err != nil {
			t.Fatal(err)
		}
		if err := w.runs.Report(ctx, peer, r.ID); err != nil {
			t.Fatal(err)
		}
		if _, err := w.runs.Task(ctx, peer, r.ID); !fault.Is(err, fault.NotFound) {
			t.Errorf("a reported reply is still shown: %v", err)
		}
		if _, n, _ := w.runs.Submissions(ctx, mine, scenario.ListReported, 1); n != 1 {
			t.Errorf("%d reported", n)
		}
		if err := w.runs.Close(ctx, mine, reply, true); err != nil {
			t.Fatal(err)
		}
		if _, err := w.runs.Assign(ctx, peer); err != nil {
			t.Errorf("given back, and nobody can review it: %v", err)
		}
		if err := w.runs.Close(ctx, mine, reply, false); err != nil {
			t.Fatal(err)
		}
		if f := w.feedback(writer, run.ID); f.Waiting {
			t.Error("closed, and still waiting")
		}
	})
}

// What others chose: from eight people on, by their first run alone, without what was taken back, in rounded shares that
// move in steps.
func TestOthers(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *bun.DB) {
		w := setup(t, d)
		ctx := t.Context()
		look := func(at record.Completion) scenario.Others {
			t.Helper()
			w.pass(2 * time.Minute) // beyond what is remembered
			s := w.look(at, "")
			o, err := w.runs.Others(ctx, at, s.Story.Scenario)
			if err != nil {
				t.Fatal(err)
			}
			return o
		}
		var at record.Completion
		for i := range 7 {
			at = w.at(w.person("person"), "r1")
			w.through(at, []string{"own", "own", "own", "own", "check", "check", "delete"}[i], false)
		}
		for range 3 { // one person's further runs count for nothing
			if _, err := w.runs.Again(ctx, at, id.New(), "", 0); err != nil {
				t.Fatal(err)
			}
			w.through(at, "argue", false)
		}
		if o := look(at); o.People != 0 || o.At != nil {
			t.Errorf("seven people are told of: %+v", o)
		}
		at = w.at(w.person("person"), "r1")
		r := w.start(at)
		w.choose(at, r.ID, "argue")
		if _, err := w.runs.Move(ctx, at, r.ID, 1, scenario.Move{Kind: scenario.Back}); err != nil {
			t.Fatal(err)
		}
		w.choose(at, r.ID, "check")
		w.choose(at, r.ID, "service")
		w.answer(at, r.ID, 2, false)
		w.choose(at, r.ID, "known")
		o := look(at)
		first := o.At["lunch"]
		if o.People != 8 || first["own"].Percent != 50 || first["check"].Percent != 40 || !first["delete"].Few || first["argue"] != (scenario.Share{}) {
			t.Errorf("eight people: %+v", o)
		}
		if !o.At["facts"]["service"].Nearly {
			t.Errorf("all chose service: %+v", o.At["facts"])
		}
		for i := range 4 { // three more change nothing, the fourth does
			next := w.at(w.person("person"), "r1")
			w.through(next, "delete", false)
			if o := look(next); o.People != []int{8, 8, 8, 12}[i] {
				t.Errorf("after %d more people %d are told of", i+1, o.People)
			}
		}
	})
}

// A guest's runs, replies and reviews become the person's, who keeps one open run and one first.
func TestClaim(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *bun.DB) {
		w := setup(t, d)
		ctx := t.Context()
		guest, person := w.at(w.person("guest"), "r1"), w.at(w.person("person"), "r1")
		w.through(guest, "own", false)
		w.through(person, "check", false)
		if _, err := w.runs.Again(ctx, person, id.New(), "", 0); err != nil {
			t.Fatal(err)
		}
		w.pass(time.Hour)
		open, err := w.runs.Again(ctx, guest, id.New(), "", 0)
		if err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if err := d.RunInTx(ctx, nil, func(ctx context.Context, tx bun.Tx) error {
				return w.runs.Claim(ctx, tx, guest.PersonID, person.PersonID)
			}); err != nil {
				t.Fatal(err)
			}
		}
		all, err := w.runs.Runs(ctx, person)
		if err != nil || len(all) != 4 || w.count("scenario_run", "state = 'open'") != 1 || w.count("scenario_run", "first") != 1 {
			t.Fatalf("%d runs, %v", len(all), err)
		}
		if s := w.look(person, ""); s.Run.ID != open.ID {
			t.Error("the run begun last does not go on")
		}
		if w.count("scenario_reply", "person_id = ?", person.PersonID) != 2 {
			t.Error("a reply did not come along")
		}
		name, what, err := w.runs.Export(ctx, person.PersonID)
		raw, _ := json.Marshal(what)
		if err != nil || name != "scenarios" || strings.Count(string(raw), `"ending":"steady"`) != 2 || strings.Count(string(raw), goodText) != 2 {
			t.Errorf("%v: %s", err, raw)
		}
	})
}

// With a person goes all that is theirs; what they said of others' replies stays, without a name.
func TestDeletedPerson(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *bun.DB) {
		w := setup(t, d)
		ctx := t.Context()
		writer, peer := w.at(w.person("person"), "r1"), w.at(w.person("person"), "r1")
		run := w.through(writer, "own", true)
		r, err := w.runs.Assign(ctx, peer)
		if err != nil {
			t.Fatal(err)
		}
		if err := w.runs.Submit(ctx, peer, r.ID, marks(2), "Good."); err != nil {
			t.Fatal(err)
		}
		w.remove(peer.PersonID)
		if f := w.feedback(writer, run.ID); len(f.Peers) != 1 || f.Peers[0].ReviewerID != nil {
			t.Errorf("the review of who has gone: %+v", f.Peers)
		}
		w.remove(writer.PersonID)
		for _, table := range []string{"scenario_run", "scenario_event", "scenario_reply", "scenario_review"} {
			if n := w.count(table, "1 = 1"); n != 0 {
				t.Errorf("%d rows are left in %s", n, table)
			}
		}
	})
}

func (w *world) remove(person string) {
	w.t.Helper()
	if _, err := w.d.NewDelete().TableExpr("person").Where("id = ?", person).Exec(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
}
