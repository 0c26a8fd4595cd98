package author

import (
	"net/url"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"greenroom/internal/scenario"
)

// Field is one field of a form, with what stands in it.
type Field struct {
	Spec
	Path    string
	Value   string
	Choices []Option // of fields that choose
	Fields  []*Field // of an object, of effects (one a meter)
	Items   []*Item  // of a list or table
	There   bool     // of an object: it is not absent
	Strange bool     // the file has something here that the field cannot show; it stays as it is

	Findings    scenario.Findings
	first, last int // lines in the file
}

// Option is one thing that a field may choose.
type Option struct {
	Value, Text string
	Chosen      bool
}

// Item is one thing of a list or table.
type Item struct {
	Path     string
	Name     string // key, id or number
	Fields   []*Field
	Findings scenario.Findings
	First    bool
	Last     bool
	Key      bool // of a table: Name is a key

	first, last int
}

// builder makes fields of a tree.
type builder struct {
	d        *Doc
	passages []Option
	personas []Option
	meters   []Option
	flags    []string
}

func (d *Doc) builder() *builder {
	b := &builder{d: d}
	for _, k := range d.Passages() {
		b.passages = append(b.passages, Option{Value: k, Text: d.name(k)})
	}
	for _, k := range d.keys("personas") {
		text := k
		if n := d.value(join(join("personas", k), "name")); n != "" {
			text = n + " (" + k + ")"
		}
		b.personas = append(b.personas, Option{Value: k, Text: text})
	}
	for _, k := range d.keys("meters") {
		text := d.value(join(join("meters", k), "label"))
		if text == "" {
			text = k
		}
		b.meters = append(b.meters, Option{Value: k, Text: text})
	}
	b.flags = d.strings("flags")
	return b
}

// name is a passage's title with its key.
func (d *Doc) name(passage string) string {
	if t := d.value(join(join("passages", passage), "title")); t != "" {
		return t + " (" + passage + ")"
	}
	return passage
}

// strings is a list of single values; nil when it is something else.
func (d *Doc) strings(path string) []string {
	n := d.at(path)
	if n == nil || n.Kind != yaml.SequenceNode {
		return nil
	}
	var out []string
	for _, c := range n.Content {
		if c.Kind != yaml.ScalarNode {
			return nil
		}
		out = append(out, c.Value)
	}
	return out
}

// Passage is the form of one passage: its own fields, and what other parts of the file say about it.
func (d *Doc) Passage(key string) []*Field {
	b, kind := d.builder(), d.Kind(key)
	path := join("passages", key)
	out := b.fields(path, passageSpecs[kind])
	if kind == scenario.Decision || kind == scenario.Reply {
		out = append(out, b.field(join("debrief/comments", key), Spec{Name: "comment", Kind: Block}))
	}
	if kind == scenario.Decision && d.at("panel") != nil {
		for _, f := range out {
			for _, it := range f.Items {
				id := d.value(join(it.Path, "id"))
				if f.Name != "choices" || id == "" {
					continue
				}
				it.Fields = append(it.Fields,
					b.field(join(join("panel/ratings", key), id), Spec{Name: "ratings", Kind: Ratings}),
					b.field(join(join("panel/reasons", key), id), Spec{Name: "reason", Kind: Block}))
			}
		}
	}
	return out
}

// Part is the form of one of Parts; nil when there is no such part.
func (d *Doc) Part(name string) []*Field {
	specs, ok := partSpecs[name]
	if !ok {
		return nil
	}
	return d.builder().fields("", specs)
}

// Ways are the selects of where a passage leads: one for each answer, route, silence or the passage itself.
func (d *Doc) Ways(key string) []*Field {
	var out []*Field
	var find func(fields []*Field, name string)
	find = func(fields []*Field, name string) {
		for _, f := range fields {
			if f.Kind == Passage && f.Name == "to" {
				g := *f
				g.Spec.Name = name
				out = append(out, &g)
			}
			switch f.Name {
			case "timer", "on_timeout":
				if f.There {
					find(f.Fields, "timer")
				}
			case "choices", "routes":
				for _, it := range f.Items {
					find(it.Fields, strings.TrimSuffix(f.Name, "s")+":"+it.Name)
				}
			}
		}
	}
	b := d.builder()
	find(b.fields(join("passages", key), passageSpecs[d.Kind(key)]), "")
	return out
}

