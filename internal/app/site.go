package app

import (
	"io"
	"net/http"

	"github.com/a-h/templ"
	"github.com/labstack/echo/v4"

	"greenroom/internal/course"
	"greenroom/internal/web"
	assets "greenroom/web"
	"greenroom/web/templates/gallery"
	"greenroom/web/templates/layout"
	"greenroom/web/templates/pages"
	"greenroom/web/templates/ui"
)

// site are the pages that belong to no feature.
func (a *App) site() []web.Route {
	page := func(title string, show func(layout.Page) templ.Component) echo.HandlerFunc {
		return func(c echo.Context) error {
			return web.Render(c, http.StatusOK, show(web.Page(c, web.L(c).T(title))))
		}
	}
	licences := func(p layout.Page) templ.Component {
		return pages.Licences(p, pages.LicencesData{Notices: assets.Assets().Notices()})
	}
	return []web.Route{
		{Method: http.MethodGet, Path: "/", Handler: a.getHome, Access: web.Public},
		{Method: http.MethodGet, Path: "/help", Handler: page("site.help", a.withContact(pages.Help)), Access: web.Public},
		{Method: http.MethodGet, Path: "/accessibility", Handler: page("site.accessibility", a.withContact(pages.Accessibility)), Access: web.Public},
		{Method: http.MethodGet, Path: "/privacy", Handler: page("site.privacy", a.privacy), Access: web.Public},
		{Method: http.MethodGet, Path: "/licences", Handler: page("site.licences", licences), Access: web.Public},
		{Method: http.MethodGet, Path: "/gallery", Handler: page("site.gallery", gallery.Page), Access: web.Dev},
		{Method: http.MethodGet, Path: "/robots.txt", Handler: getRobots, Access: web.Public},
		{Method: http.MethodGet, Path: "/.well-known/security.txt", Handler: a.getSecurity, Access: web.Public},
	}
}

// withContact gives a page the address of who runs the site.
func (a *App) withContact(show func(layout.Page, string) templ.Component) func(layout.Page) templ.Component {
	return func(p layout.Page) templ.Component { return show(p, a.cfg.Contact) }
}

// onHome is how many courses the home page shows.
const onHome = 3

func (a *App) getHome(c echo.Context) error {
	all, err := a.Courses.Catalogue(c.Request().Context())
	if err != nil {
		return err
	}
	l := web.L(c)
	d := pages.HomeData{}
	for _, r := range all {
		if d.Try.Href == "" && r.Open && r.First() != nil {
			d.Try = ui.Link{Text: r.First().Title, Href: "/courses/" + r.Key + "/" + r.First().Key}
		}
		if len(d.Courses) < onHome {
			d.Courses = append(d.Courses, onHomeCard(c, r))
		}
	}
	p := web.Page(c, l.T("site.home"))
	p.Description = l.T("site.home_description")
	return web.Render(c, http.StatusOK, pages.Home(p, d))
}

func onHomeCard(c echo.Context, r *course.Revision) pages.Course {
	l := web.L(c)
	card := pages.Course{CardData: ui.CardData{
		Title: r.Title, Href: "/courses/" + r.Key, Kicker: l.T("courses.level_" + r.Level), Text: r.Summary, Art: r.Art, Level: 3,
	}}
	card.Facts = append(card.Facts, pages.Fact{Icon: "layers", Text: l.T("courses.modules", "Count", len(r.Modules))})
	if r.Minutes > 0 {
		card.Facts = append(card.Facts, pages.Fact{Icon: "clock", Text: l.Minutes(r.Minutes)})
	}
	if r.First() == nil {
		card.Facts = append(card.Facts, pages.Fact{Icon: "hourglass", Text: l.T("player.in_preparation")})
	}
	return card
}

// getRobots keeps search engines to the pages that are the same for everybody.
func getRobots(c echo.Context) error {
	return c.String(http.StatusOK, "User-agent: *\nDisallow: /me\nDisallow: /settings\nDisallow: /verify\nDisallow: /mailbox\n")
}

// getSecurity is RFC 9116: where to report a weakness. Without a contact address there is nothing to say.
func (a *App) getSecurity(c echo.Context) error {
	if a.cfg.Contact == "" {
		return echo.NewHTTPError(http.StatusNotFound)
	}
	expires := a.now().UTC().AddDate(0, 6, 0).Format("2006-01-02T15:04:05Z")
	return c.String(http.StatusOK, "Contact: mailto:"+a.cfg.Contact+"\nExpires: "+expires+"\nPreferred-Languages: en\n")
}

// postReport takes what browsers report against the Content-Security-Policy. Only the number of reports and the
// route's directive matter; addresses of pages may name people and are not logged.
func (a *App) postReport(c echo.Context) error {
	n, _ := io.Copy(io.Discard, io.LimitReader(c.Request().Body, 64<<10))
	a.log.Warn("a browser reports a breach of the content policy", "bytes", n)
	return c.NoContent(http.StatusNoContent)
}
