package delivery

import (
	"context"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"greenroom/internal/access"
	"greenroom/internal/account"
	"greenroom/internal/db"
	"greenroom/internal/event"
	"greenroom/internal/fault"
	"greenroom/internal/id"
)

// Queued is the fact that a person began to wait for a seat.
type Queued struct {
	PersonID, CourseKey, DeliveryID string
	At                              time.Time
}

// FactName names the fact.
func (Queued) FactName() string { return "delivery.queued" }

// Promoted is the fact that a seat became free and the person who waited longest has it. Enrolled is recorded too.
type Promoted struct {
	PersonID, CourseKey, DeliveryID string
	At                              time.Time
}

// FactName names the fact.
func (Promoted) FactName() string { return "delivery.promoted" }

// EnrolIn brings a person into a cohort, or onto its waiting list when all seats are taken. Who is in it or waits
// already stays as they are; who left comes back, at the end of the queue. source says how they came and so what
// they may: SourceSelf needs an open cohort that takes everybody, SourceInvitation one that is not closed to
// joining; the others are decisions of who leads it, also for drafts. Conflict says why it cannot be, also when the
// person is in another cohort of the course that is not over.
func (s *Service) EnrolIn(ctx context.Context, personID, deliveryID, source string) (*Enrolment, error) {
	d, err := s.ByID(ctx, deliveryID)
	if err != nil {
		return nil, err
	}
	rev, err := s.courses.Current(ctx, d.CourseKey)
	if err != nil {
		return nil, err
	}
	var e *Enrolment
	err = db.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		e, err = s.EnrolInTx(ctx, tx, personID, deliveryID, rev.Hash, source)
		return err
	})
	return e, err
}

// EnrolInTx is EnrolIn on a given revision within the caller's transaction. It holds the cohort's row until that ends.
func (s *Service) EnrolInTx(ctx context.Context, tx bun.IDB, personID, deliveryID, revisionHash, source string) (*Enrolment, error) {
	d, err := lockCohort(ctx, tx, deliveryID)
	if err != nil {
		return nil, err
	}
	now := s.clock()
	e, err := lockEnrolment(ctx, tx, personID, deliveryID)
	if err != nil {
		return nil, err
	}
	if e != nil && e.Status != Withdrawn {
		return e, s.stay(ctx, tx, d, e, now)
	}
	if err := d.admits(source, now); err != nil {
		return nil, err
	}
	if source != SourceMoved {
		if err := alone(ctx, tx, personID, d); err != nil {
			return nil, err
		}
	}
	if e == nil && source != SourceMoved {
		if err := s.pass(ctx, tx, d, revisionHash, personID); err != nil {
			return nil, err
		}
	}
	if e == nil {
		e = &Enrolment{ID: id.New(), DeliveryID: d.ID, PersonID: personID, CourseKey: d.CourseKey, LastSeenAt: now, CreatedAt: now}
	}
	e.RevisionHash, e.Source, e.UpdatedAt = revisionHash, source, now
	e.ExtendedDays, e.Pauses, e.ShiftWeeks = 0, nil, 0
	e.Version++
	full, err := s.full(ctx, tx, d)
	if err != nil {
		return nil, err
	}
	if full {
		e.Status, e.QueuedAt, e.JoinedAt = Waiting, &now, nil
	} else {
		s.seat(d, e, now)
	}
	if err := upsert(ctx, tx, e); err != nil {
		return nil, err
	}
	if full {
		return e, event.Record(ctx, tx, now, Queued{PersonID: personID, CourseKey: d.CourseKey, DeliveryID: d.ID, At: now})
	}
	return e, event.Record(ctx, tx, now, enrolled(e, now))
}

// stay is joining once more: a pause ends, all else is as it was.
func (s *Service) stay(ctx context.Context, tx bun.IDB, d *Delivery, e *Enrolment, now time.Time) error {
	if e.Status == Waiting {
		if err := s.promote(ctx, tx, d, now); err != nil {
			return err
		}
		fresh, err := lockEnrolment(ctx, tx, e.PersonID, e.DeliveryID)
		if err == nil && fresh != nil {
			*e = *fresh
		}
		return err
	}
	return s.activate(ctx, tx, e, now)
}

