package forumweb

import (
	"errors"
	"io"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"greenroom/internal/draft"
	"greenroom/internal/fault"
	"greenroom/internal/forum"
	"greenroom/internal/id"
	"greenroom/internal/web"
	"greenroom/internal/words"
	pages "greenroom/web/templates/forum"
)

// composer is the form to write in, with the draft that is there; nil and why where one cannot write. read is the thread's page, nil
// elsewhere.
func (h *Handlers) composer(c echo.Context, s spot, read *forum.Page, parent *forum.Seen, typed *pages.Composer) (*pages.Composer, string, error) {
	l := web.L(c)
	if why := closed(s); why != "" && typed == nil {
		return nil, l.T(why), nil
	}
	k := &pages.Composer{Client: id.New(), Form: draft.Form{Page: id.New()}}
	if typed != nil {
		*k = *typed
	} else {
		var d *forum.Draft
		var err error
		if s.t != nil && read != nil {
			d = read.Draft
		} else if d, err = h.Forum.DraftOf(c.Request().Context(), s.v.Who.ID, s.place()); err != nil {
			return nil, "", err
		}
		if d != nil {
			k.Title, k.Body, k.Form.Version, k.Saved = d.Title, d.Body, d.Version, l.DateTime(web.Local(c, d.SavedAt))
			if parent == nil && d.ParentID != "" && s.t != nil && s.v.Unlocked {
				if parent, err = h.Forum.One(c.Request().Context(), s.v, s.t, d.ParentID); err != nil && !fault.Is(err, fault.NotFound) {
					return nil, "", err
				}
			}
		}
		if parent != nil && c.QueryParam("quote") != "" {
			name := parent.Name
			if name == "" {
				name = l.T("forum.former")
			}
			if q := forum.Quote(name, &parent.Post); !strings.Contains(k.Body, strings.TrimSpace(q)) { // once, however often the page is loaded
				k.Body = q + k.Body
			}
		}
	}
	waits, err := h.Moderation.Waits(c.Request().Context(), s.v)
	if err != nil {
		return nil, "", err
	}
	if waits.ReadOnly && typed == nil {
		return nil, waits.Caretaker, nil
	}
	k.Waits = waits
	k.Action, k.Parent, k.Pseudonym = s.path(), parent, s.v.Settings.Pseudonyms
	k.WithTitle = s.t == nil && !s.v.Prompt()
	k.Label, k.Button = l.T("forum.compose_post"), l.T("forum.post")
	switch {
	case k.WithTitle:
		k.Label, k.Button = l.T("forum.compose_thread"), l.T("forum.begin")
	case s.v.Prompt() && parent == nil:
		k.Label = l.T("forum.compose_answer")
		if s.v.Content.MinWords > 0 && !s.v.Staff {
			k.MinWords = s.v.Content.MinWords
		}
	}
	return k, "", nil
}

// left is what the reader had begun to write where nobody can write any more: they can still copy it, or let it go.
func (h *Handlers) left(c echo.Context, s spot) (*pages.Left, error) {
	d, err := h.Forum.DraftOf(c.Request().Context(), s.v.Who.ID, s.place())
	if err != nil || d == nil || strings.TrimSpace(d.Body) == "" {
		return nil, err
	}
	return &pages.Left{
		Action: s.path() + "/draft", Form: draft.Form{Page: id.New(), Version: d.Version}, Title: d.Title, Body: d.Body,
		Saved: web.L(c).DateTime(web.Local(c, d.SavedAt)),
	}, nil
}

// closed is the message why nobody can write here, "" when they can.
func closed(s spot) string {
	switch {
	case s.v.Over:
		return "forum.why_over"
	case s.v.Shut:
		return "forum.why_group"
	case s.v.Closed():
		return "forum.why_closed"
	case s.t != nil && s.t.Locked && !s.v.Staff:
		return "forum.why_locked"
	}
	return ""
}

// typedForm is what came with a form.
func typedForm(c echo.Context) *pages.Composer {
	page := web.DraftForm(c)
	return &pages.Composer{
		Client: c.FormValue("client"), Title: c.FormValue("title"), Body: forum.Tidy(c.FormValue("body")), Alias: c.FormValue("alias") == "1", Pictures: c.FormValue("pictures"),
		Return: c.FormValue("return"), Rules: int(web.Number(c.Request().Form, "rules")), Form: page,
	}
}

