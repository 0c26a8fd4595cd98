package forum

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"slices"
	"strconv"
	"time"

	"github.com/uptrace/bun"

	"greenroom/internal/account"
	"greenroom/internal/db"
	"greenroom/internal/fault"
	"greenroom/internal/markdown"
)

// What is written in a delivery while posts are being written there is written together, next (see package gather): what
// every post needs is asked for and said once for all of them, so that a crowd costs some eight messages to the database and one flush
// to the disk, and not each of them that. What few posts need (another name, mentions, files, the step of a prompt) is done for each.
const (
	writesAtOnce = 64              // posts in one transaction
	writesTime   = 8 * time.Second // that it may take, so that pages hear before they give up
)

// lanes is how many parts of a delivery are written side by side: while one waits for the database the other has the processor. With
// more of them each would hold fewer posts.
const lanes = 2

// lane is the key under which is gathered what is written in a thread.
func lane(deliveryID, threadID string) string {
	h := fnv.New32a()
	_, _ = h.Write([]byte(threadID))
	return deliveryID + "/" + strconv.Itoa(int(h.Sum32()%lanes))
}

// writing is a text on its way to become a post.
type writing struct {
	who   *account.Person
	n     Text
	files []File
	html  markdown.HTML // "" where the text may mention somebody
	v     *Visit        // nil where it is made with the others'

	progress
}

// progress is how far a writing is. A transaction that is begun anew begins anew with it.
type progress struct {
	refused error // it is not written; nothing of it is
	visit   *Visit
	digest  string
	thread  *Thread
	parent  *Post
	fresh   bool   // the thread begins with it
	held    string // why it waits for a moderator, "" when it does not
	post    *Post
}

var (
	errClosed = errors.New("writing is over")
	errLocked = errors.New("the thread is locked")
	errTwice  = errors.New("two posts of one person") // what the second may depends on the first
)

// batch is writings of one delivery in one transaction, no two of them of one person.
type batch struct {
	s     *Service
	tx    bun.Tx
	now   time.Time
	locks []string // of the writers
	all   []*writing
	left  []*writing // that are not refused
}

// writeAll writes posts of a delivery in one transaction: gather.Write.
func (s *Service) writeAll(ctx context.Context, _ string, all []*writing) (became []error, err error) {
	locks := make([]string, len(all))
	for i, w := range all {
		locks[i] = "forum-write:" + w.who.ID
		w.progress = progress{visit: w.v}
	}
	slices.Sort(locks)
	if len(slices.Compact(slices.Clone(locks))) < len(all) {
		return nil, errTwice
	}
	b := &batch{s: s, all: all}
	if err := b.visit(ctx); err != nil {
		return nil, err
	}
	err = db.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		b.tx, b.locks = tx, locks
		return b.run(ctx)
	})
	became = make([]error, len(all))
	for i, w := range all {
		became[i] = w.refused
	}
	return became, err
}

// visit makes the visits that were not made yet, and refuses where writing is over.
func (b *batch) visit(ctx context.Context) error {
	var asked []*writing
	var at [][]string
	for _, w := range b.all {
		if w.visit == nil {
			asked, at = append(asked, w), append(at, []string{w.who.ID, w.n.ThreadID})
		}
	}
	doors, err := b.s.doorsOf(ctx, at)
	if err != nil {
		return err
	}
	for i, w := range asked {
		var t *Thread
		switch x := doors[i]; {
		case x == nil:
			err = errNotFound
		case x.T.State == Merged:
			w.visit, t, err = b.s.VisitThread(ctx, w.who, w.n.ThreadID)
		default:
			w.visit, t, err = b.s.through(ctx, w.who, x)
		}
		switch {
		case fault.Is(err, fault.NotFound):
			w.visit, w.refused = nil, err
		case err != nil:
			return err
		default:
			w.n.ThreadID, w.visit.door = t.ID, nil
			b.s.where.Put(t.ID, t.DeliveryID)
		}
	}
	for _, w := range b.all {
		if w.visit == nil {
			continue
		}
		w.n.Pseudonym = w.n.Pseudonym && w.visit.Settings.Pseudonyms
		w.digest = w.n.digest()
		if w.visit.Closed() {
			w.refused = errClosed
		}
	}
	return nil
}

