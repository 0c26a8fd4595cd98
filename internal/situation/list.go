package situation

import (
	"context"
	"fmt"

	"greenroom/internal/db"
)

// PerPage is how many situations of others a page of the list has.
const PerPage = 25

// List is what there is for somebody in a delivery.
type List struct {
	Own    []Situation // newest first
	Others []Situation // adopted ones first, then the newest
	Total  int         // of others
}

// List reads it in three queries; page counts from 1.
func (s *Service) List(ctx context.Context, p *Place, page int) (*List, error) {
	l := &List{}
	err := full(s.db.NewSelect().Model(&l.Own)).Where("u.person_id = ?", p.Who.ID).Where("u.delivery_id = ?", p.Delivery.ID).
		OrderExpr("u.saved_at DESC, u.id DESC").Limit(MaxOwn).Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("own situations: %w", db.Err(err))
	}
	n, err := full(s.db.NewSelect().Model(&l.Others)).Where("u.person_id <> ?", p.Who.ID).
		Where("((u.delivery_id = ? AND u.shared_at IS NOT NULL) OR (u.course_key = ? AND u.adopted_at IS NOT NULL))", p.Delivery.ID, p.Delivery.CourseKey).
		OrderExpr("CASE WHEN u.adopted_at IS NULL THEN 1 ELSE 0 END, u.shared_at DESC, u.id DESC").
		Limit(PerPage).Offset(int64(max(page, 1)-1) * PerPage).ScanAndCount(ctx)
	if err != nil {
		return nil, fmt.Errorf("situations of others: %w", db.Err(err))
	}
	l.Total = int(n)
	return l, nil
}
