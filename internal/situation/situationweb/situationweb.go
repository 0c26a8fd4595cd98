// Package situationweb is the pages of learners' own situations: the list of a delivery, the form, and reading, reviewing
// and adopting one.
//
//	situationweb.go  the routes, the list, one situation and what is done with it
//	edit.go          the form
//	play.go          playing one
package situationweb

import (
	"net/http"
	"strconv"

	"github.com/labstack/echo/v4"

	"greenroom/internal/fault"
	"greenroom/internal/id"
	"greenroom/internal/scenario"
	"greenroom/internal/situation"
	"greenroom/internal/web"
	pages "greenroom/web/templates/situation"
	"greenroom/web/templates/ui"
)

// Handlers answers for situations.
type Handlers struct{ Situations *situation.Service }

// Routes is the table. Who may do what is the service's question: what one may not see does not exist.
func (h *Handlers) Routes() []web.Route {
	const all, one = "/situations/:delivery", "/situations/:delivery/:situation"
	return []web.Route{
		{Method: http.MethodGet, Path: all, Handler: h.getList, Access: web.SignedIn},
		{Method: http.MethodPost, Path: all, Handler: h.postCreate, Access: web.SignedIn},
		{Method: http.MethodGet, Path: one, Handler: h.getOne, Access: web.SignedIn},
		{Method: http.MethodGet, Path: one + "/edit", Handler: h.getEdit, Access: web.SignedIn},
		{Method: http.MethodPost, Path: one + "/edit", Handler: h.postEdit, Access: web.SignedIn},
		{Method: http.MethodGet, Path: one + "/scenario.yaml", Handler: h.getFile, Access: web.SignedIn},
		{Method: http.MethodGet, Path: one + "/play", Handler: h.getPlay, Access: web.SignedIn},
		{Method: http.MethodPost, Path: one + "/play/:verb", Handler: h.postPlay, Access: web.SignedIn},
		{Method: http.MethodPost, Path: one + "/share", Handler: h.postShare, Access: web.SignedIn},
		{Method: http.MethodPost, Path: one + "/withdraw", Handler: h.postWithdraw, Access: web.SignedIn},
		{Method: http.MethodPost, Path: one + "/credit", Handler: h.postCredit, Access: web.SignedIn},
		{Method: http.MethodPost, Path: one + "/remove", Handler: h.postRemove, Access: web.SignedIn},
		{Method: http.MethodPost, Path: one + "/review", Handler: h.postReview, Access: web.SignedIn},
		{Method: http.MethodPost, Path: one + "/give-back", Handler: h.postGiveBack, Access: web.SignedIn},
		{Method: http.MethodPost, Path: one + "/adopt", Handler: h.postAdopt, Access: web.SignedIn},
		{Method: http.MethodPost, Path: one + "/let-go", Handler: h.postLetGo, Access: web.SignedIn},
	}
}

func (h *Handlers) place(c echo.Context) (*situation.Place, error) {
	return h.Situations.At(c.Request().Context(), web.ViewerOf(c).Person, c.Param("delivery"))
}

// head is what all pages have.
func (h *Handlers) head(c echo.Context, p *situation.Place, title string) (pages.Head, error) {
	v := pages.Head{Page: web.Page(c, title), Place: p, Zone: web.Zone(c)}
	v.Section, v.Robots = "courses", "noindex"
	if v.Name = p.Delivery.Title; p.Delivery.Cohort() {
		return v, nil
	}
	var err error
	v.Name, err = h.Situations.CourseTitle(c.Request().Context(), p)
	return v, err
}

func (h *Handlers) getList(c echo.Context) error {
	p, err := h.place(c)
	if err != nil {
		return err
	}
	v := pages.ListPage{NewID: id.New()}
	if v.Head, err = h.head(c, p, web.L(c).T("situation.title")); err != nil {
		return err
	}
	n, err := strconv.Atoi(c.QueryParam("page"))
	if err != nil || n < 1 {
		n = 1
	}
	if v.List, err = h.Situations.List(c.Request().Context(), p, n); err != nil {
		return err
	}
	v.Nav = ui.PageNav{Page: n, Pages: (v.List.Total + situation.PerPage - 1) / situation.PerPage, Href: func(page int) string {
		return pages.Path(p.Delivery.ID) + "?page=" + strconv.Itoa(page)
	}}
	return web.Render(c, http.StatusOK, pages.ShowList(v))
}

func (h *Handlers) postCreate(c echo.Context) error {
	p, err := h.place(c)
	if err != nil {
		return err
	}
	u, err := h.Situations.Create(c.Request().Context(), p, c.FormValue("id"))
	if err != nil {
		return err
	}
	return web.SeeOther(c, pages.OnePath(u.DeliveryID, u.ID)+"/edit")
}

// one reads the situation of the address for a page.
func (h *Handlers) one(c echo.Context) (pages.OnePage, error) {
	p, err := h.place(c)
	if err != nil {
		return pages.OnePage{}, err
	}
	u, reviews, err := h.Situations.Open(c.Request().Context(), p, c.Param("situation"))
	if err != nil {
		return pages.OnePage{}, err
	}
	v := pages.OnePage{Situation: u, Reviews: reviews, Marks: map[string]int{}}
	v.Own = u.PersonID == p.Who.ID
	if v.Form = u.Form(); !v.Own {
		v.Form, _ = u.Text()
	}
	for i := range reviews {
		r := &reviews[i]
		if r.ReviewerID == nil || *r.ReviewerID != p.Who.ID {
			continue
		}
		v.Comment = r.Comment
		for _, row := range situation.Criteria {
			if n, ok := r.Mark(row); ok {
				v.Marks[row] = n
			}
		}
	}
	if v.Head, err = h.head(c, p, web.L(c).T("situation.title")); err != nil {
		return v, err
	}
	if v.Form.Title != "" {
		v.Title = v.Form.Title
	}
	if v.Own {
		_, v.ToDo = web.FieldErrors(v.L, v.Form.Missing())
	}
	if v.Own || p.Leads {
		v.Likenesses = v.Form.Likenesses()
	}
	return v, nil
}

