package app_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"greenroom/internal/id"
	"greenroom/internal/room"
)

// When a workshop is over, people take away what was shown to all and what they gave themselves, and are led on to the next
// step by themselves; nobody sees what was not shown, nor what somebody else gave.
func TestWhatPeopleTakeAway(t *testing.T) {
	each(t, setup{}, func(t *testing.T, s *site) {
		h := newHall(t, s, s.person("Tess Trainer", "trainer"))
		ada, bob := h.in("Ada"), h.in("Bob")
		lee := s.person("Lee Learner", "learner")
		lee.post("/room/"+h.code+"/join", url.Values{"name": {"Lee"}}).want(303)
		h.reach(1, "open") // anonymous
		h.answer(ada, 1, "0").want(303)
		h.reach(1, "reveal")
		h.reach(2, "open") // a question, never shown
		h.answer(ada, 2, "1").want(303)
		h.answer(bob, 2, "0").want(303)
		h.reach(2, "close")
		h.reach(3, "open")
		ada.post("/room/"+h.code+"/write", url.Values{"item": {h.items[3].ID}, "client": {"01a219f7-1c7d-7190-83a5-3fcb3a7f351d"}, "body": {"I will call first."}}).want(303)
		ada.get("/room/" + h.code + "/results").want(303) // it goes on
		h.do(url.Values{"do": {"end"}}).want(303)

		h.page(ada, "The workshop is over", "/room/"+h.code+"/results", "Give feedback", "Go on by yourself: Read this", "/courses/tiny/first/read")
		take := "/room/" + strings.ToLower(h.code) + "/results"
		ada.get(take).want(200, "Results: A day", "Choose one", "1 person answered", "You chose: That", "You wrote:", "I will call first.").lacks("You chose: This", "Right", "Results: Results")
		bob.get(take).want(200, "You chose: This").lacks("I will call first", "You chose: That")
		lee.get(take).want(200, "Choose one").lacks("You chose", "Do you know")
		s.nobody().get(take).want(404)
		s.person("Olga Other", "learner").get(take).want(404)
		lee.get("/me/workshops").want(200, "A day", "/room/"+h.code+"/results")
		lee.get("/me").want(200)

		// Where they go on is the first step of the module that they have not done.
		lee.post(tiny+"/enrol", nil).want(303)
		lee.post(tiny+"/first/read/complete", nil).want(303)
		h.page(lee, "Go on by yourself: ").lacks("/courses/tiny/first/read\"")
	})
}

// Feedback counts once, is taken for two weeks, and is shown to trainers from five answers on, with nothing that leads from a
// remark to a person.
func TestFeedback(t *testing.T) {
	each(t, setup{}, func(t *testing.T, s *site) {
		tess := s.person("Tess Trainer", "trainer")
		h := newHall(t, s, tess)
		var all []*client
		for range 6 {
			all = append(all, h.in("Somebody"))
		}
		form := "/room/" + h.code + "/feedback"
		give := func(c *client, useful, remark string) *page {
			return c.post(form, url.Values{"useful": {useful}, "part": {"5"}, "remark": {remark}})
		}
		h.reach(0, "")
		give(all[0], "4", "too soon").want(303)
		h.do(url.Values{"do": {"end"}}).want(303)
		all[0].get(form).want(200, "How useful was this workshop", "once 5 people have answered")
		give(all[0], "6", "It was  good").want(422, "Say how useful it was: choose a number from 1 to 5", "It was  good", `id="c-part-5"`)
		give(all[0], "4", strings.Repeat("x", room.MaxRemark+1)).want(422, "longer than 600")
		s.nobody().get(form).want(404)
		give(s.nobody(), "1", "").want(404)

		desk := "/teach/rooms/" + h.id
		for n, remark := range []string{"remark A", "", "remark C", "remark D"} {
			give(all[n], "4", remark).want(303)
			give(all[n], "1", "a second one").want(303)
		}
		all[0].get(form).want(303)
		h.page(all[0], "See the results").lacks("Give feedback")
		tess.get(desk+"/summary").want(200, "4 people answered", "once 5 people have answered").lacks("remark A")
		tess.get(desk+"/summary.csv").want(200).lacks("remark A", "Feedback")
		give(all[4], "2", "remark E").want(303)
		tess.get(desk+"/summary").want(200, "5 people answered", "remark A", "remark E").lacks("a second one", "too soon")
		tess.get(desk+"/summary.csv").want(200, "How useful was this workshop for your work?,4,4", "remark D")
		if n := s.count("room_rating WHERE question = 'useful' AND (value = 4 AND n = 4 OR value = 2 AND n = 1)"); n != 2 {
			t.Errorf("%d of the two ratings are right", n)
		}
		// Rows of the last transaction are all rows: nothing tells the last one's from the others'.
		if s.DB.Dialect().Name().String() == "pg" {
			for _, table := range []string{"room_feedback", "room_remark"} {
				if got := s.rows("SELECT DISTINCT xmin::text FROM " + table); len(got) != 1 {
					t.Errorf("%s was written by %d transactions", table, len(got))
				}
			}
		}

		s.clock.advance(room.FeedbackDays*24*time.Hour + time.Minute)
		give(all[5], "3", "too late").want(303)
		h.page(all[5], "The workshop is over").lacks("Give feedback")
		if n := s.count("room_remark"); n != 4 {
			t.Errorf("%d remarks", n)
		}
		s.healthy()
	})
}

