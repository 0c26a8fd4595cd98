package roster

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"greenroom/internal/account"
	"greenroom/internal/db"
	"greenroom/internal/delivery"
	"greenroom/internal/fault"
)

// usage is that a person used an invitation, or waits to: table invitation_use.
type usage struct {
	bun.BaseModel `bun:"table:invitation_use,alias:iu"`

	InvitationID string `bun:",pk"`
	PersonID     string `bun:",pk"`
	AskedAt      time.Time
	JoinedAt     *time.Time // nil: as soon as they prove their address
}

func changed(res sql.Result, err error) (bool, error) {
	if err != nil {
		return false, db.Err(err)
	}
	n, err := res.RowsAffected()
	return n > 0, err
}

func insertInvitation(ctx context.Context, tx bun.IDB, i *Invitation) (bool, error) {
	return changed(tx.NewInsert().Model(i).On("CONFLICT (id) DO NOTHING").Exec(ctx))
}

func invitationBy(ctx context.Context, tx bun.IDB, tokenHash string) (*Invitation, error) {
	i := new(Invitation)
	err := tx.NewSelect().Model(i).Where("i.token_hash = ?", tokenHash).Scan(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, fault.New(fault.NotFound, "roster.invitation_unknown")
	}
	return i, db.Err(err)
}

// lockInvitation reads an invitation and holds it: uses are counted one after the other.
func lockInvitation(ctx context.Context, tx bun.IDB, invitationID string) (*Invitation, error) {
	i := new(Invitation)
	if err := db.ForUpdate(tx.NewSelect().Model(i).Where("i.id = ?", invitationID)).Scan(ctx); err != nil {
		return nil, db.Err(err)
	}
	return i, nil
}

func updateInvitation(ctx context.Context, tx bun.IDB, i *Invitation, columns ...string) error {
	_, err := tx.NewUpdate().Model(i).Column(columns...).WherePK().Exec(ctx)
	return db.Err(err)
}

func invitations(ctx context.Context, tx bun.IDB, deliveryID string, page int) ([]Invitation, int, error) {
	var all []Invitation
	n, err := tx.NewSelect().Model(&all).Where("i.delivery_id = ?", deliveryID).OrderExpr("i.created_at DESC, i.id DESC").
		Limit(PerPage).Offset(int64(PerPage * max(0, page-1))).ScanAndCount(ctx)
	return all, int(n), err
}

// useOf is a person's use of an invitation; nil when there is none.
func useOf(ctx context.Context, tx bun.IDB, invitationID, personID string) (*usage, error) {
	u := new(usage)
	err := tx.NewSelect().Model(u).Where("iu.invitation_id = ?", invitationID).Where("iu.person_id = ?", personID).Scan(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	return u, db.Err(err)
}

func putUse(ctx context.Context, tx bun.IDB, u *usage) error {
	_, err := tx.NewInsert().Model(u).On("CONFLICT (invitation_id, person_id) DO UPDATE").
		Set("joined_at = COALESCE(iu.joined_at, EXCLUDED.joined_at)").Exec(ctx)
	return db.Err(err)
}

// wishesOf are the invitations that wait for a person's address to be proven.
func wishesOf(ctx context.Context, tx bun.IDB, personID string) ([]Invitation, error) {
	var all []Invitation
	err := tx.NewSelect().Model(&all).Join("JOIN invitation_use AS iu ON iu.invitation_id = i.id").
		Where("iu.person_id = ?", personID).Where("iu.joined_at IS NULL").OrderExpr("iu.asked_at, i.id").Scan(ctx)
	return all, db.Err(err)
}

func dropWish(ctx context.Context, tx bun.IDB, invitationID, personID string) error {
	_, err := tx.NewDelete().Model((*usage)(nil)).Where("invitation_id = ?", invitationID).Where("person_id = ?", personID).
		Where("joined_at IS NULL").Exec(ctx)
	return db.Err(err)
}

// peopleBy finds accounts by folded address.
func peopleBy(ctx context.Context, tx bun.IDB, folded []string) (map[string]*account.Person, error) {
	by := make(map[string]*account.Person, len(folded))
	for lump := range slices.Chunk(folded, chunk) {
		var all []account.Person
		err := tx.NewSelect().Model(&all).Column("id", "kind", "name", "email", "email_folded", "verified_at", "disabled_at", "lang").
			Where("p.email_folded IN (?)", bun.List(lump)).Scan(ctx)
		if err != nil {
			return nil, fmt.Errorf("find people by address: %w", err)
		}
		for i := range all {
			by[all[i].EmailFolded] = &all[i]
		}
	}
	return by, nil
}

// insertPending keeps places for addresses and returns those that had none.
func insertPending(ctx context.Context, tx bun.IDB, all []Pending) (map[string]bool, error) {
	fresh := map[string]bool{}
	for lump := range slices.Chunk(all, chunk) {
		var folded []string
		err := tx.NewInsert().Model(&lump).On("CONFLICT (delivery_id, email_folded) DO NOTHING").Returning("email_folded").Scan(ctx, &folded)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return nil, fmt.Errorf("keep places: %w", err)
		}
		for _, f := range folded {
			fresh[f] = true
		}
	}
	return fresh, nil
}

