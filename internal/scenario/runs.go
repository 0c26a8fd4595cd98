package scenario

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/uptrace/bun"

	"greenroom/internal/db"
	"greenroom/internal/fault"
	"greenroom/internal/id"
	"greenroom/internal/record"
)

// Look finds the run to show: the one asked for, else the open one, else the newest that was finished. It is nil when
// there is none. NotFound when the one asked for is not one of the person's here.
func (s *Service) Look(ctx context.Context, at record.Completion, runID string) (*Sitting, error) {
	if at.PersonID == "" {
		if runID != "" {
			return nil, errNoRun
		}
		return nil, nil
	}
	r, events, err := s.load(ctx, at, runID)
	if err != nil || r == nil {
		return nil, err
	}
	sit, err := s.sit(ctx, at, r, events)
	if err != nil {
		return nil, err
	}
	if r.State != Open {
		return sit, nil
	}
	if p := sit.Story.Now().Passage; p.Kind == Reply {
		if sit.Reply, err = findReply(ctx, s.db, r.ID, p.Key); err != nil {
			return nil, err
		}
	}
	if m := sit.Story.Before(); m != nil && m.Passage.Kind == Reply {
		sit.Sent, err = lastSent(ctx, s.db, r.ID, m.Passage.Key)
	}
	return sit, err
}

// Runs are a person's runs here, newest first.
func (s *Service) Runs(ctx context.Context, at record.Completion) ([]Run, error) {
	if at.PersonID == "" {
		return nil, nil
	}
	return runsAt(ctx, s.db, at)
}

// Start begins a run on the revision at.Course, or returns the one that is open. Client is the id of the form that
// asks: sent twice, it is one run.
func (s *Service) Start(ctx context.Context, at record.Completion, client, timing string) (*Run, error) {
	if _, err := scenarioOf(at.Activity); err != nil {
		return nil, err
	}
	r := s.fresh(at, client, timing)
	var out *Run
	err := db.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		if err := insertRun(ctx, tx, r); err != nil {
			return err
		}
		var err error
		out, err = started(ctx, tx, at, r.Client)
		return err
	})
	return out, err
}

func (s *Service) fresh(at record.Completion, client, timing string) *Run {
	if !id.Valid(client) {
		client = id.New()
	}
	if timing != TimingLong && timing != TimingOff {
		timing = TimingOn
	}
	return &Run{
		ID: id.New(), PersonID: at.PersonID, CourseKey: at.Course.Key, ActivityKey: at.Activity.Key, RevisionHash: at.Course.Hash,
		DeliveryID: at.DeliveryID, Client: client, State: Open, Seed: randomSeed(), Timing: timing, StartedAt: s.clock(),
	}
}

func randomSeed() int64 {
	var b [8]byte
	_, _ = rand.Read(b[:]) // it never fails: crypto/rand ends the program first
	return int64(binary.LittleEndian.Uint64(b[:]) >> 1)
}

// Move makes a move in a run. Seen is how many moves the page knew of; it tells the
// passage too, where m does not. Pressed again it changes nothing and shows where
// the run is; when the run has meanwhile gone on another way the answer is Conflict, with the sitting.
//
// It is durable when it returns: one look, one insert, and at an ending one more write.
func (s *Service) Move(ctx context.Context, at record.Completion, runID string, seen int, m Move) (*Sitting, error) {
	if m.Kind == Replied {
		return nil, errNoRun // that is MarkReply's
	}
	sit, err := s.at(ctx, at, runID)
	if err != nil {
		return nil, err
	}
	if m.At == "" && m.Kind != Back {
		m.At = sit.passageAt(seen)
	}
	return s.move(ctx, at, sit, seen, m, func(ctx context.Context, e *Event) error { return s.keep(ctx, sit, e) })
}

// passageAt is where the run stood when so many moves were made.
func (s *Sitting) passageAt(seen int) string {
	if seen >= 0 && seen < len(s.Events) {
		return s.Events[seen].Passage
	}
	return s.Story.Now().Passage.Key
}

// at finds a run of the person by its id.
func (s *Service) at(ctx context.Context, at record.Completion, runID string) (*Sitting, error) {
	if !id.Valid(runID) {
		return nil, errNoRun
	}
	return s.Look(ctx, at, runID)
}

// move judges a move, makes it, and lets keep store it.
func (s *Service) move(ctx context.Context, at record.Completion, sit *Sitting, seen int, m Move, keep func(ctx context.Context, e *Event) error) (*Sitting, error) {
	n := len(sit.Events)
	switch {
	case sit.Run.State == Aside:
		return sit, errGoneOn
	case seen < n && seen >= 0 && sit.Events[seen].same(m):
		return sit, nil // the same press, again
	case seen != n:
		return sit, errGoneOn
	}
	if err := sit.Story.Do(m); err != nil {
		switch {
		case errors.Is(err, ErrTooLong):
			return sit, fault.New(fault.Conflict, "scenario.error.too_long")
		case errors.Is(err, ErrNoBack):
			return sit, fault.New(fault.Conflict, "scenario.error.no_back")
		}
		return sit, fault.New(fault.Conflict, "scenario.error.not_here").Because(err)
	}
	e := Event{
		RunID: sit.Run.ID, Number: n + 1, Kind: m.Kind, Passage: m.At, Choice: m.Choice, Points: m.Points,
		Meters: metersText(sit.Story.Now().Meters), At: s.clock(),
	}
	err := keep(ctx, &e)
	if fault.Is(err, fault.Conflict) { // another press was first
		again, err := s.Look(ctx, at, sit.Run.ID)
		if err != nil {
			return nil, err
		}
		if n < len(again.Events) && again.Events[n].same(m) {
			return again, nil
		}
		return again, errGoneOn
	}
	if err != nil {
		return nil, err
	}
	sit.Events = append(sit.Events, e)
	sit.Reply = nil
	return sit, nil
}

