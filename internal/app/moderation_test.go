package app_test

import (
	"context"
	"net/url"
	"strings"
	"testing"
	"time"

	"greenroom/internal/account"
	"greenroom/internal/delivery"
)

// inCohort makes people of a running cohort, and somebody who moderates it.
func (s *site) inCohort(names ...string) (*delivery.Delivery, []*client) {
	s.t.Helper()
	s.at(sydney(s.t, "2026-12-08 10:00:00"))
	d := s.cohort("2026-11-23", 0)
	var all []*client
	for _, name := range names {
		b := s.person(name, account.RoleLearner)
		b.post(cohortPath(d)+"/join", nil).want(303)
		all = append(all, b)
	}
	return d, all
}

// say begins a thread and returns the post's address.
func (c *client) say(d *delivery.Delivery, body string, more url.Values) *page {
	f := url.Values{"title": {"A question"}, "body": {body}, "rules": {"1"}}
	for k, v := range more {
		f[k] = v
	}
	return c.post("/discuss/"+d.ID+"/general", f)
}

// again signs somebody in once more, since their session has ended meanwhile.
func (c *client) again() *client {
	c.s.t.Helper()
	p, err := c.s.Accounts.ByID(context.Background(), c.id)
	ok(c.s.t, err)
	c.post("/sign-in", url.Values{"email": {p.Email}, "password": {password}}).want(303)
	return c
}

// read shows a post on the page of its thread.
func (c *client) read(post string) *page {
	c.s.t.Helper()
	to, _, _ := strings.Cut(c.get(post).want(302).header.Get("Location"), "#")
	return c.get(to)
}

// settings sends the form of the site's settings with the fields, and what else stands in it.
func (c *client) settings(f url.Values) *page {
	c.s.t.Helper()
	return c.get("/admin/moderation").submit("/admin/moderation", f)
}

// link is the first address on the page that begins so.
func (p *page) link(begin string) string {
	p.c.s.t.Helper()
	_, after, found := strings.Cut(p.raw, `href="`+begin)
	if !found {
		p.c.s.t.Fatalf("%s has no link to %s\n%s", p.path, begin, clip(p.words()))
	}
	rest, _, _ := strings.Cut(after, `"`)
	return begin + rest
}

