package author

import (
	"net/url"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

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
