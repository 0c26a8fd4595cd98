package app_test

import (
	"net/url"
	"strings"
	"testing"

	"greenroom/internal/account"
	"greenroom/internal/scenario"
)

// TestReportingASituation: what a learner shared is reported like a post, decided in the same queue, out of everybody's sight,
// and back after an appeal that somebody else answers.
func TestReportingASituation(t *testing.T) {
	each(t, setup{}, func(t *testing.T, s *site) {
		d, people := s.inCohort("Gil Gone", "Pat Peer")
		gil, pat := people[0], people[1]
		mo, eve := s.person("Mo", account.RoleModerator), s.person("Eve", account.RoleModerator)
		id := s.situations(gil.id, d.ID)["{situation}"]
		one, report := "/situations/"+d.ID+"/"+id, "/report/situation/"+id
		pat.get(one).want(200, `href="`+report+`"`)
		gil.get(one).want(200).lacks("Report this")
		gil.get(report).want(404)
		s.person("Fay Far", account.RoleLearner).get(report).want(404)
		pat.get("/report/zebra/" + id).want(404)
		pat.get("/report/situation/zebra").want(404)
		pat.get(report).want(200, "A road closes at noon", "My flour is on the wrong side.", "Lifeline")
		pat.post(report, url.Values{"text": {"About me"}}).want(422, "Choose one.", "About me")
		for range 2 { // once more changes nothing
			pat.post(report, url.Values{"kind": {"private"}, "text": {"The bakery is my sister's."}}).want(303)
		}
		if s.count("moderation_case") != 1 || s.count("moderation_report") != 1 {
			t.Fatalf("%d cases, %d reports", s.count("moderation_case"), s.count("moderation_report"))
		}
		at := mo.get("/moderate").want(200, "Private or protected information", "1 report").link("/moderate/cases/")
		mo.post(at+"/claim", nil).want(303)
		mo.get(at).want(200, "A road closes at noon", "Gil Gone", "The bakery is my sister", "Hide it").lacks("Pat Peer", "Hide it and suspend")
		decide := url.Values{"action": {"suspend"}, "days": {"1"}, "rule": {"2. Private"}, "reason": {"A reader is recognised in it."}, "version": {"2"}}
		mo.post(at+"/decide", decide).want(422, "Choose one.")
		decide.Set("action", "hide")
		mo.post(at+"/decide", decide).want(303)
		pat.get(one).want(404)
		pat.get(one + "/play").want(404)
		pat.get(report).want(404)
		pat.get("/me/notifications").want(200, "What came of your report: it was hidden")
		gil.get(one).want(200, "A reader is recognised in it.", "Private")
		gil.post(one+"/share", nil).want(409, "Change it before you share it again")
		mine := "/me/decisions/" + strings.TrimPrefix(at, "/moderate/cases/")
		gil.get(mine).want(200, "What you wrote was hidden", "A road closes at noon")
		gil.post(mine+"/appeal", url.Values{"text": {"I made all of it up, and named nobody."}}).want(303)
		eve.post(at+"/answer", url.Values{"outcome": {"overturned"}, "why": {"Nobody real is in it."}, "version": {"4"}}).want(303)
		pat.get(one).want(200, "A road closes at noon")

		// What its writer withdrew stays withdrawn, whatever is decided.
		pat.post(report, url.Values{"kind": {"other"}}).want(303)
		at = mo.get("/moderate").want(200).link("/moderate/cases/")
		gil.post(one+"/withdraw", nil).want(303)
		mo.post(at+"/claim", nil).want(303)
		decide.Set("version", "2")
		mo.post(at+"/decide", decide).want(303)
		mo.post(at+"/answer", url.Values{"outcome": {"overturned"}, "why": {"It was a mistake of mine."}, "version": {"3"}}).want(303)
		pat.get(one).want(404)
		if _, broken, err := s.Moderation.Verify(t.Context()); err != nil || broken != nil {
			t.Errorf("the log: %v, %v", broken, err)
		}
		s.healthy()
	})
}

// TestReportingAPeersReview: who wrote a reply reports what a peer says of it; hidden, it is out of the debrief, and the writer
// never learns who it was.
func TestReportingAPeersReview(t *testing.T) {
	each(t, setup{courses: withOutage()}, func(t *testing.T, s *site) {
		content := s.course("tiny").Activity("first/outage").Content().(*scenario.Scenario)
		owner, other, mo := s.person("Olive Owner", "learner"), s.person("Otto Other", "learner"), s.person("Mo", account.RoleModerator)
		owner.playOn(outage, content, nil)
		other.playOn(outage, content, nil)
		p := other.post(outage+"/review-next", nil).want(303).follow().want(200)
		f := best(content.Replies()[0])
		f.Set("comment", "Only a fool writes like that.")
		p.submit("/review", f).want(303)
		debrief := owner.get(outage).want(200, "Only a fool writes like that.", "Report what learner 1 says")
		report := debrief.link("/report/review/")
		other.get(report).want(404)
		mo.get(report).want(404)
		owner.get(report).want(200, "Only a fool").lacks("Otto")
		owner.post(report, nil).want(422, "Choose one.")
		owner.post(report, url.Values{"kind": {"abuse"}}).want(303)
		at := mo.get("/moderate").want(200, "Insults").link("/moderate/cases/")
		mo.get(at).want(200, "Only a fool writes like that.", "Otto Other").lacks("Olive")
		mo.post(at+"/claim", nil).want(303)
		mo.post(at+"/decide", url.Values{"action": {"hide"}, "rule": {"1. Not about the person"}, "reason": {"It insults the writer."}, "version": {"2"}}).want(303)
		owner.get(outage).want(200).lacks("Only a fool", "Otto")
		owner.get(report).want(404)
		other.get("/me/decisions/"+strings.TrimPrefix(at, "/moderate/cases/")).want(200, "What you wrote was hidden", "Only a fool")
		mo.post(at+"/answer", url.Values{"outcome": {"overturned"}, "why": {"It was a mistake of mine."}, "version": {"3"}}).want(303)
		owner.get(outage).want(200, "Only a fool writes like that.")
		other.post("/settings/delete", url.Values{"password": {password}}).want(303)
		s.remains(other.id, "Otto Other", "otto.other@agency.example")
		s.healthy()
	})
}
