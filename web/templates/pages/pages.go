// Package pages holds the pages about the site itself: home, help, accessibility, privacy, licences. Their words
// are messages (pages.yaml); what differs between sites comes in as data.
package pages

import (
	"greenroom/web"
	"greenroom/web/templates/ui"
)

// HomeData is what the home page shows of the catalogue.
type HomeData struct {
	Courses []Course
	Try     ui.Link // a step that can be opened at once; without Href the page leads to the catalogue instead
}

// Course is one course on the home page.
type Course struct {
	ui.CardData
	Facts []Fact
}

// Fact is one line about a course, with an icon.
type Fact struct{ Icon, Text string }

// LicencesData is what the page of licences lists: web.Assets().Notices().
type LicencesData struct{ Notices []web.Notice }

// paragraphs of a message are keys with a number: pages.help.ask.1, .2 …
type section struct {
	id    string
	paras int
	items int // of a list after the paragraphs
}

var helpSections = []section{{"start", 2, 0}, {"lost", 2, 0}, {"done", 2, 0}, {"account", 2, 0}, {"certificate", 1, 0}, {"contact", 1, 0}}

var accessSections = []section{{"aim", 1, 0}, {"ways", 1, 6}, {"limits", 1, 3}, {"tested", 1, 4}, {"tell", 2, 0}}

var privacySections = []section{{"short", 1, 4}, {"kept", 1, 5}, {"cookies", 1, 3}, {"seen", 1, 0}, {"yours", 1, 3}, {"not", 1, 0}}
