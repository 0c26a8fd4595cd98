package forumweb

import (
	"net/http"

	"github.com/labstack/echo/v4"

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
	v, t, err := h.Forum.VisitToRead(c.Request().Context(), web.ViewerOf(c).Person, c.Param("thread"))
	if err != nil {
		return err
	}
	s := spot{v, t}
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
	} else if p.Compose, p.Why, err = h.composer(c, s, nil, nil, typed); err != nil {
		return err
	}
	if p.Compose == nil {
		if p.Left, err = h.left(c, s); err != nil {
			return err
		}
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
	if at == (forum.Where{}) {
		at.At = c.QueryParam("reply") // the page on which it stands
	}
	read, err := h.Forum.Page(ctx, s.v, s.t, at)
	if err != nil {
		return nil, err
	}
	p := &pages.ThreadPage{View: view(c, s.v), Thread: s.t, Read: read}
	p.Seat = seatOf(s, p.Zone).Name()
	if counts(s) && h.Reading != nil {
		p.Reading = h.Reading(s.t.Stream(), s.v.Who.ID)
	}
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
	if reply := c.QueryParam("reply") + c.FormValue("parent"); id.Valid(reply) && s.t != nil && s.v.Unlocked && (typed == nil || !typed.Alone) {
		if parent, err = h.Forum.One(ctx, s.v, s.t, reply); err != nil && !fault.Is(err, fault.NotFound) {
			return nil, err
		}
	}
	if p.Compose, p.Why, err = h.composer(c, s, read, parent, typed); err == nil && p.Compose == nil {
		p.Left, err = h.left(c, s)
	}
	by, errs := web.FieldErrors(l, why)
	p.Errors = errs
	if p.Compose != nil {
		p.Compose.By = by
		p.Typing = tellsTyping(s) && !p.Compose.Waits.Hold
	}
	return p, err
}
