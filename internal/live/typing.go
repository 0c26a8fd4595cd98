package live

import (
	"context"
	"strings"
	"time"

	"greenroom/internal/account"
	"greenroom/internal/stream"
)

// Typed is a Counted that also says of some of its topics how many are writing: a number, of others, and only while the
// number of readers is said (Fewest).
type Typed interface {
	Counted
	// Typing says whether that somebody writes in the topic is said: not where what they write is marked, or waits for a
	// moderator, or where they cannot write at all.
	Typing(ctx context.Context, who *account.Person, topic string) (bool, error)
}

// typingPrefix begins the hints with which nodes tell each other how many of their people write in a topic.
const typingPrefix = "typing:"

// maxPens is how many topics of other nodes in which somebody writes are known.
const maxPens = 5_000

// types hears that the person writes in a topic. A socket is believed once in half the time that it holds for, so what it
// says more often costs nothing.
func (c *conn) types(name string) {
	now := time.Now()
	if now.Sub(c.typedAt) < c.hub.o.Typing/2 {
		return
	}
	var t *topic
	c.smu.Lock()
	for _, s := range c.subs {
		if s.t.name == name {
			t = s.t
		}
	}
	c.smu.Unlock()
	if t == nil || !t.counted.Load() {
		return
	}
	src, is := t.src.(Typed)
	if !is {
		return
	}
	c.typedAt = now
	ctx, cancel := context.WithTimeout(context.Background(), readTimeout)
	defer cancel()
	if told, err := src.Typing(ctx, c.person(), name); err != nil || !told {
		return // who may not know of it will hear that when they are looked at
	}
	t.mu.Lock()
	if t.who[c.id] == 0 { // they have left meanwhile
		t.mu.Unlock()
		return
	}
	if t.pens == nil {
		t.pens = map[string]time.Time{}
	}
	t.pens[c.id] = time.Now().Add(c.hub.o.Typing)
	n := t.writing(time.Now())
	t.mu.Unlock()
	c.hub.streams.Hint(stream.Hint{Stream: typingPrefix + c.hub.here.node + "/" + name, Head: int64(n)})
	c.hub.sayHere(t)
	time.AfterFunc(c.hub.o.Typing+time.Millisecond, func() { c.hub.sayHere(t) })
}

// writeElsewhere takes the hint of a node. It does not wait.
func (h *Hub) writeElsewhere(rest string, n int) {
	node, topic, ok := strings.Cut(rest, "/")
	if !ok || node == h.here.node {
		return
	}
	h.mu.Lock()
	t := h.topics[topic]
	h.mu.Unlock()
	if t == nil { // nobody here would hear of it
		return
	}
	h.here.mu.Lock()
	nodes := h.here.pens[topic]
	if nodes == nil {
		if len(h.here.pens) >= maxPens {
			h.here.mu.Unlock()
			return
		}
		nodes = map[string]said{}
		h.here.pens[topic] = nodes
	}
	nodes[node] = said{n, time.Now()}
	h.here.mu.Unlock()
	go h.sayHere(t)
	time.AfterFunc(h.o.Typing+time.Millisecond, func() { h.sayHere(t) })
}

// writing is how many people of other nodes write in the topic; the caller holds the lock.
func (x *here) writing(topic string, since time.Time) (n int) {
	for _, s := range x.pens[topic] {
		if s.at.After(since) {
			n += s.n
		}
	}
	return n
}

// writing is how many people write on this node, and forgets who has stopped; the caller holds the lock.
func (t *topic) writing(now time.Time) int {
	for id, until := range t.pens {
		if !until.After(now) {
			delete(t.pens, id)
		}
	}
	return len(t.pens)
}
