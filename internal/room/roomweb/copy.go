package roomweb

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"greenroom/internal/delivery"
	"greenroom/internal/fault"
	"greenroom/internal/id"
	"greenroom/internal/room"
	"greenroom/internal/web"
	pages "greenroom/web/templates/room"
)

// formID is the name that a form gives to what it makes.
func formID(c echo.Context) string {
	if f := c.FormValue("form"); id.Valid(f) {
		return f
	}
	return id.New()
}

func (h *Handlers) getCopy(c echo.Context) error { return h.copy(c, nil) }

// copy shows the form of a copy; with an Invalid err as 422, with what was typed.
func (h *Handlers) copy(c echo.Context, wrong error) error {
	l := web.L(c)
	o, err := h.Rooms.Original(c.Request().Context(), web.ViewerOf(c).Person, c.Param("room"))
	if err != nil {
		return err
	}
	p := pages.Copy{Page: web.DeskPage(c, l.T("room.copy_title", "Title", o.Title), "teach", "rooms"), Original: o, L: l, Basics: o.Basics(), FormID: id.New()}
	p.Basics.Day = o.Next(string(delivery.DateOf(web.Local(c, h.Rooms.Now()))))
	status := http.StatusOK
	if wrong != nil {
		p.By, p.Errors = web.FieldErrors(l, wrong)
		if p.HasError = len(p.Errors) > 0; !p.HasError {
			return wrong
		}
		status = http.StatusUnprocessableEntity
		p.Basics, p.FormID = basics(c), formID(c)
	}
	p.Zones = web.Zones(p.Basics.Zone)
	return web.Render(c, status, pages.ShowCopy(p))
}

// basics are what a form says of a room: what it is called, and when and where it is.
func basics(c echo.Context) room.Basics {
	return room.Basics{
		Title: c.FormValue("title"), Day: c.FormValue("day"), Clock: c.FormValue("clock"), Zone: c.FormValue("zone"), Place: c.FormValue("place"),
		Nameless: c.FormValue("nameless") == "yes", Shared: c.FormValue("shared") == "yes",
	}
}

func (h *Handlers) postCopy(c echo.Context) error {
	r, err := h.Rooms.Copy(c.Request().Context(), web.ViewerOf(c).Person, c.Param("room"), formID(c), basics(c))
	if fault.Is(err, fault.Invalid) {
		return h.copy(c, err)
	}
	if err != nil {
		return err
	}
	web.Notice(c, "ok", "room.copied")
	return web.SeeOther(c, "/teach/rooms/"+r.ID+"/setup")
}

// getTemplates lists the run sheets that are kept.
func (h *Handlers) getTemplates(c echo.Context) error {
	l := web.L(c)
	all, err := h.Rooms.Templates(c.Request().Context(), web.ViewerOf(c).Person)
	if err != nil {
		return err
	}
	return web.Render(c, http.StatusOK, pages.ShowTemplates(pages.Templates{Page: web.DeskPage(c, l.T("room.templates"), "teach", "rooms"), L: l, All: all}))
}

// postRehearsal makes a rehearsal of a workshop, and throws one away or makes it anew.
func (h *Handlers) postRehearsal(c echo.Context) error {
	ctx, who, roomID := c.Request().Context(), web.ViewerOf(c).Person, c.Param("room")
	if err := h.Rooms.May(ctx, who, roomID); err != nil {
		return err
	}
	var r *room.Room
	var err error
	to := roomID
	switch c.FormValue("do") {
	case "start":
		r, err = h.Rooms.Rehearse(ctx, who, roomID)
	case "again", "others":
		r, err = h.Rooms.RehearseAgain(ctx, who, roomID, c.FormValue("do") == "others")
	case "discard":
		if to, err = h.Rooms.Discard(ctx, who, roomID); err == nil {
			web.Notice(c, "ok", "room.rehearsal_gone")
		}
	default:
		err = fault.New(fault.Invalid, "error.invalid")
	}
	if err != nil {
		to = roomID
	} else if r != nil {
		to = r.ID
	}
	return web.Settle(c, err, plainly, "", "/teach/rooms/"+to)
}
