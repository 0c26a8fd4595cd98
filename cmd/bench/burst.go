package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing/fstest"
	"time"

	"github.com/uptrace/bun"

	"greenroom/internal/db"
	"greenroom/internal/id"
	"greenroom/internal/quiz"
)

// How many learners start the same quiz, and within what time. A short run has a tenth of both.
const (
	burstLearners = 3000
	burstTime     = 10 * time.Second
	burstAsked    = 10 // questions of the quiz
)

const burstStep = "/courses/burst/module-1/check"

// burstTree is a course that is one quiz.
func burstTree() fstest.MapFS {
	tree := tree(1, 1)
	out := fstest.MapFS{}
	for name, f := range tree {
		f.Data = []byte(strings.ReplaceAll(string(f.Data), "key: bench-0", "key: burst"))
		out[strings.Replace(name, "bench-0/", "burst/", 1)] = f
	}
	var q strings.Builder
	q.WriteString("title: \"Check yourself\"\nminutes: 10\npass: 8\nminutes_limit: 30\nattempts: 3\nquestions:\n")
	for i := range burstAsked {
		fmt.Fprintf(&q, "  - key: q-%d\n    type: single\n    prompt: \"What do you do first, in case %d?\"\n    options:\n", i, i)
		for o, text := range []string{"You answer with the date", "You wait for the office", "You hide the comment", "You ask a colleague"} {
			fmt.Fprintf(&q, "      - { text: %q, correct: %v, feedback: \"That is what the guide says about it.\" }\n", text, o == 0)
		}
	}
	out["burst/01-module-1/02-check.quiz.yaml"] = &fstest.MapFile{Data: []byte(q.String())}
	return out
}

// burst lets a crowd start one quiz, each at their own moment whether the others have been served or not: press Start,
// get the page, answer, save. What was acknowledged is then looked up in the database. A time is counted from the
// moment at which the learner wanted the thing, so waiting in a queue counts.
func (b *bench) burst(ctx context.Context, r *report, engine string, s settings) error {
	n, within := burstLearners, burstTime
	if s.short {
		n, within = n/10, within/10
	}
	if _, err := b.app.Courses.Publish(ctx, burstTree()); err != nil {
		return fmt.Errorf("publish the quiz: %w", err)
	}
	cookies, err := b.crowd(ctx, n)
	if err != nil {
		return err
	}
	learner := func(i int) (times []time.Duration, err error) { return b.begin(cookies[i]) }
	bare := func(int) (times []time.Duration, err error) {
		for range 3 {
			start := time.Now()
			if err := fetch(http.MethodGet, b.bare.base+"/", "", "", http.StatusOK, ""); err != nil {
				return nil, err
			}
			times = append(times, time.Since(start))
		}
		return times, nil
	}
	base, baseErrors := arrive(n, within, bare)
	if len(baseErrors) > 0 {
		return fmt.Errorf("quiz start burst, baseline: %w", baseErrors[0])
	}
	cpu := processor(b.pids())
	ours, errs := arrive(n, within, learner)
	cpu = processor(b.pids()) - cpu
	lost, err := b.lost(ctx, n)
	if err != nil {
		return err
	}
	name := fmt.Sprintf("%s: quiz start burst, %d learners in %s", engine, n, within)
	r.none(name+": errors", len(errs))
	r.none(name+": attempts or answers lost", lost)
	for i, what := range []string{"press Start", "page with the questions", "save ten answers"} {
		r.told(name+": "+what+", p95", "ms", p95(ours, i), p95(base, i))
	}
	r.told(name+": CPU, load included", "ms/learner", cpu.Seconds()*1000/float64(n), 0)
	if len(errs) > 0 {
		return fmt.Errorf("quiz start burst: %w", errs[0])
	}
	return nil
}

// none notes a number that has to be nought.
func (r *report) none(name string, n int) {
	r.add(Result{Name: name, Ours: float64(n), Unit: "count", Goal: "= 0", OK: n == 0})
}

