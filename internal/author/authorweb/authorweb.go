// Package authorweb is the scenario editor in the browser. The site keeps nothing of it: each page carries the whole file
// and gives it back with what was typed, so that going back in the browser undoes, and the file is downloaded at the end.
//
//	GET  /teach/write    begin: a new scenario, one of a course, or a file that is pasted in
//	POST /teach/write    the editor after one press of a button; or the file, to keep
package authorweb

import (
	"mime"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"greenroom/internal/author"
	"greenroom/internal/course"
	"greenroom/internal/fault"
	"greenroom/internal/scenario"
	"greenroom/internal/web"
	pages "greenroom/web/templates/author"
	"greenroom/web/templates/ui"
)

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
	}
}

func (h *Handlers) getStart(c echo.Context) error { return h.start(c, http.StatusOK, "", "") }

func (h *Handlers) start(c echo.Context, status int, pasted, wrong string) error {
	revs, err := h.Courses.Catalogue(c.Request().Context())
	if err != nil {
		return err
	}
	p := pages.Start{Page: web.DeskPage(c, web.L(c).T("author.title"), "teach", "write"), Pasted: pasted, Error: wrong}
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
			return h.start(c, http.StatusUnprocessableEntity, src, web.L(c).T("author.empty"))
		}
		if len(src) > author.MaxFile {
			return h.start(c, http.StatusUnprocessableEntity, src, web.L(c).T("author.too_large", "Size", author.MaxFile>>10))
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
	if do == "download" {
		return download(c, d, src)
	}
	select {
	case h.checking <- struct{}{}:
		defer func() { <-h.checking }()
	case <-r.Context().Done():
		return r.Context().Err()
	}
	checked := author.Check([]byte(src))
	if checked.Doc == nil {
		at = author.Text
	}
	return h.show(c, http.StatusOK, at, src, checked, "")
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
	p := pages.Edit{Page: web.DeskPage(c, web.L(c).T("author.title"), "teach", "write"), At: at, Source: src, Checked: checked, Error: wrong}
	if d := checked.Doc; d != nil {
		p.At = d.Open(at)
		p.Fields = d.Fields(p.At)
		author.Place(p.Fields, checked.Findings)
	}
	return web.Render(c, status, pages.ShowEdit(p))
}

func download(c echo.Context, d *author.Doc, src string) error {
	name := "scenario"
	if d != nil && d.ID() != "" {
		name = d.ID()
	}
	hd := c.Response().Header()
	hd.Set(echo.HeaderContentDisposition, mime.FormatMediaType("attachment", map[string]string{"filename": name + ".scenario.yaml"}))
	hd.Set(echo.HeaderCacheControl, "no-store")
	return c.Blob(http.StatusOK, "application/yaml; charset=utf-8", []byte(src))
}
