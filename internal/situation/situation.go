// Package situation is the scenarios that learners write themselves: a form of eight questions that becomes a scenario
// of the same format as all others, shared with the cohort when its writer wants that, reviewed by those who read it, and
// adopted by who leads the cohort.
//
//	form.go       what the form asks, and its checks
//	story.go      the form as a scenario/1 file
//	situation.go  types, what somebody may do in a delivery, writing
//	sight.go      what moderators take out of sight and bring back
//	share.go      sharing and withdrawing, reviews, giving back, adopting
//	play.go       that somebody has played one
//	list.go       what there is to read
//	export.go     a person's part of the file of everything about them
//
// The text is the writer's: what they withdraw is gone from everybody's sight, and everything goes with their account.
// Others read a copy made when it was shared, so writing on disturbs no reader.
package situation

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"greenroom/internal/account"
	"greenroom/internal/course"
	"greenroom/internal/db"
	"greenroom/internal/delivery"
	"greenroom/internal/draft"
	"greenroom/internal/fault"
	"greenroom/internal/id"
	"greenroom/internal/inbox"
)

// MaxOwn is how many situations somebody may keep in one delivery.
const MaxOwn = 20

// The states of a situation, as they are shown. Nothing but Private keeps others out.
const (
	Private  = "private"
	Shared   = "shared"
	Reviewed = "reviewed" // shared, and somebody has reviewed it
	Adopted  = "adopted"  // by who leads the cohort: everybody in the course may read it
)

// Situation is one of them; table situation.
type Situation struct {
	bun.BaseModel `bun:"table:situation,alias:u"`

	ID         string `bun:",pk"`
	DeliveryID string
	CourseKey  string
	PersonID   string
	Body       string // the form as its writer left it, JSON
	draft.Stamp
	CreatedAt time.Time
	SavedAt   time.Time
	Shared    string // what others read, JSON; "" when nobody does
	SharedAt  *time.Time
	Named     bool   // readers see the writer's name; who leads the cohort always does
	MayAdopt  bool   // the writer agrees that the course keeps it
	GivenBack string // why it was taken out of sight, in the words of who leads; "" when it was not
	Withheld  string // what others read until a moderator took it out of sight, JSON; "" when none did
	AdoptedAt *time.Time
	AdoptedBy *string

	Name    string `bun:",scanonly"` // of the writer
	Reviews int    `bun:",scanonly"`
	Plays   int    `bun:",scanonly"` // how many others have played it to its end
}

// Form is what its writer sees.
func (u *Situation) Form() Form { return decode(u.Body) }

// Text is what others read; false when it is not shared.
func (u *Situation) Text() (Form, bool) {
	if u.Shared == "" {
		return Form{}, false
	}
	return decode(u.Shared), true
}

// State is one of Private, Shared, Reviewed and Adopted.
func (u *Situation) State() string {
	switch {
	case u.AdoptedAt != nil:
		return Adopted
	case u.SharedAt == nil:
		return Private
	case u.Reviews > 0:
		return Reviewed
	}
	return Shared
}

// Changed says whether its writer has written on since it was shared.
func (u *Situation) Changed() bool { return u.Shared != "" && u.Shared != u.Body }

// Title is what it is called in lists: of what others read, or of the draft when own.
func (u *Situation) Title(own bool) string {
	if f, ok := u.Text(); ok && !own {
		return f.Title
	}
	return u.Form().Title
}

func decode(raw string) Form {
	var f Form
	if json.Unmarshal([]byte(raw), &f) != nil {
		return Form{}.Tidy()
	}
	return f.Tidy()
}

func encode(f Form) (string, error) {
	raw, err := json.Marshal(f)
	return string(raw), err
}

// Place is what somebody may do in a delivery.
type Place struct {
	Who      *account.Person
	Delivery delivery.Delivery
	Member   bool // takes the course here
	Leads    bool // reviews as trainer, gives back, adopts
}

// Options are what the service knows of the site.
type Options struct {
	Now func() time.Time
}

// Service is the door to situations. It is safe for use by many goroutines.
type Service struct {
	db      *bun.DB
	courses *course.Service
	inbox   *inbox.Service
	opts    Options
}

// New makes the service.
func New(d *bun.DB, c *course.Service, in *inbox.Service, o Options) *Service {
	return &Service{db: d, courses: c, inbox: in, opts: o}
}

func (s *Service) clock() time.Time { return s.opts.Now().UTC().Truncate(time.Microsecond) }

var errNotFound = fault.New(fault.NotFound, "error.not_found")

// At says what somebody may do in a delivery, in one query. NotFound when they have no seat in it and do not lead it.
func (s *Service) At(ctx context.Context, who *account.Person, deliveryID string) (*Place, error) {
	if who == nil || who.Guest() || !id.Valid(deliveryID) {
		return nil, errNotFound
	}
	var x struct {
		D    delivery.Delivery `bun:"embed:d_"`
		Seat string
	}
	err := s.db.NewSelect().TableExpr("delivery AS d").ColumnExpr(delivery.CohortColumns("d", "d_")).ColumnExpr("COALESCE(e.id, '') AS seat").
		Join("LEFT JOIN enrolment AS e ON e.delivery_id = d.id AND e.person_id = ? AND e.status IN (?, ?)", who.ID, delivery.Active, delivery.Paused).
		Where("d.id = ?", deliveryID).Limit(1).Scan(ctx, &x)
	if err != nil {
		return nil, db.Err(err)
	}
	p := &Place{Who: who, Delivery: x.D, Member: x.Seat != "", Leads: delivery.Leads(who, x.D.ID)}
	if !p.Member && !p.Leads {
		return nil, errNotFound
	}
	return p, nil
}

