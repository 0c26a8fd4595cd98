package course

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// GlossaryFile is the name of the file, beside the courses' folders, with the words that the courses share.
const GlossaryFile = "glossary.yaml"

// Glossary are the words that the courses of a site share. It is immutable, as a Revision is.
type Glossary struct {
	Title string
	Intro string
	Terms []GlossaryTerm // by alphabet

	by map[string]*GlossaryTerm
}

// GlossaryTerm is one word and what it means.
type GlossaryTerm struct {
	Key     string // stable: the anchor of the page
	Term    string
	Meaning string   // plain text
	Also    []string // other names of the same thing
	Source  Ref      // empty when the words are the authors' own
	Modules []Ref    // where it is used
}

// Ref names a part of a course: a module, or a source of its list.
type Ref struct{ Course, Part string }

// String is the reference as it stands in files.
func (r Ref) String() string { return r.Course + "/" + r.Part }

// Find is the term of a name, one of its other names, or nil. Capitals do not matter. A nil glossary has no terms.
func (g *Glossary) Find(name string) *GlossaryTerm {
	if g == nil {
		return nil
	}
	return g.by[fold(name)]
}

// Initial is the letter under which the term stands, in capitals.
func (t *GlossaryTerm) Initial() string { return strings.ToUpper(string([]rune(sorted(t.Term))[:1])) }

// fold makes names comparable; sorted is what the alphabet looks at: a quotation mark does not come before A.
func fold(s string) string   { return strings.ToLower(strings.Join(strings.Fields(s), " ")) }
func sorted(s string) string { return strings.TrimLeft(fold(s), "‘’“”\"'([") }

// glossaryFile is glossary.yaml.
type glossaryFile struct {
	Line   Line
	Format string         `yaml:"format" rule:"required,oneof=glossary/1"`
	Title  Text           `yaml:"title" rule:"required,line,max=120"`
	Intro  Text           `yaml:"intro" rule:"max=1000"`
	Terms  []glossaryTerm `yaml:"terms" rule:"required,min=1,max=1000"`
}

type glossaryTerm struct {
	Line    Line
	Key     string   `yaml:"key" rule:"required,key"`
	Term    Text     `yaml:"term" rule:"required,line,max=120"`
	Meaning Text     `yaml:"meaning" rule:"required,line,max=400"`
	Also    []Text   `yaml:"also" rule:"max=10"`
	Source  string   `yaml:"source"`
	Modules []string `yaml:"modules" rule:"required,min=1,max=60"`
}

// readGlossary reads the file. What it names is looked for in check.
func readGlossary(rep *Reporter, data []byte, check refs) *Glossary {
	var in glossaryFile
	if !Decode(File{Path: rep.file, Data: data}, rep, &in) {
		return nil
	}
	g := &Glossary{Title: in.Title.Value, Intro: in.Intro.Value}
	keys, names := map[string]int{}, map[string]int{}
	for _, x := range in.Terms {
		line := int(x.Line)
		if first := keys[x.Key]; first > 0 && x.Key != "" {
			rep.Error(line, fmt.Sprintf("the key %q is there twice", x.Key), fmt.Sprintf("give it another; the first is in line %d", first))
		}
		keys[x.Key] = line
		for _, n := range append([]Text{x.Term}, x.Also...) {
			if first := names[fold(n.Value)]; first > 0 && !n.Empty() {
				rep.Error(line, fmt.Sprintf("the word %q is there twice", n.Value), fmt.Sprintf("put both meanings into one entry, or tell them apart by a word in brackets; the first is in line %d", first))
			}
			names[fold(n.Value)] = line
		}
		t := GlossaryTerm{Key: x.Key, Term: x.Term.Value, Meaning: x.Meaning.Value, Also: Strings(x.Also)}
		if x.Source != "" {
			t.Source = check.source(rep, line, x.Source)
		}
		t.Modules = check.modules(rep, line, x.Modules)
		g.Terms = append(g.Terms, t)
	}
	slices.SortStableFunc(g.Terms, func(a, b GlossaryTerm) int { return cmp.Compare(sorted(a.Term), sorted(b.Term)) })
	g.by = make(map[string]*GlossaryTerm, len(g.Terms))
	for i := range g.Terms {
		t := &g.Terms[i]
		for _, n := range append([]string{t.Term}, t.Also...) {
			g.by[fold(n)] = t
		}
	}
	return g
}
