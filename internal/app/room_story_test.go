package app_test

import (
	"context"
	"io/fs"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"

	"greenroom/internal/id"
	"greenroom/internal/room"
)

// withStory is the tiny course whose run sheet has its scenario, played by tables unless the trainer says otherwise.
func withStory() fs.FS {
	m := withOutage().(fstest.MapFS)
	sheet := strings.Replace(tinyRoom, "minutes: 20, quiz", "minutes: 10, quiz", 1)
	sheet += "  - { key: play, kind: scenario, title: \"A bad day\", minutes: 10, scenario: outage, by: tables, notes: \"Let them argue.\" }\n"
	m["tiny/01-first/60-room.workshop.yaml"] = &fstest.MapFile{Data: []byte(sheet)}
	return m
}

// newStory is a room whose only other item is a slide, and that stands at its scenario.
func newStory(t *testing.T, s *site, by string) *hall {
	t.Helper()
	host := s.person("Tess Trainer", "trainer")
	who, err := s.Accounts.ByID(t.Context(), host.id)
	ok(t, err)
	p := roomPlan()
	p.Items = []room.PlanItem{{Key: "play", In: true, Place: "1", Minutes: "10", By: by}, {Key: "leave", In: true, Place: "2", Minutes: "5"}}
	r, err := s.Rooms.Create(t.Context(), who, p)
	ok(t, err)
	h := &hall{site: s, t: t, host: host, id: r.ID, code: r.Code}
	h.items = h.view().Items
	return h
}

// tellStory is what the driver does with the story.
func (h *hall) tellStory(do string, f url.Values) *page {
	if f == nil {
		f = url.Values{}
	}
	f.Set("do", do)
	f.Set("item", h.items[0].ID)
	return h.host.post("/teach/rooms/"+h.id+"/story", f)
}

// play makes a move from where the story stands.
func (h *hall) play(kind, choice string, more ...string) *page {
	f := url.Values{"kind": {kind}, "choice": {choice}, "seen": {strconv.Itoa(h.view().Told.Log)}}
	for n := 0; n+1 < len(more); n += 2 {
		f.Set(more[n], more[n+1])
	}
	return h.tellStory("play", f)
}

func (h *hall) votes(c *client, choice string) *page {
	return c.post("/room/"+h.code+"/answer", url.Values{"item": {h.items[0].ID}, "client": {id.New()}, "choice": {choice}, "round": {strconv.Itoa(h.view().Item.Content.Round)}})
}

func (h *hall) stage(want ...string) *page {
	return h.nobody().get("/room/"+h.id+"/stage").want(200, want...)
}

var goodMarks = []string{"mark-answer", "2", "mark-own", "2", "mark-human", "2", "mark-next", "2"}

