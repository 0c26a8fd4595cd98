// Package authorweb is the scenario editor in the browser. The site keeps nothing of it: each page carries the whole file
// and gives it back with what was typed, so that going back in the browser undoes, and the file is downloaded at the end.
//
//	GET  /teach/write    begin: a new scenario, one of a course, or a file that is pasted in
//	POST /teach/write    the editor after one press of a button; or the file, to keep
//	POST /teach/write/import   the editor with what could be read of a Twee 3 file or an H5P package
package authorweb

import (
	"context"
	"errors"
	"io"
	"mime"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"greenroom/internal/author"
	"greenroom/internal/course"
	"greenroom/internal/fault"
	"greenroom/internal/outline"
	"greenroom/internal/scenario"
	"greenroom/internal/web"
	pages "greenroom/web/templates/author"
	"greenroom/web/templates/ui"
)

// maxImport is the largest file from another program. The command line takes larger ones.
const maxImport = 16 << 20

// maxBody has room for the largest file, percent-encoded, with the fields of one place of it.
const maxBody = 2 << 20

// Handlers answers for the editor.
type Handlers struct {
	Courses *course.Service

	checking chan struct{} // one file is checked at a time: playing every way takes a core and memory
}

// Routes is the table.
func (h *Handlers) Routes() []web.Route {
	h.checking = make(chan struct{}, 1)
	return []web.Route{
		{Method: http.MethodGet, Path: "/teach/write", Handler: h.getStart, Access: web.Teaching},
		{Method: http.MethodPost, Path: "/teach/write", Handler: h.postEdit, Access: web.Teaching, Body: maxBody},
		{Method: http.MethodPost, Path: "/teach/write/import", Handler: h.postImport, Access: web.Teaching, Body: maxImport + 64<<10},
	}
}

func (h *Handlers) getStart(c echo.Context) error { return h.start(c, http.StatusOK, pages.Start{}) }

func (h *Handlers) start(c echo.Context, status int, p pages.Start) error {
	revs, err := h.Courses.Catalogue(c.Request().Context())
	if err != nil {
		return err
	}
	p.Page, p.ImportMax = web.DeskPage(c, web.L(c).T("author.title"), "teach", "write"), maxImport>>20
	for _, r := range revs {
		x := pages.Course{Title: r.Title}
		for _, m := range r.Modules {
			for _, a := range m.Activities {
				if _, ok := a.Content.(*scenario.Scenario); ok {
					x.Steps = append(x.Steps, ui.Option{Value: r.Key + "/" + a.Key, Text: a.Title})
				}
			}
		}
		if len(x.Steps) > 0 {
			p.Courses = append(p.Courses, x)
		}
	}
	return web.Render(c, status, pages.ShowStart(p))
}

func (h *Handlers) postEdit(c echo.Context) error {
	r := c.Request()
	if err := r.ParseForm(); err != nil {
		return err
	}
	form := r.PostForm
	do, at := form.Get("do"), form.Get("at")
	src := strings.ReplaceAll(form.Get("source"), "\r\n", "\n")
	switch do {
	case "blank":
		src, at = string(author.Blank()), author.Scenes
	case "copy":
		var err error
		if src, err = h.published(c, form.Get("from")); err != nil {
			return err
		}
		at = author.Scenes
	case "paste":
		at = author.Scenes
		if strings.TrimSpace(src) == "" {
			return h.start(c, http.StatusUnprocessableEntity, pages.Start{Pasted: src, Error: web.L(c).T("author.empty")})
		}
		if len(src) > author.MaxFile {
			return h.start(c, http.StatusUnprocessableEntity, pages.Start{Pasted: src, Error: web.L(c).T("author.too_large", "Size", author.MaxFile>>10)})
		}
	}
	if len(src) > author.MaxFile {
		return h.show(c, http.StatusUnprocessableEntity, author.Text, src, author.Checked{}, web.L(c).T("author.too_large", "Size", author.MaxFile>>10))
	}
	d, _ := author.Read([]byte(src))
	if d != nil && at != author.Text {
		at = d.Open(at)
		d.Apply(d.Fields(at), form)
		at = d.Do(at, do, form)
		out, err := d.Bytes()
		switch {
		case err != nil:
			return fault.New(fault.Invalid, "author.unwritable")
		case len(out) > author.MaxFile: // shown as it would be, so that nothing typed is lost
			return h.show(c, http.StatusUnprocessableEntity, author.Text, string(out), author.Checked{}, web.L(c).T("author.too_large", "Size", author.MaxFile>>10))
		}
		src = string(out)
	} else if d != nil && strings.HasPrefix(do, "open:") {
		at = d.Open(strings.TrimPrefix(do, "open:"))
	}
	wrong := ""
	switch do {
	case "download":
		return download(c, d, ".scenario.yaml", "application/yaml", []byte(src))
	case "twee":
		sc, found := scenario.Parse([]byte(src))
		if sc != nil && !found.Broken() {
			return download(c, d, ".twee", "text/plain", outline.ToTwee(sc, []byte(src)))
		}
		wrong = web.L(c).T("author.twee_broken")
	}
	done, err := h.turn(r.Context())
	if err != nil {
		return err
	}
	defer done()
	return h.checked(c, at, src, wrong)
}

