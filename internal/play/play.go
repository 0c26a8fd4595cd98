// Package play is the one door to an activity.
//
// A learner reaches a step of a course only through Service.Open, which checks access and gathers what every
// kind of activity needs: who learns, in which delivery, on which revision, with which progress. What the step
// shows and does is the business of the kind's Player.
//
// A new kind of activity is one package of rules (a course.Kind), one of pages (a Player), one of templates, one
// migration and one line in internal/app.
package play

import (
	"context"
	"fmt"
	"time"

	"github.com/a-h/templ"
	"github.com/labstack/echo/v4"

	"greenroom/internal/account"
	"greenroom/internal/course"
	"greenroom/internal/delivery"
	"greenroom/internal/fault"
	"greenroom/internal/record"
)

// Player shows one kind of activity and takes what learners do in it.
type Player interface {
	// Kind is the name of the course.Kind that it plays.
	Kind() string
	// Show answers GET of the step. It changes nothing. s.Learner is nil while nobody is known.
	Show(c echo.Context, s Step) error
	// Do answers POST of the step's action named verb. s.Learner and s.Enrolment are set.
	// An unknown verb is NotFound.
	Do(c echo.Context, s Step, verb string) error
}

// Getter is a Player with further pages below its step: downloads and documents.
type Getter interface {
	// Get answers GET of Path()/name. An unknown name is NotFound.
	Get(c echo.Context, s Step, name string) error
}

// NotYet is the answer to somebody who opens a step before the week it belongs to: a fault (Forbidden) that knows the
// step and when it opens.
type NotYet struct {
	Step  Step
	Opens time.Time // UTC
}

// Error is for the log.
func (e *NotYet) Error() string { return "play: " + e.Step.Activity.Key + " has not opened" }

// Unwrap is the fault.
func (e *NotYet) Unwrap() error { return fault.New(fault.Forbidden, "play.not_yet") }

// Step is one activity as one person has it. Access has been checked.
type Step struct {
	Learner   *account.Person // nil in Show and Get while nobody is known
	Course    *course.Revision
	Delivery  *delivery.Delivery
	Enrolment *delivery.Enrolment // nil while not enrolled
	Activity  *course.Activity
	Progress  record.View
	Plan      delivery.Plan // the learner's dates; none outside cohorts
	Now       time.Time     // that the dates were held against
	Ahead     bool          // the learner's week has not come: they lead the cohort and look ahead

	frame Frame
}

// Frame renders a step's body inside the page that all steps share.
type Frame func(c echo.Context, s Step, status int, body templ.Component) error

// Path is the step's address: /courses/{course}/{module}/{activity}.
func (s Step) Path() string { return Path(s.Course, s.Activity) }

// Path is the address of an activity.
func Path(r *course.Revision, a *course.Activity) string { return "/courses/" + r.Key + "/" + a.Key }

// CoursePath is the address of the course's page.
func (s Step) CoursePath() string { return "/courses/" + s.Course.Key }

// Action is the address that a form of the step posts to.
func (s Step) Action(verb string) string { return s.Path() + "/" + verb }

// NextPath is the address of the next step, or of the course's closing page after the last.
func (s Step) NextPath() string {
	if s.Activity.Next == nil {
		return s.CoursePath() + "/finish"
	}
	return Path(s.Course, s.Activity.Next)
}

// Done says whether the learner has completed this step.
func (s Step) Done() bool { return s.Progress.IsDone(s.Activity.Key) }

// LearnerID is the learner's id, or "" while nobody is known.
func (s Step) LearnerID() string {
	if s.Learner == nil {
		return ""
	}
	return s.Learner.ID
}

// Frame answers with body inside the step's page: outline, head, what completes it, pager.
func (s Step) Frame(c echo.Context, status int, body templ.Component) error {
	return s.frame(c, s, status, body)
}

// Completion is what record.Service takes when the learner completes this step. Data is kept as JSON; it may be nil.
func (s Step) Completion(data any) record.Completion {
	c := record.Completion{PersonID: s.LearnerID(), Course: s.Course, Activity: s.Activity, Data: data, Seen: s.Progress}
	if s.Delivery != nil {
		c.DeliveryID = s.Delivery.ID
	}
	return c
}

// Service opens steps.
type Service struct {
	courses    *course.Service
	deliveries *delivery.Service
	records    *record.Service
	players    map[string]Player
	frame      Frame
}

// New makes the door. Every kind that courses use needs a player.
func New(c *course.Service, d *delivery.Service, r *record.Service, frame Frame, players ...Player) *Service {
	s := &Service{courses: c, deliveries: d, records: r, frame: frame, players: map[string]Player{}}
	for _, p := range players {
		s.players[p.Kind()] = p
	}
	return s
}

// Place is where a person stands in a course: the revision they are on and their progress in it.
type Place struct {
	Course    *course.Revision // the one the enrolment is pinned to, else the current one
	Newer     bool             // a newer revision than the pinned one has been published
	Delivery  *delivery.Delivery
	Enrolment *delivery.Enrolment // nil while not enrolled
	Progress  record.View
	Plan      delivery.Plan // the person's dates; none outside cohorts
	Now       time.Time     // that the dates are held against
}

