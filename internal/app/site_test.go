package app_test

import (
	"bytes"
	"context"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/alexedwards/argon2id"
	"github.com/uptrace/bun"
	"golang.org/x/net/html"

	"greenroom/internal/access"
	"greenroom/internal/account"
	"greenroom/internal/app"
	"greenroom/internal/config"
	"greenroom/internal/course/coursetest"
	"greenroom/internal/db/dbtest"
	"greenroom/internal/faulttest"
)

// TestMain lets this binary be the child that is killed, and nodes of a site: see kill_test.go and manynodes_test.go.
func TestMain(m *testing.M) {
	os.Exit(faulttest.Main(m, map[string]faulttest.Job{"work": work, "serve": serveNode, "blurt": blurt}))
}

// tiny is the course of coursetest.Small: a step of each kind.
const tiny = "/courses/tiny"

// clock is the tests' own time. Each look moves it on by step, so that what follows is later.
type clock struct {
	mu   sync.Mutex
	at   time.Time
	step time.Duration
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(c.step)
	return c.at
}

func (c *clock) advance(d time.Duration) { c.mu.Lock(); defer c.mu.Unlock(); c.at = c.at.Add(d) }

// diary is the log of a site.
type diary struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (d *diary) Write(p []byte) (int, error) { d.mu.Lock(); defer d.mu.Unlock(); return d.b.Write(p) }
func (d *diary) String() string              { d.mu.Lock(); defer d.mu.Unlock(); return d.b.String() }

// site is the whole product, served.
type site struct {
	*app.App
	t     *testing.T
	url   string
	clock *clock
	log   *diary
}

// small is the tiny course with a run sheet beside its steps.
func small() fstest.MapFS {
	m := coursetest.Small()
	m["tiny/01-first/60-room.workshop.yaml"] = &fstest.MapFile{Data: []byte(tinyRoom)}
	m["tiny/01-first/70-before-and-after.check.yaml"] = &fstest.MapFile{Data: []byte(tinyCheck())}
	return m
}

const tinyRoom = `title: "A tiny workshop"
minutes: 60
before: "Bring pens."
items:
  - { key: hello, kind: checkin, title: "Who is here", minutes: 10, text: "Say your name.", notes: "Smile." }
  - { key: choose, kind: poll, title: "Choose one", minutes: 20, options: ["This", "That"], anonymous: true, notes: "Count the hands." }
  - { key: ask, kind: question, title: "Do you know", minutes: 20, quiz: check, question: one, notes: "Wait ten seconds." }
  - { key: leave, kind: exit, title: "What you take away", minutes: 10, text: "When X, I will Y.", notes: "Thank them." }
`

// setup is how a test wants its site; the zero value is a demo site with the tiny course and without limits.
type setup struct {
	courses  fs.FS // nil: coursetest.Small
	limits   bool  // with rate limits and a clock that stands still
	plain    bool  // not a demo site, mail goes out: what an agency runs
	noMail   bool  // not a demo site, no mail server, behind a proxy on the same machine
	pool     int   // connections to SQLite; 0 is one
	options  app.Options
	config   func(*config.Config) // changes to the settings; nil: none
	internal bool                 // answers of 500 and above are expected, and so are errors in the log
}

func newSite(t *testing.T, engine string, set setup) *site {
	t.Helper()
	d, _ := dbtest.NewURL(t, engine, max(1, set.pool))
	return newSiteOn(t, d, set)
}

