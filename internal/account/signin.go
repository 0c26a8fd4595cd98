package account

import (
	"context"
	"fmt"
	"math"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/alexedwards/argon2id"
	"github.com/uptrace/bun"

	"greenroom/internal/fault"
)

// How wrong passwords slow an account down.
const (
	freeFailures = 5
	firstLock    = 30 * time.Second // after the fifth; doubles with each further one
	longestLock  = 15 * time.Minute
	forgetAfter  = 24 * time.Hour // without a failure the count starts anew
)

// SignIn checks an address and its password. Invalid says that they do not match, that the account waits, or that
// it was closed; Forbidden that people with the address sign in elsewhere. The browser becomes the person's by Sessions.SignIn.
func (s *Service) SignIn(ctx context.Context, email, password string) (*Person, error) {
	email = strings.TrimSpace(email)
	var f fault.Fields
	if email == "" {
		f.Add("email", "account.email_missing")
	}
	if password == "" {
		f.Add("password", "account.password_missing")
	}
	if err := f.Err(); err != nil {
		return nil, err
	}
	if err := s.pass(email); err != nil {
		return nil, err
	}
	id := ""
	if p, err := s.ByEmail(ctx, email); err == nil {
		id = p.ID
	} else if !fault.Is(err, fault.NotFound) {
		return nil, err
	}
	p, err := s.checkSecret(ctx, id, password, "email", "account.sign_in_wrong")
	if err != nil {
		return nil, err
	}
	if p.Disabled() {
		f.Add("email", "account.disabled")
		return nil, f.Err()
	}
	s.log.InfoContext(ctx, "account: signed in", "person", p.ID, "method", "password")
	return p, nil
}

// checkSecret compares a password with the person's; id "" is nobody's and costs as much. A wrong one is Invalid
// with the key on the field, and counts.
//
// The attempt is counted before the hash is computed and forgiven after it was right. Counting afterwards would
// let many attempts at once all pass while the count still says four.
func (s *Service) checkSecret(ctx context.Context, id, password, field, key string) (*Person, error) {
	var f fault.Fields
	if password == "" {
		f.Add(field, "account.password_missing")
		return nil, f.Err()
	}
	if utf8.RuneCountInString(password) > maxPassword { // never anybody's: not worth hashing
		f.Add(field, key)
		return nil, f.Err()
	}
	if err := s.hash.enter(ctx); err != nil {
		return nil, err
	}
	defer s.hash.leave()
	if id == "" {
		if _, _, err := s.hash.matches(password, ""); err != nil {
			return nil, err
		}
		s.log.InfoContext(ctx, "account: sign-in failed", "reason", "unknown")
		f.Add(field, key)
		return nil, f.Err()
	}
	p, err := s.countAttempt(ctx, id, field)
	if err != nil {
		return nil, err
	}
	ok, stale, err := s.hash.matches(password, p.PasswordHash)
	if err != nil {
		return nil, err
	}
	if !ok {
		s.log.InfoContext(ctx, "account: sign-in failed", "person", p.ID, "reason", "password", "failures", p.FailedCount)
		if err := s.tellLocked(ctx, p); err != nil {
			return nil, err
		}
		f.Add(field, key)
		return nil, f.Err()
	}
	return s.forgive(ctx, p, password, stale)
}

// countAttempt counts one attempt as failed, or refuses it while the account waits.
func (s *Service) countAttempt(ctx context.Context, id, field string) (*Person, error) {
	var out *Person
	err := s.alter(ctx, id, func(ctx context.Context, tx bun.IDB, p *Person) error {
		now := s.now()
		if now.Before(p.LockedUntil) {
			s.log.InfoContext(ctx, "account: sign-in refused", "person", p.ID, "reason", "locked")
			return locked(field, p.LockedUntil.Sub(now))
		}
		if now.Sub(p.FailedAt) > forgetAfter {
			p.FailedCount = 0
		}
		p.FailedCount++
		p.FailedAt = now
		if p.FailedCount >= freeFailures {
			p.LockedUntil = now.Add(lockTime(p.FailedCount))
		}
		out = p
		return s.save(ctx, tx, p, "failed_count", "failed_at", "locked_until")
	})
	return out, err
}

func lockTime(failures int) time.Duration {
	d := firstLock
	for i := freeFailures; i < failures && d < longestLock; i++ {
		d *= 2
	}
	return min(d, longestLock)
}

func locked(field string, wait time.Duration) error {
	var f fault.Fields
	if wait <= time.Minute {
		f.Add(field, "account.locked_seconds", "Count", int(math.Ceil(wait.Seconds())))
	} else {
		f.Add(field, "account.locked_minutes", "Count", int(math.Ceil(wait.Minutes())))
	}
	return f.Err()
}

// tellLocked mails the holder when the account begins to wait: once, not at each further guess.
func (s *Service) tellLocked(ctx context.Context, p *Person) error {
	if p.FailedCount != freeFailures || !p.Verified() {
		return nil
	}
	return s.alter(ctx, p.ID, func(ctx context.Context, tx bun.IDB, p *Person) error {
		return s.tell(ctx, tx, p, p.Email, "locked")
	})
}

// forgive undoes the count after the right password, and hashes it again when the settings have changed.
func (s *Service) forgive(ctx context.Context, p *Person, password string, stale bool) (*Person, error) {
	fresh, old := "", p.PasswordHash
	if stale {
		var err error
		s.hash.done.Add(1)
		if fresh, err = argon2id.CreateHash(password, &s.hash.params); err != nil {
			return nil, fmt.Errorf("rehash: %w", err)
		}
	}
	var out *Person
	err := s.alter(ctx, p.ID, func(ctx context.Context, tx bun.IDB, p *Person) error {
		if p.PasswordHash != old { // hashed again by another request, or a new password, of which the old proves nothing
			if ok, _, err := s.hash.matches(password, p.PasswordHash); err != nil || !ok {
				return fault.New(fault.Conflict, "error.conflict").Because(err)
			}
			fresh = ""
		}
		if fresh != "" {
			p.PasswordHash = fresh
		}
		clearFailures(p)
		out = p
		return s.save(ctx, tx, p, "password_hash", "failed_count", "failed_at", "locked_until")
	})
	return out, err
}

func clearFailures(p *Person) { p.FailedCount, p.FailedAt, p.LockedUntil = 0, time.Time{}, time.Time{} }