// What was counted by hand stands beside what the phones said, marked, on the summary, in its table and in the results.
func TestCountsByHand(t *testing.T) {
	each(t, setup{}, func(t *testing.T, s *site) {
		tess := s.person("Tess Trainer", "trainer")
		h := newHall(t, s, tess)
		ada := h.in("Ada")
		at := "/teach/rooms/" + h.id + "/summary"
		count := func(item int, first, second string) *page {
			return tess.post(at, url.Values{"item": {h.items[item].ID}, "hand-0": {first}, "hand-1": {second}})
		}
		h.reach(2, "open")
		h.answer(ada, 2, "1").want(303)
		count(2, "3", "").want(303).follow().want(200, "Close it first")
		h.reach(2, "reveal")
		h.do(url.Values{"do": {"end"}}).want(303)
		count(2, "3", "x").want(422, "Give a whole number from 0 to 5000", `value="3"`, `value="x"`, `id="f-hand-1"`)
		count(2, "5001", "").want(422)
		count(0, "3", "").want(404).lacks("Give a whole") // a check-in is not counted
		count(2, "3", " 4 ").want(303)
		count(1, "12", "0").want(303) // nobody was asked by phone
		tess.get(at).want(200, "and 3 counted by hand", "and 4 counted by hand", "and 12 counted by hand", "1 person answered")
		tess.get(at+".csv").want(200, "3,Do you know,Question,That,1,phones", "3,Do you know,Question,That,4,counted by hand", "2,Choose one,Poll,This,12,counted by hand")
		ada.get("/room/"+h.code+"/results").want(200, "and 4 counted by hand").lacks("and 12")
		count(2, "", "").want(303)
		tess.get(at).want(200, "and 12").lacks("and 3 counted", "and 4 counted")
		if n := s.count("audit WHERE action = 'room.counted'"); n != 3 {
			t.Errorf("%d entries in the log", n)
		}
		s.healthy()
	})
}

// A co-host joins questions that say the same: one stays with everybody's vote once, and an entry that is shown again is out.
func TestEntriesAreJoined(t *testing.T) {
	each(t, setup{}, func(t *testing.T, s *site) {
		h := newHall(t, s, s.person("Tess Trainer", "trainer"))
		co := s.person("Cora Cohost", "trainer")
		h.do(url.Values{"do": {"host"}, "email": {"cora.cohost@agency.example"}}).want(303)
		h.host.post("/teach/rooms/"+h.id+"/setup", url.Values{"part": {"add"}, "kind": {"qa"}, "new_title": {"Ask us"}, "new_minutes": {"5"}}).want(303)
		h.items = h.view().Items
		h.reach(4, "")
		var all []*client
		for range 3 {
			all = append(all, h.in(""))
		}
		for n, text := range []string{"When does it begin?", "When do we begin?", "Where is it?"} {
			all[n].post("/room/"+h.code+"/write", url.Values{"item": {h.items[4].ID}, "client": {id.New()}, "body": {text}}).want(303)
		}
		ids := map[string]string{}
		for _, e := range h.view().Entries {
			ids[e.Body] = e.ID
		}
		do := func(f url.Values) *page { return co.post("/teach/rooms/"+h.id+"/do", f) }
		for _, e := range []string{"When does it begin?", "When do we begin?"} {
			do(url.Values{"do": {"entry"}, "entry": {ids[e]}, "state": {room.Shown}}).want(303)
			for _, c := range all[:2] {
				c.post("/room/"+h.code+"/vote", url.Values{"entry": {ids[e]}, "on": {"yes"}}).want(303)
			}
		}
		all[2].post("/room/"+h.code+"/vote", url.Values{"entry": {ids["When do we begin?"]}, "on": {"yes"}}).want(303)
		do(url.Values{"do": {"join"}, "entry": {ids["Where is it?"]}}).want(422, "Tick two or more")
		both := url.Values{"do": {"join"}, "entry": {ids["When does it begin?"], ids["When do we begin?"]}}
		do(both).want(303)
		do(both).want(422) // it is joined
		h.page(all[2], "When does it begin?", "and 1 like it", "3 votes", "Take it back").lacks("room-questions\"><li class=\"card\"><p>When do we begin?")
		h.page(all[1], "joined with another")
		s.person("Olga Other", "trainer").post("/teach/rooms/"+h.id+"/do", both).want(404)
		do(url.Values{"do": {"entry"}, "entry": {ids["When do we begin?"]}, "state": {room.Shown}}).want(303)
		h.page(all[2], "When do we begin?", "3 votes", "0 votes").lacks("and 1 like it", "joined with another")
		s.healthy()
	})
}
