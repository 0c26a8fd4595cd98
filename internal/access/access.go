// Package access keeps who may do what beyond learning: roles, granted to people for the whole site or for one
// delivery, each with who granted it, when and why.
//
// The grants stand in the table role_grant; what sessions ask is the person's own text of them (account.Powers),
// written in the same transaction. Every grant and every revocation is in the audit log.
package access

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/uptrace/bun"

	"greenroom/internal/account"
	"greenroom/internal/audit"
	"greenroom/internal/db"
	"greenroom/internal/fault"
)

// Lengths of the reason, in characters.
const (
	MinReason = 3
	MaxReason = 500
)

// Grant is one role of one person; table role_grant. Times are UTC.
type Grant struct {
	bun.BaseModel `bun:"table:role_grant,alias:g"`

	PersonID   string `bun:",pk"`
	Role       string `bun:",pk"`
	DeliveryID string `bun:",pk"` // "" is the whole site
	GrantedBy  string // id; "" is an operator at the command line
	GrantedAt  time.Time
	Reason     string
	ExpiresAt  *time.Time // nil: until revoked
}

// Live says whether the grant holds at a time.
func (g Grant) Live(now time.Time) bool { return g.ExpiresAt == nil || now.Before(*g.ExpiresAt) }

// SiteRoles and DeliveryRoles are what can be granted where.
var (
	SiteRoles     = []string{account.RoleTrainer, account.RoleModerator, account.RoleAuthor, account.RoleAdmin}
	DeliveryRoles = []string{account.RoleTrainer, account.RoleModerator}
)

// Service grants and revokes. It is safe for use by many goroutines.
type Service struct {
	db       *bun.DB
	accounts *account.Service
	now      func() time.Time
}

// New makes the service.
func New(d *bun.DB, a *account.Service, now func() time.Time) *Service {
	return &Service{db: d, accounts: a, now: now}
}

// May says whether actor may grant and revoke the role there: administrators everything, a delivery's trainers the
// roles of their delivery. A nil actor is an operator at the command line, who may.
func May(actor *account.Person, role, deliveryID string) bool {
	switch {
	case actor == nil || actor.Can(account.RoleAdmin, ""):
		return true
	case deliveryID == "" || !slices.Contains(DeliveryRoles, role):
		return false
	}
	return actor.Can(account.RoleTrainer, deliveryID)
}

// Grant gives a person a role. GrantedBy and GrantedAt are set here. Granting again replaces reason and end. Invalid
// names the fields role, reason and expires; Forbidden when actor may not; NotFound when there is no such person;
// guests and closed accounts are Invalid.
func (s *Service) Grant(ctx context.Context, actor *account.Person, g Grant) error {
	defer s.accounts.Forget()
	return db.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error { return s.GrantTx(ctx, tx, actor, g) })
}

// GrantTx is Grant within the caller's transaction, for who makes something and is to lead it. Call
// account.Service.Forget after the commit, so that the next page knows.
func (s *Service) GrantTx(ctx context.Context, tx bun.IDB, actor *account.Person, g Grant) error {
	if err := s.check(actor, &g); err != nil {
		return err
	}
	return s.accounts.ChangeTx(ctx, tx, g.PersonID, func(p *account.Person) ([]string, error) {
		if p.Guest() || p.Disabled() {
			var f fault.Fields
			f.Add("person", "access.no_account")
			return nil, f.Err()
		}
		_, err := tx.NewInsert().Model(&g).On("CONFLICT (person_id, role, delivery_id) DO UPDATE").
			Set("granted_by = EXCLUDED.granted_by").Set("granted_at = EXCLUDED.granted_at").
			Set("reason = EXCLUDED.reason").Set("expires_at = EXCLUDED.expires_at").Exec(ctx)
		if err != nil {
			return nil, fmt.Errorf("grant: %w", err)
		}
		return s.write(ctx, tx, actor, p, "role.granted", g)
	})
}

func (s *Service) check(actor *account.Person, g *Grant) error {
	g.GrantedAt, g.Reason = s.now(), strings.TrimSpace(g.Reason)
	if actor != nil {
		g.GrantedBy = actor.ID
	}
	var f fault.Fields
	allowed := SiteRoles
	if g.DeliveryID != "" {
		allowed = DeliveryRoles
	}
	if !slices.Contains(allowed, g.Role) {
		f.Add("role", "access.role_unknown")
	}
	checkReason(&f, g.Reason)
	if g.ExpiresAt != nil {
		at := g.ExpiresAt.UTC().Truncate(time.Second)
		g.ExpiresAt = &at
		if !at.After(g.GrantedAt) {
			f.Add("expires", "access.expires_past")
		}
	}
	if err := f.Err(); err != nil {
		return err
	}
	if !May(actor, g.Role, g.DeliveryID) {
		return fault.New(fault.Forbidden, "access.may_not")
	}
	return nil
}

func checkReason(f *fault.Fields, reason string) {
	switch n := utf8.RuneCountInString(reason); {
	case n < MinReason:
		f.Add("reason", "access.reason_missing")
	case n > MaxReason:
		f.Add("reason", "access.reason_long", "N", MaxReason)
	}
}

