package delivery

import (
	"context"
	"fmt"

	"github.com/uptrace/bun"

	"greenroom/internal/allow"
)

// Allower knows what people are allowed beyond the limits of everything; *allow.Service is one.
type Allower interface {
	OfAll(ctx context.Context, tx bun.IDB, people []string) (map[string]allow.Allowance, error)
}

// SetAllow says whose accommodations count. Without it there are none.
func (s *Service) SetAllow(a Allower) { s.allowed = a }

// Allow fills in what accommodations add to the due dates of people with a seat, in one query. Who computes a Plan of an
// enrolment that another package has read calls it first; what this package returns for one person has it.
func (s *Service) Allow(ctx context.Context, all ...*Enrolment) error {
	if s.allowed == nil {
		return nil
	}
	var people []string
	for _, e := range all {
		if e != nil && e.Status == Active {
			people = append(people, e.PersonID)
		}
	}
	if len(people) == 0 {
		return nil
	}
	by, err := s.allowed.OfAll(ctx, s.db, people)
	if err != nil {
		return fmt.Errorf("what people are allowed: %w", err)
	}
	for _, e := range all {
		if e != nil {
			e.AllowedDays = by[e.PersonID].ExtraDays
		}
	}
	return nil
}

// allowMine is Allow for one person's cohorts.
func (s *Service) allowMine(ctx context.Context, all []Mine) error {
	es := make([]*Enrolment, len(all))
	for i := range all {
		es[i] = &all[i].Enrolment
	}
	return s.Allow(ctx, es...)
}

// OnAllowed is the hook of allow.Service: a person's dates have changed, so their calendars are told of a newer state.
func (s *Service) OnAllowed(ctx context.Context, tx bun.IDB, personID string) error {
	_, err := tx.NewUpdate().Model((*Enrolment)(nil)).Set("version = version + 1").Set("updated_at = ?", s.clock()).
		Where("e.person_id = ?", personID).Where("e.status = ?", Active).
		Where("e.delivery_id IN (SELECT id FROM delivery WHERE kind = ?)", Cohort).Exec(ctx)
	if err != nil {
		return fmt.Errorf("note changed dates: %w", err)
	}
	return nil
}
