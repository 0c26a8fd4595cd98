package course

import "fmt"

// PathwaysFile is the name of the file, beside the courses' folders, that says which modules make up which role.
const PathwaysFile = "pathways.yaml"

// Pathways are the ways through the courses of a site, one for each role. It is immutable, as a Revision is.
type Pathways struct {
	Title string
	Intro string
	Roles []Role
}

// Role is a job, and the modules that prepare for it, in the order in which to take them.
type Role struct {
	Key     string // stable: the anchor of the page
	Title   string
	Summary string   // one sentence
	Does    []string // what somebody in this role does
	Source  Ref      // empty when the authors made it up
	Stages  []Stage
}

// Stage is one module of a pathway, and why it belongs there.
type Stage struct {
	Module Ref
	Why    string
}

// pathwaysFile is pathways.yaml.
type pathwaysFile struct {
	Format string     `yaml:"format" rule:"required,oneof=pathways/1"`
	Title  Text       `yaml:"title" rule:"required,line,max=120"`
	Intro  Text       `yaml:"intro" rule:"max=1000"`
	Roles  []roleFile `yaml:"roles" rule:"required,min=1,max=40"`
}

type roleFile struct {
	Line    Line
	Key     string      `yaml:"key" rule:"required,key"`
	Title   Text        `yaml:"title" rule:"required,line,max=120"`
	Summary Text        `yaml:"summary" rule:"required,line,max=300"`
	Does    []Text      `yaml:"does" rule:"required,min=1,max=8"`
	Source  string      `yaml:"source"`
	Modules []stageFile `yaml:"modules" rule:"required,min=1,max=40"`
}

type stageFile struct {
	Line   Line
	Module string `yaml:"module" rule:"required"`
	Why    Text   `yaml:"why" rule:"required,line,max=240"`
}

// readPathways reads the file. What it names is looked for in check.
func readPathways(rep *Reporter, data []byte, check refs) *Pathways {
	var in pathwaysFile
	if !Decode(File{Path: rep.file, Data: data}, rep, &in) {
		return nil
	}
	p := &Pathways{Title: in.Title.Value, Intro: in.Intro.Value}
	seen := map[string]int{}
	for _, x := range in.Roles {
		line := int(x.Line)
		if first := seen[x.Key]; first > 0 && x.Key != "" {
			rep.Error(line, fmt.Sprintf("the key %q is there twice", x.Key), fmt.Sprintf("give it another; the first is in line %d", first))
		}
		seen[x.Key] = line
		r := Role{Key: x.Key, Title: x.Title.Value, Summary: x.Summary.Value, Does: Strings(x.Does)}
		if x.Source != "" {
			r.Source = check.source(rep, line, x.Source)
		}
		once := map[string]bool{}
		for _, s := range x.Modules {
			if once[s.Module] {
				rep.Error(int(s.Line), fmt.Sprintf("the module %q is there twice", s.Module), "keep one")
			}
			once[s.Module] = true
			for _, ref := range check.modules(rep, int(s.Line), []string{s.Module}) {
				r.Stages = append(r.Stages, Stage{Module: ref, Why: s.Why.Value})
			}
		}
		p.Roles = append(p.Roles, r)
	}
	return p
}
