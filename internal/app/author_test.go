package app_test

import (
	"archive/zip"
	"bytes"
	"io/fs"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"greenroom/internal/scenario"
)

// source is the file that an editor's page carries.
func (p *page) source() string {
	for n := range p.root().Descendants() {
		if n.Type == html.ElementNode && n.Data == "textarea" && attr(n, "name") == "source" && n.FirstChild != nil {
			return n.FirstChild.Data
		}
	}
	return ""
}

// value is what the page's form has in a hidden field.
func (p *page) value(name string) string {
	for n := range p.root().Descendants() {
		if n.Type == html.ElementNode && n.Data == "input" && attr(n, "name") == name {
			return attr(n, "value")
		}
	}
	return ""
}

// begin makes a draft and returns its address.
func (c *client) begin(form url.Values) string {
	c.s.t.Helper()
	return c.post("/teach/write", form).want(303).header.Get("Location")
}

// press sends the editor's form as a page shows it, with what was typed, and follows to the next page.
func (c *client) press(p *page, path, do string, typed url.Values) *page {
	c.s.t.Helper()
	form := url.Values{"at": {p.value("at")}, "version": {p.value("version")}, "page": {p.value("page")}, "n": {"0"}, "do": {do}}
	if form.Get("at") == "text" {
		form.Set("source", strings.ReplaceAll(p.source(), "\n", "\r\n"))
	}
	for k, v := range typed {
		form[k] = v
	}
	out := c.post(path, form)
	if out.status == 303 {
		return c.get(out.header.Get("Location")).want(200)
	}
	return out
}

