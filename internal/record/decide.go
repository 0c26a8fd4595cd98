package record

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/uptrace/bun"

	"greenroom/internal/account"
	"greenroom/internal/audit"
	"greenroom/internal/course"
	"greenroom/internal/db"
	"greenroom/internal/event"
	"greenroom/internal/fault"
	"greenroom/internal/id"
)

// Lengths of what is said about a decision, in characters.
const (
	MinReason   = 3
	MaxReason   = 500
	MaxEvidence = 1000
)

// Decision is what somebody decides about steps of a person's course.
type Decision struct {
	PersonID, PersonName string
	Course               *course.Revision // the revision the learner is on
	DeliveryID           string
	Kind                 string   // Manual, Waived or Recognised
	Steps                []string // keys of activities of Course; those done or decided already are left as they are
	Reason               string
	Evidence             string // text or a link; may be ""
	On                   string // the day it holds from, 2026-12-04; "" is today
}

// Reversal takes decisions about steps back.
type Reversal struct {
	PersonID, PersonName string
	Course               *course.Revision
	DeliveryID           string
	Steps                []string // those without a decision that stands are left as they are
	Evidence             string   // only decisions with this evidence; "" is any
	Reason               string
}

// Ruling is one decision as pages show it. Times are UTC.
type Ruling struct {
	Activity, Kind, By, Reason, Evidence, On string
	At                                       time.Time
	ReversedAt                               *time.Time // nil while it stands
	ReversedBy, ReversedWhy                  string
	Outdone                                  bool // the learner has done the step by now
}

// CourseReopened is the fact that a completion no longer holds, because decisions that it rested on were taken back.
type CourseReopened struct {
	PersonID, CourseKey string
	Cycle               int
	At                  time.Time
}

// FactName names the fact.
func (CourseReopened) FactName() string { return "record.course_reopened" }

// withdrawer is a Certifier that can end a certificate whose completion no longer holds.
type withdrawer interface {
	Withdraw(ctx context.Context, tx bun.IDB, personID, courseKey string, at time.Time) error
}

// Decide notes decisions of a person about somebody else's steps, with an entry in the audit log; with the last missing
// step the course is complete, as it is by doing. It returns the steps it decided. Invalid names the fields kind,
// steps, reason, evidence and on; Forbidden is a decision about oneself; Conflict that nothing was left to decide.
func (s *Service) Decide(ctx context.Context, actor *account.Person, d Decision) (decided []string, err error) {
	err = db.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		decided, err = s.DecideTx(ctx, tx, actor, d)
		return err
	})
	return decided, err
}

// DecideTx is Decide within the caller's transaction. A Conflict has changed nothing, and the transaction may go on.
func (s *Service) DecideTx(ctx context.Context, tx bun.IDB, actor *account.Person, d Decision) ([]string, error) {
	now := s.clock()
	if err := d.check(actor, now); err != nil {
		return nil, err
	}
	data, err := grounds{By: actor.ID, Reason: d.Reason, Evidence: d.Evidence, On: d.On}.text()
	if err != nil {
		return nil, err
	}
	l, err := s.lockLedger(ctx, tx, d.PersonID, d.Course.Key, now)
	if err != nil {
		return nil, err
	}
	var decided []string
	var events []Event
	for _, key := range d.Steps {
		e := l.step(key)
		if e.doneAt != nil || e.ruling != nil {
			continue
		}
		decided = append(decided, key)
		events = append(events, Event{
			ID: id.New(), PersonID: d.PersonID, CourseKey: d.Course.Key, ActivityKey: key, Kind: d.Kind,
			Cycle: e.rulings + 1, DeliveryID: d.DeliveryID, RevisionHash: d.Course.Hash, Data: data, At: now,
		})
	}
	if len(events) == 0 {
		return nil, fault.New(fault.Conflict, "record.nothing_to_decide")
	}
	if _, err := s.enter(ctx, tx, d.PersonID, d.Course, d.DeliveryID, events, now); err != nil {
		return nil, err
	}
	return decided, s.tell(ctx, tx, actor, "record."+d.Kind, d.PersonID, d.PersonName, d.DeliveryID, d.Course.Key, d.Reason, now,
		map[string]any{"steps": decided, "on": d.On, "evidence": d.Evidence})
}

func (d *Decision) check(actor *account.Person, now time.Time) error {
	d.Reason, d.Evidence, d.On = strings.TrimSpace(d.Reason), strings.TrimSpace(d.Evidence), strings.TrimSpace(d.On)
	if d.On == "" {
		d.On = now.Format(time.DateOnly)
	}
	var f fault.Fields
	if !slices.Contains(DecisionKinds, d.Kind) {
		f.Add("kind", "record.kind_missing")
	}
	checkSteps(&f, d.Course, d.Steps)
	checkReason(&f, d.Reason)
	if utf8.RuneCountInString(d.Evidence) > MaxEvidence {
		f.Add("evidence", "record.evidence_long", "Max", MaxEvidence)
	}
	switch day, err := time.Parse(time.DateOnly, d.On); {
	case err != nil || day.Year() < 1970:
		f.Add("on", "record.on_wrong")
	case day.After(now.Add(14 * time.Hour)): // wherever the actor is, that day has not begun
		f.Add("on", "record.on_future")
	}
	if err := f.Err(); err != nil {
		return err
	}
	return notOwn(actor, d.PersonID)
}

