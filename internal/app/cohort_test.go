package app_test

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	ics "github.com/arran4/golang-ical"

	"greenroom/internal/access"
	"greenroom/internal/account"
	"greenroom/internal/allow"
	"greenroom/internal/db"
	"greenroom/internal/delivery"
	"greenroom/internal/id"
)

func cohortPath(d *delivery.Delivery) string { return tiny + "/cohorts/" + d.ID }

// A learner's way through a cohort: found on the course's page, joined, and its weeks open at the cohort's hour, which
// every page tells in the learner's own time too.
func TestCohortOpensWeekByWeek(t *testing.T) {
	each(t, setup{}, func(t *testing.T, s *site) {
		d := s.cohort("2026-12-14", 0)
		ada := s.person("Ada", account.RoleLearner)
		ada.zone("Australia/Perth")
		ada.get(tiny).want(200, "The autumn cohort", "Begins Mon 14 Dec 2026, 09:00 (Sydney time), which is 06:00 your time", "There is a seat for everybody")
		action, f := ada.get(cohortPath(d)).want(200, "Join this cohort").form("/join")
		for range 2 {
			ada.post(action, f).want(303).follow().want(200, "You are in this cohort", "Opens Mon 14 Dec 2026, 09:00")
		}

		step := tiny + "/first/read"
		ada.get(step).want(200, "Week 1 has not opened yet", "Mon 14 Dec 2026, 09:00 (Sydney time), which is 06:00 your time")
		ada.post(step+"/complete", nil).want(403)
		ada.post(tiny+"/first/check/start", nil).want(403)
		ada.get(tiny + "/first/sheet/document.md").want(403)
		if s.count("learning_event") != 0 {
			t.Error("something was done in a week that has not opened")
		}
		if p := ada.get(tiny + "/learn").want(303); p.header.Get("Location") != tiny {
			t.Errorf("going on leads to %s", p.header.Get("Location"))
		}
		ada.get("/me").want(200, "You are up to date.", "Week 1 opens Mon 14 Dec 2026, 09:00")
		ada.get(tiny).want(200, "You are up to date.", "Week 1 · opens Mon 14 Dec 2026, 09:00")
		ada.zone("Pacific/Auckland")
		ada.get(step).want(200, "which is 11:00 your time")
		ada.zone("America/New_York")
		ada.get(step).want(200, "which is Sun 13 Dec 2026, 17:00 your time")
		ada.zone("Australia/Melbourne") // other name, same clock
		if p := ada.get(step).want(200); strings.Contains(p.raw, "your time") {
			t.Error("the same time is told twice")
		}

		s.nobody().get(step).want(200, "Mark complete and continue") // the course is open to everybody; dates are the cohort's

		s.at(sydney(t, "2026-12-14 08:59:50"))
		ada.post("/sign-in", url.Values{"email": {"ada@agency.example"}, "password": {password}}).want(303)
		ada.get(step).want(200, "has not opened yet")
		s.at(sydney(t, "2026-12-14 09:00:00"))
		ada.get(step).want(200, "Mark complete and continue", "Week 1 · this week")
		ada.post(step+"/complete", nil).want(303)
		ada.get("/me").want(200, "The autumn cohort, week 1", "1 of 5 steps done")
		ada.get(cohortPath(d)).want(200, "This week", "1 of 5 steps done", "Best done by Sun 20 Dec")
		ada.get("/me/courses/tiny").want(200, "Week 1 · best done by Sun 20 Dec", "Week 2 · opens Mon 21 Dec", "Dates and leaving the cohort")
		s.healthy()
	})
}

