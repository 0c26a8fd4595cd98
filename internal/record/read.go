package record

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"greenroom/internal/delivery"
)

// Of returns a person's progress in a course; an empty one when there is none.
func (s *Service) Of(ctx context.Context, personID, courseKey string) (*Progress, error) {
	return readProgress(ctx, s.db, personID, courseKey)
}

// All returns a person's progress in all courses in which they did something, last changed first.
func (s *Service) All(ctx context.Context, personID string) ([]Progress, error) {
	var all []Progress
	err := s.db.NewSelect().Model(&all).Where("p.person_id = ?", personID).OrderExpr("p.updated_at DESC, p.course_key").Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("read progress: %w", err)
	}
	return all, nil
}

// ShelfItem is one course a person has enrolled in, with their progress.
type ShelfItem struct {
	Enrolment delivery.Enrolment
	Progress  Progress
}

// joined is a row of enrolment and progress side by side; either may be empty.
type joined struct {
	E delivery.Enrolment `bun:"embed:e_"`
	P Progress           `bun:"embed:p_"`
}

const progressColumns = "p.states AS p_states, p.decided AS p_decided, p.events AS p_events, p.completed_at AS p_completed_at, p.updated_at AS p_updated_at"

var placeQuery = "SELECT " + delivery.Columns("e", "e_") + ", " + progressColumns + " FROM enrolment AS e " +
	"LEFT JOIN progress AS p ON p.person_id = e.person_id AND p.course_key = e.course_key " +
	"WHERE e.person_id = ? AND e.delivery_id = ?"

// progress is the right half; the outer join leaves its keys empty where there is none.
func (j *joined) progress(personID, courseKey string) Progress {
	j.P.PersonID, j.P.CourseKey = personID, courseKey
	return j.P
}

// Place returns the self-paced delivery of a course (nil when it never had one), a person's enrolment in it (nil
// when none) and their progress (empty when none). personID "" is nobody.
//
// It costs one query, one more for the first person who asks for the course (a delivery never changes, so it is
// remembered) and for people who are not enrolled; for nobody none. The returned delivery is shared: nobody changes it.
func (s *Service) Place(ctx context.Context, personID, courseKey string) (*delivery.Delivery, *delivery.Enrolment, *Progress, error) {
	none := &Progress{PersonID: personID, CourseKey: courseKey}
	d, err := s.delivery(ctx, courseKey)
	if err != nil {
		return nil, nil, nil, err
	}
	if d == nil || personID == "" {
		return d, nil, none, nil
	}
	var row joined
	err = s.place.One(ctx, &row, personID, d.ID)
	if errors.Is(err, sql.ErrNoRows) {
		p, err := readProgress(ctx, s.db, personID, courseKey)
		return d, nil, p, err
	}
	if err != nil {
		return nil, nil, nil, fmt.Errorf("read place in %q: %w", courseKey, err)
	}
	p := row.progress(personID, courseKey)
	return d, &row.E, &p, nil
}

// delivery is the course's self-paced delivery, nil when it has none yet.
func (s *Service) delivery(ctx context.Context, courseKey string) (*delivery.Delivery, error) {
	if d, ok := s.deliveries.Load(courseKey); ok {
		return d.(*delivery.Delivery), nil
	}
	d := new(delivery.Delivery)
	err := s.db.NewSelect().Model(d).Where("d.course_key = ?", courseKey).Where("d.kind = ?", delivery.SelfPaced).Scan(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read delivery of %q: %w", courseKey, err)
	}
	s.deliveries.Store(courseKey, d)
	return d, nil
}

// Shelf returns all courses a person has enrolled in, whatever the enrolment's state, last seen first, in one query.
func (s *Service) Shelf(ctx context.Context, personID string) ([]ShelfItem, error) {
	var rows []joined
	err := s.db.NewSelect().TableExpr("enrolment AS e").
		ColumnExpr(delivery.Columns("e", "e_")).ColumnExpr(progressColumns).
		Join("LEFT JOIN progress AS p ON p.course_key = e.course_key AND p.person_id = e.person_id").
		Where("e.person_id = ?", personID).OrderExpr("e.last_seen_at DESC, e.id").
		Scan(ctx, &rows)
	if err != nil {
		return nil, fmt.Errorf("read shelf: %w", err)
	}
	out := make([]ShelfItem, len(rows))
	for i := range rows {
		out[i] = ShelfItem{Enrolment: rows[i].E, Progress: rows[i].progress(personID, rows[i].E.CourseKey)}
	}
	return out, nil
}

// Summary counts what somebody has done, for the question whether it is theirs. Last is zero when steps is 0.
func (s *Service) Summary(ctx context.Context, personID string) (steps int, last time.Time, err error) {
	all, err := s.All(ctx, personID)
	if err != nil {
		return 0, time.Time{}, err
	}
	for _, p := range all {
		steps += len(p.States)
		if len(p.States) > 0 && p.UpdatedAt.After(last) {
			last = p.UpdatedAt
		}
	}
	return steps, last, nil
}
