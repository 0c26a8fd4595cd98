package credentialweb

import (
	"context"
	"net/http"
	"strconv"

	"github.com/labstack/echo/v4"

	"greenroom/internal/audit"
	"greenroom/internal/credential"
	"greenroom/internal/fault"
	"greenroom/internal/web"
	pages "greenroom/web/templates/credential"
)

// History is the audit log, as far as these pages read it; *audit.Service is one.
type History interface {
	List(ctx context.Context, f audit.Filter) ([]audit.Entry, int, error)
}

func (h *Handlers) getSearch(c echo.Context) error {
	q := credential.Query{Text: c.QueryParam("q"), State: c.QueryParam("state"), Page: pageOf(c)}
	p := pages.Search{Page: web.DeskPage(c, web.L(c).T("credential.admin"), "admin", "certificates"), Query: q}
	rows, total, err := h.credentials.Search(c.Request().Context(), q)
	if err != nil {
		return err
	}
	p.Rows, p.Total, p.Pages = rows, total, (total+credential.PageSize-1)/credential.PageSize
	return web.Render(c, http.StatusOK, pages.ShowSearch(p))
}

// pageOf is the page asked for, from 1.
func pageOf(c echo.Context) int {
	n, _ := strconv.Atoi(c.QueryParam("page"))
	return min(max(1, n), 100000)
}

func (h *Handlers) getDetail(c echo.Context) error { return h.showDetail(c, http.StatusOK, nil) }

// showDetail renders the page; after a refused form it shows what was typed there.
func (h *Handlers) showDetail(c echo.Context, status int, wrong error) error {
	d, err := h.credentials.Detail(c.Request().Context(), c.Param("code"))
	if err != nil {
		return err
	}
	p := pages.Detail{Page: web.DeskPage(c, d.CourseTitle, "admin", "certificates"), Detail: d}
	p.Robots = "noindex"
	if d.Certificate != nil {
		all, _, err := h.opts.History.List(c.Request().Context(), audit.Filter{Action: "certificate.", PersonID: d.PersonID})
		if err != nil {
			return err
		}
		for _, e := range all {
			if e.Subject == d.Certificate.CourseKey {
				p.History = append(p.History, e)
			}
		}
	}
	for i := range p.History {
		p.History[i].At = web.Local(c, p.History[i].At)
	}
	if wrong != nil {
		p.By, p.Errors = web.FieldErrors(p.L, wrong)
		p.HasError = true
		p.Typed, p.Show = c.FormValue("reason"), c.FormValue("show") != ""
	}
	return web.Render(c, status, pages.ShowDetail(p))
}

// ruled answers a decision: the page again where the reason is missing, else on with a notice.
func (h *Handlers) ruled(c echo.Context, err error, notice, to string) error {
	if fault.Is(err, fault.Invalid) {
		return h.showDetail(c, http.StatusUnprocessableEntity, err)
	}
	if err != nil {
		return err
	}
	web.Notice(c, "ok", notice)
	return web.SeeOther(c, to)
}

func (h *Handlers) postRevoke(c echo.Context) error {
	in := credential.Revocation{Reason: c.FormValue("reason"), Show: c.FormValue("show") != ""}
	err := h.credentials.Revoke(c.Request().Context(), web.ViewerOf(c).Person, c.Param("code"), in)
	return h.ruled(c, err, "credential.revoked_done", "/admin/certificates/"+c.Param("code"))
}

func (h *Handlers) postReinstate(c echo.Context) error {
	err := h.credentials.Reinstate(c.Request().Context(), web.ViewerOf(c).Person, c.Param("code"), c.FormValue("reason"))
	return h.ruled(c, err, "credential.reinstated_done", "/admin/certificates/"+c.Param("code"))
}

func (h *Handlers) postForget(c echo.Context) error {
	err := h.credentials.Forget(c.Request().Context(), web.ViewerOf(c).Person, c.Param("code"), c.FormValue("reason"))
	return h.ruled(c, err, "credential.forgotten_done", "/admin/certificates?state="+credential.StateKept)
}
