package forumweb

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"greenroom/internal/account"
	"greenroom/internal/delivery"
	"greenroom/internal/fault"
	"greenroom/internal/forum"
	"greenroom/internal/id"
	"greenroom/internal/web"
	pages "greenroom/web/templates/forum"
)

// Lead answers for the pages of those who look after discussions.
type Lead struct {
	Forum      *forum.Service
	Deliveries *delivery.Service
	BaseURL    string
}

// Routes is the table.
func (h *Lead) Routes() []web.Route {
	const talk = "/teach/cohorts/:cohort/discussion"
	return []web.Route{
		{Method: http.MethodGet, Path: "/teach/discussion", Handler: h.getDesk, Access: web.Facilitating},
		{Method: http.MethodGet, Path: talk, Handler: h.getLead, Access: web.Trainer},
		{Method: http.MethodPost, Path: talk + "/groups", Handler: h.postGroup, Access: web.Trainer},
		{Method: http.MethodPost, Path: talk + "/groups/move", Handler: h.postMove, Access: web.Trainer},
		{Method: http.MethodPost, Path: talk + "/groups/:group", Handler: h.postChange, Access: web.Trainer},
		{Method: http.MethodGet, Path: talk + "/participation", Handler: h.getPart, Access: web.Trainer},
		{Method: http.MethodGet, Path: talk + "/:board", Handler: h.getQueue, Access: web.Trainer},
		{Method: http.MethodGet, Path: talk + "/:board/summary", Handler: h.getSummary, Access: web.Trainer},
		{Method: http.MethodPost, Path: talk + "/:board/summary", Handler: h.postSummary, Access: web.Trainer},
		{Method: http.MethodGet, Path: talk + "/:board/:person", Handler: h.getMarking, Access: web.Trainer},
		{Method: http.MethodPost, Path: talk + "/:board/:person", Handler: h.postMarking, Access: web.Trainer},
	}
}

func (h *Lead) getDesk(c echo.Context) error {
	list, n := c.QueryParam("list"), number(c)
	if !slices.Contains(forum.DeskLists, list) {
		list = forum.DeskUnanswered
	}
	rows, total, err := h.Forum.Desk(c.Request().Context(), web.ViewerOf(c).Person, list, n)
	if err != nil {
		return err
	}
	p := pages.Desk{Page: web.DeskPage(c, web.L(c).T("forum.desk_title"), "teach", "discussion"), Rows: rows, List: list, Total: total, Zone: web.Zone(c)}
	p.Nav = nav(n, total, func(page int) string { return "/teach/discussion?list=" + list + "&page=" + strconv.Itoa(page) })
	return web.Render(c, http.StatusOK, pages.ShowDesk(p))
}

// lead is the start of every page of a cohort's discussion, for who leads it; others do not know of it.
func (h *Lead) lead(c echo.Context, title string) (pages.Lead, error) {
	d, err := h.Deliveries.ByID(c.Request().Context(), c.Param("cohort"))
	if err != nil {
		return pages.Lead{}, err
	}
	if !web.ViewerOf(c).Person.Can(account.RoleTrainer, d.ID) {
		return pages.Lead{}, errNotFound
	}
	return pages.Lead{Page: web.DeskPage(c, title, "teach", "cohorts"), Cohort: d, Zone: web.Zone(c)}, nil
}

// on is lead on the board of a prompt.
func (h *Lead) on(c echo.Context) (pages.Lead, *forum.Visit, error) {
	p, err := h.lead(c, "")
	if err != nil {
		return p, nil, err
	}
	v, err := h.Forum.Visit(c.Request().Context(), web.ViewerOf(c).Person, p.Cohort.ID, c.Param("board"))
	if err == nil && !v.Prompt() {
		err = errNotFound
	}
	return p, v, err
}

func (h *Lead) getLead(c echo.Context) error { return h.showLead(c, pages.GroupForm{}, nil) }

