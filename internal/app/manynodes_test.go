package app_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"os/signal"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	natsserver "github.com/nats-io/nats-server/v2/server"

	"github.com/gorilla/websocket"
	"github.com/uptrace/bun"

	"greenroom/internal/app"
	"greenroom/internal/bell"
	"greenroom/internal/config"
	"greenroom/internal/db"
	"greenroom/internal/db/dbtest"
	"greenroom/internal/delivery"
	"greenroom/internal/faulttest"
	"greenroom/internal/forum"
	"greenroom/internal/id"
	"greenroom/internal/live"
	"greenroom/internal/stream"
)

// Several nodes of one site, each a process of its own that is stopped and killed, over one PostgreSQL. What is waited for
// here is waited for until it comes: only a test that fails meets the deadline.
const deadline = 60 * time.Second

const nodeSecret = "a secret that is long enough for tests"

// serveNode is the child: the whole server, as the program runs it.
func serveNode(_ []string, _ func(string)) error {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	cfg, err := config.Read(os.Getenv)
	if err != nil {
		return err
	}
	return app.Serve(ctx, cfg, slog.New(slog.NewTextHandler(os.Stderr, nil)), os.Stdout)
}

// cluster is a site of several nodes. The site in this process is where people and threads come from; it serves nobody.
type cluster struct {
	*site
	dbURL, courses string
	thread         string
}

// node is one process.
type node struct {
	*site   // its clients are made with it; the services are those of the cluster's site
	cmd     *exec.Cmd
	routes  string // where its NATS takes routes
	metrics string
	log     *diary
	ended   chan struct{}
}

func newCluster(t *testing.T) *cluster {
	t.Helper()
	d, u := dbtest.NewURL(t, "postgres", 1)
	s := newSiteOn(t, d, setup{config: func(cfg *config.Config) { cfg.LivePerPerson = 1000 }})
	s.clock.at = time.Now().UTC()
	c := &cluster{site: s, dbURL: u, courses: t.TempDir()}
	ok(t, os.CopyFS(c.courses, small()))
	return c
}

// freePort is an address at which nobody listens.
func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	ok(t, err)
	defer l.Close()
	return l.Addr().String()
}

// start starts a node and returns when it says that it is ready.
func (c *cluster) start(env ...string) *node {
	c.t.Helper()
	return c.startAt(freePort(c.t), env...)
}

// startAt starts it at an address, as one that was there before.
func (c *cluster) startAt(at string, env ...string) *node {
	c.t.Helper()
	t := c.t
	n := &node{routes: freePort(t), metrics: freePort(t), log: &diary{}, ended: make(chan struct{})}
	own := *c.site
	own.url = "http://" + at
	n.site = &own
	n.cmd = faulttest.Child("serve", nil, append([]string{
		"GREENROOM_ADDR=" + at, "GREENROOM_DATABASE_URL=" + c.dbURL, "GREENROOM_DATA=" + t.TempDir(), "GREENROOM_SECRET=" + nodeSecret,
		"GREENROOM_COURSES=" + c.courses, "GREENROOM_METRICS_ADDR=" + n.metrics, "GREENROOM_LIVE_PER_PERSON=1000",
		"GREENROOM_NATS_CLUSTER=" + n.routes,
	}, env...)...)
	n.cmd.Stderr = n.log
	out, err := n.cmd.StdoutPipe()
	ok(t, err)
	ok(t, n.cmd.Start())
	lines := bufio.NewScanner(out)
	if !lines.Scan() || !strings.Contains(lines.Text(), "ready at "+n.url) {
		t.Fatalf("no node: %q\n%s", lines.Text(), n.log.String())
	}
	go func() {
		_, _ = io.Copy(io.Discard, out)
		_ = n.cmd.Wait()
		close(n.ended)
	}()
	t.Cleanup(n.kill)
	return n
}

// kill is kill -9.
func (n *node) kill() {
	_ = n.cmd.Process.Kill()
	<-n.ended
}

// alone is how a node is that hears of the others by looking only.
const alone = "GREENROOM_NATS_CLUSTER="

