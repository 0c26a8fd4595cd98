// Package reflection has the body of a reflection's step. The page around it is web/templates/player.
package reflection

import (
	"strings"

	"greenroom/internal/draft"
	"greenroom/internal/locale"
	"greenroom/internal/play"
	"greenroom/internal/reflection"
	"greenroom/web/templates/ui"
)

// Page is what a reflection shows.
type Page struct {
	L         *locale.Printer
	Step      play.Step
	Content   *reflection.Content
	Stored    *reflection.Reflection // nil: nothing yet
	Text      string                 // in the box
	Form      draft.Form             // what the form sends back
	Saved     string                 // when the text was saved; "" when it never was
	Submitted string                 // the day it was submitted; "" before
	Clash     bool                   // another device has written meanwhile: Stored has its text
	Error     string                 // at the box
	Errors    []ui.FieldError
}

// VersionsPage is what the list of earlier texts shows.
type VersionsPage struct {
	L     *locale.Printer
	Step  play.Step
	Texts []Version
}

// Version is one earlier text.
type Version struct {
	reflection.Kept
	When string
}

// editing says whether the box is open although an answer was given.
func (p Page) editing() bool { return p.Clash || len(p.Errors) > 0 || p.Stored.Changed() }

func (p Page) field() ui.FieldData {
	return ui.FieldData{
		ID: "f-text", Name: "text", Label: p.L.T("reflection.label"), Value: p.Text, Error: p.Error, Rows: 12,
		Hint:    p.L.T("reflection.hint"),
		WordMin: p.Content.Min, WordMax: p.Content.Max, MaxLength: reflection.MaxText,
	}
}

// lines are the paragraphs of what a learner typed: text, never markup.
func lines(s string) []string {
	var out []string
	for l := range strings.SplitSeq(s, "\n") {
		if l = strings.TrimSpace(l); l != "" {
			out = append(out, l)
		}
	}
	return out
}