// showLead renders the overview; typed is the form of a group that was refused.
func (h *Lead) showLead(c echo.Context, typed pages.GroupForm, why error) error {
	ctx, l := c.Request().Context(), web.L(c)
	lead, err := h.lead(c, "")
	if err != nil {
		return err
	}
	p := pages.LeadHome{Lead: lead, Form: id.New(), Typed: typed}
	p.Page.Title = l.T("forum.lead_title", "Title", p.Cohort.Title)
	base, boards, err := h.Forum.BoardVisits(ctx, web.ViewerOf(c).Person, p.Cohort.ID)
	if err != nil {
		return err
	}
	counts, err := h.Forum.Tallies(ctx, base)
	if err != nil {
		return err
	}
	open, err := h.Forum.ToMark(ctx, base)
	if err != nil {
		return err
	}
	for _, b := range boards {
		if b.Prompt() {
			p.Prompts = append(p.Prompts, pages.LeadRow{Visit: b, Tally: counts[b.Board], Open: open[b.Activity.Key]})
		}
	}
	if p.Groups, err = h.Forum.Groups(ctx, base); err != nil {
		return err
	}
	for page := 1; page <= 2; page++ { // a form for a hundred people; larger cohorts split by discussion group
		members, total, err := h.Deliveries.Roster(ctx, p.Cohort.ID, delivery.RosterFilter{Status: []string{delivery.Active, delivery.Paused}, Page: page})
		if err != nil {
			return err
		}
		for _, m := range members {
			p.People = append(p.People, forum.Named{ID: m.PersonID, Name: m.Name})
		}
		if page*delivery.PerPage >= total {
			break
		}
	}
	status := http.StatusOK
	if p.By, p.Errors = web.FieldErrors(l, why); why != nil {
		status, p.HasError = http.StatusUnprocessableEntity, true
		for i := range p.Errors {
			p.Errors[i].ID += typed.Suffix()
		}
	}
	return web.Render(c, status, pages.ShowLead(p))
}

func (h *Lead) home(c echo.Context) (*forum.Visit, error) {
	p, err := h.lead(c, "")
	if err != nil {
		return nil, err
	}
	return h.Forum.Visit(c.Request().Context(), web.ViewerOf(c).Person, p.Cohort.ID, forum.General)
}

func (h *Lead) postGroup(c echo.Context) error {
	v, err := h.home(c)
	if err != nil {
		return err
	}
	form, err := c.FormParams()
	if err != nil {
		return err
	}
	_, err = h.Forum.MakeGroup(c.Request().Context(), v, c.FormValue("form"), c.FormValue("name"), form["person"])
	if fault.Is(err, fault.Invalid) {
		return h.showLead(c, pages.GroupForm{Name: c.FormValue("name"), People: form["person"]}, err)
	}
	if err != nil {
		return err
	}
	web.Notice(c, "ok", "forum.group_made")
	return web.SeeOther(c, pages.DeskPath(v.Delivery.ID))
}

// postChange changes a small group, or with "close" ends it or opens it again.
func (h *Lead) postChange(c echo.Context) error {
	v, err := h.home(c)
	if err != nil {
		return err
	}
	form, err := c.FormParams()
	if err != nil {
		return err
	}
	ctx, group, said := c.Request().Context(), c.Param("group"), "forum.group_changed"
	switch form.Get("close") {
	case "1":
		said, err = "forum.group_closed", h.Forum.CloseGroup(ctx, v, group, true)
	case "0":
		said, err = "forum.group_opened", h.Forum.CloseGroup(ctx, v, group, false)
	default:
		err = h.Forum.ChangeGroup(ctx, v, group, forum.GroupChange{Name: form.Get("name"), People: form["person"], Was: form["was"]})
	}
	if fault.Is(err, fault.Invalid) {
		return h.showLead(c, pages.GroupForm{ID: group, Name: form.Get("name"), People: form["person"]}, err)
	}
	if err != nil {
		return err
	}
	web.Notice(c, "ok", said)
	return web.SeeOther(c, pages.DeskPath(v.Delivery.ID)+"#g-"+group)
}

