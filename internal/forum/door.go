package forum

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"greenroom/internal/account"
	"greenroom/internal/db"
	"greenroom/internal/delivery"
	"greenroom/internal/id"
	"greenroom/internal/live"
	"greenroom/internal/markdown"
	"greenroom/internal/shelf"
	"greenroom/internal/stream"
)

// door is everything about a person and a thread that is known before its posts are read, in one statement: it runs with
// every page of a thread and every answer.
type door struct {
	PersonID      string
	T             Thread             `bun:"embed:t_"`
	D             delivery.Delivery  `bun:"embed:d_"`
	E             delivery.Enrolment `bun:"embed:e_"` // empty without a seat
	Own           string             // the discussion group they are in, "" without
	Pseudonyms    bool               // of the board
	Head, Epoch   int64              // of the thread's stream
	ReadTo, Watch string             // the person's Mark
	F             Draft              `bun:"embed:f_"` // empty without one
	Wrote         int                // visible posts of the person; only where they have no mark
}

var threadColumns = [...]string{
	"id", "delivery_id", "course_key", "board", "activity_key", "group_id", "title", "author_id", "state", "merged_into", "pinned", "locked",
	"posts", "answered", "created_at", "last_at", "newest",
}

func columns(alias, prefix string, names []string) string {
	all := make([]string, len(names))
	for i, n := range names {
		all[i] = alias + "." + n + " AS " + prefix + n
	}
	return strings.Join(all, ", ")
}

// doorQuery is the query for people at threads, given as rows of (person, thread). What is always the same is no argument: SQLite would
// plan anew for each value that an index with a condition could ask for. What only a page of the thread needs is not asked for who
// replies.
func doorQuery(rows string, page bool) string {
	more, from := "", ""
	if page {
		more = `, COALESCE(st.head, 0) AS head, COALESCE(st.epoch, 1) AS epoch,
	COALESCE(k.read_to, '') AS read_to, COALESCE(k.follow, '') AS watch, ` + columns("f", "f_", draftColumns[:]) + `,
	CASE WHEN COALESCE(k.read_to, '') = '' THEN (SELECT count(*) FROM forum_post AS q WHERE q.author_id = w.column1 AND q.thread_id = t.id AND q.state = '` + Visible + `') ELSE 0 END AS wrote`
		from = `
LEFT JOIN stream AS st ON st.id = '` + StreamOf("") + `' || t.id
LEFT JOIN forum_mark AS k ON k.thread_id = t.id AND k.person_id = w.column1
LEFT JOIN forum_draft AS f ON f.place = t.id AND f.person_id = w.column1`
	}
	return "SELECT w.column1 AS person_id, " + columns("t", "t_", threadColumns[:]) + ", " + delivery.CohortColumns("d", "d_") + ", " + delivery.Columns("e", "e_") + `,
	COALESCE(m.group_id, '') AS own, COALESCE(b.pseudonyms, FALSE) AS pseudonyms` + more + `
FROM ` + rows + ` AS w
JOIN forum_thread AS t ON t.id = w.column2
JOIN delivery AS d ON d.id = t.delivery_id
LEFT JOIN enrolment AS e ON e.delivery_id = t.delivery_id AND e.person_id = w.column1 AND e.status IN ('` + delivery.Active + `', '` + delivery.Paused + `')
LEFT JOIN forum_member AS m ON m.delivery_id = t.delivery_id AND m.person_id = e.person_id AND m.kind = '` + discussion + `'
LEFT JOIN forum_board AS b ON b.delivery_id = t.delivery_id AND b.board = t.board` + from
}

// door reads it. NotFound without such a thread.
func (s *Service) door(ctx context.Context, personID, threadID string) (*door, error) {
	if !id.Valid(threadID) {
		return nil, errNotFound
	}
	x := new(door)
	err := s.doors.One(ctx, x, personID, threadID)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, errNotFound
	}
	if err != nil {
		return nil, fmt.Errorf("find a thread: %w", db.Err(err))
	}
	return x, nil
}

// doorsOf is door for several people, each at a thread, without what only a page needs: nil where there is no such thread.
func (s *Service) doorsOf(ctx context.Context, at [][]string) ([]*door, error) {
	if len(at) == 0 {
		return nil, nil
	}
	var all []*door
	if err := s.crowd.All(ctx, &all, db.TextRows(s.db, 2, at)...); err != nil {
		return nil, fmt.Errorf("find threads: %w", db.Err(err))
	}
	out := make([]*door, len(at))
	for i, a := range at {
		if n := slices.IndexFunc(all, func(x *door) bool { return x.PersonID == a[0] && x.T.ID == a[1] }); n >= 0 {
			out[i] = all[n]
		}
	}
	return out, nil
}

func (x *door) enrolment() *delivery.Enrolment {
	if x.E.ID == "" {
		return nil
	}
	return &x.E
}

// VisitThread finds a thread and says what the person may do in it. NotFound as Visit, and where the thread is of a group
// that is not theirs, or hidden. A thread that was merged is answered with the one that has its posts.
func (s *Service) VisitThread(ctx context.Context, who *account.Person, threadID string) (*Visit, *Thread, error) {
	v, t, err := s.VisitToRead(ctx, who, threadID)
	if err != nil {
		return nil, nil, err
	}
	v.door = nil
	return v, t, nil
}

