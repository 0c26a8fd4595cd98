package signonweb

import (
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"greenroom/internal/fault"
	"greenroom/internal/signon"
	"greenroom/internal/web"
	pages "greenroom/web/templates/signon"
)

// getWays shows how the person signs in, and where they are signed in.
func (h *Handlers) getWays(c echo.Context) error {
	ctx, l, v := c.Request().Context(), web.L(c), web.ViewerOf(c).Person
	p := pages.Ways{Form: form(c, l.T("signon.ways_title"), nil), Password: !v.NoPassword, Email: v.Email}
	day := func(t time.Time) string { return l.Date(web.Local(c, t)) }
	ids, err := h.signon.Identities(ctx, v.ID)
	if err != nil {
		return err
	}
	used := map[string]bool{}
	for _, i := range ids {
		used[i.Provider] = true
		p.Identities = append(p.Identities, pages.Identity{
			ID: i.ID, Label: h.signon.Label(i.Provider), Account: i.Account, Since: day(i.CreatedAt), Used: day(i.UsedAt),
		})
	}
	for _, o := range h.signon.Offers() {
		if !used[o.Name] {
			p.Offers = append(p.Offers, pages.Offer{Label: o.Label, Href: begin(o.Name, ways)})
		}
	}
	if p.Keys = h.signon.PasskeysWork(); p.Keys {
		p.Again = !h.accounts.FreshFor(ctx, v.ID, signon.Fresh)
		p.ThisName = browserName(l, c.Request().UserAgent())
	}
	keys, err := h.signon.Passkeys(ctx, v.ID)
	if err != nil {
		return err
	}
	for _, k := range keys {
		x := pages.Passkey{ID: k.ID, Name: k.Name, Since: day(k.CreatedAt), Cloned: !k.ClonedAt.IsZero()}
		if !k.UsedAt.IsZero() {
			x.Used = day(k.UsedAt)
		}
		p.Passkeys = append(p.Passkeys, x)
	}
	devices, err := h.accounts.Devices(ctx, v.ID)
	if err != nil {
		return err
	}
	for _, d := range devices {
		p.Devices = append(p.Devices, pages.Device{
			ID: d.ID, Name: browserName(l, d.Agent), Since: day(d.Since), Seen: l.DateTime(web.Local(c, d.LastSeen)), This: d.This,
		})
	}
	return web.Render(c, http.StatusOK, pages.ShowWays(p))
}

func (h *Handlers) postDisconnect(c echo.Context) error {
	err := h.signon.Disconnect(c.Request().Context(), web.ViewerOf(c).ID(), c.FormValue("id"))
	switch {
	case fault.Is(err, fault.NotFound): // pressed twice
	case fault.Is(err, fault.Conflict):
		web.Notice(c, "caution", "signon.last_way")
	case err != nil:
		return err
	default:
		web.Notice(c, "ok", "signon.disconnected")
	}
	return web.SeeOther(c, ways)
}

func (h *Handlers) postDevice(c echo.Context) error {
	this, err := h.accounts.SignOutDevice(c.Request().Context(), web.ViewerOf(c).ID(), c.FormValue("device"))
	switch {
	case fault.Is(err, fault.NotFound): // pressed twice, or it ended by itself
	case err != nil:
		return err
	case this:
		if err := h.sessions.SignOut(c.Request().Context()); err != nil {
			return err
		}
		c.Response().Header().Set("Clear-Site-Data", `"cache", "storage"`)
		web.Notice(c, "ok", "account.signed_out")
		return web.SeeOther(c, "/")
	}
	web.Notice(c, "ok", "signon.device_out")
	return web.SeeOther(c, ways)
}
