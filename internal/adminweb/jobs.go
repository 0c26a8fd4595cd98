package adminweb

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"greenroom/internal/event"
	"greenroom/internal/mail"
	"greenroom/internal/web"
	pages "greenroom/web/templates/admin"
)

func (h *Handlers) getJobs(c echo.Context) error {
	ctx := c.Request().Context()
	p := pages.Jobs{Page: desk(c, "admin.jobs", "jobs")}
	var err error
	if p.Status, err = h.Events.Status(ctx); err != nil {
		return err
	}
	p.Lag = p.Status.Lag(h.opts.Now())
	if p.Reactors, err = h.Events.Reactors(ctx); err != nil {
		return err
	}
	all, total, err := h.Events.Troubled(ctx, pageOf(c))
	if err != nil {
		return err
	}
	for i := range all {
		all[i].CreatedAt, all[i].DueAt = web.Local(c, all[i].CreatedAt), web.Local(c, all[i].DueAt)
	}
	p.Troubled, p.Total, p.Nav = all, total, pager(c, total, event.PageSize)
	return web.Render(c, http.StatusOK, pages.ShowJobs(p))
}

func (h *Handlers) postFactRetry(c echo.Context) error {
	if err := h.Site.RetryFact(c.Request().Context(), actor(c), c.FormValue("fact"), c.FormValue("reactor")); err != nil {
		return err
	}
	web.Notice(c, "ok", "admin.jobs.retried")
	return web.SeeOther(c, "/admin/jobs")
}

func (h *Handlers) postFactPark(c echo.Context) error {
	if err := h.Site.ParkFact(c.Request().Context(), actor(c), c.FormValue("fact"), c.FormValue("reactor")); err != nil {
		return err
	}
	web.Notice(c, "ok", "admin.jobs.parked")
	return web.SeeOther(c, "/admin/jobs")
}

// recent is how many letters to oneself the page shows.
const recent = 5

func (h *Handlers) getMail(c echo.Context) error {
	ctx := c.Request().Context()
	p := pages.Mail{Page: desk(c, "admin.mail", "mail"), From: h.opts.MailFrom, To: actor(c).Email, Development: h.Mail.Development(), Mailbox: h.opts.DevMail}
	var err error
	if p.Waiting, p.Dead, err = h.Mail.Status(ctx); err != nil {
		return err
	}
	if p.Mine, err = h.Mail.Recent(ctx, actor(c).Email, recent); err != nil {
		return err
	}
	var total int
	if p.Troubled, total, err = h.Mail.Troubled(ctx, pageOf(c)); err != nil {
		return err
	}
	for _, all := range [][]mail.Progress{p.Mine, p.Troubled} {
		for i := range all {
			all[i].CreatedAt, all[i].DueAt, all[i].DoneAt = web.Local(c, all[i].CreatedAt), web.Local(c, all[i].DueAt), web.Local(c, all[i].DoneAt)
		}
	}
	p.Nav = pager(c, total, mail.PageSize)
	return web.Render(c, http.StatusOK, pages.ShowMail(p))
}

func (h *Handlers) postMailTest(c echo.Context) error {
	l := web.L(c)
	name := h.Site.Look().Name
	if name == "" {
		name = h.opts.SiteName
	}
	if err := h.Site.TestMail(c.Request().Context(), actor(c), l.T("admin.mail.subject", "Site", name), l.T("admin.mail.text", "Site", name)); err != nil {
		return err
	}
	web.Notice(c, "ok", "admin.mail.queued")
	return web.SeeOther(c, "/admin/mail")
}

func (h *Handlers) postLetterRetry(c echo.Context) error {
	if err := h.Site.RetryLetter(c.Request().Context(), actor(c), c.Param("id")); err != nil {
		return err
	}
	web.Notice(c, "ok", "admin.mail.retried")
	return web.SeeOther(c, "/admin/mail")
}
