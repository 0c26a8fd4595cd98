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
func (s *Service) PartOf(ctx context.Context, v *Visit) (Part, error) {
	all, err := parts(ctx, s.db, v, v.Activity.Key)
	return all[v.Activity.Key], err
}

// Parts is what the person has done in each prompt of a delivery, by the activity's key.
func (s *Service) Parts(ctx context.Context, v *Visit) (map[string]Part, error) {
	return parts(ctx, s.db, v, "")
}

// parts reads what somebody has done in one prompt, or with "" in every one, in one query.
func parts(ctx context.Context, tx bun.IDB, v *Visit, activityKey string) (map[string]Part, error) {
	var rows []struct {
		ActivityKey              string
		Answers, Timely, Replies int
	}
	q := tx.NewSelect().TableExpr("forum_post AS q").Join("JOIN forum_thread AS t ON t.id = q.thread_id").Join("LEFT JOIN forum_post AS o ON o.id = q.root_id").
		ColumnExpr("t.activity_key").ColumnExpr("sum(CASE WHEN q.unlocks THEN 1 ELSE 0 END) AS answers").
		ColumnExpr("sum(CASE WHEN q.unlocks AND NOT q.late THEN 1 ELSE 0 END) AS timely").
		ColumnExpr("count(DISTINCT CASE WHEN q.level = ? AND (o.author_id IS NULL OR o.author_id <> ?) THEN q.root_id END) AS replies", Comment, v.Who.ID).
		Where("t.delivery_id = ?", v.Delivery.ID).Where("t.activity_key <> ''").Where("q.author_id = ?", v.Who.ID).Where("q.state = ?", Visible).GroupExpr("t.activity_key")
	if activityKey != "" {
		q = q.Where("t.activity_key = ?", activityKey)
	}
	if err := q.Scan(ctx, &rows); err != nil {
		return nil, fmt.Errorf("what somebody did in prompts: %w", db.Err(err))
	}
	out := map[string]Part{}
	for _, r := range rows {
		out[r.ActivityKey] = Part{Answered: r.Answers > 0, Replies: r.Replies, Late: r.Answers > 0 && r.Timely == 0}
	}
	return out, nil
}

// complete notes that the step is done when the person has done what it asks for.
func (s *Service) complete(ctx context.Context, tx bun.IDB, v *Visit) error {
	if !v.Prompt() || !v.Member() {
		return nil
	}
	all, err := parts(ctx, tx, v, v.Activity.Key)
	if err != nil {
		return err
	}
	p := all[v.Activity.Key]
	if !p.Done(v) {
		return nil
	}
	_, err = s.records.Complete(ctx, tx, record.Completion{
		PersonID: v.Who.ID, Course: v.Course, Activity: v.Activity, DeliveryID: v.Delivery.ID, Data: map[string]any{"replies": p.Replies},
	})
	return err
}