// A scenario by vote, without scripts: everybody sees the scene, a vote may be changed until it is closed and counts once, the
// numbers are hidden until then, a tie is the trainer's, a message comes when it is sent, who comes late and a server that is
// opened anew stand where the story stands, and the debrief has what was chosen and by how many.
func TestAScenarioByVote(t *testing.T) {
	each(t, setup{courses: withStory()}, func(t *testing.T, s *site) {
		h := newStory(t, s, room.ByVote)
		ada, bob, cyd := h.in("Ada"), h.in("Bob"), h.in("Cyd")
		h.reach(0, "")
		h.page(ada, "Tuesday 12:41", "Never faster at falling over", "What do you do first?", "Delete the cheerful post", "until your trainer closes the vote").lacks("Risk")
		h.stage("Tuesday 12:41", "What do you do first?").lacks("room-results")

		first := url.Values{"item": {h.items[0].ID}, "client": {id.New()}, "choice": {"0"}, "round": {"1"}}
		ada.post("/room/"+h.code+"/answer", first).want(303)
		h.votes(ada, "2").want(303)
		ada.post("/room/"+h.code+"/answer", first).want(303) // the first came again
		h.votes(bob, "2").want(303)
		h.votes(cyd, "3").want(303)
		h.votes(cyd, "4").want(422, "Choose one of the answers")
		h.page(ada, "Your answer is in: Reply that the portal is down")
		if v := h.view(); v.Item.Answers != 3 || v.Counts != nil {
			t.Errorf("%d answers, the console has %v before the vote is closed", v.Item.Answers, v.Counts)
		}
		h.play("chose", "own").want(303)
		if n := h.view().Told.Log; n != 0 {
			t.Errorf("played while people vote: %d moves", n)
		}
		h.do(url.Values{"do": {"close"}, "item": {h.items[0].ID}}).want(303)
		h.noChoices()
		h.stage().lacks("room-results")
		h.page(ada, "Nobody can tell which it was").lacks("Your answer is in")
		h.do(url.Values{"do": {"open"}, "item": {h.items[0].ID}}).want(303)
		if v := h.view(); v.Item.Phase != room.Closed || v.Counts[0] != 0 || v.Counts[2] != 2 || v.Counts[3] != 1 {
			t.Errorf("closed: %s %v", v.Item.Phase, v.Counts)
		}
		h.do(url.Values{"do": {"reveal"}, "item": {h.items[0].ID}}).want(303)
		h.stage("Results: 3 people answered")
		h.play("chose", "nothing").want(422, "Choose one of the answers")
		h.play("chose", "own").want(303)
		h.tellStory("play", url.Values{"kind": {"chose"}, "choice": {"own"}, "seen": {"0"}}).want(303) // pressed twice
		h.tellStory("play", url.Values{"kind": {"chose"}, "choice": {"argue"}, "seen": {"0"}}).want(303)
		h.stage("The service desk calls", "You promised a time", "Public trust")
		h.page(ada, "The service desk calls", "(2 of 3 votes)", "You promised a time", "Public trust up 8, to 58").lacks("is counted")
		ada.post("/room/"+h.code+"/answer", url.Values{"item": {h.items[0].ID}, "client": {id.New()}, "choice": {"1"}, "round": {"1"}}).want(303)
		if v := h.view(); v.Item.Answers != 0 || v.Told.Log != 1 {
			t.Errorf("a vote on the decision before counts in this one: %d; %d moves", v.Item.Answers, v.Told.Log)
		}

		h.votes(ada, "0").want(303)
		h.votes(bob, "2").want(303)
		h.do(url.Values{"do": {"close"}, "item": {h.items[0].ID}}).want(303)
		h.host.get("/teach/rooms/"+h.id).want(200, "It is a tie", "Fewer than 5 have answered")
		h.tellStory("again", nil).want(303)
		if v := h.view(); v.Item.Phase != room.Open || v.Item.Answers != 0 {
			t.Errorf("another vote: %s, %d answers", v.Item.Phase, v.Item.Answers)
		}
		h.votes(ada, "2").want(303)
		h.do(url.Values{"do": {"reveal"}, "item": {h.items[0].ID}}).want(303)
		h.play("chose", "broadcast").want(303) // the trainer is free to

		h.page(ada, "Write the public reply to Rosa", "Your trainer goes on from here")
		h.stage("Write the public reply to Rosa")
		h.play("replied", "", "mark-answer", "1").want(422, "Choose what fits for “Owns the problem”", "Choose what fits for “Says what comes next”")
		h.host.get("/teach/rooms/"+h.id).want(200, "Is this an attack?", "Send now")
		h.page(ada).lacks("Is this an attack?")
		h.tellStory("send", url.Values{"value": {"office-email"}}).want(303)
		h.tellStory("send", url.Values{"value": {"office-email"}}).want(303)
		h.page(ada, "Is this an attack?")
		h.stage("Is this an attack?")
		if n := h.view().Told.Log; n != 3 {
			t.Errorf("%d moves with a message that was sent twice", n)
		}
		h.play("replied", "", goodMarks...).want(303)
		dee := h.in("Dee")
		h.page(dee, "Tuesday 13:30", "A reply was given: 8 of 8 points")
		again := newSiteOn(t, s.DB, setup{courses: withStory()})
		v, err := again.Rooms.Stage(t.Context(), h.id)
		ok(t, err)
		if v.Told.Log != 4 || v.Told.Now().Passage.Key != "rumour" || v.Item.Phase != room.Open {
			t.Errorf("opened anew: %d moves, at %s, %s", v.Told.Log, v.Told.Now().Passage.Key, v.Item.Phase)
		}

		other := s.person("Olga Other", "trainer")
		other.post("/teach/rooms/"+h.id+"/story", url.Values{"do": {"play"}, "item": {h.items[0].ID}}).want(404)
		h.do(url.Values{"do": {"close"}, "item": {h.items[0].ID}}).want(303)
		h.play("chose", "known").want(303)
		h.play("chose", "known").want(303) // it is over
		h.page(dee, "Looking back", "(2 of 3 votes)", "Played without a vote", "Panel: 6.4 of 7", "Here the story ended", "Who could switch off your scheduler today?", "Silence is not neutral", "A message came from Minister", "Risk")
		h.stage("Public trust").lacks("Decision by decision")
		h.host.get("/teach/rooms/"+h.id).want(200, "Looking back", "On the stage", "How it ended")
		h.tellStory("look", url.Values{"value": {"x"}}).want(422)
		h.tellStory("look", url.Values{"value": {"1"}}).want(303)
		h.stage("Tuesday 12:41", "3 votes", "Played")
		h.tellStory("look", url.Values{"value": {"9"}}).want(303)
		h.stage("Who could switch off your scheduler today?")
		h.reach(1, "")
		h.reach(0, "") // back at the debrief
		h.page(dee, "Looking back")
		h.do(url.Values{"do": {"end"}}).want(303)
		h.host.get("/teach/rooms/"+h.id+"/summary").want(200, "A bad day", "Decision by decision", "(2 of 3 votes)")
		h.host.get("/teach/rooms/"+h.id+"/summary.csv").want(200, "Tuesday 12:41: Delete the cheerful post before more people see it, and carry on.\",1,phones", "Back by three: Here the story ended.,1,Played", "Public trust: 77 of 100,1,Played")
		made := h.host.post("/teach/rooms/"+h.id+"/copy", url.Values{"form": {id.New()}, "title": {"Again"}, "day": {"2027-04-06"}, "clock": {"09:00"}, "zone": {"Australia/Perth"}}).want(303)
		next := &hall{site: s, t: t, host: h.host, id: strings.Split(made.header.Get("Location"), "/")[3]}
		next.items = next.view().Items
		next.reach(0, "")
		if v := next.view(); v.Told.Log != 0 || v.Item.Phase != room.Open || v.Item.Content.Round != 1 || v.Item.Content.Look != 0 {
			t.Errorf("a copy begins with %d moves, %s, %+v", v.Told.Log, v.Item.Phase, v.Item.Content)
		}
		h.page(ada, "The workshop is over")
		ada.get("/room/"+h.code+"/results").want(200, "A bad day", "(2 of 3 votes)", "Silence is not neutral")
		s.healthy()
	})
}

