package adminweb

import (
	"context"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"greenroom/internal/access"
	"greenroom/internal/account"
	"greenroom/internal/audit"
	"greenroom/internal/delivery"
	"greenroom/internal/fault"
	"greenroom/internal/web"
	pages "greenroom/web/templates/admin"
)

// onPerson is how many entries of the audit log a person's page shows.
const onPerson = 10

func (h *Handlers) getPerson(c echo.Context) error { return h.showPerson(c, "", nil) }

// showPerson renders the page. After a refused form it shows what was typed there; form is its name.
func (h *Handlers) showPerson(c echo.Context, form string, wrong error) error {
	ctx := c.Request().Context()
	who, err := h.Accounts.ByID(ctx, c.Param("id"))
	if err != nil {
		return err
	}
	if who.Guest() {
		return fault.New(fault.NotFound, "error.not_found")
	}
	p := pages.Person{Page: web.DeskPage(c, who.Name, "admin", "people"), Who: who, Self: who.ID == actor(c).ID, Form: form, Typed: typed(c)}
	if p.Presence, err = h.Accounts.Presence(ctx, who.ID); err != nil {
		return err
	}
	p.Presence.LastSeen = web.Local(c, p.Presence.LastSeen)
	if p.Grants, err = h.grants(c, who.ID); err != nil {
		return err
	}
	if p.Cohorts, err = h.cohorts(ctx); err != nil {
		return err
	}
	all, total, err := h.Audit.List(ctx, audit.Filter{PersonID: who.ID})
	if err != nil {
		return err
	}
	p.History, p.Entries = local(c, all[:min(onPerson, len(all))]), total
	p.By, p.Errors = web.FieldErrors(p.L, wrong)
	status := http.StatusOK
	if wrong != nil {
		p.HasError, status = true, http.StatusUnprocessableEntity
		for i := range p.Errors { // several forms have a field for the reason
			p.Errors[i].ID += "-" + form
		}
	}
	return web.Render(c, status, pages.ShowPerson(p))
}

func typed(c echo.Context) pages.Typed {
	return pages.Typed{Role: c.FormValue("role"), Scope: c.FormValue("scope"), Reason: c.FormValue("reason"), Expires: c.FormValue("expires")}
}

// grants are a person's roles with the names of who granted them and of the cohorts they hold in.
func (h *Handlers) grants(c echo.Context, personID string) ([]pages.Grant, error) {
	ctx := c.Request().Context()
	all, err := h.Access.Of(ctx, personID)
	if err != nil {
		return nil, err
	}
	var out []pages.Grant
	for _, g := range all {
		x := pages.Grant{Grant: g, Live: g.Live(h.opts.Now()), At: web.Local(c, g.GrantedAt)}
		if g.ExpiresAt != nil {
			x.Until = web.Local(c, *g.ExpiresAt)
		}
		if x.By, err = h.name(ctx, g.GrantedBy); err != nil {
			return nil, err
		}
		if x.In, err = h.title(ctx, g.DeliveryID); err != nil {
			return nil, err
		}
		out = append(out, x)
	}
	return out, nil
}

// name is a person's; "" for nobody and for somebody who is gone.
func (h *Handlers) name(ctx context.Context, personID string) (string, error) {
	if personID == "" {
		return "", nil
	}
	p, err := h.Accounts.ByID(ctx, personID)
	if fault.Is(err, fault.NotFound) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	return p.Name, nil
}

// title is a cohort's; its id where it is gone, the course where it has no title.
func (h *Handlers) title(ctx context.Context, deliveryID string) (string, error) {
	if deliveryID == "" {
		return "", nil
	}
	d, err := h.Deliveries.ByID(ctx, deliveryID)
	if fault.Is(err, fault.NotFound) {
		return deliveryID, nil
	}
	if err != nil {
		return "", err
	}
	if d.Title == "" {
		return d.CourseKey, nil
	}
	return d.Title, nil
}

// cohorts are those that a role can be granted in: the latest that are not over.
func (h *Handlers) cohorts(ctx context.Context) ([]delivery.Row, error) {
	all, _, err := h.Deliveries.Cohorts(ctx, delivery.Filter{Status: []string{delivery.Draft, delivery.Open}})
	return all, err
}

// local puts the times of entries into the reader's zone.
func local(c echo.Context, all []audit.Entry) []audit.Entry {
	for i := range all {
		all[i].At = web.Local(c, all[i].At)
	}
	return all
}

// done answers an act on a person: their page again where the form is wrong, else on to it with a notice.
func (h *Handlers) done(c echo.Context, form string, err error, notice string) error {
	switch {
	case fault.Is(err, fault.Invalid):
		return h.showPerson(c, form, err)
	case err != nil:
		return err
	}
	web.Notice(c, "ok", notice)
	return web.SeeOther(c, "/admin/people/"+c.Param("id"))
}

func (h *Handlers) postClose(c echo.Context) error {
	err := h.Accounts.Decide(c.Request().Context(), actor(c), c.Param("id"), account.Rule{Closed: true, Reason: c.FormValue("reason")})
	return h.done(c, "close", err, "admin.closed")
}

func (h *Handlers) postOpen(c echo.Context) error {
	err := h.Accounts.Decide(c.Request().Context(), actor(c), c.Param("id"), account.Rule{Reason: c.FormValue("reason")})
	return h.done(c, "open", err, "admin.opened")
}

func (h *Handlers) postSignOut(c echo.Context) error {
	err := h.Accounts.EndSessions(c.Request().Context(), actor(c), c.Param("id"))
	return h.done(c, "sign-out", err, "admin.signed_out")
}

func (h *Handlers) postGrant(c echo.Context) error {
	g := access.Grant{PersonID: c.Param("id"), Role: c.FormValue("role"), DeliveryID: c.FormValue("scope"), Reason: c.FormValue("reason")}
	if day := c.FormValue("expires"); day != "" {
		at, err := time.ParseInLocation("2006-01-02", day, web.Local(c, h.opts.Now()).Location())
		if err != nil {
			var f fault.Fields
			f.Add("expires", "admin.grant.no_day")
			return h.done(c, "grant", f.Err(), "")
		}
		at = at.AddDate(0, 0, 1) // to the end of the day
		g.ExpiresAt = &at
	}
	if g.DeliveryID != "" {
		if _, err := h.Deliveries.ByID(c.Request().Context(), g.DeliveryID); err != nil {
			var f fault.Fields
			f.Add("scope", "admin.grant.no_scope")
			return h.done(c, "grant", f.Err(), "")
		}
	}
	return h.done(c, "grant", h.Access.Grant(c.Request().Context(), actor(c), g), "admin.granted")
}

func (h *Handlers) postRevoke(c echo.Context) error {
	role, scope := c.FormValue("role"), c.FormValue("scope")
	err := h.Access.Revoke(c.Request().Context(), actor(c), c.Param("id"), role, scope, c.FormValue("reason"))
	return h.done(c, "revoke-"+role+"-"+scope, err, "admin.revoked")
}
