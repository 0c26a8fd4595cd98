package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing/fstest"
	"time"

	"greenroom/internal/account"
	"greenroom/internal/id"
	"greenroom/internal/room"
)

// How many vote within what time, and how soon the presenter's page has each vote. A short run has a tenth of the people.
const (
	roomPeople = 500
	roomTime   = 5 * time.Second
	roomGoal   = 300.0 // ms, p95
	hallPeople = room.MaxPeople
	hallTime   = 20 * time.Second
)

// consoleGap is how long a console waits between two looks (deskGap in room.ts).
const consoleGap = 100 * time.Millisecond

// roomTree is a course with one run sheet: an anonymous poll, and one whose answers can be changed.
func roomTree() fstest.MapFS {
	out := fstest.MapFS{}
	for name, f := range tree(1, 1) {
		f.Data = []byte(strings.ReplaceAll(string(f.Data), "key: bench-0", "key: bench-room"))
		out[strings.Replace(name, "bench-0/", "bench-room/", 1)] = f
	}
	out["bench-room/01-module-1/20-meet.workshop.yaml"] = &fstest.MapFile{Data: []byte(`title: "A workshop to measure"
minutes: 60
before: "Bring people."
items:
  - { key: hello, kind: checkin, title: "Who is here", minutes: 10, text: "Say your name.", notes: "Smile." }
  - { key: secret, kind: poll, title: "Anonymous", minutes: 20, options: ["This", "That", "Neither", "Both"], anonymous: true, notes: "Count." }
  - { key: open, kind: poll, title: "By name", minutes: 20, options: ["This", "That", "Neither", "Both"], notes: "Count." }
  - { key: leave, kind: exit, title: "What you take away", minutes: 10, text: "When X, I will Y.", notes: "Thank them." }
`)}
	return out
}

// crowded is a room with people in it, whose pages are open, and its presenter.
type crowded struct {
	b       *bench
	boss    *account.Person
	cookie  string // of the presenter
	room    *room.Room
	items   []room.Item
	people  []string // cookies
	asked   atomic.Int64
	again   atomic.Int64  // requests that did not succeed and were made again
	renewed chan struct{} // a phone has its parts anew
}

// room measures the vote of a workshop, and then a room that is as full as may be.
func (b *bench) room(ctx context.Context, r *report, engine string, s settings) error {
	n, full := roomPeople, hallPeople
	if s.short {
		n, full = n/10, full/10
	}
	if _, err := moreFiles(4*full + spareFiles); err != nil {
		return err
	}
	if _, err := b.app.Courses.Publish(ctx, roomTree()); err != nil {
		return err
	}
	run, stop := context.WithCancel(ctx)
	defer stop()
	go func() { _ = b.app.Live.Run(run) }()
	go func() { _ = b.app.Rooms.Run(run) }()
	if err := b.crowdVotes(ctx, r, fmt.Sprintf("%s: room of %d, votes in %s", engine, n, roomTime), n, roomTime, roomGoal); err != nil {
		return err
	}
	return b.crowdVotes(ctx, r, fmt.Sprintf("%s: room of %d, votes in %s", engine, full, hallTime), full, hallTime, 0)
}

// crowdVotes fills a room with people and lets them vote. A goal of nought only tells the time.
func (b *bench) crowdVotes(ctx context.Context, r *report, name string, n int, within time.Duration, goal float64) error {
	c, err := b.openRoom(ctx)
	if err != nil {
		return fmt.Errorf("set up: %w", err)
	}
	joins, err := c.comeIn(ctx, n)
	if err != nil {
		return fmt.Errorf("come in: %w", err)
	}
	r.told(name+": coming in, all at once, p95", "ms", ms(quantile(joins, 95)), 0)
	socks, err := dialAll("ws"+strings.TrimPrefix(b.site.base, "http")+"/live", b.site.origin(), c.people, room.StreamOf(c.room.ID), n, c.heard)
	defer func() {
		for _, s := range socks {
			if s != nil {
				_ = s.Close()
			}
		}
	}()
	if err != nil {
		return fmt.Errorf("phones: %w", err)
	}
	if goal == 0 {
		return c.poll(ctx, r, name, &c.items[2], within, goal)
	}
	for i, what := range []string{"anonymous", "by name"} {
		if err := c.poll(ctx, r, name+", "+what, &c.items[i+1], within, goal); err != nil {
			return fmt.Errorf("%s: %w", what, err)
		}
	}
	return nil
}

