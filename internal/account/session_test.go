package account_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"greenroom/internal/account"
	"greenroom/internal/db"
	"greenroom/internal/db/dbtest"
)

func TestSignInGivesANewToken(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		p, q := s.ada(), s.register("Grace", "grace@example.org")
		b := s.browser()
		b.cookies["greenroom_session"] = "fixed-by-somebody-else"
		b.signIn(p.ID)
		first := b.cookies["greenroom_session"]
		if first == "fixed-by-somebody-else" || len(first) < 26 {
			t.Fatalf("token %q was not renewed", first)
		}
		b.is(p.ID)
		b.signIn(q.ID)
		if b.cookies["greenroom_session"] == first {
			t.Error("the second sign-in kept the token")
		}
		b.is(q.ID)
		old := s.browser()
		old.cookies["greenroom_session"] = first
		old.is("")
		if n := count(t, s.d, "session"); n != 1 {
			t.Errorf("%d sessions, want 1", n)
		}
	})
}

func TestSignInIsSeenInTheSameRequest(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		p := s.ada()
		s.browser().do(func(w http.ResponseWriter, r *http.Request) {
			ok(t, s.sessions.SignIn(r.Context(), p.ID))
			got, in := account.ViewerFrom(r.Context())
			if got == nil || got.ID != p.ID || !in || got.PasswordHash != "" {
				t.Errorf("viewer %v, signed in %v", got, in)
			}
			ok(t, s.sessions.SignOut(r.Context()))
			if got, in := account.ViewerFrom(r.Context()); got != nil || in {
				t.Errorf("after signing out: %v, %v", got, in)
			}
		})
		if n := count(t, s.d, "session"); n != 0 {
			t.Errorf("%d sessions", n)
		}
	})
}

func TestCookies(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t, "sqlite")
	for base, prefix := range map[string]string{"http://localhost:8080": "", "https://learn.example.org": "__Host-"} {
		s := node(t, d, &clock{t: start}, &account.Options{BaseURL: base, Hash: cheap})
		p := s.register("Ada", "ada@"+strings.TrimLeft(base[5:], "/:")[:5]+".example")
		res := s.browser().do(func(w http.ResponseWriter, r *http.Request) {
			_, err := s.sessions.StartGuest(w, r)
			ok(t, err)
			ok(t, s.sessions.SignIn(r.Context(), p.ID))
		})
		got := map[string]*http.Cookie{}
		for _, c := range res.Cookies() {
			got[c.Name] = c
		}
		for name, age := range map[string]int{"greenroom_session": 7 * 86400, "greenroom_device": 90 * 86400} {
			c := got[prefix+name]
			if c == nil {
				t.Fatalf("%s: no cookie %s%s in %v", base, prefix, name, got)
			}
			if !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.Domain != "" || c.Secure != (prefix != "") ||
				c.MaxAge < age-10 || c.MaxAge > age+10 {
				t.Errorf("%s: %s", base, c)
			}
		}
	}
}

func TestSessionsEnd(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		p := s.ada()
		idle, busy := s.browser(), s.browser()
		idle.signIn(p.ID)
		busy.signIn(p.ID)
		s.clock.add(24*time.Hour - time.Microsecond)
		busy.is(p.ID)
		s.clock.add(time.Microsecond)
		idle.is("")
		for range 6*2 - 1 {
			s.clock.add(12 * time.Hour)
			busy.is(p.ID)
		}
		s.clock.add(12 * time.Hour) // seven days since sign-in, however busy
		busy.is("")
		ok(t, s.Clean(ctx()))
		if n := count(t, s.d, "session"); n != 0 {
			t.Errorf("%d sessions left", n)
		}
	})
}

func TestTenSessionsAPerson(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		p := s.ada()
		all := make([]*browser, 12)
		for i := range all {
			all[i] = s.browser()
			all[i].signIn(p.ID)
			s.clock.add(time.Second)
		}
		for i, b := range all {
			if _, in := b.who(); in != (i >= 2) {
				t.Errorf("browser %d: signed in %v", i, in)
			}
		}
	})
}

func TestSignOutEverywhere(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		p, q := s.ada(), s.register("Grace", "grace@example.org")
		a, b, other := s.browser(), s.browser(), s.browser()
		a.signIn(p.ID)
		b.signIn(p.ID)
		other.signIn(q.ID)
		a.is(p.ID)
		b.is(p.ID)
		ok(t, s.SignOutEverywhere(ctx(), p.ID))
		a.is("")
		b.is("")
		other.is(q.ID)
	})
}

// The node that makes a change shows it at once, another one within a second.
func TestRevocationAcrossNodes(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *bun.DB) {
		s := newSite(t, d)
		far := node(t, d, s.clock, &account.Options{BaseURL: "http://localhost:8080", Hash: cheap})
		p := s.ada()
		b := s.browser()
		b.signIn(p.ID)
		away := &browser{s: far, cookies: b.cookies}
		for what, end := range map[string]func() error{
			"everywhere": func() error { return s.SignOutEverywhere(ctx(), p.ID) },
			"disabled":   func() error { return s.Disable(ctx(), p.ID, true) },
		} {
			ok(t, s.Disable(ctx(), p.ID, false))
			b.signIn(p.ID)
			away.is(p.ID)
			b.is(p.ID)
			s.clock.add(time.Second / 2)
			ok(t, end())
			if id, _ := b.who(); id != "" {
				t.Errorf("%s: still %s on the node that did it", what, id)
			}
			s.clock.add(time.Second / 2)
			if id, _ := away.who(); id != "" {
				t.Errorf("%s: still %s on the other node after a second", what, id)
			}
		}
	})
}

