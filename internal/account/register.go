package account

import (
	"context"
	"strings"

	"github.com/uptrace/bun"

	"greenroom/internal/db"
	"greenroom/internal/fault"
	"greenroom/internal/mail"
)

// Registration is what somebody types to get an account.
type Registration struct {
	Name, Email, Password string
	TimeZone              string // IANA name from the browser; ignored when unknown
	Device                string // the device's secret, when its guest's work is to become theirs; else ""
}

// Register makes an account and mails a link that proves the address. Invalid names the fields.
//
// It says openly that an address has an account already. Hiding that would mean that nobody can register without
// their mailbox at hand; at the level of protection aimed for it is accepted, and the shell limits how often a
// network may ask.
func (s *Service) Register(ctx context.Context, r Registration) (*Person, error) {
	p := s.newPerson(KindPerson)
	p.Name, p.Email = cleanName(r.Name), strings.TrimSpace(r.Email)
	p.EmailFolded = fold(p.Email)
	if _, ok := location(r.TimeZone); ok {
		p.TimeZone = r.TimeZone
	}
	var f fault.Fields
	checkName(&f, p.Name)
	checkEmail(&f, "email", p.Email)
	checkPassword(&f, "password", r.Password, p.Name, p.Email, s.opts.SiteName)
	if err := f.Err(); err != nil {
		return nil, err
	}
	if err := s.pass(p.Email); err != nil {
		return nil, err
	}
	if _, err := s.ByEmail(ctx, p.Email); err == nil { // before the costly hash; the constraint decides below
		return nil, emailTaken("email")
	} else if !fault.Is(err, fault.NotFound) {
		return nil, err
	}
	var err error
	if p.PasswordHash, err = s.hash.create(ctx, r.Password); err != nil {
		return nil, err
	}
	defer s.cache.forget()
	err = db.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		if err := s.insert(ctx, tx, p); err != nil {
			return err
		}
		if r.Device != "" {
			if _, err := s.claim(ctx, tx, r.Device, p.ID); err != nil {
				return err
			}
		}
		return s.sendLink(ctx, tx, p, LinkVerify, p.Email)
	})
	if err != nil {
		return nil, err
	}
	s.log.InfoContext(ctx, "account: registered", "person", p.ID)
	return p, nil
}

// ResendVerification mails a fresh link to the unproven address of a person. Invalid when there were too many.
func (s *Service) ResendVerification(ctx context.Context, personID string) error {
	return s.change(ctx, personID, func(ctx context.Context, tx bun.IDB, p *Person) error {
		if p.Verified() || p.Guest() {
			return nil
		}
		if ok, err := s.mayMail(ctx, tx, LinkVerify, p.ID); err != nil || !ok {
			return orTooMany(err)
		}
		return s.sendLink(ctx, tx, p, LinkVerify, p.Email)
	})
}

func orTooMany(err error) error {
	if err != nil {
		return err
	}
	return fault.New(fault.Limited, "account.mail_limited")
}

// Verify spends a link that proves an address: that of a new account, or the one that takes the old one's place.
//
// Whoever opens the link has the mailbox, but the account may have been made by somebody else who waits for just
// that. So it takes both proofs: the mailbox, and either being signed in as that person in the same browser (by is
// the id, "" for nobody) or the account's password. Who has the mailbox only is sent to set a new password, which
// ends everything that was set up before. Either way other sessions and open links end here.
//
// Invalid on the field "password" asks for the password; NotFound says the link is dead; Conflict that the new
// address has got an account of its own meanwhile.
func (s *Service) Verify(ctx context.Context, token, by, password string) (*Person, error) {
	l, err := s.findLink(ctx, s.db, token, LinkVerify, LinkChange)
	if err != nil {
		return nil, err
	}
	if by != l.PersonID {
		if _, err := s.checkSecret(ctx, l.PersonID, password, "password", "account.password_wrong"); err != nil {
			return nil, err
		}
	}
	var out *Person
	err = s.change(ctx, l.PersonID, func(ctx context.Context, tx bun.IDB, p *Person) error {
		if err := s.spend(ctx, tx, l); err != nil {
			return err
		}
		if p.Disabled() || (l.Kind == LinkVerify && p.EmailFolded != fold(l.Email)) {
			return fault.New(fault.NotFound, "account.link_dead")
		}
		if err := s.endLinks(ctx, tx, p.ID, LinkVerify, LinkReset, LinkChange, LinkEnter); err != nil {
			return err
		}
		if l.Kind == LinkChange {
			if err := s.replaceEmail(ctx, tx, p, l.Email); err != nil {
				return err
			}
		}
		p.VerifiedAt = s.now()
		if err := s.save(ctx, tx, p, "email", "email_folded", "verified_at"); err != nil {
			if fault.Is(err, fault.Conflict) {
				return fault.New(fault.Conflict, "account.email_taken").Because(err)
			}
			return err
		}
		out = p
		return endSessions(ctx, tx, p.ID, currentSession(ctx, p.ID))
	})
	if err != nil {
		return nil, err
	}
	s.log.InfoContext(ctx, "account: address proven", "person", out.ID, "kind", l.Kind)
	return out, nil
}

// replaceEmail puts the new address in place. The old one, when it was proven, is told and may undo it.
func (s *Service) replaceEmail(ctx context.Context, tx bun.IDB, p *Person, email string) error {
	old, proven := p.Email, p.Verified()
	p.Email, p.EmailFolded = email, fold(email)
	if !proven {
		return nil
	}
	return s.sendLink(ctx, tx, p, LinkUndo, old)
}

// sendLink mails a link of the kind to the address.
func (s *Service) sendLink(ctx context.Context, tx bun.IDB, p *Person, kind, email string) error {
	url, err := s.newLink(ctx, tx, kind, p.ID, email)
	if err != nil {
		return err
	}
	return s.tell(ctx, tx, p, email, kind, "Link", url)
}

// tell mails the letter named what. Letters never contain the person's name: anybody can register a stranger's
// address under a name that is an advertisement.
func (s *Service) tell(ctx context.Context, tx bun.IDB, p *Person, to, what string, args ...any) error {
	l := s.opts.Words.Printer(p.Lang)
	args = append(args, "Site", s.opts.SiteName, "Home", s.opts.BaseURL)
	return s.mail.Queue(ctx, tx, mail.Message{
		To:      to,
		Subject: l.T("account.mail."+what+".subject", args...),
		Text:    l.T("account.mail."+what+".text", args...),
	})
}
