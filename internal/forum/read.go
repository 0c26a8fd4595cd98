package forum

import (
	"context"
	"fmt"
	"slices"

	"github.com/uptrace/bun"

	"greenroom/internal/access"
	"greenroom/internal/account"
	"greenroom/internal/db"
	"greenroom/internal/fault"
	"greenroom/internal/markdown"
)

// Seen is a post as a visitor sees it.
type Seen struct {
	Post `bun:",extend"`
	Name string // of the author; the pseudonym where there is one; "" of somebody who has gone
	Real string // the name behind a pseudonym, for staff and the author; else ""
	Led  bool   // the author looks after the delivery
	New  bool   // since the visitor last looked, and not theirs
	Mine bool   // the visitor found it useful
	Pics []File // attachments without their data
}

// Text is the post's markup, rendered anew where the rules have changed since.
func (p *Seen) Text() markdown.HTML {
	if p.HTMLVersion != markdown.Version {
		return render(p.Body, nil)
	}
	return markdown.HTML(p.HTML)
}

// Page is one page of a thread as a visitor sees it.
type Page struct {
	Thread  *Thread // nil while nobody has written in a prompt
	Opening *Seen   // what opened the thread, on each of its pages; nil of a prompt
	Posts   []Seen  // in the order of the thread: responses by time, each followed by its comments
	Before  string  // id of the first post here when there are earlier ones, else ""
	After   string  // id of the last one when there are later ones, else ""
	Locked  int     // how many posts of others the visitor may not read yet
	Unread  int
	First   string // id of the first that is new, "" when none is
	Mark    Mark
	Newest  string // id of the newest post of the thread, to mark as read
	Draft   *Draft // what the visitor has begun in the thread, nil without
	Head    int64  // of the thread's stream, read before the posts
	Epoch   int64
}

// Where says which page of a thread is wanted: from a post on (At), after one, before one, or the beginning.
type Where struct{ At, After, Before string }

// Page reads a page of a thread. The stream's head is read first, so that what is written meanwhile is heard of again, not missed.
func (s *Service) Page(ctx context.Context, v *Visit, t *Thread, at Where) (*Page, error) {
	g := &Page{Thread: t}
	if t == nil {
		return g, nil
	}
	x := v.door
	v.door = nil // as it was when the visit began: for one page
	if x == nil || x.T.ID != t.ID {
		var err error
		if x, err = s.door(ctx, v.Who.ID, t.ID); err != nil {
			return nil, err
		}
	}
	g.Head, g.Epoch, g.Newest = x.Head, x.Epoch, x.T.Newest
	if x.F.PersonID != "" {
		g.Draft = &x.F
	}
	g.Mark = Mark{PersonID: v.Who.ID, ThreadID: t.ID, ReadTo: x.ReadTo, Follow: x.Watch}
	if err := s.numbers(ctx, v, g, x.Wrote); err != nil {
		return nil, err
	}
	kept, err := s.leaf(ctx, v, g, at)
	if err != nil {
		return nil, err
	}
	l := kept.copy()
	g.Opening, g.Posts, g.Before, g.After = l.opening, l.posts, l.before, l.after
	return g, s.dress(ctx, v, l.all(), l.led, g.Mark.ReadTo)
}

// maxUnread is as far as new posts are counted.
const maxUnread = 100

// numbers fills in how much is new and how much is locked. However long a thread is, it looks at what is new in it, to
// maxUnread. own is how many posts the visitor wrote, where they have no mark.
func (s *Service) numbers(ctx context.Context, v *Visit, g *Page, own int) error {
	if g.Mark.ReadTo == "" || !v.Unlocked {
		if g.Mark.ReadTo != "" { // locked again after having read
			n, err := s.db.NewSelect().Model((*Post)(nil)).Where("q.author_id = ?", v.Who.ID).Where("q.thread_id = ?", g.Thread.ID).Where("q.state = ?", Visible).Count(ctx)
			if err != nil {
				return fmt.Errorf("count own posts: %w", db.Err(err))
			}
			own = int(n)
		}
		g.Unread = g.Thread.Posts - own
		if !v.Unlocked {
			g.Locked = g.Unread
		}
		return nil
	}
	if g.Newest <= g.Mark.ReadTo {
		return nil
	}
	var fresh []string
	err := s.db.NewSelect().Model((*Post)(nil)).Column("id").Where("q.thread_id = ?", g.Thread.ID).Where("q.id > ?", g.Mark.ReadTo).
		Where("q.state = ?", Visible).Where("(q.author_id IS NULL OR q.author_id <> ?)", v.Who.ID).OrderExpr("q.id").Limit(maxUnread).Scan(ctx, &fresh)
	if err != nil {
		return fmt.Errorf("what is new: %w", db.Err(err))
	}
	if g.Unread = len(fresh); g.Unread > 0 {
		g.First = fresh[0]
	}
	return nil
}

