package forum

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/uptrace/bun"

	"greenroom/internal/db"
	"greenroom/internal/fault"
	"greenroom/internal/id"
)

// Endorse marks a post as an answer that facilitators stand behind, or takes that back. Staff only.
func (s *Service) Endorse(ctx context.Context, v *Visit, p *Post, on bool) error {
	if !v.Staff || p.State != Visible {
		return errNotFound
	}
	return db.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		p, err := lockPost(ctx, tx, p.ID)
		if err != nil || (p.EndorsedAt != nil) == on {
			return err
		}
		p.Rev++
		p.EndorsedAt = nil
		if now := s.clock(); on {
			p.EndorsedAt = &now
		}
		if err := updatePost(ctx, tx, p, "endorsed_at", "rev"); err != nil {
			return err
		}
		if err := s.note(ctx, tx, v, map[bool]string{true: "forum.endorsed", false: "forum.unendorsed"}[on], p.AuthorID, p.ID, ""); err != nil {
			return err
		}
		return s.say(ctx, tx, StreamOf(p.ThreadID), happened{Kind: "edit", Post: p.ID, Rev: p.Rev, Root: p.RootID})
	})
}

// What Manage does to a thread.
const (
	Pin    = "pin"
	Unpin  = "unpin"
	Lock   = "lock"
	Unlock = "unlock"
)

// Manage pins or locks a thread, or takes that back. Staff only.
func (s *Service) Manage(ctx context.Context, v *Visit, t *Thread, what string) error {
	if !v.Staff || !slices.Contains([]string{Pin, Unpin, Lock, Unlock}, what) {
		return errNotFound
	}
	return db.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		t, err := lockThread(ctx, tx, t.ID)
		if err != nil {
			return err
		}
		was := [2]bool{t.Pinned, t.Locked}
		switch what {
		case Pin, Unpin:
			t.Pinned = what == Pin
		default:
			t.Locked = what == Lock
		}
		if was == [2]bool{t.Pinned, t.Locked} {
			return nil
		}
		if err := updateThread(ctx, tx, t, "pinned", "locked"); err != nil {
			return err
		}
		if err := s.note(ctx, tx, v, "forum."+what, "", t.ID, ""); err != nil {
			return err
		}
		if was[1] != t.Locked { // the form and the links to answer come or go
			return s.say(ctx, tx, t.Stream(), happened{Kind: "reset"})
		}
		return s.say(ctx, tx, t.Stream(), happened{Kind: "thread", Thread: t.ID})
	})
}

// Rename gives a thread another title: staff, or its author while what they began it with stands and they may write. Invalid names
// the field title; what else keeps the author from writing is what their post would get.
func (s *Service) Rename(ctx context.Context, v *Visit, t *Thread, title string) error {
	if t.ActivityKey != "" || !v.Staff && t.AuthorID != v.Who.ID || v.Over {
		return errNotFound
	}
	title = strings.Join(strings.Fields(title), " ")
	if err := checkTitle(title); err != nil {
		return err
	}
	return db.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		if err := s.mayRename(ctx, tx, v, t, title); err != nil {
			return err
		}
		t.Title = title
		if err := updateThread(ctx, tx, t, "title"); err != nil {
			return err
		}
		return s.say(ctx, tx, t.Stream(), happened{Kind: "thread", Thread: t.ID})
	})
}

// mayRename asks the gate about the title that an author wants: it is read by others as their posts are.
func (s *Service) mayRename(ctx context.Context, tx bun.Tx, v *Visit, t *Thread, title string) error {
	if v.Staff {
		return nil
	}
	first := new(Post)
	if err := tx.NewSelect().Model(first).Where("q.thread_id = ?", t.ID).Where("q.level = ?", Opening).Limit(1).Scan(ctx); err != nil {
		return db.Err(err)
	}
	if first.State != Visible {
		return errNotFound
	}
	held, err := s.admitEdit(ctx, tx, Attempt{Visit: v, Text: Text{ThreadID: t.ID, Title: title}, Edit: first})
	if err == nil && held != "" {
		var f fault.Fields
		f.Add("title", "forum.title_held")
		err = f.Err()
	}
	return err
}

