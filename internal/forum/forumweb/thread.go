package forumweb

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strconv"

	"github.com/labstack/echo/v4"

	"greenroom/internal/draft"
	"greenroom/internal/fault"
	"greenroom/internal/forum"
	"greenroom/internal/id"
	"greenroom/internal/web"
	pages "greenroom/web/templates/forum"
	"greenroom/web/templates/ui"
)

// spot is where somebody writes: a board, or a thread on it.
type spot struct {
	v *forum.Visit
	t *forum.Thread // nil for what begins on the board
}

func (s spot) place() string {
	if s.t != nil {
		return s.t.ID
	}
	return forum.NewPlace(s.v.Delivery.ID, s.v.Board)
}

func (s spot) path() string {
	if s.t != nil {
		return pages.ThreadPath(s.t.ID)
	}
	return pages.BoardPath(s.v.Delivery.ID, s.v.Board)
}

func (s spot) threadID() string {
	if s.t != nil {
		return s.t.ID
	}
	return ""
}

// board finds the board that the address names. Of a prompt it is the thread that the reader is in, once there is one.
func (h *Handlers) board(c echo.Context) (spot, error) {
	ctx := c.Request().Context()
	v, err := h.Forum.Visit(ctx, web.ViewerOf(c).Person, c.Param("delivery"), c.Param("board"))
	if err != nil || !v.Prompt() || v.Staff && !v.Member() && v.Delivery.Cohort() {
		return spot{v: v}, err
	}
	t, err := h.Forum.PromptThread(ctx, v)
	return spot{v, t}, err
}

func (h *Handlers) thread(c echo.Context) (spot, error) {
	v, t, err := h.Forum.VisitThread(c.Request().Context(), web.ViewerOf(c).Person, c.Param("thread"))
	return spot{v, t}, err
}

// lists says whether the page of a board is a list of threads, and not the thread of a prompt.
func (s spot) lists() bool {
	return s.t == nil && (!s.v.Prompt() || s.v.Staff && !s.v.Member() && s.v.Delivery.Cohort())
}

func (h *Handlers) getBoard(c echo.Context) error {
	s, err := h.board(c)
	if err != nil {
		return err
	}
	if s.lists() {
		return h.showBoard(c, http.StatusOK, s, nil, nil)
	}
	return h.showThread(c, http.StatusOK, s, nil, nil)
}

func (h *Handlers) getThread(c echo.Context) error {
	s, err := h.thread(c)
	if err != nil {
		return err
	}
	if s.t.ID != c.Param("thread") { // merged into another
		return c.Redirect(http.StatusMovedPermanently, pages.ThreadPath(s.t.ID))
	}
	return h.showThread(c, http.StatusOK, s, nil, nil)
}

// showBoard renders a list of threads; typed is a form that was refused, nil for a fresh one.
func (h *Handlers) showBoard(c echo.Context, status int, s spot, typed *pages.Composer, why error) error {
	ctx, l, list, n := c.Request().Context(), web.L(c), c.QueryParam("list"), number(c)
	threads, total, err := h.Forum.Threads(ctx, s.v, list, n)
	if err != nil {
		return err
	}
	p := pages.Board{View: view(c, s.v), Threads: threads, List: list}
	name := ""
	if s.v.Group != "" && !s.v.Prompt() {
		if name, _, err = h.Forum.GroupName(ctx, s.v.Group); err != nil {
			return err
		}
	}
	p.Title = p.BoardTitle(s.v, name)
	p.Page = web.Page(c, p.Title)
	p.Section, p.Robots = "courses", "noindex"
	p.Nav = nav(n, total, func(page int) string { return pages.ListPath(s.v.Delivery.ID, s.v.Board, list, page) })
	if s.v.Prompt() {
		p.Why = l.T("forum.why_staff")
	} else if p.Compose, p.Why, err = h.composer(c, s, nil, typed); err != nil {
		return err
	}
	by, errs := web.FieldErrors(l, why)
	p.Errors, p.HasError = errs, why != nil
	if p.Compose != nil {
		p.Compose.By = by
	}
	return web.Render(c, status, pages.ShowBoard(p))
}

