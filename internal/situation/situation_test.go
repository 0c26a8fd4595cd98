package situation_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"greenroom/internal/account"
	"greenroom/internal/course"
	"greenroom/internal/course/coursetest"
	"greenroom/internal/db/dbtest"
	"greenroom/internal/delivery"
	"greenroom/internal/draft"
	"greenroom/internal/fault"
	"greenroom/internal/id"
	"greenroom/internal/inbox"
	"greenroom/internal/locale"
	"greenroom/internal/scenario"
	"greenroom/internal/situation"
	"greenroom/internal/stream"
)

func ok(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// whole is a form with everything in it, of so many moments.
func whole(moments int) situation.Form {
	f := situation.Form{
		Title: "The road that closed early", Role: "You look after the page of a small council: two people # and a cat.", Day: "Tuesday, 12:40",
		Event: "A road closes at noon instead of six.\n\nNobody told the bakery.", Meters: "trust_time", Rubric: "calm",
		Reply: "Write to Rosa", Model: "Sorry, Rosa: our mistake. The lane is open again at one.", Question: "Who could have told the bakery?",
		People: []situation.Person{{Name: "Rosa", Kind: "customer", Says: "My flour is on the \"wrong\" side."}, {Name: "Deano", Kind: "critic", Says: "Again: nobody asked."}},
	}
	for range moments {
		f.Moments = append(f.Moments, situation.Moment{Text: "An hour later.", Ask: "What do you do?", Answers: []situation.Answer{
			{Text: "Say sorry and say when it opens", Next: "Rosa waits.", Feedback: "A time helps.", Takes: "well"},
			{Text: "Say nothing", Next: "Deano posts again.", Feedback: "Silence is an answer.", Takes: "badly"},
			{Text: "Pass it on", Next: "Somebody answers at four.", Feedback: "Late, and true.", Takes: "mixed"},
		}})
	}
	return f.Tidy()
}

func printer(t testing.TB) *locale.Printer {
	b, err := locale.Load()
	ok(t, err)
	return b.Printer("")
}

// Whatever is in the form, it makes a file without errors: empty, half done, done, full of signs that mean something.
func TestEveryFormIsAScenario(t *testing.T) {
	t.Parallel()
	forms := map[string]situation.Form{"empty": {}, "whole": whole(1), "three moments": whole(situation.MaxMoments)}
	for _, set := range situation.Meters {
		f := whole(1)
		f.Meters = set
		forms[set] = f
	}
	for _, rubric := range situation.Rubrics {
		f := whole(1)
		f.Rubric = rubric
		forms[rubric] = f
	}
	nasty := "<script>alert(1)</script> ---\n- a: [b, {c: *d}] & !tag # cut @x %y `z` \"q\" 'p' \\ \x00\x07 \u202e\u2028 \ufeff ![x](y) # h\n# heading\n[a](javascript:b)"
	f := whole(2)
	f.Title, f.Role, f.Day, f.Event, f.Reply, f.Model, f.Question = nasty, nasty, nasty, nasty, nasty, nasty, nasty
	f.People[0].Name, f.People[0].Says, f.People[3] = nasty, nasty, situation.Person{Says: nasty}
	f.Moments[1].Ask, f.Moments[1].Text, f.Moments[0].Answers[3] = nasty, nasty, situation.Answer{Feedback: nasty}
	forms["nasty"] = f
	words := printer(t)
	for name, f := range forms {
		r := scenario.Lint(situation.Story(f, words))
		for _, x := range r.Findings {
			if x.Error() {
				t.Errorf("%s: %s", name, x)
			}
		}
	}
	// What was typed is what is read.
	s, err := situation.Scenario(whole(2), words)
	ok(t, err)
	if p := s.Passage("moment_1"); p == nil || p.Text.Value != whole(2).Event || p.Choice("b").Feedback.Value != "Silence is an answer." || len(p.Feed) != 2 {
		t.Errorf("%+v", p)
	}
	run := s.Begin(1)
	for _, m := range []scenario.Move{
		{Kind: scenario.Chose, At: "moment_1", Choice: "a"}, {Kind: scenario.Continued, At: "moment_1_a"},
		{Kind: scenario.Chose, At: "moment_2", Choice: "b"}, {Kind: scenario.Continued, At: "moment_2_b"}, {Kind: scenario.Replied, At: "reply", Points: 8},
	} {
		ok(t, run.Do(m))
	}
	if !run.Over() {
		t.Error("the story does not end")
	}
	if _, err := scenario.Format(situation.Story(whole(3), words)); err != nil {
		t.Error(err)
	}
}

func TestWhatIsMissing(t *testing.T) {
	t.Parallel()
	fields := func(err error) string {
		var names []string
		if f := fault.From(err); f != nil {
			for _, x := range f.Fields {
				names = append(names, x.Name)
			}
		}
		return strings.Join(names, " ")
	}
	if err := whole(3).Missing(); err != nil {
		t.Error(err)
	}
	for want, change := range map[string]func(f *situation.Form){
		"title":                         func(f *situation.Form) { f.Title = " " },
		"p.1.name p.1.says":             func(f *situation.Form) { f.People[1] = situation.Person{} },
		"p.3.says":                      func(f *situation.Form) { f.People[3].Name = "Zed" },
		"m.1.a.3.next m.1.a.3.feedback": func(f *situation.Form) { f.Moments[1].Answers[3].Text = "x" },
		"m.1.text":                      func(f *situation.Form) { f.Moments[1].Text = "" },
		"event":                         func(f *situation.Form) { f.Event = "Look <b>here" },
		"model":                         func(f *situation.Form) { f.Model = "Ring 02 9876 1234."; f.Invented = true },
		"role":                          func(f *situation.Form) { f.Role = "Write to jo@council.nsw.gov.au"; f.Invented = true },
		"p.0.says invented":             func(f *situation.Form) { f.People[0].Says = "Ask Senator Smith." },
		"question invented":             func(f *situation.Form) { f.Question = "What would @somebody_real do?" },
		"day":                           func(f *situation.Form) { f.Day = strings.Repeat("x", situation.MaxLine+1) },
		"":                              func(f *situation.Form) { f.Question, f.Invented = "What would @made_up do?", true },
	} {
		f := whole(2)
		change(&f)
		if got := fields(f.Missing()); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

type world struct {
	*situation.Service
	t               testing.TB
	ctx             context.Context
	db              *bun.DB
	at              time.Time
	deliveries      *delivery.Service
	cohort, another *delivery.Delivery
	n               int
}

func open(t testing.TB, d *bun.DB) *world {
	t.Helper()
	w := &world{t: t, ctx: context.Background(), db: d, at: time.Date(2026, 12, 1, 1, 0, 0, 0, time.UTC)}
	now := func() time.Time { return w.at }
	courses := course.New(d, course.NewLoader(coursetest.Kinds()...), now)
	_, err := courses.Publish(w.ctx, coursetest.Small())
	ok(t, err)
	w.deliveries = delivery.New(d, courses, now)
	w.Service = situation.New(d, courses, inbox.New(d, stream.New(d, now, stream.NewLocal()), now), situation.Options{Now: now})
	for _, to := range []**delivery.Delivery{&w.cohort, &w.another} {
		c, err := w.deliveries.Create(w.ctx, nil, "", "tiny", delivery.Terms{
			Title: "December", StartsOn: "2026-12-07", Zone: "Australia/Sydney", ReleaseAt: "09:00", LatePolicy: delivery.LateOpen, JoinPolicy: delivery.JoinOpen,
		})
		ok(t, err)
		*to, err = w.deliveries.Open(w.ctx, nil, c.ID)
		ok(t, err)
	}
	return w
}

func (w *world) person(name string) *account.Person {
	w.t.Helper()
	w.n++
	email := fmt.Sprintf("p%d@agency.example", w.n)
	p := &account.Person{ID: id.New(), Kind: account.KindPerson, Name: name, Email: email, EmailFolded: email, VerifiedAt: w.at, CreatedAt: w.at, UpdatedAt: w.at}
	_, err := w.db.NewInsert().Model(p).Exec(w.ctx)
	ok(w.t, err)
	return p
}

// in is the place of somebody new in a cohort; who leads it has no seat.
func (w *world) in(name string, c *delivery.Delivery, leads bool) *situation.Place {
	w.t.Helper()
	p := w.person(name)
	if leads {
		p.Powers = account.PowersOf([]account.Power{{Role: account.RoleTrainer, DeliveryID: c.ID}})
	} else {
		_, err := w.deliveries.EnrolIn(w.ctx, p.ID, c.ID, delivery.SourceTrainer)
		ok(w.t, err)
	}
	at, err := w.At(w.ctx, p, c.ID)
	ok(w.t, err)
	return at
}

func (w *world) written(p *situation.Place, f situation.Form) *situation.Situation {
	w.t.Helper()
	u, err := w.Create(w.ctx, p, id.New())
	ok(w.t, err)
	u, err = w.Save(w.ctx, p, u.ID, draft.Form{Page: id.New(), Version: u.Version}, f)
	ok(w.t, err)
	return u
}

func (w *world) titles(p *situation.Place) string {
	w.t.Helper()
	l, err := w.List(w.ctx, p, 1)
	ok(w.t, err)
	var out []string
	for _, x := range l.Others {
		out = append(out, x.Title(false)+"/"+x.State())
	}
	return strings.Join(out, " ")
}

func wants(t testing.TB, err error, k fault.Kind) {
	t.Helper()
	if !fault.Is(err, k) {
		t.Errorf("%v, want kind %d", err, k)
	}
}

func TestWritingLosesNothing(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *bun.DB) {
		w := open(t, d)
		ada := w.in("Ada", w.cohort, false)
		one := id.New()
		for range 2 {
			_, err := w.Create(w.ctx, ada, one)
			ok(t, err)
		}
		here, there := draft.Form{Page: id.New(), N: 2}, draft.Form{Page: id.New()}
		first, second := whole(1), whole(1)
		second.Title = "Another title"
		_, err := w.Save(w.ctx, ada, one, here, first)
		ok(t, err)
		_, err = w.Save(w.ctx, ada, one, draft.Form{Page: here.Page, N: 1}, second) // was overtaken
		ok(t, err)
		_, err = w.Save(w.ctx, ada, one, there, second)
		wants(t, err, fault.Conflict)
		var clash *situation.Clash
		if !errors.As(err, &clash) || clash.Stored.Form().Title != first.Title {
			t.Fatalf("%v", err)
		}
		if got := clash.Stored.Form().Different(second); len(got) != 1 || got[0].Field != "title" || got[0].Text != first.Title {
			t.Errorf("%+v", got)
		}
		long := first
		long.Event = strings.Repeat("x", situation.MaxText+1)
		_, err = w.Save(w.ctx, ada, one, here, long)
		wants(t, err, fault.Invalid)
		u, err := w.Own(w.ctx, ada, one)
		ok(t, err)
		if u.Form().Title != first.Title || u.Version != 1 {
			t.Errorf("%q in version %d", u.Form().Title, u.Version)
		}
		for range situation.MaxOwn - 1 {
			_, err := w.Create(w.ctx, ada, id.New())
			ok(t, err)
		}
		_, err = w.Create(w.ctx, ada, id.New())
		wants(t, err, fault.Conflict)
		ok(t, w.Remove(w.ctx, ada, one))
		_, err = w.Own(w.ctx, ada, one)
		wants(t, err, fault.NotFound)
	})
}

func TestSharingReviewingAdopting(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *bun.DB) {
		w := open(t, d)
		ada, bo, boss := w.in("Ada", w.cohort, false), w.in("Bo", w.cohort, false), w.in("Boss", w.cohort, true)
		far, farBoss := w.in("Far", w.another, false), w.in("Far Boss", w.another, true)
		u := w.written(ada, whole(1))
		half := w.written(ada, situation.Form{Title: "Half"})

		_, err := w.Share(w.ctx, ada, half.ID, situation.Consent{})
		wants(t, err, fault.Invalid)
		_, err = w.Share(w.ctx, bo, u.ID, situation.Consent{})
		wants(t, err, fault.NotFound)
		for _, x := range []*situation.Place{bo, boss, far} {
			_, _, err := w.Open(w.ctx, x, u.ID)
			wants(t, err, fault.NotFound)
		}
		_, err = w.Share(w.ctx, ada, u.ID, situation.Consent{})
		ok(t, err)
		if got := w.titles(bo); got != "The road that closed early/shared" || w.titles(far) != "" || w.titles(ada) != "" {
			t.Errorf("%q", got)
		}
		// What is written afterwards is not shared with it.
		changed := whole(1)
		changed.Title = "A second thought"
		now, err := w.Own(w.ctx, ada, u.ID)
		ok(t, err)
		now, err = w.Save(w.ctx, ada, u.ID, draft.Form{Version: now.Version}, changed)
		ok(t, err)
		if !now.Changed() || w.titles(bo) != "The road that closed early/shared" {
			t.Errorf("others read %q", w.titles(bo))
		}
		_, err = w.Share(w.ctx, ada, u.ID, situation.Consent{Named: true})
		ok(t, err)

		marks := map[string]int{"happen": 2, "choice": 1, "fair": 2, "teach": 0}
		wants(t, w.Judge(w.ctx, ada, u.ID, marks, ""), fault.NotFound) // nobody reviews their own
		wants(t, w.Judge(w.ctx, far, u.ID, marks, ""), fault.NotFound)
		wants(t, w.Judge(w.ctx, bo, u.ID, map[string]int{"happen": 2, "choice": 3}, strings.Repeat("x", situation.MaxComment+1)), fault.Invalid)
		ok(t, w.Judge(w.ctx, bo, u.ID, marks, "first"))
		ok(t, w.Judge(w.ctx, bo, u.ID, marks, "second"))
		ok(t, w.Judge(w.ctx, boss, u.ID, marks, "from the boss"))
		_, reviews, err := w.Open(w.ctx, ada, u.ID)
		ok(t, err)
		if len(reviews) != 2 || reviews[0].Kind != situation.ByTrainer || reviews[1].Comment != "second" {
			t.Errorf("%+v", reviews)
		}
		if n, there := reviews[1].Mark("choice"); n != 1 || !there {
			t.Errorf("marked %d", n)
		}
		_, reviews, err = w.Open(w.ctx, bo, u.ID)
		ok(t, err)
		if len(reviews) != 1 || w.titles(bo) != "A second thought/reviewed" {
			t.Errorf("a peer sees %+v", reviews)
		}

		wants(t, w.Adopt(w.ctx, boss, u.ID, true), fault.Conflict) // the writer has not agreed
		_, err = w.Share(w.ctx, ada, u.ID, situation.Consent{MayAdopt: true})
		ok(t, err)
		wants(t, w.Adopt(w.ctx, boss, u.ID, false), fault.Invalid)
		wants(t, w.Adopt(w.ctx, bo, u.ID, true), fault.NotFound)
		wants(t, w.Adopt(w.ctx, farBoss, u.ID, true), fault.NotFound)
		ok(t, w.Adopt(w.ctx, boss, u.ID, true))
		ok(t, w.Adopt(w.ctx, boss, u.ID, true))
		if got := w.titles(far); got != "A second thought/adopted" {
			t.Errorf("the course reads %q", got)
		}
		got, reviews, err := w.Open(w.ctx, farBoss, u.ID)
		ok(t, err)
		if got.Named || len(reviews) != 0 || farBoss.MayReview(got) {
			t.Errorf("%+v %+v", got, reviews)
		}
		_, err = w.Share(w.ctx, ada, u.ID, situation.Consent{MayAdopt: true})
		wants(t, err, fault.Conflict) // what was looked at stays as it is
		ok(t, w.Credit(w.ctx, ada, u.ID, true))
		wants(t, w.GiveBack(w.ctx, farBoss, u.ID, "no"), fault.NotFound)
		ok(t, w.LetGo(w.ctx, boss, u.ID))
		if w.titles(far) != "" || w.titles(bo) != "A second thought/reviewed" {
			t.Errorf("%q %q", w.titles(far), w.titles(bo))
		}
		wants(t, w.GiveBack(w.ctx, boss, u.ID, " "), fault.Invalid)
		ok(t, w.GiveBack(w.ctx, boss, u.ID, "That is somebody I know."))
		_, _, err = w.Open(w.ctx, boss, u.ID)
		wants(t, err, fault.NotFound)
		mine, _, err := w.Open(w.ctx, ada, u.ID)
		ok(t, err)
		if mine.GivenBack == "" || mine.State() != situation.Private {
			t.Errorf("%+v", mine)
		}
		ok(t, w.Withdraw(w.ctx, ada, u.ID))

		kinds := map[string]int{}
		var items []inbox.Item
		ok(t, d.NewSelect().Model(&items).Where("person_id = ?", ada.Who.ID).Scan(w.ctx))
		for _, x := range items {
			kinds[x.Kind]++
		}
		if kinds["situation_reviewed"] != 3 || kinds["situation_adopted"] != 1 || kinds["situation_given_back"] != 1 {
			t.Errorf("told %v", kinds)
		}
	})
}

