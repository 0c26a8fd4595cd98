package deliveryweb

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"greenroom/internal/account"
	"greenroom/internal/course"
	"greenroom/internal/delivery"
	"greenroom/internal/fault"
	"greenroom/internal/id"
	"greenroom/internal/web"
	"greenroom/web/templates/teach"
	"greenroom/web/templates/ui"
)

// mayMake makes sure that the reader may make cohorts.
func mayMake(c echo.Context) error {
	if !web.ViewerOf(c).Person.Can(account.RoleTrainer, "") {
		return fault.New(fault.Forbidden, "delivery.may_not_create")
	}
	return nil
}

// getNew asks for the course first, then shows the form with that course's modules.
func (h *Handlers) getNew(c echo.Context) error {
	if err := mayMake(c); err != nil {
		return err
	}
	ctx, l := c.Request().Context(), web.L(c)
	p := teach.Edit{Page: desk(c, l.T("teach.new")), Form: teach.Form{ID: id.New()}}
	if c.QueryParam("course") == "" {
		all, err := h.Courses.Catalogue(ctx)
		if err != nil {
			return err
		}
		for _, r := range all {
			p.Courses = append(p.Courses, ui.Option{Value: r.Key, Text: r.Title})
		}
		return web.Render(c, http.StatusOK, teach.ShowChoose(p))
	}
	rev, err := h.Courses.Current(ctx, c.QueryParam("course"))
	if err != nil {
		return err
	}
	zone := web.Local(c, h.Records.Now()).Location().String()
	p.Value = values(delivery.Terms{
		ReleaseAt: "09:00", Zone: zone, LatePolicy: delivery.LateOpen, JoinPolicy: delivery.JoinOpen,
	})
	return h.showForm(c, p, rev)
}

func (h *Handlers) showForm(c echo.Context, p teach.Edit, rev *course.Revision) error {
	p.Course, p.HasError = rev, len(p.Errors) > 0
	p.Zones = web.Zones(p.V("zone"))
	return web.Render(c, status(p.Form), teach.ShowEdit(p))
}

func (h *Handlers) postNew(c echo.Context) error {
	ctx := c.Request().Context()
	if err := mayMake(c); err != nil {
		return err
	}
	rev, err := h.Courses.Current(ctx, c.FormValue("course"))
	if err != nil {
		return err
	}
	t, err := terms(c, rev)
	var d *delivery.Delivery
	if err == nil {
		d, err = h.Deliveries.Create(ctx, web.ViewerOf(c).Person, c.FormValue("form"), rev.Key, t)
	}
	if invalid(err) {
		p := teach.Edit{Page: desk(c, web.L(c).T("teach.new")), Form: typed(c, err, fields(rev)...)}
		return h.showForm(c, p, rev)
	}
	if err != nil {
		return err
	}
	web.Notice(c, "ok", "teach.created")
	return web.SeeOther(c, teach.Path(d))
}

func (h *Handlers) getEdit(c echo.Context) error { return h.edit(c, nil) }

// edit shows the form of a cohort that is there: as it is, or after a fault as it was typed.
func (h *Handlers) edit(c echo.Context, err error) error {
	if err := leads(c); err != nil {
		return err
	}
	ctx := c.Request().Context()
	d, readErr := h.Deliveries.ByID(ctx, c.Param("cohort"))
	if readErr != nil {
		return readErr
	}
	rev, readErr := h.Courses.Current(ctx, d.CourseKey)
	if readErr != nil {
		return readErr
	}
	p := teach.Edit{Page: desk(c, d.Title), Cohort: d, Plan: d.Dates(rev, nil), Form: typed(c, err, append(fields(rev), "version")...)}
	if err == nil {
		p.Value = values(d.Terms)
		p.Value["version"] = strconv.Itoa(d.Version)
	}
	return h.showForm(c, p, rev)
}

func (h *Handlers) postEdit(c echo.Context) error {
	if err := leads(c); err != nil {
		return err
	}
	ctx := c.Request().Context()
	d, err := h.Deliveries.ByID(ctx, c.Param("cohort"))
	if err != nil {
		return err
	}
	rev, err := h.Courses.Current(ctx, d.CourseKey)
	if err != nil {
		return err
	}
	t, err := terms(c, rev)
	if err == nil {
		version, _ := strconv.Atoi(c.FormValue("version"))
		_, err = h.Deliveries.Update(ctx, web.ViewerOf(c).Person, d.ID, version, t)
	}
	if invalid(err) {
		return h.edit(c, err)
	}
	return h.done(c, err, "teach.saved")
}

