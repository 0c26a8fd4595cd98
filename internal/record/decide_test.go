package record_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"greenroom/internal/account"
	"greenroom/internal/audit"
	"greenroom/internal/course"
	"greenroom/internal/db/dbtest"
	"greenroom/internal/fault"
	"greenroom/internal/record"
)

// trainer is somebody who may decide; whether they may is not the record's question.
func (w *world) trainer() *account.Person {
	return &account.Person{ID: w.person(account.KindPerson, "Tess"), Name: "Tess"}
}

func (w *world) decide(by *account.Person, kind, personID string, r *course.Revision, keys ...string) {
	w.t.Helper()
	_, err := w.rec.Decide(w.ctx, by, record.Decision{
		PersonID: personID, PersonName: "Ada", Course: r, DeliveryID: "d1", Kind: kind, Steps: keys,
		Reason: "Did the old course", Evidence: "https://records.example/1", On: "2026-11-20",
	})
	ok(w.t, err)
}

func (w *world) reverse(by *account.Person, personID string, r *course.Revision, keys ...string) {
	w.t.Helper()
	_, err := w.rec.Reverse(w.ctx, by, record.Reversal{PersonID: personID, PersonName: "Ada", Course: r, DeliveryID: "d1", Steps: keys, Reason: "The wrong person"})
	ok(w.t, err)
}

func (w *world) valid(personID string) int {
	w.t.Helper()
	return w.count("certificate", "person_id = ? AND revoked_at IS NULL", personID)
}

func (w *world) facts(name string) int { return w.count("fact", "name = ?", name) }

func TestADecisionCountsAndCanBeTakenBack(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *bun.DB) {
		w := open(t, d)
		r := w.courses.publish(revision("r1", "abc"))
		tess, ada := w.trainer(), w.person(account.KindPerson, "Ada")
		w.do(ada, r, "m1/a")
		w.decide(tess, record.Recognised, ada, r, "m1/a", "m1/b")
		v := w.look(ada, r)
		if v.Done != 2 || v.Decided("m1/a") != "" || v.Decided("m1/b") != record.Recognised || v.Complete {
			t.Fatalf("%+v", v)
		}
		if at := v.DoneAt("m1/b"); at.Format(time.DateOnly) != "2026-11-20" {
			t.Errorf("it holds from %v", at)
		}
		w.decide(tess, record.Waived, ada, r, "m1/b", "m1/c")
		v = w.look(ada, r)
		if !v.Complete || v.Decided("m1/c") != record.Waived || v.Decided("m1/b") != record.Recognised || w.valid(ada) != 1 || w.facts("record.course_completed") != 1 {
			t.Fatalf("with the last step: %+v, %d certificates", v, w.valid(ada))
		}
		// The day of the completion is that of the last step that came to count: Ada's own.
		if !v.CompletedAt.Equal(v.DoneAt("m1/a")) {
			t.Errorf("completed at %v, the last step at %v", v.CompletedAt, v.DoneAt("m1/a"))
		}
		w.reverse(tess, ada, r, "m1/a", "m1/c")
		v = w.look(ada, r)
		if v.Complete || v.Done != 2 || v.Decided("m1/c") != "" || w.valid(ada) != 0 || w.facts("record.course_reopened") != 1 {
			t.Fatalf("taken back: %+v, %d certificates", v, w.valid(ada))
		}
		if v = w.do(ada, r, "m1/c"); !v.Complete || v.IsDone("m1/b") != true {
			t.Fatalf("done at last: %+v", v)
		}
		if w.count("learning_event", "person_id = ? AND kind = 'completed' AND cycle = 2", ada) != 1 || w.valid(ada) != 1 {
			t.Errorf("the second completion: %d certificates", w.valid(ada))
		}
		w.sound()
		all, err := w.rec.Rulings(w.ctx, ada, "posts")
		ok(t, err)
		if len(all) != 2 || all[0].Activity != "m1/b" || all[0].By != tess.ID || all[0].Evidence != "https://records.example/1" || all[0].ReversedAt != nil ||
			all[1].ReversedAt == nil || all[1].ReversedWhy != "The wrong person" || !all[1].Outdone {
			t.Errorf("%+v", all)
		}
	})
}

func TestTakingBackNeverTakesWhatWasDone(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *bun.DB) {
		w := open(t, d)
		r1, r2 := w.courses.publish(revision("r1", "ab")), w.courses.publish(revision("r2", "abc"))
		tess := w.trainer()
		// Decided, then done all the same: the decision may go, the doing stays, and so does the completion.
		ada := w.person(account.KindPerson, "Ada")
		w.decide(tess, record.Manual, ada, r1, "m1/a", "m1/b")
		w.do(ada, r1, "m1/a", "m1/b")
		w.reverse(tess, ada, r1, "m1/a", "m1/b")
		if v := w.look(ada, r1); !v.Complete || v.Done != 2 || w.valid(ada) != 1 || v.Decided("m1/a") != "" {
			t.Errorf("%+v, %d certificates", v, w.valid(ada))
		}
		// Completed by doing in an older revision; a decision about a newer step comes and goes.
		bo := w.person(account.KindPerson, "Bo")
		w.do(bo, r1, "m1/a", "m1/b")
		w.decide(tess, record.Waived, bo, r2, "m1/c")
		w.reverse(tess, bo, r2, "m1/c")
		if v := w.look(bo, r2); !v.Complete || v.Done != 2 || w.valid(bo) != 1 {
			t.Errorf("%+v, %d certificates", v, w.valid(bo))
		}
		// Decided again after it was taken back.
		cy := w.person(account.KindPerson, "Cy")
		for range 3 {
			w.decide(tess, record.Waived, cy, r1, "m1/a")
			w.reverse(tess, cy, r1, "m1/a")
		}
		w.decide(tess, record.Recognised, cy, r1, "m1/a")
		if v := w.look(cy, r1); v.Done != 1 || v.Decided("m1/a") != record.Recognised {
			t.Errorf("%+v", v)
		}
		w.sound()
	})
}

