// Package courseweb is the public face of courses: the catalogue with its search, the page of a course, its
// closing page, and the pictures and films that steps show.
package courseweb

import (
	"net/http"
	"sort"
	"strconv"
	"strings"

	"github.com/a-h/templ"
	"github.com/labstack/echo/v4"

	"greenroom/internal/course"
	"greenroom/internal/credential"
	"greenroom/internal/delivery"
	"greenroom/internal/locale"
	"greenroom/internal/play"
	"greenroom/internal/record"
	"greenroom/internal/web"
	"greenroom/internal/words"
	"greenroom/web/templates/cohort"
	"greenroom/web/templates/courses"
	"greenroom/web/templates/ui"
)

// Handlers answers for courses.
type Handlers struct {
	Courses     *course.Service
	Records     *record.Service
	Credentials *credential.Service
	Play        *play.Service
	Deliveries  *delivery.Service
}

// Routes is the table.
func (h *Handlers) Routes() []web.Route {
	return []web.Route{
		{Method: http.MethodGet, Path: "/courses", Handler: h.getCatalogue, Access: web.Public},
		{Method: http.MethodGet, Path: "/glossary", Handler: h.getGlossary, Access: web.Public},
		{Method: http.MethodGet, Path: "/pathways", Handler: h.getPathways, Access: web.Public},
		{Method: http.MethodGet, Path: "/courses/:course", Handler: h.getCourse, Access: web.Public},
		{Method: http.MethodGet, Path: "/courses/:course/learn", Handler: h.getLearn, Access: web.Public},
		{Method: http.MethodGet, Path: "/courses/:course/finish", Handler: h.getFinish, Access: web.Public},
		{Method: http.MethodGet, Path: "/courses/:course/media/:hash/*", Handler: h.getMedia, Access: web.Public},
	}
}

// perPage is how many courses a page of the catalogue holds.
const perPage = 12

func (h *Handlers) getCatalogue(c echo.Context) error {
	ctx, l := c.Request().Context(), web.L(c)
	all, err := h.Courses.Catalogue(ctx)
	if err != nil {
		return err
	}
	q := courses.Query{
		Text: words.Cut(c.QueryParam("q"), 100), Level: c.QueryParam("level"),
		Topic: c.QueryParam("topic"), Length: c.QueryParam("length"),
	}
	found := search(all, q)
	pages := max(1, (len(found)+perPage-1)/perPage)
	page, _ := strconv.Atoi(c.QueryParam("page"))
	page = min(max(page, 1), pages)
	shown := found[(page-1)*perPage : min(page*perPage, len(found))]

	p := courses.Catalogue{
		Page: web.Page(c, l.T("courses.title")), Query: q, Found: len(found),
		Levels: levels(l, q.Level), Topics: topics(l, all, q.Topic), Lengths: lengths(l, q.Length),
		Nav: ui.PageNav{Page: page, Pages: pages, Href: q.Path},
	}
	p.Section, p.Description = "courses", l.T("courses.lede")
	mine, err := h.progress(c)
	if err != nil {
		return err
	}
	for _, r := range shown {
		percent := -1
		if pr, ok := mine[r.Key]; ok {
			percent = record.Look(r, pr).Percent
		}
		p.Cards = append(p.Cards, courses.Card{Course: r, Percent: percent})
	}
	return web.Render(c, http.StatusOK, courses.ShowCatalogue(p))
}

// progress is the visitor's own progress by course, in one query; nothing for who is not known.
func (h *Handlers) progress(c echo.Context) (map[string]*record.Progress, error) {
	v := web.ViewerOf(c)
	if v.Person == nil {
		return nil, nil
	}
	all, err := h.Records.All(c.Request().Context(), v.ID())
	if err != nil {
		return nil, err
	}
	by := make(map[string]*record.Progress, len(all))
	for i := range all {
		by[all[i].CourseKey] = &all[i]
	}
	return by, nil
}

// search keeps the courses in which every word of the query occurs, in the catalogue's order.
func search(all []*course.Revision, q courses.Query) []*course.Revision {
	words := strings.Fields(strings.ToLower(q.Text))
	var out []*course.Revision
	for _, r := range all {
		if (q.Level == "" || q.Level == r.Level) && hasTopic(r, q.Topic) && hasLength(r, q.Length) && hasWords(r, words) {
			out = append(out, r)
		}
	}
	return out
}

func hasTopic(r *course.Revision, topic string) bool {
	if topic == "" {
		return true
	}
	for _, t := range r.Topics {
		if t == topic {
			return true
		}
	}
	return false
}

func hasLength(r *course.Revision, length string) bool {
	switch length {
	case "short":
		return r.Minutes <= 120
	case "medium":
		return r.Minutes > 120 && r.Minutes <= 360
	case "long":
		return r.Minutes > 360
	}
	return true
}

