package roster

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"greenroom/internal/account"
	"greenroom/internal/course"
	"greenroom/internal/db"
	"greenroom/internal/delivery"
	"greenroom/internal/event"
	"greenroom/internal/fault"
	"greenroom/internal/id"
)

// Invitation is a link that lets people into a cohort; table invitation. Times are UTC.
type Invitation struct {
	bun.BaseModel `bun:"table:invitation,alias:i"`

	ID         string `bun:",pk"`
	DeliveryID string
	TokenHash  string     // the token itself is never kept; see Link
	Label      string     // for who leads the cohort: whom it is for
	Domains    string     // mail domains that may use it, separated by spaces; "" is all
	MaxUses    int        // people; 0 is without limit
	Uses       int        // people who came in by it
	ExpiresAt  *time.Time // nil: never
	CreatedBy  string
	CreatedAt  time.Time
	RevokedAt  *time.Time // nil while it holds
}

// State says in a word how an invitation stands: "open", "revoked", "expired" or "used".
func (i *Invitation) State(now time.Time) string {
	switch {
	case i.RevokedAt != nil:
		return "revoked"
	case i.ExpiresAt != nil && !now.Before(*i.ExpiresAt):
		return "expired"
	case i.MaxUses > 0 && i.Uses >= i.MaxUses:
		return "used"
	}
	return "open"
}

// usable says why an invitation cannot be used any more: nil when it can.
func (i *Invitation) usable(now time.Time) error {
	switch i.State(now) {
	case "revoked":
		return fault.New(fault.Conflict, "roster.invitation_revoked")
	case "expired":
		return fault.New(fault.Conflict, "roster.invitation_expired")
	case "used":
		return fault.New(fault.Conflict, "roster.invitation_used")
	}
	return nil
}

// lets says whether the person's address is one that the invitation is for. An address that has not been proven says
// nothing about its holder, so then it is roster.prove_first.
func (i *Invitation) lets(p *account.Person) error {
	if i.Domains == "" {
		return nil
	}
	domain := account.Domain(p.Email)
	if !slices.ContainsFunc(strings.Fields(i.Domains), func(d string) bool {
		return domain == d || strings.HasPrefix(d, ".") && strings.HasSuffix(domain, d)
	}) {
		return fault.New(fault.Forbidden, "roster.invitation_domain", "Domains", list(strings.Fields(i.Domains)), "Domain", domain)
	}
	if !p.Verified() {
		return fault.New(fault.Forbidden, "roster.prove_first")
	}
	return nil
}

// NewInvitation is what the form says.
type NewInvitation struct {
	FormID  string // made by the form: sent again, it makes nothing new
	Label   string
	Domains string // separated by spaces, commas or lines; ".gov.au" is every domain below
	MaxUses string // a number; "" is without limit
	Until   string // the last day, 2026-12-04, in the cohort's zone; "" is without end
}

const maxDomains = 50

// Invite makes an invitation. NotFound unless actor leads the cohort; Invalid names label, domains, max_uses and until.
func (s *Service) Invite(ctx context.Context, actor *account.Person, deliveryID string, in NewInvitation) (*Invitation, error) {
	if err := leads(actor, deliveryID); err != nil {
		return nil, err
	}
	d, err := s.deliveries.ByID(ctx, deliveryID)
	if err != nil {
		return nil, err
	}
	i, err := in.check(d, s.now())
	if err != nil {
		return nil, err
	}
	i.CreatedBy = idOf(actor)
	i.TokenHash = id.Hash(s.token(i.ID))
	err = db.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		fresh, err := insertInvitation(ctx, tx, i)
		if err != nil || !fresh {
			return err
		}
		return s.note(ctx, tx, actor, "invitation.made", deliveryID, nil, i.Label, "", map[string]any{
			"invitation": i.ID, "domains": i.Domains, "max_uses": i.MaxUses, "expires_at": i.ExpiresAt,
		})
	})
	return i, err
}

