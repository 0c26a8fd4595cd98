package bell_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"

	"greenroom/internal/bell"
	"greenroom/internal/stream"
)

const secret = "a secret that both nodes of a site know"

func ok(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// hang hangs a bell, and gives what it hears.
func hang(t *testing.T, o bell.Options) (*bell.Bell, chan stream.Hint) {
	t.Helper()
	if o.Secret == "" {
		o.Secret = secret
	}
	o.Log = slog.New(slog.DiscardHandler)
	b, err := bell.Open(o)
	ok(t, err)
	t.Cleanup(b.Close)
	heard := make(chan stream.Hint, 10_000)
	b.Listen(func(h stream.Hint) { heard <- h })
	return b, heard
}

// free is an address at which nobody listens.
func free(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	ok(t, err)
	defer l.Close()
	return l.Addr().String()
}

const deadline = 30 * time.Second

// until asks again until it is so.
func until(t *testing.T, what string, so func() bool) {
	t.Helper()
	for end := time.Now().Add(deadline); !so(); <-time.After(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("it did not come to that: %s", what)
		}
	}
}

// want waits for a hint, whatever comes before it, and returns how many came.
func want(t *testing.T, heard chan stream.Hint, h stream.Hint) (n int) {
	t.Helper()
	late := time.After(deadline)
	for {
		select {
		case got := <-heard:
			n++
			if got == h {
				return n
			}
		case <-late:
			t.Fatalf("%+v was not heard; %d others were", h, n)
		}
	}
}

// pair are two nodes with routes to each other. Routes need a moment to tell who listens, so each has been heard.
func pair(t *testing.T, change ...func(o *bell.Options)) (one, two *bell.Bell, atOne, atTwo chan stream.Hint) {
	t.Helper()
	a := bell.Options{Cluster: free(t)}
	b := bell.Options{Cluster: free(t), Routes: []string{a.Cluster}}
	for _, fn := range change {
		fn(&a)
		fn(&b)
	}
	one, atOne = hang(t, a)
	two, atTwo = hang(t, b)
	meet(t, one, atTwo)
	meet(t, two, atOne)
	return one, two, atOne, atTwo
}

func meet(t *testing.T, from *bell.Bell, at chan stream.Hint) {
	t.Helper()
	until(t, "the route stands", func() bool {
		from.Ring(stream.Hint{Stream: "hello", Head: 1})
		select {
		case h := <-at:
			return h.Stream == "hello"
		case <-time.After(50 * time.Millisecond):
			return false
		}
	})
}

func TestAloneItIsHeardAtOnceAndOpensNoPort(t *testing.T) {
	t.Parallel()
	b, heard := hang(t, bell.Options{})
	b.Ring(stream.Hint{Stream: "thread:1", Head: 3})
	select {
	case h := <-heard: // before Ring returned
		if h.Head != 3 {
			t.Errorf("heard %+v", h)
		}
	default:
		t.Error("it was not heard at once")
	}
	ok(t, b.Check(t.Context()))
	until(t, "it was sent", func() bool { return b.Counts().Sent == 1 })
	if c := b.Counts(); c != (bell.Counts{Sent: 1}) {
		t.Errorf("counts: %+v", c)
	}
	if o := b.Server(); !o.DontListen || o.Cluster.Port != 0 {
		t.Errorf("it listens: %+v", o)
	}
	b.Close()
	b.Ring(stream.Hint{Stream: "thread:1", Head: 4})
	want(t, heard, stream.Hint{Stream: "thread:1", Head: 4})
}

func TestABellThatIsAloneStartsNoServer(t *testing.T) {
	t.Parallel()
	b, heard := hang(t, bell.Options{Alone: true})
	b.Ring(stream.Hint{Stream: "thread:1", Head: 3})
	want(t, heard, stream.Hint{Stream: "thread:1", Head: 3})
	ok(t, b.Check(t.Context()))
	if b.Server() != nil || b.Counts() != (bell.Counts{}) {
		t.Errorf("there is a server: %+v", b.Counts())
	}
	b.Close()
}

