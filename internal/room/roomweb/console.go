package roomweb

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"greenroom/internal/delivery"
	"greenroom/internal/fault"
	"greenroom/internal/id"
	"greenroom/internal/room"
	"greenroom/internal/web"
	pages "greenroom/web/templates/room"
)

func (h *Handlers) getList(c echo.Context) error {
	all, err := h.Rooms.List(c.Request().Context(), web.ViewerOf(c).Person)
	if err != nil {
		return err
	}
	return web.Render(c, http.StatusOK, pages.ShowList(pages.List{Page: web.DeskPage(c, web.L(c).T("room.list_title"), "teach", "rooms"), Rooms: all}))
}

// getNew shows the form for a run sheet, named "course/module/workshop".
func (h *Handlers) getNew(c echo.Context) error {
	course, sheetKey, _ := strings.Cut(c.QueryParam("sheet"), "/")
	plan := room.Plan{FormID: id.New(), CourseKey: course, SheetKey: sheetKey, Nameless: true, Clock: "10:00"}
	here := web.Local(c, h.Rooms.Now())
	plan.Zone, plan.Day = here.Location().String(), string(delivery.DateOf(here).Add(7))
	_, a, sheet, err := h.Rooms.Sheet(c.Request().Context(), course, sheetKey)
	if err != nil {
		return err
	}
	plan.Title = a.Title
	for n, i := range sheet.Items {
		plan.Items = append(plan.Items, room.PlanItem{Key: i.Key, In: true, Place: strconv.Itoa(n + 1), Minutes: strconv.Itoa(i.Minutes), By: i.By})
	}
	return h.form(c, plan, nil)
}

func (h *Handlers) form(c echo.Context, plan room.Plan, wrong error) error {
	rev, a, sheet, err := h.Rooms.Sheet(c.Request().Context(), plan.CourseKey, plan.SheetKey)
	if err != nil {
		return err
	}
	l := web.L(c)
	p := pages.Form{Page: web.DeskPage(c, l.T("room.new_title"), "teach", "rooms"), Plan: plan, Course: rev, Activity: a, Sheet: sheet, Zones: web.Zones(plan.Zone)}
	p.By, p.Errors = web.FieldErrors(l, wrong)
	status := http.StatusOK
	if p.HasError = len(p.Errors) > 0; p.HasError {
		status = http.StatusUnprocessableEntity
	}
	return web.Render(c, status, pages.ShowForm(p))
}

func (h *Handlers) postNew(c echo.Context) error {
	plan := room.Plan{
		FormID: formID(c), CourseKey: c.FormValue("course"), SheetKey: c.FormValue("sheet"), Title: c.FormValue("title"),
		Day: c.FormValue("day"), Clock: c.FormValue("clock"), Zone: c.FormValue("zone"), Place: c.FormValue("place"), Nameless: c.FormValue("nameless") == "yes",
	}
	_, _, sheet, err := h.Rooms.Sheet(c.Request().Context(), plan.CourseKey, plan.SheetKey)
	if err != nil {
		return err
	}
	for n, i := range sheet.Items {
		no := strconv.Itoa(n)
		plan.Items = append(plan.Items, room.PlanItem{Key: i.Key, In: c.FormValue("in-"+no) == "yes", Place: c.FormValue("place-" + no), Minutes: c.FormValue("minutes-" + no), By: c.FormValue("by-" + no)})
	}
	r, err := h.Rooms.Create(c.Request().Context(), web.ViewerOf(c).Person, plan)
	if fault.Is(err, fault.Invalid) {
		return h.form(c, plan, err)
	}
	if err != nil {
		return err
	}
	return web.SeeOther(c, "/teach/rooms/"+r.ID)
}

