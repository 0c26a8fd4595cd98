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
	"greenroom/internal/markdown"
)

// Rules is one edition of the house rules; table moderation_rules. Edition 1 comes with the product.
type Rules struct {
	bun.BaseModel `bun:"table:moderation_rules,alias:h"`

	Version     int `bun:",pk"`
	Body        string
	PublishedAt time.Time
	PublishedBy string
}

// HTML is the rules as they are shown.
func (r *Rules) HTML() markdown.HTML { return markdown.User(r.Body) }

// accepted is that somebody accepted an edition; table moderation_accepted.
type accepted struct {
	bun.BaseModel `bun:"table:moderation_accepted,alias:a"`

	PersonID string `bun:",pk"`
	Version  int    `bun:",pk"`
	At       time.Time
}

// Rules are the house rules that hold now.
func (s *Service) Rules(ctx context.Context) (*Rules, error) { return s.rules(ctx, s.db) }

func (s *Service) rules(ctx context.Context, tx bun.IDB) (*Rules, error) {
	var all []Rules
	if err := tx.NewSelect().Model(&all).OrderExpr("h.version DESC").Limit(1).Scan(ctx); err != nil {
		return nil, fmt.Errorf("read the house rules: %w", db.Err(err))
	}
	if len(all) == 0 {
		first := s.firstRules()
		return &first, nil
	}
	return &all[0], nil
}

// Editions are all of the house rules, the newest first. The first has no time where it came with the product.
func (s *Service) Editions(ctx context.Context) ([]Rules, error) {
	var all []Rules
	if err := s.db.NewSelect().Model(&all).OrderExpr("h.version DESC").Limit(500).Scan(ctx); err != nil {
		return nil, fmt.Errorf("read the editions of the house rules: %w", db.Err(err))
	}
	if len(all) == 0 || all[len(all)-1].Version > 1 {
		all = append(all, s.firstRules())
	}
	return all, nil
}

func (s *Service) firstRules() Rules {
	return Rules{Version: 1, Body: s.opts.Words.Printer("").T("moderation.first_rules")}
}

// Accepted is when the person has accepted an edition; nil when they have not.
func (s *Service) Accepted(ctx context.Context, personID string, version int) (*time.Time, error) {
	var all []accepted
	err := s.db.NewSelect().Model(&all).Where("a.person_id = ?", personID).Where("a.version = ?", version).Scan(ctx)
	if err != nil || len(all) == 0 {
		return nil, db.Err(err)
	}
	return &all[0].At, nil
}

func (s *Service) accept(ctx context.Context, tx bun.IDB, all []accepted) error {
	if len(all) == 0 {
		return nil
	}
	if _, err := tx.NewInsert().Model(&all).On("CONFLICT DO NOTHING").Exec(ctx); err != nil {
		return fmt.Errorf("accept the house rules: %w", db.Err(err))
	}
	people := make([]string, len(all))
	for i, a := range all {
		people[i] = a.PersonID
	}
	s.changed(ctx, people...)
	return nil
}

// Accept notes that the person has accepted an edition; an older one than holds now is Conflict, since it changed
// while they read.
func (s *Service) Accept(ctx context.Context, personID string, version int) error {
	return db.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		r, err := s.rules(ctx, tx)
		if err != nil {
			return err
		}
		if r.Version != version {
			return fault.New(fault.Conflict, "moderation.rules_changed")
		}
		return s.accept(ctx, tx, []accepted{{PersonID: personID, Version: version, At: s.clock()}})
	})
}

// Publish makes a new edition, which everybody has to accept before they write again. from is the edition that the form was made
// of: when a newer one holds since, it is Conflict. Administrators only. Invalid names the field body.
func (s *Service) Publish(ctx context.Context, who *account.Person, from int, body string) error {
	if who == nil || !who.Can(account.RoleAdmin, "") {
		return errNotFound
	}
	body = strings.TrimSpace(strings.ReplaceAll(body, "\r\n", "\n"))
	var f fault.Fields
	if n := utf8.RuneCountInString(body); n < 100 || n > MaxRules {
		f.Add("body", "moderation.rules_length", "Max", MaxRules)
	}
	if err := f.Err(); err != nil {
		return err
	}
	return db.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		if err := db.Lock(ctx, tx, "moderation-rules"); err != nil {
			return err
		}
		old, err := s.rules(ctx, tx)
		if err != nil {
			return err
		}
		if old.Body == body {
			return nil
		}
		if old.Version != from {
			return fault.New(fault.Conflict, "moderation.settings_since")
		}
		r := &Rules{Version: old.Version + 1, Body: body, PublishedAt: s.clock(), PublishedBy: who.ID}
		if _, err := tx.NewInsert().Model(r).Exec(ctx); err != nil {
			return fmt.Errorf("publish rules: %w", db.Err(err))
		}
		s.changed(ctx)
		return s.log(ctx, tx, Line{Actor: who.ID, Action: "rules"}, map[string]any{"version": r.Version})
	})
}
