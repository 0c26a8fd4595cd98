package app_test

import (
	"net/url"
	"strings"
	"testing"

	"greenroom/internal/id"
	"greenroom/internal/room"
)

func (s *site) room(c *client, at string) *room.View {
	s.t.Helper()
	by, err := s.Accounts.ByID(s.t.Context(), c.id)
	ok(s.t, err)
	v, err := s.Rooms.Console(s.t.Context(), by, strings.Split(at, "/")[3])
	ok(s.t, err)
	return v
}

// A workshop that was held is copied to a day after clocks changed, in another zone: run sheet, notes, settings, trainers and
// rules of booking, whose end keeps its time of day; nobody who came or booked, no answers.
func TestAWorkshopIsCopied(t *testing.T) {
	each(t, setup{}, func(t *testing.T, s *site) {
		s.at("2026-12-01T00:00:00Z")
		h := newHall(t, s, s.person("Tess Trainer", "trainer"))
		olga, ada := s.person("Olga Other", "trainer"), s.person("Ada", "learner")
		h.setUp(h.host, url.Values{"part": {"host"}, "email": {"olga.other@agency.example"}}).want(303)
		rows := url.Values{"part": {"rows"}, "id": {h.items[0].ID}, "minutes-" + h.items[0].ID: {"7"}, "notes-" + h.items[0].ID: {"Bring pens"}}
		h.setUp(h.host, rows).want(303)
		for _, wrong := range []url.Values{{"days": {"61"}, "close": {"17:00"}}, {"days": {"2"}, "close": {""}}, {"days": {""}, "close": {"25:00"}}, {"days": {"0"}, "close": {"10:01"}}} {
			wrong["do"], wrong["booking"], wrong["seats"] = []string{"offer"}, []string{"link"}, []string{"9"}
			h.bookings(h.host, wrong).want(422, "clos")
		}
		h.bookings(h.host, url.Values{"do": {"offer"}, "booking": {"link"}, "seats": {"9"}, "days": {"2"}, "close": {"17:00"}}).want(303).
			follow().want(200, "Book by Sat 5 Dec 2026, 17:00 AEDT")
		offer := "/workshops/" + h.id
		ada.get(offer+"?invite="+h.invite()).want(200, "Book by Sat 5 Dec 2026")
		ada.post(offer+"/book", url.Values{"invite": {h.invite()}}).want(303)
		h.in("Bo")
		h.reach(1, "open")

		at := "/teach/rooms/" + h.id + "/copy"
		s.person("Nora Nobody", "trainer").get(at).want(404)
		h.host.get(at).want(200, "4 items", "22 minutes", "Run by Olga Other, Tess Trainer", "closes 2 days before at 17:00", `value="2026-12-14"`)
		h.host.post(at, url.Values{"title": {""}, "day": {"soon"}, "clock": {"10:00"}, "zone": {"Australia/Sydney"}, "place": {"Hall 4"}}).want(422, "This cannot stay empty", "Give a day", "Hall 4")
		form := url.Values{"form": {id.New()}, "title": {"A day again"}, "day": {"2027-04-06"}, "clock": {"09:00"}, "zone": {"Australia/Sydney"}, "place": {"Hall 4"}, "nameless": {"yes"}}
		made := olga.post(at, form).want(303).header.Get("Location")
		if again := olga.post(at, form).want(303).header.Get("Location"); again != made {
			t.Errorf("sent twice it made %s and %s", made, again)
		}
		olga.get(made).want(200, "Look it over")
		v := s.room(olga, made)
		if v.Title != "A day again" || v.State != room.Planned || v.Code == h.code || v.Seats != 9 || v.Booking != room.ByLink || v.Invite == h.invite() || len(v.Hosts) != 2 || v.Driver.Name != "Olga Other" || len(v.People) != 0 {
			t.Errorf("%+v", v.Room)
		}
		if got := v.BookUntil().Format("2006-01-02 15:04 MST"); got != "2027-04-04 17:00 AEST" {
			t.Error(got)
		}
		if i := v.Items[0]; len(v.Items) != 4 || i.Minutes != 7 || i.Content.Own != "Bring pens" || v.Items[1].Phase != room.Waiting {
			t.Errorf("%+v", v.Items)
		}
		if n := s.count("room_booking WHERE room_id = '" + v.ID + "'"); n != 0 {
			t.Errorf("%d bookings were copied", n)
		}

		s.at("2027-04-04T06:59:00Z") // a minute before 17:00 by winter time
		bo := s.person("Bo", "learner")
		bo.get("/workshops/"+v.ID+"?invite="+v.Invite).want(200, "9 seats are free", "Book by Sun 4 Apr 2027, 17:00 AEST")
		s.at("2027-04-04T07:00:00Z")
		bo.get("/workshops/"+v.ID+"?invite="+v.Invite).want(200, "Booking closed Sun 4 Apr 2027, 17:00 AEST").lacks("Book a seat")
		bo.post("/workshops/"+v.ID+"/book", url.Values{"invite": {v.Invite}}).want(303).follow().want(200, "Booking is closed for this workshop")
		s.healthy()
	})
}

