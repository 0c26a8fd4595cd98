// Package disposal answers for how long records of discussions, of moderation and of decisions are kept, and removes them
// when their time is over.
//
// Three kinds of record (series) each have a retention class that an administrator sets: a name, years, and what they are
// counted from. Until one is set, everything is kept. Nothing goes by itself after that either: what is due is proposed for
// disposal by one administrator, with the list of it; another one approves that list; a job removes it in batches, looking at
// each again; and a line with class and numbers, never with content, goes into the sealed log of moderation, which is itself
// never disposed of. The list of a disposal stays as its certificate: numbers of records and dates.
//
// A legal hold stops all that for everything about a person, a cohort or a case. It stops the erasure of a person as well, as
// far as it must: who deletes their account goes, and a copy of what the hold covers of theirs is put aside (table legal_kept)
// until the hold is lifted. They are told so before.
//
//	disposal.go  series, classes, Service
//	hold.go      legal holds
//	kept.go      what is put aside of who deletes their account under a hold
//	due.go       what is due, in SQL
//	run.go       proposing, approving, carrying out
package disposal

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/uptrace/bun"

	"greenroom/internal/account"
	"greenroom/internal/audit"
	"greenroom/internal/course"
	"greenroom/internal/db"
	"greenroom/internal/delivery"
	"greenroom/internal/fault"
	"greenroom/internal/moderation"
	"greenroom/internal/words"
)

// The kinds of record.
const (
	Discussion = "discussion" // threads with their posts, what those said before, files
	Moderation = "moderation" // cases with their reports and evidence
	Audit      = "audit"      // decisions in the audit log
)

// Series are those, in the order of pages.
var Series = []string{Discussion, Moderation, Audit}

// From is what the years of a series can be counted from; the first is what a new class has.
var From = map[string][]string{
	Discussion: {"cohort_end", "last_post"}, // the later of both; in self-paced courses there is the last post alone
	Moderation: {"closed", "opened"},
	Audit:      {"written"},
}

// Limits. Pages state them and tests hold them.
const (
	MaxYears  = 100
	MaxItems  = 20_000 // of one disposal, the oldest first
	minText   = 3
	MaxName   = 120
	minReason = 10
	MaxReason = 1000
)

// Class is how long a series is kept; table retention_class.
type Class struct {
	bun.BaseModel `bun:"table:retention_class,alias:k"`

	Series    string `bun:",pk"`
	Name      string
	Years     int // 0: for good
	FromEvent string
	UpdatedAt time.Time
	UpdatedBy string
}

// Before is the instant before which something must have happened for a record to be due at now; ok is false when nothing ever is.
func (k Class) Before(now time.Time) (t time.Time, ok bool) {
	return now.AddDate(-k.Years, 0, 0), k.Years > 0
}

// Service is the door. It is safe for use by many goroutines.
type Service struct {
	db         *bun.DB
	accounts   *account.Service
	deliveries *delivery.Service
	courses    *course.Service
	moderation *moderation.Service
	opts       Options
}

// Options are what the service is made with besides the services below it.
type Options struct {
	Now func() time.Time
	Log *slog.Logger
}

// New makes the service.
func New(d *bun.DB, a *account.Service, ds *delivery.Service, c *course.Service, m *moderation.Service, o Options) *Service {
	return &Service{db: d, accounts: a, deliveries: ds, courses: c, moderation: m, opts: o}
}

func (s *Service) now() time.Time { return s.opts.Now().UTC().Truncate(time.Microsecond) }

var errNotFound = fault.New(fault.NotFound, "error.not_found")

// Class is how long a series is kept now. NotFound when there is no such series.
func (s *Service) Class(ctx context.Context, series string) (Class, error) {
	return classOf(ctx, s.db, series)
}

