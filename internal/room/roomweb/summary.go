package roomweb

import (
	"net/http"
	"strconv"

	"github.com/labstack/echo/v4"

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

func (h *Handlers) getSummary(c echo.Context) error {
	p, err := h.summary(c)
	if err != nil {
		return err
	}
	p.Page = web.DeskPage(c, web.L(c).T("room.summary_title", "Title", p.Summary.Title), "teach", "rooms")
	return web.Render(c, http.StatusOK, pages.ShowSummary(p))
}

// getCSV sends what was voted and said, a line for each answer; nobody's name is in it.
func (h *Handlers) getCSV(c echo.Context) error {
	p, err := h.summary(c)
	if err != nil {
		return err
	}
	w, l := web.CSV(c, "workshop.csv"), web.L(c)
	if err := w.Row(l.T("room.col_item"), l.T("room.f.title"), l.T("room.col_kind"), l.T("room.col_option"), l.T("room.col_n")); err != nil {
		return err
	}
	for _, o := range p.Outcomes {
		line := func(answer string, n int) error {
			return w.Row(strconv.Itoa(o.N), o.Item.Title, l.T("workshop.kind."+o.Kind), answer, strconv.Itoa(n))
		}
		for n, count := range o.Counts {
			if err := line(pages.Option(l, o.Item, n), count); err != nil {
				return err
			}
		}
		for _, e := range entriesOf(o) {
			if err := line(e.Text, e.N); err != nil {
				return err
			}
		}
	}
	for n := range p.Items {
		for _, g := range p.Notes[p.Items[n].ID] {
			if g.Note == "" {
				continue
			}
			if err := w.Row(strconv.Itoa(p.Items[n].N), p.Items[n].Title, l.T("room.group_n", "N", g.N), g.Note, "1"); err != nil {
				return err
			}
		}
	}
	if err := saidRows(p, w.Row); err != nil {
		return err
	}
	return w.Flush()
}

// saidRows are the lines of the feedback, where there is enough of it to show.
func saidRows(p pages.Summary, row func(cells ...string) error) error {
	title := p.L.T("room.feedback")
	for _, q := range room.Questions {
		for n, count := range p.Said.Ratings[q] {
			if err := row("", title, p.L.T("room.ask."+q), strconv.Itoa(n+1), strconv.Itoa(count)); err != nil {
				return err
			}
		}
	}
	for _, text := range p.Said.Remarks {
		if err := row("", title, p.L.T("room.ask.remark"), text, "1"); err != nil {
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
		out = append(out, room.Word{Text: e.Body, N: max(e.Votes, 1)})
	}
	return out
}
