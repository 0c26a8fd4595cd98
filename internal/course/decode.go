package course

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// maxYAMLDepth is how deeply a file may be nested; the format itself needs six.
const maxYAMLDepth = 20

// Decode reads a YAML file strictly into a struct: unknown fields, duplicate keys, anchors, aliases, tags, a second
// document and unquoted texts are errors, all of them reported with their lines. It returns false when the
// file could not be read as YAML at all; with other errors it fills what it can and rep.Failed() is true.
//
// Fields have the tags `yaml:"name"` and `rule:"…"`, a comma list of: required; min=N and max=N (characters of a text or
// string, entries of a list, size of a number); oneof=a|b|c (strings); key (a string that is a key: small letters, digits, single
// hyphens, at most 60); line (a text without line breaks).
//
// Field types: Text for what people read; string for keys, ids and paths; int, float64, bool; *int, *float64, *bool where absence
// matters; time.Time for a date; Value; Line; structs, pointers to structs, slices and map[string]T of all these.
// Embedded structs are read as if their fields stood in the outer one.
func Decode(f File, rep *Reporter, into any) bool { return decodeAt(f.Data, 0, rep, into) }

// DecodeFront reads the YAML front matter of a Markdown file into a struct, by the rules of Decode, and returns
// the body as a text. It returns false when there is no front matter.
func DecodeFront(f File, rep *Reporter, into any) (body Text, ok bool) {
	front, rest, found := bytes.Cut(bytes.TrimPrefix(f.Data, []byte("---\n")), []byte("\n---\n"))
	if !bytes.HasPrefix(f.Data, []byte("---\n")) || !found {
		rep.Error(1, "no front matter", "begin the file with a line ---, then title and minutes, then a line ---")
		return Text{}, false
	}
	if !decodeAt(front, 1, rep, into) {
		return Text{}, false
	}
	line := bytes.Count(front, []byte("\n")) + 4
	return newText(rep.file, line, string(rest)), true
}

func newText(file string, line int, raw string) Text {
	trimmed := strings.TrimLeft(raw, " \t\n")
	// Spaces before the first line's words may be Markdown's business (a code block); blank lines are not.
	lead := raw[:len(raw)-len(trimmed)]
	return Text{File: file, Line: line + strings.Count(lead, "\n"), Value: strings.TrimRight(raw[strings.LastIndexByte(lead, '\n')+1:], " \t\n")}
}

var (
	yamlLine = regexp.MustCompile(`^yaml: (?:line ([0-9]+): )?`)
	// The library counts lines from 0 in these messages and from 1 in the others.
	yamlParser  = regexp.MustCompile(`: did not find expected (?:<|node|key|'-'|',')`)
	yamlUnknown = regexp.MustCompile(`unknown anchor '([^']*)'`)
)

func yamlErrorLine(src []byte, msg string) int {
	line := 1
	if m := yamlLine.FindStringSubmatch(msg); m != nil && m[1] != "" {
		line, _ = strconv.Atoi(m[1])
		if yamlParser.MatchString(msg) {
			line++
		}
	} else if m := yamlUnknown.FindStringSubmatch(msg); m != nil {
		if i := bytes.Index(src, []byte("*"+m[1])); i >= 0 {
			line = 1 + bytes.Count(src[:i], []byte("\n"))
		}
	}
	return min(line, 1+bytes.Count(bytes.TrimRight(src, "\n"), []byte("\n")))
}

