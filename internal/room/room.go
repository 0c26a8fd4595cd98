// Package room is live workshops: a run sheet set up for a day, and the room in which a trainer runs it with people.
//
//	room.go    what a room is, and who may do what in it
//	plan.go    setting up, from the run sheet of a module
//	setup.go   changing what is set up
//	copy.go    copies to another day, templates
//	pack.go    what is printed
//	rehearse.go rehearsals: made, thrown away, made anew
//	extras.go  what the simulated people of a rehearsal do, and when
//	run.go     what a trainer does: items, phases, timer, driving, what people wrote
//	take.go    what a participant does: coming in, answering, writing, voting
//	urn.go     answers by choosing, counted together
//	story.go   a scenario that the room, or each of its tables, plays
//	debrief.go looking back on it
//	group.go   breakout groups: who is in which, their notes, messages, calling them back
//	view.go    what each screen sees
//	live.go    what open pages are told, and whose page is open
//	hand.go    what was counted by hand
//	join.go    entries that say the same
//	summary.go what was said and voted
//	results.go what participants take away, and where they go on
//	feedback.go what they say of the workshop
//	presence.go signs of life, and the spans that they make
//	attendance.go who was there, corrections
//	enter.go   attendance into the record
//	booking.go seats and the waiting list
//	bookdesk.go what hosts do with bookings: rules, links, seats taken away, calling it off
//	bookletter.go letters about bookings
//	calendar.go bookings as calendars have them
//	store.go   SQL
//	roomweb    the pages
//
// The server owns the room. Its state is rows; each change appends to one of the room's streams (StreamOf, DeskOf) in the
// same transaction, and whoever hears of a number that they have not seen reads the room as it stands. So who comes late,
// who comes back and who starts the server anew are all the same case, and a trainer whose connection is gone stops nothing.
//
// One host drives at a time. Another takes over when the driver lets go, or when their page was not heard of for AwayAfter.
//
// # Anonymous answers
//
// An anonymous item keeps two things that do not name each other: that somebody has answered (room_answer, without the
// choice, without a time), and how many chose each option (room_tally). There is no ballot: nothing exists that holds one
// answer by itself, so neither an identifier nor an order of rows can lead from one to a person. It follows that an
// anonymous answer counts once and cannot be changed, which its form says. What remains is what a watcher could put
// together while the item is open:
//
//   - the numbers by option are read by nobody before the item is closed, not by its trainers either, who see only how
//     many have answered; an event in the stream says that something changed, and neither what nor by whom;
//   - what was closed is not opened again, since one more answer would show in the numbers;
//   - PostgreSQL writes into each row which transaction touched it last, so the last voter of an option could be told by
//     comparing the two tables. Close writes both anew in one transaction, the answers in shuffled order.
//
// A vote on a scenario's decision may be changed while it is open, so until then there is a row with the choice (room_answer).
// Closing takes the choice out of all of them in the same way; what stood there before is in the database's own files until it
// uses their place again.
//
// Somebody who reads the database itself again and again while the item is open, or its write-ahead log, can tell; so can
// everybody where all chose the same. The console warns where fewer than FewVotes have answered.
package room

import (
	"crypto/rand"
	"strings"
	"sync"
	"time"

	"github.com/uptrace/bun"

	"greenroom/internal/account"
	"greenroom/internal/course"
	"greenroom/internal/delivery"
	"greenroom/internal/fault"
	"greenroom/internal/gather"
	"greenroom/internal/id"
	"greenroom/internal/markdown"
	"greenroom/internal/record"
	"greenroom/internal/stream"
	"greenroom/internal/workshop"
)

// Bounds. Texts are counted in characters.
const (
	MaxTitle  = 120
	MaxPlace  = 300
	MaxName   = 60
	MaxText   = 280 // wall, questions from the room, exit ticket
	MaxWord   = 30  // cloud
	MaxPeople = 2000
	MaxTimer  = 180 // minutes

	// FewVotes is how many answers an anonymous item needs to hide who gave which.
	FewVotes = 5

	// AwayAfter is how long a page was not heard of for its reader to be away. A socket that stands was heard of at most
	// that long ago (live.Options.Silent).
	AwayAfter = 40 * time.Second

	// GoneAfter is how long a participant was not heard of to be shown as away.
	GoneAfter = 60 * time.Second
)

// The states of a room.
const (
	Planned = "planned"
	Running = "running"
	Ended   = "ended"
)

