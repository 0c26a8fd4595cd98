package app_test

import (
	"archive/zip"
	"bytes"
	"context"
	"io"
	"net/url"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"golang.org/x/text/unicode/norm"

	"greenroom/internal/account"
	"greenroom/internal/config"
	"greenroom/internal/db"
)

// export is what somebody gets as the file of everything about them, by name.
func (c *client) export() map[string]string {
	c.s.t.Helper()
	p := c.get("/settings/export").want(200)
	z, err := zip.NewReader(bytes.NewReader([]byte(p.raw)), int64(len(p.raw)))
	ok(c.s.t, err)
	out := map[string]string{}
	for _, f := range z.File {
		r, err := f.Open()
		ok(c.s.t, err)
		raw, err := io.ReadAll(r)
		ok(c.s.t, err)
		out[f.Name] = string(raw)
	}
	return out
}

// mandatory is the tiny course as mandatory training.
func mandatory() fstest.MapFS {
	tree := small()
	edited := strings.Replace(string(tree["tiny/course.yaml"].Data), "open: true", "open: true\nmandatory: true", 1)
	tree["tiny/course.yaml"] = &fstest.MapFile{Data: []byte(edited)}
	return tree
}

// keeping is a site that keeps facts of mandatory training for a year.
func keeping() setup {
	return setup{courses: mandatory(), config: func(c *config.Config) { c.KeepFacts, c.KeepEmpty = 365, 7 }}
}

func (s *site) shape() []db.Relation {
	s.t.Helper()
	all, err := db.Shape(context.Background(), s.DB)
	ok(s.t, err)
	return all
}

// strangeNames are names that try to be something else.
var strangeNames = []string{
	"محمد الأمين", "Ada 😀 Lovelace", strings.Repeat("Ẅagner-", 14), "Z\u0323\u0301a\u0302\u0323\u0301lgo", "<script>alert('x')</script>", "O'Brien \"& Co\" \\",
}

// Every row about a person is in their export, in every table there is; who adds a table finds out here.
func TestTheExportIsComplete(t *testing.T) {
	each(t, keeping(), func(t *testing.T, s *site) {
		c := s.person("Gil Gone", "learner")
		c.takeAll(s.course("tiny"))
		other := s.person("Olga Other", "trainer")
		other.takeAll(s.course("tiny"))
		ok(t, s.Events.Drain(t.Context()))
		admin := s.person("Alex Admin", "admin")
		admin.post("/admin/certificates/"+c.certificate("tiny")+"/revoke", url.Values{"reason": {"for the test"}}).want(303)
		files := c.export()
		seen := 0
		for _, r := range s.shape() {
			why := account.LeftOut[r.Name]
			where := account.Rows(s.shape(), r.Name)
			named := slices.ContainsFunc(r.Columns, func(x db.Column) bool { return x.References == "person" || x.Name == "person_id" })
			if named && where == "" && why == "" {
				t.Errorf("the table %s names people, is not in the export, and no reason is given in account.LeftOut", r.Name)
			}
			if where == "" || why != "" {
				continue
			}
			n := s.count(r.Name+" WHERE "+where, c.id)
			if got := strings.Count(files["tables/"+r.Name+".jsonl"], "\n"); got != n {
				t.Errorf("%s: %d rows in the export, %d in the database", r.Name, got, n)
			}
			if n > 0 {
				seen++
			}
		}
		if seen < 10 {
			t.Errorf("only %d tables have anything: the test looks at little", seen)
		}
		all := ""
		for name, text := range files {
			all += text
			if strings.HasSuffix(name, ".html") && (!strings.Contains(text, "<title>") || !strings.Contains(text, `lang="en-AU"`)) {
				t.Errorf("%s has no title or language", name)
			}
		}
		for _, strange := range []string{other.id, "Olga Other", "olga.other@", "argon2", "token_hash"} {
			if strings.Contains(all, strange) {
				t.Errorf("the export holds %q", strange)
			}
		}
		for _, want := range []string{"gil.gone@agency.example", c.certificate("tiny"), "for the test"} {
			if !strings.Contains(all, want) {
				t.Errorf("the export lacks %q", want)
			}
		}
		for table := range account.LeftOut {
			if !slices.ContainsFunc(s.shape(), func(r db.Relation) bool { return r.Name == table }) {
				t.Errorf("account.LeftOut names %s, which is no table", table)
			}
		}
	})
}

