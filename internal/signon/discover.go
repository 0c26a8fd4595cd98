package signon

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"net/url"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
)

const (
	refreshAfter = time.Hour       // what a provider says about itself may be this old
	retryAfter   = 2 * time.Second // after it did not answer; everybody who asks sooner is told at once
	answerLimit  = 1 << 20         // bytes of one answer
)

// newClient makes the client for all requests to providers: bounded in time and size, and it follows no redirect, so
// that a request goes only where the settings and the provider's own description say.
func newClient() *http.Client {
	t, ok := http.DefaultTransport.(*http.Transport)
	if !ok {
		t = &http.Transport{}
	}
	t = t.Clone()
	t.MaxIdleConnsPerHost = 4
	return &http.Client{
		Timeout:       patience,
		Transport:     bounded{t},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// bounded cuts answers short that are longer than any honest one.
type bounded struct{ http.RoundTripper }

func (b bounded) RoundTrip(r *http.Request) (*http.Response, error) {
	res, err := b.RoundTripper.RoundTrip(r)
	if err == nil {
		res.Body = struct {
			io.Reader
			io.Closer
		}{io.LimitReader(res.Body, answerLimit), res.Body}
	}
	return res, err
}

// discover asks the provider what it says about itself, unless that is known already. Many at once ask once. When it
// does not answer, what was known before is used; when nothing was, the error says that it is down.
func (x *openID) discover(ctx context.Context) error {
	x.mu.Lock()
	defer x.mu.Unlock()
	now := x.now()
	if x.remote != nil && now.Sub(x.asked) < refreshAfter {
		return nil
	}
	if x.failed != nil && now.Sub(x.asked) < retryAfter {
		return x.orKnown(x.failed)
	}
	// The answer is everybody's who waits, so it does not end with the request that happened to ask.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer cancel()
	remote, err := oidc.NewProvider(oidc.ClientContext(ctx, x.client), x.config.Issuer)
	if err == nil {
		err = x.adopt(remote)
	}
	x.asked = now
	x.failed = err
	if err != nil {
		return x.orKnown(err)
	}
	return nil
}

func (x *openID) orKnown(err error) error {
	if x.remote != nil {
		return nil
	}
	return &Down{Provider: x.config.Name, cause: err}
}

// description is what of a provider's own words go-oidc does not keep.
type description struct {
	JWKS        string   `json:"jwks_uri"`
	AuthMethods []string `json:"token_endpoint_auth_methods_supported"`
	SendsIssuer bool     `json:"authorization_response_iss_parameter_supported"`
}

// adopt takes over what a provider says about itself. Its keys and its token address must be as safe as its issuer.
func (x *openID) adopt(remote *oidc.Provider) error {
	var d description
	if err := remote.Claims(&d); err != nil {
		return fmt.Errorf("its description: %w", err)
	}
	for _, u := range []string{remote.Endpoint().AuthURL, remote.Endpoint().TokenURL, d.JWKS} {
		if !safe(u) {
			return fmt.Errorf("its description names the address %q, which is not https", u)
		}
	}
	if u := remote.UserInfoEndpoint(); u != "" && !safe(u) {
		return errors.New("its description names a userinfo address that is not https")
	}
	if x.remote != nil && x.about.JWKS == d.JWKS && x.remote.Endpoint() == remote.Endpoint() {
		return nil // the keys that are known stay known
	}
	x.remote, x.about = remote, d
	x.oauth = x.newOAuth(remote, d)
	// The checks beside the signature are in verify, which says by name what is wrong and allows for skewed clocks.
	x.verifier = remote.Verifier(&oidc.Config{ClientID: x.config.ClientID, SkipClientIDCheck: true, SkipIssuerCheck: true, SkipExpiryCheck: true})
	return nil
}

func safe(s string) bool {
	u, err := url.Parse(s)
	if err != nil || u.Host == "" {
		return false
	}
	ip, err := netip.ParseAddr(u.Hostname())
	return u.Scheme == "https" || u.Scheme == "http" && (u.Hostname() == "localhost" || err == nil && ip.IsLoopback())
}
