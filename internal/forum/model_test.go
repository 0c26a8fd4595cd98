package forum_test

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/uptrace/bun"

	"greenroom/internal/account"
	"greenroom/internal/db/dbtest"
	"greenroom/internal/fault"
	"greenroom/internal/forum"
	"greenroom/internal/forum/forumweb"
	"greenroom/internal/id"
	"greenroom/internal/live"
	"greenroom/internal/locale"
	pages "greenroom/web/templates/forum"
	"greenroom/web/templates/ui"
)

var (
	modelSeed  = flag.Uint64("model.seed", 0, "the one seed of the model test, instead of its two: to see again what it found, or to look for more")
	modelSteps = flag.Int("model.steps", 120, "operations of the model test for each seed")
)

// Design 3.5, number 18: people with different rights do things at random; readers with a socket, which is cut now and
// then, and readers who ask, keep what docs/live-protocol.md says. At every checkpoint what each of them has built from
// events is what a fresh page shows. The seeds are always the same, so that a change is blamed for what it
// broke and for nothing else; -model.seed tries others.
func TestTest18ReadersEndUpWithWhatAFreshPageShows(t *testing.T) {
	t.Parallel()
	seeds := []uint64{18, 2026}
	if *modelSeed != 0 {
		seeds = []uint64{*modelSeed}
	}
	for _, seed := range seeds {
		dbtest.Each(t, func(t *testing.T, d *bun.DB) {
			t.Logf("seed %d (again with -model.seed=%d)", seed, seed)
			m := newModel(t, d, seed)
			for i := range *modelSteps {
				m.step()
				if i%20 == 19 {
					m.check()
				}
			}
			if seed == 18 && *modelSteps >= 120 {
				m.wantAll()
			}
		})
	}
}

// model is a site with people who do things and readers who listen.
type model struct {
	*world
	r       *rand.Rand
	hub     *live.Hub
	source  *forumweb.Live
	words   *locale.Bundle
	url     string
	group2  string // a second discussion group
	readers []*reader
	done    map[string]int // how often each operation came about
	log     []string

	pmu    sync.Mutex
	people []*account.Person // who take part, the trainer first
}

// holds is a gate that keeps back what says "hold".
type holds struct{}

func (holds) Admit(_ context.Context, _ bun.Tx, all []forum.Attempt) ([]forum.Admitted, error) {
	out := make([]forum.Admitted, len(all))
	for i, a := range all {
		if strings.Contains(a.Text.Body, "hold") {
			out[i].Held = "test"
		}
	}
	return out, nil
}

func (holds) Held(context.Context, bun.IDB, *forum.Visit, *forum.Post, string) error { return nil }

func newModel(t *testing.T, d *bun.DB, seed uint64) *model {
	t.Helper()
	m := &model{world: setup(t, d), r: rand.New(rand.NewPCG(seed, 5)), done: map[string]int{}}
	m.SetGate(holds{})
	var err error
	m.words, err = locale.Load()
	ok(t, err)
	m.source = &forumweb.Live{Forum: m.Service, Accounts: m.world.people, Words: m.words}
	m.serve()
	m.add(m.trainer)
	for _, name := range []string{"Ana Lopes", "Ben Ofa", "Cat Katz"} {
		m.add(m.member(name))
	}
	first := m.answer(m.people[1])
	g := &forum.Group{ID: id.New(), DeliveryID: m.cohort.ID, Kind: "discussion", Number: 2, CreatedAt: m.now()}
	_, err = d.NewInsert().Model(g).Exec(m.ctx)
	ok(t, err)
	m.group2 = g.ID
	m.listen(m.people[1], first.ThreadID, true) // two tabs of one person
	m.listen(m.people[1], first.ThreadID, false)
	m.listen(m.people[2], first.ThreadID, true)
	m.listen(m.people[3], first.ThreadID, false)
	m.listen(m.trainer, first.ThreadID, true)
	return m
}

