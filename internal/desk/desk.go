// Package desk is what those who lead a cohort see of its people, and how they write to them: where everybody is, who
// was not seen, who is behind; one person's progress, dates and decisions.
//
// It shows what was done and when. It never reads reflections, worksheets, answers or what somebody chose in a
// scenario: nothing here has access to them.
//
//	desk.go     the table of learners and modules, its filters
//	person.go   one learner
//	message.go  letters to some of them
//	store.go    SQL
package desk

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"greenroom/internal/account"
	"greenroom/internal/course"
	"greenroom/internal/delivery"
	"greenroom/internal/fault"
	"greenroom/internal/locale"
	"greenroom/internal/mail"
	"greenroom/internal/record"
)

// PerPage is how many people a page has.
const PerPage = 50

// AwayAfter is how long somebody was not seen to be called away.
const AwayAfter = 10 * 24 * time.Hour

// The filters of the table.
const (
	All      = ""
	Away     = "away"     // not seen for AwayAfter, and not finished
	Behind   = "behind"   // see Row.Behind
	Finished = "finished" // has completed the course
)

// Filters lists them in the order of the page.
var Filters = []string{All, Away, Behind, Finished}

// Options are what the service knows of the site.
type Options struct {
	BaseURL string
	Words   *locale.Bundle
	Now     func() time.Time
}

// Service is the trainers' desk. It is safe for use by many goroutines.
type Service struct {
	db         *bun.DB
	courses    *course.Service
	deliveries *delivery.Service
	records    *record.Service
	mail       *mail.Service
	opts       Options
}

// New makes the service.
func New(d *bun.DB, c *course.Service, dl *delivery.Service, r *record.Service, m *mail.Service, o Options) *Service {
	return &Service{db: d, courses: c, deliveries: dl, records: r, mail: m, opts: o}
}

// Now is the service's clock: UTC, to the microsecond.
func (s *Service) Now() time.Time { return s.opts.Now().UTC().Truncate(time.Microsecond) }

// leads refuses who does not lead the cohort: for them it does not exist.
func leads(actor *account.Person, deliveryID string) error {
	if !delivery.Leads(actor, deliveryID) {
		return fault.New(fault.NotFound, "error.not_found")
	}
	return nil
}

// Row is one learner of a cohort. Course is the revision they are on.
type Row struct {
	Enrolment delivery.Enrolment
	Name      string
	Email     string
	Progress  record.Progress
	Course    *course.Revision
	View      record.View
	Due       int  // steps that were due by now, by the learner's own dates
	Away      bool // not seen for AwayAfter, and not finished
	Behind    bool // fewer steps count than were due
}

// done is how many steps count for somebody, of whatever revision.
func done(events, beside int) int { return events - beside }

// due is how many steps of the course were due by now in somebody's own dates.
func due(d *delivery.Delivery, rev *course.Revision, e *delivery.Enrolment, now time.Time) int {
	n := 0
	for i, m := range d.Plan(rev, e).Modules {
		if i < len(rev.Modules) && m.Due.Before(now) {
			n += len(rev.Modules[i].Activities)
		}
	}
	return n
}

// isBehind is the one rule: nothing else decides who is behind.
func isBehind(p record.Progress, due int) bool {
	return p.CompletedAt == nil && done(p.Events, p.Beside) < due
}

func isAway(e *delivery.Enrolment, p record.Progress, now time.Time) bool {
	return p.CompletedAt == nil && e.LastSeenAt.Before(now.Add(-AwayAfter))
}

// Filter chooses learners. Text is part of a name or an address.
type Filter struct {
	Show string
	Text string
	Page int // from 1
}

// Table is one page of the learners of a cohort.
type Table struct {
	Cohort *delivery.Delivery
	Course *course.Revision // as it stands: its modules are the columns
	Rows   []Row
	Total  int
}

