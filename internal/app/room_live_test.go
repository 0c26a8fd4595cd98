package app_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/gorilla/websocket"

	"greenroom/internal/id"
	"greenroom/internal/live"
	"greenroom/internal/room"
)

// roomPage is somebody's open page, as its socket hears the room.
type roomPage struct {
	t    *testing.T
	ws   *websocket.Conn
	rest []live.Frame
}

// ticket is the first message of a socket.
func (c *client) ticket() map[string]string {
	c.s.t.Helper()
	var got struct{ Ticket string }
	ok(c.s.t, json.Unmarshal([]byte(c.post("/live/ticket", nil).want(200).raw), &got))
	return map[string]string{"t": "ticket", "ticket": got.Ticket}
}

func (h *hall) listen(c *client, topics ...string) *roomPage {
	h.t.Helper()
	u, err := url.Parse(h.url)
	ok(h.t, err)
	head := http.Header{"Origin": {h.url}}
	for _, k := range c.http.Jar.Cookies(u) {
		head.Add("Cookie", k.String())
	}
	ws, res, err := websocket.DefaultDialer.Dial("ws"+strings.TrimPrefix(h.url, "http")+"/live", head)
	ok(h.t, err)
	_ = res.Body.Close()
	h.t.Cleanup(func() { _ = ws.Close() })
	e := &roomPage{t: h.t, ws: ws}
	ok(h.t, ws.WriteJSON(c.ticket()))
	e.next("hello")
	for _, topic := range topics {
		n, epoch, err := h.Streams.Head(h.t.Context(), topic)
		ok(h.t, err)
		ok(h.t, ws.WriteJSON(map[string]any{"t": "sub", "topic": topic, "after": n, "epoch": epoch}))
	}
	return e
}

// next is the next frame, which is of the kind wanted: "sub", "gone", or of an event its kind.
func (e *roomPage) next(want string) live.Frame {
	e.t.Helper()
	f := e.frame()
	if got := strings.TrimPrefix(f.T+f.Kind, "event"); got != want {
		e.t.Fatalf("heard %q of %s, want %q", got, f.Topic, want)
	}
	return f
}

// frame is the next one, whatever it is.
func (e *roomPage) frame() live.Frame {
	e.t.Helper()
	for len(e.rest) == 0 {
		ok(e.t, e.ws.SetReadDeadline(time.Now().Add(20*time.Second)))
		_, raw, err := e.ws.ReadMessage()
		ok(e.t, err)
		for line := range strings.SplitSeq(string(raw), "\n") {
			var f live.Frame
			ok(e.t, json.Unmarshal([]byte(line), &f))
			e.rest = append(e.rest, f)
		}
	}
	f := e.rest[0]
	e.rest = e.rest[1:]
	return f
}

// A page hears what it shows: a phone each change of the room, a console each answer too. Guests hear their room and no
// other; nobody but its hosts hears the desk.
func TestARoomIsHeard(t *testing.T) {
	each(t, setup{pool: 4}, func(t *testing.T, s *site) {
		h := newHall(t, s, s.person("Tess Trainer", "trainer"))
		ada, bob := h.in("Ada"), h.in("Bob")
		of, desk := room.StreamOf(h.id), room.DeskOf(h.id)
		phone := h.listen(ada, of, desk)
		phone.next("sub")
		phone.next("gone")
		stranger := s.nobody()
		stranger.post(tiny+"/enrol", nil).want(303)
		h.listen(stranger, of).next("gone")
		s.nobody().get("/live").want(303)
		console := h.listen(h.host, of, desk)
		console.next("sub")
		console.next("sub")
		ended := h.listen(s.person("Olga Other", "trainer"), of, desk)
		ended.next("gone")
		ended.next("gone")

		h.reach(2, "open")
		phone.next("state")
		if f := phone.next("state"); string(f.Data) != `{"spread":4}` {
			t.Errorf("two people spread their asking over %s", f.Data)
		}
		tag := valueOf(h.page(ada).raw, "data-tag")
		h.answer(bob, 2, "1").want(303)
		h.answer(ada, 2, "1").want(303)
		if now := valueOf(h.page(ada).raw, "data-tag"); now != tag {
			t.Errorf("an answer changes the phones' tag from %s to %s", tag, now)
		}
		h.reach(2, "close")
		phone.next("state")          // go again
		phone.next("state")          // and none of the answers came between
		heard := map[string]string{} // each stream in its order; which of the two is told first is open
		for range 6 {
			f := console.frame()
			heard[f.Topic] += f.Kind + " "
		}
		if heard[of] != "state state state state " || heard[desk] != "answer answer " {
			t.Errorf("the console heard %v", heard)
		}
		stale := ada.get("/room/" + h.code + "/news?tag=" + tag).want(200)
		ada.get("/room/" + h.code + "/news?tag=" + valueOf(stale.raw, "data-tag")).want(204)
	})
}

