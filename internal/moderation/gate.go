package moderation

import (
	"context"
	"fmt"
	"regexp"
	"slices"
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
	Site            `bun:",extend"`
	PersonID, Board string
	Hold            bool
	Staffed         string
	Slow            int    // seconds
	Edition         int    // of the house rules
	Agreed          bool   // the person has accepted it
	CaseID          string // of a suspension, "" without
	Until           *time.Time
}

// standings is the query for people on boards: for each, in no order, as many rows as they have suspensions there, that which lasts
// longest first. It takes the limits of new members where none were set, whether boards hold, those asked for as rows of (person,
// delivery, board), and the time.
func standings(rows string) string {
	return `SELECT w.column1 AS person_id, w.column3 AS board,
	COALESCE(s.words, '') AS words, COALESCE(s.caretaker, '') AS caretaker, s.caretaker_from, s.caretaker_to, COALESCE(s.caretaker_text, '') AS caretaker_text,
	COALESCE(s.newcomer_hours, ?) AS newcomer_hours, COALESCE(s.newcomer_posts, ?) AS newcomer_posts, COALESCE(s.newcomer_links, ?) AS newcomer_links,
	COALESCE(b.hold, ?) AS hold, COALESCE(b.staffed, '') AS staffed, COALESCE(b.slow_seconds, 0) AS slow,
	h.version AS edition, a.person_id IS NOT NULL AS agreed, COALESCE(x.case_id, '') AS case_id, x.until
FROM ` + rows + ` AS w
CROSS JOIN (SELECT COALESCE(max(version), 1) AS version FROM moderation_rules) AS h
LEFT JOIN moderation_accepted AS a ON a.version = h.version AND a.person_id = w.column1
LEFT JOIN moderation_site AS s ON s.id = 1
LEFT JOIN moderation_board AS b ON b.delivery_id = w.column2 AND b.board = w.column3
LEFT JOIN moderation_suspension AS x ON x.person_id = w.column1 AND x.delivery_id = w.column2 AND x.until > ? AND x.lifted_at IS NULL
ORDER BY x.until DESC`
}

// standingArgs puts those asked for between the others.
func standingArgs(asked []any, now time.Time) []any {
	return slices.Concat([]any{newSite.NewcomerHours, newSite.NewcomerPosts, newSite.NewcomerLinks, false}, asked, []any{now})
}

// standing reads it for attempts on one delivery, in their order, in one query.
func (s *Service) standing(ctx context.Context, tx bun.Tx, all []forum.Attempt, now time.Time) ([]*standing, error) {
	asked := make([][]string, len(all))
	for i, a := range all {
		asked[i] = []string{a.Visit.Who.ID, a.Visit.Delivery.ID, a.Visit.Board}
	}
	var rows []*standing
	if err := s.crowd.AllIn(ctx, tx, &rows, standingArgs(db.TextRows(tx, 3, asked), now)...); err != nil {
		return nil, fmt.Errorf("what holds on a board: %w", db.Err(err))
	}
	out := make([]*standing, len(all))
	for i, a := range asked {
		at := slices.IndexFunc(rows, func(x *standing) bool { return x.PersonID == a[0] && x.Board == a[2] })
		out[i] = rows[at]
	}
	return out, nil
}

// Admit is the forum's question before it lets posts in. What refuses says why and for how long; nothing that was typed is lost.
func (s *Service) Admit(ctx context.Context, tx bun.Tx, all []forum.Attempt) ([]forum.Admitted, error) {
	now := s.clock()
	stand, err := s.standing(ctx, tx, all, now)
	if err != nil {
		return nil, err
	}
	out := make([]forum.Admitted, len(all))
	var agree []accepted
	for i, a := range all {
		x := stand[i]
		if out[i].Refused, err = s.refuses(ctx, tx, a, x, now); err != nil {
			return nil, err
		}
		if out[i].Refused != nil {
			continue
		}
		if !x.Agreed { // they do with this post
			agree = append(agree, accepted{PersonID: a.Visit.Who.ID, Version: x.Edition, At: now})
		}
		out[i].Held = x.holds(a, now)
	}
	return out, s.accept(ctx, tx, agree)
}

