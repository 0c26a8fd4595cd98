package account

import (
	"context"
	"net/url"
	"strings"

	"github.com/uptrace/bun"

	"greenroom/internal/fault"
)

// RequestEnter mails a link that signs in, when the address has an account and did not get too many already. The
// answer is the same whether it has or not. Back is the own path to go on to, or "". Vouched says that the provider of
// the address has just vouched for who asks, so that they may be let in to connect the two. Invalid when it is no
// address; Forbidden when people with the address sign in elsewhere.
func (s *Service) RequestEnter(ctx context.Context, email, back string, vouched bool) error {
	email = strings.TrimSpace(email)
	var f fault.Fields
	checkEmail(&f, "email", email)
	if err := f.Err(); err != nil {
		return err
	}
	if !vouched {
		if err := s.pass(email); err != nil {
			return err
		}
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
		ok, err := s.mayMail(ctx, tx, LinkEnter, p.ID)
		if err != nil {
			return err
		}
		if !ok {
			s.log.InfoContext(ctx, "account: link to sign in not mailed", "person", p.ID, "reason", "limit")
			return nil
		}
		if err := s.endLinks(ctx, tx, p.ID, LinkEnter); err != nil { // the newest is the one that works
			return err
		}
		link, err := s.newLink(ctx, tx, LinkEnter, p.ID, p.Email)
		if err != nil {
			return err
		}
		if back != "" {
			link += "?return=" + url.QueryEscape(back)
		}
		return s.tell(ctx, tx, p, p.Email, LinkEnter, "Link", link)
	})
}

// Enter spends a link that signs in. Where the address was not proven before, it is now; what others may have set up for
// the account until then ends, unless this browser is signed in as the person already. NotFound when the link is dead;
// Forbidden when people with the address sign in elsewhere and nobody has vouched for this one.
func (s *Service) Enter(ctx context.Context, token string, vouched bool) (*Person, error) {
	l, err := s.findLink(ctx, s.db, token, LinkEnter)
	if err != nil {
		return nil, err
	}
	if !vouched {
		if err := s.pass(l.Email); err != nil {
			return nil, err
		}
	}
	var out *Person
	err = s.change(ctx, l.PersonID, func(ctx context.Context, tx bun.IDB, p *Person) error {
		if err := s.spend(ctx, tx, l); err != nil {
			return err
		}
		if p.Disabled() || p.EmailFolded != fold(l.Email) {
			return fault.New(fault.NotFound, "account.link_dead")
		}
		out = p
		if p.Verified() {
			return nil
		}
		own := currentSession(ctx, p.ID)
		if own == "" {
			p.PasswordHash = ""
			if err := s.firstProof(ctx, tx, p); err != nil {
				return err
			}
		}
		p.VerifiedAt = s.now()
		if err := s.save(ctx, tx, p, "password_hash", "verified_at"); err != nil {
			return err
		}
		if err := s.endLinks(ctx, tx, p.ID, LinkVerify, LinkReset, LinkChange); err != nil {
			return err
		}
		return endSessions(ctx, tx, p.ID, own)
	})
	if err != nil {
		return nil, err
	}
	s.log.InfoContext(ctx, "account: signed in", "person", out.ID, "method", "mailed link")
	return out, nil
}
