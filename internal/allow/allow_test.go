package allow_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"greenroom/internal/account"
	"greenroom/internal/allow"
	"greenroom/internal/audit"
	"greenroom/internal/db/dbtest"
	"greenroom/internal/fault"
	"greenroom/internal/id"
	"greenroom/internal/locale"
	"greenroom/internal/mail"
)

// world is a site with people, on a clock that the test moves.
type world struct {
	*allow.Service
	t      *testing.T
	d      *bun.DB
	people *account.Service
	audit  *audit.Service
	at     time.Time
}

func each(t *testing.T, fn func(t *testing.T, w *world)) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *bun.DB) {
		w := &world{t: t, d: d, audit: audit.New(d), at: time.Date(2026, 12, 1, 1, 0, 0, 0, time.UTC)}
		log := slog.New(slog.NewTextHandler(io.Discard, nil))
		words, err := locale.Load()
		w.ok(err)
		now := func() time.Time { return w.at }
		post, err := mail.New(d, mail.Options{From: "a@b.example", Now: now, Log: log})
		w.ok(err)
		w.people, err = account.New(d, post, account.Options{BaseURL: "http://x.example", SiteName: "Greenroom", Now: now, Log: log, Words: words})
		w.ok(err)
		w.Service = allow.New(d, w.people, now)
		fn(t, w)
	})
}

func (w *world) ok(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) person(name string) *account.Person {
	w.t.Helper()
	p, _, err := w.people.Add(context.Background(), account.NewAccount{Name: name, Email: strings.ToLower(name) + "@agency.example"})
	w.ok(err)
	return p
}

func (w *world) of(personID string) allow.Allowance {
	w.t.Helper()
	a, err := w.Of(context.Background(), w.d, personID)
	w.ok(err)
	return a
}

// pass lets time go by.
func (w *world) pass(d time.Duration) { w.at = w.at.Add(d) }

func TestTheNewestThatHoldsCounts(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ctx := context.Background()
		tim, ada := w.person("Tim"), w.person("Ada")
		if a := w.of(ada.ID); a.Given || a.Time(20) != 20*time.Minute || a.Attempts(2) != 2 || a.Attempts(0) != 0 {
			t.Errorf("before anything is granted: %+v", a)
		}
		w.ok(w.Grant(ctx, tim, ada.ID, id.New(), allow.Terms{TimePercent: 150, ExtraAttempts: 1, ExtraDays: 3, Reason: "reads with a screen reader"}))
		if a := w.of(ada.ID); a.Time(20) != 30*time.Minute || a.Attempts(2) != 3 || a.ExtraDays != 3 {
			t.Errorf("after a grant: %+v", a)
		}
		w.pass(time.Hour)
		// A later one that has not begun changes nothing yet; when it begins it counts, when it runs out the first does again.
		begins, ends := w.at.Add(24*time.Hour), w.at.Add(48*time.Hour)
		w.ok(w.Grant(ctx, tim, ada.ID, id.New(), allow.Terms{TimePercent: allow.NoLimit, Reason: "broken wrist", From: begins, Until: &ends}))
		if a := w.of(ada.ID); a.TimePercent != 150 {
			t.Errorf("before the second begins: %+v", a)
		}
		w.pass(24 * time.Hour)
		if a := w.of(ada.ID); a.Time(20) != 0 || a.ExtraDays != 0 {
			t.Errorf("while the second holds: %+v", a)
		}
		w.pass(24 * time.Hour)
		if a := w.of(ada.ID); a.TimePercent != 150 {
			t.Errorf("after the second has run out: %+v", a)
		}
		if all, err := w.OfAll(ctx, w.d, []string{tim.ID, ada.ID}); err != nil || len(all) != 1 {
			t.Errorf("of both: %v %v", all, err)
		}
	})
}

