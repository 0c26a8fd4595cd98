package room

import (
	"context"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"greenroom/internal/account"
	"greenroom/internal/audit"
	"greenroom/internal/course"
	"greenroom/internal/db"
	"greenroom/internal/delivery"
	"greenroom/internal/fault"
	"greenroom/internal/record"
	"greenroom/internal/words"
)

// Entered is what came of entering attendance into the record.
type Entered struct{ People, Steps, Short, Guests int }

// Attended is what the record keeps about having been at a workshop.
type Attended struct {
	Room    string `json:"room"`
	Day     string `json:"day"`
	Minutes int    `json:"minutes"`
	Of      int    `json:"of"`
}

// Enter writes into the record of everybody with an account who was there long enough that they did the workshop of the module.
// With steps, keys of activities of the module, it also recognises those: with the last one missing their course is complete
// and they get its certificate. That is a trainer's decision about a person, so it asks for their right to it. Doing it
// again adds who has come to count since.
func (s *Service) Enter(ctx context.Context, actor *account.Person, roomID string, steps []string) (Entered, error) {
	var out Entered
	if err := mayHost(ctx, s.db, actor, roomID); err != nil {
		return out, err
	}
	r, err := byID(ctx, s.db, roomID)
	if err != nil {
		return out, err
	}
	if r.Rehearsal() {
		return out, fault.New(fault.Conflict, "room.err.rehearsal")
	}
	if r.State != Ended {
		return out, fault.New(fault.Conflict, "room.err.not_ended")
	}
	a, err := s.attendance(ctx, s.db, r, "")
	if err != nil {
		return out, err
	}
	for n := range a.All {
		p := &a.All[n]
		switch {
		case !p.Enough:
			out.Short++
			continue
		case p.Guest:
			out.Guests++
			continue
		}
		var decided int
		err := db.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) (err error) {
			decided, err = s.enter(ctx, tx, actor, r, a.Base, p, steps)
			return err
		})
		if err != nil {
			return out, fmt.Errorf("enter attendance: %w", err)
		}
		out.People++
		out.Steps += decided
	}
	err = s.change(ctx, actor, roomID, "desk", false, func(ctx context.Context, tx bun.Tx, r *Room) error {
		if !r.EnteredAt.IsZero() {
			return nil
		}
		r.EnteredAt = s.Now()
		if _, err := tx.NewUpdate().Model(r).Column("entered_at").WherePK().Exec(ctx); err != nil {
			return db.Err(err)
		}
		return note(ctx, tx, r, audit.Entry{At: r.EnteredAt, ActorID: actor.ID, ActorName: actor.Name, Action: "room.entered", DeliveryID: r.CohortID, Subject: r.Title})
	})
	return out, err
}

// enter writes one person's attendance, and recognises steps for them where actor may. It says how many.
func (s *Service) enter(ctx context.Context, tx bun.IDB, actor *account.Person, r *Room, base int, p *Attendee, steps []string) (int, error) {
	e, rev, err := s.place(ctx, tx, r, p.PersonID)
	if err != nil || rev == nil {
		return 0, err
	}
	if sheet := rev.Aside(r.SheetKey); sheet != nil { // an older edition may lack it
		_, err := s.records.Complete(ctx, tx, record.Completion{
			PersonID: p.PersonID, Course: rev, Activity: sheet, DeliveryID: e.DeliveryID,
			Data: Attended{Room: r.ID, Day: r.Day, Minutes: p.Minutes, Of: base},
		})
		if err != nil {
			return 0, err
		}
	}
	known := inModule(rev, r.SheetKey, steps)
	if len(known) == 0 || actor == nil || actor.ID == p.PersonID || !actor.Can(account.RoleTrainer, e.DeliveryID) {
		return 0, nil
	}
	done, err := s.records.DecideTx(ctx, tx, actor, record.Decision{
		PersonID: p.PersonID, PersonName: p.Called(), Course: rev, DeliveryID: e.DeliveryID, Kind: record.Recognised, Steps: known,
		Reason: words.Cut(r.Title, record.MaxReason-40) + ", " + r.Day, On: s.day(r),
	})
	if fault.Is(err, fault.Conflict) { // they have done all of them
		return 0, nil
	}
	return len(done), err
}

