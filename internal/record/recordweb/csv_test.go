package recordweb

import (
	"testing"
	"time"

	"greenroom/internal/course"
	"greenroom/internal/delivery"
	"greenroom/internal/record"
)

func TestCompletedOutranksTheEnrolmentsState(t *testing.T) {
	t.Parallel()
	f := record.Full{Entry: record.Entry{Course: &course.Revision{}}}
	f.Enrolment.Status = delivery.Withdrawn
	if got := taken(&f, nil, nil).Status; got != delivery.Withdrawn {
		t.Errorf("left: %q", got)
	}
	f.View = record.View{Complete: true}
	if got := taken(&f, nil, nil).Status; got != "completed" {
		t.Errorf("left after completing: %q", got)
	}
}

func TestStampsAreDatesForSpreadsheets(t *testing.T) {
	t.Parallel()
	zone := time.FixedZone("", 11*3600)
	at := time.Date(2026, 12, 4, 9, 30, 0, 0, zone)
	if got := stamp(&at); got != "2026-12-03 22:30:00" {
		t.Errorf("%q", got)
	}
	if got := stamp(nil) + stamp(&time.Time{}); got != "" {
		t.Errorf("nothing is written as %q", got)
	}
}

func TestPeopleAreGreetedByTheirFirstName(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{"Ada Lovelace": "Ada", " Ada": "Ada", "Plato": "Plato", "": ""} {
		if got := firstName(in); got != want {
			t.Errorf("%q: %q", in, got)
		}
	}
}
