package live

import (
	"context"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/gorilla/websocket"
	"golang.org/x/time/rate"

	"greenroom/internal/account"
	"greenroom/internal/fault"
)

// Codes with which a socket is ended, beside those of RFC 6455.
const (
	CloseResync    = 4008 // too slow: come back and catch up
	CloseSignedOut = 4401 // the session has ended
	CloseNoTicket  = 4403 // the first message was no ticket, or one that is not good: fetch another
)

// conn is one socket. One goroutine reads; another writes, while there is something to write.
type conn struct {
	hub     *Hub
	id      string // of the person
	session string
	ws      *websocket.Conn // nil until the two have shaken hands

	mu      sync.Mutex
	who     *account.Person
	queue   []parcel
	bytes   int
	writing bool // a writer has been started and has not seen the queue empty
	over    bool // nothing more is queued
	pingAt  time.Time
	seatAt  time.Time

	wmu  sync.Mutex // one writes
	smu  sync.Mutex // one changes what is listened to
	subs []*sub     // few: a page listens to one or two topics

	in      bool      // of hear: it has shown a ticket
	typedAt time.Time // of hear: when it last said that they write
}

func newConn(h *Hub, who *account.Person, session string) *conn {
	c := &conn{hub: h, id: who.ID, session: session, who: who}
	c.seatAt = time.Now().Add(around(h.o.Seats))
	return c
}

// around is d, give or take a fifth, so that not all come at once.
func around(d time.Duration) time.Duration { return d*4/5 + rand.N(d*2/5+1) }

func (c *conn) person() *account.Person {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.who
}

func (c *conn) start(ws *websocket.Conn) {
	c.mu.Lock()
	c.ws = ws
	c.pingAt = time.Now().Add(around(c.hub.o.Ping))
	c.mu.Unlock()
	ws.SetReadLimit(MaxFrame)
	heard := func(string) error { return ws.SetReadDeadline(time.Now().Add(c.hub.o.Silent)) }
	ws.SetPongHandler(heard)
	_ = ws.SetReadDeadline(time.Now().Add(c.hub.o.Door))
	go c.read()
	c.hub.mu.Lock()
	late := c.hub.draining
	c.hub.mu.Unlock()
	if late {
		c.end(websocket.CloseServiceRestart, "the node stops", bye(rand.N(c.hub.o.Spread)))
	}
}

// read is the reader; when it returns the socket is gone.
func (c *conn) read() {
	defer c.gone()
	talk := rate.NewLimiter(MaxTalk, 2*MaxTalk)
	for {
		kind, raw, err := c.ws.ReadMessage()
		if err != nil {
			return
		}
		c.mu.Lock()
		over := c.over
		c.mu.Unlock()
		if over { // only its close is awaited, and not for long
			continue
		}
		_ = c.ws.SetReadDeadline(time.Now().Add(c.hub.o.Silent))
		// On a stack of its own: the reader lives as long as the socket, and would keep one that has grown to ask a database.
		done := make(chan struct{})
		go func() {
			defer close(done)
			c.hear(kind, raw, talk)
		}()
		<-done
	}
}

// hear does what one message asks for.
func (c *conn) hear(kind int, raw []byte, talk *rate.Limiter) {
	var a asked
	if kind != websocket.TextMessage || json.Unmarshal(raw, &a) != nil {
		c.end(websocket.ClosePolicyViolation, "not a frame")
		return
	}
	if !talk.Allow() {
		c.end(websocket.ClosePolicyViolation, "too much talk")
		return
	}
	if !c.in {
		if c.in = a.T == "ticket" && c.hub.admit(c, a.Ticket); c.in {
			c.send(pack(Frame{T: "hello", V: 1, Beat: c.hub.o.Ping.Milliseconds()}))
		} else {
			c.end(CloseNoTicket, "no ticket")
		}
		return
	}
	switch a.T {
	case "sub":
		c.subscribe(a)
	case "unsub":
		c.smu.Lock()
		c.unsubscribe(a.Topic)
		c.smu.Unlock()
	case "typing":
		c.types(a.Topic)
	case "ping":
		c.send(pack(c.beat()))
	} // what is not known is from a newer client
}

