package forum

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"greenroom/internal/account"
	"greenroom/internal/course"
	"greenroom/internal/db"
	"greenroom/internal/delivery"
	"greenroom/internal/fault"
)

// groupBoard begins the names of boards of private groups.
const groupBoard = "g."

// Settings is what was decided about a board; table forum_board.
type Settings struct {
	bun.BaseModel `bun:"table:forum_board,alias:b"`

	DeliveryID string `bun:",pk"`
	Board      string `bun:",pk"`
	Pseudonyms bool
	UpdatedAt  time.Time
}

// Visit is one person on one board: what they may do there. Only Visit and VisitThread make it.
type Visit struct {
	Who       *account.Person
	Delivery  *delivery.Delivery
	Enrolment *delivery.Enrolment // nil for staff who are not in it
	Course    *course.Revision
	Board     string
	Activity  *course.Activity // of a prompt, else nil
	Content   *Content         // of a prompt, else nil
	Dates     Dates            // of a prompt in a cohort
	Settings  Settings
	Group     string // the private group whose board it is, or that whose discussion of a prompt the person is in; "" where there are none
	Staff     bool   // trainer or moderator of the delivery
	Teaches   bool   // trainer of it
	Unlocked  bool   // may read what others wrote
	Over      bool   // the delivery is over: reading only
	Shut      bool   // the private group was closed: reading only
	Now       time.Time

	in   string // the person's discussion group, on whatever board; "" while they are in none
	own  string // that, or the one that they would come into now
	all  *asked // what is known already where many boards are visited
	door *door  // what is known already of the thread that is visited
}

// asked is what a visit of many boards has read at once.
type asked struct {
	settings map[string]Settings
	answered []string // keys of activities
	in       *bool    // whether the person is in the private group that is visited; nil: not known
}

// Closed says whether nobody may write here any more, or not yet.
func (v *Visit) Closed() bool {
	return v.Over || v.Shut || v.Activity != nil && !v.Staff && !v.Dates.Open(v.Now)
}

// Archived says whether the board is a prompt that has gone to the archive: it is read like any other, and stands apart from
// what goes on.
func (v *Visit) Archived() bool { return v.Activity != nil && v.Dates.Archived(v.Now) }

// Member says whether the person takes part as a learner.
func (v *Visit) Member() bool { return v.Enrolment != nil }

// Prompt says whether the board is a prompt of the course.
func (v *Visit) Prompt() bool { return v.Activity != nil }

// Private says whether the board is that of a private group.
func (v *Visit) Private() bool { return strings.HasPrefix(v.Board, groupBoard) }

var errNotFound = fault.New(fault.NotFound, "error.not_found")

// Visit says what a person may do on a board of a delivery. NotFound when they may not know of it: they are not in the
// delivery, the prompt's week has not opened to them, or there is no such board.
func (s *Service) Visit(ctx context.Context, who *account.Person, deliveryID, board string) (*Visit, error) {
	v, err := s.enter(ctx, who, deliveryID)
	if err != nil {
		return nil, err
	}
	return v, s.onBoard(ctx, s.db, v, board)
}

// enter is the part of Visit that is the same for all boards of a delivery.
func (s *Service) enter(ctx context.Context, who *account.Person, deliveryID string) (*Visit, error) {
	if who == nil || who.Guest() {
		return nil, errNotFound
	}
	d, e, own, err := s.seat(ctx, who.ID, deliveryID)
	if err != nil {
		return nil, err
	}
	v, err := s.sit(ctx, who, d, e, own)
	if err == nil && e != nil && d.Cohort() {
		err = s.deliveries.Allow(ctx, e)
	}
	return v, err
}

// sit is the rule of enter. It reads nothing about the person.
func (s *Service) sit(ctx context.Context, who *account.Person, d *delivery.Delivery, e *delivery.Enrolment, own string) (*Visit, error) {
	v := &Visit{Who: who, Delivery: d, Enrolment: e, in: own, own: own, Staff: moderates(who, d.ID), Teaches: teaches(who, d.ID), Now: s.clock()}
	v.Over = d.Status == delivery.Closed || d.Status == delivery.Cancelled
	var err error
	switch {
	case e == nil && !v.Staff:
		return nil, errNotFound
	case e != nil:
		v.Course, err = s.courses.Revision(ctx, e.RevisionHash)
	default:
		v.Course, err = s.courses.Current(ctx, d.CourseKey)
	}
	return v, err
}

// onBoard fills in what a board adds.
func (s *Service) onBoard(ctx context.Context, tx bun.IDB, v *Visit, board string) error {
	v.Board, v.Unlocked = board, true
	switch {
	case slices.Contains(Boards, board):
	case strings.HasPrefix(board, groupBoard):
		v.Group = strings.TrimPrefix(board, groupBoard)
		in, err := s.isIn(ctx, tx, v)
		if err != nil {
			return err
		}
		if !in {
			return errNotFound
		}
	default:
		if err := s.onPrompt(ctx, tx, v, board); err != nil {
			return err
		}
	}
	switch {
	case v.all != nil:
		v.Settings = v.all.settings[board]
		return nil
	case v.door != nil:
		v.Settings = Settings{DeliveryID: v.Delivery.ID, Board: board, Pseudonyms: v.door.Pseudonyms}
		return nil
	}
	set, err := settings(ctx, tx, v.Delivery.ID, board)
	v.Settings = set
	return err
}

