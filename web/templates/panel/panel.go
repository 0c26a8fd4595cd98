// Package panel is the pages of panels: the author's, and those of the people who rate.
package panel

import (
	"strconv"
	"time"

	"greenroom/internal/panel"
	"greenroom/internal/scenario"
	"greenroom/web/templates/layout"
	"greenroom/web/templates/ui"
)

// DoorPath is where a rater comes in.
func DoorPath(token string) string { return "/panel/" + token }

// DeskPage is the author's page.
type DeskPage struct {
	layout.Page
	*panel.Progress
	FormID      string
	Now         time.Time
	Name, Email string // typed
	By          map[string]string
	Errors      []ui.FieldError
}

func (p DeskPage) scenarioPath() string {
	return "/teach/courses/" + p.Course.Key + "/scenarios/" + p.Activity.Key
}

func (p DeskPage) path() string { return p.scenarioPath() + "/panel" }

// counts says whose ratings of a decision count now.
func (p DeskPage) counts(at *scenario.Passage) string {
	switch x := p.Scenario.Panel; {
	case p.Done[at.Key] >= scenario.MinRaters:
		return p.L.T("panel.counts_invited")
	case x == nil || len(x.Ratings[at.Key]) == 0:
		return p.L.T("panel.counts_nobody")
	case x.ByAuthors:
		return p.L.T("panel.counts_authors")
	}
	return p.L.T("panel.counts_file")
}

func (p DeskPage) nameOf(s *panel.Seat) string {
	if s.Name == "" {
		return p.L.T("panel.former")
	}
	return s.Name
}

// DoorPage is a rater's first page.
type DoorPage struct {
	layout.Page
	Sheet *panel.Sheet
	Token string
	Until string
}

func (p DoorPage) path() string { return DoorPath(p.Token) }

// RatePage is one decision to rate.
type RatePage struct {
	DoorPage
	Passage *scenario.Passage
	Print   string
	Numbers map[string]int
	Reasons map[string]string
	By      map[string]string
	Errors  []ui.FieldError
}

func (p RatePage) scale() []int {
	out := make([]int, p.Sheet.Scenario.ScaleOf())
	for i := range out {
		out[i] = i + 1
	}
	return out
}

func (p RatePage) point(choice string, n int) ui.CheckData {
	id := "f-rating." + choice
	if n > 1 {
		id += "-" + strconv.Itoa(n)
	}
	label := strconv.Itoa(n)
	switch n {
	case 1:
		label = p.L.T("panel.worst", "N", n)
	case p.Sheet.Scenario.ScaleOf():
		label = p.L.T("panel.best", "N", n)
	}
	return ui.CheckData{ID: id, Name: "rating." + choice, Type: "radio", Value: strconv.Itoa(n), Label: label, Checked: p.Numbers[choice] == n}
}

func (p RatePage) reason(choice string) ui.FieldData {
	return ui.FieldData{
		ID: "f-reason." + choice, Name: "reason." + choice, Label: p.L.T("panel.reason"), Value: p.Reasons[choice], Error: p.By["reason."+choice],
		Rows: 2, MaxLength: panel.MaxReason, Optional: true,
	}
}
