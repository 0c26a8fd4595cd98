package app_test

import (
	"net/url"
	"strings"
	"testing"

	"greenroom/internal/room"
)

// titles are the room's items in their order.
func (h *hall) titles() string {
	h.t.Helper()
	var out []string
	for n, i := range h.view().Items {
		if i.N != n+1 {
			h.t.Errorf("%q has the number %d at place %d", i.Title, i.N, n+1)
		}
		out = append(out, i.Title)
	}
	return strings.Join(out, ", ")
}

func (h *hall) setUp(c *client, f url.Values) *page { return c.post("/teach/rooms/"+h.id+"/setup", f) }

// What is set up can be changed until it begins; then minutes, notes and one more item.
func TestASetUpIsChanged(t *testing.T) {
	each(t, setup{}, func(t *testing.T, s *site) {
		h := newHall(t, s, s.person("Tess Trainer", "trainer"))
		olga := s.person("Olga Other", "trainer")
		h.setUp(h.host, url.Values{"part": {"basics"}, "title": {""}, "day": {"soon"}, "clock": {"9"}, "zone": {"Sydney"}, "place": {"Room 4"}}).
			want(422, "This cannot stay empty", "Give a day", "Give a time", "Choose a time zone", "Room 4")
		h.setUp(h.host, url.Values{"part": {"basics"}, "title": {"Another day"}, "day": {"2026-12-08"}, "clock": {"11:30"}, "zone": {"Australia/Perth"}, "place": {"https://call.example/x"}}).want(303)
		if v := h.view(); v.Title != "Another day" || v.Day != "2026-12-08" || v.Clock != "11:30" || v.Zone != "Australia/Perth" || v.Place != "https://call.example/x" || v.Nameless {
			t.Errorf("%+v", v.Room)
		}
		ids := []string{}
		rows := url.Values{"part": {"rows"}}
		for n, i := range h.items {
			ids = append(ids, i.ID)
			rows.Add("id", i.ID)
			rows.Set("minutes-"+i.ID, []string{"3", "4", "5", "x"}[n])
			rows.Set("notes-"+i.ID, "Note "+i.Title)
		}
		was := h.titles()
		rows.Set("do", "up:"+ids[3])
		h.setUp(h.host, rows).want(422, "1 to 180 minutes", "Note "+h.items[0].Title)
		if h.titles() != was || h.view().Items[0].Content.Own != "" {
			t.Error("half of a form was saved")
		}
		rows.Set("minutes-"+ids[3], "6")
		h.setUp(olga, rows).want(404)
		h.setUp(h.host, rows).want(303)
		rows.Set("do", "down:"+ids[0])
		h.setUp(h.host, rows).want(303)
		rows.Set("do", "remove:"+ids[1])
		h.setUp(h.host, rows).want(303)
		if got, want := h.titles(), "Who is here, What you take away, Do you know"; got != want {
			t.Errorf("%s\nwant %s", got, want)
		}
		if i := h.view().Items[1]; i.Minutes != 6 || i.Content.Own != "Note What you take away" {
			t.Errorf("%+v", i)
		}

		h.setUp(h.host, url.Values{"part": {"add"}, "key": {"gone"}}).want(422, "not in the run sheet of the module any more")
		h.setUp(h.host, url.Values{"part": {"add"}, "key": {"choose"}}).want(303)
		own := url.Values{"part": {"add"}, "kind": {"poll"}, "new_title": {"Lunch"}, "new_minutes": {"2"}, "options": {"One"}, "text": {"**Now** <script>x</script>"}}
		h.setUp(h.host, own).want(422, "Give 2 to 8 answers", "Lunch")
		own.Set("options", "Soup\r\n\r\n  Bread ")
		h.setUp(h.host, own).want(303)
		last := h.view().Items[4]
		if last.Title != "Lunch" || strings.Join(last.Content.Options, "|") != "Soup|Bread" || strings.Contains(string(last.Content.Text), "<script") || !strings.Contains(string(last.Content.Text), "<strong>Now</strong>") {
			t.Errorf("%+v", last)
		}

		h.setUp(h.host, url.Values{"part": {"host"}, "email": {"olga.other@agency.example"}}).want(303)
		h.setUp(olga, url.Values{"part": {"unhost"}, "person": {h.host.id}}).want(303)
		olga.get("/teach/rooms/"+h.id+"/setup").want(200, "Somebody else takes over first", "Another day")

		h.do(url.Values{"do": {"go"}, "item": {h.view().Items[1].ID}}).want(303)
		h.setUp(h.host, rows).want(303)
		rows.Set("do", "up:"+ids[2])
		h.setUp(h.host, rows).want(303)
		own.Set("new_title", "Right now")
		h.setUp(olga, own).want(303)
		if got, want := h.titles(), "Who is here, What you take away, Right now, Do you know, Choose one, Lunch"; got != want {
			t.Errorf("%s\nwant %s", got, want)
		}
		h.host.get("/teach/rooms/"+h.id).want(200, "Note What you take away")
		if p := h.page(h.in("Ada"), "What you take away"); strings.Contains(p.raw, "Note What") {
			t.Error("participants see the hosts' notes")
		}
		h.setUp(h.host, url.Values{"part": {"basics"}, "title": {"Moved"}, "day": {"2027-01-01"}, "place": {"Room 5"}}).want(303)
		if v := h.view(); v.Title != "Moved" || v.Day != "2026-12-08" || v.State != room.Running {
			t.Errorf("%+v", v.Room)
		}
		h.setUp(olga, url.Values{"part": {"unhost"}, "person": {olga.id}}).want(303)
		olga.get("/teach/rooms/" + h.id).want(404)
		h.do(url.Values{"do": {"end"}}).want(303)
		h.setUp(h.host, own).want(303)
		h.host.get("/teach/rooms/"+h.id+"/setup").want(200, "This workshop is over").lacks("Save minutes and notes")
		s.healthy()
	})
}
