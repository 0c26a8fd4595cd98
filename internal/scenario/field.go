package scenario

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// parser reads the tree of one file.
type parser struct {
	s     *Scenario
	rep   *report
	lines []string // of the source, for what a comment swallowed
	posts map[string]int
}

// ref is the name of something that is looked up when all of the file has been read.
type ref struct {
	name string
	line int
}

// object is a mapping being read.
type object struct {
	p    *parser
	line int
	at   string // where findings belong: "passage", "passage.choice"
	what string // what it is, in messages
	vals map[string]*yaml.Node
	keys map[string]*yaml.Node
}

func isNull(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.Tag == "!!null" }

// object takes a mapping apart. Known are the fields it may have, separated by spaces; the rest is reported.
func (p *parser) object(n *yaml.Node, at, what, known string) (*object, bool) {
	o := &object{p: p, line: n.Line, at: at, what: what, vals: map[string]*yaml.Node{}, keys: map[string]*yaml.Node{}}
	if n.Kind != yaml.MappingNode {
		p.rep.addf("E33", n.Line, at, "write each as name: value", "%s must have fields", what)
		return o, false
	}
	names := strings.Fields(known)
	for i := 0; i+1 < len(n.Content); i += 2 {
		k, v := n.Content[i], n.Content[i+1]
		switch {
		case !slices.Contains(names, k.Value):
			p.rep.addf("E31", k.Line, at, nearest(k.Value, names, "known here are "+strings.Join(names, ", ")), "%s has no field %q", what, k.Value)
		case o.keys[k.Value] != nil:
			p.rep.addf("E31", k.Line, at, fmt.Sprintf("keep one; the first is in line %d", o.keys[k.Value].Line), "the field %q is there twice in %s", k.Value, what)
		default:
			o.keys[k.Value] = k
			if !isNull(v) {
				o.vals[k.Value] = v
			}
		}
	}
	return o, true
}

// has says whether the field has a value.
func (o *object) has(name string) bool { return o.vals[name] != nil }

// lineOf is the line of a field, else of the object.
func (o *object) lineOf(name string) int {
	if k := o.keys[name]; k != nil {
		return k.Line
	}
	return o.line
}

// need returns a field's node and reports its absence.
func (o *object) need(name string) *yaml.Node {
	if v := o.vals[name]; v != nil {
		return v
	}
	if o.keys[name] != nil {
		o.p.rep.addf("E32", o.keys[name].Line, o.at, "write its value behind the colon", "%q of %s is empty", name, o.what)
	} else {
		o.p.rep.addf("E32", o.line, o.at, "add it", "%s lacks the field %q", o.what, name)
	}
	return nil
}

func (o *object) bad(name, remedy, format string, args ...any) {
	o.p.rep.addf("E33", o.lineOf(name), o.at, remedy, format, args...)
}

const quotedStyle = yaml.SingleQuotedStyle | yaml.DoubleQuotedStyle | yaml.LiteralStyle | yaml.FoldedStyle

// Kinds of text, for limits.
const (
	lineText  = iota // one line: titles, labels, choices
	blockText        // paragraphs
)

// text reads something people read. Required texts are reported when absent.
func (o *object) text(name string, kind int, required bool) Text {
	n := o.vals[name]
	if n == nil {
		if required {
			o.need(name)
		}
		return Text{}
	}
	return o.p.text(n, o.at, fmt.Sprintf("%q of %s", name, o.what), kind)
}

