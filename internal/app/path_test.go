package app_test

import (
	"archive/zip"
	"bytes"
	"html"
	"io/fs"
	"net/url"
	"strings"
	"testing"
	"testing/fstest"

	shipped "greenroom/courses"
	"greenroom/internal/course"
	"greenroom/internal/workshop"
)

const busy = "using-social-media"

func register(c *client, name, email string, more url.Values) *page {
	c.s.t.Helper()
	f := url.Values{"name": {name}, "email": {email}, "password": {password}}
	for k, v := range more {
		f[k] = v
	}
	p := c.get("/register").want(200).submit("/register", f)
	for _, id := range c.s.rows("SELECT id FROM person WHERE email = ?", email) {
		c.id, c.role = id, "learner"
	}
	return p
}

// From the first visit to a certificate that a stranger can check, through every step of a shipped course.
func TestWholePath(t *testing.T) {
	each(t, setup{courses: shipped.Files}, func(t *testing.T, s *site) {
		r := s.course(busy)
		c := s.nobody()
		c.get("/").want(200)
		c.get("/courses").want(200, r.Title)
		register(c, "Wanda Traveller", "wanda@agency.example", nil).want(303).follow().want(200)
		c.get("/courses/"+busy).want(200).submit("/enrol", nil).want(303).follow().want(200, r.First().Title)

		c.takeAll(r)

		finish := c.open("/courses/" + busy + "/learn").want(200)
		code := c.certificate(busy)
		if code == "" || !strings.Contains(finish.raw, "/me/certificates/"+code) {
			t.Fatalf("certificate %q is not on the closing page:\n%s", code, finish.words())
		}
		c.get("/me/certificates/"+code).want(200, "Wanda Traveller", r.Title)
		s.nobody().get("/certificates/"+code).want(200, "Wanda Traveller", r.Title)
		c.get("/me").want(200, r.Title)
		c.get("/me/transcript").want(200, "Wanda Traveller")
		if got := strings.Count(c.get("/me/transcript.csv").want(200).raw, "\r\n"); got < len(steps(r))+1 {
			t.Errorf("the transcript has %d lines for %d steps", got, len(steps(r)))
		}
		if n := s.count("learning_event WHERE person_id = ?", c.id); n != len(steps(r))+1 {
			t.Errorf("%d events, want one for each of %d steps and one for the course", n, len(steps(r)))
		}
		s.healthy()
		s.quiet(c, "Wanda", "wanda@agency.example", code)
	})
}

// The other shipped courses from enrolment to a certificate; and each course comes out of the site as it went in.
func TestEveryShippedCourse(t *testing.T) {
	t.Parallel()
	s := newSite(t, "sqlite", setup{courses: shipped.Files})
	c := s.nobody()
	register(c, "Edda Everything", "edda@agency.example", nil).want(303)
	for _, key := range []string{busy, "managing-social-media", "working-with-the-public"} {
		r := s.course(key)
		if key != busy { // taken by TestWholePath
			c.get("/courses/"+key).want(200).submit("/enrol", nil).want(303)
			c.takeAll(r)
			code := c.certificate(key)
			if code == "" {
				t.Fatalf("%s: no certificate", key)
			}
			s.nobody().get("/certificates/"+code).want(200, "Edda Everything", r.Title)
		}
		var b bytes.Buffer
		ok(t, s.Courses.Export(t.Context(), r.Hash, &b))
		z, err := zip.NewReader(bytes.NewReader(b.Bytes()), int64(b.Len()))
		ok(t, err)
		if len(z.File) < 15*len(r.Modules) {
			t.Errorf("%s: %d files came out", key, len(z.File))
		}
		for _, f := range z.File {
			got, err := fs.ReadFile(z, f.Name)
			ok(t, err)
			want, err := fs.ReadFile(shipped.Files, f.Name)
			ok(t, err)
			if !bytes.Equal(got, want) {
				t.Errorf("%s came out otherwise than it went in", f.Name)
			}
		}
		again, err := s.Courses.Publish(t.Context(), z)
		ok(t, err)
		if len(again.Courses) != 1 || again.Courses[0].State != course.StateUnchanged {
			t.Errorf("%s published again: %+v", key, again.Courses)
		}
	}
	s.healthy()
}

