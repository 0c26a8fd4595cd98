package adminweb

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"greenroom/internal/web"
	pages "greenroom/web/templates/admin"
)

func (h *Handlers) getOverview(c echo.Context) error {
	x, err := h.Site.Health(c.Request().Context())
	if err != nil {
		return err
	}
	x.Since, x.Store.BackupAt = web.Local(c, x.Since), web.Local(c, x.Store.BackupAt)
	return web.Render(c, http.StatusOK, pages.ShowOverview(pages.Overview{Page: desk(c, "admin.site", "site"), Health: x, Now: h.opts.Now()}))
}
