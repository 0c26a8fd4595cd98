package record_test

import (
	"context"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/uptrace/bun"
	"pgregory.net/rapid"

	"greenroom/internal/account"
	"greenroom/internal/course"
	"greenroom/internal/db"
	"greenroom/internal/db/dbtest"
	"greenroom/internal/delivery"
	"greenroom/internal/fault"
	"greenroom/internal/faulttest"
	"greenroom/internal/record"
)

// TestProjectionsEqualTheirEvents runs random histories: steps in any order, again and as a guest, newer and older
// revisions, claims. At every moment the projection is what the events say, and nothing earned is lost.
func TestProjectionsEqualTheirEvents(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *bun.DB) {
		w := open(t, d)
		var revs []*course.Revision
		for _, x := range [][]string{{"ab", "c"}, {"abd", "c"}, {"b"}, {"", "c"}, {"abcdef"}} {
			revs = append(revs, w.courses.publish(revision("r"+strings.Join(x, "-"), x...)))
		}
		rapid.Check(t, func(rt *rapid.T) { w.history(rt, revs) })
		w.sound()
	})
}

func (w *world) history(rt *rapid.T, revs []*course.Revision) {
	who := []string{w.person(account.KindPerson, "Ada"), w.person(account.KindGuest, ""), w.person(account.KindGuest, "")}
	on := map[string]*course.Revision{}
	for _, p := range who {
		on[p] = revs[0]
	}
	try := func(err error) {
		if err != nil {
			rt.Fatal(err)
		}
	}
	_, err := w.enrol.Enrol(w.ctx, who[0], "posts")
	try(err)
	try(w.enrol.Move(w.ctx, who[0], "posts", revs[0].Hash))
	earned, tess := map[string]record.Progress{}, w.trainer()
	for range rapid.IntRange(1, 14).Draw(rt, "acts") {
		p := rapid.SampledFrom(who).Draw(rt, "who")
		act := rapid.SampledFrom([]string{"step", "step", "step", "move", "claim", "decide", "decide", "reverse"}).Draw(rt, "act")
		switch act {
		case "step":
			r := on[p]
			m := rapid.SampledFrom(r.Modules).Draw(rt, "module")
			if len(m.Activities) == 0 {
				continue
			}
			a := rapid.SampledFrom(m.Activities).Draw(rt, "step")
			v, err := w.rec.MarkComplete(w.ctx, record.Completion{PersonID: p, Course: r, Activity: a})
			try(err)
			if !v.IsDone(a.Key) {
				rt.Fatalf("%s is not done after it was done", a.Key)
			}
		case "move":
			on[p] = rapid.SampledFrom(revs).Draw(rt, "revision")
			if p == who[0] {
				try(w.enrol.Move(w.ctx, p, "posts", on[p].Hash))
				try(w.rec.OnMoved(w.ctx, delivery.Moved{PersonID: p, CourseKey: "posts", RevisionHash: on[p].Hash}))
			}
		case "decide", "reverse":
			if p == who[0] { // guests are in no cohort
				w.rule(rt, tess, act, p, on[p])
			}
		case "claim":
			if p != who[0] {
				try(db.InTx(w.ctx, w.db, func(ctx context.Context, tx bun.Tx) error { return w.rec.Claim(ctx, tx, p, who[0]) }))
			}
		}
		for _, p := range who {
			earned[p] = w.kept(rt, p, earned[p], act)
		}
	}
	if n := w.count("certificate", "person_id = ? AND revoked_at IS NULL", who[0]); (n == 1) != (earned[who[0]].CompletedAt != nil) || n > 1 {
		rt.Fatalf("%d valid certificates, completed %v", n, earned[who[0]].CompletedAt)
	}
}

// rule decides about some steps of a revision, or takes decisions back; that nothing was left to do is no fault.
func (w *world) rule(rt *rapid.T, actor *account.Person, act, personID string, r *course.Revision) {
	var keys []string
	for _, m := range r.Modules {
		for _, a := range m.Activities {
			if rapid.Bool().Draw(rt, "of "+a.Key) {
				keys = append(keys, a.Key)
			}
		}
	}
	if len(keys) == 0 {
		return
	}
	var err error
	if act == "reverse" {
		_, err = w.rec.Reverse(w.ctx, actor, record.Reversal{PersonID: personID, Course: r, Steps: keys, Reason: "was wrong"})
	} else {
		kind := rapid.SampledFrom(record.DecisionKinds).Draw(rt, "kind")
		_, err = w.rec.Decide(w.ctx, actor, record.Decision{PersonID: personID, Course: r, Kind: kind, Steps: keys, Reason: "was seen", On: "2026-11-20"})
	}
	if err != nil && !fault.Is(err, fault.Conflict) {
		rt.Fatal(err)
	}
}