// What a room is for.
const (
	Workshop  = "workshop"
	Template  = "template"  // a run sheet that is kept: nobody joins, books or runs it, it is copied
	Rehearsal = "rehearsal" // to try it out, with simulated people
)

// The phases of an item.
const (
	Waiting  = "waiting"  // it is shown, and takes no answers yet
	Open     = "open"     // it takes answers
	Closed   = "closed"   // it takes no more
	Revealed = "revealed" // and what was answered is shown to all
)

// The states of an entry.
const (
	Pending  = "pending"
	Shown    = "shown"
	Hidden   = "hidden"
	Answered = "answered" // a question that was dealt with
)

// Room is one workshop on one day.
type Room struct {
	bun.BaseModel `bun:"table:room,alias:room"`

	ID        string `bun:",pk"`
	Code      string // six letters and digits
	CourseKey string
	SheetKey  string // module/workshop
	Title     string
	Day       string // 2026-12-07
	Clock     string // 09:30
	Zone      string
	Place     string
	Nameless  bool   // people may come in without a name
	Purpose   string // Workshop, Template or Rehearsal
	Shared    bool   // a template that everybody may use who runs workshops
	State     string
	ItemID    string    // the current item, or ""
	EndsAt    time.Time `bun:",nullzero"` // of the timer
	BeganAt   time.Time `bun:",nullzero"` // when the first item was shown
	EndedAt   time.Time `bun:",nullzero"` // when it ended last
	CreatedAt time.Time

	CohortID  string    // whose people are expected; "" nobody's
	Need      int       // percent of the minutes that count as having been there
	EnteredAt time.Time `bun:",nullzero"` // when attendance was entered into the record first

	Booking    string    // Shut, ByLink or Public: who may book a seat
	Seats      int       // 0 without limit
	CloseDays  int       // booking closes so many days before,
	CloseClock string    // at this time of day at the place; "" is when the workshop begins
	Invite     string    // what the invitation link carries
	Version    int       // rises with day, time and place
	OffAt      time.Time `bun:",nullzero"` // when it was called off
	OffWhy     string
}

// Item is one part of the room's run sheet.
type Item struct {
	bun.BaseModel `bun:"table:room_item,alias:room_item"`

	ID      string `bun:",pk"`
	RoomID  string
	N       int // from 1
	Kind    string
	Title   string
	Minutes int
	Phase   string
	Answers int // how many have answered
	Content Content
	Shown   bool // it was the current item: who wanders may look at it
}

// Content is what an item shows, copied from the course when the room was set up.
type Content struct {
	Text      markdown.HTML `json:"text,omitempty"`
	Notes     markdown.HTML `json:"notes,omitempty"`
	Own       string        `json:"own,omitempty"` // notes of the room's hosts
	Ask       string        `json:"ask,omitempty"`
	Options   []string      `json:"options,omitempty"`
	Right     []int         `json:"right,omitempty"` // of a quiz question
	Several   bool          `json:"several,omitempty"`
	Anonymous bool          `json:"anonymous,omitempty"`
	Low       string        `json:"low,omitempty"`
	High      string        `json:"high,omitempty"`
	Size      int           `json:"size,omitempty"`       // breakout: people in a group
	By        string        `json:"by,omitempty"`         // breakout: Random, Hand or Self; scenario: ByVote or ByTables
	LinkTitle string        `json:"link_title,omitempty"` // a step of the module
	Link      string        `json:"link,omitempty"`

	// Of a scenario. Its options are those of the decision at which the room stands.
	Revision string `json:"revision,omitempty"` // that it was set up with, and its activity there
	Activity string `json:"activity,omitempty"`
	Seed     int64  `json:"seed,omitempty"`
	Round    int    `json:"round,omitempty"` // rises with every vote; 0 before the story has begun
	Look     int    `json:"look,omitempty"`  // page of the debrief on the stage
}

// Chosen says whether people answer the item by choosing.
func (i *Item) Chosen() bool { return len(i.Content.Options) > 0 || i.Kind == workshop.CheckIn }

// options is how many there are to choose from.
func (i *Item) options() int {
	if i.Kind == workshop.CheckIn {
		return 1
	}
	return len(i.Content.Options)
}

// Written says whether people answer the item in words.
func (i *Item) Written() bool { return i.Entries() > 0 }

// Entries is how many texts each person may send.
func (i *Item) Entries() int {
	switch i.Kind {
	case workshop.Cloud:
		return 3
	case workshop.Wall, workshop.QandA:
		return 5
	case workshop.Exit:
		return 1
	}
	return 0
}