func checkReason(f *fault.Fields, reason string) {
	switch n := utf8.RuneCountInString(reason); {
	case n < MinReason:
		f.Add("reason", "record.reason_missing")
	case n > MaxReason:
		f.Add("reason", "record.reason_long", "Max", MaxReason)
	}
}

func checkSteps(f *fault.Fields, rev *course.Revision, steps []string) {
	known := map[string]bool{}
	for _, m := range rev.Modules {
		for _, a := range m.Activities {
			known[a.Key] = true
		}
	}
	for _, k := range steps {
		if !known[k] {
			f.Add("steps", "record.steps_unknown")
			return
		}
	}
	if len(steps) == 0 {
		f.Add("steps", "record.steps_missing")
	}
}

func notOwn(actor *account.Person, personID string) error {
	if actor == nil || actor.ID == personID {
		return fault.New(fault.Forbidden, "record.not_own")
	}
	return nil
}

// Reverse takes decisions back, with an entry in the audit log. What the learner has done stays done, and a completion
// that holds without the decisions stays; one that does not is reopened and its certificate withdrawn. It returns the
// steps whose decision it took back.
func (s *Service) Reverse(ctx context.Context, actor *account.Person, r Reversal) (taken []string, err error) {
	err = db.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		taken, err = s.ReverseTx(ctx, tx, actor, r)
		return err
	})
	return taken, err
}

// ReverseTx is Reverse within the caller's transaction. A Conflict has changed nothing, and the transaction may go on.
func (s *Service) ReverseTx(ctx context.Context, tx bun.IDB, actor *account.Person, r Reversal) ([]string, error) {
	now := s.clock()
	r.Reason = strings.TrimSpace(r.Reason)
	var f fault.Fields
	checkReason(&f, r.Reason)
	if len(r.Steps) == 0 {
		f.Add("steps", "record.steps_missing")
	}
	if err := f.Err(); err != nil {
		return nil, err
	}
	if err := notOwn(actor, r.PersonID); err != nil {
		return nil, err
	}
	data, err := grounds{By: actor.ID, Reason: r.Reason}.text()
	if err != nil {
		return nil, err
	}
	l, err := s.lockLedger(ctx, tx, r.PersonID, r.Course.Key, now)
	if err != nil {
		return nil, err
	}
	var taken []string
	var events []Event
	for _, key := range r.Steps {
		e := l.step(key)
		if e.ruling == nil || slices.Contains(taken, key) || r.Evidence != "" && readGrounds(e.ruling.Data).Evidence != r.Evidence {
			continue
		}
		taken = append(taken, key)
		events = append(events, Event{
			ID: id.New(), PersonID: r.PersonID, CourseKey: r.Course.Key, ActivityKey: key, Kind: Reversed,
			Cycle: e.ruling.Cycle, DeliveryID: r.DeliveryID, RevisionHash: r.Course.Hash, Data: data, At: now,
		})
	}
	if len(events) == 0 {
		return nil, fault.New(fault.Conflict, "record.nothing_to_reverse")
	}
	reopened, err := s.enter(ctx, tx, r.PersonID, r.Course, r.DeliveryID, events, now)
	if err != nil {
		return nil, err
	}
	return taken, s.tell(ctx, tx, actor, "record.reversed", r.PersonID, r.PersonName, r.DeliveryID, r.Course.Key, r.Reason, now,
		map[string]any{"steps": taken, "reopened": reopened})
}

// lockLedger locks the projection's row and reads the events.
func (s *Service) lockLedger(ctx context.Context, tx bun.IDB, personID, courseKey string, now time.Time) (*ledger, error) {
	p := &Progress{PersonID: personID, CourseKey: courseKey, States: States{}, UpdatedAt: now}
	if _, err := lockProgress(ctx, tx, p); err != nil {
		return nil, err
	}
	events, err := eventsOf(ctx, tx, personID, courseKey)
	if err != nil {
		return nil, err
	}
	return read(events), nil
}

