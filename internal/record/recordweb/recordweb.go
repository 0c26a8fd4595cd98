// Package recordweb shows people their own learning: the dashboard, the progress page of a course, the transcript.
// Everybody sees only their own record; a guest sees what this device has.
package recordweb

import (
	"net/http"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"greenroom/internal/course"
	"greenroom/internal/credential"
	"greenroom/internal/delivery"
	"greenroom/internal/fault"
	"greenroom/internal/forum"
	"greenroom/internal/inbox"
	"greenroom/internal/play"
	"greenroom/internal/record"
	"greenroom/internal/web"
	"greenroom/web/templates/account"
	"greenroom/web/templates/me"
)

// Handlers answers for the pages under /me that show the record.
type Handlers struct {
	records     *record.Service
	courses     *course.Service
	credentials *credential.Service
	deliveries  *delivery.Service
	forum       *forum.Service
	inbox       *inbox.Service
	transcripts *Transcripts
}

// New makes the handlers.
func New(r *record.Service, c *course.Service, k *credential.Service, d *delivery.Service, f *forum.Service, in *inbox.Service, t *Transcripts) *Handlers {
	return &Handlers{records: r, courses: c, credentials: k, deliveries: d, forum: f, inbox: in, transcripts: t}
}

// Routes is the table.
func (h *Handlers) Routes() []web.Route {
	return []web.Route{
		{Method: http.MethodGet, Path: "/me", Handler: h.getDashboard, Access: web.Public},
		{Method: http.MethodGet, Path: "/me/courses/:course", Handler: h.getProgress, Access: web.Public},
		{Method: http.MethodGet, Path: "/me/transcript", Handler: h.getTranscript, Access: web.Public},
		{Method: http.MethodGet, Path: "/me/transcript.json", Handler: h.getJSON, Access: web.Public, Limit: "export"},
		{Method: http.MethodGet, Path: "/me/transcript.csv", Handler: h.getCSV, Access: web.Public, Limit: "export"},
	}
}

func (h *Handlers) getDashboard(c echo.Context) error {
	v, l := web.ViewerOf(c), web.L(c)
	p := me.Dashboard{Page: web.Page(c, l.T("me.title")), Nobody: v.Person == nil}
	p.Section, p.Robots = "me", "noindex"
	if v.SignedIn() {
		p.Name = firstName(v.Person.Name)
		if !v.Person.Verified() {
			p.First = account.Unverified(l, v.Person.Email)
		}
	}
	items, mine, err := h.items(c)
	if err != nil {
		return err
	}
	if p.Cohorts, err = h.cohorts(c, items, mine); err != nil {
		return err
	}
	for _, it := range items {
		switch {
		case it.View.Complete:
			p.Done = append(p.Done, it)
		case it.Enrolment.Status == delivery.Paused:
			p.Paused = append(p.Paused, it)
		case it.Enrolment.Status == delivery.Withdrawn:
			p.Left = append(p.Left, it)
		default:
			p.Active = append(p.Active, it)
			if p.Continue == nil && it.Next != nil {
				p.Continue = &it
			}
		}
	}
	return web.Render(c, http.StatusOK, me.ShowDashboard(p))
}

// firstName is what to greet somebody with: the first word of the name.
func firstName(name string) string {
	first, _, _ := strings.Cut(strings.TrimSpace(name), " ")
	return first
}

// items are all courses of whoever looks, last seen first, and their cohorts; none for nobody. Three queries, two for
// guests, who are in no cohort.
func (h *Handlers) items(c echo.Context) ([]me.Item, []delivery.Mine, error) {
	v, ctx := web.ViewerOf(c), c.Request().Context()
	if v.Person == nil {
		return nil, nil, nil
	}
	entries, err := h.records.Transcript(ctx, v.ID())
	if err != nil {
		return nil, nil, err
	}
	certs, err := h.certificates(c)
	if err != nil {
		return nil, nil, err
	}
	var mine []delivery.Mine
	if v.SignedIn() {
		if mine, err = h.deliveries.Mine(ctx, v.ID(), ""); err != nil {
			return nil, nil, err
		}
	}
	now := h.records.Now()
	out := make([]me.Item, len(entries))
	for i := range entries {
		k := inCohort(mine, entries[i].Enrolment.ID)
		var d *delivery.Delivery
		if k != nil { // with what the person is allowed
			d, entries[i].Enrolment = &k.Delivery, k.Enrolment
		}
		out[i] = item(c, &entries[i], certs[entries[i].Course.Key], d, now)
	}
	return out, mine, nil
}

// inCohort is the cohort of an enrolment, nil when it is of none.
func inCohort(mine []delivery.Mine, enrolmentID string) *delivery.Mine {
	for i := range mine {
		if mine[i].Enrolment.ID == enrolmentID {
			return &mine[i]
		}
	}
	return nil
}

// certificates are the addresses of the viewer's valid certificates by course. Guests have none.
func (h *Handlers) certificates(c echo.Context) (map[string]string, error) {
	v := web.ViewerOf(c)
	if !v.SignedIn() {
		return nil, nil
	}
	all, err := h.credentials.List(c.Request().Context(), v.ID())
	if err != nil {
		return nil, err
	}
	by := map[string]string{}
	for _, k := range all {
		if k.Valid() && by[k.CourseKey] == "" { // the newest comes first
			by[k.CourseKey] = "/me/certificates/" + k.Code
		}
	}
	return by, nil
}

