package forum

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/uptrace/bun"

	"greenroom/internal/db"
	"greenroom/internal/event"
	"greenroom/internal/fault"
	"greenroom/internal/id"
	"greenroom/internal/markdown"
	"greenroom/internal/words"
)

// Text is what somebody writes.
type Text struct {
	ThreadID  string // "" begins a thread, or is the thread of the prompt
	ParentID  string // the post that it answers; "" is the thread itself
	ClientID  string // of the form: sent again with the same text, nothing is written twice
	Title     string // of a thread that begins
	Body      string
	Rules     int  // the edition of the house rules that is accepted with it, 0 none
	Pseudonym bool // not under the own name, where the board lets people choose
	Files     []Upload
}

// digest tells whether two writes under one client id are the same.
func (n Text) digest() string {
	h := sha256.New()
	for _, s := range []string{n.ThreadID, n.ParentID, n.Title, n.Body, strconv.FormatBool(n.Pseudonym)} {
		fmt.Fprintf(h, "%d:%s", len(s), s)
	}
	for _, f := range n.Files {
		fmt.Fprintf(h, "%s:%x", f.Name, sha256.Sum256(f.Data))
	}
	return hex.EncodeToString(h.Sum(nil))
}

// place is where the draft of the text is.
func (n *Text) place(v *Visit) string {
	if n.ThreadID != "" {
		return n.ThreadID
	}
	return NewPlace(v.Delivery.ID, v.Board)
}

// Posted is the fact that somebody wrote something that others can see.
type Posted struct {
	PostID, ThreadID, DeliveryID string
	At                           time.Time
}

// FactName names the fact.
func (Posted) FactName() string { return "forum.posted" }

// Kept is the cause of a Conflict: writing is over, and the text was kept as a draft.
type Kept struct{ Why string }

// Error says so.
func (k *Kept) Error() string { return "forum: not posted, kept as a draft: " + k.Why }

// WasKept says whether err means that the text was kept as a draft.
func WasKept(err error) bool {
	var k *Kept
	return errors.As(err, &k)
}

// Tidy makes line ends one kind and takes white space off both ends.
func Tidy(s string) string {
	return strings.TrimSpace(strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\r", "\n"))
}

func (n *Text) check(v *Visit) error {
	n.Body, n.Title = Tidy(n.Body), strings.Join(strings.Fields(n.Title), " ")
	var f fault.Fields
	switch size := utf8.RuneCountInString(n.Body); {
	case size == 0:
		f.Add("body", "forum.body_missing")
	case size > MaxBody:
		f.Add("body", "forum.body_long", "Max", MaxBody, "Over", size-MaxBody)
	}
	if n.ThreadID == "" && !v.Prompt() {
		switch size := utf8.RuneCountInString(n.Title); {
		case size == 0:
			f.Add("title", "forum.title_missing")
		case size > MaxTitle:
			f.Add("title", "forum.title_long", "Max", MaxTitle)
		}
	}
	if !id.Valid(n.ClientID) {
		n.ClientID = id.New()
	}
	n.Pseudonym = n.Pseudonym && v.Settings.Pseudonyms
	checkFiles(&f, n.Files)
	return f.Err()
}

// Write posts something. The same client id with the same text is answered with the post that is there; with another
// text it is Conflict. When writing is over, or the thread was locked meanwhile, it is Conflict with Kept as cause: the
// text is a draft now. Invalid names the fields body, title and files; Limited says that somebody writes too fast.
func (s *Service) Write(ctx context.Context, v *Visit, n Text) (*Post, error) {
	if err := n.check(v); err != nil {
		return nil, err
	}
	digest := n.digest()
	if v.Closed() {
		if old, err := byClient(ctx, s.db, v.Who.ID, n.ClientID); err != nil || old != nil {
			return same(old, digest, err)
		}
		return nil, s.keep(ctx, v, n, "closed")
	}
	files, err := prepare(n.Files)
	if err != nil {
		return nil, err
	}
	var p *Post
	locked := false
	err = db.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		p, locked = nil, false
		w := &writing{s: s, tx: tx, v: v, n: n, digest: digest, files: files}
		err := w.run(ctx)
		p, locked = w.post, w.locked
		return err
	})
	if err != nil || locked {
		// A form that is sent again: no two posts have one client id, so that this one did not get there. It is answered with the
		// first, whatever stands in its way by now. Looking here instead of before costs only who does it.
		if old, look := byClient(ctx, s.db, v.Who.ID, n.ClientID); look == nil && old != nil {
			return same(old, digest, nil)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("write in %s: %w", v.Board, err)
	}
	if locked {
		return nil, s.keep(ctx, v, n, "locked")
	}
	return p, nil
}

