package signon

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/markbates/goth"

	"greenroom/internal/account"
	"greenroom/internal/fault"
	"greenroom/internal/id"
)

// Reason says in one word what was wrong with an answer; the message signon.reason.<reason> says it to people.
type Reason string

// The reasons.
const (
	ReasonState     Reason = "state"     // the browser did not begin this, or too long ago
	ReasonReplay    Reason = "replay"    // it was used before
	ReasonCode      Reason = "code"      // the provider does not take the code back
	ReasonNoToken   Reason = "no-token"  // there is no ID token in the answer
	ReasonSignature Reason = "signature" // forged, unsigned, or signed in a way that is not allowed
	ReasonIssuer    Reason = "issuer"    // from somebody else
	ReasonAudience  Reason = "audience"  // for somebody else
	ReasonExpired   Reason = "expired"
	ReasonEarly     Reason = "early" // issued or valid only in the future
	ReasonNonce     Reason = "nonce" // of another sign-in
	ReasonClaims    Reason = "claims"
	ReasonProvider  Reason = "provider" // the provider itself says that something is wrong
)

// Refused is an answer of a provider that will not do.
type Refused struct {
	Provider string
	Reason   Reason
	cause    error
}

func refused(provider string, r Reason, cause error) error { return &Refused{provider, r, cause} }

// Error is for the log.
func (e *Refused) Error() string { return because("signon: refused "+string(e.Reason), e.cause) }

// Unwrap gives the cause.
func (e *Refused) Unwrap() error { return e.cause }

// Down is a provider that does not answer, or does not know this site.
type Down struct {
	Provider string
	cause    error
}

// Error is for the log.
func (e *Down) Error() string { return because("signon: "+e.Provider+" does not answer", e.cause) }

// Unwrap gives the cause.
func (e *Down) Unwrap() error { return e.cause }

// Cancelled is somebody who changed their mind at the provider.
type Cancelled struct{ Provider string }

// Error is for the log.
func (e *Cancelled) Error() string { return "signon: cancelled at " + e.Provider }

// Elsewhere is somebody whose mail domain has another provider.
type Elsewhere struct{ Offer Offer }

// Error is for the log.
func (e *Elsewhere) Error() string { return "signon: must use " + e.Offer.Name }

// Strange is an identity that belongs to another account than the one that is signed in.
type Strange struct{ Provider string }

// Error is for the log.
func (e *Strange) Error() string { return "signon: the identity is another account's" }

func because(text string, cause error) string {
	if cause == nil {
		return text
	}
	return text + ": " + cause.Error()
}

// flow is what the browser keeps between the start and the provider's answer, sealed.
type flow struct {
	Provider string
	State    string
	Saved    string // goth's session
	Back     string // own path to go on to; "" for the usual one
	Began    time.Time
}

// Start is a sign-in that has begun.
type Start struct {
	URL    string // where the browser goes
	State  string
	Sealed string // for the browser to keep
}

// Begin begins a sign-in with the provider of the name. NotFound when there is none, *Down when it does not answer.
func (s *Service) Begin(ctx context.Context, name, back string) (*Start, error) {
	p := s.provider(name)
	if p == nil {
		return nil, fault.New(fault.NotFound, "error.not_found")
	}
	g, err := p.connect(ctx)
	if err != nil {
		return nil, s.told(ctx, err)
	}
	f := flow{Provider: name, State: id.Token(), Back: back, Began: s.now()}
	session, err := g.BeginAuth(f.State)
	if err != nil {
		return nil, s.told(ctx, err)
	}
	f.Saved = session.Marshal()
	out := &Start{State: f.State}
	if out.URL, err = session.GetAuthURL(); err != nil {
		return nil, fmt.Errorf("begin at %s: %w", name, err)
	}
	if out.Sealed, err = s.seal.close("flow", f); err != nil {
		return nil, err
	}
	return out, nil
}

// Answer is what a provider's answer comes to: somebody to sign in, or a question. When Ask is not "", Pending is for
// the browser to keep until it is answered.
type Answer struct {
	Person  *account.Person
	New     bool   // the account was made just now
	Ask     string // AskConnect | AskDetails
	Pending string
	Back    string // own path to go on to; "" for the usual one
}

// The questions.
const (
	AskConnect = "connect" // whether the identity belongs to an account that is there
	AskDetails = "finish"  // a name or an address that the provider did not give
)

