package forum

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/uptrace/bun"

	"greenroom/internal/audit"
	"greenroom/internal/db"
	"greenroom/internal/event"
	"greenroom/internal/fault"
	"greenroom/internal/markdown"
	"greenroom/internal/words"
)

// EditGrace is how long after writing an edit needs no reason.
const EditGrace = 10 * time.Minute

// Edited is what a post said before an edit; table forum_edit.
type Edited struct {
	bun.BaseModel `bun:"table:forum_edit,alias:fe"`

	PostID string `bun:",pk"`
	Rev    int    `bun:",pk"`
	Body   string
	Reason string
	Staff  bool
	At     time.Time
}

// Change is what an author makes of their post.
type Change struct {
	Rev    int // of the post when the form was made
	Body   string
	Reason string
	Rules  int // the edition of the house rules that is accepted with it, 0 none
}

// Edit changes the text of the visitor's own post. When the post has changed since the form was made, it is Conflict. Invalid
// names the fields body, reason and rules. What it said before stays in its history.
func (s *Service) Edit(ctx context.Context, v *Visit, t *Thread, postID string, c Change) (*Post, error) {
	body, reason := Tidy(c.Body), strings.TrimSpace(c.Reason)
	var out *Post
	err := db.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		p, err := lockPost(ctx, tx, postID)
		if err != nil || !p.Own(v.Who.ID) || p.ThreadID != t.ID || p.State != Visible {
			return orNotFound(err)
		}
		out = p
		if p.Body == body {
			return nil
		}
		if v.Closed() || t.Locked && !v.Staff {
			return fault.New(fault.Conflict, "forum.no_edit_now")
		}
		if err := s.checkEdit(v, p, body, reason); err != nil {
			return err
		}
		if p.Rev != c.Rev {
			return fault.New(fault.Conflict, "forum.changed_since")
		}
		who, err := s.mentioned(ctx, tx, v, t.ID, body)
		if err != nil {
			return err
		}
		now := s.clock()
		old := &Edited{PostID: p.ID, Rev: p.Rev, Body: p.Body, Reason: reason, At: now}
		if _, err := tx.NewInsert().Model(old).Exec(ctx); err != nil {
			return fmt.Errorf("keep what a post said: %w", db.Err(err))
		}
		p.Body, p.HTML, p.HTMLVersion, p.Words = body, string(render(body, who)), markdown.Version, words.Count(body)
		p.Rev, p.EditedAt = p.Rev+1, &now
		was := p.Unlocks
		p.Unlocks = v.Prompt() && p.Level == Response && p.Words >= v.Content.MinWords
		if err := updatePost(ctx, tx, p, "body", "html", "html_version", "words", "rev", "edited_at", "unlocks"); err != nil {
			return err
		}
		if err := saveMentions(ctx, tx, p.ID, who); err != nil {
			return err
		}
		held, err := s.admitEdit(ctx, tx, Attempt{Visit: v, Text: Text{ThreadID: t.ID, Body: body, Rules: c.Rules}, Edit: p})
		if err != nil {
			return err
		}
		if held == "" {
			return s.edited(ctx, tx, v, p, was)
		}
		if err := s.gate.Held(ctx, tx, v, p, held); err != nil {
			return err
		}
		out, _, err = s.ChangeState(ctx, tx, StateChange{PostID: p.ID, State: Held, Reason: held})
		return err
	})
	return out, err
}

// edited is what follows from an edit: the step may be done now, others may be mentioned.
func (s *Service) edited(ctx context.Context, tx bun.IDB, v *Visit, p *Post, unlockedBefore bool) error {
	if p.Unlocks && !unlockedBefore {
		if err := s.complete(ctx, tx, v); err != nil {
			return err
		}
	}
	if err := event.Record(ctx, tx, s.clock(), Posted{PostID: p.ID, ThreadID: p.ThreadID, DeliveryID: v.Delivery.ID, At: p.CreatedAt}); err != nil {
		return err
	}
	if p.Unlocks != unlockedBefore {
		if err := s.reset(ctx, tx, p.AuthorID); err != nil {
			return err
		}
	}
	return s.say(ctx, tx, StreamOf(p.ThreadID), happened{Kind: "edit", Post: p.ID, Rev: p.Rev, Root: p.RootID})
}

func (s *Service) checkEdit(v *Visit, p *Post, body, reason string) error {
	var f fault.Fields
	switch n := utf8.RuneCountInString(body); {
	case n == 0:
		f.Add("body", "forum.body_missing")
	case n > MaxBody:
		f.Add("body", "forum.body_long", "Max", MaxBody, "Over", n-MaxBody)
	case p.Unlocks && v.Prompt() && v.Content.PostFirst && words.Count(body) < v.Content.MinWords:
		f.Add("body", "forum.edit_short", "Min", v.Content.MinWords)
	}
	switch n := utf8.RuneCountInString(reason); {
	case n > MaxReason:
		f.Add("reason", "forum.reason_long", "Max", MaxReason)
	case n < minReason && s.clock().Sub(p.CreatedAt) > EditGrace:
		f.Add("reason", "forum.reason_missing")
	}
	return f.Err()
}

