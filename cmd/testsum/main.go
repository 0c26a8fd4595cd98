// Command testsum reads the events of `go test -json` and prints what a person wants of them: a line for each
// package, the whole output of what failed, why tests were skipped, and one line that sums up:
//
//	go test -json ./... | go run ./cmd/testsum
//
// Exit status: 0 when all passed; 1 when a test or a package failed, or when there was no test at all.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"time"
)

func main() { os.Exit(run(os.Stdin, os.Stdout)) }

// event is one line of `go test -json` (see `go doc test2json`).
type event struct {
	Action, Package, Test, Output, ImportPath string
	Elapsed                                   float64 // seconds
}

// tally is what has been counted. A test with subtests is counted once for each, itself too.
type tally struct {
	out                     io.Writer
	passed, failed, skipped int
	packages, broken        int
	output                  map[string][]string // by package and test, until it is known how it went
	reasons                 map[string]int      // why tests were skipped
}

func run(in io.Reader, out io.Writer) int {
	start := time.Now()
	t := &tally{out: out, output: map[string][]string{}, reasons: map[string]int{}}
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		var e event
		if json.Unmarshal(lines.Bytes(), &e) != nil || e.Action == "" {
			fmt.Fprintln(out, lines.Text()) // what the go command says outside of JSON
			continue
		}
		t.hear(e)
	}
	if err := lines.Err(); err != nil {
		fmt.Fprintln(out, "testsum:", err)
		return 1
	}
	for _, why := range slices.Sorted(maps.Keys(t.reasons)) {
		fmt.Fprintf(out, "skipped %d: %s\n", t.reasons[why], why)
	}
	fmt.Fprintf(out, "Go tests: %d passed, %d failed, %d skipped in %d packages, %d of them failed (%s)\n",
		t.passed, t.failed, t.skipped, t.packages, t.broken, time.Since(start).Round(time.Second))
	if t.failed > 0 || t.broken > 0 || t.passed == 0 {
		return 1
	}
	return 0
}

func (t *tally) hear(e event) {
	key := e.Package + " " + e.Test
	switch e.Action {
	case "output":
		t.output[key] = append(t.output[key], e.Output)
		return
	case "build-output":
		fmt.Fprint(t.out, e.Output)
		return
	case "pass", "fail", "skip":
	default:
		return
	}
	said := t.output[key]
	delete(t.output, key)
	if e.Test == "" {
		t.ended(e, said)
		return
	}
	switch e.Action {
	case "pass":
		t.passed++
	case "skip":
		t.skipped++
		t.reasons[reason(said)]++
	case "fail":
		t.failed++
		fmt.Fprint(t.out, strings.Join(said, ""))
	}
}

// ended is the end of a package.
func (t *tally) ended(e event, said []string) {
	if e.Action == "skip" { // no test files
		return
	}
	t.packages++
	if e.Action == "fail" {
		t.broken++
		for key, lines := range t.output { // a panic or a time-out ends a binary before its tests have ended
			if strings.HasPrefix(key, e.Package+" ") {
				fmt.Fprint(t.out, strings.Join(lines, ""))
				delete(t.output, key)
			}
		}
		fmt.Fprint(t.out, strings.Join(said, ""))
		return
	}
	for _, l := range said {
		if strings.HasPrefix(l, "ok ") {
			fmt.Fprint(t.out, l)
		}
	}
}

// reason is the last thing that a skipped test said, without the place in the code.
func reason(said []string) string {
	for _, l := range slices.Backward(said) {
		if l = strings.TrimSpace(l); l == "" || strings.HasPrefix(l, "---") || strings.HasPrefix(l, "===") {
			continue
		}
		if _, text, ok := strings.Cut(l, ".go:"); ok {
			_, text, _ = strings.Cut(text, ": ")
			return text
		}
		return l
	}
	return "no reason given"
}
