package web

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/labstack/echo/v4"

	"greenroom/internal/account"
	"greenroom/internal/db/dbtest"
	"greenroom/internal/fault"
	"greenroom/internal/locale"
	"greenroom/internal/mail"
)

// desk is a shell with routes of a test's own.
type desk struct {
	*Shell
	e   *echo.Echo
	g   *echo.Group
	log *bytes.Buffer
}

func newDesk(t *testing.T, o Options) *desk {
	t.Helper()
	d := dbtest.New(t, "sqlite")
	var log bytes.Buffer
	o.Log = slog.New(slog.NewJSONHandler(&locked{w: &log}, nil))
	if o.Now == nil {
		o.Now = func() time.Time { return time.Date(2026, 12, 3, 1, 0, 0, 0, time.UTC) }
	}
	if o.BaseURL == "" {
		o.BaseURL = "https://learn.agency.example"
	}
	words, err := locale.Load()
	ok(t, err)
	post, err := mail.New(d, mail.Options{From: "Greenroom <a@agency.example>", Now: o.Now, Log: o.Log})
	ok(t, err)
	people, err := account.New(d, post, account.Options{BaseURL: o.BaseURL, SiteName: "Greenroom", Now: o.Now, Words: words, Log: o.Log})
	ok(t, err)
	s, err := New(o, words, people, account.NewSessions(people))
	ok(t, err)
	e := echo.New()
	return &desk{Shell: s, e: e, g: s.Mount(e), log: &log}
}

type locked struct {
	mu sync.Mutex
	w  io.Writer
}

func (l *locked) Write(p []byte) (int, error) { l.mu.Lock(); defer l.mu.Unlock(); return l.w.Write(p) }

func ok(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// ask sends a request through the handler; change may add to it.
func (d *desk) ask(method, path string, change ...func(*http.Request)) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, "https://learn.agency.example"+path, nil)
	for _, do := range change {
		do(r)
	}
	w := httptest.NewRecorder()
	d.e.ServeHTTP(w, r)
	return w
}

// Each kind of error has its status and words; what only the log may know stays there.
func TestFail(t *testing.T) {
	t.Parallel()
	d := newDesk(t, Options{})
	secret := errors.New("CANARY in table person")
	for path, x := range map[string]struct {
		err    error
		status int
	}{
		"/not-found": {fault.New(fault.NotFound, "error.not_found").Because(secret), 404}, "/forbidden": {fault.New(fault.Forbidden, "error.forbidden"), 403},
		"/conflict": {fault.New(fault.Conflict, "error.conflict").Because(secret), 409}, "/limited": {fault.New(fault.Limited, "error.limited"), 429},
		"/away": {fault.New(fault.Unavailable, "error.unavailable").Because(secret), 503}, "/internal": {secret, 500},
		"/late": {context.DeadlineExceeded, 503}, "/big": {&http.MaxBytesError{Limit: 1}, 413}, "/echo": {echo.NewHTTPError(418, "CANARY"), 418},
	} {
		d.g.GET(path, func(echo.Context) error { return x.err })
		w := d.ask("GET", path)
		id := w.Header().Get("X-Request-Id")
		if w.Code != x.status || strings.Contains(w.Body.String(), "CANARY") || !strings.Contains(w.Body.String(), id) || id == "" {
			t.Errorf("%s: %d with\n%s", path, w.Code, w.Body.String())
		}
		if (x.status == 429 || x.status == 503) != (w.Header().Get("Retry-After") != "") {
			t.Errorf("%s: Retry-After %q", path, w.Header().Get("Retry-After"))
		}
		if x.status >= 500 && !strings.Contains(d.log.String(), id) {
			t.Errorf("%s: the log knows nothing of it", path)
		}
		w = d.ask("GET", path, func(r *http.Request) { r.Header.Set("Accept", "application/json") })
		if !strings.HasPrefix(w.Header().Get("Content-Type"), "application/json") || strings.Contains(w.Body.String(), "CANARY") {
			t.Errorf("%s for a script: %s", path, w.Body.String())
		}
	}
	if !strings.Contains(d.log.String(), "CANARY") {
		t.Error("the log does not say why")
	}
}

