package scenario

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Map is the story drawn in layers from start to the endings, top to bottom.
type Map struct {
	Nodes         []*Node
	Lines         []*Line
	Width, Height int
	byPassage     map[*Passage]*Node
}

// Node is a passage on the map. X and Y are its centre.
type Node struct {
	*Passage
	Layer, X, Y int
	Alone       bool // nothing leads to it
	place       float64
}

// half is how far a node reaches up and down: a route is a dot, since nobody sees it.
func (n *Node) half() int {
	if n.Kind == Route {
		return RouteSize
	}
	return NodeHeight / 2
}

// Line is one way from a passage to another; several answers that lead the same way are one line.
type Line struct {
	From, To *Node
	Labels   []string // ids of choices; "" for silence; nothing for scenes, replies and routes
	Back     bool     // it leads up
}

// Sizes of the map, in the units of its drawing.
const (
	NodeWidth  = 168
	NodeHeight = 56
	RouteSize  = 9 // radius of the dot of a route
	gapX       = 28
	gapY       = 56
	margin     = 16
)

// Node finds a passage's node.
func (m *Map) Node(p *Passage) *Node { return m.byPassage[p] }

// Map lays the story out: each passage below all that lead to it (loops aside), and as near to them as fits.
func (s *Scenario) Map() *Map {
	m := &Map{byPassage: map[*Passage]*Node{}}
	reached := s.reach(s.Start)
	for _, p := range s.Passages {
		n := &Node{Passage: p, Alone: !reached[p.index]}
		m.Nodes = append(m.Nodes, n)
		m.byPassage[p] = n
	}
	back := s.backLines()
	for _, n := range m.Nodes {
		m.linesOf(n, back)
	}
	m.layers()
	m.places()
	return m
}

type step struct{ from, to *Passage }

// backLines are the lines that close loops, seen from the start.
func (s *Scenario) backLines() map[step]bool {
	out := map[step]bool{}
	mark := make([]byte, len(s.Passages))
	type frame struct {
		p    *Passage
		next int
	}
	roots := append([]*Passage{s.Start}, s.Passages...)
	for _, root := range roots {
		if root == nil || mark[root.index] != 0 {
			continue
		}
		stack := []frame{{root, 0}}
		mark[root.index] = 1
		for len(stack) > 0 {
			f := &stack[len(stack)-1]
			exits := f.p.exits()
			if f.next == len(exits) {
				mark[f.p.index] = 2
				stack = stack[:len(stack)-1]
				continue
			}
			to := exits[f.next]
			f.next++
			switch mark[to.index] {
			case 0:
				mark[to.index] = 1
				stack = append(stack, frame{to, 0})
			case 1:
				out[step{f.p, to}] = true
			}
		}
	}
	return out
}

func (m *Map) linesOf(n *Node, back map[step]bool) {
	own := map[*Passage]*Line{}
	add := func(to *Passage, label string, named bool) {
		if to == nil {
			return
		}
		l := own[to]
		if l == nil {
			l = &Line{From: n, To: m.byPassage[to], Back: back[step{n.Passage, to}]}
			own[to] = l
			m.Lines = append(m.Lines, l)
		}
		if named {
			l.Labels = append(l.Labels, label)
		}
	}
	for _, c := range n.Choices {
		add(c.To, c.ID, true)
	}
	if n.Timer != nil {
		add(n.Timer.To, "", true)
	}
	add(n.To, "", false)
	for _, r := range n.Routes {
		add(r.To, "", false)
	}
}

// layers puts each node one below the lowest that leads to it.
func (m *Map) layers() {
	for range m.Nodes {
		moved := false
		for _, l := range m.Lines {
			if !l.Back && l.To.Layer <= l.From.Layer {
				l.To.Layer = l.From.Layer + 1
				moved = true
			}
		}
		if !moved {
			return
		}
	}
}

// places orders the nodes of each layer by where their neighbours are, a few times down and up, and gives them coordinates.
func (m *Map) places() {
	var rows [][]*Node
	for _, n := range m.Nodes {
		for len(rows) <= n.Layer {
			rows = append(rows, nil)
		}
		n.place = float64(len(rows[n.Layer]))
		rows[n.Layer] = append(rows[n.Layer], n)
	}
	for round := range 8 {
		for i := range rows {
			row := rows[i]
			if round%2 == 1 {
				row = rows[len(rows)-1-i]
			}
			m.sortRow(row, round%2 == 0)
		}
	}
	widest := 1
	for _, row := range rows {
		widest = max(widest, len(row))
	}
	m.Width = 2*margin + widest*NodeWidth + (widest-1)*gapX
	m.Height = 2*margin + len(rows)*NodeHeight + max(len(rows)-1, 0)*gapY
	for y, row := range rows {
		full := len(row)*NodeWidth + (len(row)-1)*gapX
		x := (m.Width-full)/2 + NodeWidth/2
		for _, n := range row {
			n.X, n.Y = x, margin+NodeHeight/2+y*(NodeHeight+gapY)
			x += NodeWidth + gapX
		}
	}
}