// A report becomes a case, the case a decision with a rule and a reason, the decision an appeal that somebody else answers; the author, and
// who reported, are told; the log holds together, and says so when somebody changes it.
func TestModerationFromReportToAppeal(t *testing.T) {
	each(t, setup{}, func(t *testing.T, s *site) {
		d, people := s.inCohort("Ada", "Bo")
		ada, bo := people[0], people[1]
		mo, eve := s.person("Mo", account.RoleModerator), s.person("Eve", account.RoleModerator)

		ada.post("/discuss/"+d.ID+"/general", url.Values{"title": {"A question"}, "body": {"What an idiot the other one is."}}).
			want(422, "Say that you keep to the house rules", "What an idiot the other one is.")
		post := ada.say(d, "What an idiot the other one is.", nil).want(303).header.Get("Location")
		ada.post(post+"/report", url.Values{"kind": {"abuse"}}).want(404) // their own
		bo.get(post+"/report").want(200, "What an idiot", "Lifeline")
		bo.post(post+"/report", nil).want(422, "Choose one.")
		report := url.Values{"kind": {"abuse"}, "text": {"This is about me."}}
		bo.post(post+"/report", report).want(303)
		bo.post(post+"/report", report).want(303) // once more changes nothing
		s.nobody().post("/report", url.Values{"kind": {"harm"}, "text": {"Somebody is hurt."}, "place": {s.url + post}, "email": {"kim@example.org"}}).want(303)
		if s.count("moderation_case") != 1 || s.count("moderation_report") != 2 {
			t.Fatalf("%d cases, %d reports", s.count("moderation_case"), s.count("moderation_report"))
		}

		// Those who moderate are told of it, once as insult and once as danger; danger is written about at once.
		for _, c := range []*client{mo, eve} {
			c.get("/me/notifications").want(200, "Waits in moderation: Insults, hate or harassment", "Waits in moderation: Somebody may be in danger")
			if n := s.count("inbox WHERE person_id = ?", c.id); n != 2 {
				t.Errorf("%s was told %d times", c.id, n)
			}
		}
		if n := s.count("mail WHERE subject = 'Urgent in moderation: Somebody may be in danger'"); n != 2 {
			t.Errorf("%d urgent letters", n)
		}
		if n := s.count("inbox WHERE person_id IN (?, ?)", ada.id, bo.id); n != 0 {
			t.Errorf("who wrote or reported it was told %d times", n)
		}
		queue := mo.get("/moderate").want(200, "Somebody may be in danger", "2 reports", "What an idiot")
		at := queue.link("/moderate/cases/")
		mo.get(at).want(200, "What an idiot the other one is.", "This is about me.", "Take this case").lacks("Bo")
		decide := url.Values{"action": {"hide"}, "rule": {"1. Talk about the question"}, "reason": {"It insults a member of the cohort."}, "version": {"2"}}
		mo.post(at+"/decide", decide).want(409) // not claimed
		mo.post(at+"/claim", nil).want(303)
		eve.post(at+"/claim", nil).want(409)
		mo.post(at+"/decide", url.Values{"action": {"hide"}, "version": {"2"}}).want(422, "Name the rule.", "Give a reason")
		eve.post(at+"/decide", decide).want(409, "It insults a member of the cohort.") // somebody else has it: nothing typed is lost
		mo.post(at+"/decide", decide).want(303)
		mo.post(at+"/decide", decide).want(303) // pressed twice
		if n := s.count("moderation_log WHERE action = 'decided'"); n != 1 {
			t.Errorf("decided %d times", n)
		}
		bo.read(post).want(200, "Title hidden by a moderator").lacks("What an idiot").lacks("A question")
		bo.get("/discuss/"+d.ID+"/general").want(200, "Title hidden by a moderator").lacks("A question")
		mo.get(at).want(200, "A question")
		lead := "/teach/cohorts/" + d.ID + "/discussion/"
		boss := s.person("Boss", account.RoleAdmin)
		if raw := boss.post(lead+"record.csv", nil).want(200).raw; !strings.Contains(raw, "A question") {
			t.Error("the record has lost a hidden title")
		}
		if raw := boss.get(lead + "public.csv").want(200).raw; strings.Contains(raw, "A question") {
			t.Error("what everybody sees has a hidden title")
		}
		mine := "/me/decisions/" + strings.TrimPrefix(at, "/moderate/cases/")
		ada.get(mine).want(200, "What you wrote was hidden", "It insults a member", "What an idiot the other one is.", "Appeal")
		bo.get(mine).want(404)
		if n := s.count("mail WHERE subject = 'A decision about what you wrote'"); n != 1 {
			t.Errorf("%d letters to the author", n)
		}
		if n := s.count("inbox WHERE person_id = ? AND mailed_at IS NULL", ada.id); n != 0 {
			t.Error("what the letter said goes out a second time, with a digest")
		}
		if n := s.count("mail WHERE subject = 'What came of your report'"); n != 1 {
			t.Errorf("%d letters to who has no account", n)
		}

		ada.post(mine+"/appeal", url.Values{"text": {"no"}}).want(422, "Say why")
		ada.post(mine+"/appeal", url.Values{"text": {"I meant myself, as the thread shows."}}).want(303)
		ada.post(mine+"/appeal", url.Values{"text": {"I meant myself, as the thread shows."}}).want(303) // pressed twice
		ada.post(mine+"/appeal", url.Values{"text": {"I meant somebody else entirely."}}).want(409, "cannot be appealed", "I meant somebody else entirely.")
		eve.get("/me/notifications").want(200, "Waits in moderation: Appeal")
		mo.get("/me/notifications").want(200).lacks("Waits in moderation: Appeal") // decided it
		answer := url.Values{"outcome": {"overturned"}, "why": {"The thread shows that it is about the author."}, "version": {"4"}}
		mo.post(at+"/answer", answer).want(403) // decided it
		eve.post(at+"/answer", answer).want(303)
		eve.post(at+"/answer", answer).want(303) // pressed twice
		answer.Set("why", "It is another one after all.")
		eve.post(at+"/answer", answer).want(409, "decided meanwhile", "It is another one after all.")
		bo.read(post).want(200, "What an idiot the other one is.", "A question")
		ada.get(mine).want(200, "The decision was taken back.", "The thread shows")

		n, broken, err := s.Moderation.Verify(context.Background())
		if err != nil || broken != nil || n != 7 {
			t.Fatalf("%d lines, %v, %v", n, broken, err)
		}
		if _, err := s.DB.NewUpdate().Table("moderation_log").Set("detail = '{}'").Where("seq = 4").Exec(context.Background()); err == nil {
			t.Error("the log can be changed")
		}
		s.healthy()
	})
}

