// Package notify writes to people: the letter at the start of each week of a cohort, announcements, and what happens
// to their place in a cohort. People choose what they get; one click in a letter stops its kind.
//
//	notify.go     choices, the links that stop letters, Service
//	weekly.go     the letter at the start of a week, in the reader's zone
//	letters.go    reactors: places in cohorts, announcements
//	digest.go     what people are told of on the site, by mail: at once, each day, each week
//	store.go      SQL
//
// Every letter has a name that is unique for a person, written in the transaction that queues it. So a reactor that is
// told twice, a job that is tried again and two nodes that look at the same moment send one letter. Only addresses that
// were proven get letters.
package notify

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"greenroom/internal/account"
	"greenroom/internal/course"
	"greenroom/internal/db"
	"greenroom/internal/delivery"
	"greenroom/internal/fault"
	"greenroom/internal/inbox"
	"greenroom/internal/locale"
	"greenroom/internal/mail"
	"greenroom/internal/record"
)

// The kinds of letter that people choose about. What happens to their own place (a seat, a cancellation) is always sent.
const (
	Weekly        = "weekly"
	Announcements = "announcements"
	Discussion    = "discussion" // answers, mentions, followed threads
)

// What one can choose. On and Off are for Weekly; Now, WithWeekly and Off for Announcements; Now, Daily, WithWeekly (a
// letter each week) and Off for Discussion.
const (
	On         = "on"
	Off        = "off"
	Now        = "now"
	Daily      = "daily"
	WithWeekly = "weekly" // in the next weekly letter
)

// Choice is what a person wants; table notify_choice. Who has no row wants everything at once.
type Choice struct {
	bun.BaseModel `bun:"table:notify_choice,alias:nc"`

	PersonID      string `bun:",pk"`
	Weekly        string
	Announcements string
	Discussion    string
	UpdatedAt     time.Time
}

func usual(personID string) Choice {
	return Choice{PersonID: personID, Weekly: On, Announcements: Now, Discussion: Daily}
}

// Options are what the service knows of the site.
type Options struct {
	BaseURL string
	Secret  string // at least 32 characters: the links that stop letters are made with it
	Words   *locale.Bundle
	Now     func() time.Time
	Log     *slog.Logger
}

// Service writes letters. It is safe for use by many goroutines.
type Service struct {
	db         *bun.DB
	mail       *mail.Service
	accounts   *account.Service
	courses    *course.Service
	deliveries *delivery.Service
	records    *record.Service
	inbox      *inbox.Service
	authors    Authors
	key        []byte
	opts       Options
}

// New makes the service.
func New(d *bun.DB, m *mail.Service, a *account.Service, c *course.Service, dl *delivery.Service, r *record.Service, o Options) *Service {
	mac := hmac.New(sha256.New, []byte(o.Secret))
	mac.Write([]byte("greenroom: links that stop letters"))
	return &Service{db: d, mail: m, accounts: a, courses: c, deliveries: dl, records: r, key: mac.Sum(nil), opts: o}
}

func (s *Service) now() time.Time { return s.opts.Now().UTC().Truncate(time.Microsecond) }

// Choice returns what a person wants.
func (s *Service) Choice(ctx context.Context, personID string) (Choice, error) {
	all, err := choices(ctx, s.db, []string{personID})
	return all[personID], err
}

// Choose keeps what a person wants; Discussion "" leaves that as it is. Invalid names the fields weekly, announcements
// and discussion.
func (s *Service) Choose(ctx context.Context, c Choice) error {
	var f fault.Fields
	if c.Discussion == "" {
		was, err := s.Choice(ctx, c.PersonID)
		if err != nil {
			return err
		}
		c.Discussion = was.Discussion
	}
	if !slices.Contains([]string{Now, Daily, WithWeekly, Off}, c.Discussion) {
		f.Add("discussion", "notify.choose_one")
	}
	if c.Weekly != On && c.Weekly != Off {
		f.Add("weekly", "notify.choose_one")
	}
	if !slices.Contains([]string{Now, WithWeekly, Off}, c.Announcements) {
		f.Add("announcements", "notify.choose_one")
	}
	if c.Weekly == Off && c.Announcements == WithWeekly {
		f.Add("announcements", "notify.needs_weekly")
	}
	if err := f.Err(); err != nil {
		return err
	}
	c.UpdatedAt = s.now()
	return saveChoice(ctx, s.db, &c)
}

