package scenarioweb

import (
	"net/http"
	"strconv"

	"github.com/labstack/echo/v4"

	"greenroom/internal/course"
	"greenroom/internal/fault"
	"greenroom/internal/play"
	"greenroom/internal/scenario"
	"greenroom/internal/web"
	pages "greenroom/web/templates/scenario"
	"greenroom/web/templates/ui"
)

// task shows a reply by another learner.
func (p *Player) task(c echo.Context, s play.Step) error {
	if s.Learner == nil {
		return errNotFound
	}
	t, err := p.runs.Task(c.Request().Context(), s.Completion(nil), c.QueryParam("id"))
	if err != nil {
		return err
	}
	return s.Frame(c, http.StatusOK, pages.Review(pages.ReviewPage{
		L: web.L(c), Step: s, Task: t, Form: pages.JudgeForm{Marks: t.Review.Marks, Comment: t.Review.Comment},
	}))
}

// review gives somebody a reply to review, takes the review, or a report.
func (p *Player) review(c echo.Context, s play.Step, verb string) error {
	ctx, at := c.Request().Context(), s.Completion(nil)
	if s.Learner.Guest() {
		return fault.New(fault.Forbidden, "scenario.error.guests_do_not_review")
	}
	switch verb {
	case "review-next":
		r, err := p.runs.Assign(ctx, at)
		if fault.Is(err, fault.Conflict) {
			web.Notice(c, "info", "scenario.peers.nobody")
			return web.SeeOther(c, s.Path()+"#peers")
		}
		if err != nil {
			return err
		}
		return web.SeeOther(c, s.Path()+"/review?id="+r.ID)
	case "report":
		if err := p.runs.Report(ctx, at, c.FormValue("review")); err != nil {
			return err
		}
		web.Notice(c, "ok", "scenario.review.reported")
		return web.SeeOther(c, s.Path()+"#peers")
	}
	t, err := p.runs.Task(ctx, at, c.FormValue("review"))
	if err != nil {
		return err
	}
	marks := marksOf(c, t.Place)
	err = p.runs.Submit(ctx, at, t.Review.ID, marks, c.FormValue("comment"))
	if fault.Is(err, fault.Invalid) {
		v := pages.ReviewPage{L: web.L(c), Step: s, Task: t, Form: pages.JudgeForm{Marks: marks, Comment: c.FormValue("comment")}}
		v.Form.By, v.Errors = web.FieldErrors(v.L, err)
		return s.Frame(c, http.StatusUnprocessableEntity, pages.Review(v))
	}
	if err != nil {
		return err
	}
	web.Notice(c, "ok", "scenario.review.sent")
	return web.SeeOther(c, s.Path()+"#peers")
}

// Desk is where trainers mark replies.
type Desk struct {
	Runs    *scenario.Service
	Courses *course.Service
}

// Routes is the table.
func (d *Desk) Routes() []web.Route {
	return []web.Route{
		{Method: http.MethodGet, Path: "/teach/scenarios", Handler: d.getList, Access: web.Trainer},
		{Method: http.MethodGet, Path: "/teach/scenarios/:reply", Handler: d.getReply, Access: web.Trainer},
		{Method: http.MethodPost, Path: "/teach/scenarios/:reply", Handler: d.postReply, Access: web.Trainer},
		{Method: http.MethodPost, Path: "/teach/scenarios/:reply/close", Handler: d.postClose, Access: web.Trainer},
	}
}

func trainer(c echo.Context) scenario.Trainer {
	return scenario.Trainer{Person: web.ViewerOf(c).Person}
}

func (d *Desk) getList(c echo.Context) error {
	ctx := c.Request().Context()
	page, err := strconv.Atoi(c.QueryParam("page"))
	if err != nil || page < 1 {
		page = 1
	}
	list := c.QueryParam("list")
	if list != scenario.ListReported && list != scenario.ListDone {
		list = scenario.ListOpen
	}
	all, n, err := d.Runs.Submissions(ctx, trainer(c), list, page)
	if err != nil {
		return err
	}
	v := pages.DeskPage{Page: web.DeskPage(c, web.L(c).T("scenario.desk.title"), "teach", "scenarios"), List: list, Total: n}
	for _, x := range all {
		row := pages.DeskRow{
			Href: "/teach/scenarios/" + x.ID, Name: x.Name, Course: x.CourseKey, Scenario: x.ActivityKey,
			Words: x.Words, Peers: x.Written.Peers, PeersDone: x.PeersDone, Reported: x.ReportedAt != nil,
		}
		if x.MarkedAt != nil {
			row.When = v.L.DateTime(web.Local(c, *x.MarkedAt))
		}
		if rev, err := d.Courses.Current(ctx, x.CourseKey); err == nil {
			row.Course = rev.Title
			if a := rev.Activity(x.ActivityKey); a != nil {
				row.Scenario = a.Title
			}
		}
		v.Rows = append(v.Rows, row)
	}
	v.Pages = ui.PageNav{Page: page, Pages: (n + scenario.PerPage - 1) / scenario.PerPage, Href: func(p int) string {
		return "/teach/scenarios?list=" + list + "&page=" + strconv.Itoa(p)
	}}
	return web.Render(c, http.StatusOK, pages.Desk(v))
}

func (d *Desk) page(c echo.Context) (pages.MarkPage, error) {
	t, reviews, err := d.Runs.Marking(c.Request().Context(), trainer(c), c.Param("reply"))
	if err != nil {
		return pages.MarkPage{}, err
	}
	v := pages.MarkPage{
		Page: web.DeskPage(c, t.Story.Title.Value, "teach", "scenarios"), Task: t, Reviews: reviews,
		Form: pages.JudgeForm{Marks: t.Review.Marks, Comment: t.Review.Comment}, Waiting: d.Runs.Waits(&t.Reply),
	}
	v.Name, err = d.Runs.NameOf(c.Request().Context(), t.Reply.PersonID)
	return v, err
}

func (d *Desk) getReply(c echo.Context) error {
	v, err := d.page(c)
	if err != nil {
		return err
	}
	return web.Render(c, http.StatusOK, pages.Mark(v))
}

func (d *Desk) postReply(c echo.Context) error {
	v, err := d.page(c)
	if err != nil {
		return err
	}
	marks := marksOf(c, v.Task.Place)
	err = d.Runs.Mark(c.Request().Context(), trainer(c), c.Param("reply"), marks, c.FormValue("comment"))
	if fault.Is(err, fault.Invalid) {
		v.Form = pages.JudgeForm{Marks: marks, Comment: c.FormValue("comment")}
		v.Form.By, v.Errors = web.FieldErrors(v.L, err)
		v.HasError = true
		return web.Render(c, http.StatusUnprocessableEntity, pages.Mark(v))
	}
	if err != nil {
		return err
	}
	web.Notice(c, "ok", "scenario.desk.saved")
	return web.SeeOther(c, "/teach/scenarios")
}

func (d *Desk) postClose(c echo.Context) error {
	if err := d.Runs.Close(c.Request().Context(), trainer(c), c.Param("reply"), c.FormValue("give_back") != ""); err != nil {
		return err
	}
	web.Notice(c, "ok", "scenario.desk.closed")
	return web.SeeOther(c, "/teach/scenarios/"+c.Param("reply"))
}
