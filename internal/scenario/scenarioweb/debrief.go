package scenarioweb

import (
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"greenroom/internal/course"
	"greenroom/internal/id"
	"greenroom/internal/play"
	"greenroom/internal/scenario"
	"greenroom/internal/web"
	pages "greenroom/web/templates/scenario"
)

// debrief gathers what a finished run has to show.
func (p *Player) debrief(c echo.Context, s play.Step, sit *scenario.Sitting) (pages.DebriefPage, error) {
	ctx, at := c.Request().Context(), s.Completion(nil)
	l := web.L(c)
	d := pages.DebriefPage{
		L: l, Step: s, Sitting: sit, Client: id.New(), Moved: c.QueryParam("moved") != "",
		Person: s.Learner != nil && !s.Learner.Guest(), Read: places(s.Course, sit.Story.Scenario.Debrief.Read),
	}
	if sit.Run.FinishedAt != nil {
		d.When = l.Date(web.Local(c, *sit.Run.FinishedAt))
	}
	runs, err := p.runs.Runs(ctx, at)
	if err != nil {
		return d, err
	}
	for _, r := range runs {
		if r.State != scenario.Finished {
			continue
		}
		end := r.Ending
		if x := sit.Story.Scenario.Passage(r.Ending); x != nil {
			end = x.Title.Value
		}
		d.Runs = append(d.Runs, pages.RunLine{
			Href: s.Path() + "?run=" + r.ID, When: l.DateTime(web.Local(c, *r.FinishedAt)), Ending: end,
			Shown: r.ID == sit.Run.ID, Replay: r.ReplayOf != "",
		})
	}
	if d.Others, err = p.runs.Others(ctx, at, sit.Story.Scenario); err != nil {
		return d, err
	}
	if d.Panel, err = p.panels.Of(ctx, at.Course.Key, at.Activity.Key, sit.Story.Scenario); err != nil {
		return d, err
	}
	if d.Replies, err = p.runs.Replies(ctx, sit); err != nil {
		return d, err
	}
	for _, r := range d.Replies {
		if r.Waiting && r.DueAt != nil {
			d.Due = l.Date(web.Local(c, *r.DueAt))
		}
	}
	if d.Person && len(d.Replies) > 0 {
		d.Tasks, err = p.runs.Tasks(ctx, at)
	}
	return d, err
}

// places are links to those places of this course that are there.
func places(rev *course.Revision, keys []string) []pages.ReadLink {
	var out []pages.ReadLink
	for _, k := range keys {
		key, rest, _ := strings.Cut(k, "/")
		if key != rev.Key {
			continue
		}
		if a := rev.Activity(rest); a != nil {
			out = append(out, pages.ReadLink{Title: a.Title, Href: play.Path(rev, a)})
			continue
		}
		for _, m := range rev.Modules {
			if m.Key == rest && len(m.Activities) > 0 {
				out = append(out, pages.ReadLink{Title: m.Title, Href: play.Path(rev, m.Activities[0])})
			}
		}
	}
	return out
}

// Get answers GET of the summary and of a reply to review.
func (p *Player) Get(c echo.Context, s play.Step, name string) error {
	switch name {
	case "summary":
		return p.summary(c, s)
	case "review":
		return p.task(c, s)
	}
	return errNotFound
}

func (p *Player) summary(c echo.Context, s play.Step) error {
	sit, err := p.runs.Look(c.Request().Context(), s.Completion(nil), c.QueryParam("run"))
	if err != nil {
		return err
	}
	if sit == nil || sit.Run.State != scenario.Finished {
		return errNotFound
	}
	d, err := p.debrief(c, s, sit)
	if err != nil {
		return err
	}
	v := pages.SummaryPage{Page: web.Page(c, sit.Story.Scenario.Title.Value), Debrief: d}
	v.Section, v.Robots = "courses", "noindex"
	if s.Learner != nil {
		v.Who = s.Learner.Name
	}
	return web.Render(c, http.StatusOK, pages.Summary(v))
}