// A run sheet is kept as a template, for oneself or for all who run workshops; workshops are set up from it; it is nothing that
// people can come to.
func TestATemplate(t *testing.T) {
	each(t, setup{}, func(t *testing.T, s *site) {
		h := newHall(t, s, s.person("Tess Trainer", "trainer"))
		olga := s.person("Olga Other", "trainer")
		h.host.get("/teach/rooms/templates").want(200, "No templates yet")
		h.setUp(h.host, url.Values{"part": {"keep"}, "name": {" "}, "shared": {"yes"}}).want(422, "This cannot stay empty")
		form := url.Values{"part": {"keep"}, "form": {id.New()}, "name": {"Half a day"}}
		for range 2 {
			h.setUp(h.host, form).want(303).follow().want(200, "Half a day", "only for you", "4 items")
		}
		olga.get("/teach/rooms/templates").want(200).lacks("Half a day")
		at := "/teach/rooms/" + form.Get("form")
		for _, way := range []string{at, at + "/copy", at + "/setup"} {
			olga.get(way).want(404)
		}
		h.host.get("/teach/rooms").want(200).lacks("Half a day")
		h.host.get(at).want(303).follow().want(200, "Template: Half a day").lacks("Begins at", "Hand over")
		h.host.post(at+"/setup", url.Values{"part": {"basics"}, "title": {"Half a good day"}, "shared": {"yes"}, "nameless": {"yes"}}).want(303)
		olga.get("/teach/rooms/templates").want(200, "Half a good day", "by Tess Trainer").lacks("Change or delete")
		olga.get(at + "/setup").want(404)
		olga.post(at+"/setup", url.Values{"part": {"delete"}}).want(404)

		v := s.room(h.host, at)
		s.nobody().get("/room/" + v.Code).want(404)
		s.nobody().get("/room/" + v.ID + "/stage").want(404)
		s.nobody().post("/join", url.Values{"code": {v.Code}}).want(422)
		h.host.post(at+"/do", url.Values{"do": {"go"}, "item": {v.Items[0].ID}}).want(303)
		h.host.post(at+"/bookings", url.Values{"do": {"offer"}, "booking": {"open"}}).want(303)
		s.nobody().get("/workshops").want(200).lacks("Half a good day")
		s.nobody().get("/workshops/" + v.ID).want(404)
		if v = s.room(h.host, at); v.State != room.Planned {
			t.Error("a template was begun")
		}

		olga.get(at+"/copy").want(200, "Set up from “Half a good day”")
		made := olga.post(at+"/copy", url.Values{"form": {id.New()}, "title": {"Mine"}, "day": {"2027-04-06"}, "clock": {"09:00"}, "zone": {"Australia/Perth"}}).want(303).header.Get("Location")
		if w := s.room(olga, made); w.Title != "Mine" || len(w.Hosts) != 1 || len(w.Items) != 4 || w.Booking != room.Public || w.Template() {
			t.Errorf("%+v", w.Room)
		}
		h.setUp(h.host, url.Values{"part": {"delete"}}).want(303).follow().want(200, "This is a template")
		h.host.post(at+"/setup", url.Values{"part": {"delete"}}).want(303).follow().want(200, "The template is deleted", "No templates yet")
		olga.get(made).want(200)

		for n, shared := range []string{"", "yes"} {
			h.setUp(h.host, url.Values{"part": {"keep"}, "name": {"Left"}, "shared": {shared}}).want(303)
			if got := s.count("room WHERE purpose = 'template'"); got != n+1 {
				t.Errorf("%d templates, want %d", got, n+1)
			}
		}
		h.host.post("/settings/delete", url.Values{"password": {password}}).want(303)
		if got := s.count("room WHERE purpose = 'template' AND shared"); got != 1 || s.count("room WHERE purpose = 'template'") != 1 {
			t.Error("what nobody else can use stays when its owner leaves")
		}
		s.healthy()
	})
}
