package record

import (
	"context"
	"fmt"
	"maps"

	"github.com/uptrace/bun"

	"greenroom/internal/db"
)

// project makes the projection of a person's events in one course.
func project(personID, courseKey string, events []Event) Progress {
	return read(events).progress(personID, courseKey)
}

// same says whether two projections mean the same. When they were last written does not matter.
func same(a, b *Progress) bool {
	if (a.CompletedAt == nil) != (b.CompletedAt == nil) || a.CompletedAt != nil && !a.CompletedAt.Equal(*b.CompletedAt) {
		return false
	}
	return a.Events == b.Events && a.Beside == b.Beside && maps.Equal(a.States, b.States) && maps.Equal(a.Decided, b.Decided)
}

// Rebuild makes the projection of a person in a course anew from the events.
func (s *Service) Rebuild(ctx context.Context, personID, courseKey string) error {
	return db.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		_, _, err := s.rebuild(ctx, tx, personID, courseKey)
		return err
	})
}

// rebuild locks the row before it reads the events, so that nobody adds one between: who completes a step writes
// the event first and then waits for the row.
func (s *Service) rebuild(ctx context.Context, tx bun.IDB, personID, courseKey string) (*Progress, []Event, error) {
	now := s.clock()
	if _, err := lockProgress(ctx, tx, &Progress{PersonID: personID, CourseKey: courseKey, UpdatedAt: now}); err != nil {
		return nil, nil, err
	}
	events, err := eventsOf(ctx, tx, personID, courseKey)
	if err != nil {
		return nil, nil, err
	}
	p := project(personID, courseKey, events)
	if len(events) == 0 {
		p.UpdatedAt = now
	}
	return &p, events, saveProgress(ctx, tx, &p)
}

// Doctor compares every projection with its events and returns a line for each that differs. It reads person by
// person, so it may run beside learners; what changes while it looks is looked at again under the lock.
func (s *Service) Doctor(ctx context.Context) ([]string, error) {
	var found []string
	after := ""
	for {
		var ids []string
		err := s.db.NewRaw(`SELECT person_id FROM (
				SELECT person_id FROM learning_event WHERE person_id > ? UNION SELECT person_id FROM progress WHERE person_id > ?
			) AS x ORDER BY person_id LIMIT 200`, after, after).Scan(ctx, &ids)
		if err != nil {
			return nil, fmt.Errorf("list people with a record: %w", err)
		}
		if len(ids) == 0 {
			return found, nil
		}
		for _, personID := range ids {
			lines, err := s.doctorOne(ctx, personID)
			if err != nil {
				return nil, err
			}
			found = append(found, lines...)
		}
		after = ids[len(ids)-1]
	}
}

func (s *Service) doctorOne(ctx context.Context, personID string) ([]string, error) {
	var lines []string
	err := db.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		lines = nil
		stored := map[string]*Progress{}
		var all []Progress
		// The lock comes before the events are read: see rebuild.
		q := db.ForUpdate(tx.NewSelect().Model(&all).Where("p.person_id = ?", personID).OrderExpr("p.course_key"))
		if err := q.Scan(ctx); err != nil {
			return fmt.Errorf("read progress: %w", err)
		}
		for i := range all {
			stored[all[i].CourseKey] = &all[i]
		}
		events, err := eventsOf(ctx, tx, personID, "")
		if err != nil {
			return err
		}
		by := map[string][]Event{}
		for _, e := range events {
			by[e.CourseKey] = append(by[e.CourseKey], e)
		}
		for key, es := range by {
			want := project(personID, key, es)
			if got := stored[key]; got == nil || !same(got, &want) {
				lines = append(lines, fmt.Sprintf("progress of person %s in %s differs from its %d events", personID, key, len(es)))
			}
			delete(stored, key)
		}
		for key, p := range stored {
			if p.Events != 0 || len(p.States) != 0 || p.CompletedAt != nil {
				lines = append(lines, fmt.Sprintf("progress of person %s in %s has no events", personID, key))
			}
		}
		return nil
	})
	return lines, err
}
