// Package account knows people: who they are, how they prove it, and what a browser may do in their name.
//
//	account.go       Person, Service and the hooks of other packages
//	address.go       the fact that an address is proven; addresses and names for other packages
//	rules.go         what names, addresses, passwords and settings must look like
//	password.go      hashing, and how much of it at once
//	register.go      new accounts and proving an address
//	signin.go        passwords, failures, waiting times
//	reset.go         a new password by mail
//	enter.go         signing in by a mailed link
//	join.go          accounts of people whom somebody else vouches for, and what other ways in ask of this package
//	devices.go       the browsers that are signed in
//	settings.go      what people change about themselves, their export, their end
//	guest.go         people without account whose progress is kept on a device, and claiming it
//	admin.go         what operators do
//	people.go        finding people, closing and opening accounts, for administrators
//	restored.go      what follows when the database was restored
//	powers.go        what a person may do beyond learning
//	token.go         the secrets in mailed links
//	session.go       Sessions: signed in or not, for the shell
//	sessionstore.go  sessions in the database, and the short cache in front of it
//	store.go         the SQL of people and devices
//
// An address proves nothing until its holder has opened a link sent to it. Whatever was set for an account
// before that moment by somebody else dies at it: see Service.Verify and Service.Reset.
package account

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/alexedwards/argon2id"
	"github.com/uptrace/bun"

	"greenroom/internal/locale"
	"greenroom/internal/mail"
)

// The kinds of person.
const (
	KindPerson = "person" // has an account
	KindGuest  = "guest"  // has none; known by a device's cookie
)

// The roles. A learner is everybody; the others are granted, for the whole site or for one delivery: see Powers.
const (
	RoleLearner   = "learner"
	RoleTrainer   = "trainer"
	RoleModerator = "moderator"
	RoleAuthor    = "author"
	RoleAdmin     = "admin"
)

// Roles lists every role.
var Roles = []string{RoleLearner, RoleTrainer, RoleModerator, RoleAuthor, RoleAdmin}

// Person is somebody who learns, teaches or runs the site; table person. Times are UTC.
type Person struct {
	bun.BaseModel `bun:"table:person,alias:p"`

	ID           string `bun:",pk"`
	Kind         string // person | guest
	Email        string `bun:",nullzero"` // as typed; "" for guests
	EmailFolded  string `bun:",nullzero"` // lower case, NFC; unique
	Name         string // shown to others; "" for guests
	PasswordHash string // argon2id; "" until one is set, and in every Person that a session brings
	Powers       Powers `bun:"role"` // what they may do beyond learning; the column has its old name
	Lang         string // BCP 47; "" is the site's
	Theme        string // system | light | dark
	TextSize     string // percent: 100 | 115 | 130
	TimeZone     string // IANA name; "" is the site's

	VerifiedAt  time.Time `bun:",nullzero"` // when the address was proven
	FailedCount int       // wrong passwords in a row
	FailedAt    time.Time `bun:",nullzero"` // the last of them
	LockedUntil time.Time `bun:",nullzero"` // no password is looked at before
	CreatedAt   time.Time
	UpdatedAt   time.Time
	DisabledAt  time.Time `bun:",nullzero"` // an operator has closed the account

	NoPassword bool `bun:"-"` // in a Person that a session brings: none is set
}

// Guest says whether this is somebody without account.
func (p *Person) Guest() bool { return p.Kind == KindGuest }

// Verified says whether the person has proven the address.
func (p *Person) Verified() bool { return !p.VerifiedAt.IsZero() }

// Disabled says whether an operator has closed the account.
func (p *Person) Disabled() bool { return !p.DisabledAt.IsZero() }

// Initials are the first letters of the first and the last word of the name, for the round badge; "" for guests.
func (p *Person) Initials() string {
	w := strings.Fields(p.Name)
	if len(w) == 0 {
		return ""
	}
	first, _ := utf8.DecodeRuneInString(w[0])
	if len(w) == 1 {
		return strings.ToUpper(string(first))
	}
	last, _ := utf8.DecodeRuneInString(w[len(w)-1])
	return strings.ToUpper(string(first) + string(last))
}

