package forum_test

import (
	"context"
	"io"
	"log/slog"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/uptrace/bun"

	"greenroom/internal/account"
	"greenroom/internal/course"
	"greenroom/internal/db"
	"greenroom/internal/delivery"
	"greenroom/internal/event"
	"greenroom/internal/fault"
	"greenroom/internal/forum"
	"greenroom/internal/id"
	"greenroom/internal/inbox"
	"greenroom/internal/locale"
	"greenroom/internal/mail"
	"greenroom/internal/record"
	"greenroom/internal/reflection"
	"greenroom/internal/stream"
)

const courseFile = `format: course/1
key: posts
title: "Posts"
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

const promptFile = `title: "The first sentence"
minutes: 25
prompt: |
  A post begins with one sentence. People decide by it whether they read on. Agencies often begin with themselves.
  Readers begin with what they need. This week turns on that tension, and on who gives way to whom when both want to be
  first in the sentence that everybody sees.
questions:
  - "What did the first sentence of your last post say?"
min_words: 10
replies: 2
instead: look
marking: |
  A 2 quotes the sentence and says what happened. A 1 describes it. A 0 speaks about posts in general. A good thread
  brings out that the reader's need comes first and that the agency's name can wait. The usual misreading is that this is
  about style. When nobody speaks post an own sentence. When one person does all ask the others by name for one example
  of theirs.
