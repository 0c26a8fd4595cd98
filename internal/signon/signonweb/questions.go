package signonweb

import (
	"errors"
	"net/http"

	"github.com/labstack/echo/v4"

	"greenroom/internal/account"
	"greenroom/internal/fault"
	"greenroom/internal/signon"
	"greenroom/internal/web"
	pages "greenroom/web/templates/signon"
	"greenroom/web/templates/ui"
)

// claim is what the provider said, as this browser keeps it.
func (h *Handlers) claim(c echo.Context) (*signon.Claim, error) {
	return h.signon.Pending(h.kept(c, claimName))
}

// old answers when there is no question open, or none any more.
func (h *Handlers) old(c echo.Context) error {
	l := web.L(c)
	p := pages.Problem{
		Page: web.Page(c, l.T("signon.old_title")), Kind: "info", Text: l.T("signon.claim_old"),
		Actions: []ui.Link{{Text: l.T("account.sign_in"), Href: "/sign-in"}},
	}
	p.Robots = "noindex"
	return web.Render(c, http.StatusNotFound, pages.ShowProblem(p))
}

func (h *Handlers) getConnect(c echo.Context) error { return h.showConnect(c, nil, false) }

// showConnect asks whether the identity and an account belong together: that of who is signed in, else the one that has
// the same address, whose holder has to prove it.
func (h *Handlers) showConnect(c echo.Context, err error, sent bool) error {
	claim, cerr := h.claim(c)
	if cerr != nil {
		return h.old(c)
	}
	l, label := web.L(c), h.signon.Label(claim.Provider)
	p := pages.Connect{Form: form(c, l.T("signon.connect_title", "Label", label), err), Label: label, Account: claim.Account, Sent: sent}
	if v := web.ViewerOf(c); v.SignedIn() {
		p.Person, p.Email = v.Person.Name, v.Person.Email
		p.Again = !h.accounts.FreshFor(c.Request().Context(), v.ID(), signon.Fresh)
		return web.Render(c, status(p.Form), pages.ShowConnect(p))
	}
	known, kerr := h.signon.Known(c.Request().Context(), claim)
	switch {
	case fault.Is(kerr, fault.NotFound): // the provider has not proven the address: nothing is said about whose it is
		p.Again = true
		return web.Render(c, status(p.Form), pages.ShowConnect(p))
	case kerr != nil:
		return kerr
	}
	p.Email, p.Known, p.Password = claim.Email, true, known.PasswordHash != ""
	return web.Render(c, status(p.Form), pages.ShowConnect(p))
}

// postConnect joins the two, for who has just signed in, or types the account's password here.
func (h *Handlers) postConnect(c echo.Context) error {
	claim, err := h.claim(c)
	if err != nil {
		return h.old(c)
	}
	ctx := c.Request().Context()
	v := web.ViewerOf(c)
	var p *account.Person
	switch {
	case v.SignedIn() && h.accounts.FreshFor(ctx, v.ID(), signon.Fresh):
		p = v.Person
	case v.SignedIn():
		return web.SeeOther(c, "/sign-in?again=1&return=%2Fauth%2Fconnect")
	default:
		known, err := h.signon.Known(ctx, claim)
		if fault.Is(err, fault.NotFound) {
			return h.old(c)
		}
		if err != nil {
			return err
		}
		if p, err = h.accounts.Confirm(ctx, known.ID, c.FormValue("password")); invalid(err) {
			return h.showConnect(c, err, false)
		} else if err != nil {
			return err
		}
	}
	err = h.signon.Connect(ctx, claim, p.ID)
	var elsewhere *signon.Elsewhere
	switch {
	case errors.As(err, &elsewhere):
		return h.mustUse(c, elsewhere.Offer, "")
	case fault.Is(err, fault.Conflict) && fault.From(err).Key == "signon.claim_old":
		return h.old(c)
	case err != nil:
		return err
	}
	h.cookie(c, claimName, "")
	web.Notice(c, "ok", "signon.connected", "Label", h.signon.Label(claim.Provider))
	if v.SignedIn() {
		return web.SeeOther(c, web.OwnPath(claim.Back, ways))
	}
	return web.Enter(c, p, to(claim.Back))
}

// postConnectLink mails a link that signs in, and comes back to the question. It is for whoever forgot the password, or
// may not use it because the provider is where they must sign in: which has vouched for them a moment ago.
func (h *Handlers) postConnectLink(c echo.Context) error {
	claim, err := h.claim(c)
	if err != nil || !claim.Proven {
		return h.old(c)
	}
	if err := h.accounts.RequestEnter(c.Request().Context(), claim.Email, connect, true); err != nil {
		return err
	}
	return h.showConnect(c, nil, true)
}

func (h *Handlers) getFinish(c echo.Context) error { return h.showFinish(c, nil) }

func (h *Handlers) showFinish(c echo.Context, err error) error {
	claim, cerr := h.claim(c)
	if cerr != nil {
		return h.old(c)
	}
	p := pages.Finish{
		Form: form(c, web.L(c).T("signon.finish_title"), err), Label: h.signon.Label(claim.Provider),
		Name: claim.Name, Email: claim.Email, Proven: claim.Proven,
	}
	if c.Request().Method == http.MethodPost {
		p.Name = c.FormValue("name")
		if !p.Proven {
			p.Email = c.FormValue("email")
		}
	}
	return web.Render(c, status(p.Form), pages.ShowFinish(p))
}

func (h *Handlers) postFinish(c echo.Context) error {
	claim, err := h.claim(c)
	if err != nil {
		return h.old(c)
	}
	a, err := h.signon.Complete(c.Request().Context(), claim, c.FormValue("name"), c.FormValue("email"))
	var elsewhere *signon.Elsewhere
	switch {
	case errors.As(err, &elsewhere):
		return h.mustUse(c, elsewhere.Offer, "")
	case invalid(err):
		return h.showFinish(c, err)
	case err != nil:
		return err
	}
	return h.answered(c, a)
}
