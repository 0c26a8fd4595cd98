package desk_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"greenroom/internal/account"
	"greenroom/internal/course"
	"greenroom/internal/course/coursetest"
	"greenroom/internal/db"
	"greenroom/internal/db/dbtest"
	"greenroom/internal/delivery"
	"greenroom/internal/desk"
	"greenroom/internal/fault"
	"greenroom/internal/id"
	"greenroom/internal/locale"
	"greenroom/internal/mail"
	"greenroom/internal/record"
)

func ok(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

type world struct {
	*desk.Service
	t          testing.TB
	ctx        context.Context
	db         *bun.DB
	at         time.Time
	rev        *course.Revision
	deliveries *delivery.Service
	records    *record.Service
	cohort     *delivery.Delivery
	boss       *account.Person
	n          int
}

// open makes a site with the course tiny and a cohort of it that has begun: its first module is due on 13 December.
func open(t testing.TB, d *bun.DB) *world {
	t.Helper()
	w := &world{t: t, ctx: context.Background(), db: d, at: time.Date(2026, 12, 1, 1, 0, 0, 0, time.UTC)}
	now := func() time.Time { return w.at }
	words, err := locale.Load()
	ok(t, err)
	m, err := mail.New(d, mail.Options{SMTP: "smtp://mail.example:587", From: "Greenroom <a@b.example>", Now: now, Log: slog.New(slog.NewTextHandler(io.Discard, nil))})
	ok(t, err)
	courses := course.New(d, course.NewLoader(coursetest.Kinds()...), now)
	_, err = courses.Publish(w.ctx, coursetest.Small())
	ok(t, err)
	w.rev, err = courses.Current(w.ctx, "tiny")
	ok(t, err)
	w.deliveries = delivery.New(d, courses, now)
	w.records = record.New(d, courses, nil, now)
	w.Service = desk.New(d, courses, w.deliveries, w.records, m, desk.Options{BaseURL: "https://learn.example", Words: words, Now: now})
	w.cohort, err = w.deliveries.Create(w.ctx, nil, "", "tiny", delivery.Terms{
		Title: "December", StartsOn: "2026-12-07", Zone: "Australia/Sydney", ReleaseAt: "09:00", LatePolicy: delivery.LateOpen, JoinPolicy: delivery.JoinOpen,
	})
	ok(t, err)
	w.cohort, err = w.deliveries.Open(w.ctx, nil, w.cohort.ID)
	ok(t, err)
	w.boss = w.person("Boss")
	w.boss.Powers = account.PowersOf([]account.Power{{Role: account.RoleTrainer, DeliveryID: w.cohort.ID}})
	return w
}

func (w *world) person(name string) *account.Person {
	w.t.Helper()
	w.n++
	email := fmt.Sprintf("p%d@agency.example", w.n)
	p := &account.Person{ID: id.New(), Kind: account.KindPerson, Name: name, Email: email, EmailFolded: email, VerifiedAt: w.at, CreatedAt: w.at, UpdatedAt: w.at}
	_, err := w.db.NewInsert().Model(p).Exec(w.ctx)
	ok(w.t, err)
	return p
}

// learner adds somebody to the cohort who does some steps.
func (w *world) learner(name string, steps int) *account.Person {
	w.t.Helper()
	p := w.person(name)
	_, err := w.deliveries.EnrolIn(w.ctx, p.ID, w.cohort.ID, delivery.SourceTrainer)
	ok(w.t, err)
	a := w.rev.First()
	for range steps {
		_, err := w.records.MarkComplete(w.ctx, record.Completion{PersonID: p.ID, Course: w.rev, Activity: a, DeliveryID: w.cohort.ID})
		ok(w.t, err)
		a = a.Next
	}
	return p
}

func (w *world) names(f desk.Filter) string {
	w.t.Helper()
	t, err := w.Table(w.ctx, w.boss, w.cohort.ID, f)
	ok(w.t, err)
	var names []string
	for _, r := range t.Rows {
		names = append(names, r.Name)
	}
	if len(names) != min(t.Total, desk.PerPage) && f.Page < 2 {
		w.t.Errorf("%d rows of %d", len(names), t.Total)
	}
	return strings.Join(names, " ")
}

func TestTheTableIsFiltered(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *bun.DB) {
		w := open(t, d)
		w.learner("Ada", 5)
		bo := w.learner("bo", 2)
		cy := w.learner("Cy", 0)
		dee := w.learner("Dee", 4)
		left := w.learner("Left", 0)
		ok(t, w.deliveries.Leave(w.ctx, left.ID, w.cohort.ID))
		if got := w.names(desk.Filter{}); got != "Ada bo Cy Dee" {
			t.Errorf("all: %q", got)
		}
		w.at = w.at.AddDate(0, 0, 9)
		ok(t, w.deliveries.Seen(w.ctx, bo.ID, "tiny", "first/think"))
		_, err := w.deliveries.Extend(w.ctx, w.boss, w.cohort.ID, delivery.Act{People: []string{cy.ID}, Days: 9, Reason: "ill"})
		ok(t, err)
		_, err = w.deliveries.PausePeople(w.ctx, w.boss, w.cohort.ID, delivery.Act{People: []string{dee.ID}, Days: 9, Reason: "leave"})
		ok(t, err)
		for show, want := range map[string]string{desk.Finished: "Ada", desk.Away: "", desk.Behind: ""} {
			if got := w.names(desk.Filter{Show: show}); got != want {
				t.Errorf("before the day: %s: %q, want %q", show, got, want)
			}
		}
		// The first module is due; Cy has an extension and Dee a pause.
		w.at = time.Date(2026, 12, 14, 0, 0, 0, 0, time.UTC)
		for show, want := range map[string]string{desk.Away: "Cy Dee", desk.Behind: "bo"} {
			if got := w.names(desk.Filter{Show: show}); got != want {
				t.Errorf("%s: %q, want %q", show, got, want)
			}
		}
		w.at = w.at.AddDate(0, 0, 20)
		if got := w.names(desk.Filter{Show: desk.Behind}); got != "bo Cy Dee" {
			t.Errorf("later: %q", got)
		}
		// What was decided counts, and what was taken back does not, in the filter and on the row alike.
		decide := record.Decision{PersonID: dee.ID, Course: w.rev, Kind: record.Waived, Steps: []string{"first/more"}, Reason: "knows it"}
		_, err = w.records.Decide(w.ctx, w.boss, decide)
		ok(t, err)
		if got := w.names(desk.Filter{Show: desk.Behind}) + "|" + w.names(desk.Filter{Show: desk.Finished}); got != "bo Cy|Ada Dee" {
			t.Errorf("decided: %q", got)
		}
		_, err = w.records.Reverse(w.ctx, w.boss, record.Reversal{PersonID: dee.ID, Course: w.rev, Steps: []string{"first/more"}, Reason: "does not"})
		ok(t, err)
		if got := w.names(desk.Filter{Show: desk.Behind}); got != "bo Cy Dee" {
			t.Errorf("taken back: %q", got)
		}
		for text, want := range map[string]string{"DE": "Dee", "%": "", "agency.example": "Ada bo Cy Dee", bo.Email: "bo"} {
			if got := w.names(desk.Filter{Text: text}); got != want {
				t.Errorf("%q: %q, want %q", text, got, want)
			}
		}
		table, err := w.Table(w.ctx, w.boss, w.cohort.ID, desk.Filter{})
		ok(t, err)
		for _, r := range table.Rows {
			m, has := r.Module("first")
			if want := map[string]int{"Ada": 5, "bo": 2, "Cy": 0, "Dee": 4}[r.Name]; !has || m.Done != want || m.Total != 5 {
				t.Errorf("%s: %+v", r.Name, m)
			}
		}
	})
}

