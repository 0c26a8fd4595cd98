package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"

	"greenroom/internal/record"
)

// growthTries is how often a page is measured before and after; the least counts. The two cannot take turns, and whatever
// else the machine does in between only ever adds.
const growthTries = 3

// growth asks the same pages before and after there is ten times as much of everything, in one run each.
func (b *bench) growth(ctx context.Context, r *report, engine string, s settings) error {
	pages := []struct{ name, path string }{
		{"catalogue", "/courses"}, {"course page", "/courses/bench-0"}, {"lesson page", "/courses/bench-0/module-3/step-2"}, {"dashboard", "/me"},
	}
	if err := b.fill(ctx, 0, 200); err != nil {
		return err
	}
	before := make([]sample, len(pages))
	measure := func(into []sample) error {
		for i, p := range pages {
			for try := range growthTries {
				got, _, err := turns(s.turn/2, b.pids, b.get(p.path, ""), b.bareGet)
				if err != nil {
					return fmt.Errorf("%s: %w", p.name, err)
				}
				if try == 0 || got.cpu < into[i].cpu {
					into[i] = got
				}
			}
		}
		return nil
	}
	if _, err := b.app.Courses.Publish(ctx, tree(12, 60)); err != nil {
		return err
	}
	if err := measure(before); err != nil {
		return err
	}
	if _, err := b.app.Courses.Publish(ctx, tree(120, 60)); err != nil {
		return err
	}
	if err := b.fill(ctx, 200, 2000); err != nil {
		return err
	}
	after := make([]sample, len(pages))
	if err := measure(after); err != nil {
		return err
	}
	for i, p := range pages {
		r.atMost(engine+": "+p.name+", CPU with 10 times the courses, learners, events", "ms/request", after[i].cpu, before[i].cpu, growthGoal)
	}
	return nil
}

// fill adds learners with ten completed steps each.
func (b *bench) fill(ctx context.Context, from, to int) error {
	rev, err := b.app.Courses.Current(ctx, "bench-0")
	if err != nil {
		return err
	}
	for range to - from {
		p, _, err := b.app.Accounts.NewGuest(ctx)
		if err != nil {
			return err
		}
		at, err := b.app.Deliveries.Enrol(ctx, p.ID, rev.Key)
		if err != nil {
			return err
		}
		a := rev.First()
		for range 3 {
			if _, err := b.app.Records.MarkComplete(ctx, record.Completion{PersonID: p.ID, Course: rev, Activity: a, DeliveryID: at.DeliveryID}); err != nil {
				return err
			}
			a = a.Next
		}
	}
	return nil
}

// publish measures a course of 1,000 pages, in and out again.
func (b *bench) publish(ctx context.Context, r *report, engine string, _ settings) error {
	big := tree(1, 1000)
	for name, f := range big { // a course of its own beside the others
		delete(big, name)
		f.Data = bytes.ReplaceAll(f.Data, []byte("key: bench-0"), []byte("key: big"))
		big[strings.Replace(name, "bench-0/", "big/", 1)] = f
	}
	start := time.Now()
	if _, err := b.app.Courses.Publish(ctx, big); err != nil {
		return fmt.Errorf("publish 1,000 pages: %w", err)
	}
	r.atMost(engine+": publish a course of 1,000 pages", "s of 3 s", time.Since(start).Seconds(), 3, 1)
	rev, err := b.app.Courses.Current(ctx, "big")
	if err != nil {
		return err
	}
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	start = time.Now()
	if err := b.app.Courses.Export(ctx, rev.Hash, io.Discard); err != nil {
		return fmt.Errorf("export 1,000 pages: %w", err)
	}
	took := time.Since(start)
	runtime.ReadMemStats(&after)
	r.atMost(engine+": export a course of 1,000 pages", "s of 2 s", took.Seconds(), 2, 1)
	r.atMost(engine+": export, memory held", "MiB of 32", mib(after.HeapInuse)-mib(before.HeapInuse), 32, 1)
	return nil
}

func mib(n uint64) float64 { return float64(n) / (1 << 20) }

// process measures the built program from outside: start to first page on a migrated database, and what it holds in
// memory when nobody is there.
func process(r *report, dir string) error {
	data, err := filepath.Abs(filepath.Join(dir, "process"))
	if err != nil {
		return err
	}
	bin, err := filepath.Abs("bin/greenroom")
	if err != nil {
		return err
	}
	if _, err := os.Stat(bin); err != nil {
		return fmt.Errorf("bin/greenroom is missing: run make build first")
	}
	best := 0.0
	memory := 0.0
	for i := range 4 { // the first start migrates and publishes and is not counted
		took, rss, err := oneStart(bin, data, 18400+i)
		if err != nil {
			return err
		}
		if i > 0 && (best == 0 || took < best) {
			best = took
		}
		memory = rss
	}
	r.atMost("start to first page, migrated", "s of 0.3 s", best, 0.3, 1)
	r.atMost("idle memory, SQLite", "MiB of 40", memory, 40, 1)
	return nil
}

func oneStart(bin, data string, port int) (seconds, rss float64, err error) {
	base := "http://127.0.0.1:" + strconv.Itoa(port)
	cmd := exec.Command(bin, "serve")
	cmd.Env = append(os.Environ(), "GREENROOM_ADDR=127.0.0.1:"+strconv.Itoa(port), "GREENROOM_DATA="+data,
		"GREENROOM_DATABASE_URL=sqlite:"+filepath.Join(data, "p.db"), "GREENROOM_LOG_LEVEL=error")
	start := time.Now()
	if err := cmd.Start(); err != nil {
		return 0, 0, err
	}
	defer func() { _ = cmd.Process.Signal(os.Interrupt); _ = cmd.Wait() }()
	for fetch("GET", base+"/courses", "", "", 200, "") != nil {
		if time.Since(start) > 30*time.Second {
			return 0, 0, fmt.Errorf("%s did not answer", bin)
		}
		time.Sleep(2 * time.Millisecond)
	}
	seconds = time.Since(start).Seconds()
	time.Sleep(2 * time.Second) // what starting took is given back
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", cmd.Process.Pid))
	if err != nil {
		return 0, 0, err
	}
	for _, line := range strings.Split(string(raw), "\n") {
		if kb, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			n, _ := strconv.ParseFloat(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(kb), "kB")), 64)
			rss = n / 1024
		}
	}
	return seconds, rss, nil
}