type position struct {
	RootID string
	Level  int
	ID     string
}

const order = "(q.root_id, q.level, q.id)"

// posts reads one page, PerPage and the opening.
func (s *Service) posts(ctx context.Context, v *Visit, g *Page, l *leaf, at Where) error {
	q := func() *bun.SelectQuery {
		q := s.db.NewSelect().Model((*Seen)(nil)).ColumnExpr("q.*").ColumnExpr("COALESCE(p.name, '') AS name").
			Join("LEFT JOIN person AS p ON p.id = q.author_id").Where("q.thread_id = ?", g.Thread.ID)
		if !v.Unlocked {
			q = q.Where("q.author_id = ?", v.Who.ID)
		}
		return q
	}
	if g.Thread.ActivityKey == "" {
		var opening []Seen
		if err := q().Where("q.level = ?", Opening).OrderExpr("q.id").Limit(1).Scan(ctx, &opening); err != nil {
			return fmt.Errorf("read what opens a thread: %w", db.Err(err))
		}
		if len(opening) > 0 {
			l.opening = &opening[0]
		}
	}
	list := q().Where("q.level > ?", Opening)
	from, backwards, err := s.from(ctx, g.Thread.ID, at)
	if err != nil {
		return err
	}
	switch {
	case from == nil:
	case backwards:
		list = list.Where(order+" < (?, ?, ?)", from.RootID, from.Level, from.ID)
	case at.After != "":
		list = list.Where(order+" > (?, ?, ?)", from.RootID, from.Level, from.ID)
	default:
		list = list.Where(order+" >= (?, ?, ?)", from.RootID, from.Level, from.ID)
	}
	by := "q.root_id, q.level, q.id"
	if backwards {
		by = "q.root_id DESC, q.level DESC, q.id DESC"
	}
	var out []Seen
	if err := list.OrderExpr(by).Limit(PerPage+1).Scan(ctx, &out); err != nil {
		return fmt.Errorf("read a page of a thread: %w", db.Err(err))
	}
	more := len(out) > PerPage
	if more {
		out = out[:PerPage]
	}
	if backwards {
		slices.Reverse(out)
	}
	if len(out) > 0 {
		if more && !backwards || backwards {
			l.after = out[len(out)-1].ID
		}
		earlier := backwards && more
		if from != nil && !backwards {
			f := out[0]
			if earlier, err = q().Where("q.level > ?", Opening).Where(order+" < (?, ?, ?)", f.RootID, f.Level, f.ID).Exists(ctx); err != nil {
				return fmt.Errorf("look for earlier posts: %w", db.Err(err))
			}
		}
		if earlier {
			l.before = out[0].ID
		}
	}
	l.posts = out
	return nil
}

// from finds the place of the post that a page begins or ends with. A page that is asked for by one of a response's first
// comments begins with the response.
func (s *Service) from(ctx context.Context, threadID string, at Where) (*position, bool, error) {
	postID := at.At + at.After + at.Before
	if postID == "" {
		return nil, false, nil
	}
	p, err := postByID(ctx, s.db, postID)
	if fault.Is(err, fault.NotFound) {
		return nil, false, nil
	}
	if err != nil || p.ThreadID != threadID || p.Level == Opening {
		return nil, false, err
	}
	pos := &position{p.RootID, p.Level, p.ID}
	if at.At != "" && p.Level == Comment {
		n, err := s.db.NewSelect().Model((*Post)(nil)).Where("q.thread_id = ?", threadID).Where("q.root_id = ?", p.RootID).Where("q.id < ?", p.ID).Count(ctx)
		if err != nil {
			return nil, false, db.Err(err)
		}
		if n < PerPage-10 {
			pos = &position{p.RootID, Response, p.RootID}
		}
	}
	return pos, at.Before != "", nil
}

