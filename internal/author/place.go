package author

import (
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"greenroom/internal/scenario"
)

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
