// Package credential issues and checks certificates of completion.
//
// A certificate says that a named person finished a course; it does not say how skilled they are. It is issued by
// the record in the transaction that completes the course and holds all its text, so it can be shown and checked
// after the course has changed or gone. It goes with the account: then its code finds nothing.
//
//	credential.go   Certificate and Service
//	code.go         the code that everybody may check it by
//	store.go        SQL
package credential

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"greenroom/internal/account"
	"greenroom/internal/course"
	"greenroom/internal/db"
	"greenroom/internal/fault"
	"greenroom/internal/id"
)

// Certificate is one certificate of completion. There is at most one for a person, a course and a cycle.
type Certificate struct {
	bun.BaseModel `bun:"table:certificate,alias:ct"`

	ID           string `bun:",pk"`
	Code         string // whoever has it may check the certificate
	PersonID     string
	CourseKey    string
	CourseTitle  string
	RevisionHash string
	Name         string     // the person's name as it was then
	Cycle        int        // as in the record
	Minutes      int        // how long the course takes
	OutcomesJSON string     `bun:"outcomes"`
	FactsAsAt    time.Time  `bun:",nullzero"`
	IssuedAt     time.Time  // when the course was completed
	IssuedOn     string     // the day of it where the holder was: 2026-12-04
	RevokedAt    *time.Time // nil while it is valid
}

// Day is IssuedOn as a time, for printing: midnight UTC of that day.
func (c *Certificate) Day() time.Time {
	t, _ := time.Parse(time.DateOnly, c.IssuedOn) // we wrote it
	return t
}

// Grouped is the code as it is printed.
func (c *Certificate) Grouped() string { return Group(c.Code) }

// Valid says whether the certificate may be relied on.
func (c *Certificate) Valid() bool { return c.RevokedAt == nil }

// practised is what a certificate may say: the course's outcomes, or, while modules of it are still in preparation,
// those of the modules that could be taken. It never claims what nobody could have done.
func practised(rev *course.Revision) []string {
	var taken []string
	whole := true
	for _, m := range rev.Modules {
		if len(m.Activities) == 0 {
			whole = false
			continue
		}
		taken = append(taken, m.Outcomes...)
	}
	if whole {
		return rev.Outcomes
	}
	return taken
}

// Outcomes are what the course practised, as it was then.
func (c *Certificate) Outcomes() []string {
	var out []string
	_ = json.Unmarshal([]byte(c.OutcomesJSON), &out) // we wrote it
	return out
}

// Service is the door to certificates. It is safe for use by many goroutines.
type Service struct {
	db   *bun.DB
	now  func() time.Time
	zone *time.Location
}

// New makes the service.
func New(d *bun.DB, now func() time.Time) *Service {
	return &Service{db: d, now: now, zone: time.UTC}
}

// SetZone sets the site's time zone, in which certificates of people without one of their own are dated; UTC until
// then. Call it before the first request.
func (s *Service) SetZone(zone *time.Location) { s.zone = zone }

// day is the date of an instant where the person is, so that the certificate bears the day they remember.
func (s *Service) day(at time.Time, zone string) string {
	if l, err := time.LoadLocation(zone); zone != "" && err == nil {
		return at.In(l).Format(time.DateOnly)
	}
	return at.In(s.zone).Format(time.DateOnly)
}

// Issue gives a person the certificate of a course that they completed at a time. It joins the transaction of the
// completion. Nothing happens for guests, who have no name to put on it, and for who has it already.
func (s *Service) Issue(ctx context.Context, tx bun.IDB, personID string, rev *course.Revision, at time.Time) error {
	who, err := holder(ctx, tx, personID)
	if err != nil {
		return err
	}
	if who.Kind == account.KindGuest {
		return nil
	}
	outcomes, err := json.Marshal(practised(rev))
	if err != nil {
		return fmt.Errorf("outcomes: %w", err)
	}
	return insert(ctx, tx, &Certificate{
		ID: id.New(), Code: newCode(), PersonID: personID, CourseKey: rev.Key, CourseTitle: rev.Title,
		RevisionHash: rev.Hash, Name: who.Name, Cycle: 1, Minutes: rev.Minutes, OutcomesJSON: string(outcomes),
		FactsAsAt: rev.FactsAsAt, IssuedAt: at.UTC().Truncate(time.Microsecond),
		IssuedOn: s.day(at, who.TimeZone),
	})
}

// List returns a person's certificates, newest first, revoked ones too.
func (s *Service) List(ctx context.Context, personID string) ([]Certificate, error) {
	return list(ctx, s.db, personID)
}

// Verify finds a certificate by its code, written with or without groups, in capitals or not. NotFound when
// there is none; a revoked one is found, see Valid.
func (s *Service) Verify(ctx context.Context, code string) (*Certificate, error) {
	stored, ok := normalise(code)
	if !ok {
		return nil, fault.New(fault.NotFound, "credential.not_found")
	}
	return byCode(ctx, s.db, stored)
}

// Own is Verify for the person who holds the certificate; another's is NotFound.
func (s *Service) Own(ctx context.Context, personID, code string) (*Certificate, error) {
	c, err := s.Verify(ctx, code)
	if err != nil {
		return nil, err
	}
	if personID == "" || c.PersonID != personID {
		return nil, fault.New(fault.NotFound, "credential.not_found")
	}
	return c, nil
}

// Revoke ends a certificate's validity; the check page says so from then on. Operators do it.
func (s *Service) Revoke(ctx context.Context, code string) error {
	c, err := s.Verify(ctx, code)
	if err != nil {
		return err
	}
	return db.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		return revoke(ctx, tx, c.ID, s.now().UTC().Truncate(time.Microsecond))
	})
}

// Export gives a person's certificates for the file of everything that is kept about them.
func (s *Service) Export(ctx context.Context, personID string) (string, any, error) {
	all, err := list(ctx, s.db, personID)
	if err != nil {
		return "", nil, err
	}
	type row struct {
		Code     string     `json:"code"`
		Course   string     `json:"course"`
		Title    string     `json:"title"`
		Name     string     `json:"name"`
		Minutes  int        `json:"minutes"`
		Outcomes []string   `json:"outcomes"`
		Issued   time.Time  `json:"issued_at"`
		Revoked  *time.Time `json:"revoked_at,omitempty"`
	}
	out := make([]row, len(all))
	for i, c := range all {
		out[i] = row{c.Grouped(), c.CourseKey, c.CourseTitle, c.Name, c.Minutes, c.Outcomes(), c.IssuedAt.UTC(), c.RevokedAt}
	}
	return "certificates", out, nil
}
