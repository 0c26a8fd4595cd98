package account_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/alexedwards/argon2id"
	"github.com/uptrace/bun"

	"greenroom/internal/account"
	"greenroom/internal/db/dbtest"
	"greenroom/internal/fault"
	"greenroom/internal/locale"
	"greenroom/internal/mail"
)

var start = time.Date(2026, 11, 25, 9, 0, 0, 0, time.UTC)

const good = "seven blue lamps sing"

// cheap makes tests fast; what they count is the number of hashes.
var cheap = &argon2id.Params{Memory: 64, Iterations: 1, Parallelism: 1, SaltLength: 16, KeyLength: 32}

// site is one node with its clock, log and mailbox.
type site struct {
	*account.Service
	t        testing.TB
	d        *bun.DB
	mail     *mail.Service
	sessions *account.Sessions
	log      *safeBuffer
	clock    *clock
}

type clock struct {
	mu sync.Mutex
	t  time.Time
}

func (c *clock) now() time.Time { c.mu.Lock(); defer c.mu.Unlock(); return c.t }

func (c *clock) add(d time.Duration) { c.mu.Lock(); defer c.mu.Unlock(); c.t = c.t.Add(d) }

type safeBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *safeBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *safeBuffer) String() string { b.mu.Lock(); defer b.mu.Unlock(); return b.b.String() }

var words = sync.OnceValue(func() *locale.Bundle {
	b, err := locale.Load()
	if err != nil {
		panic(err)
	}
	return b
})

func newSite(t testing.TB, d *bun.DB) *site {
	return node(t, d, &clock{t: start}, &account.Options{BaseURL: "http://localhost:8080", Hash: cheap})
}

func node(t testing.TB, d *bun.DB, c *clock, o *account.Options) *site {
	t.Helper()
	log := new(safeBuffer)
	o.SiteName, o.Now, o.Words = "Greenroom", c.now, words()
	o.Log = slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	m, err := mail.New(d, mail.Options{From: "Greenroom <no-reply@example.org>", Now: c.now, Log: o.Log})
	if err != nil {
		t.Fatal(err)
	}
	s, err := account.New(d, m, *o)
	if err != nil {
		t.Fatal(err)
	}
	return &site{Service: s, t: t, d: d, mail: m, sessions: account.NewSessions(s), log: log, clock: c}
}

// each runs a test on a site of each database.
func each(t *testing.T, fn func(t *testing.T, s *site)) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *bun.DB) { fn(t, newSite(t, d)) })
}

func ctx() context.Context { return context.Background() }

// ada registers somebody.
func (s *site) ada() *account.Person { return s.register("Ada Lovelace", "Ada@Example.org") }

func (s *site) register(name, email string) *account.Person {
	s.t.Helper()
	p, err := s.Register(ctx(), account.Registration{Name: name, Email: email, Password: good})
	if err != nil {
		s.t.Fatalf("register: %v", err)
	}
	return p
}

// proven is ada with a proven address.
func (s *site) proven() *account.Person {
	s.t.Helper()
	p := s.ada()
	p, err := s.Verify(ctx(), s.token("verify"), p.ID, "")
	if err != nil {
		s.t.Fatalf("verify: %v", err)
	}
	return p
}

var linkForm = regexp.MustCompile(`http://localhost:8080/(verify|reset|undo)/([A-Z2-7]{26})`)

// token is the secret of the newest mailed link with the path.
func (s *site) token(path string) string {
	s.t.Helper()
	for _, l := range s.letters("") {
		if m := linkForm.FindStringSubmatch(l.Text); m != nil && m[1] == path {
			return m[2]
		}
	}
	s.t.Fatalf("no letter with a link to /%s", path)
	return ""
}

// letters are those in the mailbox, the newest first; to "" is everybody's.
func (s *site) letters(to string) []mail.Kept {
	s.t.Helper()
	all, err := s.mail.Mailbox(ctx(), to)
	if err != nil {
		s.t.Fatal(err)
	}
	return all
}

// keys are the message keys of an Invalid fault, by field; other faults give their own key under "".
func keys(err error) string {
	f := fault.From(err)
	if f == nil {
		return fmt.Sprint(err)
	}
	if len(f.Fields) == 0 {
		return f.Key
	}
	var out []string
	for _, x := range f.Fields {
		out = append(out, x.Name+":"+strings.TrimPrefix(x.Key, "account."))
	}
	return strings.Join(out, " ")
}

func want(t *testing.T, err error, key string) {
	t.Helper()
	if got := keys(err); got != key {
		t.Errorf("got %q, want %q", got, key)
	}
}

func ok(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// browser keeps cookies and sends requests through the middleware.
type browser struct {
	s       *site
	cookies map[string]string
}

func (s *site) browser() *browser { return &browser{s: s, cookies: map[string]string{}} }

// do runs fn as the handler of one request and returns the answer.
func (b *browser) do(fn func(w http.ResponseWriter, r *http.Request)) *http.Response {
	r := httptest.NewRequest(http.MethodPost, "http://localhost:8080/", nil)
	r.Header.Set("User-Agent", "Test/1.0")
	for k, v := range b.cookies {
		r.AddCookie(&http.Cookie{Name: k, Value: v})
	}
	w := httptest.NewRecorder()
	b.s.sessions.Middleware(http.HandlerFunc(fn)).ServeHTTP(w, r)
	for _, c := range w.Result().Cookies() {
		if c.MaxAge < 0 {
			delete(b.cookies, c.Name)
		} else {
			b.cookies[c.Name] = c.Value
		}
	}
	return w.Result()
}

// who says who the browser is for the site: "" nobody, else the id and whether signed in.
func (b *browser) who() (id string, signed bool) {
	b.do(func(w http.ResponseWriter, r *http.Request) {
		p, in := account.ViewerFrom(r.Context())
		if p != nil {
			id, signed = p.ID, in
		}
	})
	return id, signed
}

func (b *browser) signIn(id string) {
	b.s.t.Helper()
	b.do(func(w http.ResponseWriter, r *http.Request) { ok(b.s.t, b.s.sessions.SignIn(r.Context(), id)) })
}

// is checks who the browser is; "" is nobody.
func (b *browser) is(id string) {
	b.s.t.Helper()
	if got, _ := b.who(); got != id {
		b.s.t.Errorf("the browser is %q, want %q", got, id)
	}
}

func count(t *testing.T, d *bun.DB, table string) int {
	t.Helper()
	n, err := d.NewSelect().Table(table).Count(ctx())
	ok(t, err)
	return int(n)
}
