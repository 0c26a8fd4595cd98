package deskweb

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"greenroom/internal/audit"
	"greenroom/internal/delivery"
	"greenroom/internal/desk"
	"greenroom/internal/fault"
	"greenroom/internal/forum"
	"greenroom/internal/record"
	"greenroom/internal/web"
	pages "greenroom/web/templates/desk"
)

func (h *Handlers) getPerson(c echo.Context) error { return h.person(c, "", nil) }

// person shows one learner; with an Invalid err as 422, with what was typed into form.
func (h *Handlers) person(c echo.Context, form string, wrong error) error {
	ctx, l, who := c.Request().Context(), web.L(c), web.ViewerOf(c).Person
	x, err := h.Desk.Learner(ctx, who, c.Param("cohort"), c.Param("person"))
	if err != nil {
		return err
	}
	p := pages.Person{
		Page: deskPage(c, x.Name), Learner: x, Form: form, Value: map[string]string{}, Chosen: map[string]bool{},
		Now: h.Desk.Now(), Today: web.Local(c, h.Desk.Now()).Format(time.DateOnly), Local: local(c),
	}
	p.By, p.Errors = web.FieldErrors(l, wrong)
	p.HasError = len(p.Errors) > 0
	if form != "" {
		for _, n := range []string{"kind", "all", "reason", "evidence", "on", "to"} {
			p.Value[n] = c.FormValue(n)
		}
		for _, k := range c.Request().PostForm["steps"] {
			p.Chosen[k] = true
		}
	}
	if err := h.beside(c, &p); err != nil {
		return err
	}
	status := http.StatusOK
	if p.HasError {
		status = http.StatusUnprocessableEntity
	}
	return web.Render(c, status, pages.ShowPerson(p))
}

// beside reads what other features know of the learner.
func (h *Handlers) beside(c echo.Context, p *pages.Person) error {
	ctx, l, who := c.Request().Context(), web.L(c), p.Enrolment.PersonID
	top, err := h.Quizzes.TopScores(ctx, who)
	if err != nil {
		return err
	}
	for _, m := range p.Course.Modules {
		for _, a := range m.Activities {
			t, there := top[[2]string{p.Course.Key, a.Key}]
			if !there {
				continue
			}
			key := "desk.score_not_passed"
			if t.Passed {
				key = "desk.score_passed"
			}
			p.Scores = append(p.Scores, pages.Score{
				Title: a.Title, Text: l.T(key, "Score", t.Score, "Total", t.Total), Attempts: t.Attempts, At: web.Local(c, t.At),
			})
		}
	}
	marks, err := h.Forum.Marks(ctx, who)
	if err != nil {
		return err
	}
	for _, m := range p.Course.Modules {
		for _, a := range m.Activities {
			g, there := marks[[2]string{p.Course.Key, a.Key}]
			if !there {
				continue
			}
			mark := pages.Mark{Title: a.Title, Grade: g, At: web.Local(c, g.MarkedAt)}
			if g.DeliveryID == p.Cohort.ID { // of another cohort, others mark
				mark.Href = "/teach/cohorts/" + g.DeliveryID + "/discussion/" + forum.BoardOf(a.Key) + "/" + who
			}
			p.Marks = append(p.Marks, mark)
		}
	}
	if p.Bypass, err = h.Roster.BypassOf(ctx, who, p.Cohort.ID); err != nil {
		return err
	}
	log, _, err := h.Audit.List(ctx, audit.Filter{PersonID: who, DeliveryID: p.Cohort.ID})
	if err != nil {
		return err
	}
	for _, e := range log[:min(len(log), 20)] {
		p.History = append(p.History, pages.Entry{At: web.Local(c, e.At), Who: e.ActorName, What: l.T(e.Key()), Why: e.Reason})
	}
	return nil
}

// learner is who the address names, with the revision they are on.
func (h *Handlers) learner(c echo.Context) (*desk.Learner, error) {
	return h.Desk.Learner(c.Request().Context(), web.ViewerOf(c).Person, c.Param("cohort"), c.Param("person"))
}

func (h *Handlers) postDecide(c echo.Context) error {
	x, err := h.learner(c)
	if err != nil {
		return err
	}
	steps := c.Request().PostForm["steps"]
	if c.FormValue("all") != "" {
		steps = nil
		for _, m := range x.Course.Modules {
			for _, a := range m.Activities {
				if !x.View.IsDone(a.Key) {
					steps = append(steps, a.Key)
				}
			}
		}
	}
	_, err = h.Records.Decide(c.Request().Context(), web.ViewerOf(c).Person, record.Decision{
		PersonID: x.Enrolment.PersonID, PersonName: x.Name, Course: x.Course, DeliveryID: x.Cohort.ID,
		Kind: c.FormValue("kind"), Steps: slices.Compact(steps), Reason: c.FormValue("reason"),
		Evidence: c.FormValue("evidence"), On: c.FormValue("on"),
	})
	return h.decided(c, "decide", "desk.decided_notice", conflict(err, "steps"))
}

func (h *Handlers) postReverse(c echo.Context) error {
	x, err := h.learner(c)
	if err != nil {
		return err
	}
	_, err = h.Records.Reverse(c.Request().Context(), web.ViewerOf(c).Person, record.Reversal{
		PersonID: x.Enrolment.PersonID, PersonName: x.Name, Course: x.Course, DeliveryID: x.Cohort.ID,
		Steps: c.Request().PostForm["steps"], Reason: c.FormValue("reason"),
	})
	return h.decided(c, "reverse", "desk.reversed_notice", conflict(err, "steps"))
}

func (h *Handlers) decided(c echo.Context, form, notice string, err error) error {
	if fault.Is(err, fault.Invalid) {
		return h.person(c, form, err)
	}
	if err != nil {
		return err
	}
	web.Notice(c, "ok", notice)
	return web.SeeOther(c, "/teach/cohorts/"+c.Param("cohort")+"/people/"+c.Param("person"))
}

func (h *Handlers) postMove(c echo.Context) error {
	x, err := h.learner(c)
	if err != nil {
		return err
	}
	to := c.FormValue("to")
	if !slices.ContainsFunc(x.Others, func(d delivery.Delivery) bool { return d.ID == to }) {
		var f fault.Fields
		f.Add("to", "desk.choose_other")
		return h.person(c, "move", f.Err())
	}
	who, err := h.Accounts.ByID(c.Request().Context(), x.Enrolment.PersonID)
	if err != nil {
		return err
	}
	_, err = h.Deliveries.Transfer(c.Request().Context(), web.ViewerOf(c).Person, delivery.Transfer{
		Person: who, From: x.Cohort.ID, To: to, Reason: strings.TrimSpace(c.FormValue("reason")), KeepExtended: c.FormValue("keep") != "",
	})
	if err = conflict(err, "to"); fault.Is(err, fault.Invalid) {
		return h.person(c, "move", err)
	}
	if err != nil {
		return err
	}
	web.Notice(c, "ok", "desk.moved_notice")
	return web.SeeOther(c, "/teach/cohorts/"+to+"/people/"+who.ID)
}
