package forum

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/uptrace/bun"

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
	recorded, err := event.Args(ctx, b.tx, b.now, facts)
	if err != nil {
		return err
	}
	args := [][]any{
		append([]any{markdown.Version, b.now, b.now}, db.TextRows(b.tx, len(newColumns), rowsOf(posts))...),
		db.TextRows(b.tx, 2, b.drafts()),
		append([]any{b.now}, db.TextRows(b.tx, 4, counts(in))...),
	}
	if err := b.s.puts.ExecIn(ctx, b.tx, append(args, recorded...)...); err != nil {
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

// newColumns are those of a post that its author decides, or how it came to be written. The others are the same for all that begin.
var newColumns = [...]string{
	"id", "thread_id", "root_id", "parent_id", "author_id", "client_id", "digest", "pseudonym", "body", "html", "state", "state_reason",
	"level", "words", "files", "unlocks", "late",
}

// rowsOf are posts as rows of newColumns.
func rowsOf(posts []*Post) [][]string {
	out := make([][]string, len(posts))
	for i, p := range posts {
		out[i] = []string{
			p.ID, p.ThreadID, p.RootID, p.ParentID, p.AuthorID, p.ClientID, p.Digest, p.Pseudonym, p.Body, p.HTML, p.State, p.StateReason,
			strconv.Itoa(p.Level), strconv.Itoa(p.Words), strconv.Itoa(p.Files), strconv.FormatBool(p.Unlocks), strconv.FormatBool(p.Late),
		}
	}
	return out
}

// putTexts are the statements that write posts with what follows from each of them. They take: the version of the markup, the time
// twice and the posts as rows of newColumns; the drafts that they were before, as rows of (person, place); the time and what it
// changes in their threads, as rows of (thread, how many more posts, the newest of them, whether the thread is answered); facts.
func putTexts(d bun.IDB) []string {
	values := make([]string, len(newColumns))
	for i, name := range newColumns {
		values[i] = "column" + strconv.Itoa(i+1)
		switch name {
		case "level", "words", "files":
			values[i] = "CAST(" + values[i] + " AS INTEGER)"
		case "unlocks", "late":
			values[i] += " = 'true'"
		}
	}
	at := db.Moment(d)
	return append([]string{
		"INSERT INTO forum_post (" + strings.Join(newColumns[:], ", ") + ", state_by, rev, useful, flags, html_version, created_at, state_at) SELECT " +
			strings.Join(values, ", ") + ", '', 1, 0, 0, CAST(? AS INTEGER), " + at + ", CASE WHEN column11 = '" + Held + "' THEN " + at + " END FROM " + db.RowsOf(d, len(newColumns)) + " AS w",
		"DELETE FROM forum_draft WHERE (person_id, place) IN (SELECT column1, column2 FROM " + db.RowsOf(d, 2) + " AS w)",
		// Another node's clock may be ahead, so what is newest may be already.
		"UPDATE forum_thread SET last_at = " + at + ", posts = posts + CAST(w.column2 AS INTEGER), newest = CASE WHEN newest < w.column3 THEN w.column3 ELSE newest END, " +
			"answered = (answered OR w.column4 = 'true') FROM " + db.RowsOf(d, 4) + " AS w WHERE forum_thread.id = w.column1",
	}, event.Texts(d)...)
}

// drafts are what the posts were before they were sent.
func (b *batch) drafts() (rows [][]string) {
	for _, w := range b.left {
		rows = append(rows, []string{w.author(), w.n.place(w.visit)})
		if w.n.ThreadID == "" {
			rows = append(rows, []string{w.author(), w.thread.ID})
		}
	}
	return rows
}

// counts is what posts add to the numbers of their threads.
func counts(in []*writing) [][]string {
	type change struct {
		posts    int
		newest   string
		answered bool
	}
	by := map[string]*change{}
	for _, w := range in {
		c := by[w.thread.ID]
		if c == nil {
			c = new(change)
			by[w.thread.ID] = c
		}
		c.posts, c.newest = c.posts+1, w.post.ID
		c.answered = c.answered || w.post.Level > Opening && w.thread.AuthorID != w.author()
	}
	rows := make([][]string, 0, len(by))
	for thread, c := range by {
		rows = append(rows, []string{thread, strconv.Itoa(c.posts), c.newest, strconv.FormatBool(c.answered)})
	}
	return rows
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