// An author begins, breaks a link, is told, mends it, takes the file along, and finds everything again later.
func TestWritingAScenarioInTheBrowser(t *testing.T) {
	each(t, setup{courses: withOutage()}, func(t *testing.T, s *site) {
		const path = "/teach/write"
		c := s.person("Ada Author", "author")
		c.get(path).want(200, "tiny/first/outage")
		copied := c.begin(url.Values{"do": {"copy"}, "from": {"tiny/first/outage"}})
		c.get(copied).want(200, "Cheerful post, broken portal", "Tuesday 12:41")
		c.post(path, url.Values{"do": {"copy"}, "from": {"tiny/first/check"}}).want(404)
		c.post(path, url.Values{"do": {"copy"}, "from": {"nowhere"}}).want(404)

		at := c.begin(url.Values{"do": {"blank"}})
		p := c.get(at).want(200, "Decision 1", "0 errors", "The map in words")
		p = c.press(p, at, "check", url.Values{"passages/first/choices/0/to": {"zebra"}}).want(200, "1 error that", "E01", "zebra")
		p = c.press(p, at, "open:p:first", nil).want(200, "What do you do?", "E01")
		p = c.press(p, at, "check", url.Values{"passages/first/choices/0/to": {"second"}, "passages/first/title": {`"><script>x</script>`}}).want(200)
		if strings.Contains(p.raw, "<script>x") {
			t.Error("a title is not escaped")
		}
		p = c.press(p, at, "check", url.Values{"passages/first/title": {"The first hour"}, "note": {"A better title"}}).want(200, "0 errors", "The first hour (first)")
		c.press(p, at, "check", url.Values{"note": {strings.Repeat("n", 201)}, "passages/first/ask": {"Kept though?"}}).want(422, "take out 1", "Kept though?")
		c.press(p, at, "open:about", url.Values{"passages/first/ask": {"What now?"}}).want(200, "About")
		f := c.get(at + "/scenario.yaml").want(200)
		if got := f.header.Get("Content-Disposition"); got != "attachment; filename=my-scenario.scenario.yaml" {
			t.Errorf("the file comes as %q", got)
		}
		made, found := scenario.Parse([]byte(f.raw))
		if found.Broken() || made.Passage("first").Title.Value != "The first hour" || made.Passage("first").Ask.Value != "What now?" {
			t.Errorf("the file: %v", found)
		}

		// A scene's key is changed by form: what is no key is said beside the field, with all that was typed; the rest follows.
		p = c.get(at+"?at=p:second").want(200, "Key of this scene: second")
		p = c.press(p, at, "rename", url.Values{"rename": {"first"}, "passages/second/title": {"Kept as typed"}}).want(422, "Kept as typed", "with the key first already", `href="#f-rename"`)
		p = c.press(p, at, "check", url.Values{"rename": {"Second hour"}}).want(422, `value="Second hour"`, "begins with a small letter")
		p = c.press(p, at, "rename", url.Values{"rename": {"later"}, "passages/second/title": {"Kept as typed"}}).want(200, "Kept as typed (later)", "0 errors", "Key of this scene: later")
		c.get(at+"?at=p:first").want(200, `value="later" selected`)
		c.get(at+"/revisions").want(200, "second is called later now")
		c.press(p, at, "play:later", url.Values{"rename": {"second"}}).want(200, `value="second" selected`)
		p = c.get(at + "?at=p:second").want(200)
		auto := url.Values{"at": {"p:second"}, "version": {p.value("version")}, "page": {p.value("page")}, "n": {"1"}, "rename": {"sec"}, "passages/second/ask": {"By itself?"}}
		r, err := http.NewRequest("POST", s.url+at, strings.NewReader(auto.Encode()))
		ok(t, err)
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Accept", "application/json")
		r.Header.Set("Sec-Fetch-Site", "same-origin")
		c.do(r).want(204)
		c.get(at+"?at=p:second").want(200, "Key of this scene: second", "By itself?")

		// The revisions tell what changed; an older one comes back as a new one.
		c.get(at+"/revisions").want(200, "A better title", "Ada Author")
		c.get(at+"/revisions/1").want(200, "<ins>", "The first hour", "changed")
		c.get(at + "/revisions/999").want(404)
		c.post(at+"/revisions/1", nil).want(303)
		if got := c.get(at + "/scenario.yaml").raw; strings.Contains(got, "The first hour") {
			t.Error("restoring did nothing")
		}
		c.get(at+"/revisions").want(200, "restored from 1")

		c.post(path, url.Values{"do": {"paste"}}).want(422, "Paste the text")
		c.get(c.begin(url.Values{"do": {"paste"}, "source": {"title: a: b"}})).want(200, "E30", "title: a: b")
		big := strings.Repeat("zebra ", 50_000)
		c.post(path, url.Values{"do": {"paste"}, "source": {big}}).want(422, "larger than 256 KB", "zebra zebra")
		p = c.get(at + "?at=text").want(200)
		c.press(p, at, "check", url.Values{"source": {big}}).want(422, "larger than 256 KB", "zebra zebra")
		p = c.get(at)
		c.press(p, at, "zebra:x", url.Values{"passages/zebra/to": {"x"}}).want(200, "0 errors")
		c.post(at, url.Values{"source": {strings.Repeat("%", 1<<20)}}).want(413)
		c.post(at+"/remove", nil).want(303)
		c.get(at).want(404)
		c.get(path).want(200, copied)
	})
}

