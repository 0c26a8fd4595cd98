// Package allow keeps what one person is allowed beyond the limits of every activity: more time, more attempts, more
// days. A trainer grants it in one act, with a reason that only trainers see; it holds in every course and cohort.
//
//	allow.go   Allowance, Accommodation, Service: grant, end, read
//	check.go   what a form may say
//	store.go   SQL
//
// Packages with limits ask Of, in their own transaction, each time: what is granted holds from that moment. Those who
// have written a limit down (the end of a quiz that is being taken) are told by OnChange, in the granting transaction.
//
// Nothing is overwritten. Granting again adds a row, and the newest of those that hold counts; ending one lets the one
// before it hold again, so every act can be undone.
package allow

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"greenroom/internal/account"
	"greenroom/internal/audit"
	"greenroom/internal/db"
	"greenroom/internal/fault"
	"greenroom/internal/id"
)

// Allowance is what a person may have beyond the limits. The zero Allowance is nothing.
type Allowance struct {
	TimePercent   int // of the time limit: 150 is half as much again; NoLimit (with Given) is without limit
	ExtraAttempts int
	ExtraDays     int
	Given         bool // false for the zero Allowance
}

// NoLimit as TimePercent takes the time limit away.
const NoLimit = 0

// Time is how long a person has where the file gives so many minutes; 0 is without limit.
func (a Allowance) Time(minutes int) time.Duration {
	d := time.Duration(minutes) * time.Minute
	switch {
	case !a.Given:
		return d
	case a.TimePercent == NoLimit:
		return 0
	}
	return d * time.Duration(a.TimePercent) / 100
}

// Attempts is how many attempts a person has where the file gives so many; 0 is any number.
func (a Allowance) Attempts(limit int) int {
	if limit == 0 {
		return 0
	}
	return limit + a.ExtraAttempts
}

// Accommodation is one grant; table accommodation. Times are UTC.
type Accommodation struct {
	bun.BaseModel `bun:"table:accommodation,alias:ac"`

	ID            string `bun:",pk"`
	PersonID      string
	TimePercent   int
	ExtraAttempts int
	ExtraDays     int
	Reason        string // for trainers only
	FromAt        time.Time
	UntilAt       *time.Time // nil: until it is ended
	GrantedBy     string     // person id; "" is an operator
	GrantedAt     time.Time
	EndedAt       *time.Time // taken back; nil while it has not been
	EndedBy       string
	EndedReason   string
}

// Holds says whether the grant has begun and neither run out nor been taken back. Another may count in its place.
func (a Accommodation) Holds(now time.Time) bool {
	return a.EndedAt == nil && !now.Before(a.FromAt) && (a.UntilAt == nil || now.Before(*a.UntilAt))
}

// Allowance is what it grants.
func (a Accommodation) Allowance() Allowance {
	return Allowance{TimePercent: a.TimePercent, ExtraAttempts: a.ExtraAttempts, ExtraDays: a.ExtraDays, Given: true}
}

// Counting returns the grant that counts at a time, or nil. All has the newest first, as History gives it.
func Counting(all []Accommodation, now time.Time) *Accommodation {
	for i := range all {
		if all[i].Holds(now) {
			return &all[i]
		}
	}
	return nil
}

// Hook is called in the transaction that changes what a person is allowed.
type Hook func(ctx context.Context, tx bun.IDB, personID string) error

// Service grants and answers. Hooks are added before the first request; all else is safe for many goroutines.
type Service struct {
	db       *bun.DB
	accounts *account.Service
	now      func() time.Time
	changed  []Hook
}

// New makes the service.
func New(d *bun.DB, a *account.Service, now func() time.Time) *Service {
	return &Service{db: d, accounts: a, now: now}
}

// OnChange adds a hook.
func (s *Service) OnChange(h Hook) { s.changed = append(s.changed, h) }

func (s *Service) clock() time.Time { return s.now().UTC().Truncate(time.Microsecond) }

// Now is the service's clock.
func (s *Service) Now() time.Time { return s.clock() }

// Grant gives a person what the terms say; whether actor may is the caller's question. formID is made by the form:
// sent twice, it is one grant. Invalid names the fields of Terms. NotFound when there is no such person with an account.
func (s *Service) Grant(ctx context.Context, actor *account.Person, personID, formID string, t Terms) error {
	now := s.clock()
	t = t.tidy(now)
	if err := t.check(now); err != nil {
		return err
	}
	p, err := s.accounts.ByID(ctx, personID)
	if err != nil {
		return err
	}
	if p.Guest() {
		return fault.New(fault.NotFound, "error.not_found")
	}
	if !id.Valid(formID) {
		formID = id.New()
	}
	row := &Accommodation{
		ID: formID, PersonID: p.ID, TimePercent: t.TimePercent, ExtraAttempts: t.ExtraAttempts, ExtraDays: t.ExtraDays,
		Reason: t.Reason, FromAt: t.From, UntilAt: t.Until, GrantedBy: actorID(actor), GrantedAt: now,
	}
	return db.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		fresh, err := insert(ctx, tx, row)
		if err != nil || !fresh {
			return err
		}
		return s.told(ctx, tx, actor, p, "accommodation.granted", t.Reason, row)
	})
}