func (s *Service) onPrompt(ctx context.Context, tx bun.IDB, v *Visit, board string) error {
	v.Activity = v.Course.Activity(activityOf(board))
	v.Content = contentOf(v.Activity)
	if v.Content == nil {
		return errNotFound
	}
	v.Dates = DatesOf(v.Delivery, v.Course, v.Activity, v.Enrolment)
	if !v.Staff && v.Dates.Dated() && v.Now.Before(v.Dates.Opens) && !v.Over {
		return errNotFound
	}
	if v.all == nil { // else asked already
		if err := s.mayJoin(ctx, v); err != nil {
			return err
		}
	}
	v.Group = v.own
	if !v.Content.PostFirst || v.Staff || v.Over || v.Dates.Closed(v.Now) {
		return nil
	}
	if v.all != nil {
		v.Unlocked = slices.Contains(v.all.answered, v.Activity.Key)
		return nil
	}
	open, err := hasAnswered(ctx, tx, v.Delivery.ID, v.Activity.Key, v.Who.ID)
	v.Unlocked = open
	return err
}

func (v *Visit) sees(t *Thread) bool {
	return v.Staff || t.State == Visible && (t.GroupID == "" || t.GroupID == v.Group) || t.State == Hidden && t.AuthorID != "" && t.AuthorID == v.Who.ID
}

// BoardVisits are all boards of a delivery that the person may know of: the fixed ones, the prompts that have opened to
// them in the order of the course, and private groups that they are in.
func (s *Service) BoardVisits(ctx context.Context, who *account.Person, deliveryID string) (*Visit, []*Visit, error) {
	base, err := s.enter(ctx, who, deliveryID)
	if err != nil {
		return nil, nil, err
	}
	if err := s.mayJoin(ctx, base); err != nil { // what is shared by all boards is asked for once
		return nil, nil, err
	}
	names := slices.Clone(Boards)
	if !base.Delivery.Cohort() {
		names = nil
	}
	var prompts []string
	for a := base.Course.First(); a != nil; a = a.Next {
		if contentOf(a) != nil {
			prompts = append(prompts, BoardOf(a.Key))
		}
	}
	groups, err := privateGroups(ctx, s.db, deliveryID, who.ID, base.Staff)
	if err != nil {
		return nil, nil, err
	}
	for _, g := range groups {
		names = append(names, groupBoard+g.ID)
	}
	known, err := s.ask(ctx, base)
	if err != nil {
		return nil, nil, err
	}
	var out []*Visit
	for _, name := range append(prompts, names...) {
		v := *base
		v.all = known
		err := s.onBoard(ctx, s.db, &v, name)
		if fault.Is(err, fault.NotFound) {
			continue
		}
		if err != nil {
			return nil, nil, err
		}
		out = append(out, &v)
	}
	return base, out, nil
}

// ask reads for all boards of a delivery what each of them would ask for.
func (s *Service) ask(ctx context.Context, v *Visit) (*asked, error) {
	out := &asked{settings: map[string]Settings{}}
	var sets []Settings
	if err := s.db.NewSelect().Model(&sets).Where("b.delivery_id = ?", v.Delivery.ID).Scan(ctx); err != nil {
		return nil, fmt.Errorf("settings of boards: %w", db.Err(err))
	}
	for _, x := range sets {
		out.settings[x.Board] = x
	}
	err := s.db.NewSelect().Model((*Post)(nil)).ColumnExpr("DISTINCT t.activity_key").Join("JOIN forum_thread AS t ON t.id = q.thread_id").
		Where("t.delivery_id = ?", v.Delivery.ID).Where("t.activity_key <> ''").Where("q.author_id = ?", v.Who.ID).
		Where("q.unlocks").Where("q.state = ?", Visible).Scan(ctx, &out.answered)
	return out, db.Err(err)
}

// seated is a delivery, the person's enrolment in it (empty without a seat) and the discussion group they are in ("" without).
type seated struct {
	D   delivery.Delivery  `bun:"embed:d_"`
	E   delivery.Enrolment `bun:"embed:e_"`
	Own string
}

// seat reads a delivery of any kind, the person's enrolment in it, nil unless they have a seat, and their group.
func (s *Service) seat(ctx context.Context, personID, deliveryID string) (*delivery.Delivery, *delivery.Enrolment, string, error) {
	x := new(seated)
	err := s.db.NewSelect().TableExpr("delivery AS d").ColumnExpr(delivery.CohortColumns("d", "d_")).ColumnExpr(delivery.Columns("e", "e_")).
		ColumnExpr("COALESCE(m.group_id, '') AS own").
		Join("LEFT JOIN enrolment AS e ON e.delivery_id = d.id AND e.person_id = ? AND e.status IN (?, ?)", personID, delivery.Active, delivery.Paused).
		Join("LEFT JOIN forum_member AS m ON m.delivery_id = d.id AND m.person_id = e.person_id AND m.kind = ?", discussion).
		Where("d.id = ?", deliveryID).Limit(1).Scan(ctx, x)
	if err != nil {
		return nil, nil, "", db.Err(err)
	}
	if x.E.ID == "" {
		return &x.D, nil, "", nil
	}
	return &x.D, &x.E, x.Own, nil
}

// SetPseudonyms lets people choose another name on a board, or takes that away for what comes. Staff only.
func (s *Service) SetPseudonyms(ctx context.Context, v *Visit, on bool) error {
	if !v.Teaches {
		return errNotFound
	}
	set := Settings{DeliveryID: v.Delivery.ID, Board: v.Board, Pseudonyms: on, UpdatedAt: s.clock()}
	return db.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		_, err := tx.NewInsert().Model(&set).On("CONFLICT (delivery_id, board) DO UPDATE").Set("pseudonyms = EXCLUDED.pseudonyms").
			Set("updated_at = EXCLUDED.updated_at").Exec(ctx)
		if err != nil {
			return fmt.Errorf("set a board: %w", db.Err(err))
		}
		return s.note(ctx, tx, v, "forum.pseudonyms", "", v.Board, map[bool]string{true: "on", false: "off"}[on])
	})
}