// Who is suspended reads and learns, and writes again when the time is over; a held post is seen by nobody until it is let in.
func TestWhatHoldsBeforeAPostIsLetIn(t *testing.T) {
	each(t, setup{}, func(t *testing.T, s *site) {
		d, people := s.inCohort("Ada", "Bo", "Cy")
		ada, bo, cy := people[0], people[1], people[2]
		mo, boss := s.person("Mo", account.RoleModerator), s.person("Boss", account.RoleAdmin)
		board := "/discuss/" + d.ID + "/general"

		// New members: links and files are few for a while.
		ada.say(d, "See https://a.example and https://b.example and www.c.example", nil).want(422, "a post can have 2 links", "www.c.example")

		// A word from the list holds a post, in an edit as well; nobody else sees it until it is let in.
		site := url.Values{"hours": {"0"}, "posts": {"10"}, "links": {"2"}, "words": {"secret plan\nab"}}
		boss.settings(site).want(422, "A word needs three letters", "secret plan")
		site.Set("words", "secret plan")
		boss.settings(site).want(303)
		held := ada.say(d, "Here is the Secret, plan: nothing.", nil).want(303).header.Get("Location")
		ada.read(held).want(200, "Here is the Secret")
		bo.get(held).want(404)
		bo.get(board).want(200).lacks("A question")
		at := mo.get("/moderate").want(200, "A word from the list").link("/moderate/cases/")
		mo.post(at+"/claim", nil).want(303)
		mo.post(at+"/decide", url.Values{"action": {"release"}, "version": {"2"}}).want(303)
		bo.get(board).want(200, "A question")
		bo.read(held).want(200, "Here is the Secret")

		// A new title is read by others like a post.
		thread, _, _ := strings.Cut(ada.get(held).want(302).header.Get("Location"), "#")
		thread, _, _ = strings.Cut(thread, "?")
		ada.post(thread+"/manage", url.Values{"what": {"rename"}, "title": {"The secret plan of all"}}).want(422, "Choose other words")
		ada.post(thread+"/manage", url.Values{"what": {"rename"}, "title": {"A better question"}}).want(303)
		ada.post(thread+"/manage", url.Values{"what": {"rename"}, "title": {"A question"}}).want(303)

		// A board that is read first, in slow mode.
		mo.post(board+"/moderation", url.Values{"hold": {"1"}}).want(422, "Say when moderators are there")
		mo.post(board+"/moderation", url.Values{"hold": {"1"}, "staffed": {"weekdays from nine to five"}, "slow": {"60"}}).want(303)
		bo.get(board).want(200, "A moderator reads posts here", "weekdays from nine to five", "60 seconds between")
		first := bo.say(d, "The first word here.", nil).want(303).header.Get("Location")
		cy.get(first).want(404)
		bo.say(d, "The second word here.", nil).want(429, "Wait 60 seconds", "The second word here.")
		s.clock.advance(time.Minute)
		bo.say(d, "The second word here.", nil).want(303)

		// A suspension, with its end.
		at = mo.get("/moderate").link("/moderate/cases/")
		mo.post(at+"/claim", nil).want(303)
		mo.post(at+"/decide", url.Values{"action": {"suspend"}, "days": {"3"}, "rule": {"5"}, "reason": {"Advertising, for the third time."}, "version": {"2"}}).want(303)
		s.clock.advance(time.Hour)
		bo.get(board).want(200, "You cannot write in these discussions until")
		bo.say(d, "And now?", nil).want(409, "until", "And now?")
		bo.get(tiny+"/first/read").want(200, "Read this")

		// The caretaker period.
		site.Set("caretaker", "read")
		boss.settings(site).want(303)
		cy.get(board).want(200, "We are in a caretaker period")
		cy.say(d, "May I?", nil).want(409, "for reading only", "May I?")
		mo.say(d, "A word of the moderators.", nil).want(303)
		site.Set("caretaker", "")
		boss.settings(site).want(303)
		mo.get(board+"/moderation").submit("/moderation", url.Values{"hold": nil, "staffed": nil, "slow": nil}).want(303)
		cy.say(d, "May I?", nil).want(303)
		s.clock.advance(72 * time.Hour)
		bo.again().say(d, "Back again.", nil).want(303)

		// A new edition of the rules has to be accepted first.
		boss.again().get("/admin/moderation").submit("/rules", url.Values{"body": {strings.Repeat("Be kind to each other. ", 10)}}).want(303)
		s.clock.advance(time.Minute)
		cy.again().say(d, "Once more.", nil).want(422, "Say that you keep to the house rules")
		cy.again().say(d, "Once more.", url.Values{"rules": {"2"}}).want(303)
		cy.get("/rules").want(200, "Edition 2", "You accepted this edition on", "Be kind to each other.")
		cy.get("/rules?edition=1").want(200, "Edition 1", "edition 2 does", "You accepted this edition on", "Keep what is private private").lacks("I have read the house rules")
		s.nobody().get("/rules?edition=3").want(404)
		cy.post("/rules", url.Values{"version": {"1"}}).want(303)
		cy.get("/rules").want(200, "The rules were changed while you read them")

		// Of two administrators at once the second loses nothing and overwrites nothing unseen.
		one, two := boss.again().get("/admin/moderation"), boss.get("/admin/moderation")
		one.submit("/admin/moderation", url.Values{"posts": {"ten"}, "from": {"tomorrow"}}).want(422, "Give a number from 0 to 200.", `ten`, "Give a date and a time.", "tomorrow")
		one.submit("/admin/moderation", url.Values{"words": {"open secret"}}).want(303)
		again := two.submit("/admin/moderation", url.Values{"posts": {"7"}}).want(409, "Somebody has changed this meanwhile")
		again.submit("/admin/moderation", nil).want(303) // on purpose
		one.submit("/rules", url.Values{"body": {strings.Repeat("Be brave. ", 20)}}).want(303)
		two.submit("/rules", url.Values{"body": {strings.Repeat("Be brief. ", 20)}}).want(409, "Somebody has changed this meanwhile", "Be brief.")
		left, right := mo.again().get(board+"/moderation"), mo.get(board+"/moderation")
		left.submit("/moderation", url.Values{"slow": {"soon"}}).want(422, "Give a number", "soon")
		left.submit("/moderation", url.Values{"slow": {"30"}}).want(303)
		right.submit("/moderation", url.Values{"slow": {"45"}}).want(409, "Somebody has changed this meanwhile", "45")

		// Two files: what is hidden is in one of them only.
		record := boss.again().post("/teach/cohorts/"+d.ID+"/discussion/record.csv", nil).want(200).raw
		public := boss.get("/teach/cohorts/" + d.ID + "/discussion/public.csv").want(200).raw
		for text, in := range map[string]bool{"May I?": true, "The first word here.": false} {
			if !strings.Contains(record, text) || strings.Contains(public, text) != in {
				t.Errorf("%q: record %v, public %v", text, strings.Contains(record, text), strings.Contains(public, text))
			}
		}
		if !strings.Contains(record, "[hidden]") || !strings.Contains(record, "suspend") {
			t.Error("the record does not say what was hidden and why")
		}
		if _, broken, err := s.Moderation.Verify(context.Background()); broken != nil || err != nil {
			t.Errorf("%v %v", broken, err)
		}
		s.healthy()
	})
}