// Finish takes a provider's answer. Sealed is what Start gave the browser to keep, query the answer's, viewer who is
// signed in ("" nobody). The errors that people are told about are *Refused, *Down, *Cancelled, *Elsewhere, *Strange and
// faults. What is refused leaves a line in the audit log.
func (s *Service) Finish(ctx context.Context, name, sealed string, query url.Values, viewer string) (*Answer, error) {
	p := s.provider(name)
	if p == nil {
		return nil, fault.New(fault.NotFound, "error.not_found")
	}
	a, err := s.finish(ctx, p, sealed, query, viewer)
	if err != nil {
		return nil, s.told(ctx, err)
	}
	return a, nil
}

func (s *Service) finish(ctx context.Context, p *provider, sealed string, query url.Values, viewer string) (*Answer, error) {
	var f flow
	if err := s.seal.open("flow", sealed, &f); err != nil {
		if s.wasSpent(ctx, "state", query.Get("state")) {
			return nil, refused(p.Name, ReasonReplay, nil)
		}
		return nil, refused(p.Name, ReasonState, nil)
	}
	if f.Provider != p.Name || subtle.ConstantTimeCompare([]byte(f.State), []byte(query.Get("state"))) != 1 || s.now().Sub(f.Began) > Life {
		return nil, refused(p.Name, ReasonState, nil)
	}
	if err := s.spend(ctx, s.db, "state", f.State, f.Began.Add(Life)); err != nil {
		if fault.Is(err, fault.Conflict) {
			return nil, refused(p.Name, ReasonReplay, nil)
		}
		return nil, err
	}
	g, err := p.connect(ctx)
	if err != nil {
		return nil, err
	}
	if err := said(p, g, query); err != nil {
		return nil, err
	}
	session, err := g.UnmarshalSession(f.Saved)
	if err != nil {
		return nil, refused(p.Name, ReasonState, err)
	}
	// Nothing of the query but the code goes on.
	if _, err := session.Authorize(g, url.Values{"code": {query.Get("code")}}); err != nil {
		return nil, err
	}
	user, err := g.FetchUser(session)
	if err != nil {
		return nil, err
	}
	verified, _ := user.RawData[verifiedKey].(bool)
	c := Claim{
		Issuer: p.Issuer, Subject: user.UserID, Provider: p.Name, Email: user.Email, Name: user.Name,
		Proven: verified && user.Email != "", Account: user.Email, Back: f.Back, At: s.now(), Once: id.Token(),
	}
	if c.Account == "" {
		c.Account = user.NickName
	}
	if c.Name == "" {
		c.Name = nameOf(user)
	}
	return s.decide(ctx, c, viewer)
}

// nameOf is what to call somebody whose provider gives no name: what they are called there, else what their address
// begins with. They can change it in the settings.
func nameOf(u goth.User) string {
	name := u.NickName
	if name == "" {
		name = u.Email
	}
	name, _, _ = strings.Cut(name, "@")
	return name
}

// said looks at what the answer says beside the code: who sends it (RFC 9207), and whether something went wrong there.
func said(p *provider, g goth.Provider, query url.Values) error {
	x, isOpenID := g.(*openID)
	if isOpenID {
		_, _, _, about := x.known()
		if iss := query.Get("iss"); iss != "" && iss != p.Issuer || iss == "" && about.SendsIssuer {
			return refused(p.Name, ReasonIssuer, nil)
		}
	}
	switch e := query.Get("error"); e {
	case "":
	case "access_denied", "login_required", "interaction_required", "consent_required", "account_selection_required":
		return &Cancelled{p.Name}
	case "temporarily_unavailable", "server_error":
		return &Down{Provider: p.Name, cause: errors.New(e)}
	default:
		return refused(p.Name, ReasonProvider, fmt.Errorf("it says %.60q", e))
	}
	if query.Get("code") == "" {
		return refused(p.Name, ReasonCode, nil)
	}
	return nil
}

// told logs what went wrong and writes the audit line of what was refused.
func (s *Service) told(ctx context.Context, err error) error {
	var no *Refused
	var down *Down
	// A provider's own words may be a whole page.
	const longest = 500
	text := err.Error()
	if len(text) > longest {
		text = strings.ToValidUTF8(text[:longest], "") + " …"
	}
	switch {
	case errors.As(err, &no):
		s.log.WarnContext(ctx, "signon: refused", "provider", no.Provider, "reason", string(no.Reason), "error", text)
		if nerr := s.note(ctx, s.db, "signon.refused", nil, no.Provider, string(no.Reason)); nerr != nil {
			return nerr
		}
	case errors.As(err, &down):
		s.log.WarnContext(ctx, "signon: provider does not answer", "provider", down.Provider, "error", text)
	}
	return err
}