// admits says whether people may come in this way now.
func (d *Delivery) admits(source string, now time.Time) error {
	own := source == SourceSelf || source == SourceInvitation
	switch {
	case d.Status == Cancelled:
		return fault.New(fault.Conflict, "delivery.cancelled")
	case d.Status == Closed:
		return fault.New(fault.Conflict, "delivery.over")
	case !own:
		return nil
	case d.Status == Draft:
		return fault.New(fault.NotFound, "error.not_found")
	case d.JoinPolicy == JoinClosed:
		return fault.New(fault.Conflict, "delivery.join_closed")
	case d.JoinPolicy == JoinInvitation && source == SourceSelf:
		return fault.New(fault.Conflict, "delivery.join_invitation")
	case d.LatePolicy == LateClosed && d.Begun(now):
		return fault.New(fault.Conflict, "delivery.begun")
	}
	return nil
}

// Joinable says why a person cannot join by themselves now: nil when they can. Seats are another question.
func (d *Delivery) Joinable(now time.Time) error { return d.admits(SourceSelf, now) }

// alone refuses a second cohort of the course while another goes on.
func alone(ctx context.Context, tx bun.IDB, personID string, d *Delivery) error {
	other, err := otherCohort(ctx, tx, personID, d)
	if err != nil {
		return err
	}
	if other != "" {
		return fault.New(fault.Conflict, "delivery.other_cohort", "Title", other)
	}
	return nil
}

// seat gives a person their place: the plan of who comes late begins as the cohort's policy says.
func (s *Service) seat(d *Delivery, e *Enrolment, now time.Time) {
	e.Status, e.JoinedAt, e.QueuedAt = Active, &now, nil
	if d.LatePolicy == LateShifted && d.Begun(now) {
		e.ShiftWeeks = d.weeksSince(now)
	}
}

// weeksSince is how many weeks of the calendar have opened after the first.
func (d *Delivery) weeksSince(now time.Time) int {
	n := max(0, DateOf(now.In(d.location())).Since(d.StartsOn)/7)
	if n > 0 && now.Before(d.opens(d.StartsOn.Add(7*n))) { // the day has come, its hour has not
		n--
	}
	return n
}

// full says whether there is no seat for somebody new: all are taken, or others wait for them.
func (s *Service) full(ctx context.Context, tx bun.IDB, d *Delivery) (bool, error) {
	if d.Capacity == 0 {
		return false, nil
	}
	taken, waiting, err := seats(ctx, tx, d.ID)
	return taken >= d.Capacity || waiting > 0, err
}

// promote gives free seats to those who have waited longest. The caller holds the cohort's row.
func (s *Service) promote(ctx context.Context, tx bun.IDB, d *Delivery, now time.Time) error {
	if d.Status == Closed || d.Status == Cancelled || d.LatePolicy == LateClosed && d.Begun(now) {
		return nil
	}
	taken, waiting, err := seats(ctx, tx, d.ID)
	if err != nil || waiting == 0 {
		return err
	}
	free := waiting
	if d.Capacity > 0 {
		free = min(free, d.Capacity-taken)
	}
	if free <= 0 {
		return nil
	}
	queue, err := lockQueue(ctx, tx, d.ID, free)
	if err != nil {
		return err
	}
	for i := range queue {
		e := &queue[i]
		s.seat(d, e, now)
		e.Version, e.UpdatedAt = e.Version+1, now
		if err := upsert(ctx, tx, e); err != nil {
			return err
		}
		f := enrolled(e, now)
		f.FromQueue = true
		if err := event.Record(ctx, tx, now, f); err != nil {
			return err
		}
		if err := event.Record(ctx, tx, now, Promoted{PersonID: e.PersonID, CourseKey: e.CourseKey, DeliveryID: e.DeliveryID, At: now}); err != nil {
			return err
		}
	}
	return nil
}

// Leave takes a person out of a cohort, or off its waiting list, at their own wish. The record is kept.
func (s *Service) Leave(ctx context.Context, personID, deliveryID string) error {
	return db.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		d, err := lockCohort(ctx, tx, deliveryID)
		if err != nil {
			return err
		}
		return s.leave(ctx, tx, d, personID, "")
	})
}

// Remove is Leave by who leads the cohort, with a reason for the log.
func (s *Service) Remove(ctx context.Context, actor *account.Person, personID, deliveryID, reason string) error {
	if !Leads(actor, deliveryID) {
		return fault.New(fault.NotFound, "error.not_found")
	}
	return db.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		return s.RemoveTx(ctx, tx, actor, personID, deliveryID, reason)
	})
}

// RemoveTx is Remove within the caller's transaction, for a move to another cohort. It does not ask who actor is.
func (s *Service) RemoveTx(ctx context.Context, tx bun.IDB, actor *account.Person, personID, deliveryID, reason string) error {
	d, err := lockCohort(ctx, tx, deliveryID)
	if err != nil {
		return err
	}
	by := "operator"
	if actor != nil {
		by = actor.ID
	}
	if err := s.leave(ctx, tx, d, personID, by); err != nil {
		return err
	}
	return s.note(ctx, tx, actor, d, "cohort.removed", personID, reason)
}

