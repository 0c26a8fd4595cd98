package live_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/uptrace/bun"

	"greenroom/internal/account"
	"greenroom/internal/db"
	"greenroom/internal/db/dbtest"
	"greenroom/internal/fault"
	"greenroom/internal/live"
	"greenroom/internal/stream"
)

func ok(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func now() time.Time { return time.Date(2026, 12, 7, 9, 0, 0, 0, time.UTC) }

// board is a source for tests: some people may not know of a topic, some may not read what others wrote.
type board struct {
	mu     sync.Mutex
	banned map[string]bool
	locked map[string]bool
	told   int // how often something was worked out for a class
}

func (b *board) set(m *map[string]bool, who string, on bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if *m == nil {
		*m = map[string]bool{}
	}
	(*m)[who] = on
}

func (b *board) Seat(_ context.Context, who *account.Person, topic string) (live.Seat, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case b.banned[who.ID] || topic == "room:secret":
		return live.Seat{}, fault.New(fault.NotFound, "error.not_found")
	case topic == "room:merged":
		return live.Seat{}, live.ErrMoved
	case b.locked[who.ID]:
		return live.Seat{Class: "locked"}, nil
	}
	return live.Seat{Class: "open", Data: topic}, nil
}

// Counted: all but one topic say how many have them open.
func (b *board) Counted(seat live.Seat) bool { return seat.Data != "room:private" }

// Typing: in all but one topic it is said that somebody writes.
func (b *board) Typing(_ context.Context, _ *account.Person, topic string) (bool, error) {
	return topic != "room:marked", nil
}

// Tell: payloads are "author text"; "hide" payloads are for nobody, and a "reset" is one.
func (b *board) Tell(_ context.Context, _ string, seat live.Seat, who *account.Person, events []stream.Event) ([]live.Telling, error) {
	b.mu.Lock()
	if who == nil {
		b.told++
	}
	b.mu.Unlock()
	out := make([]live.Telling, len(events))
	for i, e := range events {
		author, text, _ := strings.Cut(e.Payload, " ")
		out[i].Kind, out[i].Reset = e.Kind, e.Kind == "reset"
		if who == nil {
			out[i].Apart = []string{author}
		}
		own := who != nil && who.ID == author
		switch {
		case e.Kind == "hide":
		case seat.Class == "locked" && !own:
			out[i].Count = 1
		case own:
			out[i].Data, _ = json.Marshal("mine: " + text)
		default:
			out[i].Data, _ = json.Marshal(text)
		}
	}
	return out, nil
}

// place is a hub that is served.
type place struct {
	*live.Hub
	t       *testing.T
	d       *bun.DB
	streams *stream.Service
	board   *board
	bell    stream.Doorbell
	url     string

	mu    sync.Mutex
	ended map[string]bool // sessions
}

func (p *place) end(session string) {
	p.mu.Lock()
	p.ended[session] = true
	p.mu.Unlock()
	p.Recheck()
}

func open(t *testing.T, d *bun.DB, bell stream.Doorbell, o live.Options) *place {
	t.Helper()
	p := &place{t: t, d: d, bell: bell, board: &board{}, ended: map[string]bool{}}
	p.streams = stream.New(d, now, bell)
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name := r.Header.Get("Person")
		err := p.Join(w, r, &account.Person{ID: name}, "session of "+name)
		if f := fault.From(err); f != nil {
			w.WriteHeader(map[fault.Kind]int{fault.Forbidden: 403, fault.Limited: 429, fault.Unavailable: 503}[f.Kind])
		}
	}))
	p.url = "ws://" + srv.Listener.Addr().String()
	o.Origin = "http://site.example"
	o.Log = slog.New(slog.DiscardHandler)
	o.Living = func(_ context.Context, names []string) (map[string]bool, error) {
		p.mu.Lock()
		defer p.mu.Unlock()
		out := map[string]bool{}
		for _, n := range names {
			out[n] = !p.ended[n]
		}
		return out, nil
	}
	o.Person = func(_ context.Context, session string) (*account.Person, error) {
		return &account.Person{ID: strings.TrimPrefix(session, "session of ")}, nil
	}
	p.Hub = live.New(p.streams, o)
	p.Register("room", p.board)
	ctx, stop := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { _ = p.Run(ctx) })
	srv.Start()
	t.Cleanup(func() {
		stop()
		running.Wait()
		end, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		p.Drain(end)
		srv.Close()
	})
	return p
}

func (p *place) say(topic, kind, payload string) {
	p.t.Helper()
	ok(p.t, db.InTx(context.Background(), p.d, func(ctx context.Context, tx bun.Tx) error {
		_, err := p.streams.Append(ctx, tx, topic, kind, payload)
		return err
	}))
}

// socket is one client that keeps the protocol.
type socket struct {
	*websocket.Conn
	t    *testing.T
	rest []live.Frame
}

// dial opens a socket and shows a ticket.
func (p *place) dial(who string, change ...func(http.Header)) (*socket, int) {
	p.t.Helper()
	s, code := p.knock(who, change...)
	if s == nil {
		return nil, code
	}
	s.show(p.Ticket(&account.Person{ID: who}, "session of "+who))
	if f := s.next(); f.T != "hello" || f.V != 1 || f.Beat == 0 {
		p.t.Fatalf("the first frame is %+v", f)
	}
	return s, code
}