// What was earned alone is kept on joining, what was open stays open until the cohort begins, and leaving goes back to
// one's own pace.
func TestOneRecordInAndOutOfACohort(t *testing.T) {
	each(t, setup{}, func(t *testing.T, s *site) {
		d := s.cohort("2026-12-14", 0)
		ada := s.person("Ada", account.RoleLearner)
		ada.post(tiny+"/first/read/complete", nil).want(303)
		ada.post(cohortPath(d)+"/join", nil).want(303)
		ada.get(tiny+"/first/read").want(200, "Done")
		ada.get(tiny+"/first/more").want(200, "Mark complete and continue")
		ada.get("/me").want(200, "20% complete", "you have a seat. It begins Mon 14 Dec 2026, 09:00")
		s.at(sydney(t, "2026-12-14 09:00:00"))
		ada.post("/sign-in", url.Values{"email": {"ada@agency.example"}, "password": {password}}).want(303)
		ada.get("/me").want(200, "20% complete", "The autumn cohort, week 1")
		ada.get(tiny+"/first/more").want(200, "Week 1 · this week")
		if s.count("enrolment") != 2 || s.count("progress") != 1 {
			t.Errorf("%d enrolments, %d records", s.count("enrolment"), s.count("progress"))
		}
		ada.post(cohortPath(d)+"/leave", nil).want(303)
		ada.get(tiny+"/first/more").want(200, "Mark complete and continue")
		ada.post(tiny+"/first/more/complete", nil).want(303)
		ada.post(cohortPath(d)+"/join", nil).want(303)
		ada.get(tiny+"/first/more").want(200, "Done")

		_, err := s.Deliveries.Cancel(context.Background(), nil, d.ID, "too few people")
		ok(t, err)
		ada.get("/me").want(200, "was called off")
		ada.get(cohortPath(d)).want(200, "Called off", "You can go on at your own pace")
		ada.get(tiny + "/first/think").want(200) // at their own pace again
		if p := ada.get(tiny + "/first/think"); strings.Contains(p.raw, "has not opened yet") {
			t.Error("a cohort that was called off still has dates")
		}
		s.healthy()
	})
}

// Nobody is told of the waiting list's order but by their own place; the seat comes by itself.
func TestWaitingListOnThePage(t *testing.T) {
	each(t, setup{}, func(t *testing.T, s *site) {
		d := s.cohort("2026-12-14", 1)
		ada, bo, cy := s.person("Ada", account.RoleLearner), s.person("Bo", account.RoleLearner), s.person("Cy", account.RoleLearner)
		ada.post(cohortPath(d)+"/join", nil).want(303)
		bo.get(cohortPath(d)).want(200, "All seats are taken. 0 people wait", "Join the waiting list")
		bo.post(cohortPath(d)+"/join", nil).want(303).follow().want(200, "You are number 1 on the waiting list")
		cy.post(cohortPath(d)+"/join", nil).want(303).follow().want(200, "You are number 2 on the waiting list")
		cy.get("/me").want(200, "You are number 2 on the waiting list of")
		cy.post(tiny+"/first/read/complete", nil).want(303) // meanwhile alone
		ada.post(cohortPath(d)+"/leave", nil).want(303)
		bo.get(cohortPath(d)).want(200, "You are in this cohort")
		cy.get(cohortPath(d)).want(200, "You are number 1 on the waiting list")
		_, f := bo.get("/settings/delete").want(200).form("/settings/delete")
		f.Set("password", password)
		bo.post("/settings/delete", f).want(303) // their seat goes to who waits
		cy.get(cohortPath(d)).want(200, "You are in this cohort")
		s.guest().post(cohortPath(d)+"/join", nil).want(401)
		s.healthy()
	})
}

