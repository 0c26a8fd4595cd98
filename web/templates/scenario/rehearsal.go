package scenario

import (
	"github.com/a-h/templ"

	"greenroom/internal/draft"
	"greenroom/internal/id"
	"greenroom/internal/locale"
	rules "greenroom/internal/scenario"
	"greenroom/web/templates/ui"
)

// Rehearse is the body of a rehearsal where it stands: the scene, or at an ending the debrief. A is what came of a form that
// is shown again; by and all are what is wrong with it.
func Rehearse(l *locale.Printer, at Rehearsal, r *rules.Rehearsal, moved bool, a rules.Acted, by map[string]string, all []ui.FieldError) templ.Component {
	sit := r.Sitting()
	if r.Story.Over() {
		return Debrief(DebriefPage{L: l, Rehearsal: at, Sitting: sit, Client: id.New(), Moved: moved, Panel: sit.Story.Scenario.Panel})
	}
	p := ScenePage{L: l, Rehearsal: at, Sitting: sit, Moved: moved, Reply: ReplyForm{Form: draft.Form{Page: id.New()}, Text: a.Text, Marks: a.Marks}}
	if a.Asking {
		sit.Reply = &rules.Written{State: rules.Sent, Body: a.Text, Marks: a.Marks}
		p.Reply.Errors, p.Errors = by, all
	} else {
		p.Error, p.Reply.Error, p.Errors = by["choice"], by["text"], all
	}
	return Scene(p)
}