// Retitle gives a thread the title that a moderator's decision wants, in the thread and in what people were told of it. It joins
// the transaction and appends to a stream, so call it last. The title that is there changes nothing.
func (s *Service) Retitle(ctx context.Context, tx bun.IDB, threadID, title string) error {
	t, err := lockThread(ctx, tx, threadID)
	if err != nil || t.Title == title {
		return err
	}
	_, err = tx.NewUpdate().Table("inbox").Set("subject = ?", title).Where("subject = ?", t.Title).
		Where("post_id IN (SELECT id FROM forum_post WHERE thread_id = ?)", t.ID).Exec(ctx)
	if err != nil {
		return fmt.Errorf("retitle what people were told: %w", db.Err(err))
	}
	t.Title = title
	if err := updateThread(ctx, tx, t, "title"); err != nil {
		return err
	}
	return s.say(ctx, tx, t.Stream(), happened{Kind: "thread", Thread: t.ID})
}

func checkTitle(title string) error {
	var f fault.Fields
	switch n := utf8.RuneCountInString(title); {
	case n == 0:
		f.Add("title", "forum.title_missing")
	case n > MaxTitle:
		f.Add("title", "forum.title_long", "Max", MaxTitle)
	}
	return f.Err()
}

// movable says whether a thread can be moved, merged or split: those of prompts belong to their prompt.
func movable(v *Visit, t *Thread) bool { return v.Staff && t.ActivityKey == "" && t.State == Visible }

// Move takes a thread to another board of the delivery. Threads of private groups stay: they were written for a few. Staff only.
func (s *Service) Move(ctx context.Context, v *Visit, t *Thread, board string) error {
	if !movable(v, t) || v.Private() || !slices.Contains(Boards, board) {
		return errNotFound
	}
	return db.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		t, err := lockThread(ctx, tx, t.ID)
		if err != nil || t.Board == board {
			return err
		}
		from := t.Board
		t.Board, t.GroupID = board, ""
		if err := updateThread(ctx, tx, t, "board", "group_id"); err != nil {
			return err
		}
		if err := s.note(ctx, tx, v, "forum.moved", "", t.ID, from+" → "+board); err != nil {
			return err
		}
		streams := []string{BoardStream(t.DeliveryID, from), BoardStream(t.DeliveryID, board)}
		slices.Sort(streams)
		for _, name := range streams {
			if err := s.say(ctx, tx, name, happened{Kind: "thread", Thread: t.ID}); err != nil {
				return err
			}
		}
		return s.say(ctx, tx, t.Stream(), happened{Kind: "reset"})
	})
}

// Merge puts the posts of a thread into another of the delivery: what opened it becomes a response there. Its address
// leads to the other from now on. Staff only. Invalid names the field into.
func (s *Service) Merge(ctx context.Context, v *Visit, t *Thread, intoID string) (*Thread, error) {
	if !movable(v, t) {
		return nil, errNotFound
	}
	var into *Thread
	err := db.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		other, err := threadByID(ctx, tx, intoID)
		if fault.Is(err, fault.NotFound) || err == nil && (other.ID == t.ID || other.DeliveryID != t.DeliveryID || other.State != Visible || other.ActivityKey != "" || other.GroupID != t.GroupID) {
			var f fault.Fields
			f.Add("into", "forum.merge_wrong")
			return f.Err()
		}
		if err != nil {
			return err
		}
		into = other
		ids := []string{t.ID, into.ID}
		slices.Sort(ids)
		for _, one := range ids { // one order of locks
			if _, err := lockThread(ctx, tx, one); err != nil {
				return err
			}
		}
		if err := mergePosts(ctx, tx, t.ID, into.ID); err != nil {
			return err
		}
		t.State, t.MergedInto, t.Pinned = Merged, into.ID, false
		if err := updateThread(ctx, tx, t, "state", "merged_into", "pinned"); err != nil {
			return err
		}
		for _, one := range ids {
			if err := recount(ctx, tx, one); err != nil {
				return err
			}
		}
		if err := s.note(ctx, tx, v, "forum.merged", "", t.ID, into.ID); err != nil {
			return err
		}
		for _, one := range ids {
			if err := s.say(ctx, tx, StreamOf(one), happened{Kind: "reset"}); err != nil {
				return err
			}
		}
		return nil
	})
	return into, err
}

