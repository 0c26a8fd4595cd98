package room

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/uptrace/bun"

	"greenroom/internal/account"
	"greenroom/internal/audit"
	"greenroom/internal/db"
	"greenroom/internal/delivery"
	"greenroom/internal/fault"
	"greenroom/internal/words"
)

// Lengths of the reason of a correction, in characters.
const (
	MinReason = 3
	MaxReason = 300
)

// DefaultNeed is the share of the minutes, in percent, that counts as having been there unless the trainer says otherwise.
const DefaultNeed = 75

// MaxMinutes is the most that a correction may say.
const MaxMinutes = 24 * 60

// Correction is what a trainer says about somebody's minutes instead of what was heard of their page. Spans stay as they are.
// Who said it is in the audit log.
type Correction struct {
	bun.BaseModel `bun:"table:room_correction,alias:room_correction"`

	ID            string `bun:",pk"`
	ParticipantID string
	At            time.Time
	Minutes       int
	Reason        string
}

// Attendee is somebody who was in the room, and for how long.
type Attendee struct {
	Participant `bun:",extend"`
	Guest       bool // without an account: nothing can be entered for them until they claim it
	Account     string

	Spans       []Span       `bun:"-"`
	Heard       int          `bun:"-"` // minutes between beginning and end, by their page
	Corrections []Correction `bun:"-"` // the newest first
	Minutes     int          `bun:"-"` // that count
	Percent     int          `bun:"-"` // of the base
	Enough      bool         `bun:"-"`
}

// Expected is somebody who has a place in the cohort, or has booked, and was not in the room.
type Expected struct{ PersonID, Name string }

// Attendance is who was there, for those who run the room.
type Attendance struct {
	*Room
	Now     time.Time
	Base    int // minutes that are the whole: what was planned, or what was run where that is shorter
	All     []Attendee
	Absent  []Expected
	Expects bool           // somebody is expected: a cohort's people, or who booked
	Cohorts []delivery.Row // of the course, which the actor leads
}

// run is the time that counts. Zero while it has not begun.
func (r *Room) run(now time.Time) (from, to time.Time) {
	if r.BeganAt.IsZero() {
		return time.Time{}, time.Time{}
	}
	if r.State == Ended {
		return r.BeganAt, r.EndedAt
	}
	return r.BeganAt, now
}

// base is how many minutes are the whole.
func (r *Room) base(planned int, now time.Time) int {
	from, to := r.run(now)
	if ran := minutes(to.Sub(from)); r.State == Ended && ran < planned {
		return ran
	}
	return planned
}

func minutes(d time.Duration) int { return int(d.Round(time.Minute) / time.Minute) }

// Attendance reads who was there: a handful of queries, however many people there are.
func (s *Service) Attendance(ctx context.Context, actor *account.Person, roomID string) (*Attendance, error) {
	if err := mayHost(ctx, s.db, actor, roomID); err != nil {
		return nil, err
	}
	r, err := byID(ctx, s.db, roomID)
	if err != nil {
		return nil, err
	}
	a, err := s.attendance(ctx, s.db, r, "")
	if err != nil {
		return nil, err
	}
	if a.Absent, err = s.absent(ctx, r, a); err != nil {
		return nil, err
	}
	a.Cohorts, err = s.cohorts(ctx, actor, r)
	return a, err
}

