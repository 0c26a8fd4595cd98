// Package check is ten situations before a course and ten after it, so that a group of people can see whether the course
// taught them something, and nobody is judged by it.
//
//	kind.go     a check as a file of the course (course.Kind); docs/course-format.md has the format
//	check.go    taking one: which form comes first, what is kept, when it is handed in
//	figures.go  what a group gained, with its range
//	checkweb    the pages
//
// Each skill is told in two sibling situations, forms A and B. Half of the people answer A before and B after, the other
// half B before and A after, dealt delivery by delivery; so how hard a form is cancels out of the gain. Two of the ten
// skills are not taught by the course: what is gained there comes of answering twice.
//
// A check never decides anything about a person. Nobody, not even the person, is shown a score of one person, since the
// difference of two times ten answers is mostly chance; a group is told from Least people on, with the likely range. What
// was answered is the person's own: it is in their export, goes with their account, and no function reads it across people
// but Figures.
//
// Of the design it leaves out the third form after sixty days and "how sure are you", which nothing would read yet.
package check

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/uptrace/bun"

	"greenroom/internal/course"
	"greenroom/internal/db"
	"greenroom/internal/fault"
	"greenroom/internal/id"
	"greenroom/internal/record"
)

// The occasions.
const (
	Before = "before" // before the first module is finished
	After  = "after"  // when the course is completed
)

// The forms, and the sequences in which people answer them.
const (
	FormA = "a"
	FormB = "b"
	AB    = "ab" // A before, B after
	BA    = "ba"
)

// Run is one person's check on one occasion.
type Run struct {
	bun.BaseModel `bun:"table:check_run,alias:r"`

	ID           string `bun:",pk"`
	PersonID     string
	CourseKey    string
	ActivityKey  string
	RevisionHash string
	DeliveryID   string // that counted for the person when the run began
	Occasion     string
	Sequence     string
	StartedAt    time.Time
	SubmittedAt  *time.Time // nil until it is handed in

	Answers map[string]int `bun:"-"` // index of the chosen option by family
}

// Form is which sibling of each family the run asks.
func (r *Run) Form() string {
	if (r.Occasion == Before) == (r.Sequence == AB) {
		return FormA
	}
	return FormB
}

// Done says whether it was handed in.
func (r *Run) Done() bool { return r != nil && r.SubmittedAt != nil }

type answer struct {
	bun.BaseModel `bun:"table:check_answer,alias:a"`

	RunID  string `bun:",pk"`
	Family string `bun:",pk"`
	Choice int
	Points int // twice the score of the option when it was chosen
}

// Place is where a person stands in a course, as the page has found it.
type Place struct {
	PersonID   string
	DeliveryID string
	Course     *course.Revision // that the person is on
	Progress   record.View      // of that revision
	Enrolled   bool             // with an account, neither paused nor withdrawn
}

// early says whether the first module is not finished: what is answered then was not learnt here.
func (p Place) early() bool {
	first := p.Progress.Module(0)
	return first.Done < first.Total
}

// State is what somebody can do with the check of a course, and has done.
type State struct {
	Check         *Content
	Activity      *course.Activity
	Before, After *Run // nil while not begun
	MayBefore     bool // begin or go on with the first
	MayAfter      bool
}

// Courses is what the service has to know of courses; *course.Service is one.
type Courses interface {
	Revision(ctx context.Context, hash string) (*course.Revision, error)
}

// Options are what tests set.
type Options struct {
	Now  func() time.Time
	Coin func() bool // whether A comes first where both sequences have as many people; nil: by chance
}

// Service is the door to checks. It is safe for use by many goroutines.
type Service struct {
	db      *bun.DB
	courses Courses
	opts    Options
}

// New makes the service.
func New(d *bun.DB, c Courses, o Options) *Service {
	if o.Coin == nil {
		o.Coin = func() bool { return rand.N(2) == 0 }
	}
	return &Service{db: d, courses: c, opts: o}
}

func (s *Service) clock() time.Time { return s.opts.Now().UTC().Truncate(time.Microsecond) }

var errNone = fault.New(fault.NotFound, "error.not_found")

// State says what a person can do. NotFound when the course has no check.
func (s *Service) State(ctx context.Context, p Place) (*State, error) {
	out := &State{}
	if out.Check, out.Activity = Of(p.Course); out.Check == nil {
		return nil, errNone
	}
	if p.PersonID == "" {
		return out, nil
	}
	runs, err := runsOf(ctx, s.db, p.PersonID, p.Course.Key)
	if err != nil {
		return nil, err
	}
	for i := range runs {
		if runs[i].Occasion == Before {
			out.Before = &runs[i]
		} else {
			out.After = &runs[i]
		}
	}
	// Who began the first in time may hand it in until the second is begun: the answers would not be worth more.
	out.MayBefore = p.Enrolled && !out.Before.Done() && out.After == nil && (p.early() || out.Before != nil && !p.Progress.Complete)
	out.MayAfter = p.Enrolled && p.Progress.Complete && !out.After.Done()
	return out, nil
}

func (st *State) may(occasion string) bool {
	return occasion == Before && st.MayBefore || occasion == After && st.MayAfter
}

// Run gives the run of an occasion; nil when it was not begun.
func (st *State) Run(occasion string) *Run {
	if occasion == Before {
		return st.Before
	}
	return st.After
}

