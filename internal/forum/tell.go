package forum

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/uptrace/bun"

	"greenroom/internal/access"
	"greenroom/internal/db"
	"greenroom/internal/fault"
	"greenroom/internal/inbox"
)

// The kinds of items that discussions put into inboxes.
const (
	Mentioned = "mention" // somebody named you
	Answered  = "reply"   // somebody answered you
	Wrote     = "post"    // somebody wrote in a thread that you follow
	Asked     = "help"    // somebody asks on the board for help of a cohort that you lead
	Marked    = "marked"  // a facilitator has looked at your part in a prompt
)

// PostPath is the address that leads to a post on its page.
func PostPath(postID string) string { return "/posts/" + postID }

// OnPosted tells those whom a post concerns, each once, by what concerns them most. Who may not read it is not told.
func (s *Service) OnPosted(ctx context.Context, f Posted) error {
	p, err := postByID(ctx, s.db, f.PostID)
	if fault.Is(err, fault.NotFound) {
		return nil
	}
	if err != nil || p.State != Visible {
		return err
	}
	t, err := threadByID(ctx, s.db, p.ThreadID)
	if err != nil {
		return err
	}
	to, err := s.concerned(ctx, p, t)
	if err != nil || len(to) == 0 {
		return err
	}
	title, err := s.titleOf(ctx, t)
	if err != nil {
		return err
	}
	readers, err := s.readers(ctx, slices.Sorted(maps.Keys(to)), t)
	if err != nil {
		return err
	}
	var items []inbox.Item
	for _, person := range readers {
		items = append(items, inbox.Item{PersonID: person, Name: "post:" + p.ID, Kind: to[person], Subject: title, Href: PostPath(p.ID), PostID: p.ID})
	}
	return db.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		_, err := s.inbox.Tell(ctx, tx, items)
		return err
	})
}

// concerned are the people whom a post concerns, with the kind of concern.
func (s *Service) concerned(ctx context.Context, p *Post, t *Thread) (map[string]string, error) {
	to := map[string]string{}
	var marks []Mark
	if err := s.db.NewSelect().Model(&marks).Where("k.thread_id = ?", t.ID).Where("k.follow <> ''").Limit(5000).Scan(ctx); err != nil {
		return nil, fmt.Errorf("who follows: %w", db.Err(err))
	}
	muted := map[string]bool{}
	for _, m := range marks {
		if m.Follow == Mute {
			muted[m.PersonID] = true
		} else {
			to[m.PersonID] = Wrote
		}
	}
	if t.Board == Help && p.Level == Opening {
		led, err := s.leaders(ctx, t.DeliveryID)
		if err != nil {
			return nil, err
		}
		for _, id := range led {
			to[id] = Asked
		}
	}
	if p.Level > Opening && t.AuthorID != "" {
		to[t.AuthorID] = Answered
	}
	if p.ParentID != "" {
		parent, err := postByID(ctx, s.db, p.ParentID)
		if err != nil && !fault.Is(err, fault.NotFound) {
			return nil, err
		}
		if err == nil && parent.AuthorID != "" {
			to[parent.AuthorID] = Answered
		}
	}
	var named []string
	if err := s.db.NewSelect().Model((*mention)(nil)).Column("person_id").Where("fm.post_id = ?", p.ID).Scan(ctx, &named); err != nil {
		return nil, fmt.Errorf("who is mentioned: %w", db.Err(err))
	}
	for id := range to {
		if muted[id] {
			delete(to, id)
		}
	}
	for _, id := range named {
		to[id] = Mentioned
	}
	delete(to, p.AuthorID)
	return to, nil
}

// leaders are those with a role in this very delivery.
func (s *Service) leaders(ctx context.Context, deliveryID string) ([]string, error) {
	var ids []string
	err := access.Holders(s.db, s.clock(), facilitators, deliveryID).Limit(100).Scan(ctx, &ids)
	return ids, db.Err(err)
}

// titleOf is what a thread is called.
func (s *Service) titleOf(ctx context.Context, t *Thread) (string, error) {
	if t.ActivityKey == "" {
		return t.Title, nil
	}
	rev, err := s.courses.Current(ctx, t.CourseKey)
	if err != nil {
		return "", err
	}
	if a := rev.Activity(t.ActivityKey); a != nil {
		return a.Title, nil
	}
	return rev.Title, nil
}

// Authors are who wrote what an item is about, as its reader may know them; "" where they may not, or nobody is left.
func (s *Service) Authors(ctx context.Context, items []inbox.Item) (map[string]string, error) {
	var ids []string
	for _, it := range items {
		if it.PostID != "" && !slices.Contains(ids, it.PostID) {
			ids = append(ids, it.PostID)
		}
	}
	out := map[string]string{}
	if len(ids) == 0 {
		return out, nil
	}
	var rows []struct{ ID, Name, Pseudonym string }
	err := s.db.NewSelect().Model((*Post)(nil)).ColumnExpr("q.id, q.pseudonym, COALESCE(p.name, '') AS name").Join("LEFT JOIN person AS p ON p.id = q.author_id").
		Where("q.id IN (?)", bun.List(ids)).Where("q.state = ?", Visible).Scan(ctx, &rows)
	if err != nil {
		return nil, fmt.Errorf("who wrote: %w", db.Err(err))
	}
	for _, r := range rows {
		if r.Pseudonym != "" {
			r.Name = r.Pseudonym
		}
		out[r.ID] = r.Name
	}
	return out, nil
}
