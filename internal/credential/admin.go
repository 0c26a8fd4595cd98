package credential

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/uptrace/bun"

	"greenroom/internal/account"
	"greenroom/internal/audit"
	"greenroom/internal/db"
	"greenroom/internal/fault"
)

// PageSize is how many certificates Search returns at most.
const PageSize = 50

// The states that Search can ask for; "" is every certificate of an account that exists.
const (
	StateValid   = "valid"
	StateRevoked = "revoked"
	StateKept    = "kept" // of accounts that are gone
)

// Query chooses certificates. Text is looked for in names, addresses and course titles, in any case, or is a code.
type Query struct {
	Text, State string
	Page        int // from 1
}

// Row is a certificate as administrators see it in a list.
type Row struct {
	Code, Name, CourseTitle, IssuedOn, PersonID, Email string
	RevokedAt                                          *time.Time
}

// Grouped is the code as it is printed.
func (r Row) Grouped() string { return Group(r.Code) }

// Day is IssuedOn as a time, for printing.
func (r Row) Day() time.Time { return day(r.IssuedOn) }

// Search returns one page of certificates, newest first, and how many there are in all. A code finds the certificate
// that has it or had it, whatever the state asked for.
func (s *Service) Search(ctx context.Context, q Query) ([]Row, int, error) {
	if stored, ok := normalise(q.Text); ok {
		return s.searchCode(ctx, stored)
	}
	var rows []Row
	var sel *bun.SelectQuery
	columns := []string{"ct.name", "ct.course_title"}
	if q.State == StateKept {
		columns = []string{"ck.name", "ck.course_title"}
		sel = s.db.NewSelect().TableExpr("certificate_kept AS ck").ColumnExpr("ck.code, ck.name, ck.course_title, ck.issued_on, ck.revoked_at").
			Where("ck.replaced_by = ''").OrderExpr("ck.kept_at DESC, ck.code")
	} else {
		columns = append(columns, "p.email_folded")
		sel = s.db.NewSelect().TableExpr("certificate AS ct").Join("JOIN person AS p ON p.id = ct.person_id").
			ColumnExpr("ct.code, ct.name, ct.course_title, ct.issued_on, ct.revoked_at, ct.person_id, COALESCE(p.email, '') AS email").
			OrderExpr("ct.issued_at DESC, ct.id")
		switch q.State {
		case StateValid:
			sel = sel.Where("ct.revoked_at IS NULL")
		case StateRevoked:
			sel = sel.Where("ct.revoked_at IS NOT NULL")
		}
	}
	for _, w := range words(q.Text) {
		sel = sel.WhereGroup(" AND ", func(g *bun.SelectQuery) *bun.SelectQuery {
			for _, c := range columns {
				// SQLite folds ASCII only, so what was typed is looked for as it is, too.
				g = g.WhereOr("LOWER(?) LIKE ? ESCAPE '!'", bun.Safe(c), like(strings.ToLower(w))).WhereOr("? LIKE ? ESCAPE '!'", bun.Safe(c), like(w))
			}
			return g
		})
	}
	n, err := sel.Limit(PageSize).Offset(int64(PageSize*max(0, q.Page-1))).ScanAndCount(ctx, &rows)
	if err != nil {
		return nil, 0, fmt.Errorf("search certificates: %w", err)
	}
	return rows, int(n), nil
}

// words are what to look for, at most eight.
func words(text string) []string {
	all := strings.Fields(text)
	return all[:min(len(all), 8)]
}

func like(s string) string {
	return "%" + strings.NewReplacer("!", "!!", "%", "!%", "_", "!_").Replace(s) + "%"
}

func (s *Service) searchCode(ctx context.Context, stored string) ([]Row, int, error) {
	d, err := s.detail(ctx, stored)
	if fault.Is(err, fault.NotFound) {
		return nil, 0, nil
	}
	if err != nil {
		return nil, 0, err
	}
	return []Row{d.Row}, 1, nil
}