// knock is dial without a ticket.
func (p *place) knock(who string, change ...func(http.Header)) (*socket, int) {
	p.t.Helper()
	h := http.Header{"Person": {who}, "Origin": {"http://site.example"}}
	for _, fn := range change {
		fn(h)
	}
	c, res, err := websocket.DefaultDialer.Dial(p.url, h)
	if err != nil {
		if res == nil {
			p.t.Fatal(err)
		}
		return nil, res.StatusCode
	}
	p.t.Cleanup(func() { _ = c.Close() })
	s := &socket{Conn: c, t: p.t}
	ok(p.t, c.SetReadDeadline(time.Now().Add(20*time.Second)))
	return s, 101
}

func (p *place) in(who, topic string, after int64) *socket {
	p.t.Helper()
	s, code := p.dial(who)
	if s == nil {
		p.t.Fatalf("no socket for %s: %d", who, code)
	}
	s.sub(topic, after, 1)
	return s
}

// show sends a ticket.
func (s *socket) show(ticket string) {
	s.t.Helper()
	ok(s.t, s.WriteJSON(map[string]any{"t": "ticket", "ticket": ticket}))
}

func (s *socket) sub(topic string, after, epoch int64) {
	s.t.Helper()
	ok(s.t, s.WriteJSON(map[string]any{"t": "sub", "topic": topic, "after": after, "epoch": epoch}))
}

func (s *socket) read() (live.Frame, error) {
	for len(s.rest) == 0 {
		_, raw, err := s.ReadMessage()
		if err != nil {
			return live.Frame{}, err
		}
		for line := range strings.SplitSeq(string(raw), "\n") {
			var f live.Frame
			if err := json.Unmarshal([]byte(line), &f); err != nil {
				return f, fmt.Errorf("%q: %w", line, err)
			}
			s.rest = append(s.rest, f)
		}
	}
	f := s.rest[0]
	s.rest = s.rest[1:]
	return f, nil
}

// next is the next frame that is no beat.
func (s *socket) next() live.Frame {
	s.t.Helper()
	for {
		f, err := s.read()
		ok(s.t, err)
		if f.T != "beat" {
			return f
		}
	}
}

// want reads frames until all were there, in the order, and nothing else: "event 3 text", "void 4", "sub 2", "gone".
func (s *socket) want(frames ...string) {
	s.t.Helper()
	for _, w := range frames {
		f := s.next()
		got := f.T
		if f.N > 0 {
			got += fmt.Sprint(" ", f.N)
		}
		if f.Data != nil {
			var text string
			ok(s.t, json.Unmarshal(f.Data, &text))
			got += " " + text
		}
		if f.Count > 0 {
			got += fmt.Sprint(" +", f.Count)
		}
		if f.Why != "" {
			got += " " + f.Why
		}
		if got != w {
			s.t.Fatalf("got %q, want %q", got, w)
		}
	}
}

// wantClose reads until the socket is ended with the code.
func (s *socket) wantClose(code int) (last live.Frame) {
	s.t.Helper()
	for {
		f, err := s.read()
		var c *websocket.CloseError
		switch {
		case err == nil:
			last = f
		case errors.As(err, &c) && c.Code == code:
			return last
		default:
			s.t.Fatalf("want close %d, got %v", code, err)
		}
	}
}

func each(t *testing.T, o live.Options, fn func(t *testing.T, p *place)) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *bun.DB) { fn(t, open(t, d, stream.NewLocal(), o)) })
}

// Fifty write, each taking a time of its own until the commit, and twenty read who hang up in the middle and come back (discussion.md 3.5, 1).
func TestWritersAndReadersLoseNothing(t *testing.T) {
	const writers, each1, readers = 50, 4, 20
	each(t, live.Options{}, func(t *testing.T, p *place) {
		var all sync.WaitGroup
		for r := range readers {
			s, _ := p.dial(fmt.Sprint("reader", r))
			s.sub("room:a", 0, 1)
			all.Go(func() {
				var last int64
				for last < writers*each1 {
					f, err := s.read()
					if err != nil {
						t.Error(err)
						return
					}
					if f.T != "event" && f.T != "void" {
						continue
					}
					if f.N != last+1 {
						t.Errorf("number %d after %d", f.N, last)
						return
					}
					last = f.N
					if last%25 == int64(r) { // hangs up in the middle and comes back
						_ = s.Close()
						if s, _ = p.dial(fmt.Sprint("reader", r)); s == nil {
							return
						}
						s.sub("room:a", last, 1)
					}
				}
			})
		}
		for w := range writers {
			all.Go(func() {
				for i := range each1 {
					ok(t, db.InTx(context.Background(), p.d, func(ctx context.Context, tx bun.Tx) error {
						<-time.After(rand.N(4 * time.Millisecond))
						_, err := p.streams.Append(ctx, tx, "room:a", "post", fmt.Sprint("writer ", w, ".", i))
						<-time.After(rand.N(2 * time.Millisecond))
						return err
					}))
				}
			})
		}
		all.Wait()
	})
}

