package adminweb

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"greenroom/internal/account"
	"greenroom/internal/web"
	pages "greenroom/web/templates/admin"
)

func (h *Handlers) getPeople(c echo.Context) error {
	q := c.QueryParam("q")
	all, total, err := h.Accounts.Find(c.Request().Context(), q, pageOf(c))
	if err != nil {
		return err
	}
	p := pages.People{Page: desk(c, "admin.people", "people"), Query: q, Total: total, Rows: all, Nav: pager(c, total, account.PeoplePage)}
	return web.Render(c, http.StatusOK, pages.ShowPeople(p))
}