func TestAloneAndOutside(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *bun.DB) {
		w := open(t, d)
		self, err := w.deliveries.SelfPaced(w.ctx, "tiny")
		if fault.Is(err, fault.NotFound) {
			ok(t, w.deliveries.EnsureSelfPaced(w.ctx, d, "tiny"))
			self, err = w.deliveries.SelfPaced(w.ctx, "tiny")
		}
		ok(t, err)
		p := w.person("Sol")
		_, err = w.At(w.ctx, p, self.ID)
		wants(t, err, fault.NotFound)
		_, err = w.deliveries.Enrol(w.ctx, p.ID, "tiny")
		ok(t, err)
		sol, err := w.At(w.ctx, p, self.ID)
		ok(t, err)
		u := w.written(sol, whole(1))
		_, err = w.Share(w.ctx, sol, u.ID, situation.Consent{})
		wants(t, err, fault.Conflict)
		boss := w.in("Boss", w.cohort, true)
		_, err = w.Create(w.ctx, boss, id.New())
		wants(t, err, fault.Forbidden)
		_, err = w.Own(w.ctx, boss, u.ID)
		wants(t, err, fault.NotFound)
		_, err = w.At(w.ctx, nil, self.ID)
		wants(t, err, fault.NotFound)
		name, data, err := w.Export(w.ctx, p.ID)
		ok(t, err)
		raw, err := json.Marshal(data)
		ok(t, err)
		if name != "situations" || !strings.Contains(string(raw), "The road that closed early") {
			t.Errorf("%s %s", name, raw)
		}
	})
}