// attendance reads who was there; with a person only them.
func (s *Service) attendance(ctx context.Context, tx bun.IDB, r *Room, personID string) (*Attendance, error) {
	a := &Attendance{Room: r, Now: s.Now()}
	var planned []int
	if err := tx.NewSelect().Model((*Item)(nil)).Column("minutes").Where("room_id = ?", r.ID).Scan(ctx, &planned); err != nil {
		return nil, db.Err(err)
	}
	for _, n := range planned {
		a.Base += n
	}
	a.Base = r.base(a.Base, a.Now)
	in := "participant_id IN (SELECT id FROM room_participant WHERE room_id = ?)"
	q := tx.NewSelect().Model(&a.All).ModelTableExpr("room_participant").ColumnExpr("room_participant.*").
		ColumnExpr("p.kind = ? AS guest, p.name AS account", account.KindGuest).
		Join("JOIN person AS p ON p.id = room_participant.person_id").Where("room_participant.room_id = ?", r.ID)
	if personID != "" {
		q = q.Where("room_participant.person_id = ?", personID)
	}
	if err := q.Scan(ctx); err != nil {
		return nil, db.Err(err)
	}
	var spans []Span
	if err := tx.NewSelect().Model(&spans).Where(in, r.ID).OrderExpr("came_at, id").Scan(ctx); err != nil {
		return nil, db.Err(err)
	}
	var said []Correction
	if err := tx.NewSelect().Model(&said).Where(in, r.ID).OrderExpr("at DESC, id DESC").Scan(ctx); err != nil {
		return nil, db.Err(err)
	}
	at := make(map[string]*Attendee, len(a.All))
	for n := range a.All {
		at[a.All[n].ID] = &a.All[n]
	}
	for _, x := range spans {
		if p := at[x.ParticipantID]; p != nil {
			p.Spans = append(p.Spans, x)
		}
	}
	for _, x := range said {
		if p := at[x.ParticipantID]; p != nil {
			p.Corrections = append(p.Corrections, x)
		}
	}
	from, to := r.run(a.Now)
	for n := range a.All {
		a.All[n].weigh(from, to, a.Base, r.Need)
	}
	slices.SortFunc(a.All, func(x, y Attendee) int {
		return cmp.Or(cmp.Compare(strings.ToLower(x.Called()), strings.ToLower(y.Called())), cmp.Compare(x.ID, y.ID))
	})
	return a, nil
}

// Called is what the attendee is called: the name they came in with, else that of their account, else "".
func (p *Attendee) Called() string { return cmp.Or(p.Name, p.Account) }

// weigh says what counts of somebody's time. A share is rounded down: three quarters are not reached by almost.
func (p *Attendee) weigh(from, to time.Time, base, need int) {
	p.Heard = minutes(within(p.Spans, from, to))
	p.Minutes = p.Heard
	if len(p.Corrections) > 0 {
		p.Minutes = p.Corrections[0].Minutes
	}
	if base > 0 {
		p.Percent = min(100, p.Minutes*100/base)
	}
	p.Enough = base > 0 && p.Percent >= need
}

// absent are the people of the room's cohort who have a seat there, and those who booked, and were not in the room.
func (s *Service) absent(ctx context.Context, r *Room, a *Attendance) ([]Expected, error) {
	var all []Expected
	if err := s.expected(s.db, r).OrderExpr("lower(p.name), p.id").Limit(MaxPeople).Scan(ctx, &all); err != nil {
		return nil, db.Err(err)
	}
	a.Expects = r.CohortID != "" || len(all) > 0
	here := make(map[string]bool, len(a.All))
	for n := range a.All {
		here[a.All[n].PersonID] = true
	}
	return slices.DeleteFunc(all, func(e Expected) bool { return here[e.PersonID] }), nil
}

// expected selects who is expected in a room.
func (s *Service) expected(tx bun.IDB, r *Room) *bun.SelectQuery {
	return tx.NewSelect().TableExpr("person AS p").ColumnExpr("p.id AS person_id, p.name").
		WhereGroup(" AND ", func(q *bun.SelectQuery) *bun.SelectQuery {
			return q.Where("p.id IN (SELECT person_id FROM room_booking WHERE room_id = ? AND state = ?)", r.ID, Booked).
				WhereOr("p.id IN (SELECT person_id FROM enrolment WHERE delivery_id = ? AND status IN (?))", r.CohortID, bun.List([]string{delivery.Active, delivery.Paused}))
		})
}

// cohorts are those of the room's course that the actor leads.
func (s *Service) cohorts(ctx context.Context, actor *account.Person, r *Room) ([]delivery.Row, error) {
	rows, _, err := s.deliveries.Cohorts(ctx, delivery.Filter{CourseKey: r.CourseKey})
	return slices.DeleteFunc(rows, func(x delivery.Row) bool { return !actor.Can(account.RoleTrainer, x.ID) }), err
}