// postBoard begins a thread, or writes the first answer to a prompt.
func (h *Handlers) postBoard(c echo.Context) error {
	s, err := h.board(c)
	if err != nil {
		return err
	}
	if s.v.Prompt() && s.lists() {
		return errNotFound // staff write in the thread of a group
	}
	return h.write(c, func(echo.Context) (spot, error) { return s, nil }, func(n forum.Text) (*forum.Post, error) {
		n.ThreadID = s.threadID()
		return h.Forum.Write(c.Request().Context(), s.v, n)
	})
}

// postThread replies in a thread.
func (h *Handlers) postThread(c echo.Context) error {
	return h.write(c, h.thread, func(n forum.Text) (*forum.Post, error) {
		n.ThreadID = c.Param("thread")
		return h.Forum.Reply(c.Request().Context(), web.ViewerOf(c).Person, n)
	})
}

// write posts what came with a form. Where it is refused it finds the page again.
func (h *Handlers) write(c echo.Context, find func(echo.Context) (spot, error), post func(forum.Text) (*forum.Post, error)) error {
	typed := typedForm(c)
	refused := func(why error) error {
		s, err := find(c)
		if err != nil {
			return err
		}
		return h.refused(c, s, typed, why)
	}
	if web.Oversized(c) {
		var f fault.Fields
		f.Add("files", "forum.files_big", "N", forum.MaxFiles, "Max", forum.MaxFile>>20)
		return refused(f.Err())
	}
	files, err := uploads(c, typed.Pictures)
	if err != nil {
		return err
	}
	typed.Again = len(files) > 0
	p, err := post(forum.Text{
		ParentID: c.FormValue("parent"), ClientID: typed.Client, Title: typed.Title, Body: typed.Body, Pseudonym: typed.Alias, Files: files, Rules: typed.Rules,
	})
	if err != nil {
		return refused(err)
	}
	if typed.Return != "" {
		return web.SeeOther(c, web.OwnPath(typed.Return, "/")+"#p-"+p.ID)
	}
	return web.SeeOther(c, forum.PostPath(p.ID))
}

// refused shows the page again with what was typed.
func (h *Handlers) refused(c echo.Context, s spot, typed *pages.Composer, err error) error {
	typed.Unsaved = true
	if forum.WasKept(err) { // the page has the draft, and says why nobody can write
		web.Notice(c, "caution", fault.From(err).Key)
		return web.SeeOther(c, s.path())
	}
	if fault.Is(err, fault.NotFound) && c.FormValue("parent") != "" { // the reader is on the page, so it is the post that they answer
		typed.Alone = true
		err = fault.New(fault.Conflict, "forum.parent_gone").Because(err)
	}
	if f := fault.From(err); f != nil && f.Key == "forum.client_used" {
		typed.Client = id.New() // pressing again is meant
	}
	status, err := beside(err)
	if !fault.Is(err, fault.Invalid) {
		return err
	}
	if s.lists() {
		return h.showBoard(c, status, s, typed, err)
	}
	return h.showThread(c, status, s, typed, err)
}

// beside puts what refuses a text as a whole beside it, with the status it had.
func beside(err error) (int, error) {
	f := fault.From(err)
	if f == nil || f.Kind != fault.Limited && f.Kind != fault.Conflict {
		return http.StatusUnprocessableEntity, err
	}
	var at fault.Fields
	at.Add("body", f.Key, f.Args...)
	return web.Status(f.Kind), at.Err()
}

