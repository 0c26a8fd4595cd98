package room

import (
	"time"

	"greenroom/internal/course"
	"greenroom/internal/locale"
	rules "greenroom/internal/room"
	"greenroom/web/templates/layout"
	"greenroom/web/templates/ui"
)

// Attendance is who was there.
type Attendance struct {
	layout.Page
	*rules.Attendance
	Wrong
	L         *locale.Printer
	Steps     []*course.Activity // that may be recognised
	NeedTyped string
	Fix       rules.Fix // what was typed wrongly
}

// Title is the workshop's.
func (p Attendance) Title() string { return p.Attendance.Title }

func (p Attendance) desk() string { return "/teach/rooms/" + p.Attendance.ID }

// at is an instant on the wall clock of the place.
func (p Attendance) at(t time.Time) time.Time {
	return placeTime(&rules.View{Room: p.Attendance.Room}, t)
}

func (p Attendance) called(a *rules.Attendee) string {
	if name := a.Called(); name != "" {
		return name
	}
	return p.L.T("room.somebody")
}

func (p Attendance) cohorts() []ui.Option {
	out := []ui.Option{{Text: p.L.T("room.no_cohort"), Selected: p.CohortID == ""}}
	for _, c := range p.Cohorts {
		out = append(out, ui.Option{Value: c.ID, Text: c.Title, Selected: c.ID == p.CohortID})
	}
	return out
}

// open says whether a form is the one with errors.
func (p Attendance) open(participant, person string) bool {
	return p.HasError && (p.Fix.ParticipantID != "" && p.Fix.ParticipantID == participant || p.Fix.PersonID != "" && p.Fix.PersonID == person)
}

// typed is what a field says in the form with errors; in the others it is empty.
func (p Attendance) typed(participant, person, text string) string {
	if !p.open(participant, person) {
		return ""
	}
	return text
}

// fieldID names a field: as the summary of errors does in the form that has them.
func (p Attendance) fieldID(name, form, participant, person string) string {
	if p.open(participant, person) {
		return "f-" + name
	}
	return "f-" + name + "-" + form
}
