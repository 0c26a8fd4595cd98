package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/gorilla/websocket"

	"greenroom/internal/forum"
	"greenroom/internal/stream"
)

// What is live: how many listen to one thread, and the goals beside a loop that writes one prepared message to each of
// as many sockets of gorilla/websocket.
const (
	crowdSockets = 5000
	liveRounds   = 40 // single messages
	burstSize    = 20 // messages at once
	burstRounds  = 5

	liveP50Goal  = 1.5
	liveP99Goal  = 2.0
	liveRateGoal = 0.5
	idleGoal     = 10.0 // KiB of server memory a learner who listens
)

// live measures how soon the last of a crowd hears of a post, and what a learner who only listens costs.
func (b *bench) live(ctx context.Context, r *report, engine string, s settings) error {
	n, rounds := crowdSockets, liveRounds
	if s.short {
		n, rounds = n/10, rounds/4
	}
	files, err := moreFiles(2*n + spareFiles)
	if err != nil {
		return err
	}
	n = min(n, (files-spareFiles)/2) // a socket is two files here, since both ends are ours
	on, err := b.discussion(ctx)
	if err != nil {
		return err
	}
	first, err := b.thread(ctx, on, 0, "Listened to")
	if err != nil {
		return err
	}
	run, stop := context.WithCancel(ctx)
	defer stop()
	go func() { _ = b.app.Live.Run(run) }()
	if err := b.idle(r, engine, n, first.ThreadID); err != nil {
		return fmt.Errorf("idle: %w", err)
	}
	return b.fanOut(ctx, r, engine, n, rounds, on, first)
}

// spareFiles are for the database and all else.
const spareFiles = 500

// moreFiles lets the process open n files, or as many as the system allows, and says how many that is.
func moreFiles(n int) (int, error) {
	var l syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &l); err != nil {
		return 0, err
	}
	l.Cur = max(l.Cur, min(uint64(n), l.Max))
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &l); err != nil {
		return 0, fmt.Errorf("%d open files are needed (ulimit -n): %w", n, err)
	}
	return int(min(l.Cur, uint64(n))), nil
}

// bareHub is the baseline: sockets, and nothing else.
type bareHub struct {
	up  websocket.Upgrader
	mu  sync.Mutex
	all []*websocket.Conn
}

func newBareHub() *bareHub {
	return &bareHub{up: websocket.Upgrader{ReadBufferSize: 512, WriteBufferSize: 2048, WriteBufferPool: &sync.Pool{}, CheckOrigin: func(*http.Request) bool { return true }}}
}

func (h *bareHub) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c, err := h.up.Upgrade(w, r, nil)
	if err != nil {
		return
	}
	h.mu.Lock()
	h.all = append(h.all, c)
	h.mu.Unlock()
	go func() {
		for {
			if _, _, err := c.ReadMessage(); err != nil {
				return
			}
			_ = c.WriteMessage(websocket.TextMessage, []byte(`{"t":"sub"}`)) // so that a client knows it is heard
		}
	}()
}

