package authorweb

import (
	"context"
	"time"

	"github.com/labstack/echo/v4"

	"greenroom/internal/author"
	"greenroom/internal/fault"
	"greenroom/internal/scenario"
	"greenroom/internal/web"
	pages "greenroom/web/templates/author"
)

// counted is how long figures are taken for the same: counting reads every run, and authors turn pages quickly.
const counted = time.Minute

// flow is what was counted, and when.
type flow struct {
	at time.Time
	scenario.Flow
}

func (h *Handlers) flow(ctx context.Context, courseKey, activityKey, deliveryID string) (scenario.Flow, error) {
	key, now := [3]string{courseKey, activityKey, deliveryID}, h.Now()
	if was, ok := h.flows.Get(key); ok {
		if age := now.Sub(was.at); age >= 0 && age < counted {
			return was.Flow, nil
		}
	}
	got, err := h.Runs.Flow(ctx, courseKey, activityKey, deliveryID)
	if err == nil {
		h.flows.Put(key, flow{now, got})
	}
	return got, err
}

// figures are what learners did in the scenario that a draft stands for; nil where it stands for none, or the reader may
// not see them. They are those of the page of figures, suppressed by the same rule.
func (h *Handlers) figures(c echo.Context, d *author.Draft) (*pages.Figures, error) {
	if d.CourseKey == "" {
		return nil, nil
	}
	ctx := c.Request().Context()
	rev, err := h.Courses.Current(ctx, d.CourseKey)
	if fault.Is(err, fault.NotFound) {
		return nil, nil
	} else if err != nil {
		return nil, err
	}
	a := rev.Activity(d.ActivityKey)
	if a == nil {
		return nil, nil
	}
	sc, is := a.Content().(*scenario.Scenario)
	if !is {
		return nil, nil
	}
	view, err := h.Insight.View(ctx, web.ViewerOf(c).Person, rev.Key, "")
	if fault.Is(err, fault.NotFound) {
		return nil, nil
	} else if err != nil {
		return nil, err
	}
	f := &pages.Figures{Published: sc, Course: rev.Title, Whose: view.Scope, Path: "/teach/courses/" + rev.Key + "/scenarios/" + a.Key}
	if f.Flow, err = h.flow(ctx, rev.Key, a.Key, view.Scope.ID); err != nil {
		return nil, err
	}
	f.Revision, err = h.Drafts.Exactly(ctx, d, string(sc.Source()))
	return f, err
}
