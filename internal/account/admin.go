package account

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"greenroom/internal/db"
	"greenroom/internal/fault"
)

// NewAccount is what an operator says about a person to add.
type NewAccount struct{ Name, Email string }

// Add makes an account without password and returns the address where its holder sets one within an hour.
// Operators never choose or see a password. Invalid names the fields.
func (s *Service) Add(ctx context.Context, in NewAccount) (p *Person, link string, err error) {
	p = s.newPerson(KindPerson)
	p.Name, p.Email = cleanName(in.Name), strings.TrimSpace(in.Email)
	p.EmailFolded = fold(p.Email)
	var f fault.Fields
	checkName(&f, p.Name)
	checkEmail(&f, "email", p.Email)
	if err := f.Err(); err != nil {
		return nil, "", err
	}
	err = db.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		if err := s.insert(ctx, tx, p); err != nil {
			return err
		}
		link, err = s.newLink(ctx, tx, LinkReset, p.ID, p.Email)
		return err
	})
	if err != nil {
		return nil, "", err
	}
	s.log.InfoContext(ctx, "account: added", "person", p.ID)
	return p, link, nil
}

// DemoPerson is somebody whose password everybody may know: for demo sites on one's own machine only.
//
// Role is what the sign-in page calls them; it grants nothing by itself.
type DemoPerson struct {
	Name, Email, Password, Role string
	Days                        int // since when they have had their account
}

// AddDemo makes an account for a demo site, with a proven address and without the rule of length. Who is there
// already is returned unchanged.
func (s *Service) AddDemo(ctx context.Context, in DemoPerson) (*Person, error) {
	if p, err := s.ByEmail(ctx, in.Email); err == nil || !fault.Is(err, fault.NotFound) {
		return p, err
	}
	p := s.newPerson(KindPerson)
	p.Name, p.Email, p.EmailFolded, p.VerifiedAt = cleanName(in.Name), in.Email, fold(in.Email), s.now()
	p.CreatedAt = p.CreatedAt.AddDate(0, 0, -in.Days)
	var f fault.Fields
	checkName(&f, p.Name)
	checkEmail(&f, "email", p.Email)
	err := f.Err()
	if err != nil {
		return nil, err
	}
	if p.PasswordHash, err = s.hash.create(ctx, in.Password); err != nil {
		return nil, err
	}
	if err := db.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error { return s.insert(ctx, tx, p) }); err != nil {
		return nil, err
	}
	return p, nil
}

// List returns people with accounts in the order they came, after the id given ("" for the first), at most limit.
func (s *Service) List(ctx context.Context, after string, limit int) ([]Person, error) {
	var out []Person
	err := s.db.NewSelect().Model(&out).ExcludeColumn("password_hash").Where("kind = ?", KindPerson).Where("id > ?", after).
		Order("id").Limit(int64(limit)).Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("list people: %w", err)
	}
	return out, nil
}

// Disable closes an account (or opens it again): all its sessions and open links end at once.
func (s *Service) Disable(ctx context.Context, personID string, closed bool) error {
	return s.change(ctx, personID, func(ctx context.Context, tx bun.IDB, p *Person) error {
		return s.shut(ctx, tx, p, closed)
	})
}

func (s *Service) shut(ctx context.Context, tx bun.IDB, p *Person, closed bool) error {
	p.DisabledAt = time.Time{}
	if closed {
		p.DisabledAt = s.now()
	}
	if err := s.save(ctx, tx, p, "disabled_at"); err != nil {
		return err
	}
	s.log.InfoContext(ctx, "account: disabled", "person", p.ID, "closed", closed)
	if !closed {
		return nil
	}
	if err := s.endLinks(ctx, tx, p.ID, LinkVerify, LinkReset, LinkChange, LinkEnter); err != nil {
		return err
	}
	return endSessions(ctx, tx, p.ID, "")
}

// Run forgets what is over, once an hour, until ctx ends. It may run on every node.
func (s *Service) Run(ctx context.Context) error {
	t := time.NewTicker(time.Hour)
	defer t.Stop()
	for {
		if err := s.Clean(ctx); err != nil && ctx.Err() == nil {
			s.log.ErrorContext(ctx, "account: clean", "error", err.Error())
		}
		select {
		case <-ctx.Done():
			return nil
		case <-t.C:
		}
	}
}

// Clean forgets sessions that ended, links that ended a month ago, guests whose device was not seen for as long as the
// site keeps them, with all they did, accounts that hold nothing (see RemoveEmpty), and what the cleaners forget.
func (s *Service) Clean(ctx context.Context) error {
	now := s.now()
	_, err := s.db.NewDelete().Model((*session)(nil)).
		WhereOr("expires_at <= ?", now).WhereOr("seen_at <= ?", now.Add(-sessionIdle)).Exec(ctx)
	if err != nil {
		return fmt.Errorf("old sessions: %w", err)
	}
	if _, err := s.db.NewDelete().Model((*link)(nil)).Where("expires_at < ?", now.AddDate(0, -1, 0)).Exec(ctx); err != nil {
		return fmt.Errorf("old links: %w", err)
	}
	gone := s.db.NewSelect().Model((*device)(nil)).Column("person_id").
		Where("claimed_at IS NULL").Where("seen_at <= ?", now.Add(-s.guestLife()))
	_, err = s.db.NewDelete().Model((*Person)(nil)).Where("kind = ?", KindGuest).Where("id IN (?)", gone).Exec(ctx)
	if err != nil {
		return fmt.Errorf("old guests: %w", err)
	}
	if _, err := s.RemoveEmpty(ctx); err != nil {
		return err
	}
	for _, clean := range s.cleaners {
		if err := clean(ctx); err != nil {
			return err
		}
	}
	return nil
}
