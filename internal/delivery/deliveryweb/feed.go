package deliveryweb

import (
	"strings"
	"time"

	ics "github.com/arran4/golang-ical"
	"github.com/labstack/echo/v4"

	"greenroom/internal/agenda"
	"greenroom/internal/course"
	"greenroom/internal/delivery"
	"greenroom/internal/fault"
	"greenroom/internal/locale"
	"greenroom/internal/web"
	"greenroom/web/templates/cohort"
)

// getFeed answers calendars: the dates of the person whose secret the address holds, titles and times only.
func (h *Handlers) getFeed(c echo.Context) error {
	ctx := c.Request().Context()
	token, found := strings.CutSuffix(c.Param("file"), ".ics")
	if !found || token == "" {
		return fault.New(fault.NotFound, "error.not_found")
	}
	personID, mine, err := h.Deliveries.Feed(ctx, token)
	if err != nil {
		return err
	}
	w := calendar{l: web.L(c), base: h.BaseURL, cal: agenda.New(ics.MethodPublish)}
	w.cal.SetXWRCalName(w.l.T("calendar.name"))
	w.cal.SetRefreshInterval("PT1H")
	for i := range mine {
		rev, err := h.Courses.Revision(ctx, mine[i].Enrolment.RevisionHash)
		if err != nil {
			return err
		}
		w.add(&mine[i], rev)
	}
	if h.Events != nil {
		if err := h.Events(ctx, w.cal, w.l, personID); err != nil {
			return err
		}
	}
	return web.Calendar(c, `inline; filename="greenroom.ics"`, w.cal)
}

// calendar writes cohorts as events.
type calendar struct {
	l    *locale.Printer
	base string
	cal  *ics.Calendar
}

// length is how long a calendar shows an opening or a last moment: something to click on.
const length = 30 * time.Minute

// add writes two events for each module: when it opens and when it is due. Their names are made of the enrolment and the
// module, so they are the same for ever; the sequence rises with every change.
func (w *calendar) add(m *delivery.Mine, rev *course.Revision) {
	d, e := &m.Delivery, &m.Enrolment
	stamp := d.UpdatedAt
	if e.UpdatedAt.After(stamp) {
		stamp = e.UpdatedAt
	}
	for i, x := range d.Dates(rev, e).Modules {
		args := []any{"Week", x.Week, "Module", rev.Modules[i].Title, "Course", rev.Title, "Cohort", d.Title}
		w.event(m, e.ID+"."+x.Key+".opens", stamp, x.Opens, x.Opens.Add(length), w.l.T("calendar.opens", args...), w.l.T("calendar.text", args...))
		w.event(m, e.ID+"."+x.Key+".due", stamp, x.Due.Add(-length), x.Due, w.l.T("calendar.due", args...), w.l.T("calendar.text", args...))
	}
}

func (w *calendar) event(m *delivery.Mine, name string, stamp, start, end time.Time, title, text string) {
	agenda.Add(w.cal, agenda.Event{
		Name: name, Sequence: m.Sequence(), Written: stamp, Changed: stamp, Start: start, End: end, Title: title, Text: text,
		Base: w.base, Path: cohort.Path(&m.Delivery), Free: true, Gone: m.Gone(),
	})
}
