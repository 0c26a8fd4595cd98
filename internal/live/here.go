package live

import (
	"context"
	"strings"
	"sync"
	"time"

	"greenroom/internal/stream"
)

// Counted is a Source some of whose topics say how many people have them open. Numbers only, and those from Fewest on: one or
// two could be told by name.
type Counted interface {
	// Counted says whether the topic of the seat does. It is the same for all seats of a topic.
	Counted(seat Seat) bool
}

// Fewest is the smallest number of readers that is said.
const Fewest = 3

// hereExpires is after how many rounds (Options.Here) without a word the readers on another node are no longer counted, and
// hereAgain after how many a node says a number that has not changed.
const (
	hereExpires = 5
	hereAgain   = 2
	maxHere     = 20_000 // topics of other nodes that are known
)

// herePrefix begins the hints with which nodes tell each other how many of their people have a topic open: the number is the
// hint's head. They are no streams. What is lost is said again.
const herePrefix = "here:"

// here is how many people have topics open, on this node and on others. Nothing of it is written down.
type here struct {
	node string

	mu   sync.Mutex
	rung map[string]said            // what this node has told the others, by topic
	away map[string]map[string]said // what others have told, by topic and node
	pens map[string]map[string]said // likewise, how many write there
}

type said struct {
	n  int
	at time.Time
}

// heard takes the hint of a node.
func (x *here) heard(hint stream.Hint) {
	node, topic, ok := strings.Cut(strings.TrimPrefix(hint.Stream, herePrefix), "/")
	if !ok || node == x.node {
		return
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	if hint.Head == 0 {
		delete(x.away[topic], node)
		return
	}
	if x.away[topic] == nil {
		if len(x.away) >= maxHere {
			return
		}
		x.away[topic] = map[string]said{}
	}
	x.away[topic][node] = said{int(hint.Head), time.Now()}
}

// elsewhere is how many people of other nodes have the topic open; the caller holds the lock.
func (x *here) elsewhere(topic string, since time.Time) (n int) {
	for _, s := range x.away[topic] {
		if s.at.After(since) {
			n += s.n
		}
	}
	return n
}

// Reading is how many people have a topic open, the person among them whether their page listens already or not; 0 where that
// are fewer than Fewest. Somebody who is connected to several nodes is counted by each.
func (h *Hub) Reading(topic, personID string) int {
	h.mu.Lock()
	t := h.topics[topic]
	h.mu.Unlock()
	n := 1
	if t != nil {
		all, listens := t.readers(personID)
		if n = all; !listens {
			n++
		}
	}
	h.here.mu.Lock()
	n += h.here.elsewhere(topic, time.Now().Add(-hereExpires*h.o.Here))
	h.here.mu.Unlock()
	return enough(n)
}

func enough(n int) int {
	if n < Fewest {
		return 0
	}
	return n
}

// count is one round: it tells the other nodes how many are here, and the readers how many there are, where that has changed.
func (h *Hub) count(context.Context) {
	h.mu.Lock()
	var list []*topic
	for _, t := range h.topics {
		if t.counted.Load() {
			list = append(list, t)
		}
	}
	h.mu.Unlock()
	now := time.Now()
	numbers := make(map[string]int, len(list))
	for _, t := range list {
		numbers[t.name], _ = t.readers("")
	}
	h.here.mu.Lock()
	for topic, s := range h.here.rung {
		if _, there := numbers[topic]; !there && s.n > 0 {
			numbers[topic] = 0
		}
	}
	var ring []stream.Hint
	for topic, n := range numbers {
		if was, is := h.here.rung[topic]; (is || n > 0) && (was.n != n || now.Sub(was.at) >= hereAgain*h.o.Here) {
			ring = append(ring, stream.Hint{Stream: herePrefix + h.here.node + "/" + topic, Head: int64(n)})
			h.here.rung[topic] = said{n, now}
		}
		if n == 0 {
			delete(h.here.rung, topic)
		}
	}
	old := now.Add(-hereExpires * h.o.Here)
	for topic, nodes := range h.here.away {
		for node, s := range nodes {
			if !s.at.After(old) {
				delete(nodes, node)
			}
		}
		if len(nodes) == 0 {
			delete(h.here.away, topic)
		}
	}
	for topic := range h.here.pens {
		if h.here.writing(topic, now.Add(-h.o.Typing)) == 0 {
			delete(h.here.pens, topic)
		}
	}
	h.here.mu.Unlock()
	for _, hint := range ring {
		h.streams.Hint(hint)
	}
	for _, t := range list {
		h.sayHere(t)
	}
}

// sayHere tells the readers how many there are and how many others write, where they have not been told that.
func (h *Hub) sayHere(t *topic) {
	now := time.Now()
	h.here.mu.Lock()
	readers, writers := h.here.elsewhere(t.name, now.Add(-hereExpires*h.o.Here)), h.here.writing(t.name, now.Add(-h.o.Typing))
	h.here.mu.Unlock()
	t.mu.Lock()
	defer t.mu.Unlock()
	readers, writers = enough(readers+len(t.who)), writers+t.writing(now)
	frames := map[int]parcel{} // by how many write
	for s := range t.subs {
		pens := writers
		if t.pens[s.c.id].After(now) { // they know
			pens--
		}
		if readers == 0 {
			pens = 0
		}
		if s.here == readers && s.pens == pens {
			continue
		}
		p, made := frames[pens]
		if !made {
			p = packMany(Frame{T: "here", Topic: t.name, Count: readers, Writing: pens})
			frames[pens] = p
		}
		if s.c.whisper(p) {
			s.here, s.pens = readers, pens
		}
	}
}
