package reflection_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"greenroom/internal/account"
	"greenroom/internal/db"
	"greenroom/internal/db/dbtest"
	"greenroom/internal/draft"
	"greenroom/internal/fault"
	"greenroom/internal/id"
	"greenroom/internal/record"
	"greenroom/internal/reflection"
)

func TestSubmitNeedsTheRangeAndKeepsTheText(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *bun.DB) {
		w := setup(t, d)
		at := w.at(w.person(), 0)
		f := page()
		for _, c := range []struct{ text, key string }{
			{" \r\n ", "reflection.error.empty"},
			{"two words", "reflection.error.short"},
			{"one two three four five six seven", "reflection.error.long"},
		} {
			_, err := w.texts.Submit(t.Context(), at, c.text, f)
			x := fault.From(err)
			if x == nil || x.Kind != fault.Invalid || x.Fields[0].Name != "text" || x.Fields[0].Key != c.key {
				t.Fatalf("%q: %v, want %s", c.text, err, c.key)
			}
			if r := w.of(at); r.Body != strings.TrimSpace(c.text) || r.Submitted() || w.done(at) {
				t.Fatalf("%q: stored %+v, done %v", c.text, r, w.done(at))
			}
		}
		r, err := w.texts.Submit(t.Context(), at, "a – \r\nb c", f)
		if err != nil || r.Words != 3 || r.Answer != "a – \nb c" || !r.Submitted() || !w.done(at) {
			t.Fatalf("in range: %+v, %v, done %v", r, err, w.done(at))
		}
		if w.done(w.at(at.PersonID, 1)) {
			t.Error("another step is done too")
		}
		// The learning record says that it was done and how long it was, never what was written.
		var data []string
		if err := d.NewSelect().Model((*record.Event)(nil)).Column("data").Scan(t.Context(), &data); err != nil || len(data) != 1 || data[0] != `{"words":3}` {
			t.Errorf("event data %q, %v", data, err)
		}
	})
}

func TestSubmitStandsOrFallsWithTheCompletion(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *bun.DB) {
		w := setup(t, d)
		p := w.person()
		if _, err := w.texts.Submit(t.Context(), w.at(p, 0), "one two three", page()); err != nil {
			t.Fatal(err)
		}
		w.save(w.at(p, 1), "a draft", page())
		w.cert.err = errors.New("no paper")
		at := w.at(p, 1) // the last step: the certificate is issued in its transaction
		if _, err := w.texts.Submit(t.Context(), at, "one two three", draft.Form{Version: 1, Page: id.New()}); !errors.Is(err, w.cert.err) {
			t.Fatalf("got %v, want the certificate's error", err)
		}
		if r := w.of(at); r.Submitted() || r.Body != "a draft" || w.done(at) {
			t.Errorf("half of it happened: %+v, done %v", r, w.done(at))
		}
	})
}

func TestRevisingKeepsTheSubmittedText(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *bun.DB) {
		w := setup(t, d)
		at, f := w.at(w.person(), 0), page()
		first, err := w.texts.Submit(t.Context(), at, "one two three", f)
		if err != nil {
			t.Fatal(err)
		}
		w.pass(time.Hour)
		r := w.save(at, "no", f)
		if !r.Submitted() || !r.Changed() || r.Answer != "one two three" || !w.done(at) {
			t.Fatalf("a draft undid the answer: %+v", r)
		}
		if _, err := w.texts.Submit(t.Context(), at, "four five six", f); err != nil {
			t.Fatal(err)
		}
		r = w.of(at)
		if r.Answer != "four five six" || r.Changed() || !r.SubmittedAt.Equal(*first.SubmittedAt) {
			t.Errorf("second answer: %+v", r)
		}
		if got := w.kept(at); !strings.Contains(got, "submitted:one two three") || !strings.Contains(got, "submitted:four five six") {
			t.Errorf("kept %q", got)
		}
	})
}

