package accountweb_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

func mustRequest(t *testing.T, addr string) *http.Request {
	t.Helper()
	r, err := http.NewRequest(http.MethodPost, addr, strings.NewReader(url.Values{}.Encode()))
	ok(t, err)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return r
}

// Scanners open each link of a letter, several times; only the button counts.
func TestLinksSurviveBeingLookedAt(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		b := s.browser()
		b.register("ada@example.org")
		verify := s.link("verify")
		for range 3 {
			p := s.browser().get(verify).is(200, "type the password of the account", "ada@example.org")
			if p.header.Get("Referrer-Policy") != "strict-origin" {
				t.Errorf("Referrer-Policy is %q", p.header.Get("Referrer-Policy"))
			}
		}
		b.get(verify).is(200, "Confirm address").hasNot("type the password")
		b.post(verify).goes("/me")
		b.get("/settings").is(200, "Your e-mail address is confirmed.").hasNot("not confirmed")
		b.get(verify).is(404, "does not work any more")
		b.post(verify).is(404, "does not work any more")
		s.browser().post(verify, "password", good).is(404)
	})
}

func TestVerifyElsewhere(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		b, phone := s.browser(), s.browser()
		b.register("ada@example.org")
		verify := s.link("verify")
		phone.post(verify).is(422, "Type a password")
		phone.post(verify, "password", "not the one at all").is(422, "not the password of this account").hasNot("not the one")
		phone.post(verify, "password", good).goes("/me")
		phone.get("/settings").is(200, "confirmed")
		b.get("/settings").goes("/sign-in?return=%2Fsettings")
	})
}

func TestForgot(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		b := s.browser()
		b.register("ada@example.org")
		known := s.browser().post("/forgot", "email", "ada@example.org").is(200, "Look into your mailbox")
		unknown := s.browser().post("/forgot", "email", "nobody@example.org").is(200, "Look into your mailbox")
		if known.body != unknown.body {
			t.Error("the answer tells whether an address has an account")
		}
		s.browser().post("/forgot", "email", "x").is(422, `value="x"`)
		reset := s.link("reset")
		s.browser().get(reset).is(200, "ada@example.org", `autocomplete="new-password"`)
		s.browser().post(reset, "password", "short-secret").is(422, "at least 15").hasNot("short-secret")
		b.post(reset, "password", "another nine green doors").goes("/sign-in")
		b.get("/sign-in").is(200, "Your new password is saved")
		s.browser().get(reset).is(404, "does not work any more", "/forgot")
		s.browser().post(reset, "password", "another nine green doors").is(404)
		s.browser().post("/sign-in", "email", "ada@example.org", "password", "another nine green doors").goes("/me")
		s.browser().get("/reset/nothing").is(404, "does not work any more")
	})
}

func TestSettings(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		b := s.browser()
		b.register("ada@example.org")
		b.post("/settings/profile", "name", "", "time_zone", "Mars/Olympus").is(422, `href="#f-name"`, `href="#f-time_zone"`)
		b.post("/settings/profile", "name", "Ada King", "time_zone", "Australia/Perth", "lang", "tlh").is(422, "Choose a language", `value="Ada King"`)
		b.post("/settings/profile", "name", "Ada King", "time_zone", "Australia/Perth", "lang", "en-AU").goes("/settings")
		b.get("/settings").is(200, "Your profile is saved", `value="Ada King"`, `<option value="Australia/Perth" selected`)
		b.post("/settings/appearance", "theme", "dark", "text_size", "130").goes("/settings")
		b.get("/settings").is(200, `data-theme="dark"`, "130")
		b.post("/settings/appearance", "theme", "pink").is(422)
		b.post("/settings/email", "new_email", "new@example.org", "email_password", "wrong wrong wrong").is(422, `value="new@example.org"`, "not the password")
		b.post("/settings/email", "new_email", "new@example.org", "email_password", good).goes("/settings")
		b.get("/settings").is(200, "sent a link to the new address", "ada@example.org")
		b.post(s.link("verify")).goes("/me")
		b.get("/settings").is(200, "new@example.org")
		b.post("/settings/password", "current", good, "password", "another nine green doors").goes("/settings")
		b.get("/settings").is(200, "Other devices are signed out")
		other := s.browser()
		other.post("/sign-in", "email", "new@example.org", "password", "another nine green doors").goes("/me")
		b.post("/settings/sign-out-everywhere").goes("/sign-in")
		other.get("/settings").goes("/sign-in?return=%2Fsettings")
	})
}

