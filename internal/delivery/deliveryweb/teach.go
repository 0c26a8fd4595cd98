package deliveryweb

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"greenroom/internal/account"
	"greenroom/internal/delivery"
	"greenroom/internal/fault"
	"greenroom/internal/id"
	"greenroom/internal/web"
	"greenroom/web/templates/layout"
	"greenroom/web/templates/teach"
	"greenroom/web/templates/ui"
)

// desk is a page of those who lead cohorts.
func desk(c echo.Context, title string) layout.Page {
	return web.DeskPage(c, title, "teach", "cohorts")
}

// getTeach lists the cohorts that the reader leads by name; trainers of the whole site may see all.
func (h *Handlers) getTeach(c echo.Context) error {
	ctx, l, who := c.Request().Context(), web.L(c), web.ViewerOf(c).Person
	p := teach.List{
		Page: desk(c, l.T("teach.title")), Now: h.Records.Now(), All: who.Can(account.RoleTrainer, ""), Show: c.QueryParam("show"),
		Title: func(key string) string { return h.courseTitle(ctx, key) },
	}
	p.Make = p.All
	if !slices.Contains([]string{"all", "over"}, p.Show) || p.Show == "all" && !p.All {
		p.Show = "mine"
	}
	f := delivery.Filter{Page: page(c), Status: []string{delivery.Draft, delivery.Open}}
	if p.Show == "over" {
		f.Status = []string{delivery.Closed, delivery.Cancelled}
	}
	if p.Show == "mine" || !p.All {
		f.IDs = append([]string{}, who.Deliveries(account.RoleTrainer)...)
	}
	rows, total, err := h.Deliveries.Cohorts(ctx, f)
	if err != nil {
		return err
	}
	p.Rows = rows
	p.Nav = ui.PageNav{Page: f.Page, Pages: pages(total), Href: func(n int) string { return "/teach?show=" + p.Show + "&page=" + strconv.Itoa(n) }}
	return web.Render(c, http.StatusOK, teach.ShowList(p))
}

func (h *Handlers) courseTitle(ctx context.Context, key string) string {
	if r, err := h.Courses.Current(ctx, key); err == nil {
		return r.Title
	}
	return key
}

// page is the page asked for, from 1.
func page(c echo.Context) int {
	n, _ := strconv.Atoi(c.QueryParam("page"))
	return min(max(n, 1), 10_000)
}

func pages(total int) int { return max(1, (total+delivery.PerPage-1)/delivery.PerPage) }

// leads makes sure that the reader leads the cohort that the address names: to others it does not exist.
func leads(c echo.Context) error {
	if !web.ViewerOf(c).Person.Can(account.RoleTrainer, c.Param("cohort")) {
		return fault.New(fault.NotFound, "error.not_found")
	}
	return nil
}

func (h *Handlers) getOverview(c echo.Context) error { return h.overview(c, nil) }

// overview shows one cohort; with an Invalid err as 422, with what was typed into the form that it is about.
func (h *Handlers) overview(c echo.Context, err error) error {
	if err := leads(c); err != nil {
		return err
	}
	ctx := c.Request().Context()
	seen, readErr := h.Deliveries.In(ctx, "", c.Param("cohort"))
	if readErr != nil {
		return readErr
	}
	rev, readErr := h.Courses.Current(ctx, seen.Delivery.CourseKey)
	if readErr != nil {
		return readErr
	}
	p := teach.Overview{
		Page: desk(c, seen.Delivery.Title), Form: typed(c, err, "title", "body", "audience", "reason"),
		Seen: seen, Course: rev, Now: h.Records.Now(), Zone: web.Zone(c), Local: func(t time.Time) time.Time { return web.Local(c, t) },
	}
	if p.Led, readErr = h.Deliveries.Led(ctx, seen.Delivery.ID); readErr != nil {
		return readErr
	}
	if p.News, readErr = h.Deliveries.Announcements(ctx, seen.Delivery.ID); readErr != nil {
		return readErr
	}
	p.HasError = len(p.Errors) > 0
	return web.Render(c, status(p.Form), teach.ShowOverview(p))
}

// typed is a form as it was sent, with what is wrong with it; a fresh one when err is nil.
func typed(c echo.Context, err error, fields ...string) teach.Form {
	f := teach.Form{ID: c.FormValue("form"), Value: map[string]string{}}
	if !id.Valid(f.ID) {
		f.ID = id.New()
	}
	if err != nil {
		f.By, f.Errors = web.FieldErrors(web.L(c), err)
		for _, name := range fields {
			f.Value[name] = c.FormValue(name)
		}
	}
	return f
}

func status(f teach.Form) int {
	if len(f.Errors) > 0 {
		return http.StatusUnprocessableEntity
	}
	return http.StatusOK
}

func invalid(err error) bool { return fault.Is(err, fault.Invalid) }

// done answers a form about the cohort of the address: back to its page with a notice, or the page with what is wrong.
func (h *Handlers) done(c echo.Context, err error, notice string, args ...string) error {
	if invalid(err) {
		return h.overview(c, err)
	}
	if err != nil {
		return err
	}
	web.Notice(c, "ok", notice, args...)
	return web.SeeOther(c, "/teach/cohorts/"+c.Param("cohort"))
}

func (h *Handlers) postOpen(c echo.Context) error {
	_, err := h.Deliveries.Open(c.Request().Context(), web.ViewerOf(c).Person, c.Param("cohort"))
	return h.done(c, err, "teach.opened")
}

func (h *Handlers) postClose(c echo.Context) error {
	_, err := h.Deliveries.Close(c.Request().Context(), web.ViewerOf(c).Person, c.Param("cohort"))
	return h.done(c, err, "teach.closed")
}

func (h *Handlers) postCancel(c echo.Context) error {
	_, err := h.Deliveries.Cancel(c.Request().Context(), web.ViewerOf(c).Person, c.Param("cohort"), c.FormValue("reason"))
	return h.done(c, err, "teach.cancelled")
}

func (h *Handlers) postAnnouncement(c echo.Context) error {
	_, err := h.Deliveries.Announce(c.Request().Context(), web.ViewerOf(c).Person, c.FormValue("form"), c.Param("cohort"),
		c.FormValue("audience"), c.FormValue("title"), c.FormValue("body"))
	return h.done(c, err, "teach.announced")
}
