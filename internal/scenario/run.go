package scenario

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"greenroom/internal/course"
	"greenroom/internal/db"
	"greenroom/internal/draft"
	"greenroom/internal/fault"
	"greenroom/internal/record"
)

// The states of a run.
const (
	Open     = "open"
	Finished = "finished" // an ending was reached
	Aside    = "aside"    // left for another one; its moves are kept
)

// How a run's clocks go.
const (
	TimingOn   = "on"
	TimingLong = "long" // LongFactor times as long
	TimingOff  = "off"
)

// LongFactor is how much longer clocks run for who asks for more time.
const LongFactor = 3

// Run is one person's way through a scenario.
type Run struct {
	bun.BaseModel `bun:"table:scenario_run,alias:r"`

	ID           string `bun:",pk"`
	PersonID     string
	CourseKey    string
	ActivityKey  string
	RevisionHash string // it stays on it
	DeliveryID   string
	Client       string
	State        string
	Seed         int64
	Timing       string
	First        bool
	ReplayOf     string
	Ending       string
	StartedAt    time.Time
	FinishedAt   *time.Time
}

// Event is one move of a run, as it is kept.
type Event struct {
	bun.BaseModel `bun:"table:scenario_event,alias:e"`

	RunID   string `bun:",pk"`
	Number  int    `bun:",pk"`
	Kind    string
	Passage string
	Choice  string
	Points  int
	Meters  string
	At      time.Time
}

func (e *Event) move() Move {
	return Move{Kind: e.Kind, At: e.Passage, Choice: e.Choice, Points: e.Points}
}

// same says whether a repeated press asks for what this event did.
func (e *Event) same(m Move) bool {
	if e.Kind != m.Kind {
		return false
	}
	return m.Kind == Back || e.Passage == m.At && e.Choice == m.Choice
}

// Sitting is one run with what is needed to show it.
type Sitting struct {
	Run    *Run
	Events []Event
	Story  *Story
	Reply  *Written // what is written for the reply at which the run stands; nil when nothing yet
	Sent   *Written // what was written for the reply that was left last; nil when none was
}

// Courses is what scenarios have to know of courses; *course.Service is one.
type Courses interface {
	// Revision returns any revision that was ever published.
	Revision(ctx context.Context, hash string) (*course.Revision, error)
}

// Service is the door to runs. It is safe for use by many goroutines.
//
// The argument at of its methods says whose run it is, in which course and activity: what play.Step's Completion gives.
type Service struct {
	db      *bun.DB
	courses Courses
	records *record.Service
	now     func() time.Time
	others  othersCache

	byID, shown, add *db.Prepared
}

// New makes the service.
func New(d *bun.DB, courses Courses, records *record.Service, now func() time.Time) *Service {
	return &Service{db: d, courses: courses, records: records, now: now, others: othersCache{by: map[string]othersEntry{}},
		byID: db.Prepare(d, loadQuery), shown: db.Prepare(d, shownQuery), add: db.Prepare(d, appendQuery)}
}

func (s *Service) clock() time.Time { return s.now().UTC().Truncate(time.Microsecond) }

var (
	errNoRun  = fault.New(fault.NotFound, "scenario.error.no_run")
	errGoneOn = fault.New(fault.Conflict, "scenario.error.gone_on")
)

// scenarioOf is the scenario of an activity.
func scenarioOf(a *course.Activity) (*Scenario, error) {
	if a == nil {
		return nil, errors.New("its revision has no such activity")
	}
	c, ok := a.Content().(*Scenario)
	if !ok {
		return nil, fmt.Errorf("activity %q is no scenario", a.Key)
	}
	return c, nil
}

// scenario is the one that a run plays: of the revision it began with.
func (s *Service) scenario(ctx context.Context, at record.Completion, r *Run) (*Scenario, error) {
	if at.Course != nil && r.RevisionHash == at.Course.Hash {
		return scenarioOf(at.Activity)
	}
	rev, err := s.courses.Revision(ctx, r.RevisionHash)
	if err != nil {
		return nil, fmt.Errorf("revision of scenario run %s: %w", r.ID, err)
	}
	c, err := scenarioOf(rev.Activity(r.ActivityKey))
	if err != nil {
		return nil, fmt.Errorf("scenario run %s: %w", r.ID, err)
	}
	return c, nil
}

// sit plays a run's moves again.
func (s *Service) sit(ctx context.Context, at record.Completion, r *Run, events []Event) (*Sitting, error) {
	c, err := s.scenario(ctx, at, r)
	if err != nil {
		return nil, err
	}
	log := make([]Move, len(events))
	for i := range events {
		log[i] = events[i].move()
	}
	story, err := c.Replay(r.Seed, log)
	if err != nil {
		return nil, fmt.Errorf("scenario run %s: %w", r.ID, err)
	}
	return &Sitting{Run: r, Events: events, Story: story}, nil
}

// metersText writes meters as JSON.
func metersText(m []int32) string {
	out := make([]string, len(m))
	for i, v := range m {
		out[i] = strconv.Itoa(int(v))
	}
	return "[" + strings.Join(out, ",") + "]"
}

// Seconds is how long the clock of a passage runs in this run; 0: there is none.
func (s *Sitting) Seconds() int {
	p := s.Story.Now().Passage
	if p.Timer == nil || s.Run.Timing == TimingOff {
		return 0
	}
	if s.Run.Timing == TimingLong {
		return p.Timer.Seconds * LongFactor
	}
	return p.Timer.Seconds
}

// Written is a text for a reply.
type Written struct {
	bun.BaseModel `bun:"table:scenario_reply,alias:t"`

	ID          string `bun:",pk"`
	RunID       string
	PersonID    string
	CourseKey   string
	ActivityKey string
	DeliveryID  string
	Passage     string
	Number      int // moves made before it
	State       string
	Body        string
	Words       int
	Marks       Marks
	Total       int
	Peers       int
	draft.Stamp
	SavedAt    time.Time
	MarkedAt   *time.Time
	DueAt      *time.Time
	ClosedAt   *time.Time
	ReportedAt *time.Time
}

// The states of a text.
const (
	Draft  = "draft"
	Sent   = "sent"   // in range; its writer marks it now
	Marked = "marked" // the story has gone on
)

// Waiting says whether reviews by others may still come.
func (w *Written) Waiting(now time.Time) bool {
	return w.Peers > 0 && w.State == Marked && w.ClosedAt == nil && w.ReportedAt == nil && w.DueAt != nil && now.Before(*w.DueAt)
}