func TestTwoDevicesLoseNothing(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *bun.DB) {
		w := setup(t, d)
		at := w.at(w.person(), 0)
		phone, desk := page(), page()
		w.save(at, "phone", phone)
		desk.Version = 1
		w.save(at, "phone and desk", desk)

		// The phone's page is older now: its text does not go over the desk's.
		for _, text := range []string{"phone goes on", "phone goes on and on"} {
			w.pass(time.Second)
			_, err := w.texts.Save(t.Context(), at, text, phone)
			if !fault.Is(err, fault.Conflict) || reflection.Stored(err) == nil || reflection.Stored(err).Body != "phone and desk" {
				t.Fatalf("overtaken page: %v", err)
			}
		}
		if w.of(at).Body != "phone and desk" {
			t.Fatal("the older page won")
		}
		if got := w.kept(at); got != "clash:phone goes on and on" {
			t.Fatalf("kept %q, want the page's last text once", got)
		}
		// The learner keeps the phone's text, on the page that offered the choice.
		w.save(at, "phone goes on and on", draft.Form{Version: 2, Page: id.New()})
		if got := w.kept(at); !strings.Contains(got, "replaced:phone and desk") {
			t.Errorf("kept %q: the other text is lost", got)
		}
		// And changes their mind.
		older, _ := w.texts.Older(t.Context(), at)
		for _, k := range older {
			if k.Body == "phone and desk" {
				if err := w.texts.Restore(t.Context(), at, k.ID); err != nil {
					t.Fatal(err)
				}
			}
		}
		if got := w.of(at).Body; got != "phone and desk" {
			t.Errorf("restored %q", got)
		}
		if got := w.kept(at); !strings.Contains(got, "replaced:phone goes on and on") {
			t.Errorf("kept %q: restoring lost a text", got)
		}
	})
}

func TestOneDeviceNeverClashesWithItself(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *bun.DB) {
		w := setup(t, d)
		at := w.at(w.person(), 0)
		p := id.New()
		w.save(at, "one", draft.Form{Page: p, N: 1})
		w.save(at, "one two", draft.Form{Page: p, N: 3})
		if r := w.save(at, "one t", draft.Form{Page: p, N: 2}); r.Body != "one two" {
			t.Errorf("a late autosave won: %q", r.Body)
		}
		if r := w.save(at, "one two", draft.Form{Page: p, N: 3}); r.Version != 2 {
			t.Errorf("a repeat made version %d", r.Version)
		}
		// A page without id that shows an old version has to choose, but the same text is no clash.
		w.save(at, "one two", draft.Form{Version: 1})
		if _, err := w.texts.Save(t.Context(), at, "other", draft.Form{Version: 1, Page: "forged\r\n"}); !fault.Is(err, fault.Conflict) {
			t.Errorf("got %v, want a clash", err)
		}
	})
}

func TestWhatGoesIsKept(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *bun.DB) {
		w := setup(t, d)
		at, f := w.at(w.person(), 0), page()
		long := strings.Repeat("word ", 30) + "end"
		w.save(at, long, f)
		w.save(at, long+" more", f)
		w.save(at, "", f) // everything selected and deleted, and autosaved
		if got := w.kept(at); got != "replaced:"+long+" more" {
			t.Fatalf("kept %q", got)
		}
		for i := range draft.KeepMost + 5 { // no more than a bounded number
			w.save(at, strings.Repeat(string(rune('a'+i%26)), 100+i), f)
		}
		older, _ := w.texts.Older(t.Context(), at)
		if len(older) != draft.KeepMost {
			t.Errorf("%d texts kept, want %d", len(older), draft.KeepMost)
		}
	})
}

func TestTooLongIsRefused(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *bun.DB) {
		w := setup(t, d)
		at := w.at(w.person(), 0)
		w.save(at, strings.Repeat("é", reflection.MaxText), page())
		_, err := w.texts.Save(t.Context(), at, strings.Repeat("é", reflection.MaxText+1), draft.Form{Version: 1, Page: id.New()})
		if f := fault.From(err); f == nil || f.Fields[0].Key != "reflection.error.too_long" {
			t.Errorf("got %v", err)
		}
	})
}

func TestNobodyElseReadsOrWrites(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *bun.DB) {
		w := setup(t, d)
		mine, other := w.at(w.person(), 0), w.at(w.person(), 0)
		f := page()
		w.save(mine, strings.Repeat("secret ", 30), f)
		w.save(mine, "short", f) // keeps the long one
		ks, _ := w.texts.Older(t.Context(), mine)
		if len(ks) != 1 {
			t.Fatalf("%d kept", len(ks))
		}
		w.save(other, "theirs", page())
		if r := w.of(other); r.Body != "theirs" {
			t.Errorf("the other reads %q", r.Body)
		}
		if got := w.kept(other); got != "" {
			t.Errorf("the other sees %q", got)
		}
		if err := w.texts.Restore(t.Context(), other, ks[0].ID); !fault.Is(err, fault.NotFound) {
			t.Errorf("the other restores mine: %v", err)
		}
		if err := w.texts.Restore(t.Context(), w.at(mine.PersonID, 1), ks[0].ID); !fault.Is(err, fault.NotFound) {
			t.Errorf("another step restores mine: %v", err)
		}
		nobody := w.at("", 0)
		if r, err := w.texts.Of(t.Context(), nobody); r != nil || err != nil {
			t.Errorf("nobody reads %v, %v", r, err)
		}
		if w.of(mine).Body != "short" {
			t.Error("mine changed")
		}
		ctx, n := db.CountQueries(t.Context())
		if _, err := w.texts.Of(ctx, mine); err != nil || n.Load() != 1 {
			t.Errorf("%d queries for a page, %v", n.Load(), err)
		}
	})
}