// same answers a write whose client id is taken.
func same(old *Post, digest string, err error) (*Post, error) {
	switch {
	case err != nil:
		return nil, err
	case old.Digest != digest:
		return nil, fault.New(fault.Conflict, "forum.client_used")
	}
	return old, nil
}

// keep puts a text that cannot be posted any more into the drafts and says so.
func (s *Service) keep(ctx context.Context, v *Visit, n Text, why string) error {
	if err := s.forceDraft(ctx, v.Who.ID, n.place(v), n.Title, n.Body, n.ParentID); err != nil {
		return err
	}
	return fault.New(fault.Conflict, "forum.kept_"+why).Because(&Kept{Why: why})
}

// writing is one write within its transaction.
type writing struct {
	s      *Service
	tx     bun.Tx
	v      *Visit
	n      Text
	digest string
	files  []File

	post   *Post
	thread *Thread
	parent *Post
	fresh  bool // the thread begins with it
	locked bool
	held   string // why it waits for a moderator, "" when it does not
}

func (w *writing) run(ctx context.Context) error {
	if err := db.Lock(ctx, w.tx, "forum-write:"+w.v.Who.ID); err != nil {
		return err
	}
	if err := w.pace(ctx); err != nil {
		return err
	}
	if err := w.place(ctx); err != nil || w.locked {
		return err
	}
	var err error
	if w.held, err = w.s.admit(ctx, w.tx, Attempt{Visit: w.v, Thread: w.thread, Text: w.n}); err != nil {
		return err
	}
	if err := w.insert(ctx); err != nil {
		return err
	}
	if w.held != "" {
		return w.hold(ctx)
	}
	return w.follow(ctx)
}

// pace refuses who writes too fast.
func (w *writing) pace(ctx context.Context) error {
	var n struct{ Minute, Day int }
	now := w.s.clock()
	err := w.tx.NewSelect().Model((*Post)(nil)).ColumnExpr("COALESCE(sum(CASE WHEN q.created_at > ? THEN 1 ELSE 0 END), 0) AS minute", now.Add(-time.Minute)).
		ColumnExpr("count(*) AS day").Where("q.author_id = ?", w.v.Who.ID).Where("q.created_at > ?", now.Add(-24*time.Hour)).Scan(ctx, &n)
	if err != nil {
		return db.Err(err)
	}
	if n.Minute >= PerMinute {
		return fault.New(fault.Limited, "forum.too_fast", "N", PerMinute)
	}
	if n.Day >= PerDay {
		return fault.New(fault.Limited, "forum.too_many", "N", PerDay)
	}
	return nil
}

// place finds the thread, or begins it, and the post that is answered.
func (w *writing) place(ctx context.Context) (err error) {
	v := w.v
	switch {
	case w.n.ThreadID != "":
		var opening string
		if w.thread, opening, err = openedBy(ctx, w.tx, w.n.ThreadID); err != nil {
			return err
		}
		if opening != "" && !v.Prompt() { // what is written to a thread as such answers what opened it
			w.parent = &Post{ID: opening, ThreadID: w.thread.ID, Level: Opening, State: Visible}
		}
		if w.thread.DeliveryID != v.Delivery.ID || w.thread.Board != v.Board || !v.sees(w.thread) || w.thread.State != Visible {
			return errNotFound
		}
	case v.Prompt():
		group := ""
		if v.Delivery.Cohort() && v.Member() {
			if group, err = w.s.assign(ctx, w.tx, v.Delivery.ID, v.Who.ID); err != nil {
				return err
			}
		}
		if w.thread, err = w.s.ensurePrompt(ctx, w.tx, v, group); err != nil {
			return err
		}
	default:
		w.fresh = true
		now := w.s.clock()
		w.thread = &Thread{
			ID: id.New(), DeliveryID: v.Delivery.ID, CourseKey: v.Course.Key, Board: v.Board, GroupID: strings.TrimPrefix(v.privateGroup(), groupBoard),
			Title: w.n.Title, AuthorID: v.Who.ID, State: Visible, CreatedAt: now, LastAt: now,
		}
		if _, err := w.tx.NewInsert().Model(w.thread).Exec(ctx); err != nil {
			return fmt.Errorf("begin a thread: %w", db.Err(err))
		}
		return nil
	}
	w.locked = w.thread.Locked && !v.Staff
	if w.locked {
		return nil
	}
	if v.Prompt() && v.Member() && w.thread.GroupID != "" {
		if err := w.s.join(ctx, w.tx, v.Delivery.ID, v.Who.ID, w.thread.GroupID); err != nil {
			return err
		}
	}
	if w.n.ParentID == "" {
		return nil
	}
	if !v.Unlocked {
		return errNotFound // what one may not read one cannot answer
	}
	w.parent, err = postByID(ctx, w.tx, w.n.ParentID)
	if err != nil || w.parent.ThreadID != w.thread.ID || w.parent.State != Visible {
		return orNotFound(err)
	}
	return nil
}

