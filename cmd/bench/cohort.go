package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"greenroom/internal/account"
	"greenroom/internal/delivery"
	"greenroom/internal/record"
)

const (
	cohortGoal = 1.50 // the cost of a page with ten times the learners
	importRows = 10000
	importGoal = 10.0 // seconds
)

// cohort compares what the pages of a cohort of 1,000 learners and 60 activities cost its trainer with those of 100
// learners, and imports a file of 10,000 addresses without accounts.
func (b *bench) cohort(ctx context.Context, r *report, engine string, s settings) error {
	boss, err := b.app.Accounts.ByEmail(ctx, "admin@demo.example")
	if err != nil {
		return err
	}
	cookie, err := signIn(b.site.base, boss.Email)
	if err != nil {
		return err
	}
	open := func(title string, seats int) (string, error) {
		c, err := b.app.Deliveries.Create(ctx, boss, "", "bench-0", delivery.Terms{
			Title: title, StartsOn: "2026-11-02", Zone: "Australia/Sydney", ReleaseAt: "09:00", LatePolicy: delivery.LateOpen, JoinPolicy: delivery.JoinOpen, Capacity: seats,
		})
		if err != nil {
			return "", err
		}
		_, err = b.app.Deliveries.Open(ctx, boss, c.ID)
		return c.ID, err
	}
	var ids []string
	for _, n := range []int{100, 1000} {
		id, err := open(fmt.Sprintf("Cohort of %d", n), 0)
		if err != nil {
			return err
		}
		if err := b.fillCohort(ctx, id, n); err != nil {
			return err
		}
		ids = append(ids, id)
	}
	for _, p := range []struct {
		name, path, want string
		goal             bool // the others look at everybody
	}{
		{"learners and modules", "/progress", "Somebody", true}, {"overview", "", "Cohort of", true},
		{"those behind", "/progress?show=behind", "", false}, {"people and queue", "/people", "Somebody", false},
	} {
		page := func(id string) job {
			return func(int, int) error {
				return fetch("GET", b.site.base+"/teach/cohorts/"+id+p.path, cookie, "", 200, p.want)
			}
		}
		large, small, err := turns(s.turn/2, b.pids, page(ids[1]), page(ids[0]))
		if err != nil {
			return fmt.Errorf("cohort page %s: %w", p.name, err)
		}
		name := engine + ": cohort of 1,000 beside one of 100, " + p.name + ", CPU"
		if p.goal {
			r.atMost(name, "ms/request", large.cpu, small.cpu, cohortGoal)
		} else {
			r.told(name, "ms/request", large.cpu, small.cpu)
		}
	}
	id, err := open("Imported", 0)
	if err != nil {
		return err
	}
	return b.importing(ctx, r, engine, id, boss)
}

func (b *bench) fillCohort(ctx context.Context, cohortID string, n int) error {
	rev, err := b.app.Courses.Current(ctx, "bench-0")
	if err != nil {
		return err
	}
	for i := range n {
		p, _, err := b.app.Accounts.Add(ctx, account.NewAccount{Name: fmt.Sprintf("Somebody %d", i), Email: fmt.Sprintf("c%d-%s@agency.example", i, cohortID)})
		if err != nil {
			return err
		}
		if _, err := b.app.Deliveries.EnrolIn(ctx, p.ID, cohortID, delivery.SourceTrainer); err != nil {
			return err
		}
		a := rev.First()
		for range i % 7 {
			if _, err := b.app.Records.MarkComplete(ctx, record.Completion{PersonID: p.ID, Course: rev, Activity: a, DeliveryID: cohortID}); err != nil {
				return err
			}
			a = a.Next
		}
	}
	return nil
}

func (b *bench) importing(ctx context.Context, r *report, engine, cohortID string, boss *account.Person) error {
	var file strings.Builder
	file.WriteString("email,givenName,familyName\n")
	for i := range importRows {
		fmt.Fprintf(&file, "row%d@agency.example,Row,Number %d\n", i, i)
	}
	start := time.Now()
	im, err := b.app.Roster.Prepare(ctx, boss, cohortID, "", "people.csv", []byte(file.String()))
	if err != nil {
		return fmt.Errorf("prepare import: %w", err)
	}
	r.atMost(engine+": 10,000 rows foreseen", fmt.Sprintf("s of %g s", importGoal), time.Since(start).Seconds(), importGoal, 1)
	start = time.Now()
	if err := b.app.Roster.Apply(ctx, boss, cohortID, im.ID, true); err != nil {
		return fmt.Errorf("apply import: %w", err)
	}
	if err := b.app.Roster.Drain(ctx); err != nil {
		return fmt.Errorf("import: %w", err)
	}
	r.atMost(engine+": 10,000 rows imported, with letters", fmt.Sprintf("s of %g s", importGoal), time.Since(start).Seconds(), importGoal, 1)
	return nil
}