// run goes from what only reads, and refuses, to what writes. What fails after that undoes all.
func (b *batch) run(ctx context.Context) error {
	for _, step := range []func(context.Context) error{b.find, b.pace, b.admit, b.begin, b.insert, b.follow} {
		if b.left = slices.DeleteFunc(slices.Clone(b.all), func(w *writing) bool { return w.refused != nil }); len(b.left) == 0 {
			return nil
		}
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

// of collects something of each writing, without what is empty and what is there already.
func (b *batch) of(what func(*writing) string) []string {
	var out []string
	for _, w := range b.left {
		if x := what(w); x != "" {
			out = append(out, x)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func (w *writing) author() string { return w.who.ID }

// paceQuery is the query for how many posts people wrote: it takes the time a minute ago, the time a day ago, and the people.
func paceQuery(rows string) string {
	const count = "(SELECT count(*) FROM forum_post AS q WHERE q.author_id = w.column1 AND q.created_at > ?) AS "
	return "SELECT w.column1 AS author_id, " + count + "minute, " + count + "day FROM " + rows + " AS w"
}

// pace refuses who writes too fast.
func (b *batch) pace(ctx context.Context) error {
	var rows []struct {
		AuthorID    string
		Minute, Day int
	}
	args := append([]any{b.now.Add(-time.Minute), b.now.Add(-24 * time.Hour)}, db.TextRows(b.tx, 1, singles(b.of((*writing).author)))...)
	err := b.s.paces.AllIn(ctx, b.tx, &rows, args...)
	if err != nil {
		return fmt.Errorf("how fast people write: %w", db.Err(err))
	}
	for _, w := range b.left {
		for _, r := range rows {
			switch {
			case r.AuthorID != w.author():
			case r.Minute >= PerMinute:
				w.refused = fault.New(fault.Limited, "forum.too_fast", "N", PerMinute)
			case r.Day >= PerDay:
				w.refused = fault.New(fault.Limited, "forum.too_many", "N", PerDay)
			}
		}
	}
	return nil
}

// find waits for whatever else the writers write, and finds the threads that are there already and the posts that are answered.
func (b *batch) find(ctx context.Context) error {
	threads, err := b.s.openedBy(ctx, b.tx, b.locks, b.of(func(w *writing) string { return w.n.ThreadID }))
	if err != nil {
		return err
	}
	b.now = b.s.clock() // it may have waited
	parents, err := answerable(ctx, b.tx, b.of(func(w *writing) string { return w.n.ParentID }))
	if err != nil {
		return err
	}
	for _, w := range b.left {
		if w.n.ParentID != "" && !w.visit.Unlocked {
			w.refused = errNotFound // what one may not read one cannot answer
			continue
		}
		if w.n.ParentID != "" {
			w.parent = parents[w.n.ParentID]
		}
		if w.n.ThreadID != "" {
			w.refused = w.in(threads[w.n.ThreadID])
		}
	}
	return nil
}

// in says whether it can be written in the thread.
func (w *writing) in(t *opened) error {
	v := w.visit
	if t == nil || t.DeliveryID != v.Delivery.ID || t.Board != v.Board || !v.sees(&t.Thread) || t.State != Visible {
		return errNotFound
	}
	w.thread = &t.Thread
	if t.Locked && !v.Staff {
		return errLocked
	}
	if w.n.ParentID != "" {
		return w.answers()
	}
	if t.Opening != "" && !v.Prompt() { // what is written to a thread as such answers what opened it
		w.parent = &Post{ID: t.Opening, ThreadID: t.ID, Level: Opening, State: Visible}
	}
	return nil
}

// answers says whether the post that is answered is in the thread.
func (w *writing) answers() error {
	if w.parent == nil || w.parent.ThreadID != w.thread.ID || w.parent.State != Visible {
		return errNotFound
	}
	return nil
}

// admit asks the gate. Who looks after the delivery writes freely.
func (b *batch) admit(ctx context.Context) error {
	var asking []*writing
	var all []Attempt
	for _, w := range b.left {
		if !w.visit.Staff {
			asking, all = append(asking, w), append(all, Attempt{Visit: w.visit, Text: w.n})
		}
	}
	said, err := b.s.admit(ctx, b.tx, all)
	for i, a := range said {
		asking[i].held, asking[i].refused = a.Held, a.Refused
	}
	return err
}
