package app_test

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"greenroom/internal/room"
)

// A rehearsal: twenty simulated people come in over a minute, answer, write, ask and vote, the same each time; every screen says
// what it is; nothing is left of it but what the trainer has seen.
func TestARehearsal(t *testing.T) {
	each(t, setup{}, func(t *testing.T, s *site) {
		h := newHall(t, s, s.person("Tess Trainer", "trainer"))
		for _, kind := range []string{"cloud", "wall", "qa"} {
			h.setUp(h.host, url.Values{"part": {"add"}, "kind": {kind}, "new_title": {"A " + kind}, "new_minutes": {"6"}}).want(303)
		}
		people := s.count("person")
		s.person("Olga Other", "trainer").post("/teach/rooms/"+h.id+"/rehearsal", url.Values{"do": {"start"}}).want(404)
		people++
		// pass lets time pass as the service's clock has it.
		pass := func(d time.Duration) {
			for range int(d / (5 * time.Second)) {
				s.clock.advance(5 * time.Second)
				ok(t, s.Rooms.Beat(t.Context(), true))
			}
		}
		run := func() (*hall, string) {
			at := h.host.post("/teach/rooms/"+h.id+"/rehearsal", url.Values{"do": {"start"}}).want(303).header.Get("Location")
			if again := h.host.post("/teach/rooms/"+h.id+"/rehearsal", url.Values{"do": {"start"}}).want(303).header.Get("Location"); again != at {
				t.Errorf("%s and %s: two rehearsals of one workshop", at, again)
			}
			v := s.room(h.host, at)
			r := &hall{site: s, t: t, host: h.host, id: v.ID, code: v.Code, items: v.Items}
			if n := len(r.view().People); n != 0 {
				t.Errorf("%d are there before anybody came", n)
			}
			pass(30 * time.Second)
			if n := len(r.view().People); n < 5 || n > 16 {
				t.Errorf("after half a minute %d are in", n)
			}
			pass(35 * time.Second)
			if v := r.view(); len(v.People) != room.Extras || !slices.ContainsFunc(v.People, func(p room.Participant) bool { return p.Name == "Aisha (simulated)" }) {
				t.Errorf("%+v", v.People)
			}
			pass(2 * time.Minute)
			away := 0
			for _, p := range r.view().People {
				if !r.view().Here(&p) {
					away++
				}
			}
			pass(time.Minute)
			said := fmt.Sprintf("%d away;", away)
			for n, i := range r.items {
				r.reach(n, "")
				if i.Asks() && r.view().Item.Phase == room.Waiting {
					r.reach(n, "open")
				}
				pass(10 * time.Second)
				first := r.view().Item.Answers
				pass(4 * time.Minute)
				v := r.view()
				if i.Asks() && (first >= v.Item.Answers || v.Item.Answers < 4 || v.Item.Answers > room.Extras) {
					t.Errorf("%s: %d after ten seconds, then %d", i.Kind, first, v.Item.Answers)
				}
				ok(t, s.Rooms.Beat(t.Context(), true)) // once more changes nothing
				if w := r.view(); w.Item.Answers != v.Item.Answers || len(w.Entries) != len(v.Entries) {
					t.Errorf("%s: %d and then %d", i.Kind, v.Item.Answers, w.Item.Answers)
				}
				said += fmt.Sprint(i.Kind, v.Item.Answers, v.Counts)
				for _, e := range v.Entries {
					said += e.Body
				}
				if len(v.Entries) > 0 && v.Entries[0].State == room.Pending {
					h.host.post(at+"/do", url.Values{"do": {"entry"}, "entry": {v.Entries[0].ID}, "state": {room.Shown}}).want(303)
					pass(30 * time.Second)
					said += fmt.Sprint(" votes ", r.view().Entries[0].Votes)
				}
			}
			return r, said
		}
		r, first := run()
		at := "/teach/rooms/" + r.id
		guest := r.in("Gus Guest")
		const banner = "Rehearsal: the people in this room are simulated"
		for _, way := range []string{at, at + "/setup", at + "/summary", at + "/attendance", "/room/" + r.id + "/stage", "/room/" + r.code} {
			h.host.get(way).want(200, banner)
		}
		guest.get("/room/"+r.code).want(200, banner, "Gus Guest")
		h.host.get("/teach/rooms/" + h.id).want(200).lacks(banner)
		h.host.get("/teach/rooms").want(200, "Rehearsal")
		h.host.post(at+"/do", url.Values{"do": {"end"}}).want(303)
		guest.get("/room/"+r.code+"/results").want(200, banner)
		guest.get("/me/workshops").want(200).lacks("A day")
		h.host.post(at+"/attendance", url.Values{"do": {"enter"}}).want(303).follow().want(200, "it enters nothing into anybody")
		for what, n := range map[string]int{"learning_event": 0, "enrolment": 0, "audit WHERE action LIKE 'room.%'": 0} {
			if got := s.count(what); got != n {
				t.Errorf("%s: %d rows, want %d", what, got, n)
			}
		}
		if v := h.view(); v.State != room.Planned || len(v.People) != 0 {
			t.Errorf("%+v", v.Room)
		}

		h.host.post(at+"/rehearsal", url.Values{"do": {"discard"}}).want(303).follow().want(200, "The rehearsal is thrown away")
		h.host.get(at).want(404)
		for _, table := range []string{"room_participant", "room_entry", "room_extra", "room_rehearsal", "room_answer"} {
			if n := s.count(table); n != 0 {
				t.Errorf("%d rows of %s are left", n, table)
			}
		}
		if n := s.count("person"); n != people+1 { // the guest has a device
			t.Errorf("%d people, want %d", n, people+1)
		}
		r, second := run()
		if first != second || !strings.Contains(first, "votes") || !strings.HasPrefix(first, "1 away") {
			t.Errorf("the same workshop was rehearsed in two ways:\n%s\n%s", first, second)
		}
		h.host.post("/teach/rooms/"+r.id+"/rehearsal", url.Values{"do": {"others"}}).want(303)
		if _, third := run(); third == second {
			t.Error("others do the same")
		}
		s.clock.advance(room.RehearsalOld + time.Hour)
		n, err := s.Rooms.Tidy(t.Context())
		ok(t, err)
		if n != 1 || s.count("room") != 1 || s.count("room_extra") != 0 {
			t.Errorf("%d old rehearsals were thrown away", n)
		}
		s.healthy()
	})
}

