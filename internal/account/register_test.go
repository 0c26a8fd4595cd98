package account_test

import (
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"greenroom/internal/account"
	"greenroom/internal/db/dbtest"
	"greenroom/internal/fault"
)

func TestRegister(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		p := s.register("  Ada   Lovelace ", " Ada@Example.org ")
		if p.Name != "Ada Lovelace" || p.Email != "Ada@Example.org" || p.Powers != "" || p.Initials() != "AL" || p.Verified() {
			t.Errorf("got %+v", *p)
		}
		got, err := s.ByEmail(ctx(), "ADA@EXAMPLE.ORG")
		ok(t, err)
		if got.ID != p.ID || !got.CreatedAt.Equal(start) {
			t.Errorf("found %v, created %v", got, got.CreatedAt)
		}
		l := s.letters("Ada@Example.org")
		if len(l) != 1 || strings.Contains(l[0].Text+l[0].Subject, "Ada") {
			t.Errorf("want one letter without the typed name, got %+v", l)
		}
		_, err = s.Register(ctx(), account.Registration{Name: "X", Email: "aDA@example.ORG", Password: good})
		want(t, err, "email:email_taken")
		if _, err := s.SignIn(ctx(), "ada@example.org", good); err != nil {
			t.Errorf("sign in: %v", err)
		}
	})
}

func TestRegisterRefuses(t *testing.T) {
	t.Parallel()
	s := newSite(t, dbtest.New(t, "sqlite"))
	long := strings.Repeat("x", 250) + "@example.org"
	for _, c := range []struct{ name, email, password, want string }{
		{"", "", "", "name:name_missing email:email_missing password:password_missing"},
		{"\u200d\u200d", "a@b.cd", good, "name:name_missing"},
		{strings.Repeat("ä", 101), "a@b.cd", good, "name:name_long"},
		{strings.Repeat("ä", 100), "a@b.cd", good, "<nil>"},
		{"Ada\u202egpj.exe", "a@b.ce", good, "name:name_hidden"},
		{"Ada\x00", "a@b.ce", good, "name:name_hidden"},
		{"Ada\x1b[2J", "a@b.ce", good, "name:name_hidden"},
		{"Ada", "ada", good, "email:email_wrong"},
		{"Ada", "ada@host", good, "email:email_wrong"},
		{"Ada", long, good, "email:email_long"},
		{"Ada", "ada@example.org\r\nBcc: x@example.org", good, "email:email_wrong"},
		{"Ada", "ada@example.org\n", good, "<nil>"}, // trimmed like any space around it
		{"Ada", "ada@exa\nmple.org", good, "email:email_wrong"},
		{"Ada", "Ada <ada@example.org>", good, "email:email_wrong"},
		{"Ada", "a@b.cd,c@d.ef", good, "email:email_wrong"},
		{"Ada", `"a b"@example.org`, good, "email:email_wrong"},
		{"Ada", "ada@[127.0.0.1]", good, "email:email_wrong"},
		{"Ada", "ada@-example.org", good, "email:email_wrong"},
		{"Ada", "ada@example..org", good, "email:email_wrong"},
		{"Ada", "ada\u202e@example.org", good, "email:email_wrong"},
		{"Ada", "a\xff@example.org", good, "email:email_wrong"},
		{"Ada", "o'brien+tag@sub.example.org", good, "<nil>"},
		{"Ada", "jürgen@bücher.example", good, "<nil>"},
		{"Ada", "b@b.cd", strings.Repeat("q7", 7), "password:password_short"},
		{"Ada", "b@b.cd", strings.Repeat("é", 14), "password:password_short"},
		{"Ada", "b@b.cd", strings.Repeat("violet anchor ", 20), "password:password_long"},
		{"Ada", "b@b.cd", "aaaaaaaaaaaaaaaaa", "password:password_obvious"},
		{"Ada", "b@b.cd", "abc123abc123abc123", "password:password_obvious"},
		{"Ada", "b@b.cd", "12345678901234567890", "password:password_obvious"},
		{"Ada", "b@b.cd", "Correct Horse Battery Staple", "password:password_obvious"},
		{"Ada", "b@b.cd", "greenroom-greenroom1", "password:password_obvious"},
		{"Ada Lovelace", "b@b.cd", "Ada.Lovelace.2026!", "password:password_obvious"},
		{"Ada", "countess@math.example", "countess@math.example", "password:password_obvious"},
		{"Ada", "q1@b.cd", "               ", "password:password_obvious"},
		{"Ada", "q2@b.cd", "greenroom has purple walls", "<nil>"},
		{"Ada", "q3@b.cd", "密码密码密碼很長的一句話吧好嗎", "<nil>"},
		{"Ada", "q4@b.cd", " leading and trailing ", "<nil>"},
		{"Ada", "q5@b.cd", strings.Repeat("violet anchor", 19), "<nil>"},
	} {
		_, err := s.Register(ctx(), account.Registration{Name: c.name, Email: c.email, Password: c.password})
		if got := keys(err); got != c.want {
			t.Errorf("%q %q %q: got %q, want %q", c.name, c.email, c.password, got, c.want)
		}
	}
}

func TestRegisterOneAddressAtOnce(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		var wg sync.WaitGroup
		errs := make([]error, 20)
		for i := range errs {
			wg.Go(func() {
				email := "ada@example.org"
				if i%2 == 0 {
					email = "ADA@example.org"
				}
				_, errs[i] = s.Register(ctx(), account.Registration{Name: "Ada", Email: email, Password: good})
			})
		}
		wg.Wait()
		won := 0
		for _, err := range errs {
			if err == nil {
				won++
			} else {
				want(t, err, "email:email_taken")
			}
		}
		if n := count(t, s.d, "person"); won != 1 || n != 1 || len(s.letters("")) != 1 {
			t.Errorf("%d won, %d people, %d letters; want 1 of each", won, n, len(s.letters("")))
		}
	})
}

