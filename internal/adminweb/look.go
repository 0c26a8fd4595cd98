package adminweb

import (
	"net/http"
	"net/url"
	"strconv"

	"github.com/labstack/echo/v4"

	"greenroom/internal/fault"
	"greenroom/internal/site"
	"greenroom/internal/web"
	pages "greenroom/web/templates/admin"
)

func (h *Handlers) getLook(c echo.Context) error {
	return h.showLook(c, http.StatusOK, h.Site.Look(), nil)
}

func (h *Handlers) showLook(c echo.Context, status int, l site.Look, wrong error) error {
	p := pages.Look{Page: desk(c, "admin.look", "look"), Look: l, SiteName: h.opts.SiteName}
	p.By, p.Errors = web.FieldErrors(p.L, wrong)
	p.HasError = len(p.Errors) > 0
	if valid(l) {
		p.Pairs = l.Pairs()
		p.Styles = append(p.Styles, "/admin/look/preview.css?"+url.Values{"brand_light": {l.BrandLight}, "brand_dark": {l.BrandDark}, "accent": {l.Accent}}.Encode())
	}
	return web.Render(c, status, pages.ShowLook(p))
}

// valid says whether the colours are colours, however they can be read.
func valid(l site.Look) bool {
	f := fault.From(l.Check())
	if f == nil {
		return true
	}
	for _, x := range f.Fields {
		if x.Key == "admin.look.no_colour" {
			return false
		}
	}
	return true
}

// postLook saves the look, shows it before saving (do=preview), or goes back to the product's own (do=reset).
func (h *Handlers) postLook(c echo.Context) error {
	version, _ := strconv.ParseInt(c.FormValue("version"), 10, 64)
	l := site.Look{Name: c.FormValue("name"), BrandLight: c.FormValue("brand_light"), BrandDark: c.FormValue("brand_dark"), Accent: c.FormValue("accent"), Version: version}
	switch c.FormValue("do") {
	case "preview":
		return h.showLook(c, http.StatusOK, l, l.Check())
	case "reset":
		l = site.Look{Version: version}
	}
	err := h.Site.SetLook(c.Request().Context(), actor(c), l)
	if fault.Is(err, fault.Invalid) {
		return h.showLook(c, http.StatusUnprocessableEntity, l, err)
	}
	if err != nil {
		return err
	}
	web.Notice(c, "ok", "admin.look.saved")
	return web.SeeOther(c, "/admin/look")
}

func (h *Handlers) getPreview(c echo.Context) error {
	l := site.Look{BrandLight: c.QueryParam("brand_light"), BrandDark: c.QueryParam("brand_dark"), Accent: c.QueryParam("accent")}
	if !valid(l) {
		return fault.New(fault.NotFound, "error.not_found")
	}
	return c.Blob(http.StatusOK, "text/css; charset=utf-8", []byte(l.PreviewSheet()))
}

// getStyle serves the style sheet under its own name, which changes with it: browsers may keep it for ever.
func (h *Handlers) getStyle(c echo.Context) error {
	name, css := h.Site.Style()
	if name == "" || c.Param("file") != name {
		return fault.New(fault.NotFound, "error.not_found")
	}
	c.Response().Header().Set(echo.HeaderCacheControl, "public, max-age=31536000, immutable")
	return c.Blob(http.StatusOK, "text/css; charset=utf-8", []byte(css))
}
