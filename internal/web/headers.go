package web

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/labstack/echo/v4"
)

// policy is the Content-Security-Policy of every page: nothing inline, nothing from elsewhere.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; " +
	"media-src 'self'; connect-src 'self'; manifest-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'; " +
	"object-src 'none'; report-to csp"

// headers sets what ASVS 5.0 chapter 3.4 asks for. It runs first, so that errors carry them too.
func (s *Shell) headers(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		h := c.Response().Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("Reporting-Endpoints", `csp="/csp"`)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Permissions-Policy", "camera=(), microphone=(), geolocation=()")
		h.Set(echo.HeaderCacheControl, "no-store")
		if s.secure {
			h.Set("Strict-Transport-Security", "max-age=63072000; includeSubDomains")
		}
		return next(c)
	}
}

// sameOrigin refuses writes that another site's page sent (net/http.CrossOriginProtection: by Sec-Fetch-Site and
// Origin). It never looks at GET, so no GET may write.
func (s *Shell) sameOrigin(next echo.HandlerFunc) echo.HandlerFunc {
	p := http.NewCrossOriginProtection()
	if u, err := url.Parse(s.opts.BaseURL); err == nil {
		_ = p.AddTrustedOrigin(u.Scheme + "://" + u.Host)
	}
	return func(c echo.Context) error {
		if err := p.Check(c.Request()); err != nil {
			return echo.NewHTTPError(http.StatusForbidden).SetInternal(err)
		}
		return next(c)
	}
}

// textOnly refuses text that no field can hold: a NUL byte would end the statement on PostgreSQL, and broken
// UTF-8 would be refused by one database and taken by the other.
func validText(form url.Values) bool {
	for k, vs := range form {
		for _, v := range append(vs, k) {
			if strings.ContainsRune(v, 0) || strings.ToValidUTF8(v, "") != v {
				return false
			}
		}
	}
	return true
}
