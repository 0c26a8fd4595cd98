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

// joined is a row of enrolment and progress side by side; progress may be empty.
type joined struct {
	E      delivery.Enrolment `bun:"embed:e_"`
	P      Progress           `bun:"embed:p_"`
	Kind   string             `bun:"d_kind"` // of the delivery
	Status string             `bun:"d_status"`

	StartsOn  delivery.Date  `bun:"d_starts_on"`
	ReleaseAt delivery.Clock `bun:"d_release_at"`
	Zone      string         `bun:"d_zone"`
}

// begun says whether the first week of the delivery has opened.
func (j *joined) begun(now time.Time) bool {
	d := delivery.Delivery{Kind: j.Kind, Terms: delivery.Terms{StartsOn: j.StartsOn, ReleaseAt: j.ReleaseAt, Zone: j.Zone}}
	return d.Begun(now)
}

const progressColumns = "p.states AS p_states, p.decided AS p_decided, p.events AS p_events, p.completed_at AS p_completed_at, p.updated_at AS p_updated_at"

// joinedQuery reads a person's enrolments; what follows it narrows them.
var joinedQuery = "SELECT " + delivery.Columns("e", "e_") + ", " + progressColumns + ", d.kind AS d_kind, d.status AS d_status, d.starts_on AS d_starts_on, d.release_at AS d_release_at, d.zone AS d_zone " +
	"FROM enrolment AS e JOIN delivery AS d ON d.id = e.delivery_id " +
	"LEFT JOIN progress AS p ON p.person_id = e.person_id AND p.course_key = e.course_key WHERE e.person_id = ?"

var placeQuery = joinedQuery + " AND e.course_key = ?"

var cohortQuery = "SELECT " + delivery.CohortColumns("d", "") + " FROM delivery AS d WHERE d.id = ?"

// progress is the right half; the outer join leaves its keys empty where there is none.
func (j *joined) progress(personID, courseKey string) Progress {
	j.P.PersonID, j.P.CourseKey = personID, courseKey
	return j.P
}

// rank orders the enrolments of one person in one course: the lowest counts. 0 is none that counts: waiting for a
// seat, or in a cohort that was left or called off. A cohort counts before self-paced from its first week on: who books
// one keeps what is open to them until then.
func (j *joined) rank(now time.Time) int {
	cohort := j.Kind == delivery.Cohort
	switch {
	case j.E.Status == delivery.Waiting, cohort && (j.E.Status == delivery.Withdrawn || j.Status == delivery.Cancelled):
		return 0
	case j.E.Status == delivery.Active && cohort && j.Status != delivery.Closed && j.begun(now):
		return 1
	case j.E.Status == delivery.Active && !cohort:
		return 2
	case j.E.Status == delivery.Active && j.Status != delivery.Closed:
		return 3
	case j.E.Status == delivery.Active:
		return 4
	case j.E.Status == delivery.Paused:
		return 5
	}
	return 6
}

// before says whether j counts rather than o, which may be nil.
func (j *joined) before(o *joined, now time.Time) bool {
	mine := j.rank(now)
	if mine == 0 || o == nil {
		return mine != 0
	}
	theirs := o.rank(now)
	return mine < theirs || mine == theirs && j.E.CreatedAt.After(o.E.CreatedAt)
}

// Place returns where a person stands in a course: the delivery that counts for them (an active cohort that has begun
// before self-paced, which is also the answer for everybody else; nil when the course never had one), their enrolment in it
// (nil when none) and their progress (empty when none). personID "" is nobody.
//
// It costs one query, one more in a cohort, for people who are not enrolled, and for the first person who asks for the
// course; for nobody none. The returned delivery may be shared: nobody changes it.
func (s *Service) Place(ctx context.Context, personID, courseKey string) (*delivery.Delivery, *delivery.Enrolment, *Progress, error) {
	none := &Progress{PersonID: personID, CourseKey: courseKey}
	d, err := s.delivery(ctx, courseKey)
	if err != nil {
		return nil, nil, nil, err
	}
	if d == nil || personID == "" {
		return d, nil, none, nil
	}
	var rows []joined
	if err = s.place.All(ctx, &rows, personID, courseKey); err != nil {
		return nil, nil, nil, fmt.Errorf("read place in %q: %w", courseKey, err)
	}
	if len(rows) == 0 {
		p, err := readProgress(ctx, s.db, personID, courseKey)
		return d, nil, p, err
	}
	p := rows[0].progress(personID, courseKey)
	var at *joined
	now := s.clock()
	for i := range rows {
		if rows[i].before(at, now) {
			at = &rows[i]
		}
	}
	if at == nil {
		return d, nil, &p, nil
	}
	if at.Kind == delivery.Cohort {
		d = new(delivery.Delivery)
		if err := s.cohort.One(ctx, d, at.E.DeliveryID); err != nil {
			return nil, nil, nil, fmt.Errorf("read cohort: %w", err)
		}
	}
	return d, &at.E, &p, nil
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

// Shelf returns all courses a person has enrolled in, each with the enrolment that counts (see Place), whatever its
// state, last seen first, in one query.
func (s *Service) Shelf(ctx context.Context, personID string) ([]ShelfItem, error) {
	var rows []joined
	if err := s.db.NewRaw(joinedQuery+" ORDER BY e.last_seen_at DESC, e.id", personID).Scan(ctx, &rows); err != nil {
		return nil, fmt.Errorf("read shelf: %w", err)
	}
	best, now := map[string]*joined{}, s.clock()
	for i := range rows {
		if r := &rows[i]; r.before(best[r.E.CourseKey], now) {
			best[r.E.CourseKey] = r
		}
	}
	out := make([]ShelfItem, 0, len(best))
	for i := range rows {
		if r := &rows[i]; best[r.E.CourseKey] == r {
			out = append(out, ShelfItem{Enrolment: r.E, Progress: r.progress(personID, r.E.CourseKey)})
		}
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
