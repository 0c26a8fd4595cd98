package course

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// schema is the part of JSON Schema that docs/schema uses.
type schema struct {
	Type                   any
	Const                  any
	Enum                   []string
	Pattern                string
	MinLength, MaxLength   *int
	Minimum, Maximum       *float64
	Properties             map[string]*schema
	Required               []string
	AdditionalProperties   *bool
	Items                  *schema
	MinItems, MaxItems     *int
	Title, Description, ID string
}

func readSchema(t *testing.T, name string) *schema {
	t.Helper()
	raw, err := os.ReadFile("../../docs/schema/" + name + ".schema.json")
	if err != nil {
		t.Fatal(err)
	}
	s := &schema{}
	if err := json.Unmarshal(raw, s); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return s
}

func (s *schema) check(n *yaml.Node, at string) (faults []string) {
	fault := func(f string, args ...any) {
		faults = append(faults, fmt.Sprintf("line %d %s: ", n.Line, at)+fmt.Sprintf(f, args...))
	}
	kind := map[string]string{"!!str": "string", "!!timestamp": "string", "!!int": "integer", "!!float": "number", "!!bool": "boolean", "!!map": "object", "!!seq": "array"}[n.ShortTag()]
	if s.Type != nil && !strings.Contains(fmt.Sprint(s.Type), kind) && !(kind == "integer" && strings.Contains(fmt.Sprint(s.Type), "number")) {
		fault("is %s, want %v", kind, s.Type)
	}
	count := utf8.RuneCountInString(n.Value)
	switch kind {
	case "object":
		for i := 0; i+1 < len(n.Content); i += 2 {
			name := n.Content[i].Value
			if p := s.Properties[name]; p != nil {
				faults = append(faults, p.check(n.Content[i+1], at+"."+name)...)
			} else if s.AdditionalProperties != nil {
				fault("unknown %s", name)
			}
		}
		for _, r := range s.Required {
			if !slices.ContainsFunc(n.Content, func(c *yaml.Node) bool { return c.Value == r }) {
				fault("lacks %s", r)
			}
		}
	case "array":
		if s.MinItems != nil && len(n.Content) < *s.MinItems || s.MaxItems != nil && len(n.Content) > *s.MaxItems {
			fault("has %d entries", len(n.Content))
		}
		for _, c := range n.Content {
			if s.Items != nil {
				faults = append(faults, s.Items.check(c, at+"[]")...)
			}
		}
	case "string":
		if s.Enum != nil && !slices.Contains(s.Enum, n.Value) || s.Const != nil && s.Const != n.Value ||
			s.Pattern != "" && !regexp.MustCompile(s.Pattern).MatchString(n.Value) {
			fault("cannot be %q", n.Value)
		}
		if s.MinLength != nil && count < *s.MinLength || s.MaxLength != nil && count > *s.MaxLength {
			fault("has %d characters", count)
		}
	}
	return faults
}

// The schemas accept every shipped file, so an editor that uses them does not complain about good courses.
func TestSchemasAcceptTheShippedCourses(t *testing.T) {
	t.Parallel()
	seen := map[string]int{}
	err := fs.WalkDir(os.DirFS("../../courses"), ".", func(p string, e fs.DirEntry, err error) error {
		if err != nil || path.Ext(p) != ".yaml" {
			return err
		}
		name := strings.TrimSuffix(path.Base(p), ".yaml")
		if i := strings.LastIndexByte(name, '.'); i >= 0 {
			name = name[i+1:]
		}
		raw, err := os.ReadFile("../../courses/" + p)
		if err != nil {
			return err
		}
		var doc yaml.Node
		if err := yaml.Unmarshal(raw, &doc); err != nil {
			return fmt.Errorf("%s: %w", p, err)
		}
		seen[name]++
		for _, f := range readSchema(t, name).check(doc.Content[0], name) {
			t.Errorf("%s: %s", p, f)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, kind := range []string{"course", "module", "quiz", "reflection", "worksheet", "resources"} {
		if seen[kind] == 0 {
			t.Errorf("no %s was looked at", kind)
		}
	}
}

// The schemas of our own files name the fields and limits that the parser knows.
func TestSchemasMatchTheStructs(t *testing.T) {
	t.Parallel()
	for name, typ := range map[string]reflect.Type{"course": reflect.TypeFor[courseFile](), "module": reflect.TypeFor[moduleFile](), "glossary": reflect.TypeFor[glossaryFile](), "pathways": reflect.TypeFor[pathwaysFile]()} {
		same(t, name, readSchema(t, name), typ)
	}
}

func same(t *testing.T, at string, s *schema, typ reflect.Type) {
	t.Helper()
	v, fields, order := reflect.New(typ).Elem(), map[string]spot{}, []string(nil)
	spots(v, 0, fields, &order)
	if len(s.Properties) != len(order) {
		t.Errorf("%s: the schema has %d fields, the parser %d", at, len(s.Properties), len(order))
	}
	for _, name := range order {
		p, r := s.Properties[name], fields[name].rule
		if p == nil {
			t.Errorf("%s: the schema lacks %s", at, name)
			continue
		}
		if slices.Contains(s.Required, name) != r.required {
			t.Errorf("%s.%s: required is %v in the parser", at, name, r.required)
		}
		if r.oneof != nil && p.Const == nil && !slices.Equal(r.oneof, p.Enum) {
			t.Errorf("%s.%s: %v, the parser has %v", at, name, p.Enum, r.oneof)
		}
		for _, l := range []struct {
			have *int
			set  bool
			want int
		}{{p.MaxLength, r.hasMax, r.max}, {p.MaxItems, r.hasMax, r.max}, {p.MinItems, r.hasMin, r.min}} {
			if l.have != nil && l.set && *l.have != l.want {
				t.Errorf("%s.%s: limit %d, the parser has %d", at, name, *l.have, l.want)
			}
		}
		if ft := fields[name].v.Type(); ft.Kind() == reflect.Slice && ft.Elem().Kind() == reflect.Struct && ft.Elem() != textType {
			same(t, at+"."+name, p.Items, ft.Elem())
		}
	}
}