// noChoices fails when a row says what somebody voted.
func (h *hall) noChoices() {
	h.t.Helper()
	n, err := h.DB.NewSelect().Table("room_answer").Where("item_id = ? AND choice <> ''", h.items[0].ID).Count(context.Background())
	ok(h.t, err)
	if n != 0 {
		h.t.Errorf("%d rows say who voted for what once the vote is closed", n)
	}
}

// A scenario by tables: each group has its own way from the same beginning, any of its people moves it and who presses second
// sees where it is; messages reach all; the debrief sets the groups side by side, and so do summary, table and results.
func TestAScenarioByTables(t *testing.T) {
	each(t, setup{courses: withStory()}, func(t *testing.T, s *site) {
		h := newStory(t, s, "")
		people := []*client{h.in("Ada"), h.in("Bob"), h.in("Cyd"), h.in("Dee")}
		h.reach(0, "")
		h.page(people[0], "Your trainer makes the groups")
		groups := func(f url.Values) *page {
			f.Set("item", h.items[0].ID)
			return h.host.post("/teach/rooms/"+h.id+"/groups", f)
		}
		groups(url.Values{"do": {"make"}, "way": {"hand"}, "size": {"2"}}).want(303)
		for n, who := range h.view().Breakout.Loose[:3] {
			groups(url.Values{"do": {"place"}, "who": {who.ID}, "group": {strconv.Itoa(1 + n/2)}}).want(303)
		}
		ada, bob, cyd, dee := people[0], people[1], people[2], people[3]
		move := func(c *client, seen int, kind, choice string, more ...string) *page {
			f := url.Values{"item": {h.items[0].ID}, "seen": {strconv.Itoa(seen)}, "kind": {kind}, "choice": {choice}}
			for n := 0; n+1 < len(more); n += 2 {
				f.Set(more[n], more[n+1])
			}
			return c.post("/room/"+h.code+"/story", f)
		}
		stands := func(want ...string) {
			t.Helper()
			for n, told := range h.view().Tables {
				if got := told.Now().Passage.Key; got != want[n] {
					t.Errorf("group %d stands at %s, not %s", n+1, got, want[n])
				}
			}
		}

		h.page(ada, "You are in group 1", "Tuesday 12:41", "Talk it over", "What do you do first?")
		h.page(dee, "You are in no group yet").lacks("Tuesday 12:41")
		move(dee, 0, "chose", "own").want(303)
		move(s.nobody(), 0, "chose", "own").want(404)
		move(ada, 0, "chose", "").want(422, "Choose one of the answers")
		move(ada, 0, "chose", "own").want(303)
		move(bob, 0, "chose", "own").want(303)
		move(bob, 0, "chose", "argue").want(303).follow().want(200, "The story has gone on meanwhile", "The service desk calls")
		move(ada, 7, "chose", "own").want(422)
		move(cyd, 0, "chose", "delete").want(303)
		stands("facts", "facts")
		h.page(cyd, "The replies lose their thread").lacks("Co-develop")
		move(cyd, 1, "chose", "codevelop").want(422, "Choose one of the answers")
		h.host.get("/teach/rooms/"+h.id).want(200, "Where the groups are", "The service desk calls").lacks("Make them anew")
		h.stage("A bad day", "The service desk calls").lacks("The replies lose")
		groups(url.Values{"do": {"make"}, "way": {"hand"}, "size": {"2"}}).want(303)
		h.tellStory("play", url.Values{"kind": {"chose"}, "choice": {"own"}, "seen": {"0"}}).want(404)

		h.tellStory("send", url.Values{"value": {"office-email"}}).want(303)
		h.page(ada, "Is this an attack?")
		h.page(cyd, "Is this an attack?")
		move(ada, 2, "chose", "service").want(303)
		move(ada, 3, "replied", "", "mark-answer", "9").want(422, "Choose what fits for “Answers her question”")
		move(ada, 3, "replied", "", goodMarks...).want(303)
		move(bob, 4, "chose", "known").want(303)
		move(bob, 5, "chose", "known").want(303) // it is over
		stands("steady", "facts")
		h.page(ada, "Your group has reached an ending")
		h.host.get("/teach/rooms/"+h.id).want(200, "ended: Back by three").lacks("Send now")
		groups(url.Values{"do": {"call"}, "call": {"1"}}).want(303)
		h.page(cyd, "Come back to the whole room")

		again := newSiteOn(t, s.DB, setup{courses: withStory()})
		v, err := again.Rooms.Stage(t.Context(), h.id)
		ok(t, err)
		if len(v.Tables) != 2 || v.Tables[0].Log != 5 || v.Tables[1].Log != 2 {
			t.Errorf("opened anew the groups are elsewhere: %+v", v.Tables)
		}

		h.do(url.Values{"do": {"reveal"}, "item": {h.items[0].ID}}).want(303)
		move(cyd, 2, "chose", "service").want(303)
		stands("steady", "facts")
		h.page(cyd, "The groups side by side", "yours", "not at an ending", "Back by three", "The way of group 1", "Panel: 6.4 of 7")
		h.page(dee, "The groups side by side").lacks("yours")
		h.stage("The groups side by side", "Public trust")
		h.tellStory("look", url.Values{"value": {"1"}}).want(303)
		h.stage("What do you do first?", "What the groups chose", "Group 1", "Group 2")
		h.do(url.Values{"do": {"open"}, "item": {h.items[0].ID}}).want(303)
		move(cyd, 2, "chose", "service").want(303)
		stands("steady", "reply")

		h.do(url.Values{"do": {"end"}}).want(303)
		h.host.get("/teach/rooms/"+h.id+"/summary").want(200, "The groups side by side", "Back by three")
		h.host.get("/teach/rooms/"+h.id+"/summary.csv").want(200, "Back by three: Here the story ended.,1,Group 1", "Write to Rosa: Here the story stands.,1,Group 2").lacks("Ada")
		cyd.get("/room/"+h.code+"/results").want(200, "The groups side by side", "yours")
		s.healthy()
	})
}

// How a scenario is played is chosen when the room is set up, until it is reached.
func TestHowAScenarioIsPlayed(t *testing.T) {
	each(t, setup{courses: withStory()}, func(t *testing.T, s *site) {
		h := newStory(t, s, "")
		h.host.get("/teach/rooms/new?sheet=tiny/first/room").want(200, "How the scenario is played", "By tables: each group its own way")
		set := func(by string) *page {
			return h.host.post("/teach/rooms/"+h.id+"/setup", url.Values{"part": {"rows"}, "id": {h.items[0].ID}, "minutes-" + h.items[0].ID: {"10"}, "by-" + h.items[0].ID: {by}})
		}
		set("magic").want(422, "Choose how the scenario is played")
		set(room.ByVote).want(303)
		h.reach(0, "")
		set(room.ByTables).want(303)
		if v := h.view(); !v.Item.Voted() || v.Item.Phase != room.Open {
			t.Errorf("it is played %q, %s", v.Item.Content.By, v.Item.Phase)
		}
		h.host.get("/teach/rooms/" + h.id + "/setup").want(200).lacks("How the scenario is played")
		s.healthy()
	})
}
