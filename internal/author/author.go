// Package author edits scenarios by forms: it reads a scenario file as a tree (Doc), makes fields of every part of it by the
// format's own table (Spec), and writes back what a form sent, leaving everything else as it is, comments too. What is wrong
// with the file, its checker says; Place puts that beside the fields. Drafts keeps files that are being written, with every
// revision of them, and lets several people write at one.
//
// A place of the editor is Scenes, Text, one of Parts, or "p:" and the key of a passage.
package author

import (
	_ "embed"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"greenroom/internal/scenario"
)

// MaxFile is the largest file that the editor takes: what a course takes too.
const MaxFile = 256 << 10

// Places beside Parts and passages.
const (
	Scenes = "scenes" // the list of passages with where they lead
	Text   = "text"   // the file itself
)

//go:embed blank.yaml
var blank []byte

// Blank is a sound scenario of four decisions to begin with.
func Blank() []byte { return slices.Clone(blank) }

// At is the place of a passage.
func At(passage string) string { return "p:" + passage }

// Open gives the nearest place that there is: Scenes when nothing is there.
func (d *Doc) Open(at string) string {
	if key, ok := strings.CutPrefix(at, "p:"); ok && d.Kind(key) != "" || at == Text || slices.Contains(Parts, at) {
		return at
	}
	return Scenes
}

// Fields are the fields of a place.
func (d *Doc) Fields(at string) []*Field {
	if key, ok := strings.CutPrefix(at, "p:"); ok {
		return d.Passage(key)
	}
	if at != Scenes {
		return d.Part(at)
	}
	var out []*Field
	for _, k := range d.Passages() {
		out = append(out, d.Ways(k)...)
	}
	return out
}

var keyForm = regexp.MustCompile(`^[a-z][a-z0-9_-]{0,39}$`)

// fresh is a key that is not among those taken: the one asked for where it is one and is free, else a made one.
func fresh(asked, base string, taken []string) string {
	if keyForm.MatchString(asked) && !slices.Contains(taken, asked) {
		return asked
	}
	for n := len(taken) + 1; ; n++ {
		if k := base + strconv.Itoa(n); !slices.Contains(taken, k) {
			return k
		}
	}
}

// Do does what a button says at a place, after the form's fields were applied, and returns the place to show next.
// "open:PLACE" goes there; "scene" adds a passage of the kind in the field kind with the key in the field key;
// "add:PATH", "drop:PATH", "up:PATH" and "down:PATH" add to a list or table, take away and move. Anything else, and
// what does not fit, changes nothing.
func (d *Doc) Do(at, do string, form url.Values) string {
	verb, path, _ := strings.Cut(do, ":")
	switch verb {
	case "open":
		return d.Open(path)
	case "scene":
		kind := form.Get("kind")
		if passageSpecs[kind] == nil {
			return at
		}
		key := fresh(strings.TrimSpace(form.Get("key")), "scene", d.Passages())
		d.put(join("passages", key), d.newPassage(kind))
		return At(key)
	case "drop":
		if d.editable(at, path) {
			d.put(path, nil)
		}
	case "up":
		d.move(at, path, -1)
	case "down":
		d.move(at, path, 1)
	case "add":
		if f := find(d.Fields(at), path); f != nil && !f.Strange {
			d.add(f, strings.TrimSpace(form.Get("key:"+path)))
		}
	}
	return d.Open(at)
}

// editable says whether a path is a thing that the place's form can take away or move.
func (d *Doc) editable(at, path string) bool {
	if at == Scenes {
		up, name := d.holder(path)
		return strings.HasPrefix(path, "passages/") && up == d.at("passages") && d.Has(name)
	}
	var in func(fields []*Field) bool
	in = func(fields []*Field) bool {
		for _, f := range fields {
			if f.Kind == Object && f.Path == path && !f.Fixed || in(f.Fields) {
				return true
			}
			for _, it := range f.Items {
				if it.Path == path || in(it.Fields) {
					return true
				}
			}
		}
		return false
	}
	return in(d.Fields(at))
}

