// Package panel lets practitioners rate the choices of a scenario: an author invites them by name, each gets a link by mail
// that needs no account, and where five have rated a decision what they said replaces the key of the file in the debrief.
//
//	panel.go   seats: inviting, inviting again, taking out; what the author sees
//	rate.go    what a rater sees and says; the key
//
// Ratings hang on what the rater read: when a decision's text or one of its choices changes, the ratings of that decision
// count no more, and the rater is asked again. Raters' names are seen by authors and nobody else.
package panel

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"greenroom/internal/account"
	"greenroom/internal/audit"
	"greenroom/internal/course"
	"greenroom/internal/db"
	"greenroom/internal/fault"
	"greenroom/internal/id"
	"greenroom/internal/locale"
	"greenroom/internal/mail"
	"greenroom/internal/scenario"
)

// Limits of a panel.
const (
	MaxSeats  = 30
	LinkLasts = 30 * 24 * time.Hour
	MaxName   = 80
	MaxReason = 400 // characters of what is said about a choice
)

// Seat is somebody who was invited to rate a scenario; table panel_seat.
type Seat struct {
	bun.BaseModel `bun:"table:panel_seat,alias:ps"`

	ID          string `bun:",pk"`
	CourseKey   string
	ActivityKey string
	Name        string // "" when they have deleted their account since
	Email       string
	EmailFolded string
	TokenHash   string
	InvitedAt   time.Time
	ExpiresAt   time.Time

	Rated int `bun:"-"` // decisions, as they are now
}

// Expired says whether the link has ended.
func (s *Seat) Expired(now time.Time) bool { return !now.Before(s.ExpiresAt) }

// Options are what the service knows of the site.
type Options struct {
	BaseURL string
	Words   *locale.Bundle
	Now     func() time.Time
}

// Service is the door to panels. It is safe for use by many goroutines.
type Service struct {
	db      *bun.DB
	courses *course.Service
	mail    *mail.Service
	opts    Options
}

// New makes the service.
func New(d *bun.DB, c *course.Service, m *mail.Service, o Options) *Service {
	return &Service{db: d, courses: c, mail: m, opts: o}
}

// Now is the service's clock: UTC, to the microsecond.
func (s *Service) Now() time.Time { return s.opts.Now().UTC().Truncate(time.Microsecond) }

var errNotFound = fault.New(fault.NotFound, "error.not_found")

// Place is a scenario as it stands in a course.
type Place struct {
	Course   *course.Revision
	Activity *course.Activity
	Scenario *scenario.Scenario
}

// At finds a scenario of a course by its key; NotFound when it is none.
func (s *Service) At(ctx context.Context, courseKey, activityKey string) (*Place, error) {
	rev, err := s.courses.Current(ctx, courseKey)
	if err != nil {
		return nil, err
	}
	a := rev.Activity(activityKey)
	if a == nil {
		return nil, errNotFound
	}
	sc, is := a.Content().(*scenario.Scenario)
	if !is {
		return nil, errNotFound
	}
	return &Place{Course: rev, Activity: a, Scenario: sc}, nil
}

func authors(actor *account.Person) error {
	if actor == nil || !actor.Can(account.RoleAuthor, "") {
		return errNotFound
	}
	return nil
}

// Progress is what the author sees of a panel.
type Progress struct {
	Place
	Seats []Seat         // by name
	Done  map[string]int // by decision: how many have rated it as it is now
}

// Progress reads it. NotFound unless actor is an author.
func (s *Service) Progress(ctx context.Context, actor *account.Person, courseKey, activityKey string) (*Progress, error) {
	if err := authors(actor); err != nil {
		return nil, err
	}
	at, err := s.At(ctx, courseKey, activityKey)
	if err != nil {
		return nil, err
	}
	p := &Progress{Place: *at, Done: map[string]int{}}
	if err := s.db.NewSelect().Model(&p.Seats).Where("ps.course_key = ?", courseKey).Where("ps.activity_key = ?", activityKey).
		OrderExpr("ps.name, ps.id").Scan(ctx); err != nil {
		return nil, fmt.Errorf("seats of a panel: %w", db.Err(err))
	}
	all, err := s.ratings(ctx, courseKey, activityKey)
	if err != nil {
		return nil, err
	}
	for _, r := range all {
		if !r.holds(at.Scenario) {
			continue
		}
		p.Done[r.Decision]++
		for i := range p.Seats {
			if p.Seats[i].ID == r.SeatID {
				p.Seats[i].Rated++
			}
		}
	}
	return p, nil
}

