package quiz_test

import (
	"context"
	"fmt"
	"net/url"
	"reflect"
	"strings"
	"sync"
	"testing"

	"github.com/uptrace/bun"

	"greenroom/internal/db"
	"greenroom/internal/db/dbtest"
	"greenroom/internal/fault"
	"greenroom/internal/id"
	"greenroom/internal/quiz"
)

func each(t *testing.T, fn func(t *testing.T, w *world)) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *bun.DB) { fn(t, open(t, d)) })
}

func TestPassCompletesTheStepOnce(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		p := w.learner("check")
		s := p.start()
		f := quiz.Form{Attempt: s.Attempt.ID, Fields: fields(s, solution(s.Paper))}
		first, err := p.submit(f)
		ok(t, err)
		if a := first.Attempt; a.State != quiz.Submitted || !a.Passed || a.Score != 7 || a.Total != 7 || a.SubmittedAt == nil {
			t.Fatalf("%+v", a)
		}
		if !p.done() {
			t.Fatal("the step is not done")
		}
		f.Fields = url.Values{}
		again, err := p.submit(f)
		ok(t, err)
		if again.Attempt.Score != 7 || !again.Attempt.SubmittedAt.Equal(*first.Attempt.SubmittedAt) || p.events() != 1 {
			t.Fatalf("the second submit gave %+v, %d events", again.Attempt, p.events())
		}
	})
}

func TestFailingKeepsTheStepOpenAndAPassStays(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		p := w.learner("check")
		s := p.start()
		out, err := p.submit(quiz.Form{Attempt: s.Attempt.ID, Anyway: true})
		ok(t, err)
		if out.Attempt.Passed || out.Attempt.Score != 0 || p.done() {
			t.Fatalf("%+v, done %v", out.Attempt, p.done())
		}
		s = p.start()
		_, err = p.submit(quiz.Form{Attempt: s.Attempt.ID, Fields: fields(s, solution(s.Paper))})
		ok(t, err)
		s = p.start()
		_, err = p.submit(quiz.Form{Attempt: s.Attempt.ID, Anyway: true})
		ok(t, err)
		d := p.look("")
		if len(d.All) != 3 || !d.Passed() || d.Best.Score != 7 || !p.done() || p.events() != 1 {
			t.Fatalf("%d attempts, best %+v, done %v", len(d.All), d.Best, p.done())
		}
		if d.Shown.Attempt.ID != s.Attempt.ID || !d.Reasons() {
			t.Fatal("the newest result is not the one shown")
		}
	})
}

func TestManySubmitsAtOnceGiveOneResult(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		for range 3 { // a missing lock does not show every time
			p := w.learner("check")
			s := p.start()
			right := fields(s, solution(s.Paper))
			var all sync.WaitGroup
			results, errs := make([]*quiz.Sitting, 50), make([]error, 50)
			for i := range results {
				all.Go(func() {
					f := quiz.Form{Attempt: s.Attempt.ID, Fields: right, Anyway: true}
					if i%2 == 1 {
						f.Fields = url.Values{}
					}
					results[i], errs[i] = p.submit(f)
				})
			}
			all.Wait()
			want := 0
			for i, r := range results {
				ok(t, errs[i])
				if r.Attempt.Score != results[0].Attempt.Score || !r.Attempt.SubmittedAt.Equal(*results[0].Attempt.SubmittedAt) {
					t.Fatalf("call %d got %d at %v, call 0 %d", i, r.Attempt.Score, r.Attempt.SubmittedAt, results[0].Attempt.Score)
				}
				if r.Attempt.Passed {
					want = 1
				}
			}
			if d := p.look(""); len(d.All) != 1 || p.events() != want {
				t.Fatalf("%d attempts, %d events", len(d.All), p.events())
			}
		}
	})
}

func TestManyStartsAtOnceGiveOneAttempt(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		p := w.learner("check")
		client := id.New()
		var all sync.WaitGroup
		ids := make([]string, 20)
		for i := range ids {
			all.Go(func() {
				c := client
				if i%2 == 1 {
					c = id.New() // another device
				}
				a, err := p.quizzes.Start(t.Context(), p.at, c)
				if err == nil {
					ids[i] = a.ID
				}
			})
		}
		all.Wait()
		for _, got := range ids {
			if got != ids[0] || got == "" {
				t.Fatalf("attempts %v", ids)
			}
		}
		s := p.shown("")
		_, err := p.submit(quiz.Form{Attempt: s.Attempt.ID, Anyway: true})
		ok(t, err)
		a, err := p.quizzes.Start(t.Context(), p.at, s.Attempt.Client) // the button's form sent again by a reload
		ok(t, err)
		if a.ID != s.Attempt.ID {
			t.Fatal("the same form started a second attempt")
		}
	})
}

