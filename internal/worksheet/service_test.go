package worksheet_test

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
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
	"greenroom/internal/worksheet"
)

func TestFinishNeedsWhatIsRequiredAndKeepsTheRest(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *bun.DB) {
		w := setup(t, d)
		at := w.at(w.person(), 0)
		f := form(worksheet.Answers{"purpose": text(" \r\n"), "owner": text("  Me \n myself "), "by": text("3 December"), "unknown": text("x"), "channels": rows([]string{"Website", "Web team"}, []string{" ", ""})})
		_, err := w.sheets.Finish(t.Context(), at, f)
		got := keys(err)
		if len(got) != 3 || got["purpose"] != "worksheet.error.required.long" || got["by"] != "worksheet.error.date" || got["channels"] != "worksheet.error.only_given" {
			t.Fatalf("messages %v, %v", got, err)
		}
		s := w.of(at)
		if s.Answers["owner"].Text != "Me myself" || len(s.Answers["channels"].Rows) != 1 || s.Finished() || w.done(at) {
			t.Fatalf("kept %+v, done %v", s, w.done(at))
		}
		if _, ok := s.Answers["unknown"]; ok {
			t.Error("an unknown field was kept")
		}
		f.Answers = full("one two three four five six")
		f.Answers["by"] = text("2026-12-31")
		if _, err := w.sheets.Finish(t.Context(), at, f); keys(err)["purpose"] != "worksheet.error.words" {
			t.Fatalf("six words of five: %v", err)
		}
		f.Answers["purpose"] = text("one two three four five")
		f.Checks, f.Named = []int{1, 7, -1}, true
		s, err = w.sheets.Finish(t.Context(), at, f)
		if err != nil || !s.Finished() || !w.done(at) {
			t.Fatalf("finish: %+v, %v", s, err)
		}
		if s = w.of(at); !slices.Equal(s.Checks, []string{"Has an owner"}) || !s.Named || s.Answers["owner"].Text != "Me myself" {
			t.Errorf("stored %+v", s)
		}
		// It can be changed ever after; the finished state is kept, and the step stays done.
		w.pass(time.Minute)
		f.Answers["purpose"] = text("")
		if _, err := w.sheets.Save(t.Context(), at, f); err != nil {
			t.Fatal(err)
		}
		if got := w.kept(at); !slices.Equal(got, []string{"finished:one two three four five"}) || !w.done(at) || !w.of(at).Finished() {
			t.Errorf("kept %v, done %v", got, w.done(at))
		}
	})
}

func TestFinishStandsOrFallsWithTheCompletion(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *bun.DB) {
		w := setup(t, d)
		p := w.person()
		if _, err := w.sheets.Finish(t.Context(), w.at(p, 0), form(full("why"))); err != nil {
			t.Fatal(err)
		}
		w.cert.err = errors.New("no paper")
		at := w.at(p, 1)
		if _, err := w.sheets.Finish(t.Context(), at, form(worksheet.Answers{"aim": text("x")})); !errors.Is(err, w.cert.err) {
			t.Fatalf("got %v", err)
		}
		if w.of(at) != nil || w.done(at) {
			t.Error("half of it happened")
		}
	})
}

func TestLimits(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *bun.DB) {
		w := setup(t, d)
		at := w.at(w.person(), 0)
		most := worksheet.Answers{
			"purpose": text(strings.Repeat("é", worksheet.MaxLong)), "owner": text(strings.Repeat("é", worksheet.MaxText)),
			"channels": rows(),
		}
		cell := strings.Repeat("é", worksheet.MaxText)
		for range worksheet.MaxRows {
			most["channels"] = rows(append(most["channels"].Rows, []string{cell, cell})...)
		}
		f := form(most)
		if _, err := w.sheets.Save(t.Context(), at, f); err != nil {
			t.Fatalf("the most that fits: %v", err)
		}
		f.Answers = worksheet.Answers{
			"purpose": text(strings.Repeat("é", worksheet.MaxLong+1)), "owner": text(strings.Repeat("é", worksheet.MaxText+1)),
			"channels": rows(append(most["channels"].Rows, []string{"x", ""})...),
		}
		_, err := w.sheets.Save(t.Context(), at, f)
		if got := keys(err); got["purpose"] != "worksheet.error.too_long" || got["owner"] != "worksheet.error.too_long" || got["channels"] != "worksheet.error.too_many_rows" {
			t.Errorf("messages %v", got)
		}
		f.Answers = worksheet.Answers{"channels": rows([]string{cell + "x", ""})}
		if _, err := w.sheets.Save(t.Context(), at, f); keys(err)["channels"] != "worksheet.error.cell_too_long" {
			t.Errorf("a long cell: %v", err)
		}
		if !w.of(at).Answers.Equal(most) {
			t.Error("a refused write changed what was stored")
		}
	})
}

