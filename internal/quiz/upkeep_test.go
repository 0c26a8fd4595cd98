package quiz_test

import (
	"context"
	"strings"
	"testing"

	"greenroom/internal/account"
	"greenroom/internal/audit"
	"greenroom/internal/course"
	"greenroom/internal/db"
	"greenroom/internal/db/dbtest"
	"greenroom/internal/fault"
	"greenroom/internal/faulttest"
	"greenroom/internal/id"
	"greenroom/internal/quiz"
)

var check = quiz.Ref{CourseKey: "small", ActivityKey: "module/check"}

const because = "the guide says so since June"

// draft is a decision about a question of the first quiz.
func draft(question, kind, answer string) quiz.Draft {
	return quiz.Draft{Ref: check, Question: question, Kind: kind, Answer: answer, Reason: because, Form: id.New()}
}

// hand submits the right answers with some of them replaced.
func (p person) hand(instead quiz.Answers) *quiz.Attempt {
	p.t.Helper()
	s := p.start()
	answers := solution(s.Paper)
	for k, a := range instead {
		answers[k] = a
	}
	out, err := p.submit(quiz.Form{Attempt: s.Attempt.ID, Fields: fields(s, answers), Anyway: true})
	ok(p.t, err)
	return out.Attempt
}

// Wrong answers to questions of the first quiz.
var (
	wait   = quiz.Answer{Chosen: []int{2}} // "Wait"
	untrue = quiz.Answer{Chosen: []int{1}}
	typo   = quiz.Answer{Text: "canary reserve line"}
	number = quiz.Answer{Text: "12"}
)

func (w *world) decide(d quiz.Draft) *quiz.Ruling {
	w.t.Helper()
	r, err := w.quizzes.Decide(w.t.Context(), nil, d)
	ok(w.t, err)
	ok(w.t, w.quizzes.Regrade(w.t.Context()))
	return r
}

func (w *world) preview(d quiz.Draft) quiz.Effect {
	w.t.Helper()
	e, err := w.quizzes.Preview(w.t.Context(), d)
	ok(w.t, err)
	return e
}

// is compares an attempt's result, as it is stored and as its owner is shown it.
func (p person) is(attempt string, score, total int, passed bool) {
	p.t.Helper()
	s := p.shown(attempt)
	if a := s.Attempt; a.Score != score || a.Total != total || a.Passed != passed {
		p.t.Errorf("stored %d of %d, passed %v; want %d of %d, %v", a.Score, a.Total, a.Passed, score, total, passed)
	}
	if r := s.Result(); r.Score != score || r.Total != total {
		p.t.Errorf("shown %d of %d, want %d of %d", r.Score, r.Total, score, total)
	}
}

func TestOneMoreAnswerIsRight(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		near, far, top := w.learner("check"), w.learner("check"), w.learner("check")
		a := near.hand(quiz.Answers{"canary-hide-is-wrong": wait, "word": typo}) // 5 of 7, 6 pass
		b := far.hand(quiz.Answers{"canary-hide-is-wrong": wait, "word": typo, "truth": untrue})
		c := top.hand(nil)
		d := draft("canary-hide-is-wrong", quiz.Accept, "Wait")
		before := w.count()
		e := w.preview(d)
		if e.Attempts != 3 || e.Asked != 3 || e.Up != 2 || e.Down != 0 || len(e.Passes) != 1 || e.Passes[0] != near.at.PersonID {
			t.Errorf("%+v", e)
		}
		if w.count() != before {
			t.Error("a preview wrote something")
		}
		r := w.decide(d)
		near.is(a.ID, 6, 7, true)
		far.is(b.ID, 5, 7, false)
		top.is(c.ID, 7, 7, true)
		if !near.done() || near.events() != 1 || far.done() {
			t.Error("who passes by it has not completed the step, or who does not has")
		}
		// It holds for what is submitted from now on, and the first result is kept beside.
		late := w.learner("check")
		x := late.hand(quiz.Answers{"canary-hide-is-wrong": wait})
		late.is(x.ID, 7, 7, true)
		if x.FirstScore == nil || *x.FirstScore != 6 || x.Rulings != r.Generation {
			t.Errorf("%+v", x)
		}
		// Taken back, results are what they were; what was completed stays.
		ok(t, w.quizzes.Reverse(t.Context(), nil, check, r.ID, "the guide was withdrawn again"))
		ok(t, w.quizzes.Regrade(t.Context()))
		near.is(a.ID, 5, 7, false)
		far.is(b.ID, 4, 7, false)
		late.is(x.ID, 6, 7, true)
		if !near.done() {
			t.Error("a completion was taken back")
		}
		changes, err := w.quizzes.Changes(t.Context(), near.at.PersonID, check)
		ok(t, err)
		if len(changes) != 2 || changes[1].ScoreBefore != 5 || changes[1].ScoreAfter != 6 || !changes[1].Better() || changes[0].Better() {
			t.Errorf("%+v", changes)
		}
	})
}