// End takes a grant back, at once; the grant before it holds again where it still would. NotFound when it is not the
// person's; ended already, nothing changes. Invalid names the field reason.
func (s *Service) End(ctx context.Context, actor *account.Person, personID, grantID, reason string) error {
	var f fault.Fields
	if reason = checkReason(&f, reason); len(f) > 0 {
		return f.Err()
	}
	p, err := s.accounts.ByID(ctx, personID)
	if err != nil {
		return err
	}
	return db.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		row, err := lock(ctx, tx, personID, grantID)
		if err != nil || row.EndedAt != nil {
			return err
		}
		now := s.clock()
		row.EndedAt, row.EndedBy, row.EndedReason = &now, actorID(actor), reason
		if err := end(ctx, tx, row); err != nil {
			return err
		}
		return s.told(ctx, tx, actor, p, "accommodation.ended", reason, row)
	})
}

// told writes the log and tells those who have written limits down.
func (s *Service) told(ctx context.Context, tx bun.IDB, actor, p *account.Person, action, reason string, a *Accommodation) error {
	raw, err := json.Marshal(map[string]any{
		"id": a.ID, "time_percent": a.TimePercent, "extra_attempts": a.ExtraAttempts, "extra_days": a.ExtraDays, "from": a.FromAt, "until": a.UntilAt,
	})
	if err != nil {
		return err
	}
	e := audit.Entry{At: s.clock(), Action: action, PersonID: p.ID, PersonName: p.Name, Reason: reason, Data: string(raw)}
	if actor != nil {
		e.ActorID, e.ActorName = actor.ID, actor.Name
	}
	if err := audit.Record(ctx, tx, e); err != nil {
		return err
	}
	for _, h := range s.changed {
		if err := h(ctx, tx, p.ID); err != nil {
			return fmt.Errorf("after %s: %w", action, err)
		}
	}
	return nil
}

func actorID(p *account.Person) string {
	if p == nil {
		return ""
	}
	return p.ID
}

// Of is what a person is allowed now. It joins the transaction.
func (s *Service) Of(ctx context.Context, tx bun.IDB, personID string) (Allowance, error) {
	all, err := s.OfAll(ctx, tx, []string{personID})
	return all[personID], err
}

// OfAll is Of for many people, in one query for each five hundred. Who has nothing is not in the map.
func (s *Service) OfAll(ctx context.Context, tx bun.IDB, people []string) (map[string]Allowance, error) {
	now := s.clock()
	out := map[string]Allowance{}
	for len(people) > 0 {
		n := min(len(people), 500)
		rows, err := holding(ctx, tx, people[:n], now)
		if err != nil {
			return nil, err
		}
		for _, r := range rows { // the oldest first: the newest stays
			out[r.PersonID] = r.Allowance()
		}
		people = people[n:]
	}
	return out, nil
}

// History returns everything that was ever granted to a person, the newest first.
func (s *Service) History(ctx context.Context, personID string) ([]Accommodation, error) {
	return history(ctx, s.db, personID)
}

// Export gives a person what is kept about them here, with the reasons: see docs/trainers.md.
func (s *Service) Export(ctx context.Context, personID string) (string, any, error) {
	all, err := s.History(ctx, personID)
	if err != nil {
		return "", nil, err
	}
	type row struct {
		TimePercent   int        `json:"time_percent"`
		ExtraAttempts int        `json:"extra_attempts"`
		ExtraDays     int        `json:"extra_days"`
		Reason        string     `json:"reason"`
		From          time.Time  `json:"from"`
		Until         *time.Time `json:"until,omitempty"`
		GrantedAt     time.Time  `json:"granted_at"`
		EndedAt       *time.Time `json:"ended_at,omitempty"`
		EndedReason   string     `json:"ended_reason,omitempty"`
	}
	out := []row{}
	for _, a := range all {
		out = append(out, row{a.TimePercent, a.ExtraAttempts, a.ExtraDays, a.Reason, a.FromAt.UTC(), a.UntilAt, a.GrantedAt.UTC(), a.EndedAt, a.EndedReason})
	}
	return "accommodations", out, nil
}
