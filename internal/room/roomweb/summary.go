package roomweb

import (
	"net/http"
	"strconv"

	"github.com/labstack/echo/v4"

	"greenroom/internal/locale"
	"greenroom/internal/room"
	"greenroom/internal/web"
	pages "greenroom/web/templates/room"
)

func (h *Handlers) summary(c echo.Context) (pages.Summary, error) {
	s, err := h.Rooms.Summary(c.Request().Context(), web.ViewerOf(c).Person, c.Param("room"))
	if err != nil {
		return pages.Summary{}, err
	}
	p := pages.Summary{Summary: s, L: web.L(c)}
	if p.Notes, err = h.Rooms.Notes(c.Request().Context(), s.ID); err != nil {
		return p, err
	}
	p.Said, err = h.Rooms.Said(c.Request().Context(), web.ViewerOf(c).Person, s.ID)
	return p, err
}

func (h *Handlers) getSummary(c echo.Context) error { return h.showSummary(c, nil) }

// showSummary shows it; with an Invalid wrong as 422, with the counts as typed.
func (h *Handlers) showSummary(c echo.Context, wrong error) error {
	p, err := h.summary(c)
	if err != nil {
		return err
	}
	status := http.StatusOK
	if wrong != nil {
		if p.By, p.Errors = web.FieldErrors(web.L(c), wrong); len(p.Errors) == 0 {
			return wrong
		}
		p.HandItem, p.HandTyped, status = c.FormValue("item"), handOf(c), http.StatusUnprocessableEntity
	}
	p.Page = ofRoom(web.DeskPage(c, web.L(c).T("room.summary_title", "Title", p.Summary.Title), "teach", "rooms"), p.Room)
	p.HasError = wrong != nil
	return web.Render(c, status, pages.ShowSummary(p))
}

// handOf are counts by hand as typed, by option.
func handOf(c echo.Context) []string {
	out := make([]string, 0, room.MaxOptions)
	_ = c.FormValue("item")
	for n := 0; c.Request().PostForm.Has("hand-" + strconv.Itoa(n)); n++ {
		out = append(out, c.FormValue("hand-"+strconv.Itoa(n)))
	}
	return out
}

// postHand notes what was counted by hand for an item.
func (h *Handlers) postHand(c echo.Context) error {
	ctx, who, r := c.Request().Context(), web.ViewerOf(c).Person, c.Param("room")
	if err := h.Rooms.May(ctx, who, r); err != nil {
		return err
	}
	err := h.Rooms.SetHand(ctx, who, r, c.FormValue("item"), handOf(c))
	return web.Settle(c, err, h.showSummary, "room.hand_kept", "/teach/rooms/"+r+"/summary")
}

// getCSV sends what was voted and said, a line for each answer; nobody's name is in it.
func (h *Handlers) getCSV(c echo.Context) error {
	p, err := h.summary(c)
	if err != nil {
		return err
	}
	w, l := web.CSV(c, "workshop.csv"), web.L(c)
	if err := w.Row(l.T("room.col_item"), l.T("room.f.title"), l.T("room.col_kind"), l.T("room.col_option"), l.T("room.col_n"), l.T("room.col_how")); err != nil {
		return err
	}
	for _, o := range p.Outcomes {
		line := func(answer string, n int, how string) error {
			return w.Row(strconv.Itoa(o.N), o.Item.Title, l.T("workshop.kind."+o.Kind), answer, strconv.Itoa(n), how)
		}
		if o.Debrief != nil {
			if err := storyRows(l, o.Debrief, line); err != nil {
				return err
			}
			continue
		}
		for n, count := range o.Counts {
			if err := line(pages.Option(l, o.Item, n), count, l.T("room.how_phones")); err != nil {
				return err
			}
		}
		for n, count := range o.Hand {
			if err := line(pages.Option(l, o.Item, n), count, l.T("room.how_hand")); err != nil {
				return err
			}
		}
		for _, e := range entriesOf(o) {
			if err := line(e.Text, e.N, l.T("room.how_phones")); err != nil {
				return err
			}
		}
	}
	for n := range p.Items {
		for _, g := range p.Notes[p.Items[n].ID] {
			if g.Note == "" {
				continue
			}
			if err := w.Row(strconv.Itoa(p.Items[n].N), p.Items[n].Title, l.T("room.group_n", "N", g.N), g.Note, "1", ""); err != nil {
				return err
			}
		}
	}
	if err := saidRows(p, w.Row); err != nil {
		return err
	}
	return w.Flush()
}

// storyRows are a scenario's votes, decision by decision, and the way that the room or each group took.
func storyRows(l *locale.Printer, d *room.Debrief, row func(answer string, n int, how string) error) error {
	for _, x := range d.Decisions {
		for _, o := range x.Options {
			if x.Voters == 0 {
				continue
			}
			if err := row(x.Title.Value+": "+o.Text.Value, o.Votes, l.T("room.how_phones")); err != nil {
				return err
			}
		}
	}
	for _, t := range d.Told {
		how := l.T("room.was_played")
		if t.Group != nil {
			how = l.T("room.group_n", "N", t.Group.N)
		}
		for _, step := range pages.Way(l, t) {
			if err := row(step, 1, how); err != nil {
				return err
			}
		}
	}
	return nil
}

// saidRows are the lines of the feedback, where there is enough of it to show.
func saidRows(p pages.Summary, row func(cells ...string) error) error {
	title := p.L.T("room.feedback")
	for _, q := range room.Questions {
		for n, count := range p.Said.Ratings[q] {
			if err := row("", title, p.L.T("room.ask."+q), strconv.Itoa(n+1), strconv.Itoa(count), ""); err != nil {
				return err
			}
		}
	}
	for _, text := range p.Said.Remarks {
		if err := row("", title, p.L.T("room.ask.remark"), text, "1", ""); err != nil {
			return err
		}
	}
	return nil
}

// entriesOf are the texts of an item, each with how often it was said or how many votes it has.
func entriesOf(o room.Outcome) []room.Word {
	if o.Kind == "cloud" {
		return room.Cloud(o.Entries)
	}
	var out []room.Word
	for _, e := range o.Entries {
		out = append(out, room.Word{Text: e.Body, N: max(e.Votes, e.Joined+1)})
	}
	return out
}
