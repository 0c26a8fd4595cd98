package roomweb

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"greenroom/internal/fault"
	"greenroom/internal/room"
	"greenroom/internal/web"
	pages "greenroom/web/templates/room"
)

// getMine lists the workshops that somebody was in.
func (h *Handlers) getMine(c echo.Context) error {
	v := web.ViewerOf(c)
	if v.Person == nil {
		return fault.New(fault.Unauthenticated, "error.unauthenticated")
	}
	all, err := h.Rooms.Mine(c.Request().Context(), v.ID())
	if err != nil {
		return err
	}
	p := pages.List{Page: web.Page(c, web.L(c).T("room.mine")), Rooms: all}
	p.Section, p.Robots = "me", "noindex"
	return web.Render(c, http.StatusOK, pages.ShowMine(p))
}

// results are a participant's; before the end nil, and they have been sent to the room.
func (h *Handlers) results(c echo.Context) (*room.Results, error) {
	r, err := h.Rooms.Results(c.Request().Context(), web.ViewerOf(c).ID(), c.Param("room"))
	if fault.Is(err, fault.Conflict) {
		return nil, web.SeeOther(c, "/room/"+room.Code(c.Param("room")))
	}
	return r, err
}

func (h *Handlers) getResults(c echo.Context) error {
	r, err := h.results(c)
	if r == nil || err != nil {
		return err
	}
	l := web.L(c)
	p := pages.Results{Page: ofRoom(web.Page(c, l.T("room.results_title", "Title", r.Title)), r.Room), L: l, Results: r}
	p.Robots = "noindex"
	return web.Render(c, http.StatusOK, pages.ShowResults(p))
}

func (h *Handlers) getFeedback(c echo.Context) error { return h.feedback(c, nil) }

// feedback shows the form to who may still fill it in, and sends others to the results; with an Invalid wrong as 422.
func (h *Handlers) feedback(c echo.Context, wrong error) error {
	r, err := h.results(c)
	if r == nil || err != nil {
		return err
	}
	if !r.After.Asks {
		return web.SeeOther(c, "/room/"+r.Code+"/results")
	}
	l := web.L(c)
	p := pages.Feedback{Page: ofRoom(web.Page(c, l.T("room.feedback_title", "Title", r.Title)), r.Room), L: l, Results: r}
	p.Robots = "noindex"
	status := http.StatusOK
	if wrong != nil {
		if p.By, p.Errors = web.FieldErrors(l, wrong); len(p.Errors) == 0 {
			return wrong
		}
		p.HasError, p.Typed, status = true, typedFeedback(c), http.StatusUnprocessableEntity
	}
	return web.Render(c, status, pages.ShowFeedback(p))
}

func typedFeedback(c echo.Context) room.Feedback {
	f := room.Feedback{Ratings: map[string]string{}, Remark: c.FormValue("remark")}
	for _, q := range room.Questions {
		f.Ratings[q] = c.FormValue(q)
	}
	return f
}

func (h *Handlers) postFeedback(c echo.Context) error {
	code := room.Code(c.Param("room"))
	r, err := h.results(c)
	if r == nil || err != nil {
		return err
	}
	err = h.Rooms.GiveFeedback(c.Request().Context(), web.ViewerOf(c).ID(), code, typedFeedback(c))
	return web.Settle(c, err, h.feedback, "room.feedback_kept", "/room/"+code+"/results")
}