func (c *conn) gone() {
	c.drop()
	c.smu.Lock()
	for len(c.subs) > 0 {
		c.unsubscribe(c.subs[0].t.name)
	}
	c.smu.Unlock()
	c.hub.leave(c)
}

// drop ends the socket without a word.
func (c *conn) drop() {
	c.mu.Lock()
	c.over, c.queue, c.bytes = true, nil, 0
	ws := c.ws
	c.mu.Unlock()
	if ws != nil {
		_ = ws.Close()
	}
}

// end tells the client why, after first, and ends the socket. What waited is not sent.
func (c *conn) end(code int, why string, first ...parcel) {
	c.mu.Lock()
	if c.over {
		c.mu.Unlock()
		return
	}
	c.over = true
	c.queue = append(first, parcel{end: code, why: why})
	c.start1()
	c.mu.Unlock()
}

// start1 starts a writer unless there is one; the caller holds the lock.
func (c *conn) start1() {
	if !c.writing && c.ws != nil {
		c.writing = true
		go c.write()
	}
}

// send queues a parcel. A reader for whom too much waits is ended, and catches up when it comes back.
func (c *conn) send(p parcel) { c.put(p, false) }

func (c *conn) put(p parcel, all bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.over {
		return
	}
	if !all && (len(c.queue) >= c.hub.o.Frames || c.bytes+len(p.raw) > c.hub.o.Bytes) {
		c.over = true
		c.queue, c.bytes = []parcel{{end: CloseResync, why: "too slow"}}, 0
		go c.hub.slow()
	} else {
		c.queue = append(c.queue, p)
		c.bytes += len(p.raw)
	}
	c.start1()
}

// whisper is send for what may be lost: where much waits already it is not sent, and false is returned.
func (c *conn) whisper(p parcel) bool {
	c.mu.Lock()
	much := c.over || len(c.queue) >= c.hub.o.Frames/2 || c.bytes+len(p.raw) > c.hub.o.Bytes/2
	c.mu.Unlock()
	if !much {
		c.send(p)
	}
	return !much
}

func (h *Hub) slow() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.cut++
}

// write empties the queue: what waits together goes out as one message, a frame a line.
func (c *conn) write() {
	c.wmu.Lock()
	defer c.wmu.Unlock()
	for {
		c.mu.Lock()
		q := c.queue
		c.queue, c.bytes = nil, 0
		if len(q) == 0 {
			c.writing = false
			c.mu.Unlock()
			return
		}
		c.mu.Unlock()
		if err := c.out(q); err != nil {
			c.drop()
			return
		}
	}
}

func (c *conn) out(q []parcel) error {
	until := time.Now().Add(c.hub.o.Write)
	_ = c.ws.SetWriteDeadline(until)
	var end *parcel
	if last := &q[len(q)-1]; last.end != 0 {
		end, q = last, q[:len(q)-1]
	}
	for _, p := range q {
		if p.ping {
			if err := c.ws.WriteControl(websocket.PingMessage, nil, until); err != nil {
				return err
			}
			break
		}
	}
	switch {
	case len(q) == 1 && q[0].many != nil:
		if err := c.ws.WritePreparedMessage(q[0].many); err != nil {
			return err
		}
	case len(q) > 0:
		w, err := c.ws.NextWriter(websocket.TextMessage)
		if err != nil {
			return err
		}
		for i, p := range q {
			if i > 0 {
				_, err = w.Write([]byte{'\n'})
			}
			if err == nil {
				_, err = w.Write(p.raw)
			}
			if err != nil {
				return err
			}
		}
		if err := w.Close(); err != nil {
			return err
		}
	}
	if end == nil {
		return nil
	}
	_ = c.ws.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(end.end, end.why), until)
	return c.ws.SetReadDeadline(time.Now().Add(c.hub.o.Write)) // for the client's own close
}

