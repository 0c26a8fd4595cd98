// Package insightweb shows where people stop in a course and how hard its quizzes are.
//
//	GET /teach/courses/:course/insight       the page; ?delivery= chooses whose numbers, ?page= of long courses
//	GET /teach/courses/:course/insight.csv   the same as a table
package insightweb

import (
	"net/http"
	"strconv"

	"github.com/labstack/echo/v4"

	"greenroom/internal/course"
	"greenroom/internal/fault"
	"greenroom/internal/insight"
	"greenroom/internal/quiz"
	"greenroom/internal/web"
	pages "greenroom/web/templates/insight"
)

// Handlers answers for insight.
type Handlers struct {
	Insight *insight.Service
	Quizzes *quiz.Service
	Courses *course.Service
}

// Routes is the table.
func (h *Handlers) Routes() []web.Route {
	const path = "/teach/courses/:course/insight"
	return []web.Route{
		{Method: http.MethodGet, Path: path, Handler: h.getInsight, Access: web.Teaching},
		{Method: http.MethodGet, Path: path + ".csv", Handler: h.getCSV, Access: web.Teaching},
	}
}

// gather reads what both answers show.
func (h *Handlers) gather(c echo.Context) (pages.Page, error) {
	var p pages.Page
	ctx, l := c.Request().Context(), web.L(c)
	rev, err := h.Courses.Current(ctx, c.Param("course"))
	if err != nil {
		return p, err
	}
	p = pages.Page{Page: web.DeskPage(c, l.T("insight.title", "Course", rev.Title), "teach", "courses"), Course: rev}
	if p.View, err = h.Insight.View(ctx, web.ViewerOf(c).Person, rev.Key, c.QueryParam("delivery")); err != nil {
		return p, err
	}
	if p.Report, err = h.Insight.Report(ctx, rev, p.Scope.ID); err != nil {
		return p, err
	}
	if p.Told() {
		p.Figures, err = h.Quizzes.Items(ctx, rev.Key, "", p.Scope.ID)
	}
	return p, err
}

func (h *Handlers) getInsight(c echo.Context) error {
	p, err := h.gather(c)
	if err != nil {
		return err
	}
	p.Number, _ = strconv.Atoi(c.QueryParam("page")) // nonsense is the first page
	return web.Render(c, http.StatusOK, pages.Show(p))
}

func (h *Handlers) getCSV(c echo.Context) error {
	p, err := h.gather(c)
	if err != nil {
		return err
	}
	if !p.Told() {
		return fault.New(fault.NotFound, "insight.few", "Few", insight.Few)
	}
	l := p.L
	rows := [][]string{{
		l.T("insight.col.module"), l.T("insight.col.step"), l.T("insight.col.kind"), l.T("insight.col.reached"), l.T("insight.col.done"),
		l.T("insight.col.here"), l.T("insight.col.stopped"), l.T("insight.csv.median"), l.T("insight.csv.planned"), l.T("insight.csv.hardest"), l.T("insight.csv.share"),
	}}
	for _, s := range p.Steps {
		question, share := p.Hardest(s)
		rows = append(rows, []string{
			s.Module.Title, s.Title, l.T("kind." + s.Kind), strconv.Itoa(p.Reached(s)), strconv.Itoa(s.Done), strconv.Itoa(s.Here), strconv.Itoa(s.Stopped),
			p.Seconds(s), strconv.Itoa(s.Minutes), question, share,
		})
	}
	return web.CSV(c, "greenroom-insight-"+p.Course.Key+".csv").Rows(rows...)
}