// between runs something once, at the n-th moment before or after a read of the database.
type between struct {
	left atomic.Int64
	do   func()
}

func (b *between) tick(q *bun.QueryEvent) {
	if strings.HasPrefix(q.Query, "SELECT") && b.left.Add(-1) == 0 {
		b.do()
	}
}
func (b *between) BeforeQuery(ctx context.Context, q *bun.QueryEvent) context.Context {
	b.tick(q)
	return ctx
}
func (b *between) AfterQuery(_ context.Context, q *bun.QueryEvent) { b.tick(q) }

// A post that comes while a page begins to listen is told once and in its place, whenever that is: before or after anything that
// the hub reads (discussion.md 3.5, 5).
func TestAPostWhileSomebodyBeginsToListen(t *testing.T) {
	each(t, live.Options{Poll: time.Hour, PerPerson: 1000}, func(t *testing.T, p *place) {
		post := &between{}
		//lint:ignore SA1019 what comes between is made for the hub that runs already
		p.d.AddQueryHook(post)
		for n := int64(1); ; n++ {
			topic := fmt.Sprint("room:", n)
			for range 30 { // more than the hub reads at once
				p.say(topic, "post", "bo old")
			}
			post.do = func() { p.say(topic, "post", "bo between") }
			post.left.Store(n)
			s := p.in("ann", topic, 3)
			last := int64(3)
			told := func(f live.Frame) {
				if last++; f.T != "event" || f.N != last {
					t.Fatalf("at moment %d: %+v, want number %d", n, f, last)
				}
			}
			for f := s.next(); f.T != "sub"; f = s.next() {
				told(f)
			}
			p.say(topic, "post", "bo last")
			for last < 31 {
				told(s.next())
			}
			came := post.left.Swap(0) <= 0
			if came {
				told(s.next())
			}
			_ = s.Close()
			if !came { // there is no such moment
				if n < 8 {
					t.Errorf("there were %d moments", n-1)
				}
				return
			}
		}
	})
}

func TestWhoMayNotReadGetsVoidsUntilTheRuleFlips(t *testing.T) {
	each(t, live.Options{}, func(t *testing.T, p *place) {
		p.board.set(&p.board.locked, "lee", true)
		p.say("room:a", "post", "ann old")
		lee, ann := p.in("lee", "room:a", 0), p.in("ann", "room:a", 1)
		lee.want("void 1 +1", "sub 1")
		ann.want("sub 1")
		p.say("room:a", "post", "ann secret")
		p.say("room:a", "hide", "ann x")
		lee.want("void 2 +1", "void 3")
		ann.want("event 2 mine: secret", "void 3")
		p.board.set(&p.board.locked, "lee", false)
		p.say("room:a", "post", "lee answer") // its own, whatever the seat is still
		lee.want("event 4 mine: answer")
		ann.want("event 4 answer")
		p.streams.Ring(live.AccessStream("lee"))
		lee.want("reset 4")
		p.say("room:a", "post", "ann open")
		lee.want("event 5 open")
		p.say("room:a", "reset", "")
		lee.want("reset 6")

		// The same by asking.
		list, more, err := p.Read(context.Background(), &account.Person{ID: "bo"}, "room:a", 1, 1, "")
		ok(t, err)
		var got []string
		for _, f := range list {
			got = append(got, fmt.Sprint(f.T, f.N, string(f.Data)))
		}
		if want := []string{`event2"secret"`, "void3", `event4"answer"`, `event5"open"`, "reset6"}; more || !slices.Equal(got, want) {
			t.Errorf("asked: %v, more %v", got, more)
		}
		for _, x := range []struct{ after, epoch int64 }{{1, 2}, {7, 1}} {
			if list, _, err := p.Read(context.Background(), &account.Person{ID: "bo"}, "room:a", x.after, x.epoch, ""); err != nil || len(list) != 1 || list[0].T != "reset" || list[0].N != 6 {
				t.Errorf("after %d of epoch %d: %v %v", x.after, x.epoch, list, err)
			}
		}

		// Who may no longer know of it hears no more.
		p.board.set(&p.board.banned, "lee", true)
		p.streams.Ring(live.AccessStream("lee"))
		lee.want("gone")
		p.say("room:a", "post", "ann later")
		lee.sub("room:a", 6, 1)
		lee.want("gone")
	})
}

func TestTopicsThatAreNotThere(t *testing.T) {
	each(t, live.Options{}, func(t *testing.T, p *place) {
		s := p.in("ann", "room:secret", 0)
		s.want("gone")
		s.sub("nothing:x", 0, 1)
		s.want("gone")
		s.sub("room:merged", 0, 1)
		s.want("reset")
		for i := range 8 {
			s.sub(fmt.Sprint("room:", i), 0, 1)
			s.want("sub")
		}
		s.sub("room:9", 0, 1)
		s.want("error too_many")
		ok(t, s.WriteJSON(map[string]any{"t": "unsub", "topic": "room:1"}))
		s.sub("room:9", 0, 1)
		s.want("sub")
		p.say("room:1", "post", "bo x")
		p.say("room:9", "post", "bo y")
		s.want("event 1 y")
	})
}

