// Package notify holds the pages about mail: what one gets, and stopping a kind of letter.
package notify

import (
	"greenroom/web/templates/layout"
	"greenroom/web/templates/ui"
)

// Settings is the page /settings/mail.
type Settings struct {
	layout.Page
	Errors                            []ui.FieldError
	By                                map[string]string
	Weekly, Announcements, Discussion string // what is chosen
}

// Stop is the page of a link that stops letters. Kind is weekly or announcements.
type Stop struct {
	layout.Page
	Kind, Action string
	Done         bool
}

// List is /me/notifications.
type List struct {
	layout.Page
	Items         []Item
	Newest, Older string // ids
	Fresh         bool   // something is not read
}

// Item is one thing that somebody was told of.
type Item struct {
	Text, Href, When string
	New              bool
}