// showThread renders a thread, or a prompt in which nobody has written yet.
func (h *Handlers) showThread(c echo.Context, status int, s spot, typed *pages.Composer, why error) error {
	p, err := h.threadPage(c, s, typed, why)
	if err != nil {
		return err
	}
	p.Page = web.Page(c, p.Title)
	p.Section, p.Robots, p.HasError = "courses", "noindex", why != nil
	return web.Render(c, status, pages.ShowThread(*p))
}

// threadPage gathers what a thread's page shows.
func (h *Handlers) threadPage(c echo.Context, s spot, typed *pages.Composer, why error) (*pages.ThreadPage, error) {
	ctx, l := c.Request().Context(), web.L(c)
	at := forum.Where{At: c.QueryParam("at"), After: c.QueryParam("after"), Before: c.QueryParam("before")}
	read, err := h.Forum.Page(ctx, s.v, s.t, at)
	if err != nil {
		return nil, err
	}
	p := &pages.ThreadPage{View: view(c, s.v), Thread: s.t, Read: read}
	group := s.v.Group
	if s.t != nil {
		p.Title, group = s.t.Title, s.t.GroupID
	}
	name := ""
	if group != "" {
		if name, p.Group, err = h.Forum.GroupName(ctx, group); err != nil {
			return nil, err
		}
		if !s.v.Prompt() {
			p.Group = 0
		}
	}
	p.Board = p.BoardTitle(s.v, name)
	if s.v.Prompt() {
		p.Title = s.v.Activity.Title
		p.Board = s.v.Activity.Module.Title
		if s.v.Member() {
			if p.Part, err = h.Forum.PartOf(ctx, s.v); err != nil {
				return nil, err
			}
			if p.Grade, err = h.Forum.GradeOf(ctx, s.v); err != nil {
				return nil, err
			}
		}
	}
	for _, b := range forum.Boards {
		p.Moves = append(p.Moves, ui.Option{Value: b, Text: l.T("forum.board_" + b), Selected: b == s.v.Board})
	}
	var parent *forum.Seen
	if reply := c.QueryParam("reply") + c.FormValue("parent"); id.Valid(reply) && s.t != nil && s.v.Unlocked {
		if parent, err = h.Forum.One(ctx, s.v, s.t, reply); err != nil && !fault.Is(err, fault.NotFound) {
			return nil, err
		}
	}
	p.Compose, p.Why, err = h.composer(c, s, parent, typed)
	by, errs := web.FieldErrors(l, why)
	p.Errors = errs
	if p.Compose != nil {
		p.Compose.By = by
	}
	return p, err
}

