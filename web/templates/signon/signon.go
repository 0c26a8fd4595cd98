// Package signon holds the pages of signing in elsewhere, by a mailed link and with passkeys, and of a person's ways in.
package signon

import (
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

// Problem is a page that says what went wrong with a sign-in.
type Problem struct {
	layout.Page
	Kind, Text string // as ui.Alert's
	Actions    []ui.Link
}

// Connect asks whether an identity elsewhere and an account here belong together.
type Connect struct {
	Form
	Label, Account string // the provider's, and what the person is called there
	Person         string // who is signed in; "" nobody
	Email          string // of the account here
	Known          bool   // nobody is signed in, and the account with this address is meant
	Password       bool   // which has a password
	Again          bool   // they have to sign in first, or once more
	Sent           bool   // a letter with a link is on its way
}

// Finish asks for what a provider left out.
type Finish struct {
	Form
	Label, Name, Email string
	Proven             bool // the address stands
}

// Link is the page /sign-in/link, before and after sending.
type Link struct {
	Form
	Email string
	Sent  bool
}

// Enter is the page that a mailed link opens.
type Enter struct {
	Form
	Action, Email string
	Other         string // somebody else who is signed in here
}

// Ways is the page /settings/sign-in.
type Ways struct {
	Form
	Password   bool
	Email      string
	Identities []Identity
	Offers     []Offer
	Devices    []Device
	Passkeys   []Passkey
	Keys       bool   // passkeys work at this address
	Again      bool   // to add one they have to sign in once more
	ThisName   string // what this browser is called
}

// Identity is one connected account elsewhere.
type Identity struct{ ID, Label, Account, Since, Used string }

// Offer is a provider that can be connected.
type Offer struct{ Label, Href string }

// Device is a browser that is signed in.
type Device struct {
	ID, Name, Since, Seen string
	This                  bool
}

// Passkey is one of the person's.
type Passkey struct {
	ID, Name, Since, Used string
	Cloned                bool // refused, because it seems to be there twice
}
