// Package forum is the discussion of a delivery: weekly prompts from the course, and boards for everything else.
//
// A delivery has boards: one for each prompt of its course, and general, introductions and help. A board has threads; a
// prompt has one thread for each discussion group. A thread has posts on three levels: what opens it, responses, and
// comments on them.
//
// Who may see what is decided in one place (Visit): members of the delivery, its trainers and moderators; where a prompt
// asks for the own answer first, members who have not given theirs learn how much there is and not what. Everything
// that shows a post (pages, search, events, letters) asks there.
//
//	forum.go     types, limits, Service
//	kind.go      the kind of activity: a prompt in a course (course.Kind)
//	dates.go     a prompt's dates for one person
//	gate.go      who is asked before a post is let in; posts that are held
//	place.go     Visit: who may do what on a board
//	door.go      a thread and who comes to it, in one statement; pages that are kept
//	readers.go   the same for many people at once
//	group.go     discussion groups of about 30, private groups
//	post.go      writing, once for each client id
//	batch.go     what is written at the same time, in one transaction
//	change.go    editing; the one way by which a post's state changes
//	text.go      rendering, mentions
//	read.go      a thread's page, what is new
//	list.go      boards and threads with what is new on them
//	mark.go      how far somebody has read; follow and mute; useful
//	manage.go    endorse, pin, lock, rename, move, merge, split
//	draft.go     texts that were begun
//	alias.go     names for who does not show their own
//	file.go      attachments
//	search.go    search
//	answer.go    whether somebody has done a prompt; completing the step
//	grade.go     marks of facilitators
//	part.go      who takes part: participation, desk
//	tell.go      whom a post concerns
//	live.go      what streams say
//	claim.go     export, and what happens when an account is deleted
//	store.go     SQL
package forum

import (
	"log/slog"
	"time"

	"github.com/uptrace/bun"

	"greenroom/internal/account"
	"greenroom/internal/course"
	"greenroom/internal/db"
	"greenroom/internal/delivery"
	"greenroom/internal/gather"
	"greenroom/internal/inbox"
	"greenroom/internal/record"
	"greenroom/internal/shelf"
	"greenroom/internal/stream"
)

// Limits. Pages state them and tests hold them.
const (
	MaxBody     = 10_000 // characters of a post
	MaxTitle    = 120    // characters
	MaxReason   = 300    // characters of a reason
	minReason   = 3
	PerMinute   = 10 // posts of one person
	PerDay      = 200
	MaxMentions = 10
	PerPage     = 50 // posts on a page of a thread, threads on a page of a board
	GroupSize   = 30
)

// The boards that every delivery has besides its prompts.
const (
	General       = "general"
	Introductions = "introductions"
	Help          = "help"
)

// Boards are those, in the order of pages.
var Boards = []string{General, Introductions, Help}

// The states of a post. Held is for moderation: written, and not yet let through.
const (
	Visible = "visible"
	Hidden  = "hidden"
	Deleted = "deleted" // by its author
	Held    = "held"
	Merged  = "merged" // of a thread: its posts are in another
)

// The levels of a post.
const (
	Opening  = 1 // what opens a thread that somebody began
	Response = 2
	Comment  = 3
)

// Thread is one conversation; table forum_thread.
type Thread struct {
	bun.BaseModel `bun:"table:forum_thread,alias:t"`

	ID          string `bun:",pk"`
	DeliveryID  string
	CourseKey   string
	Board       string
	ActivityKey string // of a prompt, "" elsewhere
	GroupID     string // whose it is, "" everybody's
	Title       string // "" of a prompt
	AuthorID    string `bun:",nullzero"` // "" of a prompt and once the author is gone
	State       string // Visible, Hidden or Merged
	MergedInto  string
	Pinned      bool
	Locked      bool
	Posts       int // visible ones
	Answered    bool
	CreatedAt   time.Time
	LastAt      time.Time
	Newest      string // id of the newest post that people see, or of one after it
}

// Stream is the name of the stream of what happens in a thread.
func (t *Thread) Stream() string { return StreamOf(t.ID) }

