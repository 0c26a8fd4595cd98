// Package adminweb is what administrators see of the site: how it is, who is there and may do what, what was decided,
// and how it looks.
//
//	adminweb.go  Handlers and the table of routes
//	overview.go  /admin, the state of database, disk, mail and jobs
//	people.go    /admin/people, finding people
//	person.go    /admin/people/:id, one person: account and roles
//	audit.go     /admin/audit, the log of decisions
//	why.go       /admin/why, whether and why a person reaches a page
//	look.go      /admin/look, name and colours; and the style sheet for everybody
//	signon.go    /admin/sign-on, the providers among the settings
//	jobs.go      /admin/jobs and /admin/mail, what goes wrong beside requests
//
// Administrators see no answers, reflections or drafts here: only accounts, roles and the state of the machine.
package adminweb

import (
	"net/http"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"greenroom/internal/access"
	"greenroom/internal/account"
	"greenroom/internal/audit"
	"greenroom/internal/delivery"
	"greenroom/internal/event"
	"greenroom/internal/mail"
	"greenroom/internal/signon"
	"greenroom/internal/site"
	"greenroom/internal/web"
	"greenroom/web/templates/layout"
	"greenroom/web/templates/ui"
)

// Services are whom the pages ask.
type Services struct {
	Site       *site.Service
	Accounts   *account.Service
	Access     *access.Service
	Audit      *audit.Service
	Events     *event.Dispatcher
	Mail       *mail.Service
	Deliveries *delivery.Service
	SignOn     *signon.Service
	Routes     func() []Route // every route of the product
}

// Route is one line of the product's route tables, as far as access goes.
type Route struct {
	Method, Path string
	Access       web.Access
}

// Options are what the pages say about the settings.
type Options struct {
	SiteName string
	DevMail  bool // the development mailbox can be looked at
	MailFrom string
	Now      func() time.Time
}

// Handlers answers for the administrators' pages.
type Handlers struct {
	Services
	opts Options
}

// New makes the handlers.
func New(s Services, o Options) *Handlers { return &Handlers{s, o} }

// StylePath is where the style sheet with the site's own colours is served, by its name.
const StylePath = "/look/"

// Routes is the table.
func (h *Handlers) Routes() []web.Route {
	return []web.Route{
		{Method: http.MethodGet, Path: "/admin", Handler: h.getOverview, Access: web.Admin},
		{Method: http.MethodGet, Path: "/admin/people", Handler: h.getPeople, Access: web.Admin},
		{Method: http.MethodGet, Path: "/admin/people/:id", Handler: h.getPerson, Access: web.Admin},
		{Method: http.MethodPost, Path: "/admin/people/:id/close", Handler: h.postClose, Access: web.Admin},
		{Method: http.MethodPost, Path: "/admin/people/:id/open", Handler: h.postOpen, Access: web.Admin},
		{Method: http.MethodPost, Path: "/admin/people/:id/sign-out", Handler: h.postSignOut, Access: web.Admin},
		{Method: http.MethodPost, Path: "/admin/people/:id/grant", Handler: h.postGrant, Access: web.Admin},
		{Method: http.MethodPost, Path: "/admin/people/:id/revoke", Handler: h.postRevoke, Access: web.Admin},
		{Method: http.MethodGet, Path: "/admin/audit", Handler: h.getAudit, Access: web.Admin},
		{Method: http.MethodGet, Path: "/admin/audit.csv", Handler: h.getAuditCSV, Access: web.Admin, Limit: "export"},
		{Method: http.MethodGet, Path: "/admin/why", Handler: h.getWhy, Access: web.Admin},
		{Method: http.MethodGet, Path: "/admin/look", Handler: h.getLook, Access: web.Admin},
		{Method: http.MethodPost, Path: "/admin/look", Handler: h.postLook, Access: web.Admin},
		{Method: http.MethodGet, Path: "/admin/look/preview.css", Handler: h.getPreview, Access: web.Admin},
		{Method: http.MethodGet, Path: StylePath + ":file", Handler: h.getStyle, Access: web.Public},
		{Method: http.MethodGet, Path: "/admin/sign-on", Handler: h.getSignOn, Access: web.Admin},
		{Method: http.MethodPost, Path: "/admin/sign-on/:name/test", Handler: h.postSignOnTest, Access: web.Admin},
		{Method: http.MethodGet, Path: "/admin/mail", Handler: h.getMail, Access: web.Admin},
		{Method: http.MethodPost, Path: "/admin/mail/test", Handler: h.postMailTest, Access: web.Admin, Limit: "mail"},
		{Method: http.MethodPost, Path: "/admin/mail/:id/retry", Handler: h.postLetterRetry, Access: web.Admin},
		{Method: http.MethodGet, Path: "/admin/jobs", Handler: h.getJobs, Access: web.Admin},
		{Method: http.MethodPost, Path: "/admin/jobs/retry", Handler: h.postFactRetry, Access: web.Admin},
		{Method: http.MethodPost, Path: "/admin/jobs/park", Handler: h.postFactPark, Access: web.Admin},
	}
}

func desk(c echo.Context, title, item string) layout.Page {
	return web.DeskPage(c, web.L(c).T(title), "admin", item)
}

// pageOf is the page of a list that was asked for, from 1.
func pageOf(c echo.Context) int {
	n, _ := strconv.Atoi(c.QueryParam("page"))
	return min(max(1, n), 100_000)
}

// pager links the pages of a list; address is that of a page, with everything else that was asked for.
func pager(c echo.Context, total, size int) ui.PageNav {
	q := c.Request().URL.Query()
	path := c.Request().URL.Path
	return ui.PageNav{Page: pageOf(c), Pages: (total + size - 1) / size, Href: func(n int) string {
		q.Set("page", strconv.Itoa(n))
		return path + "?" + q.Encode()
	}}
}

// actor is the administrator who acts.
func actor(c echo.Context) *account.Person { return web.ViewerOf(c).Person }
