package author

import (
	"regexp"
	"strings"

	"go.yaml.in/yaml/v3"

	"greenroom/internal/fault"
)

// Rename gives a passage another key. Everything in the file that names it follows: ways, conditions, later effects, messages,
// surprises, the panel's ratings, the debrief, accepted warnings and gaps of an import. Invalid, with the field "rename", when
// the key is none or is taken; nothing has changed then.
func (d *Doc) Rename(from, to string) error {
	if from == to || !d.Has(from) {
		return nil
	}
	tables := []string{"passages", "debrief/comments", "panel/ratings", "panel/reasons"}
	var bad fault.Fields
	if !keyForm.MatchString(to) {
		bad.Add("rename", "author.error.key")
		return bad.Err()
	}
	for _, path := range tables {
		if _, i := field(d.at(path), to); i >= 0 {
			bad.Add("rename", "author.error.key_taken", "Key", to)
			return bad.Err()
		}
	}
	for _, path := range tables {
		if n := d.at(path); n != nil {
			if _, i := field(n, from); i >= 0 {
				n.Content[i].SetString(to)
			}
		}
	}
	fact := regexp.MustCompile(`^(\s*(?:not\s+)?(?:seen|timed_out|chose)\s+)` + regexp.QuoteMeta(from) + `(\.|\s*$)`)
	follow := func(kind Kind, n *yaml.Node) {
		switch {
		case kind == Passage && n.Value == from:
			n.SetString(to)
		case kind == When:
			n.Value = fact.ReplaceAllString(n.Value, "${1}"+to+"${2}")
		}
	}
	for _, specs := range partSpecs {
		scalars(d.root, specs, follow)
	}
	for _, key := range d.Passages() {
		for _, specs := range passageSpecs { // of all kinds: a field that is out of place follows too
			scalars(d.at(PathOf(key)), specs, follow)
		}
	}
	d.renameAccepted(from, to)
	for _, n := range []*yaml.Node{d.root, d.root.Content[0]} {
		lines := strings.Split(n.HeadComment, "\n")
		for i, l := range lines {
			if rest, ok := strings.CutPrefix(l, gapMark+from+": "); ok {
				lines[i] = gapMark + to + ": " + rest
			}
		}
		n.HeadComment = strings.Join(lines, "\n")
	}
	return nil
}

// renameAccepted follows in accept, where "at" names a passage, or "passage.choice"; of two codes it names a meter or a flag.
func (d *Doc) renameAccepted(from, to string) {
	n := d.at("accept")
	if n == nil || n.Kind != yaml.SequenceNode {
		return
	}
	for _, entry := range n.Content {
		code, _ := field(entry, "code")
		at, _ := field(entry, "at")
		if code == nil || at == nil || code.Value == "W31" || code.Value == "W34" {
			continue
		}
		if rest, ok := strings.CutPrefix(at.Value, from); ok && (rest == "" || rest[0] == '.') {
			at.SetString(to + rest)
		}
	}
}

// scalars calls fn with every single value below a node that the format knows, and with the kind of its field.
func scalars(n *yaml.Node, specs []Spec, fn func(Kind, *yaml.Node)) {
	for _, s := range specs {
		if v, _ := field(n, s.Name); v != nil {
			scalar(v, s, fn)
		}
	}
}

func scalar(v *yaml.Node, s Spec, fn func(Kind, *yaml.Node)) {
	switch {
	case v.Kind == yaml.ScalarNode:
		fn(s.Kind, v)
	case s.Kind == Object:
		scalars(v, s.Of, fn)
	case s.Kind == List && s.Of != nil:
		for _, c := range v.Content {
			scalars(c, s.Of, fn)
		}
	case s.Kind == Table:
		for i := 1; i < len(v.Content); i += 2 {
			scalars(v.Content[i], s.Of, fn)
		}
	case s.Kind == When:
		for _, c := range v.Content {
			scalar(c, s, fn)
		}
	}
}
