package signonweb_test

import (
	"context"
	"encoding/json"
	"html"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/alexedwards/argon2id"
	"github.com/golang-jwt/jwt/v5"
	"github.com/labstack/echo/v4"
	"github.com/oauth2-proxy/mockoidc"
	"github.com/uptrace/bun"

	"greenroom/internal/account"
	"greenroom/internal/account/accountweb"
	"greenroom/internal/audit"
	"greenroom/internal/config"
	"greenroom/internal/db/dbtest"
	"greenroom/internal/locale"
	"greenroom/internal/mail"
	"greenroom/internal/signon"
	"greenroom/internal/signon/signonweb"
	"greenroom/internal/web"
)

const good = "seven blue lamps sing"

var start = time.Date(2026, 11, 25, 9, 0, 0, 0, time.UTC)

var words = sync.OnceValue(func() *locale.Bundle {
	b, err := locale.Load()
	if err != nil {
		panic(err)
	}
	return b
})

// The provider's clock stands still, as the site's does until a test moves it.
func TestMain(m *testing.M) {
	mockoidc.NowFunc = func() time.Time { return start }
	os.Exit(m.Run())
}

// user is somebody at the provider. More replaces claims of the ID token; nil takes one away. With info only, claims
// come from the userinfo address.
type user struct {
	sub, email, name string
	verified         bool
	info             bool
	more             map[string]any
}

func (u user) ID() string { return u.sub }

func (u user) own() map[string]any {
	m := map[string]any{}
	if u.email != "" {
		m["email"], m["email_verified"] = u.email, u.verified
	}
	if u.name != "" {
		m["name"] = u.name
	}
	return m
}

func (u user) Userinfo([]string) ([]byte, error) {
	m := u.own()
	m["sub"] = u.sub
	return json.Marshal(m)
}

func (u user) Claims(_ []string, base *mockoidc.IDTokenClaims) (jwt.Claims, error) {
	raw, err := json.Marshal(base)
	if err != nil {
		return nil, err
	}
	m := jwt.MapClaims{}
	if err := json.Unmarshal(raw, &m); err != nil {
		return nil, err
	}
	if !u.info {
		maps.Copy(m, u.own())
	}
	for k, v := range u.more {
		if v == nil {
			delete(m, k)
		} else {
			m[k] = v
		}
	}
	return m, nil
}

// clock is the site's.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time { c.mu.Lock(); defer c.mu.Unlock(); return c.at }

func (c *clock) pass(d time.Duration) { c.mu.Lock(); defer c.mu.Unlock(); c.at = c.at.Add(d) }

// diary is the site's log.
type diary struct {
	mu sync.Mutex
	b  strings.Builder
}

func (d *diary) Write(p []byte) (int, error) { d.mu.Lock(); defer d.mu.Unlock(); return d.b.Write(p) }
func (d *diary) String() string              { d.mu.Lock(); defer d.mu.Unlock(); return d.b.String() }

type steps struct{ n int }

func (s *steps) Summary(context.Context, string) (int, time.Time, error) { return s.n, start, nil }
func (s *steps) Claim(context.Context, bun.IDB, string, string) error    { return nil }

// site is the pages of accounts and sign-on with one provider named agency.
type site struct {
	t        *testing.T
	url      string
	db       *bun.DB
	clock    *clock
	log      *diary
	accounts *account.Service
	signon   *signon.Service
	audit    *audit.Service
	mail     *mail.Service
	steps    *steps
	idp      *mockoidc.MockOIDC
	answer   func(body []byte) []byte // changes what the token address answers
	mu       sync.Mutex
}

// setup changes the settings of the provider; more are further ones.
type setup struct {
	change func(p *config.Provider)
	more   []config.Provider
	down   bool // the provider is not started
}

