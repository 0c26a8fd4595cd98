// Package faulttest is the kit of tests that break things on purpose. Only tests import it.
//
//	driver.go  every statement of a use case fails in turn, before or after it took effect
//	child.go   a process that is killed in the middle of its work
//
// Nothing here waits by the clock: a child is killed after its n-th acknowledgement.
package faulttest

import (
	"bufio"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"testing"
)

const childVar = "GREENROOM_CHILD"

// Job is what a child does until it is killed. It calls ack after each thing that was acknowledged to it.
type Job func(args []string, ack func(line string)) error

// Main replaces m.Run in TestMain: in a child it runs the job and never the tests.
func Main(m *testing.M, jobs map[string]Job) int {
	name := os.Getenv(childVar)
	if name == "" {
		return m.Run()
	}
	err := jobs[name](os.Args[1:], func(line string) {
		// One write a line, straight to the pipe: what was printed is what was acknowledged.
		_, _ = io.WriteString(os.Stdout, "ack "+line+"\n")
	})
	if err != nil {
		fmt.Fprintln(os.Stderr, "child:", err)
		return 3
	}
	return 0
}

// Rounds runs the job in a child n times and kills it (SIGKILL) after a random number of acknowledgements, up to
// most. After each round check gets what was acknowledged in it. The seed is logged.
func Rounds(t *testing.T, job string, n, most int, args []string, check func(round int, acked []string)) {
	t.Helper()
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 0))
	for round := range n {
		check(round, killed(t, job, 1+rng.IntN(most), args))
		if t.Failed() {
			return
		}
	}
}

// Child is a process that runs the job: start it, and kill it when it has served.
func Child(job string, args []string, env ...string) *exec.Cmd {
	cmd := exec.Command(os.Args[0], args...)
	cmd.Env = append(append(os.Environ(), childVar+"="+job), env...)
	return cmd
}

func killed(t *testing.T, job string, after int, args []string) []string {
	t.Helper()
	cmd := Child(job, args)
	var complaints strings.Builder
	cmd.Stderr = &complaints
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var acked []string
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		line, ok := strings.CutPrefix(lines.Text(), "ack ")
		if !ok {
			continue
		}
		acked = append(acked, line)
		if len(acked) == after {
			_ = cmd.Process.Kill() // what was printed but not yet read still counts: the loop goes on
		}
	}
	_ = cmd.Wait()
	if len(acked) < after && complaints.Len() > 0 {
		t.Fatalf("the child stopped by itself after %d acknowledgements: %s", len(acked), complaints.String())
	}
	return acked
}