// item is a course on the pages; d is the cohort in which it is taken, nil for none.
func item(c echo.Context, e *record.Entry, certificate string, d *delivery.Delivery, now time.Time) me.Item {
	at := play.Place{Course: e.Course, Delivery: d, Enrolment: &e.Enrolment, Progress: e.View, Now: now}
	if d != nil && at.Active() {
		at.Plan = d.Plan(e.Course, &e.Enrolment)
	}
	it := me.Item{
		Cohort: d, Plan: at.Plan, Now: now, Zone: web.Zone(c),
		Course: e.Course, Enrolment: &e.Enrolment, View: e.View, Certificate: certificate,
		Enrolled: web.Local(c, e.Enrolment.CreatedAt), Seen: web.Local(c, e.Enrolment.LastSeenAt),
		Next: at.Next(),
	}
	if e.View.CompletedAt != nil {
		it.Completed = web.Local(c, *e.View.CompletedAt)
	}
	for _, m := range e.Course.Modules {
		for _, a := range m.Activities {
			s := me.Step{Activity: a}
			if at := e.View.DoneAt(a.Key); !at.IsZero() {
				s.DoneAt = web.Local(c, at)
			}
			it.Steps = append(it.Steps, s)
		}
	}
	return it
}

func (h *Handlers) getProgress(c echo.Context) error {
	ctx, v := c.Request().Context(), web.ViewerOf(c)
	if v.Person == nil {
		return fault.New(fault.Unauthenticated, "error.unauthenticated")
	}
	d, enrolment, progress, err := h.records.Place(ctx, v.ID(), c.Param("course"))
	if err != nil {
		return err
	}
	if enrolment == nil {
		return fault.New(fault.NotFound, "record.not_enrolled")
	}
	if err := h.deliveries.Allow(ctx, enrolment); err != nil {
		return err
	}
	rev, err := h.courses.Revision(ctx, enrolment.RevisionHash)
	if err != nil {
		return err
	}
	certs, err := h.certificates(c)
	if err != nil {
		return err
	}
	e := record.Entry{
		ShelfItem: record.ShelfItem{Enrolment: *enrolment, Progress: *progress},
		Course:    rev, View: record.Look(rev, progress),
	}
	p := me.Progress{
		Page: web.Page(c, web.L(c).T("me.progress_in", "Title", rev.Title)),
		Item: item(c, &e, certs[rev.Key], cohortOnly(d), h.records.Now()),
	}
	p.Section, p.Robots = "me", "noindex"
	return web.Render(c, http.StatusOK, me.ShowProgress(p))
}

func cohortOnly(d *delivery.Delivery) *delivery.Delivery {
	if d.Cohort() {
		return d
	}
	return nil
}

func (h *Handlers) getTranscript(c echo.Context) error {
	v := web.ViewerOf(c)
	if v.Person == nil {
		return fault.New(fault.Unauthenticated, "error.unauthenticated")
	}
	doc, err := h.transcripts.Make(c.Request().Context(), v.Person)
	if err != nil {
		return err
	}
	p := me.Transcript{Page: web.Page(c, web.L(c).T("me.transcript")), Name: v.Person.Name, Day: web.Local(c, doc.MadeAt)}
	for i := range doc.Courses {
		p.Courses = append(p.Courses, onPaper(c, &doc.Courses[i]))
	}
	for _, k := range doc.Certificates {
		p.Certificates = append(p.Certificates, me.PaperCertificate{Title: k.Title, Code: k.Code, On: k.IssuedOn, Valid: k.Valid})
	}
	p.Section, p.Robots = "me", "noindex"
	return web.Render(c, http.StatusOK, me.ShowTranscript(p))
}

// onPaper is a course of a transcript with its times in the reader's zone.
func onPaper(c echo.Context, t *CourseTaken) me.PaperCourse {
	out := me.PaperCourse{Title: t.Title, Enrolled: web.Local(c, t.EnrolledAt), Percent: t.Percent, Done: t.StepsDone, Steps: t.Steps}
	if t.CompletedAt != nil {
		out.Completed = web.Local(c, *t.CompletedAt)
	}
	why := map[string]Decision{}
	for _, d := range t.Decisions {
		if d.ReversedAt == nil {
			why[d.Activity] = d
		}
	}
	for _, s := range t.Done {
		row := me.PaperStep{Title: s.Title, Kind: s.Kind, Minutes: s.Minutes}
		if s.DoneAt != nil {
			row.DoneAt = web.Local(c, *s.DoneAt)
		}
		if s.By != "" && s.By != record.Done {
			row.Decided, row.Reason = s.By, why[s.Key].Reason
		}
		if s.Score != nil {
			row.Score, row.Of = s.Score.Points, s.Score.Of
		}
		if s.Marks != nil {
			row.Feedback = s.Marks.Feedback
			if !s.Marks.Excused {
				row.Score, row.Of = s.Marks.Total, s.Marks.Of
			}
		}
		out.Rows = append(out.Rows, row)
	}
	return out
}
