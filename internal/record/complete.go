package record

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"time"

	"github.com/uptrace/bun"

	"greenroom/internal/course"
	"greenroom/internal/db"
	"greenroom/internal/delivery"
	"greenroom/internal/event"
	"greenroom/internal/id"
)

// MarkComplete is Complete in a transaction of its own. Where c.Seen is up to date and more steps follow, that is one
// message to the database.
func (s *Service) MarkComplete(ctx context.Context, c Completion) (View, error) {
	if v, ok, err := s.quick(ctx, c); ok || err != nil {
		return v, err
	}
	var v View
	err := db.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) (err error) {
		v, err = s.Complete(ctx, tx, c)
		return err
	})
	return v, err
}

// Complete notes within the caller's transaction that a step is done, and with the last step that the course is:
// then the event, the certificate and the fact CourseCompleted stand or fall together. Saying it again changes
// nothing and returns the same view.
//
// It costs two statements when c.Seen is up to date and more steps follow: the event and the projection's new content.
// Else it costs three: the event, the projection's row locked by writing it, the row's new content.
func (s *Service) Complete(ctx context.Context, tx bun.IDB, c Completion) (View, error) {
	now := s.clock()
	done, err := c.event(now)
	if err != nil {
		return View{}, err
	}
	fresh, err := insertEvents(ctx, tx, []Event{done})
	if err != nil {
		return View{}, err
	}
	if fresh == 0 {
		return s.again(ctx, tx, c, now)
	}
	at := now.Unix()
	if p := c.advanced(at, now); p != nil {
		if ok, err := advance(ctx, tx, p); ok || err != nil {
			return Look(c.Course, p), err
		}
	}
	p, err := lockProgress(ctx, tx, &Progress{
		PersonID: c.PersonID, CourseKey: c.Course.Key, States: States{c.Activity.Key: at}, Events: 1, UpdatedAt: now,
	})
	if err != nil {
		return View{}, err
	}
	_, first := p.States[c.Activity.Key]
	first = first && p.Events == 1 // the row was made by the lock, with this state in it
	p.States[c.Activity.Key] = at
	delete(p.Decided, c.Activity.Key) // doing outranks a decision
	completed, err := s.finish(ctx, tx, p, c.Course, c.DeliveryID, now, now)
	if err != nil {
		return View{}, err
	}
	if !first || completed {
		if err := saveProgress(ctx, tx, p); err != nil {
			return View{}, err
		}
	}
	return Look(c.Course, p), nil
}

// quick completes a step in one message where the projection still is as the caller saw it. It says whether it did;
// where not, it has changed nothing and the way under the lock decides.
func (s *Service) quick(ctx context.Context, c Completion) (View, bool, error) {
	now := s.clock()
	done, err := c.event(now)
	if err != nil {
		return View{}, false, err
	}
	p := c.advanced(now.Unix(), now)
	if p == nil {
		return View{}, false, nil
	}
	ok, err := s.advanceWith(ctx, p, done)
	return Look(c.Course, p), ok, err
}

// event is what a completion appends to the record.
func (c Completion) event(now time.Time) (Event, error) {
	if c.PersonID == "" || c.Course == nil || c.Activity == nil {
		return Event{}, errors.New("complete: a person, a course and an activity are needed")
	}
	data := ""
	if c.Data != nil {
		raw, err := json.Marshal(c.Data)
		if err != nil {
			return Event{}, fmt.Errorf("complete %q: %w", c.Activity.Key, err)
		}
		data = string(raw)
	}
	return Event{
		ID: id.New(), PersonID: c.PersonID, CourseKey: c.Course.Key, ActivityKey: c.Activity.Key, Kind: Done,
		Cycle: firstCycle, DeliveryID: c.DeliveryID, RevisionHash: c.Course.Hash, Data: data, At: now,
	}, nil
}

// advanced is what the projection becomes by this completion if it still is as the caller saw it; nil when the caller
// saw none, when the step counts already, or when this may be what completes the course: that is decided under the lock.
func (c Completion) advanced(at int64, now time.Time) *Progress {
	if c.Seen.events == 0 || c.Seen.IsDone(c.Activity.Key) {
		return nil
	}
	p := &Progress{
		PersonID: c.PersonID, CourseKey: c.Course.Key, States: maps.Clone(c.Seen.states), Decided: c.Seen.decided, Events: c.Seen.events + 1,
		CompletedAt: c.Seen.CompletedAt, UpdatedAt: now,
	}
	if p.States == nil {
		return nil
	}
	p.States[c.Activity.Key] = at
	if p.CompletedAt == nil && allDone(c.Course, p.States) {
		return nil
	}
	return p
}

