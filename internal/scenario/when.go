package scenario

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// When is a list of conditions that all must hold. The zero value always holds.
type When struct {
	Items []Item
	Line  int
}

// Empty says whether there is no condition.
func (w When) Empty() bool { return len(w.Items) == 0 }

// String is the condition as written.
func (w When) String() string {
	var out []string
	for _, i := range w.Items {
		out = append(out, i.String())
	}
	return strings.Join(out, ", ")
}

// Item is a condition, or alternatives of which one must hold.
type Item struct {
	Cond
	Any  [][]Cond // not nil: alternatives
	Line int
}

// String is the item as written.
func (i Item) String() string {
	if i.Any == nil {
		return i.Cond.String()
	}
	var ways []string
	for _, way := range i.Any {
		var all []string
		for _, c := range way {
			all = append(all, c.String())
		}
		ways = append(ways, strings.Join(all, " and "))
	}
	return strings.Join(ways, ", or ")
}

// condKind is what a condition asks about.
type condKind byte

const (
	asksMeter condKind = iota + 1
	asksFlag
	asksFact
)

// Cond is one condition.
type Cond struct {
	Not    bool
	kind   condKind
	index  int // meter, flag or fact
	op     string
	number int
	src    string
	fact   fact // of asksFact, until it is resolved
}

// String is the condition as written.
func (c Cond) String() string { return c.src }

// fact is something of the past that a condition asks for.
type fact struct {
	kind    string // seen, chose, timed_out
	passage string
	choice  string
}

var (
	condMeter = regexp.MustCompile(`^([a-z][a-z0-9_]*)\s*(<=|>=|<|>|=)\s*(-?[0-9]{1,9})$`)
	condFact  = regexp.MustCompile(`^(seen|timed_out|chose)\s+([a-z][a-z0-9_-]*)(?:\.([a-z][a-z0-9_-]*))?$`)
	condFlag  = regexp.MustCompile(`^[a-z][a-z0-9_-]*$`)
)

func (p *parser) when(f *object, name string) When {
	if !f.has(name) {
		return When{}
	}
	w := When{Line: f.lineOf(name)}
	for _, n := range f.list(name, 1, 20) {
		if n.Kind != yaml.MappingNode {
			if c, ok := p.cond(n, f); ok {
				w.Items = append(w.Items, Item{Cond: c, Line: n.Line})
			}
			continue
		}
		o, ok := p.object(n, f.at, "the condition of "+f.what, "any")
		if !ok {
			continue
		}
		item := Item{Any: [][]Cond{}, Line: n.Line}
		for _, way := range o.list("any", 1, 10) {
			var all []Cond
			for _, e := range p.entries(way, f.at, "an alternative of "+f.what, 1, 10) {
				if c, ok := p.cond(e, f); ok {
					all = append(all, c)
				}
			}
			if len(all) > 0 {
				item.Any = append(item.Any, all)
			}
		}
		if len(item.Any) > 0 {
			w.Items = append(w.Items, item)
		}
	}
	return w
}

const condHelp = "write a flag, a meter with <, <=, =, >= or > and a number, seen PASSAGE, chose DECISION.CHOICE or timed_out DECISION, with not in front if need be"

func (p *parser) cond(n *yaml.Node, f *object) (Cond, bool) {
	src := strings.Join(strings.Fields(n.Value), " ")
	bad := func() (Cond, bool) {
		p.rep.addf("E33", n.Line, f.at, condHelp, "%q is no condition", clip(src, 60))
		return Cond{}, false
	}
	if n.Kind != yaml.ScalarNode || len(src) > 200 {
		return bad()
	}
	c := Cond{src: src}
	rest, not := strings.CutPrefix(src, "not ")
	c.Not = not
	first, _, _ := strings.Cut(rest, " ")
	if _, isMeter := p.s.meter[first]; !isMeter && (first == "peer" || first == "trainer") {
		p.rep.addf("E10", n.Line, f.at, "take it out: other people's marks come later and may not steer the story", "the condition %q waits for other people's marks", clip(src, 60))
		return c, false
	}
	if m := condMeter.FindStringSubmatch(rest); m != nil {
		i, ok := p.s.meter[m[1]]
		if !ok {
			p.missing(n.Line, f.at, "meter", m[1], p.meterNames())
			return c, false
		}
		c.kind, c.index, c.op = asksMeter, i, m[2]
		c.number, _ = strconv.Atoi(m[3])
		return c, true
	}
	if m := condFact.FindStringSubmatch(rest); m != nil {
		if (m[1] == "chose") != (m[3] != "") {
			return bad()
		}
		c.kind, c.fact = asksFact, fact{m[1], m[2], m[3]}
		return c, true
	}
	if condFlag.MatchString(rest) {
		i, ok := p.s.flag[rest]
		if !ok {
			names := append(append([]string{}, p.s.Flags...), p.meterNames()...)
			p.missing(n.Line, f.at, "flag", rest, names)
			return c, false
		}
		c.kind, c.index = asksFlag, i
		return c, true
	}
	return bad()
}

