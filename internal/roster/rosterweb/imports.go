package rosterweb

import (
	"errors"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"github.com/labstack/echo/v4"

	"greenroom/internal/fault"
	"greenroom/internal/roster"
	"greenroom/internal/web"
	pages "greenroom/web/templates/roster"
)

// postImport takes a file and shows its dry run.
func (h *Handlers) postImport(c echo.Context) error {
	d, err := h.cohort(c)
	if err != nil {
		return err
	}
	name, data, err := upload(c, "file")
	var im *roster.Import
	if err == nil {
		im, err = h.Roster.Prepare(c.Request().Context(), web.ViewerOf(c).Person, d.ID, c.FormValue("form"), name, data)
	}
	if fault.Is(err, fault.Invalid) {
		return h.show(c, d, pages.Form{Of: "file"}, nil, err)
	}
	if err != nil {
		return err
	}
	return web.SeeOther(c, pages.Path(d.ID)+"/imports/"+im.ID)
}

// upload reads a file of a form. The shell has bounded its size.
func upload(c echo.Context, field string) (name string, data []byte, err error) {
	f, head, err := c.Request().FormFile(field)
	if errors.Is(err, http.ErrMissingFile) || errors.Is(err, http.ErrNotMultipart) {
		return "", nil, nil // the service says what is wrong with no file
	}
	if err != nil {
		return "", nil, err
	}
	defer f.Close()
	data, err = io.ReadAll(io.LimitReader(f, roster.MaxFile+1))
	return head.Filename, data, err
}

func (h *Handlers) getImport(c echo.Context) error {
	d, err := h.cohort(c)
	if err != nil {
		return err
	}
	ctx, l := c.Request().Context(), web.L(c)
	im, err := h.Roster.Import(ctx, web.ViewerOf(c).Person, d.ID, c.Param("import"))
	if err != nil {
		return err
	}
	p := pages.Import{
		Page: deskPage(c, l.T("roster.import_page", "Title", d.Title)), Import: im, Cohort: d, Outcome: c.QueryParam("outcome"),
		Stopped: say(c, roster.ReadWhy(im.Why)), Say: func(w roster.Why) string { return say(c, w) },
	}
	if !slices.Contains(roster.Outcomes, p.Outcome) {
		p.Outcome = ""
	}
	n := page(c, "page")
	if p.Rows, p.Tally, err = h.Roster.Rows(ctx, im, p.Outcome, n); err != nil {
		return err
	}
	total := im.Total
	if p.Outcome != "" {
		total = p.Tally[p.Outcome]
	}
	p.Nav = nav(n, total, func(n int) string {
		return pages.Path(d.ID) + "/imports/" + im.ID + "?" + url.Values{"outcome": {p.Outcome}, "page": {strconv.Itoa(n)}}.Encode()
	})
	return web.Render(c, http.StatusOK, pages.ShowImport(p))
}

func (h *Handlers) postApply(c echo.Context) error {
	err := h.Roster.Apply(c.Request().Context(), web.ViewerOf(c).Person, c.Param("cohort"), c.Param("import"), c.FormValue("letters") == "1")
	if err != nil {
		return err
	}
	return web.SeeOther(c, pages.Path(c.Param("cohort"))+"/imports/"+c.Param("import"))
}

// getTrouble sends the rows that are not brought in, with what is wrong, to be mended and sent again.
func (h *Handlers) getTrouble(c echo.Context) error {
	ctx, l := c.Request().Context(), web.L(c)
	im, err := h.Roster.Import(ctx, web.ViewerOf(c).Person, c.Param("cohort"), c.Param("import"))
	if err != nil {
		return err
	}
	w := web.CSV(c, "not-brought-in.csv")
	if err := w.Row(l.T("roster.col_line"), "email", "name", l.T("roster.col_why")); err != nil {
		return err
	}
	err = h.Roster.Trouble(ctx, im, func(r roster.ImportRow) error {
		return w.Row(strconv.Itoa(r.Line), r.Email, r.Name, say(c, roster.ReadWhy(r.Why)))
	})
	return errors.Join(err, w.Flush())
}
