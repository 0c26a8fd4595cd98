// Package credentialweb shows certificates to their holders, as pages and as files, lets anybody check one by its code,
// and lets administrators find and withdraw them.
//
//	credentialweb.go  the holder's pages and the public check
//	admin.go          /admin/certificates
package credentialweb

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"greenroom/internal/credential"
	"greenroom/internal/fault"
	"greenroom/internal/web"
	pages "greenroom/web/templates/credential"
)

// Handlers answers for certificates.
type Handlers struct {
	credentials *credential.Service
	opts        Options
}

// Options are what the handlers need to know about the site.
type Options struct {
	BaseURL  string // the site's address without a slash at the end; it is printed on certificates
	SiteName string
	History  History
}

// New makes the handlers. Certificates hold all their text, so no course is looked up.
func New(k *credential.Service, o Options) *Handlers { return &Handlers{credentials: k, opts: o} }

// Routes is the table. Checking is limited by network; codes of 128 bits cannot be guessed anyway.
func (h *Handlers) Routes() []web.Route {
	return []web.Route{
		{Method: http.MethodGet, Path: "/me/certificates", Handler: h.getMine, Access: web.SignedIn},
		{Method: http.MethodGet, Path: "/me/certificates/:code", Handler: h.getCertificate, Access: web.SignedIn},
		{Method: http.MethodGet, Path: "/me/certificates/:code/pdf", Handler: h.getPDF, Access: web.SignedIn, Limit: "export"},
		{Method: http.MethodPost, Path: "/me/certificates/:code/reissue", Handler: h.postReissue, Access: web.SignedIn, Limit: "export"},
		{Method: http.MethodGet, Path: "/certificates", Handler: h.getCheck, Access: web.Public, Limit: "verify"},
		{Method: http.MethodGet, Path: "/certificates/:code", Handler: h.getCheck, Access: web.Public, Limit: "verify"},
		{Method: http.MethodGet, Path: "/admin/certificates", Handler: h.getSearch, Access: web.Admin},
		{Method: http.MethodGet, Path: "/admin/certificates/:code", Handler: h.getDetail, Access: web.Admin},
		{Method: http.MethodPost, Path: "/admin/certificates/:code/revoke", Handler: h.postRevoke, Access: web.Admin},
		{Method: http.MethodPost, Path: "/admin/certificates/:code/reinstate", Handler: h.postReinstate, Access: web.Admin},
		{Method: http.MethodPost, Path: "/admin/certificates/:code/forget", Handler: h.postForget, Access: web.Admin},
	}
}

func (h *Handlers) getMine(c echo.Context) error {
	v := web.ViewerOf(c)
	all, err := h.credentials.List(c.Request().Context(), v.ID())
	if err != nil {
		return err
	}
	p := pages.Mine{Page: web.Page(c, web.L(c).T("credential.mine")), Certificates: all, Name: v.Person.Name, Proven: v.Person.Verified()}
	p.Section, p.Robots = "me", "noindex"
	return web.Render(c, http.StatusOK, pages.ShowMine(p))
}

func (h *Handlers) getCertificate(c echo.Context) error {
	v := web.ViewerOf(c)
	k, err := h.credentials.Own(c.Request().Context(), v.ID(), c.Param("code"))
	if err != nil {
		return err
	}
	path := "/certificates/" + k.Grouped()
	code, err := credential.MakeQR(h.opts.BaseURL + path)
	if err != nil {
		return err
	}
	p := pages.Certificate{
		Page: web.Page(c, web.L(c).T("credential.title")+" – "+k.CourseTitle), Certificate: k, Code: code,
		Check: h.opts.BaseURL + path, CheckPath: path, Name: v.Person.Name, Proven: v.Person.Verified(),
	}
	p.Section, p.Robots = "me", "noindex"
	return web.Render(c, http.StatusOK, pages.ShowCertificate(p))
}

func (h *Handlers) getPDF(c echo.Context) error {
	k, err := h.credentials.Own(c.Request().Context(), web.ViewerOf(c).ID(), c.Param("code"))
	if err != nil {
		return err
	}
	if !k.Valid() {
		return fault.New(fault.Conflict, "credential.pdf_revoked")
	}
	raw, err := k.PDF(credential.Paper{L: web.L(c), Site: h.opts.SiteName, Check: h.opts.BaseURL + "/certificates/" + k.Grouped()})
	if err != nil {
		return err
	}
	c.Response().Header().Set(echo.HeaderContentDisposition, `attachment; filename="certificate-`+k.CourseKey+`.pdf"`)
	return c.Blob(http.StatusOK, "application/pdf", raw)
}

func (h *Handlers) postReissue(c echo.Context) error {
	k, err := h.credentials.Reissue(c.Request().Context(), web.ViewerOf(c).ID(), c.Param("code"))
	if err != nil {
		return err
	}
	web.Notice(c, "ok", "credential.reissued")
	return web.SeeOther(c, "/me/certificates/"+k.Code)
}

// getCheck answers the form and the address printed on certificates. A code that finds nothing is 404, whether it
// never was one or its holder's account is gone.
func (h *Handlers) getCheck(c echo.Context) error {
	p := pages.Check{Page: web.Page(c, web.L(c).T("credential.check_title")), Typed: c.Param("code")}
	p.Robots = "noindex"
	if p.Typed == "" {
		p.Typed = c.QueryParam("code")
	}
	p.Asked = p.Typed != ""
	if !p.Asked {
		return web.Render(c, http.StatusOK, pages.ShowCheck(p))
	}
	f, err := h.credentials.Check(c.Request().Context(), p.Typed)
	switch {
	case fault.Is(err, fault.NotFound):
		return web.Render(c, http.StatusNotFound, pages.ShowCheck(p))
	case err != nil:
		return err
	}
	p.Found, p.Typed = f, f.Grouped()
	return web.Render(c, http.StatusOK, pages.ShowCheck(p))
}
