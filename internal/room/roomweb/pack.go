package roomweb

import (
	"net/http"
	"slices"

	"github.com/labstack/echo/v4"

	"greenroom/internal/credential"
	"greenroom/internal/fault"
	"greenroom/internal/web"
	pages "greenroom/web/templates/room"
)

// getPack is what a trainer prints, whole or one part of it.
func (h *Handlers) getPack(c echo.Context) error {
	l := web.L(c)
	part := c.QueryParam("part")
	if part != "" && !slices.Contains(pages.PackParts, part) {
		return fault.New(fault.NotFound, "error.not_found")
	}
	v, err := h.Rooms.Pack(c.Request().Context(), web.ViewerOf(c).Person, c.Param("room"))
	if err != nil {
		return err
	}
	p := pages.Pack{Pack: v, L: l, Part: part, Address: h.BaseURL + "/join"}
	p.Page = ofRoom(web.DeskPage(c, l.T("room.pack_title", "Title", v.Title), "teach", "rooms"), v.Room)
	if p.QR, err = credential.MakeQR(h.BaseURL + "/room/" + v.Code); err != nil {
		return err
	}
	return web.Render(c, http.StatusOK, pages.ShowPack(p))
}