func TestAutosaveIsResumedAndSubmitted(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		p := w.learner("check")
		s := p.start()
		want := solution(s.Paper)
		page := id.New()
		for n, d := range s.Paper.Questions { // one field after the other, then the tab closes
			_, err := p.save(quiz.Form{Attempt: s.Attempt.ID, Page: page, N: int64(n + 1), Fields: only(s, d.Key, fields(s, want))})
			ok(t, err)
		}
		back := p.shown("")
		if back.Attempt.ID != s.Attempt.ID || back.Attempt.Saves != 7 || back.Attempt.SavedAt == nil {
			t.Fatalf("%+v", back.Attempt)
		}
		if !reflect.DeepEqual(back.Paper, s.Paper) {
			t.Fatal("the paper changed")
		}
		out, err := p.submit(quiz.Form{Attempt: s.Attempt.ID})
		ok(t, err)
		if !out.Attempt.Passed {
			t.Fatalf("%d of %d, missing %v", out.Attempt.Score, out.Attempt.Total, out.Missing)
		}
	})
}

func TestLateAndRepeatedSavesChangeNothing(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		p := w.learner("check")
		s := p.start()
		page := id.New()
		typed := func(n int64, text string) {
			f := url.Values{"q6": {text}, "q6.was": {""}}
			_, err := p.save(quiz.Form{Attempt: s.Attempt.ID, Page: page, N: n, Fields: f})
			ok(t, err)
		}
		typed(1, "h")
		typed(3, "holding")
		typed(2, "hol") // overtaken on the way
		typed(3, "holding")
		got := p.shown("")
		if got.Answers["word"].Text != "holding" || got.Attempt.Saves != 2 {
			t.Fatalf("%q after %d saves", got.Answers["word"].Text, got.Attempt.Saves)
		}
		typed(4, "") // taken back by the page that wrote it
		if got := p.shown("").Answers["word"].Text; got != "" {
			t.Fatalf("%q", got)
		}
	})
}

func TestTwoDevicesDoNotUndoEachOther(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		p := w.learner("check")
		s := p.start() // both devices show this
		desk, phone := id.New(), id.New()
		a := solution(s.Paper)
		_, err := p.save(quiz.Form{Attempt: s.Attempt.ID, Page: desk, N: 1, Fields: fields(s, quiz.Answers{"word": a["word"], "truth": a["truth"]})})
		ok(t, err)
		// The phone's page still has the empty fields of the start, and answers one question.
		_, err = p.save(quiz.Form{Attempt: s.Attempt.ID, Page: phone, N: 1, Fields: fields(s, quiz.Answers{"share": a["share"]})})
		ok(t, err)
		got := p.shown("").Answers
		for _, k := range []string{"word", "truth", "share"} {
			if !reflect.DeepEqual(got[k], a[k]) && !strings.EqualFold(strings.TrimSpace(a[k].Text), got[k].Text) {
				t.Errorf("%s: %+v, want %+v", k, got[k], a[k])
			}
		}
	})
}

func TestSaveAfterSubmitIsRefused(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		p := w.learner("check")
		s := p.start()
		_, err := p.submit(quiz.Form{Attempt: s.Attempt.ID, Anyway: true})
		ok(t, err)
		_, err = p.save(quiz.Form{Attempt: s.Attempt.ID, Fields: fields(s, solution(s.Paper))})
		if !fault.Is(err, fault.Conflict) {
			t.Fatalf("%v", err)
		}
		if got := p.shown(s.Attempt.ID); len(got.Answers) != 0 || got.Attempt.Score != 0 {
			t.Fatalf("%+v", got.Attempt)
		}
	})
}

func TestGapsArePointedOutAndEverythingIsKept(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		p := w.learner("check")
		s := p.start()
		a := solution(s.Paper)
		half := a["pairs"]
		half.Matches = append([]int{-1}, half.Matches[1:]...)
		in := fields(s, quiz.Answers{"truth": a["truth"], "pairs": half, "share": {Text: "lots"}})
		out, err := p.submit(quiz.Form{Attempt: s.Attempt.ID, Fields: in})
		ok(t, err)
		want := map[string]string{
			"canary-hide-is-wrong": quiz.Unanswered, "many": quiz.Unanswered, "pairs": quiz.HalfDone,
			"steps": quiz.Unordered, "word": quiz.Unanswered, "share": quiz.NoNumber,
		}
		got := map[string]string{}
		for _, m := range out.Missing {
			got[m.Key] = m.Why
		}
		if !reflect.DeepEqual(got, want) || out.Attempt.State != quiz.Open {
			t.Fatalf("missing %v, state %s", got, out.Attempt.State)
		}
		kept := p.shown("").Answers
		if !reflect.DeepEqual(kept["truth"], a["truth"]) || !reflect.DeepEqual(kept["pairs"], half) || kept["share"].Text != "lots" {
			t.Fatalf("%+v", kept)
		}
		out, err = p.submit(quiz.Form{Attempt: s.Attempt.ID, Fields: in, Anyway: true})
		ok(t, err)
		if out.Attempt.State != quiz.Submitted || out.Attempt.Score != 1 {
			t.Fatalf("%+v", out.Attempt)
		}
	})
}