func newSiteOn(t *testing.T, d *bun.DB, set setup) *site {
	t.Helper()
	srv := httptest.NewUnstartedServer(nil)
	s := &site{
		t: t, url: "http://" + srv.Listener.Addr().String(), log: &diary{},
		clock: &clock{at: time.Date(2026, 12, 3, 1, 0, 0, 0, time.UTC), step: time.Millisecond},
	}
	if set.limits {
		s.clock.step = 0
	}
	cfg := config.Config{
		Addr: "127.0.0.1:8080", BaseURL: s.url, Demo: "true", SiteName: "Greenroom", Contact: "help@agency.example",
		MailFrom: "Greenroom <no-reply@agency.example>", TimeZone: "Australia/Sydney",
	}
	if set.plain {
		cfg.Addr, cfg.Demo, cfg.MailURL = "0.0.0.0:8080", "false", "smtp://mail.agency.example:587"
	}
	if set.noMail {
		cfg.BaseURL, cfg.Demo = "https://learn.agency.example", "false"
	}
	cfg.Secret = "a secret that is long enough for tests"
	if set.config != nil {
		set.config(&cfg)
	}
	log := slog.New(slog.NewJSONHandler(s.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	set.options.Now, set.options.NoLimits = s.clock.Now, !set.limits
	// How strong hashes are is account's to test: at full strength they would be half of what all tests here cost.
	set.options.Hash = &argon2id.Params{Memory: 64, Iterations: 1, Parallelism: 1, SaltLength: 16, KeyLength: 32}
	a, err := app.New(cfg, d, log, set.options)
	ok(t, err)
	s.App = a
	if set.courses == nil {
		set.courses = small()
	}
	s.publish(set.courses)
	srv.Config.Handler = a.Handler
	srv.Start()
	t.Cleanup(srv.Close)
	t.Cleanup(func() {
		if !set.internal && strings.Contains(s.log.String(), `"level":"ERROR"`) {
			t.Errorf("the site logged an error:\n%s", grep(s.log.String(), `"level":"ERROR"`))
		}
	})
	return s
}

func (s *site) publish(tree fs.FS) {
	s.t.Helper()
	if res, err := s.Courses.Publish(context.Background(), tree); err != nil {
		s.t.Fatalf("publish: %v\n%v", err, res)
	}
}

// each runs fn on both databases, in parallel, each with a site of its own.
func each(t *testing.T, set setup, fn func(t *testing.T, s *site)) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *bun.DB) { fn(t, newSiteOn(t, d, set)) })
}

// client is somebody's browser without JavaScript: it keeps cookies and does not follow redirects by itself.
type client struct {
	s    *site
	http *http.Client
	role string
	id   string // of the person; "" for nobody
}

func (s *site) nobody() *client {
	s.t.Helper()
	jar, err := cookiejar.New(nil)
	ok(s.t, err)
	stay := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &client{s: s, http: &http.Client{Jar: jar, CheckRedirect: stay}, role: "nobody"}
}

// guest is somebody without account who has begun the tiny course.
func (s *site) guest() *client {
	s.t.Helper()
	c := s.nobody()
	c.role = "guest"
	c.post(tiny+"/enrol", nil).want(303)
	return c
}

const password = "a long walk by the river"

// person is somebody with an account, signed in.
func (s *site) person(name, role string) *client {
	s.t.Helper()
	p, err := s.Accounts.AddDemo(context.Background(), account.DemoPerson{
		Name: name, Email: strings.ToLower(strings.ReplaceAll(name, " ", ".")) + "@agency.example", Password: password, Role: role,
	})
	ok(s.t, err)
	if role != account.RoleLearner {
		ok(s.t, s.Access.Grant(context.Background(), nil, access.Grant{PersonID: p.ID, Role: role, Reason: "for the test"}))
	}
	c := s.nobody()
	c.role, c.id = role, p.ID
	c.post("/sign-in", url.Values{"email": {p.Email}, "password": {password}}).want(303)
	return c
}

// page is one answer.
type page struct {
	c      *client
	status int
	path   string
	header http.Header
	raw    string
	tree   *html.Node
}

func (c *client) get(path string) *page {
	c.s.t.Helper()
	return c.do(c.request(http.MethodGet, path, nil))
}

// open is get that follows redirects.
func (c *client) open(path string) *page {
	c.s.t.Helper()
	return c.get(path).follow()
}

// post sends a form as a page of the site does.
func (c *client) post(path string, form url.Values) *page {
	c.s.t.Helper()
	return c.do(c.request(http.MethodPost, path, form))
}

func (c *client) request(method, path string, form url.Values) *http.Request {
	c.s.t.Helper()
	var body io.Reader
	if method == http.MethodPost {
		body = strings.NewReader(form.Encode())
	}
	r, err := http.NewRequest(method, c.s.url+path, body)
	ok(c.s.t, err)
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	return r
}

func (c *client) do(r *http.Request) *page {
	c.s.t.Helper()
	res, err := c.http.Do(r)
	ok(c.s.t, err)
	defer func() { _ = res.Body.Close() }()
	raw, err := io.ReadAll(res.Body)
	ok(c.s.t, err)
	return &page{c: c, status: res.StatusCode, path: r.URL.RequestURI(), header: res.Header, raw: string(raw)}
}