func (n *node) joins(others ...*node) string {
	var at []string
	for _, o := range others {
		at = append(at, o.routes)
	}
	return "GREENROOM_NATS_ROUTES=" + strings.Join(at, ",")
}

// number reads one of a node's metrics.
func (n *node) number(name string) float64 {
	n.t.Helper()
	res, err := http.Get("http://" + n.metrics + "/metrics")
	ok(n.t, err)
	defer func() { _ = res.Body.Close() }()
	raw, err := io.ReadAll(res.Body)
	ok(n.t, err)
	for line := range strings.Lines(string(raw)) {
		if v, found := strings.CutPrefix(line, "greenroom_"+name+" "); found {
			x, err := strconv.ParseFloat(strings.TrimSpace(v), 64)
			ok(n.t, err)
			return x
		}
	}
	n.t.Fatalf("no number %s", name)
	return 0
}

func until(t *testing.T, what string, so func() bool) {
	t.Helper()
	for end := time.Now().Add(deadline); !so(); <-time.After(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("it did not come to that: %s", what)
		}
	}
}

// met waits until each node has routes to all others.
func met(nodes ...*node) {
	for _, n := range nodes {
		until(n.t, "the nodes have met", func() bool { return n.number("bell_routes") >= float64(len(nodes)-1) })
	}
}

// at is the same person's browser at another node: cookies do not tell ports apart.
func (c *client) at(n *node) *client { return &client{s: n.site, http: c.http, role: c.role, id: c.id} }

// talkers are so many people of one cohort, signed in at the node, and the thread that the first of them has begun there.
func (c *cluster) talkers(n *node, many int) (all []*client) {
	c.t.Helper()
	ctx := context.Background()
	d := c.cohort(time.Now().UTC().Format(time.DateOnly), 0)
	for i := range many {
		p := n.person(fmt.Sprintf("Tia Talker%d", i), "learner")
		_, err := c.Deliveries.EnrolIn(ctx, p.id, d.ID, delivery.SourceTrainer)
		ok(c.t, err)
		all = append(all, p)
	}
	page := all[0].post("/discuss/"+d.ID+"/general", url.Values{"title": {"Something"}, "body": {"What is there to say?"}, "rules": {"1"}}).want(303)
	post := strings.TrimPrefix(page.header.Get("Location"), "/posts/")
	ok(c.t, c.DB.NewSelect().Table("forum_post").Column("thread_id").Where("id = ?", post).Scan(ctx, &c.thread))
	return all
}

// says posts into the thread, at the node that the client is at.
func (c *cluster) says(who *client, body, clientID string) *page {
	c.t.Helper()
	return who.post("/threads/"+c.thread, url.Values{"body": {body}, "client": {clientID}, "rules": {"1"}})
}

// ear is a page that is open: it keeps the protocol, and every number that it got.
type ear struct {
	t    *testing.T
	ws   *websocket.Conn
	mu   sync.Mutex
	raw  bytes.Buffer // all that came
	head int64
	got  map[int64]live.Frame
	bye  *live.Frame
	told []string // resets, and topics that went: "reset 3", "gone"
	code int      // of its end; 0 while it lives
	done chan struct{}
}

// listen opens a socket at the client's node and asks for what came after a number.
func (c *cluster) listen(who *client, after int64) *ear {
	c.t.Helper()
	e, status, err := c.dial(who, after)
	if err != nil {
		c.t.Fatalf("no socket: %d %v", status, err)
	}
	return e
}

// ticket fetches one for a socket at the client's node.
func (c *cluster) ticket(who *client) (string, error) {
	res, err := who.http.Do(who.request(http.MethodPost, "/live/ticket", nil))
	if err != nil {
		return "", err
	}
	defer res.Body.Close()
	var got struct{ Ticket string }
	if res.StatusCode != http.StatusOK {
		return "", fmt.Errorf("no ticket: %s", res.Status)
	}
	err = json.NewDecoder(res.Body).Decode(&got)
	return got.Ticket, err
}