// Whoever looks after a discussion takes a post up as a case, like any other: with a rule, a reason and an appeal. A mistake
// is taken back, and the author told; nothing that was ticked in a form is lost.
func TestAModeratorTakesUpAPost(t *testing.T) {
	each(t, setup{}, func(t *testing.T, s *site) {
		d, people := s.inCohort("Ada", "Bo")
		ada, bo := people[0], people[1]
		mo := s.person("Mo", account.RoleModerator)
		if p := ada.say(d, "", nil).want(422); !strings.Contains(strings.Split(p.raw, `id="f-rules"`)[1][:200], "checked") {
			t.Error("the tick at the house rules is lost")
		}
		post := ada.say(d, "Buy my book about rivers.", nil).want(303).header.Get("Location")
		bo.post(post+"/moderate", nil).want(403)
		mo.post(post+"/remove", nil).want(404) // others' posts are decided about, not removed
		at := mo.post(post+"/moderate", nil).want(303).header.Get("Location")
		if again := mo.post(post+"/moderate", nil).want(303).header.Get("Location"); again != at {
			t.Errorf("taken up twice: %s and %s", at, again)
		}
		mo.get(at).want(200, "Buy my book about rivers.", "In work", "took the post up")
		mo.post(at+"/decide", url.Values{"action": {"warn"}, "rule": {"5. Keep to the subject"}, "reason": {"It advertises a book."}, "version": {"1"}}).want(303)
		bo.read(post).want(200).lacks("Buy my book")
		mo.read(post).want(200, "Moderate") // and leads to the same case
		if again := mo.post(post+"/moderate", nil).want(303).header.Get("Location"); again != at {
			t.Errorf("a decided case is %s, then %s", at, again)
		}
		mo.get(at).want(200, "Take the decision back")
		mo.post(at+"/answer", url.Values{"outcome": {"upheld"}, "why": {"There is no appeal to uphold."}, "version": {"2"}}).want(409)
		mo.post(at+"/answer", url.Values{"outcome": {"overturned"}, "taken": {"1"}, "why": {"no"}, "version": {"2"}}).want(422, "Give a reason")
		mo.post(at+"/answer", url.Values{"outcome": {"overturned"}, "taken": {"1"}, "why": {"The book is the course book."}, "version": {"2"}}).want(303)
		bo.read(post).want(200, "Buy my book about rivers.")
		ada.get("/me/decisions/"+strings.TrimPrefix(at, "/moderate/cases/")).want(200, "The decision was taken back.", "The book is the course book.")
		if n := s.count("mail WHERE subject = 'A decision about what you wrote was taken back'"); n != 1 {
			t.Errorf("%d letters", n)
		}
		s.person("Boss", account.RoleAdmin).get("/admin/moderation?check=1").want(200, "3 lines, each sealed")
		s.healthy()
	})
}