// crowd makes guests who are enrolled in the burst's course, and returns their cookies.
func (b *bench) crowd(ctx context.Context, n int) ([]string, error) {
	rev, err := b.app.Courses.Current(ctx, "burst")
	if err != nil {
		return nil, err
	}
	d, err := b.app.Deliveries.SelfPaced(ctx, rev.Key)
	if err != nil {
		return nil, err
	}
	cookies, people := make([]string, n), make([]string, n)
	for i := range n {
		p, token, err := b.app.Accounts.NewGuest(ctx)
		if err != nil {
			return nil, err
		}
		cookies[i], people[i] = "greenroom_device="+token, p.ID
	}
	return cookies, db.InTx(ctx, b.db, func(ctx context.Context, tx bun.Tx) error {
		for _, p := range people {
			if _, err := b.app.Deliveries.EnrolTx(ctx, tx, p, d, rev.Hash); err != nil {
				return err
			}
		}
		return nil
	})
}

// arrive lets n learners come evenly spread over a time. It returns how long each of their requests took.
func arrive(n int, within time.Duration, do func(i int) ([]time.Duration, error)) (times [][]time.Duration, errs []error) {
	var wg sync.WaitGroup
	var mu sync.Mutex
	start := time.Now()
	for i := range n {
		wg.Go(func() {
			wanted := start.Add(within * time.Duration(i) / time.Duration(n))
			time.Sleep(time.Until(wanted))
			late := time.Since(wanted)
			t, err := do(i)
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				errs = append(errs, err)
				return
			}
			t[0] += late
			times = append(times, t)
		})
	}
	wg.Wait()
	return times, errs
}

func p95(times [][]time.Duration, at int) float64 {
	var all []time.Duration
	for _, t := range times {
		all = append(all, t[at])
	}
	if len(all) == 0 {
		return 0
	}
	slices.Sort(all)
	return float64(all[len(all)*95/100]) / float64(time.Millisecond)
}

var attemptField = regexp.MustCompile(`name="attempt" value="([^"]+)"`)

// begin is one learner: start, page, answers. Each answer is the first option on the paper.
func (b *bench) begin(cookie string) ([]time.Duration, error) {
	var times []time.Duration
	timed := func(do func() error) error {
		start := time.Now()
		err := do()
		times = append(times, time.Since(start))
		return err
	}
	if err := timed(func() error {
		return fetch(http.MethodPost, b.site.base+burstStep+"/start", cookie, "client="+id.New(), http.StatusSeeOther, "")
	}); err != nil {
		return nil, err
	}
	var attempt string
	if err := timed(func() error {
		page, err := read(b.site.base+burstStep, cookie)
		if m := attemptField.FindStringSubmatch(page); m != nil {
			attempt = m[1]
		} else if err == nil {
			err = fmt.Errorf("the page has no attempt: %.300s", page)
		}
		return err
	}); err != nil {
		return nil, err
	}
	form := url.Values{"attempt": {attempt}, "page": {id.New()}, "n": {"1"}}
	for q := range burstAsked {
		form.Set(fmt.Sprintf("q%d", q+1), "a")
	}
	return times, timed(func() error {
		return fetch(http.MethodPost, b.site.base+burstStep+"/save", cookie, form.Encode(), http.StatusSeeOther, "")
	})
}

func read(address, cookie string) (string, error) {
	req, err := http.NewRequest(http.MethodGet, address, nil)
	if err != nil {
		return "", err
	}
	req.Header.Set("Cookie", cookie)
	res, err := client.Do(req)
	if err != nil {
		return "", err
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err == nil && res.StatusCode != http.StatusOK {
		err = fmt.Errorf("GET %s answered %d: %.300s", address, res.StatusCode, raw)
	}
	return string(raw), err
}

// lost counts the learners without exactly one attempt that holds all ten answers.
func (b *bench) lost(ctx context.Context, n int) (int, error) {
	var all []quiz.Attempt
	if err := b.db.NewSelect().Model(&all).Where("course_key = 'burst'").Scan(ctx); err != nil {
		return 0, err
	}
	whole := map[string]int{}
	for _, a := range all {
		if len(a.Sheet.Answers) == burstAsked {
			whole[a.PersonID]++
		}
	}
	lost := n - len(whole)
	for _, attempts := range whole {
		lost += attempts - 1
	}
	return lost, nil
}
