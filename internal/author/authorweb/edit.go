package authorweb

import (
	"errors"
	"mime"
	"net/http"
	"net/url"
	"strings"

	"github.com/labstack/echo/v4"

	"greenroom/internal/author"
	"greenroom/internal/draft"
	"greenroom/internal/fault"
	"greenroom/internal/id"
	"greenroom/internal/outline"
	"greenroom/internal/scenario"
	"greenroom/internal/web"
	pages "greenroom/web/templates/author"
	"greenroom/web/templates/ui"
)

func (h *Handlers) open(c echo.Context) (*author.Draft, error) {
	return h.Drafts.Open(c.Request().Context(), web.ViewerOf(c).Person, c.Param("draft"))
}

func (h *Handlers) getEdit(c echo.Context) error {
	d, err := h.open(c)
	if err != nil {
		return err
	}
	return h.show(c, http.StatusOK, d, shown{at: c.QueryParam("at"), source: d.Source})
}

// shown is what a page of the editor shows of a draft.
type shown struct {
	at     string
	source string // the file; what was typed, where it was not taken
	wrong  string // what is wrong with what was sent
	note   string
	rename string            // the key that was typed for the scene; "" is the one it has
	form   map[string]string // what is wrong with fields of the form itself
	errors []ui.FieldError   // the same, for the summary
}

func (h *Handlers) show(c echo.Context, status int, d *author.Draft, v shown) error {
	checked, err := h.checks.of(c.Request().Context(), v.source)
	if err != nil {
		return err
	}
	p := pages.Edit{
		Page: web.DeskPage(c, web.L(c).T("author.title"), "teach", "write"), Draft: d, At: author.Text, Source: v.source, Checked: checked,
		Gaps: author.Gaps(v.source), Error: v.wrong, Note: v.note, NoteError: v.form["note"], Rename: v.rename, RenameError: v.form["rename"], Errors: v.errors,
		Form: draft.Form{Version: d.Version, Page: id.New()},
	}
	p.Saved = p.L.DateTime(web.Local(c, d.SavedAt))
	if doc := checked.Doc; doc != nil {
		p.At = doc.Open(v.at)
		p.Fields = doc.Fields(p.At)
		author.Place(p.Fields, checked.Findings)
		if _, isPassage := strings.CutPrefix(p.At, author.At("")); isPassage || p.At == author.Scenes {
			if p.Figures, err = h.figures(c, d); err != nil {
				return err
			}
		}
	}
	return web.Render(c, status, pages.ShowEdit(p))
}

// postEdit keeps what was typed and does what the button says. A script that saves by itself wants no page, and makes no note.
func (h *Handlers) postEdit(c echo.Context) error {
	if err := c.Request().ParseForm(); err != nil {
		return err
	}
	form := c.Request().PostForm
	script := web.WantsJSON(c)
	ch := author.Change{
		Page: web.DraftForm(c),
		At:   form.Get("at"), Do: form.Get("do"), Form: form, Note: form.Get("note"),
	}
	key, isPassage := strings.CutPrefix(ch.At, "p:")
	to := strings.TrimSpace(form.Get("rename"))
	switch {
	case script:
		ch.Do, ch.Note = "", ""
		form.Del("rename")
	case isPassage && form.Has("rename") && to != key && ch.Note == "":
		ch.Note = web.L(c).T("author.renamed", "From", key, "To", to)
	}
	d, at, err := h.Drafts.Write(c.Request().Context(), web.ViewerOf(c).Person, c.Param("draft"), ch)
	var clash *author.Clash
	switch {
	case script && err == nil:
		return c.NoContent(http.StatusNoContent)
	case script:
		return web.OneLine(err)
	case err == nil:
		verb, _, _ := strings.Cut(ch.Do, ":")
		switch verb {
		case "play":
			passage, ok := strings.CutPrefix(at, author.At(""))
			if !ok {
				passage = ""
			}
			return web.SeeOther(c, pages.Path(d.ID)+"/play?at="+url.QueryEscape(passage))
		case "publish":
			return web.SeeOther(c, pages.Path(d.ID)+"/publish")
		case "check", "":
			web.Notice(c, "ok", "author.saved")
		}
		return web.SeeOther(c, place(d.ID, at))
	case errors.As(err, &clash):
		return h.clashed(c, clash, ch.At)
	case fault.Is(err, fault.Invalid):
		return h.refused(c, ch, err)
	}
	return err
}

// refused shows what could not be kept, with what was typed in it.
func (h *Handlers) refused(c echo.Context, ch author.Change, why error) error {
	d, err := h.open(c)
	if err != nil {
		return err
	}
	by, all := web.FieldErrors(web.L(c), why)
	v := shown{at: ch.At, source: d.Source, note: ch.Form.Get("note"), rename: strings.TrimSpace(ch.Form.Get("rename")), form: by, wrong: by["source"]}
	var large *author.TooLarge
	switch {
	case errors.As(why, &large):
		v.at, v.source = author.Text, large.Source
		return h.tooLarge(c, d, v)
	case ch.At == author.Text:
		v.source = author.Unix(ch.Form.Get("source"))
	default:
		if doc, _ := author.Read([]byte(d.Source)); doc != nil {
			doc.Apply(doc.Fields(doc.Open(ch.At)), ch.Form)
			if raw, err := doc.Bytes(); err == nil {
				v.source = string(raw)
			}
		}
	}
	if len(by) == 0 {
		v.wrong = web.L(c).T(fault.From(why).Key)
	} else {
		v.errors = all
	}
	return h.show(c, http.StatusUnprocessableEntity, d, v)
}

// tooLarge shows a file that is too large as a text, unchecked.
func (h *Handlers) tooLarge(c echo.Context, d *author.Draft, v shown) error {
	p := pages.Edit{
		Page: web.DeskPage(c, web.L(c).T("author.title"), "teach", "write"), Draft: d, At: author.Text, Source: v.source, Error: v.wrong,
		Form: draft.Form{Version: d.Version, Page: id.New()},
	}
	return web.Render(c, http.StatusUnprocessableEntity, pages.ShowEdit(p))
}

func (h *Handlers) getFile(c echo.Context) error {
	d, err := h.open(c)
	if err != nil {
		return err
	}
	return download(c, d, ".scenario.yaml", "application/yaml", []byte(d.Source))
}

func (h *Handlers) getTwee(c echo.Context) error {
	d, err := h.open(c)
	if err != nil {
		return err
	}
	sc, found := scenario.Parse([]byte(d.Source))
	if sc == nil || found.Broken() {
		return h.show(c, http.StatusUnprocessableEntity, d, shown{at: author.Scenes, source: d.Source, wrong: web.L(c).T("author.twee_broken")})
	}
	return download(c, d, ".twee", "text/plain", outline.ToTwee(sc, []byte(d.Source)))
}

func download(c echo.Context, d *author.Draft, ending, kind string, data []byte) error {
	name := "scenario"
	if doc, _ := author.Read([]byte(d.Source)); doc != nil && doc.ID() != "" {
		name = doc.ID()
	}
	hd := c.Response().Header()
	hd.Set(echo.HeaderContentDisposition, mime.FormatMediaType("attachment", map[string]string{"filename": name + ending}))
	hd.Set(echo.HeaderCacheControl, "no-store")
	return c.Blob(http.StatusOK, kind+"; charset=utf-8", data)
}
