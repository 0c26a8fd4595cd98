package roomweb

import (
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"greenroom/internal/fault"
	"greenroom/internal/id"
	"greenroom/internal/room"
	"greenroom/internal/web"
	pages "greenroom/web/templates/room"
)

func (h *Handlers) getSetup(c echo.Context) error { return h.setup(c, nil, nil) }

// setup shows what is set up; with an Invalid err as 422, with what typed puts into the page.
func (h *Handlers) setup(c echo.Context, wrong error, typed func(*pages.Setup)) error {
	ctx, who := c.Request().Context(), web.ViewerOf(c).Person
	v, err := h.Rooms.Console(ctx, who, c.Param("room"))
	if err != nil {
		return err
	}
	l := web.L(c)
	p := pages.Setup{Page: ofRoom(web.DeskPage(c, l.T("room.setup_title", "Title", v.Title), "teach", "rooms"), v.Room), View: v, L: l, Basics: v.Basics(), New: room.NewItem{Minutes: "5"}, Keep: v.Title, FormID: id.New()}
	for n := range v.Items {
		i := &v.Items[n]
		p.Rows = append(p.Rows, room.Row{ID: i.ID, Minutes: pages.Itoa(i.Minutes), Notes: i.Content.Own, By: i.Content.By})
	}
	if _, _, sheet, err := h.Rooms.Sheet(ctx, v.CourseKey, v.SheetKey); err == nil {
		p.Sheet = sheet
	} else if !fault.Is(err, fault.NotFound) {
		return err
	}
	status := http.StatusOK
	if wrong != nil {
		p.By, p.Errors = web.FieldErrors(l, wrong)
		if p.HasError = len(p.Errors) > 0; !p.HasError {
			return wrong
		}
		status = http.StatusUnprocessableEntity
		typed(&p)
	}
	p.Zones = web.Zones(p.Basics.Zone)
	return web.Render(c, status, pages.ShowSetup(p))
}

// postSetup is every form of the page. What is saved goes back to where it stands on the page.
func (h *Handlers) postSetup(c echo.Context) error {
	ctx, who, roomID := c.Request().Context(), web.ViewerOf(c).Person, c.Param("room")
	var err error
	typed := func(*pages.Setup) {}
	back := ""
	switch c.FormValue("part") {
	case "basics":
		b := basics(c)
		typed = func(p *pages.Setup) { p.Basics = b }
		err = h.Rooms.SetBasics(ctx, who, roomID, b)
	case "rows":
		var rows []room.Row
		for _, i := range c.Request().PostForm["id"] {
			rows = append(rows, room.Row{ID: i, Minutes: c.FormValue("minutes-" + i), Notes: c.FormValue("notes-" + i), By: c.FormValue("by-" + i)})
		}
		typed = func(p *pages.Setup) { p.Rows = rows }
		move, item, _ := strings.Cut(c.FormValue("do"), ":")
		err, back = h.Rooms.SetRows(ctx, who, roomID, rows, move, item), "#f-items"
	case "add":
		n := room.NewItem{
			Key: c.FormValue("key"), Kind: c.FormValue("kind"), Title: c.FormValue("new_title"), Minutes: c.FormValue("new_minutes"), Text: c.FormValue("text"),
			Options: c.FormValue("options"), Low: c.FormValue("low"), High: c.FormValue("high"), Anonymous: c.FormValue("anonymous") == "yes", Several: c.FormValue("several") == "yes",
		}
		typed = func(p *pages.Setup) { p.New = n }
		err, back = h.Rooms.AddItem(ctx, who, roomID, n), "#f-items"
	case "host":
		typed = func(p *pages.Setup) { p.Email = c.FormValue("email") }
		err, back = h.Rooms.AddHost(ctx, who, roomID, c.FormValue("email")), "#hosts"
	case "unhost":
		err, back = h.Rooms.RemoveHost(ctx, who, roomID, c.FormValue("person")), "#hosts"
	case "keep":
		shared := c.FormValue("shared") == "yes"
		typed = func(p *pages.Setup) { p.Keep, p.KeepShared = c.FormValue("name"), shared }
		if _, err = h.Rooms.SaveTemplate(ctx, who, roomID, formID(c), c.FormValue("name"), shared); err == nil {
			web.Notice(c, "ok", "room.kept")
			return web.SeeOther(c, "/teach/rooms/templates")
		}
	case "delete":
		if err = h.Rooms.DeleteTemplate(ctx, who, roomID); err == nil {
			web.Notice(c, "ok", "room.template_gone")
			return web.SeeOther(c, "/teach/rooms/templates")
		}
	default:
		err = fault.New(fault.Invalid, "error.invalid")
	}
	to := "/teach/rooms/" + roomID + "/setup" + back
	if c.FormValue("part") == "unhost" && err == nil && c.FormValue("person") == who.ID && h.Rooms.May(ctx, who, roomID) != nil {
		to = "/teach/rooms" // it is not theirs any more
	}
	return web.Settle(c, err, func(c echo.Context, wrong error) error { return h.setup(c, wrong, typed) }, "room.saved", to)
}
