package credential_test

import (
	"context"
	"strings"
	"sync"
	"testing"

	"github.com/uptrace/bun"

	"greenroom/internal/account"
	"greenroom/internal/audit"
	"greenroom/internal/credential"
	"greenroom/internal/db"
	"greenroom/internal/db/dbtest"
	"greenroom/internal/fault"
	"greenroom/internal/id"
)

func (w *world) set(personID, column, value string) {
	w.t.Helper()
	_, err := w.db.Exec("UPDATE person SET ? = ? WHERE id = ?", bun.Ident(column), value, personID)
	ok(w.t, err)
}

func (w *world) prove(personID string) {
	w.t.Helper()
	_, err := w.db.NewUpdate().Model((*account.Person)(nil)).Set("verified_at = ?", at).Where("id = ?", personID).Exec(w.ctx)
	ok(w.t, err)
}

func (w *world) log(action string) []audit.Entry {
	w.t.Helper()
	all, _, err := audit.New(w.db).List(w.ctx, audit.Filter{Action: action})
	ok(w.t, err)
	return all
}

func (w *world) check(code string) *credential.Found {
	w.t.Helper()
	f, err := w.Check(w.ctx, code)
	ok(w.t, err)
	return f
}

func TestACertificateIsIssuedAgainUnderANewName(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *bun.DB) {
		w := open(t, d)
		ada, bo := w.person(account.KindPerson, "Ada Byron", ""), w.person(account.KindPerson, "Bo", "")
		ok(t, w.issue(ada))
		first := w.only(ada)
		if _, err := w.Reissue(w.ctx, bo, first.Code); !fault.Is(err, fault.NotFound) {
			t.Errorf("another's: %v", err)
		}
		if _, err := w.Reissue(w.ctx, ada, first.Code); !fault.Is(err, fault.Forbidden) {
			t.Errorf("with an unproven address: %v", err)
		}
		w.prove(ada)
		if k, err := w.Reissue(w.ctx, ada, first.Code); err != nil || k.Code != first.Code || k.Version != 1 {
			t.Errorf("under the same name: %+v, %v", k, err)
		}
		w.set(ada, "name", "Ada Lovelace")
		who := &account.Person{ID: ada, Name: "Ada Lovelace"}
		if n, err := w.Renamed(w.ctx, who); err != nil || n != 1 {
			t.Errorf("%d certificates bear another name, %v", n, err)
		}
		var wg sync.WaitGroup
		for range 10 { // pressing often issues it once
			wg.Go(func() {
				if _, err := w.Reissue(w.ctx, ada, first.Code); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		second := w.only(ada)
		if second.Code == first.Code || second.Name != "Ada Lovelace" || second.Version != 2 || second.IssuedOn != first.IssuedOn || second.ReissuedAt == nil {
			t.Errorf("%+v", second)
		}
		if n, err := w.Renamed(w.ctx, who); err != nil || n != 0 {
			t.Errorf("afterwards %d bear another name, %v", n, err)
		}
		old := w.check(first.Grouped())
		if old.ReplacedBy != second.Code || old.Name != "Ada Lovelace" || !old.Valid() || old.ReplacedAt.IsZero() {
			t.Errorf("the old code says %+v", old)
		}
		if now := w.check(second.Code); now.ReplacedBy != "" || now.Reissued == nil {
			t.Errorf("the new code says %+v", now)
		}
		if k, err := w.Own(w.ctx, ada, first.Code); err != nil || k.Code != second.Code {
			t.Errorf("the old address leads to %+v, %v", k, err)
		}
		if _, err := w.Own(w.ctx, bo, first.Code); !fault.Is(err, fault.NotFound) {
			t.Errorf("another's old code: %v", err)
		}
		if log := w.log("certificate.reissued"); len(log) != 1 || log[0].PersonID != ada || log[0].Subject != "posts" {
			t.Errorf("the audit log has %+v", log)
		}
		w.set(ada, "name", "Augusta King")
		third, err := w.Reissue(w.ctx, ada, first.Code)
		ok(t, err)
		for _, c := range []string{first.Code, second.Code} {
			if f := w.check(c); f.ReplacedBy != third.Code || f.Name != "Augusta King" {
				t.Errorf("%s says %+v", c, f)
			}
		}
		ok(t, w.issue(ada))
		if k := w.only(ada); k.Code != third.Code {
			t.Error("completing again issued another one")
		}
	})
}

func TestRevocationSaysWhenAndWhyOnlyIfChosen(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *bun.DB) {
		w := open(t, d)
		admin := &account.Person{ID: w.person(account.KindPerson, "Alex Doyle", ""), Name: "Alex Doyle"}
		ada := w.person(account.KindPerson, "Ada", "")
		ok(t, w.issue(ada))
		k := w.only(ada)
		for _, text := range []string{"", "  ", "no", strings.Repeat("ä", 501)} {
			if err := w.Revoke(w.ctx, admin, k.Code, credential.Revocation{Reason: text}); !fault.Is(err, fault.Invalid) {
				t.Errorf("reason %.10q: %v", text, err)
			}
		}
		if !w.check(k.Code).Valid() {
			t.Fatal("revoked without a reason")
		}
		ok(t, w.Revoke(w.ctx, admin, k.Code, credential.Revocation{Reason: "Somebody else took the quiz"}))
		if f := w.check(k.Code); f.Valid() || f.Why != "" || !f.Revoked.Equal(at) {
			t.Errorf("the public page says %+v", f)
		}
		ok(t, w.Revoke(w.ctx, admin, k.Code, credential.Revocation{Reason: "Issued in error", Show: true}))
		if f := w.check(k.Code); f.Valid() || f.Why != "Issued in error" {
			t.Errorf("the public page says %+v", f)
		}
		w.prove(ada)
		w.set(ada, "name", "Bea")
		if _, err := w.Reissue(w.ctx, ada, k.Code); !fault.Is(err, fault.Conflict) {
			t.Errorf("a revoked one was issued again: %v", err)
		}
		if n, err := w.Renamed(w.ctx, &account.Person{ID: ada, Name: "Bea"}); err != nil || n != 0 {
			t.Errorf("%d revoked ones are offered to be issued again, %v", n, err)
		}
		ok(t, w.Reinstate(w.ctx, admin, k.Code, "The complaint was withdrawn"))
		if f := w.check(k.Code); !f.Valid() || f.Why != "" {
			t.Errorf("the public page says %+v", f)
		}
		if err := w.Reinstate(w.ctx, admin, k.Code, "once more"); !fault.Is(err, fault.Conflict) {
			t.Errorf("a valid one: %v", err)
		}
		log := w.log("certificate.")
		if len(log) != 3 || log[0].Action != "certificate.reinstated" || log[1].Reason != "Issued in error" || log[2].ActorName != "Alex Doyle" || log[2].PersonID != ada {
			t.Errorf("the audit log has %+v", log)
		}
		for _, code := range []string{"nonsense", code} {
			if err := w.Revoke(w.ctx, admin, code, credential.Revocation{Reason: "whatever"}); !fault.Is(err, fault.NotFound) {
				t.Errorf("%s: %v", code, err)
			}
		}
	})
}

