package delivery

import (
	"context"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"greenroom/internal/db"
	"greenroom/internal/event"
	"greenroom/internal/fault"
	"greenroom/internal/id"
)

func (s *Service) clock() time.Time { return s.now().UTC().Truncate(time.Microsecond) }

// SelfPaced returns the self-paced delivery of a course; NotFound when the course never had one.
func (s *Service) SelfPaced(ctx context.Context, courseKey string) (*Delivery, error) {
	return selfPaced(ctx, s.db, courseKey)
}

// EnsureSelfPaced gives a course its self-paced delivery when it has none. It joins the transaction that publishes.
func (s *Service) EnsureSelfPaced(ctx context.Context, tx bun.IDB, courseKey string) error {
	return ensure(ctx, tx, courseKey, s.clock())
}

// Enrol brings a person into the self-paced delivery of a course, on its current revision. Who is enrolled
// already keeps revision and place; who has paused or withdrawn comes back.
func (s *Service) Enrol(ctx context.Context, personID, courseKey string) (*Enrolment, error) {
	rev, err := s.courses.Current(ctx, courseKey)
	if err != nil {
		return nil, err
	}
	var e *Enrolment
	err = db.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		d, err := selfPaced(ctx, tx, courseKey)
		if fault.Is(err, fault.NotFound) { // published before there were deliveries
			if err = ensure(ctx, tx, courseKey, s.clock()); err == nil {
				d, err = selfPaced(ctx, tx, courseKey)
			}
		}
		if err != nil {
			return fmt.Errorf("delivery of %q: %w", courseKey, err)
		}
		e, err = s.EnrolTx(ctx, tx, personID, d, rev.Hash)
		return err
	})
	return e, err
}

// EnrolTx is Enrol into a given delivery, on a given revision, within the caller's transaction.
func (s *Service) EnrolTx(ctx context.Context, tx bun.IDB, personID string, d *Delivery, revisionHash string) (*Enrolment, error) {
	now := s.clock()
	e := &Enrolment{
		ID: id.New(), DeliveryID: d.ID, PersonID: personID, CourseKey: d.CourseKey, RevisionHash: revisionHash,
		Status: Active, LastSeenAt: now, CreatedAt: now, UpdatedAt: now, Source: SourceSelf, JoinedAt: &now,
	}
	fresh, err := insert(ctx, tx, e)
	if err != nil {
		return nil, err
	}
	if !fresh {
		if e, err = lockEnrolment(ctx, tx, personID, d.ID); err != nil {
			return nil, err
		}
		if e == nil {
			return nil, fault.New(fault.Conflict, "error.conflict") // it went between two statements
		}
		if err := s.activate(ctx, tx, e, now); err != nil {
			return nil, err
		}
		return e, nil
	}
	if err := s.pass(ctx, tx, d, revisionHash, personID); err != nil {
		return nil, err
	}
	return e, event.Record(ctx, tx, now, enrolled(e, now))
}

func enrolled(e *Enrolment, now time.Time) Enrolled {
	return Enrolled{PersonID: e.PersonID, CourseKey: e.CourseKey, DeliveryID: e.DeliveryID, RevisionHash: e.RevisionHash, Source: e.Source, At: now}
}

func (s *Service) activate(ctx context.Context, tx bun.IDB, e *Enrolment, now time.Time) error {
	was := e.Status
	if was == Active {
		return nil
	}
	e.Status, e.UpdatedAt = Active, now
	if err := update(ctx, tx, e, "status", "updated_at"); err != nil {
		return err
	}
	if was == Withdrawn {
		return event.Record(ctx, tx, now, enrolled(e, now))
	}
	return nil
}

// change runs fn on the person's locked self-paced enrolment in the course; NotFound when there is none.
func (s *Service) change(ctx context.Context, personID, courseKey string, fn func(ctx context.Context, tx bun.IDB, e *Enrolment, now time.Time) error) error {
	return db.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		d, err := selfPaced(ctx, tx, courseKey)
		if err != nil {
			return err
		}
		e, err := lockEnrolment(ctx, tx, personID, d.ID)
		if err != nil {
			return err
		}
		if e == nil {
			return fault.New(fault.NotFound, "delivery.not_enrolled")
		}
		return fn(ctx, tx, e, s.clock())
	})
}