// fields are the names of the form for a course.
func fields(rev *course.Revision) []string {
	out := []string{"title", "about", "starts_on", "zone", "release_at", "late_policy", "join_policy", "capacity", "due_days", "breaks"}
	for _, m := range rev.Modules {
		out = append(out, "week-"+m.Key, "on-"+m.Key, "due-"+m.Key)
	}
	return out
}

// terms reads the form. What is no number where one is wanted is Invalid.
func terms(c echo.Context, rev *course.Revision) (delivery.Terms, error) {
	var f fault.Fields
	number := func(name, key string, most int) int {
		text := strings.TrimSpace(c.FormValue(name))
		if text == "" {
			return 0
		}
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 || n > most {
			f.Add(name, key, "N", most)
		}
		return n
	}
	t := delivery.Terms{
		Title: c.FormValue("title"), About: c.FormValue("about"), StartsOn: delivery.Date(c.FormValue("starts_on")),
		Zone: c.FormValue("zone"), ReleaseAt: delivery.Clock(c.FormValue("release_at")),
		LatePolicy: c.FormValue("late_policy"), JoinPolicy: c.FormValue("join_policy"),
		Capacity: number("capacity", "delivery.capacity_wrong", delivery.MaxCapacity),
	}
	t.Schedule.DueDays = number("due_days", "delivery.due_days_wrong", delivery.MaxDueDays)
	for line := range strings.FieldsSeq(strings.ReplaceAll(c.FormValue("breaks"), ",", " ")) {
		t.Schedule.Breaks = append(t.Schedule.Breaks, delivery.Date(line))
	}
	for _, m := range rev.Modules {
		t.Schedule.Modules = append(t.Schedule.Modules, delivery.Slot{
			Module: m.Key, Week: number("week-"+m.Key, "delivery.week_wrong", delivery.MaxWeeks),
			On: delivery.Date(c.FormValue("on-" + m.Key)), Due: delivery.Date(c.FormValue("due-" + m.Key)),
		})
	}
	return t, f.Err()
}

// values are what the form shows of terms.
func values(t delivery.Terms) map[string]string {
	v := map[string]string{
		"title": t.Title, "about": t.About, "starts_on": string(t.StartsOn), "zone": t.Zone, "release_at": string(t.ReleaseAt),
		"late_policy": t.LatePolicy, "join_policy": t.JoinPolicy, "capacity": some(t.Capacity), "due_days": some(t.Schedule.DueDays),
	}
	var breaks []string
	for _, b := range t.Schedule.Breaks {
		breaks = append(breaks, string(b))
	}
	v["breaks"] = strings.Join(breaks, "\n")
	for _, s := range t.Schedule.Modules {
		v["week-"+s.Module], v["on-"+s.Module], v["due-"+s.Module] = some(s.Week), string(s.On), string(s.Due)
	}
	return v
}

// some is a number, "" for 0.
func some(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

func (h *Handlers) getCopy(c echo.Context) error { return h.copyForm(c, nil) }

func (h *Handlers) copyForm(c echo.Context, err error) error {
	if err := leads(c); err != nil {
		return err
	}
	if err := mayMake(c); err != nil {
		return err
	}
	d, readErr := h.Deliveries.ByID(c.Request().Context(), c.Param("cohort"))
	if readErr != nil {
		return readErr
	}
	p := teach.Copy{Page: desk(c, web.L(c).T("teach.copy")), Cohort: d, Form: typed(c, err, "title", "starts_on")}
	if err == nil {
		p.Value["title"] = d.Title
	}
	p.HasError = len(p.Errors) > 0
	return web.Render(c, status(p.Form), teach.ShowCopy(p))
}

func (h *Handlers) postCopy(c echo.Context) error {
	if err := leads(c); err != nil {
		return err
	}
	title := strings.TrimSpace(c.FormValue("title"))
	if title == "" {
		var f fault.Fields
		f.Add("title", "delivery.title_missing")
		return h.copyForm(c, f.Err())
	}
	d, err := h.Deliveries.Copy(c.Request().Context(), web.ViewerOf(c).Person, c.FormValue("form"), c.Param("cohort"), title, delivery.Date(c.FormValue("starts_on")))
	if invalid(err) {
		return h.copyForm(c, err)
	}
	if err != nil {
		return err
	}
	web.Notice(c, "ok", "teach.copied")
	return web.SeeOther(c, teach.Path(d)+"/edit")
}
