package reflection_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"greenroom/internal/account"
	"greenroom/internal/course"
	"greenroom/internal/draft"
	"greenroom/internal/id"
	"greenroom/internal/record"
	"greenroom/internal/reflection"
)

type world struct {
	t     *testing.T
	d     *bun.DB
	texts *reflection.Service
	rec   *record.Service
	cert  *cert
	rev   *course.Revision
	clock time.Time
	mu    sync.Mutex
}

// cert refuses to issue when told to, so that a completion fails at its last moment.
type cert struct{ err error }

func (c *cert) Issue(context.Context, bun.IDB, string, *course.Revision, time.Time) error {
	return c.err
}

type courses struct{ rev *course.Revision }

func (c courses) Revision(context.Context, string) (*course.Revision, error) { return c.rev, nil }
func (c courses) RevisionTx(context.Context, bun.IDB, string) (*course.Revision, error) {
	return c.rev, nil
}

// setup makes a course of two reflections of 3 to 6 words.
func setup(t *testing.T, d *bun.DB) *world {
	w := &world{t: t, d: d, cert: &cert{}, clock: time.Date(2026, 12, 3, 1, 0, 0, 0, time.UTC)}
	content := func() *reflection.Content {
		return &reflection.Content{Prompt: "<p>Why?</p>", Min: 3, Max: 6, Model: "<p>Because.</p>"}
	}
	m := &course.Module{Key: "m", Number: 1}
	one := (&course.Activity{Key: "m/one", Slug: "one", Kind: "reflection", Minutes: 5, Number: 1, Module: m}).With(content(), "")
	two := (&course.Activity{Key: "m/two", Slug: "two", Kind: "reflection", Minutes: 5, Number: 2, Module: m}).With(content(), "")
	one.Next, two.Prev = two, one
	m.Activities = []*course.Activity{one, two}
	w.rev = &course.Revision{Hash: "r1", Key: "c", Title: "C", Modules: []*course.Module{m}}
	now := func() time.Time { w.mu.Lock(); defer w.mu.Unlock(); return w.clock }
	w.rec = record.New(d, courses{w.rev}, w.cert, now)
	w.texts = reflection.New(d, w.rec, now)
	return w
}

func (w *world) pass(d time.Duration) { w.mu.Lock(); w.clock = w.clock.Add(d); w.mu.Unlock() }

func (w *world) person() string {
	w.t.Helper()
	p := &account.Person{ID: id.New(), Kind: "guest", CreatedAt: w.clock, UpdatedAt: w.clock}
	if _, err := w.d.NewInsert().Model(p).Exec(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
	return p.ID
}

func (w *world) at(person string, n int) record.Completion {
	return record.Completion{PersonID: person, Course: w.rev, Activity: w.rev.Modules[0].Activities[n]}
}

func (w *world) save(at record.Completion, text string, f draft.Form) *reflection.Reflection {
	w.t.Helper()
	r, err := w.texts.Save(w.t.Context(), at, text, f)
	if err != nil {
		w.t.Fatalf("save %q: %v", text, err)
	}
	return r
}

func (w *world) of(at record.Completion) *reflection.Reflection {
	w.t.Helper()
	r, err := w.texts.Of(w.t.Context(), at)
	if err != nil {
		w.t.Fatal(err)
	}
	return r
}

func (w *world) kept(at record.Completion) string {
	w.t.Helper()
	ks, err := w.texts.Older(w.t.Context(), at)
	if err != nil {
		w.t.Fatal(err)
	}
	var out []string
	for _, k := range ks {
		out = append(out, k.Why+":"+k.Body)
	}
	return strings.Join(out, " | ")
}

func (w *world) done(at record.Completion) bool {
	w.t.Helper()
	p, err := w.rec.Of(w.t.Context(), at.PersonID, w.rev.Key)
	if err != nil {
		w.t.Fatal(err)
	}
	return record.Look(w.rev, p).IsDone(at.Activity.Key)
}

func page() draft.Form { return draft.Form{Page: id.New()} }
