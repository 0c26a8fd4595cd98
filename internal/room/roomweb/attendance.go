package roomweb

import (
	"net/http"
	"strconv"

	"github.com/labstack/echo/v4"

	"greenroom/internal/fault"
	"greenroom/internal/room"
	"greenroom/internal/web"
	pages "greenroom/web/templates/room"
)

func (h *Handlers) getAttendance(c echo.Context) error { return h.showAttendance(c, nil) }

// showAttendance shows who was there; with an Invalid err as 422, with what was typed.
func (h *Handlers) showAttendance(c echo.Context, wrong error) error {
	ctx, l := c.Request().Context(), web.L(c)
	a, err := h.Rooms.Attendance(ctx, web.ViewerOf(c).Person, c.Param("room"))
	if err != nil {
		return err
	}
	p := pages.Attendance{Attendance: a, L: l, NeedTyped: strconv.Itoa(a.Need)}
	if p.Steps, err = h.Rooms.Steps(ctx, a.Room); err != nil {
		return err
	}
	p.Page = ofRoom(web.DeskPage(c, l.T("room.attendance_title", "Title", a.Title), "teach", "rooms"), a.Room)
	status := http.StatusOK
	if wrong != nil {
		p.By, p.Errors = web.FieldErrors(l, wrong)
		if p.HasError = len(p.Errors) > 0; !p.HasError {
			return wrong
		}
		status = http.StatusUnprocessableEntity
		p.Fix = fixOf(c)
		if c.FormValue("do") == "rule" {
			p.NeedTyped = c.FormValue("need")
		}
	}
	return web.Render(c, status, pages.ShowAttendance(p))
}

func fixOf(c echo.Context) room.Fix {
	return room.Fix{ParticipantID: c.FormValue("participant"), PersonID: c.FormValue("person"), Minutes: c.FormValue("minutes"), Reason: c.FormValue("reason")}
}

func (h *Handlers) postAttendance(c echo.Context) error {
	ctx, who, r := c.Request().Context(), web.ViewerOf(c).Person, c.Param("room")
	if err := h.Rooms.May(ctx, who, r); err != nil {
		return err
	}
	var err error
	switch c.FormValue("do") {
	case "rule":
		err = h.Rooms.SetRule(ctx, who, r, c.FormValue("cohort"), c.FormValue("need"))
	case "fix":
		err = h.Rooms.Correct(ctx, who, r, fixOf(c))
	case "enter":
		var did room.Entered
		did, err = h.Rooms.Enter(ctx, who, r, c.Request().PostForm["step"])
		if err == nil {
			web.Notice(c, "ok", "room.entered", "People", strconv.Itoa(did.People), "Steps", strconv.Itoa(did.Steps), "Short", strconv.Itoa(did.Short), "Guests", strconv.Itoa(did.Guests))
		}
	default:
		err = fault.New(fault.Invalid, "error.invalid")
	}
	return web.Settle(c, err, h.showAttendance, "", "/teach/rooms/"+r+"/attendance")
}

// getAttendanceCSV sends a line for each person: it is for those who run the workshop.
func (h *Handlers) getAttendanceCSV(c echo.Context) error {
	a, err := h.Rooms.Attendance(c.Request().Context(), web.ViewerOf(c).Person, c.Param("room"))
	if err != nil {
		return err
	}
	w, l := web.CSV(c, "attendance.csv"), web.L(c)
	if err := w.Row(l.T("room.col_name"), l.T("room.col_came"), l.T("room.col_last"), l.T("room.col_heard"), l.T("room.col_minutes"), l.T("room.col_percent"), l.T("room.col_counts"), l.T("room.f.reason")); err != nil {
		return err
	}
	for n := range a.All {
		p := &a.All[n]
		came, left, counts, why := "", "", l.T("room.counts_not"), ""
		if len(p.Spans) > 0 {
			came, left = pages.Wall(a.Room, p.Spans[0].CameAt), pages.Wall(a.Room, p.Spans[len(p.Spans)-1].LeftAt)
		}
		if p.Enough {
			counts = l.T("room.counts")
		}
		if len(p.Corrections) > 0 {
			why = p.Corrections[0].Reason
		}
		name := p.Called()
		if name == "" {
			name = l.T("room.somebody")
		}
		if err := w.Row(name, came, left, strconv.Itoa(p.Heard), strconv.Itoa(p.Minutes), strconv.Itoa(p.Percent), counts, why); err != nil {
			return err
		}
	}
	for _, e := range a.Absent {
		if err := w.Row(e.Name, "", "", "0", "0", "0", l.T("room.is_absent"), ""); err != nil {
			return err
		}
	}
	return w.Flush()
}