// valueOf is the value of the first attribute of a page with the name.
func valueOf(raw, name string) string {
	_, rest, _ := strings.Cut(raw, name+`="`)
	value, _, _ := strings.Cut(rest, `"`)
	return value
}

// A driver's open page says by its socket that it is there; when it is gone the room is told, once, and again when it is back.
// Votes for questions are told together, at the next beat.
func TestARoomHearsThatItsTrainerIsGone(t *testing.T) {
	each(t, setup{courses: withQuestions(), pool: 4}, func(t *testing.T, s *site) {
		h := newHall(t, s, s.person("Tess Trainer", "trainer"))
		ada, bob := h.in("Ada"), h.in("Bob")
		h.reach(3, "open")
		phone := h.listen(ada, room.StreamOf(h.id))
		phone.next("sub")
		console := h.listen(h.host, room.DeskOf(h.id))
		console.next("sub")
		beat := func() { ok(t, s.Rooms.Beat(t.Context(), true)) }
		beat()
		s.clock.advance(room.AwayAfter - time.Second)
		beat() // its socket stands
		s.clock.advance(room.AwayAfter - time.Second)
		h.page(ada).lacks("The trainer is reconnecting")
		ok(t, console.ws.Close())
		for len(s.Live.Listeners(room.DeskTopics)) > 0 {
			<-time.After(time.Millisecond)
		}
		s.clock.advance(2 * time.Second)
		beat()
		beat()
		phone.next("away")
		h.page(ada, "The trainer is reconnecting")
		h.host.post("/teach/rooms/"+h.id+"/here", nil).want(204)
		beat()
		phone.next("away")
		h.page(ada).lacks("The trainer is reconnecting")

		if v := h.view(); !v.Here(&v.People[0]) || v.Here(&v.People[1]) {
			t.Errorf("heard of Ada at %s and of Bob at %s, now %s", v.People[0].SeenAt, v.People[1].SeenAt, v.Now)
		}
		ask := func(c *client, body string) {
			c.post("/room/"+h.code+"/write", url.Values{"item": {h.items[3].ID}, "client": {id.New()}, "body": {body}}).want(303)
		}
		ask(ada, "Why?")
		e := h.view().Entries[0]
		h.do(url.Values{"do": {"entry"}, "entry": {e.ID}, "state": {"shown"}}).want(303)
		phone.next("entry")
		for _, c := range []*client{ada, bob} {
			c.post("/room/"+h.code+"/vote", url.Values{"entry": {e.ID}, "on": {"yes"}}).want(303)
		}
		beat()
		beat()
		phone.next("votes")
		h.reach(3, "close")
		phone.next("state")
	})
}

// Who looks back at what was shown is told where the trainer is, sees what is for everybody, and cannot answer there.
func TestLookingBack(t *testing.T) {
	each(t, setup{}, func(t *testing.T, s *site) {
		h := newHall(t, s, s.person("Tess Trainer", "trainer"))
		ada := h.in("Ada")
		at := func(n int) *page { return ada.get(fmt.Sprintf("/room/%s?at=%d", h.code, n)) }
		h.reach(0, "")
		h.page(ada).lacks("Look back")
		h.reach(2, "open")
		h.answer(ada, 2, "1").want(303)
		h.reach(2, "reveal")
		h.reach(3, "open")
		h.page(ada, "What you take away", "Look back at: Do you know").lacks("Follow the trainer")
		at(3).want(200, "Results: 1 person answered", "Your trainer is at: What you take away", "Follow the trainer", "Look back at: Who is here").lacks("Change my answer")
		at(1).want(200, "Who is here", "Look on at: Do you know", "Follow the trainer").lacks("I am here</button>")
		at(2).want(200, "What you take away").lacks("Choose one", "Follow the trainer") // it was not shown
		at(99).want(200, "What you take away")
		ada.get("/room/"+h.code+"/news?at=3&tag=").want(200, "Follow the trainer")
		h.do(url.Values{"do": {"end"}}).want(303)
		at(3).want(200, "The workshop is over").lacks("Look back")
	})
}

// withQuestions is the tiny course whose run sheet ends with questions from the room.
func withQuestions() fstest.MapFS {
	m := small()
	sheet := strings.Replace(tinyRoom, `kind: exit, title: "What you take away"`, `kind: qa, title: "Questions"`, 1)
	m["tiny/01-first/60-room.workshop.yaml"] = &fstest.MapFile{Data: []byte(sheet)}
	return m
}
