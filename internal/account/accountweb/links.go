package accountweb

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"greenroom/internal/account"
	"greenroom/internal/fault"
	"greenroom/internal/web"
	pages "greenroom/web/templates/account"
	"greenroom/web/templates/ui"
)

func (h *Handlers) getForgot(c echo.Context) error { return h.showForgot(c, nil, false) }

func (h *Handlers) showForgot(c echo.Context, err error, sent bool) error {
	p := pages.Forgot{Form: form(c, "account.forgot", err), Sent: sent}
	if c.Request().Method == http.MethodPost {
		p.Email = c.FormValue("email")
	}
	return web.Render(c, status(p.Form), pages.ShowForgot(p))
}

// postForgot answers with a page instead of a redirect: there is nothing to show at another address, and a repeat
// sends at most another letter, of which three go out.
func (h *Handlers) postForgot(c echo.Context) error {
	if is, err := h.elsewhere(c); is {
		return err
	}
	err := h.accounts.RequestReset(c.Request().Context(), c.FormValue("email"))
	if err != nil && !invalid(err) {
		return err
	}
	return h.showForgot(c, err, err == nil)
}

// secret marks a page whose address is a secret: no other page and no other site is told where one came from.
// The origin is still sent, because browsers without Sec-Fetch-Site prove by it that a form is the site's own.
func secret(c echo.Context) { c.Response().Header().Set("Referrer-Policy", "strict-origin") }

// dead answers for a link that does not work any more.
func (h *Handlers) dead(c echo.Context, textKey, href string) error {
	l := web.L(c)
	p := pages.Dead{Page: web.Page(c, l.T("account.dead_title")), Action: ui.Link{Text: l.T(textKey), Href: href}}
	p.Robots = "noindex"
	return web.Render(c, http.StatusNotFound, pages.ShowDead(p))
}

func (h *Handlers) deadVerify(c echo.Context) error {
	if web.ViewerOf(c).SignedIn() {
		return h.dead(c, "account.dead_settings", "/settings")
	}
	return h.dead(c, "account.sign_in", "/sign-in?return=%2Fsettings")
}

// deadLink says whether err is that a link does not work.
func deadLink(err error) bool { return fault.Is(err, fault.NotFound) }

// tokenPage looks a link up and returns its page; nothing is spent by looking.
func (h *Handlers) tokenPage(c echo.Context, title string, err error, kinds ...string) (pages.Token, *account.Link, error) {
	secret(c)
	l, lerr := h.accounts.Look(c.Request().Context(), c.Param("token"), kinds...)
	if lerr != nil {
		return pages.Token{}, nil, lerr
	}
	return pages.Token{Form: form(c, title, err), Action: c.Request().URL.Path, Email: l.Email}, l, nil
}

func (h *Handlers) getReset(c echo.Context) error { return h.showReset(c, nil) }

func (h *Handlers) showReset(c echo.Context, err error) error {
	p, _, err := h.tokenPage(c, "account.reset", err, account.LinkReset)
	if deadLink(err) {
		return h.dead(c, "account.dead_reset", "/forgot")
	}
	if err != nil {
		return err
	}
	return web.Render(c, status(p.Form), pages.ShowReset(p))
}

func (h *Handlers) postReset(c echo.Context) error {
	secret(c)
	_, err := h.accounts.Reset(c.Request().Context(), c.Param("token"), c.FormValue("password"))
	switch {
	case invalid(err):
		return h.showReset(c, err)
	case deadLink(err):
		return h.dead(c, "account.dead_reset", "/forgot")
	case err != nil:
		return err
	}
	if web.ViewerOf(c).SignedIn() { // whoever it was: the new password is typed once, here
		if err := h.sessions.SignOut(c.Request().Context()); err != nil {
			return err
		}
	}
	web.Notice(c, "ok", "account.reset_done")
	return web.SeeOther(c, "/sign-in")
}

func (h *Handlers) getVerify(c echo.Context) error { return h.showVerify(c, nil) }

// showVerify asks for the password unless the browser is signed in as the person: see account.Service.Verify.
func (h *Handlers) showVerify(c echo.Context, err error) error {
	p, l, err := h.tokenPage(c, "account.verify", err, account.LinkVerify, account.LinkChange)
	if deadLink(err) {
		return h.deadVerify(c)
	}
	if err != nil {
		return err
	}
	p.Password = !h.isPerson(c, l.PersonID)
	return web.Render(c, status(p.Form), pages.ShowVerify(p))
}

func (h *Handlers) isPerson(c echo.Context, id string) bool {
	v := web.ViewerOf(c)
	return v.SignedIn() && v.ID() == id
}

func (h *Handlers) postVerify(c echo.Context) error {
	secret(c)
	by := ""
	if v := web.ViewerOf(c); v.SignedIn() {
		by = v.ID()
	}
	p, err := h.accounts.Verify(c.Request().Context(), c.Param("token"), by, c.FormValue("password"))
	switch {
	case invalid(err):
		return h.showVerify(c, err)
	case deadLink(err):
		return h.deadVerify(c)
	case err != nil:
		return err
	}
	web.Notice(c, "ok", "account.verified")
	if by == p.ID {
		if err := h.sessions.Renew(c.Request().Context()); err != nil {
			return err
		}
		return web.SeeOther(c, home)
	}
	return web.Enter(c, p, home)
}

func (h *Handlers) postVerifyAgain(c echo.Context) error {
	err := h.accounts.ResendVerification(c.Request().Context(), web.ViewerOf(c).ID())
	switch {
	case fault.Is(err, fault.Limited):
		web.Notice(c, "caution", "account.mail_limited")
	case err != nil:
		return err
	default:
		web.Notice(c, "ok", "account.verify_sent")
	}
	return web.SeeOther(c, "/settings")
}

func (h *Handlers) getUndo(c echo.Context) error {
	p, _, err := h.tokenPage(c, "account.undo", nil, account.LinkUndo)
	if deadLink(err) {
		return h.dead(c, "account.dead_reset", "/forgot")
	}
	if err != nil {
		return err
	}
	return web.Render(c, http.StatusOK, pages.ShowUndo(p))
}

func (h *Handlers) postUndo(c echo.Context) error {
	secret(c)
	err := h.accounts.Undo(c.Request().Context(), c.Param("token"))
	if deadLink(err) {
		return h.dead(c, "account.dead_reset", "/forgot")
	}
	if err != nil {
		return err
	}
	web.Notice(c, "ok", "account.undo_done")
	return web.SeeOther(c, "/sign-in")
}
