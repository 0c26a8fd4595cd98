package delivery

import (
	"time"

	"greenroom/internal/course"
)

// Plan is the dates of one person in a cohort, or of the cohort itself. The zero Plan has none: a self-paced
// delivery, where everything is open.
type Plan struct {
	Modules []PlanModule // as the course has them; empty when there are no dates
	Zone    *time.Location
}

// PlanModule is the dates of one module.
type PlanModule struct {
	Key   string
	Week  int       // of the cohort, from 1
	Opens time.Time // UTC
	Due   time.Time // UTC; the last minute of a day in the cohort's zone
}

// Plan computes the dates of the modules of a revision. e may be nil: then they are the cohort's own. It is empty for
// deliveries without dates and for cohorts that are over or were called off.
func (d *Delivery) Plan(rev *course.Revision, e *Enrolment) Plan {
	if !d.Cohort() || d.Status == Closed || d.Status == Cancelled {
		return Plan{}
	}
	return d.Dates(rev, e)
}

// Dates is Plan whatever the cohort's status.
func (d *Delivery) Dates(rev *course.Revision, e *Enrolment) Plan {
	p := Plan{Zone: d.location(), Modules: make([]PlanModule, len(rev.Modules))}
	shift := 0
	if e != nil {
		shift = e.ShiftWeeks
	}
	for i, s := range d.slots(rev) {
		on := s.On
		if s.Week > 0 {
			on = d.Schedule.week(d.StartsOn, s.Week, shift)
		} else {
			s.Week = max(1, 1+s.On.Since(d.StartsOn)/7)
			on = on.Add(7 * shift)
		}
		due := on.Add(d.Schedule.dueDays() - 1)
		if s.Due != "" {
			due = s.Due.Add(7 * shift)
		}
		p.Modules[i] = d.personal(s, on, due, e)
	}
	return p
}

// Ends is when the last thing of a cohort is due for everybody; zero for a delivery without dates.
func (d *Delivery) Ends(rev *course.Revision) (end time.Time) {
	if !d.Cohort() {
		return end
	}
	for _, m := range d.Dates(rev, nil).Modules {
		if m.Due.After(end) {
			end = m.Due
		}
	}
	return end
}

// personal turns the days of a module into one person's instants: pauses move what is not open when they begin, an
// extension or an accommodation moves what is due, and nothing is due sooner after joining than everybody else has time for it.
func (d *Delivery) personal(s Slot, on, due Date, e *Enrolment) PlanModule {
	m := PlanModule{Key: s.Module, Week: s.Week, Opens: d.opens(on)}
	if e == nil {
		m.Due = d.ends(due)
		return m
	}
	joined := e.Joined()
	if joined.After(m.Opens) {
		if least := DateOf(joined.In(d.location())).Add(d.Schedule.dueDays() - 1); least > due {
			due = least
		}
	}
	for _, p := range e.Pauses {
		if d.opens(on).After(p.From) {
			on = on.Add(p.Days)
		}
		if d.ends(due).After(p.From) {
			due = due.Add(p.Days)
		}
	}
	m.Opens, m.Due = d.opens(on), d.ends(due.Add(e.ExtendedDays+e.AllowedDays))
	return m
}

// Module returns the dates of a module; ok is false when there are none.
func (p Plan) Module(key string) (m PlanModule, ok bool) {
	for _, m := range p.Modules {
		if m.Key == key {
			return m, true
		}
	}
	return PlanModule{}, false
}

// Dated says whether there are dates at all.
func (p Plan) Dated() bool { return len(p.Modules) > 0 }

// Open says whether the module may be worked on.
func (p Plan) Open(key string, now time.Time) bool {
	m, ok := p.Module(key)
	return !ok || !now.Before(m.Opens)
}

// Current is the module of this week: the one that opened last. ok is false before the first and where there are no
// dates. Of several that opened together it is the first.
func (p Plan) Current(now time.Time) (m PlanModule, ok bool) {
	for _, x := range p.Modules {
		if !now.Before(x.Opens) && (!ok || x.Opens.After(m.Opens)) {
			m, ok = x, true
		}
	}
	return m, ok
}

// Next is the module that opens next; ok is false when all are open.
func (p Plan) Next(now time.Time) (m PlanModule, ok bool) {
	for _, x := range p.Modules {
		if now.Before(x.Opens) && (!ok || x.Opens.Before(m.Opens)) {
			m, ok = x, true
		}
	}
	return m, ok
}

// Ends is when the last module is due; the zero time where there are no dates.
func (p Plan) Ends() time.Time {
	var t time.Time
	for _, m := range p.Modules {
		if m.Due.After(t) {
			t = m.Due
		}
	}
	return t
}
