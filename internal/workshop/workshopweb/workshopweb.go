// Package workshopweb shows trainers and authors the run sheets of the courses.
//
//	GET /teach/workshops                              the run sheets by course and module
//	GET /teach/workshops/:course/:module/:workshop    one of them, with notes; made to be printed
package workshopweb

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"greenroom/internal/course"
	"greenroom/internal/fault"
	"greenroom/internal/web"
	"greenroom/internal/workshop"
	pages "greenroom/web/templates/workshop"
)

// Handlers answers for run sheets.
type Handlers struct {
	Courses *course.Service
}

// Routes is the table.
func (h *Handlers) Routes() []web.Route {
	return []web.Route{
		{Method: http.MethodGet, Path: "/teach/workshops", Handler: h.getList, Access: web.Teaching},
		{Method: http.MethodGet, Path: "/teach/workshops/:course/:module/:workshop", Handler: h.getSheet, Access: web.Teaching},
	}
}

func (h *Handlers) getList(c echo.Context) error {
	l := web.L(c)
	revs, err := h.Courses.Catalogue(c.Request().Context())
	if err != nil {
		return err
	}
	p := pages.List{Page: web.DeskPage(c, l.T("workshop.title"), "teach", "workshops")}
	for _, r := range revs {
		for _, m := range r.Modules {
			for _, a := range m.Asides {
				if s := workshop.Of(a); s != nil {
					p.Add(r, a, s)
				}
			}
		}
	}
	return web.Render(c, http.StatusOK, pages.ShowList(p))
}

func (h *Handlers) getSheet(c echo.Context) error {
	rev, err := h.Courses.Current(c.Request().Context(), c.Param("course"))
	if err != nil {
		return err
	}
	a := rev.Aside(c.Param("module") + "/" + c.Param("workshop"))
	s := workshop.Of(a)
	if s == nil {
		return fault.New(fault.NotFound, "error.not_found")
	}
	return web.Render(c, http.StatusOK, pages.ShowSheet(pages.Sheet{Page: web.DeskPage(c, a.Title, "teach", "workshops"), Course: rev, Activity: a, RunSheet: s}))
}
