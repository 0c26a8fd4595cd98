package rosterweb

import (
	"net/http"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"greenroom/internal/account"
	"greenroom/internal/delivery"
	"greenroom/internal/fault"
	"greenroom/internal/id"
	"greenroom/internal/roster"
	"greenroom/internal/web"
	"greenroom/web/templates/layout"
	pages "greenroom/web/templates/roster"
)

func (h *Handlers) getJoin(c echo.Context) error {
	d, err := h.cohort(c)
	if err != nil {
		return err
	}
	var kept *account.Person
	if who := c.QueryParam("let"); id.Valid(who) {
		if kept, err = h.Accounts.ByID(c.Request().Context(), who); err != nil {
			return err
		}
	}
	return h.show(c, d, pages.Form{}, kept, nil)
}

// show renders the page; with an Invalid err as 422, with what was typed into form. kept is somebody who may be let in.
func (h *Handlers) show(c echo.Context, d *delivery.Delivery, form pages.Form, kept *account.Person, err error) error {
	ctx, l := c.Request().Context(), web.L(c)
	title := l.T("roster.title", "Title", d.Title)
	p := pages.Join{
		Page: deskPage(c, title), Form: form, Cohort: d, FormID: id.New(),
		Local: func(t time.Time) time.Time { return web.Local(c, t) },
	}
	p.By, p.Errors = web.FieldErrors(l, err)
	p.HasError = len(p.Errors) > 0
	if kept != nil {
		why, err := h.why(c, d, kept)
		if err != nil {
			return err
		}
		if why != "" {
			p.Kept = &pages.Kept{Person: kept, Why: why}
		}
	}
	if err := h.lists(c, d, &p); err != nil {
		return err
	}
	var readErr error
	if p.Imports, readErr = h.Roster.Imports(ctx, d.ID); readErr != nil {
		return readErr
	}
	status := http.StatusOK
	if p.HasError || p.Kept != nil && c.Request().Method == http.MethodPost {
		status = http.StatusUnprocessableEntity
	}
	return web.Render(c, status, pages.ShowJoin(p))
}

// lists fills in the invitations and kept places.
func (h *Handlers) lists(c echo.Context, d *delivery.Delivery, p *pages.Join) error {
	ctx := c.Request().Context()
	invPage, placePage := page(c, "links"), page(c, "places")
	all, total, err := h.Roster.Invitations(ctx, d.ID, invPage)
	if err != nil {
		return err
	}
	now := h.Roster.Now()
	for _, i := range all {
		x := pages.Invitation{Invitation: i, Link: h.Roster.Link(&i), State: i.State(now), Made: web.Local(c, i.CreatedAt)}
		if i.ExpiresAt != nil {
			x.Until = i.ExpiresAt.In(d.Location())
		}
		p.Invitations = append(p.Invitations, x)
	}
	path := pages.Path(d.ID)
	p.InvNav = nav(invPage, total, func(n int) string { return path + "?links=" + strconv.Itoa(n) + "#links" })
	places, total, err := h.Roster.Promises(ctx, d.ID, placePage)
	if err != nil {
		return err
	}
	for _, x := range places {
		p.Places = append(p.Places, pages.Place{Pending: x, Why: say(c, roster.ReadWhy(x.Why)), Since: web.Local(c, x.CreatedAt)})
	}
	p.PlaceTotal = total
	p.PlaceNav = nav(placePage, total, func(n int) string { return path + "?places=" + strconv.Itoa(n) + "#places" })
	return nil
}

// say is a kept message in the reader's words, "" for none.
func say(c echo.Context, w roster.Why) string {
	if w.Key == "" {
		return ""
	}
	return web.L(c).T(w.Key, w.Args...)
}

// why says what keeps a person out of the cohort; "" when nothing does.
func (h *Handlers) why(c echo.Context, d *delivery.Delivery, who *account.Person) (string, error) {
	f, err := h.Roster.Barrier(c.Request().Context(), d, who.ID)
	if err != nil || f == nil {
		return "", err
	}
	return web.L(c).T(f.Key, f.Args...), nil
}

func typed(c echo.Context, of string, names ...string) pages.Form {
	f := pages.Form{Of: of, Value: map[string]string{}}
	for _, n := range names {
		f.Value[n] = c.FormValue(n)
	}
	return f
}