func (c *cluster) dial(who *client, after int64) (*ear, int, error) {
	u, err := url.Parse(who.s.url)
	if err != nil {
		return nil, 0, err
	}
	h := http.Header{"Origin": {who.s.url}}
	for _, k := range who.http.Jar.Cookies(u) {
		h.Add("Cookie", k.String())
	}
	ws, res, err := websocket.DefaultDialer.Dial("ws://"+u.Host+"/live", h)
	if err != nil {
		status := 0
		if res != nil {
			status = res.StatusCode
		}
		return nil, status, err
	}
	e := &ear{t: c.t, ws: ws, head: after, got: map[int64]live.Frame{}, done: make(chan struct{})}
	ticket, err := c.ticket(who)
	if err != nil {
		_ = ws.Close()
		return nil, 0, err
	}
	if err := ws.WriteJSON(map[string]string{"t": "ticket", "ticket": ticket}); err != nil {
		return nil, 0, err
	}
	if err := ws.WriteJSON(map[string]any{"t": "sub", "topic": "thread:" + c.thread, "after": after, "epoch": 1}); err != nil {
		return nil, 0, err
	}
	go e.run()
	c.t.Cleanup(func() { _ = ws.Close() })
	return e, 101, nil
}

func (e *ear) run() {
	defer close(e.done)
	for {
		_, raw, err := e.ws.ReadMessage()
		e.mu.Lock()
		if err != nil {
			e.code = -1
			var end *websocket.CloseError
			if errors.As(err, &end) {
				e.code = end.Code
			}
			e.mu.Unlock()
			return
		}
		e.raw.Write(raw)
		for line := range bytes.SplitSeq(raw, []byte("\n")) {
			e.take(line)
		}
		e.mu.Unlock()
	}
}

func (e *ear) take(line []byte) {
	var f live.Frame
	if err := json.Unmarshal(line, &f); err != nil {
		e.t.Errorf("%q: %v", line, err)
	}
	switch f.T {
	case "event", "void":
		if f.N != e.head+1 {
			e.t.Errorf("number %d after %d", f.N, e.head)
		}
		e.head = f.N
		e.got[f.N] = f
	case "reset", "gone", "error":
		e.told = append(e.told, strings.TrimSpace(fmt.Sprint(f.T, " ", f.N)))
		if f.T == "reset" {
			e.head = f.N
		}
	case "bye":
		e.bye = &f
	}
}

// tells waits for a reset or the end of the topic.
func (e *ear) tells(want string) {
	e.t.Helper()
	until(e.t, want+" is told", func() bool {
		e.mu.Lock()
		defer e.mu.Unlock()
		return slices.Contains(e.told, want)
	})
}

// isReset waits until a page was told to load again, whatever its number was by then.
func (e *ear) isReset() {
	e.t.Helper()
	until(e.t, "a reset is told", func() bool {
		e.mu.Lock()
		defer e.mu.Unlock()
		return slices.ContainsFunc(e.told, func(s string) bool { return strings.HasPrefix(s, "reset ") })
	})
}

// heard is all that came, as it came.
func (e *ear) heard() string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.raw.String()
}

// frame is what came under a number.
func (e *ear) frame(n int64) string {
	e.until(n)
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.got[n].T + " " + string(e.got[n].Data)
}

func (e *ear) at() int64 {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.head
}

func (e *ear) until(n int64) {
	e.t.Helper()
	until(e.t, fmt.Sprintf("number %d is heard", n), func() bool { return e.at() >= n })
}