func (b *builder) fields(path string, specs []Spec) []*Field {
	out := make([]*Field, len(specs))
	for i, s := range specs {
		out[i] = b.field(join(path, s.Name), s)
	}
	return out
}

func (b *builder) field(path string, s Spec) *Field {
	f := &Field{Spec: s, Path: path}
	n := b.d.at(path)
	f.lines(b.d, path, n)
	scalar := n == nil || n.Kind == yaml.ScalarNode
	if n != nil && scalar {
		f.Value = n.Value
	}
	switch s.Kind {
	case Object:
		f.There = s.Fixed || n != nil
		f.Strange = n != nil && n.Kind != yaml.MappingNode
		if f.There && !f.Strange {
			f.Fields = b.fields(path, s.Of)
		}
	case List, Table:
		b.items(f, n)
	case Effects:
		f.Strange = n != nil && n.Kind != yaml.MappingNode
		if !f.Strange {
			b.effects(f, n)
		}
	case Set:
		b.flagsOf(f, n)
	case When:
		f.Value, f.Strange = conditions(n)
	case Words, Lines:
		list := b.d.strings(path)
		f.Strange = n != nil && (n.Kind != yaml.SequenceNode || list == nil && len(n.Content) > 0) || slices.ContainsFunc(list, func(s string) bool { return strings.Contains(strings.TrimSpace(s), "\n") })
		f.Value = strings.Join(list, "\n")
	case Ratings:
		list := b.d.strings(path)
		f.Strange = n != nil && (n.Kind != yaml.SequenceNode || list == nil && len(n.Content) > 0)
		f.Value = strings.Join(list, " ")
	case Passage:
		f.Strange = !scalar
		f.Choices = chosen(b.passages, f.Value)
	case Persona:
		f.Strange = !scalar
		f.Choices = chosen(b.personas, f.Value)
	case Select:
		f.Strange = !scalar
		var all []Option
		for _, o := range s.Options {
			all = append(all, Option{Value: o})
		}
		if f.Value == "" && !s.Needed {
			f.Value = s.Options[0]
		}
		f.Choices = chosen(all, f.Value)
	default:
		f.Strange = !scalar
	}
	return f
}

// chosen marks one of the options; a value that is none of them stays on offer, so that saving never changes it.
func chosen(all []Option, value string) []Option {
	out := slices.Clone(all)
	i := slices.IndexFunc(out, func(o Option) bool { return o.Value == value })
	if i < 0 {
		out = slices.Insert(out, 0, Option{Value: value})
		i = 0
	}
	out[i].Chosen = true
	return out
}

func (b *builder) items(f *Field, n *yaml.Node) {
	if n == nil {
		return
	}
	want := yaml.SequenceNode
	if f.Kind == Table {
		want = yaml.MappingNode
	}
	if f.Strange = n.Kind != want; f.Strange {
		return
	}
	var names []string
	if f.Kind == Table {
		names = b.d.keys(f.Path)
	} else {
		for i := range n.Content {
			names = append(names, strconv.Itoa(i))
		}
	}
	for i, name := range names {
		it := &Item{Path: join(f.Path, name), Name: name, First: i == 0, Last: i == len(names)-1, Key: f.Kind == Table}
		if !it.Key {
			it.Name = b.d.value(join(it.Path, "id"))
			if it.Name == "" {
				it.Name = strconv.Itoa(i + 1)
			}
		}
		x := b.d.at(it.Path)
		if x != nil {
			it.first, it.last = x.Line, lastLine(x)
		}
		if f.Of == nil {
			it.Fields = []*Field{b.field(it.Path, Spec{Name: f.Name, Kind: Block, Needed: true})}
		} else {
			it.Fields = b.fields(it.Path, f.Of)
		}
		f.Items = append(f.Items, it)
	}
}