// StreamOf is the name of a thread's stream.
func StreamOf(threadID string) string { return "thread:" + threadID }

// Post is what somebody wrote; table forum_post.
type Post struct {
	bun.BaseModel `bun:"table:forum_post,alias:q"`

	ID          string `bun:",pk"` // they sort by time
	ThreadID    string
	RootID      string // the response it belongs to; its own id on the first two levels
	Level       int
	ParentID    string // the post that it answers
	AuthorID    string `bun:",nullzero"` // "" once the author is gone
	ClientID    string
	Digest      string // of what was sent under ClientID
	Pseudonym   string // "" for the author's own name
	Body        string // Markdown as typed
	HTML        string `bun:"html"`
	HTMLVersion int    `bun:"html_version"`
	Words       int
	Unlocks     bool // long enough to show its author what others have answered
	Late        bool
	State       string
	StateReason string
	StateAt     *time.Time
	StateBy     string
	Rev         int
	EditedAt    *time.Time
	EndorsedAt  *time.Time
	Useful      int
	Files       int
	Flags       int // open reports; moderation keeps it
	CreatedAt   time.Time
}

// Own says whether the person wrote it.
func (p *Post) Own(personID string) bool { return personID != "" && p.AuthorID == personID }

// Shown says whether the text may be shown to people who may read the thread.
func (p *Post) Shown() bool { return p.State == Visible }

// Options are what the service is made with besides the services below it.
type Options struct {
	Now func() time.Time
	Log *slog.Logger
}

// Service is the door to discussions. It is safe for use by many goroutines.
type Service struct {
	db         *bun.DB
	courses    *course.Service
	deliveries *delivery.Service
	records    *record.Service
	streams    *stream.Service
	inbox      *inbox.Service
	accounts   *account.Service
	opts       Options
	gate       Gate                         // nil: everything is let in
	writes     *gather.Gather[*writing]     // by lane
	where      *shelf.Shelf[string, string] // the delivery of a thread: it never changes
	doors      *db.Prepared                 // doorQuery for one page
	crowd      *db.Prepared                 // doorQuery for who replies
	opens      *db.Prepared                 // openQuery
	paces      *db.Prepared                 // paceQuery
	puts       *db.Several                  // putTexts
	drafts     *db.Prepared                 // draftQuery
	leaves     *shelf.Shelf[leafKey, *leaf]
}

// New makes the service.
func New(d *bun.DB, c *course.Service, dl *delivery.Service, r *record.Service, st *stream.Service, in *inbox.Service, a *account.Service, o Options) *Service {
	s := &Service{
		db: d, courses: c, deliveries: dl, records: r, streams: st, inbox: in, accounts: a, opts: o,
		doors: db.Prepare(d, doorQuery("(VALUES (?, ?))", true)), crowd: db.Prepare(d, doorQuery(db.RowsOf(d, 2), false)), opens: db.Prepare(d, openQuery(d)), paces: db.Prepare(d, paceQuery(db.RowsOf(d, 1))),
		puts:   db.PrepareSeveral(d, putTexts(d)...),
		drafts: db.Prepare(d, draftQuery), leaves: newLeaves(st),
	}
	s.where = shelf.New(1<<20, func(k, v string) int { return len(k) + len(v) + 100 })
	s.writes = gather.New(writesAtOnce, writesTime, s.writeAll)
	return s
}

func (s *Service) clock() time.Time { return s.opts.Now().UTC().Truncate(time.Microsecond) }

// Now is the service's clock.
func (s *Service) Now() time.Time { return s.clock() }

// facilitators are the roles that look after discussions.
var facilitators = []string{account.RoleTrainer, account.RoleModerator}

// moderates says whether the person looks after the discussions of a delivery.
func moderates(who *account.Person, deliveryID string) bool {
	return who != nil && (who.Can(account.RoleTrainer, deliveryID) || who.Can(account.RoleModerator, deliveryID))
}

// teaches says whether the person leads the delivery.
func teaches(who *account.Person, deliveryID string) bool {
	return who != nil && who.Can(account.RoleTrainer, deliveryID)
}
