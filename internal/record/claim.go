package record

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"greenroom/internal/course"
	"greenroom/internal/id"
)

// Claim gives what a guest did to a person, within the caller's transaction and after delivery's Claim. What the guest
// did is written anew for the person; where the person has done the same already, theirs stays. A course that is
// complete by it gets its certificate, which guests are not given. A second call changes nothing.
func (s *Service) Claim(ctx context.Context, tx bun.IDB, from, to string) error {
	if from == to {
		return nil
	}
	theirs, err := eventsOf(ctx, tx, from, "")
	if err != nil {
		return err
	}
	by := map[string][]Event{}
	for _, e := range theirs {
		by[e.CourseKey] = append(by[e.CourseKey], e)
	}
	for _, key := range slices.Sorted(maps.Keys(by)) { // in one order, so that two claims never wait for each other
		if err := s.claimCourse(ctx, tx, to, key, by[key]); err != nil {
			return fmt.Errorf("claim %q: %w", key, err)
		}
	}
	return nil
}

func (s *Service) claimCourse(ctx context.Context, tx bun.IDB, to, key string, theirs []Event) error {
	var done []Event
	for _, e := range theirs {
		if e.Kind == Done { // only what was done: nobody decides about guests
			e.ID, e.PersonID = id.New(), to
			done = append(done, e)
		}
	}
	n, err := insertEvents(ctx, tx, done)
	if err != nil || n == 0 {
		return err
	}
	p, all, err := s.rebuild(ctx, tx, to, key)
	if err != nil || p.CompletedAt != nil {
		return err
	}
	now := s.clock()
	completed := false
	if e := read(theirs).completion(); e != nil {
		completed, err = s.claimCompletion(ctx, tx, p, *e, read(all).cycle()+1, now)
	} else {
		var rev *course.Revision
		if rev, err = s.pinned(ctx, tx, to, key, all); err == nil {
			completed, err = s.finish(ctx, tx, p, rev, all[len(all)-1].DeliveryID, now, now)
		}
	}
	if err != nil || !completed {
		return err
	}
	return saveProgress(ctx, tx, p)
}

// claimCompletion makes the guest's completion the person's next one; the caller holds p's row and saves it.
func (s *Service) claimCompletion(ctx context.Context, tx bun.IDB, p *Progress, e Event, cycle int, now time.Time) (bool, error) {
	at := completedAt(e)
	e.ID, e.PersonID, e.Cycle = id.New(), p.PersonID, cycle
	rev, err := s.courses.RevisionTx(ctx, tx, e.RevisionHash)
	if err != nil {
		return false, err
	}
	if _, err := insertEvents(ctx, tx, []Event{e}); err != nil {
		return false, err
	}
	p.Events++
	p.CompletedAt = &at
	return true, s.announce(ctx, tx, p.PersonID, rev, at, now)
}

// pinned is the revision a person is on: the enrolment's, else the one of their last event.
func (s *Service) pinned(ctx context.Context, tx bun.IDB, personID, courseKey string, events []Event) (*course.Revision, error) {
	var hash string
	err := tx.NewSelect().TableExpr("enrolment AS e").ColumnExpr("e.revision_hash").
		Where("e.person_id = ?", personID).Where("e.course_key = ?", courseKey).
		OrderExpr("e.last_seen_at DESC").Limit(1).Scan(ctx, &hash)
	if errors.Is(err, sql.ErrNoRows) {
		hash = events[len(events)-1].RevisionHash
	} else if err != nil {
		return nil, fmt.Errorf("read enrolment: %w", err)
	}
	return s.courses.RevisionTx(ctx, tx, hash)
}
