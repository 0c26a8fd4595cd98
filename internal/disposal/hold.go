package disposal

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"greenroom/internal/account"
	"greenroom/internal/db"
	"greenroom/internal/fault"
	"greenroom/internal/id"
	"greenroom/internal/moderation"
	"greenroom/internal/words"
)

// Hold says that nothing about a person, a cohort or a case is removed; table legal_hold. One of the three ids is set.
type Hold struct {
	bun.BaseModel `bun:"table:legal_hold,alias:h"`

	ID         string `bun:",pk"`
	Matter     string // what it is called
	Reason     string // whom it is about reads it when they delete their account
	PersonID   string `bun:",nullzero"`
	DeliveryID string `bun:",nullzero"`
	CaseID     string `bun:",nullzero"`
	PlacedBy   string
	PlacedAt   time.Time
	LiftedBy   string
	LiftedAt   *time.Time
	LiftedWhy  string
}

// Kind is what it is about: person, cohort or case.
func (h *Hold) Kind() string {
	switch {
	case h.PersonID != "":
		return "person"
	case h.DeliveryID != "":
		return "cohort"
	}
	return "case"
}

// NewHold is the form.
type NewHold struct {
	Kind                string // person, cohort or case
	Email, Cohort, Case string
	Matter, Reason      string
}

// Place places a hold. Invalid names kind, email, cohort, case, matter and reason.
func (s *Service) Place(ctx context.Context, who *account.Person, n NewHold) (*Hold, error) {
	h := &Hold{ID: id.New(), Matter: words.Clean(n.Matter, true), PlacedBy: who.ID, PlacedAt: s.now()}
	var f fault.Fields
	var err error
	switch n.Kind {
	case "person":
		err = s.aboutPerson(ctx, h, n.Email, &f)
	case "cohort":
		err = s.aboutCohort(ctx, h, n.Cohort, &f)
	case "case":
		err = s.aboutCase(ctx, h, n.Case, &f)
	default:
		f.Add("kind", "records.choose")
	}
	if err != nil {
		return nil, err
	}
	line(&f, "matter", h.Matter, MaxName)
	h.Reason = text(&f, "reason", n.Reason)
	if err := f.Err(); err != nil {
		return nil, err
	}
	return h, db.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		if err := db.Lock(ctx, tx, holdLock); err != nil {
			return err
		}
		if _, err := tx.NewInsert().Model(h).Exec(ctx); err != nil {
			return fmt.Errorf("place a hold: %w", db.Err(err))
		}
		return s.noteHold(ctx, tx, who, "hold_placed", h, h.Matter+": "+h.Reason)
	})
}

// holdLock is held while a hold is placed or lifted, and while a batch of records is removed: so nothing goes that was held a moment
// before.
const holdLock = "legal-hold"

func (s *Service) noteHold(ctx context.Context, tx bun.IDB, who *account.Person, action string, h *Hold, reason string) error {
	return s.note(ctx, tx, who, action, note{
		subject: h.ID, reason: reason, personID: h.PersonID, deliveryID: h.DeliveryID, caseID: h.CaseID, detail: map[string]any{"hold": h.ID, "about": h.Kind()},
	})
}

func (s *Service) aboutPerson(ctx context.Context, h *Hold, email string, f *fault.Fields) error {
	p, err := s.accounts.ByEmail(ctx, email)
	switch {
	case fault.Is(err, fault.NotFound):
		f.Add("email", "records.no_such_person")
		return nil
	case err != nil:
		return err
	}
	h.PersonID = p.ID
	return nil
}

func (s *Service) aboutCohort(ctx context.Context, h *Hold, deliveryID string, f *fault.Fields) error {
	d, err := s.deliveries.ByID(ctx, deliveryID)
	switch {
	case fault.Is(err, fault.NotFound):
		f.Add("cohort", "records.choose")
		return nil
	case err != nil:
		return err
	}
	h.DeliveryID = d.ID
	return nil
}