// StopLink is the address that stops one kind of letter for a person without signing in. It works for ever: a letter
// may lie in a mailbox for years, and to stop letters is all that it can do.
func (s *Service) StopLink(personID, kind string) string {
	return s.opts.BaseURL + "/mail/stop/" + personID + "." + kind + "." + s.sign(personID, kind)
}

func (s *Service) sign(personID, kind string) string {
	mac := hmac.New(sha256.New, s.key)
	mac.Write([]byte(personID + "." + kind))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil)[:18])
}

// ReadStop reads the last part of a StopLink. NotFound when it was not made here.
func (s *Service) ReadStop(token string) (personID, kind string, err error) {
	parts := strings.Split(token, ".")
	if len(parts) != 3 || !slices.Contains([]string{Weekly, Announcements, Discussion}, parts[1]) ||
		!hmac.Equal([]byte(s.sign(parts[0], parts[1])), []byte(parts[2])) {
		return "", "", fault.New(fault.NotFound, "notify.no_link")
	}
	return parts[0], parts[1], nil
}

// Stop ends one kind of letter for who the link was made for. Doing it again changes nothing.
func (s *Service) Stop(ctx context.Context, token string) (kind string, err error) {
	personID, kind, err := s.ReadStop(token)
	if err != nil {
		return "", err
	}
	if _, err := s.accounts.ByID(ctx, personID); err != nil {
		return kind, gone(err) // erased since: nothing is sent to them
	}
	return kind, db.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		if err := db.Lock(ctx, tx, "notify:"+personID); err != nil {
			return err
		}
		all, err := choices(ctx, tx, []string{personID})
		if err != nil {
			return err
		}
		c := all[personID]
		switch {
		case kind == Discussion:
			c.Discussion = Off
		case kind == Announcements:
			c.Announcements = Off
		case c.Announcements == WithWeekly: // they would come with letters that come no more
			c.Weekly, c.Announcements = Off, Off
		default:
			c.Weekly = Off
		}
		c.UpdatedAt = s.now()
		return saveChoice(ctx, tx, &c)
	})
}

func gone(err error) error {
	if fault.Is(err, fault.NotFound) {
		return nil
	}
	return err
}

// letter is one letter to one person.
type letter struct {
	name          string // unique for the person
	kind          string // Weekly, Announcements or "" for what is always sent
	subject, text string
	also          []string                                   // names of what it holds besides, which then counts as sent
	then          func(ctx context.Context, tx bun.Tx) error // in the same transaction; nil for nothing
}

// send queues a letter unless one of its name was queued before, and says whether it did.
func (s *Service) send(ctx context.Context, p *account.Person, k letter) (bool, error) {
	if !s.writable(p) {
		return false, nil
	}
	sent := false
	err := db.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) (err error) {
		if sent, err = note(ctx, tx, p.ID, k.name, s.now()); err != nil || !sent {
			return err
		}
		for _, name := range k.also {
			if _, err := note(ctx, tx, p.ID, name, s.now()); err != nil {
				return err
			}
		}
		if k.then != nil {
			if err := k.then(ctx, tx); err != nil {
				return err
			}
		}
		m := mail.Message{To: p.Email, Subject: k.subject, Text: k.text}
		if k.kind != "" {
			l := s.opts.Words.Printer(p.Lang)
			m.Unsubscribe = s.StopLink(p.ID, k.kind)
			m.Text += "\n\n" + l.T("notify.stop", "Link", m.Unsubscribe, "Settings", s.opts.BaseURL+"/settings/mail")
		}
		return s.mail.Queue(ctx, tx, m)
	})
	if err != nil {
		return false, fmt.Errorf("letter %q: %w", k.name, err)
	}
	if sent {
		s.mail.Wake()
	}
	return sent, nil
}

// writable says whether the person has an address that may be written to.
func (s *Service) writable(p *account.Person) bool {
	return p != nil && !p.Guest() && !p.Disabled() && p.Verified() && p.Email != ""
}

// Export is the person's part of the file of everything kept about them.
func (s *Service) Export(ctx context.Context, personID string) (string, any, error) {
	c, err := s.Choice(ctx, personID)
	if err != nil {
		return "mail", nil, err
	}
	letters, err := sentTo(ctx, s.db, personID)
	return "mail", map[string]any{"weekly": c.Weekly, "announcements": c.Announcements, "discussion": c.Discussion, "letters": letters}, err
}