func TestTakenBackTheOneBeforeHoldsAgain(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ctx := context.Background()
		tim, ada, bob := w.person("Tim"), w.person("Ada"), w.person("Bob")
		w.ok(w.Grant(ctx, tim, ada.ID, id.New(), allow.Terms{TimePercent: 125, Reason: "first"}))
		w.pass(time.Minute)
		second := id.New()
		for range 2 { // the form is sent twice
			w.ok(w.Grant(ctx, tim, ada.ID, second, allow.Terms{TimePercent: 200, Reason: "second"}))
		}
		if a := w.of(ada.ID); a.TimePercent != 200 {
			t.Fatalf("%+v", a)
		}
		if err := w.End(ctx, tim, bob.ID, second, "not his"); !fault.Is(err, fault.NotFound) {
			t.Errorf("another's grant is ended: %v", err)
		}
		if err := w.End(ctx, tim, ada.ID, second, " "); !fault.Is(err, fault.Invalid) {
			t.Errorf("ended without a reason: %v", err)
		}
		for range 2 {
			w.ok(w.End(ctx, tim, ada.ID, second, "agreed otherwise"))
		}
		if a := w.of(ada.ID); a.TimePercent != 125 {
			t.Errorf("after the second was taken back: %+v", a)
		}
		all, err := w.History(ctx, ada.ID)
		w.ok(err)
		if len(all) != 2 || all[0].EndedReason != "agreed otherwise" || all[0].EndedBy != tim.ID || allow.Counting(all, w.at).Reason != "first" {
			t.Errorf("history: %+v", all)
		}
		log, n, err := w.audit.List(ctx, audit.Filter{PersonID: ada.ID, Action: "accommodation."})
		w.ok(err)
		if n != 3 || log[0].Action != "accommodation.ended" || log[0].ActorName != "Tim" || log[0].PersonName != "Ada" || !strings.Contains(log[0].Data, second) {
			t.Errorf("log: %d %+v", n, log)
		}
		_, v, err := w.Export(ctx, ada.ID)
		w.ok(err)
		if v == nil {
			t.Error("nothing is exported")
		}
	})
}

func TestWhatMayBeGranted(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ctx := context.Background()
		ada := w.person("Ada")
		past := w.at.Add(-time.Hour)
		for field, terms := range map[string]allow.Terms{
			"time": {TimePercent: 50, Reason: "less"}, "attempts": {TimePercent: 100, ExtraAttempts: -1, Reason: "less"},
			"days": {TimePercent: 100, ExtraDays: 1000, Reason: "more"}, "until": {TimePercent: 150, Until: &past, Reason: "over"},
			"reason": {TimePercent: 150},
		} {
			err := w.Grant(ctx, nil, ada.ID, id.New(), terms)
			f := fault.From(err)
			if f == nil || f.Kind != fault.Invalid || f.Fields[0].Name != field {
				t.Errorf("%s: %v", field, err)
			}
		}
		guest, _, err := w.people.NewGuest(ctx)
		w.ok(err)
		for _, who := range []string{guest.ID, id.New()} {
			if err := w.Grant(ctx, nil, who, id.New(), allow.Terms{TimePercent: 150, Reason: "because"}); !fault.Is(err, fault.NotFound) {
				t.Errorf("granted to somebody without account: %v", err)
			}
		}
	})
}

// What was written down elsewhere changes with the grant or the grant is not made.
func TestHooksJoinTheGrant(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ctx, ada := context.Background(), w.person("Ada")
		fail := errors.New("no")
		w.OnChange(func(_ context.Context, _ bun.IDB, personID string) error {
			if personID != ada.ID {
				t.Errorf("told of %s", personID)
			}
			return fail
		})
		if err := w.Grant(ctx, nil, ada.ID, id.New(), allow.Terms{TimePercent: 150, Reason: "because"}); !errors.Is(err, fail) {
			t.Fatalf("got %v", err)
		}
		if a := w.of(ada.ID); a.Given {
			t.Error("the grant was made although a hook failed")
		}
	})
}
