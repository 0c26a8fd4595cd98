// Package bell is the doorbell between nodes, over NATS (stream.Doorbell).
//
//	bell.go    what is rung, heard and gathered; whether the bell answers itself
//	server.go  the server in this process, alone or with routes to those of other nodes; the connection to it or to another
//
// By default the server runs in this process and opens no port: readers of this node hear at once, through memory, and
// nobody else is there. With routes, or with a NATS of one's own, other nodes hear too. A site on SQLite is one process and
// always will be: there is nobody to ring for, so its bell is Alone and starts no server, which would take 2 MB of the
// 40 that an idle site may have. To everybody else it is the same bell.
//
// Hints only: the name of a stream and its newest number, after the commit, gathered for 25 ms, never trusted. A hint that
// is lost costs seconds (live.Hub polls the heads of what its readers listen to), never an event. Where this package knows
// that hints were lost (a new connection, a queue that was full) it says so with a hint that names no stream, to its own
// node and to the others.
package bell

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"

	"greenroom/internal/id"
	"greenroom/internal/stream"
)

// Limits.
const (
	Gather   = 25 * time.Millisecond // hints are gathered for so long before other nodes hear of them
	Answer   = time.Second           // after which a bell that does not hear itself is dead
	believe  = time.Second           // for so long a bell that answered is not asked again
	maxName  = 200                   // bytes of a stream's name
	maxBytes = 8 << 10               // of one message
	maxHeard = 4096                  // messages that may wait to be heard
)

const (
	everything = "*" // instead of a name: hints were lost
	oneself    = "?" // instead of a name: this bell asks whether it hears itself
)

// Bell rings in this process at once, and in others soon after. It is safe for use by many goroutines.
type Bell struct {
	*stream.Local
	node    string
	subject string
	log     *slog.Logger
	server  *server.Server // nil with a NATS of one's own
	options *server.Options
	conn    *nats.Conn    // nil where the bell is alone
	hung    chan struct{} // closed when conn is there

	mu     sync.Mutex
	wait   map[string]int64 // what other nodes have still to hear, with the highest number
	timer  *time.Timer
	closed bool

	asking   sync.Mutex // one asks at a time
	answered time.Time
	asked    uint64
	came     chan uint64

	sent, heard, lost atomic.Int64
}

// Counts are what a bell has done since it was made.
type Counts struct {
	Sent   int64 // hints that went to other nodes
	Heard  int64 // hints that came from other nodes
	Lost   int64 // times that hints were known to be lost
	Routes int   // connections to the servers of other nodes, now
}

// Counts says what the bell has done so far.
func (b *Bell) Counts() Counts {
	c := Counts{Sent: b.sent.Load(), Heard: b.heard.Load(), Lost: b.lost.Load()}
	if b.server != nil {
		c.Routes = b.server.NumRoutes()
	}
	return c
}

// Ring tells readers in this process at once, and other nodes within Gather. It never waits.
func (b *Bell) Ring(h stream.Hint) {
	b.Local.Ring(h)
	name := h.Stream
	if name == "" {
		name = everything
	} else if !sendable(name) { // the poll of heads finds it
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed || b.conn == nil {
		return
	}
	if len(b.wait) == 0 {
		b.timer = time.AfterFunc(Gather, b.flush)
	}
	b.wait[name] = max(b.wait[name], h.Head)
}

func sendable(name string) bool {
	return len(name) <= maxName && name != everything && name != oneself && !strings.ContainsAny(name, " \n")
}

// flush sends what has been gathered.
func (b *Bell) flush() {
	b.mu.Lock()
	wait := b.wait
	b.wait = map[string]int64{}
	b.mu.Unlock()
	line := []byte(b.node + "\n")
	out := bytes.Clone(line)
	for name, head := range wait {
		if len(out)+len(name)+24 > maxBytes {
			b.send(out)
			out = bytes.Clone(line)
		}
		out = append(out, name...)
		out = append(out, ' ')
		out = strconv.AppendInt(out, head, 10)
		out = append(out, '\n')
		b.sent.Add(1)
	}
	b.send(out)
}

func (b *Bell) send(raw []byte) {
	if err := b.conn.Publish(b.subject, raw); err != nil && !errors.Is(err, nats.ErrConnectionClosed) {
		b.lost.Add(1) // renewed tells the others when there is a connection again
	}
}

// hear takes what any node has sent, this one too.
func (b *Bell) hear(m *nats.Msg) {
	if len(m.Data) > maxBytes {
		return
	}
	node, rest, _ := strings.Cut(string(m.Data), "\n")
	for line := range strings.Lines(rest) {
		name, number, found := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
		head, err := strconv.ParseInt(number, 10, 64)
		switch {
		case !found || err != nil || head < 0:
			return // not of this program
		case node == b.node:
			if name == oneself {
				b.hears(uint64(head))
			}
		case name == oneself:
		case name == everything:
			b.heard.Add(1)
			b.Local.Ring(stream.Hint{})
		case sendable(name) && name != "":
			b.heard.Add(1)
			b.Local.Ring(stream.Hint{Stream: name, Head: head})
		}
	}
}

// missed is for when hints may not have come: everything that is listened to here is looked at.
func (b *Bell) missed(why string) {
	b.lost.Add(1)
	b.log.Warn("doorbell: hints may be lost, looking at all that is listened to", "why", why)
	b.Local.Ring(stream.Hint{})
}

// renewed is for when there is a connection, late or again: what was rung meanwhile has gone nowhere.
func (b *Bell) renewed() {
	<-b.hung
	b.missed("there was no connection, now there is one")
	b.Ring(stream.Hint{})
}

func (b *Bell) hears(n uint64) {
	select {
	case b.came <- n:
	default:
	}
}

// ErrSilent is what Check answers when the bell does not hear itself.
var ErrSilent = errors.New("the doorbell does not come back to who rings it")

// Check rings for this node alone and waits until that is heard, Answer at most: by the same way that hints take. An
// answer is believed for a second.
func (b *Bell) Check(ctx context.Context) error {
	if b.conn == nil {
		return nil
	}
	b.asking.Lock()
	defer b.asking.Unlock()
	if time.Since(b.answered) < believe {
		return nil
	}
	b.asked++
	if err := b.conn.Publish(b.subject, []byte(b.node+"\n"+oneself+" "+strconv.FormatUint(b.asked, 10)+"\n")); err != nil {
		return errors.Join(ErrSilent, err)
	}
	late := time.NewTimer(Answer)
	defer late.Stop()
	for {
		select {
		case n := <-b.came:
			if n == b.asked {
				b.answered = time.Now()
				return nil
			}
		case <-late.C:
			return ErrSilent
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// Close sends what waits and lets go of NATS. Readers of this process go on hearing each other.
func (b *Bell) Close() {
	b.mu.Lock()
	if b.closed || b.conn == nil {
		b.mu.Unlock()
		return
	}
	b.closed = true
	if b.timer != nil {
		b.timer.Stop()
	}
	b.mu.Unlock()
	b.flush()
	_ = b.conn.FlushTimeout(Answer)
	b.conn.Close()
	if b.server != nil {
		b.server.Shutdown()
		b.server.WaitForShutdown()
	}
}

func newBell(o Options) *Bell {
	return &Bell{
		Local: stream.NewLocal(), node: id.Token(), subject: o.subject(), log: o.Log,
		wait: map[string]int64{}, came: make(chan uint64, 16), hung: make(chan struct{}),
	}
}
