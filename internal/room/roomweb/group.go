package roomweb

import (
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"greenroom/internal/fault"
	"greenroom/internal/room"
	"greenroom/internal/web"
)

// number reads a number that somebody typed or a button has; -1 is none.
func number(text string) int {
	n, err := strconv.Atoi(strings.TrimSpace(text))
	if err != nil || n < 0 {
		return -1
	}
	return n
}

// postGroups is what hosts do with the groups of an item.
func (h *Handlers) postGroups(c echo.Context) error {
	ctx, who, r, item := c.Request().Context(), web.ViewerOf(c).Person, c.Param("room"), c.FormValue("item")
	var err error
	switch c.FormValue("do") {
	case "make":
		err = h.Rooms.MakeGroups(ctx, who, r, item, c.FormValue("way"), number(c.FormValue("size")))
	case "place":
		err = h.Rooms.Place(ctx, who, r, item, c.FormValue("who"), number(c.FormValue("group")))
	case "rest":
		err = h.Rooms.Place(ctx, who, r, item, "", 0)
	case "message":
		err = h.Rooms.Message(ctx, who, r, item, c.FormValue("message"))
	case "unsay":
		err = h.Rooms.Message(ctx, who, r, item, "")
	case "call":
		err = h.Rooms.CallBack(ctx, who, r, item, number(c.FormValue("call")))
	case "uncall":
		err = h.Rooms.CallBack(ctx, who, r, item, 0)
	default:
		err = fault.New(fault.Invalid, "error.invalid")
	}
	return web.Settle(c, err, h.show, "", "/teach/rooms/"+r)
}

func (h *Handlers) postGroup(c echo.Context) error {
	code := room.Code(c.Param("room"))
	return h.back(c, h.Rooms.ChooseGroup(c.Request().Context(), web.ViewerOf(c).ID(), code, c.FormValue("item"), number(c.FormValue("group"))))
}

func (h *Handlers) postNote(c echo.Context) error {
	code := room.Code(c.Param("room"))
	return h.back(c, h.Rooms.SaveNote(c.Request().Context(), web.ViewerOf(c).ID(), code, c.FormValue("item"), number(c.FormValue("version")), c.FormValue("note")))
}
