package scenario

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Parse reads one file strictly and reports everything wrong with its form, and every name that leads nowhere (E01, E05,
// E09 to E13, E20, E21, E30 to E33). The scenario is nil when the file cannot be read at all; when the findings are
// broken it is good for nothing but messages. Parse never fails otherwise, whatever the bytes.
func Parse(src []byte) (*Scenario, Findings) {
	rep := &report{lines: 1}
	s := parse(src, rep)
	rep.all.sort()
	return s, rep.all
}

func parse(src []byte, rep *report) *Scenario {
	data := clean(src, rep)
	if data == nil {
		return nil
	}
	root := tree(data, rep)
	if root == nil {
		return nil
	}
	p := &parser{
		s: &Scenario{
			passage: map[string]*Passage{}, persona: map[string]*Persona{}, meter: map[string]int{}, flag: map[string]int{},
			lines: map[string]int{}, source: data,
		},
		rep: rep, lines: strings.Split(string(data), "\n"), posts: map[string]int{},
	}
	o, _ := p.object(root, "", "the scenario", topFields)
	for name, k := range o.keys {
		p.s.lines[name] = k.Line
	}
	p.head(o)
	p.cast(o)
	p.passages(o)
	p.injects(o)
	p.surprises(o)
	p.panel(o)
	p.debrief(o)
	p.accept(o)
	p.resolve(o)
	return p.s
}

// topFields are the fields of a file in the order in which format writes them.
const topFields = "schema id title summary version language minutes licence courses skills role start back meters flags personas passages injects surprises panel debrief accept"

var (
	placeForm    = regexp.MustCompile(`^[a-z0-9]+(?:-[a-z0-9]+)*(?:/[a-z0-9]+(?:-[a-z0-9]+)*){1,2}$`)
	languageForm = regexp.MustCompile(`^[a-zA-Z]{2,3}(?:-[a-zA-Z0-9]{2,8})*$`)
)

func (p *parser) head(o *object) {
	s := p.s
	if v := o.word("schema", true); v != "" && v != Schema {
		o.bad("schema", "write schema: "+Schema, "the format %q is not known here", clip(v, 40))
	}
	s.ID = o.id("id")
	s.Title = o.text("title", lineText, true)
	s.Summary = o.text("summary", lineText, false)
	s.Version = o.number("version", 1, 1_000_000, 0, true)
	if s.Language = o.word("language", true); s.Language != "" && !languageForm.MatchString(s.Language) {
		o.bad("language", "write a code like en or en-AU", "%q is no language", clip(s.Language, 40))
	}
	s.Minutes = o.number("minutes", 1, 60, 0, false)
	s.Licence = o.word("licence", true)
	s.Courses = p.places(o, "courses")
	for _, r := range o.words("skills", maxList) {
		if !validID(r.name) {
			p.rep.addf("E33", r.line, "", idRemedy, "%q cannot be the name of a skill", clip(r.name, 60))
			continue
		}
		s.Skills = append(s.Skills, r.name)
	}
	s.Role = o.text("role", blockText, true)
	s.Back = o.flag("back", true)
}

func (p *parser) places(o *object, name string) []string {
	var out []string
	for _, r := range o.words(name, maxList) {
		if !placeForm.MatchString(r.name) {
			p.rep.addf("E33", r.line, o.at, "write course/module or course/module/step, with their keys", "%q is no place in a course", clip(r.name, 80))
			continue
		}
		out = append(out, r.name)
	}
	return out
}

// cast reads meters, flags and personas.
func (p *parser) cast(o *object) {
	s := p.s
	o.need("meters")
	o.each("meters", "E05", maxMeters, func(key string, k, v *yaml.Node) {
		m := &Meter{Key: key, Line: k.Line, index: len(s.Meters)}
		f, ok := p.object(v, key, "the meter "+key, "label start min max better show")
		if !ok {
			return
		}
		m.Label = f.text("label", lineText, true)
		m.Min = f.number("min", -maxMeterSize, maxMeterSize, 0, true)
		m.Max = f.number("max", -maxMeterSize, maxMeterSize, 0, true)
		m.Start = f.number("start", -maxMeterSize, maxMeterSize, 0, true)
		m.HighIsGood = f.oneOf("better", "", "high", "low") == "high"
		m.Live = f.oneOf("show", "debrief", "live", "debrief") == "live"
		switch {
		case f.has("min") && f.has("max") && m.Min >= m.Max:
			f.bad("min", "turn the two numbers round", "min %d of the meter %s is not below max %d", m.Min, key, m.Max)
		case f.has("start") && (m.Start < m.Min || m.Start > m.Max):
			f.bad("start", fmt.Sprintf("use a number from %d to %d", m.Min, m.Max), "the meter %s starts at %d, outside its range", key, m.Start)
		}
		s.meter[key] = m.index
		s.Meters = append(s.Meters, m)
	})
	for _, r := range o.words("flags", maxFlags) {
		switch {
		case !validID(r.name):
			p.rep.addf("E33", r.line, "", idRemedy, "%q cannot be the name of a flag", clip(r.name, 60))
		case slices.Contains(s.Flags, r.name):
			p.rep.addf("E05", r.line, r.name, "keep one", "the flag %q is there twice", r.name)
		default:
			s.flag[r.name] = len(s.Flags)
			s.Flags = append(s.Flags, r.name)
		}
	}
	o.each("personas", "E31", maxPersonas, func(key string, k, v *yaml.Node) {
		f, ok := p.object(v, key, "the persona "+key, "name handle kind about")
		if !ok {
			return
		}
		n := &Persona{Key: key, Line: k.Line}
		n.Name = f.text("name", lineText, true)
		n.Handle = f.word("handle", false)
		if strings.HasPrefix(n.Handle, "@") || strings.ContainsAny(n.Handle, " \t") {
			f.bad("handle", "write it without @ and spaces", "%q is no handle", clip(n.Handle, 60))
		}
		n.Kind = f.oneOf("kind", "", personaKinds...)
		n.About = f.text("about", lineText, false)
		s.persona[key] = n
		s.Personas = append(s.Personas, n)
	})
}

func (p *parser) passages(o *object) {
	s := p.s
	if o.need("passages") != nil {
		o.each("passages", "E05", maxPassages, func(key string, k, v *yaml.Node) {
			x := &Passage{Key: key, Line: k.Line, index: len(s.Passages)}
			if p.onePassage(x, v) {
				s.passage[key] = x
				s.Passages = append(s.Passages, x)
			}
		})
	}
	if start := o.ref("start", true); start.name != "" {
		s.Start = p.to(start, "", "start")
	}
}

// fieldsOf are the fields of each kind of passage, in the order in which format writes them.
var fieldsOf = map[string]string{
	Scene:    "kind title text image feed effects to",
	Decision: "kind title text image feed effects ask timer choices",
	Reply:    "kind title text image feed effects ask words rubric models assess bands to",
	Route:    "kind effects routes",
	Ending:   "kind title outcome text image feed effects",
}

func (p *parser) onePassage(x *Passage, v *yaml.Node) bool {
	what := "the passage " + x.Key
	kind := ""
	for i := 0; v.Kind == yaml.MappingNode && i+1 < len(v.Content); i += 2 {
		if v.Content[i].Value == "kind" {
			kind = v.Content[i+1].Value
		}
	}
	known := fieldsOf[kind]
	if known == "" { // all of them: only the kind is wrong
		known = "kind title text image feed effects ask timer choices words rubric models assess bands to routes outcome"
	}
	if kind == Ending { // an ending with a way out is E03, not an unknown field
		known += " to choices routes"
	}
	f, ok := p.object(v, x.Key, what, known)
	if !ok {
		return false
	}
	if x.Kind = f.oneOf("kind", "", passageKinds...); x.Kind == "" {
		return false
	}
	if x.Kind != Route {
		x.Title = f.text("title", lineText, true)
		x.Text = f.text("text", blockText, true)
	}
	x.Image = p.image(f)
	x.Feed = p.feed(f)
	x.Effects = p.effects(f)
	switch x.Kind {
	case Scene:
		x.to = p.exit(f, x)
	case Decision:
		p.decision(f, x)
	case Reply:
		p.reply(f, x)
	case Route:
		p.routes(f, x)
	case Ending:
		x.Outcome = f.oneOf("outcome", "", Good, Mixed, Poor)
		for _, name := range []string{"to", "choices", "routes"} {
			if f.has(name) {
				p.rep.addf("E03", f.lineOf(name), x.Key, "take it out, or make the passage a scene", "the ending %q leads on", x.Key)
			}
		}
	}
	return true
}

func (p *parser) exit(f *object, x *Passage) ref {
	if !f.has("to") {
		p.rep.addf("E03", x.Line, x.Key, "add to: with the passage that comes next", "the passage %q leads nowhere", x.Key)
		return ref{}
	}
	return f.ref("to", true)
}

func (p *parser) decision(f *object, x *Passage) {
	x.Ask = f.text("ask", lineText, true)
	if !f.has("choices") {
		p.rep.addf("E03", x.Line, x.Key, "add choices", "the decision %q has no choices", x.Key)
	} else {
		for i, n := range f.list("choices", 1, maxChoices) {
			if c := p.choice(n, x, i); c != nil {
				x.Choices = append(x.Choices, c)
			}
		}
		if len(f.vals["choices"].Content) == 0 {
			p.rep.addf("E03", x.Line, x.Key, "add choices", "the decision %q has no choices", x.Key)
		}
	}
	if !f.has("timer") {
		return
	}
	t, ok := p.object(f.vals["timer"], x.Key, "the timer of "+x.Key, "seconds on_timeout")
	if !ok {
		return
	}
	x.Timer = &Timer{Line: t.line, Seconds: t.number("seconds", 1, 3600, 0, true)}
	if t.has("seconds") && x.Timer.Seconds > 0 && x.Timer.Seconds < 20 {
		p.rep.addf("E09", t.lineOf("seconds"), x.Key, "give people 20 seconds at least", "the clock of %q runs out after %d seconds", x.Key, x.Timer.Seconds)
	}
	if !t.has("on_timeout") {
		p.rep.addf("E09", t.line, x.Key, "add on_timeout with to: and what silence does", "the clock of %q has no outcome for silence", x.Key)
		return
	}
	out, ok := p.object(t.vals["on_timeout"], x.Key, "on_timeout of "+x.Key, "to effects note")
	if ok {
		if x.Timer.to = out.ref("to", false); x.Timer.to.name == "" {
			p.rep.addf("E09", out.line, x.Key, "add to: with the passage that comes next", "silence leads nowhere from %q", x.Key)
		}
		x.Timer.Effects = p.effects(out)
		x.Timer.Note = out.text("note", blockText, false)
	}
}

func (p *parser) choice(n *yaml.Node, x *Passage, i int) *Choice {
	what := fmt.Sprintf("choice %d of %s", i+1, x.Key)
	f, ok := p.object(n, x.Key, what, "id text when effects set to feedback later")
	if !ok {
		return nil
	}
	c := &Choice{ID: f.id("id"), Line: n.Line, index: i}
	f.at = x.Key + "." + c.ID
	if c.ID == "" {
		f.at = x.Key
	} else if twin := x.Choice(c.ID); twin != nil {
		p.rep.addf("E05", f.lineOf("id"), f.at, fmt.Sprintf("give this one another id; the first is in line %d", twin.Line), "the choice %q is twice in %q", c.ID, x.Key)
	}
	c.Text = f.text("text", lineText, true)
	c.When = p.when(f, "when")
	c.Effects = p.effects(f)
	c.Set = p.set(f)
	if c.to = f.ref("to", false); c.to.name == "" {
		p.rep.addf("E03", c.Line, f.at, "add to: with the passage that comes next", "the choice %q leads nowhere", c.ID)
	}
	c.Feedback = f.text("feedback", blockText, false)
	for _, n := range f.list("later", 0, maxList) {
		l, ok := p.object(n, f.at, "later of "+what, "at effects feed")
		if !ok {
			continue
		}
		if len(p.s.laters) >= maxLaters {
			p.rep.addf("E33", n.Line, f.at, "take some out", "the file has more than %d later effects", maxLaters)
			break
		}
		late := &Later{at: l.ref("at", true), Effects: p.effects(l), Feed: p.feed(l), Line: n.Line, From: c, index: len(p.s.laters)}
		c.Later = append(c.Later, late)
		p.s.laters = append(p.s.laters, late)
	}
	return c
}

func (p *parser) routes(f *object, x *Passage) {
	if !f.has("routes") {
		p.rep.addf("E03", x.Line, x.Key, "add routes", "the route %q leads nowhere", x.Key)
		return
	}
	entries := f.list("routes", 1, maxList)
	for i, n := range entries {
		r, ok := p.object(n, x.Key, fmt.Sprintf("route %d of %s", i+1, x.Key), "when to")
		if !ok {
			continue
		}
		way := RouteTo{When: p.when(r, "when"), Line: n.Line, to: r.ref("to", true)}
		last := i == len(entries)-1
		switch {
		case last && r.has("when"):
			p.rep.addf("E07", n.Line, x.Key, "add a last route without when, for all other cases", "the last route of %q has a condition, so the story may stop there", x.Key)
		case !last && !r.has("when"):
			p.rep.addf("E07", n.Line, x.Key, "give it a condition, or move it to the end", "route %d of %q has no condition, so those after it are never taken", i+1, x.Key)
		}
		x.Routes = append(x.Routes, way)
	}
}
