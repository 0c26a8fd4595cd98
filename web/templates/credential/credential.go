// Package credential is the certificate as its holder sees and prints it, and the page on which anybody checks one.
package credential

import (
	"greenroom/internal/credential"
	"greenroom/web/templates/layout"
	"greenroom/web/templates/ui"
)

// Certificate is /me/certificates/:code.
type Certificate struct {
	layout.Page
	Certificate *credential.Certificate
	Check       string // the address at which anybody can check it, complete
	CheckPath   string // the same within the site
}

// Check is /certificates: the form, and below it what was found.
type Check struct {
	layout.Page
	Typed string                  // what was asked for, as typed
	Asked bool                    // something was asked
	Found *credential.Certificate // nil when nothing was found
}

func crumbs(p layout.Page) []ui.Link {
	return []ui.Link{{Text: p.L.T("me.title"), Href: "/me"}, {Text: p.L.T("credential.title")}}
}
