// Package checkweb is the pages of the check before and after a course.
//
//	GET  /courses/:course/check              what it is, and what can be done now
//	POST /courses/:course/check              begin: field occasion
//	GET  /courses/:course/check/answers      both forms with reasons, once the second is handed in
//	GET  /courses/:course/check/:occasion    the ten situations
//	POST /courses/:course/check/:occasion    save, or hand in with do=hand-in
//	GET  /teach/courses/:course/check        what a group gained; ?delivery= chooses whose numbers
//	GET  /teach/courses/:course/check.csv    the same as a table
package checkweb

import (
	"maps"
	"net/http"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"greenroom/internal/check"
	"greenroom/internal/course"
	"greenroom/internal/fault"
	"greenroom/internal/insight"
	"greenroom/internal/play"
	"greenroom/internal/web"
	pages "greenroom/web/templates/check"
)

// Handlers answers for checks.
type Handlers struct {
	Checks  *check.Service
	Play    *play.Service
	Courses *course.Service
	Insight *insight.Service
}

// Routes is the table.
func (h *Handlers) Routes() []web.Route {
	const own, teach = "/courses/:course/check", "/teach/courses/:course/check"
	return []web.Route{
		{Method: http.MethodGet, Path: own, Handler: h.getState, Access: web.SignedIn},
		{Method: http.MethodPost, Path: own, Handler: h.postBegin, Access: web.SignedIn},
		{Method: http.MethodGet, Path: own + "/answers", Handler: h.getAnswers, Access: web.SignedIn},
		{Method: http.MethodGet, Path: own + "/:occasion", Handler: h.getRun, Access: web.SignedIn},
		{Method: http.MethodPost, Path: own + "/:occasion", Handler: h.postRun, Access: web.SignedIn},
		{Method: http.MethodGet, Path: teach, Handler: h.getFigures, Access: web.Teaching},
		{Method: http.MethodGet, Path: teach + ".csv", Handler: h.getCSV, Access: web.Teaching},
	}
}

// place is where the reader stands in the course, and what they can do with its check.
func (h *Handlers) place(c echo.Context) (check.Place, *check.State, error) {
	ctx := c.Request().Context()
	at, err := h.Play.Place(ctx, web.ViewerOf(c).ID(), c.Param("course"))
	if err != nil {
		return check.Place{}, nil, err
	}
	p := check.Place{PersonID: web.ViewerOf(c).ID(), Course: at.Course, Progress: at.Progress, Enrolled: at.Active()}
	if at.Delivery != nil {
		p.DeliveryID = at.Delivery.ID
	}
	st, err := h.Checks.State(ctx, p)
	return p, st, err
}

func (h *Handlers) head(c echo.Context, p check.Place, title string) pages.Head {
	v := pages.Head{Page: web.Page(c, title+" – "+p.Course.Title), Course: p.Course}
	v.Section, v.Robots = "courses", "noindex"
	return v
}

func (h *Handlers) getState(c echo.Context) error {
	p, st, err := h.place(c)
	if err != nil {
		return err
	}
	return web.Render(c, http.StatusOK, pages.ShowState(pages.StatePage{Head: h.head(c, p, st.Activity.Title), State: st, Enrolled: p.Enrolled}))
}

func (h *Handlers) postBegin(c echo.Context) error {
	p, _, err := h.place(c)
	if err != nil {
		return err
	}
	occasion := c.FormValue("occasion")
	if occasion != check.Before && occasion != check.After {
		return fault.New(fault.Invalid, "check.error.closed")
	}
	if _, err := h.Checks.Begin(c.Request().Context(), p, occasion); err != nil {
		return err
	}
	return web.SeeOther(c, pages.Path(p.Course)+"/"+occasion)
}

// run is the page of a run that is open; nil when it was handed in or not begun.
func (h *Handlers) run(c echo.Context) (check.Place, *pages.RunPage, error) {
	p, st, err := h.place(c)
	if err != nil {
		return p, nil, err
	}
	r := st.Run(c.Param("occasion"))
	if r == nil || c.Param("occasion") != r.Occasion {
		return p, nil, fault.New(fault.NotFound, "error.not_found")
	}
	if r.Done() {
		return p, nil, nil
	}
	v := &pages.RunPage{Head: h.head(c, p, st.Activity.Title), Run: r, Chosen: r.Answers}
	v.Check, err = h.Checks.Asked(c.Request().Context(), r)
	return p, v, err
}

