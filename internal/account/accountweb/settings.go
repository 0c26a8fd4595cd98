package accountweb

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"greenroom/internal/account"
	"greenroom/internal/fault"
	"greenroom/internal/web"
	pages "greenroom/web/templates/account"
	"greenroom/web/templates/ui"
)

func (h *Handlers) getSettings(c echo.Context) error { return h.showSettings(c, nil) }

// showSettings renders the page; after a refused form it shows what was typed there.
func (h *Handlers) showSettings(c echo.Context, err error) error {
	v := web.ViewerOf(c).Person
	p := pages.Settings{
		Form: form(c, "account.settings", err), Name: v.Name, Email: v.Email, Verified: v.Verified(),
		PickedTheme: v.Theme, PickedSize: v.TextSize, NoPassword: v.NoPassword,
	}
	zone, lang := v.TimeZone, v.Lang
	if err != nil {
		if strings.HasSuffix(c.Path(), "/profile") {
			p.Name, zone, lang = c.FormValue("name"), c.FormValue("time_zone"), c.FormValue("lang")
		}
		p.NewEmail = c.FormValue("new_email")
	}
	p.Zones, p.Langs = h.zoneOptions(c, zone), h.langOptions(c, lang)
	w, werr := h.waiting(c)
	if werr != nil {
		return werr
	}
	p.Waiting = w.Steps > 0
	if h.opts.Certificates != nil {
		if p.Renamed, werr = h.opts.Certificates.Renamed(c.Request().Context(), v); werr != nil {
			return werr
		}
	}
	return web.Render(c, status(p.Form), pages.ShowSettings(p))
}

func (h *Handlers) zoneOptions(c echo.Context, chosen string) []ui.Option {
	site := zoneName(h.accounts.Location(nil).String())
	out := []ui.Option{{Value: "", Text: web.L(c).T("account.time_zone_site", "Zone", site), Selected: chosen == ""}}
	all := account.Zones
	if chosen != "" && !slices.Contains(account.Zones, chosen) {
		all = append([]string{chosen}, account.Zones...)
	}
	for _, z := range all {
		out = append(out, ui.Option{Value: z, Text: zoneName(z), Selected: z == chosen})
	}
	return out
}

func zoneName(z string) string { return strings.ReplaceAll(z, "_", " ") }

func (h *Handlers) langOptions(c echo.Context, chosen string) []ui.Option {
	l := web.L(c)
	out := []ui.Option{{Value: "", Text: l.T("account.language_site"), Selected: chosen == ""}}
	for _, x := range h.opts.Langs {
		out = append(out, ui.Option{Value: x, Text: l.T("account.lang." + x), Selected: x == chosen})
	}
	return out
}

// saved answers a form of the settings: the page again, or on with a notice.
func (h *Handlers) saved(c echo.Context, err error, notice string) error {
	switch {
	case invalid(err):
		return h.showSettings(c, err)
	case fault.Is(err, fault.Limited):
		web.Notice(c, "caution", "account.mail_limited")
	case err != nil:
		return err
	default:
		web.Notice(c, "ok", notice)
	}
	return web.SeeOther(c, "/settings")
}

func (h *Handlers) postProfile(c echo.Context) error {
	in := account.Profile{Name: c.FormValue("name"), TimeZone: c.FormValue("time_zone"), Lang: c.FormValue("lang")}
	if in.Lang != "" && !slices.Contains(h.opts.Langs, in.Lang) {
		var f fault.Fields
		f.Add("lang", "account.lang_unknown")
		return h.showSettings(c, f.Err())
	}
	return h.saved(c, h.accounts.UpdateProfile(c.Request().Context(), web.ViewerOf(c).ID(), in), "account.profile_saved")
}

func (h *Handlers) postAppearance(c echo.Context) error {
	in := account.Appearance{Theme: c.FormValue("theme"), TextSize: c.FormValue("text_size")}
	err := h.accounts.UpdateAppearance(c.Request().Context(), web.ViewerOf(c).ID(), in)
	if err == nil && in.Theme != "" {
		setTheme(c, in.Theme)
	}
	return h.saved(c, err, "account.appearance_saved")
}

func (h *Handlers) postEmail(c echo.Context) error {
	err := h.accounts.ChangeEmail(c.Request().Context(), web.ViewerOf(c).ID(), c.FormValue("email_password"), c.FormValue("new_email"))
	return h.saved(c, err, "account.email_sent")
}

func (h *Handlers) postPassword(c echo.Context) error {
	ctx := c.Request().Context()
	err := h.accounts.ChangePassword(ctx, web.ViewerOf(c).ID(), c.FormValue("current"), c.FormValue("password"))
	if err == nil {
		err = h.sessions.Renew(ctx)
	}
	return h.saved(c, err, "account.password_saved")
}

func (h *Handlers) postSignOutEverywhere(c echo.Context) error {
	ctx := c.Request().Context()
	if err := h.accounts.SignOutEverywhere(ctx, web.ViewerOf(c).ID()); err != nil {
		return err
	}
	return h.leave(c, "account.sessions_done", "/sign-in")
}

// leave ends the session of somebody who has just lost all of them.
func (h *Handlers) leave(c echo.Context, notice, to string) error {
	if err := h.sessions.SignOut(c.Request().Context()); err != nil {
		return err
	}
	clearSite(c)
	web.Notice(c, "ok", notice)
	return web.SeeOther(c, to)
}

// themeLife is how long a device remembers its colours.
const themeLife = 365 * 24 * time.Hour

// postTheme is the switch in the top bar. It works for everybody; who is signed in takes the choice along.
func (h *Handlers) postTheme(c echo.Context) error {
	theme := c.FormValue("theme")
	if !slices.Contains(account.Themes, theme) {
		return echo.NewHTTPError(http.StatusBadRequest)
	}
	if v := web.ViewerOf(c); v.SignedIn() {
		if err := h.accounts.UpdateAppearance(c.Request().Context(), v.ID(), account.Appearance{Theme: theme}); err != nil {
			return err
		}
	}
	setTheme(c, theme)
	if web.WantsJSON(c) {
		return c.NoContent(http.StatusNoContent)
	}
	return web.SeeOther(c, web.OwnPath(c.FormValue("return"), "/"))
}

// setTheme keeps the colours on the device, so that pages before signing in have them too.
func setTheme(c echo.Context, theme string) {
	k := &http.Cookie{
		Name: "theme", Value: theme, Path: "/", MaxAge: int(themeLife.Seconds()), HttpOnly: true,
		SameSite: http.SameSiteLaxMode, Secure: c.Scheme() == "https",
	}
	if theme == "system" {
		k.MaxAge = -1
	}
	c.SetCookie(k)
}