func TestTheTableIsPagedInFewQueries(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *bun.DB) {
		w := open(t, d)
		for i := range 120 {
			w.learner(fmt.Sprintf("P%03d", i), i%3)
		}
		w.at = time.Date(2026, 12, 20, 0, 0, 0, 0, time.UTC)
		for _, show := range desk.Filters {
			ctx, n := db.CountQueries(w.ctx)
			_, err := w.Table(ctx, w.boss, w.cohort.ID, desk.Filter{Show: show, Page: 2})
			ok(t, err)
			if n.Load() > 4 {
				t.Errorf("%q: %d queries", show, n.Load())
			}
		}
		if got := w.names(desk.Filter{Page: 3}); !strings.HasPrefix(got, "P100 ") || strings.Count(got, " ") != 19 {
			t.Errorf("the third page: %q", got)
		}
		if got := w.names(desk.Filter{Page: 9, Show: desk.Behind}); got != "" {
			t.Errorf("a page beyond: %q", got)
		}
		rows := 0
		ok(t, w.Each(w.ctx, w.boss, w.cohort.ID, desk.Filter{Show: desk.Behind}, func(*desk.Table) error { return nil }, func(*desk.Row) error { rows++; return nil }))
		if rows != 120 {
			t.Errorf("%d rows in the file", rows)
		}
		stranger := w.person("Stranger")
		if _, err := w.Table(w.ctx, stranger, w.cohort.ID, desk.Filter{}); !fault.Is(err, fault.NotFound) {
			t.Errorf("a stranger: %v", err)
		}
	})
}

