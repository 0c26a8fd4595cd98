// Command bench measures the product as ratios to a baseline that runs in turns with it, on this machine, now.
//
//	go run ./cmd/bench                 SQLite and PostgreSQL
//	go run ./cmd/bench -only sqlite
//	go run ./cmd/bench -short          a tenth of the time: to see that it works
//	go run ./cmd/bench -burst          only the crowd that starts a quiz
//	go run ./cmd/bench -profile x.prof keeps where the processor's time went, for go tool pprof
//
// It prints a table and writes bench/latest.json: a list of {name, ours, baseline, unit, ratio, goal, ok}. The whole
// product runs in this process, and so does the load; PostgreSQL's own processor time is added to ours.
//
// Exit status: 0 when every goal holds, 1 when one does not, 2 when it could not be measured.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime/pprof"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"greenroom/internal/db/dbtest"
)

// Result is one measured thing. Ratio is ours to baseline; OK says whether it meets the goal.
type Result struct {
	Name     string  `json:"name"`
	Ours     float64 `json:"ours"`
	Baseline float64 `json:"baseline"`
	Unit     string  `json:"unit"`
	Ratio    float64 `json:"ratio"`
	Goal     string  `json:"goal"`
	OK       bool    `json:"ok"`
}

// report gathers results.
type report struct{ all []Result }

// atLeast notes a ratio that must not be smaller than goal.
func (r *report) atLeast(name, unit string, ours, baseline, goal float64) {
	r.add(Result{Name: name, Ours: ours, Baseline: baseline, Unit: unit, Ratio: div(ours, baseline), Goal: fmt.Sprintf(">= %.2f", goal), OK: div(ours, baseline) >= goal})
}

// atMost notes a ratio that must not be larger than goal.
func (r *report) atMost(name, unit string, ours, baseline, goal float64) {
	r.add(Result{Name: name, Ours: ours, Baseline: baseline, Unit: unit, Ratio: div(ours, baseline), Goal: fmt.Sprintf("<= %.2f", goal), OK: div(ours, baseline) <= goal})
}

// told notes a figure that has no goal of its own.
func (r *report) told(name, unit string, ours, baseline float64) {
	r.add(Result{Name: name, Ours: ours, Baseline: baseline, Unit: unit, Ratio: div(ours, baseline), Goal: "-", OK: true})
}

func (r *report) add(x Result) {
	r.all = append(r.all, x)
	fmt.Fprintf(os.Stderr, "%-58s %12.2f %12.2f %-10s ratio %.3f (%s)\n", x.Name, x.Ours, x.Baseline, x.Unit, x.Ratio, x.Goal)
}

func div(a, b float64) float64 {
	if b == 0 {
		return 0
	}
	return a / b
}

func main() {
	if os.Getenv(listenerEnv) != "" {
		os.Exit(listener())
	}
	only := flag.String("only", "", "sqlite or postgres")
	short := flag.Bool("short", false, "a tenth of the time")
	turn := flag.Duration("turn", 600*time.Millisecond, "how long ours and the baseline run in turns; with that a whole run stays below ten minutes")
	some := flag.String("parts", "", "what to measure, by commas: "+strings.Join(partNames(), ", ")+"; all when empty")
	profile := flag.String("profile", "", "file for a processor profile of the whole run")
	flag.Parse()
	s := settings{turn: *turn, short: *short, parts: map[string]bool{}}
	if s.short {
		s.turn /= 10
	}
	for _, name := range strings.FieldsFunc(*some, func(r rune) bool { return r == ',' }) {
		if !slices.Contains(partNames(), name) {
			fmt.Fprintf(os.Stderr, "bench: there is no part %q; there are %s\n", name, strings.Join(partNames(), ", "))
			os.Exit(2)
		}
		s.parts[name] = true
	}
	os.Exit(run(*only, *profile, s))
}

// partNames are those of the parts on a database, and "process", the built program seen from outside.
func partNames() []string {
	var names []string
	for _, p := range parts {
		names = append(names, p.name)
	}
	return append(names, "process")
}

func run(only, profile string, s settings) int {
	ctx := context.Background()
	if profile != "" {
		stop, err := startProfile(profile)
		if err != nil {
			fmt.Fprintln(os.Stderr, "bench:", err)
			return 2
		}
		defer stop()
	}
	dir, err := os.MkdirTemp(".", "tmp-bench-") // beside the project: on a disk that flushes, not in memory
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		return 2
	}
	defer os.RemoveAll(dir)
	r := &report{}
	for _, engine := range dbtest.Engines {
		if only != "" && only != engine {
			continue
		}
		if err := measure(ctx, r, engine, filepath.Join(dir, engine), s); err != nil {
			fmt.Fprintf(os.Stderr, "bench: %s: %v\n", engine, err)
			return 2
		}
	}
	if s.wants("process") && (only == "" || only == "sqlite") {
		if err := process(r, dir); err != nil {
			fmt.Fprintln(os.Stderr, "bench:", err)
			return 2
		}
	}
	return r.close()
}

func startProfile(name string) (stop func(), err error) {
	f, err := os.Create(name)
	if err != nil {
		return nil, err
	}
	if err := pprof.StartCPUProfile(f); err != nil {
		return nil, err
	}
	return func() { pprof.StopCPUProfile(); _ = f.Close() }, nil
}

func (r *report) close() int {
	if err := os.MkdirAll("bench", 0o755); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		return 2
	}
	raw, err := json.MarshalIndent(r.all, "", "  ")
	if err == nil {
		err = os.WriteFile("bench/latest.json", append(raw, '\n'), 0o644)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		return 2
	}
	code := 0
	t := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "NAME\tOURS\tBASELINE\tUNIT\tRATIO\tGOAL\tOK")
	for _, x := range r.all {
		ok := "yes"
		if !x.OK {
			ok, code = "NO", 1
		}
		fmt.Fprintf(t, "%s\t%.2f\t%.2f\t%s\t%.3f\t%s\t%s\n", x.Name, x.Ours, x.Baseline, x.Unit, x.Ratio, x.Goal, ok)
	}
	_ = t.Flush()
	return code
}