// count is how many rows there are that a preview must not touch.
func (w *world) count() int {
	w.t.Helper()
	n := 0
	for _, table := range []string{"quiz_ruling", "quiz_upkeep", "quiz_change", "audit", "fact", "learning_event"} {
		m, err := w.db.NewSelect().Table(table).Count(w.t.Context())
		ok(w.t, err)
		n += int(m)
	}
	return n
}

func TestEveryTypeThatTakesOneMoreAnswer(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		p := w.learner("check")
		some := quiz.Answer{Chosen: []int{0, 1}} // without Participating
		a := p.hand(quiz.Answers{"truth": untrue, "word": typo, "share": number, "many": some})
		p.is(a.ID, 3, 7, false)
		for i, d := range []quiz.Draft{
			draft("truth", quiz.Accept, "false"), draft("word", quiz.Accept, "Canary RESERVE-line."),
			draft("share", quiz.Accept, "12 per cent"), draft("many", quiz.Accept, "Participating"),
		} {
			w.decide(d)
			p.is(a.ID, 4+i, 7, 4+i >= 6)
		}
		for what, d := range map[string]quiz.Draft{
			"an option that is right already": draft("canary-hide-is-wrong", quiz.Accept, "Answer with the date"),
			"an option that is none":          draft("canary-hide-is-wrong", quiz.Accept, "Laugh"),
			"a pair":                          draft("pairs", quiz.Accept, "Critic"),
			"no number":                       draft("share", quiz.Accept, "many"),
			"no kind":                         draft("share", "shrug", ""),
			"no version":                      {Ref: check, Question: "share", Kind: quiz.Credit, Version: "none", Reason: because},
			"no reason":                       {Ref: check, Question: "share", Kind: quiz.Credit, Reason: "why not"},
		} {
			if _, err := w.quizzes.Decide(t.Context(), nil, d); !fault.Is(err, fault.Invalid) {
				t.Errorf("%s: %v", what, err)
			}
		}
		if _, err := w.quizzes.Preview(t.Context(), draft("nothing", quiz.Credit, "")); !fault.Is(err, fault.NotFound) {
			t.Error(err)
		}
	})
}

// A key that was wrong is mended in a newer revision; the decision carries it back to who answered before.
func TestACorrectedKeyReachesEarlierAttempts(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		robbed, lucky := w.learner("check"), w.learner("check")
		a := robbed.hand(quiz.Answers{"canary-hide-is-wrong": wait, "word": typo})
		b := lucky.hand(quiz.Answers{"word": typo}) // 6 of 7: passes by the wrong key
		w.publish(`date", correct: true`, `date"`, `{ text: "Wait"`, `{ text: "Wait", correct: true`)
		h, err := w.quizzes.History(ctx, check)
		ok(t, err)
		line, err := h.Question("canary-hide-is-wrong")
		ok(t, err)
		if len(line.Versions) != 2 || !line.Versions[0].Current || line.Versions[1].Current || line.Gone {
			t.Fatalf("%+v", line)
		}
		if same, told := quiz.SameKey(line.Versions[1].Question, line.Versions[0].Question); same || !told {
			t.Error("the two keys are taken for one")
		}
		for _, l := range h.Questions[1:] {
			if len(l.Versions) != 1 {
				t.Errorf("%s has %d versions", l.Key, len(l.Versions))
			}
		}
		d := draft("canary-hide-is-wrong", quiz.Key, line.Latest().Revision)
		if e := w.preview(d); e.Up != 1 || e.Down != 0 || e.Held != 1 || len(e.Passes) != 1 || e.Fails != 0 {
			t.Errorf("upwards: %+v", e)
		}
		down := d
		down.Downwards = true
		if e := w.preview(down); e.Up != 1 || e.Down != 1 || e.Held != 0 || len(e.Passes) != 1 || e.Fails != 1 {
			t.Errorf("both ways: %+v", e)
		}
		r := w.decide(d)
		robbed.is(a.ID, 6, 7, true)
		lucky.is(b.ID, 6, 7, true)
		ok(t, w.quizzes.Reverse(ctx, nil, check, r.ID, "once more, both ways"))
		down.Form = id.New()
		w.decide(down)
		robbed.is(a.ID, 6, 7, true)
		lucky.is(b.ID, 5, 7, false)
		if !lucky.done() {
			t.Error("a completion was taken back")
		}
		// Who answers the new revision is judged by it as it is.
		fresh := w.learner("check")
		c := fresh.hand(nil)
		fresh.is(c.ID, 7, 7, true)
	})
}

