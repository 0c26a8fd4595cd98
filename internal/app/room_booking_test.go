package app_test

import (
	"net/url"
	"strings"
	"sync"
	"testing"

	"greenroom/internal/room"
)

func (h *hall) bookings(c *client, f url.Values) *page {
	return c.post("/teach/rooms/"+h.id+"/bookings", f)
}

// offer opens the hall for booking.
func (h *hall) offer(way, seats string) string {
	h.t.Helper()
	h.bookings(h.host, url.Values{"do": {"offer"}, "booking": {way}, "seats": {seats}}).want(303)
	return "/workshops/" + h.id
}

// A workshop is booked: a seat, the queue, giving back, promoting, moving it, reminders once each, calling it off.
func TestAWorkshopIsBooked(t *testing.T) {
	each(t, setup{}, func(t *testing.T, s *site) {
		s.at("2026-12-01T00:00:00Z")
		h := newHall(t, s, s.person("Tess Trainer", "trainer"))
		ada, bo, cy := s.person("Ada", "learner"), s.person("Bo", "learner"), s.person("Cy", "learner")
		at := "/workshops/" + h.id
		ada.get(at).want(404)
		ada.post(at+"/book", nil).want(404)
		h.bookings(h.host, url.Values{"do": {"offer"}, "booking": {"x"}, "seats": {"many"}}).want(422, "Choose who may book", "Give 0 to 2000 seats")
		h.offer("open", "1")
		h.setUp(h.host, url.Values{"part": {"basics"}, "title": {"A day"}, "day": {"2026-12-07"}, "clock": {"10:00"}, "zone": {"Australia/Sydney"}, "place": {"https://call.example/x"}}).want(303)

		s.nobody().get("/workshops").want(200, "A day", "Mon 7 Dec 2026, 10:00 AEDT")
		s.nobody().get(at).want(200, "1 seat is free", "You need an account to book").lacks("call.example")
		s.nobody().post(at+"/book", nil).want(401)
		ada.zone("Australia/Perth")
		for range 2 {
			ada.post(at+"/book", nil).want(303).follow().want(200, "A seat is yours", "Mon 7 Dec 2026, 07:00 AWST (Mon 7 Dec 2026, 10:00 AEDT at the place)", "https://call.example/x")
		}
		if k := ada.letter("You have a seat in A day"); !strings.Contains(k, "07:00 AWST") || !strings.Contains(k, "https://call.example/x") || len(ada.letters()) != 1 {
			t.Errorf("%q\n%s", ada.letters(), k)
		}
		if i := ada.invitation("You have a seat in A day"); line(i, "METHOD") != "REQUEST" || line(i, "DTSTART") != "20261206T230000Z" || line(i, "UID") != line(strings.ReplaceAll(ada.get(at+"/calendar.ics").raw, "\r\n ", ""), "UID") || !strings.Contains(i, "mailto:ada@agency.example") || line(i, "SEQUENCE") != line(ada.get(at+"/calendar.ics").raw, "SEQUENCE") {
			t.Error(i)
		}
		bo.post(at+"/book", nil).want(303).follow().want(200, "number 1 on the waiting list").lacks("call.example")
		cy.post(at+"/book", nil).want(303).follow().want(200, "number 2 on the waiting list")
		h.host.get("/teach/rooms/"+h.id+"/bookings").want(200, "1 seat booked", "2 people wait", "ada@agency.example")
		ada.get("/teach/rooms/" + h.id + "/bookings").want(403)
		if p := h.host.get("/teach/rooms/" + h.id + "/bookings.csv").want(200); strings.Count(p.raw, "\n") != 4 || !strings.Contains(p.raw, ",ada@agency.example,Booked") {
			t.Error(p.raw)
		}

		first := ada.get(at + "/calendar.ics").want(200).raw
		bo.get(at + "/calendar.ics").want(404)
		if !strings.Contains(first, "STATUS:CONFIRMED") || !strings.Contains(first, "DTSTART:20261206T230000Z") || !strings.Contains(first, "DTEND:20261206T232000Z") {
			t.Error(first)
		}
		ada.post(at+"/cancel", nil).want(303).follow().want(200, "You have given it back")
		if i := ada.invitation("You gave back"); line(i, "METHOD") != "CANCEL" || !strings.Contains(i, "STATUS:CANCELLED") || line(i, "SEQUENCE") <= line(ada.invitation("You have a seat"), "SEQUENCE") {
			t.Error(i)
		}
		if i := bo.invitation("You are on the waiting list"); i != "" {
			t.Error("who waits has nothing for the calendar", i)
		}
		bo.get(at).want(200, "A seat is yours")
		bo.letter("A seat in A day is yours")
		if i := bo.invitation("A seat in A day is yours"); line(i, "METHOD") != "REQUEST" {
			t.Error(i)
		}
		gone := ada.get(at + "/calendar.ics").want(200).raw
		if line(gone, "UID") != line(first, "UID") || !strings.Contains(gone, "STATUS:CANCELLED") || line(gone, "SEQUENCE") <= line(first, "SEQUENCE") {
			t.Errorf("%s\n%s", first, gone)
		}
		ada.post(at+"/book", nil).want(303).follow().want(200, "number 2 on the waiting list")
		h.bookings(h.host, url.Values{"do": {"remove"}, "person": {bo.id}}).want(303)
		bo.letter("was taken off")
		cy.get(at).want(200, "A seat is yours")
		h.offer("open", "")
		ada.get(at).want(200, "A seat is yours")

		feed := ada.calendar()
		if !strings.Contains(feed, "SUMMARY:A day") || !strings.Contains(feed, "STATUS:CONFIRMED") {
			t.Error(feed)
		}
		h.setUp(h.host, url.Values{"part": {"basics"}, "title": {"A day"}, "day": {"2026-12-08"}, "clock": {"11:00"}, "zone": {"Australia/Sydney"}, "place": {"Room 4"}}).want(303)
		if k := ada.letter("Changed: A day"); !strings.Contains(k, "08:00 AWST") || !strings.Contains(k, "Where: Room 4") {
			t.Error(k)
		}
		if i := ada.invitation("Changed: A day"); line(i, "METHOD") != "REQUEST" || line(i, "DTSTART") != "20261208T000000Z" || line(i, "LOCATION") != "Room 4" {
			t.Error(i)
		}
		n := len(ada.letters())
		h.setUp(h.host, url.Values{"part": {"basics"}, "title": {"A fine day"}, "day": {"2026-12-08"}, "clock": {"11:00"}, "zone": {"Australia/Sydney"}, "place": {"Room 4"}}).want(303)
		if len(ada.letters()) != n {
			t.Error("a title is no change of time or place")
		}

		for _, x := range []struct {
			at   string
			want int
		}{{"2026-12-06T23:59:00Z", 0}, {"2026-12-07T00:00:00Z", 2}, {"2026-12-07T12:00:00Z", 0}, {"2026-12-07T23:00:00Z", 2}, {"2026-12-07T23:30:00Z", 0}, {"2026-12-08T00:00:00Z", 0}} {
			s.at(x.at)
			var wg sync.WaitGroup
			sent := make([]int, 3)
			for k := range sent { // three nodes at once
				wg.Go(func() {
					var err error
					if sent[k], err = s.Rooms.Remind(t.Context()); err != nil {
						t.Error(err)
					}
				})
			}
			wg.Wait()
			if got := sent[0] + sent[1] + sent[2]; got != x.want {
				t.Errorf("%s: %d reminders, want %d", x.at, got, x.want)
			}
		}
		if k := ada.letter("Tomorrow: A fine day"); !strings.Contains(k, "08:00 AWST") {
			t.Error(k)
		}
		ada.letter("In an hour: A fine day")

		s.at("2026-12-07T12:00:00Z")
		ada.signIn()
		h.host.signIn()
		before := line(ada.get(at+"/calendar.ics").want(200).raw, "SEQUENCE")
		h.bookings(h.host, url.Values{"do": {"off"}, "why": {"x"}}).want(422, "people read it in their letter")
		for range 2 {
			h.bookings(h.host, url.Values{"do": {"off"}, "why": {"The library is flooded."}}).want(303)
		}
		if k := ada.letter("Called off"); !strings.Contains(k, "The library is flooded.") {
			t.Error(k)
		}
		if i := ada.invitation("Called off"); line(i, "METHOD") != "CANCEL" || line(i, "SEQUENCE") <= before {
			t.Error(i)
		}
		if p := ada.get(at + "/calendar.ics").want(200); !strings.Contains(p.raw, "STATUS:CANCELLED") || line(p.raw, "SEQUENCE") <= before {
			t.Error(p.raw)
		}
		bo.signIn()
		bo.post(at+"/book", nil).want(303).follow().want(200, "This workshop was called off")
		s.nobody().get("/workshops").want(200).lacks("A fine day")
		h.do(url.Values{"do": {"go"}, "item": {h.items[0].ID}}).want(303).follow().want(200, "This workshop was called off")
		s.healthy()
	})
}