func TestTheExportIsInertAndKeepsNames(t *testing.T) {
	t.Parallel()
	s := newSite(t, "sqlite", setup{})
	c := s.person("Nora Name", "learner")
	for _, name := range strangeNames {
		c.post("/settings/profile", url.Values{"name": {name}}).want(303)
		files := c.export()
		for file, text := range files {
			if strings.HasSuffix(file, ".html") && strings.Contains(text, "<script>alert") {
				t.Errorf("%s runs what a name says", file)
			}
		}
		want := norm.NFC.String(name)
		if !strings.Contains(files["tables/person.jsonl"]+files["data/account.json"], strings.NewReplacer("<", `\u003c`, ">", `\u003e`, "&", `\u0026`, `\`, `\\`, `"`, `\"`).Replace(want)[:8]) {
			t.Errorf("the export lacks the name %q", name)
		}
	}
}

// spared are the columns that may go on holding something of who is gone, with what and why. All else fails.
var spared = map[string]string{
	"audit.actor_id":                 "id: the log of decisions keeps who decided as a tombstone",
	"audit.person_id":                "id: and whom it concerned",
	"fact.data":                      "id: facts are purged 30 days after all have heard of them",
	"mail.to_address":                "address: the letter that says goodbye, for 90 days",
	"certificate_kept.name":          "name: the person wished it",
	"role_grant.granted_by":          "id: who granted, as in the log",
	"accommodation.granted_by":       "id: who granted, as in the log",
	"accommodation.ended_by":         "id: who ended it, as in the log",
	"quiz_ruling.decided_by":         "id: who decided, as in the log",
	"learning_event.data":            "id: in another's record, who decided about a step",
	"delivery.created_by":            "id: who made the cohort",
	"invitation.created_by":          "id: who made the invitation",
	"pending_enrolment.created_by":   "id: who promised the place, until it is taken",
	"prerequisite_bypass.granted_by": "id: who granted, as in the log",
	"roster_import.created_by":       "id: who sent the file, for a month",
	"quiz_attempt.ended_by":          "a word: learner or clock",
	"moderation_log.actor":           "id: the log is sealed and names nobody else",
	"quiz_ruling.reversed_by":        "id: who decided, as in the log",
	"retention_class.updated_by":     "id: who decided, as in the log",
	"legal_hold.person_id":           "id: whom a hold is about",
	"legal_hold.placed_by":           "id: who decided, as in the log",
	"legal_hold.lifted_by":           "id: who decided, as in the log",
	"legal_kept.person_id":           "id: of whom a copy was put aside, until the hold is lifted",
	"disposal.proposed_by":           "id: who decided, as in the log",
	"disposal.decided_by":            "id: who decided, as in the log",
	"moderation_log.detail":          "id: who proposed and who approved a disposal",
}

// remains looks through every text column of the database for what is left of somebody.
func (s *site) remains(id, name, email string) {
	s.t.Helper()
	for _, r := range s.shape() {
		for _, c := range r.Columns {
			if !c.Text {
				continue
			}
			for what, word := range map[string]string{"id": id, "name": name, "address": email} {
				n := s.count("? WHERE ? LIKE ?", s.ident(r.Name), s.ident(c.Name), "%"+word+"%")
				if n > 0 && !strings.HasPrefix(spared[r.Name+"."+c.Name], what) {
					s.t.Errorf("%s.%s still holds the %s %q in %d rows", r.Name, c.Name, what, word, n)
				}
			}
		}
	}
}

// named puts somebody into the tables that know people by address, as a trainer's file does.
func (s *site) named(email, name, by string) {
	s.t.Helper()
	d := s.rows("SELECT id FROM delivery")[0]
	at := s.clock.Now()
	for _, state := range []string{"done", "preview"} {
		_, err := s.DB.Exec(`INSERT INTO roster_import (id, delivery_id, file_name, encoding, state, letters, total, reached, created_by, created_at)
			VALUES (?, ?, 'people.csv', 'UTF-8', ?, ?, 1, 1, ?, ?)`, state, d, state, false, by, at)
		ok(s.t, err)
		_, err = s.DB.Exec(`INSERT INTO roster_import_row (import_id, n, line, email, email_folded, name, outcome, why) VALUES (?, 1, 2, ?, ?, ?, 'enrolled', '')`, state, email, email, name)
		ok(s.t, err)
	}
	_, err := s.DB.Exec(`INSERT INTO pending_enrolment (id, delivery_id, email, email_folded, name, source, created_by, created_at) VALUES ('p', ?, ?, ?, ?, 'trainer', ?, ?)`, d, email, email, name, by, at)
	ok(s.t, err)
}

// Whatever column may name people goes with them by a foreign key, is emptied by somebody, or is spared with a reason.
// Who adds one decides here.
func TestColumnsThatNamePeople(t *testing.T) {
	t.Parallel()
	s := newSite(t, "sqlite", setup{})
	emptied := map[string]string{
		"audit.actor_name": "audit.Forget", "audit.person_name": "audit.Forget",
		"pending_enrolment.email": "roster.Erase", "pending_enrolment.email_folded": "roster.Erase",
		"forum_post.state_by": "forum.Erase", "forum_grade.marked_by": "forum.Erase",
		"moderation_case.claimed_by": "moderation.Erase", "moderation_case.decided_by": "moderation.Erase", "moderation_case.outcome_by": "moderation.Erase",
		"moderation_report.email": "moderation.Erase", "moderation_rules.published_by": "moderation.Erase",
		"panel_seat.email": "panel.Erase", "panel_seat.email_folded": "panel.Erase",
		"roster_import_row.email": "roster.Erase", "roster_import_row.email_folded": "roster.Erase",
	}
	for _, r := range s.shape() {
		cascades := slices.ContainsFunc(r.Columns, func(c db.Column) bool { return c.Name == "person_id" && c.References == "person" })
		for _, c := range r.Columns {
			name := r.Name + "." + c.Name
			about := strings.Contains(c.Name, "email") || strings.Contains(c.Name, "address") || strings.HasSuffix(c.Name, "_by") && c.Name != "replaced_by" ||
				slices.Contains([]string{"person_id", "actor_id", "author_id", "person_name", "actor_name"}, c.Name)
			if !about || r.Name == "person" || c.References == "person" || spared[name] != "" || emptied[name] != "" {
				continue
			}
			if cascades && !strings.HasSuffix(c.Name, "_by") {
				continue
			}
			t.Errorf("%s may name somebody after they have deleted their account: empty it with an account.Eraser, or spare it with a reason", name)
		}
	}
}

func TestNothingIsLeftOfADeletedAccount(t *testing.T) {
	each(t, keeping(), func(t *testing.T, s *site) {
		c, stays := s.person("Gil Gone", "learner"), s.person("Sue Stays", "learner")
		for _, x := range []*client{c, stays} {
			x.takeAll(s.course("tiny"))
		}
		ok(t, s.Events.Drain(t.Context()))
		code := c.certificate("tiny")
		admin := s.person("Alex Admin", "admin")
		s.named("gil.gone@agency.example", "Gil Gone", admin.id)
		admin.post("/admin/certificates/"+code+"/revoke", url.Values{"reason": {"to see what is left"}}).want(303)
		admin.post("/admin/certificates/"+code+"/reinstate", url.Values{"reason": {"to see what is left"}}).want(303)
		page := c.get("/settings/delete").want(200, "A tiny course", "removed on 3 December 2027", "Keep my certificates checkable")
		if !strings.Contains(page.words(), "What goes, at once") {
			t.Error("the page does not say what goes")
		}
		before := stays.export()["tables/learning_event.jsonl"]
		c.post("/settings/delete", url.Values{"password": {"not the password at all"}, "keep_certificates": {"yes"}}).want(422, "not the password", "checked")
		c.post("/settings/delete", url.Values{"password": {password}, "keep_certificates": {"yes"}}).want(303)
		ok(t, s.Events.Drain(t.Context()))
		s.remains(c.id, "Gil Gone", "gil.gone@agency.example")
		s.nobody().get("/certificates/"+code).want(200, "genuine", "Gil Gone", "no account here any more")
		c.get("/me/certificates/" + code).want(303)
		if n := s.count("kept_fact"); n != 1 {
			t.Errorf("%d facts are kept", n)
		}
		if n := s.count("mail WHERE to_address = ?", "gil.gone@agency.example"); n != 1 {
			t.Errorf("%d letters to them are left, want the one that says goodbye", n)
		}
		if stays.export()["tables/learning_event.jsonl"] != before {
			t.Error("another's record changed")
		}
		// An administrator who decided things goes too: their decisions stay, their name does not.
		admin.post("/settings/delete", url.Values{"password": {password}}).want(303)
		s.remains(admin.id, "Alex Admin", "alex.admin@agency.example")
		if n := s.count("audit WHERE actor_id = ? AND action LIKE 'certificate.%'", admin.id); n != 2 {
			t.Errorf("%d decisions are left", n)
		}
		s.healthy()
	})
}

// What is kept of mandatory training goes when its time is over, and not before; nothing is kept of other courses, of
// unproven addresses, or where the site keeps nothing.
func TestFactsOfMandatoryTrainingGoInTime(t *testing.T) {
	each(t, keeping(), func(t *testing.T, s *site) {
		proven, unproven := s.person("Pia Proven", "learner"), s.person("Uma Unproven", "learner")
		_, err := s.DB.Exec("UPDATE person SET verified_at = NULL WHERE id = ?", unproven.id)
		ok(t, err)
		for _, x := range []*client{proven, unproven} {
			x.takeAll(s.course("tiny"))
		}
		if strings.Contains(unproven.get("/settings/delete").want(200).words(), "mandatory training") {
			t.Error("who never proved an address is told that something stays")
		}
		unproven.post("/settings/delete", url.Values{"password": {password}}).want(303)
		s.clock.advance(100 * 24 * time.Hour)
		again := s.nobody()
		again.post("/sign-in", url.Values{"email": {"pia.proven@agency.example"}, "password": {password}}).want(303)
		again.id = proven.id
		again.post("/settings/delete", url.Values{"password": {password}}).want(303)
		rows := s.rows("SELECT course_key || ' ' || happened_on || ' ' || kind FROM kept_fact")
		if len(rows) != 1 || rows[0] != "tiny 2026-12-03 completed" {
			t.Fatalf("kept: %q", rows)
		}
		for _, c := range []struct {
			after time.Duration
			left  int
		}{{0, 1}, {264 * 24 * time.Hour, 1}, {2 * 24 * time.Hour, 0}} { // 365 days from the completion, not from the deletion
			s.clock.advance(c.after)
			ok(t, s.Accounts.Clean(t.Context()))
			if n := s.count("kept_fact"); n != c.left {
				t.Errorf("after %v more, %d facts are kept, want %d", c.after, n, c.left)
			}
		}
	})
	t.Run("a site that keeps nothing", func(t *testing.T) {
		s := newSite(t, "sqlite", setup{courses: mandatory()})
		c := s.person("Pia Proven", "learner")
		c.takeAll(s.course("tiny"))
		c.post("/settings/delete", url.Values{"password": {password}}).want(303)
		if n := s.count("kept_fact"); n != 0 {
			t.Errorf("%d facts are kept", n)
		}
	})
	t.Run("a course that is not mandatory", func(t *testing.T) {
		s := newSite(t, "sqlite", setup{config: keeping().config})
		c := s.person("Pia Proven", "learner")
		c.takeAll(s.course("tiny"))
		c.post("/settings/delete", url.Values{"password": {password}}).want(303)
		if n := s.count("kept_fact"); n != 0 {
			t.Errorf("%d facts are kept", n)
		}
	})
}

// A retired course's certificate is checked as ever.
func TestCertificatesOutliveTheirCourse(t *testing.T) {
	each(t, setup{}, func(t *testing.T, s *site) {
		c := s.person("Rita Retired", "learner")
		c.takeAll(s.course("tiny"))
		code := c.certificate("tiny")
		_, err := s.DB.Exec("UPDATE course SET retired_at = updated_at WHERE key = 'tiny'")
		ok(t, err)
		s.nobody().get("/certificates/"+code).want(200, "genuine", "Rita Retired", "A tiny course")
		if p := c.get("/me/certificates/" + code + "/pdf").want(200); !strings.HasPrefix(p.raw, "%PDF-") || p.header.Get("Content-Type") != "application/pdf" {
			t.Errorf("the file begins with %q", p.raw[:8])
		}
	})
}

// Somebody changes their name, has the certificate issued again, and who has the old code sees the new one.
func TestCertificateAfterAChangeOfName(t *testing.T) {
	each(t, setup{}, func(t *testing.T, s *site) {
		c := s.person("Mia Maiden", "learner")
		c.takeAll(s.course("tiny"))
		old := c.certificate("tiny")
		if strings.Contains(c.get("/settings").want(200).words(), "bears another name") {
			t.Error("the settings speak of another name before there is one")
		}
		for _, name := range append(slices.Clone(strangeNames), "Mia Married") {
			c.post("/settings/profile", url.Values{"name": {name}}).want(303)
			c.get("/settings").want(200, "bears another name", "/me/certificates")
			code := c.certificate("tiny")
			c.get("/me/certificates/"+code).want(200).submit("/reissue", nil).want(303)
			next := c.certificate("tiny")
			if next == code {
				t.Fatalf("%q: the code is still the same", name)
			}
			shown := norm.NFC.String(name)
			if p := s.nobody().get("/certificates/"+next).want(200, "genuine"); !strings.Contains(p.words(), strings.Join(strings.Fields(shown), " ")) {
				t.Errorf("the check does not say %q: %s", shown, clip(p.words()))
			}
			c.get("/me/certificates/" + next + "/pdf").want(200)
		}
		s.nobody().get("/certificates/"+old).want(200, "was replaced", "Mia Married")
		c.get("/me/certificates/"+old).want(200, "Mia Married")
	})
}

// Accounts that nobody proved and that hold nothing go after a week; whoever holds anything stays.
func TestEmptyAccountsGo(t *testing.T) {
	each(t, keeping(), func(t *testing.T, s *site) {
		register := func(name string) *client {
			c := s.nobody()
			email := strings.ToLower(name) + "@agency.example"
			c.post("/register", url.Values{"name": {name}, "email": {email}, "password": {password}}).want(303)
			c.id = s.rows("SELECT id FROM person WHERE email_folded = ?", email)[0]
			return c
		}
		there := func(c *client) bool { return s.count("person WHERE id = ?", c.id) == 1 }
		empty := register("Empty")
		enrolled := register("Enrolled")
		enrolled.post(tiny+"/enrol", nil).want(303)
		worked := register("Worked")
		worked.take("tiny", s.course("tiny").First())
		decided := register("Decided")
		_, err := s.DB.Exec("INSERT INTO role_grant (person_id, role, delivery_id, granted_by, granted_at, reason) VALUES (?, 'trainer', '', ?, ?, 'x')", enrolled.id, decided.id, s.clock.Now())
		ok(t, err)
		proven := s.person("Pia Proven", "learner")
		added, _, err := s.Accounts.Add(t.Context(), account.NewAccount{Name: "Olaf Operator", Email: "olaf@agency.example"})
		ok(t, err)
		s.clock.advance(6 * 24 * time.Hour)
		ok(t, s.Accounts.Clean(t.Context()))
		if !there(empty) {
			t.Error("gone before the week was over")
		}
		late := register("Late")
		s.clock.advance(2 * 24 * time.Hour)
		ok(t, s.Accounts.Clean(t.Context()))
		if there(empty) {
			t.Error("an empty account stays")
		}
		if n := s.count("mail WHERE to_address = 'empty@agency.example'"); n != 0 {
			t.Errorf("%d letters to a removed account are left", n)
		}
		for who, c := range map[string]*client{"enrolled": enrolled, "worked": worked, "decided": decided, "proven": proven, "late": late, "added by an operator": {id: added.ID}} {
			if !there(c) {
				t.Errorf("the account of who %s is gone", who)
			}
		}
		visitor := register("Visitor") // signed in every day: not idle, though unproven
		for range 9 {
			s.clock.advance(23 * time.Hour)
			visitor.get("/settings").want(200)
			_, err := s.DB.Exec("UPDATE account_token SET expires_at = ? WHERE person_id = ?", s.clock.Now(), visitor.id)
			ok(t, err)
			ok(t, s.Accounts.Clean(t.Context()))
			if !there(visitor) {
				break
			}
			visitor.post("/sign-in", url.Values{"email": {"visitor@agency.example"}, "password": {password}})
		}
		if !there(visitor) {
			t.Error("somebody who comes every day is gone")
		}
		s.clock.advance(400 * 24 * time.Hour)
		ok(t, s.Accounts.Clean(t.Context()))
		for who, c := range map[string]*client{"enrolled": enrolled, "worked": worked, "decided": decided} {
			if !there(c) {
				t.Errorf("after a year the account of who %s is gone", who)
			}
		}
	})
}

// Who asks for what is kept of somebody has to say why; the log has that, and not the address.
func TestAskingForKeptFacts(t *testing.T) {
	each(t, keeping(), func(t *testing.T, s *site) {
		c, admin := s.person("Gil Gone", "learner"), s.person("Alex Admin", "admin")
		c.takeAll(s.course("tiny"))
		c.get(tiny).want(200, "mandatory training")
		s.nobody().get("/privacy").want(200, "365 days")
		c.post("/settings/delete", url.Values{"password": {password}}).want(303)
		admin.get("/admin/retention").want(200, "1 fact is kept", "365 days")
		for _, form := range []url.Values{{}, {"email": {"gil.gone@agency.example"}}, {"email": {"nonsense"}, "reason": {"an audit"}}, {"email": {"gil.gone@agency.example"}, "reason": {strings.Repeat("x", 501)}}} {
			p := admin.post("/admin/retention", form).want(422)
			if v := form.Get("email"); v != "" && !strings.Contains(p.raw, v) {
				t.Errorf("what was typed is lost: %v", form)
			}
		}
		admin.post("/admin/retention", url.Values{"email": {" Gil.GONE@agency.example "}, "reason": {"the yearly audit"}}).want(303).follow().want(200, "A tiny course", "3 December 2026", "3 December 2027")
		admin.post("/admin/retention", url.Values{"email": {"nobody@agency.example"}, "reason": {"the yearly audit"}}).want(303).follow().want(200, "Nothing is kept under that address")
		if n := s.count("audit WHERE action = 'retention.asked' AND reason = 'the yearly audit'"); n != 2 {
			t.Errorf("%d questions are in the log", n)
		}
		s.remains(c.id, "Gil Gone", "gil.gone@agency.example")
		// They come back under the same address: what is kept is theirs to see.
		again := s.person("Gil Gone", "learner")
		if got := again.export()["data/kept_facts.json"]; !strings.Contains(got, "A tiny course") {
			t.Errorf("who came back finds %q", got)
		}
	})
}

// Somebody without a password deletes the account by typing its address, soon after signing in.
func TestDeleteByAddress(t *testing.T) {
	each(t, setup{}, func(t *testing.T, s *site) {
		c := s.person("Ola Onlysso", "learner")
		_, err := s.DB.Exec("UPDATE person SET password_hash = '' WHERE id = ?", c.id)
		ok(t, err)
		form := func(email string) url.Values { return url.Values{"email": {email}} }
		c.get("/settings/delete").want(200, "has no password", "Your e-mail address")
		c.post("/settings/delete", form("bo@agency.example")).want(422, "not the address", "bo@agency.example")
		s.clock.advance(16 * time.Minute)
		c.post("/settings/delete", form("ola.onlysso@agency.example")).want(422, "a while since you signed in")
		s.clock.advance(-16 * time.Minute)
		c.post("/settings/delete", form("Ola.Onlysso@Agency.example")).want(303)
		if n := s.count("person WHERE id = ?", c.id); n != 0 {
			t.Error("the account is still there")
		}
	})
}