func TestAQuestionIsVoid(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		up, same, held := w.learner("check"), w.learner("check"), w.learner("check")
		a := up.hand(quiz.Answers{"share": number, "word": typo}) // 5 of 7
		b := same.hand(quiz.Answers{"truth": untrue})             // 6 of 7 with the question right: 5 of 6 would be worse
		c := held.hand(nil)
		r := w.decide(draft("share", quiz.LeaveOut, ""))
		up.is(a.ID, 5, 6, false) // 6 of 7 is 86 per cent: 6 of 6 are needed now, not 5
		same.is(b.ID, 6, 7, true)
		held.is(c.ID, 6, 6, true)
		if got := up.shown(a.ID).Result(); got.Pass != 6 || got.Left != 1 {
			t.Errorf("%d needed, %d left out", got.Pass, got.Left)
		}
		ok(t, w.quizzes.Reverse(t.Context(), nil, check, r.ID, "the point for everybody instead"))
		w.decide(draft("share", quiz.Credit, ""))
		up.is(a.ID, 6, 7, true)
		same.is(b.ID, 6, 7, true)
		held.is(c.ID, 7, 7, true)
		if !up.done() {
			t.Error("the step is not complete")
		}
		// Only where a question was asked in the version that the decision is about.
		h, err := w.quizzes.History(t.Context(), check)
		ok(t, err)
		line, err := h.Question("word")
		ok(t, err)
		w.publish(`What is it called?`, `What do you call it?`)
		d := draft("word", quiz.Credit, "")
		d.Version = line.Latest().Question.Version
		w.decide(d)
		up.is(a.ID, 7, 7, true)
		later := w.learner("check")
		x := later.hand(quiz.Answers{"word": typo, "share": number, "truth": untrue})
		later.is(x.ID, 5, 7, false)
	})
}

func TestNothingLeftIsThePoint(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		timed := quiz.Ref{CourseKey: "small", ActivityKey: "module/timed"}
		p := w.learner("timed")
		s := p.start()
		_, err := p.submit(quiz.Form{Attempt: s.Attempt.ID, Anyway: true})
		ok(t, err)
		for _, q := range []string{"a", "b"} {
			w.decide(quiz.Draft{Ref: timed, Question: q, Kind: quiz.LeaveOut, Reason: because})
		}
		p.is(s.Attempt.ID, 1, 1, true)
	})
}

