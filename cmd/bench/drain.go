package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"
	"github.com/uptrace/bun"

	"greenroom/internal/app"
	"greenroom/internal/live"
)

// A node's drain: so many pages hear that it stops, come back to another node when they were told to, and go on where they were.
const (
	drainGoal  = 45.0 // seconds until the last is live again
	drainPosts = 20   // that are written meanwhile, evenly over the time in which pages come back
	drainAsks  = 12.0 // queries a page, at most
)

// returner is a page: it keeps the protocol as the product's script does.
type returner struct {
	cookie string
	last   int64 // the number it has heard last
	odd    int   // numbers that came twice or were missed
	resets int
}

// listen dials and hears until the socket ends. When it has caught up it calls ready, and it returns when it was told to come back.
func (p *returner) listen(at *site, origin, topic string, ready func(), until int64) (retry time.Duration, done bool, err error) {
	d := websocket.Dialer{ReadBufferSize: 1024, WriteBufferSize: 512, HandshakeTimeout: time.Minute}
	c, res, err := d.Dial("ws"+strings.TrimPrefix(at.base, "http")+"/live", http.Header{"Origin": {origin}, "Cookie": {p.cookie}})
	if err != nil {
		if res != nil && res.StatusCode == http.StatusServiceUnavailable {
			return 500*time.Millisecond + rand.N(time.Second), false, nil // as the script: later, not all at once
		}
		return 0, false, err
	}
	defer c.Close()
	if err := showTicket(c, at.base, p.cookie); err != nil {
		return 0, false, err
	}
	if err := c.WriteMessage(websocket.TextMessage, fmt.Appendf(nil, `{"t":"sub","topic":%q,"after":%d,"epoch":1}`, topic, p.last)); err != nil {
		return 0, false, err
	}
	told := time.Duration(-1)
	for {
		_, raw, err := c.ReadMessage()
		var ends *websocket.CloseError
		switch {
		case errors.As(err, &ends) && ends.Code == websocket.CloseServiceRestart && told >= 0:
			return told, false, nil
		case err != nil:
			return 0, false, err
		}
		for frame := range bytes.SplitSeq(raw, []byte("\n")) {
			switch {
			case bytes.HasPrefix(frame, []byte(`{"t":"event"`)), bytes.HasPrefix(frame, []byte(`{"t":"void"`)):
				n := numberOf(frame)
				if n != p.last+1 {
					p.odd++
				}
				p.last = n
			case bytes.HasPrefix(frame, []byte(`{"t":"reset"`)):
				p.resets++
			case bytes.HasPrefix(frame, []byte(`{"t":"sub"`)):
				ready()
			case bytes.HasPrefix(frame, []byte(`{"t":"bye"`)):
				var f live.Frame
				if err := json.Unmarshal(frame, &f); err != nil {
					return 0, false, err
				}
				told = time.Duration(f.Retry) * time.Millisecond
			}
		}
		if until > 0 && p.last >= until {
			return 0, true, nil
		}
	}
}

// asked counts what is asked of the database.
type asked struct{ n atomic.Int64 }

func (q *asked) BeforeQuery(ctx context.Context, _ *bun.QueryEvent) context.Context {
	q.n.Add(1)
	return ctx
}
func (q *asked) AfterQuery(context.Context, *bun.QueryEvent) {}

// drain has a crowd listen to one node of two, which then stops, and measures how long it takes until the last of them is live again
// at the other, what is missed meanwhile, and what that asks of the database.
func (b *bench) drain(ctx context.Context, r *report, engine string, s settings) error {
	n := crowdSockets
	if s.short {
		n /= 10
	}
	files, err := moreFiles(2*n + spareFiles)
	if err != nil {
		return err
	}
	n = min(n, (files-spareFiles)/2)
	on, err := b.discussion(ctx)
	if err != nil {
		return err
	}
	first, err := b.thread(ctx, on, 0, "While a node stops")
	if err != nil {
		return err
	}
	cfg := b.cfg
	cfg.LiveAccept = live.Accept // as a node is set by itself: the crowd meets the limit
	count := &asked{}
	d := b.db.WithQueryHook(count)
	quiet := slog.New(slog.NewTextHandler(io.Discard, nil))
	two, err := app.New(cfg, d, quiet, app.Options{NoLimits: true})
	if err != nil {
		return err
	}
	other, err := serve(two.Handler)
	if err != nil {
		return err
	}
	defer other.close()
	run, stop := context.WithCancel(ctx)
	defer stop()
	go func() { _ = b.app.Live.Run(run) }()
	go func() { _ = two.Live.Run(run) }()

	topic, posts := "thread:"+first.ThreadID, int64(1+drainPosts)
	pages := make([]*returner, n)
	var sitting, back sync.WaitGroup
	var started time.Time
	var latest, refused atomic.Int64
	errs := make(chan error, n)
	gate := make(chan struct{}, 32)
	sitting.Add(n)
	for i := range n {
		p := &returner{cookie: b.cookies[i%len(b.cookies)], last: 1}
		pages[i] = p
		back.Go(func() {
			gate <- struct{}{}
			var sat sync.Once
			settle := func() { sat.Do(func() { <-gate; sitting.Done() }) }
			retry, _, err := p.listen(b.site, b.site.origin(), topic, settle, 0)
			settle()
			for done := false; err == nil && !done; {
				time.Sleep(retry)
				live := false
				retry, done, err = p.listen(other, b.site.origin(), topic, func() {
					live = true
					for at, was := time.Since(started).Milliseconds(), latest.Load(); was < at && !latest.CompareAndSwap(was, at); was = latest.Load() {
					}
				}, posts)
				if !done && !live {
					refused.Add(1)
				}
			}
			errs <- err
		})
	}
	sitting.Wait()
	started = time.Now()
	before := count.n.Load()
	go func() {
		end, cancel := context.WithTimeout(ctx, 10*time.Second)
		defer cancel()
		b.app.Live.Drain(end)
	}()
	written := make(chan error, 1)
	go func() {
		var err error
		for i := 0; i < drainPosts && err == nil; i++ {
			time.Sleep(2 * time.Second) // the last of them after 40 seconds: all who came back in time hear it live
			who := on.authors[i%len(on.authors)]
			var v, _, verr = two.Forum.VisitThread(ctx, who, first.ThreadID)
			if err = verr; err == nil {
				_, err = two.Forum.Write(ctx, v, replyTo(first.ThreadID))
			}
		}
		written <- err
	}()
	if err := <-written; err != nil {
		return err
	}
	for range n {
		if err := <-errs; err != nil {
			return fmt.Errorf("a page that was sent away: %w", err)
		}
	}
	back.Wait()
	odd, resets := 0, 0
	for _, p := range pages {
		odd += p.odd
		resets += p.resets
		if p.last != posts {
			odd++
		}
	}
	name := fmt.Sprintf("%s: a node stops, %d pages go to another: ", engine, n)
	r.atMost(name+"the last is live again after", fmt.Sprintf("s of %g s", drainGoal), float64(latest.Load())/1000, drainGoal, 1)
	r.none(name+"posts missed or heard twice", odd)
	r.none(name+"told to load again", resets)
	r.atMost(name+"queries a page", fmt.Sprintf("of %g", drainAsks), float64(count.n.Load()-before)/float64(n), drainAsks, 1)
	r.told(name+"came too many at once, and a second later", "count", float64(refused.Load()), 0)
	return nil
}
