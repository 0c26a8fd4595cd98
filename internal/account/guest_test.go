package account_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"greenroom/internal/account"
	"greenroom/internal/fault"
)

// work stands for a package that keeps what people do: it uses the name column of a table that is there.
type work struct {
	d    *bun.DB
	fail error
}

func (w *work) done(t *testing.T, id string) int {
	t.Helper()
	n, err := w.d.NewSelect().Table("mail").Where("to_address = ?", id).Count(ctx())
	ok(t, err)
	return int(n)
}

func (w *work) do(t *testing.T, id string, steps int) {
	t.Helper()
	for i := range steps {
		_, err := w.d.NewRaw("INSERT INTO mail (id, to_address, subject, body_text, body_html, state, attempts, due_at, created_at, last_error) "+
			"VALUES (?, ?, 'x', '', '', 'dead', 0, ?, ?, '')", id+string(rune('a'+i)), id, start, start).Exec(ctx())
		ok(t, err)
	}
}

func (w *work) Claim(ctx context.Context, tx bun.IDB, from, to string) error {
	if _, err := tx.NewRaw("UPDATE mail SET to_address = ? WHERE to_address = ?", to, from).Exec(ctx); err != nil {
		return err
	}
	return w.fail
}

func (w *work) Summary(ctx context.Context, id string) (int, time.Time, error) {
	n, err := w.d.NewSelect().Table("mail").Where("to_address = ?", id).Count(ctx)
	return int(n), start, err
}

// guest is a browser whose device has done some steps.
func (s *site) guest(t *testing.T, steps int) (b *browser, id string, w *work) {
	t.Helper()
	w = &work{d: s.d}
	s.AddClaimer(w)
	s.SetSummary(w)
	b = s.browser()
	b.do(func(rw http.ResponseWriter, r *http.Request) {
		p, err := s.sessions.StartGuest(rw, r)
		ok(t, err)
		again, err := s.sessions.StartGuest(rw, r)
		ok(t, err)
		seen, in := account.ViewerFrom(r.Context())
		if again.ID != p.ID || seen.ID != p.ID || in || !p.Guest() || p.Initials() != "" {
			t.Errorf("guests %v, %v, seen %v", p, again, seen)
		}
		id = p.ID
	})
	w.do(t, id, steps)
	return b, id, w
}

func TestGuestOfADevice(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		b, id, _ := s.guest(t, 7)
		b.is(id)
		got, err := s.Waiting(ctx(), b.cookies["greenroom_device"])
		ok(t, err)
		if got.Steps != 7 || !got.Last.Equal(start) {
			t.Errorf("got %+v", got)
		}
		for range 10 { // each visit keeps it for 90 days more
			s.clock.add(80 * 24 * time.Hour)
			b.is(id)
		}
		s.clock.add(90 * 24 * time.Hour)
		b.is("")
		ok(t, s.Clean(ctx()))
		if n := count(t, s.d, "person"); n != 0 {
			t.Errorf("%d people left", n)
		}
	})
}

func TestNothingMergesBySigningIn(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		b, guest, w := s.guest(t, 3)
		p := s.proven()
		b.signIn(p.ID)
		b.is(p.ID)
		if w.done(t, guest) != 3 || w.done(t, p.ID) != 0 {
			t.Error("work moved without a word")
		}
		b.do(func(rw http.ResponseWriter, r *http.Request) { ok(t, s.sessions.SignOut(r.Context())) })
		b.is(guest)
	})
}

func TestClaimOnce(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		b, guest, w := s.guest(t, 4)
		token := b.cookies["greenroom_device"]
		p, q := s.ada(), s.register("Grace", "grace@example.org")
		var wg sync.WaitGroup
		var mu sync.Mutex
		won := map[string]int{}
		for i := range 10 {
			who := p.ID
			if i%2 == 0 {
				who = q.ID
			}
			wg.Go(func() {
				did, err := s.Claim(ctx(), token, who)
				if err != nil {
					t.Error(err)
				}
				if did {
					mu.Lock()
					won[who]++
					mu.Unlock()
				}
			})
		}
		wg.Wait()
		if len(won) != 1 || won[p.ID]+won[q.ID] != 1 {
			t.Fatalf("claimed by %v, want once by one", won)
		}
		if got := w.done(t, p.ID) + w.done(t, q.ID); got != 4 || w.done(t, guest) != 0 {
			t.Errorf("%d steps are theirs, %d the guest's; want 4 and 0", got, w.done(t, guest))
		}
		b.is("") // the token is dead
		_, err := s.Waiting(ctx(), token)
		want(t, err, "account.claim_nothing")
		if _, err := s.ByID(ctx(), guest); !fault.Is(err, fault.NotFound) {
			t.Errorf("the guest is still there: %v", err)
		}
	})
}

func TestClaimIsWholeOrNothing(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		b, guest, w := s.guest(t, 4)
		p := s.ada()
		w.fail = errors.New("disk full")
		if did, err := s.Claim(ctx(), b.cookies["greenroom_device"], p.ID); did || err == nil {
			t.Errorf("claimed %v, error %v", did, err)
		}
		if w.done(t, guest) != 4 {
			t.Error("half a claim was kept")
		}
		b.is(guest)
		w.fail = nil
		did, err := s.Claim(ctx(), b.cookies["greenroom_device"], p.ID)
		if !did || err != nil {
			t.Errorf("claimed %v, error %v", did, err)
		}
		for _, bad := range []string{"", "x", strings.Repeat("A", 26)} {
			if did, err := s.Claim(ctx(), bad, p.ID); did || err != nil {
				t.Errorf("%q: claimed %v, error %v", bad, did, err)
			}
		}
		b2, guest2, _ := s.guest(t, 1)
		other, _, err := s.NewGuest(ctx())
		ok(t, err)
		if _, err := s.Claim(ctx(), b2.cookies["greenroom_device"], other.ID); !fault.Is(err, fault.Forbidden) {
			t.Errorf("a guest claimed another's work: %v", err)
		}
		b2.is(guest2)
	})
}

func TestRegisterKeepsTheDevicesWork(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		b, guest, w := s.guest(t, 7)
		in := account.Registration{Name: "Ada", Email: "ada@example.org", Password: good, Device: b.cookies["greenroom_device"]}
		w.fail = errors.New("disk full")
		if _, err := s.Register(ctx(), in); err == nil {
			t.Error("registered although the work was not kept")
		}
		if w.done(t, guest) != 7 || count(t, s.d, "person") != 1 {
			t.Error("something of the failed registration was kept")
		}
		w.fail = nil
		p, err := s.Register(ctx(), in)
		ok(t, err)
		if w.done(t, p.ID) != 7 {
			t.Errorf("%d steps kept, want 7", w.done(t, p.ID))
		}
	})
}

func TestNotMine(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		b, guest, w := s.guest(t, 2)
		b.do(func(rw http.ResponseWriter, _ *http.Request) { s.sessions.ForgetDevice(rw) })
		b.is("")
		if w.done(t, guest) != 2 {
			t.Error("another's work is gone")
		}
	})
}