// Who has to sign in first comes back to where they were.
func TestUnauthenticated(t *testing.T) {
	t.Parallel()
	d := newDesk(t, Options{})
	d.Register(d.g, Route{Method: "GET", Path: "/mine", Access: SignedIn, Handler: func(c echo.Context) error { return c.NoContent(200) }},
		Route{Method: "POST", Path: "/mine", Access: SignedIn, Handler: func(c echo.Context) error { return c.NoContent(200) }})
	w := d.ask("GET", "/mine?a=1&b=2")
	if w.Code != 303 || w.Header().Get("Location") != "/sign-in?return=%2Fmine%3Fa%3D1%26b%3D2" {
		t.Errorf("%d to %q", w.Code, w.Header().Get("Location"))
	}
	if w := d.ask("POST", "/mine"); w.Code != 401 {
		t.Errorf("a form: %d", w.Code)
	}
}

// A panic is a page with a request id; the next request is answered as ever.
func TestPanic(t *testing.T) {
	t.Parallel()
	d := newDesk(t, Options{})
	d.g.GET("/panic", func(echo.Context) error { panic("CANARY") })
	d.g.GET("/calm", func(c echo.Context) error { return c.NoContent(200) })
	w := d.ask("GET", "/panic")
	if w.Code != 500 || strings.Contains(w.Body.String(), "CANARY") || !strings.Contains(d.log.String(), `"msg":"panic"`) {
		t.Errorf("%d\n%s\n%s", w.Code, w.Body.String(), d.log.String())
	}
	if w := d.ask("GET", "/calm"); w.Code != 200 {
		t.Errorf("after a panic: %d", w.Code)
	}
}

// What is full refuses early, and takes requests again when there is room. Nobody waits here: the client has gone.
func TestAdmit(t *testing.T) {
	t.Parallel()
	d := newDesk(t, Options{})
	d.g.GET("/x", func(c echo.Context) error { return c.NoContent(200) })
	d.busy = make(chan struct{}, 1)
	d.busy <- struct{}{}
	gone, leave := context.WithCancel(t.Context())
	leave()
	if w := d.ask("GET", "/x", func(r *http.Request) { *r = *r.WithContext(gone) }); w.Code == 200 {
		t.Error("admitted although full")
	}
	if w := d.ask("GET", "/x"); w.Code != 503 || w.Header().Get("Retry-After") == "" {
		t.Errorf("full: %d", w.Code)
	}
	<-d.busy
	if w := d.ask("GET", "/x"); w.Code != 200 || len(d.busy) != 0 {
		t.Errorf("with room: %d, %d in work", w.Code, len(d.busy))
	}
}

// The visitor's address is the network's, and what a trusted proxy says; nobody else is believed.
func TestAddress(t *testing.T) {
	t.Parallel()
	proxies := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}
	for _, x := range []struct {
		proxies        []netip.Prefix
		from, says, is string
	}{
		{nil, "203.0.113.5:1", "198.51.100.1", "203.0.113.5"},
		{proxies, "203.0.113.5:1", "198.51.100.1", "203.0.113.5"},
		{proxies, "10.0.0.1:1", "198.51.100.1", "198.51.100.1"},
		{proxies, "10.0.0.1:1", "192.0.2.66, 198.51.100.1", "198.51.100.1"},
		{proxies, "10.0.0.1:1", "198.51.100.1, 10.0.0.2", "198.51.100.1"},
		{proxies, "127.0.0.1:1", "198.51.100.1", "127.0.0.1"},
		{proxies, "10.0.0.1:1", "", "10.0.0.1"},
	} {
		d := newDesk(t, Options{Proxies: x.proxies})
		d.g.GET("/ip", func(c echo.Context) error { return c.String(200, c.RealIP()) })
		w := d.ask("GET", "/ip", func(r *http.Request) {
			r.RemoteAddr = x.from
			if x.says != "" {
				r.Header.Set("X-Forwarded-For", x.says)
			}
		})
		if w.Body.String() != x.is {
			t.Errorf("from %s saying %q: %s, want %s", x.from, x.says, w.Body.String(), x.is)
		}
	}
}

