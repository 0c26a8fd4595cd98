// Package insight counts where people stop in a course: for each step who reached it, who did it, who was last seen
// there, and how long it takes. It names nobody, and below Few people it counts nothing. Nor can a small delivery be
// worked out from what is told of all and of the others: everybody is counted in one delivery, and deliveries with
// fewer than Few are left out of the whole unless together they have as many.
//
// It rests on what is stored anyway: the last position of an enrolment and the projection of the record. How hard
// questions are is internal/quiz's business; the page puts both side by side.
package insight

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"greenroom/internal/account"
	"greenroom/internal/course"
	"greenroom/internal/delivery"
	"greenroom/internal/fault"
	"greenroom/internal/locale"
	"greenroom/internal/record"
)

const (
	// Few is how many people it takes for any number. With fewer one could guess who is meant.
	Few = 8
	// StoppedAfter is how long somebody who has not finished was not seen when they count as stopped.
	StoppedAfter = 14 * 24 * time.Hour
	// OneSitting is the longest time between two steps that counts as working on the second. After a longer one
	// somebody was away, so it says nothing about the step.
	OneSitting = time.Hour
)

// Scope is whose numbers are shown: a delivery's, or with ID "" everybody's.
type Scope struct {
	ID, Title, Kind string
	StartsOn        delivery.Date
}

// Text is the scope in words.
func (x Scope) Text(l *locale.Printer) string {
	switch {
	case x.ID == "":
		return l.T("insight.all")
	case x.Kind == delivery.SelfPaced:
		return l.T("insight.self_paced")
	}
	return x.Title
}

// View is whose numbers of a course somebody may look at.
type View struct {
	Whole  bool    // authors and trainers of the site: they see every delivery, and all of them together
	Scopes []Scope // everybody first, where they may
	Scope  Scope   // which of them is asked for
}

// Step is the numbers of one step. Whoever did it has reached it.
type Step struct {
	*course.Activity
	Reached int // did it, or was last seen there
	Done    int
	Here    int           // last seen there, and the course is not complete
	Stopped int           // of those, not seen for StoppedAfter
	Median  time.Duration // from the step before to this one; zero when fewer than Few did both in one sitting
}

// Report is the numbers of one course.
type Report struct {
	People   int // enrolled, active or paused
	Finished int // have completed the course
	Stopped  int // have not, and were not seen for StoppedAfter
	Left     int // have withdrawn, and are not counted elsewhere
	Apart    int // enrolled in deliveries that are left out of the whole, since they have too few people
	Steps    []Step
}

// Told says whether there are enough people for numbers.
func (r Report) Told() bool { return r.People >= Few }

// Service counts. It is safe for use by many goroutines.
type Service struct {
	db  *bun.DB
	now func() time.Time
}

// New makes the service.
func New(d *bun.DB, now func() time.Time) *Service { return &Service{db: d, now: now} }

// View says what a person may look at in a course: authors and trainers of the site every delivery that is no draft and
// all of them together, trainers of a delivery theirs; the self-paced one first, then the newest, a hundred at most. asked
// is a delivery's id, or "" for the first of them. NotFound when it is not among them.
func (s *Service) View(ctx context.Context, who *account.Person, courseKey, asked string) (View, error) {
	v := View{Whole: who.Can(account.RoleAuthor, "") || who.Can(account.RoleTrainer, "")}
	var all []Scope
	err := s.db.NewSelect().Table("delivery").Column("id", "title", "kind", "starts_on").
		Where("course_key = ?", courseKey).Where("status <> ?", delivery.Draft).
		OrderExpr("CASE WHEN kind = ? THEN 0 ELSE 1 END, starts_on DESC, id", delivery.SelfPaced).Limit(100).Scan(ctx, &all)
	if err != nil {
		return v, fmt.Errorf("deliveries of %q: %w", courseKey, err)
	}
	if v.Whole {
		v.Scopes = append(v.Scopes, Scope{})
	}
	for _, x := range all {
		if v.Whole || who.Can(account.RoleTrainer, x.ID) {
			v.Scopes = append(v.Scopes, x)
		}
	}
	i := slices.IndexFunc(v.Scopes, func(x Scope) bool { return x.ID == asked })
	switch {
	case i >= 0:
		v.Scope = v.Scopes[i]
	case asked == "" && len(v.Scopes) > 0:
		v.Scope = v.Scopes[0]
	default:
		return v, fault.New(fault.NotFound, "error.not_found")
	}
	return v, nil
}