func (h *Handlers) getOne(c echo.Context) error {
	v, err := h.one(c)
	if err != nil {
		return err
	}
	return web.Render(c, http.StatusOK, pages.ShowOne(v))
}

// act does something with the situation of the address and goes back to it. What is Invalid is said on its page.
func (h *Handlers) act(c echo.Context, notice string, do func(p *situation.Place, situationID string) error, again func(v *pages.OnePage)) error {
	p, err := h.place(c)
	if err != nil {
		return err
	}
	at := c.Param("situation")
	switch err := do(p, at); {
	case fault.Is(err, fault.Invalid):
		v, failed := h.one(c)
		if failed != nil {
			return failed
		}
		v.By, v.Errors = web.FieldErrors(v.L, err)
		v.HasError = true
		if again != nil {
			again(&v)
		}
		return web.Render(c, http.StatusUnprocessableEntity, pages.ShowOne(v))
	case err != nil:
		return err
	}
	web.Notice(c, "ok", notice)
	return web.SeeOther(c, pages.OnePath(p.Delivery.ID, at))
}

func (h *Handlers) postShare(c echo.Context) error {
	consent := situation.Consent{Named: c.FormValue("named") != "", MayAdopt: c.FormValue("may_adopt") != ""}
	return h.act(c, "situation.notice.shared", func(p *situation.Place, at string) error {
		_, err := h.Situations.Share(c.Request().Context(), p, at, consent)
		return err
	}, func(v *pages.OnePage) {
		// What is missing stands in the form, on another page: the list of what is to do leads there.
		v.Refused, v.Errors, v.Consent = true, nil, &consent
	})
}

func (h *Handlers) postWithdraw(c echo.Context) error {
	return h.act(c, "situation.notice.withdrawn", func(p *situation.Place, at string) error {
		return h.Situations.Withdraw(c.Request().Context(), p, at)
	}, nil)
}

func (h *Handlers) postCredit(c echo.Context) error {
	return h.act(c, "situation.notice.credit", func(p *situation.Place, at string) error {
		return h.Situations.Credit(c.Request().Context(), p, at, c.FormValue("named") != "")
	}, nil)
}

func (h *Handlers) postRemove(c echo.Context) error {
	p, err := h.place(c)
	if err != nil {
		return err
	}
	if err := h.Situations.Remove(c.Request().Context(), p, c.Param("situation")); err != nil {
		return err
	}
	web.Notice(c, "ok", "situation.notice.removed")
	return web.SeeOther(c, pages.Path(p.Delivery.ID))
}

func (h *Handlers) postReview(c echo.Context) error {
	marks := map[string]int{}
	for _, row := range situation.Criteria {
		if n, err := strconv.Atoi(c.FormValue("mark." + row)); err == nil {
			marks[row] = n
		}
	}
	comment := c.FormValue("comment")
	return h.act(c, "situation.notice.reviewed", func(p *situation.Place, at string) error {
		return h.Situations.Judge(c.Request().Context(), p, at, marks, comment)
	}, func(v *pages.OnePage) { v.Marks, v.Comment = marks, comment })
}

func (h *Handlers) postGiveBack(c echo.Context) error {
	p, err := h.place(c)
	if err != nil {
		return err
	}
	reason := c.FormValue("reason")
	err = h.Situations.GiveBack(c.Request().Context(), p, c.Param("situation"), reason)
	if fault.Is(err, fault.Invalid) {
		return h.act(c, "", func(*situation.Place, string) error { return err }, func(v *pages.OnePage) { v.Reason = reason })
	}
	if err != nil {
		return err
	}
	web.Notice(c, "ok", "situation.notice.given_back")
	return web.SeeOther(c, pages.Path(p.Delivery.ID))
}

func (h *Handlers) postAdopt(c echo.Context) error {
	return h.act(c, "situation.notice.adopted", func(p *situation.Place, at string) error {
		return h.Situations.Adopt(c.Request().Context(), p, at, c.FormValue("cleared") != "")
	}, nil)
}

func (h *Handlers) postLetGo(c echo.Context) error {
	return h.act(c, "situation.notice.let_go", func(p *situation.Place, at string) error {
		return h.Situations.LetGo(c.Request().Context(), p, at)
	}, nil)
}

// getFile gives the writer and who leads the delivery the scenario as a file, in the shape of fmt.
func (h *Handlers) getFile(c echo.Context) error {
	p, err := h.place(c)
	if err != nil {
		return err
	}
	u, _, err := h.Situations.Open(c.Request().Context(), p, c.Param("situation"))
	if err != nil {
		return err
	}
	own := u.PersonID == p.Who.ID
	if !own && !p.Leads {
		return fault.New(fault.NotFound, "error.not_found")
	}
	f := u.Form()
	if !own {
		f, _ = u.Text()
	}
	raw := situation.Story(f, web.L(c))
	if nice, err := scenario.Format(raw); err == nil {
		raw = nice
	}
	c.Response().Header().Set("Content-Disposition", `attachment; filename="situation.scenario.yaml"`)
	return c.Blob(http.StatusOK, "application/yaml; charset=utf-8", raw)
}