func TestLettersToSome(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *bun.DB) {
		w := open(t, d)
		ada, bo, out := w.learner("Ada", 0), w.learner("Bo", 0), w.person("Out")
		_, err := d.NewUpdate().Model(bo).Set("verified_at = NULL").WherePK().Exec(w.ctx)
		ok(t, err)
		draft := desk.Draft{FormID: id.New(), People: []string{ada.ID, bo.ID, out.ID, "nobody"}, Subject: " A\r\nword ", Body: "How are you?"}
		for range 2 {
			n, err := w.Send(w.ctx, w.boss, w.cohort.ID, draft)
			if err != nil || n != 1 {
				t.Fatalf("%d %v", n, err)
			}
		}
		var letters []struct{ ToAddress, Subject, BodyText string }
		ok(t, d.NewSelect().TableExpr("mail").ColumnExpr("to_address, subject, body_text").Scan(w.ctx, &letters))
		if len(letters) != 1 || letters[0].ToAddress != ada.Email || letters[0].Subject != "A word" || !strings.Contains(letters[0].BodyText, "How are you?") || !strings.Contains(letters[0].BodyText, "Boss") {
			t.Errorf("%+v", letters)
		}
		var log []struct{ Action, Data string }
		ok(t, d.NewSelect().TableExpr("audit").ColumnExpr("action, data").Where("action = 'desk.wrote'").Scan(w.ctx, &log))
		if len(log) != 1 || !strings.Contains(log[0].Data, ada.ID) || strings.Contains(log[0].Data, bo.ID) {
			t.Errorf("%+v", log)
		}
		got, err := w.Written(w.ctx, ada.ID, w.cohort.ID)
		if err != nil || len(got) != 1 || got[0].Body != "How are you?" {
			t.Errorf("%+v %v", got, err)
		}
		for field, bad := range map[string]desk.Draft{
			"person":  {Subject: "x", Body: "x"},
			"subject": {People: draft.People, Subject: " ", Body: "x"},
			"body":    {People: draft.People, Subject: "x", Body: strings.Repeat("x", desk.MaxBody+1)},
			"person ": {People: []string{bo.ID}, Subject: "x", Body: "x"},
		} {
			_, err := w.Send(w.ctx, w.boss, w.cohort.ID, bad)
			if f := fault.From(err); f == nil || len(f.Fields) != 1 || f.Fields[0].Name != strings.TrimSpace(field) {
				t.Errorf("%s: %v", field, err)
			}
		}
		if _, err := w.Send(w.ctx, out, w.cohort.ID, draft); !fault.Is(err, fault.NotFound) {
			t.Errorf("a stranger wrote: %v", err)
		}
	})
}

func TestOneLearner(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *bun.DB) {
		w := open(t, d)
		ada, out := w.learner("Ada", 2), w.person("Out")
		_, err := w.records.Decide(w.ctx, w.boss, record.Decision{PersonID: ada.ID, Course: w.rev, Kind: record.Recognised, Steps: []string{"first/more"}, Reason: "did it elsewhere"})
		ok(t, err)
		p, err := w.Learner(w.ctx, w.boss, w.cohort.ID, ada.ID)
		ok(t, err)
		if p.View.Done != 3 || len(p.Rulings) != 1 || p.Names[p.Rulings[0].By] != "Boss" || len(p.Others) != 0 {
			t.Errorf("%+v", p)
		}
		if opens, due, dated := p.Dates("first"); !dated || opens.Format(time.DateTime) != "2026-12-06 22:00:00" || !due.After(opens) {
			t.Errorf("%v %v %v", opens, due, dated)
		}
		for who, x := range map[*account.Person]string{w.boss: out.ID, out: ada.ID} {
			if _, err := w.Learner(w.ctx, who, w.cohort.ID, x); !fault.Is(err, fault.NotFound) {
				t.Errorf("%s sees %s: %v", who.Name, x, err)
			}
		}
		ok(t, w.deliveries.Leave(w.ctx, ada.ID, w.cohort.ID))
		if _, err := w.Learner(w.ctx, w.boss, w.cohort.ID, ada.ID); !fault.Is(err, fault.NotFound) {
			t.Errorf("who left is seen: %v", err)
		}
	})
}

// The order is that of the names as they are now, however they came to be.
func TestTheTableFollowsNames(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *bun.DB) {
		w := open(t, d)
		ada, bo := w.learner("Ada", 0), w.learner("bo", 1)
		rename := func(p *account.Person, name string) {
			_, err := d.NewUpdate().Model((*account.Person)(nil)).Set("name = ?", name).Where("id = ?", p.ID).Exec(w.ctx)
			ok(t, err)
		}
		rename(ada, "Zoë")
		if got := w.names(desk.Filter{}); got != "bo Zoë" {
			t.Error(got)
		}
		other := w.person("Aaron") // bo's record is claimed by another account
		_, err := d.NewUpdate().Table("enrolment").Set("person_id = ?", other.ID).Where("person_id = ?", bo.ID).Exec(w.ctx)
		ok(t, err)
		rename(bo, "zz")
		if got := w.names(desk.Filter{}); got != "Aaron Zoë" {
			t.Error(got)
		}
	})
}