func TestTheExampleNeverReplacesWhatWasTyped(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *bun.DB) {
		w := setup(t, d)
		at := w.at(w.person(), 0)
		f := form(worksheet.Answers{"purpose": text("my own"), "owner": text(""), "channels": rows([]string{"Website", "Web team"})})
		s, err := w.sheets.UseExample(t.Context(), at, f)
		if err != nil {
			t.Fatal(err)
		}
		if s.Answers["purpose"].Text != "my own" || s.Answers["owner"].Text != "Comms lead" {
			t.Errorf("texts %+v", s.Answers)
		}
		if got := s.Answers["channels"]; !got.Equal(rows([]string{"Facebook", "Ana"}, []string{"Website", "Web team"})) {
			t.Errorf("table %v", got)
		}
		f.Answers = worksheet.Answers{"channels": rows([]string{"Newsletter", ""})}
		if s, _ = w.sheets.UseExample(t.Context(), at, f); !s.Answers["channels"].Equal(rows([]string{"Newsletter", ""})) {
			t.Errorf("the example went over %v", s.Answers["channels"])
		}
	})
}

func TestCarriedAnswersAreOffersUntilSaved(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *bun.DB) {
		w := setup(t, d)
		p := w.person()
		answers := full("Answer in a day")
		answers["channels"] = rows([]string{"Facebook", "Ana"}, []string{"Phone", ""})
		if _, err := w.sheets.Save(t.Context(), w.at(p, 0), form(answers)); err != nil {
			t.Fatal(err)
		}
		at := w.at(p, 1)
		ctx, n := db.CountQueries(t.Context())
		own, earlier, err := w.sheets.Of(ctx, at)
		if err != nil || own != nil || n.Load() != 1 {
			t.Fatalf("own %v, %d queries, %v", own, n.Load(), err)
		}
		content := at.Activity.Content().(*worksheet.Content)
		o := content.Offers(nil, earlier)
		if o["aim"].Text != "Answer in a day" || o["aim"].From != "m/one" || o["where"].Text != "Facebook, Ana\nPhone" {
			t.Errorf("offers %+v", o)
		}
		if _, err := w.sheets.Save(t.Context(), at, form(worksheet.Answers{"aim": text("")})); err != nil {
			t.Fatal(err)
		}
		own, earlier, _ = w.sheets.Of(t.Context(), at)
		if o = content.Offers(own.Answers, earlier); o["aim"].Text != "" || o["aim"].From != "" || o["where"].From != "m/one" {
			t.Errorf("an emptied field was filled again: %+v", o)
		}
		// Somebody else is offered nothing of mine.
		_, earlier, _ = w.sheets.Of(t.Context(), w.at(w.person(), 1))
		if len(earlier) != 0 {
			t.Errorf("the other is offered %v", earlier)
		}
	})
}

func TestTwoDevicesLoseNothing(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *bun.DB) {
		w := setup(t, d)
		at := w.at(w.person(), 0)
		phone, desk := form(full("phone")), form(full("phone and desk"))
		if _, err := w.sheets.Save(t.Context(), at, phone); err != nil {
			t.Fatal(err)
		}
		desk.Version = 1
		if _, err := w.sheets.Save(t.Context(), at, desk); err != nil {
			t.Fatal(err)
		}
		for _, p := range []string{"on", "on and on"} {
			phone.Answers = full(p)
			_, err := w.sheets.Save(t.Context(), at, phone)
			if !fault.Is(err, fault.Conflict) || worksheet.Stored(err) == nil || worksheet.Stored(err).Answers["purpose"].Text != "phone and desk" {
				t.Fatalf("overtaken page: %v", err)
			}
		}
		if got := w.kept(at); !slices.Equal(got, []string{"clash:on and on"}) {
			t.Fatalf("kept %v", got)
		}
		chosen := form(full("on and on"))
		chosen.Version = 2
		if _, err := w.sheets.Save(t.Context(), at, chosen); err != nil {
			t.Fatal(err)
		}
		if got := w.kept(at); !slices.Contains(got, "replaced:phone and desk") {
			t.Fatalf("kept %v: the other state is lost", got)
		}
		ks, _ := w.sheets.Older(t.Context(), at)
		for _, k := range ks {
			if k.Why == worksheet.WhyReplaced {
				if err := w.sheets.Restore(t.Context(), at, k.ID); err != nil {
					t.Fatal(err)
				}
			}
		}
		if got := w.of(at).Answers["purpose"].Text; got != "phone and desk" {
			t.Errorf("restored %q", got)
		}
		// Ticking a point of the self-check on an overtaken page loses nothing, so it is no clash.
		tick := form(full("phone and desk"))
		tick.Checks = []int{0}
		if s, err := w.sheets.Save(t.Context(), at, tick); err != nil || len(s.Checks) != 1 {
			t.Errorf("ticking: %v", err)
		}
		// A late autosave of the same page changes nothing.
		now := w.of(at)
		late := worksheet.Form{Form: draft.Form{Page: id.New(), Version: now.Version, N: 5}, Answers: full("five")}
		if _, err := w.sheets.Save(t.Context(), at, late); err != nil {
			t.Fatal(err)
		}
		late.N, late.Answers = 4, full("four")
		if s, err := w.sheets.Save(t.Context(), at, late); err != nil || s.Answers["purpose"].Text != "five" {
			t.Errorf("late autosave: %v, %v", s, err)
		}
	})
}

