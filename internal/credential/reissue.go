package credential

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/uptrace/bun"

	"greenroom/internal/account"
	"greenroom/internal/audit"
	"greenroom/internal/db"
	"greenroom/internal/fault"
)

// Renamed counts a person's valid certificates that bear another name than theirs is now.
func (s *Service) Renamed(ctx context.Context, p *account.Person) (int, error) {
	n, err := s.db.NewSelect().Model((*Certificate)(nil)).Where("ct.person_id = ?", p.ID).Where("ct.name <> ?", p.Name).
		Where("ct.revoked_at IS NULL").Count(ctx)
	if err != nil {
		return 0, fmt.Errorf("count certificates under another name: %w", err)
	}
	return int(n), nil
}

// Reissue issues a person's certificate again under the name that they have now. The day and all else stay; the code is
// a new one. The old code goes on to be found: it says that it was replaced, and by what.
//
// The code may be an earlier one. A certificate that bears the present name already is returned unchanged, so that
// pressing twice does no harm. Forbidden while the address is unproven; Conflict for a revoked one; another's is
// NotFound.
func (s *Service) Reissue(ctx context.Context, personID, code string) (*Certificate, error) {
	own, err := s.Own(ctx, personID, code)
	if err != nil {
		return nil, err
	}
	var out *Certificate
	err = db.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		if err := db.Lock(ctx, tx, "certificate:"+own.ID); err != nil {
			return err
		}
		out = new(Certificate)
		if err := one(tx.NewSelect().Model(out).Where("ct.id = ?", own.ID).Scan(ctx)); err != nil {
			return err
		}
		p := new(account.Person)
		if err := tx.NewSelect().Model(p).Column("id", "name", "verified_at").Where("p.id = ?", personID).Scan(ctx); err != nil {
			return fmt.Errorf("read holder: %w", err)
		}
		switch {
		case !out.Valid():
			return fault.New(fault.Conflict, "credential.reissue_revoked")
		case !p.Verified():
			return fault.New(fault.Forbidden, "credential.reissue_unproven")
		case out.Name == p.Name:
			return nil
		}
		return s.reissue(ctx, tx, out, p)
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

func (s *Service) reissue(ctx context.Context, tx bun.IDB, c *Certificate, p *account.Person) error {
	now := s.clock()
	old := &past{Code: c.Code, CertificateID: c.ID, Version: c.Version, Name: c.Name, ReplacedAt: now}
	if _, err := tx.NewInsert().Model(old).Exec(ctx); err != nil {
		return fmt.Errorf("keep the earlier code: %w", err)
	}
	c.Code, c.Name, c.Version, c.ReissuedAt = newCode(), p.Name, c.Version+1, &now
	if _, err := tx.NewUpdate().Model(c).Column("code", "name", "version", "reissued_at").WherePK().Exec(ctx); err != nil {
		return fmt.Errorf("reissue certificate: %w", err)
	}
	data, err := json.Marshal(map[string]any{"certificate": c.ID, "version": c.Version})
	if err != nil {
		return err
	}
	return audit.Record(ctx, tx, audit.Entry{
		At: now, ActorID: p.ID, ActorName: p.Name, Action: "certificate.reissued", PersonID: p.ID, PersonName: p.Name,
		Subject: c.CourseKey, Data: string(data),
	})
}