// ends waits for the end of the socket and returns its code; -1 when it just broke.
func (e *ear) ends() int {
	e.t.Helper()
	select {
	case <-e.done:
	case <-time.After(deadline):
		e.t.Fatal("the socket does not end")
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.code
}

// head is how far the thread is.
func (c *cluster) head() int64 {
	c.t.Helper()
	n, _, err := c.Streams.Head(context.Background(), "thread:"+c.thread)
	ok(c.t, err)
	return n
}

// Three nodes with routes to each other. What is posted at any is heard at all, a killed node costs its readers a moment,
// and the same form sent to two nodes at once is one post.
func TestThreeNodes(t *testing.T) {
	t.Parallel()
	c := newCluster(t)
	one := c.start()
	two := c.start(one.joins(one))
	three := c.start(one.joins(one, two))
	nodes := []*node{one, two, three}
	met(nodes...)
	people := c.talkers(one, 4)
	var ears []*ear
	for _, n := range nodes {
		ears = append(ears, c.listen(people[0].at(n), 1), c.listen(people[1].at(n), 1))
		n.nobody().get("/readyz").want(200)
	}
	for i := range 9 {
		c.says(people[i%4].at(nodes[i%3]), fmt.Sprint("Said in turn, ", i), id.New()).want(303)
	}
	for _, e := range ears {
		e.until(10)
		if len(e.told) > 0 {
			t.Errorf("told %v", e.told)
		}
	}
	for _, n := range nodes {
		until(t, "hints came and went", func() bool { return n.number("bells_heard") > 0 && n.number("bells_sent") > 0 })
		if got := n.number("bells_missed"); got != 0 {
			t.Errorf("%v were found by looking although the doorbell works", got)
		}
	}

	t.Run("one client id is one post", func(t *testing.T) { c.oncePosted(t, people[2], one, two) })
	head := c.head()
	for _, e := range ears {
		e.until(head)
	}

	t.Run("a killed node", func(t *testing.T) {
		two.kill()
		for _, e := range ears[2:4] {
			e.ends()
		}
		c.says(people[3].at(one), "While two is dead", id.New()).want(303)
		until(t, "the route is gone", func() bool { return one.number("bell_routes") == 1 })
		one.nobody().get("/readyz").want(200) // another node's death is no fault of this one
		back := c.listen(people[0].at(three), ears[2].at())
		back.until(c.head())
		two = c.start(one.joins(one))
		met(one, two, three)
		again := c.listen(people[1].at(two), ears[3].at())
		c.says(people[3].at(two), "Here again", id.New()).want(303)
		for _, e := range append(ears[:2], ears[4], ears[5], back, again) {
			e.until(c.head())
		}
	})

	t.Run("who signs out is out everywhere", func(t *testing.T) {
		gone := c.listen(people[3].at(three), c.head())
		people[3].at(one).post("/sign-out", nil).want(303)
		if code := gone.ends(); code != live.CloseSignedOut {
			t.Errorf("the socket ended with %d", code)
		}
	})
}

// oncePosted sends one form ten times at once, to two nodes, and then another text under its name (discussion.md 3.5, 6).
func (c *cluster) oncePosted(t *testing.T, who *client, one, two *node) {
	before, name := c.count("forum_post"), id.New()
	where := map[string]int{}
	var mu sync.Mutex
	statuses := together(10, func(i int) int {
		n := one
		if i%2 == 0 {
			n = two
		}
		p := c.says(who.at(n), "Said once", name)
		mu.Lock()
		defer mu.Unlock()
		where[p.header.Get("Location")]++
		return p.status
	})
	if statuses[303] != 10 || len(where) != 1 {
		t.Errorf("answers %v, leading to %v", statuses, where)
	}
	if n := c.count("forum_post") - before; n != 1 {
		t.Errorf("%d posts", n)
	}
	c.says(who.at(two), "Something else", name).want(409)
	if n := c.count("forum_post") - before; n != 1 {
		t.Errorf("%d posts after the conflict", n)
	}
}

// ownNATS is a NATS of one's own, which can be stopped and started again.
func ownNATS(t *testing.T, address string) *natsserver.Server {
	t.Helper()
	a, err := net.ResolveTCPAddr("tcp", address)
	ok(t, err)
	s, err := natsserver.NewServer(&natsserver.Options{Host: "127.0.0.1", Port: a.Port, NoLog: true, NoSigs: true})
	ok(t, err)
	go s.Start()
	if !s.ReadyForConnections(deadline) {
		t.Fatal("NATS does not start")
	}
	t.Cleanup(func() { s.Shutdown(); s.WaitForShutdown() })
	return s
}

// A doorbell that is cut costs a moment and no post; the nodes say that they are not ready, and are again when it is back.
func TestTheDoorbellIsCut(t *testing.T) {
	t.Parallel()
	c := newCluster(t)
	at := freePort(t)
	s := ownNATS(t, at)
	one, two := c.start(alone, "GREENROOM_NATS_URL=nats://"+at), c.start(alone, "GREENROOM_NATS_URL=nats://"+at)
	people := c.talkers(one, 2)
	here, there := c.listen(people[0].at(one), 1), c.listen(people[1].at(two), 1)
	ready := func(status int) {
		t.Helper()
		for _, n := range []*node{one, two} {
			until(t, fmt.Sprint("readiness is ", status), func() bool { return n.nobody().get("/readyz").status == status })
		}
	}
	say := func(n *node, body string) {
		t.Helper()
		c.says(people[0].at(n), body, id.New()).want(303)
		here.until(c.head())
		there.until(c.head())
	}
	ready(200)
	say(one, "Heard by the bell")
	until(t, "a hint was heard", func() bool { return two.number("bells_heard") > 0 })

	s.Shutdown()
	s.WaitForShutdown()
	ready(503)
	for i := range 3 {
		say(one, fmt.Sprint("Found by looking ", i))
	}
	say(two, "The other way too")
	until(t, "it was counted", func() bool { return two.number("bells_missed") > 0 })
	one.nobody().get("/healthz").want(200) // nobody should restart it

	ownNATS(t, at)
	ready(200)
	heard := two.number("bells_heard")
	say(one, "Heard again")
	until(t, "a hint was heard again", func() bool { return two.number("bells_heard") > heard })
	if len(here.told)+len(there.told) > 0 || here.at() != c.head() || there.at() != c.head() || c.head() != 7 {
		t.Errorf("%d and %d of %d", here.at(), there.at(), c.head())
	}
}

// blurt is a child that posts, and stops between the commit and the doorbell: what it said is committed, readers of its own
// process have heard, and no other node will.
func blurt(args []string, ack func(string)) error {
	ctx := context.Background()
	d, err := db.Open(ctx, args[0])
	if err != nil {
		return err
	}
	cfg := config.Config{
		Addr: "127.0.0.1:8080", BaseURL: "http://127.0.0.1:8080", DatabaseURL: config.Secret(args[0]), Secret: nodeSecret,
		MailFrom: "Greenroom <no-reply@agency.example>", TimeZone: "Australia/Sydney",
	}
	log := slog.New(slog.DiscardHandler)
	b, err := bell.Open(bell.Options{Cluster: args[1], Routes: args[2:3], Secret: nodeSecret, Log: log})
	if err != nil {
		return err
	}
	a, err := app.New(cfg, d, log, app.Options{Bell: b})
	if err != nil {
		return err
	}
	b.Listen(func(h stream.Hint) {
		if h.Stream == "thread:"+args[3] {
			ack("committed " + strconv.FormatInt(h.Head, 10))
			select {}
		}
	})
	who, err := a.Accounts.ByID(ctx, args[4])
	if err != nil {
		return err
	}
	v, _, err := a.Forum.VisitThread(ctx, who, args[3])
	if err != nil {
		return err
	}
	_, err = a.Forum.Write(ctx, v, forum.Text{ThreadID: args[3], Body: "Said and killed", Rules: 1, ClientID: id.New()})
	return fmt.Errorf("it came back: %w", err)
}

// kill -9 between the commit and the doorbell (discussion.md 3.5, 2): the post is there, and another node finds it.
func TestKilledBetweenCommitAndDoorbell(t *testing.T) {
	t.Parallel()
	c := newCluster(t)
	one := c.start()
	people := c.talkers(one, 2)
	e := c.listen(people[0], 1)
	e.until(1)
	args := []string{c.dbURL, freePort(t), one.routes, c.thread, people[1].id}
	faulttest.Rounds(t, "blurt", 3, 1, args, func(round int, acked []string) {
		if want := fmt.Sprint("committed ", round+2); len(acked) != 1 || acked[0] != want {
			t.Fatalf("acknowledged %v, want %s", acked, want)
		}
		e.until(int64(round + 2))
	})
	until(t, "it was counted", func() bool { return one.number("bells_missed") > 0 })
	if n := one.number("bells_heard"); n != 0 {
		t.Errorf("%v hints were heard from who was killed", n)
	}
}

// counted counts what a node asks of its database.
type counted struct{ n atomic.Int64 }

func (q *counted) BeforeQuery(ctx context.Context, _ *bun.QueryEvent) context.Context {
	q.n.Add(1)
	return ctx
}
func (q *counted) AfterQuery(context.Context, *bun.QueryEvent) {}

// A node that stops sends its readers away, each with a time of its own to come back; at the other node all are live again,
// none has missed a post or got one twice, and what that costs the database is some queries each (discussion.md 3.5, 14).
func TestDrain(t *testing.T) {
	t.Parallel()
	const readers, queries = 200, 12
	c := newCluster(t)
	one := c.start()
	people := c.talkers(one, 3)
	var away []*ear
	for i := range readers {
		away = append(away, c.listen(people[i%3], 0))
	}
	for _, e := range away {
		e.until(1)
	}
	two := &node{site: c.site}
	c.clock.advance(time.Since(c.clock.Now()))
	c.keepLive()
	asked := &counted{}
	//lint:ignore SA1019 the node that is already running is the one whose questions are counted
	c.DB.AddQueryHook(asked)

	ok(t, one.cmd.Process.Signal(syscall.SIGTERM))
	retry := map[int64]int{}
	for _, e := range away {
		if code := e.ends(); code != websocket.CloseServiceRestart || e.bye == nil {
			t.Fatalf("the end is %d, %+v", code, e.bye)
		}
		retry[e.bye.Retry/10_000]++
	}
	if retry[0] < readers/6 || retry[1] < readers/6 || retry[2] < readers/6 || retry[0]+retry[1]+retry[2] != readers {
		t.Errorf("they come back in these thirds of 30 s: %v", retry)
	}
	<-one.ended
	if code := one.cmd.ProcessState.ExitCode(); code != 0 {
		t.Errorf("the node ended with %d\n%s", code, one.log.String())
	}
	if said := one.log.String(); strings.Count(said, "route=/live status=101") != readers {
		t.Errorf("the log has %d sockets of %d", strings.Count(said, "route=/live status=101"), readers)
	}
	for i := range 3 {
		c.says(people[i].at(two), fmt.Sprint("While they are away ", i), id.New()).want(303)
	}
	before := asked.n.Load()
	back := make([]*ear, readers)
	var all sync.WaitGroup
	for i, e := range away {
		all.Go(func() { back[i] = c.comeBack(people[i%3].at(two), e.at()) })
	}
	all.Wait()
	if t.Failed() {
		return
	}
	for _, e := range back {
		e.until(4)
	}
	if n := asked.n.Load() - before; n > readers*queries {
		t.Errorf("%d readers cost %d queries", readers, n)
	} else {
		t.Logf("%d readers cost %d queries", readers, n)
	}
	c.says(people[0].at(two), "All are here", id.New()).want(303)
	for _, e := range back {
		e.until(5)
	}
}

// keepLive runs what keeps sockets, as a server does.
func (s *site) keepLive() {
	work, stop := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { _ = s.Live.Run(work) })
	s.t.Cleanup(func() { stop(); running.Wait() })
}

// comeBack is what a client does: it tries again as long as the node says that it is too much.
func (c *cluster) comeBack(who *client, after int64) *ear {
	for end := time.Now().Add(deadline); ; <-time.After(50 * time.Millisecond) {
		e, status, err := c.dial(who, after)
		if err == nil {
			return e
		}
		if status != http.StatusServiceUnavailable || time.Now().After(end) {
			c.t.Errorf("it may not come back: %d %v", status, err)
			return &ear{t: c.t, done: make(chan struct{})}
		}
	}
}
