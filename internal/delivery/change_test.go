package delivery_test

import (
	"slices"
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
)

func TestWhatHasOpenedStaysOpen(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *bun.DB) {
		w := open(t, d)
		w.three = true
		w.clockAt("2026-12-01 10:00")
		k := w.cohort(nil)
		change := func(version int, fn func(*delivery.Terms)) error {
			x := k.Terms
			x.Schedule.Modules = slices.Clone(x.Schedule.Modules)
			fn(&x)
			got, err := w.Update(w.ctx, nil, k.ID, version, x)
			if err == nil {
				k = got
			}
			return err
		}
		ok(t, change(k.Version, func(t *delivery.Terms) { t.StartsOn = "2026-12-14" })) // before it begins: anything
		ok(t, change(k.Version, func(t *delivery.Terms) { t.StartsOn = "2026-12-07" }))
		if w.facts("delivery.changed") != 2 {
			t.Errorf("%d facts of change", w.facts("delivery.changed"))
		}
		w.clockAt("2026-12-15 10:00") // week 2
		for what, fn := range map[string]func(*delivery.Terms){
			"a later start":          func(t *delivery.Terms) { t.StartsOn = "2026-12-14" },
			"week 2 put off":         func(t *delivery.Terms) { t.Schedule.Modules = []delivery.Slot{{Module: "m2", Week: 3}} },
			"a break in this week":   func(t *delivery.Terms) { t.Schedule.Breaks = []delivery.Date{"2026-12-16"} },
			"a zone far in the west": func(t *delivery.Terms) { t.StartsOn, t.Zone = "2026-12-08", "Pacific/Honolulu" },
		} {
			if err := change(k.Version, fn); !fault.Is(err, fault.Invalid) {
				t.Errorf("%s: %v", what, err)
			}
		}
		ok(t, change(k.Version, func(t *delivery.Terms) { t.Schedule.Breaks = []delivery.Date{"2026-12-25"} })) // week 3 only
		if got := opens(k.Plan(modules(3), nil)); got != "12-07 09:00 | 12-14 09:00 | 12-28 09:00" {
			t.Error(got)
		}
		was := k.Version
		ok(t, change(was-1, func(*delivery.Terms) {})) // nothing new: no version, no fact, no conflict
		if k.Version != was {
			t.Errorf("version %d after saving the same", k.Version)
		}
		if err := change(was-1, func(t *delivery.Terms) { t.Title = "Late" }); !fault.Is(err, fault.Conflict) {
			t.Errorf("an old form: %v", err)
		}
	})
}

// A copy keeps distances and the time on the clock, also over the change of clocks.
func TestCopyAcrossDaylightSaving(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *bun.DB) {
		w := open(t, d)
		w.three = true
		dana := w.trainer()
		x := terms()
		x.Schedule = delivery.Schedule{
			Breaks: []delivery.Date{"2026-12-22"}, Modules: []delivery.Slot{{Module: "m3", On: "2026-12-30", Due: "2027-01-08"}},
		}
		k, err := w.Create(w.ctx, dana, "", "posts", x)
		ok(t, err)
		form := id.New()
		for range 2 {
			c, err := w.Copy(w.ctx, dana, form, k.ID, "Autumn", "2027-03-29") // clocks go back on 4 April
			ok(t, err)
			if c.ID != form || c.Status != delivery.Draft || c.Title != "Autumn" || c.CourseKey != "posts" {
				t.Fatalf("%+v", c)
			}
			if got := opens(c.Dates(modules(3), nil)); got != "03-29 09:00 | 04-05 09:00 | 04-21 09:00" {
				t.Error(got)
			}
			if c.Schedule.Breaks[0] != "2027-04-13" || c.Schedule.Modules[0].Due != "2027-04-30" {
				t.Errorf("%+v", c.Schedule)
			}
		}
		if got, err := w.ByID(w.ctx, k.ID); err != nil || got.StartsOn != "2026-12-07" || got.Schedule.Breaks[0] != "2026-12-22" {
			t.Errorf("the original: %+v, %v", got, err)
		}
		if _, err := w.Copy(w.ctx, dana, "", k.ID, "", "soon"); !fault.Is(err, fault.Invalid) {
			t.Errorf("no date: %v", err)
		}
		if _, err := w.Copy(w.ctx, &account.Person{ID: w.person()}, "", k.ID, "", "2027-03-29"); !fault.Is(err, fault.NotFound) {
			t.Errorf("somebody else's: %v", err)
		}
	})
}