func pendings(ctx context.Context, tx bun.IDB, deliveryID string, page int) ([]Pending, int, error) {
	var all []Pending
	n, err := tx.NewSelect().Model(&all).Where("pe.delivery_id = ?", deliveryID).OrderExpr("pe.email_folded, pe.id").
		Limit(PerPage).Offset(int64(PerPage * max(0, page-1))).ScanAndCount(ctx)
	return all, int(n), err
}

// promised are the places that are kept for an address.
func promised(ctx context.Context, tx bun.IDB, folded string) ([]Pending, error) {
	var all []Pending
	err := tx.NewSelect().Model(&all).Where("pe.email_folded = ?", folded).OrderExpr("pe.created_at, pe.id").Scan(ctx)
	return all, db.Err(err)
}

// promisedIn says for which addresses a place in the delivery is kept.
func promisedIn(ctx context.Context, tx bun.IDB, deliveryID string, folded []string) (map[string]bool, error) {
	if len(folded) == 0 {
		return nil, nil
	}
	var there []string
	err := tx.NewSelect().Model((*Pending)(nil)).Column("email_folded").Where("pe.delivery_id = ?", deliveryID).
		Where("pe.email_folded IN (?)", bun.List(folded)).Scan(ctx, &there)
	by := map[string]bool{}
	for _, f := range there {
		by[f] = true
	}
	return by, db.Err(err)
}

func takePending(ctx context.Context, tx bun.IDB, deliveryID, pendingID string) (*Pending, error) {
	p := new(Pending)
	err := tx.NewDelete().Model(p).Where("id = ?", pendingID).Where("delivery_id = ?", deliveryID).Returning("*").Scan(ctx)
	if err != nil {
		return nil, db.Err(err)
	}
	return p, nil
}

func dropPending(ctx context.Context, tx bun.IDB, deliveryID string, folded ...string) error {
	if len(folded) == 0 {
		return nil
	}
	_, err := tx.NewDelete().Model((*Pending)(nil)).Where("delivery_id = ?", deliveryID).Where("email_folded IN (?)", bun.List(folded)).Exec(ctx)
	return db.Err(err)
}

// keepPending notes who has proven the address and why they are not in.
func keepPending(ctx context.Context, tx bun.IDB, pendingID, personID, why string) error {
	_, err := tx.NewUpdate().Model((*Pending)(nil)).Set("person_id = ?", personID).Set("why = ?", why).Where("id = ?", pendingID).Exec(ctx)
	return db.Err(err)
}

