package scenario

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/uptrace/bun"

	"greenroom/internal/db"
	"greenroom/internal/id"
)

// PeerReview is what a peer says of a reply, as its writer reads it.
type PeerReview struct {
	Review                                       `bun:",extend"`
	WriterID, DeliveryID, CourseKey, ActivityKey string
}

// ReviewByPeer is a finished review by a peer that says something; NotFound for all else. It reads with tx.
func (s *Service) ReviewByPeer(ctx context.Context, tx bun.IDB, reviewID string) (*PeerReview, error) {
	if !id.Valid(reviewID) {
		return nil, errNoReview
	}
	x := new(PeerReview)
	err := tx.NewSelect().Model(x).ColumnExpr("v.*").ColumnExpr("t.person_id AS writer_id, t.delivery_id, t.course_key, t.activity_key").
		Join("JOIN scenario_reply AS t ON t.id = v.reply_id").Where("v.id = ?", reviewID).Where("v.kind = ?", ByPeer).
		Where("v.done_at IS NOT NULL").Where("v.comment <> ''").Scan(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, errNoReview
	}
	if err != nil {
		return nil, fmt.Errorf("review by a peer: %w", db.Err(err))
	}
	return x, nil
}

// ReadByWriter is ReviewByPeer for the writer of the reply while it is in their sight; NotFound for everybody else.
func (s *Service) ReadByWriter(ctx context.Context, writerID, reviewID string) (*PeerReview, error) {
	x, err := s.ReviewByPeer(ctx, s.db, reviewID)
	if err == nil && (x.WriterID != writerID || x.HiddenAt != nil) {
		return nil, errNoReview
	}
	return x, err
}

// HideReview takes a peer's review out of the writer's sight, or with hide false brings it back. Done again it is the same.
func (s *Service) HideReview(ctx context.Context, tx bun.IDB, reviewID string, hide bool) error {
	q := tx.NewUpdate().Model((*Review)(nil)).Where("id = ?", reviewID)
	if hide {
		q = q.Set("hidden_at = ?", s.clock()).Where("hidden_at IS NULL")
	} else {
		q = q.Set("hidden_at = NULL")
	}
	if _, err := q.Exec(ctx); err != nil {
		return fmt.Errorf("what a writer sees of a review: %w", db.Err(err))
	}
	return nil
}