func (b *bench) openRoom(ctx context.Context) (*crowded, error) {
	c := &crowded{b: b, renewed: make(chan struct{}, 10*hallPeople)}
	var err error
	if c.boss, err = b.app.Accounts.ByEmail(ctx, "trainer@demo.example"); err != nil {
		return nil, err
	}
	if c.cookie, err = signIn(b.site.base, "trainer@demo.example"); err != nil {
		return nil, err
	}
	plan := room.Plan{FormID: id.New(), CourseKey: "bench-room", SheetKey: "module-1/meet", Title: "A room", Day: "2026-12-07", Clock: "10:00", Zone: "UTC", Nameless: true}
	for i, k := range []string{"hello", "secret", "open", "leave"} {
		plan.Items = append(plan.Items, room.PlanItem{Key: k, In: true, Place: strconv.Itoa(i + 1), Minutes: "10"})
	}
	if c.room, err = b.app.Rooms.Create(ctx, c.boss, plan); err != nil {
		return nil, err
	}
	v, err := b.app.Rooms.Console(ctx, c.boss, c.room.ID)
	if err != nil {
		return nil, err
	}
	c.items = v.Items
	return c, b.app.Rooms.Go(ctx, c.boss, c.room.ID, c.items[0].ID)
}

// comeIn lets n guests into the room, 32 at a time, and returns how long each waited for the door.
func (c *crowded) comeIn(ctx context.Context, n int) ([]time.Duration, error) {
	c.people = make([]string, n)
	for i := range n {
		_, token, err := c.b.app.Accounts.NewGuest(ctx)
		if err != nil {
			return nil, err
		}
		c.people[i] = "greenroom_device=" + token
	}
	times, errs := make([]time.Duration, n), make([]error, n)
	gate := make(chan struct{}, 32)
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() {
			gate <- struct{}{}
			defer func() { <-gate }()
			start := time.Now()
			errs[i] = fetch(http.MethodPost, c.path()+"/join", c.people[i], "name=Somebody", http.StatusSeeOther, "")
			times[i] = time.Since(start)
		})
	}
	all.Wait()
	for _, err := range errs {
		if err != nil {
			return nil, err
		}
	}
	return times, nil
}

func (c *crowded) path() string { return c.b.site.base + "/room/" + c.room.Code }

// How long a page waits before it asks or sends again, and how often it does here.
const (
	pageAgain = 4 * time.Second
	sendAgain = 2 * time.Second
	maxAgain  = 10
)

// insist does again what did not succeed, as pages do; again counts that.
func (c *crowded) insist(wait time.Duration, do func() error) (err error) {
	for range maxAgain {
		if err = do(); err == nil {
			return nil
		}
		c.again.Add(1)
		time.Sleep(wait)
	}
	return err
}

// heard is a phone that is told of a change: after its share of the spread it gets its parts anew.
func (c *crowded) heard(_ int, raw []byte) {
	for line := range bytes.SplitSeq(raw, []byte("\n")) {
		var f struct {
			T    string `json:"t"`
			Data struct {
				Spread int `json:"spread"`
			} `json:"data"`
		}
		if json.Unmarshal(line, &f) != nil || f.T != "event" {
			continue
		}
		i := int(c.asked.Add(1)) % len(c.people)
		go func() {
			time.Sleep(time.Duration(rand.Float64() * float64(f.Data.Spread) * float64(time.Millisecond)))
			_ = c.insist(pageAgain, func() error { _, err := read(c.path()+"/news?tag=", c.people[i]); return err })
			c.renewed <- struct{}{}
		}()
	}
}

// phones waits until so many have their parts anew.
func (c *crowded) phones(n int) error {
	end := time.After(3 * time.Minute)
	for range n {
		select {
		case <-c.renewed:
		case <-end:
			return fmt.Errorf("%d phones did not get their parts", n)
		}
	}
	return nil
}

// poll opens an item, lets everybody vote, spread over a time, and looks at what the presenter's page showed when.
func (c *crowded) poll(ctx context.Context, r *report, name string, i *room.Item, within time.Duration, goal float64) error {
	if err := c.b.app.Rooms.Go(ctx, c.boss, c.room.ID, i.ID); err != nil {
		return err
	}
	if err := c.phones(len(c.people)); err != nil {
		return err
	}
	opened := time.Now()
	if err := c.b.app.Rooms.SetPhase(ctx, c.boss, c.room.ID, i.ID, room.Open); err != nil {
		return err
	}
	if err := c.phones(len(c.people)); err != nil {
		return err
	}
	r.told(name+": from open to the last phone", "ms", ms(time.Since(opened)), 0)
	p, err := c.present(ctx)
	if err != nil {
		return err
	}
	votes := make([]vote, 0, len(c.people))
	var mu sync.Mutex
	cpu := processor(c.b.pids())
	_, errs := arrive(len(c.people), within, func(k int) ([]time.Duration, error) {
		v := vote{sent: time.Now()}
		body := "item=" + i.ID + "&client=" + id.New() + "&choice=" + strconv.Itoa(k%4)
		send := func() error {
			return fetch(http.MethodPost, c.path()+"/answer", c.people[k], body, http.StatusSeeOther, "")
		}
		if err := c.insist(sendAgain, send); err != nil {
			return nil, err
		}
		v.acked = time.Now()
		mu.Lock()
		votes = append(votes, v)
		mu.Unlock()
		return []time.Duration{v.acked.Sub(v.sent)}, nil
	})
	cpu = processor(c.b.pids()) - cpu
	if len(errs) > 0 {
		return fmt.Errorf("%d votes: %w", len(errs), errs[0])
	}
	if err := p.until(len(votes)); err != nil {
		return err
	}
	p.close()
	wrong, err := c.wrong(ctx, i, len(votes))
	if err != nil {
		return err
	}
	r.none(name+": votes lost or counted twice", wrong)
	shown := p.after(votes)
	if goal > 0 {
		r.atMost(name+": from a vote to the presenter's count, p95", fmt.Sprintf("ms of %g ms", goal), ms(quantile(shown, 95)), goal, 1)
	} else {
		r.told(name+": from a vote to the presenter's count, p95", "ms", ms(quantile(shown, 95)), 0)
	}
	var took []time.Duration
	for _, v := range votes {
		took = append(took, v.acked.Sub(v.sent))
	}
	r.told(name+": a vote's own request, p95", "ms", ms(quantile(took, 95)), 0)
	r.told(name+": requests made again", "count", float64(c.again.Swap(0)), 0)
	r.told(name+": CPU, load and phones included", "ms/vote", cpu.Seconds()*1000/float64(len(votes)), 0)
	return nil
}

