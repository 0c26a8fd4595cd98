package recordweb

import (
	"testing"

	"greenroom/internal/delivery"
	"greenroom/internal/record"
	"greenroom/web/templates/me"
)

func TestCompletedOutranksTheEnrolmentsState(t *testing.T) {
	t.Parallel()
	it := me.Item{Enrolment: &delivery.Enrolment{Status: delivery.Withdrawn}}
	if got := status(it); got != delivery.Withdrawn {
		t.Errorf("left: %q", got)
	}
	it.View = record.View{Complete: true}
	if got := status(it); got != "completed" {
		t.Errorf("left after completing: %q", got)
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
