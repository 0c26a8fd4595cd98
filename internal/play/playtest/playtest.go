// Package playtest serves a small course through the shell and the player, for tests of activity kinds: the pages
// are what learners get, a Browser is somebody without JavaScript.
package playtest

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/labstack/echo/v4"
	"github.com/uptrace/bun"
	"golang.org/x/net/html"

	"greenroom/internal/account"
	"greenroom/internal/course"
	"greenroom/internal/delivery"
	"greenroom/internal/locale"
	"greenroom/internal/mail"
	"greenroom/internal/play"
	"greenroom/internal/play/playweb"
	"greenroom/internal/record"
	"greenroom/internal/web"
)

// Course is the path of the course that Serve publishes; its module is "m".
const Course = "/courses/small"

// Parts is what players are made of.
type Parts struct {
	DB      *bun.DB
	Records *record.Service
	Now     func() time.Time
}

// Site is a running site.
type Site struct {
	URL     string
	Records *record.Service
	Courses *course.Service
	t       *testing.T
}

type noCertificates struct{}

func (noCertificates) Issue(context.Context, bun.IDB, string, *course.Revision, time.Time) error {
	return nil
}

const courseYAML = `format: course/1
key: small
title: "A small course"
summary: "For tests."
description: "For tests."
audience: "Tests."
outcomes: ["pass", "fail", "tell which"]
language: en-AU
licence: CC-BY-4.0
level: introductory
topics: ["Tests"]
authors:
  - name: "Greenroom contributors"
order: 1
open: true
facts_as_at: 2026-11-22
art: dots
sources:
  - id: S1
    title: "A source"
    publisher: "A publisher"
    year: 2021
    url: "https://example.org/a"
`

const moduleYAML = "title: \"A module\"\nsummary: \"For tests.\"\noutcomes: [\"pass\", \"fail\"]\n"

// Tree is the courses folder with the small course, whose one module is made of files.
func Tree(files map[string]string) fs.FS {
	tree := fstest.MapFS{
		"small/course.yaml":      {Data: []byte(courseYAML)},
		"small/01-m/module.yaml": {Data: []byte(moduleYAML)},
	}
	for name, text := range files {
		tree["small/01-m/"+name] = &fstest.MapFile{Data: []byte(text)}
	}
	return tree
}

// Load reads the small course with files and returns it (nil when it has faults) and what was found.
func Load(t *testing.T, files map[string]string, kinds ...course.Kind) (*course.Revision, string) {
	t.Helper()
	revs, found := course.NewLoader(kinds...).Load(Tree(files))
	if len(revs) == 0 {
		return nil, found.String()
	}
	return revs[0], found.String()
}

// Serve publishes a course with one module made of files (by name, such as "01-why.reading.md") and serves it. The
// clock goes on by a second with each look at it.
func Serve(t *testing.T, d *bun.DB, files map[string]string, kinds []course.Kind, players func(Parts) []play.Player) *Site {
	t.Helper()
	var mu sync.Mutex
	at := time.Date(2026, 12, 3, 1, 0, 0, 0, time.UTC)
	now := func() time.Time { mu.Lock(); defer mu.Unlock(); at = at.Add(time.Second); return at }
	log := slog.New(slog.NewTextHandler(failing{t}, &slog.HandlerOptions{Level: slog.LevelError}))
	srv := httptest.NewUnstartedServer(nil)
	base := "http://" + srv.Listener.Addr().String()

	words := must(locale.Load())(t)
	post := must(mail.New(d, mail.Options{From: "Greenroom <hello@example.org>", Now: now, Log: log}))(t)
	people := must(account.New(d, post, account.Options{BaseURL: base, SiteName: "Greenroom", Now: now, Words: words, Log: log}))(t)
	courses := course.New(d, course.NewLoader(kinds...), now)
	enrol := delivery.New(d, courses, now)
	courses.OnPublish(func(ctx context.Context, tx bun.IDB, rev *course.Revision) error {
		return enrol.EnsureSelfPaced(ctx, tx, rev.Key)
	})
	if res, err := courses.Publish(t.Context(), Tree(files)); err != nil {
		t.Fatalf("publish: %v\n%v", err, res)
	}
	records := record.New(d, courses, noCertificates{}, now)
	shell := must(web.New(web.Options{BaseURL: base, SiteName: "Greenroom", Now: now, Log: log, NoLimits: true}, words, people, account.NewSessions(people)))(t)
	door := play.New(courses, enrol, records, playweb.Frame, players(Parts{DB: d, Records: records, Now: now})...)
	e := echo.New()
	h := &playweb.Handlers{Play: door, Deliveries: enrol}
	shell.Register(shell.Mount(e), h.Routes()...)
	srv.Config.Handler = e
	srv.Start()
	t.Cleanup(srv.Close)
	return &Site{URL: base, Records: records, Courses: courses, t: t}
}