// Table reads one page of a cohort's learners, by name. Besides revisions, which are nearly always cached, that is four
// queries, whoever is asked for. NotFound unless actor leads the cohort.
func (s *Service) Table(ctx context.Context, actor *account.Person, deliveryID string, f Filter) (*Table, error) {
	if err := leads(actor, deliveryID); err != nil {
		return nil, err
	}
	d, err := s.deliveries.ByID(ctx, deliveryID)
	if err != nil {
		return nil, err
	}
	t := &Table{Cohort: d}
	if t.Course, err = s.courses.Current(ctx, d.CourseKey); err != nil {
		return nil, err
	}
	f.Text = strings.TrimSpace(f.Text)
	ids, total, err := s.choose(ctx, d, f)
	if err != nil {
		return nil, fmt.Errorf("choose learners of %s: %w", deliveryID, err)
	}
	t.Total = total
	t.Rows, err = s.rows(ctx, d, ids)
	return t, err
}

// choose finds the enrolments of the page that is asked for, and how many there are. Who is behind depends on everybody's
// own dates, which SQL does not know: for that filter all learners are looked at, a few numbers each.
func (s *Service) choose(ctx context.Context, d *delivery.Delivery, f Filter) ([]string, int, error) {
	skip := PerPage * max(0, f.Page-1)
	if f.Show != Behind {
		return pageOf(ctx, s.db, d.ID, f, s.Now().Add(-AwayAfter), skip, PerPage)
	}
	ids, err := s.behind(ctx, d, f)
	if err != nil {
		return nil, 0, err
	}
	n := len(ids)
	return ids[min(skip, n):min(skip+PerPage, n)], n, nil
}

// behind are the enrolments of all who are behind, by name.
func (s *Service) behind(ctx context.Context, d *delivery.Delivery, f Filter) ([]string, error) {
	all, err := unfinished(ctx, s.db, d.ID, f)
	if err != nil {
		return nil, err
	}
	now := s.Now()
	var ids []string
	for i := range all {
		x := &all[i]
		rev, err := s.courses.Revision(ctx, x.E.RevisionHash)
		if err != nil {
			return nil, err
		}
		if isBehind(record.Progress{Events: x.Events, Beside: x.Beside}, due(d, rev, &x.E, now)) {
			ids = append(ids, x.E.ID)
		}
	}
	return ids, nil
}

// rows reads learners in the order of their enrolments' ids.
func (s *Service) rows(ctx context.Context, d *delivery.Delivery, ids []string) ([]Row, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	found, err := learners(ctx, s.db, ids)
	if err != nil {
		return nil, err
	}
	now := s.Now()
	rows := make([]Row, 0, len(ids))
	for _, id := range ids {
		x, there := found[id]
		if !there {
			continue // gone between two queries
		}
		r := Row{Enrolment: x.E, Name: x.Name, Email: x.Email, Progress: x.P}
		r.Progress.PersonID, r.Progress.CourseKey = x.E.PersonID, x.E.CourseKey
		if r.Course, err = s.courses.Revision(ctx, x.E.RevisionHash); err != nil {
			return nil, err
		}
		r.View = record.Look(r.Course, &r.Progress)
		r.Due = due(d, r.Course, &r.Enrolment, now)
		r.Behind, r.Away = isBehind(r.Progress, r.Due), isAway(&r.Enrolment, r.Progress, now)
		rows = append(rows, r)
	}
	return rows, nil
}

// Module is what a learner has done of a module of the current course; ok is false when their revision has not got it.
func (r *Row) Module(key string) (m record.ModuleView, ok bool) {
	for i := range r.Course.Modules {
		if r.Course.Modules[i].Key == key {
			return r.View.Module(i), true
		}
	}
	return m, false
}

// Each calls fn with every learner that the filter chooses, by name, for a file. NotFound unless actor leads the cohort.
func (s *Service) Each(ctx context.Context, actor *account.Person, deliveryID string, f Filter, begin func(*Table) error, fn func(*Row) error) error {
	f.Page = 1
	t, err := s.Table(ctx, actor, deliveryID, f)
	if err != nil {
		return err
	}
	if err := begin(t); err != nil {
		return err
	}
	for {
		for i := range t.Rows {
			if err := fn(&t.Rows[i]); err != nil {
				return err
			}
		}
		if f.Page*PerPage >= t.Total {
			return nil
		}
		f.Page++
		ids, _, err := s.choose(ctx, t.Cohort, f)
		if err != nil {
			return err
		}
		if t.Rows, err = s.rows(ctx, t.Cohort, ids); err != nil {
			return err
		}
	}
}
