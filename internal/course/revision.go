// Package course is the source: courses as folders of plain files, read strictly into immutable revisions.
//
//	revision.go   what a course is once it has been read
//	load.go       a tree of files becomes revisions, or findings with file, line and remedy
//	head.go       what is known of a published step before its file is read
//	decode.go, text.go, reporter.go   strict YAML for the kinds of activity, which live in packages of their own
//	service.go    publishing, the current revision, export, media
//	requires.go   courses that come before others
//	shared.go, glossary.go, pathways.go   what all courses of a site share: their words, and ways through them
//	level.go      how hard each step is to read
//	diff.go       what a newer revision brings, as learners are told
package course

import (
	"time"

	"greenroom/internal/markdown"
)

// Revision is one immutable state of one course, named by the hash of its files. It is shared by all who
// read it: nobody changes it after Load.
type Revision struct {
	Hash        string // SHA-256 of the archive, hexadecimal
	Key         string
	Title       string
	Summary     string
	Description markdown.HTML
	Audience    string
	Outcomes    []string
	Language    string // BCP 47
	Licence     string // SPDX
	Level       string // introductory, intermediate, advanced
	Topics      []string
	Authors     []Author
	Order       int
	Open        bool // may be taken without an account
	Mandatory   bool // some people have to complete it: see internal/retention
	FactsAsAt   time.Time
	Art         string
	Sources     []Source
	Requires    []string // keys of the courses to complete before this one is begun
	Retired     []string
	Modules     []*Module
	Minutes     int

	activities map[string]*Activity
	media      map[string]*medium
	weight     int // bytes of source text, for the cache
}

// Activity finds an activity by its key "module/activity", or returns nil.
func (r *Revision) Activity(key string) *Activity { return r.activities[key] }

// Module finds a module by its key, or returns nil.
func (r *Revision) Module(key string) *Module {
	for _, m := range r.Modules {
		if m.Key == key {
			return m
		}
	}
	return nil
}

// Source finds a source by its id; the zero Source when the course has none of it.
func (r *Revision) Source(id string) Source {
	for _, s := range r.Sources {
		if s.ID == id {
			return s
		}
	}
	return Source{}
}

// Aside finds what stands beside the steps by its key "module/aside", or returns nil.
func (r *Revision) Aside(key string) *Activity {
	for _, m := range r.Modules {
		for _, a := range m.Asides {
			if a.Key == key {
				return a
			}
		}
	}
	return nil
}

// First returns the first activity, or nil when the course has none.
func (r *Revision) First() *Activity {
	for _, m := range r.Modules {
		if len(m.Activities) > 0 {
			return m.Activities[0]
		}
	}
	return nil
}

// Author is somebody named on the course page.
type Author struct{ Name, Role string }

// Source is a document that the course rests on.
type Source struct {
	ID, Title, Publisher, URL, Note string
	Year                            int
}

// Module is one part of a course: a week of a cohort. One without activities is in preparation.
type Module struct {
	Key         string
	Number      int // from 1
	Title       string
	Summary     string
	Outcomes    []string
	FactsAsAt   time.Time
	Art         string
	ContentNote string
	Sources     []Source
	Activities  []*Activity
	Asides      []*Activity // what stands beside the steps, such as the run sheet of a workshop: linked to nothing, counted nowhere
	Minutes     int
}

// Activity is one step of a module: one page.
type Activity struct {
	Key     string // "module/activity": stable for ever
	Slug    string // the part after the slash
	Kind    string // reading, quiz, reflection, worksheet, resources
	Title   string
	Summary string
	Minutes int
	Number  int // place in the module, from 1
	Module  *Module
	Prev    *Activity // in the course; nil at its start
	Next    *Activity // nil at its end

	read  func() (Content, string) // once
	later bool                     // its file is read when somebody asks
}

// Content is what the kind made of the activity's file, read when it is first asked for: nil when it has faults.
func (a *Activity) Content() Content {
	if a.read == nil {
		return nil
	}
	c, _ := a.read()
	return c
}

// Hash is that of the activity's file and of what it shows.
func (a *Activity) Hash() string {
	if a.read == nil {
		return ""
	}
	_, h := a.read()
	return h
}

// With gives the activity a content, and returns it.
func (a *Activity) With(c Content, hash string) *Activity {
	a.read = func() (Content, string) { return c, hash }
	return a
}

// Content is what a kind made of its file; the kind's package knows the type.
type Content interface{}

// Meta is what every kind's file says about its activity.
type Meta struct {
	Title   string
	Summary string
	Minutes int
}

// Kind reads the files of one kind of activity.
type Kind interface {
	// Name is the kind's name, the part before the last dot of a file name: "quiz".
	Name() string
	// Ext is ".md" or ".yaml".
	Ext() string
	// Parse reads one file. Faults go to rep, all of them; the content is ignored when there was an error.
	Parse(f File, rep *Reporter) (Meta, Content)
}

// Beside is what a Kind implements whose activities are no steps: see Module.Asides.
type Beside interface{ Beside() }

// File is one file of the course tree being read.
type File struct {
	Path string // from the courses folder, with slashes
	Data []byte
}