// serve runs a hub whose clients say in a header who they are.
func (m *model) serve() {
	var hub *live.Hub
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		who, err := m.known(m.ctx, r.Header.Get("Person"))
		if err == nil {
			err = hub.Join(w, r, who, who.ID)
		}
		if err != nil {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	}))
	hub = live.New(m.streams, live.Options{
		Origin: "http://site.example", PerPerson: 1000, Accept: 10_000, Poll: 50 * time.Millisecond, Seats: 200 * time.Millisecond,
		Living: func(_ context.Context, all []string) (map[string]bool, error) {
			out := map[string]bool{}
			for _, s := range all {
				out[s] = true
			}
			return out, nil
		},
		Person: m.known, Log: slog.New(slog.DiscardHandler),
	})
	hub.Register(forumweb.ThreadTopics, m.source)
	m.hub, m.url = hub, "ws://"+srv.Listener.Addr().String()
	ctx, stop := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { _ = hub.Run(ctx) })
	srv.Start()
	m.t.Cleanup(func() {
		stop()
		running.Wait()
		end, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		hub.Drain(end)
		srv.Close()
	})
}

func (m *model) add(p *account.Person) {
	m.pmu.Lock()
	defer m.pmu.Unlock()
	m.people = append(m.people, p)
}

func (m *model) known(_ context.Context, personID string) (*account.Person, error) {
	m.pmu.Lock()
	defer m.pmu.Unlock()
	for _, p := range m.people {
		if p.ID == personID {
			return p, nil
		}
	}
	return nil, fault.New(fault.NotFound, "error.not_found")
}

// item is a post as a reader has it.
type item struct {
	ID, Root   string
	Level, Rev int
	HTML       string
}

// reader is the page of a thread that somebody keeps open.
type reader struct {
	m      *model
	who    *account.Person
	thread string
	socket bool // hears by socket, else asks
	ws     *websocket.Conn
	frames chan live.Frame
	head   int64
	epoch  int64
	seat   string
	posts  map[string]item
	gone   bool
}

// listen opens the page of a thread.
func (m *model) listen(who *account.Person, threadID string, socket bool) {
	r := &reader{m: m, who: who, thread: threadID, socket: socket}
	if r.load(); !r.gone {
		m.readers = append(m.readers, r)
		r.dial()
	}
}

// load is what loading the page does.
func (r *reader) load() {
	id, head, epoch, seat, list := r.m.fresh(r.who, r.thread)
	r.gone = id == ""
	r.posts = map[string]item{}
	for _, p := range list {
		r.posts[p.ID] = p
	}
	r.thread, r.head, r.epoch, r.seat = cmp.Or(id, r.thread), head, epoch, seat
}

// fresh is the thread's page, or all its pages, as they are now; "" where it is not there for the person.
func (m *model) fresh(who *account.Person, threadID string) (at string, head, epoch int64, seat string, out []item) {
	m.t.Helper()
	v, t, err := m.VisitThread(m.ctx, who, threadID)
	if fault.Is(err, fault.NotFound) {
		return "", 0, 0, "", nil
	}
	ok(m.t, err)
	s, err := m.source.Seat(m.ctx, who, t.Stream())
	ok(m.t, err)
	l := m.words.Printer(who.Lang)
	p := pages.ThreadPage{View: pages.View{L: l, Visit: v, Zone: m.world.people.Location(who)}, Thread: t}
	if !v.Over && !v.Closed() && (!t.Locked || v.Staff) {
		p.Compose = &pages.Composer{}
	}
	for where, first := (forum.Where{}), true; ; first = false {
		g, err := m.Page(m.ctx, v, t, where)
		ok(m.t, err)
		if first {
			head, epoch = g.Head, g.Epoch
		}
		list := g.Posts
		if first && g.Opening != nil {
			list = append([]forum.Seen{*g.Opening}, list...)
		}
		for i := range list {
			var b bytes.Buffer
			ok(m.t, pages.Post(&p, &list[i], list[i].Level+1).Render(ui.WithPrinter(m.ctx, l), &b))
			out = append(out, item{list[i].ID, list[i].RootID, list[i].Level, list[i].Rev, b.String()})
		}
		if g.After == "" {
			return t.ID, head, epoch, s.Name(), out
		}
		where = forum.Where{After: g.After}
	}
}