// A draft is played as learners would, from any scene with any flags and meters, to its debrief; nothing of it is kept.
func TestPreviewingADraft(t *testing.T) {
	each(t, setup{courses: withOutage()}, func(t *testing.T, s *site) {
		c := s.person("Ada Author", "author")
		at := c.begin(url.Values{"do": {"copy"}, "from": {"tiny/first/outage"}})
		p := c.get(at+"?at=p:rumour").want(200, "Preview from here")
		p = c.press(p, at, "play:rumour", nil).want(200, "Where to begin", "colleague_posted", `value="rumour" selected`)
		go303 := func(p *page, end string, form url.Values) *page {
			return c.get(p.submit(end, form).want(303).header.Get("Location")).want(200)
		}
		p = go303(p, "/play/start", url.Values{"at": {"rumour"}, "flag": {"colleague_posted"}, "meter.trust": {"61"}, "meter.time": {"1000"}, "meter.risk": {"zebra"}})
		p.want(200, "Preview", "phone Lena about her post", "61")
		p.submit("/play/choose", url.Values{"choice": {""}}).want(422, "Choose")
		p.submit("/play/choose", url.Values{"choice": {"zebra"}}).want(303)
		p = go303(p, "/play/choose", url.Values{"choice": {"lena"}})
		p.want(200, "Back by three", "A call is kinder", "Back to the draft", "61")
		// Another try from a decision, and the reply, which travels with the page until it is marked.
		p = c.get(at + "/play").want(200)
		p = go303(p, "/play/start", nil)
		p = go303(p, "/play/choose", url.Values{"choice": {"own"}})
		p.want(200, "You promised a time", "The service desk calls")
		p = go303(p, "/play/choose", url.Values{"choice": {"service"}})
		p.submit("/play/send", url.Values{"text": {"Too short"}}).want(422, "Too short")
		text := "Rosa, you may trade until Friday without a penalty. The fault is ours, and we post again here at two o'clock."
		asked := p.submit("/play/send", url.Values{"text": {text}}).want(200, "Says that she may trade until Friday", "until Friday without a penalty")
		asked.submit("/play/mark", url.Values{"mark-answer": {"2"}}).want(422, "until Friday without a penalty")
		asked.submit("/play/unsend", nil).want(200, "until Friday without a penalty", `name="text"`)
		p = go303(asked, "/play/mark", url.Values{"mark-answer": {"2"}, "mark-own": {"2"}, "mark-human": {"2"}, "mark-next": {"2"}})
		p = go303(p, "/play/choose", url.Values{"choice": {"known"}})
		p.want(200, "Back by three")
		p = go303(p, "/play/again", url.Values{"from": {"2"}})
		p.want(200, "The service desk calls", "Which kind of engagement")
		c.get(at+"/play?run=nonsense").want(200, "Where to begin")
		c.post(at+"/play/choose", url.Values{"run": {"a~b~c"}}).want(404)
		if n := s.count("scenario_run") + s.count("scenario_event") + s.count("scenario_reply") + s.count("learning_event"); n != 0 {
			t.Errorf("%d rows of a preview are kept", n)
		}
		// Going on with a draft that changed: as far as the moves still fit. One with errors is not played.
		p = c.get(at + "?at=p:facts")
		c.press(p, at, "drop:passages/facts/choices/2", nil).want(200)
		broken := c.get(at).want(200)
		c.press(broken, at, "check", url.Values{"passages/lunch/choices/0/to": {"zebra"}}).want(200, "E01")
		c.get(at+"/play").want(422, "cannot be played")
		c.post(at+"/play/start", nil).want(422, "cannot be played")
	})
}