// invitation is the calendar that came with a letter; "" for none.
func (c *client) invitation(subject string) string {
	c.s.t.Helper()
	p, err := c.s.Accounts.ByID(c.s.t.Context(), c.id)
	ok(c.s.t, err)
	all, err := c.s.Mail.Mailbox(c.s.t.Context(), p.Email)
	ok(c.s.t, err)
	for _, k := range all {
		if strings.Contains(k.Subject, subject) {
			return strings.ReplaceAll(k.Calendar, "\r\n ", "")
		}
	}
	c.s.t.Fatalf("no letter %q", subject)
	return ""
}

// line is a property of a calendar.
func line(cal, name string) string {
	_, rest, _ := strings.Cut(cal, "\n"+name+":")
	v, _, _ := strings.Cut(rest, "\r")
	return v
}

// calendar is what somebody's subscribed calendar has.
func (c *client) calendar() string {
	c.s.t.Helper()
	token, err := c.s.Deliveries.NewFeed(c.s.t.Context(), c.id)
	ok(c.s.t, err)
	return c.get("/calendar/" + token + ".ics").want(200).raw
}

func (c *client) signIn() {
	c.s.t.Helper()
	p, err := c.s.Accounts.ByID(c.s.t.Context(), c.id)
	ok(c.s.t, err)
	c.post("/sign-in", url.Values{"email": {p.Email}, "password": {password}}).want(303)
}

