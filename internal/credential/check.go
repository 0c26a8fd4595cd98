package credential

import (
	"context"
	"time"

	"greenroom/internal/fault"
)

// Found is what anybody may know who has a code.
type Found struct {
	Code        string // as asked for
	CourseTitle string
	Name        string
	On          string     // 2026-12-04
	Reissued    *time.Time // nil unless the certificate was issued again under another name
	Revoked     *time.Time // nil while it is valid
	Why         string     // of the revocation, where an administrator chose to say it
	ReplacedBy  string     // the code that took this one's place; the other fields are the new one's
	ReplacedAt  time.Time
	Kept        bool // the holder's account is gone
}

// Valid says whether the certificate may be relied on. The new one of a code that was replaced may be valid too.
func (f *Found) Valid() bool { return f.Revoked == nil }

// Grouped is the code as it is printed.
func (f *Found) Grouped() string { return Group(f.Code) }

// Day is On as a time, for printing.
func (f *Found) Day() time.Time { return day(f.On) }

// Check finds what there is to say of a code, as people write it. NotFound when there is nothing.
func (s *Service) Check(ctx context.Context, code string) (*Found, error) {
	stored, ok := normalise(code)
	if !ok {
		return nil, notFound()
	}
	c, err := byCode(ctx, s.db, stored)
	if err == nil {
		return found(stored, c), nil
	}
	if !fault.Is(err, fault.NotFound) {
		return nil, err
	}
	c, p, err := byPastCode(ctx, s.db, stored)
	if err == nil {
		f := found(stored, c)
		f.ReplacedBy, f.ReplacedAt = c.Code, p.ReplacedAt
		return f, nil
	}
	if !fault.Is(err, fault.NotFound) {
		return nil, err
	}
	return s.checkKept(ctx, stored)
}

func found(code string, c *Certificate) *Found {
	return &Found{
		Code: code, CourseTitle: c.CourseTitle, Name: c.Name, On: c.IssuedOn, Reissued: c.ReissuedAt, Revoked: c.RevokedAt, Why: c.RevokeShown,
	}
}

func (s *Service) checkKept(ctx context.Context, stored string) (*Found, error) {
	k, err := keptByCode(ctx, s.db, stored)
	if err != nil {
		return nil, err
	}
	f := &Found{Code: stored, Kept: true}
	if k.ReplacedBy != "" {
		f.ReplacedBy, f.ReplacedAt = k.ReplacedBy, day(k.ReplacedOn)
		if k, err = keptByCode(ctx, s.db, k.ReplacedBy); err != nil {
			return nil, err
		}
	}
	f.CourseTitle, f.Name, f.On, f.Revoked, f.Why = k.CourseTitle, k.Name, k.IssuedOn, k.RevokedAt, k.RevokeShown
	return f, nil
}

// day reads a date that we wrote.
func day(on string) time.Time {
	t, _ := time.Parse(time.DateOnly, on)
	return t
}