func (h *Handlers) console(c echo.Context) (pages.Console, error) {
	v, err := h.Rooms.Console(c.Request().Context(), web.ViewerOf(c).Person, c.Param("room"))
	if err != nil {
		return pages.Console{}, err
	}
	return pages.Console{View: v, L: web.L(c), Self: web.ViewerOf(c).ID(), Address: h.BaseURL + "/join"}, nil
}

func (h *Handlers) getConsole(c echo.Context) error { return h.show(c, nil) }

func (h *Handlers) show(c echo.Context, wrong error) error {
	p, err := h.console(c)
	if err != nil {
		return err
	}
	if p.View.Template() { // nobody runs it
		return web.SeeOther(c, "/teach/rooms/"+p.View.ID+"/setup")
	}
	p.Page = ofRoom(web.DeskPage(c, p.View.Title, "teach", "rooms"), p.View.Room)
	status := http.StatusOK
	if wrong != nil {
		p.By, p.Errors = web.FieldErrors(web.L(c), wrong)
		if p.HasError = len(p.Errors) > 0; !p.HasError {
			return wrong
		}
		status = http.StatusUnprocessableEntity
		p.Email, p.Minutes = c.FormValue("email"), c.FormValue("minutes")
		p.Message, p.Size, p.Marks = c.FormValue("message"), c.FormValue("size"), typedMarks(c)
	}
	return web.Render(c, status, pages.ShowConsole(p))
}

func (h *Handlers) getConsoleNews(c echo.Context) error {
	if err := h.Rooms.May(c.Request().Context(), web.ViewerOf(c).Person, c.Param("room")); err != nil {
		return err
	}
	if done, err := h.fresh(c, c.Param("room"), true); done || err != nil {
		return err
	}
	p, err := h.console(c)
	if err != nil {
		return err
	}
	return web.Render(c, http.StatusOK, pages.ConsoleParts(p))
}

// postDo is every button of the console. Each names what it wants, so that pressing twice does it once.
func (h *Handlers) postDo(c echo.Context) error {
	ctx, who, r, item := c.Request().Context(), web.ViewerOf(c).Person, c.Param("room"), c.FormValue("item")
	var err error
	switch c.FormValue("do") {
	case "go":
		err = h.Rooms.Go(ctx, who, r, item)
	case "open":
		err = h.Rooms.SetPhase(ctx, who, r, item, room.Open)
	case "close":
		err = h.Rooms.SetPhase(ctx, who, r, item, room.Closed)
	case "reveal":
		err = h.Rooms.SetPhase(ctx, who, r, item, room.Revealed)
	case "timer":
		n, bad := strconv.Atoi(strings.TrimSpace(c.FormValue("minutes")))
		if bad != nil || n < 1 {
			n = -1
		}
		err = h.Rooms.SetTimer(ctx, who, r, n)
	case "stop":
		err = h.Rooms.SetTimer(ctx, who, r, 0)
	case "end":
		err = h.Rooms.End(ctx, who, r, false)
	case "again":
		err = h.Rooms.End(ctx, who, r, true)
	case "drive":
		err = h.Rooms.Drive(ctx, who, r)
	case "hand":
		err = h.Rooms.HandOver(ctx, who, r, c.FormValue("to"))
	case "host":
		err = h.Rooms.AddHost(ctx, who, r, c.FormValue("email"))
	case "join":
		err = h.Rooms.JoinEntries(ctx, who, r, c.Request().PostForm["entry"])
	case "entry":
		err = h.Rooms.SetEntry(ctx, who, r, c.FormValue("entry"), c.FormValue("state"))
	default:
		err = fault.New(fault.Invalid, "error.invalid")
	}
	return web.Settle(c, err, h.show, "", "/teach/rooms/"+r)
}

func (h *Handlers) postHostHere(c echo.Context) error {
	if err := h.Rooms.HostSeen(c.Request().Context(), web.ViewerOf(c).Person, c.Param("room"), c.FormValue("hidden") == "yes"); err != nil {
		return err
	}
	return c.NoContent(http.StatusNoContent)
}