func TestWhoIsFarBehindOrOfAnotherTimeLoadsAgain(t *testing.T) {
	each(t, live.Options{Poll: 20 * time.Millisecond}, func(t *testing.T, p *place) {
		ok(t, db.InTx(context.Background(), p.d, func(ctx context.Context, tx bun.Tx) error {
			for range 230 {
				if _, err := p.streams.Append(ctx, tx, "room:a", "post", "ann x"); err != nil {
					return err
				}
			}
			return nil
		}))
		s := p.in("bo", "room:a", 0)
		s.want("reset 230", "sub 230")
		s.sub("room:a", 300, 1)
		s.want("reset 230", "sub 230")
		near := p.in("cy", "room:a", 120)
		for n := 121; n <= 230; n++ {
			near.want(fmt.Sprintf("event %d x", n))
		}
		near.want("sub 230")
		// A restored database, seen by looking at heads.
		ok(t, db.InTx(context.Background(), p.d, func(ctx context.Context, tx bun.Tx) error { return stream.Restored(ctx, tx) }))
		s.want("reset 230")
		near.want("reset 230")
		p.say("room:a", "post", "ann y")
		s.want("event 231 y")
	})
}

// deaf is a doorbell that loses every ring.
type deaf struct{ *stream.Local }

func (deaf) Ring(stream.Hint) {}

func TestADeadDoorbellCostsAMomentAndNoMessage(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *bun.DB) {
		p := open(t, d, deaf{stream.NewLocal()}, live.Options{Poll: 10 * time.Millisecond})
		s := p.in("bo", "room:a", 0)
		s.want("sub")
		for i := 1; i <= 5; i++ {
			p.say("room:a", "post", "ann x")
			s.want(fmt.Sprintf("event %d x", i))
		}
	})
}

func TestSessionsThatEndEndTheirSockets(t *testing.T) {
	each(t, live.Options{}, func(t *testing.T, p *place) {
		ann, bo := p.in("ann", "room:a", 0), p.in("bo", "room:a", 0)
		ann.want("sub")
		bo.want("sub")
		p.end("session of ann")
		ann.wantClose(live.CloseSignedOut)
		p.say("room:a", "post", "cy x")
		bo.want("event 1 x")
	})
}

// Where no bell is heard the looks at sessions and seats find what has changed (discussion.md 3.5, 12).
func TestWhatEndsWithoutABell(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *bun.DB) {
		p := open(t, d, deaf{stream.NewLocal()}, live.Options{Check: 20 * time.Millisecond, Seats: 40 * time.Millisecond})
		ann, bo, cy := p.in("ann", "room:a", 0), p.in("bo", "room:a", 0), p.in("cy", "room:a", 0)
		for _, s := range []*socket{ann, bo, cy} {
			s.want("sub")
		}
		p.mu.Lock()
		p.ended["session of ann"] = true
		p.mu.Unlock()
		ann.wantClose(live.CloseSignedOut)
		p.board.set(&p.board.banned, "bo", true)
		bo.want("gone")
		p.board.set(&p.board.locked, "cy", true)
		cy.want("reset")
	})
}

func TestDoors(t *testing.T) {
	each(t, live.Options{Sockets: 3, PerPerson: 2}, func(t *testing.T, p *place) {
		for _, origin := range []string{"", "http://evil.example", "https://site.example", "http://site.example.evil.example", "null"} {
			if _, code := p.dial("ann", func(h http.Header) { h.Set("Origin", origin) }); code != 403 {
				t.Errorf("origin %q: %d", origin, code)
			}
		}
		first := p.in("ann", "room:a", 0)
		p.in("ann", "room:a", 0)
		if _, code := p.dial("ann"); code != 429 {
			t.Errorf("a third socket of one person: %d", code)
		}
		p.in("bo", "room:a", 0)
		if _, code := p.dial("cy"); code != 503 {
			t.Errorf("a fourth socket: %d", code)
		}
		ok(t, first.Close())
		until(t, func() bool { n, _, _ := p.Status(); return n == 2 })
		p.in("cy", "room:a", 0)
	})
}