func TestMoreTimeAndPausesInOneAct(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *bun.DB) {
		w := open(t, d)
		w.clockAt("2026-12-15 10:00")
		k := w.cohort(func(t *delivery.Terms) { t.Capacity = 2 })
		ada, bo, cy := w.person(), w.person(), w.person()
		for _, p := range []string{ada, bo, cy} {
			w.join(p, k.ID)
		}
		dana := w.trainer()
		a := delivery.Act{FormID: id.New(), People: []string{ada, bo, ada, cy, "nobody"}, Days: 5, Reason: "floods"}
		for range 2 {
			n, err := w.Extend(w.ctx, dana, k.ID, a)
			ok(t, err)
			if n != 2 { // cy waits and has no dates
				t.Errorf("%d people", n)
			}
		}
		p := delivery.Act{FormID: id.New(), People: []string{ada}, Days: 7, Reason: "leave"}
		for range 2 {
			_, err := w.PausePeople(w.ctx, dana, k.ID, p)
			ok(t, err)
		}
		e := w.in(ada, k.ID).Enrolment
		if e.ExtendedDays != 5 || len(e.Pauses) != 1 || e.Pauses[0].Days != 7 || !e.Pauses[0].From.Equal(w.at) {
			t.Errorf("%+v", e)
		}
		if got := opens(k.Plan(modules(3), &e)); got != "12-07 09:00 | 12-14 09:00 | 12-28 09:00" {
			t.Error(got)
		}
		logged, err := d.NewSelect().TableExpr("audit").Where("action IN ('cohort.extended', 'cohort.paused')").Where("reason <> ''").Count(w.ctx)
		ok(t, err)
		if logged != 3 {
			t.Errorf("%d entries in the log", logged)
		}
		for what, bad := range map[string]delivery.Act{
			"no days": {People: []string{ada}, Reason: "leave"}, "too many": {People: []string{ada}, Days: 181, Reason: "leave"},
			"nobody": {Days: 3, Reason: "leave"}, "no reason": {People: []string{ada}, Days: 3},
		} {
			if _, err := w.Extend(w.ctx, dana, k.ID, bad); !fault.Is(err, fault.Invalid) {
				t.Errorf("%s: %v", what, err)
			}
		}
		other := &account.Person{ID: w.person()}
		if _, err := w.Extend(w.ctx, other, k.ID, a); !fault.Is(err, fault.NotFound) {
			t.Errorf("by somebody who does not lead it: %v", err)
		}
		if _, err := w.RemovePeople(w.ctx, other, k.ID, delivery.Act{People: []string{ada}, Reason: "why not"}); !fault.Is(err, fault.NotFound) {
			t.Errorf("removed by somebody who does not lead it: %v", err)
		}
		n, err := w.RemovePeople(w.ctx, dana, k.ID, delivery.Act{People: []string{ada, "nobody"}, Reason: "asked for it"})
		if err != nil || n != 1 || w.status(ada, k.ID) != delivery.Withdrawn || w.status(cy, k.ID) != delivery.Active {
			t.Errorf("%d removed, %v; %s and %s", n, err, w.status(ada, k.ID), w.status(cy, k.ID))
		}
		if back := w.join(ada, k.ID); back.ExtendedDays != 0 || len(back.Pauses) != 0 || back.Status != delivery.Waiting {
			t.Errorf("who comes back begins anew: %+v", back)
		}
	})
}

func TestAnnouncements(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *bun.DB) {
		w := open(t, d)
		k, other := w.cohort(nil), w.cohort(nil)
		dana := w.trainer()
		form := id.New()
		for range 2 {
			_, err := w.Announce(w.ctx, dana, form, k.ID, delivery.ToAll, " Hello ", "Read **this**.")
			ok(t, err)
		}
		w.pass(time.Minute)
		_, err := w.Announce(w.ctx, dana, "", k.ID, delivery.ToUnfinished, "Nearly there", "Go on.")
		ok(t, err)
		_, err = w.Announce(w.ctx, nil, "", other.ID, delivery.ToAll, "Elsewhere", "Not here.")
		ok(t, err)
		all, err := w.Announcements(w.ctx, k.ID)
		ok(t, err)
		if len(all) != 2 || all[0].Title != "Nearly there" || all[1].Title != "Hello" || all[1].AuthorName != "Ada" || w.facts("delivery.announced") != 3 {
			t.Errorf("%+v, %d facts", all, w.facts("delivery.announced"))
		}
		if !all[0].For(false) || all[0].For(true) || !all[1].For(true) {
			t.Error("whom they are for")
		}
		_, err = d.NewDelete().Model((*account.Person)(nil)).Where("id = ?", dana.ID).Exec(w.ctx)
		ok(t, err)
		if a, err := w.Announcement(w.ctx, form); err != nil || a.AuthorName != "" || a.Body != "Read **this**." {
			t.Errorf("after its author was erased: %+v, %v", a, err)
		}
		for what, bad := range map[string][3]string{
			"no title": {delivery.ToAll, "", "x"}, "no text": {delivery.ToAll, "x", " "}, "nobody": {"", "x", "x"}, "long": {delivery.ToAll, strings.Repeat("x", 121), "x"},
		} {
			if _, err := w.Announce(w.ctx, nil, "", k.ID, bad[0], bad[1], bad[2]); !fault.Is(err, fault.Invalid) {
				t.Errorf("%s: %v", what, err)
			}
		}
		if _, err := w.Announce(w.ctx, &account.Person{ID: w.person()}, "", k.ID, delivery.ToAll, "x", "x"); !fault.Is(err, fault.NotFound) {
			t.Errorf("by anybody: %v", err)
		}
	})
}