// Who leads a cohort sees its weeks before they open and its pages; to other trainers of single cohorts it does not exist.
func TestWhoLeadsACohort(t *testing.T) {
	each(t, setup{}, func(t *testing.T, s *site) {
		dana, eve := s.person("Dana", account.RoleTrainer), s.person("Eve", account.RoleLearner)
		_, f := dana.get("/teach/cohorts/new?course=tiny").want(200).form("/teach/cohorts")
		f.Set("starts_on", "2026-12-14")
		p := dana.post("/teach/cohorts", f).want(422, "Enter a name for the cohort.", `value="2026-12-14"`)
		_, f = p.form("/teach/cohorts")
		f.Set("title", "Led by Dana")
		f.Set("week-later", "3")
		f.Set("capacity", "none")
		dana.post("/teach/cohorts", f).want(422, "Enter a number of seats", `value="none"`)
		f.Set("capacity", "12")
		for range 2 { // pressed twice
			p = dana.post("/teach/cohorts", f).want(303).follow().want(200, "This is a draft", "Mon 28 Dec 2026, 09:00")
		}
		if s.count("delivery") != 2 {
			t.Errorf("%d deliveries", s.count("delivery"))
		}
		teach := strings.TrimSuffix(p.path, "/")
		learner := tiny + "/cohorts/" + teach[strings.LastIndex(teach, "/")+1:]
		s.nobody().get(learner).want(404)
		eve.get(learner).want(404)
		dana.get("/teach").want(200, "Led by Dana", "0 of 12")
		dana.post(teach+"/open", nil).want(303)
		eve.post(learner+"/join", nil).want(303)
		dana.post(learner+"/join", nil).want(303)
		dana.get(tiny+"/first/read").want(200, "You are looking ahead", "Mon 14 Dec 2026, 09:00")
		eve.get(tiny+"/first/read").want(200, "has not opened yet")

		other := s.person("Oskar", account.RoleLearner)
		elsewhere := s.cohort("2026-12-21", 0)
		ok(t, s.Access.Grant(context.Background(), nil, access.Grant{PersonID: other.id, Role: account.RoleTrainer, DeliveryID: elsewhere.ID, Reason: "for the test"}))
		other.get("/teach").want(200, "The autumn cohort")
		if p := other.get("/teach?show=all").want(200); strings.Contains(p.raw, "Led by Dana") {
			t.Error("a trainer of one cohort sees another")
		}
		for _, path := range []string{"", "/edit", "/people", "/copy"} {
			other.get(teach + path).want(404)
		}
		for path, form := range map[string]url.Values{
			"/open": nil, "/close": nil, "/cancel": {"reason": {"because"}}, "/edit": f, "/copy": {"title": {"x"}, "starts_on": {"2027-01-01"}},
			"/announcements": {"audience": {"all"}, "title": {"x"}, "body": {"x"}}, "/people": {"act": {"remove"}, "person": {eve.id}, "reason": {"because"}},
		} {
			other.post(teach+path, form).want(404)
		}
		other.get("/teach/cohorts/new?course=tiny").want(403)
		other.get("/teach/cohorts/" + elsewhere.ID).want(200)
		s.healthy()
	})
}

func TestRunningACohort(t *testing.T) {
	each(t, setup{}, func(t *testing.T, s *site) {
		d := s.cohort("2026-12-14", 1)
		dana, ada, bo := s.person("Dana", account.RoleTrainer), s.person("Ada", account.RoleLearner), s.person("Bo", account.RoleLearner)
		ada.post(cohortPath(d)+"/join", nil).want(303)
		bo.post(cohortPath(d)+"/join", nil).want(303)
		teach := "/teach/cohorts/" + d.ID

		_, f := dana.get(teach).want(200, "1 of 1").form("/announcements")
		dana.post(teach+"/announcements", f).want(422, "Write something here.")
		f.Set("title", "Welcome")
		f.Set("body", "Read **this** first. <script>alert(1)</script>")
		f.Set("audience", "unfinished")
		for range 2 {
			dana.post(teach+"/announcements", f).want(303)
		}
		if s.count("announcement") != 1 {
			t.Errorf("%d announcements", s.count("announcement"))
		}
		for _, path := range []string{cohortPath(d), "/me"} {
			if p := ada.get(path).want(200, "Welcome", "<strong>this</strong>"); strings.Contains(p.raw, "<script>alert") {
				t.Error("a script in an announcement")
			}
		}
		if p := s.nobody().get(cohortPath(d)).want(200); strings.Contains(p.raw, "Welcome") {
			t.Error("an announcement to everybody in the world")
		}

		p := dana.get(teach+"/people").want(200, "Ada", "Waits since", "ada@agency.example")
		_, f = p.form("/people")
		f.Set("act", "extend")
		f["person"], f["form"] = []string{ada.id}, []string{id.New()}
		dana.post(teach+"/people", f).want(422, "Enter a number of days", "Write why")
		f.Set("days", "5")
		f.Set("reason", "floods")
		for range 2 {
			dana.post(teach+"/people", f).want(303).follow().want(200, "5 days more")
		}
		ada.get(cohortPath(d)).want(200, "These are your own dates", "Best done by Fri 25 Dec")

		action, f := dana.get(teach+"/edit").want(200, `value="09:00"`).form("/edit")
		old := url.Values{}
		for k, v := range f {
			old[k] = v
		}
		f.Set("capacity", "2")
		dana.post(action, f).want(303)
		bo.get(cohortPath(d)).want(200, "You are in this cohort")
		old.Set("title", "Old form")
		dana.post(action, old).want(409, "Somebody has changed this cohort")

		_, f = dana.get(teach + "/copy").want(200).form("/copy")
		dana.post(teach+"/copy", f).want(422, "Enter a date.")
		f.Set("starts_on", "2027-03-29")
		dana.post(teach+"/copy", f).want(303).follow().want(200, "The copy is a draft", `value="2027-03-29"`)

		_, f = dana.get(teach + "/people").form("/people")
		f.Set("act", "remove")
		f["person"] = []string{ada.id, bo.id}
		f.Set("reason", "asked for it")
		dana.post(teach+"/people", f).want(303).follow().want(200, "Nobody here")
		dana.get(teach+"/people?status=withdrawn").want(200, "Ada", "Left")
		dana.post(teach+"/cancel", nil).want(422, "Write why")
		dana.post(teach+"/close", nil).want(303).follow().want(200, "Over")
		s.nobody().get(cohortPath(d)).want(200, "This cohort is over")
		s.healthy()
	})
}