// Pause sets an active enrolment aside; a paused one stays so. Who has withdrawn gets Conflict.
func (s *Service) Pause(ctx context.Context, personID, courseKey string) error {
	return s.change(ctx, personID, courseKey, func(ctx context.Context, tx bun.IDB, e *Enrolment, now time.Time) error {
		switch e.Status {
		case Paused:
			return nil
		case Withdrawn:
			return fault.New(fault.Conflict, "delivery.withdrawn_already")
		}
		e.Status, e.UpdatedAt = Paused, now
		return update(ctx, tx, e, "status", "updated_at")
	})
}

// Resume makes a paused or withdrawn enrolment active again.
func (s *Service) Resume(ctx context.Context, personID, courseKey string) error {
	return s.change(ctx, personID, courseKey, s.activate)
}

// Withdraw leaves the course. The enrolment and the record are kept; Enrol and Resume bring the person back.
func (s *Service) Withdraw(ctx context.Context, personID, courseKey string) error {
	return s.change(ctx, personID, courseKey, func(ctx context.Context, tx bun.IDB, e *Enrolment, now time.Time) error {
		if e.Status == Withdrawn {
			return nil
		}
		e.Status, e.UpdatedAt = Withdrawn, now
		if err := update(ctx, tx, e, "status", "updated_at"); err != nil {
			return err
		}
		return event.Record(ctx, tx, now, WithdrawnFact{PersonID: e.PersonID, CourseKey: e.CourseKey, DeliveryID: e.DeliveryID, At: now})
	})
}

// seenAgain is how long looking at the same step is not noted anew: reloading a page costs no commit.
const seenAgain = time.Minute

// Seen keeps the step that a person last looked at. It does nothing for who is not actively enrolled, and it is
// one statement: a page in view may call it freely.
func (s *Service) Seen(ctx context.Context, personID, courseKey, activityKey string) error {
	now := s.clock()
	_, err := s.db.NewUpdate().Model((*Enrolment)(nil)).
		Set("last_activity = ?", activityKey).Set("last_seen_at = ?", now).
		Where("e.person_id = ?", personID).Where("e.course_key = ?", courseKey).Where("e.status = ?", Active).
		Where("(e.last_activity <> ? OR e.last_seen_at < ?)", activityKey, now.Add(-seenAgain)).
		Exec(ctx)
	if err != nil {
		return fmt.Errorf("keep last position: %w", err)
	}
	return nil
}

// Move pins a person's enrolments in the course, of every delivery that they have not left, to another revision of it.
// What was earned stays in the record. NotFound when there is no such enrolment.
func (s *Service) Move(ctx context.Context, personID, courseKey, revisionHash string) error {
	rev, err := s.courses.Revision(ctx, revisionHash)
	if err != nil {
		return err
	}
	if rev.Key != courseKey {
		return fault.New(fault.NotFound, "error.not_found")
	}
	return db.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		all, err := lockAll(ctx, tx, personID, courseKey)
		if err != nil {
			return err
		}
		if len(all) == 0 {
			return fault.New(fault.NotFound, "delivery.not_enrolled")
		}
		now, moved := s.clock(), false
		for i := range all {
			e := &all[i]
			if e.RevisionHash == rev.Hash || e.Status == Withdrawn {
				continue
			}
			e.RevisionHash, e.UpdatedAt, moved = rev.Hash, now, true
			if err := update(ctx, tx, e, "revision_hash", "updated_at"); err != nil {
				return err
			}
		}
		if !moved {
			return nil
		}
		return event.Record(ctx, tx, now, Moved{PersonID: personID, CourseKey: courseKey, RevisionHash: rev.Hash, At: now})
	})
}

// Of returns the self-paced delivery of a course and a person's enrolment in it, nil when there is none, in one
// query. NotFound when the course never had a delivery.
func (s *Service) Of(ctx context.Context, personID, courseKey string) (*Delivery, *Enrolment, error) {
	return of(ctx, s.db, personID, courseKey)
}

// List returns all enrolments of a person in all deliveries, whatever their state, last seen first.
func (s *Service) List(ctx context.Context, personID string) ([]Enrolment, error) {
	return list(ctx, s.db, personID)
}
