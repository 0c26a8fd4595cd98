package account_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"greenroom/internal/account"
	"greenroom/internal/db/dbtest"
	"greenroom/internal/fault"
)

func TestUnknownAccountCostsTheSame(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		p := s.ada()
		cost := func(email, password string) int64 {
			before := s.Hashes()
			_, err := s.SignIn(ctx(), email, password)
			want(t, err, "email:sign_in_wrong")
			return s.Hashes() - before
		}
		known, unknown := cost(p.Email, "not the one at all"), cost("nobody@example.org", "not the one at all")
		if known != 1 || unknown != 1 {
			t.Errorf("hashes: known %d, unknown %d; want 1 each", known, unknown)
		}
		long := strings.Repeat("x", 257)
		if a, b := cost(p.Email, long), cost("nobody@example.org", long); a != 0 || b != 0 {
			t.Errorf("too long: known %d, unknown %d hashes; want none", a, b)
		}
		_, err := s.SignIn(ctx(), "", "")
		want(t, err, "email:email_missing password:password_missing")
	})
}

func TestWrongPasswordsSlowDown(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		p := s.proven()
		letters := len(s.letters(""))
		wrong := func() error {
			_, err := s.SignIn(ctx(), p.Email, "not the one at all")
			return err
		}
		for range 5 {
			want(t, wrong(), "email:sign_in_wrong")
		}
		want(t, wrong(), "email:locked_seconds")
		before := s.Hashes()
		_, err := s.SignIn(ctx(), p.Email, good)
		want(t, err, "email:locked_seconds")
		if s.Hashes() != before {
			t.Error("a waiting account's password was looked at")
		}
		told := s.letters(p.Email)
		if len(told) != letters+1 || !strings.Contains(told[0].Subject, "Wrong passwords") {
			t.Errorf("%d letters more, want one that tells: %q", len(told)-letters, told[0].Subject)
		}
		for _, wait := range []time.Duration{30, 60, 120, 240, 480, 900, 900} {
			s.clock.add(wait*time.Second - time.Microsecond)
			if err := wrong(); !strings.Contains(keys(err), "locked") {
				t.Errorf("before %v s: %v", int(wait), keys(err))
			}
			s.clock.add(time.Microsecond)
			want(t, wrong(), "email:sign_in_wrong")
		}
		if n := len(s.letters(p.Email)); n != letters+1 {
			t.Errorf("%d letters, want no more than one", n-letters)
		}
		s.clock.add(15 * time.Minute)
		_, err = s.SignIn(ctx(), p.Email, good)
		ok(t, err)
		for range 4 {
			want(t, wrong(), "email:sign_in_wrong")
		}
		_, err = s.SignIn(ctx(), p.Email, good) // the count began anew
		ok(t, err)
	})
}

func TestResetIsOpenWhileLocked(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		p := s.proven()
		for range 6 {
			_, _ = s.SignIn(ctx(), p.Email, "not the one at all")
		}
		ok(t, s.RequestReset(ctx(), p.Email))
		token := s.token("reset")
		_, err := s.Reset(ctx(), token, "short")
		want(t, err, "password:password_short")
		_, err = s.Reset(ctx(), token, "another nine green doors")
		ok(t, err)
		_, err = s.SignIn(ctx(), p.Email, "another nine green doors")
		ok(t, err)
	})
}

// Many guesses at once: the count is written before the hash, so not more than the free ones are looked at.
func TestGuessesAtOnceAreCounted(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		p := s.proven()
		before := s.Hashes()
		var wg sync.WaitGroup
		for range 30 {
			wg.Go(func() { _, _ = s.SignIn(ctx(), p.Email, "not the one at all") })
		}
		wg.Wait()
		if n := s.Hashes() - before; n != 5 {
			t.Errorf("%d guesses were looked at, want 5", n)
		}
	})
}

func TestSecretsStayOutOfTheLog(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		p := s.ada()
		verify := s.token("verify")
		_, _ = s.SignIn(ctx(), p.Email, "my wrong secret guess")
		_, _ = s.SignIn(ctx(), "canary.unknown@example.org", "my wrong secret guess")
		b := s.browser()
		b.signIn(p.ID)
		_, err := s.Verify(ctx(), verify, p.ID, "")
		ok(t, err)
		ok(t, s.RequestReset(ctx(), p.Email))
		reset := s.token("reset")
		_, err = s.Reset(ctx(), reset, "another nine green doors")
		ok(t, err)
		ok(t, s.Disable(ctx(), p.ID, true))
		log := s.log.String()
		for _, secret := range []string{
			good, "secret", "another nine", verify, reset, b.cookies["greenroom_session"], "xample.org", "Ada", "Lovelace", "argon2id",
		} {
			if strings.Contains(log, secret) {
				t.Errorf("the log holds %q", secret)
			}
		}
		for _, fact := range []string{"signed in", "sign-in failed", "registered", "reset", "disabled", p.ID} {
			if fact != "signed in" && !strings.Contains(log, fact) {
				t.Errorf("the log lacks %q", fact)
			}
		}
	})
}

