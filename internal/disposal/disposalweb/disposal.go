package disposalweb

import (
	"time"

	"github.com/labstack/echo/v4"

	"greenroom/internal/disposal"
	"greenroom/internal/fault"
	"greenroom/internal/web"
	pages "greenroom/web/templates/disposal"
)

func (h *Handlers) getDisposal(c echo.Context) error { return h.disposal(c, "", nil) }

func (h *Handlers) disposal(c echo.Context, why string, wrong error) error {
	ctx := c.Request().Context()
	o, parts, err := h.Disposal.Disposal(ctx, c.Param("disposal"))
	if err != nil {
		return err
	}
	p := pages.Disposal{Page: web.DeskPage(c, web.L(c).T("records.disposal"), "admin", "records"), One: o, Parts: parts, Me: web.ViewerOf(c).ID(), Why: why, Zone: web.Zone(c)}
	if p.Names, err = h.Disposal.Names(ctx, o.ProposedBy, o.DecidedBy); err != nil {
		return err
	}
	return web.Render(c, p.Wrong(web.FieldErrors(p.L, wrong)), pages.ShowDisposal(p))
}

func (h *Handlers) postDecide(c echo.Context) error {
	why, approve := c.FormValue("why"), c.FormValue("do") == "approve"
	err := h.Disposal.Decide(c.Request().Context(), web.ViewerOf(c).Person, c.Param("disposal"), approve, why)
	if fault.Is(err, fault.Invalid) {
		return h.disposal(c, why, err)
	}
	if err != nil {
		return err
	}
	if approve {
		web.Notice(c, "ok", "records.approved_now")
	} else {
		web.Notice(c, "ok", "records.refused_now")
	}
	return web.SeeOther(c, root+"/disposals/"+c.Param("disposal"))
}

func (h *Handlers) getList(c echo.Context) error {
	ctx := c.Request().Context()
	o, _, err := h.Disposal.Disposal(ctx, c.Param("disposal"))
	if err != nil {
		return err
	}
	return csv(c, "disposal-"+o.Series+".csv", func(row func(...string) error) error {
		return h.Disposal.EachItem(ctx, o.ID, func(i disposal.Item, outcome string) error {
			return row(i.ID, i.DeliveryID, i.At.Format(time.RFC3339), outcome, o.ClassName)
		})
	}, "id", "delivery", "counted_from_utc", "outcome", "class")
}