func (in NewInvitation) check(d *delivery.Delivery, now time.Time) (*Invitation, error) {
	i := &Invitation{ID: in.FormID, DeliveryID: d.ID, CreatedAt: now}
	if !id.Valid(i.ID) {
		i.ID = id.New()
	}
	var f fault.Fields
	var ok bool
	if i.Label, ok = account.CleanName(in.Label); i.Label == "" || !ok {
		f.Add("label", "roster.label_wrong", "Max", MaxLabel)
	}
	var domains []string
	for _, w := range strings.FieldsFunc(strings.ToLower(in.Domains), func(r rune) bool { return strings.ContainsRune(" ,;\t\r\n", r) }) {
		w = strings.TrimPrefix(strings.TrimPrefix(w, "@"), "*")
		if !account.ValidEmail("x@" + strings.TrimPrefix(w, ".")) {
			f.Add("domains", "roster.domains_wrong", "Domain", w)
			break
		}
		domains = append(domains, account.Domain(w))
	}
	if len(domains) > maxDomains {
		f.Add("domains", "roster.domains_many", "Max", maxDomains)
	}
	i.Domains = strings.Join(domains, " ")
	if t := strings.TrimSpace(in.MaxUses); t != "" {
		n, err := strconv.Atoi(t)
		if err != nil || n < 1 || n > 100_000 {
			f.Add("max_uses", "roster.max_uses_wrong")
		}
		i.MaxUses = n
	}
	if t := strings.TrimSpace(in.Until); t != "" {
		day, err := time.ParseInLocation(time.DateOnly, t, d.Location())
		end := day.AddDate(0, 0, 1).UTC()
		switch {
		case err != nil || day.Year() > now.Year()+10:
			f.Add("until", "roster.until_wrong")
		case !end.After(now):
			f.Add("until", "roster.until_past")
		}
		i.ExpiresAt = &end
	}
	return i, f.Err()
}

// token is the secret part of an invitation's link. It is computed and not kept, so that who leads the cohort can copy
// the link at any time and who reads the database cannot.
func (s *Service) token(invitationID string) string {
	h := hmac.New(sha256.New, []byte(s.opts.Secret))
	h.Write([]byte("invitation " + invitationID))
	return base64.RawURLEncoding.EncodeToString(h.Sum(nil))
}

// Link is the address that lets people in.
func (s *Service) Link(i *Invitation) string { return s.opts.BaseURL + "/join/" + s.token(i.ID) }

// Revoke ends an invitation. Who came in by it stays. Revoking again changes nothing.
func (s *Service) Revoke(ctx context.Context, actor *account.Person, deliveryID, invitationID string) error {
	if err := leads(actor, deliveryID); err != nil {
		return err
	}
	return db.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		i, err := lockInvitation(ctx, tx, invitationID)
		if err != nil {
			return err
		}
		if i.DeliveryID != deliveryID {
			return fault.New(fault.NotFound, "error.not_found")
		}
		if i.RevokedAt != nil {
			return nil
		}
		now := s.now()
		i.RevokedAt = &now
		if err := updateInvitation(ctx, tx, i, "revoked_at"); err != nil {
			return err
		}
		return s.note(ctx, tx, actor, "invitation.revoked", deliveryID, nil, i.Label, "", map[string]any{"invitation": i.ID})
	})
}

// Door is what an invitation leads to, as the person who opened it sees it.
type Door struct {
	Invitation Invitation
	Delivery   *delivery.Delivery
	Course     *course.Revision
	In         *delivery.Enrolment // the viewer's place, where they are in it or wait; else nil
	Asked      bool                // the viewer is in as soon as they prove their address
	Why        *fault.Error        // why the viewer cannot come in; nil when they can, or may once signed in
}

// Open finds what a link leads to, for somebody who looks at it; who may be nil. NotFound for a link that never was.
func (s *Service) Open(ctx context.Context, token string, who *account.Person) (*Door, error) {
	i, err := invitationBy(ctx, s.db, id.Hash(token))
	if err != nil {
		return nil, err
	}
	d := &Door{Invitation: *i}
	if d.Delivery, err = s.deliveries.ByID(ctx, i.DeliveryID); err != nil {
		return nil, err
	}
	if d.Course, err = s.courses.Current(ctx, d.Delivery.CourseKey); err != nil {
		return nil, err
	}
	used := false
	if who != nil && !who.Guest() {
		seen, err := s.deliveries.In(ctx, who.ID, i.DeliveryID)
		if err != nil {
			return nil, err
		}
		if e := &seen.Enrolment; e.ID != "" && e.Status != delivery.Withdrawn {
			d.In = e
			return d, nil
		}
		use, err := useOf(ctx, s.db, i.ID, who.ID)
		if err != nil {
			return nil, err
		}
		used, d.Asked = use != nil && use.JoinedAt != nil, use != nil && use.JoinedAt == nil
	}
	d.Why = fault.From(s.barred(i, d.Delivery, who, used))
	return d, nil
}