// aboutCase takes the number of a case, or the address of its page.
func (s *Service) aboutCase(ctx context.Context, h *Hold, number string, f *fault.Fields) error {
	number = strings.TrimSpace(number)
	number = number[strings.LastIndexByte(number, '/')+1:]
	there, err := s.db.NewSelect().Model((*moderation.Case)(nil)).Where("c.id = ?", number).Exists(ctx)
	if err != nil {
		return fmt.Errorf("look for a case: %w", db.Err(err))
	}
	if !there {
		f.Add("case", "records.no_such_case")
	}
	h.CaseID = number
	return nil
}

// Lift ends a hold. What was put aside under it of people who have gone is removed at once. Invalid names why; Conflict when it is
// lifted already.
func (s *Service) Lift(ctx context.Context, who *account.Person, holdID, why string) error {
	var f fault.Fields
	why = text(&f, "why", why)
	if err := f.Err(); err != nil {
		return err
	}
	return db.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		if err := db.Lock(ctx, tx, holdLock); err != nil {
			return err
		}
		h, err := holdByID(ctx, tx, holdID)
		if err != nil {
			return err
		}
		if h.LiftedAt != nil {
			return fault.New(fault.Conflict, "records.lifted_already")
		}
		now := s.now()
		h.LiftedBy, h.LiftedAt, h.LiftedWhy = who.ID, &now, why
		if _, err := tx.NewUpdate().Model(h).Column("lifted_by", "lifted_at", "lifted_why").WherePK().Exec(ctx); err != nil {
			return fmt.Errorf("lift a hold: %w", db.Err(err))
		}
		for _, table := range []string{"legal_kept", "legal_hold_item"} {
			if _, err := tx.NewDelete().Table(table).Where("hold_id = ?", h.ID).Exec(ctx); err != nil {
				return fmt.Errorf("remove what a hold kept: %w", db.Err(err))
			}
		}
		return s.noteHold(ctx, tx, who, "hold_lifted", h, why)
	})
}

func holdByID(ctx context.Context, tx bun.IDB, holdID string) (*Hold, error) {
	h := new(Hold)
	if err := tx.NewSelect().Model(h).Where("h.id = ?", holdID).Scan(ctx); err != nil {
		return nil, db.Err(err)
	}
	return h, nil
}

// HoldRow is a hold with what it is about in words.
type HoldRow struct {
	Hold  `bun:",extend"`
	About string // a name or title; "" when the person has gone
	Kept  int    // people of whom something was put aside
}

// Holds lists holds, those in force first, then the latest; 200 at most.
func (s *Service) Holds(ctx context.Context) ([]HoldRow, error) { return s.holds(ctx, "") }

func (s *Service) holds(ctx context.Context, holdID string) ([]HoldRow, error) {
	var all []HoldRow
	q := s.db.NewSelect().Model(&all).ColumnExpr("h.*").
		ColumnExpr("CASE WHEN h.person_id IS NOT NULL THEN COALESCE(p.name, '') WHEN h.delivery_id IS NOT NULL THEN COALESCE(d.title, '') ELSE h.case_id END AS about").
		ColumnExpr("(SELECT COUNT(*) FROM legal_kept AS x WHERE x.hold_id = h.id) AS kept").
		Join("LEFT JOIN person AS p ON p.id = h.person_id").Join("LEFT JOIN delivery AS d ON d.id = h.delivery_id")
	if holdID != "" {
		q = q.Where("h.id = ?", holdID)
	}
	if err := q.OrderExpr("(h.lifted_at IS NULL) DESC, h.placed_at DESC, h.id").Limit(200).Scan(ctx); err != nil {
		return nil, fmt.Errorf("list holds: %w", db.Err(err))
	}
	return all, nil
}

// Hold is one hold, and what was put aside under it.
func (s *Service) Hold(ctx context.Context, holdID string) (*HoldRow, []Kept, error) {
	all, err := s.holds(ctx, holdID)
	if err != nil {
		return nil, nil, err
	}
	if holdID == "" || len(all) != 1 {
		return nil, nil, errNotFound
	}
	kept, err := s.kept(ctx, holdID)
	return &all[0], kept, err
}
