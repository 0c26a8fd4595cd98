package app_test

import (
	"maps"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/net/html"

	shipped "greenroom/courses"
	"greenroom/internal/markdown"
	"greenroom/internal/quiz"
	"greenroom/internal/reading"
)

// hostile is text that would do something if a page took it for markup.
const hostile = `Eve </title></textarea><x-evil onclick="x">'"&lt;{{.}}<script>alert(1)</script>`

// tame looks that a page shows the text and that it became no element.
func tame(t *testing.T, p *page, where string) {
	t.Helper()
	inert(t, p, where)
	shown := false
	for n := range p.root().Descendants() {
		if n.Type == html.ElementNode && n.Data == "x-evil" {
			t.Errorf("%s: the text became an element", where)
		}
		shown = shown || n.Type == html.TextNode && strings.Contains(n.Data, "<x-evil onclick=")
		for _, a := range n.Attr {
			shown = shown || strings.Contains(a.Val, "<x-evil onclick=")
		}
	}
	if !shown {
		t.Errorf("%s does not show the text", where)
	}
}

// What people write stays text wherever it is shown.
func TestHostileText(t *testing.T) {
	each(t, setup{}, func(t *testing.T, s *site) {
		r := s.course("tiny")
		c := s.nobody()
		register(c, hostile, "eve@agency.example", nil).want(303)
		c.takeAll(r)
		c.write("tiny", "first/think", "text", hostile+" one two three four five six")
		c.write("tiny", "first/think", "text", hostile+" and now it is something else entirely")
		c.fill("tiny", "first/sheet", "a.why", hostile)
		c.get(tiny+"/first/sheet").submit("/finish", url.Values{"a.name": {hostile}, "named": {"1"}}).want(303)
		ok(t, s.Events.Drain(t.Context()))
		code := c.certificate("tiny")
		for _, path := range []string{
			"/settings", "/me/transcript", "/me/certificates/" + code, tiny + "/first/think", tiny + "/first/think/versions",
			tiny + "/first/sheet", tiny + "/first/sheet/document", tiny + "/first/sheet/versions",
		} {
			tame(t, c.get(path).want(200), path)
		}
		tame(t, s.nobody().get("/certificates/"+code).want(200), "the check of a certificate")
		for _, path := range []string{"/courses?q=", "/courses?level=", "/courses?topic=", "/courses?length=", "/certificates?code=", "/sign-in?return=/"} {
			inert(t, s.nobody().get(path+url.QueryEscape(hostile)), path)
		}
		tame(t, s.nobody().get("/courses?q="+url.QueryEscape(hostile)).want(200), "the search")
		for _, id := range s.rows("SELECT id FROM mail") {
			tame(t, c.get("/mailbox/"+id).want(200), "a letter")
		}
		for _, body := range s.rows("SELECT body_html FROM mail") {
			if strings.Contains(body, "<x-evil") || strings.Contains(body, "<script") {
				t.Errorf("a letter holds markup:\n%s", body)
			}
		}
		p := c.get("/settings").submit("/settings/profile", url.Values{"name": {hostile + strings.Repeat("x", 100)}}).want(422)
		tame(t, p, "the settings with a name that is too long")
	})
}

// Whatever a link says where to go on, people stay here.
func TestOpenRedirects(t *testing.T) {
	t.Parallel()
	s := newSite(t, "sqlite", setup{})
	c := s.person("Rory Return", "learner")
	anew := url.Values{"email": {"rory.return@agency.example"}, "password": {password}}
	for i, evil := range []string{
		"//evil.example", `/\evil.example`, "https://evil.example", `\/\/evil.example`, "/\t/evil.example", "javascript:alert(1)",
		"///evil.example", "evil.example", "/%0d%0aSet-Cookie:x", "http:evil.example", " //evil.example",
	} {
		stays := func(where string, p *page) {
			t.Helper()
			u, err := url.Parse(p.header.Get("Location"))
			if p.status != 303 || err != nil || u.Host != "" || u.Scheme != "" || !strings.HasPrefix(u.Path, "/") ||
				strings.HasPrefix(u.Path, "//") || strings.ContainsAny(p.header.Get("Location"), "\\\t\r\n") {
				t.Errorf("%s with %q: %d to %q", where, evil, p.status, p.header.Get("Location"))
			}
		}
		f := url.Values{"return": {evil}, "theme": {"dark"}}
		stays("theme", s.nobody().post("/theme", f))
		stays("sign-in, signed in", c.get("/sign-in?return="+url.QueryEscape(evil)))
		stays("register, signed in", c.get("/register?return="+url.QueryEscape(evil)))
		stays("claim", c.post("/claim", url.Values{"answer": {"later"}, "return": {evil}}))
		if i < 4 { // a password costs time
			anew.Set("return", evil)
			stays("sign-in", s.nobody().post("/sign-in", anew))
		}
		p := s.nobody().get("/sign-in?return=" + url.QueryEscape(evil)).want(200)
		if _, form := p.form("/sign-in"); form.Get("return") != "" && !strings.HasPrefix(evil, "/%0d") {
			t.Errorf("the form takes %q along", form.Get("return"))
		}
	}
}

