package account

import (
	"context"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"greenroom/internal/db"
	"greenroom/internal/fault"
)

// pass asks the gate.
func (s *Service) pass(email string) error {
	if s.gate == nil {
		return nil
	}
	return s.gate(email)
}

// Joining is somebody for whom a sign-on provider vouches.
type Joining struct {
	Name, Email string
	Proven      bool // the provider has proven the address; else a letter asks the person to
}

// Join makes an account without password. Also joins the transaction, for what ties the person to the provider.
// Invalid names the fields; account.email_taken is among them when the address has an account.
func (s *Service) Join(ctx context.Context, in Joining, also func(ctx context.Context, tx bun.IDB, p *Person) error) (*Person, error) {
	p := s.newPerson(KindPerson)
	p.Name, p.Email = cleanName(in.Name), strings.TrimSpace(in.Email)
	p.EmailFolded = fold(p.Email)
	var f fault.Fields
	checkName(&f, p.Name)
	checkEmail(&f, "email", p.Email)
	if err := f.Err(); err != nil {
		return nil, err
	}
	if in.Proven {
		p.VerifiedAt = s.now()
	}
	// Asked before the insert, since on PostgreSQL a refused insert ends the transaction; the constraint decides.
	if _, err := s.ByEmail(ctx, p.Email); err == nil {
		return nil, emailTaken("email")
	} else if !fault.Is(err, fault.NotFound) {
		return nil, err
	}
	err := db.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		if err := s.insert(ctx, tx, p); err != nil {
			return err
		}
		if err := also(ctx, tx, p); err != nil {
			return err
		}
		if in.Proven {
			return nil
		}
		return s.sendLink(ctx, tx, p, LinkVerify, p.Email)
	})
	if err != nil {
		return nil, err
	}
	s.log.InfoContext(ctx, "account: joined", "person", p.ID, "proven", in.Proven)
	return p, nil
}

// Confirm says whether the password is the person's, for who has to sign in elsewhere and shows once that the account
// is theirs. Invalid on "password"; wrong ones count as at SignIn.
func (s *Service) Confirm(ctx context.Context, personID, password string) (*Person, error) {
	p, err := s.checkSecret(ctx, personID, password, "password", "account.password_wrong")
	if err != nil {
		return nil, err
	}
	if p.Disabled() {
		return nil, fault.New(fault.Forbidden, "account.disabled")
	}
	return p, nil
}

// LockTx returns the person for a change in the caller's transaction that depends on what it reads.
func (s *Service) LockTx(ctx context.Context, tx bun.IDB, personID string) (*Person, error) {
	return lockByID(ctx, tx, personID)
}

// ProvenTx notes that the person's address is proven, for somebody who has also proven to be the person. It does
// nothing when it was before, or when the address is another. Other sessions and open links end, as at Verify.
func (s *Service) ProvenTx(ctx context.Context, tx bun.IDB, p *Person, email string) error {
	if p.Verified() || p.EmailFolded != fold(email) {
		return nil
	}
	p.VerifiedAt = s.now()
	if err := s.save(ctx, tx, p, "verified_at"); err != nil {
		return err
	}
	if err := s.endLinks(ctx, tx, p.ID, LinkVerify, LinkReset, LinkChange, LinkEnter); err != nil {
		return err
	}
	return endSessions(ctx, tx, p.ID, currentSession(ctx, p.ID))
}

// firstProof marks the address as proven by its mailbox alone, and ends what others may have set up before. The caller
// saves the column verified_at.
func (s *Service) firstProof(ctx context.Context, tx bun.IDB, p *Person) error {
	p.VerifiedAt = s.now()
	for _, fn := range s.onProof {
		if err := fn(ctx, tx, p.ID); err != nil {
			return err
		}
	}
	return nil
}

// TellTx mails the letter account.mail.<what> to the person's address when it is proven. Args are pairs for the letter.
func (s *Service) TellTx(ctx context.Context, tx bun.IDB, p *Person, what string, args ...any) error {
	if !p.Verified() {
		return nil
	}
	return s.tell(ctx, tx, p, p.Email, what, args...)
}

// FreshFor says whether the browser of the request was signed in as the person no longer ago than that.
func (s *Service) FreshFor(ctx context.Context, personID string, within time.Duration) bool {
	h := holderOf(ctx)
	return h.signed && h.person != nil && h.person.ID == personID && s.now().Sub(h.since) <= within
}
