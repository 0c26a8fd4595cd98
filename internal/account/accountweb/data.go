package accountweb

import (
	"context"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"greenroom/internal/account"
	"greenroom/internal/credential"
	"greenroom/internal/web"
	pages "greenroom/web/templates/account"
)

// Certificates is what the settings and the page of deletion have to know of certificates; *credential.Service is one.
type Certificates interface {
	List(ctx context.Context, personID string) ([]credential.Certificate, error)
	Renamed(ctx context.Context, p *account.Person) (int, error)
}

// exportTime is how long a browser may take to fetch its export; pages have less.
const exportTime = 10 * time.Minute

func (h *Handlers) getExport(c echo.Context) error {
	f, err := h.accounts.Export(c.Request().Context(), web.ViewerOf(c).ID(), web.L(c))
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	// Where the server cannot say so, its own limit holds.
	_ = http.NewResponseController(c.Response()).SetWriteDeadline(time.Now().Add(exportTime))
	c.Response().Header().Set(echo.HeaderContentDisposition, `attachment; filename="greenroom-data.zip"`)
	return c.Stream(http.StatusOK, "application/zip", f)
}

func (h *Handlers) getDelete(c echo.Context) error { return h.showDelete(c, nil) }

func (h *Handlers) showDelete(c echo.Context, wrong error) error {
	ctx, v := c.Request().Context(), web.ViewerOf(c)
	p := pages.Delete{Form: form(c, "account.delete", wrong)}
	var err error
	if p.Password, err = h.accounts.HasPassword(ctx, v.ID()); err != nil {
		return err
	}
	if p.Stays, err = h.accounts.Stays(ctx, v.ID()); err != nil {
		return err
	}
	if h.opts.Certificates != nil {
		all, err := h.opts.Certificates.List(ctx, v.ID())
		if err != nil {
			return err
		}
		for _, k := range all {
			if k.Valid() {
				p.Certificates = append(p.Certificates, k.CourseTitle)
			}
		}
	}
	if wrong != nil {
		p.Email, p.Keep = c.FormValue("email"), c.FormValue("keep_certificates") != ""
	}
	return web.Render(c, status(p.Form), pages.ShowDelete(p))
}

func (h *Handlers) postDelete(c echo.Context) error {
	err := h.accounts.Delete(c.Request().Context(), web.ViewerOf(c).ID(), account.Goodbye{
		Password: c.FormValue("password"), Email: c.FormValue("email"),
		Wish: account.Wish{KeepCertificates: c.FormValue("keep_certificates") != ""},
	})
	if invalid(err) {
		return h.showDelete(c, err)
	}
	if err != nil {
		return err
	}
	return h.leave(c, "account.deleted", "/")
}
