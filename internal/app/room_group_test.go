package app_test

import (
	"net/url"
	"strconv"
	"strings"
	"testing"

	"greenroom/internal/room"
)

func (h *hall) groups(f url.Values) *page {
	f.Set("item", h.items[len(h.items)-1].ID)
	return h.host.post("/teach/rooms/"+h.id+"/groups", f)
}

// breakout puts a breakout at the end of the run sheet and goes there.
func (h *hall) breakout() {
	h.t.Helper()
	h.setUp(h.host, url.Values{"part": {"add"}, "kind": {"breakout"}, "new_title": {"In groups"}, "new_minutes": {"10"}, "text": {"Write it down."}}).want(303)
	h.items = h.view().Items
	h.reach(len(h.items)-1, "")
}

// sizes are how many people are in each group.
func (h *hall) sizes() string {
	var out []string
	for _, g := range h.view().Breakout.Groups {
		out = append(out, strconv.Itoa(len(g.People)))
	}
	return strings.Join(out, " ")
}

// Groups at random: everybody is in one, who comes late in the smallest; a note that two write is lost by nobody; messages and
// the call back reach all, and the summary has what was written.
func TestGroupsAtRandom(t *testing.T) {
	each(t, setup{}, func(t *testing.T, s *site) {
		h := newHall(t, s, s.person("Tess Trainer", "trainer"))
		var in []*client
		for n := range 7 {
			in = append(in, h.in("Person "+string(rune('A'+n))))
		}
		h.breakout()
		h.page(in[0], "Write it down", "Your trainer makes the groups")
		h.groups(url.Values{"do": {"make"}, "way": {"random"}, "size": {"9"}}).want(422, "Give 2 to 8 people")
		h.groups(url.Values{"do": {"make"}, "way": {"random"}, "size": {"3"}}).want(303)
		if got := h.sizes(); got != "3 2 2" {
			t.Errorf("sizes %s", got)
		}
		late := h.in("Late Larry")
		h.in("Later Lena")
		if got := h.sizes(); got != "3 3 3" {
			t.Errorf("with who came late: %s", got)
		}
		h.page(late, "You are in group", "Late Larry")

		g := h.view().Breakout.Groups[0]
		var two []*client
		for _, c := range in {
			if strings.Contains(h.page(c).words(), "You are in group 1") {
				two = append(two, c)
			}
		}
		note := func(c *client, version int, text string) *page {
			return c.post("/room/"+h.code+"/note", url.Values{"item": {g.ItemID}, "version": {strconv.Itoa(version)}, "note": {text}})
		}
		note(two[0], 0, "First <b>thought</b>").want(303)
		note(two[1], 0, "Second thought").want(422, "Somebody in your group saved while you were typing", "First &lt;b&gt;thought", "Second thought", `name="version" value="1"`)
		note(two[1], 1, "First and second thought").want(303)
		note(two[1], 1, "First and second thought").want(303) // sent twice
		note(two[0], 2, strings.Repeat("x", room.MaxNote+1)).want(422, "longer than 4000")
		h.page(two[0], "First and second thought")
		for _, c := range in {
			if p := h.page(c); !strings.Contains(p.words(), "You are in group 1") && strings.Contains(p.words(), "second thought") {
				t.Error("another group reads the note")
			}
		}
		h.groups(url.Values{"do": {"make"}, "way": {"hand"}, "size": {"2"}}).want(303)
		if got := h.sizes(); got != "3 3 3" {
			t.Errorf("groups with a note were thrown away: %s", got)
		}

		h.groups(url.Values{"do": {"message"}, "message": {"Five <i>more</i> minutes"}}).want(303)
		h.page(late, "From your trainer", "Five &lt;i&gt;more")
		h.groups(url.Values{"do": {"call"}, "call": {"11"}}).want(422, "Give 1 to 10 minutes")
		h.groups(url.Values{"do": {"call"}, "call": {"2"}}).want(303)
		h.page(late, "Come back to the whole room", "Until ")
		stage := s.nobody().get("/room/"+h.id+"/stage").want(200, "Come back to the whole room", "Group 3", "3 people")
		if strings.Contains(stage.raw, "Larry") || strings.Contains(stage.raw, "second thought") {
			t.Error("the stage says who is in which group, or what they wrote")
		}
		h.groups(url.Values{"do": {"uncall"}}).want(303)
		h.page(late).lacks("Come back")
		h.host.get("/teach/rooms/"+h.id).want(200, "First and second thought", "Group 3")
		h.reach(0, "")
		note(two[0], 2, "Too late").want(303)
		h.host.get("/teach/rooms/"+h.id+"/summary").want(200, "In groups", "First and second thought", "Nothing was written down").lacks("Too late")
		h.host.get("/teach/rooms/"+h.id+"/summary.csv").want(200, "First and second thought")
		s.healthy()
	})
}

// Groups by hand and by choice.
func TestGroupsByHandAndByChoice(t *testing.T) {
	each(t, setup{}, func(t *testing.T, s *site) {
		h := newHall(t, s, s.person("Tess Trainer", "trainer"))
		ada, bob, cyd := h.in("Ada"), h.in("Bob"), h.in("Cyd")
		h.breakout()
		choose := func(c *client, n string) *page {
			return c.post("/room/"+h.code+"/group", url.Values{"item": {h.items[4].ID}, "group": {n}})
		}
		choose(ada, "1").want(303) // before there are any
		h.groups(url.Values{"do": {"make"}, "way": {"hand"}, "size": {"2"}}).want(303)
		h.page(ada, "You are in no group yet")
		choose(ada, "1").want(303)
		if got := h.sizes(); got != "0 0" {
			t.Errorf("they chose, where they are placed: %s", got)
		}
		who := h.view().Breakout.Loose[0]
		h.groups(url.Values{"do": {"place"}, "who": {who.ID}, "group": {"7"}}).want(422)
		h.groups(url.Values{"do": {"place"}, "who": {"nobody"}, "group": {"1"}}).want(404)
		h.groups(url.Values{"do": {"place"}, "who": {who.ID}, "group": {"2"}}).want(303)
		h.page(ada, "You are in group 2")
		s.person("Olga Other", "trainer").post("/teach/rooms/"+h.id+"/groups", url.Values{"do": {"rest"}, "item": {h.items[4].ID}}).want(404)
		h.groups(url.Values{"do": {"rest"}}).want(303)
		if got := h.sizes(); got != "2 1" && got != "1 2" {
			t.Errorf("the rest: %s", got)
		}
		h.groups(url.Values{"do": {"place"}, "who": {who.ID}, "group": {"0"}}).want(303)
		h.page(ada, "You are in no group yet")

		h.groups(url.Values{"do": {"make"}, "way": {"self"}, "size": {"2"}}).want(303)
		h.page(bob, "Choose your group")
		choose(bob, "9").want(422)
		choose(bob, "2").want(303)
		choose(cyd, "1").want(303)
		choose(cyd, "2").want(303)
		h.page(cyd, "You are in group 2", "Bob, Cyd")
		if got := h.sizes(); got != "0 2" {
			t.Errorf("chosen: %s", got)
		}
		h.in("Dee")
		if v := h.view(); len(v.Breakout.Loose) != 2 {
			t.Errorf("%d are in no group", len(v.Breakout.Loose))
		}
	})
}