// placesOf says which people are in a delivery, or wait for it.
func placesOf(ctx context.Context, tx bun.IDB, deliveryID string, people []string) (map[string]bool, error) {
	by := map[string]bool{}
	if len(people) == 0 {
		return by, nil
	}
	var in []string
	err := tx.NewSelect().TableExpr("enrolment AS e").ColumnExpr("e.person_id").Where("e.delivery_id = ?", deliveryID).
		Where("e.person_id IN (?)", bun.List(people)).Where("e.status <> ?", delivery.Withdrawn).Scan(ctx, &in)
	for _, p := range in {
		by[p] = true
	}
	return by, db.Err(err)
}

// completions says which of the courses people have completed.
func completions(ctx context.Context, tx bun.IDB, people, courses []string) (map[string]map[string]bool, error) {
	by := map[string]map[string]bool{}
	if len(people) == 0 {
		return by, nil
	}
	var rows []struct{ PersonID, CourseKey string }
	err := tx.NewSelect().TableExpr("progress AS p").ColumnExpr("p.person_id, p.course_key").Where("p.person_id IN (?)", bun.List(people)).
		Where("p.course_key IN (?)", bun.List(courses)).Where("p.completed_at IS NOT NULL").Scan(ctx, &rows)
	if err != nil {
		return nil, fmt.Errorf("look for completed courses: %w", err)
	}
	for _, r := range rows {
		if by[r.PersonID] == nil {
			by[r.PersonID] = map[string]bool{}
		}
		by[r.PersonID][r.CourseKey] = true
	}
	return by, nil
}

// exempt says whom prerequisites do not keep out: who has a bypass for the delivery, or is in another of the course.
func exempt(ctx context.Context, tx bun.IDB, d *delivery.Delivery, people []string) (map[string]bool, error) {
	by := map[string]bool{}
	if len(people) == 0 {
		return by, nil
	}
	var free []string
	err := tx.NewSelect().Model((*Bypass)(nil)).Column("person_id").Where("pb.delivery_id = ?", d.ID).
		Where("pb.person_id IN (?)", bun.List(people)).Where("pb.revoked_at IS NULL").Scan(ctx, &free)
	if err != nil {
		return nil, fmt.Errorf("look for bypasses: %w", err)
	}
	var elsewhere []string
	err = tx.NewSelect().TableExpr("enrolment AS e").ColumnExpr("DISTINCT e.person_id").Where("e.course_key = ?", d.CourseKey).
		Where("e.delivery_id <> ?", d.ID).Where("e.person_id IN (?)", bun.List(people)).Where("e.status <> ?", delivery.Waiting).Scan(ctx, &elsewhere)
	if err != nil {
		return nil, fmt.Errorf("look for other deliveries: %w", err)
	}
	for _, p := range append(free, elsewhere...) {
		by[p] = true
	}
	return by, nil
}

func insertBypass(ctx context.Context, tx bun.IDB, b *Bypass) (bool, error) {
	return changed(tx.NewInsert().Model(b).On("CONFLICT (person_id, delivery_id) WHERE revoked_at IS NULL DO NOTHING").Exec(ctx))
}

func revokeBypass(ctx context.Context, tx bun.IDB, personID, deliveryID string, at time.Time) (bool, error) {
	return changed(tx.NewUpdate().Model((*Bypass)(nil)).Set("revoked_at = ?", at).Where("pb.person_id = ?", personID).
		Where("pb.delivery_id = ?", deliveryID).Where("pb.revoked_at IS NULL").Exec(ctx))
}

func bypassOf(ctx context.Context, tx bun.IDB, personID, deliveryID string) (*Bypass, error) {
	b := new(Bypass)
	err := tx.NewSelect().Model(b).Where("pb.person_id = ?", personID).Where("pb.delivery_id = ?", deliveryID).
		Where("pb.revoked_at IS NULL").Scan(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	return b, db.Err(err)
}
