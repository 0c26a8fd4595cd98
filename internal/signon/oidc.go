package signon

import (
	"context"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/markbates/goth"
	"golang.org/x/oauth2"

	"greenroom/internal/config"
	"greenroom/internal/id"
)

// openID is goth's kind of provider for OpenID Connect, with what goth's own leaves out: the token's signature by one of
// the provider's asymmetric algorithms, a nonce, and PKCE. It is safe for use by many goroutines.
type openID struct {
	config   config.Provider
	callback string
	client   *http.Client
	now      func() time.Time

	mu       sync.Mutex // guards what follows; see discover
	remote   *oidc.Provider
	about    description
	oauth    *oauth2.Config
	verifier *oidc.IDTokenVerifier
	asked    time.Time
	failed   error
}

var _ goth.Provider = (*openID)(nil)

// openIDSession is what of one sign-in must be known at its end.
type openIDSession struct {
	Nonce    string
	Verifier string // of PKCE

	url   string
	token *oauth2.Token
	id    *oidc.IDToken
	raw   string
}

var _ goth.Session = (*openIDSession)(nil)

func (x *openID) newOAuth(remote *oidc.Provider, d description) *oauth2.Config {
	e := remote.Endpoint()
	basic, post := slices.Contains(d.AuthMethods, "client_secret_basic"), slices.Contains(d.AuthMethods, "client_secret_post")
	switch { // where it takes both, or says nothing, the first that works is kept
	case basic && !post:
		e.AuthStyle = oauth2.AuthStyleInHeader
	case post && !basic:
		e.AuthStyle = oauth2.AuthStyleInParams
	}
	return &oauth2.Config{
		ClientID: x.config.ClientID, ClientSecret: string(x.config.ClientSecret), Endpoint: e,
		RedirectURL: x.callback, Scopes: x.config.Scopes,
	}
}

// known returns what discover found.
func (x *openID) known() (*oidc.Provider, *oauth2.Config, *oidc.IDTokenVerifier, description) {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.remote, x.oauth, x.verifier, x.about
}

// Name is the provider's name in addresses.
func (x *openID) Name() string { return x.config.Name }

// SetName does nothing: the name is the settings'.
func (x *openID) SetName(string) {}

// Debug does nothing.
func (x *openID) Debug(bool) {}

// RefreshTokenAvailable is false: nothing is asked of a provider after the sign-in.
func (x *openID) RefreshTokenAvailable() bool { return false }

// RefreshToken is not there; see RefreshTokenAvailable.
func (x *openID) RefreshToken(string) (*oauth2.Token, error) {
	return nil, errors.New("signon: tokens are not kept")
}

// BeginAuth begins a sign-in.
func (x *openID) BeginAuth(state string) (goth.Session, error) {
	_, oauth, _, _ := x.known()
	if oauth == nil {
		return nil, &Down{Provider: x.config.Name}
	}
	s := &openIDSession{Nonce: id.Token(), Verifier: oauth2.GenerateVerifier()}
	s.url = oauth.AuthCodeURL(state, oidc.Nonce(s.Nonce), oauth2.S256ChallengeOption(s.Verifier))
	return s, nil
}

// UnmarshalSession reads what Marshal wrote.
func (x *openID) UnmarshalSession(saved string) (goth.Session, error) {
	s := new(openIDSession)
	if err := json.Unmarshal([]byte(saved), s); err != nil || s.Nonce == "" || s.Verifier == "" {
		return nil, errSeal
	}
	return s, nil
}

// GetAuthURL is where the browser goes.
func (s *openIDSession) GetAuthURL() (string, error) { return s.url, nil }

// Marshal is the session as text.
func (s *openIDSession) Marshal() string {
	raw, _ := json.Marshal(s) // two texts: never fails
	return string(raw)
}

// Authorize exchanges the code for an ID token and checks it. A token that will not do is a *Refused.
func (s *openIDSession) Authorize(p goth.Provider, params goth.Params) (string, error) {
	x, ok := p.(*openID)
	if !ok {
		return "", fmt.Errorf("signon: %T is no provider of this session", p)
	}
	_, oauth, _, _ := x.known()
	ctx, cancel := context.WithTimeout(oidc.ClientContext(context.Background(), x.client), patience)
	defer cancel()
	t, err := oauth.Exchange(ctx, params.Get("code"), oauth2.VerifierOption(s.Verifier))
	if err != nil {
		return "", exchangeFailed(x.config.Name, err)
	}
	raw, ok := t.Extra("id_token").(string)
	if !ok || raw == "" {
		return "", refused(x.config.Name, ReasonNoToken, nil)
	}
	if s.id, err = x.verify(ctx, raw, s.Nonce); err != nil {
		return "", err
	}
	if s.id.AccessTokenHash != "" {
		if err := s.id.VerifyAccessToken(t.AccessToken); err != nil {
			return "", refused(x.config.Name, ReasonSignature, err)
		}
	}
	s.token, s.raw = t, raw
	return t.AccessToken, nil
}

