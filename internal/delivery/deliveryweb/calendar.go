package deliveryweb

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"greenroom/internal/web"
	"greenroom/web/templates/cohort"
)

func (h *Handlers) getCalendar(c echo.Context) error {
	ctx, v := c.Request().Context(), web.ViewerOf(c)
	since, err := h.Deliveries.FeedSince(ctx, v.ID())
	if err != nil {
		return err
	}
	p := cohort.Calendar{Page: web.Page(c, web.L(c).T("calendar.title"))}
	p.Section, p.Robots = "me", "noindex"
	if !since.IsZero() {
		p.Since = web.Local(c, since)
	}
	return web.Render(c, http.StatusOK, cohort.ShowCalendar(p))
}

// postCalendar makes a new address. Only its hash is kept, so the notice after the redirect is where it is shown, once.
func (h *Handlers) postCalendar(c echo.Context) error {
	token, err := h.Deliveries.NewFeed(c.Request().Context(), web.ViewerOf(c).ID())
	if err != nil {
		return err
	}
	web.Notice(c, "ok", "calendar.made", "Address", h.BaseURL+"/calendar/"+token+".ics")
	return web.SeeOther(c, "/me/calendar")
}

func (h *Handlers) postEndCalendar(c echo.Context) error {
	if err := h.Deliveries.EndFeed(c.Request().Context(), web.ViewerOf(c).ID()); err != nil {
		return err
	}
	web.Notice(c, "ok", "calendar.ended")
	return web.SeeOther(c, "/me/calendar")
}
