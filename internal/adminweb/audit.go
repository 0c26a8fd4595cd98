package adminweb

import (
	"net/http"
	"slices"
	"time"

	"github.com/labstack/echo/v4"

	"greenroom/internal/audit"
	"greenroom/internal/web"
	pages "greenroom/web/templates/admin"
)

// filter reads what was asked for. Days are the reader's; To is inclusive in the form.
func filter(c echo.Context) (f audit.Filter, from, to string) {
	f = audit.Filter{
		Text: c.QueryParam("q"), Action: c.QueryParam("action"), PersonID: c.QueryParam("person"), ActorID: c.QueryParam("actor"),
		DeliveryID: c.QueryParam("delivery"), Page: pageOf(c),
	}
	if f.Action != "" && !slices.Contains(pages.Areas, f.Action) {
		f.Action = ""
	}
	zone := web.Local(c, time.Now()).Location()
	if day, err := time.ParseInLocation("2006-01-02", c.QueryParam("from"), zone); err == nil {
		f.From, from = day.UTC(), c.QueryParam("from")
	}
	if day, err := time.ParseInLocation("2006-01-02", c.QueryParam("to"), zone); err == nil {
		f.To, to = day.AddDate(0, 0, 1).UTC(), c.QueryParam("to")
	}
	return f, from, to
}

func (h *Handlers) getAudit(c echo.Context) error {
	ctx := c.Request().Context()
	f, from, to := filter(c)
	all, total, err := h.Audit.List(ctx, f)
	if err != nil {
		return err
	}
	p := pages.Audit{Page: desk(c, "admin.audit", "audit"), Filter: f, From: from, To: to, Rows: local(c, all), Total: total, Nav: pager(c, total, audit.PageSize)}
	if p.Person, err = h.name(ctx, f.PersonID); err != nil {
		return err
	}
	q := c.Request().URL.Query()
	q.Del("page")
	p.CSV = "/admin/audit.csv?" + q.Encode()
	return web.Render(c, http.StatusOK, pages.ShowAudit(p))
}

// getAuditCSV sends every entry of the filter as it is read, so that a long log needs no memory.
func (h *Handlers) getAuditCSV(c echo.Context) error {
	f, _, _ := filter(c)
	l := web.L(c)
	w := web.CSV(c, "audit.csv")
	if err := w.Row("at", "actor_id", "actor", "action", "what", "person_id", "person", "delivery_id", "subject", "reason", "data"); err != nil {
		return err
	}
	err := h.Audit.Export(c.Request().Context(), f, func(e audit.Entry) error {
		return w.Row(e.At.UTC().Format(time.RFC3339), e.ActorID, e.ActorName, e.Action, l.T(e.Key()), e.PersonID, e.PersonName, e.DeliveryID, e.Subject, e.Reason, e.Data)
	})
	if err != nil {
		return err
	}
	return w.Flush()
}
