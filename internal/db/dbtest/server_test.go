package dbtest_test

import (
	"bufio"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"greenroom/internal/db/dbtest"
)

const childVar = "GREENROOM_DBTEST_CHILD"

// TestMain lets this binary be the process that starts a server and is killed.
func TestMain(m *testing.M) {
	if os.Getenv(childVar) == "" {
		os.Exit(m.Run())
	}
	if _, err := dbtest.Start(); err != nil {
		_, _ = os.Stdout.WriteString("error " + err.Error() + "\n")
		os.Exit(1)
	}
	_, _ = os.Stdout.WriteString("ready\n")
	select {}
}

// A test binary that is killed leaves neither a server nor its files behind.
func TestNothingIsLeftBehind(t *testing.T) {
	t.Parallel()
	tmp, err := os.MkdirTemp("", "gr-left-") // t.TempDir has a long name, and a socket's is short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(tmp) })
	if err := os.Chmod(tmp, 0o755); err != nil { // the server runs under another account
		t.Fatal(err)
	}
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childVar+"=1", "TMPDIR="+tmp)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, _ := bufio.NewReader(out).ReadString('\n')
	if !strings.HasPrefix(line, "ready") {
		_ = cmd.Wait()
		if strings.Contains(line, "not found") && os.Getenv("CI") == "" && os.Getenv(dbtest.RequireVar) == "" {
			t.Skipf("no PostgreSQL: %s", line)
		}
		t.Fatalf("the child said %q", line)
	}
	if there, _ := filepath.Glob(filepath.Join(tmp, "gr-pg-*", "d", "postmaster.pid")); len(there) != 1 {
		t.Fatalf("servers below %s: %v", tmp, there)
	}
	_ = cmd.Process.Kill()
	_ = cmd.Wait()
	deadline := time.Now().Add(20 * time.Second)
	for {
		left, err := os.ReadDir(tmp)
		if err == nil && len(left) == 0 {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%v is left (%v)", left, err)
		}
		time.Sleep(20 * time.Millisecond)
	}
}
