package roomweb

import (
	"context"
	"time"

	ics "github.com/arran4/golang-ical"
	"github.com/labstack/echo/v4"

	"greenroom/internal/agenda"
	"greenroom/internal/fault"
	"greenroom/internal/locale"
	"greenroom/internal/room"
	"greenroom/internal/web"
)

// keepPast is how long a workshop that is over stays in calendars.
const keepPast = 90 * 24 * time.Hour

// Events adds somebody's bookings to their calendar: those with a seat, and those that it is to take away.
func (h *Handlers) Events(ctx context.Context, cal *ics.Calendar, l *locale.Printer, personID string) error {
	mine, err := h.mine(ctx, personID)
	for n := range mine {
		if m := &mine[n]; m.Booking.State != room.Queued {
			h.Rooms.Event(cal, l, m)
		}
	}
	return err
}

func (h *Handlers) mine(ctx context.Context, personID string) ([]room.MyBooking, error) {
	return h.Rooms.BookedBy(ctx, personID, h.Rooms.Now().Add(-keepPast).Format(time.DateOnly))
}

// getCalendar is one booking as a file. After a change or a cancellation the file says so to calendars that have it.
func (h *Handlers) getCalendar(c echo.Context) error {
	mine, err := h.mine(c.Request().Context(), web.ViewerOf(c).ID())
	if err != nil {
		return err
	}
	for n := range mine {
		m := &mine[n]
		if m.Room.ID != c.Param("room") || m.Booking.State == room.Queued {
			continue
		}
		cal := agenda.New(ics.MethodPublish)
		h.Rooms.Event(cal, web.L(c), m)
		return web.Calendar(c, `attachment; filename="workshop.ics"`, cal)
	}
	return fault.New(fault.NotFound, "error.not_found")
}
