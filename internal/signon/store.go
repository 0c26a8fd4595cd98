package signon

import (
	"context"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"greenroom/internal/db"
	"greenroom/internal/fault"
	"greenroom/internal/id"
)

// find returns the identity. NotFound when nobody has it.
func (s *Service) find(ctx context.Context, tx bun.IDB, issuer, subject string) (*Identity, error) {
	i := new(Identity)
	if err := tx.NewSelect().Model(i).Where("issuer = ?", issuer).Where("subject = ?", subject).Scan(ctx); err != nil {
		return nil, fmt.Errorf("find identity: %w", db.Err(err))
	}
	return i, nil
}

// insert gives the claim's identity to the person. Conflict when somebody has it.
func (s *Service) insert(ctx context.Context, tx bun.IDB, c Claim, personID string) error {
	i := &Identity{
		Issuer: c.Issuer, Subject: c.Subject, ID: id.New(), PersonID: personID, Provider: c.Provider, Account: c.Account,
		CreatedAt: s.now(), UsedAt: s.now(),
	}
	if _, err := tx.NewInsert().Model(i).Exec(ctx); err != nil {
		return fmt.Errorf("new identity: %w", db.Err(err))
	}
	return nil
}

// used notes that an identity was used, and how it is called now.
func (s *Service) used(ctx context.Context, i *Identity, c Claim) error {
	i.UsedAt, i.Provider, i.Account = s.now(), c.Provider, c.Account
	if _, err := s.db.NewUpdate().Model(i).Column("used_at", "provider", "account").WherePK().Exec(ctx); err != nil {
		return fmt.Errorf("identity used: %w", err)
	}
	return nil
}

// spent is a secret that has been used; table signon_spent.
type spent struct {
	bun.BaseModel `bun:"table:signon_spent,alias:u"`

	Hash  string `bun:",pk"`
	Until time.Time
}

// spend uses a secret up. Conflict when it was used before, on whichever node.
func (s *Service) spend(ctx context.Context, tx bun.IDB, kind, secret string, until time.Time) error {
	r, err := tx.NewInsert().Model(&spent{Hash: digest(kind, secret), Until: until}).On("CONFLICT DO NOTHING").Exec(ctx)
	if err != nil {
		return fmt.Errorf("spend %s: %w", kind, err)
	}
	if n, err := r.RowsAffected(); err != nil || n != 1 {
		return fault.New(fault.Conflict, "signon.claim_old").Because(err)
	}
	return nil
}

// wasSpent says whether a secret was used before. It only chooses the words of a refusal.
func (s *Service) wasSpent(ctx context.Context, kind, secret string) bool {
	n, err := s.db.NewSelect().Model((*spent)(nil)).Where("hash = ?", digest(kind, secret)).Count(ctx)
	return err == nil && n > 0
}

// Clean forgets the spent secrets that would be too old by now.
func (s *Service) Clean(ctx context.Context) error {
	if _, err := s.db.NewDelete().Model((*spent)(nil)).Where("until < ?", s.now()).Exec(ctx); err != nil {
		return fmt.Errorf("old states: %w", err)
	}
	return nil
}
