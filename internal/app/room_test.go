package app_test

import (
	"context"
	"net/url"
	"strings"
	"testing"
	"time"

	"greenroom/internal/fault"
	"greenroom/internal/id"
	"greenroom/internal/room"
)

// hall is a room with a host who drives it.
type hall struct {
	*site
	t     *testing.T
	host  *client
	id    string
	code  string
	items []room.Item
}

func newHall(t *testing.T, s *site, host *client) *hall {
	t.Helper()
	by, err := s.Accounts.ByID(t.Context(), host.id)
	ok(t, err)
	r, err := s.Rooms.Create(t.Context(), by, roomPlan())
	ok(t, err)
	v, err := s.Rooms.Console(t.Context(), by, r.ID)
	ok(t, err)
	return &hall{site: s, t: t, host: host, id: r.ID, code: r.Code, items: v.Items}
}

func (h *hall) do(f url.Values) *page { return h.host.post("/teach/rooms/"+h.id+"/do", f) }

// reach goes to an item and does one more thing with it.
func (h *hall) reach(n int, what string) {
	h.t.Helper()
	for _, do := range []string{"go", what} {
		if do != "" {
			h.do(url.Values{"do": {do}, "item": {h.items[n].ID}}).want(303)
		}
	}
}

func (h *hall) answer(c *client, n int, choice string) *page {
	return c.post("/room/"+h.code+"/answer", url.Values{"item": {h.items[n].ID}, "client": {id.New()}, "choice": {choice}})
}

// in brings somebody without an account into the room.
func (h *hall) in(name string) *client {
	h.t.Helper()
	c := h.nobody()
	c.post("/room/"+h.code+"/join", url.Values{"name": {name}}).want(303)
	return c
}

func (h *hall) page(c *client, want ...string) *page {
	h.t.Helper()
	return c.get("/room/"+h.code).want(200, want...)
}

func (h *hall) view() *room.View {
	h.t.Helper()
	by, err := h.Accounts.ByID(context.Background(), h.host.id)
	ok(h.t, err)
	v, err := h.Rooms.Console(context.Background(), by, h.id)
	ok(h.t, err)
	return v
}

// A whole run without scripts: in by code, waiting, an answer that is changed, one that is sent twice, results when they are
// shown, the end; and the product opened anew in the middle changes nothing.
func TestAWorkshop(t *testing.T) {
	each(t, setup{}, func(t *testing.T, s *site) {
		h := newHall(t, s, s.person("Tess Trainer", "trainer"))
		s.nobody().post("/join", url.Values{"code": {"xx"}}).want(422, "There is no workshop with this code")
		s.nobody().post("/join", url.Values{"code": {" " + strings.ToLower(h.code[:3]) + "-" + h.code[3:]}}).want(303)
		s.nobody().post("/room/"+h.code+"/join", url.Values{"name": {longName}}).want(422, "longer than 60", longName)
		ada, bob := h.in("Ada"), h.in("")
		h.page(ada, "It begins soon", "You are here as Ada")
		h.page(bob, "You are here without a name")

		h.reach(2, "") // a question of the quiz
		h.page(ada, "Do you know", "Wait a moment")
		h.answer(ada, 2, "0").want(303)
		if n := h.view().Item.Answers; n != 0 {
			t.Errorf("%d answers before it was open", n)
		}
		h.reach(2, "open")
		h.answer(ada, 2, "7").want(422, "Choose one of the answers")
		h.answer(ada, 2, "x").want(422)
		h.answer(ada, 2, "").want(422)
		first := url.Values{"item": {h.items[2].ID}, "client": {id.New()}, "choice": {"0"}}
		ada.post("/room/"+h.code+"/answer", first).want(303)
		h.answer(ada, 2, "1").want(303)
		ada.post("/room/"+h.code+"/answer", first).want(303) // the first came again
		h.answer(bob, 2, "1").want(303)
		h.page(ada, "Your answer is in: That", "Change my answer")
		if raw := h.page(ada).raw + s.nobody().get("/room/"+h.id+"/stage").want(200).raw; strings.Contains(raw, "room-results") {
			t.Error("results are shown before they are revealed")
		}

		again := newSiteOn(t, s.DB, setup{})
		v, err := again.Rooms.Stage(t.Context(), h.id)
		ok(t, err)
		if v.Item == nil || v.Item.Phase != room.Open || v.Item.Answers != 2 {
			t.Errorf("opened anew the room is %+v", v.Item)
		}

		h.reach(2, "reveal")
		if v := h.view(); v.Counts[0] != 0 || v.Counts[1] != 2 || v.Item.Answers != 2 {
			t.Errorf("counts %v of %d", v.Counts, v.Item.Answers)
		}
		h.page(ada, "Results: 2 people answered", "Right")
		s.nobody().get("/room/"+h.id+"/stage").want(200, "Results: 2 people answered", h.code[:3]+" "+h.code[3:])

		h.do(url.Values{"do": {"timer"}, "minutes": {"500"}}).want(422, "Give 1 to 180 minutes")
		h.do(url.Values{"do": {"timer"}, "minutes": {"5"}}).want(303)
		h.page(ada, "Until ")
		h.do(url.Values{"do": {"end"}}).want(303)
		h.page(ada, "The workshop is over")
		h.host.get("/teach/rooms/"+h.id+"/summary").want(200, "Do you know", "2 people answered", "Ada", "Somebody without a name").lacks("Results: 0")
		h.host.get("/teach/rooms/"+h.id+"/summary.csv").want(200, "3,Do you know,Question,That,2").lacks("Ada")
		s.person("Olga Other", "trainer").get("/teach/rooms/" + h.id + "/summary").want(404)
		s.nobody().post("/room/"+h.code+"/join", url.Values{"name": {"Late"}}).want(409)
		s.healthy()
	})
}