var tag = regexp.MustCompile(`<[^>]*>`)

// plainText is what a reader sees of course text.
func plainText(h markdown.HTML) string {
	return strings.Join(strings.Fields(html.UnescapeString(tag.ReplaceAllString(string(h), " "))), " ")
}

// Before a quiz is handed in, no page of the site holds a reason or a question's key.
func TestNothingOfTheKeyLeaks(t *testing.T) {
	t.Parallel()
	s := newSite(t, "sqlite", setup{courses: shipped.Files})
	c := s.person("Ike Impatient", "learner")
	secrets := map[string]string{}
	taught := "" // the readings may say the same words on purpose
	pages := []string{"/me", "/me/transcript", "/me/transcript.csv", "/courses"}
	all, err := s.Courses.Catalogue(t.Context())
	ok(t, err)
	for _, r := range all {
		pages = append(pages, "/courses/"+r.Key, "/courses/"+r.Key+"/finish", "/courses/"+r.Key+"/changes")
		for a := r.First(); a != nil; a = a.Next {
			path := stepPath(r.Key, a)
			pages = append(pages, path)
			if text, is := a.Content().(*reading.Content); is {
				taught += plainText(text.Body) + "\n"
			}
			content, is := a.Content().(*quiz.Content)
			if !is {
				continue
			}
			keep := func(h markdown.HTML, what string) {
				if text := plainText(h); len(text) > 30 {
					secrets[text] = path + ": " + what
				}
			}
			for _, q := range content.Questions {
				keep(q.Right, q.Key)
				keep(q.Wrong, q.Key)
				for _, o := range q.Options {
					keep(o.Feedback, q.Key)
				}
				for _, pair := range q.Pairs {
					keep(pair.Feedback, q.Key)
				}
			}
			p := c.get(path).want(200).submit("/start", nil).want(303).follow().want(200)
			raw := p.raw
			for b := r.First(); b != nil; b = b.Next { // a step may happen to be called what a question is
				raw = strings.ReplaceAll(raw, stepPath(r.Key, b), "")
			}
			for _, q := range content.Questions {
				if strings.Contains(q.Key, "-") && strings.Contains(raw, q.Key) || strings.Contains(raw, `"`+q.Key+`"`) {
					t.Errorf("%s holds the key %q", path, q.Key)
				}
			}
			if i := strings.Index(strings.ToLower(p.raw), "correct\""); i >= 0 {
				t.Errorf("%s: …%s", path, p.raw[max(0, i-80):i+20])
			}
			p.submit("/submit", nil).want(422) // gaps: the page comes back, still open
		}
	}
	maps.DeleteFunc(secrets, func(text, _ string) bool { return strings.Contains(taught, text) })
	if len(secrets) < 20 {
		t.Fatalf("only %d reasons were found: the test looks at nothing", len(secrets))
	}
	read := c.export()
	for _, path := range pages {
		read[path] = c.open(path).want(200).words()
	}
	for path, text := range read {
		for secret, whose := range secrets {
			if strings.Contains(text, secret) {
				t.Errorf("%s holds %q (%s)", path, secret, whose)
			}
		}
	}
	for a := s.course(busy).First(); a != nil; a = a.Next { // the test can see them once they may be seen
		if content, is := a.Content().(*quiz.Content); is {
			p := c.takeQuiz(c.get(stepPath(busy, a)), a, content, false).follow().want(200)
			for secret := range secrets {
				if strings.Contains(p.words(), secret) {
					return
				}
			}
		}
	}
	t.Error("no reason was seen even after a quiz was handed in")
}
