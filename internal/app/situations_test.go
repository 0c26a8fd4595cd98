package app_test

import (
	"net/url"
	"strings"
	"testing"

	"greenroom/internal/account"
	"greenroom/internal/scenario"
)

// A learner writes a situation without scripts: what is missing is said where it is, nothing typed is lost, the cohort reads
// and reviews it, the trainer adopts it, and with the account it is gone.
func TestASituationFromTheFirstWordToTheLast(t *testing.T) {
	each(t, keeping(), func(t *testing.T, s *site) {
		d, people := s.inCohort("Gil Gone", "Pat Peer")
		gil, pat := people[0], people[1]
		boss := s.person("Tess Trainer", "trainer")
		home := "/situations/" + d.ID
		gil.get(cohortPath(d)).want(200, `href="`+home+`"`)
		edit := gil.get(home).want(200, "You have not written one yet").submit(home, nil).want(303).follow().want(200, "Make it up", "1. Who is the player")
		one := strings.TrimSuffix(edit.path, "/edit")

		p := edit.submit("/edit", url.Values{"title": {"The <road"}, "p.0.says": {"Ask Senator Smith at senator@aph.gov.au"}}).want(303).follow().want(200, "The &lt;road")
		p = p.submit("/edit", url.Values{"do": {"more"}, "event": {"A road closes."}}).want(303)
		if to := p.header.Get("Location"); !strings.HasSuffix(to, "/edit#moment-2") {
			t.Errorf("on to %s", to)
		}
		second := gil.get(one+"/edit").want(200, "4 again. Moment 2", "A road closes.")
		other := gil.get(one + "/edit") // another window
		long := strings.Repeat("y", 1001)
		p = second.submit("/edit", url.Values{"role": {long}}).want(422, "take out 1", long)
		p.submit("/edit", url.Values{"role": {"You look after a page."}}).want(303)
		second.submit("/edit", url.Values{"event": {"Another event."}}).want(303)
		stale := other.submit("/edit", url.Values{"event": {"From the other window."}}).want(409, "changed elsewhere", "From the other window.", "Another event.")
		stale.submit("/edit", url.Values{"do": {"look"}}).want(303).follow().want(200, "From the other window.", "before you can share this")
		refused := gil.post(one+"/share", url.Values{"named": {"1"}}).want(422, "Not shared yet", "real e-mail address", "Senator Smith", "make it up")
		if !strings.Contains(refused.raw, one+"/edit#f-p.0.says") {
			t.Error("what is to do leads nowhere")
		}
		// The browser saves by itself, and is told what is wrong in one line.
		auto := gil.request("POST", one+"/edit", url.Values{"title": {strings.Repeat("x", 200)}})
		auto.Header.Set("Accept", "application/json")
		gil.do(auto).want(422, "At most 160 characters")

		whole := s.situations(gil.id, d.ID)["{situation}"]
		one = home + "/" + whole
		gil.get(one).want(200, "Share the text as it is now")
		pat.get(home).want(200, "The road that closed early", "By Gil Gone")
		pat.get(one).want(200, "Say sorry", "A time helps.").submit("/review", url.Values{"mark.happen": {"2"}, "comment": {"Good, and long."}}).
			want(422, "Choose one of the three", "Good, and long.").
			submit("/review", url.Values{"mark.choice": {"1"}, "mark.fair": {"1"}, "mark.teach": {"0"}}).want(303).follow().want(200, "Your review is kept")
		page := gil.get(one).want(200, "Good, and long.", "Somebody in your cohort")
		if strings.Contains(page.raw, "Pat Peer") {
			t.Error("the writer learns who reviewed")
		}
		boss.post(one+"/adopt", url.Values{"cleared": {"1"}}).want(409, "has not agreed")
		page.submit("/share", url.Values{"may_adopt": {"1"}}).want(303)
		boss.get(one).want(200, "For those who lead the cohort").submit("/adopt", nil).want(422, "Read it first").
			submit("/adopt", url.Values{"cleared": {"1"}}).want(303)
		far := s.cohort("2026-11-30", 0)
		fay := s.person("Fay Far", account.RoleLearner)
		fay.post(cohortPath(far)+"/join", nil).want(303)
		fay.get("/situations/"+far.ID).want(200, "Adopted by the course", "By Gil Gone")
		fay.get("/situations/"+far.ID+"/"+whole).want(200, "Say sorry")
		fay.get("/situations/" + d.ID + "/" + whole).want(404)
		boss.get(one+"/scenario.yaml").want(200, "schema: scenario/1", "Who could have told the bakery?")
		pat.get(one + "/scenario.yaml").want(404)
		gil.get("/me/notifications").want(200, "was adopted into the course")
		for _, c := range []*client{gil, pat, boss} {
			s.clock.advance(2e9)
			for _, path := range []string{home, one} {
				c.queries(path)
				if n := c.queries(path); n > 4 {
					t.Errorf("%s costs %d queries", path, n)
				}
			}
		}

		files := gil.export()
		if !strings.Contains(files["data/situations.json"], "The road that closed early") || strings.Contains(files["data/situations.json"], pat.id) {
			t.Errorf("the export has %q", files["data/situations.json"])
		}
		if !strings.Contains(pat.export()["data/situations.json"], "Good, and long.") {
			t.Error("the reviewer's export lacks the review")
		}
		pat.post("/settings/delete", url.Values{"password": {password}}).want(303)
		s.remains(pat.id, "Pat Peer", "pat.peer@agency.example")
		gil.get(one).want(200, "Good, and long.")
		gil.post("/settings/delete", url.Values{"password": {password}}).want(303)
		s.remains(gil.id, "Gil Gone", "gil.gone@agency.example")
		fay.get("/situations/" + far.ID + "/" + whole).want(404)
		if n := s.count("situation") + s.count("situation_review"); n != 0 {
			t.Errorf("%d rows are left", n)
		}
		boss.post("/settings/delete", url.Values{"password": {password}}).want(303)
		s.healthy()
	})
}