// SetRule says whose people are expected and which share of the minutes counts as having been there.
func (s *Service) SetRule(ctx context.Context, actor *account.Person, roomID, cohortID, need string) error {
	n, err := strconv.Atoi(strings.TrimSpace(need))
	var f fault.Fields
	if err != nil || n < 1 || n > 100 {
		f.Add("need", "room.err.need")
	}
	if cohortID != "" && !actor.Can(account.RoleTrainer, cohortID) {
		f.Add("cohort", "room.err.cohort")
	}
	if err := f.Err(); err != nil {
		return err
	}
	return s.change(ctx, actor, roomID, "desk", false, func(ctx context.Context, tx bun.Tx, r *Room) error {
		if cohortID != "" {
			is, err := tx.NewSelect().Model((*delivery.Delivery)(nil)).Where("id = ? AND course_key = ?", cohortID, r.CourseKey).Exists(ctx)
			if err != nil {
				return db.Err(err)
			}
			if !is {
				return fault.Fields{{Name: "cohort", Key: "room.err.cohort"}}.Err()
			}
		}
		r.CohortID, r.Need = cohortID, n
		_, err := tx.NewUpdate().Model(r).Column("cohort_id", "need").WherePK().Exec(ctx)
		return db.Err(err)
	})
}

// Fix is a correction as it was typed. Who was not in the room at all is named by PersonID: they have to be expected.
type Fix struct{ ParticipantID, PersonID, Minutes, Reason string }

// Correct notes for how many minutes somebody was there, whatever was heard of their page, and why. It is in the audit log; what
// was heard stays. Invalid names the fields minutes and reason.
func (s *Service) Correct(ctx context.Context, actor *account.Person, roomID string, x Fix) error {
	x.Reason = line(x.Reason)
	n, err := strconv.Atoi(strings.TrimSpace(x.Minutes))
	var f fault.Fields
	if err != nil || n < 0 || n > MaxMinutes {
		f.Add("minutes", "room.err.attended", "Max", MaxMinutes)
	}
	switch k := utf8.RuneCountInString(x.Reason); {
	case k < MinReason:
		f.Add("reason", "room.err.reason")
	case k > MaxReason:
		f.Add("reason", "room.err.long", "Max", MaxReason)
	}
	if err := f.Err(); err != nil {
		return err
	}
	return s.change(ctx, actor, roomID, "desk", false, func(ctx context.Context, tx bun.Tx, r *Room) error {
		p, err := s.corrected(ctx, tx, r, x)
		if err != nil {
			return err
		}
		if p.PersonID == actor.ID {
			return fault.New(fault.Forbidden, "record.not_own")
		}
		c := &Correction{ID: newID(), ParticipantID: p.ID, At: s.Now(), Minutes: n, Reason: x.Reason}
		if _, err := tx.NewInsert().Model(c).Exec(ctx); err != nil {
			return db.Err(err)
		}
		return note(ctx, tx, r, audit.Entry{
			At: c.At, ActorID: actor.ID, ActorName: actor.Name, Action: "room.attendance", PersonID: p.PersonID, PersonName: p.Called(),
			DeliveryID: r.CohortID, Subject: r.Title, Reason: c.Reason, Data: fmt.Sprintf(`{"room":%q,"minutes":%d,"heard":%d}`, r.ID, n, p.Heard),
		})
	})
}

// corrected is whom a correction is about. Somebody who was expected and not heard of gets a place in the room by it.
func (s *Service) corrected(ctx context.Context, tx bun.IDB, r *Room, x Fix) (*Attendee, error) {
	if x.PersonID != "" {
		var e Expected
		if err := s.expected(tx, r).Where("p.id = ?", x.PersonID).Scan(ctx, &e); err != nil {
			return nil, db.Err(err)
		}
		p := &Participant{ID: newID(), RoomID: r.ID, PersonID: x.PersonID, Name: words.Cut(e.Name, MaxName), JoinedAt: s.Now(), SeenAt: s.Now(), How: ByPage}
		if _, err := tx.NewInsert().Model(p).On("CONFLICT (room_id, person_id) DO NOTHING").Exec(ctx); err != nil {
			return nil, db.Err(err)
		}
	}
	a, err := s.attendance(ctx, tx, r, x.PersonID)
	if err != nil {
		return nil, err
	}
	for n := range a.All {
		if p := &a.All[n]; p.ID == x.ParticipantID || x.PersonID != "" && p.PersonID == x.PersonID {
			return p, nil
		}
	}
	return nil, absent()
}
