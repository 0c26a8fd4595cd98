package main

import (
	"bytes"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// learners is how many people use the product at once.
const learners = 4

// rounds is how often ours and the baseline take turns.
const rounds = 5

// site is something that listens on loopback.
type site struct {
	base string
	srv  *http.Server
}

func serve(h http.Handler) (*site, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s := &site{base: "http://" + l.Addr().String(), srv: &http.Server{Handler: h}}
	go func() { _ = s.srv.Serve(l) }()
	return s, nil
}

func (s *site) close() { _ = s.srv.Close() }

// job is one request of one learner; n counts that learner's requests in the round.
type job func(learner, n int) error

// sample is one slice of work.
type sample struct {
	perSecond float64
	cpu       float64 // milliseconds of processor time a request, load included
}

// sliceOf lets so many learners repeat the job until the time is over.
func sliceOf(learners int, d time.Duration, pids func() []int, do job) (sample, error) {
	var wg sync.WaitGroup
	counts := make([]int, learners)
	errs := make([]error, learners)
	cpu0, start := processor(pids()), time.Now()
	for l := range learners {
		wg.Go(func() {
			for n := 0; time.Since(start) < d; n++ {
				if errs[l] = do(l, n); errs[l] != nil {
					return
				}
				counts[l]++
			}
		})
	}
	wg.Wait()
	took, cpu := time.Since(start), processor(pids())-cpu0
	total := 0
	for l := range learners {
		if errs[l] != nil {
			return sample{}, errs[l]
		}
		total += counts[l]
	}
	if total == 0 {
		return sample{}, fmt.Errorf("nothing was done in %s", d)
	}
	return sample{float64(total) / took.Seconds(), cpu.Seconds() * 1000 / float64(total)}, nil
}

// turns runs ours and the baseline in turns, after one turn that is not counted, and returns the medians.
func turns(d time.Duration, pids func() []int, ours, baseline job) (a, b sample, err error) {
	return turnsOf(learners, d, pids, ours, baseline)
}

// turnsOf is the same for so many learners.
func turnsOf(learners int, d time.Duration, pids func() []int, ours, baseline job) (a, b sample, err error) {
	var as, bs []sample
	for i := range rounds + 1 {
		x, err := sliceOf(learners, d, pids, baseline)
		if err != nil {
			return a, b, fmt.Errorf("baseline: %w", err)
		}
		y, err := sliceOf(learners, d, pids, ours)
		if err != nil {
			return a, b, fmt.Errorf("ours: %w", err)
		}
		if i > 0 {
			as, bs = append(as, y), append(bs, x)
		}
	}
	return median(as), median(bs), nil
}

func median(s []sample) sample {
	rate, cpu := make([]float64, len(s)), make([]float64, len(s))
	for i, x := range s {
		rate[i], cpu[i] = x.perSecond, x.cpu
	}
	sort.Float64s(rate)
	sort.Float64s(cpu)
	return sample{rate[len(s)/2], cpu[len(s)/2]}
}

// processor is the time that this process and the named ones have used.
func processor(pids []int) time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	d := time.Duration(u.Utime.Nano() + u.Stime.Nano())
	for _, p := range pids {
		d += stat(p)
	}
	return d
}

// stat reads utime and stime of a process; clock ticks are hundredths of a second on Linux.
func stat(pid int) time.Duration {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(raw), ") ")
	f := strings.Fields(rest)
	if len(f) < 13 {
		return 0
	}
	u, _ := strconv.Atoi(f[11])
	s, _ := strconv.Atoi(f[12])
	return time.Duration(u+s) * 10 * time.Millisecond
}

// servants are the processes of a PostgreSQL server: every process whose parent is it, and itself.
func servants(root int) []int {
	out := []int{root}
	dirs, _ := filepath.Glob("/proc/[0-9]*")
	for _, d := range dirs {
		raw, err := os.ReadFile(d + "/stat")
		if err != nil {
			continue
		}
		_, rest, _ := strings.Cut(string(raw), ") ")
		if f := strings.Fields(rest); len(f) > 1 && f[1] == strconv.Itoa(root) {
			pid, _ := strconv.Atoi(filepath.Base(d))
			out = append(out, pid)
		}
	}
	return out
}

var client = &http.Client{
	Transport:     &http.Transport{MaxIdleConnsPerHost: 4 * learners},
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
}

var answers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// fetch asks once and holds the answer to a status and, when want is not empty, to a text.
func fetch(method, url, cookie, body string, status int, want string) error {
	req, err := http.NewRequest(method, url, strings.NewReader(body))
	if err != nil {
		return err
	}
	if cookie != "" {
		req.Header.Set("Cookie", cookie)
	}
	if method == http.MethodPost {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		req.Header.Set("Sec-Fetch-Site", "same-origin")
		req.Header.Set("Sec-Fetch-Mode", "cors") // as scripts send
	}
	res, err := client.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	b := answers.Get().(*bytes.Buffer) // the load is to cost little beside what is measured
	defer func() { b.Reset(); answers.Put(b) }()
	if _, err := b.ReadFrom(res.Body); err != nil {
		return err
	}
	raw := b.Bytes()
	if res.StatusCode != status {
		return fmt.Errorf("%s %s answered %d, want %d: %.300s", method, url, res.StatusCode, status, raw)
	}
	if want != "" && !bytes.Contains(raw, []byte(want)) {
		return fmt.Errorf("%s %s lacks %q", method, url, want)
	}
	return nil
}

// origin is what the product takes for its own, wherever it listens here.
func (s *site) origin() string { return "http://127.0.0.1" }
