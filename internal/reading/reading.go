// Package reading is the kind of activity in which a learner reads a text and says so. It is the smallest kind:
// copy it to begin a new one.
//
//	internal/reading              the rules: what a file holds (course.Kind)
//	internal/reading/readingweb   the pages: a play.Player
//	web/templates/reading         the page's body
//	internal/locale/messages/en-AU/reading.yaml   its words
//
// and two lines in internal/app, which give the Kind to course and the Player to play. A kind that keeps something
// of its own, as reflection does, has a Service, a store and a migration besides.
package reading

import (
	"greenroom/internal/course"
	"greenroom/internal/markdown"
)

// Content is one reading. It is rendered when the course is read, so showing it costs nothing.
type Content struct {
	Body markdown.HTML
}

// Kind reads reading files: Markdown with front matter. It is a course.Kind.
type Kind struct{}

// Name is the kind's name, as in "01-why.reading.md".
func (Kind) Name() string { return "reading" }

// Ext is the ending of its files.
func (Kind) Ext() string { return ".md" }

// Parse reads one file. Every fault is reported with its line; none of them stops the others from being found.
func (Kind) Parse(f course.File, rep *course.Reporter) (course.Meta, course.Content) {
	var head course.Head
	body, ok := course.DecodeFront(f, rep, &head)
	if !ok {
		return course.Meta{}, nil
	}
	if body.Empty() {
		rep.Error(0, "the reading has no text", "write it below the second line of three hyphens")
	}
	return head.Meta(), &Content{Body: rep.Markdown(body)}
}