func TestNothingElseOfTheServerIsOn(t *testing.T) {
	t.Parallel()
	one, _, _, _ := pair(t)
	o := one.Server()
	if o.JetStream || o.HTTPPort != 0 || o.HTTPSPort != 0 || o.ProfPort != 0 || o.LeafNode.Port != 0 || o.Gateway.Port != 0 ||
		o.MQTT.Port != 0 || o.Websocket.Port != 0 || o.LogFile != "" || !o.NoLog || !o.NoSigs || o.StoreDir != "" {
		t.Errorf("more is on than messages: %+v", o)
	}
	if o.Host != "127.0.0.1" || o.Authorization == "" || o.Cluster.Password == "" || o.Cluster.Password == secret {
		t.Errorf("the doors: host %q", o.Host)
	}
	if c, err := nats.Connect(fmt.Sprintf("nats://127.0.0.1:%d", o.Port)); err == nil {
		c.Close()
		t.Error("a client without the token came in")
	}
}

func TestNodesHearEachOtherAndHintsAreGathered(t *testing.T) {
	t.Parallel()
	one, two, atOne, atTwo := pair(t)
	const rings = 500
	for n := range int64(rings) {
		one.Ring(stream.Hint{Stream: "thread:busy", Head: n + 1})
	}
	if n := want(t, atTwo, stream.Hint{Stream: "thread:busy", Head: rings}); n > rings/2 {
		t.Errorf("%d hints went out for %d rings", n, rings)
	}
	for n := range int64(400) { // more than one message holds
		two.Ring(stream.Hint{Stream: fmt.Sprint("thread:", n, "-0190aaaa-bbbb-7ccc-8ddd-eeeeffff0000"), Head: n})
	}
	for n := range int64(400) {
		name := fmt.Sprint("thread:", n, "-0190aaaa-bbbb-7ccc-8ddd-eeeeffff0000")
		var got stream.Hint
		for got.Stream != name {
			got = <-atTwo // its own come in order
		}
	}
	there := map[string]bool{}
	for len(there) < 400 {
		h := <-atOne
		if h.Stream != "hello" {
			there[h.Stream] = true
		}
	}
	one.Ring(stream.Hint{}) // "look at everything" is for all
	want(t, atTwo, stream.Hint{})
	one.Ring(stream.Hint{Stream: "a name\nwith lines", Head: 1})
	one.Ring(stream.Hint{Stream: "after", Head: 1})
	for {
		h := <-atTwo
		if h.Stream == "after" {
			break
		}
		if h.Stream != "thread:busy" && h.Stream != "hello" && h.Stream != "" {
			t.Errorf("heard %+v", h)
		}
	}
	ok(t, one.Check(t.Context()))
	if r := one.Counts().Routes; r != 1 {
		t.Errorf("%d routes", r)
	}
}

func TestANodeThatDiesIsForgottenAndFoundAgain(t *testing.T) {
	t.Parallel()
	one, two, _, _ := pair(t)
	address := two.Server().Cluster
	two.Close()
	until(t, "the route is gone", func() bool { return one.Counts().Routes == 0 })
	ok(t, one.Check(t.Context())) // the others are no part of being ready
	_, atTwo := hang(t, bell.Options{
		Cluster: fmt.Sprintf("127.0.0.1:%d", address.Port), Routes: []string{fmt.Sprintf("127.0.0.1:%d", one.Server().Cluster.Port)},
	})
	meet(t, one, atTwo)
}

