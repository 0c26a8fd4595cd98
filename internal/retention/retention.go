// Package retention keeps the bare fact that somebody completed mandatory training after they deleted their account,
// for as long as the site's rule says, and then removes it.
//
// A fact is: which course, in which revision and cycle, on which day, and a pseudonym. It has neither name nor address
// nor the id that the account had. The pseudonym is a keyed digest of the address that the person had proven; the key is
// the site's secret and not in the database. So who has the database alone learns about nobody, and who has an address
// and a reason can ask the site whether that person completed a course. Asking is in the audit log.
//
// Nothing is kept of courses that are not mandatory, of accounts whose address was never proven (nobody could be found
// by it), or of what is older than the rule.
package retention

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/uptrace/bun"

	"greenroom/internal/account"
	"greenroom/internal/audit"
	"greenroom/internal/course"
	"greenroom/internal/db"
	"greenroom/internal/fault"
	"greenroom/internal/id"
	"greenroom/internal/record"
)

// Fact is what stays; table kept_fact. Times are UTC.
type Fact struct {
	bun.BaseModel `bun:"table:kept_fact,alias:kf"`

	ID           string `bun:",pk"`
	Pseudonym    string
	CourseKey    string
	CourseTitle  string
	RevisionHash string
	Kind         string // record.Completed
	Cycle        int
	HappenedOn   string // 2026-12-04, in the site's zone
	KeptUntil    time.Time
}

// Day is HappenedOn as a time, for printing.
func (f Fact) Day() time.Time {
	t, _ := time.Parse(time.DateOnly, f.HappenedOn) // we wrote it
	return t
}

// Courses is what the rule has to know of courses; *course.Service is one.
type Courses interface {
	RevisionTx(ctx context.Context, tx bun.IDB, hash string) (*course.Revision, error)
	Current(ctx context.Context, key string) (*course.Revision, error)
}

// Options are the site's rule.
type Options struct {
	Days int                    // from the completion; 0 keeps nothing
	Key  func() (string, error) // the site's secret; asked for only when there is something to keep or to find
	Zone *time.Location
	Now  func() time.Time
}

// Service applies the rule. It is safe for use by many goroutines.
type Service struct {
	db      *bun.DB
	courses Courses
	opts    Options
}

// New makes the service.
func New(d *bun.DB, c Courses, o Options) *Service { return &Service{db: d, courses: c, opts: o} }

// Days is how long facts are kept; 0 is not at all.
func (s *Service) Days() int { return s.opts.Days }

func (s *Service) now() time.Time { return s.opts.Now().UTC().Truncate(time.Microsecond) }

// plan is what would stay of a person, without pseudonym and id, oldest first.
func (s *Service) plan(ctx context.Context, tx bun.IDB, p *account.Person) ([]Fact, error) {
	if s.opts.Days <= 0 || p.Guest() || !p.Verified() {
		return nil, nil
	}
	held, err := record.Completions(ctx, tx, p.ID)
	if err != nil {
		return nil, err
	}
	var out []Fact
	for _, h := range held {
		until := h.At.AddDate(0, 0, s.opts.Days)
		if h.Reopened || !until.After(s.now()) {
			continue
		}
		rev, must, err := s.mandatory(ctx, tx, h)
		if err != nil {
			return nil, err
		}
		if !must {
			continue
		}
		out = append(out, Fact{
			CourseKey: h.CourseKey, CourseTitle: rev.Title, RevisionHash: h.RevisionHash, Kind: record.Completed, Cycle: h.Cycle,
			HappenedOn: h.At.In(s.opts.Zone).Format(time.DateOnly), KeptUntil: until,
		})
	}
	return out, nil
}

// mandatory says whether the course is, in the revision that was completed or in the one that is published now.
func (s *Service) mandatory(ctx context.Context, tx bun.IDB, h record.Held) (*course.Revision, bool, error) {
	rev, err := s.courses.RevisionTx(ctx, tx, h.RevisionHash)
	if err != nil {
		return nil, false, fmt.Errorf("revision of a completion: %w", err)
	}
	if rev.Mandatory {
		return rev, true, nil
	}
	now, err := s.courses.Current(ctx, h.CourseKey)
	if fault.Is(err, fault.NotFound) {
		return rev, false, nil // retired
	}
	if err != nil {
		return nil, false, err
	}
	return rev, now.Mandatory, nil
}

// Stays tells a person what would be kept of them, before they decide.
func (s *Service) Stays(ctx context.Context, p *account.Person) ([]account.Stay, error) {
	facts, err := s.plan(ctx, s.db, p)
	if err != nil {
		return nil, err
	}
	var out []account.Stay
	for _, f := range facts {
		out = append(out, account.Stay{Key: "retention.stays", Args: []any{"Course", f.CourseTitle}, On: f.Day(), Until: f.KeptUntil.In(s.opts.Zone)})
	}
	return out, nil
}

