// Package roster is the pages of coming into a cohort: an invitation as who got it sees it, and for those who lead the
// cohort adding people, invitation links, kept places and files of people.
package roster

import (
	"strconv"
	"time"

	"greenroom/internal/account"
	"greenroom/internal/delivery"
	"greenroom/internal/locale"
	rules "greenroom/internal/roster"
	"greenroom/web/templates/layout"
	"greenroom/web/templates/ui"
)

// Path is the address of a cohort's page of ways in.
func Path(deliveryID string) string { return "/teach/cohorts/" + deliveryID + "/join" }

// Form is what somebody typed, and what is wrong with it.
type Form struct {
	Of     string // which of the page's forms: add, let, invite or file; "" for none
	By     map[string]string
	Errors []ui.FieldError
	Value  map[string]string
}

func (f Form) value(of, name string) string {
	if f.Of != of {
		return ""
	}
	return f.Value[name]
}

func (f Form) wrong(of, name string) string {
	if f.Of != of {
		return ""
	}
	return f.By[name]
}

// Door is /join/:token.
type Door struct {
	layout.Page
	*rules.Door
	Path     string // of this page
	Why      string // in words why it cannot be used, "" when it can
	SignedIn bool
	Starts   time.Time // in the reader's zone
	Until    time.Time // zero: no end; in the reader's zone
	Prove    bool      // the reader has to confirm their address first
	Email    string
}

func (p Door) courseHref() string { return "/courses/" + p.Course.Key }

func (p Door) cohortHref() string {
	return "/courses/" + p.Course.Key + "/cohorts/" + p.Delivery.ID
}

// Invitation is one link in a list.
type Invitation struct {
	rules.Invitation
	Link  string
	State string
	Until time.Time // in the cohort's zone; zero: no end
	Made  time.Time
}

// Place is one kept place.
type Place struct {
	rules.Pending
	Why   string // in words, "" while the address is not proven
	Since time.Time
}

// Kept is somebody whom prerequisites keep out, whom the reader may let in.
type Kept struct {
	Person *account.Person
	Why    string
}

// Join is /teach/cohorts/:cohort/join.
type Join struct {
	layout.Page
	Form
	Cohort      *delivery.Delivery
	FormID      string
	Kept        *Kept
	Invitations []Invitation
	InvNav      ui.PageNav
	Places      []Place
	PlaceTotal  int
	PlaceNav    ui.PageNav
	Imports     []rules.Import
	Local       func(time.Time) time.Time
}

func (p Join) path() string { return Path(p.Cohort.ID) }

func (p Join) field(of, name string) ui.FieldData {
	return ui.FieldData{ID: "f-" + name, Name: name, Label: p.L.T("roster.f." + name), Value: p.value(of, name), Error: p.wrong(of, name)}
}

func (p Join) hinted(of, name string) ui.FieldData {
	f := p.field(of, name)
	f.Hint = p.L.T("roster.f." + name + "_hint")
	return f
}

var stateTags = map[string]string{"open": "ok", "revoked": "quiet", "expired": "quiet", "used": "quiet"}

func uses(l *locale.Printer, i Invitation) string {
	if i.MaxUses == 0 {
		return strconv.Itoa(i.Uses)
	}
	return l.T("roster.of", "N", i.Uses, "All", i.MaxUses)
}

// Import is /teach/cohorts/:cohort/join/imports/:import.
type Import struct {
	layout.Page
	*rules.Import
	Cohort  *delivery.Delivery
	Rows    []rules.ImportRow
	Tally   rules.Tally
	Outcome string // shown; "" all
	Nav     ui.PageNav
	Stopped string // in words, "" when it did not stop
	Say     func(rules.Why) string
}

var outcomeTags = map[string]string{
	rules.Ready: "ok", rules.Enrolled: "ok", rules.Waiting: "caution", rules.Promised: "", rules.Already: "quiet", rules.Kept: "caution",
	rules.Left: "quiet", rules.Failed: "caution",
}

func (p Import) path() string { return Path(p.Cohort.ID) + "/imports/" + p.Import.ID }

// wet says whether rows have happened: then "would be" has become "is".
func (p Import) wet() bool { return p.State != rules.Preview }

func (p Import) outcome(key string) string {
	if !p.wet() {
		return p.L.T("roster.would." + key)
	}
	return p.L.T("roster.did." + key)
}

// trouble is how many rows are not brought in.
func (p Import) trouble() int {
	return p.Tally[rules.Kept] + p.Tally[rules.Left] + p.Tally[rules.Failed]
}

// good is how many rows would be brought in.
func (p Import) good() int { return p.Tally[rules.Ready] + p.Tally[rules.Promised] }

func (p Import) percent() int {
	if p.Total == 0 {
		return 100
	}
	return p.Reached * 100 / p.Total
}

func (p Import) tabs() []ui.Tab {
	tab := func(outcome, text string, n int) ui.Tab {
		return ui.Tab{Text: text + " (" + strconv.Itoa(n) + ")", Href: p.path() + "?outcome=" + outcome, Current: p.Outcome == outcome}
	}
	out := []ui.Tab{tab("", p.L.T("roster.all_rows"), p.Total)}
	for _, o := range rules.Outcomes {
		if p.Tally[o] > 0 {
			out = append(out, tab(o, p.outcome(o), p.Tally[o]))
		}
	}
	return out
}
