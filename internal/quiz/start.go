package quiz

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"greenroom/internal/db"
	"greenroom/internal/fault"
	"greenroom/internal/id"
	"greenroom/internal/record"
)

// Start opens an attempt on the revision at.Course, or returns the one that is open. Client is the id of the form
// that asks: sent twice, it is one attempt. The questions differ from the attempt's before where the pool allows.
// Conflict when the person has had all the attempts that the file and their accommodations give.
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
		RevisionHash: at.Course.Hash, ActivityHash: at.Activity.Hash(), Client: client,
		State: Open, StartedAt: s.clock(), Total: c.Draw, MinutesLimit: c.Minutes,
	}
	var out *Attempt
	err = db.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		all, err := attempts(ctx, tx, at)
		if err != nil {
			return err
		}
		if out = begun(all, client); out != nil {
			return nil
		}
		if err := s.permit(ctx, tx, c, a, all); err != nil {
			return err
		}
		a.Seed = freshSeed(c, at.Activity.Hash(), all)
		fresh, err := insert(ctx, tx, a)
		if fresh || err != nil {
			out = a
			return err
		}
		out, err = started(ctx, tx, at, client)
		return err
	})
	return out, err
}

// begun is the attempt that a form started, else the one that is open, else nil.
func begun(all []Attempt, client string) *Attempt {
	for i := range all {
		if all[i].Client == client {
			return &all[i]
		}
	}
	for i := range all {
		if all[i].State == Open {
			return &all[i]
		}
	}
	return nil
}

var errNoMore = fault.New(fault.Conflict, "quiz.error.no_more")

// permit applies the limits of the file, with what the person is allowed beyond them.
func (s *Service) permit(ctx context.Context, tx bun.IDB, c *Content, a *Attempt, all []Attempt) error {
	if c.Attempts == 0 && c.Minutes == 0 {
		return nil
	}
	may, err := s.allowed(ctx, tx, a.PersonID)
	if err != nil {
		return err
	}
	if limit := may.Attempts(c.Attempts); limit > 0 && used(all) >= limit {
		return errNoMore
	}
	a.DueAt = due(a.StartedAt, may.Time(c.Minutes))
	return nil
}

// used counts the attempts that count against a limit: not those set aside.
func used(all []Attempt) int {
	n := 0
	for i := range all {
		if all[i].State != Aside {
			n++
		}
	}
	return n
}

func due(start time.Time, d time.Duration) *time.Time {
	if d <= 0 {
		return nil
	}
	t := start.Add(d)
	return &t
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