func classOf(ctx context.Context, tx bun.IDB, series string) (Class, error) {
	if !slices.Contains(Series, series) {
		return Class{}, errNotFound
	}
	var all []Class
	if err := tx.NewSelect().Model(&all).Where("k.series = ?", series).Scan(ctx); err != nil {
		return Class{}, fmt.Errorf("read a retention class: %w", db.Err(err))
	}
	if len(all) == 0 {
		return Class{Series: series, FromEvent: From[series][0]}, nil
	}
	return all[0], nil
}

// SetClass decides how long a series is kept. Invalid names name, years and from. It is noted in the audit log and in the sealed one.
func (s *Service) SetClass(ctx context.Context, who *account.Person, k Class) error {
	if !slices.Contains(Series, k.Series) {
		return errNotFound
	}
	k.Name = words.Clean(k.Name, true)
	var f fault.Fields
	line(&f, "name", k.Name, MaxName)
	if k.Years < 0 || k.Years > MaxYears {
		f.Add("years", "records.years_wrong", "Max", MaxYears)
	}
	if !slices.Contains(From[k.Series], k.FromEvent) {
		f.Add("from", "records.choose")
	}
	if err := f.Err(); err != nil {
		return err
	}
	k.UpdatedAt, k.UpdatedBy = s.now(), who.ID
	return db.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		_, err := tx.NewInsert().Model(&k).On("CONFLICT (series) DO UPDATE").Set("name = EXCLUDED.name").Set("years = EXCLUDED.years").
			Set("from_event = EXCLUDED.from_event").Set("updated_at = EXCLUDED.updated_at").Set("updated_by = EXCLUDED.updated_by").Exec(ctx)
		if err != nil {
			return fmt.Errorf("set a retention class: %w", db.Err(err))
		}
		return s.note(ctx, tx, who, "class_set", note{subject: k.Series, reason: k.Name, detail: map[string]any{
			"series": k.Series, "class": k.Name, "years": k.Years, "from": k.FromEvent,
		}})
	})
}

// note is one line for each of the two logs: the audit log, which people read and which is disposed of one day, and the sealed one.
type note struct {
	subject, reason, personID, deliveryID, caseID string
	detail                                        map[string]any // for the sealed log; it names nobody and has no content
}

func (s *Service) note(ctx context.Context, tx bun.IDB, who *account.Person, action string, n note) error {
	e := audit.Entry{At: s.now(), Action: "records." + action, Subject: n.subject, Reason: n.reason, PersonID: n.personID, DeliveryID: n.deliveryID}
	actor := ""
	if who != nil {
		e.ActorID, e.ActorName, actor = who.ID, who.Name, who.ID
	}
	if err := audit.Record(ctx, tx, e); err != nil {
		return err
	}
	return s.moderation.Note(ctx, tx, moderation.Line{Actor: actor, Action: "records." + action, CaseID: n.caseID, DeliveryID: n.deliveryID}, n.detail)
}

// line and text are the checks of one line and of a reason.
func line(f *fault.Fields, name, s string, max int) {
	switch n := utf8.RuneCountInString(s); {
	case n < minText:
		f.Add(name, "records.text_missing", "Min", minText)
	case n > max:
		f.Add(name, "records.text_long", "Max", max)
	}
}

func text(f *fault.Fields, name, s string) string {
	s = strings.TrimSpace(words.Clean(s, false))
	switch n := utf8.RuneCountInString(s); {
	case n < minReason:
		f.Add(name, "records.reason_missing", "Min", minReason)
	case n > MaxReason:
		f.Add(name, "records.text_long", "Max", MaxReason)
	}
	return s
}

// Names are the names of people by id; who has gone is not in it.
func (s *Service) Names(ctx context.Context, ids ...string) (map[string]string, error) {
	out := map[string]string{}
	ids = slices.DeleteFunc(slices.Clone(ids), func(id string) bool { return id == "" })
	if len(ids) == 0 {
		return out, nil
	}
	all, err := s.accounts.ByIDs(ctx, ids)
	for _, p := range all {
		out[p.ID] = p.Name
	}
	return out, err
}
