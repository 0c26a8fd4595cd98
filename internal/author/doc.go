package author

import (
	"net/url"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"greenroom/internal/scenario"
)

// Doc is the tree of a scenario that is being edited. Places in it are paths of keys and numbers with slashes between,
// "passages/lunch/choices/0/to". Whatever an edit does not name stays as it is.
type Doc struct{ root *yaml.Node }

// Read makes a Doc of a file. It is nil, with the findings that say why, when forms cannot be made of it: it cannot be
// read at all (E30), or a # may have cut a text (E20), and writing the file would lose those words for good.
func Read(src []byte) (*Doc, scenario.Findings) {
	root, found := scenario.Tree(src)
	if root == nil {
		return nil, found
	}
	if _, all := scenario.Parse(src); all.Has("E20") {
		var cut scenario.Findings
		for _, f := range all {
			if f.Code == "E20" {
				cut = append(cut, f)
			}
		}
		return nil, cut
	}
	return &Doc{root}, nil
}

// Bytes writes the file.
func (d *Doc) Bytes() ([]byte, error) { return scenario.Write(d.root) }

func join(path, name string) string {
	name = strings.NewReplacer("%", "%25", "/", "%2F").Replace(name)
	if path == "" {
		return name
	}
	return path + "/" + name
}

func split(path string) []string {
	if path == "" {
		return nil
	}
	parts := strings.Split(path, "/")
	for i, p := range parts {
		if s, err := url.PathUnescape(p); err == nil {
			parts[i] = s
		}
	}
	return parts
}

// field finds the value of a key, with the key's place among the contents; -1 when there is none.
func field(n *yaml.Node, name string) (*yaml.Node, int) {
	if n != nil && n.Kind == yaml.MappingNode {
		for i := 0; i+1 < len(n.Content); i += 2 {
			if n.Content[i].Value == name {
				return n.Content[i+1], i
			}
		}
	}
	return nil, -1
}

// at finds what stands at a path; nil when there is nothing.
func (d *Doc) at(path string) *yaml.Node {
	n := d.root
	for _, p := range split(path) {
		switch {
		case n == nil:
			return nil
		case n.Kind == yaml.SequenceNode:
			i, err := strconv.Atoi(p)
			if err != nil || i < 0 || i >= len(n.Content) {
				return nil
			}
			n = n.Content[i]
		default:
			n, _ = field(n, p)
		}
	}
	if n != nil && n.Kind == yaml.ScalarNode && n.Tag == "!!null" {
		return nil
	}
	return n
}

// parent finds the holder of a path, making mappings on the way where there is nothing; nil when the way leads through
// something else.
func (d *Doc) parent(path string) (*yaml.Node, string) {
	parts := split(path)
	n := d.root
	for _, p := range parts[:len(parts)-1] {
		var next *yaml.Node
		switch n.Kind {
		case yaml.SequenceNode:
			i, err := strconv.Atoi(p)
			if err != nil || i < 0 || i >= len(n.Content) {
				return nil, ""
			}
			next = n.Content[i]
		case yaml.MappingNode:
			v, i := field(n, p)
			switch {
			case i < 0:
				v = &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map"}
				n.Content = append(n.Content, word(p), v)
			case v.Kind == yaml.ScalarNode && v.Tag == "!!null":
				v = &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map"}
				n.Content[i+1] = v
			}
			next = v
		default:
			return nil, ""
		}
		n = next
	}
	return n, parts[len(parts)-1]
}

// put sets what stands at a path; nil takes it away.
func (d *Doc) put(path string, v *yaml.Node) {
	if v == nil && d.at(path) == nil {
		if p, _ := d.holder(path); p == nil {
			return
		}
	}
	n, name := d.parent(path)
	if n == nil {
		return
	}
	switch n.Kind {
	case yaml.SequenceNode:
		i, err := strconv.Atoi(name)
		switch {
		case err != nil || i < 0 || i > len(n.Content):
		case v == nil && i < len(n.Content):
			n.Content = slices.Delete(n.Content, i, i+1)
		case v != nil && i == len(n.Content):
			n.Content = append(n.Content, v)
		case v != nil:
			n.Content[i] = v
		}
	case yaml.MappingNode:
		_, i := field(n, name)
		switch {
		case v == nil && i >= 0:
			n.Content = slices.Delete(n.Content, i, i+2)
		case v != nil && i >= 0:
			n.Content[i+1] = v
		case v != nil:
			n.Content = append(n.Content, word(name), v)
		}
	}
}

// holder is the parent of a path where it is there already.
func (d *Doc) holder(path string) (*yaml.Node, string) {
	up, name := "", path
	if i := strings.LastIndexByte(path, '/'); i >= 0 {
		up, name = path[:i], path[i+1:]
	}
	if s, err := url.PathUnescape(name); err == nil {
		name = s
	}
	return d.at(up), name
}

// prune takes empty mappings and lists away, from a path upwards.
func (d *Doc) prune(path string) {
	for path != "" {
		n := d.at(path)
		if n != nil && (n.Kind == yaml.ScalarNode || len(n.Content) > 0) {
			return
		}
		d.put(path, nil)
		i := strings.LastIndexByte(path, '/')
		if i < 0 {
			return
		}
		path = path[:i]
	}
}

// keys are the keys of a table, in file order.
func (d *Doc) keys(path string) []string {
	var out []string
	if n := d.at(path); n != nil && n.Kind == yaml.MappingNode {
		for i := 0; i+1 < len(n.Content); i += 2 {
			out = append(out, n.Content[i].Value)
		}
	}
	return out
}

// value is a single value; "" when there is none.
func (d *Doc) value(path string) string {
	if n := d.at(path); n != nil && n.Kind == yaml.ScalarNode {
		return n.Value
	}
	return ""
}

// Kind is the kind of a passage; "" when there is no such passage or its kind is none.
func (d *Doc) Kind(passage string) string {
	k := d.value(join(join("passages", passage), "kind"))
	if passageSpecs[k] == nil {
		return ""
	}
	return k
}

// Has says whether there is such a passage.
func (d *Doc) Has(passage string) bool { return d.at(join("passages", passage)) != nil }

// Passages are the keys of all passages, in file order.
func (d *Doc) Passages() []string { return d.keys("passages") }

// Title is the scenario's title.
func (d *Doc) Title() string { return strings.TrimSpace(d.value("title")) }

// word is a value as it is written: digits are a number, the rest a word. What would be read as something else, such as
// no or 1.5, keeps its look in the file, and the checker says what is wrong with it.
func word(s string) *yaml.Node {
	s = strings.TrimSpace(s)
	n := &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: s}
	if _, err := strconv.Atoi(s); err == nil {
		n.Tag = "!!int"
	}
	if s == "true" || s == "false" {
		n.Tag = "!!bool"
	}
	return n
}

// written is a text that people read.
func written(s string) *yaml.Node {
	n := &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: strings.TrimSpace(s), Style: yaml.DoubleQuotedStyle}
	if strings.Contains(n.Value, "\n") {
		n.Style = yaml.LiteralStyle
	}
	return n
}

func flow(kind yaml.Kind, content ...*yaml.Node) *yaml.Node {
	tag := "!!seq"
	if kind == yaml.MappingNode {
		tag = "!!map"
	}
	return &yaml.Node{Kind: kind, Tag: tag, Style: yaml.FlowStyle, Content: content}
}
