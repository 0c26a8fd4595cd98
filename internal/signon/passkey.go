package signon

import (
	"context"
	"fmt"
	"time"

	"github.com/uptrace/bun"
)

// Passkey is one of a person's; table passkey. Times are UTC.
type Passkey struct {
	bun.BaseModel `bun:"table:passkey,alias:k"`

	ID           string `bun:",pk"`
	CredentialID string
	PersonID     string
	Name         string
	Data         string // JSON of webauthn.Credential
	CreatedAt    time.Time
	UsedAt       time.Time `bun:",nullzero"`
	ClonedAt     time.Time `bun:",nullzero"` // it seems to be there twice: refused from then on
}

// Passkeys lists the person's, the oldest first.
func (s *Service) Passkeys(ctx context.Context, personID string) ([]Passkey, error) {
	var out []Passkey
	if err := s.db.NewSelect().Model(&out).Where("person_id = ?", personID).Order("created_at", "id").Limit(100).Scan(ctx); err != nil {
		return nil, fmt.Errorf("passkeys of %s: %w", personID, err)
	}
	return out, nil
}

type passkeys struct{}

func newPasskeys(Options) (*passkeys, error) { return &passkeys{}, nil }
