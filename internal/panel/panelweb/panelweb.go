// Package panelweb is the pages of panels: where an author invites people to rate a scenario and sees how far they are, and
// where those people rate, by a link that needs no account.
package panelweb

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"greenroom/internal/fault"
	"greenroom/internal/id"
	"greenroom/internal/panel"
	"greenroom/internal/scenario"
	"greenroom/internal/web"
	pages "greenroom/web/templates/panel"
)

// Handlers answers for panels.
type Handlers struct{ Panels *panel.Service }

// Routes is the table.
func (h *Handlers) Routes() []web.Route {
	const desk, door = "/teach/courses/:course/scenarios/:module/:activity/panel", "/panel/:token"
	return []web.Route{
		{Method: http.MethodGet, Path: desk, Handler: h.getDesk, Access: web.Author},
		{Method: http.MethodPost, Path: desk, Handler: h.postInvite, Access: web.Author},
		{Method: http.MethodPost, Path: desk + "/:seat/again", Handler: h.postAgain, Access: web.Author},
		{Method: http.MethodPost, Path: desk + "/:seat/remove", Handler: h.postRemove, Access: web.Author},
		{Method: http.MethodGet, Path: door, Handler: h.getDoor, Access: web.Public, Limit: "verify"},
		{Method: http.MethodGet, Path: door + "/:decision", Handler: h.getDecision, Access: web.Public, Limit: "verify"},
		{Method: http.MethodPost, Path: door + "/:decision", Handler: h.postDecision, Access: web.Public, Limit: "verify"},
	}
}

func key(c echo.Context) string { return c.Param("module") + "/" + c.Param("activity") }

func deskPath(c echo.Context) string {
	return "/teach/courses/" + c.Param("course") + "/scenarios/" + key(c) + "/panel"
}

func (h *Handlers) desk(c echo.Context) (pages.DeskPage, error) {
	p, err := h.Panels.Progress(c.Request().Context(), web.ViewerOf(c).Person, c.Param("course"), key(c))
	if err != nil {
		return pages.DeskPage{}, err
	}
	v := pages.DeskPage{Page: web.DeskPage(c, web.L(c).T("panel.title", "Scenario", p.Scenario.Title.Value), "teach", "courses"), Progress: p, FormID: id.New(), Now: h.Panels.Now()}
	return v, nil
}

func (h *Handlers) getDesk(c echo.Context) error {
	v, err := h.desk(c)
	if err != nil {
		return err
	}
	return web.Render(c, http.StatusOK, pages.Desk(v))
}

func (h *Handlers) postInvite(c echo.Context) error {
	err := h.Panels.Invite(c.Request().Context(), web.ViewerOf(c).Person, c.Param("course"), key(c), c.FormValue("id"), c.FormValue("name"), c.FormValue("email"))
	if fault.Is(err, fault.Invalid) {
		v, failed := h.desk(c)
		if failed != nil {
			return failed
		}
		v.Name, v.Email = c.FormValue("name"), c.FormValue("email")
		v.By, v.Errors = web.FieldErrors(v.L, err)
		v.HasError = true
		return web.Render(c, http.StatusUnprocessableEntity, pages.Desk(v))
	}
	if err != nil {
		return err
	}
	web.Notice(c, "ok", "panel.notice.invited")
	return web.SeeOther(c, deskPath(c))
}

func (h *Handlers) postAgain(c echo.Context) error {
	if err := h.Panels.Again(c.Request().Context(), web.ViewerOf(c).Person, c.Param("course"), key(c), c.Param("seat")); err != nil {
		return err
	}
	web.Notice(c, "ok", "panel.notice.again")
	return web.SeeOther(c, deskPath(c))
}

func (h *Handlers) postRemove(c echo.Context) error {
	if err := h.Panels.Remove(c.Request().Context(), web.ViewerOf(c).Person, c.Param("course"), key(c), c.Param("seat")); err != nil {
		return err
	}
	web.Notice(c, "ok", "panel.notice.removed")
	return web.SeeOther(c, deskPath(c))
}

// secret marks a page whose address is a secret: no other site is told where one came from.
func secret(c echo.Context) { c.Response().Header().Set("Referrer-Policy", "strict-origin") }

func doorPage(c echo.Context, s *panel.Sheet) pages.DoorPage {
	v := pages.DoorPage{Page: web.Page(c, web.L(c).T("panel.door_title", "Scenario", s.Scenario.Title.Value)), Sheet: s, Token: c.Param("token")}
	v.Robots = "noindex"
	v.Until = v.L.Date(web.Local(c, s.Seat.ExpiresAt))
	return v
}

func (h *Handlers) getDoor(c echo.Context) error {
	secret(c)
	s, err := h.Panels.Open(c.Request().Context(), c.Param("token"))
	if err != nil {
		return err
	}
	return web.Render(c, http.StatusOK, pages.Door(doorPage(c, s)))
}

func ratePage(c echo.Context, s *panel.Sheet, p *scenario.Passage) pages.RatePage {
	v := pages.RatePage{DoorPage: doorPage(c, s), Passage: p, Print: p.Print(s.Scenario.ScaleOf())}
	v.Title = p.Title.Value
	if r := s.Rated[p.Key]; r != nil {
		v.Numbers, v.Reasons = r.Numbers(), r.Texts()
	}
	return v
}

func (h *Handlers) getDecision(c echo.Context) error {
	secret(c)
	s, err := h.Panels.Open(c.Request().Context(), c.Param("token"))
	if err != nil {
		return err
	}
	p := s.Scenario.Passage(c.Param("decision"))
	if p == nil || p.Kind != scenario.Decision {
		return fault.New(fault.NotFound, "error.not_found")
	}
	return web.Render(c, http.StatusOK, pages.Rate(ratePage(c, s, p)))
}

func (h *Handlers) postDecision(c echo.Context) error {
	secret(c)
	token, decision := c.Param("token"), c.Param("decision")
	numbers, reasons := map[string]int{}, map[string]string{}
	form, err := c.FormParams()
	if err != nil {
		return err
	}
	for name := range form {
		if choice, is := strings.CutPrefix(name, "rating."); is {
			if n, err := strconv.Atoi(form.Get(name)); err == nil {
				numbers[choice] = n
			}
		}
		if choice, is := strings.CutPrefix(name, "reason."); is {
			reasons[choice] = form.Get(name)
		}
	}
	s, err := h.Panels.Rate(c.Request().Context(), token, decision, form.Get("print"), numbers, reasons)
	if fault.Is(err, fault.Invalid) {
		v := ratePage(c, s, s.Scenario.Passage(decision))
		v.Numbers, v.Reasons = numbers, reasons
		v.By, v.Errors = web.FieldErrors(v.L, err)
		v.HasError = true
		return web.Render(c, http.StatusUnprocessableEntity, pages.Rate(v))
	}
	if err != nil {
		return err
	}
	web.Notice(c, "ok", "panel.notice.rated")
	if next := s.Next(decision); next != nil {
		return web.SeeOther(c, pages.DoorPath(token)+"/"+next.Key)
	}
	return web.SeeOther(c, pages.DoorPath(token))
}