// exchangeFailed tells a provider that does not answer from one that says no.
func exchangeFailed(name string, err error) error {
	var no *oauth2.RetrieveError
	// Who is refused as a client has a wrong secret in the settings; that is nobody's forgery.
	if errors.As(err, &no) && no.Response != nil && no.Response.StatusCode < 500 &&
		no.ErrorCode != "invalid_client" && no.ErrorCode != "unauthorized_client" {
		return refused(name, ReasonCode, err)
	}
	return &Down{Provider: name, cause: err}
}

// verify checks an ID token as OpenID Connect Core 3.1.3.7 asks for: signature, issuer, audience, times, nonce.
func (x *openID) verify(ctx context.Context, raw, nonce string) (*oidc.IDToken, error) {
	name := x.config.Name
	_, _, verifier, _ := x.known()
	t, err := verifier.Verify(ctx, raw) // the signature, with an algorithm that the provider names; never none or HS256
	if err != nil {
		if strings.Contains(err.Error(), "fetching keys") {
			return nil, &Down{Provider: name, cause: err}
		}
		return nil, refused(name, ReasonSignature, err)
	}
	var c struct {
		AuthorizedParty string   `json:"azp"`
		NotBefore       *float64 `json:"nbf"`
		IssuedAt        *float64 `json:"iat"`
		Expiry          *float64 `json:"exp"`
	}
	if err := t.Claims(&c); err != nil {
		return nil, refused(name, ReasonClaims, err)
	}
	now := x.now()
	switch {
	case t.Issuer != x.config.Issuer:
		return nil, refused(name, ReasonIssuer, nil)
	case !slices.Contains(t.Audience, x.config.ClientID),
		len(t.Audience) > 1 && c.AuthorizedParty == "",
		c.AuthorizedParty != "" && c.AuthorizedParty != x.config.ClientID:
		return nil, refused(name, ReasonAudience, nil)
	case t.Subject == "" || len(t.Subject) > 255 || c.Expiry == nil || c.IssuedAt == nil:
		return nil, refused(name, ReasonClaims, nil)
	case !now.Before(t.Expiry.Add(Skew)):
		return nil, refused(name, ReasonExpired, nil)
	case t.IssuedAt.After(now.Add(Skew)), c.NotBefore != nil && time.Unix(int64(*c.NotBefore), 0).After(now.Add(Skew)):
		return nil, refused(name, ReasonEarly, nil)
	case subtle.ConstantTimeCompare([]byte(t.Nonce), []byte(nonce)) != 1:
		return nil, refused(name, ReasonNonce, nil)
	}
	return t, nil
}

// verifiedKey is where FetchUser leaves in RawData whether the address is proven.
const verifiedKey = "greenroom.email_verified"

// FetchUser reads the person from the verified token; what it lacks is asked for at the provider's userinfo address.
func (x *openID) FetchUser(session goth.Session) (goth.User, error) {
	s, ok := session.(*openIDSession)
	if !ok || s.id == nil {
		return goth.User{}, errors.New("signon: the session has no token yet")
	}
	claims := map[string]any{}
	if err := s.id.Claims(&claims); err != nil {
		return goth.User{}, refused(x.config.Name, ReasonClaims, err)
	}
	if text(claims, x.config.ClaimEmail) == "" || nameIn(claims, x.config.ClaimName) == "" {
		x.askUserInfo(s, claims)
	}
	u := goth.User{Provider: x.config.Name, UserID: s.id.Subject, IDToken: s.raw, RawData: claims}
	u.Email, u.Name = text(claims, x.config.ClaimEmail), nameIn(claims, x.config.ClaimName)
	u.NickName = text(claims, "preferred_username")
	// email_verified speaks of the claim email and of no other.
	claims[verifiedKey] = x.config.TrustEmail || x.config.ClaimEmail == "email" && truth(claims["email_verified"])
	return u, nil
}

// askUserInfo adds what the userinfo address says of the same subject. Without an answer the person is asked instead.
func (x *openID) askUserInfo(s *openIDSession, claims map[string]any) {
	remote, _, _, _ := x.known()
	if remote.UserInfoEndpoint() == "" {
		return
	}
	ctx, cancel := context.WithTimeout(oidc.ClientContext(context.Background(), x.client), patience)
	defer cancel()
	info, err := remote.UserInfo(ctx, oauth2.StaticTokenSource(s.token))
	if err != nil || info.Subject != s.id.Subject {
		return
	}
	more := map[string]any{}
	if info.Claims(&more) != nil {
		return
	}
	_, own := claims["email"]
	for k, v := range more {
		if _, there := claims[k]; !there && !(k == "email_verified" && own) {
			claims[k] = v
		}
	}
}

func text(claims map[string]any, name string) string {
	s, _ := claims[name].(string)
	return strings.TrimSpace(s)
}

func nameIn(claims map[string]any, name string) string {
	if s := text(claims, name); s != "" {
		return s
	}
	return strings.TrimSpace(text(claims, "given_name") + " " + text(claims, "family_name"))
}

// truth reads a boolean; some providers send it as text.
func truth(v any) bool {
	switch v := v.(type) {
	case bool:
		return v
	case string:
		return v == "true"
	}
	return false
}