// whenNames looks up the passages and choices that conditions name, and gives each fact its bit.
func (p *parser) whenNames(w *When, at string) {
	for i := range w.Items {
		item := &w.Items[i]
		p.factOf(&item.Cond, item.Line, at)
		for _, way := range item.Any {
			for j := range way {
				p.factOf(&way[j], item.Line, at)
			}
		}
	}
}

func (p *parser) factOf(c *Cond, line int, at string) {
	if c.kind != asksFact {
		return
	}
	x := p.s.passage[c.fact.passage]
	switch {
	case x == nil:
		p.missing(line, at, "passage", c.fact.passage, p.passageNames())
	case c.fact.kind == "chose" && x.Choice(c.fact.choice) == nil:
		var ids []string
		for _, ch := range x.Choices {
			ids = append(ids, ch.ID)
		}
		p.missing(line, at, "choice of "+x.Key, c.fact.choice, ids)
	case c.fact.kind == "timed_out" && x.Timer == nil:
		p.rep.addf("E01", line, at, "give it a timer, or take the condition out", "%q asks about the clock of %q, which has none", c.src, x.Key)
	}
	for i, known := range p.s.facts {
		if known == c.fact {
			c.index = i
			return
		}
	}
	if len(p.s.facts) >= maxFacts {
		p.rep.addf("E33", line, at, "use flags", "conditions ask for more than %d things of the past", maxFacts)
		return
	}
	c.index = len(p.s.facts)
	p.s.facts = append(p.s.facts, c.fact)
}

// Holds says whether all conditions hold.
func (w When) Holds(at *Position) bool {
	for i := range w.Items {
		if !w.Items[i].holds(at) {
			return false
		}
	}
	return true
}

func (i *Item) holds(at *Position) bool {
	if i.Any == nil {
		return i.Cond.holds(at)
	}
	for _, way := range i.Any {
		all := true
		for j := range way {
			if !way[j].holds(at) {
				all = false
				break
			}
		}
		if all {
			return true
		}
	}
	return false
}

func (c *Cond) holds(at *Position) bool {
	var yes bool
	switch c.kind {
	case asksMeter:
		yes = compare(int(at.Meters[c.index]), c.op, c.number)
	case asksFlag:
		yes = at.Flags.has(c.index)
	case asksFact:
		yes = at.past.has(c.index)
	}
	return yes != c.Not
}

func compare(a int, op string, b int) bool {
	switch op {
	case "<":
		return a < b
	case "<=":
		return a <= b
	case "=":
		return a == b
	case ">=":
		return a >= b
	}
	return a > b
}

// interval is which values of a meter a condition leaves, both ends included; empty when low > high. A negated equality
// leaves two parts, and is not narrowed.
func (c *Cond) interval(m *Meter) (low, high int, exact bool) {
	low, high = m.Min, m.Max
	op := c.op
	if c.Not {
		op = map[string]string{"<": ">=", "<=": ">", ">": "<=", ">=": "<", "=": "!="}[op]
	}
	switch op {
	case "<":
		high = min(high, c.number-1)
	case "<=":
		high = min(high, c.number)
	case ">":
		low = max(low, c.number+1)
	case ">=":
		low = max(low, c.number)
	case "=":
		low, high = max(low, c.number), min(high, c.number)
	case "!=":
		if c.number < low || c.number > high {
			return low, high, true
		}
		return low, high, false
	}
	return low, high, true
}

// deadOrSure says of a meter's condition whether it can never or must always hold.
func (c *Cond) deadOrSure(m *Meter) (never, always bool) {
	low, high, exact := c.interval(m)
	return low > high, exact && low == m.Min && high == m.Max
}

// contradicts says whether conditions that all must hold can never hold together, and explains.
func (s *Scenario) contradicts(all []*Cond) (string, bool) {
	low, high := map[int]int{}, map[int]int{}
	want := map[condKind]map[int]bool{asksFlag: {}, asksFact: {}}
	for _, c := range all {
		if c.kind == asksMeter {
			m := s.Meters[c.index]
			l, h, _ := c.interval(m)
			if _, ok := low[c.index]; !ok {
				low[c.index], high[c.index] = m.Min, m.Max
			}
			low[c.index], high[c.index] = max(low[c.index], l), min(high[c.index], h)
			if low[c.index] > high[c.index] {
				return fmt.Sprintf("no value of %s fits all of it", m.Key), true
			}
			continue
		}
		if not, seen := want[c.kind][c.index]; seen && not != c.Not {
			return fmt.Sprintf("%q stands against its opposite", strings.TrimPrefix(c.src, "not ")), true
		}
		want[c.kind][c.index] = c.Not
	}
	return "", false
}
