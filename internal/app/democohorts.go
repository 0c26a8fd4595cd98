package app

import (
	"context"
	"fmt"
	"time"

	"greenroom/internal/account"
	"greenroom/internal/delivery"
	"greenroom/internal/fault"
)

// The demo cohorts have names of their own, so that they are made once.
const (
	demoRunning = "019ac000-0000-7000-8000-000000000001"
	demoOpen    = "019ac000-0000-7000-8000-000000000002"
	demoZone    = "Australia/Sydney"
)

// demoCohort is one of the two cohorts that demo sites have, both led by the demo trainer.
type demoCohort struct {
	id, course string
	terms      delivery.Terms
	joined     time.Time // when its people came
	people     []string
	news       [2]string // title and text, "" for none
}

// demoCohorts are one in its third week and one that is full, with people waiting.
func (a *App) demoCohorts() ([]demoCohort, error) {
	sydney, err := delivery.Zone(demoZone)
	if err != nil {
		return nil, err
	}
	now := a.now().In(sydney)
	monday := delivery.DateOf(now.AddDate(0, 0, -(int(now.Weekday())+6)%7))
	running := delivery.Terms{
		Title: "Spring cohort", StartsOn: monday.Add(-14), Zone: demoZone, ReleaseAt: "09:00", LatePolicy: delivery.LateOpen,
		JoinPolicy: delivery.JoinOpen,
		About: "We meet online **each Thursday at 12:30** (Sydney time) for half an hour: what you tried, what happened, what to try next.\n\n" +
			"You miss nothing when you can't come: what we talked about is announced here.",
	}
	booking := delivery.Terms{
		Title: "Summer cohort", StartsOn: monday.Add(21), Zone: demoZone, ReleaseAt: "09:00", LatePolicy: delivery.LateShifted,
		JoinPolicy: delivery.JoinOpen, Capacity: 3,
		Schedule: delivery.Schedule{Breaks: []delivery.Date{monday.Add(35)}},
	}
	return []demoCohort{
		{
			demoRunning, demoCourse, running, delivery.At(monday.Add(-16), "10:00", sydney),
			[]string{"learner", "learner2", "learner3", "learner4"},
			[2]string{"This week: bring one real post", "Choose a post of your agency from the **last month** and bring it on Thursday.\n\n- What was it for?\n- Who answered?\n- What would you do differently?"},
		},
		{demoOpen, demoCourse, booking, now.Add(-time.Hour), []string{"learner5", "learner6", "learner7", "learner8", "learner9"}, [2]string{}},
	}, nil
}

// beginCohorts makes the demo cohorts that are not there.
func (a *App) beginCohorts(ctx context.Context) error {
	all, err := a.demoCohorts()
	if err != nil {
		return err
	}
	trainer, err := a.Accounts.ByEmail(ctx, "trainer@demo.example")
	if fault.Is(err, fault.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, k := range all {
		_, err := a.Deliveries.ByID(ctx, k.id)
		if err == nil {
			continue
		}
		if !fault.Is(err, fault.NotFound) {
			return err
		}
		if err := a.beginCohort(ctx, trainer, k); err != nil {
			return fmt.Errorf("demo cohort %q: %w", k.terms.Title, err)
		}
	}
	return nil
}

func (a *App) beginCohort(ctx context.Context, trainer *account.Person, k demoCohort) error {
	// People came before today: their enrolments are made at that time.
	then := delivery.New(a.DB, a.Courses, func() time.Time { return k.joined })
	then.SetAccess(a.Access, a.Accounts.Forget)
	_, err := then.Create(ctx, trainer, k.id, k.course, k.terms)
	if fault.Is(err, fault.NotFound) {
		return nil // an operator's own courses
	}
	if err != nil {
		return err
	}
	if _, err := then.Open(ctx, trainer, k.id); err != nil {
		return err
	}
	for i, who := range k.people {
		p, err := a.Accounts.ByEmail(ctx, who+"@demo.example")
		if fault.Is(err, fault.NotFound) {
			continue
		}
		if err != nil {
			return err
		}
		at := k.joined.Add(time.Duration(i) * time.Minute)
		one := delivery.New(a.DB, a.Courses, func() time.Time { return at })
		if _, err := one.EnrolIn(ctx, p.ID, k.id, delivery.SourceSelf); err != nil {
			return err
		}
	}
	if k.news[0] == "" {
		return nil
	}
	_, err = a.Deliveries.Announce(ctx, trainer, "", k.id, delivery.ToAll, k.news[0], k.news[1])
	return err
}
