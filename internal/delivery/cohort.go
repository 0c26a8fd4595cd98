package delivery

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"greenroom/internal/access"
	"greenroom/internal/account"
	"greenroom/internal/audit"
	"greenroom/internal/course"
	"greenroom/internal/db"
	"greenroom/internal/event"
	"greenroom/internal/fault"
	"greenroom/internal/id"
)

// Granter gives who makes a cohort the role to lead it; *access.Service is one.
type Granter interface {
	GrantTx(ctx context.Context, tx bun.IDB, actor *account.Person, g access.Grant) error
}

// Changed is the fact that the dates of an open cohort, or how it is run, were changed.
type Changed struct {
	DeliveryID, CourseKey string
	Dates                 bool // weeks open, or end, at other times than before
	By                    string
	At                    time.Time
}

// FactName names the fact.
func (Changed) FactName() string { return "delivery.changed" }

// Opened is the fact that a cohort was opened: people can find it and join.
type Opened struct {
	DeliveryID, CourseKey string
	At                    time.Time
}

// FactName names the fact.
func (Opened) FactName() string { return "delivery.opened" }

// ClosedFact is the fact that a cohort is over.
type ClosedFact struct {
	DeliveryID, CourseKey string
	At                    time.Time
}

// FactName names the fact.
func (ClosedFact) FactName() string { return "delivery.closed" }

// CancelledFact is the fact that a cohort was called off.
type CancelledFact struct {
	DeliveryID, CourseKey, Reason string
	At                            time.Time
}

// FactName names the fact.
func (CancelledFact) FactName() string { return "delivery.cancelled" }

// Create makes a cohort of a course, as a draft. actor gets the trainer's role in it; nil is an operator. formID is
// made by the form, so that sending it twice makes one cohort; "" makes an id. Forbidden unless actor is trainer of the
// whole site; Invalid names the fields of Terms (see check); NotFound when there is no such course.
func (s *Service) Create(ctx context.Context, actor *account.Person, formID, courseKey string, t Terms) (*Delivery, error) {
	if actor != nil && !actor.Can(account.RoleTrainer, "") {
		return nil, fault.New(fault.Forbidden, "delivery.may_not_create")
	}
	rev, err := s.courses.Current(ctx, courseKey)
	if err != nil {
		return nil, err
	}
	t = t.tidy(rev)
	if err := t.check(); err != nil {
		return nil, err
	}
	if !id.Valid(formID) {
		formID = id.New()
	}
	now := s.clock()
	d := &Delivery{ID: formID, CourseKey: rev.Key, Kind: Cohort, Terms: t, Status: Draft, Version: 1, CreatedAt: now, UpdatedAt: now}
	if actor != nil {
		d.CreatedBy = actor.ID
	}
	err = db.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		fresh, err := insertDelivery(ctx, tx, d)
		if err != nil {
			return err
		}
		if !fresh {
			d, err = byID(ctx, tx, formID)
			if err == nil && (d.CreatedBy == "" || actor == nil || d.CreatedBy != actor.ID) {
				err = fault.New(fault.Conflict, "error.conflict")
			}
			return err
		}
		if s.grants != nil && actor != nil {
			g := access.Grant{PersonID: actor.ID, Role: account.RoleTrainer, DeliveryID: d.ID, Reason: "made this cohort"}
			if err := s.grants.GrantTx(ctx, tx, actor, g); err != nil {
				return err
			}
		}
		return s.note(ctx, tx, actor, d, "cohort.created", "", "")
	})
	if err != nil {
		return nil, err
	}
	if s.forget != nil {
		s.forget()
	}
	return d, nil
}

// note writes a decision about a cohort, or about somebody in it, into the log.
func (s *Service) note(ctx context.Context, tx bun.IDB, actor *account.Person, d *Delivery, action, personID, reason string) error {
	e := audit.Entry{At: s.clock(), Action: action, DeliveryID: d.ID, Subject: d.Title, PersonID: personID, Reason: reason}
	if actor != nil {
		e.ActorID, e.ActorName = actor.ID, actor.Name
	}
	return audit.Record(ctx, tx, e)
}

// Leads says whether the person may run the cohort.
func Leads(actor *account.Person, deliveryID string) bool {
	return actor == nil || actor.Can(account.RoleTrainer, deliveryID)
}

