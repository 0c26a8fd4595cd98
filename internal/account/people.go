package account

import (
	"context"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/uptrace/bun"

	"greenroom/internal/audit"
	"greenroom/internal/db"
	"greenroom/internal/fault"
)

// PeoplePage is how many people Find returns at most.
const PeoplePage = 50

// Find returns one page (from 1) of the people with accounts whose name or address holds the text, in any case, by
// name; and how many there are. An empty text finds everybody.
func (s *Service) Find(ctx context.Context, text string, page int) ([]Person, int, error) {
	var out []Person
	q := s.db.NewSelect().Model(&out).ExcludeColumn("password_hash").Where("p.kind = ?", KindPerson)
	if t := fold(strings.TrimSpace(text)); t != "" {
		like := "%" + strings.NewReplacer("!", "!!", "%", "!%", "_", "!_").Replace(t) + "%"
		q = q.Where("(p.email_folded LIKE ? ESCAPE '!' OR LOWER(p.name) LIKE ? ESCAPE '!' OR p.id = ?)", like, like, strings.TrimSpace(text))
	}
	n, err := q.OrderExpr("LOWER(p.name), p.id").Limit(PeoplePage).Offset(int64(PeoplePage * max(0, page-1))).ScanAndCount(ctx)
	if err != nil {
		return nil, 0, fmt.Errorf("find people: %w", db.Err(err))
	}
	return out, int(n), nil
}

// Presence is on how many devices a person is signed in, and when one of them was last seen (to within an hour).
type Presence struct {
	Devices  int
	LastSeen time.Time // zero: never, or not since the last session ended
}

// Presence looks at a person's sessions.
func (s *Service) Presence(ctx context.Context, personID string) (Presence, error) {
	var all []session
	err := s.db.NewSelect().Model(&all).Column("seen_at").Where("person_id = ?", personID).Where("expires_at > ?", s.now()).
		Where("seen_at > ?", s.now().Add(-sessionIdle)).OrderExpr("seen_at DESC").Scan(ctx)
	if err != nil {
		return Presence{}, fmt.Errorf("sessions of a person: %w", db.Err(err))
	}
	p := Presence{Devices: len(all)}
	if len(all) > 0 {
		p.LastSeen = all[0].SeenAt
	}
	return p, nil
}

// SignedIn counts the sessions that have not ended.
func (s *Service) SignedIn(ctx context.Context) (int, error) {
	n, err := s.db.NewSelect().Model((*session)(nil)).Where("expires_at > ?", s.now()).Where("seen_at > ?", s.now().Add(-sessionIdle)).Count(ctx)
	if err != nil {
		return 0, fmt.Errorf("count sessions: %w", db.Err(err))
	}
	return int(n), nil
}

// Lengths of a reason, in characters.
const (
	minReason = 3
	maxReason = 500
)

// Rule is what an administrator decides about somebody's account.
type Rule struct {
	Closed bool // sessions and open links end; nobody can sign in. Else it is opened again
	Reason string
}

// Decide closes an account or opens it again, and writes why into the audit log. Invalid names the field reason;
// Conflict when it is the actor's own, or already so; NotFound for guests.
func (s *Service) Decide(ctx context.Context, actor *Person, personID string, r Rule) error {
	reason := strings.TrimSpace(r.Reason)
	var f fault.Fields
	switch n := utf8.RuneCountInString(reason); {
	case n < minReason:
		f.Add("reason", "access.reason_missing")
	case n > maxReason:
		f.Add("reason", "access.reason_long", "N", maxReason)
	}
	if err := f.Err(); err != nil {
		return err
	}
	if actor.ID == personID {
		return fault.New(fault.Conflict, "account.close_self")
	}
	return s.change(ctx, personID, func(ctx context.Context, tx bun.IDB, p *Person) error {
		if p.Guest() {
			return fault.New(fault.NotFound, "error.not_found")
		}
		if p.Disabled() == r.Closed {
			return fault.New(fault.Conflict, "account.close_already")
		}
		if err := s.shut(ctx, tx, p, r.Closed); err != nil {
			return err
		}
		action := "account.opened"
		if r.Closed {
			action = "account.closed"
		}
		return s.note(ctx, tx, actor, p, action, reason)
	})
}

// EndSessions signs a person out everywhere, for an administrator, and writes it into the audit log.
func (s *Service) EndSessions(ctx context.Context, actor *Person, personID string) error {
	return s.change(ctx, personID, func(ctx context.Context, tx bun.IDB, p *Person) error {
		if err := endSessions(ctx, tx, p.ID, ""); err != nil {
			return err
		}
		return s.note(ctx, tx, actor, p, "account.signed_out", "")
	})
}

func (s *Service) note(ctx context.Context, tx bun.IDB, actor, p *Person, action, reason string) error {
	return audit.Record(ctx, tx, audit.Entry{
		At: s.now(), ActorID: actor.ID, ActorName: actor.Name, Action: action, PersonID: p.ID, PersonName: p.Name, Reason: reason,
	})
}