// LogValue keeps names and addresses out of logs: a person is logged as the id.
func (p *Person) LogValue() slog.Value { return slog.StringValue(p.ID) }

// String is for %v and %s, with the same care as LogValue.
func (p *Person) String() string { return "person " + p.ID }

// Claimer moves what a guest did to a person. From and to are ids. It joins the transaction, never loses
// anything, and where both have something it keeps the better. A second call finds nothing to move.
type Claimer interface {
	Claim(ctx context.Context, tx bun.IDB, from, to string) error
}

// Summarizer counts what somebody has done, for the question whether it is theirs. Last is zero when steps is 0.
type Summarizer interface {
	Summary(ctx context.Context, personID string) (steps int, last time.Time, err error)
}

// Exporter adds one part to the file of everything that is kept about a person. V is encoded as JSON under name.
type Exporter interface {
	Export(ctx context.Context, personID string) (name string, v any, err error)
}

// Options are what the service needs to know about the site.
type Options struct {
	BaseURL  string // https://learn.example.org, without a slash at the end: links in mails begin with it
	SiteName string // no password may be made of it; it signs mails
	Zone     string // IANA zone of people who chose none; "" is Australia/Sydney
	Now      func() time.Time
	Log      *slog.Logger
	Words    *locale.Bundle   // for mails
	Hash     *argon2id.Params // nil: 19 MiB, t=2, p=1

	GuestDays    int // without a visit, after which a guest's work is removed; 0 is 90
	UnprovenDays int // after which accounts that never proved their address and hold nothing go; 0 is never
}

// Service is everything one can do with accounts. Hooks are added before the first request; all else is safe
// for use by many goroutines.
type Service struct {
	db    *bun.DB
	mail  *mail.Service
	opts  Options
	now   func() time.Time
	log   *slog.Logger
	hash  *hasher
	cache *cache
	zone  *time.Location

	claimers  []Claimer
	summary   Summarizer
	exporters []Exporter
	erasers   []Eraser
	cleaners  []func(ctx context.Context) error
	gate      func(email string) error
	onProof   []func(ctx context.Context, tx bun.IDB, personID string) error
	onChange  []func(personID string)
}

// New makes the service. It fails when the zone is unknown.
func New(d *bun.DB, m *mail.Service, o Options) (*Service, error) {
	if o.Zone == "" {
		o.Zone = "Australia/Sydney"
	}
	zone, err := time.LoadLocation(o.Zone)
	if err != nil {
		return nil, fmt.Errorf("time zone of the site: %w", err)
	}
	now := func() time.Time { return o.Now().UTC().Truncate(time.Microsecond) }
	return &Service{db: d, mail: m, opts: o, now: now, log: o.Log, hash: newHasher(o.Hash), cache: newCache(now), zone: zone}, nil
}

// AddClaimer adds packages that keep guests' work; they are asked in the order they were added.
func (s *Service) AddClaimer(c ...Claimer) { s.claimers = append(s.claimers, c...) }

// SetSummary names who counts what a guest has done.
func (s *Service) SetSummary(m Summarizer) { s.summary = m }

// SetGate names who may refuse the ways in of this package (passwords, mailed links) to people with an address, because
// they have to sign in elsewhere. The error is the answer.
func (s *Service) SetGate(fn func(email string) error) { s.gate = fn }

// OnProof adds what happens when an address is first proven by somebody who proves nothing else: whatever was set up for
// the account before may be a stranger's, and ends in that transaction.
func (s *Service) OnProof(fn func(ctx context.Context, tx bun.IDB, personID string) error) {
	s.onProof = append(s.onProof, fn)
}

// AddExporter adds parts to the export of a person's data.
func (s *Service) AddExporter(e ...Exporter) { s.exporters = append(s.exporters, e...) }
