package author_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"greenroom/internal/access"
	"greenroom/internal/account"
	"greenroom/internal/author"
	"greenroom/internal/db/dbtest"
	"greenroom/internal/draft"
	"greenroom/internal/fault"
	"greenroom/internal/id"
	"greenroom/internal/locale"
	"greenroom/internal/mail"
)

// desk is a site with drafts and people, and a clock that goes a minute with every look.
type desk struct {
	t      *testing.T
	ctx    context.Context
	db     *bun.DB
	people *account.Service
	access *access.Service
	drafts *author.Drafts
	at     time.Time
}

func newDesk(t *testing.T, d *bun.DB) *desk {
	w := &desk{t: t, ctx: t.Context(), db: d, at: time.Date(2026, 12, 1, 9, 0, 0, 0, time.UTC)}
	now := func() time.Time { return w.at }
	log := slog.New(slog.DiscardHandler)
	m, err := mail.New(d, mail.Options{From: "site@site.example", Now: now, Log: log})
	w.ok(err)
	b, err := locale.Load()
	w.ok(err)
	w.people, err = account.New(d, m, account.Options{BaseURL: "http://x.example", SiteName: "Greenroom", Now: now, Log: log, Words: b})
	w.ok(err)
	w.access = access.New(d, w.people, now)
	w.drafts = author.NewDrafts(d, nil, now)
	return w
}

func (w *desk) ok(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *desk) author(name string) *account.Person {
	w.t.Helper()
	p, _, err := w.people.Add(w.ctx, account.NewAccount{Name: name, Email: strings.ToLower(name) + "@site.example"})
	w.ok(err)
	w.ok(w.access.Grant(w.ctx, nil, access.Grant{PersonID: p.ID, Role: account.RoleAuthor, Reason: "writes"}))
	got, err := w.people.ByID(w.ctx, p.ID)
	w.ok(err)
	return got
}

// page is one open page of a draft.
type page struct {
	w    *desk
	who  *account.Person
	id   string
	form draft.Form
}

func (w *desk) open(who *account.Person, draftID string) *page {
	w.t.Helper()
	d, err := w.drafts.Open(w.ctx, who, draftID)
	w.ok(err)
	return &page{w, who, draftID, draft.Form{Version: d.Version, Page: id.New()}}
}

func (p *page) write(at, do, note string, fields ...string) (*author.Draft, string, error) {
	p.form.N++
	p.w.at = p.w.at.Add(time.Minute)
	form := url.Values{}
	for i := 0; i < len(fields); i += 2 {
		form.Set(fields[i], fields[i+1])
	}
	return p.w.drafts.Write(p.w.ctx, p.who, p.id, author.Change{Page: p.form, At: at, Do: do, Form: form, Note: note})
}