// An anonymous answer leaves nothing that leads from it to a person: no row holds it, the numbers are read by nobody before
// the end, and what is left is in no order.
func TestAnonymousAnswersLeadToNobody(t *testing.T) {
	each(t, setup{}, func(t *testing.T, s *site) {
		h := newHall(t, s, s.person("Tess Trainer", "trainer"))
		h.reach(1, "open")
		var came []string
		for n := range 12 {
			c := h.in("Person " + string(rune('A'+n)))
			h.answer(c, 1, string(rune('0'+n%2))).want(303)
			h.answer(c, 1, "0").want(303) // it counts once, and stays
			h.page(c, "cannot be changed")
			came = append(came, s.rows("SELECT id FROM room_participant ORDER BY joined_at DESC LIMIT 1")[0])
		}
		h.host.get("/teach/rooms/"+h.id+"/summary").want(200, "the numbers show once you close it").lacks("room-results")
		h.host.get("/teach/rooms/" + h.id + "/summary.csv").want(200).lacks("Choose one")
		if v := h.view(); v.Counts != nil || v.Item.Answers != 12 {
			t.Errorf("while it is open its trainer sees %v of %d", v.Counts, v.Item.Answers)
		}
		if n := s.count("room_answer WHERE choice <> ''"); n != 0 {
			t.Errorf("%d rows hold an answer beside a person", n)
		}
		if n := s.count("room_sent"); n != 0 {
			t.Errorf("%d forms are kept", n)
		}
		h.reach(1, "close")
		if v := h.view(); v.Counts[0] != 6 || v.Counts[1] != 6 {
			t.Errorf("counts %v", v.Counts)
		}
		order := "rowid"
		if s.DB.Dialect().Name().String() == "pg" {
			order = "ctid"
			if n := len(s.rows("SELECT DISTINCT xmin::text FROM room_answer UNION SELECT xmin::text FROM room_tally")); n != 1 {
				t.Errorf("%d transactions wrote what is left", n)
			}
		}
		if now := s.rows("SELECT participant_id FROM room_answer ORDER BY " + order); len(now) != 12 || strings.Join(now, " ") == strings.Join(came, " ") {
			t.Errorf("who answered stands in the order in which they did: %v", now)
		}
		h.do(url.Values{"do": {"open"}, "item": {h.items[1].ID}}).want(303)
		if p := h.view().Item.Phase; p != room.Closed {
			t.Errorf("it is %s again", p)
		}
	})
}