// Erase keeps what the rule says in the transaction that deletes the person.
func (s *Service) Erase(ctx context.Context, tx bun.IDB, p *account.Person, _ account.Wish) error {
	facts, err := s.plan(ctx, tx, p)
	if err != nil || len(facts) == 0 {
		return err
	}
	who, err := s.Pseudonym(p.EmailFolded)
	if err != nil {
		return err
	}
	for i := range facts {
		facts[i].ID, facts[i].Pseudonym = id.New(), who
	}
	_, err = tx.NewInsert().Model(&facts).On("CONFLICT (pseudonym, course_key, kind, cycle, happened_on) DO NOTHING").Returning("NULL").Exec(ctx)
	if err != nil {
		return fmt.Errorf("keep facts: %w", err)
	}
	return nil
}

// Pseudonym is under what the facts of who had an address are kept. Folded is the address as accounts compare it.
func (s *Service) Pseudonym(folded string) (string, error) {
	key, err := s.opts.Key()
	if err != nil {
		return "", fmt.Errorf("the site's secret: %w", err)
	}
	mac := hmac.New(sha256.New, []byte(key))
	mac.Write([]byte("kept fact\x00" + folded))
	return hex.EncodeToString(mac.Sum(nil)), nil
}

// Purge removes what has been kept long enough and says how much that was.
func (s *Service) Purge(ctx context.Context) (int, error) {
	res, err := s.db.NewDelete().Model((*Fact)(nil)).Where("kept_until <= ?", s.now()).Exec(ctx)
	if err != nil {
		return 0, fmt.Errorf("remove facts that were kept long enough: %w", err)
	}
	n, err := res.RowsAffected()
	return int(n), err
}

// Count is how many facts are kept now.
func (s *Service) Count(ctx context.Context) (int, error) {
	n, err := s.db.NewSelect().Model((*Fact)(nil)).Count(ctx)
	return int(n), err
}

// Of returns the facts kept under a pseudonym, newest first.
func (s *Service) Of(ctx context.Context, pseudonym string) ([]Fact, error) {
	var all []Fact
	err := s.db.NewSelect().Model(&all).Where("kf.pseudonym = ?", pseudonym).OrderExpr("kf.happened_on DESC, kf.id").Limit(100).Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("read kept facts: %w", err)
	}
	return all, nil
}

// Lengths of the reason for asking, in characters.
const (
	minReason = 3
	maxReason = 500
)

// Ask turns an address into the pseudonym, for who has a reason to know whether that person completed something. That
// somebody asked, and why, is in the audit log; the address is not. Invalid on "email" and "reason".
func (s *Service) Ask(ctx context.Context, actor *account.Person, email, reason string) (string, error) {
	reason = strings.TrimSpace(reason)
	folded := account.Fold(email)
	var f fault.Fields
	if at := strings.IndexByte(folded, '@'); at <= 0 || at == len(folded)-1 || len(folded) > 254 {
		f.Add("email", "retention.email_wrong")
	}
	switch n := utf8.RuneCountInString(reason); {
	case n < minReason:
		f.Add("reason", "retention.reason_missing")
	case n > maxReason:
		f.Add("reason", "retention.reason_long", "N", maxReason)
	}
	if err := f.Err(); err != nil {
		return "", err
	}
	who, err := s.Pseudonym(folded)
	if err != nil {
		return "", err
	}
	return who, db.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		return audit.Record(ctx, tx, audit.Entry{
			At: s.now(), ActorID: actor.ID, ActorName: actor.Name, Action: "retention.asked", Subject: who[:12], Reason: reason,
		})
	})
}

// Export gives what is kept of an earlier account of a person who has proven the same address again.
func (s *Service) Export(ctx context.Context, personID string) (string, any, error) {
	p := new(account.Person)
	if err := s.db.NewSelect().Model(p).Where("p.id = ?", personID).Scan(ctx); err != nil {
		return "kept_facts", nil, fmt.Errorf("read person: %w", err)
	}
	type row struct {
		Course string `json:"course"`
		Title  string `json:"title"`
		What   string `json:"what"`
		Cycle  int    `json:"cycle"`
		On     string `json:"on"`
		Until  string `json:"kept_until"`
	}
	out := []row{}
	if p.Verified() && s.opts.Days > 0 {
		who, err := s.Pseudonym(p.EmailFolded)
		if err != nil {
			return "kept_facts", nil, err
		}
		facts, err := s.Of(ctx, who)
		if err != nil {
			return "kept_facts", nil, err
		}
		for _, f := range facts {
			out = append(out, row{f.CourseKey, f.CourseTitle, f.Kind, f.Cycle, f.HappenedOn, f.KeptUntil.UTC().Format(time.DateOnly)})
		}
	}
	return "kept_facts", out, nil
}