func TestTooLongIsShownAndNotKept(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		p := w.learner("check")
		s := p.start()
		long := strings.Repeat("ä", quiz.MaxText+1)
		in := fields(s, quiz.Answers{"word": {Text: long}, "share": {Text: strings.Repeat("9", quiz.MaxNumber+1)}, "truth": {Chosen: []int{0}}})
		for _, f := range []func(quiz.Form) (*quiz.Sitting, error){p.save, p.submit} {
			out, err := f(quiz.Form{Attempt: s.Attempt.ID, Fields: in, Anyway: true})
			ok(t, err)
			if len(out.Missing) < 2 || out.Missing[0].Why != quiz.TooLong || out.Answers["word"].Text != long || out.Attempt.State != quiz.Open {
				t.Fatalf("missing %d, %q", len(out.Missing), out.Answers["word"].Text)
			}
		}
		if got := p.shown("").Answers; got["word"].Text != "" || len(got["truth"].Chosen) != 1 {
			t.Fatalf("%+v", got)
		}
	})
}

func TestOrderingMovesByButtons(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		p := w.learner("check")
		s := p.start()
		d := s.Paper.Questions[4]
		for range 3 { // bubble every item to its place
			for at := range 3 {
				order := d.Shown(s.Answers["steps"])
				if order[at] < at || at > 0 && order[at-1] > order[at] {
					out, err := p.save(quiz.Form{Attempt: s.Attempt.ID, Fields: fields(s, s.Answers), Move: d.Name() + ":" + quiz.Token(d.Items, order[at]) + ":up"})
					ok(t, err)
					s = out
				}
			}
		}
		if got := p.shown("").Answers["steps"].Order; !reflect.DeepEqual(got, []int{0, 1, 2}) {
			t.Fatalf("%v", got)
		}
	})
}

func TestOthersAttemptsAreNotFound(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		mine, other := w.learner("check"), w.learner("check")
		s := mine.start()
		elsewhere := w.as(mine.at.PersonID, "draw")
		for name, who := range map[string]person{"another person": other, "another quiz": elsewhere} {
			for _, attempt := range []string{s.Attempt.ID, id.New(), "x", "", "' OR 1=1 --"} {
				f := quiz.Form{Attempt: attempt, Fields: fields(s, solution(s.Paper)), Anyway: true}
				if _, err := who.save(f); !fault.Is(err, fault.NotFound) {
					t.Errorf("%s saved %q: %v", name, attempt, err)
				}
				if _, err := who.submit(f); !fault.Is(err, fault.NotFound) {
					t.Errorf("%s submitted %q: %v", name, attempt, err)
				}
				if _, err := who.quizzes.Look(t.Context(), who.at, attempt); attempt != "" && !fault.Is(err, fault.NotFound) {
					t.Errorf("%s looked at %q: %v", name, attempt, err)
				}
			}
		}
		if got := mine.shown(""); got.Attempt.Saves != 0 || got.Attempt.State != quiz.Open {
			t.Fatalf("%+v", got.Attempt)
		}
	})
}

func TestForgedTokensSaveNothing(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		p := w.learner("check")
		s := p.start()
		f := fields(s, solution(s.Paper))
		f.Set("q1", "zz")
		for _, do := range []func(quiz.Form) (*quiz.Sitting, error){p.save, p.submit} {
			if _, err := do(quiz.Form{Attempt: s.Attempt.ID, Fields: f}); !fault.Is(err, fault.Invalid) {
				t.Fatalf("%v", err)
			}
		}
		if got := p.shown(""); len(got.Answers) != 0 || got.Attempt.State != quiz.Open {
			t.Fatalf("%+v", got.Answers)
		}
	})
}