// day is the workshop's own day, for decisions; today where it lies ahead, as in a workshop that was held early.
func (s *Service) day(r *Room) string {
	if at, err := time.Parse(time.DateOnly, r.Day); err == nil && !at.After(s.Now()) {
		return r.Day
	}
	return ""
}

// place is where somebody's attendance counts: in the cohort that was expected, else where they are in the course, else in
// the course at their own pace, which having been there begins.
func (s *Service) place(ctx context.Context, tx bun.IDB, r *Room, personID string) (*delivery.Enrolment, *course.Revision, error) {
	var all []delivery.Enrolment
	err := tx.NewSelect().Model(&all).Where("person_id = ? AND course_key = ?", personID, r.CourseKey).
		Where("status IN (?)", bun.List([]string{delivery.Active, delivery.Paused})).OrderExpr("created_at DESC, id DESC").Scan(ctx)
	if err != nil {
		return nil, nil, db.Err(err)
	}
	var at *delivery.Enrolment
	for n := range all {
		if at == nil || all[n].DeliveryID == r.CohortID {
			at = &all[n]
		}
	}
	if at == nil {
		if at, err = s.begin(ctx, tx, r.CourseKey, personID); err != nil {
			return nil, nil, err
		}
	}
	rev, err := s.courses.RevisionTx(ctx, tx, at.RevisionHash)
	return at, rev, err
}

func (s *Service) begin(ctx context.Context, tx bun.IDB, courseKey, personID string) (*delivery.Enrolment, error) {
	d := new(delivery.Delivery)
	err := tx.NewSelect().Model(d).Where("course_key = ? AND kind = ?", courseKey, delivery.SelfPaced).Scan(ctx)
	if err != nil {
		return nil, db.Err(err)
	}
	rev, err := s.courses.CurrentTx(ctx, tx, courseKey)
	if err != nil {
		return nil, err
	}
	return s.deliveries.EnrolTx(ctx, tx, personID, d, rev.Hash)
}

// inModule are those of the keys that are steps of the run sheet's module.
func inModule(rev *course.Revision, sheetKey string, keys []string) []string {
	var out []string
	for _, k := range keys {
		if b := rev.Activity(k); b != nil && b.Module == moduleOf(rev, sheetKey) {
			out = append(out, k)
		}
	}
	return out
}

func moduleOf(rev *course.Revision, sheetKey string) *course.Module {
	if a := rev.Aside(sheetKey); a != nil {
		return a.Module
	}
	return nil
}

// Steps are what attendance may be recognised for: the steps of the run sheet's module, as the course is now.
func (s *Service) Steps(ctx context.Context, r *Room) ([]*course.Activity, error) {
	rev, err := s.courses.Current(ctx, r.CourseKey)
	if err != nil {
		return nil, err
	}
	m := moduleOf(rev, r.SheetKey)
	if m == nil {
		return nil, nil
	}
	return m.Activities, nil
}

// claimed enters what a guest has just made a person's, in rooms whose attendance was entered before.
func (s *Service) claimed(ctx context.Context, tx bun.IDB, personID string) error {
	if s.records == nil {
		return nil
	}
	var rooms []Room
	err := tx.NewSelect().Model(&rooms).Where("entered_at IS NOT NULL AND state = ?", Ended).
		Where("id IN (SELECT room_id FROM room_participant WHERE person_id = ?)", personID).Scan(ctx)
	if err != nil {
		return db.Err(err)
	}
	for n := range rooms {
		a, err := s.attendance(ctx, tx, &rooms[n], personID)
		if err != nil {
			return err
		}
		for i := range a.All {
			if p := &a.All[i]; p.Enough {
				if _, err := s.enter(ctx, tx, nil, &rooms[n], a.Base, p, nil); err != nil {
					return err
				}
			}
		}
	}
	return nil
}
