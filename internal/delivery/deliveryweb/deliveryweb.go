// Package deliveryweb is how people come into a delivery and leave it: enrol, pause, come back, withdraw, and move to a
// newer revision of the course; the pages of cohorts for learners and for those who lead them; and calendars.
//
//	deliveryweb.go   the routes, self-paced learning
//	cohort.go        a cohort's page, joining and leaving
//	teach.go         the cohorts that one leads, one of them, its announcements, its end
//	form.go          the form of a cohort, and of a copy
//	people.go        the people of a cohort
//	calendar.go      the settings of a person's calendar
//	feed.go          the calendar itself (RFC 5545)
package deliveryweb

import (
	"context"
	"net/http"

	ics "github.com/arran4/golang-ical"
	"github.com/labstack/echo/v4"

	"greenroom/internal/course"
	"greenroom/internal/delivery"
	"greenroom/internal/fault"
	"greenroom/internal/forum"
	"greenroom/internal/locale"
	"greenroom/internal/play"
	"greenroom/internal/record"
	"greenroom/internal/web"
	"greenroom/web/templates/courses"
)

// Handlers answers for enrolment.
type Handlers struct {
	Courses    *course.Service
	Deliveries *delivery.Service
	Play       *play.Service
	Records    *record.Service
	Forum      *forum.Service
	BaseURL    string // of the site, for addresses in calendars

	// Events adds what else belongs on a person's calendar; nil is nothing.
	Events func(ctx context.Context, cal *ics.Calendar, l *locale.Printer, personID string) error
}

// led is the address of a cohort for who leads it.
const led = "/teach/cohorts/:cohort"

// Routes is the table.
func (h *Handlers) Routes() []web.Route {
	return []web.Route{
		{Method: http.MethodPost, Path: "/courses/:course/enrol", Handler: h.postEnrol, Access: web.Public},
		{Method: http.MethodPost, Path: "/courses/:course/pause", Handler: h.change(h.Deliveries.Pause, "courses.paused_notice"), Access: web.Public},
		{Method: http.MethodPost, Path: "/courses/:course/resume", Handler: h.change(h.Deliveries.Resume, "courses.resumed_notice"), Access: web.Public},
		{Method: http.MethodPost, Path: "/courses/:course/withdraw", Handler: h.change(h.Deliveries.Withdraw, "courses.withdrawn_notice"), Access: web.Public},
		{Method: http.MethodGet, Path: "/courses/:course/changes", Handler: h.getChanges, Access: web.Public},
		{Method: http.MethodPost, Path: "/courses/:course/update", Handler: h.postUpdate, Access: web.Public},

		{Method: http.MethodGet, Path: "/courses/:course/cohorts/:cohort", Handler: h.getCohort, Access: web.Public},
		{Method: http.MethodPost, Path: "/courses/:course/cohorts/:cohort/join", Handler: h.postJoin, Access: web.SignedIn},
		{Method: http.MethodPost, Path: "/courses/:course/cohorts/:cohort/leave", Handler: h.postLeave, Access: web.SignedIn},

		{Method: http.MethodGet, Path: "/teach", Handler: h.getTeach, Access: web.Trainer},
		{Method: http.MethodGet, Path: "/teach/cohorts/new", Handler: h.getNew, Access: web.Trainer},
		{Method: http.MethodPost, Path: "/teach/cohorts", Handler: h.postNew, Access: web.Trainer},
		{Method: http.MethodGet, Path: led, Handler: h.getOverview, Access: web.Trainer},
		{Method: http.MethodGet, Path: led + "/edit", Handler: h.getEdit, Access: web.Trainer},
		{Method: http.MethodPost, Path: led + "/edit", Handler: h.postEdit, Access: web.Trainer},
		{Method: http.MethodPost, Path: led + "/open", Handler: h.postOpen, Access: web.Trainer},
		{Method: http.MethodPost, Path: led + "/close", Handler: h.postClose, Access: web.Trainer},
		{Method: http.MethodPost, Path: led + "/cancel", Handler: h.postCancel, Access: web.Trainer},
		{Method: http.MethodGet, Path: led + "/copy", Handler: h.getCopy, Access: web.Trainer},
		{Method: http.MethodPost, Path: led + "/copy", Handler: h.postCopy, Access: web.Trainer},
		{Method: http.MethodPost, Path: led + "/announcements", Handler: h.postAnnouncement, Access: web.Trainer},
		{Method: http.MethodGet, Path: led + "/people", Handler: h.getPeople, Access: web.Trainer},
		{Method: http.MethodPost, Path: led + "/people", Handler: h.postPeople, Access: web.Trainer},

		{Method: http.MethodGet, Path: "/me/calendar", Handler: h.getCalendar, Access: web.SignedIn},
		{Method: http.MethodPost, Path: "/me/calendar", Handler: h.postCalendar, Access: web.SignedIn},
		{Method: http.MethodPost, Path: "/me/calendar/end", Handler: h.postEndCalendar, Access: web.SignedIn},
		{Method: http.MethodGet, Path: "/calendar/:file", Handler: h.getFeed, Access: web.Public},
	}
}

