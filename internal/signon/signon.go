// Package signon lets people sign in elsewhere: with providers of OpenID Connect and with GitHub; and with passkeys.
//
//	signon.go    the service, and what callers get told
//	flow.go      there and back: what is kept in the browser meanwhile, and what is refused
//	decide.go    whom an answer makes: somebody known, somebody new, or a question
//	oidc.go      our goth provider for OpenID Connect: signature, issuer, audience, times, nonce, PKCE
//	discover.go  what a provider says about itself, asked for when it is first needed
//	github.go    goth's GitHub provider, with PKCE and only proven addresses
//	seal.go      what a browser keeps for us without reading or changing it
//	identity.go  who is who at which issuer
//	check.go     what administrators see of the providers
//	passkey.go   passkeys
//	store.go     the SQL
//
// An identity is an issuer and its subject. An e-mail address never signs in and never joins accounts: it only leads to
// the question whether two belong together, and the answer takes proof of both in one browser within ten minutes.
package signon

import (
	"context"
	"crypto/hkdf"
	"crypto/sha256"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/markbates/goth"
	"github.com/uptrace/bun"

	"greenroom/internal/account"
	"greenroom/internal/audit"
	"greenroom/internal/config"
	"greenroom/internal/fault"
	"greenroom/internal/id"
)

const (
	// Life is how long somebody may take at a provider, and to answer the questions afterwards.
	Life = 10 * time.Minute
	// Skew is by how much a provider's clock may differ from ours.
	Skew = time.Minute
	// patience is how long one request to a provider may take.
	patience = 5 * time.Second
)

// Options are what the service needs to know.
type Options struct {
	BaseURL   string // without a slash at the end
	SiteName  string
	Providers []config.Provider
	Root      []byte // the site's secret, from which the key for what browsers keep is derived
	Now       func() time.Time
	Log       *slog.Logger
	Client    *http.Client // nil: one of our own; tests may bring another
}

// Service knows the providers and the identities.
type Service struct {
	db        *bun.DB
	accounts  *account.Service
	opts      Options
	now       func() time.Time
	log       *slog.Logger
	providers []*provider
	seal      *sealer
	keys      *passkeys
}

// provider is one of the settings with what it takes to use it.
type provider struct {
	config.Provider
	connect func(ctx context.Context) (goth.Provider, error) // may ask the network
	openID  *openID                                          // nil for GitHub
}

// New makes the service. It asks no provider anything: a site starts whether they answer or not.
func New(d *bun.DB, a *account.Service, o Options) (*Service, error) {
	key, err := hkdf.Key(sha256.New, o.Root, nil, "greenroom sign-on", 32)
	if err != nil {
		return nil, fmt.Errorf("key for sign-on: %w", err)
	}
	now := func() time.Time { return o.Now().UTC().Truncate(time.Microsecond) }
	s := &Service{db: d, accounts: a, opts: o, now: now, log: o.Log}
	if s.seal, err = newSealer(key); err != nil {
		return nil, err
	}
	if s.keys, err = newPasskeys(o); err != nil {
		return nil, err
	}
	client := o.Client
	if client == nil {
		client = newClient()
	}
	for _, c := range o.Providers {
		p := &provider{Provider: c}
		callback := o.BaseURL + "/auth/" + c.Name + "/callback"
		if c.Kind == config.KindGitHub {
			hub := newGitHub(c, callback, client)
			p.connect = func(context.Context) (goth.Provider, error) { return hub, nil }
		} else {
			x := &openID{config: c, callback: callback, client: client, now: now}
			p.openID = x
			p.connect = func(ctx context.Context) (goth.Provider, error) { return x, x.discover(ctx) }
		}
		s.providers = append(s.providers, p)
	}
	a.SetGate(s.gate)
	a.OnProof(s.forgetWays)
	return s, nil
}

// Offer is a provider as the sign-in page shows it.
type Offer struct{ Name, Label string }

// Offers lists the providers in the order of the settings.
func (s *Service) Offers() []Offer {
	out := make([]Offer, 0, len(s.providers))
	for _, p := range s.providers {
		out = append(out, Offer{p.Name, p.Label})
	}
	return out
}

// Label is what people call the provider of the name; the name itself when it is not among the settings any more.
func (s *Service) Label(name string) string {
	if p := s.provider(name); p != nil {
		return p.Label
	}
	return name
}

func (s *Service) provider(name string) *provider {
	if i := slices.IndexFunc(s.providers, func(p *provider) bool { return p.Name == name }); i >= 0 {
		return s.providers[i]
	}
	return nil
}

// Required returns the provider where people with the address must sign in.
func (s *Service) Required(email string) (Offer, bool) {
	_, domain, ok := strings.Cut(strings.ToLower(strings.TrimSpace(email)), "@")
	if !ok {
		return Offer{}, false
	}
	for _, p := range s.providers {
		if slices.Contains(p.Domains, domain) {
			return Offer{p.Name, p.Label}, true
		}
	}
	return Offer{}, false
}

// gate is what the account service asks before it takes a password, a link or a passkey for an address.
func (s *Service) gate(email string) error {
	if p, ok := s.Required(email); ok {
		return fault.New(fault.Forbidden, "signon.must_use", "Label", p.Label)
	}
	return nil
}

// elsewhere says that the address belongs to another provider than the one that was used.
func (s *Service) elsewhere(email, used string) (Offer, bool) {
	p, ok := s.Required(email)
	return p, ok && p.Name != used
}

// note writes one line of the audit log.
func (s *Service) note(ctx context.Context, tx bun.IDB, action string, p *account.Person, subject, reason string) error {
	e := audit.Entry{At: s.now(), Action: action, Subject: subject, Reason: reason}
	if p != nil {
		e.ActorID, e.ActorName, e.PersonID, e.PersonName = p.ID, p.Name, p.ID, p.Name
	}
	return audit.Record(ctx, tx, e)
}

// digest is what is stored of a secret.
func digest(kind, secret string) string { return id.Hash(kind + ":" + secret) }