func newSite(t *testing.T, d *bun.DB, set setup) *site {
	t.Helper()
	s := &site{t: t, db: d, clock: &clock{at: start}, log: &diary{}, steps: &steps{}}
	s.startProvider(set.down)
	var h http.Handler
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { h.ServeHTTP(w, r) }))
	t.Cleanup(srv.Close)
	s.url = strings.Replace(srv.URL, "127.0.0.1", "localhost", 1) // passkeys want a name
	log := slog.New(slog.NewTextHandler(s.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	var err error
	s.mail, err = mail.New(d, mail.Options{From: "no-reply@example.org", Now: s.clock.now, Log: log})
	ok(t, err)
	s.accounts, err = account.New(d, s.mail, account.Options{
		BaseURL: s.url, SiteName: "Greenroom", Now: s.clock.now, Log: log, Words: words(),
		Hash: &argon2id.Params{Memory: 64, Iterations: 1, Parallelism: 1, SaltLength: 16, KeyLength: 32},
	})
	ok(t, err)
	s.accounts.AddClaimer(s.steps)
	s.accounts.SetSummary(s.steps)
	p := config.Provider{
		Name: "agency", Kind: config.KindOIDC, Issuer: s.idp.Addr() + mockoidc.IssuerBase, ClientID: s.idp.ClientID,
		ClientSecret: config.Secret(s.idp.ClientSecret), Label: "Agency account", Scopes: []string{"openid", "profile", "email"},
		ClaimEmail: "email", ClaimName: "name",
	}
	if set.change != nil {
		set.change(&p)
	}
	s.signon, err = signon.New(d, s.accounts, signon.Options{
		BaseURL: s.url, SiteName: "Greenroom", Providers: append([]config.Provider{p}, set.more...),
		Root: []byte(strings.Repeat("k", 32)), Now: s.clock.now, Log: log,
	})
	ok(t, err)
	s.accounts.AddExporter(s.signon)
	s.audit = audit.New(d)
	sessions := account.NewSessions(s.accounts)
	shell, err := web.New(web.Options{BaseURL: s.url, SiteName: "Greenroom", Now: s.clock.now, Log: log, NoLimits: true}, words(), s.accounts, sessions)
	ok(t, err)
	e := echo.New()
	g := shell.Mount(e)
	shell.Register(g, accountweb.New(s.accounts, sessions, accountweb.Options{SignOn: s.signon}).Routes()...)
	shell.Register(g, signonweb.New(s.signon, s.accounts, sessions, s.url).Routes()...)
	shell.Register(g, web.Route{Method: http.MethodPost, Path: "/learn", Access: web.Public, Handler: func(c echo.Context) error {
		_, err := web.Learner(c)
		return err
	}}, web.Route{Method: http.MethodGet, Path: "/me", Access: web.SignedIn, Handler: func(c echo.Context) error {
		return c.String(http.StatusOK, web.ViewerOf(c).Person.Name)
	}})
	h = e
	return s
}

// startProvider runs the provider on loopback. What its token address answers goes through s.answer.
func (s *site) startProvider(down bool) {
	s.t.Helper()
	var err error
	s.idp, err = mockoidc.NewServer(nil)
	ok(s.t, err)
	ok(s.t, s.idp.AddMiddleware(func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			s.mu.Lock()
			change := s.answer
			s.mu.Unlock()
			if change == nil || r.URL.Path != mockoidc.TokenEndpoint {
				next.ServeHTTP(w, r)
				return
			}
			rec := httptest.NewRecorder()
			next.ServeHTTP(rec, r)
			body := rec.Body.Bytes()
			if rec.Code == http.StatusOK {
				body = change(body)
			}
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(rec.Code)
			_, _ = w.Write(body)
		})
	}))
	srv := httptest.NewUnstartedServer(nil)
	if down { // an address where nobody listens
		s.idp.Server = &http.Server{Addr: srv.Listener.Addr().String()}
		_ = srv.Listener.Close()
		return
	}
	ok(s.t, s.idp.Start(srv.Listener, nil))
	s.t.Cleanup(func() { _ = s.idp.Server.Close() })
}

// changing lets fn change the ID token in the provider's answers.
func (s *site) changing(fn func(idToken string) string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.answer = nil; fn == nil {
		return
	}
	s.answer = func(body []byte) []byte {
		var m map[string]any
		if err := json.Unmarshal(body, &m); err != nil {
			return body
		}
		if t := fn(m["id_token"].(string)); t == "" {
			delete(m, "id_token")
		} else {
			m["id_token"] = t
		}
		out, _ := json.Marshal(m)
		return out
	}
}

func each(t *testing.T, set setup, fn func(t *testing.T, s *site)) {
	t.Helper()
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *bun.DB) { fn(t, newSite(t, d, set)) })
}

