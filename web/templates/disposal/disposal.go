// Package disposal is how retention classes, legal holds and disposals look.
package disposal

import (
	"fmt"
	"net/http"
	"time"

	"greenroom/internal/delivery"
	rules "greenroom/internal/disposal"
	"greenroom/internal/locale"
	"greenroom/web/templates/layout"
	"greenroom/web/templates/ui"
)

// Form is a form that may have been refused.
type Form struct {
	By     map[string]string
	Errors []ui.FieldError
}

// Wrong fills in what was wrong and returns the page's status.
func (f *Form) Wrong(by map[string]string, errs []ui.FieldError) int {
	f.By, f.Errors = by, errs
	if len(errs) > 0 {
		return http.StatusUnprocessableEntity
	}
	return http.StatusOK
}

// All is /admin/records.
type All struct {
	layout.Page
	Due       []*rules.Due
	Holds     int // in force
	Disposals []rules.Disposal
	Zone      *time.Location
}

// ClassForm is a class as typed.
type ClassForm struct{ Name, Years, From string }

// Series is one kind of record.
type Series struct {
	layout.Page
	Form
	Due  *rules.Due
	In   ClassForm
	Why  string
	Open *rules.Disposal // that is not over, nil none
	Zone *time.Location
}

// Holds is the list and the form of a new one.
type Holds struct {
	layout.Page
	Form
	Rows    []rules.HoldRow
	In      rules.NewHold
	Cohorts []delivery.Row
	Zone    *time.Location
}

// Hold is one.
type Hold struct {
	layout.Page
	Form
	Row   *rules.HoldRow
	Kept  []rules.Kept
	Names map[string]string
	Why   string
	Zone  *time.Location
}

// Disposal is one.
type Disposal struct {
	layout.Page
	Form
	One   *rules.Disposal
	Parts []rules.Part
	Names map[string]string
	Me    string
	Why   string
	Zone  *time.Location
}

const root = "/admin/records"

// rule says in words how long a series is kept.
func rule(l *locale.Printer, name string, years int, from string) string {
	switch {
	case name == "":
		return l.T("records.no_class")
	case years == 0:
		return l.T("records.for_good", "Class", name)
	}
	return l.T("records.kept_for", "Class", name, "Count", years, "From", l.T("records.from."+from))
}

func name(l *locale.Printer, names map[string]string, id string) string {
	if n := names[id]; n != "" {
		return n
	}
	return l.T("records.somebody")
}

// title names a part of a list.
func title(l *locale.Printer, series string, p rules.Part) string {
	switch {
	case series == rules.Audit && p.ID != "" && l.Has("audit.action."+p.ID):
		return l.T("audit.action." + p.ID)
	case p.Title != "":
		return p.Title
	case p.ID == "" || series == rules.Audit:
		return l.T("records.no_cohort")
	}
	return l.T("records.self_paced")
}

// about names what a hold is about.
func about(l *locale.Printer, h rules.HoldRow) string {
	if h.About == "" {
		return l.T("records.somebody")
	}
	return h.About
}

func stateTag(state string) string {
	switch state {
	case rules.Proposed, rules.Approved:
		return "caution"
	case rules.Done:
		return "ok"
	}
	return "quiet"
}

func (p Series) froms() []ui.Option {
	var out []ui.Option
	for _, f := range rules.From[p.Due.Class.Series] {
		out = append(out, ui.Option{Value: f, Text: p.L.T("records.from." + f), Selected: p.In.From == f})
	}
	return out
}

func (p Holds) cohorts() []ui.Option {
	out := []ui.Option{{Text: p.L.T("records.choose_cohort")}}
	for _, d := range p.Cohorts {
		out = append(out, ui.Option{Value: d.ID, Text: d.Title, Selected: p.In.Cohort == d.ID})
	}
	return out
}

// column names the first column of a list.
func column(series string) string {
	if series == rules.Audit {
		return "action"
	}
	return "cohort"
}

// decided is what was decided.
func decided(o *rules.Disposal) string {
	if o.State == rules.Refused {
		return "refused"
	}
	return "approved"
}

// thousands is a number of at least a thousand with a comma.
func thousands(n int) string { return fmt.Sprintf("%d,%03d", n/1000, n%1000) }