func TestNobodyElseReadsOrWrites(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *bun.DB) {
		w := setup(t, d)
		mine, other := w.at(w.person(), 0), w.at(w.person(), 0)
		f := form(full(strings.Repeat("secret ", 30)))
		for _, p := range []string{"secret", ""} {
			f.Answers["purpose"] = text(strings.Repeat(p+" ", 30))
			if _, err := w.sheets.Save(t.Context(), mine, f); err != nil {
				t.Fatal(err)
			}
		}
		ks, _ := w.sheets.Older(t.Context(), mine)
		if len(ks) != 1 {
			t.Fatalf("%d kept", len(ks))
		}
		if _, err := w.sheets.Save(t.Context(), other, form(full("theirs"))); err != nil {
			t.Fatal(err)
		}
		if got := w.kept(other); len(got) != 0 || w.of(other).Answers["purpose"].Text != "theirs" {
			t.Errorf("the other sees %v", got)
		}
		for _, at := range []record.Completion{other, w.at(mine.PersonID, 1)} {
			if err := w.sheets.Restore(t.Context(), at, ks[0].ID); !fault.Is(err, fault.NotFound) {
				t.Errorf("restored from elsewhere: %v", err)
			}
		}
		if s, e, err := w.sheets.Of(t.Context(), w.at("", 0)); s != nil || e != nil || err != nil {
			t.Errorf("nobody reads %v", s)
		}
	})
}

func TestClaimAndExport(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *bun.DB) {
		w := setup(t, d)
		guest, person := w.person(), w.person()
		for _, x := range []struct{ who, purpose string }{{person, "the person"}, {guest, "the guest"}} {
			w.pass(time.Minute)
			if _, err := w.sheets.Finish(t.Context(), w.at(x.who, 0), form(full(x.purpose))); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := w.sheets.Save(t.Context(), w.at(guest, 1), form(worksheet.Answers{"aim": text("alone")})); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			err := db.InTx(t.Context(), d, func(ctx context.Context, tx bun.Tx) error { return w.sheets.Claim(ctx, tx, guest, person) })
			if err != nil {
				t.Fatal(err)
			}
			at := w.at(person, 0)
			if s := w.of(at); s.Answers["purpose"].Text != "the guest" || !s.Finished() {
				t.Errorf("stands %+v", s)
			}
			if got := w.kept(at); !slices.Equal(got, []string{"claimed:the person"}) {
				t.Errorf("kept %v", got)
			}
			if s := w.of(w.at(person, 1)); s == nil || s.Answers["aim"].Text != "alone" {
				t.Errorf("moved %+v", s)
			}
			if w.of(w.at(guest, 0)) != nil {
				t.Error("the guest still has one")
			}
		}
		var e account.Exporter = w.sheets
		name, v, err := e.Export(t.Context(), person)
		raw, _ := json.Marshal(v)
		for _, want := range []string{"the guest", "the person", "alone"} {
			if err != nil || name != "worksheets" || !strings.Contains(string(raw), want) {
				t.Errorf("export lacks %q: %s, %v", want, raw, err)
			}
		}
		if _, err := d.NewDelete().Model((*account.Person)(nil)).Where("id = ?", person).Exec(t.Context()); err != nil {
			t.Fatal(err)
		}
		if n, _ := d.NewSelect().Model((*worksheet.Kept)(nil)).Count(t.Context()); n != 0 {
			t.Errorf("%d kept states outlive their person", n)
		}
	})
}

var _ account.Claimer = (*worksheet.Service)(nil)
