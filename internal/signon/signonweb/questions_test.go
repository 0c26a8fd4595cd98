package signonweb_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"greenroom/internal/config"
)

// An address that is known leads to a question, and never in.
func TestKnownAddressIsNotTakenOver(t *testing.T) {
	each(t, setup{}, func(t *testing.T, s *site) {
		s.member("Ada Okafor", "Ada@agency.example")
		b := s.browser()
		b.get(b.leave(ada, "?return=/courses/x")).goes("/auth/connect")
		b.get("/auth/connect").is(200, "We know ada@agency.example", "Password of your account here", "E-mail me the link")
		if b.who() != "" || s.count("identity") != 0 {
			t.Fatal("taken over without a question")
		}
		b.post("/auth/connect").is(422, "Type a password")
		b.post("/auth/connect", "password", "not the one at all").is(422, "not the password").hasNot("not the one")
		if s.count("identity") != 0 {
			t.Fatal("connected without proof")
		}
		b.post("/auth/connect", "password", good).goes("/courses/x")
		if b.who() != "Ada Okafor" || s.count("person") != 1 || s.noted("signon.connected", "") != 1 || s.letters() != 1 {
			t.Errorf("signed in is %q, %d people, %d letters", b.who(), s.count("person"), s.letters())
		}
		b.post("/auth/connect", "password", good).is(404, "answered already")
		again := s.browser()
		again.signOn(ada).goes("/me")
		if again.who() != "Ada Okafor" {
			t.Error("the connected account does not sign in")
		}
	})
}

// Who has no password at hand proves the mailbox, in the same browser, and is asked again.
func TestConnectByMailedLink(t *testing.T) {
	each(t, setup{}, func(t *testing.T, s *site) {
		s.member("Ada Okafor", "ada@agency.example")
		b := s.browser()
		b.signOn(ada).goes("/auth/connect")
		b.post("/auth/connect/link").is(200, "A letter is on its way")
		link := s.link("enter")
		if !strings.HasSuffix(link, "?return=%2Fauth%2Fconnect") {
			t.Fatalf("the link is %q", link)
		}
		b.get(link).is(200, `value="/auth/connect"`)
		b.post(strings.TrimSuffix(link, "?return=%2Fauth%2Fconnect"), "return", "/auth/connect").goes("/auth/connect")
		b.get("/auth/connect").is(200, "You are ada@agency.example at Agency account, and signed in here as Ada Okafor", "Connect them", "Do not connect")
		if s.count("identity") != 0 {
			t.Fatal("connected before consent")
		}
		b.post("/auth/connect").goes("/settings/sign-in")
		b.get("/settings/sign-in").is(200, "Connected: from now on", "Disconnect Agency account", "this device")
	})
}

// The question is this browser's, and lasts ten minutes.
func TestQuestionGrowsOld(t *testing.T) {
	each(t, setup{}, func(t *testing.T, s *site) {
		s.member("Ada Okafor", "ada@agency.example")
		b := s.browser()
		b.signOn(ada).goes("/auth/connect")
		s.browser().get("/auth/connect").is(404, "nothing to decide")
		s.clock.pass(11 * time.Minute)
		b.get("/auth/connect").is(404)
		b.post("/auth/connect", "password", good).is(404)
		b.post("/auth/connect/link").is(404)
		if s.count("identity") != 0 || s.letters() != 0 {
			t.Error("an old question was answered")
		}
	})
}

// An address that the provider has not proven says nothing about whose it is.
func TestUnprovenAddress(t *testing.T) {
	each(t, setup{}, func(t *testing.T, s *site) {
		s.member("Ada Okafor", "ada@agency.example")
		u := ada
		u.verified = false
		b := s.browser()
		b.signOn(u).goes("/auth/connect")
		b.get("/auth/connect").is(200, "has not confirmed that the address is yours", "Sign in").hasNot("Password of your account")
		b.post("/auth/connect", "password", good).is(404)
		b.post("/auth/connect/link").is(404)
		if s.count("identity") != 0 {
			t.Error("connected")
		}
		// With an address that nobody has, they are let in, and a letter asks them to prove it.
		fresh := s.browser()
		fresh.signOn(user{sub: "b-1", email: "ben@agency.example", name: "Ben Li"}).goes("/me")
		fresh.get("/settings").is(200, "not confirmed")
		if s.link("verify") == "" {
			t.Error("no letter")
		}
	})
}

