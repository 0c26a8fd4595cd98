package site

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/uptrace/bun"

	"greenroom/internal/account"
	"greenroom/internal/audit"
	"greenroom/internal/db"
	"greenroom/internal/fault"
)

// MaxName is how long the site's name may be, in characters.
const MaxName = 40

// Look is how the site looks: its name, and the colours that it has chosen, as #rrggbb. What is "" is the product's own.
type Look struct {
	bun.BaseModel `bun:"table:site_look,alias:l"`

	ID         int64 `bun:",pk"`
	Name       string
	BrandLight string // links, buttons, marks on light paper
	BrandDark  string // the same on dark paper
	Accent     string // the stripe under titles and what is picked out, on both
	Version    int64  // rises with each change: two who change it at once do not undo each other
	UpdatedAt  time.Time
}

// Plain says whether nothing but the name was chosen.
func (l Look) Plain() bool { return l.BrandLight == "" && l.BrandDark == "" && l.Accent == "" }

// shown is the look with what pages need of it.
type shown struct {
	look  Look
	style string // "" for a plain one
	hash  string
}

// look is what this node shows now.
type lookCache struct{ at atomic.Pointer[shown] }

// Look returns how the site looks now, from memory. Changes of other nodes are seen within a few seconds (Run).
func (s *Service) Look() Look { return s.shown().look }

// Style returns the name and the text of the style sheet with the site's own colours; both "" where it has none.
func (s *Service) Style() (name, css string) {
	x := s.shown()
	if x.style == "" {
		return "", ""
	}
	return x.hash + ".css", x.style
}

func (s *Service) shown() *shown {
	if x := s.look.at.Load(); x != nil {
		return x
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	if err := s.refresh(ctx); err != nil {
		return &shown{} // pages are shown all the same
	}
	return s.look.at.Load()
}

// refresh reads the look again.
func (s *Service) refresh(ctx context.Context) error {
	var l Look
	err := s.db.NewSelect().Model(&l).Where("id = 1").Scan(ctx)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return fmt.Errorf("look of the site: %w", db.Err(err))
	}
	s.look.at.Store(made(l))
	return nil
}

func made(l Look) *shown {
	x := &shown{look: l}
	if !l.Plain() {
		x.style = l.sheet()
		h := sha256.Sum256([]byte(x.style))
		x.hash = hex.EncodeToString(h[:8])
	}
	return x
}

// Run looks every few seconds whether another node has changed the look, until ctx ends.
func (s *Service) Run(ctx context.Context) error {
	t := time.NewTicker(3 * time.Second)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-t.C:
		}
		if err := s.refresh(ctx); err != nil && ctx.Err() == nil {
			s.opts.Log.WarnContext(ctx, "the look of the site is not read again", "error", err.Error())
		}
	}
}

// SetLook changes how the site looks. Version must be the one that the change began from: Conflict where somebody was
// faster. Invalid names the fields name, brand_light, brand_dark and accent; a colour that cannot be read on the
// surfaces it lies on is Invalid with the pair and its figure.
func (s *Service) SetLook(ctx context.Context, actor *account.Person, l Look) error {
	l.Name = strings.Join(strings.Fields(l.Name), " ")
	l.BrandLight, l.BrandDark, l.Accent = strings.ToLower(l.BrandLight), strings.ToLower(l.BrandDark), strings.ToLower(l.Accent)
	if err := l.Check(); err != nil {
		return err
	}
	was := l.Version
	l.ID, l.Version, l.UpdatedAt = 1, was+1, s.now()
	err := db.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		if err := db.Lock(ctx, tx, "site look"); err != nil {
			return err
		}
		var now Look
		if err := tx.NewSelect().Model(&now).Where("id = 1").Scan(ctx); err != nil && !errors.Is(err, sql.ErrNoRows) {
			return fmt.Errorf("look of the site: %w", err)
		}
		if now.Version != was {
			return fault.New(fault.Conflict, "admin.look.overtaken")
		}
		_, err := tx.NewInsert().Model(&l).On("CONFLICT (id) DO UPDATE").Set("name = EXCLUDED.name").Set("brand_light = EXCLUDED.brand_light").
			Set("brand_dark = EXCLUDED.brand_dark").Set("accent = EXCLUDED.accent").Set("version = EXCLUDED.version").Set("updated_at = EXCLUDED.updated_at").Exec(ctx)
		if err != nil {
			return fmt.Errorf("change the look: %w", err)
		}
		return s.note(ctx, tx, actor, "site.look_changed", strings.Join([]string{l.Name, l.BrandLight, l.BrandDark, l.Accent}, " "), "")
	})
	if err != nil {
		return err
	}
	s.look.at.Store(made(l))
	return nil
}

// note writes an act into the audit log.
func (s *Service) note(ctx context.Context, tx bun.IDB, actor *account.Person, action, subject, reason string) error {
	e := audit.Entry{At: s.now(), Action: action, Subject: subject, Reason: reason}
	if actor != nil {
		e.ActorID, e.ActorName = actor.ID, actor.Name
	}
	return audit.Record(ctx, tx, e)
}

// Check says what is wrong with a look, as an Invalid fault.
func (l Look) Check() error {
	var f fault.Fields
	if n := utf8.RuneCountInString(l.Name); n > MaxName {
		f.Add("name", "admin.look.name_long", "N", MaxName)
	}
	if strings.ContainsFunc(l.Name, func(r rune) bool { return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) }) {
		f.Add("name", "admin.look.name_odd")
	}
	for name, v := range map[string]string{"brand_light": l.BrandLight, "brand_dark": l.BrandDark, "accent": l.Accent} {
		if _, is := parseColour(v); v != "" && !is {
			f.Add(name, "admin.look.no_colour")
		}
	}
	if err := f.Err(); err != nil {
		return err
	}
	for _, p := range l.Pairs() {
		if p.Bad() {
			f.Add(p.Field, "admin.look.contrast_"+p.Theme, "Ink", p.Ink, "On", p.On, "Figure", p.Figure(), "Least", p.LeastFigure(), "Instead", l.instead(p.Field))
			break // the first is enough: one colour mends all
		}
	}
	return f.Err()
}