// History is what a post said before, the newest first. Who may read the post may read that, unless it was taken away.
func (s *Service) History(ctx context.Context, v *Visit, p *Post) ([]Edited, error) {
	if !v.reads(p) {
		return nil, errNotFound
	}
	var all []Edited
	err := s.db.NewSelect().Model(&all).Where("fe.post_id = ?", p.ID).OrderExpr("fe.rev DESC").Limit(100).Scan(ctx)
	return all, db.Err(err)
}

// StateChange takes a post away or brings it back.
type StateChange struct {
	PostID  string
	State   string // Visible, Hidden, Deleted or Held
	Reason  string
	ActorID string // "" when the author did it, or nobody
	Name    string // of the actor, for the log of decisions
	Action  string // for the log of decisions; "" writes none
}

// ChangeState is the one way by which the state of a post changes; it joins the transaction and appends to streams, so
// call it last. Setting the state that is there changes nothing. It returns the post and the thread as they are then.
func (s *Service) ChangeState(ctx context.Context, tx bun.IDB, c StateChange) (*Post, *Thread, error) {
	if !slices.Contains([]string{Visible, Hidden, Deleted, Held}, c.State) {
		return nil, nil, errNotFound
	}
	p, err := lockPost(ctx, tx, c.PostID)
	if err != nil {
		return nil, nil, err
	}
	t, err := lockThread(ctx, tx, p.ThreadID)
	if err != nil || p.State == c.State {
		return p, t, err
	}
	now := s.clock()
	before := p.State
	p.State, p.StateReason, p.StateAt, p.StateBy, p.Rev = c.State, c.Reason, &now, c.ActorID, p.Rev+1
	if c.State == Visible {
		p.StateReason, p.StateAt, p.StateBy = "", nil, ""
	}
	if err := updatePost(ctx, tx, p, "state", "state_reason", "state_at", "state_by", "rev"); err != nil {
		return nil, nil, err
	}
	if p.Level == Opening && before == Held && p.State == Visible {
		if _, err := tx.NewUpdate().Model(t).Set("state = ?", Visible).WherePK().Where("state = ?", Hidden).Exec(ctx); err != nil {
			return nil, nil, fmt.Errorf("let a thread in: %w", db.Err(err))
		}
	}
	if err := recount(ctx, tx, t.ID); err != nil {
		return nil, nil, err
	}
	if c.Action != "" {
		err := audit.Record(ctx, tx, audit.Entry{
			At: now, ActorID: c.ActorID, ActorName: c.Name, Action: c.Action, PersonID: p.AuthorID, DeliveryID: t.DeliveryID, Subject: p.ID, Reason: c.Reason,
		})
		if err != nil {
			return nil, nil, err
		}
	}
	if p.Unlocks && p.AuthorID != "" && (before == Visible || c.State == Visible) {
		if err := s.reset(ctx, tx, p.AuthorID); err != nil {
			return nil, nil, err
		}
	}
	kind := "state"
	if before == Held && p.State == Visible {
		kind = "post" // pages that were open when it was written have never heard of it
	}
	return p, t, s.say(ctx, tx, t.Stream(), happened{Kind: kind, Post: p.ID, Rev: p.Rev, Root: p.RootID})
}

// Delete takes the visitor's own post away. The answer that lets them read the others' stays while it does: Conflict.
func (s *Service) Delete(ctx context.Context, v *Visit, t *Thread, postID string) error {
	return db.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		p, err := lockPost(ctx, tx, postID)
		if err != nil || !p.Own(v.Who.ID) || p.ThreadID != t.ID || p.State != Visible {
			return orNotFound(err)
		}
		if v.Over || t.Locked && !v.Staff {
			return fault.New(fault.Conflict, "forum.no_edit_now")
		}
		if p.Unlocks && v.Prompt() && v.Content.PostFirst && !v.Staff && !v.Dates.Closed(v.Now) {
			n, err := tx.NewSelect().Model((*Post)(nil)).Join("JOIN forum_thread AS t ON t.id = q.thread_id").
				Where("t.delivery_id = ?", v.Delivery.ID).Where("t.activity_key = ?", v.Activity.Key).
				Where("q.author_id = ?", v.Who.ID).Where("q.unlocks").Where("q.state = ?", Visible).Count(ctx)
			if err != nil {
				return db.Err(err)
			}
			if n < 2 {
				return fault.New(fault.Conflict, "forum.first_stays")
			}
		}
		_, _, err = s.ChangeState(ctx, tx, StateChange{PostID: p.ID, State: Deleted})
		return err
	})
}
