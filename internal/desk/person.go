package desk

import (
	"context"
	"fmt"
	"time"

	"greenroom/internal/account"
	"greenroom/internal/delivery"
	"greenroom/internal/record"
)

// Learner is one person of a cohort, as those who lead it see them.
type Learner struct {
	Row
	Cohort  *delivery.Delivery
	Plan    delivery.Plan // their own dates
	Rulings []record.Ruling
	Names   map[string]string // of those who decided, by id
	Others  []delivery.Delivery
	Letters []Message
}

// Learner reads one person of a cohort, also one who waits for a seat. NotFound unless actor leads the cohort and the
// person is in it.
func (s *Service) Learner(ctx context.Context, actor *account.Person, deliveryID, personID string) (*Learner, error) {
	if err := leads(actor, deliveryID); err != nil {
		return nil, err
	}
	d, err := s.deliveries.ByID(ctx, deliveryID)
	if err != nil {
		return nil, err
	}
	x, err := learner(ctx, s.db, deliveryID, personID)
	if err != nil {
		return nil, err
	}
	rows, err := s.rows(ctx, d, []string{x.E.ID})
	if err != nil {
		return nil, err
	}
	p := &Learner{Row: rows[0], Cohort: d}
	p.Plan = d.Plan(p.Course, &p.Enrolment)
	if p.Rulings, err = s.records.Rulings(ctx, personID, d.CourseKey); err != nil {
		return nil, err
	}
	if p.Letters, err = s.Written(ctx, personID, deliveryID); err != nil {
		return nil, err
	}
	if p.Names, err = s.names(ctx, p.Rulings, p.Letters); err != nil {
		return nil, err
	}
	p.Others, err = s.others(ctx, actor, d)
	return p, err
}

// names are those of the people who decided and wrote.
func (s *Service) names(ctx context.Context, rulings []record.Ruling, letters []Message) (map[string]string, error) {
	var ids []string
	for _, r := range rulings {
		ids = append(ids, r.By, r.ReversedBy)
	}
	for _, m := range letters {
		ids = append(ids, m.AuthorID)
	}
	return s.records.Names(ctx, ids)
}

// others are the cohorts of the course to which a person can be moved: those that actor leads and that are not over.
func (s *Service) others(ctx context.Context, actor *account.Person, d *delivery.Delivery) ([]delivery.Delivery, error) {
	f := delivery.Filter{CourseKey: d.CourseKey, Status: []string{delivery.Draft, delivery.Open}}
	if actor != nil && !actor.Can(account.RoleTrainer, "") {
		f.IDs = append([]string{}, actor.Deliveries(account.RoleTrainer)...)
	}
	rows, _, err := s.deliveries.Cohorts(ctx, f)
	if err != nil {
		return nil, fmt.Errorf("other cohorts: %w", err)
	}
	var out []delivery.Delivery
	for _, r := range rows {
		if r.Delivery.ID != d.ID {
			out = append(out, r.Delivery)
		}
	}
	return out, nil
}

// Dates are the dates of a module for the learner; ok is false where there are none.
func (p *Learner) Dates(moduleKey string) (opens, due time.Time, ok bool) {
	m, ok := p.Plan.Module(moduleKey)
	return m.Opens, m.Due, ok
}