// mergePosts moves the posts and makes the opening of the first thread a response of the second.
func mergePosts(ctx context.Context, tx bun.IDB, from, into string) error {
	var opening []string
	if err := tx.NewSelect().Model((*Post)(nil)).Column("id").Where("q.thread_id = ?", from).Where("q.level = ?", Opening).Scan(ctx, &opening); err != nil {
		return db.Err(err)
	}
	if len(opening) > 0 {
		if _, err := tx.NewUpdate().Model((*Post)(nil)).Set("level = ?", Comment).Set("root_id = ?", opening[0]).
			Set("parent_id = CASE WHEN parent_id = '' THEN ? ELSE parent_id END", opening[0]).
			Where("thread_id = ?", from).Where("id <> ?", opening[0]).Exec(ctx); err != nil {
			return fmt.Errorf("merge posts: %w", db.Err(err))
		}
		if _, err := tx.NewUpdate().Model((*Post)(nil)).Set("level = ?", Response).Where("id = ?", opening[0]).Exec(ctx); err != nil {
			return fmt.Errorf("merge an opening: %w", db.Err(err))
		}
	}
	if _, err := tx.NewUpdate().Model((*Post)(nil)).Set("thread_id = ?", into).Where("thread_id = ?", from).Exec(ctx); err != nil {
		return fmt.Errorf("merge posts: %w", db.Err(err))
	}
	return nil
}

// Split makes a thread of its own out of a response and its comments. Staff only. Invalid names the field title.
func (s *Service) Split(ctx context.Context, v *Visit, t *Thread, postID, title string) (*Thread, error) {
	if !movable(v, t) {
		return nil, errNotFound
	}
	title = strings.Join(strings.Fields(title), " ")
	if err := checkTitle(title); err != nil {
		return nil, err
	}
	var out *Thread
	err := db.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		p, err := lockPost(ctx, tx, postID)
		if err != nil || p.ThreadID != t.ID || p.Level != Response {
			return orNotFound(err)
		}
		if _, err := lockThread(ctx, tx, t.ID); err != nil {
			return err
		}
		out = &Thread{
			ID: id.New(), DeliveryID: t.DeliveryID, CourseKey: t.CourseKey, Board: t.Board, GroupID: t.GroupID, Title: title, AuthorID: p.AuthorID,
			State: Visible, CreatedAt: p.CreatedAt, LastAt: p.CreatedAt,
		}
		if _, err := tx.NewInsert().Model(out).Exec(ctx); err != nil {
			return fmt.Errorf("split a thread: %w", db.Err(err))
		}
		_, err = tx.NewUpdate().Model((*Post)(nil)).Set("thread_id = ?", out.ID).Set("level = level - 1").
			Set("root_id = id").Where("root_id = ?", p.ID).Where("thread_id = ?", t.ID).Exec(ctx)
		if err != nil {
			return fmt.Errorf("split posts: %w", db.Err(err))
		}
		if _, err := tx.NewUpdate().Model((*Post)(nil)).Set("parent_id = ''").Where("id = ?", p.ID).Exec(ctx); err != nil {
			return db.Err(err)
		}
		for _, one := range []string{t.ID, out.ID} {
			if err := recount(ctx, tx, one); err != nil {
				return err
			}
		}
		if err := s.note(ctx, tx, v, "forum.split", "", t.ID, out.ID); err != nil {
			return err
		}
		if err := s.say(ctx, tx, BoardStream(t.DeliveryID, t.Board), happened{Kind: "thread", Thread: out.ID}); err != nil {
			return err
		}
		return s.say(ctx, tx, t.Stream(), happened{Kind: "reset"})
	})
	return out, err
}
