// Package live tells pages what changes while they are open, over one socket for each page.
//
//	live.go    the hub, what other packages give it (Source), its limits
//	topic.go   one topic: who listens, what is told to whom
//	conn.go    one socket: reading, the queue of what waits, writing
//	frame.go   what is sent, as JSON
//	here.go    how many people have a topic open
//	ticket.go  what a socket shows before it hears anything
//	keep.go    pings, sessions and seats that are looked at again, heads that are polled, the end
//
// A topic is a numbered stream (internal/stream) of the same name. A package that has streams registers a Source, which
// says who may listen and what an event is to them. Nothing is written over the socket: it only tells. Every reader gets
// every number, as an event or as "void", so that a hole is a loss and nothing else. What is told is decided when it is told,
// by the same function for a socket, for catching up and for pages that poll.
//
// The wire is described in docs/live-protocol.md.
package live

import (
	"context"
	"encoding/json"
	"errors"
	"hash/fnv"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"

	"golang.org/x/time/rate"

	"greenroom/internal/account"
	"greenroom/internal/fault"
	"greenroom/internal/stream"
)

// Seat is how somebody listens to a topic. Readers with the same class are told the same, byte for byte.
type Seat struct {
	Class string
	Data  any // the source's own
}

// Name is a short name of the class. A page carries it, so that a reader who comes back after what they may read has
// changed is told to load it again: nothing that happened in the topic would say so.
func (s Seat) Name() string {
	h := fnv.New64a()
	_, _ = h.Write([]byte(s.Class))
	return strconv.FormatUint(h.Sum64(), 36)
}

// other says whether a page that was made for the seat of that name, if it says so, was made for another.
func (s Seat) other(name string) bool { return name != "" && name != s.Name() }

// Telling is what one event is to a reader: Data, or a void when that is nil.
type Telling struct {
	Kind  string
	Data  json.RawMessage
	Count int  // of a void: what somebody may know of without reading it
	Reset bool // the page has to be loaded again
	// Apart are the people to whom the event is something else than to others of their class, its author for one.
	Apart []string
}

// Source knows the topics of one kind.
type Source interface {
	// Seat says how the person listens to the topic. NotFound when they may not know of it; ErrMoved when its page has to
	// be loaded again to know where it is.
	Seat(ctx context.Context, who *account.Person, topic string) (Seat, error)
	// Tell says what each event is: to the person of the seat, or (who nil) to anybody of its class.
	Tell(ctx context.Context, topic string, seat Seat, who *account.Person, events []stream.Event) ([]Telling, error)
}

// ErrMoved is what a Source answers when a topic is not where it was.
var ErrMoved = errors.New("live: the topic has moved")

// Options are the hub's limits; zero ones are the defaults. Docs: README (settings) and docs/operating.md.
type Options struct {
	Origin    string // the site's own, exactly as browsers send it
	Sockets   int    // on this node; negative: none
	PerPerson int
	Accept    int // new sockets a second

	Secret string           // of the site, the same on all nodes: tickets are sealed with it. Without one, one that nobody else knows
	Now    func() time.Time // for tickets; nil: time.Now

	Door   time.Duration // in which a socket has to show its ticket
	Ping   time.Duration // between pings, give or take a fifth
	Silent time.Duration // after which a socket that says nothing, not even a pong, is ended
	Write  time.Duration // for one write
	Check  time.Duration // between looks at all sessions
	Seats  time.Duration // between looks at what one person may read
	Poll   time.Duration // between looks at the heads of topics, whatever the doorbell says
	Here   time.Duration // between counts of who has a topic open
	Typing time.Duration // after which somebody who types no more is no longer said to write
	Spread time.Duration // over which those come back who are sent away when the node stops
	Frames int           // that may wait for one reader
	Bytes  int           // likewise

	// Living says which sessions have not ended, and Person whose a session is: NotFound when it has ended.
	Living func(ctx context.Context, sessions []string) (map[string]bool, error)
	Person func(ctx context.Context, session string) (*account.Person, error)
	Log    *slog.Logger
}

// Default limits.
const (
	Sockets   = 20_000
	PerPerson = 10
	Accept    = 200

	MaxTopics = 8
	MaxFrame  = 4 << 10 // bytes from the client
	MaxTalk   = 10      // frames a second from the client
	MaxMissed = 200     // events that are told one by one; who is further behind loads the page again
	pageSize  = 20      // events that are read at once
)

// Defaults are the limits where nothing else is set.
func Defaults() Options {
	var o Options
	o.fill()
	return o
}