// follow goes where redirects lead.
func (p *page) follow() *page {
	p.c.s.t.Helper()
	for range 5 {
		if p.status != 303 {
			return p
		}
		to, _, _ := strings.Cut(p.header.Get("Location"), "#")
		p = p.c.get(to)
	}
	p.c.s.t.Fatalf("%s: redirects without end", p.path)
	return nil
}

// want ends the test unless the answer has the status and holds the texts, as they stand in its markup.
func (p *page) want(status int, texts ...string) *page {
	p.c.s.t.Helper()
	if p.status != status {
		p.c.s.t.Fatalf("%s as %s: status %d, want %d\n%s", p.path, p.c.role, p.status, status, clip(p.words()))
	}
	for _, s := range texts {
		if !strings.Contains(p.raw, s) {
			p.c.s.t.Fatalf("%s as %s lacks %q\n%s", p.path, p.c.role, s, clip(p.words()))
		}
	}
	return p
}

func (p *page) isHTML() bool { return strings.HasPrefix(p.header.Get("Content-Type"), "text/html") }

func (p *page) root() *html.Node {
	if p.tree == nil {
		n, err := html.Parse(strings.NewReader(p.raw))
		ok(p.c.s.t, err)
		p.tree = n
	}
	return p.tree
}

// words is what a reader of the page sees.
func (p *page) words() string {
	if !p.isHTML() {
		return p.raw
	}
	return words(p.root())
}

func words(n *html.Node) string {
	var b strings.Builder
	for c := range n.Descendants() {
		if c.Type == html.TextNode {
			b.WriteString(c.Data + " ")
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

func attr(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func has(n *html.Node, name string) bool {
	return slices.ContainsFunc(n.Attr, func(a html.Attribute) bool { return a.Key == name })
}

// form reads the form whose action ends with end, as a browser would send it without pressing a named button.
func (p *page) form(end string) (action string, f url.Values) {
	p.c.s.t.Helper()
	for n := range p.root().Descendants() {
		if n.Type == html.ElementNode && n.Data == "form" && strings.HasSuffix(attr(n, "action"), end) {
			return attr(n, "action"), fields(n)
		}
	}
	p.c.s.t.Fatalf("%s as %s (%d) has no form for %q\n%s", p.path, p.c.role, p.status, end, clip(p.words()))
	return "", nil
}

func fields(form *html.Node) url.Values {
	out := url.Values{}
	for n := range form.Descendants() {
		name := attr(n, "name")
		if n.Type != html.ElementNode || name == "" || has(n, "disabled") {
			continue
		}
		switch n.Data {
		case "input":
			if t := attr(n, "type"); (t == "radio" || t == "checkbox") && !has(n, "checked") {
				continue
			}
			out.Add(name, attr(n, "value"))
		case "textarea":
			out.Set(name, words(n))
		case "select":
			for o := range n.Descendants() {
				if o.Data == "option" && (has(o, "selected") || !out.Has(name)) {
					out.Set(name, attr(o, "value"))
				}
			}
		}
	}
	return out
}

// submit sends the form whose action ends with end, with the fields of change.
func (p *page) submit(end string, change url.Values) *page {
	p.c.s.t.Helper()
	action, f := p.form(end)
	for k, v := range change {
		f[k] = v
	}
	return p.c.post(action, f)
}

// rows reads a column of text.
func (s *site) rows(query string, args ...any) []string {
	s.t.Helper()
	var out []string
	ok(s.t, s.DB.NewRaw(query, args...).Scan(context.Background(), &out))
	return out
}

func (s *site) count(query string, args ...any) int {
	s.t.Helper()
	n := 0
	ok(s.t, s.DB.NewRaw("SELECT count(*) FROM "+query, args...).Scan(context.Background(), &n))
	return n
}

// healthy asks the checks of the record and of the certificates.
func (s *site) healthy() {
	s.t.Helper()
	for _, doctor := range []func(context.Context) ([]string, error){s.Records.Doctor, s.Credentials.Doctor} {
		faults, err := doctor(context.Background())
		ok(s.t, err)
		for _, f := range faults {
			s.t.Error(f)
		}
	}
}

func ok(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func clip(s string) string {
	if len(s) > 1500 {
		return s[:1500] + " …"
	}
	return s
}

func grep(text, part string) string {
	var out []string
	for l := range strings.Lines(text) {
		if strings.Contains(l, part) {
			out = append(out, l)
		}
	}
	return strings.Join(out, "")
}