func TestUndoPage(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		b := s.browser()
		b.register("ada@example.org")
		b.post(s.link("verify")).goes("/me")
		b.post("/settings/email", "new_email", "new@example.org", "email_password", good).goes("/settings")
		b.post(s.link("verify")).goes("/me")
		undo := s.link("undo")
		s.browser().get(undo).is(200, "ada@example.org")
		s.browser().post(undo).goes("/sign-in")
		b.get("/settings").goes("/sign-in?return=%2Fsettings")
		s.browser().get(undo).is(404)
	})
}

func TestVerifyAgain(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		b := s.browser()
		b.register("ada@example.org")
		b.post("/verify-again").goes("/settings")
		b.get("/settings").is(200, "on its way")
		b.post("/verify-again").goes("/settings")
		b.post("/verify-again").goes("/settings")
		b.get("/settings").is(200, "several letters")
	})
}

func TestExportAndDelete(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		b := s.browser()
		b.register("ada@example.org")
		p := b.get("/settings/export").is(200, "data/account.json")
		if !strings.HasPrefix(p.header.Get("Content-Disposition"), "attachment") || p.header.Get("Cache-Control") != "no-store" {
			t.Errorf("headers %v", p.header)
		}
		b.get("/settings/delete").is(200, "cannot be undone")
		b.post("/settings/delete", "password", "not the one at all").is(422, "not the password")
		b.post("/settings/delete", "password", good).goes("/")
		b.get("/settings").goes("/sign-in?return=%2Fsettings")
		s.browser().post("/sign-in", "email", "ada@example.org", "password", good).is(422)
	})
}

func TestThemeWithoutSigningIn(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		b := s.browser()
		b.post("/theme", "theme", "dark", "return", "/sign-in").goes("/sign-in")
		b.get("/sign-in").is(200, `data-theme="dark"`)
		b.post("/theme", "theme", "system", "return", "//evil.example").goes("/")
		b.get("/sign-in").is(200).hasNot(`data-theme="dark"`)
		b.post("/theme", "theme", "pink").is(400)
		b.register("ada@example.org")
		b.post("/theme", "theme", "light").goes("/")
		fresh := s.browser()
		fresh.post("/sign-in", "email", "ada@example.org", "password", good).goes("/me")
		fresh.get("/settings").is(200, `data-theme="light"`)
		r := mustRequest(t, s.url+"/theme?theme=dark")
		r.Header.Set("Accept", "application/json")
		b.send(r).is(204)
	})
}

func TestMailboxPages(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		b := s.browser()
		b.get("/mailbox").is(200, "No letters yet")
		b.register("ada@example.org")
		list := b.get("/mailbox").is(200, "Confirm your e-mail address for Greenroom", "ada@example.org")
		_, after, _ := strings.Cut(list.body, `href="/mailbox/`)
		one, _, _ := strings.Cut(after, `"`)
		b.get("/mailbox/"+one).is(200, `<a href="`+s.url+"/verify/")
		b.get("/mailbox/no-such").is(404)
	})
}

func TestFailuresAreLimitedByNetwork(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		s.browser().register("ada@example.org")
		for range 25 { // those who succeed do not count
			s.browser().post("/sign-in", "email", "ada@example.org", "password", good).goes("/me")
		}
		for range 20 {
			s.browser().post("/sign-in", "email", "nobody@example.org", "password", "not the one at all").is(422)
		}
		s.browser().post("/sign-in", "email", "nobody@example.org", "password", "not the one at all").is(429)
	})
}