func TestVerifyBySamePersonKeepsTheirSessionOnly(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		p := s.ada()
		here, there := s.browser(), s.browser()
		here.signIn(p.ID)
		there.signIn(p.ID)
		token := s.token("verify")
		here.do(func(w http.ResponseWriter, r *http.Request) {
			_, err := s.Verify(r.Context(), token, p.ID, "")
			ok(t, err)
		})
		here.is(p.ID)
		there.is("")
		got, err := s.ByID(ctx(), p.ID)
		ok(t, err)
		if !got.Verified() {
			t.Error("not verified")
		}
		_, err = s.Verify(ctx(), token, p.ID, "")
		want(t, err, "account.link_dead")
	})
}

// Somebody registers a stranger's address and waits. Whatever the stranger does, the waiting one is out.
func TestVerifyNeedsBothProofs(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		p := s.ada()
		attacker, victim := s.browser(), s.browser()
		attacker.signIn(p.ID)
		token := s.token("verify")

		_, err := s.Verify(ctx(), token, "", "")
		want(t, err, "password:password_missing")
		_, err = s.Verify(ctx(), token, "someone-else", "not the one at all")
		want(t, err, "password:password_wrong")
		attacker.is(p.ID)
		if _, err := s.Look(ctx(), token, account.LinkVerify); err != nil {
			t.Errorf("looking and failing must not spend the link: %v", err)
		}

		ok(t, s.RequestReset(ctx(), "ada@example.org"))
		_, err = s.Reset(ctx(), s.token("reset"), "another nine green doors")
		ok(t, err)
		attacker.is("")
		_, err = s.SignIn(ctx(), "ada@example.org", good)
		want(t, err, "email:sign_in_wrong")
		_, err = s.Verify(ctx(), token, "", good)
		want(t, err, "account.link_dead")
		victim.signIn(p.ID)
		victim.is(p.ID)
	})
}

func TestVerifyWithPasswordElsewhere(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		p := s.ada()
		old := s.browser()
		old.signIn(p.ID)
		got, err := s.Verify(ctx(), s.token("verify"), "", good)
		ok(t, err)
		if got.ID != p.ID || !got.Verified() {
			t.Errorf("got %v", got)
		}
		old.is("")
	})
}

func TestLinksAge(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		p := s.ada()
		verify := s.token("verify")
		ok(t, s.RequestReset(ctx(), p.Email))
		reset := s.token("reset")
		s.clock.add(time.Hour)
		_, err := s.Reset(ctx(), reset, "another nine green doors")
		want(t, err, "account.link_dead")
		s.clock.add(7*24*time.Hour - time.Hour - time.Microsecond)
		_, err = s.Look(ctx(), verify, account.LinkVerify)
		ok(t, err)
		s.clock.add(time.Microsecond)
		_, err = s.Verify(ctx(), verify, p.ID, "")
		want(t, err, "account.link_dead")
	})
}

// A link of one kind opens nothing of another, and guesses open nothing.
func TestLinksAreOfOneKind(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		p := s.ada()
		verify := s.token("verify")
		_, err := s.Reset(ctx(), verify, "another nine green doors")
		want(t, err, "account.link_dead")
		want(t, s.Undo(ctx(), verify), "account.link_dead")
		for _, guess := range []string{"", "x", p.ID, strings.ToLower(verify), verify + " ", strings.Repeat("A", 10_000)} {
			_, err := s.Verify(ctx(), guess, p.ID, "")
			want(t, err, "account.link_dead")
		}
	})
}

func TestResendIsLimited(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		p := s.ada()
		ok(t, s.ResendVerification(ctx(), p.ID))
		ok(t, s.ResendVerification(ctx(), p.ID))
		if err := s.ResendVerification(ctx(), p.ID); !fault.Is(err, fault.Limited) {
			t.Errorf("fourth letter in a minute: %v", err)
		}
		s.clock.add(15 * time.Minute)
		ok(t, s.ResendVerification(ctx(), p.ID))
		for range 20 { // ten a day at most
			s.clock.add(15 * time.Minute)
			_ = s.ResendVerification(ctx(), p.ID)
		}
		if n := len(s.letters("")); n != 10 {
			t.Errorf("%d letters in a day, want 10", n)
		}
	})
}

func TestRehashAndPersonWithoutPassword(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *bun.DB) {
		s := newSite(t, d)
		p := s.ada()
		before, err := s.ByID(ctx(), p.ID)
		ok(t, err)
		dearer := *cheap
		dearer.Memory = 128
		s2 := node(t, d, s.clock, &account.Options{BaseURL: "http://localhost:8080", Hash: &dearer})
		_, err = s2.SignIn(ctx(), p.Email, good)
		ok(t, err)
		after, err := s.ByID(ctx(), p.ID)
		ok(t, err)
		if before.PasswordHash == after.PasswordHash || !strings.Contains(after.PasswordHash, "m=128") {
			t.Errorf("hash not renewed: %s", after.PasswordHash)
		}
		_, err = s.SignIn(ctx(), p.Email, good)
		ok(t, err)

		q, link, err := s.Add(ctx(), account.NewAccount{Name: "Grace", Email: "grace@example.org"})
		ok(t, err)
		_, err = s.SignIn(ctx(), q.Email, good)
		want(t, err, "email:sign_in_wrong")
		_, err = s.Reset(ctx(), linkForm.FindStringSubmatch(link)[2], "another nine green doors")
		ok(t, err)
		_, err = s.SignIn(ctx(), q.Email, "another nine green doors")
		ok(t, err)
	})
}
