package access_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"greenroom/internal/access"
	"greenroom/internal/account"
	"greenroom/internal/audit"
	"greenroom/internal/db/dbtest"
	"greenroom/internal/fault"
	"greenroom/internal/locale"
	"greenroom/internal/mail"
)

type world struct {
	*access.Service
	t        *testing.T
	accounts *account.Service
	audit    *audit.Service
	mu       sync.Mutex
	at       time.Time
}

func newWorld(t *testing.T, d *bun.DB) *world {
	t.Helper()
	w := &world{t: t, audit: audit.New(d), at: time.Date(2026, 5, 4, 1, 2, 3, 0, time.UTC)}
	log := slog.New(slog.NewTextHandler(io.Discard, nil))
	words, err := locale.Load()
	w.ok(err)
	m, err := mail.New(d, mail.Options{From: "a@b.example", Now: w.now, Log: log})
	w.ok(err)
	w.accounts, err = account.New(d, m, account.Options{BaseURL: "http://x.example", SiteName: "Greenroom", Now: w.now, Log: log, Words: words})
	w.ok(err)
	w.Service = access.New(d, w.accounts, w.now)
	return w
}

func (w *world) now() time.Time { w.mu.Lock(); defer w.mu.Unlock(); return w.at }

func (w *world) ok(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) person(name string) *account.Person {
	w.t.Helper()
	p, _, err := w.accounts.Add(context.Background(), account.NewAccount{Name: name, Email: strings.ToLower(name) + "@agency.example"})
	w.ok(err)
	return p
}

func (w *world) again(p *account.Person) *account.Person {
	w.t.Helper()
	q, err := w.accounts.ByID(context.Background(), p.ID)
	w.ok(err)
	return q
}

func TestGrantsReachThePersonAndTheLog(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *bun.DB) {
		w, ctx := newWorld(t, d), context.Background()
		boss, ada, bob := w.person("Boss"), w.person("Ada"), w.person("Bob")
		w.ok(w.Grant(ctx, nil, access.Grant{PersonID: boss.ID, Role: account.RoleAdmin, Reason: "first of the site"}))
		boss = w.again(boss)
		end := w.now().Add(time.Hour)
		w.ok(w.Grant(ctx, boss, access.Grant{PersonID: ada.ID, Role: account.RoleTrainer, DeliveryID: "d1", Reason: "leads it"}))
		w.ok(w.Grant(ctx, boss, access.Grant{PersonID: ada.ID, Role: account.RoleAuthor, Reason: "writes", ExpiresAt: &end}))
		ada = w.again(ada)
		switch {
		case !boss.Can(account.RoleTrainer, "d1"), !boss.Can(account.RoleAuthor, ""):
			t.Error("an administrator lacks a role")
		case !ada.Can(account.RoleTrainer, "d1"), ada.Can(account.RoleTrainer, "d2"), ada.Can(account.RoleTrainer, ""), !ada.CanSome(account.RoleTrainer):
			t.Errorf("a trainer of one delivery: %q", ada.Powers)
		case !ada.Can(account.RoleAuthor, "d2"), ada.Can(account.RoleAdmin, ""), ada.CanSome(account.RoleModerator):
			t.Errorf("an author: %q", ada.Powers)
		case bob.CanSome(account.RoleTrainer), (*account.Person)(nil).CanSome(account.RoleAdmin):
			t.Error("nobody has a role")
		}
		ada.Powers = ada.Powers.At(end)
		if ada.CanSome(account.RoleAuthor) || !ada.Can(account.RoleTrainer, "d1") {
			t.Errorf("after the end: %q", ada.Powers)
		}
		// A delivery's trainer may take somebody along, there and nowhere else.
		w.ok(w.Grant(ctx, ada, access.Grant{PersonID: bob.ID, Role: account.RoleModerator, DeliveryID: "d1", Reason: "helps"}))
		for _, g := range []access.Grant{
			{PersonID: bob.ID, Role: account.RoleTrainer, DeliveryID: "d2", Reason: "helps"},
			{PersonID: bob.ID, Role: account.RoleTrainer, Reason: "helps"},
			{PersonID: ada.ID, Role: account.RoleAdmin, Reason: "wants it"},
		} {
			if err := w.Grant(ctx, ada, g); !fault.Is(err, fault.Forbidden) {
				t.Errorf("%v: %v", g.Role, err)
			}
		}
		w.ok(w.Revoke(ctx, ada, bob.ID, account.RoleModerator, "d1", "went home"))
		if bob = w.again(bob); bob.Powers != "" {
			t.Errorf("powers after revoking: %q", bob.Powers)
		}
		if err := w.Revoke(ctx, boss, bob.ID, account.RoleModerator, "d1", "again"); !fault.Is(err, fault.NotFound) {
			t.Errorf("revoked twice: %v", err)
		}
		log, n, err := w.audit.List(ctx, audit.Filter{Action: "role.", DeliveryID: "d1"})
		w.ok(err)
		if n != 3 || log[0].Action != "role.revoked" || log[0].Reason != "went home" || log[0].ActorName != "Ada" || log[0].PersonName != "Bob" {
			t.Errorf("log: %d %+v", n, log)
		}
		if _, n, err = w.audit.List(ctx, audit.Filter{Text: "FIRST OF"}); err != nil || n != 1 {
			t.Errorf("search: %d, %v", n, err)
		}
		if _, n, err = w.audit.List(ctx, audit.Filter{Text: "%"}); err != nil || n != 0 {
			t.Errorf("a sign is no pattern: %d, %v", n, err)
		}
		var said []string
		w.ok(w.audit.Export(ctx, audit.Filter{PersonID: bob.ID}, func(e audit.Entry) error { said = append(said, e.Action); return nil }))
		if fmt.Sprint(said) != "[role.granted role.revoked]" {
			t.Errorf("export: %v", said)
		}
	})
}

