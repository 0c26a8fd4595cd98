package forum

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/schema"

	"greenroom/internal/db"
	"greenroom/internal/event"
	"greenroom/internal/id"
	"greenroom/internal/inbox"
	"greenroom/internal/live"
	"greenroom/internal/markdown"
	"greenroom/internal/stream"
	"greenroom/internal/words"
)

// This file is the second half of a batch: what writes.

// begin makes the threads that begin, and brings people into the group whose discussion they join.
func (b *batch) begin(ctx context.Context) error {
	for _, w := range b.left {
		var err error
		switch v := w.visit; {
		case w.thread != nil:
			err = b.join(ctx, w)
		case v.Prompt():
			err = b.prompt(ctx, w)
		default:
			w.fresh = true
			w.thread = &Thread{
				ID: id.New(), DeliveryID: v.Delivery.ID, CourseKey: v.Course.Key, Board: v.Board, GroupID: v.Group,
				Title: w.n.Title, AuthorID: v.Who.ID, State: Visible, CreatedAt: b.now, LastAt: b.now,
			}
			if w.held != "" { // its title waits with it
				w.thread.State = Hidden
			}
			if _, err = b.tx.NewInsert().Model(w.thread).Exec(ctx); err != nil {
				err = fmt.Errorf("begin a thread: %w", db.Err(err))
			}
			w.parent = nil
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// prompt finds or begins the thread of a prompt that its author's group has.
func (b *batch) prompt(ctx context.Context, w *writing) (err error) {
	v, group := w.visit, ""
	if v.Delivery.Cohort() && v.Member() {
		if group, err = b.s.assign(ctx, b.tx, v.Delivery.ID, v.Who.ID); err != nil {
			return err
		}
	}
	if w.thread, err = b.s.ensurePrompt(ctx, b.tx, v, group); err != nil {
		return err
	}
	if w.thread.Locked && !v.Staff {
		return errLocked
	}
	if w.n.ParentID != "" {
		return w.answers()
	}
	return nil
}

// join puts who writes in a group's discussion into the group.
func (b *batch) join(ctx context.Context, w *writing) error {
	if v := w.visit; v.Prompt() && v.Member() && w.thread.GroupID != "" && w.thread.GroupID != v.in {
		return b.s.join(ctx, b.tx, v.Delivery.ID, v.Who.ID, w.thread.GroupID)
	}
	return nil
}

// insert writes the posts with what follows from each of them: their drafts go, their threads count them, and it is a fact.
func (b *batch) insert(ctx context.Context) error {
	posts, named := make([]*Post, len(b.left)), make([][]Named, len(b.left))
	var in []*writing
	var facts []Posted
	for i, w := range b.left {
		p, err := b.post(ctx, w)
		if err != nil {
			return err
		}
		if w.html == "" {
			if named[i], err = b.s.mentioned(ctx, b.tx, w.visit, w.thread.ID, p.Body); err != nil {
				return err
			}
			p.HTML = string(render(p.Body, named[i]))
		}
		posts[i], w.post = p, p
		if w.held == "" { // else it counts nowhere and nobody is told of it
			in, facts = append(in, w), append(facts, Posted{PostID: p.ID, ThreadID: p.ThreadID, DeliveryID: w.thread.DeliveryID, At: p.CreatedAt})
		}
	}
	all := []schema.QueryAppender{b.tx.NewInsert().Model(&posts), b.dropDrafts()}
	if len(in) > 0 {
		all = append(all, b.count(in))
	}
	recorded, err := event.Statements(ctx, b.tx, b.now, facts)
	if err != nil {
		return err
	}
	for _, q := range recorded {
		all = append(all, q)
	}
	if err := db.Together(ctx, b.tx, all...); err != nil {
		return fmt.Errorf("insert posts: %w", err)
	}
	for i, w := range b.left {
		if err := saveMentions(ctx, b.tx, w.post.ID, named[i]); err != nil {
			return err
		}
		if err := saveFiles(ctx, b.tx, w.post.ID, w.files, b.now); err != nil {
			return err
		}
	}
	return nil
}

// post makes the row.
func (b *batch) post(ctx context.Context, w *writing) (*Post, error) {
	v := w.visit
	p := &Post{
		ID: id.New(), ThreadID: w.thread.ID, Level: Response, AuthorID: v.Who.ID, ClientID: w.n.ClientID, Digest: w.digest, Body: w.n.Body,
		HTML: string(w.html), HTMLVersion: markdown.Version, Words: words.Count(w.n.Body), State: Visible, Rev: 1, CreatedAt: b.now, Files: len(w.files),
	}
	if w.held != "" {
		p.State, p.StateReason, p.StateAt = Held, w.held, &b.now
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
		p.Late = v.Dates.Late(p.Level, b.now)
		p.Unlocks = p.Level == Response && p.Words >= v.Content.MinWords
	}
	if w.n.Pseudonym {
		name, err := b.s.alias(ctx, b.tx, v)
		if err != nil {
			return nil, err
		}
		p.Pseudonym = name
	}
	return p, nil
}

// follow is what else new posts change: cases, steps, and last the streams.
func (b *batch) follow(ctx context.Context) error {
	for _, w := range b.left {
		var err error
		if w.held != "" {
			err = b.s.gate.Held(ctx, b.tx, w.visit, w.post, w.held)
		} else {
			err = b.s.complete(ctx, b.tx, w.visit)
		}
		if err != nil {
			return err
		}
	}
	return b.tell(ctx)
}

// dropDrafts removes what the posts were before they were sent.
func (b *batch) dropDrafts() *bun.DeleteQuery {
	var args []any
	for _, w := range b.left {
		args = append(args, w.author(), w.n.place(w.visit))
		if w.n.ThreadID == "" {
			args = append(args, w.author(), w.thread.ID)
		}
	}
	return b.tx.NewDelete().Model((*Draft)(nil)).Where("(person_id, place) IN ("+db.Values(len(args)/2, 2)+")", args...)
}

// count adds posts to the numbers of their threads.
func (b *batch) count(in []*writing) *bun.UpdateQuery {
	more, newest := map[string]int{}, map[string]string{}
	var answered []string
	for _, w := range in {
		more[w.thread.ID]++
		newest[w.thread.ID] = w.post.ID
		if w.post.Level > Opening && w.thread.AuthorID != w.author() {
			answered = append(answered, w.thread.ID)
		}
	}
	var counts, ids []any
	for thread, n := range more {
		counts, ids = append(counts, thread, n), append(ids, thread, newest[thread])
	}
	by := "CASE id" + strings.Repeat(" WHEN ? THEN ?", len(more)) + " END"
	q := b.tx.NewUpdate().Model((*Thread)(nil)).Set("last_at = ?", b.now).Set("posts = posts + "+by, counts...).
		Set("newest = CASE WHEN newest < "+by+" THEN "+by+" ELSE newest END", slices.Concat(ids, ids)...). // another node's clock may be ahead
		Where("id IN (?)", bun.List(slices.Collect(maps.Keys(more))))
	if len(answered) > 0 {
		q = q.Set("answered = (answered OR id IN (?))", bun.List(answered))
	}
	return q
}

// tell appends to the streams of threads, of boards where threads begin, and of people to whom a prompt has opened.
func (b *batch) tell(ctx context.Context) error {
	var all []stream.Entry
	say := func(name string, h happened) error {
		raw, err := json.Marshal(h)
		all = append(all, stream.Entry{Stream: name, Kind: h.Kind, Payload: string(raw)})
		return err
	}
	for _, w := range b.left {
		p, t := w.post, w.thread
		if w.held != "" {
			continue
		}
		if p.Unlocks && !w.visit.Unlocked {
			db.AfterCommit(ctx, func() { b.s.streams.Ring(live.AccessStream(w.author())) })
			if err := say(inbox.StreamOf(w.author()), happened{Kind: "reset"}); err != nil {
				return err
			}
		}
		if w.fresh {
			if err := say(BoardStream(t.DeliveryID, t.Board), happened{Kind: "thread", Thread: t.ID}); err != nil {
				return err
			}
		}
		if err := say(t.Stream(), happened{Kind: "post", Post: p.ID, Rev: p.Rev, Root: p.RootID, Client: p.ClientID}); err != nil {
			return err
		}
	}
	_, err := b.s.streams.AppendAll(ctx, b.tx, all)
	return err
}
