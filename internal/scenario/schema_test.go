package scenario

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// jsonSchema is the part of JSON Schema that the scenario's schema uses; readSchema refuses any other word, so that nothing in
// it is passed over here.
type jsonSchema struct {
	Schema      string                 `json:"$schema"`
	Title       string                 `json:"title"`
	Description string                 `json:"description"`
	Type        string                 `json:"type"`
	Const       *string                `json:"const"`
	Enum        []string               `json:"enum"`
	Pattern     string                 `json:"pattern"`
	MinLength   *int                   `json:"minLength"`
	MaxLength   *int                   `json:"maxLength"`
	Minimum     *int                   `json:"minimum"`
	Maximum     *int                   `json:"maximum"`
	Properties  map[string]*jsonSchema `json:"properties"`
	ByPattern   map[string]*jsonSchema `json:"patternProperties"`
	Names       *jsonSchema            `json:"propertyNames"`
	More        *bool                  `json:"additionalProperties"`
	Required    []string               `json:"required"`
	Items       *jsonSchema            `json:"items"`
	MinItems    *int                   `json:"minItems"`
	MaxItems    *int                   `json:"maxItems"`
	MaxFields   *int                   `json:"maxProperties"`
	MinFields   *int                   `json:"minProperties"`
	OneOf       []*jsonSchema          `json:"oneOf"`
	AllOf       []*jsonSchema          `json:"allOf"`
	If          *jsonSchema            `json:"if"`
	Then        *jsonSchema            `json:"then"`
}

func readSchema(t *testing.T) *jsonSchema {
	t.Helper()
	f, err := os.Open("../../docs/schema/scenario.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	s := &jsonSchema{}
	dec := json.NewDecoder(f)
	dec.DisallowUnknownFields()
	if err := dec.Decode(s); err != nil {
		t.Fatal(err)
	}
	return s
}

var kinds = map[string]string{"!!str": "string", "!!timestamp": "string", "!!int": "integer", "!!float": "number", "!!bool": "boolean", "!!map": "object", "!!seq": "array", "!!null": "null"}

// faults says where a node is not as the schema wants it.
func (s *jsonSchema) faults(n *yaml.Node, at string) (out []string) {
	add := func(f string, args ...any) { out = append(out, at+": "+fmt.Sprintf(f, args...)) }
	kind := kinds[n.ShortTag()]
	if kind == "boolean" && n.Value != "true" && n.Value != "false" {
		kind = "string" // "no" is a word in YAML of today, and for the parser
	}
	if s.Type != "" && s.Type != kind && !(s.Type == "number" && kind == "integer") {
		add("is %s, want %s", kind, s.Type)
	}
	if s.Const != nil && n.Value != *s.Const || s.Enum != nil && !slices.Contains(s.Enum, n.Value) {
		add("cannot be %q", n.Value)
	}
	switch kind {
	case "string":
		c := utf8.RuneCountInString(n.Value)
		if s.Pattern != "" && !regexp.MustCompile(s.Pattern).MatchString(n.Value) || s.MinLength != nil && c < *s.MinLength || s.MaxLength != nil && c > *s.MaxLength {
			add("cannot be %.40q", n.Value)
		}
	case "integer":
		v := 0
		if n.Decode(&v) != nil || s.Minimum != nil && v < *s.Minimum || s.Maximum != nil && v > *s.Maximum {
			add("cannot be %s", n.Value)
		}
	case "array":
		if s.MinItems != nil && len(n.Content) < *s.MinItems || s.MaxItems != nil && len(n.Content) > *s.MaxItems {
			add("has %d entries", len(n.Content))
		}
		for i, c := range n.Content {
			if s.Items != nil {
				out = append(out, s.Items.faults(c, fmt.Sprintf("%s[%d]", at, i))...)
			}
		}
	case "object":
		out = append(out, s.fields(n, at)...)
	}
	if s.OneOf != nil {
		n := slices.IndexFunc(s.OneOf, func(o *jsonSchema) bool { return len(o.faults(n, at)) == 0 })
		if n < 0 {
			add("is none of what it may be")
		}
	}
	for _, a := range s.AllOf {
		out = append(out, a.faults(n, at)...)
	}
	if s.If != nil && s.Then != nil && len(s.If.faults(n, at)) == 0 {
		out = append(out, s.Then.faults(n, at)...)
	}
	return out
}

func (s *jsonSchema) fields(n *yaml.Node, at string) (out []string) {
	fields := len(n.Content) / 2
	if s.MaxFields != nil && fields > *s.MaxFields || s.MinFields != nil && fields < *s.MinFields {
		out = append(out, fmt.Sprintf("%s: has %d fields", at, fields))
	}
	there := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		name := n.Content[i].Value
		there[name] = true
		known := false
		if s.Names != nil {
			out = append(out, s.Names.faults(n.Content[i], at+"."+name)...)
		}
		if p := s.Properties[name]; p != nil {
			known = true
			out = append(out, p.faults(n.Content[i+1], at+"."+name)...)
		}
		for pattern, p := range s.ByPattern {
			if regexp.MustCompile(pattern).MatchString(name) {
				known = true
				out = append(out, p.faults(n.Content[i+1], at+"."+name)...)
			}
		}
		if !known && s.More != nil && !*s.More {
			out = append(out, at+": unknown "+name)
		}
	}
	for _, r := range s.Required {
		if !there[r] {
			out = append(out, at+": lacks "+r)
		}
	}
	return out
}