// broadcast writes a message to all, one after another.
func (h *bareHub) broadcast(raw []byte) error {
	m, err := websocket.NewPreparedMessage(websocket.TextMessage, raw)
	if err != nil {
		return err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, c := range h.all {
		if err := c.WritePreparedMessage(m); err != nil {
			return err
		}
	}
	return nil
}

// listeners are clients in this process that count what they hear.
type listeners struct {
	conns []*websocket.Conn
	last  []int64      // the number that each heard last; 0: none, or messages have none
	odd   atomic.Int64 // messages that came twice, out of order, or beyond what was written
	left  atomic.Int64
	done  chan time.Time
	size  atomic.Int64 // of the last frame
}

// showTicket fetches a ticket and sends it as the socket's first message.
func showTicket(c *websocket.Conn, base, cookie string) error {
	req, err := http.NewRequest(http.MethodPost, base+"/live/ticket", nil)
	if err != nil {
		return err
	}
	req.Header.Set("Cookie", cookie)
	req.Header.Set("Sec-Fetch-Site", "same-origin")
	res, err := client.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	var got struct{ Ticket string }
	if err := json.NewDecoder(res.Body).Decode(&got); err != nil {
		return fmt.Errorf("a ticket: %s: %w", res.Status, err)
	}
	return c.WriteMessage(websocket.TextMessage, fmt.Appendf(nil, `{"t":"ticket","ticket":%q}`, got.Ticket))
}

// dialAll opens n sockets that listen to a thread, and returns when all of them are heard.
func dialAll(address, origin string, cookies []string, topic string, n int, heard func(socket int, raw []byte)) ([]*websocket.Conn, error) {
	conns := make([]*websocket.Conn, n)
	errs := make(chan error, n)
	gate := make(chan struct{}, 32)
	for i := range n {
		go func() {
			gate <- struct{}{}
			defer func() { <-gate }()
			d := websocket.Dialer{ReadBufferSize: 1024, WriteBufferSize: 512, HandshakeTimeout: time.Minute}
			c, res, err := d.Dial(address, http.Header{"Origin": {origin}, "Cookie": {cookies[i%len(cookies)]}})
			if err != nil {
				if res != nil {
					err = fmt.Errorf("%w: %s", err, res.Status)
				}
				errs <- err
				return
			}
			conns[i] = c
			if base, ours := strings.CutSuffix(address, "/live"); ours {
				err = showTicket(c, "http"+strings.TrimPrefix(base, "ws"), cookies[i%len(cookies)])
			}
			if err != nil {
				errs <- err
				return
			}
			err = c.WriteMessage(websocket.TextMessage, fmt.Appendf(nil, `{"t":"sub","topic":%q,"after":1,"epoch":1}`, topic))
			for err == nil {
				var raw []byte
				if _, raw, err = c.ReadMessage(); bytes.Contains(raw, []byte(`"t":"sub"`)) {
					break
				}
			}
			errs <- err
			if err != nil {
				return
			}
			go func() {
				for {
					_, raw, err := c.ReadMessage()
					if err != nil {
						return
					}
					heard(i, raw)
				}
			}()
		}()
	}
	for range n {
		if err := <-errs; err != nil {
			return conns, err
		}
	}
	return conns, nil
}

func listen(address, origin string, cookies []string, topic string, n int) (*listeners, error) {
	l := &listeners{done: make(chan time.Time, 1), last: make([]int64, n)}
	var err error
	l.conns, err = dialAll(address, origin, cookies, topic, n, func(socket int, raw []byte) {
		frames := int64(0)
		for frame := range bytes.SplitSeq(raw, []byte("\n")) {
			if !bytes.HasPrefix(frame, []byte(`{"t":"event"`)) && !bytes.HasPrefix(frame, []byte(`{"t":"void"`)) {
				continue
			}
			frames++
			if was, is := l.last[socket], numberOf(frame); is > 0 {
				if l.last[socket] = is; was > 0 && is != was+1 {
					l.odd.Add(1)
				}
			}
		}
		if frames == 0 {
			return
		}
		if frames == 1 {
			l.size.Store(int64(len(raw)))
		}
		switch left := l.left.Add(-frames); {
		case left == 0:
			l.done <- time.Now()
		case left < 0:
			l.odd.Add(1)
		}
	})
	return l, err
}

// numberOf is the number of a frame of ours, 0 where it has none.
func numberOf(frame []byte) (n int64) {
	_, after, _ := bytes.Cut(frame[:min(len(frame), 120)], []byte(`,"n":`))
	for _, c := range after {
		if c < '0' || c > '9' {
			break
		}
		n = 10*n + int64(c-'0')
	}
	return n
}

// expect begins to count.
func (l *listeners) expect(messages int) { l.left.Store(int64(messages * len(l.conns))) }

func (l *listeners) wait() (time.Time, error) {
	select {
	case at := <-l.done:
		if n := l.odd.Load(); n > 0 {
			return at, fmt.Errorf("%d messages came twice or out of order", n)
		}
		return at, nil
	case <-time.After(30 * time.Second):
		return time.Time{}, fmt.Errorf("%d messages were not heard", l.left.Load())
	}
}

func (l *listeners) close() {
	for _, c := range l.conns {
		if c != nil {
			_ = c.Close()
		}
	}
}

// liveBlocks is how often ours and the baseline take turns: both together would need more files than many systems allow.
const liveBlocks = 2

// times are how long single messages and bursts took.
type times struct{ single, burst []time.Duration }

// fanOut compares posts with broadcasts of the same size, in turns: from the commit, or the first write, until the last
// has heard.
func (b *bench) fanOut(ctx context.Context, r *report, engine string, n, rounds int, on *board, first *forum.Post) error {
	topic := "thread:" + first.ThreadID
	var committed atomic.Int64
	b.app.Streams.Listen(func(h stream.Hint) {
		if h.Stream == topic {
			committed.CompareAndSwap(0, time.Now().UnixNano())
		}
	})
	var ours, bare times
	author, size := 0, 0
	for range liveBlocks {
		l, err := listen("ws"+strings.TrimPrefix(b.site.base, "http")+"/live", b.site.origin(), b.cookies, topic, n)
		if err != nil {
			return err
		}
		// As many people as there are messages write at once; it is counted from the first commit.
		err = ours.take(rounds/liveBlocks, func(messages int) (time.Duration, error) {
			l.expect(messages)
			committed.Store(0)
			errs := make(chan error, messages)
			for range messages {
				author++
				who := on.authors[author%len(on.authors)]
				go func() { errs <- b.reply(ctx, who, first.ThreadID) }()
			}
			for range messages {
				if err := <-errs; err != nil {
					return 0, err
				}
			}
			at, err := l.wait()
			return at.Sub(time.Unix(0, committed.Load())), err
		})
		size = int(l.size.Load())
		l.close()
		b.alone()
		if err == nil {
			err = bareBlock(&bare, rounds/liveBlocks, n, size)
		}
		if err != nil {
			return err
		}
	}
	rate := func(t []time.Duration) float64 { return float64(n*burstSize) / quantile(t, 50).Seconds() }
	name := fmt.Sprintf("%s: from a post's commit to the last of %d sockets, ", engine, n)
	r.atMost(name+"p50", "ms", ms(quantile(ours.single, 50)), ms(quantile(bare.single, 50)), liveP50Goal)
	r.atMost(name+"p99", "ms", ms(quantile(ours.single, 99)), ms(quantile(bare.single, 99)), liveP99Goal)
	r.atLeast(fmt.Sprintf("%s: bursts of %d posts to %d sockets", engine, burstSize, n), "messages/s", rate(ours.burst), rate(bare.burst), liveRateGoal)
	return nil
}

// bareBlock is a turn of the baseline.
func bareBlock(into *times, rounds, n, size int) error {
	hub := newBareHub()
	at, err := serve(hub)
	if err != nil {
		return err
	}
	defer at.close()
	l, err := listen("ws"+strings.TrimPrefix(at.base, "http"), at.base, []string{""}, "", n)
	if err != nil {
		return fmt.Errorf("baseline: %w", err)
	}
	defer l.close()
	raw := append([]byte(`{"t":"event",`), bytes.Repeat([]byte("x"), max(20, size-14))...)
	err = into.take(rounds, func(messages int) (time.Duration, error) {
		l.expect(messages)
		start := time.Now()
		for range messages {
			if err := hub.broadcast(raw); err != nil {
				return 0, err
			}
		}
		heard, err := l.wait()
		return heard.Sub(start), err
	})
	if err != nil {
		return fmt.Errorf("baseline: %w", err)
	}
	return nil
}

// take measures single messages and bursts, each after one that is not counted.
func (t *times) take(rounds int, do func(messages int) (time.Duration, error)) error {
	for i := range rounds + 1 {
		d, err := do(1)
		if err != nil {
			return fmt.Errorf("a message: %w", err)
		}
		if i > 0 {
			t.single = append(t.single, d)
		}
	}
	for i := range burstRounds + 1 {
		d, err := do(burstSize)
		if err != nil {
			return fmt.Errorf("a burst: %w", err)
		}
		if i > 0 {
			t.burst = append(t.burst, d)
		}
	}
	return nil
}

// alone waits until the product has seen that nobody listens any more.
func (b *bench) alone() {
	for range 500 {
		if n, _, _ := b.app.Live.Status(); n == 0 {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
}

func quantile(times []time.Duration, percent int) time.Duration {
	t := slices.Clone(times)
	slices.Sort(t)
	return t[min(len(t)-1, len(t)*percent/100)]
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// listenerEnv names, for a child of this program, what it listens to: address, origin, topic, number and cookies, by lines.
const listenerEnv = "GREENROOM_BENCH_LISTENER"

// listener is the child: it opens sockets, says so, and keeps them until its input ends.
func listener() int {
	f := strings.Split(os.Getenv(listenerEnv), "\n")
	n, err := strconv.Atoi(f[3])
	if err == nil {
		_, err = moreFiles(n + 100)
	}
	if err == nil {
		_, err = dialAll(f[0], f[1], f[4:], f[2], n, func(int, []byte) {})
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench: listener:", err)
		return 2
	}
	fmt.Println("ready")
	_, _ = io.Copy(io.Discard, os.Stdin)
	return 0
}

// idle compares the memory that this process holds for those who listen, in a process of their own, with what bare sockets
// take.
func (b *bench) idle(r *report, engine string, n int, threadID string) error {
	hub := newBareHub()
	bareSite, err := serve(hub)
	if err != nil {
		return err
	}
	defer bareSite.close()
	bare, err := held(bareSite.base, bareSite.base, "thread:"+threadID, n, b.cookies)
	if err != nil {
		return err
	}
	ours, err := held(b.site.base+"/live", b.site.origin(), "thread:"+threadID, n, b.cookies)
	if err != nil {
		return err
	}
	b.alone()
	r.atMost(fmt.Sprintf("%s: server memory an idle live learner, of %d", engine, n), fmt.Sprintf("KiB of %g KiB", idleGoal), ours, idleGoal, 1)
	r.told(engine+": the same beside a bare socket", "KiB", ours, bare)
	return nil
}

// held is how much more memory is in use, a socket, while a child holds n.
func held(address, origin, topic string, n int, cookies []string) (float64, error) {
	self, err := os.Executable()
	if err != nil {
		return 0, err
	}
	before := inUse()
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), listenerEnv+"="+strings.Join(append([]string{"ws" + strings.TrimPrefix(address, "http"), origin, topic, strconv.Itoa(n)}, cookies...), "\n"))
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		return 0, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return 0, err
	}
	if err := cmd.Start(); err != nil {
		return 0, err
	}
	_, err = bufio.NewReader(out).ReadString('\n')
	after := inUse()
	_ = in.Close()
	if werr := cmd.Wait(); err == nil {
		err = werr
	}
	return float64(after-before) / 1024 / float64(n), err
}

// inUse is the memory that the heap and stacks take, free room in them included, after what can go has gone.
func inUse() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapInuse + m.StackInuse)
}