// A sound draft becomes a step of a course, in place of what is there or beside it; what was exported is what was published.
func TestPublishingADraft(t *testing.T) {
	each(t, setup{courses: withOutage()}, func(t *testing.T, s *site) {
		c, trainer := s.person("Ada Author", "author"), s.person("Tess Trainer", "trainer")
		learner := s.person("Lea Learner", "learner")
		q := learner.get("/courses/tiny/first/outage").want(200, "Cheerful post, broken portal")
		q.submit("/start", nil).want(303)
		files := func() map[string]string {
			rev, err := s.Courses.Current(t.Context(), "tiny")
			ok(t, err)
			var b bytes.Buffer
			ok(t, s.Courses.Export(t.Context(), rev.Hash, &b))
			z, err := zip.NewReader(bytes.NewReader(b.Bytes()), int64(b.Len()))
			ok(t, err)
			out := map[string]string{}
			for _, f := range z.File {
				raw, err := fs.ReadFile(z, f.Name)
				ok(t, err)
				out[f.Name] = string(raw)
			}
			return out
		}
		was := files()
		at := c.begin(url.Values{"do": {"copy"}, "from": {"tiny/first/outage"}})
		p := c.get(at + "?at=about").want(200)
		p = c.press(p, at, "publish", url.Values{"title": {"Another title"}}).want(200, `value="outage"`, "Who has begun the course")
		p.submit("/publish", url.Values{"slug": {"check"}}).want(409, "no scenario")
		p.submit("/publish", url.Values{"slug": {"Not A Key"}}).want(422, "single hyphens", "Not A Key")
		p.submit("/publish", url.Values{"version": {"1"}}).want(409, "has changed since")
		p.submit("/publish", nil).want(303)
		c.get("/courses/tiny/first/outage").want(200, "Another title")
		second := url.Values{"slug": {"second"}}
		p.submit("/publish", second).want(409, "Not published", "has changed") // since this page was made
		p = c.get(at + "/publish").want(200)
		p.submit("/publish", second).want(303)
		c.get("/courses/tiny/first/second").want(200, "Another title")
		is, draft := files(), c.get(at+"/scenario.yaml").want(200).raw
		const old, added = "tiny/01-first/90-outage.scenario.yaml", "tiny/01-first/91-second.scenario.yaml"
		if is[old] != draft || is[added] != draft || was[old] == draft {
			t.Error("what is exported is not what was published")
		}
		for name, data := range was {
			if name != old && is[name] != data {
				t.Errorf("%s changed with it", name)
			}
		}
		if len(is) != len(was)+1 {
			t.Errorf("%d files of %d", len(is), len(was))
		}
		learner.get("/courses/tiny/first/outage").want(200, "Cheerful post, broken portal") // where they began, undisturbed
		c.get(at+"/publish").submit("/publish", url.Values{"slug": {"outage"}}).want(303)
		c.get("/courses/tiny/first/outage").want(200, "has exactly this already")
		c.get(at+"/revisions").want(200, "published")
		if n := s.count("audit WHERE action = 'scenario.published'"); n != 2 {
			t.Errorf("%d entries in the log", n)
		}
		own := trainer.begin(url.Values{"do": {"copy"}, "from": {"tiny/first/outage"}})
		trainer.get(own+"/publish").want(200, "Only authors of this site publish")
		form := url.Values{"module": {"tiny/first"}, "slug": {"third"}, "version": {"1"}}
		trainer.post(own+"/publish", form).want(403)
		for role, want := range map[string][2]int{"author": {404, 404}, "learner": {403, 403}, "moderator": {403, 403}, "admin": {200, 303}} { // a draft of others
			x := s.person("Max "+role, role)
			x.get(own + "/publish").want(want[0])
			x.post(own+"/publish", form).want(want[1])
		}
		broken := c.begin(url.Values{"do": {"paste"}, "source": {"title: x"}})
		c.get(broken+"/publish").want(200, "cannot be published")
		c.post(broken+"/publish", url.Values{"module": {"tiny/first"}, "slug": {"third"}, "version": {"1"}}).want(422)
	})
}

// A draft is its author's, and of whom they let write along; two who write at one place see both texts.
func TestDraftsAreTheirAuthors(t *testing.T) {
	each(t, setup{courses: withOutage()}, func(t *testing.T, s *site) {
		ada, bo, admin := s.person("Ada Author", "author"), s.person("Bo Author", "author"), s.person("Alex Admin", "admin")
		at := ada.begin(url.Values{"do": {"blank"}})
		bo.get(at).want(404)
		bo.post(at, url.Values{"at": {"scenes"}}).want(404)
		admin.get(at).want(200)
		ada.get(at+"/revisions").want(200, "Bo Author")
		ada.post(at+"/people", url.Values{"person": {s.person("Lea Learner", "learner").id}}).want(404)
		ada.post(at+"/people", url.Values{"person": {bo.id}}).want(303)
		bo.get("/teach/write").want(200, at)
		bo.post(at+"/remove", nil).want(403)
		bo.post(at+"/people", url.Values{"person": {ada.id}}).want(403)

		a, b := ada.get(at+"?at=p:first").want(200), bo.get(at+"?at=p:first").want(200)
		ada.press(a, at, "check", url.Values{"passages/first/title": {"Ada was here"}}).want(200)
		both := bo.press(b, at, "check", url.Values{"passages/first/title": {"Bo was here"}}).want(409, "Ada Author changed the same place", "<del>", "<ins>", "Bo was here", "Nothing is lost")
		r, err := http.NewRequest("POST", s.url+at, strings.NewReader(url.Values{"at": {"p:first"}, "version": {b.value("version")}, "page": {b.value("page")}, "n": {"1"}, "passages/first/title": {"By script"}}.Encode()))
		ok(t, err)
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Accept", "application/json")
		r.Header.Set("Sec-Fetch-Site", "same-origin")
		bo.do(r).want(409, "Somebody changed this place")
		both.want(409, `action="`+at+`/revisions/3"`)
		bo.post(at+"/revisions/3", nil).want(303)
		ada.get(at).want(200, "Bo was here")
		bo.post(at+"/people", url.Values{"person": {bo.id}, "do": {"drop"}}).want(303)
		bo.get(at).want(404)
		// What goes with an account, and what others wrote, is the leave test's; a draft without its author is the administrators'.
		ada.post("/settings/delete", url.Values{"password": {password}}).want(303)
		admin.get(at).want(200, "Bo was here")
		admin.get("/teach/write").want(200, "somebody who has left")
	})
}

