package forum_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"greenroom/internal/account"
	"greenroom/internal/db"
	"greenroom/internal/db/dbtest"
	"greenroom/internal/forum"
	"greenroom/internal/live"
)

// A page that is kept for those who come next shows each of them what is so now and what is theirs.
func TestKeptPagesAreNeverOld(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *bun.DB) {
		w := setup(t, d)
		ana, ben, cat := w.member("Ana Lopes"), w.member("Ben Ofa"), w.member("Cat Vale")
		first := w.write(ana, forum.General, forum.Text{Title: "Hello", Body: "First words."})
		answer := w.write(ben, forum.General, forum.Text{ThreadID: first.ThreadID, Body: "An answer."})
		read := func(who *account.Person) forum.Seen {
			t.Helper()
			w.page(who, first.ThreadID) // whoever comes first; the next page is kept
			g := w.page(who, first.ThreadID)
			if len(g.Posts) == 0 || g.Opening == nil || g.Opening.Name != "Ana Lopes" {
				t.Fatalf("page: %+v", g)
			}
			return g.Posts[0]
		}
		if p := read(ana); p.Mine || !p.New || p.Useful != 0 || p.Name != "Ben Ofa" || !strings.Contains(p.HTML, "An answer.") {
			t.Fatalf("Ana sees %+v", p)
		}
		if p := read(ben); p.New {
			t.Error("their own post is new to them")
		}
		ok(t, w.Useful(w.ctx, w.visit(ana, forum.General), answer, true))
		if a, c := read(ana), read(cat); !a.Mine || a.Useful != 1 || c.Mine || c.Useful != 1 {
			t.Errorf("useful: Ana sees %v %d, Cat %v %d", a.Mine, a.Useful, c.Mine, c.Useful)
		}
		v, th, err := w.VisitThread(w.ctx, ben, first.ThreadID)
		ok(t, err)
		_, err = w.Edit(w.ctx, v, th, answer.ID, forum.Change{Rev: answer.Rev, Body: "Another answer."})
		ok(t, err)
		if p := read(cat); !strings.Contains(p.HTML, "Another answer.") {
			t.Errorf("after the edit: %s", p.HTML)
		}
		// Another name, and no event in the thread: the bell of the person's access is heard.
		_, err = w.d.NewUpdate().Table("person").Set("name = ?", "Ben Other").Where("id = ?", ben.ID).Exec(w.ctx)
		ok(t, err)
		w.streams.Ring(live.AccessStream(ben.ID))
		if p := read(cat); p.Name != "Ben Other" {
			t.Errorf("the bell was rung and the name is %s", p.Name)
		}
		_, err = w.d.NewUpdate().Table("person").Set("name = ?", "Ben Third").Where("id = ?", ben.ID).Exec(w.ctx)
		ok(t, err)
		w.pass(10 * time.Second) // where no bell was heard
		if p := read(cat); p.Name != "Ben Third" {
			t.Errorf("after ten seconds the name is %s", p.Name)
		}
		// Reports are told in no stream; who looks after the discussion sees them at once.
		for n := range 2 {
			ok(t, db.InTx(w.ctx, w.d, func(ctx context.Context, tx bun.Tx) error { return w.Flag(ctx, tx, answer.ID, n+1) }))
			if p := read(w.trainer); p.Flags != n+1 {
				t.Errorf("%d reports, seen are %d", n+1, p.Flags)
			}
		}
		w.change(answer, forum.Hidden, "house rule 2")
		if p := read(cat); p.HTML != "" || p.Body != "" || p.State != forum.Hidden {
			t.Errorf("hidden: %+v", p)
		}
		if p := read(w.trainer); p.HTML == "" {
			t.Error("staff no longer read what was hidden")
		}
	})
}
