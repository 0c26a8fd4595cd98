package situationweb

import (
	"errors"
	"net/http"
	"net/url"
	"strconv"

	"github.com/labstack/echo/v4"

	"greenroom/internal/draft"
	"greenroom/internal/fault"
	"greenroom/internal/id"
	"greenroom/internal/situation"
	"greenroom/internal/web"
	pages "greenroom/web/templates/situation"
)

func (h *Handlers) editing(c echo.Context) (*situation.Place, pages.EditPage, error) {
	p, err := h.place(c)
	if err != nil {
		return nil, pages.EditPage{}, err
	}
	u, err := h.Situations.Own(c.Request().Context(), p, c.Param("situation"))
	if err != nil {
		return nil, pages.EditPage{}, err
	}
	v := pages.EditPage{Situation: u, Form: u.Form(), Draft: draft.Form{Page: id.New(), Version: u.Version}}
	v.Head, err = h.head(c, p, web.L(c).T("situation.edit_title"))
	if u.Version > 0 {
		v.Saved = v.L.DateTime(web.Local(c, u.SavedAt))
	}
	return p, v, err
}

func (h *Handlers) getEdit(c echo.Context) error {
	_, v, err := h.editing(c)
	if err != nil {
		return err
	}
	return web.Render(c, http.StatusOK, pages.ShowEdit(v))
}

// postEdit keeps the form. The button "more" adds a moment and "less" takes the last one out, "look" goes on to the page of
// the situation; a script that saves by itself sends none of them and wants no page.
func (h *Handlers) postEdit(c echo.Context) error {
	p, v, err := h.editing(c)
	if err != nil {
		return err
	}
	form := c.Request().Form
	f := formOf(form)
	to := pages.OnePath(p.Delivery.ID, v.Situation.ID)
	switch form.Get("do") {
	case "more":
		if len(f.Moments) < situation.MaxMoments {
			f.Moments = append(f.Moments, situation.Moment{})
		}
		to += "/edit#moment-" + strconv.Itoa(len(f.Moments))
	case "less":
		if len(f.Moments) > 1 {
			f.Moments = f.Moments[:len(f.Moments)-1]
		}
		to += "/edit#moment-" + strconv.Itoa(len(f.Moments))
	case "look":
	default:
		to += "/edit"
	}
	page := web.DraftForm(c)
	_, err = h.Situations.Save(c.Request().Context(), p, v.Situation.ID, page, f)
	var clash *situation.Clash
	switch {
	case web.WantsJSON(c):
		if err != nil {
			return web.OneLine(err)
		}
		return c.NoContent(http.StatusNoContent)
	case err == nil:
		if form.Get("do") == "" {
			web.Notice(c, "ok", "situation.notice.saved")
		}
		return web.SeeOther(c, to)
	case errors.As(err, &clash):
		// What was typed is in the form, and what stands can be read beside it: sending the form replaces it.
		v.Form, v.Clashed, v.Clash = f, true, clash.Stored.Form().Different(f)
		v.Draft.Version = clash.Stored.Version
		return web.Render(c, http.StatusConflict, pages.ShowEdit(v))
	case fault.Is(err, fault.Invalid):
		v.Form, v.Draft = f, page
		v.By, v.Errors = web.FieldErrors(v.L, err)
		v.HasError = true
		return web.Render(c, http.StatusUnprocessableEntity, pages.ShowEdit(v))
	}
	return err
}

// formOf reads what a page sends; names that the form does not have are ignored.
func formOf(in url.Values) situation.Form {
	f := situation.Form{
		Title: in.Get("title"), Role: in.Get("role"), Day: in.Get("day"), Event: in.Get("event"), Meters: in.Get("meters"),
		Reply: in.Get("reply"), Rubric: in.Get("rubric"), Model: in.Get("model"), Question: in.Get("question"), Invented: in.Get("invented") != "",
	}
	for i := range situation.MaxPeople {
		at := "p." + strconv.Itoa(i) + "."
		f.People = append(f.People, situation.Person{Name: in.Get(at + "name"), Kind: in.Get(at + "kind"), Says: in.Get(at + "says")})
	}
	for i := range min(max(int(web.Number(in, "moments")), 1), situation.MaxMoments) {
		at := "m." + strconv.Itoa(i) + "."
		m := situation.Moment{Text: in.Get(at + "text"), Ask: in.Get(at + "ask")}
		for j := range situation.MaxAnswers {
			at := at + "a." + strconv.Itoa(j) + "."
			m.Answers = append(m.Answers, situation.Answer{Text: in.Get(at + "text"), Next: in.Get(at + "next"), Feedback: in.Get(at + "feedback"), Takes: in.Get(at + "takes")})
		}
		f.Moments = append(f.Moments, m)
	}
	return f.Tidy()
}