func TestResetEndsWhatWasOpen(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		p := s.proven()
		b := s.browser()
		b.signIn(p.ID)
		ok(t, s.RequestReset(ctx(), p.Email))
		first := s.token("reset")
		s.clock.add(time.Second)
		ok(t, s.RequestReset(ctx(), "ADA@example.org"))
		second := s.token("reset")
		_, err := s.Reset(ctx(), second, "another nine green doors")
		ok(t, err)
		b.is("")
		for _, tok := range []string{first, second} {
			_, err = s.Reset(ctx(), tok, "yet another nine doors")
			want(t, err, "account.link_dead")
		}
		_, err = s.SignIn(ctx(), p.Email, good)
		want(t, err, "email:sign_in_wrong")
		if l := s.letters(p.Email)[0]; !strings.Contains(l.Subject, "password") {
			t.Errorf("the holder was not told: %q", l.Subject)
		}
	})
}

func TestResetAsksNobodyWhoExists(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		p := s.proven()
		before := len(s.letters(""))
		ok(t, s.RequestReset(ctx(), "nobody@example.org"))
		want(t, s.RequestReset(ctx(), "no address"), "email:email_wrong")
		if n := len(s.letters("")); n != before {
			t.Errorf("%d letters to nobody", n-before)
		}
		for range 6 {
			ok(t, s.RequestReset(ctx(), p.Email))
		}
		if n := len(s.letters("")) - before; n != 3 {
			t.Errorf("%d letters in 15 minutes, want 3", n)
		}
	})
}

func TestOneLinkTwiceAtOnce(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		p := s.proven()
		ok(t, s.RequestReset(ctx(), p.Email))
		token := s.token("reset")
		var wg sync.WaitGroup
		errs := make([]error, 8)
		for i := range errs {
			wg.Go(func() { _, errs[i] = s.Reset(ctx(), token, "another nine green doors") })
		}
		wg.Wait()
		won := 0
		for _, err := range errs {
			if err == nil {
				won++
			} else if !fault.Is(err, fault.NotFound) {
				t.Errorf("got %v", err)
			}
		}
		if won != 1 {
			t.Errorf("one link worked %d times", won)
		}
	})
}

func TestDisabled(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		p := s.proven()
		b := s.browser()
		b.signIn(p.ID)
		ok(t, s.RequestReset(ctx(), p.Email))
		reset := s.token("reset")
		ok(t, s.Disable(ctx(), p.ID, true))
		b.is("")
		_, err := s.SignIn(ctx(), p.Email, good)
		want(t, err, "email:disabled")
		_, err = s.Reset(ctx(), reset, "another nine green doors")
		want(t, err, "account.link_dead")
		before := len(s.letters(""))
		ok(t, s.RequestReset(ctx(), p.Email))
		if len(s.letters("")) != before {
			t.Error("a closed account got a link")
		}
		ok(t, s.Disable(ctx(), p.ID, false))
		_, err = s.SignIn(ctx(), p.Email, good)
		ok(t, err)
	})
}

func TestHashingIsBounded(t *testing.T) {
	t.Parallel()
	s := newSite(t, dbtest.New(t, "sqlite"))
	c, cancel := context.WithCancel(ctx())
	cancel()
	if _, err := s.SignIn(c, "nobody@example.org", good); err == nil {
		t.Error("a request that has ended still hashed")
	}
}

func TestPeopleForOperators(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *bun.DB) {
		s := newSite(t, d)
		_, _, err := s.Add(ctx(), account.NewAccount{Name: "", Email: "x"})
		want(t, err, "name:name_missing email:email_wrong")
		demo := account.DemoPerson{Name: "Priya Nair", Email: "priya@demo.example", Password: "demo-greenroom", Role: "trainer"}
		a, err := s.AddDemo(ctx(), demo)
		ok(t, err)
		b, err := s.AddDemo(ctx(), demo)
		ok(t, err)
		if a.ID != b.ID || !a.Verified() {
			t.Errorf("got %v and %v", a, b)
		}
		_, err = s.SignIn(ctx(), demo.Email, demo.Password)
		ok(t, err)
		s.ada()
		_, _, err = s.NewGuest(ctx())
		ok(t, err)
		first, err := s.List(ctx(), "", 1)
		ok(t, err)
		rest, err := s.List(ctx(), first[0].ID, 10)
		ok(t, err)
		if len(first) != 1 || len(rest) != 1 || first[0].ID == rest[0].ID || first[0].PasswordHash != "" {
			t.Errorf("lists: %v, %v", first, rest)
		}
	})
}
