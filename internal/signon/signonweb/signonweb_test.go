package signonweb_test

import (
	"encoding/base64"
	"net/url"
	"strings"
	"testing"
	"time"

	"greenroom/internal/config"
)

var ada = user{sub: "a-1", email: "ada@agency.example", name: "Ada Okafor", verified: true}

func TestSignInAtAProvider(t *testing.T) {
	each(t, setup{}, func(t *testing.T, s *site) {
		b := s.browser()
		b.get("/sign-in?return=/courses/x").is(200, "Sign in with Agency account", `href="/auth/agency?return=%2Fcourses%2Fx"`)
		b.get("/register").is(200, "Sign in with Agency account")
		to := b.get("/auth/agency")
		u, err := url.Parse(to.to)
		ok(t, err)
		q := u.Query()
		if q.Get("code_challenge_method") != "S256" || len(q.Get("code_challenge")) != 43 || len(q.Get("nonce")) < 20 || len(q.Get("state")) < 20 ||
			q.Get("redirect_uri") != s.url+"/auth/agency/callback" {
			t.Errorf("the request to the provider is %s", to.to)
		}
		if k := to.header.Get("Set-Cookie"); !strings.Contains(k, "HttpOnly") || !strings.Contains(k, "SameSite=Lax") || !strings.Contains(k, "Max-Age=600") {
			t.Errorf("the cookie is %s", k)
		}
		b.get(b.leave(ada, "?return=/courses/x")).goes("/courses/x")
		if b.who() != "Ada Okafor" {
			t.Errorf("signed in is %q", b.who())
		}
		b.get("/settings").is(200, "Your account is ready", "ada@agency.example", "confirmed", "no password")
		again := s.browser()
		again.signOn(user{sub: "a-1", email: "new@elsewhere.example", verified: true, name: "Other Name"}).goes("/me")
		if again.who() != "Ada Okafor" || s.count("person") != 1 || s.count("identity") != 1 {
			t.Error("the second time makes somebody else")
		}
		if s.letters() != 0 {
			t.Error("a proven address gets a letter")
		}
	})
}

// What the ID token lacks comes from userinfo.
func TestUserInfo(t *testing.T) {
	each(t, setup{}, func(t *testing.T, s *site) {
		b := s.browser()
		u := ada
		u.info = true
		b.signOn(u).goes("/me")
		if b.who() != "Ada Okafor" {
			t.Errorf("signed in is %q", b.who())
		}
	})
}

// A token that is wrong in any way is refused, with a page and a line in the audit log, and nobody is signed in.
func TestWrongTokens(t *testing.T) {
	part := func(token string, i int) string { return strings.Split(token, ".")[i] }
	b64 := base64.RawURLEncoding.EncodeToString
	at := func(d time.Duration) int64 { return start.Add(d).Unix() }
	wrong := map[string]struct {
		reason string
		more   map[string]any
		change func(token string) string
	}{
		"wrong issuer":         {"issuer", map[string]any{"iss": "https://evil.example"}, nil},
		"issuer with a slash":  {"issuer", map[string]any{"iss": "x/"}, nil},
		"wrong audience":       {"audience", map[string]any{"aud": "another-site"}, nil},
		"audiences, no azp":    {"audience", map[string]any{"aud": []string{"CLIENT", "another-site"}}, nil},
		"another's azp":        {"audience", map[string]any{"azp": "another-site"}, nil},
		"expired":              {"expired", map[string]any{"exp": at(-2 * time.Minute), "iat": at(-time.Hour), "nbf": at(-time.Hour)}, nil},
		"issued in the future": {"early", map[string]any{"iat": at(2 * time.Minute)}, nil},
		"valid in the future":  {"early", map[string]any{"nbf": at(2 * time.Minute)}, nil},
		"no expiry":            {"claims", map[string]any{"exp": nil}, nil},
		"no subject":           {"claims", map[string]any{"sub": ""}, nil},
		"long subject":         {"claims", map[string]any{"sub": strings.Repeat("x", 256)}, nil},
		"wrong nonce":          {"nonce", map[string]any{"nonce": "of-another-sign-in"}, nil},
		"no nonce":             {"nonce", map[string]any{"nonce": nil}, nil},
		"none at all":          {"no-token", nil, func(string) string { return "" }},
		"no token":             {"signature", nil, func(string) string { return "nonsense" }},
		"unsigned": {"signature", nil, func(token string) string {
			return b64([]byte(`{"alg":"none"}`)) + "." + part(token, 1) + "."
		}},
		"unsigned, with a signature": {"signature", nil, func(token string) string {
			return b64([]byte(`{"alg":"none"}`)) + "." + part(token, 1) + "." + part(token, 2)
		}},
		"signature cut": {"signature", nil, func(token string) string { return token[:len(token)-8] }},
		"signature of another": {"signature", nil, func(token string) string {
			raw, _ := base64.RawURLEncoding.DecodeString(part(token, 2))
			raw[7] ^= 1
			return part(token, 0) + "." + part(token, 1) + "." + b64(raw)
		}},
		"payload changed": {"signature", nil, func(token string) string {
			raw, _ := base64.RawURLEncoding.DecodeString(part(token, 1))
			return part(token, 0) + "." + b64([]byte(strings.Replace(string(raw), "a-1", "a-2", 1))) + "." + part(token, 2)
		}},
		"symmetric": {"signature", nil, func(token string) string {
			return b64([]byte(`{"alg":"HS256"}`)) + "." + part(token, 1) + "." + part(token, 2)
		}},
	}
	each(t, setup{}, func(t *testing.T, s *site) {
		for name, x := range wrong {
			u := ada
			u.more = x.more
			if all, is := x.more["aud"].([]string); is {
				u.more = map[string]any{"aud": append([]string{s.idp.ClientID}, all[1:]...)}
			}
			s.changing(x.change)
			before := s.noted("signon.refused", x.reason)
			b := s.browser()
			b.signOn(u).is(403, "The sign-in did not work", "Try again with Agency account", "Other ways to sign in")
			if n := s.noted("signon.refused", x.reason) - before; b.who() != "" || s.count("person") != 0 || n != 1 {
				t.Errorf("%s: signed in %q, %d people, %d lines", name, b.who(), s.count("person"), n)
			}
		}
		s.changing(nil)
		s.browser().signOn(ada).goes("/me")
	})
}

