package quiz

import (
	"context"
	"fmt"

	"github.com/uptrace/bun"

	"greenroom/internal/course"
	"greenroom/internal/record"
)

// spot is where somebody stands in a course: what the clock or a decision completes, it completes there.
type spot struct {
	Revision   *course.Revision
	DeliveryID string
}

// places finds where people stand in the quiz's course: in an active enrolment before others, then in the one last
// seen. Who has none is not in the map. It costs one query and no transaction.
func (s *Service) places(ctx context.Context, q Ref, people []string) (map[string]spot, error) {
	var rows []struct {
		PersonID, DeliveryID, RevisionHash string
	}
	err := s.db.NewSelect().Table("enrolment").Column("person_id", "delivery_id", "revision_hash").
		Where("person_id IN (?)", bun.List(people)).Where("course_key = ?", q.CourseKey).Where("status <> 'waiting'").
		OrderExpr("CASE WHEN status = 'active' THEN 1 ELSE 0 END, last_seen_at").Scan(ctx, &rows)
	if err != nil {
		return nil, fmt.Errorf("places of people: %w", err)
	}
	out := make(map[string]spot, len(rows))
	for _, r := range rows {
		rev, err := s.courses.Revision(ctx, r.RevisionHash)
		if err != nil {
			return nil, fmt.Errorf("places of people: %w", err)
		}
		out[r.PersonID] = spot{rev, r.DeliveryID}
	}
	return out, nil
}

// completion is what completes the attempt's step: on the revision that its owner is on, or on its own where that has
// no such quiz any more.
func (s *Service) completion(ctx context.Context, places map[string]spot, a *Attempt) (record.Completion, error) {
	at := record.Completion{PersonID: a.PersonID}
	if p, there := places[a.PersonID]; there {
		at.Course, at.DeliveryID = p.Revision, p.DeliveryID
		at.Activity = p.Revision.Activity(a.ActivityKey)
	}
	if _, err := contentOf(at.Activity); err != nil {
		rev, err := s.courses.Revision(ctx, a.RevisionHash)
		if err != nil {
			return at, fmt.Errorf("revision of quiz attempt %s: %w", a.ID, err)
		}
		at.Course, at.Activity = rev, rev.Activity(a.ActivityKey)
	}
	return at, nil
}
