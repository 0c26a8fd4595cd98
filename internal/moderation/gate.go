package moderation

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"time"
	"unicode"

	"github.com/uptrace/bun"

	"greenroom/internal/db"
	"greenroom/internal/fault"
	"greenroom/internal/forum"
	"greenroom/internal/id"
)

// Why a post is held; the messages are moderation.held.<name>.
const (
	heldBoard     = "board"
	heldWords     = "words"
	heldCaretaker = "caretaker"
)

// link is what counts as one.
var link = regexp.MustCompile(`(?i)\bhttps?://|\bwww\.`)

// fold makes texts comparable: small letters, and one space for everything that is no letter or digit.
func fold(s string) string {
	var b strings.Builder
	gap := false
	for _, r := range strings.ToLower(s) {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			gap = true
			continue
		}
		if gap && b.Len() > 0 {
			b.WriteByte(' ')
		}
		gap = false
		b.WriteRune(r)
	}
	return b.String()
}

// Admit is the forum's question before it lets a post in. What refuses says why and for how long; nothing that was typed is lost.
func (s *Service) Admit(ctx context.Context, tx bun.IDB, a forum.Attempt) (string, error) {
	v, now := a.Visit, s.clock()
	site, err := s.site(ctx, tx)
	if err != nil {
		return "", err
	}
	period := site.InCaretaker(now)
	if period == CaretakerRead {
		return "", fault.New(fault.Conflict, "moderation.caretaker_read")
	}
	if err := s.suspended(ctx, tx, v.Who.ID, v.Delivery.ID, now); err != nil {
		return "", err
	}
	if err := s.agreed(ctx, tx, a); err != nil {
		return "", err
	}
	board, err := s.board(ctx, tx, v.Delivery.ID, v.Board)
	if err != nil {
		return "", err
	}
	if a.Edit == nil {
		if err := s.pace(ctx, tx, a, site, board, now); err != nil {
			return "", err
		}
	}
	text := " " + fold(a.Text.Title+" "+a.Text.Body) + " "
	for _, w := range site.lines() {
		if strings.Contains(text, " "+w+" ") {
			return heldWords, nil
		}
	}
	switch {
	case a.Edit != nil: // let in once already
		return "", nil
	case period == CaretakerHold:
		return heldCaretaker, nil
	case board.Hold:
		return heldBoard, nil
	}
	return "", nil
}

// suspended refuses who may not write for a while.
func (s *Service) suspended(ctx context.Context, tx bun.IDB, personID, deliveryID string, now time.Time) error {
	x, err := s.suspension(ctx, tx, personID, deliveryID, now)
	if err != nil || x == nil {
		return err
	}
	return fault.New(fault.Conflict, "moderation.suspended", "Case", x.CaseID, "Until", x.Until.UTC().Format("2 January 2006, 15:04 UTC"))
}

// agreed refuses who has not accepted the house rules, unless they do with this post.
func (s *Service) agreed(ctx context.Context, tx bun.IDB, a forum.Attempt) error {
	r, err := s.rules(ctx, tx)
	if err != nil {
		return err
	}
	has, err := s.hasAccepted(ctx, tx, a.Visit.Who.ID, r.Version)
	if err != nil || has {
		return err
	}
	if a.Text.Rules != r.Version {
		var f fault.Fields
		f.Add("rules", "moderation.rules_missing")
		return f.Err()
	}
	_, err = tx.NewInsert().Model(&accepted{PersonID: a.Visit.Who.ID, Version: r.Version, At: s.clock()}).On("CONFLICT DO NOTHING").Exec(ctx)
	return db.Err(err)
}