// A socket hears nothing before it has shown a ticket: of its own person and session, within the minute, and once, on whichever node.
func TestTest13Tickets(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *bun.DB) {
		var late atomic.Int64 // seconds
		clock := func() time.Time {
			return time.Date(2026, 12, 1, 9, 0, 0, 0, time.UTC).Add(time.Duration(late.Load()) * time.Second)
		}
		p := open(t, d, stream.NewLocal(), live.Options{Secret: "of the site", Now: clock, PerPerson: 100})
		ann := &account.Person{ID: "ann"}
		refused := func(ticket any) {
			t.Helper()
			s, _ := p.knock("ann")
			ok(t, s.WriteJSON(map[string]any{"t": "ticket", "ticket": ticket}))
			s.wantClose(live.CloseNoTicket)
		}
		other := open(t, p.d, p.bell, live.Options{Secret: "of the site", Now: clock})
		s, _ := p.knock("ann")
		s.sub("room:a", 0, 1) // none at all
		s.wantClose(live.CloseNoTicket)

		once := p.Ticket(ann, "session of ann")
		s, _ = p.knock("ann")
		s.show(once)
		s.want("hello")
		s.show(once) // what comes after is of no account
		s.sub("room:a", 0, 1)
		s.want("sub")
		refused(once)

		late.Add(1)
		for _, at := range []*place{other, open(t, p.d, p.bell, live.Options{Secret: "of the site", Now: clock})} { // one has heard of it, one is younger
			s, _ = at.knock("ann")
			s.show(once)
			s.wantClose(live.CloseNoTicket)
		}
		s, _ = p.knock("ann")
		s.show(other.Ticket(ann, "session of ann")) // nodes take each other's
		s.want("hello")

		good := p.Ticket(ann, "session of ann")
		broken := []byte(good)
		broken[len(broken)/2] ^= 1
		foreign := open(t, p.d, p.bell, live.Options{Secret: "of another site"})
		for _, x := range []any{"", "x", string(broken), good[1:], good + "A", 7, p.Ticket(&account.Person{ID: "bo"}, "session of ann"),
			p.Ticket(ann, "session of bo"), foreign.Ticket(ann, "session of ann"), strings.Repeat("A", len(good))} {
			if n, is := x.(int); is { // no frame at all
				s, _ := p.knock("ann")
				ok(t, s.WriteJSON(map[string]any{"t": "ticket", "ticket": n}))
				s.wantClose(websocket.ClosePolicyViolation)
				continue
			}
			refused(x)
		}
		late.Store(1 + 59)
		s, _ = p.knock("ann")
		s.show(good)
		s.want("hello")
		again := p.Ticket(ann, "session of ann")
		late.Store(1 + 59 + 60)
		refused(again)
		refused(good) // and one that was used is not forgotten too soon
		late.Store(1 + 59 + 240)
		refused(once)
		s, _ = p.knock("ann")
		s.show(p.Ticket(ann, "session of ann"))
		s.want("hello")
		late.Store(-3600) // somebody has put the clock back
		s, _ = p.knock("ann")
		s.show(p.Ticket(ann, "session of ann"))
		s.want("hello")
	})
}

// Who shows no ticket is not waited for.
func TestWhoShowsNoTicketGoes(t *testing.T) {
	each(t, live.Options{Door: 20 * time.Millisecond}, func(t *testing.T, p *place) {
		s, _ := p.knock("ann")
		if _, _, err := s.ReadMessage(); err == nil {
			t.Error("it was told something")
		}
		until(t, func() bool { n, _, _ := p.Status(); return n == 0 })
	})
}

// until waits for what another goroutine does, by giving way to it.
func until(t *testing.T, done func() bool) {
	t.Helper()
	end := time.Now().Add(20 * time.Second)
	for !done() {
		if time.Now().After(end) {
			t.Fatal("it did not come to that")
		}
		<-time.After(time.Millisecond)
	}
}

func TestNewSocketsComeAtARate(t *testing.T) {
	each(t, live.Options{Accept: 5, PerPerson: 100}, func(t *testing.T, p *place) {
		codes := map[int]int{}
		for i := range 30 {
			_, code := p.dial(fmt.Sprint("p", i))
			codes[code]++
		}
		if codes[101] < 5 || codes[503] == 0 {
			t.Errorf("answers: %v", codes)
		}
	})
}

func TestClientsThatMisbehaveAreSentAway(t *testing.T) {
	each(t, live.Options{}, func(t *testing.T, p *place) {
		s, _ := p.dial("ann")
		ok(t, s.WriteMessage(websocket.TextMessage, []byte("no JSON")))
		s.wantClose(websocket.ClosePolicyViolation)
		s, _ = p.dial("ann")
		for range 40 {
			ok(t, s.WriteJSON(map[string]string{"t": "ping"}))
		}
		s.wantClose(websocket.ClosePolicyViolation)
		s, _ = p.dial("ann")
		_ = s.WriteMessage(websocket.TextMessage, make([]byte, 8<<10))
		s.wantClose(websocket.CloseMessageTooBig)
	})
}

func TestASlowReaderIsCutAndOthersAreNotHeldUp(t *testing.T) {
	each(t, live.Options{Frames: 16, Bytes: 64 << 10, Write: time.Second}, func(t *testing.T, p *place) {
		slow, quick := p.in("slow", "room:a", 0), p.in("quick", "room:a", 0)
		slow.want("sub")
		quick.want("sub")
		big := "ann " + strings.Repeat("x", 60<<10)
		var n int64
		for range 400 { // more than the network holds for one who does not read
			p.say("room:a", "post", big)
			n++
			if f := quick.next(); f.T != "event" || f.N != n {
				t.Fatalf("the quick one got %s %d, want %d", f.T, f.N, n)
			}
			if _, _, cut := p.Status(); cut > 0 {
				break
			}
		}
		until(t, func() bool { sockets, _, cut := p.Status(); return sockets == 1 && cut == 1 })
		again := p.in("slow", "room:a", n-1)
		if f := again.next(); f.T != "event" || f.N != n {
			t.Errorf("after coming back: %s %d", f.T, f.N)
		}
	})
}

// wire is a way to the hub that can be cut without either end hearing of it, as by a tunnel or a closed lid.
type wire struct {
	at  string
	mu  sync.Mutex
	cut bool
}