func TestClaim(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *bun.DB) {
		for _, guestLater := range []bool{true, false} {
			w := setup(t, d)
			guest, person := w.person(), w.person()
			write := func(who, text string) {
				w.pass(time.Minute)
				if _, err := w.texts.Submit(t.Context(), w.at(who, 0), text, page()); err != nil {
					t.Fatal(err)
				}
			}
			texts := []string{"from the guest", "from the person"}
			if guestLater {
				write(person, texts[1])
				write(guest, texts[0])
			} else {
				write(guest, texts[0])
				write(person, texts[1])
				texts[0], texts[1] = texts[1], texts[0]
			}
			w.save(w.at(guest, 1), "only the guest", page())
			claim := func() {
				err := db.InTx(t.Context(), d, func(ctx context.Context, tx bun.Tx) error { return w.texts.Claim(ctx, tx, guest, person) })
				if err != nil {
					t.Fatal(err)
				}
			}
			claim()
			r := w.of(w.at(person, 0))
			if r.Body != texts[0] || r.Answer != texts[0] || !r.Submitted() {
				t.Errorf("guest later %v: stands %q", guestLater, r.Body)
			}
			if got := w.kept(w.at(person, 0)); !strings.Contains(got, "claimed:"+texts[1]) || !strings.Contains(got, "submitted:from the guest") {
				t.Errorf("guest later %v: kept %q", guestLater, got)
			}
			if r := w.of(w.at(person, 1)); r == nil || r.Body != "only the guest" {
				t.Errorf("moved %+v", r)
			}
			if r := w.of(w.at(guest, 0)); r != nil {
				t.Errorf("the guest still has %+v", r)
			}
			before := w.kept(w.at(person, 0))
			claim()
			if after := w.kept(w.at(person, 0)); after != before {
				t.Errorf("a second claim changed %q to %q", before, after)
			}
		}
	})
}

func TestExport(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *bun.DB) {
		w := setup(t, d)
		me, other := w.person(), w.person()
		if _, err := w.texts.Submit(t.Context(), w.at(me, 0), "mine of course", page()); err != nil {
			t.Fatal(err)
		}
		w.save(w.at(other, 0), "not mine", page())
		var e account.Exporter = w.texts
		name, v, err := e.Export(t.Context(), me)
		raw, _ := json.Marshal(v)
		if err != nil || name != "reflections" || !strings.Contains(string(raw), `"submitted_text":"mine of course"`) || strings.Contains(string(raw), "not mine") {
			t.Errorf("%s: %s, %v", name, raw, err)
		}
		// Erasing the person erases the texts, kept ones too.
		if _, err := d.NewDelete().Model((*account.Person)(nil)).Where("id = ?", me).Exec(t.Context()); err != nil {
			t.Fatal(err)
		}
		if n, _ := d.NewSelect().Model((*reflection.Kept)(nil)).Count(t.Context()); n != 0 {
			t.Errorf("%d kept texts outlive their person", n)
		}
	})
}

func TestManyPagesAtOnce(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *bun.DB) {
		w := setup(t, d)
		at := w.at(w.person(), 0)
		var wg sync.WaitGroup
		texts := map[string]bool{}
		for i := range 8 {
			text := strings.Repeat(string(rune('a'+i)), 5)
			texts[text] = true
			wg.Add(1)
			go func() {
				defer wg.Done()
				if _, err := w.texts.Save(t.Context(), at, text, page()); err != nil && !fault.Is(err, fault.Conflict) {
					t.Error(err)
				}
			}()
		}
		wg.Wait()
		delete(texts, w.of(at).Body)
		older, _ := w.texts.Older(t.Context(), at)
		for _, k := range older {
			delete(texts, k.Body)
		}
		if len(texts) > 0 {
			t.Errorf("lost %v", texts)
		}
	})
}

var _ account.Claimer = (*reflection.Service)(nil)
