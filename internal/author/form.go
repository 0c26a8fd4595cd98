package author

import (
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