func TestWhoDecidesAndTheLog(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		author := &account.Person{ID: id.New(), Name: "Aki", Powers: account.PowersOf([]account.Power{{Role: account.RoleAuthor}})}
		for _, who := range []*account.Person{{ID: id.New()}, {ID: id.New(), Powers: account.PowersOf([]account.Power{{Role: account.RoleTrainer, DeliveryID: "d1"}})}} {
			if _, err := w.quizzes.Decide(ctx, who, draft("share", quiz.Credit, "")); !fault.Is(err, fault.Forbidden) {
				t.Errorf("%+v decides: %v", who, err)
			}
			if err := w.quizzes.Reverse(ctx, who, check, "x", because); !fault.Is(err, fault.Forbidden) {
				t.Errorf("%+v takes back: %v", who, err)
			}
		}
		d := draft("share", quiz.Credit, "")
		for range 2 {
			_, err := w.quizzes.Decide(ctx, author, d)
			ok(t, err)
		}
		other := check
		other.ActivityKey = "module/draw"
		if err := w.quizzes.Reverse(ctx, author, other, d.Form, because); !fault.Is(err, fault.NotFound) {
			t.Errorf("another quiz's decision is taken back: %v", err)
		}
		for range 2 {
			ok(t, w.quizzes.Reverse(ctx, author, check, d.Form, because))
		}
		log, n, err := audit.New(w.db).List(ctx, audit.Filter{Action: "quiz."})
		ok(t, err)
		if n != 2 || log[1].Action != "quiz.ruled" || log[0].Action != "quiz.unruled" || log[0].ActorName != "Aki" || log[1].Subject != "small/module/check#share" || log[1].Reason != because {
			t.Errorf("%d %+v", n, log)
		}
		all, err := w.quizzes.Rulings(ctx, check)
		ok(t, err)
		if len(all) != 1 || all[0].InForce() || all[0].ReversedBy != author.ID {
			t.Errorf("%+v", all)
		}
	})
}

// crowd makes people with a submitted attempt each, every second of them near the pass mark.
func (w *world) crowd(n int) {
	w.t.Helper()
	for i := range n {
		wrong := quiz.Answers{"canary-hide-is-wrong": wait, "word": typo}
		if i%2 == 1 {
			wrong["truth"] = untrue
		}
		w.learner("check").hand(wrong)
	}
}

// judged fails unless every attempt has the result of the decision, once.
func judged(t *testing.T, w *world, people int) {
	t.Helper()
	var all []quiz.Attempt
	ok(t, w.db.NewSelect().Model(&all).Scan(t.Context()))
	passed := 0
	for _, a := range all {
		want := 6
		if a.Sheet.Answers["truth"].Chosen[0] == 1 {
			want = 5
		}
		if a.Score != want || *a.FirstScore != want-1 {
			t.Errorf("%s: %d, first %d; want %d", a.ID, a.Score, *a.FirstScore, want)
		}
		if a.Passed {
			passed++
		}
	}
	consistent(t, w)
	for what, want := range map[string]int{"quiz_change": people, "learning_event WHERE kind = 'done'": passed, "fact WHERE name = 'quiz.regraded'": people} {
		var n int
		ok(t, w.db.NewRaw("SELECT COUNT(*) FROM "+what).Scan(t.Context(), &n))
		if n != want {
			t.Errorf("%d of %s, want %d", n, what, want)
		}
	}
	p, err := w.quizzes.Standing(t.Context(), check)
	ok(t, err)
	if p.Waiting != 0 || p.Submitted != people || p.Raised != people || p.Lowered != 0 || p.Passed != passed || p.Percent() != 100 {
		t.Errorf("%+v", p)
	}
}

// Every statement of deciding and judging again fails once, before and after it took effect; run again, it is as if
// nothing had.
func TestJudgingAgainFailsAnywhere(t *testing.T) {
	t.Parallel()
	d, f := faulttest.SQLite(t)
	w := open(t, d)
	w.crowd(3)
	ctx := t.Context()
	form, calls := id.New(), 0
	f.Every(t, func(int) error {
		one := draft("canary-hide-is-wrong", quiz.Accept, "Wait")
		one.Form = form
		if _, err := w.quizzes.Decide(ctx, nil, one); err != nil {
			return err
		}
		return w.quizzes.Regrade(ctx)
	}, func(round int) {
		var changes, facts, halves int
		ok(t, d.NewRaw("SELECT COUNT(*) FROM quiz_change").Scan(ctx, &changes))
		ok(t, d.NewRaw("SELECT COUNT(*) FROM fact WHERE name = 'quiz.regraded'").Scan(ctx, &facts))
		ok(t, d.NewRaw("SELECT COUNT(*) FROM quiz_attempt AS a WHERE a.passed AND NOT EXISTS (SELECT 1 FROM learning_event AS e WHERE e.person_id = a.person_id AND e.kind = 'done')").Scan(ctx, &halves))
		if changes != facts || halves != 0 {
			t.Errorf("round %d: %d changes, %d facts, %d passes without completion", round, changes, facts, halves)
		}
		if calls++; calls%2 == 1 { // the round's repeat follows
			return
		}
		p, err := w.quizzes.Standing(ctx, check)
		ok(t, err)
		var raised int
		ok(t, d.NewRaw("SELECT COUNT(*) FROM quiz_attempt WHERE score = first_score + 1").Scan(ctx, &raised))
		if p.Waiting != 0 || raised != 3 {
			t.Errorf("round %d: %+v, %d raised", round, p, raised)
		}
		ok(t, w.quizzes.Reverse(ctx, nil, check, form, because))
		ok(t, w.quizzes.Regrade(ctx))
		form = id.New()
	})
}