// privateGroup is the board's name where it is a private group's.
func (v *Visit) privateGroup() string {
	if strings.HasPrefix(v.Board, groupBoard) {
		return v.Board
	}
	return ""
}

func (w *writing) insert(ctx context.Context) error {
	v, now := w.v, w.s.clock()
	p := &Post{
		ID: id.New(), ThreadID: w.thread.ID, Level: Response, AuthorID: v.Who.ID, ClientID: w.n.ClientID, Digest: w.digest,
		Body: w.n.Body, HTMLVersion: markdown.Version, Words: words.Count(w.n.Body), State: Visible, Rev: 1, CreatedAt: now, Files: len(w.files),
	}
	if w.held != "" {
		p.State, p.StateReason, p.StateAt = Held, w.held, &now
		if w.fresh { // its title waits with it
			if _, err := w.tx.NewUpdate().Model(w.thread).Set("state = ?", Hidden).WherePK().Exec(ctx); err != nil {
				return fmt.Errorf("hold a thread: %w", db.Err(err))
			}
		}
	}
	p.RootID = p.ID
	switch {
	case w.fresh:
		p.Level = Opening
	case w.parent != nil && w.parent.Level == Opening:
		p.ParentID = w.parent.ID
	case w.parent != nil:
		p.Level, p.ParentID, p.RootID = Comment, w.parent.ID, w.parent.RootID
	}
	if v.Prompt() {
		p.Late = v.Dates.Late(p.Level, now)
		p.Unlocks = p.Level == Response && p.Words >= v.Content.MinWords
	}
	if w.n.Pseudonym {
		name, err := w.s.alias(ctx, w.tx, v)
		if err != nil {
			return err
		}
		p.Pseudonym = name
	}
	who, err := w.s.mentioned(ctx, w.tx, v, w.thread.ID, p.Body)
	if err != nil {
		return err
	}
	p.HTML = string(render(p.Body, who))
	if _, err := w.tx.NewInsert().Model(p).Exec(ctx); err != nil {
		return fmt.Errorf("insert a post: %w", db.Err(err))
	}
	w.post = p
	if err := saveMentions(ctx, w.tx, p.ID, who); err != nil {
		return err
	}
	return saveFiles(ctx, w.tx, p.ID, w.files, now)
}

// follow is what a new post changes: the thread's numbers, the draft, the step, and last its stream.
func (w *writing) follow(ctx context.Context) error {
	s, v, p, t := w.s, w.v, w.post, w.thread
	q := w.tx.NewUpdate().Model(t).Set("posts = posts + 1").Set("last_at = ?", p.CreatedAt)
	if p.Level > Opening && t.AuthorID != v.Who.ID {
		q = q.Set("answered = ?", true)
	}
	if _, err := q.WherePK().Exec(ctx); err != nil {
		return fmt.Errorf("count a post: %w", db.Err(err))
	}
	if err := dropDraft(ctx, w.tx, v.Who.ID, w.n.place(v), t.ID); err != nil {
		return err
	}
	unlocked := p.Unlocks && !v.Unlocked
	if err := s.complete(ctx, w.tx, v); err != nil {
		return err
	}
	if err := event.Record(ctx, w.tx, p.CreatedAt, Posted{PostID: p.ID, ThreadID: t.ID, DeliveryID: t.DeliveryID, At: p.CreatedAt}); err != nil {
		return err
	}
	if unlocked {
		if err := s.resetFor(ctx, w.tx, v.Who.ID); err != nil {
			return err
		}
	}
	if w.fresh {
		if err := s.say(ctx, w.tx, BoardStream(t.DeliveryID, t.Board), happened{Kind: "thread", Thread: t.ID}); err != nil {
			return err
		}
	}
	return s.say(ctx, w.tx, t.Stream(), happened{Kind: "post", Post: p.ID, Rev: p.Rev, Root: p.RootID, Client: p.ClientID})
}