// leave deletes a person as their account's deletion does.
func (w *world) leave(personID string, keep bool) {
	w.t.Helper()
	ok(w.t, db.InTx(w.ctx, w.db, func(ctx context.Context, tx bun.Tx) error {
		if keep {
			if err := w.Keep(ctx, tx, personID); err != nil {
				return err
			}
		}
		_, err := tx.NewDelete().Model((*account.Person)(nil)).Where("id = ?", personID).Exec(ctx)
		return err
	}))
}

func TestWhatIsKeptOfADeletedAccount(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *bun.DB) {
		w := open(t, d)
		ada, bo, cy := w.person(account.KindPerson, "Ada Byron", ""), w.person(account.KindPerson, "Bo", ""), w.person(account.KindPerson, "Cy", "")
		for _, p := range []string{ada, bo, cy} {
			ok(t, w.issue(p))
			w.prove(p)
		}
		first, bos, cys := w.only(ada), w.only(bo), w.only(cy)
		w.set(ada, "name", "Ada Lovelace")
		second, err := w.Reissue(w.ctx, ada, first.Code)
		ok(t, err)
		ok(t, w.Revoke(w.ctx, nil, cys.Code, credential.Revocation{Reason: "in error"}))
		w.leave(ada, true)
		w.leave(bo, false)
		w.leave(cy, true)
		if f := w.check(second.Code); !f.Kept || !f.Valid() || f.Name != "Ada Lovelace" || f.CourseTitle != "Posts" || f.On != second.IssuedOn {
			t.Errorf("the kept one says %+v", f)
		}
		if f := w.check(first.Code); f.ReplacedBy != second.Code || f.Name != "Ada Lovelace" {
			t.Errorf("its old code says %+v", f)
		}
		for who, code := range map[string]string{"did not want it": bos.Code, "was revoked": cys.Code} {
			if _, err := w.Check(w.ctx, code); !fault.Is(err, fault.NotFound) {
				t.Errorf("who %s is found: %v", who, err)
			}
		}
		for _, table := range []string{"certificate_kept", "certificate_past", "certificate"} {
			var rows []map[string]any
			ok(t, d.NewSelect().Table(table).Scan(w.ctx, &rows))
			for _, r := range rows {
				for column, v := range r {
					if s, is := v.(string); is && (s == ada || s == "Ada Byron") {
						t.Errorf("%s.%s still has %q", table, column, s)
					}
				}
			}
		}
		rows, total, err := w.Search(w.ctx, credential.Query{State: credential.StateKept, Text: "lovelace"})
		if err != nil || total != 1 || rows[0].Code != second.Code || rows[0].PersonID != "" {
			t.Errorf("%+v, %d, %v", rows, total, err)
		}
		ok(t, w.Revoke(w.ctx, nil, first.Code, credential.Revocation{Reason: "found out later", Show: true}))
		if f := w.check(second.Code); f.Valid() || f.Why != "found out later" {
			t.Errorf("a kept one that was revoked says %+v", f)
		}
		ok(t, w.Reinstate(w.ctx, nil, second.Code, "a mistake"))
		ok(t, w.Forget(w.ctx, nil, first.Code, "the holder asked for it"))
		for _, code := range []string{first.Code, second.Code} {
			if _, err := w.Check(w.ctx, code); !fault.Is(err, fault.NotFound) {
				t.Errorf("%s is found after it was to be forgotten: %v", code, err)
			}
		}
	})
}

