package disposal

import (
	"context"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"greenroom/internal/account"
	"greenroom/internal/audit"
	"greenroom/internal/db"
	"greenroom/internal/event"
	"greenroom/internal/fault"
	"greenroom/internal/forum"
	"greenroom/internal/id"
	"greenroom/internal/moderation"
)

// The states of a disposal.
const (
	Proposed = "proposed"
	Refused  = "refused" // by another administrator, or taken back by who proposed it
	Approved = "approved"
	Done     = "done"
)

// Disposal is one removal; table disposal. The class is as it was when it was proposed.
type Disposal struct {
	bun.BaseModel `bun:"table:disposal,alias:o"`

	ID                string `bun:",pk"`
	Series, ClassName string
	Years             int
	FromEvent         string
	DueBefore         time.Time
	Items             int
	Oldest            time.Time
	State             string
	ProposedBy        string
	ProposedAt        time.Time
	ProposedWhy       string
	DecidedBy         string
	DecidedAt         *time.Time
	DecidedWhy        string
	Removed, Kept     int
	DoneAt            *time.Time
}

// disposalItem is one record of a disposal; table disposal_item.
type disposalItem struct {
	bun.BaseModel `bun:"table:disposal_item,alias:i"`

	DisposalID string `bun:",pk"`
	ItemID     string `bun:",pk"`
	DeliveryID string
	At         time.Time
	Outcome    string
}

// The outcomes of an item; "" is open.
const (
	removed = "removed"
	kept    = "kept"
)

// ApprovedFact is the fact that a disposal was approved, or that a part of it was carried out and there is more.
type ApprovedFact struct{ DisposalID string }

// FactName names the fact.
func (ApprovedFact) FactName() string { return "disposal.approved" }

// Propose proposes to remove what is due of a series now: exactly that list. Invalid names why; Conflict when nothing is due or another
// disposal of the series is open.
func (s *Service) Propose(ctx context.Context, who *account.Person, series, why string) (*Disposal, error) {
	k, err := s.Class(ctx, series)
	if err != nil {
		return nil, err
	}
	var f fault.Fields
	why = text(&f, "why", why)
	if err := f.Err(); err != nil {
		return nil, err
	}
	before, ok := k.Before(s.now())
	if !ok {
		return nil, fault.New(fault.Conflict, "records.nothing_due")
	}
	x, err := s.scope(ctx, k, before)
	if err != nil {
		return nil, err
	}
	o := &Disposal{
		ID: id.New(), Series: series, ClassName: k.Name, Years: k.Years, FromEvent: k.FromEvent, DueBefore: before, State: Proposed,
		ProposedBy: who.ID, ProposedAt: s.now(), ProposedWhy: why,
	}
	return o, db.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		if err := db.Lock(ctx, tx, "disposal:"+series); err != nil {
			return err
		}
		open, err := tx.NewSelect().Model((*Disposal)(nil)).Where("o.series = ?", series).Where("o.state IN (?, ?)", Proposed, Approved).Exists(ctx)
		if err != nil {
			return db.Err(err)
		}
		if open {
			return fault.New(fault.Conflict, "records.open_already")
		}
		var items []disposalItem
		err = x.each(ctx, tx, MaxItems, func(i Item) error {
			if o.Oldest.IsZero() || i.At.Before(o.Oldest) {
				o.Oldest = i.At
			}
			items = append(items, disposalItem{DisposalID: o.ID, ItemID: i.ID, DeliveryID: i.DeliveryID, At: i.At})
			return nil
		})
		if err != nil {
			return err
		}
		if o.Items = len(items); o.Items == 0 {
			return fault.New(fault.Conflict, "records.nothing_due")
		}
		if _, err := tx.NewInsert().Model(o).Exec(ctx); err != nil {
			return fmt.Errorf("propose a disposal: %w", db.Err(err))
		}
		for from := 0; from < len(items); from += batch {
			some := items[from:min(from+batch, len(items))]
			if _, err := tx.NewInsert().Model(&some).Exec(ctx); err != nil {
				return fmt.Errorf("list a disposal: %w", db.Err(err))
			}
		}
		return s.noteDisposal(ctx, tx, who, "disposal_proposed", o, why)
	})
}

