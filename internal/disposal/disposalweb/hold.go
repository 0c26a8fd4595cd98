package disposalweb

import (
	"encoding/json"

	"github.com/labstack/echo/v4"

	"greenroom/internal/delivery"
	"greenroom/internal/disposal"
	"greenroom/internal/fault"
	"greenroom/internal/web"
	pages "greenroom/web/templates/disposal"
)

// getHolds may be led to with what a hold is to be about: ?person=, ?cohort= or ?case=.
func (h *Handlers) getHolds(c echo.Context) error {
	var n disposal.NewHold
	switch {
	case c.QueryParam("person") != "":
		p, err := h.Accounts.ByID(c.Request().Context(), c.QueryParam("person"))
		if err != nil {
			return err
		}
		n.Kind, n.Email = "person", p.Email
	case c.QueryParam("cohort") != "":
		n.Kind, n.Cohort = "cohort", c.QueryParam("cohort")
	case c.QueryParam("case") != "":
		n.Kind, n.Case = "case", c.QueryParam("case")
	}
	return h.holds(c, n, nil)
}

func (h *Handlers) holds(c echo.Context, n disposal.NewHold, wrong error) error {
	ctx := c.Request().Context()
	p := pages.Holds{Page: web.DeskPage(c, web.L(c).T("records.holds"), "admin", "records"), In: n, Zone: web.Zone(c)}
	var err error
	if p.Rows, err = h.Disposal.Holds(ctx); err != nil {
		return err
	}
	for page := 1; page <= 10; page++ { // 500 cohorts, the latest start first
		some, total, err := h.Deliveries.Cohorts(ctx, delivery.Filter{Page: page})
		if err != nil {
			return err
		}
		p.Cohorts = append(p.Cohorts, some...)
		if len(p.Cohorts) >= total || len(some) == 0 {
			break
		}
	}
	return web.Render(c, p.Wrong(web.FieldErrors(p.L, wrong)), pages.ShowHolds(p))
}

func (h *Handlers) postHold(c echo.Context) error {
	n := disposal.NewHold{
		Kind: c.FormValue("kind"), Email: c.FormValue("email"), Cohort: c.FormValue("cohort"), Case: c.FormValue("case"),
		Matter: c.FormValue("matter"), Reason: c.FormValue("reason"),
	}
	x, err := h.Disposal.Place(c.Request().Context(), web.ViewerOf(c).Person, n)
	if fault.Is(err, fault.Invalid) {
		return h.holds(c, n, err)
	}
	if err != nil {
		return err
	}
	web.Notice(c, "ok", "records.hold_placed")
	return web.SeeOther(c, root+"/holds/"+x.ID)
}

func (h *Handlers) getHold(c echo.Context) error { return h.hold(c, "", nil) }

func (h *Handlers) hold(c echo.Context, why string, wrong error) error {
	ctx := c.Request().Context()
	row, kept, err := h.Disposal.Hold(ctx, c.Param("hold"))
	if err != nil {
		return err
	}
	p := pages.Hold{Page: web.DeskPage(c, row.Matter, "admin", "records"), Row: row, Kept: kept, Why: why, Zone: web.Zone(c)}
	if p.Names, err = h.Disposal.Names(ctx, row.PlacedBy, row.LiftedBy); err != nil {
		return err
	}
	return web.Render(c, p.Wrong(web.FieldErrors(p.L, wrong)), pages.ShowHold(p))
}

func (h *Handlers) postLift(c echo.Context) error {
	why := c.FormValue("why")
	err := h.Disposal.Lift(c.Request().Context(), web.ViewerOf(c).Person, c.Param("hold"), why)
	if fault.Is(err, fault.Invalid) {
		return h.hold(c, why, err)
	}
	if err != nil {
		return err
	}
	web.Notice(c, "ok", "records.hold_lifted")
	return web.SeeOther(c, root+"/holds/"+c.Param("hold"))
}

// postKept sends what was put aside of one person, a JSON object a line. It is a POST, since that somebody took it is noted.
func (h *Handlers) postKept(c echo.Context) error {
	begun := false
	out := json.NewEncoder(c.Response())
	return h.Disposal.Open(c.Request().Context(), web.ViewerOf(c).Person, c.Param("hold"), c.Param("kept"), func(table, row string) error {
		if !begun {
			begun = true
			c.Response().Header().Set(echo.HeaderContentType, "application/x-ndjson; charset=utf-8")
			c.Response().Header().Set(echo.HeaderContentDisposition, `attachment; filename="kept.jsonl"`)
		}
		return out.Encode(struct {
			Table string          `json:"table"`
			Row   json.RawMessage `json:"row"`
		}{table, json.RawMessage(row)})
	})
}
