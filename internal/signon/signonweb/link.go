package signonweb

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"greenroom/internal/account"
	"greenroom/internal/fault"
	"greenroom/internal/web"
	pages "greenroom/web/templates/signon"
	"greenroom/web/templates/ui"
)

func (h *Handlers) getLink(c echo.Context) error { return h.showLink(c, nil, false) }

func (h *Handlers) showLink(c echo.Context, err error, sent bool) error {
	p := pages.Link{Form: form(c, web.L(c).T("signon.link_title"), err), Sent: sent}
	if c.Request().Method == http.MethodPost {
		p.Email = c.FormValue("email")
	}
	return web.Render(c, status(p.Form), pages.ShowLink(p))
}

// postLink answers the same whether the address has an account or not.
func (h *Handlers) postLink(c echo.Context) error {
	email, back := c.FormValue("email"), web.OwnPath(c.FormValue("return"), "")
	if o, is := h.signon.Required(email); is {
		return h.mustUse(c, o, back)
	}
	err := h.accounts.RequestEnter(c.Request().Context(), email, back, false)
	if err != nil && !invalid(err) {
		return err
	}
	return h.showLink(c, err, err == nil)
}

// secret marks a page whose address is a secret; see the same in accountweb.
func secret(c echo.Context) { c.Response().Header().Set("Referrer-Policy", "strict-origin") }

// dead answers for a link that does not work any more.
func (h *Handlers) dead(c echo.Context) error {
	l := web.L(c)
	p := pages.Problem{
		Page: web.Page(c, l.T("account.dead_title")), Kind: "info", Text: l.T("account.dead_text"),
		Actions: []ui.Link{{Text: l.T("account.dead_reset"), Href: "/sign-in/link"}, {Text: l.T("signon.other_ways"), Href: "/sign-in"}},
	}
	p.Robots = "noindex"
	return web.Render(c, http.StatusNotFound, pages.ShowProblem(p))
}

// getEnter shows a button and spends nothing: programs that look at the links in letters use none up.
func (h *Handlers) getEnter(c echo.Context) error {
	secret(c)
	l, err := h.accounts.Look(c.Request().Context(), c.Param("token"), account.LinkEnter)
	if fault.Is(err, fault.NotFound) {
		return h.dead(c)
	}
	if err != nil {
		return err
	}
	p := pages.Enter{Form: form(c, web.L(c).T("signon.enter_title"), nil), Action: c.Request().URL.Path, Email: l.Email}
	if v := web.ViewerOf(c); v.SignedIn() && v.ID() != l.PersonID {
		p.Other = v.Person.Name
	}
	return web.Render(c, http.StatusOK, pages.ShowEnter(p))
}

func (h *Handlers) postEnter(c echo.Context) error {
	secret(c)
	ctx := c.Request().Context()
	l, err := h.accounts.Look(ctx, c.Param("token"), account.LinkEnter)
	if fault.Is(err, fault.NotFound) {
		return h.dead(c)
	}
	if err != nil {
		return err
	}
	back := web.OwnPath(c.FormValue("return"), "")
	o, must := h.signon.Required(l.Email)
	vouched := false
	if claim, err := h.claim(c); err == nil && must {
		vouched = claim.Proven && claim.Provider == o.Name && claim.Email == l.Email
	}
	if must && !vouched {
		return h.mustUse(c, o, back)
	}
	p, err := h.accounts.Enter(ctx, c.Param("token"), vouched)
	if fault.Is(err, fault.NotFound) {
		return h.dead(c)
	}
	if err != nil {
		return err
	}
	return web.Enter(c, p, to(back))
}