func decodeAt(src []byte, above int, rep *Reporter, into any) bool {
	dec := yaml.NewDecoder(bytes.NewReader(src))
	var doc yaml.Node
	if err := dec.Decode(&doc); err != nil {
		if errors.Is(err, io.EOF) {
			rep.Error(1+above, "the file is empty", "see docs/course-format.md for what belongs here")
			return false
		}
		rep.Error(yamlErrorLine(src, err.Error())+above, "this is not YAML: "+yamlLine.ReplaceAllString(err.Error(), ""),
			"look at this line and the one before: indent with spaces, put texts in quotes")
		return false
	}
	var more yaml.Node
	if err := dec.Decode(&more); !errors.Is(err, io.EOF) {
		rep.Error(more.Line+above, "a second document begins here", "one file is one document: take out the line ---")
	}
	d := &decoder{rep: rep, above: above}
	if len(doc.Content) == 0 {
		rep.Error(1+above, "the file is empty", "see docs/course-format.md for what belongs here")
		return false
	}
	if !d.sane(doc.Content[0], 0) {
		return false
	}
	d.into(doc.Content[0], reflect.ValueOf(into).Elem(), rules{}, "the file")
	return true
}

type decoder struct {
	rep   *Reporter
	above int // lines of the file above what is decoded
}

func (d *decoder) error(n *yaml.Node, what, remedy string) { d.rep.Error(n.Line+d.above, what, remedy) }

// sane refuses what this format leaves out of YAML.
func (d *decoder) sane(n *yaml.Node, depth int) bool {
	if depth > maxYAMLDepth {
		d.error(n, fmt.Sprintf("nested more than %d deep", maxYAMLDepth), "take the brackets or the indenting away")
		return false
	}
	ok := true
	if n.Anchor != "" {
		d.error(n, fmt.Sprintf("an anchor (&%s)", n.Anchor), "write the value out; put a text that begins with & in quotes")
		ok = false
	}
	if n.Kind == yaml.AliasNode {
		d.error(n, fmt.Sprintf("an alias (*%s)", n.Value), "write the value out; put a text that begins with * in quotes")
		return false
	}
	if n.Style&yaml.TaggedStyle != 0 {
		d.error(n, fmt.Sprintf("a tag (%s)", n.Tag), "take it out; put a text that begins with ! in quotes")
		ok = false
	}
	if n.Kind == yaml.MappingNode {
		seen := map[string]int{}
		for i := 0; i+1 < len(n.Content); i += 2 {
			k := n.Content[i]
			if k.Kind != yaml.ScalarNode {
				d.error(k, "a field name that is not a word", "write name: value")
				ok = false
				continue
			}
			if first, twice := seen[k.Value]; twice {
				d.error(k, fmt.Sprintf("the field %q is there twice", k.Value), fmt.Sprintf("keep one; the first is in line %d", first+d.above))
			} else {
				seen[k.Value] = k.Line
			}
		}
	}
	for _, c := range n.Content {
		ok = d.sane(c, depth+1) && ok
	}
	return ok
}

type rules struct {
	required, key, line bool
	cell                bool // a list within a list: a row, whose entries may be empty
	min, max            int
	hasMin, hasMax      bool
	oneof               []string
}

func parseRules(tag string) rules {
	var r rules
	for _, p := range strings.Split(tag, ",") {
		name, v, _ := strings.Cut(p, "=")
		switch name {
		case "required":
			r.required = true
		case "key":
			r.key = true
		case "line":
			r.line = true
		case "min":
			r.min, _ = strconv.Atoi(v)
			r.hasMin = true
		case "max":
			r.max, _ = strconv.Atoi(v)
			r.hasMax = true
		case "oneof":
			r.oneof = strings.Split(v, "|")
		}
	}
	return r
}

var (
	textType  = reflect.TypeFor[Text]()
	valueType = reflect.TypeFor[Value]()
	lineType  = reflect.TypeFor[Line]()
	timeType  = reflect.TypeFor[time.Time]()
)

func isNull(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.Tag == "!!null" }

// into decodes one node; name says in messages what it is.
func (d *decoder) into(n *yaml.Node, v reflect.Value, r rules, name string) {
	switch v.Type() {
	case textType:
		d.text(n, v, r, name)
		return
	case valueType:
		v.Set(reflect.ValueOf(d.value(n)))
		return
	case timeType:
		d.date(n, v, name)
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		p := reflect.New(v.Type().Elem())
		d.into(n, p.Elem(), r, name)
		v.Set(p)
	case reflect.Struct:
		if n.Kind != yaml.MappingNode {
			d.error(n, name+" must have fields", "write each as name: value on its own line")
			return
		}
		d.fields(n, v)
	case reflect.Slice:
		d.list(n, v, r, name)
	case reflect.Map:
		d.table(n, v, name)
	default:
		d.scalar(n, v, r, name)
	}
}

