package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"path/filepath"
	"strings"
	"testing/fstest"
	"time"

	"github.com/labstack/echo/v4"
	"github.com/uptrace/bun"

	"greenroom/internal/app"
	"greenroom/internal/config"
	"greenroom/internal/db"
	"greenroom/internal/db/dbtest"
	"greenroom/internal/record"
)

// The goals of the foundation: how much of the baseline's throughput a page must keep.
const (
	courseGoal   = 0.15
	lessonGoal   = 0.20
	completeGoal = 0.40
	growthGoal   = 1.20
)

// bench is the product on one database, with the course of 60 steps and its learners.
type bench struct {
	app     *app.App
	db      *bun.DB
	site    *site
	bare    *site
	cookies []string // of the signed-in learners
	pids    func() []int
	cfg     config.Config
	board   *board // of those who discuss; nil until it is needed
}

// settings are how a run was asked for.
type settings struct {
	turn  time.Duration   // how long ours and the baseline each run before they change places
	short bool            // a tenth of the time
	parts map[string]bool // the names of the parts to measure; all when empty
}

func (s settings) wants(part string) bool { return len(s.parts) == 0 || s.parts[part] }

// part is what can be measured by itself, on one database.
type part struct {
	name string
	do   func(b *bench, ctx context.Context, r *report, engine string, s settings) error
}

// parts are in the order of a whole run: growth fills the database, so what measures an ordinary site comes before it.
var parts = []part{
	{"pages", (*bench).pages},
	{"complete", (*bench).complete},
	{"choice", (*bench).choice},
	{"forum", (*bench).forum},
	{"replies", (*bench).replies},
	{"live", (*bench).live},
	{"room", (*bench).room},
	{"growth", (*bench).growth},
	{"cohort", (*bench).cohort},
	{"burst", (*bench).burst},
	{"publish", (*bench).publish},
	{"drain", (*bench).drain}, // the last: it stops the live pages of the node
}

// settle does what a PostgreSQL server does by itself within a minute or so of being filled, so that measuring does not begin before.
func (b *bench) settle(ctx context.Context, engine string) error {
	if engine != "postgres" {
		return nil
	}
	_, err := b.db.ExecContext(ctx, "ANALYZE")
	return err
}

// measure runs the parts that are asked for on one database.
func measure(ctx context.Context, r *report, engine, dir string, s settings) error {
	b, stop, err := start(ctx, engine, dir)
	if err != nil {
		return err
	}
	defer stop()
	for _, p := range parts {
		if !s.wants(p.name) {
			continue
		}
		if err := b.settle(ctx, engine); err != nil {
			return err
		}
		if err := p.do(b, ctx, r, engine, s); err != nil {
			return fmt.Errorf("%s: %w", p.name, err)
		}
	}
	return nil
}

func start(ctx context.Context, engine, dir string) (*bench, func(), error) {
	b := &bench{pids: func() []int { return nil }}
	var stops []func()
	stop := func() {
		for i := len(stops) - 1; i >= 0; i-- {
			stops[i]()
		}
	}
	u := "sqlite:" + filepath.Join(dir, "bench.db")
	if engine == "postgres" {
		server, err := dbtest.StartDurable("") // the system's temporary folder: the server runs under another account
		if err != nil {
			return nil, stop, err
		}
		stops = append(stops, server.Stop)
		if u, err = dbtest.FreshPostgres(server.URL); err != nil {
			return nil, stop, err
		}
		b.pids = func() []int { return servants(server.Pid()) }
	}
	var err error
	if b.db, err = db.Open(ctx, u); err != nil {
		return nil, stop, err
	}
	stops = append(stops, func() { _ = b.db.Close() })
	if err := db.Migrate(ctx, b.db); err != nil {
		return nil, stop, err
	}
	app.Tune()
	log := slog.New(slog.NewTextHandler(io.Discard, nil)) // a line a request, as in production
	cfg := config.Config{Addr: "127.0.0.1:0", BaseURL: "http://127.0.0.1", Demo: "true", MailFrom: "a@example.org", SiteName: "Greenroom", TimeZone: "UTC",
		LiveSockets: crowdSockets + 100, LivePerPerson: crowdSockets, LiveAccept: crowdSockets}
	b.cfg = cfg
	if b.app, err = app.New(cfg, b.db, log, app.Options{NoLimits: true}); err != nil {
		return nil, stop, err
	}
	if _, err := b.app.Courses.Publish(ctx, tree(1, 60)); err != nil {
		return nil, stop, err
	}
	if b.site, err = serve(b.app.Handler); err != nil {
		return nil, stop, err
	}
	stops = append(stops, b.site.close)
	if b.bare, err = serve(bareEcho()); err != nil {
		return nil, stop, err
	}
	stops = append(stops, b.bare.close)
	return b, stop, b.people(ctx)
}

// bareEcho is the baseline of pages: Echo with nothing on it, sending 20 KB of ready HTML.
func bareEcho() http.Handler {
	e := echo.New()
	page := bytes.Repeat([]byte("<p>twenty thousand</p>\n"), 20*1024/23)
	e.GET("/", func(c echo.Context) error { return c.HTMLBlob(http.StatusOK, page) })
	return e
}