// turn waits for the one place where files are worked on; done gives it back.
func (h *Handlers) turn(ctx context.Context) (done func(), err error) {
	select {
	case h.checking <- struct{}{}:
		return func() { <-h.checking }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// checked shows the editor after a check.
func (h *Handlers) checked(c echo.Context, at, src, wrong string) error {
	checked := author.Check([]byte(src))
	if checked.Doc == nil {
		at = author.Text
	}
	status := http.StatusOK
	if wrong != "" {
		status = http.StatusUnprocessableEntity
	}
	return h.show(c, status, at, src, checked, wrong)
}

func (h *Handlers) postImport(c echo.Context) error {
	l := web.L(c)
	refuse := func(why string) error {
		return h.start(c, http.StatusUnprocessableEntity, pages.Start{ImportError: why})
	}
	f, _, err := c.Request().FormFile("file")
	if errors.Is(err, http.ErrMissingFile) || errors.Is(err, http.ErrNotMultipart) {
		return refuse(l.T("author.import_none"))
	}
	if err != nil {
		return err
	}
	defer f.Close()
	done, err := h.turn(c.Request().Context())
	if err != nil {
		return err
	}
	defer done()
	raw, err := io.ReadAll(io.LimitReader(f, maxImport+1))
	switch {
	case err != nil:
		return err
	case len(raw) > maxImport:
		return refuse(l.T("author.import_large", "Size", maxImport>>20))
	}
	d, err := outline.Read(raw)
	if err != nil {
		return refuse(l.T("author.import_refused", "Why", err.Error()))
	}
	gaps := make([]string, len(d.Gaps))
	for i, g := range d.Gaps {
		gaps[i] = g.String()
	}
	src := string(author.WithGaps(d.YAML, gaps))
	if len(src) > author.MaxFile {
		return refuse(l.T("author.too_large", "Size", author.MaxFile>>10))
	}
	return h.checked(c, author.Scenes, src, "")
}

func (h *Handlers) published(c echo.Context, from string) (string, error) {
	key, step, _ := strings.Cut(from, "/")
	rev, err := h.Courses.Current(c.Request().Context(), key)
	if err != nil {
		return "", err
	}
	if a := rev.Activity(step); a != nil {
		if s, ok := a.Content.(*scenario.Scenario); ok {
			return string(s.Source()), nil
		}
	}
	return "", fault.New(fault.NotFound, "error.not_found")
}

func (h *Handlers) show(c echo.Context, status int, at, src string, checked author.Checked, wrong string) error {
	p := pages.Edit{Page: web.DeskPage(c, web.L(c).T("author.title"), "teach", "write"), At: at, Source: src, Checked: checked, Gaps: author.Gaps(src), Error: wrong}
	if d := checked.Doc; d != nil {
		p.At = d.Open(at)
		p.Fields = d.Fields(p.At)
		author.Place(p.Fields, checked.Findings)
	}
	return web.Render(c, status, pages.ShowEdit(p))
}

func download(c echo.Context, d *author.Doc, ending, kind string, data []byte) error {
	name := "scenario"
	if d != nil && d.ID() != "" {
		name = d.ID()
	}
	hd := c.Response().Header()
	hd.Set(echo.HeaderContentDisposition, mime.FormatMediaType("attachment", map[string]string{"filename": name + ending}))
	hd.Set(echo.HeaderCacheControl, "no-store")
	return c.Blob(http.StatusOK, kind+"; charset=utf-8", data)
}
