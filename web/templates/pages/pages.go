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
// Keeping is for how many days the site keeps what, by its settings; 0 of Mandatory and Unproven is not at all.
type Keeping struct{ Mandatory, Guests, Unproven int }

type section struct {
	id    string
	paras int
	items int // of a list after the paragraphs

	own     bool // the page's own part follows
	contact bool // the address of who runs the site follows
}

var helpSections = []section{{id: "start", paras: 2}, {id: "lost", paras: 2}, {id: "done", paras: 2}, {id: "situation", paras: 2}, {id: "account", paras: 2}, {id: "certificate", paras: 1}, {id: "contact", paras: 1, contact: true}}

var accessSections = []section{{id: "aim", paras: 1}, {id: "ways", paras: 1, items: 6}, {id: "limits", paras: 1, items: 3}, {id: "tested", paras: 1, items: 4}, {id: "tell", paras: 2, contact: true}}

var privacySections = []section{{id: "short", paras: 1, items: 4}, {id: "kept", paras: 1, items: 7}, {id: "cookies", paras: 1, items: 5}, {id: "seen", paras: 1}, {id: "yours", paras: 1, items: 3}, {id: "after", own: true}, {id: "not", paras: 1}}
