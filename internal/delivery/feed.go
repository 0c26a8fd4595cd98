package delivery

import (
	"context"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"greenroom/internal/db"
	"greenroom/internal/fault"
	"greenroom/internal/id"
)

// feed is a row of calendar_feed: the address of a person's calendar is a secret of which only the hash is kept.
type feed struct {
	bun.BaseModel `bun:"table:calendar_feed,alias:f"`

	PersonID  string `bun:",pk"`
	TokenHash string
	CreatedAt time.Time
}

// NewFeed gives a person's calendar a new secret and returns it; the address before it stops working. It is told once.
func (s *Service) NewFeed(ctx context.Context, personID string) (string, error) {
	token := id.Token()
	f := &feed{PersonID: personID, TokenHash: id.Hash(token), CreatedAt: s.clock()}
	err := db.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		_, err := tx.NewInsert().Model(f).On("CONFLICT (person_id) DO UPDATE").
			Set("token_hash = EXCLUDED.token_hash").Set("created_at = EXCLUDED.created_at").Exec(ctx)
		return err
	})
	if err != nil {
		return "", fmt.Errorf("new calendar: %w", err)
	}
	return token, nil
}

// EndFeed makes the address of a person's calendar stop working. Where there is none it does nothing.
func (s *Service) EndFeed(ctx context.Context, personID string) error {
	if _, err := s.db.NewDelete().Model((*feed)(nil)).Where("person_id = ?", personID).Exec(ctx); err != nil {
		return fmt.Errorf("end calendar: %w", err)
	}
	return nil
}

// FeedSince is when the address of a person's calendar was made; the zero time when there is none.
func (s *Service) FeedSince(ctx context.Context, personID string) (time.Time, error) {
	f := new(feed)
	err := db.Err(s.db.NewSelect().Model(f).Where("f.person_id = ?", personID).Scan(ctx))
	if fault.Is(err, fault.NotFound) {
		return time.Time{}, nil
	}
	if err != nil {
		return time.Time{}, fmt.Errorf("read calendar: %w", err)
	}
	return f.CreatedAt, nil
}

// keepGone is how long a calendar says of a cohort that was left or called off that it is.
const keepGone = 90 * 24 * time.Hour

// Feed returns whose calendar a secret opens and what belongs on it: the person's cohorts, also those they left or
// that were called off in the last 90 days, so that calendars take the dates away. NotFound for a secret that was
// never given or does not count any more.
func (s *Service) Feed(ctx context.Context, token string) (personID string, all []Mine, err error) {
	f := new(feed)
	err = db.Err(s.db.NewSelect().Model(f).Join("JOIN person AS p ON p.id = f.person_id").
		Where("f.token_hash = ?", id.Hash(token)).Where("p.disabled_at IS NULL").Scan(ctx))
	if err != nil {
		return "", nil, err
	}
	since := s.clock().Add(-keepGone)
	all, err = mine(ctx, s.db, f.PersonID, func(q *bun.SelectQuery) *bun.SelectQuery {
		return q.Where("e.status <> ?", Waiting).Where("e.joined_at IS NOT NULL").
			Where("(e.status <> ? OR e.updated_at > ?)", Withdrawn, since).
			Where("(d.status <> ? OR d.updated_at > ?)", Cancelled, since)
	})
	if err != nil {
		return "", nil, err
	}
	return f.PersonID, all, s.allowMine(ctx, all)
}

// Gone says that a calendar is to take the cohort's dates away.
func (m *Mine) Gone() bool { return m.Delivery.Status == Cancelled || m.Enrolment.Status == Withdrawn }

// Sequence is the number that tells calendars which of two states of the dates is the newer.
func (m *Mine) Sequence() int { return m.Delivery.Version + m.Enrolment.Version }
