package delivery

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"greenroom/internal/account"
	"greenroom/internal/audit"
	"greenroom/internal/db"
	"greenroom/internal/event"
	"greenroom/internal/fault"
	"greenroom/internal/id"
)

// ByIDTx is ByID within a transaction.
func (s *Service) ByIDTx(ctx context.Context, tx bun.IDB, deliveryID string) (*Delivery, error) {
	return byID(ctx, tx, deliveryID)
}

// Invitable says why somebody with an invitation cannot join now: nil when they can. Seats are another question.
func (d *Delivery) Invitable(now time.Time) error { return d.admits(SourceInvitation, now) }

// EnterTx is EnrolInTx and says whether the person was not in the cohort, nor waiting for it, before.
func (s *Service) EnterTx(ctx context.Context, tx bun.IDB, personID, deliveryID, revisionHash, source string) (e *Enrolment, fresh bool, err error) {
	if _, err := lockCohort(ctx, tx, deliveryID); err != nil {
		return nil, false, err
	}
	was, err := lockEnrolment(ctx, tx, personID, deliveryID)
	if err != nil {
		return nil, false, err
	}
	fresh = was == nil || was.Status == Withdrawn
	e, err = s.EnrolInTx(ctx, tx, personID, deliveryID, revisionHash, source)
	return e, fresh, err
}

// Transfer is a move of one person from one cohort to another of the same course.
type Transfer struct {
	Person       *account.Person
	From, To     string // deliveries
	Reason       string // for the log; may be ""
	KeepExtended bool   // the days that were added for the person hold in the other cohort too
}

// Transfer moves a person to another cohort of the course, with revision and last position; their record, and all that
// hangs on the person, is theirs wherever they are. The dates are the other cohort's from then on. Who is there already
// stays as they are. NotFound unless actor leads both cohorts and the person is in the first; Conflict when the other
// is of another course, over, or has no free seat.
func (s *Service) Transfer(ctx context.Context, actor *account.Person, t Transfer) (*Enrolment, error) {
	if !Leads(actor, t.From) || !Leads(actor, t.To) {
		return nil, fault.New(fault.NotFound, "error.not_found")
	}
	if t.From == t.To {
		return nil, fault.New(fault.Conflict, "delivery.move_same")
	}
	var e *Enrolment
	err := db.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) (err error) {
		// Two cohorts' rows are held here and nowhere else; moves take turns, so that no two wait for each other.
		if err := db.Lock(ctx, tx, "delivery.transfer"); err != nil {
			return err
		}
		e, err = s.transfer(ctx, tx, actor, t)
		return err
	})
	return e, err
}

func (s *Service) transfer(ctx context.Context, tx bun.IDB, actor *account.Person, t Transfer) (*Enrolment, error) {
	from, err := lockCohort(ctx, tx, t.From)
	if err != nil {
		return nil, err
	}
	to, err := lockCohort(ctx, tx, t.To)
	if err != nil {
		return nil, err
	}
	if from.CourseKey != to.CourseKey {
		return nil, fault.New(fault.Conflict, "delivery.move_course")
	}
	now := s.clock()
	if err := to.admits(SourceMoved, now); err != nil {
		return nil, err
	}
	was, err := lockEnrolment(ctx, tx, t.Person.ID, from.ID)
	if err != nil {
		return nil, err
	}
	e, err := lockEnrolment(ctx, tx, t.Person.ID, to.ID)
	if err != nil {
		return nil, err
	}
	if there := e != nil && (e.Status == Active || e.Status == Paused); there && (was == nil || was.Status == Withdrawn) {
		return e, nil
	}
	if was == nil || was.Status == Withdrawn {
		return nil, fault.New(fault.NotFound, "delivery.not_in_cohort")
	}
	taken, _, err := seats(ctx, tx, to.ID)
	if err != nil {
		return nil, err
	}
	if to.Capacity > 0 && taken >= to.Capacity {
		return nil, fault.New(fault.Conflict, "delivery.move_full", "Title", to.Title)
	}
	if e, err = s.carry(ctx, tx, was, e, to, t.KeepExtended, now); err != nil {
		return nil, err
	}
	// They leave by nobody's hand: the letter about their new place is the one they get.
	if err := s.leave(ctx, tx, from, t.Person.ID, ""); err != nil {
		return nil, err
	}
	entry := audit.Entry{
		At: now, Action: "cohort.moved", DeliveryID: from.ID, Subject: from.Title + " → " + to.Title,
		PersonID: t.Person.ID, PersonName: t.Person.Name, Reason: t.Reason, Data: `{"to":"` + to.ID + `"}`,
	}
	if actor != nil {
		entry.ActorID, entry.ActorName = actor.ID, actor.Name
	}
	if err := audit.Record(ctx, tx, entry); err != nil {
		return nil, err
	}
	return e, event.Record(ctx, tx, now, enrolled(e, now))
}

// carry gives the person a seat in the other cohort, with what they had in the first.
func (s *Service) carry(ctx context.Context, tx bun.IDB, was, e *Enrolment, to *Delivery, keepExtended bool, now time.Time) (*Enrolment, error) {
	if e == nil {
		e = &Enrolment{
			ID: id.New(), DeliveryID: to.ID, PersonID: was.PersonID, CourseKey: to.CourseKey, CreatedAt: now,
			LastActivity: was.LastActivity, LastSeenAt: was.LastSeenAt,
		}
	}
	e.RevisionHash, e.Source, e.UpdatedAt = was.RevisionHash, SourceMoved, now
	e.ExtendedDays, e.Pauses, e.ShiftWeeks = 0, nil, 0
	if keepExtended {
		e.ExtendedDays = was.ExtendedDays
	}
	e.Version++
	s.seat(to, e, now)
	if was.Status == Paused {
		e.Status = Paused
	}
	if err := upsert(ctx, tx, e); err != nil {
		return nil, err
	}
	if was.LastSeenAt.After(e.LastSeenAt) { // they were there before
		e.LastActivity, e.LastSeenAt = was.LastActivity, was.LastSeenAt
		return e, update(ctx, tx, e, "last_activity", "last_seen_at")
	}
	return e, nil
}