func (p *place) wire() *wire {
	p.t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	ok(p.t, err)
	w, to := &wire{at: l.Addr().String()}, strings.TrimPrefix(p.url, "ws://")
	var ends []net.Conn
	var running sync.WaitGroup
	pass := func(from, to net.Conn) {
		buf := make([]byte, 4096)
		for {
			n, err := from.Read(buf)
			w.mu.Lock()
			if !w.cut { // else it is swallowed, and so is the end
				if err != nil {
					_ = to.Close()
				} else {
					_, _ = to.Write(buf[:n])
				}
			}
			w.mu.Unlock()
			if err != nil {
				return
			}
		}
	}
	running.Go(func() {
		for {
			near, err := l.Accept()
			if err != nil {
				return
			}
			far, err := net.Dial("tcp", to)
			if err != nil {
				_ = near.Close()
				return
			}
			w.mu.Lock()
			ends = append(ends, near, far)
			w.mu.Unlock()
			running.Go(func() { pass(near, far) })
			running.Go(func() { pass(far, near) })
		}
	})
	p.t.Cleanup(func() {
		_ = l.Close()
		w.mu.Lock()
		for _, c := range ends {
			_ = c.Close()
		}
		w.mu.Unlock()
		running.Wait()
	})
	return w
}

func (w *wire) drop() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.cut = true
}

// A socket of which nothing comes any more, not even its end, is ended and its reader no longer counted; who answers pings stays.
// A node that dies without a word takes its readers out of the count too (discussion.md 3.5, 9).
func TestPingsFindWhoHasGone(t *testing.T) {
	each(t, live.Options{Ping: 40 * time.Millisecond, Silent: 600 * time.Millisecond, Here: 30 * time.Millisecond}, func(t *testing.T, p *place) {
		here, second := p.in("here", "room:a", 0), p.in("second", "room:a", 0)
		w := p.wire()
		direct := p.url
		p.url = "ws://" + w.at
		dead := p.in("dead", "room:a", 0)
		p.url = direct
		dead.want("sub")
		answers := func(s *socket) { // pongs are sent by who reads
			for {
				if _, _, err := s.ReadMessage(); err != nil {
					return
				}
			}
		}
		go answers(second)
		go answers(dead)
		for count := 0; count != 3; {
			if f := here.next(); f.T == "here" {
				count = f.Count
			}
		}
		w.drop()
		beats := 0
		for count := 3; count != 0 || beats < 3; {
			f, err := here.read()
			ok(t, err)
			switch f.T {
			case "here":
				count = f.Count
			case "beat":
				beats++
				if _, there := f.Heads["room:a"]; !there {
					t.Errorf("a beat without heads: %+v", f)
				}
			}
		}
		if n, _, _ := p.Status(); n != 2 {
			t.Errorf("%d sockets stand", n)
		}
		p.streams.Hint(stream.Hint{Stream: "here:another node/room:a", Head: 5}) // once, and never again
		here.here(7)
		here.here(0)
	})
}

func TestANodeThatStopsSendsItsReadersAway(t *testing.T) {
	each(t, live.Options{PerPerson: 100}, func(t *testing.T, p *place) {
		var all []*socket
		for range 20 {
			s := p.in("ann", "room:a", 0)
			s.want("sub")
			all = append(all, s)
		}
		done := make(chan struct{})
		go func() {
			ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
			defer cancel()
			p.Drain(ctx)
			close(done)
		}()
		retry := map[int64]bool{}
		for _, s := range all {
			last := s.wantClose(websocket.CloseServiceRestart)
			if last.T != "bye" || last.Retry < 0 || last.Retry > 30_000 {
				t.Errorf("the last frame is %+v", last)
			}
			retry[last.Retry] = true
		}
		<-done
		if len(retry) < 15 {
			t.Errorf("all come back at once: %v", retry)
		}
		if _, code := p.dial("bo"); code != 503 {
			t.Errorf("a socket on a node that stops: %d", code)
		}
		if sockets, topics, _ := p.Status(); sockets+topics != 0 {
			t.Errorf("%d sockets and %d topics are left", sockets, topics)
		}
	})
}

func TestAnEventIsWorkedOutOnceForAllWhoReadTheSame(t *testing.T) {
	each(t, live.Options{PerPerson: 100}, func(t *testing.T, p *place) {
		var all []*socket
		for range 30 {
			s := p.in("ann", "room:a", 0)
			s.want("sub")
			all = append(all, s)
		}
		p.say("room:a", "post", "bo x")
		for _, s := range all {
			s.want("event 1 x")
		}
		p.board.mu.Lock()
		defer p.board.mu.Unlock()
		if p.board.told != 1 {
			t.Errorf("worked out %d times", p.board.told)
		}
	})
}