// scenarios are all that the product ships, and those of the tests that are sound.
func scenarios(t *testing.T) map[string][]byte {
	t.Helper()
	out := map[string][]byte{}
	for _, pattern := range []string{"../../courses/*/*/*.scenario.yaml", "testdata/cheerful-outage.yaml"} {
		names, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range names {
			src, err := os.ReadFile(n)
			if err != nil {
				t.Fatal(err)
			}
			out[n] = src
		}
	}
	if len(out) < 10 {
		t.Fatalf("only %d scenarios", len(out))
	}
	return out
}

// form are the codes of what a schema can know: fields and their values.
func form(found Findings) (out []string) {
	for _, f := range found {
		if slices.Contains([]string{"E30", "E31", "E32", "E33"}, f.Code) {
			out = append(out, f.String())
		}
	}
	return out
}

func TestTheSchemaAcceptsWhatTheParserAccepts(t *testing.T) {
	t.Parallel()
	s := readSchema(t)
	for name, src := range scenarios(t) {
		var doc yaml.Node
		if err := yaml.Unmarshal(src, &doc); err != nil {
			t.Fatal(err)
		}
		if _, found := Parse(src); found.Broken() {
			t.Errorf("%s: the parser refuses it: %v", name, found)
		}
		for _, f := range s.faults(doc.Content[0], "scenario") {
			t.Errorf("%s: the schema refuses it: %s", name, f)
		}
	}
}

// Whatever is broken in the example, one thing at a time, parser and schema agree whether it is broken: fields that go, fields
// that nobody knows, values of another type, texts that are empty or too long.
func TestTheSchemaRefusesWhatTheParserRefuses(t *testing.T) {
	t.Parallel()
	s := readSchema(t)
	src, err := os.ReadFile("testdata/cheerful-outage.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var doc yaml.Node
	if err := yaml.Unmarshal(src, &doc); err != nil {
		t.Fatal(err)
	}
	tried, refused := 0, 0
	try := func(what string) {
		raw, err := yaml.Marshal(&doc)
		if err != nil {
			t.Fatal(err)
		}
		var again yaml.Node
		if err := yaml.Unmarshal(raw, &again); err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		_, found := Parse(raw)
		parser, schema := form(found), s.faults(again.Content[0], "scenario")
		if len(parser) == 0 && len(schema) > 0 { // a way that is missing is said by the checks that follow
			for _, f := range Lint(raw).Findings {
				if f.Error() {
					parser = append(parser, f.String())
				}
			}
		}
		tried++
		if len(schema) > 0 {
			refused++
		}
		if (len(parser) > 0) != (len(schema) > 0) {
			t.Errorf("%s: the parser says %q, the schema %q", what, parser, schema)
		}
	}
	var walk func(n *yaml.Node, at string)
	walk = func(n *yaml.Node, at string) {
		switch n.Kind {
		case yaml.MappingNode:
			whole := n.Content
			if many := strings.HasSuffix(at, ".personas") || strings.HasSuffix(at, ".meters") || strings.Contains(at, ".ratings"); many && len(whole) > 2 {
				walk(whole[1], at+"."+whole[0].Value) // the others are alike
				return
			}
			for i := 0; i+1 < len(whole); i += 2 {
				n.Content = slices.Delete(slices.Clone(whole), i, i+2)
				try(at + " without " + whole[i].Value)
			}
			n.Content = append(slices.Clone(whole), &yaml.Node{Kind: yaml.ScalarNode, Value: "Zebra"}, &yaml.Node{Kind: yaml.ScalarNode, Value: "x", Style: yaml.DoubleQuotedStyle})
			try(at + " with Zebra")
			n.Content = whole
			for i := 0; i+1 < len(whole); i += 2 {
				if slices.Contains([]string{"facts", "rumour", "mixed", "headline"}, whole[i].Value) {
					continue // passages like others that are tried
				}
				walk(whole[i+1], at+"."+whole[i].Value)
			}
		case yaml.SequenceNode:
			for i, c := range n.Content {
				if i == 0 || strings.HasSuffix(at, ".routes") {
					walk(c, fmt.Sprintf("%s[%d]", at, i))
				}
			}
		case yaml.ScalarNode:
			old := *n
			for what, v := range map[string]yaml.Node{
				"a list":    {Kind: yaml.SequenceNode, Content: []*yaml.Node{{Kind: yaml.ScalarNode, Value: "1"}}},
				"a map":     {Kind: yaml.MappingNode, Content: []*yaml.Node{{Kind: yaml.ScalarNode, Value: "a"}, {Kind: yaml.ScalarNode, Value: "1"}}},
				"empty":     {Kind: yaml.ScalarNode, Value: "", Style: yaml.DoubleQuotedStyle},
				"very long": {Kind: yaml.ScalarNode, Value: strings.Repeat("y ", 4001) + "y", Style: yaml.DoubleQuotedStyle},
			} {
				*n = v
				try(at + " " + what)
			}
			*n = old
		}
	}
	walk(doc.Content[0], "scenario")
	if tried < 250 || refused < 150 {
		t.Errorf("%d tried, %d refused: the test looks at little", tried, refused)
	}
}
