// Package retentionweb shows administrators the rule of what is kept after people have gone, and finds what is kept of
// somebody whose address they know.
package retentionweb

import (
	"net/http"
	"regexp"

	"github.com/labstack/echo/v4"

	"greenroom/internal/fault"
	"greenroom/internal/retention"
	"greenroom/internal/web"
	pages "greenroom/web/templates/retention"
)

// Handlers answers for /admin/retention.
type Handlers struct{ Retention *retention.Service }

// Routes is the table.
func (h *Handlers) Routes() []web.Route {
	return []web.Route{
		{Method: http.MethodGet, Path: "/admin/retention", Handler: h.get, Access: web.Admin},
		{Method: http.MethodPost, Path: "/admin/retention", Handler: h.post, Access: web.Admin},
	}
}

var pseudonym = regexp.MustCompile(`^[0-9a-f]{64}$`)

func (h *Handlers) get(c echo.Context) error { return h.show(c, http.StatusOK, nil) }

func (h *Handlers) show(c echo.Context, status int, wrong error) error {
	ctx := c.Request().Context()
	p := pages.Retention{Page: web.DeskPage(c, web.L(c).T("retention.title"), "admin", "retention"), Days: h.Retention.Days()}
	var err error
	if p.Count, err = h.Retention.Count(ctx); err != nil {
		return err
	}
	// The address that was asked for stands in no address of a page: the number made of it does.
	if who := c.QueryParam("of"); wrong == nil && pseudonym.MatchString(who) {
		p.Asked = true
		if p.Facts, err = h.Retention.Of(ctx, who); err != nil {
			return err
		}
	}
	if wrong != nil {
		p.By, p.Errors = web.FieldErrors(p.L, wrong)
		p.HasError = true
		p.Email, p.Reason = c.FormValue("email"), c.FormValue("reason")
	}
	return web.Render(c, status, pages.Show(p))
}

func (h *Handlers) post(c echo.Context) error {
	who, err := h.Retention.Ask(c.Request().Context(), web.ViewerOf(c).Person, c.FormValue("email"), c.FormValue("reason"))
	if fault.Is(err, fault.Invalid) {
		return h.show(c, http.StatusUnprocessableEntity, err)
	}
	if err != nil {
		return err
	}
	return web.SeeOther(c, "/admin/retention?of="+who)
}
