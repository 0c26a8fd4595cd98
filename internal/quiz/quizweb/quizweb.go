// Package quizweb shows quizzes to learners and takes their answers. It is the play.Player of the kind "quiz".
//
// Who opens the step sees the open attempt, else the last result, else the invitation to start. An attempt begins
// with a button and not with the page: looking changes nothing, and what is drawn is drawn once.
//
//	GET  …            the step; ?attempt= shows an earlier result
//	POST …/start      begin the first attempt (client: id of the form)
//	POST …/again      begin another
//	POST …/save       keep the answers so far; also the buttons of an ordering (move), and autosave, which is answered 204
//	POST …/submit     keep the answers and grade them (anyway: leave gaps)
package quizweb

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"greenroom/internal/fault"
	"greenroom/internal/id"
	"greenroom/internal/play"
	"greenroom/internal/quiz"
	"greenroom/internal/web"
	pages "greenroom/web/templates/quiz"
)

// Player plays quizzes.
type Player struct{ quizzes *quiz.Service }

// New makes the player.
func New(s *quiz.Service) *Player { return &Player{quizzes: s} }

var _ play.Player = (*Player)(nil)

// Kind is "quiz".
func (p *Player) Kind() string { return quiz.Kind{}.Name() }

// Show shows the attempt asked for, else the open one, else the last result, else the invitation to start.
func (p *Player) Show(c echo.Context, s play.Step) error {
	desk, err := p.quizzes.Look(c.Request().Context(), s.Completion(nil), c.QueryParam("attempt"))
	if err != nil {
		return err
	}
	switch {
	case desk.Shown == nil:
		content, ok := s.Activity.Content().(*quiz.Content)
		if !ok {
			return fault.New(fault.NotFound, "error.not_found")
		}
		return s.Frame(c, http.StatusOK, pages.Start(pages.StartPage{
			L: web.L(c), Content: content, Action: s.Action("start"), Client: id.New(),
			Minutes: minutes(desk.May.Time(content.Minutes)), Tries: desk.May.Attempts(content.Attempts),
		}))
	case desk.Over:
		return s.Frame(c, http.StatusOK, pages.TimeUp(pages.TimeUpPage{L: web.L(c), Attempt: desk.Shown.Attempt.ID, Submit: s.Action("submit")}))
	case desk.Shown.Attempt.State == quiz.Open:
		return s.Frame(c, http.StatusOK, pages.Open(p.openPage(c, s, desk.Shown)))
	}
	return s.Frame(c, http.StatusOK, pages.Result(resultPage(c, s, desk)))
}

// Do takes start, again, save and submit.
func (p *Player) Do(c echo.Context, s play.Step, verb string) error {
	switch verb {
	case "start", "again":
		_, err := p.quizzes.Start(c.Request().Context(), s.Completion(nil), c.FormValue("client"))
		if fault.Is(err, fault.Conflict) { // no try is left: the page says what to do
			web.Notice(c, "caution", fault.From(err).Key)
			return web.SeeOther(c, s.Path())
		}
		if err != nil {
			return err
		}
		return web.SeeOther(c, s.Path()+"#quiz")
	case "save":
		return p.save(c, s)
	case "submit":
		return p.submit(c, s)
	}
	return fault.New(fault.NotFound, "error.not_found")
}

// form reads what an open attempt's page sends.
func form(c echo.Context) (quiz.Form, error) {
	fields, err := c.FormParams()
	if err != nil {
		return quiz.Form{}, err
	}
	n, _ := strconv.ParseInt(fields.Get("n"), 10, 64) // nonsense is 0: a page without script
	return quiz.Form{
		Attempt: fields.Get("attempt"), Page: fields.Get("page"), N: n,
		Fields: fields, Move: fields.Get("move"), Anyway: fields.Get("anyway") != "",
	}, nil
}

