package app_test

import (
	"context"
	"errors"
	"net/url"
	"strings"
	"testing"

	"greenroom/internal/db/dbtest"
	"greenroom/internal/event"
	"greenroom/internal/record"
)

// An administrator grants a role, sees why it opens a page, takes it away; closes an account and opens it again; and
// finds all of it in the log.
func TestAdministratorAndAPerson(t *testing.T) {
	each(t, setup{}, func(t *testing.T, s *site) {
		admin, tess := s.person("Ada Admin", "admin"), s.person("Tess Learner", "learner")
		s.person("Somebody Else", "learner")
		at := "/admin/people/" + tess.id
		admin.get("/admin/people?q=TESS").want(200, "Tess Learner", at).lacks("Somebody Else")
		admin.get("/admin/people?q=tess.learner%40").want(200, "1 person")
		admin.get("/admin/people?q=%25").want(200, "Nobody found") // a percent sign is no pattern
		why := func(path string) *page {
			return admin.get("/admin/why?" + url.Values{"person": {"Tess.Learner@agency.example"}, "path": {path}}.Encode())
		}
		why("/admin/people").want(200, "cannot open this page").lacks("What opens it")
		why("/settings").want(200, "Everybody with an account")
		why(s.url+"/courses/tiny?x=1").want(200, "Anybody can open this page")
		why("/no/such/page").want(200, "no page at this address")
		why("").want(422, "Give the address of a page")

		p := admin.get(at).want(200, "tess.learner@agency.example", "on 1 device", "Learner. Everybody is that")
		p.submit("/grant", url.Values{"role": {"trainer"}, "reason": {"x"}, "expires": {"2026-12-31"}}).want(422, "in at least three letters", `value="2026-12-31"`)
		p.submit("/grant", url.Values{"role": {"trainer"}, "reason": {"Leads"}, "expires": {"2020-01-01"}}).want(422, "must lie in the future")
		p.submit("/grant", url.Values{"role": {"author"}, "scope": {s.cohort("2026-12-14", 0).ID}, "reason": {"Leads"}}).want(422, "Choose one of the roles")
		p.submit("/grant", url.Values{"role": {"admin"}, "reason": {"On call over summer"}, "expires": {"2026-12-31"}}).want(303)
		tess.get("/admin").want(200)
		why("/admin/people").want(200, "because of a role", "On call over summer", "until Fri 1 Jan 2027", "Granted by Ada Admin")
		admin.get(at).want(200, "administrator", "On call over summer").submit("/revoke", url.Values{"reason": {""}}).want(422, "in at least three letters")
		admin.get(at).submit("/revoke", url.Values{"reason": {"Summer is over"}}).want(303)
		tess.get("/admin").want(403)

		admin.get(at).submit("/close", url.Values{"reason": {"Left the agency"}}).want(303)
		tess.get("/settings").want(303)
		why("/settings").want(200, "cannot sign in")
		admin.post(at+"/close", url.Values{"reason": {"again"}}).want(409)
		admin.get(at).want(200, "Open the account again").submit("/open", url.Values{"reason": {"Is back"}}).want(303)
		s.nobody().post("/sign-in", url.Values{"email": {"tess.learner@agency.example"}, "password": {password}}).want(303)
		admin.post("/admin/people/"+admin.id+"/close", url.Values{"reason": {"myself"}}).want(409)

		admin.get("/admin/audit").want(200, "7 entries", "granted a role", "took a role away", "closed an account", "opened an account again", "Summer is over")
		admin.get("/admin/audit?action=role.").want(200, "Summer is over").lacks("Left the agency")
		admin.get("/admin/audit?q=LEFT").want(200, "1 entry", "Left the agency")
		admin.get("/admin/audit?from=2027-01-01").want(200, "No such decision")
		csv := admin.get("/admin/audit.csv?action=account.").want(200, "account.closed", "Left the agency", tess.id)
		if n := strings.Count(csv.raw, "\r\n"); n != 3 {
			t.Errorf("%d lines of CSV:\n%s", n, csv.raw)
		}
	})
}

// A role in one cohort opens pages of its kind, and the answer says how far it goes.
func TestWhyInOneCohort(t *testing.T) {
	each(t, setup{}, func(t *testing.T, s *site) {
		admin, tess := s.person("Ada Admin", "admin"), s.person("Tess Trainer", "learner")
		own, other := s.cohort("2026-12-14", 0), s.cohort("2026-12-21", 0)
		admin.get("/admin/people/"+tess.id).submit("/grant", url.Values{"role": {"trainer"}, "scope": {own.ID}, "reason": {"Leads it"}}).want(303)
		for path, says := range map[string]string{
			"/teach/people/" + tess.id + "/accommodations": "sees on them what belongs to the cohorts",
			"/teach/cohorts/" + own.ID:                     "", "/teach/cohorts/" + other.ID: "",
		} {
			p := admin.get("/admin/why?" + url.Values{"person": {tess.id}, "path": {path}}.Encode()).want(200)
			if says != "" && !strings.Contains(p.words(), says) {
				t.Errorf("%s: %s", path, clip(p.words()))
			}
		}
	})
}

