// Package playweb is the HTTP side of internal/play: the addresses of steps and of what is done in them.
package playweb

import (
	"errors"
	"net/http"

	"github.com/a-h/templ"
	"github.com/labstack/echo/v4"

	"greenroom/internal/delivery"
	"greenroom/internal/fault"
	"greenroom/internal/play"
	"greenroom/internal/web"
	"greenroom/web/templates/player"
)

// Handlers answers for steps.
type Handlers struct {
	Play       *play.Service
	Deliveries *delivery.Service
}

// Routes is the table.
func (h *Handlers) Routes() []web.Route {
	const step = "/courses/:course/:module/:activity"
	return []web.Route{
		{Method: http.MethodGet, Path: step, Handler: h.getStep, Access: web.Public},
		{Method: http.MethodGet, Path: step + "/:name", Handler: h.getPart, Access: web.Public},
		{Method: http.MethodPost, Path: step + "/seen", Handler: h.postSeen, Access: web.Public},
		{Method: http.MethodPost, Path: step + "/:verb", Handler: h.postVerb, Access: web.Public},
	}
}

// Frame is the play.Frame that renders a step's body inside the player.
func Frame(c echo.Context, s play.Step, status int, body templ.Component) error {
	p := player.Page{Page: web.Page(c, s.Activity.Title+" – "+s.Course.Title), Step: s, Zone: web.Zone(c)}
	p.Description = s.Activity.Summary
	p.Section = "courses"
	p.HasError = status >= 400
	return web.Render(c, status, player.Show(p, body))
}

func key(c echo.Context) string { return c.Param("module") + "/" + c.Param("activity") }

func (h *Handlers) getStep(c echo.Context) error {
	s, p, err := h.Play.Open(c.Request().Context(), web.ViewerOf(c).Person, c.Param("course"), key(c))
	if early := new(play.NotYet); errors.As(err, &early) {
		return notYet(c, early)
	}
	if err != nil {
		return err
	}
	return p.Show(c, s)
}

// notYet says when the step opens.
func notYet(c echo.Context, e *play.NotYet) error {
	p := player.Page{Page: web.Page(c, e.Step.Activity.Title+" – "+e.Step.Course.Title), Step: e.Step, Zone: web.Zone(c), Opens: e.Opens}
	p.Section, p.Robots = "courses", "noindex"
	return web.Render(c, http.StatusOK, player.ShowNotYet(p))
}

func (h *Handlers) getPart(c echo.Context) error {
	s, p, err := h.Play.Open(c.Request().Context(), web.ViewerOf(c).Person, c.Param("course"), key(c))
	if err != nil {
		return err
	}
	g, ok := p.(play.Getter)
	if !ok {
		return fault.New(fault.NotFound, "error.not_found")
	}
	return g.Get(c, s, c.Param("name"))
}

func (h *Handlers) postVerb(c echo.Context) error {
	if web.ViewerOf(c).Person == nil { // look the step up before a guest is made: a wrong address makes nobody
		if _, _, err := h.Play.Open(c.Request().Context(), nil, c.Param("course"), key(c)); err != nil {
			return err
		}
	}
	who, err := web.Learner(c)
	if err != nil {
		return err
	}
	s, p, err := h.Play.Enter(c.Request().Context(), who, c.Param("course"), key(c))
	if err != nil {
		return err
	}
	return p.Do(c, s, c.Param("verb"))
}

// postSeen keeps the learner's last position. It is sent by the page itself when it is read and when it is left.
func (h *Handlers) postSeen(c echo.Context) error {
	who := web.ViewerOf(c).Person
	if who == nil {
		return c.NoContent(http.StatusNoContent)
	}
	s, _, err := h.Play.Open(c.Request().Context(), who, c.Param("course"), key(c))
	if err != nil {
		return err
	}
	if s.Enrolment == nil {
		return c.NoContent(http.StatusNoContent)
	}
	if err := h.Deliveries.Seen(c.Request().Context(), who.ID, s.Course.Key, s.Activity.Key); err != nil {
		return err
	}
	return c.NoContent(http.StatusNoContent)
}