func (m *Map) sortRow(row []*Node, down bool) {
	want := map[*Node]float64{}
	for _, n := range row {
		sum, count := 0.0, 0
		for _, l := range m.Lines {
			switch {
			case down && l.To == n && !l.Back:
				sum, count = sum+l.From.place, count+1
			case !down && l.From == n && !l.Back:
				sum, count = sum+l.To.place, count+1
			}
		}
		want[n] = n.place
		if count > 0 {
			want[n] = sum / float64(count)
		}
	}
	slices.SortStableFunc(row, func(a, b *Node) int { return cmp.Compare(want[a], want[b]) })
	for i, n := range row {
		n.place = float64(i) - float64(len(row)-1)/2
	}
}

// Path is the line's drawing as an SVG path, from the lower edge of one card to the upper edge of the other.
func (l *Line) Path() string {
	x1, y1, x2, y2 := l.From.X, l.From.Y+l.From.half(), l.To.X, l.To.Y-l.To.half()
	if l.Back || l.From == l.To {
		x1, y1, x2, y2 = l.From.X+NodeWidth/2, l.From.Y, l.To.X+NodeWidth/2, l.To.Y
		return fmt.Sprintf("M%d %dC%d %d %d %d %d %d", x1, y1, x1+gapX, y1, x2+gapX, y2, x2, y2)
	}
	mid := (y1 + y2) / 2
	return fmt.Sprintf("M%d %dC%d %d %d %d %d %d", x1, y1, x1, mid, x2, mid, x2, y2)
}

// Outline is the map in words: each passage with what leads on from it.
func (s *Scenario) Outline() string {
	m := s.Map()
	var b strings.Builder
	for _, n := range m.sorted() {
		title := n.Title.Value
		if n.Kind == Route {
			title = "-"
		}
		fmt.Fprintf(&b, "%s (%s) %s\n", n.Key, n.Kind, title)
		if n == m.Node(s.Start) {
			b.WriteString("    begins here\n")
		}
		if n.Alone {
			b.WriteString("    nothing leads here\n")
		}
		for _, c := range n.Choices {
			when := ""
			if !c.When.Empty() {
				when = "  if " + c.When.String()
			}
			fmt.Fprintf(&b, "    %s -> %s%s\n", c.ID, key(c.To), when)
		}
		if n.Timer != nil {
			fmt.Fprintf(&b, "    (silence for %d seconds) -> %s\n", n.Timer.Seconds, key(n.Timer.To))
		}
		if n.Kind == Scene || n.Kind == Reply {
			fmt.Fprintf(&b, "    -> %s\n", key(n.To))
		}
		for _, r := range n.Routes {
			when := "otherwise"
			if !r.When.Empty() {
				when = "if " + r.When.String()
			}
			fmt.Fprintf(&b, "    %s -> %s\n", when, key(r.To))
		}
		if n.Kind == Ending {
			fmt.Fprintf(&b, "    ends %s\n", n.Outcome)
		}
	}
	return b.String()
}

func key(p *Passage) string {
	if p == nil {
		return "?"
	}
	return p.Key
}

func (m *Map) sorted() []*Node {
	out := slices.Clone(m.Nodes)
	slices.SortStableFunc(out, func(a, b *Node) int { return cmp.Or(cmp.Compare(a.Layer, b.Layer), cmp.Compare(a.X, b.X)) })
	return out
}

// SVG is the map as a drawing of its own.
func (s *Scenario) SVG() string {
	m := s.Map()
	var b strings.Builder
	esc := strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;").Replace
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="sans-serif" font-size="12" role="img"><title>%s</title>`+"\n", m.Width, m.Height, esc(s.Title.Value))
	for _, l := range m.Lines {
		fmt.Fprintf(&b, `<path d="%s" fill="none" stroke="#76828c" stroke-width="1.5"/>`+"\n", l.Path())
	}
	for _, n := range m.Nodes {
		title := n.Title.Value
		if n.Kind == Route {
			fmt.Fprintf(&b, `<circle cx="%d" cy="%d" r="%d" fill="#ffffff" stroke="#0b5c69"><title>%s</title></circle>`+"\n", n.X, n.Y, RouteSize, esc(n.Key))
			continue
		}
		fmt.Fprintf(&b, `<rect x="%d" y="%d" width="%d" height="%d" rx="8" fill="#ffffff" stroke="#0b5c69"/>`, n.X-NodeWidth/2, n.Y-NodeHeight/2, NodeWidth, NodeHeight)
		fmt.Fprintf(&b, `<text x="%d" y="%d" text-anchor="middle" font-weight="bold">%s</text>`, n.X, n.Y-4, esc(n.Key))
		fmt.Fprintf(&b, `<text x="%d" y="%d" text-anchor="middle">%s</text>`+"\n", n.X, n.Y+14, esc(clip(title, 24)))
	}
	b.WriteString("</svg>\n")
	return b.String()
}