// Revoke takes a role away. A role that the person has not is NotFound. The last administrator stays: Conflict.
func (s *Service) Revoke(ctx context.Context, actor *account.Person, personID, role, deliveryID, reason string) error {
	var f fault.Fields
	reason = strings.TrimSpace(reason)
	checkReason(&f, reason)
	if err := f.Err(); err != nil {
		return err
	}
	if !May(actor, role, deliveryID) {
		return fault.New(fault.Forbidden, "access.may_not")
	}
	return s.accounts.Change(ctx, personID, func(ctx context.Context, tx bun.IDB, p *account.Person) ([]string, error) {
		if role == account.RoleAdmin {
			if err := s.another(ctx, tx, personID); err != nil {
				return nil, err
			}
		}
		res, err := tx.NewDelete().Model((*Grant)(nil)).Where("person_id = ?", personID).Where("role = ?", role).
			Where("delivery_id = ?", deliveryID).Exec(ctx)
		if err != nil {
			return nil, fmt.Errorf("revoke: %w", err)
		}
		if n, err := res.RowsAffected(); err != nil || n == 0 {
			return nil, fault.New(fault.NotFound, "access.not_granted").Because(err)
		}
		return s.write(ctx, tx, actor, p, "role.revoked", Grant{Role: role, DeliveryID: deliveryID, Reason: reason})
	})
}

// another makes sure that somebody else is administrator without end; two who take it from each other take turns.
func (s *Service) another(ctx context.Context, tx bun.IDB, personID string) error {
	if err := db.Lock(ctx, tx, "administrators"); err != nil {
		return err
	}
	n, err := tx.NewSelect().Model((*Grant)(nil)).Join("JOIN person AS p ON p.id = g.person_id").
		Where("g.role = ?", account.RoleAdmin).Where("g.delivery_id = ''").Where("g.person_id <> ?", personID).
		Where("g.expires_at IS NULL").Where("p.disabled_at IS NULL").Count(ctx)
	if err != nil {
		return fmt.Errorf("count administrators: %w", err)
	}
	if n == 0 {
		return fault.New(fault.Conflict, "access.last_admin")
	}
	return nil
}

// write puts the person's grants into their row and the change into the log.
func (s *Service) write(ctx context.Context, tx bun.IDB, actor, p *account.Person, action string, g Grant) ([]string, error) {
	all, err := of(ctx, tx, p.ID)
	if err != nil {
		return nil, err
	}
	powers := make([]account.Power, 0, len(all))
	for _, x := range all {
		w := account.Power{Role: x.Role, DeliveryID: x.DeliveryID}
		if x.ExpiresAt != nil {
			w.Ends = *x.ExpiresAt
		}
		powers = append(powers, w)
	}
	p.Powers = account.PowersOf(powers)
	e := audit.Entry{
		At: s.now(), Action: action, PersonID: p.ID, PersonName: p.Name, DeliveryID: g.DeliveryID, Subject: g.Role, Reason: g.Reason,
	}
	if actor != nil {
		e.ActorID, e.ActorName = actor.ID, actor.Name
	}
	if g.ExpiresAt != nil {
		raw, err := json.Marshal(map[string]any{"expires_at": g.ExpiresAt})
		if err != nil {
			return nil, err
		}
		e.Data = string(raw)
	}
	return []string{"role"}, audit.Record(ctx, tx, e)
}

func of(ctx context.Context, tx bun.IDB, personID string) ([]Grant, error) {
	var all []Grant
	err := tx.NewSelect().Model(&all).Where("g.person_id = ?", personID).OrderExpr("g.delivery_id, g.role").Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("grants of a person: %w", err)
	}
	return all, nil
}

// Of returns a person's grants, those that have ended too, site-wide ones first.
func (s *Service) Of(ctx context.Context, personID string) ([]Grant, error) {
	return of(ctx, s.db, personID)
}

// In returns the grants for one delivery, oldest first; for "" those for the whole site.
func (s *Service) In(ctx context.Context, deliveryID string) ([]Grant, error) {
	var all []Grant
	err := s.db.NewSelect().Model(&all).Where("g.delivery_id = ?", deliveryID).OrderExpr("g.granted_at, g.person_id, g.role").Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("grants in a delivery: %w", err)
	}
	return all, nil
}

// Holders is a subquery: the ids of those who hold one of the roles in one of the deliveries at now, "" being the whole
// site. Whose account is closed holds none.
func Holders(tx bun.IDB, now time.Time, roles []string, deliveryIDs ...string) *bun.SelectQuery {
	return tx.NewSelect().Model((*Grant)(nil)).Column("g.person_id").Distinct().
		Where("g.role IN (?)", bun.List(roles)).Where("g.delivery_id IN (?)", bun.List(deliveryIDs)).
		Where("(g.expires_at IS NULL OR g.expires_at > ?)", now).
		Where("EXISTS (SELECT 1 FROM person AS h WHERE h.id = g.person_id AND h.disabled_at IS NULL)")
}

// Export is the person's part of the file of everything kept about them.
func (s *Service) Export(ctx context.Context, personID string) (string, any, error) {
	all, err := s.Of(ctx, personID)
	if err != nil {
		return "roles", nil, err
	}
	type row struct {
		Role      string     `json:"role"`
		Delivery  string     `json:"delivery,omitempty"`
		Since     time.Time  `json:"since"`
		Reason    string     `json:"reason"`
		ExpiresAt *time.Time `json:"expires_at,omitempty"`
	}
	out := []row{}
	for _, g := range all {
		out = append(out, row{g.Role, g.DeliveryID, g.GrantedAt.UTC(), g.Reason, g.ExpiresAt})
	}
	return "roles", out, nil
}
