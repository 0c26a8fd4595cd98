package app_test

import (
	"io/fs"
	"net/url"
	"strings"
	"testing"

	"greenroom/internal/access"
	"greenroom/internal/account"
	"greenroom/internal/audit"
	"greenroom/internal/id"
	"greenroom/internal/locale"
	"greenroom/internal/quiz"
)

// withQuiz is the tiny course with texts replaced in its quiz.
func withQuiz(replace ...string) fs.FS {
	tree := small()
	f := tree["tiny/01-first/02-check.quiz.yaml"]
	f.Data = []byte(strings.NewReplacer(replace...).Replace(string(f.Data)))
	return tree
}

// wrongOnce submits the tiny quiz with the first question wrong and the second right.
func (c *client) wrongOnce() {
	c.s.t.Helper()
	a := c.s.course("tiny").Activity("first/check")
	content, _ := a.Content().(*quiz.Content)
	p := c.get(tiny+"/first/check").want(200).submit("/start", nil).want(303).follow().want(200)
	_, f := p.form("/submit")
	var seed int64
	ok(c.s.t, c.s.DB.NewRaw("SELECT seed FROM quiz_attempt WHERE id = ?", f.Get("attempt")).Scan(c.s.t.Context(), &seed))
	d := quiz.Deal(content, seed).Questions[0]
	p.submit("/submit", url.Values{"q1": {quiz.Token(d.Options, 1)}, "q2": {"a"}}).want(303).follow().want(200, "Not yet")
}

// marked lets what waits be marked again and people be told.
func (s *site) marked() {
	s.t.Helper()
	ok(s.t, s.Quizzes.Regrade(s.t.Context()))
	ok(s.t, s.Events.Drain(s.t.Context()))
}

func TestAQuestionIsPutRight(t *testing.T) {
	each(t, setup{courses: withQuiz("pass: 1", "pass: 2")}, func(t *testing.T, s *site) {
		learner, author, trainer := s.person("Lea Learner", "learner"), s.person("Aki Author", "author"), s.person("Tia Trainer", "trainer")
		learner.wrongOnce()
		author.get("/teach/courses").want(200, tinyQuiz)
		author.get(tinyQuiz).want(200, tinyQuiz+"/questions/one", "Fewer than 8 people")
		author.get(tinyQuiz+"/questions/one").want(200, "In the course now")
		look := tinyQuiz + "/questions/one/preview?"
		author.get(look+"kind=accept&answer=Nonsense").want(422, "Choose an answer", `href="#f-answer-accept"`, `id="f-answer-accept"`)
		p := author.get(look+"kind=accept&answer=That").want(200, "1 result rises", "1 person passes")
		if strings.Contains(p.raw, "Lea Learner") {
			t.Error("an author sees who passes")
		}
		trainer.get(look+"kind=accept&answer=That").want(200, "Lea Learner")
		p.submit("/decide", url.Values{"reason": {"short"}}).want(422, "short", `href="#f-reason"`)
		p.submit("/decide", url.Values{"reason": {"Both are said in the guide."}}).want(303)
		author.get(tinyQuiz).want(200, "0 of 1 tries are marked", "Both are said in the guide.")
		s.marked()
		author.get(tinyQuiz).want(200, "is marked by the decisions in force", "results that rose: 1")

		learner.get(tiny+"/first/check").want(200, "Passed", "This try was marked again", "1 right of 2", "by a later decision")
		if r := s.course("tiny"); !strings.Contains(learner.get("/me/courses/tiny").want(200).words(), r.Activity("first/check").Title) {
			t.Error("the step is not in the learner's list")
		}
		letter := learner.letter("Marked again")
		for _, want := range []string{"Hello Lea Learner", "Which is right?", "Both are said in the guide.", "Before: 1 of 2 right. Now: 2 of 2 right.", "the step is complete", tiny + "/first/check"} {
			if !strings.Contains(letter, want) {
				t.Errorf("the letter lacks %q:\n%s", want, letter)
			}
		}
		again := quiz.Letters{Quizzes: s.Quizzes, Accounts: s.Accounts, Mail: s.Mail, Words: loadWords(t)}
		ok(t, again.OnRegraded(t.Context(), quiz.Regraded{PersonID: learner.id, CourseKey: "tiny", ActivityKey: "first/check", Generation: 1}))
		if n := strings.Count(strings.Join(learner.letters(), "\n"), "Marked again"); n != 1 {
			t.Errorf("%d letters", n)
		}

		ruling := s.rows("SELECT id FROM quiz_ruling")[0]
		trainer.get(tinyQuiz).want(200).submit("/"+ruling+"/reverse", url.Values{"reason": {""}}).want(422, "f-reason-"+ruling)
		trainer.get(tinyQuiz).want(200).submit("/"+ruling+"/reverse", url.Values{"reason": {"The guide has been corrected."}}).want(303)
		s.marked()
		learner.get(tiny+"/first/check").want(200, "Not yet", "this step stays complete")
		_, n, err := s.Audit.List(t.Context(), audit.Filter{Action: "quiz."})
		ok(t, err)
		if n != 2 || s.count("learning_event WHERE kind = 'done'") != 1 {
			t.Errorf("%d entries in the log", n)
		}
		s.healthy()
	})
}

func loadWords(t *testing.T) *locale.Bundle {
	t.Helper()
	b, err := locale.Load()
	ok(t, err)
	return b
}

