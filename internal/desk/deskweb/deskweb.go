// Package deskweb is the pages of those who lead a cohort about its people: the table, letters, one learner.
package deskweb

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"greenroom/internal/account"
	"greenroom/internal/audit"
	"greenroom/internal/delivery"
	"greenroom/internal/desk"
	"greenroom/internal/fault"
	"greenroom/internal/forum"
	"greenroom/internal/id"
	"greenroom/internal/quiz"
	"greenroom/internal/record"
	"greenroom/internal/roster"
	"greenroom/internal/sheet"
	"greenroom/internal/web"
	pages "greenroom/web/templates/desk"
	"greenroom/web/templates/layout"
	"greenroom/web/templates/ui"
)

// Handlers answers for the pages about a cohort's people.
type Handlers struct {
	Desk       *desk.Service
	Deliveries *delivery.Service
	Records    *record.Service
	Quizzes    *quiz.Service
	Forum      *forum.Service
	Roster     *roster.Service
	Accounts   *account.Service
	Audit      *audit.Service
}

const (
	cohort = "/teach/cohorts/:cohort"
	person = cohort + "/people/:person"
)

// Routes is the table.
func (h *Handlers) Routes() []web.Route {
	return []web.Route{
		{Method: http.MethodGet, Path: cohort + "/progress", Handler: h.getTable, Access: web.Trainer},
		{Method: http.MethodGet, Path: cohort + "/progress.csv", Handler: h.getCSV, Access: web.Trainer, Limit: "export"},
		{Method: http.MethodGet, Path: cohort + "/message", Handler: h.getMessage, Access: web.Trainer},
		{Method: http.MethodPost, Path: cohort + "/message", Handler: h.postMessage, Access: web.Trainer},
		{Method: http.MethodGet, Path: person, Handler: h.getPerson, Access: web.Trainer},
		{Method: http.MethodPost, Path: person + "/decide", Handler: h.postDecide, Access: web.Trainer},
		{Method: http.MethodPost, Path: person + "/reverse", Handler: h.postReverse, Access: web.Trainer},
		{Method: http.MethodPost, Path: person + "/move", Handler: h.postMove, Access: web.Trainer},
	}
}

func deskPage(c echo.Context, title string) layout.Page {
	return web.DeskPage(c, title, "teach", "cohorts")
}

func filter(c echo.Context) desk.Filter {
	f := desk.Filter{Show: c.QueryParam("show"), Text: strings.TrimSpace(c.QueryParam("q"))}
	if r := []rune(f.Text); len(r) > 100 {
		f.Text = string(r[:100])
	}
	if !slices.Contains(desk.Filters, f.Show) {
		f.Show = desk.All
	}
	n, _ := strconv.Atoi(c.QueryParam("page"))
	f.Page = min(max(n, 1), 10_000)
	return f
}

func local(c echo.Context) func(time.Time) time.Time {
	return func(t time.Time) time.Time { return web.Local(c, t) }
}

func (h *Handlers) getTable(c echo.Context) error {
	f := filter(c)
	t, err := h.Desk.Table(c.Request().Context(), web.ViewerOf(c).Person, c.Param("cohort"), f)
	if err != nil {
		return err
	}
	p := pages.Table{Page: deskPage(c, web.L(c).T("desk.title", "Title", t.Cohort.Title)), Table: t, Filter: f, Local: local(c)}
	p.Nav = ui.PageNav{Page: f.Page, Pages: max(1, (t.Total+desk.PerPage-1)/desk.PerPage), Href: func(n int) string {
		return "/teach/cohorts/" + t.Cohort.ID + "/progress" + pages.Query(f, n)
	}}
	return web.Render(c, http.StatusOK, pages.ShowTable(p))
}