// A copied cookie is worth nothing from the moment its owner signs out.
func TestSignOutEndsCopiesAtOnce(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		p := s.ada()
		b, thief := s.browser(), s.browser()
		b.signIn(p.ID)
		thief.cookies["greenroom_session"] = b.cookies["greenroom_session"]
		thief.is(p.ID)
		b.do(func(w http.ResponseWriter, r *http.Request) { ok(t, s.sessions.SignOut(r.Context())) })
		thief.is("")
		b.is("")
	})
}

// between runs something after the first query about sessions, before its answer is kept.
type between struct {
	once sync.Once
	do   func()
}

func (b *between) BeforeQuery(c context.Context, _ *bun.QueryEvent) context.Context { return c }

func (b *between) AfterQuery(_ context.Context, e *bun.QueryEvent) {
	if e.Operation() == "SELECT" && strings.Contains(e.Query, `"session"`) {
		if b.do != nil {
			b.once.Do(b.do)
		}
	}
}

// What was read before a change is not kept after it, even when the reading ended later.
func TestRevocationDuringARequest(t *testing.T) {
	t.Parallel()
	h := new(between)
	s := newSite(t, dbtest.New(t, "postgres").WithQueryHook(h))
	p := s.ada()
	b := s.browser()
	b.signIn(p.ID)
	h.do = func() { ok(t, s.SignOutEverywhere(ctx(), p.ID)) }
	b.who()
	b.is("")
}

func TestChangesShowAtOnce(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		p := s.ada()
		b := s.browser()
		b.signIn(p.ID)
		b.is(p.ID)
		ok(t, s.UpdateProfile(ctx(), p.ID, account.Profile{Name: "Countess"}))
		b.do(func(w http.ResponseWriter, r *http.Request) {
			if v, _ := account.ViewerFrom(r.Context()); v.Name != "Countess" {
				t.Errorf("name is still %q", v.Name)
			}
		})
	})
}

func TestQueriesOfARequest(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		p := s.ada()
		b := s.browser()
		b.signIn(p.ID)
		guest := s.browser()
		guest.do(func(w http.ResponseWriter, r *http.Request) { _, err := s.sessions.StartGuest(w, r); ok(t, err) })
		queries := func(b *browser) int64 {
			c, n := db.CountQueries(ctx())
			r := httptest.NewRequest(http.MethodGet, "/", nil).WithContext(c)
			for k, v := range b.cookies {
				r.AddCookie(&http.Cookie{Name: k, Value: v})
			}
			s.sessions.Middleware(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})).ServeHTTP(httptest.NewRecorder(), r)
			return n.Load()
		}
		for name, b := range map[string]*browser{"person": b, "guest": guest, "nobody": s.browser()} {
			first, second := queries(b), queries(b)
			if name == "nobody" && first != 0 || name != "nobody" && first != 1 || second != 0 {
				t.Errorf("%s: %d queries, then %d; want one, then none", name, first, second)
			}
		}
	})
}

func TestHostileCookies(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		for _, v := range []string{"", "x", strings.Repeat("A", 26), strings.Repeat("A", 43), strings.Repeat("z", 4000), "' OR 1=1 --", "%00"} {
			b := s.browser()
			b.cookies["greenroom_session"], b.cookies["greenroom_device"] = v, v
			b.is("")
		}
	})
}

// When the database is away, nobody is taken for nobody: a learner's request would make a guest of them.
func TestDatabaseAway(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t, "sqlite")
	s := newSite(t, d)
	p := s.ada()
	b := s.browser()
	b.signIn(p.ID)
	s.SignOutEverywhere(ctx(), p.ID) // empties the cache
	_ = d.Close()
	reached := false
	res := b.do(func(http.ResponseWriter, *http.Request) { reached = true })
	if reached || res.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("handler reached: %v, status %d", reached, res.StatusCode)
	}
}

func TestTokensAreStoredHashed(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		p := s.ada()
		b := s.browser()
		b.do(func(w http.ResponseWriter, r *http.Request) { _, err := s.sessions.StartGuest(w, r); ok(t, err) })
		b.signIn(p.ID)
		secrets := []string{b.cookies["greenroom_session"], b.cookies["greenroom_device"], s.token("verify")}
		for table, column := range map[string]string{"session": "token_hash", "device": "token_hash", "account_token": "token_hash"} {
			var stored []string
			ok(t, s.d.NewSelect().Table(table).Column(column).Scan(ctx(), &stored))
			if len(stored) != 1 {
				t.Errorf("%s: %d rows", table, len(stored))
			}
			for _, secret := range secrets {
				if secret == "" || strings.Contains(strings.Join(stored, " "), secret) {
					t.Errorf("%s holds a secret", table)
				}
			}
		}
	})
}

func BenchmarkRequest(b *testing.B) {
	d := dbtest.New(b, "sqlite")
	s := newSite(b, d)
	p, err := s.Register(ctx(), account.Registration{Name: "Ada", Email: "ada@example.org", Password: good})
	if err != nil {
		b.Fatal(err)
	}
	br := s.browser()
	br.do(func(w http.ResponseWriter, r *http.Request) { _ = s.sessions.SignIn(r.Context(), p.ID) })
	h := s.sessions.Middleware(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	for _, name := range []string{"cached", "queried"} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if name == "queried" {
					s.clock.add(time.Second)
					if s.clock.now().Sub(start) > 6*24*time.Hour {
						b.Fatal("the session is over: run fewer rounds")
					}
				}
				r := httptest.NewRequest(http.MethodGet, "/", nil)
				r.AddCookie(&http.Cookie{Name: "greenroom_session", Value: br.cookies["greenroom_session"]})
				h.ServeHTTP(httptest.NewRecorder(), r)
			}
		})
	}
}
