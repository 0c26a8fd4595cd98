package signon

import (
	"context"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"greenroom/internal/account"
	"greenroom/internal/db"
	"greenroom/internal/fault"
)

// Identity is what an issuer calls a person; table identity. Times are UTC.
type Identity struct {
	bun.BaseModel `bun:"table:identity,alias:i"`

	Issuer    string `bun:",pk"`
	Subject   string `bun:",pk"`
	ID        string
	PersonID  string
	Provider  string // the name in the settings when it was last used
	Account   string // what the person knows it by
	CreatedAt time.Time
	UsedAt    time.Time
}

// Identities lists the person's, the oldest first.
func (s *Service) Identities(ctx context.Context, personID string) ([]Identity, error) {
	var out []Identity
	if err := s.db.NewSelect().Model(&out).Where("person_id = ?", personID).Order("created_at", "id").Limit(100).Scan(ctx); err != nil {
		return nil, fmt.Errorf("identities of %s: %w", personID, err)
	}
	return out, nil
}

// Disconnect takes an identity of the person away. Conflict when it is their last way in; NotFound when it is not theirs.
func (s *Service) Disconnect(ctx context.Context, personID, identityID string) error {
	return s.without(ctx, personID, func(ctx context.Context, tx bun.IDB, p *account.Person) error {
		i := new(Identity)
		if err := tx.NewSelect().Model(i).Where("id = ?", identityID).Where("person_id = ?", personID).Scan(ctx); err != nil {
			return db.Err(err)
		}
		if _, err := tx.NewDelete().Model(i).WherePK().Exec(ctx); err != nil {
			return fmt.Errorf("disconnect: %w", err)
		}
		if err := s.accounts.TellTx(ctx, tx, p, "disconnected", "Label", s.Label(i.Provider)); err != nil {
			return err
		}
		return s.note(ctx, tx, "signon.disconnected", p, i.Provider, "")
	})
}

// without does what takes a way in away, and undoes it when none is left. Two at once cannot take one each.
func (s *Service) without(ctx context.Context, personID string, take func(ctx context.Context, tx bun.IDB, p *account.Person) error) error {
	return s.accounts.Change(ctx, personID, func(ctx context.Context, tx bun.IDB, p *account.Person) ([]string, error) {
		if err := take(ctx, tx, p); err != nil {
			return nil, err
		}
		if p.PasswordHash != "" {
			return nil, nil
		}
		left, err := tx.NewSelect().Model((*Identity)(nil)).Where("person_id = ?", personID).Where("issuer IN (?)", bun.List(s.issuers())).Count(ctx)
		if err != nil {
			return nil, fmt.Errorf("count ways in: %w", err)
		}
		keys, err := tx.NewSelect().Model((*Passkey)(nil)).Where("person_id = ?", personID).Where("cloned_at IS NULL").Count(ctx)
		if err != nil {
			return nil, fmt.Errorf("count ways in: %w", err)
		}
		if left+keys == 0 {
			return nil, fault.New(fault.Conflict, "signon.last_way")
		}
		return nil, nil
	})
}

// issuers are those of the settings: an identity at another is no way in. Never empty, since no database takes an empty list.
func (s *Service) issuers() []string {
	out := []string{""}
	for _, p := range s.providers {
		out = append(out, p.Issuer)
	}
	return out
}

// forgetWays ends what was set up for an account before its address was first proven: see account.Service.OnProof.
func (s *Service) forgetWays(ctx context.Context, tx bun.IDB, personID string) error {
	for _, m := range []any{(*Identity)(nil), (*Passkey)(nil)} {
		if _, err := tx.NewDelete().Model(m).Where("person_id = ?", personID).Exec(ctx); err != nil {
			return fmt.Errorf("forget the ways in of %s: %w", personID, err)
		}
	}
	return nil
}

// exported is the package's part of a person's data.
type exported struct {
	Identities []exportedIdentity `json:"connected_accounts"`
	Passkeys   []exportedPasskey  `json:"passkeys"`
}

type exportedIdentity struct {
	Issuer    string    `json:"issuer"`
	Subject   string    `json:"subject"`
	Account   string    `json:"account"`
	CreatedAt time.Time `json:"connected_at"`
	UsedAt    time.Time `json:"last_used"`
}

type exportedPasskey struct {
	Name      string    `json:"name"`
	CreatedAt time.Time `json:"added_at"`
}

// Export implements account.Exporter.
func (s *Service) Export(ctx context.Context, personID string) (string, any, error) {
	out := exported{Identities: []exportedIdentity{}, Passkeys: []exportedPasskey{}}
	ids, err := s.Identities(ctx, personID)
	if err != nil {
		return "sign_on", nil, err
	}
	for _, i := range ids {
		out.Identities = append(out.Identities, exportedIdentity{i.Issuer, i.Subject, i.Account, i.CreatedAt.UTC(), i.UsedAt.UTC()})
	}
	keys, err := s.Passkeys(ctx, personID)
	if err != nil {
		return "sign_on", nil, err
	}
	for _, k := range keys {
		out.Passkeys = append(out.Passkeys, exportedPasskey{k.Name, k.CreatedAt.UTC()})
	}
	return "sign_on", out, nil
}
