package delivery

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/uptrace/bun"

	"greenroom/internal/account"
	"greenroom/internal/db"
	"greenroom/internal/fault"
)

// Member is one person of a cohort, as those who lead it see them.
type Member struct {
	Enrolment `bun:",extend"`
	Name      string
	Email     string
}

// RosterFilter narrows Roster.
type RosterFilter struct {
	Status []string // none: Active, Paused and Waiting
	Text   string   // part of the name or address
	Page   int      // from 1
}

// Roster lists the people of a delivery by name, those who wait last and in the order of the queue, and says how many
// there are in all. A page has PerPage people.
func (s *Service) Roster(ctx context.Context, deliveryID string, f RosterFilter) ([]Member, int, error) {
	if len(f.Status) == 0 {
		f.Status = []string{Active, Paused, Waiting}
	}
	all, total, err := roster(ctx, s.db, deliveryID, f)
	if err != nil {
		return nil, 0, fmt.Errorf("list people of %s: %w", deliveryID, err)
	}
	es := make([]*Enrolment, len(all))
	for i := range all {
		es[i] = &all[i].Enrolment
	}
	return all, total, s.Allow(ctx, es...)
}

// Limits of what is granted in one action.
const (
	MaxDays   = 180
	maxPeople = 100
	minReason = 3 // characters
	maxReason = 300
)

// Act is one change of the dates of some people.
type Act struct {
	FormID string // made by the form: sent again, it changes nothing; "" is always new
	People []string
	Days   int
	Reason string
}

// Extend gives people more days for everything that is due. It answers how many people have them now.
func (s *Service) Extend(ctx context.Context, actor *account.Person, deliveryID string, a Act) (int, error) {
	return s.each(ctx, actor, deliveryID, a, "cohort.extended", func(e *Enrolment, _ time.Time) { e.ExtendedDays += a.Days })
}

// PausePeople moves everything of people that has not opened, and is not due yet, by days: a leave, an illness. What
// is open to them stays open.
func (s *Service) PausePeople(ctx context.Context, actor *account.Person, deliveryID string, a Act) (int, error) {
	return s.each(ctx, actor, deliveryID, a, "cohort.paused", func(e *Enrolment, now time.Time) {
		e.Pauses = append(e.Pauses, Pause{From: now, Days: a.Days})
	})
}

func (s *Service) each(ctx context.Context, actor *account.Person, deliveryID string, a Act, action string, fn func(e *Enrolment, now time.Time)) (int, error) {
	var f fault.Fields
	if a.Days < 1 || a.Days > MaxDays {
		f.Add("days", "delivery.days_wrong", "N", MaxDays)
	}
	a.check(&f)
	if err := f.Err(); err != nil {
		return 0, err
	}
	n := 0
	_, err := s.edit(ctx, actor, deliveryID, func(ctx context.Context, tx bun.IDB, d *Delivery, now time.Time) error {
		for _, who := range a.once() {
			e, err := lockEnrolment(ctx, tx, who, deliveryID)
			if err != nil {
				return err
			}
			if e == nil || e.Status != Active && e.Status != Paused {
				continue
			}
			n++
			if a.FormID != "" && e.Act == a.FormID {
				continue
			}
			fn(e, now)
			e.Act = a.FormID
			e.Version, e.UpdatedAt = e.Version+1, now
			if err := update(ctx, tx, e, "extended_days", "pauses", "act", "version", "updated_at"); err != nil {
				return err
			}
			if err := s.note(ctx, tx, actor, d, action, who, a.Reason); err != nil {
				return err
			}
		}
		return nil
	})
	return n, err
}

// RemovePeople takes people out of a cohort, or off its waiting list; their record is kept. Days are not asked for.
func (s *Service) RemovePeople(ctx context.Context, actor *account.Person, deliveryID string, a Act) (int, error) {
	var f fault.Fields
	a.check(&f)
	if err := f.Err(); err != nil {
		return 0, err
	}
	if !Leads(actor, deliveryID) {
		return 0, fault.New(fault.NotFound, "error.not_found")
	}
	n := 0
	err := db.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		for _, who := range a.once() {
			err := s.RemoveTx(ctx, tx, actor, who, deliveryID, a.Reason)
			if fault.Is(err, fault.NotFound) {
				continue // never in it
			}
			if err != nil {
				return err
			}
			n++
		}
		return nil
	})
	return n, err
}

func (a Act) check(f *fault.Fields) {
	if len(a.People) == 0 || len(a.People) > maxPeople {
		f.Add("person", "delivery.choose_people", "N", maxPeople)
	}
	checkReason(f, a.Reason)
}

func checkReason(f *fault.Fields, reason string) {
	switch n := utf8.RuneCountInString(strings.TrimSpace(reason)); {
	case n < minReason:
		f.Add("reason", "delivery.reason_missing")
	case n > maxReason:
		f.Add("reason", "delivery.text_long", "N", maxReason)
	}
}

// once are the people, each once, in one order: so that two who act on the same people wait for each other.
func (a Act) once() []string {
	ids := slices.Clone(a.People)
	slices.Sort(ids)
	return slices.Compact(ids)
}
