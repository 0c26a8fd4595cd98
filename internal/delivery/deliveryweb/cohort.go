package deliveryweb

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"greenroom/internal/account"
	"greenroom/internal/delivery"
	"greenroom/internal/fault"
	"greenroom/internal/markdown"
	"greenroom/internal/record"
	"greenroom/internal/web"
	"greenroom/web/templates/cohort"
)

// getCohort shows the dates of a cohort and how the reader stands in it. Drafts are seen by who leads them and by
// people whom they have added.
func (h *Handlers) getCohort(c echo.Context) error {
	ctx, v, l := c.Request().Context(), web.ViewerOf(c), web.L(c)
	seen, err := h.seen(c)
	if err != nil {
		return err
	}
	d, e := &seen.Delivery, &seen.Enrolment
	rev, err := h.Courses.Current(ctx, d.CourseKey)
	if err != nil {
		return err
	}
	in := e.ID != "" && e.Status != delivery.Withdrawn
	p := cohort.Page{
		Page: web.Page(c, d.Title+" – "+rev.Title), Course: rev, Seen: seen, Now: h.Records.Now(), Zone: web.Zone(c),
		Leads: v.Person.Can(account.RoleTrainer, d.ID),
	}
	p.Section = "courses"
	if in && e.RevisionHash != rev.Hash {
		if p.Course, err = h.Courses.Revision(ctx, e.RevisionHash); err != nil {
			return err
		}
	}
	progress := &record.Progress{}
	if v.Person != nil {
		if progress, err = h.Records.Of(ctx, v.ID(), d.CourseKey); err != nil {
			return err
		}
	}
	p.Progress = record.Look(p.Course, progress)
	if p.Led, err = h.Deliveries.Led(ctx, d.ID); err != nil {
		return err
	}
	if in || p.Leads {
		all, err := h.Deliveries.Announcements(ctx, d.ID)
		if err != nil {
			return err
		}
		p.News = news(c, all, map[string]*delivery.Delivery{}, func(string) bool { return p.Progress.Complete && !p.Leads })
	}
	if in {
		fresh, err := h.Forum.Unread(ctx, v.ID(), []string{d.ID})
		if err != nil {
			return err
		}
		p.Unread = fresh[d.ID]
	}
	why := fault.From(d.Joinable(p.Now))
	if why == nil && v.SignedIn() && !in {
		if why, err = h.elsewhere(c, d); err != nil {
			return err
		}
	}
	if why != nil {
		p.NoJoin = l.T(why.Key, why.Args...)
	}
	return web.Render(c, http.StatusOK, cohort.Show(p))
}

// elsewhere says that the reader is in another cohort of the course that goes on; nil when they are not.
func (h *Handlers) elsewhere(c echo.Context, d *delivery.Delivery) (*fault.Error, error) {
	all, err := h.Deliveries.Mine(c.Request().Context(), web.ViewerOf(c).ID(), d.CourseKey)
	if err != nil {
		return nil, err
	}
	for _, m := range all {
		if m.Blocks() && m.Delivery.ID != d.ID {
			return fault.New(fault.Conflict, "delivery.other_cohort", "Title", m.Delivery.Title), nil
		}
	}
	return nil, nil
}

// seen reads the cohort that the address names, where the reader may see it.
func (h *Handlers) seen(c echo.Context) (*delivery.Seen, error) {
	v := web.ViewerOf(c)
	seen, err := h.Deliveries.In(c.Request().Context(), v.ID(), c.Param("cohort"))
	if err != nil {
		return nil, err
	}
	mine := seen.Enrolment.ID != "" && seen.Enrolment.Status != delivery.Withdrawn
	if seen.Delivery.CourseKey != c.Param("course") || seen.Delivery.Status == delivery.Draft && !mine && !v.Person.Can(account.RoleTrainer, seen.Delivery.ID) {
		return nil, fault.New(fault.NotFound, "error.not_found")
	}
	return seen, nil
}

// news renders announcements, without those that are not for who has completed the course. in names the cohorts where
// the page is not of one; completed says whether the reader has completed the course of a cohort.
func news(c echo.Context, all []delivery.Announcement, in map[string]*delivery.Delivery, completed func(deliveryID string) bool) []cohort.News {
	var out []cohort.News
	for i := range all {
		a := &all[i]
		if !a.For(completed(a.DeliveryID)) {
			continue
		}
		n := cohort.News{ID: a.ID, Title: a.Title, Author: a.AuthorName, At: web.Local(c, a.CreatedAt), Body: markdown.User(a.Body)}
		if d := in[a.DeliveryID]; d != nil {
			n.Cohort, n.Href = d.Title, cohort.Path(d)
		}
		out = append(out, n)
	}
	return out
}

func (h *Handlers) postJoin(c echo.Context) error {
	v := web.ViewerOf(c)
	seen, err := h.seen(c)
	if err != nil {
		return err
	}
	e, err := h.Deliveries.EnrolIn(c.Request().Context(), v.ID(), seen.Delivery.ID, delivery.SourceSelf)
	if err != nil {
		return err
	}
	if e.Status == delivery.Waiting {
		web.Notice(c, "info", "cohort.queued_notice", "Title", seen.Delivery.Title)
	} else {
		web.Notice(c, "ok", "cohort.joined_notice", "Title", seen.Delivery.Title)
	}
	return web.SeeOther(c, cohort.Path(&seen.Delivery))
}

func (h *Handlers) postLeave(c echo.Context) error {
	seen, err := h.seen(c)
	if err != nil {
		return err
	}
	if err := h.Deliveries.Leave(c.Request().Context(), web.ViewerOf(c).ID(), seen.Delivery.ID); err != nil {
		return err
	}
	web.Notice(c, "ok", "cohort.left_notice", "Title", seen.Delivery.Title)
	return web.SeeOther(c, "/courses/"+seen.Delivery.CourseKey)
}
