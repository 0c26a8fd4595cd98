package roster_test

import (
	"strings"
	"testing"

	"github.com/uptrace/bun"

	"greenroom/internal/account"
	"greenroom/internal/db/dbtest"
	"greenroom/internal/delivery"
	"greenroom/internal/fault"
	"greenroom/internal/record"
	"greenroom/internal/roster"
)

func (w *world) add(d *delivery.Delivery, email string) roster.Added {
	w.t.Helper()
	a, err := w.Add(w.ctx, w.boss, d.ID, email, "")
	ok(w.t, err)
	return a
}

func TestATrainerAddsPeople(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *bun.DB) {
		w := open(t, d)
		c := w.cohort("tiny", func(t *delivery.Terms) { t.Capacity = 1 })
		ada, bo := w.person("Ada"), w.person("Bo")
		for _, x := range []struct{ email, want string }{
			{strings.ToUpper(ada.Email), roster.Enrolled}, {ada.Email, roster.Already}, {bo.Email, roster.Waiting}, {bo.Email, roster.Already},
			{"New@Agency.example", roster.Promised}, {"new@agency.example ", roster.Already},
		} {
			if a := w.add(c, x.email); a.Outcome != x.want {
				t.Errorf("%s: %s, want %s", x.email, a.Outcome, x.want)
			}
		}
		if n := w.count("mail", "to_address = 'New@Agency.example'"); n != 1 {
			t.Errorf("%d letters", n)
		}
		if a, b := w.count("audit", "action = 'roster.added'"), w.count("audit", "action = 'roster.promised'"); a != 2 || b != 1 {
			t.Errorf("%d and %d entries", a, b)
		}
		_, err := w.Add(w.ctx, w.boss, c.ID, "not an address", "")
		field(t, err, "email", "roster.email_wrong")
		if _, err := w.Add(w.ctx, w.person("Stranger"), c.ID, ada.Email, ""); !fault.Is(err, fault.NotFound) {
			t.Errorf("a stranger: %v", err)
		}
		other := w.cohort("tiny")
		_, err = w.Add(w.ctx, w.boss, other.ID, ada.Email, "")
		refused(t, err, "delivery.other_cohort")
		ok(t, w.accounts.Disable(w.ctx, bo.ID, true))
		_, err = w.Add(w.ctx, w.boss, other.ID, bo.Email, "")
		refused(t, err, "roster.account_closed")
	})
}

// Somebody registers a stranger's address, to which a place is promised, and never proves it: the place stays the
// stranger's.
func TestAPromisedPlaceBelongsToWhoProvesTheAddress(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *bun.DB) {
		w := open(t, d)
		c, over := w.cohort("tiny"), w.cohort("tiny", func(t *delivery.Terms) { t.Title = "Over" })
		w.add(c, "eve@agency.example")
		w.add(over, "eve@agency.example")
		_, err := w.deliveries.Cancel(w.ctx, nil, over.ID, "no money")
		ok(t, err)
		liar := w.account("Liar", "EVE@agency.example", false)
		w.drain()
		if w.status(c, liar) != "" || w.add(c, "eve@agency.example").Outcome != roster.Already || w.count("pending_enrolment", "delivery_id = ?", c.ID) != 1 {
			t.Fatal("an unproven address got the place")
		}
		// The mailbox's holder gets the account by it (a reset gives the address to whoever has the mailbox).
		w.prove(liar)
		for range 2 {
			ok(t, w.OnProven(w.ctx, account.Proven{PersonID: liar.ID}))
		}
		if w.status(c, liar) != delivery.Active || w.count("pending_enrolment", "") != 0 || w.count("enrolment", "") != 1 {
			t.Errorf("%q, %d left", w.status(c, liar), w.count("pending_enrolment", ""))
		}
		var source string
		ok(t, d.NewSelect().TableExpr("enrolment").Column("source").Scan(w.ctx, &source))
		if source != delivery.SourceTrainer {
			t.Error(source)
		}
		// Taken back before it is proven.
		w.add(c, "zoe@agency.example")
		all, n, err := w.Promises(w.ctx, c.ID, 1)
		ok(t, err)
		if n != 1 || all[0].Email != "zoe@agency.example" {
			t.Fatalf("%+v", all)
		}
		ok(t, w.Withdraw(w.ctx, w.boss, c.ID, all[0].ID))
		if err := w.Withdraw(w.ctx, w.boss, c.ID, all[0].ID); !fault.Is(err, fault.NotFound) {
			t.Errorf("withdrawn twice: %v", err)
		}
		zoe := w.account("Zoe", "zoe@agency.example", false)
		w.prove(zoe)
		if w.status(c, zoe) != "" {
			t.Error("a place that was taken back")
		}
	})
}