func (p *parser) text(n *yaml.Node, at, name string, kind int) Text {
	if n.Kind != yaml.ScalarNode {
		p.rep.addf("E33", n.Line, at, "put it in quotation marks", "%s must be a text", name)
		return Text{}
	}
	if n.Style&quotedStyle == 0 {
		remedy := `put it in quotation marks: "…"`
		if lost := p.swallowed(n); lost != "" {
			remedy += fmt.Sprintf("; without them these words are lost: %q", lost)
		}
		p.rep.addf("E20", n.Line, at, remedy, "%s is a text without quotation marks, so a # or a colon in it could cut it", name)
	}
	t := Text{Value: strings.TrimSpace(strings.ReplaceAll(n.Value, "\r\n", "\n")), Line: n.Line}
	if n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0 {
		t.Line++
	}
	limit := maxLineSize
	if kind == blockText {
		limit = maxTextSize
	}
	switch size := utf8.RuneCountInString(t.Value); {
	case t.Value == "":
		p.rep.addf("E32", n.Line, at, "write something between the quotation marks", "%s is empty", name)
	case size > limit:
		p.rep.addf("E33", n.Line, at, "shorten it", "%s has %d characters, at most %d are allowed", name, size, limit)
	case kind == lineText && strings.Contains(t.Value, "\n"):
		p.rep.addf("E33", n.Line, at, "write it on one line", "%s has line breaks", name)
	}
	return t
}

var afterHash = regexp.MustCompile(`(?:^|\s)(#.*)$`)

// swallowed is what a # has cut from an unquoted text: on its line, or on one of the lines it goes on.
func (p *parser) swallowed(n *yaml.Node) string {
	for i := n.Line - 1; i >= 0 && i < len(p.lines) && i < n.Line+3; i++ {
		l := p.lines[i]
		if i == n.Line-1 && n.Column-1 <= len(l) {
			l = l[n.Column-1:]
		} else if i > n.Line-1 && strings.Contains(l, ": ") {
			break
		}
		if m := afterHash.FindStringSubmatch(l); m != nil {
			return clip(m[1], 60)
		}
	}
	return ""
}

func clip(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n]) + "…"
	}
	return s
}

var idForm = regexp.MustCompile(`^[a-z][a-z0-9_-]{0,59}$`)

const idRemedy = "begin with a small letter, then small letters, digits, - and _, at most 60"

func validID(s string) bool { return idForm.MatchString(s) }

// id reads an identifier of the thing itself.
func (o *object) id(name string) string {
	s := o.word(name, true)
	if s != "" && !validID(s) {
		o.bad(name, idRemedy, "%q cannot be an identifier of %s", clip(s, 60), o.what)
		return ""
	}
	return s
}

// ref reads the name of something else; it is looked up later.
func (o *object) ref(name string, required bool) ref {
	if !o.has(name) {
		if required {
			o.need(name)
		}
		return ref{}
	}
	return ref{o.word(name, required), o.lineOf(name)}
}

// word reads a single value as it is written.
func (o *object) word(name string, required bool) string {
	n := o.vals[name]
	if n == nil {
		if required {
			o.need(name)
		}
		return ""
	}
	if n.Kind != yaml.ScalarNode {
		o.bad(name, "write one word", "%q of %s must be a single value", name, o.what)
		return ""
	}
	if utf8.RuneCountInString(n.Value) > 200 {
		o.bad(name, "shorten it", "%q of %s is too long", name, o.what)
		return ""
	}
	s := strings.TrimSpace(n.Value)
	if s == "" {
		o.p.rep.addf("E32", n.Line, o.at, "write a word, or take the line out", "%q of %s is empty", name, o.what)
	}
	return s
}

// oneOf reads a word from a list; otherwise is what stands when it is absent.
func (o *object) oneOf(name, otherwise string, words ...string) string {
	s := o.word(name, otherwise == "")
	if s == "" {
		return otherwise
	}
	if !slices.Contains(words, s) {
		o.bad(name, nearest(s, words, "use "+strings.Join(words, ", ")), "%q of %s cannot be %q", name, o.what, clip(s, 60))
		return otherwise
	}
	return s
}

