package app_test

import (
	"context"
	"net/url"
	"strings"
	"testing"
	"time"

	"greenroom/internal/account"
)

const year = 366 * 24 * time.Hour

var because = url.Values{"why": {"On the authority of GDA 12, entry 3."}}

func approve() url.Values { return url.Values{"why": because["why"], "do": {"approve"}} }

// two are administrators.
func (s *site) two() (a, b *client) {
	return s.person("Anna Admin", account.RoleAdmin), s.person("Berta Admin", account.RoleAdmin)
}

// sealed says whether the sealed log is whole and has so many lines of an action.
func (s *site) sealed(action string, want int) {
	s.t.Helper()
	if _, broken, err := s.Moderation.Verify(context.Background()); broken != nil || err != nil {
		s.t.Fatalf("the sealed log: %v, %v", broken, err)
	}
	if n := s.count("moderation_log WHERE action = ?", action); n != want {
		s.t.Errorf("%d lines of %s in the sealed log, want %d", n, action, want)
	}
}

// What is due goes when two administrators agree, exactly what was on the list, and the log says how much, never what.
func TestDisposalByTwo(t *testing.T) {
	each(t, setup{}, func(t *testing.T, s *site) {
		d, people := s.inCohort("Ada", "Bo")
		ada, bo := people[0], people[1]
		anna, berta := s.two()
		post := ada.say(d, "The marmalade question.", nil).want(303).header.Get("Location")
		bo.post(post+"/report", url.Values{"kind": {"offtopic"}}).want(303)
		const series = "/admin/records/series/discussion"
		anna.get("/admin/records").want(200, "No class is set")
		anna.post(series+"/propose", because).want(409)
		class := url.Values{"name": {"GDA 12"}, "years": {"seven"}, "from": {"someday"}}
		anna.post(series, class).want(422, "whole number from 0 to 100", "Choose one", `seven`)
		class.Set("years", "101")
		anna.post(series, class).want(422, "whole number from 0 to 100")
		class = url.Values{"name": {"GDA 12"}, "years": {"2"}, "from": {"cohort_end"}}
		anna.post(series, class).want(303)
		anna.get(series).want(200, "GDA 12: kept for 2 years from the end of the cohort", "Nothing is due.")

		s.clock.advance(2 * year)
		anna, berta = anna.again(), berta.again()
		anna.get(series).want(200, "Nothing is due.") // the report is open, and the cohort ended less than two years ago
		s.clock.advance(year)
		anna, berta = anna.again(), berta.again()
		anna.get(series).want(200, "Nothing is due.")
		_, err := s.DB.Exec("UPDATE moderation_case SET state = 'decided', action = 'none', decided_at = opened_at")
		ok(t, err)
		anna.get(series).want(200, "1 record is due.")
		anna.get(series + "/due.csv").want(200).lacks("marmalade")
		anna.post(series+"/propose", url.Values{"why": {"so"}}).want(422, "at least 10 characters", "so")
		at := anna.post(series+"/propose", because).want(303).header.Get("Location")
		anna.post(series+"/propose", because).want(409) // one at a time
		anna.get(at).want(200, "Proposed", "another administrator has to approve it", "Anna Admin").lacks("Approve: remove")
		anna.post(at, approve()).want(403)
		berta.post(at, url.Values{"do": {"approve"}}).want(422, "Give a reason")
		if s.count("forum_post") != 1 {
			t.Fatal("the post has gone before anybody agreed")
		}
		berta.post(at, approve()).want(303)
		berta.post(at, approve()).want(409)
		ok(t, s.Events.Drain(t.Context()))
		if n := s.count("forum_thread") + s.count("forum_post"); n != 0 {
			t.Errorf("%d threads and posts are left", n)
		}
		anna.get(at).want(200, "Carried out", "Berta Admin", "1 record")
		list := anna.get(at+"/list.csv").want(200, "removed", "GDA 12")
		list.lacks("marmalade")
		if n := s.count("moderation_log WHERE detail LIKE '%marmalade%'") + s.count("audit WHERE data LIKE '%marmalade%' OR reason LIKE '%marmalade%'"); n != 0 {
			t.Errorf("%d lines of the logs have what was disposed of", n)
		}
		s.sealed("records.disposal_done", 1)
		if n := s.count("moderation_log WHERE action = 'records.disposal_done' AND detail LIKE '%\"removed\":1%' AND detail LIKE '%GDA 12%' AND detail LIKE ?", "%"+berta.id+"%"); n != 1 {
			t.Error("the sealed log does not say how much, of which class, and who approved")
		}
		boards := bo.again()
		boards.get("/discuss/" + d.ID + "/general").want(200).lacks("A question")

		// The case, and then the log of decisions with everything in it; the sealed log stays.
		for _, other := range []string{"moderation", "audit"} {
			from := map[string]string{"moderation": "closed", "audit": "written"}[other]
			anna.post("/admin/records/series/"+other, url.Values{"name": {"GDA 13"}, "years": {"1"}, "from": {from}}).want(303)
			before := s.count("audit")
			at := berta.post("/admin/records/series/"+other+"/propose", because).want(303).header.Get("Location")
			anna.get(at).want(200, "GDA 13")
			anna.post(at, approve()).want(303)
			ok(t, s.Events.Drain(t.Context()))
			if other == "audit" && s.count("audit") >= before {
				t.Errorf("%d entries of the audit log, %d before", s.count("audit"), before)
			}
		}
		if n := s.count("moderation_case") + s.count("moderation_report"); n != 0 {
			t.Errorf("%d cases and reports are left", n)
		}
		s.sealed("records.disposal_done", 3)
		s.healthy()
	})
}

