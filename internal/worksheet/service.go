package worksheet

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"greenroom/internal/course"
	"greenroom/internal/db"
	"greenroom/internal/draft"
	"greenroom/internal/fault"
	"greenroom/internal/id"
	"greenroom/internal/record"
)

// Worksheet is what one person has filled in for one activity.
type Worksheet struct {
	bun.BaseModel `bun:"table:worksheet,alias:w"`

	ID           string `bun:",pk"`
	PersonID     string
	CourseKey    string
	ActivityKey  string
	RevisionHash string     // the revision it was last written in
	Answers      Answers    `bun:"type:text"` // JSON
	Checks       []string   `bun:"type:text"` // JSON: the self-check points that are ticked, by their words
	Named        bool       // the learner's name stands on the document
	FinishedAt   *time.Time // last; nil before the first time
	draft.Stamp
	CreatedAt time.Time
	SavedAt   time.Time
	KeptAt    time.Time // when an older state was last kept
}

// Finished says whether the worksheet was ever finished. It can be changed ever after.
func (w *Worksheet) Finished() bool { return w != nil && w.FinishedAt != nil }

// asFinished says whether nothing changed since the worksheet was last finished.
func (w *Worksheet) asFinished() bool { return w.Finished() && !w.SavedAt.After(*w.FinishedAt) }

// Why an older state was kept.
const (
	WhyFinished = "finished" // it was finished then
	WhyReplaced = "replaced" // a newer one took its place
	WhyClash    = "clash"    // it came from a page that another device had overtaken
	WhyClaimed  = "claimed"  // the account and the device each had one
)

// Kept is an older state of the answers.
type Kept struct {
	bun.BaseModel `bun:"table:worksheet_kept,alias:k"`

	ID          string `bun:",pk"`
	WorksheetID string
	Why         string
	Answers     Answers `bun:"type:text"`
	Page        string
	At          time.Time
}

// Form is what a page sends of a worksheet.
type Form struct {
	draft.Form
	Answers Answers // only of the fields that the page showed
	Checks  []int   // places in Content.SelfCheck
	Named   bool
}

// Service is the door to worksheets. It is safe for use by many goroutines.
//
// The argument at of its methods says whose worksheet it is, in which course and activity: what play.Step's
// Completion gives.
type Service struct {
	db      *bun.DB
	records *record.Service
	now     func() time.Time
}

// New makes the service.
func New(d *bun.DB, records *record.Service, now func() time.Time) *Service {
	return &Service{db: d, records: records, now: now}
}

func (s *Service) clock() time.Time { return s.now().UTC().Truncate(time.Microsecond) }

// clash is the cause of a Conflict: another device has written meanwhile.
type clash struct{ stored *Worksheet }

func (c *clash) Error() string {
	return fmt.Sprintf("worksheet %s is at version %d", c.stored.ID, c.stored.Version)
}

// Stored returns what stands where err is a Conflict between two devices, else nil.
func Stored(err error) *Worksheet {
	var c *clash
	if errors.As(err, &c) {
		return c.stored
	}
	return nil
}

// Of returns what the person has filled in, nil when nothing yet, and the answers of the earlier worksheets that
// fields are carried over from, in one query; none when nobody is known.
func (s *Service) Of(ctx context.Context, at record.Completion) (*Worksheet, map[string]Answers, error) {
	c, err := contentOf(at.Activity)
	if err != nil || at.PersonID == "" {
		return nil, nil, err
	}
	rows, err := findAll(ctx, s.db, at.PersonID, at.Course.Key, append(c.Origins(), at.Activity.Key))
	if err != nil {
		return nil, nil, err
	}
	var own *Worksheet
	earlier := map[string]Answers{}
	for i := range rows {
		if rows[i].ActivityKey == at.Activity.Key {
			own = &rows[i]
		} else {
			earlier[rows[i].ActivityKey] = rows[i].Answers
		}
	}
	return own, earlier, nil
}

