package record_test

import (
	"context"
	"fmt"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"greenroom/internal/account"
	"greenroom/internal/course"
	"greenroom/internal/credential"
	"greenroom/internal/delivery"
	"greenroom/internal/fault"
	"greenroom/internal/faulttest"
	"greenroom/internal/id"
	"greenroom/internal/record"
)

func TestMain(m *testing.M) {
	os.Exit(faulttest.Main(m, map[string]faulttest.Job{"learn": learn}))
}

func ok(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// shelf is a stand-in for published courses: revisions by hash, the current one by key.
type shelf struct {
	mu      sync.Mutex
	by      map[string]*course.Revision
	current map[string]*course.Revision
}

func (s *shelf) Current(_ context.Context, key string) (*course.Revision, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r := s.current[key]; r != nil {
		return r, nil
	}
	return nil, fault.New(fault.NotFound, "error.not_found")
}

func (s *shelf) Revision(_ context.Context, hash string) (*course.Revision, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r := s.by[hash]; r != nil {
		return r, nil
	}
	return nil, fault.New(fault.NotFound, "error.not_found")
}

func (s *shelf) RevisionTx(ctx context.Context, _ bun.IDB, hash string) (*course.Revision, error) {
	return s.Revision(ctx, hash)
}

func (s *shelf) publish(r *course.Revision) *course.Revision {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.by[r.Hash], s.current[r.Key] = r, r
	return r
}

// revision makes a course: each argument is a module, each letter of it a step of 10 minutes.
func revision(hash string, modules ...string) *course.Revision {
	r := &course.Revision{Hash: hash, Key: "posts", Title: "Posts", Outcomes: []string{"Post"}, FactsAsAt: time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)}
	for i, letters := range modules {
		m := &course.Module{Key: fmt.Sprintf("m%d", i+1), Number: i + 1}
		for _, x := range letters {
			m.Activities = append(m.Activities, &course.Activity{Key: m.Key + "/" + string(x), Slug: string(x), Kind: "reading", Minutes: 10, Module: m})
			m.Minutes += 10
			r.Minutes += 10
		}
		r.Modules = append(r.Modules, m)
	}
	return r
}

// world is one site on one database.
type world struct {
	t       testing.TB
	ctx     context.Context
	db      *bun.DB
	mu      sync.Mutex
	at      time.Time
	courses *shelf
	enrol   *delivery.Service
	certs   *credential.Service
	rec     *record.Service
}

func (w *world) now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.at = w.at.Add(time.Second + time.Microsecond)
	return w.at
}

func open(t testing.TB, d *bun.DB) *world {
	w := &world{
		t: t, ctx: context.Background(), db: d, at: time.Date(2026, 12, 1, 8, 0, 0, 0, time.UTC),
		courses: &shelf{by: map[string]*course.Revision{}, current: map[string]*course.Revision{}},
	}
	w.enrol = delivery.New(d, w.courses, w.now)
	w.certs = credential.New(d, w.now)
	w.rec = record.New(d, w.courses, w.certs, w.now)
	return w
}

// person adds somebody to the table of people.
func (w *world) person(kind, name string) string {
	w.t.Helper()
	p := &account.Person{ID: id.New(), Kind: kind, Name: name, Theme: "system", TextSize: "100", CreatedAt: w.at, UpdatedAt: w.at}
	_, err := w.db.NewInsert().Model(p).Exec(w.ctx)
	ok(w.t, err)
	return p.ID
}

func (w *world) completion(personID string, r *course.Revision, key string) record.Completion {
	for _, m := range r.Modules {
		for _, a := range m.Activities {
			if a.Key == key {
				return record.Completion{PersonID: personID, Course: r, Activity: a}
			}
		}
	}
	panic("no step " + key)
}

func (w *world) do(personID string, r *course.Revision, keys ...string) record.View {
	w.t.Helper()
	var v record.View
	for _, k := range keys {
		var err error
		v, err = w.rec.MarkComplete(w.ctx, w.completion(personID, r, k))
		ok(w.t, err)
	}
	return v
}

func (w *world) look(personID string, r *course.Revision) record.View {
	w.t.Helper()
	p, err := w.rec.Of(w.ctx, personID, r.Key)
	ok(w.t, err)
	return record.Look(r, p)
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

// sound fails the test when projections, events and certificates disagree.
func (w *world) sound() {
	w.t.Helper()
	for _, doctor := range []func(context.Context) ([]string, error){w.rec.Doctor, w.certs.Doctor} {
		lines, err := doctor(w.ctx)
		ok(w.t, err)
		for _, l := range lines {
			w.t.Error(l)
		}
	}
}
