package main

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"greenroom/internal/course/coursetest"
)

// server is a running server of the shell's settings.
type server struct {
	t    *testing.T
	addr string
	log  *bytes.Buffer // read it after stop
	end  context.CancelFunc
	done chan int
}

// serve starts the server and returns when it says that it is ready, or has ended.
func (s *shell) serve() (srv *server, ready bool) {
	s.t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0") // a free port
	ok(s.t, err)
	srv = &server{t: s.t, addr: l.Addr().String(), log: &bytes.Buffer{}, done: make(chan int, 1)}
	ok(s.t, l.Close())
	s.env["GREENROOM_ADDR"], s.env["GREENROOM_LOG"], s.env["GREENROOM_BASE_URL"] = srv.addr, "json", "http://"+srv.addr
	ctx, end := context.WithCancel(s.t.Context())
	srv.end = end
	out, in := io.Pipe()
	go func() {
		code := run(ctx, []string{"serve"}, func(k string) string { return s.env[k] }, in, srv.log)
		_ = in.Close()
		srv.done <- code
	}()
	lines := bufio.NewScanner(out)
	ready = lines.Scan() && strings.Contains(lines.Text(), "ready at http://"+srv.addr)
	go func() { _, _ = io.Copy(io.Discard, out) }()
	return srv, ready
}

// stop ends the server as SIGTERM does and looks at its exit status.
func (s *server) stop(want int) {
	s.t.Helper()
	s.end()
	if code := <-s.done; code != want {
		s.t.Errorf("it ended with %d, want %d\n%s", code, want, s.log.String())
	}
}

func (s *server) get(path string) {
	s.t.Helper()
	res, err := http.Get("http://" + s.addr + path)
	ok(s.t, err)
	_ = res.Body.Close()
	if res.StatusCode != 200 {
		s.t.Errorf("%s: %d", path, res.StatusCode)
	}
}

// The server says when it is ready, answers, and stops in peace.
func TestServe(t *testing.T) {
	t.Parallel()
	s := newShell(t)
	s.env["GREENROOM_DEMO"] = "true"
	srv, ready := s.serve()
	if !ready {
		srv.stop(0)
		t.Fatal(srv.log.String())
	}
	for _, path := range []string{"/healthz", "/readyz", "/", "/courses", "/sign-in", "/mailbox"} {
		srv.get(path)
	}
	st, err := os.Stat(filepath.Join(s.env["GREENROOM_DATA"], "secret"))
	if err != nil || st.Mode().Perm() != 0o600 {
		t.Errorf("the secret: %v %v", st, err)
	}
	srv.stop(0)
	if strings.Contains(srv.log.String(), `"level":"ERROR"`) {
		t.Errorf("it logged\n%s", srv.log.String())
	}
}

// A folder of courses that was broken keeps a new site from starting, and leaves a site that has courses as it was.
func TestServeWithABrokenFolder(t *testing.T) {
	t.Parallel()
	tree := coursetest.Small()
	good := write(t, tree)
	f := tree["tiny/01-first/02-check.quiz.yaml"]
	f.Data = append(f.Data, []byte("nonsense: 1\n")...)
	s := newShell(t)
	s.env["GREENROOM_COURSES"] = write(t, tree)
	srv, ready := s.serve()
	srv.stop(1)
	if holds(t, srv.log.String(), "02-check.quiz.yaml:"); ready {
		t.Error("a site without courses started")
	}
	s.run(0, "course", "publish", good)
	if srv, ready = s.serve(); !ready {
		srv.stop(0)
		t.Fatal(srv.log.String())
	}
	srv.get("/courses/tiny/first/check")
	srv.stop(0)
	holds(t, srv.log.String(), "those published before stay", "02-check.quiz.yaml:")
}

// Numbers are read at their own address and not at the site's; without the setting there are none.
func TestServeNumbers(t *testing.T) {
	t.Parallel()
	s := newShell(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	ok(t, err)
	at := l.Addr().String()
	ok(t, l.Close())
	s.env["GREENROOM_METRICS_ADDR"] = at
	srv, ready := s.serve()
	defer srv.stop(0)
	if !ready {
		t.Fatal(srv.log.String())
	}
	srv.get("/healthz")
	res, err := http.Get("http://" + at + "/metrics")
	ok(t, err)
	raw, err := io.ReadAll(res.Body)
	ok(t, err)
	_ = res.Body.Close()
	holds(t, string(raw), `route="/healthz"`, `greenroom_build_info{go="go`, `version="development"`)
	if res, err = http.Get("http://" + srv.addr + "/metrics"); err != nil || res.StatusCode != 404 {
		t.Errorf("the site itself answers %v %v", res, err)
	}
	_ = res.Body.Close()
}
