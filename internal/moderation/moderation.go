// Package moderation looks after discussions: house rules, reports, a queue of cases, decisions with reasons, appeals, and
// a log that cannot be changed.
//
// Nothing is removed in secret: every decision names a rule and a reason, is told to whom it concerns, can be appealed,
// and is decided on appeal by somebody else. There are no shadow bans. What a post said is kept with the case before
// anything happens to it.
//
//	moderation.go  types, limits, Service
//	rules.go       house rules and who accepted them
//	gate.go        what holds before a post is let in (forum.Gate)
//	settings.go    site and board settings, the caretaker period
//	about.go       what can be reported beside posts
//	report.go      reports by members and by anybody
//	queue.go       the queue
//	decide.go      claiming, deciding, appeals
//	alert.go       telling those who moderate that a case waits
//	log.go         the log and its seals
//	record.go      the record of a delivery's discussion, for the agency
//	store.go       SQL
package moderation

import (
	"slices"
	"time"

	"github.com/uptrace/bun"

	"greenroom/internal/account"
	"greenroom/internal/db"
	"greenroom/internal/forum"
	"greenroom/internal/inbox"
	"greenroom/internal/locale"
	"greenroom/internal/mail"
	"greenroom/internal/shelf"
	"greenroom/internal/stream"
)

// Limits. Pages state them and tests hold them.
const (
	MaxText      = 2000 // characters of a report or an appeal
	MaxReason    = 1000
	minReason    = 10
	MaxRules     = 20_000
	MaxWords     = 10_000
	MaxWordLines = 500
	MaxStaffed   = 120
	MaxSlow      = 3600 // seconds
	AppealWithin = 30 * 24 * time.Hour
	PerPage      = 50

	takeOver = 24 * time.Hour // after which others may take a case that somebody has
)

// kinds are what can be reported, the gravest first.
var kinds = []string{"harm", "private", "unlawful", "abuse", "spam", "offtopic", "other"}

// Kinds are those, in that order.
func Kinds() []string { return slices.Clone(kinds) }

// due is by when a moderator should have looked; all else, such as posts that wait to be let through, within a day.
var due = map[string]time.Duration{
	"harm": 15 * time.Minute, "private": time.Hour, "spam": 72 * time.Hour, "offtopic": 72 * time.Hour, "other": 72 * time.Hour,
}

func dueAfter(kind string) time.Duration {
	if d, ok := due[kind]; ok {
		return d
	}
	return 24 * time.Hour
}

// graver says whether one kind outranks another. Why a post was held outranks nothing.
func graver(a, b string) bool {
	i, j := slices.Index(kinds, a), slices.Index(kinds, b)
	return i >= 0 && (j < 0 || i < j)
}

// Where a case comes from.
const (
	Reported = "report"
	HeldBack = "held"
	ByStaff  = "staff"
)

// The states of a case.
const (
	Open     = "open"
	Claimed  = "claimed"
	Decided  = "decided"
	Appealed = "appealed"
	Closed   = "closed"
)

// The ladder: what can be decided.
const (
	None    = "none"    // nothing is wrong
	Release = "release" // a held post is let through
	Note    = "note"    // a private word to the author
	Hide    = "hide"
	Warn    = "warn" // hide, and say that the next step is a suspension
	Suspend = "suspend"
)

// Actions are all of them, the mildest first.
var Actions = []string{None, Release, Note, Hide, Warn, Suspend}

// SuspendDays are the lengths of a suspension.
var SuspendDays = []int{1, 3, 7, 30}

// hides says whether an action takes the post out of sight.
func hides(action string) bool { return action == Hide || action == Warn || action == Suspend }

// Case is one matter; table moderation_case.
type Case struct {
	bun.BaseModel `bun:"table:moderation_case,alias:c"`

	ID                       string `bun:",pk"`
	Origin, PostID, ThreadID string
	DeliveryID               string `bun:",nullzero"`
	AuthorID                 string `bun:",nullzero"`
	About, AboutID           string // of what is no post; see Subject
	Kind, State              string
	OpenedAt, DueAt          time.Time
	ClaimedBy                string
	ClaimedAt                *time.Time
	Snapshot                 string
	Action, Rule, Reason     string
	Until                    *time.Time
	DecidedBy                string
	DecidedAt                *time.Time
	Appeal                   string
	AppealedAt               *time.Time
	Outcome, OutcomeWhy      string
	OutcomeBy                string
	OutcomeAt                *time.Time
	Version                  int
}

// Over says whether nothing more can happen to the case but an appeal.
func (c *Case) Over() bool { return c.State == Decided || c.State == Closed }

// MayTake says whether somebody else than who has the case may take it at now.
func (c *Case) MayTake(now time.Time) bool {
	return c.State == Open || c.State == Claimed && (c.ClaimedAt == nil || now.Sub(*c.ClaimedAt) >= takeOver)
}

// TakesBack says whether there is a decision that can be taken back without an appeal.
func (c *Case) TakesBack() bool { return c.State == Decided && hides(c.Action) }

// MayAppeal says whether the author may still appeal at now.
func (c *Case) MayAppeal(now time.Time) bool {
	return c.State == Decided && c.AppealedAt == nil && c.DecidedAt != nil && now.Before(c.DecidedAt.Add(AppealWithin)) &&
		(hides(c.Action) || c.Action == Note)
}

// Report is one report in a case; table moderation_report.
type Report struct {
	bun.BaseModel `bun:"table:moderation_report,alias:r"`

	ID                             string `bun:",pk"`
	CaseID                         string
	ReporterID                     string `bun:",nullzero"`
	Name, Email, Place, Kind, Text string
	At                             time.Time
}

// Options are what the service is made with besides the services below it.
type Options struct {
	BaseURL string
	Words   *locale.Bundle
	Now     func() time.Time
}

// Service is the door to moderation. It is safe for use by many goroutines.
type Service struct {
	db       *bun.DB
	forum    *forum.Service
	inbox    *inbox.Service
	accounts *account.Service
	mail     *mail.Service
	opts     Options
	crowd    *db.Prepared // standings for many
	stands   *db.Prepared // standings for one
	kept     *shelf.Shelf[place, *stood]
	streams  *stream.Service
	subjects map[string]Subject
}

// New makes the service. The forum asks it before it lets posts in once SetGate was called with it.
func New(d *bun.DB, f *forum.Service, in *inbox.Service, a *account.Service, m *mail.Service, st *stream.Service, o Options) *Service {
	return &Service{
		db: d, forum: f, inbox: in, accounts: a, mail: m, streams: st, opts: o, kept: newStandings(st),
		stands: db.Prepare(d, standings("(VALUES (?, ?, ?))")), crowd: db.Prepare(d, standings(db.RowsOf(d, 3))),
	}
}

func (s *Service) clock() time.Time { return s.opts.Now().UTC().Truncate(time.Microsecond) }

// Now is the service's clock.
func (s *Service) Now() time.Time { return s.clock() }

// Moderates says whether the person decides about cases of a delivery; deliveryID "" asks for the whole site.
func Moderates(who *account.Person, deliveryID string) bool {
	return who != nil && (who.Can(account.RoleModerator, deliveryID) || who.Can(account.RoleTrainer, deliveryID))
}
