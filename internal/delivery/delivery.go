// Package delivery offers courses to people and keeps who is in which offer.
//
// A Delivery offers one course under some rules; today there is one kind, self-paced, which every published
// course gets by itself. An Enrolment is one person's place in a delivery. It is pinned to the revision of the
// course that was current on enrolling and moves to a newer one only when the person asks. What a person does in
// the course is not kept here but in the record, so leaving and coming back loses nothing.
//
//	delivery.go   types, rules, Service
//	enrol.go      coming in, pausing, leaving, moving on
//	claim.go      what a guest had becomes a person's
//	store.go      SQL
package delivery

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"greenroom/internal/course"
)

// SelfPaced is the kind of delivery that is always open.
const SelfPaced = "self-paced"

// The states of an enrolment.
const (
	Active    = "active"
	Paused    = "paused"    // by the learner; nothing is due, all is kept
	Withdrawn = "withdrawn" // by the learner; the record is kept and they may come back
)

// Delivery offers one course to some people under some rules.
type Delivery struct {
	bun.BaseModel `bun:"table:delivery,alias:d"`

	ID        string `bun:",pk"`
	CourseKey string
	Kind      string
	CreatedAt time.Time
}

// Enrolment is one person's place in one delivery. There is at most one for a person and a delivery.
type Enrolment struct {
	bun.BaseModel `bun:"table:enrolment,alias:e"`

	ID           string `bun:",pk"`
	DeliveryID   string
	PersonID     string
	CourseKey    string
	RevisionHash string // the revision the learner is on
	Status       string // Active, Paused or Withdrawn
	LastActivity string // key of the step last looked at, "" before the first
	LastSeenAt   time.Time
	CreatedAt    time.Time
	UpdatedAt    time.Time
}

// Courses is what enrolling has to know of courses; *course.Service is one.
type Courses interface {
	// Current returns the newest published revision, or NotFound.
	Current(ctx context.Context, key string) (*course.Revision, error)
	// Revision returns any revision that was ever published.
	Revision(ctx context.Context, hash string) (*course.Revision, error)
}

// Enrolled is the fact that a person came into a delivery, for the first time or again after withdrawing.
type Enrolled struct {
	PersonID, CourseKey, DeliveryID, RevisionHash string
	At                                            time.Time
}

// FactName names the fact.
func (Enrolled) FactName() string { return "delivery.enrolled" }

// WithdrawnFact is the fact that a person left a delivery; their record is kept.
type WithdrawnFact struct {
	PersonID, CourseKey, DeliveryID string
	At                              time.Time
}

// FactName names the fact.
func (WithdrawnFact) FactName() string { return "delivery.withdrawn" }

// Moved is the fact that a person went on to a newer revision of the course.
type Moved struct {
	PersonID, CourseKey, RevisionHash string
	At                                time.Time
}

// FactName names the fact.
func (Moved) FactName() string { return "delivery.moved" }

// Service is the door to deliveries and enrolments. It is safe for use by many goroutines.
type Service struct {
	db      *bun.DB
	courses Courses
	now     func() time.Time
}

// New makes the service.
func New(d *bun.DB, courses Courses, now func() time.Time) *Service {
	return &Service{db: d, courses: courses, now: now}
}
