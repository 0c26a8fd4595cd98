package signon

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"
	"github.com/uptrace/bun"

	"greenroom/internal/account"
	"greenroom/internal/db"
	"greenroom/internal/fault"
	"greenroom/internal/id"
)

const (
	keyLife     = 5 * time.Minute // of a challenge
	mostKeys    = 20              // of one person
	longestName = 60              // characters
)

// Passkey is one of a person's; table passkey. Times are UTC.
type Passkey struct {
	bun.BaseModel `bun:"table:passkey,alias:k"`

	ID           string `bun:",pk"`
	CredentialID string // base64url
	PersonID     string
	Name         string
	Data         string // JSON of webauthn.Credential
	CreatedAt    time.Time
	UsedAt       time.Time `bun:",nullzero"`
	ClonedAt     time.Time `bun:",nullzero"` // it seems to be there twice: refused from then on
}

// passkeys is what of the site's address passkeys depend on; nil where there can be none, since they are bound to a name
// and browsers give them to no bare address.
type passkeys struct{ *webauthn.WebAuthn }

func newPasskeys(o Options) (*passkeys, error) {
	u, err := url.Parse(o.BaseURL)
	if err != nil {
		return nil, fmt.Errorf("passkeys: %w", err)
	}
	if _, err := netip.ParseAddr(u.Hostname()); err == nil || u.Scheme != "https" && u.Hostname() != "localhost" {
		return nil, nil
	}
	w, err := webauthn.New(&webauthn.Config{
		RPID: u.Hostname(), RPDisplayName: o.SiteName, RPOrigins: []string{u.Scheme + "://" + u.Host},
		AttestationPreference: protocol.PreferNoAttestation,
		AuthenticatorSelection: protocol.AuthenticatorSelection{
			ResidentKey: protocol.ResidentKeyRequirementRequired, RequireResidentKey: protocol.ResidentKeyRequired(),
			UserVerification: protocol.VerificationRequired,
		},
	})
	if err != nil {
		return nil, fmt.Errorf("passkeys: %w", err)
	}
	return &passkeys{w}, nil
}

// PasskeysWork says whether the site's address can have passkeys.
func (s *Service) PasskeysWork() bool { return s.keys != nil }

// holder is a person as go-webauthn wants them. The handle is the person's id: a public name that tells nothing.
type holder struct {
	p    *account.Person
	keys []webauthn.Credential
}

func (h holder) WebAuthnID() []byte                         { return []byte(h.p.ID) }
func (h holder) WebAuthnName() string                       { return h.p.Email }
func (h holder) WebAuthnDisplayName() string                { return h.p.Name }
func (h holder) WebAuthnCredentials() []webauthn.Credential { return h.keys }

// challenge is what the browser keeps of a ceremony, sealed.
type challenge struct {
	For     string // the person's id when a passkey is added; "" when one signs in
	Session webauthn.SessionData
	At      time.Time
}

// Ceremony is what a page needs to ask the browser for a passkey: the options as WebAuthn's JSON, and what comes back
// with the answer.
type Ceremony struct {
	Options json.RawMessage `json:"options"`
	Sealed  string          `json:"session"`
}

func (s *Service) ceremony(options any, c challenge) (*Ceremony, error) {
	raw, err := json.Marshal(options)
	if err != nil {
		return nil, fmt.Errorf("passkey options: %w", err)
	}
	c.At = s.now()
	sealed, err := s.seal.close("passkey", c)
	if err != nil {
		return nil, err
	}
	return &Ceremony{raw, sealed}, nil
}

// opened reads what came back with an answer; each works once and for five minutes.
func (s *Service) opened(sealed, personID string) (*challenge, error) {
	c := new(challenge)
	if err := s.seal.open("passkey", sealed, c); err != nil || c.For != personID || s.now().Sub(c.At) > keyLife {
		return nil, passkeyFailed(err)
	}
	return c, nil
}

func passkeyFailed(cause error) error {
	return fault.New(fault.Forbidden, "signon.passkey_failed").Because(cause)
}

var errNoPasskeys = fault.New(fault.NotFound, "error.not_found")

// Passkeys lists the person's, the oldest first.
func (s *Service) Passkeys(ctx context.Context, personID string) ([]Passkey, error) {
	return s.passkeysOf(ctx, s.db, personID)
}

func (s *Service) passkeysOf(ctx context.Context, tx bun.IDB, personID string) ([]Passkey, error) {
	var out []Passkey
	if err := tx.NewSelect().Model(&out).Where("person_id = ?", personID).Order("created_at", "id").Limit(100).Scan(ctx); err != nil {
		return nil, fmt.Errorf("passkeys of %s: %w", personID, err)
	}
	return out, nil
}

