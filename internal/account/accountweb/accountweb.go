// Package accountweb holds the pages of accounts: registering, signing in and out, mailed links, settings, and the
// question whose a device's work is.
//
//	accountweb.go  the route table and what handlers share
//	signin.go      register, sign in, sign out, claim
//	links.go       forgotten passwords and the pages that mailed links open
//	settings.go    settings, theme
//	data.go        the export of one's data, deletion
package accountweb

import (
	"net/http"
	"net/url"
	"time"

	"github.com/a-h/templ"
	"github.com/labstack/echo/v4"

	"greenroom/internal/account"
	"greenroom/internal/fault"
	"greenroom/internal/locale"
	"greenroom/internal/signon"
	"greenroom/internal/web"
	pages "greenroom/web/templates/account"
)

// Options are the settings of these pages.
type Options struct {
	Demo         []account.DemoPerson // whom the sign-in page offers with one tap; only ever set on demo sites
	Langs        []string             // languages to choose from; nil: the default alone
	SignOn       *signon.Service      // where people may sign in instead; nil: nowhere
	Certificates Certificates         // nil: nobody has any
}

// Handlers answers for accounts.
type Handlers struct {
	accounts *account.Service
	sessions *account.Sessions
	opts     Options
}

// New makes the handlers.
func New(a *account.Service, s *account.Sessions, o Options) *Handlers {
	if len(o.Langs) == 0 {
		o.Langs = []string{locale.Default}
	}
	return &Handlers{accounts: a, sessions: s, opts: o}
}

// Routes is the table. No GET changes anything: mailed links open a page whose button does.
func (h *Handlers) Routes() []web.Route {
	const get, post = http.MethodGet, http.MethodPost
	return []web.Route{
		{Method: get, Path: "/register", Handler: h.getRegister, Access: web.Public},
		{Method: post, Path: "/register", Handler: h.postRegister, Access: web.Public, Limit: "register"},
		{Method: get, Path: "/sign-in", Handler: h.getSignIn, Access: web.Public},
		{Method: post, Path: "/sign-in", Handler: h.postSignIn, Access: web.Public, Limit: "sign-in"},
		{Method: post, Path: "/sign-out", Handler: h.postSignOut, Access: web.Public, Limit: "write"},
		{Method: get, Path: "/claim", Handler: h.getClaim, Access: web.SignedIn},
		{Method: post, Path: "/claim", Handler: h.postClaim, Access: web.SignedIn, Limit: "write"},

		{Method: get, Path: "/forgot", Handler: h.getForgot, Access: web.Public},
		{Method: post, Path: "/forgot", Handler: h.postForgot, Access: web.Public, Limit: "mail"},
		{Method: get, Path: "/reset/:token", Handler: h.getReset, Access: web.Public},
		{Method: post, Path: "/reset/:token", Handler: h.postReset, Access: web.Public, Limit: "sign-in"},
		{Method: get, Path: "/verify/:token", Handler: h.getVerify, Access: web.Public},
		{Method: post, Path: "/verify/:token", Handler: h.postVerify, Access: web.Public, Limit: "sign-in"},
		{Method: post, Path: "/verify-again", Handler: h.postVerifyAgain, Access: web.SignedIn, Limit: "mail"},
		{Method: get, Path: "/undo/:token", Handler: h.getUndo, Access: web.Public},
		{Method: post, Path: "/undo/:token", Handler: h.postUndo, Access: web.Public, Limit: "sign-in"},

		{Method: get, Path: "/settings", Handler: h.getSettings, Access: web.SignedIn},
		{Method: post, Path: "/settings/profile", Handler: h.postProfile, Access: web.SignedIn, Limit: "write"},
		{Method: post, Path: "/settings/appearance", Handler: h.postAppearance, Access: web.SignedIn, Limit: "write"},
		{Method: post, Path: "/settings/email", Handler: h.postEmail, Access: web.SignedIn, Limit: "mail"},
		{Method: post, Path: "/settings/password", Handler: h.postPassword, Access: web.SignedIn, Limit: "write"},
		{Method: post, Path: "/settings/sign-out-everywhere", Handler: h.postSignOutEverywhere, Access: web.SignedIn, Limit: "write"},
		{Method: get, Path: "/settings/export", Handler: h.getExport, Access: web.SignedIn, Limit: "export"},
		{Method: get, Path: "/settings/delete", Handler: h.getDelete, Access: web.SignedIn},
		{Method: post, Path: "/settings/delete", Handler: h.postDelete, Access: web.SignedIn, Limit: "write"},
		{Method: post, Path: "/theme", Handler: h.postTheme, Access: web.Public, Limit: "write"},
	}
}

// home is where people go on after signing in when they came from nowhere.
const home = "/me"

// returnTo is the own path to go on to, "" when none was asked for.
func returnTo(c echo.Context) string { return web.OwnPath(c.FormValue("return"), "") }

// onward is returnTo or home.
func onward(c echo.Context) string { return web.OwnPath(c.FormValue("return"), home) }

// form is what a form page begins with; err, when it is an Invalid fault, becomes its messages.
func form(c echo.Context, title string, err error) pages.Form {
	f := pages.Form{Page: web.Page(c, web.L(c).T(title)), Return: returnTo(c)}
	f.By, f.Errors = web.FieldErrors(web.L(c), err)
	f.HasError = len(f.Errors) > 0
	f.Robots = "noindex"
	return f
}

// invalid says whether the page is to be shown again with what to mend.
func invalid(err error) bool { return fault.Is(err, fault.Invalid) }

// status is that of a form page: 422 with errors.
func status(f pages.Form) int {
	if f.HasError {
		return http.StatusUnprocessableEntity
	}
	return http.StatusOK
}

// offers are the providers where people may sign in instead.
func (h *Handlers) offers(c echo.Context) []pages.Offer {
	if h.opts.SignOn == nil {
		return nil
	}
	var out []pages.Offer
	for _, o := range h.opts.SignOn.Offers() {
		out = append(out, pages.Offer{Label: o.Label, Href: templ.SafeURL(withReturn("/auth/"+o.Name, returnTo(c)))})
	}
	return out
}

// elsewhere answers when people with the address typed have to sign in with a provider: with a page that names it.
func (h *Handlers) elsewhere(c echo.Context) (bool, error) {
	if h.opts.SignOn == nil {
		return false, nil
	}
	o, must := h.opts.SignOn.Required(c.FormValue("email"))
	if !must {
		return false, nil
	}
	p := pages.MustUse{
		Page: web.Page(c, web.L(c).T("signon.must_use_title", "Label", o.Label)), Label: o.Label,
		Href: withReturn("/auth/"+o.Name, returnTo(c)),
	}
	p.Robots = "noindex"
	return true, web.Render(c, http.StatusForbidden, pages.ShowMustUse(p))
}

// has says whether a field of an Invalid fault got the message.
func has(err error, key string) bool {
	if f := fault.From(err); f != nil {
		for _, x := range f.Fields {
			if x.Key == key {
				return true
			}
		}
	}
	return false
}

// when writes the time of the last step for the question whose it is.
func when(c echo.Context, t time.Time) string { return web.L(c).DateTime(web.Local(c, t)) }

// withReturn adds the place to go on to.
func withReturn(path, to string) string {
	if to == "" {
		return path
	}
	return path + "?return=" + url.QueryEscape(to)
}
