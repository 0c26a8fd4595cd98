package adminweb

import (
	"errors"
	"net/http"

	"github.com/labstack/echo/v4"

	"greenroom/internal/signon"
	"greenroom/internal/web"
	pages "greenroom/web/templates/admin"
)

func (h *Handlers) getSignOn(c echo.Context) error {
	return web.Render(c, http.StatusOK, pages.ShowSignOn(pages.SignOn{Page: desk(c, "admin.signon", "signon"), Providers: h.SignOn.Settings()}))
}

// postSignOnTest asks a provider. A provider that is down is an answer, and no fault of ours.
func (h *Handlers) postSignOnTest(c echo.Context) error {
	name := c.Param("name")
	err := h.SignOn.Check(c.Request().Context(), name)
	var down *signon.Down
	switch {
	case errors.As(err, &down):
		web.Notice(c, "danger", "admin.signon.silent", "Label", h.SignOn.Label(name), "Cause", short(signon.Cause(err)))
	case err != nil:
		return err
	default:
		web.Notice(c, "ok", "admin.signon.answers", "Label", h.SignOn.Label(name))
	}
	return web.SeeOther(c, "/admin/sign-on")
}

// short keeps an error within a cookie.
func short(s string) string {
	if r := []rune(s); len(r) > 300 {
		return string(r[:300]) + " …"
	}
	return s
}
