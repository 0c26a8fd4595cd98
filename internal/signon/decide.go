package signon

import (
	"context"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"greenroom/internal/account"
	"greenroom/internal/db"
	"greenroom/internal/fault"
)

// Claim is what a provider said about somebody, checked. The browser keeps it, sealed, while a question is open.
type Claim struct {
	Issuer, Subject string
	Provider        string
	Email           string
	Proven          bool // the provider has proven the address
	Name            string
	Account         string // what the person knows the identity by
	Back            string
	At              time.Time
	Once            string // spent with the answer
}

// Fresh is how long ago the person must have signed in to change the ways in.
const Fresh = 10 * time.Minute

// decide says whom a claim makes.
func (s *Service) decide(ctx context.Context, c Claim, viewer string) (*Answer, error) {
	known, err := s.find(ctx, s.db, c.Issuer, c.Subject)
	switch {
	case err == nil:
		return s.welcome(ctx, c, known, viewer)
	case !fault.Is(err, fault.NotFound):
		return nil, err
	}
	if c.Email != "" {
		if o, is := s.elsewhere(c.Email, c.Provider); is {
			return nil, &Elsewhere{o}
		}
	}
	if viewer != "" {
		return s.ask(AskConnect, c)
	}
	if c.Email == "" || c.Name == "" {
		return s.ask(AskDetails, c)
	}
	return s.make(ctx, c, c.Name, c.Email)
}

// welcome lets somebody in who was here before.
func (s *Service) welcome(ctx context.Context, c Claim, known *Identity, viewer string) (*Answer, error) {
	if viewer != "" && viewer != known.PersonID {
		return nil, &Strange{c.Provider}
	}
	p, err := s.accounts.ByID(ctx, known.PersonID)
	if err != nil {
		return nil, err
	}
	if p.Disabled() {
		return nil, fault.New(fault.Forbidden, "account.disabled")
	}
	if o, is := s.elsewhere(p.Email, c.Provider); is {
		return nil, &Elsewhere{o}
	}
	if err := s.used(ctx, known, c); err != nil {
		return nil, err
	}
	s.log.InfoContext(ctx, "account: signed in", "person", p.ID, "method", "provider", "provider", c.Provider)
	return &Answer{Person: p, Back: c.Back}, nil
}

func (s *Service) ask(question string, c Claim) (*Answer, error) {
	sealed, err := s.seal.close("claim", c)
	if err != nil {
		return nil, err
	}
	return &Answer{Ask: question, Pending: sealed, Back: c.Back}, nil
}

// Pending reads the claim that the browser keeps. NotFound when there is none, or it is too old.
func (s *Service) Pending(sealed string) (*Claim, error) {
	c := new(Claim)
	if err := s.seal.open("claim", sealed, c); err != nil || s.now().Sub(c.At) > Life || s.provider(c.Provider) == nil {
		return nil, fault.New(fault.NotFound, "signon.claim_old")
	}
	return c, nil
}

// make makes the account of somebody new. An address that has an account leads to the question whether it is theirs, when
// the provider has proven it; else they have to sign in first, since anybody could have typed it there.
func (s *Service) make(ctx context.Context, c Claim, name, email string) (*Answer, error) {
	p, err := s.accounts.Join(ctx, account.Joining{Name: name, Email: email, Proven: c.Proven && email == c.Email},
		func(ctx context.Context, tx bun.IDB, p *account.Person) error {
			if err := s.insert(ctx, tx, c, p.ID); err != nil {
				return err
			}
			return s.note(ctx, tx, "signon.joined", p, c.Provider, "")
		})
	switch f := fault.From(err); {
	case err == nil:
		return &Answer{Person: p, New: true, Back: c.Back}, nil
	case f == nil:
		return nil, err
	case f.Kind == fault.Conflict: // the same person pressed twice: the other one made it
		known, kerr := s.find(ctx, s.db, c.Issuer, c.Subject)
		if kerr != nil {
			return nil, err
		}
		return s.welcome(ctx, c, known, "")
	case f.Kind == fault.Invalid && len(f.Fields) > 0 && f.Fields[0].Key == "account.email_taken" && email == c.Email:
		return s.ask(AskConnect, c)
	case f.Kind == fault.Invalid && name == c.Name && email == c.Email: // what the provider calls them cannot be a name here
		return s.ask(AskDetails, c)
	}
	return nil, err
}

// Complete makes the account with what the person typed where the provider gave nothing, or nothing usable. An address
// that differs from the provider's is proven by a letter. Invalid names the fields; *Elsewhere when the address belongs
// to another provider.
func (s *Service) Complete(ctx context.Context, c *Claim, name, email string) (*Answer, error) {
	if c.Proven { // the address stands
		email = c.Email
	}
	if o, is := s.elsewhere(email, c.Provider); is {
		return nil, &Elsewhere{o}
	}
	if known, err := s.find(ctx, s.db, c.Issuer, c.Subject); err == nil { // pressed twice
		return s.welcome(ctx, *c, known, "")
	}
	return s.make(ctx, *c, name, email)
}

// Known is the account that has the claim's address. NotFound unless the provider has proven it.
func (s *Service) Known(ctx context.Context, c *Claim) (*account.Person, error) {
	if !c.Proven {
		return nil, fault.New(fault.NotFound, "error.not_found")
	}
	return s.accounts.ByEmail(ctx, c.Email)
}

// Connect joins the claim to the account of the person, who has asked for it and proven to be them a moment ago: that is
// the caller's to see to. It works once for a claim. Conflict when the identity is another account's by now.
func (s *Service) Connect(ctx context.Context, c *Claim, personID string) error {
	err := db.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		if err := s.spend(ctx, tx, "claim", c.Once, c.At.Add(Life)); err != nil {
			return err
		}
		if known, err := s.find(ctx, tx, c.Issuer, c.Subject); err == nil {
			if known.PersonID == personID {
				return nil
			}
			return fault.New(fault.Conflict, "signon.strange", "Label", s.Label(c.Provider))
		}
		p, err := s.accounts.LockTx(ctx, tx, personID)
		if err != nil {
			return err
		}
		if o, is := s.elsewhere(p.Email, c.Provider); is {
			return &Elsewhere{o}
		}
		if err := s.insert(ctx, tx, *c, personID); err != nil {
			return err
		}
		if c.Proven {
			if err := s.accounts.ProvenTx(ctx, tx, p, c.Email); err != nil {
				return err
			}
		}
		if err := s.accounts.TellTx(ctx, tx, p, "connected", "Label", s.Label(c.Provider)); err != nil {
			return err
		}
		return s.note(ctx, tx, "signon.connected", p, c.Provider, "")
	})
	if err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	s.log.InfoContext(ctx, "account: connected", "person", personID, "provider", c.Provider)
	return nil
}