// edit runs fn on a locked cohort that actor leads, then raises its version. What one may not see does not exist:
// NotFound where actor does not lead it.
func (s *Service) edit(ctx context.Context, actor *account.Person, deliveryID string, fn func(ctx context.Context, tx bun.IDB, d *Delivery, now time.Time) error) (*Delivery, error) {
	if !Leads(actor, deliveryID) {
		return nil, fault.New(fault.NotFound, "error.not_found")
	}
	var d *Delivery
	err := db.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) (err error) {
		if d, err = lockCohort(ctx, tx, deliveryID); err != nil {
			return err
		}
		was := *d
		now := s.clock()
		if err := fn(ctx, tx, d, now); err != nil {
			return err
		}
		if was.same(d) {
			return nil
		}
		d.Version, d.UpdatedAt = was.Version+1, now
		return updateDelivery(ctx, tx, d)
	})
	return d, err
}

func (d *Delivery) same(o *Delivery) bool {
	return d.Status == o.Status && d.Terms.same(o.Terms)
}

func (t Terms) same(o Terms) bool {
	a, b := t.Schedule, o.Schedule
	return t.Title == o.Title && t.About == o.About && t.StartsOn == o.StartsOn && t.Zone == o.Zone && t.ReleaseAt == o.ReleaseAt &&
		t.LatePolicy == o.LatePolicy && t.JoinPolicy == o.JoinPolicy && t.Capacity == o.Capacity &&
		a.DueDays == b.DueDays && slices.Equal(a.Modules, b.Modules) && slices.Equal(a.Breaks, b.Breaks)
}

// Update changes a cohort. version is what the form was made of: when somebody has saved since, it is Conflict. What
// has opened stays open: a later date for it is Invalid. More seats let people in from the waiting list.
func (s *Service) Update(ctx context.Context, actor *account.Person, deliveryID string, version int, t Terms) (*Delivery, error) {
	known, err := s.ByID(ctx, deliveryID)
	if err != nil {
		return nil, err
	}
	rev, err := s.courses.Current(ctx, known.CourseKey)
	if err != nil {
		return nil, err
	}
	t = t.tidy(rev)
	if err := t.check(); err != nil {
		return nil, err
	}
	return s.edit(ctx, actor, deliveryID, func(ctx context.Context, tx bun.IDB, d *Delivery, now time.Time) error {
		if d.Terms.same(t) {
			return nil
		}
		if d.Version != version {
			return fault.New(fault.Conflict, "delivery.changed_since")
		}
		if d.Status == Closed || d.Status == Cancelled {
			return fault.New(fault.Conflict, "delivery.over")
		}
		was := *d
		d.Terms = t
		if was.Status == Draft {
			return s.note(ctx, tx, actor, d, "cohort.changed", "", "")
		}
		if err := keepsOpen(&was, d, rev, now); err != nil {
			return err
		}
		if err := s.promote(ctx, tx, d, now); err != nil {
			return err
		}
		if err := s.note(ctx, tx, actor, d, "cohort.changed", "", ""); err != nil {
			return err
		}
		by := ""
		if actor != nil {
			by = actor.ID
		}
		return event.Record(ctx, tx, now, Changed{DeliveryID: d.ID, CourseKey: d.CourseKey, Dates: !sameDates(&was, d, rev), By: by, At: now})
	})
}

// Open lets people find and join a draft. Opening again changes nothing.
func (s *Service) Open(ctx context.Context, actor *account.Person, deliveryID string) (*Delivery, error) {
	return s.edit(ctx, actor, deliveryID, func(ctx context.Context, tx bun.IDB, d *Delivery, now time.Time) error {
		switch d.Status {
		case Open:
			return nil
		case Draft:
		default:
			return fault.New(fault.Conflict, "delivery.over")
		}
		d.Status = Open
		if err := s.note(ctx, tx, actor, d, "cohort.opened", "", ""); err != nil {
			return err
		}
		return event.Record(ctx, tx, now, Opened{DeliveryID: d.ID, CourseKey: d.CourseKey, At: now})
	})
}

// Close ends a cohort: nobody joins any more, those waiting are let go, and all of the course is open to its people.
func (s *Service) Close(ctx context.Context, actor *account.Person, deliveryID string) (*Delivery, error) {
	return s.edit(ctx, actor, deliveryID, func(ctx context.Context, tx bun.IDB, d *Delivery, now time.Time) error {
		switch d.Status {
		case Closed:
			return nil
		case Cancelled, Draft:
			return fault.New(fault.Conflict, "delivery.not_open")
		}
		d.Status = Closed
		if err := dropQueue(ctx, tx, d.ID, now); err != nil {
			return err
		}
		if err := s.note(ctx, tx, actor, d, "cohort.closed", "", ""); err != nil {
			return err
		}
		return event.Record(ctx, tx, now, ClosedFact{DeliveryID: d.ID, CourseKey: d.CourseKey, At: now})
	})
}