// MaxChars is how long a text of the item may be.
func (i *Item) MaxChars() int {
	if i.Kind == workshop.Cloud {
		return MaxWord
	}
	return MaxText
}

// Asks says whether the item takes answers at all.
func (i *Item) Asks() bool { return i.Chosen() || i.Written() }

// Host is somebody who runs the room.
type Host struct {
	bun.BaseModel `bun:"table:room_host,alias:room_host"`

	RoomID   string `bun:",pk"`
	PersonID string `bun:",pk"`
	Drives   bool
	SeenAt   time.Time `bun:",nullzero"`
	Away     bool      // the room was told that they are
	Name     string    `bun:",scanonly"`
}

// Participant is somebody in the room.
type Participant struct {
	bun.BaseModel `bun:"table:room_participant,alias:room_participant"`

	ID       string `bun:",pk"`
	RoomID   string
	PersonID string
	Name     string // "" without a name
	JoinedAt time.Time
	SeenAt   time.Time
	SpanID   string // the span that goes on
	How      string // of the last sign of life
}

// Entry is what somebody wrote. It is shown without their name, to trainers too.
type Entry struct {
	bun.BaseModel `bun:"table:room_entry,alias:room_entry"`

	ID            string `bun:",pk"`
	ItemID        string
	ParticipantID string `bun:",nullzero"`
	Body          string
	State         string
	Votes         int
	IntoID        string // the entry that it was joined into, or ""
	Joined        int    // how many were joined into it
}

type answer struct {
	bun.BaseModel `bun:"table:room_answer,alias:room_answer"`

	ItemID        string `bun:",pk"`
	ParticipantID string `bun:",pk"`
	Choice        string
}

type tally struct {
	bun.BaseModel `bun:"table:room_tally,alias:room_tally"`

	ItemID string `bun:",pk"`
	Choice int    `bun:",pk"`
	N      int
}

type vote struct {
	bun.BaseModel `bun:"table:room_vote,alias:room_vote"`

	EntryID       string `bun:",pk"`
	ParticipantID string `bun:",pk"`
}

type sent struct {
	bun.BaseModel `bun:"table:room_sent,alias:room_sent"`

	ParticipantID string `bun:",pk"`
	ClientID      string `bun:",pk"`
}

// Service is the rooms. It is safe for use by many goroutines.
type Service struct {
	db       *bun.DB
	courses  *course.Service
	accounts *account.Service
	streams  *stream.Service
	now      func() time.Time

	deliveries *delivery.Service
	records    *record.Service
	post       Post

	listeners func(prefix string) map[string][]string
	urns      *gather.Gather[*ballot] // by item

	mu    sync.Mutex
	votes map[string]bool // rooms whose participants have to be told of votes
}

// New makes the service.
func New(d *bun.DB, c *course.Service, a *account.Service, st *stream.Service, now func() time.Time) *Service {
	s := &Service{db: d, courses: c, accounts: a, streams: st, now: now}
	s.urns = gather.New(urnAtOnce, urnTime, s.tallyUp)
	return s
}

// SetRecord gives the service what attendance counts in. Call it before the first request.
func (s *Service) SetRecord(d *delivery.Service, r *record.Service) { s.deliveries, s.records = d, r }

// Now is the service's clock: UTC, to the microsecond.
func (s *Service) Now() time.Time { return s.now().UTC().Truncate(time.Microsecond) }

// letters of join codes: none that looks like another, and no vowels, so that no words come about.
const letters = "23456789BCDFGHJKMNPQRSTVWXZ"

const codeLength = 6

// newCode makes a join code.
func newCode() string {
	out := make([]byte, 0, codeLength)
	for b := make([]byte, 1); len(out) < codeLength; {
		_, _ = rand.Read(b) // it never fails
		if n := int(b[0]) % 32; n < len(letters) {
			out = append(out, letters[n])
		}
	}
	return string(out)
}

// Code is a join code as somebody typed it: without spaces and hyphens, in capitals. "" is none.
func Code(typed string) string {
	typed = strings.ToUpper(strings.NewReplacer(" ", "", "-", "").Replace(strings.TrimSpace(typed)))
	if len(typed) != codeLength || strings.Trim(typed, letters) != "" {
		return ""
	}
	return typed
}

// absent is the answer to who may not know whether something exists.
func absent() error { return fault.New(fault.NotFound, "error.not_found") }

func lockName(roomID string) string { return "room:" + roomID }

func newID() string { return id.New() }
