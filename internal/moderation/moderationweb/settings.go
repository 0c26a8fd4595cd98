package moderationweb

import (
	"errors"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"greenroom/internal/fault"
	"greenroom/internal/forum"
	"greenroom/internal/moderation"
	"greenroom/internal/sheet"
	"greenroom/internal/web"
	pages "greenroom/web/templates/moderation"
)

func (h *Handlers) getBoard(c echo.Context) error {
	b, err := h.Moderation.Board(c.Request().Context(), c.Param("delivery"), c.Param("board"))
	if err != nil {
		return err
	}
	return h.board(c, *b, nil)
}

func (h *Handlers) board(c echo.Context, b moderation.Board, why error) error {
	v, err := h.Forum.Visit(c.Request().Context(), web.ViewerOf(c).Person, b.DeliveryID, b.Board)
	if err != nil {
		return err
	}
	if !moderation.Moderates(v.Who, v.Delivery.ID) {
		return errNotFound
	}
	p := pages.BoardPage{Page: web.DeskPage(c, web.L(c).T("moderation.board_title"), "teach", "moderation"), Board: b, Visit: v, Slow: strconv.Itoa(b.SlowSeconds)}
	if why != nil {
		p.Slow = c.FormValue("slow")
	}
	if fault.Is(why, fault.Conflict) { // what they typed stands beside what holds; saving again is on purpose
		now, err := h.Moderation.Board(c.Request().Context(), b.DeliveryID, b.Board)
		if err != nil {
			return err
		}
		p.Board.UpdatedAt = now.UpdatedAt
	}
	status, ok := refused(&p.Page, &p.Form, why)
	if !ok {
		return why
	}
	return web.Render(c, status, pages.ShowBoard(p))
}

func (h *Handlers) postBoard(c echo.Context) error {
	b := moderation.Board{DeliveryID: c.Param("delivery"), Board: c.Param("board"), Hold: c.FormValue("hold") == "1", Staffed: c.FormValue("staffed"), SlowSeconds: number(c, "slow"), UpdatedAt: formOf(c)}
	if c.FormValue("slow") == "" {
		b.SlowSeconds = 0
	}
	err := h.Moderation.SaveBoard(c.Request().Context(), web.ViewerOf(c).Person, b)
	if err != nil {
		return h.board(c, b, err)
	}
	web.Notice(c, "ok", "moderation.saved")
	return web.SeeOther(c, "/discuss/"+b.DeliveryID+"/"+b.Board)
}

func (h *Handlers) getSite(c echo.Context) error {
	s, err := h.Moderation.Site(c.Request().Context())
	if err != nil {
		return err
	}
	return h.site(c, *s, "", nil)
}

// site renders the settings; rules is the text of an edition that was refused.
func (h *Handlers) site(c echo.Context, s moderation.Site, rules string, why error) error {
	ctx := c.Request().Context()
	r, err := h.Moderation.Rules(ctx)
	if err != nil {
		return err
	}
	p := pages.SitePage{Page: web.DeskPage(c, web.L(c).T("moderation.site_title"), "admin", "moderation"), Site: s, Rules: r, Text: r.Body, Zone: web.Zone(c)}
	if rules != "" {
		p.Text = rules
	} else if why != nil {
		p.Typed = map[string]string{}
		for _, name := range []string{"hours", "posts", "links", "from", "to"} {
			p.Typed[name] = c.FormValue(name)
		}
	}
	if fault.Is(why, fault.Conflict) && rules == "" { // saving again is on purpose
		now, err := h.Moderation.Site(ctx)
		if err != nil {
			return err
		}
		p.Site.UpdatedAt = now.UpdatedAt
	}
	if p.Checked = c.QueryParam("check") != ""; p.Checked { // the whole log is read: only when asked
		if p.Lines, p.Broken, err = h.Moderation.Verify(ctx); err != nil {
			return err
		}
	}
	status, ok := refused(&p.Page, &p.Form, why)
	if !ok {
		return why
	}
	return web.Render(c, status, pages.ShowSite(p))
}

// formOf is when the settings were saved that a form was made of; zero for never.
func formOf(c echo.Context) time.Time {
	t, _ := time.Parse(time.RFC3339Nano, c.FormValue("was"))
	return t
}

// local reads a field of the type datetime-local in the reader's zone; nil when it is empty. ok is false for nonsense.
func local(c echo.Context, name string) (t *time.Time, ok bool) {
	s := c.FormValue(name)
	if s == "" {
		return nil, true
	}
	at, err := time.ParseInLocation("2006-01-02T15:04", s, web.Zone(c))
	if err != nil {
		return nil, false
	}
	at = at.UTC()
	return &at, true
}

