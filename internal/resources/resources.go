// Package resources is the kind of activity that lists where to go on from a module: sources and why to read them,
// terms, and misconceptions put right. A learner marks it complete, as with a reading.
//
//	internal/resources               the rules: what a file holds (course.Kind)
//	internal/resources/resourcesweb  the pages: a play.Player
//	web/templates/resources          the page's body
package resources

import (
	"fmt"
	"net/url"
	"strings"

	"greenroom/internal/course"
	"greenroom/internal/markdown"
)

// Content is one list.
type Content struct {
	Intro          markdown.HTML
	Items          []Item
	Terms          []Term
	Misconceptions []Misconception
}

// Item is one thing to read, with the reason to.
type Item struct {
	Title, Publisher, URL string // URL "" when it is only on paper
	Year                  int    // 0 when it has none
	Why                   markdown.HTML
}

// Term is a word and what it means.
type Term struct {
	Term    string
	Meaning markdown.HTML
}

// Misconception is something often believed, and what is so.
type Misconception struct {
	Claim      string
	Correction markdown.HTML
}

// Kind reads resources files. It is a course.Kind.
type Kind struct{}

// Name is the kind's name.
func (Kind) Name() string { return "resources" }

// Ext is the ending of its files.
func (Kind) Ext() string { return ".yaml" }

type file struct {
	course.Head
	Intro          course.Text         `yaml:"intro" rule:"max=2000"`
	Items          []fileItem          `yaml:"items" rule:"max=30"`
	Terms          []fileTerm          `yaml:"terms" rule:"max=40"`
	Misconceptions []fileMisconception `yaml:"misconceptions" rule:"max=20"`
}

type fileItem struct {
	Line      course.Line
	Source    string      `yaml:"source"`
	Title     course.Text `yaml:"title" rule:"max=240,line"`
	Publisher course.Text `yaml:"publisher" rule:"max=160,line"`
	Year      int         `yaml:"year" rule:"min=1500,max=2100"`
	URL       course.Text `yaml:"url" rule:"max=500,line"`
	Why       course.Text `yaml:"why" rule:"required,max=600"`
}

type fileTerm struct {
	Term    course.Text `yaml:"term" rule:"required,max=120,line"`
	Meaning course.Text `yaml:"meaning" rule:"required,max=600"`
}

type fileMisconception struct {
	Claim      course.Text `yaml:"claim" rule:"required,max=300"`
	Correction course.Text `yaml:"correction" rule:"required,max=800"`
}

// Parse reads one file.
func (Kind) Parse(f course.File, rep *course.Reporter) (course.Meta, course.Content) {
	var in file
	if !course.Decode(f, rep, &in) {
		return course.Meta{}, nil
	}
	if len(in.Items)+len(in.Terms)+len(in.Misconceptions) == 0 {
		rep.Error(0, "there is nothing in it", "list items, terms or misconceptions")
	}
	c := &Content{Intro: rep.Markdown(in.Intro)}
	for _, it := range in.Items {
		c.Items = append(c.Items, it.read(rep))
	}
	for _, t := range in.Terms {
		c.Terms = append(c.Terms, Term{Term: t.Term.Value, Meaning: rep.Inline(t.Meaning)})
	}
	for _, m := range in.Misconceptions {
		c.Misconceptions = append(c.Misconceptions, Misconception{Claim: m.Claim.Value, Correction: rep.Inline(m.Correction)})
	}
	return in.Meta(), c
}

// read takes an item's facts from the course's sources, or from the item itself; never half from each.
func (it fileItem) read(rep *course.Reporter) Item {
	line := int(it.Line)
	out := Item{Why: rep.Inline(it.Why)}
	own := !it.Title.Empty() || !it.Publisher.Empty() || !it.URL.Empty() || it.Year != 0
	switch {
	case it.Source != "" && own:
		rep.Error(line, "the item names a source and facts of its own", "keep source and why, or leave source out")
	case it.Source != "":
		src, ok := rep.Source(it.Source)
		if !ok {
			rep.Error(line, fmt.Sprintf("there is no source %q in course.yaml", it.Source), "add it there, or mend the id")
			return out
		}
		out.Title, out.Publisher, out.Year, out.URL = src.Title, src.Publisher, src.Year, src.URL
	case it.Title.Empty():
		rep.Error(line, "the item has neither source nor title", "write source: S1, or title, publisher and url")
	default:
		out.Title, out.Publisher, out.Year, out.URL = it.Title.Value, it.Publisher.Value, it.Year, it.URL.Value
		if out.URL != "" && !https(out.URL) {
			rep.Error(line, fmt.Sprintf("the address %q is not a https address", out.URL), "write it in full, beginning with https://")
		}
	}
	return out
}

func https(s string) bool {
	u, err := url.Parse(s)
	return err == nil && u.Scheme == "https" && u.Host != "" && !strings.ContainsAny(s, " \t")
}