// A calendar reads what we send: stable names, instants that are right in the week in which clocks change, a sequence
// that rises, and cancellation.
func TestCalendarIsReadBack(t *testing.T) {
	each(t, setup{}, func(t *testing.T, s *site) {
		ctx := context.Background()
		s.at(sydney(t, "2027-03-20 12:00:00"))
		d := s.cohort("2027-03-29", 0) // clocks go back on 4 April
		x := d.Terms
		x.Title = "Kōrero; with \"commas\", semicolons, and long enough that its line is folded amid a māori wōrd"
		d, err := s.Deliveries.Update(ctx, nil, d.ID, d.Version, x)
		ok(t, err)
		ada := s.person("Ada", account.RoleLearner)
		ada.post(cohortPath(d)+"/join", nil).want(303)
		ada.get("/me/calendar").want(200, "You have no calendar address yet")
		p := ada.post("/me/calendar", nil).want(303).follow().want(200, "Copy this address now")
		feed := between(p.words(), "/calendar/", ".ics")
		if p := ada.get("/me/calendar").want(200); strings.Contains(p.raw, feed) {
			t.Error("the address is shown twice")
		}
		read := func() map[string]*ics.VEvent {
			t.Helper()
			p := s.nobody().get("/calendar/" + feed + ".ics").want(200)
			if got := p.header.Get("Content-Type"); got != "text/calendar; charset=utf-8" {
				t.Errorf("content type %q", got)
			}
			for line := range strings.SplitSeq(p.raw, "\r\n") {
				if len(line) > 75 {
					t.Errorf("a line of %d octets: %q", len(line), line)
				}
			}
			cal, err := ics.ParseCalendar(strings.NewReader(p.raw))
			ok(t, err)
			out := map[string]*ics.VEvent{}
			for _, e := range cal.Events() {
				out[e.Id()] = e
			}
			return out
		}
		first := read()
		if len(first) != 4 { // two modules, each opens and is due
			t.Fatalf("%d events", len(first))
		}
		starts := map[string]string{}
		for uid, e := range first {
			at, err := e.GetStartAt()
			ok(t, err)
			starts[uid[strings.Index(uid, ".")+1:strings.Index(uid, "@")]] = at.UTC().Format("2006-01-02 15:04")
			if got := e.GetProperty(ics.ComponentPropertyDescription).Value; !strings.Contains(got, x.Title) {
				t.Errorf("description %q", got)
			}
			if e.GetProperty(ics.ComponentPropertyDtstamp) == nil || e.GetProperty(ics.ComponentPropertyStatus).Value != "CONFIRMED" {
				t.Errorf("%s: no stamp, or status %s", uid, e.GetProperty(ics.ComponentPropertyStatus).Value)
			}
		}
		want := map[string]string{
			"first.opens": "2027-03-28 22:00", "first.due": "2027-04-04 13:29", // the last Sunday evening is an hour longer
			"later.opens": "2027-04-04 23:00", "later.due": "2027-04-11 13:29",
		}
		if fmt.Sprint(starts) != fmt.Sprint(want) {
			t.Errorf("starts\n%v, want\n%v", starts, want)
		}
		same := func(what string, now map[string]*ics.VEvent, status string) map[string]*ics.VEvent {
			t.Helper()
			for uid, e := range first {
				n := now[uid]
				if n == nil || seq(t, n) <= seq(t, e) || n.GetProperty(ics.ComponentPropertyStatus).Value != status {
					t.Fatalf("%s: %s is %+v", what, uid, n)
				}
			}
			return now
		}
		ok(t, s.Allow.Grant(ctx, nil, ada.id, "", allow.Terms{TimePercent: 100, ExtraDays: 3, Reason: "for the test"}))
		first = same("an accommodation", read(), "CONFIRMED")
		for uid, e := range first {
			if at, err := e.GetStartAt(); err == nil && strings.Contains(uid, "first.due") && at.UTC().Format("2006-01-02 15:04") != "2027-04-07 13:29" {
				t.Errorf("with three days more due at %s", at.UTC())
			}
		}
		ada.get(cohortPath(d)).want(200, "Best done by Wed 7 Apr", "These are your own dates")
		x.ReleaseAt = "10:00"
		d, err = s.Deliveries.Update(ctx, nil, d.ID, d.Version, x)
		ok(t, err)
		first = same("another hour", read(), "CONFIRMED")
		ada.post(cohortPath(d)+"/leave", nil).want(303)
		first = same("left", read(), "CANCELLED")
		ada.post(cohortPath(d)+"/join", nil).want(303)
		first = same("back", read(), "CONFIRMED")
		_, err = s.Deliveries.Cancel(ctx, nil, d.ID, "too few people")
		ok(t, err)
		same("called off", read(), "CANCELLED")

		ada.post("/me/calendar", nil).want(303)
		s.nobody().get("/calendar/" + feed + ".ics").want(404)
		s.nobody().get("/calendar/" + feed).want(404)
		ada.post("/me/calendar/end", nil).want(303).follow().want(200, "switched off")
		s.healthy()
	})
}

