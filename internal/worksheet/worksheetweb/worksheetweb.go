// Package worksheetweb shows worksheets, takes what learners fill in, and gives out the documents: the pages of
// internal/worksheet.
//
//	worksheetweb.go  the Player: showing the step and doing its verbs
//	form.go          what a page sends
//	document.go      the document as a page, as Markdown and as a Word file; earlier states
package worksheetweb

import (
	"fmt"
	"net/http"
	"slices"

	"github.com/labstack/echo/v4"

	"greenroom/internal/draft"
	"greenroom/internal/fault"
	"greenroom/internal/id"
	"greenroom/internal/play"
	"greenroom/internal/web"
	"greenroom/internal/worksheet"
	view "greenroom/web/templates/worksheet"
)

// Player is the play.Player of worksheets.
type Player struct{ sheets *worksheet.Service }

var (
	_ play.Player = (*Player)(nil)
	_ play.Getter = (*Player)(nil)
)

// New makes the player.
func New(sheets *worksheet.Service) *Player { return &Player{sheets: sheets} }

// Kind names what it plays.
func (*Player) Kind() string { return "worksheet" }

// Show answers GET of the step. The query "rows" says how many rows the tables show: see rowsOf.
func (p *Player) Show(c echo.Context, s play.Step) error {
	content, err := contentOf(s)
	if err != nil {
		return err
	}
	stored, earlier, err := p.sheets.Of(c.Request().Context(), s.Completion(nil))
	if err != nil {
		return err
	}
	v := page(c, s, content, stored)
	var own worksheet.Answers
	if stored != nil {
		own = stored.Answers
	}
	fill(&v, content.Offers(own, earlier), wanted(c.QueryParam("rows")))
	return s.Frame(c, http.StatusOK, view.Show(v))
}

func contentOf(s play.Step) (*worksheet.Content, error) {
	if c, ok := s.Activity.Content().(*worksheet.Content); ok {
		return c, nil
	}
	return nil, fmt.Errorf("activity %q is no worksheet", s.Activity.Key)
}

// page is the step with what is stored, its fields not yet filled.
func page(c echo.Context, s play.Step, content *worksheet.Content, stored *worksheet.Worksheet) view.Page {
	v := view.Page{
		L: web.L(c), Step: s, Content: content, Stored: stored, Form: draft.Form{Page: id.New()},
		Checked: map[int]bool{}, HasName: s.Learner != nil && s.Learner.Name != "",
	}
	if stored == nil {
		return v
	}
	v.Form.Version, v.Named = stored.Version, stored.Named
	v.Saved = v.L.DateTime(web.Local(c, stored.SavedAt))
	if stored.FinishedAt != nil {
		v.Finished = v.L.Date(web.Local(c, *stored.FinishedAt))
	}
	for i, point := range content.SelfCheck {
		v.Checked[i] = slices.Contains(stored.Checks, point)
	}
	return v
}

// fill puts the answers into the page. A table shows one empty row more than it has, at least as many as the
// course offers or were asked for, and never more than it takes.
func fill(v *view.Page, offers map[string]worksheet.Offer, rows map[string]int) {
	v.Offers, v.Rows, v.Origins = offers, map[string]int{}, map[string]string{}
	for _, f := range v.Content.Fields() {
		o := offers[f.Key]
		if a := v.Step.Course.Activity(o.From); a != nil {
			v.Origins[o.From] = a.Title
		}
		if f.Type == worksheet.Table {
			v.Rows[f.Key] = min(max(len(o.Rows)+1, f.Rows, rows[f.Key]), worksheet.MaxRows)
		}
	}
}

// Do answers POST: "save" keeps the answers, "row" keeps them and shows another row, "example" keeps them and fills
// what is empty, "finish" keeps them and completes the step when all is there, "restore" goes back to an earlier
// state.
func (p *Player) Do(c echo.Context, s play.Step, verb string) error {
	content, err := contentOf(s)
	if err != nil {
		return err
	}
	act, notice, to := p.sheets.Save, "worksheet.notice.saved", s.Path()
	switch verb {
	case "save":
	case "row":
		notice, to = "", withRow(c, s, content)
	case "example":
		act, notice = p.sheets.UseExample, "worksheet.notice.example"
	case "finish":
		act, notice = p.sheets.Finish, "worksheet.notice.finished"
	case "restore":
		if err := p.sheets.Restore(c.Request().Context(), s.Completion(nil), c.FormValue("kept")); err != nil {
			return err
		}
		web.Notice(c, "ok", "worksheet.notice.restored")
		return web.SeeOther(c, s.Path())
	default:
		return fault.New(fault.NotFound, "error.not_found")
	}
	form := formOf(c, content)
	_, err = act(c.Request().Context(), s.Completion(nil), form)
	switch {
	case web.WantsJSON(c):
		if err != nil {
			return web.OneLine(err)
		}
		return c.NoContent(http.StatusNoContent)
	case err == nil:
		if notice != "" {
			web.Notice(c, "ok", notice)
		}
		return web.SeeOther(c, to)
	case fault.Is(err, fault.Invalid), worksheet.Stored(err) != nil:
		return p.again(c, s, content, form, err)
	}
	return err
}

// again shows the page with what was typed: there is something to mend, or to choose.
func (p *Player) again(c echo.Context, s play.Step, content *worksheet.Content, form worksheet.Form, why error) error {
	stored, clash := worksheet.Stored(why), true
	if stored == nil {
		clash = false
		var err error
		if stored, _, err = p.sheets.Of(c.Request().Context(), s.Completion(nil)); err != nil {
			return err
		}
	}
	v := page(c, s, content, stored)
	if !clash && (stored == nil || stored.Page != form.Page) {
		v.Form.Version = form.Version // nothing of this page was stored: it still has to be judged by what it showed
	}
	v.Named, v.Clash = form.Named, clash
	for i := range content.SelfCheck {
		v.Checked[i] = slices.Contains(form.Checks, i)
	}
	v.By, v.Errors = web.FieldErrors(v.L, why)
	status := http.StatusUnprocessableEntity
	if clash {
		status, v.Errors = http.StatusConflict, nil
		v.Other = differences(content, form.Answers, stored.Answers)
	}
	fill(&v, content.Offers(form.Answers, nil), shown(c, content))
	return s.Frame(c, status, view.Show(v))
}

// differences are the stored answers that differ from the typed ones, to be read beside them.
func differences(content *worksheet.Content, typed, stored worksheet.Answers) []view.Entry {
	differ := worksheet.Answers{}
	for k, v := range stored {
		if !v.Equal(typed[k]) {
			differ[k] = v
		}
	}
	return view.Entries(content, differ)
}