// Detail is one certificate as administrators see it.
type Detail struct {
	Row
	Certificate *Certificate // nil when the holder's account is gone
	Earlier     []Earlier    // codes that were replaced, newest first
	Reason      string       // of the revocation
	Shown       string       // what the public page says of it
	KeptAt      time.Time    // when the account went; zero while there is one
}

// Earlier is a code from before a reissue.
type Earlier struct {
	Code, Name string // Name is "" once the account is gone
	ReplacedAt time.Time
}

// Grouped is the code as it is printed.
func (e Earlier) Grouped() string { return Group(e.Code) }

// Detail finds a certificate by its present or an earlier code.
func (s *Service) Detail(ctx context.Context, code string) (*Detail, error) {
	stored, ok := normalise(code)
	if !ok {
		return nil, notFound()
	}
	return s.detail(ctx, stored)
}

func (s *Service) detail(ctx context.Context, stored string) (*Detail, error) {
	c, err := byAnyCode(ctx, s.db, stored)
	if fault.Is(err, fault.NotFound) {
		return s.keptDetail(ctx, stored)
	}
	if err != nil {
		return nil, err
	}
	d := &Detail{Certificate: c, Reason: c.RevokeReason, Shown: c.RevokeShown, Row: Row{
		Code: c.Code, Name: c.Name, CourseTitle: c.CourseTitle, IssuedOn: c.IssuedOn, PersonID: c.PersonID, RevokedAt: c.RevokedAt,
	}}
	if err := s.db.NewSelect().TableExpr("person").ColumnExpr("COALESCE(email, '')").Where("id = ?", c.PersonID).Scan(ctx, &d.Email); err != nil {
		return nil, one(err)
	}
	before, err := pastOf(ctx, s.db, c.PersonID)
	if err != nil {
		return nil, err
	}
	for _, p := range before[c.ID] {
		d.Earlier = append(d.Earlier, Earlier{p.Code, p.Name, p.ReplacedAt})
	}
	return d, nil
}

func (s *Service) keptDetail(ctx context.Context, stored string) (*Detail, error) {
	k, err := keptByCode(ctx, s.db, stored)
	if err == nil && k.ReplacedBy != "" {
		k, err = keptByCode(ctx, s.db, k.ReplacedBy)
	}
	if err != nil {
		return nil, err
	}
	d := &Detail{KeptAt: k.KeptAt, Reason: k.RevokeReason, Shown: k.RevokeShown, Row: Row{
		Code: k.Code, Name: k.Name, CourseTitle: k.CourseTitle, IssuedOn: k.IssuedOn, RevokedAt: k.RevokedAt,
	}}
	var before []kept
	if err := s.db.NewSelect().Model(&before).Where("ck.replaced_by = ?", k.Code).OrderExpr("ck.replaced_on DESC").Scan(ctx); err != nil {
		return nil, fmt.Errorf("read earlier certificates: %w", err)
	}
	for _, b := range before {
		d.Earlier = append(d.Earlier, Earlier{b.Code, "", day(b.ReplacedOn)})
	}
	return d, nil
}

// Revocation is why a certificate ends. Show lets the public page say the reason.
type Revocation struct {
	Reason string
	Show   bool
}

// Lengths of a reason, in characters.
const (
	minReason = 3
	maxReason = 500
)

func reason(text string) (string, error) {
	text = strings.TrimSpace(text)
	var f fault.Fields
	switch n := utf8.RuneCountInString(text); {
	case n < minReason:
		f.Add("reason", "credential.reason_missing")
	case n > maxReason:
		f.Add("reason", "credential.reason_long", "N", maxReason)
	}
	return text, f.Err()
}

