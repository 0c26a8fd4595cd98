package app_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"greenroom/internal/app"
	"greenroom/internal/config"
	"greenroom/internal/db"
	"greenroom/internal/record"
)

// BenchmarkPages serves pages of a course with 60 steps to somebody who has done 20, without the network.
func BenchmarkPages(b *testing.B) {
	ctx := context.Background()
	d, err := db.Open(ctx, "sqlite:"+filepath.Join(b.TempDir(), "b.db"))
	must(b, err)
	defer d.Close()
	must(b, db.Migrate(ctx, d))
	cfg := config.Config{Addr: "127.0.0.1:0", BaseURL: "http://127.0.0.1", Demo: "true", MailFrom: "a@example.org", SiteName: "Greenroom", TimeZone: "UTC"}
	a, err := app.New(cfg, d, slog.New(slog.NewTextHandler(io.Discard, nil)), app.Options{NoLimits: true})
	must(b, err)
	_, err = a.Courses.Publish(ctx, sixty())
	must(b, err)
	must(b, a.Demo(ctx))
	rev, err := a.Courses.Current(ctx, "sixty")
	must(b, err)
	p, err := a.Accounts.ByEmail(ctx, "learner@demo.example")
	must(b, err)
	at, err := a.Deliveries.Enrol(ctx, p.ID, "sixty")
	must(b, err)
	step := rev.First()
	for range 20 {
		_, err := a.Records.MarkComplete(ctx, record.Completion{PersonID: p.ID, Course: rev, Activity: step, DeliveryID: at.DeliveryID})
		must(b, err)
		step = step.Next
	}
	form := url.Values{"email": {p.Email}, "password": {app.DemoPassword}}
	r := httptest.NewRequest(http.MethodPost, "/sign-in", strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := httptest.NewRecorder()
	a.Handler.ServeHTTP(w, r)
	cookies := w.Result().Cookies()
	for name, path := range map[string]string{"course": "/courses/sixty", "lesson": "/courses/sixty/module-3/step-2", "catalogue": "/courses", "dashboard": "/me"} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			size := 0
			for b.Loop() {
				r := httptest.NewRequest(http.MethodGet, path, nil)
				for _, c := range cookies {
					r.AddCookie(c)
				}
				w := httptest.NewRecorder()
				a.Handler.ServeHTTP(w, r)
				if w.Code != http.StatusOK {
					b.Fatal(w.Code, w.Body)
				}
				size = w.Body.Len()
			}
			b.ReportMetric(float64(size), "bytes/page")
		})
	}
}

func must(tb testing.TB, err error) {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
}

// sixty is a course of six modules with ten readings each.
func sixty() fstest.MapFS {
	fs := fstest.MapFS{"sixty/course.yaml": {Data: []byte(`format: course/1
key: sixty
title: "Sixty steps"
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
order: 1
open: true
facts_as_at: 2026-11-22
`)}}
	text := strings.Repeat("You answer a question from the public. You say what you know and when you will be back.\n\n", 40)
	for s := range 60 {
		dir := fmt.Sprintf("sixty/%02d-module-%d/", s/10+1, s/10+1)
		fs[dir+"module.yaml"] = &fstest.MapFile{Data: fmt.Appendf(nil, "title: \"Module %d\"\nsummary: \"Ten steps.\"\noutcomes: [\"take ten steps\", \"rest\"]\n", s/10+1)}
		fs[dir+fmt.Sprintf("%02d-step-%d.reading.md", s%10+1, s%10+1)] = &fstest.MapFile{Data: fmt.Appendf(nil, "---\ntitle: \"Step %d\"\nminutes: 5\n---\n%s\n", s+1, text)}
	}
	return fs
}
