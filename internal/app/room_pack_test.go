package app_test

import (
	"net/url"
	"strings"
	"testing"

	"greenroom/internal/room"
)

// The pack has the run sheet with times, notes and what is right; the handout and the cards have neither; a scenario is numbered
// cards that lead to each other; each part prints by itself.
func TestThePackIsPrinted(t *testing.T) {
	each(t, setup{courses: withStory()}, func(t *testing.T, s *site) {
		h := newStory(t, s, room.ByVote)
		rows := url.Values{"part": {"rows"}, "id": {h.items[0].ID}, "minutes-" + h.items[0].ID: {"25"}, "notes-" + h.items[0].ID: {"Bring pens"}}
		h.setUp(h.host, rows).want(303)
		h.setUp(h.host, url.Values{"part": {"add"}, "key": {"ask"}}).want(303)
		h.setUp(h.host, url.Values{"part": {"add"}, "kind": {"poll"}, "new_title": {"Lunch"}, "new_minutes": {"2"}, "options": {"Soup\nBread\nFruit"}, "text": {"<script>x</script>"}}).want(303)
		at := "/teach/rooms/" + h.id + "/pack"
		s.person("Olga Other", "trainer").get(at).want(404)
		all := h.host.get(at).want(200, "Bring pens", "Let them argue.", "10:00", "10:25", h.code[:3]+" "+h.code[3:], "Card 1", "Delete the cheerful post", "→ Card", "The story ends here", "Lunch", "Right")
		if strings.Contains(all.raw, "<script>x") || !strings.Contains(all.raw, "<svg class=\"pack-qr") {
			t.Error("the page runs what was typed, or has no QR code")
		}
		h.host.get(at+"?part=sheet").want(200, "Bring pens").lacks("Card 1")
		hand := h.host.get(at+"?part=handout").want(200, "Lunch", "Soup").lacks("Bring pens", "Let them argue", "Card 1")
		cards := h.host.get(at+"?part=cards").want(200, "Card 1", "Soup").lacks("Bring pens", "Let them argue")
		for _, p := range []*page{hand, cards} {
			if strings.Contains(p.raw, "<strong>Right</strong>") {
				t.Error("people are told what is right")
			}
		}
		if n := strings.Count(cards.raw, "<li>A</li>") + strings.Count(cards.raw, "<li>C</li>") + strings.Count(cards.raw, "<li>D</li>"); n != 2 {
			t.Errorf("%d of A, C and D are there to be held up, want A and C", n)
		}
		h.host.get(at + "?part=other").want(404)
		h.setUp(h.host, url.Values{"part": {"keep"}, "name": {"Kept"}}).want(303)
		kept := s.rows("SELECT id FROM room WHERE purpose = 'template'")[0]
		h.host.get("/teach/rooms/"+kept+"/pack").want(200, "Bring pens").lacks("Join sheet", "QR")
	})
}
