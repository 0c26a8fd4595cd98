package delivery

import (
	"context"
	"errors"

	"github.com/uptrace/bun"
)

var errSoon = errors.New("delivery: not written yet")

// SelfPaced returns the self-paced delivery of a course, or NotFound.
func (s *Service) SelfPaced(ctx context.Context, courseKey string) (*Delivery, error) {
	return nil, errSoon
}

// EnsureSelfPaced gives a course its self-paced delivery when it has none. It joins the transaction that publishes.
func (s *Service) EnsureSelfPaced(ctx context.Context, tx bun.IDB, courseKey string) error {
	return errSoon
}

// Enrol brings a person into the self-paced delivery of a course, on its current revision.
func (s *Service) Enrol(ctx context.Context, personID, courseKey string) (*Enrolment, error) {
	return nil, errSoon
}

// EnrolTx is Enrol within the caller's transaction.
func (s *Service) EnrolTx(ctx context.Context, tx bun.IDB, personID string, d *Delivery, revisionHash string) (*Enrolment, error) {
	return nil, errSoon
}

// Pause sets an active enrolment aside.
func (s *Service) Pause(ctx context.Context, personID, courseKey string) error { return errSoon }

// Resume makes a paused or withdrawn enrolment active again.
func (s *Service) Resume(ctx context.Context, personID, courseKey string) error { return errSoon }

// Withdraw leaves the course; the record is kept.
func (s *Service) Withdraw(ctx context.Context, personID, courseKey string) error { return errSoon }

// Seen keeps the step last looked at. It does nothing for who is not enrolled.
func (s *Service) Seen(ctx context.Context, personID, courseKey, activityKey string) error {
	return errSoon
}

// Move pins the enrolment to a newer revision.
func (s *Service) Move(ctx context.Context, personID, courseKey, revisionHash string) error {
	return errSoon
}

// Of returns a course's delivery and a person's enrolment in it (nil when none) in one query.
func (s *Service) Of(ctx context.Context, personID, courseKey string) (*Delivery, *Enrolment, error) {
	return nil, nil, errSoon
}

// List returns all enrolments of a person, last seen first.
func (s *Service) List(ctx context.Context, personID string) ([]Enrolment, error) {
	return nil, errSoon
}

// Claim gives a guest's enrolments to a person.
func (s *Service) Claim(ctx context.Context, tx bun.IDB, from, to string) error { return errSoon }
