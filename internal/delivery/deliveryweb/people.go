package deliveryweb

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"greenroom/internal/delivery"
	"greenroom/internal/fault"
	"greenroom/internal/web"
	"greenroom/internal/words"
	"greenroom/web/templates/teach"
	"greenroom/web/templates/ui"
)

func (h *Handlers) getPeople(c echo.Context) error { return h.people(c, nil) }

// people lists who is in a cohort and who waits; after a fault with what was chosen.
func (h *Handlers) people(c echo.Context, err error) error {
	if err := leads(c); err != nil {
		return err
	}
	ctx, l := c.Request().Context(), web.L(c)
	d, readErr := h.Deliveries.ByID(ctx, c.Param("cohort"))
	if readErr != nil {
		return readErr
	}
	p := teach.People{
		Page: desk(c, l.T("teach.people_of", "Title", d.Title)), Cohort: d, Form: typed(c, err, "act", "days", "reason"),
		Text: words.Cut(strings.TrimSpace(c.QueryParam("q")), 100), Status: c.QueryParam("status"), Chosen: map[string]bool{},
		Local: func(t time.Time) time.Time { return web.Local(c, t) }, Begun: d.Begun(h.Records.Now()),
	}
	f := delivery.RosterFilter{Text: p.Text, Page: page(c)}
	if slices.Contains([]string{delivery.Active, delivery.Waiting, delivery.Withdrawn}, p.Status) {
		f.Status = []string{p.Status}
	}
	if p.Members, p.Total, readErr = h.Deliveries.Roster(ctx, d.ID, f); readErr != nil {
		return readErr
	}
	if err != nil {
		for _, who := range c.Request().PostForm["person"] {
			p.Chosen[who] = true
		}
	}
	p.Nav = ui.PageNav{Page: f.Page, Pages: pages(p.Total), Href: func(n int) string {
		q := url.Values{"page": {strconv.Itoa(n)}}
		if p.Text != "" {
			q.Set("q", p.Text)
		}
		if p.Status != "" {
			q.Set("status", p.Status)
		}
		return teach.Path(d) + "/people?" + q.Encode()
	}}
	p.HasError = len(p.Errors) > 0
	return web.Render(c, status(p.Form), teach.ShowPeople(p))
}

// postPeople does one thing with the chosen people.
func (h *Handlers) postPeople(c echo.Context) error {
	if err := leads(c); err != nil {
		return err
	}
	ctx, who, cohort := c.Request().Context(), web.ViewerOf(c).Person, c.Param("cohort")
	what := c.FormValue("act")
	a := delivery.Act{FormID: c.FormValue("form"), People: c.Request().PostForm["person"], Reason: c.FormValue("reason")}
	a.Days, _ = strconv.Atoi(strings.TrimSpace(c.FormValue("days")))
	n, err := 0, error(nil)
	switch what {
	case "extend":
		n, err = h.Deliveries.Extend(ctx, who, cohort, a)
	case "pause":
		n, err = h.Deliveries.PausePeople(ctx, who, cohort, a)
	case "remove":
		n, err = h.Deliveries.RemovePeople(ctx, who, cohort, a)
	default:
		var f fault.Fields
		f.Add("act", "delivery.choose")
		err = f.Err()
	}
	if invalid(err) {
		return h.people(c, err)
	}
	if err != nil {
		return err
	}
	web.Notice(c, "ok", "teach.did_"+what, "N", strconv.Itoa(n))
	return web.SeeOther(c, "/teach/cohorts/"+cohort+"/people")
}