// The invitation opens a workshop that is not listed, until there is a new one; who booked is expected; who leaves the site
// leaves a seat.
func TestAnInvitationToAWorkshop(t *testing.T) {
	each(t, setup{}, func(t *testing.T, s *site) {
		h := newHall(t, s, s.person("Tess Trainer", "trainer"))
		ada, bo, cy := s.person("Ada", "learner"), s.person("Bo", "learner"), s.person("Cy", "learner")
		at := h.offer("link", "1")
		invite := h.invite()
		for _, way := range []string{at, at + "?invite=x", at + "?invite="} {
			ada.get(way).want(404)
		}
		ada.post(at+"/book", url.Values{"invite": {"x"}}).want(404)
		s.nobody().get("/workshops").want(200).lacks("A day")
		if p := s.nobody().get(at+"?invite="+invite).want(200, "Sign in to book"); !strings.Contains(p.raw, "return=%2Fworkshops%2F"+h.id+"%3Finvite%3D"+invite) {
			t.Error("signing in does not lead back")
		}
		ada.post(at+"/book", url.Values{"invite": {invite}}).want(303).follow().want(200, "A seat is yours")
		bo.post(at+"/book", url.Values{"invite": {invite}}).want(303)
		h.bookings(h.host, url.Values{"do": {"link"}}).want(303)
		cy.post(at+"/book", url.Values{"invite": {invite}}).want(404)
		ada.get(at).want(200, "A seat is yours")
		ada.post("/settings/delete", url.Values{"password": {password}}).want(303)
		bo.get(at).want(200, "A seat is yours")

		h.reach(0, "")
		cy.post(at+"/book", url.Values{"invite": {h.invite()}}).want(303).follow().want(200, "This workshop has begun")
		h.host.get("/teach/rooms/"+h.id+"/attendance").want(200, "1 expected and absent", "Bo")
		h.host.post("/teach/rooms/"+h.id+"/attendance", url.Values{"do": {"fix"}, "person": {bo.id}, "minutes": {"20"}, "reason": {"Was there on paper"}}).want(303).
			follow().want(200, "Everybody who was expected has come", "Was there on paper")
		s.healthy()
	})
}

func (h *hall) invite() string {
	h.t.Helper()
	r, err := h.Rooms.ByCode(h.t.Context(), h.code)
	ok(h.t, err)
	return r.Invite
}