// Name and colours change for everybody at once; a colour that cannot be read is refused with its figure and changes nothing.
func TestLook(t *testing.T) {
	each(t, setup{}, func(t *testing.T, s *site) {
		admin, somebody := s.person("Ada Admin", "admin"), s.nobody()
		form := url.Values{"name": {"Learn at Agency"}, "brand_light": {"#5B2A86"}, "brand_dark": {"#c9a7eb"}, "accent": {"#ff8800"}, "do": {"save"}}
		bad := url.Values{"name": {""}, "brand_light": {"#ffd700"}, "do": {"save"}}
		admin.get("/admin/look").submit("/admin/look", bad).want(422, "#ffd700", "a contrast of 1.", "4.5 is needed", "The nearest colour that works is #", "too low")
		admin.get("/admin/look").submit("/admin/look", url.Values{"accent": {"red"}}).want(422, "Give a colour as #")
		bad.Set("do", "preview")
		admin.get("/admin/look").submit("/admin/look", bad).want(200, "too low", "/admin/look/preview.css?")
		if p := somebody.get("/"); strings.Contains(p.raw, "/look/") || !strings.Contains(p.raw, "Greenroom</title>") {
			t.Errorf("what was refused changed something: %s", clip(p.raw))
		}
		admin.get("/admin/look").submit("/admin/look", form).want(303)
		p := somebody.get("/").want(200, "Learn at Agency</title>")
		href := ""
		for n := range p.root().Descendants() {
			if n.Data == "link" && strings.HasPrefix(attr(n, "href"), "/look/") {
				href = attr(n, "href")
			}
		}
		css := somebody.get(href).want(200, "--brand:#5b2a86;", "--brand:#c9a7eb;", "--accent:#ff8800;", "prefers-color-scheme:dark")
		if css.header.Get("Content-Type") != "text/css; charset=utf-8" || !strings.Contains(css.header.Get("Cache-Control"), "immutable") {
			t.Errorf("served as %v", css.header)
		}
		admin.post("/admin/look", form).want(409) // from a page that knows nothing of the change
		again := newSiteOn(t, s.DB, setup{})      // another node, or the next start
		again.nobody().get("/help").want(200, "Learn at Agency</title>", href)
		admin.get("/admin/look").submit("/admin/look", url.Values{"do": {"reset"}}).want(303)
		somebody.get("/").want(200, "Greenroom</title>")
		somebody.get(href).want(404)
		admin.get("/admin/audit?action=site.").want(200, "2 entries", "#5b2a86")
	})
}

// Jobs that fail are seen, tried again and put aside; the overview says so first.
func TestJobs(t *testing.T) {
	t.Parallel()
	for _, engine := range dbtest.Engines {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, engine, setup{})
			admin := s.person("Ada Admin", "admin")
			broken := true
			event.On(s.Events, "test.weak", func(context.Context, record.CourseCompleted) error {
				if broken {
					return errors.New("the other side is away")
				}
				return nil
			})
			s.person("Lee Learner", "learner").takeAll(s.course("tiny"))
			ok(t, s.Events.Drain(t.Context()))
			admin.get("/admin/jobs").want(200, "test.weak", "the other side is away", "1 job", "again at").submit("/park", nil).want(303)
			admin.get("/admin").want(200, "1 job was given up or put aside")
			admin.get("/admin/jobs").want(200, "given up")
			broken = false
			admin.get("/admin/jobs").submit("/retry", nil).want(303)
			ok(t, s.Events.Drain(t.Context()))
			admin.get("/admin/jobs").want(200, "Nothing went wrong")
			admin.get("/admin/audit?action=site.").want(200, "had a job tried again", "put a job aside", "test.weak")
		})
	}
}

// A letter to oneself shows whether mail works.
func TestMailTest(t *testing.T) {
	each(t, setup{plain: true}, func(t *testing.T, s *site) {
		admin := s.person("Ada Admin", "admin")
		admin.get("/admin/mail").want(200, "ada.admin@agency.example").submit("/test", nil).want(303)
		admin.get("/admin/mail").want(200, "A test letter from Greenroom", "waiting")
		if n := s.count("mail WHERE to_address = 'ada.admin@agency.example' AND state = 'queued'"); n != 1 {
			t.Errorf("%d letters", n)
		}
		_, err := s.DB.ExecContext(t.Context(), "UPDATE mail SET attempts = 2, last_error = 'send: 451'")
		ok(t, err)
		admin.get("/admin/mail").want(200, "send: 451", "Tried 2 times", "will be tried again").submit("/retry", nil).want(303)
	})
}

// lacks ends the test when the page says something.
func (p *page) lacks(texts ...string) *page {
	p.c.s.t.Helper()
	for _, x := range texts {
		if strings.Contains(p.words(), x) {
			p.c.s.t.Fatalf("%s as %s says %q\n%s", p.path, p.c.role, x, clip(p.words()))
		}
	}
	return p
}
