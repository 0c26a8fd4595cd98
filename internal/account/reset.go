package account

import (
	"context"
	"strings"

	"github.com/uptrace/bun"

	"greenroom/internal/fault"
)

// RequestReset mails a link for a new password, when the address has an account and did not get too many already.
// The answer is the same whether it has or not. Invalid only when it is no address at all.
func (s *Service) RequestReset(ctx context.Context, email string) error {
	email = strings.TrimSpace(email)
	var f fault.Fields
	checkEmail(&f, "email", email)
	if err := f.Err(); err != nil {
		return err
	}
	if err := s.pass(email); err != nil {
		return err
	}
	p, err := s.ByEmail(ctx, email)
	if fault.Is(err, fault.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	return s.change(ctx, p.ID, func(ctx context.Context, tx bun.IDB, p *Person) error {
		if p.Disabled() {
			return nil
		}
		ok, err := s.mayMail(ctx, tx, LinkReset, p.ID)
		if err != nil {
			return err
		}
		if !ok {
			s.log.InfoContext(ctx, "account: reset not mailed", "person", p.ID, "reason", "limit")
			return nil
		}
		return s.sendLink(ctx, tx, p, LinkReset, p.Email)
	})
}

// Reset spends a link and sets a new password. The link has proven the address, so everything that was set up
// before it dies: the old password, all sessions, all other links. It is open while the account waits.
// NotFound when the link is dead, Invalid on "password" when the password will not do.
func (s *Service) Reset(ctx context.Context, token, password string) (*Person, error) {
	l, err := s.findLink(ctx, s.db, token, LinkReset)
	if err != nil {
		return nil, err
	}
	p, err := s.ByID(ctx, l.PersonID)
	if err != nil {
		return nil, err
	}
	var f fault.Fields
	checkPassword(&f, "password", password, p.Name, p.Email, s.opts.SiteName)
	if err := f.Err(); err != nil {
		return nil, err
	}
	hash, err := s.hash.create(ctx, password)
	if err != nil {
		return nil, err
	}
	var out *Person
	err = s.change(ctx, l.PersonID, func(ctx context.Context, tx bun.IDB, p *Person) error {
		if err := s.spend(ctx, tx, l); err != nil {
			return err
		}
		if p.Disabled() || p.EmailFolded != fold(l.Email) { // the address has changed since
			return fault.New(fault.NotFound, "account.link_dead")
		}
		p.PasswordHash = hash
		if !p.Verified() {
			if err := s.firstProof(ctx, tx, p); err != nil {
				return err
			}
		}
		out = p
		return s.passwordChanged(ctx, tx, p, "")
	})
	if err != nil {
		return nil, err
	}
	s.log.InfoContext(ctx, "account: password reset", "person", out.ID)
	return out, nil
}

// passwordChanged saves a new password, ends what the old one had opened but for the session to keep, and tells
// the holder.
func (s *Service) passwordChanged(ctx context.Context, tx bun.IDB, p *Person, keep string) error {
	clearFailures(p)
	if err := s.save(ctx, tx, p, "password_hash", "verified_at", "failed_count", "failed_at", "locked_until"); err != nil {
		return err
	}
	if err := s.endLinks(ctx, tx, p.ID, LinkVerify, LinkReset, LinkChange, LinkEnter); err != nil {
		return err
	}
	if err := endSessions(ctx, tx, p.ID, keep); err != nil {
		return err
	}
	if !p.Verified() { // nobody knows whose mailbox that is
		return nil
	}
	return s.tell(ctx, tx, p, p.Email, "password")
}

// Undo spends the link that a former address got when another took its place: the former comes back, and since
// somebody else may know the password, it ends, with all sessions, and a link for a new one is mailed.
// NotFound when the link is dead, Conflict when the former address has another account by now.
func (s *Service) Undo(ctx context.Context, token string) error {
	l, err := s.findLink(ctx, s.db, token, LinkUndo)
	if err != nil {
		return err
	}
	err = s.change(ctx, l.PersonID, func(ctx context.Context, tx bun.IDB, p *Person) error {
		if err := s.spend(ctx, tx, l); err != nil {
			return err
		}
		p.Email, p.EmailFolded, p.PasswordHash, p.VerifiedAt = l.Email, fold(l.Email), "", s.now()
		if err := s.save(ctx, tx, p, "email", "email_folded", "password_hash", "verified_at"); err != nil {
			if fault.Is(err, fault.Conflict) {
				return fault.New(fault.Conflict, "account.undo_taken").Because(err)
			}
			return err
		}
		if err := s.endLinks(ctx, tx, p.ID, LinkVerify, LinkReset, LinkChange, LinkUndo, LinkEnter); err != nil {
			return err
		}
		if err := endSessions(ctx, tx, p.ID, ""); err != nil {
			return err
		}
		return s.sendLink(ctx, tx, p, LinkReset, p.Email)
	})
	if err == nil {
		s.log.InfoContext(ctx, "account: address change undone", "person", l.PersonID)
	}
	return err
}
