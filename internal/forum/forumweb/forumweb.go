// Package forumweb is the HTTP side of discussions.
//
//	forumweb.go   the routes, a delivery's page, search
//	thread.go     boards and threads
//	compose.go    the form to write in: posting, drafts, preview
//	manage.go     what is done with a thread: reading marks, following, moving, merging
//	post.go       one post: its address, editing, taking away, files
//	lead.go       facilitation: desk, marking, participation, groups, summaries
//	live.go       what happens in a thread while its page is open (live.Source)
//	player.go     a prompt as a step of a course (play.Player)
package forumweb

import (
	"net/http"
	"strconv"

	"github.com/labstack/echo/v4"

	"greenroom/internal/fault"
	"greenroom/internal/forum"
	"greenroom/internal/moderation"
	"greenroom/internal/web"
	"greenroom/internal/words"
	pages "greenroom/web/templates/forum"
	"greenroom/web/templates/ui"
)

// Handlers answers for discussions.
type Handlers struct {
	Forum      *forum.Service
	Moderation *moderation.Service
	Reading    func(topic, personID string) int // how many people have a topic open: live.Hub.Reading; nil is nobody
}

var errNotFound = fault.New(fault.NotFound, "error.not_found")

// Routes is the table. Who may see what is the service's question: what one may not see does not exist.
func (h *Handlers) Routes() []web.Route {
	const board, thread, post = "/discuss/:delivery/:board", "/threads/:thread", "/posts/:post"
	return []web.Route{
		{Method: http.MethodGet, Path: "/discuss/:delivery", Handler: h.getHome, Access: web.SignedIn},
		{Method: http.MethodGet, Path: "/discuss/:delivery/search", Handler: h.getSearch, Access: web.SignedIn},
		{Method: http.MethodGet, Path: board, Handler: h.getBoard, Access: web.SignedIn},
		{Method: http.MethodPost, Path: board, Handler: h.postBoard, Access: web.SignedIn, Body: forum.MaxUpload, Fields: true},
		{Method: http.MethodPost, Path: board + "/draft", Handler: h.postBoardDraft, Access: web.SignedIn, Body: forum.MaxUpload, Fields: true},
		{Method: http.MethodPost, Path: board + "/preview", Handler: h.postBoardPreview, Access: web.SignedIn, Body: forum.MaxUpload, Fields: true},
		{Method: http.MethodPost, Path: board + "/settings", Handler: h.postSettings, Access: web.SignedIn},

		{Method: http.MethodGet, Path: thread, Handler: h.getThread, Access: web.SignedIn},
		{Method: http.MethodPost, Path: thread, Handler: h.postThread, Access: web.SignedIn, Body: forum.MaxUpload, Fields: true},
		{Method: http.MethodPost, Path: thread + "/draft", Handler: h.postThreadDraft, Access: web.SignedIn, Body: forum.MaxUpload, Fields: true},
		{Method: http.MethodPost, Path: thread + "/preview", Handler: h.postThreadPreview, Access: web.SignedIn, Body: forum.MaxUpload, Fields: true},
		{Method: http.MethodPost, Path: thread + "/read", Handler: h.postRead, Access: web.SignedIn},
		{Method: http.MethodPost, Path: thread + "/follow", Handler: h.postFollow, Access: web.SignedIn},
		{Method: http.MethodPost, Path: thread + "/manage", Handler: h.postManage, Access: web.SignedIn},

		{Method: http.MethodGet, Path: post, Handler: h.getPost, Access: web.SignedIn},
		{Method: http.MethodGet, Path: post + "/history", Handler: h.getHistory, Access: web.SignedIn},
		{Method: http.MethodGet, Path: post + "/edit", Handler: h.getEdit, Access: web.SignedIn},
		{Method: http.MethodPost, Path: post + "/edit", Handler: h.postEdit, Access: web.SignedIn},
		{Method: http.MethodGet, Path: post + "/remove", Handler: h.getRemove, Access: web.SignedIn},
		{Method: http.MethodPost, Path: post + "/remove", Handler: h.postRemove, Access: web.SignedIn},
		{Method: http.MethodPost, Path: post + "/useful", Handler: h.postUseful, Access: web.SignedIn},
		{Method: http.MethodPost, Path: post + "/endorse", Handler: h.postEndorse, Access: web.SignedIn},
		{Method: http.MethodGet, Path: post + "/files/:file", Handler: h.getFile, Access: web.SignedIn},
	}
}

func view(c echo.Context, v *forum.Visit) pages.View {
	return pages.View{L: web.L(c), Visit: v, Zone: web.Zone(c)}
}

