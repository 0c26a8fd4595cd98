// Package moderationweb is the HTTP side of moderation.
//
//	moderationweb.go   the routes; house rules, reports, decisions about one's own posts
//	queue.go           the queue and its cases
//	settings.go        boards, the site, the log, the record
package moderationweb

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"github.com/labstack/echo/v4"

	"greenroom/internal/fault"
	"greenroom/internal/forum"
	"greenroom/internal/moderation"
	"greenroom/internal/web"
	"greenroom/web/templates/layout"
	pages "greenroom/web/templates/moderation"
)

// Handlers answers for moderation.
type Handlers struct {
	Moderation *moderation.Service
	Forum      *forum.Service
}

var errNotFound = fault.New(fault.NotFound, "error.not_found")

// Routes is the table.
func (h *Handlers) Routes() []web.Route {
	const one, board = "/moderate/cases/:case", "/discuss/:delivery/:board/moderation"
	return []web.Route{
		{Method: http.MethodGet, Path: "/rules", Handler: h.getRules, Access: web.Public},
		{Method: http.MethodPost, Path: "/rules", Handler: h.postRules, Access: web.SignedIn},
		{Method: http.MethodGet, Path: "/report", Handler: h.getOutside, Access: web.Public},
		{Method: http.MethodPost, Path: "/report", Handler: h.postOutside, Access: web.Public, Limit: "mail"},
		{Method: http.MethodGet, Path: "/posts/:post/report", Handler: h.getReport, Access: web.SignedIn},
		{Method: http.MethodPost, Path: "/posts/:post/report", Handler: h.postReport, Access: web.SignedIn},
		{Method: http.MethodGet, Path: "/report/:about/:id", Handler: h.getReportText, Access: web.SignedIn},
		{Method: http.MethodPost, Path: "/report/:about/:id", Handler: h.postReportText, Access: web.SignedIn},
		{Method: http.MethodPost, Path: "/posts/:post/moderate", Handler: h.postTakeUp, Access: web.Facilitating},
		{Method: http.MethodGet, Path: "/me/decisions/:case", Handler: h.getMine, Access: web.SignedIn},
		{Method: http.MethodPost, Path: "/me/decisions/:case/appeal", Handler: h.postAppeal, Access: web.SignedIn},

		{Method: http.MethodGet, Path: "/moderate", Handler: h.getQueue, Access: web.Facilitating},
		{Method: http.MethodGet, Path: one, Handler: h.getCase, Access: web.Facilitating},
		{Method: http.MethodPost, Path: one + "/claim", Handler: h.postClaim, Access: web.Facilitating},
		{Method: http.MethodPost, Path: one + "/decide", Handler: h.postDecide, Access: web.Facilitating},
		{Method: http.MethodPost, Path: one + "/answer", Handler: h.postAnswer, Access: web.Facilitating},

		{Method: http.MethodGet, Path: board, Handler: h.getBoard, Access: web.Facilitating},
		{Method: http.MethodPost, Path: board, Handler: h.postBoard, Access: web.Facilitating},
		{Method: http.MethodPost, Path: "/teach/cohorts/:cohort/discussion/record.csv", Handler: h.getRecord(false), Access: web.Trainer, Limit: "export"},
		{Method: http.MethodGet, Path: "/teach/cohorts/:cohort/discussion/public.csv", Handler: h.getRecord(true), Access: web.Trainer, Limit: "export"},

		{Method: http.MethodGet, Path: "/admin/moderation", Handler: h.getSite, Access: web.Admin},
		{Method: http.MethodPost, Path: "/admin/moderation", Handler: h.postSite, Access: web.Admin},
		{Method: http.MethodPost, Path: "/admin/moderation/rules", Handler: h.postEdition, Access: web.Admin},
		{Method: http.MethodGet, Path: "/admin/moderation/log.csv", Handler: h.getLog, Access: web.Admin, Limit: "export"},
	}
}

// refused fills in what was wrong with a form, with ok false for errors that are not the form's. Status is the page's.
func refused(p *layout.Page, f *pages.Form, err error) (status int, ok bool) {
	f.By, f.Errors, status, ok = web.Refusal(p.L, err)
	p.HasError = len(f.Errors) > 0
	return status, ok
}

func number(c echo.Context, name string) int {
	n, err := strconv.Atoi(c.FormValue(name))
	if err != nil {
		return -1
	}
	return n
}

func (h *Handlers) getRules(c echo.Context) error {
	ctx, v := c.Request().Context(), web.ViewerOf(c)
	all, err := h.Moderation.Editions(ctx)
	if err != nil {
		return err
	}
	p := pages.RulesPage{Page: web.Page(c, web.L(c).T("moderation.rules")), Rules: &all[0], Editions: all, Back: web.OwnPath(c.QueryParam("next"), "/me"), Zone: web.Zone(c)}
	if s := c.QueryParam("edition"); s != "" {
		i := slices.IndexFunc(all, func(r moderation.Rules) bool { return strconv.Itoa(r.Version) == s })
		if i < 0 {
			return errNotFound
		}
		p.Rules, p.Old = &all[i], i > 0
	}
	if r := p.Rules; v.SignedIn() {
		p.SignedIn = true
		if p.Accepted, err = h.Moderation.Accepted(ctx, v.ID(), r.Version); err != nil {
			return err
		}
	}
	return web.Render(c, http.StatusOK, pages.ShowRules(p))
}

