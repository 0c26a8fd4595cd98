package room

import (
	"strconv"
	"strings"
	"time"

	"greenroom/internal/credential"
	"greenroom/internal/locale"
	rules "greenroom/internal/room"
	"greenroom/internal/scenario"
	"greenroom/internal/workshop"
	"greenroom/web/templates/layout"
	"greenroom/web/templates/ui"
)

// PackParts are the parts of what is printed, in their order.
var PackParts = []string{"sheet", "join", "cards", "handout"}

// Pack is /teach/rooms/:room/pack.
type Pack struct {
	layout.Page
	*rules.Pack
	L       *locale.Printer
	Part    string // "" all
	Address string
	QR      credential.QR
}

func (p Pack) at() string { return "/teach/rooms/" + p.Room.ID }

func (p Pack) title() string { return p.Original.Title }

// has says whether a part is on the page. A template has no code.
func (p Pack) has(part string) bool {
	return (p.Part == "" || p.Part == part) && (part != "join" || !p.Template())
}

func (p Pack) tabs() []ui.Tab {
	out := []ui.Tab{{Text: p.L.T("room.pack.all"), Href: p.at() + "/pack", Current: p.Part == ""}}
	for _, x := range PackParts {
		if x != "join" || !p.Template() {
			out = append(out, ui.Tab{Text: p.L.T("room.pack." + x), Href: p.at() + "/pack?part=" + x, Current: p.Part == x})
		}
	}
	return out
}

// clock is when an item is planned to begin, on the wall of the place.
func (p Pack) clock(n int) string {
	at := p.Starts()
	for _, i := range p.Items[:n] {
		at = at.Add(time.Duration(i.Minutes) * time.Minute)
	}
	return at.Format("15:04")
}

// letters are those that people need to hold up, for the item with the most options.
func (p Pack) letters() []string {
	most := 0
	for n := range p.Items {
		if i := &p.Items[n]; i.Counted() && !i.Played() {
			most = max(most, len(i.Content.Options))
		}
	}
	out := make([]string, most)
	for n := range out {
		out[n] = ui.Letter(n)
	}
	return out
}

// carded says whether an item has a card of its own: what people do something with.
func carded(i *rules.Item) bool {
	return i.Asks() && i.Kind != workshop.CheckIn && !i.Played() || i.Kind == workshop.Breakout
}

// handed says whether an item stands on the handout.
func handed(i *rules.Item) bool {
	return i.Kind != workshop.Break && i.Kind != workshop.Timer && i.Kind != workshop.CheckIn
}

// blanks are the lines that people write on.
func blanks(i *rules.Item) []struct{} {
	switch {
	case i.Kind == workshop.Breakout:
		return make([]struct{}, 6)
	case i.Written(), i.Played():
		return make([]struct{}, 3)
	}
	return nil
}

// passage is a passage of a scenario as a card: with its number, and those of the cards that its choices lead to.
type passage struct {
	*scenario.Passage
	N     int
	To    string   // of a scene or a reply
	Leads []string // by choice
}

// passages are the cards of a scenario. A place where the story looks at what was done before leads to one of several cards.
func (p Pack) passages(c *scenario.Scenario) []passage {
	number := map[*scenario.Passage]int{}
	for _, x := range c.Passages {
		if x.Kind != scenario.Route {
			number[x] = len(number) + 1
		}
	}
	var out []passage
	for _, x := range c.Passages {
		if x.Kind == scenario.Route {
			continue
		}
		card := passage{Passage: x, N: number[x], To: p.leads(x.To, number)}
		for _, y := range x.Choices {
			card.Leads = append(card.Leads, p.leads(y.To, number))
		}
		out = append(out, card)
	}
	return out
}

// leads names the cards that a passage is, or, of a place that only leads on, may lead to.
func (p Pack) leads(to *scenario.Passage, number map[*scenario.Passage]int) string {
	var all []string
	seen := map[*scenario.Passage]bool{}
	var walk func(x *scenario.Passage)
	walk = func(x *scenario.Passage) {
		if x == nil || seen[x] {
			return
		}
		seen[x] = true
		if n := number[x]; n > 0 {
			all = append(all, strconv.Itoa(n))
			return
		}
		for _, r := range x.Routes {
			walk(r.To)
		}
		walk(x.To)
	}
	walk(to)
	switch len(all) {
	case 0:
		return ""
	case 1:
		return p.L.T("room.pack_card", "N", all[0])
	}
	return p.L.T("room.pack_one_of", "All", strings.Join(all, ", "))
}
