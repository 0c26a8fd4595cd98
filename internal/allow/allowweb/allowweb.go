// Package allowweb is where trainers grant one person more time, attempts and days, for all activities in one act.
//
//	GET  /teach/people/:person/accommodations             what holds, a form, and everything that was ever granted
//	POST /teach/people/:person/accommodations             grant
//	POST /teach/people/:person/accommodations/:grant/end  take back
package allowweb

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"greenroom/internal/account"
	"greenroom/internal/allow"
	"greenroom/internal/delivery"
	"greenroom/internal/fault"
	"greenroom/internal/id"
	"greenroom/internal/web"
	pages "greenroom/web/templates/allow"
)

// Handlers answers for accommodations.
type Handlers struct {
	Allow      *allow.Service
	Accounts   *account.Service
	Deliveries *delivery.Service
}

const path = "/teach/people/:person/accommodations"

// Routes is the table.
func (h *Handlers) Routes() []web.Route {
	return []web.Route{
		{Method: http.MethodGet, Path: path, Handler: h.getGrants, Access: web.Trainer},
		{Method: http.MethodPost, Path: path, Handler: h.postGrant, Access: web.Trainer},
		{Method: http.MethodPost, Path: path + "/:grant/end", Handler: h.postEnd, Access: web.Trainer},
	}
}

// learner finds the person, whom the viewer teaches: trainers of the site teach everybody, those of a delivery its
// people. Others do not exist for them.
func (h *Handlers) learner(c echo.Context) (*account.Person, error) {
	ctx, viewer := c.Request().Context(), web.ViewerOf(c).Person
	p, err := h.Accounts.ByID(ctx, c.Param("person"))
	if err != nil {
		return nil, err
	}
	teaches, err := h.teaches(ctx, viewer, p.ID)
	if err != nil {
		return nil, err
	}
	if !teaches || p.Guest() {
		return nil, fault.New(fault.NotFound, "error.not_found")
	}
	return p, nil
}

func (h *Handlers) teaches(ctx context.Context, viewer *account.Person, personID string) (bool, error) {
	if viewer.Can(account.RoleTrainer, "") {
		return true, nil
	}
	all, err := h.Deliveries.List(ctx, personID)
	if err != nil {
		return false, err
	}
	for _, e := range all {
		if e.Status != delivery.Withdrawn && viewer.Can(account.RoleTrainer, e.DeliveryID) {
			return true, nil
		}
	}
	return false, nil
}

func (h *Handlers) getGrants(c echo.Context) error {
	p, err := h.learner(c)
	if err != nil {
		return err
	}
	return h.show(c, p, pages.Form{Time: "150", Attempts: "0", Days: "0", ID: id.New()}, "", nil)
}

// show renders the page; with an Invalid err as 422, with what was typed. ending is the grant that the error is about.
func (h *Handlers) show(c echo.Context, p *account.Person, f pages.Form, ending string, err error) error {
	l := web.L(c)
	all, readErr := h.Allow.History(c.Request().Context(), p.ID)
	if readErr != nil {
		return readErr
	}
	page := pages.Page{Page: web.DeskPage(c, l.T("allow.title", "Name", p.Name), "teach", "people"), Name: p.Name, Path: base(p.ID), Form: f, Ending: ending}
	page.By, page.Errors = web.FieldErrors(l, err)
	if ending != "" { // the reason asked for is that of the grant to be ended
		for i := range page.Errors {
			page.Errors[i].ID += "-" + ending
		}
	}
	now := h.Allow.Now()
	counts := allow.Counting(all, now)
	for i := range all {
		row := pages.Row{Accommodation: all[i], From: web.Local(c, all[i].FromAt), GrantedAt: web.Local(c, all[i].GrantedAt), State: "over"}
		switch {
		case counts != nil && counts.ID == all[i].ID:
			row.State = "counts"
		case all[i].EndedAt != nil:
			row.State, row.End = "ended", web.Local(c, *all[i].EndedAt)
		case now.Before(all[i].FromAt):
			row.State = "later"
		case all[i].Holds(now):
			row.State = "replaced"
		}
		if all[i].UntilAt != nil {
			row.Until = web.Local(c, *all[i].UntilAt)
		}
		row.By = h.name(c, all[i].GrantedBy)
		page.Rows = append(page.Rows, row)
	}
	status := http.StatusOK
	if page.HasError = len(page.Errors) > 0; page.HasError {
		status = http.StatusUnprocessableEntity
	}
	return web.Render(c, status, pages.Show(page))
}

// name is who granted, "" when they are gone or were an operator.
func (h *Handlers) name(c echo.Context, personID string) string {
	if personID == "" {
		return ""
	}
	p, err := h.Accounts.ByID(c.Request().Context(), personID)
	if err != nil {
		return ""
	}
	return p.Name
}

func base(personID string) string { return strings.Replace(path, ":person", personID, 1) }

func (h *Handlers) postGrant(c echo.Context) error {
	p, err := h.learner(c)
	if err != nil {
		return err
	}
	f := pages.Form{
		Time: c.FormValue("time"), Attempts: c.FormValue("attempts"), Days: c.FormValue("days"), Reason: c.FormValue("reason"),
		From: c.FormValue("from"), Until: c.FormValue("until"), ID: c.FormValue("form"),
	}
	t, err := h.terms(c, f)
	if err == nil {
		err = h.Allow.Grant(c.Request().Context(), web.ViewerOf(c).Person, p.ID, f.ID, t)
	}
	if fault.Is(err, fault.Invalid) {
		return h.show(c, p, f, "", err)
	}
	if err != nil {
		return err
	}
	web.Notice(c, "ok", "allow.granted", "Name", p.Name)
	return web.SeeOther(c, base(p.ID))
}

// terms reads the form; days are those of the trainer's own zone, the last one included.
func (h *Handlers) terms(c echo.Context, f pages.Form) (allow.Terms, error) {
	t := allow.Terms{Reason: f.Reason}
	var bad fault.Fields
	number := func(field, typed, key string, limit int) int {
		n, err := strconv.Atoi(strings.TrimSpace(typed))
		if err != nil {
			bad.Add(field, key, "N", limit)
		}
		return n
	}
	t.TimePercent = number("time", f.Time, "allow.error.time", 0)
	t.ExtraAttempts = number("attempts", f.Attempts, "allow.error.attempts", allow.MaxAttempts)
	t.ExtraDays = number("days", f.Days, "allow.error.days", allow.MaxDays)
	day := func(field, typed string, later int) time.Time {
		if typed == "" {
			return time.Time{}
		}
		zone := web.Local(c, h.Allow.Now()).Location()
		d, err := time.ParseInLocation("2006-01-02", typed, zone)
		if err != nil {
			bad.Add(field, "allow.error.date")
		}
		return d.AddDate(0, 0, later)
	}
	t.From = day("from", f.From, 0)
	if end := day("until", f.Until, 1); f.Until != "" {
		t.Until = &end
	}
	return t, bad.Err()
}

func (h *Handlers) postEnd(c echo.Context) error {
	p, err := h.learner(c)
	if err != nil {
		return err
	}
	err = h.Allow.End(c.Request().Context(), web.ViewerOf(c).Person, p.ID, c.Param("grant"), c.FormValue("reason"))
	if fault.Is(err, fault.Invalid) {
		return h.show(c, p, pages.Form{Time: "150", Attempts: "0", Days: "0", ID: id.New()}, c.Param("grant"), err)
	}
	if err != nil {
		return err
	}
	web.Notice(c, "ok", "allow.ended", "Name", p.Name)
	return web.SeeOther(c, base(p.ID))
}
