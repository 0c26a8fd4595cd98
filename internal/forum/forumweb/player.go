package forumweb

import (
	"fmt"
	"net/http"

	"github.com/labstack/echo/v4"

	"greenroom/internal/delivery"
	"greenroom/internal/fault"
	"greenroom/internal/forum"
	"greenroom/internal/moderation"
	"greenroom/internal/play"
	"greenroom/internal/record"
	"greenroom/internal/web"
	pages "greenroom/web/templates/forum"
)

// Player shows prompts as steps. It is a play.Player.
type Player struct {
	h       *Handlers
	records *record.Service
}

var _ play.Player = (*Player)(nil)

// NewPlayer makes the player. Reading is that of Handlers.
func NewPlayer(f *forum.Service, m *moderation.Service, r *record.Service, reading func(topic, personID string) int) *Player {
	return &Player{h: &Handlers{Forum: f, Moderation: m, Reading: reading}, records: r}
}

// Kind names what it plays.
func (*Player) Kind() string { return "forum" }

// Show answers GET of the step: the prompt and, for people who are in the delivery, its thread.
func (p *Player) Show(c echo.Context, s play.Step) error {
	ctx := c.Request().Context()
	content, ok := s.Activity.Content().(*forum.Content)
	if !ok {
		return fmt.Errorf("activity %q is no prompt", s.Activity.Key)
	}
	v := pages.StepPage{L: web.L(c), Step: s, Content: content, SignIn: !web.ViewerOf(c).SignedIn()}
	if s.Done() {
		v.Done = v.L.Date(web.Local(c, s.Progress.DoneAt(s.Activity.Key)))
	}
	alone := s.Delivery == nil || !s.Delivery.Cohort()
	if key := content.InsteadKey(s.Activity); key != "" && alone {
		if a := s.Course.Activity(key); a != nil {
			v.Instead, v.Counts = play.Path(s.Course, a), s.Progress.IsDone(key)
		}
	}
	visit, err := p.visit(c, s)
	if err != nil {
		return err
	}
	if visit != nil {
		at := spot{v: visit}
		if at.t, err = p.h.Forum.PromptThread(ctx, visit); err != nil {
			return err
		}
		if v.Thread, err = p.h.threadPage(c, at, nil, nil); err != nil {
			return err
		}
		if v.Thread.Compose != nil {
			v.Thread.Compose.Return = s.Path()
		}
	}
	return s.Frame(c, http.StatusOK, pages.Step(v))
}

// visit is the learner on the prompt's board of the delivery that counts for them; nil when they are in none.
func (p *Player) visit(c echo.Context, s play.Step) (*forum.Visit, error) {
	if s.Delivery == nil || !web.ViewerOf(c).SignedIn() || s.Enrolment == nil || s.Enrolment.Status == delivery.Withdrawn {
		return nil, nil
	}
	v, err := p.h.Forum.Visit(c.Request().Context(), s.Learner, s.Delivery.ID, forum.BoardOf(s.Activity.Key))
	if fault.Is(err, fault.NotFound) {
		return nil, nil
	}
	return v, err
}

// Do answers POST. The one verb is "instead": somebody who learns alone has done the reflection and takes it for this.
func (p *Player) Do(c echo.Context, s play.Step, verb string) error {
	content, ok := s.Activity.Content().(*forum.Content)
	if verb != "instead" || !ok || s.Delivery.Cohort() || content.InsteadKey(s.Activity) == "" {
		return errNotFound
	}
	key := content.InsteadKey(s.Activity)
	if !s.Progress.IsDone(key) {
		a := s.Course.Activity(key)
		if a == nil {
			return errNotFound
		}
		web.Notice(c, "info", "forum.instead_first")
		return web.SeeOther(c, play.Path(s.Course, a))
	}
	if _, err := p.records.MarkComplete(c.Request().Context(), s.Completion(map[string]string{"instead": key})); err != nil {
		return err
	}
	return web.SeeOther(c, s.NextPath())
}
