package credential_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"greenroom/internal/account"
	"greenroom/internal/course"
	"greenroom/internal/credential"
	"greenroom/internal/db"
	"greenroom/internal/db/dbtest"
	"greenroom/internal/fault"
	"greenroom/internal/id"
)

func ok(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

var (
	at  = time.Date(2026, 12, 3, 22, 30, 0, 0, time.UTC)
	rev = &course.Revision{
		Hash: "r1", Key: "posts", Title: "Posts", Minutes: 110, Outcomes: []string{"Listen first", "Post kindly"},
		FactsAsAt: time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC),
	}
)

type world struct {
	t   testing.TB
	ctx context.Context
	db  *bun.DB
	*credential.Service
}

func open(t testing.TB, d *bun.DB) *world {
	return &world{t, context.Background(), d, credential.New(d, func() time.Time { return at })}
}

func (w *world) person(kind, name, zone string) string {
	w.t.Helper()
	p := &account.Person{ID: id.New(), Kind: kind, Name: name, TimeZone: zone, CreatedAt: at, UpdatedAt: at}
	_, err := w.db.NewInsert().Model(p).Exec(w.ctx)
	ok(w.t, err)
	return p.ID
}

func (w *world) issue(personID string) error {
	return db.InTx(w.ctx, w.db, func(ctx context.Context, tx bun.Tx) error { return w.Issue(ctx, tx, personID, rev, at) })
}

func (w *world) only(personID string) credential.Certificate {
	w.t.Helper()
	all, err := w.List(w.ctx, personID)
	ok(w.t, err)
	if len(all) != 1 {
		w.t.Fatalf("%d certificates", len(all))
	}
	return all[0]
}

func TestCertificateIsIssuedOnceWithAllItsText(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *bun.DB) {
		w := open(t, d)
		ada := w.person(account.KindPerson, "Ada Lovelace", "Australia/Sydney")
		var wg sync.WaitGroup
		for range 20 {
			wg.Go(func() {
				if err := w.issue(ada); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		k := w.only(ada)
		if k.Name != "Ada Lovelace" || k.CourseTitle != "Posts" || k.Minutes != 110 || strings.Join(k.Outcomes(), "|") != "Listen first|Post kindly" ||
			!k.IssuedAt.Equal(at) || !k.FactsAsAt.Equal(rev.FactsAsAt) || k.RevisionHash != "r1" || !k.Valid() {
			t.Errorf("%+v", k)
		}
		if got := k.Day().Format(time.DateOnly); got != "2026-12-04" { // in Sydney it is tomorrow already
			t.Errorf("dated %s", got)
		}
		_, err := d.Exec("UPDATE person SET name = ? WHERE id = ?", "Someone Else", ada)
		ok(t, err)
		ok(t, w.issue(ada))
		if k = w.only(ada); k.Name != "Ada Lovelace" {
			t.Errorf("the name changed to %s", k.Name)
		}
	})
}

func TestSiteZoneDatesWhoChoseNone(t *testing.T) {
	t.Parallel()
	zone, err := time.LoadLocation("Pacific/Auckland")
	ok(t, err)
	dbtest.Each(t, func(t *testing.T, d *bun.DB) {
		w := open(t, d)
		a, b := w.person(account.KindPerson, "A", ""), w.person(account.KindPerson, "B", "")
		ok(t, w.issue(a))
		w.SetZone(zone)
		ok(t, w.issue(b))
		if x, y := w.only(a).IssuedOn, w.only(b).IssuedOn; x != "2026-12-03" || y != "2026-12-04" {
			t.Errorf("%s and %s", x, y)
		}
	})
}

func TestGuestsGetNone(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *bun.DB) {
		w := open(t, d)
		g := w.person(account.KindGuest, "", "")
		ok(t, w.issue(g))
		if all, err := w.List(w.ctx, g); err != nil || len(all) != 0 {
			t.Errorf("%+v, %v", all, err)
		}
	})
}

func TestCheckingFindsWhatIsPrintedAndNothingElse(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *bun.DB) {
		w := open(t, d)
		ada, bo := w.person(account.KindPerson, "Ada", ""), w.person(account.KindPerson, "Bo", "")
		ok(t, w.issue(ada))
		k := w.only(ada)
		for _, s := range []string{k.Code, k.Grouped(), strings.ToLower(k.Grouped()), " " + k.Code[:9] + " " + k.Code[9:] + " "} {
			if got, err := w.Verify(w.ctx, s); err != nil || got.ID != k.ID {
				t.Errorf("%q: %+v, %v", s, got, err)
			}
		}
		last := "2"
		if strings.HasSuffix(k.Code, "2") {
			last = "3"
		}
		for _, s := range []string{"", "hello", k.Code[:25], k.Code[:25] + last, k.ID, k.Code + "'--"} {
			if _, err := w.Verify(w.ctx, s); !fault.Is(err, fault.NotFound) {
				t.Errorf("%q: %v", s, err)
			}
		}
		if _, err := w.Own(w.ctx, ada, k.Grouped()); err != nil {
			t.Error(err)
		}
		for _, who := range []string{bo, ""} {
			if _, err := w.Own(w.ctx, who, k.Code); !fault.Is(err, fault.NotFound) {
				t.Errorf("%q holds another's certificate: %v", who, err)
			}
		}
		ok(t, w.Revoke(w.ctx, nil, k.Code, credential.Revocation{Reason: "issued in error"}))
		if got, err := w.Verify(w.ctx, k.Code); err != nil || got.Valid() {
			t.Errorf("after it was revoked: %+v, %v", got, err)
		}
		_, err := d.Exec("DELETE FROM person WHERE id = ?", ada)
		ok(t, err)
		if _, err := w.Verify(w.ctx, k.Code); !fault.Is(err, fault.NotFound) {
			t.Errorf("after the account was deleted: %v", err)
		}
	})
}

func TestACertificateClaimsOnlyWhatCouldBeTaken(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *bun.DB) {
		w := open(t, d)
		ada := w.person(account.KindPerson, "Ada Lovelace", "")
		partly := *rev
		partly.Modules = []*course.Module{
			{Key: "one", Outcomes: []string{"Answer in time"}, Activities: []*course.Activity{{Key: "one/read"}}},
			{Key: "two", Outcomes: []string{"Not yet written"}},
		}
		ok(t, db.InTx(w.ctx, d, func(ctx context.Context, tx bun.Tx) error { return w.Issue(ctx, tx, ada, &partly, at) }))
		k := w.only(ada)
		if got := strings.Join(k.Outcomes(), "|"); got != "Answer in time" {
			t.Errorf("the certificate claims %q", got)
		}
	})
}