`

const lookFile = `title: "Look at your own"
minutes: 5
prompt: "What did you learn?"
words: { min: 5, max: 50 }
model_answer: "I learnt to write small courses for tests."
`

// world is one site with a course of two modules with a prompt each, a cohort and people.
type world struct {
	*forum.Service
	t       *testing.T
	d       *bun.DB
	ctx     context.Context
	people  *account.Service
	courses *course.Service
	del     *delivery.Service
	rec     *record.Service
	streams *stream.Service
	inbox   *inbox.Service
	events  *event.Dispatcher
	cohort  *delivery.Delivery
	trainer *account.Person

	mu    sync.Mutex
	clock time.Time
}

const prompt, second = "one.ask", "two.ask"

// setup is a site on Monday 7 December 2026, 10:00 in Sydney: week 1 has begun.
func setup(t *testing.T, d *bun.DB) *world {
	t.Helper()
	w := services(t, d)
	module := func(n string) *fstest.MapFile {
		return &fstest.MapFile{Data: []byte("title: \"Module " + n + "\"\nsummary: \"Steps.\"\noutcomes: [\"step\", \"rest\"]\n")}
	}
	res, err := w.courses.Publish(w.ctx, fstest.MapFS{
		"posts/course.yaml": {Data: []byte(courseFile)}, "posts/01-one/module.yaml": module("one"), "posts/02-two/module.yaml": module("two"),
		"posts/01-one/10-look.reflection.yaml": {Data: []byte(lookFile)},
		"posts/01-one/15-ask.forum.yaml":       {Data: []byte(promptFile)},
		"posts/02-two/15-ask.forum.yaml":       {Data: []byte(strings.Replace(promptFile, "instead: look\n", "", 1))},
	})
	if err != nil {
		t.Fatalf("%v\n%v", err, res)
	}
	w.trainer = w.person("Dana Reid")
	w.trainer.Powers = account.PowersOf([]account.Power{{Role: account.RoleTrainer}})
	w.cohort = w.begin(nil)
	return w
}

// services are those of a site on a database, whatever it holds.
func services(t *testing.T, d *bun.DB) *world {
	t.Helper()
	w := &world{t: t, d: d, ctx: context.Background(), clock: time.Date(2026, 12, 6, 23, 0, 0, 0, time.UTC)}
	log := slog.New(slog.NewTextHandler(io.Discard, nil))
	words, err := locale.Load()
	ok(t, err)
	post, err := mail.New(d, mail.Options{From: "Greenroom <hello@example.org>", Now: w.now, Log: log})
	ok(t, err)
	w.people, err = account.New(d, post, account.Options{BaseURL: "https://example.org", SiteName: "Greenroom", Now: w.now, Words: words, Log: log})
	ok(t, err)
	w.courses = course.New(d, course.NewLoader(forum.Kind{}, reflection.Kind{}), w.now)
	w.del = delivery.New(d, w.courses, w.now)
	w.courses.OnPublish(func(ctx context.Context, tx bun.IDB, r *course.Revision) error {
		return w.del.EnsureSelfPaced(ctx, tx, r.Key)
	})
	w.rec = record.New(d, w.courses, nil, w.now)
	w.streams = stream.New(d, w.now, stream.NewLocal())
	w.inbox = inbox.New(d, w.streams, w.now)
	w.events = event.New(d, w.now, log)
	w.Service = forum.New(d, w.courses, w.del, w.rec, w.streams, w.inbox, w.people, forum.Options{Now: w.now, Log: log})
	event.On(w.events, "forum.posted", w.OnPosted)
	return w
}

func (w *world) begin(change func(*delivery.Terms)) *delivery.Delivery {
	w.t.Helper()
	terms := delivery.Terms{
		Title: "December", StartsOn: "2026-12-07", Zone: "Australia/Sydney", ReleaseAt: "09:00", LatePolicy: delivery.LateOpen, JoinPolicy: delivery.JoinOpen,
	}
	if change != nil {
		change(&terms)
	}
	d, err := w.del.Create(w.ctx, nil, "", "posts", terms)
	ok(w.t, err)
	d, err = w.del.Open(w.ctx, nil, d.ID)
	ok(w.t, err)
	return d
}

func (w *world) now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.clock = w.clock.Add(time.Millisecond)
	return w.clock
}

func (w *world) pass(d time.Duration) { w.mu.Lock(); w.clock = w.clock.Add(d); w.mu.Unlock() }

func (w *world) at(t time.Time) { w.mu.Lock(); w.clock = t; w.mu.Unlock() }

func (w *world) person(name string) *account.Person {
	w.t.Helper()
	at := w.now()
	p := &account.Person{
		ID: id.New(), Kind: account.KindPerson, Name: name, Email: strings.ToLower(strings.ReplaceAll(name, " ", ".")) + id.New()[30:] + "@agency.example",
		VerifiedAt: at, CreatedAt: at, UpdatedAt: at,
	}
	p.EmailFolded = p.Email
	_, err := w.d.NewInsert().Model(p).Exec(w.ctx)
	ok(w.t, err)
	return p
}

// member is somebody in the cohort.
func (w *world) member(name string) *account.Person {
	w.t.Helper()
	p := w.person(name)
	_, err := w.del.EnrolIn(w.ctx, p.ID, w.cohort.ID, delivery.SourceSelf)
	ok(w.t, err)
	return p
}

func (w *world) visit(p *account.Person, board string) *forum.Visit {
	w.t.Helper()
	v, err := w.Visit(w.ctx, p, w.cohort.ID, board)
	ok(w.t, err)
	return v
}

func text(n int) string {
	s := make([]string, n)
	for i := range s {
		s[i] = "word" + strconv.Itoa(i)
	}
	return strings.Join(s, " ")
}

// write posts and lets everybody hear of it.
func (w *world) write(p *account.Person, board string, n forum.Text) *forum.Post {
	w.t.Helper()
	out, err := w.Write(w.ctx, w.visit(p, board), n)
	ok(w.t, err)
	ok(w.t, w.events.Drain(w.ctx))
	return out
}

// answer is somebody's own answer to the first prompt.
func (w *world) answer(p *account.Person) *forum.Post {
	return w.write(p, prompt, forum.Text{Body: "Answer of " + p.Name + ": " + text(12)})
}

func (w *world) page(p *account.Person, threadID string) *forum.Page {
	w.t.Helper()
	v, t, err := w.VisitThread(w.ctx, p, threadID)
	ok(w.t, err)
	g, err := w.Page(w.ctx, v, t, forum.Where{})
	ok(w.t, err)
	return g
}

func (w *world) count(query string, args ...any) int {
	w.t.Helper()
	n := 0
	ok(w.t, w.d.NewRaw("SELECT count(*) FROM "+query, args...).Scan(w.ctx, &n))
	return n
}

func ok(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func wants(t *testing.T, err error, kind fault.Kind) {
	t.Helper()
	if !fault.Is(err, kind) {
		t.Fatalf("got %v, want a fault of kind %d", err, kind)
	}
}

// change takes a post away or brings it back, as moderation does.
func (w *world) change(p *forum.Post, state, reason string) {
	w.t.Helper()
	ok(w.t, db.InTx(w.ctx, w.d, func(ctx context.Context, tx bun.Tx) error {
		_, _, err := w.ChangeState(ctx, tx, forum.StateChange{PostID: p.ID, State: state, Reason: reason, ActorID: w.trainer.ID, Name: w.trainer.Name})
		return err
	}))
}