// wrong reveals the item and says by how many votes its numbers are off.
func (c *crowded) wrong(ctx context.Context, i *room.Item, want int) (int, error) {
	if err := c.b.app.Rooms.SetPhase(ctx, c.boss, c.room.ID, i.ID, room.Revealed); err != nil {
		return 0, err
	}
	if err := c.phones(len(c.people)); err != nil {
		return 0, err
	}
	v, err := c.b.app.Rooms.Console(ctx, c.boss, c.room.ID)
	if err != nil {
		return 0, err
	}
	off := max(want-v.Item.Answers, v.Item.Answers-want)
	for k, n := range v.Counts {
		each := (want - k + 3) / 4
		off += max(each-n, n-each)
	}
	return off, nil
}

type vote struct{ sent, acked time.Time }

// look is what a presenter's page showed from a moment on.
type look struct {
	at time.Time
	n  int
}

// presenter is a console that is open: told by its socket it looks, at most so often as the page's script does.
type presenter struct {
	told  chan struct{}
	done  chan struct{}
	stop  func()
	mu    sync.Mutex
	looks []look
	err   error
}

var answered = regexp.MustCompile(`(\d+) (?:person|people) answered`)

func (c *crowded) present(ctx context.Context) (*presenter, error) {
	ctx, cancel := context.WithCancel(ctx)
	p := &presenter{told: make(chan struct{}, 1), done: make(chan struct{})}
	conns, err := dialAll("ws"+strings.TrimPrefix(c.b.site.base, "http")+"/live", c.b.site.origin(), []string{c.cookie}, room.DeskOf(c.room.ID), 1, func(int, []byte) {
		select {
		case p.told <- struct{}{}:
		default:
		}
	})
	if err != nil {
		cancel()
		return nil, err
	}
	p.stop = func() { cancel(); _ = conns[0].Close() }
	go p.run(ctx, func() (string, error) { return read(c.b.site.base+"/teach/rooms/"+c.room.ID+"/news?tag=", c.cookie) })
	return p, nil
}

func (p *presenter) run(ctx context.Context, ask func() (string, error)) {
	defer close(p.done)
	var last time.Time
	for {
		select {
		case <-ctx.Done():
			return
		case <-p.told:
		}
		time.Sleep(time.Until(last.Add(consoleGap)))
		last = time.Now()
		page, err := ask()
		p.mu.Lock()
		if m := answered.FindStringSubmatch(page); m != nil {
			n, _ := strconv.Atoi(m[1])
			p.looks = append(p.looks, look{time.Now(), n})
		} else if err != nil {
			p.err = err
		}
		p.mu.Unlock()
	}
}

// until waits until the page shows n votes.
func (p *presenter) until(n int) error {
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		p.mu.Lock()
		there := len(p.looks) > 0 && p.looks[len(p.looks)-1].n >= n
		err := p.err
		p.mu.Unlock()
		if there || err != nil {
			return err
		}
	}
	return fmt.Errorf("the presenter's page does not show %d votes", n)
}

func (p *presenter) close() { p.stop(); <-p.done }

// after is how long each vote took to the page. Votes are counted in the order in which they were acknowledged, so the n-th
// is on the page with the first look that shows n.
func (p *presenter) after(votes []vote) []time.Duration {
	slices.SortFunc(votes, func(a, b vote) int { return a.acked.Compare(b.acked) })
	out := make([]time.Duration, 0, len(votes))
	at := 0
	for n, v := range votes {
		for at < len(p.looks)-1 && p.looks[at].n < n+1 {
			at++
		}
		out = append(out, p.looks[at].at.Sub(v.sent))
	}
	return out
}
