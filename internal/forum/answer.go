package forum

import (
	"context"
	"fmt"

	"github.com/uptrace/bun"

	"greenroom/internal/db"
	"greenroom/internal/record"
)

// Part is what somebody has done in a prompt.
type Part struct {
	Answered bool // with an answer long enough
	Replies  int  // responses of others that they commented on
	Late     bool // their first answer came after its date
}

// Needs is how many replies the step asks for: none where somebody learns alone.
func (v *Visit) Needs() int {
	if v.Content == nil || !v.Delivery.Cohort() {
		return 0
	}
	return v.Content.Replies
}

// Done says whether the step is done.
func (p Part) Done(v *Visit) bool { return p.Answered && p.Replies >= v.Needs() }

// PartOf is what the person has done in the prompt.
func (s *Service) PartOf(ctx context.Context, v *Visit) (Part, error) { return partOf(ctx, s.db, v) }

func partOf(ctx context.Context, tx bun.IDB, v *Visit) (Part, error) {
	var row struct{ Answers, Replies, Late int }
	mine := func(q *bun.SelectQuery) *bun.SelectQuery {
		return q.TableExpr("forum_post AS q").Join("JOIN forum_thread AS t ON t.id = q.thread_id").
			Where("t.delivery_id = ?", v.Delivery.ID).Where("t.activity_key = ?", v.Activity.Key).
			Where("q.author_id = ?", v.Who.ID).Where("q.state = ?", Visible)
	}
	answers := mine(tx.NewSelect().ColumnExpr("count(*)")).Where("q.unlocks")
	late := mine(tx.NewSelect().ColumnExpr("count(*)")).Where("q.unlocks").Where("NOT q.late")
	replies := mine(tx.NewSelect().ColumnExpr("count(DISTINCT q.root_id)")).Where("q.level = ?", Comment).
		Join("JOIN forum_post AS o ON o.id = q.root_id").Where("(o.author_id IS NULL OR o.author_id <> ?)", v.Who.ID)
	err := tx.NewSelect().ColumnExpr("(?) AS answers", answers).ColumnExpr("(?) AS replies", replies).ColumnExpr("(?) AS late", late).Scan(ctx, &row)
	if err != nil {
		return Part{}, fmt.Errorf("what somebody did in a prompt: %w", db.Err(err))
	}
	return Part{Answered: row.Answers > 0, Replies: row.Replies, Late: row.Answers > 0 && row.Late == 0}, nil
}

// complete notes that the step is done when the person has done what it asks for.
func (s *Service) complete(ctx context.Context, tx bun.IDB, v *Visit) error {
	if !v.Prompt() || !v.Member() {
		return nil
	}
	p, err := partOf(ctx, tx, v)
	if err != nil || !p.Done(v) {
		return err
	}
	_, err = s.records.Complete(ctx, tx, record.Completion{
		PersonID: v.Who.ID, Course: v.Course, Activity: v.Activity, DeliveryID: v.Delivery.ID, Data: map[string]any{"replies": p.Replies},
	})
	return err
}
