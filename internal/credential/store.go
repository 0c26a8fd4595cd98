package credential

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"greenroom/internal/account"
	"greenroom/internal/fault"
)

// holder is who gets a certificate, with the cycle of the course that the record has come to; 0 when it has none.
type holder struct {
	Kind, Name, TimeZone string
	Cycle                int
}

func holderOf(ctx context.Context, tx bun.IDB, personID, courseKey string) (*holder, error) {
	h := new(holder)
	err := tx.NewRaw(`SELECT p.kind, p.name, p.time_zone, (SELECT COALESCE(MAX(le.cycle), 0) FROM learning_event AS le
		WHERE le.person_id = p.id AND le.course_key = ? AND le.activity_key = '' AND le.kind = 'completed') AS cycle
		FROM person AS p WHERE p.id = ?`, courseKey, personID).Scan(ctx, h)
	if err != nil {
		return nil, fmt.Errorf("read holder: %w", err)
	}
	return h, nil
}

func insert(ctx context.Context, tx bun.IDB, c *Certificate) error {
	_, err := tx.NewInsert().Model(c).On("CONFLICT (person_id, course_key, cycle) DO NOTHING").Returning("NULL").Exec(ctx)
	if err != nil {
		return fmt.Errorf("insert certificate: %w", err)
	}
	return nil
}

func list(ctx context.Context, tx bun.IDB, personID string) ([]Certificate, error) {
	var all []Certificate
	err := tx.NewSelect().Model(&all).Where("ct.person_id = ?", personID).OrderExpr("ct.issued_at DESC, ct.id").Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("list certificates: %w", err)
	}
	return all, nil
}

func byCode(ctx context.Context, tx bun.IDB, code string) (*Certificate, error) {
	c := new(Certificate)
	return c, one(tx.NewSelect().Model(c).Where("ct.code = ?", code).Scan(ctx))
}

// byPastCode finds the certificate that a code belonged to before it was issued again.
func byPastCode(ctx context.Context, tx bun.IDB, code string) (*Certificate, *past, error) {
	p := new(past)
	if err := one(tx.NewSelect().Model(p).Where("cp.code = ?", code).Scan(ctx)); err != nil {
		return nil, nil, err
	}
	c := new(Certificate)
	return c, p, one(tx.NewSelect().Model(c).Where("ct.id = ?", p.CertificateID).Scan(ctx))
}

// byAnyCode is byCode, and byPastCode where that finds nothing.
func byAnyCode(ctx context.Context, tx bun.IDB, code string) (*Certificate, error) {
	c, err := byCode(ctx, tx, code)
	if fault.Is(err, fault.NotFound) {
		c, _, err = byPastCode(ctx, tx, code)
	}
	return c, err
}

func one(err error) error {
	if errors.Is(err, sql.ErrNoRows) {
		return notFound()
	}
	if err != nil {
		return fmt.Errorf("read certificate: %w", err)
	}
	return nil
}

// past is a code that was printed before the certificate was issued again; table certificate_past.
type past struct {
	bun.BaseModel `bun:"table:certificate_past,alias:cp"`

	Code          string `bun:",pk"`
	CertificateID string
	Version       int
	Name          string
	ReplacedAt    time.Time
}

// pastOf returns the earlier codes of a person's certificates by certificate, newest first.
func pastOf(ctx context.Context, tx bun.IDB, personID string) (map[string][]past, error) {
	var all []past
	err := tx.NewSelect().Model(&all).Join("JOIN certificate AS ct ON ct.id = cp.certificate_id").
		Where("ct.person_id = ?", personID).OrderExpr("cp.version DESC").Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("read earlier certificates: %w", err)
	}
	by := map[string][]past{}
	for _, p := range all {
		by[p.CertificateID] = append(by[p.CertificateID], p)
	}
	return by, nil
}

// kept is what stays of a certificate whose holder's account is gone; table certificate_kept. A code that was replaced
// has neither name nor course nor day, only what replaced it.
type kept struct {
	bun.BaseModel `bun:"table:certificate_kept,alias:ck"`

	Code         string `bun:",pk"`
	CourseTitle  string
	Name         string
	IssuedOn     string
	ReplacedBy   string
	ReplacedOn   string
	KeptAt       time.Time
	RevokedAt    *time.Time
	RevokeReason string
	RevokeShown  string
}

func keptByCode(ctx context.Context, tx bun.IDB, code string) (*kept, error) {
	k := new(kept)
	return k, one(tx.NewSelect().Model(k).Where("ck.code = ?", code).Scan(ctx))
}

// Doctor returns a line for each certificate without a completion in the record, and for each completion of a person
// with an account without a certificate.
func (s *Service) Doctor(ctx context.Context) ([]string, error) {
	var rows []struct{ PersonID, CourseKey, What string }
	err := s.db.NewRaw(`
		SELECT ct.person_id, ct.course_key, 'certificate without completion' AS what FROM certificate AS ct
		WHERE NOT EXISTS (SELECT 1 FROM learning_event AS le WHERE le.person_id = ct.person_id
			AND le.course_key = ct.course_key AND le.activity_key = '' AND le.kind = 'completed' AND le.cycle = ct.cycle)
		UNION ALL
		SELECT le.person_id, le.course_key, 'completion without certificate' AS what FROM learning_event AS le
		JOIN person AS p ON p.id = le.person_id AND p.kind <> ?
		WHERE le.kind = 'completed' AND NOT EXISTS (SELECT 1 FROM learning_event AS r WHERE r.person_id = le.person_id
			AND r.course_key = le.course_key AND r.activity_key = '' AND r.kind = 'reopened' AND r.cycle = le.cycle)
		AND NOT EXISTS (SELECT 1 FROM certificate AS ct WHERE ct.person_id = le.person_id
			AND ct.course_key = le.course_key AND ct.cycle = le.cycle)`, account.KindGuest).Scan(ctx, &rows)
	if err != nil {
		return nil, fmt.Errorf("compare certificates with the record: %w", err)
	}
	var out []string
	for _, r := range rows {
		out = append(out, fmt.Sprintf("%s: person %s, course %s", r.What, r.PersonID, r.CourseKey))
	}
	return out, nil
}