// Begin deals a form and begins a run; begun again it is the same one. Conflict when the occasion has passed or not come.
func (s *Service) Begin(ctx context.Context, p Place, occasion string) (*Run, error) {
	st, err := s.State(ctx, p)
	if err != nil {
		return nil, err
	}
	if r := st.Run(occasion); r != nil {
		return r, nil
	}
	if !st.may(occasion) {
		return nil, fault.New(fault.Conflict, "check.error.closed")
	}
	r := &Run{
		ID: id.New(), PersonID: p.PersonID, CourseKey: p.Course.Key, ActivityKey: st.Activity.Key, RevisionHash: p.Course.Hash,
		DeliveryID: p.DeliveryID, Occasion: occasion, StartedAt: s.clock(),
	}
	err = db.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		if err := db.Lock(ctx, tx, "check:"+p.DeliveryID); err != nil {
			return err
		}
		was, err := runsOf(ctx, tx, p.PersonID, p.Course.Key)
		if err != nil {
			return err
		}
		for i := range was {
			if was[i].Occasion == occasion { // pressed twice
				*r = was[i]
				return nil
			}
			r.Sequence = was[i].Sequence
		}
		if r.Sequence == "" {
			if r.Sequence, err = s.deal(ctx, tx, p); err != nil {
				return err
			}
		}
		if _, err := tx.NewInsert().Model(r).Exec(ctx); err != nil {
			return fmt.Errorf("begin a check: %w", db.Err(err))
		}
		return nil
	})
	return r, err
}

// deal gives the sequence that fewer people of the delivery have; the coin decides between equals. That is a shuffled
// block of two: nobody can tell what the next will get, and the halves never differ by more than one.
func (s *Service) deal(ctx context.Context, tx bun.IDB, p Place) (string, error) {
	var n struct{ A, B int }
	err := tx.NewSelect().Model((*Run)(nil)).
		ColumnExpr("COUNT(DISTINCT CASE WHEN r.sequence = ? THEN r.person_id END) AS a", AB).
		ColumnExpr("COUNT(DISTINCT CASE WHEN r.sequence = ? THEN r.person_id END) AS b", BA).
		Where("r.course_key = ?", p.Course.Key).Where("r.delivery_id = ?", p.DeliveryID).Scan(ctx, &n)
	if err != nil {
		return "", fmt.Errorf("deal a form: %w", db.Err(err))
	}
	if n.A < n.B || n.A == n.B && s.opts.Coin() {
		return AB, nil
	}
	return BA, nil
}

// Asked is the check as a run asks it: in the revision in which it was begun, whatever has been published since.
func (s *Service) Asked(ctx context.Context, r *Run) (*Content, error) {
	rev, err := s.courses.Revision(ctx, r.RevisionHash)
	if err != nil {
		return nil, err
	}
	c, _ := Of(rev)
	if c == nil {
		return nil, errNone
	}
	return c, nil
}

// Unanswered is the error of handing in a run that lacks answers: what was chosen has been kept.
type Unanswered struct{ Families []*Family }

// Error counts them.
func (u *Unanswered) Error() string {
	return fmt.Sprintf("%d situations are not answered", len(u.Families))
}

// Save keeps choices, by family, and hands the run in when submit. Choices that are not among the options are left out,
// families without a choice keep what they had. A run that was handed in does not change any more: saving it again is
// Conflict, handing it in again is nothing.
func (s *Service) Save(ctx context.Context, p Place, occasion string, choices map[string]int, submit bool) error {
	st, err := s.State(ctx, p)
	if err != nil {
		return err
	}
	r := st.Run(occasion)
	if r == nil {
		return errNone
	}
	if r.Done() && submit {
		return nil
	}
	if !st.may(occasion) {
		return fault.New(fault.Conflict, "check.error.closed")
	}
	c, err := s.Asked(ctx, r)
	if err != nil {
		return err
	}
	var missing *Unanswered
	err = db.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		missing = nil
		if err := db.Lock(ctx, tx, "check.run:"+r.ID); err != nil {
			return err
		}
		now, err := runByID(ctx, tx, r.ID)
		if err != nil || now.Done() {
			return err
		}
		if err := write(ctx, tx, now, c, choices); err != nil {
			return err
		}
		if missing = lacking(c, now, choices); !submit || missing != nil {
			return nil
		}
		at := s.clock()
		now.SubmittedAt = &at
		if _, err := tx.NewUpdate().Model(now).Column("submitted_at").WherePK().Exec(ctx); err != nil {
			return fmt.Errorf("hand in a check: %w", db.Err(err))
		}
		return nil
	})
	if err == nil && submit && missing != nil {
		return missing
	}
	return err
}

func lacking(c *Content, r *Run, choices map[string]int) *Unanswered {
	var u Unanswered
	for _, f := range c.Families {
		_, had := r.Answers[f.Key]
		n, has := choices[f.Key]
		if !had && (!has || n < 0 || n >= len(f.In(r.Form()).Options)) {
			u.Families = append(u.Families, f)
		}
	}
	if len(u.Families) == 0 {
		return nil
	}
	return &u
}

// IsUnanswered says whether err is about situations without an answer, and which.
func IsUnanswered(err error) (*Unanswered, bool) {
	var u *Unanswered
	return u, errors.As(err, &u)
}