// take does with a frame what the protocol says.
func (r *reader) take(f live.Frame) {
	r.seat = cmp.Or(f.Seat, r.seat)
	switch f.T {
	case "reset":
		r.load()
		r.sub()
	case "gone":
		r.gone = true
	case "event", "void":
		if f.N <= r.head {
			return
		}
		if f.N > r.head+1 {
			r.m.t.Fatalf("%s: number %d after %d", r, f.N, r.head)
		}
		r.head = f.N
		if f.T == "void" {
			return
		}
		var p item
		ok(r.m.t, json.Unmarshal(f.Data, &p))
		if old, there := r.posts[p.ID]; there && p.Rev >= old.Rev || !there && f.Kind == "post" {
			r.posts[p.ID] = p
		}
	}
}

// ask is a look by a page without a socket.
func (r *reader) ask() {
	for more := true; more && !r.gone; {
		var frames []live.Frame
		var err error
		frames, more, err = r.m.hub.Read(r.m.ctx, r.who, "thread:"+r.thread, r.head, r.epoch, r.seat)
		if fault.Is(err, fault.NotFound) {
			r.gone = true
			return
		}
		ok(r.m.t, err)
		for _, f := range frames {
			r.take(f)
			if f.T == "reset" { // the page is another one now
				more = true
				break
			}
		}
	}
}

func (r *reader) dial() {
	if !r.socket || r.ws != nil {
		return
	}
	ws, _, err := websocket.DefaultDialer.Dial(r.m.url, http.Header{"Person": {r.who.ID}, "Origin": {"http://site.example"}})
	ok(r.m.t, err)
	r.m.t.Cleanup(func() { _ = ws.Close() })
	ok(r.m.t, ws.WriteJSON(map[string]string{"t": "ticket", "ticket": r.m.hub.Ticket(r.who, r.who.ID)}))
	frames := make(chan live.Frame, 4096)
	r.ws, r.frames = ws, frames
	go func() {
		defer close(frames)
		for {
			_, raw, err := ws.ReadMessage()
			if err != nil {
				return
			}
			for line := range strings.SplitSeq(string(raw), "\n") {
				var f live.Frame
				if json.Unmarshal([]byte(line), &f) == nil {
					frames <- f
				}
			}
		}
	}()
	r.sub()
}

func (r *reader) sub() {
	if r.ws != nil && !r.gone {
		ok(r.m.t, r.ws.WriteJSON(map[string]any{"t": "sub", "topic": "thread:" + r.thread, "after": r.head, "epoch": r.epoch, "seat": r.seat}))
	}
}

// cut loses the socket with all that was on its way.
func (r *reader) cut() {
	if r.ws != nil {
		_ = r.ws.Close()
		r.ws = nil
	}
}

// hear takes what has come over the socket so far.
func (r *reader) hear() {
	for r.ws != nil && !r.gone {
		select {
		case f, open := <-r.frames:
			if !open {
				r.ws = nil
				return
			}
			if f.Topic == "" || f.Topic == "thread:"+r.thread {
				r.take(f)
			}
		default:
			return
		}
	}
}

func (r *reader) String() string {
	return fmt.Sprintf("%s in %s (socket %v, head %d)", r.who.Name, r.thread[24:], r.socket, r.head)
}

// fleeting is the mark of posts that are new, which a page shows until they are read.
var fleeting = regexp.MustCompile(` post-new|<div class="post-tags"><span class="tag tag-live">[^<]*</span></div>|<span class="tag tag-live">[^<]*</span>`)