// Open says whether the step may be worked on: its week has come, or it is done already.
func (p Place) Open(a *course.Activity) bool {
	return !p.Plan.Dated() || p.Progress.IsDone(a.Key) || p.Plan.Open(a.Module.Key, p.Now)
}

// Active says whether the person is enrolled and has neither paused nor withdrawn.
func (p Place) Active() bool { return p.Enrolment != nil && p.Enrolment.Status == delivery.Active }

// Next is the step to go on with: where the learner last was unless that is done, else the first that is not done and
// has opened, else nil.
func (p Place) Next() *course.Activity {
	if p.Enrolment != nil {
		if a := p.Course.Activity(p.Enrolment.LastActivity); a != nil && !p.Progress.IsDone(a.Key) && p.Open(a) {
			return a
		}
	}
	for a := p.Course.First(); a != nil; a = a.Next {
		if !p.Progress.IsDone(a.Key) && p.Open(a) {
			return a
		}
	}
	return nil
}

// Place finds where a person (id "" for nobody) stands in the course. NotFound when there is no such course.
func (s *Service) Place(ctx context.Context, personID, courseKey string) (Place, error) {
	current, err := s.courses.Current(ctx, courseKey)
	if err != nil {
		return Place{}, err
	}
	p := Place{Course: current}
	var progress *record.Progress
	p.Delivery, p.Enrolment, progress, err = s.records.Place(ctx, personID, courseKey)
	if err != nil {
		return Place{}, fmt.Errorf("place in %q: %w", courseKey, err)
	}
	if p.Enrolment != nil && p.Enrolment.RevisionHash != current.Hash {
		if p.Course, err = s.courses.Revision(ctx, p.Enrolment.RevisionHash); err != nil {
			return Place{}, err
		}
		p.Newer = true
	}
	p.Progress, p.Now = record.Look(p.Course, progress), s.records.Now()
	if p.Active() && p.Delivery.Cohort() {
		if err := s.deliveries.Allow(ctx, p.Enrolment); err != nil {
			return Place{}, err
		}
		p.Plan = p.Delivery.Plan(p.Course, p.Enrolment)
	}
	return p, nil
}

// Open finds the step for somebody who looks at it. Steps of an open course are for everybody; of another, for people
// who are enrolled, trainers and authors. In a cohort a step is for its people once its week has come: before, the
// error is a *NotYet.
func (s *Service) Open(ctx context.Context, who *account.Person, courseKey, activityKey string) (Step, Player, error) {
	id := ""
	if who != nil {
		id = who.ID
	}
	at, err := s.Place(ctx, id, courseKey)
	if err != nil {
		return Step{}, nil, err
	}
	a := at.Course.Activity(activityKey)
	if a == nil {
		return Step{}, nil, fault.New(fault.NotFound, "play.no_step")
	}
	if err := mayLook(who, at); err != nil {
		return Step{}, nil, err
	}
	p := s.players[a.Kind]
	if p == nil {
		return Step{}, nil, fmt.Errorf("no player for kind %q", a.Kind)
	}
	st := Step{
		Learner: who, Course: at.Course, Delivery: at.Delivery, Enrolment: at.Enrolment,
		Activity: a, Progress: at.Progress, Plan: at.Plan, Now: at.Now, frame: s.frame,
	}
	if !at.Open(a) {
		if !mayLookAhead(who, at.Delivery) {
			m, _ := at.Plan.Module(a.Module.Key)
			return Step{}, nil, &NotYet{Step: st, Opens: m.Opens}
		}
		st.Ahead = true
	}
	return st, p, nil
}

// mayLookAhead says who sees weeks before they open: who leads the cohort, and authors.
func mayLookAhead(who *account.Person, d *delivery.Delivery) bool {
	return who != nil && (who.Can(account.RoleTrainer, d.ID) || who.CanSome(account.RoleAuthor))
}

func mayLook(who *account.Person, at Place) error {
	if at.Course.Open || at.Active() || who != nil && (who.CanSome(account.RoleTrainer) || who.CanSome(account.RoleAuthor)) {
		return nil
	}
	if who == nil || who.Guest() {
		return fault.New(fault.Unauthenticated, "play.sign_in_first")
	}
	return fault.New(fault.Forbidden, "play.enrol_first")
}

// Enter finds the step for a learner who does something in it, and enrols them when they are not yet: to begin is
// to enrol. Who has paused or withdrawn comes back by it.
func (s *Service) Enter(ctx context.Context, who *account.Person, courseKey, activityKey string) (Step, Player, error) {
	st, p, err := s.Open(ctx, who, courseKey, activityKey)
	if err != nil {
		return Step{}, nil, err
	}
	if st.Enrolment == nil || st.Enrolment.Status != delivery.Active {
		if st.Enrolment, err = s.deliveries.Enrol(ctx, who.ID, courseKey); err != nil {
			return Step{}, nil, err
		}
		if st.Delivery, _, err = s.deliveries.Of(ctx, who.ID, courseKey); err != nil {
			return Step{}, nil, err
		}
	}
	return st, p, nil
}