// effects has a field for each meter, and for each thing in the file that is no meter.
func (b *builder) effects(f *Field, n *yaml.Node) {
	all := slices.Clone(b.meters)
	for _, k := range b.d.keys(f.Path) {
		if !slices.ContainsFunc(all, func(o Option) bool { return o.Value == k }) {
			all = append(all, Option{Value: k, Text: k})
		}
	}
	for _, m := range all {
		x := b.field(join(f.Path, m.Value), Spec{Name: m.Text, Kind: Number})
		f.Fields = append(f.Fields, x)
	}
	f.There = n != nil
}

func (b *builder) flagsOf(f *Field, n *yaml.Node) {
	have := b.d.strings(f.Path)
	if f.Strange = n != nil && (n.Kind != yaml.SequenceNode || have == nil && len(n.Content) > 0); f.Strange {
		return
	}
	for _, k := range b.flags {
		f.Choices = append(f.Choices, Option{Value: k, Text: k, Chosen: slices.Contains(have, k)})
	}
	for _, k := range have {
		if !slices.Contains(b.flags, k) {
			f.Choices = append(f.Choices, Option{Value: k, Text: k, Chosen: true})
		}
	}
}

// conditions writes a when as lines: a condition on each, alternatives as "any: a, b | c". strange means that it cannot.
func conditions(n *yaml.Node) (lines string, strange bool) {
	if n == nil {
		return "", false
	}
	if n.Kind != yaml.SequenceNode {
		return "", true
	}
	var out []string
	for _, c := range n.Content {
		switch any, i := field(c, "any"); {
		case c.Kind == yaml.ScalarNode && !strings.HasPrefix(c.Value, "any:") && !strings.Contains(c.Value, "\n"):
			out = append(out, c.Value)
		case i >= 0 && len(c.Content) == 2 && any.Kind == yaml.SequenceNode:
			var ways []string
			for _, w := range any.Content {
				var all []string
				if w.Kind != yaml.SequenceNode {
					return "", true
				}
				for _, x := range w.Content {
					if x.Kind != yaml.ScalarNode || strings.ContainsAny(x.Value, ",|\n") {
						return "", true
					}
					all = append(all, x.Value)
				}
				ways = append(ways, strings.Join(all, ", "))
			}
			out = append(out, "any: "+strings.Join(ways, " | "))
		default:
			return "", true
		}
	}
	return strings.Join(out, "\n"), false
}

func conditionNodes(lines string) *yaml.Node {
	list := flow(yaml.SequenceNode)
	for _, l := range entries(lines) {
		ways, is := strings.CutPrefix(l, "any:")
		if !is {
			list.Content = append(list.Content, word(l))
			continue
		}
		any := flow(yaml.SequenceNode)
		for _, w := range strings.Split(ways, "|") {
			way := flow(yaml.SequenceNode)
			for _, c := range strings.Split(w, ",") {
				if c = strings.TrimSpace(c); c != "" {
					way.Content = append(way.Content, word(c))
				}
			}
			any.Content = append(any.Content, way)
		}
		list.Content = append(list.Content, flow(yaml.MappingNode, word("any"), any))
	}
	if len(list.Content) == 0 {
		return nil
	}
	return list
}

// entries are the lines that say something.
func entries(s string) []string {
	var out []string
	for _, l := range strings.Split(s, "\n") {
		if l = strings.TrimSpace(l); l != "" {
			out = append(out, l)
		}
	}
	return out
}

// Apply writes what a form sent into the tree. Fields that the form did not send, and those sent as they were shown, are
// left alone.
func (d *Doc) Apply(fields []*Field, form url.Values) {
	for _, f := range fields {
		if f.Strange {
			continue
		}
		switch f.Kind {
		case Object:
			if f.There {
				d.Apply(f.Fields, form)
			}
			if f.Fixed || f.Name == "compare" {
				d.prune(f.Path)
			}
		case List, Table:
			for _, it := range f.Items {
				d.Apply(it.Fields, form)
			}
		case Effects:
			was := d.at(f.Path) != nil
			d.Apply(f.Fields, form)
			if n := d.at(f.Path); n != nil && !was {
				n.Style = yaml.FlowStyle
			}
			if was {
				d.prune(f.Path)
			}
		default:
			if sent, ok := form[f.Path]; ok {
				d.set(f, sent)
			}
		}
	}
}