// telling says each time that a revision is looked up: judging again does so for everybody in a batch.
type telling struct {
	*course.Service
	ack func(string)
}

func (c telling) Revision(ctx context.Context, hash string) (*course.Revision, error) {
	c.ack("looked")
	return c.Service.Revision(ctx, hash)
}

// regrade is a site that judges again what waits, for ever.
func regrade(args []string, ack func(string)) error {
	ctx := context.Background()
	d, err := db.Open(ctx, args[0])
	if err != nil {
		return err
	}
	w, err := build(d)
	if err != nil {
		return err
	}
	quizzes := quiz.New(d, telling{w.courses, ack}, w.records, w.now)
	for {
		if err := quizzes.Regrade(ctx); err != nil {
			return err
		}
		ack("through")
	}
}

// A site that is killed while it judges again goes on where it was.
func TestKilledWhileJudgingAgain(t *testing.T) {
	t.Parallel()
	for _, engine := range dbtest.Engines {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			d, address := dbtest.NewURL(t, engine, 2)
			w := open(t, d)
			w.crowd(250) // three batches
			_, err := w.quizzes.Decide(t.Context(), nil, draft("canary-hide-is-wrong", quiz.Accept, "Wait"))
			ok(t, err)
			faulttest.Rounds(t, "regrade", 4, 180, []string{address}, func(round int, _ []string) {
				consistent(t, w)
				p, err := w.quizzes.Standing(t.Context(), check)
				ok(t, err)
				t.Logf("round %d: %d of %d wait", round, p.Waiting, p.Submitted)
			})
			ok(t, w.quizzes.Regrade(t.Context()))
			judged(t, w, 250)
		})
	}
}

// Several nodes judge again at the same time while people submit: everybody has the result of the decision.
func TestJudgingAgainBesideSubmitting(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.crowd(8)
		learners := make([]person, 6)
		for i := range learners {
			learners[i] = w.learner("check")
		}
		done := make(chan error, len(learners)+3)
		for _, p := range learners {
			go func() {
				ctx := context.WithoutCancel(t.Context())
				a, err := w.quizzes.Start(ctx, p.at, id.New())
				if err == nil {
					var desk quiz.Desk
					if desk, err = w.quizzes.Look(ctx, p.at, a.ID); err == nil {
						answers := solution(desk.Shown.Paper)
						answers["canary-hide-is-wrong"], answers["word"] = wait, typo
						_, err = w.quizzes.Submit(ctx, p.at, quiz.Form{Attempt: a.ID, Fields: fields(desk.Shown, answers), Anyway: true})
					}
				}
				done <- err
			}()
		}
		_, err := w.quizzes.Decide(t.Context(), nil, draft("canary-hide-is-wrong", quiz.Accept, "Wait"))
		ok(t, err)
		for range 3 {
			go func() { done <- w.quizzes.Regrade(context.WithoutCancel(t.Context())) }()
		}
		for range cap(done) {
			if err := <-done; err != nil && !strings.Contains(err.Error(), "in between") {
				t.Error(err)
			}
		}
		ok(t, w.quizzes.Regrade(t.Context()))
		for _, p := range learners {
			a := p.shown("").Attempt
			p.is(a.ID, 6, 7, true)
			if p.events() != 1 {
				t.Errorf("%d completions", p.events())
			}
		}
	})
}
