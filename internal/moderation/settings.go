package moderation

import (
	"context"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/uptrace/bun"

	"greenroom/internal/account"
	"greenroom/internal/db"
	"greenroom/internal/fault"
)

// What the caretaker period does to discussions.
const (
	CaretakerOff  = ""
	CaretakerHold = "hold" // posts wait for a moderator
	CaretakerRead = "read" // reading only
)

// Site is what holds for the whole site; table moderation_site.
type Site struct {
	bun.BaseModel `bun:"table:moderation_site,alias:s"`

	ID            int    `bun:",pk"`
	Words         string // one on each line
	NewcomerHours int
	NewcomerPosts int
	NewcomerLinks int
	Caretaker     string
	CaretakerFrom *time.Time // nil: at once
	CaretakerTo   *time.Time // nil: until it is switched off
	CaretakerText string
	UpdatedAt     time.Time
}

// InCaretaker is what the caretaker period does at now.
func (x *Site) InCaretaker(now time.Time) string {
	if x.CaretakerFrom != nil && now.Before(*x.CaretakerFrom) || x.CaretakerTo != nil && !now.Before(*x.CaretakerTo) {
		return CaretakerOff
	}
	return x.Caretaker
}

// Board is how one board is looked after; table moderation_board.
type Board struct {
	bun.BaseModel `bun:"table:moderation_board,alias:b"`

	DeliveryID  string `bun:",pk"`
	Board       string `bun:",pk"`
	Hold        bool   // a moderator lets posts through
	Staffed     string // when moderators are there
	SlowSeconds int    // between two posts of one person
	UpdatedAt   time.Time
}

// newSite is what holds until an administrator has decided.
var newSite = Site{ID: 1, NewcomerHours: 24, NewcomerPosts: 10, NewcomerLinks: 2}

// Site reads the site's settings.
func (s *Service) Site(ctx context.Context) (*Site, error) { return site(ctx, s.db) }

func site(ctx context.Context, tx bun.IDB) (*Site, error) {
	var all []Site
	if err := tx.NewSelect().Model(&all).Limit(1).Scan(ctx); err != nil {
		return nil, fmt.Errorf("moderation settings: %w", db.Err(err))
	}
	if len(all) == 0 {
		x := newSite
		return &x, nil
	}
	return &all[0], nil
}

// same says whether two settings of the site say the same, whenever they were saved.
func (x *Site) same(o *Site) bool {
	at := func(a, b *time.Time) bool { return a == b || a != nil && b != nil && a.Equal(*b) }
	return x.Words == o.Words && x.NewcomerHours == o.NewcomerHours && x.NewcomerPosts == o.NewcomerPosts && x.NewcomerLinks == o.NewcomerLinks &&
		x.Caretaker == o.Caretaker && x.CaretakerText == o.CaretakerText && at(x.CaretakerFrom, o.CaretakerFrom) && at(x.CaretakerTo, o.CaretakerTo)
}

// Check tidies what was typed and adds what is wrong with it: words, hours, posts, links, caretaker, to and text.
func (x *Site) Check(f *fault.Fields) {
	x.Words = strings.TrimSpace(strings.ReplaceAll(x.Words, "\r\n", "\n"))
	x.CaretakerText = strings.TrimSpace(x.CaretakerText)
	if utf8.RuneCountInString(x.Words) > MaxWords || strings.Count(x.Words, "\n") >= MaxWordLines {
		f.Add("words", "moderation.words_long", "Max", MaxWordLines)
	}
	for _, line := range x.lines() {
		if utf8.RuneCountInString(line) < 3 {
			f.Add("words", "moderation.words_short")
			break
		}
	}
	for _, k := range []struct {
		name   string
		n, max int
	}{{"hours", x.NewcomerHours, 24 * 30}, {"posts", x.NewcomerPosts, 200}, {"links", x.NewcomerLinks, 20}} {
		if k.n < 0 || k.n > k.max {
			f.Add(k.name, "moderation.number", "Max", k.max)
		}
	}
	if x.Caretaker != CaretakerOff && x.Caretaker != CaretakerHold && x.Caretaker != CaretakerRead {
		f.Add("caretaker", "moderation.choose")
	}
	if x.CaretakerFrom != nil && x.CaretakerTo != nil && !x.CaretakerFrom.Before(*x.CaretakerTo) {
		f.Add("to", "moderation.to_early")
	}
	if utf8.RuneCountInString(x.CaretakerText) > MaxReason {
		f.Add("text", "moderation.text_long", "Max", MaxReason)
	}
}