// beat tells the client that the socket is alive, and how far its topics are.
func (c *conn) beat() Frame {
	f := Frame{T: "beat"}
	c.smu.Lock()
	defer c.smu.Unlock()
	if len(c.subs) > 0 {
		f.Heads = make(map[string]int64, len(c.subs))
	}
	for _, s := range c.subs {
		s.t.mu.Lock()
		f.Heads[s.t.name] = s.n
		s.t.mu.Unlock()
	}
	return f
}

func (c *conn) unsubscribe(name string) {
	i := slices.IndexFunc(c.subs, func(s *sub) bool { return s.t.name == name })
	if i < 0 {
		return
	}
	s := c.subs[i]
	c.subs = slices.Delete(c.subs, i, i+1)
	s.t.mu.Lock()
	s.t.leave(s)
	s.t.mu.Unlock()
	c.hub.release(s.t)
}

// subscribe catches up, and listens from there on without a gap.
func (c *conn) subscribe(a asked) {
	ctx, cancel := context.WithTimeout(context.Background(), readTimeout)
	defer cancel()
	c.smu.Lock()
	defer c.smu.Unlock()
	c.unsubscribe(a.Topic)
	src := c.hub.source(a.Topic)
	if src == nil || a.After < 0 {
		c.send(pack(Frame{T: "gone", Topic: a.Topic}))
		return
	}
	if len(c.subs) >= MaxTopics {
		c.send(pack(Frame{T: "error", Topic: a.Topic, Why: "too_many"}))
		return
	}
	if err := c.listen(ctx, src, a); err != nil {
		c.hub.o.Log.WarnContext(ctx, "live: cannot listen", "topic", a.Topic, "error", err.Error())
		c.send(pack(Frame{T: "error", Topic: a.Topic, Why: "unavailable"}))
	}
}

func (c *conn) listen(ctx context.Context, src Source, a asked) error {
	who := c.person()
	seat, err := src.Seat(ctx, who, a.Topic)
	switch {
	case fault.Is(err, fault.NotFound):
		c.send(pack(Frame{T: "gone", Topic: a.Topic}))
		return nil
	case errors.Is(err, ErrMoved):
		c.send(pack(Frame{T: "reset", Topic: a.Topic}))
		return nil
	case err != nil:
		return err
	}
	head, epoch, err := c.hub.streams.Head(ctx, a.Topic)
	if err != nil {
		return err
	}
	s := &sub{c: c, n: a.After, here: -1, pens: -1}
	s.t = c.hub.topic(a.Topic, src, head, epoch)
	if x, is := src.(Counted); is {
		s.t.counted.Store(x.Counted(seat))
	}
	if a.Epoch != epoch || a.After > head || head-a.After > MaxMissed || seat.other(a.Seat) {
		c.send(pack(Frame{T: "reset", Topic: a.Topic, N: head, Epoch: epoch, Seat: seat.Name()}))
		s.n = head
	}
	if a.After != head {
		c.hub.caught.Add(1)
	}
	for {
		s.t.mu.Lock()
		if s.n >= s.t.n {
			s.t.join(s)
			s.t.take(s, seat)
			c.send(pack(Frame{T: "sub", Topic: a.Topic, N: s.n, Epoch: epoch, Seat: seat.Name()}))
			s.t.mu.Unlock()
			break
		}
		s.t.mu.Unlock()
		frames, _, err := s.t.catchUp(ctx, seat, who, s.n)
		if err == nil && len(frames) == 0 {
			err = errors.New("events are missing")
		}
		if err != nil {
			c.hub.release(s.t)
			return err
		}
		for _, f := range frames {
			c.put(pack(f), true)
			s.n = f.N
		}
		c.write() // here and now: a page at a time waits, however far behind the reader is
	}
	c.subs = append(c.subs, s)
	s.t.ring() // for what came between the head and the list of those who listen
	return nil
}
