package room

import (
	"time"

	"greenroom/internal/locale"
	rules "greenroom/internal/room"
	"greenroom/web/templates/layout"
	"greenroom/web/templates/ui"
)

// Ahead is /workshops.
type Ahead struct {
	layout.Page
	L     *locale.Printer
	Zone  *time.Location // the reader's; nil for nobody
	Rooms []rules.Room
	Mine  []rules.MyBooking
}

// Offer is the page on which a workshop is booked.
type Offer struct {
	layout.Page
	*rules.Offer
	L      *locale.Printer
	Zone   *time.Location
	Invite string
	Back   string // to this page after signing in, as part of an address
}

func (p Offer) at() string { return "/workshops/" + p.Offer.ID }

// seats says how many are free, and how many wait.
func (p Offer) seats() string {
	switch n := p.Free(); {
	case n < 0:
		return p.L.T("room.seats_any")
	case n == 0 || p.Waiting > 0:
		return p.L.T("room.seats_none", "Count", p.Waiting)
	default:
		return p.L.T("room.seats_free", "Count", n)
	}
}

// Bookings is who booked, for those who run the workshop.
type Bookings struct {
	layout.Page
	*rules.Desk
	Wrong
	L       *locale.Printer
	BaseURL string
	Typed   rules.Rules
	Why     string // as typed
}

// Title is the workshop's.
func (p Bookings) Title() string { return p.Desk.Title }

func (p Bookings) at() string { return "/teach/rooms/" + p.Desk.ID }

func (p Bookings) link() string {
	link := p.BaseURL + "/workshops/" + p.Desk.ID
	if p.Booking == rules.ByLink {
		link += "?invite=" + p.Invite
	}
	return link
}

func (p Bookings) ways() []ui.Option {
	var out []ui.Option
	for _, w := range []string{rules.Shut, rules.ByLink, rules.Public} {
		out = append(out, ui.Option{Value: w, Text: p.L.T("room.way_to_book." + w), Selected: w == p.Typed.Who})
	}
	return out
}

func stateTag(state string) string {
	switch state {
	case rules.Booked:
		return "ok"
	case rules.Queued:
		return "caution"
	}
	return "info"
}