// composer is the form to write in, with the draft that is there; nil and why where one cannot write.
func (h *Handlers) composer(c echo.Context, s spot, parent *forum.Seen, typed *pages.Composer) (*pages.Composer, string, error) {
	l := web.L(c)
	if why := closed(s); why != "" && typed == nil {
		return nil, l.T(why), nil
	}
	k := &pages.Composer{Client: id.New(), Form: draft.Form{Page: id.New()}}
	if typed != nil {
		*k = *typed
	} else {
		d, err := h.Forum.DraftOf(c.Request().Context(), s.v.Who.ID, s.place())
		if err != nil {
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
			k.Body = forum.Quote(name, &parent.Post) + k.Body
		}
	}
	waits, err := h.Moderation.Waits(c.Request().Context(), s.v)
	if err != nil {
		return nil, "", err
	}
	if waits.ReadOnly && typed == nil && !s.v.Staff {
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

// closed is the message why nobody can write here, "" when they can.
func closed(s spot) string {
	switch {
	case s.v.Over:
		return "forum.why_over"
	case s.v.Closed():
		return "forum.why_closed"
	case s.t != nil && s.t.Locked && !s.v.Staff:
		return "forum.why_locked"
	}
	return ""
}

// typedForm is what came with a form.
func typedForm(c echo.Context) *pages.Composer {
	n := func(name string) int64 {
		v, err := strconv.ParseInt(c.FormValue(name), 10, 64)
		if err != nil {
			return 0
		}
		return v
	}
	return &pages.Composer{
		Client: c.FormValue("client"), Title: c.FormValue("title"), Body: forum.Tidy(c.FormValue("body")), Alias: c.FormValue("alias") == "1",
		Return: c.FormValue("return"), Form: draft.Form{Version: n("version"), Page: c.FormValue("page"), N: n("n")},
	}
}

func (h *Handlers) postBoard(c echo.Context) error  { return h.write(c, h.board) }
func (h *Handlers) postThread(c echo.Context) error { return h.write(c, h.thread) }

func (h *Handlers) write(c echo.Context, find func(echo.Context) (spot, error)) error {
	s, err := find(c)
	if err != nil {
		return err
	}
	if s.v.Prompt() && s.lists() {
		return errNotFound // staff write in the thread of a group
	}
	typed := typedForm(c)
	files, err := uploads(c)
	if err != nil {
		return err
	}
	p, err := h.Forum.Write(c.Request().Context(), s.v, forum.Text{
		ThreadID: s.threadID(), ParentID: c.FormValue("parent"), ClientID: typed.Client, Title: typed.Title, Body: typed.Body, Pseudonym: typed.Alias, Files: files, Rules: edition(c),
	})
	if err != nil {
		return h.refused(c, s, typed, err)
	}
	if typed.Return != "" {
		return web.SeeOther(c, web.OwnPath(typed.Return, "/")+"#p-"+p.ID)
	}
	return web.SeeOther(c, forum.PostPath(p.ID))
}

// edition is the edition of the house rules that is accepted with a form, 0 none.
func edition(c echo.Context) int {
	n, err := strconv.Atoi(c.FormValue("rules"))
	if err != nil {
		return 0
	}
	return n
}

// refused shows the page again with what was typed.
func (h *Handlers) refused(c echo.Context, s spot, typed *pages.Composer, err error) error {
	status := http.StatusUnprocessableEntity
	switch {
	case forum.WasKept(err): // the page has the draft, and says why nobody can write
		web.Notice(c, "caution", fault.From(err).Key)
		return web.SeeOther(c, s.path())
	case fault.Is(err, fault.Limited), fault.Is(err, fault.Conflict):
		f := fault.From(err)
		var again fault.Fields
		again.Add("body", f.Key, f.Args...)
		if status = http.StatusTooManyRequests; f.Kind == fault.Conflict {
			status = http.StatusConflict
		}
		err = again.Err()
	case !fault.Is(err, fault.Invalid):
		return err
	}
	if s.lists() {
		return h.showBoard(c, status, s, typed, err)
	}
	return h.showThread(c, status, s, typed, err)
}

// uploads reads the files of a form.
func uploads(c echo.Context) ([]forum.Upload, error) {
	form, err := c.MultipartForm()
	if errors.Is(err, http.ErrNotMultipart) {
		return nil, nil
	}
	if err != nil {
		return nil, err
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
		out = append(out, forum.Upload{Name: head.Filename, Data: data})
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
			return first(err)
		}
		return c.NoContent(http.StatusNoContent)
	case fault.Is(err, fault.Conflict):
		// A page that another has overtaken, sent by its own button: what it says is what stands now.
		return h.settle(c, s, typed)
	case err != nil:
		return h.refused(c, s, typed, err)
	}
	web.Notice(c, "ok", "forum.draft_saved")
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
		typed.Hint = web.L(c).T("forum.draft_other", "Text", clip(d.Body, 300))
	}
	typed.Form.Page = id.New()
	if s.lists() {
		return h.showBoard(c, http.StatusConflict, s, typed, nil)
	}
	return h.showThread(c, http.StatusConflict, s, typed, nil)
}

// first makes the first message of a form the message of the answer, for a script that shows one line.
func first(err error) error {
	if f := fault.From(err); f != nil && len(f.Fields) > 0 {
		return fault.New(f.Kind, f.Fields[0].Key, f.Fields[0].Args...).Because(err)
	}
	return err
}

func (h *Handlers) postBoardPreview(c echo.Context) error  { return h.preview(c, h.board) }
func (h *Handlers) postThreadPreview(c echo.Context) error { return h.preview(c, h.thread) }