// set writes one field.
func (d *Doc) set(f *Field, sent []string) {
	s := strings.TrimSpace(strings.ReplaceAll(sent[0], "\r\n", "\n"))
	var n *yaml.Node
	switch f.Kind {
	case Set:
		n = flow(yaml.SequenceNode)
		for _, o := range f.Choices {
			if slices.Contains(sent, o.Value) {
				n.Content = append(n.Content, word(o.Value))
			}
		}
		if slices.Equal(d.strings(f.Path), values(n)) {
			return
		}
		if len(n.Content) == 0 {
			n = nil
		}
	case Yes:
		if on := slices.Contains(sent, "1"); on == (f.Value == "true") {
			return
		} else if on {
			n = word("true")
		}
	case No:
		if on := slices.Contains(sent, "1"); on == (f.Value != "false") {
			return
		} else if !on {
			n = word("false")
		}
	default:
		if s == strings.TrimSpace(strings.ReplaceAll(f.Value, "\r\n", "\n")) {
			return
		}
		n = typed(f, s)
	}
	d.put(f.Path, n)
	if n == nil && strings.Contains(f.Path, "/comments/") || strings.HasPrefix(f.Path, "panel/r") {
		d.prune(f.Path)
	}
}

func values(n *yaml.Node) []string {
	var out []string
	for _, c := range n.Content {
		out = append(out, c.Value)
	}
	return out
}

// typed makes a value of what was typed; nil when it is nothing.
func typed(f *Field, s string) *yaml.Node {
	if s == "" {
		return nil
	}
	switch f.Kind {
	case Line, Block, Clock:
		return written(s)
	case When:
		return conditionNodes(s)
	case Words, Ratings:
		list := flow(yaml.SequenceNode)
		words := entries(s)
		if f.Kind == Ratings {
			words = strings.FieldsFunc(s, func(r rune) bool { return r == ' ' || r == ',' || r == '\n' || r == '\t' })
		}
		for _, w := range words {
			list.Content = append(list.Content, word(w))
		}
		return list
	case Lines:
		list := flow(yaml.SequenceNode)
		list.Style = 0
		for _, l := range entries(s) {
			list.Content = append(list.Content, written(l))
		}
		return list
	}
	return word(s)
}

func (f *Field) lines(d *Doc, path string, n *yaml.Node) {
	if n == nil {
		return
	}
	f.first, f.last = n.Line, lastLine(n)
	if up, name := d.holder(path); up != nil {
		if _, i := field(up, name); i >= 0 {
			f.first = up.Content[i].Line
		}
	}
}

func lastLine(n *yaml.Node) int {
	last := n.Line
	if n.Kind == yaml.ScalarNode && n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0 {
		last += 1 + strings.Count(n.Value, "\n")
	}
	for _, c := range n.Content {
		last = max(last, lastLine(c))
	}
	return last
}

// Place puts findings beside the fields that they are about, by their lines, and returns those that belong to none.
func Place(fields []*Field, all scenario.Findings) scenario.Findings {
	var rest scenario.Findings
	for _, f := range all {
		if !place(fields, f) {
			rest = append(rest, f)
		}
	}
	return rest
}

// whole are findings about a thing and not about the field that happens to stand on the line.
var whole = []string{"E02", "E03", "E04", "E06", "E32", "W30", "W32", "W33", "W35", "W36", "W37"}

func place(fields []*Field, x scenario.Finding) bool {
	var in *Field
	for _, f := range fields {
		if f.first == 0 || x.Line < f.first || x.Line > f.last {
			continue
		}
		if in != nil {
			return false // several on one line: it belongs to what holds them
		}
		in = f
	}
	if in == nil {
		return false
	}
	if place(in.Fields, x) {
		return true
	}
	for _, it := range in.Items {
		if x.Line < it.first || x.Line > it.last {
			continue
		}
		if !place(it.Fields, x) {
			it.Findings = append(it.Findings, x)
		}
		return true
	}
	if len(in.Fields) == 0 && len(in.Items) == 0 && slices.Contains(whole, x.Code) {
		return false
	}
	in.Findings = append(in.Findings, x)
	return true
}