// BeginPasskey begins to add a passkey to the person's account. NotFound where there can be none; Conflict when the
// person has a great many.
func (s *Service) BeginPasskey(ctx context.Context, p *account.Person) (*Ceremony, error) {
	if s.keys == nil {
		return nil, errNoPasskeys
	}
	have, err := s.Passkeys(ctx, p.ID)
	if err != nil {
		return nil, err
	}
	if len(have) >= mostKeys {
		return nil, fault.New(fault.Conflict, "signon.passkey_many")
	}
	var not []protocol.CredentialDescriptor
	for _, k := range have {
		raw, err := base64.RawURLEncoding.DecodeString(k.CredentialID)
		if err == nil {
			not = append(not, protocol.CredentialDescriptor{Type: protocol.PublicKeyCredentialType, CredentialID: raw})
		}
	}
	options, session, err := s.keys.BeginRegistration(holder{p: p}, webauthn.WithExclusions(not))
	if err != nil {
		return nil, fmt.Errorf("begin a passkey: %w", err)
	}
	return s.ceremony(options.Response, challenge{For: p.ID, Session: *session})
}

// AddPasskey adds the passkey that the browser made. Forbidden when it does not fit what was asked for.
func (s *Service) AddPasskey(ctx context.Context, p *account.Person, sealed, response, name string) error {
	if s.keys == nil {
		return errNoPasskeys
	}
	c, err := s.opened(sealed, p.ID)
	if err != nil {
		return err
	}
	parsed, err := protocol.ParseCredentialCreationResponseBody(strings.NewReader(response))
	if err != nil {
		return passkeyFailed(err)
	}
	made, err := s.keys.CreateCredential(holder{p: p}, c.Session, parsed)
	if err != nil {
		return passkeyFailed(err)
	}
	k := &Passkey{ID: id.New(), CredentialID: base64.RawURLEncoding.EncodeToString(made.ID), PersonID: p.ID, Name: keyName(name), CreatedAt: s.now()}
	made.Attestation = webauthn.CredentialAttestation{} // says which model it is; nobody here asks
	if k.Data, err = encode(made); err != nil {
		return err
	}
	err = db.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		if err := s.spend(ctx, tx, "passkey", c.Session.Challenge, c.At.Add(keyLife)); err != nil {
			return passkeyFailed(err)
		}
		p, err := s.accounts.LockTx(ctx, tx, p.ID)
		if err != nil {
			return err
		}
		if _, err := tx.NewInsert().Model(k).Exec(ctx); err != nil {
			return fmt.Errorf("new passkey: %w", db.Err(err))
		}
		if err := s.accounts.TellTx(ctx, tx, p, "passkey_added", "Name", k.Name); err != nil {
			return err
		}
		return s.note(ctx, tx, "passkey.added", p, "", "")
	})
	if err == nil {
		s.log.InfoContext(ctx, "account: passkey added", "person", p.ID)
	}
	return err
}

func encode(c *webauthn.Credential) (string, error) {
	raw, err := json.Marshal(c)
	if err != nil {
		return "", fmt.Errorf("passkey: %w", err)
	}
	return string(raw), nil
}

// keyName makes a name that can stand in a list; "" becomes a dash.
func keyName(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.In(r, unicode.Cc, unicode.Cf, unicode.Co, unicode.Cs) || r == utf8.RuneError {
			return -1
		}
		return r
	}, strings.Join(strings.Fields(s), " "))
	if r := []rune(s); len(r) > longestName {
		s = string(r[:longestName])
	}
	if s == "" {
		return "–"
	}
	return s
}

// RemovePasskey takes a passkey away. Conflict when it is the last way in; NotFound when it is not theirs.
func (s *Service) RemovePasskey(ctx context.Context, personID, keyID string) error {
	return s.without(ctx, personID, func(ctx context.Context, tx bun.IDB, p *account.Person) error {
		k := new(Passkey)
		if err := tx.NewSelect().Model(k).Where("id = ?", keyID).Where("person_id = ?", personID).Scan(ctx); err != nil {
			return db.Err(err)
		}
		if _, err := tx.NewDelete().Model(k).WherePK().Exec(ctx); err != nil {
			return fmt.Errorf("remove passkey: %w", err)
		}
		if err := s.accounts.TellTx(ctx, tx, p, "passkey_removed", "Name", k.Name); err != nil {
			return err
		}
		return s.note(ctx, tx, "passkey.removed", p, "", "")
	})
}

