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

// standing is all that holds for a person on a board.
type standing struct {
	Site    `bun:",extend"`
	Hold    bool
	Staffed string
	Slow    int    // seconds
	Edition int    // of the house rules
	Agreed  bool   // the person has accepted it
	CaseID  string // of a suspension, "" without
	Until   *time.Time
}

// standingQuery takes the limits of new members where none were set, whether boards hold, the person twice with the board
// between, the delivery, and the time.
const standingQuery = `SELECT COALESCE(s.words, '') AS words, COALESCE(s.caretaker, '') AS caretaker, s.caretaker_from, s.caretaker_to, COALESCE(s.caretaker_text, '') AS caretaker_text,
	COALESCE(s.newcomer_hours, ?) AS newcomer_hours, COALESCE(s.newcomer_posts, ?) AS newcomer_posts, COALESCE(s.newcomer_links, ?) AS newcomer_links,
	COALESCE(b.hold, ?) AS hold, COALESCE(b.staffed, '') AS staffed, COALESCE(b.slow_seconds, 0) AS slow,
	h.version AS edition, a.person_id IS NOT NULL AS agreed, COALESCE(x.case_id, '') AS case_id, x.until
FROM (SELECT COALESCE(max(version), 1) AS version FROM moderation_rules) AS h
LEFT JOIN moderation_accepted AS a ON a.version = h.version AND a.person_id = ?
LEFT JOIN moderation_site AS s ON s.id = 1
LEFT JOIN moderation_board AS b ON b.delivery_id = ? AND b.board = ?
LEFT JOIN moderation_suspension AS x ON x.person_id = ? AND x.delivery_id = ? AND x.until > ? AND x.lifted_at IS NULL
ORDER BY x.until DESC LIMIT 1`

func standingArgs(personID, deliveryID, board string, now time.Time) []any {
	return []any{newSite.NewcomerHours, newSite.NewcomerPosts, newSite.NewcomerLinks, false, personID, deliveryID, board, personID, deliveryID, now}
}

// standing reads it in one query.
func (s *Service) standing(ctx context.Context, tx bun.IDB, personID, deliveryID, board string, now time.Time) (*standing, error) {
	x := new(standing)
	if err := tx.NewRaw(standingQuery, standingArgs(personID, deliveryID, board, now)...).Scan(ctx, x); err != nil {
		return nil, fmt.Errorf("what holds on a board: %w", db.Err(err))
	}
	return x, nil
}

// Admit is the forum's question before it lets a post in. What refuses says why and for how long; nothing that was typed is lost.
func (s *Service) Admit(ctx context.Context, tx bun.IDB, a forum.Attempt) (string, error) {
	v, now := a.Visit, s.clock()
	x, err := s.standing(ctx, tx, v.Who.ID, v.Delivery.ID, v.Board, now)
	if err != nil {
		return "", err
	}
	period := x.InCaretaker(now)
	switch {
	case period == CaretakerRead:
		return "", fault.New(fault.Conflict, "moderation.caretaker_read")
	case x.Until != nil:
		return "", fault.New(fault.Conflict, "moderation.suspended", "Until", x.Until.UTC().Format("2 January 2006, 15:04 UTC"))
	}
	if err := s.agree(ctx, tx, a, x, now); err != nil {
		return "", err
	}
	if a.Edit == nil {
		if err := s.pace(ctx, tx, a, x, now); err != nil {
			return "", err
		}
	}
	text := " " + fold(a.Text.Title+" "+a.Text.Body) + " "
	for _, w := range x.lines() {
		if strings.Contains(text, " "+w+" ") {
			return heldWords, nil
		}
	}
	switch {
	case a.Edit != nil: // let in once already
		return "", nil
	case period == CaretakerHold:
		return heldCaretaker, nil
	case x.Hold:
		return heldBoard, nil
	}
	return "", nil
}

// agree refuses who has not accepted the house rules, unless they do with this post.
func (s *Service) agree(ctx context.Context, tx bun.IDB, a forum.Attempt, x *standing, now time.Time) error {
	if x.Agreed {
		return nil
	}
	if a.Text.Rules != x.Edition {
		var f fault.Fields
		f.Add("rules", "moderation.rules_missing")
		return f.Err()
	}
	return accept(ctx, tx, a.Visit.Who.ID, x.Edition, now)
}

