package roster_test

import (
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"greenroom/internal/account"
	"greenroom/internal/db/dbtest"
	"greenroom/internal/delivery"
	"greenroom/internal/fault"
	"greenroom/internal/id"
	"greenroom/internal/roster"
)

// TestThreeHundredJoinByOneInvitationWithThreeUses: exactly three come in, all others hear why not, and who asks twice
// at once costs one use.
func TestThreeHundredJoinByOneInvitationWithThreeUses(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *bun.DB) {
		w := open(t, d)
		c := w.cohort("tiny")
		i, token := w.invite(c, roster.NewInvitation{MaxUses: "3"})
		people := make([]*account.Person, 150)
		for n := range people {
			people[n] = w.person("Ada")
		}
		var mu sync.Mutex
		in := map[string]bool{}
		var wg sync.WaitGroup
		for _, p := range append(people, people...) {
			wg.Go(func() {
				e, err := w.Join(w.ctx, token, p)
				mu.Lock()
				defer mu.Unlock()
				switch {
				case err == nil && e.Status == delivery.Active:
					in[p.ID] = true
				case err == nil:
					t.Errorf("joined as %s", e.Status)
				default:
					refused(t, err, "roster.invitation_used")
				}
			})
		}
		wg.Wait()
		all, _, err := w.Invitations(w.ctx, c.ID, 1)
		ok(t, err)
		if len(in) != 3 || w.count("enrolment", "delivery_id = ?", c.ID) != 3 || all[0].Uses != 3 || w.count("invitation_use", "invitation_id = ?", i.ID) != 3 {
			t.Errorf("%d in, %d enrolments, %d uses", len(in), w.count("enrolment", "delivery_id = ?", c.ID), all[0].Uses)
		}
	})
}

func TestJoiningAgainCostsNoUse(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *bun.DB) {
		w := open(t, d)
		c := w.cohort("tiny")
		i, token := w.invite(c, roster.NewInvitation{MaxUses: "1"})
		ada, bo := w.person("Ada"), w.person("Bo")
		for range 3 {
			_, err := w.Join(w.ctx, token, ada)
			ok(t, err)
		}
		_, err := w.Join(w.ctx, token, bo)
		refused(t, err, "roster.invitation_used")
		// Who left may come back by the link that let them in.
		ok(t, w.deliveries.Leave(w.ctx, ada.ID, c.ID))
		door, err := w.Open(w.ctx, token, ada)
		if err != nil || door.Why != nil || door.In != nil {
			t.Errorf("%+v %v", door, err)
		}
		_, err = w.Join(w.ctx, token, ada)
		ok(t, err)
		// Who is in by another way costs nothing either.
		cy := w.person("Cy")
		_, err = w.Add(w.ctx, w.boss, c.ID, cy.Email, "")
		ok(t, err)
		j, open := w.invite(c, roster.NewInvitation{MaxUses: "1"})
		_, err = w.Join(w.ctx, open, cy)
		ok(t, err)
		if all, _, err := w.Invitations(w.ctx, c.ID, 1); err != nil || all[0].ID != j.ID || all[0].Uses != 0 || all[1].ID != i.ID || all[1].Uses != 1 {
			t.Errorf("%+v %v", all, err)
		}
	})
}

// A form that was open when its invitation was revoked, or its last day passed, is answered with why, and nothing happens.
func TestLinksThatEnd(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *bun.DB) {
		w := open(t, d)
		c := w.cohort("tiny", func(t *delivery.Terms) { t.StartsOn = "2026-12-21" })
		ada := w.person("Ada")
		i, token := w.invite(c, roster.NewInvitation{})
		door, err := w.Open(w.ctx, token, ada)
		if err != nil || door.Why != nil || door.Course.Key != "tiny" {
			t.Fatalf("%+v %v", door, err)
		}
		for range 2 {
			ok(t, w.Revoke(w.ctx, w.boss, c.ID, i.ID))
		}
		_, err = w.Join(w.ctx, token, ada)
		refused(t, err, "roster.invitation_revoked")
		if door, err = w.Open(w.ctx, token, nil); err != nil || door.Why == nil || door.Why.Key != "roster.invitation_revoked" {
			t.Errorf("%+v %v", door, err)
		}
		if n := w.count("audit", "action = 'invitation.revoked'"); n != 1 {
			t.Errorf("%d entries", n)
		}
		// The last day is one of the cohort's zone: in Sydney it ends at 13:00 UTC.
		_, token = w.invite(c, roster.NewInvitation{Until: "2026-12-05"})
		w.pass(time.Date(2026, 12, 5, 12, 59, 59, 0, time.UTC).Sub(w.now()))
		_, err = w.Join(w.ctx, token, ada)
		ok(t, err)
		w.pass(time.Second)
		_, err = w.Join(w.ctx, token, w.person("Bo"))
		refused(t, err, "roster.invitation_expired")
		if w.status(c, ada) != delivery.Active {
			t.Error("who came in before is not in any more")
		}
		for _, token := range []string{"", "nothing", token + "x", strings.ToLower(token)} {
			if _, err := w.Open(w.ctx, token, ada); !fault.Is(err, fault.NotFound) {
				t.Errorf("%q: %v", token, err)
			}
		}
	})
}

