package live

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"greenroom/internal/account"
	"greenroom/internal/fault"
	"greenroom/internal/stream"
)

// readTimeout bounds what telling one ring may cost.
const readTimeout = 10 * time.Second

// topic is a stream that somebody on this node listens to.
type topic struct {
	hub    *Hub
	name   string
	src    Source
	refs   int         // of the hub's lock
	queued atomic.Bool // a pump has still to begin

	counted atomic.Bool // it says how many have it open

	told   atomic.Int64 // n, for hints, which wait for nobody
	hinted atomic.Int64 // the highest number that a hint named
	late   int64        // of the poll: a number that it found and no hint had named

	mu    sync.Mutex // who listens, and the order of what they are told
	n     int64      // the number that was told last
	epoch int64
	subs  map[*sub]struct{}
	who   map[string]int       // how many of them each person has
	pens  map[string]time.Time // who writes on this node, and until when that is believed
	seats map[string]*Seat     // by class, as the reader who sat down last has it: those of a class are told the same
}

// take seats a reader; the caller holds the lock. A thousand readers of a class share what the source knows of one of them.
func (t *topic) take(s *sub, seat Seat) {
	shared := t.seats[seat.Class]
	if shared == nil {
		if t.seats == nil {
			t.seats = map[string]*Seat{}
		}
		shared = new(Seat)
		t.seats[seat.Class] = shared
	}
	*shared = seat
	s.seat = shared
}

// sub is one reader of a topic.
type sub struct {
	c    *conn
	t    *topic
	seat *Seat // of the topic's lock
	n    int64 // likewise: the number that was sent last
	here int   // likewise: how many have the topic open, as they were told; -1: not yet
	pens int   // likewise: how many others write
}

// hint is ring, unless the hint is about what was told already. A wrong one does no more than cost a query, or leave the
// news to the poll of heads.
func (t *topic) hint(head int64) {
	for was := t.hinted.Load(); was < head && !t.hinted.CompareAndSwap(was, head); was = t.hinted.Load() {
	}
	if head == 0 || t.told.Load() < head {
		t.ring()
	}
}

// ring has what is new told. However often it is called meanwhile, the stream is read once.
func (t *topic) ring() {
	if t.queued.CompareAndSwap(false, true) {
		go t.pump()
	}
}

func (t *topic) pump() {
	ctx, cancel := context.WithTimeout(context.Background(), readTimeout)
	defer cancel()
	t.mu.Lock()
	defer t.mu.Unlock()
	t.queued.Store(false)
	for more := true; more && len(t.subs) > 0; {
		events, m, err := t.hub.streams.Since(ctx, t.name, t.n, pageSize)
		if err == nil && len(events) > 0 {
			err = t.tell(ctx, events)
		}
		if err != nil { // the next look at the heads tries again
			t.hub.o.Log.WarnContext(ctx, "live: not told", "topic", t.name, "error", err.Error())
			return
		}
		more = m
	}
}

// tell sends events to all who listen: once worked out and encoded for each class, and singly for those to whom an event
// is something else. Nothing is sent unless all of it could be worked out.
func (t *topic) tell(ctx context.Context, events []stream.Event) error {
	classes := map[string][]*sub{}
	for s := range t.subs {
		classes[s.seat.Class] = append(classes[s.seat.Class], s)
	}
	type single struct {
		s *sub
		i int
	}
	singles := map[single]parcel{}
	shared := map[string][]parcel{}
	for class, subs := range classes {
		told, err := t.ask(ctx, *subs[0].seat, nil, events)
		if err != nil {
			return err
		}
		list := make([]parcel, len(events))
		for i, x := range told {
			list[i] = packMany(frameOf(t.name, events[i], t.epoch, x))
			for _, s := range subs {
				if !slices.Contains(x.Apart, s.c.id) {
					continue
				}
				own, err := t.askOne(ctx, s.c.person(), events[i])
				if err != nil {
					return err
				}
				singles[single{s, i}] = pack(frameOf(t.name, events[i], t.epoch, own))
			}
		}
		shared[class] = list
	}
	for class, subs := range classes {
		for _, s := range subs {
			for i, e := range events {
				if e.N <= s.n {
					continue
				}
				p, ok := singles[single{s, i}]
				if !ok {
					p = shared[class][i]
				}
				s.n = e.N
				s.c.send(p)
			}
		}
	}
	t.n = events[len(events)-1].N
	t.told.Store(t.n)
	return nil
}