func (h *Handlers) getRun(c echo.Context) error {
	p, v, err := h.run(c)
	if err != nil {
		return err
	}
	if v == nil {
		return web.SeeOther(c, pages.Path(p.Course))
	}
	return web.Render(c, http.StatusOK, pages.ShowRun(*v))
}

func (h *Handlers) postRun(c echo.Context) error {
	p, v, err := h.run(c)
	if err != nil {
		return err
	}
	if v == nil { // handed in already, perhaps in another window
		return web.SeeOther(c, pages.Path(p.Course))
	}
	handIn := c.FormValue("do") == "hand-in"
	chosen := map[string]int{}
	for _, f := range v.Check.Families {
		if n, err := strconv.Atoi(c.FormValue("s." + f.Key)); err == nil {
			chosen[f.Key] = n
		}
	}
	err = h.Checks.Save(c.Request().Context(), p, v.Run.Occasion, chosen, handIn)
	if missing, ok := check.IsUnanswered(err); ok {
		maps.Copy(v.Chosen, chosen)
		v.Missing(missing.Families)
		return web.Render(c, http.StatusUnprocessableEntity, pages.ShowRun(*v))
	}
	switch {
	case err != nil:
		return err
	case web.WantsJSON(c):
		return c.NoContent(http.StatusNoContent)
	case !handIn:
		web.Notice(c, "ok", "check.notice.saved")
		return web.SeeOther(c, pages.Path(p.Course)+"/"+v.Run.Occasion)
	case v.Run.Occasion == check.After:
		return web.SeeOther(c, pages.Path(p.Course)+"/answers")
	}
	web.Notice(c, "ok", "check.notice.before")
	return web.SeeOther(c, "/courses/"+p.Course.Key)
}

func (h *Handlers) getAnswers(c echo.Context) error {
	p, st, err := h.place(c)
	if err != nil {
		return err
	}
	if !st.After.Done() {
		return web.SeeOther(c, pages.Path(p.Course))
	}
	v := pages.AnswersPage{Head: h.head(c, p, web.L(c).T("check.answers"))}
	after, err := h.Checks.Asked(c.Request().Context(), st.After)
	if err != nil {
		return err
	}
	v.Add(after, st.Before, st.After)
	return web.Render(c, http.StatusOK, pages.ShowAnswers(v))
}

// figures reads what the page and the table show.
func (h *Handlers) figures(c echo.Context) (pages.FiguresPage, error) {
	var p pages.FiguresPage
	ctx, l := c.Request().Context(), web.L(c)
	rev, err := h.Courses.Current(ctx, c.Param("course"))
	if err != nil {
		return p, err
	}
	p = pages.FiguresPage{Page: web.DeskPage(c, l.T("check.figures", "Course", rev.Title), "teach", "courses"), Course: rev}
	if p.View, err = h.Insight.View(ctx, web.ViewerOf(c).Person, rev.Key, c.QueryParam("delivery")); err != nil {
		return p, err
	}
	p.Figures, err = h.Checks.Figures(ctx, rev, p.Scope.ID)
	return p, err
}

func (h *Handlers) getFigures(c echo.Context) error {
	p, err := h.figures(c)
	if err != nil {
		return err
	}
	return web.Render(c, http.StatusOK, pages.ShowFigures(p))
}

func (h *Handlers) getCSV(c echo.Context) error {
	p, err := h.figures(c)
	if err != nil {
		return err
	}
	if !p.Told() {
		return fault.New(fault.NotFound, "check.few", "Least", check.Least)
	}
	l := p.L
	head := []string{"what", "people", "before", "after", "gain", "low", "high"}
	for i, k := range head {
		head[i] = l.T("check.col." + k)
	}
	rows := [][]string{head}
	for _, r := range p.Rows() {
		e := r.Estimate
		rows = append(rows, append([]string{strings.TrimSpace(r.Name), strconv.Itoa(e.People)},
			pages.Points(e.Before), pages.Points(e.After), pages.Points(e.Gain), pages.Points(e.Low), pages.Points(e.High)))
	}
	return web.CSV(c, "greenroom-check-"+p.Course.Key+".csv").Rows(rows...)
}
