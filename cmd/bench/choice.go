package main

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing/fstest"

	"github.com/uptrace/bun"

	"greenroom/internal/db"
	"greenroom/internal/id"
	"greenroom/internal/record"
)

// choiceGoal is how much of the baseline's throughput a choice in a scenario must keep.
const choiceGoal = 0.30

// moments is how many decisions the measured scenario has: more than any scenario should, since each choice replays those
// before it.
const moments = 12

// scenarioTree is a course with one scenario that is a chain of decisions.
func scenarioTree() fstest.MapFS {
	fs := tree(1, 1)
	out := fstest.MapFS{}
	for name, f := range fs {
		out[strings.Replace(name, "bench-0", "bench-scenario", 1)] = &fstest.MapFile{Data: []byte(strings.ReplaceAll(string(f.Data), "bench-0", "bench-scenario"))}
	}
	var b strings.Builder
	b.WriteString("schema: scenario/1\nid: chain\ntitle: \"A chain\"\nversion: 1\nlanguage: en\nminutes: 10\nlicence: CC-BY-4.0\nrole: \"You answer.\"\nstart: p0\n" +
		"meters:\n  trust: {label: \"Trust\", start: 50, min: 0, max: 100, better: high, show: live}\n" +
		"personas:\n  ann: {name: \"Ann\", handle: ann, kind: customer}\npassages:\n")
	for i := range moments {
		to := fmt.Sprintf("p%d", i+1)
		if i == moments-1 {
			to = "last"
		}
		fmt.Fprintf(&b, "  p%d:\n    kind: decision\n    title: \"Moment %d\"\n    text: \"Something happens, and people ask about it.\"\n"+
			"    feed: [{by: ann, at: \"09:%02d\", text: \"Can anybody tell me what is going on here?\"}]\n    ask: \"What do you do?\"\n    choices:\n"+
			"      - {id: a, text: \"Answer at once.\", effects: {trust: 2}, to: %[4]s, feedback: \"She thanks you.\"}\n"+
			"      - {id: b, text: \"Look into it first.\", effects: {trust: -1}, to: %[4]s, feedback: \"She waits.\"}\n", i, i+1, i, to)
	}
	b.WriteString("  last: {kind: ending, title: \"Done\", outcome: good, text: \"The day is over.\"}\n")
	out["bench-scenario/01-module-1/02-chain.scenario.yaml"] = &fstest.MapFile{Data: []byte(b.String())}
	return out
}

// choice compares a choice through HTTP, durable when it is answered, with an insert and a commit through bun. Each learner
// plays to the last decision and then begins again, which is in the figure too.
func (b *bench) choice(ctx context.Context, r *report, engine string, s settings) error {
	if _, err := b.app.Courses.Publish(ctx, scenarioTree()); err != nil {
		return err
	}
	rev, err := b.app.Courses.Current(ctx, "bench-scenario")
	if err != nil {
		return err
	}
	step := rev.Activity("module-1/chain")
	path := b.site.base + "/courses/bench-scenario/" + step.Key + "/choose"
	people, run, made := make([]string, learners), make([]string, learners), make([]int, learners)
	for l := range learners {
		p, err := b.app.Accounts.ByEmail(ctx, learnerEmail(l))
		if err != nil {
			return err
		}
		if _, err := b.app.Deliveries.Enrol(ctx, p.ID, rev.Key); err != nil {
			return err
		}
		people[l] = p.ID
	}
	do := func(l, _ int) error {
		if run[l] == "" || made[l] == moments-1 {
			at, err := b.app.Scenarios.Again(ctx, record.Completion{PersonID: people[l], Course: rev, Activity: step}, id.New(), "", 0)
			if err != nil {
				return err
			}
			run[l], made[l] = at.ID, 0
		}
		body := fmt.Sprintf("run=%s&seen=%d&choice=a", run[l], made[l])
		made[l]++
		return fetch(http.MethodPost, path, b.cookies[l], body, http.StatusSeeOther, "")
	}
	ours, base, err := turns(s.turn, b.pids, do, b.insert(ctx))
	if err != nil {
		return fmt.Errorf("choice: %w", err)
	}
	r.atLeast(engine+": durable 'scenario choice' against insert and commit", "writes/s", ours.perSecond, base.perSecond, choiceGoal)
	r.told(engine+": durable 'scenario choice', CPU", "ms/request", ours.cpu, base.cpu)
	return nil
}

// insert is the baseline of writes: one row of 300 bytes in a transaction of its own.
func (b *bench) insert(ctx context.Context) job {
	body := strings.Repeat("x", 300)
	return func(int, int) error {
		return db.InTx(ctx, b.db, func(ctx context.Context, tx bun.Tx) error {
			_, err := tx.NewInsert().Model(&plainRow{ID: id.New(), Body: body}).Exec(ctx)
			return err
		})
	}
}

func learnerEmail(l int) string {
	if l == 0 {
		return "learner@demo.example"
	}
	return fmt.Sprintf("learner%d@demo.example", l+1)
}