// uploads reads the files of a form. pictures says in its lines what the pictures among them show, in their order.
func uploads(c echo.Context, pictures string) ([]forum.Upload, error) {
	form, err := c.MultipartForm()
	if errors.Is(err, http.ErrNotMultipart) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var shows []string
	for line := range strings.Lines(pictures) {
		if line = words.Clean(line, true); line != "" {
			shows = append(shows, line)
		}
	}
	var out []forum.Upload
	for _, head := range form.File["files"] {
		if head.Size == 0 && head.Filename == "" {
			continue
		}
		f, err := head.Open()
		if err != nil {
			return nil, err
		}
		data, err := io.ReadAll(io.LimitReader(f, forum.MaxFile+1))
		if err = errors.Join(err, f.Close()); err != nil {
			return nil, err
		}
		up := forum.Upload{Name: head.Filename, Data: data}
		if len(shows) > 0 && strings.HasPrefix(http.DetectContentType(data), "image/") {
			up.Alt, shows = shows[0], shows[1:]
		}
		out = append(out, up)
	}
	return out, nil
}

func (h *Handlers) postBoardDraft(c echo.Context) error  { return h.draft(c, h.board) }
func (h *Handlers) postThreadDraft(c echo.Context) error { return h.draft(c, h.thread) }

func (h *Handlers) draft(c echo.Context, find func(echo.Context) (spot, error)) error {
	s, err := find(c)
	if err != nil {
		return err
	}
	typed := typedForm(c)
	err = h.Forum.SaveDraft(c.Request().Context(), s.v, s.place(), typed.Title, typed.Body, c.FormValue("parent"), typed.Form)
	switch {
	case web.WantsJSON(c):
		if err != nil {
			return web.OneLine(err)
		}
		return c.NoContent(http.StatusNoContent)
	case fault.Is(err, fault.Conflict):
		// A page that another has overtaken, sent by its own button: what it says is what stands now.
		return h.settle(c, s, typed)
	case err != nil:
		return h.refused(c, s, typed, err)
	}
	said := "forum.draft_saved"
	if typed.Body == "" && typed.Title == "" {
		said = "forum.draft_dropped"
	}
	web.Notice(c, "ok", said)
	return web.SeeOther(c, s.path())
}

// settle lets somebody choose between two drafts: the page has their text, and the next save of it counts.
func (h *Handlers) settle(c echo.Context, s spot, typed *pages.Composer) error {
	d, err := h.Forum.DraftOf(c.Request().Context(), s.v.Who.ID, s.place())
	if err != nil {
		return err
	}
	if d != nil {
		typed.Form.Version = d.Version
		typed.Hint = web.L(c).T("forum.draft_other", "Text", words.Clip(d.Body, 300))
	}
	typed.Form.Page = id.New()
	if s.lists() {
		return h.showBoard(c, http.StatusConflict, s, typed, nil)
	}
	return h.showThread(c, http.StatusConflict, s, typed, nil)
}

func (h *Handlers) postBoardPreview(c echo.Context) error  { return h.preview(c, h.board) }
func (h *Handlers) postThreadPreview(c echo.Context) error { return h.preview(c, h.thread) }

func (h *Handlers) preview(c echo.Context, find func(echo.Context) (spot, error)) error {
	s, err := find(c)
	if err != nil {
		return err
	}
	ctx, typed := c.Request().Context(), typedForm(c)
	typed.Unsaved = true
	if form, err := c.MultipartForm(); err == nil {
		typed.Again = len(form.File["files"]) > 0 && form.File["files"][0].Filename != ""
	}
	html, err := h.Forum.Preview(ctx, s.v, s.threadID(), typed.Body)
	if err != nil {
		return err
	}
	if web.WantsJSON(c) {
		return c.JSON(http.StatusOK, map[string]string{"html": string(html)})
	}
	p := pages.Preview{Page: web.Page(c, web.L(c).T("forum.preview_title")), View: view(c, s.v), HTML: html}
	p.Section, p.Robots = "courses", "noindex"
	var parent *forum.Seen
	if id.Valid(c.FormValue("parent")) && s.t != nil {
		if parent, err = h.Forum.One(ctx, s.v, s.t, c.FormValue("parent")); err != nil && !fault.Is(err, fault.NotFound) {
			return err
		}
	}
	if p.Compose, _, err = h.composer(c, s, nil, parent, typed); err != nil {
		return err
	}
	p.Title = p.View.BoardTitle(s.v, "")
	if s.t != nil && s.t.Title != "" {
		p.Title = s.t.Title
	}
	return web.Render(c, http.StatusOK, pages.ShowPreview(p))
}
