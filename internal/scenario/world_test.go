package scenario_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/uptrace/bun"

	"greenroom/internal/account"
	"greenroom/internal/course"
	"greenroom/internal/draft"
	"greenroom/internal/id"
	"greenroom/internal/record"
	"greenroom/internal/scenario"
)

// world is one site with a course of one scenario in two revisions, on one database.
type world struct {
	t       *testing.T
	d       *bun.DB
	runs    *scenario.Service
	courses *course.Service
	rec     *record.Service
	revs    map[string]*course.Revision
	mu      sync.Mutex
	clock   time.Time
}

type noCertificates struct{}

func (noCertificates) Issue(context.Context, bun.IDB, string, *course.Revision, time.Time) error {
	return nil
}

func setup(t *testing.T, d *bun.DB) *world {
	w := &world{t: t, d: d, clock: time.Date(2026, 12, 3, 1, 0, 0, 0, time.UTC), revs: map[string]*course.Revision{}}
	now := func() time.Time {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.clock = w.clock.Add(time.Millisecond)
		return w.clock
	}
	w.courses = course.New(d, course.NewLoader(scenario.Kind{}), now)
	src := string(example(t))
	w.publish("r1", src)
	w.publish("r2", strings.Replace(src, "effects: {trust: 8, time: -5}", "effects: {trust: 20, time: -5}", 1))
	w.rec = record.New(d, w.courses, noCertificates{}, now)
	w.runs = scenario.New(d, w.courses, w.rec, now)
	return w
}

const courseFile = `format: course/1
key: c
title: "C"
summary: "A course."
description: "A course."
audience: "Nobody."
outcomes: ["one", "two", "three"]
language: en-AU
licence: CC-BY-4.0
level: introductory
topics: ["Testing"]
authors:
  - name: "Somebody"
order: 1
open: true
facts_as_at: 2026-11-22
`

// publish publishes the course with a scenario and keeps the revision under a name.
func (w *world) publish(name, src string) {
	w.t.Helper()
	tree := fstest.MapFS{
		"c/course.yaml":               {Data: []byte(courseFile)},
		"c/01-m/module.yaml":          {Data: []byte("title: \"M\"\nsummary: \"One step.\"\noutcomes: [\"step\", \"rest\"]\n")},
		"c/01-m/01-out.scenario.yaml": {Data: []byte(src)},
	}
	if _, err := w.courses.Publish(w.t.Context(), tree); err != nil {
		w.t.Fatal(err)
	}
	r, err := w.courses.Current(w.t.Context(), "c")
	if err != nil {
		w.t.Fatal(err)
	}
	w.revs[name] = r
}

func (w *world) pass(d time.Duration) { w.mu.Lock(); w.clock = w.clock.Add(d); w.mu.Unlock() }

func (w *world) person(kind string) string {
	w.t.Helper()
	p := &account.Person{ID: id.New(), Kind: kind, Name: "Pat", CreatedAt: w.clock, UpdatedAt: w.clock}
	if _, err := w.d.NewInsert().Model(p).Exec(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
	return p.ID
}

// at is a person at the scenario, on a revision and in a delivery.
func (w *world) at(person, rev string) record.Completion {
	r := w.revs[rev]
	return record.Completion{PersonID: person, Course: r, Activity: r.Modules[0].Activities[0], DeliveryID: "d1"}
}

func (w *world) start(at record.Completion) *scenario.Run {
	w.t.Helper()
	r, err := w.runs.Start(w.t.Context(), at, id.New(), scenario.TimingOn)
	if err != nil {
		w.t.Fatal(err)
	}
	return r
}

func (w *world) look(at record.Completion, run string) *scenario.Sitting {
	w.t.Helper()
	s, err := w.runs.Look(w.t.Context(), at, run)
	if err != nil {
		w.t.Fatal(err)
	}
	return s
}

// choose makes a choice where the run stands.
func (w *world) choose(at record.Completion, run, choice string) *scenario.Sitting {
	w.t.Helper()
	n := len(w.look(at, run).Events)
	s, err := w.runs.Move(w.t.Context(), at, run, n, scenario.Move{Kind: scenario.Chose, Choice: choice})
	if err != nil {
		w.t.Fatalf("choose %s: %v", choice, err)
	}
	return s
}

const goodText = "Rosa, you can trade until Friday without any penalty. The fault is ours, and the next update is at two."

func marks(n int) scenario.Marks { return scenario.Marks{"answer": n, "own": n, "human": n, "next": n} }

// answer writes, sends and marks the reply.
func (w *world) answer(at record.Completion, run string, n int, peers bool) *scenario.Sitting {
	w.t.Helper()
	if _, err := w.runs.SendReply(w.t.Context(), at, run, goodText, draft.Form{Page: id.New()}); err != nil {
		w.t.Fatal(err)
	}
	s, err := w.runs.MarkReply(w.t.Context(), at, run, len(w.look(at, run).Events), marks(n), false, peers)
	if err != nil {
		w.t.Fatal(err)
	}
	return s
}

// through plays a run to its end.
func (w *world) through(at record.Completion, first string, peers bool) *scenario.Run {
	w.t.Helper()
	r := w.start(at)
	w.choose(at, r.ID, first)
	w.choose(at, r.ID, "service")
	w.answer(at, r.ID, 2, peers)
	return w.choose(at, r.ID, "known").Run
}

func (w *world) count(table, where string, args ...any) int {
	w.t.Helper()
	n := 0
	if err := w.d.NewRaw("SELECT count(*) FROM "+table+" WHERE "+where, args...).Scan(w.t.Context(), &n); err != nil {
		w.t.Fatal(err)
	}
	return n
}
