package quiz

import (
	"context"
	"fmt"
	"log/slog"
	"net/url"
	"slices"
	"sync"
	"time"

	"github.com/uptrace/bun"

	"greenroom/internal/allow"
	"greenroom/internal/course"
	"greenroom/internal/record"
)

// Courses is what quizzes have to know of courses; *course.Service is one.
type Courses interface {
	// Revision returns any revision that was ever published.
	Revision(ctx context.Context, hash string) (*course.Revision, error)
	// RevisionTx is Revision for callers within a transaction.
	RevisionTx(ctx context.Context, tx bun.IDB, hash string) (*course.Revision, error)
	// Current returns the published one.
	Current(ctx context.Context, key string) (*course.Revision, error)
	// Past returns those of one course, the newest first.
	Past(ctx context.Context, key string, limit int64) ([]course.Past, error)
}

// Allowances is what quizzes have to know of accommodations; *allow.Service is one.
type Allowances interface {
	Of(ctx context.Context, tx bun.IDB, personID string) (allow.Allowance, error)
}

// Service is the door to attempts. It is safe for use by many goroutines.
type Service struct {
	db      *bun.DB
	courses Courses
	records *record.Service
	now     func() time.Time
	allow   Allowances // nil: nobody has any
	log     *slog.Logger
	wake    chan struct{}

	mu    sync.Mutex
	rules *snapshot // decisions in force, as this node knows them
}

// New makes the service.
func New(d *bun.DB, courses Courses, records *record.Service, now func() time.Time) *Service {
	return &Service{db: d, courses: courses, records: records, now: now, log: slog.Default(), wake: make(chan struct{}, 1)}
}

// SetAllowances names who knows what people are allowed beyond limits. Call it before the first request.
func (s *Service) SetAllowances(a Allowances) { s.allow = a }

// SetLog names the log of background work; slog's default until then.
func (s *Service) SetLog(l *slog.Logger) { s.log = l }

// Now is the service's clock: UTC, to the microsecond.
func (s *Service) Now() time.Time { return s.clock() }

func (s *Service) clock() time.Time { return s.now().UTC().Truncate(time.Microsecond) }

// Form is what a page sends of an open attempt.
type Form struct {
	Attempt string     // its id
	Page    string     // id of the page load that sends it; "" when unknown
	N       int64      // grows with each form that the page load sends; 0 when the page has no script
	Fields  url.Values // the answers: see Paper.Read
	Move    string     // the button of an ordering that was pressed, or "": see Paper.Move
	Anyway  bool       // submit: unanswered questions are left so
}

// Sitting is one attempt with what is needed to show it.
type Sitting struct {
	Attempt *Attempt
	Content *Content
	Paper   Paper
	Answers Answers // as stored, and after Save and Submit with what was typed too long for it
	Missing []Miss  // why Submit did not grade it
	Rulings []Ruling
}

// Result judges the attempt as it stands, by the decisions in force.
func (s Sitting) Result() Result { return Judge(s.Content, s.Paper, s.Answers, s.Rulings) }

// Miss is a question that Submit points out.
type Miss struct {
	Dealt
	Why string
}

// Limit is how many characters may be typed.
func (m Miss) Limit() int {
	if m.Type == Numeric {
		return MaxNumber
	}
	return MaxText
}

// Why a question is pointed out.
const (
	Unanswered = "unanswered"
	HalfDone   = "half_done" // a matching with gaps
	Unordered  = "unordered" // an ordering as it was dealt
	NoNumber   = "no_number" // typed, but no number
	TooLong    = "too_long"  // typed beyond the limit: not kept
)

// Desk is everything a person has of one quiz.
type Desk struct {
	All   []Attempt // newest first
	Best  *Attempt  // the score that is kept; nil before the first result
	Shown *Sitting  // the one to show: as asked for, else the open one, else the newest result; nil when there is none
	May   allow.Allowance
	Over  bool // the shown one is open although its time is up: the clock will submit it, or its owner
}

// Left is how many attempts the person may still start at a quiz; -1 is any number.
func (d Desk) Left(c *Content) int {
	limit := d.May.Attempts(c.Attempts)
	if limit == 0 {
		return -1
	}
	return max(0, limit-used(d.All))
}

// Passed says whether any attempt has passed.
func (d Desk) Passed() bool { return d.Best != nil && d.Best.Passed }

// Reasons says whether verdicts and feedback of the shown result may be seen.
func (d Desk) Reasons() bool {
	return d.Shown != nil && d.Shown.Attempt.State == Submitted && (d.Shown.Content.Feedback == AtEnd || d.Passed())
}

// Look finds a person's attempts. AttemptID chooses the one to show; "" leaves it to Look. NotFound when it is not
// one of theirs in this quiz.
func (s *Service) Look(ctx context.Context, at record.Completion, attemptID string) (Desk, error) {
	var d Desk
	if at.PersonID == "" {
		if attemptID != "" {
			return d, errNoAttempt
		}
		return d, nil
	}
	var err error
	if d.All, err = attempts(ctx, s.db, at); err != nil {
		return d, err
	}
	d.Best = Best(d.All)
	if c, err := contentOf(at.Activity); err == nil && (c.Attempts > 0 || c.Minutes > 0) {
		if d.May, err = s.allowed(ctx, s.db, at.PersonID); err != nil {
			return d, err
		}
	}
	a := toShow(d.All)
	if attemptID != "" {
		i := slices.IndexFunc(d.All, func(a Attempt) bool { return a.ID == attemptID && a.State != Aside })
		if i < 0 {
			return d, errNoAttempt
		}
		a = &d.All[i]
	}
	if a == nil {
		return d, nil
	}
	d.Over = a.Over(s.clock())
	if d.Shown, err = s.sitting(ctx, at, a); err != nil {
		return d, err
	}
	d.Shown.Rulings, err = s.known(ctx, Ref{a.CourseKey, a.ActivityKey})
	return d, err
}

// toShow picks the open attempt, else the newest result, else nil.
func toShow(all []Attempt) *Attempt {
	for _, state := range []string{Open, Submitted} {
		if i := slices.IndexFunc(all, func(a Attempt) bool { return a.State == state }); i >= 0 {
			return &all[i]
		}
	}
	return nil
}

// sitting deals the attempt's paper from the revision it was started on.
func (s *Service) sitting(ctx context.Context, at record.Completion, a *Attempt) (*Sitting, error) {
	activity := at.Activity
	if a.RevisionHash != at.Course.Hash {
		rev, err := s.courses.Revision(ctx, a.RevisionHash)
		if err != nil {
			return nil, fmt.Errorf("revision of quiz attempt %s: %w", a.ID, err)
		}
		activity = rev.Activity(a.ActivityKey)
	}
	c, err := contentOf(activity)
	if err != nil {
		return nil, fmt.Errorf("quiz attempt %s: %w", a.ID, err)
	}
	return &Sitting{Attempt: a, Content: c, Paper: Deal(c, a.Seed), Answers: a.Sheet.Plain()}, nil
}

func contentOf(a *course.Activity) (*Content, error) {
	if a == nil {
		return nil, fmt.Errorf("its revision has no such activity")
	}
	c, ok := a.Content().(*Content)
	if !ok {
		return nil, fmt.Errorf("activity %q is no quiz", a.Key)
	}
	return c, nil
}