func (o *Options) fill() {
	def := func(d *time.Duration, v time.Duration) {
		if *d == 0 {
			*d = v
		}
	}
	num := func(n *int, v int) {
		if *n == 0 {
			*n = v
		}
	}
	num(&o.Sockets, Sockets)
	num(&o.PerPerson, PerPerson)
	num(&o.Accept, Accept)
	num(&o.Frames, 256)
	num(&o.Bytes, 256<<10)
	def(&o.Door, 10*time.Second)
	def(&o.Ping, 25*time.Second)
	def(&o.Silent, 40*time.Second)
	def(&o.Write, 10*time.Second)
	def(&o.Check, 10*time.Second)
	def(&o.Seats, time.Minute)
	def(&o.Poll, 3*time.Second)
	def(&o.Here, 10*time.Second)
	def(&o.Typing, 5*time.Second)
	def(&o.Spread, 30*time.Second)
	if o.Now == nil {
		o.Now = time.Now
	}
}

// Hub is the sockets of this process. It is safe for use by many goroutines.
type Hub struct {
	o       Options
	streams *stream.Service
	accept  *rate.Limiter
	up      websocket.Upgrader
	kick    chan struct{} // sessions may have ended
	lost    chan struct{} // hints may have been lost: heads are looked at now
	found   atomic.Int64  // see Counts
	caught  atomic.Int64
	here    here
	tickets *tickets

	mu       sync.Mutex
	sources  map[string]Source
	topics   map[string]*topic
	conns    map[*conn]struct{}
	people   map[string]int // sockets
	draining bool
	empty    chan struct{} // closed when the last socket of a draining hub has gone
	cut      int64         // sockets that were too slow
}

// New makes the hub. Run keeps it.
func New(st *stream.Service, o Options) *Hub {
	o.fill()
	h := &Hub{
		o: o, streams: st, accept: rate.NewLimiter(rate.Limit(max(1, o.Accept)), max(1, o.Accept)),
		up: websocket.Upgrader{
			ReadBufferSize: 512, WriteBufferSize: 2048, WriteBufferPool: &sync.Pool{},
			CheckOrigin: func(*http.Request) bool { return true }, // Join has looked
		},
		tickets: newTickets(o.Secret, o.Now),
		kick:    make(chan struct{}, 1), lost: make(chan struct{}, 1), sources: map[string]Source{}, topics: map[string]*topic{}, conns: map[*conn]struct{}{},
		people: map[string]int{}, empty: make(chan struct{}),
		here: here{
			node: strconv.FormatUint(rand.Uint64(), 36), rung: map[string]said{}, away: map[string]map[string]said{}, pens: map[string]map[string]said{},
		},
	}
	st.Listen(h.rung)
	return h
}

// Register gives the hub the source of topics whose name begins with prefix and a colon.
func (h *Hub) Register(prefix string, s Source) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.sources[prefix] = s
}

func (h *Hub) source(topic string) Source {
	prefix, _, _ := strings.Cut(topic, ":")
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.sources[prefix]
}

// Recheck looks soon whether sessions have ended.
func (h *Hub) Recheck() {
	select {
	case h.kick <- struct{}{}:
	default:
	}
}

// AccessStream is the name that is rung, without an event, when what somebody may read has changed.
func AccessStream(personID string) string { return accessPrefix + personID }

const accessPrefix = "access:"

// SessionsStream is the name that is rung, without an event, when sessions may have ended.
const SessionsStream = "sessions"

// rung hears every hint of the doorbell. It never waits.
func (h *Hub) rung(hint stream.Hint) {
	switch id, access := strings.CutPrefix(hint.Stream, accessPrefix); {
	case access:
		h.reseat(id)
		return
	case hint.Stream == SessionsStream:
		h.Recheck()
		return
	case hint.Stream == "":
		select {
		case h.lost <- struct{}{}:
		default:
		}
		return
	}
	if strings.HasPrefix(hint.Stream, herePrefix) {
		h.here.heard(hint)
		return
	}
	if number, spent := strings.CutPrefix(hint.Stream, ticketPrefix); spent {
		h.tickets.spent(number)
		return
	}
	if rest, typing := strings.CutPrefix(hint.Stream, typingPrefix); typing {
		h.writeElsewhere(rest, int(hint.Head))
		return
	}
	h.mu.Lock()
	t := h.topics[hint.Stream]
	h.mu.Unlock()
	if t != nil {
		t.hint(hint.Head)
	}
}

