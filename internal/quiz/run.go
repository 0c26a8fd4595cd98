package quiz

import (
	"context"
	"fmt"
	"time"
)

// look is how often the clock looks for attempts whose time is up.
const look = 5 * time.Second

func (s *Service) ring() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// Run submits attempts whose time is up and judges again what waits for it, until ctx ends. Each node runs one.
func (s *Service) Run(ctx context.Context) error {
	t := time.NewTicker(look)
	defer t.Stop()
	for {
		if _, err := s.Expire(ctx); err != nil && ctx.Err() == nil {
			s.log.ErrorContext(ctx, "attempts whose time is up are not submitted", "error", err.Error())
		}
		if err := s.Regrade(ctx); err != nil && ctx.Err() == nil {
			s.log.ErrorContext(ctx, "attempts are not judged again", "error", err.Error())
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-s.wake:
		case <-t.C:
		}
	}
}

// Standing is how far judging again has come with a quiz.
type Standing struct {
	Submitted int // attempts in all
	Waiting   int // of those, how many are still to be judged by the decisions in force
	Raised    int // results that the last decision has raised so far, and lowered
	Lowered   int
	Passed    int // attempts that pass by it
}

// Percent is how much has been judged, 100 when nothing waits.
func (p Standing) Percent() int {
	if p.Waiting == 0 || p.Submitted == 0 {
		return 100
	}
	return (p.Submitted - p.Waiting) * 100 / p.Submitted
}

// Standing counts how far judging again has come, in one query.
func (s *Service) Standing(ctx context.Context, q Ref) (Standing, error) {
	var p Standing
	err := s.db.NewSelect().TableExpr("quiz_attempt AS a").
		Join("LEFT JOIN quiz_upkeep AS u ON u.course_key = a.course_key AND u.activity_key = a.activity_key").
		Join("LEFT JOIN quiz_change AS c ON c.attempt_id = a.id AND c.generation = u.generation").
		ColumnExpr("COUNT(*) AS submitted").
		ColumnExpr("COALESCE(SUM(CASE WHEN a.rulings < u.generation THEN 1 ELSE 0 END), 0) AS waiting").
		ColumnExpr("COALESCE(SUM(CASE WHEN c.score_after * c.total_before > c.score_before * c.total_after OR (c.passed_after AND NOT c.passed_before) THEN 1 ELSE 0 END), 0) AS raised").
		ColumnExpr("COALESCE(SUM(CASE WHEN c.score_after * c.total_before < c.score_before * c.total_after AND NOT (c.passed_after AND NOT c.passed_before) THEN 1 ELSE 0 END), 0) AS lowered").
		ColumnExpr("COALESCE(SUM(CASE WHEN c.passed_after AND NOT c.passed_before THEN 1 ELSE 0 END), 0) AS passed").
		Where("a.course_key = ?", q.CourseKey).Where("a.activity_key = ?", q.ActivityKey).Where("a.state = ?", Submitted).
		Scan(ctx, &p)
	if err != nil {
		return p, fmt.Errorf("how far judging again has come: %w", err)
	}
	return p, nil
}

// Changes returns what decisions have changed in a person's attempts at a quiz, the newest first.
func (s *Service) Changes(ctx context.Context, personID string, q Ref) ([]Change, error) {
	var all []Change
	err := s.db.NewSelect().Model(&all).Join("JOIN quiz_attempt AS a ON a.id = qc.attempt_id").
		Where("a.person_id = ?", personID).Where("a.course_key = ?", q.CourseKey).Where("a.activity_key = ?", q.ActivityKey).
		OrderExpr("qc.generation DESC, a.started_at DESC").Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("changed results of a person: %w", err)
	}
	return all, nil
}