// What people write waits for a host, stays as it was typed, and is bounded.
func TestWhatPeopleWrite(t *testing.T) {
	each(t, setup{}, func(t *testing.T, s *site) {
		h := newHall(t, s, s.person("Tess Trainer", "trainer"))
		ada, bob := h.in("<script>alert(1)</script>"), h.in("Bob")
		h.reach(3, "open")
		write := func(c *client, body string) *page {
			return c.post("/room/"+h.code+"/write", url.Values{"item": {h.items[3].ID}, "client": {id.New()}, "body": {body}})
		}
		write(ada, " ").want(422, "Write something first")
		write(ada, strings.Repeat("é", room.MaxText+1)).want(422, "longer than 280", "éééé")
		write(ada, "<img src=x onerror=alert(1)>").want(303)
		write(ada, "another").want(422, "You have sent 1 already")
		h.page(ada, "waits for your trainer")
		h.reach(3, "reveal")
		h.page(bob).lacks("onerror")
		e := h.view().Entries[0]
		s.person("Olga Other", "trainer").post("/teach/rooms/"+h.id+"/do", url.Values{"do": {"entry"}, "entry": {e.ID}, "state": {"shown"}}).want(404)
		h.do(url.Values{"do": {"entry"}, "entry": {e.ID}, "state": {"shown"}}).want(303)
		p := h.page(bob, "&lt;img src=x onerror=alert(1)&gt;")
		inert(t, p, "the room")
		inert(t, h.host.get("/teach/rooms/"+h.id).want(200, "&lt;script&gt;alert(1)"), "the console")
		inert(t, s.nobody().get("/room/"+h.id+"/stage").want(200, "&lt;img src=x"), "the stage")
	})
}

// One drives. Another takes over when the driver hands over or is not heard of, and the room hears of it meanwhile.
func TestOneDrives(t *testing.T) {
	each(t, setup{}, func(t *testing.T, s *site) {
		tess, olga := s.person("Tess Trainer", "trainer"), s.person("Olga Other", "trainer")
		h := newHall(t, s, tess)
		ada := h.in("Ada")
		h.reach(1, "open")
		h.do(url.Values{"do": {"host"}, "email": {"nobody@agency.example"}}).want(422, "No trainer of this site", "nobody@agency.example")
		olga.get("/teach/rooms/" + h.id).want(404)
		h.do(url.Values{"do": {"host"}, "email": {"olga.other@agency.example"}}).want(303)
		as := func(c *client, f url.Values) *page { return c.post("/teach/rooms/"+h.id+"/do", f) }
		tess.post("/teach/rooms/"+h.id+"/here", nil).want(204)
		as(olga, url.Values{"do": {"close"}, "item": {h.items[1].ID}}).want(303)
		as(olga, url.Values{"do": {"drive"}}).want(303)
		olga.get("/teach/rooms/"+h.id).want(200, "Tess Trainer drives and is connected")
		before := ada.get("/room/" + h.code + "/news?tag=").want(200)
		s.clock.advance(time.Minute)
		if after := ada.get("/room/"+h.code+"/news?tag=").want(200, "The trainer is reconnecting"); after.raw == before.raw {
			t.Error("the room does not hear that its trainer is gone")
		}
		h.answer(ada, 1, "1").want(303)
		as(olga, url.Values{"do": {"drive"}}).want(303)
		as(tess, url.Values{"do": {"close"}, "item": {h.items[1].ID}}).want(303)
		if v := h.view(); v.Item.Phase != room.Open || v.Driver == nil || v.Driver.PersonID != olga.id || v.Item.Answers != 1 {
			t.Errorf("%+v, driver %+v", v.Item, v.Driver)
		}
		as(olga, url.Values{"do": {"hand"}, "to": {tess.id}}).want(303)
		h.do(url.Values{"do": {"close"}, "item": {h.items[1].ID}}).want(303)
		if v := h.view(); v.Item.Phase != room.Closed || v.Away {
			t.Errorf("%s, away %t", v.Item.Phase, v.Away)
		}
	})
}

// Signing in on the device and claiming makes a guest's place in a room the person's; fifty presses at once are one vote.
func TestAPlaceIsClaimedAndCountsOnce(t *testing.T) {
	each(t, setup{pool: 4}, func(t *testing.T, s *site) {
		h := newHall(t, s, s.person("Tess Trainer", "trainer"))
		ada := h.in("Ada")
		h.reach(2, "open")
		form := url.Values{"item": {h.items[2].ID}, "client": {id.New()}, "choice": {"1"}}
		together(50, func(int) int { return ada.post("/room/"+h.code+"/answer", form).status })
		if v := h.view(); v.Item.Answers != 1 || v.Counts[1] != 1 {
			t.Errorf("%v of %d", v.Counts, v.Item.Answers)
		}
		guest := s.rows("SELECT person_id FROM room_participant")[0]
		to := s.person("Ada Account", "learner")
		ok(t, s.Rooms.Claim(t.Context(), s.DB, guest, to.id))
		h.page(to, "You are here as Ada", "Your answer is in: That")
		if _, err := s.Rooms.Participant(t.Context(), to.id, "??????", 0); !fault.Is(err, fault.NotFound) {
			t.Error(err)
		}
	})
}