func hasWords(r *course.Revision, words []string) bool {
	if len(words) == 0 {
		return true
	}
	var b strings.Builder
	b.WriteString(r.Title + " " + r.Summary + " " + strings.Join(r.Topics, " ") + " " + strings.Join(r.Outcomes, " "))
	for _, m := range r.Modules {
		b.WriteString(" " + m.Title + " " + m.Summary)
	}
	text := strings.ToLower(b.String())
	for _, w := range words {
		if !strings.Contains(text, w) {
			return false
		}
	}
	return true
}

func levels(l *locale.Printer, picked string) []ui.Option {
	out := []ui.Option{{Text: l.T("courses.any_level")}}
	for _, v := range []string{"introductory", "intermediate", "advanced"} {
		out = append(out, ui.Option{Value: v, Text: l.T("courses.level_" + v), Selected: v == picked})
	}
	return out
}

func topics(l *locale.Printer, all []*course.Revision, picked string) []ui.Option {
	seen := map[string]bool{}
	var names []string
	for _, r := range all {
		for _, t := range r.Topics {
			if !seen[t] {
				seen[t] = true
				names = append(names, t)
			}
		}
	}
	sort.Strings(names)
	out := []ui.Option{{Text: l.T("courses.any_topic")}}
	for _, t := range names {
		out = append(out, ui.Option{Value: t, Text: t, Selected: t == picked})
	}
	return out
}

func lengths(l *locale.Printer, picked string) []ui.Option {
	out := []ui.Option{{Text: l.T("courses.any_length")}}
	for _, v := range []string{"short", "medium", "long"} {
		out = append(out, ui.Option{Value: v, Text: l.T("courses.length_" + v), Selected: v == picked})
	}
	return out
}

func (h *Handlers) getCourse(c echo.Context) error {
	at, err := h.Play.Place(c.Request().Context(), web.ViewerOf(c).ID(), c.Param("course"))
	if err != nil {
		return err
	}
	p := courses.Course{Page: web.Page(c, at.Course.Title), Place: at, Zone: web.Zone(c)}
	if p.Cohorts, err = h.cohorts(c, at); err != nil {
		return err
	}
	p.Section, p.Description = "courses", at.Course.Summary
	return web.Render(c, http.StatusOK, courses.ShowCourse(p))
}

// cohorts are those that people can join, and the reader's own; nil when there are none.
func (h *Handlers) cohorts(c echo.Context, at play.Place) (templ.Component, error) {
	ctx, v := c.Request().Context(), web.ViewerOf(c)
	rows, mine, err := h.Deliveries.Around(ctx, v.ID(), at.Course.Key)
	if err != nil {
		return nil, err
	}
	o := cohort.Offers{L: web.L(c), Now: at.Now, Zone: web.Zone(c), Course: at.Course, Mine: mine}
	for _, r := range rows {
		if r.Joinable(at.Now) == nil {
			o.Open = append(o.Open, cohort.OfferOf(r, at.Course, at.Now))
		}
	}
	if !o.Any() {
		return nil, nil
	}
	return cohort.OffersOn(o), nil
}

// getLearn goes on where the learner left.
func (h *Handlers) getLearn(c echo.Context) error {
	at, err := h.Play.Place(c.Request().Context(), web.ViewerOf(c).ID(), c.Param("course"))
	if err != nil {
		return err
	}
	if a := at.Next(); a != nil && (at.Active() || at.Course.Open) {
		return web.SeeOther(c, play.Path(at.Course, a))
	}
	if at.Progress.Complete {
		return web.SeeOther(c, "/courses/"+at.Course.Key+"/finish")
	}
	return web.SeeOther(c, "/courses/"+at.Course.Key)
}

func (h *Handlers) getFinish(c echo.Context) error {
	ctx, v := c.Request().Context(), web.ViewerOf(c)
	at, err := h.Play.Place(ctx, v.ID(), c.Param("course"))
	if err != nil {
		return err
	}
	p := courses.Finish{Page: web.Page(c, web.L(c).T("courses.finish_crumb")+" – "+at.Course.Title), Place: at}
	p.Section = "courses"
	if v.SignedIn() && at.Progress.Complete {
		if p.Certificate, err = h.certificate(c, at.Course.Key); err != nil {
			return err
		}
	}
	return web.Render(c, http.StatusOK, courses.ShowFinish(p))
}

func (h *Handlers) certificate(c echo.Context, courseKey string) (string, error) {
	all, err := h.Credentials.List(c.Request().Context(), web.ViewerOf(c).ID())
	if err != nil {
		return "", err
	}
	for _, k := range all {
		if k.CourseKey == courseKey {
			return "/me/certificates/" + k.Code, nil
		}
	}
	return "", nil
}

// getMedia sends a file of one revision. The address names the revision, so it may be kept for ever.
func (h *Handlers) getMedia(c echo.Context) error {
	data, kind, err := h.Courses.Media(c.Request().Context(), c.Param("hash"), c.Param("*"))
	if err != nil {
		return err
	}
	hd := c.Response().Header()
	hd.Set(echo.HeaderCacheControl, "public, max-age=31536000, immutable")
	// A picture opened on its own is a document of our origin: it may load and run nothing.
	hd.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; sandbox")
	return c.Blob(http.StatusOK, kind, data)
}