func must[T any](v T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// failing makes a logged error a failure of the test: no page may be internally wrong.
type failing struct{ t *testing.T }

func (f failing) Write(b []byte) (int, error) {
	f.t.Errorf("logged: %s", b)
	return len(b), nil
}

// Browser is one visitor with cookies and without JavaScript.
type Browser struct {
	site   *Site
	client *http.Client
}

// Browser makes a new visitor.
func (s *Site) Browser() *Browser {
	jar, err := cookiejar.New(nil)
	if err != nil {
		s.t.Fatal(err)
	}
	return &Browser{site: s, client: &http.Client{Jar: jar}}
}

// Page is an answer, after redirects.
type Page struct {
	Status int
	Path   string // where the redirects ended, with query
	Header http.Header
	Body   string
	t      *testing.T
}

// Get opens a path.
func (b *Browser) Get(path string) *Page {
	b.site.t.Helper()
	req, err := http.NewRequest(http.MethodGet, b.site.URL+path, nil)
	if err != nil {
		b.site.t.Fatal(err)
	}
	return b.do(req)
}

// Post sends a form and follows the redirect.
func (b *Browser) Post(path string, form url.Values) *Page {
	b.site.t.Helper()
	return b.do(b.request(path, form))
}

// Fetch sends a form as the autosaving script does.
func (b *Browser) Fetch(path string, form url.Values) *Page {
	b.site.t.Helper()
	req := b.request(path, form)
	req.Header.Set("Accept", "application/json")
	return b.do(req)
}

func (b *Browser) request(path string, form url.Values) *http.Request {
	req, err := http.NewRequest(http.MethodPost, b.site.URL+path, strings.NewReader(form.Encode()))
	if err != nil {
		b.site.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Sec-Fetch-Site", "same-origin")
	return req
}

func (b *Browser) do(req *http.Request) *Page {
	b.site.t.Helper()
	res, err := b.client.Do(req)
	if err != nil {
		b.site.t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		b.site.t.Fatal(err)
	}
	return &Page{Status: res.StatusCode, Path: res.Request.URL.RequestURI(), Header: res.Header, Body: string(body), t: b.site.t}
}

// Want fails the test unless the page has the status and holds all the texts, as they stand in its markup.
func (p *Page) Want(status int, texts ...string) *Page {
	p.t.Helper()
	if p.Status != status {
		p.t.Fatalf("%s: status %d, want %d\n%s", p.Path, p.Status, status, p.Body)
	}
	for _, s := range texts {
		if !strings.Contains(p.Body, s) {
			p.t.Fatalf("%s lacks %q\n%s", p.Path, s, p.Body)
		}
	}
	return p
}

// Not fails the test when the page holds one of the texts.
func (p *Page) Not(texts ...string) *Page {
	p.t.Helper()
	for _, s := range texts {
		if strings.Contains(p.Body, s) {
			p.t.Fatalf("%s holds %q\n%s", p.Path, s, p.Body)
		}
	}
	return p
}

// Form is what a browser would send of the form whose action ends with "/"+verb, without buttons.
func (p *Page) Form(verb string) url.Values {
	p.t.Helper()
	doc, err := html.Parse(strings.NewReader(p.Body))
	if err != nil {
		p.t.Fatal(err)
	}
	for n := range doc.Descendants() {
		if n.Type == html.ElementNode && n.Data == "form" && strings.HasSuffix(attr(n, "action"), "/"+verb) {
			out := url.Values{}
			for f := range n.Descendants() {
				collect(out, f)
			}
			return out
		}
	}
	p.t.Fatalf("%s has no form for %q\n%s", p.Path, verb, p.Body)
	return nil
}

func collect(out url.Values, n *html.Node) {
	name := attr(n, "name")
	if n.Type != html.ElementNode || name == "" {
		return
	}
	switch n.Data {
	case "input":
		if t := attr(n, "type"); (t == "checkbox" || t == "radio") && !has(n, "checked") || t == "submit" {
			return
		}
		out.Add(name, attr(n, "value"))
	case "textarea":
		text := ""
		for c := range n.ChildNodes() {
			text += c.Data
		}
		out.Add(name, strings.ReplaceAll(text, "\n", "\r\n"))
	case "select":
		chosen, any := "", false
		for o := range n.Descendants() {
			if o.Data == "option" && o.Type == html.ElementNode {
				if has(o, "selected") || !any {
					chosen = attr(o, "value")
				}
				any = true
			}
		}
		out.Add(name, chosen)
	}
}

func attr(n *html.Node, key string) string {
	for _, a := range n.Attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}

func has(n *html.Node, key string) bool {
	for _, a := range n.Attr {
		if a.Key == key {
			return true
		}
	}
	return false
}

// Done says which steps somebody has completed, for every person of the site together: a test has one learner.
func (s *Site) Done(d *bun.DB) string {
	s.t.Helper()
	var keys []string
	err := d.NewSelect().Model((*record.Event)(nil)).Column("activity_key").Where("kind = ?", record.Done).Order("activity_key").Scan(s.t.Context(), &keys)
	if err != nil {
		s.t.Fatal(fmt.Errorf("events: %w", err))
	}
	return strings.Join(keys, " ")
}