// Two people and the last seat, again and again: one has it, the other waits, and gets it when it is given back.
func TestTheLastSeatOfAWorkshop(t *testing.T) {
	each(t, setup{}, func(t *testing.T, s *site) {
		h := newHall(t, s, s.person("Tess Trainer", "trainer"))
		h.offer("open", "1")
		two := []*client{s.person("Ada", "learner"), s.person("Bo", "learner")}
		for round := range 8 {
			got := make([]string, 2)
			var wg sync.WaitGroup
			for n, c := range two {
				wg.Go(func() {
					p, err := s.Accounts.ByID(t.Context(), c.id)
					if err == nil {
						var b *room.Booking
						if b, err = s.Rooms.Book(t.Context(), p, h.id, ""); err == nil {
							got[n] = b.State
						}
					}
					if err != nil {
						t.Error(err)
					}
				})
			}
			wg.Wait()
			if !(got[0] == room.Booked && got[1] == room.Queued || got[1] == room.Booked && got[0] == room.Queued) {
				t.Fatalf("round %d: %q", round, got)
			}
			if n := s.count("room_booking WHERE state = 'booked'"); n != 1 {
				t.Fatalf("round %d: %d seats", round, n)
			}
			for n, c := range two {
				if got[n] == room.Booked {
					ok(t, s.Rooms.Unbook(t.Context(), c.id, h.id))
				}
			}
			if n := s.count("room_booking WHERE state = 'booked'"); n != 1 {
				t.Fatalf("round %d: the seat was not passed on", round)
			}
			for _, c := range two {
				ok(t, s.Rooms.Unbook(t.Context(), c.id, h.id))
			}
		}
	})
}

// The address of a call is for those with a seat: not in the letters, files and pages of those who wait or gave theirs back.
func TestTheAddressOfACall(t *testing.T) {
	each(t, setup{}, func(t *testing.T, s *site) {
		s.at("2026-12-01T00:00:00Z")
		h := newHall(t, s, s.person("Tess Trainer", "trainer"))
		ada, bo, cy := s.person("Ada", "learner"), s.person("Bo", "learner"), s.person("Cy", "learner")
		at := h.offer("open", "1")
		h.setUp(h.host, url.Values{"part": {"basics"}, "title": {"A day"}, "day": {"2026-12-07"}, "clock": {"10:00"}, "zone": {"Australia/Sydney"}, "place": {"https://call.example/one"}}).want(303)
		for _, c := range []*client{ada, bo, cy} {
			c.post(at+"/book", nil).want(303)
		}
		cy.post(at+"/cancel", nil).want(303)
		h.setUp(h.host, url.Values{"part": {"basics"}, "title": {"A day"}, "day": {"2026-12-07"}, "clock": {"11:00"}, "zone": {"Australia/Sydney"}, "place": {"https://call.example/two"}}).want(303)
		if k := ada.letter("Changed: A day"); !strings.Contains(k, "https://call.example/two") {
			t.Errorf("with a seat: %s", k)
		}
		if k := bo.letter("Changed: A day"); strings.Contains(k, "call.example") || !strings.Contains(k, "11:00 AEDT") {
			t.Errorf("without a seat: %s", k)
		}
		ada.post(at+"/cancel", nil).want(303)
		if k := bo.letter("A seat in A day is yours"); !strings.Contains(k, "https://call.example/two") {
			t.Errorf("promoted: %s", k)
		}
		dee := s.person("Dee", "learner")
		dee.post(at+"/book", nil).want(303).follow().want(200, "waiting list")
		for _, c := range []*client{dee, bo} {
			h.bookings(h.host, url.Values{"do": {"remove"}, "person": {c.id}}).want(303)
		}
		if k := dee.invitation("was taken off"); k != "" {
			t.Errorf("who waited has no event to take away: %s", k)
		}
		if k := bo.invitation("was taken off"); !strings.Contains(k, "METHOD:CANCEL") || strings.Contains(k, "call.example") {
			t.Errorf("whose seat was taken: %s", k)
		}
		ada.post(at+"/book", nil).want(303)
		for who, place := range map[*client]bool{ada: true, bo: false, cy: false, dee: false} {
			all := who.get(at).want(200).raw + who.calendar()
			if strings.Contains(all, "call.example/two") != place {
				t.Errorf("the address is shown: %v, want %v\n%s", !place, place, all)
			}
		}
		s.healthy()
	})
}