// CourseTitle is the name of the course of a place.
func (s *Service) CourseTitle(ctx context.Context, p *Place) (string, error) {
	r, err := s.courses.Current(ctx, p.Delivery.CourseKey)
	if err != nil {
		return "", err
	}
	return r.Title, nil
}

// Create begins a situation for a learner of the delivery. The id is made by the form: sent again, it is the same one.
// Forbidden for who only leads, Conflict when there are MaxOwn already.
func (s *Service) Create(ctx context.Context, p *Place, newID string) (*Situation, error) {
	if !p.Member {
		return nil, fault.New(fault.Forbidden, "situation.error.no_seat")
	}
	if !id.Valid(newID) {
		newID = id.New()
	}
	body, err := encode(Form{}.Tidy())
	if err != nil {
		return nil, err
	}
	now := s.clock()
	u := &Situation{ID: newID, DeliveryID: p.Delivery.ID, CourseKey: p.Delivery.CourseKey, PersonID: p.Who.ID, Body: body, CreatedAt: now, SavedAt: now}
	err = db.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		if err := db.Lock(ctx, tx, "situation:"+p.Who.ID); err != nil {
			return err
		}
		n, err := tx.NewSelect().Model((*Situation)(nil)).Where("u.person_id = ?", p.Who.ID).Where("u.delivery_id = ?", p.Delivery.ID).Where("u.id <> ?", newID).Count(ctx)
		if err != nil {
			return fmt.Errorf("count situations: %w", db.Err(err))
		}
		if n >= MaxOwn {
			return fault.New(fault.Conflict, "situation.error.too_many", "Max", MaxOwn)
		}
		_, err = tx.NewInsert().Model(u).On("CONFLICT (id) DO NOTHING").Exec(ctx)
		return db.Err(err)
	})
	if err != nil {
		return nil, err
	}
	return s.Own(ctx, p, newID)
}

// find reads a situation with its writer's name and how many have reviewed it.
func (s *Service) find(ctx context.Context, tx bun.IDB, situationID string) (*Situation, error) {
	if !id.Valid(situationID) {
		return nil, errNotFound
	}
	u := new(Situation)
	if err := full(tx.NewSelect().Model(u)).Where("u.id = ?", situationID).Scan(ctx); err != nil {
		return nil, db.Err(err)
	}
	return u, nil
}

func full(q *bun.SelectQuery) *bun.SelectQuery {
	return q.ColumnExpr("u.*").ColumnExpr("p.name AS name").ColumnExpr("(SELECT COUNT(*) FROM situation_review AS v WHERE v.situation_id = u.id) AS reviews").
		ColumnExpr("(SELECT COUNT(*) FROM situation_played AS y WHERE y.situation_id = u.id) AS plays").
		Join("JOIN person AS p ON p.id = u.person_id")
}

// Own is a situation that the person wrote in this delivery; NotFound for all others.
func (s *Service) Own(ctx context.Context, p *Place, situationID string) (*Situation, error) {
	u, err := s.find(ctx, s.db, situationID)
	if err == nil && (u.PersonID != p.Who.ID || u.DeliveryID != p.Delivery.ID) {
		return nil, errNotFound
	}
	return u, err
}

// Clash is the cause of a Conflict: another page has written meanwhile. It has what stands.
type Clash struct{ Stored *Situation }

func (c *Clash) Error() string { return "situation " + c.Stored.ID + " was changed elsewhere" }

// Save keeps the form as it stands, finished or not. Invalid when something is too long, Conflict (see Clash) when another
// page wrote meanwhile: then nothing is stored.
func (s *Service) Save(ctx context.Context, p *Place, situationID string, page draft.Form, f Form) (*Situation, error) {
	f = f.Tidy()
	if err := f.TooLong(); err != nil {
		return nil, err
	}
	body, err := encode(f)
	if err != nil {
		return nil, err
	}
	if !id.Valid(page.Page) {
		page.Page = ""
	}
	return s.change(ctx, p, situationID, func(ctx context.Context, tx bun.Tx, u *Situation) error {
		if u.PersonID != p.Who.ID {
			return errNotFound
		}
		if u.Body == body {
			return nil
		}
		switch u.Judge(page) {
		case draft.Late:
			return nil
		case draft.Clash:
			return fault.New(fault.Conflict, "situation.error.clash").Because(&Clash{u})
		}
		u.Body, u.SavedAt, u.Stamp = body, s.clock(), u.Next(page)
		return nil
	})
}

// Remove deletes a situation of the person's own, with what others thought of it.
func (s *Service) Remove(ctx context.Context, p *Place, situationID string) error {
	if _, err := s.Own(ctx, p, situationID); err != nil {
		return err
	}
	_, err := s.db.NewDelete().Model((*Situation)(nil)).Where("id = ?", situationID).Where("person_id = ?", p.Who.ID).Exec(ctx)
	if err != nil {
		return fmt.Errorf("remove a situation: %w", db.Err(err))
	}
	return nil
}

// change runs fn on a locked situation of the delivery and stores what it made of it.
func (s *Service) change(ctx context.Context, p *Place, situationID string, fn func(ctx context.Context, tx bun.Tx, u *Situation) error) (*Situation, error) {
	var u *Situation
	err := db.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		if err := db.Lock(ctx, tx, "situation:"+situationID); err != nil {
			return err
		}
		var err error
		if u, err = s.find(ctx, tx, situationID); err != nil {
			return err
		}
		if u.DeliveryID != p.Delivery.ID {
			return errNotFound
		}
		if err := fn(ctx, tx, u); err != nil {
			return err
		}
		_, err = tx.NewUpdate().Model(u).WherePK().Exec(ctx)
		return db.Err(err)
	})
	if err != nil {
		return nil, err
	}
	return u, nil
}