// pace holds the limits of new members and of boards in slow mode.
func (s *Service) pace(ctx context.Context, tx bun.IDB, a forum.Attempt, site *Site, board *Board, now time.Time) error {
	who := a.Visit.Who
	if age := now.Sub(who.CreatedAt); age < time.Duration(site.NewcomerHours)*time.Hour {
		var f fault.Fields
		if n := len(link.FindAllString(a.Text.Body, -1)); n > site.NewcomerLinks {
			f.Add("body", "moderation.newcomer_links", "Max", site.NewcomerLinks, "Hours", site.NewcomerHours)
		}
		if len(a.Text.Files) > 0 {
			f.Add("files", "moderation.newcomer_files", "Hours", site.NewcomerHours)
		}
		if err := f.Err(); err != nil {
			return err
		}
		n, err := tx.NewSelect().Table("forum_post").Where("author_id = ?", who.ID).Where("created_at > ?", now.Add(-24*time.Hour)).Count(ctx)
		if err != nil {
			return fmt.Errorf("posts of a new member: %w", db.Err(err))
		}
		if int(n) >= site.NewcomerPosts {
			return fault.New(fault.Limited, "moderation.newcomer_posts", "Max", site.NewcomerPosts)
		}
	}
	if board.SlowSeconds == 0 {
		return nil
	}
	var last []time.Time
	err := tx.NewSelect().TableExpr("forum_post AS q").ColumnExpr("q.created_at").Join("JOIN forum_thread AS t ON t.id = q.thread_id").
		Where("q.author_id = ?", who.ID).Where("t.delivery_id = ?", board.DeliveryID).Where("t.board = ?", board.Board).
		OrderExpr("q.created_at DESC").Limit(1).Scan(ctx, &last)
	if err != nil {
		return fmt.Errorf("the last post on a slow board: %w", db.Err(err))
	}
	if len(last) > 0 {
		if wait := last[0].Add(time.Duration(board.SlowSeconds) * time.Second).Sub(now); wait > 0 {
			return fault.New(fault.Limited, "moderation.slow", "Seconds", board.SlowSeconds, "Wait", int(wait.Seconds())+1)
		}
	}
	return nil
}

// Held opens a case for a post that was held.
func (s *Service) Held(ctx context.Context, tx bun.IDB, v *forum.Visit, p *forum.Post, why string) error {
	now := s.clock()
	c := &Case{
		ID: id.New(), Origin: HeldBack, PostID: p.ID, ThreadID: p.ThreadID, DeliveryID: v.Delivery.ID, AuthorID: v.Who.ID, Kind: why, State: Open,
		OpenedAt: now, DueAt: now.Add(heldDue), Snapshot: snapshot(p, now), Version: 1,
	}
	if _, err := tx.NewInsert().Model(c).On("CONFLICT DO NOTHING").Exec(ctx); err != nil {
		return fmt.Errorf("open a case: %w", db.Err(err))
	}
	return s.log(ctx, tx, Line{Action: "held", CaseID: c.ID, PostID: p.ID, DeliveryID: v.Delivery.ID}, map[string]any{"why": why})
}

// snapshot is what a post says at a moment, as it is kept with a case.
func snapshot(p *forum.Post, at time.Time) string {
	return fmt.Sprintf("[%s, rev %d, %s]\n%s\n", at.UTC().Format(time.RFC3339), p.Rev, p.State, p.Body)
}

// Waits is what a person who writes on a board should know beforehand.
type Waits struct {
	Rules     *Rules // to be accepted with the post; nil when they are
	Hold      bool   // a moderator lets posts through
	Staffed   string // when they are there
	Slow      int    // seconds between posts
	Caretaker string // the period's banner, "" outside it
	ReadOnly  bool   // nobody writes in the caretaker period
	Suspended *Suspension
}

// Waits tells what holds for a person on a board. Who looks after the delivery writes freely.
func (s *Service) Waits(ctx context.Context, v *forum.Visit) (*Waits, error) {
	site, err := s.Site(ctx)
	if err != nil {
		return nil, err
	}
	w, now := &Waits{}, s.clock()
	if period := site.InCaretaker(now); period != CaretakerOff {
		w.Caretaker, w.ReadOnly, w.Hold = site.CaretakerText, period == CaretakerRead, period == CaretakerHold
		if w.Caretaker == "" {
			w.Caretaker = s.opts.Words.Printer("").T("moderation.caretaker_default." + period)
		}
	}
	if v.Staff {
		return w, nil
	}
	b, err := s.Board(ctx, v.Delivery.ID, v.Board)
	if err != nil {
		return nil, err
	}
	w.Hold, w.Staffed, w.Slow = w.Hold || b.Hold, b.Staffed, b.SlowSeconds
	if w.Suspended, err = s.suspension(ctx, s.db, v.Who.ID, v.Delivery.ID, now); err != nil {
		return nil, err
	}
	r, err := s.Rules(ctx)
	if err != nil {
		return nil, err
	}
	has, err := s.hasAccepted(ctx, s.db, v.Who.ID, r.Version)
	if !has {
		w.Rules = r
	}
	return w, err
}