func (t *topic) ask(ctx context.Context, seat Seat, who *account.Person, events []stream.Event) ([]Telling, error) {
	told, err := t.src.Tell(ctx, t.name, seat, who, events)
	if err == nil && len(told) != len(events) {
		err = fmt.Errorf("%d tellings of %d events", len(told), len(events))
	}
	return told, err
}

// askOne says what an event is to one reader, as they sit now.
func (t *topic) askOne(ctx context.Context, who *account.Person, e stream.Event) (Telling, error) {
	seat, err := t.src.Seat(ctx, who, t.name)
	switch {
	case fault.Is(err, fault.NotFound): // their page will hear that soon
		return Telling{Kind: e.Kind}, nil
	case errors.Is(err, ErrMoved):
		return Telling{Kind: e.Kind, Reset: true}, nil
	case err != nil:
		return Telling{}, err
	}
	told, err := t.ask(ctx, seat, who, []stream.Event{e})
	if err != nil {
		return Telling{}, err
	}
	return told[0], nil
}

// join and leave keep the list of who listens; the caller holds the lock. Leaving twice is the same.
func (t *topic) join(s *sub) {
	if _, there := t.subs[s]; !there {
		t.subs[s] = struct{}{}
		t.who[s.c.id]++
	}
}

func (t *topic) leave(s *sub) {
	if _, there := t.subs[s]; !there {
		return
	}
	delete(t.subs, s)
	if t.who[s.c.id]--; t.who[s.c.id] == 0 {
		delete(t.who, s.c.id)
		delete(t.pens, s.c.id)
	}
}

// people are who listens, each once.
func (t *topic) people() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Collect(maps.Keys(t.who))
}

// readers is how many they are, and whether the person is one of them.
func (t *topic) readers(personID string) (n int, listens bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.who), t.who[personID] > 0
}

// renew begins the topic anew where its history was replaced.
func (t *topic) renew(head, epoch int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.epoch == epoch && head >= t.n {
		return
	}
	t.n, t.epoch = head, epoch
	t.told.Store(head)
	t.hinted.Store(0)
	p := packMany(Frame{T: "reset", Topic: t.name, N: head, Epoch: epoch})
	for s := range t.subs {
		s.n = head
		s.c.send(p)
	}
}

// Read is the same for pages that poll: what came after a number, as the person may know it, and whether there is more.
// seatName is that of the seat which the page was made for, "" where it does not say.
func (h *Hub) Read(ctx context.Context, who *account.Person, name string, after, epoch int64, seatName string) (frames []Frame, more bool, err error) {
	src := h.source(name)
	if src == nil {
		return nil, false, fault.New(fault.NotFound, "error.not_found")
	}
	seat, err := src.Seat(ctx, who, name)
	moved := errors.Is(err, ErrMoved)
	if err != nil && !moved {
		return nil, false, err
	}
	head, now, err := h.streams.Head(ctx, name)
	if err != nil {
		return nil, false, err
	}
	if moved {
		return []Frame{{T: "reset", Topic: name, N: head, Epoch: now}}, false, nil
	}
	if now != epoch || head < after || head-after > MaxMissed || seat.other(seatName) {
		return []Frame{{T: "reset", Topic: name, N: head, Epoch: now, Seat: seat.Name()}}, false, nil
	}
	if head == after {
		return nil, false, nil
	}
	t := &topic{hub: h, name: name, src: src, epoch: now}
	return t.catchUp(ctx, seat, who, after)
}

// catchUp reads one page for one reader.
func (t *topic) catchUp(ctx context.Context, seat Seat, who *account.Person, after int64) ([]Frame, bool, error) {
	events, more, err := t.hub.streams.Since(ctx, t.name, after, pageSize)
	if err != nil || len(events) == 0 {
		return nil, false, err
	}
	told, err := t.ask(ctx, seat, who, events)
	if err != nil {
		return nil, false, err
	}
	out := make([]Frame, len(events))
	for i, e := range events {
		out[i] = frameOf(t.name, e, t.epoch, told[i])
	}
	return out, more, nil
}
