package forumweb

import (
	"mime"
	"net/http"
	"strconv"

	"github.com/labstack/echo/v4"

	"greenroom/internal/fault"
	"greenroom/internal/forum"
	"greenroom/internal/web"
	pages "greenroom/web/templates/forum"
)

// one finds the post that the address names, with its thread.
func (h *Handlers) one(c echo.Context) (spot, *forum.Post, error) {
	v, t, p, err := h.Forum.VisitPost(c.Request().Context(), web.ViewerOf(c).Person, c.Param("post"))
	return spot{v, t}, p, err
}

// getPost leads to the post on the page of its thread.
func (h *Handlers) getPost(c echo.Context) error {
	s, p, err := h.one(c)
	if err != nil {
		return err
	}
	if p.Level == forum.Opening {
		return c.Redirect(http.StatusFound, pages.ThreadPath(s.t.ID)+"#p-"+p.ID)
	}
	return c.Redirect(http.StatusFound, pages.ThreadPath(s.t.ID)+"?at="+p.ID+"#p-"+p.ID)
}

// sheet is a plain page about a post.
func (h *Handlers) sheet(c echo.Context, title string) (pages.Sheet, spot, *forum.Post, error) {
	s, p, err := h.one(c)
	if err != nil {
		return pages.Sheet{}, s, p, err
	}
	seen, err := h.Forum.One(c.Request().Context(), s.v, s.t, p.ID)
	if err != nil {
		return pages.Sheet{}, s, p, err
	}
	out := pages.Sheet{Page: web.Page(c, web.L(c).T(title)), View: view(c, s.v), Thread: s.t, Title: s.t.Title, Post: seen, Body: seen.Body}
	if s.v.Prompt() {
		out.Title = s.v.Activity.Title
	}
	out.Section, out.Robots = "courses", "noindex"
	return out, s, p, nil
}

func (h *Handlers) getHistory(c echo.Context) error {
	p, s, post, err := h.sheet(c, "forum.history_title")
	if err != nil {
		return err
	}
	if p.History, err = h.Forum.History(c.Request().Context(), s.v, post); err != nil {
		return err
	}
	return web.Render(c, http.StatusOK, pages.ShowHistory(p))
}

func (h *Handlers) getEdit(c echo.Context) error {
	p, s, post, err := h.sheet(c, "forum.edit_title")
	if err != nil {
		return err
	}
	if !post.Own(s.v.Who.ID) || post.State != forum.Visible {
		return errNotFound
	}
	return h.showEdit(c, http.StatusOK, s, p)
}

func (h *Handlers) showEdit(c echo.Context, status int, s spot, p pages.Sheet) error {
	var err error
	if p.Waits, err = h.Moderation.Waits(c.Request().Context(), s.v); err != nil {
		return err
	}
	return web.Render(c, status, pages.ShowEdit(p))
}

func (h *Handlers) postEdit(c echo.Context) error {
	p, s, post, err := h.sheet(c, "forum.edit_title")
	if err != nil {
		return err
	}
	if !post.Own(s.v.Who.ID) || post.State != forum.Visible {
		return errNotFound
	}
	ctx := c.Request().Context()
	rev, err := strconv.Atoi(c.FormValue("rev"))
	if err != nil {
		rev = -1
	}
	rules := int(web.Number(c.Request().Form, "rules"))
	p.Body, p.Reason, p.Rules = c.FormValue("body"), c.FormValue("reason"), rules
	if c.FormValue("preview") == "1" {
		p.Post.Rev = rev
		if p.Preview, err = h.Forum.Preview(ctx, s.v, s.t.ID, p.Body); err != nil {
			return err
		}
		if web.WantsJSON(c) {
			return c.JSON(http.StatusOK, map[string]string{"html": string(p.Preview)})
		}
		return h.showEdit(c, http.StatusOK, s, p)
	}
	_, err = h.Forum.Edit(ctx, s.v, s.t, post.ID, forum.Change{Rev: rev, Body: p.Body, Reason: p.Reason, Rules: rules})
	f := fault.From(err)
	if err == nil {
		web.Notice(c, "ok", "forum.edit_saved")
		return web.SeeOther(c, forum.PostPath(post.ID))
	}
	if f != nil && f.Key == "forum.changed_since" {
		p.Since = true // what it says now stands on the page, so that the next press is meant
	} else {
		p.Post.Rev = rev
	}
	status, err := beside(err)
	if !fault.Is(err, fault.Invalid) {
		return err
	}
	p.HasError = true
	p.By, p.Errors = web.FieldErrors(web.L(c), err)
	return h.showEdit(c, status, s, p)
}

// getRemove asks the author before their post is taken away. Whoever looks after the delivery decides about others'
// posts in moderation.
func (h *Handlers) getRemove(c echo.Context) error {
	p, s, post, err := h.sheet(c, "forum.remove_title")
	if err != nil {
		return err
	}
	if !post.Own(s.v.Who.ID) || post.State != forum.Visible {
		return errNotFound
	}
	return web.Render(c, http.StatusOK, pages.ShowRemove(p))
}

func (h *Handlers) postRemove(c echo.Context) error {
	s, p, err := h.one(c)
	if err != nil {
		return err
	}
	if err := h.Forum.Delete(c.Request().Context(), s.v, s.t, p.ID); err != nil {
		return err
	}
	web.Notice(c, "ok", "forum.deleted")
	return web.SeeOther(c, forum.PostPath(p.ID))
}

func (h *Handlers) postUseful(c echo.Context) error {
	s, p, err := h.one(c)
	if err != nil {
		return err
	}
	if err := h.Forum.Useful(c.Request().Context(), s.v, p, c.FormValue("on") == "1"); err != nil {
		return err
	}
	if web.WantsJSON(c) {
		return c.NoContent(http.StatusNoContent)
	}
	return web.SeeOther(c, forum.PostPath(p.ID))
}

func (h *Handlers) postEndorse(c echo.Context) error {
	s, p, err := h.one(c)
	if err != nil {
		return err
	}
	if err := h.Forum.Endorse(c.Request().Context(), s.v, p, c.FormValue("on") == "1"); err != nil {
		return err
	}
	return web.SeeOther(c, forum.PostPath(p.ID))
}

// getFile gives an attachment to who may read its post. Only pictures are shown; all else is saved.
func (h *Handlers) getFile(c echo.Context) error {
	s, p, err := h.one(c)
	if err != nil {
		return err
	}
	f, err := h.Forum.File(c.Request().Context(), s.v, p, c.Param("file"))
	if err != nil {
		return err
	}
	how := "attachment"
	if f.Image() {
		how = "inline"
	}
	c.Response().Header().Set(echo.HeaderContentDisposition, mime.FormatMediaType(how, map[string]string{"filename": f.Name}))
	return c.Blob(http.StatusOK, f.Type, f.Data)
}
