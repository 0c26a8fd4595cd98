package delivery

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"greenroom/internal/event"
	"greenroom/internal/fault"
	"greenroom/internal/id"
)

// Placed is what became of one person in EnrolManyTx.
type Placed struct {
	Status string // Active, Paused or Waiting; "" when Err says why not
	Fresh  bool   // they were not in it before
	Err    error  // a fault: another cohort goes on, or the gate
}

// EnrolManyTx is EnrolInTx for many people at once, in the order given: seats go to the first. It reads and writes in
// lumps, so that thousands are a matter of a second. The error is one of all: the cohort is over, or was called off.
func (s *Service) EnrolManyTx(ctx context.Context, tx bun.IDB, deliveryID, revisionHash, source string, people []string) (map[string]Placed, error) {
	d, err := lockCohort(ctx, tx, deliveryID)
	if err != nil {
		return nil, err
	}
	now := s.clock()
	if err := d.admits(source, now); err != nil {
		return nil, err
	}
	b := batch{Service: s, d: d, now: now, out: map[string]Placed{}, source: source, hash: revisionHash}
	if d.Capacity > 0 {
		taken, waiting, err := seats(ctx, tx, d.ID)
		if err != nil {
			return nil, err
		}
		b.free, b.limited, b.queue = max(0, d.Capacity-taken), true, waiting
	}
	for lump := range slices.Chunk(people, lumpSize) {
		if err := b.add(ctx, tx, lump); err != nil {
			return nil, err
		}
	}
	return b.out, nil
}

// lumpSize is how many people one statement is about.
const lumpSize = 400

// batch is one run of EnrolManyTx.
type batch struct {
	*Service
	d            *Delivery
	now          time.Time
	source, hash string
	limited      bool
	free, queue  int
	out          map[string]Placed
}

func (b *batch) add(ctx context.Context, tx bun.IDB, people []string) error {
	there, err := enrolments(ctx, tx, b.d.ID, people)
	if err != nil {
		return err
	}
	elsewhere, err := otherCohorts(ctx, tx, people, b.d)
	if err != nil {
		return err
	}
	var first []string
	for _, p := range people {
		if there[p] == nil {
			first = append(first, p)
		}
	}
	kept := map[string]error{}
	if b.gate != nil && len(first) > 0 {
		if kept, err = b.gate(ctx, tx, b.d, b.hash, first); err != nil {
			return err
		}
	}
	var write []Enrolment
	var in []Enrolled
	var wait []Queued
	for _, p := range people {
		e := there[p]
		switch _, twice := b.out[p]; {
		case twice:
			continue
		case e != nil && e.Status != Withdrawn:
			b.out[p] = Placed{Status: e.Status}
			continue
		case elsewhere[p] != "":
			b.out[p] = Placed{Err: fault.New(fault.Conflict, "delivery.other_cohort", "Title", elsewhere[p])}
			continue
		case kept[p] != nil:
			b.out[p] = Placed{Err: kept[p]}
			continue
		}
		e = b.place(e, p)
		write = append(write, *e)
		b.out[p] = Placed{Status: e.Status, Fresh: true}
		if e.Status == Waiting {
			wait = append(wait, Queued{PersonID: p, CourseKey: b.d.CourseKey, DeliveryID: b.d.ID, At: b.now})
		} else {
			in = append(in, enrolled(e, b.now))
		}
	}
	if len(write) == 0 {
		return nil
	}
	if err := upsertAll(ctx, tx, write); err != nil {
		return err
	}
	if err := event.RecordAll(ctx, tx, b.now, in); err != nil {
		return err
	}
	return event.RecordAll(ctx, tx, b.now, wait)
}

// place gives a person the next seat, or a place in the queue.
func (b *batch) place(e *Enrolment, personID string) *Enrolment {
	if e == nil {
		e = &Enrolment{ID: id.New(), DeliveryID: b.d.ID, PersonID: personID, CourseKey: b.d.CourseKey, LastSeenAt: b.now, CreatedAt: b.now}
	}
	e.RevisionHash, e.Source, e.UpdatedAt = b.hash, b.source, b.now
	e.ExtendedDays, e.Pauses, e.ShiftWeeks = 0, nil, 0
	e.Version++
	if b.limited && (b.free == 0 || b.queue > 0) {
		at := b.now
		e.Status, e.QueuedAt, e.JoinedAt = Waiting, &at, nil
		b.queue++
		return e
	}
	b.seat(b.d, e, b.now)
	b.free--
	return e
}

// enrolments reads people's enrolments in a delivery for changing them.
func enrolments(ctx context.Context, tx bun.IDB, deliveryID string, people []string) (map[string]*Enrolment, error) {
	var all []Enrolment
	err := tx.NewSelect().Model(&all).Where("e.delivery_id = ?", deliveryID).Where("e.person_id IN (?)", bun.List(people)).Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("read enrolments: %w", err)
	}
	by := make(map[string]*Enrolment, len(all))
	for i := range all {
		by[all[i].PersonID] = &all[i]
	}
	return by, nil
}

// otherCohorts is otherCohort for many people.
func otherCohorts(ctx context.Context, tx bun.IDB, people []string, d *Delivery) (map[string]string, error) {
	var rows []struct{ PersonID, Title string }
	err := tx.NewSelect().Model((*Enrolment)(nil)).ColumnExpr("e.person_id, o.title").Join("JOIN delivery AS o ON o.id = e.delivery_id").
		Where("e.person_id IN (?)", bun.List(people)).Where("e.course_key = ?", d.CourseKey).Where("e.delivery_id <> ?", d.ID).
		Where("e.status IN (?, ?)", Active, Paused).Where("o.kind = ?", Cohort).Where("o.status IN (?, ?)", Draft, Open).Scan(ctx, &rows)
	if err != nil {
		return nil, fmt.Errorf("look for other cohorts: %w", err)
	}
	by := make(map[string]string, len(rows))
	for _, r := range rows {
		by[r.PersonID] = r.Title
	}
	return by, nil
}