// refuses says why somebody may not write this here and now, nil when they may.
func (s *Service) refuses(ctx context.Context, tx bun.IDB, a forum.Attempt, x *standing, now time.Time) (refused, err error) {
	switch {
	case x.InCaretaker(now) == CaretakerRead:
		return fault.New(fault.Conflict, "moderation.caretaker_read"), nil
	case x.Until != nil:
		return fault.New(fault.Conflict, "moderation.suspended", "Until", x.Until.UTC().Format("2 January 2006, 15:04 UTC")), nil
	case !x.Agreed && a.Text.Rules != x.Edition:
		var f fault.Fields
		f.Add("rules", "moderation.rules_missing")
		return f.Err(), nil
	case a.Edit != nil:
		return nil, nil
	}
	if now.Sub(a.Visit.Who.CreatedAt) < time.Duration(x.NewcomerHours)*time.Hour {
		if refused, err := newcomer(ctx, tx, a, x, now); refused != nil || err != nil {
			return refused, err
		}
	}
	if x.Slow > 0 {
		return slowly(ctx, tx, a, x, now)
	}
	return nil, nil
}

// holds says for what reason a post waits for a moderator, "" when it does not.
func (x *standing) holds(a forum.Attempt, now time.Time) string {
	list, text := x.lines(), ""
	if len(list) > 0 {
		text = " " + fold(a.Text.Title+" "+a.Text.Body) + " "
	}
	for _, w := range list {
		if strings.Contains(text, " "+w+" ") {
			return heldWords
		}
	}
	switch {
	case a.Edit != nil: // let in once already
		return ""
	case x.InCaretaker(now) == CaretakerHold:
		return heldCaretaker
	case x.Hold:
		return heldBoard
	}
	return ""
}

// newcomer holds the limits of new members.
func newcomer(ctx context.Context, tx bun.IDB, a forum.Attempt, x *standing, now time.Time) (refused, err error) {
	var f fault.Fields
	if n := len(link.FindAllString(a.Text.Body, -1)); n > x.NewcomerLinks {
		f.Add("body", "moderation.newcomer_links", "Max", x.NewcomerLinks, "Hours", x.NewcomerHours)
	}
	if len(a.Text.Files) > 0 {
		f.Add("files", "moderation.newcomer_files", "Hours", x.NewcomerHours)
	}
	if err := f.Err(); err != nil {
		return err, nil
	}
	n, err := tx.NewSelect().Table("forum_post").Where("author_id = ?", a.Visit.Who.ID).Where("created_at > ?", now.Add(-24*time.Hour)).Count(ctx)
	if err != nil {
		return nil, fmt.Errorf("posts of a new member: %w", db.Err(err))
	}
	if int(n) >= x.NewcomerPosts {
		return fault.New(fault.Limited, "moderation.newcomer_posts", "Max", x.NewcomerPosts), nil
	}
	return nil, nil
}

// slowly holds the time between two posts on a board in slow mode.
func slowly(ctx context.Context, tx bun.IDB, a forum.Attempt, x *standing, now time.Time) (refused, err error) {
	var last []time.Time
	err = tx.NewSelect().TableExpr("forum_post AS q").ColumnExpr("q.created_at").Join("JOIN forum_thread AS t ON t.id = q.thread_id").
		Where("q.author_id = ?", a.Visit.Who.ID).Where("t.delivery_id = ?", a.Visit.Delivery.ID).Where("t.board = ?", a.Visit.Board).
		OrderExpr("q.created_at DESC").Limit(1).Scan(ctx, &last)
	if err != nil {
		return nil, fmt.Errorf("the last post on a slow board: %w", db.Err(err))
	}
	if len(last) == 0 {
		return nil, nil
	}
	if wait := last[0].Add(time.Duration(x.Slow) * time.Second).Sub(now); wait > 0 {
		return fault.New(fault.Limited, "moderation.slow", "Seconds", x.Slow, "Wait", int(wait.Seconds())+1), nil
	}
	return nil, nil
}

// Held opens a case for a post that was held.
func (s *Service) Held(ctx context.Context, tx bun.IDB, v *forum.Visit, p *forum.Post, why string) error {
	now := s.clock()
	_, t, err := s.forum.Find(ctx, tx, p.ID)
	if err != nil {
		return err
	}
	c := &Case{
		ID: id.New(), Origin: HeldBack, PostID: p.ID, ThreadID: p.ThreadID, DeliveryID: v.Delivery.ID, AuthorID: v.Who.ID, Kind: why, State: Open,
		OpenedAt: now, DueAt: now.Add(dueAfter(why)), Snapshot: snapshot(p, titled(p, t), now), Version: 1,
	}
	if _, err := tx.NewInsert().Model(c).On("CONFLICT DO NOTHING").Exec(ctx); err != nil {
		return fmt.Errorf("open a case: %w", db.Err(err))
	}
	return s.log(ctx, tx, Line{Action: "held", CaseID: c.ID, PostID: p.ID, DeliveryID: v.Delivery.ID}, map[string]any{"why": why})
}