func (h *Handlers) postAdd(c echo.Context) error {
	d, err := h.cohort(c)
	if err != nil {
		return err
	}
	a, err := h.Roster.Add(c.Request().Context(), web.ViewerOf(c).Person, d.ID, c.FormValue("email"), c.FormValue("name"))
	form := typed(c, "add", "email", "name")
	if f := fault.From(err); f != nil && f.Kind == fault.Conflict {
		var fields fault.Fields
		fields = append(fields, fault.Field{Name: "email", Key: f.Key, Args: f.Args})
		err = fields.Err()
	}
	if fault.Is(err, fault.Invalid) {
		return h.show(c, d, form, nil, err)
	}
	if err != nil {
		return err
	}
	if a.Outcome == roster.Kept {
		return h.show(c, d, form, a.Person, nil)
	}
	web.Notice(c, "ok", "roster.added_"+a.Outcome)
	return web.SeeOther(c, pages.Path(d.ID))
}

func (h *Handlers) postLetIn(c echo.Context) error {
	d, err := h.cohort(c)
	if err != nil {
		return err
	}
	ctx, actor := c.Request().Context(), web.ViewerOf(c).Person
	who, err := h.Accounts.ByID(ctx, c.FormValue("person"))
	if err != nil {
		return err
	}
	if err := h.Roster.LetIn(ctx, actor, d.ID, who, c.FormValue("reason")); fault.Is(err, fault.Invalid) {
		return h.show(c, d, typed(c, "let", "reason"), who, err)
	} else if err != nil {
		return err
	}
	if _, err := h.Roster.Add(ctx, actor, d.ID, who.Email, ""); err != nil {
		return err
	}
	web.Notice(c, "ok", "roster.let_notice")
	return web.SeeOther(c, pages.Path(d.ID))
}

func (h *Handlers) postKeepOut(c echo.Context) error {
	d, err := h.cohort(c)
	if err != nil {
		return err
	}
	ctx := c.Request().Context()
	who, err := h.Accounts.ByID(ctx, c.FormValue("person"))
	if err != nil {
		return err
	}
	if err := h.Roster.KeepOut(ctx, web.ViewerOf(c).Person, d.ID, who, c.FormValue("reason")); err != nil {
		return err
	}
	web.Notice(c, "ok", "roster.keep_notice")
	return web.SeeOther(c, "/teach/cohorts/"+d.ID+"/people/"+who.ID)
}

func (h *Handlers) postInvite(c echo.Context) error {
	d, err := h.cohort(c)
	if err != nil {
		return err
	}
	_, err = h.Roster.Invite(c.Request().Context(), web.ViewerOf(c).Person, d.ID, roster.NewInvitation{
		FormID: c.FormValue("form"), Label: c.FormValue("label"), Domains: c.FormValue("domains"),
		MaxUses: c.FormValue("max_uses"), Until: c.FormValue("until"),
	})
	if fault.Is(err, fault.Invalid) {
		return h.show(c, d, typed(c, "invite", "label", "domains", "max_uses", "until"), nil, err)
	}
	if err != nil {
		return err
	}
	web.Notice(c, "ok", "roster.invited_notice")
	return web.SeeOther(c, pages.Path(d.ID)+"#links")
}

func (h *Handlers) postRevoke(c echo.Context) error {
	if err := h.Roster.Revoke(c.Request().Context(), web.ViewerOf(c).Person, c.Param("cohort"), c.Param("invitation")); err != nil {
		return err
	}
	web.Notice(c, "ok", "roster.revoked_notice")
	return web.SeeOther(c, pages.Path(c.Param("cohort"))+"#links")
}

func (h *Handlers) postWithdraw(c echo.Context) error {
	if err := h.Roster.Withdraw(c.Request().Context(), web.ViewerOf(c).Person, c.Param("cohort"), c.Param("place")); err != nil {
		return err
	}
	web.Notice(c, "ok", "roster.withdrawn_notice")
	return web.SeeOther(c, pages.Path(c.Param("cohort"))+"#places")
}

// deskPage is a page of the cohort's desk.
func deskPage(c echo.Context, title string) layout.Page {
	return web.DeskPage(c, title, "teach", "cohorts")
}
