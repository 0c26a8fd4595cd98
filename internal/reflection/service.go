package reflection

import (
	"context"
	"errors"
	"fmt"
	"time"
	"unicode/utf8"

	"github.com/uptrace/bun"

	"greenroom/internal/course"
	"greenroom/internal/db"
	"greenroom/internal/draft"
	"greenroom/internal/fault"
	"greenroom/internal/id"
	"greenroom/internal/record"
)

// Service is the door to reflections. It is safe for use by many goroutines.
//
// The argument at of its methods says whose reflection it is, in which course and activity: what play.Step's
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

// Clash is the cause of a Conflict: another device has written meanwhile. What was sent is kept aside, and Stored
// is what stands.
type Clash struct{ Stored *Reflection }

// Error says what happened.
func (c *Clash) Error() string {
	return fmt.Sprintf("reflection %s is at version %d", c.Stored.ID, c.Stored.Version)
}

// Stored returns what stands where err is a Clash, else nil.
func Stored(err error) *Reflection {
	var c *Clash
	if errors.As(err, &c) {
		return c.Stored
	}
	return nil
}

// Of returns what the person has written; nil and no error when nothing yet, or when nobody is known.
func (s *Service) Of(ctx context.Context, at record.Completion) (*Reflection, error) {
	if at.PersonID == "" {
		return nil, nil
	}
	return find(ctx, s.db, at)
}

// Save keeps a text as it stands, whatever its length in words. It is Conflict with a Clash as cause when another
// device has written meanwhile; nothing is lost by it.
func (s *Service) Save(ctx context.Context, at record.Completion, text string, f draft.Form) (*Reflection, error) {
	return s.write(ctx, at, text, f, nil)
}

// Submit keeps a text and, when it is in the word range, completes the step in the same transaction. When it is
// not, the text is kept all the same and the answer is Invalid with a message for the field "text".
func (s *Service) Submit(ctx context.Context, at record.Completion, text string, f draft.Form) (*Reflection, error) {
	c, err := contentOf(at.Activity)
	if err != nil {
		return nil, err
	}
	var short error
	r, err := s.write(ctx, at, text, f, func(ctx context.Context, tx bun.Tx, r *Reflection) error {
		if short = c.judge(r.Words); short != nil {
			return nil // keep the text
		}
		return s.submit(ctx, tx, at, r)
	})
	if err != nil {
		return nil, err
	}
	return r, short
}

// judge says what to change when a text of n words is outside the range.
func (c *Content) judge(n int) error {
	var bad fault.Fields
	switch {
	case n == 0:
		bad.Add("text", "reflection.error.empty", "Min", c.Min, "Max", c.Max)
	case n < c.Min:
		bad.Add("text", "reflection.error.short", "Words", n, "Min", c.Min, "Max", c.Max, "Count", c.Min-n)
	case n > c.Max:
		bad.Add("text", "reflection.error.long", "Words", n, "Min", c.Min, "Max", c.Max, "Count", n-c.Max)
	}
	return bad.Err()
}

func (s *Service) submit(ctx context.Context, tx bun.Tx, at record.Completion, r *Reflection) error {
	now := s.clock()
	if !r.Submitted() || r.Answer != r.Body {
		if err := keep(ctx, tx, r.ID, WhySubmitted, r.Body, r.Page, now); err != nil {
			return err
		}
		r.KeptAt = now
	}
	r.Answer = r.Body
	if r.SubmittedAt == nil {
		r.SubmittedAt = &now
	}
	if err := update(ctx, tx, r); err != nil {
		return err
	}
	at.Data = map[string]int{"words": r.Words} // the record never holds the text
	_, err := s.records.Complete(ctx, tx, at)
	return err
}

