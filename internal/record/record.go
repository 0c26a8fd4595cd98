// Package record is what people have done and what follows from it.
//
// Every thing a learner completes is an append-only Event. Progress is its one projection: one row a person and a
// course, changed in the transaction that writes the event. Every number on every screen (dashboard, course page,
// player, progress page, transcript, certificate) is Look of a revision and a Progress; nothing else counts.
//
// Completion never goes down by itself. Events are neither changed nor removed while their person exists (triggers on
// both databases see to it), and a course that was completed stays so, whatever later revisions add or retire. What a
// named person decided (see Decide) a named person can take back; what the learner did nobody can.
//
//	record.go     types and Service
//	view.go       Look: what a progress means in a revision, and the rule that completes a course
//	states.go     which steps are done, as one column
//	complete.go   completing a step, and with the last one the course
//	claim.go      what a guest did becomes a person's
//	ledger.go     what the events of a person in a course say: the one reader of their kinds
//	decide.go     decisions about a step instead of doing it, and taking them back
//	rebuild.go    the projection from the events, and the check that both agree
//	read.go       what pages read, a query each
//	transcript.go the record as its owner takes it along
//	store.go      SQL
package record

import (
	"context"
	"sync"
	"time"

	"github.com/uptrace/bun"

	"greenroom/internal/course"
	"greenroom/internal/db"
)

// The kinds of event that a learner causes; ledger.go has those of decisions.
const (
	Done      = "done"      // a step was completed
	Completed = "completed" // the course was completed; the activity key is ""
)

// Event is one thing a learner did. There is at most one for a person, course, activity, kind and cycle.
type Event struct {
	bun.BaseModel `bun:"table:learning_event,alias:le"`

	ID           string `bun:",pk"`
	PersonID     string
	CourseKey    string
	ActivityKey  string // "module/activity"; "" where the event is of the whole course
	Kind         string // Done, Completed or one of those in ledger.go
	Cycle        int    // 1; of a completion one more after each reopening, of a decision its number on the step
	DeliveryID   string // "" when it was done outside a delivery
	RevisionHash string
	Data         string // JSON of the activity kind, or ""
	At           time.Time
}

// Progress is the projection of a person's events in one course.
type Progress struct {
	bun.BaseModel `bun:"table:progress,alias:p"`

	PersonID    string `bun:",pk"`
	CourseKey   string `bun:",pk"`
	States      States
	Decided     Decided    // of States, the steps that count by a decision and not by doing
	Events      int        // how many events it was made of
	Beside      int        // of those, how many are not the first of a step: Events - Beside steps count
	CompletedAt *time.Time // nil until the course is completed; cleared only when a decision is taken back
	UpdatedAt   time.Time
}

// firstCycle is the cycle of all events until courses have to be taken again.
const firstCycle = 1

// Completion is what a learner just did.
type Completion struct {
	PersonID   string
	Course     *course.Revision // the revision the learner is on
	Activity   *course.Activity // of Course
	DeliveryID string
	Data       any // kept as JSON; may be nil
	// Seen is the person's progress in the course as the caller has just read it, if it has. It saves a statement while
	// nothing else was written since, and is never believed otherwise.
	Seen View
}

// Certifier issues the certificate of a completed course. It joins the transaction, is idempotent, and gives
// nothing to guests.
type Certifier interface {
	Issue(ctx context.Context, tx bun.IDB, personID string, rev *course.Revision, at time.Time) error
}

// Courses is what the record has to know of courses; *course.Service is one.
type Courses interface {
	// Revision returns any revision that was ever published.
	Revision(ctx context.Context, hash string) (*course.Revision, error)
	// RevisionTx is Revision for callers within a transaction: what is not cached is read through it.
	RevisionTx(ctx context.Context, tx bun.IDB, hash string) (*course.Revision, error)
}

// CourseCompleted is the fact that a person completed a course. There is one for a person, a course and a cycle.
type CourseCompleted struct {
	PersonID, CourseKey, RevisionHash string
	At                                time.Time
}

// FactName names the fact.
func (CourseCompleted) FactName() string { return "record.course_completed" }

// Service is the door to the record. It is safe for use by many goroutines.
type Service struct {
	db      *bun.DB
	courses Courses
	cert    Certifier
	now     func() time.Time

	place      *db.Prepared // placeQuery
	cohort     *db.Prepared // cohortQuery
	advance    *db.Guarded  // advanceQuery, appendQuery
	deliveries sync.Map     // course key to its self-paced *delivery.Delivery, which never changes
}

// New makes the service. cert may be nil: then nobody gets certificates.
func New(d *bun.DB, courses Courses, cert Certifier, now func() time.Time) *Service {
	return &Service{
		db: d, courses: courses, cert: cert, now: now,
		place: db.Prepare(d, placeQuery), cohort: db.Prepare(d, cohortQuery), advance: db.PrepareGuarded(d, advanceQuery, appendQuery),
	}
}

func (s *Service) clock() time.Time { return s.now().UTC().Truncate(time.Microsecond) }

// Now is the service's clock: UTC, to the microsecond.
func (s *Service) Now() time.Time { return s.clock() }
