package record

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/uptrace/bun"

	"greenroom/internal/course"
	"greenroom/internal/id"
)

// Claim gives what a guest did to a person, within the caller's transaction and after delivery's Claim. The guest's
// events are written anew for the person; where the person has the same one already, theirs stays. A course that is
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
		e.ID, e.PersonID = id.New(), to
		by[e.CourseKey] = append(by[e.CourseKey], e)
	}
	for _, key := range slices.Sorted(maps.Keys(by)) { // in one order, so that two claims never wait for each other
		if err := s.claimCourse(ctx, tx, to, key, by[key]); err != nil {
			return fmt.Errorf("claim %q: %w", key, err)
		}
	}
	return nil
}

func (s *Service) claimCourse(ctx context.Context, tx bun.IDB, to, key string, events []Event) error {
	n, err := insertEvents(ctx, tx, events)
	if err != nil || n == 0 {
		return err
	}
	p, all, err := s.rebuild(ctx, tx, to, key)
	if err != nil {
		return err
	}
	now := s.clock()
	if p.CompletedAt != nil {
		return s.certifyClaimed(ctx, tx, to, events, all)
	}
	rev, err := s.pinned(ctx, tx, to, key, all)
	if err != nil {
		return err
	}
	completed, err := s.finish(ctx, tx, p, rev, all[len(all)-1].DeliveryID, now, now)
	if err != nil || !completed {
		return err
	}
	return saveProgress(ctx, tx, p)
}

// certifyClaimed announces the completion when it came with the claimed events and is not an earlier one of the
// person's own.
func (s *Service) certifyClaimed(ctx context.Context, tx bun.IDB, to string, claimed, all []Event) error {
	for _, e := range all {
		if e.Kind != Completed || !slices.ContainsFunc(claimed, func(c Event) bool { return c.ID == e.ID }) {
			continue
		}
		rev, err := s.courses.RevisionTx(ctx, tx, e.RevisionHash)
		if err != nil {
			return err
		}
		return s.announce(ctx, tx, to, rev, e.At, s.clock())
	}
	return nil
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