// postEnrol enrols whoever asks; without an account where the course is open. It goes on to the first step.
func (h *Handlers) postEnrol(c echo.Context) error {
	ctx := c.Request().Context()
	r, err := h.Courses.Current(ctx, c.Param("course"))
	if err != nil {
		return err
	}
	if !r.Open && !web.ViewerOf(c).SignedIn() {
		return fault.New(fault.Unauthenticated, "play.sign_in_first")
	}
	who, err := web.Learner(c)
	if err != nil {
		return err
	}
	if _, err := h.Deliveries.Enrol(ctx, who.ID, r.Key); err != nil {
		return err
	}
	if web.ViewerOf(c).SignedIn() {
		web.Notice(c, "ok", "courses.enrolled", "Title", r.Title)
	} else {
		web.Notice(c, "ok", "courses.started")
	}
	return web.SeeOther(c, web.OwnPath(c.FormValue("return"), "/courses/"+r.Key+"/learn"))
}

func (h *Handlers) change(do func(ctx context.Context, personID, courseKey string) error, key string) echo.HandlerFunc {
	return func(c echo.Context) error {
		ctx, who := c.Request().Context(), web.ViewerOf(c)
		if who.Person == nil {
			return fault.New(fault.Unauthenticated, "error.unauthenticated")
		}
		r, err := h.Courses.Current(ctx, c.Param("course"))
		if err != nil {
			return err
		}
		if err := do(ctx, who.ID(), r.Key); err != nil {
			return err
		}
		web.Notice(c, "ok", key, "Title", r.Title)
		return web.SeeOther(c, "/courses/"+r.Key)
	}
}

func (h *Handlers) getChanges(c echo.Context) error {
	ctx := c.Request().Context()
	at, err := h.Play.Place(ctx, web.ViewerOf(c).ID(), c.Param("course"))
	if err != nil {
		return err
	}
	if !at.Newer {
		return web.SeeOther(c, "/courses/"+at.Course.Key)
	}
	newer, err := h.Courses.Current(ctx, at.Course.Key)
	if err != nil {
		return err
	}
	p := courses.Changes{
		Page: web.Page(c, web.L(c).T("courses.changes_title")+" – "+at.Course.Title), Place: at, Newer: newer,
		Changes: course.Diff(at.Course, newer),
	}
	return web.Render(c, http.StatusOK, courses.ShowChanges(p))
}

// postUpdate moves the learner to the revision that the page of changes told of; when a still newer one has come
// since, it asks them to look again.
func (h *Handlers) postUpdate(c echo.Context) error {
	ctx, who := c.Request().Context(), web.ViewerOf(c)
	if who.Person == nil {
		return fault.New(fault.Unauthenticated, "error.unauthenticated")
	}
	r, err := h.Courses.Current(ctx, c.Param("course"))
	if err != nil {
		return err
	}
	if r.Hash != c.FormValue("revision") {
		return web.SeeOther(c, "/courses/"+r.Key+"/changes")
	}
	if err := h.Deliveries.Move(ctx, who.ID(), r.Key, r.Hash); err != nil {
		return err
	}
	web.Notice(c, "ok", "courses.moved")
	return web.SeeOther(c, "/courses/"+r.Key)
}