// What waits for a reader goes out as one message, and how many are here is left out while much waits.
func TestWhatWaitsGoesOutTogether(t *testing.T) {
	each(t, live.Options{Frames: 16, Here: 10 * time.Millisecond, Write: 20 * time.Second}, func(t *testing.T, p *place) {
		ann, bo := p.pipe("ann"), p.in("bo", "room:a", 0)
		if ann == nil {
			return
		}
		defer ann.Close()
		ann.sub("room:a", 0, 1)
		ann.want("hello", "sub")
		ann.here(0)
		for n := range int64(12) { // nothing of a pipe is written before it is read: the first holds the others up
			p.say("room:a", "post", "bo x")
			for f := bo.next(); f.N != n+1; f = bo.next() {
			}
		}
		p.in("cy", "room:a", 12)
		p.in("di", "room:a", 12)
		for f := bo.next(); f.Count != 4; f = bo.next() {
		}
		var messages []int
		told := int64(0)
		for told < 12 {
			_, raw, err := ann.ReadMessage()
			ok(t, err)
			lines := strings.Split(string(raw), "\n")
			messages = append(messages, len(lines))
			for _, line := range lines {
				var f live.Frame
				ok(t, json.Unmarshal([]byte(line), &f))
				if told++; f.T != "event" || f.N != told {
					t.Fatalf("got %s, want event %d", line, told)
				}
			}
		}
		if len(messages) > 2 {
			t.Errorf("twelve that waited came as messages of %v", messages)
		}
		ann.here(4) // now that there is room
	})
}

// here reads frames until one says how many have the topic open.
func (s *socket) here(want int) {
	s.t.Helper()
	for {
		if f := s.next(); f.T == "here" {
			if f.Count != want || f.Topic == "" {
				s.t.Fatalf("here %+v, want %d", f, want)
			}
			return
		}
	}
}

// People are counted from three on, each once, on this node and the others; who has gone is not, and a private place says nothing.
func TestHowManyAreHere(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *bun.DB) {
		bell := stream.NewLocal()
		o := live.Options{Here: 20 * time.Millisecond, PerPerson: 10}
		one, two := open(t, d, bell, o), open(t, d, bell, o)
		if n := one.Reading("room:a", "ann"); n != 0 {
			t.Errorf("%d read what nobody reads", n)
		}
		ann, again := one.in("ann", "room:a", 0), one.in("ann", "room:a", 0)
		ann.here(0)
		again.here(0)
		bo := one.in("bo", "room:a", 0)
		bo.here(0) // two people: that would be a name
		if n := one.Reading("room:a", "ann"); n != 0 {
			t.Errorf("two people are said to be %d", n)
		}
		if n := one.Reading("room:a", "cy"); n != 3 {
			t.Errorf("the page of a third person says %d", n)
		}
		cy := two.in("cy", "room:a", 0)
		for _, s := range []*socket{ann, again, bo, cy} {
			s.here(3)
		}
		until(t, func() bool { return one.Reading("room:a", "ann") == 3 })
		_ = cy.Close()
		for _, s := range []*socket{ann, again, bo} {
			s.here(0)
		}
		var private []*socket
		for _, name := range []string{"ann", "bo", "cy", "di"} {
			s := one.in(name, "room:private", 0)
			s.want("sub")
			private = append(private, s)
		}
		di := two.in("di", "room:a", 0)
		bo.here(3) // a round later
		di.here(3)
		one.say("room:private", "post", "ed x")
		for _, s := range private {
			s.want("event 1 x") // and no number before it
		}
	})
}

// typing says that whoever has the socket writes in the topic.
func (s *socket) typing(topic string) {
	s.t.Helper()
	ok(s.t, s.WriteJSON(map[string]string{"t": "typing", "topic": topic}))
}

// writing reads frames until one says that so many are here and so many others write.
func (s *socket) writing(count, n int) {
	s.t.Helper()
	for {
		f := s.next()
		if f.T == "here" && f.Count == count && f.Writing == n {
			return
		}
		if f.T != "here" && f.T != "sub" {
			s.t.Fatalf("got %+v, want %d here and %d writing", f, count, n)
		}
	}
}

// That somebody writes is told to the others, on this node and another, while they do: from three readers on, as a number,
// never in a topic that is marked or private.
func TestHowManyWrite(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *bun.DB) {
		bell := stream.NewLocal()
		o := live.Options{Here: 20 * time.Millisecond, Typing: 2 * time.Second, PerPerson: 10}
		one, two := open(t, d, bell, o), open(t, d, bell, o)
		ann, bo := one.in("ann", "room:a", 0), one.in("bo", "room:a", 0)
		ann.here(0)
		bo.here(0)
		cy := two.in("cy", "room:a", 0)
		for _, s := range []*socket{ann, bo, cy} {
			s.writing(3, 0)
		}
		cy.typing("room:a")
		ann.writing(3, 1)
		bo.writing(3, 1)
		bo.typing("room:a")
		ann.writing(3, 2)
		cy.writing(3, 1) // the others: bo
		for _, s := range []*socket{ann, bo, cy} {
			s.writing(3, 0) // they have stopped
		}
		for topic, people := range map[string][]string{
			"room:marked": {"ann", "bo", "cy", "di"}, "room:private": {"ann", "bo", "cy", "di"}, "room:two": {"ann", "bo"}, // two people: that would be a name
		} {
			var all []*socket
			for _, name := range people {
				all = append(all, one.in(name, topic, 0))
			}
			for _, s := range all {
				switch topic {
				case "room:marked":
					s.writing(4, 0)
				case "room:private":
					s.want("sub")
				default:
					s.writing(0, 0)
				}
			}
			all[0].typing(topic)
			ok(t, all[0].WriteJSON(map[string]string{"t": "ping"}))
			for f, err := all[0].read(); f.T != "beat"; f, err = all[0].read() { // it was heard
				ok(t, err)
			}
			one.say(topic, "post", "ed x")
			for _, s := range all {
				s.want("event 1 x") // and nothing before it
			}
		}
	})
}

