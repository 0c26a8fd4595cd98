package roster_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/uptrace/bun"

	"greenroom/internal/account"
	"greenroom/internal/course"
	"greenroom/internal/course/coursetest"
	"greenroom/internal/delivery"
	"greenroom/internal/event"
	"greenroom/internal/fault"
	"greenroom/internal/id"
	"greenroom/internal/locale"
	"greenroom/internal/mail"
	"greenroom/internal/record"
	"greenroom/internal/roster"
)

func ok(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// world is one site with the courses tiny, and next, which requires tiny.
type world struct {
	*roster.Service
	t          testing.TB
	ctx        context.Context
	db         *bun.DB
	mu         sync.Mutex
	at         time.Time
	accounts   *account.Service
	courses    *course.Service
	deliveries *delivery.Service
	records    *record.Service
	events     *event.Dispatcher
	boss       *account.Person
	n          int
}

func (w *world) now() time.Time { w.mu.Lock(); defer w.mu.Unlock(); return w.at }

func (w *world) pass(d time.Duration) { w.mu.Lock(); defer w.mu.Unlock(); w.at = w.at.Add(d) }

func open(t testing.TB, d *bun.DB) *world {
	t.Helper()
	w := &world{t: t, ctx: context.Background(), db: d, at: time.Date(2026, 12, 1, 1, 0, 0, 0, time.UTC)}
	log := slog.New(slog.NewTextHandler(io.Discard, nil))
	words, err := locale.Load()
	ok(t, err)
	m, err := mail.New(d, mail.Options{SMTP: "smtp://mail.example:587", From: "Greenroom <a@b.example>", Now: w.now, Log: log})
	ok(t, err)
	w.accounts, err = account.New(d, m, account.Options{BaseURL: "https://learn.example", SiteName: "Greenroom", Now: w.now, Log: log, Words: words})
	ok(t, err)
	w.courses = course.New(d, course.NewLoader(coursetest.Kinds()...), w.now)
	w.deliveries = delivery.New(d, w.courses, w.now)
	w.courses.OnPublish(func(ctx context.Context, tx bun.IDB, r *course.Revision) error {
		return w.deliveries.EnsureSelfPaced(ctx, tx, r.Key)
	})
	w.records = record.New(d, w.courses, nil, w.now)
	w.events = event.New(d, w.now, log)
	w.Service = roster.New(d, w.accounts, w.courses, w.deliveries, m, roster.Options{
		BaseURL: "https://learn.example", SiteName: "Greenroom", Secret: strings.Repeat("s", 40), Words: words, Now: w.now, Log: log,
	})
	event.On(w.events, "roster.proven", w.OnProven)
	event.On(w.events, "roster.completed", w.OnCompleted)
	_, err = w.courses.Publish(w.ctx, courses())
	ok(t, err)
	w.boss = w.person("Boss")
	w.boss.Powers = account.PowersOf([]account.Power{{Role: account.RoleAdmin}})
	return w
}

func courses() fstest.MapFS {
	out := coursetest.Small()
	for name, f := range coursetest.Small() {
		out[strings.Replace(name, "tiny/", "next/", 1)] = f
	}
	text := string(out["next/course.yaml"].Data)
	text = strings.Replace(text, "key: tiny", "key: next", 1)
	out["next/course.yaml"] = &fstest.MapFile{Data: []byte(strings.Replace(text, "sources:", "requires: [tiny]\nsources:", 1))}
	return out
}

// person adds somebody whose address is proven.
func (w *world) person(name string) *account.Person {
	w.t.Helper()
	w.n++
	return w.account(name, fmt.Sprintf("%s%d@agency.example", strings.ToLower(strings.ReplaceAll(name, " ", "")), w.n), true)
}

func (w *world) account(name, email string, proven bool) *account.Person {
	w.t.Helper()
	p := &account.Person{ID: id.New(), Kind: account.KindPerson, Name: name, Email: email, EmailFolded: account.Fold(email), CreatedAt: w.now(), UpdatedAt: w.now()}
	if proven {
		p.VerifiedAt = w.now()
	}
	_, err := w.db.NewInsert().Model(p).Exec(w.ctx)
	ok(w.t, err)
	return p
}

// prove is what opening the mailed link does, as far as this package hears of it.
func (w *world) prove(p *account.Person) {
	w.t.Helper()
	ok(w.t, w.accounts.Change(w.ctx, p.ID, func(_ context.Context, _ bun.IDB, p *account.Person) ([]string, error) {
		p.VerifiedAt = w.now()
		return []string{"verified_at"}, nil
	}))
	p.VerifiedAt = w.now()
	w.drain()
}

func (w *world) drain() { w.t.Helper(); ok(w.t, w.events.Drain(w.ctx)); ok(w.t, w.Drain(w.ctx)) }

func (w *world) cohort(courseKey string, change ...func(*delivery.Terms)) *delivery.Delivery {
	w.t.Helper()
	t := delivery.Terms{
		Title: "December", StartsOn: "2026-12-07", Zone: "Australia/Sydney", ReleaseAt: "09:00",
		LatePolicy: delivery.LateOpen, JoinPolicy: delivery.JoinInvitation,
	}
	for _, c := range change {
		c(&t)
	}
	d, err := w.deliveries.Create(w.ctx, nil, "", courseKey, t)
	ok(w.t, err)
	d, err = w.deliveries.Open(w.ctx, nil, d.ID)
	ok(w.t, err)
	return d
}

func (w *world) invite(d *delivery.Delivery, in roster.NewInvitation) (*roster.Invitation, string) {
	w.t.Helper()
	if in.Label == "" {
		in.Label = "For friends"
	}
	i, err := w.Invite(w.ctx, w.boss, d.ID, in)
	ok(w.t, err)
	link := w.Link(i)
	return i, link[strings.LastIndexByte(link, '/')+1:]
}

func (w *world) count(table, where string, args ...any) int {
	w.t.Helper()
	n := 0
	q := w.db.NewSelect().TableExpr(table).ColumnExpr("count(*)")
	if where != "" {
		q = q.Where(where, args...)
	}
	ok(w.t, q.Scan(w.ctx, &n))
	return n
}

// status is a person's state in a cohort, "" when they are not in it.
func (w *world) status(d *delivery.Delivery, p *account.Person) string {
	w.t.Helper()
	seen, err := w.deliveries.In(w.ctx, p.ID, d.ID)
	ok(w.t, err)
	return seen.Enrolment.Status
}

func (w *world) complete(p *account.Person, key string) {
	w.t.Helper()
	rev, err := w.courses.Current(w.ctx, key)
	ok(w.t, err)
	for a := rev.First(); a != nil; a = a.Next {
		_, err := w.records.MarkComplete(w.ctx, record.Completion{PersonID: p.ID, Course: rev, Activity: a})
		ok(w.t, err)
	}
}

// refused asks for a fault with a key.
func refused(t testing.TB, err error, key string) *fault.Error {
	t.Helper()
	f := fault.From(err)
	if f == nil || f.Key != key {
		t.Errorf("want %s: %v", key, err)
		return &fault.Error{}
	}
	return f
}

// field asks for an Invalid fault on a field.
func field(t testing.TB, err error, name, key string) {
	t.Helper()
	if f := fault.From(err); f == nil || len(f.Fields) == 0 || f.Fields[0].Name != name || f.Fields[0].Key != key {
		t.Errorf("want %s: %s: %v", name, key, err)
	}
}