// getCSV sends the learners that the filter chooses: what was done and when, never what was written.
func (h *Handlers) getCSV(c echo.Context) error {
	l := web.L(c)
	var w *sheet.Writer // begun when there is no doubt that they may have it
	var modules []string
	var marks map[string]forum.Sum
	begin := func(t *desk.Table) error {
		var err error
		if marks, err = h.Forum.Sums(c.Request().Context(), t.Cohort.ID); err != nil {
			return err
		}
		w = web.CSV(c, "progress.csv")
		row := []string{l.T("desk.col_name"), l.T("desk.col_email"), l.T("desk.col_state"), l.T("desk.col_percent"), l.T("desk.col_due")}
		for _, m := range t.Course.Modules {
			modules = append(modules, m.Key)
			row = append(row, m.Title)
		}
		return w.Row(append(row, l.T("desk.col_seen_utc"), l.T("desk.col_completed_utc"), l.T("desk.col_marks"), l.T("desk.col_marks_of"))...)
	}
	err := h.Desk.Each(c.Request().Context(), web.ViewerOf(c).Person, c.Param("cohort"), filter(c), begin, func(r *desk.Row) error {
		row := []string{r.Name, r.Email, l.T("teach.status." + r.Enrolment.Status), strconv.Itoa(r.View.Percent), strconv.Itoa(r.Due)}
		for _, k := range modules {
			m, has := r.Module(k)
			text := ""
			if has {
				text = strconv.Itoa(m.Done)
			}
			row = append(row, text)
		}
		completed := ""
		if at := r.View.CompletedAt; at != nil {
			completed = at.UTC().Format(time.DateTime)
		}
		given, of := "", ""
		if sum, is := marks[r.Enrolment.PersonID]; is {
			given, of = strconv.Itoa(sum.Marks), strconv.Itoa(sum.Of)
		}
		return w.Row(append(row, r.Enrolment.LastSeenAt.UTC().Format(time.DateTime), completed, given, of)...)
	})
	if err != nil {
		return err
	}
	return w.Flush()
}

func (h *Handlers) getMessage(c echo.Context) error {
	return h.compose(c, desk.Draft{FormID: id.New(), People: c.QueryParams()["person"]}, "", nil)
}

func (h *Handlers) compose(c echo.Context, d desk.Draft, do string, wrong error) error {
	ctx, l, who := c.Request().Context(), web.L(c), web.ViewerOf(c).Person
	to, err := h.Desk.Addressees(ctx, who, c.Param("cohort"), d.People)
	if err != nil {
		return err
	}
	cohort, err := h.Deliveries.ByID(ctx, c.Param("cohort"))
	if err != nil {
		return err
	}
	p := pages.Compose{
		Page: deskPage(c, l.T("desk.write_title")), Cohort: cohort, FormID: d.FormID, Chosen: d.People, To: to, Left: len(d.People) - len(to),
		Subject: d.Subject, Body: d.Body,
	}
	p.By, p.Errors = web.FieldErrors(l, wrong)
	p.HasError = len(p.Errors) > 0
	status := http.StatusOK
	if p.HasError {
		status = http.StatusUnprocessableEntity
	} else if do == "preview" && len(to) > 0 {
		p.Preview = h.Desk.Letter(who, cohort, d, to[0]).Text
	}
	return web.Render(c, status, pages.ShowCompose(p))
}

// postMessage shows the letter before it sends it.
func (h *Handlers) postMessage(c echo.Context) error {
	d := desk.Draft{
		FormID: c.FormValue("form"), People: c.Request().PostForm["person"], Subject: c.FormValue("subject"), Body: c.FormValue("body"),
	}
	switch c.FormValue("do") {
	case "edit":
		return h.compose(c, d, "edit", nil)
	case "send":
		n, err := h.Desk.Send(c.Request().Context(), web.ViewerOf(c).Person, c.Param("cohort"), d)
		if fault.Is(err, fault.Invalid) {
			return h.compose(c, d, "", err)
		}
		if err != nil {
			return err
		}
		web.Notice(c, "ok", "desk.sent_notice", "N", strconv.Itoa(n))
		return web.SeeOther(c, "/teach/cohorts/"+c.Param("cohort")+"/progress")
	}
	err := d.Check()
	if err == nil {
		err = h.Desk.Reaches(c.Request().Context(), web.ViewerOf(c).Person, c.Param("cohort"), d.People)
	}
	if err != nil && !fault.Is(err, fault.Invalid) {
		return err
	}
	return h.compose(c, d, "preview", err)
}

// conflict makes a fault that nothing could be done about one of a form's field, so that the form says it.
func conflict(err error, field string) error {
	if f := fault.From(err); f != nil && f.Kind == fault.Conflict {
		return fault.Fields{{Name: field, Key: f.Key, Args: f.Args}}.Err()
	}
	return err
}
