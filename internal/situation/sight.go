package situation

import (
	"context"
	"fmt"
	"strings"

	"github.com/uptrace/bun"

	"greenroom/internal/account"
	"greenroom/internal/db"
	"greenroom/internal/delivery"
	"greenroom/internal/fault"
)

// Readable is a situation that the person may read in some delivery, with that delivery's id. NotFound when there is none.
func (s *Service) Readable(ctx context.Context, who *account.Person, situationID string) (*Situation, string, error) {
	u, err := s.find(ctx, s.db, situationID)
	if err != nil {
		return nil, "", err
	}
	places := []string{u.DeliveryID}
	if u.AdoptedAt != nil {
		var more []string
		err := s.db.NewSelect().Table("enrolment").Column("delivery_id").Where("person_id = ?", who.ID).Where("course_key = ?", u.CourseKey).
			Where("status IN (?, ?)", delivery.Active, delivery.Paused).OrderExpr("delivery_id").Limit(20).Scan(ctx, &more)
		if err != nil {
			return nil, "", fmt.Errorf("where a situation is read: %w", db.Err(err))
		}
		places = append(places, more...)
	}
	for _, at := range places {
		p, err := s.At(ctx, who, at)
		if fault.Is(err, fault.NotFound) {
			continue
		} else if err != nil {
			return nil, "", err
		}
		if u.SharedAt != nil {
			return u, p.Delivery.ID, nil
		}
	}
	return nil, "", errNotFound
}

// Find is a situation whoever asks; NotFound when it is gone. It reads with tx.
func (s *Service) Find(ctx context.Context, tx bun.IDB, situationID string) (*Situation, error) {
	return s.find(ctx, tx, situationID)
}

// Withhold takes a situation out of everybody's sight for a reason that its writer reads, and Return brings it back as it
// was shared, unless its writer has shared it anew meanwhile. An adopted one ends being adopted. Done again, and when it is
// gone, they do nothing.
func (s *Service) Withhold(ctx context.Context, tx bun.IDB, situationID, reason string) error {
	return s.sight(ctx, tx, situationID, func(u *Situation) bool {
		if u.SharedAt == nil {
			return false
		}
		shared := u.Shared
		u.hide()
		u.Withheld, u.GivenBack = shared, reason
		return true
	})
}

// Return: see Withhold.
func (s *Service) Return(ctx context.Context, tx bun.IDB, situationID string) error {
	return s.sight(ctx, tx, situationID, func(u *Situation) bool {
		if u.Withheld == "" || u.SharedAt != nil {
			return false
		}
		now := s.clock()
		u.Shared, u.SharedAt, u.Withheld, u.GivenBack = u.Withheld, &now, "", ""
		return true
	})
}

func (s *Service) sight(ctx context.Context, tx bun.IDB, situationID string, change func(u *Situation) bool) error {
	if err := db.Lock(ctx, tx, "situation:"+situationID); err != nil {
		return err
	}
	u, err := s.find(ctx, tx, situationID)
	if fault.Is(err, fault.NotFound) {
		return nil
	} else if err != nil {
		return err
	}
	if !change(u) {
		return nil
	}
	if _, err := tx.NewUpdate().Model(u).WherePK().Exec(ctx); err != nil {
		return fmt.Errorf("what others see of a situation: %w", db.Err(err))
	}
	return nil
}

// Plain is a form as text, one answer a line, for who has to judge it.
func (f Form) Plain() string {
	f = f.Tidy()
	var out []string
	f.each(func(_ string, text *string, _ int, _ bool) {
		if *text != "" {
			out = append(out, *text)
		}
	})
	return strings.Join(out, "\n")
}