// differs says how what the reader has differs from a fresh page; "" when it does not. A post that is held and was never
// told of is not missed: nobody but its author is meant to look for it.
func (r *reader) differs() string {
	at, _, _, _, list := r.m.fresh(r.who, r.thread)
	if r.gone { // and stays so, whatever comes later: a page that is told so asks no more
		return ""
	}
	if at == "" {
		return "it is gone, and was not told"
	}
	if at != r.thread {
		return "it is another thread"
	}
	var want, got []string
	for _, p := range list {
		if _, there := r.posts[p.ID]; there || !strings.Contains(p.HTML, "post-gone") {
			want = append(want, p.ID+fleeting.ReplaceAllString(p.HTML, ""))
		}
	}
	have := make([]item, 0, len(r.posts))
	for _, p := range r.posts {
		have = append(have, p)
	}
	slices.SortFunc(have, func(a, b item) int {
		return cmp.Or(cmp.Compare(min(a.Level-1, 1), min(b.Level-1, 1)), cmp.Compare(a.Root, b.Root), cmp.Compare(a.Level, b.Level), cmp.Compare(a.ID, b.ID))
	})
	for _, p := range have {
		got = append(got, p.ID+fleeting.ReplaceAllString(p.HTML, ""))
	}
	for i := range max(len(want), len(got)) {
		switch {
		case i >= len(want):
			return "too many: " + got[i]
		case i >= len(got):
			return "missing: " + want[i]
		case want[i] != got[i]:
			return apart(want[i], got[i])
		}
	}
	return ""
}

// apart shows two texts from a little before where they part.
func apart(want, got string) string {
	i := 0
	for i < len(want) && i < len(got) && want[i] == got[i] {
		i++
	}
	part := func(s string) string { return s[max(0, min(i, len(s))-60):min(len(s), i+120)] }
	return fmt.Sprintf("post %s: want …%s\n got …%s", want[:36], part(want), part(got))
}

// check lets every reader hear what there is, and compares.
func (m *model) check() {
	m.t.Helper()
	for _, r := range m.readers {
		r.dial()
		end, diff := time.Now().Add(20*time.Second), "?"
		for diff != "" {
			if r.socket {
				r.dial()
				r.hear()
			} else {
				r.ask()
			}
			if diff = r.differs(); diff == "" {
				break
			}
			if !r.socket || time.Now().After(end) {
				m.t.Fatalf("%s: %s\nafter:\n%s", r, diff, strings.Join(m.log[max(0, len(m.log)-40):], "\n"))
			}
			<-time.After(5 * time.Millisecond)
		}
	}
	m.readers = slices.DeleteFunc(m.readers, func(r *reader) bool {
		if r.gone {
			r.cut()
		}
		return r.gone
	})
}

// step is one operation, and what readers do meanwhile.
func (m *model) step() {
	m.t.Helper()
	m.pass(time.Minute)
	ops := m.operations()
	var total int
	for _, o := range ops {
		total += o.weight
	}
	at := m.r.IntN(total)
	for _, o := range ops {
		if at -= o.weight; at >= 0 {
			continue
		}
		who := m.people[m.r.IntN(len(m.people))]
		did, err := o.do(who)
		if err != nil && fault.From(err) == nil {
			m.t.Fatalf("%s by %s: %v", o.name, who.Name, err)
		}
		if err == nil && did {
			m.done[o.name]++
		}
		m.log = append(m.log, fmt.Sprintf("%s by %s: %v %v", o.name, who.Name, did, err))
		break
	}
	for _, r := range m.readers {
		switch {
		case !r.socket && m.r.IntN(3) == 0:
			r.ask()
		case r.socket && m.r.IntN(10) == 0:
			r.cut()
		case r.socket && m.r.IntN(3) == 0:
			r.dial()
			r.hear()
		}
	}
	if t := m.thread(m.people[m.r.IntN(len(m.people))], ""); t != nil && len(m.readers) < 12 && m.r.IntN(4) == 0 {
		m.listen(m.people[m.r.IntN(len(m.people))], t.ID, m.r.IntN(2) == 0)
	}
}

// wantAll holds that no operation was refused every time: the test would not test it.
func (m *model) wantAll() {
	m.t.Helper()
	for _, o := range m.operations() {
		if m.done[o.name] == 0 {
			m.t.Errorf("%q never came about", o.name)
		}
	}
}
