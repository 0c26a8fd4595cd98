package authorweb

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/a-h/templ"
	"github.com/labstack/echo/v4"

	"greenroom/internal/author"
	"greenroom/internal/fault"
	"greenroom/internal/scenario"
	"greenroom/internal/web"
	pages "greenroom/web/templates/author"
	player "greenroom/web/templates/scenario"
	"greenroom/web/templates/ui"
)

// A preview plays a draft as learners would, from any scene, and keeps nothing: see scenario.Rehearsal.

// stage is a draft that can be played.
type stage struct {
	draft    *author.Draft
	scenario *scenario.Scenario // nil: it has errors
	at       player.Rehearsal
}

func (h *Handlers) stage(c echo.Context) (stage, error) {
	d, err := h.open(c)
	if err != nil {
		return stage{}, err
	}
	checked, err := h.checks.of(c.Request().Context(), d.Source)
	if err != nil {
		return stage{}, err
	}
	l := web.L(c)
	s := stage{draft: d, at: player.Rehearsal{
		Path: pages.Path(d.ID) + "/play", Back: pages.Path(d.ID), BackText: l.T("author.try.back"), Note: l.T("author.try.note"),
	}}
	if checked.Scenario == nil || checked.Findings.Broken() {
		return s, nil
	}
	if s.scenario, _ = scenario.Parse([]byte(d.Source)); s.scenario != nil { // one of its own: rendering writes into it
		s.scenario.Render(scenario.Plain{})
	}
	return s, nil
}

// broken shows the editor: what has errors cannot be played.
func (h *Handlers) broken(c echo.Context, s stage) error {
	return h.show(c, http.StatusUnprocessableEntity, s.draft, shown{at: author.Scenes, source: s.draft.Source, wrong: web.L(c).T("author.try.broken")})
}

func (h *Handlers) getTry(c echo.Context) error {
	s, err := h.stage(c)
	if err != nil {
		return err
	}
	if s.scenario == nil {
		return h.broken(c, s)
	}
	if r, ok := s.scenario.Resume(c.QueryParam("run")); ok {
		return h.play(c, http.StatusOK, s, player.Rehearse(web.L(c), s.at, r, c.QueryParam("moved") != "", scenario.Acted{}, nil, nil))
	}
	from := scenario.From{At: s.scenario.Passage(c.QueryParam("at"))}
	return h.play(c, http.StatusOK, s, pages.TryForm(pages.Try{L: web.L(c), Action: s.at.Path + "/start", Scenario: s.scenario, From: from}))
}

func (h *Handlers) play(c echo.Context, status int, s stage, body templ.Component) error {
	l := web.L(c)
	title := s.scenario.Title.Value
	return web.Render(c, status, player.ShowRehearsal(player.RehearsalPage{
		Page: web.DeskPage(c, title, "teach", "write"), Rehearsal: s.at, Kind: l.T("author.try.kind"), Body: body,
		Crumbs: []ui.Link{{Text: l.T("author.title"), Href: "/teach/write"}, {Text: title, Href: pages.Path(s.draft.ID)}, {Text: l.T("author.try.title"), Href: s.at.Path}},
	}))
}

func (h *Handlers) postTry(c echo.Context) error {
	s, err := h.stage(c)
	if err != nil {
		return err
	}
	if s.scenario == nil {
		return h.broken(c, s)
	}
	if err := c.Request().ParseForm(); err != nil {
		return err
	}
	form := c.Request().PostForm
	if c.Param("verb") == "start" {
		return web.SeeOther(c, s.at.Of(s.scenario.Rehearse(fromOf(s.scenario, form), form.Get("timing")), "scenario"))
	}
	r, ok := s.scenario.Resume(form.Get("run"))
	if !ok {
		return fault.New(fault.NotFound, "scenario.error.no_run")
	}
	a, err := r.Act(c.Param("verb"), form)
	switch {
	case fault.Is(err, fault.Invalid):
		by, all := web.FieldErrors(web.L(c), err)
		return h.play(c, http.StatusUnprocessableEntity, s, player.Rehearse(web.L(c), s.at, r, false, a, by, all))
	case fault.Is(err, fault.Conflict):
		web.Notice(c, "info", fault.From(err).Key)
		return web.SeeOther(c, s.at.Of(r, "scenario"))
	case err != nil:
		return err
	case a.Next == nil:
		return h.play(c, http.StatusOK, s, player.Rehearse(web.L(c), s.at, r, false, a, nil, nil))
	}
	return web.SeeOther(c, s.at.Of(a.Next, a.Focus))
}

// fromOf reads where a preview begins; what the story does not have is left out.
func fromOf(s *scenario.Scenario, form url.Values) scenario.From {
	from := scenario.From{At: s.Passage(form.Get("at")), Flags: form["flag"], Meters: map[string]int{}}
	if from.At == s.Start {
		from.At = nil
	}
	for _, m := range s.Meters {
		n, err := strconv.Atoi(strings.TrimSpace(form.Get("meter." + m.Key)))
		if err == nil && n != m.Start {
			from.Meters[m.Key] = n
		}
	}
	return from
}
