package signonweb

import (
	"errors"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"greenroom/internal/signon"
	"greenroom/internal/web"
	pages "greenroom/web/templates/signon"
	"greenroom/web/templates/ui"
)

// getStart sends the browser to the provider. It is a GET, because a form that leads to another site is refused by the
// content policy, and it writes nothing: what must be known afterwards is sealed in a cookie of this browser.
func (h *Handlers) getStart(c echo.Context) error {
	name, back := c.Param("name"), web.OwnPath(c.QueryParam("return"), "")
	s, err := h.signon.Begin(c.Request().Context(), name, back)
	if err != nil {
		return h.problem(c, err, back)
	}
	h.forgetFlows(c, mostFlows)
	h.cookie(c, flowName+s.State[:8], s.Sealed)
	return c.Redirect(http.StatusSeeOther, s.URL)
}

// forgetFlows takes the cookies of unfinished sign-ins away when there are as many as most.
func (h *Handlers) forgetFlows(c echo.Context, most int) {
	var names []string
	for _, k := range c.Cookies() {
		if n, ok := strings.CutPrefix(k.Name, h.prefix()); ok && strings.HasPrefix(n, flowName) {
			names = append(names, n)
		}
	}
	if len(names) < most {
		return
	}
	for _, n := range names {
		h.cookie(c, n, "")
	}
}

// getCallback takes the provider's answer.
func (h *Handlers) getCallback(c echo.Context) error {
	query, sealed := c.QueryParams(), ""
	if state := query.Get("state"); len(state) >= 8 {
		name := flowName + state[:8]
		if sealed = h.kept(c, name); sealed != "" {
			h.cookie(c, name, "")
		}
	}
	viewer := web.ViewerOf(c)
	id := ""
	if viewer.SignedIn() {
		id = viewer.ID()
	}
	a, err := h.signon.Finish(c.Request().Context(), c.Param("name"), sealed, query, id)
	if err != nil {
		return h.problem(c, err, "")
	}
	return h.answered(c, a)
}

// answered signs in, or asks what is open.
func (h *Handlers) answered(c echo.Context, a *signon.Answer) error {
	if a.Ask != "" {
		h.cookie(c, claimName, a.Pending)
		return web.SeeOther(c, "/auth/"+a.Ask)
	}
	if h.kept(c, claimName) != "" {
		h.cookie(c, claimName, "")
	}
	if a.New {
		web.Notice(c, "ok", "signon.welcome")
	}
	return web.Enter(c, a.Person, to(a.Back))
}

// problem answers with a page that says what went wrong with a sign-in elsewhere, and what can be done.
func (h *Handlers) problem(c echo.Context, err error, back string) error {
	l := web.L(c)
	name := c.Param("name")
	label := h.signon.Label(name)
	p := pages.Problem{Actions: []ui.Link{
		{Text: l.T("signon.try_again", "Label", label), Href: begin(name, back)}, {Text: l.T("signon.other_ways"), Href: "/sign-in"},
	}}
	code := http.StatusForbidden
	var no *signon.Refused
	var down *signon.Down
	var cancelled *signon.Cancelled
	var elsewhere *signon.Elsewhere
	var strange *signon.Strange
	title := ""
	switch {
	case errors.As(err, &no):
		title, p.Text = l.T("signon.refused_title"), l.T("signon.reason."+string(no.Reason), "Label", label)
		p.Kind = "danger"
	case errors.As(err, &down):
		title, p.Text, p.Kind = l.T("signon.down_title", "Label", label), l.T("signon.down", "Label", label), "caution"
		code = http.StatusServiceUnavailable
		c.Response().Header().Set(echo.HeaderRetryAfter, "30")
	case errors.As(err, &cancelled):
		title, p.Text, p.Kind = l.T("signon.cancelled_title"), l.T("signon.cancelled", "Label", label), "info"
		code = http.StatusOK
	case errors.As(err, &elsewhere):
		return h.mustUse(c, elsewhere.Offer, back)
	case errors.As(err, &strange):
		title, p.Text, p.Kind = l.T("signon.strange_title"), l.T("signon.strange", "Label", label), "caution"
		code = http.StatusConflict
		p.Actions = []ui.Link{{Text: l.T("signon.to_ways"), Href: ways}}
	default:
		return err
	}
	p.Page = web.Page(c, title)
	p.Robots = "noindex"
	return web.Render(c, code, pages.ShowProblem(p))
}