func (h *Lead) postMove(c echo.Context) error {
	v, err := h.home(c)
	if err != nil {
		return err
	}
	if err := h.Forum.MoveMember(c.Request().Context(), v, c.FormValue("person"), c.FormValue("group")); err != nil {
		return err
	}
	web.Notice(c, "ok", "forum.group_moved")
	return web.SeeOther(c, pages.DeskPath(v.Delivery.ID))
}

func (h *Lead) getPart(c echo.Context) error {
	ctx := c.Request().Context()
	lead, err := h.lead(c, web.L(c).T("forum.part_title"))
	if err != nil {
		return err
	}
	v, err := h.home(c)
	if err != nil {
		return err
	}
	p := pages.Part{Lead: lead, Group: c.QueryParam("group")}
	if p.Groups, err = h.Forum.Groups(ctx, v); err != nil {
		return err
	}
	if !slices.ContainsFunc(p.Groups, func(g forum.GroupView) bool { return g.ID == p.Group }) {
		p.Group = ""
	}
	if p.Picture, err = h.Forum.Participation(ctx, v, p.Group); err != nil {
		return err
	}
	return web.Render(c, http.StatusOK, pages.ShowPart(p))
}

func (h *Lead) getQueue(c echo.Context) error {
	lead, v, err := h.on(c)
	if err != nil {
		return err
	}
	n := number(c)
	p := pages.Queue{Lead: lead, Visit: v}
	p.Page.Title = web.L(c).T("forum.queue_title", "Title", v.Activity.Title)
	if p.Rows, p.Total, p.Open, err = h.Forum.Queue(c.Request().Context(), v, n); err != nil {
		return err
	}
	p.Nav = nav(n, p.Total, func(page int) string {
		return pages.DeskPath(p.Cohort.ID) + "/" + v.Board + "?page=" + strconv.Itoa(page)
	})
	return web.Render(c, http.StatusOK, pages.ShowQueue(p))
}

// marking gathers the page of one learner's part.
func (h *Lead) marking(c echo.Context) (pages.Marking, error) {
	ctx := c.Request().Context()
	lead, v, err := h.on(c)
	if err != nil {
		return pages.Marking{}, err
	}
	p := pages.Marking{Lead: lead, Visit: v, PersonID: c.Param("person"), Chosen: map[string]string{}}
	if p.Name, p.Posts, p.Grade, err = h.Forum.Wrote(ctx, v, p.PersonID); err != nil {
		return p, err
	}
	p.Page.Title = web.L(c).T("forum.marking_title", "Name", p.Name, "Title", v.Activity.Title)
	if g := p.Grade; g != nil {
		p.Form = *g
		if !g.Excused {
			p.Chosen = map[string]string{"answer": strconv.Itoa(g.Answer), "replies": strconv.Itoa(g.Replies), "moves": strconv.Itoa(g.Moves)}
		}
	}
	p.Phrases, err = h.Forum.Phrases(ctx, web.ViewerOf(c).ID())
	return p, err
}

func (h *Lead) getMarking(c echo.Context) error {
	p, err := h.marking(c)
	if err != nil {
		return err
	}
	return web.Render(c, http.StatusOK, pages.ShowMarking(p))
}