func seq(t *testing.T, e *ics.VEvent) int {
	t.Helper()
	n := 0
	_, err := fmt.Sscan(e.GetProperty(ics.ComponentPropertySequence).Value, &n)
	ok(t, err)
	return n
}

func between(text, from, to string) string {
	_, rest, _ := strings.Cut(text, from)
	out, _, _ := strings.Cut(rest, to)
	return out
}

// sydney is a time on Sydney's clocks, for site.at.
func sydney(t testing.TB, text string) string {
	t.Helper()
	loc, err := delivery.Zone("Australia/Sydney")
	ok(t, err)
	at, err := time.ParseInLocation(time.DateTime, text, loc)
	ok(t, err)
	return at.Format(time.RFC3339)
}

// A step costs two queries more in a cohort than alone, whoever else is in it.
func TestQueriesOfACohortsPages(t *testing.T) {
	each(t, setup{}, func(t *testing.T, s *site) {
		d := s.cohort("2026-11-30", 0)
		ada := s.person("Ada", account.RoleLearner)
		who, err := s.Accounts.ByID(context.Background(), ada.id)
		ok(t, err)
		count := func() int64 {
			t.Helper()
			ctx, n := db.CountQueries(context.Background())
			_, _, err := s.Play.Open(ctx, who, "tiny", "first/read")
			ok(t, err)
			return n.Load()
		}
		ada.post(tiny+"/enrol", nil).want(303)
		count()
		if n := count(); n != 1 {
			t.Errorf("alone: %d queries", n)
		}
		ada.post(cohortPath(d)+"/join", nil).want(303)
		if n := count(); n != 3 { // the cohort, and what the person is allowed
			t.Errorf("in a cohort: %d queries", n)
		}
	})
}
