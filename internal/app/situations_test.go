package app_test

import (
	"net/url"
	"strings"
	"testing"

	"greenroom/internal/account"
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
