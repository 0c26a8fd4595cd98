package situationweb

import (
	"net/http"

	"github.com/a-h/templ"
	"github.com/labstack/echo/v4"

	"greenroom/internal/fault"
	"greenroom/internal/id"
	"greenroom/internal/scenario"
	"greenroom/internal/situation"
	"greenroom/internal/web"
	player "greenroom/web/templates/scenario"
	pages "greenroom/web/templates/situation"
	"greenroom/web/templates/ui"
)

// A situation is played as the short scenario that its eight answers make. Nothing is kept of it but that it was played to
// its end: the address of the page is the whole run (see scenario.Rehearsal).

// stage is a situation that can be played.
type stage struct {
	place    *situation.Place
	one      *situation.Situation
	scenario *scenario.Scenario
	crumbs   []ui.Link
	at       player.Rehearsal
}

func (h *Handlers) stage(c echo.Context) (stage, error) {
	v, err := h.one(c)
	if err != nil {
		return stage{}, err
	}
	here := pages.OnePath(v.Place.Delivery.ID, v.Situation.ID)
	s := stage{place: v.Place, one: v.Situation, crumbs: v.Crumbs(), at: player.Rehearsal{
		Path: here + "/play", Back: here, BackText: v.L.T("situation.play.back"), Note: v.L.T("situation.play.note"),
	}}
	switch {
	case v.Own:
		s.at.Note = v.L.T("situation.play.note_own")
	case v.Place.MayReview(v.Situation):
		s.at.Back, s.at.BackText = here+"#judge", v.L.T("situation.play.back_judge")
	}
	if s.scenario, err = situation.Scenario(v.Form, v.L); err != nil {
		return s, err
	}
	s.scenario.Render(scenario.Plain{})
	return s, nil
}

func (h *Handlers) play(c echo.Context, status int, s stage, r *scenario.Rehearsal, a scenario.Acted, wrong error) error {
	by, all := web.FieldErrors(web.L(c), wrong)
	return h.render(c, status, s, player.Rehearse(web.L(c), s.at, r, c.QueryParam("moved") != "", a, by, all), len(all) > 0)
}

func (h *Handlers) render(c echo.Context, status int, s stage, body templ.Component, wrong bool) error {
	l := web.L(c)
	p := player.RehearsalPage{
		Page: web.Page(c, s.scenario.Title.Value), Rehearsal: s.at, Kind: l.T("situation.play.kind"), Crumbs: append(s.crumbs, ui.Link{Text: l.T("situation.play.title")}),
		Body: body,
	}
	p.Section, p.Robots, p.HasError = "courses", "noindex", wrong
	return web.Render(c, status, player.ShowRehearsal(p))
}

func (h *Handlers) getPlay(c echo.Context) error {
	s, err := h.stage(c)
	if err != nil {
		return err
	}
	r, ok := s.scenario.Resume(c.QueryParam("run"))
	if !ok {
		return h.render(c, http.StatusOK, s, player.Start(player.StartPage{L: web.L(c), Rehearsal: s.at, Scenario: s.scenario, Client: id.New()}), false)
	}
	return h.play(c, http.StatusOK, s, r, scenario.Acted{}, nil)
}

func (h *Handlers) postPlay(c echo.Context) error {
	s, err := h.stage(c)
	if err != nil {
		return err
	}
	if err := c.Request().ParseForm(); err != nil {
		return err
	}
	form := c.Request().PostForm
	if c.Param("verb") == "start" {
		return web.SeeOther(c, s.at.Of(s.scenario.Rehearse(scenario.From{}, ""), "scenario"))
	}
	r, ok := s.scenario.Resume(form.Get("run"))
	if !ok {
		return fault.New(fault.NotFound, "scenario.error.no_run")
	}
	a, err := r.Act(c.Param("verb"), form)
	switch {
	case fault.Is(err, fault.Invalid):
		return h.play(c, http.StatusUnprocessableEntity, s, r, a, err)
	case fault.Is(err, fault.Conflict):
		web.Notice(c, "info", fault.From(err).Key)
		return web.SeeOther(c, s.at.Of(r, "scenario"))
	case err != nil:
		return err
	case a.Next == nil:
		return h.play(c, http.StatusOK, s, r, a, nil)
	}
	if a.Next.Story.Over() {
		if err := h.Situations.Played(c.Request().Context(), s.place, s.one.ID); err != nil {
			return err
		}
	}
	return web.SeeOther(c, s.at.Of(a.Next, a.Focus))
}