func TestTwoWriteAtOneDraft(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *bun.DB) {
		w := newDesk(t, d)
		ada, bo, zoe := w.author("Ada"), w.author("Bo"), w.author("Zoe")
		x, err := w.drafts.Create(w.ctx, ada, "", string(author.Blank()), "")
		w.ok(err)
		again, err := w.drafts.Create(w.ctx, ada, x.ID, "something else", "")
		w.ok(err)
		if again.Source != x.Source {
			t.Error("a form sent twice made another draft")
		}
		if _, err := w.drafts.Open(w.ctx, bo, x.ID); !fault.Is(err, fault.NotFound) {
			t.Errorf("another author opens it: %v", err)
		}
		if err := w.drafts.Invite(w.ctx, bo, x.ID, bo.ID); !fault.Is(err, fault.NotFound) {
			t.Errorf("an author invites themselves: %v", err)
		}
		w.ok(w.drafts.Invite(w.ctx, ada, x.ID, bo.ID))
		if err := w.drafts.Remove(w.ctx, bo, x.ID); !fault.Is(err, fault.Forbidden) {
			t.Errorf("who writes along deletes it: %v", err)
		}
		along, others, err := w.drafts.Teachers(w.ctx, x)
		if err != nil || len(along) != 1 || along[0].Name != "Bo" || len(others) != 1 || others[0].Name != "Zoe" {
			t.Errorf("along %v, others %v, %v", along, others, err)
		}
		_ = zoe

		// At different places they are in nobody's way, whoever saves how often.
		a, b := w.open(ada, x.ID), w.open(bo, x.ID)
		for i := range 3 {
			if _, _, err := a.write(author.At("first"), "", "", "passages/first/title", fmt.Sprint("First hour ", i)); err != nil {
				t.Fatal(err)
			}
			if _, _, err := b.write(author.At("second"), "", "", "passages/second/title", fmt.Sprint("Second hour ", i)); err != nil {
				t.Fatal(err)
			}
		}
		got, err := w.drafts.Open(w.ctx, ada, x.ID)
		w.ok(err)
		if !strings.Contains(got.Source, "First hour 2") || !strings.Contains(got.Source, "Second hour 2") {
			t.Fatal("one lost what the other wrote")
		}

		// At the same place neither is lost, and pressing again keeps nothing twice.
		b2 := w.open(bo, x.ID)
		_, _, err = a.write(author.At("first"), "", "", "passages/first/title", "Ada's title")
		w.ok(err)
		var clash *author.Clash
		for range 2 {
			_, _, err = b2.write(author.At("first"), "", "", "passages/first/title", "Bo's title")
			if !fault.Is(err, fault.Conflict) || !errors.As(err, &clash) {
				t.Fatalf("no clash: %v", err)
			}
		}
		aside, err := w.drafts.Revision(w.ctx, clash.Now, clash.Aside)
		w.ok(err)
		now, err := w.drafts.Open(w.ctx, ada, x.ID)
		w.ok(err)
		if !strings.Contains(aside.Source, "Bo's title") || !strings.Contains(now.Source, "Ada's title") || strings.Contains(now.Source, "Bo's title") {
			t.Error("something is lost")
		}
		all, err := w.drafts.History(w.ctx, now)
		w.ok(err)
		n := 0
		for _, r := range all {
			if r.Kind == author.KindAside {
				n++
			}
		}
		if n != 1 {
			t.Errorf("%d revisions were put aside", n)
		}
		// Ada goes on: what Bo put aside is not in her way.
		_, _, err = a.write(author.At("first"), "", "", "passages/first/ask", "What now?")
		w.ok(err)
		_, err = w.drafts.Restore(w.ctx, bo, x.ID, clash.Aside)
		w.ok(err)
		now, err = w.drafts.Open(w.ctx, ada, x.ID)
		w.ok(err)
		if now.Source != aside.Source {
			t.Error("restoring brought something else")
		}

		// A text of the whole file clashes with any other change, and a page that was overtaken by its own newer save does not.
		tx := w.open(ada, x.ID)
		_, _, err = b.write(author.At("second"), "", "", "passages/second/title", "Bo again")
		w.ok(err)
		if _, _, err = tx.write(author.Text, "", "", "source", "schema: scenario/1\n"); !fault.Is(err, fault.Conflict) {
			t.Errorf("the file as text overwrote a change: %v", err)
		}
		b.form.N -= 2
		if _, _, err = b.write(author.At("second"), "", "", "passages/second/title", "late"); err != nil {
			t.Errorf("an overtaken save: %v", err)
		}
		if now, err = w.drafts.Open(w.ctx, ada, x.ID); err != nil || strings.Contains(now.Source, "late") {
			t.Errorf("an overtaken save was taken: %v", err)
		}
		w.ok(w.drafts.Leave(w.ctx, bo, x.ID, bo.ID))
		if _, err := w.drafts.Open(w.ctx, bo, x.ID); !fault.Is(err, fault.NotFound) {
			t.Errorf("who left still opens it: %v", err)
		}
		w.ok(w.drafts.Remove(w.ctx, ada, x.ID))
		if n, err := w.db.NewSelect().Model((*author.Revision)(nil)).Count(w.ctx); err != nil || n != 0 {
			t.Errorf("%d revisions are left, %v", n, err)
		}
	})
}