func (s *Service) noteDisposal(ctx context.Context, tx bun.IDB, who *account.Person, action string, o *Disposal, reason string) error {
	detail := map[string]any{
		"disposal": o.ID, "series": o.Series, "class": o.ClassName, "years": o.Years, "from": o.FromEvent, "due_before": o.DueBefore, "items": o.Items, "oldest": o.Oldest,
	}
	if o.State == Done {
		detail["removed"], detail["kept"], detail["proposed_by"], detail["approved_by"] = o.Removed, o.Kept, o.ProposedBy, o.DecidedBy
	}
	return s.note(ctx, tx, who, action, note{subject: o.Series, reason: reason, detail: detail})
}

// Decide approves a proposed disposal, or refuses it. Who proposed it cannot approve it: Forbidden; they may take it back. Invalid names
// why; Conflict when it is decided already.
func (s *Service) Decide(ctx context.Context, who *account.Person, disposalID string, approve bool, why string) error {
	var f fault.Fields
	why = text(&f, "why", why)
	if err := f.Err(); err != nil {
		return err
	}
	return db.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		o, err := lockDisposal(ctx, tx, disposalID)
		switch {
		case err != nil:
			return err
		case o.State != Proposed:
			return fault.New(fault.Conflict, "records.decided_already")
		case approve && o.ProposedBy == who.ID:
			return fault.New(fault.Forbidden, "records.own_proposal")
		}
		now := s.now()
		o.DecidedBy, o.DecidedAt, o.DecidedWhy, o.State = who.ID, &now, why, Refused
		action := "disposal_refused"
		if approve {
			o.State, action = Approved, "disposal_approved"
		}
		if err := saveDisposal(ctx, tx, o); err != nil {
			return err
		}
		if err := s.noteDisposal(ctx, tx, who, action, o, why); err != nil || !approve {
			return err
		}
		return event.Record(ctx, tx, now, ApprovedFact{o.ID})
	})
}

func lockDisposal(ctx context.Context, tx bun.IDB, disposalID string) (*Disposal, error) {
	o := new(Disposal)
	if err := db.ForUpdate(tx.NewSelect().Model(o).Where("o.id = ?", disposalID)).Scan(ctx); err != nil {
		return nil, db.Err(err)
	}
	return o, nil
}

func saveDisposal(ctx context.Context, tx bun.IDB, o *Disposal) error {
	if _, err := tx.NewUpdate().Model(o).WherePK().Exec(ctx); err != nil {
		return fmt.Errorf("save a disposal: %w", db.Err(err))
	}
	return nil
}

// How much is removed in one transaction, and how many of those follow on one hearing of the fact; the rest goes on with a fact of its own.
const (
	batch = 100
	turns = 20
)

// OnApproved carries a disposal out. Heard twice it does nothing a second time.
func (s *Service) OnApproved(ctx context.Context, f ApprovedFact) error {
	for turn := 1; ; turn++ {
		more, err := s.step(ctx, f.DisposalID, turn == turns)
		if err != nil || !more || turn == turns {
			return err
		}
	}
}

// step removes one batch, and says whether there may be more. What is not due any more, since a hold was placed, the class changed or
// somebody wrote, is kept. With pass it has somebody else go on.
func (s *Service) step(ctx context.Context, disposalID string, pass bool) (more bool, err error) {
	o := new(Disposal)
	if err := s.db.NewSelect().Model(o).Where("o.id = ?", disposalID).Scan(ctx); err != nil {
		return false, db.Err(err)
	}
	if o.State != Approved {
		return false, nil
	}
	k, err := s.Class(ctx, o.Series)
	if err != nil {
		return false, err
	}
	before, ok := k.Before(s.now())
	if o.DueBefore.Before(before) {
		before = o.DueBefore
	}
	x, err := s.scope(ctx, k, before)
	if err != nil {
		return false, err
	}
	err = db.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		if err := db.Lock(ctx, tx, holdLock); err != nil {
			return err
		}
		o, err := lockDisposal(ctx, tx, disposalID)
		if err != nil || o.State != Approved {
			return err
		}
		var open []disposalItem
		if err := tx.NewSelect().Model(&open).Where("i.disposal_id = ?", o.ID).Where("i.outcome = ''").OrderExpr("i.item_id").Limit(batch).Scan(ctx); err != nil {
			return fmt.Errorf("what is to be removed: %w", db.Err(err))
		}
		if len(open) == 0 {
			return s.finish(ctx, tx, o)
		}
		more = true
		var due []string
		if ok {
			ids := make([]string, len(open))
			for i := range open {
				ids[i] = open[i].ItemID
			}
			err := tx.NewSelect().TableExpr("(?) AS z", x.due(tx, false)).ColumnExpr("z.id").Where("z.id IN (?)", bun.List(ids)).Scan(ctx, &due)
			if err != nil {
				return fmt.Errorf("what is still due: %w", db.Err(err))
			}
		}
		if err := s.remove(ctx, tx, o.Series, due); err != nil {
			return err
		}
		last := open[len(open)-1].ItemID
		settle := func(outcome string) *bun.UpdateQuery {
			return tx.NewUpdate().Model((*disposalItem)(nil)).Set("outcome = ?", outcome).Where("disposal_id = ?", o.ID).Where("outcome = ''").Where("item_id <= ?", last)
		}
		if len(due) > 0 {
			if _, err := settle(removed).Where("item_id IN (?)", bun.List(due)).Exec(ctx); err != nil {
				return db.Err(err)
			}
		}
		if _, err := settle(kept).Exec(ctx); err != nil {
			return db.Err(err)
		}
		o.Removed, o.Kept = o.Removed+len(due), o.Kept+len(open)-len(due)
		if err := saveDisposal(ctx, tx, o); err != nil || !pass {
			return err
		}
		return event.Record(ctx, tx, s.now(), ApprovedFact{o.ID})
	})
	return more, err
}