func (d *Doc) move(at, path string, by int) {
	n, name := d.holder(path)
	if n == nil || !d.editable(at, path) {
		return
	}
	switch n.Kind {
	case yaml.SequenceNode:
		i, _ := strconv.Atoi(name)
		if j := i + by; j >= 0 && j < len(n.Content) {
			n.Content[i], n.Content[j] = n.Content[j], n.Content[i]
		}
	case yaml.MappingNode:
		_, i := field(n, name)
		if j := i + 2*by; i >= 0 && j >= 0 && j < len(n.Content) {
			n.Content[i], n.Content[j] = n.Content[j], n.Content[i]
			n.Content[i+1], n.Content[j+1] = n.Content[j+1], n.Content[i+1]
		}
	}
}

func find(fields []*Field, path string) *Field {
	for _, f := range fields {
		if f.Path == path {
			return f
		}
		if g := find(f.Fields, path); g != nil {
			return g
		}
		for _, it := range f.Items {
			if g := find(it.Fields, path); g != nil {
				return g
			}
		}
	}
	return nil
}

func (d *Doc) add(f *Field, key string) {
	switch f.Kind {
	case Object:
		if !f.There {
			d.put(f.Path, d.skeleton(f.Of, nil))
		}
	case Table:
		if f.There = d.at(f.Path) != nil; !f.There {
			d.put(f.Path, &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map"})
		}
		d.put(join(f.Path, fresh(key, strings.TrimSuffix(f.Name, "s"), d.keys(f.Path))), d.skeleton(f.Of, nil))
	case List:
		if d.at(f.Path) == nil {
			d.put(f.Path, &yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq"})
		}
		v := written("")
		if f.Of != nil {
			var taken []string
			for _, it := range f.Items {
				taken = append(taken, it.Name)
			}
			v = d.skeleton(f.Of, taken)
		}
		d.put(join(f.Path, strconv.Itoa(len(f.Items))), v)
	}
}

// skeleton has what the fields need, empty or with the first of the words that a field takes.
func (d *Doc) skeleton(specs []Spec, taken []string) *yaml.Node {
	n := &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map"}
	for _, s := range specs {
		var v *yaml.Node
		switch {
		case s.Name == "id" && s.Needed:
			v = word(fresh("", "new", taken))
		case s.Kind == Object && s.Fixed:
			v = d.skeleton(s.Of, nil)
		case !s.Needed || s.Kind == Effects || s.Kind == When:
			continue
		case s.Kind == Line || s.Kind == Block:
			v = written("")
		case s.Kind == Select:
			v = word(s.Options[0])
		case s.Kind == Number:
			v = word(map[string]string{"max": "100", "start": "50", "seconds": "60", "weight": "1", "raters": "5", "scale": "7"}[s.Name])
			if v.Value == "" {
				v = word("0")
			}
		case s.Kind == Lines:
			v = flow(yaml.SequenceNode, written("Not yet"), written("Yes"))
			v.Style = 0
		default:
			continue
		}
		n.Content = append(n.Content, word(s.Name), v)
	}
	return n
}

func (d *Doc) newPassage(kind string) *yaml.Node {
	n := d.skeleton(passageSpecs[kind], nil)
	n.Content = append([]*yaml.Node{word("kind"), word(kind)}, n.Content...)
	return n
}

// Checked is a file with what the checker says.
type Checked struct {
	Doc *Doc // nil: forms cannot be made of it
	scenario.Report
}

// Check reads a file and checks it whole.
func Check(src []byte) Checked {
	d, cut := Read(src)
	c := Checked{d, scenario.Lint(src)}
	if d == nil && len(c.Findings) == 0 {
		c.Findings = cut
	}
	return c
}

// Scene is a passage's name for people, as a list of one; empty without such a passage.
func (c Checked) Scene(key string) []string {
	if c.Doc == nil || !c.Doc.Has(key) {
		return nil
	}
	return []string{c.Doc.name(key)}
}

// PathOf is the path of a passage in the file.
func PathOf(passage string) string { return join("passages", passage) }

// ID is the scenario's identifier, for the name of its file; "" where it is none.
func (d *Doc) ID() string {
	if id := d.value("id"); keyForm.MatchString(id) {
		return id
	}
	return ""
}
