package forumweb

import (
	"context"
	"net/http"

	"github.com/labstack/echo/v4"

	"greenroom/internal/fault"
	"greenroom/internal/id"
	"greenroom/internal/web"
	pages "greenroom/web/templates/forum"
)

func (h *Handlers) postSettings(c echo.Context) error {
	s, err := h.board(c)
	if err != nil {
		return err
	}
	if err := h.Forum.SetPseudonyms(c.Request().Context(), s.v, c.FormValue("pseudonyms") == "1"); err != nil {
		return err
	}
	web.Notice(c, "ok", "forum.settings_saved")
	return web.SeeOther(c, pages.BoardPath(s.v.Delivery.ID, s.v.Board))
}

func (h *Handlers) postRead(c echo.Context) error {
	s, err := h.thread(c)
	if err != nil {
		return err
	}
	if !s.v.Unlocked {
		return errNotFound
	}
	if err := h.Forum.Read(c.Request().Context(), s.v, s.t, c.FormValue("to")); err != nil {
		return err
	}
	if web.WantsJSON(c) {
		return c.NoContent(http.StatusNoContent)
	}
	return web.SeeOther(c, s.path())
}

func (h *Handlers) postFollow(c echo.Context) error {
	s, err := h.thread(c)
	if err != nil {
		return err
	}
	if err := h.Forum.Want(c.Request().Context(), s.v, s.t, c.FormValue("what")); err != nil {
		return err
	}
	web.Notice(c, "ok", "forum.follow_saved")
	return web.SeeOther(c, s.path())
}

func (h *Handlers) postManage(c echo.Context) error {
	s, err := h.thread(c)
	if err != nil {
		return err
	}
	ctx, what, to := c.Request().Context(), c.FormValue("what"), s.t.ID
	err = h.manage(ctx, c, s, what, &to)
	if fault.Is(err, fault.Invalid) {
		p, err2 := h.threadPage(c, s, nil, nil)
		if err2 != nil {
			return err2
		}
		p.Page = web.Page(c, p.Title)
		p.Section, p.Robots, p.HasError, p.Managing = "courses", "noindex", true, true
		p.By, p.Errors = web.FieldErrors(web.L(c), err)
		p.Typed = map[string]string{"into": c.FormValue("into"), "split": c.FormValue("split")}
		if what == "split" {
			p.By["split"], p.Typed["split-title"] = p.By["title"], c.FormValue("title")
			delete(p.By, "title")
		} else if what == "rename" {
			p.Typed["title"] = c.FormValue("title")
		}
		return web.Render(c, http.StatusUnprocessableEntity, pages.ShowThread(*p))
	}
	if err != nil {
		return err
	}
	web.Notice(c, "ok", "forum.managed")
	return web.SeeOther(c, pages.ThreadPath(to))
}

func (h *Handlers) manage(ctx context.Context, c echo.Context, s spot, what string, to *string) error {
	switch what {
	case "rename":
		return h.Forum.Rename(ctx, s.v, s.t, c.FormValue("title"))
	case "move":
		return h.Forum.Move(ctx, s.v, s.t, c.FormValue("board"))
	case "merge":
		into, err := h.Forum.Merge(ctx, s.v, s.t, lastPart(c.FormValue("into")))
		if err == nil {
			*to = into.ID
		}
		return err
	case "split":
		out, err := h.Forum.Split(ctx, s.v, s.t, lastPart(c.FormValue("split")), c.FormValue("title"))
		if fault.Is(err, fault.NotFound) {
			var f fault.Fields
			f.Add("split", "forum.split_wrong")
			return f.Err()
		}
		if err == nil {
			*to = out.ID
		}
		return err
	}
	return h.Forum.Manage(ctx, s.v, s.t, what)
}

// lastPart is the id at the end of an address that somebody has copied.
func lastPart(s string) string {
	for i := len(s) - 36; i >= 0; i-- {
		if id.Valid(s[i : i+36]) {
			return s[i : i+36]
		}
	}
	return s
}
