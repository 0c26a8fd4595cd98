// Package reflectionweb shows reflections and takes what learners write: the pages of internal/reflection.
package reflectionweb

import (
	"fmt"
	"net/http"

	"github.com/labstack/echo/v4"

	"greenroom/internal/draft"
	"greenroom/internal/fault"
	"greenroom/internal/id"
	"greenroom/internal/play"
	"greenroom/internal/reflection"
	"greenroom/internal/web"
	view "greenroom/web/templates/reflection"
)

// Player is the play.Player of reflections.
type Player struct{ texts *reflection.Service }

var (
	_ play.Player = (*Player)(nil)
	_ play.Getter = (*Player)(nil)
)

// New makes the player.
func New(texts *reflection.Service) *Player { return &Player{texts: texts} }

// Kind names what it plays.
func (*Player) Kind() string { return "reflection" }

// Show answers GET of the step.
func (p *Player) Show(c echo.Context, s play.Step) error {
	stored, err := p.texts.Of(c.Request().Context(), s.Completion(nil))
	if err != nil {
		return err
	}
	v, err := page(c, s, stored)
	if err != nil {
		return err
	}
	return s.Frame(c, http.StatusOK, view.Show(v))
}

// page is the step with what is stored.
func page(c echo.Context, s play.Step, stored *reflection.Reflection) (view.Page, error) {
	content, ok := s.Activity.Content().(*reflection.Content)
	if !ok {
		return view.Page{}, fmt.Errorf("activity %q is no reflection", s.Activity.Key)
	}
	v := view.Page{L: web.L(c), Step: s, Content: content, Stored: stored, Form: draft.Form{Page: id.New()}}
	if stored != nil {
		v.Text, v.Form.Version = stored.Body, stored.Version
		v.Saved = v.L.DateTime(web.Local(c, stored.SavedAt))
		if stored.SubmittedAt != nil {
			v.Submitted = v.L.Date(web.Local(c, *stored.SubmittedAt))
		}
	}
	return v, nil
}

// Get answers GET of the list of earlier texts.
func (p *Player) Get(c echo.Context, s play.Step, name string) error {
	if name != "versions" {
		return fault.New(fault.NotFound, "error.not_found")
	}
	older, err := p.texts.Older(c.Request().Context(), s.Completion(nil))
	if err != nil {
		return err
	}
	v := view.VersionsPage{L: web.L(c), Step: s}
	for _, k := range older {
		v.Texts = append(v.Texts, view.Version{Kept: k, When: v.L.DateTime(web.Local(c, k.At))})
	}
	return s.Frame(c, http.StatusOK, view.Versions(v))
}

// Do answers POST: "save" keeps the text, "submit" keeps it and completes the step when it is in range, "restore"
// goes back to an earlier text.
func (p *Player) Do(c echo.Context, s play.Step, verb string) error {
	switch verb {
	case "save", "submit":
		return p.write(c, s, verb)
	case "restore":
		if err := p.texts.Restore(c.Request().Context(), s.Completion(nil), c.FormValue("text")); err != nil {
			return err
		}
		web.Notice(c, "ok", "reflection.notice.restored")
		return web.SeeOther(c, s.Path())
	}
	return fault.New(fault.NotFound, "error.not_found")
}

func (p *Player) write(c echo.Context, s play.Step, verb string) error {
	text, form := c.FormValue("text"), web.DraftForm(c)
	act, notice := p.texts.Save, "reflection.notice.saved"
	if verb == "submit" {
		act, notice = p.texts.Submit, "reflection.notice.submitted"
	}
	_, err := act(c.Request().Context(), s.Completion(nil), text, form)
	switch {
	case web.WantsJSON(c):
		if err != nil {
			return web.OneLine(err)
		}
		return c.NoContent(http.StatusNoContent)
	case err == nil:
		web.Notice(c, "ok", notice)
		return web.SeeOther(c, s.Path())
	case fault.Is(err, fault.Invalid), reflection.Stored(err) != nil:
		return p.again(c, s, text, form, err)
	}
	return err
}

// again shows the page with what was typed: there is something to mend, or to choose.
func (p *Player) again(c echo.Context, s play.Step, text string, form draft.Form, why error) error {
	stored, clash := reflection.Stored(why), true
	if stored == nil {
		clash = false
		var err error
		if stored, err = p.texts.Of(c.Request().Context(), s.Completion(nil)); err != nil {
			return err
		}
	}
	v, err := page(c, s, stored)
	if err != nil {
		return err
	}
	if !clash && (stored == nil || stored.Page != form.Page) {
		v.Form.Version = form.Version // nothing of this page was stored: it still has to be judged by what it showed
	}
	v.Text, v.Clash = reflection.Tidy(text), clash
	by, all := web.FieldErrors(v.L, why)
	v.Error, v.Errors = by["text"], all
	status := http.StatusUnprocessableEntity
	if clash {
		status = http.StatusConflict
	}
	return s.Frame(c, status, view.Show(v))
}
