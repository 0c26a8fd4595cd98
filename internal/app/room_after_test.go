package app_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

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
		ada.get("/room/"+h.code+"/results").want(303) // it goes on
		h.do(url.Values{"do": {"end"}}).want(303)

		h.page(ada, "The workshop is over", "/room/"+h.code+"/results", "Give feedback", "Go on by yourself: Read this", "/courses/tiny/first/read")
		take := "/room/" + strings.ToLower(h.code) + "/results"
		ada.get(take).want(200, "Choose one", "1 person answered", "You chose: That", "You wrote:", "I will call first.").lacks("You chose: This", "Right")
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
		give(all[0], "6", "It was  good").want(422, "Choose a number from 1 to 5", "It was  good", `id="c-part-5"`)
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
