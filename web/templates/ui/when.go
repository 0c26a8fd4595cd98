package ui

import (
	"strings"
	"time"

	"greenroom/internal/locale"
)

// When writes an instant as it is where something takes place and, when clocks differ, as it is for the reader.
// theirs is the zone of the cohort; yours is the reader's, nil when it is not known.
func When(l *locale.Printer, t time.Time, theirs, yours *time.Location) string {
	there := t.In(theirs)
	text := l.T("ui.when", "Time", l.DateTime(there), "Zone", City(theirs.String()))
	if yours == nil {
		return text
	}
	here := t.In(yours)
	if there.Format(wall) == here.Format(wall) {
		return text
	}
	if there.Format(time.DateOnly) == here.Format(time.DateOnly) {
		return l.T("ui.when_yours", "When", text, "Time", here.Format("15:04"))
	}
	return l.T("ui.when_yours", "When", text, "Time", l.DateTime(here))
}

const wall = "2006-01-02 15:04"

// City is the place that a zone is named after: "Lord Howe" for Australia/Lord_Howe.
func City(zone string) string {
	return strings.ReplaceAll(zone[strings.LastIndexByte(zone, '/')+1:], "_", " ")
}
