package quiz

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"net/url"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"greenroom/internal/course"
	"greenroom/internal/db"
	"greenroom/internal/fault"
	"greenroom/internal/id"
	"greenroom/internal/record"
)

// Courses is what quizzes have to know of courses; *course.Service is one.
type Courses interface {
	// Revision returns any revision that was ever published.
	Revision(ctx context.Context, hash string) (*course.Revision, error)
}

// Service is the door to attempts. It is safe for use by many goroutines.
type Service struct {
	db      *bun.DB
	courses Courses
	records *record.Service
	now     func() time.Time
}

// New makes the service.
func New(d *bun.DB, courses Courses, records *record.Service, now func() time.Time) *Service {
	return &Service{db: d, courses: courses, records: records, now: now}
}

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
}

// Result grades the attempt as it stands.
func (s Sitting) Result() Result { return Grade(s.Content, s.Paper, s.Answers) }

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
	All   []Attempt // newest first, without answers
	Best  *Attempt  // the score that is kept; nil before the first result
	Shown *Sitting  // the one to show: as asked for, else the open one, else the newest result; nil when there is none
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
	if attemptID == "" {
		attemptID = toShow(d.All)
	}
	if attemptID == "" {
		return d, nil
	}
	a, err := find(ctx, s.db, at, attemptID, false)
	if err != nil {
		return d, err
	}
	if a.State == Aside {
		return d, errNoAttempt
	}
	d.Shown, err = s.sitting(ctx, at, a)
	return d, err
}

// toShow picks the open attempt, else the newest result.
func toShow(all []Attempt) string {
	for _, state := range []string{Open, Submitted} {
		if i := slices.IndexFunc(all, func(a Attempt) bool { return a.State == state }); i >= 0 {
			return all[i].ID
		}
	}
	return ""
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
	c, ok := a.Content.(*Content)
	if !ok {
		return nil, fmt.Errorf("activity %q is no quiz", a.Key)
	}
	return c, nil
}

// Start opens an attempt on the revision at.Course, or returns the one that is open. Client is the id of the form
// that asks: sent twice, it is one attempt. The questions differ from the attempt's before where the pool allows.
func (s *Service) Start(ctx context.Context, at record.Completion, client string) (*Attempt, error) {
	c, err := contentOf(at.Activity)
	if err != nil {
		return nil, err
	}
	if !id.Valid(client) {
		client = id.New()
	}
	a := &Attempt{
		ID: id.New(), PersonID: at.PersonID, CourseKey: at.Course.Key, ActivityKey: at.Activity.Key,
		RevisionHash: at.Course.Hash, ActivityHash: at.Activity.Hash, Client: client,
		State: Open, StartedAt: s.clock(), Total: c.Draw,
	}
	var out *Attempt
	err = db.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		all, err := attempts(ctx, tx, at)
		if err != nil {
			return err
		}
		a.Seed = freshSeed(c, at.Activity.Hash, all)
		if err := insert(ctx, tx, a); err != nil {
			return err
		}
		out, err = started(ctx, tx, at, client)
		return err
	})
	return out, err
}

// freshSeed draws a seed; where the pool is larger than the draw, one whose questions are not those of the newest
// attempt on the same content. It gives up after a few tries.
func freshSeed(c *Content, activityHash string, all []Attempt) int64 {
	seed := randomSeed()
	if len(all) == 0 || all[0].ActivityHash != activityHash || c.Draw >= len(c.Questions) {
		return seed
	}
	before := drawn(Deal(c, all[0].Seed))
	for range 16 {
		if !slices.Equal(drawn(Deal(c, seed)), before) {
			break
		}
		seed = randomSeed()
	}
	return seed
}

func drawn(p Paper) []string {
	var keys []string
	for _, d := range p.Questions {
		keys = append(keys, d.Key)
	}
	return keys
}

func randomSeed() int64 {
	var b [8]byte
	_, _ = rand.Read(b[:]) // it never fails: crypto/rand ends the program first
	return int64(binary.LittleEndian.Uint64(b[:]) >> 1)
}

var (
	errNoAttempt = fault.New(fault.NotFound, "quiz.error.no_attempt")
	errClosed    = fault.New(fault.Conflict, "quiz.error.closed")
)

// Save keeps what a page sends of an open attempt: only the fields sent, as Sheet.merge has it. What is too long is
// not kept and named in Missing. Conflict when the attempt is not open any more.
func (s *Service) Save(ctx context.Context, at record.Completion, f Form) (*Sitting, error) {
	return s.take(ctx, at, f, func(ctx context.Context, tx bun.Tx, sit *Sitting, changed bool) error {
		if sit.Attempt.State != Open {
			return errClosed
		}
		if !changed {
			return nil
		}
		return update(ctx, tx, sit.Attempt)
	})
}