// BeginPasskeySignIn begins a sign-in with whichever passkey the browser offers. NotFound where there can be none.
func (s *Service) BeginPasskeySignIn() (*Ceremony, error) {
	if s.keys == nil {
		return nil, errNoPasskeys
	}
	options, session, err := s.keys.BeginDiscoverableLogin()
	if err != nil {
		return nil, fmt.Errorf("begin with a passkey: %w", err)
	}
	return s.ceremony(options.Response, challenge{Session: *session})
}

// PasskeySignIn lets in who answered with a passkey. Forbidden when it is not known, does not fit, or seems to be there
// twice: then it is refused from now on and its holder is told. Forbidden also when the account is closed or people with
// its address sign in elsewhere.
func (s *Service) PasskeySignIn(ctx context.Context, sealed, response string) (*account.Person, error) {
	if s.keys == nil {
		return nil, errNoPasskeys
	}
	c, err := s.opened(sealed, "")
	if err != nil {
		return nil, err
	}
	parsed, err := protocol.ParseCredentialRequestResponseBody(strings.NewReader(response))
	if err != nil {
		return nil, passkeyFailed(err)
	}
	var p *account.Person
	cloned := false
	err = db.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		if err := s.spend(ctx, tx, "passkey", c.Session.Challenge, c.At.Add(keyLife)); err != nil {
			return passkeyFailed(err)
		}
		p, cloned, err = s.usePasskey(ctx, tx, c, parsed)
		return err
	})
	switch {
	case err != nil:
		return nil, err
	case cloned:
		return nil, fault.New(fault.Forbidden, "signon.passkey_cloned")
	case p.Disabled():
		return nil, fault.New(fault.Forbidden, "account.disabled")
	}
	if err := s.gate(p.Email); err != nil {
		return nil, err
	}
	s.log.InfoContext(ctx, "account: signed in", "person", p.ID, "method", "passkey")
	return p, nil
}

// usePasskey checks an answer and counts it. Of two at once the second sees the first's counter.
func (s *Service) usePasskey(ctx context.Context, tx bun.IDB, c *challenge, parsed *protocol.ParsedCredentialAssertionData) (*account.Person, bool, error) {
	personID := string(parsed.Response.UserHandle)
	if !id.Valid(personID) {
		return nil, false, passkeyFailed(errors.New("no such handle"))
	}
	p, err := s.accounts.LockTx(ctx, tx, personID)
	if fault.Is(err, fault.NotFound) {
		return nil, false, passkeyFailed(err)
	}
	if err != nil {
		return nil, false, err
	}
	rows, err := s.passkeysOf(ctx, tx, p.ID)
	if err != nil {
		return nil, false, err
	}
	h := holder{p: p}
	var row *Passkey
	for i, k := range rows {
		var w webauthn.Credential
		if err := json.Unmarshal([]byte(k.Data), &w); err != nil {
			return nil, false, fmt.Errorf("passkey %s: %w", k.ID, err)
		}
		if bytes.Equal(w.ID, parsed.RawID) && k.ClonedAt.IsZero() {
			row = &rows[i]
			h.keys = append(h.keys, w)
		}
	}
	if row == nil {
		return nil, false, passkeyFailed(errors.New("not known, or refused since it was there twice"))
	}
	find := func(_, _ []byte) (webauthn.User, error) { return h, nil }
	used, err := s.keys.ValidateDiscoverableLogin(find, c.Session, parsed)
	if err != nil {
		return nil, false, passkeyFailed(err)
	}
	row.UsedAt = s.now()
	cloned := used.Authenticator.CloneWarning
	if cloned {
		row.ClonedAt = s.now()
		s.log.WarnContext(ctx, "signon: a passkey seems to be there twice", "person", p.ID, "passkey", row.ID)
		if err := s.note(ctx, tx, "passkey.cloned", p, "", ""); err != nil {
			return nil, false, err
		}
		if err := s.accounts.TellTx(ctx, tx, p, "passkey_cloned", "Name", row.Name); err != nil {
			return nil, false, err
		}
	}
	if row.Data, err = encode(used); err != nil {
		return nil, false, err
	}
	if _, err := tx.NewUpdate().Model(row).Column("data", "used_at", "cloned_at").WherePK().Exec(ctx); err != nil {
		return nil, false, fmt.Errorf("passkey used: %w", err)
	}
	return p, cloned, nil
}
