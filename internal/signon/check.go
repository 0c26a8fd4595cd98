package signon

import (
	"context"
	"errors"
	"time"

	"greenroom/internal/fault"
)

// Setting is a provider as administrators see it. The secret is not in it.
type Setting struct {
	Name, Label, Kind, Issuer, ClientID string
	Scopes, Domains                     []string
	TrustEmail                          bool
	Callback                            string // what has to be registered at the provider
}

// Settings lists the providers in the order of the settings.
func (s *Service) Settings() []Setting {
	out := make([]Setting, 0, len(s.providers))
	for _, p := range s.providers {
		out = append(out, Setting{
			Name: p.Name, Label: p.Label, Kind: p.Kind, Issuer: p.Issuer, ClientID: p.ClientID, Scopes: p.Scopes, Domains: p.Domains,
			TrustEmail: p.TrustEmail, Callback: s.opts.BaseURL + "/auth/" + p.Name + "/callback",
		})
	}
	return out
}

// Check asks the provider now what it says about itself, whatever is known of it. NotFound for a name that is not among
// the settings; *Down when it does not answer or says something that is not to be trusted. Whether it knows this site and
// its secret shows only when somebody signs in.
func (s *Service) Check(ctx context.Context, name string) error {
	p := s.provider(name)
	if p == nil {
		return fault.New(fault.NotFound, "error.not_found")
	}
	if p.openID == nil {
		_, err := p.connect(ctx)
		return err
	}
	return p.openID.again(ctx)
}

// again is discover without what was known before: its error is the provider's own.
func (x *openID) again(ctx context.Context) error {
	x.mu.Lock()
	x.asked, x.failed = time.Time{}, nil
	x.mu.Unlock()
	if err := x.discover(ctx); err != nil {
		return err
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.failed != nil {
		return &Down{Provider: x.config.Name, cause: x.failed}
	}
	return nil
}

// Cause is what a provider that is down said, for administrators; "" for any other error.
func Cause(err error) string {
	var d *Down
	if errors.As(err, &d) && d.cause != nil {
		return d.cause.Error()
	}
	return ""
}