// kept compares the projection with one made anew, and with what the person had before.
func (w *world) kept(rt *rapid.T, personID string, before record.Progress, act string) record.Progress {
	stored, err := w.rec.Of(w.ctx, personID, "posts")
	if err != nil {
		rt.Fatal(err)
	}
	if err := w.rec.Rebuild(w.ctx, personID, "posts"); err != nil {
		rt.Fatal(err)
	}
	anew, err := w.rec.Of(w.ctx, personID, "posts")
	if err != nil {
		rt.Fatal(err)
	}
	if !maps.Equal(stored.States, anew.States) || !maps.Equal(stored.Decided, anew.Decided) || stored.Beside != anew.Beside || stored.Events != anew.Events || (stored.CompletedAt == nil) != (anew.CompletedAt == nil) {
		rt.Fatalf("stored %+v, from the events %+v", stored, anew)
	}
	if anew.Events-anew.Beside != len(anew.States) {
		rt.Fatalf("%d events, %d beside, %d steps", anew.Events, anew.Beside, len(anew.States))
	}
	for k := range before.States {
		if _, decided := before.Decided[k]; decided && act == "reverse" {
			continue
		}
		if _, ok := anew.States[k]; !ok {
			rt.Fatalf("%s was done and is not any more", k)
		}
		if before.Decided[k] == "" && anew.Decided[k] != "" {
			rt.Fatalf("%s was done and counts by a decision now", k)
		}
	}
	if before.CompletedAt == nil {
		return *anew
	}
	if anew.CompletedAt == nil && (act != "reverse" || len(before.Decided) == len(anew.Decided)) {
		rt.Fatalf("completed at %v, and after %s not any more", before.CompletedAt, act)
	}
	if anew.CompletedAt != nil && act != "reverse" && anew.CompletedAt.After(*before.CompletedAt) {
		rt.Fatalf("completed at %v, then %v", before.CompletedAt, anew.CompletedAt)
	}
	return *anew
}

func TestDoctorFindsDamage(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *bun.DB) {
		w := open(t, d)
		r := w.courses.publish(revision("r1", "ab"))
		ada := w.person(account.KindPerson, "Ada")
		w.do(ada, r, "m1/a", "m1/b")
		for _, q := range []string{
			"UPDATE progress SET states = '{}'", "UPDATE progress SET completed_at = NULL", "UPDATE progress SET events = 7", "DELETE FROM progress",
		} {
			_, err := d.Exec(q)
			ok(t, err)
			if lines, err := w.rec.Doctor(w.ctx); err != nil || len(lines) != 1 {
				t.Errorf("%s: %q, %v", q, lines, err)
			}
			ok(t, w.rec.Rebuild(w.ctx, ada, "posts"))
			w.sound()
		}
		_, err := d.Exec("DELETE FROM certificate")
		ok(t, err)
		if lines, err := w.certs.Doctor(w.ctx); err != nil || len(lines) != 1 {
			t.Errorf("completion without certificate: %q, %v", lines, err)
		}
	})
}

func TestEveryFailingStatementLeavesAllOrNothing(t *testing.T) {
	t.Parallel()
	d, f := faulttest.SQLite(t)
	w := open(t, d)
	r := w.courses.publish(revision("r1", "a"))
	people := map[int]string{}
	for i := range 80 {
		people[i+1] = w.person(account.KindPerson, "Ada")
	}
	f.Every(t, func(round int) error {
		_, err := w.rec.MarkComplete(w.ctx, w.completion(people[round], r, "m1/a"))
		return err
	}, func(round int) {
		events := w.count("learning_event", "person_id = ?", people[round])
		facts := w.count("fact", "data LIKE ?", "%"+people[round]+"%")
		certs := w.count("certificate", "person_id = ?", people[round])
		if !(events == 2 && facts == 1 && certs == 1 || events == 0 && facts == 0 && certs == 0) {
			t.Errorf("round %d: %d events, %d facts, %d certificates", round, events, facts, certs)
		}
		w.sound()
	})
}

// learn completes step after step, course after course, and acknowledges each, until it is killed.
func learn(args []string, ack func(string)) error {
	d, err := db.OpenSQLite(context.Background(), args[0], 2)
	if err != nil {
		return err
	}
	w := open(nil, d)
	r := w.courses.publish(revision("r1", "abc"))
	var people []string
	if err := d.NewSelect().TableExpr("person").Column("id").OrderExpr("id").Scan(w.ctx, &people); err != nil {
		return err
	}
	for _, p := range people {
		for _, x := range "abc" {
			key := "m1/" + string(x)
			v, err := w.rec.MarkComplete(w.ctx, w.completion(p, r, key))
			if err != nil {
				return err
			}
			if line := p + " " + key; v.Complete {
				ack(line + " complete")
			} else {
				ack(line)
			}
		}
	}
	return nil
}

func TestKilledServerLosesNothingAcknowledged(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("kills processes")
	}
	path := filepath.Join(t.TempDir(), "killed.db")
	d, err := db.OpenSQLite(context.Background(), path, 2)
	ok(t, err)
	defer d.Close()
	ok(t, db.Migrate(context.Background(), d))
	w := open(t, d)
	r := w.courses.publish(revision("r1", "abc"))
	for range 400 {
		w.person(account.KindPerson, "Ada")
	}
	faulttest.Rounds(t, "learn", 8, 60, []string{path}, func(round int, acked []string) {
		for _, line := range acked {
			f := strings.Fields(line)
			v := w.look(f[0], r)
			if !v.IsDone(f[1]) || slices.Contains(f, "complete") && (!v.Complete || w.count("certificate", "person_id = ?", f[0]) != 1) {
				t.Errorf("round %d: %q was acknowledged, found %+v", round, line, v)
			}
		}
		w.sound()
	})
}
