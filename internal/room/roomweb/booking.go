package roomweb

import (
	"net/http"
	"net/url"
	"time"

	"github.com/labstack/echo/v4"

	"greenroom/internal/fault"
	"greenroom/internal/room"
	"greenroom/internal/web"
	pages "greenroom/web/templates/room"
)

// getAhead lists the public workshops to come, and what the reader has booked.
func (h *Handlers) getAhead(c echo.Context) error {
	ctx, l, v := c.Request().Context(), web.L(c), web.ViewerOf(c)
	p := pages.Ahead{Page: web.Page(c, l.T("room.ahead_title")), L: l, Zone: web.Zone(c)}
	var err error
	if p.Rooms, err = h.Rooms.Ahead(ctx); err != nil {
		return err
	}
	if v.SignedIn() {
		all, err := h.Rooms.BookedBy(ctx, v.ID(), h.Rooms.Now().Add(-24*time.Hour).Format(time.DateOnly))
		if err != nil {
			return err
		}
		for _, m := range all {
			if m.Booking.State != room.Cancelled {
				p.Mine = append(p.Mine, m)
			}
		}
	}
	return web.Render(c, http.StatusOK, pages.ShowAhead(p))
}

func (h *Handlers) getOffer(c echo.Context) error {
	ctx, l, v := c.Request().Context(), web.L(c), web.ViewerOf(c)
	invite := c.QueryParam("invite")
	who := ""
	if v.SignedIn() {
		who = v.ID()
	}
	o, err := h.Rooms.Bookable(ctx, who, c.Param("room"), invite)
	if err != nil {
		return err
	}
	p := pages.Offer{Page: web.Page(c, o.Title), L: l, Offer: o, Invite: invite, Zone: web.Zone(c), Back: url.QueryEscape(offerPath(o.ID, invite))}
	if o.Booking != room.Public {
		p.Robots = "noindex"
	}
	return web.Render(c, http.StatusOK, pages.ShowOffer(p))
}

func offerPath(roomID, invite string) string {
	if invite == "" {
		return "/workshops/" + roomID
	}
	return "/workshops/" + roomID + "?invite=" + url.QueryEscape(invite)
}

func (h *Handlers) postBook(c echo.Context) error {
	id, invite := c.Param("room"), c.FormValue("invite")
	b, err := h.Rooms.Book(c.Request().Context(), web.ViewerOf(c).Person, id, invite)
	said := "room.booked"
	if err == nil && b.State != room.Booked {
		web.Notice(c, "info", "room.queued")
		said = ""
	}
	return web.Settle(c, err, plainly, said, offerPath(id, invite))
}

func (h *Handlers) postUnbook(c echo.Context) error {
	id := c.Param("room")
	err := h.Rooms.Unbook(c.Request().Context(), web.ViewerOf(c).ID(), id)
	return web.Settle(c, err, plainly, "room.unbooked", offerPath(id, c.FormValue("invite")))
}

func (h *Handlers) getBookings(c echo.Context) error { return h.bookings(c, nil) }

// bookings shows who booked; with an Invalid err as 422, with what was typed.
func (h *Handlers) bookings(c echo.Context, wrong error) error {
	l := web.L(c)
	d, err := h.Rooms.Bookings(c.Request().Context(), web.ViewerOf(c).Person, c.Param("room"))
	if err != nil {
		return err
	}
	p := pages.Bookings{Page: ofRoom(web.DeskPage(c, l.T("room.bookings_title", "Title", d.Title), "teach", "rooms"), d.Room), Desk: d, L: l, Typed: d.Rules(), BaseURL: h.BaseURL}
	status := http.StatusOK
	if wrong != nil {
		p.By, p.Errors = web.FieldErrors(l, wrong)
		if p.HasError = len(p.Errors) > 0; !p.HasError {
			return wrong
		}
		status = http.StatusUnprocessableEntity
		if c.FormValue("do") == "offer" {
			p.Typed = rules(c)
		}
		p.Why = c.FormValue("why")
	}
	return web.Render(c, status, pages.ShowBookings(p))
}

// rules are what the form of booking has.
func rules(c echo.Context) room.Rules {
	return room.Rules{Who: c.FormValue("booking"), Seats: c.FormValue("seats"), Days: c.FormValue("days"), Clock: c.FormValue("close")}
}

func (h *Handlers) postBookings(c echo.Context) error {
	ctx, who, id := c.Request().Context(), web.ViewerOf(c).Person, c.Param("room")
	if err := h.Rooms.May(ctx, who, id); err != nil {
		return err
	}
	var err error
	switch c.FormValue("do") {
	case "offer":
		err = h.Rooms.SetBooking(ctx, who, id, rules(c))
	case "link":
		err = h.Rooms.NewInvite(ctx, who, id)
	case "remove":
		err = h.Rooms.TakeSeat(ctx, who, id, c.FormValue("person"))
	case "off":
		err = h.Rooms.CallOff(ctx, who, id, c.FormValue("why"))
	default:
		err = fault.New(fault.Invalid, "error.invalid")
	}
	return web.Settle(c, err, h.bookings, "room.saved", "/teach/rooms/"+id+"/bookings")
}

// getBookingsCSV sends a line for each booking: it is for those who run the workshop.
func (h *Handlers) getBookingsCSV(c echo.Context) error {
	d, err := h.Rooms.Bookings(c.Request().Context(), web.ViewerOf(c).Person, c.Param("room"))
	if err != nil {
		return err
	}
	w, l := web.CSV(c, "bookings.csv"), web.L(c)
	if err := w.Row(l.T("room.col_name"), l.T("room.col_email"), l.T("room.col_state"), l.T("room.col_since")); err != nil {
		return err
	}
	for _, b := range d.All {
		if err := w.Row(b.Name, b.Email, l.T("room.booking."+b.State), pages.Wall(d.Room, b.ChangedAt)); err != nil {
			return err
		}
	}
	return w.Flush()
}
