// Package delivery offers courses to people and keeps who is in which offer.
//
// A Delivery offers one course under some rules. Every published course has one self-paced delivery, always open. A
// cohort is a delivery with dates: a week for each module, seats, and somebody who leads it. An Enrolment is one
// person's place in a delivery. It is pinned to the revision of the course that was current on enrolling and moves to
// a newer one only when the person asks. What a person does in the course is not kept here but in the record, so
// leaving, coming back and changing from one delivery to another loses nothing.
//
// A cohort's dates are local dates and a time of day in a named zone; instants are computed from them each time (see
// At for what daylight saving does), so that a new rule of a zone needs no repair of data.
//
//	delivery.go   types, rules, Service
//	enrol.go      self-paced: coming in, pausing, leaving; moving on to a newer revision
//	cohort.go     making, changing, opening, closing, cancelling and copying cohorts
//	terms.go      what a cohort's form says, and its checks
//	zone.go       local dates and times as instants
//	schedule.go   weeks, breaks and own dates of modules
//	plan.go       one person's dates: schedule, late joining, pauses, extensions
//	join.go       seats: coming into a cohort, the waiting list, leaving
//	batch.go      many people at once
//	gate.go       who is kept out
//	allowed.go    what accommodations add to dates
//	people.go     the people of a cohort: lists, extensions, pauses
//	announce.go   announcements
//	feed.go       the secret of a person's calendar
//	claim.go      what a guest had becomes a person's
//	store.go      SQL
package delivery

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"greenroom/internal/course"
	"greenroom/internal/db"
)

// The kinds of delivery.
const (
	SelfPaced = "self-paced" // always open, one for each course
	Cohort    = "cohort"     // with dates
)

// The stored states of a cohort. A self-paced delivery is Open for ever.
const (
	Draft     = "draft" // only who leads it sees it
	Open      = "open"
	Closed    = "closed"    // over: nobody joins, nothing is due, all is open to its people
	Cancelled = "cancelled" // called off; its people go on by themselves
)

// Running is the derived state of an open cohort whose first week has begun; see State.
const Running = "running"

// What happens to people who join after the first week has begun.
const (
	LateOpen    = "open"    // all past weeks are open to them
	LateShifted = "shifted" // they begin with week 1; all their dates are later by whole weeks
	LateClosed  = "closed"  // they cannot join by themselves any more
)

// Who may join.
const (
	JoinOpen       = "open"       // anybody with an account
	JoinInvitation = "invitation" // people with an invitation, or whom a trainer adds
	JoinClosed     = "closed"     // only whom a trainer adds
)

// The states of an enrolment.
const (
	Active    = "active"
	Paused    = "paused"    // by the learner; nothing is due, all is kept
	Withdrawn = "withdrawn" // left, or was removed; the record is kept and they may come back
	Waiting   = "waiting"   // for a seat
)

// How a person came into a delivery.
const (
	SourceSelf       = "self"
	SourceInvitation = "invitation"
	SourceTrainer    = "trainer"
	SourceImport     = "import"
	SourceMoved      = "moved" // from another delivery of the course
)

// Delivery offers one course to some people under some rules. The fields from Title on are a cohort's.
type Delivery struct {
	bun.BaseModel `bun:"table:delivery,alias:d"`

	ID        string `bun:",pk"`
	CourseKey string
	Kind      string // SelfPaced or Cohort
	CreatedAt time.Time
	Terms
	Status    string    // Draft, Open, Closed or Cancelled
	Version   int       // rises with every change; forms and calendars compare it
	CreatedBy string    // person id; "" for self-paced and when made at the command line
	UpdatedAt time.Time `bun:",nullzero"`
}

// Terms are what who leads a cohort decides about it.
type Terms struct {
	Title      string
	About      string // Markdown, may be ""
	StartsOn   Date   // the first day of week 1
	Zone       string // IANA name
	ReleaseAt  Clock  // time of day at which weeks open, in Zone
	LatePolicy string
	JoinPolicy string
	Capacity   int // seats; 0 is without limit
	Schedule   Schedule
}

// Cohort says whether the delivery has dates.
func (d *Delivery) Cohort() bool { return d != nil && d.Kind == Cohort }

// State is the status, or Running for an open cohort that has begun.
func (d *Delivery) State(now time.Time) string {
	if d.Status == Open && d.Begun(now) {
		return Running
	}
	return d.Status
}

// Begun says whether the first week of a cohort has opened.
func (d *Delivery) Begun(now time.Time) bool {
	return d.Cohort() && !now.Before(d.Opens())
}

// Opens is the instant at which the first week of a cohort opens.
func (d *Delivery) Opens() time.Time { return d.opens(d.StartsOn) }

// Enrolment is one person's place in one delivery. There is at most one for a person and a delivery.
type Enrolment struct {
	bun.BaseModel `bun:"table:enrolment,alias:e"`

	ID           string `bun:",pk"`
	DeliveryID   string
	PersonID     string
	CourseKey    string
	RevisionHash string // the revision the learner is on
	Status       string // Active, Paused, Withdrawn or Waiting
	LastActivity string // key of the step last looked at, "" before the first
	LastSeenAt   time.Time
	CreatedAt    time.Time
	UpdatedAt    time.Time
	Source       string
	ShiftWeeks   int        // all dates are later by so many weeks: late joining under LateShifted
	ExtendedDays int        // due dates are later by so many days
	Pauses       Pauses     // dates after a pause's beginning are later by its length
	Version      int        // rises when the person's dates or state change; calendars compare it
	Act          string     // the form that last changed the person's dates: sent again, it changes nothing
	JoinedAt     *time.Time // when the seat was taken, last; nil for self-paced enrolments made before there were cohorts
	QueuedAt     *time.Time // since when Waiting; nil otherwise

	AllowedDays int `bun:"-"` // due dates are later by so many days, by an accommodation: see Service.Allow
}

// Joined is when the person took their seat.
func (e *Enrolment) Joined() time.Time {
	if e.JoinedAt != nil {
		return *e.JoinedAt
	}
	return e.CreatedAt
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
	Source                                        string // how: SourceSelf and so on
	FromQueue                                     bool   // a seat became free; Promoted is recorded too
	At                                            time.Time
}

// FactName names the fact.
func (Enrolled) FactName() string { return "delivery.enrolled" }

// WithdrawnFact is the fact that a person left a delivery or its waiting list; their record is kept.
type WithdrawnFact struct {
	PersonID, CourseKey, DeliveryID string
	By                              string // who removed them; "" when they left by themselves
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
	grants  Granter
	forget  func()
	allowed Allower
	gate    Gate

	around *db.Prepared // aroundQuery
}

// SetAccess says who gives the role of a cohort's trainer, and what to call after the commit. Without it nobody gets it.
func (s *Service) SetAccess(g Granter, forget func()) { s.grants, s.forget = g, forget }

// New makes the service.
func New(d *bun.DB, courses Courses, now func() time.Time) *Service {
	return &Service{db: d, courses: courses, now: now, around: db.Prepare(d, aroundQuery)}
}