func TestPrerequisites(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *bun.DB) {
		w := open(t, d)
		c := w.cohort("next", func(t *delivery.Terms) { t.JoinPolicy = delivery.JoinOpen })
		_, token := w.invite(c, roster.NewInvitation{MaxUses: "9"})
		ada := w.person("Ada")
		by := map[string]func() error{
			"oneself":       func() error { _, err := w.deliveries.EnrolIn(w.ctx, ada.ID, c.ID, delivery.SourceSelf); return err },
			"self-paced":    func() error { _, err := w.deliveries.Enrol(w.ctx, ada.ID, "next"); return err },
			"an invitation": func() error { _, err := w.Join(w.ctx, token, ada); return err },
		}
		for way, do := range by {
			f := refused(t, do(), "roster.requires")
			if len(f.Args) != 4 || f.Args[1] != "“A tiny course”" {
				t.Errorf("%s: it names %v", way, f.Args)
			}
		}
		if a := w.add(c, ada.Email); a.Outcome != roster.Kept || a.Person.ID != ada.ID || a.Why.Key != "roster.requires" {
			t.Errorf("by a trainer: %+v", a)
		}
		if w.count("enrolment", "") != 0 || w.count("invitation_use", "") != 0 {
			t.Fatal("somebody is in")
		}
		rev, err := w.courses.Current(w.ctx, "next")
		ok(t, err)
		reqs, err := w.Requirements(w.ctx, ada.ID, rev)
		if err != nil || len(reqs) != 1 || reqs[0].Done || !reqs[0].Offered || reqs[0].Title != "A tiny course" {
			t.Errorf("%+v %v", reqs, err)
		}
		w.complete(ada, "tiny")
		if reqs, err = w.Requirements(w.ctx, ada.ID, rev); err != nil || !reqs[0].Done {
			t.Errorf("%+v %v", reqs, err)
		}
		for way, do := range by {
			if err := do(); err != nil {
				t.Errorf("%s, after completing: %v", way, err)
			}
		}
	})
}

func TestLettingOneInWithoutPrerequisites(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *bun.DB) {
		w := open(t, d)
		c, other := w.cohort("next"), w.cohort("next", func(t *delivery.Terms) { t.Title = "Other" })
		ada, bo := w.person("Ada"), w.person("Bo")
		field(t, w.LetIn(w.ctx, w.boss, c.ID, ada, "  "), "reason", "roster.reason_missing")
		if err := w.LetIn(w.ctx, bo, c.ID, ada, "a friend"); !fault.Is(err, fault.NotFound) {
			t.Errorf("a stranger: %v", err)
		}
		for range 2 {
			ok(t, w.LetIn(w.ctx, w.boss, c.ID, ada, "Wrote the old course"))
			ok(t, w.LetIn(w.ctx, w.boss, c.ID, bo, "Wrote the old course"))
		}
		if a := w.add(c, ada.Email); a.Outcome != roster.Enrolled {
			t.Errorf("%+v", a)
		}
		if a := w.add(other, bo.Email); a.Outcome != roster.Kept {
			t.Errorf("a bypass holds for one cohort: %+v", a)
		}
		// Taken back: who is in stays in, and may leave and come back; who is not does not come in.
		for _, p := range []*account.Person{ada, bo} {
			ok(t, w.KeepOut(w.ctx, w.boss, c.ID, p, "It was a mistake"))
			refused(t, w.KeepOut(w.ctx, w.boss, c.ID, p, "It was a mistake"), "roster.no_bypass")
		}
		if w.status(c, ada) != delivery.Active || w.add(c, bo.Email).Outcome != roster.Kept {
			t.Errorf("ada %q", w.status(c, ada))
		}
		ok(t, w.deliveries.Leave(w.ctx, ada.ID, c.ID))
		if a := w.add(c, ada.Email); a.Outcome != roster.Enrolled {
			t.Errorf("come back: %+v", a)
		}
		ok(t, w.LetIn(w.ctx, w.boss, c.ID, bo, "Not a mistake after all"))
		if w.count("prerequisite_bypass", "person_id = ?", bo.ID) != 2 || w.count("audit", "action LIKE 'prerequisite.%'") != 5 {
			t.Errorf("%d bypasses, %d entries", w.count("prerequisite_bypass", "person_id = ?", bo.ID), w.count("audit", "action LIKE 'prerequisite.%'"))
		}
		if b, err := w.BypassOf(w.ctx, bo.ID, c.ID); err != nil || b == nil || b.Reason != "Not a mistake after all" {
			t.Errorf("%+v %v", b, err)
		}
	})
}

