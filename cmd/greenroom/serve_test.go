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
)

// The server says when it is ready, answers, and stops in peace.
func TestServe(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0") // a free port
	ok(t, err)
	addr := l.Addr().String()
	ok(t, l.Close())
	s := newShell(t)
	s.env["GREENROOM_ADDR"], s.env["GREENROOM_DEMO"], s.env["GREENROOM_LOG"] = addr, "true", "json"
	s.env["GREENROOM_BASE_URL"] = "http://" + addr

	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	out, in := io.Pipe()
	var log bytes.Buffer
	done := make(chan int, 1)
	go func() {
		code := run(ctx, []string{"serve"}, func(k string) string { return s.env[k] }, in, &log)
		_ = in.Close()
		done <- code
	}()
	lines := bufio.NewScanner(out)
	if !lines.Scan() || !strings.Contains(lines.Text(), "ready at http://"+addr) {
		t.Fatalf("it says %q\n%d\n%s", lines.Text(), <-done, log.String())
	}
	go func() { _, _ = io.Copy(io.Discard, out) }()
	for _, path := range []string{"/healthz", "/readyz", "/", "/courses", "/sign-in", "/mailbox"} {
		res, err := http.Get("http://" + addr + path)
		ok(t, err)
		_ = res.Body.Close()
		if res.StatusCode != 200 {
			t.Errorf("%s: %d", path, res.StatusCode)
		}
	}
	st, err := os.Stat(filepath.Join(s.env["GREENROOM_DATA"], "secret"))
	if err != nil || st.Mode().Perm() != 0o600 {
		t.Errorf("the secret: %v %v", st, err)
	}
	stop()
	if code := <-done; code != 0 {
		t.Errorf("it ended with %d\n%s", code, log.String())
	}
	if strings.Contains(log.String(), `"level":"ERROR"`) {
		t.Errorf("it logged\n%s", log.String())
	}
}