// attach adds their attachments to posts.
func (s *Service) attach(ctx context.Context, all []*Seen) error {
	var ids []string
	for _, p := range all {
		if p.Files > 0 {
			ids = append(ids, p.ID)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	var files []File
	err := s.db.NewSelect().Model(&files).Column("id", "post_id", "name", "type", "size", "alt").Where("ff.post_id IN (?)", bun.List(ids)).OrderExpr("ff.id").Scan(ctx)
	if err != nil {
		return fmt.Errorf("attachments: %w", db.Err(err))
	}
	for _, p := range all {
		for _, f := range files {
			if f.PostID == p.ID {
				p.Pics = append(p.Pics, f)
			}
		}
	}
	return nil
}

// dress adds to posts what is the visitor's own, and takes away what is not for them. led are those who look after the delivery.
func (s *Service) dress(ctx context.Context, v *Visit, all []*Seen, led []string, readTo string) error {
	var ids, mine []string
	for _, p := range all {
		if p.Useful > 0 {
			ids = append(ids, p.ID)
		}
	}
	if len(ids) > 0 {
		err := s.db.NewSelect().Model((*useful)(nil)).Column("post_id").Where("u.person_id = ?", v.Who.ID).Where("u.post_id IN (?)", bun.List(ids)).Scan(ctx, &mine)
		if err != nil {
			return fmt.Errorf("what somebody found useful: %w", db.Err(err))
		}
	}
	for _, p := range all {
		p.Mine = slices.Contains(mine, p.ID)
		p.New = p.ID > readTo && !p.Own(v.Who.ID) && p.State == Visible
		p.Led = p.AuthorID != "" && p.Pseudonym == "" && slices.Contains(led, p.AuthorID)
		v.veil(p)
	}
	return nil
}

// dressed is attach and dress for posts that were read by themselves.
func (s *Service) dressed(ctx context.Context, v *Visit, all []*Seen) error {
	if len(all) == 0 {
		return nil
	}
	if err := s.attach(ctx, all); err != nil {
		return err
	}
	led, err := s.staffOf(ctx, v.Delivery.ID)
	if err != nil {
		return err
	}
	return s.dress(ctx, v, all, led, "")
}

// veil takes from a post what the visitor may not have.
func (v *Visit) veil(p *Seen) {
	if p.Pseudonym != "" {
		if v.Staff || p.Own(v.Who.ID) {
			p.Real = p.Name
		}
		p.Name = p.Pseudonym
	}
	if !v.reads(&p.Post) {
		p.Body, p.HTML, p.Pics = "", "", nil
	}
}

// staffOf are the people who were given a role in the delivery, or in the whole site.
func (s *Service) staffOf(ctx context.Context, deliveryID string) ([]string, error) {
	var ids []string
	err := access.Holders(s.db, s.clock(), facilitators, "", deliveryID).Limit(1000).Scan(ctx, &ids)
	if err != nil {
		return nil, fmt.Errorf("who looks after a delivery: %w", db.Err(err))
	}
	return ids, nil
}

// One returns a post as the visitor sees it, with its thread. NotFound as VisitThread, and where the post is not for them.
func (s *Service) One(ctx context.Context, v *Visit, t *Thread, postID string) (*Seen, error) {
	var all []Seen
	err := s.db.NewSelect().Model(&all).ColumnExpr("q.*").ColumnExpr("COALESCE(p.name, '') AS name").
		Join("LEFT JOIN person AS p ON p.id = q.author_id").Where("q.id = ?", postID).Where("q.thread_id = ?", t.ID).Scan(ctx)
	if err != nil {
		return nil, db.Err(err)
	}
	if len(all) == 0 || !v.Unlocked && !all[0].Own(v.Who.ID) {
		return nil, errNotFound
	}
	return &all[0], s.dressed(ctx, v, []*Seen{&all[0]})
}

// VisitPost is VisitThread by a post, which the visitor may read or wrote.
func (s *Service) VisitPost(ctx context.Context, who *account.Person, postID string) (*Visit, *Thread, *Post, error) {
	p, err := postByID(ctx, s.db, postID)
	if err != nil {
		return nil, nil, nil, err
	}
	v, t, err := s.VisitThread(ctx, who, p.ThreadID)
	if err != nil {
		return nil, nil, nil, err
	}
	if !v.Unlocked && !p.Own(who.ID) {
		return nil, nil, nil, errNotFound
	}
	return v, t, p, nil
}