// pace holds the limits of new members and of boards in slow mode.
func (s *Service) pace(ctx context.Context, tx bun.IDB, a forum.Attempt, x *standing, now time.Time) error {
	who := a.Visit.Who
	if age := now.Sub(who.CreatedAt); age < time.Duration(x.NewcomerHours)*time.Hour {
		var f fault.Fields
		if n := len(link.FindAllString(a.Text.Body, -1)); n > x.NewcomerLinks {
			f.Add("body", "moderation.newcomer_links", "Max", x.NewcomerLinks, "Hours", x.NewcomerHours)
		}
		if len(a.Text.Files) > 0 {
			f.Add("files", "moderation.newcomer_files", "Hours", x.NewcomerHours)
		}
		if err := f.Err(); err != nil {
			return err
		}
		n, err := tx.NewSelect().Table("forum_post").Where("author_id = ?", who.ID).Where("created_at > ?", now.Add(-24*time.Hour)).Count(ctx)
		if err != nil {
			return fmt.Errorf("posts of a new member: %w", db.Err(err))
		}
		if int(n) >= x.NewcomerPosts {
			return fault.New(fault.Limited, "moderation.newcomer_posts", "Max", x.NewcomerPosts)
		}
	}
	if x.Slow == 0 {
		return nil
	}
	var last []time.Time
	err := tx.NewSelect().TableExpr("forum_post AS q").ColumnExpr("q.created_at").Join("JOIN forum_thread AS t ON t.id = q.thread_id").
		Where("q.author_id = ?", who.ID).Where("t.delivery_id = ?", a.Visit.Delivery.ID).Where("t.board = ?", a.Visit.Board).
		OrderExpr("q.created_at DESC").Limit(1).Scan(ctx, &last)
	if err != nil {
		return fmt.Errorf("the last post on a slow board: %w", db.Err(err))
	}
	if len(last) > 0 {
		if wait := last[0].Add(time.Duration(x.Slow) * time.Second).Sub(now); wait > 0 {
			return fault.New(fault.Limited, "moderation.slow", "Seconds", x.Slow, "Wait", int(wait.Seconds())+1)
		}
	}
	return nil
}

// Held opens a case for a post that was held.
func (s *Service) Held(ctx context.Context, tx bun.IDB, v *forum.Visit, p *forum.Post, why string) error {
	now := s.clock()
	c := &Case{
		ID: id.New(), Origin: HeldBack, PostID: p.ID, ThreadID: p.ThreadID, DeliveryID: v.Delivery.ID, AuthorID: v.Who.ID, Kind: why, State: Open,
		OpenedAt: now, DueAt: now.Add(dueAfter(why)), Snapshot: snapshot(p, now), Version: 1,
	}
	if _, err := tx.NewInsert().Model(c).On("CONFLICT DO NOTHING").Exec(ctx); err != nil {
		return fmt.Errorf("open a case: %w", db.Err(err))
	}
	return s.log(ctx, tx, Line{Action: "held", CaseID: c.ID, PostID: p.ID, DeliveryID: v.Delivery.ID}, map[string]any{"why": why})
}

// Waits is what a person who writes on a board should know beforehand.
type Waits struct {
	Rules     int    // the edition of the house rules to be accepted with the post; 0 when it is
	Hold      bool   // a moderator lets posts through
	Staffed   string // when they are there
	Slow      int    // seconds between posts
	Caretaker string // the period's banner, "" outside it
	ReadOnly  bool   // nobody writes in the caretaker period
	CaseID    string // of a suspension that lasts until Until; "" without
	Until     time.Time
}

// Waits tells what holds for a person on a board. Who looks after the delivery writes freely.
func (s *Service) Waits(ctx context.Context, v *forum.Visit) (*Waits, error) {
	now, x := s.clock(), new(standing)
	if err := s.stands.One(ctx, x, standingArgs(v.Who.ID, v.Delivery.ID, v.Board, now)...); err != nil { // asked for each page on which somebody can write
		return nil, fmt.Errorf("what holds on a board: %w", db.Err(err))
	}
	w, period := &Waits{}, x.InCaretaker(now)
	if period != CaretakerOff {
		w.Caretaker, w.Hold = x.CaretakerText, period == CaretakerHold
		if w.Caretaker == "" {
			w.Caretaker = s.opts.Words.Printer("").T("moderation.caretaker_default." + period)
		}
	}
	if v.Staff {
		return w, nil
	}
	w.ReadOnly, w.Hold, w.Staffed, w.Slow = period == CaretakerRead, w.Hold || x.Hold, x.Staffed, x.Slow
	if !x.Agreed {
		w.Rules = x.Edition
	}
	if x.Until != nil {
		w.CaseID, w.Until = x.CaseID, *x.Until
	}
	return w, nil
}