// A hold stops disposal, also one that was approved a moment before; so does somebody who writes, and a class that keeps longer.
func TestAHoldStopsDisposal(t *testing.T) {
	each(t, setup{}, func(t *testing.T, s *site) {
		d, people := s.inCohort("Ada", "Bo", "Cy")
		anna, berta := s.two()
		for i, c := range people {
			c.say(d, "What one of us thinks of it.", url.Values{"client": {c.id}}).want(303)
			_ = i
		}
		const series = "/admin/records/series/discussion"
		anna.post(series, url.Values{"name": {"GDA 12"}, "years": {"1"}, "from": {"last_post"}}).want(303)
		s.clock.advance(year + 24*time.Hour)
		anna, berta = anna.again(), berta.again()
		anna.get(series).want(200, "3 records are due.")

		hold := url.Values{"kind": {"person"}, "email": {"nobody@agency.example"}, "matter": {"FOI 12"}, "reason": {"A request under the Act."}}
		anna.post("/admin/records/holds", url.Values{"email": {"x"}}).want(422, "Choose one", "Give a reason")
		anna.post("/admin/records/holds", hold).want(422, "No account has this address", "FOI 12", "A request under the Act.")
		anna.post("/admin/records/holds", url.Values{"kind": {"case"}, "case": {"17"}, "matter": {"FOI 12"}, "reason": {"A request under the Act."}}).want(422, "no case with this number")
		hold.Set("email", "ADA@agency.example")
		first := anna.post("/admin/records/holds", hold).want(303).header.Get("Location")
		anna.get(first).want(200, "In force", "Ada", "Anna Admin", "A request under the Act.")
		anna.get(series).want(200, "2 records are due.", "1 more would be, but a legal hold keeps it")

		at := anna.post(series+"/propose", because).want(303).header.Get("Location")
		hold.Set("email", "bo@agency.example")
		second := berta.post("/admin/records/holds", hold).want(303).header.Get("Location")
		berta.post(at, approve()).want(303)
		ok(t, s.Events.Drain(t.Context()))
		anna.get(at).want(200, "Carried out")
		if n := s.count("forum_thread"); n != 2 {
			t.Fatalf("%d threads are left, want those of Ada and Bo", n)
		}
		anna.get(at+"/list.csv").want(200, "removed", "kept")

		// A hold on the cohort covers both; lifting needs a reason and can be done once.
		third := anna.post("/admin/records/holds", url.Values{"kind": {"cohort"}, "cohort": {d.ID}, "matter": {"Inquiry"}, "reason": {"The inquiry asks for it."}}).want(303).header.Get("Location")
		for _, h := range []string{first, second} {
			anna.post(h+"/lift", url.Values{"why": {"no"}}).want(422, "Give a reason")
			anna.post(h+"/lift", url.Values{"why": {"The request was answered."}}).want(303)
			anna.post(h+"/lift", url.Values{"why": {"The request was answered."}}).want(409)
		}
		anna.get(series).want(200, "Nothing is due.", "2 more would be")
		anna.post(third+"/lift", url.Values{"why": {"The inquiry is over."}}).want(303)
		at = anna.post(series+"/propose", because).want(303).header.Get("Location")
		anna.post(series, url.Values{"name": {"GDA 12"}, "years": {"50"}, "from": {"last_post"}}).want(303)
		berta.post(at, approve()).want(303)
		ok(t, s.Events.Drain(t.Context()))
		if n := s.count("forum_thread"); n != 2 {
			t.Errorf("%d threads are left: the class keeps them for fifty years", n)
		}
		s.sealed("records.hold_placed", 3)
		s.healthy()
	})
}

