// Package disposalweb is where administrators say how long records are kept, place and lift legal holds, and have records removed
// when two of them agree.
//
//	disposalweb.go  the routes; the overview; one kind of record
//	hold.go         legal holds
//	disposal.go     one disposal
package disposalweb

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"greenroom/internal/account"
	"greenroom/internal/delivery"
	"greenroom/internal/disposal"
	"greenroom/internal/fault"
	"greenroom/internal/sheet"
	"greenroom/internal/web"
	pages "greenroom/web/templates/disposal"
)

// Handlers answers for /admin/records.
type Handlers struct {
	Disposal   *disposal.Service
	Deliveries *delivery.Service
	Accounts   *account.Service
}

const root = "/admin/records"

// Routes is the table.
func (h *Handlers) Routes() []web.Route {
	const series, hold, one = root + "/series/:series", root + "/holds/:hold", root + "/disposals/:disposal"
	return []web.Route{
		{Method: http.MethodGet, Path: root, Handler: h.getAll, Access: web.Admin},
		{Method: http.MethodGet, Path: series, Handler: h.getSeries, Access: web.Admin},
		{Method: http.MethodPost, Path: series, Handler: h.postClass, Access: web.Admin},
		{Method: http.MethodPost, Path: series + "/propose", Handler: h.postPropose, Access: web.Admin},
		{Method: http.MethodGet, Path: series + "/due.csv", Handler: h.getDue, Access: web.Admin, Limit: "export"},
		{Method: http.MethodGet, Path: root + "/holds", Handler: h.getHolds, Access: web.Admin},
		{Method: http.MethodPost, Path: root + "/holds", Handler: h.postHold, Access: web.Admin},
		{Method: http.MethodGet, Path: hold, Handler: h.getHold, Access: web.Admin},
		{Method: http.MethodPost, Path: hold + "/lift", Handler: h.postLift, Access: web.Admin},
		{Method: http.MethodPost, Path: hold + "/kept/:kept", Handler: h.postKept, Access: web.Admin, Limit: "export"},
		{Method: http.MethodGet, Path: one, Handler: h.getDisposal, Access: web.Admin},
		{Method: http.MethodPost, Path: one, Handler: h.postDecide, Access: web.Admin},
		{Method: http.MethodGet, Path: one + "/list.csv", Handler: h.getList, Access: web.Admin, Limit: "export"},
	}
}

func (h *Handlers) getAll(c echo.Context) error {
	ctx := c.Request().Context()
	p := pages.All{Page: web.DeskPage(c, web.L(c).T("records.title"), "admin", "records"), Zone: web.Zone(c)}
	for _, series := range disposal.Series {
		due, err := h.Disposal.Due(ctx, series)
		if err != nil {
			return err
		}
		p.Due = append(p.Due, due)
	}
	holds, err := h.Disposal.Holds(ctx)
	if err != nil {
		return err
	}
	for _, x := range holds {
		if x.LiftedAt == nil {
			p.Holds++
		}
	}
	p.Disposals, err = h.Disposal.Disposals(ctx)
	if err != nil {
		return err
	}
	return web.Render(c, http.StatusOK, pages.ShowAll(p))
}

func (h *Handlers) getSeries(c echo.Context) error {
	k, err := h.Disposal.Class(c.Request().Context(), c.Param("series"))
	if err != nil {
		return err
	}
	return h.series(c, formOf(k), "", nil)
}

// formOf is a class as its form has it: empty before one is set.
func formOf(k disposal.Class) pages.ClassForm {
	f := pages.ClassForm{Name: k.Name, From: k.FromEvent}
	if k.Name != "" {
		f.Years = strconv.Itoa(k.Years)
	}
	return f
}

// series renders one kind of record; form and why are as typed.
func (h *Handlers) series(c echo.Context, form pages.ClassForm, why string, wrong error) error {
	ctx := c.Request().Context()
	due, err := h.Disposal.Due(ctx, c.Param("series"))
	if err != nil {
		return err
	}
	p := pages.Series{Due: due, In: form, Why: why, Zone: web.Zone(c)}
	p.Page = web.DeskPage(c, web.L(c).T("records.series."+due.Class.Series), "admin", "records")
	all, err := h.Disposal.Disposals(ctx)
	if err != nil {
		return err
	}
	for i := range all {
		if all[i].Series == due.Class.Series && (all[i].State == disposal.Proposed || all[i].State == disposal.Approved) {
			p.Open = &all[i]
		}
	}
	return web.Render(c, p.Wrong(web.FieldErrors(p.L, wrong)), pages.ShowSeries(p))
}

func (h *Handlers) postClass(c echo.Context) error {
	form := pages.ClassForm{Name: c.FormValue("name"), Years: strings.TrimSpace(c.FormValue("years")), From: c.FormValue("from")}
	k := disposal.Class{Series: c.Param("series"), Name: form.Name, FromEvent: form.From, Years: -1}
	if n, err := strconv.Atoi(form.Years); err == nil {
		k.Years = n
	}
	err := h.Disposal.SetClass(c.Request().Context(), web.ViewerOf(c).Person, k)
	if fault.Is(err, fault.Invalid) {
		return h.series(c, form, "", err)
	}
	if err != nil {
		return err
	}
	web.Notice(c, "ok", "records.class_saved")
	return web.SeeOther(c, root+"/series/"+k.Series)
}

func (h *Handlers) postPropose(c echo.Context) error {
	ctx, why := c.Request().Context(), c.FormValue("why")
	o, err := h.Disposal.Propose(ctx, web.ViewerOf(c).Person, c.Param("series"), why)
	if fault.Is(err, fault.Invalid) {
		k, err2 := h.Disposal.Class(ctx, c.Param("series"))
		if err2 != nil {
			return err2
		}
		return h.series(c, formOf(k), why, err)
	}
	if err != nil {
		return err
	}
	web.Notice(c, "ok", "records.proposed_now")
	return web.SeeOther(c, root+"/disposals/"+o.ID)
}

// csv begins a table with its first row, or nothing yet gives what is wrong as a page.
func csv(c echo.Context, name string, each func(row func(cells ...string) error) error, head ...string) error {
	var w *sheet.Writer
	row := func(cells ...string) error {
		if w == nil { // begun when there is no doubt that they may have it
			w = web.CSV(c, name)
			if err := w.Row(head...); err != nil {
				return err
			}
		}
		if len(cells) == 0 {
			return nil
		}
		return w.Row(cells...)
	}
	if err := each(row); err != nil {
		return err
	}
	if err := row(); err != nil {
		return err
	}
	return w.Flush()
}

func (h *Handlers) getDue(c echo.Context) error {
	return csv(c, "due-"+c.Param("series")+".csv", func(row func(...string) error) error {
		return h.Disposal.EachDue(c.Request().Context(), c.Param("series"), func(i disposal.Item) error {
			return row(i.ID, i.DeliveryID, i.At.Format(time.RFC3339))
		})
	}, "id", "delivery", "counted_from_utc")
}