// tree is n courses of so many readings each, ten to a module.
func tree(n, steps int) fstest.MapFS {
	fs := fstest.MapFS{}
	put := func(name, text string) { fs[name] = &fstest.MapFile{Data: []byte(text)} }
	for c := range n {
		key := fmt.Sprintf("bench-%d", c)
		put(key+"/course.yaml", fmt.Sprintf(`format: course/1
key: %s
title: "Bench course %d"
summary: "A course to measure with."
description: "A course to measure with."
audience: "Nobody."
outcomes: ["measure one thing", "measure another", "compare the two"]
language: en-AU
licence: CC-BY-4.0
level: introductory
topics: ["Measuring"]
authors:
  - name: "Greenroom contributors"
order: %d
open: true
facts_as_at: 2026-11-22
`, key, c, c+1))
		for s := range steps {
			mod := fmt.Sprintf("%s/%02d-module-%d", key, s/10+1, s/10+1)
			if s%10 == 0 {
				put(mod+"/module.yaml", fmt.Sprintf("title: \"Module %d\"\nsummary: \"Ten steps.\"\noutcomes: [\"take ten steps\", \"rest\"]\n", s/10+1))
			}
			put(fmt.Sprintf("%s/%02d-step-%d.reading.md", mod, s%10+1, s%10+1),
				fmt.Sprintf("---\ntitle: \"Step %d\"\nminutes: 5\n---\n%s\n", s+1, strings.Repeat("You answer a question from the public. You say what you know and when you will be back.\n\n", 40)))
		}
	}
	return fs
}

// people signs four learners in, each with a third of the course done.
func (b *bench) people(ctx context.Context) error {
	if err := b.app.Demo(ctx); err != nil {
		return err
	}
	r, err := b.app.Courses.Current(ctx, "bench-0")
	if err != nil {
		return err
	}
	for l := range learners {
		email := learnerEmail(l)
		p, err := b.app.Accounts.ByEmail(ctx, email)
		if err != nil {
			return err
		}
		at, err := b.app.Deliveries.Enrol(ctx, p.ID, r.Key)
		if err != nil {
			return err
		}
		a := r.First()
		for range 20 {
			if _, err := b.app.Records.MarkComplete(ctx, record.Completion{PersonID: p.ID, Course: r, Activity: a, DeliveryID: at.DeliveryID}); err != nil {
				return err
			}
			a = a.Next
		}
		cookie, err := signIn(b.site.base, email)
		if err != nil {
			return err
		}
		b.cookies = append(b.cookies, cookie)
	}
	return nil
}

func signIn(base, email string) (string, error) {
	req, err := http.NewRequest(http.MethodPost, base+"/sign-in", strings.NewReader("email="+email+"&password="+app.DemoPassword))
	if err != nil {
		return "", err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	res, err := client.Do(req)
	if err != nil {
		return "", err
	}
	defer res.Body.Close()
	for _, k := range res.Cookies() {
		if strings.Contains(k.Name, "greenroom_session") {
			return k.Name + "=" + k.Value, nil
		}
	}
	return "", fmt.Errorf("sign-in of %s answered %d without a session", email, res.StatusCode)
}

func (b *bench) get(path, want string) job {
	return func(l, _ int) error {
		return fetch(http.MethodGet, b.site.base+path, b.cookies[l%len(b.cookies)], "", http.StatusOK, want)
	}
}

func (b *bench) bareGet(int, int) error {
	return fetch(http.MethodGet, b.bare.base+"/", "", "", http.StatusOK, "")
}

func (b *bench) pages(_ context.Context, r *report, engine string, s settings) error {
	for _, p := range []struct {
		name, path, want string
		goal             float64
	}{
		{"course page, 60 steps and own progress", "/courses/bench-0", "33%", courseGoal},
		{"lesson page", "/courses/bench-0/module-3/step-2", "Step 22", lessonGoal},
	} {
		ours, base, err := turns(s.turn, b.pids, b.get(p.path, p.want), b.bareGet)
		if err != nil {
			return fmt.Errorf("%s: %w", p.name, err)
		}
		r.atLeast(engine+": "+p.name, "requests/s", ours.perSecond, base.perSecond, p.goal)
		r.told(engine+": "+p.name+", CPU", "ms/request", ours.cpu, base.cpu)
	}
	return nil
}

type plainRow struct {
	bun.BaseModel `bun:"table:bench_row"`
	ID            string `bun:",pk"`
	Body          string
}

// complete compares a durable completion through HTTP with an insert and a commit through bun. Each learner goes
// through the course step by step and is then followed by the next; all are guests, since they are made quickly and
// take the same way.
func (b *bench) complete(ctx context.Context, r *report, engine string, s settings) error {
	if _, err := b.db.NewCreateTable().Model((*plainRow)(nil)).Exec(ctx); err != nil {
		return err
	}
	rev, err := b.app.Courses.Current(ctx, "bench-0")
	if err != nil {
		return err
	}
	var paths []string
	for a := rev.First(); a != nil; a = a.Next {
		paths = append(paths, b.site.base+"/courses/bench-0/"+a.Key+"/complete")
	}
	who := make([]string, learners)
	step := make([]int, learners)
	do := func(l, _ int) error {
		if step[l]%len(paths) == 0 {
			p, token, err := b.app.Accounts.NewGuest(ctx)
			if err != nil {
				return err
			}
			if _, err := b.app.Deliveries.Enrol(ctx, p.ID, rev.Key); err != nil {
				return err
			}
			who[l] = "greenroom_device=" + token
		}
		step[l]++
		return fetch(http.MethodPost, paths[(step[l]-1)%len(paths)], who[l], "", http.StatusSeeOther, "")
	}
	ours, base, err := turns(s.turn, b.pids, do, b.insert(ctx))
	if err != nil {
		return fmt.Errorf("complete: %w", err)
	}
	r.atLeast(engine+": durable 'complete' against insert and commit", "writes/s", ours.perSecond, base.perSecond, completeGoal)
	r.told(engine+": durable 'complete', CPU", "ms/request", ours.cpu, base.cpu)
	return nil
}