// Who deletes their account under a hold is told what is kept and why; they go, a copy stays until the hold is lifted, and nothing of
// it after that.
func TestLeavingUnderAHold(t *testing.T) {
	each(t, setup{}, func(t *testing.T, s *site) {
		d, people := s.inCohort("Gil Gone", "Sue Stays")
		gil, sue := people[0], people[1]
		anna, berta := s.two()
		post := gil.say(d, "What Gil thinks of it.", nil).want(303).header.Get("Location")
		sue.post(post+"/report", url.Values{"kind": {"abuse"}}).want(303)
		number := s.rows("SELECT id FROM moderation_case")[0]
		anna.get("/admin/records/holds?case="+number).want(200, number)
		anna.get("/admin/records/holds?person="+gil.id).want(200, "gil.gone@agency.example")
		var holds []string
		for _, about := range []url.Values{{"kind": {"person"}, "email": {"gil.gone@agency.example"}}, {"kind": {"cohort"}, "cohort": {d.ID}}, {"kind": {"case"}, "case": {s.url + "/moderate/cases/" + number}}} {
			about.Set("matter", "Matter of "+about.Get("kind"))
			about.Set("reason", "A court asks for it.")
			holds = append(holds, anna.post("/admin/records/holds", about).want(303).header.Get("Location"))
		}
		anna.get("/moderate/cases/"+number).want(200, "placed a legal hold")
		page := gil.get("/settings/delete").want(200, "A court asks for it.", "everything of yours", "in one cohort", "in one moderation case", "removed when the hold is lifted")
		page.lacks("mandatory training")
		if s.count("legal_kept") != 0 {
			t.Error("looking keeps something")
		}
		gil.post("/settings/delete", url.Values{"password": {password}}).want(303)
		ok(t, s.Events.Drain(t.Context()))
		if n := s.count("person WHERE id = ?", gil.id); n != 0 {
			t.Fatal("the account is still there")
		}
		if n := s.count("legal_kept"); n != 3 {
			t.Fatalf("%d copies, want one under each hold", n)
		}
		for i, h := range holds {
			at := h + "/kept/" + s.rows("SELECT id FROM legal_kept WHERE hold_id = ?", h[strings.LastIndexByte(h, '/')+1:])[0]
			anna.get(h).want(200, "Gil Gone")
			p := berta.post(at, nil).want(200)
			for _, want := range []string{"gil.gone@agency.example", "What Gil thinks of it.", `"table":"moderation_case"`} {
				if !strings.Contains(p.raw, want) {
					t.Errorf("the copy under hold %d lacks %q", i, want)
				}
			}
			if strings.Contains(p.raw, "argon2") {
				t.Error("the copy has a password's digest")
			}
		}
		s.sealed("records.kept_read", 3)

		// The thread names nobody any more, and is held all the same.
		for _, h := range holds[1:] {
			anna.post(h+"/lift", url.Values{"why": {"The court has it."}}).want(303)
		}
		_, err := s.DB.Exec("UPDATE moderation_case SET state = 'decided', action = 'none', decided_at = opened_at")
		ok(t, err)
		for series, from := range map[string]string{"discussion": "last_post", "moderation": "closed"} {
			anna.post("/admin/records/series/"+series, url.Values{"name": {"GDA 12"}, "years": {"1"}, "from": {from}}).want(303)
		}
		s.clock.advance(year + 24*time.Hour)
		anna = anna.again()
		for _, series := range []string{"discussion", "moderation"} {
			anna.get("/admin/records/series/"+series).want(200, "Nothing is due.", "1 more would be")
		}
		anna.post(holds[0]+"/lift", url.Values{"why": {"The court has it."}}).want(303)
		anna.get("/admin/records/series/discussion").want(200, "1 record is due.")
		if n := s.count("legal_kept") + s.count("legal_kept_line") + s.count("legal_hold_item"); n != 0 {
			t.Errorf("%d rows are still put aside", n)
		}
		s.remains(gil.id, "Gil Gone", "gil.gone@agency.example")
		s.healthy()
	})
}