// A story from another program opens as a draft whose gaps stay listed until the author takes them out; what is no story,
// or means harm, is refused in words. A sound scenario goes out as Twee and comes back whole.
func TestAStoryFromAnotherProgram(t *testing.T) {
	each(t, setup{courses: withOutage()}, func(t *testing.T, s *site) {
		c := s.person("Ada Author", "author")
		send := func(field, name string, data []byte) *page {
			var b bytes.Buffer
			m := multipart.NewWriter(&b)
			w, err := m.CreateFormFile(field, name)
			ok(t, err)
			_, err = w.Write(data)
			ok(t, err)
			ok(t, m.Close())
			r, err := http.NewRequest("POST", c.s.url+"/teach/write/import", &b)
			ok(t, err)
			r.Header.Set("Content-Type", m.FormDataContentType())
			r.Header.Set("Sec-Fetch-Site", "same-origin")
			return c.do(r)
		}
		const lane = ":: StoryTitle\nThe lane\n\n:: Noon\n<<set $x to 1>>It is noon <b>here</b>.\n[[Call->End]]\n[[Wait->End]]\n\n:: End\nQuiet.\n"
		at := send("file", "lane.twee", []byte(lane)).want(303).header.Get("Location")
		p := c.get(at).want(200, "The lane", "gaps", "not imported: &lt;&lt;set $x to 1&gt;&gt;")
		src := c.get(at + "/scenario.yaml").raw
		c.press(p, at, "open:about", nil).want(200, "not imported: &lt;&lt;set $x to 1&gt;&gt;")
		if again := c.get(at + "/scenario.yaml").raw; strings.Count(again, "# Gap: ") != strings.Count(src, "# Gap: ") {
			t.Error("gaps are lost by the forms")
		}
		broken := c.begin(url.Values{"do": {"paste"}, "source": {strings.Replace(src, "to: end", "to: zebra", 1)}})
		c.get(broken+"/story.twee").want(422, "cannot be written as Twee", "zebra")

		blank := c.begin(url.Values{"do": {"blank"}})
		out := c.get(blank+"/story.twee").want(200, ":: StoryTitle")
		if got := out.header.Get("Content-Disposition"); got != "attachment; filename=my-scenario.twee" {
			t.Errorf("the sketch comes as %q", got)
		}
		back := send("file", "x.twee", []byte(out.raw)).want(303).header.Get("Location")
		if strings.TrimSpace(c.get(back+"/scenario.yaml").raw) != strings.TrimSpace(c.get(blank+"/scenario.yaml").raw) {
			t.Error("the scenario does not come back whole")
		}

		var evil bytes.Buffer
		z := zip.NewWriter(&evil)
		for _, name := range []string{"h5p.json", "../../etc/passwd"} {
			w, err := z.Create(name)
			ok(t, err)
			_, err = w.Write([]byte("{}"))
			ok(t, err)
		}
		ok(t, z.Close())
		send("file", "evil.h5p", evil.Bytes()).want(422, "was not brought in")
		send("file", "none.twee", []byte("only words")).want(422, "was not brought in")
		send("other", "x.twee", []byte(lane)).want(422, "Choose a file first")
		c.post("/teach/write/import", url.Values{"a": {"b"}}).want(422, "Choose a file first")
		send("file", "big.h5p", make([]byte, 16<<20+1)).want(422, "larger than 16 MB")
	})
}