func ok(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// browser follows no redirect and sends what a browser of the site's own pages sends.
type browser struct {
	s *site
	c *http.Client
}

func (s *site) browser() *browser {
	s.t.Helper()
	jar, err := cookiejar.New(nil)
	ok(s.t, err)
	return &browser{s, &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

type page struct {
	t      *testing.T
	status int
	to     string
	body   string
	header http.Header
}

func (b *browser) send(r *http.Request) page {
	b.s.t.Helper()
	res, err := b.c.Do(r)
	ok(b.s.t, err)
	defer func() { _ = res.Body.Close() }()
	raw, err := io.ReadAll(res.Body)
	ok(b.s.t, err)
	return page{b.s.t, res.StatusCode, res.Header.Get("Location"), html.UnescapeString(string(raw)), res.Header}
}

// get takes a path of the site, or a whole address.
func (b *browser) get(path string) page {
	b.s.t.Helper()
	if strings.HasPrefix(path, "/") {
		path = b.s.url + path
	}
	r, err := http.NewRequest(http.MethodGet, path, nil)
	ok(b.s.t, err)
	return b.send(r)
}

func (b *browser) post(path string, pairs ...string) page {
	b.s.t.Helper()
	form := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		form.Add(pairs[i], pairs[i+1])
	}
	r, err := http.NewRequest(http.MethodPost, b.s.url+path, strings.NewReader(form.Encode()))
	ok(b.s.t, err)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	return b.send(r)
}

// leave begins at the site and comes to the provider, which sends the browser back: callback is where to.
func (b *browser) leave(u user, more string) (callback string) {
	b.s.t.Helper()
	b.s.idp.QueueUser(u)
	p := b.get("/auth/agency" + more)
	if p.status != http.StatusSeeOther {
		b.s.t.Fatalf("the start answers %d\n%s", p.status, p.body)
	}
	p = b.get(p.to)
	if p.status != http.StatusFound {
		b.s.t.Fatalf("the provider answers %d\n%s", p.status, p.body)
	}
	return p.to
}

// signOn is the whole way.
func (b *browser) signOn(u user) page {
	b.s.t.Helper()
	return b.get(b.leave(u, ""))
}

// who is the name of who is signed in, "" nobody.
func (b *browser) who() string {
	b.s.t.Helper()
	p := b.get("/me")
	if p.status != http.StatusOK {
		return ""
	}
	return p.body
}

func (p page) is(status int, parts ...string) page {
	p.t.Helper()
	if p.status != status {
		p.t.Errorf("status %d, want %d\n%s", p.status, status, p.body)
	}
	for _, x := range parts {
		if !strings.Contains(p.body, x) {
			p.t.Errorf("the page lacks %q\n%s", x, p.body)
		}
	}
	return p
}

func (p page) hasNot(parts ...string) page {
	p.t.Helper()
	for _, x := range parts {
		if strings.Contains(p.body, x) {
			p.t.Errorf("the page holds %q", x)
		}
	}
	return p
}

func (p page) goes(to string) page {
	p.t.Helper()
	if p.status != http.StatusSeeOther || p.to != to {
		p.t.Errorf("status %d to %q, want 303 to %q\n%s", p.status, p.to, to, p.body)
	}
	return p
}

var mailed = regexp.MustCompile(`https?://[^ \n/]+(/(enter|verify|reset)/[A-Z2-7]{26}[^ \n]*)`)

// link is the path of the newest mailed link of the kind, "" when there is none.
func (s *site) link(kind string) string {
	s.t.Helper()
	all, err := s.mail.Mailbox(context.Background(), "")
	ok(s.t, err)
	for _, l := range all {
		if m := mailed.FindStringSubmatch(l.Text); m != nil && m[2] == kind {
			return m[1]
		}
	}
	return ""
}

func (s *site) letters() int {
	s.t.Helper()
	all, err := s.mail.Mailbox(context.Background(), "")
	ok(s.t, err)
	return len(all)
}

// noted counts the lines of the audit log with the action and the reason ("" any).
func (s *site) noted(action, reason string) int {
	s.t.Helper()
	all, _, err := s.audit.List(context.Background(), audit.Filter{Action: action})
	ok(s.t, err)
	n := 0
	for _, e := range all {
		if reason == "" || e.Reason == reason {
			n++
		}
	}
	return n
}

func (s *site) count(query string) int {
	s.t.Helper()
	n := 0
	ok(s.t, s.db.NewRaw("SELECT count(*) FROM "+query).Scan(context.Background(), &n))
	return n
}

// member is somebody with a password and a proven address.
func (s *site) member(name, email string) *account.Person {
	s.t.Helper()
	p, err := s.accounts.AddDemo(context.Background(), account.DemoPerson{Name: name, Email: email, Password: good})
	ok(s.t, err)
	return p
}