// VisitToRead is VisitThread for who calls Page next, and nothing in between: the numbers that Page begins with have been
// read with the visit.
func (s *Service) VisitToRead(ctx context.Context, who *account.Person, threadID string) (*Visit, *Thread, error) {
	if who == nil || who.Guest() {
		return nil, nil, errNotFound
	}
	x, err := s.door(ctx, who.ID, threadID)
	for hops := 0; err == nil && x.T.State == Merged && hops < 5; hops++ {
		x, err = s.door(ctx, who.ID, x.T.MergedInto)
	}
	if err != nil {
		return nil, nil, err
	}
	return s.through(ctx, who, x)
}

// through says what somebody may do who comes through a door.
func (s *Service) through(ctx context.Context, who *account.Person, x *door) (*Visit, *Thread, error) {
	v, err := s.sit(ctx, who, &x.D, x.enrolment(), x.Own)
	if err != nil {
		return nil, nil, err
	}
	v.door = x
	if v.Enrolment != nil && x.T.ActivityKey != "" && v.Delivery.Cohort() { // nothing else has dates
		if err := s.deliveries.Allow(ctx, v.Enrolment); err != nil {
			return nil, nil, err
		}
	}
	if err := s.onBoard(ctx, s.db, v, x.T.Board); err != nil {
		return nil, nil, err
	}
	if !v.sees(&x.T) {
		return nil, nil, errNotFound
	}
	return v, &x.T, nil
}

// leaf is a page of a thread as everybody sees it who may read all of it; what is each reader's own is not in it.
type leaf struct {
	opening       *Seen
	posts         []Seen
	before, after string
	led           []string // who looks after the delivery
	at            time.Time
}

// leafKey says which page as things stood when its thread's stream was at a number: all that changes a post is told there.
type leafKey struct {
	thread      string
	where       Where
	head, epoch int64
}

// What no stream tells, another name or role of somebody, is heard of by the bell of their access; leafLife is for bells
// that are not heard.
const (
	leafLife  = 10 * time.Second
	leafBytes = 8 << 20
)

func newLeaves(st *stream.Service) *shelf.Shelf[leafKey, *leaf] {
	leaves := shelf.New(leafBytes, func(_ leafKey, l *leaf) int {
		n := 500
		for i := range l.posts {
			n += len(l.posts[i].HTML) + len(l.posts[i].Body) + 600
		}
		return n
	})
	st.Listen(func(h stream.Hint) {
		if who, ok := strings.CutPrefix(h.Stream, live.AccessStream("")); ok || h.Stream == "" {
			leaves.Drop(func(_ leafKey, l *leaf) bool { return who == "" || l.shows(who) })
		}
	})
	return leaves
}

// shows says whether the person's name or role is in it.
func (l *leaf) shows(personID string) bool {
	if l.opening != nil && l.opening.AuthorID == personID {
		return true
	}
	for i := range l.posts {
		if l.posts[i].AuthorID == personID {
			return true
		}
	}
	return false
}

// leaf returns the page that is wanted, as the visitor may see it but for what dress adds. Who looks after the delivery
// sees it as it is in the database: reports are told in no stream.
func (s *Service) leaf(ctx context.Context, v *Visit, g *Page, at Where) (*leaf, error) {
	if !v.Unlocked || v.Staff {
		return s.readLeaf(ctx, v, g, at)
	}
	k, now := leafKey{g.Thread.ID, at, g.Head, g.Epoch}, s.clock()
	if l, ok := s.leaves.Get(k); ok && !now.Before(l.at) && now.Sub(l.at) < leafLife {
		return l, nil
	}
	mark := s.leaves.Mark()
	l, err := s.readLeaf(ctx, v, g, at)
	if err == nil {
		l.at = now
		s.leaves.PutSince(mark, k, l)
	}
	return l, err
}

func (s *Service) readLeaf(ctx context.Context, v *Visit, g *Page, at Where) (*leaf, error) {
	l := new(leaf)
	if err := s.posts(ctx, v, g, l, at); err != nil {
		return nil, err
	}
	if err := s.attach(ctx, l.all()); err != nil {
		return nil, err
	}
	for _, p := range l.all() {
		p.HTML, p.HTMLVersion = string(p.Text()), markdown.Version
	}
	led, err := s.staffOf(ctx, v.Delivery.ID)
	l.led = led
	return l, err
}

func (l *leaf) all() []*Seen {
	all := make([]*Seen, 0, len(l.posts)+1)
	if l.opening != nil {
		all = append(all, l.opening)
	}
	for i := range l.posts {
		all = append(all, &l.posts[i])
	}
	return all
}

// copy is a leaf whose posts may be changed for a reader.
func (l *leaf) copy() *leaf {
	out := *l
	out.posts = append([]Seen(nil), l.posts...)
	if l.opening != nil {
		o := *l.opening
		out.opening = &o
	}
	return &out
}
