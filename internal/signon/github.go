package signon

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/markbates/goth"
	"github.com/markbates/goth/providers/github"
	"golang.org/x/oauth2"

	"greenroom/internal/config"
)

// gitHub is goth's GitHub provider with PKCE, and with the primary address only when GitHub has proven it: the address
// in a public profile says nothing.
type gitHub struct {
	*github.Provider
	name   string
	client *http.Client
	emails string
}

type gitHubSession struct {
	Verifier string
	inner    github.Session
}

var (
	_ goth.Provider = (*gitHub)(nil)
	_ goth.Session  = (*gitHubSession)(nil)
)

func newGitHub(c config.Provider, callback string, client *http.Client) *gitHub {
	api := "https://api.github.com"
	if c.Issuer != "https://github.com" {
		api = c.Issuer + "/api/v3"
	}
	p := github.NewCustomisedURL(c.ClientID, string(c.ClientSecret), callback,
		c.Issuer+"/login/oauth/authorize", c.Issuer+"/login/oauth/access_token", api+"/user", api+"/user/emails", c.Scopes...)
	p.HTTPClient = client
	p.SetName(c.Name)
	return &gitHub{Provider: p, name: c.Name, client: client, emails: api + "/user/emails"}
}

// BeginAuth begins a sign-in.
func (g *gitHub) BeginAuth(state string) (goth.Session, error) {
	inner, err := g.Provider.BeginAuth(state)
	if err != nil {
		return nil, err
	}
	addr, err := inner.GetAuthURL()
	if err != nil {
		return nil, err
	}
	s := &gitHubSession{Verifier: oauth2.GenerateVerifier()}
	s.inner.AuthURL = addr + "&" + url.Values{
		"code_challenge": {oauth2.S256ChallengeFromVerifier(s.Verifier)}, "code_challenge_method": {"S256"},
	}.Encode()
	return s, nil
}

// UnmarshalSession reads what Marshal wrote.
func (g *gitHub) UnmarshalSession(saved string) (goth.Session, error) {
	s := new(gitHubSession)
	if err := json.Unmarshal([]byte(saved), s); err != nil || s.Verifier == "" {
		return nil, errSeal
	}
	return s, nil
}

// GetAuthURL is where the browser goes.
func (s *gitHubSession) GetAuthURL() (string, error) { return s.inner.GetAuthURL() }

// Marshal is the session as text.
func (s *gitHubSession) Marshal() string {
	raw, _ := json.Marshal(s) // one text: never fails
	return string(raw)
}

// Authorize exchanges the code. The verifier travels by way of the client, since goth has no place for it.
func (s *gitHubSession) Authorize(p goth.Provider, params goth.Params) (string, error) {
	g, ok := p.(*gitHub)
	if !ok {
		return "", fmt.Errorf("signon: %T is no provider of this session", p)
	}
	own, client := *g.Provider, *g.client
	client.Transport = withVerifier{g.client.Transport, s.Verifier}
	own.HTTPClient = &client
	token, err := s.inner.Authorize(&own, params)
	if err != nil {
		return "", exchangeFailed(g.name, err)
	}
	return token, nil
}

// withVerifier adds PKCE's verifier to the form of the one POST, the exchange of the code.
type withVerifier struct {
	next     http.RoundTripper
	verifier string
}

func (w withVerifier) RoundTrip(r *http.Request) (*http.Response, error) {
	next := w.next
	if next == nil {
		next = http.DefaultTransport
	}
	if r.Method != http.MethodPost || r.Body == nil {
		return next.RoundTrip(r)
	}
	raw, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	_ = r.Body.Close()
	form, err := url.ParseQuery(string(raw))
	if err != nil {
		return nil, err
	}
	form.Set("code_verifier", w.verifier)
	body := form.Encode()
	out := r.Clone(r.Context())
	out.Body, out.ContentLength = io.NopCloser(strings.NewReader(body)), int64(len(body))
	out.GetBody = nil
	return next.RoundTrip(out)
}

// FetchUser asks GitHub who it is, and which address is proven.
func (g *gitHub) FetchUser(session goth.Session) (goth.User, error) {
	s, ok := session.(*gitHubSession)
	if !ok {
		return goth.User{}, fmt.Errorf("signon: %T is no session of this provider", session)
	}
	u, err := g.Provider.FetchUser(&s.inner)
	if err != nil && !errors.Is(err, github.ErrNoVerifiedGitHubPrimaryEmail) {
		return u, &Down{Provider: g.name, cause: err}
	}
	if u.UserID == "" || u.UserID == "0" {
		return u, refused(g.name, ReasonClaims, nil)
	}
	if u.Email, err = g.provenEmail(s.inner.AccessToken); err != nil {
		return u, &Down{Provider: g.name, cause: err}
	}
	if u.Name == "" {
		u.Name = u.NickName
	}
	u.RawData = map[string]any{verifiedKey: u.Email != ""}
	return u, nil
}

// provenEmail is the primary address when it is proven, else "".
func (g *gitHub) provenEmail(token string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, g.emails, nil)
	if err != nil {
		return "", err
	}
	r.Header.Set("Authorization", "Bearer "+token)
	res, err := g.client.Do(r)
	if err != nil {
		return "", err
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode != http.StatusOK {
		return "", fmt.Errorf("its addresses: status %d", res.StatusCode)
	}
	var all []struct {
		Email             string
		Primary, Verified bool
	}
	if err := json.NewDecoder(res.Body).Decode(&all); err != nil {
		return "", fmt.Errorf("its addresses: %w", err)
	}
	for _, m := range all {
		if m.Primary && m.Verified {
			return m.Email, nil
		}
	}
	return "", nil
}
