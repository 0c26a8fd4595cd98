package signonweb

import (
	"errors"
	"net/http"

	"github.com/labstack/echo/v4"

	"greenroom/internal/fault"
	"greenroom/internal/signon"
	"greenroom/internal/web"
	pages "greenroom/web/templates/signon"
	"greenroom/web/templates/ui"
)

// The options are fetched by the script of the button just before it asks the browser; the answer is an ordinary form.

func (h *Handlers) postNewPasskeyOptions(c echo.Context) error {
	ctx, p := c.Request().Context(), web.ViewerOf(c).Person
	if !h.accounts.FreshFor(ctx, p.ID, signon.Fresh) {
		return fault.New(fault.Forbidden, "signon.connect_again")
	}
	o, err := h.signon.BeginPasskey(ctx, p)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, o)
}

func (h *Handlers) postPasskey(c echo.Context) error {
	ctx, p := c.Request().Context(), web.ViewerOf(c).Person
	if !h.accounts.FreshFor(ctx, p.ID, signon.Fresh) {
		return web.SeeOther(c, "/sign-in?again=1&return=%2Fsettings%2Fsign-in")
	}
	name := c.FormValue("name")
	if name == "" {
		name = browserName(web.L(c), c.Request().UserAgent())
	}
	err := h.signon.AddPasskey(ctx, p, c.FormValue("session"), c.FormValue("response"), name)
	if fault.Is(err, fault.Forbidden) || fault.Is(err, fault.Conflict) {
		return h.passkeyProblem(c, err, ways)
	}
	if err != nil {
		return err
	}
	web.Notice(c, "ok", "signon.passkey_added")
	return web.SeeOther(c, ways)
}

func (h *Handlers) postRemovePasskey(c echo.Context) error {
	err := h.signon.RemovePasskey(c.Request().Context(), web.ViewerOf(c).ID(), c.FormValue("id"))
	switch {
	case fault.Is(err, fault.NotFound): // pressed twice
	case fault.Is(err, fault.Conflict):
		web.Notice(c, "caution", "signon.last_way")
	case err != nil:
		return err
	default:
		web.Notice(c, "ok", "signon.passkey_removed")
	}
	return web.SeeOther(c, ways)
}

func (h *Handlers) postPasskeyOptions(c echo.Context) error {
	o, err := h.signon.BeginPasskeySignIn()
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, o)
}

func (h *Handlers) postPasskeySignIn(c echo.Context) error {
	p, err := h.signon.PasskeySignIn(c.Request().Context(), c.FormValue("session"), c.FormValue("response"))
	if fault.Is(err, fault.Forbidden) {
		return h.passkeyProblem(c, err, "/sign-in")
	}
	if err != nil {
		return err
	}
	return web.Enter(c, p, to(c.FormValue("return")))
}

// passkeyProblem says what was wrong with a passkey.
func (h *Handlers) passkeyProblem(c echo.Context, err error, back string) error {
	l, f := web.L(c), fault.From(err)
	p := pages.Problem{
		Page: web.Page(c, l.T("signon.passkey_title")), Kind: "caution", Text: l.T(f.Key, f.Args...),
		Actions: []ui.Link{{Text: l.T("signon.passkey_back"), Href: back}},
	}
	if back == "/sign-in" {
		p.Actions[0].Text = l.T("signon.other_ways")
	}
	p.Robots = "noindex"
	code := http.StatusForbidden
	var full *fault.Error
	if errors.As(err, &full) && full.Kind == fault.Conflict {
		code = http.StatusConflict
	}
	return web.Render(c, code, pages.ShowProblem(p))
}
