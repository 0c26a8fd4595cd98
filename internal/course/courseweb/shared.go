package courseweb

import (
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"greenroom/internal/course"
	"greenroom/internal/play"
	"greenroom/internal/record"
	"greenroom/internal/web"
	"greenroom/internal/words"
	"greenroom/web/templates/courses"
	"greenroom/web/templates/ui"
)

// byKey are the site's courses by their keys.
func (h *Handlers) byKey(c echo.Context) (map[string]*course.Revision, []*course.Revision, error) {
	all, err := h.Courses.Catalogue(c.Request().Context())
	if err != nil {
		return nil, nil, err
	}
	by := make(map[string]*course.Revision, len(all))
	for _, r := range all {
		by[r.Key] = r
	}
	return by, all, nil
}

// getGlossary shows the words that the courses share. A search looks at names and meanings; every word of it has to occur.
func (h *Handlers) getGlossary(c echo.Context) error {
	l := web.L(c)
	shared, err := h.Courses.Shared(c.Request().Context())
	if err != nil {
		return err
	}
	by, all, err := h.byKey(c)
	if err != nil {
		return err
	}
	p := courses.Glossary{Page: web.Page(c, l.T("glossary.title")), Title: l.T("glossary.title"), Text: words.Cut(c.QueryParam("q"), 100)}
	p.Section = "courses"
	if by[c.QueryParam("course")] != nil {
		p.Course = c.QueryParam("course")
	}
	p.Courses = append(p.Courses, ui.Option{Value: "", Text: l.T("glossary.any_course"), Selected: p.Course == ""})
	for _, r := range all {
		p.Courses = append(p.Courses, ui.Option{Value: r.Key, Text: r.Title, Selected: p.Course == r.Key})
	}
	if g := shared.Glossary; g != nil {
		p.Title, p.Intro, p.All = g.Title, g.Intro, len(g.Terms)
		p.Letters = letters(g, by, p.Text, p.Course)
	}
	return web.Render(c, http.StatusOK, courses.ShowGlossary(p))
}

func letters(g *course.Glossary, by map[string]*course.Revision, text, key string) (out []courses.Letter) {
	want := strings.Fields(strings.ToLower(text))
	for i := range g.Terms {
		t := &g.Terms[i]
		if !hasAll(t, want) || key != "" && !usedIn(t, key) {
			continue
		}
		if n := len(out); n == 0 || out[n-1].Letter != t.Initial() {
			out = append(out, courses.Letter{Letter: t.Initial()})
		}
		last := &out[len(out)-1]
		w := courses.Word{GlossaryTerm: t}
		w.Source, w.URL = cited(by, t.Source)
		for _, ref := range t.Modules {
			if rev, m := find(by, ref); m != nil {
				w.Places = append(w.Places, ui.Link{Text: m.Title, Href: moduleHref(rev, m)})
			}
		}
		last.Words = append(last.Words, w)
	}
	return out
}

func hasAll(t *course.GlossaryTerm, want []string) bool {
	text := strings.ToLower(t.Term + " " + strings.Join(t.Also, " ") + " " + t.Meaning)
	for _, w := range want {
		if !strings.Contains(text, w) {
			return false
		}
	}
	return true
}

func usedIn(t *course.GlossaryTerm, key string) bool {
	for _, ref := range t.Modules {
		if ref.Course == key {
			return true
		}
	}
	return false
}

// find is the module of a reference; nil when the site has it not, or no longer.
func find(by map[string]*course.Revision, ref course.Ref) (*course.Revision, *course.Module) {
	rev := by[ref.Course]
	if rev == nil {
		return nil, nil
	}
	return rev, rev.Module(ref.Part)
}

// moduleHref leads to a module's first step; to its course while it is in preparation.
func moduleHref(rev *course.Revision, m *course.Module) string {
	if len(m.Activities) == 0 {
		return "/courses/" + rev.Key
	}
	return play.Path(rev, m.Activities[0])
}

// cited names the source of a reference, and where to find it.
func cited(by map[string]*course.Revision, ref course.Ref) (name, href string) {
	rev := by[ref.Course]
	if rev == nil {
		return "", ""
	}
	s := rev.Source(ref.Part)
	return s.Title, s.URL
}

// getPathways shows which modules make up which role, and to somebody who learns here how far they are.
func (h *Handlers) getPathways(c echo.Context) error {
	l := web.L(c)
	shared, err := h.Courses.Shared(c.Request().Context())
	if err != nil {
		return err
	}
	by, _, err := h.byKey(c)
	if err != nil {
		return err
	}
	mine, err := h.progress(c)
	if err != nil {
		return err
	}
	p := courses.Pathways{Page: web.Page(c, l.T("pathways.title")), Title: l.T("pathways.title"), Known: mine != nil}
	p.Section = "courses"
	views := make(map[string]record.View, len(by))
	for key, rev := range by {
		views[key] = record.Look(rev, mine[key])
	}
	if ways := shared.Pathways; ways != nil {
		p.Title, p.Intro = ways.Title, ways.Intro
		for _, r := range ways.Roles {
			w := courses.Pathway{Role: r}
			w.Source, w.URL = cited(by, r.Source)
			for _, s := range r.Stages {
				if rev, m := find(by, s.Module); m != nil {
					w.Stages = append(w.Stages, stage(rev, m, s.Why, views[rev.Key]))
				}
			}
			for _, s := range w.Stages {
				w.Minutes += s.Minutes
				if s.Complete() {
					w.Done++
				}
			}
			p.Roles = append(p.Roles, w)
		}
	}
	return web.Render(c, http.StatusOK, courses.ShowPathways(p))
}

// stage is a module as one person has it; it leads to the first step that is not done.
func stage(rev *course.Revision, m *course.Module, why string, v record.View) courses.Stage {
	s := courses.Stage{Title: m.Title, Course: rev.Title, Why: why, Minutes: m.Minutes, Href: moduleHref(rev, m), Total: len(m.Activities)}
	for i := len(m.Activities) - 1; i >= 0; i-- {
		if a := m.Activities[i]; v.IsDone(a.Key) {
			s.Done++
		} else {
			s.Href = play.Path(rev, a)
		}
	}
	return s
}