// TestSituationsArePlayed: what a learner shares is played by the others as a real scenario, to its debrief; all that is kept
// is that they played it.
func TestSituationsArePlayed(t *testing.T) {
	each(t, setup{courses: withOutage()}, func(t *testing.T, s *site) {
		d := s.cohort("2026-11-30", 0)
		gil, pat, far := s.person("Gil Gone", account.RoleLearner), s.person("Pat Peer", account.RoleLearner), s.person("Fay Far", account.RoleLearner)
		gil.post(cohortPath(d)+"/join", nil).want(303)
		pat.post(cohortPath(d)+"/join", nil).want(303)
		one := "/situations/" + d.ID + "/" + s.situations(gil.id, d.ID)["{situation}"]
		on := func(c *client, p *page, end string, form url.Values) *page {
			return c.get(p.submit(end, form).want(303).header.Get("Location")).want(200)
		}
		pat.get(one).want(200, `href="`+one+`/play"`, "Play it", "Read it without playing", "Nothing is kept but")
		p := on(pat, pat.get(one+"/play").want(200, "You look after the page of a small council.", "Rosa"), "/play/start", nil)
		p.want(200, "A road closes at noon", "My flour is on the wrong side.", "What do you do?", "only that you have played it")
		p.submit("/play/choose", url.Values{"choice": {""}}).want(422, "Choose")
		p = on(pat, p, "/play/choose", url.Values{"choice": {"a"}})
		p.want(200, "A time helps.", "Rosa waits.")
		p = on(pat, p, "/play/continue", nil)
		p.want(200, "Write to Rosa")
		p.submit("/play/send", url.Values{"text": {"Sorry"}}).want(422, "Sorry")
		const text = "Sorry Rosa, this was our mistake, and a crew opens the road at four so that your flour gets in."
		asked := p.submit("/play/send", url.Values{"text": {text}}).want(200, text)
		marks := url.Values{}
		for _, r := range []string{"answers", "owns", "human", "next"} {
			marks.Set("mark-"+r, "2")
		}
		if n := s.count("situation_played"); n != 0 {
			t.Error("noted as played before the end")
		}
		p = on(pat, asked, "/play/mark", marks)
		p.want(200, "Who could have told the bakery?", "Sorry, Rosa: our mistake.", "What you wrote is not kept", "Say what you think of it", one+"#judge")
		if n := s.count("scenario_run") + s.count("scenario_event") + s.count("scenario_reply") + s.count("learning_event"); n != 0 || s.count("situation_played") != 1 {
			t.Errorf("%d rows of it are kept", n)
		}
		p = on(pat, p, "/play/again", nil)
		p = on(pat, p, "/play/choose", url.Values{"choice": {"b"}})
		gil.get(one).want(200, "1 other person has played it")
		gil.get("/situations/"+d.ID).want(200, "Played by 1")
		// The writer plays the draft, of which nothing is noted; who may not read it cannot play it; nonsense leads back.
		mine := on(gil, gil.get(one+"/play"), "/play/start", nil)
		mine.want(200, "your own situation")
		far.get(one + "/play").want(404)
		far.post(one+"/play/start", nil).want(404)
		pat.get(one+"/play?run=zebra").want(200, "You look after the page")
		pat.post(one+"/play/choose", url.Values{"run": {"a~b~c"}}).want(404)
		if !strings.Contains(pat.export()["data/situations.json"], `"played_at": [`) {
			t.Error("the export does not say that it was played")
		}
		gil.post(one+"/withdraw", nil).want(303)
		pat.get(one + "/play").want(404)
		p.submit("/play/continue", nil).want(404)

		// Who takes the course alone finds theirs from the course and after a scenario's debrief.
		content := s.course("tiny").Activity("first/outage").Content().(*scenario.Scenario)
		last := far.playOn(outage, content, nil).want(200, "Your own situations")
		at := last.link("/situations/")
		far.get("/courses/tiny").want(200, "Your own situations", at)
		far.get(at).want(200, "Write a situation")
	})
}