// A place promised to somebody whom prerequisites keep out waits, says why, and is theirs when they have completed them
// or are let in.
func TestAPromisedPlaceWaitsForPrerequisites(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *bun.DB) {
		w := open(t, d)
		c := w.cohort("next")
		var people []*account.Person
		for _, x := range []string{"ada", "bo"} {
			w.add(c, x+"@agency.example")
			p := w.account(x, x+"@agency.example", false)
			w.prove(p)
			people = append(people, p)
		}
		all, n, err := w.Promises(w.ctx, c.ID, 1)
		ok(t, err)
		if why := roster.ReadWhy(all[0].Why); n != 2 || all[0].PersonID != people[0].ID || why.Key != "roster.requires" || why.Args[3] != 1 {
			t.Fatalf("%+v", all)
		}
		w.complete(people[0], "tiny")
		w.drain()
		ok(t, w.LetIn(w.ctx, w.boss, c.ID, people[1], "Knows it all"))
		for _, p := range people {
			if w.status(c, p) != delivery.Active {
				t.Errorf("%s: %q", p.Name, w.status(c, p))
			}
		}
		if w.count("pending_enrolment", "") != 0 {
			t.Error("places are kept for people who are in")
		}
	})
}

func TestAMovedLearnerKeepsEverything(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *bun.DB) {
		w := open(t, d)
		a := w.cohort("tiny", func(t *delivery.Terms) { t.Title = "A"; t.Capacity = 1 })
		b := w.cohort("tiny", func(t *delivery.Terms) { t.Title = "B"; t.StartsOn = "2027-01-04"; t.Capacity = 2 })
		other := w.cohort("next")
		ada, bo := w.person("Ada"), w.person("Bo")
		w.add(a, ada.Email)
		w.add(a, bo.Email) // waits
		rev, err := w.courses.Current(w.ctx, "tiny")
		ok(t, err)
		_, err = w.records.MarkComplete(w.ctx, record.Completion{PersonID: ada.ID, Course: rev, Activity: rev.First(), DeliveryID: a.ID})
		ok(t, err)
		ok(t, w.deliveries.Seen(w.ctx, ada.ID, "tiny", "first/check"))
		_, err = w.deliveries.Extend(w.ctx, w.boss, a.ID, delivery.Act{People: []string{ada.ID}, Days: 9, Reason: "ill"})
		ok(t, err)
		before, err := w.records.Of(w.ctx, ada.ID, "tiny")
		ok(t, err)
		move := delivery.Transfer{Person: ada, From: a.ID, To: b.ID, Reason: "Moved house", KeepExtended: true}
		var e *delivery.Enrolment
		for range 2 {
			e, err = w.deliveries.Transfer(w.ctx, w.boss, move)
			ok(t, err)
		}
		after, err := w.records.Of(w.ctx, ada.ID, "tiny")
		ok(t, err)
		if e.Status != delivery.Active || e.LastActivity != "first/check" || e.RevisionHash != rev.Hash || e.ExtendedDays != 9 || e.Source != delivery.SourceMoved {
			t.Errorf("%+v", e)
		}
		if len(after.States) != 1 || after.States["first/read"] != before.States["first/read"] || w.count("learning_event", "delivery_id = ?", a.ID) != 1 {
			t.Errorf("the record: %+v", after)
		}
		if w.status(a, ada) != delivery.Withdrawn || w.status(a, bo) != delivery.Active {
			t.Errorf("the seat: ada %q, bo %q", w.status(a, ada), w.status(a, bo))
		}
		if n := w.count("audit", "action = 'cohort.moved' AND person_id = ? AND reason = 'Moved house'", ada.ID); n != 1 {
			t.Errorf("%d entries", n)
		}
		for key, m := range map[string]delivery.Transfer{
			"delivery.move_same": {Person: bo, From: a.ID, To: a.ID}, "delivery.move_course": {Person: bo, From: a.ID, To: other.ID},
			"delivery.not_in_cohort": {Person: w.person("Cy"), From: a.ID, To: b.ID}, "delivery.move_full": {Person: ada, From: b.ID, To: a.ID},
		} {
			_, err := w.deliveries.Transfer(w.ctx, w.boss, m)
			refused(t, err, key)
		}
		if _, err := w.deliveries.Transfer(w.ctx, bo, move); !fault.Is(err, fault.NotFound) {
			t.Errorf("a stranger: %v", err)
		}
	})
}
