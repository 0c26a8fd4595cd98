// Package notifyweb shows what mail people get, lets them choose, and answers the links that stop letters.
package notifyweb

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"greenroom/internal/fault"
	"greenroom/internal/notify"
	"greenroom/internal/web"
	pages "greenroom/web/templates/notify"
)

// Handlers answers for choices about mail.
type Handlers struct{ notify *notify.Service }

// New makes the handlers.
func New(n *notify.Service) *Handlers { return &Handlers{notify: n} }

// Routes is the table. A stop link works without signing in: mail programs post to it by themselves (RFC 8058).
func (h *Handlers) Routes() []web.Route {
	return []web.Route{
		{Method: http.MethodGet, Path: "/settings/mail", Handler: h.getSettings, Access: web.SignedIn},
		{Method: http.MethodPost, Path: "/settings/mail", Handler: h.postSettings, Access: web.SignedIn},
		{Method: http.MethodGet, Path: "/me/notifications", Handler: h.getItems, Access: web.SignedIn},
		{Method: http.MethodPost, Path: "/me/notifications/read", Handler: h.postRead, Access: web.SignedIn},
		{Method: http.MethodGet, Path: "/mail/stop/:token", Handler: h.getStop, Access: web.Public, Limit: "verify"},
		{Method: http.MethodPost, Path: "/mail/stop/:token", Handler: h.postStop, Access: web.Public, Limit: "verify"},
	}
}

func (h *Handlers) getSettings(c echo.Context) error {
	choice, err := h.notify.Choice(c.Request().Context(), web.ViewerOf(c).ID())
	if err != nil {
		return err
	}
	return h.show(c, choice, nil)
}

func (h *Handlers) show(c echo.Context, choice notify.Choice, err error) error {
	l := web.L(c)
	p := pages.Settings{Page: web.Page(c, l.T("notify.settings")), Weekly: choice.Weekly, Announcements: choice.Announcements, Discussion: choice.Discussion}
	p.By, p.Errors = web.FieldErrors(l, err)
	p.HasError = len(p.Errors) > 0
	p.Robots = "noindex"
	status := http.StatusOK
	if p.HasError {
		status = http.StatusUnprocessableEntity
	}
	return web.Render(c, status, pages.ShowSettings(p))
}

func (h *Handlers) postSettings(c echo.Context) error {
	choice := notify.Choice{
		PersonID: web.ViewerOf(c).ID(), Weekly: c.FormValue("weekly"), Announcements: c.FormValue("announcements"),
		Discussion: c.FormValue("discussion"),
	}
	err := h.notify.Choose(c.Request().Context(), choice)
	if fault.Is(err, fault.Invalid) {
		return h.show(c, choice, err)
	}
	if err != nil {
		return err
	}
	web.Notice(c, "ok", "notify.saved")
	return web.SeeOther(c, "/settings/mail")
}

// getStop changes nothing: programs that look at every link in a letter must not stop it.
func (h *Handlers) getStop(c echo.Context) error {
	_, kind, err := h.notify.ReadStop(c.Param("token"))
	if err != nil {
		return err
	}
	return h.showStop(c, kind, false)
}

func (h *Handlers) showStop(c echo.Context, kind string, done bool) error {
	// The address does what it says without signing in: no other site is told of it.
	c.Response().Header().Set("Referrer-Policy", "strict-origin")
	l := web.L(c)
	p := pages.Stop{Page: web.Page(c, l.T("notify.stop_title_"+kind)), Kind: kind, Action: c.Request().URL.Path, Done: done}
	p.Robots = "noindex"
	return web.Render(c, http.StatusOK, pages.ShowStop(p))
}

// postStop answers with a page and not with a redirect: RFC 8058 does not want one, and a repeat changes nothing.
func (h *Handlers) postStop(c echo.Context) error {
	kind, err := h.notify.Stop(c.Request().Context(), c.Param("token"))
	if err != nil {
		return err
	}
	return h.showStop(c, kind, true)
}

// getItems lists what the reader was told of, the newest first.
func (h *Handlers) getItems(c echo.Context) error {
	l, who := web.L(c), web.ViewerOf(c).ID()
	items, authors, more, err := h.notify.Items(c.Request().Context(), who, c.QueryParam("before"))
	if err != nil {
		return err
	}
	p := pages.List{Page: web.Page(c, l.T("inbox.title"))}
	p.Section, p.Robots = "me", "noindex"
	for _, it := range items {
		p.Items = append(p.Items, pages.Item{
			Text: notify.Say(l, it, authors[it.PostID]), Href: it.Href, When: l.DateTime(web.Local(c, it.At)), New: it.ReadAt == nil,
		})
		p.Fresh = p.Fresh || it.ReadAt == nil
	}
	if len(items) > 0 {
		p.Newest = items[0].ID
		if more {
			p.Older = items[len(items)-1].ID
		}
	}
	return web.Render(c, http.StatusOK, pages.ShowList(p))
}

func (h *Handlers) postRead(c echo.Context) error {
	if err := h.notify.ReadItems(c.Request().Context(), web.ViewerOf(c).ID(), c.FormValue("to")); err != nil {
		return err
	}
	return web.SeeOther(c, "/me/notifications")
}
