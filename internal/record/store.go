package record

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/uptrace/bun"

	"greenroom/internal/fault"
)

// insertEvents appends the events that the record does not have yet and says how many those were.
func insertEvents(ctx context.Context, tx bun.IDB, all []Event) (int, error) {
	if len(all) == 0 {
		return 0, nil
	}
	res, err := tx.NewInsert().Model(&all).
		On("CONFLICT (person_id, course_key, activity_key, kind, cycle) DO NOTHING").Returning("NULL").Exec(ctx)
	if err != nil {
		return 0, fmt.Errorf("append to the record: %w", err)
	}
	n, err := res.RowsAffected()
	return int(n), err
}

// lockProgress adds p.Events to the row's count, or makes the row as p, and returns it as it is now. The row stays
// locked until the transaction ends; writing is what locks it also when it was not there.
func lockProgress(ctx context.Context, tx bun.IDB, p *Progress) (*Progress, error) {
	got := new(Progress)
	err := tx.NewInsert().Model(p).
		On("CONFLICT (person_id, course_key) DO UPDATE").
		Set("events = p.events + EXCLUDED.events").Set("updated_at = EXCLUDED.updated_at").
		Returning("*").Scan(ctx, got)
	if err != nil {
		return nil, fmt.Errorf("lock progress: %w", err)
	}
	if got.States == nil {
		got.States = States{}
	}
	return got, nil
}

// saveProgress writes what lockProgress returned, changed.
func saveProgress(ctx context.Context, tx bun.IDB, p *Progress) error {
	p.Beside = p.Events - len(p.States)
	_, err := tx.NewUpdate().Model(p).Column("states", "decided", "events", "beside", "completed_at", "updated_at").WherePK().Exec(ctx)
	if err != nil {
		return fmt.Errorf("save progress: %w", err)
	}
	return nil
}

// advance writes p over the row that has one event less, and says whether it did. Whoever writes states counts an
// event, so a row with that count is the one p was made from; writing locks it.
func advance(ctx context.Context, tx bun.IDB, p *Progress) (bool, error) {
	res, err := tx.NewUpdate().Model(p).Column("states", "events", "updated_at").WherePK().
		Where("p.events = ?", p.Events-1).Exec(ctx)
	if err != nil {
		return false, fmt.Errorf("save progress: %w", err)
	}
	n, err := res.RowsAffected()
	return n == 1, err
}

// advanceQuery and appendQuery are advance and the event that it counts, in one transaction of their own; both or
// neither. The projection comes first, since writing it locks it: of two who saw the same, the second finds another
// count.
const (
	advanceQuery = "UPDATE progress SET states = ?, events = ?, updated_at = ? WHERE person_id = ? AND course_key = ? AND events = ? " +
		"AND NOT EXISTS (SELECT 1 FROM learning_event WHERE person_id = ? AND course_key = ? AND activity_key = ? AND kind = ? AND cycle = ?)"
	appendQuery = "INSERT INTO learning_event (id, person_id, course_key, activity_key, kind, cycle, delivery_id, revision_hash, data, at) " +
		"SELECT ?, ?, ?, ?, ?, ?, ?, ?, ?, ?"
)

// advanceWith says whether the projection was as the caller saw it, and the event new.
func (s *Service) advanceWith(ctx context.Context, p *Progress, e Event) (bool, error) {
	ok, err := s.advance.Run(ctx,
		[]any{
			p.States, p.Events, p.UpdatedAt, p.PersonID, p.CourseKey, p.Events - 1,
			e.PersonID, e.CourseKey, e.ActivityKey, e.Kind, e.Cycle,
		},
		[]any{e.ID, e.PersonID, e.CourseKey, e.ActivityKey, e.Kind, e.Cycle, e.DeliveryID, e.RevisionHash, e.Data, e.At})
	if fault.Is(err, fault.Conflict) {
		return false, nil // the event came in between; the way under the lock decides
	}
	if err != nil {
		return false, fmt.Errorf("append to the record: %w", err)
	}
	return ok, nil
}

// readProgress returns the row, or an empty progress when there is none.
func readProgress(ctx context.Context, tx bun.IDB, personID, courseKey string) (*Progress, error) {
	p := new(Progress)
	err := tx.NewSelect().Model(p).Where("p.person_id = ?", personID).Where("p.course_key = ?", courseKey).Scan(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		return &Progress{PersonID: personID, CourseKey: courseKey}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read progress: %w", err)
	}
	return p, nil
}

// eventsOf returns a person's events, of one course unless courseKey is "", oldest first.
func eventsOf(ctx context.Context, tx bun.IDB, personID, courseKey string) ([]Event, error) {
	var all []Event
	q := tx.NewSelect().Model(&all).Where("le.person_id = ?", personID)
	if courseKey != "" {
		q = q.Where("le.course_key = ?", courseKey)
	}
	if err := q.OrderExpr("le.at, le.id").Scan(ctx); err != nil {
		return nil, fmt.Errorf("read events: %w", err)
	}
	return all, nil
}