// remove removes records in the transaction.
func (s *Service) remove(ctx context.Context, tx bun.IDB, series string, ids []string) error {
	switch {
	case len(ids) == 0:
		return nil
	case series == Discussion:
		return forum.Dispose(ctx, tx, ids)
	case series == Moderation:
		return moderation.Dispose(ctx, tx, ids)
	}
	return audit.Dispose(ctx, tx, ids)
}

func (s *Service) finish(ctx context.Context, tx bun.IDB, o *Disposal) error {
	now := s.now()
	o.State, o.DoneAt = Done, &now
	if err := saveDisposal(ctx, tx, o); err != nil {
		return err
	}
	s.opts.Log.InfoContext(ctx, "records: disposed of", "series", o.Series, "removed", o.Removed, "kept", o.Kept)
	return s.noteDisposal(ctx, tx, nil, "disposal_done", o, "")
}

// Disposals are the latest, 100 at most.
func (s *Service) Disposals(ctx context.Context) ([]Disposal, error) {
	var all []Disposal
	if err := s.db.NewSelect().Model(&all).OrderExpr("o.proposed_at DESC, o.id DESC").Limit(100).Scan(ctx); err != nil {
		return nil, fmt.Errorf("list disposals: %w", db.Err(err))
	}
	return all, nil
}

// Disposal is one, with its list by delivery or, of the audit log, as one.
func (s *Service) Disposal(ctx context.Context, disposalID string) (*Disposal, []Part, error) {
	o := new(Disposal)
	if err := s.db.NewSelect().Model(o).Where("o.id = ?", disposalID).Scan(ctx); err != nil {
		return nil, nil, db.Err(err)
	}
	var parts []Part
	err := s.db.NewSelect().Model((*disposalItem)(nil)).ColumnExpr("i.delivery_id AS id, COALESCE(MAX(d.title), '') AS title, COUNT(*) AS n, MIN(i.at) AS oldest").
		Join("LEFT JOIN delivery AS d ON d.id = i.delivery_id").Where("i.disposal_id = ?", o.ID).GroupExpr("i.delivery_id").OrderExpr("MIN(i.at), i.delivery_id").Scan(ctx, &parts)
	if err != nil {
		return nil, nil, fmt.Errorf("what a disposal is about: %w", db.Err(err))
	}
	return o, parts, nil
}

// EachItem gives the list of a disposal to fn: the item, and what became of it ("" while nothing has).
func (s *Service) EachItem(ctx context.Context, disposalID string, fn func(i Item, outcome string) error) error {
	for after := ""; ; {
		var some []disposalItem
		if err := s.db.NewSelect().Model(&some).Where("i.disposal_id = ?", disposalID).Where("i.item_id > ?", after).OrderExpr("i.item_id").Limit(500).Scan(ctx); err != nil {
			return fmt.Errorf("the list of a disposal: %w", db.Err(err))
		}
		for _, i := range some {
			if err := fn(Item{ID: i.ItemID, DeliveryID: i.DeliveryID, At: i.At.UTC()}, i.Outcome); err != nil {
				return err
			}
			after = i.ItemID
		}
		if len(some) < 500 {
			return nil
		}
	}
}