// Submit keeps what a page sends and grades the attempt, once: the answers of a later or parallel call are not
// looked at, and it gets the stored result. When it passes, the step is complete in the same transaction.
//
// Questions without a usable answer are named in Missing; then the answers are kept and the attempt stays open,
// unless f.Anyway.
func (s *Service) Submit(ctx context.Context, at record.Completion, f Form) (*Sitting, error) {
	return s.take(ctx, at, f, func(ctx context.Context, tx bun.Tx, sit *Sitting, changed bool) error {
		a := sit.Attempt
		switch {
		case a.State == Submitted:
			return nil
		case a.State != Open:
			return errClosed
		}
		tooLong := len(sit.Missing) > 0
		sit.Missing = append(sit.Missing, sit.gaps()...)
		if tooLong || len(sit.Missing) > 0 && !f.Anyway {
			if !changed {
				return nil
			}
			return update(ctx, tx, a)
		}
		sit.Missing = nil
		r := sit.Result()
		now := s.clock()
		a.State, a.SubmittedAt, a.Score, a.Total, a.Passed = Submitted, &now, r.Score, r.Total, r.Passed
		if err := update(ctx, tx, a); err != nil {
			return err
		}
		if !a.Passed {
			return nil
		}
		at.Data = Passing{Attempt: a.ID, Score: a.Score, Total: a.Total}
		_, err := s.records.Complete(ctx, tx, at)
		return err
	})
}

// Passing is what the learning record keeps of the attempt that completed the step.
type Passing struct {
	Attempt string `json:"attempt"`
	Score   int    `json:"score"`
	Total   int    `json:"total"`
}

// take reads the form against the attempt's paper and, with the row locked, lets do decide what becomes of it.
func (s *Service) take(ctx context.Context, at record.Completion, f Form, do func(ctx context.Context, tx bun.Tx, sit *Sitting, changed bool) error) (*Sitting, error) {
	seen, err := find(ctx, s.db, at, f.Attempt, false) // the paper first: a revision may have to be read, outside the transaction
	if err != nil {
		return nil, err
	}
	sit, err := s.sitting(ctx, at, seen)
	if err != nil {
		return nil, err
	}
	sent, err := sit.Paper.Read(f.Fields)
	if err != nil {
		return nil, err
	}
	err = db.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		a, err := find(ctx, tx, at, f.Attempt, true)
		if err != nil {
			return err
		}
		sit.Attempt, sit.Missing = a, nil
		changed := false
		if a.State == Open {
			if changed, err = sit.take(f, sent); err != nil {
				return err
			}
		}
		if changed {
			now := s.clock()
			a.SavedAt = &now
			a.Saves++
		}
		sit.Answers = a.Sheet.Plain()
		return do(ctx, tx, sit, changed)
	})
	if err != nil {
		return nil, err
	}
	if sit.Attempt.State == Open {
		sit.keepTyped(sent)
	}
	return sit, nil
}

// take merges the form into the attempt's sheet and notes what was too long.
func (s *Sitting) take(f Form, sent map[string]Sent) (changed bool, err error) {
	changed = s.Attempt.Sheet.merge(f, sent)
	if f.Move != "" {
		key, after, err := s.Paper.Move(f.Move, s.Attempt.Sheet.Plain())
		if err != nil {
			return false, err
		}
		moved := map[string]Sent{key: {Answer: after, Touched: true}}
		changed = s.Attempt.Sheet.merge(Form{Page: f.Page}, moved) || changed
	}
	for _, d := range s.Paper.Questions {
		if sent[d.Key].TooLong {
			s.Missing = append(s.Missing, Miss{d, TooLong})
		}
	}
	return changed, nil
}

// gaps lists the questions without a usable answer, in the paper's order, but not those already named.
func (s *Sitting) gaps() []Miss {
	var out []Miss
	for _, d := range s.Paper.Questions {
		a := s.Answers[d.Key]
		named := slices.ContainsFunc(s.Missing, func(m Miss) bool { return m.Key == d.Key })
		if named || d.Answered(a) {
			continue
		}
		why := Unanswered
		switch {
		case d.Type == Matching && len(a.Matches) > 0:
			why = HalfDone
		case d.Type == Ordering:
			why = Unordered
		case d.Type == Numeric && a.Text != "":
			why = NoNumber
		}
		out = append(out, Miss{d, why})
	}
	return out
}

// keepTyped lays what was typed too long over the stored answers, so that the page can show it again.
func (s *Sitting) keepTyped(sent map[string]Sent) {
	for key, in := range sent {
		if in.TooLong {
			s.Answers[key] = in.Answer
		}
	}
}
