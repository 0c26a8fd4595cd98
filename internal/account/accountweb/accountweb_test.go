package accountweb_test

import (
	"context"
	"html"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/alexedwards/argon2id"
	"github.com/labstack/echo/v4"
	"github.com/uptrace/bun"

	"greenroom/internal/account"
	"greenroom/internal/account/accountweb"
	"greenroom/internal/db/dbtest"
	"greenroom/internal/locale"
	"greenroom/internal/mail"
	"greenroom/internal/mail/mailweb"
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

// steps counts for every guest and moves nothing; "" makes nothing of it.
type steps struct {
	mu    sync.Mutex
	n     int
	moved []string
}

func (s *steps) Summary(context.Context, string) (int, time.Time, error) { return s.n, start, nil }

func (s *steps) Claim(_ context.Context, _ bun.IDB, _, to string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.moved = append(s.moved, to)
	return nil
}

type site struct {
	t        *testing.T
	url      string
	accounts *account.Service
	mail     *mail.Service
	steps    *steps
	log      *strings.Builder
}

func newSite(t *testing.T, d *bun.DB, demo bool) *site {
	t.Helper()
	s := &site{t: t, steps: &steps{}, log: new(strings.Builder)}
	var h http.Handler
	var mu sync.Mutex
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock() // the log is a plain builder
		defer mu.Unlock()
		h.ServeHTTP(w, r)
	}))
	t.Cleanup(srv.Close)
	s.url = srv.URL
	now := func() time.Time { return start }
	log := slog.New(slog.NewTextHandler(s.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	var err error
	s.mail, err = mail.New(d, mail.Options{From: "no-reply@example.org", Now: now, Log: log})
	ok(t, err)
	s.accounts, err = account.New(d, s.mail, account.Options{
		BaseURL: s.url, SiteName: "Greenroom", Now: now, Log: log, Words: words(),
		Hash: &argon2id.Params{Memory: 64, Iterations: 1, Parallelism: 1, SaltLength: 16, KeyLength: 32},
	})
	ok(t, err)
	s.accounts.AddClaimer(s.steps)
	s.accounts.SetSummary(s.steps)
	sessions := account.NewSessions(s.accounts)
	shell, err := web.New(web.Options{BaseURL: s.url, SiteName: "Greenroom", Demo: demo, DevMail: true, Now: now, Log: log}, words(), s.accounts, sessions)
	ok(t, err)
	o := accountweb.Options{}
	if demo {
		p := account.DemoPerson{Name: "Rina Patel", Email: "learner@demo.example", Password: "greenroom-demo", Role: "learner"}
		_, err := s.accounts.AddDemo(context.Background(), p)
		ok(t, err)
		o.Demo = []account.DemoPerson{p}
	}
	e := echo.New()
	g := shell.Mount(e)
	shell.Register(g, accountweb.New(s.accounts, sessions, o).Routes()...)
	shell.Register(g, mailweb.New(s.mail).Routes()...)
	shell.Register(g, web.Route{Method: http.MethodPost, Path: "/learn", Access: web.Public, Handler: func(c echo.Context) error {
		if _, err := web.Learner(c); err != nil {
			return err
		}
		return c.NoContent(http.StatusNoContent)
	}})
	h = e
	return s
}

func each(t *testing.T, fn func(t *testing.T, s *site)) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *bun.DB) { fn(t, newSite(t, d, false)) })
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
	jar, err := cookiejar.New(nil)
	ok(s.t, err)
	return &browser{s, &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

// page is an answer.
type page struct {
	t      *testing.T
	status int
	to     string // of a redirect
	body   string
	header http.Header
}

func (b *browser) send(r *http.Request) page {
	b.s.t.Helper()
	res, err := b.c.Do(r)
	ok(b.s.t, err)
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	ok(b.s.t, err)
	return page{b.s.t, res.StatusCode, res.Header.Get("Location"), html.UnescapeString(string(raw)), res.Header}
}

func (b *browser) get(path string) page {
	b.s.t.Helper()
	r, err := http.NewRequest(http.MethodGet, b.s.url+path, nil)
	ok(b.s.t, err)
	return b.send(r)
}

// post sends a form of pairs.
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
			p.t.Errorf("the page holds %q\n%s", x, p.body)
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

var links = regexp.MustCompile(`https?://[^ \n]+(/(verify|reset|undo)/[A-Z2-7]{26})`)

// link is the path of the newest mailed link of the kind.
func (s *site) link(kind string) string {
	s.t.Helper()
	all, err := s.mail.Mailbox(context.Background(), "")
	ok(s.t, err)
	for _, l := range all {
		if m := links.FindStringSubmatch(l.Text); m != nil && m[2] == kind {
			return m[1]
		}
	}
	s.t.Fatalf("no letter with a link to /%s", kind)
	return ""
}

func (b *browser) register(email string, more ...string) page {
	b.s.t.Helper()
	return b.post("/register", append([]string{"name", "Ada <b>", "email", email, "password", good}, more...)...)
}
