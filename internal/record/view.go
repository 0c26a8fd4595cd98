package record

import (
	"time"

	"greenroom/internal/course"
)

// View is what a progress means in one revision of the course: every number that a screen shows.
type View struct {
	Done, Total int // steps of this revision
	Percent     int // 0 to 100, rounded down, but at least 1 when something is done; 100 once Complete
	MinutesLeft int // of the steps that are not done
	Modules     []ModuleView
	Complete    bool       // the course was completed, now or under an earlier revision
	CompletedAt *time.Time // nil unless Complete
	NewSteps    int        // steps that are not done although the course is Complete: they came later

	states  States
	decided Decided
	events  int // the projection's count when this was read: see Completion.Seen
}

// ModuleView is the numbers of one module, in the order of the revision.
type ModuleView struct {
	Key                      string
	Done, Total, MinutesLeft int
}

// Look counts what a progress means in a revision. p may be nil. It allocates one slice.
func Look(rev *course.Revision, p *Progress) View {
	v := View{Modules: make([]ModuleView, len(rev.Modules))}
	if p != nil {
		v.states, v.decided, v.CompletedAt = p.States, p.Decided, p.CompletedAt
		v.Complete, v.events = p.CompletedAt != nil, p.Events
	}
	for i, m := range rev.Modules {
		mv := ModuleView{Key: m.Key, Total: len(m.Activities)}
		for _, a := range m.Activities {
			if v.IsDone(a.Key) {
				mv.Done++
			} else {
				mv.MinutesLeft += a.Minutes
			}
		}
		v.Modules[i] = mv
		v.Done += mv.Done
		v.Total += mv.Total
		v.MinutesLeft += mv.MinutesLeft
	}
	v.Percent = percent(v.Done, v.Total)
	if v.Complete {
		v.Percent, v.NewSteps = 100, v.Total-v.Done
	}
	return v
}

func percent(done, total int) int {
	if total == 0 || done == 0 {
		return 0
	}
	return max(1, done*100/total)
}

// IsDone says whether the activity with this key is done, or counts as done by a decision.
func (v View) IsDone(activityKey string) bool { _, ok := v.states[activityKey]; return ok }

// Decided is the kind of the decision by which the activity counts: Manual, Waived or Recognised; "" when it was done, or
// is not.
func (v View) Decided(activityKey string) string { return v.decided[activityKey] }

// Module is what is done of the course's i-th module, counted from 0; nothing for one that the view has not.
func (v View) Module(i int) ModuleView {
	if i < len(v.Modules) {
		return v.Modules[i]
	}
	return ModuleView{}
}

// DoneAt is when the activity was done, in UTC to the second; the zero time when it is not.
func (v View) DoneAt(activityKey string) time.Time {
	at, ok := v.states[activityKey]
	if !ok {
		return time.Time{}
	}
	return time.Unix(at, 0).UTC()
}

// Next is the first activity of the revision that is not done, or nil when all are.
func (v View) Next(rev *course.Revision) *course.Activity {
	for _, m := range rev.Modules {
		for _, a := range m.Activities {
			if !v.IsDone(a.Key) {
				return a
			}
		}
	}
	return nil
}

// allDone is the rule that completes a course: it has steps, and all of them are done.
func allDone(rev *course.Revision, s States) bool {
	steps := 0
	for _, m := range rev.Modules {
		for _, a := range m.Activities {
			if _, ok := s[a.Key]; !ok {
				return false
			}
			steps++
		}
	}
	return steps > 0
}