func (h *Handlers) preview(c echo.Context, find func(echo.Context) (spot, error)) error {
	s, err := find(c)
	if err != nil {
		return err
	}
	ctx, typed := c.Request().Context(), typedForm(c)
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
	if p.Compose, _, err = h.composer(c, s, parent, typed); err != nil {
		return err
	}
	p.Title = p.View.BoardTitle(s.v, "")
	if s.t != nil && s.t.Title != "" {
		p.Title = s.t.Title
	}
	return web.Render(c, http.StatusOK, pages.ShowPreview(p))
}

func (h *Handlers) postSettings(c echo.Context) error {
	s, err := h.board(c)
	if err != nil {
		return err
	}
	if err := h.Forum.SetPseudonyms(c.Request().Context(), s.v, c.FormValue("pseudonyms") == "1"); err != nil {
		return err
	}
	web.Notice(c, "ok", "forum.settings_saved")
	return web.SeeOther(c, pages.BoardPath(s.v.Delivery.ID, s.v.Board))
}

func (h *Handlers) postRead(c echo.Context) error {
	s, err := h.thread(c)
	if err != nil {
		return err
	}
	if !s.v.Unlocked {
		return errNotFound
	}
	if err := h.Forum.Read(c.Request().Context(), s.v, s.t, c.FormValue("to")); err != nil {
		return err
	}
	if web.WantsJSON(c) {
		return c.NoContent(http.StatusNoContent)
	}
	return web.SeeOther(c, s.path())
}

func (h *Handlers) postFollow(c echo.Context) error {
	s, err := h.thread(c)
	if err != nil {
		return err
	}
	if err := h.Forum.Want(c.Request().Context(), s.v, s.t, c.FormValue("what")); err != nil {
		return err
	}
	web.Notice(c, "ok", "forum.follow_saved")
	return web.SeeOther(c, s.path())
}

func (h *Handlers) postManage(c echo.Context) error {
	s, err := h.thread(c)
	if err != nil {
		return err
	}
	ctx, what, to := c.Request().Context(), c.FormValue("what"), s.t.ID
	err = h.manage(ctx, c, s, what, &to)
	if fault.Is(err, fault.Invalid) {
		p, err2 := h.threadPage(c, s, nil, nil)
		if err2 != nil {
			return err2
		}
		p.Page = web.Page(c, p.Title)
		p.Section, p.Robots, p.HasError, p.Managing = "courses", "noindex", true, true
		p.By, p.Errors = web.FieldErrors(web.L(c), err)
		p.Typed = map[string]string{"into": c.FormValue("into"), "split": c.FormValue("split")}
		if what == "split" {
			p.By["split"], p.Typed["split-title"] = p.By["title"], c.FormValue("title")
			delete(p.By, "title")
		} else if what == "rename" {
			p.Typed["title"] = c.FormValue("title")
		}
		return web.Render(c, http.StatusUnprocessableEntity, pages.ShowThread(*p))
	}
	if err != nil {
		return err
	}
	web.Notice(c, "ok", "forum.managed")
	return web.SeeOther(c, pages.ThreadPath(to))
}

func (h *Handlers) manage(ctx context.Context, c echo.Context, s spot, what string, to *string) error {
	switch what {
	case "rename":
		return h.Forum.Rename(ctx, s.v, s.t, c.FormValue("title"))
	case "move":
		return h.Forum.Move(ctx, s.v, s.t, c.FormValue("board"))
	case "merge":
		into, err := h.Forum.Merge(ctx, s.v, s.t, lastPart(c.FormValue("into")))
		if err == nil {
			*to = into.ID
		}
		return err
	case "split":
		out, err := h.Forum.Split(ctx, s.v, s.t, lastPart(c.FormValue("split")), c.FormValue("title"))
		if fault.Is(err, fault.NotFound) {
			var f fault.Fields
			f.Add("split", "forum.split_wrong")
			return f.Err()
		}
		if err == nil {
			*to = out.ID
		}
		return err
	}
	return h.Forum.Manage(ctx, s.v, s.t, what)
}

// lastPart is the id at the end of an address that somebody has copied.
func lastPart(s string) string {
	for i := len(s) - 36; i >= 0; i-- {
		if id.Valid(s[i : i+36]) {
			return s[i : i+36]
		}
	}
	return s
}
