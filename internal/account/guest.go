package account

import (
	"context"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"greenroom/internal/db"
	"greenroom/internal/fault"
	"greenroom/internal/id"
)

// deviceLife is how long a guest's progress is kept after the device was last seen, unless the site says otherwise.
const deviceLife = 90 * 24 * time.Hour

// NewGuest makes a guest and the secret of their device, which is stored hashed.
func (s *Service) NewGuest(ctx context.Context) (p *Person, deviceToken string, err error) {
	p, deviceToken = s.newPerson(KindGuest), id.Token()
	d := &device{TokenHash: id.Hash(deviceToken), PersonID: p.ID, CreatedAt: p.CreatedAt, SeenAt: p.CreatedAt}
	err = db.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		if _, err := tx.NewInsert().Model(p).Exec(ctx); err != nil {
			return err
		}
		_, err := tx.NewInsert().Model(d).Exec(ctx)
		return err
	})
	if err != nil {
		return nil, "", fmt.Errorf("new guest: %w", err)
	}
	return p, deviceToken, nil
}

// Simulated makes, in a transaction of the caller's, a guest whom no device is: somebody played by the product. The caller
// deletes them.
func (s *Service) Simulated(ctx context.Context, tx bun.IDB) (*Person, error) {
	p := s.newPerson(KindGuest)
	_, err := tx.NewInsert().Model(p).Exec(ctx)
	return p, db.Err(err)
}

// Waiting is work done on a device without an account.
type Waiting struct {
	Steps int
	Last  time.Time // UTC
}

// Waiting says what was done on the device. NotFound when it is nothing, or claimed already.
func (s *Service) Waiting(ctx context.Context, deviceToken string) (Waiting, error) {
	nothing := fault.New(fault.NotFound, "account.claim_nothing")
	if deviceToken == "" || s.summary == nil {
		return Waiting{}, nothing
	}
	d, err := s.findDevice(ctx, id.Hash(deviceToken))
	if fault.Is(err, fault.NotFound) {
		return Waiting{}, nothing
	}
	if err != nil {
		return Waiting{}, err
	}
	var w Waiting
	if w.Steps, w.Last, err = s.summary.Summary(ctx, d.PersonID); err != nil {
		return Waiting{}, fmt.Errorf("summary of a guest: %w", err)
	}
	if w.Steps == 0 {
		return Waiting{}, nothing
	}
	return w, nil
}

// Claim makes what was done on the device the person's, all of it or nothing. It says whether it did; a second
// call does nothing and is no error.
func (s *Service) Claim(ctx context.Context, deviceToken, personID string) (bool, error) {
	defer s.cache.forget()
	done := false
	err := db.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		to, err := byID(ctx, tx, personID)
		if err != nil {
			return err
		}
		if to.Guest() || to.Disabled() {
			return fault.New(fault.Forbidden, "error.forbidden")
		}
		done, err = s.claim(ctx, tx, deviceToken, personID)
		return err
	})
	return done && err == nil, err
}

// claim joins a transaction. The guest's row is locked first and deleted last: what the device writes meanwhile
// waits and then fails aloud, instead of landing with a guest whom nobody will ever see again.
func (s *Service) claim(ctx context.Context, tx bun.IDB, deviceToken, to string) (bool, error) {
	d, hash := new(device), id.Hash(deviceToken)
	if err := db.Lock(ctx, tx, "device:"+hash); err != nil {
		return false, err
	}
	err := tx.NewSelect().Model(d).Where("token_hash = ?", hash).Where("claimed_at IS NULL").Scan(ctx)
	if err = db.Err(err); fault.Is(err, fault.NotFound) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("claim: %w", err)
	}
	from := new(Person)
	err = db.ForUpdate(tx.NewSelect().Model(from).Where("id = ?", d.PersonID).Where("kind = ?", KindGuest)).Scan(ctx)
	if err = db.Err(err); fault.Is(err, fault.NotFound) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("claim: guest: %w", err)
	}
	for _, c := range s.claimers {
		if err := c.Claim(ctx, tx, from.ID, to); err != nil {
			return false, fmt.Errorf("claim by %T: %w", c, err)
		}
	}
	d.PersonID, d.ClaimedAt = to, s.now()
	if _, err := tx.NewUpdate().Model(d).Column("person_id", "claimed_at").WherePK().Exec(ctx); err != nil {
		return false, fmt.Errorf("claim: device: %w", err)
	}
	if _, err := tx.NewDelete().Model(from).WherePK().Exec(ctx); err != nil {
		return false, fmt.Errorf("claim: remove the guest: %w", err)
	}
	s.log.InfoContext(ctx, "account: device claimed", "person", to)
	return true, nil
}
