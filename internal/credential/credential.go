// Package credential issues and checks certificates of completion.
//
// A certificate says that a named person finished a course; it does not say how skilled they are. It is issued by
// the record in the transaction that completes the course, once a cycle, and holds all its text, so it can be shown
// and checked after the course has changed or gone. It goes with the account, unless its holder wants it to stay
// checkable: then name, course and day stay, and nothing else.
//
//	credential.go   Certificate and Service, issuing
//	check.go        what anybody finds by a code, old codes and those of deleted accounts too
//	reissue.go      the same certificate under the holder's new name
//	admin.go        administrators search, revoke and reinstate
//	withdraw.go     the end of a certificate whose completion no longer holds
//	keep.go         what stays of a deleted account
//	pdf.go          the certificate as a file; tags.go makes it a tagged one, glyphs.go knows what its fonts can show
//	qr.go           the QR code of the address for checking
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
	Version      int        // 1; one more each time it was issued again under another name
	ReissuedAt   *time.Time // when the present version was issued; nil for the first
	RevokedAt    *time.Time // nil while it is valid
	RevokeReason string     // for administrators
	RevokeShown  string     // what the public page says of the reason, "" nothing
}

// Day is IssuedOn as a time, for printing: midnight UTC of that day.
func (c *Certificate) Day() time.Time { return day(c.IssuedOn) }

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

// dayOf is the date of an instant where the person is, so that the certificate bears the day they remember.
func (s *Service) dayOf(at time.Time, zone string) string {
	if l, err := time.LoadLocation(zone); zone != "" && err == nil {
		return at.In(l).Format(time.DateOnly)
	}
	return at.In(s.zone).Format(time.DateOnly)
}

// Issue gives a person the certificate of a course that they completed at a time, for the cycle that the record has
// come to. It joins the transaction of the completion. Nothing happens for guests, who have no name to put on it, and
// for who has that cycle's already.
func (s *Service) Issue(ctx context.Context, tx bun.IDB, personID string, rev *course.Revision, at time.Time) error {
	who, err := holderOf(ctx, tx, personID, rev.Key)
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
		RevisionHash: rev.Hash, Name: who.Name, Cycle: max(1, who.Cycle), Version: 1, Minutes: rev.Minutes, OutcomesJSON: string(outcomes),
		FactsAsAt: rev.FactsAsAt, IssuedAt: at.UTC().Truncate(time.Microsecond),
		IssuedOn: s.dayOf(at, who.TimeZone),
	})
}

// List returns a person's certificates, newest first, revoked ones too.
func (s *Service) List(ctx context.Context, personID string) ([]Certificate, error) {
	return list(ctx, s.db, personID)
}

// Verify finds a certificate by its present code, written with or without groups, in capitals or not. NotFound when
// there is none; a revoked one is found, see Valid. What anybody may know of a code is Check.
func (s *Service) Verify(ctx context.Context, code string) (*Certificate, error) {
	stored, ok := normalise(code)
	if !ok {
		return nil, notFound()
	}
	return byCode(ctx, s.db, stored)
}

// Own is Verify for the person who holds the certificate; another's is NotFound. Codes from before a reissue find the
// present certificate.
func (s *Service) Own(ctx context.Context, personID, code string) (*Certificate, error) {
	stored, ok := normalise(code)
	if !ok || personID == "" {
		return nil, notFound()
	}
	c, err := byCode(ctx, s.db, stored)
	if fault.Is(err, fault.NotFound) {
		c, _, err = byPastCode(ctx, s.db, stored)
	}
	if err != nil {
		return nil, err
	}
	if c.PersonID != personID {
		return nil, notFound()
	}
	return c, nil
}

func notFound() error { return fault.New(fault.NotFound, "credential.not_found") }

func (s *Service) clock() time.Time { return s.now().UTC().Truncate(time.Microsecond) }

// Export gives a person's certificates for the file of everything that is kept about them.
func (s *Service) Export(ctx context.Context, personID string) (string, any, error) {
	all, err := list(ctx, s.db, personID)
	if err != nil {
		return "", nil, err
	}
	type earlier struct {
		Code     string    `json:"code"`
		Name     string    `json:"name"`
		Replaced time.Time `json:"replaced_at"`
	}
	type row struct {
		Code     string     `json:"code"`
		Course   string     `json:"course"`
		Title    string     `json:"title"`
		Name     string     `json:"name"`
		Cycle    int        `json:"cycle"`
		Version  int        `json:"version"`
		Minutes  int        `json:"minutes"`
		Outcomes []string   `json:"outcomes"`
		Issued   time.Time  `json:"issued_at"`
		Reissued *time.Time `json:"reissued_at,omitempty"`
		Revoked  *time.Time `json:"revoked_at,omitempty"`
		Why      string     `json:"revoked_because,omitempty"`
		Earlier  []earlier  `json:"earlier_codes,omitempty"`
	}
	before, err := pastOf(ctx, s.db, personID)
	if err != nil {
		return "", nil, err
	}
	out := make([]row, len(all))
	for i, c := range all {
		out[i] = row{
			c.Grouped(), c.CourseKey, c.CourseTitle, c.Name, c.Cycle, c.Version, c.Minutes, c.Outcomes(), c.IssuedAt.UTC(),
			c.ReissuedAt, c.RevokedAt, c.RevokeReason, nil,
		}
		for _, p := range before[c.ID] {
			out[i].Earlier = append(out[i].Earlier, earlier{Group(p.Code), p.Name, p.ReplacedAt.UTC()})
		}
	}
	return "certificates", out, nil
}