// leave frees the seat and fills it again from the queue. Who has left already stays so.
func (s *Service) leave(ctx context.Context, tx bun.IDB, d *Delivery, personID, by string) error {
	now := s.clock()
	e, err := lockEnrolment(ctx, tx, personID, d.ID)
	if err != nil {
		return err
	}
	if e == nil {
		return fault.New(fault.NotFound, "delivery.not_in_cohort")
	}
	if e.Status == Withdrawn {
		return nil
	}
	e.Status, e.QueuedAt, e.UpdatedAt = Withdrawn, nil, now
	e.Version++
	if err := update(ctx, tx, e, "status", "queued_at", "updated_at", "version"); err != nil {
		return err
	}
	f := WithdrawnFact{PersonID: personID, CourseKey: d.CourseKey, DeliveryID: d.ID, By: by, At: now}
	if err := event.Record(ctx, tx, now, f); err != nil {
		return err
	}
	return s.promote(ctx, tx, d, now)
}

// Mine is one cohort of a person.
type Mine struct {
	Delivery  Delivery  `bun:"embed:d_"`
	Enrolment Enrolment `bun:"embed:e_"`
	Ahead     int       // how many wait before them; 0 unless Waiting
}

// Blocks says that the person has a seat in a cohort that goes on: they can take none in another of the course.
func (m *Mine) Blocks() bool {
	seat := m.Enrolment.Status == Active || m.Enrolment.Status == Paused
	return seat && (m.Delivery.Status == Draft || m.Delivery.Status == Open)
}

// Mine lists a person's cohorts in which they have a seat or wait for one, whatever the cohort's state, the latest
// start first. courseKey "" is all courses.
func (s *Service) Mine(ctx context.Context, personID, courseKey string) ([]Mine, error) {
	all, err := mine(ctx, s.db, personID, func(q *bun.SelectQuery) *bun.SelectQuery {
		if courseKey != "" {
			q = q.Where("e.course_key = ?", courseKey)
		}
		return q.Where("e.status <> ?", Withdrawn)
	})
	if err != nil {
		return nil, err
	}
	return all, s.allowMine(ctx, all)
}

// Seen is one cohort as one person sees it.
type Seen struct {
	Mine
	Taken int // seats
	Queue int // people who wait
}

// In returns a cohort with a person's enrolment in it and how many seats are taken. Enrolment has no ID
// when they were never in it; personID "" is nobody. NotFound when there is no such cohort.
func (s *Service) In(ctx context.Context, personID, deliveryID string) (*Seen, error) {
	v := new(Seen)
	q := s.db.NewSelect().TableExpr("delivery AS d").Join("LEFT JOIN enrolment AS e ON e.delivery_id = d.id AND e.person_id = ?", personID).
		ColumnExpr(columns("d", "d_", deliveryColumns[:])).ColumnExpr(Columns("e", "e_")).ColumnExpr(aheadExpr, Waiting, Waiting).
		ColumnExpr(takenExpr+" AS taken", Active, Paused).ColumnExpr(queueExpr+" AS queue", Waiting).
		Where("d.id = ?", deliveryID).Where("d.kind = ?", Cohort)
	if err := q.Scan(ctx, v); err != nil {
		return nil, db.Err(err)
	}
	return v, s.Allow(ctx, &v.Enrolment)
}

// Led are the names of those who lead a cohort, by name.
func (s *Service) Led(ctx context.Context, deliveryID string) ([]string, error) {
	var names []string
	err := s.db.NewSelect().TableExpr("person AS p").ColumnExpr("p.name").
		Where("p.id IN (?)", access.Holders(s.db, s.clock(), []string{account.RoleTrainer}, deliveryID)).OrderExpr("p.name").Scan(ctx, &names)
	if err != nil {
		return nil, fmt.Errorf("who leads %s: %w", deliveryID, err)
	}
	return names, nil
}

// Refill gives seats that have become free without anybody leaving (an account was erased) to those who wait. It does
// a few seconds' work at most and may be called at any time.
func (s *Service) Refill(ctx context.Context) error {
	ids, err := queued(ctx, s.db)
	if err != nil {
		return err
	}
	for _, deliveryID := range ids {
		err := db.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
			d, err := lockCohort(ctx, tx, deliveryID)
			if err != nil {
				return err
			}
			return s.promote(ctx, tx, d, s.clock())
		})
		if err != nil {
			return fmt.Errorf("refill %s: %w", deliveryID, err)
		}
	}
	return nil
}
