package accountweb_test

import (
	"strings"
	"testing"

	"github.com/uptrace/bun"

	"greenroom/internal/db/dbtest"
)

func TestRegisterSignOutSignIn(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		b := s.browser()
		b.get("/register?return=/courses/x").is(200, `autocomplete="new-password"`, `value="/courses/x"`, "/sign-in?return=%2Fcourses%2Fx")
		b.post("/register", "name", "Ada", "email", "ada@", "password", "short-secret").
			is(422, `value="Ada"`, `value="ada@"`, `href="#f-email"`, `href="#f-password"`, "at least 15 characters").hasNot("short-secret")
		b.register("ada@example.org", "return", "/courses/x").goes("/courses/x")
		b.get("/settings").is(200, "Welcome!", "Confirm your e-mail address", "not confirmed", "Ada <b>")
		b.get("/sign-in").goes("/me")
		out := b.post("/sign-out").goes("/")
		if out.header.Get("Clear-Site-Data") != `"cache", "storage"` {
			t.Errorf("Clear-Site-Data is %q", out.header.Get("Clear-Site-Data"))
		}
		b.get("/settings").goes("/sign-in?return=%2Fsettings")
		b.post("/sign-in", "email", "ada@example.org", "password", "wrong-secret-wrong").
			is(422, "do not match", `value="ada@example.org"`).hasNot("wrong-secret")
		b.post("/sign-in", "email", "ADA@example.org", "password", good, "return", "/settings").goes("/settings")
		b.get("/settings").is(200)
		if strings.Contains(s.log.String(), "secret") || strings.Contains(s.log.String(), "example.org") || strings.Contains(s.log.String(), good) {
			t.Errorf("the log tells:\n%s", s.log)
		}
	})
}

func TestReturnStaysOnTheSite(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		s.browser().register("ada@example.org")
		for _, bad := range []string{"https://evil.example/", "//evil.example", `/\evil.example`, "javascript:alert(1)", "/x\r\nSet-Cookie: a=b", "evil"} {
			s.browser().post("/sign-in", "email", "ada@example.org", "password", good, "return", bad).goes("/me")
			if p := s.browser().get("/sign-in?return=https://evil.example/"); strings.Contains(p.body, "evil") {
				t.Error("a foreign address stands in the form")
			}
		}
	})
}

func TestTakenAddressOffersTheWayIn(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		s.browser().register("ada@example.org")
		s.browser().register("Ada@Example.org", "return", "/x").is(422, "has an account already", "/sign-in?return=%2Fx", `href="/forgot"`)
	})
}

func TestFormsOfOtherSitesAreRefused(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		b := s.browser()
		b.register("ada@example.org")
		for _, path := range []string{"/sign-in", "/sign-out", "/settings/delete", "/claim", "/theme"} {
			r := mustRequest(t, s.url+path)
			r.Header.Set("Sec-Fetch-Site", "cross-site")
			b.send(r).is(403)
		}
		b.get("/settings").is(200)
	})
}

func TestDemoPeople(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *bun.DB) {
		s := newSite(t, d, true)
		b := s.browser()
		b.get("/sign-in").is(200, "Sign in as Rina Patel", "Learner", `value="greenroom-demo"`)
		b.post("/sign-in", "email", "learner@demo.example", "password", "greenroom-demo").goes("/me")
		b.get("/settings").is(200, "Rina Patel")
	})
}

func TestNoDemoPeopleElsewhere(t *testing.T) {
	t.Parallel()
	s := newSite(t, dbtest.New(t, "sqlite"), false)
	s.browser().get("/sign-in").is(200).hasNot("Sign in as", "demo")
}

func TestKeepOnRegistering(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		b := s.browser()
		b.post("/learn").is(204)
		b.get("/register").is(200).hasNot("done on this device")
		s.steps.n = 7
		b.get("/register").is(200, "Keep the 7 steps done on this device", `name="keep" value="yes" checked`)
		b.post("/register", "name", "Ada", "email", "x").is(422, "Keep the 7 steps").hasNot(`value="yes" checked`)
		b.post("/register", "name", "Ada", "email", "x", "keep", "yes").is(422, `value="yes" checked`)
		b.register("ada@example.org", "keep", "yes", "return", "/courses").goes("/courses")
		b.get("/settings").is(200, "The 7 steps done on this device are yours now").hasNot("waits for you")
		if len(s.steps.moved) != 1 {
			t.Errorf("claimed %d times", len(s.steps.moved))
		}
	})
}

func TestKeepNothingOnASharedComputer(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		b := s.browser()
		b.post("/learn").is(204)
		s.steps.n = 7
		b.register("ada@example.org").goes("/me")
		b.get("/settings").is(200, "waits for you to say whether it is yours")
		if len(s.steps.moved) != 0 {
			t.Error("another's work was taken")
		}
	})
}

func TestClaimAfterSigningIn(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		s.browser().register("ada@example.org")
		enter := func(b *browser) page {
			t.Helper()
			return b.post("/sign-in", "email", "ada@example.org", "password", good, "return", "/courses")
		}
		b := s.browser()
		b.get("/claim").goes("/sign-in?return=%2Fclaim")
		b.post("/learn").is(204)
		s.steps.n = 1
		enter(b).goes("/claim?return=%2Fcourses")
		b.get("/claim?return=/courses").is(200, "1 step was done on this device", "last on Wed 25 Nov 2026, 20:00", `value="/courses"`)
		b.post("/claim", "answer", "later", "return", "/courses").goes("/courses")
		b.get("/claim").is(200)
		b.post("/claim", "answer", "perhaps").goes("/claim")
		b.post("/claim", "answer", "mine", "return", "/courses").goes("/courses")
		b.post("/claim", "answer", "mine").goes("/me") // a second press
		b.get("/claim").is(404, "no work on this device")
		if len(s.steps.moved) != 1 {
			t.Errorf("claimed %d times, want once", len(s.steps.moved))
		}
		other := s.browser()
		other.post("/learn").is(204)
		enter(other).goes("/claim?return=%2Fcourses")
		other.post("/claim", "answer", "not-mine").goes("/me")
		other.get("/claim").is(404)
		if len(s.steps.moved) != 1 {
			t.Error("not mine was claimed")
		}
	})
}