func (h *Lead) postMarking(c echo.Context) error {
	p, err := h.marking(c)
	if err != nil {
		return err
	}
	ctx, who := c.Request().Context(), web.ViewerOf(c).ID()
	mark := func(name string) int {
		p.Chosen[name] = c.FormValue(name)
		n, err := strconv.Atoi(c.FormValue(name))
		if err != nil {
			return -1
		}
		return n
	}
	version, _ := strconv.Atoi(c.FormValue("version"))
	p.Form = forum.Grade{
		Answer: mark("answer"), Replies: mark("replies"), Moves: mark("moves"), Excused: c.FormValue("excused") == "1",
		Feedback: strings.TrimSpace(c.FormValue("feedback")), Version: version,
	}
	switch {
	case c.FormValue("use") != "":
		for _, x := range p.Phrases {
			if x.ID == c.FormValue("use") {
				p.Form.Feedback = strings.TrimSpace(p.Form.Feedback + " " + x.Text)
			}
		}
		return web.Render(c, http.StatusOK, pages.ShowMarking(p))
	case c.FormValue("forget") != "":
		if err := h.Forum.DropPhrase(ctx, who, c.FormValue("forget")); err != nil {
			return err
		}
		p.Phrases = slices.DeleteFunc(p.Phrases, func(x forum.Phrase) bool { return x.ID == c.FormValue("forget") })
		return web.Render(c, http.StatusOK, pages.ShowMarking(p))
	}
	err = h.Forum.Mark(ctx, p.Visit, p.PersonID, p.Form)
	if err == nil && c.FormValue("keep") == "1" {
		err = h.Forum.SavePhrase(ctx, who, p.Form.Feedback)
	}
	if err != nil {
		by, all, status, ok := web.Refusal(web.L(c), err)
		if !ok {
			return err
		}
		p.By, p.Errors, p.HasError = by, all, true
		if status == http.StatusConflict { // marking over what somebody else said is on purpose now: it stands above the form
			p.Since, p.Form.Version = p.Grade, 0
			if p.Grade != nil {
				p.Form.Version = p.Grade.Version
			}
		}
		return web.Render(c, status, pages.ShowMarking(p))
	}
	return h.next(c, p)
}

// next goes on to the next person to be marked, or back to the list.
func (h *Lead) next(c echo.Context, p pages.Marking) error {
	rows, _, open, err := h.Forum.Queue(c.Request().Context(), p.Visit, 1)
	if err != nil {
		return err
	}
	web.Notice(c, "ok", "forum.mark_saved", "Name", p.Name, "N", strconv.Itoa(open))
	to := pages.DeskPath(p.Cohort.ID) + "/" + p.Visit.Board
	if len(rows) > 0 && rows[0].State() == "mark" {
		to += "/" + rows[0].PersonID
	}
	return web.SeeOther(c, to)
}

func (h *Lead) getSummary(c echo.Context) error {
	lead, v, err := h.on(c)
	if err != nil {
		return err
	}
	l := web.L(c)
	posts, people, points, err := h.Forum.Summary(c.Request().Context(), v)
	if err != nil {
		return err
	}
	p := pages.Summary{Lead: lead, Visit: v, Form: id.New(), Title: l.T("forum.summary_subject", "Title", v.Activity.Title)}
	p.Page.Title = l.T("forum.summary_title", "Title", v.Activity.Title)
	p.Body = pages.SummaryText(l, h.BaseURL, posts, people, points)
	return web.Render(c, http.StatusOK, pages.ShowSummary(p))
}

func (h *Lead) postSummary(c echo.Context) error {
	lead, v, err := h.on(c)
	if err != nil {
		return err
	}
	title, body := c.FormValue("title"), c.FormValue("body")
	_, err = h.Deliveries.Announce(c.Request().Context(), web.ViewerOf(c).Person, c.FormValue("form"), lead.Cohort.ID, delivery.ToAll, title, body)
	if fault.Is(err, fault.Invalid) {
		l := web.L(c)
		p := pages.Summary{Lead: lead, Visit: v, Form: c.FormValue("form"), Title: title, Body: body}
		p.Page.Title, p.HasError = l.T("forum.summary_title", "Title", v.Activity.Title), true
		p.By, p.Errors = web.FieldErrors(l, err)
		return web.Render(c, http.StatusUnprocessableEntity, pages.ShowSummary(p))
	}
	if err != nil {
		return err
	}
	web.Notice(c, "ok", "forum.summary_posted")
	return web.SeeOther(c, pages.DeskPath(lead.Cohort.ID))
}