func TestInvitationsForSomeDomains(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *bun.DB) {
		w := open(t, d)
		c := w.cohort("tiny")
		_, token := w.invite(c, roster.NewInvitation{Domains: "@Agency.example, *.gov.example", MaxUses: "2"})
		for email, want := range map[string]string{
			"a@agency.example": "", "a@health.gov.example": "", "a@sub.agency.example": "roster.invitation_domain", "a@gov.example": "roster.invitation_domain",
			"a@agency.example.net": "roster.invitation_domain", "a@xgov.example": "roster.invitation_domain", "a@notagency.example": "roster.invitation_domain",
		} {
			door, err := w.Open(w.ctx, token, w.account("Ada", email, true))
			ok(t, err)
			if got := door.Why; (want == "") != (got == nil) || got != nil && got.Key != want {
				t.Errorf("%s: %v", email, got)
			}
		}
		// An address that nobody has proven opens nothing; the wish is kept and comes true when it is proven.
		liar, bo := w.account("Liar", "liar@agency.example", false), w.account("Bo", "bo@agency.example", false)
		for range 2 {
			for _, p := range []*account.Person{liar, bo} {
				_, err := w.Join(w.ctx, token, p)
				refused(t, err, "roster.prove_first")
			}
		}
		if door, err := w.Open(w.ctx, token, bo); err != nil || !door.Asked {
			t.Errorf("%+v %v", door, err)
		}
		if w.status(c, bo) != "" || w.count("enrolment", "delivery_id = ?", c.ID) != 0 {
			t.Error("somebody is in without proof")
		}
		w.prove(bo)
		if w.status(c, bo) != delivery.Active || w.status(c, liar) != "" {
			t.Errorf("bo %q, liar %q", w.status(c, bo), w.status(c, liar))
		}
		all, _, err := w.Invitations(w.ctx, c.ID, 1)
		if err != nil || all[0].Uses != 1 {
			t.Errorf("%+v %v", all, err)
		}
	})
}

func TestInvitationsAreSecretAndChecked(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *bun.DB) {
		w := open(t, d)
		c, draft := w.cohort("tiny"), w.cohort("tiny")
		form := id.New()
		i, token := w.invite(c, roster.NewInvitation{FormID: form, Domains: "a.example b.example", MaxUses: "10", Until: "2026-12-31"})
		again, _ := w.invite(c, roster.NewInvitation{FormID: form})
		if again.ID != i.ID || w.count("invitation", "") != 1 || w.count("audit", "action = 'invitation.made'") != 1 {
			t.Error("the same form made two")
		}
		if n := w.count("invitation", "token_hash = ? OR id = ?", token, token); n != 0 || w.count("audit", "data LIKE ?", "%"+token+"%") != 0 {
			t.Error("the token is in the database")
		}
		for name, in := range map[string]roster.NewInvitation{
			"label":    {Label: " "},
			"domains":  {Domains: "agency"},
			"domains ": {Domains: "a.example, b c.example"},
			"max_uses": {MaxUses: "0"},
			"until":    {Until: "31/12/2026"},
			"until ":   {Until: "2026-11-30"},
		} {
			if strings.TrimSpace(name) != "label" {
				in.Label = "x"
			}
			_, err := w.Invite(w.ctx, w.boss, c.ID, in)
			if f := fault.From(err); f == nil || len(f.Fields) != 1 || f.Fields[0].Name != strings.TrimSpace(name) {
				t.Errorf("%s: %v", name, err)
			}
		}
		stranger := w.person("Stranger")
		_, err := w.Invite(w.ctx, stranger, c.ID, roster.NewInvitation{Label: "x"})
		if err = errors.Join(err, w.Revoke(w.ctx, stranger, c.ID, i.ID)); !fault.Is(err, fault.NotFound) {
			t.Errorf("a stranger: %v", err)
		}
		if err := w.Revoke(w.ctx, w.boss, draft.ID, i.ID); !fault.Is(err, fault.NotFound) {
			t.Errorf("revoked from another cohort: %v", err)
		}
		// What the cohort does not let in, an invitation does not either.
		_, err = w.deliveries.Cancel(w.ctx, nil, c.ID, "no money")
		ok(t, err)
		_, err = w.Join(w.ctx, token, w.account("Ada", "ada@a.example", true))
		refused(t, err, "delivery.cancelled")
	})
}

func TestAFullCohortTakesInvitedPeopleOntoItsList(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *bun.DB) {
		w := open(t, d)
		c := w.cohort("tiny", func(t *delivery.Terms) { t.Capacity = 1 })
		_, token := w.invite(c, roster.NewInvitation{})
		ada, bo := w.person("Ada"), w.person("Bo")
		for p, want := range map[*account.Person]string{ada: delivery.Active} {
			if e, err := w.Join(w.ctx, token, p); err != nil || e.Status != want {
				t.Errorf("%+v %v", e, err)
			}
		}
		for range 2 {
			if e, err := w.Join(w.ctx, token, bo); err != nil || e.Status != delivery.Waiting {
				t.Errorf("%+v %v", e, err)
			}
		}
		all, _, err := w.Invitations(w.ctx, c.ID, 1)
		if err != nil || all[0].Uses != 2 {
			t.Errorf("%+v %v", all, err)
		}
	})
}
