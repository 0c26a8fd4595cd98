// Package authorweb is the scenario editor in the browser: drafts that the site keeps, written by forms.
//
//	authorweb.go  the routes, the list, ways to begin
//	edit.go       one draft at one place of its file: what is typed, and buttons, are one POST
//	history.go    revisions compared and restored; who writes along
//	try.go        a draft played from any scene; nothing of it is kept
//	figures.go    what learners did in the published scenario, beside the forms
//	publish.go    a draft becomes a step of a course
//	check.go      the checker, one file at a time
package authorweb

import (
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"greenroom/internal/author"
	"greenroom/internal/course"
	"greenroom/internal/fault"
	"greenroom/internal/id"
	"greenroom/internal/insight"
	"greenroom/internal/outline"
	"greenroom/internal/scenario"
	"greenroom/internal/shelf"
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
	Drafts  *author.Drafts
	Runs    *scenario.Service
	Insight *insight.Service
	Now     func() time.Time

	checks checks
	flows  *shelf.Shelf[[3]string, flow] // by course, step and cohort: what was counted last
}

// Routes is the table. Which drafts are somebody's is the service's question: others do not exist.
func (h *Handlers) Routes() []web.Route {
	h.checks.turn = make(chan struct{}, 1)
	h.flows = shelf.New(100, func([3]string, flow) int { return 1 })
	const all, one = "/teach/write", "/teach/write/:draft"
	return []web.Route{
		{Method: http.MethodGet, Path: all, Handler: h.getStart, Access: web.Teaching},
		{Method: http.MethodPost, Path: all, Handler: h.postBegin, Access: web.Teaching, Body: maxBody},
		{Method: http.MethodPost, Path: all + "/import", Handler: h.postImport, Access: web.Teaching, Body: maxImport + 64<<10},
		{Method: http.MethodGet, Path: one, Handler: h.getEdit, Access: web.Teaching},
		{Method: http.MethodPost, Path: one, Handler: h.postEdit, Access: web.Teaching, Body: maxBody},
		{Method: http.MethodPost, Path: one + "/remove", Handler: h.postRemove, Access: web.Teaching},
		{Method: http.MethodGet, Path: one + "/scenario.yaml", Handler: h.getFile, Access: web.Teaching},
		{Method: http.MethodGet, Path: one + "/story.twee", Handler: h.getTwee, Access: web.Teaching},
		{Method: http.MethodGet, Path: one + "/revisions", Handler: h.getHistory, Access: web.Teaching},
		{Method: http.MethodGet, Path: one + "/revisions/:number", Handler: h.getCompare, Access: web.Teaching},
		{Method: http.MethodPost, Path: one + "/revisions/:number", Handler: h.postRestore, Access: web.Teaching},
		{Method: http.MethodGet, Path: one + "/play", Handler: h.getTry, Access: web.Teaching},
		{Method: http.MethodPost, Path: one + "/play/:verb", Handler: h.postTry, Access: web.Teaching},
		{Method: http.MethodGet, Path: one + "/publish", Handler: h.getPublish, Access: web.Teaching},
		{Method: http.MethodPost, Path: one + "/publish", Handler: h.postPublish, Access: web.Teaching},
		{Method: http.MethodPost, Path: one + "/people", Handler: h.postPeople, Access: web.Teaching},
	}
}

func (h *Handlers) getStart(c echo.Context) error { return h.start(c, http.StatusOK, pages.Start{}) }

// listed is how many drafts the list shows: those that somebody can own, and as many of others again.
const listed = 2 * author.MaxDrafts

func (h *Handlers) start(c echo.Context, status int, p pages.Start) error {
	ctx := c.Request().Context()
	revs, err := h.Courses.Catalogue(ctx)
	if err != nil {
		return err
	}
	p.Page, p.ImportMax, p.NewID = web.DeskPage(c, web.L(c).T("author.title"), "teach", "write"), maxImport>>20, id.New()
	all, err := h.Drafts.List(ctx, web.ViewerOf(c).Person, listed)
	if err != nil {
		return err
	}
	for _, d := range all {
		p.Drafts = append(p.Drafts, pages.Line{Draft: d, Saved: p.L.DateTime(web.Local(c, d.SavedAt))})
	}
	for _, r := range revs {
		x := pages.Course{Title: r.Title}
		for _, m := range r.Modules {
			for _, a := range m.Activities {
				if _, ok := a.Content().(*scenario.Scenario); ok {
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

func (h *Handlers) postBegin(c echo.Context) error {
	if err := c.Request().ParseForm(); err != nil {
		return err
	}
	form := c.Request().PostForm
	l, from := web.L(c), ""
	var src string
	switch form.Get("do") {
	case "copy":
		var err error
		if from = form.Get("from"); from != "" {
			src, err = h.published(c, from)
		}
		if err != nil {
			return err
		}
	case "paste":
		src = author.Unix(form.Get("source"))
		if strings.TrimSpace(src) == "" {
			return h.start(c, http.StatusUnprocessableEntity, pages.Start{Pasted: src, Error: l.T("author.empty")})
		}
		if len(src) > author.MaxFile {
			return h.start(c, http.StatusUnprocessableEntity, pages.Start{Pasted: src, Error: l.T("author.too_large", "Size", author.MaxFile>>10)})
		}
	default:
		src = string(author.Blank())
	}
	return h.begin(c, form.Get("id"), src, from)
}

// begin keeps a file as a draft and opens it.
func (h *Handlers) begin(c echo.Context, newID, src, from string) error {
	d, err := h.Drafts.Create(c.Request().Context(), web.ViewerOf(c).Person, newID, src, from)
	if err != nil {
		return err
	}
	return web.SeeOther(c, pages.Path(d.ID))
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
	done, err := h.checks.wait(c.Request().Context())
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
	return h.begin(c, c.FormValue("id"), src, "")
}

// published is the file of a scenario of a course: "course/module/step".
func (h *Handlers) published(c echo.Context, from string) (string, error) {
	key, step, _ := strings.Cut(from, "/")
	rev, err := h.Courses.Current(c.Request().Context(), key)
	if err != nil {
		return "", err
	}
	if a := rev.Activity(step); a != nil {
		if s, ok := a.Content().(*scenario.Scenario); ok {
			return string(s.Source()), nil
		}
	}
	return "", fault.New(fault.NotFound, "error.not_found")
}

func (h *Handlers) postRemove(c echo.Context) error {
	if err := h.Drafts.Remove(c.Request().Context(), web.ViewerOf(c).Person, c.Param("draft")); err != nil {
		return err
	}
	web.Notice(c, "ok", "author.removed")
	return web.SeeOther(c, "/teach/write")
}

// place is the address of a place of a draft.
func place(draftID, at string) string {
	if at == author.Scenes {
		return pages.Path(draftID)
	}
	return pages.Path(draftID) + "?at=" + url.QueryEscape(at)
}