func (h *Handlers) postSite(c echo.Context) error {
	s := moderation.Site{
		Words: c.FormValue("words"), NewcomerHours: number(c, "hours"), NewcomerPosts: number(c, "posts"), NewcomerLinks: number(c, "links"),
		Caretaker: c.FormValue("caretaker"), CaretakerText: c.FormValue("text"), UpdatedAt: formOf(c),
	}
	var f fault.Fields
	for name, into := range map[string]**time.Time{"from": &s.CaretakerFrom, "to": &s.CaretakerTo} {
		t, ok := local(c, name)
		if !ok {
			f.Add(name, "moderation.time_wrong")
		}
		*into = t
	}
	s.Check(&f)
	err := f.Err()
	if err == nil {
		err = h.Moderation.SaveSite(c.Request().Context(), web.ViewerOf(c).Person, s)
	}
	if err != nil {
		return h.site(c, s, "", err)
	}
	web.Notice(c, "ok", "moderation.saved")
	return web.SeeOther(c, "/admin/moderation")
}

func (h *Handlers) postEdition(c echo.Context) error {
	body := c.FormValue("body")
	err := h.Moderation.Publish(c.Request().Context(), web.ViewerOf(c).Person, number(c, "edition"), body)
	if fault.Is(err, fault.Invalid) || fault.Is(err, fault.Conflict) {
		s, err2 := h.Moderation.Site(c.Request().Context())
		if err2 != nil {
			return err2
		}
		return h.site(c, *s, body, err)
	}
	if err != nil {
		return err
	}
	web.Notice(c, "ok", "moderation.rules_published")
	return web.SeeOther(c, "/admin/moderation")
}

// getLog sends the log, each line checked on its way out. Where it was changed it ends, and says so.
func (h *Handlers) getLog(c echo.Context) error {
	w := web.CSV(c, "moderation-log.csv")
	if err := w.Row("seq", "at_utc", "actor", "action", "case", "post", "delivery", "detail", "previous", "seal"); err != nil {
		return err
	}
	err := h.Moderation.Lines(c.Request().Context(), func(x *moderation.Line) error {
		return w.Row(strconv.FormatInt(x.Seq, 10), x.At.UTC().Format(time.RFC3339Nano), x.Actor, x.Action, x.CaseID, x.PostID, x.DeliveryID, x.Detail, x.Previous, x.Seal)
	})
	var broken *moderation.Broken
	if errors.As(err, &broken) {
		err = w.Row(web.L(c).T("moderation.log_broken", "Seq", broken.Seq))
	}
	return errors.Join(err, w.Flush())
}

// getRecord sends the posts of a cohort: all of them for the record, what everybody sees for the public. They are two files.
func (h *Handlers) getRecord(public bool) echo.HandlerFunc {
	return func(c echo.Context) error {
		l := web.L(c)
		var w *sheet.Writer // begun when there is no doubt that they may have it
		head := func() error {
			cols := []string{l.T("moderation.csv.at"), l.T("moderation.csv.board"), l.T("moderation.csv.thread"), l.T("moderation.csv.author"), l.T("moderation.csv.text")}
			name := "discussion-public.csv"
			if !public {
				name = "discussion-record.csv"
				cols = append(cols, l.T("moderation.csv.shown_as"), l.T("moderation.csv.state"), l.T("moderation.csv.reason"), l.T("moderation.csv.edits"), l.T("moderation.csv.decided"), l.T("moderation.csv.rule"), "id")
			}
			w = web.CSV(c, name)
			return w.Row(cols...)
		}
		err := h.Moderation.Record(c.Request().Context(), web.ViewerOf(c).Person, c.Param("cohort"), public, func(k *moderation.Kept) error {
			if w == nil {
				if err := head(); err != nil {
					return err
				}
			}
			row := []string{k.CreatedAt.UTC().Format(time.RFC3339), k.Board, k.Title, k.Name, k.Body}
			if !public {
				state := k.State
				if state != forum.Visible {
					state = "[" + state + "]"
				}
				row = append(row, k.Pseudonym, state, k.StateReason, strconv.Itoa(k.Edits), k.Decided, k.Rule, k.ID)
			}
			return w.Row(row...)
		})
		if err == nil && w == nil {
			err = head()
		}
		if w == nil {
			return err
		}
		return errors.Join(err, w.Flush())
	}
}