// Where the settings trust the provider, its addresses are proven; another claim than email only then.
func TestTrustAndClaims(t *testing.T) {
	t.Run("trusted", func(t *testing.T) {
		each(t, setup{change: func(p *config.Provider) { p.TrustEmail, p.ClaimEmail, p.ClaimName = true, "upn", "display" }}, func(t *testing.T, s *site) {
			b := s.browser()
			b.signOn(user{sub: "c-1", email: "x@y.example", more: map[string]any{"upn": "cleo@agency.example", "display": "Cleo"}}).goes("/me")
			b.get("/settings").is(200, "Your address is cleo@agency.example", "confirmed")
			if b.who() != "Cleo" || s.letters() != 0 {
				t.Errorf("%q, %d letters", b.who(), s.letters())
			}
		})
	})
	t.Run("email_verified speaks of email only", func(t *testing.T) {
		each(t, setup{change: func(p *config.Provider) { p.ClaimEmail = "upn" }}, func(t *testing.T, s *site) {
			s.member("Ada Okafor", "ada@agency.example")
			b := s.browser()
			b.signOn(user{sub: "m-1", email: "mallory@evil.example", verified: true, name: "M", more: map[string]any{"upn": "ada@agency.example"}}).goes("/auth/connect")
			b.get("/auth/connect").is(200, "has not confirmed")
		})
	})
}

// What a provider leaves out is asked for.
func TestFinish(t *testing.T) {
	each(t, setup{}, func(t *testing.T, s *site) {
		s.member("Ada Okafor", "ada@agency.example")
		b := s.browser()
		b.get(b.leave(user{sub: "d-1"}, "?return=/x")).goes("/auth/finish")
		b.get("/auth/finish").is(200, "One more thing", "Agency account has let you in")
		b.post("/auth/finish", "name", " ", "email", "dora@").is(422, "Type a name", `value="dora@"`)
		b.post("/auth/finish", "name", "Dora", "email", "ada@agency.example").is(422, "has an account already")
		b.post("/auth/finish", "name", "Dora", "email", "dora@agency.example").goes("/x")
		b.get("/settings").is(200, "not confirmed", "dora@agency.example")
		b.post("/auth/finish", "name", "Dora", "email", "dora2@agency.example").is(404)
		// A proven address stands, whatever is sent.
		p := s.browser()
		p.signOn(user{sub: "e-1", email: "eve@agency.example", verified: true, name: "\u202eevE"}).goes("/auth/finish")
		p.post("/auth/finish", "name", "Eve", "email", "ada@agency.example").goes("/me")
		p.get("/settings").is(200, "Your address is eve@agency.example", "confirmed")
		// Without a name they are called as at the provider, else as their address begins.
		for want, u := range map[string]user{
			"fay":   {sub: "f-1", email: "f@agency.example", verified: true, more: map[string]any{"preferred_username": "fay@x.example"}},
			"g.lee": {sub: "g-1", email: "g.lee@agency.example", verified: true},
		} {
			q := s.browser()
			q.signOn(u).goes("/me")
			if q.who() != want {
				t.Errorf("called %q, want %q", q.who(), want)
			}
		}
	})
}

