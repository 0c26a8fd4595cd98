package authorweb

import (
	"net/http"
	"strconv"

	"github.com/labstack/echo/v4"

	"greenroom/internal/author"
	"greenroom/internal/fault"
	"greenroom/internal/web"
	pages "greenroom/web/templates/author"
)

func (h *Handlers) getHistory(c echo.Context) error {
	d, err := h.open(c)
	if err != nil {
		return err
	}
	ctx := c.Request().Context()
	p := pages.History{Page: web.DeskPage(c, web.L(c).T("author.history"), "teach", "write"), Draft: d, Me: web.ViewerOf(c).Person.ID}
	all, err := h.Drafts.History(ctx, d)
	if err != nil {
		return err
	}
	for _, r := range all {
		p.Revisions = append(p.Revisions, pages.Past{Revision: r, When: p.L.DateTime(web.Local(c, r.SavedAt))})
	}
	if p.Along, p.Others, err = h.Drafts.Teachers(ctx, d); err != nil {
		return err
	}
	return web.Render(c, http.StatusOK, pages.ShowHistory(p))
}

func (h *Handlers) revision(c echo.Context, d *author.Draft, number string) (*author.Revision, error) {
	n, err := strconv.ParseInt(number, 10, 64)
	if err != nil {
		return nil, fault.New(fault.NotFound, "error.not_found")
	}
	return h.Drafts.Revision(c.Request().Context(), d, n)
}

// getCompare shows what changed from one revision to another: ?with= names the newer one, else it is the newest.
func (h *Handlers) getCompare(c echo.Context) error {
	d, err := h.open(c)
	if err != nil {
		return err
	}
	older, err := h.revision(c, d, c.Param("number"))
	if err != nil {
		return err
	}
	with := c.QueryParam("with")
	if with == "" {
		with = strconv.FormatInt(d.Version, 10)
	}
	newer, err := h.revision(c, d, with)
	if err != nil {
		return err
	}
	return h.compare(c, http.StatusOK, d, older, newer, pages.Compare{})
}

func (h *Handlers) compare(c echo.Context, status int, d *author.Draft, older, newer *author.Revision, p pages.Compare) error {
	done, err := h.checks.wait(c.Request().Context())
	if err != nil {
		return err
	}
	p.Differences = author.Compare(older.Source, newer.Source)
	done()
	p.Page, p.Draft = web.DeskPage(c, web.L(c).T("author.compare.title"), "teach", "write"), d
	p.Older = pages.Past{Revision: *older, When: p.L.DateTime(web.Local(c, older.SavedAt))}
	p.Newer = pages.Past{Revision: *newer, When: p.L.DateTime(web.Local(c, newer.SavedAt))}
	return web.Render(c, status, pages.ShowCompare(p))
}

// clashed shows what stands beside what was written at the same time; both are kept.
func (h *Handlers) clashed(c echo.Context, clash *author.Clash, at string) error {
	ctx, d := c.Request().Context(), clash.Now
	stands, err := h.Drafts.Revision(ctx, d, d.Version)
	if err != nil {
		return err
	}
	mine, err := h.Drafts.Revision(ctx, d, clash.Aside)
	if err != nil {
		return err
	}
	return h.compare(c, http.StatusConflict, d, stands, mine, pages.Compare{Clash: true, Back: place(d.ID, at)})
}

func (h *Handlers) postRestore(c echo.Context) error {
	n, err := strconv.ParseInt(c.Param("number"), 10, 64)
	if err != nil {
		return fault.New(fault.NotFound, "error.not_found")
	}
	d, err := h.Drafts.Restore(c.Request().Context(), web.ViewerOf(c).Person, c.Param("draft"), n)
	if err != nil {
		return err
	}
	web.Notice(c, "ok", "author.restored")
	return web.SeeOther(c, pages.Path(d.ID))
}

// postPeople lets somebody write along, or ends it.
func (h *Handlers) postPeople(c echo.Context) error {
	ctx, who := c.Request().Context(), web.ViewerOf(c).Person
	draftID, person := c.Param("draft"), c.FormValue("person")
	var err error
	notice := "author.along_added"
	if c.FormValue("do") == "drop" {
		notice, err = "author.along_dropped", h.Drafts.Leave(ctx, who, draftID, person)
	} else {
		err = h.Drafts.Invite(ctx, who, draftID, person)
	}
	if err != nil {
		return err
	}
	web.Notice(c, "ok", notice)
	if person == who.ID {
		return web.SeeOther(c, "/teach/write")
	}
	return web.SeeOther(c, pages.Path(draftID)+"/revisions#along")
}
