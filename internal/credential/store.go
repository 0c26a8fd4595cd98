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

func holder(ctx context.Context, tx bun.IDB, personID string) (*account.Person, error) {
	p := new(account.Person)
	err := tx.NewSelect().Model(p).Column("id", "kind", "name", "time_zone").Where("p.id = ?", personID).Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("read holder: %w", err)
	}
	return p, nil
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
	err := tx.NewSelect().Model(c).Where("ct.code = ?", code).Scan(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, fault.New(fault.NotFound, "credential.not_found")
	}
	if err != nil {
		return nil, fmt.Errorf("read certificate: %w", err)
	}
	return c, nil
}

func revoke(ctx context.Context, tx bun.IDB, id string, at time.Time) error {
	_, err := tx.NewUpdate().Model((*Certificate)(nil)).Set("revoked_at = ?", at).
		Where("ct.id = ?", id).Where("ct.revoked_at IS NULL").Exec(ctx)
	if err != nil {
		return fmt.Errorf("revoke certificate: %w", err)
	}
	return nil
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
		WHERE le.kind = 'completed' AND NOT EXISTS (SELECT 1 FROM certificate AS ct WHERE ct.person_id = le.person_id
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