// What a page tells a writer beforehand is kept for a moment: what changes it shows on the next page, and what no bell told of ten
// seconds later.
func TestWhatAPageTellsAWriterIsOfNow(t *testing.T) {
	each(t, setup{}, func(t *testing.T, s *site) {
		d, people := s.inCohort("Ada", "Bo")
		ada, bo := people[0], people[1]
		mo, boss := s.person("Mo", account.RoleModerator), s.person("Boss", account.RoleAdmin)
		board := "/discuss/" + d.ID + "/general"
		asks := func(c *client) bool { return strings.Contains(c.get(board).want(200).raw, `name="rules"`) }

		if !asks(ada) || !asks(bo) {
			t.Fatal("the house rules are not asked for")
		}
		ada.say(d, "A word.", nil).want(303)
		if asks(ada) || !asks(bo) {
			t.Error("who has accepted the rules is asked again, or who has not is not")
		}
		mo.post(board+"/moderation", url.Values{"slow": {"60"}}).want(303)
		bo.get(board).want(200, "60 seconds between")
		boss.settings(url.Values{"caretaker": {"read"}}).want(303)
		bo.get(board).want(200, "We are in a caretaker period")
		boss.settings(url.Values{"caretaker": {""}}).want(303)
		bo.get(board).want(200, "60 seconds between").lacks("caretaker period")
		boss.get("/admin/moderation").submit("/rules", url.Values{"body": {strings.Repeat("Be kind to each other. ", 10)}}).want(303)
		if !asks(ada) {
			t.Error("a new edition is not asked for")
		}
		_, err := s.DB.NewDelete().Table("moderation_board").Where("delivery_id = ?", d.ID).Exec(context.Background())
		ok(t, err)
		s.clock.advance(10 * time.Second)
		bo.get(board).want(200).lacks("60 seconds between")
	})
}

// Who and where is one query of the page, its posts are kept, and so is what holds for a writer.
func TestAThreadsPageIsFewQueries(t *testing.T) {
	each(t, setup{}, func(t *testing.T, s *site) {
		d, people := s.inCohort("Ada", "Bo")
		post := people[0].say(d, "A question for all.", nil).want(303).header.Get("Location")
		to, _, _ := strings.Cut(people[1].get(post).want(302).header.Get("Location"), "#")
		people[1].get(to).want(200)
		n := people[1].queries(to)
		t.Logf("%d queries", n)
		if n > 3 {
			t.Errorf("%d queries for a thread's page", n)
		}
	})
}
