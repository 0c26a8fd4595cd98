// Package signonweb holds the pages of signing in elsewhere: there and back again, the questions in between, mailed
// links, passkeys, and the settings page with a person's ways in and devices.
//
//	signonweb.go  the route table and what handlers share
//	auth.go       to a provider and back
//	questions.go  connecting an account that is there, and what a provider left out
//	link.go       signing in by a mailed link
//	ways.go       settings: ways to sign in, and devices
//	passkey.go    passkeys
package signonweb

import (
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"greenroom/internal/account"
	"greenroom/internal/fault"
	"greenroom/internal/signon"
	"greenroom/internal/web"
	accountpages "greenroom/web/templates/account"
	pages "greenroom/web/templates/signon"
)

// Handlers answers for sign-on.
type Handlers struct {
	signon   *signon.Service
	accounts *account.Service
	sessions *account.Sessions
	secure   bool
}

// New makes the handlers. Cookies are Secure when the site's address is https.
func New(s *signon.Service, a *account.Service, x *account.Sessions, baseURL string) *Handlers {
	return &Handlers{s, a, x, strings.HasPrefix(baseURL, "https://")}
}

// Routes is the table. A provider's answer is the one GET that writes: it signs in.
func (h *Handlers) Routes() []web.Route {
	const get, post = http.MethodGet, http.MethodPost
	return []web.Route{
		{Method: get, Path: "/auth/:name", Handler: h.getStart, Access: web.Public},
		{Method: get, Path: "/auth/:name/callback", Handler: h.getCallback, Access: web.Public, Limit: "sign-on"},
		{Method: get, Path: "/auth/connect", Handler: h.getConnect, Access: web.Public},
		{Method: post, Path: "/auth/connect", Handler: h.postConnect, Access: web.Public, Limit: "sign-in"},
		{Method: post, Path: "/auth/connect/link", Handler: h.postConnectLink, Access: web.Public, Limit: "write"},
		{Method: get, Path: "/auth/finish", Handler: h.getFinish, Access: web.Public},
		{Method: post, Path: "/auth/finish", Handler: h.postFinish, Access: web.Public, Limit: "sign-on"},

		{Method: get, Path: "/sign-in/link", Handler: h.getLink, Access: web.Public},
		{Method: post, Path: "/sign-in/link", Handler: h.postLink, Access: web.Public, Limit: "mail"},
		{Method: get, Path: "/enter/:token", Handler: h.getEnter, Access: web.Public},
		{Method: post, Path: "/enter/:token", Handler: h.postEnter, Access: web.Public, Limit: "sign-in"},

		{Method: post, Path: "/sign-in/passkey", Handler: h.postPasskeySignIn, Access: web.Public, Limit: "sign-in"},
		{Method: post, Path: "/sign-in/passkey/options", Handler: h.postPasskeyOptions, Access: web.Public, Limit: "write"},
		{Method: post, Path: "/settings/passkeys", Handler: h.postPasskey, Access: web.SignedIn, Limit: "write"},
		{Method: post, Path: "/settings/passkeys/options", Handler: h.postNewPasskeyOptions, Access: web.SignedIn, Limit: "write"},
		{Method: post, Path: "/settings/passkeys/remove", Handler: h.postRemovePasskey, Access: web.SignedIn, Limit: "write"},

		{Method: get, Path: "/settings/sign-in", Handler: h.getWays, Access: web.SignedIn},
		{Method: post, Path: "/settings/sign-in/disconnect", Handler: h.postDisconnect, Access: web.SignedIn, Limit: "write"},
		{Method: post, Path: "/settings/devices/sign-out", Handler: h.postDevice, Access: web.SignedIn, Limit: "write"},
	}
}

const (
	home      = "/me"
	ways      = "/settings/sign-in"
	connect   = "/auth/connect"
	finish    = "/auth/finish"
	flowName  = "greenroom_auth_"
	claimName = "greenroom_claim"
	mostFlows = 5 // sign-ins that one browser may have begun at once
)

// cookie sets a short-lived one that only this site's server reads.
func (h *Handlers) cookie(c echo.Context, name, value string) {
	k := &http.Cookie{
		Name: h.prefix() + name, Value: value, Path: "/", HttpOnly: true, Secure: h.secure, SameSite: http.SameSiteLaxMode,
		MaxAge: int(signon.Life / time.Second),
	}
	if value == "" {
		k.MaxAge = -1
	}
	c.SetCookie(k)
}

func (h *Handlers) prefix() string {
	if h.secure {
		return "__Host-"
	}
	return ""
}

func (h *Handlers) kept(c echo.Context, name string) string {
	k, err := c.Cookie(h.prefix() + name)
	if err != nil {
		return ""
	}
	return k.Value
}

// form is what a form page begins with; err, when it is an Invalid fault, becomes its messages.
func form(c echo.Context, title string, err error) pages.Form {
	f := pages.Form{Page: web.Page(c, title), Return: web.OwnPath(c.FormValue("return"), "")}
	f.By, f.Errors = web.FieldErrors(web.L(c), err)
	f.HasError = len(f.Errors) > 0
	f.Robots = "noindex"
	return f
}

func invalid(err error) bool { return fault.Is(err, fault.Invalid) }

func status(f pages.Form) int {
	if f.HasError {
		return http.StatusUnprocessableEntity
	}
	return http.StatusOK
}

// to is where to go on: back when it is an own path, else home.
func to(back string) string { return web.OwnPath(back, home) }

// begin is the address that starts a sign-in with the provider.
func begin(name, back string) string {
	if back = web.OwnPath(back, ""); back == "" {
		return "/auth/" + name
	}
	return "/auth/" + name + "?return=" + url.QueryEscape(back)
}

// mustUse says at which provider people with this address sign in.
func (h *Handlers) mustUse(c echo.Context, o signon.Offer, back string) error {
	l := web.L(c)
	p := accountpages.MustUse{Page: web.Page(c, l.T("signon.must_use_title", "Label", o.Label)), Label: o.Label, Href: begin(o.Name, back)}
	p.Robots = "noindex"
	return web.Render(c, http.StatusForbidden, accountpages.ShowMustUse(p))
}
