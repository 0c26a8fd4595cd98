// Package roster is how people come into a cohort other than by its page: an invitation link, a trainer who adds them,
// an address from before there is an account, a file with many of them; how they move to another cohort; and what they
// have to have completed before.
//
// Every way is idempotent: taken twice it is as taken once, and it says what happened in words. Seats, the waiting list
// and dates are delivery's business.
//
//	roster.go   types, Service
//	invite.go   invitation links: making, revoking, joining by one
//	pending.go  a trainer adds an address; who proves it comes in
//	gate.go     prerequisites, and letting one person in without them
//	file.go     a table of people, as spreadsheets and OneRoster systems export it
//	import.go   such a table in a dry run, then row by row in the background
//	store.go    SQL
package roster

import (
	"context"
	"encoding/json"
	"log/slog"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"greenroom/internal/account"
	"greenroom/internal/audit"
	"greenroom/internal/course"
	"greenroom/internal/delivery"
	"greenroom/internal/fault"
	"greenroom/internal/locale"
	"greenroom/internal/mail"
)

// Lengths, in characters.
const (
	MaxLabel  = 100
	MinReason = 3
	MaxReason = 500
)

// PerPage is how many rows lists have on a page.
const PerPage = 50

// Options are what the service knows of the site.
type Options struct {
	BaseURL  string // https://learn.example.org, without a slash at the end
	SiteName string
	Secret   string // at least 32 characters: invitation links are made with it
	Words    *locale.Bundle
	Now      func() time.Time
	Log      *slog.Logger
}

// Service is the door to enrolment by others. It is safe for use by many goroutines.
type Service struct {
	db         *bun.DB
	accounts   *account.Service
	courses    *course.Service
	deliveries *delivery.Service
	mail       *mail.Service
	opts       Options
	wake       chan struct{}
}

// New makes the service. It becomes the gate of deliveries.
func New(d *bun.DB, a *account.Service, c *course.Service, dl *delivery.Service, m *mail.Service, o Options) *Service {
	s := &Service{db: d, accounts: a, courses: c, deliveries: dl, mail: m, opts: o, wake: make(chan struct{}, 1)}
	dl.SetGate(s.Gate)
	return s
}

// Now is the service's clock: UTC, to the microsecond.
func (s *Service) Now() time.Time { return s.now() }

func (s *Service) now() time.Time { return s.opts.Now().UTC().Truncate(time.Microsecond) }

// Why is a message for people that is kept until they read it: a key and its pairs. In the database it is JSON, "" for
// nothing.
type Why struct {
	Key  string
	Args []any
}

func because(key string, args ...any) Why { return Why{key, args} }

// whyOf is the message of a fault.
func whyOf(f *fault.Error) Why { return Why{f.Key, f.Args} }

// text is the Why as it is kept.
func (w Why) text() string {
	if w.Key == "" {
		return ""
	}
	raw, err := json.Marshal([]any{w.Key, w.Args})
	if err != nil {
		return ""
	}
	return string(raw)
}

// ReadWhy reads what text wrote. Numbers come back as whole numbers, so that plural forms are chosen.
func ReadWhy(text string) Why {
	var in [2]any
	if text == "" || json.Unmarshal([]byte(text), &in) != nil {
		return Why{}
	}
	w := Why{}
	w.Key, _ = in[0].(string)
	args, _ := in[1].([]any)
	for _, a := range args {
		if n, is := a.(float64); is {
			a = int(n)
		}
		w.Args = append(w.Args, a)
	}
	return w
}

// leads refuses who does not lead the cohort: for them it does not exist.
func leads(actor *account.Person, deliveryID string) error {
	if !delivery.Leads(actor, deliveryID) {
		return fault.New(fault.NotFound, "error.not_found")
	}
	return nil
}

func checkReason(f *fault.Fields, reason string) {
	switch n := len([]rune(reason)); {
	case n < MinReason:
		f.Add("reason", "roster.reason_missing")
	case n > MaxReason:
		f.Add("reason", "roster.reason_long", "Max", MaxReason)
	}
}

// note writes a decision into the audit log.
func (s *Service) note(ctx context.Context, tx bun.IDB, actor *account.Person, action, deliveryID string, who *account.Person, subject, reason string, data map[string]any) error {
	e := audit.Entry{At: s.now(), Action: action, DeliveryID: deliveryID, Subject: subject, Reason: reason}
	if actor != nil {
		e.ActorID, e.ActorName = actor.ID, actor.Name
	}
	if who != nil {
		e.PersonID, e.PersonName = who.ID, who.Name
	}
	if len(data) > 0 {
		raw, err := json.Marshal(data)
		if err != nil {
			return err
		}
		e.Data = string(raw)
	}
	return audit.Record(ctx, tx, e)
}

func idOf(actor *account.Person) string {
	if actor == nil {
		return ""
	}
	return actor.ID
}

// list writes names as one text: "A, B and C" is a matter of languages, so commas it is.
func list(names []string) string { return strings.Join(names, ", ") }

// Export is the person's part of the file of everything kept about them: invitations they used and exceptions for them.
func (s *Service) Export(ctx context.Context, personID string) (string, any, error) {
	type used struct {
		Cohort string     `json:"cohort"`
		Asked  time.Time  `json:"asked_at"`
		Joined *time.Time `json:"joined_at,omitempty"`
	}
	type exception struct {
		Cohort  string     `json:"cohort"`
		Reason  string     `json:"reason"`
		Granted time.Time  `json:"granted_at"`
		Revoked *time.Time `json:"revoked_at,omitempty"`
	}
	out := struct {
		Invitations []used      `json:"invitations"`
		Exceptions  []exception `json:"without_prerequisites"`
	}{[]used{}, []exception{}}
	var uses []usage
	err := s.db.NewSelect().Model(&uses).ColumnExpr("i.delivery_id AS invitation_id, iu.person_id, iu.asked_at, iu.joined_at").
		Join("JOIN invitation AS i ON i.id = iu.invitation_id").Where("iu.person_id = ?", personID).OrderExpr("iu.asked_at").Scan(ctx)
	if err != nil {
		return "roster", nil, err
	}
	for _, u := range uses {
		out.Invitations = append(out.Invitations, used{u.InvitationID, u.AskedAt.UTC(), u.JoinedAt})
	}
	var all []Bypass
	if err := s.db.NewSelect().Model(&all).Where("pb.person_id = ?", personID).OrderExpr("pb.granted_at").Scan(ctx); err != nil {
		return "roster", nil, err
	}
	for _, b := range all {
		out.Exceptions = append(out.Exceptions, exception{b.DeliveryID, b.Reason, b.GrantedAt.UTC(), b.RevokedAt})
	}
	return "roster", out, nil
}