func (h *Handlers) postRules(c echo.Context) error {
	err := h.Moderation.Accept(c.Request().Context(), web.ViewerOf(c).ID(), number(c, "version"))
	if fault.Is(err, fault.Conflict) {
		web.Notice(c, "caution", "moderation.rules_changed")
		return web.SeeOther(c, "/rules?next="+url.QueryEscape(web.OwnPath(c.FormValue("next"), "/me")))
	}
	if err != nil {
		return err
	}
	web.Notice(c, "ok", "moderation.rules_accepted")
	return web.SeeOther(c, web.OwnPath(c.FormValue("next"), "/rules"))
}

func typed(c echo.Context) moderation.NewReport {
	return moderation.NewReport{Kind: c.FormValue("kind"), Text: c.FormValue("text"), Name: c.FormValue("name"), Email: c.FormValue("email"), Place: c.FormValue("place")}
}

func (h *Handlers) getOutside(c echo.Context) error {
	return h.outside(c, moderation.NewReport{Place: c.QueryParam("place")}, nil)
}

func (h *Handlers) outside(c echo.Context, n moderation.NewReport, why error) error {
	p := pages.Report{Page: web.Page(c, web.L(c).T("moderation.report_title")), In: n, Action: "/report", Outside: true}
	p.Robots = "noindex"
	status, ok := refused(&p.Page, &p.Form, why)
	if !ok {
		return why
	}
	return web.Render(c, status, pages.ShowReport(p))
}

func (h *Handlers) postOutside(c echo.Context) error {
	n := typed(c)
	err := h.Moderation.ReportOutside(c.Request().Context(), n)
	if fault.Is(err, fault.Invalid) {
		return h.outside(c, n, err)
	}
	if err != nil {
		return err
	}
	web.Notice(c, "ok", "moderation.reported_outside")
	return web.SeeOther(c, "/rules")
}

func (h *Handlers) getReport(c echo.Context) error {
	return h.report(c, moderation.NewReport{}, nil)
}

// report shows the form of a member: the post, and what is wrong with it.
func (h *Handlers) report(c echo.Context, n moderation.NewReport, why error) error {
	v, t, post, err := h.Forum.VisitPost(c.Request().Context(), web.ViewerOf(c).Person, c.Param("post"))
	if err != nil {
		return err
	}
	if post.Own(v.Who.ID) || post.State != forum.Visible {
		return errNotFound
	}
	seen, err := h.Forum.One(c.Request().Context(), v, t, post.ID)
	if err != nil {
		return err
	}
	p := pages.Report{Page: web.Page(c, web.L(c).T("moderation.report_title")), In: n, Action: "/posts/" + post.ID + "/report", Post: seen, Back: forum.PostPath(post.ID)}
	p.Robots = "noindex"
	status, ok := refused(&p.Page, &p.Form, why)
	if !ok {
		return why
	}
	return web.Render(c, status, pages.ShowReport(p))
}

func (h *Handlers) postReport(c echo.Context) error {
	n := typed(c)
	err := h.Moderation.Report(c.Request().Context(), web.ViewerOf(c).Person, c.Param("post"), n)
	if fault.Is(err, fault.Invalid) {
		return h.report(c, n, err)
	}
	if err != nil {
		return err
	}
	web.Notice(c, "ok", "moderation.reported")
	return web.SeeOther(c, forum.PostPath(c.Param("post")))
}

func (h *Handlers) getReportText(c echo.Context) error {
	return h.reportText(c, moderation.NewReport{}, nil)
}

// reportText shows the form of a member about what is no post.
func (h *Handlers) reportText(c echo.Context, n moderation.NewReport, why error) error {
	t, err := h.Moderation.Seen(c.Request().Context(), web.ViewerOf(c).Person, c.Param("about"), c.Param("id"))
	if err != nil {
		return err
	}
	p := pages.Report{Page: web.Page(c, web.L(c).T("moderation.report_title")), In: n, Action: "/report/" + c.Param("about") + "/" + t.ID, Said: t.Body, Back: t.Back}
	p.Robots = "noindex"
	status, ok := refused(&p.Page, &p.Form, why)
	if !ok {
		return why
	}
	return web.Render(c, status, pages.ShowReport(p))
}

func (h *Handlers) postReportText(c echo.Context) error {
	n, who, about := typed(c), web.ViewerOf(c).Person, c.Param("about")
	t, err := h.Moderation.Seen(c.Request().Context(), who, about, c.Param("id"))
	if err != nil {
		return err
	}
	err = h.Moderation.ReportText(c.Request().Context(), who, about, t.ID, n)
	if fault.Is(err, fault.Invalid) {
		return h.reportText(c, n, err)
	}
	if err != nil {
		return err
	}
	web.Notice(c, "ok", "moderation.reported")
	return web.SeeOther(c, t.Back)
}

func (h *Handlers) getMine(c echo.Context) error { return h.mine(c, "", nil) }

func (h *Handlers) mine(c echo.Context, text string, why error) error {
	d, err := h.Moderation.Mine(c.Request().Context(), web.ViewerOf(c).Person, c.Param("case"))
	if err != nil {
		return err
	}
	p := pages.Mine{Page: web.Page(c, web.L(c).T("moderation.mine_title")), Case: d, Now: h.Moderation.Now(), Text: text, Zone: web.Zone(c)}
	p.Robots = "noindex"
	status, ok := refused(&p.Page, &p.Form, why)
	if !ok {
		return why
	}
	return web.Render(c, status, pages.ShowMine(p))
}

func (h *Handlers) postAppeal(c echo.Context) error {
	text := c.FormValue("text")
	err := h.Moderation.Appeal(c.Request().Context(), web.ViewerOf(c).Person, c.Param("case"), text)
	if err != nil {
		return h.mine(c, text, err)
	}
	web.Notice(c, "ok", "moderation.appealed")
	return web.SeeOther(c, moderation.MinePath(c.Param("case")))
}