// Invite gives somebody a seat and mails them the link. The id is made by the form: sent again, it is the same seat and no
// second letter. Invalid names name and email; Conflict when the panel is full or has the address.
func (s *Service) Invite(ctx context.Context, actor *account.Person, courseKey, activityKey, formID, name, email string) error {
	if err := authors(actor); err != nil {
		return err
	}
	at, err := s.At(ctx, courseKey, activityKey)
	if err != nil {
		return err
	}
	var bad fault.Fields
	name, shown := account.CleanName(name)
	if name == "" || !shown || len([]rune(name)) > MaxName {
		bad.Add("name", "panel.error.name", "Max", MaxName)
	}
	email = strings.TrimSpace(email)
	if !account.ValidEmail(email) {
		bad.Add("email", "panel.error.email")
	}
	if err := bad.Err(); err != nil {
		return err
	}
	if !id.Valid(formID) {
		formID = id.New()
	}
	token, now := id.Token(), s.Now()
	x := &Seat{
		ID: formID, CourseKey: courseKey, ActivityKey: activityKey, Name: name, Email: email, EmailFolded: account.Fold(email),
		TokenHash: id.Hash(token), InvitedAt: now, ExpiresAt: now.Add(LinkLasts),
	}
	return db.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		if err := db.Lock(ctx, tx, "panel:"+courseKey+"/"+activityKey); err != nil {
			return err
		}
		var there []Seat
		if err := tx.NewSelect().Model(&there).Where("ps.course_key = ?", courseKey).Where("ps.activity_key = ?", activityKey).Scan(ctx); err != nil {
			return fmt.Errorf("seats of a panel: %w", db.Err(err))
		}
		for i := range there {
			if there[i].ID == x.ID {
				return nil
			}
			if there[i].EmailFolded == x.EmailFolded {
				bad.Add("email", "panel.error.twice")
				return bad.Err()
			}
		}
		if len(there) >= MaxSeats {
			return fault.New(fault.Conflict, "panel.error.full", "Max", MaxSeats)
		}
		if _, err := tx.NewInsert().Model(x).Exec(ctx); err != nil {
			return fmt.Errorf("invite to a panel: %w", db.Err(err))
		}
		if err := s.note(ctx, tx, actor, x, "panel.invited"); err != nil {
			return err
		}
		return s.write(ctx, tx, actor, at, x, token)
	})
}

// Again mails a new link to somebody who was invited; the old one ends. What they have rated stays.
func (s *Service) Again(ctx context.Context, actor *account.Person, courseKey, activityKey, seatID string) error {
	if err := authors(actor); err != nil {
		return err
	}
	at, err := s.At(ctx, courseKey, activityKey)
	if err != nil {
		return err
	}
	token, now := id.Token(), s.Now()
	return db.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		x, err := seat(ctx, tx, courseKey, activityKey, seatID)
		if err != nil {
			return err
		}
		if x.Email == "" {
			return fault.New(fault.Conflict, "panel.error.gone")
		}
		x.TokenHash, x.InvitedAt, x.ExpiresAt = id.Hash(token), now, now.Add(LinkLasts)
		if _, err := tx.NewUpdate().Model(x).WherePK().Exec(ctx); err != nil {
			return fmt.Errorf("invite again: %w", db.Err(err))
		}
		return s.write(ctx, tx, actor, at, x, token)
	})
}

// Remove takes somebody out of a panel, with all that they rated.
func (s *Service) Remove(ctx context.Context, actor *account.Person, courseKey, activityKey, seatID string) error {
	if err := authors(actor); err != nil {
		return err
	}
	return db.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		x, err := seat(ctx, tx, courseKey, activityKey, seatID)
		if err != nil {
			return err
		}
		if _, err := tx.NewDelete().Model(x).WherePK().Exec(ctx); err != nil {
			return fmt.Errorf("take somebody out of a panel: %w", db.Err(err))
		}
		return s.note(ctx, tx, actor, x, "panel.removed")
	})
}

func seat(ctx context.Context, tx bun.IDB, courseKey, activityKey, seatID string) (*Seat, error) {
	x := new(Seat)
	err := db.ForUpdate(tx.NewSelect().Model(x).Where("ps.id = ?", seatID).Where("ps.course_key = ?", courseKey).Where("ps.activity_key = ?", activityKey)).Scan(ctx)
	return x, db.Err(err)
}

// note is in the log without whom it concerns: who is invited need not have an account.
func (s *Service) note(ctx context.Context, tx bun.IDB, actor *account.Person, x *Seat, action string) error {
	return audit.Record(ctx, tx, audit.Entry{At: s.Now(), ActorID: actor.ID, ActorName: actor.Name, Action: action, Subject: x.CourseKey + "/" + x.ActivityKey})
}

// write queues the letter with the link.
func (s *Service) write(ctx context.Context, tx bun.IDB, actor *account.Person, at *Place, x *Seat, token string) error {
	l := s.opts.Words.Printer("")
	return s.mail.Queue(ctx, tx, mail.Message{
		To: x.Email, Subject: l.T("panel.mail.subject", "Scenario", at.Scenario.Title.Value),
		Text: l.T("panel.mail.text", "Name", x.Name, "From", actor.Name, "Scenario", at.Scenario.Title.Value, "Course", at.Course.Title,
			"Count", len(at.Scenario.Decisions()), "Link", s.opts.BaseURL+"/panel/"+token, "Until", l.Date(x.ExpiresAt)),
	})
}

// Erase takes name and address of a deleted person out of the panels they were invited to; what they rated stays.
func (s *Service) Erase(ctx context.Context, tx bun.IDB, p *account.Person, _ account.Wish) error {
	if p.EmailFolded == "" {
		return nil
	}
	if _, err := tx.NewRaw("UPDATE panel_seat SET name = '', email = '', email_folded = '', expires_at = ? WHERE email_folded = ?", s.Now(), p.EmailFolded).Exec(ctx); err != nil {
		return fmt.Errorf("forget who was invited to a panel: %w", db.Err(err))
	}
	return nil
}