// number reads a whole number between two bounds.
func (o *object) number(name string, low, high, otherwise int, required bool) int {
	n := o.vals[name]
	if n == nil {
		if required {
			o.need(name)
		}
		return otherwise
	}
	i, ok := o.p.whole(n, o.at, fmt.Sprintf("%q of %s", name, o.what))
	if !ok {
		return otherwise
	}
	if i < low || i > high {
		o.p.rep.addf("E33", n.Line, o.at, fmt.Sprintf("use a number from %d to %d", low, high), "%q of %s is %d", name, o.what, i)
		return otherwise
	}
	return i
}

func (p *parser) whole(n *yaml.Node, at, name string) (int, bool) {
	i, err := strconv.Atoi(n.Value)
	if n.Kind != yaml.ScalarNode || n.Style&quotedStyle != 0 || err != nil || i > 1e9 || i < -1e9 {
		p.rep.addf("E33", n.Line, at, "write digits without quotation marks", "%s must be a whole number", name)
		return 0, false
	}
	return i, true
}

// flag reads true or false.
func (o *object) flag(name string, otherwise bool) bool {
	n := o.vals[name]
	if n == nil {
		return otherwise
	}
	if n.Kind != yaml.ScalarNode || n.Style&quotedStyle != 0 || n.Value != "true" && n.Value != "false" {
		o.bad(name, "write true or false without quotation marks", "%q of %s must be true or false", name, o.what)
		return otherwise
	}
	return n.Value == "true"
}

// list returns the entries of a list; none when it is absent.
func (o *object) list(name string, low, high int) []*yaml.Node {
	n := o.vals[name]
	if n == nil {
		if low > 0 {
			o.need(name)
		}
		return nil
	}
	return o.p.entries(n, o.at, fmt.Sprintf("%q of %s", name, o.what), low, high)
}

func (p *parser) entries(n *yaml.Node, at, name string, low, high int) []*yaml.Node {
	if n.Kind != yaml.SequenceNode {
		p.rep.addf("E33", n.Line, at, "write [a, b], or each entry on its own line with - in front", "%s must be a list", name)
		return nil
	}
	switch {
	case len(n.Content) > high:
		p.rep.addf("E33", n.Line, at, "take some out", "%s has %d entries, at most %d are allowed", name, len(n.Content), high)
		return n.Content[:high]
	case len(n.Content) < low:
		p.rep.addf("E32", n.Line, at, "add to it", "%s has %d entries, at least %d are needed", name, len(n.Content), low)
	}
	return n.Content
}

// words reads a list of single words, each with its line.
func (o *object) words(name string, high int) []ref {
	var out []ref
	for _, n := range o.list(name, 0, high) {
		if n.Kind != yaml.ScalarNode || len(n.Value) > 200 {
			o.p.rep.addf("E33", n.Line, o.at, "write one word", "an entry of %q of %s must be a single word", name, o.what)
			continue
		}
		out = append(out, ref{strings.TrimSpace(n.Value), n.Line})
	}
	return out
}

// each goes through a mapping from identifiers to something; twice is the code for a key that is there twice.
func (o *object) each(name, twice string, high int, do func(key string, k, v *yaml.Node)) {
	n := o.vals[name]
	if n == nil {
		return
	}
	if n.Kind != yaml.MappingNode {
		o.bad(name, "write each as identifier: …", "%q of %s must have one entry an identifier", name, o.what)
		return
	}
	seen := map[string]int{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		k, v := n.Content[i], n.Content[i+1]
		if i/2 >= high {
			o.p.rep.addf("E33", k.Line, o.at, "take some out", "%q of %s has more than %d entries", name, o.what, high)
			return
		}
		if first, ok := seen[k.Value]; ok {
			o.p.rep.addf(twice, k.Line, o.at, fmt.Sprintf("give this one another name, or take it out; the first is in line %d", first), "%q is there twice in %s", clip(k.Value, 60), name)
			continue
		}
		seen[k.Value] = k.Line
		if !validID(k.Value) {
			o.p.rep.addf("E33", k.Line, o.at, idRemedy, "%q cannot be an identifier in %s", clip(k.Value, 60), name)
			continue
		}
		do(k.Value, k, v)
	}
}