// Cancel calls a cohort off. Its people keep their record and can go on by themselves. reason is told to them; without
// one it is Invalid.
func (s *Service) Cancel(ctx context.Context, actor *account.Person, deliveryID, reason string) (*Delivery, error) {
	var f fault.Fields
	if checkReason(&f, reason); len(f) > 0 {
		return nil, f.Err()
	}
	return s.edit(ctx, actor, deliveryID, func(ctx context.Context, tx bun.IDB, d *Delivery, now time.Time) error {
		switch d.Status {
		case Cancelled:
			return nil
		case Closed:
			return fault.New(fault.Conflict, "delivery.over")
		}
		d.Status = Cancelled
		if err := s.note(ctx, tx, actor, d, "cohort.cancelled", "", reason); err != nil {
			return err
		}
		return event.Record(ctx, tx, now, CancelledFact{DeliveryID: d.ID, CourseKey: d.CourseKey, Reason: reason, At: now})
	})
}

// Copy makes a new draft with the same terms, beginning on another day; every date moves along. It copies no people
// and no announcements. title "" keeps the title. Errors as Create; NotFound unless actor leads the cohort.
func (s *Service) Copy(ctx context.Context, actor *account.Person, formID, deliveryID, title string, start Date) (*Delivery, error) {
	if !Leads(actor, deliveryID) {
		return nil, fault.New(fault.NotFound, "error.not_found")
	}
	d, err := s.ByID(ctx, deliveryID)
	if err != nil {
		return nil, err
	}
	if !start.Valid() {
		var f fault.Fields
		f.Add("starts_on", "delivery.date_wrong")
		return nil, f.Err()
	}
	t := d.Terms.shifted(start)
	if title != "" {
		t.Title = title
	}
	return s.Create(ctx, actor, formID, d.CourseKey, t)
}

// ByID returns a cohort; NotFound when there is none with this id.
func (s *Service) ByID(ctx context.Context, deliveryID string) (*Delivery, error) {
	return byID(ctx, s.db, deliveryID)
}

// Filter narrows Cohorts.
type Filter struct {
	IDs       []string // nil: all
	CourseKey string
	Status    []string // stored states; none: all
	Page      int      // from 1
}

// PerPage is how many rows lists of cohorts and people have on a page.
const PerPage = 50

// Row is a cohort in a list.
type Row struct {
	Delivery `bun:",extend"`
	People   int // active and paused
	Queue    int // waiting
}

// Free is how many seats are free; -1 is without limit.
func (r Row) Free() int {
	if r.Capacity == 0 {
		return -1
	}
	return max(0, r.Capacity-r.People)
}

// Cohorts lists cohorts, the latest start first, and says how many there are in all.
func (s *Service) Cohorts(ctx context.Context, f Filter) ([]Row, int, error) {
	rows, total, err := listCohorts(ctx, s.db, f)
	if err != nil {
		return nil, 0, fmt.Errorf("list cohorts: %w", err)
	}
	return rows, total, nil
}

// Around lists the cohorts of a course that anybody may join and in which the person (id "" for nobody) has no place,
// and those in which they have a seat or wait for one, the latest start first; 100 at most. It costs one query, and one
// more for who is in some.
func (s *Service) Around(ctx context.Context, personID, courseKey string) (open []Row, mine []Mine, err error) {
	var rows []around
	err = s.around.All(ctx, &rows, Waiting, Waiting, Active, Paused, Waiting, personID, Withdrawn, Cohort, courseKey, Open, JoinOpen, maxAround)
	if err != nil {
		return nil, nil, fmt.Errorf("cohorts of %q: %w", courseKey, err)
	}
	for _, r := range rows {
		if r.Enrolment.ID == "" {
			open = append(open, Row{Delivery: r.Delivery, People: r.People, Queue: r.Queue})
		} else {
			mine = append(mine, r.Mine)
		}
	}
	return open, mine, s.allowMine(ctx, mine)
}

// Revision is what a cohort shows to who is not in it: the course as it stands.
func (s *Service) Revision(ctx context.Context, d *Delivery) (*course.Revision, error) {
	return s.courses.Current(ctx, d.CourseKey)
}