// Clocks may differ by a minute, either way.
func TestClockSkew(t *testing.T) {
	each(t, setup{}, func(t *testing.T, s *site) {
		for i, d := range []time.Duration{-50 * time.Second, 50 * time.Second} {
			b := s.browser()
			at := start.Add(d)
			u := ada
			u.more = map[string]any{"iat": at.Unix(), "nbf": at.Unix(), "exp": at.Add(5 * time.Second).Unix()}
			if d > 0 {
				u.more["exp"] = at.Add(time.Hour).Unix()
			}
			b.signOn(u).goes("/me")
			if b.who() == "" {
				t.Errorf("clock %d: not signed in", i)
			}
		}
	})
}

func TestStateAndReplay(t *testing.T) {
	each(t, setup{}, func(t *testing.T, s *site) {
		b, other := s.browser(), s.browser()
		callback := b.leave(ada, "")
		// Another browser: somebody was sent a link that would sign them in as the sender.
		other.get(callback).is(403, "begun in another browser")
		// Another state, and none.
		other.get("/auth/agency")
		other.get("/auth/agency/callback?state=AAAAAAAAAAAAAAAAAAAAAAAAAA&code=x").is(403)
		other.get("/auth/agency/callback").is(403)
		if s.count("person") != 0 || s.noted("signon.refused", "state") != 3 {
			t.Errorf("%d people, %d lines", s.count("person"), s.noted("signon.refused", "state"))
		}
		saved := b.c.Jar.Cookies(mustURL(t, s.url))
		b.get(callback).goes("/me")
		b.get(callback).is(403, "used already")
		// Even with the cookie of then.
		again := s.browser()
		again.c.Jar.SetCookies(mustURL(t, s.url), saved)
		again.get(callback).is(403, "used already")
		if again.who() != "" || s.noted("signon.refused", "replay") != 2 {
			t.Errorf("%d lines of replays", s.noted("signon.refused", "replay"))
		}
		// A cookie that was changed is none.
		late := s.browser()
		callback = late.leave(ada, "")
		for _, k := range late.c.Jar.Cookies(mustURL(t, s.url)) {
			half, other := len(k.Value)/2, "A" // not the last sign, of which not every bit counts
			if k.Value[half] == 'A' {
				other = "B"
			}
			k.Value = k.Value[:half] + other + k.Value[half+1:]
			late.c.Jar.SetCookies(mustURL(t, s.url), append(late.c.Jar.Cookies(mustURL(t, s.url))[:0:0], k))
		}
		late.get(callback).is(403, "begun in another browser")
		// After ten minutes it is over.
		slow := s.browser()
		callback = slow.leave(ada, "")
		s.clock.pass(10*time.Minute + time.Second)
		slow.get(callback).is(403, "more than ten minutes")
	})
}