// Somebody signed in connects in two steps; and what is another's is not moved.
func TestConnectWhileSignedIn(t *testing.T) {
	each(t, setup{}, func(t *testing.T, s *site) {
		s.member("Ada Okafor", "ada@home.example")
		b := s.browser()
		b.post("/sign-in", "email", "ada@home.example", "password", good).goes("/me")
		b.get("/settings/sign-in").is(200, "Connect Agency account", "No other account is connected", `href="/auth/agency?return=%2Fsettings%2Fsign-in"`)
		b.get(b.leave(ada, "?return=/settings/sign-in")).goes("/auth/connect")
		if s.count("identity") != 0 {
			t.Fatal("connected by a GET")
		}
		s.clock.pass(9*time.Minute + 59*time.Second)
		b.post("/auth/connect").goes("/settings/sign-in")
		b.get("/settings/sign-in").is(200, "Disconnect Agency account").hasNot("Connect Agency account")

		other := s.browser()
		s.member("Ben Li", "ben@home.example")
		other.post("/sign-in", "email", "ben@home.example", "password", good).goes("/me")
		other.signOn(ada).is(409, "belongs to another account")
		if other.who() != "Ben Li" {
			t.Errorf("signed in is %q", other.who())
		}
		// Long signed in: once more first.
		s.clock.pass(11 * time.Minute)
		s.idp.FastForward(21 * time.Minute)
		other.get(other.leave(user{sub: "b-7", email: "ben@agency.example", verified: true, name: "Ben"}, "")).goes("/auth/connect")
		other.get("/auth/connect").is(200, "Show once more").hasNot("Connect them")
		other.post("/auth/connect").goes("/sign-in?again=1&return=%2Fauth%2Fconnect")
		other.get("/sign-in?again=1&return=%2Fauth%2Fconnect").is(200, "Show once more that it is you")
		other.post("/sign-in", "email", "ben@home.example", "password", good, "return", "/auth/connect").goes("/auth/connect")
		other.post("/auth/connect").goes("/settings/sign-in")
		if s.count("identity") != 2 {
			t.Errorf("%d identities", s.count("identity"))
		}
	})
}

// The last way in stays.
func TestDisconnect(t *testing.T) {
	each(t, setup{}, func(t *testing.T, s *site) {
		b := s.browser()
		b.signOn(ada).goes("/me")
		id := between(b.get("/settings/sign-in").is(200).body, `name="id" value="`, `"`)
		b.post("/settings/sign-in/disconnect", "id", id).goes("/settings/sign-in")
		b.get("/settings/sign-in").is(200, "last way in", "Disconnect Agency account")
		other := s.browser()
		s.member("Ben Li", "ben@home.example")
		other.post("/sign-in", "email", "ben@home.example", "password", good).goes("/me")
		other.post("/settings/sign-in/disconnect", "id", id).goes("/settings/sign-in") // not theirs
		if s.count("identity") != 1 {
			t.Fatal("somebody else disconnected it")
		}
		// With a password there is another way.
		b.post("/forgot", "email", "ada@agency.example").is(200)
		b.post(s.link("reset"), "password", good).goes("/sign-in")
		b.post("/sign-in", "email", "ada@agency.example", "password", good).goes("/me")
		b.post("/settings/sign-in/disconnect", "id", id).goes("/settings/sign-in")
		b.get("/settings/sign-in").is(200, "It is disconnected", "Connect Agency account")
		if s.count("identity") != 0 || s.noted("signon.disconnected", "") != 1 {
			t.Error("not disconnected")
		}
		b.post("/settings/sign-in/disconnect", "id", id).goes("/settings/sign-in")
	})
}

func between(s, from, to string) string {
	_, s, _ = strings.Cut(s, from)
	s, _, _ = strings.Cut(s, to)
	return s
}

// People of a mail domain that has a provider come in there and nowhere else.
func TestMustUse(t *testing.T) {
	set := setup{change: func(p *config.Provider) { p.Domains = []string{"agency.example"} }, more: []config.Provider{
		{Name: "other", Kind: config.KindOIDC, Issuer: "http://127.0.0.1:1", ClientID: "x", ClientSecret: "y", Label: "Other"},
	}}
	each(t, set, func(t *testing.T, s *site) {
		s.member("Ada Okafor", "ada@agency.example")
		s.member("Ben Li", "ben@home.example")
		b := s.browser()
		for _, path := range []string{"/sign-in", "/register", "/forgot", "/sign-in/link"} {
			b.post(path, "email", " ADA@Agency.example ", "password", good, "name", "Ada", "return", "/x").
				is(403, "Sign in with Agency account", `href="/auth/agency?return=%2Fx"`, "Passwords and mailed links are not used")
			b.post(path, "email", "nobody@agency.example", "password", good, "name", "Ada").is(403)
		}
		if b.who() != "" || s.letters() != 0 {
			t.Error("another way in was open")
		}
		b.post("/sign-in", "email", "ben@home.example", "password", good).goes("/me")

		// The way in is theirs once they have shown that the old account is, by its password or its mailbox.
		for _, how := range []string{"password", "link"} {
			c := s.browser()
			c.signOn(user{sub: "a-" + how, email: "ada@agency.example", verified: true, name: "Ada"}).goes("/auth/connect")
			if how == "password" {
				c.post("/auth/connect", "password", good).goes("/me")
				continue
			}
			c.post("/auth/connect/link").is(200)
			path, _, _ := strings.Cut(s.link("enter"), "?")
			s.browser().post(path).is(403, "Sign in with Agency account") // elsewhere the link alone is not enough
			c.post(path, "return", "/auth/connect").goes("/auth/connect")
			c.post("/auth/connect").goes("/settings/sign-in")
		}
		if s.count("identity") != 2 {
			t.Errorf("%d identities", s.count("identity"))
		}
	})
}