// keep stores a move: one statement, or with an ending two in one transaction.
func (s *Service) keep(ctx context.Context, sit *Sitting, e *Event) error {
	if !sit.Story.Over() {
		return s.append(ctx, e)
	}
	return db.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error { return s.keepIn(ctx, tx, sit, e) })
}

func (s *Service) keepIn(ctx context.Context, tx bun.IDB, sit *Sitting, e *Event) error {
	if err := insertEvent(ctx, tx, e); err != nil {
		return err
	}
	if !sit.Story.Over() {
		return nil
	}
	sit.Run.State, sit.Run.FinishedAt, sit.Run.Ending = Finished, &e.At, sit.Story.Now().Passage.Key
	return finishRun(ctx, tx, sit.Run)
}

// SetTiming changes how a run's clocks go.
func (s *Service) SetTiming(ctx context.Context, at record.Completion, runID, timing string) error {
	if timing != TimingOn && timing != TimingLong && timing != TimingOff || !id.Valid(runID) {
		return errNoRun
	}
	return setTiming(ctx, s.db, at, runID, timing)
}

// Again begins another run. From is the moment of an earlier run, told by its number, from which it goes on; what came
// before is taken over, texts too. 0 begins anew. An open run is set aside.
func (s *Service) Again(ctx context.Context, at record.Completion, client, runID string, from int) (*Run, error) {
	var old *Sitting
	r := s.fresh(at, client, TimingOn)
	var moves []Move
	if runID != "" {
		var err error
		if old, err = s.at(ctx, at, runID); err != nil {
			return nil, err
		}
		r.Timing = old.Run.Timing
		if from > 0 {
			if moves, err = old.Story.until(from); err != nil {
				return nil, errNoRun
			}
			r.Seed, r.ReplayOf, r.RevisionHash = old.Run.Seed, old.Run.ID, old.Run.RevisionHash
		}
	}
	var out *Run
	err := db.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		if known, err := byClient(ctx, tx, at, r.Client); err != nil || known != nil {
			out = known
			return err
		}
		if err := setAside(ctx, tx, at); err != nil {
			return err
		}
		if err := insertRun(ctx, tx, r); err != nil {
			return err
		}
		var err error
		if out, err = started(ctx, tx, at, r.Client); err != nil || out.ID != r.ID || len(moves) == 0 {
			return err
		}
		return s.takeOver(ctx, tx, old, r, moves)
	})
	return out, err
}

// until are the moves that count before a moment was left.
func (t *Story) until(number int) ([]Move, error) {
	var out []Move
	for _, m := range t.Moments {
		if m.Number == number {
			return out, nil
		}
		if m.Move != nil {
			out = append(out, *m.Move)
		}
	}
	return nil, errNoRun
}

// takeOver writes the moves that a replay begins with, and the texts written on the way.
func (s *Service) takeOver(ctx context.Context, tx bun.IDB, old *Sitting, r *Run, moves []Move) error {
	texts, err := repliesOf(ctx, tx, old.Run.ID)
	if err != nil {
		return err
	}
	story, now := old.Story.Scenario.Begin(r.Seed), s.clock()
	events := make([]Event, 0, len(moves))
	var copied []Written
	for i, m := range moves {
		if m.Kind == Replied {
			for _, t := range texts {
				if t.Passage == m.At && t.State == Marked {
					t.ID, t.RunID, t.Number, t.Peers, t.DueAt = id.New(), r.ID, i, 0, nil
					copied = append(copied, t)
					break
				}
			}
		}
		if err := story.Do(m); err != nil {
			return fmt.Errorf("replay scenario run %s: %w", old.Run.ID, err)
		}
		events = append(events, Event{
			RunID: r.ID, Number: i + 1, Kind: m.Kind, Passage: m.At, Choice: m.Choice, Points: m.Points,
			Meters: metersText(story.Now().Meters), At: now,
		})
	}
	return insertCopies(ctx, tx, events, copied)
}

// Finish completes the step: an ending was reached and the debrief gone through.
func (s *Service) Finish(ctx context.Context, at record.Completion, runID string) (record.View, error) {
	sit, err := s.at(ctx, at, runID)
	if err != nil {
		return record.View{}, err
	}
	if sit.Run.State != Finished {
		return record.View{}, fault.New(fault.Conflict, "scenario.error.not_over")
	}
	at.Data = map[string]string{"run": sit.Run.ID} // the record never holds what was chosen
	return s.records.MarkComplete(ctx, at)
}
