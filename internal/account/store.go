package account

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"greenroom/internal/db"
	"greenroom/internal/event"
	"greenroom/internal/fault"
	"greenroom/internal/id"
)

// newPerson fills in what every new person has.
func (s *Service) newPerson(kind string) *Person {
	now := s.now()
	return &Person{ID: id.New(), Kind: kind, Theme: "system", TextSize: "100", CreatedAt: now, UpdatedAt: now}
}

// insert adds a person. An address that has an account gives the fault emailTaken; the constraint decides, so
// that of many at once one wins.
func (s *Service) insert(ctx context.Context, tx bun.IDB, p *Person) error {
	_, err := tx.NewInsert().Model(p).Exec(ctx)
	if err = db.Err(err); fault.Is(err, fault.Conflict) {
		return emailTaken("email")
	}
	if err != nil {
		return fmt.Errorf("new person: %w", err)
	}
	return s.proven(ctx, tx, p)
}

// proven states the fact that the person's address is proven, when it is.
func (s *Service) proven(ctx context.Context, tx bun.IDB, p *Person) error {
	if !p.Verified() || p.Guest() || p.EmailFolded == "" {
		return nil
	}
	return event.Record(ctx, tx, s.now(), Proven{PersonID: p.ID, At: s.now()})
}

func emailTaken(field string) error {
	var f fault.Fields
	f.Add(field, "account.email_taken")
	return f.Err()
}

// ByID returns the person. NotFound when there is none.
func (s *Service) ByID(ctx context.Context, id string) (*Person, error) { return byID(ctx, s.db, id) }

// ByIDs returns the people who are there, in no order.
func (s *Service) ByIDs(ctx context.Context, ids []string) ([]*Person, error) {
	var all []*Person
	if err := s.db.NewSelect().Model(&all).Where("id IN (?)", bun.List(ids)).Scan(ctx); err != nil {
		return nil, fmt.Errorf("people: %w", db.Err(err))
	}
	return all, nil
}

func byID(ctx context.Context, tx bun.IDB, id string) (*Person, error) {
	p := new(Person)
	if err := tx.NewSelect().Model(p).Where("id = ?", id).Scan(ctx); err != nil {
		return nil, fmt.Errorf("person %q: %w", id, db.Err(err))
	}
	return p, nil
}

// lockByID is byID for a change that depends on what it reads.
func lockByID(ctx context.Context, tx bun.IDB, id string) (*Person, error) {
	if err := db.Lock(ctx, tx, "person:"+id); err != nil {
		return nil, err
	}
	return byID(ctx, tx, id)
}

// ByEmail returns the person with the address, however it is written. NotFound when there is none.
func (s *Service) ByEmail(ctx context.Context, email string) (*Person, error) {
	p := new(Person)
	if err := s.db.NewSelect().Model(p).Where("email_folded = ?", fold(email)).Scan(ctx); err != nil {
		return nil, fmt.Errorf("person by address: %w", db.Err(err))
	}
	return p, nil
}

// save writes the columns named, and when.
func (s *Service) save(ctx context.Context, tx bun.IDB, p *Person, columns ...string) error {
	p.UpdatedAt = s.now()
	_, err := tx.NewUpdate().Model(p).Column(append(columns, "updated_at")...).WherePK().Exec(ctx)
	if err = db.Err(err); err != nil {
		return fmt.Errorf("save person %s: %w", p.ID, err)
	}
	if slices.Contains(columns, "verified_at") {
		return s.proven(ctx, tx, p)
	}
	return nil
}

// change is one change of one person in one transaction; sessions see it at once on this node.
func (s *Service) change(ctx context.Context, personID string, fn func(ctx context.Context, tx bun.IDB, p *Person) error) error {
	err := s.alter(ctx, personID, fn)
	s.cache.forget()
	if err == nil {
		for _, tell := range s.onChange {
			tell(personID)
		}
	}
	return err
}

// OnChange has fn called after a person was changed: their name, their roles, their state. It must not wait.
func (s *Service) OnChange(fn func(personID string)) { s.onChange = append(s.onChange, fn) }

// alter is change for what sessions do not show.
func (s *Service) alter(ctx context.Context, personID string, fn func(ctx context.Context, tx bun.IDB, p *Person) error) error {
	return db.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		p, err := lockByID(ctx, tx, personID)
		if err != nil {
			return err
		}
		return fn(ctx, tx, p)
	})
}

// Change is one change of one person in one transaction, for what lies above accounts: fn changes p and returns the
// columns to save. Sessions on this node see it at once, on others within a second. NotFound when there is no such
// person.
func (s *Service) Change(ctx context.Context, personID string, fn func(ctx context.Context, tx bun.IDB, p *Person) (columns []string, err error)) error {
	return s.change(ctx, personID, func(ctx context.Context, tx bun.IDB, p *Person) error {
		columns, err := fn(ctx, tx, p)
		if err != nil || len(columns) == 0 {
			return err
		}
		return s.save(ctx, tx, p, columns...)
	})
}

// ChangeTx is Change within the caller's transaction. Call Forget after its commit.
func (s *Service) ChangeTx(ctx context.Context, tx bun.IDB, personID string, fn func(p *Person) (columns []string, err error)) error {
	p, err := lockByID(ctx, tx, personID)
	if err != nil {
		return err
	}
	columns, err := fn(p)
	if err != nil || len(columns) == 0 {
		return err
	}
	return s.save(ctx, tx, p, columns...)
}

// Forget lets the next request read its session anew.
func (s *Service) Forget() { s.cache.forget() }

// endSessions ends the person's sessions; keep, when given, is the hash of the one that stays.
func endSessions(ctx context.Context, tx bun.IDB, personID, keep string) error {
	_, err := tx.NewDelete().Model((*session)(nil)).Where("person_id = ?", personID).Where("token_hash <> ?", keep).Exec(ctx)
	if err != nil {
		return fmt.Errorf("end sessions: %w", err)
	}
	return nil
}

// device is a browser that keeps a guest's progress; table device.
type device struct {
	bun.BaseModel `bun:"table:device,alias:d"`

	TokenHash string `bun:",pk"`
	PersonID  string
	CreatedAt time.Time
	SeenAt    time.Time
	ClaimedAt time.Time `bun:",nullzero"`

	Person *Person `bun:"rel:belongs-to,join:person_id=id"`
}

// findDevice returns the device with its guest. NotFound when the token means nothing (any more).
func (s *Service) findDevice(ctx context.Context, tokenHash string) (*device, error) {
	d := new(device)
	err := s.db.NewSelect().Model(d).Relation("Person").Where("d.token_hash = ?", tokenHash).Where("d.claimed_at IS NULL").
		Where("d.seen_at > ?", s.now().Add(-s.guestLife())).Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("find device: %w", db.Err(err))
	}
	if d.Person == nil || !d.Person.Guest() {
		return nil, fault.New(fault.NotFound, "error.not_found")
	}
	return d, nil
}