// SaveSite changes the site's settings; in.UpdatedAt is that of what the form was made of. When somebody has changed them
// since, it is Conflict. Administrators only. Invalid names the fields words, hours, posts, links, caretaker, from, to and text.
func (s *Service) SaveSite(ctx context.Context, who *account.Person, in Site) error {
	if who == nil || !who.Can(account.RoleAdmin, "") {
		return errNotFound
	}
	was := in.UpdatedAt
	in.ID, in.UpdatedAt = 1, s.clock()
	var f fault.Fields
	in.Check(&f)
	if err := f.Err(); err != nil {
		return err
	}
	return db.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		if err := db.Lock(ctx, tx, "moderation-site"); err != nil {
			return err
		}
		old, err := site(ctx, tx)
		switch {
		case err != nil:
			return err
		case old.same(&in):
			return nil
		case !old.UpdatedAt.Equal(was):
			return fault.New(fault.Conflict, "moderation.settings_since")
		}
		_, err = tx.NewInsert().Model(&in).On("CONFLICT (id) DO UPDATE").
			Set("words = EXCLUDED.words, newcomer_hours = EXCLUDED.newcomer_hours, newcomer_posts = EXCLUDED.newcomer_posts, newcomer_links = EXCLUDED.newcomer_links").
			Set("caretaker = EXCLUDED.caretaker, caretaker_from = EXCLUDED.caretaker_from, caretaker_to = EXCLUDED.caretaker_to").
			Set("caretaker_text = EXCLUDED.caretaker_text, updated_at = EXCLUDED.updated_at").Exec(ctx)
		if err != nil {
			return fmt.Errorf("save moderation settings: %w", db.Err(err))
		}
		s.changed(ctx)
		return s.log(ctx, tx, Line{Actor: who.ID, Action: "site"}, map[string]any{
			"words": len(in.lines()), "hours": in.NewcomerHours, "posts": in.NewcomerPosts, "links": in.NewcomerLinks,
			"caretaker": in.Caretaker, "from": in.CaretakerFrom, "to": in.CaretakerTo, "text": in.CaretakerText,
		})
	})
}

// lines are the words of the list, folded.
func (x *Site) lines() []string {
	var out []string
	for line := range strings.Lines(x.Words) {
		if line = fold(line); line != "" {
			out = append(out, line)
		}
	}
	return out
}

// Board reads how a board is looked after.
func (s *Service) Board(ctx context.Context, deliveryID, board string) (*Board, error) {
	return boardOf(ctx, s.db, deliveryID, board)
}

func boardOf(ctx context.Context, tx bun.IDB, deliveryID, board string) (*Board, error) {
	var all []Board
	err := tx.NewSelect().Model(&all).Where("b.delivery_id = ?", deliveryID).Where("b.board = ?", board).Limit(1).Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("how a board is moderated: %w", db.Err(err))
	}
	if len(all) == 0 {
		return &Board{DeliveryID: deliveryID, Board: board}, nil
	}
	return &all[0], nil
}

// SaveBoard changes how a board is looked after; in.UpdatedAt is that of what the form was made of. When somebody has changed
// it since, it is Conflict. Who moderates the delivery may. Invalid names staffed and slow.
func (s *Service) SaveBoard(ctx context.Context, who *account.Person, in Board) error {
	if !Moderates(who, in.DeliveryID) {
		return errNotFound
	}
	if _, err := s.forum.Visit(ctx, who, in.DeliveryID, in.Board); err != nil {
		return err
	}
	was := in.UpdatedAt
	in.UpdatedAt, in.Staffed = s.clock(), strings.Join(strings.Fields(in.Staffed), " ")
	var f fault.Fields
	if utf8.RuneCountInString(in.Staffed) > MaxStaffed {
		f.Add("staffed", "moderation.text_long", "Max", MaxStaffed)
	}
	if in.Hold && in.Staffed == "" {
		f.Add("staffed", "moderation.staffed_missing")
	}
	if in.SlowSeconds < 0 || in.SlowSeconds > MaxSlow {
		f.Add("slow", "moderation.number", "Max", MaxSlow)
	}
	if err := f.Err(); err != nil {
		return err
	}
	return db.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		if err := db.Lock(ctx, tx, "moderation-board:"+in.DeliveryID+in.Board); err != nil {
			return err
		}
		old, err := boardOf(ctx, tx, in.DeliveryID, in.Board)
		switch {
		case err != nil:
			return err
		case old.Hold == in.Hold && old.Staffed == in.Staffed && old.SlowSeconds == in.SlowSeconds:
			return nil
		case !old.UpdatedAt.Equal(was):
			return fault.New(fault.Conflict, "moderation.settings_since")
		}
		_, err = tx.NewInsert().Model(&in).On("CONFLICT (delivery_id, board) DO UPDATE").
			Set("hold = EXCLUDED.hold, staffed = EXCLUDED.staffed, slow_seconds = EXCLUDED.slow_seconds, updated_at = EXCLUDED.updated_at").Exec(ctx)
		if err != nil {
			return fmt.Errorf("save how a board is moderated: %w", db.Err(err))
		}
		s.changed(ctx)
		return s.log(ctx, tx, Line{Actor: who.ID, Action: "board", DeliveryID: in.DeliveryID}, map[string]any{
			"board": in.Board, "hold": in.Hold, "staffed": in.Staffed, "slow": in.SlowSeconds,
		})
	})
}