// A trainer grants more time in one act; who does not teach the person does not find them.
func TestAccommodationsReachQuizzes(t *testing.T) {
	each(t, setup{courses: withQuiz("pass: 1", "pass: 1\nattempts: 1\nminutes_limit: 20")}, func(t *testing.T, s *site) {
		d := s.cohort("2026-11-30", 0)
		ada, bob, tim := s.person("Ada", "learner"), s.person("Bob", "learner"), s.person("Tim", "learner")
		ok(t, s.Access.Grant(t.Context(), nil, access.Grant{PersonID: tim.id, Role: account.RoleTrainer, DeliveryID: d.ID, Reason: "leads it"}))
		ada.join(d)
		page := "/teach/people/" + ada.id + "/accommodations"
		s.clock.advance(2e9)
		tim.get("/teach/people/" + bob.id + "/accommodations").want(404)
		tim.get(tinyQuiz).want(404)
		ada.get(page).want(403)
		tim.get(page).want(200, "Nothing: the limits")
		tim.get(page).submit("/accommodations", url.Values{"time": {"100"}, "attempts": {"x"}, "reason": {"kept"}}).want(422, `href="#f-attempts"`, "kept")
		tim.get(page).submit("/accommodations", url.Values{"time": {"150"}, "attempts": {"1"}, "reason": {"Uses a screen reader."}}).want(303)
		tim.get(page).want(200, "50 per cent more time", "Holds now", "Uses a screen reader.", "Granted by Tim")
		bob.get(tiny+"/first/check").want(200, "You have 20 minutes", "You have one try")
		p := ada.get(tiny+"/first/check").want(200, "You have 30 minutes", "You have 2 tries")
		if strings.Contains(p.raw, "screen reader") {
			t.Error("the reason is on the learner's page")
		}
		p.submit("/start", nil).want(303).follow().want(200, "Your time is up at", "data-left=\"1799\"")
		s.clock.advance(31 * 60 * 1e9)
		ada.get(tiny+"/first/check").want(200, "Your time is up", "See the result now").submit("/submit", nil).want(303).follow().want(200, "Submitted when the time was up")
		bob.get(tiny+"/first/check").submit("/start", nil).want(303)
		s.clock.advance(21 * 60 * 1e9)
		n, err := s.Quizzes.Expire(t.Context())
		ok(t, err)
		p = bob.get(tiny+"/first/check").want(200, "used all your tries")
		if n != 1 || strings.Contains(p.raw, "/again") {
			t.Errorf("the clock submitted %d; or another try is offered", n)
		}
		bob.post(tiny+"/first/check/again", nil).want(303).follow().want(200, "used all your tries")
		ada.get(tiny+"/first/check").want(200, "You have one more try")
		grant := s.rows("SELECT id FROM accommodation")[0]
		tim.get(page).submit("/"+grant+"/end", url.Values{"reason": {""}}).want(422, "f-reason-"+grant)
		tim.get(page).submit("/"+grant+"/end", url.Values{"reason": {"Agreed otherwise."}}).want(303)
		tim.get(page).want(200, "Taken back", "Nothing: the limits")
		s.healthy()
	})
}

// The page of insight costs five queries at most, however many people there are.
func TestInsightBudget(t *testing.T) {
	each(t, setup{}, func(t *testing.T, s *site) {
		author := s.person("Aki Author", "author")
		r := s.course("tiny")
		for _, crowd := range []int{10, 40} {
			for range crowd {
				c := s.guest()
				c.take("tiny", r.Activity("first/read"))
				c.take("tiny", r.Activity("first/check"))
			}
			s.clock.advance(2e9)
			for _, path := range []string{"/teach/courses/tiny/insight", "/teach/courses/tiny/insight.csv"} {
				author.queries(path)
				if n := author.queries(path); n > 5 {
					t.Errorf("%s costs %d queries", path, n)
				}
			}
		}
		author.get("/teach/courses/tiny/insight").want(200, "50 (100 %)", "Hardest:")
		csv := author.get("/teach/courses/tiny/insight.csv").want(200, "Read this").raw
		if got := strings.Count(csv, "\n"); got != 6 {
			t.Errorf("%d lines", got)
		}
		s.person("Tia", "learner").get("/teach/courses/tiny/insight").want(403)
	})
}

// A crowd starts the same quiz at once: everybody is served, and every answer that was acknowledged is there.
func TestACrowdStartsAQuiz(t *testing.T) {
	each(t, setup{pool: 4, courses: withQuiz("pass: 1", "pass: 1\nattempts: 2\nminutes_limit: 20")}, func(t *testing.T, s *site) {
		const crowd = 100
		people := make([]*client, crowd)
		for i := range people {
			people[i] = s.guest()
		}
		statuses := together(crowd, func(i int) int {
			c := people[i]
			if n := c.post(tiny+"/first/check/start", url.Values{"client": {id.New()}}).status; n != 303 {
				return n
			}
			p := c.get(tiny + "/first/check")
			if p.status != 200 {
				return p.status
			}
			_, f := p.form("/submit")
			f.Set("q1", "a")
			f.Set("q2", "b")
			return c.post(tiny+"/first/check/save", f).status
		})
		if statuses[303] != crowd {
			t.Errorf("answers: %v", statuses)
		}
		var all []quiz.Attempt
		ok(t, s.DB.NewSelect().Model(&all).Scan(t.Context()))
		for _, a := range all {
			if len(a.Sheet.Answers) != 2 || a.DueAt == nil {
				t.Errorf("%+v", a)
			}
		}
		if len(all) != crowd {
			t.Errorf("%d attempts", len(all))
		}
		s.healthy()
	})
}