// number reads a page's number.
func number(c echo.Context) int {
	n, err := strconv.Atoi(c.QueryParam("page"))
	if err != nil || n < 1 {
		return 1
	}
	return n
}

func nav(n, total int, href func(page int) string) ui.PageNav {
	return ui.PageNav{Page: n, Pages: (total + forum.PerPage - 1) / forum.PerPage, Href: href}
}

func (h *Handlers) getHome(c echo.Context) error {
	ctx, who := c.Request().Context(), web.ViewerOf(c).Person
	base, boards, err := h.Forum.BoardVisits(ctx, who, c.Param("delivery"))
	if err != nil {
		return err
	}
	counts, err := h.Forum.Tallies(ctx, base)
	if err != nil {
		return err
	}
	parts, err := h.Forum.Parts(ctx, base)
	if err != nil {
		return err
	}
	l := web.L(c)
	p := pages.Home{Page: web.Page(c, l.T("forum.title")), View: view(c, base)}
	p.Section, p.Robots = "courses", "noindex"
	for _, b := range boards {
		row := pages.BoardRow{Visit: b, Tally: counts[b.Board]}
		name := ""
		switch {
		case b.Prompt():
			row.Part = parts[b.Activity.Key]
		case b.Group != "":
			if name, _, err = h.Forum.GroupName(ctx, b.Group); err != nil {
				return err
			}
		}
		row.Title = p.BoardTitle(b, name)
		switch {
		case b.Archived():
			p.Archive = append(p.Archive, row)
		case b.Prompt():
			p.Prompts = append(p.Prompts, row)
		case b.Group != "":
			p.Groups = append(p.Groups, row)
		default:
			p.Rest = append(p.Rest, row)
		}
	}
	if p.Drafts, err = h.drafts(c, base, boards); err != nil {
		return err
	}
	return web.Render(c, http.StatusOK, pages.ShowHome(p))
}

// drafts are the texts that the reader has begun in this delivery.
func (h *Handlers) drafts(c echo.Context, base *forum.Visit, boards []*forum.Visit) ([]pages.Draft, error) {
	ctx := c.Request().Context()
	all, err := h.Forum.Drafts(ctx, base.Who.ID)
	if err != nil {
		return nil, err
	}
	var out []pages.Draft
	v := view(c, base)
	for _, d := range all {
		row := pages.Draft{Text: words.Clip(d.Title+" "+d.Body, 80), When: v.L.DateTime(web.Local(c, d.SavedAt))}
		for _, b := range boards {
			if d.Place == forum.NewPlace(base.Delivery.ID, b.Board) {
				row.Href, row.Title = pages.BoardPath(base.Delivery.ID, b.Board)+"#compose", v.BoardTitle(b, "")
			}
		}
		if row.Href == "" {
			x, t, err := h.Forum.VisitThread(ctx, base.Who, d.Place)
			if fault.Is(err, fault.NotFound) || err == nil && t.DeliveryID != base.Delivery.ID {
				continue
			}
			if err != nil {
				return nil, err
			}
			row.Href, row.Title = pages.ThreadPath(t.ID)+"#compose", t.Title
			if x.Prompt() {
				row.Title = x.Activity.Title
			}
		}
		out = append(out, row)
	}
	return out, nil
}

func (h *Handlers) getSearch(c echo.Context) error {
	q, n := c.QueryParam("q"), number(c)
	base, found, total, err := h.Forum.Search(c.Request().Context(), web.ViewerOf(c).Person, c.Param("delivery"), q, n)
	status := http.StatusOK
	l := web.L(c)
	by, errs := web.FieldErrors(l, err)
	if err != nil {
		if !fault.Is(err, fault.Invalid) {
			return err
		}
		status = http.StatusUnprocessableEntity
	}
	p := pages.Results{Page: web.Page(c, l.T("forum.search_title")), View: view(c, base), Query: q, Total: total, By: by, Errors: errs}
	p.Section, p.Robots, p.HasError = "courses", "noindex", err != nil
	for _, f := range found {
		hit := pages.Hit{Found: f, Where: f.Title}
		if f.ActivityKey != "" {
			if a := base.Course.Activity(f.ActivityKey); a != nil {
				hit.Where = a.Title
			}
		}
		p.Found = append(p.Found, hit)
	}
	p.Nav = nav(n, total, func(page int) string {
		return pages.SearchPath(base.Delivery.ID, q, page)
	})
	return web.Render(c, status, pages.ShowResults(p))
}