func TestDecisionsThatAreRefused(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *bun.DB) {
		w := open(t, d)
		r := w.courses.publish(revision("r1", "ab"))
		tess, ada := w.trainer(), w.person(account.KindPerson, "Ada")
		good := record.Decision{PersonID: ada, Course: r, Kind: record.Waived, Steps: []string{"m1/a"}, Reason: "Knows it"}
		for field, change := range map[string]func(*record.Decision){
			"kind":     func(d *record.Decision) { d.Kind = "done" },
			"steps":    func(d *record.Decision) { d.Steps = nil },
			"steps ":   func(d *record.Decision) { d.Steps = []string{"m1/z"} },
			"reason":   func(d *record.Decision) { d.Reason = " x " },
			"reason ":  func(d *record.Decision) { d.Reason = strings.Repeat("x", 501) },
			"evidence": func(d *record.Decision) { d.Evidence = strings.Repeat("x", 1001) },
			"on":       func(d *record.Decision) { d.On = "4/12/2026" },
			"on ":      func(d *record.Decision) { d.On = "2027-01-01" },
		} {
			bad := good
			change(&bad)
			_, err := w.rec.Decide(w.ctx, tess, bad)
			if f := fault.From(err); f == nil || f.Kind != fault.Invalid || f.Fields[0].Name != strings.TrimSpace(field) {
				t.Errorf("%s: %v", field, err)
			}
		}
		own := good
		own.PersonID = tess.ID
		if _, err := w.rec.Decide(w.ctx, tess, own); !fault.Is(err, fault.Forbidden) {
			t.Errorf("about oneself: %v", err)
		}
		w.do(ada, r, "m1/a")
		if _, err := w.rec.Decide(w.ctx, tess, good); !fault.Is(err, fault.Conflict) {
			t.Errorf("done already: %v", err)
		}
		if _, err := w.rec.Reverse(w.ctx, tess, record.Reversal{PersonID: ada, Course: r, Steps: []string{"m1/a"}, Reason: "No"}); fault.From(err) == nil {
			t.Errorf("a short reason: %v", err)
		}
		if _, err := w.rec.Reverse(w.ctx, tess, record.Reversal{PersonID: ada, Course: r, Steps: []string{"m1/a"}, Reason: "Not so"}); !fault.Is(err, fault.Conflict) {
			t.Errorf("nothing to take back: %v", err)
		}
		log, n, err := audit.New(d).List(w.ctx, audit.Filter{Action: "record."})
		if err != nil || n != 0 {
			t.Errorf("refused, and yet in the log: %+v %v", log, err)
		}
	})
}

func TestDecisionsAreInTheLog(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *bun.DB) {
		w := open(t, d)
		r := w.courses.publish(revision("r1", "ab"))
		tess, ada := w.trainer(), w.person(account.KindPerson, "Ada")
		w.decide(tess, record.Waived, ada, r, "m1/a")
		w.reverse(tess, ada, r, "m1/a")
		log, n, err := audit.New(d).List(w.ctx, audit.Filter{Action: "record.", PersonID: ada, DeliveryID: "d1"})
		ok(t, err)
		if n != 2 || log[0].Action != "record.reversed" || log[1].Action != "record.waived" || log[1].ActorName != "Tess" || log[1].PersonName != "Ada" ||
			!strings.Contains(log[1].Data, "m1/a") || !strings.Contains(log[1].Data, "records.example") {
			t.Errorf("%+v", log)
		}
	})
}

// Two trainers and the learner at once: one decision a step, and what was done stays done.
func TestDecidingWhileTheLearnerGoesOn(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *bun.DB) {
		w := open(t, d)
		r := w.courses.publish(revision("r1", "abcdef"))
		tess, ada := w.trainer(), w.person(account.KindPerson, "Ada")
		keys := []string{"m1/a", "m1/b", "m1/c", "m1/d", "m1/e", "m1/f"}
		errs := make(chan error, 40)
		go func() {
			for _, k := range keys[:3] {
				_, err := w.rec.MarkComplete(w.ctx, w.completion(ada, r, k))
				errs <- err
			}
			errs <- nil
		}()
		for range 2 {
			go func() {
				for _, k := range keys {
					_, err := w.rec.Decide(context.Background(), tess, record.Decision{PersonID: ada, Course: r, Kind: record.Waived, Steps: []string{k}, Reason: "Knows it"})
					if fault.Is(err, fault.Conflict) {
						err = nil
					}
					errs <- err
				}
				_, err := w.rec.Reverse(context.Background(), tess, record.Reversal{PersonID: ada, Course: r, Steps: keys, Reason: "Not so"})
				if fault.Is(err, fault.Conflict) {
					err = nil
				}
				errs <- err
			}()
		}
		var all error
		for range 4 + 2*7 {
			all = errors.Join(all, <-errs)
		}
		ok(t, all)
		v := w.look(ada, r)
		for _, k := range keys[:3] {
			if !v.IsDone(k) || v.Decided(k) != "" {
				t.Errorf("%s was done: %+v", k, v)
			}
		}
		w.sound()
	})
}