func TestLimitsOfDrafts(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *bun.DB) {
		w := newDesk(t, d)
		ada := w.author("Ada")
		x, err := w.drafts.Create(w.ctx, ada, "", string(author.Blank()), "tiny/first/outage")
		w.ok(err)
		if x.CourseKey != "tiny" || x.ActivityKey != "first/outage" || x.Title == "" {
			t.Errorf("%q %q %q", x.CourseKey, x.ActivityKey, x.Title)
		}
		p := w.open(ada, x.ID)
		if _, _, err := p.write(author.Text, "", "", "source", strings.Repeat("x", author.MaxFile+1)); !fault.Is(err, fault.Invalid) {
			t.Errorf("too large: %v", err)
		}
		if _, _, err := p.write(author.Scenes, "", strings.Repeat("é", author.MaxNote+1)); !fault.Is(err, fault.Invalid) {
			t.Errorf("a long note: %v", err)
		}
		// An hour of saving every minute: the newest twenty stay, before them one in ten minutes and those with a note.
		for i := range 60 {
			note := ""
			if i == 5 {
				note = "the good one"
			}
			if _, _, err := p.write(author.At("first"), "", note, "passages/first/title", fmt.Sprint("Hour ", i)); err != nil {
				t.Fatal(err)
			}
		}
		all, err := w.drafts.History(w.ctx, x)
		w.ok(err)
		if len(all) < 22 || len(all) > 27 || all[0].Number != 61 || all[len(all)-1].Number != 1 {
			t.Errorf("%d revisions are left, from %d to %d", len(all), all[0].Number, all[len(all)-1].Number)
		}
		kept := false
		for _, r := range all {
			kept = kept || r.Note == "the good one" && r.Name == "Ada"
		}
		if !kept {
			t.Error("a revision with a note was thinned")
		}
		for range author.MaxDrafts - 1 {
			_, err := w.drafts.Create(w.ctx, ada, "", "x", "")
			w.ok(err)
		}
		if _, err := w.drafts.Create(w.ctx, ada, "", "x", ""); !fault.Is(err, fault.Conflict) {
			t.Errorf("one draft too many: %v", err)
		}
	})
}

func TestCompare(t *testing.T) {
	t.Parallel()
	old := string(author.Blank())
	d := read(t, []byte(old))
	form := url.Values{"passages/first/title": {"Quite another title"}}
	d.Apply(d.Fields(author.At("first")), form)
	d.Do(author.Scenes, "scene", url.Values{"kind": {"scene"}, "key": {"extra"}})
	all := author.Compare(old, string(written(t, d)))
	if len(all) != 2 || all[0].Passage != "first" || all[0].Kind != author.Changed || all[1].Passage != "extra" || all[1].Kind != author.Added {
		t.Fatalf("%+v", all)
	}
	var marked, whole string
	for _, p := range all[0].Newer {
		whole += p.Text
		if p.Marked {
			marked += p.Text
		}
	}
	if !strings.Contains(marked, "Quite another title") || strings.Contains(marked, "kind") || !strings.Contains(whole, "kind") {
		t.Errorf("marked %q of %q", marked, whole)
	}
	if back := author.Compare(string(written(t, d)), old); len(back) != 2 || back[1].Kind != author.Removed {
		t.Errorf("%+v", back)
	}
	if same := author.Compare(old, old); len(same) != 0 {
		t.Errorf("%+v", same)
	}
	// What forms cannot be made of is compared as a whole, and what is very long does not take long.
	if all := author.Compare("a: b: c", strings.Repeat("zebra\n", 40_000)); len(all) != 1 || all[0].Passage != "" {
		t.Errorf("%d differences", len(all))
	}
}