func (d *decoder) list(n *yaml.Node, v reflect.Value, r rules, name string) {
	if n.Kind != yaml.SequenceNode {
		d.error(n, name+" must be a list", "write each entry on its own line with - in front")
		return
	}
	d.size(n, len(n.Content), r, name, "entries")
	out := reflect.MakeSlice(v.Type(), len(n.Content), len(n.Content))
	for i, c := range n.Content {
		d.into(c, out.Index(i), rules{key: r.key, line: r.line, required: !r.cell, cell: v.Type().Elem().Kind() == reflect.Slice}, fmt.Sprintf("entry %d of %s", i+1, name))
	}
	v.Set(out)
}

func (d *decoder) table(n *yaml.Node, v reflect.Value, name string) {
	if n.Kind != yaml.MappingNode {
		d.error(n, name+" must have fields", "write each as name: value on its own line")
		return
	}
	out := reflect.MakeMap(v.Type())
	for i := 0; i+1 < len(n.Content); i += 2 {
		e := reflect.New(v.Type().Elem()).Elem()
		d.into(n.Content[i+1], e, rules{}, strconv.Quote(n.Content[i].Value))
		out.SetMapIndex(reflect.ValueOf(n.Content[i].Value).Convert(v.Type().Key()), e)
	}
	v.Set(out)
}

// spot is a struct's field as YAML knows it.
type spot struct {
	v    reflect.Value
	rule rules
}

func spots(v reflect.Value, line int, into map[string]spot, order *[]string) {
	t := v.Type()
	for i := range t.NumField() {
		f := t.Field(i)
		switch {
		case f.Type == lineType:
			v.Field(i).SetInt(int64(line))
		case f.Anonymous:
			spots(v.Field(i), line, into, order)
		default:
			if name := f.Tag.Get("yaml"); name != "" && name != "-" {
				into[name] = spot{v.Field(i), parseRules(f.Tag.Get("rule"))}
				*order = append(*order, name)
			}
		}
	}
}

func (d *decoder) fields(n *yaml.Node, v reflect.Value) {
	known, order := map[string]spot{}, []string(nil)
	spots(v, n.Line+d.above, known, &order)
	seen := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		k, val := n.Content[i], n.Content[i+1]
		s, ok := known[k.Value]
		if !ok {
			d.error(k, fmt.Sprintf("unknown field %q", k.Value), guess(k.Value, order))
			continue
		}
		if seen[k.Value] {
			continue
		}
		seen[k.Value] = true
		if isNull(val) {
			if s.rule.required {
				d.error(k, fmt.Sprintf("%q is empty", k.Value), "write its value behind the colon")
			}
			continue
		}
		d.into(val, s.v, s.rule, strconv.Quote(k.Value))
	}
	for _, name := range order {
		if known[name].rule.required && !seen[name] {
			d.error(n, fmt.Sprintf("the field %q is missing", name), "add it")
		}
	}
}

// guess names the field that was probably meant, or all of them.
func guess(wrong string, known []string) string {
	best, dist := "", 3
	for _, k := range known {
		if n := distance(strings.ToLower(wrong), k); n < dist {
			best, dist = k, n
		}
	}
	if best != "" {
		return fmt.Sprintf("did you mean %q?", best)
	}
	return "known here are " + strings.Join(known, ", ")
}

// distance is Levenshtein's, on short words.
func distance(a, b string) int {
	if len(a) > 40 || len(b) > 40 {
		return 40
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		diag := row[0]
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			diag, row[j] = row[j], min(row[j]+1, row[j-1]+1, diag+cost)
		}
	}
	return row[len(b)]
}
