package live

import (
	"context"
	"errors"
	"slices"
	"time"

	"greenroom/internal/fault"
)

const atOnce = 500 // sessions that are asked about in one query

// Run keeps the hub until ctx ends: pings, sessions, seats and heads.
func (h *Hub) Run(ctx context.Context) error {
	look := func(every time.Duration, do func(ctx context.Context)) {
		t := time.NewTicker(every)
		defer t.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-t.C:
				do(ctx)
			}
		}
	}
	go look(min(time.Second, h.o.Ping/4), func(context.Context) { h.ping() })
	go look(min(time.Second, h.o.Seats/4), h.seats)
	go look(h.o.Poll, h.poll)
	go look(h.o.Here, h.count)
	go func() {
		for ctx.Err() == nil {
			select {
			case <-ctx.Done():
			case <-h.lost:
				h.poll(ctx)
			}
		}
	}()
	t := time.NewTicker(h.o.Check)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-t.C:
		case <-h.kick:
		}
		h.check(ctx)
	}
}

func (h *Hub) sockets() []*conn {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.all()
}

func (h *Hub) ping() {
	now := time.Now()
	for _, c := range h.sockets() {
		c.mu.Lock()
		due := c.ws != nil && !c.over && now.After(c.pingAt)
		if due {
			c.pingAt = now.Add(around(h.o.Ping))
		}
		c.mu.Unlock()
		if due {
			go func() { // a topic that is being told holds up its readers only
				p := pack(c.beat())
				p.ping = true
				c.send(p)
			}()
		}
	}
}

// check ends the sockets of sessions that have ended: by signing out, by an administrator, by time.
func (h *Hub) check(ctx context.Context) {
	by := map[string][]*conn{}
	var names []string
	for _, c := range h.sockets() {
		if by[c.session] == nil {
			names = append(names, c.session)
		}
		by[c.session] = append(by[c.session], c)
	}
	for len(names) > 0 {
		part := names[:min(atOnce, len(names))]
		names = names[len(part):]
		living, err := h.o.Living(ctx, part)
		if err != nil {
			h.o.Log.WarnContext(ctx, "live: sessions were not looked at", "error", err.Error())
			return
		}
		for _, name := range part {
			if living[name] {
				continue
			}
			for _, c := range by[name] {
				c.end(CloseSignedOut, "signed out")
			}
		}
	}
}

// reseat has looked at soon what a person may read.
func (h *Hub) reseat(personID string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.people[personID] == 0 {
		return
	}
	for c := range h.conns {
		if c.id == personID {
			go func() {
				ctx, cancel := context.WithTimeout(context.Background(), readTimeout)
				defer cancel()
				c.reseat(ctx)
			}()
		}
	}
}

func (h *Hub) seats(ctx context.Context) {
	now := time.Now()
	for _, c := range h.sockets() {
		c.mu.Lock()
		due := c.ws != nil && now.After(c.seatAt)
		c.mu.Unlock()
		if due && ctx.Err() == nil {
			c.reseat(ctx)
		}
	}
}

// reseat asks again who the person is and what they may read. Where that has changed their page is told to load again.
func (c *conn) reseat(ctx context.Context) {
	c.mu.Lock()
	c.seatAt = time.Now().Add(around(c.hub.o.Seats))
	c.mu.Unlock()
	who, err := c.hub.o.Person(ctx, c.session)
	if fault.Is(err, fault.NotFound) {
		c.end(CloseSignedOut, "signed out")
		return
	}
	if err != nil {
		return // the next time
	}
	c.mu.Lock()
	c.who = who
	c.mu.Unlock()
	c.smu.Lock()
	defer c.smu.Unlock()
	for _, s := range slices.Clone(c.subs) {
		name := s.t.name
		seat, err := s.t.src.Seat(ctx, who, name)
		switch {
		case fault.Is(err, fault.NotFound):
			c.unsubscribe(name)
			c.send(pack(Frame{T: "gone", Topic: name}))
		case err != nil && !errors.Is(err, ErrMoved):
			c.hub.o.Log.WarnContext(ctx, "live: a seat was not looked at", "topic", name, "error", err.Error())
		default:
			s.t.mu.Lock()
			if err != nil || seat.Class != s.seat.Class {
				c.send(pack(Frame{T: "reset", Topic: name, N: s.n, Epoch: s.t.epoch, Seat: nameOf(seat, err)}))
			}
			if err == nil {
				s.t.take(s, seat)
			}
			s.t.mu.Unlock()
		}
	}
}

// nameOf is the seat's name, "" where there is none.
func nameOf(seat Seat, err error) string {
	if err != nil {
		return ""
	}
	return seat.Name()
}

// poll looks at the heads of all topics, in case the doorbell was not heard. What was told before it looked cannot be ahead of a
// head unless the history was replaced; what is told while it looks can.
func (h *Hub) poll(ctx context.Context) {
	h.mu.Lock()
	topics := make(map[string]*topic, len(h.topics))
	before := make(map[string]int64, len(h.topics))
	names := make([]string, 0, len(h.topics))
	for name, t := range h.topics {
		topics[name], before[name] = t, t.told.Load()
		names = append(names, name)
	}
	h.mu.Unlock()
	for len(names) > 0 {
		part := names[:min(atOnce, len(names))]
		names = names[len(part):]
		heads, err := h.streams.Heads(ctx, part)
		if err != nil {
			h.o.Log.WarnContext(ctx, "live: heads were not looked at", "error", err.Error())
			return
		}
		for name, now := range heads {
			t := topics[name]
			t.mu.Lock()
			n, epoch := t.n, t.epoch
			if t.late > 0 && t.hinted.Load() < t.late { // a round has passed, and nobody rang
				h.found.Add(1)
			}
			t.late = 0
			switch {
			case now.Epoch != epoch || now.Head < before[name]:
				t.mu.Unlock()
				t.renew(now.Head, now.Epoch)
				continue
			case now.Head > n && t.hinted.Load() < now.Head:
				t.late = now.Head
			}
			t.mu.Unlock()
			if now.Head > n {
				t.ring()
			}
		}
	}
}
