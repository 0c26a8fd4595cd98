// Package scenarioweb shows scenarios to learners and takes what they do: the pages of internal/scenario. It is the
// play.Player of the kind "scenario", and has the trainers' desk for marking replies.
//
//	GET  …               the open run, else the debrief of the last, else the invitation; ?run= shows another
//	GET  …/summary       one page to keep
//	GET  …/review?id=    a reply by another learner, to be marked
//	POST …/start         begin (client: id of the form; timing)
//	POST …/choose, continue, silent, back   a move; run and seen say where the page was
//	POST …/save, send, unsend, mark         a reply: keep, send, change after all, mark and go on
//	POST …/timing        how clocks go
//	POST …/again         another run; from: the moment of an earlier one to go on from
//	POST …/finish        the debrief has been gone through: the step is complete
//	POST …/review-next, review, report      reviewing others
package scenarioweb

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"

	"github.com/labstack/echo/v4"

	"greenroom/internal/draft"
	"greenroom/internal/fault"
	"greenroom/internal/id"
	"greenroom/internal/panel"
	"greenroom/internal/play"
	"greenroom/internal/scenario"
	"greenroom/internal/web"
	pages "greenroom/web/templates/scenario"
)

// Player plays scenarios.
type Player struct {
	runs   *scenario.Service
	panels *panel.Service
}

// New makes the player.
func New(s *scenario.Service, p *panel.Service) *Player { return &Player{runs: s, panels: p} }

var (
	_ play.Player = (*Player)(nil)
	_ play.Getter = (*Player)(nil)
)

// Kind is "scenario".
func (p *Player) Kind() string { return scenario.Kind{}.Name() }

var errNotFound = fault.New(fault.NotFound, "error.not_found")

// Show shows the run asked for, else the open one, else the debrief of the last, else the invitation.
func (p *Player) Show(c echo.Context, s play.Step) error {
	sit, err := p.runs.Look(c.Request().Context(), s.Completion(nil), c.QueryParam("run"))
	if err != nil {
		return err
	}
	switch {
	case sit == nil:
		return p.invite(c, s)
	case sit.Run.State == scenario.Aside:
		return errNotFound
	case sit.Run.State == scenario.Finished:
		d, err := p.debrief(c, s, sit)
		if err != nil {
			return err
		}
		return s.Frame(c, http.StatusOK, pages.Debrief(d))
	}
	return s.Frame(c, http.StatusOK, pages.Scene(scene(c, s, sit)))
}

func (p *Player) invite(c echo.Context, s play.Step) error {
	content, ok := s.Activity.Content().(*scenario.Scenario)
	if !ok {
		return errNotFound
	}
	return s.Frame(c, http.StatusOK, pages.Start(pages.StartPage{L: web.L(c), Step: s, Scenario: content, Client: id.New()}))
}

// scene is the page of an open run.
func scene(c echo.Context, s play.Step, sit *scenario.Sitting) pages.ScenePage {
	p := pages.ScenePage{
		L: web.L(c), Step: s, Sitting: sit, Older: sit.Run.RevisionHash != s.Course.Hash,
		Moved: c.QueryParam("moved") == strconv.Itoa(len(sit.Events)) && len(sit.Events) > 0,
		Reply: pages.ReplyForm{Form: draft.Form{Page: id.New()}},
	}
	if w := sit.Reply; w != nil {
		p.Reply.Text, p.Reply.Form.Version, p.Reply.Marks = w.Body, w.Version, w.Marks
		p.Reply.Saved = p.L.DateTime(web.Local(c, w.SavedAt))
	}
	return p
}

// Do takes what the pages send.
func (p *Player) Do(c echo.Context, s play.Step, verb string) error {
	ctx, at := c.Request().Context(), s.Completion(nil)
	switch verb {
	case "start":
		if _, err := p.runs.Start(ctx, at, c.FormValue("client"), c.FormValue("timing")); err != nil {
			return err
		}
		return web.SeeOther(c, s.Path()+"#scenario")
	case "choose", "continue", "silent", "back":
		return p.move(c, s, verb)
	case "save", "send":
		return p.write(c, s, verb == "send")
	case "unsend":
		if err := p.runs.Reopen(ctx, at, c.FormValue("run")); err != nil {
			return err
		}
		return web.SeeOther(c, s.Path()+"#scene")
	case "mark":
		return p.mark(c, s)
	case "timing":
		if err := p.runs.SetTiming(ctx, at, c.FormValue("run"), c.FormValue("timing")); err != nil {
			return err
		}
		web.Notice(c, "ok", "scenario.timing.saved")
		return web.SeeOther(c, s.Path()+"#scenario")
	case "again":
		return p.again(c, s)
	case "finish":
		if _, err := p.runs.Finish(ctx, at, c.FormValue("run")); err != nil {
			return err
		}
		web.Notice(c, "ok", "scenario.finished")
		return web.SeeOther(c, s.NextPath())
	case "review-next", "review", "report":
		return p.review(c, s, verb)
	}
	return errNotFound
}

var moves = map[string]string{"choose": scenario.Chose, "continue": scenario.Continued, "silent": scenario.Silent, "back": scenario.Back}

func seen(c echo.Context) int {
	n, err := strconv.Atoi(c.FormValue("seen"))
	if err != nil {
		return -1
	}
	return n
}

