package authorweb

import (
	"context"
	"sync"
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

// flows remembers what was counted last.
type flows struct {
	mu sync.Mutex
	by map[[3]string]flow
}

type flow struct {
	at time.Time
	scenario.Flow
}

func (f *flows) of(ctx context.Context, runs *scenario.Service, now time.Time, courseKey, activityKey, deliveryID string) (scenario.Flow, error) {
	key := [3]string{courseKey, activityKey, deliveryID}
	f.mu.Lock()
	was, ok := f.by[key]
	f.mu.Unlock()
	if age := now.Sub(was.at); ok && age >= 0 && age < counted {
		return was.Flow, nil
	}
	got, err := runs.Flow(ctx, courseKey, activityKey, deliveryID)
	if err != nil {
		return got, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.by == nil || len(f.by) > 100 {
		f.by = map[[3]string]flow{}
	}
	f.by[key] = flow{now, got}
	return got, nil
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
	if f.Flow, err = h.flows.of(ctx, h.Runs, h.Now(), rev.Key, a.Key, view.Scope.ID); err != nil {
		return nil, err
	}
	f.Revision, err = h.Drafts.Exactly(ctx, d, string(sc.Source()))
	return f, err
}
