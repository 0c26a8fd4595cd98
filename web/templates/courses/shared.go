package courses

import (
	"greenroom/internal/course"
	"greenroom/web/templates/layout"
	"greenroom/web/templates/ui"
)

// Glossary is the page of the words that the courses share, or of those that a search found.
type Glossary struct {
	layout.Page
	Title, Intro string
	Text, Course string // what was looked for
	Courses      []ui.Option
	All          int // how many words there are
	Letters      []Letter
}

// Letter is a part of the alphabet.
type Letter struct {
	Letter string
	Words  []Word
}

// Word is one term with its places.
type Word struct {
	*course.GlossaryTerm
	Source string // who says so, "" when nobody is named
	URL    string // of the source, "" when it has none
	Places []ui.Link
}

// Found is how many words are shown.
func (p Glossary) Found() int {
	n := 0
	for _, l := range p.Letters {
		n += len(l.Words)
	}
	return n
}

// Pathways is the page of the roles and their modules.
type Pathways struct {
	layout.Page
	Title, Intro string
	Roles        []Pathway
	Known        bool // whether the visitor's own progress is shown
}

// Pathway is one role, with those of its modules that the site has.
type Pathway struct {
	course.Role
	Source  string
	URL     string
	Stages  []Stage
	Minutes int
	Done    int // modules that the visitor has done
}

// Stage is one module of a pathway.
type Stage struct {
	Title, Course, Href, Why string
	Minutes                  int
	Done, Total              int // steps
}

// Complete says whether every step of the module is done.
func (s Stage) Complete() bool { return s.Total > 0 && s.Done == s.Total }
