// Package rosterweb is the ways into a cohort: an invitation for who got it, and for those who lead the cohort adding
// people, invitation links, kept places and files.
package rosterweb

import (
	"net/http"
	"strconv"

	"github.com/labstack/echo/v4"

	"greenroom/internal/account"
	"greenroom/internal/delivery"
	"greenroom/internal/fault"
	"greenroom/internal/roster"
	"greenroom/internal/web"
	pages "greenroom/web/templates/roster"
	"greenroom/web/templates/ui"
)

// Handlers answers for the ways into a cohort.
type Handlers struct {
	Roster     *roster.Service
	Accounts   *account.Service
	Deliveries *delivery.Service
}

const join = "/teach/cohorts/:cohort/join"

// slack is what a form may have beside its file.
const slack = 64 << 10

// Routes is the table.
func (h *Handlers) Routes() []web.Route {
	return []web.Route{
		{Method: http.MethodGet, Path: "/join/:token", Handler: h.getDoor, Access: web.Public},
		{Method: http.MethodPost, Path: "/join/:token", Handler: h.postDoor, Access: web.SignedIn},

		{Method: http.MethodGet, Path: join, Handler: h.getJoin, Access: web.Trainer},
		{Method: http.MethodPost, Path: join + "/add", Handler: h.postAdd, Access: web.Trainer},
		{Method: http.MethodPost, Path: join + "/let-in", Handler: h.postLetIn, Access: web.Trainer},
		{Method: http.MethodPost, Path: join + "/keep-out", Handler: h.postKeepOut, Access: web.Trainer},
		{Method: http.MethodPost, Path: join + "/invitations", Handler: h.postInvite, Access: web.Trainer},
		{Method: http.MethodPost, Path: join + "/invitations/:invitation/revoke", Handler: h.postRevoke, Access: web.Trainer},
		{Method: http.MethodPost, Path: join + "/places/:place/withdraw", Handler: h.postWithdraw, Access: web.Trainer},
		{Method: http.MethodPost, Path: join + "/imports", Handler: h.postImport, Access: web.Trainer, Body: roster.MaxFile + slack},
		{Method: http.MethodGet, Path: join + "/imports/:import", Handler: h.getImport, Access: web.Trainer},
		{Method: http.MethodPost, Path: join + "/imports/:import/apply", Handler: h.postApply, Access: web.Trainer},
		{Method: http.MethodGet, Path: join + "/imports/:import/rows.csv", Handler: h.getTrouble, Access: web.Trainer, Limit: "export"},
	}
}

// getDoor shows what an invitation leads to. An invitation that cannot be used says why, with the status for it.
func (h *Handlers) getDoor(c echo.Context) error { return h.door(c, nil) }

func (h *Handlers) door(c echo.Context, why *fault.Error) error {
	v, l, token := web.ViewerOf(c), web.L(c), c.Param("token")
	var who *account.Person
	if v.SignedIn() {
		who = v.Person
	}
	d, err := h.Roster.Open(c.Request().Context(), token, who)
	if err != nil {
		return err
	}
	if why == nil {
		why = d.Why
	}
	p := pages.Door{
		Page: web.Page(c, l.T("roster.door_title", "Title", d.Delivery.Title)), Door: d, Path: "/join/" + token, SignedIn: v.SignedIn(),
		Starts: web.Local(c, delivery.At(d.Delivery.StartsOn, d.Delivery.ReleaseAt, d.Delivery.Location())),
	}
	p.Robots = "noindex"
	if d.Invitation.ExpiresAt != nil {
		p.Until = web.Local(c, *d.Invitation.ExpiresAt)
	}
	status := http.StatusOK
	if why != nil && d.In == nil {
		p.Why = l.T(why.Key, why.Args...)
		p.Prove = why.Key == "roster.prove_first"
		if who != nil {
			p.Email = who.Email
		}
		if c.Request().Method == http.MethodPost && !p.Prove {
			status = web.Status(why.Kind)
		}
	}
	return web.Render(c, status, pages.ShowDoor(p))
}

func (h *Handlers) postDoor(c echo.Context) error {
	who, token := web.ViewerOf(c).Person, c.Param("token")
	e, err := h.Roster.Join(c.Request().Context(), token, who)
	if f := fault.From(err); f != nil && f.Kind != fault.NotFound {
		if f.Key == "roster.prove_first" {
			web.Notice(c, "info", "roster.asked_notice")
			return web.SeeOther(c, "/join/"+token)
		}
		return h.door(c, f)
	}
	if err != nil {
		return err
	}
	d, err := h.Deliveries.ByID(c.Request().Context(), e.DeliveryID)
	if err != nil {
		return err
	}
	if e.Status == delivery.Waiting {
		web.Notice(c, "info", "cohort.queued_notice", "Title", d.Title)
	} else {
		web.Notice(c, "ok", "cohort.joined_notice", "Title", d.Title)
	}
	return web.SeeOther(c, "/courses/"+d.CourseKey+"/cohorts/"+d.ID)
}

// cohort is the one that the address names, which the reader leads: to others it does not exist.
func (h *Handlers) cohort(c echo.Context) (*delivery.Delivery, error) {
	if !delivery.Leads(web.ViewerOf(c).Person, c.Param("cohort")) {
		return nil, fault.New(fault.NotFound, "error.not_found")
	}
	return h.Deliveries.ByID(c.Request().Context(), c.Param("cohort"))
}

// page is the page that a parameter asks for, from 1.
func page(c echo.Context, name string) int {
	n, _ := strconv.Atoi(c.QueryParam(name))
	return min(max(n, 1), 10_000)
}

func nav(n, total int, href func(int) string) ui.PageNav {
	return ui.PageNav{Page: n, Pages: max(1, (total+roster.PerPage-1)/roster.PerPage), Href: href}
}