func TestCalendarSecret(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *bun.DB) {
		w := open(t, d)
		k := w.cohort(func(t *delivery.Terms) { t.Capacity = 1 })
		ada, bo := w.person(), w.person()
		w.join(ada, k.ID)
		w.join(bo, k.ID)
		first, err := w.NewFeed(w.ctx, ada)
		ok(t, err)
		boToken, err := w.NewFeed(w.ctx, bo)
		ok(t, err)
		var stored []string
		ok(t, d.NewSelect().TableExpr("calendar_feed").ColumnExpr("token_hash").Scan(w.ctx, &stored))
		if len(stored) != 2 || slices.Contains(stored, first) || len(first) < 26 {
			t.Errorf("stored %v", stored)
		}
		who, mine, err := w.Feed(w.ctx, first)
		if err != nil || who != ada || len(mine) != 1 || mine[0].Gone() {
			t.Fatalf("%s %+v %v", who, mine, err)
		}
		if _, waits, err := w.Feed(w.ctx, boToken); err != nil || len(waits) != 0 {
			t.Errorf("who waits has dates: %+v, %v", waits, err)
		}
		seq := mine[0].Sequence()
		rises := func(what string, gone bool) {
			t.Helper()
			_, now, err := w.Feed(w.ctx, first)
			if err != nil || len(now) != 1 || now[0].Sequence() <= seq || now[0].Gone() != gone || now[0].Enrolment.ID != mine[0].Enrolment.ID {
				t.Fatalf("%s: %+v, %v; the sequence was %d", what, now, err, seq)
			}
			seq = now[0].Sequence()
		}
		x := k.Terms
		x.StartsOn = "2026-12-14"
		_, err = w.Update(w.ctx, nil, k.ID, k.Version, x)
		ok(t, err)
		rises("another start", false)
		_, err = w.Extend(w.ctx, nil, k.ID, delivery.Act{People: []string{ada}, Days: 2, Reason: "leave"})
		ok(t, err)
		rises("more time", false)
		ok(t, w.Leave(w.ctx, ada, k.ID))
		rises("left", true)
		_, err = w.EnrolIn(w.ctx, ada, k.ID, delivery.SourceSelf) // bo has the seat
		ok(t, err)
		ok(t, w.Leave(w.ctx, bo, k.ID))
		rises("back again", false)
		_, err = w.Cancel(w.ctx, nil, k.ID, "too few")
		ok(t, err)
		rises("called off", true)
		w.pass(91 * 24 * time.Hour)
		if _, now, err := w.Feed(w.ctx, first); err != nil || len(now) != 0 {
			t.Errorf("after 91 days still %+v, %v", now, err)
		}

		second, err := w.NewFeed(w.ctx, ada)
		ok(t, err)
		ids := []string{"", ada, k.ID, stored[0], first, mine[0].Enrolment.ID, strings.ToLower(second)}
		for _, token := range ids {
			if _, _, err := w.Feed(w.ctx, token); !fault.Is(err, fault.NotFound) {
				t.Errorf("%q opens a calendar: %v", token, err)
			}
		}
		if since, err := w.FeedSince(w.ctx, ada); err != nil || !since.Equal(w.at) {
			t.Errorf("since %s, %v", since, err)
		}
		for range 2 {
			ok(t, w.EndFeed(w.ctx, ada))
		}
		if _, _, err := w.Feed(w.ctx, second); !fault.Is(err, fault.NotFound) {
			t.Errorf("ended and yet: %v", err)
		}
		if since, err := w.FeedSince(w.ctx, ada); err != nil || !since.IsZero() {
			t.Errorf("since %s, %v", since, err)
		}
	})
}

// Two trainers save at once: one of them is told.
func TestTwoSaveAtOnce(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *bun.DB) {
		w := open(t, d)
		k := w.cohort(nil)
		errs := make([]error, 8)
		var wg sync.WaitGroup
		for i := range errs {
			wg.Go(func() {
				x := k.Terms
				x.Title = "Name " + id.New()
				_, errs[i] = w.Update(w.ctx, nil, k.ID, k.Version, x)
			})
		}
		wg.Wait()
		saved := 0
		for _, err := range errs {
			switch {
			case err == nil:
				saved++
			case !fault.Is(err, fault.Conflict):
				t.Error(err)
			}
		}
		if got, err := w.ByID(w.ctx, k.ID); err != nil || saved != 1 || got.Version != k.Version+1 {
			t.Errorf("%d saved, version %d after %d, %v", saved, got.Version, k.Version, err)
		}
	})
}
