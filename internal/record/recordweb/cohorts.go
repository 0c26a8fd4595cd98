package recordweb

import (
	"time"

	"github.com/a-h/templ"
	"github.com/labstack/echo/v4"

	"greenroom/internal/course"
	"greenroom/internal/delivery"
	"greenroom/internal/markdown"
	"greenroom/internal/web"
	"greenroom/web/templates/cohort"
	"greenroom/web/templates/me"
)

// How long the dashboard shows an announcement, and says that a cohort was called off.
const (
	newsFor = 14 * 24 * time.Hour
	offFor  = 28 * 24 * time.Hour
	maxNews = 3
)

// cohorts is what is new in a person's cohorts: announcements, waiting lists, cohorts that were called off. It is nil
// when there is nothing; it costs a query for who is in a cohort.
func (h *Handlers) cohorts(c echo.Context, items []me.Item, mine []delivery.Mine) (templ.Component, error) {
	now := h.records.Now()
	m := cohort.Mine{L: web.L(c), Courses: map[string]*course.Revision{}, Zone: web.Zone(c)}
	in, done := map[string]*delivery.Delivery{}, map[string]bool{}
	onCard := map[string]bool{}
	for _, it := range items {
		m.Courses[it.Course.Key] = it.Course
		if it.Cohort != nil {
			onCard[it.Cohort.ID], done[it.Cohort.ID] = true, it.View.Complete
		}
	}
	var ids []string
	for i := range mine {
		d, e := &mine[i].Delivery, &mine[i].Enrolment
		switch {
		case d.Status == delivery.Cancelled:
			if d.UpdatedAt.After(now.Add(-offFor)) {
				m.Off = append(m.Off, mine[i])
			}
		case e.Status == delivery.Waiting:
			m.Waiting = append(m.Waiting, mine[i])
		case d.Status != delivery.Closed:
			ids, in[d.ID] = append(ids, d.ID), d
			if !onCard[d.ID] && e.Status == delivery.Active && !d.Begun(now) {
				m.Coming = append(m.Coming, mine[i])
			}
		}
	}
	if err := h.titles(c, &m); err != nil {
		return nil, err
	}
	all, err := h.deliveries.Announcements(c.Request().Context(), ids...)
	if err != nil {
		return nil, err
	}
	for i := range all {
		a := &all[i]
		if len(m.News) == maxNews || a.CreatedAt.Before(now.Add(-newsFor)) || !a.For(done[a.DeliveryID]) {
			continue
		}
		d := in[a.DeliveryID]
		m.News = append(m.News, cohort.News{
			ID: a.ID, Title: a.Title, Author: a.AuthorName, At: web.Local(c, a.CreatedAt), Body: markdown.User(a.Body),
			Cohort: d.Title, Href: cohort.Path(d),
		})
	}
	if err := h.talk(c, &m, ids, in); err != nil {
		return nil, err
	}
	if !m.Any() {
		return nil, nil
	}
	return cohort.NewIn(m), nil
}

// titles looks up the courses of cohorts that are on no card of the page.
func (h *Handlers) titles(c echo.Context, m *cohort.Mine) error {
	for _, list := range [][]delivery.Mine{m.Waiting, m.Coming, m.Off} {
		for i := range list {
			key := list[i].Delivery.CourseKey
			if m.Courses[key] != nil {
				continue
			}
			rev, err := h.courses.Current(c.Request().Context(), key)
			if err != nil {
				return err
			}
			m.Courses[key] = rev
		}
	}
	return nil
}

// talk adds the discussions of the reader's cohorts with what is new in them, and how much they were told of. It costs two
// queries, for who is in a cohort.
func (h *Handlers) talk(c echo.Context, m *cohort.Mine, ids []string, in map[string]*delivery.Delivery) error {
	if len(ids) == 0 {
		return nil
	}
	ctx, who := c.Request().Context(), web.ViewerOf(c).ID()
	fresh, err := h.forum.Unread(ctx, who, ids)
	if err != nil {
		return err
	}
	for _, id := range ids {
		m.Talk = append(m.Talk, cohort.Talk{Title: in[id].Title, Href: "/discuss/" + id, Unread: fresh[id]})
	}
	m.Told, err = h.inbox.Unread(ctx, who)
	return err
}
