// Package mailbox holds the pages of the development mailbox.
package mailbox

import (
	"strings"

	"greenroom/web/templates/layout"
)

// Item is one line of the list.
type Item struct{ Href, To, Subject, At string }

// List is the page /mailbox.
type List struct {
	layout.Page
	Items []Item
}

// Letter is the page /mailbox/:id.
type Letter struct {
	layout.Page
	To, Subject, At string
	Paragraphs      [][]Line
}

// Line is one line of a letter; with Link it is a web address.
type Line struct {
	Text string
	Link bool
}

// Split cuts a letter's text into paragraphs and lines, and finds the lines that are addresses of this site: only
// those become links.
func Split(text, base string) [][]Line {
	var out [][]Line
	for _, para := range strings.Split(strings.TrimSpace(text), "\n\n") {
		var lines []Line
		for _, l := range strings.Split(para, "\n") {
			lines = append(lines, Line{Text: l, Link: base != "" && strings.HasPrefix(l, base+"/") && !strings.ContainsAny(l, " \t")})
		}
		out = append(out, lines)
	}
	return out
}
