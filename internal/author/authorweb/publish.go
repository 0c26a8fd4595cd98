package authorweb

import (
	"errors"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"greenroom/internal/account"
	"greenroom/internal/author"
	"greenroom/internal/course"
	"greenroom/internal/fault"
	"greenroom/internal/web"
	pages "greenroom/web/templates/author"
	"greenroom/web/templates/ui"
)

func (h *Handlers) getPublish(c echo.Context) error {
	d, err := h.open(c)
	if err != nil {
		return err
	}
	module, slug := "", ""
	if i := strings.LastIndexByte(d.ActivityKey, '/'); i >= 0 {
		module, slug = d.CourseKey+"/"+d.ActivityKey[:i], d.ActivityKey[i+1:]
	} else if doc, _ := author.Read([]byte(d.Source)); doc != nil {
		slug = doc.ID()
	}
	return h.publishing(c, http.StatusOK, d, pages.Publish{Module: module, Slug: slug})
}

func (h *Handlers) publishing(c echo.Context, status int, d *author.Draft, p pages.Publish) error {
	ctx := c.Request().Context()
	checked, err := h.checks.of(ctx, d.Source)
	if err != nil {
		return err
	}
	revs, err := h.Courses.Catalogue(ctx)
	if err != nil {
		return err
	}
	p.Page, p.Draft = web.DeskPage(c, web.L(c).T("author.publish.title"), "teach", "write"), d
	p.HasError = status != http.StatusOK
	p.Broken = checked.Scenario == nil || checked.Findings.Broken()
	p.May = web.ViewerOf(c).Person.Can(account.RoleAuthor, "")
	for _, r := range revs {
		for _, m := range r.Modules { // with what the course is now, so that a course changed meanwhile is noticed
			at := r.Key + "/" + m.Key
			p.Modules = append(p.Modules, ui.Option{Value: at + "/" + r.Hash, Text: r.Title + ": " + m.Title, Selected: at == p.Module})
		}
	}
	return web.Render(c, status, pages.ShowPublish(p))
}

// postPublish publishes a draft into a course. What is wrong stands on the page, with what was chosen.
func (h *Handlers) postPublish(c echo.Context) error {
	if err := c.Request().ParseForm(); err != nil {
		return err
	}
	form := c.Request().PostForm
	key, rest, _ := strings.Cut(form.Get("module"), "/")
	module, base, _ := strings.Cut(rest, "/")
	p := pages.Publish{Module: key + "/" + module, Slug: strings.TrimSpace(form.Get("slug"))}
	done, err := h.checks.wait(c.Request().Context())
	if err != nil {
		return err
	}
	out, err := h.Drafts.Publish(c.Request().Context(), web.ViewerOf(c).Person, c.Param("draft"), web.Number(form, "version"), author.Target{Course: key, Step: module + "/" + p.Slug, Base: base})
	done()
	var broken *course.Broken
	switch {
	case err == nil && out.State == course.StateUnchanged:
		web.Notice(c, "info", "author.publish.same")
		return web.SeeOther(c, "/courses/"+key+"/"+module+"/"+p.Slug)
	case err == nil:
		web.Notice(c, "ok", "author.publish.done")
		return web.SeeOther(c, "/courses/"+key+"/"+module+"/"+p.Slug)
	case errors.As(err, &broken):
		p.Findings = broken.Findings
	case fault.Is(err, fault.Invalid), fault.Is(err, fault.Conflict):
		p.By, p.Errors = web.FieldErrors(web.L(c), err)
		if len(p.Errors) == 0 {
			p.Stopped = web.L(c).T(fault.From(err).Key)
		}
	default:
		return err
	}
	status := http.StatusUnprocessableEntity
	if fault.Is(err, fault.Conflict) {
		status = http.StatusConflict
	}
	d, err := h.open(c)
	if err != nil {
		return err
	}
	return h.publishing(c, status, d, p)
}
