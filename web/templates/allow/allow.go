// Package allow is the page on which a trainer grants one person more time, attempts and days.
package allow

import (
	"slices"
	"strconv"
	"time"

	rules "greenroom/internal/allow"

	"greenroom/web/templates/layout"
	"greenroom/web/templates/ui"
)

// Form is what was typed.
type Form struct {
	ID                                        string // of this form: sent twice, it is one grant
	Time, Attempts, Days, Reason, From, Until string
}

// Page is the accommodations of one person.
type Page struct {
	layout.Page
	Name   string
	Path   string
	Form   Form
	Ending string // the grant that an error is about; "" the form
	By     map[string]string
	Errors []ui.FieldError
	Rows   []Row // newest first
}

// Row is one grant. Times are in the reader's zone; Until and End may be zero. State is counts, later, replaced, ended
// or over.
type Row struct {
	rules.Accommodation
	From, Until, End, GrantedAt time.Time
	By                          string
	State                       string
}

// by is the message of a field of the granting form.
func (p Page) by(field string) string {
	if p.Ending != "" {
		return ""
	}
	return p.By[field]
}

func (p Page) times() []ui.Option {
	var out []ui.Option
	for _, n := range rules.TimeChoices {
		v := strconv.Itoa(n)
		out = append(out, ui.Option{Value: v, Text: p.time(n), Selected: v == p.Form.Time})
	}
	return out
}

func (p Page) time(percent int) string {
	switch percent {
	case rules.NoLimit:
		return p.L.T("allow.time.none")
	case 100:
		return p.L.T("allow.time.same")
	}
	return p.L.T("allow.time.more", "Percent", percent-100)
}

// grants says in words what a row grants.
func (p Page) grants(r Row) []string {
	var out []string
	if r.TimePercent != 100 {
		out = append(out, p.time(r.TimePercent))
	}
	if r.ExtraAttempts > 0 {
		out = append(out, p.L.T("allow.attempts.more", "Count", r.ExtraAttempts))
	}
	if r.ExtraDays > 0 {
		out = append(out, p.L.T("allow.days.more", "Count", r.ExtraDays))
	}
	return out
}

// when says from when to when.
func (p Page) when(r Row) string {
	if r.Until.IsZero() {
		return p.L.T("allow.from", "From", p.L.Date(r.From))
	}
	return p.L.T("allow.from_until", "From", p.L.Date(r.From), "Until", p.L.Date(r.Until.Add(-time.Second)))
}

func (p Page) counting() *Row {
	if i := slices.IndexFunc(p.Rows, func(r Row) bool { return r.State == "counts" }); i >= 0 {
		return &p.Rows[i]
	}
	return nil
}

// open says whether a row can be taken back.
func (r Row) open() bool { return r.State == "counts" || r.State == "later" || r.State == "replaced" }

var tags = map[string]string{"counts": "ok", "later": "live"}

// endError is the message of the form that takes a row back.
func (p Page) endError(r Row) string {
	if p.Ending != r.ID {
		return ""
	}
	return p.By["reason"]
}