func TestWhoDoesNotKnowTheSecretGetsNoRoute(t *testing.T) {
	t.Parallel()
	one, _, _, _ := pair(t)
	stranger, heard := hang(t, bell.Options{
		Cluster: free(t), Routes: []string{fmt.Sprintf("127.0.0.1:%d", one.Server().Cluster.Port)}, Secret: "another secret, just as long as that",
	})
	_, atThree := hang(t, bell.Options{Cluster: free(t), Routes: []string{fmt.Sprintf("127.0.0.1:%d", one.Server().Cluster.Port)}})
	meet(t, one, atThree) // who came after the stranger is in
	one.Ring(stream.Hint{Stream: "thread:1", Head: 1})
	want(t, atThree, stream.Hint{Stream: "thread:1", Head: 1})
	if n := stranger.Counts(); n.Routes != 0 || n.Heard != 0 || len(heard) != 0 {
		t.Errorf("the stranger: %+v", n)
	}
}

// own is a NATS of one's own, at the address.
func own(t *testing.T, address string) *server.Server {
	t.Helper()
	a, err := net.ResolveTCPAddr("tcp", address)
	ok(t, err)
	s, err := server.NewServer(&server.Options{Host: "127.0.0.1", Port: a.Port, NoLog: true, NoSigs: true})
	ok(t, err)
	go s.Start()
	if !s.ReadyForConnections(deadline) {
		t.Fatal("the server does not start")
	}
	t.Cleanup(func() { s.Shutdown(); s.WaitForShutdown() })
	return s
}

func TestANATSOfOnesOwnMayComeLateAndGoAndComeBack(t *testing.T) {
	t.Parallel()
	at := free(t)
	o := bell.Options{URL: "nats://" + at}
	one, atOne := hang(t, o)
	_, atTwo := hang(t, o)
	silent := func() bool { return errors.Is(one.Check(t.Context()), bell.ErrSilent) }
	heard := func() bool { return one.Check(t.Context()) == nil }
	if !silent() {
		t.Error("it hears itself without a server")
	}
	s := own(t, at)
	until(t, "it hears itself", heard)
	meet(t, one, atTwo)

	s.Shutdown()
	s.WaitForShutdown()
	until(t, "it is silent", silent)
	one.Ring(stream.Hint{Stream: "thread:1", Head: 7})
	want(t, atOne, stream.Hint{Stream: "thread:1", Head: 7}) // in this process, as ever
	for len(atTwo) > 0 {
		if h := <-atTwo; h.Stream == "thread:1" {
			t.Errorf("%+v came through a server that is away", h)
		}
	}
	own(t, at)
	want(t, atOne, stream.Hint{}) // hints were lost: look at everything
	want(t, atTwo, stream.Hint{})
	until(t, "it hears itself again", heard)
	meet(t, one, atTwo)
	if one.Counts().Lost == 0 {
		t.Error("nothing was counted as lost")
	}
}

// gate is a way to a server that can be blocked: nothing comes through and neither end hears why.
type gate struct {
	at   string
	open sync.RWMutex
}

func newGate(t *testing.T, to string) *gate {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	ok(t, err)
	g := &gate{at: l.Addr().String()}
	var mu sync.Mutex
	var ends []net.Conn
	var running sync.WaitGroup
	pass := func(from, to net.Conn) {
		buf := make([]byte, 4096)
		for {
			n, err := from.Read(buf)
			g.open.RLock()
			if err == nil {
				_, err = to.Write(buf[:n])
			}
			g.open.RUnlock()
			if err != nil {
				_ = to.Close()
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
				continue
			}
			mu.Lock()
			ends = append(ends, near, far)
			mu.Unlock()
			running.Go(func() { pass(near, far) })
			running.Go(func() { pass(far, near) })
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		mu.Lock()
		for _, c := range ends {
			_ = c.Close()
		}
		mu.Unlock()
		running.Wait()
	})
	return g
}