// barred says why a person cannot come in by the invitation now. Somebody who came in by it before needs no further use.
func (s *Service) barred(i *Invitation, d *delivery.Delivery, who *account.Person, used bool) error {
	now := s.now()
	if err := i.usable(now); err != nil && !(used && i.State(now) == "used") {
		return err
	}
	if d.Status == delivery.Draft {
		return fault.New(fault.Conflict, "roster.not_open_yet")
	}
	if err := d.Invitable(now); err != nil {
		return err
	}
	if who == nil || who.Guest() {
		return nil
	}
	return i.lets(who)
}

// Join brings a signed-in person in by a link, or onto the waiting list; once for a person, however often they ask. When
// the invitation is for some mail domains and the person's address is of one but not proven, the wish is kept: they are
// in as soon as it is (nil, and the fault roster.prove_first). Other faults say why not.
func (s *Service) Join(ctx context.Context, token string, who *account.Person) (*delivery.Enrolment, error) {
	i, err := invitationBy(ctx, s.db, id.Hash(token))
	if err != nil {
		return nil, err
	}
	d, err := s.deliveries.ByID(ctx, i.DeliveryID)
	if err != nil {
		return nil, err
	}
	rev, err := s.courses.Current(ctx, d.CourseKey)
	if err != nil {
		return nil, err
	}
	var e *delivery.Enrolment
	var later error // a wish was kept
	err = db.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		e, later, err = s.join(ctx, tx, i.ID, who, rev.Hash)
		return err
	})
	if err != nil {
		return nil, err
	}
	return e, later
}

// join takes the invitation's lock before the cohort's, always.
func (s *Service) join(ctx context.Context, tx bun.IDB, invitationID string, who *account.Person, revisionHash string) (e *delivery.Enrolment, later, err error) {
	i, err := lockInvitation(ctx, tx, invitationID)
	if err != nil {
		return nil, nil, err
	}
	d, err := s.deliveries.ByIDTx(ctx, tx, i.DeliveryID)
	if err != nil {
		return nil, nil, err
	}
	use, err := useOf(ctx, tx, i.ID, who.ID)
	if err != nil {
		return nil, nil, err
	}
	used := use != nil && use.JoinedAt != nil
	if err := s.barred(i, d, who, used); err != nil {
		if f := fault.From(err); f != nil && f.Key == "roster.prove_first" {
			return nil, err, putUse(ctx, tx, &usage{InvitationID: i.ID, PersonID: who.ID, AskedAt: s.now()})
		}
		return nil, nil, err
	}
	e, fresh, err := s.deliveries.EnterTx(ctx, tx, who.ID, i.DeliveryID, revisionHash, delivery.SourceInvitation)
	if err != nil || used || !fresh {
		return e, nil, err
	}
	now := s.now()
	if err := putUse(ctx, tx, &usage{InvitationID: i.ID, PersonID: who.ID, AskedAt: now, JoinedAt: &now}); err != nil {
		return nil, nil, err
	}
	i.Uses++
	if err := updateInvitation(ctx, tx, i, "uses"); err != nil {
		return nil, nil, err
	}
	return e, nil, event.Record(ctx, tx, now, Joined{InvitationID: i.ID, DeliveryID: i.DeliveryID, PersonID: who.ID, At: now})
}

// Joined is the fact that somebody came into a cohort, or onto its waiting list, by an invitation.
type Joined struct {
	InvitationID, DeliveryID, PersonID string
	At                                 time.Time
}

// FactName names the fact.
func (Joined) FactName() string { return "roster.joined" }

// Invitations lists a cohort's invitations, newest first, and says how many there are.
func (s *Service) Invitations(ctx context.Context, deliveryID string, page int) ([]Invitation, int, error) {
	all, n, err := invitations(ctx, s.db, deliveryID, page)
	if err != nil {
		return nil, 0, fmt.Errorf("list invitations: %w", err)
	}
	return all, n, nil
}
