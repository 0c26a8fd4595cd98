// Package liveweb is the HTTP side of live pages: the one socket of a page, and the same by polling.
package liveweb

import (
	"net/http"
	"strconv"

	"github.com/gorilla/websocket"
	"github.com/labstack/echo/v4"

	"greenroom/internal/account"
	"greenroom/internal/fault"
	"greenroom/internal/live"
	"greenroom/internal/web"
)

// Handlers answers for live pages.
type Handlers struct {
	Hub *live.Hub
}

// Routes is the table.
func (h *Handlers) Routes() []web.Route {
	return []web.Route{
		{Method: http.MethodGet, Path: "/live", Handler: somebody(h.getLive), Access: web.Public},
		{Method: http.MethodPost, Path: "/live/ticket", Handler: somebody(h.postTicket), Access: web.Public},
		{Method: http.MethodGet, Path: "/live/events", Handler: somebody(h.getEvents), Access: web.Public},
	}
}

// somebody lets people and guests through: each topic says who may listen. For nobody there is nothing.
func somebody(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		if web.ViewerOf(c).Person == nil {
			return fault.New(fault.Unauthenticated, "error.unauthenticated")
		}
		return next(c)
	}
}

// getLive makes a socket of the request, and returns: the socket is the hub's then.
func (h *Handlers) getLive(c echo.Context) error {
	if !websocket.IsWebSocketUpgrade(c.Request()) {
		c.Response().Header().Set("Upgrade", "websocket")
		return c.String(http.StatusUpgradeRequired, "this address speaks WebSocket\n")
	}
	err := h.Hub.Join(c.Response(), c.Request(), web.ViewerOf(c).Person, account.SessionFrom(c.Request().Context()))
	if err == nil {
		c.Response().Status, c.Response().Committed = http.StatusSwitchingProtocols, true
	}
	return err
}

// postTicket makes a ticket for the page's next socket. A page of another site cannot fetch one.
func (h *Handlers) postTicket(c echo.Context) error {
	c.Response().Header().Set("Cache-Control", "no-store")
	return c.JSON(http.StatusOK, struct {
		Ticket string `json:"ticket"`
	}{h.Hub.Ticket(web.ViewerOf(c).Person, account.SessionFrom(c.Request().Context()))})
}

type events struct {
	Frames []live.Frame `json:"frames"`
	More   bool         `json:"more,omitempty"`
}

// getEvents tells what came in a topic after a number, as the socket would have. 204 is nothing.
func (h *Handlers) getEvents(c echo.Context) error {
	after, err1 := strconv.ParseInt(c.QueryParam("after"), 10, 64)
	epoch, err2 := strconv.ParseInt(c.QueryParam("epoch"), 10, 64)
	if err1 != nil || err2 != nil || after < 0 {
		return fault.New(fault.NotFound, "error.not_found")
	}
	frames, more, err := h.Hub.Read(c.Request().Context(), web.ViewerOf(c).Person, c.QueryParam("topic"), after, epoch, c.QueryParam("seat"))
	if err != nil {
		return err
	}
	if len(frames) == 0 {
		return c.NoContent(http.StatusNoContent)
	}
	return c.JSON(http.StatusOK, events{frames, more})
}
