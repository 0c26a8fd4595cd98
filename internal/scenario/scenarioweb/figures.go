package scenarioweb

import (
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"greenroom/internal/course"
	"greenroom/internal/insight"
	"greenroom/internal/scenario"
	"greenroom/internal/web"
	pages "greenroom/web/templates/scenario"
)

// Figures is where trainers and authors see which ways people took through a scenario.
//
//	GET /teach/courses/:course/scenarios/:module/:activity               the page; ?delivery= chooses whose figures
//	GET /teach/courses/:course/scenarios/:module/:activity/figures.csv   the same as a table
type Figures struct {
	Runs    *scenario.Service
	Insight *insight.Service
	Courses *course.Service
}

// Routes is the table.
func (h *Figures) Routes() []web.Route {
	const path = "/teach/courses/:course/scenarios/:module/:activity"
	return []web.Route{
		{Method: http.MethodGet, Path: path, Handler: h.getPage, Access: web.Teaching},
		{Method: http.MethodGet, Path: path + "/figures.csv", Handler: h.getCSV, Access: web.Teaching},
	}
}

// gather reads what both answers show.
func (h *Figures) gather(c echo.Context) (pages.FiguresPage, error) {
	var p pages.FiguresPage
	ctx, l := c.Request().Context(), web.L(c)
	rev, err := h.Courses.Current(ctx, c.Param("course"))
	if err != nil {
		return p, err
	}
	a := rev.Activity(c.Param("module") + "/" + c.Param("activity"))
	if a == nil {
		return p, errNotFound
	}
	sc, ok := a.Content().(*scenario.Scenario)
	if !ok {
		return p, errNotFound
	}
	p = pages.FiguresPage{Page: web.DeskPage(c, l.T("scenario.figures.title", "Scenario", sc.Title.Value), "teach", "courses"), Course: rev, Activity: a, Scenario: sc}
	if p.View, err = h.Insight.View(ctx, web.ViewerOf(c).Person, rev.Key, c.QueryParam("delivery")); err != nil {
		return p, err
	}
	p.Flow, err = h.Runs.Flow(ctx, rev.Key, a.Key, p.Scope.ID)
	return p, err
}

func (h *Figures) getPage(c echo.Context) error {
	p, err := h.gather(c)
	if err != nil {
		return err
	}
	return web.Render(c, http.StatusOK, pages.Figures(p))
}

func (h *Figures) getCSV(c echo.Context) error {
	p, err := h.gather(c)
	if err != nil {
		return err
	}
	if !p.Told() {
		return errNotFound
	}
	l := p.L
	w := web.CSV(c, "greenroom-scenario-"+p.Course.Key+"-"+p.Scenario.ID+".csv")
	err = w.Row(l.T("scenario.figures.moment"), l.T("scenario.figures.people"), l.T("scenario.figures.option"), l.T("scenario.figures.share"),
		l.T("scenario.figures.leads"), l.T("scenario.figures.seconds"), l.T("scenario.figures.weak"))
	for _, d := range p.Decisions() {
		seconds, people := "", ""
		if d.People > 0 {
			people = strconv.Itoa(d.People)
		}
		if d.Median > 0 {
			seconds = strconv.Itoa(int(d.Median / time.Second))
		}
		for _, o := range d.Options {
			if err == nil {
				err = w.Row(d.Passage.Title.Value, people, o.Text, o.Share, o.Leads, seconds, strings.Join(d.Weak, " "))
			}
		}
	}
	for _, e := range p.Endings() {
		if err == nil {
			err = w.Row(e.Text, strconv.Itoa(p.People), "", e.Share, "", "", "")
		}
	}
	return errors.Join(err, w.Flush())
}
