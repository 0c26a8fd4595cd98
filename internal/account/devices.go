package account

import (
	"context"
	"fmt"
	"time"

	"greenroom/internal/fault"
	"greenroom/internal/id"
)

// Device is a browser in which a person is signed in.
type Device struct {
	ID       string // names the session and is no secret
	Agent    string // what the browser calls itself, shortened
	Since    time.Time
	LastSeen time.Time // to the hour
	This     bool      // the one that asks
}

// deviceID names a session without saying its hash.
func deviceID(tokenHash string) string { return id.Hash("device:" + tokenHash)[:20] }

// Devices lists the person's sessions that live, the one that asks first, then by when they were last seen.
func (s *Service) Devices(ctx context.Context, personID string) ([]Device, error) {
	rows, err := s.living(ctx, personID)
	if err != nil {
		return nil, err
	}
	this := currentSession(ctx, personID)
	var first, rest []Device
	for _, r := range rows {
		d := Device{ID: deviceID(r.TokenHash), Agent: r.UserAgent, Since: r.CreatedAt.UTC(), LastSeen: r.SeenAt.UTC(), This: r.TokenHash == this}
		if d.This {
			first = append(first, d)
		} else {
			rest = append(rest, d)
		}
	}
	return append(first, rest...), nil
}

func (s *Service) living(ctx context.Context, personID string) ([]session, error) {
	var rows []session
	err := s.db.NewSelect().Model(&rows).Where("person_id = ?", personID).Where("expires_at > ?", s.now()).
		Where("seen_at > ?", s.now().Add(-sessionIdle)).OrderExpr("seen_at DESC, token_hash").Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("sessions of %s: %w", personID, err)
	}
	return rows, nil
}

// SignOutDevice ends one session of the person. NotFound when there is none of that name. This says whether it was the
// one that asks, whose cookie the caller takes away.
func (s *Service) SignOutDevice(ctx context.Context, personID, device string) (this bool, err error) {
	rows, err := s.living(ctx, personID)
	if err != nil {
		return false, err
	}
	for _, r := range rows {
		if deviceID(r.TokenHash) != device {
			continue
		}
		defer s.cache.forget()
		if _, err := s.db.NewDelete().Model((*session)(nil)).Where("token_hash = ?", r.TokenHash).Exec(ctx); err != nil {
			return false, fmt.Errorf("sign out a device: %w", err)
		}
		s.log.InfoContext(ctx, "account: signed out a device", "person", personID)
		return r.TokenHash == currentSession(ctx, personID), nil
	}
	return false, fault.New(fault.NotFound, "account.device_gone")
}
