package account

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"greenroom/internal/db"
	"greenroom/internal/fault"
)

// ownTables hold what an account has by being one: signing in, the letters about it, the device it came from. They are
// nothing that anybody would miss.
var ownTables = map[string]bool{"session": true, "account_token": true, "device": true}

// about says whether a column of a table may name a person: what leads to the table person, or has such a name without.
func about(c db.Column) bool {
	return c.References == "person" || c.Name == "person_id" || c.Name == "actor_id" || c.Name == "author_id" || strings.HasSuffix(c.Name, "_by")
}

// RemoveEmpty removes accounts that somebody registered and never came back to, and says how many. The rule is made so
// that no learner ever loses a record by it. An account goes only when all of this is true:
//
//   - it was registered with a password; who was added by an operator, invited or signed in another way stays;
//   - its address was never proven, and no link that would prove it is still open;
//   - it is older than the days, and nobody was signed in to it for as long;
//   - no table of the database but those of signing in names the person, be it as learner, author or decider.
//
// The last is asked of the database's own list of tables, so that a feature that is added later is heeded without
// anybody thinking of it.
func (s *Service) RemoveEmpty(ctx context.Context) (int, error) {
	if s.opts.UnprovenDays <= 0 {
		return 0, nil
	}
	shape, err := db.Shape(ctx, s.db)
	if err != nil {
		return 0, err
	}
	n := 0
	for after := ""; ; {
		var ids []string
		err := s.empty(s.db, shape, after).OrderExpr("p.id").Limit(100).Scan(ctx, &ids)
		if err != nil {
			return n, fmt.Errorf("accounts that hold nothing: %w", err)
		}
		if len(ids) == 0 {
			return n, nil
		}
		after = ids[len(ids)-1]
		for _, personID := range ids {
			gone, err := s.removeEmpty(ctx, shape, personID)
			if err != nil {
				return n, err
			}
			if gone {
				n++
			}
		}
	}
}

// removeEmpty looks again under the person's lock: whoever begins something now holds the row until it is written.
func (s *Service) removeEmpty(ctx context.Context, shape []db.Relation, personID string) (gone bool, err error) {
	defer s.cache.forget()
	err = db.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		p := new(Person)
		err := db.Err(db.ForUpdate(tx.NewSelect().Model(p).Where("p.id = ?", personID)).Scan(ctx))
		if fault.Is(err, fault.NotFound) {
			return nil // another node was first
		}
		if err != nil {
			return fmt.Errorf("lock: %w", err)
		}
		still, err := s.empty(tx, shape, "").Where("p.id = ?", personID).Exists(ctx)
		if err != nil || !still {
			return err
		}
		if err := s.mail.Forget(ctx, tx, p.Email); err != nil {
			return err
		}
		_, err = tx.NewDelete().Model(p).WherePK().Exec(ctx)
		gone = err == nil
		return db.Err(err)
	})
	if gone {
		s.log.InfoContext(ctx, "account: never proven and empty, removed", "person", personID)
	}
	return gone, err
}

func (s *Service) empty(d bun.IDB, shape []db.Relation, after string) *bun.SelectQuery {
	now := s.now()
	old := now.AddDate(0, 0, -s.opts.UnprovenDays)
	q := d.NewSelect().TableExpr("person AS p").ColumnExpr("p.id").Where("p.id > ?", after).
		Where("p.kind = ?", KindPerson).Where("p.verified_at IS NULL").Where("p.password_hash <> ''").
		Where("p.created_at <= ?", old).Where("p.updated_at <= ?", old).
		Where("NOT EXISTS (SELECT 1 FROM session AS x WHERE x.person_id = p.id AND x.seen_at > ?)", old).
		Where("NOT EXISTS (SELECT 1 FROM account_token AS x WHERE x.person_id = p.id AND x.used_at IS NULL AND x.expires_at > ?)", now)
	for _, t := range shape {
		if ownTables[t.Name] || t.Name == "person" {
			continue
		}
		for _, c := range t.Columns {
			if about(c) {
				q = q.Where("NOT EXISTS (SELECT 1 FROM ? AS x WHERE x.? = p.id)", bun.Ident(t.Name), bun.Ident(c.Name))
			}
		}
	}
	return q
}

// AddCleaner adds what else is to be forgotten once an hour.
func (s *Service) AddCleaner(fn ...func(ctx context.Context) error) {
	s.cleaners = append(s.cleaners, fn...)
}

// guestLife is how long a guest's progress is kept after the device was last seen.
func (s *Service) guestLife() time.Duration {
	if s.opts.GuestDays <= 0 {
		return deviceLife
	}
	return time.Duration(s.opts.GuestDays) * 24 * time.Hour
}