// Every module's run sheet is set up as a workshop by the form as it stands, and runs in the console from its first item to
// its last.
func TestEveryShippedRunSheet(t *testing.T) {
	t.Parallel()
	s := newSite(t, "sqlite", setup{courses: shipped.Files})
	c := s.person("Tess Trainer", "trainer")
	sheets := 0
	for _, key := range []string{busy, "managing-social-media", "working-with-the-public"} {
		for _, m := range s.course(key).Modules {
			for _, a := range m.Asides {
				sheet := workshop.Of(a)
				if sheet == nil {
					continue
				}
				sheets++
				p := c.get("/teach/rooms/new?sheet="+key+"/"+a.Key).want(200).submit("/teach/rooms", url.Values{"title": {"Of " + a.Key}}).want(303).follow().want(200, "Not begun")
				id := p.path[strings.LastIndex(p.path, "/")+1:]
				for i, item := range s.rows("SELECT id FROM room_item WHERE room_id = ? ORDER BY n", id) {
					c.post(p.path+"/do", url.Values{"do": {"go"}, "item": {item}}).want(303)
					c.get(p.path).want(200, html.EscapeString(sheet.Items[i].Title))
				}
				if now := c.get(p.path).want(200); strings.Contains(now.raw, "Not begun") {
					t.Errorf("%s does not begin", a.Key)
				}
			}
		}
	}
	if sheets != 21 {
		t.Errorf("%d run sheets, want one for each of 21 modules", sheets)
	}
	s.healthy()
}

func steps(r *course.Revision) (all []*course.Activity) {
	for a := r.First(); a != nil; a = a.Next {
		all = append(all, a)
	}
	return all
}

// quiet looks that the log names people by id only and holds no secret.
func (s *site) quiet(c *client, name, email, code string) {
	s.t.Helper()
	log := s.log.String()
	if !strings.Contains(log, c.id) || !strings.Contains(log, `"route":"/courses/:course/:module/:activity/:verb"`) {
		s.t.Error("the log does not tell what happened")
	}
	bad := []string{password, name, email, "agency.example", code, code[:5] + "-" + code[5:10], "?attempt=", "something short", "word word", "greenroom_session"}
	u, err := url.Parse(s.url)
	ok(s.t, err)
	for _, k := range c.http.Jar.Cookies(u) {
		bad = append(bad, k.Value)
	}
	for _, text := range s.rows("SELECT body_text FROM mail") { // what mailed links hold
		for w := range strings.FieldsSeq(text) {
			if rest, is := strings.CutPrefix(w, s.url+"/verify/"); is {
				bad = append(bad, rest)
			}
		}
	}
	for _, b := range bad {
		if b != "" && strings.Contains(log, b) {
			s.t.Errorf("the log holds %q:\n%s", b, grep(log, b))
		}
	}
}

// Somebody takes a course without an account and keeps it when they register.
func TestGuestRegistersAndKeeps(t *testing.T) {
	each(t, setup{}, func(t *testing.T, s *site) {
		r := s.course("tiny")
		c := s.nobody()
		c.get(tiny + "/first/read").want(200)
		if n := s.count("person"); n != 0 {
			t.Fatalf("looking made %d people", n)
		}
		c.takeAll(r)
		if n := s.count("certificate"); n != 0 {
			t.Fatal("a guest has a certificate")
		}
		c.get("/me").want(200, r.Title)
		register(c, "Gus Keeps", "gus@agency.example", url.Values{"keep": {"yes"}}).want(303).follow().want(200)
		code := c.certificate("tiny")
		if code == "" {
			t.Fatal("no certificate after registering")
		}
		c.get("/me/certificates/"+code).want(200, "Gus Keeps")
		if n := s.count("person WHERE kind = 'guest'"); n != 0 {
			t.Errorf("%d guests are left", n)
		}
		s.healthy()
	})
}

// Somebody with an account works on a device before signing in, and is asked whose the work is.
func TestGuestSignsInAndClaims(t *testing.T) {
	each(t, setup{}, func(t *testing.T, s *site) {
		r := s.course("tiny")
		_, err := s.Accounts.AddDemo(t.Context(), demoOf("Cleo Claims", "cleo@agency.example"))
		ok(t, err)
		signIn := url.Values{"email": {"cleo@agency.example"}, "password": {password}, "return": {tiny}}

		other := s.nobody() // says that it is somebody else's
		other.take("tiny", r.First())
		p := other.post("/sign-in", signIn).want(303).follow()
		p.submit("/claim", url.Values{"answer": {"not-mine"}}).want(303)
		if n := s.count("learning_event le JOIN person p ON p.id = le.person_id WHERE p.kind = 'person'"); n != 0 {
			t.Fatal("work that was disowned was taken")
		}

		c := s.nobody()
		c.takeAll(r)
		p = c.post("/sign-in", signIn).want(303).follow()
		if !strings.HasPrefix(p.path, "/claim") {
			t.Fatalf("nobody asked whose the work is: %s", p.path)
		}
		p = p.submit("/claim", url.Values{"answer": {"mine"}}).want(303)
		if to := p.header.Get("Location"); to != tiny {
			t.Errorf("on to %q", to)
		}
		c.id = s.rows("SELECT id FROM person WHERE email = 'cleo@agency.example'")[0]
		if c.certificate("tiny") == "" {
			t.Error("no certificate for claimed work")
		}
		c.post("/claim", url.Values{"answer": {"mine"}}).want(303) // pressed twice
		if n := s.count("certificate"); n != 1 {
			t.Errorf("%d certificates", n)
		}
		s.healthy()
	})
}