// Another provider does not vouch for the people of a domain that has its own.
func TestMustUseAmongProviders(t *testing.T) {
	set := setup{change: func(p *config.Provider) { p.Domains = nil }, more: []config.Provider{
		{Name: "treasury", Kind: config.KindOIDC, Issuer: "http://127.0.0.1:1", ClientID: "x", ClientSecret: "y", Label: "Treasury", Domains: []string{"treasury.example"}},
	}}
	each(t, set, func(t *testing.T, s *site) {
		b := s.browser()
		b.signOn(user{sub: "t-1", email: "tom@treasury.example", verified: true, name: "Tom"}).is(403, "Sign in with Treasury", `href="/auth/treasury"`)
		b.signOn(user{sub: "t-2", name: "Tom"}).goes("/auth/finish")
		b.post("/auth/finish", "name", "Tom", "email", "tom@treasury.example").is(403, "Sign in with Treasury")
		if s.count("person") != 0 {
			t.Error("an account was made")
		}
	})
}

// What a guest did waits for its owner, as after a password.
func TestClaimAfterSignOn(t *testing.T) {
	each(t, setup{}, func(t *testing.T, s *site) {
		b := s.browser()
		b.post("/learn")
		s.steps.n = 3
		b.get(b.leave(ada, "?return=/courses/x")).goes("/claim?return=%2Fcourses%2Fx")
	})
}

// Two answers for one new person make one account.
func TestJoinTwiceAtOnce(t *testing.T) {
	each(t, setup{}, func(t *testing.T, s *site) {
		var all []*browser
		var to []string
		for range 4 {
			b := s.browser()
			all, to = append(all, b), append(to, b.leave(ada, ""))
		}
		var wg sync.WaitGroup
		for i, b := range all {
			wg.Go(func() { b.get(to[i]) })
		}
		wg.Wait()
		if s.count("person") != 1 || s.count("identity") != 1 {
			t.Errorf("%d people, %d identities", s.count("person"), s.count("identity"))
		}
		last := s.browser()
		last.signOn(ada).goes("/me")
	})
}

func TestClosedAccount(t *testing.T) {
	each(t, setup{}, func(t *testing.T, s *site) {
		b := s.browser()
		b.signOn(ada).goes("/me")
		p, err := s.accounts.ByEmail(context.Background(), "ada@agency.example")
		ok(t, err)
		ok(t, s.accounts.Disable(context.Background(), p.ID, true))
		c := s.browser()
		c.signOn(ada).is(403, "has been closed")
		if c.who() != "" || b.who() != "" {
			t.Error("signed in")
		}
	})
}

// Who proves an address first by its mailbox ends what somebody else had set up for it.
func TestPreHijacking(t *testing.T) {
	each(t, setup{}, func(t *testing.T, s *site) {
		u := user{sub: "mallory", email: "victim@agency.example", name: "Mallory"} // not proven
		m := s.browser()
		m.signOn(u).goes("/me")
		v := s.browser()
		v.post("/sign-in/link", "email", "victim@agency.example").is(200)
		v.post(s.link("enter")).goes("/me")
		if v.who() == "" || m.who() != "" || s.count("identity") != 0 {
			t.Errorf("victim %q, the other %q, %d identities", v.who(), m.who(), s.count("identity"))
		}
		again := s.browser()
		again.signOn(u).goes("/auth/connect")
		if again.who() != "" {
			t.Error("the other came in again")
		}
	})
}
