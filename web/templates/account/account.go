// Package account holds the pages of internal/account: registering, signing in, proving an address, settings,
// and the question whose a device's work is.
package account

import (
	"net/url"
	"slices"

	"github.com/a-h/templ"

	"greenroom/internal/account"
	"greenroom/web/templates/layout"
	"greenroom/web/templates/ui"
)

// Form is what every form page has beside the page: what to mend, and where to go on afterwards.
type Form struct {
	layout.Page
	Errors []ui.FieldError   // for the summary
	By     map[string]string // by field name
	Return string            // own path; "" for the usual one
}

// with adds the place to go on to.
func (f Form) with(path string) templ.SafeURL {
	if f.Return == "" {
		return templ.SafeURL(path)
	}
	return templ.SafeURL(path + "?return=" + url.QueryEscape(f.Return))
}

// SignIn is the page /sign-in.
type SignIn struct {
	Form
	Email  string
	Demo   []Demo
	Offers []Offer
	Keys   bool // passkeys work at this address
	Again  bool // somebody is signed in and shows once more who they are
}

// Offer is a provider where people may sign in instead.
type Offer struct {
	Label string
	Href  templ.SafeURL
}

// MustUse is the page for people who have to sign in with a provider.
type MustUse struct {
	layout.Page
	Label, Href string
}

// Demo is somebody whom a demo site offers to sign in as. The password is no secret there.
type Demo struct{ Name, Email, Password, Role string }

// Register is the page /register.
type Register struct {
	Form
	Name, Email string
	Offers      []Offer
	Taken       bool // the address has an account
	Steps       int  // done on this device; 0 asks nothing
	Keep        bool // whether they are to become the new person's
}

// Forgot is the page /forgot.
type Forgot struct {
	Form
	Email string
	Sent  bool
}

// Token is a page that a mailed link opens. Action is where its button posts to.
type Token struct {
	Form
	Action, Email string
	Password      bool // it takes the password, too
}

// Dead is the page of a link that does not work any more.
type Dead struct {
	layout.Page
	Action ui.Link
}

// Settings is the page /settings.
type Settings struct {
	Form
	Name, Email, NewEmail string
	Verified              bool
	NoPassword            bool
	Zones, Langs          []ui.Option
	PickedTheme           string
	PickedSize            string
	Waiting               bool // work of this device waits for an owner
	Renamed               int  // certificates that bear another name
}

// Delete is the page /settings/delete.
type Delete struct {
	Form
	Password     bool           // the account has one; else the address confirms
	Email        string         // as typed
	Keep         bool           // as ticked
	Certificates []string       // titles of the courses of the valid ones
	Stays        []account.Stay // beside what always stays
}

// timed says whether something stays for a time that is known now.
func (p Delete) timed() bool {
	return slices.ContainsFunc(p.Stays, func(s account.Stay) bool { return !s.Until.IsZero() })
}

// Claim is the page /claim.
type Claim struct {
	Form
	Steps int
	When  string
}