// again answers a repeated completion from what is stored.
func (s *Service) again(ctx context.Context, tx bun.IDB, c Completion, now time.Time) (View, error) {
	p, err := readProgress(ctx, tx, c.PersonID, c.Course.Key)
	if err != nil {
		return View{}, err
	}
	if p.CompletedAt == nil && allDone(c.Course, p.States) {
		if p, err = s.recheck(ctx, tx, c.PersonID, c.Course, c.DeliveryID, now); err != nil {
			return View{}, err
		}
	}
	return Look(c.Course, p), nil
}

// finish completes the course in p when the last step is done and it was not complete before, from the time given on
// (now, except where a decision holds from an earlier day). It says whether it changed p; the caller holds p's row and
// saves it.
func (s *Service) finish(ctx context.Context, tx bun.IDB, p *Progress, rev *course.Revision, deliveryID string, from, now time.Time) (bool, error) {
	if p.CompletedAt != nil || !allDone(rev, p.States) {
		return false, nil
	}
	e := Event{
		ID: id.New(), PersonID: p.PersonID, CourseKey: rev.Key, Kind: Completed, Cycle: firstCycle,
		DeliveryID: deliveryID, RevisionHash: rev.Hash, At: now,
	}
	if !from.Equal(now) {
		raw, err := json.Marshal(holds{From: from})
		if err != nil {
			return false, err
		}
		e.Data = string(raw)
	}
	n, err := insertEvents(ctx, tx, []Event{e})
	if err == nil && n == 0 { // completed before, and reopened since
		if e.Cycle, err = nextCycle(ctx, tx, p); err == nil {
			n, err = insertEvents(ctx, tx, []Event{e})
		}
	}
	if err != nil {
		return false, err
	}
	if n == 0 {
		return false, fmt.Errorf("complete %q: the record has the completion but the projection has not", rev.Key)
	}
	p.Events++
	p.CompletedAt = &from
	return true, s.announce(ctx, tx, p.PersonID, rev, from, now)
}

// nextCycle is the cycle of a person's next completion; the caller holds p's row.
func nextCycle(ctx context.Context, tx bun.IDB, p *Progress) (int, error) {
	events, err := eventsOf(ctx, tx, p.PersonID, p.CourseKey)
	if err != nil {
		return 0, err
	}
	l := read(events)
	if l.completion() != nil {
		return l.cycle(), nil // it is there already: finish says so
	}
	return l.cycle() + 1, nil
}

// announce issues the certificate and records the fact of a completion that happened at a time.
func (s *Service) announce(ctx context.Context, tx bun.IDB, personID string, rev *course.Revision, at, now time.Time) error {
	if s.cert != nil {
		if err := s.cert.Issue(ctx, tx, personID, rev, at); err != nil {
			return fmt.Errorf("issue certificate: %w", err)
		}
	}
	return event.Record(ctx, tx, now, CourseCompleted{PersonID: personID, CourseKey: rev.Key, RevisionHash: rev.Hash, At: at})
}

// recheck completes the course of a person when nothing is missing any more.
func (s *Service) recheck(ctx context.Context, tx bun.IDB, personID string, rev *course.Revision, deliveryID string, now time.Time) (*Progress, error) {
	p, err := lockProgress(ctx, tx, &Progress{PersonID: personID, CourseKey: rev.Key, States: States{}, UpdatedAt: now})
	if err != nil {
		return nil, err
	}
	completed, err := s.finish(ctx, tx, p, rev, deliveryID, now, now)
	if err != nil || !completed {
		return p, err
	}
	return p, saveProgress(ctx, tx, p)
}

// OnMoved is the reactor to a person's move to a newer revision: where that has retired the last step they had
// not done, their course is complete. It may be called any number of times.
func (s *Service) OnMoved(ctx context.Context, f delivery.Moved) error {
	rev, err := s.courses.Revision(ctx, f.RevisionHash)
	if err != nil {
		return err
	}
	p, err := readProgress(ctx, s.db, f.PersonID, f.CourseKey)
	if err != nil || p.CompletedAt != nil || !allDone(rev, p.States) {
		return err
	}
	return db.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		_, err := s.recheck(ctx, tx, f.PersonID, rev, "", s.clock())
		return err
	})
}
