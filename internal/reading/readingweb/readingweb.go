// Package readingweb shows readings and takes "Mark complete": the pages of internal/reading.
package readingweb

import (
	"fmt"
	"net/http"

	"github.com/labstack/echo/v4"

	"greenroom/internal/fault"
	"greenroom/internal/play"
	"greenroom/internal/reading"
	"greenroom/internal/record"
	"greenroom/internal/web"
	view "greenroom/web/templates/reading"
)

// Player is the play.Player of readings.
type Player struct{ records *record.Service }

var _ play.Player = (*Player)(nil)

// New makes the player.
func New(records *record.Service) *Player { return &Player{records: records} }

// Kind names what it plays.
func (*Player) Kind() string { return "reading" }

// Show answers GET: the text, and the button that marks it complete. It asks the database nothing.
func (p *Player) Show(c echo.Context, s play.Step) error {
	content, ok := s.Activity.Content().(*reading.Content)
	if !ok {
		return fmt.Errorf("activity %q is no reading", s.Activity.Key)
	}
	page := view.Page{L: web.L(c), Step: s, Content: content}
	if s.Done() {
		page.Done = page.L.Date(web.Local(c, s.Progress.DoneAt(s.Activity.Key)))
	}
	return s.Frame(c, http.StatusOK, view.Show(page))
}

// Do answers POST. The one verb is "complete": the learner's own word that they are done. Said twice, it is the
// same.
func (p *Player) Do(c echo.Context, s play.Step, verb string) error {
	if verb != "complete" {
		return fault.New(fault.NotFound, "error.not_found")
	}
	if _, err := p.records.MarkComplete(c.Request().Context(), s.Completion(nil)); err != nil {
		return err
	}
	return web.SeeOther(c, s.NextPath())
}