func TestAnAttemptStaysOnItsRevision(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		p := w.learner("check")
		s := p.start()
		w.publish("What do you do first?", "Something else?", "pass: 6", "pass: 7", "answer: 7431", "answer: 5")
		moved := w.as(p.at.PersonID, "check") // on the new revision
		if moved.at.Course.Hash == s.Attempt.RevisionHash {
			t.Fatal("the course did not change")
		}
		back := moved.shown("")
		if !reflect.DeepEqual(back.Paper, s.Paper) || back.Content.Pass != 6 {
			t.Fatal("the open attempt changed with the course")
		}
		out, err := moved.submit(quiz.Form{Attempt: s.Attempt.ID, Fields: fields(s, solution(s.Paper))})
		ok(t, err)
		if !out.Attempt.Passed || out.Attempt.Score != 7 || !moved.done() {
			t.Fatalf("%+v", out.Attempt)
		}
		if next := moved.start(); next.Attempt.RevisionHash != moved.at.Course.Hash || next.Content.Pass != 7 {
			t.Fatal("the next attempt is not on the new revision")
		}
	})
}

func TestRetriesDrawAgain(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		p := w.learner("draw")
		last := ""
		for range 12 {
			s := p.start()
			keys := s.Paper.Questions[0].Key + s.Paper.Questions[1].Key
			if len(s.Paper.Questions) != 2 || keys == last {
				t.Fatalf("%s after %s", keys, last)
			}
			last = keys
			_, err := p.submit(quiz.Form{Attempt: s.Attempt.ID, Anyway: true})
			ok(t, err)
		}
		d := p.look("")
		if len(d.All) != 12 || d.Reasons() {
			t.Fatalf("%d attempts, reasons %v", len(d.All), d.Reasons())
		}
		s := p.start()
		_, err := p.submit(quiz.Form{Attempt: s.Attempt.ID, Fields: fields(s, solution(s.Paper))})
		ok(t, err)
		if !p.look("").Reasons() || !p.look(d.All[0].ID).Reasons() {
			t.Fatal("the reasons are not shown after the pass")
		}
	})
}

func TestClaimKeepsEveryAttempt(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		guest, owner := w.learner("check"), w.learner("check")
		done := guest.start()
		_, err := guest.submit(quiz.Form{Attempt: done.Attempt.ID, Fields: fields(done, solution(done.Paper))})
		ok(t, err)
		old := owner.start()
		newer := guest.start()
		_, err = guest.save(quiz.Form{Attempt: newer.Attempt.ID, Fields: url.Values{"q6": {"typed as a guest"}}})
		ok(t, err)
		claim := func() {
			t.Helper()
			ok(t, db.InTx(t.Context(), w.db, func(ctx context.Context, tx bun.Tx) error {
				return w.quizzes.Claim(ctx, tx, guest.at.PersonID, owner.at.PersonID)
			}))
		}
		claim()
		claim()
		d := owner.look("")
		states := map[string]string{}
		for _, a := range d.All {
			states[a.ID] = a.State
		}
		want := map[string]string{done.Attempt.ID: quiz.Submitted, old.Attempt.ID: quiz.Aside, newer.Attempt.ID: quiz.Open}
		if !reflect.DeepEqual(states, want) || !d.Passed() || d.Shown.Answers["word"].Text != "typed as a guest" {
			t.Fatalf("%v, want %v", states, want)
		}
		if left := guest.look(""); len(left.All) != 0 {
			t.Fatalf("%d attempts stayed with the guest", len(left.All))
		}
	})
}

func TestExportSaysAnswersInWords(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		p := w.learner("check")
		s := p.start()
		_, err := p.submit(quiz.Form{Attempt: s.Attempt.ID, Fields: fields(s, solution(s.Paper))})
		ok(t, err)
		name, v, err := w.quizzes.Export(t.Context(), p.at.PersonID)
		ok(t, err)
		got := fmt.Sprintf("%+v", v)
		for _, want := range []string{"module/check", "Answer with the date", "Troll → Wants a reaction", "[Check Answer Record]", "Score:7", "[true]"} {
			if name != "quiz_attempts" || !strings.Contains(got, want) {
				t.Errorf("%s: no %q in %s", name, want, got)
			}
		}
	})
}

func TestLookIsOneQuery(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		p := w.learner("check")
		for range 5 {
			s := p.start()
			_, err := p.submit(quiz.Form{Attempt: s.Attempt.ID, Anyway: true})
			ok(t, err)
		}
		w.quizzes.Forget() // the decisions in force are asked for once in a second, whoever looks
		for _, want := range []int64{2, 1} {
			ctx, n := db.CountQueries(t.Context())
			_, err := p.quizzes.Look(ctx, p.at, "")
			ok(t, err)
			if n.Load() != want {
				t.Fatalf("%d queries, want %d", n.Load(), want)
			}
		}
	})
}