func TestWhatCannotBeGranted(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *bun.DB) {
		w, ctx := newWorld(t, d), context.Background()
		ada := w.person("Ada")
		guest, _, err := w.accounts.NewGuest(ctx)
		w.ok(err)
		past := w.now()
		for field, g := range map[string]access.Grant{
			"role":    {PersonID: ada.ID, Role: "king", Reason: "long live"},
			"reason":  {PersonID: ada.ID, Role: account.RoleTrainer, Reason: " x "},
			"expires": {PersonID: ada.ID, Role: account.RoleTrainer, Reason: "for a moment", ExpiresAt: &past},
			"person":  {PersonID: guest.ID, Role: account.RoleTrainer, Reason: "a guest"},
		} {
			if err := w.Grant(ctx, nil, g); !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), field+":") {
				t.Errorf("%s: %v", field, err)
			}
		}
		long := strings.Repeat("ä", access.MaxReason)
		w.ok(w.Grant(ctx, nil, access.Grant{PersonID: ada.ID, Role: account.RoleTrainer, Reason: long}))
		if err := w.Grant(ctx, nil, access.Grant{PersonID: ada.ID, Role: account.RoleTrainer, Reason: long + "ä"}); !fault.Is(err, fault.Invalid) {
			t.Errorf("a long reason: %v", err)
		}
		if err := w.Grant(ctx, nil, access.Grant{PersonID: "nobody", Role: account.RoleTrainer, Reason: "who?"}); !fault.Is(err, fault.NotFound) {
			t.Errorf("nobody: %v", err)
		}
	})
}

// Two administrators who take the role from each other at the same moment: one stays.
func TestTheLastAdministratorStays(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *bun.DB) {
		w, ctx := newWorld(t, d), context.Background()
		ada, bob := w.person("Ada"), w.person("Bob")
		for round := range 8 {
			for _, p := range []*account.Person{ada, bob} {
				w.ok(w.Grant(ctx, nil, access.Grant{PersonID: p.ID, Role: account.RoleAdmin, Reason: "round"}))
			}
			var wg sync.WaitGroup
			errs := make([]error, 2)
			for i, p := range []*account.Person{ada, bob} {
				wg.Go(func() { errs[i] = w.Revoke(ctx, nil, p.ID, account.RoleAdmin, "", "round") })
			}
			wg.Wait()
			all, err := w.In(ctx, "")
			w.ok(err)
			if len(all) != 1 || (errs[0] == nil) == (errs[1] == nil) {
				t.Fatalf("round %d: %d administrators, %v", round, len(all), errs)
			}
			for _, err := range errs {
				if err != nil && !fault.Is(err, fault.Conflict) {
					t.Fatal(err)
				}
			}
		}
	})
}

// Who looks after something is who holds a role there now: not who held it once, holds another, or has a closed account.
func TestHolders(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *bun.DB) {
		w, ctx := newWorld(t, d), context.Background()
		here, site, past, author, closed := w.person("Here"), w.person("Site"), w.person("Past"), w.person("Author"), w.person("Closed")
		soon := w.now().Add(time.Minute)
		for _, g := range []access.Grant{
			{PersonID: here.ID, Role: account.RoleTrainer, DeliveryID: "d1"}, {PersonID: here.ID, Role: account.RoleModerator, DeliveryID: "d1"},
			{PersonID: site.ID, Role: account.RoleModerator}, {PersonID: past.ID, Role: account.RoleTrainer, DeliveryID: "d1", ExpiresAt: &soon},
			{PersonID: author.ID, Role: account.RoleAuthor}, {PersonID: closed.ID, Role: account.RoleTrainer, DeliveryID: "d1"},
		} {
			g.Reason = "for the test"
			w.ok(w.Grant(ctx, nil, g))
		}
		_, err := d.NewUpdate().Table("person").Set("disabled_at = ?", w.now()).Where("id = ?", closed.ID).Exec(ctx)
		w.ok(err)
		roles := []string{account.RoleTrainer, account.RoleModerator}
		holders := func(at time.Time, in ...string) int {
			t.Helper()
			var ids []string
			w.ok(access.Holders(d, at, roles, in...).Scan(ctx, &ids))
			return len(ids)
		}
		if n := holders(w.now(), "d1"); n != 2 { // here once, past still
			t.Errorf("%d before the end", n)
		}
		if n := holders(soon, "d1"); n != 1 {
			t.Errorf("%d after the end", n)
		}
		if n := holders(soon, "", "d1"); n != 2 {
			t.Errorf("%d with the whole site", n)
		}
	})
}
