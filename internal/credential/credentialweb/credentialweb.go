// Package credentialweb shows certificates to their holders and lets anybody check one by its code.
package credentialweb

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"greenroom/internal/course"
	"greenroom/internal/credential"
	"greenroom/internal/fault"
	"greenroom/internal/web"
	pages "greenroom/web/templates/credential"
)

// Handlers answers for certificates.
type Handlers struct {
	credentials *credential.Service
	baseURL     string
}

// New makes the handlers. baseURL is the site's address without a slash at the end; it is printed on certificates.
// Certificates hold all their text, so no course is looked up.
func New(k *credential.Service, _ *course.Service, baseURL string) *Handlers {
	return &Handlers{credentials: k, baseURL: baseURL}
}

// Routes is the table. Checking is limited by network; codes of 128 bits cannot be guessed anyway.
func (h *Handlers) Routes() []web.Route {
	return []web.Route{
		{Method: http.MethodGet, Path: "/me/certificates/:code", Handler: h.getCertificate, Access: web.SignedIn},
		{Method: http.MethodGet, Path: "/certificates", Handler: h.getCheck, Access: web.Public, Limit: "verify"},
		{Method: http.MethodGet, Path: "/certificates/:code", Handler: h.getCheck, Access: web.Public, Limit: "verify"},
	}
}

func (h *Handlers) getCertificate(c echo.Context) error {
	k, err := h.credentials.Own(c.Request().Context(), web.ViewerOf(c).ID(), c.Param("code"))
	if err != nil {
		return err
	}
	path := "/certificates/" + k.Grouped()
	p := pages.Certificate{
		Page: web.Page(c, web.L(c).T("credential.title")+" – "+k.CourseTitle), Certificate: k,
		Check: h.baseURL + path, CheckPath: path,
	}
	p.Section, p.Robots = "me", "noindex"
	return web.Render(c, http.StatusOK, pages.ShowCertificate(p))
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
	k, err := h.credentials.Verify(c.Request().Context(), p.Typed)
	switch {
	case fault.Is(err, fault.NotFound):
		return web.Render(c, http.StatusNotFound, pages.ShowCheck(p))
	case err != nil:
		return err
	}
	p.Found, p.Typed = k, k.Grouped()
	return web.Render(c, http.StatusOK, pages.ShowCheck(p))
}