// enter appends events to a locked record, and what follows from them: the completion of the course, or that the one
// there was no longer holds. It says whether it reopened the course.
func (s *Service) enter(ctx context.Context, tx bun.IDB, personID string, rev *course.Revision, deliveryID string, add []Event, now time.Time) (bool, error) {
	n, err := insertEvents(ctx, tx, add)
	if err != nil {
		return false, err
	}
	if n != len(add) {
		return false, fmt.Errorf("decide on %q: %d of %d events are new under the lock", rev.Key, n, len(add))
	}
	events, err := eventsOf(ctx, tx, personID, rev.Key)
	if err != nil {
		return false, err
	}
	l := read(events)
	p := l.progress(personID, rev.Key)
	reopened := false
	if e := l.completion(); e != nil {
		if reopened, err = s.reopen(ctx, tx, &p, *e, rev, deliveryID, now); err != nil {
			return false, err
		}
	}
	if _, err := s.finish(ctx, tx, &p, rev, deliveryID, latest(rev, p.States, now), now); err != nil {
		return false, err
	}
	p.UpdatedAt = now
	return reopened, saveProgress(ctx, tx, &p)
}

// latest is when the last step of the revision came to count.
func latest(rev *course.Revision, states States, now time.Time) time.Time {
	var at int64
	for _, m := range rev.Modules {
		for _, a := range m.Activities {
			at = max(at, states[a.Key])
		}
	}
	if t := time.Unix(at, 0).UTC(); t.Before(now) {
		return t
	}
	return now
}

// reopen takes a completion back that no longer holds, neither in the revision it was reached in nor in the learner's.
func (s *Service) reopen(ctx context.Context, tx bun.IDB, p *Progress, e Event, rev *course.Revision, deliveryID string, now time.Time) (bool, error) {
	reached, err := s.courses.RevisionTx(ctx, tx, e.RevisionHash)
	if err != nil {
		return false, err
	}
	if allDone(reached, p.States) || allDone(rev, p.States) {
		return false, nil
	}
	_, err = insertEvents(ctx, tx, []Event{{
		ID: id.New(), PersonID: p.PersonID, CourseKey: rev.Key, Kind: Reopened, Cycle: e.Cycle,
		DeliveryID: deliveryID, RevisionHash: rev.Hash, At: now,
	}})
	if err != nil {
		return false, err
	}
	p.Events++
	p.CompletedAt = nil
	if w, ok := s.cert.(withdrawer); ok {
		if err := w.Withdraw(ctx, tx, p.PersonID, rev.Key, now); err != nil {
			return false, err
		}
	}
	return true, event.Record(ctx, tx, now, CourseReopened{PersonID: p.PersonID, CourseKey: rev.Key, Cycle: e.Cycle, At: now})
}

func (s *Service) tell(ctx context.Context, tx bun.IDB, actor *account.Person, action, personID, name, deliveryID, courseKey, reason string, now time.Time, data map[string]any) error {
	raw, err := json.Marshal(data)
	if err != nil {
		return err
	}
	return audit.Record(ctx, tx, audit.Entry{
		At: now, ActorID: actor.ID, ActorName: actor.Name, Action: action, PersonID: personID, PersonName: name,
		DeliveryID: deliveryID, Subject: courseKey, Reason: reason, Data: string(raw),
	})
}

// Rulings returns all decisions about a person in a course, also those taken back, oldest first. One query.
func (s *Service) Rulings(ctx context.Context, personID, courseKey string) ([]Ruling, error) {
	events, err := eventsOf(ctx, s.db, personID, courseKey)
	if err != nil {
		return nil, err
	}
	return rulings(events), nil
}

// rulings are the decisions among a person's events in one course.
func rulings(events []Event) []Ruling {
	l := read(events)
	var out []Ruling
	for _, e := range events {
		g := readGrounds(e.Data)
		switch {
		case slices.Contains(DecisionKinds, e.Kind):
			r := Ruling{
				Activity: e.ActivityKey, Kind: e.Kind, By: g.By, Reason: g.Reason, Evidence: g.Evidence, On: g.On,
				At: e.At.UTC(), Outdone: l.step(e.ActivityKey).doneAt != nil,
			}
			for _, b := range events {
				if b.Kind == Reversed && b.ActivityKey == e.ActivityKey && b.Cycle == e.Cycle {
					at, why := b.At.UTC(), readGrounds(b.Data)
					r.ReversedAt, r.ReversedBy, r.ReversedWhy = &at, why.By, why.Reason
				}
			}
			out = append(out, r)
		}
	}
	return out
}

// Names are the names of people by id, for saying who decided; who is gone is not among them.
func (s *Service) Names(ctx context.Context, ids []string) (map[string]string, error) {
	by := map[string]string{}
	var want []string
	for _, x := range ids {
		if x != "" && !slices.Contains(want, x) {
			want = append(want, x)
		}
	}
	if len(want) == 0 {
		return by, nil
	}
	var rows []struct{ ID, Name string }
	if err := s.db.NewSelect().TableExpr("person").ColumnExpr("id, name").Where("id IN (?)", bun.List(want)).Scan(ctx, &rows); err != nil {
		return nil, fmt.Errorf("names: %w", err)
	}
	for _, r := range rows {
		by[r.ID] = r.Name
	}
	return by, nil
}
