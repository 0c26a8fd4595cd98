package course

import (
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

const (
	maxText = 20_000 // characters of a text without a limit of its own
	maxKey  = 60
)

var keyForm = regexp.MustCompile(`^[a-z0-9]+(?:-[a-z0-9]+)*$`)

const quoted = yaml.SingleQuotedStyle | yaml.DoubleQuotedStyle | yaml.LiteralStyle | yaml.FoldedStyle

func (d *decoder) text(n *yaml.Node, v reflect.Value, r rules, name string) {
	if n.Kind != yaml.ScalarNode {
		d.error(n, name+" must be a text", "put it in quotes")
		return
	}
	if n.Style&quoted == 0 {
		d.error(n, name+" is a text without quotes", `put the text in quotes: "…"; without them a # or : in it cuts it in half`)
		return
	}
	line := n.Line + d.above
	if n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0 {
		line++
	}
	t := newText(d.rep.file, line, n.Value)
	if r.line && !t.oneLine() {
		d.error(n, name+" has line breaks", "write it on one line")
	}
	if !r.hasMax {
		r.max, r.hasMax = maxText, true
	}
	if t.Empty() {
		if r.required {
			d.error(n, name+" is empty", "write something between the quotes")
		}
		return
	}
	d.size(n, utf8.RuneCountInString(t.Value), r, name, "characters")
	d.rep.hear(t)
	v.Set(reflect.ValueOf(t))
}

func (d *decoder) size(n *yaml.Node, have int, r rules, name, unit string) {
	switch {
	case r.hasMax && have > r.max:
		d.error(n, fmt.Sprintf("%s has %d %s, at most %d are allowed", name, have, unit, r.max), "shorten it")
	case r.hasMin && have < r.min:
		d.error(n, fmt.Sprintf("%s has %d %s, at least %d are needed", name, have, unit, r.min), "add to it")
	}
}

func (d *decoder) value(n *yaml.Node) Value {
	v := Value{Line: n.Line + d.above}
	switch {
	case n.Kind == yaml.SequenceNode:
		v.Kind = List
		for _, c := range n.Content {
			v.List = append(v.List, d.value(c))
		}
	case n.Kind != yaml.ScalarNode:
		d.error(n, "fields cannot stand here", "write a text, a number or a list")
	case n.Style&quoted != 0:
		t := reflect.New(textType).Elem()
		d.text(n, t, rules{}, "the value")
		v.Kind, v.Scalar, v.Text = Quoted, n.Value, t.Interface().(Text)
	default:
		v.Kind, v.Scalar = Plain, n.Value
	}
	return v
}

func (d *decoder) date(n *yaml.Node, v reflect.Value, name string) {
	t, err := time.Parse(time.DateOnly, n.Value)
	if n.Kind != yaml.ScalarNode || err != nil {
		d.error(n, fmt.Sprintf("%s is not a date", name), "write year-month-day, like 2026-11-22")
		return
	}
	v.Set(reflect.ValueOf(t))
}

func (d *decoder) scalar(n *yaml.Node, v reflect.Value, r rules, name string) {
	if n.Kind != yaml.ScalarNode {
		d.error(n, name+" must be a single value", "take the list or the fields away")
		return
	}
	switch v.Kind() {
	case reflect.String:
		d.word(n, v, r, name)
	case reflect.Int:
		i, err := strconv.Atoi(n.Value)
		if err != nil || n.Style&quoted != 0 {
			d.error(n, name+" must be a whole number", "write digits without quotes")
			return
		}
		d.between(n, float64(i), r, name)
		v.SetInt(int64(i))
	case reflect.Float64:
		x, err := strconv.ParseFloat(n.Value, 64)
		if err != nil || n.Style&quoted != 0 || x != x || x > 1e15 || x < -1e15 {
			d.error(n, name+" must be a number", "write digits without quotes, like 74 or 0.5")
			return
		}
		d.between(n, x, r, name)
		v.SetFloat(x)
	case reflect.Bool:
		if n.Style&quoted != 0 || n.Value != "true" && n.Value != "false" {
			d.error(n, name+" must be true or false", "write true or false without quotes")
			return
		}
		v.SetBool(n.Value == "true")
	}
}

func (d *decoder) between(n *yaml.Node, x float64, r rules, name string) {
	if r.hasMin && x < float64(r.min) || r.hasMax && x > float64(r.max) {
		remedy := fmt.Sprintf("use a number from %d to %d", r.min, r.max)
		if !r.hasMax {
			remedy = fmt.Sprintf("use a number from %d", r.min)
		}
		d.error(n, fmt.Sprintf("%s is %s", name, n.Value), remedy)
	}
}

func (d *decoder) word(n *yaml.Node, v reflect.Value, r rules, name string) {
	s := strings.TrimSpace(n.Value)
	switch {
	case s == "" && r.required:
		d.error(n, name+" is empty", "write its value behind the colon")
	case r.key && (!keyForm.MatchString(s) || len(s) > maxKey):
		d.error(n, fmt.Sprintf("%s is not a key: %q", name, s), fmt.Sprintf("use small letters, digits and single hyphens, at most %d", maxKey))
	case r.oneof != nil && !slices.Contains(r.oneof, s):
		d.error(n, fmt.Sprintf("%s cannot be %q", name, s), "use "+strings.Join(r.oneof, ", "))
	default:
		d.size(n, utf8.RuneCountInString(s), rules{min: r.min, hasMin: r.hasMin, max: max(r.max, 0), hasMax: r.hasMax}, name, "characters")
		if !r.hasMax {
			d.size(n, utf8.RuneCountInString(s), rules{max: 2000, hasMax: true}, name, "characters")
		}
	}
	v.SetString(s)
}