// A connection that is blocked and not cut: the bell says at once that it is not ready, rings in its own process as ever, and when
// the way is free again what was rung comes through (discussion.md 3.5, 3).
func TestABlockedConnectionIsNoticedAndNothingWaitsForIt(t *testing.T) {
	t.Parallel()
	at := free(t)
	own(t, at)
	g := newGate(t, at)
	one, atOne := hang(t, bell.Options{URL: "nats://" + g.at})
	_, atTwo := hang(t, bell.Options{URL: "nats://" + at})
	heard := func() bool { return one.Check(t.Context()) == nil }
	until(t, "it hears itself", heard)
	meet(t, one, atTwo)
	g.open.Lock()
	until(t, "it is silent", func() bool { return errors.Is(one.Check(t.Context()), bell.ErrSilent) })
	one.Ring(stream.Hint{Stream: "thread:1", Head: 7})
	want(t, atOne, stream.Hint{Stream: "thread:1", Head: 7})
	g.open.Unlock()
	want(t, atTwo, stream.Hint{Stream: "thread:1", Head: 7})
	until(t, "it hears itself again", heard)
}

// More messages than may wait for a process that does not come to hear them: it is told to look at everything.
func TestAFullBufferMeansLookAtEverything(t *testing.T) {
	t.Parallel()
	s := own(t, free(t))
	two, atTwo := hang(t, bell.Options{URL: s.ClientURL()})
	until(t, "it hears itself", func() bool { return two.Check(t.Context()) == nil })
	for len(atTwo) > 0 {
		<-atTwo
	}
	stuck, freed := make(chan struct{}), make(chan struct{})
	var once sync.Once
	two.Listen(func(h stream.Hint) {
		if h.Stream == "thread:stuck" {
			once.Do(func() { close(stuck); <-freed })
		}
	})
	c, err := nats.Connect(s.ClientURL())
	ok(t, err)
	defer c.Close()
	ok(t, c.Publish(two.Subject(), []byte("x\nthread:stuck 1\n")))
	<-stuck
	lost := two.Counts().Lost
	for range 5000 { // more than may wait
		ok(t, c.Publish(two.Subject(), []byte("x\nthread:1 1\n")))
	}
	ok(t, c.Flush())
	until(t, "it knows that hints were lost", func() bool { return two.Counts().Lost > lost })
	close(freed)
	want(t, atTwo, stream.Hint{})
}

func TestSitesThatShareANATSAndNonsenseAreNotHeard(t *testing.T) {
	t.Parallel()
	s := own(t, free(t))
	one, _ := hang(t, bell.Options{URL: s.ClientURL()})
	two, atTwo := hang(t, bell.Options{URL: s.ClientURL()})
	other, atOther := hang(t, bell.Options{URL: s.ClientURL(), Secret: "the secret of another site altogether"})
	meet(t, one, atTwo)
	ok(t, other.Check(t.Context()))
	c, err := nats.Connect(s.ClientURL())
	ok(t, err)
	defer c.Close()
	for _, raw := range []string{
		"", "x", "x\n", "x\nthread:1", "x\nthread:1 \n", "x\nthread:1 one\n", "x\nthread:1 -1\n", "x\n? 1\n", "x\n 5\n",
		"x\n" + string(make([]byte, 9<<10)) + " 1\n",
	} {
		ok(t, c.Publish(two.Subject(), []byte(raw)))
	}
	ok(t, c.Publish(two.Subject(), []byte("x\nthread:2 5\n")))
	if n := want(t, atTwo, stream.Hint{Stream: "thread:2", Head: 5}); n > 3 { // and what meet left
		t.Errorf("%d hints before it", n)
	}
	ok(t, other.Check(t.Context()))
	if n := other.Counts().Heard; n != 0 || len(atOther) > 2 { // its own "look at everything", when the connection came
		t.Errorf("another site heard %d hints", n)
	}
}

func TestACheckEndsWithItsContext(t *testing.T) {
	t.Parallel()
	b, _ := hang(t, bell.Options{URL: "nats://" + free(t)})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := b.Check(ctx); err == nil {
		t.Error("it answered")
	}
}