func TestOnlyWhatIsKeptCanBeForgotten(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *bun.DB) {
		w := open(t, d)
		ada := w.person(account.KindPerson, "Ada", "")
		ok(t, w.issue(ada))
		if err := w.Forget(w.ctx, nil, w.only(ada).Code, "for fun"); !fault.Is(err, fault.NotFound) {
			t.Errorf("%v", err)
		}
	})
}

// The cycle is the record's.
func TestEachCycleHasItsCertificate(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *bun.DB) {
		w := open(t, d)
		ada := w.person(account.KindPerson, "Ada", "")
		for cycle := 1; cycle <= 2; cycle++ {
			_, err := d.Exec(`INSERT INTO learning_event (id, person_id, course_key, activity_key, kind, cycle, delivery_id, revision_hash, data, at)
				VALUES (?, ?, 'posts', '', 'completed', ?, '', 'r1', '', ?)`, id.New(), ada, cycle, at)
			ok(t, err)
			ok(t, w.issue(ada))
			ok(t, w.issue(ada))
		}
		all, err := w.List(w.ctx, ada)
		ok(t, err)
		if len(all) != 2 || all[0].Cycle+all[1].Cycle != 3 || all[0].Code == all[1].Code {
			t.Errorf("%+v", all)
		}
		if lines, err := w.Doctor(w.ctx); err != nil || len(lines) != 0 {
			t.Errorf("%v, %v", lines, err)
		}
	})
}

func TestAdministratorsFindCertificates(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *bun.DB) {
		w := open(t, d)
		names := []string{"Ada Lovelace", "Ada_100%", "Łukasz Święcicki", "محمد الأمين", "<script>alert(1)</script>", "😀 Smile"}
		for _, n := range names {
			p := w.person(account.KindPerson, n, "")
			ok(t, w.issue(p))
		}
		find := func(q credential.Query) []credential.Row {
			rows, total, err := w.Search(w.ctx, q)
			ok(t, err)
			if total != len(rows) {
				t.Errorf("%+v: %d rows of %d", q, len(rows), total)
			}
			return rows
		}
		for text, want := range map[string]int{
			"": len(names), "ada": 2, "ADA love": 1, "_": 1, "%": 1, "_100%": 1, "Łukasz": 1, "محمد": 1, "<script>": 1, "😀": 1, "posts": len(names),
			"nobody": 0, "ada łukasz": 0, "'; DROP TABLE certificate; --": 0,
		} {
			if rows := find(credential.Query{Text: text}); len(rows) != want {
				t.Errorf("%q finds %d, want %d", text, len(rows), want)
			}
		}
		code := find(credential.Query{Text: "lovelace"})[0].Code
		if rows := find(credential.Query{Text: strings.ToLower(credential.Group(code)), State: credential.StateKept}); len(rows) != 1 || rows[0].Name != "Ada Lovelace" {
			t.Errorf("by code: %+v", rows)
		}
		ok(t, w.Revoke(w.ctx, nil, code, credential.Revocation{Reason: "in error"}))
		if rows := find(credential.Query{State: credential.StateRevoked}); len(rows) != 1 || rows[0].Code != code {
			t.Errorf("revoked: %+v", rows)
		}
		if rows := find(credential.Query{State: credential.StateValid}); len(rows) != len(names)-1 {
			t.Errorf("%d are valid", len(rows))
		}
	})
}

func TestSearchIsPaged(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *bun.DB) {
		w := open(t, d)
		for range credential.PageSize + 3 {
			ok(t, w.issue(w.person(account.KindPerson, "Somebody", "")))
		}
		seen := map[string]bool{}
		for page := 1; page <= 3; page++ {
			rows, total, err := w.Search(w.ctx, credential.Query{Page: page})
			ok(t, err)
			if total != credential.PageSize+3 || len(rows) > credential.PageSize {
				t.Errorf("page %d: %d of %d", page, len(rows), total)
			}
			for _, r := range rows {
				seen[r.Code] = true
			}
		}
		if len(seen) != credential.PageSize+3 {
			t.Errorf("%d were seen", len(seen))
		}
	})
}