// row is one enrolment with what its person did.
type row struct {
	Status       string
	LastActivity string
	LastSeenAt   time.Time
	States       record.States
	CompletedAt  *time.Time
	Company      int // how many are enrolled in the same delivery
}

// Report counts the people of a delivery, or of all deliveries of the course when deliveryID is "": each person once,
// by the enrolment in which they were last seen, also when another delivery is asked for. Steps are those of rev. It
// costs one query however many people there are. Below Few people it gives only how many there are.
func (s *Service) Report(ctx context.Context, rev *course.Revision, deliveryID string) (out Report, err error) {
	counted := s.db.NewSelect().TableExpr("(?) AS c", delivery.Counted(s.db, rev.Key)).ColumnExpr("c.*").
		ColumnExpr("SUM(CASE WHEN c.status = ? THEN 0 ELSE 1 END) OVER (PARTITION BY c.delivery_id) AS company", delivery.Withdrawn)
	q := s.db.NewSelect().TableExpr("(?) AS e", counted).
		ColumnExpr("e.status, e.last_activity, e.last_seen_at, e.company, p.states, p.completed_at").
		Join("LEFT JOIN progress AS p ON p.person_id = e.person_id AND p.course_key = ?", rev.Key)
	if deliveryID != "" {
		q = q.Where("e.delivery_id = ?", deliveryID)
	}
	rows, err := q.Rows(ctx)
	if err != nil {
		return out, fmt.Errorf("people of %q: %w", rev.Key, err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	c := newCount(rev, s.now().UTC())
	var small []row
	for rows.Next() {
		var r row
		if err := s.db.ScanRow(ctx, rows, &r); err != nil {
			return out, fmt.Errorf("people of %q: %w", rev.Key, err)
		}
		if r.Company < Few {
			small = append(small, r)
			continue
		}
		c.add(r)
	}
	c.join(small)
	return c.report(), rows.Err()
}

// count gathers the numbers of a course.
type count struct {
	Report
	at    map[string]int // place of a step in Steps
	gaps  [][]time.Duration
	since time.Time // who was not seen since has stopped
}

func newCount(rev *course.Revision, now time.Time) *count {
	c := &count{at: map[string]int{}, since: now.Add(-StoppedAfter)}
	for a := rev.First(); a != nil; a = a.Next {
		c.at[a.Key] = len(c.Steps)
		c.Steps = append(c.Steps, Step{Activity: a})
	}
	c.gaps = make([][]time.Duration, len(c.Steps))
	return c
}

func (c *count) add(r row) {
	if r.Status == delivery.Withdrawn {
		c.Left++
		return
	}
	c.People++
	stopped := r.CompletedAt == nil && r.LastSeenAt.Before(c.since)
	switch {
	case r.CompletedAt != nil:
		c.Finished++
	case stopped:
		c.Stopped++
	}
	for i := range c.Steps {
		done, is := r.States[c.Steps[i].Key]
		if !is {
			continue
		}
		c.Steps[i].Done++
		c.Steps[i].Reached++
		if i == 0 {
			continue
		}
		before, is := r.States[c.Steps[i-1].Key]
		if gap := time.Duration(done-before) * time.Second; is && gap > 0 && gap <= OneSitting {
			c.gaps[i] = append(c.gaps[i], gap)
		}
	}
	i, known := c.at[r.LastActivity]
	if !known {
		return
	}
	if _, done := r.States[r.LastActivity]; !done {
		c.Steps[i].Reached++
	}
	if r.CompletedAt == nil {
		c.Steps[i].Here++
		if stopped {
			c.Steps[i].Stopped++
		}
	}
}

// join adds the people of small deliveries where they are enough together, or where there are no others.
func (c *count) join(small []row) {
	n := 0
	for _, r := range small {
		if r.Status != delivery.Withdrawn {
			n++
		}
	}
	if n < Few && c.People > 0 {
		c.Apart = n
		return
	}
	for _, r := range small {
		c.add(r)
	}
}

func (c *count) report() Report {
	if !c.Told() {
		return Report{People: c.People}
	}
	for i := range c.Steps {
		c.Steps[i].Median = Median(c.gaps[i])
	}
	return c.Report
}

// Median is the middle of some times; zero for fewer than Few. It sorts them.
func Median(times []time.Duration) time.Duration {
	if len(times) < Few {
		return 0
	}
	slices.Sort(times)
	return times[len(times)/2]
}
