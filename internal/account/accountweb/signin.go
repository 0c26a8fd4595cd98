package accountweb

import (
	"net/http"
	"strconv"

	"github.com/labstack/echo/v4"

	"greenroom/internal/account"
	"greenroom/internal/fault"
	"greenroom/internal/web"
	pages "greenroom/web/templates/account"
)

func (h *Handlers) getRegister(c echo.Context) error {
	if web.ViewerOf(c).SignedIn() {
		return web.SeeOther(c, onward(c))
	}
	return h.showRegister(c, nil, true)
}

// showRegister renders the form; what was typed stays, but for the password.
func (h *Handlers) showRegister(c echo.Context, err error, keep bool) error {
	p := pages.Register{Form: form(c, "account.register", err), Taken: has(err, "account.email_taken"), Keep: keep, Offers: h.offers(c)}
	if c.Request().Method == http.MethodPost {
		p.Name, p.Email = c.FormValue("name"), c.FormValue("email")
	}
	w, werr := h.waiting(c)
	if werr != nil {
		return werr
	}
	p.Steps = w.Steps
	return web.Render(c, status(p.Form), pages.ShowRegister(p))
}

// waiting is what was done on this device without an account; nothing is no error.
func (h *Handlers) waiting(c echo.Context) (account.Waiting, error) {
	w, err := h.accounts.Waiting(c.Request().Context(), h.sessions.DeviceToken(c.Request()))
	if fault.Is(err, fault.NotFound) {
		return account.Waiting{}, nil
	}
	return w, err
}

func (h *Handlers) postRegister(c echo.Context) error {
	if web.ViewerOf(c).SignedIn() {
		return web.SeeOther(c, onward(c))
	}
	if is, err := h.elsewhere(c); is {
		return err
	}
	ctx := c.Request().Context()
	keep := c.FormValue("keep") == "yes"
	in := account.Registration{
		Name: c.FormValue("name"), Email: c.FormValue("email"), Password: c.FormValue("password"), TimeZone: c.FormValue("time_zone"),
	}
	w, err := h.waiting(c)
	if err != nil {
		return err
	}
	if keep && w.Steps > 0 {
		in.Device = h.sessions.DeviceToken(c.Request())
	}
	p, err := h.accounts.Register(ctx, in)
	if invalid(err) {
		return h.showRegister(c, err, keep)
	}
	if err != nil {
		return err
	}
	if err := h.sessions.SignIn(ctx, p.ID); err != nil {
		return err
	}
	if in.Device != "" {
		h.sessions.ForgetDevice(c.Response())
		web.Notice(c, "ok", "account.registered_kept", "Count", strconv.Itoa(w.Steps))
	} else {
		web.Notice(c, "ok", "account.registered")
	}
	return web.SeeOther(c, onward(c))
}

func (h *Handlers) getSignIn(c echo.Context) error {
	if web.ViewerOf(c).SignedIn() && c.QueryParam("again") == "" {
		return web.SeeOther(c, onward(c))
	}
	return h.showSignIn(c, nil)
}

func (h *Handlers) showSignIn(c echo.Context, err error) error {
	p := pages.SignIn{Form: form(c, "account.sign_in", err), Offers: h.offers(c), Again: web.ViewerOf(c).SignedIn()}
	p.Keys = h.opts.SignOn != nil && h.opts.SignOn.PasskeysWork()
	if c.Request().Method == http.MethodPost {
		p.Email = c.FormValue("email")
	}
	for _, d := range h.opts.Demo {
		p.Demo = append(p.Demo, pages.Demo{Name: d.Name, Email: d.Email, Password: d.Password, Role: d.Role})
	}
	return web.Render(c, status(p.Form), pages.ShowSignIn(p))
}

func (h *Handlers) postSignIn(c echo.Context) error {
	if is, err := h.elsewhere(c); is {
		return err
	}
	p, err := h.accounts.SignIn(c.Request().Context(), c.FormValue("email"), c.FormValue("password"))
	if invalid(err) {
		return h.showSignIn(c, err)
	}
	if err != nil {
		return err
	}
	return web.Enter(c, p, onward(c))
}

func (h *Handlers) postSignOut(c echo.Context) error {
	if err := h.sessions.SignOut(c.Request().Context()); err != nil {
		return err
	}
	clearSite(c)
	web.Notice(c, "ok", "account.signed_out")
	return web.SeeOther(c, "/")
}

// clearSite lets the browser forget pages and storage. Cookies stay: the device's belongs to its guest.
func clearSite(c echo.Context) { c.Response().Header().Set("Clear-Site-Data", `"cache", "storage"`) }

func (h *Handlers) getClaim(c echo.Context) error {
	w, err := h.accounts.Waiting(c.Request().Context(), h.sessions.DeviceToken(c.Request()))
	if err != nil {
		return err // nothing waits: a page that says so
	}
	p := pages.Claim{Form: form(c, "account.claim", nil), Steps: w.Steps, When: when(c, w.Last)}
	return web.Render(c, http.StatusOK, pages.ShowClaim(p))
}

func (h *Handlers) postClaim(c echo.Context) error {
	switch c.FormValue("answer") {
	case "mine":
		// A repeat finds the device claimed and does nothing; the answer is the same.
		if _, err := h.accounts.Claim(c.Request().Context(), h.sessions.DeviceToken(c.Request()), web.ViewerOf(c).ID()); err != nil {
			return err
		}
		h.sessions.ForgetDevice(c.Response())
		web.Notice(c, "ok", "account.claim_done")
	case "not-mine":
		h.sessions.ForgetDevice(c.Response())
		web.Notice(c, "ok", "account.claim_gone")
	case "later":
	default:
		return web.SeeOther(c, withReturn("/claim", returnTo(c)))
	}
	return web.SeeOther(c, onward(c))
}