// Save keeps the answers as they stand, finished or not. It is Invalid when an answer is too long, and Conflict
// when another device has written meanwhile (see Stored); what was sent is then kept aside.
func (s *Service) Save(ctx context.Context, at record.Completion, f Form) (*Worksheet, error) {
	return s.write(ctx, at, f, nil, nil)
}

// UseExample is Save with the example in the fields that are empty. It never replaces what was typed.
func (s *Service) UseExample(ctx context.Context, at record.Completion, f Form) (*Worksheet, error) {
	c, err := contentOf(at.Activity)
	if err != nil {
		return nil, err
	}
	return s.write(ctx, at, f, c.withExample, nil)
}

// Finish keeps the answers and, when all that is required is there, completes the step in the same transaction.
// Else the answers are kept all the same and the error is Invalid, with a message per field.
func (s *Service) Finish(ctx context.Context, at record.Completion, f Form) (*Worksheet, error) {
	c, err := contentOf(at.Activity)
	if err != nil {
		return nil, err
	}
	var open error
	w, err := s.write(ctx, at, f, nil, func(ctx context.Context, tx bun.Tx, w *Worksheet) error {
		if open = c.unfinished(w.Answers).Err(); open != nil {
			return nil // keep the answers
		}
		now := s.clock()
		w.FinishedAt = &now
		if err := update(ctx, tx, w); err != nil {
			return err
		}
		_, err := s.records.Complete(ctx, tx, at)
		return err
	})
	if err != nil {
		return nil, err
	}
	return w, open
}

// write stores the answers under the lock of their row and then does what follows from it.
func (s *Service) write(ctx context.Context, at record.Completion, f Form, change func(Answers) Answers, then func(context.Context, bun.Tx, *Worksheet) error) (*Worksheet, error) {
	c, err := contentOf(at.Activity)
	if err != nil {
		return nil, err
	}
	typed := c.Tidy(f.Answers)
	if err := c.tooLong(typed).Err(); err != nil {
		return nil, err
	}
	if !id.Valid(f.Page) {
		f.Page = ""
	}
	var w, stands *Worksheet
	err = db.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		w, stands = nil, nil
		if err := db.Lock(ctx, tx, lockName(at.PersonID, at.Course.Key, at.Activity.Key)); err != nil {
			return err
		}
		old, err := find(ctx, tx, at.PersonID, at.Course.Key, at.Activity.Key)
		if err != nil {
			return err
		}
		next := s.next(at, c, old, typed, f)
		if change != nil {
			next.Answers = change(next.Answers)
		}
		if w, err = s.replace(ctx, tx, old, next, f); err != nil {
			return err
		}
		if w == nil { // clash: commit what was kept aside
			stands = old
			return nil
		}
		if then == nil {
			return nil
		}
		return then(ctx, tx, w)
	})
	if err != nil {
		return nil, fmt.Errorf("write worksheet %q: %w", at.Activity.Key, err)
	}
	if stands != nil {
		return nil, fault.New(fault.Conflict, "worksheet.error.clash").Because(&clash{stored: stands})
	}
	return w, nil
}

// next is the row after a write. Answers to fields that this revision does not ask stay in it.
func (s *Service) next(at record.Completion, c *Content, old *Worksheet, typed Answers, f Form) *Worksheet {
	now := s.clock()
	w := &Worksheet{
		ID: id.New(), PersonID: at.PersonID, CourseKey: at.Course.Key, ActivityKey: at.Activity.Key,
		CreatedAt: now, KeptAt: now,
	}
	answers := Answers{}
	if old != nil {
		*w = *old
		for k, v := range old.Answers {
			answers[k] = v
		}
	}
	for k, v := range typed {
		answers[k] = v
	}
	w.Answers, w.RevisionHash, w.Named, w.SavedAt, w.Checks = answers, at.Course.Hash, f.Named, now, []string{}
	for i, point := range c.SelfCheck {
		if slices.Contains(f.Checks, i) {
			w.Checks = append(w.Checks, point)
		}
	}
	w.Stamp = w.Next(f.Form)
	return w
}