// changed is the tiny course with a new step and without the reflection.
func changed() fstest.MapFS {
	m := small()
	delete(m, "tiny/01-first/03-think.reflection.yaml")
	m["tiny/course.yaml"].Data = append(m["tiny/course.yaml"].Data, []byte("retired: [first/think]\n")...)
	m["tiny/01-first/06-new.reading.md"] = &fstest.MapFile{Data: []byte("---\ntitle: \"A new page\"\nminutes: 2\n---\nNews.\n")}
	return m
}

// A new revision disturbs nobody, and who moves keeps what was earned.
func TestRevisionInTheMiddle(t *testing.T) {
	each(t, setup{}, func(t *testing.T, s *site) {
		old := s.course("tiny")
		half, whole := s.person("Hal Half", "learner"), s.person("Wes Whole", "learner")
		for _, key := range []string{"first/read", "first/think"} {
			half.take("tiny", old.Activity(key))
		}
		whole.takeAll(old)
		certificate := whole.certificate("tiny")

		s.publish(changed())
		now := s.course("tiny")
		if now.Hash == old.Hash {
			t.Fatal("nothing was published")
		}
		half.get(tiny + "/first/think").want(200) // still on the old one
		half.get(tiny + "/first/new").want(404)
		s.nobody().get(tiny + "/first/new").want(200)
		half.get(tiny).want(200, tiny+"/changes")

		p := half.get(tiny+"/changes").want(200, "A new page")
		p.submit("/update", nil).want(303).follow().want(200)
		half.get(tiny + "/first/think").want(404)
		half.get(tiny + "/first/new").want(200)
		half.get(tiny + "/changes").want(303)
		events := s.count("learning_event WHERE person_id = ?", half.id)
		if events != 2 {
			t.Errorf("%d events after the move, want the 2 from before", events)
		}
		half.take("tiny", now.Activity("first/check"))
		half.take("tiny", now.Activity("first/sheet"))
		half.take("tiny", now.Activity("first/more"))
		if half.certificate("tiny") != "" {
			t.Error("complete without the new step")
		}
		half.take("tiny", now.Activity("first/new"))
		if half.certificate("tiny") == "" {
			t.Error("all steps are done, and there is no certificate")
		}

		complete := func(when string) {
			t.Helper()
			whole.get("/me/certificates/"+certificate).want(200, "Wes Whole")
			whole.get(tiny+"/finish").want(200, certificate)
			if got := whole.get("/me/courses/tiny").want(200).words(); !strings.Contains(got, "100") {
				t.Errorf("%s the progress page says: %s", when, clip(got))
			}
		}
		complete("before the move")
		whole.get(tiny+"/changes").want(200).submit("/update", nil).want(303)
		complete("after the move")
		whole.take("tiny", now.Activity("first/new"))
		complete("after the new step")
		if n := s.count("certificate WHERE person_id = ?", whole.id); n != 1 {
			t.Errorf("%d certificates", n)
		}

		stale := s.person("Sid Stale", "learner") // a form that names a revision which is not the current one
		stale.post(tiny+"/update", url.Values{"revision": {old.Hash}}).want(303)
		s.healthy()
	})
}

// Who misses only the step that a new revision retires is done with the move.
func TestMoveCompletes(t *testing.T) {
	each(t, setup{}, func(t *testing.T, s *site) {
		c := s.person("Nia Near", "learner")
		for a := s.course("tiny").First(); a != nil; a = a.Next {
			if a.Key != "first/think" {
				c.take("tiny", a)
			}
		}
		tree := changed()
		delete(tree, "tiny/01-first/06-new.reading.md")
		s.publish(tree)
		c.get(tiny+"/changes").want(200).submit("/update", nil).want(303)
		ok(t, s.Events.Drain(t.Context()))
		code := c.certificate("tiny")
		if code == "" {
			t.Fatal("nothing is missing after the move, and there is no certificate")
		}
		if got := c.export()["data/certificates.json"]; !strings.Contains(got, code[:5]+"-"+code[5:10]) {
			t.Errorf("the export has the certificates %s", got)
		}
		s.healthy()
	})
}