// Revoke ends a certificate's validity; its check page says so from then on, and its earlier codes' too. Revoking again
// changes the reason, not the day. Invalid on "reason". A nil actor is an operator at the command line.
func (s *Service) Revoke(ctx context.Context, actor *account.Person, code string, in Revocation) error {
	why, err := reason(in.Reason)
	if err != nil {
		return err
	}
	shown := ""
	if in.Show {
		shown = why
	}
	return s.rule(ctx, actor, code, "certificate.revoked", why, func(at *time.Time, now time.Time) (*time.Time, string, string) {
		if at == nil {
			at = &now
		}
		return at, why, shown
	})
}

// Reinstate makes a revoked certificate valid again. Invalid on "reason"; Conflict when it is valid.
func (s *Service) Reinstate(ctx context.Context, actor *account.Person, code, text string) error {
	why, err := reason(text)
	if err != nil {
		return err
	}
	return s.rule(ctx, actor, code, "certificate.reinstated", why, func(at *time.Time, _ time.Time) (*time.Time, string, string) {
		return nil, "", ""
	})
}

// rule is one decision about a certificate, of an account or kept, with its line in the audit log.
func (s *Service) rule(ctx context.Context, actor *account.Person, code, action, why string,
	next func(at *time.Time, now time.Time) (revokedAt *time.Time, reason, shown string)) error {
	stored, ok := normalise(code)
	if !ok {
		return notFound()
	}
	return db.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		now := s.clock()
		e := audit.Entry{At: now, Action: action, Reason: why}
		if actor != nil {
			e.ActorID, e.ActorName = actor.ID, actor.Name
		}
		c, err := byAnyCode(ctx, tx, stored)
		switch {
		case err == nil:
			if action == "certificate.reinstated" && c.Valid() {
				return fault.New(fault.Conflict, "credential.is_valid")
			}
			c.RevokedAt, c.RevokeReason, c.RevokeShown = next(c.RevokedAt, now)
			e.PersonID, e.PersonName, e.Subject, e.Data = c.PersonID, c.Name, c.CourseKey, about(c.ID)
			_, err = tx.NewUpdate().Model(c).Column("revoked_at", "revoke_reason", "revoke_shown").WherePK().Exec(ctx)
		case fault.Is(err, fault.NotFound):
			var k *kept
			if k, err = keptByCode(ctx, tx, stored); err == nil && k.ReplacedBy != "" {
				k, err = keptByCode(ctx, tx, k.ReplacedBy)
			}
			if err != nil {
				return err
			}
			if action == "certificate.reinstated" && k.RevokedAt == nil {
				return fault.New(fault.Conflict, "credential.is_valid")
			}
			k.RevokedAt, k.RevokeReason, k.RevokeShown = next(k.RevokedAt, now)
			e.Subject = k.CourseTitle
			_, err = tx.NewUpdate().Model(k).Column("revoked_at", "revoke_reason", "revoke_shown").WherePK().Exec(ctx)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", action, err)
		}
		return audit.Record(ctx, tx, e)
	})
}

func about(id string) string {
	raw, _ := json.Marshal(map[string]string{"certificate": id}) // strings always encode
	return string(raw)
}

// Forget removes what is kept of a certificate whose holder's account is gone, with its earlier codes: they may have
// changed their mind, and have no other way. Invalid on "reason"; NotFound where nothing is kept under the code.
func (s *Service) Forget(ctx context.Context, actor *account.Person, code, text string) error {
	why, err := reason(text)
	if err != nil {
		return err
	}
	d, err := s.Detail(ctx, code)
	if err != nil {
		return err
	}
	if d.Certificate != nil {
		return notFound()
	}
	return db.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		_, err := tx.NewDelete().Model((*kept)(nil)).Where("code = ? OR replaced_by = ?", d.Code, d.Code).Exec(ctx)
		if err != nil {
			return fmt.Errorf("forget a certificate: %w", err)
		}
		e := audit.Entry{At: s.clock(), Action: "certificate.forgotten", Subject: d.CourseTitle, Reason: why}
		if actor != nil {
			e.ActorID, e.ActorName = actor.ID, actor.Name
		}
		return audit.Record(ctx, tx, e)
	})
}