func (p *Player) save(c echo.Context, s play.Step) error {
	f, err := form(c)
	if err != nil {
		return err
	}
	sit, err := p.quizzes.Save(c.Request().Context(), s.Completion(nil), f)
	if fault.Is(err, fault.Conflict) && !web.WantsJSON(c) { // submitted elsewhere meanwhile: show where they are now
		web.Notice(c, "info", "quiz.closed")
		return web.SeeOther(c, s.Path())
	}
	if err != nil {
		return err
	}
	switch {
	case len(sit.Missing) > 0 && web.WantsJSON(c):
		m := sit.Missing[0]
		return fault.New(fault.Invalid, "quiz.summary."+m.Why, "Number", m.Number, "Limit", m.Limit())
	case len(sit.Missing) > 0:
		return s.Frame(c, http.StatusUnprocessableEntity, pages.Open(p.openPage(c, s, sit)))
	case web.WantsJSON(c):
		return c.NoContent(http.StatusNoContent)
	}
	if question, _, moved := strings.Cut(f.Move, ":"); moved {
		return web.SeeOther(c, s.Path()+"#"+question)
	}
	web.Notice(c, "ok", "quiz.saved")
	return web.SeeOther(c, s.Path())
}

func (p *Player) submit(c echo.Context, s play.Step) error {
	f, err := form(c)
	if err != nil {
		return err
	}
	sit, err := p.quizzes.Submit(c.Request().Context(), s.Completion(nil), f)
	if err != nil {
		return err
	}
	if sit.Attempt.State == quiz.Open {
		return s.Frame(c, http.StatusUnprocessableEntity, pages.Open(p.openPage(c, s, sit)))
	}
	return web.SeeOther(c, s.Path()+"?attempt="+sit.Attempt.ID+"#result")
}

// minutes rounds up, so that nobody is promised less than they have.
func minutes(d time.Duration) int { return int((d + time.Minute - 1) / time.Minute) }

func (p *Player) openPage(c echo.Context, s play.Step, sit *quiz.Sitting) pages.OpenPage {
	page := pages.OpenPage{
		L: web.L(c), Sitting: sit, Page: id.New(), Save: s.Action("save"), Submit: s.Action("submit"),
		Older: sit.Attempt.ActivityHash != s.Activity.Hash(),
	}
	if sit.Attempt.SavedAt != nil {
		page.SavedAt = web.Local(c, *sit.Attempt.SavedAt)
	}
	if due := sit.Attempt.DueAt; due != nil {
		page.Due = web.Local(c, *due)
		page.Seconds = max(0, int(due.Sub(p.quizzes.Now())/time.Second))
	}
	return page
}

func resultPage(c echo.Context, s play.Step, desk quiz.Desk) pages.ResultPage {
	l := web.L(c)
	r := pages.ResultPage{
		L: l, Sitting: desk.Shown, Result: desk.Shown.Result(), Reasons: desk.Reasons(), Done: s.Done(),
		Again: s.Action("again"), Client: id.New(), Next: s.NextPath(), NextText: l.T("quiz.next"),
	}
	r.Result.Score, r.Result.Passed = desk.Shown.Attempt.Score, desk.Shown.Attempt.Passed // as it was judged then
	r.Late = len(desk.Shown.Attempt.Sheet.Late)
	r.Left = -1
	if content, ok := s.Activity.Content().(*quiz.Content); ok {
		r.Left = desk.Left(content)
	}
	if s.Activity.Next == nil {
		r.NextText = l.T("quiz.finish")
	}
	for i := range desk.All {
		r.Tries = append(r.Tries, try(c, s, &desk.All[i], desk.Shown.Attempt))
	}
	if desk.Best != nil {
		r.Best = try(c, s, desk.Best, nil)
	}
	return r
}

func try(c echo.Context, s play.Step, a, shown *quiz.Attempt) pages.Try {
	t := pages.Try{
		Href: s.Path() + "?attempt=" + a.ID + "#result", At: web.Local(c, a.StartedAt),
		Score: a.Score, Total: a.Total, Passed: a.Passed, State: a.State, Shown: shown != nil && a.ID == shown.ID,
	}
	if a.SubmittedAt != nil {
		t.At = web.Local(c, *a.SubmittedAt)
	}
	if a.State == quiz.Open {
		t.Href = s.Path() + "#quiz"
	}
	return t
}