func mustURL(t *testing.T, s string) *url.URL {
	t.Helper()
	u, err := url.Parse(s)
	ok(t, err)
	return u
}

// Two sign-ins begun in one browser both come home, and many are forgotten.
func TestTwoTabs(t *testing.T) {
	each(t, setup{}, func(t *testing.T, s *site) {
		b := s.browser()
		one, two := b.leave(ada, "?return=/one"), b.leave(ada, "?return=/two")
		b.get(one).goes("/one")
		b.get(two).goes("/two")
		for range 9 {
			b.get("/auth/agency")
		}
		if n := len(b.c.Jar.Cookies(mustURL(t, s.url))); n > 8 {
			t.Errorf("%d cookies are left", n)
		}
	})
}

func TestCancelled(t *testing.T) {
	each(t, setup{}, func(t *testing.T, s *site) {
		for _, x := range []struct {
			code, text string
			status     int
		}{
			{"access_denied", "You stopped at Agency account", 200}, {"consent_required", "You stopped", 200},
			{"server_error", "does not answer", 503}, {"invalid_scope", "not set up properly", 403},
		} {
			b := s.browser()
			state := mustURL(t, b.get("/auth/agency").to).Query().Get("state")
			b.get("/auth/agency/callback?error="+x.code+"&error_description=%3Cb%3E&state="+state).is(x.status, x.text).hasNot("<b>")
			if b.who() != "" {
				t.Error("signed in")
			}
		}
		if s.noted("signon.refused", "") != 1 {
			t.Error("changing one's mind is in the audit log")
		}
	})
}

// A provider that does not answer is a page; the site starts all the same, and finds the provider when it is back.
func TestProviderDown(t *testing.T) {
	each(t, setup{down: true}, func(t *testing.T, s *site) {
		b := s.browser()
		b.get("/sign-in").is(200, "Sign in with Agency account")
		p := b.get("/auth/agency?return=/x").is(503, "Agency account does not answer", `href="/auth/agency?return=%2Fx"`, "Other ways to sign in")
		if p.header.Get("Retry-After") == "" {
			t.Error("no Retry-After")
		}
		addr := s.idp.Server.Addr
		s.idp.Server = nil
		ok(t, s.idp.Start(listen(t, addr), nil))
		t.Cleanup(func() { _ = s.idp.Server.Close() })
		b.get("/auth/agency").is(503) // asked a moment ago
		s.clock.pass(3 * time.Second)
		b.signOn(ada).goes("/me")
		// Gone between the start and the answer.
		callback := s.browser()
		to := callback.leave(ada, "")
		ok(t, s.idp.Server.Close())
		callback.get(to).is(503, "does not answer")
		// What it said of itself is kept: the browser is sent there, and nobody waits for it here.
		s.clock.pass(2 * time.Hour)
		if p := b.get("/auth/agency"); p.status != 303 {
			t.Errorf("with what is known: %d", p.status)
		}
	})
}

// New keys are fetched when a token names one that is not known; tokens of the old one are refused then.
func TestKeyRotation(t *testing.T) {
	each(t, setup{}, func(t *testing.T, s *site) {
		s.browser().signOn(ada).goes("/me")
		old := s.idp.Keypair
		s.idp.Keypair = anotherKey(t)
		b := s.browser()
		b.signOn(ada).goes("/me")
		if b.who() == "" {
			t.Error("not signed in with the new key")
		}
		fresh := s.idp.Keypair
		s.changing(func(token string) string {
			s.idp.Keypair = old
			defer func() { s.idp.Keypair = fresh }()
			return resigned(t, old, token)
		})
		s.browser().signOn(ada).is(403, "not signed by Agency account")
	})
}

func TestMixUp(t *testing.T) {
	each(t, setup{}, func(t *testing.T, s *site) {
		b := s.browser()
		b.get(b.leave(ada, "")+"&iss=https://evil.example").is(403, "from somebody else")
	})
}

func TestUnknownProvider(t *testing.T) {
	each(t, setup{}, func(t *testing.T, s *site) {
		s.browser().get("/auth/nowhere").is(404)
		s.browser().get("/auth/nowhere/callback?code=x&state=y").is(404)
	})
}

// A wrong secret is the operator's mistake, not the person's.
func TestWrongSecret(t *testing.T) {
	each(t, setup{change: func(p *config.Provider) { p.ClientSecret = "wrong" }}, func(t *testing.T, s *site) {
		s.browser().signOn(ada).is(503, "does not answer")
		if !strings.Contains(s.log.String(), "invalid_client") {
			t.Errorf("the log does not say why:\n%s", s.log)
		}
	})
}
