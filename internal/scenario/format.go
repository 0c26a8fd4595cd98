package scenario

import (
	"bytes"
	"errors"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// ErrBroken is the answer of Format to a file with errors: writing it anew could lose words for good.
var ErrBroken = errors.New("the file has errors; mend them first")

// Format writes a sound file anew in one shape: fields in the format's order, texts in quotation marks or blocks,
// everything else without. Comments stay. What it means does not change, and formatting again changes nothing.
func Format(src []byte) ([]byte, error) {
	s, found := Parse(src)
	if s == nil || found.Broken() {
		return nil, ErrBroken
	}
	var doc yaml.Node
	if err := yaml.Unmarshal(s.source, &doc); err != nil {
		return nil, err
	}
	shape(doc.Content[0], "")
	var b bytes.Buffer
	enc := yaml.NewEncoder(&b)
	enc.SetIndent(2)
	if err := enc.Encode(&doc); err != nil {
		return nil, err
	}
	if err := enc.Close(); err != nil {
		return nil, err
	}
	out := spaced(b.Bytes())
	if again, found := Parse(out); again == nil || found.Broken() { // never give back what cannot be read
		return nil, errors.New("this file cannot be written anew")
	}
	return out, nil
}

// textFields are the fields that people read.
var textFields = strings.Fields("title summary role label name about text ask note alt feedback subject why source at")

// textLists are lists and tables whose entries people read.
var textLists = strings.Fields("levels questions comments")

var order = map[string][]string{
	"":          strings.Fields(topFields),
	"meter":     strings.Fields("label start min max better show"),
	"persona":   strings.Fields("name handle kind about"),
	"choices":   strings.Fields("id text when effects set to feedback later"),
	"feed":      strings.Fields("id by at reply_to text image"),
	"injects":   strings.Fields("id channel from subject text trigger facilitator effects"),
	"panel":     strings.Fields("by raters scale source ratings reasons"),
	"debrief":   strings.Fields("compare comments questions read"),
	"timer":     strings.Fields("seconds on_timeout"),
	"rubric":    strings.Fields("id label levels"),
	"bands":     strings.Fields("from effects"),
	"accept":    strings.Fields("code at why"),
	"assess":    strings.Fields("self peer trainer"),
	"words":     strings.Fields("min max"),
	"later":     strings.Fields("at effects feed"),
	"pick":      strings.Fields("weight feed effects set"),
	"routes":    strings.Fields("when to"),
	"models":    strings.Fields("text why"),
	"surprises": strings.Fields("id at pick"),
}

// shape gives the nodes below a field their order and style. In is the name of the field that holds n.
func shape(n *yaml.Node, in string) {
	switch n.Kind {
	case yaml.MappingNode:
		shapeFields(n, in)
	case yaml.SequenceNode:
		for _, c := range n.Content {
			if c.Kind == yaml.ScalarNode {
				scalar(c, slices.Contains(textLists, in))
			} else {
				shape(c, in)
			}
		}
	}
}

func shapeFields(n *yaml.Node, in string) {
	keys := order[in]
	if in == "passage" {
		for i := 0; i+1 < len(n.Content); i += 2 {
			if n.Content[i].Value == "kind" {
				keys = strings.Fields(fieldsOf[n.Content[i+1].Value])
			}
		}
	}
	sortFields(n, keys)
	table := in == "meters" || in == "personas" || in == "passages"
	for i := 0; i+1 < len(n.Content); i += 2 {
		k, v := n.Content[i], n.Content[i+1]
		k.Style = 0
		name := k.Value
		if v.Kind == yaml.ScalarNode {
			// A key of comments, or of the panel's reasons, is a name; its value is a text. "at" is a text in a feed only.
			isText := slices.Contains(textLists, in) || in == "reason" || slices.Contains(textFields, name) && (name != "at" || in == "feed")
			scalar(v, isText && !(in == "effects"))
			continue
		}
		switch {
		case table:
			shape(v, strings.TrimSuffix(in, "s"))
		case in == "reasons":
			shape(v, "reason")
		default:
			shape(v, name)
		}
	}
}

func sortFields(n *yaml.Node, keys []string) {
	if keys == nil {
		return
	}
	type pair struct{ k, v *yaml.Node }
	var all []pair
	for i := 0; i+1 < len(n.Content); i += 2 {
		all = append(all, pair{n.Content[i], n.Content[i+1]})
	}
	slices.SortStableFunc(all, func(a, b pair) int { return slices.Index(keys, a.k.Value) - slices.Index(keys, b.k.Value) })
	for i, p := range all {
		n.Content[2*i], n.Content[2*i+1] = p.k, p.v
	}
}

func scalar(n *yaml.Node, text bool) {
	if !text {
		n.Style = 0
		return
	}
	n.Value = strings.TrimSpace(n.Value)
	switch {
	case n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0 && strings.Contains(n.Value, "\n"):
		n.Style = yaml.LiteralStyle
		n.Value += "\n"
	case strings.Contains(n.Value, "\n"):
		n.Style = yaml.LiteralStyle
		n.Value += "\n"
	default:
		n.Style = yaml.DoubleQuotedStyle
	}
}

// spaced puts an empty line before each passage and each part of the file that has several lines.
func spaced(src []byte) []byte {
	var out [][]byte
	inPassages := false
	for i, l := range bytes.Split(src, []byte("\n")) {
		top := len(l) > 0 && l[0] != ' ' && l[0] != '#' && l[0] != '-'
		if top {
			inPassages = bytes.HasPrefix(l, []byte("passages:"))
		}
		passage := inPassages && len(l) > 2 && l[0] == ' ' && l[1] == ' ' && l[2] != ' ' && l[2] != '#' && l[2] != '-'
		if i > 0 && (top && bytes.HasSuffix(l, []byte(":")) || passage) {
			if last := out[len(out)-1]; len(last) > 0 && !bytes.HasSuffix(last, []byte("passages:")) && !bytes.HasPrefix(bytes.TrimSpace(last), []byte("#")) {
				out = append(out, nil)
			}
		}
		out = append(out, l)
	}
	return bytes.Join(out, []byte("\n"))
}
