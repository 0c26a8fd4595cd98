package moderationweb

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"greenroom/internal/moderation"
	"greenroom/internal/web"
	pages "greenroom/web/templates/moderation"
	"greenroom/web/templates/ui"
)

// figuresOf is the time that the queue's figures look back.
const figuresOf = 30 * 24 * time.Hour

func (h *Handlers) getQueue(c echo.Context) error {
	ctx, l, who, list := c.Request().Context(), web.L(c), web.ViewerOf(c).Person, c.QueryParam("list")
	if !slices.Contains(moderation.Lists, list) {
		list = moderation.ListWaiting
	}
	page, err := strconv.Atoi(c.QueryParam("page"))
	if err != nil {
		page = 1
	}
	page = min(max(page, 1), 10_000)
	rows, total, err := h.Moderation.Queue(ctx, who, list, page)
	if err != nil {
		return err
	}
	figures, err := h.Moderation.Figures(ctx, who, h.Moderation.Now().Add(-figuresOf))
	if err != nil {
		return err
	}
	p := pages.Queue{Page: web.DeskPage(c, l.T("moderation.queue"), "teach", "moderation"), Rows: rows, List: list, Total: total, Figures: figures, Now: h.Moderation.Now(), Zone: web.Zone(c)}
	p.Nav = ui.PageNav{Page: page, Pages: max(1, (total+moderation.PerPage-1)/moderation.PerPage), Href: func(n int) string {
		return "/moderate?" + url.Values{"list": {list}, "page": {strconv.Itoa(n)}}.Encode()
	}}
	return web.Render(c, http.StatusOK, pages.ShowQueue(p))
}

func (h *Handlers) getCase(c echo.Context) error {
	return h.showCase(c, moderation.Decision{Days: moderation.SuspendDays[0]}, "", nil)
}

// showCase renders a case; d and why are what was typed into a form that was refused.
func (h *Handlers) showCase(c echo.Context, d moderation.Decision, answer string, wrong error) error {
	who := web.ViewerOf(c).Person
	x, err := h.Moderation.Dossier(c.Request().Context(), who, c.Param("case"))
	if err != nil {
		return err
	}
	rules, err := h.Moderation.Rules(c.Request().Context())
	if err != nil {
		return err
	}
	p := pages.CasePage{Page: web.DeskPage(c, web.L(c).T("moderation.case"), "teach", "moderation"), Dossier: x, Decision: d, Answer: answer, Me: who.ID, Rules: rules, Now: h.Moderation.Now(), Zone: web.Zone(c)}
	status, ok := refused(&p.Page, &p.Form, wrong)
	if !ok {
		return wrong
	}
	return web.Render(c, status, pages.ShowCase(p))
}

func casePath(c echo.Context) string { return "/moderate/cases/" + c.Param("case") }

// postTakeUp leads from a post to its case.
func (h *Handlers) postTakeUp(c echo.Context) error {
	id, err := h.Moderation.TakeUp(c.Request().Context(), web.ViewerOf(c).Person, c.Param("post"))
	if err != nil {
		return err
	}
	return web.SeeOther(c, "/moderate/cases/"+id)
}

func (h *Handlers) postClaim(c echo.Context) error {
	release := c.FormValue("do") == "release"
	if err := h.Moderation.Claim(c.Request().Context(), web.ViewerOf(c).Person, c.Param("case"), release); err != nil {
		return h.showCase(c, moderation.Decision{Days: moderation.SuspendDays[0]}, "", err)
	}
	if release {
		web.Notice(c, "ok", "moderation.given_back")
	} else {
		web.Notice(c, "ok", "moderation.claimed_now")
	}
	return web.SeeOther(c, casePath(c))
}

func (h *Handlers) postDecide(c echo.Context) error {
	d := moderation.Decision{Action: c.FormValue("action"), Rule: c.FormValue("rule"), Reason: c.FormValue("reason"), Days: number(c, "days"), Version: number(c, "version")}
	err := h.Moderation.Decide(c.Request().Context(), web.ViewerOf(c).Person, c.Param("case"), d)
	if err != nil {
		return h.showCase(c, d, "", err)
	}
	web.Notice(c, "ok", "moderation.decided")
	return web.SeeOther(c, casePath(c))
}

func (h *Handlers) postAnswer(c echo.Context) error {
	why := c.FormValue("why")
	err := h.Moderation.Answer(c.Request().Context(), web.ViewerOf(c).Person, c.Param("case"), c.FormValue("outcome") == "overturned", why, number(c, "version"))
	if err != nil {
		return h.showCase(c, moderation.Decision{Days: moderation.SuspendDays[0]}, why, err)
	}
	if c.FormValue("taken") != "" {
		web.Notice(c, "ok", "moderation.taken_back")
	} else {
		web.Notice(c, "ok", "moderation.answered")
	}
	return web.SeeOther(c, casePath(c))
}
