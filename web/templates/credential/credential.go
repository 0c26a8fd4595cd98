// Package credential is the certificate as its holder sees and prints it, the page on which anybody checks one, and the
// pages on which administrators find and withdraw them.
package credential

import (
	"net/url"
	"strconv"

	"greenroom/internal/audit"
	"greenroom/internal/credential"
	"greenroom/web/templates/layout"
	"greenroom/web/templates/ui"
)

// Certificate is /me/certificates/:code.
type Certificate struct {
	layout.Page
	Certificate *credential.Certificate
	Code        credential.QR
	Check       string // the address at which anybody can check it, complete
	CheckPath   string // the same within the site
	Name        string // the holder's present name
	Proven      bool   // their address is
}

// Mine is /me/certificates.
type Mine struct {
	layout.Page
	Certificates []credential.Certificate
	Name         string
	Proven       bool
}

// Check is /certificates: the form, and below it what was found.
type Check struct {
	layout.Page
	Typed string            // what was asked for, as typed
	Asked bool              // something was asked
	Found *credential.Found // nil when nothing was found
}

// Search is /admin/certificates.
type Search struct {
	layout.Page
	Query credential.Query
	Rows  []credential.Row
	Total int
	Pages int
}

// Detail is /admin/certificates/:code.
type Detail struct {
	layout.Page
	*credential.Detail
	History []audit.Entry // newest first, in the reader's zone
	Errors  []ui.FieldError
	By      map[string]string
	Typed   string // the reason, after a refused form
	Show    bool
}

func crumbs(p layout.Page, last string) []ui.Link {
	out := []ui.Link{{Text: p.L.T("me.title"), Href: "/me"}}
	if last != "" {
		out = append(out, ui.Link{Text: p.L.T("credential.mine"), Href: "/me/certificates"}, ui.Link{Text: last})
		return out
	}
	return append(out, ui.Link{Text: p.L.T("credential.mine")})
}

// said is a reason in words: what the product itself gives as one is the name of a message.
func said(p layout.Page, reason string) string {
	if reason == credential.Reopened {
		return p.L.T("credential.reason_reopened")
	}
	return reason
}

func own(code string) string { return "/me/certificates/" + code }

func admin(code string) string { return "/admin/certificates/" + code }

func (p Certificate) renamed() bool {
	return p.Certificate.Valid() && p.Certificate.Name != p.Name
}

func (p Search) options() []ui.Option {
	var out []ui.Option
	for _, s := range []string{"", credential.StateValid, credential.StateRevoked, credential.StateKept} {
		key := "credential.admin_state_" + s
		if s == "" {
			key += "all"
		}
		out = append(out, ui.Option{Value: s, Text: p.L.T(key), Selected: s == p.Query.State})
	}
	return out
}

func (p Search) nav() ui.PageNav {
	return ui.PageNav{Page: p.Query.Page, Pages: p.Pages, Href: func(n int) string {
		return "/admin/certificates?" + url.Values{"q": {p.Query.Text}, "state": {p.Query.State}, "page": {strconv.Itoa(n)}}.Encode()
	}}
}

func (p Detail) kept() bool { return p.Detail.Certificate == nil }