// After ten thousand readers have come and gone, a thousand of them at a time, the process runs what it ran before
// (discussion.md 3.5, 19). All but some come through memory: so many sockets of the system, twice, are more than a process may have.
func TestNothingRunsForWhoHasGone(t *testing.T) {
	const rounds, crowd, dialled = 10, 1000, 50
	d := dbtest.New(t, "sqlite")
	p := open(t, d, stream.NewLocal(), live.Options{PerPerson: 2 * crowd, Accept: 1_000_000, Here: 10 * time.Millisecond, Typing: 20 * time.Millisecond})
	p.say("room:a", "post", "bo x")
	round := func() (most int) {
		all := make([]*socket, crowd)
		var coming sync.WaitGroup
		for i := range all {
			coming.Go(func() {
				if i < dialled {
					all[i], _ = p.dial("ann")
				} else {
					all[i] = p.pipe("ann")
				}
				if all[i] == nil {
					return
				}
				frames := []string{"hello", "event", "sub"}
				if i < dialled { // dial has read it
					frames = frames[1:]
				}
				if i < dialled || i%4 == 0 {
					all[i].sub("room:a", 0, 1)
				} else {
					frames = frames[:1]
				}
				for _, want := range frames {
					f, err := all[i].read()
					for err == nil && (f.T == "here" || f.T == "beat") {
						f, err = all[i].read()
					}
					if err != nil || f.T != want {
						t.Errorf("got %+v, %v, want %s", f, err, want)
					}
				}
			})
		}
		coming.Wait()
		if t.Failed() {
			t.FailNow()
		}
		if sockets, _, _ := p.Status(); sockets != crowd {
			t.Fatalf("%d sockets stand, want %d", sockets, crowd)
		}
		most = runtime.NumGoroutine()
		all[0].typing("room:a")
		var going sync.WaitGroup
		for i, s := range all {
			going.Go(func() {
				if i%2 == 0 {
					_ = s.SetWriteDeadline(time.Now().Add(time.Second))
					_ = s.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(websocket.CloseNormalClosure, ""), time.Now().Add(time.Second))
				}
				_ = s.Close()
			})
		}
		going.Wait()
		until(t, func() bool { sockets, topics, _ := p.Status(); return sockets+topics == 0 })
		return most
	}
	round()
	base := 0
	until(t, func() bool { // the first round warms up pools and the server
		was := base
		base = runtime.NumGoroutine()
		return base == was
	})
	for range rounds {
		if most := round(); most < base+crowd { // else the count says nothing
			t.Errorf("%d goroutines serve %d readers", most-base, crowd)
		}
	}
	until(t, func() bool { return runtime.NumGoroutine() <= base+3 })
}

// pipe is dial through memory, without a socket of the system; its first frame is not read.
func (p *place) pipe(who string) *socket {
	here, there := net.Pipe()
	w := &hijacked{conn: there}
	answered := make(chan error, 1)
	go func() {
		r, err := http.ReadRequest(bufio.NewReader(there))
		if err == nil {
			err = p.Join(w, r, &account.Person{ID: who}, "session of "+who)
		}
		answered <- err
	}()
	d := websocket.Dialer{
		NetDial: func(string, string) (net.Conn, error) { return here, nil }, ReadBufferSize: 512, WriteBufferSize: 512,
	}
	c, _, err := d.Dial(p.url, http.Header{"Origin": {"http://site.example"}})
	if err == nil {
		if err = <-answered; err == nil {
			s := &socket{Conn: c, t: p.t}
			s.show(p.Ticket(&account.Person{ID: who}, "session of "+who))
			return s
		}
	}
	p.t.Errorf("no socket: %v", err)
	return nil
}

// hijacked is an answer whose connection is taken over at once.
type hijacked struct {
	http.ResponseWriter
	conn net.Conn
}

func (h *hijacked) Header() http.Header { return http.Header{} }
func (h *hijacked) WriteHeader(int)     {}
func (h *hijacked) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	return h.conn, bufio.NewReadWriter(bufio.NewReaderSize(h.conn, 16), bufio.NewWriterSize(h.conn, 16)), nil
}

// The look at the heads of topics reads the database while others tell what is newer: what it read then is no history that was
// replaced, and nobody is told to load the page again.
func TestLookingAtHeadsWhileNewsIsToldResetsNobody(t *testing.T) {
	each(t, live.Options{Poll: 50 * time.Microsecond, PerPerson: 100}, func(t *testing.T, p *place) {
		const posts = 150
		var all []*socket
		for range 20 {
			s := p.in("ann", "room:a", 0)
			s.want("sub")
			all = append(all, s)
		}
		var writing sync.WaitGroup
		defer writing.Wait()
		writing.Go(func() {
			for range posts {
				p.say("room:a", "post", "bo x")
			}
		})
		for _, s := range all {
			for n := range posts {
				s.want(fmt.Sprint("event ", n+1, " x"))
			}
		}
	})
}