// In a rehearsal the simulated people vote on a scenario, and play it at their tables to the end.
func TestAScenarioIsRehearsed(t *testing.T) {
	for _, by := range []string{room.ByVote, room.ByTables} {
		t.Run(by, func(t *testing.T) { rehearseStory(t, by) })
	}
}

func rehearseStory(t *testing.T, by string) {
	each(t, setup{courses: withStory()}, func(t *testing.T, s *site) {
		h := newStory(t, s, by)
		at := h.host.post("/teach/rooms/"+h.id+"/rehearsal", url.Values{"do": {"start"}}).want(303).header.Get("Location")
		v := s.room(h.host, at)
		r := &hall{site: s, t: t, host: h.host, id: v.ID, code: v.Code, items: v.Items}
		pass := func(beats int) {
			for range beats {
				s.clock.advance(5 * time.Second)
				ok(t, s.Rooms.Beat(t.Context(), true))
			}
		}
		pass(13)
		r.reach(0, "")
		if by == room.ByVote {
			for range 2 { // a vote, and the next one
				pass(9)
				if n := r.view().Item.Answers; n != 18 {
					t.Errorf("%d voted", n)
				}
				r.reach(0, "close")
				r.play("chose", r.view().Told.Now().Offered[0].ID).want(303)
			}
		} else {
			h.host.post(at+"/groups", url.Values{"do": {"make"}, "item": {r.items[0].ID}, "way": {"random"}, "size": {"5"}}).want(303)
			r.reach(0, "open")
			pass(60)
			if n := s.count("room_move AS m WHERE item_id = ? AND n > 1", r.items[0].ID); n < 4 {
				t.Errorf("%d moves at the tables", n)
			}
		}
	})
}