// replace stores next in the place of old (nil: nothing yet), which it keeps when it is worth it. It returns nil
// when another page wrote meanwhile; then the newer answers are put aside.
func (s *Service) replace(ctx context.Context, tx bun.Tx, old, next *Worksheet, f Form) (*Worksheet, error) {
	if old == nil {
		return next, insert(ctx, tx, next)
	}
	same := old.Answers.Equal(next.Answers)
	if same && old.Named == next.Named && slices.Equal(old.Checks, next.Checks) {
		return old, nil
	}
	if !same {
		switch old.Judge(f.Form) {
		case draft.Late:
			return old, nil
		case draft.Clash:
			if err := putAside(ctx, tx, old.ID, next.Answers, f.Page, next.SavedAt); err != nil {
				return nil, err
			}
			old.KeptAt = time.Time{} // whichever state is chosen, the other one is kept
			return nil, update(ctx, tx, old)
		}
	}
	if old.asFinished() {
		if err := keep(ctx, tx, old.ID, WhyFinished, old.Answers, old.Page, old.SavedAt); err != nil {
			return nil, err
		}
		next.KeptAt = next.SavedAt
	} else if draft.Worth(lost(old.Answers, next.Answers), old.KeptAt, next.SavedAt) {
		if err := keep(ctx, tx, old.ID, WhyReplaced, old.Answers, old.Page, old.SavedAt); err != nil {
			return nil, err
		}
		next.KeptAt = next.SavedAt
	}
	return next, update(ctx, tx, next)
}

// lost counts the characters of the older answers that the newer lack.
func lost(older, newer Answers) int {
	n := 0
	for k, v := range older {
		w := newer[k]
		n += draft.Lost(v.Text, w.Text)
		for i, row := range v.Rows {
			for j, cell := range row {
				other := ""
				if i < len(w.Rows) && j < len(w.Rows[i]) {
					other = w.Rows[i][j]
				}
				n += draft.Lost(cell, other)
			}
		}
	}
	return n
}

// Older returns the states kept beside the one that stands, newest first.
func (s *Service) Older(ctx context.Context, at record.Completion) ([]Kept, error) {
	if at.PersonID == "" {
		return nil, nil
	}
	return older(ctx, s.db, at)
}

// Restore makes an older state the one that stands; the one that stood is kept. NotFound when it is not one of
// this person's in this worksheet.
func (s *Service) Restore(ctx context.Context, at record.Completion, keptID string) error {
	err := db.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		if err := db.Lock(ctx, tx, lockName(at.PersonID, at.Course.Key, at.Activity.Key)); err != nil {
			return err
		}
		w, err := find(ctx, tx, at.PersonID, at.Course.Key, at.Activity.Key)
		if err != nil {
			return err
		}
		if w == nil {
			return errNone
		}
		k, err := findKept(ctx, tx, w.ID, keptID)
		if err != nil || k.Answers.Equal(w.Answers) {
			return err
		}
		now := s.clock()
		if !w.Answers.Empty() {
			if err := keep(ctx, tx, w.ID, WhyReplaced, w.Answers, w.Page, w.SavedAt); err != nil {
				return err
			}
			w.KeptAt = now
		}
		w.Answers, w.SavedAt, w.Stamp = k.Answers, now, w.Next(draft.Form{})
		return update(ctx, tx, w)
	})
	if err != nil {
		return fmt.Errorf("restore worksheet %q: %w", at.Activity.Key, err)
	}
	return nil
}

var errNone = fault.New(fault.NotFound, "worksheet.error.none")

func lockName(personID, courseKey, activityKey string) string {
	return "worksheet:" + personID + ":" + courseKey + ":" + activityKey
}

func contentOf(a *course.Activity) (*Content, error) {
	if c, ok := a.Content().(*Content); ok {
		return c, nil
	}
	return nil, fmt.Errorf("activity %q is no worksheet", a.Key)
}