// move makes a move and shows what it led to.
func (p *Player) move(c echo.Context, s play.Step, verb string) error {
	ctx, at := c.Request().Context(), s.Completion(nil)
	if verb == "choose" && c.FormValue("choice") == "" {
		return p.chooseFirst(c, s)
	}
	m := scenario.Move{Kind: moves[verb], Choice: c.FormValue("choice")}
	sit, err := p.runs.Move(ctx, at, c.FormValue("run"), seen(c), m)
	if err == nil && verb == "back" {
		web.Notice(c, "info", "scenario.back.done")
		return web.SeeOther(c, s.Path()+"#scene")
	}
	return p.after(c, s, sit, err)
}

// after shows where the run is; a page that was overtaken is told so.
func (p *Player) after(c echo.Context, s play.Step, sit *scenario.Sitting, err error) error {
	if fault.Is(err, fault.Conflict) && sit != nil {
		web.Notice(c, "info", fault.From(err).Key)
		return web.SeeOther(c, s.Path())
	}
	if err != nil {
		return err
	}
	return web.SeeOther(c, fmt.Sprintf("%s?moved=%d#outcome", s.Path(), len(sit.Events)))
}

// chooseFirst shows the scene again: nothing was chosen.
func (p *Player) chooseFirst(c echo.Context, s play.Step) error {
	sit, err := p.runs.Look(c.Request().Context(), s.Completion(nil), c.FormValue("run"))
	if err != nil {
		return err
	}
	if sit == nil || sit.Run.State != scenario.Open || sit.Story.Now().Passage.Kind != scenario.Decision {
		return web.SeeOther(c, s.Path())
	}
	v := scene(c, s, sit)
	var bad fault.Fields
	bad.Add("choice", "scenario.error.choose")
	by, all := web.FieldErrors(v.L, bad.Err())
	v.Error, v.Errors = by["choice"], all
	return s.Frame(c, http.StatusUnprocessableEntity, pages.Scene(v))
}

// write keeps a reply, and sends it.
func (p *Player) write(c echo.Context, s play.Step, send bool) error {
	do := p.runs.SaveReply
	if send {
		do = p.runs.SendReply
	}
	sit, err := do(c.Request().Context(), s.Completion(nil), c.FormValue("run"), c.FormValue("text"), web.DraftForm(c))
	var clash *scenario.Clash
	switch {
	case web.WantsJSON(c):
		if err != nil {
			return web.OneLine(err)
		}
		return c.NoContent(http.StatusNoContent)
	case err == nil && send:
		return web.SeeOther(c, s.Path()+"#marking-title")
	case err == nil:
		web.Notice(c, "ok", "scenario.reply.kept")
		return web.SeeOther(c, s.Path()+"#scene")
	case errors.As(err, &clash), fault.Is(err, fault.Invalid):
		return p.writeAgain(c, s, sit, err, clash)
	case fault.Is(err, fault.Conflict):
		return p.after(c, s, sit, err)
	}
	return err
}

// writeAgain shows the reply with what was typed: there is something to mend, or to choose.
func (p *Player) writeAgain(c echo.Context, s play.Step, sit *scenario.Sitting, why error, clash *scenario.Clash) error {
	v := scene(c, s, sit)
	v.Reply.Text = scenario.Tidy(c.FormValue("text"))
	by, all := web.FieldErrors(v.L, why)
	v.Reply.Error, v.Errors = by["text"], all
	status := http.StatusUnprocessableEntity
	if clash != nil {
		v.Reply.Clash = clash.Stored
		status = http.StatusConflict
	}
	return s.Frame(c, status, pages.Scene(v))
}

// marksOf reads the levels that a form sends.
func marksOf(c echo.Context, place *scenario.Passage) scenario.Marks {
	m := scenario.Marks{}
	for _, x := range place.Rubric {
		if n, err := strconv.Atoi(c.FormValue("mark-" + x.ID)); err == nil {
			m[x.ID] = n
		}
	}
	return m
}

// mark keeps the writer's own marks and goes on.
func (p *Player) mark(c echo.Context, s play.Step) error {
	ctx, at := c.Request().Context(), s.Completion(nil)
	sit, err := p.runs.Look(ctx, at, c.FormValue("run"))
	if err != nil {
		return err
	}
	if sit == nil {
		return errNotFound
	}
	marks := marksOf(c, sit.Story.Now().Passage)
	sit, err = p.runs.MarkReply(ctx, at, sit.Run.ID, seen(c), marks, c.FormValue("skip") != "", !s.Learner.Guest())
	if fault.Is(err, fault.Invalid) {
		v := scene(c, s, sit)
		v.Reply.Marks = marks
		v.Reply.Errors, v.Errors = web.FieldErrors(v.L, err)
		return s.Frame(c, http.StatusUnprocessableEntity, pages.Scene(v))
	}
	return p.after(c, s, sit, err)
}

func (p *Player) again(c echo.Context, s play.Step) error {
	from, err := strconv.Atoi(c.FormValue("from"))
	if err != nil {
		from = 0
	}
	run := c.FormValue("run")
	if _, err := p.runs.Again(c.Request().Context(), s.Completion(nil), c.FormValue("client"), run, from); err != nil {
		return err
	}
	return web.SeeOther(c, s.Path()+"#scenario")
}