// write stores a text under the lock of its row and then does what follows from it.
func (s *Service) write(ctx context.Context, at record.Completion, text string, f draft.Form, then func(context.Context, bun.Tx, *Reflection) error) (*Reflection, error) {
	if _, err := contentOf(at.Activity); err != nil {
		return nil, err
	}
	text = Tidy(text)
	if n := utf8.RuneCountInString(text); n > MaxText {
		var bad fault.Fields
		bad.Add("text", "reflection.error.too_long", "Max", MaxText, "Over", n-MaxText)
		return nil, bad.Err()
	}
	if !id.Valid(f.Page) {
		f.Page = ""
	}
	var r, stands *Reflection
	err := db.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		r, stands = nil, nil
		if err := db.Lock(ctx, tx, lockName(at.PersonID, at.Course.Key, at.Activity.Key)); err != nil {
			return err
		}
		old, err := find(ctx, tx, at)
		if err != nil {
			return err
		}
		if old == nil {
			r = s.fresh(at, text, f)
			if err := insert(ctx, tx, r); err != nil {
				return err
			}
		} else {
			if r, err = s.replace(ctx, tx, at, old, text, f); err != nil {
				return err
			}
			if r == nil { // clash: commit what was kept aside
				stands = old
				return nil
			}
		}
		if then == nil {
			return nil
		}
		return then(ctx, tx, r)
	})
	if err != nil {
		return nil, fmt.Errorf("write reflection in %q: %w", at.Activity.Key, err)
	}
	if stands != nil {
		return nil, fault.New(fault.Conflict, "reflection.error.clash").Because(&Clash{Stored: stands})
	}
	return r, nil
}

func (s *Service) fresh(at record.Completion, text string, f draft.Form) *Reflection {
	now := s.clock()
	return &Reflection{
		ID: id.New(), PersonID: at.PersonID, CourseKey: at.Course.Key, ActivityKey: at.Activity.Key,
		RevisionHash: at.Course.Hash, Body: text, Words: Count(text), Stamp: draft.Stamp{}.Next(f),
		CreatedAt: now, SavedAt: now, KeptAt: now,
	}
}

// replace puts a newer text in the place of the stored one, which it keeps when it is worth it. It returns nil when
// another page wrote meanwhile; then the newer text is put aside.
func (s *Service) replace(ctx context.Context, tx bun.Tx, at record.Completion, old *Reflection, text string, f draft.Form) (*Reflection, error) {
	now := s.clock()
	if old.Body == text {
		return old, nil
	}
	switch old.Judge(f) {
	case draft.Late:
		return old, nil
	case draft.Clash:
		if err := putAside(ctx, tx, old.ID, text, f.Page, now); err != nil {
			return nil, err
		}
		old.KeptAt = time.Time{} // whichever text is chosen, the other one is kept
		return nil, update(ctx, tx, old)
	}
	r := *old
	if draft.Worth(draft.Lost(old.Body, text), old.KeptAt, now) {
		if err := keep(ctx, tx, old.ID, WhyReplaced, old.Body, old.Page, old.SavedAt); err != nil {
			return nil, err
		}
		r.KeptAt = now
	}
	r.Body, r.Words, r.RevisionHash, r.SavedAt = text, Count(text), at.Course.Hash, now
	r.Stamp = old.Next(f)
	return &r, update(ctx, tx, &r)
}

// Older returns the texts kept beside the one that stands, newest first.
func (s *Service) Older(ctx context.Context, at record.Completion) ([]Kept, error) {
	if at.PersonID == "" {
		return nil, nil
	}
	return older(ctx, s.db, at)
}

// Restore makes an older text the one that stands; the one that stood is kept. NotFound when it is not one of this
// person's in this reflection.
func (s *Service) Restore(ctx context.Context, at record.Completion, keptID string) error {
	err := db.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		if err := db.Lock(ctx, tx, lockName(at.PersonID, at.Course.Key, at.Activity.Key)); err != nil {
			return err
		}
		r, err := find(ctx, tx, at)
		if err != nil {
			return err
		}
		if r == nil {
			return errNoText
		}
		k, err := findKept(ctx, tx, r.ID, keptID)
		if err != nil || k.Body == r.Body {
			return err
		}
		now := s.clock()
		if r.Body != "" {
			if err := keep(ctx, tx, r.ID, WhyReplaced, r.Body, r.Page, r.SavedAt); err != nil {
				return err
			}
			r.KeptAt = now
		}
		r.Body, r.Words, r.SavedAt, r.Stamp = k.Body, k.Words, now, r.Next(draft.Form{})
		return update(ctx, tx, r)
	})
	if err != nil {
		return fmt.Errorf("restore reflection in %q: %w", at.Activity.Key, err)
	}
	return nil
}

var errNoText = fault.New(fault.NotFound, "reflection.error.no_text")

func lockName(personID, courseKey, activityKey string) string {
	return "reflection:" + personID + ":" + courseKey + ":" + activityKey
}

func contentOf(a *course.Activity) (*Content, error) {
	if c, ok := a.Content().(*Content); ok {
		return c, nil
	}
	return nil, fmt.Errorf("activity %q is no reflection", a.Key)
}