// Counts are what has happened on this node since it started.
type Counts struct {
	Cut    int64 // readers that were ended for being slow
	Found  int64 // times that the poll of heads found what no hint had told for a whole round
	Caught int64 // times that a reader who came (back) had missed something
}

// Counts says what has happened so far.
func (h *Hub) Counts() Counts {
	h.mu.Lock()
	defer h.mu.Unlock()
	return Counts{Cut: h.cut, Found: h.found.Load(), Caught: h.caught.Load()}
}

// Status is how many sockets and topics there are, and how many readers were cut off for being slow.
func (h *Hub) Status() (sockets, topics int, cut int64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.conns), len(h.topics), h.cut
}

var (
	errOrigin = fault.New(fault.Forbidden, "error.forbidden")
	errMany   = fault.New(fault.Limited, "error.limited")
	errBusy   = fault.New(fault.Unavailable, "error.busy")
)

// Join makes a socket of the request, which is the person's by the session. It returns at once; the socket lives on, and hears
// nothing before it has shown a ticket. What is refused is a fault, and nothing was written then.
func (h *Hub) Join(w http.ResponseWriter, r *http.Request, who *account.Person, session string) error {
	if h.o.Origin == "" || r.Header.Get("Origin") != h.o.Origin {
		return errOrigin
	}
	c := newConn(h, who, session)
	h.mu.Lock()
	switch {
	case h.people[who.ID] >= h.o.PerPerson:
		h.mu.Unlock()
		return errMany
	case h.draining || len(h.conns) >= h.o.Sockets || !h.accept.Allow():
		h.mu.Unlock()
		w.Header().Set("Retry-After", "5")
		return errBusy
	}
	h.conns[c] = struct{}{} // its place is kept while the two shake hands
	h.people[who.ID]++
	h.mu.Unlock()
	ws, err := h.up.Upgrade(w, r, nil)
	if err != nil {
		h.leave(c)
		h.o.Log.DebugContext(r.Context(), "live: no socket came of it", "error", err.Error())
		return nil // the upgrader has answered
	}
	c.start(ws)
	return nil
}

func (h *Hub) leave(c *conn) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if _, ok := h.conns[c]; !ok {
		return
	}
	delete(h.conns, c)
	if h.people[c.id]--; h.people[c.id] <= 0 {
		delete(h.people, c.id)
	}
	h.emptied()
}

func (h *Hub) emptied() {
	if h.draining && len(h.conns) == 0 {
		select {
		case <-h.empty:
		default:
			close(h.empty)
		}
	}
}

// Drain takes no new sockets, tells those that are there when to come back, each at a time of its own, and ends them. It
// returns when they have gone, or ctx ends.
func (h *Hub) Drain(ctx context.Context) {
	h.mu.Lock()
	h.draining = true
	h.emptied()
	all := h.all()
	h.mu.Unlock()
	for _, c := range all {
		c.end(websocket.CloseServiceRestart, "the node stops", bye(rand.N(h.o.Spread)))
	}
	select {
	case <-h.empty:
	case <-ctx.Done():
		for _, c := range all {
			c.drop()
		}
	}
}

// all is every socket; the caller holds the lock.
func (h *Hub) all() []*conn {
	out := make([]*conn, 0, len(h.conns))
	for c := range h.conns {
		out = append(out, c)
	}
	return out
}

// Listeners are who listens, on this node, to topics whose names begin with prefix and a colon: people by topic.
func (h *Hub) Listeners(prefix string) map[string][]string {
	h.mu.Lock()
	var list []*topic
	for name, t := range h.topics {
		if strings.HasPrefix(name, prefix+":") {
			list = append(list, t)
		}
	}
	h.mu.Unlock()
	out := make(map[string][]string, len(list))
	for _, t := range list {
		if people := t.people(); len(people) > 0 {
			out[t.name] = people
		}
	}
	return out
}

// topic returns the topic, made where nobody listened yet, and counts one who does.
func (h *Hub) topic(name string, src Source, head, epoch int64) *topic {
	h.mu.Lock()
	defer h.mu.Unlock()
	t := h.topics[name]
	if t == nil {
		t = &topic{hub: h, name: name, src: src, n: head, epoch: epoch, subs: map[*sub]struct{}{}, who: map[string]int{}}
		t.told.Store(head)
		h.topics[name] = t
	}
	t.refs++
	return t
}

func (h *Hub) release(t *topic) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if t.refs--; t.refs == 0 {
		delete(h.topics, t.name)
	}
}