// Behind TLS browsers are held to it, and a request id from outside is not taken.
func TestHeadersBehindTLS(t *testing.T) {
	t.Parallel()
	d := newDesk(t, Options{})
	d.g.GET("/x", func(c echo.Context) error { Notice(c, "ok", "error.not_found"); return c.NoContent(200) })
	w := d.ask("GET", "/x", func(r *http.Request) { r.Header.Set("X-Request-Id", "forged\nline") })
	if got := w.Header().Get("Strict-Transport-Security"); !strings.HasPrefix(got, "max-age=63072000") {
		t.Errorf("HSTS %q", got)
	}
	if id := w.Header().Get("X-Request-Id"); len(id) != 36 || strings.Contains(d.log.String(), "forged") {
		t.Errorf("request id %q", id)
	}
	if k := w.Header().Get("Set-Cookie"); !strings.Contains(k, "Secure") || !strings.Contains(k, "HttpOnly") {
		t.Errorf("cookie %q", k)
	}
}

// A forged notice says nothing of its maker's: keys only, known kinds only, four at most.
func TestNotices(t *testing.T) {
	t.Parallel()
	d := newDesk(t, Options{})
	var got []string
	d.g.GET("/x", func(c echo.Context) error {
		for _, n := range Page(c, "x").Notices {
			got = append(got, n.Kind+":"+n.Text)
		}
		return c.NoContent(200)
	})
	for cookie, want := range map[string]int{
		"nonsense": 0, "bm90IGpzb24": 0,
		"W3siayI6Im9rIiwibSI6Ik15IG93biB3b3JkcyJ9XQ":           0, // [{"k":"ok","m":"My own words"}]
		"W3siayI6ImV2aWwiLCJtIjoiZXJyb3Iubm90X2ZvdW5kIn1d":     0, // kind "evil"
		"W3siayI6Im9rIiwibSI6ImVycm9yLm5vdF9mb3VuZCJ9XQ":       1, // [{"k":"ok","m":"error.not_found"}]
		strings.Repeat("A", 4000):                              0,
		"W3siayI6Im9rIiwibSI6ImVycm9yLm5vdF9mb3VuZCJ9LHsiayI6": 0, // cut short
	} {
		got = nil
		w := d.ask("GET", "/x", func(r *http.Request) { r.AddCookie(&http.Cookie{Name: noticeCookie, Value: cookie}) })
		if len(got) != want || w.Code != 200 {
			t.Errorf("%s: %d, notices %q", cookie, w.Code, got)
		}
		if !strings.Contains(w.Header().Get("Set-Cookie"), "Max-Age=0") {
			t.Errorf("%s: the notice is not taken away", cookie)
		}
	}
}

// How a write ends: shown again, a notice of what came too late, an error, or a notice of what was done.
func TestSettle(t *testing.T) {
	t.Parallel()
	d := newDesk(t, Options{})
	ends := map[string]error{
		"well": nil, "late": fault.New(fault.Conflict, "error.not_found", "N", 3), "wrong": fault.Fields{{Name: "x", Key: "error.invalid"}}.Err(), "gone": fault.New(fault.NotFound, "error.not_found"),
	}
	d.g.POST("/settle/:how", func(c echo.Context) error {
		again := func(c echo.Context, wrong error) error { return c.String(422, "again") }
		return Settle(c, ends[c.Param("how")], again, "error.invalid", "/there")
	})
	for how, want := range map[string]int{"well": 303, "late": 303, "wrong": 422, "gone": 404} {
		w := d.ask("POST", "/settle/"+how, func(*http.Request) {})
		if w.Code != want || (w.Header().Get("Location") == "/there") != (want == 303) {
			t.Errorf("%s: %d to %q", how, w.Code, w.Header().Get("Location"))
		}
		raw := ""
		for _, k := range w.Result().Cookies() {
			if k.Name == noticeCookie {
				b, _ := base64.RawURLEncoding.DecodeString(k.Value)
				raw = string(b)
			}
		}
		if said := map[string]string{"well": `{"k":"ok","m":"error.invalid"}`, "late": `{"k":"caution","m":"error.not_found","a":["N","3"]}`}[how]; (said == "") != (raw == "") || !strings.Contains(raw, said) {
			t.Errorf("%s says %s", how, raw)
		}
	}
}
